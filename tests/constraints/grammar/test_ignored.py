"""Ignored text before terminals: against its definition on all short texts, and the limits."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from typing import Any

import pytest

from bltgen.automata.language import EMPTY, EPSILON, INFINITE, Language, literal
from bltgen.constraints.grammar import ignored as module
from bltgen.constraints.grammar.ignored import Gaps, _Ending, _states, _Without, _without, nonempty, open_end
from bltgen.constraints.regex import regex
from bltgen.errors import LimitExceeded

LETTERS = "ab#"
TEXTS = ["".join(letters) for size in range(6) for letters in product(LETTERS, repeat=size)]

IGNORED = [
    ["#"],
    ["a+"],
    ["#[^b]*"],
    ["#", "a"],
    ["##", "#a*"],
    ["a|ab|abb"],
    ["#a?", "#b?"],
    ["a{1,2}", "b"],
    ["(?:#a)*#?"],
    [],
]
TERMINALS = ["b", "a", "ab?", "#b", "b*", "[ab]{2}", "#|a#"]


@lru_cache
def longest(pattern: str, text: str) -> int:
    """How much of the text an ignored terminal takes: its longest text there; 0 for none."""
    return max((n for n in range(1, len(text) + 1) if re.fullmatch(pattern, text[:n])), default=0)


def taken(ignored: list[str], terminal: str, text: str) -> bool:
    """Whether the text is ignored texts, each the longest one there, and then one of the terminal."""
    if text and re.fullmatch(terminal, text):
        return True
    lengths = {longest(pattern, text) for pattern in ignored} - {0}
    return any(taken(ignored, terminal, text[n:]) for n in lengths)


def ends(ignored: list[str], text: str) -> bool:
    return not text or any(ends(ignored, text[n:]) for p in ignored if (n := longest(p, text)))


def languages(ignored: list[str]) -> list[Language]:
    return [regex(pattern.replace("#", "\\#")) for pattern in ignored]


@pytest.mark.parametrize("ignored", IGNORED)
def test_terminals_after_ignored_text(ignored: list[str]) -> None:
    gaps = Gaps(languages(ignored))
    for terminal in TERMINALS:
        language = nonempty(regex(terminal.replace("#", "\\#")))
        if gaps.is_open(language):
            continue
        before = gaps.before(language)
        for text in TEXTS:
            assert before.accepts(text.encode()) == taken(ignored, terminal, text), (terminal, text)


@pytest.mark.parametrize("ignored", IGNORED)
def test_ignored_text_at_the_end(ignored: list[str]) -> None:
    gaps = Gaps(languages(ignored))
    if any(gaps.is_open(language) for language in gaps.ignored):
        return
    for text in TEXTS:
        assert gaps.at_end.accepts(text.encode()) == ends(ignored, text), text


def test_ways_are_few() -> None:
    """Of gaps with one follow there is one way; with several, one for each rest of the terminal."""
    blanks = Gaps([regex("a+")])
    ((gap, rest),) = blanks.ways(literal(b"b"))
    assert rest is literal(b"b")
    assert [gap.accepts(text) for text in (b"", b"a", b"aa", b"b")] == [True, True, True, False]
    assert blanks.ways(literal(b"a")) == [(EPSILON, literal(b"a"))]
    none = Gaps([])
    assert none.ways(literal(b"a")) == [(EPSILON, literal(b"a"))]
    assert none.at_end is EPSILON
    assert none.ignored == []
    assert not none.is_open(literal(b"a"))
    two = Gaps([regex("a|ab"), regex("c")])
    assert len(two.ways(regex("b|d"))) == 2
    assert [rest.accepts(b"b") for _, rest in two.ways(regex("b|d"))] == [True, False]
    assert all(rest is literal(b"d") for _, rest in two.ways(literal(b"d")))


@pytest.mark.parametrize(
    ("ignored", "following", "is_open"),
    [
        ("ab?", "b", False),
        ("a(?:bb)?", "b", True),
        ("a(?:bb)?", "bb", False),
        ("a(?:bb)?", "b|bb", True),
        ("a(?:bb)?", "bc", False),
        ("a(?:bb)?", "c", False),
        ("abb", "b", False),
        ("(?:ab)+", "a", True),
        ("(?:ab)+", "ab", False),
        ("a+", "b", False),
        ("a(?:bcd|be)?", "bc", True),
        ("a(?:bcd|be)?", "be", False),
        ("a(?:bcd)?", "b?c", True),
        ("a(?:bcd)?", "b?d", False),
        ("a(?:bcd)?", "b?", True),
    ],
)
def test_what_ends_before_it_is_told(ignored: str, following: str, is_open: bool) -> None:
    assert open_end(regex(ignored), regex(following)) is is_open
    assert Gaps([literal(b"z"), regex(ignored)]).is_open(regex(following)) is is_open


def test_texts_but_the_empty_one() -> None:
    plain = literal(b"ab")
    assert nonempty(plain) is plain
    made = nonempty(regex("a*|b"))
    assert [made.accepts(text) for text in (b"", b"a", b"aa", b"b", b"ab")] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert nonempty(EPSILON) is EMPTY
    assert Gaps([regex("a*")]).ignored[0].nullable is False


@pytest.mark.parametrize("source", ["", "a", "a|b", "ab|b#", "[ab]*", "a*#", "(?:ab){0,2}", "#*b?"])
@pytest.mark.parametrize("follow", ["a", "ab", "b|#a", "a+#", "#"])
def test_texts_that_do_not_begin_with_others(source: str, follow: str) -> None:
    language, forbidden = regex(source.replace("#", "\\#")), regex(follow.replace("#", "\\#"))
    left = _without(language, forbidden)
    for text in TEXTS:
        begins = any(re.fullmatch(follow, text[:n]) for n in range(len(text) + 1))
        expected = language.accepts(text.encode()) and not begins
        assert left.accepts(text.encode()) == expected, text
    assert _without(language, EMPTY) is language


def test_the_state_of_leaving_out() -> None:
    one, two = regex("a*b"), regex("b+")
    state = _Without(one, two)
    assert state == _Without(one, two)
    assert hash(state) == hash(_Without(one, two))
    assert state != _Without(two, one)
    assert state != _Without(one, one)
    assert state != one
    assert (state.accepting, state.shortest) == (False, None)
    assert (_Without(regex("a?"), two).accepting, _Without(regex("a?"), two).shortest) == (True, 0)
    assert _Without(regex("a?"), two).longest == 1
    ending = _Ending(one, two, {one: two})
    assert ending == _Ending(one, two, {})
    assert hash(ending) == hash(_Ending(one, two, {}))
    assert ending != _Ending(two, two, {})
    assert ending != _Ending(one, one, {})
    assert ending != state
    assert (ending.accepting, ending.longest, ending.shortest) == (True, INFINITE, None)
    assert not _Ending(two, two, {one: two}).accepting


def test_states_of_a_terminal_have_a_limit(set_limits: Any) -> None:
    four = regex("abc")
    assert len(list(_states(four))) == 4
    assert next(iter(_states(four))) is four
    assert all(not state.is_empty() for state in _states(regex("ab|ac")))
    set_limits(ignored_states=4)
    assert len(list(_states(four))) == 4
    set_limits(ignored_states=3)
    with pytest.raises(LimitExceeded) as caught:
        list(_states(four))
    assert (caught.value.what, caught.value.limit) == ("the states of an ignored terminal", 3)


def test_walks_beside_a_terminal_have_a_limit(set_limits: Any) -> None:
    """So many pairs of what is left of both."""
    ignored, following = regex("a(?:bbbc)?"), regex("bbbd")
    set_limits(ignored_states=7)
    assert not open_end(ignored, following)
    pairs = None
    for limit in range(6, 0, -1):
        set_limits(ignored_states=limit)
        try:
            open_end(ignored, following)
        except LimitExceeded as error:
            pairs = error
            break
    assert pairs is not None
    assert pairs.limit == 5, "six states of the ignored terminal"


def test_a_terminal_of_one_follow_is_left_whole() -> None:
    """Its texts need not be parted by what may come after."""
    one = regex("a+")
    ((after, whole),) = module._by_follow(one)
    assert whole is one
    assert [after.accepts(text) for text in (b"", b"a", b"ab", b"ba")] == [False, True, True, False]
    parted = module._by_follow(regex("ab?"))
    assert sorted(follow is EMPTY for follow, _ in parted) == [False, True]
    for follow, language in parted:
        wanted = [b"ab"] if follow is EMPTY else [b"a"]
        assert [text for text in (b"a", b"ab") if language.accepts(text)] == wanted
