"""Which schemas apply themselves to the value that they are asked of."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.json_schema.self_reference import _cycle, self_applying
from bltgen.errors import BltgenError

FINE: list[Any] = [
    {"properties": {"a": {"$ref": "#"}}},
    {"items": {"$ref": "#"}},
    {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"type": "string"}}},
    {"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}], "$defs": {"a": {"type": "string"}}},
    {"type": "string", "anyOf": [{"type": "object", "allOf": [{"$ref": "#"}]}, {"minLength": 1}]},
    {
        "$ref": "#/$defs/a",
        "$defs": {
            "a": {"type": ["string", "null"], "anyOf": [{"$ref": "#/$defs/b"}, True]},
            "b": {"type": ["object", "number"], "anyOf": [{"$ref": "#/$defs/a"}, True]},
        },
    },
]

AT: list[tuple[Any, str]] = [
    ({"$ref": "#"}, ""),
    ({"anyOf": [{"$ref": "#"}, {"type": "null"}]}, ""),
    ({"not": {"$ref": "#"}}, ""),
    ({"type": "string", "anyOf": [{"type": "string", "allOf": [{"$ref": "#"}]}, {"minLength": 1}]}, ""),
    ({"properties": {"a": {"$ref": "#/properties/a"}}}, "/properties/a"),
    (
        {
            "$ref": "#/$defs/abc",
            "$defs": {"abc": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"$ref": "#/$defs/abc"}},
        },
        "/$defs/b",
    ),
    (
        {
            "$ref": "#/$defs/a",
            "$defs": {
                "a": {"type": ["string", "null"], "anyOf": [{"$ref": "#/$defs/bcd"}, True]},
                "bcd": {"type": ["object", "null"], "anyOf": [{"$ref": "#/$defs/a"}, True]},
            },
        },
        "/$defs/a",
    ),
]


@pytest.mark.parametrize("schema", FINE, ids=str)
def test_what_is_defined(schema: Any) -> None:
    json_schema(schema)


@pytest.mark.parametrize(("schema", "at"), AT, ids=str)
def test_what_applies_itself_says_the_shortest_place(schema: Any, at: str) -> None:
    with pytest.raises(BltgenError) as caught:
        json_schema(schema)
    assert caught.value.where == "#" + at or caught.value.where == at, caught.value  # type: ignore[attr-defined]


class _Keywords:
    """Only what is asked of places here: names."""

    def __init__(self, applied: dict[Any, list[Any]], kinds: dict[Any, int], refers: bool = True) -> None:
        self.asked: list[Any] = []
        self._applied, self._kinds, self._refers = applied, kinds, refers

    def references(self, place: Any) -> bool:
        return self._refers

    def applied(self, place: Any) -> list[Any]:
        self.asked.append(place)
        return self._applied.get(place, [])

    def types(self, place: Any) -> int:
        return self._kinds.get(place, 0b1111111)


class _Place(str):
    pointer = property(str.__str__)


A, B, LONG = _Place("a"), _Place("b"), _Place("long")


def test_without_a_reference_nothing_is_looked_at() -> None:
    keywords = _Keywords({A: [A]}, {}, refers=False)
    assert self_applying([A, B], keywords) is None  # type: ignore[arg-type]
    assert keywords.asked == []


def test_a_cycle_counts_where_one_type_goes_round() -> None:
    around = {LONG: [B, A], A: [LONG]}
    assert self_applying([LONG, A, B], _Keywords(around, {})) is A  # type: ignore[arg-type]
    assert self_applying([LONG, A, B], _Keywords(around, {A: 1, LONG: 2})) is None  # type: ignore[arg-type]
    assert self_applying([LONG, A, B], _Keywords(around, {A: 3, LONG: 2})) is A  # type: ignore[arg-type]
    assert self_applying([A, B, LONG], _Keywords({A: [B], B: [LONG]}, {})) is None  # type: ignore[arg-type]


def test_a_cycle_of_a_graph() -> None:
    assert _cycle({A: [B], B: []}) is None
    found = _cycle({A: [B], B: [A]})
    assert found is not None
    assert set(found) == {A, B}
