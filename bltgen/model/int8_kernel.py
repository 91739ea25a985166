"""Torch's kernel for a few rows in bfloat16 times int8 weights: twice as fast as anything public.

It is a private operator, so nothing about it is promised, and it checks nothing: with vectors of 16
numbers it reads past the end of rows that are no multiple of 16, and crashes on memory that is not
aligned. `kernel_for` gives it only for weights that it reads right, `aligned` rows, and only where it has
computed in this process what the plain product computes, beside memory that a read past the end
would show. Everywhere else the answer is None, and weights are turned to float32.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

__all__ = ["Kernel", "aligned", "kernel_for", "trusted"]

Kernel: TypeAlias = "Callable[[Tensor, Tensor, Tensor], Tensor]"
"""x [n, in] bfloat16, weight [out, in] int8, scale [out] bfloat16 -> [n, out] bfloat16."""

NAME = "_weight_int8pack_mm"
INNER = 16  # numbers that it may read at once, of a row
OUTER = 4  # scales that it may read at once
ALIGNMENT = 64  # bytes, that of memory which torch allocates
INDEX = 2**31  # it counts numbers in 32 bits
BEHIND = 256  # numbers that are put behind what it is tried on, more than any instruction reads


def kernel_for(weight: Tensor, scale: Tensor) -> Kernel | None:
    """The kernel for these weights, or None where it is not known to be right."""
    fits = (
        weight.device.type == "cpu"
        and (weight.dtype, scale.dtype) == (torch.int8, torch.bfloat16)
        and weight.is_contiguous()
        and scale.is_contiguous()
        and weight.shape[1] % INNER == 0
        and weight.shape[0] % OUTER == 0
        and 0 < weight.numel() < INDEX
        and weight.data_ptr() % ALIGNMENT == 0
    )
    return getattr(torch, NAME) if fits and trusted() else None


def aligned(x: Tensor) -> Tensor:
    """Rows as the kernel may read them: the same ones where they lie right already."""
    x = x.contiguous()
    return x if x.data_ptr() % ALIGNMENT == 0 else x.clone()


@functools.cache
def trusted() -> bool:
    """Whether the kernel of this torch on this CPU gives the plain product. Asked once a process."""
    kernel = getattr(torch, NAME, None)
    try:
        with torch.inference_mode():
            return kernel is not None and all(
                _agrees(kernel, rows, inner, outer)
                for rows in (1, 2, 3, 4, 5, 11)
                for inner, outer in ((16, 4), (48, 12), (64, 8), (80, 20))
            )
    except (RuntimeError, TypeError, NotImplementedError):
        return False  # another signature, or no kernel for this CPU


def _agrees(kernel: Kernel, rows: int, inner: int, outer: int) -> bool:
    """On numbers without meaning, followed by memory that makes a product wrong which takes it in."""
    x = _followed(_numbers(rows * inner), float("nan"), torch.bfloat16).view(rows, inner)
    weight = _followed(127 * _numbers(outer * inner), 127, torch.int8).view(outer, inner)
    scale = _followed(_numbers(outer), float("nan"), torch.bfloat16)
    terms = x.double()[:, None] * (weight.double() * scale.double()[:, None])
    exact, size = terms.sum(2), terms.abs().sum(2)
    # Each of the terms and sums is rounded in float32, the result in bfloat16.
    room = size * math.sqrt(inner) * torch.finfo(torch.float32).eps
    room += exact.abs() * torch.finfo(torch.bfloat16).eps
    return bool(((kernel(x, weight, scale).double() - exact).abs() <= room).all())


def _numbers(count: int) -> Tensor:
    """From -1 to 1, of both signs."""
    return torch.sin(torch.arange(1.0, count + 1))


def _followed(values: Tensor, after: float, dtype: torch.dtype) -> Tensor:
    """The values, with room behind them that belongs to the same allocation."""
    room = torch.full((values.numel() + BEHIND,), after, dtype=dtype)
    room[: values.numel()] = values.to(dtype)
    return room[: values.numel()]
