r"""The language of an expression with assertions: directly where they look one way, else by an automaton.

`language_of` gives the texts that a lookaround `Expression` matches from end to end. Cheapest first: what the
constructors left without assertions is a term already; what looks only ahead or only back is turned into
intersections of terms. The rest runs as an alternating automaton whose states are terms (`from_automaton`):
what is still to match as a list of cells, and for each lookbehind a tracker that reads the text along. Where
a position is reached, assertions about the past are looked up in the trackers, and those about the future
become an intersection with what follows. This covers loops, and assertions within assertions.

Cost: the automaton is unfolded only where it is read. Nothing here is refused.

Related: D. Moseley et al., "Derivative based nonbacktracking real-world regex matching with backtracking
semantics", PLDI 2023; I. Varatalu et al., "RE#", POPL 2025, which restrict where lookarounds may stand.

>>> from bltgen.automata.language import literal
>>> from bltgen.automata.lookaround import ahead, chain, choice, loop
>>> ab = choice([literal(b"a"), chain([literal(b"b"), ahead(literal(b"a"))])])
>>> language = language_of(loop(ab, 0, None))    # (?:a|b(?=a))*
>>> language.accepts(b"abaa"), language.accepts(b"abb"), bytes(language.start().advance(98).allowed)
(True, False, b'a')
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from bltgen.automata.byteset import ALL_BITS
from bltgen.automata.derivative import Transitions, transitions
from bltgen.automata.language import (
    ANY_BYTES,
    EMPTY,
    EPSILON,
    INFINITE,
    Language,
    _complement,
    _intersection,
    _union,
    from_automaton,
)
from bltgen.automata.limits import charge, current_limits
from bltgen.automata.lookaround import (
    Ahead,
    Before,
    Behind,
    Chain,
    Choice,
    Expression,
    Loop,
    Rest,
    as_future,
    from_left,
)
from bltgen.errors import LimitExceeded

__all__ = ["language_of"]


def language_of(expression: Expression) -> Language:
    """The texts that the expression matches from their beginning to their end."""
    expression = from_left(EPSILON, expression)
    future = as_future(expression, EPSILON)
    if future is not None:
        return future
    program = _Program()
    cell = program.cell(expression, program.end)
    return program.located(cell, program.past_at_start(cell.needs))


class _Cell:
    """What is still to match: an expression and the cell after it. Made and interned by its program.

    `future`: the language of the cell where it does not depend on the past and holds no loops of
    assertions. `needs`: the trackers that it or a cell after it asks.
    """

    __slots__ = ("expression", "future", "needs", "rest", "serial")

    def __init__(
        self,
        expression: Expression,
        rest: _Cell | None,
        serial: int,
        future: Language | None,
        needs: frozenset[int],
    ) -> None:
        self.expression = expression
        self.rest = rest
        self.serial = serial
        self.future = future
        self.needs = needs


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
        self.end = _Cell(EPSILON, None, self._serial(), EPSILON, none)
        self.anything = _Cell(ANY_BYTES, None, self._serial(), ANY_BYTES, none)
        # Where a lookbehind's body ends; has no `future`, so that its threads are kept apart.
        self.matched = _Cell(EPSILON, None, self._serial(), None, none)

    def cell(self, expression: Expression, rest: _Cell) -> _Cell:
        if isinstance(expression, Chain):
            for part in reversed(expression.parts):
                rest = self.cell(part, rest)
            return rest
        if expression is EPSILON:
            return rest
        key = (id(expression), rest.serial)  # the cell keeps the expression
        found = self._cells.get(key)
        if found is None:
            future = None if rest.future is None else as_future(expression, rest.future)
            needs = self._needs(expression) | rest.needs if future is None else frozenset[int]()
            found = self._cells[key] = _Cell(expression, rest, self._serial(), future, needs)
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
                charge(len(found) * len(steps) >> 4)
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
                    charge(len(cells) * len(demanded) >> 4)
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
            if not len(seen) & 3:
                charge()  # a way takes about 2 microseconds
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
        charge(1 + (len(pasts) >> 3))
        return [
            (common, program.located(program.cell(following, rest), past))
            for bits, following in transitions(language)
            for other, past in pasts
            if (common := bits & other)
        ]
