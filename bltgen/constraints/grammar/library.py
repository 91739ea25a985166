"""The ready grammars: files of the directory `grammars`, found by name.

In an installed package they are `bltgen/grammars/`; in a checkout, and in an editable install of one, they
are `grammars/` beside the package.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from bltgen.arguments import shown
from bltgen.errors import ConstraintError, did_you_mean

__all__ = ["FORMATS", "grammar_names", "library_text"]

FORMATS = ("lark", "gbnf", "abnf")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def _directories() -> list[Any]:
    package = files("bltgen")
    found: list[Any] = [package / "grammars"]
    if isinstance(package, Path):
        found.append(package.parent / "grammars")
    return [directory for directory in found if directory.is_dir()]


def grammar_names() -> list[str]:
    """The names that `grammar_file` takes, sorted."""
    names = set()
    for directory in _directories():
        for entry in directory.iterdir():
            stem, _, suffix = entry.name.rpartition(".")
            if suffix in FORMATS:
                names.add(stem)
    return sorted(names)


def library_text(name: str) -> tuple[str, str] | None:
    """(text, format) of the ready grammar of this name, or None."""
    if len(name) > 100 or not _NAME.fullmatch(name):
        return None
    for directory in _directories():
        for suffix in FORMATS:
            entry = directory / f"{name}.{suffix}"
            if entry.is_file():
                return entry.read_text("utf-8"), suffix
    return None


def missing(name: str) -> ConstraintError:
    """The error for a name that is not there."""
    names = grammar_names()
    listed = f"there is no grammar {shown(name)}; there are: {', '.join(names)}"
    return ConstraintError(listed + did_you_mean(name, names))
