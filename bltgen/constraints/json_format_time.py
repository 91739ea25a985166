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

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from bltgen.automata.language import (
    INFINITE,
    Language,
    concat,
    from_automaton,
    literal,
    union,
)
from bltgen.constraints.regex import pattern_language

__all__ = ["date", "date_time", "duration", "local_time", "time"]

_LEAP = "(?:0[48]|[2468][048]|[13579][26])"
_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_LEAP_YEAR = f"(?:[0-9]{{2}}{_LEAP}|{_LEAP}00)"
_COMMON = "(?:[02468][1235679]|[13579][01345789])"
_COMMON_YEAR = f"(?:[0-9]{{2}}{_COMMON}|{_COMMON}00)"
_DAY_28 = "(?:0[1-9]|1[0-9]|2[0-8])"
_FRACTION = r"(?:\.[0-9]+)?"
_OFFSET = "[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]"
_DAY = 24 * 60


@cache
def date() -> Language:
    """`full-date`."""
    days = f"(?:0[1-9]|1[0-2])-{_DAY_28}|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
    return pattern_language(f"{_YEAR}-(?:{days})|{_LEAP_YEAR}-02-29")


def _month_ends() -> Language:
    """The dates that are the last of their month."""
    long = "(?:0[13578]|1[02])-31"
    short = "(?:0[469]|11)-30"
    return pattern_language(f"{_YEAR}-(?:{long}|{short})|{_LEAP_YEAR}-02-29|{_COMMON_YEAR}-02-28")


@dataclass(frozen=True)
class _LeapSecond:
    """Within the hour and minute of a leap second, which fix its offset: 23:59 in UTC is here `text`.

    `sign` of the offset: behind UTC it is the same day here, ahead of it the next one.
    """

    sign: Literal["+", "-"]
    text: str = ""

    accepting = False
    longest = INFINITE

    @property
    def shortest(self) -> int:
        """Bytes of the rest of hh:mm:60+hh:mm."""
        return len("hh:mm:60+hh:mm") - len(self.text)

    def transitions(self) -> Iterator[tuple[int, Language]]:
        """The next characters of all hh:mm; after the last one, what is left of the time."""
        for character in self._following():
            text = self.text + character
            rest = from_automaton(_LeapSecond(self.sign, text)) if len(text) < 5 else self._rest(text)
            yield 1 << ord(character), rest

    def _following(self) -> str:
        text = self.text
        if len(text) == 1:
            return "0123" if text == "2" else "0123456789"
        if text == "23:5" and self.sign == "+":
            return "012345678"  # With nothing to add, it is still the same day.
        return ("012", "", ":", "012345", "0123456789")[len(text)]

    def _rest(self, text: str) -> Language:
        local = 60 * int(text[:2]) + int(text[3:])
        offset = local + 1 if self.sign == "+" else _DAY - 1 - local
        spelled = f"{self.sign}{offset // 60:02d}:{offset % 60:02d}"
        return concat(literal(b":60"), pattern_language(_FRACTION), literal(spelled.encode()))


@cache
def _leap_seconds_same_day() -> Language:
    """Leap seconds whose local date is the one in UTC: no offset, or one that does not pass midnight."""
    in_utc = pattern_language(f"23:59:60{_FRACTION}(?:[Zz]|[+]00:00)")
    return union(in_utc, from_automaton(_LeapSecond("-")))


def _leap_seconds_next_day() -> Language:
    """Leap seconds that are after midnight in local time."""
    return from_automaton(_LeapSecond("+"))


@cache
def _ordinary_time() -> Language:
    return pattern_language(f"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]{_FRACTION}(?:[Zz]|{_OFFSET})")


@cache
def time() -> Language:
    """`full-time`: a time of day with an offset or `Z`."""
    return union(_ordinary_time(), _leap_seconds_same_day(), _leap_seconds_next_day())


@cache
def date_time() -> Language:
    """`date-time`."""
    letter = pattern_language("[Tt]")
    firsts = pattern_language(f"{_YEAR}-(?:0[1-9]|1[0-2])-01")
    return union(
        date() + letter + _ordinary_time(),
        _month_ends() + letter + _leap_seconds_same_day(),
        firsts + letter + _leap_seconds_next_day(),
    )


@cache
def local_time() -> Language:
    """The `time` of draft 3: hh:mm:ss alone."""
    return pattern_language("(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")


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
    return pattern_language(f"P(?:(?:{days}|{months}|{years})(?:{times})?|{times}|[0-9]+W)")
