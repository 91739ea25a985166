"""Sets of bytes as 256-bit integers.

A `ByteSet` is an immutable set of bytes whose whole content is one integer: bit b is set where byte b
belongs to it. Union, intersection and difference are then one machine-friendly operation each, and a
mask for a decoder is a view of the integer's 32 bytes.

Invariants:
- Equal sets are the same object as long as the table of sets holds them, so `mask()` is built once a set.
- `mask()` is read-only; copy it before writing.

>>> digits = ByteSet.range(ord("0"), ord("9"))
>>> ord("7") in digits, len(digits), bytes(digits & ByteSet.of(b"x42"))
(True, 10, b'24')
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

__all__ = ["ALL", "ALL_BITS", "EMPTY", "ByteSet", "bits_of", "lowest_byte", "partition"]

ALL_BITS = (1 << 256) - 1

_TABLE: dict[int, ByteSet] = {}
_TABLE_SIZE = 10_000
"""So many sets are held before the table is emptied; automata rarely have more than some hundreds."""


def bits_of(bits: int) -> Iterator[int]:
    """The positions of the set bits of `bits`, ascending."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def lowest_byte(bits: int) -> int:
    """The least byte of a non-empty set given as bits."""
    return (bits & -bits).bit_length() - 1


def partition(sets: Iterable[int]) -> list[int]:
    """The coarsest partition of all 256 bytes that refines every set (each given as bits).

    >>> [bytes(bits_of(b)) for b in partition([0b1100, 0b0110])][:3]
    [b'\\x02', b'\\x03', b'\\x01']
    """
    cells = [ALL_BITS]
    for bits in sets:
        refined = []
        for cell in cells:
            common = cell & bits
            if common and common != cell:
                refined += [common, cell ^ common]
            else:
                refined.append(cell)
        cells = refined
    return cells


class ByteSet:
    """An immutable set of bytes. `bits` has bit b set where byte b is in the set; 0 <= bits < 2**256."""

    __slots__ = ("_mask", "bits")

    bits: int
    _mask: npt.NDArray[np.bool_] | None

    def __new__(cls, bits: int = 0) -> ByteSet:
        found = _TABLE.get(bits)
        if found is not None:
            return found
        if not 0 <= bits <= ALL_BITS:
            raise ValueError(f"a ByteSet needs 0 <= bits < 2**256, not {bits}")
        made = object.__new__(cls)
        object.__setattr__(made, "bits", bits)
        object.__setattr__(made, "_mask", None)
        if len(_TABLE) >= _TABLE_SIZE:
            _TABLE.clear()
        _TABLE[bits] = made
        return made

    @staticmethod
    def of(members: Iterable[int]) -> ByteSet:
        """The set of these bytes: integers 0..255, or a bytes object.

        >>> bytes(ByteSet.of(b"banana"))
        b'abn'
        """
        bits = 0
        for byte in members:
            if not 0 <= byte <= 255:
                raise ValueError(f"a byte is an integer from 0 to 255, not {byte}")
            bits |= 1 << byte
        return ByteSet(bits)

    @staticmethod
    def range(low: int, high: int) -> ByteSet:
        """The bytes from `low` to `high`, both included."""
        if not 0 <= low <= high <= 255:
            raise ValueError(f"a byte range needs 0 <= low <= high <= 255, not {low}..{high}")
        return ByteSet((2 << high) - (1 << low))

    def mask(self) -> npt.NDArray[np.bool_]:
        """Bool[256], read-only, made once: element b is True where byte b is in the set."""
        if self._mask is None:
            packed = np.frombuffer(self.bits.to_bytes(32, "little"), dtype=np.uint8)
            mask = np.unpackbits(packed, bitorder="little").view(np.bool_)
            mask.flags.writeable = False
            object.__setattr__(self, "_mask", mask)
            return mask
        return self._mask

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a ByteSet is immutable")

    def __contains__(self, byte: int) -> bool:
        return byte >= 0 and bool(self.bits >> byte & 1)

    def __iter__(self) -> Iterator[int]:
        return bits_of(self.bits)

    def __len__(self) -> int:
        return self.bits.bit_count()

    def __bool__(self) -> bool:
        return self.bits != 0

    def __or__(self, other: ByteSet) -> ByteSet:
        return ByteSet(self.bits | other.bits)

    def __and__(self, other: ByteSet) -> ByteSet:
        return ByteSet(self.bits & other.bits)

    def __sub__(self, other: ByteSet) -> ByteSet:
        return ByteSet(self.bits & ~other.bits)

    def __xor__(self, other: ByteSet) -> ByteSet:
        return ByteSet(self.bits ^ other.bits)

    def __invert__(self) -> ByteSet:
        return ByteSet(self.bits ^ ALL_BITS)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, ByteSet) and self.bits == other.bits)

    def __hash__(self) -> int:
        return hash(self.bits)

    def __reduce__(self) -> tuple[type[ByteSet], tuple[int]]:
        return (ByteSet, (self.bits,))

    def __repr__(self) -> str:
        if self.bits == ALL_BITS:
            return "~ByteSet()"
        if len(self) > 24:
            return f"ByteSet({self.bits:#x})"
        return f"ByteSet.of({bytes(self)!r})"


EMPTY = ByteSet(0)
ALL = ByteSet(ALL_BITS)
