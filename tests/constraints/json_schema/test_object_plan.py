"""Objects against all objects of a few members: every state on the way to each, in any order of members."""

from __future__ import annotations

from typing import Any

import pytest

from .finite import arrays, check_schema, objects

MEMBERS: dict[str, list[Any]] = {"a": [0, "x"], "bb": [0, 12], "b": [[]]}
NAMES = {"enum": list(MEMBERS)}
VALUES: dict[str, Any] = {name: {"enum": values} for name, values in MEMBERS.items()}
DECLARED: dict[str, Any] = {"type": "object", "properties": VALUES, "additionalProperties": False}
# The same members by patterns: their names are not declared.
OTHERS: dict[str, Any] = {
    "type": "object",
    "patternProperties": {"^a$": VALUES["a"], "^bb$": VALUES["bb"], "^b$": VALUES["b"]},
    "propertyNames": {"maxLength": 2, "pattern": "^(a|b|bb)$"},
}
ZERO, TEXT = {"const": 0}, {"type": "string"}

SCHEMAS: dict[str, dict[str, Any]] = {
    "any": {},
    "one required": {"required": ["bb"]},
    "two required": {"required": ["a", "b"]},
    "one at least": {"minProperties": 1},
    "two at least": {"minProperties": 2},
    "all": {"minProperties": 3},
    "none": {"maxProperties": 0},
    "one at most": {"maxProperties": 1},
    "two at most": {"maxProperties": 2, "required": ["bb"]},
    "just one": {"minProperties": 1, "maxProperties": 1},
    "one that is not required": {"required": ["a"], "minProperties": 2, "maxProperties": 2},
    "names": {"propertyNames": {"minLength": 2}},
    "dependent": {"dependentRequired": {"a": ["bb"]}},
    "dependent on two": {"dependentRequired": {"a": ["bb"], "bb": ["b"]}},
    "dependent schemas": {"dependentSchemas": {"a": {"properties": {"bb": {"const": 12}}}}},
    "either": {"anyOf": [{"required": ["a"]}, {"required": ["bb", "b"]}]},
    "either with values": {
        "anyOf": [
            {"properties": {"a": ZERO}, "required": ["a"]},
            {"properties": {"bb": ZERO}, "required": ["bb"]},
        ]
    },
    "one of": {"oneOf": [{"required": ["a"]}, {"required": ["bb"]}]},
    "one of values": {"oneOf": [{"properties": {"a": ZERO}}, {"properties": {"bb": ZERO}}]},
    "not required": {"not": {"required": ["a"]}},
    "not both": {"not": {"required": ["a", "bb"]}},
    "not those values": {"not": {"properties": {"a": ZERO, "bb": ZERO}}},
    "if": {
        "if": {"properties": {"a": ZERO}, "required": ["a"]},
        "then": {"required": ["bb"]},
        "else": {"required": ["b"]},
    },
    "some member": {"not": {"additionalProperties": {"not": ZERO}, "properties": {}}},
    "some member of a pattern": {"not": {"patternProperties": {"^b": {"not": {"const": 12}}}}},
    "a pattern beside": {"patternProperties": {"^b": {"type": ["array", "integer"], "not": ZERO}}},
    "two patterns that conflict": {
        "patternProperties": {"b$": {"type": "array"}, "^a|bb": {"type": "integer"}}
    },
    "either all": {"anyOf": [{"additionalProperties": ZERO, "minProperties": 1}, {"maxProperties": 1}]},
    "unevaluated": {
        "anyOf": [
            {"properties": {"a": ZERO}, "required": ["a"]},
            {"properties": {"b": True}, "required": ["b"]},
        ],
        "unevaluatedProperties": {"type": "integer"},
    },
}


def _schema(base: dict[str, Any], name: str) -> dict[str, Any]:
    return {"allOf": [base, SCHEMAS[name]]}


@pytest.mark.parametrize("name", SCHEMAS)
def test_declared_members(name: str) -> None:
    check_schema(_schema(DECLARED, name), objects(MEMBERS))


@pytest.mark.parametrize("name", SCHEMAS)
def test_members_by_patterns(name: str) -> None:
    check_schema(_schema(OTHERS, name), objects(MEMBERS))


@pytest.mark.parametrize("name", SCHEMAS)
def test_declared_members_in_order(name: str) -> None:
    ordered = [value for value in objects(MEMBERS) if list(value) == [n for n in MEMBERS if n in value]]
    check_schema(_schema(DECLARED, name), ordered, property_order="schema")


@pytest.mark.parametrize("whitespace", ["spaced", 1])
def test_layouts_of_what_lies_within_each_other(whitespace: str | int) -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"items": {"enum": [0, []]}, "type": "array", "maxItems": 2},
            "b": {"type": "object", "properties": {"c": {"enum": [{}, 1]}}, "additionalProperties": False},
        },
        "additionalProperties": False,
    }
    within = {"a": arrays([0, []], 2), "b": objects({"c": [{}, 1]})}
    check_schema(schema, objects(within), whitespace=whitespace)
    for required in ("a", "b"):
        check_schema({**schema, "required": [required]}, objects(within), whitespace=whitespace)
