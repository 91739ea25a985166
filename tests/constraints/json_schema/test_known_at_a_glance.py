"""What each function of a glance says of single schemas: keys, empty containers, references, certainty."""

from __future__ import annotations

from typing import Any

import pytest
import referencing

from bltgen.constraints.json_schema.glance import (
    GLANCES,
    LISTED,
    SharedGoals,
    referred,
    scalar_key,
    surely_satisfiable,
    takes_empty,
)
from bltgen.constraints.json_schema.references import DRAFTS, Documents, Place


def root(schema: Any, draft: str = "2020-12") -> Place:
    return Documents(schema, draft=draft).root


def of_vocabulary(schema: dict[str, Any]) -> Place:
    """A place whose dialect leaves keywords out."""
    meta = {
        "$schema": DRAFTS["2020-12"],
        "$id": "https://x/meta",
        "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/validation": True},
    }
    registry: Any = referencing.Registry().with_contents([("https://x/meta", meta)])
    return Documents({"$schema": "https://x/meta", **schema}, registry=registry).root


# -- keys of scalars ---------------------------------------------------------------------------------


def test_a_key_has_all_that_is_said_of_scalars() -> None:
    key = scalar_key(root({"title": "t", "type": "string", "maxLength": 3, "unknown": 1}))
    assert key == (2020, False, ("type", ((str, "string"),)), ("maxLength", ((int, 3),)))
    assert scalar_key(root({"type": ["string", "null"]}, "7")) == (
        7,
        False,
        ("type", ((str, "string"), (str, "null"))),
    )
    assert scalar_key(root({"enum": [1, "a", None, True, 1.5]})) is not None


def test_only_scalars_have_keys() -> None:
    for schema in (
        {"maxLength": 3},
        {"type": "object"},
        {"type": ["string", "array"]},
        {"type": "string", "allOf": []},
        {"type": "string", "pattern": "a"},
        {"type": "string", "$ref": "#"},
        {"type": "string", "x-bltgen-constraint": "a"},
        {"enum": [1, [2]]},
        {"enum": [{}]},
        {"const": [1]},
        {"const": {}},
        {"type": "object", "maxLength": 3, "minimum": 1},
    ):
        assert scalar_key(root(schema)) is None, schema
    for sound in ({"type": "null"}, {"const": None}, {"enum": []}, {"type": "array", "enum": [1]}):
        assert scalar_key(root(sound)) is not None, sound
    assert scalar_key(of_vocabulary({"type": "null"})) is None


def test_what_means_another_thing_has_another_key() -> None:
    schemas = [
        {"type": "string"},
        {"type": ["string", "null"]},
        {"enum": [1]},
        {"enum": [True]},
        {"enum": [1.0]},
        {"const": 1},
        {"type": "string", "maxLength": 3},
        {"type": "string", "minLength": 3},
        {"type": "integer", "minimum": 3},
        {"type": "integer", "exclusiveMinimum": 3},
        {"type": "string", "format": "date"},
    ]
    keys = [scalar_key(root(schema, draft)) for schema in schemas for draft in ("6", "2020-12")]
    assert None not in keys
    assert len(set(keys)) == len(keys)
    assert scalar_key(root({"type": ["string"]})) == scalar_key(root({"type": "string"}))


def test_a_constant_is_one_where_the_draft_has_it() -> None:
    assert scalar_key(root({"const": 1}, "4")) is None
    assert scalar_key(root({"const": 1}, "6")) is not None
    assert scalar_key(root({"enum": [1]}, "4")) is not None
    assert scalar_key(root({"const": 1, "type": "string"}, "4")) is not None


def test_long_lists_have_no_key() -> None:
    assert LISTED == 32
    assert scalar_key(root({"enum": list(range(32))})) is not None
    assert scalar_key(root({"enum": list(range(33))})) is None


# -- empty containers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "taken"),
    [
        ({"type": "object"}, True),
        ({"type": "array", "items": False, "maxItems": 0}, True),
        ({"type": "object", "properties": {"a": False}, "additionalProperties": False}, True),
        ({"type": "string"}, False),
        ({}, False),
        ({"type": ["object"]}, False),
        *[
            ({"type": kind, keyword: 0}, False)
            for kind in ("object", "array")
            for keyword in (
                *("$ref", "$dynamicRef", "$recursiveRef", "allOf", "anyOf", "oneOf", "not", "if", "enum"),
                *("const", "required", "minProperties", "minItems", "contains"),
            )
        ],
    ],
)
def test_empty_containers(schema: Any, taken: bool) -> None:
    assert takes_empty(root(schema)) is taken


def test_vocabularies_are_not_looked_into() -> None:
    assert takes_empty(of_vocabulary({"type": "object"})) is False
    assert surely_satisfiable(of_vocabulary({"type": "string"}), {}) is False
    place = of_vocabulary({"$ref": "#/$defs/a", "$defs": {"a": {"x": 1}}})
    assert referred(place) is place


# -- references --------------------------------------------------------------------------------------


@pytest.mark.parametrize("draft", DRAFTS)
def test_places_that_only_refer(draft: str) -> None:
    def seen(schema: Any) -> Any:
        return referred(root({**schema, "$defs": {"a": {"x": 1}, "b": {"$ref": "#/$defs/a"}}}, draft)).schema

    assert seen({"$ref": "#/$defs/a"}) == {"x": 1}
    assert seen({"$ref": "#/$defs/b", "title": "t"}) == {"x": 1}
    old = not draft.startswith("20")
    assert ("x" in seen({"$ref": "#/$defs/a", "minimum": 1})) is old
    assert "minimum" in seen({"minimum": 1})
    always = root(True, draft)
    assert referred(always) is always


def test_references_are_followed_so_far() -> None:
    chain = {f"a{i}": {"$ref": f"#/$defs/a{i + 1}"} for i in range(20)}
    place = referred(root({"$ref": "#/$defs/a0", "$defs": chain}))
    assert GLANCES == 8
    assert place.pointer == "#/$defs/a7"
    loop = root({"$ref": "#"})
    assert referred(loop) is loop


# -- certainty ---------------------------------------------------------------------------------------


def surely(schema: Any) -> bool:
    found = surely_satisfiable(root(schema), {})
    assert type(found) is bool
    return found


STRING = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "sure"),
    [
        (True, True),
        (False, False),
        ({}, True),
        ({"title": "t"}, True),
        (STRING, True),
        ({"type": []}, False),
        ({"type": ["string", "null"]}, True),
        ({"type": ["object", "null"], "required": ["a"]}, False),
        ({"type": "string", "minLength": 1}, False),
        ({"minimum": 1}, False),
        ({"type": "array", "minItems": 1}, False),
        ({"type": "array", "items": False}, True),
        ({"type": "object", "minProperties": 1}, False),
        ({"type": "object", "required": ["a"]}, True),
        ({"type": "object", "required": ["a"], "properties": {"a": STRING}}, True),
        ({"type": "object", "required": ["a"], "properties": {"a": False}}, False),
        ({"type": "object", "required": ["b"], "properties": {"a": False}}, True),
        ({"type": "object", "required": ["a", "b"], "properties": {"a": STRING, "b": False}}, False),
        ({"type": "object", "required": ["a", "b"], "properties": {"b": False, "a": STRING}}, False),
        ({"type": "object", "required": ["a"], "additionalProperties": False}, False),
        ({"type": "object", "required": ["a"], "additionalProperties": STRING}, False),
        ({"type": "object", "required": ["a"], "additionalProperties": True}, True),
        (
            {
                "type": "object",
                "required": ["a"],
                "properties": {"a": STRING},
                "additionalProperties": False,
            },
            True,
        ),
        ({"type": "object", "required": ["a"], "patternProperties": {"a": False}}, False),
        ({"type": "object", "required": True}, False),
        ({"type": "object", "required": ("a",)}, True),
        ({"type": "object", "required": ["\ud800"]}, False),
        ({"type": "object", "required": ["\ud800"], "properties": {"\ud800": STRING}}, False),
        ({"anyOf": [False, STRING]}, True),
        ({"anyOf": [False, {"not": {}}]}, False),
        ({"anyOf": []}, False),
        ({"anyOf": [STRING], "type": "string"}, False),
        ({"anyOf": [STRING], "title": "t"}, True),
        ({"allOf": [STRING]}, False),
    ],
)
def test_what_is_sure(schema: Any, sure: bool) -> None:
    assert surely(schema) is sure


def test_what_was_found_out_is_kept() -> None:
    known: dict[Place, bool] = {}
    place = root({"type": "object", "required": ["a"], "properties": {"a": {"not": {}}}})
    assert surely_satisfiable(place, known) is False
    assert known == {place: False, place.child("properties", "a"): False}
    known[place] = True
    assert surely_satisfiable(place, known) is True
    sound = root(STRING)
    assert surely_satisfiable(sound, known) is True
    assert known[sound] is True


def test_certainty_is_looked_for_so_deep() -> None:
    def nested(depth: int) -> Any:
        schema: Any = STRING
        for _ in range(depth):
            schema = {"type": "object", "required": ["a"], "properties": {"a": schema}}
        return schema

    assert surely(nested(7)) is True
    assert surely(nested(8)) is False
    branches: Any = STRING
    for _ in range(7):
        branches = {"anyOf": [branches]}
    assert surely(branches) is True
    assert surely({"anyOf": [branches]}) is False


def test_a_schema_that_needs_itself_is_not_seen_through() -> None:
    assert surely({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}) is False
    assert surely({"anyOf": [{"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}, {}]})


def test_shared_goals_are_dropped_all_at_once() -> None:
    shared = SharedGoals(2)
    assert shared.get("a") is None
    shared.put("a", 1)
    shared.put("b", 2)
    assert (shared.get("a"), shared.get("b")) == (1, 2)
    shared.put("c", 3)
    assert (shared.get("a"), shared.get("b"), shared.get("c")) == (None, None, 3)
