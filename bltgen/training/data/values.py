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
        letters = "ABCDEFGHJKLMNPRSTUWY"
        return f"{d.pick(letters)}{d.pick(letters)}{d.digits(1)} {d.pick('123456789')}{d.pick(letters)}{d.pick(letters)}"
    if r < 0.85:
        return f"{d.digits(2)}-{d.digits(3)}"
    return f"{d.pick('123456789')}{d.digits(3)}"


# ---- organisations and things -----------------------------------------------------------------------


def company(d: Draw) -> str:
    r = d.rng.random()
    if r < 0.35:
        return d.pick(d.pools.companies)
    if r < 0.6:
        return f"{d.word()} {d.one('firms')}" if d.chance(0.7) else d.word()
    if r < 0.8:
        return f"{last_name(d)} {d.one('firms')}"
    if r < 0.9:
        return f"{last_name(d)} & {last_name(d)}"
    return f"{word(d).capitalize()} {d.one('firms')}"


def word(d: Draw) -> str:
    return d.word().lower() if d.chance(0.15) else d.pick(d.pools.words)


def product(d: Draw) -> str:
    r = d.rng.random()
    thing = d.one("things")
    if r < 0.2:
        return f"{d.one('colours')} {thing}"
    if r < 0.35:
        return f"{d.one('materials')} {thing}"
    if r < 0.5:
        return f"{d.word()} {thing}"
    if r < 0.65:
        return f"{d.word()} {d.pick('ABCEGKLMPRSTVXZ')}{1 + d.below(999)}"
    if r < 0.75:
        return f"{word(d)} {thing}"
    if r < 0.85:
        return f"{d.word()} {d.pick(('Pro', 'Max', 'Mini', 'Plus', 'Air', 'One', 'Go'))}"
    return thing


def things(d: Draw) -> str:
    """A product in the plural, as after a number."""
    r = d.rng.random()
    thing = d.one("things")
    plural = thing + ("es" if thing.endswith(("ch", "s", "sh")) else "s")
    if thing.endswith("f"):
        plural = thing[:-1] + "ves"
    if r < 0.35:
        return plural
    if r < 0.6:
        return f"{d.one('colours')} {plural}"
    if r < 0.75:
        return f"{d.one('materials')} {plural}"
    return f"{d.word()} {plural}"


def title(d: Draw) -> str:
    """A title of a book, film, song or talk."""
    return d.one("title_forms").format(
        w=d.pick(d.pools.words).capitalize(),
        v=d.pick(d.pools.words).capitalize(),
        c=city(d),
        i=d.word(),
        f=first_name(d),
    )


def dish(d: Draw) -> str:
    text = d.pick(d.pools.dishes) if d.chance(0.7) else d.pick(d.pools.drinks)
    if d.chance(0.2):
        text = f"{d.word()} {d.pick(('soup', 'stew', 'salad', 'curry', 'pie', 'noodles', 'rolls', 'cake', 'tea'))}"
    return text if d.chance(0.4) else text.lower()


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


# ---- names of particular things ---------------------------------------------------------------------


def colour(d: Draw) -> str:
    return (
        f"{d.pick(('dark', 'light', 'pale', 'bright'))} {d.one('colours')}"
        if d.chance(0.2)
        else d.one("colours")
    )


def material(d: Draw) -> str:
    return d.one("stuffs") if d.chance(0.85) else d.word().lower()


def drink(d: Draw) -> str:
    return d.word() if d.chance(0.15) else d.pick(d.pools.drinks)


def ingredient(d: Draw) -> str:
    return d.word().lower() if d.chance(0.25) else d.pick(d.pools.dishes).lower()


def event(d: Draw) -> str:
    r = d.rng.random()
    kind = d.one("events")
    if r < 0.25:
        return f"{word(d).capitalize()} {kind}"
    if r < 0.6:
        return f"{d.word()} {kind}"
    if r < 0.8:
        return f"{city(d)} {kind}"
    return f"{word(d).capitalize()} {word(d).capitalize()} {kind}"


def guest(d: Draw) -> str:
    return full_name(d) if d.chance(0.5) else first_name(d)


def version(d: Draw) -> str:
    return f"{d.below(9)}.{d.below(20)}.{d.below(10)}"


def room(d: Draw) -> str:
    """A room that is named by more than an integer."""
    r = d.rng.random()
    if r < 0.35:
        return f"{d.pick('ABCDEFGH')}{1 + d.below(40)}"
    if r < 0.6:
        return f"room {1 + d.below(420)}"
    if r < 0.8:
        return f"{d.pick('ABCDEFGH')}-{100 + d.below(300)}"
    return f"{d.word()} {d.pick(('hall', 'room', 'suite', 'lounge'))}"


def topic(d: Draw) -> str:
    """What a meeting or a talk is about: one to three words."""
    r = d.rng.random()
    if r < 0.4:
        return f"{word(d)} {d.one('matters')}"
    if r < 0.6:
        return f"the {word(d)} {d.one('matters')}"
    if r < 0.8:
        return f"{d.one('matters')} for {d.word()}"
    return f"{word(d)} {word(d)}"


def service(d: Draw) -> str:
    """Work that is paid for, or a reason for an appointment."""
    r = d.rng.random()
    if r < 0.35:
        return f"{word(d)} {d.one('services')}"
    if r < 0.7:
        return f"{d.one('things')} {d.one('services')}"
    if r < 0.85:
        return f"{d.word()} {d.one('services')}"
    return d.one("services")


def project(d: Draw) -> str:
    r = d.rng.random()
    return (
        d.word()
        if r < 0.5
        else word(d).capitalize()
        if r < 0.75
        else f"{word(d).capitalize()} {word(d).capitalize()}"
    )


def gate(d: Draw) -> str:
    return f"{d.pick('ABCDEFGH')}{1 + d.below(60)}" if d.chance(0.8) else str(1 + d.below(70))


def seat(d: Draw) -> str:
    return f"{1 + d.below(40)}{d.pick('ABCDEF')}"


def subject(d: Draw) -> str:
    """The name of a course."""
    r = d.rng.random()
    if r < 0.4:
        return f"{d.one('levels')} {d.one('subjects')}"
    if r < 0.6:
        return f"{d.one('subjects')} {1 + d.below(4)}"
    if r < 0.8:
        return f"{word(d).capitalize()} {d.pick(('Theory', 'Studies', 'Design', 'Science', 'Practice'))}"
    return f"{d.word()} {d.one('subjects')}"


def hotel(d: Draw) -> str:
    r = d.rng.random()
    if r < 0.35:
        return f"Hotel {d.word()}"
    if r < 0.6:
        return f"{d.word()} {d.one('lodgings')}"
    if r < 0.8:
        return f"{word(d).capitalize()} {d.one('lodgings')}"
    return f"Hotel {d.pick(('Royal', 'Central', 'Bristol', 'Astoria', 'Metropol', 'Continental', 'Excelsior'))} {d.word()}"


def restaurant(d: Draw) -> str:
    r = d.rng.random()
    if r < 0.3:
        return f"{d.pick(('Chez', 'Casa', 'Trattoria', 'Cafe', 'Bistro', 'Taverna', 'La'))} {d.word()}"
    if r < 0.55:
        return f"The {word(d).capitalize()} {d.pick(('Fork', 'Table', 'Kitchen', 'Spoon', 'Garden', 'Oven', 'Goose'))}"
    if r < 0.75:
        return f"{first_name(d)}'s {d.pick(('Kitchen', 'Diner', 'Grill', 'Place', 'Table', 'Bakery'))}"
    return d.word() if d.chance(0.5) else f"{d.word()} {d.pick(('Grill', 'Bar', 'Kitchen', 'House'))}"


def vehicle(d: Draw) -> str:
    r = d.rng.random()
    make = d.word() if d.chance(0.6) else d.one("makes")
    if r < 0.5:
        return f"{make} {d.word()}"
    if r < 0.85:
        return f"{make} {d.pick('ABCDEGIKMQRSTXZ')}{1 + d.below(90)}"
    return f"{make} {d.pick(('Sport', 'Kombi', 'Coupe', 'Van', 'Pickup', 'Estate'))}"


def team(d: Draw) -> str:
    place = city(d)
    r = d.rng.random()
    if r < 0.35:
        return f"{place} {d.one('clubs')}"
    if r < 0.55:
        return f"{d.pick(('FC', 'SC', 'AC', 'Real', 'Sporting', 'Inter', 'Dynamo'))} {place}"
    if r < 0.75:
        return f"{place} {word(d).capitalize()}"
    return place


def stadium(d: Draw) -> str:
    return f"{last_name(d)} {d.pick(('Arena', 'Stadium', 'Park', 'Field', 'Ground', 'Dome', 'Road'))}"
