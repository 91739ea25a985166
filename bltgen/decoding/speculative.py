"""Speculative decoding without loss: the entropy model drafts a patch, the model checks it in one pass.

The model that places the patch boundaries predicts the next byte too. Under the same constraint and
sampling parameters it drafts bytes until its entropy starts the next patch, or `k` of them; the model
then reads them as one chunk, so that its encoder and decoder run once where they would have run for
every byte. Draft byte b, drawn from q, is kept with probability min(1, p(b) / q(b)), where p is what
`mask` would have drawn from; the first that is not kept is replaced by a draw from max(p - q, 0)
(Leviathan et al., arXiv:2211.17192; Chen et al., arXiv:2302.01318). The bytes are thus distributed as
those of `mask`, and at temperature 0 they are the same.

It pays where a pass of the model costs much more than one of the entropy model, and where the two
agree; `Statistics.accepted_bytes / Statistics.drafted_bytes` is how much they do.

>>> import bltgen
>>> from bltgen.testing.models import tiny_blt
>>> generator = bltgen.Generator(tiny_blt())
>>> words = bltgen.regex("(yes|no|perhaps)( (yes|no|perhaps)){9}")
>>> plain = generator.generate("?", words, temperature=0)
>>> drafted = generator.generate("?", words, temperature=0, strategy="speculative")
>>> plain.data == drafted.data, drafted.statistics.accepted_bytes <= drafted.statistics.drafted_bytes
(True, True)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bltgen.arguments import number, suggests_keywords
from bltgen.decoding.batch import Move, Rows, Steps
from bltgen.decoding.sampling import END, draw, masked
from bltgen.decoding.search import masked_patch
from bltgen.decoding.strategy import Decoded, check_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bltgen.decoding.hypothesis import Hypothesis
    from bltgen.decoding.sampling import Logits
    from bltgen.decoding.search import Search
    from bltgen.model.contract import Draft

__all__ = ["Speculative"]


@dataclass(frozen=True)
class _Guess:
    """A drafted byte and the log-probabilities [257] that it was drawn from."""

    byte: int
    log_probabilities: Logits


@dataclass(frozen=True)
class _Choice:
    """A byte or the end, decided: its log-probability under the model, the log-mass of its mask."""

    column: int
    log_probability: float
    log_weight: float


@suggests_keywords()
@dataclass(frozen=True)
class Speculative:
    """As `Mask`, with up to `k` bytes of a patch drafted by the entropy model and checked in one pass.

    Nothing is drafted where it gives no byte a probability of `confidence`: that draft would hardly be
    kept. Models that cannot draft (stand-ins without an entropy model) are decoded as by `Mask`.
    Raises ValueError for k < 1 and for a confidence outside 0..1.
    """

    k: int = 8
    confidence: float = 0.4
    name: ClassVar[str] = "speculative"
    draws_from: ClassVar[str] = (
        "the base distribution renormalised over the allowed bytes at each byte, as mask; "
        "exp(log_weight) reweights it to the base distribution conditioned on validity"
    )

    def __post_init__(self) -> None:
        check_counts(k=self.k)
        number("confidence", self.confidence)
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"confidence={self.confidence!r}: must be in [0, 1]")

    def decode(self, search: Search, rows: Rows) -> Steps[Decoded]:
        """One row, patch by patch."""
        hypothesis = search.start
        generators = search.generators(1)
        if not hasattr(rows.session, "draft"):
            while not hypothesis.finished:
                (hypothesis,), rows = yield from masked_patch(search, [hypothesis], rows, generators)
                search.commit(hypothesis)
            return Decoded(hypothesis)
        generator = generators[0]
        choice: _Choice | None = None  # the byte to come, where a rejected draft has decided it
        while not hypothesis.finished:
            forced = b"" if choice is not None else search.forced_run(hypothesis)
            if forced:
                rows = yield Move((forced,), lengths=(len(hypothesis.data),), keep_logits=True)
                score = search.scores(hypothesis, forced, rows.chunk_logits[0])
                hypothesis = search.append(hypothesis, forced, rows.patch_starts(0), *score, forced=True)
            else:
                if choice is None:
                    choice = _choose(search, hypothesis, rows.logits, generator)
                if choice.column == END:
                    hypothesis = search.end(hypothesis, choice.log_probability, choice.log_weight)
                else:
                    guesses = yield from self._guess(search, hypothesis, choice.column, generator)
                    chunk = bytes((choice.column, *(guess.byte for guess in guesses)))
                    rows = yield Move((chunk,), lengths=(len(hypothesis.data),), keep_logits=True)
                    hypothesis = _append(search, hypothesis, choice, rows)
                    hypothesis, choice = _check(search, hypothesis, guesses, rows, generator)
            if choice is None:
                search.commit(hypothesis, closed=rows.at_boundary[0])
        search.commit(hypothesis)
        return Decoded(hypothesis)

    def _guess(
        self, search: Search, hypothesis: Hypothesis, byte: int, generator: np.random.Generator
    ) -> Steps[list[_Guess]]:
        """What the entropy model goes on with after the hypothesis and a byte, within the patch."""
        guesses: list[_Guess] = []
        state, data = hypothesis.state, hypothesis.data
        before: tuple[int, ...] = (len(data),)
        while len(guesses) < self.k:
            following = state.advance(byte)
            assert following is not None
            state, data = following, data + bytes((byte,))
            if data.endswith(search.stop):
                break
            allowed = search.allowed_after(state, len(data))
            allowed[END] = False
            # Where at most one byte is allowed, the run of forced bytes is appended without a draft.
            if np.count_nonzero(allowed) < 2:
                break
            rows = yield Move((b"",), lengths=before, drafts=(bytes((byte,)),))
            draft: Draft | None = rows.drafts[0]
            assert draft is not None
            if draft.at_boundary:
                break
            logits = draft.logits.detach().cpu().double().numpy()[None]
            if not logits.max() > -np.inf:  # NaN, or nothing at all: no draft can be drawn
                break
            kept, _ = masked(search.base(logits, [data]), allowed[None])
            # Whether to draft may depend on q, never on what was drawn from it.
            if kept.max() < math.log(self.confidence or 1e-300):
                break
            byte = int(draw(kept, [generator], greedy=search.parameters.greedy)[0])
            if not search.can_follow(replace(hypothesis, state=state, data=data), byte):
                break
            guesses.append(_Guess(byte, kept[0]))
        return guesses


def _choose(
    search: Search, hypothesis: Hypothesis, logits: Logits, generator: np.random.Generator
) -> _Choice:
    """A draw of what `mask` draws; logits [1, 257]."""
    base = search.base(logits, [hypothesis.data])
    columns, mass = search.drawn([hypothesis], base, [generator])
    column = int(columns[0])
    return _Choice(column, float(base.model[0, column]), float(mass[0]))


def _append(search: Search, hypothesis: Hypothesis, choice: _Choice, rows: Rows) -> Hypothesis:
    """The hypothesis with the byte that was chosen, which the row has read."""
    starts = [start for start in rows.patch_starts(0) if start == len(hypothesis.data)]
    return search.append(
        hypothesis, bytes((choice.column,)), starts, choice.log_probability, choice.log_weight
    )


def _check(
    search: Search,
    hypothesis: Hypothesis,
    guesses: list[_Guess],
    rows: Rows,
    generator: np.random.Generator,
) -> tuple[Hypothesis, _Choice | None]:
    """The hypothesis with the guesses that are kept, and what comes instead of the first that is not.

    rows.chunk_logits[0][1 + i] is what predicts guess i.
    """
    search.tally.drafted_bytes += len(guesses)
    for place, guess in enumerate(guesses):  # none comes after a stop string
        base = search.base(rows.chunk_logits[0][1 + place][None], [hypothesis.data])
        kept, mass = masked(base, search.choices(hypothesis)[None])
        column = _accepted(kept[0], guess, generator, greedy=search.parameters.greedy)
        if not search.can_follow(hypothesis, column):
            return hypothesis, _choose(search, hypothesis, rows.chunk_logits[0][1 + place][None], generator)
        choice = _Choice(column, float(base.model[0, column]), float(mass[0]))
        if column != guess.byte:
            return hypothesis, choice
        hypothesis = _append(search, hypothesis, choice, rows)
        search.tally.accepted_bytes += 1
    return hypothesis, None


def _accepted(target: Logits, guess: _Guess, generator: np.random.Generator, *, greedy: bool) -> int:
    """The guess, or the column drawn in its place; target: log-probabilities [257]."""
    if greedy:
        return int(np.argmax(target))
    ratio = np.exp(target[guess.byte] - guess.log_probabilities[guess.byte])
    if generator.random() < ratio:
        return guess.byte
    rest: NDArray[np.float64] = np.maximum(np.exp(target) - np.exp(guess.log_probabilities), 0.0)
    if not rest.any():  # equal but for rounding
        rest = np.exp(target)
    with np.errstate(divide="ignore"):
        return int(draw(np.log(rest)[None], [generator])[0])
