"""What the README shows runs, and prints what it should."""

from __future__ import annotations

import ast
import doctest
import re
import shlex
from pathlib import Path

import pytest

from bltgen.cli import main

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


def test_the_first_example_prints_the_values_of_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    """The embedded model reads the sentence rightly."""
    exec(compile(BLOCKS[0], str(README), "exec"), {})
    assert ast.literal_eval(capsys.readouterr().out) == {"name": "Ada Lovelace", "age": 36, "city": "London"}


def test_the_interpreter_sessions_are_right() -> None:
    """Every `>>>` of the README."""
    results = doctest.testfile(str(README), module_relative=False)
    assert results.attempted > 0
    assert not results.failed


def test_every_constraint_of_the_list_is_made() -> None:
    """The block that lists the kinds of constraints."""
    (block,) = [block for block in BLOCKS if "grammar_file" in block]
    exec(f"import bltgen\nschema, text = {{}}, 'a text'\n{block}", {})


def test_the_commands_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command of the command-line section has a help page with the options that it is shown with."""
    section = README.read_text().split("## Command line")[1].split("```")[1]
    for line in section.strip().splitlines():
        words = shlex.split(line, comments=True)
        with pytest.raises(SystemExit) as ended:
            main([words[1], "--help"])
        assert not ended.value.code
        shown = capsys.readouterr().out
        assert all(word in shown for word in words if word.startswith("--")), line
