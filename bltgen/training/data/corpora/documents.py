"""Plain prose of a corpus folder as a source of training documents."""

from __future__ import annotations

import hashlib
import json
import mmap
import random
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bltgen.errors import did_you_mean
from bltgen.training.data.corpora.errors import CorpusError
from bltgen.training.data.document import Document, plain

__all__ = ["CorpusDocuments", "corpus_documents"]


@dataclass(frozen=True)
class _Lines:
    """One file of a corpus, of which any line is at hand without reading the rest."""

    language: str
    data: mmap.mmap
    starts: NDArray[np.int64]

    def at(self, offset: int) -> str:
        """The text of the document whose line holds this byte."""
        row = int(np.searchsorted(self.starts, offset, "right")) - 1
        end = int(self.starts[row + 1]) if row + 1 < len(self.starts) else len(self.data)
        text: str = json.loads(self.data[int(self.starts[row]) : end])["text"]
        return text


@lru_cache(maxsize=8)
def _files(folder: Path, split: str, languages: tuple[str, ...] | None) -> tuple[_Lines, ...]:
    found = {path.stem: path for path in sorted((folder / split).glob("*.jsonl")) if path.stat().st_size}
    if not found:
        raise CorpusError(
            f"{folder} has no {split} documents: "
            f"`python -m bltgen.training.data.corpora --into {folder}` makes them"
        )
    for language in languages or ():
        if language not in found:
            have = ", ".join(found)
            raise CorpusError(
                f"{folder} has no {language!r} in {split}, but {have}{did_you_mean(language, found)}"
            )
    files: list[_Lines] = []
    for language in languages or tuple(found):
        with found[language].open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == 0x0A).astype(np.int64) + 1
        files.append(_Lines(language, data, np.concatenate([[0], ends[:-1]]).astype(np.int64)))
    return tuple(files)


@dataclass(frozen=True)
class CorpusDocuments:
    """Texts of a folder that `python -m bltgen.training.data.corpora` made, without end; for a `Mixture`.

    A document is one paragraph or more that follow each other, at most `longest` bytes; a paragraph that is
    longer ends with a sentence, or else a word. Within a language each byte is about equally likely. A
    language is drawn by the square root of its bytes, so that small ones are seen. languages: ISO 639-1
    codes, all by default. Raises CorpusError, when it is called, for a folder without them.
    """

    folder: Path
    split: Literal["train", "validation", "test"] = "train"
    languages: tuple[str, ...] | None = None
    longest: int = 1_000

    def __call__(self, seed: int) -> Iterator[Document]:
        """An endless stream that depends on the seed alone."""
        files = _files(Path(self.folder), self.split, self.languages)
        return self._drawn(files, random.Random(f"corpus {seed}"))

    def _drawn(self, files: tuple[_Lines, ...], rng: random.Random) -> Iterator[Document]:
        shares = [len(file.data) ** 0.5 for file in files]
        while True:
            file = rng.choices(files, shares)[0]
            text = file.at(rng.randrange(len(file.data)))
            limit = rng.randint(self.longest // 4, self.longest)
            yield plain(_chunk(text, rng, limit), domain=f"corpus {file.language}")

    @property
    def fingerprint(self) -> str:
        """Names the documents and how they are drawn."""
        made = Path(self.folder) / "corpus.json"
        if not made.exists():
            raise CorpusError(
                f"{made} is missing: `python -m bltgen.training.data.corpora --into {self.folder}` makes it"
            )
        told = f"{self.split} {self.languages} {self.longest}".encode() + made.read_bytes()
        return f"corpus, sha256 {hashlib.sha256(told).hexdigest()[:16]}"


_SENTENCE = re.compile(r"[.!?。！？](?=\s|$)|[。！？]")


def _chunk(text: str, rng: random.Random, limit: int) -> bytes:
    """Paragraphs from a random one on, at most `limit` bytes with the newline at their end."""
    lines = text.splitlines(keepends=True)
    sizes = list(accumulate(len(line) for line in lines))
    first = bisect_right(sizes, rng.randrange(sizes[-1]))
    taken = lines[first].encode()
    for line in lines[first + 1 :]:
        more = line.encode()
        if len(taken) + len(more) > limit:
            break
        taken += more
    if len(taken) <= limit:
        return taken
    head = taken[: limit - 1].decode(errors="ignore")
    ends = [match.end() for match in _SENTENCE.finditer(head)]
    end = ends[-1] if ends else head.rfind(" ")
    return (head[:end] if end > 0 else head).encode() + b"\n"


def corpus_documents(folder: str | Path, seed: int, longest: int = 1_000) -> Iterator[Document]:
    """Without end: prose for training from a corpus folder, in all its languages; see `CorpusDocuments`."""
    return CorpusDocuments(Path(folder), longest=longest)(seed)
