"""The plainest constraints: one text, a choice of texts or constraints, any UTF-8 text.

>>> choice(["yes", "no", literal("maybe").repeat(1, 2)]).accepts(b"maybemaybe")
True
>>> utf8().accepts("naïve".encode()), utf8().accepts(b"\\xff")
(True, False)
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any, overload

from bltgen.arguments import suggests_keywords
from bltgen.automata import language
from bltgen.automata.contract import Constraint
from bltgen.automata.language import Language
from bltgen.automata.utf8 import UTF8_TEXT

__all__ = ["choice", "literal", "utf8"]


@suggests_keywords()
def literal(text: str | bytes) -> Language:
    """The one text; a str stands for its UTF-8 bytes."""
    return language.literal(text.encode() if isinstance(text, str) else bytes(text))


@overload
def choice(options: Iterable[str | bytes | Language]) -> Language: ...


@overload
def choice(options: Iterable[str | bytes | Constraint]) -> Constraint: ...


@suggests_keywords()
def choice(options: Iterable[Any]) -> Constraint:
    """Any of the options: texts (str or bytes) and constraints. A Language if all are regular."""
    constraints = [literal(o) if isinstance(o, str | bytes) else o for o in options]
    regular = language.union(*[c for c in constraints if isinstance(c, Language)])
    others = [c for c in constraints if not isinstance(c, Language)]
    if not others:
        return regular
    made: Constraint = reduce(or_, others if regular is language.EMPTY else [regular, *others])
    return made


@suggests_keywords()
def utf8() -> Language:
    """Any well-formed UTF-8 text, the empty one included."""
    return UTF8_TEXT
