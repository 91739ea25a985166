"""Alphabets, first bytes, gaps and farthest ends of terms against their texts, and as exact values."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bltgen.automata.byteset import ALL_BITS, ByteSet
from bltgen.automata.language import EMPTY, EPSILON, INFINITE, Language, byte_set, concat, literal

A, B = literal(b"a"), literal(b"b")
AB, CD, EFG = literal(b"ab"), literal(b"cd"), literal(b"efg")
SIGMA = byte_set(ByteSet.of(b"ab"))
FAR = literal(b"a" * 9)


@pytest.mark.parametrize(
    ("made", "alphabet", "first", "gap", "farthest"),
    [
        (EMPTY, b"", b"", 1, 0),
        (EPSILON, b"", b"", 1, 0),
        (SIGMA, b"ab", b"ab", 1, 0),
        (AB, b"ab", b"a", 1, 1),
        (EFG, b"efg", b"e", 1, 2),
        (SIGMA + CD, b"abcd", b"ab", 1, 2),
        (A.optional() + CD, b"acd", b"ac", 1, 2),
        (EFG.optional() + A, b"aefg", b"ae", 3, 3),
        (A + EFG.optional(), b"aefg", b"a", 3, 0),
        (A.optional() + EFG.optional(), b"aefg", b"ae", 3, 2),
        (A.repeat(0, 2) + EFG.optional(), b"aefg", b"ae", 1, 2),
        (A.repeat(0, 2) + literal(b"efgh").optional(), b"aefgh", b"ae", 2 + 2, 3),
        (EFG.star() + A.repeat(0, 2), b"aefg", b"ae", 1, 2),
        (EFG.star() + A.repeat(0, 1), b"aefg", b"ae", 3, 2),
        (CD.star() + EFG.star(), b"cdefg", b"ce", 2, 2),
        (AB | EFG, b"abefg", b"ae", 1, 2),
        (A | EFG, b"aefg", b"ae", 2, 2),
        (A | FAR, b"a", b"a", 8, 8),
        (A.repeat(1, 5) | FAR, b"a", b"a", 4, 8),
        (A.repeat(1, 9) | literal(b"bb") | literal(b"b" * 12), b"ab", b"ab", 3, 11),
        (EPSILON | EFG, b"efg", b"e", 3, 2),
        (AB.star(), b"ab", b"a", 2, 1),
        (AB.repeat(3, 3), b"ab", b"a", 1, 5),
        (AB.repeat(1, 3), b"ab", b"a", 2, 1),
        (AB.repeat(2, 3), b"ab", b"a", 2, 3),
        (AB.repeat(0, 3), b"ab", b"a", 2, 1),
        ((A | AB).repeat(2, 3), b"ab", b"a", 1, 2),
        ((AB | EFG).repeat(2, 5), b"abefg", b"ae", 1, 4),
        ((A | EFG).repeat(2, 5), b"aefg", b"ae", 2, 3),
        ((EFG | FAR).repeat(1, 2), b"aefg", b"ae", 6, 8),
        (SIGMA.plus(), b"ab", b"ab", 1, 0),
        (concat(A, SIGMA.star(), B), b"ab", b"a", 1, 1),
    ],
)
def test_summaries(made: Language, alphabet: bytes, first: bytes, gap: int, farthest: int) -> None:
    assert made.alphabet == ByteSet.of(alphabet).bits
    assert made.first == ByteSet.of(first).bits
    assert (made.gap, made.farthest) == (gap, farthest)


def test_summaries_where_a_search_is_needed() -> None:
    """Nothing is claimed: -1, INFINITE and all bytes; intersections have their parts' common bytes."""
    both = AB.plus() & (A | literal(b"ba")).star()
    assert (both.alphabet, both.first) == (ByteSet.of(b"ab").bits, -1)
    assert (both.gap, both.farthest) == (INFINITE, INFINITE)
    other = ~AB
    assert (other.alphabet, other.first, other.gap, other.farthest) == (ALL_BITS, -1, INFINITE, INFINITE)
    assert (AB + ~CD).first == ByteSet.of(b"a").bits
    assert (AB + ~CD).farthest == INFINITE
    assert (~CD + AB).first == -1
    assert (A.star() + (~CD & SIGMA.star())).first == -1
    assert (EFG | ~(CD | A) | AB.star()).first == -1
    searched = CD + ~AB
    assert searched.repeat(2, 3).farthest == INFINITE
    assert searched.repeat(0, 3).farthest == searched.farthest
    assert (A.optional() + searched).first == ByteSet.of(b"ac").bits


@pytest.mark.parametrize(
    "made",
    [
        A.optional() + EFG.optional(),
        (A | EFG).repeat(1, 3),
        (AB | EFG).optional() + CD.optional(),
        A.repeat(1, 2) | EFG | literal(b"bbbbb"),
        (CD | literal(b"a")).repeat(0, 2) + EFG.optional(),
        concat(AB.optional(), CD.optional(), EFG.optional()),
    ],
)
def test_summaries_hold_of_all_texts(made: Language) -> None:
    """Lengths leave no greater gap, first bytes are exact, and each is finished within farthest."""
    texts = _all(made)
    lengths = sorted({len(text) for text in texts})
    assert max((b - a for a, b in pairwise(lengths)), default=1) <= made.gap
    assert {text[0] for text in texts if text} == set(ByteSet(made.first))
    assert {byte for text in texts for byte in text} == set(ByteSet(made.alphabet))
    for byte in ByteSet(made.first):
        assert min(len(text) for text in texts if text[:1] == bytes((byte,))) - 1 <= made.farthest


def _all(made: Language) -> list[bytes]:
    """Every text of a finite language."""
    texts, open_ = [], [(b"", made)]
    while open_:
        text, term = open_.pop()
        if term.nullable:
            texts.append(text)
        open_ += [(text + bytes((byte,)), term.derivative(byte)) for byte in ByteSet(term.first)]
    return texts
