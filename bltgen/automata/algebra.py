"""Combinations of any constraints, each by the cheapest engine that is exact.

| | two languages | with a grammar | with any other constraint |
|---|---|---|---|
| `a \\| b`, `a + b`, `repeat` | a term | a grammar | a grammar that embeds it |
| `a & b` | a term | a grammar, if the other is regular | `Product`, if the other is regular |
| `~a` | a term | Unsupported | Unsupported |

The operators of all constraints come here for what is not their own. The intersection of two constraints
that are not regular, and the complement of one, are refused: whether they are empty is undecidable for
context-free languages, and no state could promise that it can be finished.

What an operator leaves empty is the empty language, which all operators take: `(a & b) | c` is `c` where no
text is in both. Whoever asks it for a text (`sample`, `completion`, `generate`), or makes something of it
that cannot do without one (`parts`, `choice`, a grammar's start), gets EmptyLanguage. What is made of a
source (a pattern, a grammar, a schema, a text) is never empty: EmptyLanguage is raised when it is made.

>>> from bltgen.automata.language import literal
>>> union(literal(b"a"), literal(b"b")).accepts(b"b")
True
"""

from __future__ import annotations

from typing import Any

from bltgen.automata import language as regular
from bltgen.automata.context_free import Grammar, _combined
from bltgen.automata.contract import Constraint
from bltgen.automata.language import Language
from bltgen.automata.product import product_of
from bltgen.errors import Unsupported

__all__ = ["complement", "concatenation", "intersection", "repetition", "union"]


def _as_regular(constraint: Any) -> Language | None:
    """The constraint as a term, where it is one, or a grammar that was found to be regular."""
    if isinstance(constraint, Grammar):
        return constraint.language
    return constraint if isinstance(constraint, Language) else None


def _checked(*constraints: Any) -> None:
    for constraint in constraints:
        if not isinstance(constraint, Language | Grammar | Constraint):
            raise TypeError(f"not a constraint: {constraint!r}; literal(...) makes one of a text")


def union(*constraints: Any) -> Constraint:
    """The texts of any of the constraints."""
    _checked(*constraints)
    terms = [_as_regular(constraint) for constraint in constraints]
    known = [term for term in terms if term is not None]
    if len(known) == len(terms):
        return regular.union(*known)
    return _combined("union", constraints)


def concatenation(*constraints: Any) -> Constraint:
    """A text of each constraint, one after another."""
    _checked(*constraints)
    terms = [_as_regular(constraint) for constraint in constraints]
    known = [term for term in terms if term is not None]
    if len(known) == len(terms):
        return regular.concat(*known)
    return _combined("concat", constraints)


def repetition(constraint: Any, low: int, high: int | None = None) -> Language | Grammar:
    """Between `low` and `high` texts in a row; without end where `high` is None."""
    _checked(constraint)
    term = _as_regular(constraint)
    if term is not None:
        return term.repeat(low, high)
    whole = constraint if isinstance(constraint, Grammar) else _combined("union", (constraint,))
    return whole.repeat(low, high)


def intersection(first: Any, second: Any) -> Constraint:
    """The texts that both contain. At least one must be regular, else Unsupported."""
    _checked(first, second)
    a, b = _as_regular(first), _as_regular(second)
    if a is not None and b is not None:
        return a & b
    term = b if a is None else a
    if term is None:
        raise Unsupported(
            "the intersection of two constraints that are not regular: whether it is empty is undecidable"
        )
    other = first if a is None else second
    return other & term if isinstance(other, Grammar) else product_of(other, term)


def complement(constraint: Any) -> Language:
    """All byte strings that the constraint does not contain. It must be regular, else Unsupported."""
    _checked(constraint)
    term = _as_regular(constraint)
    if term is None:
        raise Unsupported("the complement of a constraint that is not regular")
    return ~term
