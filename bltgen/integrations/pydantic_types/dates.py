"""Dates, times and date-times as pydantic reads them (its parser is the Rust crate speedate).

A date is `YYYY-MM-DD`, years 0001 to 9999. A time is `HH:MM` or `HH:MM:SS` with a fraction after `.` or `,`,
no 24:00 and no leap second; then `Z`, an offset below 24 hours (`+01:00`, `+0100`), or neither. A date-time
has `T`, `t`, a space or `_` between the two. A number in a string, which pydantic takes for seconds since
1970, is left out: who writes `"2024"` means a year.

Bounds compare what speedate compares: instants where both the text and the bound have an offset, else what
the clock shows. Fractions beyond microseconds are cut off.

>>> import datetime
>>> day = date(at_least=datetime.date(2024, 2, 29))
>>> day.accepts(b"2024-02-28"), day.accepts(b"2024-02-29"), day.accepts(b"2024-02-30")
(False, True, False)
>>> moment = date_time(later=datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc))
>>> [moment.accepts(b"2024-01-01T00:30" + offset) for offset in (b"Z", b"+01:00", b"-01:00", b"")]
[True, False, True, True]
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from bltgen.automata.language import EMPTY, INFINITE, Language, from_automaton, literal, union
from bltgen.constraints.json_format_time import date as any_date
from bltgen.integrations.pydantic_types.ordered_text import fraction_from, matching, text_above, text_below

__all__ = ["date", "date_time", "time", "with_offset"]

_DAY = 24 * 60
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_OFFSET = "[+−-](?:[01][0-9]|2[0-3]):?[0-5][0-9]"

Zone = Literal["aware", "naive"] | None
"""Whether an offset must be there, or must not."""


def date(at_least: dt.date | None = None, at_most: dt.date | None = None) -> Language:
    """The dates between two, both included."""
    found = any_date()
    if at_least is not None:
        found &= _dates_from(at_least.isoformat())
    if at_most is not None:
        found &= _dates_to(at_most.isoformat())
    return found


@lru_cache(256)
def _dates_from(text: str) -> Language:
    return matching(f"{text_above(text)}|{text}")


@lru_cache(256)
def _dates_to(text: str) -> Language:
    return matching(f"{text_below(text)}|{text}")


@cache
def _seconds(longest_fraction: int) -> Language:
    """What may follow the minute."""
    digits = f"{{1,{longest_fraction}}}" if longest_fraction else "+"
    return matching(f"(?::[0-5][0-9](?:[.,][0-9]{digits})?)?")


@cache
def _zone(zone: Zone) -> Language:
    found = {"aware": f"Z|z|{_OFFSET}", "naive": "", None: f"(?:Z|z|{_OFFSET})?"}[zone]
    return matching(found)


@cache
def _any_time(zone: Zone, longest_fraction: int) -> Language:
    found: Language = matching(_CLOCK) + _seconds(longest_fraction) + _zone(zone)
    return found


def time(
    zone: Zone = None,
    longest_fraction: int = 0,
    *,
    at_least: dt.time | None = None,
    later: dt.time | None = None,
    at_most: dt.time | None = None,
    earlier: dt.time | None = None,
) -> Language:
    """Times of day within bounds. `longest_fraction` digits, 0: any number, of which six count."""
    found = _any_time(zone, longest_fraction)
    for bound, side in ((at_least, ">="), (later, ">"), (at_most, "<="), (earlier, "<")):
        if bound is not None:
            day = dt.datetime.combine(dt.date(2000, 1, 1), bound)
            naive = bound.tzinfo is None or zone == "naive"
            beyond = _clock_beyond(day, side, zone) if naive else _near(day, side, day.toordinal())
            if not naive and zone is None:
                beyond = union(beyond, _clock_beyond(day, side, "naive"))
            found &= beyond
    return found


@lru_cache(64)
def with_offset(seconds: int) -> Language:
    """The texts that end in an offset from UTC of so many seconds, which are whole minutes."""
    hours, rest = divmod(abs(seconds), 3600)
    spelled = f"{hours:02d}:?{rest // 60:02d}"
    if rest % 60:
        return EMPTY
    signed = f"{'[−-]' if seconds < 0 else '[+]'}{spelled}"
    return matching(f"(?s:.*)(?:{signed if seconds else f'Z|z|[+−-]{spelled}'})")


def date_time(
    zone: Zone = None,
    longest_fraction: int = 0,
    *,
    at_least: dt.datetime | None = None,
    later: dt.datetime | None = None,
    at_most: dt.datetime | None = None,
    earlier: dt.datetime | None = None,
) -> Language:
    """Date-times within bounds. `longest_fraction` digits, 0: any number, of which six count."""
    found = _any_date_time(zone, longest_fraction)
    for bound, side in ((at_least, ">="), (later, ">"), (at_most, "<="), (earlier, "<")):
        if bound is not None:
            found &= _beyond(bound, side, zone)
    return found


@cache
def _any_date_time(zone: Zone, longest_fraction: int) -> Language:
    found: Language = any_date() + matching("[Tt _]") + _any_time(zone, longest_fraction)
    return found


@lru_cache(256)
def _beyond(bound: dt.datetime, side: str, zone: Zone) -> Language:
    """The date-times on one side of a bound: those of other days, and those near it by their clock."""
    upward = side in (">", ">=")
    separator = matching("[Tt _]")
    naive = bound.tzinfo is None or zone == "naive"
    day = bound.toordinal() if naive else _instant(bound)[0]
    # With an offset, what the clock shows may be a day off.
    near = range(day, day + 1) if naive else range(day - 1, day + 2)
    ways = []
    beyond = near[-1] if upward else near[0]
    if 1 <= beyond <= dt.date.max.toordinal():
        text = dt.date.fromordinal(beyond).isoformat()
        dates = matching(text_above(text) if upward else text_below(text)) & any_date()
        ways.append(dates + separator + _any_time(zone if naive else "aware", 0))
    for ordinal in near:
        if 1 <= ordinal <= dt.date.max.toordinal():
            clock = _clock_beyond(bound, side, zone) if naive else _near(bound, side, ordinal)
            ways.append(literal(dt.date.fromordinal(ordinal).isoformat().encode()) + separator + clock)
    if not naive and zone is None:
        ways.append(_beyond(bound, side, "naive"))
    return union(*ways)


def _clock_beyond(bound: dt.datetime, side: str, zone: Zone) -> Language:
    """The times on one side of what the clock of the bound shows."""
    upward = side in (">", ">=")
    clock = f"{bound:%H:%M}"
    other = matching(text_above(clock) if upward else text_below(clock)) & matching(_CLOCK)
    beyond = _seconds_beyond(bound.second, bound.microsecond, side)
    found: Language = union(other + _seconds(0), literal(clock.encode()) + beyond) + _zone(zone)
    return found


def _instant(bound: dt.datetime) -> tuple[int, int, int, int]:
    """Day, minute of the day, second and microsecond in UTC."""
    offset = bound.utcoffset()
    assert offset is not None
    seconds = 86400 * bound.toordinal() + 3600 * bound.hour + 60 * bound.minute + bound.second
    in_utc = dt.timedelta(seconds=seconds, microseconds=bound.microsecond) - offset
    return in_utc.days, in_utc.seconds // 60, in_utc.seconds % 60, in_utc.microseconds


def _near(bound: dt.datetime, side: str, ordinal: int) -> Language:
    """The times with an offset on a day near the bound's that lie on one side of it."""
    day, minute, second, microsecond = _instant(bound)
    return from_automaton(_Near(minute + (day - ordinal) * _DAY, second, microsecond, side))


@lru_cache(256)
def _seconds_beyond(second: int, microsecond: int, side: str) -> Language:
    """The seconds and fractions on one side of these; no seconds are 0."""
    if side in ("<", "<="):
        others: Language = _seconds(0) - _seconds_beyond(second, microsecond, ">=" if side == "<" else ">")
        return others
    if side == ">":
        microsecond += 1
        if microsecond == 1_000_000:
            second, microsecond = second + 1, 0
    if second > 59:
        return EMPTY
    ways = [f":{text_above(f'{second:02d}')}(?:[.,][0-9]+)?", f":{second:02d}{fraction_from(microsecond)}"]
    if second == microsecond == 0:
        ways.append("")
    found: Language = matching("|".join(ways)) & _seconds(0)
    return found


@lru_cache(256)
def _seconds_costs(second: int, microsecond: int, side: str) -> tuple[int, int]:
    beyond = _seconds_beyond(second, microsecond, side)
    return beyond.start().shortest, (_seconds(0) - beyond).start().shortest


@dataclass(frozen=True)
class _Near:
    """Times with an offset, on a day on which the offset decides on which side of an instant they lie.

    The instant is `minute` minutes, `second` and `microsecond` after this day's midnight in UTC; `text` is
    what was read of hh:mm.
    """

    minute: int
    second: int
    microsecond: int
    side: str
    text: str = ""

    accepting = False
    longest = INFINITE

    @property
    def shortest(self) -> int:
        """Bytes of the rest of hh:mm and the shortest of what may follow it."""
        clocks = _clocks(self.text)
        # The farther on the right side of the instant, the more offsets there are.
        found = min(self._cost(clocks[0]), self._cost(clocks[-1]))
        return found + 5 - len(self.text) if found < INFINITE else INFINITE

    def transitions(self) -> Iterator[tuple[int, Language]]:
        """The next characters of all hh:mm after which some offset is left; after the last one, the rest."""
        place = len(self.text)
        for character in sorted({_clock(clock)[place] for clock in _clocks(self.text)}):
            text = self.text + character
            if place == 4:
                (clock,) = _clocks(text)
                if self._cost(clock) < INFINITE:
                    yield 1 << ord(character), self._after(clock)
                continue
            following = _Near(self.minute, self.second, self.microsecond, self.side, text)
            if following.shortest < INFINITE:
                yield 1 << ord(character), from_automaton(following)

    def _cost(self, clock: int) -> int:
        """The shortest length of what may follow this clock time."""
        ahead = clock - self.minute if self.side in (">", ">=") else self.minute - clock
        beyond, other = _seconds_costs(self.second, self.microsecond, self.side)
        return min(beyond + _offset_cost(ahead), other + _offset_cost(ahead - 1), INFINITE)

    def _after(self, clock: int) -> Language:
        """Seconds and offset after this clock time: for the seconds beyond the instant's, and the others.

        A text is later than the instant where its offset is less than the clock is ahead of the instant.
        """
        ahead = clock - self.minute
        beyond = _seconds_beyond(self.second, self.microsecond, self.side)
        other = _seconds(0) - beyond
        if self.side in (">", ">="):
            return union(beyond + _offsets_to(ahead), other + _offsets_to(ahead - 1))
        return union(beyond + _offsets_from(ahead), other + _offsets_from(ahead + 1))


@cache
def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@cache
def _clocks(text: str) -> list[int]:
    """The minutes of the day that begin so."""
    return [clock for clock in range(_DAY) if _clock(clock).startswith(text)]


def _offset_cost(most: int) -> int:
    """The shortest offset that is at most so many minutes; by symmetry, the one at least minus so many."""
    return 1 if most >= 0 else len("-hhmm") if most > -_DAY else INFINITE


@lru_cache(8192)
def _offsets_to(most: int) -> Language:
    """The offsets of at most so many minutes, `Z` for none."""
    if most >= _DAY - 1:
        return _zone("aware")
    if most <= -_DAY:
        return EMPTY
    spelled = f"{abs(most) // 60:02d}_{abs(most) % 60:02d}"
    if most >= 0:
        ways = ["Z|z|[−-](?:[01][0-9]|2[0-3]):?[0-5][0-9]", f"[+](?:{spelled}|{text_below(spelled)})"]
    else:
        ways = [f"[−-](?:{spelled}|{text_above(spelled)})"]
    found: Language = matching("|".join(ways).replace("_", ":?")) & _zone("aware")
    return found


@lru_cache(8192)
def _offsets_from(least: int) -> Language:
    """The offsets of at least so many minutes: those that are not less."""
    found: Language = _zone("aware") - _offsets_to(least - 1)
    return found
