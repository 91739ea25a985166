"""Malformed keywords are refused when the schema is read, however deep and optional their place."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen import json_schema
from bltgen.errors import ConstraintSyntaxError

MALFORMED: list[tuple[Any, str]] = [
    ({"type": "strin"}, "#/type"),
    ({"type": [3]}, "#/type"),
    ({"type": {}}, "#/type"),
    ({"enum": 3}, "#/enum"),
    ({"enum": [1, {1: 2}]}, "#/enum"),
    ({"const": object()}, "#/const"),
    ({"const": float("nan")}, "#/const"),
    ({"allOf": {}}, "#/allOf"),
    ({"anyOf": [3]}, "#/anyOf/0"),
    ({"not": 5}, "#/not"),
    ({"if": 3}, "#/if"),
    ({"if": {}, "then": "x"}, "#/then"),
    ({"multipleOf": 0}, "#/multipleOf"),
    ({"minimum": "x"}, "#/minimum"),
    ({"minimum": None}, "#/minimum"),
    ({"exclusiveMinimum": True}, "#/exclusiveMinimum"),
    ({"minLength": -1}, "#/minLength"),
    ({"maxItems": 1.5}, "#/maxItems"),
    ({"pattern": 3}, "#/pattern"),
    ({"pattern": "("}, "#/pattern"),
    ({"format": 3}, "#/format"),
    ({"items": 3}, "#/items"),
    ({"items": [{}]}, "#/items"),
    ({"prefixItems": {}}, "#/prefixItems"),
    ({"prefixItems": [3]}, "#/prefixItems/0"),
    ({"contains": "x"}, "#/contains"),
    ({"uniqueItems": 1}, "#/uniqueItems"),
    ({"properties": [1]}, "#/properties"),
    ({"properties": {"b": 5}}, "#/properties/b"),
    ({"properties": {1: {}}}, "#/properties"),
    ({"patternProperties": {"(": {}}}, "#/patternProperties"),
    ({"patternProperties": {"b": 3}}, "#/patternProperties/b"),
    ({"additionalProperties": "no"}, "#/additionalProperties"),
    ({"propertyNames": 3}, "#/propertyNames"),
    ({"required": "b"}, "#/required"),
    ({"required": [3]}, "#/required"),
    ({"dependencies": {"b": 3}}, "#/dependencies/b"),
    ({"dependencies": {"b": [3]}}, "#/dependencies/b"),
    ({"dependentRequired": {"b": {}}}, "#/dependentRequired/b"),
    ({"dependentSchemas": {"b": []}}, "#/dependentSchemas/b"),
    ({"$ref": 3}, "#/$ref"),
    ({"$ref": "#/nowhere"}, "#/$ref"),
]

BY_DRAFT: list[tuple[str, Any, str]] = [
    ("4", {"exclusiveMinimum": 3}, "#/exclusiveMinimum"),
    ("7", {"exclusiveMaximum": True}, "#/exclusiveMaximum"),
    ("7", {"items": [3]}, "#/items/0"),
    ("2019-09", {"unevaluatedItems": 3}, "#/unevaluatedItems"),
]

WITHOUT_EFFECT: list[tuple[str, Any]] = [
    ("4", {"if": 3, "const": object, "propertyNames": 3, "required": True}),
    ("6", {"then": 3, "dependentRequired": 3}),
    ("7", {"unevaluatedProperties": 3, "prefixItems": 3, "items": [{}]}),
    ("7", {"$ref": "#/definitions/x", "definitions": {"x": {}}, "minimum": "x", "properties": 3}),
    ("2020-12", {"default": object, "nonsense": 3, "additionalItems": 3}),
]


def _wrapped(schema: Any, depth: int) -> tuple[Any, str]:
    """The schema where no text need ever come: behind optional members and items; and its pointer."""
    pointer = "#"
    for level in range(depth):
        if level % 2:
            schema, pointer = {"items": schema}, pointer.replace("#", "#/items", 1)
        else:
            schema, pointer = {"properties": {"a": schema}}, pointer.replace("#", "#/properties/a", 1)
    return schema, pointer


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
@pytest.mark.parametrize(("schema", "where"), MALFORMED)
def test_what_is_malformed_is_refused_at_once(schema: Any, where: str, depth: int) -> None:
    wrapped, above = _wrapped(schema, depth)
    with pytest.raises(ConstraintSyntaxError) as caught:
        json_schema(wrapped)
    assert str(caught.value).startswith(above + where[1:])


@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize(("draft", "schema", "where"), BY_DRAFT)
def test_the_form_is_that_of_the_draft(draft: str, schema: Any, where: str, depth: int) -> None:
    wrapped, above = _wrapped(schema, depth)
    with pytest.raises(ConstraintSyntaxError) as caught:
        json_schema(wrapped, draft=draft)
    assert str(caught.value).startswith(above + where[1:])


@pytest.mark.parametrize(("draft", "schema"), WITHOUT_EFFECT)
def test_what_has_no_effect_may_hold_anything(draft: str, schema: Any) -> None:
    definitions = {"definitions": schema.get("definitions", {})}
    constraint = json_schema({**definitions, "properties": {"a": schema}}, draft=draft)
    assert constraint.accepts(b'{"a": 5}')
    exact = [
        entry.place for entry in constraint.report().entries if entry.enforced == "exact" and entry.place
    ]
    assert set(exact) <= {"#/properties", "#/properties/a/$ref", "#/properties/a/items"}
