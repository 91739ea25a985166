"""Sets of bytes: each operation, each bound, one object a set, masks that are made once."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from bltgen.automata import byteset
from bltgen.automata.byteset import ALL, ALL_BITS, EMPTY, ByteSet, bits_of, lowest_byte, partition


def test_bits() -> None:
    assert ALL_BITS == 2**256 - 1
    assert list(bits_of(0)) == []
    assert list(bits_of(0b10110)) == [1, 2, 4]
    assert list(bits_of(1 << 255 | 1)) == [0, 255]
    assert [lowest_byte(bits) for bits in (1, 0b1100, 1 << 255)] == [0, 2, 255]


def test_partitions_are_the_coarsest() -> None:
    """Cells are split only where a set cuts them; the part inside comes first."""
    assert partition([]) == [ALL_BITS]
    assert partition([0]) == [ALL_BITS]
    assert partition([ALL_BITS]) == [ALL_BITS]
    assert partition([0b11]) == [0b11, ALL_BITS ^ 0b11]
    assert partition([0b11, 0b11]) == [0b11, ALL_BITS ^ 0b11]
    assert partition([0b110, 0b011]) == [0b010, 0b100, 0b001, ALL_BITS ^ 0b111]
    sets = [0b11110000, 0b00111100, 0b01010101]
    cells = partition(sets)
    assert sum(cells) == ALL_BITS
    signatures = {}
    for byte in range(256):
        (cell,) = [cell for cell in cells if cell >> byte & 1]
        signatures.setdefault(tuple(bits >> byte & 1 for bits in sets), set()).add(cell)
    assert all(len(found) == 1 for found in signatures.values())
    assert len(signatures) == len(cells)


def test_bounds_of_sets() -> None:
    assert ByteSet() is EMPTY is ByteSet(0)
    assert ByteSet(ALL_BITS) is ALL
    for bits in (-1, ALL_BITS + 1):
        with pytest.raises(ValueError, match=f"not {bits}"):
            ByteSet(bits)
    assert ByteSet.of([0, 255]).bits == 1 | 1 << 255
    for byte in (-1, 256):
        with pytest.raises(ValueError, match=f"not {byte}"):
            ByteSet.of([byte])
    assert ByteSet.range(0, 0).bits == 1
    assert ByteSet.range(255, 255).bits == 1 << 255
    assert ByteSet.range(0, 255) is ALL
    assert list(ByteSet.range(3, 5)) == [3, 4, 5]
    for low, high in ((-1, 3), (3, 2), (0, 256)):
        with pytest.raises(ValueError, match=r"\.\."):
            ByteSet.range(low, high)


def test_equal_sets_are_one_object() -> None:
    made = ByteSet.of(b"xyz")
    assert ByteSet.of(b"zyx") is made
    assert pickle.loads(pickle.dumps(made)) is made
    assert made.mask() is made.mask()


def test_the_table_is_emptied_when_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets that were made before stay equal to those made after."""
    monkeypatch.setattr(byteset, "_TABLE", {})
    monkeypatch.setattr(byteset, "_TABLE_SIZE", 3)
    made = [ByteSet(bits) for bits in (1, 2, 4)]
    assert len(byteset._TABLE) == 3
    assert ByteSet(1) is made[0]
    ByteSet(8)
    assert byteset._TABLE.keys() == {8}
    again = ByteSet(1)
    assert again is not made[0]
    assert again == made[0]
    assert (again != made[0]) is False
    assert hash(again) == hash(made[0])
    assert again != made[1]
    assert again != 1
    assert len({again, made[0]}) == 1


def test_members() -> None:
    made = ByteSet.of(b"ab")
    assert [byte in made for byte in (96, 97, 98, 99, -1, 256, 0)] == [False, True, True] + [False] * 4
    assert -159 not in made
    assert (len(made), len(EMPTY), len(ALL)) == (2, 0, 256)
    assert (bool(made), bool(EMPTY)) == (True, False)
    assert list(made) == [97, 98]
    assert bytes(made) == b"ab"


def test_operations() -> None:
    one, two = ByteSet.of(b"abc"), ByteSet.of(b"bcd")
    assert one | two is ByteSet.of(b"abcd")
    assert one & two is ByteSet.of(b"bc")
    assert one - two is ByteSet.of(b"a")
    assert one ^ two is ByteSet.of(b"ad")
    assert ~one is ByteSet(ALL_BITS - one.bits)
    assert ~EMPTY is ALL


def test_masks() -> None:
    mask = ByteSet.of([0, 7, 8, 255]).mask()
    assert (mask.dtype, mask.shape) == (np.bool_, (256,))
    assert np.flatnonzero(mask).tolist() == [0, 7, 8, 255]
    with pytest.raises(ValueError, match="read-only"):
        mask[0] = False


def test_sets_are_immutable() -> None:
    made: Any = ByteSet.of(b"a")
    with pytest.raises(AttributeError, match="immutable"):
        made.bits = 3
