"""Schemas made to exhaust an engine: does each answer or refuse in time, and what does it take?

    python benchmarks/hostile_schemas.py [--quick] [--only PART OF A NAME] [--steps N] [--json]

Each schema is compiled, its first mask and its shortest text are asked for, and texts are drawn at random
within a budget near the shortest, all in a process of its own whose memory is limited. An answer is judged by
`jsonschema`; a refusal must be one of the documented errors. The aim: every question is answered or refused
in 5 seconds and 1 GB. The table says what came of it, seconds of this process (`first`: compile and first
mask; `shortest`: its text; `worst`: the slowest question of the walks) and MB at most beside the import.

`--quick` skips the walks. `--together` runs all in this process, as the test of this list does.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Schema = Any

DRAFT4 = "http://json-schema.org/draft-04/schema#"
MEMORY = 3 << 30
WALKS, BUDGET, WALK_SECONDS = 2, 40, 20.0


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


def hostile_schemas() -> dict[str, Schema]:
    """The schemas by name."""
    return {
        **_applying_itself(),
        **_towers(),
        **_combinations(),
        **_names(),
        **_large(),
        **_strings_and_items(),
    }


def examine(schema: Schema, walks: int = WALKS) -> dict[str, Any]:
    """What comes of a schema: seconds by stage and whether its texts are valid, or `refused` and where."""
    from bltgen.constraints.json_schema import json_schema
    from bltgen.errors import EmptyLanguage, LimitExceeded, Unsupported

    found: dict[str, Any] = {}
    stage = "compile"
    began = time.process_time()
    try:
        state = json_schema(schema, numbers="plain").start()
        state.allowed.mask()
        found["first"], stage = time.process_time() - began, "shortest"
        began = time.process_time()
        text = state.completion()
        found["shortest"], stage = time.process_time() - began, "walk"
        found["length"] = len(text)
        found["valid"] = len(text) == state.shortest and is_valid(schema, text)
        rng = random.Random(0)
        for _ in range(walks):
            found["valid"] = found["valid"] and walk(schema, state, rng, found)
    except (EmptyLanguage, LimitExceeded, Unsupported) as error:
        found["refused"], found["stage"] = f"{type(error).__name__}: {error}", stage
        found["worst"] = max(found.get("worst", 0.0), time.process_time() - began)
    return found


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


def walk(schema: Schema, state: Any, rng: random.Random, found: dict[str, Any]) -> bool:
    """Draw a text within a budget near the shortest, and note the slowest question."""
    left, text = state.shortest + BUDGET, bytearray()
    until = time.process_time() + WALK_SECONDS
    while time.process_time() < until:
        began = time.process_time()
        allowed = list(state.allowed_within(left))
        if state.accepting and (not allowed or rng.random() < 0.1):
            return is_valid(schema, bytes(text))
        byte = rng.choice(allowed)
        state = state.advance(byte)
        found["worst"] = max(found.get("worst", 0.0), time.process_time() - began)
        text.append(byte)
        left -= 1
    return is_valid(schema, bytes(text) + state.completion())


def _alone(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Examine one schema in a process of its own."""
    command = [
        sys.executable,
        __file__,
        "--together",
        "--json",
        "--exactly",
        name,
        "--steps",
        str(options.steps),
    ]
    if options.quick:
        command.append("--quick")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        return {"failed": "300 s"}
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        return {"failed": done.stderr.strip().splitlines()[-1:] or [f"exit {done.returncode}"]}
    result: dict[str, Any] = json.loads(lines[-1])["found"]
    return result


def _line(name: str, found: dict[str, Any]) -> str:
    if "failed" in found:
        return f"{name:42} FAILED: {found['failed']}"
    spent = "".join(
        f"{found[key]:8.2f}" if key in found else " " * 8 for key in ("first", "shortest", "worst")
    )
    outcome = (
        f"at {found['stage']}: {found['refused'][:90]}" if "refused" in found else f"{found['length']} bytes"
    )
    verdict = "" if found.get("valid", True) else "  INVALID"
    return f"{name:42}{spent} {found['megabytes']:6.0f}  {outcome}{verdict}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="no walks")
    parser.add_argument("--only", default="", help="a part of the names to run")
    parser.add_argument("--exactly", default="", help="the one name to run")
    parser.add_argument("--steps", type=int, default=0, help="Limits.steps, if not the default")
    parser.add_argument("--together", action="store_true", help="all in this process")
    parser.add_argument("--json", action="store_true", help="a JSON text a line")
    options = parser.parse_args()
    chosen = {
        name: schema
        for name, schema in hostile_schemas().items()
        if options.only in name and options.exactly in ("", name)
    }
    if options.together:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    elif not options.json:
        print(f"{'':42}{'first':>8}{'shortest':>8}{'worst':>8} {'MB':>6}")
    from bltgen.automata.limits import Limits, use_limits

    limits = Limits(steps=options.steps) if options.steps else Limits()
    for name, schema in chosen.items():
        if options.together:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            with use_limits(limits):
                found = examine(schema, 0 if options.quick else WALKS)
            found["megabytes"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        else:
            found = _alone(name, options)
        print(json.dumps({"name": name, "found": found}) if options.json else _line(name, found), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    main()
