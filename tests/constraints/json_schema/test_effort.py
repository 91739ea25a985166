"""Hostile schemas cost a bounded number of steps; found defects stay fixed."""

from __future__ import annotations

import json
import random

import jsonschema
import pytest

import bltgen
from bltgen.automata.limits import Limits, use_limits
from bltgen.errors import LimitExceeded

MANY_MEMBERS = {
    "type": "object",
    "patternProperties": {
        "é": {
            "type": "object",
            "minimum": -2,
            "additionalProperties": {"type": "null"},
            "dependentSchemas": {
                "a": {"enum": [0.5]},
                "ab": {"enum": [2.5, None]},
                "é": {"type": "integer"},
            },
        },
        "^a": {"required": ["b", "ab"], "type": "object"},
    },
    "not": {
        "patternProperties": {"é": {"enum": [True, False]}},
        "not": {"enum": [None]},
        "additionalProperties": False,
        "type": "object",
    },
}


def test_one_question_costs_a_bounded_number_of_steps() -> None:
    """A search beyond `Limits.steps` raises; the constraint stays usable with more of them."""
    schema = {"properties": {"many": {"type": "object", "minProperties": 30}}}
    constraint = bltgen.json_schema(schema, whitespace="compact")
    with use_limits(Limits(steps=3, byte_steps=0)), pytest.raises(LimitExceeded, match="steps to answer"):
        constraint.accepts(b'{"many":{"a":1}}')
    assert not constraint.accepts(b'{"many":{"a":1}}')
    assert constraint.accepts(
        json.dumps({"many": {str(i): i for i in range(30)}}, separators=(",", ":")).encode()
    )


def test_searches_in_patterns_are_counted() -> None:
    """States that the regular layer visits for a question to a schema count as its steps."""
    schema = {"type": "string", "minLength": 300, "pattern": "^(a{1,40}b){1,50}$", "not": {"pattern": "abab"}}
    with use_limits(Limits(steps=100)), pytest.raises(LimitExceeded, match="steps to answer"):
        bltgen.json_schema(schema)


def test_conditions_that_meet_in_one_member_are_decided_before_it_is_read() -> None:
    """Where too many sets of values are left it is said at compile time; a chain of bounds is answered."""

    def schema(conditions: list[dict[str, object]]) -> dict[str, object]:
        rules = [
            {"if": {"properties": {"k": condition}}, "then": {"required": [f"b{i}"]}}
            for i, condition in enumerate(conditions)
        ]
        return {"type": "object", "required": ["k"], "allOf": rules}

    with use_limits(Limits(steps=5_000)), pytest.raises(LimitExceeded):
        bltgen.json_schema(schema([{"pattern": letter} for letter in "abcdefghijkl"]))
    bounds = bltgen.json_schema(schema([{"minimum": 10 * i} for i in range(30)]), whitespace="compact")
    assert bounds.accepts(b'{"k":-1}')
    assert bounds.accepts(b'{"k":15,"b0":1,"b1":1}')
    assert not bounds.accepts(b'{"k":15,"b0":1,"b2":1}')


@pytest.mark.parametrize("more", [0, 1])
def test_each_of_many_contains_gets_an_item(more: int) -> None:
    """The shortest array with an item for each of twenty values is found without trying all their sets."""
    values = [10 * i for i in range(20)]
    rules = [{"contains": {"const": value}} for value in values]
    schema = {"type": "array", "minItems": 20 + more, "allOf": rules}
    constraint = bltgen.json_schema(schema, whitespace="compact", numbers="plain")
    text = constraint.start().completion()
    assert set(values) <= set(json.loads(text))
    assert (
        len(text) == constraint.start().shortest == len(json.dumps(values, separators=(",", ":"))) + 2 * more
    )
    assert jsonschema.Draft202012Validator(schema).is_valid(json.loads(text))


def test_many_ways_to_name_members_end() -> None:
    """A schema whose shortest texts were searched for without bound answers or refuses."""
    try:
        text = bltgen.json_schema(MANY_MEMBERS).sample(random.Random(0), 60)
    except LimitExceeded:
        return
    assert jsonschema.Draft202012Validator(MANY_MEMBERS).is_valid(json.loads(text))


def test_a_repeated_item_is_read_by_one_position() -> None:
    """Where items must not all differ, an item seen before is not also remembered as a new one."""
    schema = {
        "oneOf": [{"prefixItems": [True], "maxContains": 0, "minimum": 0, "uniqueItems": True}, True],
        "unevaluatedProperties": False,
    }
    constraint = bltgen.json_schema(schema, numbers="plain")
    validator = jsonschema.Draft202012Validator(schema)
    for seed in range(8):
        text = constraint.sample(random.Random(seed), 40)
        assert validator.is_valid(json.loads(text)), text
