"""Conjunctions about one object or one array, merged.

An `ObjectSpec` says all that a thread must still remember about an object being read: the goal of each
declared name, goals of sets of other names, what is required, what must exist somewhere, and how many
members there may be; and its `clauses`, disjunctions that are not decided yet (see `clauses`). An
`ArraySpec` does the same for an array. They are the normal form of conjunctions of the atoms of `keywords`;
merging is one dictionary update an atom, made in a draft: a spec that is being put together.
"""

from __future__ import annotations

from typing import Any

from bltgen.constraints.json_schema.formula import AND, FALSE, Formula, Formulas
from bltgen.constraints.json_schema.key_set import KeySet, KeySets
from bltgen.constraints.json_schema.name_trie import NameTable

__all__ = ["ArrayDraft", "ArraySpec", "Draft", "ObjectDraft", "ObjectSpec"]


class ObjectSpec:
    """A conjunction about the members of an object.

    `goals`: goal by declared name; `rest`: (KeySet, goal) for members whose name is in the set; `required`
    names; `exists`: (KeySet, goal), some member with such a name satisfies the goal; `low`, `high` members;
    `clauses`: undecided disjunctions, all of which must hold. `table`: the names that are told apart, where
    they are not this spec's own. Made by `Cases` alone, compared by identity. `compiled` is scratch space of
    the frames.
    """

    __slots__ = (
        "_goals_of",
        "_rest_sets",
        "clauses",
        "compiled",
        "exists",
        "formulas",
        "goals",
        "high",
        "id",
        "low",
        "required",
        "rest",
        "table",
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
        table: NameTable | None,
        clauses: tuple[Formula, ...],
    ) -> None:
        self.formulas = formulas
        self.table = table
        self.clauses = clauses
        self.goals = goals
        self.rest = rest
        self.required = required
        self.exists = exists
        self.low = low
        self.high = high
        self.id = identity
        self._goals_of: dict[Any, Formula] = {}
        self._rest_sets: KeySets | None = None
        self.compiled: Any = None

    def goal_of(self, name: bytes) -> Formula:
        """The goal of the value of a member of this name."""
        goal = self.goals.get(name, self.formulas.true)
        if not self.rest:
            return goal
        if self._rest_sets is None:
            self._rest_sets = KeySets([keys for keys, _ in self.rest])
        matching = tuple(self._rest_sets.holding(name))
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
    items are equal; `clauses`: undecided disjunctions, all of which must hold. `horizon`: neither goals nor
    clauses depend on indices from there on.
    """

    __slots__ = (
        "_goals_at",
        "clauses",
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
        horizon: int,
        clauses: tuple[Formula, ...],
    ) -> None:
        self.formulas = formulas
        self.clauses = clauses
        self.prefix = prefix
        self.rest = rest
        self.counts = counts
        self.low = low
        self.high = high
        self.unique = unique
        self.repeated = repeated
        self.id = identity
        starts = [start for start, *_ in rest] + [start for start, *_ in counts]
        self.horizon = max([horizon, *[i + 1 for i in prefix], *starts])
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


class ObjectDraft:
    """An ObjectSpec being put together. `add` is False where it became contradictory."""

    __slots__ = ("exists", "formulas", "goals", "high", "low", "required", "rest", "table")

    def __init__(self, formulas: Formulas) -> None:
        self.formulas = formulas
        self.goals: dict[bytes, Formula] = {}
        self.rest: dict[KeySet, Formula] = {}
        self.required: set[bytes] = set()
        self.exists: dict[tuple[KeySet, Formula], None] = {}
        self.low = 0
        self.high: int | None = None
        self.table: NameTable | None = None

    @property
    def size(self) -> int:
        """How much it takes to copy it."""
        return len(self.goals) + len(self.rest) + len(self.required) + len(self.exists)

    @staticmethod
    def of(spec: ObjectSpec) -> ObjectDraft:
        """A draft with the content of a spec, but for its clauses."""
        made = ObjectDraft(spec.formulas)
        made.goals = dict(spec.goals)
        made.rest = dict(spec.rest)
        made.required = set(spec.required)
        made.exists = dict.fromkeys(spec.exists)
        made.low, made.high = spec.low, spec.high
        made.table = spec.table
        return made

    def copy(self) -> ObjectDraft:
        """Another draft with the same content."""
        made = ObjectDraft(self.formulas)
        made.goals = dict(self.goals)
        made.rest = dict(self.rest)
        made.required = set(self.required)
        made.exists = dict(self.exists)
        made.low, made.high = self.low, self.high
        made.table = self.table
        return made

    def add(self, atom: tuple[Any, ...]) -> bool:
        """Add an atom; False where the draft became contradictory."""
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
            return all(self.goal_of(name) is not false for name in self.required if keys.contains(name))
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
            return self.goal_of(name) is not false
        self.exists[(keys, goal)] = None
        return True

    def goal_of(self, name: bytes) -> Formula:
        """The goal of the value of a member of this name."""
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
            if name not in (self.required if kind == "some" else self.goals):
                return False
            return goal is self.formulas.true or _includes(self.goal_of(name), goal)
        return kind == "each" and keys in self.rest and _includes(self.rest[keys], goal)

    def excludes(self, atom: tuple[Any, ...]) -> bool:
        """Whether the atom contradicts the draft, as far as is seen at once."""
        kind, false = atom[0], self.formulas.false
        if kind == "size":
            if self.high is not None and atom[1] > self.high:
                return True
            return atom[2] is not None and max(self.low, len(self.required)) > atom[2]
        _, keys, goal = atom
        if kind == "each":
            names = keys.names if keys.is_finite else self.required
            return any(
                name in self.required
                and keys.contains(name)
                and self.formulas.both(self.goal_of(name), goal) is false
                for name in names
            )
        if keys.is_finite:
            return all(self._lacks(name, goal) for name in keys.names)
        return goal is false

    def _lacks(self, name: bytes, goal: Formula) -> bool:
        """Whether no member of this name may satisfy the goal."""
        if self.formulas.both(self.goal_of(name), goal) is self.formulas.false:
            return True
        return self.high is not None and name not in self.required and len(self.required) >= self.high

    def key(self) -> tuple[Any, ...]:
        """What tells the spec with this content apart from others."""
        exists: Any = [(keys, goal.id) for keys, goal in self.exists]
        return (
            self.table,
            frozenset([(name, goal.id) for name, goal in self.goals.items()]),
            frozenset([(keys, goal.id) for keys, goal in self.rest.items()]),
            frozenset(self.required),
            # Within a family of specs the demands keep their order, for a frame's bits are about them.
            frozenset(exists) if self.table is None else tuple(exists),
            max(self.low, len(self.required)),
            self.high,
        )

    def finish(self, identity: int, clauses: tuple[Formula, ...]) -> ObjectSpec:
        """The spec with this content."""
        return ObjectSpec(
            self.formulas,
            self.goals,
            tuple(self.rest.items()),
            frozenset(self.required),
            tuple(self.exists),
            max(self.low, len(self.required)),
            self.high,
            identity,
            self.table,
            clauses,
        )


def _includes(conjunction: Formula, goal: Formula) -> bool:
    """Whether `goal` is `conjunction`, FALSE is, or it is one of its parts."""
    if conjunction is goal or conjunction.op == FALSE:
        return True
    parts = goal.parts if goal.op == AND else (goal,)
    return conjunction.op == AND and all(part in conjunction.parts for part in parts)


class ArrayDraft:
    """An ArraySpec being put together."""

    __slots__ = ("counts", "formulas", "high", "horizon", "low", "prefix", "repeated", "rest", "unique")

    def __init__(self, formulas: Formulas) -> None:
        self.formulas = formulas
        self.prefix: dict[int, Formula] = {}
        self.rest: dict[int, Formula] = {}
        self.counts: dict[tuple[int, Formula], tuple[int, int | None]] = {}
        self.low = 0
        self.high: int | None = None
        self.unique = self.repeated = False
        # Indices up to here are told apart by whatever this draft is a part of.
        self.horizon = 0

    @property
    def size(self) -> int:
        """How much it takes to copy it."""
        return len(self.prefix) + len(self.rest) + len(self.counts)

    @staticmethod
    def of(spec: ArraySpec, met: tuple[int, ...]) -> ArrayDraft:
        """A draft of what a spec still demands after `met` items satisfied its counted goals; no clauses."""
        made = ArrayDraft(spec.formulas)
        made.prefix, made.rest = dict(spec.prefix), dict(spec.rest)
        for (start, goal, least, most), n in zip(spec.counts, met, strict=True):
            if n < least or most is not None:
                made.counts[(start, goal)] = (max(0, least - n), None if most is None else most - n)
        made.low, made.high, made.unique, made.repeated = spec.low, spec.high, spec.unique, spec.repeated
        made.horizon = spec.horizon
        return made

    def copy(self) -> ArrayDraft:
        """Another draft with the same content."""
        made = ArrayDraft(self.formulas)
        made.prefix, made.rest, made.counts = dict(self.prefix), dict(self.rest), dict(self.counts)
        made.low, made.high, made.unique, made.repeated = self.low, self.high, self.unique, self.repeated
        made.horizon = self.horizon
        return made

    def add(self, atom: tuple[Any, ...]) -> bool:
        """Add an atom; False where the draft became contradictory."""
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
        return not any(i < self.low and self.goal_at(i) is formulas.false for i in self.prefix)

    def _limit(self, high: int | None) -> None:
        if high is not None:
            self.high = high if self.high is None else min(self.high, high)

    @property
    def steady(self) -> int:
        """From which index on the goals are all alike."""
        return max([0, *self.rest, *[i + 1 for i in self.prefix]])

    def goal_at(self, index: int) -> Formula:
        """The goal of the item at `index`, without what is counted."""
        goals = [goal for start, goal in self.rest.items() if start <= index]
        return self.formulas.all_of([self.prefix.get(index, self.formulas.true), *goals])

    def implies(self, atom: tuple[Any, ...]) -> bool:
        """Whether the atom adds nothing, as far as is seen at once."""
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
            return all(_includes(self.goal_at(i), goal) for i in range(low, high))
        return False

    def excludes(self, atom: tuple[Any, ...]) -> bool:
        """Whether the atom contradicts the draft, as far as is seen at once."""
        kind, formulas = atom[0], self.formulas
        if kind == "length":
            if self.high is not None and atom[1] > self.high:
                return True
            return atom[2] is not None and self.low > atom[2]
        if kind == "unique":
            return self.repeated if atom[1] else self.unique
        if kind == "each item":
            _, low, high, goal = atom
            last = min(self.low if high is None else min(high, self.low), low + 20)
            return any(formulas.both(self.goal_at(i), goal) is formulas.false for i in range(low, last))
        _, start, _, least, _ = atom
        return self.high is not None and start + least > self.high

    def key(self) -> tuple[Any, ...]:
        """What tells the spec with this content apart from others."""
        # The counts keep their order, for a frame's numbers are about them.
        return (
            self.horizon,
            frozenset([(i, goal.id) for i, goal in self.prefix.items()]),
            frozenset([(i, goal.id) for i, goal in self.rest.items()]),
            tuple([(start, goal.id, bounds) for (start, goal), bounds in self.counts.items()]),
            self.low,
            self.high,
            self.unique,
            self.repeated,
        )

    def finish(self, identity: int, clauses: tuple[Formula, ...]) -> ArraySpec:
        """The spec with this content."""
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
            self.horizon,
            clauses,
        )


Draft = ObjectDraft | ArrayDraft
