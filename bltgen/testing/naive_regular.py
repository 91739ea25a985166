"""Regular languages the slow and obvious way: Brzozowski's derivatives of plain tuples.

Nothing is shared, cached or simplified beyond the unit laws, so that a term can be read as its
textbook definition (Brzozowski 1964). Never for production: a derivative may double the term.

>>> ab = Cat(Set(frozenset(b"a")), Star(Set(frozenset(b"b"))))
>>> accepts(ab, b"abb"), accepts(ab, b"ba"), accepts(Not(ab), b"ba")
(True, False, True)
>>> pattern_of(ab)
'(?:a(?:b)*)'
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias, Union

from bltgen.automata import language
from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import Language

__all__ = [
    "And",
    "Cat",
    "Empty",
    "Epsilon",
    "Not",
    "Or",
    "Set",
    "Star",
    "Term",
    "accepts",
    "derivative",
    "language_of",
    "nullable",
    "pattern_of",
]


class Empty(NamedTuple):
    """No text."""


class Epsilon(NamedTuple):
    """The empty text."""

    kind: str = "epsilon"


class Set(NamedTuple):
    """The texts of one byte, any of these."""

    members: frozenset[int]


class Cat(NamedTuple):
    """A text of the first, then one of the second."""

    first: Term
    second: Term


class Or(NamedTuple):
    """The texts of either."""

    one: Term
    other: Term
    kind: str = "or"


class And(NamedTuple):
    """The texts of both."""

    one: Term
    other: Term
    kind: str = "and"


class Not(NamedTuple):
    """All other byte strings."""

    body: Term
    kind: str = "not"


class Star(NamedTuple):
    """Any number of texts in a row."""

    body: Term
    kind: str = "star"


# A Union in quotes, since the alias is evaluated when the module is read and the classes use it.
Term: TypeAlias = Union["Empty", "Epsilon", "Set", "Cat", "Or", "And", "Not", "Star"]


def nullable(term: Term) -> bool:
    """Whether the empty text is in the language."""
    match term:
        case Epsilon() | Star():
            return True
        case Cat(first, second):
            return nullable(first) and nullable(second)
        case Or(one, other):
            return nullable(one) or nullable(other)
        case And(one, other):
            return nullable(one) and nullable(other)
        case Not(body):
            return not nullable(body)
        case _:
            return False


def derivative(term: Term, byte: int) -> Term:
    """What may follow `byte`."""
    match term:
        case Set(members):
            return Epsilon() if byte in members else Empty()
        case Cat(first, second):
            after_first = _cat(derivative(first, byte), second)
            return _or(after_first, derivative(second, byte)) if nullable(first) else after_first
        case Or(one, other):
            return _or(derivative(one, byte), derivative(other, byte))
        case And(one, other):
            return And(derivative(one, byte), derivative(other, byte))
        case Not(body):
            return Not(derivative(body, byte))
        case Star(body):
            return _cat(derivative(body, byte), term)
        case _:
            return Empty()


def _cat(first: Term, second: Term) -> Term:
    if isinstance(first, Empty):
        return first
    return second if isinstance(first, Epsilon) else Cat(first, second)


def _or(one: Term, other: Term) -> Term:
    if isinstance(one, Empty) or one == other:
        return other
    return one if isinstance(other, Empty) else Or(one, other)


def accepts(term: Term, data: bytes) -> bool:
    """Whether `data` is in the language."""
    for byte in data:
        term = derivative(term, byte)
    return nullable(term)


def language_of(term: Term) -> Language:
    """The same language in the regular layer."""
    match term:
        case Epsilon():
            return language.EPSILON
        case Set(members):
            return language.byte_set(ByteSet.of(members))
        case Cat(first, second):
            both_in_a_row: Language = language_of(first) + language_of(second)
            return both_in_a_row
        case Or(one, other):
            union: Language = language_of(one) | language_of(other)
            return union
        case And(one, other):
            both: Language = language_of(one) & language_of(other)
            return both
        case Not(body):
            complement: Language = ~language_of(body)
            return complement
        case Star(body):
            return language_of(body).star()
        case _:
            return language.EMPTY


def pattern_of(term: Term) -> str:
    """A regular expression for `re`. Raises ValueError for intersections, complements and bytes >= 128."""
    match term:
        case Epsilon():
            return "(?:)"
        case Set(members) if max(members, default=0) < 128:
            letters = [re.escape(chr(byte)) for byte in sorted(members)]
            return letters[0] if len(letters) == 1 else f"[{''.join(letters)}]" if letters else "(?!)"
        case Cat(first, second):
            return f"(?:{pattern_of(first)}{pattern_of(second)})"
        case Or(one, other):
            return f"(?:{pattern_of(one)}|{pattern_of(other)})"
        case Star(body):
            return f"(?:{pattern_of(body)})*"
        case Empty():
            return "(?!)"
        case _:
            raise ValueError(f"no regular expression of the `re` module is written for {term}")
