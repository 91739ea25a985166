"""Attention against sums written out: rotation, masks, heads that share keys, patches and their bytes."""

from __future__ import annotations

import math

import pytest
import torch

from bltgen.model.attention import CrossAttention, SelfAttention, apply_rotary, causal_mask, rotary_table
from bltgen.model.config import TransformerConfig
from bltgen.model.entropy_model import EntropyModel, next_byte_entropy
from bltgen.model.transformer import FeedForward, Transformer, TransformerBlock

close = torch.testing.assert_close


def seeded(module):
    """Weights and norms that matter, in float64."""
    torch.manual_seed(3)
    module = module.double().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.5)
    return module


def test_rotary_angles_are_positions_times_falling_frequencies():
    """theta ** (-2i / head_dim), at any shape of positions."""
    config = TransformerConfig(8, 1, 2, rope_theta=100.0)
    cos, sin = rotary_table(config, torch.tensor([[0, 3]]))
    assert cos.shape == sin.shape == (1, 2, 2)
    for at, position in enumerate((0, 3)):
        for i in range(2):
            angle = position * 100.0 ** (-2 * i / 4)
            assert cos[0, at, i].item() == pytest.approx(math.cos(angle), abs=1e-6)
            assert sin[0, at, i].item() == pytest.approx(math.sin(angle), abs=1e-6)


def test_neighbouring_pairs_are_rotated():
    """As complex numbers are multiplied, in the dtype of what is rotated."""
    config = TransformerConfig(4, 1, 1)
    table = rotary_table(config, torch.arange(3))
    x = torch.randn(2, 1, 3, 4, dtype=torch.float64)
    found = apply_rotary(x, table)
    assert found.dtype == torch.float64
    expected = torch.view_as_complex(x.unflatten(-1, (2, 2))) * torch.complex(*table).to(torch.complex128)
    close(found, torch.view_as_real(expected).flatten(-2), rtol=0, atol=1e-14)


@pytest.mark.parametrize("time", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("window", [None, 1, 3, 4])
def test_a_mask_shows_the_window(time, window):
    """None where plain causality is enough: without a window, or in one that holds all."""
    mask = causal_mask(time, window, torch.device("cpu"))
    if window is None or time <= window:
        assert mask is None
    else:
        assert mask.tolist() == [[0 <= q - k < window for k in range(time)] for q in range(time)]


def attended(q, keys, values):
    """One query at several keys."""
    scores = torch.stack([(q * key).sum() for key in keys]) / math.sqrt(len(q))
    return sum(weight * value for weight, value in zip(scores.softmax(0), values, strict=True))


@pytest.mark.parametrize("window", [None, 2])
@pytest.mark.parametrize("kv_heads", [1, 2, 4])
def test_self_attention_is_that_of_each_head(window, kv_heads):
    """Rotated queries and keys; heads in a row share one key head."""
    config = TransformerConfig(8, 1, 4, kv_heads=kv_heads, window=window)
    layer, time = seeded(SelfAttention(config)), 5
    assert layer.qkv.weight.shape == ((4 + 2 * kv_heads) * 2, 8)
    x = torch.randn(2, time, 8, dtype=torch.float64)
    table = rotary_table(config, torch.arange(time))
    found = layer(x, table, causal_mask(time, window, x.device))
    for batch in range(2):
        parts = (x[batch] @ layer.qkv.weight.T).view(time, -1, 2)
        q = apply_rotary(parts[:, :4].transpose(0, 1)[None], table)[0]
        k = apply_rotary(parts[:, 4 : 4 + kv_heads].transpose(0, 1)[None], table)[0]
        v = parts[:, 4 + kv_heads :].transpose(0, 1)
        for at in range(time):
            low = 0 if window is None else max(0, at - window + 1)
            heads = [
                attended(
                    q[head, at], k[head * kv_heads // 4, low : at + 1], v[head * kv_heads // 4, low : at + 1]
                )
                for head in range(4)
            ]
            close(found[batch, at], layer.out.weight @ torch.cat(heads))


def test_patches_attend_to_their_own_bytes():
    """Each query of a patch, each head; a patch without bytes gets nothing."""
    layer, k = seeded(CrossAttention(6, 2, 1e-5)), 2
    queries = torch.randn(2, 3, k, 6, dtype=torch.float64)
    source = torch.randn(2, 5, 6, dtype=torch.float64)
    segments = torch.tensor([[0, 0, 1, 1, 1], [0, 2, 2, 2, 0]])
    found = layer.attend_segments(queries, source, segments)
    keys_values = layer.key_norm(source) @ layer.key_value.weight.T
    close(layer.project_keys_values(source), keys_values)
    asked = layer.query_norm(queries) @ layer.query.weight.T
    close(layer.project_queries(queries), asked)
    for batch in range(2):
        for patch in range(3):
            own = [at for at in range(5) if segments[batch, at] == patch]
            for query in range(k):
                if not own:
                    assert not found[batch, patch, query].any()
                    continue
                heads = [
                    attended(
                        asked[batch, patch, query, 3 * head : 3 * head + 3],
                        keys_values[batch, own, 3 * head : 3 * head + 3],
                        keys_values[batch, own, 6 + 3 * head : 9 + 3 * head],
                    )
                    for head in range(2)
                ]
                close(found[batch, patch, query], layer.out.weight @ torch.cat(heads))


def test_bytes_attend_to_the_latents_of_one_patch():
    """Each head, over the k of them."""
    layer, k = seeded(CrossAttention(6, 2, 1e-5)), 3
    x = torch.randn(2, 4, 6, dtype=torch.float64)
    held = torch.randn(2, 4, k, 12, dtype=torch.float64)
    found = layer.attend_latents(x, held)
    asked = layer.query_norm(x) @ layer.query.weight.T
    for batch in range(2):
        for at in range(4):
            heads = [
                attended(
                    asked[batch, at, 3 * head : 3 * head + 3],
                    held[batch, at, :, 3 * head : 3 * head + 3],
                    held[batch, at, :, 6 + 3 * head : 9 + 3 * head],
                )
                for head in range(2)
            ]
            close(found[batch, at], layer.out.weight @ torch.cat(heads))


def test_a_feed_forward_is_gated():
    """down(silu(gate) * up), gate first."""
    layer = seeded(FeedForward(TransformerConfig(4, 1, 1, ffn_dim=3)))
    x = torch.randn(2, 4, dtype=torch.float64)
    gate, up = x @ layer.gate_up.weight[:3].T, x @ layer.gate_up.weight[3:].T
    close(layer(x), (gate * gate.sigmoid() * up) @ layer.down.weight.T)


def rms(x, norm):
    """RMSNorm, written out."""
    return x / (x.pow(2).mean(-1, keepdim=True) + norm.eps).sqrt() * norm.weight


@pytest.mark.parametrize("window", [None, 2])
def test_a_stack_adds_what_each_block_finds(window):
    """Normalised before, added after; no block changes nothing."""
    config = TransformerConfig(4, 2, 2, ffn_dim=6, window=window, norm_eps=1e-2)
    stack = seeded(Transformer(config))
    x = torch.randn(1, 4, 4, dtype=torch.float64)
    rotary, mask = stack.context(4, x.device)
    assert (mask is None) == (window is None)
    expected = x
    for block in stack.blocks:
        expected = expected + block.attention(rms(expected, block.attention_norm), rotary, mask)
        expected = expected + block.feed_forward(rms(expected, block.feed_forward_norm))
    close(stack(x), expected)
    close(TransformerBlock.forward(stack.blocks[0], x, rotary, mask), stack.blocks[0](x, rotary, mask))
    assert Transformer(TransformerConfig(4, 0, 2))(x) is x


def test_the_entropy_is_that_of_the_distribution():
    """In nats and float32; of one outcome none, of n equal ones log n."""
    logits = torch.tensor([[0.0, 0.0], [100.0, 0.0], [0.0, math.log(3)]], dtype=torch.float64)
    found = next_byte_entropy(logits)
    assert found.dtype == torch.float32
    assert found.tolist() == pytest.approx(
        [math.log(2), 0.0, 0.25 * math.log(4) + 0.75 * math.log(4 / 3)], abs=1e-6
    )


def test_an_entropy_model_is_embedding_stack_norm_and_head():
    """Logits of the id after each position."""
    model = seeded(EntropyModel(TransformerConfig(4, 1, 2, ffn_dim=6), 9))
    ids = torch.tensor([[1, 5, 8]])
    states = model.transformer(model.embedding.weight[ids])
    close(model(ids), rms(states, model.norm) @ model.head.weight.T)
    assert EntropyModel(TransformerConfig(4, 0, 2)).head.weight.shape == (260, 4)
