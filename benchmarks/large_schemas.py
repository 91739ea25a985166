"""Schemas as large as those of practice, and larger: what do compiling, masks and budgets cost?

    python benchmarks/large_schemas.py [--quick] [--only PART OF A NAME] [--engines bltgen,llguidance]

Each schema is generated, has one shape of which practice has many (see `SHAPES`), and comes with one
valid instance. Columns, of CPU time, each schema and engine in a process of its own:
`compile`: the constraint and its first state; `mask`: its first mask; `step`: the slowest byte of the walk
over the instance (a step and the mask after it; at most 5,000 bytes); `within`: p99 of `allowed_within(room)`
over the same bytes, the room being what the instance still needs and 20 bytes; `sample`: one text drawn at
random, its budget twice the shortest and 200 bytes, judged by `jsonschema`. llguidance, where it is
installed, answers for compiling (first mask included) and steps.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

WALKED = 5_000
ROOM = 20


class Large(NamedTuple):
    """A schema and a value that satisfies it."""

    schema: Any
    instance: Any


def tagged(count: int, keyword: str = "oneOf") -> Large:
    """Branches that a required constant tells apart, each with members of its own."""
    branches = [
        {
            "type": "object",
            "properties": {"kind": {"const": f"kind_{i}"}, f"value_{i}": {"type": "string"}},
            "required": ["kind", f"value_{i}"],
            "additionalProperties": False,
        }
        for i in range(count)
    ]
    return Large({keyword: branches}, {"kind": f"kind_{count // 2}", f"value_{count // 2}": "x"})


def tagged_by_lists(count: int) -> Large:
    """As `tagged`, by an enum of three in each branch."""
    branches = [
        {
            "type": "object",
            "properties": {"kind": {"enum": [f"k{i}", f"k{i}.old", f"k{i}.new"]}, "id": {"minimum": i}},
            "required": ["kind", "id"],
        }
        for i in range(count)
    ]
    return Large({"oneOf": branches}, {"kind": f"k{count // 2}.old", "id": count})


def resources(count: int) -> Large:
    """As FHIR's resources: definitions told apart by `resourceType` that hold each other."""

    def definition(i: int) -> Any:
        return {
            "type": "object",
            "properties": {
                "resourceType": {"const": f"Resource{i}"},
                "id": {"type": "string", "pattern": "^[A-Za-z0-9.-]{1,64}$"},
                "contained": {"type": "array", "items": {"$ref": "#/$defs/any"}},
                "extension": {"type": "array", "items": {"$ref": "#/$defs/Extension"}},
                **{f"field{i}_{k}": {"type": "string"} for k in range(10)},
            },
            "required": ["resourceType"],
            "additionalProperties": False,
        }

    extension = {
        "type": "object",
        "properties": {
            "url": {"type": "string"},
            "extension": {"type": "array", "items": {"$ref": "#/$defs/Extension"}},
        },
        "required": ["url"],
        "additionalProperties": False,
    }
    names = [f"Resource{i}" for i in range(count)]
    definitions = {name: definition(i) for i, name in enumerate(names)}
    each = {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in names]}
    inner = {"resourceType": "Resource3", "id": "a1", "extension": [{"url": "u", "extension": []}]}
    return Large(
        {"$ref": "#/$defs/any", "$defs": {**definitions, "Extension": extension, "any": each}},
        {"resourceType": names[-1], "contained": [inner, inner], f"field{count - 1}_3": "text"},
    )


def labelled(count: int) -> Large:
    """An enumeration whose values have titles."""
    values = [{"const": f"code_{i}", "title": f"The code {i}"} for i in range(count)]
    return Large({"oneOf": values}, f"code_{count // 2}")


def enumerated(count: int) -> Large:
    """The same without titles."""
    return Large({"enum": [f"code_{i}" for i in range(count)]}, f"code_{count // 2}")


def conditional(count: int, required: bool = True) -> Large:
    """`if` and `then` by a tag, where each `then` says something of the members that all share."""
    rules = [
        {
            "if": {"properties": {"type": {"const": f"t{i}"}}},
            "then": {
                "properties": {"value": {"type": ["string", "integer", "boolean"][i % 3]}},
                "required": ["value", f"own_{i}"],
            },
        }
        for i in range(count)
    ]
    schema = {"type": "object", "properties": {"type": {"type": "string"}}, "allOf": rules}
    if required:
        schema["required"] = ["type"]
    i = count // 2
    return Large(schema, {"type": f"t{i}", "value": ["a", 1, True][i % 3], f"own_{i}": None})


def conditional_inputs(count: int) -> Large:
    """As a workflow's tasks: `if` on a member's constant, then what another member holds, each its own."""
    rules = [
        {
            "if": {"properties": {"task": {"const": f"task{i}"}}, "required": ["task"]},
            "then": {
                "properties": {
                    "inputs": {
                        "type": "object",
                        "properties": {f"in{i}_{k}": {"type": "string"} for k in range(4)},
                        "required": [f"in{i}_0"],
                        "additionalProperties": False,
                    }
                },
                "required": ["inputs"],
            },
        }
        for i in range(count)
    ]
    schema = {
        "type": "object",
        "properties": {"task": {"enum": [f"task{i}" for i in range(count)]}, "inputs": {"type": "object"}},
        "required": ["task"],
        "allOf": rules,
    }
    return Large(schema, {"task": f"task{count // 2}", "inputs": {f"in{count // 2}_0": "x"}})


def disjoint_patterns(count: int, **keywords: Any) -> Large:
    """`patternProperties` that exclude each other, of three types."""
    kinds = ["string", "integer", "boolean"]
    patterns = {f"^p{i}_[a-z]+$": {"type": kinds[i % 3]} for i in range(count)}
    instance = {f"p{i}_abc": ["x", 7, True][i % 3] for i in range(0, count, max(1, count // 7))}
    return Large({"type": "object", "patternProperties": patterns, **keywords}, instance)


def overlapping_patterns(count: int, **keywords: Any) -> Large:
    """`patternProperties` of which a name may match any set, of two types."""
    patterns = {f"x{i}": {"type": ["string", "integer"][i % 2]} for i in range(count)}
    return Large(
        {"type": "object", "patternProperties": patterns, **keywords}, {"x0": "a", "x1": 1, "x2x0": "b"}
    )


def required_members(count: int) -> Large:
    """Members all of which are required."""
    names = [f"member_{i}" for i in range(count)]
    return Large(
        {"type": "object", "properties": {n: {"type": "integer"} for n in names}, "required": names},
        dict.fromkeys(names, 0),
    )


def unique_items(count: int) -> Large:
    """An array of so many items that differ."""
    return Large(
        {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "minItems": count},
        [f"item {i}" for i in range(count)],
    )


def large_multiple(digits: int) -> Large:
    """A multiple of a number of so many digits."""
    return Large({"type": "integer", "multipleOf": 10**digits + 151}, 3 * (10**digits + 151))


def nested_records(count: int) -> Large:
    """Definitions that each hold the next two, as API descriptions have them."""
    definitions = {
        f"d{i}": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "minLength": 1},
                "left": {"$ref": f"#/$defs/d{(2 * i + 1) % count}"},
                "right": {"$ref": f"#/$defs/d{(2 * i + 2) % count}"},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                f"own{i}": {"type": ["integer", "null"]},
            },
            "required": ["name"],
            "additionalProperties": False,
        }
        for i in range(count)
    }
    return Large(
        {"$ref": "#/$defs/d0", "$defs": definitions},
        {"name": "a", "left": {"name": "b", "labels": {"x": "y"}}, "right": {"name": "c", "own2": None}},
    )


SHAPES: dict[str, tuple[Callable[[int], Large], int]] = {
    "oneOf by a constant": (tagged, 2_000),
    "anyOf by a constant": (lambda n: tagged(n, "anyOf"), 2_000),
    "oneOf by an enum": (tagged_by_lists, 2_000),
    "recursive resources": (resources, 150),
    "labelled enumeration": (labelled, 20_000),
    "enumeration": (enumerated, 20_000),
    "if and then on a tag": (conditional, 300),
    "if and then on an optional tag": (lambda n: conditional(n, required=False), 300),
    "if and then on an enum": (conditional_inputs, 300),
    "disjoint patterns": (disjoint_patterns, 300),
    "disjoint patterns, closed": (lambda n: disjoint_patterns(n, additionalProperties=False), 300),
    "overlapping patterns": (overlapping_patterns, 12),
    "overlapping patterns, closed": (lambda n: overlapping_patterns(n, additionalProperties=False), 12),
    "required members": (required_members, 20_000),
    "unique items": (unique_items, 1_000),
    "multiple of a long number": (large_multiple, 50),
    "nested records": (nested_records, 1_000),
}
"""Each with the size that the table has."""


def examine(large: Large, *, walked: int = WALKED) -> dict[str, Any]:
    """Figures of bltgen."""
    from bltgen.constraints.json_schema import json_schema
    from bltgen.errors import BltgenError

    clock, text = time.process_time, json.dumps(large.instance).encode()
    found: dict[str, Any] = {}
    began = clock()
    try:
        constraint = json_schema(large.schema)
        state = constraint.start()
        found["compile"], began = clock() - began, clock()
        state.allowed.mask()
        found["mask"], steps, withins = clock() - began, [], []
        for i, byte in enumerate(text[:walked]):
            began = clock()
            following = state.advance(byte)
            if following is None:
                raise AssertionError(f"the instance is refused at byte {i}")
            following.allowed.mask()
            steps.append(clock() - began)
            state, began = following, clock()
            state.allowed_within(len(text) - i + ROOM)
            withins.append(clock() - began)
        found["step"], found["within"] = max(steps), sorted(withins)[len(withins) * 99 // 100]
        began = clock()
        drawn = constraint.sample(random.Random(0), 2 * constraint.start().shortest + 200)
        found["sample"], found["valid"] = clock() - began, is_valid(large.schema, drawn)
    except BltgenError as error:
        found["refused"], found["after"] = f"{type(error).__name__}: {error}", clock() - began
    return found


def examine_peer(engine: str, large: Large) -> dict[str, Any]:
    """Figures of another engine; `mask` is part of `compile`."""
    import json_engines

    clock, found = time.process_time, dict[str, Any]()
    getattr(json_engines, engine)({"type": "integer"})  # what is imported once is no part of any time
    began = clock()
    try:
        walk = getattr(json_engines, engine)(large.schema)()
        found["compile"], steps = clock() - began, []
        for byte in json.dumps(large.instance).encode()[:WALKED]:
            began = clock()
            if not walk.step(byte):
                raise ValueError("the instance is refused")
            steps.append(clock() - began)
        found["step"] = max(steps)
    except ValueError as error:
        found["refused"], found["after"] = f"{error}", clock() - began
    return found


def is_valid(schema: Any, text: bytes) -> bool:
    """The verdict of `jsonschema` on a text in the spelling that bltgen writes."""
    import jsonschema

    return bool(jsonschema.Draft202012Validator(schema).is_valid(json.loads(text)))


def _alone(name: str, engine: str, options: argparse.Namespace) -> dict[str, Any]:
    """Examine one schema in a process of its own."""
    command = [sys.executable, __file__, "--exactly", name, "--engines", engine]
    command += ["--quick"] if options.quick else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=options.seconds)
    except subprocess.TimeoutExpired:
        return {"refused": "no answer in time", "after": options.seconds}
    if done.returncode:
        return {"refused": (done.stderr.strip().splitlines() or ["died"])[-1], "after": 0.0}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _line(name: str, engine: str, found: dict[str, Any]) -> str:
    spent = "".join(
        f"{1e3 * found[key]:10.1f}" if key in found else " " * 10
        for key in ("compile", "mask", "step", "within", "sample")
    )
    verdict = "" if found.get("valid", True) else "  INVALID"
    if "refused" in found:
        verdict = f"  after {found['after']:.1f} s: {found['refused'][:90]}"
    return f"{name:36}{engine:11}{spent}{verdict}"


def main() -> None:
    """Print the table."""
    from json_engines import engines

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of each size")
    parser.add_argument("--only", default="", help="a part of the names to run")
    parser.add_argument("--exactly", default="", help="the one name to run in this process, as JSON")
    parser.add_argument("--engines", default=",".join(each for each in engines() if each != "xgrammar"))
    parser.add_argument("--seconds", type=float, default=60, help="most for one schema and engine")
    options = parser.parse_args()
    if options.exactly:
        make, count = SHAPES[options.exactly]
        large = make(max(3, count // 10) if options.quick else count)
        engine = options.engines
        print(json.dumps(examine(large) if engine == "bltgen" else examine_peer(engine, large)))
        return
    print(f"{'milliseconds':47}{'compile':>10}{'mask':>10}{'step':>10}{'within':>10}{'sample':>10}")
    for name in SHAPES:
        for engine in options.engines.split(",") if options.only in name else ():
            print(_line(name, engine, _alone(name, engine, options)), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    main()
