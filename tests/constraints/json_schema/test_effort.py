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
    constraint = bltgen.json_schema({"type": "object", "minProperties": 30})
    with use_limits(Limits(schema_steps=3)), pytest.raises(LimitExceeded, match="steps to answer"):
        constraint.sample(random.Random(0), 4000)
    assert len(json.loads(constraint.start().completion())) == 30


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


def test_a_limit_is_an_error_before_the_first_byte() -> None:
    """Alternatives too many to tell apart are refused when the constraint is built, however deep."""
    branches = [
        {"if": {"required": [f"a{i}"]}, "then": {"required": [f"b{i}"]}, "else": {"required": [f"c{i}"]}}
        for i in range(30)
    ]
    deep = {"type": "object", "allOf": branches}
    schema = {"type": "object", "properties": {"optional": deep}}
    with pytest.raises(LimitExceeded, match="alternatives"):
        bltgen.json_schema(schema)
