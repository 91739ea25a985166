"""Which subschemas are blamed where nothing satisfies a schema: as few, and as deep, as may be."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest

from bltgen.constraints.json_schema import conflicts as module
from bltgen.constraints.json_schema.compiler import Compiler, Options
from bltgen.constraints.json_schema.conflicts import find_conflicts
from bltgen.constraints.json_schema.layout import Layout
from bltgen.constraints.json_schema.references import Documents
from bltgen.errors import LimitExceeded


def compiler() -> Compiler:
    return Compiler(
        Layout.of("compact"), options=Options(), formats="assert", custom_formats={}, constraints={}
    )


def blamed(schema: Any, **options: Any) -> tuple[str, ...]:
    made = compiler()
    documents = Documents(schema, **options)
    return find_conflicts(made, made.formulas.schema(documents.root))


NEVER = {"const": 1, "enum": [2]}


@pytest.mark.parametrize(
    ("schema", "places"),
    [
        (NEVER, ("#/const", "#/enum")),
        ({**NEVER, "title": "t", "maxLength": 3}, ("#/const", "#/enum")),
        ({"type": "string", "minLength": 3, "maxLength": 2}, ("#/type", "#/minLength", "#/maxLength")),
        ({"$ref": "#/$defs/a", "$defs": {"a": NEVER}}, ("#/$defs/a/const", "#/$defs/a/enum")),
        ({"$ref": "#/$defs/a", "const": 1, "$defs": {"a": {"const": 2}}}, ("#/$ref", "#/const")),
        ({"allOf": [{}, NEVER]}, ("#/allOf/1/const", "#/allOf/1/enum")),
        ({"allOf": [{"const": 1}, {"const": 2}]}, ("#/allOf",)),
        ({"allOf": [{"const": 1}, False]}, ("#/allOf/1",)),
        ({"not": {}}, ("#/not",)),
        (
            {"type": "object", "properties": {"a": NEVER}, "required": ["a"]},
            ("#/properties/a/const", "#/properties/a/enum"),
        ),
        ({"type": "object", "properties": {"a": False}, "required": ["b", "a"]}, ("#/properties/a",)),
        # What is needed and impossible is to blame, whatever else is said.
        (
            {"const": 1, "type": "object", "properties": {"a": NEVER}, "required": ["a"]},
            ("#/properties/a/const", "#/properties/a/enum"),
        ),
        (
            {"title": "t", "properties": {"a": NEVER}, "required": ["a"], "type": "object", "const": 1},
            ("#/properties/a/const", "#/properties/a/enum"),
        ),
        ({"type": "object", "title": "t", "const": 1, "enum": [1]}, ("#/type", "#/enum")),
        (
            {
                "type": "object",
                "properties": {"a": {"properties": {"b": NEVER}, "required": ["b"], "type": "object"}},
                "required": ["a"],
            },
            ("#/properties/a/properties/b/const", "#/properties/a/properties/b/enum"),
        ),
        (
            {"type": "object", "required": ["a"], "additionalProperties": False},
            ("#/type", "#/required", "#/additionalProperties"),
        ),
        (
            {"type": "object", "properties": {"b": {}}, "required": ["a"], "maxProperties": 0},
            ("#/type", "#/required", "#/maxProperties"),
        ),
        ({"anyOf": [NEVER, False]}, ("#/anyOf",)),
    ],
)
def test_what_is_blamed(schema: Any, places: tuple[str, ...]) -> None:
    assert blamed(schema) == places


def test_what_is_no_asserted_schema_is_the_whole() -> None:
    made = compiler()
    place = Documents({"title": "t"}).root
    assert find_conflicts(made, made.formulas.false) == ("#",)
    assert find_conflicts(made, made.formulas.negation(made.formulas.schema(place))) == ("#",)
    # Nothing of it is a keyword.
    assert find_conflicts(made, made.formulas.schema(place)) == ("#",)


def test_required_of_another_form_is_no_list() -> None:
    """Whatever is left in doubt."""
    schema = {"type": "string", "enum": [1], "properties": {"a": False}, "required": True}
    assert blamed(schema, draft="4") == ("#/type", "#/enum")
    with patch.object(Compiler, "satisfiable", side_effect=LimitExceeded("steps", 1)):
        assert blamed(schema, draft="4") == ("#/type", "#/enum", "#/properties", "#/required")


def test_no_one_subschema_is_to_blame() -> None:
    made = compiler()
    place = Documents({"properties": {"a": {}, "b": {"const": 1}}, "required": ["b"], "allOf": [{}]}).root
    for core in (["properties", "required"], ["properties"], ["required"], ["allOf"], ["const"], []):
        assert module._within_one(made, place, core, 0) == ()


def test_deep_conflicts_are_blamed_on_what_is_around_them() -> None:
    def nested(depth: int) -> Any:
        schema: Any = NEVER
        for _ in range(depth):
            schema = {"allOf": [schema]}
        return schema

    with patch.object(module, "DEPTH_LIMIT", 2):
        assert blamed(nested(2)) == ("#/allOf/0/allOf/0/const", "#/allOf/0/allOf/0/enum")
        assert blamed(nested(3)) == ("#/allOf/0/allOf/0/allOf/0",)


def test_schemas_of_many_keywords_are_blamed_as_a_whole() -> None:
    with patch.object(module, "KEYWORDS_LIMIT", 2):
        assert blamed(NEVER) == ("#/const", "#/enum")
        assert blamed({**NEVER, "title": "t"}) == ("#",)


def test_what_cannot_be_decided_is_not_left_out() -> None:
    """A keyword without which the rest costs too much to decide stays."""
    made = compiler()
    place = Documents({**NEVER, "maxLength": 3}).root
    with patch.object(Compiler, "satisfiable", side_effect=LimitExceeded("steps", 1)):
        found = find_conflicts(made, made.formulas.schema(place))
    assert found == ("#/const", "#/enum", "#/maxLength")


def test_trials_leave_places_apart() -> None:
    made = compiler()
    place = Documents({**NEVER, "maxLength": 3}).root
    find_conflicts(made, made.formulas.schema(place))
    places = list(place.documents.places.values())
    assert len({one.id for one in places}) == len(places) == 4
