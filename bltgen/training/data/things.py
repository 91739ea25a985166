"""Names of firms, products, works, rooms, meals and other things, made of words and invented words."""

from __future__ import annotations

from bltgen.training.data.values import Draw, city, first_name, full_name, last_name, word

__all__ = [
    "colour",
    "company",
    "dish",
    "drink",
    "event",
    "gate",
    "guest",
    "hotel",
    "ingredient",
    "material",
    "product",
    "project",
    "restaurant",
    "room",
    "seat",
    "service",
    "stadium",
    "subject",
    "team",
    "things",
    "title",
    "topic",
    "vehicle",
    "version",
]


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
        text = f"{d.word()} {d.one('meals')}"
    return text if d.chance(0.4) else text.lower()


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
    return f"Hotel {d.one('hotels')} {d.word()}"


def restaurant(d: Draw) -> str:
    r = d.rng.random()
    if r < 0.3:
        return f"{d.pick(('Chez', 'Casa', 'Trattoria', 'Cafe', 'Bistro', 'Taverna', 'La'))} {d.word()}"
    if r < 0.55:
        return f"The {word(d).capitalize()} {d.one('inns')}"
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
