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
from hypothesis.errors import HypothesisException

from bltgen.constraints.json_schema import json_schema
from bltgen.errors import ConstraintError
from bltgen.testing.reference import SchemaReference
from bltgen.testing.schema_strategies import DRAFTS, json_schemas
from bltgen.testing.strategies import json_texts, rejected, values

MASKBENCH = Path(__file__).parent.parent.parent / "shared" / "data" / "maskbench"


def drawn(strategy: st.SearchStrategy[Any], count: int, seconds: float = 20.0) -> list[Any]:
    """What a passing test sees; all health checks on. Fewer where `seconds` (of this process) ran out."""
    seen: list[Any] = []
    until = time.process_time() + seconds

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
        if time.process_time() > until:
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
        for index, schema in enumerate(drawn(json_schemas(drafts=DRAFTS), generated, 600.0)):
            yield f"generated {index}", schema


KINDS = ("values", "texts", "near misses")


def judge(name: str, schema: Any, counts: tuple[int, int, int], slow: float) -> dict[str, Any]:
    """Draw and judge one schema: {"schema": name, kind: {"drawn", "wrong", "seconds", "problem"}}."""
    row: dict[str, Any] = {"schema": name}
    try:
        loose = json_schema(schema, whitespace="any", numbers="any")
        reference = SchemaReference(schema)
    except Exception as error:  # ours refuses it, or jsonschema cannot read it
        return {**row, "unusable": f"{type(error).__name__}: {error}"[:150]}
    tries: tuple[tuple[Callable[[], Any], Callable[[Any], bool]], ...] = (
        (lambda: values(schema), lambda value: reference.why_not(value) is None),
        (lambda: json_texts(schema), reference.accepts),
        (lambda: rejected(loose), lambda miss: not reference.accepts(miss.data)),
    )
    for kind, count, (make, right) in zip(KINDS, counts, tries, strict=True):
        if not count:
            continue
        begun, made, problem = time.process_time(), [], ""
        try:
            made = drawn(make(), count, slow)
        except (ConstraintError, HypothesisException, RecursionError) as error:
            problem = f"{type(error).__name__}: {str(error).splitlines()[0][:90]}"
        spent = time.process_time() - begun
        if len(made) < count and not problem:
            # A language of fewer texts than that is drawn from in full, and Hypothesis stops.
            problem = "out of time" if spent > slow / 2 else ""
        wrong, not_judged = [], 0
        for one in made:
            try:
                if not right(one):
                    wrong.append(repr(one)[:200])
            except Exception:  # the judge itself fails: recursion, a pattern that `re` does not know
                not_judged += 1
        row[kind] = {"drawn": len(made), "wrong": wrong[:3], "seconds": spent, "problem": problem}
        row[kind]["not judged"] = not_judged
    return row


def judged(
    schemas: list[tuple[str, Any]], counts: tuple[int, int, int], slow: float, log: Path | None
) -> list[dict[str, Any]]:
    """A row for each schema; those that the log has already are taken from it."""
    rows: dict[str, dict[str, Any]] = {}
    if log is not None and log.exists():
        rows = {row["schema"]: row for row in map(json.loads, log.read_text().splitlines())}
    for name, schema in schemas:
        if name not in rows:
            rows[name] = judge(name, schema, counts, slow)
            if log is not None:
                with log.open("a") as file:
                    file.write(json.dumps(rows[name]) + "\n")
    return [rows[name] for name, _ in schemas]


def table(rows: list[dict[str, Any]]) -> None:
    """What was drawn, what was wrong with it, and how fast."""
    usable = [row for row in rows if "unusable" not in row]
    for row in rows:
        if "unusable" in row:
            print(f"  {row['schema']}: not usable: {row['unusable']}")
        for kind in KINDS:
            found = row.get(kind, {})
            if found.get("wrong"):
                print(f"  {row['schema']}: {kind}: wrong: {found['wrong'][0]}")
            if found.get("problem"):
                print(f"  {row['schema']}: {kind}: {found['problem']} ({found['drawn']} drawn)")
    print(f"{len(usable)} schemas of {len(rows)}")
    for kind in KINDS:
        found = [row[kind] for row in usable if kind in row]
        if not found:
            continue
        count, seconds = sum(one["drawn"] for one in found), sum(one["seconds"] for one in found)
        paces = sorted(1000 * one["seconds"] / one["drawn"] for one in found if one["drawn"])
        print(
            f"{kind}: {count} drawn, {sum(bool(one['wrong']) for one in found)} schemas with a wrong one, "
            f"{sum(bool(one['problem']) for one in found)} with a problem, "
            f"{sum(one['not judged'] for one in found)} not judged; "
            f"{count / max(seconds, 1e-9):.0f} a second; by schema "
            f"{paces[len(paces) // 2]:.1f} ms each (p50), {paces[len(paces) * 95 // 100]:.1f} (p95)"
        )


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
    """hypothesis-jsonschema over the same schemas, in its own interpreter; then both where both can."""
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
    ours: list[tuple[int, float, int, float]] = []
    for schema, (outcome, seconds, texts) in zip(schemas, found["rows"], strict=True):
        if outcome == "ok" and texts:
            begun = time.perf_counter()
            try:
                made = drawn(values(schema), count, slow)
            except (ConstraintError, HypothesisException, RecursionError):
                continue
            ours.append((len(made), time.perf_counter() - begun, len(texts), seconds))
    own, own_seconds, others, others_seconds = (sum(column) for column in zip(*ours, strict=True))
    pace, other_pace = own / own_seconds, others / others_seconds
    print(
        f"on the {len(ours)} schemas that both can do: bltgen {pace:.0f} values a second, "
        f"hypothesis-jsonschema {other_pace:.0f}; ratio {pace / other_pace:.2f}"
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
    parser.add_argument("--examples", type=int, default=100, help="values, and texts, of a schema; may be 0")
    parser.add_argument("--misses", type=int, default=25, help="near misses of a schema; may be 0")
    parser.add_argument("--log", type=Path, help="a row a schema; what is in it already is not drawn again")
    parser.add_argument("--shard", default="0/1", help="i/n: the schemas i, i + n, i + 2n ...")
    parser.add_argument("--peer-step", type=int, default=10, help="the peer reads every n-th schema")
    parser.add_argument("--step", type=int, default=1, help="every n-th schema of the folder")
    parser.add_argument("--generated", type=int, default=500, help="schemas of json_schemas()")
    parser.add_argument("--slow", type=float, default=60.0, help="seconds a schema and kind at most")
    parser.add_argument("--peer", default=sys.executable, help="a Python that has hypothesis-jsonschema")
    parser.add_argument("--quick", action="store_true", help="the same table from a reduced run")
    given_ = parser.parse_args()
    if given_.quick:
        given_.examples, given_.misses, given_.generated, given_.slow = 10, 10, 25, 2.0
        given_.step = 30
    warnings.simplefilter("ignore")
    schemas = list(corpus(given_.schemas, given_.step, given_.generated))
    shard, shards = map(int, given_.shard.split("/"))
    schemas = schemas[shard::shards]
    print(f"{len(schemas)} schemas, {given_.examples} values and texts, {given_.misses} near misses of each")
    counts = (given_.examples, given_.examples, given_.misses)
    table(judged(schemas, counts, given_.slow, given_.log))
    if shards > 1:
        return
    coverage()
    some = [schema for _, schema in schemas][:: 4 if given_.quick else given_.peer_step]
    peer(given_.peer, some, given_.examples, min(given_.slow, 5.0))


if __name__ == "__main__":
    main()
