"""Texts of numbers without exponents, within bounds: `[+-]`, digits, a point, digits.

Leading and trailing zeros are no harm, nor is a missing digit before or after the point.

>>> from decimal import Decimal
>>> price = fixed_point(Range(Decimal(0), Decimal("12.5"), places=2))
>>> [price.accepts(text) for text in (b"12.50", b"+012.5000", b".5", b"12.51", b"1.005", b"-0.0", b"-1")]
[True, True, True, False, False, True, False]
>>> [in_all([Range(step=Decimal("0.05"))]).accepts(text) for text in (b"-01.150", b".05", b"0.01", b"7.")]
[True, True, False, True]
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache, reduce

from bltgen.automata.language import EMPTY, Language, from_automaton, literal, union
from bltgen.constraints.json_number_short import Shape, short_state
from bltgen.constraints.number_set import NumberSet
from bltgen.integrations.pydantic_types.ordered_text import matching, number_above

__all__ = ["Range", "fixed_point", "in_all"]

_DIGITS = 60


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high` (None: no end), without the ends where open, of at most so many places.

    step: of which they are multiples.
    """

    low: Decimal | int | None = None
    high: Decimal | int | None = None
    low_open: bool = False
    high_open: bool = False
    places: int | None = None
    step: Decimal | int | None = None


@lru_cache(512)
def fixed_point(wanted: Range) -> Language:
    """The texts of the numbers in a range without a step."""
    plus, minus = matching("[+]?"), literal(b"-")
    positive = negative = _sizes()
    if wanted.low is not None:
        above, below = _side(wanted.low, wanted.low_open)
        positive, negative = positive & above, negative & below
    if wanted.high is not None:
        above, below = _side(-wanted.high, wanted.high_open)
        positive, negative = positive & below, negative & above
    if wanted.places is not None:
        few = matching(f"[0-9]*(?:\\.[0-9]{{0,{wanted.places}}}0*)?")
        positive, negative = positive & few, negative & few
    return union(plus + positive, minus + negative)


def in_all(within: Sequence[Range]) -> Language:
    """The texts of the numbers in all ranges. With a step among them, of at most 60 digits."""
    if all(one.step is None for one in within):
        return reduce(operator.and_, [fixed_point(one) for one in within])
    numbers = NumberSet.all()
    for one in within:
        numbers &= NumberSet.interval(one.low, one.high, one.low_open, one.high_open)
        if one.places is not None:
            numbers &= NumberSet.multiples(Decimal((0, (1,), -one.places)))
        if one.step is not None:
            numbers &= NumberSet.multiples(one.step)
    return union(
        matching("[+]?") + _spelled(numbers & NumberSet.interval(0, None)),
        literal(b"-") + _spelled(numbers & NumberSet.interval(None, 0), ord("-")),
    )


def _spelled(numbers: NumberSet, sign: int | None = None) -> Language:
    """The sizes of numbers: as JSON writes them, with more zeros, or without a digit beside the point."""
    whole, shape = numbers & NumberSet.integers(), Shape(False, sign is not None, _DIGITS, _DIGITS)
    every = from_automaton(short_state(whole, numbers, shape))
    integers = from_automaton(short_state(whole, NumberSet.empty(), shape))
    if sign is not None:
        every, integers = every.derivative(sign), integers.derivative(sign)
    fraction = every.derivative(ord("0")).derivative(ord("."))
    point = literal(b".")
    return literal(b"0").star() + union(every, integers + point, point + fraction)


@cache
def _sizes() -> Language:
    return matching(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")


def _side(bound: Decimal | int, is_open: bool) -> tuple[Language, Language]:
    """Of numbers that are at least the bound: the sizes of those without a minus, and of those with one."""
    if bound > 0:
        return _from(bound, is_open), EMPTY
    if bound == 0:
        zero = _sizes() - _from(0, True)
        return _from(0, is_open), EMPTY if is_open else zero
    return _sizes(), _sizes() - _from(-bound, not is_open)


@lru_cache(512)
def _from(bound: Decimal | int, is_open: bool) -> Language:
    """The sizes of at least the bound, which is not negative."""
    whole, _, fraction = f"{Decimal(bound):f}".partition(".")
    fraction = fraction.rstrip("0")
    ways = [rf"0*{number_above(int(whole))}(?:\.[0-9]*)?"]
    same = "0*" if int(whole) == 0 else f"0*{int(whole)}"
    for place, digit in enumerate(fraction):
        if digit != "9":
            ways.append(rf"{same}\.{fraction[:place]}[{int(digit) + 1}-9][0-9]*")
    ways.append(rf"{same}\.{fraction}[0-9]*[1-9][0-9]*")
    if not is_open:
        ways.append(rf"{same}\.{fraction}0*" if fraction else rf"{same}(?:\.0*)?")
    found: Language = matching("|".join(ways)) & _sizes()
    return found
