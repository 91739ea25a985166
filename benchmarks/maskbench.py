"""JSON Schemas from practice: which instances does each engine judge rightly, and how long does a mask take?

    python benchmarks/maskbench.py [--quick] [--engines bltgen,llguidance] [--data DIRECTORY] [--differences]

The schemas are those of MaskBench (https://github.com/guidance-ai/jsonschemabench), each a file with
`{"schema", "tests": [{"valid", "data"}]}`. They are not part of this repository: the benchmark reads them
from `--data`, by default `../shared/data/maskbench` beside it, and says so where they are not.

Each instance's JSON text is walked byte by byte, with a mask after each byte, in a vocabulary of the 256
bytes. A schema is *right* where every instance is judged as MaskBench says; *refused* where it does not
compile. `jsonschema` with format checks judges the same instances, in the first row. Times are of this run
on this machine, each engine in its own process: compile and first mask by schema; steps of the first
instance of a schema (cold) and of the others.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "maskbench"


def schemas(folder: Path, every: int) -> Iterator[tuple[str, Any, list[tuple[Any, bool]]]]:
    """Name, schema and instances with their verdicts of each `every`th file."""
    for path in sorted(folder.glob("*.json"))[::every]:
        content = json.loads(path.read_text("utf-8"))
        yield path.stem, content["schema"], [(t["data"], t["valid"]) for t in content["tests"]]


def text_of(instance: Any) -> bytes:
    """The text that is walked."""
    return json.dumps(instance, ensure_ascii=False).encode("utf-8", "surrogatepass")


def reference(schema: Any, instances: list[tuple[Any, bool]]) -> list[bool] | str:
    """The verdicts of Python's `jsonschema`, or why it has none."""
    import jsonschema

    try:
        cls = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
        validator = cls(schema, format_checker=cls.FORMAT_CHECKER)
        return [validator.is_valid(instance) for instance, _ in instances]
    except Exception as error:
        return f"{type(error).__name__}: {error}"


class Row:
    """Counts of one engine."""

    def __init__(self) -> None:
        self.right = self.refused = self.wrong = 0
        self.taken: list[str] = []
        self.missed: list[str] = []
        self.refusals: list[str] = []

    def add(self, name: str, verdicts: list[bool], refusal: str, instances: list[tuple[Any, bool]]) -> None:
        """Count one schema."""
        if refusal:
            self.refused += 1
            self.refusals.append(f"{name}: {refusal}")
            return
        fair = True
        for index, (verdict, (_, valid)) in enumerate(zip(verdicts, instances, strict=True)):
            if verdict != valid:
                fair = False
                (self.taken if verdict else self.missed).append(f"{name}[{index}]")
        self.right += fair
        self.wrong += not fair


def main() -> None:
    """Print the table."""
    from json_engines import Engine, Job, engines, quantile

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="each twentieth schema")
    parser.add_argument("--engines", default=",".join(engines()), help="names, by commas")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument(
        "--differences", action="store_true", help="list the peers' wrong and refused ones too"
    )
    parser.add_argument("--seconds", type=float, default=60, help="most for one schema and engine")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"no MaskBench sample at {options.data}; pass --data DIRECTORY with its JSON files")
    sample = list(schemas(options.data, 20 if options.quick else 1))
    count = sum(len(instances) for _, _, instances in sample)
    print(f"{len(sample)} schemas, {count} instances\n")
    print(
        f"{'engine':12} {'right':>14} {'refused':>8} {'wrong':>6} {'invalid taken':>14} {'valid refused':>14}"
    )
    judge = Row()
    for name, schema, instances in sample:
        verdicts = reference(schema, instances)
        refused = isinstance(verdicts, str)
        judge.add(name, [] if refused else list(verdicts), str(verdicts) if refused else "", instances)
    _print_row("jsonschema", judge, len(sample))
    times = []
    for engine_name in options.engines.split(","):
        engine = Engine(engine_name, timed=True, seconds=options.seconds)
        row = Row()
        compile_times: list[tuple[float, str]] = []
        cold: list[float] = []
        warm: list[float] = []
        slow_steps: list[tuple[float, str]] = []
        begin = time.perf_counter()
        for name, schema, instances in sample:
            outcome = engine.run(Job(schema, [(text_of(data), valid) for data, valid in instances]))
            row.add(name, outcome.verdicts, outcome.refusal, instances)
            if not outcome.refusal:
                compile_times.append((outcome.compile_seconds, name))
                cold += outcome.first_steps
                warm += outcome.later_steps
                slow_steps.append((max(outcome.first_steps + outcome.later_steps, default=0.0), name))
        engine.close()
        _print_row(engine_name, row, len(sample))
        if engine_name == "bltgen" or options.differences:
            for kind in ("taken", "missed", "refusals"):
                for item in getattr(row, kind):
                    print(f"    {kind}: {item[:160]}")
        times.append((engine_name, compile_times, cold, warm, slow_steps, time.perf_counter() - begin))
    print(f"\n{'microseconds':12} {'':12} {'p50':>9} {'average':>9} {'p90':>9} {'p99':>9} {'most':>11}")
    for engine_name, compile_times, cold, warm, slow_steps, total in times:
        rows = (
            ("first mask", [seconds for seconds, _ in compile_times]),
            ("cold step", cold),
            ("step", cold + warm),
        )
        for what, values in rows:
            shown = [quantile(values, 0.5), sum(values) / max(1, len(values))]
            shown += [quantile(values, 0.9), quantile(values, 0.99), max(values, default=float("nan"))]
            cells = " ".join(f"{1e6 * value:9.1f}" for value in shown)
            print(f"{engine_name:12} {what:12} {cells}")
        for what, named in (("first masks", compile_times), ("steps", slow_steps)):
            slowest = ", ".join(f"{name} {seconds:.3f} s" for seconds, name in sorted(named)[:-4:-1])
            print(f"{engine_name:12} slowest {what}: {slowest}")
        print(f"{engine_name:12} whole run: {total:.0f} s")


def _print_row(name: str, row: Row, total: int) -> None:
    right = f"{row.right} ({100 * row.right / total:.1f}%)"
    print(
        f"{name:12} {right:>14} {row.refused:>8} {row.wrong:>6} {len(row.taken):>14} {len(row.missed):>14}",
        flush=True,
    )


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    main()
