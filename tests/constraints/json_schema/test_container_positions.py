"""Positions after a bracket, an item or a member: what each tells follows from the positions after it."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.json_schema.container_positions import AfterPart, Opened
from bltgen.constraints.json_schema.layout import Layout

NULL: dict[str, Any] = {"const": None}
ONE = {"type": "array", "items": NULL, "maxItems": 1}
SCHEMAS: dict[str, dict[str, Any]] = {
    "empty array": {"type": "array", "maxItems": 0},
    "array": {"type": "array", "items": NULL, "maxItems": 2},
    "full array": {"type": "array", "items": NULL, "minItems": 2, "maxItems": 2},
    "nested arrays": {"type": "array", "items": ONE, "maxItems": 1},
    "needed within": {"type": "array", "items": {**ONE, "minItems": 1}, "minItems": 1, "maxItems": 1},
    "empty object": {"type": "object", "additionalProperties": False},
    "object": {"type": "object", "properties": {"a": NULL, "b": NULL}, "additionalProperties": False},
    "required": {
        "type": "object",
        "properties": {"a": NULL, "b": NULL},
        "required": ["a"],
        "additionalProperties": False,
    },
    "forks": {"type": "array", "items": {"enum": [None, True]}, "contains": NULL, "maxItems": 2},
    "either": {
        "anyOf": [
            {"type": "array", "items": NULL, "maxItems": 1},
            {"type": "array", "items": {"const": True}, "minItems": 2, "maxItems": 2},
        ]
    },
}
LAYOUTS = ["compact", "spaced", "bounded", "indent=1", "pattern= |\n\n", "any"]


def reached(schema: dict[str, Any], whitespace: str) -> dict[int, Any]:
    """The states of all texts, but for long runs of whitespace."""
    start = json_schema(schema, whitespace=whitespace, numbers="plain", escapes="plain").start()
    states: dict[int, Any] = {start.id: start}
    todo = [start]
    while todo and len(states) < 400:
        state = todo.pop()
        for byte in state.allowed:
            after = state.advance(byte)
            if after.id not in states:
                states[after.id] = after
                todo.append(after)
    return states


@pytest.mark.parametrize("whitespace", LAYOUTS)
@pytest.mark.parametrize("name", SCHEMAS)
def test_what_a_position_tells_follows_from_those_after_it(name: str, whitespace: str) -> None:
    seen = set()
    for state in reached(SCHEMAS[name], whitespace).values():
        for position in state.positions:
            if not isinstance(position, (Opened, AfterPart)):
                continue
            seen.add(type(position))
            assert position.accepting is False
            after = {byte: found for byte in range(256) if (found := position.step(byte))}
            assert set(after) == {byte for byte in range(256) if position.bits >> byte & 1}
            ways = {byte: min(one.shortest for one in found) for byte, found in after.items()}
            assert position.shortest == 1 + min(ways.values())
            for n in {0, 1, 2, *(way + more for way in ways.values() for more in (0, 1, 2))}:
                assert position.within(n) == sum(1 << byte for byte, way in ways.items() if way < n), n
            left: Any = (position,)
            for byte in position.nearest():
                nearest = min(one.shortest for one in left)
                left = [one for at in left if at.shortest == nearest for one in at.step(byte)]
                assert min(one.shortest for one in left) == nearest - 1
            assert position.nearest() != b""
    assert seen == {Opened, AfterPart} or name.startswith("empty")


def test_a_position_keeps_what_starts_in_it() -> None:
    """The first item or member has no comma; where none may come there is no start."""
    for name, starts in (("array", 1), ("empty array", 0), ("object", 1), ("empty object", 0), ("forks", 2)):
        state = json_schema(SCHEMAS[name], whitespace="spaced").start()
        byte = ord("[") if state.advance(ord("[")) is not None else ord("{")
        after = state.advance(byte)
        assert after is not None
        (position,) = after.positions  # type: ignore[attr-defined]
        assert isinstance(position, Opened)
        assert len(position.starts) == starts
        assert position.starts is position.starts
        assert (position.to_close is not None) is (name != "forks")


def test_gaps_before_a_comma_and_a_bracket_are_read_at_once() -> None:
    """Until one of them cannot be meant any more."""
    layout = Layout.of("pattern=\n")
    state: Any = json_schema(SCHEMAS["array"], whitespace="pattern=\n").start()
    for byte in b"[\nnull":
        state = state.advance(byte)
    (position,) = state.positions
    assert (position.to_close, position.to_comma) == (layout.inside(1).close, layout.inside(1).before_comma)
    assert position.step(ord("]")) == position.step(ord(",")) == position.step(ord("x")) == ()
    (after,) = position.step(ord("\n"))
    assert after.to_close is after.to_comma
    assert after.to_close.ends
    assert after.step(ord("\n")) == ()
    assert len(after.step(ord("]"))) == len(after.step(ord(","))) == 1
    state = json_schema(SCHEMAS["array"], whitespace="bounded").start()
    for byte in b"[null":
        state = state.advance(byte)
    (position,) = state.positions
    (after,) = position.step(ord(" "))
    assert after.to_comma is None, "no blank stands before a comma"
    assert after.step(ord(",")) == ()
