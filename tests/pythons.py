"""What needs no torch, on every other Python that is here: `make pythons`.

For each interpreter of 3.10 to 3.13 on the path or in pyenv's folder, but for the one that runs this: an
empty environment with the pinned packages except torch, in which automata, grammars and constraints are
tested. (The whole would be a download of several GB for each, where the index has no CPU build.)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ("3.10", "3.11", "3.12", "3.13")
PACKAGES = [
    "numpy",
    "regex",
    "referencing",
    "jsonschema-specifications",
    "tqdm",
    "threadpoolctl",
    "safetensors",
]
PACKAGES += ["pytest", "hypothesis", "jsonschema[format-nongpl]", "interegular", "lark", "pydantic"]
TESTS = ["tests/automata", "tests/constraints/grammar", "tests/constraints/test_regex_syntax.py"]
TESTS += ["tests/constraints/test_json_number.py", "tests/test_grammars.py", "bltgen/automata"]


def interpreters() -> dict[str, str]:
    """By version, without the one of this process."""
    found: dict[str, str] = {}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in VERSIONS:
        names = [shutil.which(f"python{version}"), *sorted(map(str, pyenv.glob(f"{version}.*/bin/python")))]
        for name in filter(None, names):
            asked = subprocess.run(
                [name, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True
            )
            if asked.returncode == 0 and asked.stdout.decode().split() == version.split("."):
                found[version] = name
    found.pop(".".join(map(str, sys.version_info[:2])), None)
    return found


def check(version: str, python: str) -> tuple[bool, str]:
    """Whether all is well there, and a line that says so; else with the output."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        own = str(Path(folder) / "bin" / "python")
        install = [own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pins = ["-c", str(ROOT / ".ci" / "constraints.txt")]
        for command in (
            [python, "-m", "venv", folder],
            [*install, *pins, *PACKAGES],
            [own, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *TESTS],
        ):
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            if done.returncode:
                return False, f"{done.stdout}{done.stderr}\n{version}: FAILED: {' '.join(command)}"
    closing = done.stdout.strip().rsplit("\n", 1)[-1]
    return True, f"{version}: {time.monotonic() - begun:.0f} s, {closing}"


def main() -> int:
    """Two at a time."""
    found = interpreters()
    good = 0
    with ThreadPoolExecutor(2) as pool:
        for well, text in pool.map(check, found, found.values()):
            print(text, flush=True)
            good += well
    missing = [version for version in VERSIONS if version not in found]
    print(f"not here, or tested with torch: {', '.join(missing)}")
    print(f"pythons: {good} passed, {len(found) - good} failed")
    return int(good < len(found))


if __name__ == "__main__":
    sys.exit(main())
