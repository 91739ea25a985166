"""What is known at a glance is what compiling finds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bltgen import json_schema
from bltgen.constraints.json_schema import compiler as compiling
from bltgen.constraints.json_schema.glance import scalar_key, surely_satisfiable, takes_empty
from bltgen.constraints.json_schema.references import Documents
from bltgen.errors import BltgenError, EmptyLanguage


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


_NEAR: dict[Any, list[Any]] = {1: [1.0, True, 2], 0: [0.0, False], "a": ["b"], "string": ["null"]}


@st.composite
def _alike(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two schemas of scalars that differ in what is no keyword, and perhaps in an order or a value."""
    one = draw(SCALARS)
    if one.get("type") in (None, "object") and "enum" not in one:
        one["type"] = draw(st.sampled_from(["string", "number", ["boolean", "null"]]))
    other = {**one, "title": draw(st.text(max_size=3))}
    change = draw(st.sampled_from(["none", "none", "none", "order", "value"]))
    keyword = draw(st.sampled_from(sorted(one)))
    if change == "order":
        other[keyword] = other.pop(keyword)
    elif change == "value" and isinstance(one[keyword], list):
        other[keyword] = one[keyword][::-1]
    elif change == "value" and isinstance(one[keyword], (int, str)):
        other[keyword] = draw(st.sampled_from(_NEAR.get(one[keyword], [one[keyword]])))
    return one, other


@settings(deadline=None, max_examples=150)
@given(_alike())
def test_equal_keys_are_equal_meanings(schemas: tuple[Any, Any]) -> None:
    keys = [scalar_key(Documents(schema).root) for schema in schemas]
    if keys[0] is None or keys[0] != keys[1]:
        event("no key, or others")
        return
    event("equal keys")
    told = []
    for schema in schemas:
        compiling._SCALARS._found.clear()
        told.append(_told(schema, TEXTS))
    assert told[0] == told[1]


def test_true_is_not_one() -> None:
    for a, b in ((1, True), (0, False)):
        assert json_schema({"enum": [a, "x"]}).accepts(json.dumps(a).encode())
        assert not json_schema({"enum": [b, "x"]}).accepts(json.dumps(a).encode())


# Keywords of objects and arrays, none of which asks for a member or an item.
_ABOUT_MEMBERS: dict[str, st.SearchStrategy[Any]] = {
    "properties": st.dictionaries(st.sampled_from("ab"), SCALARS, max_size=2),
    "patternProperties": st.dictionaries(st.sampled_from(["^a", "b"]), SCALARS | st.booleans(), max_size=1),
    "additionalProperties": SCALARS | st.booleans(),
    "propertyNames": st.sampled_from([False, True, {"maxLength": 1}]),
    "maxProperties": st.integers(0, 2),
    "dependentRequired": st.just({"a": ["b"]}),
    "unevaluatedProperties": st.booleans(),
}
_ABOUT_ITEMS: dict[str, st.SearchStrategy[Any]] = {
    "items": SCALARS | st.booleans(),
    "prefixItems": st.lists(SCALARS | st.booleans(), min_size=1, max_size=2),
    "maxItems": st.integers(0, 2),
    "uniqueItems": st.booleans(),
    "unevaluatedItems": st.booleans(),
}
# Some of these do ask for one.
_ASKING: dict[str, st.SearchStrategy[Any]] = {
    "minItems": st.integers(0, 1),
    "minProperties": st.integers(0, 1),
    "contains": st.booleans(),
    "not": st.sampled_from([{"maxItems": 0}, {"maxProperties": 0}, False]),
    "enum": st.sampled_from([[[], {}], [[1]]]),
    "allOf": st.sampled_from([[], [{"minItems": 1}], [{"required": ["a"]}]]),
}


@st.composite
def _containers(draw: st.DrawFn) -> dict[str, Any]:
    keywords = {**draw(st.fixed_dictionaries({}, optional=_ABOUT_MEMBERS))}
    keywords |= draw(st.fixed_dictionaries({}, optional=_ABOUT_ITEMS))
    if draw(st.integers(0, 2)) == 0:
        keywords |= draw(st.fixed_dictionaries({}, optional=_ASKING))
    return {**keywords, "type": draw(st.sampled_from(["object", "array"]))}


@settings(deadline=None, max_examples=150)
@given(_containers())
def test_empty_containers_seen_at_a_glance_are_accepted(schema: Any) -> None:
    if not takes_empty(Documents(schema).root):
        event("not seen")
        return
    event("seen")
    # A conjunction is compiled, since no glance takes it in.
    constraint = json_schema({"allOf": [schema, {"maxItems": 99, "maxProperties": 99}]})
    assert constraint.accepts(b"{}" if schema["type"] == "object" else b"[]")
    assert constraint.start().shortest == json_schema(schema).start().shortest == 2


@st.composite
def _records(draw: st.DrawFn, depth: int = 2) -> Any:
    """Schemas that ask for members, some of them closed, some of members that nothing satisfies."""
    kind = draw(
        st.sampled_from(["record"] * 4 + ["type", "any of", "bool", "empty"]) if depth else st.just("type")
    )
    if kind == "bool":
        return draw(st.sampled_from([True, True, False]))
    if kind == "empty":
        return draw(_containers())
    if kind == "any of":
        return {"anyOf": draw(st.lists(_records(depth - 1), min_size=1, max_size=2))}
    if kind == "type":
        return {"type": draw(st.sampled_from(["string", "null", ["integer", "null"], "object", []]))}
    declared = draw(st.dictionaries(st.sampled_from("abc"), _records(depth - 1), max_size=2))
    schema: dict[str, Any] = {"type": "object", "properties": declared}
    schema["required"] = draw(
        st.lists(st.sampled_from([*declared, *declared, "a", "d"]), max_size=2, unique=True)
    )
    if draw(st.booleans()):
        schema["additionalProperties"] = draw(
            st.sampled_from([True, False, {"type": "null"}, {"not": {}}, {"enum": []}, {}])
        )
    if draw(st.integers(0, 9)) == 0:
        schema |= draw(st.sampled_from([{"maxProperties": 1}, {"propertyNames": {"const": "a"}}]))
    return schema


@settings(deadline=None, max_examples=300)
@given(_records())
def test_what_is_surely_satisfiable_is_satisfiable(schema: Any) -> None:
    if not surely_satisfiable(Documents(schema).root, {}):
        event("not seen")
        return
    event("seen")
    # A conjunction is compiled, since no glance takes it in; it leaves out one value of many.
    json_schema({"allOf": [schema, {"not": {"const": "no such text"}}]})


@pytest.mark.parametrize("closing", [False, {"not": {}}, {"enum": []}, {"type": []}])
def test_a_member_that_nothing_satisfies_is_not_taken_for_granted(closing: Any) -> None:
    """Whatever keeps undeclared members out; a boolean is not the only thing."""
    schema = {"type": "object", "required": ["a"], "additionalProperties": closing}
    assert not surely_satisfiable(Documents(schema).root, {})
    with pytest.raises(EmptyLanguage):
        json_schema({"type": "array", "items": schema, "minItems": 1})
    assert surely_satisfiable(Documents({**schema, "additionalProperties": True}).root, {})


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
