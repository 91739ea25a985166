"""What runs the levels of a model over new positions: the contract of `Runtime` and its twin `HostRuntime`.

A session goes through them in this order: `entropies`; where patches close, `pool`, `latents` and
`sources`, after `encode`; `decode`; `logits`. Arrays that pass from one method to the next are the
runtime's own (a Tensor or a NumPy array); what a session keeps is a Tensor.
"""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor

from bltgen.model.cache import RowCache, Span
from bltgen.model.ngram_window import Ids

__all__ = [
    "DECODED",
    "DECODER",
    "ENCODED",
    "ENCODER",
    "ENTROPY",
    "LATENT",
    "LATENTS",
    "Levels",
    "Patch",
]

ENTROPY, ENCODER, DECODER, ENCODED, DECODED = range(5)  # planes of the byte level
LATENT, LATENTS = range(2)  # planes of the patch level

Patch = tuple[int, int, int]
"""A closed patch: its row, the position where it starts, its length."""


class Levels(Protocol):
    """The levels of one model over the new positions of a span."""

    def entropies(self, ids: Ids, cache: RowCache, span: Span) -> list[float]:
        """Entropy (nats) of the prediction made at each new position; ids [total]."""
        ...

    def draft(self, ids: Ids, cache: RowCache, span: Span) -> tuple[list[float], Tensor]:
        """As `entropies`, and the prediction made at each row's last new position, [rows, vocabulary]."""
        ...

    def encode(self, ids: Ids, windows: Ids, cache: RowCache, span: Span) -> Any:
        """Byte states [total, dim] after the encoder; windows [total, length]: ids up to each position."""
        ...

    def pool(self, cache: RowCache, patches: list[Patch]) -> Any:
        """Patch vectors [patches, k * dim] of closed patches, from their byte states in the cache."""
        ...

    def latents(self, pooled: Any, cache: RowCache, span: Span) -> Any:
        """The latent transformer over new patches: [n, k * dim] -> [n, latent dim]."""
        ...

    def sources(self, latents: Any) -> Tensor:
        """What each cross-attention of the decoder reads of latents: [readers, n, k, 2 * dim]."""
        ...

    def decode(self, states: Any, allowed: Tensor | None, seen: Tensor, cache: RowCache, span: Span) -> Any:
        """Byte states after the decoder [total, dim].

        seen [readers, total, k, 2 * dim]: what each position reads of latents. allowed bool
        [total, 257]: what may follow each position, for models that take it.
        """
        ...

    def logits(self, decoded: Any) -> Tensor:
        """decoded [n, dim] -> next-byte logits [n, vocabulary]."""
        ...
