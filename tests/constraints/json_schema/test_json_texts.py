"""Strings that hold JSON texts (`x-bltgen-json`), and numbers written as integers (`x-bltgen-written`)."""

from __future__ import annotations

import json
import random
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.constraints.json_schema import json_schema
from bltgen.errors import ConstraintSyntaxError, EmptyLanguage

INNER: list[Any] = [
    True,
    {"type": "integer"},
    {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "null"}},
        "required": ["a", "b"],
    },
    {"type": "array", "items": {"enum": ["x", 1]}, "minItems": 1},
    {"$ref": "#/$defs/tree"},
]
DEFS = {"tree": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}


@pytest.mark.parametrize("inner", INNER, ids=str)
@pytest.mark.parametrize("whitespace", ["compact", "any"])
def test_what_is_drawn_holds_a_valid_text(inner: Any, whitespace: str) -> None:
    """The decoded string is a JSON text that the inner schema admits, and budgets are kept."""
    schema = {
        "type": "object",
        "properties": {"text": {"type": "string", "x-bltgen-json": inner}},
        "required": ["text"],
    }
    constraint = json_schema({**schema, "$defs": DEFS}, whitespace=whitespace, undeclared="omit")
    rng = random.Random(1)
    for room in (0, 1, 4, 12):
        most = constraint.start().shortest + room
        text = constraint.sample(rng, most)
        assert len(text) <= most
        held = json.loads(json.loads(text)["text"])
        assert inner is True or jsonschema.Draft202012Validator({**inner, "$defs": DEFS}).is_valid(held)


@given(st.recursive(st.none() | st.integers(-9, 9) | st.text(max_size=3), lambda s: st.lists(s, max_size=2)))
@settings(max_examples=60, deadline=None)
def test_every_value_has_a_text(value: Any) -> None:
    """json.dumps of json.dumps is accepted, where the inner schema admits the value."""
    constraint = json_schema(
        {"type": "string", "x-bltgen-json": {"type": ["array", "string"]}}, whitespace="any"
    )
    text = json.dumps(json.dumps(value, ensure_ascii=False), ensure_ascii=False)
    assert constraint.accepts(text.encode()) == isinstance(value, (list, str))


def test_a_completion_is_as_long_as_was_said() -> None:
    """From every state on the way."""
    state = json_schema({"type": "string", "x-bltgen-json": INNER[2]}, whitespace="compact").start()
    for byte in state.completion():
        assert byte in state.allowed_within(state.shortest)
        following = state.advance(byte)
        assert following is not None
        assert following.shortest <= state.shortest - 1
        state = following
    assert state.accepting


def test_nothing_to_hold() -> None:
    """No text satisfies false."""
    with pytest.raises(EmptyLanguage):
        json_schema({"type": "string", "x-bltgen-json": False})


def test_numbers_written_as_integers() -> None:
    """The value alone is not enough."""
    constraint = json_schema({"type": "number", "x-bltgen-written": "integer"}, numbers="any")
    texts = (b"1", b"-0", b"1.0", b"1e2", b"0.5")
    assert [constraint.accepts(text) for text in texts] == [True, True, False, False, False]
    with pytest.raises(ConstraintSyntaxError):
        json_schema({"x-bltgen-written": "float"})
