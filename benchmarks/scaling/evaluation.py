"""Bits per byte of held-out documents: the same bytes for every model, each piece after a start symbol.

Only bytes count, not the end of a document: subword models are charged for all tokens of a piece, which are
its bytes and nothing else. Nothing is renormalised: what a model gives to its special symbols is lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.scaling.corpus import Pieces
from benchmarks.scaling.views import Batch, View

__all__ = ["bits_per_byte"]

_ROWS = 8


@torch.no_grad()
def bits_per_byte(
    predict: Callable[[Batch], Tensor],
    view: View,
    split: str,
    pieces: Pieces,
    pause: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    """Of a split: bits a byte, bytes, and bytes of a patch or token.

    `predict`: a batch -> logits [rows, time, vocabulary]; `pause` may raise between two batches.
    """
    nats, read, units = 0.0, 0, 0
    ordered = sorted(range(len(pieces)), key=lambda place: int(pieces.lengths[place]))
    for at in range(0, len(ordered), _ROWS):
        pause()
        batch = view.batch(split, ordered[at : at + _ROWS], ends=False)
        logits = predict(batch)
        loss = F.cross_entropy(
            logits.flatten(0, 1).double(), batch.targets.flatten(), ignore_index=-1, reduction="sum"
        )
        nats += loss.item()
        read += int(batch.lengths.sum())
        units += int(batch.units.sum())
    return {"bits_per_byte": nats / math.log(2) / read, "bytes": read, "unit_bytes": read / units}
