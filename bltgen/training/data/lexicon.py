"""The words of `words.txt`, by the headings of their lists.

>>> "kettle" in WORDS["things"]
True
"""

from __future__ import annotations

from importlib.resources import files

__all__ = ["WORDS"]


def _read(source: str) -> dict[str, tuple[str, ...]]:
    lists: dict[str, tuple[str, ...]] = {}
    heading = ""
    for line in source.splitlines():
        if line.startswith("== "):
            heading = line[3:].strip()
        elif line.strip() and not line.startswith("#"):
            words = tuple(word.strip() for word in line.split(",") if word.strip())
            lists[heading] = lists.get(heading, ()) + words
    return lists


WORDS = _read(files("bltgen.training.data").joinpath("words.txt").read_text("utf-8"))
