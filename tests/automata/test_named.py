"""Facades of terms: their names, what they are equal to, and that operators see the term alone."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.automata.contract import Report, ReportEntry
from bltgen.automata.language import ANY_BYTES, Language, concat, intersection, literal, union
from bltgen.automata.named import Named

TERM = literal(b"ab").plus()
SOURCE = {
    "kind": "regex",
    "pattern": "(ab)+",
    "dialect": "python",
    "flags": 0,
    "mode": "fullmatch",
    "bytes": False,
}
REPORT = Report((ReportEntry("0", "repeat"),))


def named(term: Language = TERM, **changes: Any) -> Named:
    return Named(term, {**SOURCE, **changes}, REPORT)


def test_facades_are_compared_by_their_source() -> None:
    one = named()
    assert one == named()
    assert hash(one) == hash(named())
    assert (one != named()) is False
    for other in (named(pattern="(?:ab)+"), named(flags=2), named(mode="search"), TERM, 3, None):
        assert one != other
        assert other != one
    assert one == named(literal(b"other term"))
    assert one.__eq__(3) is NotImplemented
    assert TERM in (one.bare, one)


def test_a_facade_of_a_facade_is_of_the_term() -> None:
    assert named(named()).bare is TERM
    assert named().bare is TERM
    assert TERM.bare is TERM


def test_what_a_facade_says() -> None:
    one = named()
    assert one.report() is REPORT
    description = one.describe()
    assert description == SOURCE
    description["kind"] = "changed"
    assert one.describe() == SOURCE
    assert (one.op, one.least, one.parts, one.id) == (TERM.op, TERM.least, TERM.parts, TERM.id)
    with pytest.raises(AttributeError, match="'Named' object has no attribute '__wrapped__'"):
        _ = one.__wrapped__
    with pytest.raises(AttributeError):
        _ = one.no_such_thing
    bare = object.__new__(Named)
    with pytest.raises(AttributeError, match="'_bare'"):
        _ = bare._bare


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "regex('(ab)+')"),
        ({"flags": 2}, "regex('(ab)+', flags=2)"),
        ({"dialect": "ecma262", "mode": "search"}, "regex('(ab)+', dialect='ecma262', mode='search')"),
        ({"pattern": "\xff+", "bytes": True}, "regex(b'\\xff+')"),
        ({"kind": "substring_of", "text": "one two", "boundary": "word"}, "substring_of('one two')"),
        ({"kind": "substring_of", "text": "a", "boundary": "any"}, "substring_of('a', boundary='any')"),
    ],
)
def test_names(changes: dict[str, Any], text: str) -> None:
    assert repr(named(**changes)) == text


def test_operators_see_the_term() -> None:
    one, other = named(), literal(b"cd")
    for made, plain in (
        (one | other, TERM | other),
        (other | one, TERM | other),
        (one & ANY_BYTES, TERM),
        (other.star() & one, other.star() & TERM),
        (one + other, TERM + other),
        (other + one, other + TERM),
        (one - other, TERM - other),
        (other.star() - one, other.star() - TERM),
        (~one, ~TERM),
        (one.star(), TERM.star()),
        (one.plus(), TERM.plus()),
        (one.optional(), TERM.optional()),
        (one.repeat(2, 3), TERM.repeat(2, 3)),
        (one.derivative(97), TERM.derivative(97)),
        (union(one, other), TERM | other),
        (concat(one, other, one), concat(TERM, other, TERM)),
        (intersection(other.star(), one), other.star() & TERM),
    ):
        assert made is plain
    assert one.start() is TERM.start()
    assert one.accepts(b"abab")
    assert not one.is_empty()
    assert one.equivalent(TERM)
    assert TERM.equivalent(one)
    assert one.includes(TERM)
    assert TERM.includes(one)
    assert one.witness_against(TERM) is None
    assert one.witness_against(other) == b"ab"
