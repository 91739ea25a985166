"""How well are schemas covered by drawn examples, how fast, and are near misses really refused?

    python benchmarks/property_testing.py                       # all schemas found, generated ones besides
    python benchmarks/property_testing.py --quick               # the same table from a reduced run

For each schema: `values` and `json_texts` are drawn in a Hypothesis test with every health check on
and judged by `jsonschema`; `rejected` near misses must be refused by it. Schemas come from
`--schemas` (a folder of JSON files with a member "schema"; by default ../shared/data/maskbench) and from
`json_schemas()`. hypothesis-jsonschema is measured beside where it is installed and works; `--peer`
names the Python of an environment that has it with a Hypothesis it works with.

Coverage: of the alternatives of a schema (each branch of an `anyOf`, each optional property there and
not there, both ends of each length), how many occur within 200 values, over a few hand-made schemas.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.errors import FailedHealthCheck, HypothesisException

from bltgen.constraints.json_schema import json_schema
from bltgen.errors import ConstraintError
from bltgen.testing.reference import SchemaReference
from bltgen.testing.schema_strategies import json_schemas
from bltgen.testing.strategies import json_texts, rejected, values

MASKBENCH = Path(__file__).parent.parent.parent / "shared" / "data" / "maskbench"


def drawn(strategy: st.SearchStrategy[Any], count: int, seconds: float = 20.0) -> list[Any]:
    """What a passing test sees; all health checks on. Fewer where `seconds` ran out."""
    seen: list[Any] = []
    until = time.perf_counter() + seconds

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
    )
    @given(strategy)
    def collect(value: Any) -> None:
        if time.perf_counter() > until:
            raise TimeoutError
        seen.append(value)

    with contextlib.suppress(TimeoutError):
        collect()
    return seen


def corpus(folder: Path, step: int, generated: int) -> Iterator[tuple[str, Any]]:
    """(name, schema): every `step`-th file of the folder, then generated ones."""
    for file in sorted(folder.rglob("*.json"))[::step]:
        document = json.loads(file.read_text())
        if isinstance(document, dict) and "schema" in document:
            yield file.stem, document["schema"]
    if generated:
        for index, schema in enumerate(drawn(json_schemas(), generated, 300.0)):
            yield f"generated {index}", schema


def judge(
    name: str, schema: Any, count: int, tally: Counter[str], seconds: Counter[str], slow: float
) -> None:
    """Draw and judge one schema; outcomes are counted in `tally`."""
    try:
        loose = json_schema(schema, whitespace="any")
        reference = SchemaReference(schema)
    except (ConstraintError, Exception) as error:
        tally[f"schema not usable: {type(error).__name__}"] += 1
        return
    tally["schemas"] += 1
    begun = time.perf_counter()
    kinds: tuple[tuple[str, Callable[[], Any], Callable[[Any], bool]], ...] = (
        ("values", lambda: values(schema), lambda value: reference.why_not(value) is None),
        ("texts", lambda: json_texts(schema), reference.accepts),
        ("near misses", lambda: rejected(loose), lambda miss: not reference.accepts(miss.data)),
    )
    for kind, make, right in kinds:
        begun = time.perf_counter()
        try:
            made = drawn(make(), count, slow)
        except FailedHealthCheck as error:
            tally[f"{kind}: health check failed"] += 1
            print(f"  {name}: {kind}: {str(error).splitlines()[0][:90]}")
            continue
        except (ConstraintError, HypothesisException, RecursionError) as error:
            tally[f"{kind}: {type(error).__name__}"] += 1
            print(f"  {name}: {kind}: {type(error).__name__}: {str(error).splitlines()[0][:90]}")
            continue
        spent = time.perf_counter() - begun
        seconds[kind] += spent
        tally[f"{kind}: drawn"] += len(made)
        if spent > slow:
            tally[f"{kind}: out of time"] += 1
        for one in made:
            try:
                good = right(one)
            except Exception as error:  # the judge itself failed
                tally[f"{kind}: judge failed ({type(error).__name__})"] += 1
                continue
            if not good:
                tally[f"{kind}: wrong"] += 1
                print(f"  {name}: {kind}: wrong: {str(one)[:100]}")
                break


PEER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from hypothesis import Phase, given, settings
import hypothesis
from hypothesis_jsonschema import from_schema
rows = []
for schema in json.load(sys.stdin):
    seen = []
    begun = time.perf_counter()
    try:
        @settings(max_examples=%d, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
        @given(from_schema(schema))
        def collect(value):
            if time.perf_counter() - begun > %f:
                raise TimeoutError
            seen.append(value)
        collect()
        outcome = "ok"
    except BaseException as error:
        outcome = type(error).__name__
    texts = []
    for value in seen:
        try:
            texts.append(json.dumps(value, allow_nan=False))
        except ValueError:
            texts.append("NaN")
    rows.append([outcome, time.perf_counter() - begun, texts])
json.dump({"hypothesis": hypothesis.__version__, "rows": rows}, sys.stdout)
"""


def peer(python: str, schemas: list[Any], count: int, slow: float) -> None:
    """hypothesis-jsonschema over the same schemas, in its own interpreter."""
    program = PEER % (count, slow)
    run = subprocess.run(
        [python, "-c", program], input=json.dumps(schemas), capture_output=True, text=True, check=False
    )
    if run.returncode:
        print(f"hypothesis-jsonschema: not measured ({run.stderr.strip().splitlines()[-1][:90]})")
        return
    found = json.loads(run.stdout)
    tally: Counter[str] = Counter()
    spent, examples = 0.0, 0
    for schema, (outcome, seconds, texts) in zip(schemas, found["rows"], strict=True):
        tally[outcome] += 1
        spent += seconds
        examples += len(texts)
        reference = SchemaReference(schema)
        for text in texts:
            try:
                tally["invalid"] += not reference.accepts(text.encode())
            except Exception:
                tally["judge failed"] += 1
    print(
        f"hypothesis-jsonschema (Hypothesis {found['hypothesis']}): {examples} values of {len(schemas)} "
        f"schemas, {examples / max(spent, 1e-9):.0f} a second; {dict(tally)}"
    )


COVERED: dict[str, tuple[Any, dict[str, Callable[[Any], bool]]]] = {
    "branches": (
        {
            "anyOf": [
                {"type": "integer"},
                {"type": "string", "format": "date"},
                {"type": "null"},
                {"enum": ["x"]},
            ]
        },
        {
            "integer": lambda v: isinstance(v, int),
            "date": lambda v: isinstance(v, str) and len(v) == 10,
            "null": lambda v: v is None,
            "x": lambda v: v == "x",
        },
    ),
    "optional properties": (
        {
            "type": "object",
            "properties": {key: {"type": "integer"} for key in ("a", "b", "c", "d")},
            "additionalProperties": False,
        },
        {
            **{f"{key} there": lambda v, key=key: key in v for key in "abcd"},
            **{f"{key} not there": lambda v, key=key: key not in v for key in "abcd"},
            "all": lambda v: len(v) == 4,
            "none": lambda v: not v,
        },
    ),
    "lengths of strings": (
        {"type": "string", "minLength": 2, "maxLength": 30},
        {"2": lambda v: len(v) == 2, "30": lambda v: len(v) == 30, "between": lambda v: 2 < len(v) < 30},
    ),
    "lengths of arrays": (
        {"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 9},
        {"1": lambda v: len(v) == 1, "9": lambda v: len(v) == 9},
    ),
    "depths": (
        {
            "type": "object",
            "properties": {"value": {"type": "integer"}, "next": {"$ref": "#"}},
            "required": ["value"],
            "additionalProperties": False,
        },
        {
            "1": lambda v: "next" not in v,
            "3 or more": lambda v: "next" in v.get("next", {}),
        },
    ),
    "numbers": (
        {"type": "integer", "minimum": -3, "maximum": 300},
        {
            "-3": lambda v: v == -3,
            "300": lambda v: v == 300,
            "0": lambda v: v == 0,
            "two digits": lambda v: 9 < v < 100,
        },
    ),
}


def coverage() -> None:
    """Which alternatives occur in 200 values."""
    hit = wanted = 0
    for name, (schema, alternatives) in COVERED.items():
        made = drawn(values(schema), 200)
        missed = [label for label, test in alternatives.items() if not any(map(test, made))]
        wanted += len(alternatives)
        hit += len(alternatives) - len(missed)
        shown = "" if not missed else f" (missed: {', '.join(missed)})"
        print(f"  {name}: {len(alternatives) - len(missed)} of {len(alternatives)}{shown}")
    print(f"coverage within 200 values: {hit} of {wanted} alternatives")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--schemas", type=Path, default=MASKBENCH)
    parser.add_argument("--examples", type=int, default=100, help="of each kind, a schema")
    parser.add_argument("--step", type=int, default=1, help="every n-th schema of the folder")
    parser.add_argument("--generated", type=int, default=500, help="schemas of json_schemas()")
    parser.add_argument("--slow", type=float, default=20.0, help="seconds a schema and kind at most")
    parser.add_argument("--peer", default=sys.executable, help="a Python that has hypothesis-jsonschema")
    parser.add_argument("--quick", action="store_true", help="the same table from a reduced run")
    given_ = parser.parse_args()
    if given_.quick:
        given_.examples, given_.generated, given_.slow = 10, 12, 1.0
        given_.step = 60
    warnings.simplefilter("ignore")
    tally: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    schemas = list(corpus(given_.schemas, given_.step, given_.generated))
    print(f"{len(schemas)} schemas, {given_.examples} examples of each kind")
    for name, schema in schemas:
        judge(name, schema, given_.examples, tally, seconds, given_.slow)
    for kind in ("values", "texts", "near misses"):
        count = tally[f"{kind}: drawn"]
        rate = count / max(seconds[kind], 1e-9)
        print(
            f"{kind}: {count} drawn, {tally[f'{kind}: wrong']} schemas with a wrong one, {rate:.0f} a second"
        )
    print("; ".join(f"{what} {count}" for what, count in sorted(tally.items())))
    coverage()
    usable = [schema for _, schema in schemas][:: 1 if not given_.quick else 4]
    peer(given_.peer, usable, given_.examples, min(given_.slow, 5.0))


if __name__ == "__main__":
    main()
