"""Fresh draws: the seed is told first, a failure says how to repeat it, and that does repeat it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

PROPERTY = """
from hypothesis import Phase, given, settings, strategies as st

@settings(phases=[Phase.generate])
@given(st.integers(0, 10**12))
def test_property(number):
    assert number < 10**6

def test_plain():
    assert False, "no property"
"""


def test_a_failure_can_be_repeated(tmp_path: Path) -> None:
    """By the seed and by the command, whatever profile CI has; other tests are not run."""
    file = tmp_path / "test_fails.py"
    file.write_text(PROPERTY)
    # What lies outside of tests/ has no conftest of its own.
    environment = {**os.environ, "PYTEST_ADDOPTS": "-p tests.conftest", "PYTHONPATH": os.getcwd()}
    script = [sys.executable, "tests/fresh_seeds.py", "--files", str(file)]
    first = subprocess.run(script, env=environment, capture_output=True, text=True, check=False)
    assert first.returncode == 1, first.stdout + first.stderr
    seed = re.match(r"fresh draws of seed (\d+); again: make fresh-seeds SEED=\1\n", first.stdout)
    assert seed
    assert "no property" not in first.stdout
    found = re.search(r"number=(\d+)", first.stdout)
    assert found
    again = re.search(r"again: python (-m pytest .*)", first.stdout)
    assert again
    assert f"--hypothesis-seed={seed[1]}" in again[1]
    command = [sys.executable, *shlex.split(re.sub(r"'.*::", f"'{file}::", again[1]))]
    second = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert f"number={found[1]}" in second.stdout
