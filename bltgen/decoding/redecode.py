"""Decode a patch freely, and again if it leaves the language.

`Redecode` does so; `Backtrack` gives up earlier patches, too.

A byte latent transformer predicts the bytes of a patch from one latent, which is kept; decoding the
patch again costs local steps only. A rejected candidate is cut before its first invalid byte, so
the model never reads invalid text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bltgen.arguments import suggests_keywords
from bltgen.decoding.batch import Move, Rows, Steps
from bltgen.decoding.sampling import END, draw
from bltgen.decoding.search import masked_patch
from bltgen.decoding.strategy import Decoded, check_counts

if TYPE_CHECKING:
    from bltgen.decoding.hypothesis import Hypothesis
    from bltgen.decoding.sampling import BaseDistribution, Logits
    from bltgen.decoding.search import Search

__all__ = ["Backtrack", "Place", "Redecode", "forced_chunk", "free_patch"]


def forced_chunk(search: Search, hypothesis: Hypothesis, rows: Rows) -> Steps[tuple[Hypothesis, Rows]]:
    """Append what every valid text goes on with, if anything, in one chunk; `rows` has one row."""
    chunk = search.forced_run(hypothesis)
    if not chunk:
        return hypothesis, rows
    rows = yield Move((chunk,), keep_logits=True)
    score = search.scores(hypothesis, chunk, rows.chunk_logits[0])
    return search.append(hypothesis, chunk, rows.patch_starts(0), *score, forced=True), rows


@dataclass(frozen=True)
class Place:
    """Where a patch (or the rest of one) begins: what is needed to decode it again without the model.

    logits: [1, 257], after `hypothesis`; base: their base distribution. No reference to the model's
    rows, whose caches may be large.
    """

    hypothesis: Hypothesis
    logits: Logits
    base: BaseDistribution
    at_boundary: bool

    @classmethod
    def of(cls, search: Search, hypothesis: Hypothesis, rows: Rows) -> Place:
        """The place at the end of row 0."""
        logits = rows.logits[:1].copy()
        base = search.base(logits, [hypothesis.data])
        return cls(hypothesis, logits, base, bool(rows.at_boundary[0]))


def free_patch(
    search: Search,
    place: Place,
    rows: Rows,
    generators: Sequence[np.random.Generator],
) -> Steps[tuple[int | None, Hypothesis, Rows]]:
    """Candidates for the rest of the patch, drawn from the base distribution with no mask, one a generator.

    rows: as they are now; row 0 begins with the bytes at `place`. Returns (index of the first
    candidate that stayed in the language, it, the rows, one a candidate), or (None, what was at the
    place, the rows). A later candidate is never preferred for being shorter: it is taken only once
    all before it were rejected.
    """
    hypothesis, count = place.hypothesis, len(generators)
    base_length = len(hypothesis.data)
    candidates: list[Hypothesis | None] = [hypothesis] * count
    complete = [False] * count
    logits: Logits | None = None
    at_boundary: Sequence[bool] = [place.at_boundary] * count
    while True:
        live = [index for index in range(count) if candidates[index] is not None and not complete[index]]
        chunks = [b""] * count
        appended: list[tuple[int, int, float]] = []
        here = [one for index in live if (one := candidates[index]) is not None]
        if logits is None:
            base = place.base.repeated(count)
        else:
            base = search.base(logits[live], [one.data for one in here])
        columns = draw(base.truncated, [generators[index] for index in live], greedy=search.parameters.greedy)
        for at, index in enumerate(live):
            one, column = here[at], int(columns[at])
            score = float(base.model[at, column])
            if not search.choices(one)[column] or not search.can_follow(one, column):
                candidates[index] = None
            elif column == END:
                candidates[index], complete[index] = search.end(one, score, 0.0), True
            else:
                chunks[index] = bytes((column,))
                appended.append((index, column, score))
        if appended:
            if logits is None:
                rows = yield Move(chunks, rows=(0,) * count, lengths=(base_length,) * count)
            else:
                rows = yield Move(chunks)
            for index, column, score in appended:
                one = candidates[index]
                assert one is not None
                starts = (len(one.data),) if at_boundary[index] else ()
                longer = search.append(one, bytes((column,)), starts, score, 0.0)
                candidates[index] = longer
                complete[index] = longer.finished or bool(rows.at_boundary[index])
            logits, at_boundary = rows.logits, rows.at_boundary
        first = next((index for index in range(count) if candidates[index] is not None), None)
        if first is None:
            return None, hypothesis, rows
        found = candidates[first]
        if complete[first] and found is not None:
            return first, found, rows


@dataclass(frozen=True)
class _Try:
    """What trying a patch gave: the longer hypothesis and its row alone, or None and the rows as they are."""

    hypothesis: Hypothesis | None
    rows: Rows


def _try_patch(
    search: Search,
    place: Place,
    rows: Rows,
    max_tries: int,
    generators: Sequence[np.random.Generator],
) -> Steps[_Try]:
    """Up to `max_tries` candidates: one, and if it is rejected as many at once as there are generators.

    With n candidates up to the accepted one, -(1 + 1/2 + ... + 1/(n-1)) is added to the log-weight:
    an unbiased estimate of the log of the mass of the patches that stay in the language (inverse
    binomial sampling; van Opheusden, Acerbi and Ma 2020, arXiv:2001.03985).
    """
    tried = 0
    while tried < max_tries:
        some = generators[: 1 if tried == 0 else max_tries - tried]
        index, found, rows = yield from free_patch(search, place, rows, some)
        if index is not None:
            tried += index
            search.tally.redecoded_patches += index
            if len(rows.logits) > 1 and not found.finished:
                rows = yield Move((b"",), rows=(index,))
            weight = -sum(1 / k for k in range(1, tried + 1))
            return _Try(replace(found, log_weight=found.log_weight + weight), rows)
        tried += len(some)
        search.tally.redecoded_patches += len(some)
        if search.parameters.greedy:
            break
    return _Try(None, rows)


@suggests_keywords()
@dataclass(frozen=True)
class Redecode:
    """Each patch drawn freely until one stays in the language; the mask after `max_tries` in vain.

    Within a patch the draw is exact: from the base distribution of patches, conditioned on the text
    staying in the language. Between patches it looks no further ahead than the mask does.
    Where a patch's first candidate is rejected, `candidates` more at a time are decoded in one batch from
    the one latent. statistics.redecoded_patches counts
    candidates thrown away, fallbacks the patches that the mask had to say (log_weight then gains
    the log of the mass that the mask left). At temperature 0 a second try would say the same, so
    that the mask takes over after one.
    """

    max_tries: int = 16
    candidates: int = 4
    name: ClassVar[str] = "redecode"

    def __post_init__(self) -> None:
        check_counts(max_tries=self.max_tries, candidates=self.candidates)

    @property
    def draws_from(self) -> str:
        """Its distribution."""
        return (
            "patch by patch, the base distribution conditioned on the patch staying in the language "
            f"(by the mask after {self.max_tries} tries: see fallbacks); log_weight estimates, without bias, "
            "the log of the weight towards the base distribution conditioned on validity"
        )

    def decode(self, search: Search, rows: Rows) -> Steps[Decoded]:
        """One hypothesis, with as many rows as candidates while a patch is tried."""
        hypothesis = search.start
        generators = search.generators(self.candidates)
        while not hypothesis.finished:
            hypothesis, rows = yield from forced_chunk(search, hypothesis, rows)
            if hypothesis.finished:
                return Decoded(hypothesis)
            place = Place.of(search, hypothesis, rows)
            tried = yield from _try_patch(search, place, rows, self.max_tries, generators)
            if tried.hypothesis is not None:
                hypothesis, rows = tried.hypothesis, tried.rows
            else:
                hypothesis, rows = yield from _by_mask(search, place, generators)
            search.commit(hypothesis)
        return Decoded(hypothesis)


def _by_mask(
    search: Search, place: Place, generators: Sequence[np.random.Generator]
) -> Steps[tuple[Hypothesis, Rows]]:
    """The patch by the mask, from the one row cut back to where it began."""
    search.tally.fallbacks += 1
    cut = yield Move((b"",), rows=(0,), lengths=(len(place.hypothesis.data),))
    begun = replace(cut, logits=place.logits, at_boundary=(place.at_boundary,))
    (hypothesis,), rows = yield from masked_patch(search, [place.hypothesis], begun, generators)
    return hypothesis, rows


CERTAIN = float(np.log(0.9))
"""A patch at least this probable is not worth giving up: it would be said again."""


@suggests_keywords()
@dataclass(frozen=True)
class Backtrack:
    """As `Redecode`, but a patch that finds no valid candidate gives up patches before it, too.

    After `max_tries` in vain it goes back to before the last patch that the model was not certain of; if
    the same place fails again, to before the second last, and so on for the last `depth` of them; then
    the mask says the patch. After `max_backtracks` in all, the mask takes over where tries fail.
    Bounded, so that it always ends. statistics as for `Redecode`.
    """

    max_tries: int = 8
    candidates: int = 4
    depth: int = 2
    max_backtracks: int = 16
    name: ClassVar[str] = "backtrack"

    def __post_init__(self) -> None:
        check_counts(
            max_tries=self.max_tries,
            candidates=self.candidates,
            depth=self.depth,
            max_backtracks=self.max_backtracks,
        )

    @property
    def draws_from(self) -> str:
        """Its distribution."""
        return (
            "no distribution in closed form: as redecode, but prefixes whose next patch failed "
            f"{self.max_tries} times are given up, which moves it towards the base distribution conditioned "
            "on validity; log_weight is that of the patches kept, as if none had been given up"
        )

    def decode(self, search: Search, rows: Rows) -> Steps[Decoded]:
        """A stack of the places where patches began, with the logits there."""
        generators = search.generators(self.candidates)
        hypothesis, rows = yield from forced_chunk(search, search.start, rows)
        stack = _Stack(Place.of(search, hypothesis, rows))
        failures: dict[int, int] = {}
        backtracks = 0
        while not stack.last.hypothesis.finished:
            place = stack.last
            tried = yield from _try_patch(search, place, rows, self.max_tries, generators)
            rows = tried.rows
            if tried.hypothesis is not None:
                hypothesis = tried.hypothesis
                certain = hypothesis.log_probability - place.hypothesis.log_probability > CERTAIN
            else:
                at = len(place.hypothesis.data)
                failures[at] = failures.get(at, 0) + 1
                if (
                    failures[at] <= self.depth
                    and backtracks < self.max_backtracks
                    and not search.parameters.greedy
                    and stack.give_up(failures[at])
                ):
                    backtracks += 1
                    continue
                hypothesis, rows = yield from _by_mask(search, place, generators)
                certain = True
            hypothesis, rows = yield from forced_chunk(search, hypothesis, rows)
            settled = stack.push(Place.of(search, hypothesis, rows), certain, self.depth)
            if settled is not None:
                search.commit(settled.hypothesis, closed=settled.at_boundary)
        return Decoded(stack.last.hypothesis)


class _Stack:
    """The places that may still be gone back to, and for each whether the patch from there was uncertain."""

    def __init__(self, first: Place) -> None:
        self._places = [first]
        self._uncertain: list[bool] = []

    @property
    def last(self) -> Place:
        return self._places[-1]

    def push(self, place: Place, certain: bool, depth: int) -> Place | None:
        """Add the place after a patch. What lies before the last `depth` uncertain patches is settled.

        Returns the first place that is left, where that is another than before.
        """
        self._places.append(place)
        self._uncertain.append(not certain)
        settled = False
        while self._uncertain and (not self._uncertain[0] or sum(self._uncertain) > depth):
            del self._places[0], self._uncertain[0]
            settled = True
        return self._places[0] if settled else None

    def give_up(self, count: int) -> bool:
        """Go back to before the last `count` uncertain patches; False where there are not as many."""
        places = [at for at, uncertain in enumerate(self._uncertain) if uncertain]
        if len(places) < count:
            return False
        del self._places[places[-count] + 1 :], self._uncertain[places[-count] :]
        return True
