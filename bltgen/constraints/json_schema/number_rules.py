"""How the numbers of one place are written: the options `numbers` and `digits`, unless the schema needs more.

- `any`: every spelling of RFC 8259.
- `interoperable`: what every reader understands (RFC 7493, section 2.2, and 8259, section 6). Integers lie
  within 2^53 - 1 and, where only integers are admitted (near their value), are written as such. Other numbers
  have at most 15 significant digits and a magnitude that a double holds, so that
  `Decimal(repr(float(text))) == Decimal(text)`.
- `plain`: as people write them. No exponent, no `-0`, no point where only integers are admitted; at most
  `digits` significant digits, zeros at the end included (`12.50`), and `digits` + 6 places.

The schema needs more where
- it bounds integers beyond the limit, or gives them the format `int64` or `uint64`: they reach as far as it
  says (up to 10^80);
- it lists a number (`const`, `enum`) that cannot be written so: that number is written as it must be;
- nothing or nothing but 0 is left: then digits, places and magnitudes are doubled until something is.

A set that lacks some values, as those of items that were seen, keeps the rules of the whole set.

>>> plain = NumberRules.of("plain", 15, EVERY_NUMBER)
>>> numbers = from_automaton(plain.start(EVERY_NUMBER))
>>> [numbers.accepts(text) for text in (b"12.50", b"-0", b"1e2", b"1234567890123456")]
[True, False, False, False]
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from bltgen.automata.contract import State
from bltgen.automata.language import INFINITE, from_automaton, union
from bltgen.constraints.json_number import NumberState, number_state
from bltgen.constraints.json_number_short import Shape, ShortNumbers, short_state
from bltgen.constraints.json_schema.written_numbers import EVERY_NUMBER, WrittenNumbers, any_number_text
from bltgen.constraints.number_magnitudes import digit_count
from bltgen.constraints.number_set import DIGIT_LIMIT, NumberSet, decimal_parts

__all__ = ["EVERY_NUMBER", "NUMBERS", "NumberRules", "has_plenty"]

NUMBERS = ("any", "interoperable", "plain")
"""The values of the option."""

DOUBLE_DIGITS = 15
"""Significant digits of any decimal that come back from the double nearest to it."""
LARGEST, SMALLEST = 179769313486231 * Fraction(10) ** 294, 222507385850721 * Fraction(10) ** -322
"""The extreme magnitudes of `DOUBLE_DIGITS` digits that a normal double holds."""
DOUBLES = NumberSet.interval(-LARGEST, -SMALLEST) | NumberSet.value(0) | NumberSet.interval(SMALLEST, LARGEST)
SAFE = 2**53
FAR_BOUND = 10**80
"""Bounds of integers beyond it are none that are meant."""
FORMATS = {"int64": (-(2**63) - 1, 2**63), "uint64": (0, 2**64)}
"""Formats of OpenAPI that say between what integers lie."""
MORE_PLACES = 6
"""JavaScript writes 0.000001 without an exponent; with all its digits it has `digits` + 6 places."""

PLENTY = 10**6
"""So many values are taken for infinitely many."""


class NumberRules(NamedTuple):
    """How the numbers of one place are written. `shape` is None where every spelling is."""

    shape: Shape | None
    bounds: tuple[int, int] = (0, 0)
    """What is written as an integer lies between them."""
    integers_only: bool = False
    listed: NumberSet = NumberSet.empty()
    """Numbers that the schema lists and that cannot be written so."""
    magnitudes: NumberSet | None = None
    """Of what is not written as an integer; None: all that the shape has."""
    floats: NumberSet = NumberSet.empty()
    """Integers that are not written as such, since the schema lists them as floats."""
    widened: bool = False
    """Whether there would be nothing (but 0) with the digits that were asked for."""

    @staticmethod
    def of(numbers: str, digits: int, written: WrittenNumbers, form: Any = None) -> NumberRules:
        """The rules of a place that admits these numbers. `form`: its `format`."""
        if numbers == "any":
            return NumberRules(None)
        plain = numbers == "plain"
        rules = _narrow(plain, digits if plain else DOUBLE_DIGITS, written, form)
        rest = written - WrittenNumbers.however(NumberSet.value(0))
        if rest.numbers.is_empty():
            return rules
        digits = max(digits, DOUBLE_DIGITS)
        while rules.start(rest).shortest >= INFINITE:
            digits *= 2
            rules = _narrow(plain, digits, written, form)._replace(widened=True)
        return rules

    @property
    def reaches_further(self) -> bool:
        """Whether integers reach further than they would by themselves."""
        if self.shape is None or not self.integers_only:
            return False
        limit = SAFE if self.shape.exponents else 10**self.shape.digits
        return self.bounds[0] < -limit or self.bounds[1] > limit

    def listing(self, listed: NumberSet) -> NumberRules:
        """These rules, and whatever of the listed numbers they do not write."""
        if self.shape is None:
            return self
        more = [value for value in listed.points if not self._writes(value)]
        return self._replace(listed=self.listed | NumberSet.values(more)) if more else self

    def start(self, written: WrittenNumbers) -> State:
        """The state before the first byte of one of the numbers; a dead state where there is none."""
        if self.shape is None:
            return any_number_text(written)
        whole = written.as_integer & _integers_between(*self.bounds)
        other = written.otherwise.near_fractions()
        if self.magnitudes is not None:
            other &= self.magnitudes
        floats = self.floats & written.otherwise
        if not self.listed.points and floats.is_empty():
            return short_state(whole, other, self.shape)
        more = self.listed & written.otherwise - NumberSet.interval(-FAR_BOUND, FAR_BOUND)
        whole |= written.as_integer & self.listed & NumberSet.integers() - more
        more |= self.listed & written.otherwise - NumberSet.integers()
        more -= floats
        text = short_state(whole - floats, other - floats, self.shape)
        if more.is_empty() and floats.is_empty():
            return text
        texts = [from_automaton(text)]
        if more.points:
            texts.append(from_automaton(self._long(more)))
        if floats.points:
            texts.append(from_automaton(short_state(NumberSet.empty(), floats, self._shape_of(floats))))
        return union(*texts).start()

    def _long(self, numbers: NumberSet) -> NumberState:
        """Listed numbers in as many digits as they need."""
        assert self.shape is not None
        if self.shape.exponents:
            return number_state(numbers)
        whole = numbers & NumberSet.integers()
        return short_state(whole, numbers - whole, self._shape_of(numbers))

    def _shape_of(self, numbers: NumberSet) -> Shape:
        """As many digits and places as listed numbers need, in the shape of the others."""
        assert self.shape is not None
        parts = [decimal_parts(value) for value in numbers.points]
        places = max(1, *[-exponent for _, exponent in parts])
        digits = 1 + max(digit_count(abs(m)) + max(0, exponent) for m, exponent in parts)
        return self.shape._replace(digits=digits, places=None if self.shape.exponents else places)

    def _writes(self, value: Fraction) -> bool:
        shape = self.shape
        assert shape is not None
        if value.denominator == 1 and self.bounds[0] < value < self.bounds[1]:
            return True
        if value.denominator == 1:
            return False
        digits, exponent = decimal_parts(value)
        length = digit_count(abs(digits))
        if shape.places is None:
            return length <= shape.digits and (self.magnitudes is None or value in self.magnitudes)
        return length <= shape.digits and -exponent <= shape.places


@lru_cache(maxsize=256)
def _integers_between(low: int, high: int) -> NumberSet:
    return NumberSet.integers() & NumberSet.interval(low, high, True, True)


def _narrow(plain: bool, digits: int, written: WrittenNumbers, form: Any) -> NumberRules:
    """The rules, in so many digits, of these numbers and those that they list."""
    limit = 10**digits if plain or digits > DOUBLE_DIGITS else SAFE
    least, most = FORMATS.get(form, (0, 0)) if isinstance(form, str) else (0, 0)
    low, high = min(-limit, least), max(limit, most)
    integers_only = (written.otherwise - NumberSet.integers()).is_empty()
    if integers_only:
        numbers = written.numbers
        if numbers.points and not numbers.gaps[0].table and numbers.points[0] >= -FAR_BOUND:
            low = min(low, int(numbers.points[0]) - 1)
        if numbers.points and not numbers.gaps[-1].table and numbers.points[-1] <= FAR_BOUND:
            high = max(high, int(numbers.points[-1]) + 1)
    shape = Shape(not plain, not plain, digits, digits + MORE_PLACES if plain else None)
    magnitudes = None if plain else _magnitudes(digits)
    rules = NumberRules(shape, (low, high), integers_only, magnitudes=magnitudes)
    return rules.listing(_isolated(written.numbers))


@lru_cache(maxsize=64)
def _magnitudes(digits: int) -> NumberSet:
    """Those of doubles, or as many times more as the digits are more, up to what a bound may have."""
    if digits <= DOUBLE_DIGITS:
        return DOUBLES
    far = Fraction(10) ** min(308 * digits // DOUBLE_DIGITS, DIGIT_LIMIT - 1)
    return NumberSet.interval(-far, -1 / far) | NumberSet.value(0) | NumberSet.interval(1 / far, far)


def _isolated(numbers: NumberSet) -> NumberSet:
    """The members around which there are no others: those that a schema lists."""
    alone = [
        point
        for index, point in enumerate(numbers.points)
        if numbers.inside[index] and not numbers.gaps[index].table and not numbers.gaps[index + 1].table
    ]
    return NumberSet.values(alone)


def has_plenty(state: State | None, than: int = PLENTY) -> bool:
    """Whether more than so many values of a short spelling may come of a state, as far as is seen at once."""
    if not isinstance(state, NumberState) or not isinstance(state.automaton, ShortNumbers):
        return False
    return state.automaton.has_more(state.prefix, than)
