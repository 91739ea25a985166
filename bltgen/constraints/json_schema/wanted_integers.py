"""Where a schema wants an integer, told by reading the text: `1e2` is 100 under `"type": "integer"`.

The type that a schema wants at a place may depend on all that was read before (`$ref`, `anyOf`, `if`,
tagged unions), which is what the states of the reader know: a number is wanted as an integer where the
readings of the text that are still possible admit, together, nothing but integers near its value: under
`anyOf` an integer or at least 9, `4.0` is one and `1e2` is none. How the reader splits them into readings
does not matter. An `int` is never wrong where the value is one: it satisfies what `1e2` satisfies.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from bltgen.automata.contract import State
from bltgen.constraints.json_number import NumberState
from bltgen.constraints.json_number_value import is_whole
from bltgen.constraints.json_schema.positions import NumberText
from bltgen.constraints.json_schema.unique_items import RecordedItem
from bltgen.constraints.number_set import NumberSet

__all__ = ["IntegerWatch", "wanted_integers"]


class IntegerWatch:
    """Reads a text along a constraint of JSON; bytes are read when they are asked about.

    `start` gives the state before the first byte, in the widest spelling; it is not asked before need be.
    """

    def __init__(self, start: Callable[[], State]) -> None:
        self._start: Callable[[], State] | None = start
        self._state: State | None = None
        self._unread = bytearray()

    def feed(self, byte: int) -> None:
        """The text goes on with this byte."""
        self._unread.append(byte)

    def wants_integer(self, number: str) -> bool:
        """Whether `number`, with which the text ends so far, is wanted as an integer.

        False where the text leaves the language.
        """
        if self._start is not None:
            self._state, self._start = self._start(), None
        for byte in self._unread:
            if self._state is not None:
                self._state = self._state.advance(byte)
        self._unread.clear()
        readings = list(_numbers(getattr(self._state, "positions", ())))
        if not readings:
            return False
        numbers = reduce(or_, readings)
        if numbers.stands_alone(number) and _is_rounded(number):
            return False  # 1e300 listed as such is the float, which is not 10**300
        return numbers.only_integers_near(number)


def _is_rounded(number: str) -> bool:
    """Whether a double means the number, and is not quite it: from 2^53 on."""
    value = float(number)
    return math.isfinite(value) and Decimal(repr(value)) == Decimal(number) != Decimal(value)


def _numbers(positions: Iterable[Any]) -> Iterator[NumberSet]:
    """The numbers that each reading admits where the text ends in one."""
    for position in positions:
        if isinstance(position, RecordedItem):
            yield from _numbers(position.inner.positions)
        elif isinstance(position, NumberText) and isinstance(position.text, NumberState):
            yield position.text.automaton.numbers


_NUMBERS = re.compile(rb'"(?:[^"\\]|\\.)*"|(-?[0-9][-+.0-9eE]*)')


def wanted_integers(text: bytes, start: Callable[[], State]) -> list[bool]:
    """For each number of a JSON text that has a fraction or an exponent, whether it is wanted as an integer.

    `start` gives the state before the first byte; it is not asked where no such number is whole.

    >>> from bltgen.constraints.json_schema import json_schema
    >>> schema = json_schema({"items": {"anyOf": [{"type": "integer"}, {"minimum": 9}]}}, numbers="any")
    >>> wanted_integers(b'["1.0", 2, 4.0, 1e2, 9.5]', schema.start)
    [True, False, False]
    """
    found = []
    watch = IntegerWatch(start)
    at = 0
    for match in _NUMBERS.finditer(text):
        number = match[1]
        if number is None or not set(number) & set(b".eE"):
            continue
        wanted = is_whole(number.decode())
        if wanted:
            for byte in text[at : match.end()]:
                watch.feed(byte)
            at = match.end()
            wanted = watch.wants_integer(number.decode())
        found.append(wanted)
    return found
