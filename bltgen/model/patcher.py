"""Where patches start: entropies and bytes -> boundaries, for whole sequences and byte by byte.

Position 0 is BOS, a patch of its own; position 1 always starts a patch. After that a patch
starts *before* position t + 1 where the prediction of t + 1, made at t, says so:

- "entropy": its entropy exceeds the threshold (paper, equation 1);
- "monotonic": it exceeds the entropy before it by more than the threshold (equation 2); the first
  byte, whose entropy has none to be compared with, is a patch of its own;
- "static": the open patch holds `patch_size` bytes;
- "space": byte t is space-like (no Latin letter, digit or UTF-8 continuation byte) and the byte
  before it is not (paper, section 2.2).

In every mode a patch that holds `max_patch_length` bytes is closed. Where implementations differ,
these rules are those of the released code.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bltgen.model.config import BYTE_OFFSET, PatcherConfig

__all__ = ["SPACE_LIKE", "PatchRule", "patch_starts"]


def _space_like_table() -> tuple[bool, ...]:
    table = [True] * (256 + BYTE_OFFSET)
    for byte in range(256):
        letter_or_digit = chr(byte).isascii() and chr(byte).isalnum()
        continuation = 0x80 <= byte < 0xC0
        table[byte + BYTE_OFFSET] = not (letter_or_digit or continuation)
    return tuple(table)


SPACE_LIKE = _space_like_table()


def patch_starts(config: PatcherConfig, ids: Tensor, entropies: Tensor) -> Tensor:
    """Boundaries bool [batch, time + 1] for ids and entropies [batch, time].

    Column t says that a patch starts at position t; the last column says it of the byte to come.
    """
    batch, time = ids.shape
    starts = torch.zeros(batch, time + 1, dtype=torch.bool, device=ids.device)
    if config.mode == "entropy":
        starts[:, 1:] = entropies > config.threshold
    elif config.mode == "monotonic":
        starts[:, 2:] = entropies[:, 1:] - entropies[:, :-1] > config.threshold
        starts[:, 2:3] = True
    elif config.mode == "space":
        table = torch.tensor(SPACE_LIKE, device=ids.device)
        space = table[ids]
        starts[:, 2:] = space[:, 1:] & ~space[:, :-1]
    starts[:, :2] = True
    limit = config.patch_size if config.mode == "static" else config.max_patch_length
    if config.mode == "static" and config.max_patch_length is not None:
        limit = min(config.patch_size, config.max_patch_length)
    if limit is not None:
        starts = _close_at_length(starts, limit)
    return starts


def _close_at_length(starts: Tensor, limit: int) -> Tensor:
    """Cut every patch longer than `limit` into pieces of `limit` from its start."""
    position = torch.arange(starts.shape[1], device=starts.device).expand_as(starts)
    last_start = torch.where(starts, position, 0).cummax(dim=1).values
    return starts | ((position - last_start) % limit == 0)


class PatchRule:
    """The twin of `patch_starts` for one position at a time.

    >>> rule = PatchRule(PatcherConfig("static", patch_size=2))
    >>> [rule.starts_after(t, b"abc", [0.0] * 4, start) for t, start in [(0, 0), (1, 1), (2, 1)]]
    [True, False, True]
    """

    def __init__(self, config: PatcherConfig) -> None:
        self._mode = config.mode
        self._threshold = float(np.float32(config.threshold))  # entropies are compared in float32
        self._limit = config.max_patch_length
        if config.mode == "static":
            self._limit = min(config.patch_size, config.max_patch_length or config.patch_size)

    def starts_after(
        self, position: int, data: bytes | bytearray, entropies: Sequence[float], start: int
    ) -> bool:
        """Whether a patch starts at `position + 1`.

        `data`: the bytes, byte i at position i + 1; `entropies[t]`: of the prediction made at t;
        `start`: where the patch that holds `position` starts.
        """
        if position == 0 or position + 1 - start == self._limit:
            return True
        if self._mode == "entropy":
            return entropies[position] > self._threshold
        if self._mode == "monotonic":
            if position == 1:
                return True
            return float(np.float32(entropies[position] - entropies[position - 1])) > self._threshold
        if self._mode == "space":
            # The first byte has none before it, and is no end of a word.
            before = position == 1 or SPACE_LIKE[data[position - 2] + BYTE_OFFSET]
            return SPACE_LIKE[data[position - 1] + BYTE_OFFSET] and not before
        return False
