"""Any constraint and a regular language at once: texts that satisfy both.

A state of the `Product` is a pair of states. Neither's liveness is the pair's: `allowed` must not offer a
byte after which each half can be finished, but not with the same text. So the shortest common completion
is searched, exactly, by A* over pairs, guided by the greater of both halves' `shortest`, and what a search
learns is kept for all states of the product. A pair whose language half has no text as long as the other
half still needs is dead without a search.

A search may not end where the constraint's states are infinitely many (brackets that may not be closed);
beyond `Limits.search_states` pairs it raises LimitExceeded, and never guesses.

Not for grammars (`grammar_product` is exact without a search) nor for two languages (`a & b`).

>>> from bltgen.automata.language import ANY_BYTE, literal
>>> even = Product(literal(b"ab").star(), ANY_BYTE.repeat(3, 5))    # any constraint in place of the first
>>> even.start().completion(), even.accepts(b"ab")
(b'abab', False)
"""

from __future__ import annotations

import random
from heapq import heappop, heappush
from itertools import count
from typing import Any

from bltgen.arguments import as_bytes, suggests_keywords
from bltgen.automata.byteset import ByteSet, lowest_byte
from bltgen.automata.contract import FORCED_LIMIT, Constraint, Report, State
from bltgen.automata.language import EMPTY, INFINITE, Language
from bltgen.automata.lazy_dfa import LanguageState
from bltgen.automata.limits import Refusals, bounded, bounded_by, charge, current_limits, grant, question
from bltgen.automata.recipe import FixedState, Made, Recipe, source_key
from bltgen.automata.sampling import draw
from bltgen.errors import EmptyLanguage, LimitExceeded

__all__ = ["Product", "ProductState", "product_of"]

_Key = tuple[int, int]


class Product(Made):
    """The texts that both a constraint and a language contain. A `Constraint`."""

    __slots__ = ("_bounds", "_exact", "_serials", "_states", "constraint", "language")

    def __init__(self, constraint: Constraint, language: Language) -> None:
        self.constraint = constraint
        self.language = language
        self._exact: dict[_Key, int] = {}
        self._bounds: dict[_Key, int] = {}
        self._states: dict[_Key, ProductState] = {}
        self._serials = count()
        self._recipe = Recipe("bltgen.automata.product:Product", (constraint, language))

    def start(self) -> ProductState:
        """The state before the first byte. It is dead (`shortest` INFINITE) where no text is in both.

        `product_of`, and so `&`, makes no such product.
        """
        return self._state(self.constraint.start(), self.language.start())

    @bounded
    def accepts(self, data: bytes) -> bool:
        """Whether both contain `data`."""
        data = as_bytes("data", data)
        grant(len(data))
        return self.language.accepts(data) and self.constraint.accepts(data)

    @suggests_keywords()
    def sample(self, rng: random.Random, max_bytes: int | None = None) -> bytes:
        """A random common text of at most `max_bytes` bytes, without rejection."""
        return draw(self.start(), rng, max_bytes)

    def report(self) -> Report:
        """The entries of both."""
        return Report(self.constraint.report().entries + self.language.report().entries)

    def describe(self) -> dict[str, Any]:
        """Both descriptions."""
        return {"kind": "intersection", "parts": [self.constraint.describe(), self.language.describe()]}

    def __and__(self, other: Any) -> Constraint:
        if isinstance(other, Language):
            return product_of(self.constraint, self.language & other)
        from bltgen.automata.algebra import intersection

        return intersection(self, other)

    __rand__ = __and__

    def __or__(self, other: Any) -> Constraint:
        from bltgen.automata.algebra import union

        return union(self, other)

    def __ror__(self, other: Any) -> Constraint:
        from bltgen.automata.algebra import union

        return union(other, self)

    def __add__(self, other: Any) -> Constraint:
        from bltgen.automata.algebra import concatenation

        return concatenation(self, other)

    def __radd__(self, other: Any) -> Constraint:
        from bltgen.automata.algebra import concatenation

        return concatenation(other, self)

    def __invert__(self) -> Constraint:
        from bltgen.automata.algebra import complement

        return complement(self)

    @suggests_keywords()
    def repeat(self, low: int, high: int | None = None) -> Constraint:
        """Between `low` and `high` common texts in a row; without end where `high` is None."""
        from bltgen.automata.algebra import repetition

        return repetition(self, low, high)

    def optional(self) -> Constraint:
        """The common texts and the empty one."""
        return self.repeat(0, 1)

    # -- the search ----------------------------------------------------------------------------------

    def _state(self, left: State, right: LanguageState) -> ProductState:
        key = (left.id, right.id)
        found = self._states.get(key)
        if found is None:
            if len(self._states) >= current_limits().cached_states:
                self._states.clear()
            found = self._states[key] = ProductState(self, left, right, next(self._serials))
        return found

    def _shortest(self, left: State, right: LanguageState) -> int:
        """The length of the shortest common text of two states; INFINITE where there is none."""
        key = (left.id, right.id)
        if key not in self._exact:
            if len(self._exact) >= 10 * current_limits().cached_states:
                self._exact.clear()
                self._bounds.clear()
            self._search(left, right)
        return self._exact[key]

    def _estimate(self, left: State, right: LanguageState) -> int:
        """A lower bound on the length of a common text."""
        needed = max(left.shortest, right.shortest)
        return needed if left.shortest <= right.language.most else INFINITE

    def _search(self, left: State, right: LanguageState) -> None:
        limit = current_limits().search_states
        origin = (left.id, right.id)
        reached = {origin: 0}
        parent: dict[_Key, _Key] = {}
        expanded: set[_Key] = set()
        order = count().__next__
        heap = [(self._estimate(left, right), 0, order(), left, right)]
        while heap:
            total, negative, _, left, right = heappop(heap)
            depth, key = -negative, (left.id, right.id)
            if total >= INFINITE or reached[key] != depth:
                continue
            if key in self._exact or (left.accepting and right.accepting):
                self._settle(key, total, reached, parent, expanded)
                return
            expanded.add(key)
            if len(expanded) > limit:
                raise LimitExceeded(
                    "the search for a text that satisfies a constraint and a regular language",
                    limit,
                    "raise Limits.search_states, or state the regular part in the constraint itself",
                )
            for _, after_left, after_right in _successors(left, right):
                following = (after_left.id, after_right.id)
                if reached.get(following, INFINITE) <= depth + 1:
                    continue
                rest = self._exact.get(following)
                if rest is None:
                    rest = max(self._estimate(after_left, after_right), self._bounds.get(following, 0))
                if rest < INFINITE:
                    reached[following] = depth + 1
                    parent[following] = key
                    heappush(heap, (depth + 1 + rest, -depth - 1, order(), after_left, after_right))
        for key in expanded:
            self._exact[key] = INFINITE
        self._exact[origin] = INFINITE

    def _settle(
        self,
        goal: _Key,
        total: int,
        reached: dict[_Key, int],
        parent: dict[_Key, _Key],
        expanded: set[_Key],
    ) -> None:
        """Exact distances along the way found, better bounds (adaptive A*) everywhere else."""
        for key in expanded:
            self._bounds[key] = max(self._bounds.get(key, 0), total - reached[key])
        settled: _Key | None = goal
        while settled is not None:
            self._exact[settled] = total - reached[settled]
            settled = parent.get(settled)


@bounded_by(source_key)
def product_of(constraint: Constraint, language: Language) -> Product | Language:
    """The texts that both contain; EMPTY where there are none. LimitExceeded where that is not found."""
    made = Product(constraint, language)
    return made if made.start().shortest < INFINITE else EMPTY


def _successors(left: State, right: LanguageState) -> list[tuple[int, State, LanguageState]]:
    """The distinct pairs after one byte, each with the bytes (as bits) that lead to it."""
    found: dict[_Key, tuple[int, State, LanguageState]] = {}
    both = ByteSet(left.allowed.bits & right.allowed.bits)
    charge(1 + (len(both) >> 3))
    for byte in both:
        after_left, after_right = left.advance(byte), right.advance(byte)
        assert after_left is not None
        assert after_right is not None
        key = (after_left.id, after_right.id)
        bits = found[key][0] if key in found else 0
        found[key] = (bits | 1 << byte, after_left, after_right)
    return list(found.values())


class ProductState(FixedState):
    """A position in a constraint and a language at once; see `contract.State`."""

    __slots__ = ("_allowed", "_next", "_product", "accepting", "id", "left", "refusals", "right")

    refusals: Refusals | None

    def __init__(self, product: Product, left: State, right: LanguageState, serial: int) -> None:
        self._product, self.left, self.right, self.id = product, left, right, serial
        self.accepting = left.accepting and right.accepting
        self._allowed: ByteSet | None = None
        self._next: dict[int, ProductState | None] = {}
        self.refusals = None

    def _live(self) -> list[tuple[int, State, LanguageState]]:
        shortest = self._product._shortest
        return [step for step in _successors(self.left, self.right) if shortest(step[1], step[2]) < INFINITE]

    @property
    def allowed(self) -> ByteSet:
        return self._ask_allowed() if self._allowed is None else self._allowed

    @question
    def _ask_allowed(self) -> ByteSet:
        bits = 0
        for piece, _, _ in self._live():
            bits |= piece
        found = self._allowed = ByteSet(bits)
        return found

    @property
    def shortest(self) -> int:
        return self._ask_shortest()

    @question
    def _ask_shortest(self) -> int:
        return self._product._shortest(self.left, self.right)

    @property
    def forced(self) -> bytes:
        return self._ask_forced()

    @question
    def _ask_forced(self) -> bytes:
        text = bytearray()
        state = self
        while not state.accepting and len(text) < FORCED_LIMIT and len(state.allowed) == 1:
            text.append(lowest_byte(state.allowed.bits))
            following = state.advance(text[-1])
            assert following is not None
            state = following
        return bytes(text)

    def advance(self, byte: int) -> ProductState | None:
        """The state after one more byte; None where no common text continues so."""
        return self._next[byte] if byte in self._next else self._step(byte)

    @question
    def _step(self, byte: int) -> ProductState | None:
        left = self.left.advance(byte)
        right = self.right.advance(byte) if left is not None else None
        following: ProductState | None = None
        if left is not None and right is not None and self._product._shortest(left, right) < INFINITE:
            following = self._product._state(left, right)
        self._next[byte] = following
        return following

    @question
    def completion(self) -> bytes:
        """A shortest completion. Raises EmptyLanguage for a dead state."""
        text = bytearray()
        state = self
        while not state.accepting:
            left = state.shortest
            if left >= INFINITE:
                raise EmptyLanguage("no text satisfies the constraint")
            text.append(lowest_byte(state._on_a_shortest_way(left)))
            following = state.advance(text[-1])
            assert following is not None
            state = following
        return bytes(text)

    def _on_a_shortest_way(self, length: int) -> int:
        """Bytes (as bits) with which texts of the least length go on: those known of, else all."""
        exact, bits = self._product._exact, 0
        for piece, left, right in _successors(self.left, self.right):
            if exact.get((left.id, right.id)) == length - 1:
                bits |= piece
        return bits or self.allowed_within(length).bits

    @question
    def allowed_within(self, n: int) -> ByteSet:
        """The allowed bytes after which a common text still fits into n bytes in all."""
        bits = 0
        for piece, left, right in self._live():
            if self._product._shortest(left, right) < n:
                bits |= piece
        return ByteSet(bits)
