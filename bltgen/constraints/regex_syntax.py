"""The syntax tree of a regular expression.

Frozen nodes, compared by identity. A node says what the pattern says, not yet how it is enforced:
`regex_parser` makes the tree, `regex_lowering` makes languages of it.

>>> tree = Sequence((Characters(((97, 97),)), Repetition(Characters(((98, 98),)), 0, None)))
>>> [type(part).__name__ for part in tree.parts]
['Characters', 'Repetition']
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Union

from bltgen.constraints.regex_classes import Ranges

__all__ = [
    "EMPTY_SEQUENCE",
    "Alternation",
    "Assertion",
    "Atomic",
    "Backreference",
    "Characters",
    "Conditional",
    "Group",
    "Look",
    "Node",
    "Repetition",
    "Sequence",
    "Text",
    "children",
    "with_children",
]

Node = Union[
    "Characters",
    "Text",
    "Sequence",
    "Alternation",
    "Repetition",
    "Group",
    "Atomic",
    "Look",
    "Assertion",
    "Conditional",
    "Backreference",
]


@dataclass(frozen=True, slots=True, eq=False)
class Characters:
    """One character of a set: code points, or byte values in a bytes pattern."""

    ranges: Ranges


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """Characters that stand for themselves, in a row; of a bytes pattern, bytes as in Latin-1."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """All parts, in order; the empty text where there are none."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Alternation:
    """One of the parts, the first preferred (which matters inside atomic groups only)."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Repetition:
    """From `low` to `high` times the body (None: without end), as many as possible unless lazy."""

    body: Node
    low: int
    high: int | None
    lazy: bool = False
    position: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A capturing group to which a conditional or a backreference may refer."""

    body: Node
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Atomic:
    """`(?>...)`: only the preferred match of the body, whatever follows."""

    body: Node
    position: int


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A lookahead or lookbehind."""

    body: Node
    ahead: bool
    negative: bool
    position: int


@dataclass(frozen=True, slots=True, eq=False)
class Assertion:
    r"""An anchor or a word boundary.

    `kind`: "start" and "end" of the text; "line start" and "line end", with `line_ends` the characters
    that end lines; "last line end", Python's `$`: the end, or before a line feed there; "boundary" and
    "no boundary" between `word` characters and others.
    """

    kind: Literal["start", "end", "line start", "line end", "last line end", "boundary", "no boundary"]
    line_ends: Ranges = ()
    word: Ranges = ()


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    """`yes` where the group has matched, else `no`."""

    number: int
    yes: Node
    no: Node
    position: int


@dataclass(frozen=True, slots=True, eq=False)
class Backreference:
    """What a group has matched, by its number or name. `regex_references` removes it."""

    group: int | str
    position: int


EMPTY_SEQUENCE = Sequence(())


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    kind = type(node)
    if kind is Characters or kind is Text:
        return ()
    if isinstance(node, (Sequence, Alternation)):
        return node.parts
    if isinstance(node, (Repetition, Group, Atomic, Look)):
        return (node.body,)
    if isinstance(node, Conditional):
        return (node.yes, node.no)
    return ()


def with_children(node: Node, parts: tuple[Node, ...]) -> Node:
    """The same node over other nodes below; the node itself where they are the same."""
    if all(a is b for a, b in zip(parts, children(node), strict=True)):
        return node
    if isinstance(node, Sequence):
        return Sequence(parts)
    if isinstance(node, Alternation):
        return Alternation(parts)
    if isinstance(node, Repetition):
        return Repetition(parts[0], node.low, node.high, node.lazy, node.position)
    if isinstance(node, Group):
        return Group(parts[0], node.number)
    if isinstance(node, Atomic):
        return Atomic(parts[0], node.position)
    if isinstance(node, Look):
        return Look(parts[0], node.ahead, node.negative, node.position)
    if isinstance(node, Conditional):
        return Conditional(node.number, parts[0], parts[1], node.position)
    return node
