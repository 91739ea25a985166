"""Where a reader of a JSON text may stand: all kinds of values, with all whitespace that a layout admits."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.json_schema.positions import Root, literal_text, value_start

from .finite import check, check_schema, compiled, objects, spaced

VALUES: list[Any] = [None, True, False, "", "ab", 0, -1, 10, [], [None], {}, {"a": True}]


def test_all_kinds_of_values() -> None:
    check_schema({"enum": VALUES}, VALUES)
    check_schema({"enum": [VALUES[:2], "x"]}, [VALUES[:2], "x"])


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_one_value(value: Any) -> None:
    check_schema({"const": value}, [value])


def test_values_within_containers() -> None:
    inside = [None, False, 1, 10, "a"]
    schema = {"type": "array", "items": {"enum": inside}, "minItems": 1, "maxItems": 1}
    check_schema(schema, [[value] for value in inside])
    schema = {"type": "object", "properties": {"a": {"enum": inside}}, "additionalProperties": False}
    check_schema(schema, objects({"a": inside}))


GAPS = {
    r"pattern= ?": ["", " "],
    r"pattern= {1,2}": [" ", "  "],
    r"pattern=\n| {2}": ["\n", "  "],
    "pattern=\t": ["\t"],
}
SPACED: list[tuple[dict[str, Any], list[Any]]] = [
    ({"type": "array", "items": {"const": 0}, "maxItems": 2}, [[], [0], [0, 0]]),
    ({"type": "array", "items": {"const": 0}, "minItems": 2, "maxItems": 2}, [[0, 0]]),
    ({"const": [[None], []]}, [[[None], []]]),
    (
        {"type": "object", "properties": {"a": {"enum": [0, "x"]}}, "additionalProperties": False},
        objects({"a": [0, "x"]}),
    ),
    (
        {
            "type": "object",
            "properties": {"a": {"const": 0}, "b": {"const": []}},
            "additionalProperties": False,
            "required": ["b"],
        },
        [value for value in objects({"a": [0], "b": [[]]}, 1) if "b" in value],
    ),
    (
        {"type": "array", "items": {"enum": [0, 12, "a"]}, "uniqueItems": True, "minItems": 1, "maxItems": 1},
        [[0], [12], ["a"]],
    ),
    ({"type": "array", "items": {"enum": [0, 1]}, "uniqueItems": True, "minItems": 2}, [[0, 1], [1, 0]]),
]


@pytest.mark.parametrize("whitespace", GAPS)
@pytest.mark.parametrize("number", range(len(SPACED)))
def test_whitespace_between_any_tokens(number: int, whitespace: str) -> None:
    schema, values = SPACED[number]
    if number == 4:
        schema = {**schema, "maxProperties": 1}
    texts = {text for value in values for text in spaced(value, GAPS[whitespace])}
    check(compiled(schema, whitespace=whitespace).start(), texts)


def test_whitespace_around_the_whole() -> None:
    state = json_schema({"const": 1}, whitespace="any", numbers="plain").start()
    assert set(state.allowed) == set(b" \t\r\n1")
    assert set(state.allowed_within(0)) == set()
    assert set(state.allowed_within(1)) == set(b"1")
    assert set(state.allowed_within(2)) == set(b" \t\r\n1")
    for byte in b" \n1":
        state = state.advance(byte)
    assert state.accepting
    assert state.shortest == 0
    assert state.completion() == b""
    assert set(state.allowed) == set(b" \t\r\n")
    assert set(state.allowed_within(0)) == set()
    assert set(state.allowed_within(1)) == set(b" \t\r\n")
    assert state.advance(ord(" ")) is state.advance(ord("\n"))
    assert state.advance(ord("2")) is None
    state = json_schema(True, whitespace="any").start()
    for text in (b" null ", b"\t[ ]\n", b' { "a" : [ 1 , 2 ] } '):
        after = state
        for byte in text:
            after = after.advance(byte)
        assert after.accepting, text


def test_a_root_admits_what_its_layout_says_or_what_it_is_told() -> None:
    made = compiled(True)
    compiler = made._compiler
    root = Root(compiler)
    assert (root.depth, root.cost, root.whitespace, root.after().bits) == (0, 0, 0, 0)
    assert root.after() is root.after()
    other = Root(compiler, depth=3, whitespace=1 << 32)
    assert (other.depth, other.cost, other.after().bits) == (3, 0, 1 << 32)
    assert other.after().step(32) == (other.after(),)
    assert other.after().step(33) == ()
    assert (other.after().within(0), other.after().within(1)) == (0, 1 << 32)
    with pytest.raises(AssertionError):
        other.after().nearest()


def test_equal_positions_are_one() -> None:
    made = compiled({"type": ["null", "string"], "maxLength": 1})
    start = made.start()
    goal, compiler = made._goal, made._compiler
    root = start.position.frame
    nothing = compiler.layout.nothing
    assert value_start(goal, root, nothing) is value_start(goal, root, nothing) is start.position
    assert literal_text(b"null", 1, root) is literal_text(b"null", 1, root)
    assert literal_text(b"null", 1, root) is not literal_text(b"null", 2, root)
    assert start.advance(ord("n")).position is literal_text(b"null", 1, root)
    one = start.advance(ord('"'))
    assert one.advance(ord("a")).advance(ord('"')).position is root.after()
    assert one.advance(ord("a")) is one.advance(ord("b"))
