"""Bodies of rules, built from left to right without recursion.

A grammar's brackets may nest as deeply as its text is long. Here each bracketed group and each repeat
becomes a helper rule, named with "~", so that bodies are flat whatever the nesting.

>>> made = {}
>>> build = BodyBuilder("r", made)
>>> build.append("a"); build.open(0); build.append("b"); build.next_alternative(); build.append("c")
>>> build.close(); build.repeat_last(0, None); build.finish()
>>> made["r"], made["r~1"], made["r~2"]
((('a', 'r~2'),), (('b',), ('c',)), Repeat(atom='r~1', low=0, high=None))
"""

from __future__ import annotations

from typing import Any

from bltgen.automata.productions import Repeat

__all__ = ["BodyBuilder"]


class BodyBuilder:
    """Writes the body of the rule `name`, and its helper rules, into `made`.

    Atoms may be anything: a front end may put its own items there and replace them later.
    """

    def __init__(self, name: str, made: dict[str, Any]) -> None:
        self._name = name
        self._made = made
        self._helpers = 0
        self._frames: list[tuple[int, list[list[Any]]]] = [(-1, [[]])]

    @property
    def depth(self) -> int:
        """How many groups are open."""
        return len(self._frames) - 1

    @property
    def opened_at(self) -> int:
        """The position that was given to the innermost open group."""
        return self._frames[-1][0]

    @property
    def is_sequence_empty(self) -> bool:
        """Whether the alternative being written has no atom yet."""
        return not self._frames[-1][1][-1]

    def append(self, atom: Any) -> None:
        """Write an atom."""
        self._frames[-1][1][-1].append(atom)

    def next_alternative(self) -> None:
        """Begin another alternative of the innermost group."""
        self._frames[-1][1].append([])

    def open(self, position: int) -> None:
        """Begin a group, opened at this position of the source."""
        self._frames.append((position, [[]]))

    def close(self) -> None:
        """End the innermost group; it is an atom of the group around it."""
        _, alternatives = self._frames.pop()
        if len(alternatives) == 1 and len(alternatives[0]) == 1:
            self.append(alternatives[0][0])
        else:
            self.append(self._helper(tuple(map(tuple, alternatives))))

    def repeat_last(self, low: int, high: int | None) -> None:
        """The last atom, between `low` and `high` times (None: any number)."""
        sequence = self._frames[-1][1][-1]
        sequence.append(self._helper(Repeat(sequence.pop(), low, high)))

    def list_last(self, low: int, high: int | None, separator: Any) -> None:
        """The last atom, between `low` and `high` times, with `separator` between any two."""
        sequence = self._frames[-1][1][-1]
        item = sequence.pop()
        if high == 0:
            return
        more = self._helper(((separator, item),))
        rest = self._helper(Repeat(more, max(0, low - 1), None if high is None else high - 1))
        some = self._helper(((item, rest),))
        sequence.append(some if low else self._helper(Repeat(some, 0, 1)))

    def finish(self) -> None:
        """End the rule. All groups must be closed."""
        ((_, alternatives),) = self._frames
        self._made[self._name] = tuple(map(tuple, alternatives))

    def _helper(self, body: Any) -> str:
        self._helpers += 1
        name = f"{self._name}~{self._helpers}"
        self._made[name] = body
        return name
