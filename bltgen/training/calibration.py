"""The entropy threshold that cuts given data into patches of a wished mean length.

A threshold in nats means nothing by itself: what an entropy model is surprised by depends on the model and
on the data. So it is set from both, once the entropy model is trained.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.config import EOS_ID, PatcherConfig
from bltgen.model.patcher import patch_starts
from bltgen.training.batches import Batch

__all__ = ["calibrated", "check_patch_bytes", "mean_patch_bytes"]


def mean_patch_bytes(config: PatcherConfig, ids: Tensor, entropies: Tensor, real: Tensor) -> float:
    """Bytes per patch that `config` cuts. ids int64, entropies float32, real bool (a byte): [batch, time].

    The first column is BOS, a patch of its own that holds no byte.
    """
    starts = patch_starts(config, ids, entropies)[:, :-1] & real
    return int(real[:, 1:].sum()) / max(1, int(starts[:, 1:].sum()))


@torch.no_grad()
def calibrated(model: ByteLatentTransformer, sample: list[Batch], patch_bytes: float) -> PatcherConfig:
    """The model's patcher with the threshold whose patches hold `patch_bytes` bytes of `sample` on average.

    Of the thresholds that can be told apart on the sample, the one that comes nearest. Raises ValueError
    where the patcher has no threshold, or where its maximum patch length rules the wish out.
    """
    config = model.config.patcher
    check_patch_bytes(config, patch_bytes)
    read = [(batch.ids, model.entropies(batch.ids), _real(batch)) for batch in sample]

    def reached(threshold: float) -> float:
        counted = [
            (int(real[:, 1:].sum()), mean_patch_bytes(replace(config, threshold=threshold), ids, seen, real))
            for ids, seen, real in read
        ]
        return sum(count for count, _ in counted) / sum(count / mean for count, mean in counted if count)

    seen = torch.cat([entropies[real] for _, entropies, real in read])
    if config.mode == "monotonic":
        rises = [entropies[:, 1:] - entropies[:, :-1] for _, entropies, _ in read]
        seen = torch.cat([rise[real[:, 1:]] for rise, (_, _, real) in zip(rises, read, strict=True)])
    # Half way between the entropies seen, so that the last digits of none decide.
    values = np.unique(seen.double().cpu().numpy())
    candidates: list[float] = ((values[1:] + values[:-1]) / 2).tolist() or values.tolist()
    low, high = 0, len(candidates) - 1
    while low < high:
        middle = (low + high) // 2
        if reached(candidates[middle]) < patch_bytes:
            low = middle + 1
        else:
            high = middle
    nearest = min({max(0, low - 1), low}, key=lambda place: abs(reached(candidates[place]) - patch_bytes))
    return replace(config, threshold=candidates[nearest])


def check_patch_bytes(config: PatcherConfig, patch_bytes: float) -> None:
    """Raises ValueError where no threshold of this patcher can cut patches of that mean length."""
    if config.mode not in ("entropy", "monotonic"):
        raise ValueError(
            f"patch_bytes={patch_bytes:g}: a patcher with mode={config.mode!r} has no threshold to set"
        )
    if not 1 <= patch_bytes < float("inf"):
        raise ValueError(f"patch_bytes={patch_bytes:g}: a patch holds at least one byte on average")
    longest = config.max_patch_length
    if longest is not None and patch_bytes > longest:
        raise ValueError(
            f"patch_bytes={patch_bytes:g}: the patcher closes each patch at max_patch_length={longest}"
        )


def _real(batch: Batch) -> Tensor:
    """Bool [batch, time]: the positions of bytes (BOS among them), not of padding."""
    real = torch.zeros_like(batch.ids, dtype=torch.bool)
    real[:, 0] = True
    real[:, 1:] = (batch.kinds[:, :-1] != 255) & (batch.targets[:, :-1] != EOS_ID)
    return real
