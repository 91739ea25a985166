"""Strategies: small immutable objects that turn a search into a text, patch by patch.

Each says what it draws from and returns the log-weight that corrects it. To write your own, give
a class the three members of `Strategy`; `decode` is a generator function that yields moves of the
model's rows (most simply through `masked_patch`) and returns a `Decoded`:

>>> class TwoThenBetter:
...     '''After every patch, keep the likelier of two draws of it.'''
...     name = "two-then-better"
...     draws_from = "no distribution of note"
...     def decode(self, search, rows):
...         best, streams = search.start, search.generators(2)
...         while not best.finished:
...             rows = yield Move((b"", b""), rows=(0, 0))
...             both, rows = yield from masked_patch(search, [best, best], rows, streams)
...             kept = max((0, 1), key=lambda row: both[row].log_probability)
...             best = both[kept]
...             rows = yield Move((b"",), rows=(kept,))
...             search.commit(best)
...         return Decoded(best)
>>> from bltgen.automata.language import literal, union
>>> from bltgen.decoding.generator import Generator
>>> from bltgen.testing.models import table
>>> generator = Generator(table({b"": {b"a": 0.3, b"b": 0.2, b"c": 0.5}}))
>>> a_or_b = union(literal(b"a"), literal(b"b"))
>>> texts = [generator.generate("", a_or_b, strategy=TwoThenBetter(), seed=seed).text for seed in range(50)]
>>> set(texts) == {"a", "b"} and texts.count("a") > 35  # 1 - 0.4 ** 2 of 50 are 42
True

`bltgen.testing.decoder_checks.check_strategy` tests it on adversarial models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from bltgen.arguments import integer, suggests_keywords
from bltgen.decoding.batch import Move, Rows, Steps
from bltgen.decoding.hypothesis import Hypothesis
from bltgen.decoding.search import masked_patch

if TYPE_CHECKING:
    from bltgen.decoding.search import Search

__all__ = ["Decoded", "Mask", "Move", "Strategy", "check_counts", "masked_patch"]


def check_counts(**values: int) -> None:
    """Raise ValueError naming the setting that is no integer >= 1."""
    for name, value in values.items():
        integer(name, value, 1)


@dataclass(frozen=True)
class Decoded:
    """The text a strategy settled on, and the finished others it knew (best or heaviest first)."""

    hypothesis: Hypothesis
    candidates: tuple[Hypothesis, ...] = ()


class Strategy(Protocol):
    """How a text is found."""

    @property
    def name(self) -> str:
        """The name that `--strategy` takes."""
        ...

    @property
    def draws_from(self) -> str:
        """The distribution of the text, in a sentence."""
        ...

    def decode(self, search: Search, rows: Rows) -> Steps[Decoded]:
        """Search from `rows` (one row, at the end of the prompt) to a finished hypothesis."""
        ...


@suggests_keywords()
@dataclass(frozen=True)
class Mask:
    """Every byte drawn from the base distribution restricted to what is allowed there, renormalised.

    The cheapest strategy: one pass, forced bytes without a draw. It draws from the locally
    renormalised distribution, which favours prefixes whose continuations are mostly invalid;
    exp(log_weight) = the product of the allowed masses corrects for that (importance sampling).
    """

    name: ClassVar[str] = "mask"
    draws_from: ClassVar[str] = (
        "the base distribution renormalised over the allowed bytes at each byte; "
        "exp(log_weight) reweights it to the base distribution conditioned on validity"
    )

    def decode(self, search: Search, rows: Rows) -> Steps[Decoded]:
        """One row, patch by patch."""
        hypothesis = search.start
        generators = search.generators(1)
        while not hypothesis.finished:
            (hypothesis,), rows = yield from masked_patch(search, [hypothesis], rows, generators)
            search.commit(hypothesis)
        return Decoded(hypothesis)
