"""The whole surface under random input: only the documented errors, within a bounded time.

Regexes, grammars, schemas, checkpoints and command lines, drawn from near-valid pieces, since
random characters are refused at the first. `BLTGEN_FUZZ_SECONDS` makes a long run of it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

import bltgen
from bltgen import cli
from bltgen.errors import BltgenError

SECONDS = float(os.environ.get("BLTGEN_FUZZ_SECONDS", "2"))
ONE_INPUT = 20.0
"""More seconds than one small input may take: what is near it hangs."""

REGEX_PIECES = (
    *(
        "a",
        "b",
        "é",
        ".",
        "^",
        "$",
        "|",
        "(",
        ")",
        "(?:",
        "(?=",
        "(?!",
        "(?<=",
        "(?<!",
        "(?>",
        "(?P<n>",
        "(?i)",
    ),
    *(
        "[",
        "]",
        "[^",
        "-",
        "*",
        "+",
        "?",
        "{2}",
        "{2,}",
        "{,3}",
        "{1,900}",
        "*?",
        "++",
        "\\",
        "\\d",
        "\\W",
        "\\b",
    ),
    *("\\1", "\\x41", "\\u00e9", "\\p{L}", "\\Z", "(?(1)", "\x00", "\ud800", "#", " ", "&&", "[[:alpha:]]"),
)
GRAMMAR_PIECES = (
    *(
        "start",
        "a",
        "B",
        ":",
        "::=",
        "=",
        "|",
        "/",
        '"x"',
        '"',
        "/[a-z]+/",
        "(",
        ")",
        "[",
        "]",
        "*",
        "+",
        "?",
        "\n",
    ),
    *(
        "~2..3",
        "{3}",
        "%import common.WS",
        "%ignore",
        "->",
        "!",
        "_x",
        "root",
        "%x41-5A",
        "1*2",
        ";",
        "#",
        "//",
        "é",
    ),
    *("start: ", "root ::= ", "a = ", "\\", "start: start start | \n", "%declare", ".5"),
)
KEYWORDS = (
    *(
        "type",
        "enum",
        "const",
        "minimum",
        "maximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "format",
    ),
    *("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems", "properties", "required"),
    *(
        "additionalProperties",
        "patternProperties",
        "propertyNames",
        "minProperties",
        "maxProperties",
        "allOf",
    ),
    *(
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "$ref",
        "$id",
        "$anchor",
        "$dynamicRef",
        "$defs",
        "$schema",
    ),
    *("unevaluatedProperties", "unevaluatedItems", "dependentSchemas", "dependentRequired", "unknown"),
)
LEAVES = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        3,
        1.5,
        1e300,
        "",
        "a",
        "string",
        "integer",
        "#",
        "#/$defs/a",
        "date",
        "[",
    ),
    *("http://example.com/x", "^a+$", [], {}, ["a"], "\ud800", 10**30, float("inf"), float("nan")),
)
ARGUMENTS = (
    *(
        "generate",
        "check",
        "sample",
        "patches",
        "train",
        "--regex",
        "--schema",
        "--grammar",
        "--prompt",
        "-n",
    ),
    *(
        "--max-bytes",
        "--seed",
        "--strategy",
        "mask",
        "nothing",
        "a+",
        "(",
        "{}",
        "-1",
        "0",
        "3",
        "--help",
        "",
    ),
    *("/nonexistent", "--stats", "--stream", "--temperature", "nan", "é", "--", "--json", "--model"),
)


def regex(rng: random.Random) -> Callable[[], object]:
    text = "".join(rng.choices(REGEX_PIECES, k=rng.randint(1, 8)))
    options = {"dialect": rng.choice(("python", "ecma262")), "mode": rng.choice(("fullmatch", "search"))}
    return lambda: used(bltgen.regex(text, **options), rng)


def grammar(rng: random.Random) -> Callable[[], object]:
    text = " ".join(rng.choices(GRAMMAR_PIECES, k=rng.randint(1, 12)))
    kind = rng.choice(("lark", "gbnf", "abnf"))
    return lambda: used(bltgen.grammar(text, format=kind), rng)


def schema_value(rng: random.Random, depth: int = 0) -> object:
    if depth > 3 or rng.random() < 0.3:
        return rng.choice(LEAVES)
    if rng.random() < 0.2:
        return [schema_value(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    names = rng.choices((*KEYWORDS, "a", "b"), k=rng.randint(1, 3))
    return {name: schema_value(rng, depth + 1) for name in names}


def schema(rng: random.Random) -> Callable[[], object]:
    value = schema_value(rng)
    return lambda: used(bltgen.json_schema(value, draft=rng.choice((None, "4", "7"))), rng)


def schema_text(rng: random.Random) -> Callable[[], object]:
    text = bytearray(json.dumps(schema_value(rng), default=str).encode("utf-8", "surrogatepass"))
    for _ in range(rng.randint(0, 2)):
        text[rng.randrange(len(text))] = rng.randrange(256)
    return lambda: used(bltgen.json_schema(bytes(text)), rng)


def used(constraint: bltgen.Constraint, rng: random.Random) -> None:
    """A sample is valid, and random bytes are refused or accepted, not feared."""
    text = constraint.sample(rng, max(constraint.start().shortest, 20))
    assert constraint.accepts(text)
    constraint.accepts(bytes(rng.randrange(256) for _ in range(8)))
    constraint.report()


def checkpoint(rng: random.Random, folder: Path) -> Callable[[], object]:
    """A folder with files of the right names and spoilt contents."""
    for name in ("config.json", "model.safetensors", "params.json", "consolidated.pth"):
        (folder / name).unlink(missing_ok=True)
        if rng.random() < 0.6:
            text = bytearray(
                rng.choice((b"{}", b'{"args": {}}', b"\x08\0\0\0\0\0\0\0{}      ", b"PK\x03\x04", b"", b"[1"))
            )
            if text:
                text[rng.randrange(len(text))] = rng.randrange(256)
            (folder / name).write_bytes(bytes(text))
    return lambda: bltgen.load(folder)


def command(rng: random.Random) -> Callable[[], object]:
    arguments = rng.choices(ARGUMENTS, k=rng.randint(0, 6))
    if arguments[:1] in (["train"], ["generate"], ["patches"]) and "--help" not in arguments:
        arguments = ["sample", *arguments[1:]]  # these load models: tested elsewhere

    def run() -> None:
        with (
            contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())),
            contextlib.redirect_stderr(io.StringIO()) as errors,
            contextlib.suppress(SystemExit),
        ):
            cli.main(arguments)
        assert "Traceback" not in errors.getvalue()

    return run


@pytest.mark.parametrize("name", ["regex", "grammar", "schema", "schema_text", "checkpoint", "command"])
def test_only_documented_errors(name, tmp_path, monkeypatch):
    """A BltgenError or none; nothing hangs."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a")))
    import_module("bltgen.model.checkpoint")  # torch takes a while

    until, number = time.monotonic() + SECONDS, 0
    while time.monotonic() < until:
        rng = random.Random(f"{name} {number}")
        task = checkpoint(rng, tmp_path) if name == "checkpoint" else globals()[name](rng)
        begun = time.process_time()
        try:
            task()
        except BltgenError:
            pass
        except Exception as error:
            raise AssertionError(f"{name}, input {number}: {type(error).__name__}: {error}") from error
        spent = time.process_time() - begun
        assert spent < ONE_INPUT, f"{name}, input {number}: {spent:.1f} s"
        number += 1
    assert number > 3
