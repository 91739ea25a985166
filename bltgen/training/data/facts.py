"""Facts of a domain: fields, their values, the keys that ask for them, the sentences that state them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from bltgen.training.data.document import Json, Number
from bltgen.training.data.template import parse
from bltgen.training.data.values import Draw, Sampler

__all__ = [
    "Domain",
    "Fact",
    "Field",
    "boolean",
    "draw_asked",
    "key_of",
    "listed",
    "load",
    "number",
    "text",
]


@dataclass(frozen=True)
class Fact:
    """What a sentence says (`text`) and what the answer says (`value`)."""

    text: str
    value: Json


@dataclass(frozen=True)
class Field:
    """A kind of fact. `keys` are synonyms, in words: "full name" becomes full_name, fullName, "Full Name"."""

    draw: Callable[[Draw], Fact]
    keys: tuple[str, ...]
    type: str


def _keys(keys: str) -> tuple[str, ...]:
    return tuple(key.strip() for key in keys.split(","))


def text(sampler: Sampler, keys: str) -> Field:
    """A string, copied as it stands. `keys` are separated by commas, the usual one first."""

    def draw(d: Draw) -> Fact:
        value = sampler(d)
        return Fact(value, value)

    return Field(draw, _keys(keys), "string")


def number(sampler: Sampler, keys: str) -> Field:
    """A number, spelled as in the prompt."""

    def draw(d: Draw) -> Fact:
        value = sampler(d)
        return Fact(value, Number(value))

    return Field(draw, _keys(keys), "number")


def boolean(yes: Sequence[str], no: Sequence[str], keys: str) -> Field:
    """A truth that the text states in words."""

    def draw(d: Draw) -> Fact:
        truth = d.chance(0.5)
        return Fact(d.pick(yes if truth else no), truth)

    return Field(draw, _keys(keys), "boolean")


def listed(item: Callable[[Draw], Fact | str], keys: str, low: int = 1, high: int = 3) -> Field:
    """An enumeration in the text, an array in the answer; an item is a string or a fact of its own."""

    def draw(d: Draw) -> Fact:
        facts: list[Fact] = []
        for _ in range(low + d.below(high - low + 1)):
            drawn = item(d)
            fact = Fact(drawn, drawn) if isinstance(drawn, str) else drawn
            if all(fact.text != other.text for other in facts):
                facts.append(fact)
        return Fact(enumerate_words(d, [fact.text for fact in facts]), [fact.value for fact in facts])

    return Field(draw, _keys(keys), "list")


def enumerate_words(d: Draw, texts: Sequence[str]) -> str:
    """'a, b and c', or the like."""
    if len(texts) == 1:
        return texts[0]
    last = d.pick((" and ", " and ", ", and ", " as well as ", " plus "))
    return ", ".join(texts[:-1]) + last + texts[-1]


@dataclass(frozen=True)
class Domain:
    """The fields of a subject and how they are told.

    `sentences` tell several facts each and may open a text; `phrases` follow a subject ("lives in
    {city}"), which `subjects` name and `pronouns` take up again. `held_out_sentences` and
    `held_out_phrases` are seen in the held-out split alone. `asides` state nothing that is asked for.
    `groups` name fields that an answer may nest in an object of their own.
    """

    name: str
    fields: Mapping[str, Field]
    groups: Mapping[str, tuple[str, ...]]
    subjects: tuple[str, ...] = ()
    pronouns: tuple[str, ...] = ()
    openers: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    asides: tuple[str, ...] = ()
    held_out_phrases: tuple[str, ...] = ()
    held_out_sentences: tuple[str, ...] = ()


def load(name: str, fields: Mapping[str, Field], groups: Mapping[str, tuple[str, ...]]) -> Domain:
    """A domain whose sentences stand in `domains/<name>.txt`, one template a line, under `== headings`.

    Raises ValueError where a heading or a field is unknown.
    """
    source = files("bltgen.training.data.domains").joinpath(f"{name}.txt").read_text("utf-8")
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in source.splitlines():
        line = line.strip()
        if line.startswith("== "):
            current = sections.setdefault(line[3:].replace(" ", "_").replace("-", "_"), [])
        elif line and not line.startswith("#"):
            unknown = set(parse(line).fields) - set(fields)
            if unknown:
                raise ValueError(f"{name}.txt states {sorted(unknown)}, which no field is: {line!r}")
            current.append(line)
    unknown = set(sections) - set(Domain.__dataclass_fields__)
    if unknown:
        raise ValueError(f"{name}.txt has unknown headings: {sorted(unknown)}")
    return Domain(name, fields, groups, **{k: tuple(v) for k, v in sections.items()})


_SNAKE, _CAMEL, _TITLE, _KEBAB, _SPACED = range(5)


def draw_case(d: Draw) -> int:
    """The spelling of all keys of one answer."""
    r = d.rng.random()
    return (
        _SNAKE if r < 0.6 else _CAMEL if r < 0.8 else _TITLE if r < 0.9 else _KEBAB if r < 0.93 else _SPACED
    )


def key_of(words: str, case: int) -> str:
    """
    >>> [key_of("full name", case) for case in range(5)]
    ['full_name', 'fullName', 'Full Name', 'full-name', 'full name']
    """
    if case == _SNAKE:
        return words.replace(" ", "_")
    if case == _CAMEL:
        head, *rest = words.split(" ")
        return head + "".join(word.capitalize() for word in rest)
    if case == _TITLE:
        return " ".join(word.capitalize() for word in words.split(" "))
    return words.replace(" ", "-") if case == _KEBAB else words


def draw_asked(d: Draw, fields: Iterable[str], told: Mapping[str, Fact]) -> list[str]:
    """Which of the fields that were told the answer has, in which order."""
    names = [name for name in fields if name in told]
    if d.chance(0.5):
        d.rng.shuffle(names)
    if d.chance(0.35) and len(names) > 1:
        keep = set(d.rng.sample(names, 1 + d.below(len(names))))
        names = [name for name in names if name in keep]
    return names


_PARTS = {
    "item": ("name", "item", "product", "article", "title"),
    "ingredient": ("name", "ingredient", "item", "product"),
    "quantity": ("quantity", "count", "amount", "qty", "number", "pieces"),
    "amount": ("amount", "quantity", "value", "number"),
    "price": ("price", "price", "cost", "amount"),
    "member": ("name", "name", "person", "member", "full_name"),
    "age": ("age", "age", "years"),
    "post": ("role", "job", "position", "title"),
}


def _renamed(d: Draw, items: list[Json]) -> Json:
    """Items of a list whose members have the names that this answer gives them."""
    if not items or not isinstance(items[0], Mapping):
        return items
    names = {member: d.pick(_PARTS[member]) for member in items[0]}
    order = list(names) if d.chance(0.6) else list(reversed(names))
    return [{names[member]: item[member] for member in order} for item in items if isinstance(item, Mapping)]


def _words_for(d: Draw, domain: Domain, name: str, told: Iterable[str]) -> str:
    """What the answer calls a field: a synonym that could not mean another field of the text."""
    keys = domain.fields[name].keys
    words = keys[0] if d.chance(0.4) else d.pick(keys)
    if words in domain.groups or any(words in domain.fields[other].keys for other in told if other != name):
        return keys[0]
    return words


def answer_of(d: Draw, domain: Domain, facts: Mapping[str, Fact], asked: Sequence[str]) -> dict[str, Json]:
    """The values of the fields asked for, under keys drawn from their synonyms, perhaps nested."""
    case = draw_case(d)
    answer: dict[str, Json] = {}
    nested: dict[str, str] = {}
    for group, members in domain.groups.items():
        inside = [name for name in asked if name in members]
        if len(inside) >= 2 and d.chance(0.35):
            nested.update(dict.fromkeys(inside, key_of(group, case)))
    for name in asked:
        value = facts[name].value
        if isinstance(value, Number) and value[0] != "-" and d.chance(0.06):
            value = str(value)
        elif isinstance(value, list):
            value = _renamed(d, value)
        where = answer
        if name in nested:
            inner = answer.setdefault(nested[name], {})
            assert isinstance(inner, dict)
            where = inner
        where[key_of(_words_for(d, domain, name, facts), case)] = value
    return answer
