"""Cases by the value of one member that tells branches apart, found in time linear in what they say.

Branches of a `oneOf` told apart by a constant, or rules `if` a tag is so `then` ..., come to a case for each
value of the tag that they mention, one for all other values and one for no such member. In the case of one
value only what mentions this value is looked at: all else is what it is for any other value, which is found
once. So a thousand branches make a thousand cases in a thousand steps, and none of the million pairs that
exclude each other is formed.

Values that all the same conditions mention are one case. The cases exclude each other, and together they say
what the clauses do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bltgen.constraints.json_schema.clauses import atoms_of, simplified
from bltgen.constraints.json_schema.formula import AND, ATOM, FALSE, TRUE, VALUES, Formula, Formulas
from bltgen.constraints.json_schema.json_values import ANY_TYPE, Value
from bltgen.constraints.json_schema.key_set import KeySet
from bltgen.constraints.json_schema.specs import Draft, ObjectDraft

__all__ = ["Case", "cases_by_member", "is_broad", "taken_up"]

BROAD = 8
"""Fewer alternatives are not worth the search for a member that tells them apart."""

TRIED = 3
"""So many members are tried."""

INDEXED = 4
"""The parts of a formula with more are looked up by the values that they mention."""


class Case(NamedTuple):
    """What is known of an object in one case, and the disjunctions that are left there."""

    draft: ObjectDraft
    clauses: list[Formula]


def is_broad(clauses: Iterable[Formula]) -> bool:
    """Whether clauses have so many alternatives that a member is looked for that tells them apart."""
    return _breadth(clauses) >= BROAD


def _breadth(clauses: Iterable[Formula]) -> int:
    return sum([len(clause.value[0]) if clause.op == VALUES else len(clause.parts) for clause in clauses])


def cases_by_member(formulas: Formulas, draft: ObjectDraft, clauses: list[Formula]) -> list[Case]:
    """Cases of which one holds where the draft and the clauses, over atoms, do.

    They are told apart by the member that leaves the fewest alternatives; one case, as it was given, where no
    member leaves less than half of them.
    """
    whole = Case(draft, clauses)
    best, found = _breadth(clauses) // 2 + 1, [whole]
    for name, sets in _telling_members(formulas, clauses)[:TRIED]:
        cases = _Split(formulas, draft, clauses, name, sets).cases()
        left = max([_breadth(case.clauses) for case in cases], default=0)
        if left < best:
            best, found = left, cases
        if not left:
            break
    return found


def taken_up(formulas: Formulas, draft: Draft, clauses: Iterable[Formula]) -> list[Formula] | None:
    """What is left of the clauses after what follows at once, which the draft takes up; None: nothing can."""
    todo = list(clauses)
    changed = True
    while changed:
        changed = False
        kept: dict[Formula, None] = {}
        for clause in todo:
            left = simplified(formulas, clause, draft)
            for part in left.parts if left.op == AND else (left,):
                if part.op == FALSE:
                    return None
                if part.op == ATOM:
                    if not draft.add(part.value):
                        return None
                    changed = True
                elif part.op != TRUE:
                    kept[part] = None
        todo = list(kept)
    return todo


Sets = dict[frozenset[Value], int]
"""Finite sets of values, each with its number."""


def _told(formulas: Formulas, goal: Formula) -> frozenset[Value]:
    """The values by which a goal is decided: outside of them it is false, or true as far as types go."""
    summary = formulas.summary(goal)
    return summary.excluded if summary.values is None else summary.listed()


def _telling_members(formulas: Formulas, clauses: list[Formula]) -> list[tuple[bytes, Sets]]:
    """Names of members with the sets of values that clauses speak of; those that tell most apart first."""
    members: dict[bytes, Sets] = {}
    for kind, *about in atoms_of(clauses):
        if kind != "size" and about[0].is_finite and len(about[0].names) == 1:
            told = _told(formulas, about[1])
            if told:
                (name,) = about[0].names
                sets = members.setdefault(name, {})
                sets.setdefault(told, len(sets))
    several = [(name, sets) for name, sets in members.items() if len(sets) > 1]
    return sorted(several, key=lambda entry: -len(entry[1]))


class _Split:
    """The cases of clauses by the value of one member."""

    def __init__(
        self, formulas: Formulas, draft: ObjectDraft, clauses: list[Formula], name: bytes, sets: Sets
    ) -> None:
        self._formulas = formulas
        self._draft = draft
        self._clauses = clauses
        self._name = name
        self._keys = KeySet(frozenset((name,)))
        self._sets = sets
        self._sets_of: dict[Formula, frozenset[int]] = {}
        self._otherwise_of: dict[Formula, Formula] = {}
        self._indices: dict[Formula, tuple[dict[int, list[int]], list[int]]] = {}

    def cases(self) -> list[Case]:
        """All of them but those that contradict themselves."""
        formulas = self._formulas
        numbers_of: dict[Value, list[int]] = {}
        for values, number in self._sets.items():
            for value in values:
                numbers_of.setdefault(value, []).append(number)
        classes: dict[frozenset[int], list[Value]] = {}
        for value, numbers in numbers_of.items():
            classes.setdefault(frozenset(numbers), []).append(value)
        found: list[Case] = []
        for inside, members in classes.items():
            draft = self._with("some", formulas.values(members))
            if draft is not None:
                known: dict[Formula, Formula] = {}
                left = [self._left(clause, inside, known) for clause in self._clauses]
                self._add(found, draft, left)
        draft = self._with("some", formulas.values(numbers_of, False))
        if draft is not None:
            self._add(found, draft, [self._otherwise(clause) for clause in self._clauses])
        draft = self._with("each", formulas.false)
        if draft is not None:
            self._add(found, draft, self._clauses)
        return found

    def _with(self, kind: str, goal: Formula) -> ObjectDraft | None:
        """The draft where the member has such a value, or is absent; None where it cannot."""
        made = self._draft.copy()
        self._formulas.effort.spend(1 + (made.size >> 4))
        return made if made.add((kind, self._keys, goal)) else None

    def _add(self, found: list[Case], draft: ObjectDraft, clauses: list[Formula]) -> None:
        left = taken_up(self._formulas, draft, clauses)
        if left is not None:
            found.append(Case(draft, left))

    def _mentioned(self, formula: Formula) -> frozenset[int]:
        """The numbers of the sets of values that the formula speaks of."""
        found = self._sets_of.get(formula)
        if found is None:
            numbers: set[int] = set()
            if formula.op == ATOM:
                if self._is_about(formula):
                    told = _told(self._formulas, formula.value[2])
                    numbers.update([self._sets[told]] if told else ())
            else:
                for part in formula.parts:
                    numbers |= self._mentioned(part)
            found = self._sets_of[formula] = frozenset(numbers)
        return found

    def _is_about(self, atom: Formula) -> bool:
        kind, *about = atom.value
        return kind != "size" and bool(about[0] == self._keys)

    def _left(self, formula: Formula, inside: frozenset[int], known: dict[Formula, Formula]) -> Formula:
        """What is left of a formula where the member is there and has a value that is in just these sets."""
        if self._mentioned(formula).isdisjoint(inside):
            return self._otherwise(formula)
        if formula.op == ATOM:
            return self._inside(formula)
        found = known.get(formula)
        if found is None:
            parts = formula.parts
            if len(parts) <= INDEXED:
                made = [self._left(part, inside, known) for part in parts]
            else:
                index, open_parts = self._index(formula)
                touched = {number for each in inside for number in index.get(each, ())}
                made = [self._left(parts[number], inside, known) for number in sorted(touched)]
                made += [self._otherwise(parts[number]) for number in open_parts if number not in touched]
            self._formulas.effort.spend(len(made) >> 3)
            found = known[formula] = self._formulas.combined(formula.op, made)
        return found

    def _index(self, formula: Formula) -> tuple[dict[int, list[int]], list[int]]:
        """The parts of a formula by the sets that they speak of, and those that are otherwise not idle."""
        found = self._indices.get(formula)
        if found is None:
            idle = TRUE if formula.op == AND else FALSE
            by_set: dict[int, list[int]] = {}
            open_parts = []
            for number, part in enumerate(formula.parts):
                for each in self._mentioned(part):
                    by_set.setdefault(each, []).append(number)
                if self._otherwise(part).op != idle:
                    open_parts.append(number)
            found = self._indices[formula] = (by_set, open_parts)
        return found

    def _otherwise(self, formula: Formula) -> Formula:
        """What is left of a formula where the member is there, with a value that it does not mention."""
        if not self._mentioned(formula):
            return formula
        found = self._otherwise_of.get(formula)
        if found is None:
            if formula.op == ATOM:
                found = self._outside(formula)
            else:
                parts = [self._otherwise(part) for part in formula.parts]
                found = self._formulas.combined(formula.op, parts)
            self._otherwise_of[formula] = found
        return found

    def _inside(self, atom: Formula) -> Formula:
        """An atom about the member where its value is in the set that the atom speaks of."""
        summary = self._formulas.summary(atom.value[2])
        if summary.values is None:
            return self._formulas.false
        return self._formulas.true if summary.exact else atom

    def _outside(self, atom: Formula) -> Formula:
        """The same where it is in none."""
        summary = self._formulas.summary(atom.value[2])
        if summary.values is not None:
            return self._formulas.false
        return self._formulas.true if summary.exact and summary.types == ANY_TYPE else atom
