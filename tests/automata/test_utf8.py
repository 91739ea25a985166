"""Ranges of code points against Python's own encoder, at every boundary of the encoding."""

from __future__ import annotations

import random

import pytest

from bltgen.automata import utf8
from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import ANY_BYTE, EMPTY, Language, byte_set
from bltgen.automata.utf8 import UTF8_CHAR, UTF8_TEXT, code_points, merged_ranges

EDGES = [
    0,
    0x7F,
    0x80,
    0x7FF,
    0x800,
    0xFFF,
    0x1000,
    0xD7FF,
    0xE000,
    0xFFFF,
    0x10000,
    0x3FFFF,
    0x40000,
    0x10FFFF,
]
NEAR = sorted({point + by for point in EDGES for by in (-1, 0, 1) if 0 <= point + by <= 0x10FFFF})


def _members(made: Language, points: list[int]) -> list[int]:
    return [p for p in points if not 0xD800 <= p <= 0xDFFF and made.accepts(chr(p).encode())]


def test_merged_ranges() -> None:
    assert merged_ranges([]) == ()
    assert merged_ranges([(5, 6), (1, 2)]) == ((1, 2), (5, 6))
    assert merged_ranges([(1, 2), (3, 4)]) == ((1, 4),)
    assert merged_ranges([(1, 2), (4, 5)]) == ((1, 2), (4, 5))
    assert merged_ranges([(1, 9), (3, 4)]) == ((1, 9),)
    assert merged_ranges([(1, 4), (3, 9), (9, 12), (14, 14)]) == ((1, 12), (14, 14))


def test_ranges_end_where_code_points_do() -> None:
    for low, high in ((-1, 5), (6, 5), (0, 0x110000)):
        with pytest.raises(ValueError, match="code points"):
            code_points([(low, high)])
    assert code_points([]) is EMPTY
    assert code_points([(0, 0x10FFFF)]) is UTF8_CHAR
    assert code_points([(5, 5)]) is byte_set(ByteSet.of([5]))
    assert code_points([(0, 0x7F)]) is byte_set(ByteSet.range(0, 0x7F))
    assert code_points([(0x61, 0x61), (0x7F, 0x7F)]) is byte_set(ByteSet.of(b"a\x7f"))


@pytest.mark.parametrize("low", EDGES)
@pytest.mark.parametrize("high", EDGES)
def test_ranges_between_the_edges_of_the_encoding(low: int, high: int) -> None:
    if low > high:
        return
    made = code_points([(low, high)])
    assert _members(made, NEAR) == [p for p in NEAR if low <= p <= high and not 0xD800 <= p <= 0xDFFF]
    shortest, longest = (len(chr(point).encode()) for point in (low, high))
    assert (made.least, made.most) == (shortest, longest)


def test_surrogates_are_left_out() -> None:
    assert code_points([(0xD800, 0xDFFF)]) is EMPTY
    assert code_points([(0xD7FF, 0xE000)]) is code_points([(0xD7FF, 0xD7FF), (0xE000, 0xE000)])
    assert code_points([(0xD900, 0xE001)]) is code_points([(0xE000, 0xE001)])
    assert code_points([(0xD000, 0xD900)]) is code_points([(0xD000, 0xD7FF)])
    for point in (0xD800, 0xDFFF):
        assert not UTF8_CHAR.accepts(chr(point).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("seed", range(6))
def test_random_ranges(seed: int) -> None:
    """Their members are told from their neighbours, and nothing else is in the language."""
    rng = random.Random(seed)
    ranges = []
    for _ in range(rng.randrange(1, 7)):
        low = rng.choice([rng.randrange(0x900), rng.randrange(0x12000), rng.randrange(0x110000)])
        ranges.append((low, min(0x10FFFF, low + rng.choice([0, 1, 63, 64, 70, 5000, 300_000]))))
    made = code_points(ranges)
    points = [p for one in ranges for end in one for by in range(-2, 3) if 0 <= (p := end + by) <= 0x10FFFF]
    points += [rng.randrange(0x110000) for _ in range(50)]
    inside = {p for p in points if any(a <= p <= b for a, b in ranges) and not 0xD800 <= p <= 0xDFFF}
    assert set(_members(made, points)) == inside
    for _ in range(30):
        text = made.sample(rng).decode()
        assert len(text) == 1
        assert any(a <= ord(text) <= b for a, b in ranges)


def test_a_character_is_one_byte_set_for_each_kind_of_lead() -> None:
    """The trie's equal subtrees are one: nine sequences, as RFC 3629 lists them."""
    assert len(UTF8_CHAR.parts) == 8
    digit = byte_set(ByteSet.range(0x80, 0xBF))
    assert byte_set(ByteSet.range(0xC2, 0xDF)) + digit in UTF8_CHAR.parts
    assert byte_set(ByteSet.range(0xF1, 0xF3)) + digit.repeat(3, 3) in UTF8_CHAR.parts
    assert code_points([(0x800, 0xFFF)]) is byte_set(ByteSet.of([0xE0])) + (
        byte_set(ByteSet.range(0xA0, 0xBF)) + digit
    )
    assert code_points([(0x4000, 0x4FFF), (0x6000, 0x6FFF)]) is byte_set(ByteSet.of([0xE4, 0xE6])) + (
        digit.repeat(2, 2)
    )
    assert utf8._encoded(((0x80, 0x7FF),)) is utf8._encoded(((0x80, 0x7FF),))


def test_texts() -> None:
    assert UTF8_TEXT is UTF8_CHAR.star()
    assert UTF8_TEXT.accepts("aé€😀".encode())
    for data in (
        b"\x80",
        b"\xc0\x80",
        b"\xc3",
        b"\xe0\x80\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf5",
    ):
        assert not UTF8_TEXT.accepts(data)
    assert not ANY_BYTE.includes(UTF8_CHAR)
