"""What decoding needs of a byte-level model, and nothing more: a `ByteModel` that opens `Session`s.

A session holds rows of independent byte sequences with their caches. It can be extended (in
parallel over the bytes of a chunk), cut back, forked and joined; strategies are written against
this alone, so they run on a byte latent transformer and on a scripted stand-in alike.

Invariants every session keeps:
- the properties describe the bytes so far: after any mix of `extend`, `truncate`, `select` and
  `concat`, they equal those of a new session given the same bytes at once (up to float rounding);
- rows never influence one another;
- `select` and `concat` leave their operands usable.

Axes: `rows` sequences, `bytes` of one chunk, 257 = 256 byte values and then the end of the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from bltgen.model.prompt_form import PromptForm

__all__ = [
    "END",
    "VOCABULARY",
    "ByteModel",
    "Draft",
    "DraftingSession",
    "Mask",
    "MaskConditionedModel",
    "MaskedSession",
    "PromptFormingModel",
    "ReplacingSession",
    "Session",
]

END = 256
"""Index of the end of the text in `Session.logits`."""
VOCABULARY = 257
"""Number of columns of `Session.logits`."""
Mask = NDArray[np.bool_]
"""[257] or, one a byte, [bytes, 257]: True in the columns that may come next."""


class Session(Protocol):
    """Rows of independent sequences, each with its caches."""

    @property
    def lengths(self) -> list[int]:
        """Bytes so far, per row."""
        ...

    @property
    def logits(self) -> Tensor:
        """[rows, 257] float: scores of what follows the last byte of each row."""
        ...

    @property
    def chunk_logits(self) -> list[Tensor]:
        """Per row [bytes, 257]: the logits that predicted each byte of the last chunk.

        Row i, column j is what `logits` was before byte j of `chunks[i]`. Only there after
        `extend(..., keep_logits=True)`, until the session changes again.
        """
        ...

    @property
    def at_boundary(self) -> list[bool]:
        """Per row: the next byte starts a new patch (known from the entropy of its prediction)."""
        ...

    @property
    def entropies(self) -> list[float]:
        """Per row: the entropy (nats) of the entropy model's prediction of the next byte."""
        ...

    @property
    def patch_starts(self) -> list[list[int]]:
        """Per row: offsets in the row's bytes (each less than its length) where patches start."""
        ...

    def extend(self, chunks: Sequence[bytes], *, keep_logits: bool = False) -> None:
        """Append one chunk to each row; b"" leaves the row as it is."""
        ...

    def truncate(self, lengths: Sequence[int]) -> None:
        """Cut each row back to this many bytes."""
        ...

    def select(self, rows: Sequence[int]) -> Session:
        """A session whose rows are copies of these rows: to fork, reorder or drop."""
        ...

    def concat(self, other: Session) -> Session:
        """A session with the rows of both."""
        ...


class ByteModel(Protocol):
    """A model of byte sequences."""

    def session(self, prompts: Sequence[bytes]) -> Session:
        """Open a session with one row a prompt; b"" is a prompt too (the start symbol is inside)."""
        ...


class PromptFormingModel(Protocol):
    """A model that was trained on prompts of a form: a text with the keys that its answer has."""

    @property
    def prompt_form(self) -> PromptForm | None:
        """None: prompts are texts as they are."""
        ...

    def session(self, prompts: Sequence[bytes]) -> Session:
        """As `ByteModel.session`; prompts are formed before (`bltgen.decoding.prompts`)."""
        ...


@dataclass(frozen=True)
class Draft:
    """What a small model predicts after bytes that a row does not have yet.

    logits: [257] float, of what follows them. at_boundary: a patch would start after them.
    """

    logits: Tensor
    at_boundary: bool


class ReplacingSession(Session, Protocol):
    """A session whose rows can be given up for others, at the cost of these alone."""

    def replace(self, row: int, other: Session, other_row: int) -> None:
        """This row becomes a copy of a row of another session of the same model."""
        ...


class DraftingSession(Session, Protocol):
    """A session whose small model (the one that places patches) can be run ahead alone."""

    def draft(self, chunks: Sequence[bytes]) -> list[Draft | None]:
        """Per row, the prediction after its bytes, what was drafted since it last changed, and a chunk.

        None where the chunk is b"". Nothing that the other members say changes.
        """
        ...


class MaskedSession(Session, Protocol):
    """A session that may be told what is allowed after each byte."""

    def extend(
        self,
        chunks: Sequence[bytes],
        *,
        keep_logits: bool = False,
        masks: Sequence[Mask | None] | None = None,
    ) -> None:
        """As `Session.extend`. masks: per row [bytes, 257], what may follow each byte (None: anything)."""
        ...

    def select(self, rows: Sequence[int]) -> MaskedSession:
        """Copies of these rows, with their masks."""
        ...

    def concat(self, other: Session) -> MaskedSession:
        """The rows of both, with their masks."""
        ...


class MaskConditionedModel(Protocol):
    """A model whose predictions know the masks that its sessions are given, where it says so.

    A mask is part of the context of all later bytes, as the bytes are; no mask and one that allows
    everything are the same.
    """

    @property
    def mask_conditioning(self) -> bool:
        """False: the model has no such input, and refuses masks."""
        ...

    def session(
        self, prompts: Sequence[bytes], *, masks: Sequence[Mask | None] | None = None
    ) -> MaskedSession:
        """As `ByteModel.session`. masks: per prompt [257], what may follow it."""
        ...
