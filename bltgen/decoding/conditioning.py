"""Models that are told what they may say: sessions in which every row knows the mask of its search.

A model with a mask input (`bltgen.model.contract.MaskConditionedModel`) predicts the next byte from
the bytes so far and from what was allowed after each of them. `open_session` gives it just that, as
rows are extended, cut back, forked and joined; strategies, which see a plain `Session`, know nothing
of it. The masks are those of `Search.allowed_after`: the constraint's within the budget, so a model
also learns that the budget runs out. Free text has none.

The base distribution of such a model depends on the constraint. What is said of a strategy's draws
holds for that distribution.

Cost: one step of the constraint and one mask a byte, for models with the input only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from bltgen.automata.contract import State
    from bltgen.decoding.search import Search
    from bltgen.model.contract import (
        ByteModel,
        Draft,
        DraftingSession,
        Mask,
        MaskConditionedModel,
        MaskedSession,
        ReplacingSession,
        Session,
    )

__all__ = ["ConditionedSession", "open_session"]


def open_session(model: ByteModel, prompts: Sequence[bytes], searches: Sequence[Search | None]) -> Session:
    """A session of one row a prompt, told the masks of its search (None: none) where the model takes them."""
    if not getattr(model, "mask_conditioning", False):
        return model.session(prompts)
    conditioned = cast("MaskConditionedModel", model)
    rows = [
        _Row(None if search is None or search.free else search, len(prompt))
        for prompt, search in zip(prompts, searches, strict=True)
    ]
    return ConditionedSession(conditioned.session(prompts, masks=[row.first() for row in rows]), rows)


class _Row:
    """The states of a row's search after each byte of its output; None where it has left the language."""

    __slots__ = ("prompt_length", "search", "states")

    def __init__(self, search: Search | None, prompt_length: int) -> None:
        self.search, self.prompt_length = search, prompt_length
        self.states: list[State | None] = [] if search is None else [search.root]

    def copy(self) -> _Row:
        row = _Row(self.search, self.prompt_length)
        row.states = self.states[:]
        return row

    def first(self) -> Mask | None:
        """[257], what may follow the prompt."""
        return None if self.search is None else self.search.allowed_after(self.search.root, 0)

    def extended(self, chunk: bytes) -> Mask | None:
        """[bytes, 257], what may follow each byte of the chunk, which the row now has."""
        if self.search is None or not chunk:
            return None
        masks = np.ones((len(chunk), 257), dtype=bool)
        for at, byte in enumerate(chunk):
            last = self.states[-1]
            state = None if last is None else last.advance(byte)
            self.states.append(state)
            if state is not None:
                masks[at] = self.search.allowed_after(state, len(self.states) - 1)
        return masks

    def cut(self, length: int) -> None:
        if length < self.prompt_length:
            raise ValueError(f"cannot cut a row into its prompt of {self.prompt_length} bytes, to {length}")
        del self.states[length - self.prompt_length + 1 :]


class ConditionedSession:
    """A `Session` over a `MaskedSession`: the same rows, each with its masks."""

    def __init__(self, session: MaskedSession, rows: list[_Row]) -> None:
        self._session, self._rows = session, rows

    @property
    def lengths(self) -> list[int]:
        return self._session.lengths

    @property
    def logits(self) -> Tensor:
        return self._session.logits

    @property
    def chunk_logits(self) -> list[Tensor]:
        return self._session.chunk_logits

    @property
    def at_boundary(self) -> list[bool]:
        return self._session.at_boundary

    @property
    def entropies(self) -> list[float]:
        return self._session.entropies

    @property
    def patch_starts(self) -> list[list[int]]:
        return self._session.patch_starts

    def extend(self, chunks: Sequence[bytes], *, keep_logits: bool = False) -> None:
        masks = [row.extended(chunk) for row, chunk in zip(self._rows, chunks, strict=True)]
        self._session.extend(chunks, keep_logits=keep_logits, masks=masks)

    def draft(self, chunks: Sequence[bytes]) -> list[Draft | None]:
        return cast("DraftingSession", self._session).draft(chunks)

    def truncate(self, lengths: Sequence[int]) -> None:
        for row, length in zip(self._rows, lengths, strict=True):
            row.cut(length)
        self._session.truncate(lengths)

    def select(self, rows: Sequence[int]) -> ConditionedSession:
        return ConditionedSession(self._session.select(rows), [self._rows[row].copy() for row in rows])

    def replace(self, row: int, other: Session, other_row: int) -> None:
        if not isinstance(other, ConditionedSession):
            raise ValueError("only sessions of one model can be joined")
        cast("ReplacingSession", self._session).replace(row, other._session, other_row)
        self._rows[row] = other._rows[other_row].copy()

    def concat(self, other: Session) -> ConditionedSession:
        if not isinstance(other, ConditionedSession):
            raise ValueError("only sessions of one model can be joined")
        rows = [row.copy() for row in (*self._rows, *other._rows)]
        return ConditionedSession(self._session.concat(other._session), rows)
