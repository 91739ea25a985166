"""What is known at a glance is what compiling finds."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen import json_schema
from bltgen.constraints.json_schema import compiler as compiling
from bltgen.constraints.json_schema.glance import scalar_key, surely_satisfiable, takes_empty
from bltgen.constraints.json_schema.references import Documents
from bltgen.errors import BltgenError
from bltgen.testing.schema_strategies import json_schemas


def _told(schema: Any, texts: list[bytes]) -> Any:
    """What a constraint says of texts, and its shortest text's length; or the class of the error."""
    try:
        constraint = json_schema(schema)
        return constraint.start().shortest, [constraint.accepts(text) for text in texts]
    except BltgenError as error:
        return type(error)


SCALARS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(
            ["string", "integer", "number", "boolean", "null", "object", ["string", "null"]]
        ),
        "enum": st.lists(st.sampled_from([1, 1.0, True, "a", None, "1", 2.5, [1]]), min_size=1, max_size=3),
        "const": st.sampled_from([1, 1.0, True, False, 0, "a", None, {}]),
        "minimum": st.integers(-2, 3),
        "exclusiveMaximum": st.integers(-2, 3) | st.just(2.5),
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        "minLength": st.integers(0, 3),
        "maxLength": st.integers(0, 3),
        "format": st.sampled_from(["date", "ipv4", "unknown"]),
        "title": st.text(max_size=3),
    },
)
VALUES: list[Any] = [None, True, False, 0, 1, 1.0, 2, 2.5, -3, "", "a", "abcd", "1", "2024-02-29", "1.2.3.4"]
TEXTS = [json.dumps(value).encode() for value in [*VALUES, [], {}, [1]]]


@settings(deadline=None, max_examples=150)
@given(st.lists(SCALARS, min_size=2, max_size=6))
def test_shared_goals_say_what_goals_of_ones_own_say(schemas: list[Any]) -> None:
    shared = [_told(schema, TEXTS) for schema in schemas]
    alone = []
    for schema in schemas:
        compiling._SCALARS._found.clear()
        alone.append(_told(schema, TEXTS))
    assert shared == alone


@settings(deadline=None, max_examples=150)
@given(SCALARS, SCALARS)
def test_equal_keys_are_equal_meanings(one: Any, other: Any) -> None:
    keys = [scalar_key(Documents(schema).root) for schema in (one, other)]
    if keys[0] is not None and keys[0] == keys[1]:
        compiling._SCALARS._found.clear()
        first = _told(one, TEXTS)
        compiling._SCALARS._found.clear()
        assert first == _told(other, TEXTS)


def test_true_is_not_one() -> None:
    for a, b in ((1, True), (0, False)):
        assert json_schema({"enum": [a, "x"]}).accepts(json.dumps(a).encode())
        assert not json_schema({"enum": [b, "x"]}).accepts(json.dumps(a).encode())


@settings(deadline=None, max_examples=150)
@given(json_schemas())
def test_empty_containers_seen_at_a_glance_are_accepted(schema: Any) -> None:
    if not isinstance(schema, dict):
        return
    for kind, empty in (("object", b"{}"), ("array", b"[]")):
        typed = {**schema, "type": kind}
        if takes_empty(Documents(typed).root):
            # A conjunction is compiled, since no glance takes it in.
            constraint = json_schema({"allOf": [typed, {"maxItems": 99, "maxProperties": 99}]})
            assert constraint.accepts(empty)
            assert constraint.start().shortest == json_schema(typed).start().shortest == 2


@settings(deadline=None, max_examples=300)
@given(json_schemas(), st.sampled_from(["object", "array", "string", "integer", None]))
def test_what_is_surely_satisfiable_is_satisfiable(schema: Any, kind: str | None) -> None:
    if not isinstance(schema, dict):
        return
    if kind is not None:
        schema = {**schema, "type": kind}
    try:
        documents = Documents(schema)
        told = surely_satisfiable(documents.root, {})
    except BltgenError:
        return
    if told:
        # A conjunction is compiled, since no glance takes it in; it leaves out one value of many.
        json_schema({**schema, "allOf": [*schema.get("allOf", []), {"not": {"const": "no such text"}}]})


def test_references_are_seen_through() -> None:
    schema = {
        "$defs": {
            "pair": {
                "type": "object",
                "properties": {"left": {"$ref": "#/$defs/leaf"}, "right": {"$ref": "#/$defs/pair"}},
                "required": ["left"],
            },
            "leaf": {"type": "string"},
            "endless": {
                "type": "object",
                "properties": {"next": {"$ref": "#/$defs/endless"}},
                "required": ["next"],
            },
            "loop": {"$ref": "#/$defs/loop"},
        }
    }
    told = {
        name: surely_satisfiable(Documents({**schema, "$ref": f"#/$defs/{name}"}).root, {})
        for name in schema["$defs"]
    }
    assert told == {"pair": True, "leaf": True, "endless": False, "loop": False}
