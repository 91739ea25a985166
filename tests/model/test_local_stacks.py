"""The local encoder, the latent transformer and the local decoder, patch by patch and byte by byte."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import nn

from bltgen.model.blt import ByteLatentTransformer, PatchedBytes
from bltgen.model.config import BLTConfig, CrossAttentionConfig, HashEmbeddingConfig, TransformerConfig
from bltgen.model.latent_transformer import LatentTransformer
from bltgen.model.local_decoder import LocalDecoder, mask_features
from bltgen.model.local_encoder import LocalEncoder
from tests.model.test_attention import rms, seeded

close = torch.testing.assert_close


def config(**changed) -> BLTConfig:
    """Width 4, two queries, two layers each."""
    cross = {"heads": 2, "queries_per_patch": 2, "doubled_residual": False, **changed.pop("cross", {})}
    parts = {
        "encoder": TransformerConfig(4, 2, 2, ffn_dim=6),
        "latent": TransformerConfig(6, 1, 1, ffn_dim=6),
        "decoder": TransformerConfig(4, 2, 2, ffn_dim=6),
        "entropy": TransformerConfig(4, 1, 2, ffn_dim=6),
        "cross_attention": CrossAttentionConfig(**cross),
        "hash_embedding": HashEmbeddingConfig((2,), 1, 11),
    }
    return BLTConfig(**{**parts, **changed})


PATCH_IDS = torch.tensor([[0, 0, 1, 1, 1]])


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("doubled", [False, True])
def test_patches_are_pooled_from_their_bytes(every, doubled):
    """From the maxima, projected; after the last block, or after every one in turn."""
    encoder = seeded(LocalEncoder(config(cross={"all_layers_encoder": every, "doubled_residual": doubled})))
    assert len(encoder.cross_attention) == (2 if every else 1)
    x = torch.randn(1, 5, 4, dtype=torch.float64)
    states, pooled = encoder(x, PATCH_IDS, 2)
    rotary, mask = encoder.transformer.context(5, x.device)
    after = [encoder.transformer.blocks[0](x, rotary, mask)]
    after.append(encoder.transformer.blocks[1](after[0], rotary, mask))
    close(states, after[1])
    read = after if every else after[1:]
    maxima = torch.stack([read[0][0, :2].amax(0), read[0][0, 2:].amax(0)])
    expected = (maxima @ encoder.patch_queries.weight.T).view(1, 2, 2, 4)
    close(encoder.first_queries(read[0], PATCH_IDS, 2), expected)
    for layer, source in zip(encoder.cross_attention, read, strict=True):
        expected = (2 if doubled else 1) * expected + layer.attend_segments(expected, source, PATCH_IDS)
    close(pooled, expected.flatten(2))


def test_without_blocks_the_pool_reads_the_bytes_themselves():
    """Once, whatever was asked for."""
    made = config(encoder=TransformerConfig(4, 0, 2), cross={"all_layers_encoder": True})
    encoder = seeded(LocalEncoder(made))
    assert len(encoder.cross_attention) == 1
    x = torch.randn(1, 5, 4, dtype=torch.float64)
    states, pooled = encoder(x, PATCH_IDS, 2)
    assert states is x
    assert pooled.shape == (1, 2, 8)


def test_latents_are_projected_where_the_widths_differ():
    """Else they are what was pooled."""
    narrow = seeded(LatentTransformer(config()))
    pooled = torch.randn(1, 2, 8, dtype=torch.float64)
    close(narrow(pooled), narrow.transformer(pooled @ narrow.project_in.weight.T))
    same = LatentTransformer(config(latent=TransformerConfig(8, 1, 1)))
    assert isinstance(same.project_in, nn.Identity)
    assert narrow.project_in.weight.shape == (6, 8)


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("doubled", [False, True])
def test_bytes_see_the_latent_of_one_patch(every, doubled):
    """Before the first block, or before every one."""
    made = config(cross={"all_layers_decoder": every, "doubled_residual": doubled, "decoder_heads": 1})
    decoder = seeded(LocalDecoder(made))
    assert len(decoder.cross_attention) == (2 if every else 1)
    assert decoder.cross_attention[0].heads == 1
    assert decoder.mask_embedding is None
    states = torch.randn(1, 5, 4, dtype=torch.float64)
    latents = torch.randn(1, 3, 6, dtype=torch.float64)
    visible = torch.tensor([[0, 0, 2, 2, 1]])
    found = decoder(states, latents, visible)
    source = (latents @ decoder.patch_latents.weight.T).view(1, 3, 2, 4)
    projected = decoder.project_latents(latents)
    assert [one.shape for one in projected] == [(1, 3, 2, 8)] * len(decoder.cross_attention)
    rotary, mask = decoder.transformer.context(5, states.device)
    x = states
    for number, block in enumerate(decoder.transformer.blocks):
        if number < len(decoder.cross_attention):
            layer = decoder.cross_attention[number]
            close(projected[number], layer.project_keys_values(source))
            seen = projected[number][0, visible[0]][None]
            x = (2 if doubled else 1) * x + layer.attend_latents(x, seen)
        x = block(x, rotary, mask)
    close(found, rms(x, decoder.norm) @ decoder.head.weight.T)


def test_masks_are_told_as_the_mean_of_what_is_allowed():
    """Less that of all columns; nothing allowed counts as none."""
    masks = torch.zeros(3, 257, dtype=torch.bool)
    masks[0, :2] = True
    masks[1] = True
    found = mask_features(masks, torch.float64)
    assert found.dtype == torch.float64
    close(found[0, :2], torch.full((2,), 0.5 - 1 / 257, dtype=torch.float64), rtol=1e-6, atol=1e-7)
    close(found[0, 2:], torch.full((255,), -1 / 257, dtype=torch.float64), rtol=1e-6, atol=1e-7)
    assert not found[1].any()
    close(found[2], torch.full((257,), -1 / 257, dtype=torch.float64), rtol=1e-6, atol=1e-7)
    one = torch.arange(257) == 256
    close(mask_features(one, torch.float64), one.double() - 1 / 257, rtol=1e-6, atol=1e-7)


def test_a_decoder_with_a_mask_input_adds_what_it_is_told():
    """To the byte states; one without it refuses masks."""
    decoder = seeded(LocalDecoder(config(mask_conditioning=True)))
    states, latents = torch.randn(1, 2, 4, dtype=torch.float64), torch.randn(1, 1, 6, dtype=torch.float64)
    visible, allowed = torch.zeros(1, 2, dtype=torch.long), torch.rand(1, 2, 257) < 0.1
    told = states + mask_features(allowed, torch.float64) @ decoder.mask_embedding.weight.T
    close(decoder(states, latents, visible, allowed), decoder(told, latents, visible))
    with pytest.raises(ValueError, match="this model has no mask input"):
        LocalDecoder(config())(states.float(), latents.float(), visible, allowed)


def test_a_decoder_without_blocks_is_its_norm_and_head():
    """No latent is read."""
    decoder = seeded(LocalDecoder(config(decoder=TransformerConfig(4, 0, 2))))
    states, latents = torch.randn(1, 2, 4, dtype=torch.float64), torch.randn(1, 1, 6, dtype=torch.float64)
    found = decoder(states, latents, torch.zeros(1, 2, dtype=torch.long))
    close(found, rms(states, decoder.norm) @ decoder.head.weight.T)


def test_patches_are_counted_from_their_starts():
    """A byte sees the last patch that is complete given the boundary after it."""
    starts = torch.tensor([[True, True, False, True, False], [True, True, True, True, True]])
    patched = PatchedBytes.from_starts(torch.zeros(2, 4, dtype=torch.long), starts)
    assert patched.patch_ids.tolist() == [[0, 1, 1, 2], [0, 1, 2, 3]]
    assert patched.visible.tolist() == [[0, 0, 1, 1], [0, 1, 2, 3]]
    assert patched.patches == 4


def test_fresh_weights_have_the_documented_size():
    """Embeddings 0.1; matrices 1 / sqrt(width); what adds to a residual stream less by its depth; masks 0."""
    torch.manual_seed(0)
    wide = TransformerConfig(64, 8, 2, ffn_dim=64)
    made = dataclasses.replace(
        config(),
        encoder=TransformerConfig(64, 2, 2, ffn_dim=64),
        latent=wide,
        decoder=TransformerConfig(64, 0, 2, ffn_dim=64),
        entropy=TransformerConfig(64, 1, 2, ffn_dim=64),
        mask_conditioning=True,
        hash_embedding=HashEmbeddingConfig((2,), 1, 200),
    )
    model = ByteLatentTransformer(made)
    assert model.mask_conditioning is True
    assert model.prompt_form is None
    names = dict(model.named_parameters())
    expected = {
        "embedding.bytes.weight": 0.1,
        "embedding.ngrams.weight": 0.1,
        "entropy_model.embedding.weight": 0.1,
        "latent_transformer.transformer.blocks.0.attention.qkv.weight": 1 / 8,
        "latent_transformer.transformer.blocks.3.attention.out.weight": 1 / 8 / 4,
        "latent_transformer.transformer.blocks.3.feed_forward.down.weight": 1 / 8 / 4,
        "latent_transformer.transformer.blocks.3.feed_forward.gate_up.weight": 1 / 8,
        "local_encoder.transformer.blocks.1.attention.out.weight": 1 / 8 / 2,
        "entropy_model.transformer.blocks.0.attention.out.weight": 1 / 8 / 2**0.5,
        "local_decoder.head.weight": 1 / 8,
        "local_encoder.patch_queries.weight": 1 / 8,
    }
    for name, std in expected.items():
        assert names[name].std().item() == pytest.approx(std, rel=0.08), name
    assert not names["local_decoder.mask_embedding.weight"].any()
    assert all((value == 1).all() for name, value in names.items() if "norm" in name)


def test_a_mask_input_of_zeros_is_added_to_a_model():
    """Weights are shared; training or not is kept."""
    model = ByteLatentTransformer(BLTConfig.tiny()).eval()
    told = model.with_mask_conditioning()
    assert told.mask_conditioning
    assert not told.training
    assert told.embedding.bytes.weight.data_ptr() == model.embedding.bytes.weight.data_ptr()
    assert not told.local_decoder.mask_embedding.weight.any()
    assert model.train().with_mask_conditioning().training
