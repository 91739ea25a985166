"""Pieces as a model sees them, in batches: ids and what follows each, and where patches begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.scaling.corpus import Corpus
from benchmarks.scaling.patches import Entropies, byte_ids, starts_of
from benchmarks.scaling.subwords import Subwords
from bltgen.model.config import EOS_ID, PatcherConfig

__all__ = ["Batch", "ByteView", "TokenView", "View"]


@dataclass(frozen=True)
class Batch:
    """ids, targets int64 [rows, time]; a target of -1 is none: padding, or the text goes on unseen.

    lengths, units int64 [rows]: bytes, and patches, tokens or bytes, of each piece; starts bool
    [rows, time + 1] where there are patches.
    """

    ids: Tensor
    targets: Tensor
    lengths: NDArray[np.int64]
    units: NDArray[np.int64]
    starts: Tensor | None = None


class View(Protocol):
    """How a model reads pieces."""

    def batch(self, split: str, places: Sequence[int], *, ends: bool) -> Batch:
        """Some pieces. `ends`: the end of a document is a target."""
        ...


def _targets(ids: Tensor, sizes: Sequence[int], eos: int, ends: Sequence[bool]) -> Tensor:
    """What follows each id; the end of a document after its last piece where `ends`."""
    targets = torch.full_like(ids, -1)
    for row, (size, end) in enumerate(zip(sizes, ends, strict=True)):
        targets[row, :size] = ids[row, 1 : size + 1]
        if end:
            targets[row, size] = eos
    return targets


class ByteView:
    """Bytes; with a `patcher`, cut into patches."""

    def __init__(
        self,
        corpus: Corpus,
        patcher: PatcherConfig | None = None,
        entropies: dict[str, Entropies] | None = None,
    ) -> None:
        self._corpus, self._patcher, self._entropies = corpus, patcher, entropies

    def batch(self, split: str, places: Sequence[int], *, ends: bool) -> Batch:
        """Some pieces as bytes."""
        pieces = self._corpus.splits[split]
        texts = [pieces[place] for place in places]
        ids = byte_ids(texts)
        lengths = np.array([len(text) for text in texts], np.int64)
        is_end = [ends and bool(pieces.ends[place]) for place in places]
        targets = _targets(ids, lengths.tolist(), EOS_ID, is_end)
        if self._patcher is None:
            return Batch(ids, targets, lengths, lengths)
        starts = np.zeros((len(texts), ids.shape[1] + 1), bool)
        for row, (place, text) in enumerate(zip(places, texts, strict=True)):
            seen = None if self._entropies is None else self._entropies[split].of(place)
            starts[row, : len(text) + 1] = starts_of(self._patcher, text, seen)
        units = starts[:, 1:].sum(axis=1).astype(np.int64)
        return Batch(ids, targets, lengths, units, torch.from_numpy(starts))


class TokenView:
    """Subwords, their start symbol before them."""

    def __init__(self, corpus: Corpus, subwords: Subwords) -> None:
        self._corpus, self.subwords = corpus, subwords

    def batch(self, split: str, places: Sequence[int], *, ends: bool) -> Batch:
        """Some pieces as tokens."""
        pieces = self._corpus.splits[split]
        texts = [pieces[place] for place in places]
        tokens = self.subwords.encode(texts)
        units = np.array([len(one) for one in tokens], np.int64)
        ids = np.zeros((len(texts), int(units.max()) + 1), np.int64)
        ids[:, 0] = self.subwords.bos
        for row, one in enumerate(tokens):
            ids[row, 1 : len(one) + 1] = one
        is_end = [ends and bool(pieces.ends[place]) for place in places]
        found = torch.from_numpy(ids)
        targets = _targets(found, units.tolist(), self.subwords.eos, is_end)
        return Batch(found, targets, np.array([len(text) for text in texts], np.int64), units)
