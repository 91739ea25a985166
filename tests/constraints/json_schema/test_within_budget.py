"""`allowed_within` is what stepping byte by byte finds, in names as elsewhere."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen import json_schema
from bltgen.errors import BltgenError
from bltgen.testing.schema_strategies import json_schemas

OBJECTS: list[Any] = [
    {"properties": {"name": {"type": "string"}, "nodes": {"minItems": 3}}, "required": ["nodes"]},
    {"properties": {"a": {}, "b": {"const": "long enough"}}, "additionalProperties": {"type": "object"}},
    {"properties": {"a": False, "é": {}}, "patternProperties": {"^x": {"minLength": 9}}, "minProperties": 2},
    {"propertyNames": {"maxLength": 2}, "minProperties": 3, "additionalProperties": {"enum": [10, 2000]}},
    {"additionalProperties": {"additionalProperties": {"type": "null"}, "minProperties": 1}},
    {"dependentRequired": {"a": ["bb"], "bb": ["ccc"]}, "maxProperties": 3},
]


def _check_walk(constraint: Any, rng: random.Random, steps: int) -> None:
    state = constraint.start()
    for _ in range(steps):
        following = {byte: state.advance(byte) for byte in state.allowed}
        least = state.shortest
        for n in (least - 1, least, least + 1, least + rng.randrange(2, 12), least + rng.randrange(12, 90)):
            expected = {byte for byte, after in following.items() if after.shortest < n}
            assert set(state.allowed_within(n)) == expected, (state, n)
        if not following:
            return
        # Backslashes and quotes are rare otherwise.
        picks = [byte for byte in following if byte in b'\\"u'] or list(following)
        byte = rng.choice(picks if rng.random() < 0.3 else list(following))
        state = following[byte]


@pytest.mark.parametrize("schema", OBJECTS)
@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_objects(schema: Any, seed: int) -> None:
    _check_walk(json_schema({"type": "object", **schema}), random.Random(seed), 30)


@settings(deadline=None, max_examples=60)
@given(json_schemas(), st.integers(0, 10**6))
def test_any_schema(schema: Any, seed: int) -> None:
    try:
        constraint = json_schema(schema)
    except BltgenError:
        return
    _check_walk(constraint, random.Random(seed), 15)
