"""Disjunctions that wait: formulas over the atoms of one container, decided as its parts are read.

Where a formula has too many disjuncts to list them, its disjunctions stay what they are. A *clause* is such
a disjunction, unfolded into atoms of `keywords`; all clauses of a spec must hold. As a member (or an item)
is read, each atom that is about it becomes a question about its value, and so each clause splits the values
into a few sets: within one, the same is left of the clause (`after_member`, `after_item`). Clauses about
different members are never multiplied with each other; a clause whose discriminator was read is decided.

All functions here are pure: their results depend on the formulas alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from bltgen.automata.limits import current_limits, use_limits
from bltgen.constraints.json_schema.effort import Effort
from bltgen.constraints.json_schema.formula import (
    AND,
    ATOM,
    FALSE,
    NOT_ONE,
    ONE,
    OR,
    TRUE,
    Formula,
    Formulas,
)
from bltgen.constraints.json_schema.key_set import KeySet
from bltgen.constraints.json_schema.specs import Draft
from bltgen.errors import LimitExceeded

__all__ = ["Mentions", "Reader", "choices", "crowded", "halves", "holds_at_end", "mentions_of", "simplified"]

CHECK_STATES = 500
"""Each search for a value in one of them visits at most so many states; what it does not find out may be."""

CROWDED = 8
"""So many conditions on one value leave no more sets of values than are told apart."""

Split = dict[Formula, Formula]
"""What may be left of a clause, each with the goal of the values that leave it; the goals exclude each
other, and some goal holds for any value."""


Left = TypeVar("Left")


class Mentions:
    """What the atoms of a formula are about: `names`, whole sets of names, and whether a size."""

    __slots__ = ("names", "sets", "sizes")

    def __init__(self, names: frozenset[bytes], sets: frozenset[KeySet], sizes: bool) -> None:
        self.names = names
        self.sets = sets
        self.sizes = sizes

    def contains(self, name: bytes) -> bool:
        """Whether some atom is about members of this name."""
        return name in self.names or any(keys.contains(name) for keys in self.sets)


def mentions_of(formulas: Iterable[Formula]) -> Mentions:
    """What the atoms of formulas about an object mention, in the order of the formulas."""
    names: set[bytes] = set()
    sets: set[KeySet] = set()
    sizes = False
    for atom in atoms_of(formulas):
        if atom[0] == "size":
            sizes = True
        elif atom[1].is_finite:
            names |= atom[1].names
        else:
            sets.add(atom[1])
    return Mentions(frozenset(names), frozenset(sets), sizes)


def atoms_of(formulas: Iterable[Formula]) -> list[tuple[Any, ...]]:
    """The atoms of formulas, each once, in their order."""
    seen: set[Formula] = set()
    found = []
    todo = list(formulas)[::-1]
    while todo:
        formula = todo.pop()
        if formula in seen:
            continue
        seen.add(formula)
        if formula.op == ATOM:
            found.append(formula.value)
        todo += formula.parts[::-1]
    return found


def crowded(formulas: Formulas, clauses: Iterable[Formula]) -> list[bytes | None]:
    """The names, or None for the items, on whose value clauses set more than `CROWDED` conditions.

    Only for these can it be that more sets of values are left than a `Reader` tells apart.
    """
    conditions: dict[bytes | None, set[int]] = {}
    for kind, *about in atoms_of(clauses):
        goals = [part for part in about if isinstance(part, Formula)]
        if not goals or goals[0].op in (TRUE, FALSE):
            continue
        goal = min(goals[0].id, formulas.negation(goals[0]).id)
        names: Iterable[bytes | None] = about[0].names if kind in ("each", "some") else (None,)
        for name in names:
            conditions.setdefault(name, set()).add(goal)
    return [name for name, goals in conditions.items() if len(goals) > CROWDED]


def simplified(
    formulas: Formulas, formula: Formula, draft: Draft, known: dict[Formula, Formula] | None = None
) -> Formula:
    """What is left of a formula beside the draft: atoms that the draft implies or excludes are decided.

    `known`: what is left of parts, which many formulas may share.
    """
    op = formula.op
    if op == ATOM:
        if draft.implies(formula.value):
            return formulas.true
        return formulas.false if draft.excludes(formula.value) else formula
    if op in (TRUE, FALSE):
        return formula
    known = {} if known is None else known
    found = known.get(formula)
    if found is None:
        found = known[formula] = _simplified(formulas, formula, draft, known)
    return found


def _simplified(formulas: Formulas, formula: Formula, draft: Draft, known: dict[Formula, Formula]) -> Formula:
    op = formula.op
    parts = []
    changed = False
    deciding = FALSE if op == AND else TRUE if op == OR else None
    for part in formula.parts:
        made = simplified(formulas, part, draft, known)
        if made.op == deciding:
            return made
        changed = changed or made is not part
        parts.append(made)
    return formulas.combined(op, parts) if changed else formula


def choices(formulas: Formulas, clause: Formula) -> list[Formula]:
    """Formulas of which a clause is the disjunction."""
    if clause.op == OR:
        return list(clause.parts)
    parts = clause.parts
    negations = [formulas.negation(part) for part in parts]
    if clause.op == ONE:
        return [formulas.all_of([part, *negations[:i], *negations[i + 1 :]]) for i, part in enumerate(parts)]
    assert clause.op == NOT_ONE
    pairs = [formulas.both(parts[i], parts[j]) for i in range(len(parts)) for j in range(i + 1, len(parts))]
    return [formulas.all_of(negations), *pairs]


def halves(formulas: Formulas, clause: Formula) -> list[Formula]:
    """As `choices`, but of an exactly-one only the first part is taken out: true, or false."""
    if clause.op == OR or len(clause.parts) < 3:
        return choices(formulas, clause)
    first, *others = clause.parts
    absent = formulas.negation(first)
    if clause.op == ONE:
        alone = formulas.all_of([first, *[formulas.negation(other) for other in others]])
        return [alone, formulas.both(absent, formulas.one_of(others))]
    several = formulas.both(first, formulas.any_of(others))
    return [formulas.both(absent, formulas.negation(formulas.one_of(others))), several]


def holds_at_end(formula: Formula, count: int, known: dict[Formula, bool] | None = None) -> bool:
    """Whether a formula holds where the container ends after `count` members or items."""
    known = {} if known is None else known
    found = known.get(formula)
    if found is None:
        found = known[formula] = _holds_at_end(formula, count, known)
    return found


def _holds_at_end(formula: Formula, count: int, known: dict[Formula, bool]) -> bool:
    op = formula.op
    if op == ATOM:
        kind = formula.value[0]
        if kind in ("size", "length"):
            _, low, high = formula.value
            return low <= count and (high is None or count <= high)
        if kind == "count":
            return not formula.value[3]
        return kind in ("each", "each item")
    if op == AND:
        return all(holds_at_end(part, count, known) for part in formula.parts)
    if op == OR:
        return any(holds_at_end(part, count, known) for part in formula.parts)
    if op in (TRUE, FALSE):
        return op == TRUE
    held = sum([holds_at_end(part, count, known) for part in formula.parts])
    return (held == 1) is (op == ONE)


class Reader:
    """Splits clauses by the value of one member or item.

    `satisfiable` says whether some value satisfies a goal; it is asked where there are many, so that
    impossible combinations go. The work is spent from `effort`.
    """

    __slots__ = ("_atom", "_effort", "_formulas", "_known", "_possible", "_satisfiable")

    def __init__(
        self,
        formulas: Formulas,
        satisfiable: Callable[[Formula], bool],
        atom: Callable[[Formula], Split],
        effort: Effort,
    ) -> None:
        self._effort = effort
        self._formulas = formulas
        self._satisfiable = satisfiable
        self._atom = atom
        self._known: dict[Formula, Split] = {}
        self._possible: dict[Formula, bool] = {}

    def clauses(self, clauses: Iterable[Formula], goal: Formula) -> list[tuple[Formula, Formula]]:
        """What may be left of the conjunction of clauses where the value satisfies `goal`.

        Pairs of a goal of the value, `goal` included, and what then is left, not FALSE.
        """
        splits = [self.split(clause) for clause in clauses]
        found = self._product(splits, AND, {self._formulas.true: goal})
        return [(condition, left) for left, condition in found.items() if left.op != FALSE]

    def split(self, formula: Formula) -> Split:
        """What may be left of a formula."""
        found = self._known.get(formula)
        if found is None:
            found = self._known[formula] = self._split(formula)
        return found

    def _split(self, formula: Formula) -> Split:
        formulas, op = self._formulas, formula.op
        if op == ATOM:
            return self._atom(formula)
        if op in (TRUE, FALSE):
            return {formula: formulas.true}
        splits = [self.split(part) for part in formula.parts]
        if op in (AND, OR):
            neutral = formulas.true if op == AND else formulas.false
            return self._product(splits, op, {neutral: formulas.true})
        return self._exactly_one(splits, op)

    def _product(self, splits: list[Split], op: int, start: Split) -> Split:
        formulas = self._formulas
        absorbing = FALSE if op == AND else TRUE
        combine = formulas.both if op == AND else self._either
        made = start
        for split in splits:
            if len(split) == 1:
                # The same is left whatever the value.
                (left,) = split
                combined: Split = {}
                for before, condition in made.items():
                    self._put(combined, combine(before, left), condition)
                made = combined
                continue
            self._effort.spend(len(made) * len(split))
            combined = {}
            for before, condition in made.items():
                if before.op == absorbing:
                    self._put(combined, before, condition)
                    continue
                for left, more in split.items():
                    both = formulas.both(condition, more)
                    if both.op != FALSE:
                        self._put(combined, combine(before, left), both)
            made = self._checked(combined)
        return made

    def _either(self, one: Formula, other: Formula) -> Formula:
        return self._formulas.any_of((one, other))

    def _put(self, split: Split, left: Formula, condition: Formula) -> None:
        before = split.get(left)
        split[left] = condition if before is None else self._formulas.any_of((before, condition))

    def _checked(self, split: dict[Left, Formula]) -> dict[Left, Formula]:
        """Without what no value leaves, where much is."""
        if len(split) > 8:
            split = {left: goal for left, goal in split.items() if self._is_possible(goal)}
            if len(split) > current_limits().verdicts:
                raise _too_many_verdicts()
        return split

    def _is_possible(self, goal: Formula) -> bool:
        """Whether some value satisfies the goal, as far as is found out soon."""
        found = self._possible.get(goal)
        if found is None and self._formulas.summary(goal).exact:
            return True  # else it were FALSE
        if found is None:
            with use_limits(replace(current_limits(), search_states=CHECK_STATES)):
                try:
                    found = self._satisfiable(goal)
                except LimitExceeded:
                    found = True
            self._possible[goal] = found
        return found

    def _exactly_one(self, splits: list[Split], op: int) -> Split:
        """Of ONE or NOT_ONE: by how many parts hold already, and what is left of those that are open."""
        formulas = self._formulas
        states: dict[tuple[int, tuple[Formula, ...]], Formula] = {(0, ()): formulas.true}
        for split in splits:
            self._effort.spend(len(states) * len(split))
            made: dict[tuple[int, tuple[Formula, ...]], Formula] = {}
            for (held, opened), condition in states.items():
                for left, more in split.items():
                    both = condition if held > 1 else formulas.both(condition, more)
                    if both.op == FALSE:
                        continue
                    if held > 1:
                        key: tuple[int, tuple[Formula, ...]] = (2, ())
                    elif left.op == TRUE:
                        key = (1, opened) if not held else (2, ())
                    else:
                        key = (held, opened if left.op == FALSE else (*opened, left))
                    before = made.get(key)
                    made[key] = both if before is None else formulas.any_of((before, both))
            states = self._checked(made)
        found: Split = {}
        for (held, opened), condition in states.items():
            if held > 1:
                left = formulas.false
            elif held:
                left = formulas.all_of([formulas.negation(each) for each in opened])
            else:
                left = formulas.one_of(opened)
            self._put(found, left if op == ONE else formulas.negation(left), condition)
        return found


def _too_many_verdicts() -> LimitExceeded:
    return LimitExceeded(
        "the ways in which one member's value decides the alternatives",
        current_limits().verdicts,
        "let conditions on the same member exclude each other",
    )
