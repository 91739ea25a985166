"""Exact sampling from the base distribution conditioned on validity, by rejection that learns.

Constrained adaptive rejection sampling (CARS; arXiv:2510.01902): draw a text freely; where it
leaves the language, reject the whole text and remember. What was learned is a trie of the prefixes
seen, each with a bound on the valid mass of its continuations: the sum over the allowed bytes of
their probability times the bound of the prefix they lead to. Later draws are made from the base
distribution without the mass known to be invalid, so that acceptance only grows.

Why it is exact: a try draws from the base distribution conditioned on a set of texts that has all
valid ones and is fixed when the try begins; what is learned on the way counts from the next try on.

Prefixes in the trie keep their logits: walking them takes no step of the model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bltgen.decoding.batch import Move, Rows, Steps
from bltgen.decoding.sampling import END, draw, masked
from bltgen.decoding.strategy import Decoded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bltgen.decoding.hypothesis import Hypothesis
    from bltgen.decoding.sampling import BaseDistribution, Logits
    from bltgen.decoding.search import Search

__all__ = ["Exact", "Trie"]


class _Node:
    """A prefix: its distributions [1, 257] and `bound` [257], what of each column may still be valid."""

    __slots__ = ("allowed", "at_boundary", "base", "bound", "children", "fresh")

    def __init__(self, base: BaseDistribution, allowed: NDArray[np.bool_], at_boundary: bool) -> None:
        self.base, self.allowed, self.at_boundary = base, allowed, at_boundary
        self.bound = allowed.astype(np.float64)
        self.children: dict[int, _Node] = {}
        self.fresh = True
        """First seen in the try under way, which must not use what it says yet."""

    def mass(self) -> float:
        """A bound on the valid mass of the continuations."""
        return float((np.exp(self.base.truncated[0]) * self.bound).sum())


class Trie:
    """What was learned about one prompt, constraint, budget and set of parameters.

    Share one among generations that have all of these in common, and each begins where the last
    one ended: `Exact(trie=Trie())`. At most about `max_nodes` prefixes, of 6 KB each; then it is
    cleared.
    """

    def __init__(self, max_nodes: int = 20_000) -> None:
        self.max_nodes = max_nodes
        self.clear()

    def clear(self) -> None:
        """Forget everything; draws stay exact."""
        self.root: _Node | None = None
        self.nodes = 0


@dataclass(frozen=True)
class Exact:
    """Draws exactly from the base distribution conditioned on validity, while it succeeds in `max_tries`.

    log_weight is 0: an exact draw needs no correction. After `max_tries` rejected texts it draws
    once under the mask, guided by what was learned (statistics.fallbacks = 1); log_weight is then the
    log of (base probability / (probability of this draw x bound on the valid mass)), which makes it
    comparable to exact draws. statistics: tries; valid_mass_bound, an upper bound on the mass of all
    valid texts. At temperature 0 it is the mask.
    """

    max_tries: int = 200
    trie: Trie | None = None
    name: ClassVar[str] = "exact"

    def __post_init__(self) -> None:
        if isinstance(self.max_tries, bool) or not isinstance(self.max_tries, int) or self.max_tries < 1:
            raise ValueError(f"max_tries={self.max_tries!r}: an integer >= 1 is needed")

    @property
    def draws_from(self) -> str:
        """Its distribution."""
        return (
            "the base distribution conditioned on validity, exactly; where statistics.fallbacks is 1, "
            f"after {self.max_tries} rejected texts, a guided draw under the mask with its log_weight"
        )

    def decode(self, search: Search, rows: Rows) -> Steps[Decoded]:
        """One row, cut back for every try."""
        walk = _Walk(search, self.trie or Trie(), rows)
        generator = search.generators(1)[0]
        limit = 0 if search.parameters.greedy else self.max_tries
        search.tally.tries = 0
        while search.tally.tries < limit:
            search.tally.tries += 1
            text = yield from walk.one(generator, guided=False)
            search.tally.valid_mass_bound = walk.valid_mass()
            if text is not None:
                return Decoded(replace(text, log_weight=0.0))
            if search.tally.valid_mass_bound == 0:
                break
        search.tally.fallbacks = 1
        search.tally.tries += 1
        text = yield from walk.one(generator, guided=True)
        assert text is not None, "a draw under the mask is valid"
        bound = walk.valid_mass()
        correction = -np.log(bound) if bound > 0 and not search.parameters.greedy else 0.0
        return Decoded(replace(text, log_weight=float(text.log_weight + correction)))


class _Walk:
    """Tries over one trie and one row of the model."""

    def __init__(self, search: Search, trie: Trie, rows: Rows) -> None:
        self.search, self.trie, self.rows = search, trie, rows
        self.said = b""
        """What the row has after the prompt."""
        if trie.nodes >= trie.max_nodes:
            trie.clear()
        if trie.root is None:
            trie.root = self._node(search.start, rows.logits[:1], bool(rows.at_boundary[0]))

    def valid_mass(self) -> float:
        """A bound on the mass of all valid texts."""
        return min(1.0, self.trie.root.mass()) if self.trie.root is not None else 1.0

    def _node(self, hypothesis: Hypothesis, logits: Logits, at_boundary: bool) -> _Node:
        self.trie.nodes += 1
        search = self.search
        base = search.base(logits, [hypothesis.data])
        return _Node(base, search.choices(hypothesis), at_boundary)

    def one(self, generator: np.random.Generator, *, guided: bool) -> Steps[Hypothesis | None]:
        """One try: the text, or None where it was rejected. guided: under the mask, never rejected."""
        search, hypothesis = self.search, self.search.start
        node = self.trie.root
        assert node is not None
        path: list[tuple[_Node, int]] = []
        text: Hypothesis | None = None
        while text is None:
            if hypothesis.finished:
                text = hypothesis
                break
            column, weight = self._choose(node, generator, guided)
            if not node.allowed[column]:
                break
            path.append((node, column))
            score = float(node.base.model[0, column])
            if column == END:
                text = search.end(hypothesis, score, weight)
                break
            starts = (len(hypothesis.data),) if node.at_boundary else ()
            hypothesis = search.append(hypothesis, bytes((column,)), starts, score, weight)
            if hypothesis.finished:
                text = hypothesis
            elif column in node.children:
                node = node.children[column]
            else:
                node = yield from self._extended(node, column, hypothesis)
        self._learn(path, node)
        return text

    def _choose(self, node: _Node, generator: np.random.Generator, guided: bool) -> tuple[int, float]:
        """(column, log of base probability / probability of this choice)."""
        if not guided and node.fresh:
            # Not known when the try began: the base distribution as it is, invalid bytes included.
            return int(draw(node.base.truncated, [generator])[0]), 0.0
        with np.errstate(divide="ignore"):
            known = node.base.truncated + np.log(node.bound)
        top = float(known.max())
        if top > -np.inf:
            mass = top + float(np.log(np.exp(known - top).sum()))  # from the top: e**-1e4 is 0 otherwise
            column = int(draw(known - mass, [generator], greedy=self.search.parameters.greedy)[0])
            return column, mass - float(np.log(node.bound[column]))
        # No allowed byte has mass (only under the mask does one come here): as the mask does.
        kept, zero = masked(node.base, node.allowed[None])
        column = int(draw(kept, [generator], greedy=self.search.parameters.greedy)[0])
        return column, float(zero[0])

    def _extended(self, node: _Node, column: int, hypothesis: Hypothesis) -> Steps[_Node]:
        """The node after `column`, from the model; what is forced after it is read in the same chunk."""
        search = self.search
        run = search.forced_run(hypothesis)
        target = hypothesis.data + run
        common = 0
        while common < min(len(self.said), len(hypothesis.data) - 1) and self.said[common] == target[common]:
            common += 1
        chunk = target[common:]
        self.rows = yield Move((chunk,), lengths=(common,), keep_logits=bool(run))
        self.said = target
        if not run:
            node.children[column] = self._node(
                hypothesis, self.rows.logits[:1], bool(self.rows.at_boundary[0])
            )
            return node.children[column]
        first = len(hypothesis.data) - common
        starts = set(self.rows.patch_starts(0))
        made = node
        result: _Node | None = None
        for offset in range(len(run) + 1):
            here = len(hypothesis.data)
            if offset < len(run):
                logits = self.rows.chunk_logits[0][first + offset : first + offset + 1]
                boundary = here in starts
            else:
                logits, boundary = self.rows.logits[:1], bool(self.rows.at_boundary[0])
            made.children[column] = self._node(hypothesis, logits, boundary)
            made = made.children[column]
            result = result or made
            if offset < len(run):
                column = run[offset]
                begins = (here,) if boundary else ()
                hypothesis = search.append(hypothesis, run[offset : offset + 1], begins, 0.0, 0.0)
                if hypothesis.finished:
                    break
        assert result is not None
        return result

    def _learn(self, path: list[tuple[_Node, int]], last: _Node) -> None:
        """Update the bounds along the path, from its end; nothing is fresh any more."""
        chain = [node for node, _ in path]
        if not chain or chain[-1] is not last:
            chain.append(last)
        tail = last
        while len(tail.children) == 1 and next(iter(tail.children.values())).fresh:
            # What was forced after the last byte drawn is known, too.
            (tail,) = tail.children.values()
            chain.append(tail)
        for node in reversed(chain):
            node.fresh = False
            for column, child in node.children.items():
                node.bound[column] = child.mass()
