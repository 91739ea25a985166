"""Values that are told by a text: strings that are spans of it, numbers whose values it tells.

A value is grounded where the schema leaves a choice: a string is one of the spans that the schema admits
(`pattern`, `format`, `enum` and lengths with them), a number one of the told values that it admits. What the
schema determines is not asked of the text: a `const`, an `enum` of one value. Nor are members' names, nor
booleans and null. Where no told value is left, no value is: an optional member stays away, an array stays
empty, another branch is taken; `lenient` lets the schema alone decide there.

>>> from bltgen.automata.utf8 import UTF8_TEXT
>>> told = Grounding.of("order 55812 of 2024", None, "error")
>>> told.strings(UTF8_TEXT).accepts(b"order 55812"), told.strings(literal(b"fixed")).accepts(b"fixed")
(True, True)
"""

from __future__ import annotations

from dataclasses import dataclass

from bltgen.arguments import one_of, shown
from bltgen.automata.language import EPSILON, INFINITE, Language, intersection, literal
from bltgen.automata.suffix_automaton import pieces_of
from bltgen.constraints.json_schema.written_numbers import WrittenNumbers
from bltgen.constraints.number_set import NumberSet
from bltgen.constraints.text_numbers import numbers_in

__all__ = ["Grounding", "text_of"]


@dataclass(frozen=True)
class Grounding:
    """What a text tells. `spans`: strings (None: any) of `text`; `values`: numbers (None: any)."""

    text: str | None
    spans: Language | None
    values: WrittenNumbers | None
    lenient: bool

    @staticmethod
    def of(strings_from: str | None, numbers_from: str | None, ungrounded: str) -> Grounding | None:
        """What the texts tell; None where there are none. See `json_schema` for the options."""
        one_of("ungrounded", ungrounded, ("error", "schema"))
        if strings_from is None and numbers_from is None:
            return None
        spans = None if strings_from is None else pieces_of(strings_from) - EPSILON
        values = None
        if numbers_from is not None:
            values = WrittenNumbers.however(NumberSet.values(numbers_in(numbers_from)))
        return Grounding(strings_from, spans, values, ungrounded == "schema")

    def strings(self, admitted: Language) -> Language:
        """Those of the strings that the schema admits that may come."""
        if self.spans is None or _is_one(admitted):
            return admitted
        told = intersection(admitted, self.spans)
        return admitted if self.lenient and told.is_empty() else told

    def numbers(self, admitted: WrittenNumbers) -> WrittenNumbers:
        """Those of the numbers that the schema admits that may come."""
        if self.values is None or admitted.numbers.size() == 1:
            return admitted
        told = admitted & self.values
        return admitted if self.lenient and told.numbers.is_empty() else told


def _is_one(language: Language) -> bool:
    """Whether a language is one text."""
    if language.most >= INFINITE or language.is_empty():
        return False
    others: Language = language - literal(language.start().completion())
    return others.is_empty()


def text_of(name: str, given: str | bytes | None) -> str | None:
    """A text to ground values in. Raises ValueError for bytes that are no UTF-8."""
    if not isinstance(given, (bytes, bytearray)):
        return given
    try:
        return given.decode()
    except UnicodeDecodeError as error:
        wrong = shown(bytes(given[error.start : error.start + 1]))
        raise ValueError(
            f"{name} is no UTF-8 text: {wrong} at byte {error.start}; decode it first, by its own encoding or"
            " with errors='replace'"
        ) from None
