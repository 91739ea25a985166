"""Property tests with draws that nobody saw before: `make fresh-seeds`, or `make fresh-seeds SEED=123` again.

CI draws the same on every run, so that a change is judged by what it changes. This adds a minute of fresh
draws: quick property tests, by turns from all their files, with a random seed that is printed first, and once
more beside each failure, in the command that repeats it alone. No test begins after 45 seconds; at 60 the
rest is given up, which is no failure.

    python tests/fresh_seeds.py [seed] [--files FILE ...]
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LAST_START, END = 45, 60
FILES = [
    "tests/automata/test_language.py",
    "tests/automata/test_context_free.py",
    "tests/automata/test_suffix_automaton.py",
    "tests/constraints/test_json_number.py",
    "tests/constraints/test_json_number_short.py",
    "tests/constraints/test_json_string.py",
    "tests/constraints/test_regex.py",
    "tests/constraints/json_schema/test_against_jsonschema.py",
    "tests/constraints/json_schema/test_clauses.py",
    "tests/constraints/json_schema/test_within_budget.py",
    "tests/constraints/json_schema/test_grounding.py",
    "tests/integrations/test_limits.py",
]
BEGAN, SEED = "BLTGEN_FRESH_BEGAN", "BLTGEN_FRESH_SEED"


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Property tests alone, in an order that the seed draws."""
    kept = [item for item in items if getattr(getattr(item, "obj", None), "is_hypothesis_test", False)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    random.Random(os.environ[SEED]).shuffle(kept)
    items[:] = kept


def pytest_runtest_logstart(nodeid: str, location: Any) -> None:
    print(f"\n{nodeid}", end=" ", flush=True)


def pytest_runtest_teardown(item: Any, nextitem: Any) -> None:
    if time.time() - float(os.environ[BEGAN]) > LAST_START:
        item.session.shouldstop = "45 seconds are over"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How to repeat each failure."""
    for report in terminalreporter.stats.get("failed", []):
        terminalreporter.write_line(
            f"again: python -m pytest '{report.nodeid}' --hypothesis-profile=fresh "
            f"--hypothesis-seed={os.environ[SEED]}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("seed", type=int, nargs="?", default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--files", nargs="+", default=FILES)
    given = parser.parse_args()
    print(f"fresh draws of seed {given.seed}; again: make fresh-seeds SEED={given.seed}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.fresh_seeds", "--hypothesis-profile=fresh"]
    command += [f"--hypothesis-seed={given.seed}", "-p", "no:cacheprovider", *given.files]
    environment = {**os.environ, BEGAN: str(time.time()), SEED: str(given.seed)}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    try:
        code = subprocess.run(command, cwd=ROOT, env=environment, timeout=END, check=False).returncode
    except subprocess.TimeoutExpired:
        print("\n60 seconds are over: the rest is given up")
        return 0
    # pytest says 2 where it was stopped, by us, and nothing failed.
    return 0 if code == 2 else code


if __name__ == "__main__":
    sys.exit(main())
