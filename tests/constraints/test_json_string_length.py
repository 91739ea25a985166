"""The bytes of the shortest spelling: against brute force, and that what is learnt is kept."""

from __future__ import annotations

import json
from itertools import product

import pytest

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import EMPTY, EPSILON, INFINITE, Language, byte_set, literal, union
from bltgen.automata.limits import Limits, use_limits
from bltgen.automata.utf8 import UTF8_CHAR, UTF8_TEXT, code_points
from bltgen.constraints.json_string_length import CONTROLS, SHORT_ESCAPED, SpelledLength
from bltgen.constraints.regex import regex
from bltgen.errors import LimitExceeded

LETTERS = 'a"\x01é😀'
TEXTS = ["".join(letters) for size in range(4) for letters in product(LETTERS, repeat=size)]
ANY_LETTERS = union(*[literal(letter.encode()) for letter in LETTERS]).star()


def cost(text: str, ascii_only: bool) -> int:
    return len(json.dumps(text, ensure_ascii=ascii_only).encode()) - 2


SOURCES = [
    '[a"]', '[\x01é]', 'a|"', '"|aaa', '\x01|aaaaaaa?', "é|aaa", "😀|aaa", "[é😀]a", '(?:a"){1,2}', "a{0,2}é",
    '(?=.*")[a"]{2,3}', "(?!a)[aé]+", '(?!.*a).{2}', "(?=.{3})[^a]*", "(?=é|a\x01)..", "(?!.*[a\x01é]).+",
]  # fmt: skip


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("source", SOURCES)
def test_lengths(source: str, ascii_only: bool) -> None:
    """Structural terms, intersections and complements alike."""
    for language in (regex(source) & ANY_LETTERS, regex(source) & ANY_LETTERS & UTF8_CHAR.repeat(0, 3)):
        found = SpelledLength(ascii_only)(language)
        assert found == min(cost(text, ascii_only) for text in TEXTS if language.accepts(text.encode()))
        assert SpelledLength(ascii_only)(language) == found


@pytest.mark.parametrize("ascii_only", [False, True])
def test_each_byte_has_its_weight(ascii_only: bool) -> None:
    measure = SpelledLength(ascii_only)
    for code in [*range(0x80), 0xA0, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF]:
        expected = 1 if code == 0x7F else cost(chr(code), ascii_only)
        assert measure(literal(chr(code).encode())) == expected, hex(code)
    assert measure(code_points([(0, 0x1F)])) == 2
    assert measure(code_points([(0, 7)])) == 6
    assert measure(UTF8_CHAR) == 1
    assert ByteSet(SHORT_ESCAPED) == ByteSet.of(b'"\\\b\f\n\r\t')
    assert CONTROLS & SHORT_ESCAPED == 0
    assert ByteSet(CONTROLS | SHORT_ESCAPED) - ByteSet.of(b'"\\') == ByteSet.range(0, 0x1F)


def test_structure() -> None:
    measure = SpelledLength()
    assert measure(EPSILON) == 0
    assert measure(EMPTY) == INFINITE
    assert measure(UTF8_TEXT) == 0
    quote = literal(b'"')
    assert measure(quote.repeat(3, 5)) == 6
    assert measure(quote.repeat(0, 5)) == 0
    assert measure(quote + literal(b"ab") + quote) == 6
    assert measure(union(quote, literal(b"abc"))) == 2
    assert measure(quote.repeat(100_000)) == 200_000
    huge = quote.repeat(2**40).repeat(2**40)
    assert measure(huge) == min(INFINITE, 2**81)
    assert measure(regex("a") & regex("b")) == INFINITE


def test_deep_terms_are_measured_without_recursion() -> None:
    language: Language = literal(b'"')
    for _ in range(1_500):
        language = union(literal(b"a") + language, literal(b"b\x01"))
    assert SpelledLength()(language) == 7


def test_lengths_are_kept_apart() -> None:
    """For the two ways of spelling, on the terms."""
    term = literal("é\x02".encode()) + byte_set(ByteSet.of(b"xyz"))
    assert (term._spelled, term._spelled_ascii) == (-1, -1)
    assert SpelledLength()(term) == 9
    assert (term._spelled, term._spelled_ascii) == (9, -1)
    assert SpelledLength(ascii_only=True)(term) == 13
    assert (term._spelled, term._spelled_ascii) == (9, 13)


def test_the_path_of_a_search_is_measured_too() -> None:
    met = regex('(?=.*")[ab"]{4,6}(?<!b)')
    assert SpelledLength()(met) == 5
    state = met.start()
    for byte in state.completion()[:2]:
        following = state.advance(byte)
        assert following is not None
        state = following
    known = state.language._spelled
    assert known in (-1, SpelledLength()(state.language))


def test_searches_have_a_limit() -> None:
    """So many states beyond the length of the path."""

    def term(seed: str) -> Language:
        return regex(f"(?=(?:[^{seed}]*{seed}){{3}}[^{seed}]*$)(?=[ab\x01]*\x01[ab\x01]*$)(?!.*aa)[ab\x01]*")

    with use_limits(Limits(search_states=1)), pytest.raises(LimitExceeded) as caught:
        SpelledLength()(term("b"))
    assert caught.value.limit >= 1
    assert SpelledLength()(term("a")) == 3 + 6 + 1
