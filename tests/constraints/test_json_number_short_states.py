"""Numbers of few digits, part by part: every state of short texts, how many, what is shared."""

from __future__ import annotations

import pytest

from bltgen.constraints import json_number
from bltgen.constraints.json_number import (
    FRACTION,
    MINUS,
    START,
    Exponent,
    Mantissa,
    NumberState,
    set_as_json,
    sides,
)
from bltgen.constraints.json_number_short import Shape, ShortNumbers, _at_least, _has_digits, short_state
from bltgen.constraints.number_magnitudes import Magnitudes
from bltgen.constraints.number_set import NumberSet
from tests.constraints.test_json_number import prefixes, run
from tests.constraints.test_json_number_short import FEW, admits

INTEGERS = NumberSet.integers()
SMALL = INTEGERS & NumberSet.interval(-12, 130)
PLAIN: list[tuple[NumberSet, NumberSet, Shape]] = [
    (INTEGERS, NumberSet.all(), Shape(False, False, 3, 2)),
    (INTEGERS, NumberSet.all(), Shape(True, True, 2)),
    (SMALL, NumberSet.interval("0.5", "1.25"), Shape(False, False, 2, 4)),
    (SMALL, NumberSet.interval("-0.5", 20, high_open=True), Shape(True, False, 3)),
    (NumberSet.empty(), NumberSet.multiples("0.25"), Shape(False, True, 3, 3)),
    (INTEGERS - NumberSet.value(0), NumberSet.multiples("0.3"), Shape(True, False, 2)),
    (NumberSet.multiples(7), NumberSet.empty(), Shape(False, False, 15, 0)),
    (NumberSet.multiples(6) & NumberSet.interval(100), NumberSet.interval(100), Shape(False, False, 4, 1)),
    (SMALL - NumberSet.multiples(5), NumberSet.interval(0, "0.05", True), Shape(False, False, 1, 3)),
    (NumberSet.values([5, 50, 700]), NumberSet.values(["0.5", "0.05", 20, "-1.5"]), Shape(True, True, 2)),
    (NumberSet.values([0, 99]), NumberSet.values([0, "9.5"]), Shape(False, False, 2, 1)),
    (NumberSet.values([0]), NumberSet.values([0]), Shape(False, True, 2, 2)),
    (NumberSet.empty(), NumberSet.value(0), Shape(True, False, 1)),
    (NumberSet.value(7), NumberSet.interval(100, 999), Shape(False, False, 3, 2)),
    (NumberSet.empty(), NumberSet.interval(1, 30), Shape(True, False, 1)),
    (NumberSet.empty(), NumberSet.values(["0.001", "-0.02", "0.0104"]), Shape(True, False, 3)),
    (NumberSet.empty(), NumberSet.values(["0.001", "-0.02", "0.0104"]), Shape(False, False, 3, 4)),
]


@pytest.mark.parametrize(("whole", "other", "shape"), PLAIN)
def test_each_state_of_short_texts_is_exact(whole: NumberSet, other: NumberSet, shape: Shape) -> None:
    """What is accepted, allowed and near, in all states that texts of three bytes lead to."""
    states: dict[int, tuple[NumberState, str]] = {}
    for prefix in prefixes(3):
        state = run(short_state(whole, other, shape), prefix)
        if state is not None:
            states.setdefault(state.id, (state, prefix))
        assert (state is not None and state.accepting) == admits(prefix, whole, other, shape), prefix
    for state, prefix in states.values():
        following = {b: s for b in b"-+.0123456789eE" if (s := state.advance(b)) is not None}
        if not state.accepting:
            assert state.shortest == 1 + min(s.shortest for s in following.values()), prefix
        text = prefix + state.completion().decode()
        assert state.shortest + len(prefix) == len(text)
        assert admits(text, whole, other, shape)


@pytest.mark.parametrize(
    ("prefix", "most"),
    [("", 90), ("1", 10), ("12", 10), ("0", 9), ("0.", 9), ("0.0", 0), ("1.", 10), ("3.1", 0), ("300", 0)],
)
def test_how_many_values_are_seen_at_once(prefix: str, most: int) -> None:
    """By decades: of the integers the two that are full below the last bound, and fractions of one size."""
    tenths = Shape(False, False, 3, 1)
    state = run(
        short_state(INTEGERS & NumberSet.interval(0, 300), NumberSet.interval(0, 300), tenths), prefix
    )
    automaton = state.automaton
    assert isinstance(automaton, ShortNumbers)
    assert [n for n in range(120) if automaton.has_more(state.prefix, n)] == list(range(most))


def test_endless_integers_are_more_than_any_number() -> None:
    state = short_state(NumberSet.multiples(7), NumberSet.empty(), FEW)
    automaton = state.automaton
    assert isinstance(automaton, ShortNumbers)
    for prefix, endless in (("", True), ("-", True), ("12", True), ("0", False)):
        assert automaton.has_more(run(state, prefix).prefix, 10**9) is endless, prefix
    assert not automaton.has_more(Exponent(6, ((None, None),)), 0)
    above = short_state(INTEGERS & NumberSet.interval(None, 5), NumberSet.empty(), FEW).automaton
    assert isinstance(above, ShortNumbers)
    assert not above.has_more(Mantissa(START), 10**9)
    assert above.has_more(Mantissa(MINUS, True), 10**9)
    digits = short_state(INTEGERS & NumberSet.interval(1, 5), NumberSet.empty(), FEW).automaton
    assert isinstance(digits, ShortNumbers)
    assert not digits.has_more(Mantissa(START), 0), "no decade is full"


def test_a_far_bound_is_not_walked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    finds = Magnitudes.finds
    monkeypatch.setattr(Magnitudes, "finds", lambda *those: asked.append(those) or finds(*those))
    far = short_state(INTEGERS & NumberSet.interval(10**300), NumberSet.empty(), FEW)
    assert run(far, "1").shortest == 300
    assert len(asked) < 20


def test_digits_of_any_magnitude() -> None:
    """Whether the digits may stand somewhere, wherever the point is."""
    for numbers in (
        NumberSet.multiples(7) & NumberSet.interval(0, 500),
        NumberSet.interval("0.2", "0.3"),
        NumberSet.interval(5, 12, True, True),
        NumberSet.multiples("0.5") & NumberSet.interval("0.9", 70),
        NumberSet.interval(0, 40) - NumberSet.multiples(3),
        INTEGERS & NumberSet.interval(100, 10**5),
        NumberSet.values([5, 70, 3000]),
        NumberSet.multiples(250),
        NumberSet.empty(),
    ):
        side, _ = sides(numbers)
        for low, high in [(k, k) for k in range(10, 100)] + [(10, 19), (31, 39), (96, 99)]:
            expected = any(f"{k}e{e}" in numbers for k in range(low, high + 1) for e in range(-6, 8))
            assert _has_digits(side, 2, low, high) == expected, (numbers, low, high)


def test_a_lower_bound_of_members() -> None:
    side, _ = sides(NumberSet.multiples("0.5") & NumberSet.interval(0, 700))
    assert _at_least(side, 2, 3, 100, 199) == 20
    assert _at_least(side, 2, 2, 10, 99) == 90
    assert _at_least(side, 3, 3, 100, 999) == 0, "a decade with a bound"
    assert _at_least(side, 4, 4, 1000, 9999) == 0
    side, _ = sides(NumberSet.all())
    assert _at_least(side, 1, 2, 10, 99) == 90
    side, _ = sides(NumberSet.multiples(2) | NumberSet.multiples(3))
    assert _at_least(side, 2, 2, 10, 99) == 15, "those of six alone, of three rows"
    side, _ = sides(NumberSet.all() - NumberSet.multiples(2))
    assert _at_least(side, 2, 2, 10, 99) == 0


def test_states_are_shared() -> None:
    start = short_state(INTEGERS, NumberSet.all(), FEW)
    assert short_state(INTEGERS & INTEGERS, NumberSet.all(), Shape(False, False, 3, 2)) is start
    assert short_state(INTEGERS, NumberSet.all(), Shape(False, False, 3, 3)) is not start
    assert run(start, "12") is run(start, "34")
    assert run(start, "12") is not run(start, "123")
    assert run(start, "1.2") is run(start, "9.5")
    assert run(start, "1.2") is not run(start, "12.3")
    assert run(start, "0.0").prefix == (FRACTION, False, 0, 0, -1, 0)
    bounded = short_state(SMALL, NumberSet.interval(0, 55), FEW)
    assert run(bounded, "52") is run(bounded, "53")
    assert run(bounded, "52") is not run(bounded, "57")
    assert run(bounded, "1.2") is run(bounded, "1.3")
    sevens = short_state(NumberSet.multiples(7), NumberSet.empty(), FEW)
    assert run(sevens, "10") is run(sevens, "17")
    assert run(sevens, "10") is not run(sevens, "11")
    fifths = short_state(NumberSet.empty(), NumberSet.multiples("0.03"), FEW)
    assert run(fifths, "1.1") is run(fifths, "1.7")
    assert run(fifths, "1.1") is not run(fifths, "1.2")
    assert run(fifths, "1.0") is not run(fifths, "1.3")


def test_forced_text_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    million = short_state(NumberSet.value(10**6), NumberSet.empty(), FEW)
    assert million.forced == b"1000000"
    monkeypatch.setattr(json_number, "FORCED_LIMIT", 3)
    assert million.forced == b"100"


@pytest.mark.parametrize(
    ("value", "digits", "prefix", "shortest"),
    [
        ("1e12", 15, "1", 3),
        ("1e12", 15, "1.", 4),
        ("1e12", 15, "0.", 4),
        ("1e-9", 15, "0.", 4),
        ("1e-9", 15, "0", 3 + 2),
        ("1e-9", 15, "1", 3),
        ("1e-3", 15, "0.", 3),
        ("1.5", 15, "1", 2),
        ("1.5", 15, "15", 3),
        ("150", 15, "1", 3),
        ("150", 2, "1", 3),
        ("15", 15, "1", 3),
        ("15", 2, "15", 2),
        ("15", 3, "15", 2),
    ],
)
def test_the_nearest_of_exponents_and_digits(value: str, digits: int, prefix: str, shortest: int) -> None:
    """`e0` at least where a number is not written as an integer."""
    shape = Shape(True, False, digits)
    state = run(short_state(NumberSet.empty(), NumberSet.value(value), shape), prefix)
    assert state.shortest == shortest
    assert len(state.completion()) == shortest


def test_zeros_as_asked() -> None:
    """A minus, and exponents that readers can read."""
    for minus_zero in (False, True):
        zeros = short_state(INTEGERS, INTEGERS, Shape(True, minus_zero, 2))
        for text in ("-0", "-0.0", "-0e5", "-0.00"):
            state = run(zeros, text)
            assert (state is not None and state.accepting) == minus_zero, text
        for exponent, accepted in (("999", True), ("-999", True), ("0999", True), ("1000", False)):
            state = run(zeros, f"0e{exponent}")
            assert (state is not None and state.accepting) == accepted
    assert run(short_state(INTEGERS, INTEGERS, Shape(False, True, 2, 0)), "0.") is None


def test_description() -> None:
    state = short_state(NumberSet.value(1), NumberSet.value("0.5"), FEW)
    assert state.describe() == {
        "kind": "short number",
        "whole": set_as_json(NumberSet.value(1)),
        "other": set_as_json(NumberSet.value("0.5")),
        "shape": {"exponents": False, "minus_zero": False, "digits": 3, "places": 2},
    }
    assert state.automaton.numbers == NumberSet.value("0.5")
