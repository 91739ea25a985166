"""Numbers: the algebra of sets against arithmetic, the machine against brute force and against itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.automata.language import INFINITE
from bltgen.constraints.json_number import (
    NumberState,
    _automaton,
    number_language,
    number_state,
)
from bltgen.constraints.number_set import NumberSet, decimal_parts
from bltgen.errors import LimitExceeded

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")

BOUNDS = "0 1 -1 5 6 9.5 10 12 99 100 123 -40 0.5 0.001 -0.25 1e5 65535 1e40 1e-40 -7e30"
STEPS = "1 2 3 5 7 10 0.1 0.01 0.25 0.3 2.5 100 12 1e-8 1e3"
bounds = st.sampled_from([*map(Decimal, BOUNDS.split())]) | st.decimals(-1000, 1000, places=2)
steps = st.sampled_from([*map(Decimal, STEPS.split())])


def intervals(low: Decimal, high: Decimal, low_open: bool, high_open: bool) -> NumberSet:
    return NumberSet.interval(min(low, high), max(low, high), low_open, high_open)


leaves = st.one_of(
    st.just(NumberSet.all()),
    st.just(NumberSet.integers()),
    st.builds(NumberSet.value, bounds),
    st.builds(NumberSet.multiples, steps),
    st.builds(intervals, bounds, bounds, st.booleans(), st.booleans()),
    st.builds(lambda b, o: NumberSet.interval(b, None, low_open=o), bounds, st.booleans()),
    st.builds(lambda b, o: NumberSet.interval(None, b, high_open=o), bounds, st.booleans()),
)
sets = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a: ~a, inner),
    ),
    max_leaves=5,
)


def run(state: Any, text: str) -> Any:
    for byte in text.encode():
        if state is None:
            return None
        state = state.advance(byte)
    return state


# -- sets ------------------------------------------------------------------------------------------------


@given(sets, sets, bounds)
@settings(max_examples=200, deadline=None)
def test_algebra_is_pointwise(a: NumberSet, b: NumberSet, v: Decimal) -> None:
    """Membership in a combination is the combination of memberships, also next to the ends of intervals."""
    for value in (v, v + Decimal("1e-9"), v - Decimal("1e-9"), v * 3):
        assert (value in (a & b)) == (value in a and value in b)
        assert (value in (a | b)) == (value in a or value in b)
        assert (value in ~a) == (value not in a)
        assert (value in (a - b)) == (value in a and value not in b)
    assert (v in a.without(v)) is False
    assert (a.without(v) | (a & NumberSet.value(v))).equivalent(a)
    assert a.equivalent(b) == ((a - b).is_empty() and (b - a).is_empty())
    assert (a & ~a).is_empty()
    assert (~(a | ~a)).is_empty()


@given(sets)
@settings(max_examples=200, deadline=None)
def test_emptiness_is_decided_by_a_witness(a: NumberSet) -> None:
    """A set is empty if and only if no spelling of a member can be found."""
    state = number_state(a)
    if a.is_empty():
        assert state.shortest >= INFINITE
        assert not state.allowed
    else:
        assert Decimal(state.completion().decode()) in a


@given(st.lists(st.integers(-50, 50)), st.lists(steps, max_size=3), st.integers(-20, 20), st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_size_counts_members(values: list[int], moduli: list[Decimal], low: int, length: int) -> None:
    """`size` agrees with counting the members one by one."""
    bounded = NumberSet.interval(low, low + length) & NumberSet.multiples(Decimal("0.5"))
    for step in moduli:
        bounded &= ~NumberSet.multiples(step)
    bounded |= NumberSet.values(values)
    halves = [Fraction(k, 2) for k in range(-200, 200)]
    assert bounded.size() == sum(x in bounded for x in halves)
    assert NumberSet.interval(0, 1).size() is None
    assert NumberSet.integers().size() is None


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("0e999", (0, 0)),
        ("-0.000", (0, 0)),
        ("1" + "0" * 400 + "e-400", (1, 0)),
        ("1E+2", (1, 2)),
        (1e22, (1, 22)),
        (0.1, (1, -1)),
        (Decimal("1.50"), (15, -1)),
        (Fraction(3, 8), (375, -3)),
        ("1e999999999999", (1, 999999999999)),
        ("7" * 5000, (int("7" * 4000) * 10**1000 + int("7" * 1000), 0)),
    ],
)
def test_equal_numbers_have_equal_parts(value: Any, parts: tuple[int, int]) -> None:
    """Every spelling of a value gives the same pair, without writing the value out."""
    assert decimal_parts(value) == parts


@pytest.mark.parametrize(
    "value", [True, "1.", ".5", "01", "+1", "", float("nan"), float("inf"), Fraction(1, 3)]
)
def test_what_is_no_decimal_number_is_refused(value: Any) -> None:
    """Booleans, malformed texts, infinities and thirds are not numbers."""
    with pytest.raises(ValueError, match=r"decimal|number"):
        decimal_parts(value)


def test_absurd_bounds_are_refused() -> None:
    """A bound of a billion digits is a limit error, a member of a billion digits is not."""
    with pytest.raises(LimitExceeded):
        NumberSet.interval(0, "1e999999999")
    assert "1e999999999" in NumberSet.interval(0, None)
    assert "-1e999999999" not in NumberSet.interval(0, None)
    assert "1e-999999999" in NumberSet.interval(0, 1, low_open=True)
    assert "1e-999999999" not in NumberSet.integers()
    assert "1e999999999" in NumberSet.multiples(16)


def test_multiples_need_a_positive_step() -> None:
    """Zero and negative steps are errors; a third is as good as one among decimals."""
    for step in (0, -1):
        with pytest.raises(ValueError, match="greater than 0"):
            NumberSet.multiples(step)
    assert NumberSet.multiples(Fraction(1, 3)) == NumberSet.integers()


# -- the machine -----------------------------------------------------------------------------------------


@lru_cache
def spelled(limit: int) -> tuple[tuple[str, tuple[int, int]], ...]:
    """Every JSON number text of at most `limit` bytes, with its value."""
    found, layer = [], [""]
    for _ in range(limit):
        layer = [t + c for t in layer for c in "-+.0123456789eE" if re.fullmatch(PREFIX, t + c)]
        found += [(t, decimal_parts(t)) for t in layer if NUMBER.fullmatch(t)]
    return tuple(found)


PREFIX = r"-?|-?(0|[1-9][0-9]*)(\.[0-9]*)?|-?(0|[1-9][0-9]*)(\.[0-9]+)?[eE][+-]?[0-9]*"


def prefixes(limit: int) -> Iterator[str]:
    layer = [""]
    for _ in range(limit + 1):
        yield from layer
        layer = [t + c for t in layer for c in "-+.0123456789eE" if re.fullmatch(PREFIX, t + c)]


@given(sets)
@settings(max_examples=10, deadline=None)
def test_short_texts_by_brute_force(numbers: NumberSet) -> None:
    """For all texts of 4 bytes: accepted where a member; `shortest` is the true distance."""
    best: dict[str, int] = {}
    state = number_state(numbers)
    for text, (digits, exponent) in spelled(4):
        member = Fraction(digits) * Fraction(10) ** exponent in numbers
        reached = run(state, text)
        assert (reached is not None and reached.accepting) == member, text
        if member:
            for cut in range(len(text) + 1):
                best[text[:cut]] = min(best.get(text[:cut], 99), len(text) - cut)
    for prefix in prefixes(2):
        reached = run(state, prefix)
        known = best.get(prefix, 99)
        if reached is None:
            assert known == 99, prefix
        elif known < 99 or reached.shortest + len(prefix) <= 4:
            assert reached.shortest == known, prefix


def check_state(state: NumberState, numbers: NumberSet, prefix: str) -> None:
    """The local facts that make `allowed` and `shortest` exact: distances have one fixed point."""
    live = {b for b in range(256) if state.advance(b) is not None}
    assert live == set(state.allowed)
    assert state.accepting == (state.shortest == 0)
    assert state.accepting == (bool(NUMBER.fullmatch(prefix)) and prefix in numbers), prefix
    distances = {b: state.advance(b).shortest for b in live}  # type: ignore[union-attr]
    assert all(d < INFINITE for d in distances.values())
    if not state.accepting:
        assert state.shortest == 1 + min(distances.values()), (prefix, state, distances)
    for n in (state.shortest, state.shortest + 1, state.shortest + 3):
        assert set(state.allowed_within(n)) == {b for b, d in distances.items() if d < n}
    text = prefix + state.completion().decode()
    assert len(text) == len(prefix) + state.shortest
    assert text in numbers


@given(sets.filter(lambda s: not s.is_empty()), st.data())
@settings(max_examples=250, deadline=None)
def test_walks_are_exact_everywhere(numbers: NumberSet, data: st.DataObject) -> None:
    """At every state of a random walk the distances are consistent with all successors'."""
    state, prefix = number_state(numbers), ""
    for _ in range(data.draw(st.integers(0, 12))):
        check_state(state, numbers, prefix)
        if not state.allowed:
            break
        byte = data.draw(st.sampled_from(sorted(state.allowed)))
        following = state.advance(byte)
        assert following is not None
        state, prefix = following, prefix + chr(byte)
    check_state(state, numbers, prefix)


@given(sets, st.integers(-(10**9), 10**9), st.integers(-12, 12), st.data())
@settings(max_examples=250, deadline=None)
def test_every_spelling_of_a_member_is_accepted(
    numbers: NumberSet, digits: int, exponent: int, data: st.DataObject
) -> None:
    """Random spellings of one value (point moved, zeros added, exponent adjusted) share one verdict."""
    value = Fraction(digits) * Fraction(10) ** exponent
    body = str(abs(digits)) + "0" * data.draw(st.integers(0, 4))
    exponent -= len(body) - len(str(abs(digits)))
    point = data.draw(st.integers(0, len(body)))
    whole, fraction = body[:point].lstrip("0") or "0", body[point:] + "0" * data.draw(st.integers(0, 3))
    exponent += len(body) - point
    text = ("-" if digits < 0 else "") + whole + ("." + fraction if fraction else "")
    if exponent or data.draw(st.booleans()):
        sign = "-" if exponent < 0 else data.draw(st.sampled_from(["", "+"]))
        text += (
            data.draw(st.sampled_from("eE")) + sign + "0" * data.draw(st.integers(0, 2)) + str(abs(exponent))
        )
    assert Fraction(text) == value
    reached = run(number_state(numbers), text)
    assert (reached is not None and reached.accepting) == (value in numbers), text


def test_exponents_make_up_for_digits() -> None:
    """Exactness needs counting: mantissa and exponent of any length are weighed against each other."""
    at_most_one = number_language(maximum=1, minimum=0)
    assert at_most_one.accepts(b"99999e-5")
    assert not at_most_one.accepts(b"99999e-4")
    assert at_most_one.accepts(b"1" + b"0" * 400 + b"e-400")
    assert not at_most_one.accepts(b"1" + b"0" * 400 + b"e-399")
    assert at_most_one.accepts(b"0e999")
    integer = number_language(integer=True)
    for text in (b"1.0", b"1e2", b"10e-1", b"-0", b"1.5e1", b"100e-2", b"0.0e-7"):
        assert integer.accepts(text), text
    for text in (b"1.5", b"1e-1", b"105e-2", b"0.1e0"):
        assert not integer.accepts(text), text
    assert number_language(minimum=1e308).accepts(b"1e400")
    assert number_language(multiple_of=Decimal("0.0001")).accepts(b"0.0075")
    assert not number_language(multiple_of=Decimal("0.0001")).accepts(b"0.00751")


def test_bounds_of_hundreds_of_digits() -> None:
    """Magnitudes of 1e400 and 1e-400: distances are those of the shortest spelling."""
    tiny = NumberSet.interval(0, "1e-400", low_open=True)
    huge = NumberSet.interval("1e400", None)
    assert number_state(tiny).completion() == b"1e-400"
    assert number_state(huge).completion() == b"1e400"
    assert run(number_state(huge & ~NumberSet.multiples(3)), "3").shortest == len("1e399")


def test_a_first_digit_that_no_member_has_is_refused() -> None:
    """Between 5 and 6 no spelling begins with 7; one may begin with 0.0 all the same."""
    state = number_state(NumberSet.interval(5, 6))
    assert bytes(state.allowed) == b"056"
    assert run(state, "0.00").shortest == len("5e3")


def test_few_states_where_little_matters() -> None:
    """Walking thousands of different numbers makes a handful of states where only the type matters."""
    _automaton.cache_clear()
    state = number_state(NumberSet.all())
    integers = number_state(NumberSet.integers())
    for n in range(1000, 40000, 7):
        assert run(state, f"{n}.{n}e-{n}") is not None
        assert run(integers, str(n)) is not None
    assert len(state.automaton._states) < 30
    assert len(integers.automaton._states) < 40


def test_long_numbers_cost_linear_time() -> None:
    """A number of 20,000 digits is walked, against bounds and multiples too."""
    text = "1234567890" * 2000
    for numbers in (NumberSet.all(), NumberSet.interval(5, None), NumberSet.multiples(Decimal("0.01"))):
        assert run(number_state(numbers), text + "e-3") is not None


def test_one_number_among_many() -> None:
    """An enumeration of a thousand numbers is a set like any other."""
    numbers = NumberSet.values(range(0, 3000, 3))
    state = number_state(numbers)
    assert run(state, "299").shortest == 1
    assert run(state, "2997").accepting


def test_it_is_a_language() -> None:
    """The regular layer composes it: lists of numbers, intersections, exact distances."""
    from bltgen.automata.language import literal

    pair = (
        literal(b"[")
        + number_language(minimum=10)
        + literal(b",")
        + number_language(integer=True)
        + literal(b"]")
    )
    assert pair.accepts(b"[1e1,2]")
    assert not pair.accepts(b"[9,2]")
    assert pair.start().shortest == 6
    assert number_language(exclusive_minimum=1, exclusive_maximum=1).is_empty()
