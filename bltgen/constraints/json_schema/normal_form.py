"""Formulas as disjunctions of merged conjunctions, as far as these are few.

`Cases` lists the disjuncts of a formula for a container type. Disjunctions are distributed last, smallest
first, and each partial conjunction that contradicts itself is dropped at once; a negated schema that
contradicts what is known already (a discriminator) costs nothing. Where more than `limit` disjuncts are
left, none are listed: there is one spec then, which holds the disjunctions as clauses.

Before that, many alternatives are parted by a member whose value tells them apart (see `discriminators`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bltgen.automata.limits import current_limits
from bltgen.constraints.json_schema.clauses import atoms_of, choices
from bltgen.constraints.json_schema.discriminators import cases_by_member, is_broad, taken_up
from bltgen.constraints.json_schema.formula import (
    AND,
    ATOM,
    FALSE,
    OR,
    SCHEMA,
    TRUE,
    VALUES,
    Formula,
)
from bltgen.constraints.json_schema.json_values import ARRAY, OBJECT, type_bit
from bltgen.constraints.json_schema.keywords import Keywords
from bltgen.constraints.json_schema.name_trie import NameTable
from bltgen.constraints.json_schema.specs import ArrayDraft, ArraySpec, Draft, ObjectDraft, ObjectSpec
from bltgen.errors import LimitExceeded, Unsupported

__all__ = ["Cases"]

Pending = list[Formula]

LISTED = 64
"""So many disjuncts are listed at most, or as many as there are branches of the widest disjunction."""

WIDEST = 500
"""Beside a disjunction of more branches none are listed."""

TRIES = 3_000
"""So many conjunctions are tried to list them."""


class Cases:
    """The disjuncts of formulas for objects and arrays, each a merged conjunction."""

    def __init__(self, keywords: Keywords) -> None:
        self._keywords = keywords
        self._formulas = keywords.formulas
        self.limit = LISTED
        self._specs: dict[tuple[Any, ...], ObjectSpec | ArraySpec] = {}
        self._unfolded: dict[tuple[Formula, int], Formula] = {}
        self._tries = 0
        self._known: dict[tuple[Formula, int], tuple[Any, ...]] = {}

    def objects(self, formula: Formula) -> tuple[ObjectSpec, ...]:
        """The conjunctions one of which an object that satisfies `formula` satisfies."""
        return self._cases(formula, OBJECT)

    def arrays(self, formula: Formula) -> tuple[ArraySpec, ...]:
        """The conjunctions one of which an array that satisfies `formula` satisfies."""
        return self._cases(formula, ARRAY)

    def _cases(self, formula: Formula, kind: int) -> tuple[Any, ...]:
        key = (formula, kind)
        found = self._known.get(key)
        if found is None:
            try:
                start = self._start(formula, kind)
                specs: dict[Any, None] = {}
                for draft, pending in () if start is None else self._told_apart(*start, kind):
                    listed = self._listed(draft, pending, kind)
                    if listed is None:
                        listed = self._with_clauses(draft, pending, kind)
                    specs.update(dict.fromkeys(listed))
                found = tuple(specs)
            except RecursionError:
                raise LimitExceeded(
                    "the nesting of subschemas within one value", 200, counted=False
                ) from None
            self._known[key] = found
        return found

    def intern(self, draft: Draft, clauses: tuple[Formula, ...] = ()) -> Any:
        """The one spec with this content."""
        key = (type(draft), clauses, *draft.key())
        spec = self._specs.get(key)
        if spec is None:
            spec = self._specs[key] = draft.finish(len(self._specs), clauses)
        return spec

    def settled(self, draft: Draft, clauses: Iterable[Formula]) -> Any:
        """The spec of a draft and clauses, after what follows at once; None where they contradict."""
        left = taken_up(self._formulas, draft, clauses)
        if left is None:
            return None
        return self.intern(draft, tuple(sorted(left, key=lambda clause: clause.id)))

    # -- few disjuncts -------------------------------------------------------------------------------

    def _start(self, formula: Formula, kind: int) -> tuple[Draft, Pending] | None:
        """The units of a formula and its disjunctions; None where the units contradict each other."""
        draft: Draft = ObjectDraft(self._formulas) if kind == OBJECT else ArrayDraft(self._formulas)
        pending: Pending = []
        return (draft, pending) if self._flatten(formula, kind, draft, pending, ()) else None

    def _told_apart(self, draft: Draft, pending: Pending, kind: int) -> Sequence[tuple[Draft, Pending]]:
        """Cases by the value of a member, where one tells many alternatives apart."""
        if kind != OBJECT or not self.limit or not is_broad(pending):
            return [(draft, pending)]
        assert isinstance(draft, ObjectDraft)
        clauses = [self.unfolded(clause, kind) for clause in pending]
        cases = cases_by_member(self._formulas, draft, clauses)
        # Where nothing is told apart, what is still folded stays so.
        return cases if len(cases) != 1 or cases[0].draft is not draft else [(draft, pending)]

    def _listed(self, draft: Draft, pending: Pending, kind: int, limit: int = 0) -> tuple[Any, ...] | None:
        """The disjuncts; None where they are too many. `limit`: 0, as many as is usual, or so many."""
        if pending and not limit and not self.limit:
            return None
        # As many as a single union of branches that exclude each other has: each is tried beside each.
        widest = max([len(clause.parts) for clause in pending], default=0)
        if widest > WIDEST:
            return None
        tries = self._tries + (current_limits().item_tries if limit else TRIES + 2 * widest * widest)
        limit = limit or max(self.limit, widest)
        specs: dict[Any, None] = {}
        stack = [(draft, pending)]
        while stack:
            draft, pending = stack.pop()
            if len(specs) > limit or self._tries > tries:
                return None
            clause, rest, options = self._choose(draft, pending, kind)
            if clause is None:
                specs[self.intern(draft)] = None
                continue
            stack += [(made, rest + added) for made, added in reversed(options)]
        return tuple(specs)

    def _with_clauses(self, draft: Draft, pending: Pending, kind: int) -> tuple[Any, ...]:
        """The one spec that holds the disjunctions as clauses."""
        draft = draft.copy()
        clauses = [self.unfolded(clause, kind) for clause in pending]
        if isinstance(draft, ObjectDraft):
            draft.table = _names_of(draft, clauses)
        elif draft.unique or draft.repeated or any(atom[0] == "unique" for atom in atoms_of(clauses)):
            # Which values may come no more depends on what each disjunct still needs.
            found = self._listed(draft, pending, kind, current_limits().item_alternatives)
            if found is None:
                raise LimitExceeded(
                    "the alternatives of an array with unique items",
                    current_limits().item_alternatives,
                    "add a discriminating item or property to the branches",
                )
            return found
        else:
            draft.horizon = _horizon_of(clauses)
        spec = self.settled(draft, clauses)
        return () if spec is None else (spec,)

    def unfolded(self, formula: Formula, kind: int, entered: tuple[Any, ...] = ()) -> Formula:
        """The formula for values of the one kind, with atoms for leaves."""
        key = (formula, kind)
        found = self._unfolded.get(key)
        if found is None:
            found = self._unfolded[key] = self._unfold(formula, kind, entered)
        return found

    def _unfold(self, formula: Formula, kind: int, entered: tuple[Any, ...]) -> Formula:
        op, formulas = formula.op, self._formulas
        if op in (ATOM, TRUE, FALSE):
            return formula
        if op == SCHEMA:
            place, positive = formula.value
            if place in entered:
                raise Unsupported("a reference that reaches itself within the same value", place.pointer)
            container = self.unfolded(self._keywords.container(place, kind), kind, (*entered, place))
            return container if positive else formulas.negation(container)
        if op == VALUES:
            members, positive = formula.value
            values = [self._keywords.value_atoms(v, kind) for v in members if type_bit(v) == kind]
            listed = formulas.any_of(values)
            return listed if positive else formulas.negation(listed)
        return formulas.combined(op, [self.unfolded(part, kind, entered) for part in formula.parts])

    def _choose(
        self, draft: Draft, pending: Pending, kind: int
    ) -> tuple[Formula | None, Pending, list[tuple[Draft, Pending]]]:
        """A pending disjunction with the fewest live choices, the others, and its choices made."""
        pending = list(dict.fromkeys(pending))
        best: tuple[Formula, list[tuple[Draft, Pending]]] | None = None
        for clause in pending:
            choices: list[tuple[Draft, Pending]] = []
            idle = False
            if clause.op == SCHEMA and self._contradicts(draft, clause, kind):
                continue
            for option in self._options(clause, kind):
                if self._implied(draft, option):
                    idle = True
                    break
                made = self._copied(draft)
                added: Pending = []
                if self._flatten(option, kind, made, added, ()):
                    choices.append((made, added))
            if idle:
                continue
            if best is None or len(choices) < len(best[1]):
                best = (clause, choices)
                if len(choices) < 2:
                    break
        if best is None:
            return None, [], []
        chosen = best[0]
        remaining = [clause for clause in pending if clause is not chosen]
        return chosen, remaining, best[1]

    def _implied(self, draft: Draft, option: Formula) -> bool:
        if option.op == AND:
            return all(self._implied(draft, part) for part in option.parts)
        return option.op == TRUE or (option.op == ATOM and draft.implies(option.value))

    def _contradicts(self, draft: Draft, clause: Formula, kind: int) -> bool:
        """Whether the schema that `clause` negates is impossible here, so that its negation is idle."""
        positive = self._formulas.negation(clause)
        return not self._flatten(positive, kind, self._copied(draft), [], ())

    def _copied(self, draft: Draft) -> Draft:
        """A copy of a draft, to try an addition to it."""
        self._tries += 1
        if not self._tries & 7:
            self._formulas.effort.spend(1 + (draft.size >> 4))
        return draft.copy()

    def _options(self, clause: Formula, kind: int) -> Sequence[Formula]:
        """The formulas one of which a pending disjunction needs."""
        formulas = self._formulas
        if clause.op == SCHEMA:
            # Of these only what comes out as a disjunction is left to `_flatten`.
            return choices(formulas, formulas.negation(self._keywords.container(clause.value[0], kind)))
        if clause.op == VALUES:
            return [self._keywords.value_atoms(v, kind) for v in clause.value[0] if type_bit(v) == kind]
        return choices(formulas, clause)

    def _flatten(
        self, formula: Formula, kind: int, draft: Draft, pending: Pending, entered: tuple[Any, ...]
    ) -> bool:
        """Add the formula's units to the draft and its disjunctions to `pending`; False: contradictory."""
        op = formula.op
        if op == ATOM:
            return draft.add(formula.value)
        if op == AND:
            return all(self._flatten(part, kind, draft, pending, entered) for part in formula.parts)
        if op == TRUE:
            return True
        if op == FALSE:
            return False
        if op == SCHEMA:
            place, positive = formula.value
            if place in entered:
                raise Unsupported("a reference that reaches itself within the same value", place.pointer)
            container = self._keywords.container(place, kind)
            if positive:
                return self._flatten(container, kind, draft, pending, (*entered, place))
            negated = self._formulas.negation(container)
            if negated.op == OR:
                pending.append(formula)
                return True
            return self._flatten(negated, kind, draft, pending, (*entered, place))
        if op == VALUES:
            members, positive = formula.value
            own = [v for v in members if type_bit(v) == kind]
            if not positive:
                for value in own:
                    negated = self._formulas.negation(self._keywords.value_atoms(value, kind))
                    if not self._flatten(negated, kind, draft, pending, entered):
                        return False
                return True
            if len(own) < 2:
                return bool(own) and self._flatten(
                    self._keywords.value_atoms(own[0], kind), kind, draft, pending, entered
                )
        pending.append(formula)
        return True


def _names_of(draft: ObjectDraft, clauses: list[Formula]) -> NameTable:
    """The names that a draft and clauses mention."""
    names = dict.fromkeys(draft.goals)
    names.update(dict.fromkeys(sorted(draft.required)))
    for keys in [*draft.rest, *[keys for keys, _ in draft.exists]]:
        names.update(dict.fromkeys(sorted(keys.names)))
    for atom in atoms_of(clauses):
        if atom[0] != "size":
            names.update(dict.fromkeys(sorted(atom[1].names)))
    return NameTable(list(names))


def _horizon_of(clauses: list[Formula]) -> int:
    """From which index on the items are all alike to the clauses."""
    horizon = 0
    for atom in atoms_of(clauses):
        if atom[0] == "length":
            horizon = max(horizon, atom[1], (atom[2] or 0) + 1)
        elif atom[0] == "each item":
            horizon = max(horizon, atom[1], atom[2] or 0)
        else:
            assert atom[0] == "count"
            horizon = max(horizon, atom[1] + atom[3])
    return horizon
