"""Arrays against all arrays of a few items: every state on the way to each."""

from __future__ import annotations

from typing import Any

import pytest

from .finite import arrays, check_schema

ITEMS = [0, 12, "a"]
SMALL: dict[str, Any] = {"type": "array", "items": {"enum": ITEMS}, "maxItems": 3}
ANY, DIGIT, TEXT, ZERO = {"enum": ITEMS}, {"enum": [0, 12]}, {"const": "a"}, {"const": 0}

SCHEMAS: dict[str, dict[str, Any]] = {
    "empty": {"maxItems": 0},
    "few": {},
    "one or two": {"minItems": 1, "maxItems": 2},
    "just two": {"minItems": 2, "maxItems": 2},
    "prefix": {"prefixItems": [DIGIT, TEXT]},
    "prefix and least": {"prefixItems": [DIGIT, TEXT], "minItems": 3},
    "closed": {"prefixItems": [DIGIT, {"enum": ["a", 12]}], "items": False},
    "closed and least": {"prefixItems": [DIGIT, TEXT], "items": False, "minItems": 2},
    "dead third": {"prefixItems": [ANY, ANY, False]},
    "contains": {"contains": TEXT},
    "contains none": {"contains": TEXT, "maxContains": 0, "minContains": 0},
    "contains at most one": {"contains": TEXT, "maxContains": 1, "minContains": 0},
    "contains just one": {"contains": DIGIT, "maxContains": 1},
    "contains two": {"contains": DIGIT, "minContains": 2},
    "contains one or two": {"contains": DIGIT, "minContains": 1, "maxContains": 2},
    "two contains": {"allOf": [{"contains": TEXT}, {"contains": {"const": 12}}]},
    "two contains, one bounded": {"allOf": [{"contains": TEXT, "maxContains": 1}, {"contains": DIGIT}]},
    "contains both ways": {
        "allOf": [{"contains": ZERO, "maxContains": 1}, {"contains": DIGIT, "minContains": 2}]
    },
    "contains after a prefix": {"prefixItems": [TEXT], "contains": TEXT, "minContains": 2},
    "contains and least": {"contains": ZERO, "minItems": 3},
    "contains and just": {"contains": TEXT, "minItems": 2, "maxItems": 2},
    "contains too many": {"anyOf": [{"contains": TEXT, "minContains": 4}, {"maxItems": 1}]},
    "alternatives": {
        "anyOf": [{"prefixItems": [TEXT], "minItems": 1}, {"prefixItems": [ZERO, ZERO], "minItems": 2}]
    },
    "alternatives of all items": {"anyOf": [{"items": TEXT}, {"items": DIGIT, "minItems": 2}]},
    "alternatives that exclude": {"oneOf": [{"items": TEXT}, {"contains": TEXT}]},
    "not all": {"not": {"items": DIGIT}},
    "not contains": {"not": {"contains": ZERO}},
    "not just one": {"not": {"contains": ZERO, "maxContains": 1}},
    "if": {"if": {"prefixItems": [ZERO], "minItems": 1}, "then": {"minItems": 3}, "else": {"maxItems": 1}},
    "unique": {"uniqueItems": True},
    "unique and least": {"uniqueItems": True, "minItems": 3},
    "unique with a prefix": {"uniqueItems": True, "prefixItems": [ANY, ZERO], "minItems": 2},
    "unique and contains": {"uniqueItems": True, "contains": TEXT},
    "unique and contains two": {"uniqueItems": True, "contains": DIGIT, "minContains": 2},
    "repeated": {"not": {"uniqueItems": True}},
    "repeated with a prefix": {"not": {"uniqueItems": True}, "prefixItems": [ZERO, TEXT]},
    "repeated and contains": {"not": {"uniqueItems": True}, "contains": TEXT},
    "repeated, just two": {"not": {"uniqueItems": True}, "maxItems": 2},
    "unique or short": {"anyOf": [{"uniqueItems": True, "minItems": 2}, {"maxItems": 1}]},
    "unevaluated": {
        "anyOf": [{"prefixItems": [ZERO]}, {"prefixItems": [TEXT, TEXT]}],
        "unevaluatedItems": False,
    },
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_arrays(name: str) -> None:
    schema = {**SMALL, **SCHEMAS[name]}
    if name == "unevaluated":
        del schema["items"]
    check_schema(schema, arrays(ITEMS, 3))
