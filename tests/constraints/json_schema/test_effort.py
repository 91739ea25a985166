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
    """A search beyond `Limits.schema_steps` raises; the constraint stays usable with more of them."""
    schema = {"properties": {"many": {"type": "object", "minProperties": 30}}}
    constraint = bltgen.json_schema(schema, whitespace="compact")
    with use_limits(Limits(schema_steps=3)), pytest.raises(LimitExceeded, match="steps to answer"):
        constraint.accepts(b'{"many":{"a":1}}')
    assert not constraint.accepts(b'{"many":{"a":1}}')
    assert constraint.accepts(
        json.dumps({"many": {str(i): i for i in range(30)}}, separators=(",", ":")).encode()
    )


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
    for seed in range(30):
        text = constraint.sample(random.Random(seed), 40)
        assert validator.is_valid(json.loads(text)), text
