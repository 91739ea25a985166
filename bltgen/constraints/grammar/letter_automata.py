"""Small deterministic automata over a few letters, as plain tables that can be minimised.

The regular layer never builds a whole automaton, for texts are read byte by byte and most of it is never met.
Here it is the other way round: the letters are few, all states are needed, and the fewest are wanted.

>>> even = explored(0, lambda n: n % 2 == 0, lambda n: {"a": (n + 1) % 4}, 10)
>>> len(even.accepting), len(minimised(even).accepting)
(4, 2)
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bltgen.automata.limits import charge
from bltgen.errors import LimitExceeded

__all__ = ["LetterAutomaton", "both", "explored", "minimised"]

S = TypeVar("S", bound=Hashable)


@dataclass(frozen=True)
class LetterAutomaton:
    """State 0 is the first; `edges[state][letter]` is the next state, absent where the word is in no text."""

    accepting: tuple[bool, ...]
    edges: tuple[Mapping[Hashable, int], ...]


def explored(
    first: S,
    is_accepting: Callable[[S], bool],
    following: Callable[[S], Mapping[Hashable, S]],
    limit: int,
) -> LetterAutomaton:
    """All that is reached from `first`. Raises LimitExceeded beyond so many states."""
    numbers = {first: 0}
    order = [first]
    edges: list[Mapping[Hashable, int]] = []
    for state in order:
        charge()
        row: dict[Hashable, int] = {}
        for letter, target in following(state).items():
            if target not in numbers:
                if len(order) >= limit:
                    raise LimitExceeded("the states of what looks around", limit)
                numbers[target] = len(order)
                order.append(target)
            row[letter] = numbers[target]
        edges.append(row)
    return LetterAutomaton(tuple(map(is_accepting, order)), tuple(edges))


def both(one: LetterAutomaton, two: LetterAutomaton, limit: int) -> LetterAutomaton:
    """The words that both read."""

    def following(pair: tuple[int, int]) -> dict[Hashable, tuple[int, int]]:
        other = two.edges[pair[1]]
        return {a: (to, other[a]) for a, to in one.edges[pair[0]].items() if a in other}

    def accepting(pair: tuple[int, int]) -> bool:
        return one.accepting[pair[0]] and two.accepting[pair[1]]

    return explored((0, 0), accepting, following, limit)


def minimised(automaton: LetterAutomaton) -> LetterAutomaton:
    """The same words with the fewest states, and no dead ends but perhaps the first state (Moore)."""
    live = _live(automaton)
    edges = [
        {letter: to for letter, to in row.items() if live[to]} if live[at] else {}
        for at, row in enumerate(automaton.edges)
    ]
    block = [int(is_accepting) for is_accepting in automaton.accepting]
    count = len(set(block))
    while True:
        signatures: dict[Hashable, int] = {}
        block = [
            signatures.setdefault(
                (block[at], frozenset((letter, block[to]) for letter, to in row.items())), len(signatures)
            )
            for at, row in enumerate(edges)
        ]
        if len(signatures) == count:
            break
        count = len(signatures)
    # The first state was numbered first, so that it stays 0.
    member = dict(zip(block, range(len(block)), strict=True))
    return LetterAutomaton(
        tuple(automaton.accepting[member[number]] for number in range(count)),
        tuple({letter: block[to] for letter, to in edges[member[number]].items()} for number in range(count)),
    )


def _live(automaton: LetterAutomaton) -> list[bool]:
    into: list[list[int]] = [[] for _ in automaton.edges]
    for source, row in enumerate(automaton.edges):
        for target in row.values():
            into[target].append(source)
    live = list(automaton.accepting)
    todo = [at for at, is_accepting in enumerate(live) if is_accepting]
    while todo:
        for source in into[todo.pop()]:
            if not live[source]:
                live[source] = True
                todo.append(source)
    return live
