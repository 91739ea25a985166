"""The clauses of an object's plan: what they still cost, and ways to satisfy them.

Clauses that mention no common name are parted into groups; each is solved by itself, and its solutions are
remembered by all that they depend on: the clauses, what else the plan says of the names in them, and which
of these were read. So the work for an object is a sum over the groups, and after a member only its own group
is looked at anew. Where something speaks of all members at once (their number, a pattern, a demand on some
member), there is one group.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from bltgen.automata.byteset import bits_of
from bltgen.automata.language import INFINITE
from bltgen.constraints.json_schema.clause_search import Search, components
from bltgen.constraints.json_schema.clauses import mentions_of
from bltgen.constraints.json_schema.formula import Formula
from bltgen.constraints.json_schema.key_set import KeySet
from bltgen.constraints.json_schema.seen import NOTHING_SEEN, Seen
from bltgen.constraints.json_schema.specs import ObjectDraft

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.object_plan import ObjectPlan

__all__ = ["ObjectClauses", "Prices", "Progress"]

Progress = tuple[int, int, Seen, int]
"""What was read of an object: declared names as bits, demands met as bits, other names, the last name."""

Solution = tuple[int, ObjectDraft] | None
"""The bytes of the members that a group needs, and a draft that satisfies its clauses; None: nothing does."""


class Prices(NamedTuple):
    """What members cost: `get` the cost of a goal, `line` the bytes of layout beside each. `name` tells
    them from other prices, None where solutions are not to be remembered."""

    get: Callable[[Formula], int]
    line: int
    name: Any


class Group:
    """Clauses that no others influence; `names` that they mention, as bits."""

    __slots__ = ("clauses", "key", "names")

    def __init__(self, clauses: list[Formula], names: int, key: Any) -> None:
        self.clauses = clauses
        self.names = names
        self.key = key


class ObjectClauses:
    """The clauses of one plan. `whole`: there is one group, which everything influences."""

    __slots__ = ("_free", "_groups", "_plan", "whole")

    def __init__(self, plan: ObjectPlan) -> None:
        self._plan = plan
        spec = plan.spec
        mentions = plan.mentions
        assert mentions is not None
        self.whole = bool(
            spec.exists
            or spec.high is not None
            or spec.low > len(spec.required)
            or mentions.sets
            or mentions.sizes
        )
        if self.whole:
            self._groups = [Group(list(spec.clauses), (1 << len(plan.names)) - 1, spec)]
        else:
            self._groups = [self._group(clauses) for clauses in components(spec.clauses)]
        taken = 0
        for group in self._groups:
            taken |= group.names
        # The required names that no clause mentions.
        self._free = plan.required & ~taken

    def _group(self, clauses: list[Formula]) -> Group:
        plan = self._plan
        spec, index = plan.spec, plan.index
        names = sorted([index[name] for name in mentions_of(clauses).names])
        bits = 0
        goals = []
        for i in names:
            bits |= 1 << i
            goals.append(plan.goal(i).id)
        key = (plan.table, tuple([c.id for c in clauses]), tuple(goals), plan.required & bits, spec.rest)
        return Group(clauses, bits, key)

    def cost(self, progress: Progress, prices: Prices, wanted: int = -1) -> int:
        """The least bytes of members still needed; INFINITE where there is no way.

        `wanted`: a declared name that must come, or -1.
        """
        total = self._free_cost(progress, prices, wanted)
        for group in self._groups:
            if total >= INFINITE:
                return INFINITE
            found = self.solution(group, progress, prices, wanted)
            if found is None:
                return INFINITE
            total += found[0]
        return total

    def leaf(self, progress: Progress, prices: Prices, wanted: int = -1) -> ObjectPlan | None:
        """A plan without clauses that needs no more; its objects follow this plan too. None: no way."""
        plan = self._plan
        if self._free_cost(progress, prices, wanted) >= INFINITE:
            return None
        draft = ObjectDraft.of(plan.spec)
        if wanted >= 0 and not draft.add(self._present(wanted)):
            return None
        for group in self._groups:
            found = self.solution(group, progress, prices, wanted)
            if found is None:
                return None
            if self.whole:
                draft = found[1].copy()
            else:
                draft.goals.update(found[1].goals)
                draft.required |= found[1].required
        return plan.compiler.object_plan(plan.compiler.cases.intern(draft))

    def possible(self, progress: Progress, prices: Prices, candidates: int) -> int:
        """Those of the candidates, declared names that were not read, that can come; the object can end.

        Only where the groups are apart, and names may come in any order.
        """
        plan = self._plan
        found = candidates
        for group in self._groups:
            todo = candidates & group.names
            known = 0
            for wanted in (-1, *bits_of(todo)):
                if wanted >= 0 and known >> wanted & 1:
                    continue
                solution = self.solution(group, progress, prices, wanted)
                if solution is None:
                    continue
                # What one way to satisfy the clauses leaves possible is possible.
                draft = solution[1]
                for i in bits_of(todo & ~known):
                    if i == wanted or prices.get(draft.goal_of(plan.names[i])) < INFINITE:
                        known |= 1 << i
                if known == todo:
                    break
            found &= ~todo | known
        return found

    def _present(self, i: int) -> tuple[Any, ...]:
        return ("some", KeySet(frozenset((self._plan.names[i],))), self._plan.spec.formulas.true)

    def _free_cost(self, progress: Progress, prices: Prices, wanted: int) -> int:
        """The bytes of required members that no clause mentions, and of the wanted one if it is such."""
        plan = self._plan
        if self.whole:
            return 0
        mask, _, _, last = progress
        todo = self._free
        if wanted >= 0 and not any(group.names >> wanted & 1 for group in self._groups):
            todo |= 1 << wanted
        todo &= ~mask
        if plan.compiler.options.ordered and last >= 0 and todo & ((2 << last) - 1):
            return INFINITE
        total = 0
        for i in bits_of(todo):
            total += prices.line + plan.length(i) + prices.get(plan.goal(i))
        return min(total, INFINITE)

    def solution(self, group: Group, progress: Progress, prices: Prices, wanted: int) -> Solution:
        """The cheapest way to satisfy a group."""
        plan = self._plan
        mask, met, seen, last = progress
        if wanted >= 0 and not group.names >> wanted & 1:
            wanted = -1
        if prices.name is None or (self.whole and seen is not NOTHING_SEEN):
            return self._solve(group, progress, prices, wanted)
        if not plan.compiler.options.ordered:
            last = -1
        key = (group.key, mask & group.names, met, last, wanted, prices.name)
        solutions = plan.compiler.solutions
        found: Solution
        if key in solutions:
            found = solutions[key]
            return found
        found = solutions[key] = self._solve(group, progress, prices, wanted)
        return found

    def _solve(self, group: Group, progress: Progress, prices: Prices, wanted: int) -> Solution:
        plan = self._plan
        mask, met, seen, last = progress
        compiler, spec, index = plan.compiler, plan.spec, plan.index
        after = compiler.options.ordered and last >= 0
        get, line = prices.get, prices.line

        def bound(draft: ObjectDraft) -> int:
            total = 0
            for name in draft.required:
                i = index[name]
                if not mask >> i & 1:
                    if after and i <= last:
                        return INFINITE
                    total += line + plan.length(i) + get(draft.goal_of(name))
                    if total >= INFINITE:
                        return INFINITE
            return total

        def exact(draft: ObjectDraft) -> int:
            if not self.whole:
                return bound(draft)
            leaf = compiler.object_plan(compiler.cases.intern(draft.copy()))
            return leaf.rest_cost(mask, met, seen, last, get, line)

        draft = ObjectDraft.of(spec)
        if not self.whole:
            names = [plan.names[i] for i in bits_of(group.names)]
            draft.goals = {name: spec.goals[name] for name in names if name in spec.goals}
            draft.required &= set(names)
            draft.low = 0
        if wanted >= 0 and not draft.add(self._present(wanted)):
            return None
        return Search(spec.formulas, bound, exact, compiler.table.effort).cheapest(draft, group.clauses)
