"""Rows times a weight, as fast as the weight's dtype allows.

A CPU without instructions for bfloat16 multiplies it an element at a time: past a few rows it is several
times faster to turn a piece of the weight to float32, multiply by that while it is in the cache, and go on
to the next. Int8 weights have a kernel for few rows (`int8_kernel`), and are turned to float32 for more.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bltgen.model.int8 import Int8Linear
from bltgen.model.int8_kernel import aligned, kernel_for

__all__ = ["Int8Product", "Product", "product_of"]

WIDENED = 4  # rows from which on bfloat16 weights are turned to float32
WIDENED_INT8 = 12  # the same for int8 weights
PIECE = 2**20  # numbers of a weight that are turned to float32 at a time
# Instructions, one of which is enough for a dtype to be multiplied at full speed. With those of AVX-512 for
# bytes and words bfloat16 is turned to float32 within the product.
NATIVE = {
    torch.bfloat16: ("amx_bf16", "avx512_bf16", "avx512_bw", "avx_ne_convert", "bf16"),
    torch.float16: ("amx_fp16", "avx512_fp16", "avx_ne_convert", "fp16_arith"),
}


def _widened(x: Tensor, weight: Tensor) -> Tensor:
    """x [n, in] times weight [out, in], in float32."""
    wide = x.float()
    out = wide.new_empty(x.shape[0], weight.shape[0])
    rows = max(1, PIECE // weight.shape[1])
    for start in range(0, weight.shape[0], rows):
        torch.mm(wide, weight[start : start + rows].float().t(), out=out[:, start : start + rows])
    return out


def _is_native(dtype: torch.dtype) -> bool:
    """Whether torch multiplies the dtype at full speed on this CPU."""
    names = NATIVE.get(dtype)
    if names is None:
        return True
    if hasattr(torch.cpu, "get_capabilities"):
        found = torch.cpu.get_capabilities()
        return any(found.get(name) for name in names)
    return dtype == torch.bfloat16 and torch.backends.cpu.get_cpu_capability() == "AVX512"


class Product:
    """Rows times the weight of an `nn.Linear`."""

    __slots__ = ("_weight", "_widened_from")

    def __init__(self, weight: Tensor) -> None:
        self._weight = weight.detach().t()
        native = weight.device.type != "cpu" or _is_native(weight.dtype)
        self._widened_from: float = float("inf") if native else WIDENED

    def __call__(self, x: Tensor) -> Tensor:
        """x [n, in] -> [n, out]."""
        if x.shape[0] < self._widened_from:
            return torch.mm(x, self._weight)
        return _widened(x, self._weight.t()).to(x.dtype)

    def added(self, base: Tensor, x: Tensor) -> Tensor:
        """base [n, out] and the product of x [n, in]."""
        if x.shape[0] < self._widened_from:
            return torch.addmm(base, x, self._weight)
        return _widened(x, self._weight.t()).add_(base).to(x.dtype)


class Int8Product:
    """Rows times the weight of an `Int8Linear`."""

    __slots__ = ("_kernel", "_scale", "_weight")

    def __init__(self, linear: Int8Linear) -> None:
        self._weight, self._scale = linear.weight, linear.scale
        self._kernel = kernel_for(linear.weight, linear.scale)

    def __call__(self, x: Tensor) -> Tensor:
        """x [n, in] -> [n, out]."""
        if self._kernel is not None and x.shape[0] < WIDENED_INT8:
            return self._kernel(aligned(x), self._weight, self._scale)
        return _widened(x, self._weight).mul_(self._scale).to(x.dtype)

    def added(self, base: Tensor, x: Tensor) -> Tensor:
        """base [n, out] and the product of x [n, in]."""
        return self(x).add_(base)


def product_of(linear: nn.Module) -> Product | Int8Product:
    """What multiplies rows by the weight of an `nn.Linear` or `Int8Linear`."""
    if isinstance(linear, Int8Linear):
        return Int8Product(linear)
    assert isinstance(linear, nn.Linear)
    return Product(linear.weight)
