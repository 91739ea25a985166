"""Self-attention with rotary positions, and cross-attention between bytes and patches.

Axis names used in this package: batch (independent sequences), time (bytes, BOS included),
patches, k (latents or queries of one patch), heads, dim.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bltgen.model.config import TransformerConfig

__all__ = ["CrossAttention", "SelfAttention", "apply_rotary", "causal_mask", "rotary_table"]


def rotary_table(config: TransformerConfig, positions: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines [*positions.shape, head_dim/2] of the rotary angles (RoFormer, arXiv:2104.09864)."""
    half = torch.arange(0, config.dim_per_head, 2, dtype=torch.float32, device=positions.device)
    frequencies = 1.0 / config.rope_theta ** (half / config.dim_per_head)
    angles = positions[..., None].to(torch.float32) * frequencies
    return angles.cos(), angles.sin()


def apply_rotary(x: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
    """Rotate interleaved pairs (2i, 2i+1): x [batch, heads, time, head_dim].

    The table is [time, head_dim/2], or [batch, 1, time, head_dim/2] where rows stand at different positions.
    """
    exact = x if x.dtype == torch.float64 else x.float()
    cos, sin = (factor.to(exact.dtype) for factor in rotary)
    # As complex numbers a pair is read and written once: three times as fast as taking even and odd apart.
    pairs = torch.view_as_complex(exact.view(*exact.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * torch.complex(cos, sin)).flatten(-2).to(x.dtype)


def causal_mask(time: int, window: int | None, device: torch.device) -> Tensor | None:
    """bool [time, time], True where a query (row) sees a key; None where plain causality is enough."""
    if window is None or time <= window:
        return None
    offset = torch.arange(time, device=device)
    distance = offset[:, None] - offset[None, :]
    return (distance >= 0) & (distance < window)


def _attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """Scaled dot-product attention part by part, the softmax in float32; `mask` as `causal_mask` gives it."""
    time = q.shape[-2]
    seen = torch.ones(time, time, dtype=torch.bool, device=q.device).tril() if mask is None else mask
    scores = (q @ k.transpose(-1, -2)).float() * q.shape[-1] ** -0.5
    attended: Tensor = scores.masked_fill(~seen, float("-inf")).softmax(-1).to(v.dtype) @ v
    return attended


class SelfAttention(nn.Module):
    """Causal multi-head attention with grouped keys and values, optionally in a sliding window."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        head = config.dim_per_head
        self.qkv = nn.Linear(config.dim, (config.heads + 2 * config.n_kv_heads) * head, bias=False)
        self.out = nn.Linear(config.heads * head, config.dim, bias=False)

    def project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Unrotated queries, keys, values of x [batch, time, dim], each [batch, heads, time, head_dim]."""
        config = self.config
        batch, time, _ = x.shape
        qkv = self.qkv(x).view(batch, time, -1, config.dim_per_head).transpose(1, 2)
        q, k, v = qkv.split([config.heads, config.n_kv_heads, config.n_kv_heads], dim=1)
        return q, k, v

    def forward(self, x: Tensor, rotary: tuple[Tensor, Tensor], mask: Tensor | None) -> Tensor:
        """x [batch, time, dim] -> [batch, time, dim]; `mask` as `causal_mask` gives it."""
        q, k, v = self.project(x)
        q, k = apply_rotary(q, rotary), apply_rotary(k, rotary)
        grouped = self.config.heads != self.config.n_kv_heads
        # For gradients in bfloat16 the fused kernel for CPUs takes half as long again as its parts.
        if q.requires_grad and q.dtype == torch.bfloat16 and q.device.type == "cpu" and not grouped:
            attended = _attend(q, k, v, mask)
        else:
            attended = F.scaled_dot_product_attention(
                q, k, v, attn_mask=mask, is_causal=mask is None, enable_gqa=grouped
            )
        out: Tensor = self.out(attended.transpose(1, 2).flatten(2))
        return out


class CrossAttention(nn.Module):
    """Pre-norm cross-attention without positions; the caller adds the residual.

    Queries and keys are normalised by RMSNorm over the whole width, then projected.
    """

    def __init__(self, dim: int, heads: int, norm_eps: float) -> None:
        super().__init__()
        self.heads = heads
        self.query_norm = nn.RMSNorm(dim, eps=norm_eps)
        self.key_norm = nn.RMSNorm(dim, eps=norm_eps)
        self.query = nn.Linear(dim, dim, bias=False)
        self.key_value = nn.Linear(dim, 2 * dim, bias=False)
        self.out = nn.Linear(dim, dim, bias=False)

    def project_keys_values(self, source: Tensor) -> Tensor:
        """source [..., dim] -> keys and values side by side [..., 2 * dim]."""
        projected: Tensor = self.key_value(self.key_norm(source))
        return projected

    def project_queries(self, x: Tensor) -> Tensor:
        """x [..., dim] -> queries [..., dim]."""
        projected: Tensor = self.query(self.query_norm(x))
        return projected

    def attend_segments(self, queries: Tensor, source: Tensor, segments: Tensor) -> Tensor:
        """Patches look at their bytes, where every byte belongs to one patch: linear in bytes.

        queries [batch, patches, k, dim], source [batch, time, dim], segments int64 [batch, time] (the patch
        of each byte) -> [batch, patches, k, dim]. The softmax of each patch is taken by scatter, so no
        [patches, time] table is made. A patch without bytes attends to nothing.
        """
        batch, patches, queries_per_patch, dim = queries.shape
        time, heads = source.shape[1], self.heads
        q = self.project_queries(queries).view(batch, patches, -1)
        k, v = self.project_keys_values(source).view(batch, time, 2, 1, heads, -1).unbind(dim=2)
        own = q.gather(1, segments[..., None].expand(-1, -1, q.shape[-1]))
        own = own.view(batch, time, queries_per_patch, heads, -1)
        scores = (own * k).sum(-1).flatten(2).float() * (dim // heads) ** -0.5  # [batch, time, k * heads]
        index = segments[..., None].expand_as(scores)
        lowest = scores.new_full((batch, patches, scores.shape[-1]), float("-inf"))
        highest = lowest.scatter_reduce(1, index, scores.detach(), "amax")
        weights = (scores - highest.gather(1, index)).exp()
        totals = torch.zeros_like(lowest).scatter_add(1, index, weights)
        weights = (weights / totals.gather(1, index)).view(batch, time, queries_per_patch, heads, 1)
        weighted = (weights.to(v.dtype) * v).reshape(batch, time, -1)
        index = segments[..., None].expand_as(weighted)
        attended = weighted.new_zeros(batch, patches, weighted.shape[-1]).scatter_add(1, index, weighted)
        out: Tensor = self.out(attended.view(batch, patches, queries_per_patch, dim))
        return out

    def attend_latents(self, x: Tensor, key_value: Tensor) -> Tensor:
        """Bytes look at the k latents of one patch each.

        x [batch, time, dim], key_value [batch, time, k, 2 * dim] -> [batch, time, dim].
        """
        batch, time, dim = x.shape
        k, v = key_value.view(batch, time, key_value.shape[2], 2, self.heads, -1).unbind(dim=3)
        q = self.project_queries(x).view(batch, time, 1, self.heads, -1)
        scores = (q * k).sum(-1) * (dim // self.heads) ** -0.5  # [batch, time, k, heads]
        attended = (scores.softmax(dim=2).unsqueeze(-1) * v).sum(dim=2).reshape(batch, time, dim)
        out: Tensor = self.out(attended)
        return out
