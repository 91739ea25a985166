"""A table of formulas with the keywords that are read into it, for the tests of single modules."""

from __future__ import annotations

from typing import Any

from bltgen.constraints.json_schema.effort import Effort
from bltgen.constraints.json_schema.formula import Formula, Formulas
from bltgen.constraints.json_schema.json_values import canonical
from bltgen.constraints.json_schema.key_set import KeySet
from bltgen.constraints.json_schema.keywords import Keywords
from bltgen.constraints.json_schema.references import Documents, Place

__all__ = ["Counted", "Table"]


class Counted(Effort):
    """An effort that has no end and tells what was spent."""

    __slots__ = ("spent",)

    def __init__(self) -> None:
        super().__init__()
        self.spent: list[int] = []

    def spend(self, steps: int = 1) -> None:
        self.spent.append(steps)


class Table:
    """Formulas come of schemas, which stand in one document, of values, or of atoms about members."""

    def __init__(self, draft: str = "2020-12", **options: Any) -> None:
        self.effort = Counted()
        self.formulas = Formulas(
            lambda place: self.keywords.summary(place),
            lambda value: self.keywords.negate_atom(value),
            self.effort,
        )
        self.true, self.false = self.formulas.true, self.formulas.false
        self.keywords = Keywords(self.formulas, **options)
        self.root = Documents(True, draft=draft).root

    def place(self, schema: Any) -> Place:
        root = self.root
        where = f"#/{len(root.documents.places)}"
        return root.documents.place(schema, root.dialect, root.base, root.scope, where)

    def schema(self, schema: Any) -> Formula:
        return self.formulas.schema(self.place(schema))

    def values(self, *given: Any) -> Formula:
        return self.formulas.values(map(canonical, given))

    def atom(self, *value: Any) -> Formula:
        return self.formulas.atom(value)

    def needs(self, name: str, *values: Any) -> Formula:
        """There is a member of this name, with one of these values if any are given."""
        return self.atom("some", names(name), self.values(*values) if values else self.true)

    def lacks(self, name: str) -> Formula:
        return self.atom("each", names(name), self.false)

    def any(self, *parts: Formula) -> Formula:
        return self.formulas.any_of(parts)

    def all(self, *parts: Formula) -> Formula:
        return self.formulas.all_of(parts)

    def one(self, *parts: Formula) -> Formula:
        return self.formulas.one_of(parts)

    def no(self, part: Formula) -> Formula:
        return self.formulas.negation(part)


def names(*given: str, negated: bool = False) -> KeySet:
    return KeySet(frozenset([name.encode() for name in given]), negated=negated)
