"""Enumerations, models, dataclasses and validators for the walk over documented types."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

import pydantic
from annotated_types import Gt
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    computed_field,
    field_validator,
    model_validator,
)
from typing_extensions import TypedDict


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 10


class Mixed(enum.Enum):
    ONE = 1
    TWO = "two"
    NONE = None
    HALF = 0.5


class Word(str, enum.Enum):
    YES = "yes"


class Rights(enum.IntFlag):
    READ = 1
    WRITE = 2


class Person(BaseModel):
    name: str
    age: int = Field(ge=0, le=150)
    email: str | None = None


class Node(BaseModel):
    value: int
    children: list[Node] = []


class Cat(BaseModel):
    kind: Literal["cat", "lion"]
    lives: int = Field(gt=0, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    good: bool


class Fox(BaseModel):
    kind: Literal[1]
    name: str = Field(alias="called")


class Aliases(BaseModel):
    first: int = Field(validation_alias=AliasChoices("one", AliasPath("many", 0), "other"))
    second: str = Field("x", validation_alias=AliasPath("deep", "inner", 1))
    third: bool = Field(False, alias="3rd")


class ByName(BaseModel):
    model_config = ConfigDict(validate_by_name=True, extra="forbid")
    full_name: str = Field(alias="fullName")
    age: int = Field(0, validation_alias=AliasChoices("age", "years"))


class Paths(BaseModel):
    model_config = ConfigDict(extra="forbid")
    given: str = Field(validation_alias=AliasPath("names", 0))
    family: str = Field(validation_alias=AliasPath("names", 1))


class Extra(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int]
    a: int


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    number: int
    ratio: float
    when: dt.date


class Cleaned(BaseModel):
    model_config = ConfigDict(
        str_strip_whitespace=True, str_to_lower=True, str_min_length=2, str_max_length=4, allow_inf_nan=False
    )
    word: str
    number: float = 0.0


class Encoded(BaseModel):
    model_config = ConfigDict(val_json_bytes="base64")
    data: Annotated[bytes, Field(min_length=1, max_length=4)]


class InHex(BaseModel):
    model_config = ConfigDict(val_json_bytes="hex")
    data: bytes


class Area(BaseModel):
    width: float
    height: float

    @computed_field  # type: ignore[prop-decorator]
    @property
    def area(self) -> float:
        return self.width * self.height


class Even(BaseModel):
    number: int

    @field_validator("number")
    @classmethod
    def _even(cls, number: int) -> int:
        if number % 2:
            raise ValueError("odd")
        return number


class Ordered(BaseModel):
    low: int
    high: int

    @model_validator(mode="after")
    def _ordered(self) -> Ordered:
        if self.low > self.high:
            raise ValueError("not in order")
        return self


class Checked(BaseModel):
    model_config = ConfigDict(validate_default=True)
    number: Annotated[int, Gt(3)] = 1


class Unchecked(BaseModel):
    number: Annotated[int, Gt(3)] = 1


class Numbers(RootModel[list[int]]):
    pass


T = TypeVar("T")


class Box(BaseModel, Generic[T]):
    content: T


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0
    norm: float = dataclasses.field(init=False, default=0.0)


@pydantic.dataclasses.dataclass(frozen=True, kw_only=True)
class Frozen:
    x: int
    tags: frozenset[str] = frozenset()


class Movie(TypedDict):
    title: str
    year: int


class Partial(TypedDict, total=False):
    title: str


class Pair(NamedTuple):
    left: int
    right: str = ""


class Upper:
    """A type with a schema of its own."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(str.upper, core_schema.str_schema())


def _positive(value: int) -> int:
    if value <= 0:
        raise ValueError("not positive")
    return value


def _kind(value: Any) -> str:
    return str(value.get("kind") if isinstance(value, dict) else value.kind)


class Core:
    """An annotation that gives a core schema."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return self.schema


class Texts(pydantic.BaseModel):
    texts: pydantic.Json[list[Texts]] | None = None


class Last(pydantic.BaseModel):
    x: int = Field(validation_alias=pydantic.AliasChoices(pydantic.AliasPath("rows", -1), "x"))
