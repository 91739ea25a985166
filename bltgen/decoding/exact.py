"""Exact sampling from the base distribution conditioned on validity, by rejection that learns.

Constrained adaptive rejection sampling (CARS; arXiv:2510.01902): draw a text freely; where it
leaves the language, reject the whole text and remember. What was learned is a trie of the prefixes
seen, each with a bound on the valid mass of its continuations: the sum over the allowed bytes of
their probability times the bound of the prefix they lead to. Later draws are made from the base
distribution without the mass known to be invalid, so that acceptance only grows.

Why it is exact: a try draws from the base distribution conditioned on a set of texts that has all
valid ones and is fixed when its round begins; what is learned on the way counts from the next round
on. A round makes several tries side by side, in as many rows of the model, and takes the first valid
one in the order of the rows, not of time, which would prefer short texts.

Prefixes in the trie keep their logits: walking them takes no step of the model.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bltgen.arguments import suggests_keywords
from bltgen.decoding.batch import Move, Rows, Steps
from bltgen.decoding.sampling import END, draw, log_softmax, masked
from bltgen.decoding.strategy import Decoded, check_counts

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
        """First seen in the round under way, which must not use what it says yet."""

    def mass(self) -> float:
        """A bound on the valid mass of the continuations."""
        return float((np.exp(self.base.truncated[0]) * self.bound).sum())


class Trie:
    """What was learned about one prompt, constraint, budget and set of parameters.

    Share one among generations that have all of these in common, and each begins where the last
    one ended: `Exact(trie=Trie())`. While a generation uses it, others decoded beside that one learn
    for themselves. At most about `max_nodes` prefixes, of 6 KB each; then it is cleared.
    """

    def __init__(self, max_nodes: int = 20_000) -> None:
        self.max_nodes = max_nodes
        self.in_use = False
        self.task: tuple[object, ...] | None = None
        self.clear()

    def clear(self) -> None:
        """Forget every prefix; draws stay exact."""
        self.root: _Node | None = None
        self.nodes = 0

    def claim(self, search: Search, logits: Logits) -> None:
        """Say what it is used for. Raises ValueError where it was used for something else."""
        task = (search.constraint, search.budget, search.parameters, search.stop)
        same = self.task is None or all(
            one is other or one == other for one, other in zip(self.task, task, strict=True)
        )
        if self.root is not None:
            # What one prompt gives twice parts by rounding, of float32 far less (some 1e-5 of the logits). A
            # coarser model may be taken for another one, which is an error and never a wrong draw.
            same = same and np.allclose(self.root.base.model, log_softmax(logits), rtol=1e-3, atol=1e-3)
        if not same:
            raise ValueError("this trie has learned about another prompt, constraint, budget or parameters")
        self.task = task


@suggests_keywords()
@dataclass(frozen=True)
class Exact:
    """Draws exactly from the base distribution conditioned on validity, while it succeeds in `max_tries`.

    Rounds make 1, 2, 4, ... and at last `at_once` tries side by side. log_weight is 0: an exact draw
    needs no correction. After `max_tries` rejected texts it draws once under the mask
    (statistics.fallbacks = 1); log_weight is then the log of (base probability / (probability of this
    draw x bound on the valid mass)): at most, and with a tight bound exactly, what makes it comparable
    to exact draws. statistics: tries; valid_mass_bound, an upper bound on the mass of all valid texts.
    At temperature 0 it is the mask.
    """

    max_tries: int = 200
    trie: Trie | None = None
    at_once: int = 8
    name: ClassVar[str] = "exact"

    def __post_init__(self) -> None:
        check_counts(max_tries=self.max_tries, at_once=self.at_once)

    @property
    def draws_from(self) -> str:
        """Its distribution."""
        return (
            "the base distribution conditioned on validity, exactly; where statistics.fallbacks is 1, "
            f"after {self.max_tries} rejected texts, a draw under the mask with its log_weight"
        )

    def decode(self, search: Search, rows: Rows) -> Steps[Decoded]:
        """One row a try, cut back for the next."""
        trie = self.trie if self.trie is not None and not self.trie.in_use else Trie()
        trie.in_use = True
        try:
            return (yield from self._decode(search, _Walks(search, trie, rows)))
        finally:
            trie.in_use = False

    def _decode(self, search: Search, walks: _Walks) -> Steps[Decoded]:
        generators = search.generators(self.at_once)
        limit = 0 if search.parameters.greedy else self.max_tries
        search.tally.tries, width = 0, 1
        while search.tally.tries < limit and walks.valid_mass() > 0:
            width = min(width, limit - search.tally.tries)
            search.tally.tries += width
            text = yield from walks.round(generators[:width])
            search.tally.valid_mass_bound = walks.valid_mass()
            if text is not None:
                return Decoded(replace(text, log_weight=0.0))
            width = min(2 * width, self.at_once)
        search.tally.fallbacks = 1
        search.tally.tries += 1
        text = yield from walks.round(generators[:1], under_mask=True)
        assert text is not None, "a draw under the mask is valid"
        bound = walks.valid_mass()
        correction = -np.log(bound) if bound > 0 and not search.parameters.greedy else 0.0
        return Decoded(replace(text, log_weight=float(text.log_weight + correction)))


@dataclass(frozen=True)
class _Read:
    """What a try asks of its row: to be cut to `length` bytes and then to read `chunk`."""

    length: int
    chunk: bytes
    keep_logits: bool


@dataclass
class _Try:
    """One walk from the root. path: the nodes passed, `last` the one it stopped at."""

    row: int
    generator: np.random.Generator
    last: _Node
    path: list[_Node] = field(default_factory=list)


class _Walks:
    """Rounds of tries over one trie and rows of the model, of which there are as many as ever needed."""

    def __init__(self, search: Search, trie: Trie, rows: Rows) -> None:
        self.search, self.trie, self.rows = search, trie, rows
        self.said = [b""]
        """What each row has after the prompt."""
        trie.claim(search, rows.logits)
        if trie.nodes >= trie.max_nodes:
            trie.clear()
        self.root = trie.root or self._node(search.start, rows.logits, bool(rows.at_boundary[0]))
        trie.root = self.root

    def valid_mass(self) -> float:
        """A bound on the mass of all valid texts."""
        return min(1.0, self.root.mass())

    def _node(self, hypothesis: Hypothesis, logits: Logits, at_boundary: bool) -> _Node:
        self.trie.nodes += 1
        search = self.search
        base = search.base(logits, [hypothesis.data])
        return _Node(base, search.choices(hypothesis), at_boundary)

    def round(
        self, generators: Sequence[np.random.Generator], *, under_mask: bool = False
    ) -> Steps[Hypothesis | None]:
        """A try a generator, side by side; the first valid text in their order, None where there is none."""
        count = len(generators)
        tries = [_Try(row, generator, self.root) for row, generator in enumerate(generators)]
        walks = [self._walk(one, under_mask) for one in tries]
        found: dict[int, Hypothesis | None] = {}
        wanted: dict[int, _Read] = {}
        resumed = list(range(count))
        while True:
            for row in resumed:
                try:
                    wanted[row] = next(walks[row])
                except StopIteration as stop:
                    found[row] = stop.value
            # A valid text counts once all tries before it are over; those after it do not matter.
            valid = next((row for row in range(count) if row not in found or found[row] is not None), None)
            if valid is None or valid in found:
                break
            resumed = list(wanted)
            self.rows = yield self._move(count, wanted)
            wanted.clear()
        for one in tries:
            self._learn(one)
        return None if valid is None else found[valid]

    def _move(self, count: int, wanted: dict[int, _Read]) -> Move:
        """The rows become `count`, those with a wish fulfil it, the others stand still."""
        parents = [min(row, len(self.said) - 1) for row in range(count)]
        self.said = [self.said[parent] for parent in parents]
        lengths, chunks = [len(said) for said in self.said], [b""] * count
        for row, read in wanted.items():
            lengths[row], chunks[row] = read.length, read.chunk
            self.said[row] = self.said[row][: read.length] + read.chunk
        return Move(chunks, parents, lengths, keep_logits=any(read.keep_logits for read in wanted.values()))

    def _walk(self, one: _Try, under_mask: bool) -> Generator[_Read, None, Hypothesis | None]:
        """The text of one try, or None where it was rejected."""
        search, hypothesis = self.search, self.search.start
        while not hypothesis.finished:
            node = one.last
            column, weight = self._choose(node, one.generator, under_mask)
            if not node.allowed[column]:
                return None
            if not search.can_follow(hypothesis, column):
                if not under_mask:
                    return None
                node.allowed[column] = False
                continue
            score = float(node.base.model[0, column])
            if column == END:
                return search.end(hypothesis, score, weight)
            starts = (len(hypothesis.data),) if node.at_boundary else ()
            hypothesis = search.append(hypothesis, bytes((column,)), starts, score, weight)
            if not hypothesis.finished:
                if column not in node.children:
                    yield from self._extend(one, column, hypothesis)
                one.path.append(node)
                one.last = node.children[column]
        return hypothesis

    def _choose(self, node: _Node, generator: np.random.Generator, under_mask: bool) -> tuple[int, float]:
        """(column, log of base probability / probability of this choice where that is needed)."""
        greedy = self.search.parameters.greedy
        if under_mask:
            kept, mass = masked(node.base, node.allowed[None])
            return int(draw(kept, [generator], greedy=greedy)[0]), float(mass[0])
        if node.fresh:
            # Not known when the round began: the base distribution as it is, invalid bytes included.
            return int(draw(node.base.truncated, [generator])[0]), 0.0
        with np.errstate(divide="ignore"):
            known = node.base.truncated + np.log(node.bound)
        # From the top: a mass of e**-1e4 would be 0 otherwise.
        return int(draw(known - known.max(), [generator])[0]), 0.0

    def _extend(self, one: _Try, column: int, hypothesis: Hypothesis) -> Generator[_Read, None, None]:
        """Nodes from `one.last` by `column` on, from the model; what is forced is read in the same chunk."""
        run = self.search.forced_run(hypothesis)
        target = hypothesis.data + run
        said = self.said[min(one.row, len(self.said) - 1)]
        # Not the last byte, which is read for the logits after it.
        pairs = enumerate(zip(said, hypothesis.data[:-1], strict=False))
        most = min(len(said), len(hypothesis.data) - 1)
        common = next((at for at, (one_byte, other) in pairs if one_byte != other), most)
        yield _Read(common, target[common:], keep_logits=bool(run))
        node, row = one.last, one.row
        first = len(hypothesis.data) - common
        starts = set(self.rows.patch_starts(row))
        for offset in range(len(run) + 1):
            # Another try of the round may have made the node meanwhile.
            if column not in node.children:
                at = len(hypothesis.data)
                if offset < len(run):
                    logits = self.rows.chunk_logits[row][first + offset : first + offset + 1]
                    boundary = at in starts
                else:
                    logits, boundary = self.rows.logits[row : row + 1], bool(self.rows.at_boundary[row])
                node.children[column] = self._node(hypothesis, logits.copy(), boundary)
            node = node.children[column]
            if offset < len(run):
                column = run[offset]
                hypothesis = self.search.append(hypothesis, run[offset : offset + 1], (), 0.0, 0.0)
                if hypothesis.finished:
                    break

    def _learn(self, one: _Try) -> None:
        """Update the bounds along the path, from its end; nothing on it is fresh any more.

        A bound and the freshness of what it speaks of change together, or draws would not be exact.
        """
        chain = [*one.path, one.last]
        while len(chain[-1].children) == 1 and (child := next(iter(chain[-1].children.values()))).fresh:
            chain.append(child)  # what was forced after the last byte drawn is known, too
        for node in reversed(chain):
            node.fresh = False
            for column, child in node.children.items():
                if not child.fresh:
                    node.bound[column] = child.mass()
