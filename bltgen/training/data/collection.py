r"""Files of texts that people wrote for training: what a text may say, and the texts with slots for it.

A file `texts/<language>/<subject>.txt` holds one subject in one language. `texts/README.md` tells how to
write one; in short:

    == fields
    tenant: person => tenant, renter; Mieter, Mieterin
    rent: amount 300..2400 => rent, monthly rent; Miete
    rooms: integer 1..6 => rooms; Zimmer
    furnished: truth => furnished; möbliert
      yes: möbliert / mit allen Möbeln
      no: unmöbliert / ohne Möbel
    == texts
    Hallo {tenant}, die Wohnung [hat|bietet] {rooms} Zimmer, {furnished}, für {rent} Euro.
    --
    WOHNUNG ZU VERMIETEN
    ...
    == sentences
    {tenant} zahlt {rent} Euro.

After `=>` stand the keys that may ask for the field, English ones first, those of the language after `;`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

from bltgen.training.data.document import Number
from bltgen.training.data.facts import Fact
from bltgen.training.data.locales import LANGUAGES, locale
from bltgen.training.data.template import Template, parse
from bltgen.training.data.values import Draw, Sampler, decimal, integer

__all__ = ["Collection", "Question", "collections", "read_collection"]

Enumeration = tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A field: how its fact is drawn, the keys that ask for it, and the values of an enumeration."""

    draw: Callable[[Draw], Fact]
    keys: tuple[str, ...]
    own_keys: tuple[str, ...] = ()
    """Keys in the language of the texts, where that is not English."""
    enumeration: Enumeration = ()
    members: Mapping[str, Question] = field(default_factory=dict)
    """Of each row, where the field is a list of rows."""


@dataclass(frozen=True)
class Collection:
    """A subject in a language: whole texts, sentences that may stand beside each other, asides."""

    name: str
    language: str
    questions: Mapping[str, Question]
    texts: tuple[str, ...]
    sentences: tuple[str, ...] = ()
    asides: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def templates(self) -> int:
        """Whole texts and sentences."""
        return len(self.texts) + len(self.sentences)


_FIELD = re.compile(r"(?P<name>\w+)(?:\.(?P<member>\w+))?\s*:\s*(?P<kind>.+?)\s*=>\s*(?P<keys>.+)")
_RANGE = re.compile(r"(-?[\d.]+)\.\.(-?[\d.]+)(?:\s+([\d.]+))?")
_LIST = re.compile(r"list\s+(\d+)\.\.(\d+)\s+of\s+(.+)")
_ROWS = re.compile(r'rows\s+(\d+)\.\.(\d+)\s+"(.*?)"(?:\s+sep\s+"(.*)")?')


@dataclass
class _Entry:
    line: int
    name: str
    member: str | None
    kind: str
    keys: str
    ways: list[tuple[str, list[str]]] = field(default_factory=list)


class _Reader:
    """Reads one file; errors name the line."""

    def __init__(self, source: str, name: str, language: str) -> None:
        self.name, self.locale = name, locale(language)
        self.sections: dict[str, list[tuple[int, str]]] = {}
        current: list[tuple[int, str]] = []
        for number, line in enumerate(source.splitlines(), 1):
            if line.startswith("#"):
                continue
            if line.startswith("== "):
                heading = line[3:].strip()
                if heading not in ("fields", "texts", "sentences", "asides", "groups"):
                    raise self.error(number, f"{heading!r} is no heading")
                current = self.sections.setdefault(heading, [])
            else:
                current.append((number, line.rstrip()))

    def error(self, line: int, words: str) -> ValueError:
        return ValueError(f"{self.locale.language}/{self.name}.txt, line {line}: {words}")

    # -- fields ------------------------------------------------------------------------------------

    def entries(self) -> list[_Entry]:
        found: list[_Entry] = []
        for number, line in self.sections.get("fields", []):
            if not line.strip():
                continue
            if line.startswith((" ", "\t")):
                value, _, ways = line.strip().partition(":")
                if not found or not ways.strip():
                    raise self.error(number, "a value and the ways to say it: `yes: one way / another`")
                found[-1].ways.append((value.strip(), [way.strip() for way in ways.split(" / ")]))
                continue
            match = _FIELD.fullmatch(line.strip())
            if match is None:
                raise self.error(number, f"a field reads `name: kind => keys`, not {line!r}")
            found.append(_Entry(number, match["name"], match["member"], match["kind"], match["keys"]))
        return found

    def questions(self) -> dict[str, Question]:
        entries = self.entries()
        members: dict[str, dict[str, Question]] = {}
        for entry in entries:
            if entry.member is not None:
                members.setdefault(entry.name, {})[entry.member] = self.question(entry, {})
        found: dict[str, Question] = {}
        for entry in entries:
            if entry.member is None:
                if entry.name in found:
                    raise self.error(entry.line, f"{entry.name} is a field already")
                found[entry.name] = self.question(entry, members.pop(entry.name, {}))
        if members:
            raise self.error(1, f"members of no field: {', '.join(members)}")
        return found

    def question(self, entry: _Entry, members: dict[str, Question]) -> Question:
        english, _, own = entry.keys.partition(";")
        keys = tuple(key.strip() for key in english.split(",") if key.strip())
        own_keys = tuple(key.strip() for key in own.split(",") if key.strip())
        if not keys:
            raise self.error(entry.line, f"{entry.name} has no key in English")
        if entry.kind in ("truth", "sense"):
            return Question(self.told(entry), keys, own_keys, self.values_of(entry))
        return Question(self.kind(entry, members), keys, own_keys, members=members)

    def values_of(self, entry: _Entry) -> Enumeration:
        return tuple(value for value, _ in entry.ways) if entry.kind == "sense" else ()

    def told(self, entry: _Entry) -> Callable[[Draw], Fact]:
        """A truth or a member of an enumeration that the text tells in other words."""
        if entry.kind == "truth" and {value for value, _ in entry.ways} != {"yes", "no"}:
            raise self.error(entry.line, f"{entry.name} is a truth: it needs the lines `yes:` and `no:`")
        if len(entry.ways) < 2:
            raise self.error(entry.line, f"{entry.name} needs the ways to say each of its values")
        ways = entry.ways

        def draw(d: Draw) -> Fact:
            value, texts = ways[d.below(len(ways))]
            return Fact(d.pick(texts), value == "yes" if entry.kind == "truth" else value)

        return draw

    def kind(self, entry: _Entry, members: dict[str, Question]) -> Callable[[Draw], Fact]:
        head, _, rest = entry.kind.partition(" ")
        if head == "integer":
            low, high, step = self.range(entry, rest)
            return self.number(integer(int(low), int(high), int(step or "1")))
        if head == "year":
            low, high, _ = self.range(entry, rest)
            drawn = integer(int(low), int(high))
            return lambda d: _year(drawn(d))
        if head in ("amount", "decimal"):
            low, high, places = self.range(entry, rest)
            whole = 0.25 if head == "amount" else 0.1
            default = "2" if head == "amount" else "1"
            return self.number(decimal(float(low), float(high), int(places or default), whole))
        if head == "list":
            return self.listed(entry)
        if head == "rows":
            return self.rows(entry, members)
        sampler = self.sampler(entry.line, entry.kind)
        return lambda d: _same(sampler(d))

    def range(self, entry: _Entry, rest: str) -> tuple[str, str, str | None]:
        match = _RANGE.fullmatch(rest.strip())
        if match is None:
            raise self.error(entry.line, f"`{entry.kind}`: a range reads `low..high` with perhaps a step")
        return match[1], match[2], match[3]

    def number(self, sampler: Sampler) -> Callable[[Draw], Fact]:
        def draw(d: Draw) -> Fact:
            value = sampler(d)
            return Fact(self.locale.spell(d, value), Number(value))

        return draw

    def sampler(self, line: int, kind: str) -> Sampler:
        """A value by its name, one of a list `a / b / c`, or `words "..."` made of others."""
        if kind.startswith("words "):
            template = parse(kind[len("words ") :].strip().strip('"'))
            self.check_names(line, template)
            return lambda d: template.render(d.rng, lambda name, other: self.locale.values[name](d))
        if kind.startswith("one of "):
            texts = tuple(text.strip() for text in kind[len("one of ") :].split(" / "))
            return lambda d: d.pick(texts)
        if kind not in self.locale.values:
            known = ", ".join(sorted(self.locale.values))
            raise self.error(line, f"{kind!r} is no kind of value; there are {known}")
        return self.locale.values[kind]

    def check_names(self, line: int, template: Template) -> None:
        unknown = sorted(template.fields - set(self.locale.values))
        if unknown:
            raise self.error(line, f"no value is called {', '.join(unknown)}")

    def listed(self, entry: _Entry) -> Callable[[Draw], Fact]:
        match = _LIST.fullmatch(entry.kind)
        if match is None:
            raise self.error(entry.line, "a list reads `list 2..4 of kind`")
        low, high, sampler = int(match[1]), int(match[2]), self.sampler(entry.line, match[3])
        last_and = self.locale.last_and

        def draw(d: Draw) -> Fact:
            texts = list(dict.fromkeys(sampler(d) for _ in range(low + d.below(high - low + 1))))
            comma = "、" if last_and == "、" else ", "
            between = d.pick((comma, comma, "\n- "))
            if between == "\n- ":
                return Fact(between + between.join(texts), list(texts))
            joined = comma.join(texts[:-1]) + d.pick((last_and, comma)) + texts[-1] if texts[1:] else texts[0]
            return Fact(joined, list(texts))

        return draw

    def rows(self, entry: _Entry, members: dict[str, Question]) -> Callable[[Draw], Fact]:
        match = _ROWS.fullmatch(entry.kind)
        if match is None:
            raise self.error(entry.line, 'rows read `rows 2..4 "{qty} x {thing}" sep ", "`')
        low, high, between = int(match[1]), int(match[2]), (match[4] or "\\n").replace("\\n", "\n")
        template = parse(match[3])
        if template.slots != set(members):
            raise self.error(
                entry.line, f"the row states {sorted(template.slots)} and the members are {sorted(members)}"
            )

        def draw(d: Draw) -> Fact:
            # All rows are written alike: the choices of the template are those of its first row.
            chosen, texts, items = d.rng.getrandbits(32), [], []
            for _ in range(low + d.below(high - low + 1)):
                facts = {name: question.draw(d) for name, question in members.items()}
                texts.append(_rendered(template, chosen, facts))
                items.append({name: fact.value for name, fact in facts.items()})
            return Fact(between.join(texts), [dict(item) for item in items])

        return draw

    # -- texts -------------------------------------------------------------------------------------

    def texts(self, known: set[str]) -> Iterator[str]:
        """Whole texts, of any number of lines, between lines of `--`."""
        lines: list[str] = []
        begun = 0
        for number, line in [*self.sections.get("texts", []), (0, "--")]:
            if line.strip() != "--":
                lines.append(line)
                begun = begun or number
                continue
            text = "\n".join(lines).strip("\n")
            if text.strip():
                self.check(begun, text, known)
                yield text
            lines, begun = [], 0

    def lines(self, section: str, known: set[str]) -> Iterator[str]:
        for number, line in self.sections.get(section, []):
            if line.strip():
                self.check(number, line.strip(), known)
                yield line.strip()

    def check(self, line: int, text: str, known: set[str]) -> None:
        try:
            unknown = sorted(parse(text).fields - known)
        except ValueError as error:
            raise self.error(line, str(error)) from error
        if unknown:
            raise self.error(line, f"{', '.join(unknown)}: no such field")

    def groups(self, known: set[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
        for number, line in self.sections.get("groups", []):
            if line.strip():
                name, _, members = line.partition(":")
                inside = tuple(member.strip() for member in members.split(","))
                if not set(inside) <= known:
                    raise self.error(number, f"{sorted(set(inside) - known)}: no such field")
                yield name.strip(), inside


def _year(text: str) -> Fact:
    """A number without a mark of thousands."""
    return Fact(text, Number(text))


def _same(text: str) -> Fact:
    return Fact(text, text)


def _rendered(template: Template, choices: int, facts: Mapping[str, Fact]) -> str:
    return template.render(random.Random(choices), lambda name, other: facts[name].text)


def read_collection(source: str, name: str, language: str) -> Collection:
    """The collection that a file's text describes.

    Raises ValueError, with the line, for what is malformed: an unknown heading, kind or field, brackets
    that do not match, a field that no text states.
    """
    reader = _Reader(source, name, language)
    questions = reader.questions()
    known = set(questions)
    found = Collection(
        name,
        language,
        questions,
        tuple(reader.texts(known)),
        tuple(reader.lines("sentences", known)),
        tuple(reader.lines("asides", known)),
        dict(reader.groups(known)),
    )
    told = {slot for text in (*found.texts, *found.sentences) for slot in parse(text).slots}
    if known - told:
        raise reader.error(1, f"no text states {', '.join(sorted(known - told))}")
    return found


@lru_cache(maxsize=1)
def collections() -> tuple[Collection, ...]:
    """All that the package has, in the order of their names."""
    folder = files("bltgen.training.data").joinpath("texts")
    found = []
    for language in LANGUAGES:
        part = folder.joinpath(language)
        if part.is_dir():
            for file in sorted(part.iterdir(), key=lambda file: file.name):
                if file.name.endswith(".txt"):
                    name = file.name.removesuffix(".txt")
                    found.append(read_collection(file.read_text("utf-8"), name, language))
    return tuple(found)
