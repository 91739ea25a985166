"""Layouts A and B: checkpoints of the released code (github.com/facebookresearch/blt).

The hyperparameters are those of its `ByteLatentTransformerArgs` and, for the entropy model, its
`LMTransformerArgs`. Feed-forward widths are read from the tensors, since the code rounds them. What
the released code can be told to do and bltgen does not do is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

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
    BLTConfig,
    CrossAttentionConfig,
    HashEmbeddingConfig,
    PatcherConfig,
    PatchingMode,
    TransformerConfig,
)

__all__ = ["ENTROPY_WINDOW", "IGNORED", "entropy_names", "main_names", "read_config"]

BLOCK = BlockNames(
    ("attention.wq", "attention.wk", "attention.wv"),
    "attention.wo",
    ("feed_forward.w1", "feed_forward.w3"),
    "feed_forward.w2",
    "attention_norm",
    "ffn_norm",
)
CROSS = CrossNames("wq", ("wk", "wv"), "wo", "cross_attn_norm_q", "cross_attn_norm_kv")

ENTROPY_WINDOW = 512  # the released code sets it when it loads an entropy model, whatever the file says

# Tensors that the released code makes but never uses in a forward pass.
IGNORED = (
    "rope.freqs_cis",
    "local_encoder.token_embedding_projection.weight",
    "local_decoder.token_embedding_projection.weight",
)

# Switches with the only value that bltgen implements.
REQUIRED: dict[str, tuple[Any, ...]] = {
    "cross_attn_encoder": (True,),
    "cross_attn_decoder": (True,),
    "cross_attn_init_by_pooling": (True,),
    "downsampling_by_pooling": ("max",),
    "use_rope": (True,),
    "weight_tying": (False,),
    "tie_local_encoder_decoder": (False,),
    "tie_local_encoder_decoder_logits": (False,),
    "encoder_enable_byte_ngrams": (False,),
    "encoder_ngram_to_size_str": (None,),
    "cross_attn_window_encoder": (None,),
    "cross_attn_window_decoder": (None,),
    "global_local_decoder_residual_layer": (None,),
    "patching_threshold_add": (None,),
    "non_linearity": ("swiglu",),
    "norm_type": ("rmsnorm",),
    "norm_affine": (True,),
    "pre_norm": (True,),
    "pm_size": (0,),
}


def _feed_forward(tensors: Mapping[str, Tensor], name: str, default: int = 1) -> int:
    value = tensors.get(name)
    return default if value is None or value.ndim != 2 else int(value.shape[0])


def _stack(
    args: Mapping[str, Any], suffix: str, window: int | None, tensors: Mapping[str, Tensor], layers: str
) -> TransformerConfig:
    return TransformerConfig(
        dim=args[f"dim{suffix}"],
        layers=args[f"n_layers{suffix}"],
        heads=args[f"n_heads{suffix}"],
        kv_heads=args.get("n_kv_heads_global" if suffix == "_global" else "n_kv_heads"),
        head_dim=args.get("head_dim"),
        ffn_dim=_feed_forward(tensors, f"{layers}.0.feed_forward.w1.weight"),
        rope_theta=args.get("rope_theta", 10_000.0),
        norm_eps=args.get("norm_eps", 1e-5),
        window=window,
    )


def read_config(
    args: Mapping[str, Any],
    entropy_args: Mapping[str, Any],
    patcher_args: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    entropy_tensors: Mapping[str, Tensor],
) -> BLTConfig:
    """bltgen's config. Raises CheckpointError, KeyError, TypeError or ValueError naming what is wrong."""
    for name, values in REQUIRED.items():
        if name in args and args[name] not in values:
            raise CheckpointError(f"{name}={args[name]!r} is not supported (only {values[0]!r})")
    sizes = args.get("encoder_hash_byte_group_size")
    if isinstance(sizes, str):
        sizes = [int(size) for size in sizes.split(",") if size]
    hashing = HashEmbeddingConfig(
        tuple(sizes or ()),
        args.get("encoder_hash_byte_group_nb_functions", 3) if sizes else 0,
        args.get("encoder_hash_byte_group_vocab", 30_000),
    )
    window = args.get("local_attention_window_len")
    threshold = patcher_args.get("threshold", args.get("patching_threshold"))
    mode = patcher_args.get("patching_mode", args.get("patching_mode")) or "entropy"
    monotonic = patcher_args.get("monotonicity", args.get("monotonicity", False))
    if mode == "entropy" and monotonic:
        mode = "monotonic"
    if patcher_args.get("threshold_add") is not None:
        raise CheckpointError("threshold_add is not supported (only None)")
    size = args.get("patch_size")
    return BLTConfig(
        encoder=_stack(args, "_local_encoder", window, tensors, "local_encoder.layers"),
        latent=_stack(args, "_global", None, tensors, "global_transformer.layers"),
        decoder=_stack(args, "_local_decoder", window, tensors, "local_decoder.layers"),
        entropy=TransformerConfig(
            dim=entropy_args["dim"],
            layers=entropy_args["n_layers"],
            heads=entropy_args["n_heads"],
            kv_heads=entropy_args.get("n_kv_heads"),
            head_dim=entropy_args.get("head_dim"),
            ffn_dim=_feed_forward(entropy_tensors, "layers.0.feed_forward.w1.weight"),
            rope_theta=entropy_args.get("rope_theta", 10_000.0),
            norm_eps=entropy_args.get("norm_eps", 1e-5),
            window=entropy_args.get("sliding_window") or ENTROPY_WINDOW,
        ),
        cross_attention=CrossAttentionConfig(
            heads=args["cross_attn_nheads"],
            queries_per_patch=args["cross_attn_k"],
            all_layers_encoder=args.get("cross_attn_all_layers_encoder", False),
            all_layers_decoder=args.get("cross_attn_all_layers_decoder", False),
            norm_eps=args.get("norm_eps", 1e-5),
        ),
        hash_embedding=hashing,
        patcher=PatcherConfig(
            mode=cast(PatchingMode, mode),
            threshold=PatcherConfig.threshold if threshold is None else threshold,
            patch_size=int(size) if mode == "static" and size else PatcherConfig.patch_size,
            max_patch_length=patcher_args.get("max_patch_length", args.get("max_patch_length")),
        ),
        vocabulary=args["vocab_size"],
    )


def main_names(config: BLTConfig) -> NameMap:
    """Everything but the entropy model."""
    encoders, decoders = cross_counts(config)
    names: NameMap = {"embedding.bytes.weight": (Part("local_encoder.tok_embeddings.weight"),)}
    if config.hash_embedding.tables:
        tables = range(config.hash_embedding.tables)
        names["embedding.ngrams.weight"] = tuple(
            Part(f"encoder_hash_tok_embedding.{table}.weight") for table in tables
        )
    names["local_encoder.patch_queries.weight"] = (Part("local_encoder.patch_embedding_projection.weight"),)
    names["local_decoder.patch_latents.weight"] = (Part("local_decoder.patch_embedding_projection.weight"),)
    names["local_decoder.norm.weight"] = (Part("local_decoder.norm.weight"),)
    names["local_decoder.head.weight"] = (Part("local_decoder.output.weight"),)
    if config.local_dim * config.cross_attention.queries_per_patch != config.latent.dim:
        projection = "global_transformer.token_embedding_projection.weight"
        names["latent_transformer.project_in.weight"] = (Part(projection),)
    for own, foreign, stack in (
        ("local_encoder", "local_encoder", config.encoder),
        ("latent_transformer", "global_transformer", config.latent),
        ("local_decoder", "local_decoder", config.decoder),
    ):
        names.update(block_parts(f"{own}.transformer", f"{foreign}.layers", stack, BLOCK))
    for own, count in (("local_encoder", encoders), ("local_decoder", decoders)):
        names.update(cross_parts(f"{own}.cross_attention", f"{own}.cross_attn_layers", count, CROSS))
    return names


def entropy_names(config: BLTConfig) -> NameMap:
    """The entropy model, which has a file of its own."""
    names: NameMap = {
        "entropy_model.embedding.weight": (Part("tok_embeddings.weight"),),
        "entropy_model.norm.weight": (Part("norm.weight"),),
        "entropy_model.head.weight": (Part("output.weight"),),
    }
    names.update(block_parts("entropy_model.transformer", "layers", config.entropy, BLOCK))
    return names
