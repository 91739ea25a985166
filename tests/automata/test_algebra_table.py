"""Which engine each combination of constraints gets, and what is no constraint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bltgen.automata import algebra
from bltgen.automata.context_free import Grammar
from bltgen.automata.contract import Constraint, Report, ReportEntry, State
from bltgen.automata.language import ANY_BYTE, EMPTY, EPSILON, Language, literal
from bltgen.automata.operators import (
    AUTOMATON,
    BYTES,
    COMPLEMENT,
    CONCAT,
    EPS,
    INFINITE,
    INTERSECTION,
    LITERAL,
    REPEAT,
    UNION,
)
from bltgen.automata.product import Product
from bltgen.errors import Unsupported

A, B, AB = literal(b"a"), literal(b"b"), literal(b"ab")
BRACKETS = Grammar({"n": ((literal(b"("), "n", literal(b")")), (A,))}, "n")
REGULAR = Grammar({"s": ((A, "s"), (B,))}, "s")
TERM = A.star() + B


class Other:
    """A constraint of another kind."""

    def start(self) -> State:
        return AB.start()

    def accepts(self, data: bytes) -> bool:
        return AB.accepts(data)

    def report(self) -> Report:
        return Report()

    def describe(self) -> dict[str, Any]:
        return {"kind": "other"}

    def sample(self, *arguments: Any, **options: Any) -> bytes:
        return AB.sample(*arguments, **options)

    def repeat(self, *arguments: Any) -> Any:
        return algebra.repetition(self, *arguments)

    def optional(self) -> Any:
        return algebra.repetition(self, 0, 1)

    def __and__(self, other: Any) -> Any:
        return algebra.intersection(self, other)

    def __or__(self, other: Any) -> Any:
        return algebra.union(self, other)

    def __add__(self, other: Any) -> Any:
        return algebra.concatenation(self, other)

    def __invert__(self) -> Any:
        return algebra.complement(self)


OTHER: Any = Other()


def test_terms_stay_terms() -> None:
    assert algebra.union() is EMPTY
    assert algebra.union(A) is A
    assert algebra.union(A, AB, REGULAR) is A | AB | TERM
    assert algebra.concatenation() is EPSILON
    assert algebra.concatenation(A, REGULAR) is A + TERM
    assert algebra.repetition(A, 2, 3) is A.repeat(2, 3)
    assert algebra.repetition(REGULAR, 2) is TERM.repeat(2)
    assert algebra.intersection(REGULAR, ANY_BYTE.repeat(2, 3)) is TERM & ANY_BYTE.repeat(2, 3)
    assert algebra.intersection(A.star(), REGULAR) is A.star() & TERM
    assert algebra.complement(REGULAR) is ~TERM
    assert algebra.complement(A) is ~A


@pytest.mark.parametrize("constraint", [BRACKETS, OTHER])
def test_what_is_not_regular_makes_grammars(constraint: Any) -> None:
    assert isinstance(constraint, Constraint)
    text = b"a" if constraint is BRACKETS else b"ab"
    for made, good, bad in (
        (algebra.union(constraint, B), b"b", text + b"b"),
        (algebra.union(B, constraint), text, b"bb"),
        (algebra.concatenation(constraint, B), text + b"b", b"b" + text),
        (algebra.concatenation(B, constraint), b"b" + text, text + b"b"),
        (algebra.repetition(constraint, 2, 3), text * 2, text),
        (algebra.repetition(constraint, 2), text * 4, text),
    ):
        assert isinstance(made, Grammar)
        assert made.accepts(good)
        assert not made.accepts(bad)


def test_intersections_with_a_regular_one() -> None:
    """A grammar's is a grammar, whichever comes first; another constraint's is a product."""
    window = ANY_BYTE.repeat(1, 3)
    for made in (algebra.intersection(BRACKETS, window), algebra.intersection(window, BRACKETS)):
        assert isinstance(made, Grammar)
        assert [made.accepts(text) for text in (b"a", b"(a)", b"((a))")] == [True, True, False]
    for made in (algebra.intersection(OTHER, window), algebra.intersection(window, OTHER)):
        assert isinstance(made, Product)
        assert made.constraint is OTHER
        assert made.language is window
    assert algebra.intersection(OTHER, A) is EMPTY


@pytest.mark.parametrize(
    "combine",
    [
        lambda: algebra.intersection(BRACKETS, BRACKETS),
        lambda: algebra.intersection(OTHER, BRACKETS),
        lambda: algebra.intersection(OTHER, OTHER),
        lambda: algebra.complement(OTHER),
        lambda: algebra.complement(BRACKETS),
    ],
)
def test_what_cannot_be_had(combine: Callable[[], Any]) -> None:
    with pytest.raises(Unsupported, match="not regular"):
        combine()


def test_what_is_no_constraint() -> None:
    for wrong in ("a", 3, None):
        value: Any = wrong
        for combine in (
            lambda value=value: algebra.union(A, value),
            lambda value=value: algebra.concatenation(value, A),
            lambda value=value: algebra.repetition(value, 1),
            lambda value=value: algebra.intersection(A, value),
            lambda value=value: algebra.intersection(value, A),
            lambda value=value: algebra.complement(value),
        ):
            with pytest.raises(TypeError, match=r"literal\(\.\.\.\)"):
                combine()


def test_operators_are_numbered_in_their_order() -> None:
    """Summaries and the quick checks of `step` rely on it."""
    order = [BYTES, EPS, LITERAL, CONCAT, UNION, INTERSECTION, COMPLEMENT, REPEAT, AUTOMATON]
    assert order == list(range(9))
    assert INFINITE == 2**62
    assert isinstance(A, Language)


def test_reports_are_shown_by_line() -> None:
    report = Report(
        (
            ReportEntry("/a", "type"),
            ReportEntry("", "title", "annotation"),
            ReportEntry("/b", "format", "exact", "as RFC 3339 says"),
        )
    )
    assert str(report) == "/a: type: exact\n-: title: annotation\n/b: format: exact (as RFC 3339 says)"
    assert repr(report) == "<Report: 2 of 3 constructs are enforced; print() shows them>"
    assert str(Report()) == ""
