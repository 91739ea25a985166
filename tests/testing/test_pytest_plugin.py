"""The plugin's fixtures work and its failures show the byte."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import bltgen
from bltgen.testing import conformance

PROGRAM = """
from bltgen.testing.conformance import check_decoder

def test_fixtures(tiny_blt, byte_model, constraint_of):
    digits = constraint_of("[0-9]{2}")
    assert constraint_of("[0-9]{2}") is digits
    assert constraint_of(["yes", b"no"]).accepts(b"no")
    assert constraint_of({"type": "null"}).accepts(b"null")
    import bltgen
    for model in (tiny_blt, byte_model):
        assert digits.accepts(bltgen.Generator(model).generate("", digits).data)

def test_readable(constraint_of):
    check_decoder(lambda prompt, max_bytes, seed: b"4x", constraint_of("[0-9]{2}"))
"""


def test_fixtures_and_reports(tmp_path):
    """One test passes with all fixtures; the other shows a caret and what was allowed, no traceback."""
    file = tmp_path / "test_with_plugin.py"
    file.write_text(PROGRAM)
    installed = any(point.name == "bltgen" for point in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "bltgen.testing.pytest_plugin"]
    arguments = [sys.executable, "-m", "pytest", "-q", *plugin, str(file)]
    shown = subprocess.run(
        [*arguments, "-c", "/dev/null", "--rootdir", str(tmp_path)], capture_output=True, text=True
    ).stdout
    assert "1 failed, 1 passed" in shown
    assert "the output is valid: b'x' leaves the language" in shown
    assert "    4x\n     ^\n  allowed there: 0-9" in shown
    assert "'0' as in 40" in shown
    assert "Traceback" not in shown


def test_conformance_needs_neither_pytest_nor_hypothesis():
    """Checks run where only bltgen is installed."""
    program = (
        "import sys; sys.modules['hypothesis'] = sys.modules['pytest'] = None\n"
        "from bltgen.testing import conformance; import bltgen\n"
        "conformance.check_automaton(bltgen.regex('ab?'))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    conformance.check_automaton(bltgen.regex("ab?"))
