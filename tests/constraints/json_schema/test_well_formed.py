"""Malformed keywords are refused when the schema is read, however deep and optional their place."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen import json_schema
from bltgen.automata.language import literal
from bltgen.constraints.json_schema.references import DRAFTS, Documents
from bltgen.constraints.json_schema.well_formed import well_formed_places
from bltgen.errors import ConstraintSyntaxError, Unsupported

from .tables import Table

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


def pointers(schema: Any, draft: str = "2020-12", *, with_plain: bool = True, **options: Any) -> list[str]:
    """The places that are walked."""
    documents = Documents(schema, draft=draft)
    keywords = Table(**options).keywords
    return [place.pointer for place in well_formed_places(documents, keywords, with_plain=with_plain)]


def test_places_come_in_the_order_of_the_source() -> None:
    schema = {
        "properties": {"b": {"allOf": [{"not": {}}, {"minimum": 1}]}, "a": {"items": {"maximum": 1}}},
        "anyOf": [{"minLength": 1}],
    }
    assert pointers(schema) == [
        "#",
        "#/properties/b",
        "#/properties/b/allOf/0",
        "#/properties/b/allOf/0/not",
        "#/properties/b/allOf/1",
        "#/properties/a",
        "#/properties/a/items",
        "#/anyOf/0",
    ]
    assert pointers({"unknown": 1, "then": 3, "not": {"minimum": 1}}) == ["#", "#/not"]
    assert pointers({"const": {}, "prefixItems": 3, "not": {"minimum": 1}}, "4") == ["#", "#/not"]
    assert pointers(True) == pointers(False) == []
    assert pointers({"items": True, "not": False}) == ["#"]


def test_each_place_comes_once_and_references_come_first() -> None:
    schema = {
        "properties": {"a": {"$ref": "#/$defs/x"}, "b": {"$ref": "#/$defs/x"}, "c": {"$ref": "#"}},
        "$defs": {"x": {"minimum": 1}, "unused": {"minimum": "malformed"}},
    }
    assert pointers(schema) == ["#", "#/properties/a", "#/$defs/x", "#/properties/b", "#/properties/c"]
    beside = {"not": {"minimum": 1}, "$ref": "#/$defs/x", "$defs": {"x": {"minimum": 2}}}
    assert pointers(beside) == ["#", "#/$defs/x", "#/not"]
    assert pointers(beside, "7") == ["#", "#/$defs/x"]
    assert pointers(beside, "2019-09") == ["#", "#/$defs/x", "#/not"]


def test_plain_places_may_be_left_out() -> None:
    schema = {
        "properties": {
            "a": {"type": "string", "title": "t", "description": "d", "default": 3, "$comment": "c"},
            "b": {"type": ["string"]},
            "c": {"minLength": 1},
            "d": {"$id": "https://x/d"},
            "e": {"id": "x"},
            "f": {"$schema": DRAFTS["7"]},
            "g": {},
            "h": True,
        },
        "items": {"type": "null"},
        "allOf": [{"type": "null"}, {"unknown": 1}],
    }
    found = pointers(schema, with_plain=False)
    assert found == ["#", *[f"#/properties/{name}" for name in "bcdef"], "#/allOf/1"]
    everything = pointers(schema)
    assert len(everything) == len(found) + 4
    with pytest.raises(ConstraintSyntaxError, match="'strin' is no type"):
        pointers({"items": {"type": "strin"}}, with_plain=False)
    with pytest.raises(ConstraintSyntaxError, match="a schema is an object or a boolean"):
        pointers({"items": 3}, with_plain=False)


@pytest.mark.parametrize("draft", DRAFTS)
def test_the_subschemas_of_each_draft(draft: str) -> None:
    one = {"minimum": 1}
    new = draft.startswith("20")
    keywords: dict[str, tuple[Any, list[str]]] = {
        "not": (one, [""]),
        "allOf": ([one, one], ["/0"]),
        "items": (one, [""]),
        "additionalItems": (one, [""] if draft != "2020-12" else []),
        "prefixItems": ([one], ["/0"] if draft == "2020-12" else []),
        "contains": (one, [""] if draft != "4" else []),
        "propertyNames": (one, [""] if draft != "4" else []),
        "properties": ({"a": one}, ["/a"]),
        "patternProperties": ({"a": one}, ["/a"]),
        "additionalProperties": (one, [""]),
        "dependencies": ({"a": one, "b": ["c"], "d": "e"}, ["/a"]),
        "dependentSchemas": ({"a": one}, ["/a"] if new else []),
        "dependentRequired": ({"a": ["b"]}, []),
        "unevaluatedProperties": (one, [""] if new else []),
        "unevaluatedItems": (one, [""] if new else []),
        "if": (one, [""] if draft not in ("4", "6") else []),
        "then": (one, []),
        "else": (one, []),
        "x-bltgen-json": (one, [""]),
        "definitions": ({"a": one}, []),
    }
    for keyword, (given, below) in keywords.items():
        assert pointers({keyword: given}, draft) == ["#", *[f"#/{keyword}{step}" for step in below]], keyword
    branches = {"if": {"minimum": 1}, "then": {"minimum": 2}, "else": {"minimum": 3}}
    expected = ["#/if", "#/then", "#/else"] if draft not in ("4", "6") else []
    assert pointers(branches, draft) == ["#", *expected]
    if draft != "2020-12":
        assert pointers({"items": [{"minimum": 1}, {"minimum": 2}]}, draft) == ["#", "#/items/0", "#/items/1"]


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "int"}, "#/type: 'int' is no type; there are null, boolean"),
        ({"type": ["string", "Str"]}, "did you mean 'string'?"),
        ({"type": "None"}, "did you mean 'null'?"),
        ({"type": "undefined"}, "did you mean 'null'?"),
        ({"type": "dict"}, "did you mean 'object'?"),
        ({"type": "float"}, "did you mean 'number'?"),
        ({"type": ["objct"]}, "did you mean 'object'"),
        ({"type": 3}, "#/type: expected an array, not 3"),
        ({"exclusiveMaximum": True}, "a boolean is what draft 4 takes"),
        ({"exclusiveMinimum": "x"}, "#/exclusiveMinimum: expected a number, not 'x'"),
        ({"multipleOf": 0}, "#/multipleOf: must be greater than 0"),
        ({"multipleOf": -1}, "#/multipleOf: must be greater than 0"),
        ({"uniqueItems": 1}, "#/uniqueItems: expected a boolean, not 1"),
        ({"format": 1}, "#/format: expected a string, not 1"),
        ({"required": [1]}, "#/required: a property name is a string, not 1"),
        ({"properties": {1: {}}}, "#/properties: a property name is a string, not 1"),
        ({"items": []}, 'schemas by index are "prefixItems"'),
        ({"dependentRequired": {"a": "b"}}, "#/dependentRequired/a: expected an array of property names"),
        ({"dependencies": {"a": [1]}}, "#/dependencies/a: a property name is a string, not 1"),
        ({"x-bltgen-written": "float"}, "#/x-bltgen-written: expected \"integer\", not 'float'"),
        ({"x-bltgen-written": 3}, '#/x-bltgen-written: expected "integer", not 3'),
        ({"x-bltgen-constraint": 3}, "#/x-bltgen-constraint: expected a string, not 3"),
        ({"const": [b"x"]}, "#/const: not a JSON value: b'x'"),
        ({"enum": [{1: 1}]}, "#/enum: not a JSON value"),
        ({"maxLength": True}, "#/maxLength: expected a number, not True"),
    ],
)
def test_what_an_error_says(schema: Any, said: str) -> None:
    with pytest.raises(ConstraintSyntaxError) as caught:
        pointers(schema)
    assert said in str(caught.value)


def test_forms_of_draft_4() -> None:
    assert pointers({"exclusiveMaximum": True, "exclusiveMinimum": False, "required": True}, "4") == ["#"]
    assert pointers({"required": ["a"]}, "4") == ["#"]
    with pytest.raises(ConstraintSyntaxError, match="#/exclusiveMaximum: expected a boolean, not 3"):
        pointers({"exclusiveMaximum": 3}, "4")
    with pytest.raises(ConstraintSyntaxError, match="#/required: a property name is a string, not 3"):
        pointers({"required": [3]}, "4")
    for draft in list(DRAFTS)[1:]:
        with pytest.raises(ConstraintSyntaxError, match="#/required: expected an array, not True"):
            pointers({"required": True}, draft)


def test_what_is_sound_is_taken() -> None:
    sound = {
        "type": ["string", "null"],
        "enum": ["a", 1, 1.5, None, True, [{"a": []}]],
        "const": {"a": [1]},
        "multipleOf": 0.1,
        "minLength": 2.0,
        "maxLength": 3,
        "uniqueItems": False,
        "required": ("a",),
        "dependencies": {"a": "b"},
        "pattern": "a",
        "x-bltgen-written": "integer",
    }
    assert pointers(sound) == ["#"]


def test_named_constraints_must_be_given() -> None:
    with pytest.raises(Unsupported) as caught:
        pointers({"x-bltgen-constraint": "p"})
    assert caught.value.where == "#/x-bltgen-constraint"
    assert pointers({"x-bltgen-constraint": "p"}, constraints={"p": literal(b"x")}) == ["#"]
