"""Schemas and values nested deeper than Python's stack, or in themselves: answers, or errors in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bltgen import json_schema
from bltgen.errors import ConstraintError, ConstraintSyntaxError

LEVELS = 1200
LAYERS: dict[str, Callable[[Any], Any]] = {
    "items": lambda below: {"items": below},
    "properties": lambda below: {"type": "object", "properties": {"a": below}, "required": ["a"]},
    "additionalProperties": lambda below: {"additionalProperties": below},
    "contains": lambda below: {"contains": below},
    "prefixItems": lambda below: {"prefixItems": [below], "minItems": 1},
    "not": lambda below: {"not": below},
    "allOf": lambda below: {"allOf": [below]},
    "oneOf": lambda below: {"oneOf": [below, False]},
    "if": lambda below: {"if": below, "then": {}},
    "dependentSchemas": lambda below: {"dependentSchemas": {"a": below}},
    "$defs": lambda below: {"$defs": {"a": below}, "type": "null"},
    "default": lambda below: {"default": below},
    "const": lambda below: {"const": below},
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_deep_schema_is_read_or_refused(name: str) -> None:
    schema: Any = {"type": "null"}
    for _ in range(LEVELS):
        schema = LAYERS[name](schema)
    try:
        constraint = json_schema(schema, whitespace="compact")
    except ConstraintError:
        return
    state = constraint.start()
    text = state.completion()
    assert len(text) == state.shortest
    assert constraint.accepts(text)
    assert repr(constraint)
    assert constraint.report().entries


@pytest.mark.parametrize("keyword", ["const", "enum"])
@pytest.mark.parametrize("layer", [lambda below: [below], lambda below: {"a": below}])
@pytest.mark.parametrize("levels", [150, 400, 900, LEVELS])
def test_a_deep_value_is_read_or_refused_with_its_place(keyword: str, layer: Any, levels: int) -> None:
    value: Any = 1
    for _ in range(levels):
        value = layer(value)
    schema = {"items": {keyword: value if keyword == "const" else [value]}, "minItems": 1, "type": "array"}
    if levels < 200:
        assert json_schema(schema).start().shortest > levels
        return
    with pytest.raises(ConstraintSyntaxError, match=f"#/items/{keyword}: a value is nested deeper than 200"):
        json_schema(schema)


def test_a_deep_text_is_refused() -> None:
    with pytest.raises(ConstraintSyntaxError, match="nested too deeply"):
        json_schema('{"items":' * 100_000)


def _itself(schema: dict[str, Any], put: Callable[[Any, Any], None]) -> dict[str, Any]:
    put(schema, schema)
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        _itself({}, lambda a, b: a.update({"items": b})),
        _itself({"properties": {}}, lambda a, b: a["properties"].update(a=b)),
        _itself({}, lambda a, b: a.update({"x-own": b})),
        _itself({"allOf": []}, lambda a, b: a["allOf"].append(b)),
        _itself({}, lambda a, b: a.update({"not": b})),
        _itself({"enum": []}, lambda a, b: a["enum"].append(b)),
        _itself({"const": []}, lambda a, b: a["const"].append(a["const"])),
        _itself({"required": ["a"], "properties": {}}, lambda a, b: a["properties"].update(a=b)),
    ],
)
def test_a_schema_within_itself_is_read_or_refused(schema: dict[str, Any]) -> None:
    try:
        constraint = json_schema(schema)
    except ConstraintError:
        return
    assert constraint.accepts(constraint.start().completion())
    assert repr(constraint)
