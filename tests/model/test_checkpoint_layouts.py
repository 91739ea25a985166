"""Foreign configs and names in bltgen's terms: every default, every switch, every parameter."""

from __future__ import annotations

import dataclasses
import re

import pytest
import torch

from bltgen.errors import CheckpointError
from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.checkpoint_layouts import huggingface, reference
from bltgen.model.checkpoint_layouts.parts import (
    BlockNames,
    CrossNames,
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
    TransformerConfig,
)
from bltgen.model.prompt_form import PromptForm

THRESHOLD = 1.335442066192627


def refuses(message: str):
    """A CheckpointError that says no more than this."""
    return pytest.raises(CheckpointError, match=f"^{re.escape(message)}$")


def changed(config, **parts):
    """The config with fields of its parts changed (`encoder={"window": 3}`), or with other parts."""
    made = {
        name: dataclasses.replace(getattr(config, name), **value) if isinstance(value, dict) else value
        for name, value in parts.items()
    }
    return dataclasses.replace(config, **made)


def parameters(config) -> set[str]:
    with torch.device("meta"):
        return set(ByteLatentTransformer(config).state_dict())


# How a parameter consists of parts.


def test_a_part_is_the_tensor_itself_or_its_heads_repeated():
    """Each head of so many rows in turn, whatever the width."""
    value = torch.arange(8.0).view(4, 2)
    assert Part("x").expand(value) is value
    assert (Part("x").repeat, Part("x").head_dim) == (1, 1)
    assert Part("x", 2, 2).expand(value).tolist() == value[[0, 1, 0, 1, 2, 3, 2, 3]].tolist()
    assert Part("x", 3).expand(value[:, 0]).tolist() == value[:, 0].repeat_interleave(3).tolist()


def test_a_stack_consists_of_its_blocks():
    """Queries, keys and values in one parameter; gate before up."""
    names = BlockNames(("q", "k", "v"), "o", ("g", "u"), "d", "an", "fn")
    found = dict(block_parts("own", "their", TransformerConfig(4, 2, 1), names))
    assert found == {
        key: value
        for i in (0, 1)
        for key, value in {
            f"own.blocks.{i}.attention.qkv.weight": tuple(Part(f"their.{i}.{n}.weight") for n in "qkv"),
            f"own.blocks.{i}.attention.out.weight": (Part(f"their.{i}.o.weight"),),
            f"own.blocks.{i}.feed_forward.gate_up.weight": tuple(Part(f"their.{i}.{n}.weight") for n in "gu"),
            f"own.blocks.{i}.feed_forward.down.weight": (Part(f"their.{i}.d.weight"),),
            f"own.blocks.{i}.attention_norm.weight": (Part(f"their.{i}.an.weight"),),
            f"own.blocks.{i}.feed_forward_norm.weight": (Part(f"their.{i}.fn.weight"),),
        }.items()
    }
    assert not dict(block_parts("own", "their", TransformerConfig(4, 0, 1), names))


@pytest.mark.parametrize("shared", [(), (2, 6)])
def test_cross_attentions_share_keys_and_values_alone(shared):
    """Their heads are repeated; those of queries are not."""
    names = CrossNames("q", ("k", "v"), "o", "qn", "kn")
    found = dict(cross_parts("own", "their", 2, names, *shared))
    assert found == {
        key: value
        for i in (0, 1)
        for key, value in {
            f"own.{i}.query.weight": (Part(f"their.{i}.q.weight"),),
            f"own.{i}.key_value.weight": tuple(Part(f"their.{i}.{n}.weight", *shared) for n in "kv"),
            f"own.{i}.out.weight": (Part(f"their.{i}.o.weight"),),
            f"own.{i}.query_norm.weight": (Part(f"their.{i}.qn.weight"),),
            f"own.{i}.key_norm.weight": (Part(f"their.{i}.kn.weight"),),
        }.items()
    }


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("layers", [0, 1, 3])
def test_cross_attentions_are_counted(everywhere, layers):
    """One, or one a layer; the encoder has one even without layers."""
    config = changed(
        BLTConfig.tiny(),
        encoder={"layers": layers},
        decoder={"layers": layers},
        cross_attention={"all_layers_encoder": everywhere, "all_layers_decoder": everywhere},
    )
    assert cross_counts(config) == ((max(1, layers), layers) if everywhere else (1, 1))


# The released code.

ARGS = {
    "dim_global": 24,
    "n_layers_global": 3,
    "n_heads_global": 4,
    "dim_local_encoder": 16,
    "n_layers_local_encoder": 1,
    "n_heads_local_encoder": 2,
    "dim_local_decoder": 16,
    "n_layers_local_decoder": 2,
    "n_heads_local_decoder": 4,
    "cross_attn_nheads": 8,
    "cross_attn_k": 3,
    "vocab_size": 300,
}
ENTROPY = {"dim": 12, "n_layers": 5, "n_heads": 2}
LEAST = BLTConfig(
    encoder=TransformerConfig(16, 1, 2, ffn_dim=1, rope_theta=10_000.0),
    latent=TransformerConfig(24, 3, 4, ffn_dim=1, rope_theta=10_000.0),
    decoder=TransformerConfig(16, 2, 4, ffn_dim=1, rope_theta=10_000.0),
    entropy=TransformerConfig(12, 5, 2, ffn_dim=1, rope_theta=10_000.0, window=512),
    cross_attention=CrossAttentionConfig(8, 3, all_layers_decoder=False),
    hash_embedding=HashEmbeddingConfig((), 0, 30_000),
    patcher=PatcherConfig(threshold=THRESHOLD),
    vocabulary=300,
)
"""What the released code takes where these alone are given."""

RELEASED = [
    ({}, {}, {}, {}),
    ({"rope_theta": 5.0}, {}, {}, {name: {"rope_theta": 5.0} for name in ("encoder", "latent", "decoder")}),
    (
        {"norm_eps": 0.5},
        {},
        {},
        {name: {"norm_eps": 0.5} for name in ("encoder", "latent", "decoder", "cross_attention")},
    ),
    ({"n_kv_heads_global": 2}, {}, {}, {"latent": {"kv_heads": 2}}),
    ({"n_kv_heads": 1}, {}, {}, {"encoder": {"kv_heads": 1}, "decoder": {"kv_heads": 1}}),
    ({"head_dim": 6}, {}, {}, {name: {"head_dim": 6} for name in ("encoder", "latent", "decoder")}),
    ({"local_attention_window_len": 7}, {}, {}, {"encoder": {"window": 7}, "decoder": {"window": 7}}),
    ({"cross_attn_all_layers_encoder": True}, {}, {}, {"cross_attention": {"all_layers_encoder": True}}),
    ({"cross_attn_all_layers_decoder": True}, {}, {}, {"cross_attention": {"all_layers_decoder": True}}),
    (
        {"encoder_hash_byte_group_size": "3,5,"},
        {},
        {},
        {"hash_embedding": HashEmbeddingConfig((3, 5), 3, 30_000)},
    ),
    (
        {
            "encoder_hash_byte_group_size": [3],
            "encoder_hash_byte_group_nb_functions": 2,
            "encoder_hash_byte_group_vocab": 9,
        },
        {},
        {},
        {"hash_embedding": HashEmbeddingConfig((3,), 2, 9)},
    ),
    ({"encoder_hash_byte_group_nb_functions": 2}, {}, {}, {}),
    ({"encoder_hash_byte_group_size": ""}, {}, {}, {}),
    ({"patching_threshold": 0.0}, {}, {}, {"patcher": {"threshold": 0.0}}),
    ({"patching_threshold": 2.0}, {}, {"threshold": 3.0}, {"patcher": {"threshold": 3.0}}),
    ({"patching_mode": "space"}, {}, {}, {"patcher": {"mode": "space"}}),
    ({"patching_mode": "space"}, {}, {"patching_mode": "entropy"}, {}),
    ({"patching_mode": None}, {}, {}, {}),
    ({"monotonicity": True}, {}, {}, {"patcher": {"mode": "monotonic"}}),
    ({"monotonicity": True}, {}, {"monotonicity": False}, {}),
    ({"monotonicity": True, "patching_mode": "space"}, {}, {}, {"patcher": {"mode": "space"}}),
    ({}, {}, {"monotonicity": True}, {"patcher": {"mode": "monotonic"}}),
    ({"patch_size": 6.9}, {}, {}, {}),
    (
        {"patch_size": 6.9, "patching_mode": "static"},
        {},
        {},
        {"patcher": {"mode": "static", "patch_size": 6}},
    ),
    ({"patching_mode": "static"}, {}, {}, {"patcher": {"mode": "static", "patch_size": 4}}),
    ({"max_patch_length": 9}, {}, {}, {"patcher": {"max_patch_length": 9}}),
    ({"max_patch_length": 9}, {}, {"max_patch_length": 8}, {"patcher": {"max_patch_length": 8}}),
    ({}, {"n_kv_heads": 1}, {}, {"entropy": {"kv_heads": 1}}),
    ({}, {"head_dim": 8}, {}, {"entropy": {"head_dim": 8}}),
    ({}, {"rope_theta": 7.0}, {}, {"entropy": {"rope_theta": 7.0}}),
    ({}, {"norm_eps": 0.25}, {}, {"entropy": {"norm_eps": 0.25}}),
    ({}, {"sliding_window": 33}, {}, {"entropy": {"window": 33}}),
    ({}, {"sliding_window": None}, {}, {}),
]


@pytest.mark.parametrize(("args", "entropy", "patcher", "parts"), RELEASED)
def test_hyperparameters_of_the_released_code(args, entropy, patcher, parts):
    """Each says what it says and no more; what the patcher is told comes before what the model is."""
    found = reference.read_config({**ARGS, **args}, {**ENTROPY, **entropy}, patcher, {}, {})
    assert found == changed(LEAST, **parts)


def test_feed_forward_widths_are_those_of_the_tensors():
    """Of the first block of each stack; what is no matrix is left to the check of shapes."""
    tensors = {
        "local_encoder.layers.0.feed_forward.w1.weight": torch.ones(5, 16),
        "global_transformer.layers.0.feed_forward.w1.weight": torch.ones(6, 24),
        "local_decoder.layers.0.feed_forward.w1.weight": torch.ones(7, 16),
    }
    entropy = {"layers.0.feed_forward.w1.weight": torch.ones(8, 12)}
    found = reference.read_config(ARGS, ENTROPY, {}, tensors, entropy)
    widths = {"encoder": 5, "latent": 6, "decoder": 7, "entropy": 8}
    assert found == changed(LEAST, **{name: {"ffn_dim": width} for name, width in widths.items()})
    flat = {name: value[0] for name, value in {**tensors, **entropy}.items()}
    assert reference.read_config(ARGS, ENTROPY, {}, flat, flat) == LEAST


ONLY = {
    "cross_attn_encoder": True,
    "cross_attn_decoder": True,
    "cross_attn_init_by_pooling": True,
    "downsampling_by_pooling": "max",
    "use_rope": True,
    "weight_tying": False,
    "tie_local_encoder_decoder": False,
    "tie_local_encoder_decoder_logits": False,
    "encoder_enable_byte_ngrams": False,
    "encoder_ngram_to_size_str": None,
    "cross_attn_window_encoder": None,
    "cross_attn_window_decoder": None,
    "global_local_decoder_residual_layer": None,
    "patching_threshold_add": None,
    "non_linearity": "swiglu",
    "norm_type": "rmsnorm",
    "norm_affine": True,
    "pre_norm": True,
    "pm_size": 0,
}


@pytest.mark.parametrize("name", ONLY)
def test_switches_have_the_one_value_that_is_implemented(name):
    """It may be said or left out; any other is refused by name."""
    assert list(reference.REQUIRED) == list(ONLY)
    assert reference.read_config({**ARGS, name: ONLY[name]}, ENTROPY, {}, {}, {}) == LEAST
    other = not ONLY[name] if isinstance(ONLY[name], bool) else "another"
    with refuses(f"{name}={other!r} is not supported (only {ONLY[name]!r})"):
        reference.read_config({**ARGS, name: other}, ENTROPY, {}, {}, {})


def test_a_threshold_that_is_added_is_refused():
    with refuses("threshold_add is not supported (only None)"):
        reference.read_config(ARGS, ENTROPY, {"threshold_add": 0}, {}, {})
    assert reference.read_config(ARGS, ENTROPY, {"threshold_add": None}, {}, {}) == LEAST


SHAPES = {
    "released": LEAST,
    "hash tables": changed(LEAST, hash_embedding=HashEmbeddingConfig((3, 5), 2, 9)),
    "no projection": changed(
        LEAST, cross_attention={"queries_per_patch": 2}, latent=TransformerConfig(32, 1, 2)
    ),
    "cross-attention everywhere": changed(
        LEAST,
        encoder={"layers": 2},
        cross_attention={"all_layers_encoder": True, "all_layers_decoder": True},
    ),
    "no layers": changed(LEAST, encoder={"layers": 0}, entropy={"layers": 0}),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("layout", ["reference", "huggingface"])
def test_every_parameter_is_named_once(shape, layout):
    """Those of the entropy model in its own file, in the released code; no tensor is used twice."""
    config = SHAPES[shape]
    if layout == "huggingface":
        found = huggingface.names(config)
        used = [part.name for parts in found.values() for part in parts]
    else:
        main, entropy = reference.main_names(config), reference.entropy_names(config)
        assert not {name for name in main if name.startswith("entropy_model")}
        assert {name.split(".")[0] for name in entropy} == {"entropy_model"}
        found = {**main, **entropy}
        used = [part.name for parts in main.values() for part in parts]
        assert main.get("embedding.ngrams.weight", ()) == tuple(
            Part(f"encoder_hash_tok_embedding.{table}.weight")
            for table in range(config.hash_embedding.tables)
        )
    assert set(found) == parameters(config)
    assert len(used) == len(set(used))


# transformers.

DEFAULT = BLTConfig(
    encoder=TransformerConfig(1024, 1, 16, ffn_dim=1, window=512),
    latent=TransformerConfig(2048, 25, 16, ffn_dim=1),
    decoder=TransformerConfig(1024, 9, 16, ffn_dim=1, window=512),
    entropy=TransformerConfig(768, 14, 12, ffn_dim=1, rope_theta=10_000.0, window=512),
    cross_attention=CrossAttentionConfig(16, 2, decoder_heads=16),
    hash_embedding=HashEmbeddingConfig((3, 4, 5, 6, 7, 8), 1, 500_002),
    patcher=PatcherConfig(threshold=THRESHOLD),
)
"""Of an empty config: transformers writes only what differs from its defaults."""

FOREIGN = [
    ({}, {}),
    ({"local_attention_window_len": None}, {"encoder": {"window": None}, "decoder": {"window": None}}),
    ({"cross_attn_k": 3}, {"cross_attention": {"queries_per_patch": 3}}),
    ({"vocab_size": 300}, {"vocabulary": 300}),
    ({"encoder_hash_byte_group_size": [2, 9]}, {"hash_embedding": {"group_sizes": (2, 9)}}),
    ({"encoder_hash_byte_group_size": None}, {}),
    ({"encoder_hash_byte_group_nb_functions": 4}, {"hash_embedding": {"functions": 4}}),
    ({"encoder_hash_byte_group_vocab": 7}, {"hash_embedding": {"buckets": 7}}),
    ({"patching_threshold": 0.0}, {"patcher": {"threshold": 0.0}}),
    ({"patching_threshold": None}, {}),
    ({"patching_mode": "static", "patch_size": 6}, {"patcher": {"mode": "static", "patch_size": 6}}),
    ({"max_patch_length": 8}, {"patcher": {"max_patch_length": 8}}),
    ({"patcher_config": {"sliding_window": None}}, {"entropy": {"window": None}}),
    ({"patcher_config": {"num_hidden_layers": 3}}, {"entropy": {"layers": 3}}),
    ({"patcher_config": None, "encoder_config": None, "decoder_config": None, "global_config": None}, {}),
    (
        {"encoder_config": {"cross_attn_all_layers": True, "num_attention_heads": 8}},
        {
            "encoder": {"heads": 8, "kv_heads": 8, "head_dim": 128},
            "cross_attention": {"heads": 8, "all_layers_encoder": True},
        },
    ),
    (
        {"decoder_config": {"cross_attn_all_layers": False, "num_attention_heads": 4}},
        {
            "decoder": {"heads": 4, "kv_heads": 4, "head_dim": 256},
            "cross_attention": {"decoder_heads": 4, "all_layers_decoder": False},
        },
    ),
    ({"global_config": {"num_key_value_heads": 2, "hidden_act": "silu"}}, {"latent": {"kv_heads": 2}}),
    ({"global_config": {"rope_theta": 5.0}}, {"latent": {"rope_theta": 5.0}}),
    (
        {"global_config": {"rope_theta": 5.0, "rope_parameters": {"rope_theta": 6.0}}},
        {"latent": {"rope_theta": 6.0}},
    ),
    (
        {"encoder_config": {"rms_norm_eps": 0.5}, "decoder_config": {"rms_norm_eps": 0.5}},
        {name: {"norm_eps": 0.5} for name in ("encoder", "decoder", "cross_attention")},
    ),
    ({"global_config": {"rms_norm_eps": 0.5}}, {"latent": {"norm_eps": 0.5}}),
    ({"patch_in_forward": True}, {}),
]


@pytest.mark.parametrize(("data", "parts"), FOREIGN)
def test_configs_of_transformers(data, parts):
    """Each field says what it says and no more."""
    assert huggingface.read_config(data, {}) == changed(DEFAULT, **parts)


def test_defaults_are_those_of_transformers():
    """Every one of them written out gives the same config as none."""
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    if not hasattr(transformers, "BltConfig"):
        pytest.skip("this version of transformers has no BltConfig")
    written = transformers.BltConfig().to_dict()
    heads = written["encoder_config"]["num_key_value_heads"], written["decoder_config"]["num_key_value_heads"]
    assert set(heads) <= {None, 16}
    assert huggingface.read_config(written, {}) == DEFAULT


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"patch_in_forward": False}, "patch_in_forward=False: there is no entropy model in this checkpoint"),
        ({"encoder_config": {"rms_norm_eps": 0.5}}, "encoder and decoder must have one rms_norm_eps"),
        (
            {"decoder_config": {"rope_parameters": {"rope_type": "yarn"}}},
            "decoder_config: rope_type 'yarn' is not supported (only 'default')",
        ),
        (
            {"patcher_config": {"hidden_act": "gelu"}},
            "patcher_config: hidden_act 'gelu' is not supported (only 'silu')",
        ),
    ],
)
def test_what_transformers_can_say_and_bltgen_not_is_refused(data, message):
    with refuses(message):
        huggingface.read_config(data, {})


def test_feed_forward_widths_of_transformers_are_those_of_the_tensors():
    """Whatever `intermediate_size` says; what is no matrix is left to the check of shapes."""
    places = ("local_encoder", "global_transformer", "local_decoder", "patcher")
    tensors = {
        f"model.{place}.layers.0.mlp.gate_proj.weight": torch.ones(5 + n, 2) for n, place in enumerate(places)
    }
    found = huggingface.read_config({"encoder_config": {"intermediate_size": 77}}, tensors)
    parts = ("encoder", "latent", "decoder", "entropy")
    assert found == changed(DEFAULT, **{part: {"ffn_dim": 5 + n} for n, part in enumerate(parts)})
    assert huggingface.read_config({}, {name: value[0] for name, value in tensors.items()}) == DEFAULT


WRITABLE = BLTConfig(
    encoder=TransformerConfig(16, 1, 4, window=8, ffn_dim=24),
    latent=TransformerConfig(24, 2, 4, kv_heads=2, ffn_dim=32, norm_eps=0.25),
    decoder=TransformerConfig(16, 2, 2, window=8, ffn_dim=28),
    entropy=TransformerConfig(12, 1, 2, rope_theta=10_000.0, window=6, ffn_dim=20),
    cross_attention=CrossAttentionConfig(4, 2, decoder_heads=2),
    hash_embedding=HashEmbeddingConfig((3, 4), 2, 50),
    patcher=PatcherConfig(threshold=5.3),
    vocabulary=270,
)


@pytest.mark.parametrize(
    "parts", [{}, {"cross_attention": {"all_layers_encoder": True, "all_layers_decoder": False}}]
)
def test_a_written_config_is_read_again(parts):
    """All but the feed-forward widths, which the tensors tell."""
    config = changed(WRITABLE, **parts)
    widths = {
        "local_encoder": config.encoder,
        "global_transformer": config.latent,
        "local_decoder": config.decoder,
        "patcher": config.entropy,
    }
    tensors = {
        f"model.{place}.layers.0.mlp.gate_proj.weight": torch.ones(stack.feed_forward_dim, 2)
        for place, stack in widths.items()
    }
    written = huggingface.write_config(config, "bfloat16")
    assert huggingface.read_config(written, tensors) == config
    assert (written["model_type"], written["dtype"]) == ("blt", "bfloat16")
    assert (written["bos_token_id"], written["eos_token_id"]) == (1, 2)
    assert (written["tie_word_embeddings"], written["patch_in_forward"]) == (False, True)
    assert written["patch_size"] == 4
    assert [
        written[f"{part}_config"]["intermediate_size"] for part in ("encoder", "global", "decoder", "patcher")
    ] == [24, 32, 28, 20]
    for part in ("encoder", "decoder"):
        local = written[f"{part}_config"]
        assert (local["vocab_size"], local["cross_attn_k"], local["hidden_size_global"]) == (270, 2, 24)


INEXPRESSIBLE = [
    ({"mask_conditioning": True}, "its decoder has a mask input"),
    (
        {"prompt_form": PromptForm()},
        "its prompts have a form (prompt_form), which transformers would not give them",
    ),
    ({"encoder": {"head_dim": 6}}, "encoder: head_dim must be dim / heads"),
    ({"latent": {"head_dim": 4}}, "latent: head_dim must be dim / heads"),
    ({"decoder": {"head_dim": 6}}, "decoder: head_dim must be dim / heads"),
    ({"entropy": {"head_dim": 4}}, "entropy: head_dim must be dim / heads"),
    (
        {"cross_attention": {"doubled_residual": False}},
        "transformers' cross-attention adds its residual twice, this model's once (doubled_residual)",
    ),
    (
        {"cross_attention": {"heads": 2}},
        "cross-attention must have as many heads as the self-attention beside it",
    ),
    (
        {"cross_attention": {"decoder_heads": 4}},
        "cross-attention must have as many heads as the self-attention beside it",
    ),
    (
        {"cross_attention": {"all_layers_encoder": True}, "encoder": {"layers": 2}},
        "its encoder keeps only the last of several cross-attentions",
    ),
    ({"decoder": {"window": 9}}, "encoder and decoder must have one window"),
    ({"latent": {"window": 9}}, "its latent transformer has no window"),
    ({"encoder": {"norm_eps": 0.5}}, "encoder, decoder and cross-attention must have one norm_eps"),
    ({"decoder": {"norm_eps": 0.5}}, "encoder, decoder and cross-attention must have one norm_eps"),
    ({"cross_attention": {"norm_eps": 0.5}}, "encoder, decoder and cross-attention must have one norm_eps"),
    (
        {"encoder": {"kv_heads": 2}},
        "its cross-attention groups keys and values as the self-attention beside it does",
    ),
    (
        {"decoder": {"kv_heads": 1}},
        "its cross-attention groups keys and values as the self-attention beside it does",
    ),
    ({"patcher": {"mode": "space"}}, "it cuts patches by the global entropy threshold alone"),
    ({"patcher": {"max_patch_length": 8}}, "it cuts patches by the global entropy threshold alone"),
    ({"hash_embedding": HashEmbeddingConfig((3,), 0, 9)}, "it always has hash n-gram embeddings"),
]


@pytest.mark.parametrize(("parts", "reason"), INEXPRESSIBLE)
def test_what_transformers_cannot_express_is_named(parts, reason):
    with refuses(f"transformers cannot express this model: {reason}"):
        huggingface.write_config(changed(WRITABLE, **parts), "float32")


def test_cross_attention_of_transformers_groups_heads_as_self_attention_does():
    """So its keys and values are repeated for the queries that share them."""
    config = changed(WRITABLE, encoder={"kv_heads": 2}, decoder={"kv_heads": 1})
    found = huggingface.names(config)
    for own, shared, width in (("local_encoder", 2, 4), ("local_decoder", 2, 8)):
        place = f"model.{own}.cross_attn_layers.0"
        assert found[f"{own}.cross_attention.0.key_value.weight"] == (
            Part(f"{place}.k_proj.weight", shared, width),
            Part(f"{place}.v_proj.weight", shared, width),
        )
    assert len(found["entropy_model.transformer.blocks.0.attention.qkv.weight"]) == 3


def test_a_head_may_be_the_byte_embedding():
    head = "local_decoder.head.weight"
    assert huggingface.names(WRITABLE)[head] == (Part("lm_head.weight"),)
    tied = huggingface.names(WRITABLE, tied=True)
    assert tied[head] == tied["embedding.bytes.weight"] == (Part("model.local_encoder.embed_tokens.weight"),)
