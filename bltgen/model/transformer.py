"""The block that all four stacks share: RMSNorm, self-attention, RMSNorm, SwiGLU, each with a residual."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bltgen.model.attention import SelfAttention, causal_mask, rotary_table
from bltgen.model.config import TransformerConfig

__all__ = ["FeedForward", "Transformer", "TransformerBlock"]


class FeedForward(nn.Module):
    """SwiGLU (arXiv:2002.05202): down(silu(gate(x)) * up(x)), gate and up in one matrix."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.gate_up = nn.Linear(config.dim, 2 * config.feed_forward_dim, bias=False)
        self.down = nn.Linear(config.feed_forward_dim, config.dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x [..., dim] -> [..., dim]."""
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        out: Tensor = self.down(F.silu(gate) * up)
        return out


class TransformerBlock(nn.Module):
    """One pre-norm block."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(config.dim, eps=config.norm_eps)
        self.attention = SelfAttention(config)
        self.feed_forward_norm = nn.RMSNorm(config.dim, eps=config.norm_eps)
        self.feed_forward = FeedForward(config)

    def forward(self, x: Tensor, rotary: tuple[Tensor, Tensor], mask: Tensor | None) -> Tensor:
        """x [batch, time, dim] -> [batch, time, dim]."""
        x = x + self.attention(self.attention_norm(x), rotary, mask)
        out: Tensor = x + self.feed_forward(self.feed_forward_norm(x))
        return out


class Transformer(nn.Module):
    """A stack of blocks over positions 0..time-1, without embedding or head."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.blocks = nn.ModuleList(TransformerBlock(config) for _ in range(config.layers))

    def context(self, time: int, device: torch.device) -> tuple[tuple[Tensor, Tensor], Tensor | None]:
        """Rotary table and attention mask for a whole sequence of `time` positions."""
        rotary = rotary_table(self.config, torch.arange(time, device=device))
        return rotary, causal_mask(time, self.config.window, device)

    def forward(self, x: Tensor) -> Tensor:
        """x [batch, time, dim] -> [batch, time, dim]."""
        rotary, mask = self.context(x.shape[1], x.device)
        for block in self.blocks:
            x = block(x, rotary, mask)
        return x
