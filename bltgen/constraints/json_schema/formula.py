"""What a JSON value must satisfy, as hash-consed boolean formulas in negation normal form.

The leaves of a `Formula` are subschemas where they stand (`SCHEMA`), finite sets of values (`VALUES`) and
the constraints that one JSON type knows (`ATOM`: about the members of an object or the items of an array);
each with its negation. Subschemas stay folded until a value of some type is read, so a recursive schema is
a finite formula.

Each formula carries a `summary`: a superset of its values by type and, where known, by a finite list or by
excluded values. A conjunction whose summary is empty is `FALSE` at once: so the branches of a
discriminated union exclude each other before anything is compiled.

Equal formulas of one `Formulas` table are one object.

>>> formulas = Formulas()
>>> formulas.both(formulas.values([("b", True)]), formulas.values([("b", False)])).op == FALSE
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from bltgen.constraints.json_schema.effort import Effort
from bltgen.constraints.json_schema.json_values import ANY_TYPE, Value, type_bit
from bltgen.constraints.json_schema.references import Place

__all__ = [
    "AND",
    "ATOM",
    "FALSE",
    "NOT_ONE",
    "ONE",
    "OR",
    "SCHEMA",
    "TRUE",
    "VALUES",
    "Formula",
    "Formulas",
    "Summary",
]

TRUE, FALSE, AND, OR, ONE, NOT_ONE, SCHEMA, VALUES, ATOM = range(9)
_OPPOSITE = {TRUE: FALSE, FALSE: TRUE, AND: OR, OR: AND, ONE: NOT_ONE, NOT_ONE: ONE}


class Summary(NamedTuple):
    """A superset of a formula's values: of these types; among `values` if not None; none of `excluded`.

    `exact`: the formula's values are precisely these.
    """

    types: int = ANY_TYPE
    values: frozenset[Value] | None = None
    excluded: frozenset[Value] = frozenset()
    exact: bool = False

    def listed(self) -> frozenset[Value]:
        """Those of `values` that are left; none where there is no such list."""
        kept = [v for v in self.values or () if type_bit(v) & self.types and v not in self.excluded]
        return frozenset(kept)

    def is_empty(self) -> bool:
        if not self.types:
            return True
        if self.values is None:
            return False
        return not any(type_bit(v) & self.types and v not in self.excluded for v in self.values)


_EVERYTHING = Summary(exact=True)
_NOTHING = Summary(0, frozenset(), exact=True)


class Formula:
    """A node of a formula. `op` names its kind; `parts` its operands; `value` what a leaf holds.

    For SCHEMA `value` is (place, positive), for VALUES (frozenset of canonical values, positive), for ATOM
    a tuple as `keywords` describes. `compiled` is scratch space of the compiler, one slot a use.
    """

    __slots__ = ("_negation", "_summary", "compiled", "id", "op", "parts", "value")

    def __init__(self, op: int, parts: tuple[Formula, ...], value: Any, identity: int) -> None:
        self.op = op
        self.parts = parts
        self.value = value
        self.id = identity
        self._negation: Formula | None = None
        self._summary: Summary | None = None
        self.compiled: Any = None

    def __repr__(self) -> str:
        if self.op == SCHEMA:
            place, positive = self.value
            return f"{'' if positive else 'not '}{place.pointer}"
        names = ("true", "false", "and", "or", "one", "not one", "schema", "values", "atom")
        inner = ", ".join(map(repr, self.parts)) if self.parts else repr(self.value) if self.value else ""
        return f"{names[self.op]}({inner})"


class Formulas:
    """The table of formulas of one compiled schema, and the constructors that simplify.

    `summarise` gives the summary of a place; `negate_atom` the negation of an atom's value as a formula.
    Each new formula spends steps of `effort`, more where it has many parts.
    """

    def __init__(
        self,
        summarise: Callable[[Place], Summary] = lambda place: Summary(),
        negate_atom: Callable[[Any], Formula] | None = None,
        effort: Effort | None = None,
    ) -> None:
        self.effort = Effort() if effort is None else effort
        self._table: dict[tuple[Any, ...], Formula] = {}
        self.mentions: dict[Formula, Any] = {}
        """Scratch space of searches: the names that a formula mentions."""
        self.repeated: set[Formula] = set()
        """What `seen` made."""
        self._summarise = summarise
        self._negate_atom = negate_atom
        self.true = Formula(TRUE, (), None, 0)
        self.false = Formula(FALSE, (), None, 1)
        self.true._summary = _EVERYTHING
        self.false._summary = _NOTHING
        self.true._negation, self.false._negation = self.false, self.true

    def __len__(self) -> int:
        return len(self._table)

    def _make(self, op: int, parts: tuple[Formula, ...], value: Any, key: tuple[Any, ...]) -> Formula:
        found = self._table.get(key)
        if found is None:
            self.effort.spend(1 + (len(parts) >> 4))
            found = self._table[key] = Formula(op, parts, value, len(self._table) + 2)
        return found

    def schema(self, place: Place, positive: bool = True) -> Formula:
        """The values that the subschema at `place` admits (or does not)."""
        if isinstance(place.schema, bool):
            return self.true if place.schema is positive else self.false
        if not place.schema:
            return self.true if positive else self.false
        return self._make(SCHEMA, (), (place, positive), (SCHEMA, place.id, positive))

    def values(self, values: Iterable[Value], positive: bool = True) -> Formula:
        """One of the canonical `values` (or none of them)."""
        members = frozenset(values)
        if not members:
            return self.false if positive else self.true
        return self._make(VALUES, (), (members, positive), (VALUES, members, positive))

    def seen(self, values: Iterable[Value]) -> Formula:
        """One of the values, which were read before and are spelled as then: told from `values`."""
        members = frozenset(values)
        if not members:
            return self.false
        made = self._make(VALUES, (), (members, True), (VALUES, members, "seen"))
        self.repeated.add(made)
        return made

    def atom(self, value: tuple[Any, ...]) -> Formula:
        """A constraint on values of one container type."""
        return self._make(ATOM, (), value, (ATOM, *value))

    def both(self, a: Formula, b: Formula) -> Formula:
        """The conjunction of two formulas."""
        if a is b or b.op == TRUE:
            return a
        if a.op == TRUE:
            return b
        return self.all_of((a, b))

    def all_of(self, formulas: Iterable[Formula]) -> Formula:
        """The conjunction."""
        parts: dict[Formula, None] = {}
        listed: frozenset[Value] | None = None
        excluded: frozenset[Value] = frozenset()
        for formula in formulas:
            for part in formula.parts if formula.op == AND else (formula,):
                if part.op == FALSE:
                    return self.false
                if part.op == VALUES:
                    members, positive = part.value
                    if positive:
                        listed = members if listed is None else listed & members
                    else:
                        excluded |= members
                elif part.op != TRUE:
                    parts[part] = None
        if listed is not None:
            listed -= excluded
            excluded = frozenset()
            if not listed:
                return self.false
            parts[self.values(listed)] = None
        if excluded:
            parts[self.values(excluded, False)] = None
        if len(parts) < 2:
            return next(iter(parts), self.true)
        if any(part._negation in parts for part in parts):
            return self.false
        key = (AND, *sorted([part.id for part in parts]))
        found = self._table.get(key)
        if found is None:
            self.effort.spend(1 + (len(parts) >> 4))
            found = Formula(AND, tuple(parts), None, len(self._table) + 2)
            if self.summary(found).is_empty():
                found = self.false
            self._table[key] = found
        return found

    def beginning(self, formula: Formula) -> Formula | None:
        """The conjunction of all parts of a conjunction but the last, if it was ever made.

        What is known of it needs not be found out again.
        """
        if formula.op != AND or len(formula.parts) < 3:
            return None
        return self._table.get((AND, *sorted([part.id for part in formula.parts[:-1]])))

    def any_of(self, formulas: Iterable[Formula]) -> Formula:
        """The disjunction."""
        parts: dict[Formula, None] = {}
        listed: set[Value] = set()
        excluded: frozenset[Value] | None = None
        for formula in formulas:
            for part in formula.parts if formula.op == OR else (formula,):
                if part.op == TRUE:
                    return self.true
                members = self._listed(part)
                if members is not None:
                    listed |= members
                elif part.op == VALUES:
                    excluded = part.value[0] if excluded is None else excluded & part.value[0]
                elif part.op != FALSE:
                    parts[part] = None
        if excluded is not None:
            excluded -= listed
            if not excluded:
                return self.true
            parts[self.values(excluded, False)] = None
        elif listed:
            parts[self.values(listed)] = None
        if len(parts) < 2:
            return next(iter(parts), self.false)
        if any(part._negation in parts for part in parts):
            return self.true
        return self._make(OR, tuple(parts), None, (OR, *sorted([part.id for part in parts])))

    def one_of(self, formulas: Iterable[Formula]) -> Formula:
        """Exactly one of the formulas."""
        once, several = set[Value](), set[Value]()
        parts = []
        for formula in formulas:
            members = self._listed(formula)
            if members is not None:
                several |= once & members
                once |= members
            elif formula.op != FALSE:
                parts.append(formula)
        if several:
            # What two lists have satisfies two parts: none of it is left.
            others_alone = self.one_of([*parts, self.values(once - several)])
            return self.both(others_alone, self.values(several, False))
        if once:
            parts.append(self.values(once))
        certain = [part for part in parts if part.op == TRUE]
        others = [part for part in parts if part.op != TRUE]
        if len(certain) > 1:
            return self.false
        if certain:
            return self.all_of([self.negation(part) for part in others])
        if len(parts) < 2:
            return parts[0] if parts else self.false
        return self._make(ONE, tuple(parts), None, (ONE, *sorted([part.id for part in parts])))

    def _listed(self, formula: Formula) -> frozenset[Value] | None:
        """The values of a formula that is just a finite list of them; else None."""
        if formula.op == VALUES:
            members: frozenset[Value] = formula.value[0]
            return members if formula.value[1] else None
        if formula.op != SCHEMA or not formula.value[1]:
            return None
        summary = self.summary(formula)
        if summary.values is None or not summary.exact:
            return None
        return frozenset(
            [v for v in summary.values if type_bit(v) & summary.types and v not in summary.excluded]
        )

    def combined(self, op: int, formulas: Iterable[Formula]) -> Formula:
        """AND, OR, ONE or NOT_ONE of the formulas."""
        if op == AND:
            return self.all_of(formulas)
        if op == OR:
            return self.any_of(formulas)
        one = self.one_of(formulas)
        return one if op == ONE else self.negation(one)

    def negation(self, formula: Formula) -> Formula:
        """The complement among all JSON values (for an atom: among the values of its type)."""
        found = formula._negation
        if found is not None:
            return found
        op = formula.op
        if op == AND:
            found = self.any_of([self.negation(part) for part in formula.parts])
        elif op == OR:
            found = self.all_of([self.negation(part) for part in formula.parts])
        elif op in (ONE, NOT_ONE):
            opposite = _OPPOSITE[op]
            key = (opposite, *sorted([part.id for part in formula.parts]))
            found = self._make(opposite, formula.parts, None, key)
        elif op == SCHEMA:
            found = self.schema(formula.value[0], not formula.value[1])
        elif op == VALUES:
            found = self.values(formula.value[0], not formula.value[1])
        else:
            assert op == ATOM
            assert self._negate_atom is not None
            found = self._negate_atom(formula.value)
        formula._negation = found
        if op != ATOM and found._negation is None:
            found._negation = formula
        return found

    def summary(self, formula: Formula) -> Summary:
        """A superset of the formula's values."""
        found = formula._summary
        if found is None:
            found = formula._summary = self._summary_of(formula)
        return found

    def _summary_of(self, formula: Formula) -> Summary:
        op = formula.op
        if op == SCHEMA:
            place, positive = formula.value
            summary = self._summarise(place)
            return summary if positive else _complement(summary)
        if op == VALUES:
            members, positive = formula.value
            if not positive:
                return Summary(excluded=members, exact=True)
            types = 0
            for value in members:
                types |= type_bit(value)
            return Summary(types, members, exact=True)
        if op == AND:
            return meet([self.summary(part) for part in formula.parts])
        if op in (OR, ONE):
            return join([self.summary(part) for part in formula.parts], exact=op == OR)
        return Summary()


def meet(summaries: Iterable[Summary]) -> Summary:
    """The summary of a conjunction."""
    types, values, excluded, exact = ANY_TYPE, None, frozenset[Value](), True
    for summary in summaries:
        types &= summary.types
        if summary.values is not None:
            values = summary.values if values is None else values & summary.values
        excluded |= summary.excluded
        exact = exact and summary.exact
    return Summary(types, values, excluded, exact)


def join(summaries: Iterable[Summary], *, exact: bool) -> Summary:
    """The summary of a disjunction."""
    types, values, excluded = 0, set[Value](), None
    bounded = True
    for summary in summaries:
        types |= summary.types
        if summary.values is None:
            bounded = False
        elif bounded:
            values |= summary.values
        excluded = summary.excluded if excluded is None else excluded & summary.excluded
        exact = False
    return Summary(types, frozenset(values) if bounded else None, excluded or frozenset(), exact)


def _complement(summary: Summary) -> Summary:
    if not summary.exact:
        return Summary()
    if summary.values is not None:
        return Summary(excluded=summary.listed(), exact=True)
    if summary.excluded:
        return Summary()
    return Summary(ANY_TYPE & ~summary.types, exact=True)
