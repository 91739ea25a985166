r"""Documents with the masks of their constraint: what teaches a model with `mask_conditioning`.

`Constrained` wraps a source of documents: each answer is read along its constraint, and the model
is told, as it will be in generation, what was allowed after each byte. Some documents go without,
so that the model still speaks when it is told nothing.

>>> from bltgen.automata.language import literal, union
>>> yes_or_no = union(literal(b"yes"), literal(b"no"))
>>> masks = masks_along(yes_or_no, b"no")
>>> [bytes(mask[:256].nonzero()[0].tolist()) for mask in masks], masks[:, 256].tolist()
([b'ny', b'o', b''], [False, False, True])
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bltgen.errors import RejectedByte
from bltgen.model.contract import END, VOCABULARY
from bltgen.training.batches import Source, TrainingDocument

__all__ = ["Constrained", "MaskedDocument", "masks_along"]

SLACK = 48
"""The most bytes that a tight budget leaves beyond the answer."""


def masks_along(constraint: Any, answer: bytes, max_bytes: int | None = None) -> NDArray[np.bool_]:
    """Bool [len(answer) + 1, 257]: what may come before, between and after the bytes of `answer`.

    Column 256 is the end; max_bytes: within this budget. Raises RejectedByte where the answer is not
    valid under the constraint.
    """
    masks = np.zeros((len(answer) + 1, VOCABULARY), dtype=bool)
    state = constraint.start()
    for at in range(len(answer) + 1):
        allowed = state.allowed if max_bytes is None else state.allowed_within(max_bytes - at)
        masks[at, :END] = allowed.mask()
        masks[at, END] = state.accepting
        if at == len(answer):
            break
        if answer[at] not in allowed:
            raise RejectedByte(answer, at, bytes(allowed))
        state = state.advance(answer[at])
    if not state.accepting:
        raise RejectedByte(answer, len(answer), bytes(state.allowed), incomplete=True)
    return masks


@dataclass(frozen=True)
class MaskedDocument:
    """A training document and bool [len(answer) + 1, 257], what was allowed from its prompt's end on."""

    prompt: bytes
    answer: bytes
    kinds: bytes
    masks: NDArray[np.bool_]


@dataclass(frozen=True)
class Constrained:
    """The documents of `source`, those with a constraint told its masks.

    constraint_of: the constraint of a document's answer, None where there is none. told: the share of
    documents with a constraint that get masks; tight: the share of these whose masks are those of a
    budget a few bytes above the answer's length, as they are where `max_bytes` runs out.
    """

    source: Source
    constraint_of: Callable[[Any], Any]
    told: float = 0.8
    tight: float = 0.2

    def __post_init__(self) -> None:
        for name in ("told", "tight"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}={getattr(self, name)!r}: must be in [0, 1]")

    def __call__(self, seed: int) -> Iterator[TrainingDocument]:
        """An endless stream that depends on the seed alone."""
        rng = random.Random(f"masks/{seed}")
        for document in self.source(seed):
            told, tight, slack = rng.random() < self.told, rng.random() < self.tight, rng.randrange(SLACK)
            constraint = self.constraint_of(document) if told else None
            if constraint is None:
                yield document
                continue
            masks = masks_along(constraint, document.answer, len(document.answer) + slack if tight else None)
            yield MaskedDocument(document.prompt, document.answer, document.kinds, masks)
