r"""The numbers that a text tells, by value: for numbers that may be copied and not invented.

`numbers_in(text)` reads digits of any script, and understands:

| in the text | the number |
|---|---|
| `36`, `007`, `٣٦`, `LR460` | 36, 7, 36, 460 |
| `12.50`, `12,50`, `٣٫٥`, `.5` | 12.5, 12.5, 3.5, 0.5 (and 5) |
| `68,500`, `68.500.000`, `68'500`, `68_500`, `12,34,567` | grouped by threes, or as in India |
| `68 500`, with any of the spaces that part groups | 68500, and 68 and 500 |
| `1,234.56`, `1.234,56`, `1 234,56` | 1234.56 |
| `1.234`, `1,234` | either reading: 1.234 and 1234 |
| `-5`, `–5`, `-$5` after no letter or digit | -5 and 5, for a dash is no sure sign; `−5` (U+2212) -5 alone |
| `1.5e3`, `2E-4` | 1500, 0.0002 |
| `2024-05-01`, `21:40`, `3/4` | each part: 2024, 5, 1; 21, 40; 3, 4 |
| `6.6.6`, `1,2,3,4` | no number as a whole: each part, and each two neighbours as one number |

Words (`three`, `1.2 million`), fractions, per cent as hundredths and Roman numerals are not read.

>>> sorted(numbers_in("68,500.00 or 1.234,56 for 12.50"))
[Decimal('12.50'), Decimal('1234.56'), Decimal('68500.00')]
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal

__all__ = ["numbers_in"]

MOST_DIGITS = 1_000
"""Longer numbers, and those of more digits written out, are not read."""

_GROUPING = frozenset(".,'\u2019_\u066c")
_DECIMAL = frozenset(".,\u066b")
_SEPARATORS = "".join(sorted(_GROUPING | _DECIMAL))
_SPACES = " \u00a0\u2009\u202f\u2007"
_SIGN = r"(?P<sign>[-\u2013\u2212+]\$?(?<![\w.,][-\u2013\u2212+])(?<![\w.,][-\u2013\u2212+]\$))?"
_NUMBER = re.compile(
    rf"{_SIGN}(?P<point>(?<![0-9])\.)?(?P<digits>[0-9]+(?:[{_SEPARATORS}][0-9]+)*)"
    rf"(?:[eE](?P<exponent>[-\u2212+]?[0-9]+)(?!\w))?"
)
_SPACED = re.compile(
    rf"{_SIGN}(?<![0-9])(?<![0-9][{_SEPARATORS}])(?P<digits>[1-9][0-9]{{0,2}}(?P<space>[{_SPACES}])[0-9]{{3}}"
    rf"(?:(?P=space)[0-9]{{3}})*)(?![0-9])(?:[.,\u066b](?P<places>[0-9]+)(?![{_SEPARATORS}]?[0-9]))?"
)


def numbers_in(text: str) -> frozenset[Decimal]:
    """The values of all numbers in a text, each reading of those that can be read in several ways."""
    return frozenset(_values(_with_ascii_digits(text)))


def _with_ascii_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join([str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text])


def _values(text: str) -> Iterator[Decimal]:
    for match in _SPACED.finditer(text):
        whole = match["digits"].replace(match["space"], "")
        yield from _signed(match["sign"] or "", f"{whole}.{match['places'] or ''}", "")
    for match in _NUMBER.finditer(text):
        sign, digits = match["sign"] or "", match["digits"]
        exponent = (match["exponent"] or "").replace("\u2212", "-")
        for reading in _readings(digits):
            yield from _signed(sign, reading, exponent)
        if match["point"] and digits.isdecimal():
            yield from _signed(sign, f".{digits}", exponent)


def _signed(sign: str, reading: str, exponent: str) -> Iterator[Decimal]:
    """The values of a decimal number after a sign, if it is short enough."""
    whole, _, places = reading.partition(".")
    if len(exponent) > 6 or len(reading) + abs(int(exponent or 0)) > MOST_DIGITS:
        return
    digits = tuple([int(digit) for digit in (whole + places).lstrip("0") or "0"])
    power = int(exponent or 0) - len(places)
    if sign[:1] != "\u2212":
        yield Decimal((0, digits, power))
    if sign[:1] in ("-", "\u2013", "\u2212"):
        yield Decimal((1, digits, power))


def _readings(digits: str) -> Iterator[str]:
    """The ways to read digits with separators, as decimal numbers without grouping."""
    runs = re.split(f"[{_SEPARATORS}]", digits)
    separators = [char for char in digits if not char.isdecimal()]
    whole = list(_whole(runs, separators))
    yield from whole
    if not whole:
        yield from runs
        for i, separator in enumerate(separators):
            yield from _whole(runs[i : i + 2], [separator])


def _whole(runs: list[str], separators: list[str]) -> Iterator[str]:
    """The ways to read all runs as one number."""
    if not separators:
        yield runs[0]
        return
    if _are_groups(runs, separators):
        yield "".join(runs)
    last = separators[-1]
    if last in _DECIMAL and last not in separators[:-1] and _are_groups(runs[:-1], separators[:-1]):
        yield "".join(runs[:-1]) + "." + runs[-1]


def _are_groups(runs: list[str], separators: list[str]) -> bool:
    """Whether runs of digits are the groups of one number; one run is, however long."""
    if len(runs) == 1:
        return True
    if len(set(separators)) > 1 or separators[0] not in _GROUPING or runs[0].startswith("0"):
        return False
    lengths = [len(run) for run in runs]
    if lengths[-1] != 3:
        return False
    return (lengths[0] <= 3 and set(lengths[1:]) == {3}) or (lengths[0] <= 2 and set(lengths[1:-1]) == {2})
