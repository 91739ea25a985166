"""Matrices kept as int8 with one scale a row: half the memory of bfloat16, and as much less to read a step.

Weight-only: activations stay as they are, and each row of a weight is `scale * int8`, rounded to the
nearest, so that every number of it is off by at most half a step: 1/254 of its row's largest.

>>> linear = Int8Linear.of(torch.tensor([[1.0, -0.5], [0.25, 0.1]]))
>>> linear.weight.tolist()
[[127, -64], [127, 51]]
>>> (linear(torch.eye(2)).T - torch.tensor([[1.0, -0.5], [0.25, 0.1]])).abs().max().item() < 1 / 254
True
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Int8Linear", "quantised"]


def quantised(weight: Tensor) -> tuple[Tensor, Tensor]:
    """weight [out, in] as int8 [out, in] and scales [out] of the weight's dtype."""
    weight = weight.detach()
    scale = (weight.abs().amax(dim=1).float() / 127).clamp_min(torch.finfo(torch.float32).tiny)
    kept = scale.to(weight.dtype)
    divisor = kept.float()[:, None].clamp_min(torch.finfo(torch.float32).tiny)
    rounded = (weight.float() / divisor).round_().clamp_(-127, 127)
    return rounded.to(torch.int8), kept


class Int8Linear(nn.Module):
    """An `nn.Linear` without bias whose weight is `scale[:, None] * weight`. Not for training."""

    def __init__(self, weight: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.weight: Tensor
        self.scale: Tensor
        self.register_buffer("weight", weight)
        self.register_buffer("scale", scale)

    @classmethod
    def of(cls, weight: Tensor) -> Int8Linear:
        """The nearest to a weight [out, in]."""
        return cls(*quantised(weight))

    def forward(self, x: Tensor) -> Tensor:
        """x [..., in] -> [..., out]."""
        return x @ (self.weight.to(self.scale.dtype) * self.scale[:, None]).t()
