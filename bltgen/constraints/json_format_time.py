"""Dates, times and durations of RFC 3339 as languages: leap years and leap seconds included.

- A date has a year 0001 to 9999 and a day that its month has in that year. (RFC 3339 counts a year 0000;
  the validators at hand refuse it, so it is never written.)
- A leap second is 23:59:60 in UTC, so with an offset it is at the shifted minute, and in a date-time only
  at the end of a month in UTC (section 5.7): on the last day, or on the first day of the next month where
  the offset moves it past midnight. Which months had one is not for a grammar to say.
- `T` and `Z` may be lower-case; a space is no `T`.
- A duration is that of Appendix A: units in order, none left out in between, weeks alone.

>>> date().accepts(b"2000-02-29"), date().accepts(b"1900-02-29"), date_time().start().shortest
(True, False, 20)
>>> time().accepts(b"01:29:60+01:30"), time().accepts(b"01:30:60+01:30")
(True, False)
"""

from __future__ import annotations

from functools import cache

from bltgen.automata.language import Language, intersection, literal, union
from bltgen.constraints.regex import regex

__all__ = ["date", "date_time", "duration", "local_time", "time"]

_LEAP = "(?:0[48]|[2468][048]|[13579][26])"
_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_LEAP_YEAR = f"(?:[0-9]{{2}}{_LEAP}|{_LEAP}00)"
_DAY_28 = "(?:0[1-9]|1[0-9]|2[0-8])"
_FRACTION = r"(?:\.[0-9]+)?"
_OFFSET = "[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]"
_DAY = 24 * 60


@cache
def date() -> Language:
    """`full-date`."""
    days = f"(?:0[1-9]|1[0-2])-{_DAY_28}|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
    return regex(f"{_YEAR}-(?:{days})|{_LEAP_YEAR}-02-29")


def _month_ends() -> Language:
    """The dates that are the last of their month."""
    common = regex(f"{_YEAR}-(?:(?:0[13578]|1[02])-31|(?:0[469]|11)-30)|{_LEAP_YEAR}-02-29")
    common_february = intersection(regex(f"{_YEAR}-02-28"), ~regex(f"{_LEAP_YEAR}-02-28"))
    return union(common, common_february)


def _minute(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _leap_seconds(offsets: range, sign: str) -> Language:
    """Times of second 60 that are 23:59:60 in UTC, with an offset of this sign."""
    fraction = regex(_FRACTION)
    hours: dict[int, list[Language]] = {}
    for offset in offsets:
        local = (_DAY - 1 + (offset if sign == "+" else -offset)) % _DAY
        text = (
            literal(f"{_minute(local)}:60".encode()) + fraction + literal(f"{sign}{_minute(offset)}".encode())
        )
        hours.setdefault(local // 60, []).append(text)
    return union(*[union(*texts) for texts in hours.values()])


@cache
def _leap_seconds_same_day() -> Language:
    """Leap seconds whose local date is the one in UTC: no offset, or one that does not pass midnight."""
    in_utc = regex(f"23:59:60{_FRACTION}[Zz]")
    return union(in_utc, _leap_seconds(range(1), "+"), _leap_seconds(range(_DAY), "-"))


@cache
def _leap_seconds_next_day() -> Language:
    """Leap seconds that are after midnight in local time."""
    return _leap_seconds(range(1, _DAY), "+")


@cache
def _ordinary_time() -> Language:
    return regex(f"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]{_FRACTION}(?:[Zz]|{_OFFSET})")


@cache
def time() -> Language:
    """`full-time`: a time of day with an offset or `Z`."""
    return union(_ordinary_time(), _leap_seconds_same_day(), _leap_seconds_next_day())


@cache
def date_time() -> Language:
    """`date-time`."""
    letter = regex("[Tt]")
    firsts = regex(f"{_YEAR}-(?:0[1-9]|1[0-2])-01")
    return union(
        date() + letter + _ordinary_time(),
        _month_ends() + letter + _leap_seconds_same_day(),
        firsts + letter + _leap_seconds_next_day(),
    )


@cache
def local_time() -> Language:
    """The `time` of draft 3: hh:mm:ss alone."""
    return regex("(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")


@cache
def duration() -> Language:
    """`duration` of Appendix A."""
    days = "[0-9]+D"
    months = f"[0-9]+M(?:{days})?"
    years = f"[0-9]+Y(?:{months})?"
    seconds = "[0-9]+S"
    minutes = f"[0-9]+M(?:{seconds})?"
    hours = f"[0-9]+H(?:{minutes})?"
    times = f"T(?:{hours}|{minutes}|{seconds})"
    return regex(f"P(?:(?:{days}|{months}|{years})(?:{times})?|{times}|[0-9]+W)")
