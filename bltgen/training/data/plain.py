"""Texts without a task: English prose and JSON, so that the model knows both languages."""

from __future__ import annotations

import inspect
import json
import random
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from typing import Any

from bltgen.training.data import things as t
from bltgen.training.data import values as v
from bltgen.training.data.document import SYNTAX, Document, plain
from bltgen.training.data.lexicon import WORDS
from bltgen.training.data.pools import load_pools
from bltgen.training.data.values import Draw

__all__ = ["json_documents", "prose_documents"]

# Documentation under the PSF and BSD licences; a module that is not installed is left out.
_MODULES = WORDS["modules"]


@lru_cache(maxsize=1)
def _paragraphs() -> tuple[str, ...]:
    """Paragraphs of English from docstrings and Python's own reference."""
    texts: list[str] = []
    topics: dict[str, str] = import_module("pydoc_data.topics").topics
    texts += topics.values()
    for name in _MODULES:
        try:
            module = import_module(name)
        except ImportError:
            continue
        for _, member in sorted(vars(module).items()):
            if inspect.isclass(member) or inspect.isroutine(member):
                texts.append(inspect.getdoc(member) or "")
                if inspect.isclass(member):
                    texts += [
                        inspect.getdoc(m) or ""
                        for _, m in sorted(vars(member).items())
                        if inspect.isroutine(m)
                    ]
    found: dict[str, None] = {}
    for text in texts:
        for paragraph in re.split(r"\n\s*\n", text):
            line = " ".join(paragraph.split())
            letters = sum(c.isalpha() or c == " " for c in line)
            if (
                80 <= len(line) <= 600
                and letters > 0.88 * len(line)
                and line[0].isupper()
                and line[-1] in ".:"
            ):
                found[line.replace("``", "").replace("**", "")] = None
    return tuple(found)


def prose_documents(seed: int) -> Iterator[Document]:
    """Without end: paragraphs of documentation, in a shuffled order."""
    rng = random.Random(f"prose {seed}")
    paragraphs = list(_paragraphs())
    while True:
        rng.shuffle(paragraphs)
        for text in paragraphs:
            yield plain(text.encode(), domain="prose")


def _json_value(d: Draw, depth: int) -> Any:
    r = d.rng.random()
    if depth and r < 0.25:
        return {
            v.word(d) if d.chance(0.7) else f"{v.word(d)}_{v.word(d)}": _json_value(d, depth - 1)
            for _ in range(1 + d.below(4))
        }
    if depth and r < 0.4:
        return [_json_value(d, depth - 1) for _ in range(d.below(4))]
    if r < 0.7:
        return _STRINGS[d.below(len(_STRINGS))](d)
    if r < 0.9:
        return d.below(10 ** (1 + d.below(5))) if d.chance(0.6) else round(d.rng.random() * 1000, 2)
    return (True, False, None)[d.below(3)]


_STRINGS = (
    v.person,
    v.city,
    v.word,
    t.company,
    v.date,
    v.code,
    v.email,
    t.product,
    t.title,
    v.street_address,
)


def json_documents(seed: int) -> Iterator[Document]:
    """Without end: JSON objects of random shape."""
    d = Draw(random.Random(f"json {seed}"), load_pools("train"))
    while True:
        value = {v.word(d): _json_value(d, 2) for _ in range(1 + d.below(4))}
        r = d.rng.random()
        text = json.dumps(
            value,
            ensure_ascii=False,
            indent=2 if r > 0.9 else None,
            separators=(",", ":") if 0.7 < r <= 0.9 else None,
        )
        if len(text) < 500:
            yield plain(text.encode(), domain="json", kind=SYNTAX)
