"""The names of a language in the order of their length in JSON, for the shortest text of an object."""

from __future__ import annotations

from collections.abc import Container
from heapq import heappop, heappush
from itertools import count as counter
from typing import TYPE_CHECKING

from bltgen.automata.byteset import bits_of
from bltgen.automata.derivative import transitions
from bltgen.automata.language import INFINITE, Language
from bltgen.automata.limits import current_limits
from bltgen.automata.liveness import shortest
from bltgen.constraints.json_schema.effort import Effort
from bltgen.constraints.json_schema.name_trie import Spelling
from bltgen.errors import LimitExceeded

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.compiler import Compiler

__all__ = ["CheapestNames", "cheapest_names"]

_ADVICE = "lower minProperties (or maxProperties within not)"

Entry = tuple[int, bool, int, bytes, int, Language]
"""(Least length of a name that begins so, whether it only begins so, order, beginning, its length, rest)."""


def cheapest_names(
    language: Language, seen: Container[bytes], wanted: int, compiler: Compiler
) -> list[tuple[bytes, int]]:
    """Up to `wanted` names of the language that were not seen, cheapest first, with their encoded lengths."""
    names = compiler.cheapest_names.get(language)
    if names is None:
        names = compiler.cheapest_names[language] = CheapestNames(language, compiler.name_spelling)
    found: list[tuple[bytes, int]] = []
    number = 0
    if wanted > current_limits().counted_names and language.most >= INFINITE:
        raise LimitExceeded(
            "the members that an object needs by their number", current_limits().counted_names, _ADVICE
        )
    while len(found) < wanted:
        if len(found) >= (limit := current_limits().counted_names):
            raise LimitExceeded("the members that an object needs by their number", limit, _ADVICE)
        entry = names.at(number, compiler.table.effort)
        if entry is None:
            break
        if entry[0] not in seen:
            found.append(entry)
        number += 1
    return found


class CheapestNames:
    """The names of a language by their encoded lengths, searched for as far as asked.

    A best-first search over the derivatives, whose results are kept: what was once found costs nothing.
    """

    __slots__ = ("_found", "_heap", "_order", "_spelling")

    def __init__(self, language: Language, spelling: Spelling) -> None:
        self._spelling = spelling
        self._order = counter().__next__
        self._found: list[tuple[bytes, int]] = []
        # Whole names come before longer ones of the same length.
        start = (shortest(language), True, self._order(), b"", 0, language)
        self._heap: list[Entry] = [start]

    def at(self, number: int, effort: Effort) -> tuple[bytes, int] | None:
        """The name with that number and its encoded length; None where there are fewer."""
        while len(self._found) <= number:
            if not self._heap:
                return None
            effort.spend()
            length, is_prefix, _, name, begun, rest = self._heap[0]
            # Whatever raises on the way leaves all as it was.
            longer = self._extensions(name, begun, rest, effort) if is_prefix else []
            heappop(self._heap)
            if not is_prefix:
                self._found.append((name, length))
            for entry in longer:
                heappush(self._heap, entry)
        return self._found[number]

    def _extensions(self, name: bytes, begun: int, rest: Language, effort: Effort) -> list[Entry]:
        found: list[Entry] = []
        if rest.nullable:
            found.append((self._spelling.length(name), False, self._order(), name, begun, rest))
        for bits, target in transitions(rest):
            # What a term costs to search grows with its parts.
            effort.spend(1 + len(target.parts) * (target._shortest is None))
            least = shortest(target)
            if least >= INFINITE:
                continue
            for byte in bits_of(bits):
                longer = name + bytes((byte,))
                plain = self._spelling.raw >> byte & 1
                partial = begun + 1 if plain else _partial_length(longer, self._spelling)
                found.append((partial + least, True, self._order(), longer, partial, target))
        return found


def _partial_length(name: bytes, spelling: Spelling) -> int:
    """A lower bound of the encoded length of a name that begins so; exact for whole characters."""
    whole = name.decode("utf-8", "ignore").encode()
    return spelling.length(whole) + len(name) - len(whole)
