"""Raw bytes as training data: any files, text or binary, cut into windows at random offsets."""

from __future__ import annotations

import bisect
import mmap
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bltgen.training.batches import PROSE

__all__ = ["FileSource", "RawDocument"]


@dataclass(frozen=True)
class RawDocument:
    """A window of a file: every byte counts alike."""

    prompt: bytes
    answer: bytes = b""

    @property
    def kinds(self) -> bytes:
        """One code a byte, all of one kind."""
        return bytes([PROSE]) * len(self.prompt)


class FileSource:
    """Windows of `window` bytes drawn uniformly from files (folders are searched), which stay memory-mapped.

    A file no longer than the window is one document that ends; a window within a longer file does not.
    Raises FileNotFoundError for a missing path and ValueError where there is nothing to read.
    """

    def __init__(self, paths: Sequence[str | Path], window: int = 512) -> None:
        self.window = window
        self.files: list[bytes | mmap.mmap] = []
        for path in map(Path, paths):
            if not path.exists():
                raise FileNotFoundError(f"training data {path} does not exist")
            found = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
            for file in found:
                if file.stat().st_size:
                    with file.open("rb") as handle:
                        self.files.append(mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ))
        if not self.files:
            raise ValueError(f"no bytes to train on in {', '.join(map(str, paths))}")
        self.ends: list[int] = []
        for data in self.files:
            self.ends.append((self.ends[-1] if self.ends else 0) + len(data))

    def __call__(self, seed: int) -> Iterator[RawDocument]:
        """An endless stream of windows that depends on the seed alone."""
        rng = random.Random(seed)
        while True:
            place = rng.randrange(self.ends[-1])
            number = bisect.bisect_right(self.ends, place)
            data = self.files[number]
            if len(data) <= self.window:
                yield RawDocument(bytes(data))
                continue
            start = min(place - (self.ends[number] - len(data)), len(data) - self.window)
            # One byte more than a batch keeps: the cut tells that the file goes on.
            yield RawDocument(bytes(data[start : start + self.window + 1]))
