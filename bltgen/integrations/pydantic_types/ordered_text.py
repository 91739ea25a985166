"""Texts of digits in order: those beyond a bound, as regular expressions.

Dates and clock times are digits at fixed places, so that a later one is a greater text.
`text_above("2024-02-29")` matches every text of the same shape that is greater.

>>> import re
>>> [bool(re.fullmatch(text_above("12:30"), text)) for text in ("12:29", "12:30", "12:31", "20:00")]
[False, False, True, True]
>>> [bool(re.fullmatch(fraction_from(250000), text)) for text in ("", ".2", ".25", ".2500004", ",3")]
[False, False, True, True, True]
"""

from __future__ import annotations

import re

from bltgen.automata.language import EMPTY, Language
from bltgen.constraints.regex import regex
from bltgen.errors import EmptyLanguage

__all__ = ["NOTHING", "fraction_from", "matching", "number_above", "number_below", "text_above", "text_below"]

NOTHING = "(?!)"
"""Matches no text."""


def matching(pattern: str) -> Language:
    """The language of a pattern, which may match nothing."""
    try:
        return regex(pattern)
    except EmptyLanguage:
        return EMPTY


def text_above(bound: str) -> str:
    """The texts of the bound's shape (digits where it has digits, else the same) that are greater."""
    return _beyond(bound, 1, 9)


def text_below(bound: str) -> str:
    """The texts of the bound's shape that are less."""
    return _beyond(bound, -9, -1)


def _beyond(bound: str, least: int, most: int) -> str:
    ways = []
    for place, character in enumerate(bound):
        if character.isdigit():
            low, high = max(0, int(character) + least), min(9, int(character) + most)
            if low <= high:
                rest = "".join("[0-9]" if c.isdigit() else re.escape(c) for c in bound[place + 1 :])
                ways.append(f"{re.escape(bound[:place])}[{low}-{high}]{rest}")
    return f"(?:{'|'.join(ways)})" if ways else NOTHING


def number_above(bound: int) -> str:
    """Whole numbers without leading zeros that are greater than the bound (not negative)."""
    digits = str(bound)
    return f"(?:[1-9][0-9]{{{len(digits)},}}|{text_above(digits)})"


def number_below(bound: int) -> str:
    """Whole numbers without leading zeros that are less than the bound; nothing where that is 0."""
    digits = str(bound)
    shorter = f"0|[1-9][0-9]{{0,{len(digits) - 2}}}" if len(digits) > 1 else NOTHING
    return f"(?:{shorter}|(?!0[0-9]){text_below(digits)})"


def fraction_from(microseconds: int) -> str:
    """Fractions of a second (`.` or `,` and digits, or nothing) of at least so many whole microseconds."""
    digits = f"{microseconds:06d}"
    ways = [""] if microseconds == 0 else []
    for place, character in enumerate(digits):
        if character != "9":
            ways.append(f"[.,]{digits[:place]}[{int(character) + 1}-9][0-9]*")
        if place and not digits[place:].strip("0"):
            ways.append(f"[.,]{digits[:place]}")
    ways.append(f"[.,]{digits}[0-9]*")
    return f"(?:{'|'.join(ways)})"
