"""Layout C: `BltForCausalLM` of transformers, in one file of safetensors or in shards.

Where transformers departs from the released code, a model read from this layout follows the
released code: it honours `max_patch_length` also for the patch that is still open, implements the
modes other than "entropy", and accumulates `cross_attn_all_layers` of the encoder over its layers
(transformers keeps only the last). With the defaults there is no difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from bltgen.errors import CheckpointError
from bltgen.model.checkpoint_layouts.parts import (
    BlockNames,
    CrossNames,
    NameMap,
    Part,
    block_parts,
    cross_counts,
    cross_parts,
)
from bltgen.model.config import (
    BOS_ID,
    EOS_ID,
    BLTConfig,
    CrossAttentionConfig,
    HashEmbeddingConfig,
    PatcherConfig,
    TransformerConfig,
)

__all__ = ["IGNORED", "names", "read_config", "write_config"]

BLOCK = BlockNames(
    ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "self_attn.o_proj",
    ("mlp.gate_proj", "mlp.up_proj"),
    "mlp.down_proj",
    "input_layernorm",
    "post_attention_layernorm",
)
CROSS = CrossNames("q_proj", ("k_proj", "v_proj"), "o_proj", "q_norm", "k_norm")
IGNORED = ("rotary_emb.inv_freq",)

# transformers writes only what differs from its defaults.
DEFAULTS: dict[str, dict[str, Any]] = {
    "encoder_config": {"hidden_size": 1024, "num_attention_heads": 16, "num_hidden_layers": 1},
    "decoder_config": {"hidden_size": 1024, "num_attention_heads": 16, "num_hidden_layers": 9},
    "global_config": {"hidden_size": 2048, "num_attention_heads": 16, "num_hidden_layers": 25},
    "patcher_config": {"hidden_size": 768, "num_attention_heads": 12, "num_hidden_layers": 14},
}
THETA = {"patcher_config": 10_000.0}


def _stack(
    data: Mapping[str, Any], part: str, prefix: str, window: int | None, tensors: Mapping[str, Tensor]
) -> TransformerConfig:
    config = {**DEFAULTS[part], **(data.get(part) or {})}
    rope = config.get("rope_parameters") or {}
    if rope.get("rope_type", "default") != "default":
        raise CheckpointError(f"{part}: rope_type {rope['rope_type']!r} is not supported (only 'default')")
    if config.get("hidden_act", "silu") != "silu":
        raise CheckpointError(f"{part}: hidden_act {config['hidden_act']!r} is not supported (only 'silu')")
    gate = tensors.get(f"{prefix}.0.mlp.gate_proj.weight")
    width = int(gate.shape[0]) if gate is not None and gate.ndim == 2 else 1
    theta = rope.get("rope_theta", config.get("rope_theta", THETA.get(part, 500_000.0)))
    return TransformerConfig(
        dim=config["hidden_size"],
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        kv_heads=config.get("num_key_value_heads"),
        ffn_dim=width,
        rope_theta=theta,
        norm_eps=config.get("rms_norm_eps", 1e-5),
        window=window,
    )


def read_config(data: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> BLTConfig:
    """bltgen's config of a transformers config. Raises CheckpointError, TypeError or ValueError."""
    if not data.get("patch_in_forward", True):
        raise CheckpointError("patch_in_forward=False: there is no entropy model in this checkpoint")
    window = data.get("local_attention_window_len", 512)
    patcher = data.get("patcher_config") or {}
    encoder = _stack(data, "encoder_config", "model.local_encoder.layers", window, tensors)
    decoder = _stack(data, "decoder_config", "model.local_decoder.layers", window, tensors)
    if encoder.norm_eps != decoder.norm_eps:
        raise CheckpointError("encoder and decoder must have one rms_norm_eps")
    sizes = data.get("encoder_hash_byte_group_size") or (3, 4, 5, 6, 7, 8)
    threshold = data.get("patching_threshold")
    return BLTConfig(
        encoder=encoder,
        latent=_stack(data, "global_config", "model.global_transformer.layers", None, tensors),
        decoder=decoder,
        entropy=_stack(
            data, "patcher_config", "model.patcher.layers", patcher.get("sliding_window", 512), tensors
        ),
        cross_attention=CrossAttentionConfig(
            heads=encoder.heads,
            decoder_heads=decoder.heads,
            queries_per_patch=data.get("cross_attn_k", 2),
            all_layers_encoder=(data.get("encoder_config") or {}).get("cross_attn_all_layers", False),
            all_layers_decoder=(data.get("decoder_config") or {}).get("cross_attn_all_layers", True),
            norm_eps=encoder.norm_eps,
        ),
        hash_embedding=HashEmbeddingConfig(
            tuple(sizes),
            data.get("encoder_hash_byte_group_nb_functions", 1),
            data.get("encoder_hash_byte_group_vocab", 500_002),
        ),
        patcher=PatcherConfig(
            mode=data.get("patching_mode", "entropy"),
            threshold=PatcherConfig.threshold if threshold is None else threshold,
            patch_size=data.get("patch_size", 4),
            max_patch_length=data.get("max_patch_length"),
        ),
        vocabulary=data.get("vocab_size", 260),
    )


def _inexpressible(config: BLTConfig) -> str | None:
    """Why transformers cannot express the model, or None."""
    cross = config.cross_attention
    if config.mask_conditioning:
        return "its decoder has a mask input"
    if config.prompt_form is not None:
        return "its prompts have a form (prompt_form), which transformers would not give them"
    for name in ("encoder", "latent", "decoder", "entropy"):
        stack = getattr(config, name)
        if stack.heads * stack.dim_per_head != stack.dim:
            return f"{name}: head_dim must be dim / heads"
    if not cross.doubled_residual:
        return "transformers' cross-attention adds its residual twice, this model's once (doubled_residual)"
    if cross.heads != config.encoder.heads or cross.n_decoder_heads != config.decoder.heads:
        return "cross-attention must have as many heads as the self-attention beside it"
    if cross.all_layers_encoder and config.encoder.layers > 1:
        return "its encoder keeps only the last of several cross-attentions"
    if config.encoder.window != config.decoder.window:
        return "encoder and decoder must have one window"
    if config.latent.window is not None:
        return "its latent transformer has no window"
    if not cross.norm_eps == config.encoder.norm_eps == config.decoder.norm_eps:
        return "encoder, decoder and cross-attention must have one norm_eps"
    if config.encoder.kv_heads != config.encoder.heads or config.decoder.kv_heads != config.decoder.heads:
        return "its cross-attention groups keys and values as the self-attention beside it does"
    if config.patcher.mode != "entropy" or config.patcher.max_patch_length is not None:
        return "it cuts patches by the global entropy threshold alone"
    if not config.hash_embedding.tables:
        return "it always has hash n-gram embeddings"
    return None


def write_config(config: BLTConfig, dtype: str) -> dict[str, Any]:
    """The `config.json` of transformers. Raises CheckpointError where it cannot express the model."""
    reason = _inexpressible(config)
    if reason:
        raise CheckpointError(f"transformers cannot express this model: {reason}")

    def stack(part: TransformerConfig, model_type: str, **more: Any) -> dict[str, Any]:
        return {
            "model_type": model_type,
            "hidden_size": part.dim,
            "num_hidden_layers": part.layers,
            "num_attention_heads": part.heads,
            "num_key_value_heads": part.n_kv_heads,
            "intermediate_size": part.feed_forward_dim,
            "rms_norm_eps": part.norm_eps,
            "rope_parameters": {"rope_type": "default", "rope_theta": part.rope_theta},
            **more,
        }

    cross = config.cross_attention
    local = {
        "vocab_size": config.vocabulary,
        "cross_attn_k": cross.queries_per_patch,
        "hidden_size_global": config.latent.dim,
    }
    return {
        "architectures": ["BltForCausalLM"],
        "model_type": "blt",
        "dtype": dtype,
        "vocab_size": config.vocabulary,
        "bos_token_id": BOS_ID,
        "eos_token_id": EOS_ID,
        "tie_word_embeddings": False,
        "patch_in_forward": True,
        "patching_mode": config.patcher.mode,
        "patching_threshold": config.patcher.threshold,
        "patch_size": config.patcher.patch_size,
        "local_attention_window_len": config.encoder.window,
        "cross_attn_k": cross.queries_per_patch,
        "encoder_hash_byte_group_size": list(config.hash_embedding.group_sizes),
        "encoder_hash_byte_group_vocab": config.hash_embedding.buckets,
        "encoder_hash_byte_group_nb_functions": config.hash_embedding.functions,
        "encoder_config": stack(
            config.encoder, "blt_local_encoder", cross_attn_all_layers=cross.all_layers_encoder, **local
        ),
        "decoder_config": stack(
            config.decoder, "blt_local_decoder", cross_attn_all_layers=cross.all_layers_decoder, **local
        ),
        "global_config": stack(config.latent, "blt_global_transformer"),
        "patcher_config": stack(
            config.entropy, "blt_patcher", vocab_size=config.vocabulary, sliding_window=config.entropy.window
        ),
    }


def names(config: BLTConfig, *, tied: bool = False) -> NameMap:
    """All parameters. `tied`: the head is the byte embedding."""
    encoders, decoders = cross_counts(config)
    encoder, decoder, latent = "model.local_encoder", "model.local_decoder", "model.global_transformer"
    embedding = f"{encoder}.embed_tokens.weight"
    found: NameMap = {
        "embedding.bytes.weight": (Part(embedding),),
        "local_encoder.patch_queries.weight": (Part(f"{encoder}.patch_embedding_projection.weight"),),
        "local_decoder.patch_latents.weight": (Part(f"{decoder}.patch_embedding_projection.weight"),),
        "local_decoder.norm.weight": (Part(f"{decoder}.norm.weight"),),
        "local_decoder.head.weight": (Part(embedding if tied else "lm_head.weight"),),
        "entropy_model.embedding.weight": (Part("model.patcher.embed_tokens.weight"),),
        "entropy_model.norm.weight": (Part("model.patcher.norm.weight"),),
        "entropy_model.head.weight": (Part("model.patcher.lm_head.weight"),),
    }
    if config.hash_embedding.tables:
        found["embedding.ngrams.weight"] = (Part("model.encoder_hash_tok_embedding.weight"),)
    if config.local_dim * config.cross_attention.queries_per_patch != config.latent.dim:
        found["latent_transformer.project_in.weight"] = (Part(f"{latent}.token_embedding_projection.weight"),)
    for own, foreign, stack in (
        ("entropy_model", "model.patcher", config.entropy),
        ("local_encoder", encoder, config.encoder),
        ("latent_transformer", latent, config.latent),
        ("local_decoder", decoder, config.decoder),
    ):
        found.update(block_parts(f"{own}.transformer", f"{foreign}.layers", stack, BLOCK))
    for own, foreign, stack, count in (
        ("local_encoder", encoder, config.encoder, encoders),
        ("local_decoder", decoder, config.decoder, decoders),
    ):
        shared = stack.heads // stack.n_kv_heads  # cross-attention groups its heads as self-attention does
        parts = cross_parts(
            f"{own}.cross_attention", f"{foreign}.cross_attn_layers", count, CROSS, shared, stack.dim_per_head
        )
        found.update(parts)
    return found
