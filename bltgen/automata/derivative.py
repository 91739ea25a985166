"""Brzozowski derivatives by byte class.

`transitions(language)` gives every derivative of a term at once: disjoint sets of bytes (as bits), each
with the language that remains after any of its bytes. Bytes in no set leave the language. A term's list
is computed once and kept on the term, from the lists of its parts; only the parts that a first byte can
reach are looked at.

The work is a loop over an explicit stack, so the depth of a term is never the depth of Python's stack.

Source: J. Brzozowski, "Derivatives of regular expressions", JACM 1964; by classes of bytes as in
S. Owens, J. Reppy, A. Turon, "Regular-expression derivatives re-examined", JFP 2009.

>>> from bltgen.automata.language import literal
>>> [(bits.bit_length() - 1, rest.accepts(b"b")) for bits, rest in transitions(literal(b"ab"))]
[(97, True)]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bltgen.automata.byteset import ALL_BITS
from bltgen.automata.language import (
    ANY_BYTES,
    AUTOMATON,
    BYTES,
    COMPLEMENT,
    CONCAT,
    EMPTY,
    EPS,
    EPSILON,
    INFINITE,
    INTERSECTION,
    LITERAL,
    REPEAT,
    UNION,
    Language,
    _complement,
    _concat,
    _intersection,
    _literal,
    _repeat,
    _union,
)

__all__ = ["Transitions", "transitions"]

Transitions = tuple[tuple[int, Language], ...]


def transitions(language: Language) -> Transitions:
    """Disjoint non-empty byte sets (as bits) and the distinct non-EMPTY derivatives by them."""
    known = language._transitions
    if known is not None:
        return known
    stack = [language]
    while stack:
        term = stack[-1]
        if term._transitions is None:
            missing = [part for part in _prerequisites(term) if part._transitions is None]
            if missing:
                stack += missing
                continue
            term._transitions = _COMPUTE[term.op](term)
        stack.pop()
    assert language._transitions is not None
    return language._transitions


def _prerequisites(term: Language) -> Iterable[Language]:
    """The terms whose transitions those of `term` are made of."""
    if term.op == CONCAT:
        return [head for head, _ in _reachable_heads(term)]
    return term.parts


def _reachable_heads(term: Language) -> list[tuple[Language, Language]]:
    """The factors at which a first byte may be read, each with what follows it."""
    found = []
    while term.op == CONCAT:
        head, tail = term.parts
        found.append((head, tail))
        if not head.nullable:
            return found
        term = tail
    found.append((term, EPSILON))
    return found


def _of_bytes(term: Language) -> Transitions:
    return ((term.value, EPSILON),) if term.value else ()


def _of_epsilon(term: Language) -> Transitions:
    return ()


def _of_literal(term: Language) -> Transitions:
    data = term.value
    return ((1 << data[0], _literal(data[1:])),)


def _of_concat(term: Language) -> Transitions:
    head, tail = term.parts
    if not head.nullable:
        first = head._transitions
        assert first is not None
        return _grouped([(bits, _concat(target, tail)) for bits, target in first])
    pieces = []
    for factor, rest in _reachable_heads(term):
        assert factor._transitions is not None
        pieces += [(bits, _concat(target, rest)) for bits, target in factor._transitions]
    return _united(pieces)


def _of_repeat(term: Language) -> Transitions:
    body, (low, high) = term.parts[0], term.value
    rest = _repeat(body, max(0, low - 1), high if high == INFINITE else high - 1)
    assert body._transitions is not None
    return _grouped([(bits, _concat(target, rest)) for bits, target in body._transitions])


def _of_union(term: Language) -> Transitions:
    pieces: list[tuple[int, Language]] = []
    for part in term.parts:
        assert part._transitions is not None
        pieces += part._transitions
    return _united(pieces)


def _of_intersection(term: Language) -> Transitions:
    cells: list[tuple[int, list[Language]]] = [(ALL_BITS, [])]
    for part in term.parts:
        if part.op == COMPLEMENT:
            continue
        assert part._transitions is not None
        cells = [
            (common, [*targets, target])
            for bits, targets in cells
            for other, target in part._transitions
            if (common := bits & other)
        ]
    for part in term.parts:
        if part.op == COMPLEMENT:
            refined = []
            assert part._transitions is not None
            for bits, targets in cells:
                for other, target in part._transitions:
                    if common := bits & other:
                        refined.append((common, targets if target is ANY_BYTES else [*targets, target]))
                # A complement's transitions miss only the bytes after which nothing is left of it.
            cells = refined
    return _grouped([(bits, _intersection(targets)) for bits, targets in cells])


def _of_complement(term: Language) -> Transitions:
    pieces = []
    rest = ALL_BITS
    body = term.parts[0]._transitions
    assert body is not None
    for bits, target in body:
        rest &= ~bits
        pieces.append((bits, _complement(target)))
    if rest:
        pieces.append((rest, ANY_BYTES))
    return _grouped(pieces)


def _of_automaton(term: Language) -> Transitions:
    return _grouped(term.value.transitions())


def _grouped(pieces: Iterable[tuple[int, Language]]) -> Transitions:
    """Disjoint pieces: those with the same target joined, those without a future dropped."""
    targets: dict[Language, int] = {}
    for bits, target in pieces:
        if target is not EMPTY and target._shortest != INFINITE:
            targets[target] = targets.get(target, 0) | bits
    return tuple([(bits, target) for target, bits in targets.items()])


def _united(pieces: list[tuple[int, Language]]) -> Transitions:
    """Overlapping pieces: split into disjoint cells, each with the union of its targets."""
    seen = 0
    for bits, _ in pieces:
        if seen & bits:
            break
        seen |= bits
    else:
        return _grouped(pieces)
    alike: dict[int, list[Language]] = {}
    for bits, target in pieces:
        alike.setdefault(bits, []).append(target)
    cells: list[tuple[int, list[Language]]] = []
    for bits, targets in alike.items():
        refined = []
        for cell, others in cells:
            common = cell & bits
            if not common:
                refined.append((cell, others))
                continue
            bits ^= common
            refined.append((common, others + targets))
            if common != cell:
                refined.append((cell ^ common, others))
        if bits:
            refined.append((bits, targets))
        cells = refined
    return _grouped([(bits, _union(targets)) for bits, targets in cells])


_COMPUTE: dict[int, Callable[[Language], Transitions]] = {
    BYTES: _of_bytes,
    EPS: _of_epsilon,
    LITERAL: _of_literal,
    CONCAT: _of_concat,
    UNION: _of_union,
    INTERSECTION: _of_intersection,
    COMPLEMENT: _of_complement,
    REPEAT: _of_repeat,
    AUTOMATON: _of_automaton,
}
