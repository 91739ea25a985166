"""Searching for a probable valid text instead of drawing one: `Beam` over patches, `BestOf` draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bltgen.arguments import number, suggests_keywords
from bltgen.decoding.batch import Move, Rows, Steps
from bltgen.decoding.sampling import END, log_softmax
from bltgen.decoding.search import masked_patch
from bltgen.decoding.strategy import Decoded, check_counts

if TYPE_CHECKING:
    from bltgen.decoding.hypothesis import Hypothesis
    from bltgen.decoding.search import Search

__all__ = ["Beam", "BestOf"]


@dataclass(frozen=True)
class _Lead:
    """A hypothesis in a beam. row: its row; origin: which hypothesis of the round's start it goes on from."""

    hypothesis: Hypothesis
    row: int
    origin: int
    at_boundary: bool


@dataclass(frozen=True)
class _Choice:
    """A way on from a lead. score: the log-probability after it; where forced, before it (a bound)."""

    lead: _Lead
    chunk: bytes
    score: float
    forced: bool


@suggests_keywords()
@dataclass(frozen=True)
class Beam:
    """The most probable valid text that `width` hypotheses find, patch by patch.

    In each round every hypothesis is continued to the end of its patch by a beam over bytes of the
    same width, then the best `width` of all go on (up to width**2 rows of the model at once). The
    score is the log-probability under the model, whatever the temperature and truncation, divided
    by ((5 + bytes) / 6) ** length_penalty (Wu et al. 2016; 0: none). Without a length penalty it
    ends as soon as no hypothesis can overtake the best finished text. `candidates`: the finished
    texts, best first. log_weight is 0: the text is not a draw.
    """

    width: int = 4
    length_penalty: float = 0.0
    name: ClassVar[str] = "beam"
    draws_from: ClassVar[str] = (
        "nothing: a search for the valid text of the highest score; log_weight means nothing"
    )

    def __post_init__(self) -> None:
        check_counts(width=self.width)
        number("length_penalty", self.length_penalty)
        if not 0 <= self.length_penalty < np.inf:
            raise ValueError(f"length_penalty={self.length_penalty!r}: must be finite and >= 0")

    def score(self, hypothesis: Hypothesis) -> float:
        """What hypotheses are ranked by."""
        return self._scored(hypothesis.log_probability, len(hypothesis.data))

    def _scored(self, log_probability: float, length: int) -> float:
        return float(log_probability / ((5 + length) / 6) ** self.length_penalty)

    def decode(self, search: Search, rows: Rows) -> Steps[Decoded]:
        """Rounds of patches until nothing can overtake the best finished text."""
        finished: list[Hypothesis] = []
        live = [_Lead(search.start, 0, 0, bool(rows.at_boundary[0]))]
        if search.start.finished:
            return Decoded(search.start)
        while live:
            ended, live, rows = yield from self._patch(search, live, rows)
            finished = sorted([*finished, *ended], key=self.score, reverse=True)[: self.width]
            live = sorted(live, key=lambda lead: self.score(lead.hypothesis), reverse=True)[: self.width]
            if finished:
                # A live score can at best lose no more probability, at the greatest length.
                hopeful = [
                    lead
                    for lead in live
                    if self._scored(lead.hypothesis.log_probability, search.budget) > self.score(finished[0])
                ]
                live = hopeful
            if live:
                rows = yield Move((b"",) * len(live), rows=[lead.row for lead in live])
                live = [replace(lead, row=index, origin=index) for index, lead in enumerate(live)]
                search.commit_agreed([*finished, *(lead.hypothesis for lead in live)])
        texts = [replace(one, log_weight=0.0) for one in finished]
        return Decoded(texts[0], tuple(texts))

    def _patch(
        self, search: Search, live: list[_Lead], rows: Rows
    ) -> Steps[tuple[list[Hypothesis], list[_Lead], Rows]]:
        """Each lead continued to the end of its patch in up to `width` ways: (ended, complete, rows)."""
        origins = range(len(live))
        complete: list[_Lead] = []
        ended: list[tuple[int, Hypothesis]] = []
        while live:
            choices: list[_Choice] = []
            for lead in live:
                choices += self._expanded(search, lead, rows, ended)
            kept: list[_Choice] = []
            stay: list[_Lead] = []
            for origin in origins:
                rivals = [one.log_probability for number, one in ended if number == origin]
                waiting = [lead for lead in complete if lead.origin == origin]
                ranked = sorted(
                    [
                        *((lead.hypothesis.log_probability, 0, index) for index, lead in enumerate(waiting)),
                        *((one.score, 1, at) for at, one in enumerate(choices) if one.lead.origin == origin),
                        *((score, 2, at) for at, score in enumerate(rivals)),
                    ],
                    reverse=True,
                )[: self.width]
                stay += [waiting[index] for _, kind, index in ranked if kind == 0]
                kept += [choices[at] for _, kind, at in ranked if kind == 1]
            if not kept:
                complete = stay
                break
            parents = [lead.row for lead in stay] + [choice.lead.row for choice in kept]
            chunks = [b""] * len(stay) + [choice.chunk for choice in kept]
            rows = yield Move(chunks, rows=parents, keep_logits=any(choice.forced for choice in kept))
            complete = [replace(lead, row=index) for index, lead in enumerate(stay)]
            live = []
            for index, choice in enumerate(kept, start=len(stay)):
                longer, origin = self._longer(search, choice, rows, index), choice.lead.origin
                if longer.finished:
                    ended.append((origin, longer))
                    continue
                boundary = bool(rows.at_boundary[index])
                (complete if boundary else live).append(_Lead(longer, index, origin, boundary))
        return [one for _, one in ended], complete, rows

    def _expanded(
        self, search: Search, lead: _Lead, rows: Rows, ended: list[tuple[int, Hypothesis]]
    ) -> list[_Choice]:
        """The best next bytes of one lead, with the log-probability after them; ends go to `ended`."""
        run = search.forced_run(lead.hypothesis)
        if run:
            return [_Choice(lead, run, lead.hypothesis.log_probability, forced=True)]
        model = log_softmax(rows.logits[lead.row])
        scores = np.where(search.choices(lead.hypothesis), model, np.nan)
        order = np.argsort(-scores, kind="stable")  # NaN, not allowed, comes last
        found: list[_Choice] = []
        taken = 0
        for column in order:
            if np.isnan(scores[column]) or taken == self.width:
                break
            if not search.can_follow(lead.hypothesis, int(column)):
                continue
            taken += 1
            score = float(scores[column])
            if column == END:
                ended.append((lead.origin, search.end(lead.hypothesis, score, 0.0)))
            else:
                total = lead.hypothesis.log_probability + score
                found.append(_Choice(lead, bytes((int(column),)), total, forced=False))
        return found

    def _longer(self, search: Search, choice: _Choice, rows: Rows, index: int) -> Hypothesis:
        one, chunk = choice.lead.hypothesis, choice.chunk
        if choice.forced:
            score, _ = search.scores(one, chunk, rows.chunk_logits[index])
            return search.append(one, chunk, rows.patch_starts(index), score, 0.0, forced=True)
        starts: Sequence[int] = (len(one.data),) if choice.lead.at_boundary else ()
        longer = search.append(one, chunk, starts, 0.0, 0.0)
        return replace(longer, log_probability=choice.score)


@suggests_keywords()
@dataclass(frozen=True)
class BestOf:
    """`n` independent draws by the mask, decoded together; the one most probable under the model is taken.

    `candidates` has all of them, best first, with their own log-weights.
    """

    n: int = 4
    name: ClassVar[str] = "best-of"

    def __post_init__(self) -> None:
        check_counts(n=self.n)

    @property
    def draws_from(self) -> str:
        """Its distribution."""
        return (
            f"the most probable of {self.n} draws of the mask strategy: no distribution to weigh towards; "
            "log_weight is that of the draw among the others (`candidates`)"
        )

    def decode(self, search: Search, rows: Rows) -> Steps[Decoded]:
        """One row a draw."""
        generators = search.generators(self.n)
        current = [search.start] * self.n
        rows = yield Move((b"",) * self.n, rows=(0,) * self.n)
        while not all(one.finished for one in current):
            current, rows = yield from masked_patch(search, current, rows, generators)
            search.commit_agreed(current)
        best = sorted(current, key=lambda one: one.log_probability, reverse=True)
        return Decoded(best[0], tuple(best))
