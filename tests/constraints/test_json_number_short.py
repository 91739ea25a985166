"""Numbers of few digits: the machine against brute force over short texts, and against itself anywhere."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bltgen.automata.language import INFINITE
from bltgen.constraints.json_number import (
    NumberState,
)
from bltgen.constraints.json_number_short import Shape, short_state
from bltgen.constraints.number_set import NumberSet
from tests.constraints.test_json_number import prefixes, run, sets, spelled

shapes = st.builds(
    Shape, st.just(True), st.booleans(), st.sampled_from([1, 2, 3, 15]), st.none()
) | st.builds(Shape, st.just(False), st.booleans(), st.sampled_from([1, 2, 3, 15]), st.integers(0, 4))
TEXT = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
FEW = Shape(False, False, 3, 2)


def admits(text: str, whole: NumberSet, other: NumberSet, shape: Shape) -> bool:
    """What the module says, text by text."""
    found = TEXT.fullmatch(text)
    if found is None:
        return False
    minus, before, after, exponent = found.groups()
    zero = not (before + (after or "")).strip("0")
    if minus and zero and not shape.minus_zero:
        return False
    if after is None and exponent is None:
        return text in whole
    if len((before + (after or "")).lstrip("0")) > shape.digits or (exponent and not shape.exponents):
        return False
    if shape.places is not None and len(after or "") > shape.places:
        return False
    return text in other and (not zero or abs(int(exponent or 0)) <= 999)


@given(sets, sets, shapes)
@example(NumberSet.integers(), NumberSet.all(), FEW)
@example(NumberSet.empty(), NumberSet.integers(), Shape(True, True, 2))
@settings(max_examples=20, deadline=None)
def test_short_texts_by_brute_force(whole: NumberSet, other: NumberSet, shape: Shape) -> None:
    """For all texts of 4 bytes: accepted as the module says; `shortest` is the true distance."""
    whole &= NumberSet.integers()
    best: dict[str, int] = {}
    state = short_state(whole, other, shape)
    for text, _ in spelled(4):
        member = admits(text, whole, other, shape)
        reached = run(state, text)
        assert (reached is not None and reached.accepting) == member, text
        if member:
            for cut in range(len(text) + 1):
                best[text[:cut]] = min(best.get(text[:cut], 99), len(text) - cut)
    for prefix in prefixes(2):
        reached = run(state, prefix)
        known = best.get(prefix, 99)
        if reached is None or (not prefix and reached.shortest >= INFINITE):
            assert known == 99, prefix
        elif known < 99 or reached.shortest + len(prefix) <= 4:
            assert reached.shortest == known, prefix


def check_state(state: NumberState, whole: NumberSet, other: NumberSet, shape: Shape, prefix: str) -> None:
    """The local facts that make `allowed` and `shortest` exact: distances have one fixed point."""
    live = {b for b in range(256) if state.advance(b) is not None}
    assert live == set(state.allowed)
    assert state.accepting == (state.shortest == 0) == admits(prefix, whole, other, shape), prefix
    distances = {b: state.advance(b).shortest for b in live}  # type: ignore[union-attr]
    assert all(d < INFINITE for d in distances.values())
    if not state.accepting:
        assert state.shortest == 1 + min(distances.values()), (prefix, state, distances)
    for n in (state.shortest, state.shortest + 1, state.shortest + 3):
        assert set(state.allowed_within(n)) == {b for b, d in distances.items() if d < n}
    text = prefix + state.completion().decode()
    assert len(text) == len(prefix) + state.shortest
    assert admits(text, whole, other, shape), text


@given(sets, sets, shapes, st.data())
@settings(max_examples=250, deadline=None)
def test_walks_are_exact_everywhere(
    whole: NumberSet, other: NumberSet, shape: Shape, data: st.DataObject
) -> None:
    """At every state of a random walk the distances are consistent with all successors'."""
    whole &= NumberSet.integers()
    state, prefix = short_state(whole, other, shape), ""
    assume(state.shortest < INFINITE)
    for _ in range(data.draw(st.integers(0, 18))):
        check_state(state, whole, other, shape, prefix)
        if not state.allowed:
            break
        byte = data.draw(st.sampled_from(sorted(state.allowed)))
        following = state.advance(byte)
        assert following is not None
        state, prefix = following, prefix + chr(byte)
    check_state(state, whole, other, shape, prefix)


@given(sets, sets, shapes, st.integers(-(10**6), 10**6), st.integers(-8, 4), st.integers(0, 3))
@settings(max_examples=250, deadline=None)
def test_every_spelling_of_a_number_has_its_verdict(
    whole: NumberSet, other: NumberSet, shape: Shape, digits: int, exponent: int, zeros: int
) -> None:
    """Beyond short texts too: a number with its point moved and zeros added, with and without exponent."""
    whole &= NumberSet.integers()
    value = Decimal(digits).scaleb(exponent)
    plain = f"{value:f}"
    spellings = [plain, plain + ("" if "." in plain else ".") + "0" * (zeros + 1)]
    spellings += [f"{text}{e}" for text in spellings for e in ("e0", "E+1", "e-2", "e-03")]
    for text in spellings:
        reached = run(short_state(whole, other, shape), text)
        accepted = reached is not None and reached.accepting
        assert accepted == admits(text, whole, other, shape), text


@given(sets, sets, shapes, st.data(), st.integers(0, 60))
@settings(max_examples=150, deadline=None)
def test_many_values_are_many(
    whole: NumberSet, other: NumberSet, shape: Shape, data: st.DataObject, than: int
) -> None:
    """Where more than n values are promised, more than n are found one after the other."""
    whole &= NumberSet.integers()
    state, prefix = short_state(whole, other, shape), ""
    assume(state.shortest < INFINITE)
    for _ in range(data.draw(st.integers(0, 6))):
        if not state.allowed:
            break
        byte = data.draw(st.sampled_from(sorted(state.allowed)))
        state, prefix = state[byte], prefix + chr(byte)  # type: ignore[assignment]
    if state.automaton.has_more(state.prefix, than):
        for _ in range(than + 1):
            reached = run(short_state(whole, other, shape), prefix)
            assert reached is not None, (prefix, whole, other)
            value = Fraction(prefix + reached.completion().decode())
            whole, other = whole.without(value), other.without(value)


@pytest.mark.parametrize("text", ["12.50", "0.10", "568.00", "568", "0.00", "-3.10", "1234567890123.45"])
def test_money_may_end_in_zero(text: str) -> None:
    """Trailing zeros are digits like others, up to the most."""
    whole = NumberSet.integers() & NumberSet.interval(-(10**15), 10**15)
    state = short_state(whole, NumberSet.all(), Shape(False, False, 15, 21))
    assert run(state, text).accepting
    assert run(state, text + "0" * 22) is None


def test_few_states_suffice() -> None:
    """States count digits, not numbers."""
    state = short_state(NumberSet.integers(), NumberSet.all(), Shape(False, False, 15, 21))
    for n in range(1000, 40000, 7):
        assert run(state, f"{n}.{n}") is not None
    assert len(state.automaton._states) < 100
