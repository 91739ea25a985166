"""Where patches begin in every piece: entropies once for all models, thresholds of a wished patch length.

The entropies of a split are kept block by block, so that a run that is killed loses one block. The threshold
is set on the training split and no longest patch is imposed, so what is realised is what was wished there;
a piece begins with a patch, as a text does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.scaling.corpus import Corpus, Pieces
from bltgen.model.config import BOS_ID, BYTE_OFFSET, PatcherConfig
from bltgen.model.entropy_model import EntropyModel, next_byte_entropy
from bltgen.model.patcher import patch_starts

__all__ = ["Entropies", "byte_ids", "patch_counts", "starts_of", "threshold_for"]

_BLOCK = 512
"""Pieces of a block."""
_ROWS = 16


def byte_ids(pieces: Sequence[bytes]) -> torch.Tensor:
    """BOS and the ids of the bytes, padded with zeros: int64 [pieces, longest + 1]."""
    ids = np.zeros((len(pieces), max(map(len, pieces)) + 1), np.int64)
    ids[:, 0] = BOS_ID
    for row, piece in enumerate(pieces):
        ids[row, 1 : len(piece) + 1] = np.frombuffer(piece, np.uint8)
        ids[row, 1 : len(piece) + 1] += BYTE_OFFSET
    return torch.from_numpy(ids)


class Entropies:
    """The entropy in nats of every prediction of a split: of piece p, `bytes + 1` of them."""

    def __init__(self, model: EntropyModel, pieces: Pieces, folder: Path) -> None:
        self._model, self._pieces, self._folder = model, pieces, folder
        self._blocks: dict[int, NDArray[np.float32]] = {}

    @property
    def blocks(self) -> int:
        """How many blocks the split has."""
        return -(-len(self._pieces) // _BLOCK)

    def complete(self, pause: Callable[[], None]) -> None:
        """Compute every block that is not there; `pause` is called between two and may raise."""
        for number in range(self.blocks):
            if not self._file(number).exists():
                pause()
                self._block(number)

    def of(self, place: int) -> NDArray[np.float32]:
        """Of a piece: float32 [bytes + 1]."""
        number = place // _BLOCK
        first = int(self._pieces.bounds[number * _BLOCK]) + number * _BLOCK
        start = int(self._pieces.bounds[place]) + place - first
        size = int(self._pieces.lengths[place]) + 1
        return self._block(number)[start : start + size]

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:05}.npy"

    def _block(self, number: int) -> NDArray[np.float32]:
        if number not in self._blocks:
            file = self._file(number)
            if not file.exists():
                self._folder.mkdir(parents=True, exist_ok=True)
                part = file.with_suffix(f".{os.getpid()}")
                with part.open("wb") as out:
                    np.save(out, self._computed(number))
                os.replace(part, file)
            self._blocks[number] = np.load(file, mmap_mode="r")
        return self._blocks[number]

    @torch.no_grad()
    def _computed(self, number: int) -> NDArray[np.float32]:
        places = range(number * _BLOCK, min(len(self._pieces), (number + 1) * _BLOCK))
        found: dict[int, NDArray[np.float32]] = {}
        by_length = sorted(places, key=lambda place: int(self._pieces.lengths[place]))
        for at in range(0, len(by_length), _ROWS):
            rows = by_length[at : at + _ROWS]
            entropies = next_byte_entropy(self._model(byte_ids([self._pieces[row] for row in rows]))).numpy()
            for row, values in zip(rows, entropies, strict=True):
                found[row] = values[: int(self._pieces.lengths[row]) + 1]
        return np.concatenate([found[place] for place in places])


def threshold_for(patch_bytes: float, pieces: Pieces, entropies: Entropies, places: Sequence[int]) -> float:
    """The threshold (nats) with which a patch of these pieces holds `patch_bytes` bytes on average.

    Every threshold between two neighbouring entropies cuts the same patches, so it is read off the sorted
    entropies: no search. Raises ValueError where pieces are shorter than that.
    """
    total = int(pieces.lengths[list(places)].sum())
    # The first byte of a piece begins a patch whatever its entropy, and nothing follows its last byte.
    inner = np.sort(np.concatenate([entropies.of(place)[1:-1] for place in places]))[::-1].astype(np.float64)
    wished = round(total / patch_bytes) - len(places)
    if not 0 < wished < len(inner):
        raise ValueError(f"pieces of {total / len(places):.0f} bytes cannot be cut into {patch_bytes:g} each")
    return float((inner[wished - 1] + inner[wished]) / 2)


def starts_of(
    config: PatcherConfig, piece: bytes, entropies: NDArray[np.float32] | None
) -> NDArray[np.bool_]:
    """Bool [bytes + 1]: position t (BOS is 0) begins a patch. `entropies`: for patchers that read them."""
    ids = byte_ids([piece])
    seen = torch.zeros(ids.shape) if entropies is None else torch.from_numpy(entropies[None].copy())
    found: NDArray[np.bool_] = patch_starts(config, ids, seen)[0, :-1].numpy()
    return found


def patch_counts(
    config: PatcherConfig, pieces: Pieces, entropies: Entropies | None, places: Sequence[int]
) -> NDArray[np.int64]:
    """Patches of each piece, that of BOS not counted: int64 [places]."""
    counts = [
        int(starts_of(config, pieces[place], None if entropies is None else entropies.of(place))[1:].sum())
        for place in places
    ]
    return np.array(counts, np.int64)


def all_entropies(model: EntropyModel, corpus: Corpus, folder: Path) -> dict[str, Entropies]:
    """Of each split."""
    return {split: Entropies(model, pieces, folder / split) for split, pieces in corpus.splits.items()}
