"""Sets of decimal numbers: intervals, multiples, single values, and everything `& | ~` makes of them.

A `NumberSet` cuts the real line at finitely many points. For each point it knows whether it belongs to
the set; for each open gap between two points it has a `Condition`, a truth table over statements "x is a
multiple of q". This is closed under intersection, union and complement, so a schema's `minimum`,
`multipleOf`, `const`, `not`, `oneOf` on numbers are decided by algebra, not by search. Only decimals
(finite expansions, as JSON can write) are members; all arithmetic is exact.

Invariants:
- Points ascend strictly. A gap without members has the condition `NEVER`; a point that its two gaps
  already imply is dropped.
- Membership, emptiness and size are exact.

Cost: operations are linear in the number of points; a condition over n moduli has 2**n rows, n <= 10
(more raise `LimitExceeded`). Bounds have at most 4,000 digits before and after the point.

>>> s = NumberSet.interval(0, 10) & NumberSet.integers() & ~NumberSet.multiples(3)
>>> [v for v in range(-2, 12) if v in s]
[1, 2, 4, 5, 7, 8, 10]
>>> (s & NumberSet.interval(2, 4, low_open=True, high_open=True)).is_empty()
True
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING, NamedTuple

from bltgen.automata.limits import current_limits
from bltgen.errors import LimitExceeded

if TYPE_CHECKING:
    from bltgen.constraints.json_number import NumberState

__all__ = ["ALWAYS", "NEVER", "Condition", "Modulus", "NumberSet", "Value", "decimal_parts"]

Value = int | float | str | Decimal | Fraction
"""A decimal number: a float means its shortest decimal spelling (0.1 is one tenth), a str JSON's syntax."""

DIGIT_LIMIT = 4_000

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")


def decimal_parts(value: Value) -> tuple[int, int]:
    """`(m, j)` with value = m * 10**j and m not a multiple of 10; zero is (0, 0). The key of equal numbers.

    Nothing is multiplied out, so `1e999999999` is cheap. Raises ValueError where the value is not a
    finite decimal.

    >>> decimal_parts("1.50e3"), decimal_parts(1500), decimal_parts(0.1), decimal_parts("-0")
    ((15, 2), (15, 2), (1, -1), (0, 0))
    """
    if isinstance(value, bool):
        raise ValueError("a boolean is not a number")
    exponent = 0
    if isinstance(value, int):
        digits = value
    elif isinstance(value, Fraction):
        return _fraction_parts(value.numerator, value.denominator)
    elif isinstance(value, Decimal):
        sign, places, power = value.as_tuple()
        if not isinstance(power, int):
            raise ValueError(f"{value} is not a finite number")
        digits, exponent = _integer("".join(map(str, places))), power
        digits = -digits if sign else digits
    else:
        text = repr(value) if isinstance(value, float) else value
        match = _NUMBER.fullmatch(text)
        if match is None:
            raise ValueError(f"{value!r} is not a finite decimal number")
        minus, whole, fraction, power_text = match.groups()
        figures = whole + (fraction or "")
        digits = _integer(figures.rstrip("0"))
        digits = -digits if minus else digits
        power_text = power_text or "0"
        power = _integer(power_text.lstrip("+-"))
        exponent = (-power if power_text[0] == "-" else power) - len(fraction or "")
        exponent += len(figures) - len(figures.rstrip("0"))
    return _reduced(digits, exponent)


def _reduced(digits: int, exponent: int) -> tuple[int, int]:
    if digits == 0:
        return 0, 0
    while digits % 10 == 0:
        digits //= 10
        exponent += 1
    return digits, exponent


@lru_cache(maxsize=4096)
def _fraction_parts(numerator: int, denominator: int) -> tuple[int, int]:
    """The parts of a fraction, which points of sets are: the same ones again and again."""
    twos = (denominator & -denominator).bit_length() - 1
    fives, rest = 0, denominator >> twos
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    if rest != 1:
        raise ValueError(f"{Fraction(numerator, denominator)} has no finite decimal expansion")
    exponent = -max(twos, fives)
    return _reduced(numerator * 2 ** (-exponent - twos) * 5 ** (-exponent - fives), exponent)


def _integer(digits: str) -> int:
    """`int(digits)` without Python's limit on the length, which guards against quadratic time elsewhere."""
    value = 0
    for begin in range(0, len(digits), DIGIT_LIMIT):
        piece = digits[begin : begin + DIGIT_LIMIT]
        value = value * 10 ** len(piece) + int(piece)
    return value


def _exact(value: Value, role: str) -> Fraction:
    """The value as a fraction, refused where writing it out would be absurdly long."""
    digits, exponent = decimal_parts(value)
    if abs(exponent) > DIGIT_LIMIT or abs(digits).bit_length() > DIGIT_LIMIT * 10 // 3:
        raise LimitExceeded(f"the number of digits of a {role}", DIGIT_LIMIT)
    return Fraction(digits) * Fraction(10) ** exponent


class Modulus(NamedTuple):
    """The numbers `factor * 10**power * k` for integers k; `factor` > 0 is not a multiple of 10."""

    factor: int
    power: int

    def divides(self, digits: int, exponent: int) -> bool:
        """Whether the number of these `decimal_parts` is a multiple."""
        if exponent < self.power:
            return digits == 0
        return digits % self.step(exponent) == 0

    def step(self, ulp: int) -> int:
        """The k for which `k * 10**ulp` is a multiple are the multiples of this integer."""
        shift = ulp - self.power
        if shift <= 0:
            return self.factor * int(10**-shift)
        return self.factor // gcd(self.factor, 10 ** min(shift, self.factor.bit_length()))

    @property
    def size(self) -> Fraction:
        """The least positive member."""
        return self.factor * Fraction(10) ** self.power


def _least_common(moduli: Iterable[Modulus]) -> Fraction | None:
    """The least positive common multiple; None for no moduli (every decimal is a multiple of none)."""
    common: Fraction | None = None
    for modulus in moduli:
        size = modulus.size
        if common is not None:
            numerator = size.numerator * common.denominator
            other = common.numerator * size.denominator
            common = Fraction(
                numerator // gcd(numerator, other) * other, size.denominator * common.denominator
            )
        else:
            common = size
    return common


class Condition(NamedTuple):
    """A truth table over "x is a multiple of moduli[i]": row r holds where bit r of `table` is set.

    In row r, bit i says whether x is a multiple of `moduli[i]`. Rows that no x can be in are never set.
    """

    moduli: tuple[Modulus, ...]
    table: int

    def holds(self, digits: int, exponent: int) -> bool:
        """Whether the number of these `decimal_parts` satisfies the condition."""
        row = 0
        for index, modulus in enumerate(self.moduli):
            if modulus.divides(digits, exponent):
                row |= 1 << index
        return bool(self.table >> row & 1)

    def rows(self) -> tuple[tuple[tuple[Modulus, ...], tuple[Modulus, ...]], ...]:
        """Each satisfied row as (moduli that x is a multiple of, moduli that x is no multiple of)."""
        return _rows(self)

    @property
    def dense(self) -> bool:
        """Whether some number in every open interval satisfies it: the row of no multiples is set."""
        return bool(self.table & 1)

    def finds(self, low: int, high: int, ulp: int) -> bool:
        """Whether some k in low..high makes `k * 10**ulp` satisfy the condition."""
        if low > high or not self.table:
            return False
        if not self.moduli:
            return True
        for multiple_of, not_multiple_of in _rows(self):
            step = 1
            for modulus in multiple_of:
                part = modulus.step(ulp)
                step = step // gcd(step, part) * part
            first, last = -(-low // step), high // step
            if first > last:
                continue
            if not not_multiple_of:
                return True
            others = [part // gcd(part, step) for part in (m.step(ulp) for m in not_multiple_of)]
            if 1 in others:
                continue
            # Among any 2**n integers in a row one is a multiple of none of n numbers >= 2
            # (Kanold's bound on Jacobsthal's function, 1967).
            for index in range(first, min(last, first + (1 << len(others))) + 1):
                if all(index % other for other in others):
                    return True
        return False

    def count_between(self, low: Fraction, high: Fraction) -> int | None:
        """How many numbers strictly between satisfy it; None where there are infinitely many."""
        if not self.table or low >= high:
            return 0
        if self.dense:
            return None
        total = 0
        for multiple_of, not_multiple_of in _rows(self):
            for chosen in range(1 << len(not_multiple_of)):
                excluded = [m for i, m in enumerate(not_multiple_of) if chosen >> i & 1]
                step = _least_common((*multiple_of, *excluded))
                assert step is not None
                between = -(-high // step) - 1 - low // step
                total += (-1) ** len(excluded) * int(max(0, between))
        return total


@lru_cache(maxsize=4096)
def _rows(condition: Condition) -> tuple[tuple[tuple[Modulus, ...], tuple[Modulus, ...]], ...]:
    rows = []
    for row in range(1 << len(condition.moduli)):
        if condition.table >> row & 1:
            true = tuple(m for i, m in enumerate(condition.moduli) if row >> i & 1)
            false = tuple(m for i, m in enumerate(condition.moduli) if not row >> i & 1)
            rows.append((true, false))
    return tuple(rows)


NEVER = Condition((), 0)
ALWAYS = Condition((), 1)


@lru_cache(maxsize=1024)
def _possible(moduli: tuple[Modulus, ...]) -> int:
    """The rows that some number is in: no modulus that is denied divides the least common multiple."""
    table = 0
    for row in range(1 << len(moduli)):
        common = _least_common(m for i, m in enumerate(moduli) if row >> i & 1)
        denied = [m for i, m in enumerate(moduli) if not row >> i & 1]
        if common is None or not any(m.divides(*decimal_parts(common)) for m in denied):
            table |= 1 << row
    return table


@lru_cache(maxsize=4096)
def _combine(one: Condition, two: Condition, operation: Callable[[int, int], int]) -> Condition:
    """Row by row `operation` (on bits) of two conditions, over the moduli of both."""
    if not one.moduli and not two.moduli:
        return Condition((), operation(one.table, two.table))
    moduli = tuple(sorted({*one.moduli, *two.moduli}))
    if len(moduli) > (limit := current_limits().multiples):
        raise LimitExceeded("the number of different multipleOf that meet in one place", limit)
    places = [tuple(moduli.index(m) for m in each.moduli) for each in (one, two)]
    table = 0
    for row in range(1 << len(moduli)):
        old = [
            each.table >> sum(1 << i for i, place in enumerate(where) if row >> place & 1) & 1
            for each, where in zip((one, two), places, strict=True)
        ]
        if operation(old[0], old[1]):
            table |= 1 << row
    return _simplified(moduli, table)


def _simplified(moduli: tuple[Modulus, ...], table: int) -> Condition:
    """The same condition without the moduli on which it does not depend."""
    index = 0
    while index < len(moduli):
        possible = _possible(moduli)
        rest = moduli[:index] + moduli[index + 1 :]
        smaller = 0
        for row in range(1 << len(rest)):
            low = row & ((1 << index) - 1) | (row >> index) << (index + 1)
            values = {table >> r & 1 for r in (low, low | 1 << index) if possible >> r & 1}
            if len(values) == 2:
                index += 1
                break
            if 1 in values:
                smaller |= 1 << row
        else:
            moduli, table = rest, smaller & _possible(rest)
    return Condition(moduli, table & _possible(moduli))


def _and(a: int, b: int) -> int:
    return a & b


def _or(a: int, b: int) -> int:
    return a | b


def _and_not(a: int, b: int) -> int:
    return a & ~b & 1


class NumberSet:
    """An immutable set of decimal numbers.

    `points`: where the line is cut, ascending; `inside[i]`: whether `points[i]` belongs to the set;
    `gaps[i]`: the condition between `points[i - 1]` and `points[i]`, one more than points.
    """

    __slots__ = ("_hash", "gaps", "inside", "points")

    points: tuple[Fraction, ...]
    inside: tuple[bool, ...]
    gaps: tuple[Condition, ...]

    def __init__(
        self, points: tuple[Fraction, ...], inside: tuple[bool, ...], gaps: tuple[Condition, ...]
    ) -> None:
        kept_points: list[Fraction] = []
        kept_inside: list[bool] = []
        kept_gaps: list[Condition] = []
        last = len(points)
        for index, gap in enumerate(gaps):
            if gap.moduli and 0 < index < last and gap.count_between(points[index - 1], points[index]) == 0:
                gap = NEVER
            if index and gap == kept_gaps[-1]:
                point = points[index - 1]
                implied = gap.holds(*decimal_parts(point)) if gap.moduli else bool(gap.table)
                if inside[index - 1] == implied:
                    continue
            if index:
                kept_points.append(points[index - 1])
                kept_inside.append(inside[index - 1])
            kept_gaps.append(gap)
        self.points, self.inside, self.gaps = tuple(kept_points), tuple(kept_inside), tuple(kept_gaps)
        self._hash = hash((self.points, self.inside, self.gaps))

    # -- constructors ------------------------------------------------------------------------------

    @staticmethod
    def all() -> NumberSet:
        """Every decimal number."""
        return _ALL

    @staticmethod
    def empty() -> NumberSet:
        """No number."""
        return _EMPTY

    @staticmethod
    def integers() -> NumberSet:
        """The numbers of integer value, `1.0` and `1e2` too."""
        return _INTEGERS

    @staticmethod
    def value(value: Value) -> NumberSet:
        """The one number `value`."""
        return NumberSet.values((value,))

    @staticmethod
    def values(values: Iterable[Value]) -> NumberSet:
        """Exactly these numbers."""
        points = tuple(sorted({_exact(value, "number") for value in values}))
        return NumberSet(points, (True,) * len(points), (NEVER,) * (len(points) + 1))

    @staticmethod
    def interval(
        low: Value | None = None, high: Value | None = None, low_open: bool = False, high_open: bool = False
    ) -> NumberSet:
        """The numbers from `low` to `high`, the ends included unless open; None: without end.

        >>> 99999 * Fraction(1, 10**5) in NumberSet.interval(None, 1)
        True
        """
        made = _ALL
        if low is not None:
            made = NumberSet((_exact(low, "bound"),), (not low_open,), (NEVER, ALWAYS))
        if high is not None:
            made &= NumberSet((_exact(high, "bound"),), (not high_open,), (ALWAYS, NEVER))
        return made

    @staticmethod
    def multiples(step: Value) -> NumberSet:
        """The multiples of `step`. Raises ValueError unless `step` > 0.

        A fraction that is no decimal is fine here: a decimal is a multiple of 1/3 if of 1.
        """
        if isinstance(step, Fraction):
            rest = step.denominator
            for prime in (2, 5):
                while rest % prime == 0:
                    rest //= prime
            step = step * rest
        if _exact(step, "multipleOf") <= 0:
            raise ValueError(f"multipleOf must be greater than 0, not {step}")
        factor, power = decimal_parts(step)
        return NumberSet((), (), (Condition((Modulus(factor, power),), 2),))

    # -- algebra -----------------------------------------------------------------------------------

    def __and__(self, other: NumberSet) -> NumberSet:
        return self._merge(other, _and)

    def __or__(self, other: NumberSet) -> NumberSet:
        return self._merge(other, _or)

    def __sub__(self, other: NumberSet) -> NumberSet:
        return self._merge(other, _and_not)

    def __invert__(self) -> NumberSet:
        return _ALL._merge(self, _and_not)

    def without(self, value: Value) -> NumberSet:
        """The set less one number. Cheaper than `- value(v)`: one binary search and one copy."""
        point = _exact(value, "number")
        index = bisect_left(self.points, point)
        if index < len(self.points) and self.points[index] == point:
            inside = (*self.inside[:index], False, *self.inside[index + 1 :])
            return NumberSet(self.points, inside, self.gaps)
        if not self.gaps[index].holds(*decimal_parts(point)):
            return self
        return NumberSet(
            (*self.points[:index], point, *self.points[index:]),
            (*self.inside[:index], False, *self.inside[index:]),
            (*self.gaps[:index], self.gaps[index], *self.gaps[index:]),
        )

    def _merge(self, other: NumberSet, operation: Callable[[int, int], int]) -> NumberSet:
        points: list[Fraction] = []
        inside: list[bool] = []
        gaps: list[Condition] = []
        i = j = 0
        while True:
            gaps.append(_combine(self.gaps[i], other.gaps[j], operation))
            at_end = i == len(self.points)
            if at_end and j == len(other.points):
                return NumberSet(tuple(points), tuple(inside), tuple(gaps))
            mine = not at_end and (j == len(other.points) or self.points[i] <= other.points[j])
            point = self.points[i] if mine else other.points[j]
            both = mine and j < len(other.points) and other.points[j] == point
            one = self.inside[i] if mine else self.gaps[i].holds(*decimal_parts(point))
            two = other.inside[j] if both or not mine else other.gaps[j].holds(*decimal_parts(point))
            points.append(point)
            inside.append(bool(operation(one, two)))
            i, j = i + mine, j + (both or not mine)

    # -- its spellings ---------------------------------------------------------------------------------

    def start(self) -> NumberState:
        """The state before the first byte of a JSON number that is in the set; see `json_number`."""
        from bltgen.constraints.json_number import number_state

        return number_state(self)

    # -- questions ---------------------------------------------------------------------------------

    def __contains__(self, value: Value) -> bool:
        digits, exponent = decimal_parts(value)
        index = self._gap_of(digits, exponent)
        if index < len(self.points) and decimal_parts(self.points[index]) == (digits, exponent):
            return self.inside[index]
        return self.gaps[index].holds(digits, exponent)

    def only_integers_near(self, value: Value) -> bool:
        """Whether the value is a member in whose neighbourhood all members are integers.

        >>> NumberSet.integers().only_integers_near(5), NumberSet.all().only_integers_near(5)
        (True, False)
        """
        if value not in self:
            return False
        exponent = decimal_parts(value)[1]
        return exponent >= 0 and not any(_combine(gap, _INTEGER, _and_not).table for gap in self._near(value))

    def stands_alone(self, value: Value) -> bool:
        """Whether the value is a member that has no others in its neighbourhood.

        >>> NumberSet.interval(5, 5).stands_alone(5), NumberSet.interval(5, 6).stands_alone(5)
        (True, False)
        """
        return value in self and not any(gap.table for gap in self._near(value))

    def _near(self, value: Value) -> tuple[Condition, ...]:
        """What lies on either side of a value."""
        digits, exponent = decimal_parts(value)
        index = self._gap_of(digits, exponent)
        is_point = index < len(self.points) and decimal_parts(self.points[index]) == (digits, exponent)
        return self.gaps[index : index + 1 + is_point]

    def near_fractions(self) -> NumberSet:
        """The members but for integers in whose neighbourhood all members are integers.

        >>> some = NumberSet.integers() | NumberSet.interval(0, 1)
        >>> some.near_fractions().equivalent(NumberSet.interval(0, 1))
        True
        """
        kept = [gap if _combine(gap, _INTEGER, _and_not).table else NEVER for gap in self.gaps]
        inside = [
            member and (point.denominator != 1 or before is not NEVER or after is not NEVER)
            for point, member, before, after in zip(self.points, self.inside, kept, kept[1:], strict=False)
        ]
        return NumberSet(self.points, tuple(inside), tuple(kept))

    def _gap_of(self, digits: int, exponent: int) -> int:
        """The number of points below the number of these parts, which is not written out in vain."""
        if exponent > 2 * DIGIT_LIMIT + 1:
            return 0 if digits < 0 else len(self.points)
        if abs(digits).bit_length() * 30103 // 100000 + 1 + exponent < -DIGIT_LIMIT:
            # Nearer to zero than any point but zero.
            index = bisect_left(self.points, 0)
            return index + (digits > 0 and index < len(self.points) and self.points[index] == 0)
        return bisect_left(self.points, Fraction(digits) * Fraction(10) ** exponent)

    def is_empty(self) -> bool:
        """Whether no number is in the set."""
        return not any(self.inside) and not any(gap.table for gap in self.gaps)

    def equivalent(self, other: NumberSet) -> bool:
        """Whether both have the same members. `==` compares how the line is cut, which may differ."""
        return self == other or ((self - other).is_empty() and (other - self).is_empty())

    def size(self) -> int | None:
        """How many numbers are in the set; None where there are infinitely many."""
        if self.gaps[0].table or self.gaps[-1].table:
            return None
        total = sum(self.inside)
        for gap, low, high in zip(self.gaps[1:], self.points, self.points[1:], strict=False):
            inner = gap.count_between(low, high)
            if inner is None:
                return None
            total += inner
        return total

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, NumberSet)
            and (self.points, self.inside, self.gaps) == (other.points, other.inside, other.gaps)
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        shown = []
        for index, gap in enumerate(self.gaps):
            if gap.table:
                low = self.points[index - 1] if index else "-inf"
                high = self.points[index] if index < len(self.points) else "inf"
                rows = " or ".join(
                    " and ".join([f"{m.size}|x" for m in true] + [f"{m.size}∤x" for m in false])
                    for true, false in gap.rows()
                )
                shown.append(f"({low}, {high})" + (f" where {rows}" if rows else ""))
            if index < len(self.points) and self.inside[index]:
                shown.append(f"{{{self.points[index]}}}")
        return f"<NumberSet {' | '.join(shown) or 'empty'}>"


_ALL = NumberSet((), (), (ALWAYS,))
_EMPTY = NumberSet((), (), (NEVER,))
_INTEGER = Condition((Modulus(1, 0),), 2)
_INTEGERS = NumberSet((), (), (_INTEGER,))
