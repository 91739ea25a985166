"""What docs/training.md shows is there: its session runs, its commands and its configuration are known."""

from __future__ import annotations

import argparse
import doctest
import re
import shlex
from pathlib import Path

import pytest

import bltgen.training.data.corpora.__main__ as corpora
from bltgen.cli import _parser
from bltgen.training.job import Job, read_settings
from bltgen.training.model_shape import shaped

PAGE = Path(__file__).parents[2] / "docs" / "training.md"
if not PAGE.exists():
    pytest.skip("the documents are not beside the tests", allow_module_level=True)
TEXT = PAGE.read_text()


def test_the_session_is_right() -> None:
    """Every `>>>` of the page."""
    results = doctest.testfile(str(PAGE), module_relative=False)
    assert results.attempted > 0
    assert not results.failed


def test_the_commands_are_known() -> None:
    """Each line that begins with bltgen is read by the parser."""
    lines = re.findall(r"^bltgen .*$", TEXT, re.MULTILINE)
    assert len(lines) >= 5
    for line in lines:
        parsed = _parser()[0].parse_args(shlex.split(line)[1:])
        assert isinstance(parsed, argparse.Namespace)


def test_the_file_of_settings_is_read(tmp_path: Path) -> None:
    """Each of its keys is one."""
    (block,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "run.toml").write_text(block)
    job = Job.of(read_settings(tmp_path / "run.toml"))
    assert shaped(job.size, job.model).latent.layers == 6


def test_every_option_that_is_named_is_one() -> None:
    """In the prose, too."""
    parser = _parser()[1]
    commands = [parser["train"], parser["generate"], corpora._parser()]
    known = {flag for command in commands for flag in command._option_string_actions}
    named = set(re.findall(r"--[a-z][a-z-]+(?<!-)", TEXT)) - {"--sample"}
    assert named <= known, named - known
    assert {"--init", "--low-rank", "--validation"} <= named
