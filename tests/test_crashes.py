"""A test that ends the process is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).parent / "crashes.py"
SEGFAULT = "import ctypes; ctypes.string_at(0)"
KILL = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
ABORT = "import os; os.abort()"


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, str(RUNNER), "-q", "-p", "no:cacheprovider", "-p", "no:bltgen", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(
    ("how", "signal"),
    [(SEGFAULT, "SIGSEGV"), (KILL, "SIGKILL"), (ABORT, "SIGABRT")],
    ids=["segv", "kill", "abort"],
)
def test_the_test_that_crashed_is_named(how: str, signal: str, tmp_path: Path) -> None:
    """With its parameter; those before it passed."""
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('number', [1, 2, 3])\n"
        f"def test_one(number):\n    if number == 2:\n        {how}\n"
    )
    code, output = run(tmp_path)
    assert code > 128
    assert output.rstrip().endswith(f"CRASHED ({signal}) in test_it.py::test_one[2]")


def test_a_crash_on_import_names_the_file(tmp_path: Path) -> None:
    """Before there is any test."""
    (tmp_path / "test_it.py").write_text(SEGFAULT)
    code, output = run(tmp_path)
    assert code not in range(7)
    assert "in collecting test_it.py" in output


@pytest.mark.parametrize(("body", "code"), [("pass", 0), ("assert False", 1), ("import sys; sys.exit(3)", 1)])
def test_other_ends_keep_their_exit_code(body: str, code: int, tmp_path: Path) -> None:
    """And say nothing of a crash; no tests at all is a failure too."""
    (tmp_path / "test_it.py").write_text(f"def test_one():\n    {body}\n")
    found, output = run(tmp_path)
    assert (found, "CRASHED" in output) == (code, False)
    assert run(tmp_path, "-k", "nothing")[0] == 5
