"""Sets of numbers, part by part: against arithmetic on a grid of values, and at each bound and limit."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from bltgen.automata.limits import Limits
from bltgen.constraints.number_set import (
    ALWAYS,
    DIGIT_LIMIT,
    NEVER,
    Condition,
    Modulus,
    NumberSet,
    _fraction_parts,
    _possible,
    decimal_parts,
)
from bltgen.errors import LimitExceeded

MODULUS_LIMIT = Limits().multiples

GRID = [Fraction(k, 20) for k in range(-130, 131)]

POOL: dict[str, tuple[NumberSet, Callable[[Fraction], bool]]] = {
    "all": (NumberSet.all(), lambda x: True),
    "empty": (NumberSet.empty(), lambda x: False),
    "integers": (NumberSet.integers(), lambda x: x % 1 == 0),
    "halves": (NumberSet.multiples(0.5), lambda x: x % Fraction(1, 2) == 0),
    "of 0.75": (NumberSet.multiples("0.75"), lambda x: x % Fraction(3, 4) == 0),
    "of two": (NumberSet.multiples(2), lambda x: x % 2 == 0),
    "one": (NumberSet.value(1), lambda x: x == 1),
    "some": (NumberSet.values([3, "-2.5", 0, 3.0]), lambda x: x in (3, -2.5, 0)),
    "closed": (NumberSet.interval(-2, "1.5"), lambda x: -2 <= x <= Fraction(3, 2)),
    "open": (NumberSet.interval(-2, 3, True, True), lambda x: -2 < x < 3),
    "half open": (NumberSet.interval(0, 2, low_open=True), lambda x: 0 < x <= 2),
    "up": (NumberSet.interval(1), lambda x: x >= 1),
    "down": (NumberSet.interval(None, 1, high_open=True), lambda x: x < 1),
}
PAIRS = list(product(POOL, POOL))


# -- parts of numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (0, (0, 0)),
        (1500, (15, 2)),
        (-20, (-2, 1)),
        (Fraction(3, 8), (375, -3)),
        (Fraction(1, 2), (5, -1)),
        (Fraction(1, 25), (4, -2)),
        (Fraction(-7, 20), (-35, -2)),
        (Fraction(1, 32), (3125, -5)),
        (Fraction(1, 1250), (8, -4)),
        (Fraction(120), (12, 1)),
        (Fraction(0), (0, 0)),
        (Decimal("-1.50"), (-15, -1)),
        (Decimal("2E+3"), (2, 3)),
        (-2.5, (-25, -1)),
        ("12.3400e-1", (1234, -3)),
        ("-0.0120E+05", (-12, 2)),
        ("100.00", (1, 2)),
        ("1" * DIGIT_LIMIT, (int("1" * DIGIT_LIMIT), 0)),
        ("9" * DIGIT_LIMIT + "8", (10 * int("9" * DIGIT_LIMIT) + 8, 0)),
        ("1e-" + "0" * 5_000 + "7", (1, -7)),
    ],
)
def test_parts(value: Any, parts: tuple[int, int]) -> None:
    """Digits without zeros at the end, and the power of ten of the last one."""
    assert decimal_parts(value) == parts


@pytest.mark.parametrize(
    "value", [True, False, Decimal("NaN"), Decimal("-Infinity"), float("inf"), "1e", "0x1"]
)
def test_no_number_has_no_parts(value: Any) -> None:
    with pytest.raises(ValueError, match="number"):
        decimal_parts(value)


@pytest.mark.parametrize("denominator", [3, 6, 15, 70])
def test_a_fraction_without_end_has_no_parts(denominator: int) -> None:
    with pytest.raises(ValueError, match=f"1/{denominator} has no finite decimal expansion"):
        decimal_parts(Fraction(1, denominator))


def test_parts_of_fractions_are_kept() -> None:
    """Points of sets are asked for again and again."""
    _fraction_parts.cache_clear()
    decimal_parts(Fraction(7, 16))
    decimal_parts(Fraction(7, 16))
    assert (_fraction_parts.cache_info().misses, _fraction_parts.cache_info().hits) == (1, 1)


@pytest.mark.parametrize(
    "value",
    [f"1e{DIGIT_LIMIT + 1}", f"-1e-{DIGIT_LIMIT + 1}", (1 << 13_333) + 1, -(1 << 13_333) - 1],
)
def test_bounds_beyond_the_limit_of_digits_are_refused(value: Any) -> None:
    for make in (NumberSet.value, NumberSet.interval, NumberSet.all().without):
        with pytest.raises(LimitExceeded, match=str(DIGIT_LIMIT)):
            make(value)


@pytest.mark.parametrize("value", [f"1e{DIGIT_LIMIT}", f"-1e-{DIGIT_LIMIT}", (1 << 13_333) - 1])
def test_bounds_at_the_limit_of_digits_are_taken(value: Any) -> None:
    assert value in NumberSet.value(value)


# -- moduli ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1, 3, 8, 25, 12])
@pytest.mark.parametrize("power", [-2, 0, 1])
def test_a_modulus_divides_and_steps_as_fractions_do(factor: int, power: int) -> None:
    modulus = Modulus(factor, power)
    size = factor * Fraction(10) ** power
    assert modulus.size == size
    for exponent in range(-4, 5):
        unit = Fraction(10) ** exponent
        assert modulus.step(exponent) == (unit / size).denominator
        for digits in range(-30, 31):
            if digits % 10 or not digits:
                assert modulus.divides(digits, exponent) == (digits * unit % size == 0)


def test_a_step_writes_out_no_great_power() -> None:
    assert Modulus(24, 0).step(10**9) == 3
    assert Modulus(24, 0).divides(9, 10**9)
    assert not Modulus(24, 0).divides(7, 10**9)
    assert Modulus(24, 0).divides(0, -(10**9))


CONDITIONS = [
    ALWAYS,
    NEVER,
    Condition((Modulus(2, 0),), 0b10),
    Condition((Modulus(2, 0),), 0b01),
    Condition((Modulus(5, -1),), 0b10),
    Condition((Modulus(2, 0), Modulus(3, 0)), 0b1000),
    Condition((Modulus(2, 0), Modulus(3, 0)), 0b0110),
    Condition((Modulus(2, 0), Modulus(3, 0)), 0b0100),
    Condition((Modulus(2, 0), Modulus(3, 0), Modulus(7, 0)), 0b00000010),
    Condition((Modulus(1, 0), Modulus(15, -1)), 0b0010),
    Condition((Modulus(1, 0), Modulus(15, -1)), 0b0100),
    Condition((Modulus(1, 0), Modulus(2, 0)), 0b0010),
    Condition((Modulus(4, -1), Modulus(6, -1)), 0b1000),
    Condition((Modulus(4, -1), Modulus(6, -1)), 0b0010),
]


def holds(condition: Condition, x: Fraction) -> bool:
    row = sum(1 << i for i, m in enumerate(condition.moduli) if x % (m.factor * Fraction(10) ** m.power) == 0)
    return bool(condition.table >> row & 1)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_is_its_truth_table(condition: Condition) -> None:
    for x in GRID:
        assert condition.holds(*decimal_parts(x)) == holds(condition, x), x
    rows = condition.rows()
    assert len(rows) == bin(condition.table).count("1")
    for multiple_of, not_multiple_of in rows:
        assert {*multiple_of, *not_multiple_of} == set(condition.moduli)
    assert condition.dense == any(not multiple_of for multiple_of, _ in rows)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_finds_multiples_in_a_range(condition: Condition) -> None:
    for ulp, low in product((-2, -1, 0, 1, 2), range(-7, 16)):
        expected = False
        for high in range(low - 1, low + 14):
            if high >= low:
                expected = expected or holds(condition, high * Fraction(10) ** ulp)
            assert condition.finds(low, high, ulp) == expected, (ulp, low, high)


def test_a_far_range_is_searched_no_further_than_needed() -> None:
    """Of 2**n integers in a row one is a multiple of none of n numbers: the rest is not looked at."""
    odd = Condition((Modulus(1, 0), Modulus(2, 0), Modulus(3, 0)), 0b001)
    assert odd.finds(1, 10**30, -1)
    assert not Condition((Modulus(1, 0), Modulus(2, 0)), 0b0001).finds(1, 10**30, 3)
    assert not Condition((Modulus(2, 0), Modulus(4, 1)), 0b01).finds(1, 10**30, 2)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_counts_what_lies_between(condition: Condition) -> None:
    members = [x for x in GRID if holds(condition, x)]
    ends = [Fraction(k, 2) for k in range(-9, 10, 2)] + [Fraction(k) for k in (-6, -3, 0, 2, 6)]
    for low, high in product(ends, ends):
        count = condition.count_between(low, high)
        if low < high and condition.dense:
            assert count is None
        else:
            assert count == sum(low < x < high for x in members), (low, high)
    assert condition.count_between(Fraction(2), Fraction(2)) == 0


# -- sets ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", POOL)
def test_a_set_holds_what_its_constructor_says(name: str) -> None:
    numbers, holds = POOL[name]
    for x in GRID:
        assert (x in numbers) == holds(x), x
        assert (x in ~numbers) != holds(x), x
    assert ~~numbers == numbers
    assert numbers & numbers == numbers | numbers == numbers - NumberSet.empty() == numbers
    assert hash(~~numbers) == hash(numbers)
    assert pickle.loads(pickle.dumps(numbers)) == numbers
    assert numbers == numbers
    assert numbers != name


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_the_algebra_is_that_of_the_members(one: str, two: str) -> None:
    (a, in_a), (b, in_b) = POOL[one], POOL[two]
    met, joined, less = a & b, a | b, a - b
    for x in GRID:
        assert (x in met) == (in_a(x) and in_b(x)), x
        assert (x in joined) == (in_a(x) or in_b(x)), x
        assert (x in less) == (in_a(x) and not in_b(x)), x
    for made in (met, joined, less):
        assert list(made.points) == sorted(set(made.points))
        assert len(made.gaps) == len(made.points) + 1 == len(made.inside) + 1
    assert (met | less).equivalent(a)
    assert met.is_empty() == (not any(in_a(x) and in_b(x) for x in GRID))
    same = all(in_a(x) == in_b(x) for x in GRID)
    assert a.equivalent(b) == b.equivalent(a) == same == (a == b)


@pytest.mark.parametrize("name", POOL)
def test_size_counts(name: str) -> None:
    """A set is finite where it has an end on both sides, and only points and multiples between."""
    numbers, holds = POOL[name]
    dense = name in ("all", "closed", "open", "half open", "up", "down")
    for low, high in ((-4, 4), (0, 5), (-5, 0)):
        if not dense:
            within = numbers & NumberSet.interval(low, high, True)
            assert within.size() == sum(low < x <= high and holds(x) for x in GRID)
    endless = dense or name in ("integers", "halves", "of 0.75", "of two")
    assert (numbers.size() is None) == endless
    assert ((numbers & NumberSet.interval(0)).size() is None) == endless
    assert ((numbers & NumberSet.interval(None, 0)).size() is None) == (
        endless and name not in ("half open", "up")
    )


@pytest.mark.parametrize("name", POOL)
@pytest.mark.parametrize("value", [-2, 0, Fraction(1, 4), 1, 3, 4])
def test_one_number_less(name: str, value: Any) -> None:
    numbers, _ = POOL[name]
    less = numbers.without(value)
    assert less == numbers - NumberSet.value(value)
    assert value not in less
    if value not in numbers:
        assert less == numbers
    if value not in numbers.points and value not in numbers:
        assert less is numbers


def test_a_line_is_cut_where_it_must_be_and_nowhere_else() -> None:
    """Equal sets made in different ways are the same cuts."""
    assert NumberSet.interval(0, 5) | NumberSet.interval(5, 9) == NumberSet.interval(0, 9)
    assert NumberSet.interval(0, 5, high_open=True) | NumberSet.interval(5, 9) == NumberSet.interval(0, 9)
    hole = NumberSet.interval(0, 5, high_open=True) | NumberSet.interval(5, 9, low_open=True)
    assert hole.points == (0, 5, 9)
    assert hole.inside == (True, False, True)
    assert NumberSet.integers() & NumberSet.interval("0.2", "0.8") == NumberSet.empty()
    assert NumberSet.integers() & NumberSet.interval("0.2", "1.8") == NumberSet(
        (Fraction(1, 5), Fraction(9, 5)), (False, False), (NEVER, Condition((Modulus(1, 0),), 2), NEVER)
    )
    assert NumberSet.integers() | NumberSet.value(7) == NumberSet.integers()
    assert (NumberSet.integers() | NumberSet.value("7.5")).points == (Fraction(15, 2),)
    assert NumberSet.integers() - NumberSet.value("7.5") == NumberSet.integers()
    assert (NumberSet.integers() - NumberSet.value(7)).points == (7,)


def test_moduli_that_do_not_matter_are_left_out() -> None:
    twos, threes = NumberSet.multiples(2), NumberSet.multiples(3)
    assert (twos & threes) | (twos - threes) == twos
    assert twos & NumberSet.integers() == twos
    assert twos | NumberSet.integers() == NumberSet.integers()
    assert twos & NumberSet.multiples(4) == NumberSet.multiples(4)
    assert (twos & ~NumberSet.integers()) == NumberSet.empty()
    assert NumberSet.multiples("0.5") & NumberSet.multiples("0.3") == (
        NumberSet.multiples("0.3") & NumberSet.multiples("0.5")
    )
    for made in (twos & threes, twos | threes, twos - threes):
        assert made.gaps[0].moduli == (Modulus(2, 0), Modulus(3, 0))


def test_rows_that_no_number_is_in_are_never_set() -> None:
    assert _possible(()) == 0b1
    assert _possible((Modulus(1, 0), Modulus(2, 0))) == 0b1011
    assert _possible((Modulus(2, 0), Modulus(3, 0))) == 0b1111
    assert _possible((Modulus(1, 0), Modulus(2, 0), Modulus(4, 0))) == 0b10001011
    assert (~(NumberSet.multiples(2) - NumberSet.integers())).gaps == (ALWAYS,)


def test_so_many_moduli_may_meet_and_no_more() -> None:
    primes = [2, 3, 7, 11, 13, 17, 19, 23, 29, 31, 37]
    numbers = NumberSet.multiples(primes[0])
    for prime in primes[1:MODULUS_LIMIT]:
        numbers |= NumberSet.multiples(prime)
    assert len(numbers.gaps[0].moduli) == MODULUS_LIMIT
    assert 31 in numbers
    assert 37 not in numbers
    with pytest.raises(LimitExceeded, match=f"multipleOf.*{MODULUS_LIMIT}"):
        numbers | NumberSet.multiples(primes[MODULUS_LIMIT])


@pytest.mark.parametrize(
    ("step", "same"),
    [
        (Fraction(1, 3), 1),
        (Fraction(1, 6), "0.5"),
        (Fraction(7, 30), "0.7"),
        (Fraction(1, 40), "0.025"),
        (Fraction(3, 1), 3),
        (20, "2e1"),
    ],
)
def test_multiples_of_a_fraction_are_those_that_are_decimals(step: Any, same: Any) -> None:
    assert NumberSet.multiples(step) == NumberSet.multiples(same)


@pytest.mark.parametrize("step", [0, -1, "-0.5", Fraction(-1, 3), Decimal("0.0")])
def test_a_step_is_positive(step: Any) -> None:
    with pytest.raises(ValueError, match="multipleOf must be greater than 0"):
        NumberSet.multiples(step)


# -- near a value ----------------------------------------------------------------------------------------

MIXED = NumberSet.integers() | NumberSet.interval(0, 1) | NumberSet.value("7.5")


@pytest.mark.parametrize(
    ("numbers", "value", "integers", "alone"),
    [
        (NumberSet.integers(), 5, True, False),
        (NumberSet.integers(), "5.5", False, False),
        (NumberSet.all(), 5, False, False),
        (NumberSet.value(5), 5, True, True),
        (NumberSet.value(5), 6, False, False),
        (NumberSet.value("5.5"), "5.5", False, True),
        (NumberSet.interval(5, 6), 5, False, False),
        (NumberSet.interval(5, 6), 6, False, False),
        (NumberSet.interval(5, 6, True), 5, False, False),
        (MIXED, -1, True, False),
        (MIXED, 0, False, False),
        (MIXED, 1, False, False),
        (MIXED, 2, True, False),
        (MIXED, "7.5", False, False),
    ],
)
def test_what_is_near_a_member(numbers: NumberSet, value: Any, integers: bool, alone: bool) -> None:
    assert numbers.only_integers_near(value) is integers
    assert numbers.stands_alone(value) is alone


def test_near_fractions_are_what_is_not_integers_alone() -> None:
    half = NumberSet.value("7.5")
    assert MIXED.near_fractions() == NumberSet.interval(0, 1) | half
    assert NumberSet.integers().near_fractions() == NumberSet.empty()
    assert NumberSet.all().near_fractions() == NumberSet.all()
    assert NumberSet.values([1, "1.5"]).near_fractions() == NumberSet.value("1.5")
    assert (NumberSet.interval(2, 3) | NumberSet.value(9)).near_fractions() == NumberSet.interval(2, 3)
    assert NumberSet.interval(2).near_fractions() == NumberSet.interval(2)
    assert NumberSet.interval(None, 2).near_fractions() == NumberSet.interval(None, 2)


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("place", [DIGIT_LIMIT - 1, DIGIT_LIMIT, 2 * DIGIT_LIMIT, 2 * DIGIT_LIMIT + 1])
def test_members_far_beyond_all_bounds(sign: str, place: int) -> None:
    """Great and small numbers near where they are no longer written out, and far beyond."""
    positive = not sign
    numbers = NumberSet.interval(0, f"1e{DIGIT_LIMIT}") | NumberSet.value(-1)
    for beyond in (place, place + 1, place + 2, 10**12):
        assert (f"{sign}2e{beyond}" in numbers) == (positive and beyond < DIGIT_LIMIT)
        assert (f"{sign}2e{beyond}" in NumberSet.interval(1)) == positive
        assert (f"{sign}2e-{beyond}" in numbers) == positive
        assert (f"{sign}2e-{beyond}" in NumberSet.interval(0, low_open=True)) == positive
        assert (f"{sign}2e-{beyond}" in NumberSet.interval(-1, 0, high_open=True)) != positive
        assert f"{sign}2e-{beyond}" not in NumberSet.value(0)
        assert f"{sign}2e-{beyond}" in NumberSet.interval(-1)
        assert f"{sign}2e-{beyond}" not in NumberSet.interval(1)
        assert f"{sign}2e-{beyond}" not in NumberSet.interval(None, -1)
    smallest = NumberSet.interval(f"{sign}1e-{DIGIT_LIMIT}", None)
    assert (f"{sign}1e-{DIGIT_LIMIT + 1}" in smallest) == (not positive)
    assert f"{sign}1e-{DIGIT_LIMIT}" in smallest


def test_its_spellings_begin_at_its_start() -> None:
    state = NumberSet.interval(5, 6).start()
    assert bytes(state.allowed) == b"056"
    assert state is NumberSet.interval(5, 6).start()
