"""Values of the text as wholes: each grounded string is chosen among whole spans, not at its first byte.

A string that the text must tell (`json_schema(..., strings_from=text)`) is bound to its place by its first
byte when it is written byte by byte. `Spans` compares whole spans instead, through the closing quote, and
takes the most probable one, or draws among the most probable ones.

>>> from bltgen.constraints.json_schema import json_schema
>>> from bltgen.decoding.generator import Generator
>>> from bltgen.testing.models import table
>>> says = {b"": {b'"': 1.0}, b'"': {b"a": 0.6, b"b": 0.4}, b'"a': {b"x": 0.5, b"y": 0.5}, b'"b': {b"z": 1.0}}
>>> ends = {text: {b'"': 1.0} for text in (b'"ax', b'"ay', b'"bz')}
>>> generator = Generator(table(says | ends))
>>> spans = json_schema({"type": "string"}, strings_from="ax ay bz", whitespace="compact")
>>> by_byte = generator.generate("", spans, temperature=0).value
>>> by_byte, generator.generate("", spans, temperature=0, strategy="spans").value
('ax', 'bz')
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bltgen.arguments import number, of_type, suggests_keywords
from bltgen.decoding.batch import Rows, Steps
from bltgen.decoding.sampling import SamplingParameters, base_distribution, draw
from bltgen.decoding.search import masked_patch
from bltgen.decoding.span_search import Span, SpanSearch, told_by
from bltgen.decoding.strategy import Decoded, check_counts

if TYPE_CHECKING:
    from bltgen.decoding.hypothesis import Hypothesis
    from bltgen.decoding.search import Search

__all__ = ["Spans"]


@suggests_keywords()
@dataclass(frozen=True)
class Spans:
    """As `Mask`, but a string value that the text must tell is drawn as a whole, its closing quote included.

    Its candidates are the most probable spans, given what was said: at most `candidates` of them, none less
    than `least` times as probable as the most probable one. Their probabilities are the model's, with
    penalties and bias, at temperature 1; temperature and truncation (top-k, top-p, min-p, typical) then
    apply to whole spans. At temperature 0 the span is exactly the most probable one that is valid.

    disjoint: no two values of an answer stand in one place of the text. Candidates all of whose places in it
    overlap values written before are left out, as long as others are left. A value that is told once for two
    members is thus given to the first of them, unless nothing else comes near it in the second.

    For one value the model reads about `max_read` bytes at most. If these do not bring the most probable
    span to light, the value is written as by `Mask`, and statistics.fallbacks counts it; if they bring some,
    these are the candidates. `at_once` beginnings of spans are read in one pass: more than one pays where a
    pass over several rows costs as much as over one. statistics.whole_values counts the values that were
    chosen as wholes. Where a constraint asks nothing of a text (no `strings_from`, no JSON), it is `Mask`.
    """

    candidates: int = 64
    least: float = 0.001
    max_read: int = 4096
    disjoint: bool = False
    at_once: int = 1

    def __post_init__(self) -> None:
        check_counts(candidates=self.candidates, max_read=self.max_read, at_once=self.at_once)
        number("least", self.least)
        if not 0 <= self.least <= 1:
            raise ValueError(f"least={self.least!r}: must be in [0, 1]")
        of_type("disjoint", self.disjoint, bool, "a bool")

    @property
    def name(self) -> str:
        """Its name: "spans", or "disjoint-spans"."""
        return "disjoint-spans" if self.disjoint else "spans"

    @property
    def draws_from(self) -> str:
        """Its distribution."""
        return (
            "as mask outside of grounded strings; a grounded string from the probabilities of whole spans, "
            f"tempered and truncated as such, over the {self.candidates} most probable ones that are "
            f"at least {self.least:g} times as probable as the first; exp(log_weight) reweights it to the "
            "base distribution conditioned on validity, as far as the candidates reach"
            + ("; of candidates those that overlap no value before, if any" if self.disjoint else "")
        )

    def decode(self, search: Search, rows: Rows) -> Steps[Decoded]:
        """One row; up to `at_once` of them while a value is looked for."""
        hypothesis = search.start
        generators = search.generators(1)
        places = _Places()
        while not hypothesis.finished:
            text = _told_by(hypothesis)
            if text is not None:
                before = hypothesis
                hypothesis, rows = yield from self._value(search, before, rows, generators[0], places)
                value = _string(before, hypothesis.data)
                assert value is not None
                places.take(value, text)
            else:
                (hypothesis,), rows = yield from masked_patch(
                    search,
                    [hypothesis],
                    rows,
                    generators,
                    lambda one: one.finished or _told_by(one) is not None,
                )
            search.commit(hypothesis, closed=rows.at_boundary[0])
        return Decoded(hypothesis)

    def _value(
        self, search: Search, before: Hypothesis, rows: Rows, generator: np.random.Generator, places: _Places
    ) -> Steps[tuple[Hypothesis, Rows]]:
        """The hypothesis with its value written."""
        spans = SpanSearch(search, before, rows, self.max_read, self.at_once)
        found = yield from self._found(
            spans, search.parameters.greedy, lambda span: self._is_free(before, span, places)
        )
        if found:
            span, log_probability = _drawn(found, search.parameters, generator)
            rows = yield from spans.rows_after(span.data)
            weight = span.base - log_probability
            longer = search.append(before, span.data, rows.patch_starts(0), span.model, weight)
            search.tally.whole_values += 1
            return longer, rows
        search.tally.fallbacks += 1
        rows = yield from spans.rows_after(b"")
        hypothesis = before
        while _string(before, hypothesis.data) is None:
            (hypothesis,), rows = yield from masked_patch(
                search, [hypothesis], rows, [generator], lambda one: _string(before, one.data) is not None
            )
        return hypothesis, rows

    def _is_free(self, before: Hypothesis, span: Span, places: _Places) -> bool:
        """Whether a span may stand where no value before it stands."""
        if not self.disjoint:
            return True
        value, text = _string(before, before.data + span.data), _told_by(before)
        return value is not None and text is not None and places.of(value, text) is not None

    def _found(self, spans: SpanSearch, greedy: bool, is_free: Callable[[Span], bool]) -> Steps[list[Span]]:
        """The candidates, the most probable first; none where reading them would take too much.

        Greedily, the first of those that are free is enough.
        """
        free: list[Span] = []
        others: list[Span] = []
        least = -math.inf
        while len(free) + len(others) < self.candidates and not (greedy and free):
            span = yield from spans.next(least)
            if span is None:
                break
            if least == -math.inf and self.least > 0:
                least = span.score + math.log(self.least)
            (free if is_free(span) else others).append(span)
        return free or others


def _told_by(hypothesis: Hypothesis) -> str | None:
    """The text that tells the string that is to be written, or to be written on; None where there is none."""
    return None if hypothesis.finished else told_by(hypothesis.state)


class _Places:
    """The places of texts where the values stand that are written already."""

    def __init__(self) -> None:
        self._taken: dict[str, list[tuple[int, int]]] = {}

    def of(self, value: str, text: str) -> tuple[int, int] | None:
        """The first place of a value that no other one overlaps; None where there is none."""
        taken, low = self._taken.get(text, []), text.find(value)
        while low >= 0:
            high = low + len(value)
            if all(high <= begin or end <= low for begin, end in taken):
                return low, high
            low = text.find(value, low + 1)
        return None

    def take(self, value: str, text: str) -> None:
        """A value is written."""
        place = self.of(value, text)
        if place is not None:
            self._taken.setdefault(text, []).append(place)


_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


def _string(before: Hypothesis, data: bytes) -> str | None:
    """The string that `before` is in the middle of, as `data` goes on; None where it has no end yet."""
    start = before.data.rindex(b'"')
    while (start - len(before.data[:start].rstrip(b"\\"))) % 2:
        start = before.data.rindex(b'"', 0, start)
    found = _STRING.match(data, start)
    return None if found is None else str(json.loads(found[0]))


def _drawn(
    spans: list[Span], parameters: SamplingParameters, generator: np.random.Generator
) -> tuple[Span, float]:
    """One of the spans, and the log of the probability that it had."""
    if parameters.greedy:
        return spans[0], 0.0
    shape = SamplingParameters(
        temperature=parameters.temperature,
        top_k=parameters.top_k,
        top_p=parameters.top_p,
        min_p=parameters.min_p,
        typical=parameters.typical,
    )
    drawn_from = base_distribution(np.array([[span.score for span in spans]]), shape).truncated
    chosen = int(draw(drawn_from, [generator])[0])
    return spans[chosen], float(drawn_from[0, chosen])
