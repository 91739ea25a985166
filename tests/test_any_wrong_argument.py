"""Whatever is given to a public function: it works, or the function itself says in words what is wrong.

An error counts as said in words where it is one of bltgen's, or a TypeError or ValueError that bltgen raises
by a `raise` of its own. What the interpreter says of a line inside ('int' object has no attribute 'start')
does not.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import inspect
import itertools
import json
import pathlib
import random
import re
import traceback
from functools import partial

import numpy as np
import pytest

import bltgen
from bltgen.constraints.json_schema.vocabulary import ANNOTATIONS, KEYWORDS
from bltgen.decoding.task import Sampling
from bltgen.errors import BltgenError
from bltgen.testing.models import whimsical

GENERATOR = bltgen.Generator(whimsical(1))


class Odd:
    """A thing of no meaning."""


ODD = [
    *(None, True, 0, -1, 5, 10**30, 1.5, float("nan"), float("inf"), 3 + 4j, decimal.Decimal(1)),
    *("", "x", "\ud83d", "\0", "a" * 5000, b"", b"\xff", bytearray(b"a"), memoryview(b"a")),
    *([], [1], ["a"], [[]], (), {}, {"a": 1}, {1: 2}, {"type": 5}, {"a"}, range(3), slice(1, 2)),
    *(Odd(), Odd, int, len, re.compile("a"), pathlib.Path("x.json"), ..., NotImplemented, bltgen),
    *(ValueError("x"), datetime.date(2020, 1, 1), np.int64(3), np.array([1, 2]), list[int], int | str),
    *(
        bltgen.regex("a"),
        bltgen.regex("a").start(),
        bltgen.json_schema(True).start(),
        bltgen.Mask(),
        GENERATOR,
    ),
    *(collections.Counter(), collections.UserDict()),
]

CONSTRAINTS = {
    "regex": bltgen.regex("[a-z]+"),
    "json": bltgen.json_schema({"type": "string"}),
    "grammar": bltgen.grammar('start: "a" start "b" | "c"'),
    "product": bltgen.json_schema({"type": "string"}) & bltgen.regex(".{3,9}"),
    "parts": bltgen.parts(a=bltgen.regex("a+")),
}
SAMPLING = dict.fromkeys(Sampling.__annotations__, 1) | {"bias": {}}
FREE = {"prompt": "x", "max_bytes": 3, "seed": 1}
MANY = {"prompts": ["x"], "max_bytes": 3, "seed": 1}

# Each function with arguments that are right: one after another is replaced by what is odd.
CALLS = {
    "regex": (bltgen.regex, {"pattern": "a", "dialect": "python", "flags": 0, "mode": "search"}),
    "grammar": (bltgen.grammar, {"text": 'start: "a"', "format": "lark", "start": None, "constraints": {}}),
    "grammar_file": (bltgen.grammar_file, {"name": "semver", "start": None}),
    "substring_of": (bltgen.substring_of, {"text": "a b", "boundary": "word"}),
    "choice": (bltgen.choice, {"options": ["a"]}),
    "literal": (bltgen.literal, {"text": "a"}),
    "until": (bltgen.until, {"stop": "a", "text": True}),
    "json_schema": (bltgen.json_schema, {"schema": {"type": "string"}}),
    "parts": (bltgen.parts, {"a": bltgen.regex("a")}),
    "load": (
        bltgen.load,
        {"path": "nowhere", "dtype": "float32", "device": "cpu", "entropy_path": "nowhere"},
    ),
    "stream_values": (lambda pieces: list(bltgen.stream_values(pieces)), {"pieces": [b"1"]}),
    "Beam": (bltgen.Beam, {"width": 4, "length_penalty": 0.0}),
    "BestOf": (bltgen.BestOf, {"n": 4}),
    "Exact": (bltgen.Exact, {"max_tries": 4, "at_once": 4}),
    "Redecode": (bltgen.Redecode, {"max_tries": 4, "candidates": 4}),
    "Backtrack": (bltgen.Backtrack, {"max_tries": 4, "candidates": 4, "depth": 2, "max_backtracks": 4}),
    "SMC": (bltgen.SMC, {"particles": 4, "ess_threshold": 0.5}),
    "Spans": (bltgen.Spans, {"candidates": 4, "least": 0.5, "max_read": 9, "disjoint": True, "at_once": 1}),
    "Speculative": (bltgen.Speculative, {"k": 4, "confidence": 0.5}),
    "SamplingParameters": (
        bltgen.SamplingParameters,
        SAMPLING,
    ),
    "Generator": (bltgen.Generator, {"model": whimsical(1)}),
    "generate": (GENERATOR.generate, FREE | {"constraint": None, "stop": "a", "strategy": "mask"}),
    "generate, sampling": (
        GENERATOR.generate,
        FREE | SAMPLING,
    ),
    "stream": (lambda **how: list(GENERATOR.stream(**how)), FREE | {"constraint": None}),
    "stream_values of a generator": (
        lambda **how: list(GENERATOR.stream_values(**how)),
        FREE | {"constraint": {"const": 1}, "max_bytes": 20},
    ),
    "generate_many": (GENERATOR.generate_many, MANY | {"constraint": None, "batch_size": 2}),
    "outcomes": (lambda **how: list(GENERATOR.outcomes(**how)), MANY | {"constraint": None}),
    "explain": (GENERATOR.explain, {"generation": GENERATOR.generate("x", max_bytes=3)}),
    "captures": (CONSTRAINTS["parts"].captures, {"data": b"a"}),
    "parse": (bltgen.json_schema(True).parse, {"data": b"1"}),
}
for kind, constraint in CONSTRAINTS.items():
    CALLS |= {
        f"{kind}.accepts": (constraint.accepts, {"data": b"a"}),
        f"{kind}.sample": (constraint.sample, {"rng": random.Random(1), "max_bytes": 20}),
        f"{kind}.repeat": (constraint.repeat, {"low": 1, "high": 2}),
    }
    for sign in ("__or__", "__and__", "__add__"):
        CALLS[f"{kind}.{sign}"] = (partial(getattr(constraint, sign)), {"other": bltgen.regex("a")})
CALLS |= {
    "a constraint of a grammar": (
        lambda one: bltgen.grammar('start: "x" j', constraints={"j": one}),
        {"one": bltgen.regex("a")},
    ),
    "an imported text": (
        lambda one: bltgen.grammar("%import x.y\nstart: y", folder={"x.lark": one}),
        {"one": "y: /a/"},
    ),
    "a format": (lambda one: bltgen.json_schema({"format": "x"}, custom_formats={"x": one}), {"one": "a"}),
    "a named constraint": (
        lambda one: bltgen.json_schema({"x-bltgen-constraint": "x"}, constraints={"x": one}),
        {"one": "a"},
    ),
    "a type in a type": (lambda one: bltgen.json_schema(dict[str, one]), {"one": int}),
    "a bias": (lambda one: bltgen.SamplingParameters(bias={65: one}), {"one": 1}),
    "a stop": (lambda one: GENERATOR.generate(**FREE, stop=[one]), {"one": "a"}),
    "a prompt of many": (lambda one: GENERATOR.generate_many([one], max_bytes=3), {"one": "a"}),
    "a prompt of an iterator": (lambda one: GENERATOR.generate_many(iter([one]), max_bytes=3), {"one": "a"}),
    "a constraint of many": (lambda one: GENERATOR.generate_many(["x"], [one], max_bytes=30), {"one": None}),
    "an option": (lambda one: bltgen.choice(["a", one]), {"one": "b"}),
    "a piece": (lambda one: list(bltgen.stream_values([one])), {"one": b"1"}),
}
for keyword in sorted((KEYWORDS | ANNOTATIONS) - {"minProperties"}):
    CALLS[f"the value of {keyword}"] = (
        lambda one, keyword=keyword: bltgen.json_schema({keyword: one}),
        {"one": "a"},
    )
for option, parameter in inspect.signature(bltgen.json_schema).parameters.items():
    if option not in ("schema", "kind"):
        CALLS[f"json_schema, {option}"] = (
            partial(bltgen.json_schema, {"type": "string"}),
            {option: parameter.default},
        )


def is_in_words(error: BaseException) -> bool:
    """Whether a line of bltgen says so on purpose, or a file or the standard library's JSON does."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    if isinstance(error, BltgenError | OSError | json.JSONDecodeError | UnicodeDecodeError):
        return True
    on_purpose = (last.line or "").startswith("raise") and "/bltgen/" in pathlib.Path(
        last.filename
    ).as_posix()
    return isinstance(error, TypeError | ValueError) and on_purpose


@pytest.mark.parametrize("name", CALLS)
def test_an_odd_argument_works_or_is_told_in_words(name):
    """Never by an error from inside."""
    function, right = CALLS[name]
    wrong = []
    for argument, odd in itertools.product(right, ODD):
        if name == "load" and argument == "path" and odd is None:
            continue
        how = {**right, argument: odd}
        try:
            function(*how.values()) if name.endswith("__") else function(**how)
        except Exception as error:
            if not is_in_words(error):
                wrong.append(f"{argument}={odd!r}: {type(error).__name__}: {error}"[:200])
    assert wrong == []
