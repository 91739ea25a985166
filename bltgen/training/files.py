"""Raw bytes as training data: any files, text or binary, cut into windows at random places."""

from __future__ import annotations

import bisect
import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bltgen.training.batches import PROSE

__all__ = ["FileSource", "RawDocument"]

_PIECE = 1 << 16
_PIECES = 256
"""A fingerprint reads this many pieces of a large file, evenly spread, its ends among them."""


@dataclass(frozen=True)
class RawDocument:
    """A window of a file: every byte counts alike. `ends`: the file ends here, and so may the text."""

    prompt: bytes
    answer: bytes = b""
    ends: bool = True

    @property
    def kinds(self) -> bytes:
        """One code a byte, all of one kind."""
        return bytes([PROSE]) * len(self.prompt)


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
        if window < 1:
            raise ValueError(f"window={window}: a window holds at least one byte")
        self.window = window
        self.files: list[tuple[Path, int]] = []
        """Each file that is not empty, and its size in bytes."""
        names: list[str] = []
        for path in map(Path, paths):
            if not path.exists():
                raise FileNotFoundError(f"training data {path} does not exist")
            found = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
            for file in found:
                size = file.stat().st_size
                if size:
                    self.files.append((file, size))
                    names.append(str(file.relative_to(path)) if path.is_dir() else file.name)
        if not self.files:
            raise ValueError(f"no bytes to train on in {', '.join(map(str, paths))}")
        self._names = names
        self._ends: list[int] = []
        """Up to each file: the number of places that a window can begin at."""
        for _, size in self.files:
            places = window if size <= window else size + window - 1
            self._ends.append((self._ends[-1] if self._ends else 0) + places)

    def __call__(self, seed: int) -> Iterator[RawDocument]:
        """An endless stream of windows that depends on the seed alone."""
        rng = random.Random(seed)
        while True:
            place = rng.randrange(self._ends[-1])
            number = bisect.bisect_right(self._ends, place)
            file, size = self.files[number]
            if size <= self.window:
                yield RawDocument(self._read(file, 0, size))
                continue
            start = place - (self._ends[number] - size)
            end = min(size, start + self.window)
            yield RawDocument(self._read(file, max(0, start), end), ends=end == size)

    @staticmethod
    def _read(file: Path, start: int, end: int) -> bytes:
        with file.open("rb") as handle:
            handle.seek(start)
            data = handle.read(end - start)
        if len(data) != end - start:
            raise ValueError(f"{file}: became shorter while it was read; training data must stay as it is")
        return data

    @property
    def fingerprint(self) -> str:
        """Names what is drawn: the files' names, sizes and bytes (above 16 MB: pieces), and the window.

        The folders that the files lie in are not part of it: data may be moved.
        """
        digest = hashlib.sha256()
        for name, (file, size) in zip(self._names, self.files, strict=True):
            digest.update(f"{name}\0{size}\0".encode())
            with file.open("rb") as handle:
                if size <= _PIECE * _PIECES:
                    digest.update(handle.read())
                    continue
                for piece in range(_PIECES):
                    handle.seek((size - _PIECE) * piece // (_PIECES - 1))
                    digest.update(handle.read(_PIECE))
        total = sum(size for _, size in self.files)
        return (
            f"{len(self.files)} files, {total} bytes, window {self.window}, sha256 {digest.hexdigest()[:16]}"
        )
