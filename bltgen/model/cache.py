"""What one level of a Byte Latent Transformer remembers of each row: planes of vectors, one slot a position.

A `RowCache` holds, for several independent rows, the newest positions of some planes (keys and
values of every layer, byte states ...). All planes of a level share their slots, so that a step
works them out once. Appending takes amortised constant time; rolling back moves a number.

Invariants:
- position p of row r lies in slot `p - first[r]`; slots `0 .. length[r] - first[r]` are valid;
- `first[r]` only passes a position when `oldest(r)` says that nothing will ask for it any more,
  so a level whose window is W needs memory for at most about 1.25 * (W + what is kept to roll back);
- the `ahead[r]` positions from `length[r]` on may hold what was computed before its bytes were settled;
- a slot that was never written holds zeros, never NaN, since masked attention still reads it;
- `arrays[plane][layer]` is the same memory for NumPy, where it can be: float32 on a CPU.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["PlaneShape", "RowCache", "Span"]


@dataclass(frozen=True)
class PlaneShape:
    """At every position, in each of `layers` layers, `groups` vectors (heads) of `width` numbers."""

    layers: int
    groups: int
    width: int
    dtype: torch.dtype


class Span:
    """The new positions of one step: `counts[i]` of them in row `rows[i]`, packed row after row.

    `begins[i]`, `positions[i]`: slot and position of the first new one in row i.
    """

    __slots__ = (
        "_capacity",
        "_device",
        "_slots",
        "begins",
        "counts",
        "positions",
        "reaches",
        "rows",
        "single",
        "steps",
        "total",
    )

    def __init__(
        self,
        rows: Sequence[int],
        counts: Sequence[int],
        positions: Sequence[int],
        begins: Sequence[int],
        capacity: int,
        device: torch.device,
    ) -> None:
        self.rows = rows
        self.counts = counts
        self.positions = positions
        self.begins = begins
        self.total = sum(counts)
        self.single = len(rows) == 1
        self.steps = self.total == len(rows)  # one position in every row
        self._capacity = capacity
        self._device = device
        self._slots: dict[int, Tensor] = {}
        self.reaches: dict[int | None, Any] = {}  # by window: the slots that the new positions see

    @property
    def ends(self) -> NDArray[np.intp]:
        """Which of the new positions are the last of their rows."""
        return np.cumsum(self.counts) - 1

    def slots(self, groups: int) -> Tensor:
        """int64 [total * groups]: where their vectors lie in a plane flattened by `RowCache.flat`."""
        known = self._slots.get(groups)
        if known is None:
            size = self._capacity
            flat = [row * groups * size + begin for row, begin in zip(self.rows, self.begins, strict=True)]
            known = torch.tensor(ranges(flat, self.counts), device=self._device)
            known = (known[:, None] + torch.arange(groups, device=self._device) * size).flatten()
            self._slots[groups] = known
        return known


def ranges(starts: Sequence[int], counts: Sequence[int]) -> list[int]:
    """`counts[i]` numbers from `starts[i]`, one run after the other.

    >>> ranges([5, 0], [2, 1])
    [5, 6, 0]
    """
    return [start + i for start, count in zip(starts, counts, strict=True) for i in range(count)]


def _zeros(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """On a CPU, pages of memory that the system clears when they are first touched, not before."""
    size = math.prod(shape) * dtype.itemsize
    if device.type != "cpu" or size == 0:
        return torch.zeros(shape, dtype=dtype, device=device)
    cleared = np.zeros(size, dtype=np.uint8)
    return torch.from_numpy(cleared).view(dtype).view(shape)


class RowCache:
    """Planes [rows, groups, capacity, width] by layer. Rows grow, shrink and move."""

    def __init__(
        self, shapes: Sequence[PlaneShape], rows: int, oldest: Callable[[int], int], device: torch.device
    ) -> None:
        """`oldest(row)`: the lowest position of the row that may still be read."""
        self.shapes = tuple(shapes)
        self.device = device
        self.oldest = oldest
        self.capacity = 0
        self.first = [0] * rows
        self.length = [0] * rows
        self.ahead = [0] * rows
        self.planes: list[list[Tensor]] = []
        self.arrays: list[list[NDArray[np.float32]]] = []
        self._allocate(rows, 16)

    def _allocate(self, rows: int, capacity: int) -> None:
        self.capacity = capacity
        self.planes = [
            list(_zeros((s.layers, rows, s.groups, capacity, s.width), s.dtype, self.device).unbind())
            for s in self.shapes
        ]
        on_host = self.device.type == "cpu"
        self.arrays = [
            [layer.numpy() for layer in plane] if on_host and shape.dtype == torch.float32 else []
            for shape, plane in zip(self.shapes, self.planes, strict=True)
        ]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.first)

    @property
    def nbytes(self) -> int:
        """Bytes of memory in all planes."""
        return sum(layer.nbytes for plane in self.planes for layer in plane)

    def reserve(self, rows: Sequence[int], counts: Sequence[int]) -> Span:
        """Append `counts[i]` positions, not yet written, to row `rows[i]`."""
        self._ensure(rows, counts)
        length = self.length
        positions = [length[row] for row in rows]
        for row, count in zip(rows, counts, strict=True):
            length[row] += count
            self.ahead[row] = 0
        return self.span(rows, counts, positions)

    def reserve_ahead(self, rows: Sequence[int], counts: Sequence[int]) -> Span:
        """`counts[i]` more positions ahead of row `rows[i]`, which does not grow by them."""
        self._ensure(rows, [self.ahead[row] + count for row, count in zip(rows, counts, strict=True)])
        positions = [self.length[row] + self.ahead[row] for row in rows]
        for row, count in zip(rows, counts, strict=True):
            self.ahead[row] += count
        return self.span(rows, counts, positions)

    def span(self, rows: Sequence[int], counts: Sequence[int], positions: Sequence[int]) -> Span:
        """Positions for which there is room: `counts[i]` from `positions[i]` on in row `rows[i]`."""
        begins = [position - self.first[row] for row, position in zip(rows, positions, strict=True)]
        return Span(rows, counts, positions, begins, self.capacity, self.device)

    def _ensure(self, rows: Sequence[int], counts: Sequence[int]) -> None:
        """Room for `counts[i]` positions from the length of row `rows[i]` on."""
        first, length, capacity = self.first, self.length, self.capacity
        for row, count in zip(rows, counts, strict=True):
            if length[row] - first[row] + count > capacity:
                self._make_room(rows, counts)
                return

    def _make_room(self, rows: Sequence[int], counts: Sequence[int]) -> None:
        oldest = [max(self.first[row], self.oldest(row)) for row in rows]
        needed = max(self.length[r] - o + c for r, o, c in zip(rows, oldest, counts, strict=True))
        comfortable = needed + max(16, needed // 4)
        if comfortable <= self.capacity:
            for row, start, count in zip(rows, oldest, counts, strict=True):
                if self.length[row] - self.first[row] + count > self.capacity:
                    self._drop_before(row, start)
            return
        self._grow(comfortable)

    def _grow(self, capacity: int) -> None:
        """Room for at least `capacity` slots a row; what nothing will ask for is left behind."""
        old = self.planes
        before = list(self.first)
        self._allocate(self.rows, max(capacity, self.capacity))
        for row in range(self.rows):
            start = max(before[row], self.oldest(row)) if self.length[row] else 0
            self.first[row] = start
            end = self.length[row] + self.ahead[row]
            source = slice(start - before[row], end - before[row])
            for new_plane, old_plane in zip(self.planes, old, strict=True):
                for new_layer, old_layer in zip(new_plane, old_plane, strict=True):
                    new_layer[row, :, : end - start] = old_layer[row, :, source]

    def _drop_before(self, row: int, start: int) -> None:
        end = self.length[row] + self.ahead[row]
        source = slice(start - self.first[row], end - self.first[row])
        for plane in self.planes:
            for layer in plane:
                layer[row, :, : end - start] = layer[row, :, source].clone()
        self.first[row] = start

    def write(self, plane: int, layer: int, span: Span, values: Tensor) -> None:
        """Store values [span.total, groups, width] at the new positions."""
        target = self.planes[plane][layer]
        if not span.single:
            groups, width = target.shape[1], target.shape[3]
            target.view(-1, width).index_copy_(0, span.slots(groups), values.reshape(-1, width))
        else:
            place = target.select(0, span.rows[0]).narrow(1, span.begins[0], span.total)
            place.copy_(values.transpose(0, 1))

    def read(self, plane: int, layer: int, row: int, start: int, stop: int) -> Tensor:
        """A view [stop - start, width] of positions start..stop-1 of a row, in a plane of one group."""
        return self.planes[plane][layer][row, 0].narrow(0, start - self.first[row], stop - start)

    def flat(self, plane: int, layer: int) -> Tensor:
        """A view [rows * groups * capacity, width]."""
        whole = self.planes[plane][layer]
        return whole.view(-1, whole.shape[-1])

    def truncate(self, row: int, length: int) -> None:
        """Forget the positions from `length` on."""
        self.length[row] = length
        self.ahead[row] = 0
        self.first[row] = min(self.first[row], length)

    def replace(self, row: int, other: RowCache, other_row: int) -> None:
        """The row becomes a copy of a row of another cache of the same shapes."""
        held = other.length[other_row] + other.ahead[other_row] - other.first[other_row]
        self.first[row] = self.length[row] = self.ahead[row] = 0
        if held + 16 > self.capacity:
            self._grow(held + max(16, held // 4))
        for plane, source in zip(self.planes, other.planes, strict=True):
            for layer, other_layer in zip(plane, source, strict=True):
                layer[row, :, :held] = other_layer[other_row, :, :held]
        self.first[row], self.length[row] = other.first[other_row], other.length[other_row]
        self.ahead[row] = other.ahead[other_row]

    def join(self, parts: Sequence[tuple[RowCache, Sequence[int]]], oldest: Callable[[int], int]) -> RowCache:
        """A new cache of copies of the given rows of the given caches, one after the other."""
        rows = sum(len(chosen) for _, chosen in parts)
        joined = RowCache(self.shapes, 0, oldest, self.device)
        joined.first = [part.first[row] for part, chosen in parts for row in chosen]
        joined.length = [part.length[row] for part, chosen in parts for row in chosen]
        joined.ahead = [part.ahead[row] for part, chosen in parts for row in chosen]
        bounds = zip(joined.first, joined.length, joined.ahead, strict=True)
        held = max((length + ahead - first for first, length, ahead in bounds), default=0)
        joined._allocate(rows, held + max(16, held // 4))
        at = 0
        for part, chosen in parts:
            if not chosen:
                continue
            index = torch.tensor(chosen, device=self.device)
            used = max(part.length[row] + part.ahead[row] - part.first[row] for row in chosen)
            for new_plane, old_plane in zip(joined.planes, part.planes, strict=True):
                for new_layer, old_layer in zip(new_plane, old_plane, strict=True):
                    held_slots = old_layer[:, :, :used].index_select(0, index)
                    new_layer[at : at + len(chosen), :, :used] = held_slots
            at += len(chosen)
        return joined
