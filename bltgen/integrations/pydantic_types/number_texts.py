"""Numbers that stand in strings: keys of dicts, decimals, fractions, complex numbers, sizes in bytes.

Each as pydantic or Python reads it from text, in ASCII digits: a sign, leading zeros and blanks around it do
no harm. Within bounds the digits go without `_` and exponents. The exponent of a decimal has at most 17
digits, that of a fraction three, since Python writes fractions out.

>>> whole = integer_text(Range(3, 12))
>>> [whole.accepts(text) for text in (b"7", b"+007", b" 12 ", b"13", b"-7")]
[True, True, True, False, False]
>>> decimal_text(Range(0, 1)).accepts(b".50"), decimal_text().accepts(b"1e5")
(True, True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from bltgen.automata.language import ANY_BYTE, Language, concat, from_automaton
from bltgen.constraints.json_number import number_state
from bltgen.constraints.number_set import NumberSet
from bltgen.constraints.regex import regex
from bltgen.integrations.pydantic_types.fixed_point import Range, in_all

__all__ = [
    "BLANKS",
    "boolean_text",
    "byte_size_text",
    "complex_text",
    "decimal_text",
    "float_text",
    "fraction_text",
    "integer_text",
    "no_number",
    "zero_with_places",
]

BLANKS = r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
"""What Rust and Python trim from both ends of a text."""

_DIGITS = "[0-9]+(?:_[0-9]+)*"
_FLOAT = rf"(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?"
_NO_NUMBER = "(?i:inf(?:inity)?|nan)"
_PARTED = "[0-9](?:_?[0-9])*"
_PARTED_FLOAT = rf"(?:{_PARTED}(?:_?\.(?:_?{_PARTED})?)?|\._?{_PARTED})(?:_?[eE]_?(?:[+-]_?)?{_PARTED})?"
_PARTED_NO_NUMBER = "(?i:i_?n_?f(?:_?i_?n_?i_?t_?y)?|n_?a_?n)"
_LONGEST = 4000
"""Python refuses to read integers of more than 4,300 digits."""


@cache
def boolean_text() -> Language:
    """What is true or false as a key."""
    return regex("(?i:true|t|yes|y|on|false|f|no|n|off)|0|1", flags=re.ASCII)


@lru_cache(256)
def integer_text(*within: Range) -> Language:
    """Integers, in all of the ranges; with a point, only zeros come after it."""
    if not within:
        found = regex(rf"[+-]?(?:0[0_]*)?{_DIGITS}(?:\.0+)?")
    else:
        found = in_all([*within, Range(places=0)]) - regex(r".*\.|[+-]?\..*")
    limited: Language = _trimmed(found) & ANY_BYTE.repeat(0, _LONGEST)
    return limited


@lru_cache(256)
def float_text(*within: Range, finite: bool = True) -> Language:
    """Numbers with a fraction or exponent (in ranges none); infinities and NaN unless it must be finite."""
    if within:
        return _trimmed(in_all(within))
    # Rust allows blanks around a number, or a single `_` between any two of its characters, not both.
    plain, parted = (_FLOAT.replace(_DIGITS, "[0-9]+"), _PARTED_FLOAT)
    if not finite:
        plain, parted = f"{plain}|{_NO_NUMBER}", f"{parted}|{_PARTED_NO_NUMBER}"
    found: Language = _trimmed(regex(f"[+-]?(?:{plain})", flags=re.ASCII))
    return found | regex(f"(?:[+-]_?)?(?:{parted})", flags=re.ASCII)


@lru_cache(256)
def decimal_text(*within: Range, numbers: NumberSet | None = None) -> Language:
    """Decimals, in all of the ranges. `numbers`: those of them that JSON may write with an exponent."""
    if not within:
        return _trimmed(regex("[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]{1,17})?"))
    found = in_all(within)
    if numbers is not None:
        short = regex("[^eE]*(?:[eE][+-]?[0-9]{0,17})?")
        found |= from_automaton(number_state(numbers)) & short
    return _trimmed(found)


@cache
def zero_with_places() -> Language:
    """Zero with digits after the point."""
    return _trimmed(regex(r"[+-]?0*\.0+"))


@cache
def no_number() -> Language:
    """What else Python reads as a decimal."""
    return _trimmed(regex("[+-]?(?i:inf(?:inity)?|s?nan)", flags=re.ASCII))


@cache
def fraction_text() -> Language:
    """Fractions `1/3`, and decimals; nothing is divided by zero."""
    denominator = f"(?:(?=[0_]*[1-9]){_DIGITS})"
    decimal = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
    found: Language = _trimmed(regex(f"[+-]?(?:{_DIGITS}/{denominator}|{decimal})")) & ANY_BYTE.repeat(
        0, _LONGEST
    )
    return found


@cache
def complex_text() -> Language:
    """Complex numbers as Python's `complex` reads them: a sum `1+2j`, or one of both, in brackets or not."""
    number = f"(?:{_FLOAT}|{_NO_NUMBER})"
    value = f"(?:[+-]?{number}|[+-]?{number}?[jJ]|[+-]?{number}[+-]{number}?[jJ])"
    return _trimmed(regex(rf"{value}|\({BLANKS}*{value}{BLANKS}*\)", flags=re.ASCII))


@lru_cache(64)
def byte_size_text(units: Iterable[str]) -> Language:
    """A number and a unit of bytes or bits, in either case: `1.5 MiB`. Bytes where there is no unit."""
    names = "|".join(sorted(re.escape(unit) for unit in units))
    number = r"(?:[0-9]{1,200}|[0-9]{0,200}\.[0-9]{1,200})"
    return regex(f"{BLANKS}*{number}(?:{BLANKS}*(?i:{names}))?{BLANKS}*", flags=re.ASCII)


def _trimmed(language: Language) -> Language:
    blanks = regex(f"{BLANKS}*")
    return concat(blanks, language, blanks)
