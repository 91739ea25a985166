"""The numbers of one sign by order of magnitude: every answer against counting all numbers of few digits."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import pairwise, product

import pytest

from bltgen.constraints.json_number import sides
from bltgen.constraints.number_magnitudes import (
    Decade,
    Magnitudes,
    _exponents_where,
    _roundest,
    digit_count,
    exponent_cost,
    span,
)
from bltgen.constraints.number_set import ALWAYS, NEVER, Condition, Modulus, NumberSet

INTEGERS = NumberSet.integers()
NO_THREES = NumberSet.interval(0, 40) - NumberSet.multiples(3)
SETS: dict[str, NumberSet] = {
    "all": NumberSet.all(),
    "none": NumberSet.empty(),
    "integers": INTEGERS,
    "quarters": NumberSet.multiples("0.25"),
    "dozens": NumberSet.multiples(12),
    "fifteens below 1000": NumberSet.multiples(15) & NumberSet.interval(0, 999),
    "no integers": NumberSet.interval(None, 9) - INTEGERS,
    "5 to 12": NumberSet.interval(5, 12),
    "5 to 250": NumberSet.interval(5, 250),
    "threes of tenths and sevens": (NumberSet.multiples("0.3") | NumberSet.multiples(7))
    & NumberSet.interval(0, 9),
    "between 5 and 12": NumberSet.interval(5, 12, True, True),
    "between 1.2 and 1.3": NumberSet.interval("1.2", "1.3", True, True),
    "halves from 0.9 to 70": NumberSet.multiples("0.5") & NumberSet.interval("0.9", 70),
    "at least 1": NumberSet.interval(1),
    "more than 1": NumberSet.interval(1, low_open=True),
    "less than 100": NumberSet.interval(None, 100, high_open=True),
    "at most 0.01": NumberSet.interval(None, "0.01"),
    "a few": NumberSet.values(["0.5", 7, 70, 71, 700, "0.05"]),
    "no multiples of three": NO_THREES,
    "integers, then all": INTEGERS & NumberSet.interval(0, 50) | NumberSet.interval(120),
    "all, then integers": NumberSet.interval(0, "2.5") | INTEGERS,
    "all but some": NumberSet.all() - NumberSet.values([1, 20, "0.3"]),
    "thirties and dozens": NumberSet.multiples(30) | NumberSet.multiples(12),
    "thirties without sixties": NumberSet.multiples(30)
    & NumberSet.interval(0, 999) - NumberSet.multiples(60),
    "tens in hundreds": NumberSet.multiples(10) & NumberSet.interval(100, 999),
}
RANGE = range(-2, 6)
TOLD_BY = sorted({*range(100, 1000, 5), *range(102, 1000, 6)})
"""Digits by which all sets here are told apart."""


def side_of(name: str) -> Magnitudes:
    return sides(SETS[name])[0]


@lru_cache
def members(name: str, magnitude: int) -> tuple[int, ...]:
    """Those k of three digits for which 0.k * 10**magnitude is a member."""
    return tuple(k for k in TOLD_BY if f"{k}e{magnitude - 3}" in SETS[name])


@pytest.mark.parametrize("name", SETS)
def test_finding_digits_of_one_magnitude(name: str) -> None:
    side = side_of(name)
    for magnitude in RANGE:
        found = members(name, magnitude)
        for size in (1, 2, 3):
            step = 10 ** (3 - size)
            these = {k // step for k in found if k % step == 0}
            lows = {1: range(1, 10), 2: range(10, 100, 7), 3: (100, 105, 120, 125, 500, 700, 710, 995)}[size]
            for low in lows:
                for high in {low - 1, low, low + 1, low + 5 * size, 10**size - 1}:
                    if high < 10**size and (size < 3 or {low, high} <= {*TOLD_BY}):
                        expected = any(low <= k <= high for k in these)
                        assert side.finds(magnitude, size, low, high) == expected, (magnitude, low, high)


@pytest.mark.parametrize("name", SETS)
def test_reaching_a_member_from_its_first_digits(name: str) -> None:
    side = side_of(name)
    prefixes = [(0, 0), *((d, 1) for d in range(1, 10)), *((d, 2) for d in (10, 12, 13, 36, 50, 70, 71, 99))]
    for lowest, highest in product((None, -2, 0, 1, 2, 4), (None, -2, 0, 1, 2, 4)):
        at = [m for m in RANGE if (lowest is None or m >= lowest) and (highest is None or m <= highest)]
        for digits, length in prefixes:
            expected = any(
                k // 10 ** (3 - length) == digits or not length for m in at for k in members(name, m)
            )
            assert side.reaches(digits, length, lowest, highest) == expected, (digits, lowest, highest)


FAR = {
    "threes": NumberSet.multiples(3) & NumberSet.interval(5 * 10**6),
    "threes below": NumberSet.multiples("3e-9") & NumberSet.interval(0, "3e-7"),
    "eights": NumberSet.multiples(8) & NumberSet.interval(10, 2 * 10**5),
}


@pytest.mark.parametrize("name", [*SETS, *FAR])
def test_the_cheapest_exponent(name: str) -> None:
    side = sides((SETS | FAR)[name])[0]
    ranges = [(1, 1, 9), (1, 3, 3), (2, 10, 99), (2, 12, 12), (2, 36, 36), (2, 37, 41), (3, 500, 500)]
    for size, low, high in [*ranges, (3, 119, 121)]:
        there = {m for m in range(-115, 125) if side.finds(m, size, low, high)}
        for base in (-8, 0, 1, 2, 3, 9):
            costs = [exponent_cost(m - base) for m in there if abs(m - base) <= 110]
            for bound in (0, 1, 2, 3, 4, 5):
                expected = min([*costs, bound])
                assert side.cheapest_exponent(size, low, high, base, bound) == expected, (low, base, bound)


@pytest.mark.parametrize("name", SETS)
def test_the_exponents_that_make_a_member(name: str) -> None:
    side = side_of(name)
    for digits, place in product((1, 3, 5, 12, 75, 700, 125, 360, 4), (-2, 0, 1, 3)):
        length = len(str(digits))
        zeros = length - len(str(digits).rstrip("0"))
        found = side.exponents(digits, length, place, zeros)
        for e in (*range(-12, 13), -(10**6), 10**6):
            within = any((low is None or low <= e) and (high is None or e <= high) for low, high in found)
            assert within == (f"{digits}e{place - length + e}" in SETS[name]), (digits, place, e, found)
        for (_, before), (after, _) in pairwise(found):
            assert before is not None
            assert after is not None
            assert before + 1 < after, "neighbours that touch are one interval"


def test_magnitudes_are_cut_where_points_lie() -> None:
    two = Condition((Modulus(2, 0),), 2)
    side = Magnitudes(
        [Fraction(5), Fraction(12), Fraction("12.5"), Fraction(1000)],
        [True, False, True, True],
        [NEVER, ALWAYS, two, ALWAYS, NEVER],
    )
    assert side.magnitudes == [1, 2, 4]
    assert side.between == [NEVER, ALWAYS, ALWAYS, NEVER]
    assert (side.lowest, side.highest) == (1, 4)
    assert side.decades == {
        1: Decade(1, (5,), (True,), (NEVER, ALWAYS)),
        2: Decade(3, (120, 125), (False, True), (ALWAYS, two, ALWAYS)),
        4: Decade(1, (1,), (True,), (ALWAYS, NEVER)),
    }
    assert side.decade(3) == Decade(0, (), (), (ALWAYS,))
    assert side.decade(0) == side.decade(5) == Decade(0, (), (), (NEVER,))
    assert side.precision == 3
    assert side.significands == [100, 120, 125, 500]
    assert side.moduli == [Modulus(2, 0)]
    assert side.residues == 2


def test_a_power_of_ten_may_cut_off_nothing() -> None:
    """Where it is as its decade is; not where it is left out, or alone."""
    for inside, gap, precision in (
        (True, ALWAYS, 0),
        (False, ALWAYS, 1),
        (True, NEVER, 1),
        (False, NEVER, 0),
    ):
        side = Magnitudes([Fraction(10)], [inside], [NEVER, gap])
        assert side.precision == precision
        marks = (1,) if precision else ()
        assert side.decade(2).marks == marks
        assert side.significands == list(marks)
        assert side.between == [NEVER, gap]
        assert side.lowest == 2
        assert side.highest == (None if gap is ALWAYS else 2)
    both = Magnitudes([Fraction(10), Fraction(30)], [True, True], [NEVER, ALWAYS, NEVER])
    assert both.decade(2) == Decade(1, (3,), (True,), (ALWAYS, NEVER))
    both = Magnitudes([Fraction(10), Fraction(300)], [True, True], [NEVER, ALWAYS, NEVER])
    assert both.between == [NEVER, ALWAYS, NEVER]
    assert both.decade(3) == Decade(1, (3,), (True,), (ALWAYS, NEVER))


def test_a_side_without_points() -> None:
    side = Magnitudes([], [], [ALWAYS])
    assert (side.lowest, side.highest, side.precision, side.significands) == (None, None, 0, [])
    assert (side.moduli, side.residues) == ([], 1)
    six = Magnitudes([], [], [Condition((Modulus(4, -1), Modulus(6, 0)), 0b1000)])
    assert six.residues == 12


def test_no_power_is_written_out_in_vain() -> None:
    """Prefixes and bases a billion places away."""
    far = 10**9
    side = side_of("integers, then all")
    assert side.finds(far, 1, 1, 9)
    assert side.exponents(5, 1, -far, 0) == ((far + 1, None),)
    assert side_of("dozens").exponents(3, 1, far, 0) == ((3 - far, None),)


def test_digits_are_counted() -> None:
    for digits in [*range(1, 1200), *(10**k + d for k in range(4, 80) for d in (-1, 0, 1))]:
        assert digit_count(digits) == len(str(digits))


def test_spans_costs_and_zeros() -> None:
    assert [span(12, 2, more) for more in (0, 1, 2)] == [(12, 12), (120, 129), (1200, 1299)]
    assert [span(0, 0, more) for more in (1, 2)] == [(1, 9), (10, 99)]
    for exponent in (-1000, -100, -99, -10, -9, -1, 1, 9, 10, 99, 100):
        assert exponent_cost(exponent) == len(f"e{exponent}")
    assert exponent_cost(0) == 0
    for low, high in product(range(1, 130), (1, 9, 10, 11, 19, 20, 99, 100, 101, 110, 129)):
        if low <= high:
            expected = max(len(str(k)) - len(str(k).rstrip("0")) for k in range(low, high + 1))
            assert _roundest(low, high) == expected, (low, high)
    assert _roundest(999_999, 1_000_001) == 6


@pytest.mark.parametrize(
    "condition",
    [
        ALWAYS,
        NEVER,
        Condition((Modulus(8, 0),), 0b10),
        Condition((Modulus(25, -1),), 0b01),
        Condition((Modulus(3, 2),), 0b10),
        Condition((Modulus(3, 2),), 0b01),
        Condition((Modulus(2, 0), Modulus(5, 1)), 0b0010),
        Condition((Modulus(2, 0), Modulus(5, 1)), 0b1000),
        Condition((Modulus(2, 0), Modulus(5, 1), Modulus(7, -2)), 0b00001011),
    ],
)
@pytest.mark.parametrize("digits", [1, 3, 5, 21, 625, 64])
@pytest.mark.parametrize("place", [-3, 0, 2])
def test_where_a_row_of_digits_meets_a_condition(condition: Condition, digits: int, place: int) -> None:
    found = list(_exponents_where(condition, digits, place))
    for e in range(-12, 13):
        within = any((low is None or low <= e) and (high is None or e <= high) for low, high in found)
        assert within == condition.holds(digits, place + e), (e, found)
