"""The shortest texts of goals that strings alone, or numbers alone, satisfy: many of them in one search.

For the shortest array of many items that must differ. Strings come out of a search over what they say, so
that no value comes twice; numbers out of one over their texts, in which `1` and `1.0` are one value.
"""

from __future__ import annotations

from collections.abc import Container
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from bltgen.automata.contract import State
from bltgen.automata.language import INFINITE
from bltgen.constraints.json_schema.cheapest_names import cheapest_names
from bltgen.constraints.json_schema.embedding import is_json_text
from bltgen.constraints.json_schema.formula import Formula
from bltgen.constraints.json_schema.json_values import NUMBER, STRING, Value, written_value

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.compiler import Compiler

__all__ = ["cheapest_scalars"]

RESPELLINGS = 8
"""So many texts a value are looked at; where more are the same numbers, few may be left."""


def cheapest_scalars(
    compiler: Compiler, goal: Formula, excluded: Container[Value], wanted: int
) -> list[tuple[Value, int]] | None:
    """Up to `wanted` values that satisfy the goal and are not excluded, shortest first, with their bytes.

    None where the goal admits others than strings, or than numbers, or its numbers repeat too often.
    """
    types = compiler.formulas.summary(goal).types
    if not types & ~STRING:
        content = compiler.content(goal)
        if is_json_text(content):
            return None
        names = cheapest_names(content, _Texts(excluded), wanted, compiler)
        return [(("s", name.decode()), 2 + length) for name, length in names]
    if not types & ~NUMBER:
        return _cheapest_numbers(compiler, compiler.numbers(goal), excluded, wanted)
    return None


class _Texts:
    """Which UTF-8 texts are among excluded strings."""

    __slots__ = ("_excluded",)

    def __init__(self, excluded: Container[Value]) -> None:
        self._excluded = excluded

    def __contains__(self, name: object) -> bool:
        assert isinstance(name, bytes)
        return ("s", name.decode()) in self._excluded


def _cheapest_numbers(
    compiler: Compiler, start: State | None, excluded: Container[Value], wanted: int
) -> list[tuple[Value, int]] | None:
    found: dict[Value, int] = {}
    order = count().__next__
    heap: list[tuple[int, int, bytes, State]] = []
    if start is not None:
        heap.append((start.shortest, order(), b"", start))
    texts = 0
    while heap and len(found) < wanted:
        compiler.table.effort.spend()
        length, _, text, state = heappop(heap)
        if state.accepting:
            texts += 1
            if texts > RESPELLINGS * (wanted + 1):
                return None
            value = written_value(text)
            if value not in excluded:
                found.setdefault(value, length)
        for byte in state.allowed:
            following = state.advance(byte)
            if following is not None and following.shortest < INFINITE:
                least = len(text) + 1 + following.shortest
                heappush(heap, (least, order(), text + bytes((byte,)), following))
    return list(found.items())
