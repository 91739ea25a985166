"""The cheapest way to satisfy clauses: a best-first search over their choices.

A node is a draft, which holds what was chosen, and the clauses not yet decided. Its bound is what the draft
costs without them; adding to a draft never makes it cheaper, so the first whole draft that is taken from
the queue is a cheapest one (A*; Hart, Nilsson and Raphael, 1968). Of equal bounds the deeper node goes
first, so a search for any solution dives. A clause that came out contradictory is decided earlier from then
on (the weights of Boussemart and others, "Boosting systematic search by weighting constraints", 2004).

Clauses that have no name in common do not influence each other: `components` parts them, and each is
searched by itself, so that their choices add up and do not multiply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count
from typing import Generic, TypeVar

from bltgen.automata.language import INFINITE
from bltgen.constraints.json_schema.clauses import halves, mentions_of, simplified
from bltgen.constraints.json_schema.effort import Effort
from bltgen.constraints.json_schema.formula import AND, ATOM, FALSE, TRUE, Formula, Formulas
from bltgen.constraints.json_schema.specs import ArrayDraft, ObjectDraft

__all__ = ["Search", "components"]

AnyDraft = TypeVar("AnyDraft", ObjectDraft, ArrayDraft)


class Changes:
    """Of which names a draft came to say more; `all`: of any."""

    __slots__ = ("all", "names")

    def __init__(self, everything: bool = False) -> None:
        self.names: set[bytes] = set()
        self.all = everything


class Search(Generic[AnyDraft]):
    """One search. `bound` is the least a draft costs whatever is added, `exact` what a whole one does.

    Each node spends a step of `effort`, and more by its draft and by the clauses that are looked at.
    """

    def __init__(
        self,
        formulas: Formulas,
        bound: Callable[[AnyDraft], int],
        exact: Callable[[AnyDraft], int],
        effort: Effort,
    ) -> None:
        self._formulas = formulas
        self._bound: Callable[[AnyDraft], int] = bound
        self._exact: Callable[[AnyDraft], int] = exact
        self._effort = effort
        self._weights: dict[Formula, int] = {}
        # Clauses and parts of them that were looked at; eight are a step.
        self._work = 0

    def cheapest(self, draft: AnyDraft, clauses: Iterable[Formula]) -> tuple[int, AnyDraft] | None:
        """The cost of a cheapest draft that holds `draft` and satisfies the clauses, and it; None: none."""
        order = count().__next__
        # (bound, -depth, order, draft, clauses left; None: the bound is exact)
        heap: list[tuple[int, int, int, AnyDraft, list[Formula] | None]] = []

        def push(depth: int, draft: AnyDraft, left: list[Formula], changed: Changes) -> bool:
            settled = self._settled(draft, left, changed)
            bound = INFINITE if settled is None else self._bound(draft)
            if bound < INFINITE:
                heappush(heap, (bound, -depth, order(), draft, settled))
            return bound < INFINITE

        push(0, draft, list(clauses), Changes(everything=True))
        while heap:
            bound, depth, _, draft, left = heappop(heap)
            self._effort.spend(2 + (draft.size >> 4))
            if left is None:
                return bound, draft
            if not left:
                cost = self._exact(draft)
                if cost <= bound:
                    return cost, draft
                if cost < INFINITE:
                    heappush(heap, (cost, depth - 1, order(), draft, None))
                continue
            clause = left.pop(self._heaviest(left))
            alive = False
            refused: list[Formula] = []
            for option in halves(self._formulas, clause):
                made = draft.copy()
                remaining = list(left)
                changed = Changes()
                # Each choice excludes those before it, so that none is come to in many ways.
                possible = all(self._add(made, part, remaining, changed) for part in (*refused, option))
                if option.op == ATOM:
                    refused.append(self._formulas.negation(option))
                if possible and push(1 - depth, made, remaining, changed):
                    alive = True
            if not alive:
                self._weights[clause] = self._weights.get(clause, 0) + 1
        return None

    def _settled(self, draft: AnyDraft, left: list[Formula], changed: Changes) -> list[Formula] | None:
        """What is left of the clauses after what follows at once, which the draft takes up.

        None where a clause is contradicted. `changed`: since they were simplified before.
        """
        while changed.all or changed.names:
            touched, changed = changed, Changes()
            kept: list[Formula] = []
            for clause in left:
                if not touched.all and not self._mentions(clause, touched.names):
                    kept.append(clause)
                    continue
                known: dict[Formula, Formula] = {}
                made = simplified(self._formulas, clause, draft, known)
                self._work += 1 + len(known)
                self._effort.spend(self._work >> 3)
                self._work &= 7
                if made.op in (AND, ATOM, FALSE):
                    if not self._add(draft, made, kept, changed):
                        self._weights[clause] = self._weights.get(clause, 0) + 1
                        return None
                elif made.op != TRUE:
                    kept.append(made)
            left = kept
        return left

    def _mentions(self, clause: Formula, names: set[bytes]) -> bool:
        known = self._formulas.mentions
        found = known.get(clause)
        if found is None:
            mentions = mentions_of((clause,))
            # What speaks of whole sets of names, or of no names at all, may be touched by any change.
            found = known[clause] = () if mentions.sets or mentions.sizes else mentions.names
        return not found or not names.isdisjoint(found)

    def _heaviest(self, left: list[Formula]) -> int:
        best, found = 0, -1
        for i, clause in enumerate(left):
            weight = self._weights.get(clause, 0)
            if weight > best:
                best, found = weight, i
        return found

    @staticmethod
    def _add(draft: AnyDraft, option: Formula, left: list[Formula], changed: Changes) -> bool:
        """Add a choice to a draft, its disjunctions to `left`; False: contradictory."""
        for part in option.parts if option.op == AND else (option,):
            if part.op == ATOM:
                if not draft.add(part.value):
                    return False
                kind, about = part.value[:2]
                if kind in ("each", "some") and about.is_finite:
                    changed.names |= about.names
                else:
                    changed.all = True
            elif part.op == FALSE:
                return False
            elif part.op != TRUE:
                left.append(part)
        return True


def components(clauses: Iterable[Formula]) -> list[list[Formula]]:
    """Groups of clauses about members such that two groups mention no common name."""
    groups: list[tuple[set[bytes], list[Formula]]] = []
    entangled: list[Formula] = []
    for clause in clauses:
        mentions = mentions_of((clause,))
        if mentions.sets or mentions.sizes:
            entangled.append(clause)
            continue
        names = set(mentions.names)
        members = [clause]
        apart = []
        for group in groups:
            if names.isdisjoint(group[0]):
                apart.append(group)
            else:
                names |= group[0]
                members = group[1] + members
        groups = [*apart, (names, members)]
    if entangled:
        return [[*entangled, *[clause for _, members in groups for clause in members]]]
    return [members for _, members in groups]
