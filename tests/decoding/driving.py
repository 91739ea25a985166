"""One search over one session, move by move, with all that it asked for on record; and loaded dice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bltgen.decoding.batch import Move, Rows
from bltgen.decoding.beam import Beam, BestOf
from bltgen.decoding.exact import Exact
from bltgen.decoding.redecode import Backtrack, Redecode
from bltgen.decoding.search import Search
from bltgen.decoding.smc import SMC
from bltgen.decoding.speculative import Speculative
from bltgen.decoding.strategy import Mask

__all__ = ["STRATEGIES", "Dice", "Driven", "columns", "drive", "logits_of", "rows_of"]


STRATEGIES: list[Any] = [
    Mask(),
    Speculative(k=3, confidence=0.0),
    Redecode(max_tries=3, candidates=2),
    Backtrack(max_tries=3, candidates=2),
    SMC(particles=3),
    Exact(max_tries=4),
    Beam(width=2),
    BestOf(n=2),
]
"""Each of them that is not `spans`, small enough to be tried often."""


class Dice:
    """A random stream whose numbers are known: those given, then 0.5."""

    def __init__(self, *numbers: float) -> None:
        self.left = list(numbers)

    def random(self) -> float:
        """The next number."""
        return self.left.pop(0) if self.left else 0.5


def logits_of(*probabilities: dict[str, float], otherwise: float = -np.inf) -> np.ndarray:
    """[rows, 257] log-probabilities by character; "" is the end."""
    logits = np.full((len(probabilities), 257), otherwise)
    for row, named in enumerate(probabilities):
        for character, probability in named.items():
            logits[row, ord(character) if character else 256] = np.log(probability)
    return logits


def columns(text: str) -> list[int]:
    """The columns of these characters."""
    return [ord(character) for character in text]


class _Starts:
    def __init__(self, session: Any) -> None:
        self.session = session

    @property
    def of_rows(self) -> list[list[int]]:
        return self.session.patch_starts


def rows_of(session: Any, move: Move | None, prompt: bytes) -> Rows:
    """What `bltgen.decoding.batch` gives a search that has the session to itself."""
    chunks = [chunk.numpy() for chunk in session.chunk_logits] if move and move.keep_logits else ()
    drafts = session.draft(move.drafts) if move and move.drafts is not None else ()
    logits = session.logits.numpy()
    return Rows(logits, list(session.at_boundary), chunks, session, _Starts(session), 0, len(prompt), drafts)


@dataclass
class Driven:
    """The end of a search: what it returned, the moves it made, and how many rows there were after each."""

    result: Any
    moves: list[Move] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    said: list[list[int]] = field(default_factory=list)
    """Per move, the length of each row after it, the prompt not counted."""


def drive(
    model: Any,
    search: Search,
    begin: Callable[[Rows], Any],
    *,
    prompt: bytes = b"",
    dice: Sequence[Iterable[float]] | None = None,
    most: int = 200,
) -> Driven:
    """Run `begin(rows)` to its end. dice: the numbers of each random stream, in place of the seed's."""
    if dice is not None:
        search.generators = lambda count: [Dice(*numbers) for numbers in dice[:count]]  # type: ignore[method-assign]
    session = model.session([prompt])
    steps, done = begin(rows_of(session, None, prompt)), Driven(None)
    reply: Rows | None = None
    for _ in range(most):
        try:
            move = steps.send(reply)
        except StopIteration as stop:
            done.result = stop.value
            return done
        if move.rows is not None:
            session = session.select(list(move.rows))
        lengths = [len(prompt) + length for length in move.lengths or ()]
        if lengths and lengths != session.lengths:
            session.truncate(lengths)
        if any(move.chunks):
            session.extend(list(move.chunks), keep_logits=move.keep_logits)
        done.moves.append(move)
        done.widths.append(len(session.lengths))
        done.said.append([length - len(prompt) for length in session.lengths])
        reply = rows_of(session, move, prompt)
    raise AssertionError(f"no end after {most} moves")
