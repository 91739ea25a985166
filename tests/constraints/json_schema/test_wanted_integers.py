"""Where a schema wants an integer, by what was read of the text: each number, and each byte read once."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.automata.contract import State
from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.json_schema.wanted_integers import IntegerWatch, _is_rounded, wanted_integers


def wanted(schema: Any, text: str) -> list[bool]:
    return wanted_integers(text.encode(), json_schema(schema, numbers="any").start)


INTEGER = {"type": "integer"}


@pytest.mark.parametrize(
    ("schema", "text", "expected"),
    [
        (INTEGER, "1e2", [True]),
        (INTEGER, "1.0", [True]),
        (INTEGER, "-20E-1", [True]),
        ({"type": "number"}, "1.0", [False]),
        ({"type": "number"}, "1.5", [False]),
        (True, "[1.0, 2, 3e1, 0.5]", [False, False, False]),
        ({"items": INTEGER}, "[1.0, 2, 3e1, -0.0]", [True, True, True]),
        ({"items": INTEGER}, '["1.0", "\\"2e1", 7.0]', [True]),
        ({"anyOf": [INTEGER, {"type": "number", "minimum": 9}]}, "4.0", [True]),
        ({"anyOf": [INTEGER, {"type": "number", "minimum": 9}]}, "1e2", [False]),
        ({"anyOf": [INTEGER, {"type": "number"}]}, "4.0", [False]),
        ({"properties": {"a": INTEGER, "b": {"type": "number"}}}, '{"a": 1.0, "b": 1.0}', [True, False]),
        ({"enum": [100, 0.5]}, "1e2", [True]),
        ({"enum": [100, 0.5]}, "5e-1", [False]),
        ({"type": "array", "items": INTEGER, "uniqueItems": True}, "[1.0, 2e1]", [True, True]),
        ({"type": "array", "items": {"type": "number"}, "uniqueItems": True}, "[1.0, 2e1]", [False, False]),
        # What is listed beyond a double's digits is what a reader makes of it.
        ({"const": 1e300}, "1e300", [False]),
        ({"const": 2**53}, "9007199254740992.0", [True]),
        ({"const": 1e22}, "1e22", [True]),
        ({"const": 1e23}, "1e23", [False]),
        (INTEGER, "1e300", [True]),
        # A text that leaves the language.
        (INTEGER, '"a" 1.0', [False]),
        ({"items": INTEGER}, "[1, x, 1.0, 2.0]", [False, False]),
        (INTEGER, "12", []),
        (True, '"1.0"', []),
    ],
)
def test_where_an_integer_is_wanted(schema: Any, text: str, expected: list[bool]) -> None:
    schema = {"type": "array", **schema} if isinstance(schema, dict) and "items" in schema else schema
    if text.startswith('["1.0"'):
        schema = {"items": {"anyOf": [INTEGER, {"type": "string"}]}}
    assert wanted(schema, text) == expected


def test_rounded_numbers() -> None:
    for number, rounded in (
        ("1e300", True),
        ("1e23", True),
        ("1e22", False),
        ("5.0", False),
        ("9007199254740992", False),
        ("9007199254740993", False),
        ("1e400", False),
        ("0.1", True),
    ):
        assert _is_rounded(number) is rounded, number


class Counting:
    """A start that counts how often it is asked, and what is read."""

    def __init__(self, state: State) -> None:
        self.state, self.asked = state, 0

    def __call__(self) -> State:
        self.asked += 1
        return self.state


def test_the_start_is_asked_once_and_only_if_need_be() -> None:
    start = Counting(json_schema({"items": INTEGER}, numbers="any").start())
    assert wanted_integers(b"[1, 2.5, 0.1e0]", start) == [False, False]
    assert start.asked == 0
    assert wanted_integers(b"[1.0, 2.0, 3.0]", start) == [True, True, True]
    assert start.asked == 1


def test_a_watch_reads_what_it_was_fed() -> None:
    start = Counting(json_schema({"items": INTEGER}, numbers="any").start())
    watch = IntegerWatch(start)
    for byte in b"[1.0":
        watch.feed(byte)
    assert start.asked == 0
    assert watch.wants_integer("1.0") is True
    for byte in b", 2e1":
        watch.feed(byte)
    assert watch.wants_integer("2e1") is True
    assert watch.wants_integer("2e1") is True
    assert start.asked == 1
    # Where the text is in no number, none is wanted.
    for byte in b" ":
        watch.feed(byte)
    assert watch.wants_integer("2e1") is False
    for byte in b"x, 3.0":
        watch.feed(byte)
    assert watch.wants_integer("3.0") is False
    assert watch.wants_integer("3.0") is False
    assert start.asked == 1


def test_states_of_other_kinds_want_nothing() -> None:
    from bltgen import regex

    assert wanted_integers(b"1.0", regex("[0-9.]*").start) == [False]
