"""Which members an object has under `undeclared="omit"`, and their order under `property_order="schema"`."""

from __future__ import annotations

import json
import random
from typing import Any, Literal

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

import bltgen
from bltgen.errors import BltgenError
from bltgen.testing.schema_strategies import json_schemas

NOTHING_DECLARED: list[Any] = [
    {"type": "object"},
    {"type": ["object", "null"]},
    {"type": "object", "properties": {}},
    {"type": "object", "title": "NoArgs", "description": "no arguments"},
    {"allOf": [{"type": "object"}, {"title": "x"}]},
    {"$ref": "#/$defs/Empty", "$defs": {"Empty": {"type": "object"}}},
    {"anyOf": [{"type": "object"}, {"type": "string"}]},
    {"type": "object", "minProperties": 0},
    {"type": "object", "maxProperties": 5},
    {"type": "object", "additionalProperties": False},
]


@pytest.mark.parametrize("schema", NOTHING_DECLARED)
@pytest.mark.parametrize(
    ("around", "text"),
    [
        ("{}", "{}"),
        ('{"type": "object", "properties": {"a": {}}, "required": ["a"]}', '{"a":{}}'),
        ('{"type": "array", "items": {}}', "[{},{}]"),
        ('{"type": "object", "additionalProperties": {}}', '{"any":{}}'),
    ],
)
def test_an_object_that_declares_nothing_is_empty(schema: Any, around: str, text: str) -> None:
    """Alone, as a member, as an item, as a member of any name; behind references and beside others."""
    definitions = schema.get("$defs", {})
    whole = json.loads(around.replace("{}", json.dumps(schema), 1)) if around != "{}" else schema
    constraint = bltgen.json_schema({**whole, "$defs": definitions}, undeclared="omit")
    assert constraint.accepts(text.encode())
    head, _, tail = text.rpartition("{}")
    for member in ('"city":1', '"":null', '"a":{}'):
        assert not constraint.accepts(f"{head}{{{member}}}{tail}".encode())


@pytest.mark.parametrize(
    ("schema", "kept", "left_out"),
    [
        ({"type": "object", "additionalProperties": {"type": "integer"}}, '{"x":1}', '{"x":"y"}'),
        ({"type": "object", "additionalProperties": True}, '{"x":{"y":[]}}', None),
        ({"type": "object", "additionalProperties": {}}, '{"x":{"y":[]}}', None),
        ({"type": "object", "properties": {"a": {}}, "additionalProperties": True}, '{"a":1,"x":1}', None),
        ({"type": "object", "properties": {"a": {}, "b": True}}, '{"b":1,"a":{"x":1}}', '{"a":1,"x":1}'),
        ({"type": "object", "patternProperties": {"^x": {}}}, '{"x1":1}', '{"y":1}'),
        ({"type": "object", "propertyNames": {"maxLength": 2}}, '{"ab":1}', '{"abc":1}'),
        ({"type": "object", "unevaluatedProperties": {"type": "null"}}, '{"x":null}', '{"x":1}'),
        ({"type": "object", "unevaluatedProperties": True}, '{"x":1}', None),
        ({"type": "object", "required": ["a"]}, '{"a":{"x":1}}', '{"a":1,"x":1}'),
        ({"type": "object", "dependentRequired": {"a": ["b"]}}, '{"a":1,"b":2}', '{"c":1}'),
        ({"type": "object", "minProperties": 2}, '{"x":1,"y":2}', None),
        ({"type": "object", "not": {"additionalProperties": {"type": "null"}}}, '{"x":1}', None),
        ({}, '{"x":{"y":1}}', None),
        (True, '{"x":{"y":1}}', None),
        ({"title": "anything"}, '{"x":{"y":1}}', None),
        ({"anyOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}, '{"b":2}', '{"c":1}'),
    ],
)
def test_what_a_schema_speaks_of_stays(schema: Any, kept: str, left_out: str | None) -> None:
    """Names, sets of names and members that are needed; a schema that is not about objects admits any."""
    constraint = bltgen.json_schema(schema, undeclared="omit")
    assert constraint.accepts(kept.encode())
    assert left_out is None or not constraint.accepts(left_out.encode())


def test_the_report_says_where_members_stay() -> None:
    """Where leaving them out would leave nothing."""
    schema = {"type": "object", "properties": {"a": {"type": "object", "minProperties": 1}}}
    entries = bltgen.json_schema(schema, undeclared="omit").report().entries
    stays = [entry.place for entry in entries if entry.construct == "undeclared='omit'" and entry.place]
    assert stays == ["#/properties/a"]
    assert "undeclared" not in str(bltgen.json_schema(schema).report())


@settings(deadline=None, max_examples=60)
@given(json_schemas(), st.integers(0, 10**6), st.sampled_from(["omit", "schema"]))
def test_less_is_said_and_never_nothing(schema: Any, seed: int, option: str) -> None:
    """Each text is one of the schema's without the option; and where that has texts there are some."""
    options = {"undeclared": "omit"} if option == "omit" else {"property_order": "schema"}
    try:
        wide = bltgen.json_schema(schema)
    except BltgenError:
        return
    narrow = bltgen.json_schema(schema, **options)
    for more in range(3):
        text = narrow.sample(random.Random(seed + more), narrow.start().shortest + 40)
        assert wide.accepts(text)


class Empty(BaseModel):
    pass


class Point(BaseModel):
    z: int
    y: int | None = None
    x: Any = Field(default=None, alias="ex")


class Cat(BaseModel):
    kind: Literal["cat"]
    b: int = 0
    a: Empty = Empty()


class Dog(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["dog"]
    a: int
    at: Point | None = None


class Pair(TypedDict):
    second: int
    first: Point


class Zoo(BaseModel):
    pet: Cat | Dog = Field(discriminator="kind")
    at: Point
    all: list[Cat | Dog | Pair] = []
    inside: Zoo | None = None


def _in_order(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    """Whether each object's members come in the order of some declaration that it satisfies."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            definitions = {"$defs": root["$defs"]}
            judges = [jsonschema.Draft202012Validator({**one, **definitions}) for one in schema[keyword]]
            valid = [one for one, judge in zip(schema[keyword], judges, strict=True) if judge.is_valid(value)]
            return any(_in_order(one, value, root) for one in valid)
    if isinstance(value, list):
        return all(_in_order(schema.get("items", {}), item, root) for item in value)
    if not isinstance(value, dict) or "properties" not in schema:
        return True
    declared = list(schema["properties"])
    return [name for name in declared if name in value] == list(value) and all(
        _in_order(schema["properties"][name], member, root) for name, member in value.items()
    )


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**9))
def test_fields_come_in_the_order_of_the_type(seed: int) -> None:
    """Nested, through references and unions, by their aliases; optional ones may be missing."""
    constraint = bltgen.json_schema(Zoo, whitespace="compact", escapes="plain")
    text = constraint.sample(random.Random(seed), 300)
    schema = Zoo.model_json_schema()
    assert _in_order(schema["$defs"]["Zoo"], json.loads(text), schema), text


def test_the_other_order_is_an_option() -> None:
    """`property_order="any"` narrows nothing; declared order is the default of types alone."""
    point, other = b'{"z": 1, "y": 2, "ex": []}', b'{"ex": [], "y": 2, "z": 1}'
    assert bltgen.json_schema(Point).accepts(point)
    assert not bltgen.json_schema(Point).accepts(other)
    assert bltgen.json_schema(Point, property_order="any").accepts(other)
    assert bltgen.json_schema(Point.model_json_schema()).accepts(other)
    ordered = bltgen.json_schema({"properties": {"b": {}, "a": {"type": "integer"}}}, property_order="schema")
    assert ordered.accepts(b'{"b":1,"a":1,"c":1}')
    assert not ordered.accepts(b'{"a":1,"b":1}')
