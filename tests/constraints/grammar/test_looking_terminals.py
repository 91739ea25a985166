"""Where a terminal that looks around may stand: against what Lark asks of `re`, on all short texts."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import EMPTY, INFINITE, byte_set, intersection, literal
from bltgen.constraints.grammar.lark_syntax import Pattern
from bltgen.constraints.grammar.looking_terminals import (
    BEGIN,
    END,
    _Erased,
    _joint,
    character_classes,
    empty_text,
    holds,
    relaxed,
    right_places,
)
from bltgen.constraints.grammar.terminal_patterns import piece_of, terminal_of
from bltgen.constraints.regex import regex
from bltgen.constraints.regex_parser import parse
from bltgen.errors import LimitExceeded

LETTERS = "ab\n"
PATTERNS = [
    "a+(?!a)",
    "a+(?!b)",
    "(?<=a)b+",
    "(?<!a)[ab]",
    "a(?=b)|ab",
    r"\b[ab]+\b",
    "(?m)^a+$",
    "a$",
    r"a\Z",
    r"\Aa+",
    "(?m)b$",
    "a+?(?=b)",
    "(?:(?!ab)[ab])+",
    r"a\B.",
    "[ab]*?b(?!b)",
]
TEXTS = ["".join(letters) for size in range(5) for letters in product(LETTERS, repeat=size)]


def there(pattern: str, text: str, begin: int, end: int, ignored: bool) -> bool:
    """Whether Lark's parser takes text[begin:end]: the match there, or that of a beginning alone."""
    match = re.compile(pattern).match(text, begin)
    if match is None:
        return False
    if match.end() == end:
        return True
    if ignored:
        return False
    whole = match[0]
    alone = [re.match(pattern, whole[:size]) for size in range(1, len(whole))]
    return any(found is not None and found.end() == end - begin for found in alone)


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_places_of_a_terminal(pattern: str, ignored: bool) -> None:
    root = parse(pattern).root
    classes = character_classes([root])
    automaton = right_places(root, classes, ignored=ignored)
    number = {letter: next(n for n, c in enumerate(classes) if holds(c, ord(letter))) for letter in LETTERS}
    for text in TEXTS:
        for begin in range(len(text)):
            for end in range(begin + 1, len(text) + 1):
                word = [number[letter] for letter in text]
                word[end:end] = [END]
                word[begin:begin] = [BEGIN]
                at: int | None = 0
                for letter in word:
                    at = None if at is None else automaton.edges[at].get(letter)
                found = at is not None and automaton.accepting[at]
                assert found == there(pattern, text, begin, end, ignored), (text, begin, end)


def test_limits(set_limits: Any) -> None:
    root = parse("a[bc]d(?!e)").root
    classes = character_classes([root])
    set_limits(lookaround_classes=len(classes))
    assert right_places(root, classes, ignored=True).edges
    set_limits(lookaround_classes=len(classes) - 1)
    with pytest.raises(LimitExceeded) as caught:
        right_places(root, classes, ignored=True)
    assert caught.value.limit == len(classes) - 1
    set_limits(lookaround_states=3)
    with pytest.raises(LimitExceeded) as states:
        right_places(root, classes, ignored=True)
    assert states.value.limit == 3


@pytest.mark.parametrize(
    ("patterns", "classes"),
    [
        (["[a-c]b"], ["\n", "b", "ac"]),
        (["ab", "[b-d]"], ["\n", "a", "b", "cd"]),
        (["a+(?=b)"], ["\n", "a", "b"]),
        ([r"\n"], ["\n"]),
        (["."], ["\n"]),
        (["(?:a|(?!b))*"], ["\n", "a", "b"]),
        (["abca"], ["\n", "a", "b", "c"]),
    ],
)
def test_classes_of_characters(patterns: list[str], classes: list[str]) -> None:
    """Each character is in one, the line feed alone in its own; the rest is one more."""
    found = character_classes([parse(pattern).root for pattern in patterns])
    for code in [*range(130), 0xD7FF, 0xE000, 0x10FFFF]:
        assert sum(holds(ranges, code) for ranges in found) == 1, code
    told = ["".join(chr(code) for code in range(130) if holds(ranges, code)) for ranges in found]
    assert sorted(one for one in told if len(one) < 50) == sorted(classes)
    assert sum(len(one) >= 50 for one in told) == 1
    words = character_classes([parse(r"\b").root])
    assert sum(holds(ranges, ord("a")) and holds(ranges, ord("Z")) for ranges in words) == 1
    assert not any(holds(ranges, ord("a")) and holds(ranges, ord(" ")) for ranges in words)


def test_holding() -> None:
    ranges = ((5, 7), (10, 10))
    assert [code for code in range(12) if holds(ranges, code)] == [5, 6, 7, 10]


@pytest.mark.parametrize(
    ("pattern", "surely", "possibly"),
    [
        ("", True, True),
        ("a", False, False),
        ("a*", True, True),
        ("a+", False, False),
        ("(?:a?)+", True, True),
        ("a{0}", True, True),
        ("a?b?", True, True),
        ("a?b", False, False),
        ("a|b*", True, True),
        ("a|b", False, False),
        ("(?=a)", False, True),
        ("^", False, True),
        ("^a", False, False),
        ("(?=a)b?", False, True),
        ("(?=a)|b*", True, True),
        ("(?=a)+", False, True),
        ("(?:(?=a))*", True, True),
        ("(a?)(?>b?)", True, True),
        ("(^)", False, True),
    ],
)
def test_the_empty_text(pattern: str, surely: bool, possibly: bool) -> None:
    assert empty_text(parse(pattern).root) == (surely, possibly)


def test_texts_that_it_may_be_somewhere() -> None:
    def accepted(source: str, flags: str = "") -> list[str]:
        language = relaxed(terminal_of(piece_of(Pattern(source, flags, 0))))
        return [word for word in ("a", "b", "ab", "aab", "") if language.accepts(word.encode())]

    assert accepted("a+(?!b)b?") == ["a", "ab", "aab"]
    assert accepted("^a$|(?<=x)b") == ["a", "b"]
    assert accepted("(?>a|ab)(?=c)") == ["a", "ab"]
    assert accepted("a+?") == ["a"], "one that does not look is what it is"
    octets = relaxed(terminal_of(piece_of(Pattern("\\xff(?!a)", "b", 0))))
    assert octets.accepts(b"\xff")
    characters = relaxed(terminal_of(piece_of(Pattern("\\xff(?!a)", "", 0))))
    assert characters.accepts("ÿ".encode())


def test_bytes_that_lead_apart() -> None:
    one, two = regex("a|bc"), regex("[bc]c")
    found = dict(_joint((one, two), ByteSet.of(b"abcd").bits))
    rest, nothing = literal(b"c"), literal(b"")
    assert found == {
        ByteSet.of(b"a").bits: (nothing, EMPTY),
        ByteSet.of(b"b").bits: (rest, rest),
        ByteSet.of(b"c").bits: (EMPTY, rest),
        ByteSet.of(b"d").bits: (EMPTY, EMPTY),
    }
    assert sum(bits for bits, _ in _joint((one, two))) == (1 << 256) - 1
    assert list(_joint(())) == [((1 << 256) - 1, ())]


def test_one_mark_is_left_out() -> None:
    cut = byte_set(ByteSet.of({0xFD}))
    language = regex("a").star() + cut + regex("b*")
    erased = _Erased(language)
    assert erased == _Erased(language)
    assert hash(erased) == hash(_Erased(language))
    assert erased != _Erased(regex("a"))
    assert erased != language
    assert (erased.accepting, erased.longest, erased.shortest) == (True, INFINITE, None)
    assert not _Erased(regex("a") + cut).accepting
    steps = {bytes(ByteSet(bits)): target for bits, target in erased.transitions()}
    assert sorted(steps) == [b"a", b"b"]
    assert steps[b"b"] is regex("b*") or steps[b"b"].accepts(b"bb")
    assert [steps[b"a"].accepts(text) for text in (b"", b"ab", b"ba", b"a\xfd")] == [True, True, False, False]
    assert intersection(steps[b"b"], literal(b"a")).is_empty()
