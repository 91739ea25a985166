"""Does the value of what is generated equal its text and satisfy its schema, by judges that are not ours?

    python benchmarks/values.py MASKBENCH [--schemas 500] [--random 200] [--texts 20] [--skip 0]

MaskBench's schemas and random ones, `--texts` generations each with default options by a model without
weights. Each text is put to four judges:
- exact: `jsonschema`, schema and text both read with `parse_float=Decimal`;
- plain: `jsonschema` and `json.loads` as they are, but where `multipleOf` is a fraction: they divide floats;
- value: `out.value`, validated as plain, and equal to the text number by number, without a Decimal where none
  is needed (the schema has a number that no float holds, or of more digits);
- accepts: the constraint itself, and the one of every spelling.

A schema that bltgen or the judge refuses is counted apart. Exit code 1 where a judge disagrees.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema

import bltgen
from bltgen.errors import BudgetTooSmall, EmptyLanguage, LimitExceeded, Unsupported
from bltgen.testing import models
from bltgen.testing.random_schemas import in_python, random_schema

SECONDS = 10
"""A schema whose texts take longer is left after some of them, and counted."""


def equal(value: Any, exact: Any) -> bool:
    """Whether a value is what the text says, whose numbers were read as int or Decimal."""
    if isinstance(exact, dict):
        return (
            isinstance(value, dict)
            and value.keys() == exact.keys()
            and all(equal(value[k], exact[k]) for k in exact)
        )
    if isinstance(exact, list):
        return isinstance(value, list) and len(value) == len(exact) and all(map(equal, value, exact))
    if isinstance(exact, (int, Decimal)) and not isinstance(exact, bool):
        return (Decimal(repr(value)) if isinstance(value, float) else value) == exact
    return type(value) is type(exact) and value == exact


def _parts(value: Any) -> Iterator[Any]:
    yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _parts(part)


def divides_floats(schema: Any) -> bool:
    """Whether a `multipleOf` in the schema is no integer."""
    steps = [part["multipleOf"] for part in _parts(schema) if isinstance(part, dict) and "multipleOf" in part]
    return any(isinstance(step, float) and not step.is_integer() for step in steps)


class Judged:
    """One schema and its judges."""

    def __init__(self, text: str, spelled: Callable[[Any], Any]) -> None:
        """`spelled` gives the schema with its patterns as Python's `re` spells them."""
        self.plain_schema = json.loads(text)
        exact_schema = json.loads(text, parse_float=Decimal)
        kind = jsonschema.validators.validator_for(self.plain_schema, jsonschema.Draft202012Validator)
        self.plain, self.exact = kind(spelled(self.plain_schema)), kind(spelled(exact_schema))
        self.has_fractional_steps = divides_floats(self.plain_schema)
        self.constraint: Any = bltgen.json_schema(self.plain_schema)
        self.wide = bltgen.json_schema(self.plain_schema, numbers="any", whitespace="any")
        self.needs_decimals = any(
            isinstance(part, Decimal) and Decimal(repr(float(part))) != part for part in _parts(exact_schema)
        )

    def disagreements(self, data: bytes, value: Any) -> Iterator[str]:
        """The judges that are against the text or its value."""
        exact = json.loads(data, parse_float=Decimal)
        if not self.exact.is_valid(exact):
            yield "exact"
        if not self.has_fractional_steps:
            if not self.plain.is_valid(json.loads(data)):
                yield "plain"
            if not self.plain.is_valid(value):
                yield "value"
        if not equal(value, exact):
            yield "value equals text"
        if not self.needs_decimals and any(isinstance(part, Decimal) for part in _parts(value)):
            yield "no Decimal unasked"
        if not (self.constraint.accepts(data) and self.wide.accepts(data)):
            yield "accepts"


def tried(text: str, spelled: Callable[[Any], Any], texts: int, tally: Counter[str]) -> Iterator[str]:
    """The disagreements about one schema."""
    try:
        judged = Judged(text, spelled)
        judged.plain.check_schema(judged.plain_schema)
    except (EmptyLanguage, LimitExceeded, Unsupported) as error:
        tally[f"schemas refused by bltgen ({type(error).__name__})"] += 1
        return
    except Exception as error:  # whatever the judge cannot read
        tally[f"schemas the judge refuses ({type(error).__name__})"] += 1
        return
    tally["schemas"] += 1
    generator = bltgen.Generator(models.whimsical(1))
    shortest = judged.constraint.start().shortest
    begun = time.monotonic()
    for seed in range(texts):
        if time.monotonic() - begun > SECONDS:
            tally["schemas left for time"] += 1
            return
        try:
            out = generator.generate("", judged.constraint, seed=seed, max_bytes=shortest + 20 * seed)
        except (BudgetTooSmall, LimitExceeded) as error:
            tally[f"texts refused ({type(error).__name__})"] += 1
            continue
        try:
            found = list(judged.disagreements(out.data, out.value))
        except (RecursionError, re.error, LimitExceeded) as error:
            tally[f"texts not judged ({type(error).__name__})"] += 1
            continue
        tally["texts"] += 1
        for judge in found:
            yield f"{judge}: {out.data[:300]!r} {text[:300]}"


def maskbench(folder: Path, skip: int, count: int) -> Iterator[str]:
    """The texts of MaskBench's schemas, in the order of a fixed shuffle."""
    files = sorted(folder.rglob("*.json"))
    random.Random(0).shuffle(files)
    for file in files[skip : skip + count]:
        document = json.loads(file.read_text())
        yield json.dumps(document["schema"]) if "tests" in document else json.dumps(document)


def random_texts(skip: int, count: int) -> Iterator[str]:
    """Random schemas that `bltgen.testing.differential` knows."""
    rng = random.Random(1)
    made = (json.dumps(random_schema(rng)) for _ in range(skip + count))
    return itertools.islice(made, skip, None)


def main(arguments: list[str] | None = None) -> int:
    """Print counts, and each disagreement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("maskbench", type=Path, nargs="?")
    parser.add_argument("--schemas", type=int, default=500)
    parser.add_argument("--random", type=int, default=200)
    parser.add_argument("--texts", type=int, default=20)
    parser.add_argument("--skip", type=int, default=0, help="so many of both kinds, for slices")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    tally: Counter[str] = Counter()
    cases: list[tuple[Iterator[str], Callable[[Any], Any]]]
    cases = [(random_texts(options.skip, options.random), in_python)]
    if options.maskbench is not None:
        cases.append((maskbench(options.maskbench, options.skip, options.schemas), lambda schema: schema))
    for texts, spelled in cases:
        for text in texts:
            for found in tried(text, spelled, options.texts, tally):
                tally["DISAGREEMENTS"] += 1
                print(found, flush=True)
    for name, number in tally.items():
        print(f"{number:7} {name}")
    return 1 if tally["DISAGREEMENTS"] else 0


if __name__ == "__main__":
    sys.exit(main())
