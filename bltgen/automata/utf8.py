"""Sets of code points as languages of their UTF-8 encodings.

`code_points` turns ranges of Unicode scalar values into a term that reads their UTF-8 bytes: a trie over
six-bit digits whose equal subtrees are one term and whose neighbouring branches are one byte set. The
surrogates U+D800..U+DFFF are no scalar values and have no encoding; they are left out.

Cost: proportional to the number of ranges, not of code points. Encoding: RFC 3629, section 3.

>>> code_points([(0x61, 0x7A), (0xE9, 0xE9)]).accepts("é".encode())
True
>>> UTF8_TEXT.accepts(b"\\xed\\xa0\\x80")    # a surrogate
False
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from bltgen.automata.language import Language, _bytes, _concat, _union

__all__ = ["UTF8_CHAR", "UTF8_TEXT", "code_points", "merged_ranges"]

Ranges = tuple[tuple[int, int], ...]

# Lead byte, continuation bytes, first and last code point, of each encoded length but the first.
_LENGTHS = (
    (0xC0, 1, 0x0080, 0x07FF),
    (0xE0, 2, 0x0800, 0xFFFF),
    (0xF0, 3, 0x10000, 0x10FFFF),
)


def merged_ranges(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The same code points as sorted, disjoint, non-touching ranges."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def code_points(ranges: Iterable[tuple[int, int]]) -> Language:
    """The UTF-8 encodings of the scalar values in the ranges (both ends included), one character each."""
    ranges = tuple(ranges)
    for low, high in ranges:
        if not 0 <= low <= high <= 0x10FFFF:
            raise ValueError(f"not a range of code points 0..0x10FFFF: {low:#x}..{high:#x}")
    bits = 0
    beyond = []
    for low, high in merged_ranges(ranges):
        bits |= (2 << min(high, 0x7F)) - (1 << min(low, 0x80))
        if high > 0x7F and low < 0xD800:
            beyond.append((max(low, 0x80), min(high, 0xD7FF)))
        if high > 0xDFFF:
            beyond.append((max(low, 0xE000), high))
    return _union((_bytes(bits), _encoded(tuple(beyond))))


@lru_cache(maxsize=512)
def _encoded(ranges: Ranges) -> Language:
    """The characters of two to four bytes in the ranges: sorted, disjoint, without surrogates."""
    languages = []
    for lead, digits, first, last in _LENGTHS:
        inside = _clip(ranges, first, last)
        if inside:
            languages.append(_branches(inside, digits, lead, 0))
    return _union(languages)


def _clip(ranges: Ranges, first: int, last: int) -> Ranges:
    return tuple((max(low, first), min(high, last)) for low, high in ranges if low <= last and high >= first)


def _branches(ranges: Ranges, digits: int, lead: int, base: int) -> Language:
    """Encodings of `ranges`, inside the block that starts at `base`: a byte, then `digits` six-bit digits."""
    if digits == 0:
        bits = 0
        for low, high in ranges:
            bits |= (2 << (lead + high - base)) - (1 << (lead + low - base))
        return _bytes(bits)
    shift = 6 * digits
    block = 1 << shift
    by_rest: dict[Language, int] = {}
    partial: dict[int, list[tuple[int, int]]] = {}
    for low, high in ranges:
        first, last = (low - base) >> shift, (high - base) >> shift
        for index in sorted({first, last}):
            begin = base + index * block
            partial.setdefault(index, []).append((max(low, begin), min(high, begin + block - 1)))
        if last - first > 1:
            _mark(by_rest, _full(digits), lead + first + 1, lead + last - 1)
    for index, pieces in partial.items():
        rest = _branches(tuple(pieces), digits - 1, 0x80, base + index * block)
        _mark(by_rest, rest, lead + index, lead + index)
    return _union([_concat(_bytes(bits), rest) for rest, bits in by_rest.items()])


def _mark(by_rest: dict[Language, int], rest: Language, first: int, last: int) -> None:
    by_rest[rest] = by_rest.get(rest, 0) | ((2 << last) - (1 << first))


def _full(digits: int) -> Language:
    """Any `digits` continuation bytes."""
    return _bytes((1 << 0xC0) - (1 << 0x80)).repeat(digits, digits)


UTF8_CHAR: Language = code_points([(0, 0x10FFFF)])
UTF8_TEXT: Language = UTF8_CHAR.star()
