"""Items that must differ, and are counted besides."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bltgen.automata.language import INFINITE
from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.json_schema.effort import Effort
from bltgen.constraints.json_schema.unique_items import least_assignment

UNIQUE: list[dict[str, Any]] = [
    {"contains": {"type": "integer"}},
    {"contains": {"const": 1}, "items": {"enum": [1, 2]}},
    {"contains": {"enum": [1, 2]}, "minContains": 2, "type": "array"},
    {"contains": {"enum": [1, 2, 3]}, "minContains": 2, "maxContains": 2, "minItems": 4, "type": "array"},
    {"prefixItems": [{"enum": [1, 2]}, {"enum": [1, 2]}, {"const": 3}], "minItems": 3, "type": "array"},
    {"prefixItems": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}, {"enum": ["a", "c"]}], "minItems": 3},
    {"items": {"enum": [0, 1.5, "x", None, [], {}]}, "minItems": 6, "type": "array"},
]


@given(st.lists(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 9)), max_size=4))
def test_the_least_assignment_is_the_least(rows: list[dict[str, int]]) -> None:
    """Against all assignments."""
    keys = sorted({key for row in rows for key in row})
    totals = [
        sum(row[key] for row, key in zip(rows, chosen, strict=True))
        for chosen in itertools.permutations(keys, len(rows))
        if all(key in row for row, key in zip(rows, chosen, strict=True))
    ]
    assert least_assignment(rows, Effort()) == min(totals, default=INFINITE)


@pytest.mark.parametrize("schema", UNIQUE)
@pytest.mark.parametrize("numbers", ["any", "plain"])
def test_arrays_of_unique_items_are_judged_and_written(schema: dict[str, Any], numbers: Any) -> None:
    """Every array of up to three of a few values is judged as jsonschema does; samples within any budget."""
    schema = {**schema, "uniqueItems": True}
    constraint = json_schema(schema, numbers=numbers)
    validator = jsonschema.Draft202012Validator(schema)
    values = [1, 2, 3, "a", "b", "c", None, [], 1.5]
    for length in range(4):
        for array in itertools.product(values, repeat=length):
            text = json.dumps(array).encode()
            assert constraint.accepts(text) == validator.is_valid(list(array)), array
    start = constraint.start()
    assert len(start.completion()) == start.shortest
    for seed, more in enumerate((0, 1, 2, 5, 10, 30)):
        text = constraint.sample(random.Random(seed), start.shortest + more)
        assert len(text) <= start.shortest + more
        assert validator.is_valid(json.loads(text)) or "inf" in str(json.loads(text)), text


def test_two_of_few_values_must_be_equal() -> None:
    """Where all values were seen, the next item is one of them."""
    schema = {"type": "array", "items": {"enum": ["a", "b"]}, "not": {"uniqueItems": True}}
    constraint = json_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for seed in range(40):
        text = constraint.sample(random.Random(seed), 40)
        assert validator.is_valid(json.loads(text)), text
    assert [constraint.accepts(text) for text in (b'["a","b"]', b'["a","b","a"]', b'["b","b"]')] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("more", [{}, {"minItems": 3}, {"contains": {"const": "é"}}, {"maxItems": 3}])
def test_what_fits_into_a_budget_is_exact_in_strings_that_must_differ(more: dict[str, Any]) -> None:
    """Whatever is known at once agrees with the bytes whose shortest way is short enough."""
    constraint = json_schema({"type": "array", "items": {"type": "string"}, "uniqueItems": True, **more})
    state = constraint.start()
    for byte in '["é", "", "a\\u00e9", "'.encode():
        after = {b: one for b in range(256) if (one := state.advance(b)) is not None}
        farthest = max(one.shortest for one in after.values())
        for n in (state.shortest, state.shortest + 1, *range(farthest, farthest + 40, 3)):
            within = {b for b, one in after.items() if one.shortest < n}
            assert {*state.allowed_within(n)} == within, n
        if byte not in after:
            assert "maxItems" in more
            return
        state = after[byte]


@pytest.mark.parametrize("begun", [b"[0,0E", b"[0,0.0e", b"[0,-0E", b"[0,0.0e-"])
def test_nought_stays_nought_whatever_its_exponent(begun: bytes) -> None:
    """Where 0 was seen, an exponent of nought is a dead end, and nought may still become 0.1."""
    schema = {"type": "array", "uniqueItems": True, "items": {"type": "number"}}
    constraint = json_schema(schema, whitespace="compact")
    state: Any = constraint.start()
    for byte in begun:
        assert state.shortest == len(state.completion())
        state = state.advance(byte)
        if state is None:
            break
    assert state is None
    assert constraint.accepts(b"[0,0.1]")
    assert json_schema({"not": schema, "type": "array"}).accepts(begun + b"1]")
