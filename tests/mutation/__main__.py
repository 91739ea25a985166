"""Mutation testing: how many small changes of the code do the tests of its package notice?

    python -m tests.mutation [--package automata] [--per-module 30] [--seed 1] [--resume FILE]

From each module of the packages a seeded sample of mutations is drawn (`mutations.py`). Each is made
in a process of its own, which runs the tests of the module's package folder (`tests/automata` for
`bltgen/automata/...`) that reach the changed line, quickest first, until one fails. Hypothesis draws as
in CI. A mutation that no test notices is a survivor: a missing test, or one that changes nothing
which anybody could see. The latter are listed in `equivalent.json`, each with the reason, and do not count.

Needs the package `coverage`, and fork. `--resume` keeps each verdict in a file as soon as it is known, so
that a long run can be stopped and started again. `--longest` leaves the slow tests out, which can only
find fewer killed. `--tests` runs some files alone, which is how one writes the tests of a module: what they
kill, the whole folder kills.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.mutation.mutations import Mutation, mutated, mutations
from tests.mutation.trial import Run, run_tests, warm_up

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("automata", "constraints", "decoding", "model")
EQUIVALENT = Path(__file__).parent / "equivalent.json"


def sample(package: str, per_module: int, seed: int, modules: list[str]) -> list[Mutation]:
    """`per_module` mutations of each module of a package, fewer where there are fewer."""
    drawn = []
    for file in sorted((ROOT / "bltgen" / package).rglob("*.py")):
        name = str(file.relative_to(ROOT))
        if modules and not any(module in name for module in modules):
            continue
        found = mutations(file.read_text(), name)
        rng = random.Random(f"{seed}/{name}")
        drawn += rng.sample(found, min(per_module, len(found)))
    return drawn


class Baseline:
    """The tests of a package folder on the code as it is: how long each takes, which lines it runs."""

    def __init__(self, package: str, cache: Path | None, only: list[str]) -> None:
        tests = only or [f"tests/{package}"]
        files = sorted((ROOT / "bltgen").rglob("*.py")) + sorted((ROOT / "tests" / package).rglob("*.py"))
        mark = hashlib.sha256(b"".join(file.read_bytes() for file in files) + repr(only).encode()).hexdigest()
        kept = cache.with_suffix(f".{package}.baseline") if cache else None
        record: Any = None
        if kept and kept.exists():
            stored = json.loads(kept.read_text())
            record = stored["record"] if stored["mark"] == mark else None
        if record is None:
            run = run_tests(ROOT, tests, seconds=3600, covered=True)
            if run.by or run.record is None:
                sys.exit(f"{' '.join(tests)}: the tests fail on the code as it is: {run.by or run.verdict}")
            record = run.record
            if kept:
                kept.write_text(json.dumps({"mark": mark, "record": record}))
        self.seconds: dict[str, float] = record["seconds"]
        self.by_line: dict[tuple[str, int], list[str]] = {}
        for test, files_of_test in record["lines"].items():
            for file, lines in files_of_test.items():
                for line in lines:
                    self.by_line.setdefault((file, line), []).append(test)

    def tests(self, mutation: Mutation) -> tuple[list[str], list[str]]:
        """Those that run the line, quickest first; all where it runs when the module is imported.

        The tests of the file that bears the module's name come apart: few files are read for them.
        """
        tests = self.by_line.get((mutation.file, mutation.line), [])
        tests = tests or self.by_line.get((mutation.file, mutation.statement), [])
        if "import" in tests:
            tests = list(self.seconds)
        tests = sorted(tests, key=lambda test: (self.seconds.get(test, 0.0), test))
        name = f"test_{Path(mutation.file).stem.strip('_')}"
        own = [test for test in tests if Path(test.split("::")[0]).stem == name]
        return own, [test for test in tests if test not in set(own)]

    def quickest(self, tests: list[str], longest: float) -> list[str]:
        """The first of them, as many as take `longest` seconds together on the code as it is."""
        total = 0.0
        for number, test in enumerate(tests):
            total += self.seconds.get(test, 0.0)
            if total > longest:
                return tests[:number]
        return tests


def judged(mutation: Mutation, baseline: Baseline, longest: float) -> Run:
    """Whether a test notices."""
    own, others = baseline.tests(mutation)
    if not own and not others:
        return Run("survived", "no test runs this line")
    file = ROOT / mutation.file
    module = ".".join(Path(mutation.file).with_suffix("").parts).removesuffix(".__init__")
    run = Run("survived")
    for tests in (own, baseline.quickest(others, longest)):
        if tests and not run.killed:
            tree = mutated(file.read_text(), mutation.index)
            expected = sum(baseline.seconds.get(test, 0.0) for test in tests)
            run = run_tests(ROOT, tests, (module, file, tree), seconds=30 + 4 * expected)
    return run


def main() -> int:
    """Draw, try and report; 1 where less than 90 % are killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.splitlines()[0])
    parser.add_argument("--package", choices=PACKAGES, action="append", help="default: all four")
    parser.add_argument(
        "--module", action="append", default=[], metavar="PART", help="files whose path has it"
    )
    parser.add_argument("--per-module", type=int, default=30, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument(
        "--resume", type=Path, metavar="FILE", help="verdicts known so far, one JSON line each"
    )
    parser.add_argument("--tests", action="append", default=[], metavar="FILE", help="run these alone")
    parser.add_argument(
        "--longest",
        type=float,
        default=math.inf,
        metavar="SECONDS",
        help="of other modules' tests, the quickest that take so long together",
    )
    parser.add_argument("--goal", type=float, default=0.9, metavar="SHARE")
    options = parser.parse_args()
    os.environ["CI"] = "1"
    warm_up()
    known: dict[str, dict[str, str]] = {}
    if options.resume and options.resume.exists():
        known = {line["mutation"]: line for line in map(json.loads, options.resume.open())}
    equivalent = {tuple(entry["mutation"]) for entry in json.loads(EQUIVALENT.read_text())}
    worst = 1.0
    for package in options.package or PACKAGES:
        drawn = [
            mutation
            for mutation in sample(package, options.per_module, options.seed, options.module)
            if mutation.name not in equivalent
        ]
        baseline = Baseline(package, options.resume, options.tests) if drawn else None
        verdicts: Counter[str] = Counter()
        for number, mutation in enumerate(drawn, 1):
            assert baseline is not None
            line = known.get(str(mutation))
            if line is None:
                run = judged(mutation, baseline, options.longest)
                line = {"mutation": str(mutation), "verdict": run.verdict, "by": run.by}
                if options.resume:
                    with options.resume.open("a") as file:
                        file.write(json.dumps(line) + "\n")
            killed = line["verdict"] != "survived"
            verdicts["killed" if killed else "survived"] += 1
            if not killed:
                reason = f"   ({line['by']})" if line["by"] else ""
                print(f"survived  {mutation}{reason}", flush=True)
            if number % 25 == 0:
                print(f"# {package}: {number} of {len(drawn)}, {dict(verdicts)}", file=sys.stderr, flush=True)
        share = verdicts["killed"] / max(1, sum(verdicts.values()))
        worst = min(worst, share)
        print(f"{package}: {verdicts['killed']} of {len(drawn)} killed, {share:.1%}", flush=True)
    return int(worst < options.goal)


if __name__ == "__main__":
    sys.exit(main())
