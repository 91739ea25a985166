"""Python types in, instances out: every text of the constraint parses, every instance has a text."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Optional, Union
from uuid import UUID

import pytest

pydantic = pytest.importorskip("pydantic")
from pydantic import (  # noqa: E402
    AnyUrl,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from typing_extensions import TypedDict  # noqa: E402

import bltgen  # noqa: E402
from bltgen.errors import ConstraintSyntaxError, Unsupported  # noqa: E402


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 10


class Mixed(Enum):
    ONE = 1
    TWO = "two"
    NONE = None


class Person(BaseModel):
    name: str
    age: int = Field(ge=0, le=150)
    email: str | None = None


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}\d{3}$")]
    tags: set[Literal["a", "b", "c"]] = Field(default_factory=set, max_length=3)


class Node(BaseModel):
    value: int
    children: list[Node] = []


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(gt=0, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    good: bool


class Owner(BaseModel):
    pet: Cat | Dog = Field(discriminator="kind")


class Order(BaseModel):
    id: UUID
    placed: datetime
    lines: list[tuple[str, Annotated[int, Field(gt=0)]]] = Field(min_length=1, max_length=3)
    total: Decimal = Field(ge=0, decimal_places=2, max_digits=8)


class Aliased(BaseModel):
    full_name: str = Field(alias="fullName", min_length=1)


@dataclass
class Point:
    x: float
    y: float = 0.0


@dataclass
class Team:
    name: str
    members: list[Point] = field(default_factory=list)


class Movie(TypedDict):
    title: str
    year: int


class Partial(TypedDict, total=False):
    title: str


class Pair(NamedTuple):
    left: int
    right: str


TYPES: list[Any] = [
    int, float, bool, str, bytes, type(None), Decimal, date, datetime, time, timedelta, UUID, Path,
    IPv4Address, IPv6Address, Colour, Level, Mixed, Person, Strict, Node, Owner, Order, Aliased, Point, Team,
    Movie, Partial, Pair, AnyUrl,
    Literal["x"], Literal[1, "two", None, True],
    Optional[int], Union[int, str], Union[str, list[int]], Union[Person, Point],  # noqa: UP007, UP045
    list[int], list[str], list[Person], set[int], frozenset[Colour], tuple[int, str], tuple[int, ...],
    dict[str, int], dict[str, list[bool]], deque[int], OrderedDict[str, int],
    Annotated[int, Field(ge=3, le=5)], Annotated[int, Field(gt=-10, lt=10, multiple_of=4)],
    Annotated[float, Field(ge=0, lt=1)], Annotated[Decimal, Field(gt=0, max_digits=3)],
    Annotated[str, Field(min_length=2, max_length=4)], Annotated[str, StringConstraints(pattern="^a+b?$")],
    Annotated[list[int], Field(min_length=2, max_length=3)],
    Annotated[set[Literal[1, 2, 3]], Field(min_length=2)],
    Annotated[Cat | Dog, Field(discriminator="kind")],
    Annotated[dict[str, int], Field(min_length=1, max_length=2)],
    pydantic.PositiveInt, pydantic.NegativeFloat, pydantic.conint(strict=True, ge=0, lt=7),
    pydantic.constr(pattern=r"^\d{3}$"), pydantic.JsonValue, pydantic.AwareDatetime, pydantic.UUID4,
    list[Movie | None], dict[Literal["a", "b"], int],
]  # fmt: skip

EXAMPLES: list[tuple[Any, Any]] = [
    (Person, Person(name="Ada", age=36)),
    (Node, Node(value=1, children=[Node(value=2)])),
    (Owner, Owner(pet=Cat(kind="cat", lives=9))),
    (Point, Point(1.5, -2.0)),
    (Pair, Pair(1, "é")),
    (Colour, Colour.BLUE),
    (date, date(2024, 2, 29)),
    (UUID, UUID(int=7)),
    (dict[str, list[bool]], {"a": [True], "b": []}),
    (Movie, {"title": "Heat", "year": 1995}),
    (tuple[int, str], (1, "x")),
    (IPv6Address, IPv6Address("::1")),
    (Strict, Strict(code="AB123", tags={"a"})),
]


def test_there_are_at_least_sixty_types() -> None:
    """The list below is what the documentation promises."""
    assert len(TYPES) >= 60


@pytest.mark.parametrize("annotation", TYPES, ids=str)
def test_every_text_is_an_instance(annotation: Any) -> None:
    """What is drawn parses, and the instance validates again as it is."""
    constraint = bltgen.json_schema(annotation)
    adapter = TypeAdapter(annotation)
    rng = random.Random(str(annotation))
    for room in (0, 5, 20, 40):
        text = constraint.sample(rng, constraint.start().shortest + room)
        value = constraint.parse(text)
        assert adapter.validate_python(value) == value, text


@pytest.mark.parametrize(("annotation", "value"), EXAMPLES, ids=str)
def test_every_instance_has_a_text(annotation: Any, value: Any) -> None:
    """What pydantic writes for an instance is accepted, and read back as the instance."""
    constraint = bltgen.json_schema(annotation, numbers="any", whitespace="any")
    text = TypeAdapter(annotation).dump_json(value, by_alias=True)
    assert constraint.accepts(text), text
    assert constraint.parse(text) == value


def test_members_that_no_type_has_are_left_out() -> None:
    """A model ignores unknown members, so none are generated; a schema allows them, unless told not to."""
    closed, opened = bltgen.json_schema(Person), bltgen.json_schema(Person, undeclared="allow")
    text = b'{"name": "x", "age": 1, "other": 1}'
    assert not closed.accepts(text)
    assert opened.accepts(text)
    assert not bltgen.json_schema(Person.model_json_schema(), undeclared="omit").accepts(text)
    assert not bltgen.json_schema({"type": "object"}, undeclared="omit").accepts(b'{"a":1}')


@pytest.mark.parametrize("wrong", [[1], 3, 1.5, (), {1}, object()])
def test_what_is_no_type_is_refused(wrong: Any) -> None:
    """Neither a schema nor a type: one clear error."""
    with pytest.raises(ConstraintSyntaxError):
        bltgen.json_schema(wrong)


def test_generation_gives_instances() -> None:
    """`out.value` is an instance of the type."""
    from bltgen.testing.models import whimsical

    out = bltgen.Generator(whimsical(1)).generate("", bltgen.json_schema(Owner), seed=1, max_bytes=60)
    assert isinstance(out.value, Owner)


def rows(annotation: Any) -> list[tuple[str, str]]:
    """The rows of the report that pydantic alone checks, as (pointer, construct)."""
    entries = bltgen.json_schema(annotation).report().entries
    return [
        (entry.place, entry.construct) for entry in entries if entry.enforced == "checked by pydantic only"
    ]


def test_what_pydantic_alone_checks_has_a_row() -> None:
    """Validators that somebody wrote, the clock and the file system, each with its place."""

    class Checked(BaseModel):
        number: Annotated[int, pydantic.AfterValidator(abs)]
        when: pydantic.FutureDate
        file: pydantic.FilePath
        plain: int

        @pydantic.model_validator(mode="after")
        def check(self) -> Checked:
            return self

        def model_post_init(self, context: Any) -> None: ...

    assert set(rows(Checked)) == {
        ("#", "AfterValidator"),
        ("#", "model_post_init"),
        ("#/properties/number", "AfterValidator"),
        ("#/properties/when", "future"),
        ("#/properties/file", "path"),
    }
    assert rows(Order) == rows(Owner) == rows(Person) == []


@pytest.mark.parametrize(
    ("annotation", "place"),
    [
        (type[int], "#"),
        (tuple[int, type], "#/prefixItems/1"),
        (Annotated[str, Field(pattern="(?-u)a")], "#/pattern"),
        (tuple[int, Annotated[IPv4Address, Field(max_length=9)]], "#/prefixItems/1"),
    ],
    ids=str,
)
def test_what_is_refused_names_its_place(annotation: Any, place: str) -> None:
    """At compile time, with the pointer into the schema."""
    with pytest.raises(Unsupported) as error:
        bltgen.json_schema(annotation)
    assert error.value.where == place


PATTERNS = [
    r"^\w+$", r"^\W{1,3}$", r"[^\W_]\d", r"(?i)^straße$", r"^[[:alpha:]]+\s", r"^\p{Greek}\PL", r"\bfoo\b",
    r"^(?P<y>\d{4})$", r"^.$", r"(?s)^.$", r"(?m)^a$", r"\Aa\z", r"^\x{e9}\u00e9$", r"^[\w.-]{2,}$",
    r"(?i-s:A)b|c", r"^a{2}b{1,}]}$", r"^[]a]$",
]  # fmt: skip
WORDS = [
    "a", "foo", "_", "é", "éé", "ss", "Straße", "STRASSE", "2024", "٣٣٣٣", "a\n", "a\nb", "\n", "ab", "Ab",
    "c", "Ω1", "aab]}", "]", " foo ", "a.", "-.", "e\u0301", "\u1e9e", "a b", "\u2003", "!?",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_mean_what_they_mean_in_rust(pattern: str) -> None:
    """In both directions: words of every kind, and drawn ones."""
    annotation = Annotated[str, Field(pattern=pattern)]
    constraint, adapter = bltgen.json_schema(annotation), TypeAdapter(annotation)
    drawn = [json.loads(constraint.sample(random.Random(seed), 40)) for seed in range(10)]
    for word in [*WORDS, *drawn]:
        text = json.dumps(word, ensure_ascii=False)
        try:
            adapter.validate_json(text)
            valid = True
        except pydantic.ValidationError:
            valid = False
        assert constraint.accepts(text.encode()) == valid, word


NUMBER_KEYS = [
    (int, "10_. -", []),
    (float, "1_. e-", ["in_f", "n_an", "+_1", "i_n_f_i_n_i_t_y", "1e_-_5", "-_inf", "_+1", "i_nf ", "1e400"]),
    (Annotated[int, Field(ge=-1, le=12)], "10. -", ["+1", "012", "13", "-2"]),
    (Annotated[float, Field(ge=-1, lt=1.5)], "15. -", ["+1", "01.4", "-2"]),
]


@pytest.mark.parametrize(("key", "letters", "more"), NUMBER_KEYS, ids=str)
def test_keys_that_are_numbers_are_spelled_as_pydantic_reads_them(
    key: Any, letters: str, more: list[str]
) -> None:
    """Every text over a few characters."""
    adapter = TypeAdapter(dict[key, int])
    constraint = bltgen.json_schema(dict[key, int], numbers="any")
    for size in range(5):
        more = more + ["".join(parts) for parts in itertools.product(letters, repeat=size)]
    for text in more:
        if re.match(r"\s*[+-]?[0_]+-", text):
            continue  # pydantic reads 0-1 as -1
        data = json.dumps({text: 1}).encode()
        try:
            adapter.validate_json(data, strict=True)
        except ValidationError:
            assert not constraint.accepts(data), text
        else:
            assert constraint.accepts(data), text


def test_the_report_says_how_plain_numbers_are() -> None:
    """The default number of digits, and that pydantic divides floats."""
    report = str(bltgen.json_schema(Annotated[float, Field(multiple_of=0.1)]).report())
    assert "at most 15 significant digits" in report
    assert "checked by pydantic only" in report
    assert "pydantic only" not in str(bltgen.json_schema(Annotated[float, Field(multiple_of=2)]).report())
