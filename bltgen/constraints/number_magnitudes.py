"""The numbers of one sign, by order of magnitude: where the digits of a number decide what it can become.

`Magnitudes` holds the positive numbers of a `NumberSet` (or the absolute values of the negative ones), cut
into decades 10**(N-1) <= x < 10**N. A number is then a row of significant digits and its magnitude N, and
every question of a half-read number is one about digits: do members begin with these digits, at which
magnitudes, with how many more digits, for which exponents?

Invariants:
- All answers are exact. Between the magnitudes of the set's points, and away from the units of its moduli,
  all decades behave alike, so finitely many decide.
- No power of ten is written out but those between the digits of a prefix and the digits of a point.

>>> from bltgen.constraints.number_set import ALWAYS, NEVER
>>> from_five_to_twelve = Magnitudes([Fraction(5), Fraction(12)], [True, True], [NEVER, ALWAYS, NEVER])
>>> [d for d in range(1, 10) if from_five_to_twelve.reaches(d, 1, None, None)]
[1, 5, 6, 7, 8, 9]
>>> from_five_to_twelve.exponents(700, 3, 3, 2)    # 700e-2 is the only one of 700 times a power of ten
((-2, -2),)
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

from bltgen.constraints.number_set import Condition, decimal_parts

__all__ = ["Decade", "Intervals", "Magnitudes", "digit_count", "exponent_cost", "span"]

Intervals = tuple[tuple[int | None, int | None], ...]
"""Ascending disjoint intervals of integers, both ends included; None: without end."""


class Decade(NamedTuple):
    """The numbers from 10**(N-1) to 10**N, as digits: cut at `marks`, integers of `precision` digits."""

    precision: int
    marks: tuple[int, ...]
    inside: tuple[bool, ...]
    conditions: tuple[Condition, ...]


class Magnitudes:
    """The positive numbers of a set, by order of magnitude N: 10**(N-1) <= x < 10**N.

    `magnitudes` are those in which a point lies; between them whole decades satisfy one condition each,
    `between[i]` those below `magnitudes[i]`. No member is of less magnitude than `lowest`
    or of greater than `highest`, where those are not None.
    """

    __slots__ = (
        "between",
        "decades",
        "highest",
        "lowest",
        "magnitudes",
        "moduli",
        "precision",
        "residues",
        "significands",
    )

    def __init__(self, points: list[Fraction], inside: list[bool], gaps: list[Condition]) -> None:
        """`gaps[i]` holds below `points[i]`, one more than points."""
        by_magnitude: dict[int, list[int]] = {}
        parts = [decimal_parts(point) for point in points]
        lengths = [digit_count(digits) for digits, _ in parts]
        for index, (_, exponent) in enumerate(parts):
            by_magnitude.setdefault(lengths[index] + exponent, []).append(index)
        self.magnitudes = sorted(by_magnitude)
        self.decades: dict[int, Decade] = {}
        self.between = [gaps[0]]
        written: list[int] = []
        for magnitude in self.magnitudes:
            members = by_magnitude[magnitude]
            after = gaps[members[-1] + 1]
            least = members[0]
            if parts[least][0] == 1 and inside[least] == gaps[least + 1].holds(*parts[least]):
                members = members[1:]  # the power of ten itself cuts off nothing of its decade
            if not members:
                self.decades[magnitude] = Decade(0, (), (), (gaps[least + 1],))
                self.between.append(after)
                continue
            written += members
            precision = max(lengths[i] for i in members)
            self.decades[magnitude] = Decade(
                precision,
                tuple(parts[i][0] * 10 ** (precision - lengths[i]) for i in members),
                tuple(inside[i] for i in members),
                tuple(gaps[members[0] : members[-1] + 2]),
            )
            self.between.append(after)
        self.lowest = None if self.between[0].table or not self.magnitudes else self.magnitudes[0]
        self.highest = None if self.between[-1].table or not self.magnitudes else self.magnitudes[-1]
        self.precision = max([lengths[i] for i in written], default=0)
        scaled = (parts[i][0] * 10 ** (self.precision - lengths[i]) for i in written)
        self.significands = sorted(set(scaled))
        self.moduli = sorted({modulus for gap in gaps for modulus in gap.moduli})
        self.residues = lcm(*[modulus.factor for modulus in self.moduli])

    def decade(self, magnitude: int) -> Decade:
        found = self.decades.get(magnitude)
        if found is None:
            index = bisect_left(self.magnitudes, magnitude)
            found = Decade(0, (), (), (self.between[index],))
        return found

    def finds(self, magnitude: int, size: int, low: int, high: int) -> bool:
        """Whether a k in low..high, of `size` digits, makes 0.k * 10**magnitude a member."""
        precision, marks, inside, conditions = self.decade(magnitude)
        ulp = magnitude - size
        if not marks:
            return conditions[0].finds(low, high, ulp)
        if size >= precision:
            scale, divide = 10 ** (size - precision), 1
            index = bisect_left(marks, -(-low // scale))
        else:
            scale, divide = 1, 10 ** (precision - size)
            index = bisect_left(marks, low * divide)
        while index < len(marks):
            here, rest = divmod(marks[index] * scale, divide)
            last = here if rest else here - 1
            if conditions[index].table and conditions[index].finds(low, min(last, high), ulp):
                return True
            if last >= high:
                return False
            if inside[index] and not rest:
                return True
            low = here + 1
            index += 1
        return conditions[index].finds(low, high, ulp)

    def reaches(self, digits: int, length: int, lowest: int | None, highest: int | None) -> bool:
        """Whether some member's digits begin with these, its magnitude being in lowest..highest."""
        magnitudes = self.magnitudes
        if highest is None and self.between[-1].table:
            return True
        for index, condition in enumerate(self.between):
            if not condition.table:
                continue
            first = magnitudes[index - 1] + 1 if index else None
            last = magnitudes[index] - 1 if index < len(magnitudes) else None
            if lowest is not None and (first is None or lowest > first):
                first = lowest
            if highest is not None and (last is None or highest < last):
                last = highest
            if condition.dense:
                if first is None or last is None or first <= last:
                    return True
                continue
            # Only multiples: none is smaller than the unit of the finest modulus.
            finest = min(modulus.power for modulus in condition.moduli) + 1
            first = finest if first is None else max(first, finest)
            assert last is not None
            for magnitude in range(last, first - 1, -1):
                if self._reaches_at(magnitude, digits, length):
                    return True
        return any(
            self._reaches_at(magnitude, digits, length)
            for magnitude in magnitudes
            if (lowest is None or magnitude >= lowest) and (highest is None or magnitude <= highest)
        )

    def _reaches_at(self, magnitude: int, digits: int, length: int) -> bool:
        # One digit more than points, prefix and moduli need: whatever an open interval holds shows there.
        size = max(self.decade(magnitude).precision, length)
        for modulus in self.moduli:
            size = max(size, magnitude - modulus.power)
        size += 1
        low, high = span(digits, length, size - length)
        return self.finds(magnitude, size, low, high)

    def cheapest_exponent(self, size: int, low: int, high: int, base: int, bound: int) -> int:
        """The fewest bytes of an exponent e that makes some 0.k * 10**(base + e) a member, below `bound`.

        k has `size` digits and is in low..high. `bound` where there is none.
        """
        candidates = [(exponent_cost(magnitude - base), magnitude) for magnitude in self.magnitudes]
        roundest = _roundest(low, high) if self.moduli else 0
        for index, condition in enumerate(self.between):
            if not condition.table:
                continue
            first = self.magnitudes[index - 1] + 1 if index else None
            last = self.magnitudes[index] - 1 if index < len(self.magnitudes) else None
            if not condition.moduli:
                _add_nearest(candidates, first, last, base, bound)
                continue
            # Below `coarse` no k is a multiple of anything, above `fine` only factors prime to ten matter.
            coarse = min(modulus.power for modulus in condition.moduli)
            fine = size + max(modulus.power + modulus.factor.bit_length() for modulus in condition.moduli)
            begin = coarse + 1 if first is None else max(first, coarse + 1)
            powers = [
                max([m.power for m in multiple_of], default=None) for multiple_of, _ in condition.rows()
            ]
            if None not in powers:
                # Only k with that many zeros at their end are multiples of anything asked for.
                begin = max(begin, size + min([power for power in powers if power is not None]) - roundest)
            end = fine - 1 if last is None else min(last, fine - 1)
            for magnitude in range(begin, end + 1):
                cost = exponent_cost(magnitude - base)
                if cost < bound:
                    candidates.append((cost, magnitude))
            _add_nearest(candidates, first, coarse if last is None else min(last, coarse), base, bound)
            _add_nearest(candidates, fine if first is None else max(first, fine), last, base, bound)
        for cost, magnitude in sorted(candidates):
            if cost >= bound:
                break
            if self.finds(magnitude, size, low, high):
                return cost
        return bound

    def exponents(self, digits: int, length: int, place: int, zeros: int) -> Intervals:
        """The integers e such that 0.digits * 10**(place + e) is a member.

        `length` digits, of which `zeros` are trailing zeros.
        """
        figures = digits // 10**zeros
        last_place = place - length + zeros
        found: list[tuple[int | None, int | None]] = []
        for index, condition in enumerate(self.between):
            first = self.magnitudes[index - 1] + 1 - place if index else None
            last = self.magnitudes[index] - 1 - place if index < len(self.magnitudes) else None
            if condition.table and (first is None or last is None or first <= last):
                for low, high in _exponents_where(condition, figures, last_place):
                    begin = low if first is None else first if low is None else max(low, first)
                    end = high if last is None else last if high is None else min(high, last)
                    if begin is None or end is None or begin <= end:
                        _append(found, begin, end)
            if last is not None:
                magnitude = last + 1 + place
                if self.finds(magnitude, length, digits, digits):
                    _append(found, last + 1, last + 1)
        return tuple(found)


def _roundest(low: int, high: int) -> int:
    """The most zeros at the end of an integer in low..high, which are positive."""
    zeros = 0
    while high >= 10 and high // 10 * 10 ** (zeros + 1) >= low:
        high //= 10
        zeros += 1
    return zeros


def _append(found: list[tuple[int | None, int | None]], low: int | None, high: int | None) -> None:
    """Add an interval after all others, merged with one that it touches."""
    if found and found[-1][1] is not None and low is not None and found[-1][1] + 1 == low:
        found[-1] = (found[-1][0], high)
    else:
        found.append((low, high))


def _exponents_where(
    condition: Condition, digits: int, last_place: int
) -> Iterator[tuple[int | None, int | None]]:
    """Where `digits * 10**(last_place + e)` satisfies the condition, digits being no multiple of 10."""
    starts: list[int | None] = []
    for factor, power in condition.moduli:
        # The least shift >= 0 for which factor divides digits * 10**shift.
        # A factor has twos or fives, not both.
        rest, shift = factor // gcd(factor, digits), 0
        for prime in (2, 5):
            while rest % prime == 0:
                rest //= prime
                shift += 1
        starts.append(None if rest != 1 else power + shift - last_place)
    edges: list[int | None] = [None, *sorted({start for start in starts if start is not None})]
    for index, low in enumerate(edges):
        row = sum(1 << i for i, s in enumerate(starts) if s is not None and low is not None and low >= s)
        following = edges[index + 1] if index + 1 < len(edges) else None
        if condition.table >> row & 1:
            yield low, None if following is None else following - 1


def digit_count(digits: int) -> int:
    """How many decimal digits a positive integer has."""
    guess = digits.bit_length() * 30103 // 100000
    while 10**guess <= digits:
        guess += 1
    return guess


def span(digits: int, length: int, more: int) -> tuple[int, int]:
    """The integers that `more` further digits make of `digits`; of no digits, those of `more` digits."""
    power: int = 10**more
    return (digits * power, (digits + 1) * power - 1) if length else (power // 10, power - 1)


def exponent_cost(exponent: int) -> int:
    """The bytes of the shortest spelling of an exponent, none for 0."""
    return len(f"e{exponent}") if exponent else 0


def _add_nearest(
    candidates: list[tuple[int, int]], first: int | None, last: int | None, base: int, bound: int
) -> None:
    """Add the magnitude in first..last whose exponent from `base` is cheapest, if cheaper than `bound`."""
    if first is not None and last is not None and first > last:
        return
    magnitude = base
    if first is not None and magnitude < first:
        magnitude = first
    if last is not None and magnitude > last:
        magnitude = last
    cost = exponent_cost(magnitude - base)
    if cost < bound:
        candidates.append((cost, magnitude))
