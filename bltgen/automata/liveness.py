"""Which languages are non-empty, and how short their shortest text is: exactly.

For plain terms the answer is structural and was computed when the term was made. Intersections and
complements need a search through their derivatives: A*, guided by a lower bound on the remaining length
(the greatest of an intersection's parts), deepest states first among equals, so that a length window
such as `.{700,900} & pattern` is walked nearly straight down instead of in breadth.

What a search learns is kept on the terms: exact lengths along the path found, emptiness where all was
seen, and better lower bounds everywhere else, so that the next search, from the next state, is short.

A search that visits more than `limits.search_states` states raises `LimitExceeded`.

Source: S. Koenig, M. Likhachev, "Adaptive A*", AAMAS 2005, for the bounds kept between searches.

>>> from bltgen.automata.language import ANY_BYTE, literal
>>> shortest(literal(b"ab").star() & ANY_BYTE.repeat(3, 9))
4
>>> shortest(literal(b"ab").star() & ANY_BYTE.repeat(3)& ANY_BYTE.repeat(0, 3)) == INFINITE
True
"""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count

from bltgen.automata.byteset import lowest_byte
from bltgen.automata.derivative import transitions
from bltgen.automata.language import (
    AUTOMATON,
    COMPLEMENT,
    CONCAT,
    INFINITE,
    INTERSECTION,
    REPEAT,
    UNION,
    Language,
)
from bltgen.automata.limits import current_limits
from bltgen.errors import LimitExceeded

__all__ = ["completion", "shortest"]

_SEARCHED = frozenset((INTERSECTION, COMPLEMENT, AUTOMATON))


def shortest(language: Language) -> int:
    """The length of the shortest text; INFINITE where there is none. Exact, and kept on the term."""
    known = language._shortest
    if known is not None:
        return known
    stack = [language]
    while stack:
        term = stack[-1]
        if term._shortest is None:
            if term.op in _SEARCHED:
                _search(term)
            else:
                missing = [part for part in term.parts if part._shortest is None]
                if missing:
                    stack += missing
                    continue
                term._shortest = _of_parts(term)
        stack.pop()
    assert language._shortest is not None
    return language._shortest


def _of_parts(term: Language) -> int:
    lengths = [part._shortest for part in term.parts if part._shortest is not None]
    if term.op == CONCAT:
        return min(INFINITE, lengths[0] + lengths[1])
    if term.op == UNION:
        return min(lengths)
    assert term.op == REPEAT
    return min(INFINITE, int(term.value[0]) * lengths[0])


def _search(origin: Language) -> None:
    """Set the exact `_shortest` of `origin`, and of as many other terms as the search settles."""
    limit = current_limits().search_states
    order = count().__next__
    reached: dict[Language, int] = {origin: 0}
    parent: dict[Language, Language] = {}
    expanded: set[Language] = set()
    heap = [(max(origin.least, origin._bound), 0, order(), origin)]
    while heap:
        estimate, negative, _, term = heappop(heap)
        depth = -negative
        if reached[term] != depth:
            continue
        if term._shortest is not None:
            _settle(term, estimate, reached, parent, expanded)
            return
        expanded.add(term)
        if len(expanded) > limit:
            raise LimitExceeded(
                "the search for a shortest text through an intersection or complement",
                limit,
                "simplify the patterns that must hold together, or raise Limits.search_states",
            )
        if term.op == UNION:
            successors = [(part, depth) for part in term.parts]
        else:
            successors = [(target, depth + 1) for _, target in transitions(term)]
        for target, distance in successors:
            if reached.get(target, INFINITE) <= distance:
                continue
            rest = target._shortest
            if rest is None:
                if target.op in (CONCAT, REPEAT):
                    # Its searched parts are strictly inside of what this search walks.
                    rest = shortest(target)
                elif target.op == UNION:
                    rest = 0
                else:
                    rest = max(target.least, target._bound)
            if rest < INFINITE:
                reached[target] = distance
                parent[target] = term
                heappush(heap, (distance + rest, -distance, order(), target))
    for term in expanded:
        term._shortest = INFINITE


def _settle(
    goal: Language,
    total: int,
    reached: dict[Language, int],
    parent: dict[Language, Language],
    expanded: set[Language],
) -> None:
    for term in expanded:
        bound = total - reached[term]
        if bound > term._bound:
            term._bound = bound
    term = goal
    while True:
        if term._shortest is None:
            term._shortest = total - reached[term]
        if term not in parent:
            return
        term = parent[term]


def completion(language: Language) -> bytes:
    """A shortest text of a non-empty language: at each step the least byte that is on a shortest way."""
    text = bytearray()
    while not language.nullable:
        wanted = shortest(language) - 1
        steps = [
            (lowest_byte(bits), target)
            for bits, target in transitions(language)
            if shortest(target) == wanted
        ]
        byte, language = min(steps, key=lambda step: step[0])
        text.append(byte)
    return bytes(text)
