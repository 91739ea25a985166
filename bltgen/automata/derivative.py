"""Brzozowski derivatives by byte class.

`transitions(language)` gives every derivative of a term at once: disjoint sets of bytes (as bits), each
with the language that remains after any of its bytes. Bytes in no set leave the language. A term's list
is computed once and kept on the term, from the lists of its parts; only the parts that a first byte can
reach are looked at.

`step(language, byte)` gives one derivative, with the set of bytes that share it, and is what reading uses:
the other classes of a term's bytes are not worked out before they are read.

Deep terms are worked on by a loop over an explicit stack: their depth is never that of Python's stack.

Source: J. Brzozowski, "Derivatives of regular expressions", JACM 1964; by classes of bytes as in
S. Owens, J. Reppy, A. Turon, "Regular-expression derivatives re-examined", JFP 2009.

>>> from bltgen.automata.language import literal
>>> [(bits.bit_length() - 1, rest.accepts(b"b")) for bits, rest in transitions(literal(b"ab"))]
[(97, True)]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bltgen.automata.byteset import ALL_BITS, bits_of
from bltgen.automata.language import (
    ANY_BYTES,
    EMPTY,
    EPSILON,
    INFINITE,
    Language,
    _complement,
    _concat,
    _intersection,
    _literal,
    _repeat,
    _union,
)
from bltgen.automata.limits import charge
from bltgen.automata.operators import (
    AUTOMATON,
    BYTES,
    COMPLEMENT,
    CONCAT,
    EPS,
    INTERSECTION,
    LITERAL,
    REPEAT,
    UNION,
)

__all__ = ["Transitions", "step", "transitions"]

Transitions = tuple[tuple[int, Language], ...]


def transitions(language: Language) -> Transitions:
    """Disjoint non-empty byte sets (as bits) and the distinct non-EMPTY derivatives by them."""
    known = language._transitions
    if known is not None:
        return known
    if language.depth <= STEP_DEPTH:
        return _transitions_of_shallow(language)
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


def _transitions_of_shallow(term: Language) -> Transitions:
    """The same by recursion, which is quicker where Python's stack is deep enough for it."""
    if term.op == CONCAT:
        rest = term
        while rest.op == CONCAT:
            head, rest = rest.parts
            if head._transitions is None:
                _transitions_of_shallow(head)
            if not head.nullable:
                break
        else:
            if rest._transitions is None:
                _transitions_of_shallow(rest)
    else:
        for part in term.parts:
            if part._transitions is None:
                _transitions_of_shallow(part)
    found = term._transitions = _COMPUTE[term.op](term)
    return found


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
    rest = _repeat(body, low - 1 if low else 0, high if high == INFINITE else high - 1)
    if body.op == BYTES:
        return ((body.value, rest),)
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
        charge(len(cells) * len(part._transitions) >> 4)
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
            charge(len(cells) * len(part._transitions) >> 4)
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
        charge(len(cells) >> 4)
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


# -- one derivative --------------------------------------------------------------------------------------

STEP_DEPTH = 60
"""Deeper terms are not derived by recursion; all their transitions are computed at once."""

INDEXED_PARTS = 16
"""A union of more parts than this is indexed by the bytes with which they begin."""


def step(language: Language, byte: int) -> tuple[int, Language]:
    """The derivative by `byte` (EMPTY where there is none), and the bytes (as bits) that share it.

    The set holds `byte`, and is as large as is cheap to know.
    """
    known: Iterable[tuple[int, Language]] | None = language._transitions
    if known is not None:
        missing = ALL_BITS
        for bits, target in known:
            if bits >> byte & 1:
                return bits, target
            missing &= ~bits
        return missing, EMPTY
    first = language.first
    if first >= 0 and not first >> byte & 1:
        return ALL_BITS & ~first, EMPTY
    if language.op <= LITERAL:
        # A byte set or a literal: its own list is as short as can be.
        bits, target = transitions(language)[0]
        return bits, target
    partial = language._partial
    if partial is None:
        partial = language._partial = []
    else:
        for bits, target in partial:
            if bits >> byte & 1:
                return bits, target
    compute = _STEP.get(language.op)
    if compute is None or language.depth > STEP_DEPTH:
        transitions(language)
        return step(language, byte)
    found = compute(language, byte)
    partial.append(found)
    return found


def _step_concat(term: Language, byte: int) -> tuple[int, Language]:
    head, tail = term.parts
    if not head.nullable:
        bits, target = step(head, byte)
        return bits, _concat(target, tail)
    shared = ALL_BITS
    targets = []
    for factor, rest in _reachable_heads(term):
        bits, target = step(factor, byte)
        shared &= bits
        if target is not EMPTY:
            targets.append(_concat(target, rest))
    return shared, _union(targets)


def _step_repeat(term: Language, byte: int) -> tuple[int, Language]:
    body, (low, high) = term.parts[0], term.value
    bits, target = step(body, byte)
    return bits, _concat(target, _repeat(body, max(0, low - 1), high if high == INFINITE else high - 1))


def _step_union(term: Language, byte: int) -> tuple[int, Language]:
    parts: Sequence[Language] = term.parts
    shared = ALL_BITS
    if len(term.parts) > INDEXED_PARTS and term.first != -1:
        if term.value is None:
            term.value = _by_first_byte(term.parts)
        parts, shared = term.value.get(byte, ()), 1 << byte
    charge(len(parts) >> 4)
    targets = []
    for part in parts:
        bits, target = step(part, byte)
        shared &= bits
        if target is not EMPTY:
            targets.append(target)
    return shared, _union(targets)


def _by_first_byte(parts: tuple[Language, ...]) -> dict[int, list[Language]]:
    index: dict[int, list[Language]] = {}
    for part in parts:
        for byte in bits_of(part.first):
            index.setdefault(byte, []).append(part)
    return index


def _step_intersection(term: Language, byte: int) -> tuple[int, Language]:
    shared = ALL_BITS
    targets = []
    for part in term.parts:
        bits, target = step(part, byte)
        shared &= bits
        targets.append(target)
        if target is EMPTY:
            return bits, EMPTY
    return shared, _intersection(targets)


def _step_complement(term: Language, byte: int) -> tuple[int, Language]:
    bits, target = step(term.parts[0], byte)
    return bits, _complement(target)


_STEP: dict[int, Callable[[Language, int], tuple[int, Language]]] = {
    CONCAT: _step_concat,
    REPEAT: _step_repeat,
    UNION: _step_union,
    INTERSECTION: _step_intersection,
    COMPLEMENT: _step_complement,
}


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
