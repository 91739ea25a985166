"""JSON Schemas made to exhaust an engine; `hostile.py` asks them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

__all__ = ["hostile_schemas", "is_valid", "size"]

Schema = Any

DRAFT4 = "http://json-schema.org/draft-04/schema#"


def _object(**keywords: Any) -> Schema:
    return {"type": "object", **keywords}


def _ifs(count: int) -> Schema:
    """Independent conditions: 2**count combinations."""
    return _object(
        allOf=[
            {
                "if": {"required": [f"a{i}"]},
                "then": {"required": [f"b{i}"]},
                "else": {"required": [f"c{i}"]},
            }
            for i in range(count)
        ]
    )


def _same_member(conditions: list[Schema]) -> Schema:
    """Conditions on one member, each of which asks for another."""
    return _object(
        required=["k"],
        allOf=[
            {"if": {"properties": {"k": condition}}, "then": {"required": [f"b{i}"]}}
            for i, condition in enumerate(conditions)
        ],
    )


def _one_of(count: int, branch: Callable[[int], Schema]) -> Schema:
    return {"oneOf": [branch(i) for i in range(count)]}


def _nested(levels: int, inner: Schema, around: Callable[[Schema, int], Schema]) -> Schema:
    for level in range(levels):
        inner = around(inner, level)
    return inner


def _patterns(count: int, **keywords: Any) -> Schema:
    """Members by overlapping patterns: a name may match any set of them."""
    return _object(patternProperties={f"a{i}b": {"minimum": i} for i in range(count)}, **keywords)


def _applying_itself() -> dict[str, Schema]:
    return {
        "requires itself": _object(properties={"a": {"$ref": "#"}}, required=["a"]),
        "allOf of itself": {"allOf": [{"$ref": "#"}]},
        "allOf of each other": {
            "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}},
            "$ref": "#/$defs/a",
        },
        "members that require themselves": _object(
            properties={"x": {"allOf": [{"$ref": "#"}, {"required": ["x"]}]}}
        ),
        "a conjunction that grows": {
            "$defs": {
                "n": _object(properties={"c": {"allOf": [{"$ref": "#/$defs/n"}, {"minProperties": 1}]}})
            },
            "$ref": "#/$defs/n",
        },
        "two equal items, recursively": {
            "$schema": DRAFT4,
            "items": {"$ref": "#"},
            "oneOf": [{}, {"minItems": 2, "maxLength": 3, "uniqueItems": True}],
        },
        "unique items, recursively": {
            "$schema": DRAFT4,
            "uniqueItems": True,
            "not": {"items": {"$ref": "#"}, "minProperties": 3, "patternProperties": {}},
            "allOf": [{}, {}],
        },
    }


def _towers() -> dict[str, Schema]:
    return {
        "oneOf of itself and its negation": _nested(
            25, {"type": "integer"}, lambda t, i: {"oneOf": [t, {"not": t}, {"const": i}]}
        ),
        "oneOf and not, twice the same": _nested(
            25,
            _object(required=["q"]),
            lambda t, i: {"oneOf": [t, {"not": {"allOf": [t, {"required": [f"a{i}"]}]}}]},
        ),
        "not of oneOf, 30 deep": _nested(
            30,
            _object(required=["z"]),
            lambda t, i: {
                "not": {"oneOf": [t, {"required": [f"a{i}"]}, {"properties": {f"b{i}": {"type": "integer"}}}]}
            },
        ),
        "anyOf of not, 60 deep": _nested(
            60,
            _object(required=["z"]),
            lambda t, i: {
                "anyOf": [{"not": t}, {"allOf": [{"required": [f"a{i}"]}, {"not": {"required": [f"b{i}"]}}]}]
            },
        ),
        "allOf, 400 deep": _nested(400, {"type": "integer"}, lambda t, i: {"allOf": [t]}),
        "arrays, 400 deep": _nested(400, {}, lambda t, i: {"type": "array", "items": t, "minItems": 1}),
    }


def _combinations() -> dict[str, Schema]:
    def minimum(i: int) -> Schema:
        return _object(properties={"v": {"type": "integer", "minimum": i}, "w": {"maxLength": i}})

    def optional(i: int) -> Schema:
        members = {"x": {f"x{i}": {"type": "integer"}}, "y": {f"x{i}": {"type": "string"}}}
        return _object(properties={name: _object(properties=inner) for name, inner in members.items()})

    def nested(i: int) -> Schema:
        inner = _object(
            properties={f"x{i}": {"type": "integer"}, "y": {"type": "string"}}, required=[f"x{i}"]
        )
        return _object(properties={"s": inner}, required=["s"])

    either = [{"anyOf": [{"required": [f"a{i}"]}, {"required": [f"bb{i}"]}]} for i in range(20)]
    return {
        "20 ifs": _ifs(20),
        "60 ifs": _ifs(60),
        "24 dependentSchemas": _object(
            dependentSchemas={
                f"a{i}": {"properties": {f"b{i}": {"type": "integer"}}, "required": [f"c{i}"]}
                for i in range(24)
            }
        ),
        "oneOf of 50 names": _one_of(50, lambda i: _object(required=[f"p{i}"])),
        "oneOf of 50 closed objects": _one_of(
            50, lambda i: _object(properties={f"p{i}": {}}, required=[f"p{i}"], additionalProperties=False)
        ),
        "oneOf of 50 with three types": _one_of(
            50,
            lambda i: _object(
                properties={"v": {"type": ["string", "integer", "array"][i % 3]}, f"q{i}": {"type": "null"}},
                required=["v"],
            ),
        ),
        "oneOf of 50 minima": _one_of(50, minimum),
        "oneOf of 50 nested objects": _one_of(50, nested),
        "oneOf of 50 open nested objects": _one_of(50, optional),
        "oneOf of 40 arrays": _one_of(40, lambda i: {"type": "array", "items": {"required": [f"x{i}"]}}),
        "oneOf of 50 multiples": _one_of(50, lambda i: {"type": "integer", "multipleOf": i + 2}),
        "oneOf of 30 patterns": _one_of(30, lambda i: {"type": "string", "pattern": f"a{i}"}),
        "conditions of 30 minima on one member": _same_member([{"minimum": 10 * i} for i in range(30)]),
        "conditions of 12 patterns on one member": _same_member([{"pattern": f"x{i}"} for i in range(12)]),
        "conditions of 16 letters on one member": _same_member([{"pattern": c} for c in "abcdefghijklmnop"]),
        "20 anyOf of names": _object(allOf=either),
        "20 anyOf of names, some number of them": _object(allOf=either, minProperties=3, maxProperties=40),
        "20 anyOf of numbers of members": _object(
            allOf=[
                {"anyOf": [{"minProperties": i + 1}, {"maxProperties": 40 - i}, {"required": [f"a{i}"]}]}
                for i in range(20)
            ]
        ),
        "20 ifs beside unevaluatedProperties": _object(
            allOf=[
                {"if": {"required": [f"a{i}"]}, "then": {"properties": {f"b{i}": {"type": "integer"}}}}
                for i in range(20)
            ],
            unevaluatedProperties=False,
        ),
        "20 ifs of contains": {
            "type": "array",
            "allOf": [
                {"if": {"contains": {"const": i}}, "then": {"contains": {"const": f"x{i}"}}}
                for i in range(20)
            ],
        },
        "20 contains, one item each": {
            "type": "array",
            "allOf": [{"contains": {"const": i}} for i in range(20)],
        },
        "40 contains, one item for all": {
            "type": "array",
            "allOf": [{"contains": _object(required=[f"k{i}"])} for i in range(40)],
        },
    }


def _names() -> dict[str, Schema]:
    return {
        "20 patterns": _patterns(20),
        "20 patterns, closed": _patterns(20, additionalProperties=False),
        "10 patterns, closed, 2 members": _patterns(10, additionalProperties=False, minProperties=2),
        "20 patterns, closed, 2 members": _patterns(20, additionalProperties=False, minProperties=2),
        "20 patterns, 2 or 3 members": _patterns(20, minProperties=2, maxProperties=3),
        "20 patterns of different types": _object(
            patternProperties={f"a{i}b": {"type": ["number", "string", "boolean"][i % 3]} for i in range(20)},
            minProperties=3,
        ),
        "names in ten patterns": _object(
            propertyNames={"allOf": [{"pattern": c} for c in "abcdefghij"]}, minProperties=3
        ),
    }


def _large() -> dict[str, Schema]:
    return {
        "enum of 40,000": {"enum": [f"value number {i} of many" for i in range(40_000)]},
        "10,000 properties": _object(
            properties={f"property_{i}": {"type": "string", "description": "x" * 40} for i in range(10_000)},
            additionalProperties=False,
        ),
        "500 required members": _object(required=[f"r{i}" for i in range(500)]),
        "oneOf of 8,000": _one_of(
            8000,
            lambda i: _object(
                properties={"kind": {"const": f"k{i}"}, "value": {"type": "string", "maxLength": i}},
                required=["kind"],
            ),
        ),
        "anyOf of 5,000 names": {
            "anyOf": [
                _object(
                    properties={f"k{i}": {"type": "integer"}}, required=[f"k{i}"], additionalProperties=False
                )
                for i in range(5000)
            ]
        },
    }


def _strings_and_items() -> dict[str, Schema]:
    return {
        "a pattern 500 deep": {"type": "string", "pattern": "(" * 500 + "a" + ")?" * 500},
        "a pattern of 20,000 words": {
            "type": "string",
            "pattern": "^(" + "|".join(f"word{i}x" for i in range(20_000)) + ")$",
        },
        "counters and a length": {
            "type": "string",
            "minLength": 700,
            "maxLength": 900,
            "pattern": "^(a{1,100}b){1,50}$",
            "not": {"pattern": "abab"},
        },
        "counters within counters": {
            "type": "string",
            "pattern": "^((a{1,50}){1,50}){1,50}$",
            "minLength": 5000,
        },
        "a letter 16 before the end": {
            "type": "string",
            "pattern": "^[ab]*a[ab]{16}$",
            "not": {"pattern": "^[ab]*b[ab]{12}$"},
        },
        "words up to 40,000 characters": {
            "type": "string",
            "maxLength": 40_000,
            "pattern": "^[a-z]+( [a-z]+)*$",
        },
        "40 unique items of 40": {
            "type": "array",
            "uniqueItems": True,
            "minItems": 40,
            "items": {"enum": [f"v{i}" for i in range(40)]},
        },
        "60 unique items of 30": {
            "type": "array",
            "uniqueItems": True,
            "minItems": 60,
            "items": _object(
                properties={"a": {"enum": list(range(10))}, "b": {"type": "boolean"}},
                required=["a"],
                additionalProperties=False,
            ),
        },
    }


def _numbers_and_sizes() -> dict[str, Schema]:
    return {
        "a multiple of 51 digits": {"multipleOf": 10**50 + 151},
        "an integer, a multiple of 30 digits, in a range": {
            "type": "integer",
            "multipleOf": 10**29 + 319,
            "minimum": 10**40,
            "maximum": 10**41,
        },
        "multiples of three primes": _object(
            properties={"a": {"allOf": [{"multipleOf": m} for m in (99_991, 99_989, 99_971)]}}, required=["a"]
        ),
        "a multiple of 1e-40": {"type": "number", "multipleOf": 1e-40, "minimum": 0.1, "maximum": 0.2},
        "20,000 required members": _object(required=[f"m{i}" for i in range(20_000)]),
        "1,000 unique items": {"type": "array", "uniqueItems": True, "minItems": 1_000},
        "1,000 unique items of numbers": {
            "type": "array",
            "uniqueItems": True,
            "minItems": 1_000,
            "items": {"type": "integer"},
        },
        "a billion characters": {"type": "string", "minLength": 10**9},
        "a billion items": {"type": "array", "minItems": 10**9},
        "a pattern of 12 lookaheads": {
            "type": "string",
            "pattern": "^" + "".join(f"(?=.*{c}.*{c.upper()})" for c in "abcdefghijkl"),
        },
        "a pattern of 80 loops of boundaries": {"type": "string", "pattern": r"^(?:\b\w*\B.?)*" * 80 + "$"},
        "20 patterns on one string": {
            "type": "string",
            "allOf": [{"pattern": f"{c}.{{6}}{c}"} for c in "abcdefghijklmnopqrst"],
        },
        "JSON in strings, three deep": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": _ifs(12),
                },
            },
        },
    }


def hostile_schemas() -> dict[str, Schema]:
    """The schemas by name."""
    return {
        **_applying_itself(),
        **_towers(),
        **_combinations(),
        **_names(),
        **_large(),
        **_strings_and_items(),
        **_numbers_and_sizes(),
    }


def is_valid(schema: Schema, text: bytes) -> bool:
    """The verdict of `jsonschema`; True where it has none in its own recursion or would take too long."""
    import jsonschema

    if len(text) > 50_000 or size(schema) > 10_000_000:
        return True
    validator = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        return bool(validator(schema).is_valid(json.loads(text)))
    except RecursionError:
        return True


def size(schema: Schema) -> int:
    """The subschemas that a validator visits which does not see that some are the same."""
    known: dict[int, int] = {}

    def visit(part: Any) -> int:
        if not isinstance(part, (dict, list)):
            return 1
        if id(part) not in known:
            parts = part.values() if isinstance(part, dict) else part
            known[id(part)] = 1 + sum([visit(inner) for inner in parts])
        return known[id(part)]

    return visit(schema)
