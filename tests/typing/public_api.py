"""What a type checker says of the public API. Read by mypy (`make types`), never run.

A line with `type: ignore` must be an error: mypy complains of one that is not needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from typing_extensions import assert_type

import bltgen
from bltgen.automata.language import Language
from bltgen.constraints.json_schema import JsonSchema
from bltgen.decoding.task import Stream
from bltgen.errors import BltgenError


@dataclass
class Point:
    x: int


def constraints() -> None:
    """Each front end says what it makes, and a type goes through to the values."""
    assert_type(bltgen.regex("a"), Language)
    assert_type(bltgen.literal(b"a"), Language)
    assert_type(bltgen.substring_of("a"), Language)
    assert_type(bltgen.utf8(), Language)
    assert_type(bltgen.json_schema({"type": "integer"}), JsonSchema[Any])
    assert_type(bltgen.json_schema(Point), JsonSchema[Point])
    assert_type(bltgen.json_schema(int, numbers="any", strings_from="a").parse(b"1"), int)
    assert_type(bltgen.json_schema(list[int]).parse(b"[]"), list[int])
    assert_type(bltgen.json_value(), JsonSchema[Any])
    assert_type(bltgen.choice(["a", b"b"]), Language)
    assert_type(bltgen.choice(["a", bltgen.json_schema(Point)]), bltgen.Constraint)
    assert_type(bltgen.regex("a") | bltgen.regex("b"), Language)
    assert_type(bltgen.regex("a") & bltgen.regex("b"), Language)
    assert_type(~bltgen.regex("a") + bltgen.literal("b"), Language)
    assert_type(bltgen.regex("a") | bltgen.json_schema(True), bltgen.Constraint)
    assert_type(bltgen.json_schema(True) & bltgen.regex("a"), bltgen.Constraint)
    assert_type(bltgen.regex("a").repeat(1, 2).optional(), Language)
    every: list[bltgen.Constraint] = [
        bltgen.regex("a"),
        bltgen.json_schema(Point),
        bltgen.grammar('start: "a"'),
        bltgen.json_schema(True) & bltgen.regex("a"),
        bltgen.parts(a=bltgen.regex("a")),
    ]
    state: bltgen.State | None = every[0].start().advance(97)
    assert state is not None
    assert_type(state.forced, bytes)
    assert_type(state.shortest, int)
    assert_type(state.accepting, bool)


def generation(model: bltgen.Generator, constraint: bltgen.Constraint) -> None:
    """The value has the type that was asked for; free text and regular languages give text."""
    assert_type(bltgen.load(), bltgen.Generator)
    assert_type(model.generate("x", Point), bltgen.Generation[Point])
    assert_type(model.generate("x", Point, max_bytes=9, temperature=0.5).value, Point)
    assert_type(model.generate("x", bltgen.json_schema(Point), seed=1).value, Point)
    assert_type(model.generate("x", list[int]).value, list[int])
    assert_type(model.generate("x", {"type": "integer"}).value, Any)
    assert_type(model.generate("x", constraint).value, Any)
    assert_type(model.generate("x", bltgen.regex("a")).value, str | bytes)
    assert_type(model.generate("x").value, str | bytes)
    assert_type(model.generate(b"x").text, str)
    assert_type(model.generate("x").data, bytes)
    assert_type(model.stream("x", Point), Stream[Point])
    assert_type(model.stream("x", Point).generation.value, Point)
    assert_type(next(model.stream("x")), bltgen.Patch)
    assert_type(model.generate_many(["x"], Point), list[bltgen.Generation[Point] | BltgenError])
    assert_type(
        model.generate_many(["x"], [bltgen.regex("a"), None], batch_size=3, progress=True),
        list[bltgen.Generation[Any] | BltgenError],
    )
    assert_type(
        model.outcomes(iter(["x"]), Point), Iterator[tuple[int, bltgen.Generation[Point] | BltgenError]]
    )
    assert_type(model.stream_values("x", Point), Iterator[tuple[str, Any]])
    result: bltgen.Generation = model.generate("x", Point)
    assert_type(result.value, Any)


def mistakes(model: bltgen.Generator) -> None:
    """What is an error when it runs is one for the checker."""
    print(bltgen.no_such_name)  # type: ignore[attr-defined]
    model.generate("x", temprature=0)  # type: ignore[call-overload]
    model.generate("x", "[a-z]+")  # type: ignore[call-overload]
    model.generate("x", stop=5)  # type: ignore[call-overload]
    model.generate(5)  # type: ignore[call-overload]
    bltgen.json_schema({}, whitspace="any")  # type: ignore[call-overload]
    bltgen.json_schema(Point).parse("text")  # type: ignore[arg-type]
    bltgen.regex("a", mode="serch")  # type: ignore[arg-type]
    bltgen.Beam(widht=3)  # type: ignore[call-arg]
    bltgen.load(devise="cpu")  # type: ignore[call-arg]
