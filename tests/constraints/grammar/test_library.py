"""The ready grammars by name: found in a checkout and in an installed package."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from bltgen.constraints.grammar import library
from bltgen.constraints.grammar.library import grammar_names, library_text, missing


@pytest.fixture
def directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    found = [tmp_path / "one", tmp_path / "two"]
    for directory in found:
        directory.mkdir()
    monkeypatch.setattr(library, "_directories", lambda: found)
    (found[0] / "b.gbnf").write_text("first")
    (found[0] / "note.txt").write_text("none")
    (found[0] / "b.c.abnf").write_text("dotted")
    (found[1] / "a.lark").write_text("é", "utf-8")
    (found[1] / "b.lark").write_text("second")
    return found


def test_names_are_those_of_files_with_a_notation(directories: list[Path]) -> None:
    assert grammar_names() == ["a", "b", "b.c"]


def test_the_first_directory_counts(directories: list[Path]) -> None:
    assert library_text("b") == ("first", "gbnf")
    assert library_text("a") == ("é", "lark")
    assert library_text("note") is None
    assert library_text("c") is None
    (directories[0] / "a.abnf").mkdir()
    assert library_text("a") == ("é", "lark")


@pytest.mark.parametrize("name", ["", "../one/b", "-b", "b.c", "_b", "a/b", "b\n", "é"])
def test_a_name_leads_nowhere_else(name: str, directories: list[Path]) -> None:
    assert library_text(name) is None


def test_names_have_a_length(directories: list[Path]) -> None:
    for length, found in ((100, True), (101, False)):
        (directories[0] / f"{'x' * length}.lark").write_text("long")
        assert (library_text("x" * length) is not None) is found


def test_what_is_missing_is_named(directories: list[Path]) -> None:
    assert str(missing("bb")).startswith("there is no grammar 'bb'; there are: a, b, b.c")


def test_a_package_that_is_no_folder_has_its_own_grammars_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "wheel.zip", "w") as wheel:
        wheel.writestr("bltgen/grammars/x.lark", 'start: "x"')
        wheel.writestr("grammars/y.lark", 'start: "y"')
    package = zipfile.Path(tmp_path / "wheel.zip", "bltgen/")
    monkeypatch.setattr(library, "files", lambda name: package)
    assert grammar_names() == ["x"]
    assert library_text("x") == ('start: "x"', "lark")
    assert library_text("y") is None


def test_the_ready_ones_are_there() -> None:
    assert {"json", "common", "unicode"} <= set(grammar_names())
    found = library_text("json")
    assert found is not None
    assert found[1] == "lark"
    assert str(missing("jsn")).endswith("did you mean 'json'?")
    (directory,) = library._directories()
    assert directory.name == "grammars"
