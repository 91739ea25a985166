"""Attention by parts, as training in bfloat16 takes it on a CPU, beside torch's own."""

from __future__ import annotations

import pytest
import torch

from bltgen.model import attention
from bltgen.model.attention import SelfAttention, _attend, causal_mask, rotary_table
from bltgen.model.config import TransformerConfig
from tests.model.tolerance import assert_close, attention_tolerance


@pytest.mark.parametrize("window", [None, 3, 50])
def test_attention_by_parts_is_the_fused_one(window: int | None) -> None:
    """The same values and gradients in float32, causal, with and without a window."""
    torch.manual_seed(0)
    mask = causal_mask(9, window, torch.device("cpu"))
    results = []
    for fused in (False, True):
        generator = torch.Generator().manual_seed(1)
        q, k, v = (torch.randn(2, 3, 9, 4, generator=generator, requires_grad=True) for _ in range(3))
        if fused:
            out = torch.nn.functional.scaled_dot_product_attention(
                q, k, v, attn_mask=mask, is_causal=mask is None
            )
        else:
            out = _attend(q, k, v, mask)
        (out * torch.arange(out.numel()).view_as(out)).sum().backward()
        results.append((out, q.grad, k.grad, v.grad))
    for number, (one, other) in enumerate(zip(*results, strict=True)):
        assert_close(one, other, attention_tolerance(other, width=4, time=9, gradient=number > 0))


@pytest.mark.parametrize(
    ("dtype", "kv_heads", "device", "gradients", "parts"),
    [
        (torch.bfloat16, 2, "cpu", True, True),
        (torch.bfloat16, 2, "cpu", False, False),
        (torch.float32, 2, "cpu", True, False),
        (torch.bfloat16, 1, "cpu", True, False),
        (torch.bfloat16, 2, "meta", True, False),
    ],
)
def test_the_parts_are_for_gradients_in_bfloat16_on_a_cpu(
    dtype: torch.dtype, kv_heads: int, device: str, gradients: bool, parts: bool, monkeypatch
) -> None:
    """Where heads share no keys; all else is the fused kernel's."""
    made: list[int] = []
    monkeypatch.setattr(
        attention, "_attend", lambda q, k, v, mask: (made.append(1), _attend(q, k, v, mask))[1]
    )
    config = TransformerConfig(16, 1, 2, kv_heads=kv_heads)
    layer = SelfAttention(config).to(dtype=dtype, device=device)
    with torch.set_grad_enabled(gradients):
        x = torch.zeros(1, 3, 16, dtype=dtype, device=device)
        layer(x, rotary_table(config, torch.arange(3, device=device)), None)
    assert bool(made) == parts


@pytest.mark.parametrize("kv_heads", [2, 1])
def test_training_in_bfloat16_is_near_float32(kv_heads: int) -> None:
    """Autocast takes another way through attention: its output is float32's within bfloat16's eight bits."""
    torch.manual_seed(0)
    config = TransformerConfig(16, 1, 2, kv_heads=kv_heads)
    layer, x = SelfAttention(config), torch.randn(2, 11, 16)
    rotary = rotary_table(config, torch.arange(11))
    exact = layer(x, rotary, None).detach()
    with torch.autocast("cpu", torch.bfloat16):
        rounded = layer(x, rotary, None).detach()
    assert rounded.dtype == torch.bfloat16
    # Three products in a row, each rounded to 2^-9 of its size.
    assert float((rounded - exact).abs().max()) < 8 * 2.0**-9 * float(exact.abs().max())
