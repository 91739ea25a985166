r"""The character classes of regular expressions, as sorted ranges of code points.

`\d`, `\w`, `\s` in the senses of Python (Unicode and ASCII) and of ECMAScript; every property that the
`regex` module knows (`\p{Lu}`, `\p{Script=Greek}`, `\p{Emoji}`) or that ECMA-262 names, read from that
module by one scan over all code points; and simple case folding in Python's and ECMAScript's senses.

All results are tuples of disjoint ascending `(first, last)` pairs. Each class is computed once, at its
first use, in milliseconds.

>>> digits(ascii_only=True), contains(properties("Script=Greek"), ord("λ"))
(((48, 57),), True)
>>> case_closed(((107, 107),), "python")     # K, k and the Kelvin sign
((75, 75), (107, 107), (8490, 8490))
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import Literal

import numpy as np
import regex

from bltgen.automata.limits import charge
from bltgen.automata.utf8 import merged_ranges
from bltgen.constraints import regex_properties

__all__ = [
    "ANY",
    "ECMA_LINE_ENDS",
    "Ranges",
    "case_closed",
    "contains",
    "digits",
    "ecma_properties",
    "identifier_characters",
    "negated",
    "properties",
    "spaces",
    "word_characters",
]

Ranges = tuple[tuple[int, int], ...]
Dialect = Literal["python", "ecma262"]

ANY: Ranges = ((0, 0x10FFFF),)
ECMA_LINE_ENDS: Ranges = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
_ASCII_WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_ASCII_SPACE: Ranges = ((0x09, 0x0D), (0x20, 0x20))
# ECMA-262, 22.2.2.9: WhiteSpace and LineTerminator.
_ECMA_SPACE: Ranges = (
    (0x09, 0x0D),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
)


def contains(ranges: Ranges, code_point: int) -> bool:
    """Whether the code point is in one of the ranges."""
    index = bisect_right(ranges, (code_point, 0x110000)) - 1
    return index >= 0 and ranges[index][1] >= code_point


def negated(ranges: Ranges, last: int = 0x10FFFF) -> Ranges:
    """The code points up to `last` that are not in the ranges."""
    result, begin = [], 0
    for low, high in ranges:
        if low > begin:
            result.append((begin, low - 1))
        begin = high + 1
    if begin <= last:
        result.append((begin, last))
    return tuple(result)


@lru_cache(maxsize=1)
def _every_character() -> str:
    """All code points in order, so that an offset in the string is the code point."""
    return np.arange(0x110000, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")


@lru_cache(maxsize=256)
def _scanned(pattern: str, engine: Literal["re", "regex"]) -> Ranges:
    """The code points that the one-character pattern matches."""
    module = re if engine == "re" else regex
    return tuple((m.start(), m.end() - 1) for m in module.finditer(f"(?:{pattern})+", _every_character()))


def digits(*, ascii_only: bool) -> Ranges:
    r"""`\d`: ASCII digits, or the decimal digits of all scripts (Python)."""
    return ((0x30, 0x39),) if ascii_only else _scanned(r"\d", "re")


def word_characters(*, ascii_only: bool) -> Ranges:
    r"""`\w`: ASCII letters, digits and underscore, or those of all scripts (Python)."""
    return _ASCII_WORD if ascii_only else _scanned(r"\w", "re")


def spaces(dialect: Dialect, *, ascii_only: bool = False) -> Ranges:
    r"""`\s`: white space: ASCII's or that of all scripts (Python); ECMAScript has its own list."""
    if dialect == "ecma262":
        return _ECMA_SPACE
    return _ASCII_SPACE if ascii_only else _scanned(r"\s", "re")


def properties(name: str, *, ignore_case: bool = False) -> Ranges:
    r"""The code points of `\p{name}` in the `regex` module. Raises ValueError where it knows none."""
    if not re.fullmatch(r"\^?[A-Za-z0-9_ .&-]+([=:][A-Za-z0-9_ .&-]+)?", name):
        raise ValueError(f"not a property name: {name!r}")
    if name == "Any":
        return ANY
    try:
        return _scanned(rf"(?i:\p{{{name}}})" if ignore_case else rf"\p{{{name}}}", "regex")
    except regex.error as error:
        raise ValueError(f"unknown property {name!r}") from error


def ecma_properties(name: str) -> Ranges | None:
    r"""The code points of ECMAScript's `\p{name}`; None where the standard knows no such property.

    Raises ValueError where the installed `regex` module does not know it yet.
    """
    if name == "Any":
        return ANY
    if name == "ASCII":
        return ((0, 0x7F),)
    if name == "Assigned":
        return negated(properties("General_Category=Unassigned"))
    query = regex_properties.query(name)
    if query == "Changes_When_NFKC_Casefolded=Yes":
        # The module lacks it. NFKC_Casefold folds case, removes what may be ignored and composes.
        parts = ("Changes_When_Casefolded=Yes", "Default_Ignorable_Code_Point=Yes", "NFKC_Quick_Check=No")
        return merged_ranges([pair for part in parts for pair in properties(part)])
    return None if query is None else properties(query)


@lru_cache(maxsize=1)
def identifier_characters() -> tuple[Ranges, Ranges]:
    """ECMAScript's first and further characters of a name (ECMA-262, 12.7)."""
    first = merged_ranges([*properties("ID_Start=Yes"), (0x24, 0x24), (0x5F, 0x5F)])
    further = [*properties("ID_Continue=Yes"), (0x24, 0x24), (0x200C, 0x200D)]
    return first, merged_ranges(further)


@lru_cache(maxsize=2)
def _case_classes(dialect: Dialect) -> dict[int, tuple[int, ...]]:
    """For each cased code point, all that match it when case is ignored, itself included.

    Python compares simple lower cases, and beyond them lower-case letters of equal upper case (its table
    of equivalences: i and dotless i, s and long s, ...). ECMAScript's Unicode mode compares simple case
    foldings, as the `regex` module does, but for that module's Turkish I.
    """
    changing = properties("Changes_When_Casemapped") + properties("Changes_When_Casefolded")
    cased = [chr(c) for low, high in merged_ranges(changing) for c in range(low, high + 1)]
    classes: dict[str, list[int]] = {}
    if dialect == "python":
        for char in cased:
            classes.setdefault(char.lower()[0].upper(), []).append(ord(char))
    else:
        unfolded = {"\u0130", "\u0131"}
        every = "".join(char for char in cased if char not in unfolded)
        seen: set[str] = set(unfolded)
        for char in cased:
            if char not in seen:
                members = regex.findall(char, every, regex.IGNORECASE)
                seen.update(members)
                classes[char] = [*map(ord, members)]
    return {member: tuple(group) for group in classes.values() if len(group) > 1 for member in group}


def case_closed(ranges: Ranges, dialect: Dialect, *, ascii_only: bool = False) -> Ranges:
    """The code points that match one of the ranges when case is ignored."""
    extra: list[tuple[int, int]] = []
    if ascii_only:
        for low, high in ranges:
            for first, last, shift in ((0x41, 0x5A, 32), (0x61, 0x7A, -32)):
                begin, end = max(low, first), min(high, last)
                if begin <= end:
                    extra.append((begin + shift, end + shift))
    else:
        groups = _case_classes(dialect)
        few = sum(high - low + 1 for low, high in ranges) < len(groups)
        charge((0 if few else len(groups)) >> 5)
        if few:
            members = [c for low, high in ranges for c in range(low, high + 1) if c in groups]
        else:
            members = [c for c in groups if contains(ranges, c)]
        extra = [(member, member) for c in members for member in groups[c]]
    return merged_ranges([*ranges, *extra])
