"""Hash n-gram rows of new bytes from the few bytes before them, on the host.

The fast twin of `byte_embedding.hash_ngrams`: one integer matrix product over the windows that
end at the new bytes, exact in int64 with wrap-around.

>>> from bltgen.model.config import HashEmbeddingConfig
>>> NGramWindow(HashEmbeddingConfig((2,), 1, 100)).rows(np.array([[0, 5], [5, 6]])).tolist()
[[35], [47]]
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bltgen.model.byte_embedding import HASH_PRIMES
from bltgen.model.config import BOS_ID, BYTE_OFFSET, HashEmbeddingConfig

__all__ = ["NGramWindow"]

Ids = npt.NDArray[np.int64]


class NGramWindow:
    """Hashes windows of the last `length` ids. Stateless: the bytes themselves are the history."""

    def __init__(self, config: HashEmbeddingConfig) -> None:
        self.length = max(config.group_sizes) if config.tables else 1
        powers = np.zeros((self.length, config.tables), dtype=np.uint64)
        table = 0
        for function in range(config.functions):
            prime = HASH_PRIMES[function % len(HASH_PRIMES)]
            for size in config.group_sizes:
                for back in range(size):  # the oldest id of the group has power 0
                    powers[self.length - 1 - back, table] = pow(prime, size - 1 - back, 2**64)
                table += 1
        self._powers = powers.view(np.int64)
        self._buckets = np.int64(config.buckets)
        self._offsets = np.arange(config.tables, dtype=np.int64) * config.buckets

    def rows(self, windows: Ids) -> Ids:
        """windows [n, length] of ids, newest last -> table rows [n, tables]."""
        hashed: Ids = np.remainder(windows @ self._powers, self._buckets) + self._offsets
        return hashed

    def latest(self, texts: Sequence[bytes | bytearray], positions: Sequence[int]) -> Ids:
        """The windows [rows, length] that end at one position of each text."""
        length = self.length
        if min(positions) < length:
            each = [self.windows(text, position, 1) for text, position in zip(texts, positions, strict=True)]
            return np.concatenate(each)
        # Position p is byte p - 1: the window holds bytes only.
        read = [text[position - length : position] for text, position in zip(texts, positions, strict=True)]
        ids = np.frombuffer(b"".join(read), dtype=np.uint8).astype(np.int64)
        ids += BYTE_OFFSET
        return ids.reshape(len(texts), length)

    def windows(self, data: bytes | bytearray, start: int, count: int) -> Ids:
        """The windows [count, length] that end at positions start.. of BOS and `data` (0 before BOS)."""
        oldest = start - self.length + 1
        ids = np.zeros(self.length - 1 + count, dtype=np.int64)
        begin = max(oldest, 1)
        ids[begin - oldest :] = np.frombuffer(data[begin - 1 : start + count - 1], dtype=np.uint8)
        ids[begin - oldest :] += BYTE_OFFSET
        if oldest <= 0:
            ids[-oldest] = BOS_ID
        windows: Ids = np.lib.stride_tricks.sliding_window_view(ids, self.length)
        return windows
