"""Memory that must not be read: a process that does is ended by a signal."""

from __future__ import annotations

import ctypes
import mmap

import torch
from torch import Tensor

from bltgen.model.int8_kernel import NAME

__all__ = ["before_a_wall", "read_before_walls"]


def before_a_wall(values: Tensor) -> Tensor:
    """A copy whose last byte is followed by memory that must not be read."""
    size = values.numel() * values.element_size()
    pages = -(-size // mmap.PAGESIZE)
    memory = mmap.mmap(-1, (pages + 1) * mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    assert protect(address + pages * mmap.PAGESIZE, mmap.PAGESIZE, 0) == 0
    place = torch.frombuffer(
        memory, dtype=values.dtype, count=values.numel(), offset=pages * mmap.PAGESIZE - size
    )
    return place.view(values.shape).copy_(values)


def read_before_walls(inner: int, outer: int, rows: int) -> None:
    """The kernel, where nothing past the end of weights, scales or rows can be read."""
    weight = before_a_wall(torch.ones(outer, inner, dtype=torch.int8))
    scale = before_a_wall(torch.ones(outer, dtype=torch.bfloat16))
    x = before_a_wall(torch.ones(rows, inner, dtype=torch.bfloat16))
    assert torch.equal(getattr(torch, NAME)(x, weight, scale), torch.full((rows, outer), inner).bfloat16())
