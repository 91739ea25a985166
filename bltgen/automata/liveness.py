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

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import replace
from heapq import heappop, heappush
from itertools import count

from bltgen.automata.byteset import lowest_byte
from bltgen.automata.derivative import step, transitions
from bltgen.automata.language import ANY_BYTES, INFINITE, Language, _concat, _intersection, _repeat, _union
from bltgen.automata.limits import charge, current_limits, use_limits
from bltgen.automata.operators import AUTOMATON, COMPLEMENT, CONCAT, INTERSECTION, REPEAT, UNION
from bltgen.errors import EmptyLanguage, LimitExceeded

__all__ = ["Choice", "alternatives", "completion", "shortest"]

ANTICHAIN = 64
"""How many incomparable states with the same parts are remembered to prune later ones."""

RELAXED_AFTER = 50
"""A search that visits more states than this also asks for the shortest text without counters."""

RELAXED_STATES = 500
"""The most states that the first such question may visit."""

RELAXED_SHARE = 4
"""Later ones, where that was too few: so many times what the search itself has visited, which then goes on
for as many again before it asks. They cost no more than it does, and an empty language is found out."""

WITNESSED = 32
"""So long a shortest text is looked for in the other parts of an intersection before a search."""

CHARGED = 64
"""Steps of a search are charged when so many were done."""

CHOICE_STATES, CHOICE_FAILURES = 64, 4
"""The most states that a search may visit to prefer a lesser byte, and how many such may fail."""

RELAXED_DEPTH = 60
"""Parts of a term nested deeper are relaxed to anything at all."""

ASKED = 20
"""So many intersections may be asked for a witness within each other, before one is searched."""

_ASKED: ContextVar[frozenset[Language]] = ContextVar("bltgen_asked", default=frozenset())

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
                if not _is_witnessed(term):
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


def _is_witnessed(term: Language) -> bool:
    """Whether a shortest text of an intersection's longest part is in the other parts: none is shorter then.

    Most intersections are of a pattern and a length, and a shortest text of one is in the other.
    """
    if term.op != INTERSECTION:
        return False
    plain = [part for part in term.parts if part.op not in _SEARCHED]
    if not plain:
        return False
    longest = max(plain, key=shortest)
    length = shortest(longest)
    asked = _ASKED.get()
    if not max(term.least, term._bound) <= length <= WITNESSED or term in asked or len(asked) >= ASKED:
        return False
    token = _ASKED.set(asked | {term})
    try:
        # On its way it may ask for other intersections, and for this one again.
        text = completion(longest)
    finally:
        _ASKED.reset(token)
    for part in term.parts:
        if part is not longest:
            for byte in text:
                part = step(part, byte)[1]
            if not part.nullable:
                return False
    term._shortest = length
    return True


def _search(origin: Language, limit: int | None = None) -> None:
    """Set the exact `_shortest` of `origin`, and of as many other terms as the search settles."""
    if limit is None:
        limit = current_limits().search_states
    if limit <= origin._refused:
        raise _too_long(limit)
    order = count().__next__
    reached: dict[Language, int] = {origin: 0}
    parent: dict[Language, Language] = {}
    expanded: set[Language] = set()
    relaxed_bounds: dict[tuple[Language, ...], int] = {}
    antichains: dict[tuple[Language, ...], list[tuple[int, frozenset[Language]]]] = {}
    heap = [(max(origin.least, origin._bound), 0, 0, order(), origin)]
    relaxed_after = RELAXED_AFTER
    work = 0
    while heap:
        estimate, negative, _, _, term = heappop(heap)
        depth = -negative
        if reached[term] != depth:
            continue
        if term._shortest is not None:
            # It may have been found out, by a search for a bound, since it was put on the heap.
            if term._shortest >= INFINITE:
                continue
            if depth + term._shortest > estimate:
                exact = depth + term._shortest
                heappush(heap, (exact, negative, _excluded_count(term), order(), term))
                continue
            _settle(term, estimate, reached, parent, expanded)
            charge(work)
            return
        if _is_dominated(term, depth, antichains):
            continue
        expanded.add(term)
        work += 1 + (len(term.parts) >> 1)
        if work >= CHARGED:
            charge(work)
            work = 0
        if len(expanded) > limit:
            origin._refused = limit
            raise _too_long(limit)
        for target, distance in _successors(term, depth):
            if reached.get(target, INFINITE) <= distance:
                continue
            rest = target._shortest
            if rest is None:
                if target.op in (CONCAT, REPEAT):
                    # Its searched parts are strictly inside of what this search walks.
                    rest = shortest(target)
                else:
                    rest = max(target.least, target._bound)
                    if len(expanded) > relaxed_after and target.op == INTERSECTION:
                        states = max(RELAXED_STATES, RELAXED_SHARE * len(expanded))
                        bound = _relaxed_shortest(target, relaxed_bounds, states)
                        if bound is None:
                            relaxed_after = len(expanded) + states
                        elif bound > rest:
                            rest = bound
            if rest < INFINITE:
                reached[target] = distance
                parent[target] = term
                heappush(heap, (distance + rest, -distance, _excluded_count(target), order(), target))
    for term in expanded:
        term._shortest = INFINITE
    charge(work)


def _too_long(limit: int) -> LimitExceeded:
    return LimitExceeded(
        "the search for a shortest text through an intersection or complement",
        limit,
        "simplify the patterns that must hold together, or raise Limits.search_states",
    )


def _successors(term: Language, depth: int) -> list[tuple[Language, int]]:
    """Where the search goes from a term: into its alternatives at no cost, else one byte on."""
    threads = alternatives(term)
    if threads:
        return [(thread, depth) for thread in threads]
    return [(target, depth + 1) for _, target in transitions(term)]


def alternatives(term: Language) -> Sequence[Language]:
    """The terms of which a term is the union by its form; none where it is no union.

    An intersection's alternatives are those of its first union: a search needs one way through, and
    threads taken singly are far fewer than their sets.
    """
    if term.op == UNION:
        return term.parts
    if term.op == INTERSECTION:
        for index, part in enumerate(term.parts):
            if part.op == UNION:
                others = term.parts[:index] + term.parts[index + 1 :]
                return [_intersection((thread, *others)) for thread in part.parts]
    return ()


def _excluded_count(term: Language) -> int:
    """How many alternatives a term excludes: of equal terms, the search takes the least restricted first."""
    if term.op == INTERSECTION:
        for part in term.parts:
            if part.op == COMPLEMENT:
                return len(part.parts[0].parts) if part.parts[0].op == UNION else 1
    return 0


def _is_dominated(
    term: Language,
    depth: int,
    antichains: dict[tuple[Language, ...], list[tuple[int, frozenset[Language]]]],
) -> bool:
    """Whether a term seen no deeper holds the same parts and excludes less: it then finishes as soon.

    Source: M. De Wulf et al., "Antichains: a new algorithm for checking universality of finite
    automata", CAV 2006.
    """
    if term.op != INTERSECTION:
        return False
    excluded: frozenset[Language] = frozenset()
    for part in term.parts:
        if part.op == COMPLEMENT:
            body = part.parts[0]
            excluded = frozenset(body.parts if body.op == UNION else (body,))
    if not excluded:
        return False
    held = tuple([part for part in term.parts if part.op != COMPLEMENT])
    seen = antichains.setdefault(held, [])
    for earlier_depth, earlier in seen:
        if earlier_depth <= depth and earlier <= excluded:
            return True
    if len(seen) < ANTICHAIN:
        seen.append((depth, excluded))
    return False


# -- relaxation ----------------------------------------------------------------------------------------


def _relaxed_shortest(term: Language, known: dict[tuple[Language, ...], int], states: int) -> int | None:
    """A lower bound on the shortest text: that of the term without its counters. None: not found quickly.

    Where parts contradict each other whatever the counts, it is INFINITE, and the search need not visit
    all values of the counters to see it. `known` holds the bounds by the relaxed parts: states that differ
    in their counters alone share one.
    """
    parts = tuple([_relaxed(part, 0) for part in term.parts])
    bound = known.get(parts)
    if bound is None:
        relaxed = _relaxed(term, 0)
        in_vain = False
        if relaxed._shortest is None and relaxed.op in _SEARCHED and relaxed is not term:
            try:
                _search(relaxed, states)
            except LimitExceeded:
                in_vain = True
        bound = known[parts] = relaxed.least if relaxed._shortest is None else relaxed._shortest
        if in_vain:
            return None
    return bound


def _relaxed(term: Language, depth: int) -> Language:
    """A superset with few derivatives: what is counted may be repeated at will."""
    if term._relaxed is None:
        term._relaxed = ANY_BYTES if depth > RELAXED_DEPTH else _without_counters(term, depth + 1)
    return term._relaxed


def _without_counters(term: Language, depth: int) -> Language:
    if term.op == REPEAT:
        return _repeat(_relaxed(term.parts[0], depth), min(1, term.value[0]), INFINITE)
    if term.op == CONCAT:
        return _concat(_relaxed(term.parts[0], depth), _relaxed(term.parts[1], depth))
    if term.op == UNION:
        return _union([_relaxed(part, depth) for part in term.parts])
    if term.op == INTERSECTION:
        return _intersection([_relaxed(part, depth) for part in term.parts])
    return term


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


class Choice:
    """The least byte on a shortest way, but no long search for the sake of order.

    One way is known once the length is. Whether a lesser byte lies on another may take a search of its own:
    where a few of these came to no end soon, what is known is enough.
    """

    __slots__ = ("_failures",)

    def __init__(self) -> None:
        self._failures = 0

    def is_shortest(self, term: Language, length: int) -> bool:
        """Whether a term, which has no shorter text, has one of this length, as far as is found out soon."""
        if term._shortest is None:
            if max(term.least, term._bound) > length or self._failures >= CHOICE_FAILURES:
                return False
            try:
                with use_limits(replace(current_limits(), search_states=CHOICE_STATES)):
                    shortest(term)
            except LimitExceeded:
                self._failures += 1
        return term._shortest == length


def completion(language: Language) -> bytes:
    """A shortest text of a language: at each step the least byte that is on a shortest way.

    As far as is found out soon; see `Choice`. Raises EmptyLanguage where there is no text.
    """
    if shortest(language) >= INFINITE:
        raise EmptyLanguage("no text satisfies the constraint")
    text = bytearray()
    choice = Choice()
    while not language.nullable:
        charge(1)
        wanted = shortest(language) - 1
        steps = sorted([(lowest_byte(bits), target) for bits, target in transitions(language)], key=_byte_of)
        following = next((step for step in steps if choice.is_shortest(step[1], wanted)), None)
        if following is None:
            following = next(step for step in steps if shortest(step[1]) == wanted)
        byte, language = following
        text.append(byte)
    return bytes(text)


def _byte_of(step: tuple[int, Language]) -> int:
    return step[0]
