"""Outlines entry by entry: what is told of each value, where it ends, and what it costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bltgen.model import schema_outline
from bltgen.model.schema_outline import DEEPEST, STEPS, Entry, outline


def entries(schema: Any, room: int = 10_000) -> list[Entry]:
    return list(outline(schema, room))


def keys(schema: Any, room: int = 10_000) -> list[tuple[int, str | None]]:
    return [(entry.depth, entry.key) for entry in entries(schema, room)]


def words(schema: Any, room: int = 10_000) -> tuple[str, str]:
    """Types and choices of a value as a whole."""
    (entry,) = entries(schema, room)
    assert (entry.depth, entry.key) == (0, None)
    return entry.types, entry.choices


def test_a_value_with_keys_is_told_by_these_alone():
    """Any other comes first, and the members of its items stand one deeper."""
    members = {"properties": {"a": {"type": "null"}, "b": True}}
    assert entries(members) == [Entry(0, '"a"', "null", "null", ""), Entry(0, '"b"', "any", "any", "")]
    assert entries({"items": {"items": members}}) == [
        Entry(0, None, "array of array of object", "array of array of object", ""),
        Entry(1, '"a"', "null", "null", ""),
        Entry(1, '"b"', "any", "any", ""),
    ]
    assert keys({"properties": {"a": members, "c": {"type": "array", "items": members}}}) == [
        (0, '"a"'),
        (1, '"a"'),
        (1, '"b"'),
        (0, '"c"'),
        (1, '"a"'),
        (1, '"b"'),
    ]
    # A value that may be an array of such or such itself is told by its own keys.
    assert keys({**members, "items": {"properties": {"z": True}}}) == [(0, '"a"'), (0, '"b"')]


@pytest.mark.parametrize(
    ("schema", "types", "choices"),
    [
        (True, "any", "any"),
        (None, "any", "any"),
        ({"type": "integer"}, "integer", "integer"),
        ({"type": ["null", "date", "object", "null"]}, "null | object", "null | object"),
        ({"type": "date"}, "any", "any"),
        ({"type": {"a": 1}, "items": 1}, "array", "array"),
        ({"items": False}, "any", "any"),
        ({"items": []}, "any", "any"),
        ({"items": True}, "array", "array"),
        ({"type": "string", "items": {"type": "null"}}, "string", "string"),
        ({"type": ["array", "null"], "items": {"enum": [0]}}, "array of integer | null", "array of 0 | null"),
        ({"prefixItems": [{"const": 0}], "items": {"enum": [1]}}, "array of integer", "array of (0 | 1)"),
        ({"items": {"enum": ["a", "b"]}}, "array of string", 'array of ("a" | "b")'),
        ({"const": None}, "null", "null"),
        ({"const": [1]}, "array", "array"),
        ({"enum": ("x", 1)}, "string | integer", '"x" | 1'),
        ({"const": 1, "enum": [2]}, "integer", "1"),
        ({"enum": "x", "type": "string"}, "string", "string"),
        ({"enum": [], "type": "string"}, "any", "any"),
        ({"enum": ["é"]}, "string", '"é"'),
        ({"anyOf": [{"type": "string"}, {"type": "null"}], "type": "null"}, "null | string", "null | string"),
        ({"then": {"type": "null"}, "else": {"const": 1}, "if": {"const": ""}}, "null | integer", "null | 1"),
        ({"not": {"type": "string"}, "allOf": {"type": "null"}}, "any", "any"),
        ({"anyOf": [True, {"type": "null"}, 5, {"type": "string"}]}, "null | string", "null | string"),
    ],
)  # fmt: skip
def test_what_is_told_of_a_value(schema, types, choices):
    """Types and values in order, each once; a type that JSON does not have is none."""
    assert words(schema) == (types, choices)


@pytest.mark.parametrize(
    ("value", "type_", "spelled"),
    [
        (None, "null", "null"),
        (True, "boolean", "true"),
        (False, "boolean", "false"),
        ("a", "string", '"a"'),
        (0, "integer", "0"),
        (2**64 - 1, "integer", "18446744073709551615"),
        (2**64, "integer", "integer"),
        (-(2**64), "integer", "integer"),
        (1.5, "number", "1.5"),
        (Decimal("1.50"), "number", "1.50"),
        ({}, "object", "object"),
        ([], "array", "array"),
    ],
)
def test_values_are_spelled_as_json_or_told_by_their_type(value, type_, spelled):
    """Those with parts, and integers beyond 64 bits, by their type."""
    assert words({"const": value}) == (type_, spelled)


def test_the_first_description_is_told_in_one_line():
    """Up to a character more than there is room for: then it does not fit."""
    both = {"description": "one\n two ", "anyOf": [{"description": "other", "type": "null"}]}
    assert entries(both)[0].description == "one two"
    assert entries({"description": 5, "allOf": [{"description": "other"}]})[0].description == "other"
    assert entries({"description": "", "allOf": [{"description": "other"}]})[0].description == "other"
    assert entries({"description": "x" * 50}, 10)[0].description == "x" * 11
    schema = {"properties": {"a": True, "b": {"description": "x" * 50}}}
    assert [entry.description for entry in entries(schema, 10)] == ["", "x" * 11]


def test_an_enumeration_that_leaves_no_room_for_keys_is_told_by_its_types():
    """Of as many characters as there is room for, it is told still."""
    listed = {"enum": ["abc", "def"]}
    assert words(listed, 10) == ("string", '"abc" | "def"')
    assert words(listed, 9) == ("string", "string")


@pytest.mark.parametrize("depth", [0, 1])
def test_an_outline_ends_with_the_first_key_that_has_no_room(depth):
    """Each key takes its depth, its letters and a line break."""
    schema: Any = {"properties": {key: {"type": "null"} for key in "abcd"}}
    line = len('"a"') + 1 + depth
    if depth:
        schema = {"items": schema}
    whole = keys(schema)
    assert len(whole) == 4 + depth
    for room in range(4 * line + 1):
        assert keys(schema, room) == whole[: depth + min(4, room // line + 1)]


def test_depth_is_bounded():
    """Members in members, arrays in arrays, and members in arrays."""
    assert DEEPEST == 32
    schema: Any = {"type": "null"}
    for _ in range(DEEPEST + 5):
        schema = {"properties": {"a": schema}}
    assert [depth for depth, _ in keys(schema)] == list(range(DEEPEST + 1))
    schema = {"type": "null"}
    for _ in range(DEEPEST):
        schema = {"items": schema}
    assert words(schema)[0] == "array of " * DEEPEST + "null"
    assert words({"items": schema})[0] == "array of " * DEEPEST + "array"
    schema = {"properties": {"a": True}}
    for _ in range(DEEPEST):
        schema = {"items": schema}
    assert keys(schema) == [(0, None), (1, '"a"')]
    assert keys({"items": schema}) == [(0, None)]


def test_a_schema_within_itself_is_told_by_its_type():
    """Once as a member, once as items; beside it others are told whole."""
    node: Any = {"properties": {"next": {"$ref": "#"}, "other": {"properties": {"x": True}}}}
    assert keys(node) == [(0, '"next"'), (0, '"other"'), (1, '"x"')]
    tree: Any = {"type": "array", "items": {"anyOf": [{"type": "string"}, {"$ref": "#"}]}}
    assert words(tree)[0] == "array of (string | array)"
    pair = {"properties": {"x": {"type": "null"}}}
    assert keys({"properties": {"a": pair, "b": pair}}) == [(0, '"a"'), (1, '"x"'), (0, '"b"'), (1, '"x"')]


def test_each_subschema_is_added_once():
    """However many ways lead to it."""
    shared = {"type": "null", "properties": {"a": {"items": {"type": "string"}}}}
    schema = {"$defs": {"s": shared}, "anyOf": [shared, {"$ref": "#/$defs/s"}, shared]}
    assert keys(schema) == [(0, '"a"')]
    reader = schema_outline._Reader(100)
    assert len(reader.value([(schema, schema)]).members["a"]) == 1


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("#", "object"),
        ("#/$defs/list/0", "null"),
        ("#/$defs/list/1", "boolean"),
        ("#/$defs/list/2", "any"),
        ("#/$defs/list/-1", "any"),
        ("#/$defs/list/x", "any"),
        ("#/$defs/list/0/type/x", "any"),
        ("#/$defs/a~1b~01%25", "integer"),
        ("#/$defs/none", "any"),
        ("#name", "any"),
        ("other#/$defs/list/0", "any"),
        ("", "any"),
        (7, "any"),
    ],
)
def test_pointers_are_followed_within_the_document(reference, told):
    """By every keyword for references; what leads elsewhere is told as anything."""
    defs = {"list": [{"type": "null"}, {"type": "boolean"}], "a/b~1%": {"type": "integer"}}
    for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
        schema = {"properties": {"x": {keyword: reference}}, "$defs": defs}
        assert entries(schema)[0].types == told
    assert entries({"properties": {"x": {"ref": "#/$defs/list/0"}}, "$defs": defs})[0].types == "any"


def test_pointers_begin_at_the_root_of_their_resource():
    """A `$id` begins one; one that is a fragment, as draft 4 named places, does not."""
    inner = {"$defs": {"z": {"type": "null"}}, "$ref": "#/$defs/z"}
    outer = {"type": "string"}
    for name, told in (("https://example.org/i", "null"), ("#i", "string"), (5, "string")):
        schema = {"properties": {"x": {"$id": name, **inner}}, "$defs": {"z": outer}}
        assert entries(schema)[0].types == told


def test_visits_are_counted(monkeypatch):
    """Alternatives and enumerated values alike; beyond the limit nothing more is told."""
    assert STEPS == 50_000
    monkeypatch.setattr(schema_outline, "STEPS", 3)
    alternatives = [{"type": name} for name in ("null", "string", "integer", "boolean")]
    assert words({"anyOf": alternatives})[0] == "null | string | integer"
    assert words({"enum": [None, "a", 1]}) == ("null | string | integer", 'null | "a" | 1')
    assert words({"enum": [None, "a", 1, True]}) == ("null | string | integer",) * 2
    # Two are spent at the first key, one at the second, which is the last.
    listed = {"enum": ["a", "b"]}
    three = {"properties": {"a": listed, "b": {"anyOf": alternatives}, "c": True}}
    assert [entry.types for entry in entries(three)] == ["string", "null"]
    assert words({"items": {"anyOf": alternatives[:2]}}) == ("array of (null | string)",) * 2
    # What is listed behind several keys is read once.
    shared = {"properties": {"a": listed, "b": listed, "c": listed, "d": listed}}
    assert [entry.choices for entry in entries(shared)] == ['"a" | "b"'] * 4


def test_what_no_schema_is_tells_nothing():
    """Keys that are no text, and values that are no schemas."""
    assert entries({"properties": {1: True, "a": 5}}) == [Entry(0, '"a"', "any", "any", "")]
    assert words({"properties": [1], "items": 3, "anyOf": 5, "$ref": ["#"]})[0] == "array"
    assert keys({"properties": {"a": False, "b": None, "é": True}}) == [(0, '"b"'), (0, '"é"')]
    assert words({"properties": {"a": False}}) == ("any", "any")
