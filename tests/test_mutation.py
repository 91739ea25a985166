"""Mutation testing finds what no test notices, and only that."""

from __future__ import annotations

import ast
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.mutations import mutated, mutations

ROOT = Path(__file__).parent.parent
MODULE = '''
"""Text of a module."""

LIMIT = 7


def clamp(value: int, low: int = 0) -> int:
    """Not mutated: a text, an annotation, what an error says."""
    if value > 10 and low < 10:
        raise ValueError("more than " + "ten")
    return max(low, value) + 1
'''
TESTS = """
from example import clamp

def test_clamp():
    assert clamp(3) == 4
    assert clamp(-3) == 1
"""
TRIAL = """
import json, sys
from pathlib import Path
from tests.mutation.mutations import mutated, mutations
from tests.mutation.trial import run_tests

root = Path(sys.argv[1])
source = (root / "example.py").read_text()
for mutation in mutations(source, "example.py"):
    change = ("example", root / "example.py", mutated(source, mutation.index))
    run = run_tests(root, ["test_example.py"], change, seconds=60)
    print(json.dumps([mutation.before, mutation.after, run.verdict]))
"""


def test_each_change_is_one_place_and_nothing_unseen_is_changed() -> None:
    """Bounds, conditions, calls and returns are changed; texts, annotations and errors are not."""
    found = [(mutation.before, mutation.after) for mutation in mutations(MODULE, "example.py")]
    assert found == [
        ("7", "0"),
        ("0", "1"),
        ("if value > 10 and low < 10:", "if True:"),
        ("if value > 10 and low < 10:", "if False:"),
        ("value > 10 and low < 10", "value > 10 or low < 10"),
        ("value > 10", "value >= 10"),
        ("10", "11"),
        ("low < 10", "low <= 10"),
        ("10", "11"),
        ("return max(low, value) + 1", "return None"),
        ("max(low, value) + 1", "max(low, value) - 1"),
        ("max(low, value)", "min(low, value)"),
        ("1", "2"),
    ]


@pytest.mark.parametrize(
    "file", sorted((ROOT / "bltgen").glob("[acdm]*/**/*.py"))[::7], ids=lambda file: file.stem
)
def test_every_mutation_is_a_program_that_differs(file: Path) -> None:
    """The changed module compiles, and is not the one it was."""
    source = file.read_text()
    found = mutations(source, file.name)
    original = ast.unparse(ast.parse(source))
    for mutation in random.Random(1).sample(found, min(12, len(found))):
        tree = mutated(source, mutation.index)
        compile(tree, str(file), "exec")
        assert ast.unparse(tree) != original, str(mutation)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a trial runs in a fork")
def test_a_trial_tells_what_the_tests_notice(tmp_path: Path) -> None:
    """A mutation that the tests of a small project run into is killed, one that they do not see survives."""
    (tmp_path / "example.py").write_text(MODULE)
    (tmp_path / "test_example.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-c", TRIAL, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    verdicts = {
        (before, after): verdict for before, after, verdict in map(json.loads, done.stdout.splitlines())
    }
    assert verdicts["max(low, value)", "min(low, value)"] == "killed", done.stderr
    assert verdicts["return max(low, value) + 1", "return None"] == "killed"
    assert verdicts["if value > 10 and low < 10:", "if True:"] == "killed"
    assert verdicts["if value > 10 and low < 10:", "if False:"] == "survived"
    assert verdicts["value > 10", "value >= 10"] == "survived"


def test_a_constant_of_many_lines_is_run_where_its_statement_begins() -> None:
    source = (
        "LIMITS = (\n    1 +\n    2,\n    3,\n)\n\n\ndef f(a):\n    return (\n        a\n        < 5\n    )\n"
    )
    places = {(one.before, one.line, one.statement) for one in mutations(source, "example.py")}
    assert {("2", 3, 1), ("3", 4, 1), ("5", 11, 9), ("a < 5", 10, 9)} <= places
