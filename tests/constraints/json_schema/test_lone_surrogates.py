"""A lone surrogate is no character: no text of JSON holds it, in whatever keyword a schema has it."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from bltgen import grammar, json_schema, regex, substring_of
from bltgen.errors import ConstraintSyntaxError, EmptyLanguage

LONE = ["\ud83d", "a\udc00"]


def _needing(text: str) -> list[dict[str, Any]]:
    """Schemas that only a text with this one in it could satisfy."""
    an_object = {"type": "object", "required": [text]}
    return [
        {"const": text},
        {"enum": [[text], {"a": text}]},
        {"const": {text: 1}},
        {**an_object, "properties": {text: {"type": "integer"}}, "additionalProperties": False},
        an_object,
        {**an_object, "properties": {text: {}}},
        {**an_object, "additionalProperties": {"type": "null"}, "minProperties": 2},
        {**an_object, "patternProperties": {"^a": {"type": "null"}}},
        {"type": "object", "required": ["a"], "dependentRequired": {"a": [text]}},
        {"type": "object", "propertyNames": {"const": text}, "minProperties": 1},
        {"type": "array", "items": {"enum": [text]}, "minItems": 1, "uniqueItems": True},
        {"type": "array", "contains": {"required": [text], "type": "object"}},
        {"type": "string", "pattern": f"^{text}$"},
    ]


@pytest.mark.parametrize("text", LONE)
@pytest.mark.parametrize("index", range(len(_needing(""))))
def test_what_needs_one_is_refused_with_its_place(index: int, text: str) -> None:
    with pytest.raises(EmptyLanguage, match="lone surrogate") as caught:
        json_schema(_needing(text)[index])
    assert any(place.startswith("#/") for place in caught.value.conflicts)


@pytest.mark.parametrize("text", LONE)
def test_what_can_do_without_one_has_its_other_texts(text: str) -> None:
    for schema, good in [
        ({"enum": [text, "b"]}, "b"),
        ({"properties": {text: {"type": "integer"}, "b": {"const": 2}}, "required": ["b"]}, {"b": 2}),
        ({"type": "object", "properties": {text: {}}}, {"x": 1}),
        ({"type": "object", "propertyNames": {"enum": [text, "b"]}}, {"b": 1}),
        ({"type": "object", "dependentRequired": {text: ["b"]}}, {"a": 1}),
        ({"type": "object", "dependentSchemas": {text: False}}, {"a": 1}),
        ({"type": "object", "not": {"required": [text]}}, {"a": 1}),
        ({"type": "object", "if": {"required": [text]}, "then": False}, {"a": 1}),
        ({"type": "object", "patternProperties": {text: False}}, {"a": 1}),
        ({"type": "object", "unevaluatedProperties": False, "properties": {text: {}, "b": {}}}, {"b": 1}),
        ({"not": {"const": text}}, "b"),
        (
            {"title": text, "format": text, "$defs": {text: {"type": "string"}}, "$ref": f"#/$defs/{text}"},
            "b",
        ),
    ]:
        constraint = json_schema(schema)
        assert constraint.accepts(json.dumps(good).encode()), schema
        assert not constraint.accepts(
            json.dumps({**good, text: 1} if isinstance(good, dict) else text).encode()
        )
        start = constraint.start()
        assert len(start.completion()) == start.shortest
        for seed in range(5):
            assert constraint.accepts(constraint.sample(random.Random(seed), 60))


@pytest.mark.parametrize(
    "make",
    [
        lambda: grammar('start: "\ud83d"'),
        lambda: grammar("start: /a\udc00/"),
        lambda: grammar('root ::= "\ud83d"', "gbnf"),
        lambda: grammar('a = "\ud83d"', "abnf"),
        lambda: substring_of("a\ud83d"),
        lambda: json_schema({"type": "string"}, strings_from="a\ud83d"),
    ],
)
def test_a_source_with_one_is_refused_in_words_that_can_be_printed(make: Any) -> None:
    with pytest.raises(ConstraintSyntaxError, match="lone surrogate") as caught:
        make()
    str(caught.value).encode()


@pytest.mark.parametrize("schema", _needing("\ud83d\ude00")[:5])
def test_a_pair_in_a_str_is_two_code_points_and_neither_is_a_character(schema: dict[str, Any]) -> None:
    with pytest.raises(EmptyLanguage, match="lone surrogate"):
        json_schema(schema)


def test_a_pattern_that_needs_one_matches_nothing() -> None:
    with pytest.raises(EmptyLanguage):
        regex("a\ud83d")
    assert regex("a\ud83d|b").accepts(b"b")
