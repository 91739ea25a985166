"""The plainest constraints: one text, a choice of texts or constraints, any UTF-8 text.

>>> choice(["yes", "no", literal("maybe").repeat(1, 2)]).accepts(b"maybemaybe")
True
>>> utf8().accepts("naïve".encode()), utf8().accepts(b"\\xff")
(True, False)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import reduce
from operator import or_
from typing import Any, overload

from bltgen.arguments import shown, suggests_keywords
from bltgen.automata import language
from bltgen.automata.contract import Constraint
from bltgen.automata.language import Language
from bltgen.automata.limits import bounded
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.errors import ConstraintSyntaxError, EmptyLanguage

__all__ = ["choice", "literal", "utf8"]


@suggests_keywords()
def literal(text: str | bytes) -> Language:
    """The one text; a str stands for its UTF-8 bytes.

    Raises ConstraintSyntaxError for a str with a lone surrogate, which has none.
    """
    return language.literal(_data(text, "literal"))


@overload
def choice(options: Iterable[str | bytes | Language]) -> Language: ...


@overload
def choice(options: Iterable[str | bytes | Constraint]) -> Constraint: ...


@suggests_keywords()
@bounded
def choice(options: Iterable[Any]) -> Constraint:
    """Any of the options: texts (str or bytes) and constraints. A Language if all are regular.

    Raises EmptyLanguage where there is none.

    >>> choice(["1", 2])
    Traceback (most recent call last):
    TypeError: option 1 of choice is the int 2, which is no text: write '2'
    """
    constraints = [_option(option, number) for number, option in enumerate(_listed(options))]
    if not constraints:
        raise EmptyLanguage("a choice needs an option")
    regular = language.union(*[c for c in constraints if isinstance(c, Language)])
    others = [c for c in constraints if not isinstance(c, Language)]
    if not others:
        if regular is language.EMPTY:
            raise EmptyLanguage("no option of the choice has a text")
        return regular
    made: Constraint = reduce(or_, others if regular is language.EMPTY else [regular, *others])
    return made


def _listed(options: Any) -> Iterator[Any]:
    if isinstance(options, str | bytes | bytearray | memoryview):
        raise TypeError(f"choice takes a list of options, not one text: write choice([{shown(options)}])")
    if isinstance(options, Constraint):
        raise TypeError("choice takes a list of options, not one constraint: write choice([a, b])")
    if isinstance(options, Mapping):
        raise TypeError(
            "choice takes a list of options, not a mapping: write choice(list(mapping)) for its keys"
        )
    try:
        listed: Iterator[Any] = iter(options)
    except TypeError:
        raise TypeError(f"choice takes a list of options, not {shown(options)}") from None
    return listed


def _option(option: Any, number: int) -> Any:
    if isinstance(option, str | bytes | bytearray | memoryview):
        return language.literal(_data(option, f"option {number} of choice"))
    if isinstance(option, Constraint) and not isinstance(option, type):
        return option
    which = f"option {number} of choice is {_named(option)}, which is no text"
    if isinstance(option, Enum):
        raise TypeError(f"{which}: write its value, {option.value!r}")
    if isinstance(option, int | float) and not isinstance(option, bool):
        raise TypeError(f"{which}: write {str(option)!r}")
    raise TypeError(f'{which} and no constraint; json_schema({{"enum": [...]}}) takes JSON values')


def _data(text: Any, name: str) -> bytes:
    """The bytes of a text."""
    if isinstance(text, str):
        try:
            return text.encode()
        except UnicodeEncodeError as error:
            raise ConstraintSyntaxError(
                f"{name}: a lone surrogate at index {error.start} of {ascii(text)[:80]} is no character and "
                "has no UTF-8; give bytes where the text is not Unicode"
            ) from None
    if isinstance(text, bytes | bytearray | memoryview):
        return bytes(text)
    hint = f": write {name}({str(text)!r})" if type(text) in (int, float) else ""
    raise TypeError(f"{name} takes str or bytes, not {_named(text)}{hint}")


def _named(value: Any) -> str:
    if isinstance(value, type):
        return f"the type {value.__name__}"
    return "None" if value is None else f"the {type(value).__name__} {shown(value)}"


@suggests_keywords()
def utf8() -> Language:
    """Any well-formed UTF-8 text, the empty one included."""
    return UTF8_TEXT
