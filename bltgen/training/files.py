"""Raw bytes as training data: any files, text or binary, cut into windows at random places."""

from __future__ import annotations

import bisect
import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bltgen.training.batches import PROSE

__all__ = [
    "FileSource",
    "RawDocument",
    "files_fingerprint",
    "found_files",
    "places_of",
    "window_at",
    "windows",
]

_PIECE = 1 << 16
_PIECES = 256
"""A fingerprint reads this many pieces of a large file, evenly spread, its ends among them."""


@dataclass(frozen=True)
class RawDocument:
    """A window of a text: every byte counts alike. `begins`, `ends`: the text does so here."""

    prompt: bytes
    answer: bytes = b""
    ends: bool = True
    begins: bool = True

    @property
    def kinds(self) -> bytes:
        """One code a byte, all of one kind."""
        return bytes([PROSE]) * len(self.prompt)


def found_files(paths: Sequence[str | Path], skip: Path | None = None) -> list[tuple[Path, str]]:
    """Files and those in folders, with the names that they have there; hidden ones in folders are left out.

    skip: a folder that is left out, too. Raises FileNotFoundError; ValueError for what is no file.
    """
    found: list[tuple[Path, str]] = []
    for path in map(Path, paths):
        if not path.exists():
            raise FileNotFoundError(f"training data {path} does not exist")
        if path.is_file():
            found.append((path, path.name))
        elif not path.is_dir():
            raise ValueError(f"training data {path} is neither a file nor a folder")
        else:
            for file in sorted(path.rglob("*")):
                inner = file.relative_to(path)
                hidden = any(part.startswith(".") for part in inner.parts)
                own = skip is not None and skip.resolve() in file.resolve().parents
                if not hidden and not own and file.is_file():
                    found.append((file, str(inner)))
    return found


def files_fingerprint(files: Sequence[tuple[Path, str]], window: int) -> str:
    """Names files by their names, sizes and bytes (above 16 MB: pieces), and the window.

    The folders that the files lie in are not part of it: data may be moved.
    """
    digest = hashlib.sha256()
    total = 0
    for file, name in files:
        size = file.stat().st_size
        total += size
        digest.update(f"{name}\0{size}\0".encode(errors="surrogateescape"))
        with file.open("rb") as handle:
            if size <= _PIECE * _PIECES:
                digest.update(handle.read())
                continue
            for piece in range(_PIECES):
                handle.seek((size - _PIECE) * piece // (_PIECES - 1))
                digest.update(handle.read(_PIECE))
    return f"{len(files)} files, {total} bytes, window {window}, sha256 {digest.hexdigest()[:16]}"


def places_of(size: int, window: int) -> int:
    """At how many places a window over a text of `size` bytes can lie: each byte is then in `window` of them.

    A text no longer than the window is one document, as likely as all of these together.
    """
    return 0 if not size else window if size <= window else size + window - 1


def window_at(place: int, size: int, window: int) -> tuple[int, int]:
    """Where the window at a place begins and ends in a text of `size` bytes."""
    if size <= window:
        return 0, size
    start = place - (window - 1)
    return max(0, start), min(size, start + window)


def windows(size: int, window: int) -> Iterator[tuple[int, int]]:
    """Windows that follow each other: each byte is in one."""
    return ((start, min(size, start + window)) for start in range(0, size, window))


@dataclass(frozen=True)
class _Span:
    """The bytes [start, end) of a file of `size` bytes."""

    file: Path
    start: int
    end: int
    size: int

    def document(self, start: int, end: int) -> RawDocument:
        """Of the bytes [start, end) of the span."""
        first, last = self.start + start, self.start + end
        with self.file.open("rb") as handle:
            handle.seek(first)
            data = handle.read(last - first)
        if len(data) != last - first:
            raise ValueError(
                f"{self.file}: became shorter while it was read; training data must stay as it is"
            )
        return RawDocument(data, ends=last == self.size, begins=first == 0)


class FileSource:
    """Windows of at most `window` bytes from files (folders are searched); each byte is as likely as any.

    A window slides over a file from the one that holds its first byte alone to the one that holds its
    last alone, so a byte at either end lies in as many windows as one in the middle, and the beginnings
    and ends of files are learnt as such. A file no longer than the window is one document. Files are
    opened only while they are read: their number and size are not bounded by memory or descriptors.

    Raises FileNotFoundError for a missing path and ValueError where there is nothing to read.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "text"
    ...     _ = file.write_bytes(b"abcdef")
    ...     documents = FileSource([file], window=4)(seed=1)
    ...     [(next(documents).prompt, next(documents).ends) for _ in range(3)]
    [(b'abc', False), (b'bcde', False), (b'ef', True)]
    """

    def __init__(self, paths: Sequence[str | Path], window: int = 512) -> None:
        self._begin(found_files(paths), window)
        if not self.files:
            raise ValueError(f"no bytes to train on in {', '.join(map(str, paths))}")

    @classmethod
    def of(cls, files: Sequence[tuple[Path, str]], window: int) -> FileSource:
        """Of files and their names, which may all be empty."""
        source = cls.__new__(cls)
        source._begin(files, window)
        return source

    def _begin(self, files: Sequence[tuple[Path, str]], window: int) -> None:
        if window < 1:
            raise ValueError(f"window={window}: a window holds at least one byte")
        self.window = window
        self.held: str = ""
        """What is held out of the files, in words."""
        self.files = [(file, name) for file, name in files if file.stat().st_size]
        """Each file that is not empty, and its name."""
        sizes = [file.stat().st_size for file, _ in self.files]
        self._set([_Span(file, 0, size, size) for (file, _), size in zip(self.files, sizes, strict=True)])

    def _set(self, spans: list[_Span]) -> None:
        self._spans = spans
        self._ends: list[int] = []
        """Up to each span: the number of places that a window can begin at."""
        for span in spans:
            last = self._ends[-1] if self._ends else 0
            self._ends.append(last + places_of(span.end - span.start, self.window))

    @property
    def places(self) -> int:
        """How many windows there are: all are equally likely."""
        return self._ends[-1] if self._ends else 0

    @property
    def byte_count(self) -> int:
        """Bytes of all files."""
        return sum(span.end - span.start for span in self._spans)

    def __call__(self, seed: int) -> Iterator[RawDocument]:
        """An endless stream of windows that depends on the seed alone."""
        rng = random.Random(seed)
        while True:
            place = rng.randrange(self.places)
            number = bisect.bisect_right(self._ends, place)
            span = self._spans[number]
            first = self._ends[number - 1] if number else 0
            yield span.document(*window_at(place - first, span.end - span.start, self.window))

    def hold_out(self, share: float, seed: int, most_bytes: int) -> list[RawDocument]:
        """Leave a share of the bytes out of what is drawn, and return at most about `most_bytes` of it.

        Whole files, chosen by their names and the seed; where these are too few bytes (one large file), the
        end of the largest too, from a line break on if there is one near.
        """
        wished = int(share * self.byte_count)
        order = sorted(self._spans, key=lambda span: _rank(span.file.name, span.size, seed))
        held: list[_Span] = []
        for span in order:
            if sum(one.size for one in held) + span.size <= wished:
                held.append(span)
        kept = [span for span in self._spans if span not in held]
        wished -= sum(one.size for one in held)
        if kept and wished > sum(one.size for one in held):
            largest = max(kept, key=lambda span: span.size)
            cut = _line_break_after(largest.file, largest.size - wished, largest.size)
            held.append(_Span(largest.file, cut, largest.size, largest.size))
            kept[kept.index(largest)] = _Span(largest.file, 0, cut, largest.size)
        self._set(kept)
        self.held = f", held out {share:g} by seed {seed}"
        places = [(span, *at) for span in held for at in windows(span.end - span.start, self.window)]
        every = max(1, -(-len(places) * self.window // most_bytes))
        return [span.document(start, end) for span, start, end in places[::every]]

    @property
    def fingerprint(self) -> str:
        """Names what is drawn; see `files_fingerprint`."""
        return files_fingerprint(self.files, self.window) + self.held


def _rank(name: str, size: int, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}/{name}/{size}".encode(errors="surrogateescape"), digest_size=8).digest()


def _line_break_after(file: Path, place: int, size: int) -> int:
    """The place after the first line break from `place` on, or `place` where none is near."""
    with file.open("rb") as handle:
        handle.seek(place)
        found = handle.read(min(4096, max(0, size - place - 1))).find(b"\n")
    return place + found + 1
