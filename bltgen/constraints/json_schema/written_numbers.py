"""Sets of numbers that may depend on how a number is written, as `integer` does in draft 4.

Up to draft 4 an integer is "a JSON number without a fraction or exponent part" (JSON Schema Core draft 4,
section 3.5): 1.0 and 1e2 are none. Since draft 6 they are. `WrittenNumbers` holds the numbers that satisfy a
goal where they are written as an integer, and where they are written otherwise; for all other keywords
and drafts both are one object.

>>> four = WrittenNumbers(NumberSet.integers(), NumberSet.empty())
>>> state = any_number_text(four)
>>> [state.language.accepts(text) for text in (b"12", b"-0", b"12.0", b"1e2")]
[True, True, False, False]
>>> state = any_number_text(~four)
>>> [state.language.accepts(text) for text in (b"12", b"-0", b"12.0", b"1e2", b"1.5")]
[False, False, True, True, True]
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from bltgen.automata.contract import State
from bltgen.automata.language import Language, from_automaton, intersection, union
from bltgen.constraints.json_number import number_state
from bltgen.constraints.json_number_short import Shape, short_state
from bltgen.constraints.number_set import NumberSet
from bltgen.constraints.regex import pattern_language

__all__ = ["EVERY_NUMBER", "NO_NUMBER", "WrittenNumbers", "any_number_text"]


class WrittenNumbers(NamedTuple):
    """The numbers of a goal. Operators as on sets."""

    as_integer: NumberSet
    otherwise: NumberSet

    @staticmethod
    def however(numbers: NumberSet) -> WrittenNumbers:
        """These numbers, however they are written."""
        return WrittenNumbers(numbers, numbers)

    def only_as_integer(self) -> WrittenNumbers:
        """Those without a fraction or exponent."""
        return WrittenNumbers(self.as_integer, NumberSet.empty())

    def _with(
        self, other: WrittenNumbers, operation: Callable[[NumberSet, NumberSet], NumberSet]
    ) -> WrittenNumbers:
        as_integer = operation(self.as_integer, other.as_integer)
        if self.as_integer is self.otherwise and other.as_integer is other.otherwise:
            return WrittenNumbers(as_integer, as_integer)
        return WrittenNumbers(as_integer, operation(self.otherwise, other.otherwise))

    def __and__(self, other: WrittenNumbers) -> WrittenNumbers:
        return self._with(other, NumberSet.__and__)

    def __or__(self, other: WrittenNumbers) -> WrittenNumbers:
        return self._with(other, NumberSet.__or__)

    def __sub__(self, other: WrittenNumbers) -> WrittenNumbers:
        return self._with(other, NumberSet.__sub__)

    def __invert__(self) -> WrittenNumbers:
        as_integer = ~self.as_integer
        return WrittenNumbers(
            as_integer, as_integer if self.as_integer is self.otherwise else ~self.otherwise
        )

    @property
    def numbers(self) -> NumberSet:
        """The numbers that can be written in some way."""
        if self.as_integer is self.otherwise:
            return self.as_integer
        return (self.as_integer & NumberSet.integers()) | self.otherwise


EVERY_NUMBER = WrittenNumbers.however(NumberSet.all())
NO_NUMBER = WrittenNumbers.however(NumberSet.empty())


def any_number_text(written: WrittenNumbers) -> State:
    """The state before the first byte of a number, in any spelling."""
    if written.as_integer is written.otherwise:
        return number_state(written.as_integer)
    others = from_automaton(number_state(written.otherwise))
    return union(
        _integers(written.as_integer & NumberSet.integers()),
        intersection(others, pattern_language("[^.eE]*[.eE].*")),
    ).start()


@lru_cache(maxsize=256)
def _integers(integers: NumberSet) -> Language:
    """Integers without a fraction or exponent."""
    if integers == NumberSet.integers():
        return pattern_language("-?(0|[1-9][0-9]*)")
    return from_automaton(short_state(integers, NumberSet.empty(), Shape(False, True, 1, 0)))
