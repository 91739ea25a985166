"""Runs pytest in a process of its own; if a signal ends that, says in which test.

    python tests/crashes.py [arguments of pytest]

The process writes down what it is about to do (collect a file, run a test) in a file, which outlives it.
Beside it faulthandler prints where in Python the crash happened.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

__all__ = ["run"]

ROOT = Path(__file__).resolve().parent.parent
NOTE = "BLTGEN_TEST_NOTE"


def _note(text: str) -> None:
    if path := os.environ.get(NOTE):
        Path(path).write_text(text)


def pytest_collectstart(collector: Any) -> None:
    """A file may crash where it is imported."""
    _note(f"collecting {collector.nodeid or 'the tests'}")


def pytest_runtest_logstart(nodeid: str, location: object) -> None:
    """Fixtures are part of a test."""
    _note(nodeid)


def pytest_sessionfinish() -> None:
    """What follows is Python's own end."""
    _note("after the last test")


def run(
    arguments: Sequence[str], environment: Mapping[str, str] | None = None, output: IO[str] | None = None
) -> tuple[int, str | None]:
    """Pytest's exit code, or 128 + the signal that ended it; and then what it was doing."""
    environment = dict(os.environ if environment is None else environment)
    paths = [str(ROOT), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder) / "note"
        environment[NOTE] = str(note)
        command = [sys.executable, "-X", "faulthandler", "-m", "pytest", "-p", "tests.crashes", *arguments]
        code = subprocess.run(command, env=environment, stdout=output, stderr=subprocess.STDOUT).returncode
        doing = note.read_text() if note.exists() else "starting"
    # A death by signal is negative on POSIX; on Windows a status far above pytest's own codes.
    if 0 <= code <= 6:
        return code, None
    return (128 - code if code < 0 else code), doing


def main(arguments: Sequence[str]) -> int:
    code, doing = run(arguments)
    if doing is not None:
        number = code - 128
        name = signal.Signals(number).name if number in iter(signal.Signals) else f"exit code {code}"
        print(f"\nCRASHED ({name}) in {doing}", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
