"""The most probable spans that a string value may be, best first, from the tree of all of them.

Along a span its probability only falls, so that of a beginning bounds that of every span that begins so.
Taken in the order of probability, the first whole span is the most probable of all, the next the second, and
what begins less probably than is asked for is never read. The model reads in chunks: where but one character
may follow, beside the end and an escape, it reads on unasked, and one pass tells the probability of every
end on the way. A span ends with its closing quote.

Cost: for each round one pass of the model over up to `at_once` rows, the probable beginnings of one value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np

from bltgen.decoding.batch import Move, Rows, Steps
from bltgen.decoding.sampling import END, SamplingParameters, base_distribution
from bltgen.errors import LimitExceeded

if TYPE_CHECKING:
    from bltgen.automata.contract import State
    from bltgen.decoding.hypothesis import Hypothesis
    from bltgen.decoding.sampling import Logits
    from bltgen.decoding.search import Search

__all__ = ["Span", "SpanSearch", "told_by"]

QUOTE, BACKSLASH = 0x22, 0x5C
NEAR = math.log(4)
"""So much less probable than the best beginning may another be that is read with it."""
AHEAD = 12
"""Bytes read unasked, at most, after a beginning."""


def told_by(state: State) -> str | None:
    """The text whose spans the string that is being written is one of; None elsewhere."""
    text: str | None = getattr(state, "told_by", None)
    return text


@dataclass(frozen=True)
class Span:
    """A span, or the beginning of one, from where the search began: through its closing quote if whole.

    Log-probabilities of its bytes: `score`, of the model with penalties and bias, at temperature 1;
    `model`, of the model as it is; `base`, of the base distribution. `before`: the state before the last
    byte.
    """

    data: bytes
    before: State
    score: float = 0.0
    model: float = 0.0
    base: float = 0.0


class SpanSearch:
    """The search for one value. `hypothesis`: at its beginning, as row 0 of `rows` is.

    most_read: after so many bytes nothing more is read; at_once: beginnings read at once.
    """

    def __init__(
        self, search: Search, hypothesis: Hypothesis, rows: Rows, most_read: int, at_once: int
    ) -> None:
        self._search, self._hypothesis, self._rows = search, hypothesis, rows
        self._most_read, self._at_once = most_read, at_once
        self._read_bytes = 0
        self._said = [b""] * len(rows.logits)
        self._queue: list[tuple[float, bytes, Span]] = []
        given = search.parameters
        self._untempered = SamplingParameters(
            repetition_penalty=given.repetition_penalty,
            presence_penalty=given.presence_penalty,
            frequency_penalty=given.frequency_penalty,
            penalty_ngram=given.penalty_ngram,
            bias=given.bias,
        )
        self._is_untempered = given.temperature in (0, 1) and not given.truncating
        self._expand(Span(b"", hypothesis.state), hypothesis.state, rows.logits[:1], b"")

    def next(self, least: float) -> Steps[Span | None]:
        """The most probable span that was not given yet.

        None where there is none of a score of at least `least`, or none is found before `most_read` bytes.
        """
        while True:
            batch: list[tuple[Span, State]] = []
            while self._queue and len(batch) < self._at_once:
                one = self._queue[0][2]
                if one.score < (batch[0][0].score - NEAR if batch else least):
                    break
                after = self._after(one)
                whole = after is not None and told_by(after) is None
                if whole and batch:
                    break
                heappop(self._queue)
                if whole:
                    return one
                if after is not None:
                    batch.append((one, after))
                else:
                    self._search.tally.unexplored_bytes += 1
            if not batch or self._read_bytes >= self._most_read:
                return None
            yield from self._read(batch)

    def rows_after(self, data: bytes) -> Steps[Rows]:
        """One row that has read these bytes from where the search began."""
        row, common = self._nearest(data)
        return (yield Move((data[common:],), (row,), (len(self._hypothesis.data) + common,)))

    def _after(self, one: Span) -> State | None:
        """The state after a beginning; None where it is too much for the constraint."""
        try:
            return one.before.advance(one.data[-1])
        except LimitExceeded:
            return None

    def _read(self, batch: list[tuple[Span, State]]) -> Steps[None]:
        """Read beginnings, and on after them, each in a row of its own."""
        runs = [self._ahead(one, after) for one, after in batch]
        said = [one.data + run for (one, _), run in zip(batch, runs, strict=True)]
        parents, commons = zip(*[self._nearest(one.data[:-1]) for one, _ in batch], strict=True)
        chunks = [text[common:] for text, common in zip(said, commons, strict=True)]
        lengths = [len(self._hypothesis.data) + common for common in commons]
        self._rows = yield Move(chunks, parents, lengths, keep_logits=True)
        self._said = said
        self._read_bytes += sum(map(len, chunks))
        for row, ((one, after), run) in enumerate(zip(batch, runs, strict=True)):
            logits = np.concatenate((self._rows.chunk_logits[row], self._rows.logits[row : row + 1]))
            self._expand(one, after, logits[len(logits) - len(run) - 1 :], run)

    def _nearest(self, data: bytes) -> tuple[int, int]:
        """The row that has read most of these bytes, and how many."""
        common = [
            next((at for at, byte in enumerate(data) if said[at : at + 1] != bytes((byte,))), len(data))
            for said in self._said
        ]
        row = max(range(len(common)), key=lambda row: (common[row], -row))
        return row, common[row]

    def _allowed(self, state: State, data: bytes) -> list[int]:
        """What may follow a beginning within the budget."""
        allowed = self._search.allowed_after(state, len(self._hypothesis.data) + len(data))
        found: list[int] = np.flatnonzero(allowed[:END]).tolist()
        return found

    def _ahead(self, one: Span, state: State) -> bytes:
        """What follows a beginning, while it is clear but for the end and escapes."""
        run = b""
        while len(run) < AHEAD:
            following = [b for b in self._allowed(state, one.data + run) if b not in (QUOTE, BACKSLASH)]
            after = self._after(Span(bytes(following), state)) if len(following) == 1 else None
            if after is None or told_by(after) is None:
                break
            state, run = after, run + bytes(following)
        return run

    def _expand(self, one: Span, state: State, logits: Logits, run: bytes) -> None:
        """Queue what may follow a beginning and each byte of what was read after it.

        logits: [bytes of run + 1, 257], after the beginning and after each of the bytes.
        """
        said = self._hypothesis.data + one.data
        outputs = [said + run[:at] for at in range(len(logits))]
        base = self._search.base(logits, outputs)
        scores = base.truncated
        if not self._is_untempered:
            scores = base_distribution(logits, self._untempered, outputs).tempered
        for at in range(len(logits)):
            further: Span | None = None
            for byte in self._allowed(state, one.data):
                score = one.score + float(scores[at, byte])
                model, mass = float(base.model[at, byte]), float(base.truncated[at, byte])
                longer = Span(one.data + bytes((byte,)), state, score, one.model + model, one.base + mass)
                if run[at : at + 1] == bytes((byte,)):
                    further = longer
                elif score > -math.inf:
                    heappush(self._queue, (-score, longer.data, longer))
            if further is not None:
                following = state.advance(run[at])
                assert following is not None
                one, state = further, following
