"""Which forms are taken for prefix codes, and what a bound on the length alone is."""

from __future__ import annotations

import pytest

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import ANY_BYTE, ANY_BYTES, EPSILON, Language, byte_set, literal
from bltgen.automata.prefix_codes import DEPTH, first_bytes, is_prefix_code, is_window_of
from bltgen.automata.utf8 import UTF8_CHAR

A, B = literal(b"a"), literal(b"b")
AB, CD = literal(b"ab"), literal(b"cd")
SIGMA = byte_set(ByteSet.of(b"ab"))


def _bits(members: bytes) -> int:
    return ByteSet.of(members).bits


@pytest.mark.parametrize(
    ("made", "is_code"),
    [
        (A, True),
        (ANY_BYTE, True),
        (AB, True),
        (EPSILON, False),
        (UTF8_CHAR, True),
        (SIGMA + AB, True),
        (SIGMA + A.star(), False),
        (A.star() + CD, False),
        (AB | CD, True),
        (AB | literal(b"ac"), False),
        (AB | A, False),
        (CD | A, True),
        (CD | SIGMA, True),
        ((AB | CD).repeat(2, 2), True),
        ((AB | CD).repeat(2, 3), False),
        ((AB | A).repeat(2, 2), False),
        ((AB | CD).star(), False),
        (CD | SIGMA.repeat(2, 2), True),
        (CD | (AB | A) + B, False),
        (CD | (literal(b"ab") | literal(b"xy")) + B, False),
        (AB | (CD + A.star()), False),
        (AB | A.plus(), False),
        (~AB, False),
        (AB.star() & SIGMA.star(), False),
    ],
)
def test_prefix_codes_by_their_form(made: Language, is_code: bool) -> None:
    assert is_prefix_code(made) is is_code
    assert made._prefix_code is is_code
    assert is_prefix_code(made) is is_code
    if is_code:
        texts = [t for n in range(5) for t in _texts(n) if made.accepts(t)]
        assert not any(two != one and two.startswith(one) for one in texts for two in texts)


def _texts(length: int) -> list[bytes]:
    texts = [b""]
    for _ in range(length):
        texts = [text + bytes((letter,)) for text in texts for letter in b"abcd"]
    return texts


def test_deep_terms_are_taken_for_none() -> None:
    """Deeper than DEPTH, whatever they are; what is known once is not asked again."""
    made: Language = SIGMA
    while made.depth < DEPTH:
        made = made + (AB | CD) if made.op != (AB + SIGMA).op else made.repeat(2, 2)
    assert made.depth == DEPTH
    assert is_prefix_code(made)
    assert not is_prefix_code(made + SIGMA if made.op != (AB + SIGMA).op else made.repeat(2, 2))
    known = literal(b"known")
    known._prefix_code = False
    assert is_prefix_code(known) is False


@pytest.mark.parametrize(
    ("made", "first"),
    [
        (SIGMA, b"ab"),
        (AB, b"a"),
        (SIGMA + CD, b"ab"),
        ((AB + SIGMA) + CD, b"a"),
        (SIGMA.repeat(2, 3), b"ab"),
        (SIGMA.plus() + CD, b"ab"),
        (SIGMA.star(), b""),
        (SIGMA.star() + CD, b""),
        ((AB | CD).plus(), b""),
        (AB | CD, b""),
        (EPSILON, b""),
        (~AB, b""),
    ],
)
def test_first_bytes(made: Language, first: bytes) -> None:
    assert first_bytes(made) == _bits(first)


def test_windows() -> None:
    """A window is a repeat of bytes that the other has no byte beside, and whose lengths leave no gap."""
    even = AB.star()
    assert even.gap == 2
    letters = (A | AB).plus()
    assert letters.gap == 1
    assert is_window_of(ANY_BYTE.repeat(3, 9), letters)
    assert is_window_of(letters, ANY_BYTE.repeat(3, 9))
    assert is_window_of(SIGMA.repeat(3, 9), letters)
    assert not is_window_of(A.repeat(3, 9), letters)
    assert not is_window_of(ANY_BYTE.repeat(3, 9), even)
    assert not is_window_of(letters, letters)
    assert not is_window_of((AB | CD).repeat(1, 2), letters)
    assert not is_window_of(ANY_BYTES, ~AB)
    assert not is_window_of(A, B)
    assert is_window_of(A.star(), SIGMA.plus()) is True
