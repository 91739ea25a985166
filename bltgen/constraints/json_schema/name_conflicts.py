"""Names that no member can have, since they are in sets whose goals contradict each other.

`patternProperties` may put a name into many sets at once, and its value must satisfy the goals of all. Which
combinations of sets contradict is found among those only that share a name, and what more sets would add to
a contradiction is not looked at: so sets that exclude each other cost no more than their number, and sets
of a few goals no more than the combinations of these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bltgen.automata.language import INFINITE, Language, intersection, union
from bltgen.automata.limits import current_limits, use_limits
from bltgen.automata.liveness import shortest
from bltgen.constraints.json_schema.formula import Formula
from bltgen.constraints.json_schema.key_set import KeySet
from bltgen.errors import LimitExceeded

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.compiler import Compiler

__all__ = ["NameSets"]

SHARED_STATES = 500
"""So many states are visited to see that two sets share no name; what is not seen so soon may be shared."""

FEW = 3
"""Of so few goals all may be combined, without a search for names that they share."""


class NameSets:
    """Sets of names with goals, each of which is satisfiable by itself. Sets of the same goal are one."""

    def __init__(self, compiler: Compiler, sets: list[tuple[KeySet, Formula]]) -> None:
        self._compiler = compiler
        # Goals that say the same have what is compiled of them in common.
        alike: dict[Any, tuple[Formula, list[KeySet]]] = {}
        for keys, goal in sets:
            alike.setdefault(goal.compiled or goal, (goal, []))[1].append(keys)
        self._goals = [goal for goal, _ in alike.values()]
        self._members = [members for _, members in alike.values()]
        self._languages: list[Language] | None = None
        self._shared: list[set[int]] | None = None

    def combined(self, most: int) -> list[Formula] | None:
        """The goals of all names, and perhaps more; None where they are more than `most`."""
        formulas = self._compiler.formulas
        found = [formulas.true]
        stack: list[tuple[Formula, list[int]]] = [(formulas.true, list(range(len(self._goals))))]
        while stack:
            goal, candidates = stack.pop()
            for number, i in enumerate(candidates):
                both = formulas.both(goal, self._goals[i])
                found.append(both)
                if len(found) > most:
                    return None
                more = [j for j in candidates[number + 1 :] if j in self.shared[i]]
                if more:
                    stack.append((both, more))
        return found

    def impossible(self) -> list[Language]:
        """Languages of just the names whose goals contradict each other."""
        goals = self._goals
        formulas, satisfiable = self._compiler.formulas, self._compiler.satisfiable
        if len(goals) < 2 or satisfiable(formulas.all_of(goals)):
            return []
        found: list[Language] = []
        # Sets that share names and contradict nothing so far, their goal, and those that may be added.
        stack: list[tuple[list[int], Formula, list[int]]] = [([], formulas.true, list(range(len(goals))))]
        while stack:
            chosen, goal, candidates = stack.pop()
            self._compiler.table.effort.spend(1 + len(candidates))
            met = [(i, formulas.both(goal, goals[i])) for i in candidates]
            alive = [(i, both) for i, both in met if satisfiable(both)]
            if len(alive) < len(met):
                live = {i for i, _ in alive}
                contrary = union(*[self.languages[i] for i in candidates if i not in live])
                found.append(intersection(*[self.languages[i] for i in chosen], contrary))
            if satisfiable(formulas.all_of([goal, *[goals[i] for i, _ in alive]])):
                continue
            for number, (i, both) in enumerate(alive):
                more = [j for j, _ in alive[number + 1 :] if j in self.shared[i]]
                if more:
                    stack.append(([*chosen, i], both, more))
        return found

    @property
    def languages(self) -> list[Language]:
        """The names by goal."""
        if self._languages is None:
            self._languages = [union(*[keys.language() for keys in members]) for members in self._members]
        return self._languages

    @property
    def shared(self) -> list[set[int]]:
        """By the number of a goal the numbers of those that are asked of some of the same names, and more."""
        if self._shared is None:
            if len(self._goals) <= FEW:
                self._shared = [set(range(len(self._goals)))] * len(self._goals)
            else:
                self._shared = _sharing(self.languages, self._compiler.table.effort.spend)
        return self._shared


def _sharing(languages: list[Language], spend: Callable[[int], None]) -> list[set[int]]:
    """By each language the numbers of the others that share a word with it, as far as is seen soon."""
    shared: list[set[int]] = [set() for _ in languages]
    unions: dict[tuple[int, int], Language] = {}

    def of(part: tuple[int, int]) -> Language:
        if part not in unions:
            unions[part] = union(*languages[slice(*part)])
        return unions[part]

    todo: list[tuple[tuple[int, int], tuple[int, int]]] = [((0, len(languages)), (0, len(languages)))]
    while todo:
        one, other = todo.pop()
        if one == other:
            halves = _halves(one)
            if len(halves) == 2:
                todo += [(halves[0], halves[0]), (halves[1], halves[1]), (halves[0], halves[1])]
            continue
        spend(1)
        if _are_apart(of(one), of(other)):
            continue
        if one[1] - one[0] == other[1] - other[0] == 1:
            shared[one[0]].add(other[0])
            shared[other[0]].add(one[0])
        else:
            todo += [(a, b) for a in _halves(one) for b in _halves(other)]
    return shared


def _halves(part: tuple[int, int]) -> list[tuple[int, int]]:
    low, high = part
    middle = (low + high) // 2
    return [(low, middle), (middle, high)] if high - low > 1 else [part]


def _are_apart(one: Language, other: Language) -> bool:
    """Whether it is seen soon that no word is in both."""
    with use_limits(replace(current_limits(), search_states=SHARED_STATES)):
        try:
            return shortest(one & other) >= INFINITE
        except LimitExceeded:
            return False
