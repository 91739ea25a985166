"""Configs: what each field may be, at its bounds, and what is worked out where none is given."""

from __future__ import annotations

import json
import re

import pytest

from bltgen.model.config import (
    BOE_ID,
    BOS_ID,
    BYTE_OFFSET,
    EOS_ID,
    PATCHING_MODES,
    VOCABULARY,
    BLTConfig,
    CrossAttentionConfig,
    HashEmbeddingConfig,
    PatcherConfig,
    TransformerConfig,
)
from bltgen.model.prompt_form import PromptForm


def refuses(message: str):
    """A ValueError that says so."""
    return pytest.raises(ValueError, match=re.escape(message))


def test_the_ids_are_those_of_the_released_models():
    """Three symbols, padding, and the bytes."""
    assert (BOE_ID, BOS_ID, EOS_ID, BYTE_OFFSET, VOCABULARY) == (0, 1, 2, 4, 260)
    assert PATCHING_MODES == ("entropy", "monotonic", "static", "space")


def test_a_stack_s_shape_is_worked_out():
    """As many key heads as heads, equal shares of the width, two thirds of four widths in steps of 32."""
    made = TransformerConfig(96, 2, 4)
    assert (made.n_kv_heads, made.dim_per_head, made.feed_forward_dim) == (4, 24, 256)
    assert (made.kv_heads, made.head_dim, made.ffn_dim) == (4, 24, 256)
    assert (made.rope_theta, made.norm_eps, made.window) == (500_000.0, 1e-5, None)
    assert [TransformerConfig(dim, 1, 1).feed_forward_dim for dim in (2, 12, 14, 24, 26)] == [
        32,
        32,
        64,
        64,
        96,
    ]
    given = TransformerConfig(10, 1, 4, kv_heads=2, head_dim=6, ffn_dim=7)
    assert (given.n_kv_heads, given.dim_per_head, given.feed_forward_dim) == (2, 6, 7)


def test_a_stack_s_numbers_have_bounds():
    """At least one head, no layers at the least, an even width of a head."""
    assert TransformerConfig(2, 0, 1, window=1).layers == 0
    with refuses("dim must be at least 1, got 0"):
        TransformerConfig(0, 1, 1)
    with refuses("heads must be at least 1, got 0"):
        TransformerConfig(2, 1, 0)
    with refuses("layers must be at least 0, got -1"):
        TransformerConfig(2, -1, 1)
    with refuses("dim 10 is not divisible by heads 4"):
        TransformerConfig(10, 1, 4)
    with refuses("heads 4 not divisible by kv_heads 3"):
        TransformerConfig(8, 1, 4, kv_heads=3)
    with refuses("head_dim must be even for rotary positions, got 3"):
        TransformerConfig(3, 1, 1)
    with refuses("window must be at least 1, got 0"):
        TransformerConfig(2, 1, 1, window=0)


def test_cross_attention_has_heads_of_its_own():
    """In the decoder as in the encoder unless said otherwise; the residual counts once or twice."""
    made = CrossAttentionConfig(heads=2)
    assert (made.queries_per_patch, made.all_layers_encoder, made.all_layers_decoder) == (1, False, True)
    assert (made.doubled_residual, made.residual, made.norm_eps, made.n_decoder_heads) == (True, 2, 1e-5, 2)
    assert CrossAttentionConfig(1, doubled_residual=False).residual == 1
    assert CrossAttentionConfig(4, decoder_heads=1).n_decoder_heads == 1
    with refuses("heads must be at least 1, got 0"):
        CrossAttentionConfig(0)
    with refuses("queries_per_patch must be at least 1, got 0"):
        CrossAttentionConfig(1, queries_per_patch=0)
    with refuses("decoder_heads must be at least 1, got 0"):
        CrossAttentionConfig(1, decoder_heads=0)


def test_hash_tables_are_counted():
    """One for each function and size; sizes become a tuple."""
    made = HashEmbeddingConfig()
    assert (made.group_sizes, made.functions, made.buckets, made.tables) == (
        (3, 4, 5, 6, 7, 8),
        1,
        500_002,
        6,
    )
    assert HashEmbeddingConfig([2, 3], 2, 5).group_sizes == (2, 3)
    assert HashEmbeddingConfig((2, 3), 2, 5).tables == 4
    assert HashEmbeddingConfig((2,), 0, 0).tables == 0
    assert HashEmbeddingConfig((1, 64), 64, 1).functions == 64
    assert len(HashEmbeddingConfig((1,) * 64, 1, 1).group_sizes) == 64
    for wrong, message in (
        (((2,), 1, 0), "hash buckets must be at least 1"),
        (((2,), -1, 5), "hash functions must be 0 to 64, got -1"),
        (((2,), 65, 5), "hash functions must be 0 to 64, got 65"),
        (((1,) * 65, 1, 5), "at most 64 hash group sizes, got 65"),
        (((0,), 1, 5), "hash group sizes must be 1 to 64, got (0,)"),
        (((65,), 1, 5), "hash group sizes must be 1 to 64, got (65,)"),
    ):
        with refuses(message):
            HashEmbeddingConfig(*wrong)


def test_a_patcher_has_a_mode():
    """And lengths of at least one byte."""
    made = PatcherConfig()
    assert (made.mode, made.threshold, made.patch_size) == ("entropy", 1.335442066192627, 4)
    assert made.max_patch_length is None
    assert PatcherConfig("static", patch_size=1, max_patch_length=1).max_patch_length == 1
    with refuses("patching mode 'words' is not one of"):
        PatcherConfig("words")
    with refuses("patch_size must be at least 1, got 0"):
        PatcherConfig(patch_size=0)
    with refuses("max_patch_length must be at least 1, got 0"):
        PatcherConfig(max_patch_length=0)


def with_parts(**changed) -> BLTConfig:
    """A small model's config with other parts."""
    parts = {name: getattr(BLTConfig.tiny(), name) for name in BLTConfig.__dataclass_fields__}
    return BLTConfig(**{**parts, **changed})


def test_the_parts_of_a_model_fit_together():
    """Both byte stacks have one width, which the heads between bytes and patches divide."""
    assert with_parts().local_dim == 16
    with refuses("encoder and decoder must have one width, got 16 and 18"):
        with_parts(decoder=TransformerConfig(18, 1, 1))
    with refuses("local width 16 is not divisible by 3 encoder cross-attention heads"):
        with_parts(cross_attention=CrossAttentionConfig(3, decoder_heads=2))
    with refuses("local width 16 is not divisible by 3 decoder cross-attention heads"):
        with_parts(cross_attention=CrossAttentionConfig(2, decoder_heads=3))
    with refuses("mask_conditioning must be true or false, got 1"):
        with_parts(mask_conditioning=1)
    with refuses("prompt_form must be an object with max_bytes, detail and place, or null, got xx"):
        with_parts(prompt_form="x" * 99)
    assert with_parts(prompt_form=PromptForm()).prompt_form == PromptForm()
    defaults = BLTConfig(
        *[getattr(BLTConfig.tiny(), name) for name in list(BLTConfig.__dataclass_fields__)[:5]]
    )
    assert (defaults.vocabulary, defaults.mask_conditioning, defaults.prompt_form) == (260, False, None)
    assert defaults.hash_embedding == HashEmbeddingConfig()
    assert defaults.patcher == PatcherConfig()


@pytest.mark.parametrize(
    "config", [BLTConfig.tiny(), BLTConfig.small(), with_parts(prompt_form=PromptForm(9))]
)
def test_a_config_is_written_and_read(config):
    """As JSON; parts may be there already; what is not known is named."""
    text = json.dumps(config.to_dict())
    assert BLTConfig.from_dict(json.loads(text)) == config
    assert BLTConfig.from_dict({**json.loads(text), "latent": config.latent}) == config
    with pytest.raises(TypeError, match="speed"):
        BLTConfig.from_dict({**json.loads(text), "speed": 1})
    with pytest.raises(TypeError, match="width"):
        BLTConfig.from_dict({**json.loads(text), "latent": {"width": 1}})


def test_the_small_models_are_as_documented():
    """tiny has all parts on in small windows; small is the embedded model's shape."""
    tiny = BLTConfig.tiny()
    assert [tiny.encoder.window, tiny.latent.window, tiny.decoder.window, tiny.entropy.window] == [
        16,
        None,
        16,
        12,
    ]
    assert [part.layers for part in (tiny.encoder, tiny.latent, tiny.decoder, tiny.entropy)] == [1, 2, 2, 1]
    assert [part.dim for part in (tiny.encoder, tiny.latent, tiny.decoder, tiny.entropy)] == [16, 24, 16, 16]
    assert all(
        part.heads == 2 and part.ffn_dim == 32
        for part in (tiny.encoder, tiny.latent, tiny.decoder, tiny.entropy)
    )
    assert (tiny.cross_attention.heads, tiny.cross_attention.queries_per_patch) == (2, 2)
    assert tiny.hash_embedding == HashEmbeddingConfig((3, 4), 1, 64)
    assert (tiny.patcher, tiny.entropy.rope_theta) == (PatcherConfig(threshold=5.4), 10_000.0)
    assert BLTConfig.tiny(mode="static", threshold=1.0).patcher == PatcherConfig("static", 1.0)
    small = BLTConfig.small()
    parts = (small.encoder, small.latent, small.decoder, small.entropy)
    assert [(part.dim, part.layers, part.heads, part.window) for part in parts] == [
        (128, 1, 2, 1024),
        (256, 4, 4, 1024),
        (128, 2, 2, 1024),
        (96, 2, 2, 512),
    ]
    assert [part.ffn_dim for part in parts] == [256, 704, 256, 256]
    assert (small.cross_attention.heads, small.cross_attention.queries_per_patch) == (4, 2)
    assert (small.cross_attention.all_layers_decoder, small.cross_attention.residual) == (False, 1)
    assert small.hash_embedding == HashEmbeddingConfig((3, 4, 5, 6, 7, 8), 1, 2048)
    assert small.patcher == PatcherConfig(threshold=2.7, max_patch_length=16)
