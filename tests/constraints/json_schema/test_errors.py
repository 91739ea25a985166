"""What is refused, and what the refusal says."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.constraints.json_schema import json_schema
from bltgen.errors import ConstraintSyntaxError, EmptyLanguage, LimitExceeded, Unsupported


@pytest.mark.parametrize(
    ("schema", "conflicts"),
    [
        ({"type": "string", "minLength": 3, "maxLength": 2}, {"#/type", "#/minLength", "#/maxLength"}),
        ({"enum": ["a"], "type": "integer", "title": "t"}, {"#/enum", "#/type"}),
        (
            {
                "type": "object",
                "properties": {"a": {"type": "integer", "enum": [0.5]}, "b": {"type": "string"}},
                "required": ["a", "b"],
            },
            {"#/properties/a/type", "#/properties/a/enum"},
        ),
        (
            {"$ref": "#/$defs/x", "$defs": {"x": {"const": 1, "minimum": 2}}},
            {"#/$defs/x/const", "#/$defs/x/minimum"},
        ),
    ],
)
def test_an_empty_schema_names_what_conflicts(schema: Any, conflicts: set[str]) -> None:
    """EmptyLanguage lists the pointers of a set of keywords that exclude each other, and no others."""
    with pytest.raises(EmptyLanguage) as caught:
        json_schema(schema)
    assert set(caught.value.conflicts) == conflicts


def test_a_schema_that_requires_itself_is_empty() -> None:
    """A value that must contain itself does not exist."""
    with pytest.raises(EmptyLanguage):
        json_schema({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]})


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}]},
        {"not": {"$ref": "#"}},
        # Also where a text comes to it late: an error while it is written would be too late.
        {"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"allOf": [{"$ref": "#/$defs/b"}]}}},
        {
            "items": {"$ref": "#/$defs/b"},
            "$defs": {"b": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/b"}]}},
        },
        {"items": {"dependentSchemas": {"x": {"$ref": "#/items"}}}},
    ],
)
def test_a_reference_to_itself_in_place_is_refused(schema: Any) -> None:
    """A schema that applies itself to the same value means nothing."""
    with pytest.raises(Unsupported) as caught:
        json_schema(schema)
    assert caught.value.where.startswith("#")


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"$ref": "#"}}},
        {
            "type": ["string", "array"],
            "anyOf": [{"type": "array", "items": {"$ref": "#"}}, {"type": "string"}],
        },
        {"$ref": "#/$defs/b", "$defs": {"a": {"$ref": "#/$defs/a"}, "b": {"items": {"$ref": "#/$defs/b"}}}},
        {"type": "array", "oneOf": [{"type": "object", "$ref": "#"}, True]},
    ],
)
def test_recursion_that_ends_is_taken(schema: Any) -> None:
    """Through members and items, in a definition that nothing refers to, for types that never meet."""
    json_schema(schema)


@pytest.mark.parametrize(
    ("schema", "where"),
    [
        ({"type": "strin"}, "#/type"),
        ({"type": "object", "required": ["a"], "properties": {"a": 3}}, "#/properties/a"),
        ({"minLength": -1}, "#/minLength"),
        ({"multipleOf": 0}, "#/multipleOf"),
        ({"$ref": "#/nowhere"}, "#/$ref"),
        ({"$ref": "http://example.com/unknown"}, "#/$ref"),
        ({"$schema": "http://example.com/unknown"}, "#/$schema"),
        ('{"type": ', "line 1"),
    ],
)
def test_a_malformed_schema_is_refused_with_its_place(schema: Any, where: str) -> None:
    """ConstraintSyntaxError says where."""
    with pytest.raises(ConstraintSyntaxError, match=where.replace("$", r"\$")):
        json_schema(schema)


def test_deep_negation_ends_in_a_limit() -> None:
    """Nesting within one value is bounded by an error, not by the interpreter's stack."""
    schema: Any = {"type": "object"}
    for _ in range(3000):
        schema = {"not": schema}
    with pytest.raises(LimitExceeded):
        json_schema(schema)


def test_deep_documents_do_not_recurse() -> None:
    """10,000 nested arrays are read, and the way back is known."""
    state: Any = json_schema(True).start()
    for _ in range(10_000):
        state = state.advance(ord("["))
    assert state.shortest == 10_000
    assert state.completion() == b"]" * 10_000
