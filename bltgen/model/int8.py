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

__all__ = ["Int8Linear", "Int8Product", "Product", "product_of", "quantised"]

FEW = 32  # rows up to which torch's own product beats one with the weight put back together


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


class Product:
    """Rows times a weight."""

    __slots__ = ("_weight",)

    def __init__(self, weight: Tensor) -> None:
        self._weight = weight.detach().t()

    def __call__(self, x: Tensor) -> Tensor:
        """x [n, in] -> [n, out]."""
        return torch.mm(x, self._weight)

    def added(self, base: Tensor, x: Tensor) -> Tensor:
        """base [n, out] and the product of x [n, in]."""
        return torch.addmm(base, x, self._weight)


class Int8Product:
    """Rows times the weight of an `Int8Linear`, by torch's own kernel where it has a fast one."""

    __slots__ = ("_kernel", "_scale", "_weight")

    def __init__(self, linear: Int8Linear) -> None:
        self._weight, self._scale = linear.weight, linear.scale
        kernel = getattr(torch, "_weight_int8pack_mm", None)  # fast in bfloat16 on a CPU
        fast = linear.weight.device.type == "cpu" and linear.scale.dtype == torch.bfloat16
        self._kernel = kernel if fast else None

    def __call__(self, x: Tensor) -> Tensor:
        """x [n, in] -> [n, out]."""
        if self._kernel is not None and x.shape[0] <= FEW:
            product: Tensor = self._kernel(x.contiguous(), self._weight, self._scale)
            return product
        return torch.mm(x, (self._weight.to(x.dtype) * self._scale[:, None]).t())

    def added(self, base: Tensor, x: Tensor) -> Tensor:
        """base [n, out] and the product of x [n, in]."""
        return self(x).add_(base)


def product_of(linear: nn.Module) -> Product | Int8Product:
    """What multiplies rows by the weight of an `nn.Linear` or `Int8Linear`."""
    if isinstance(linear, Int8Linear):
        return Int8Product(linear)
    assert isinstance(linear, nn.Linear)
    return Product(linear.weight)
