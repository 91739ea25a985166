"""Values of facts, spelled as a text would spell them.

Each function draws one value: `draw.rng` is the stream, `draw.pools` the words of the split. Values
begin and end with a letter or digit, so that in a sentence they stand between word boundaries.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bltgen.training.data.lexicon import WORDS
from bltgen.training.data.pools import Pools, ascii_of, invented_word


@dataclass(frozen=True)
class Draw:
    rng: random.Random
    pools: Pools

    def pick(self, texts: Sequence[str]) -> str:
        return texts[int(self.rng.random() * len(texts))]

    def one(self, words: str) -> str:
        """One of a list of `words.txt`."""
        return self.pick(WORDS[words])

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def below(self, n: int) -> int:
        return int(self.rng.random() * n)

    def word(self) -> str:
        """An invented word."""
        return invented_word(self.rng, self.pools.split)

    def digits(self, n: int) -> str:
        return "".join("0123456789"[int(self.rng.random() * 10)] for _ in range(n))

    def spelled(self, text: str) -> str:
        """Most texts are written without accents."""
        return text if text.isascii() or self.chance(0.25) else ascii_of(text)


Sampler = Callable[[Draw], str]


def choice(*texts: str) -> Sampler:
    """One of a closed list (the same in both splits)."""
    return lambda d: d.pick(texts)


def one_of(*samplers: Sampler) -> Sampler:
    return lambda d: samplers[int(d.rng.random() * len(samplers))](d)


def integer(low: int, high: int, step: int = 1) -> Sampler:
    """An integer, small ones more often (the magnitude is drawn first where the range is wide)."""

    def draw(d: Draw) -> str:
        top = high
        if high > 50 * max(low, 1) and d.chance(0.5):
            top = max(low + 20 * step, high // 20)
        return str(low + step * d.below((top - low) // step + 1))

    return draw


def decimal(low: float, high: float, places: int = 2, whole: float = 0.15) -> Sampler:
    """A decimal; a share of them is written as an integer."""

    def draw(d: Draw) -> str:
        top = high / 10 if d.chance(0.4) and high > 20 * low else high
        value = low + d.rng.random() * (max(top, low) - low)
        return str(round(value)) if d.chance(whole) else f"{value:.{places}f}"

    return draw


def invented(d: Draw) -> str:
    return d.word()


def word(d: Draw) -> str:
    return d.word().lower() if d.chance(0.15) else d.pick(d.pools.words)


# ---- people -----------------------------------------------------------------------------------------


def first_name(d: Draw) -> str:
    return d.word() if d.chance(0.25) else d.spelled(d.pick(d.pools.first_names))


def last_name(d: Draw) -> str:
    if d.chance(0.25):
        return d.word() + ("-" + d.word() if d.chance(0.03) else "")
    name = d.spelled(d.pick(d.pools.last_names))
    return f"{name}-{d.spelled(d.pick(d.pools.last_names))}" if d.chance(0.03) else name


def person(d: Draw) -> str:
    r = d.rng.random()
    if r < 0.72:
        return f"{first_name(d)} {last_name(d)}"
    if r < 0.82:
        return first_name(d)
    if r < 0.90:
        return f"{first_name(d)} {d.pick('ABCDEFGHIJKLMNOPRSTVW')}. {last_name(d)}"
    if r < 0.95:
        return f"{first_name(d)} {d.one('particles')} {last_name(d)}"
    return f"{first_name(d)} {first_name(d)} {last_name(d)}"


def full_name(d: Draw) -> str:
    return f"{first_name(d)} {last_name(d)}"


def job(d: Draw) -> str:
    if d.chance(0.15):
        return f"{d.one('job_heads')} {d.pick(d.pools.jobs)}"
    return d.pick(d.pools.jobs)


# ---- places -----------------------------------------------------------------------------------------


def city(d: Draw) -> str:
    r = d.rng.random()
    if r < 0.22:
        word = d.word()
        return d.one("city_forms").format(word) if d.chance(0.35) else word
    return d.spelled(d.pick(d.pools.cities))


def country(d: Draw) -> str:
    return d.word() if d.chance(0.1) else d.spelled(d.pick(d.pools.countries))


def street(d: Draw) -> str:
    name = d.word() if d.chance(0.25) else d.spelled(d.pick(d.pools.streets))
    return f"{name} {d.one('streets')}" if " " not in name and d.chance(0.7) else name


def street_address(d: Draw) -> str:
    number = str(1 + d.below(250 if d.chance(0.8) else 3000))
    if d.chance(0.05):
        number += d.pick("ABCD")
    return f"{number} {street(d)}" if d.chance(0.75) else f"{street(d)} {number}"


def postcode(d: Draw) -> str:
    r = d.rng.random()
    if r < 0.5:
        return d.pick("123456789") + d.digits(4)
    if r < 0.7:
        a, b, e, f = (d.pick("ABCDEFGHJKLMNPRSTUWY") for _ in range(4))
        return f"{a}{b}{d.digits(1)} {d.pick('123456789')}{e}{f}"
    if r < 0.85:
        return f"{d.digits(2)}-{d.digits(3)}"
    return f"{d.pick('123456789')}{d.digits(3)}"


# ---- identifiers and contacts -----------------------------------------------------------------------


def email(d: Draw) -> str:
    first, last = ascii_of(first_name(d)).lower(), ascii_of(last_name(d)).lower()
    first, last = "".join(filter(str.isalnum, first)), "".join(filter(str.isalnum, last))
    r = d.rng.random()
    local = (
        f"{first}.{last}"
        if r < 0.4
        else f"{first[0]}{last}"
        if r < 0.6
        else f"{first}{d.digits(2)}"
        if r < 0.8
        else first
    )
    host = d.one("hosts") if d.chance(0.3) else f"{d.word().lower()}.{d.one('endings')}"
    return f"{local}@{host}"


def phone(d: Draw) -> str:
    return "".join(d.digits(1) if c == "#" else c for c in d.one("phones"))


def code(d: Draw) -> str:
    """An identifier such as TK-4821."""
    letters = "".join(d.pick("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(1 + d.below(3)))
    r = d.rng.random()
    if r < 0.5:
        return f"{letters}-{d.digits(3 + d.below(3))}"
    if r < 0.7:
        return f"{letters}{d.digits(3 + d.below(3))}"
    if r < 0.8:
        return f"{letters}-{d.digits(2)}-{d.digits(3)}"
    if r < 0.9:
        return f"{d.pick('123456789')}{d.digits(4 + d.below(3))}"
    return f"{d.digits(2)}{letters}{d.digits(2)}"


def flight(d: Draw) -> str:
    letters = d.pick("ABDEFIKLQSTUVWZ") + d.pick("ABCEFHKLMPRSTUXYZ")
    return f"{letters}{d.pick(('', '', ' '))}{1 + d.below(9)}{d.digits(1 + d.below(3))}"


# ---- time -------------------------------------------------------------------------------------------


def date(d: Draw) -> str:
    day, month, year = 1 + d.below(28), d.below(12), 1990 + d.below(50)
    r = d.rng.random()
    if r < 0.3:
        return f"{year}-{month + 1:02}-{day:02}"
    if r < 0.5:
        return f"{day} {WORDS['months'][month]} {year}"
    if r < 0.65:
        return f"{WORDS['months'][month]} {day}"
    if r < 0.75:
        return f"{day} {WORDS['months'][month]}"
    if r < 0.83:
        return f"{WORDS['months'][month]} {day}, {year}"
    if r < 0.9:
        return f"{day:02}.{month + 1:02}.{year}"
    if r < 0.95:
        return f"{month + 1:02}/{day:02}/{year}"
    return f"{day} {WORDS['months'][month][:3]} {year}"


def weekday(d: Draw) -> str:
    return d.one("days")


def month(d: Draw) -> str:
    return d.one("months")


def clock(d: Draw) -> str:
    hour, minute = (
        d.below(24),
        d.pick(("00", "00", "15", "30", "30", "45", "05", "10", "20", "40", "50", "55")),
    )
    r = d.rng.random()
    if r < 0.6:
        return f"{hour:02}:{minute}" if d.chance(0.7) else f"{hour}:{minute}"
    if r < 0.85:
        return f"{1 + hour % 12}{':' + minute if d.chance(0.5) else ''} {d.pick(('am', 'pm'))}"
    return f"{1 + hour % 12}{d.pick(('am', 'pm'))}"


def year(d: Draw) -> str:
    return str(1900 + d.below(135)) if d.chance(0.8) else str(1500 + d.below(400))


def recent_year(d: Draw) -> str:
    return str(1985 + d.below(50))


def duration(d: Draw) -> str:
    return f"{1 + d.below(9)}:{d.below(60):02}"
