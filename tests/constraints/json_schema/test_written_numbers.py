"""Integers up to draft 4, which have no fraction or exponent, whatever their value."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import jsonschema
import pytest

from bltgen.constraints.json_schema import json_schema

SCHEMAS: list[dict[str, Any]] = [
    {"type": "integer"},
    {"not": {"type": "integer"}, "type": "number"},
    {"type": ["integer", "string"], "minimum": 3},
    {"type": "integer", "enum": [400, 1.5]},
    {"type": "number", "maximum": 60},
    {"anyOf": [{"type": "integer"}, {"type": "number", "multipleOf": 0.5}]},
    {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 2}]},
    {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 5}, "uniqueItems": True},
]
TEXTS = [
    "1",
    "-0",
    "0.0",
    "1.0",
    "1e2",
    "40.0e1",
    "400",
    "1.5",
    "5",
    "5.0",
    "2",
    "-1E+2",
    '"a"',
    "[1,2]",
    "[1.0]",
]


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("draft", ["draft-04", "draft-06"])
def test_integers_are_judged_as_each_draft_says(schema: dict[str, Any], draft: str) -> None:
    """The judge is `jsonschema`, which tells 1.0 from 1 in draft 4."""
    schema = {"$schema": f"http://json-schema.org/{draft}/schema#", **schema}
    constraint = json_schema(schema, numbers="any")
    validator = jsonschema.validators.validator_for(schema)(schema)
    for text in TEXTS:
        assert constraint.accepts(text.encode()) == validator.is_valid(json.loads(text)), text
    start = constraint.start()
    for seed in range(20):
        text = constraint.sample(random.Random(seed), start.shortest + seed)
        # A float holds no such exponent.
        if not re.search(rb"[eE][-+]?[0-9]{3}", text):
            assert validator.is_valid(json.loads(text)), text
