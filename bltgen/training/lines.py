"""Documents by line, from files larger than memory: where the lines are is known a block at a time.

A line is drawn as a file of its own would be (`bltgen.training.files`): one that fits into the window is one
document, and each byte is as likely as any.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     file = Path(folder) / "names"
...     _ = file.write_bytes(b"Ada\\n\\nGrace\\r\\nAlan")
...     documents = LineSource([(file, "names")], window=10)(seed=3)
...     sorted({next(documents).prompt for _ in range(20)})
[b'Ada', b'Alan', b'Grace']
"""

from __future__ import annotations

import bisect
import hashlib
import random
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from bltgen.training.batches import TrainingDocument
from bltgen.training.files import RawDocument, files_fingerprint, places_of, window_at, windows

__all__ = ["Line", "LineIndex", "LineSource"]

HEAD = 1 << 16
"""The most bytes of a line that are looked at to tell it from others."""

BLOCK, BLOCKS = 4096, 1 << 20
"""The least bytes of a block, and the most blocks of a file: 24 bytes of memory each."""

EXACT = 1 << 20
"""Up to so many documents, exactly the wished share is held out."""


class Line(NamedTuple):
    """A line of a file without its line break. `number`, from 1; `head`: its first bytes, at most `HEAD`."""

    file: Path
    number: int
    start: int
    size: int
    head: bytes

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Bytes of the line."""
        last = self.size if end is None else end
        if last <= len(self.head):
            return self.head[start:last]
        with self.file.open("rb") as handle:
            handle.seek(self.start + start)
            data = handle.read(last - start)
        if len(data) != last - start:
            raise ValueError(f"{self.file}: became shorter while it was read")
        return data


def _scan(file: Path, start: int, number: int, stop: int) -> Iterator[tuple[Line, int]]:
    """The lines that begin in [start, stop) of a file, each with where the next begins."""
    with file.open("rb") as handle:
        handle.seek(start)
        while start < stop:
            head = piece = handle.readline(HEAD)
            if not piece:
                return
            size, end = len(piece), piece[-2:]
            while not piece.endswith(b"\n"):
                piece = handle.readline(HEAD)
                if not piece:
                    break
                size, end = size + len(piece), (end + piece)[-2:]
            after = 2 if end == b"\r\n" else 1 if end.endswith(b"\n") else 0
            yield Line(file, number, start, size - after, head[: size - after]), start + size
            start, number = start + size, number + 1


class LineIndex:
    """Which line holds which place, where line after line has so many places as `places_of_line` says.

    `told`: called once with each line, as the file is read.
    Memory: 24 bytes a block of lines, at most `BLOCKS` blocks a file.
    """

    def __init__(
        self,
        file: Path,
        places_of_line: Callable[[Line], int],
        told: Callable[[Line], None] = lambda line: None,
    ) -> None:
        self._file, self._places_of_line = file, places_of_line
        self._starts, self._numbers, self._ends = array("Q"), array("Q"), array("Q")
        self._size = file.stat().st_size
        self._long: dict[int, int] = {}
        """Blocks that are one long line, which is not scanned again: its size."""
        block = max(BLOCK, -(-self._size // BLOCKS))
        places = 0
        opened = False
        for line, after in _scan(file, 0, 1, self._size):
            long = line.size > max(block, HEAD)
            if not opened or long or after - self._starts[-1] > block:
                self._starts.append(line.start)
                self._numbers.append(line.number)
                self._ends.append(places)
                opened = not long
            if long:
                self._long[len(self._starts) - 1] = line.size
            places += places_of_line(line)
            told(line)
            self._ends[-1] = places

    @property
    def places(self) -> int:
        """Of all lines."""
        return self._ends[-1] if self._ends else 0

    def at(self, place: int) -> tuple[Line, int]:
        """The line that holds a place, and which of its places it is."""
        block = bisect.bisect_right(self._ends, place)
        left = place - (self._ends[block - 1] if block else 0)
        start, number = self._starts[block], self._numbers[block]
        if block in self._long:
            with self._file.open("rb") as handle:
                handle.seek(start)
                head = handle.read(min(HEAD, self._long[block]))
            return Line(self._file, number, start, self._long[block], head), left
        stop = self._starts[block + 1] if block + 1 < len(self._starts) else self._size
        for line, _ in _scan(self._file, start, number, stop):
            places = self._places_of_line(line)
            if left < places:
                return line, left
            left -= places
        raise ValueError(f"{self._file}: changed while it was read; training data must stay as it is")


class LineSource:
    """The lines of files as documents; blank ones are none. An endless stream for each seed."""

    def __init__(self, files: Sequence[tuple[Path, str]], window: int) -> None:
        if window < 1:
            raise ValueError(f"window={window}: a window holds at least one byte")
        self.files, self.window = files, window
        self.held = ""
        self.longest = self.byte_count = 0
        """The bytes of the longest document, at most the window, and those of all documents."""
        self._below = 0  # lines whose rank is below it are held out
        self._index(self._count)

    def _index(self, told: Callable[[Line], None]) -> None:
        self._indices = [LineIndex(file, self._places, told) for file, _ in self.files]
        self._ends: list[int] = []
        for index in self._indices:
            self._ends.append((self._ends[-1] if self._ends else 0) + index.places)

    def _count(self, line: Line) -> None:
        size = self.size(line)
        self.longest = max(self.longest, min(size, self.window))
        self.byte_count += size

    def _places(self, line: Line) -> int:
        size = self.size(line)
        if not size or (self._below and _rank(line, self._seed) < self._below):
            return 0
        return places_of(size, self.window)

    def size(self, line: Line) -> int:
        """Bytes of the document that a line is; 0 for none."""
        return line.size if line.head.strip() or line.size > HEAD else 0

    def document(self, line: Line, start: int, end: int) -> TrainingDocument:
        """The bytes [start, end) of the document that a line is."""
        return RawDocument(line.read(start, end), ends=end == self.size(line), begins=start == 0)

    @property
    def places(self) -> int:
        """How many documents and windows there are: all are equally likely."""
        return self._ends[-1] if self._ends else 0

    def __call__(self, seed: int) -> Iterator[TrainingDocument]:
        """An endless stream that depends on the seed alone."""
        rng = random.Random(seed)
        while True:
            place = rng.randrange(self.places)
            number = bisect.bisect_right(self._ends, place)
            line, left = self._indices[number].at(place - (self._ends[number - 1] if number else 0))
            yield self.document(line, *window_at(left, self.size(line), self.window))

    def hold_out(self, share: float, seed: int, most_bytes: int) -> list[TrainingDocument]:
        """Leave a share of the documents out of what is drawn, and return at most about `most_bytes` of them.

        They are chosen by their contents and the seed, so a text that stands in several lines is on one side.
        """
        self._seed = seed
        ranks, count, total = array("Q"), 0, 0
        for line in self._lines():
            size = self.size(line)
            if size:
                count, total = count + 1, total + size
                if count <= EXACT:
                    ranks.append(_rank(line, seed))
        wished = max(1, round(share * count))
        self._below = sorted(ranks)[min(wished, count) - 1] + 1 if count <= EXACT else int(share * 2**64)
        # Of those, as many as are read; one at the least.
        shown = self._below
        if most_bytes < share * total:
            shown = max(int(self._below * (most_bytes / (share * total))), min(ranks) + 1)
        self.held = f", held out {share:g} by seed {seed}"
        found: list[TrainingDocument] = []

        def collect(line: Line) -> None:
            size = self.size(line)
            if size and _rank(line, seed) < shown:
                for start, end in islice(windows(size, self.window), 16):
                    found.append(self.document(line, start, end))

        self._index(collect)
        return found

    def _lines(self) -> Iterator[Line]:
        for file, _ in self.files:
            for line, _ in _scan(file, 0, 1, file.stat().st_size):
                yield line

    @property
    def fingerprint(self) -> str:
        """Names what is drawn."""
        return f"lines of {files_fingerprint(self.files, self.window)}{self.held}"


def _rank(line: Line, seed: int) -> int:
    """A number below 2^64 that depends on what the line says and on the seed."""
    key = str(seed).encode()[:64]
    return int.from_bytes(hashlib.blake2b(line.head, digest_size=8, key=key).digest(), "big")
