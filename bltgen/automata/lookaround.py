r"""Assertions about what stands before and after a position, anywhere in an expression, exactly.

An `Expression` is a `Language`, or a chain, choice or loop of expressions, some of which are zero-width
assertions: `Rest` (the remaining text is in a language), `Before` (the text so far is), and their general
forms `Ahead` and `Behind` over expressions that hold assertions themselves. `language_of` gives the
language of the texts that an expression matches from end to end.

How, cheapest first:
1. Constructors decide assertions that their neighbours settle (a `\b` between "foo" and a space).
2. Where assertions look one way only, `T(assertion, K) = K & F` turns them into intersections of terms,
   reading the expression from its end (`Rest`) or from its beginning (`Before`).
3. What is left runs as an alternating automaton whose states are terms (`from_automaton`): the rest of the
   expression as a list of cells, and for each lookbehind a tracker that reads the text along. Where a
   position is reached, assertions about the past are looked up in the trackers, and those about the
   future become an intersection with what follows. This covers loops, and assertions within assertions.

Cost: the automaton is unfolded only where it is read. Nothing here is refused.

Related: D. Moseley et al., "Derivative based nonbacktracking real-world regex matching with backtracking
semantics", PLDI 2023; I. Varatalu et al., "RE#", POPL 2025, which restrict where lookarounds may stand.

>>> from bltgen.automata.language import literal
>>> ab = choice([literal(b"a"), chain([literal(b"b"), ahead(literal(b"a"))])])
>>> language = language_of(loop(ab, 0, None))    # (?:a|b(?=a))*
>>> language.accepts(b"abaa"), language.accepts(b"abb"), bytes(language.start().advance(98).allowed)
(True, False, b'a')
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Union

from bltgen.automata.byteset import ALL_BITS
from bltgen.automata.derivative import Transitions, transitions
from bltgen.automata.language import (
    ANY_BYTES,
    BYTES,
    COMPLEMENT,
    CONCAT,
    EMPTY,
    EPS,
    EPSILON,
    INFINITE,
    LITERAL,
    REPEAT,
    UNION,
    Language,
    _complement,
    _concat,
    _intersection,
    _repeat,
    _union,
    concat,
    from_automaton,
)
from bltgen.automata.limits import Limits, current_limits, use_limits
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
    "behind",
    "chain",
    "choice",
    "language_of",
    "loop",
]

Expression = Union[Language, "Chain", "Choice", "Loop", "Rest", "Before", "Ahead", "Behind"]

NESTING = 150
"""The deepest nesting of chains, choices and loops that hold assertions."""

_DECISION = Limits(search_states=50)
"""How long to try to decide an assertion from its neighbours before it is left to the automaton."""


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
    if depth > NESTING:
        raise LimitExceeded("the nesting of groups around lookarounds", NESTING)
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
    future = _future(body, ANY_BYTES)
    if future is None:
        return Ahead(body, negative, _deeper((body,)))
    return _assertion(Rest(_complement(future) if negative else future))


def behind(body: Expression, *, negative: bool = False) -> Expression:
    """A lookbehind, of any length. A plain one becomes a `Before`."""
    past = _from_left(ANY_BYTES, body)
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
    with use_limits(_DECISION):
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


def _future(expression: Expression, rest: Language) -> Language | None:
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
            following = _future(part, following)
        return following
    if isinstance(expression, Choice):
        futures = [_future(part, rest) for part in expression.parts]
        known = [future for future in futures if future is not None]
        return _union(known) if len(known) == len(futures) else None
    return None


def _from_left(before: Language, expression: Expression) -> Expression:
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
            done = _from_left(done, part)
        return done
    if isinstance(expression, Choice) and any(_looks_back_first(part) for part in expression.parts):
        return choice([_from_left(before, part) for part in expression.parts])
    return chain([before, expression])


def _looks_back_first(expression: Expression) -> bool:
    if isinstance(expression, Choice):
        return any(map(_looks_back_first, expression.parts))
    if isinstance(expression, Chain):
        for part in expression.parts:
            if not isinstance(part, Language):
                return _looks_back_first(part)
    return isinstance(expression, Before)


def language_of(expression: Expression) -> Language:
    """The texts that the expression matches from their beginning to their end."""
    expression = _from_left(EPSILON, expression)
    future = _future(expression, EPSILON)
    if future is not None:
        return future
    program = _Program()
    cell = program.cell(expression, program.end)
    return program.located(cell, program.past_at_start(cell.needs))


# -- the alternating automaton ---------------------------------------------------------------------------


class _Cell:
    """What is still to match: an expression and the cell after it. Made and interned by its program.

    `future`: the language of the cell where it does not depend on the past and holds no loops of
    assertions. `needs`: the trackers that it or a cell after it asks. `least`: no match is shorter.
    """

    __slots__ = ("expression", "future", "least", "needs", "rest", "serial")

    def __init__(
        self,
        expression: Expression,
        rest: _Cell | None,
        serial: int,
        future: Language | None,
        needs: frozenset[int],
        least: int,
    ) -> None:
        self.expression = expression
        self.rest = rest
        self.serial = serial
        self.future = future
        self.needs = needs
        self.least = least


_Thread = tuple[_Cell, Language]
"""A way to match a lookbehind's body so far, and what it demands of the future."""

_Tracked = Language | frozenset[_Thread] | None
"""The state of one tracker: what may precede a true assertion, or its threads; None where not needed."""

_Past = tuple[_Tracked, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """A way on from a position: read from `language`, then match `rest`, if the future is in `condition`."""

    language: Language
    rest: _Cell
    condition: Language


class _Program:
    """An expression as cells, its lookbehinds as trackers, and what was computed of them so far."""

    def __init__(self) -> None:
        self._serial = count().__next__
        self._cells: dict[tuple[int, int], _Cell] = {}
        self._loops: dict[tuple[int, int, int], Loop] = {}
        self._trackers: list[Before | Behind] = []
        self._tracker_index: dict[object, int] = {}
        self._bodies: dict[int, _Cell] = {}
        self._steps: dict[_Past, list[tuple[int, _Past]]] = {}
        none: frozenset[int] = frozenset()
        self.end = _Cell(EPSILON, None, self._serial(), EPSILON, none, 0)
        self.anything = _Cell(ANY_BYTES, None, self._serial(), ANY_BYTES, none, 0)
        # Where a lookbehind's body ends; has no `future`, so that its threads are kept apart.
        self.matched = _Cell(EPSILON, None, self._serial(), None, none, 0)

    def cell(self, expression: Expression, rest: _Cell) -> _Cell:
        if isinstance(expression, Chain):
            for part in reversed(expression.parts):
                rest = self.cell(part, rest)
            return rest
        if expression is EPSILON:
            return rest
        key = (expression.id if isinstance(expression, Language) else -1 - id(expression), rest.serial)
        found = self._cells.get(key)
        if found is None:
            future = None if rest.future is None else _future(expression, rest.future)
            needs = self._needs(expression) | rest.needs if future is None else frozenset[int]()
            least = _least(expression) + rest.least
            found = self._cells[key] = _Cell(expression, rest, self._serial(), future, needs, least)
        return found

    def _needs(self, expression: Expression) -> frozenset[int]:
        if isinstance(expression, Chain | Choice):
            return frozenset[int]().union(*map(self._needs, expression.parts))
        if isinstance(expression, Loop | Ahead):
            return self._needs(expression.body)
        if isinstance(expression, Before):
            return frozenset((self._tracker(expression),))
        if isinstance(expression, Behind):
            return frozenset((self._tracker(expression),)) | self._needs(expression.body)
        return frozenset()

    def _tracker(self, assertion: Before | Behind) -> int:
        key = assertion.language if isinstance(assertion, Before) else assertion
        index = self._tracker_index.get(key)
        if index is None:
            index = self._tracker_index[key] = len(self._trackers)
            self._trackers.append(assertion)
            if isinstance(assertion, Behind):
                self._bodies[index] = self.cell(assertion.body, self.matched)
        return index

    # -- the past ----------------------------------------------------------------------------------

    def past_at_start(self, needs: frozenset[int]) -> _Past:
        """The trackers' states before the first byte."""
        states: list[_Tracked] = []
        for index, assertion in enumerate(self._trackers):
            if index not in needs:
                states.append(None)
            elif isinstance(assertion, Before):
                states.append(assertion.language)
            else:
                states.append(frozenset(((self._bodies[index], ANY_BYTES),)))
        return tuple(states)

    def _after_byte(self, past: _Past) -> list[tuple[int, _Past]]:
        """Disjoint byte sets that cover all bytes, with the trackers' states after any of them."""
        found = self._steps.get(past)
        if found is None:
            found = [(ALL_BITS, ())]
            for index, state in enumerate(past):
                steps: list[tuple[int, _Tracked]]
                if state is None:
                    steps = [(ALL_BITS, None)]
                elif isinstance(state, Language):
                    steps = list(_complete(transitions(state)))
                else:
                    steps = self._threads_after_byte(state, past, self._bodies[index])
                found = [
                    (common, (*states, following))
                    for bits, states in found
                    for other, following in steps
                    if (common := bits & other)
                ]
            if len(self._steps) >= current_limits().cached_states:
                self._steps.clear()
            self._steps[past] = found
        return found

    def _threads_after_byte(
        self, threads: frozenset[_Thread], past: _Past, body: _Cell
    ) -> list[tuple[int, _Tracked]]:
        cells: list[tuple[int, frozenset[_Thread]]] = [(ALL_BITS, frozenset(((body, ANY_BYTES),)))]
        for cell, demand in threads:
            reads, _ = self._ways(cell, past)
            for way in reads:
                demanded = transitions(_intersection((demand, way.condition)))
                for bits, language in transitions(way.language):
                    following = self.cell(language, way.rest)
                    for other, obligation in demanded:
                        if common := bits & other:
                            thread = (following, obligation)
                            cells = [
                                piece
                                for inside, known in cells
                                for piece in (
                                    (inside & common, known | {thread}),
                                    (inside & ~common, known),
                                )
                                if piece[0]
                            ]
        return list(cells)

    def _holds(self, assertion: Before | Behind, past: _Past) -> Language:
        """What the future must be for the assertion to hold here: everything, nothing, or a language."""
        state = past[self._tracker(assertion)]
        assert state is not None
        if isinstance(state, Language):
            return ANY_BYTES if state.nullable else EMPTY
        demands = []
        for cell, demand in state:
            _, endings = self._ways(cell, past)
            demands += [_intersection((demand, ending)) for ending in endings]
        assert isinstance(assertion, Behind)
        return _complement(_union(demands)) if assertion.negative else _union(demands)

    # -- the future --------------------------------------------------------------------------------

    def located(self, cell: _Cell, past: _Past) -> Language:
        """The texts that may follow where `cell` is still to match and the trackers stand at `past`."""
        if cell.future is not None:
            return cell.future
        reads, endings = self._ways(cell, past)
        alternatives = list(endings)
        for way in reads:
            ahead_cell = self.cell(way.language, way.rest)
            if ahead_cell.future is not None:
                following = ahead_cell.future
            else:
                needed = tuple(
                    state if index in ahead_cell.needs else None for index, state in enumerate(past)
                )
                following = from_automaton(_Located(self, ahead_cell, needed))
            alternatives.append(_intersection((way.condition, following)))
        return _union(alternatives)

    def _ways(self, first: _Cell, past: _Past) -> tuple[list[_Read], list[Language]]:
        """All ways on from a position without reading a byte: reads, and the futures that end the match.

        For the cells of a lookbehind's body, an ending is the condition under which the body ends here.
        """
        reads: list[_Read] = []
        endings: list[Language] = []
        entered: dict[tuple[int, int], list[tuple[int, int, Language]]] = {}
        seen: set[tuple[_Cell, Language]] = set()
        todo = [(first, ANY_BYTES)]
        limit = current_limits().search_states
        while todo:
            cell, condition = todo.pop()
            if condition is EMPTY or (cell, condition) in seen:
                continue
            seen.add((cell, condition))
            if len(seen) > limit:
                raise LimitExceeded("the ways through lookarounds at one position", limit)
            if cell.future is not None:
                endings.append(_intersection((condition, cell.future)))
                continue
            if cell is self.matched:
                endings.append(condition)
                continue
            expression, rest = cell.expression, cell.rest
            assert rest is not None
            if isinstance(expression, Language):
                if expression is not EMPTY:
                    reads.append(_Read(expression, rest, condition))
                if expression.nullable:
                    todo.append((rest, condition))
            elif isinstance(expression, Choice):
                todo += [(self.cell(part, rest), condition) for part in expression.parts]
            elif isinstance(expression, Loop):
                self._enter_loop(expression, rest, condition, entered, todo)
            elif isinstance(expression, Rest):
                todo.append((rest, _intersection((condition, expression.language))))
            elif isinstance(expression, Ahead):
                future = self.located(self.cell(expression.body, self.anything), past)
                wanted = _complement(future) if expression.negative else future
                todo.append((rest, _intersection((condition, wanted))))
            else:
                assert isinstance(expression, Before | Behind)
                todo.append((rest, _intersection((condition, self._holds(expression, past)))))
        return reads, endings

    def _enter_loop(
        self,
        expression: Loop,
        rest: _Cell,
        condition: Language,
        entered: dict[tuple[int, int], list[tuple[int, int, Language]]],
        todo: list[tuple[_Cell, Language]],
    ) -> None:
        """One more round, or none. A round that reads nothing is not taken twice at the same position.

        After a round without reading, under its conditions, any number of rounds still due can be alike:
        what is left of the loop is then optional.
        """
        body, low, high = expression.body, expression.low, expression.high
        earlier = entered.setdefault((id(body), rest.serial), [])
        for earlier_low, earlier_high, earlier_condition in earlier:
            if _intersection((condition, earlier_condition)) is condition:
                if low < earlier_low:
                    low = 0
                elif earlier_high >= high:
                    return
        earlier.append((low, high, condition))
        if low == 0:
            todo.append((rest, condition))
        if high:
            again = self._loop(
                body, max(0, low - 1), high if high == INFINITE else high - 1, expression.depth
            )
            todo.append((self.cell(body, self.cell(again, rest) if again else rest), condition))

    def _loop(self, body: Expression, low: int, high: int, depth: int) -> Loop | None:
        if high == 0:
            return None
        key = (id(body), low, high)
        found = self._loops.get(key)
        if found is None:
            found = self._loops[key] = Loop(body, low, high, depth)
        return found


def _least(expression: Expression) -> int:
    """A lower bound on the bytes that the expression reads."""
    if isinstance(expression, Language):
        return expression.least
    if isinstance(expression, Chain):
        return sum(map(_least, expression.parts))
    if isinstance(expression, Choice):
        return min(map(_least, expression.parts))
    if isinstance(expression, Loop):
        return expression.low * _least(expression.body)
    return 0


def _complete(steps: Transitions) -> Transitions:
    """The transitions with the remaining bytes leading to EMPTY."""
    rest = ALL_BITS
    for bits, _ in steps:
        rest &= ~bits
    return (*steps, (rest, EMPTY)) if rest else steps


class _Located:
    """A state of the alternating automaton: a cell that begins with a language, and the past."""

    __slots__ = ("_hash", "cell", "past", "program")

    accepting = False
    shortest = None
    longest = INFINITE

    def __init__(self, program: _Program, cell: _Cell, past: _Past) -> None:
        self.program, self.cell, self.past = program, cell, past
        self._hash = hash((id(program), cell.serial, past))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Located)
            and self.program is other.program
            and self.cell is other.cell
            and self.past == other.past
        )

    def transitions(self) -> Sequence[tuple[int, Language]]:
        language, rest = self.cell.expression, self.cell.rest
        assert isinstance(language, Language)
        assert rest is not None
        program = self.program
        pasts = program._after_byte(self.past)
        return [
            (common, program.located(program.cell(following, rest), past))
            for bits, following in transitions(language)
            for other, past in pasts
            if (common := bits & other)
        ]
