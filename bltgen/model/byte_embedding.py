"""Byte and hash n-gram embeddings: what a byte and the few bytes before it say at once.

For each group size n a rolling polynomial hash of the last n ids (left-padded with id 0)
picks a row of a table; the rows are added to the byte's own embedding (paper, section 3.2.1).
The hash is exact int64 arithmetic with wrap-around, as the released models compute it.
"""

from __future__ import annotations

import ctypes

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bltgen.model.config import HashEmbeddingConfig

__all__ = ["HASH_PRIMES", "HashNGramEmbedding", "hash_ngrams"]

# One prime a hash function, in the order of the released models.
HASH_PRIMES = (
    1000000007,
    5915587277,
    1500450271,
    3267000013,
    5754853343,
    4093082899,
    9576890767,
    3628273133,
    2860486313,
    5463458053,
    3367900313,
)


def hash_ngrams(ids: Tensor, config: HashEmbeddingConfig, history: Tensor | None = None) -> Tensor:
    """Table rows for every position: ids [batch, time] int64 -> [batch, time, tables] int64.

    `history` [batch, max(group_sizes) - 1] holds the ids before `ids` (0 where there are none);
    by default the text begins here.

    >>> hash_ngrams(torch.tensor([[5, 6]]), HashEmbeddingConfig((2,), 1, 100)).tolist()
    [[[35], [47]]]
    """
    longest = max(config.group_sizes)
    if history is None:
        padded = F.pad(ids, (longest - 1, 0))
    else:
        padded = torch.cat([history[:, history.shape[1] - (longest - 1) :], ids], dim=1)
    time = ids.shape[1]
    rows = []
    table = 0
    for function in range(config.functions):
        prime = HASH_PRIMES[function % len(HASH_PRIMES)]
        for size in config.group_sizes:
            hashed = torch.zeros_like(ids)
            for back in range(size):  # the oldest byte of the group has power 0
                power = ctypes.c_int64(prime ** (size - 1 - back)).value  # wrapped
                start = longest - 1 - back
                hashed = hashed + padded[:, start : start + time] * power
            rows.append(hashed.remainder(config.buckets) + table * config.buckets)
            table += 1
    return torch.stack(rows, dim=-1)


class HashNGramEmbedding(nn.Module):
    """Adds to each byte's embedding the rows its n-grams hash to. One table, row blocks by n-gram size."""

    def __init__(self, vocabulary: int, dim: int, config: HashEmbeddingConfig) -> None:
        super().__init__()
        self.config = config
        self.bytes = nn.Embedding(vocabulary, dim)
        self.ngrams = nn.Embedding(config.tables * config.buckets, dim) if config.tables else None

    def forward(self, ids: Tensor, history: Tensor | None = None) -> Tensor:
        """ids [batch, time] -> [batch, time, dim]."""
        out: Tensor = self.bytes(ids)
        if self.ngrams is None:
            return out
        rows = hash_ngrams(ids, self.config, history)
        out = out + self.ngrams(rows).sum(dim=2)
        return out
