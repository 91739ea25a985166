"""Numbers in JSON, part by part: every state of short texts, what is shared, and each bound."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from bltgen.automata.language import INFINITE
from bltgen.constraints import json_number
from bltgen.constraints.json_number import (
    Exponent,
    NumberState,
    _automaton,
    _digits_needed,
    _naturals,
    exponent_accepts,
    exponent_key,
    exponent_lives,
    number_language,
    number_state,
    order,
    set_as_json,
    shortest_exponent,
    sides,
)
from bltgen.constraints.number_set import NumberSet
from bltgen.errors import EmptyLanguage
from tests.constraints.test_json_number import NUMBER, PREFIX, prefixes, run

PLAIN_SETS = [
    NumberSet.all(),
    NumberSet.integers(),
    NumberSet.multiples("0.25"),
    NumberSet.multiples(12) & NumberSet.interval(-999, 999),
    NumberSet.interval(5, 12, low_open=True),
    NumberSet.interval("-0.5", "0.02"),
    NumberSet.interval(100),
    NumberSet.interval(None, -7, high_open=True),
    NumberSet.values(["0.5", 7, 70, -700]),
    NumberSet.value(0),
    NumberSet.all() - NumberSet.values([0, 20]),
    NumberSet.interval("1e3", "1e4") & NumberSet.multiples(7),
    NumberSet.interval(0, "1e-9", low_open=True),
    NumberSet.values(["0.001", "-0.02", "0.00104"]),
    NumberSet.multiples("0.0003") & NumberSet.interval(0, "0.02", low_open=True),
]


@pytest.mark.parametrize("numbers", PLAIN_SETS)
def test_each_state_of_short_texts_is_exact(numbers: NumberSet) -> None:
    """What is accepted, allowed and near, in all states that texts of three bytes lead to."""
    states: dict[int, tuple[NumberState, str]] = {}
    for prefix in prefixes(3):
        state = run(number_state(numbers), prefix)
        if state is not None:
            states.setdefault(state.id, (state, prefix))
            whole = bool(NUMBER.fullmatch(prefix))
            assert state.accepting == (whole and prefix in numbers), prefix
    for state, prefix in states.values():
        following = {b: s for b in b"-+.0123456789eE" if (s := state.advance(b)) is not None}
        assert set(state.allowed) == set(following), prefix
        if not state.accepting:
            assert state.shortest == 1 + min(s.shortest for s in following.values()), prefix
        assert state.shortest + len(prefix) == len(prefix + state.completion().decode())
        for n in range(8):
            assert set(state.allowed_within(n)) == {b for b, s in following.items() if s.shortest < n}
        assert {b: s.id for b, s in following.items()} == {
            b: target.id for bits, target in by_target(state) for b in range(256) if bits >> b & 1
        }


def by_target(state: NumberState) -> list[tuple[int, NumberState]]:
    found = [(bits, language.value) for bits, language in state.transitions()]
    assert len({target.id for _, target in found}) == len(found), "one entry for each successor"
    return found


def test_the_syntax_is_that_of_json() -> None:
    """For the set of all numbers, what the syntax allows is what is allowed."""
    start = number_state(NumberSet.all())
    for prefix in prefixes(3):
        allowed = {c for c in "-+.0123456789eE" if re.fullmatch(PREFIX, prefix + c)}
        assert set(map(chr, run(start, prefix).allowed)) == allowed, prefix


def test_states_are_made_once() -> None:
    start = number_state(NumberSet.interval(-3, 8))
    assert start is number_state(NumberSet.interval(-3, 8))
    assert start is start.automaton.start()
    assert start.id == 0
    assert [start.advance(b).id for b in b"-03"] == [1, 2, 3]  # type: ignore[union-attr]
    assert run(start, "0.0") is run(start, "0.0")
    asked = []
    successor = start.automaton.successor
    start.automaton.successor = lambda prefix, byte: asked.append(byte) or successor(prefix, byte)  # type: ignore[method-assign]
    fresh = NumberState(start.automaton, start.prefix, 99)
    assert fresh.advance(ord("3")) is fresh.advance(ord("3")) is start.advance(ord("3"))
    assert fresh.advance(ord("x")) is fresh.advance(ord("x")) is None
    assert asked == list(b"3x")
    assert fresh.allowed is fresh.allowed
    assert fresh != start
    assert fresh == fresh
    assert not fresh == start  # noqa: SIM201
    assert bool(NumberState(start.automaton, start.prefix, 100)), "though it is a dictionary without entries"
    assert len({fresh, start}) == 2
    assert fresh.longest == INFINITE


def test_what_does_not_matter_is_forgotten() -> None:
    """Prefixes with the same future are one state."""
    every, integers = number_state(NumberSet.all()), number_state(NumberSet.integers())
    assert run(every, "12") is run(every, "3456")
    assert run(every, "0.001") is run(every, "9.5")
    assert run(every, "0.0") is run(every, "0.00")
    assert run(every, "-1") is not run(every, "1")
    assert run(every, "1e5") is run(every, "7e-123")
    assert run(integers, "12") is run(integers, "77")
    assert run(integers, "12.5") is run(integers, "3.1")
    assert run(integers, "12.50") is not run(integers, "12.5")
    bounded = number_state(NumberSet.interval(12, 50))
    assert run(bounded, "13") is run(bounded, "14")
    assert run(bounded, "13") is not run(bounded, "51")
    assert run(bounded, "131") is run(bounded, "132")
    assert run(bounded, "131") is not run(bounded, "13")
    assert run(bounded, "0.0") is not run(bounded, "0.00")
    assert run(bounded, "12.34567").prefix.length == 3
    assert run(bounded, "12.34567") is run(bounded, "12.01")
    assert run(bounded, "12.00001") is run(bounded, "12.01000")
    assert run(bounded, "12.000").prefix == (5, False, 120, 3, 2, 1)
    assert run(bounded, "13e-01") is run(bounded, "17e-1")


def test_full_tables_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """States in use stay valid, and new ones are as before."""
    monkeypatch.setattr(json_number, "STATES", 4)
    _automaton.cache_clear()
    state = number_state(NumberSet.interval(5, 12))
    kept = run(state, "1")
    sizes = set()
    for text in ("7", "8.25", "12", "1e1", "0.05", "120e-1", "6.0e0"):
        reached = run(number_state(NumberSet.interval(5, 12)), text)
        assert reached is not None
        sizes.add(len(state.automaton._states))
    assert sizes <= {1, 2, 3, 4}
    assert max(sizes) == 4
    assert kept.advance(ord("2")).accepting
    _automaton.cache_clear()


@pytest.mark.parametrize(
    ("value", "prefix", "shortest"),
    [
        ("1e40", "1", 3),
        ("1e40", "1.", 4),
        ("1e40", "10", 3),
        ("1e40", "0.", 4),
        ("1e-40", "0.", 5),
        ("1e-40", "0.00", 5),
        ("1e-40", "0", 4 + 2),
        ("1e-40", "1", 4),
        ("1e-3", "0.", 3),
        ("1e-3", "1", 3),
        ("1e-3", "0.0", 2),
        ("1.5", "1", 2),
        ("1.5", "15", 3),
        ("150", "1", 2),
        ("150", "1.", 3),
        ("123456", "1", 5),
        ("0.00123", "1", 5),
    ],
)
def test_the_nearest_of_exponents_and_digits(value: str, prefix: str, shortest: int) -> None:
    state = run(number_state(NumberSet.value(value)), prefix)
    assert state.shortest == shortest
    assert len(state.completion()) == shortest


def test_distances_are_kept() -> None:
    asked = []
    state = run(number_state(NumberSet.value("1e40")), "1")
    automaton = state.automaton
    shortest = automaton.shortest
    automaton.shortest = lambda prefix: asked.append(prefix) or shortest(prefix)
    fresh = NumberState(automaton, state.prefix, 99)
    assert fresh.shortest == fresh.shortest == 3
    assert asked == [state.prefix]
    accepting = run(state, "e40")
    assert NumberState(automaton, accepting.prefix, 100).shortest == 0
    assert asked == [state.prefix]
    del automaton.shortest


def test_words_of_a_state() -> None:
    five = number_state(NumberSet.value(5))
    assert run(five, "5.").forced == b"0"
    assert run(five, "5").forced == b""
    assert run(five, "50e").forced == b"-"
    assert five.forced == b""
    assert run(five, "0.").completion() == b"5e1"
    assert number_state(NumberSet.value("-1e40")).completion() == b"-1e40"
    assert number_state(NumberSet.values([30, 4])).completion() == b"4"
    dead = number_state(NumberSet.empty())
    assert (dead.shortest, dead.accepting, dead.forced) == (INFINITE, False, b"")
    with pytest.raises(EmptyLanguage):
        dead.completion()
    assert set_as_json(NumberSet.interval(0, "1.5", True) & NumberSet.multiples("0.1")) == {
        "points": ["0", "3/2"],
        "inside": [False, True],
        "gaps": [[[], 0], [[[1, -1]], 2], [[], 0]],
    }
    assert five.describe() == {"kind": "number", **set_as_json(NumberSet.value(5))}


@pytest.mark.parametrize(
    ("targets", "naturals", "negatives"),
    [
        ((), (), ()),
        (((None, None),), ((0, None),), ((0, None),)),
        (((0, 0),), ((0, 0),), ((0, 0),)),
        (((-3, -1),), (), ((1, 3),)),
        (((-3, 2),), ((0, 2),), ((0, 3),)),
        (((None, -5), (-2, 0), (4, 4), (7, None)), ((0, 0), (4, 4), (7, None)), ((0, 2), (5, None))),
    ],
)
def test_exponents_of_either_sign(targets: Any, naturals: Any, negatives: Any) -> None:
    assert _naturals(targets, False) == naturals
    assert _naturals(targets, True) == negatives


@pytest.mark.parametrize(
    ("targets", "value", "digits"),
    [
        ((), 0, INFINITE),
        ((), 7, INFINITE),
        (((5, 5),), 5, 0),
        (((5, 5),), 0, 1),
        (((5, 5),), 6, INFINITE),
        (((50, 59),), 5, 1),
        (((50, 59),), 0, 2),
        (((60, 60),), 5, INFINITE),
        (((0, None),), 0, 0),
        (((1000, None),), 1, 3),
        (((1000, None),), 0, 4),
        (((1000, None),), 999, 1),
        (((3, 3), (312, 315)), 31, 1),
        (((3, 3), (312, 315)), 3, 0),
        (((3, 3), (312, 315)), 4, INFINITE),
    ],
)
def test_digits_that_an_exponent_needs(targets: Any, value: int, digits: int) -> None:
    assert _digits_needed(targets, value) == digits
    prefix = Exponent(8, targets, value)
    assert exponent_lives(prefix) == (digits < INFINITE)
    assert exponent_accepts(prefix) == (digits == 0)
    assert shortest_exponent(prefix) == digits


@pytest.mark.parametrize("phase", [6, 7])
@pytest.mark.parametrize(
    ("targets", "any_sign"),
    [
        (((0, 0),), 1),
        (((5, 9),), 1),
        (((-5, -5),), 2),
        (((-5, -5), (100, 100)), 2),
        (((-10, -10), (3, 3)), 1),
    ],
)
def test_an_exponent_before_its_digits(phase: int, targets: Any, any_sign: int) -> None:
    prefix = Exponent(phase, targets)
    assert exponent_lives(prefix)
    assert not exponent_accepts(prefix)
    assert not exponent_lives(Exponent(phase, ()))
    if phase == 6:
        assert shortest_exponent(prefix) == any_sign
        assert shortest_exponent(Exponent(6, ((None, None),))) == 1
    elif targets[0][0] >= 0:
        assert shortest_exponent(prefix) == len(str(targets[0][0]))


def test_exponents_beyond_all_targets_are_alike() -> None:
    assert exponent_key(Exponent(8, ((3, 7),), 7)) == (8, ((3, 7),), 7)
    assert exponent_key(Exponent(8, ((3, 7),), 8)) == (8, ((3, 7),), 8)
    assert exponent_key(Exponent(8, ((3, 7),), 99)) == (8, ((3, 7),), 8)
    assert exponent_key(Exponent(8, ((3, None),), 99)) == (8, ((3, None),), 4)
    assert exponent_key(Exponent(8, ((None, 2),), 99)) == (8, ((None, 2),), 3)
    assert exponent_key(Exponent(8, (), 5)) == (8, (), 1)


def test_digits_are_placed_among_the_points() -> None:
    side, _ = sides(NumberSet.values(["1.25", 3, 700]))
    assert (side.precision, side.significands) == (3, [125, 300, 700])
    assert [order(side, digits, 1) for digits in (1, 2, 3, 4, 7, 8)] == [
        (1, 1),
        (1,),
        (1, 3),
        (2,),
        (1, 7),
        (3,),
    ]
    assert [order(side, digits, 2) for digits in (11, 12, 13)] == [(0,), (2, 12), (1,)]
    assert [order(side, digits, 3) for digits in (124, 125, 126)] == [(0,), (3, 125), (1,)]
    assert [order(side, digits, 5) for digits in (12499, 12500, 12501, 12600)] == [(0,), (-1, 0), (1,), (1,)]
    assert [order(side, digits, 5) for digits in (70000, 70001, 99999)] == [(-1, 2), (3,), (3,)]


def test_a_set_has_two_sides() -> None:
    positive, negative = sides(NumberSet.values([-5, 0, 2]) | NumberSet.interval(100, 300, low_open=True))
    assert (positive.magnitudes, negative.magnitudes) == ([1, 3], [1])
    assert positive.significands == [1, 2, 3]
    assert (positive.lowest, positive.highest) == (1, 3)
    assert (negative.significands, negative.lowest, negative.highest) == ([5], 1, 1)
    positive, negative = sides(NumberSet.interval(-7, 3) & NumberSet.integers())
    assert (positive.significands, negative.significands) == ([3], [7])
    assert [len(side.between) for side in (positive, negative)] == [2, 2]
    assert negative.between[0].moduli == positive.between[0].moduli != ()
    positive, negative = sides(NumberSet.interval(None, -2) | NumberSet.interval(-1, "0.5"))
    assert negative.decade(1).marks == (1, 2)
    assert negative.decade(1).inside == (True, True)
    assert [c.table for c in negative.decade(1).conditions] == [1, 0, 1]
    assert negative.between[-1].table == 1
    assert positive.between[-1].table == 0


@pytest.mark.parametrize(
    ("bounds", "accepted", "refused"),
    [
        ({}, "1 1.5 -0 1e-7", "01 + ."),
        ({"integer": True}, "1 1.0 10e-1", "1.5"),
        ({"minimum": 2}, "2 3 2.0", "1.9 -2"),
        ({"maximum": 2}, "2 -7", "2.1"),
        ({"exclusive_minimum": 2}, "2.1", "2 2.0 1"),
        ({"exclusive_maximum": 2}, "1.9", "2 2.1"),
        ({"minimum": 1, "exclusive_minimum": 2, "maximum": 9, "exclusive_maximum": 10}, "3 9", "2 9.5 1"),
        ({"multiple_of": Decimal("0.5")}, "0.5 1 15e-1", "0.25"),
        ({"multiple_of": Fraction(1, 3), "integer": True}, "4", "0.5"),
    ],
)
def test_the_language_of_bounds(bounds: dict[str, Any], accepted: str, refused: str) -> None:
    language = number_language(**bounds)
    assert [text for text in accepted.split() if not language.accepts(text.encode())] == []
    assert [text for text in refused.split() if language.accepts(text.encode())] == []


@pytest.mark.parametrize("bounds", [{"multiple_of": 0}, {"minimum": True}, {"maximum": "x"}])
def test_bounds_that_are_none(bounds: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"number|greater than 0"):
        number_language(**bounds)
