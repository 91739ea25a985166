"""Imports between packages point one way, and the constraint side never needs torch."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bltgen

PACKAGE = Path(bltgen.__file__).parent
LAYERS = {
    "errors": set(),
    "arguments": {"errors"},
    "interruption": {"errors"},
    "automata": {"arguments", "interruption", "errors"},
    "constraints": {"automata", "arguments", "errors"},
    "model": {"arguments", "interruption", "errors"},
    "decoding": {"automata", "model", "arguments", "interruption", "errors"},
    "training": {"automata", "model", "arguments", "errors"},
    "testing": {"automata", "constraints", "model", "decoding", "training", "arguments", "errors"},
    "integrations": {"automata", "constraints", "model", "decoding", "arguments", "errors"},
}
# Imported within a function, when it is needed and not before:
# a type annotation as a constraint needs pydantic, which is an integration;
# a language rebuilt from its description needs the front end that registers its builder;
# a JSON Schema given where a constraint is asked for needs its front end;
# the value of a number is what the one rule for it says.
ON_DEMAND = {("constraints", "integrations"), ("automata", "constraints"), ("decoding", "constraints")}
FILES = sorted(file for file in PACKAGE.rglob("*.py") if file.relative_to(PACKAGE).parts[0] in LAYERS)


def imported_packages(file: Path, *, top_level_only: bool) -> set[str]:
    tree = ast.parse(file.read_text())
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names if node.module == "bltgen")
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return {name.split(".")[1] for name in names if name.startswith("bltgen.")}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_one_way(file: Path) -> None:
    """A module imports only from its own package and those to the left of it."""
    own = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for name in imported_packages(file, top_level_only=False) - {own}:
        if name not in LAYERS or name in LAYERS[own]:
            continue
        on_demand = name not in imported_packages(file, top_level_only=True)
        assert on_demand, f"{file} imports bltgen.{name} at its top level"
        assert (own, name) in ON_DEMAND, f"{file} imports bltgen.{name}"


def test_constraints_work_without_torch() -> None:
    """`import bltgen`, building and walking constraints, load no torch."""
    program = (
        "import sys, bltgen\n"
        "assert bltgen.regex('a+').accepts(b'aa')\n"
        "assert bltgen.json_schema({'type': 'integer'}).accepts(b'12')\n"
        "assert bltgen.grammar('start: \"a\" start | \"b\"').accepts(b'aab')\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_nothing_private_of_torch_or_numpy_is_used() -> None:
    """Nothing is promised of it. The one operator that is worth it has a guard, which alone names it."""
    private = re.compile(r"torch\.ops\b|\b(?:torch|np|numpy)(?:\.\w+)*\._(?!_version__)|np\.core|numpy\.core")
    named = re.compile(r"""(["'])_\w+(?:_mm|_supported)\1""")
    for file in PACKAGE.rglob("*.py"):
        for line in file.read_text().splitlines():
            assert not private.search(line), f"{file}: {line.strip()}"
            assert not named.search(line) or file.name == "int8_kernel.py", f"{file}: {line.strip()}"


def test_nothing_unpickles() -> None:
    """No module of the package unpickles, or loads torch files without `weights_only`."""
    for file in PACKAGE.rglob("*.py"):
        text = file.read_text()
        for call in ("pickle.load", "Unpickler(", "marshal.load", "joblib", "shelve"):
            assert call not in text, f"{file}: {call}"
        for line in text.splitlines():
            if "torch.load(" in line:
                assert "weights_only=True" in line, f"{file}: {line.strip()}"
