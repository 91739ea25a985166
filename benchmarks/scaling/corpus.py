"""Documents of a folder, split into train, validation and test, and cut into the pieces that models read.

A folder with the subfolders `train`, `validation` and `test` is split so; of any other folder each document's
own text decides. `.txt` files are a document each; a line of a `.jsonl` file is one, as
`bltgen.training.records` reads it. A piece is at most `context` bytes of one document and ends between two
characters. Every model reads the same pieces, each after a start symbol, and is judged on whole documents.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.scaling.settings import Setting
from bltgen.model.safetensors_file import write_atomically
from bltgen.training.files import files_fingerprint
from bltgen.training.records import read_record

__all__ = ["SPLITS", "Corpus", "Pieces", "cut", "documents", "prepare"]

SPLITS = ("train", "validation", "test")
_PERCENT = 3
"""Of the documents, for validation and for the test each, where a folder is not split."""


@dataclass(frozen=True)
class Pieces:
    """The bytes of a split, piece after piece. `bounds` int64 [pieces + 1]; `ends` bool: of a document."""

    data: bytes
    bounds: NDArray[np.int64]
    ends: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, place: int) -> bytes:
        return self.data[int(self.bounds[place]) : int(self.bounds[place + 1])]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Bytes of each piece."""
        return np.diff(self.bounds)


@dataclass(frozen=True)
class Corpus:
    """The pieces of each split, and what names them."""

    splits: dict[str, Pieces]
    fingerprint: str


def documents(file: Path) -> Iterator[bytes]:
    """The documents of a .txt or .jsonl file in UTF-8. Raises ValueError naming the line that is none."""
    if file.suffix == ".txt":
        yield file.read_bytes().decode("utf-8", "replace").encode()
        return
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                found = read_record(line, None)
            except ValueError as error:
                raise ValueError(f"{file}:{number}: {error}") from None
            yield found.prompt + found.answer


def cut(document: bytes, context: int) -> list[int]:
    """Where the pieces of a UTF-8 document end.

    >>> cut("abcdé".encode(), 5), cut(b"abcdef", 3)
    ([4, 6], [3, 6])
    """
    ends: list[int] = []
    start = 0
    while start < len(document):
        end = min(len(document), start + context)
        while end < len(document) and end > start + 1 and document[end] & 0xC0 == 0x80:
            end -= 1
        ends.append(end)
        start = end
    return ends


def _split(digest: bytes) -> str:
    percent = int.from_bytes(digest[:8], "big") % 100
    return "validation" if percent < _PERCENT else "test" if percent < 2 * _PERCENT else "train"


def _pieces(texts: list[bytes], context: int) -> Pieces:
    bounds, ends, offset = [0], [], 0
    for text in texts:
        found = cut(text, context)
        bounds += [offset + end for end in found]
        ends += [False] * (len(found) - 1) + [True]
        offset += len(text)
    return Pieces(b"".join(texts), np.array(bounds, np.int64), np.array(ends, bool))


def _read(folder: Path) -> dict[str, list[bytes]]:
    """Each document once, in an order that its text decides."""
    found: dict[str, dict[bytes, bytes]] = {split: {} for split in SPLITS}
    is_split = all((folder / split).is_dir() for split in SPLITS)
    for file in _files(folder):
        own = file.relative_to(folder).parts[0] if is_split else None
        for data in documents(file):
            digest = hashlib.blake2b(data, digest_size=16).digest()
            if data.strip():
                found[own or _split(digest)].setdefault(digest, data)
    return {split: [texts[digest] for digest in sorted(texts)] for split, texts in found.items()}


def _files(folder: Path) -> list[Path]:
    is_split = all((folder / split).is_dir() for split in SPLITS)
    roots = [folder / split for split in SPLITS] if is_split else [folder]
    kinds = (".txt", ".jsonl")
    return sorted(
        file for root in roots for file in root.rglob("*") if file.suffix in kinds and file.is_file()
    )


def prepare(folder: Path, work: Path, setting: Setting) -> Corpus:
    """Read `folder`, or what an earlier call left in `work` of the same files.

    Raises FileNotFoundError or ValueError where there is no text, or too little to hold any out.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"the corpus {folder} is not a folder of .txt or .jsonl files")
    files = _files(folder)
    if not files:
        raise ValueError(f"{folder} holds no .txt or .jsonl file")
    source = (
        f"{files_fingerprint([(file, str(file.relative_to(folder))) for file in files], setting.context)}, "
    )
    source += f"{setting.train_bytes} of them to learn from, {setting.held_out_bytes} held out"
    note = work / "corpus.json"
    if not note.exists() or json.loads(note.read_text())["source"] != source:
        _write(_read(folder), work, setting)
        write_atomically(note, json.dumps({"source": source}).encode())
    splits = {}
    for split in SPLITS:
        with np.load(work / f"{split}.npz") as held:
            splits[split] = Pieces(held["data"].tobytes(), held["bounds"], held["ends"])
    return Corpus(splits, source)


def _write(texts: dict[str, list[bytes]], work: Path, setting: Setting) -> None:
    work.mkdir(parents=True, exist_ok=True)
    for split, found in texts.items():
        wanted = setting.train_bytes if split == "train" else setting.held_out_bytes
        reached = np.cumsum([len(text) for text in found])
        found = found[: int(np.searchsorted(reached, wanted)) + 1]  # whole documents
        if not found:
            raise ValueError(f"no document for {split}: give more documents")
        pieces = _pieces(found, setting.context)
        with (work / f"{split}.npz").open("wb") as file:
            np.savez(file, data=np.frombuffer(pieces.data, np.uint8), bounds=pieces.bounds, ends=pieces.ends)
