"""The command, and the examples in the study's modules."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import benchmarks.scaling
from benchmarks.scaling.__main__ import main

MODULES = sorted(file.stem for file in Path(benchmarks.scaling.__path__[0]).glob("[a-z]*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    """As they are written."""
    assert doctest.testmod(importlib.import_module(f"benchmarks.scaling.{name}")).failed == 0


def test_a_budget_that_the_setting_lacks_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With those that it has."""
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--budget", "5"])
    assert "3e+12, 1e+13, 3e+13, 1e+14" in capsys.readouterr().err


def test_time_that_is_over_is_said(texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is lost, and the exit code tells it from the end of the study."""
    assert main([str(texts), "--toy", "--out", str(tmp_path), "--minutes", "0"]) == 3
    assert "start the same command again" in capsys.readouterr().err
    assert (tmp_path / "shared" / "corpus.json").exists()


def test_no_results_give_no_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And no error."""
    pytest.importorskip("matplotlib")
    assert main([str(tmp_path), "--plots", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""
