"""The JSON spellings of few digits of a set of numbers: integers as integers, other numbers as asked.

`short_state(whole, other, shape)`: an integer of `whole` may be written as one; a number of `other` with a
point (or an exponent, where the shape has them), of at most `shape.digits` significant digits, counted from
the first that is not 0 to the last: `0.10` has two. Zeros at the end are allowed: `12.50`, `568.00`.

Invariants: `allowed`, `accepting` and `shortest` are exact. A number of s digits is one of s + 1 digits too,
so that a prefix lives if a member of the most digits begins with it, in some order of magnitude.

>>> from bltgen.automata.language import from_automaton
>>> from bltgen.constraints.number_set import NumberSet
>>> cents = Shape(exponents=False, minus_zero=False, digits=6, places=2)
>>> price = from_automaton(short_state(NumberSet.integers(), NumberSet.interval(0, None), cents))
>>> [price.accepts(text) for text in (b"568", b"568.00", b"12.5", b"12.505", b"1e2", b"12345.67", b"-0.1")]
[True, True, True, False, False, False, False]
"""

from __future__ import annotations

from functools import lru_cache
from itertools import count
from math import lcm
from typing import Any, NamedTuple

from bltgen.automata.language import INFINITE
from bltgen.constraints.json_number import (
    FRACTION,
    POINT,
    WHOLE,
    ZERO,
    Exponent,
    Mantissa,
    NumberAutomaton,
    NumberState,
    exponent_accepts,
    exponent_key,
    exponent_lives,
    order,
    set_as_json,
    sides,
)
from bltgen.constraints.number_magnitudes import Intervals, Magnitudes, span
from bltgen.constraints.number_set import NumberSet

__all__ = ["Shape", "ShortNumbers", "short_state"]

ZERO_EXPONENT = 999
"""The greatest exponent of a zero: readers stumble over more though it means nothing."""


class Shape(NamedTuple):
    """How numbers are written that are not written as integers."""

    exponents: bool
    """Whether with exponents too; else with a point alone."""
    minus_zero: bool
    """Whether zero may have a minus, as an integer too."""
    digits: int
    """The most significant digits."""
    places: int | None = None
    """The most digits after the point. None, where there are exponents: any number of zeros there."""


class ShortNumbers(NumberAutomaton):
    """The states of two sets of numbers, the one written as integers, the other not."""

    def __init__(self, whole: NumberSet, other: NumberSet, shape: Shape) -> None:
        super().__init__(other)
        self.whole, self.other, self.shape = whole, other, shape
        self.whole_sides, self.other_sides = sides(whole), sides(other)
        self.zero_whole, self.zero_other = 0 in whole, 0 in other
        units = [[m.step(0) for m in side.moduli] for side in self.whole_sides]
        self._units = (lcm(*units[0]), lcm(*units[1]))

    def _exponents(self, prefix: Mantissa) -> Intervals:
        _, negative, digits, length, place, zeros = prefix
        if not self.shape.exponents or length > self.shape.digits:
            return ()
        if digits:
            return self.other_sides[negative].exponents(digits, length, place, zeros)
        return ((-ZERO_EXPONENT, ZERO_EXPONENT),) if self._zero(negative, self.zero_other) else ()

    def _zero(self, negative: bool, member: bool) -> bool:
        return member and (not negative or self.shape.minus_zero)

    def _key(self, prefix: Mantissa | Exponent) -> tuple[Any, ...]:
        if isinstance(prefix, Exponent):
            return exponent_key(prefix)
        phase, negative, digits, length, place, zeros = prefix
        if phase <= ZERO:
            return (phase, negative)
        if not digits:
            return (phase, negative, None, place)
        side = self.other_sides[negative]
        key: tuple[Any, ...] = (phase, negative, length, place)
        if side.magnitudes:
            key += (order(side, digits, length),)
        if side.moduli:
            key += (digits // 10**zeros % side.residues, zeros)
        if phase != WHOLE:
            return key
        side = self.whole_sides[negative]
        if side.magnitudes:
            key += (order(side, digits, length),)
        return (*key, digits % self._units[negative]) if side.moduli else key

    def accepts(self, prefix: Mantissa | Exponent) -> bool:
        if isinstance(prefix, Exponent):
            return exponent_accepts(prefix)
        phase, negative, digits, length, place, _ = prefix
        if phase not in (ZERO, WHOLE, FRACTION):
            return False
        fraction = phase == FRACTION
        if not digits:
            return self._zero(negative, self.zero_other if fraction else self.zero_whole)
        side = (self.other_sides if fraction else self.whole_sides)[negative]
        return side.finds(place, length, digits, digits)

    def _lives(self, prefix: Mantissa | Exponent) -> bool:
        if isinstance(prefix, Exponent):
            return exponent_lives(prefix)
        return self._lives_as_integer(prefix) or self._lives_otherwise(prefix)

    def _lives_as_integer(self, prefix: Mantissa) -> bool:
        phase, negative, digits, length, place, _ = prefix
        if phase > WHOLE:
            return False
        if phase <= ZERO and self._zero(negative, self.zero_whole):
            return True
        return phase != ZERO and self.whole_sides[negative].reaches(digits, length, max(place, 1), None)

    def _lives_otherwise(self, prefix: Mantissa) -> bool:
        phase, negative, digits, length, place, _ = prefix
        most, places = self.shape.digits, self.shape.places
        side = self.other_sides[negative]
        after_point = (length if digits else 0) - place if phase >= POINT else 0
        if length + (phase == POINT and digits > 0) > most or (places is not None and after_point > places):
            return False
        if not digits and self._zero(negative, self.zero_other):
            return phase == FRACTION or places != 0
        if self.shape.exponents:
            return _has_digits(side, most, *span(digits, length, most - length))
        assert places is not None
        # The orders of magnitude that are left; those of a fraction of zeros go down to its last place.
        highest = place if phase >= ZERO and phase != WHOLE else most - 1
        lowest = place if digits else 1 - places
        if side.highest is not None:
            highest = min(highest, side.highest)
        if side.lowest is not None:
            lowest = max(lowest, side.lowest)
        for magnitude in range(highest, lowest - 1, -1):
            size = min(most, magnitude + places)
            if size > max(length - 1, magnitude) and side.finds(
                magnitude, size, *span(digits, length, size - length)
            ):
                return True
        return False

    # -- distances -------------------------------------------------------------------------------------

    def _shortest(self, prefix: Mantissa) -> int:
        best = INFINITE
        if prefix.phase == WHOLE and self._lives_as_integer(prefix):
            _, negative, digits, length, place, _ = prefix
            side = self.whole_sides[negative]
            for more in count(0 if side.lowest is None else max(0, side.lowest - place)):
                if side.finds(place + more, length + more, *span(digits, length, more)):
                    best = more
                    break
        side = self.other_sides[prefix.negative]
        if not prefix.digits:
            point = prefix.phase == ZERO
            if self._zero(prefix.negative, self.zero_other):
                return min(best, 1 + point)
            return min(best, point + self._shortest_of_zeros(side, prefix.place))
        return min(best, self._shortest_of_digits(side, prefix))

    def _shortest_of_zeros(self, side: Magnitudes, place: int) -> int:
        """From a fraction that is all zeros so far: further zeros, digits, and an exponent."""
        most, places = self.shape.digits, self.shape.places
        best = INFINITE
        least = 0 if side.highest is None else max(0, place - side.highest)
        for total in count(1):
            if total >= best:
                return best
            if places is not None and total - place > places:
                raise AssertionError("a fraction that lives has an end")
            further = total if side.lowest is None else min(total, place - side.lowest + 1)
            for zeros in range(max(least, total - most), further):
                if side.finds(place - zeros, total - zeros, *span(0, 0, total - zeros)):
                    return total
            if self.shape.exponents and total <= most:
                # Further zeros never help: the exponent can be less by their number.
                low, high = span(0, 0, total)
                best = total + side.cheapest_exponent(total, low, high, place, best - total)
        raise AssertionError("unreachable")

    def _shortest_of_digits(self, side: Magnitudes, prefix: Mantissa) -> int:
        """Further digits, a point among them where there is none yet, and an exponent."""
        phase, _, digits, length, place, _ = prefix
        exponents, _, most, places = self.shape
        best = INFINITE
        for more in range(1 if phase == POINT else 0, most - length + 1):
            size = length + more
            low, high = span(digits, length, more)
            if phase != WHOLE:
                points = [(place, more)]
            else:
                points = [(place + before, more + 1) for before in range(more)]
                if exponents and more + 2 < best:
                    # Without a point there must be an exponent, `e0` at the least.
                    best = more + max(2, side.cheapest_exponent(size, low, high, place + more, best - more))
            for magnitude, cost in points:
                if cost >= best:
                    break
                if (places is None or size - magnitude <= places) and side.finds(magnitude, size, low, high):
                    best = cost
                elif exponents:
                    best = cost + side.cheapest_exponent(size, low, high, magnitude, best - cost)
            if more >= best:
                break
        return best

    # -- how many --------------------------------------------------------------------------------------

    def has_more(self, prefix: Mantissa | Exponent, than: int) -> bool:
        """Whether more than so many values begin with the prefix, as far as is seen at once."""
        if isinstance(prefix, Exponent):
            return False
        phase, negative, digits, length, place, _ = prefix
        if phase <= WHOLE and phase != ZERO:
            side = self.whole_sides[negative]
            if side.between[-1].table:
                return True
            for magnitude in [m - less for m in side.magnitudes[-1:] for less in (1, 2)]:
                if magnitude >= max(1, length):
                    low, high = span(digits, length, magnitude - length)
                    if _at_least(side, magnitude, magnitude, low, high) > than:
                        return True
        size, places = self.shape.digits, self.shape.places
        if places is not None:
            size = min(size, place + places)
        if size <= max(length, place) or not self._lives_otherwise(prefix):
            return False
        low, high = span(digits, length, size - length)
        return _at_least(self.other_sides[negative], place, size, low, high) > than

    def describe(self) -> dict[str, Any]:
        return {
            "kind": "short number",
            "whole": set_as_json(self.whole),
            "other": set_as_json(self.other),
            "shape": self.shape._asdict(),
        }


def _has_digits(side: Magnitudes, size: int, low: int, high: int) -> bool:
    """Whether some k in low..high, of `size` digits, is a member times a power of ten."""
    magnitudes = side.magnitudes
    for index, condition in enumerate(side.between):
        if not condition.table:
            continue
        first = magnitudes[index - 1] + 1 if index else None
        last = magnitudes[index] - 1 if index < len(magnitudes) else None
        if first is not None and last is not None and first > last:
            continue
        if not condition.moduli:
            return True
        # Below the finest unit there are no multiples; above the coarsest only the digits matter.
        finest = min(modulus.power for modulus in condition.moduli) + 1
        if condition.dense and (first is None or first < finest):
            return True
        first = finest if first is None else max(first, finest)
        steady = size + max(modulus.power + modulus.factor.bit_length() for modulus in condition.moduli)
        last = max(first, steady) if last is None else last
        if any(condition.finds(low, high, magnitude - size) for magnitude in range(last, first - 1, -1)):
            return True
    return any(side.finds(magnitude, size, low, high) for magnitude in magnitudes)


def _at_least(side: Magnitudes, magnitude: int, size: int, low: int, high: int) -> int:
    """A lower bound on how many k in low..high, of `size` digits, are members of that magnitude."""
    if magnitude in side.decades:
        return 0
    best = 0
    (condition,) = side.decade(magnitude).conditions
    for multiple_of, not_multiple_of in condition.rows():
        if not not_multiple_of:
            step = lcm(*[modulus.step(magnitude - size) for modulus in multiple_of])
            best = max(best, (high - low + 1) // step)
    return best


@lru_cache(maxsize=512)
def _automaton(whole: NumberSet, other: NumberSet, shape: Shape) -> ShortNumbers:
    return ShortNumbers(whole, other, shape)


def short_state(whole: NumberSet, other: NumberSet, shape: Shape) -> NumberState:
    """The state before the first byte of a number of `whole` as an integer, or of `other` in that shape.

    `whole` are integers. For empty sets it is a dead state: `shortest` is INFINITE.
    """
    return _automaton(whole, other, shape).start()
