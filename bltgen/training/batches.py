"""Documents to padded batches of ids, targets and weights.

A batch is a pure function of (seed, step): a run that resumes at step n sees exactly the bytes
that an uninterrupted run would have seen, with nothing to store.

Shapes are few: a batch has one of a few lengths, and the rows that its length leaves room for. So little is
padding, and what a library prepares for a shape (oneDNN's kernels for bfloat16) is prepared once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bltgen.model.config import BOS_ID, BYTE_OFFSET, EOS_ID, VOCABULARY
from bltgen.model.contract import VOCABULARY as COLUMNS
from bltgen.training.objective import grounded_choices

__all__ = [
    "Batch",
    "KindWeights",
    "Mixture",
    "Source",
    "StepBatches",
    "TrainingDocument",
    "batches",
    "collate",
]

PROSE, SYNTAX, VALUE = 0, 1, 2


class TrainingDocument(Protocol):
    """Bytes to learn from; `kinds` has one code a byte: 0 prose, 1 JSON syntax and keys, 2 value.

    A document with `masks`, too, tells the model what was allowed (`bltgen.training.masks`); one with
    `ends` false goes on beyond its last byte, so that no end of text is learnt there; one with `begins` false
    goes on from an earlier byte, so that its first byte is no beginning of a text.
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
    starts bool [batch, time + 1]: where patches begin, none in padding; None where that is not known yet.
    """

    ids: Tensor
    targets: Tensor
    weights: Tensor
    kinds: Tensor
    positions: Tensor
    choices: Tensor
    byte_count: int
    allowed: Tensor | None = None
    starts: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """The same batch on `device`."""
        tensors = (self.ids, self.targets, self.weights, self.kinds, self.positions, self.choices)
        ids, targets, weights, kinds, positions, choices = (tensor.to(device) for tensor in tensors)
        allowed = None if self.allowed is None else self.allowed.to(device)
        starts = None if self.starts is None else self.starts.to(device)
        return Batch(ids, targets, weights, kinds, positions, choices, self.byte_count, allowed, starts)


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


def collate(
    documents: Sequence[TrainingDocument],
    weights: KindWeights,
    longest: int,
    shape: tuple[int, int] = (0, 0),
) -> Batch:
    """Pad documents to one tensor of at least `shape` (rows, time); those beyond `longest` bytes are cut."""
    texts = [(document.prompt + document.answer)[:longest] for document in documents]
    rows, time = max(shape[0], len(texts)), max(shape[1], max(map(len, texts)) + 1)
    ids = np.zeros((rows, time), np.int64)
    targets = np.zeros((rows, time), np.int64)
    kinds = np.full((rows, time), 255, np.uint8)
    positions: list[int] = []
    choices: list[tuple[bytes, int]] = []
    for row, (document, text) in enumerate(zip(documents, texts, strict=True)):
        size = len(text)
        _put(ids[row], text)
        targets[row, :size] = ids[row, 1 : size + 1]
        kinds[row, :size] = np.frombuffer(document.kinds[:size], np.uint8)
        if size == len(document.prompt) + len(document.answer) and getattr(document, "ends", True):
            targets[row, size] = EOS_ID
            kinds[row, size] = SYNTAX if document.answer else PROSE
            for start, end in _string_spans(document):
                # Of a formed prompt the text alone is what spans are of.
                told = getattr(document, "text", None) or document.prompt
                allowed = grounded_choices(told, text[start:end])
                for step, options in enumerate(allowed or ()):
                    if len(options) > 1:
                        positions.append(row * time + start + step)
                        choices.append((options, text[start + step]))
    table = np.array([weights.prose, weights.syntax, weights.value] + [0.0] * 253, np.float32)
    by_byte = table[kinds]
    for row, document in enumerate(documents):
        if not getattr(document, "begins", True):
            by_byte[row, 0] = 0.0
    mask = np.zeros((len(choices), VOCABULARY), bool)
    for number, (options, target) in enumerate(choices):
        mask[number, np.frombuffer(options, np.uint8).astype(np.int64) + BYTE_OFFSET] = True
        mask[number, target + BYTE_OFFSET] = True
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(targets),
        torch.from_numpy(by_byte),
        torch.from_numpy(kinds),
        torch.tensor(positions, dtype=torch.long),
        torch.from_numpy(mask),
        sum(map(len, texts)),
        _allowed(documents, rows, time),
    )


def _put(ids: NDArray[np.int64], text: bytes) -> None:
    """BOS and the ids of the bytes at the beginning of a row."""
    ids[0] = BOS_ID
    ids[1 : len(text) + 1] = np.frombuffer(text, np.uint8).astype(np.int64) + BYTE_OFFSET


def _allowed(documents: Sequence[TrainingDocument], rows: int, time: int) -> Tensor | None:
    """Bool [batch, time, 257]: the masks of the documents that have some, everything elsewhere."""
    masks = [getattr(document, "masks", None) for document in documents]
    if all(mask is None for mask in masks):
        return None
    allowed = np.ones((rows, time, COLUMNS), bool)
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
    """At least `byte_count` bytes of documents in `parts` batches of like lengths."""
    drawn = _drawn(mixture, seed, step, byte_count, longest)
    total = sum(min(_length(document), longest) for document in drawn)
    groups: list[list[TrainingDocument]] = [[]]
    filled = 0
    for document in drawn:
        if filled >= total * len(groups) / parts:
            groups.append([])
        groups[-1].append(document)
        filled += min(_length(document), longest)
    return [collate(group, weights, longest) for group in groups]


def _length(document: TrainingDocument) -> int:
    return len(document.prompt) + len(document.answer)


def _drawn(
    mixture: Mixture, seed: int, step: int, byte_count: int, longest: int, at_least: int = 1
) -> list[TrainingDocument]:
    """Documents of `byte_count` bytes and more, and of the number asked for, shortest first."""
    drawn: list[TrainingDocument] = []
    total = 0
    for document in mixture.documents(seed, step):
        size = min(_length(document), longest)
        if size == 0:
            continue
        drawn.append(document)
        total += size
        if total >= byte_count and len(drawn) >= at_least:
            break
    drawn.sort(key=_length)
    return drawn


GRAIN = 64
"""Lengths of batches are multiples of it."""


@dataclass(frozen=True)
class _Measured:
    """A document and where its patches begin: bool [bytes + 1], BOS first."""

    document: TrainingDocument
    starts: NDArray[np.bool_]


_Planned = tuple[list[_Measured], int, int]
"""The documents of a batch, its rows and its time."""


def _cut(documents: Sequence[_Measured], positions: int, at_least: int) -> list[_Planned]:
    """Batches of about `positions` positions; at least so many batches."""
    by_time: dict[int, list[_Measured]] = {}
    for document in documents:
        by_time.setdefault(-(-len(document.starts) // GRAIN) * GRAIN, []).append(document)
    found: list[_Planned] = []
    left: list[_Measured] = []  # what fills no batch goes to the next length
    for time, group in sorted(by_time.items()):
        rows = max(1, positions // time)
        # Those of as many patches stand together, so that little of a batch is padding.
        group = sorted(left + group, key=lambda document: int(document.starts.sum()))
        full = len(group) // rows * rows
        found += [(group[at : at + rows], rows, time) for at in range(0, full, rows)]
        left = group[full:]
    if left:
        found.append((left, len(left), max(by_time)))
    while len(found) < at_least:
        fullest = max(range(len(found)), key=lambda place: len(found[place][0]))
        group, rows, time = found[fullest]
        half = len(group) // 2
        found[fullest : fullest + 1] = [(group[:half], half, time), (group[half:], rows - half, time)]
    return found


class StepBatches:
    """The batches of each step of a run. A few steps are drawn together, so that batches are full.

    starts_of: where patches begin in ids int64 [batch, time]: bool [batch, time + 1]. With it, documents of
    as many patches make a batch, and each batch has its `starts`.
    """

    STEPS = 32
    """Drawn together."""
    PARTS = 3
    """Batches of a step, on average."""

    def __init__(
        self,
        mixture: Mixture,
        seed: int,
        step_bytes: int,
        weights: KindWeights,
        longest: int,
        starts_of: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self.mixture, self.seed, self.step_bytes = mixture, seed, step_bytes
        self.weights, self.longest, self.starts_of = weights, longest, starts_of
        self._drawn: tuple[int, list[_Planned]] = (-1, [])

    @classmethod
    def first_of_group(cls, step: int) -> int:
        """The first of the steps that are drawn together with `step`."""
        return step // cls.STEPS * cls.STEPS

    def of_step(self, step: int) -> list[Batch]:
        """A function of the step alone; steps asked for in order cost least."""
        first = self.first_of_group(step)
        if self._drawn[0] != first:
            self._drawn = (first, self._group(first))
        return [self._batch(*one) for one in self._drawn[1][step - first :: self.STEPS]]

    def _batch(self, measured: Sequence[_Measured], rows: int, time: int) -> Batch:
        batch = collate([one.document for one in measured], self.weights, self.longest, (rows, time))
        if self.starts_of is None:
            return batch
        starts = np.zeros((rows, time + 1), bool)
        starts[:, :2] = True  # a row of padding has a patch too
        for row, one in enumerate(measured):
            starts[row, : len(one.starts)] = one.starts
        return replace(batch, starts=torch.from_numpy(starts))

    def _group(self, first: int) -> list[_Planned]:
        byte_count, positions = self.step_bytes * self.STEPS, self.step_bytes // self.PARTS
        drawn = _drawn(self.mixture, self.seed, first, byte_count, self.longest, self.STEPS)
        found = _cut(list(self._measured(drawn)), positions, self.STEPS)
        random.Random(f"{self.seed}/{first}/order").shuffle(found)
        return found

    def _measured(self, documents: Sequence[TrainingDocument]) -> Iterator[_Measured]:
        """`documents` are sorted by length."""
        if self.starts_of is None:
            for document in documents:
                size = min(_length(document), self.longest)
                yield _Measured(document, np.zeros(size + 1, bool))
            return
        rows = 16
        for at in range(0, len(documents), rows):
            group = documents[at : at + rows]
            texts = [(document.prompt + document.answer)[: self.longest] for document in group]
            ids = np.zeros((len(texts), -(-(len(texts[-1]) + 1) // GRAIN) * GRAIN), np.int64)
            for row, text in enumerate(texts):
                _put(ids[row], text)
            starts = self.starts_of(torch.from_numpy(ids)).cpu().numpy()
            for row, document in enumerate(group):
                yield _Measured(document, starts[row, : len(texts[row]) + 1].copy())
