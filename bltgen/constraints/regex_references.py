r"""Backreferences of ECMAScript that can only match the empty text.

A backreference to a group that is not set matches the empty text there. Whether a group may be set where
the reference stands is read off the tree, walked in the order in which it is matched (within a lookbehind
from right to left). A group is set once it is closed; it is not seen from the other alternatives beside
it, nor after a negative lookaround that holds it, nor from the next round of a repeat that holds it, since
each round begins with its groups unset (ECMA-262, 22.2.2.3.1).

>>> from bltgen.constraints.regex_syntax import Characters, Group
>>> letter = Group(Characters(((97, 97),)), 1)
>>> refused: list[int] = []
>>> tree = without_references(Sequence((Backreference(1, 0), letter)), {}, refused.append)
>>> tree = without_references(Sequence((letter, Backreference(1, 3))), {}, refused.append)
>>> refused
[3]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as SequenceOf

from bltgen.constraints.regex_preference import rewritten
from bltgen.constraints.regex_syntax import (
    EMPTY_SEQUENCE,
    Alternation,
    Backreference,
    Group,
    Look,
    Node,
    Repetition,
    Sequence,
    children,
)

__all__ = ["without_references"]


class _Settled:
    """The groups that may be set here; those of other alternatives are put aside."""

    def __init__(self) -> None:
        self.order: list[int] = []
        self.groups: set[int] = set()
        # Of each open alternation or negative lookaround: where it began in `order`, and what is put aside.
        self.scopes: list[tuple[int, list[int]]] = []

    def add(self, group: int) -> None:
        self.order.append(group)
        self.groups.add(group)

    def open(self) -> None:
        self.scopes.append((len(self.order), []))

    def put_aside(self) -> None:
        """At the end of an alternative."""
        first, aside = self.scopes[-1]
        within = self.order[first:]
        del self.order[first:]
        self.groups.difference_update(within)
        aside += within

    def close(self) -> None:
        """After the last alternative: any of the groups may be set."""
        _, aside = self.scopes.pop()
        self.order += aside
        self.groups.update(aside)

    def forget(self) -> None:
        """After a negative lookaround: none of its groups is set."""
        self.put_aside()
        self.scopes.pop()


def without_references(
    root: Node, names: Mapping[str, SequenceOf[int]], refuse: Callable[[int], None]
) -> Node:
    """The tree without its backreferences; `refuse` is called with the position of each that may match text.

    `names`: the numbers of the groups of each name. No recursion; linear in the tree, but for groups deep in
    alternatives.
    """
    settled = _Settled()
    # What is to be done, the next last: visit a node (whether backwards), note a group, or a step above.
    todo: list[tuple[Node, bool] | int | Callable[[], None]] = [(root, False)]
    while todo:
        what = todo.pop()
        if isinstance(what, int):
            settled.add(what)
        elif callable(what):
            what()
        else:
            node, backwards = what
            if isinstance(node, Backreference):
                numbers = [node.group] if isinstance(node.group, int) else names[node.group]
                if not settled.groups.isdisjoint(numbers):
                    refuse(node.position)
            elif isinstance(node, Alternation):
                todo.append(settled.close)
                for part in reversed(node.parts):
                    todo += [settled.put_aside, (part, backwards)]
                todo.append(settled.open)
            elif isinstance(node, Look) and node.negative:
                todo += [settled.forget, (node.body, not node.ahead), settled.open]
            elif isinstance(node, Look):
                todo.append((node.body, not node.ahead))
            elif isinstance(node, Sequence):
                parts = node.parts if backwards else reversed(node.parts)
                todo += [(part, backwards) for part in parts]
            elif isinstance(node, Group):
                todo += [node.number, (node.body, backwards)]
            elif not (isinstance(node, Repetition) and node.high == 0):
                todo += [(child, backwards) for child in children(node)]
    return rewritten(root, lambda node: EMPTY_SEQUENCE if isinstance(node, Backreference) else node)
