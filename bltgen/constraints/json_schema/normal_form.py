"""Conjunctions about one object or one array, merged; and formulas as disjunctions of them.

An `ObjectSpec` says all that a thread must still remember about an object being read: the goal of each
declared name, goals of sets of other names, what is required, what must exist somewhere, and how many
members there may be. An `ArraySpec` does the same for an array. They are the normal form of conjunctions
of the atoms of `keywords`; merging is one dictionary update an atom.

`Cases` lists the disjuncts of a formula for a container type. Disjunctions are distributed last, smallest
first, and each partial conjunction that contradicts itself is dropped at once; a negated schema that
contradicts what is known already (a discriminator) costs nothing. What is left beyond `limit` raises
LimitExceeded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bltgen.constraints.json_schema.formula import (
    AND,
    ATOM,
    FALSE,
    NOT_ONE,
    ONE,
    OR,
    SCHEMA,
    TRUE,
    VALUES,
    Formula,
    Formulas,
)
from bltgen.constraints.json_schema.json_values import ARRAY, OBJECT, type_bit
from bltgen.constraints.json_schema.key_set import KeySet
from bltgen.constraints.json_schema.keywords import Keywords
from bltgen.errors import LimitExceeded, Unsupported

__all__ = ["ArraySpec", "Cases", "ObjectSpec"]


class ObjectSpec:
    """A conjunction about the members of an object.

    `goals`: goal by declared name; `rest`: (KeySet, goal) for members whose name is in the set; `required`
    names; `exists`: (KeySet, goal), some member with such a name satisfies the goal; `low`, `high` members.
    Made by `Cases` alone, compared by identity. `compiled` is scratch space of the frames.
    """

    __slots__ = (
        "_goals_of",
        "compiled",
        "exists",
        "formulas",
        "goals",
        "high",
        "id",
        "low",
        "required",
        "rest",
    )

    def __init__(
        self,
        formulas: Formulas,
        goals: dict[bytes, Formula],
        rest: tuple[tuple[KeySet, Formula], ...],
        required: frozenset[bytes],
        exists: tuple[tuple[KeySet, Formula], ...],
        low: int,
        high: int | None,
        identity: int,
    ) -> None:
        self.formulas = formulas
        self.goals = goals
        self.rest = rest
        self.required = required
        self.exists = exists
        self.low = low
        self.high = high
        self.id = identity
        self._goals_of: dict[Any, Formula] = {}
        self.compiled: Any = None

    def goal_of(self, name: bytes) -> Formula:
        """The goal of the value of a member of this name."""
        goal = self.goals.get(name, self.formulas.true)
        if not self.rest:
            return goal
        matching = tuple([i for i, (keys, _) in enumerate(self.rest) if keys.contains(name)])
        if not matching:
            return goal
        key = (goal, matching)
        found = self._goals_of.get(key)
        if found is None:
            found = self._goals_of[key] = self.formulas.all_of([goal, *[self.rest[i][1] for i in matching]])
        return found


class ArraySpec:
    """A conjunction about the items of an array.

    `prefix`: goal by index; `rest`: (index, goal) for all items from the index on; `counts`: (start, goal,
    least, most) over items from start on; `low`, `high` items; `unique`, `repeated`: no two or some two
    items are equal. `horizon`: goals do not depend on indices from there on.
    """

    __slots__ = (
        "_goals_at",
        "compiled",
        "counts",
        "formulas",
        "high",
        "horizon",
        "id",
        "low",
        "prefix",
        "repeated",
        "rest",
        "unique",
    )

    def __init__(
        self,
        formulas: Formulas,
        prefix: dict[int, Formula],
        rest: tuple[tuple[int, Formula], ...],
        counts: tuple[tuple[int, Formula, int, int | None], ...],
        low: int,
        high: int | None,
        unique: bool,
        repeated: bool,
        identity: int,
    ) -> None:
        self.formulas = formulas
        self.prefix = prefix
        self.rest = rest
        self.counts = counts
        self.low = low
        self.high = high
        self.unique = unique
        self.repeated = repeated
        self.id = identity
        starts = [start for start, *_ in rest] + [start for start, *_ in counts]
        self.horizon = max([0, *[i + 1 for i in prefix], *starts])
        self._goals_at: dict[int, Formula] = {}
        self.compiled: Any = None

    def goal_at(self, index: int) -> Formula:
        """The goal of the item at `index`, without what is counted."""
        index = min(index, self.horizon)
        found = self._goals_at.get(index)
        if found is None:
            goals = [self.prefix.get(index, self.formulas.true)]
            goals += [goal for start, goal in self.rest if start <= index]
            found = self._goals_at[index] = self.formulas.all_of(goals)
        return found


class _ObjectDraft:
    """An ObjectSpec being put together. `add` is False where it became contradictory."""

    __slots__ = ("exists", "formulas", "goals", "high", "low", "required", "rest")

    def __init__(self, formulas: Formulas) -> None:
        self.formulas = formulas
        self.goals: dict[bytes, Formula] = {}
        self.rest: dict[KeySet, Formula] = {}
        self.required: set[bytes] = set()
        self.exists: dict[tuple[KeySet, Formula], None] = {}
        self.low = 0
        self.high: int | None = None

    def copy(self) -> _ObjectDraft:
        made = _ObjectDraft(self.formulas)
        made.goals = dict(self.goals)
        made.rest = dict(self.rest)
        made.required = set(self.required)
        made.exists = dict(self.exists)
        made.low, made.high = self.low, self.high
        return made

    def add(self, atom: tuple[Any, ...]) -> bool:
        kind = atom[0]
        false = self.formulas.false
        if kind == "size":
            self.low = max(self.low, atom[1])
            if atom[2] is not None:
                self.high = atom[2] if self.high is None else min(self.high, atom[2])
            if self.high is not None and len(self.required) > self.high:
                return False
            return self.high is None or self.low <= self.high
        _, keys, goal = atom
        if kind == "each":
            if keys.is_finite:
                for name in keys.names:
                    self.goals[name] = both = self.formulas.both(
                        self.goals.get(name, self.formulas.true), goal
                    )
                    if both is false and name in self.required:
                        return False
                return True
            before = self.rest.get(keys)
            self.rest[keys] = goal if before is None else self.formulas.both(before, goal)
            return all(self._goal(name) is not false for name in self.required if keys.contains(name))
        assert kind == "some"
        if goal is false:
            return False
        if keys.is_finite and len(keys.names) == 1:
            (name,) = keys.names
            if goal is not self.formulas.true:
                self.goals[name] = self.formulas.both(self.goals.get(name, self.formulas.true), goal)
            self.required.add(name)
            if self.high is not None and len(self.required) > self.high:
                return False
            return self._goal(name) is not false
        self.exists[(keys, goal)] = None
        return True

    def _goal(self, name: bytes) -> Formula:
        goal = self.goals.get(name, self.formulas.true)
        matching = [g for keys, g in self.rest.items() if keys.contains(name)]
        return self.formulas.all_of([goal, *matching]) if matching else goal

    def implies(self, atom: tuple[Any, ...]) -> bool:
        """Whether the atom adds nothing, as far as is seen at once."""
        kind = atom[0]
        if kind == "size":
            low, high = max(self.low, len(self.required)), self.high
            return atom[1] <= low and (atom[2] is None or (high is not None and high <= atom[2]))
        _, keys, goal = atom
        if keys.is_finite and len(keys.names) == 1:
            (name,) = keys.names
            if kind == "some" and name not in self.required:
                return False
            return goal is self.formulas.true or _includes(self._goal(name), goal)
        return kind == "each" and keys in self.rest and _includes(self.rest[keys], goal)

    def key(self) -> tuple[Any, ...]:
        return (
            frozenset([(name, goal.id) for name, goal in self.goals.items()]),
            frozenset([(keys, goal.id) for keys, goal in self.rest.items()]),
            frozenset(self.required),
            frozenset([(keys, goal.id) for keys, goal in self.exists]),
            max(self.low, len(self.required)),
            self.high,
        )

    def finish(self, identity: int) -> ObjectSpec:
        return ObjectSpec(
            self.formulas,
            self.goals,
            tuple(self.rest.items()),
            frozenset(self.required),
            tuple(self.exists),
            max(self.low, len(self.required)),
            self.high,
            identity,
        )


def _includes(conjunction: Formula, goal: Formula) -> bool:
    """Whether `goal` is `conjunction`, FALSE is, or it is one of its parts."""
    if conjunction is goal or conjunction.op == FALSE:
        return True
    parts = goal.parts if goal.op == AND else (goal,)
    return conjunction.op == AND and all(part in conjunction.parts for part in parts)


class _ArrayDraft:
    """An ArraySpec being put together."""

    __slots__ = ("counts", "formulas", "high", "low", "prefix", "repeated", "rest", "unique")

    def __init__(self, formulas: Formulas) -> None:
        self.formulas = formulas
        self.prefix: dict[int, Formula] = {}
        self.rest: dict[int, Formula] = {}
        self.counts: dict[tuple[int, Formula], tuple[int, int | None]] = {}
        self.low = 0
        self.high: int | None = None
        self.unique = self.repeated = False

    def copy(self) -> _ArrayDraft:
        made = _ArrayDraft(self.formulas)
        made.prefix, made.rest, made.counts = dict(self.prefix), dict(self.rest), dict(self.counts)
        made.low, made.high, made.unique, made.repeated = self.low, self.high, self.unique, self.repeated
        return made

    def add(self, atom: tuple[Any, ...]) -> bool:
        kind = atom[0]
        formulas = self.formulas
        if kind == "length":
            self.low = max(self.low, atom[1])
            self._limit(atom[2])
        elif kind == "each item":
            _, low, high, goal = atom
            if high is None:
                self.rest[low] = formulas.both(self.rest.get(low, formulas.true), goal)
                if self.rest[low] is formulas.false:
                    self._limit(low)
            else:
                for i in range(low, high):
                    self.prefix[i] = formulas.both(self.prefix.get(i, formulas.true), goal)
                    if self.prefix[i] is formulas.false:
                        self._limit(i)
        elif kind == "count":
            _, start, goal, least, most = atom
            before = self.counts.get((start, goal))
            if before is not None:
                least = max(least, before[0])
                most = before[1] if most is None else most if before[1] is None else min(most, before[1])
            if most is not None and least > most:
                return False
            self.counts[(start, goal)] = (least, most)
            self.low = max(self.low, start + least if least else 0)
        else:
            assert kind == "unique"
            if atom[1]:
                self.unique = True
            else:
                self.repeated = True
                self.low = max(self.low, 2)
            if self.unique and self.repeated:
                return False
        if self.high is not None and self.low > self.high:
            return False
        return not any(i < self.low and self._goal(i) is formulas.false for i in self.prefix)

    def _limit(self, high: int | None) -> None:
        if high is not None:
            self.high = high if self.high is None else min(self.high, high)

    def _goal(self, index: int) -> Formula:
        goals = [goal for start, goal in self.rest.items() if start <= index]
        return self.formulas.all_of([self.prefix.get(index, self.formulas.true), *goals])

    def implies(self, atom: tuple[Any, ...]) -> bool:
        kind = atom[0]
        if kind == "length":
            high = self.high
            return atom[1] <= self.low and (atom[2] is None or (high is not None and high <= atom[2]))
        if kind == "unique":
            return self.unique if atom[1] else self.repeated
        if kind == "each item":
            _, low, high, goal = atom
            if high is None:
                return low in self.rest and _includes(self.rest[low], goal)
            return all(_includes(self._goal(i), goal) for i in range(low, high))
        return False

    def key(self) -> tuple[Any, ...]:
        return (
            frozenset([(i, goal.id) for i, goal in self.prefix.items()]),
            frozenset([(i, goal.id) for i, goal in self.rest.items()]),
            frozenset([(start, goal.id, bounds) for (start, goal), bounds in self.counts.items()]),
            self.low,
            self.high,
            self.unique,
            self.repeated,
        )

    def finish(self, identity: int) -> ArraySpec:
        counts = tuple([(start, goal, *bounds) for (start, goal), bounds in self.counts.items()])
        return ArraySpec(
            self.formulas,
            self.prefix,
            tuple(self.rest.items()),
            counts,
            self.low,
            self.high,
            self.unique,
            self.repeated,
            identity,
        )


_Draft = _ObjectDraft | _ArrayDraft
_Pending = list[Formula]


class Cases:
    """The disjuncts of formulas for objects and arrays, each a merged conjunction."""

    def __init__(self, keywords: Keywords, limit: int = 2000) -> None:
        self._keywords = keywords
        self._formulas = keywords.formulas
        self.limit = limit
        self._specs: dict[tuple[Any, ...], ObjectSpec | ArraySpec] = {}
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
                found = self._known[key] = self._distribute(formula, kind)
            except RecursionError:
                raise LimitExceeded("the nesting of subschemas within one value", 200) from None
        return found

    def intern(self, draft: _Draft, kind: int) -> Any:
        """The one spec with this content."""
        key = (kind, *draft.key())
        spec = self._specs.get(key)
        if spec is None:
            spec = self._specs[key] = draft.finish(len(self._specs))
        return spec

    def _distribute(self, formula: Formula, kind: int) -> tuple[Any, ...]:
        start: _Draft = _ObjectDraft(self._formulas) if kind == OBJECT else _ArrayDraft(self._formulas)
        pending: _Pending = []
        if not self._flatten(formula, kind, start, pending, ()):
            return ()
        specs: dict[Any, None] = {}
        stack: list[tuple[_Draft, _Pending]] = [(start, pending)]
        steps = 0
        while stack:
            draft, pending = stack.pop()
            steps += 1
            if steps > 10 * self.limit or len(specs) > self.limit:
                raise LimitExceeded(
                    "the alternatives of one value",
                    self.limit,
                    "add a discriminating property to the branches",
                )
            clause, rest, choices = self._choose(draft, pending, kind)
            if clause is None:
                specs[self.intern(draft, kind)] = None
                continue
            stack += [(made, rest + added) for made, added in reversed(choices)]
        return tuple(specs)

    def _choose(
        self, draft: _Draft, pending: _Pending, kind: int
    ) -> tuple[Formula | None, _Pending, list[tuple[_Draft, _Pending]]]:
        """A pending disjunction with the fewest live choices, the others, and its choices made."""
        pending = list(dict.fromkeys(pending))
        best: tuple[Formula, list[tuple[_Draft, _Pending]]] | None = None
        kept: _Pending = []
        for clause in pending:
            choices: list[tuple[_Draft, _Pending]] = []
            idle = False
            if clause.op == SCHEMA and self._contradicts(draft, clause, kind):
                continue
            for option in self._options(clause, kind):
                if self._implied(draft, option):
                    idle = True
                    break
                made = draft.copy()
                added: _Pending = []
                if self._flatten(option, kind, made, added, ()):
                    choices.append((made, added))
            if idle:
                continue
            kept.append(clause)
            if best is None or len(choices) < len(best[1]):
                best = (clause, choices)
                if len(choices) < 2:
                    break
        if best is None:
            return None, [], []
        chosen = best[0]
        remaining = [clause for clause in pending if clause is not chosen]
        return chosen, remaining, best[1]

    def _implied(self, draft: _Draft, option: Formula) -> bool:
        if option.op == AND:
            return all(self._implied(draft, part) for part in option.parts)
        return option.op == TRUE or (option.op == ATOM and draft.implies(option.value))

    def _contradicts(self, draft: _Draft, clause: Formula, kind: int) -> bool:
        """Whether the schema that `clause` negates is impossible here, so that its negation is idle."""
        positive = self._formulas.negation(clause)
        return not self._flatten(positive, kind, draft.copy(), [], ())

    def _options(self, clause: Formula, kind: int) -> Sequence[Formula]:
        """The formulas one of which a pending disjunction needs."""
        formulas = self._formulas
        if clause.op == SCHEMA:
            negated = formulas.negation(self._keywords.container(clause.value[0], kind))
            return self._options(negated, kind) if negated.op != SCHEMA else (negated,)
        if clause.op == OR:
            return clause.parts
        if clause.op == VALUES:
            return [self._keywords.value_atoms(v, kind) for v in clause.value[0] if type_bit(v) == kind]
        parts = clause.parts
        negations = [formulas.negation(part) for part in parts]
        if clause.op == ONE:
            return [
                formulas.all_of([part, *negations[:i], *negations[i + 1 :]]) for i, part in enumerate(parts)
            ]
        assert clause.op == NOT_ONE
        pairs = [
            formulas.both(parts[i], parts[j]) for i in range(len(parts)) for j in range(i + 1, len(parts))
        ]
        return [formulas.all_of(negations), *pairs]

    def _flatten(
        self, formula: Formula, kind: int, draft: _Draft, pending: _Pending, entered: tuple[Any, ...]
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


Cost = Callable[[Formula], int]
