"""Documents to padded batches of ids, targets and weights.

A batch is a pure function of (seed, step): a run that resumes at step n sees exactly the bytes
that an uninterrupted run would have seen, with nothing to store.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from bltgen.model.config import BOS_ID, BYTE_OFFSET, EOS_ID, VOCABULARY
from bltgen.model.contract import VOCABULARY as COLUMNS
from bltgen.training.objective import grounded_choices

__all__ = ["Batch", "KindWeights", "Mixture", "Source", "TrainingDocument", "batches", "collate"]

PROSE, SYNTAX, VALUE = 0, 1, 2


class TrainingDocument(Protocol):
    """Bytes to learn from; `kinds` has one code a byte: 0 prose, 1 JSON syntax and keys, 2 value.

    A document with `masks`, too, tells the model what was allowed (`bltgen.training.masks`); one with
    `ends` false goes on beyond its last byte, so that no end of text is learnt there.
    """

    @property
    def prompt(self) -> bytes: ...
    @property
    def answer(self) -> bytes: ...
    @property
    def kinds(self) -> bytes: ...


@dataclass(frozen=True)
class KindWeights:
    """The loss weight of a byte by its kind."""

    prose: float = 0.05
    syntax: float = 0.1
    value: float = 1.0


@dataclass(frozen=True)
class Batch:
    """ids, targets int64, weights float32 [batch, time]; grounded choices at `positions` of batch * time.

    allowed bool [batch, time, 257]: what may follow each byte; None where no document says so.
    """

    ids: Tensor
    targets: Tensor
    weights: Tensor
    kinds: Tensor
    positions: Tensor
    choices: Tensor
    byte_count: int
    allowed: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """The same batch on `device`."""
        tensors = (self.ids, self.targets, self.weights, self.kinds, self.positions, self.choices)
        ids, targets, weights, kinds, positions, choices = (tensor.to(device) for tensor in tensors)
        allowed = None if self.allowed is None else self.allowed.to(device)
        return Batch(ids, targets, weights, kinds, positions, choices, self.byte_count, allowed)


Source = Callable[[int], Iterator[TrainingDocument]]


@dataclass(frozen=True)
class Mixture:
    """Sources of documents with their shares of the documents drawn."""

    sources: tuple[tuple[Source, float], ...]

    def documents(self, seed: int, step: int) -> Iterator[TrainingDocument]:
        """An endless stream that depends on (seed, step) alone."""
        rng = random.Random(f"{seed}/{step}")
        streams = [source(rng.getrandbits(48)) for source, _ in self.sources]
        shares = [share for _, share in self.sources]
        while True:
            yield next(rng.choices(streams, shares)[0])


def _string_spans(document: TrainingDocument) -> Iterator[tuple[int, int]]:
    """Offsets [start, end) of string values in prompt + answer; `end` is the closing quote."""
    text, kinds = document.prompt + document.answer, document.kinds
    offset = len(document.prompt)
    while offset < len(text):
        if kinds[offset] != VALUE:
            offset += 1
            continue
        start = offset
        while offset < len(text) and kinds[offset] == VALUE:
            offset += 1
            if text[offset - 1] == 0x22:
                break
        if start and text[start - 1] == 0x22 and text[offset - 1] == 0x22:
            yield start, offset - 1


def collate(documents: Sequence[TrainingDocument], weights: KindWeights, longest: int) -> Batch:
    """Pad documents to one tensor; those beyond `longest` bytes are cut."""
    texts = [(document.prompt + document.answer)[:longest] for document in documents]
    time = max(map(len, texts)) + 1
    ids = np.zeros((len(texts), time), np.int64)
    targets = np.zeros((len(texts), time), np.int64)
    kinds = np.full((len(texts), time), 255, np.uint8)
    positions: list[int] = []
    choices: list[tuple[bytes, int]] = []
    for row, (document, text) in enumerate(zip(documents, texts, strict=True)):
        values = np.frombuffer(text, np.uint8).astype(np.int64) + BYTE_OFFSET
        size = len(text)
        ids[row, 0] = BOS_ID
        ids[row, 1 : size + 1] = values
        targets[row, :size] = values
        kinds[row, :size] = np.frombuffer(document.kinds[:size], np.uint8)
        if size == len(document.prompt) + len(document.answer) and getattr(document, "ends", True):
            targets[row, size] = EOS_ID
            kinds[row, size] = SYNTAX if document.answer else PROSE
            for start, end in _string_spans(document):
                allowed = grounded_choices(document.prompt, text[start:end])
                for step, options in enumerate(allowed or ()):
                    if len(options) > 1:
                        positions.append(row * time + start + step)
                        choices.append((options, text[start + step]))
    table = np.array([weights.prose, weights.syntax, weights.value] + [0.0] * 253, np.float32)
    mask = np.zeros((len(choices), VOCABULARY), bool)
    for number, (options, target) in enumerate(choices):
        mask[number, np.frombuffer(options, np.uint8).astype(np.int64) + BYTE_OFFSET] = True
        mask[number, target + BYTE_OFFSET] = True
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(targets),
        torch.from_numpy(table[kinds]),
        torch.from_numpy(kinds),
        torch.tensor(positions, dtype=torch.long),
        torch.from_numpy(mask),
        sum(map(len, texts)),
        _allowed(documents, time),
    )


def _allowed(documents: Sequence[TrainingDocument], time: int) -> Tensor | None:
    """Bool [batch, time, 257]: the masks of the documents that have some, everything elsewhere."""
    masks = [getattr(document, "masks", None) for document in documents]
    if all(mask is None for mask in masks):
        return None
    allowed = np.ones((len(documents), time, COLUMNS), bool)
    for row, (document, mask) in enumerate(zip(documents, masks, strict=True)):
        if mask is not None:
            begin = len(document.prompt)  # the position that predicts the first byte of the answer
            end = min(time, begin + len(mask))
            allowed[row, begin:end] = mask[: max(0, end - begin)]
    return torch.from_numpy(allowed)


def batches(
    mixture: Mixture,
    seed: int,
    step: int,
    byte_count: int,
    weights: KindWeights,
    longest: int,
    parts: int = 4,
) -> list[Batch]:
    """The documents of one optimiser step, in `parts` batches of like lengths, so that little is padding."""
    drawn: list[TrainingDocument] = []
    total = 0
    for document in mixture.documents(seed, step):
        size = min(len(document.prompt) + len(document.answer), longest)
        if size == 0:
            continue
        drawn.append(document)
        total += size
        if total >= byte_count:
            break
    drawn.sort(key=lambda document: len(document.prompt) + len(document.answer))
    groups: list[list[TrainingDocument]] = [[]]
    filled = 0
    for document in drawn:
        if filled >= total * len(groups) / parts:
            groups.append([])
        groups[-1].append(document)
        filled += min(len(document.prompt) + len(document.answer), longest)
    return [collate(group, weights, longest) for group in groups]
