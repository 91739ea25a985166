"""A text in the making: what a strategy keeps for each alternative, an immutable value.

Going on makes a new `Hypothesis`; keeping the old one is all that rolling back takes. The caches
of the model live apart, in the rows of the batch (`bltgen.decoding.batch`).

Scores, in nats:
- `log_probability`: of the bytes (and of the end, where the text ended by it) under the model as
  it is, at temperature 1 without truncation;
- `log_weight`: what corrects a draw towards the base distribution conditioned on validity: the
  sum of the log of the mass that the constraint allowed, where each byte was drawn under a mask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bltgen.automata.contract import State

__all__ = ["Finish", "Hypothesis"]

Finish = Literal["end", "stop", "length", "deadline", "cancelled"]
"""Why a text is finished: the end was chosen (or nothing else was allowed); a stop string; `max_bytes`
of unconstrained text; a deadline or a cancellation, upon which it was brought to its end."""


@dataclass(frozen=True)
class Hypothesis:
    """One alternative. `patch_starts`: offsets in `data` where patches start, 0 always among them."""

    state: State
    data: bytes = b""
    patch_starts: tuple[int, ...] = (0,)
    log_probability: float = 0.0
    log_weight: float = 0.0
    forced_bytes: int = 0
    finish: Finish | None = None

    @property
    def finished(self) -> bool:
        return self.finish is not None
