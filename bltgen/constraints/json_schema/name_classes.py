"""The undeclared names of an object, told apart by the sets of names that they are in.

Two names are alike if they are in the same of the sets that a plan speaks of (`patternProperties`, ...): they
share a goal, and what follows them is the same. Sets that overlap make many classes, of which few matter:
the shortest names are in the first ones. So the classes are found one after the other, in the order of
their shortest names, as far as asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from bltgen.automata.language import INFINITE, Language, intersection, union
from bltgen.automata.limits import current_limits, use_limits
from bltgen.automata.liveness import completion, shortest
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.automata.word_list import words
from bltgen.constraints.json_schema.formula import Formula
from bltgen.constraints.json_schema.key_set import KeySet, KeySets

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.object_plan import ObjectPlan

__all__ = ["NameClass", "NameClasses"]

SEARCH_STATES = 2_000
"""At most so many states are visited to find the shortest name of a further class."""


class NameClass:
    """The undeclared names that are in the same of the sets: a language, the goal of their values, and the
    demands that they may meet, as bits."""

    __slots__ = ("demands", "goal", "language")

    def __init__(self, language: Language, goal: Formula, demands: int) -> None:
        self.language = language
        self.goal = goal
        self.demands = demands


class NameClasses:
    """The classes of one plan. Iterating gives those with a value, shortest names first, found on demand."""

    __slots__ = ("_by_sets", "_complete", "_found", "_plan", "_rest", "_sets", "_telling", "_undeclared")

    def __init__(self, plan: ObjectPlan) -> None:
        self._plan = plan
        spec = plan.spec
        sets = [keys for keys, _ in (*spec.rest, *spec.exists) if keys.languages]
        if plan.mentions is not None:
            sets += sorted([keys for keys in plan.mentions.sets if keys.languages], key=KeySet.order)
        self._sets = [(keys, union(*keys.languages)) for keys in dict.fromkeys(sets)]
        self._telling = KeySets([KeySet(languages=keys.languages) for keys, _ in self._sets])
        self._undeclared = UTF8_TEXT - words(plan.names)
        self._rest = plan.other_names & self._undeclared
        self._by_sets: dict[tuple[int, ...], NameClass] = {}
        self._found: list[NameClass] = []
        self._complete = False

    def of(self, name: bytes) -> NameClass:
        """The class of an undeclared name."""
        # The declared names are excluded, so that only the languages tell names apart.
        inside = tuple(self._telling.holding(name))
        found = self._by_sets.get(inside)
        if found is None:
            self._plan.compiler.table.effort.spend(1 + len(self._sets))
            outside = [members for i, (_, members) in enumerate(self._sets) if i not in inside]
            language = intersection(self._undeclared, *[self._sets[i][1] for i in inside])
            spec = self._plan.spec
            demands = sum(1 << i for i, (keys, _) in enumerate(spec.exists) if keys.contains(name))
            found = NameClass(
                language - union(*outside) if outside else language, spec.goal_of(name), demands
            )
            self._by_sets[inside] = found
        return found

    def __iter__(self) -> Iterator[NameClass]:
        for number in count():
            found = self.at(number)
            if found is None:
                return
            yield found

    def at(self, number: int) -> NameClass | None:
        """The class with that number; None where there are fewer."""
        if number == len(self._found) and not self._find():
            return None
        return self._found[number]

    def least(self, number: int) -> int:
        """No name of the class with that number, or of one after it, has fewer bytes: a lower bound."""
        if number < len(self._found):
            return shortest(self._found[number].language)
        if () not in self._by_sets:
            return shortest(self._found[-1].language) if self._found else 0
        # What is in no set was found: all others are in one.
        return min([shortest(members) for _, members in self._sets], default=INFINITE)

    def all(self) -> list[NameClass]:
        """All of them. Raises LimitExceeded where there are too many."""
        return list(self)

    @property
    def is_one(self) -> bool:
        """Whether no set tells names apart."""
        return not self._sets

    def _find(self) -> bool:
        if self._complete:
            return False
        self._plan.compiler.table.effort.spend(1 + len(self._sets))
        with use_limits(replace(current_limits(), search_states=SEARCH_STATES)):
            if shortest(self._rest) >= INFINITE:
                self._complete = True
                return False
            found = self.of(completion(self._rest))
        self._rest = self._rest - found.language
        self._found.append(found)
        return True
