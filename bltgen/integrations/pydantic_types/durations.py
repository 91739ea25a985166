"""Durations as pydantic reads them: ISO 8601, and days with a clock time.

`P1Y2M3W4DT5H6M7.5S` has each unit at most once, in this order; `1 day, 02:03:04.5`, `02:03:04` and `3 days`
are the other way that pydantic (its parser, the Rust crate speedate) takes. Numbers are so short that what
they add up to is a timedelta; a unit alone may be as great as it can be.

Within bounds a duration is written in days (or years of 365 and days, as pydantic does) and a time of less
than 24 hours, 60 minutes and 60 seconds, `P400DT1H`, `P1Y35DT1H`, or in one unit: `P2W`, `PT36H`, `3 days`.

>>> import datetime
>>> duration().accepts(b"P1W"), duration().accepts(b"2 days, 01:30"), duration().accepts(b"P")
(True, True, False)
>>> short = bounded("<=", datetime.timedelta(hours=36))
>>> [short.accepts(text) for text in (b"P1DT12H", b"P1DT12H0.1S", b"-P9D", b"P1DT12H1S")]
[True, False, True, False]
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache, lru_cache

from bltgen.automata.language import (
    ANY_BYTES,
    EMPTY,
    EPSILON,
    Language,
    concat,
    from_automaton,
    literal,
    union,
)
from bltgen.constraints.json_number_short import Shape, short_state
from bltgen.constraints.number_set import NumberSet
from bltgen.integrations.pydantic_types.ordered_text import (
    fraction_from,
    matching,
    number_above,
    number_below,
)

__all__ = ["bounded", "duration", "multiples"]

_UNITS = (("Y", 6), ("M", 7), ("W", 7), ("D", 8))
_UNITS_OF_TIME = (("H", 6), ("M", 6), ("S", 8))
"""Units with as many digits as they all may have at once, so that their sum is no overflow."""

_GREATEST = (("", "Y", 2739726), ("", "M", 33333333), ("", "W", 142857142), ("", "D", 999999999))
_MOST_SECONDS = 4294967295
_GREATEST_OF_TIME = (("T", "H", 1193046), ("T", "M", 71582788), ("T", "S", _MOST_SECONDS))
_ALONE = (
    ("P", "D", dt.timedelta(days=1), 999999999),
    ("P", "W", dt.timedelta(weeks=1), 142857142),
    ("P", "M", dt.timedelta(days=30), 33333333),
    ("PT", "H", dt.timedelta(hours=1), 1193046),
    ("PT", "M", dt.timedelta(minutes=1), 71582788),
    ("PT", "S", dt.timedelta(seconds=1), _MOST_SECONDS),
    ("", " ?(?:[dD](?:ays?)?|D(?:AYS?)?|dAYS?)", dt.timedelta(days=1), 999999999),
)
"""What a duration within bounds may also be written in: before and after the number, the unit, the most."""

_FRACTION = "[.,][0-9]{0,15}"
_CLOCK = ":[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?"
_SHAPE = (
    "P(?=[0-9T])(?:[0-9]+Y)?(?:[0-9]+D)?"
    "(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:[.,][0-9]{1,6})?S)?)?"
)


def _optional(units: tuple[tuple[str, int], ...]) -> str:
    return "".join(f"(?:[0-9]{{1,{digits}}}{unit})?" for unit, digits in units)


@cache
def duration() -> Language:
    """Every duration, in both ways of writing it."""
    days, times = _optional(_UNITS), _optional(_UNITS_OF_TIME)
    ways = [f"P(?=[0-9]|T[0-9]){days}(?:T{times})?"]
    # A fraction stands in the last number alone.
    for index, (unit, digits) in enumerate(_UNITS):
        ways.append(f"P{_optional(_UNITS[:index])}[0-9]{{1,{digits}}}{_FRACTION}{unit}")
    for index, (unit, digits) in enumerate(_UNITS_OF_TIME):
        ways.append(f"P{days}T{_optional(_UNITS_OF_TIME[:index])}[0-9]{{1,{digits}}}{_FRACTION}{unit}")
    for mark, unit, most in (*_GREATEST, *_GREATEST_OF_TIME):
        ways.append(f"P{mark}{number_below(most + 1)}{unit}")
    hours = f"(?:[0-9]{{2,9}}{_CLOCK}|[0-9]:[0-5][0-9]:[0-5][0-9](?:[.,][0-9]+)?)"
    clock_of_day = f"(?:(?:[01][0-9]|2[0-3]){_CLOCK}|[0-9]:[0-5][0-9]:[0-5][0-9](?:[.,][0-9]+)?)"
    day = " ?(?:[dD](?:ays?)?|D(?:AYS?)?|dAYS?)"
    ways += [hours, f"[0-9]{{1,9}}{day}(?:, ?| )?", f"[0-9]{{1,8}}{day}(?:, ?| )?{clock_of_day}"]
    found: Language = matching("[+-]?") + union(*[matching(way) for way in ways])
    return found


@lru_cache(256)
def bounded(side: str, bound: dt.timedelta) -> Language:
    """The durations on one side (`>`, `>=`, `<`, `<=`) of a bound, written as the module says."""
    size = abs(bound)
    less, same, more = _compared(size)
    every = union(less, same, more)
    plus, minus = matching("[+]?"), literal(b"-")
    upward, itself = side in (">", ">="), side in (">=", "<=")
    own = (more if upward else less) | (same if itself else EMPTY)
    if bound < dt.timedelta(0):
        mirrored = (less if upward else more) | (same if itself else EMPTY)
        return union(minus + mirrored, plus + every) if upward else minus + mirrored
    # To speedate -PT0S is less than PT0S.
    return plus + own if upward else union(plus + own, minus + every)


@lru_cache(256)
def multiples(step: dt.timedelta, sides: tuple[tuple[str, dt.timedelta], ...] = ()) -> Language:
    """The multiples of a duration, on all the sides of bounds, as seconds: `-PT90S`."""
    found = NumberSet.multiples(Decimal(_microseconds(step)).scaleb(-6))
    found &= NumberSet.interval(-_MOST_SECONDS, _MOST_SECONDS)
    for side, bound in sides:
        size, is_open = Decimal(_microseconds(bound)).scaleb(-6), side in (">", "<")
        low, high = (size, None) if side[0] == ">" else (None, size)
        found &= NumberSet.interval(low, high, is_open, is_open)
    shape = Shape(exponents=False, minus_zero=False, digits=20, places=6)
    seconds = from_automaton(short_state(found & NumberSet.integers(), found, shape))
    plus, minus = seconds - (literal(b"-") + ANY_BYTES), seconds.derivative(ord("-"))
    return concat(union(literal(b"PT") + plus, literal(b"-PT") + minus), literal(b"S"))


def _microseconds(size: dt.timedelta) -> int:
    return size // dt.timedelta(microseconds=1)


def _compared(size: dt.timedelta) -> tuple[Language, Language, Language]:
    """The sizes that are less, the same, and more."""
    shape = matching(_SHAPE)
    of_day = [
        _number("H", size.seconds // 3600, 23),
        _number("M", size.seconds // 60 % 60, 59),
        _seconds(size.seconds % 60, size.microseconds),
    ]
    years, rest = divmod(size.days, 365)
    time = [(EMPTY, matching("T?"), EMPTY), *of_day]
    in_days = _sequence([_number("D", size.days, 99_999_999), *time])
    in_years = _sequence([_number("Y", years, 273_972), _number("D", rest, 364), *time])
    letter = literal(b"P")
    ways = [tuple(letter + union(a, b) & shape for a, b in zip(in_days, in_years, strict=True))]
    ways += [_in_one_unit(size, *unit) for unit in _ALONE]
    less, same, more = (union(*each) for each in zip(*ways, strict=True))
    return less, same, more


def _in_one_unit(
    size: dt.timedelta, before: str, after: str, unit: dt.timedelta, most: int
) -> tuple[Language, Language, Language]:
    """The sizes in so many whole units that are less, the same, and more."""
    whole, rest = divmod(size, unit)
    numbers = matching(number_below(most + 1))
    below = matching(number_below(whole + bool(rest))) & numbers
    same = EMPTY if rest else literal(str(whole).encode()) & numbers
    above = numbers - below - same
    less, equal, more = (literal(before.encode()) + each + matching(after) for each in (below, same, above))
    return less, equal, more


def _sequence(parts: list[tuple[Language, Language, Language]]) -> tuple[Language, Language, Language]:
    """Parts that are compared one after the other."""
    less, same, more = parts[-1]
    for a, b, c in reversed(parts[:-1]):
        every = union(less, same, more)
        less, same, more = union(a + every, b + less), b + same, union(c + every, b + more)
    return less, same, more


def _number(unit: str, bound: int, most: int) -> tuple[Language, Language, Language]:
    """The numbers of a unit, up to `most`, that are less, the same, and more; left out, it is 0."""
    letter = literal(unit.encode())
    within = matching(number_below(most + 1)) + letter
    less = (matching(number_below(bound)) + letter) & within
    more = (matching(number_above(bound)) + letter) & within
    same = literal(f"{bound}{unit}".encode()) & within
    return (less, same | EPSILON, more) if bound == 0 else (less | EPSILON, same, more)


def _seconds(second: int, microsecond: int) -> tuple[Language, Language, Language]:
    """As `_number`, of seconds with a fraction of at most six digits."""
    letter = literal(b"S")
    every = matching(f"{number_below(60)}(?:[.,][0-9]{{1,6}})?")
    later = f"{number_above(second)}(?:[.,][0-9]*)?"
    from_here = matching(f"{later}|{second}{fraction_from(microsecond)}") & every
    if microsecond < 999_999:
        beyond = f"{second}{fraction_from(microsecond + 1)}"
    else:
        beyond = f"{second + 1}{fraction_from(0)}"
    more = matching(f"{later}|{beyond}") & every
    less, same = every - from_here, from_here - more
    ways = less + letter, same + letter, more + letter
    zero = second == microsecond == 0
    return (ways[0], ways[1] | EPSILON, ways[2]) if zero else (ways[0] | EPSILON, *ways[1:])
