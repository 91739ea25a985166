r"""Assertions about what stands before and after a position, anywhere in an expression, exactly.

An `Expression` is a `Language`, or a chain, choice or loop of expressions, some of which are zero-width
assertions: `Rest` (the remaining text is in a language), `Before` (the text so far is), and their general
forms `Ahead` and `Behind` over expressions that hold assertions themselves. What it matches is told by
`lookaround_automaton.language_of`.

Constructors decide assertions that their neighbours settle (a `\b` between "foo" and a space). Where
assertions look one way only, `T(assertion, K) = K & F` turns them into intersections of terms: `as_future`
reads an expression from its end (`Rest`), `from_left` from its beginning (`Before`).

>>> from bltgen.automata.language import literal
>>> ahead(literal(b"a"))
Rest(language=<Language a([any])*>)
>>> chain([literal(b"ab"), ahead(literal(b"b"), negative=True), literal(b"c")]) is literal(b"abc")
True
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Union

from bltgen.automata.derivative import transitions
from bltgen.automata.language import (
    ANY_BYTES,
    EMPTY,
    EPSILON,
    INFINITE,
    Language,
    _complement,
    _concat,
    _intersection,
    _repeat,
    _union,
    concat,
)
from bltgen.automata.limits import current_limits, use_limits
from bltgen.automata.operators import BYTES, COMPLEMENT, CONCAT, EPS, LITERAL, REPEAT, UNION
from bltgen.errors import LimitExceeded

__all__ = [
    "Ahead",
    "Before",
    "Behind",
    "Chain",
    "Choice",
    "Expression",
    "Loop",
    "Rest",
    "ahead",
    "as_future",
    "behind",
    "chain",
    "choice",
    "from_left",
    "loop",
]

Expression = Union[Language, "Chain", "Choice", "Loop", "Rest", "Before", "Ahead", "Behind"]

_DECISION = 50
"""States to visit to decide an assertion from its neighbours before it is left to the automaton."""


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """All parts, in order. At least one is no Language."""

    parts: tuple[Expression, ...]
    depth: int


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Any of the parts. At least one is no Language."""

    parts: tuple[Expression, ...]
    depth: int


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """From `low` to `high` times the body, which is no Language."""

    body: Expression
    low: int
    high: int
    depth: int


@dataclass(frozen=True, slots=True, eq=False)
class Rest:
    """Zero-width: the text from here to the end is in the language."""

    language: Language


@dataclass(frozen=True, slots=True, eq=False)
class Before:
    """Zero-width: the text from the beginning to here is in the language."""

    language: Language


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """Zero-width: the body matches from here (or does not), whatever comes after it."""

    body: Expression
    negative: bool
    depth: int


@dataclass(frozen=True, slots=True, eq=False)
class Behind:
    """Zero-width: the body matches up to here (or does not), whatever came before it."""

    body: Expression
    negative: bool
    depth: int


# -- constructors ------------------------------------------------------------------------------------


def _depth(expression: Expression) -> int:
    return expression.depth if isinstance(expression, Chain | Choice | Loop | Ahead | Behind) else 0


def _deeper(parts: Iterable[Expression]) -> int:
    depth = 1 + max(map(_depth, parts), default=0)
    if depth > (limit := current_limits().lookaround_nesting):
        raise LimitExceeded("the nesting of groups around lookarounds", limit)
    return depth


def chain(parts: Iterable[Expression]) -> Expression:
    """The parts one after another: neighbouring languages joined, decidable assertions decided."""
    flat: list[Expression] = []
    for part in parts:
        flat += part.parts if isinstance(part, Chain) else (part,)
    languages = [part for part in flat if isinstance(part, Language)]
    if len(languages) == len(flat):
        return concat(*languages)
    done: list[Expression] = []
    for part in flat:
        if done and isinstance(done[-1], Language) and not isinstance(part, Language):
            part = _known_after(done[-1], part)
        elif done and isinstance(part, Language) and not isinstance(done[-1], Language):
            done[-1] = _known_before(done[-1], part)
        done += part.parts if isinstance(part, Chain) else (part,)
        if EMPTY in done[-2:]:
            return EMPTY
    # Languages are joined from the right, as terms like it.
    joined: list[Expression] = []
    for part in reversed(done):
        last = joined[-1] if joined else None
        if part is EPSILON:
            continue
        if isinstance(part, Language) and isinstance(last, Language):
            joined[-1] = _concat(part, last)
        elif isinstance(part, Rest) and isinstance(last, Rest):
            joined[-1] = Rest(_intersection((part.language, last.language)))
        elif isinstance(part, Before) and isinstance(last, Before):
            joined[-1] = Before(_intersection((part.language, last.language)))
        else:
            joined.append(part)
    joined.reverse()
    if len(joined) < 2:
        return joined[0] if joined else EPSILON
    return Chain(tuple(joined), _deeper(joined))


def choice(parts: Iterable[Expression]) -> Expression:
    """Any of the parts; the languages among them are one."""
    languages: list[Language] = []
    others: list[Expression] = []
    for part in parts:
        for inner in part.parts if isinstance(part, Choice) else (part,):
            if isinstance(inner, Language):
                languages.append(inner)
            else:
                others.append(inner)
    language = _union(languages)
    if not others:
        return language
    if language is not EMPTY:
        others.append(language)
    return others[0] if len(others) == 1 else Choice(tuple(others), _deeper(others))


def loop(body: Expression, low: int, high: int | None) -> Expression:
    """From `low` to `high` times the body; without end where `high` is None."""
    most = INFINITE if high is None else high
    if isinstance(body, Language):
        return _repeat(body, low, most)
    if most == 0:
        return EPSILON
    if low == most == 1:
        return body
    if isinstance(body, Rest | Before | Ahead | Behind):
        return body if low else EPSILON
    return Loop(body, low, most, _deeper((body,)))


def ahead(body: Expression, *, negative: bool = False) -> Expression:
    """A lookahead. A plain one becomes a `Rest`."""
    future = as_future(body, ANY_BYTES)
    if future is None:
        return Ahead(body, negative, _deeper((body,)))
    return _assertion(Rest(_complement(future) if negative else future))


def behind(body: Expression, *, negative: bool = False) -> Expression:
    """A lookbehind, of any length. A plain one becomes a `Before`."""
    past = from_left(ANY_BYTES, body)
    if not isinstance(past, Language):
        return Behind(body, negative, _deeper((body,)))
    return _assertion(Before(_complement(past) if negative else past))


def _assertion(assertion: Rest | Before) -> Expression:
    if assertion.language is ANY_BYTES:
        return EPSILON
    return EMPTY if assertion.language is EMPTY else assertion


# -- deciding from neighbours --------------------------------------------------------------------------


def _implied(known: Language, asserted: Language) -> bool | None:
    """Whether all of `known` is in `asserted` (True), none is (False), or neither is established."""
    with use_limits(replace(current_limits(), search_states=_DECISION)):
        try:
            if asserted.includes(known):
                return True
            if _intersection((known, asserted)).is_empty():
                return False
        except LimitExceeded:
            pass
    return None


def _implied_before(language: Language, asserted: Language) -> bool | None:
    """Whether any text followed by one of `language` is in `asserted`; None where that depends."""
    decided = _decided_at_edge(language, asserted, at_end=True)
    return _implied(_concat(ANY_BYTES, language), asserted) if decided is None else decided


def _implied_after(language: Language, asserted: Language) -> bool | None:
    """Whether a text of `language` followed by any is in `asserted`; None where that depends."""
    decided = _decided_at_edge(language, asserted, at_end=False)
    return _implied(_concat(language, ANY_BYTES), asserted) if decided is None else decided


def _decided_at_edge(language: Language, asserted: Language, *, at_end: bool) -> bool | None:
    """The same from the bytes and terms at the edge alone, for `.*w`, `w.*` and their complements."""
    if asserted.op == COMPLEMENT:
        decided = _decided_at_edge(language, asserted.parts[0], at_end=at_end)
        return None if decided is None else not decided
    if asserted.op != CONCAT or asserted.parts[0 if at_end else 1] is not ANY_BYTES:
        return None
    wanted = asserted.parts[1 if at_end else 0]
    edges, terms = _edge(language, at_end), _edge_terms(language, at_end)
    if wanted in terms:
        return True
    single = 0
    for bits, target in transitions(wanted):
        single |= bits if target.nullable else 0
    if not edges & ~single:
        return True
    return None if edges & _edge(wanted, at_end) else False


def _edge_terms(language: Language, at_end: bool) -> list[Language]:
    """Terms with a text of which every text of `language` begins, or ends."""
    terms = [language]
    while language.op == CONCAT or (language.op == REPEAT and language.value[0]):
        language = language.parts[-1 if at_end else 0]
        terms.append(language)
    return terms


def _edge(language: Language, at_end: bool) -> int:
    """The bytes (as bits) with which texts end, or begin, and perhaps more."""
    edges = 0
    todo = [language]
    while todo:
        term = todo.pop()
        if term.op == BYTES:
            edges |= term.value
        elif term.op == LITERAL:
            edges |= 1 << term.value[-1 if at_end else 0]
        elif term.op in (UNION, REPEAT):
            todo += term.parts
        elif term.op == CONCAT:
            near, far = term.parts[::-1] if at_end else term.parts
            todo += (near, far) if near.nullable else (near,)
        elif term.op != EPS:
            edges |= term.alphabet
    return edges


def _known_after(language: Language, expression: Expression) -> Expression:
    """`expression`, simplified for standing right after a text of `language`."""
    if isinstance(expression, Before) and not language.nullable:
        decided = _implied_before(language, expression.language)
        return expression if decided is None else EPSILON if decided else EMPTY
    if isinstance(expression, Chain):
        first = _known_after(language, expression.parts[0])
        return expression if first is expression.parts[0] else chain([first, *expression.parts[1:]])
    if isinstance(expression, Choice):
        parts = [_known_after(language, part) for part in expression.parts]
        if any(a is not b for a, b in zip(parts, expression.parts, strict=True)):
            return choice(parts)
    return expression


def _known_before(expression: Expression, language: Language) -> Expression:
    """`expression`, simplified for standing right before a text of `language`."""
    if isinstance(expression, Rest) and not language.nullable:
        decided = _implied_after(language, expression.language)
        return expression if decided is None else EPSILON if decided else EMPTY
    if isinstance(expression, Chain):
        last = _known_before(expression.parts[-1], language)
        return expression if last is expression.parts[-1] else chain([*expression.parts[:-1], last])
    if isinstance(expression, Choice):
        parts = [_known_before(part, language) for part in expression.parts]
        if any(a is not b for a, b in zip(parts, expression.parts, strict=True)):
            return choice(parts)
    return expression


# -- lowering to terms ---------------------------------------------------------------------------------


def as_future(expression: Expression, rest: Language) -> Language | None:
    """The texts that `expression` matches followed by `rest`, where no assertion looks back or loops."""
    if isinstance(expression, Language):
        return _concat(expression, rest)
    if isinstance(expression, Rest):
        return _intersection((rest, expression.language))
    if isinstance(expression, Chain):
        following: Language | None = rest
        for part in reversed(expression.parts):
            if following is None:
                return None
            following = as_future(part, following)
        return following
    if isinstance(expression, Choice):
        futures = [as_future(part, rest) for part in expression.parts]
        known = [future for future in futures if future is not None]
        return _union(known) if len(known) == len(futures) else None
    return None


def from_left(before: Language, expression: Expression) -> Expression:
    """`before`, from the beginning of the text, and then `expression`: as a Language where possible."""
    if isinstance(expression, Language):
        return _concat(before, expression)
    if isinstance(expression, Before):
        return _intersection((before, expression.language))
    if isinstance(expression, Chain):
        done: Expression = before
        for index, part in enumerate(expression.parts):
            if not isinstance(done, Language):
                return chain([done, *expression.parts[index:]])
            done = from_left(done, part)
        return done
    if isinstance(expression, Choice) and any(_looks_back_first(part) for part in expression.parts):
        return choice([from_left(before, part) for part in expression.parts])
    return chain([before, expression])


def _looks_back_first(expression: Expression) -> bool:
    if isinstance(expression, Choice):
        return any(map(_looks_back_first, expression.parts))
    if isinstance(expression, Chain):
        for part in expression.parts:
            if not isinstance(part, Language):
                return _looks_back_first(part)
    return isinstance(expression, Before)
