r"""Terminals that look at the text around them, exactly: marks in the text, and a language of marked texts.

Such a terminal (`/[a-z]+(?![a-z])/`, `/^#.*$/m`, `/\bif\b/`) is no language by itself. In the grammar it
becomes OPEN any text CLOSE, where OPEN and CLOSE are bytes that no UTF-8 text has. Which marked texts are
right is regular: at each OPEN, what is read up to its CLOSE must be a text that the terminal may be there,
with the unmarked text before and after it (`looking_terminals`). `Surroundings` reads the right texts; the
grammar is intersected with them and the marks are erased (`grammar_product`), which gives a grammar again.

The automaton is put together terminal by terminal over the classes of characters that any of them tells
apart, and minimised each time; only then are characters read byte by byte.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from bltgen.automata.byteset import ByteSet
from bltgen.automata.derivative import step, transitions
from bltgen.automata.language import EMPTY, EPSILON, Language, literal
from bltgen.automata.limits import current_limits
from bltgen.automata.utf8 import code_points
from bltgen.constraints.grammar.ignored import nonempty
from bltgen.constraints.grammar.letter_automata import LetterAutomaton, both, explored, minimised
from bltgen.constraints.grammar.looking_terminals import (
    BEGIN,
    END,
    character_classes,
    empty_text,
    holds,
    relaxed,
    right_places,
)
from bltgen.constraints.grammar.terminal_patterns import Terminal, pattern_root
from bltgen.constraints.regex_classes import Ranges
from bltgen.constraints.regex_syntax import Node
from bltgen.errors import Unsupported

__all__ = ["Marked", "Surroundings"]

_OPENINGS = (0xC0, 0xC1, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC)
"""Bytes that no UTF-8 text has; one for each terminal that looks around."""

_CLOSE = 0xFF
_MARKS = ByteSet.of({*_OPENINGS, _CLOSE})


@dataclass(frozen=True)
class Marked:
    """What stands for a terminal in the rules: `opening` `inside` `closing`, or nothing if `may_be_empty`."""

    opening: Language
    inside: Language
    closing: Language
    may_be_empty: bool


@dataclass(frozen=True)
class _Looking:
    """A terminal that looks around: its pattern, the classes it tells apart, and where it may stand."""

    root: Node
    classes: list[Ranges]
    places: LetterAutomaton


class Surroundings:
    """The terminals of one grammar that look around."""

    marks = _MARKS
    """The bytes to erase."""

    def __init__(self) -> None:
        self._terminals: list[_Looking] = []

    def mark(self, terminal: Terminal, *, ignored: bool) -> Marked:
        """Give a terminal its marks. Raises Unsupported where its emptiness depends on what is around."""
        if len(self._terminals) == len(_OPENINGS):
            raise Unsupported(f"more than {len(_OPENINGS)} terminals that look around, in one grammar")
        opening = literal(bytes([_OPENINGS[len(self._terminals)]]))
        if terminal.piece.language is not None:
            raise Unsupported("'&', '~' or a constraint in ignored text, in a grammar that looks around")
        root = pattern_root(terminal.piece) if terminal.root is None else terminal.root
        inside = relaxed(terminal)
        surely, possibly = empty_text(root)
        if possibly and not surely:
            raise Unsupported("what stands around this terminal decides whether it may be empty")
        classes = character_classes([root])
        self._terminals.append(_Looking(root, classes, right_places(root, classes, ignored=ignored)))
        return Marked(opening, nonempty(inside), literal(bytes([_CLOSE])), surely)

    def start(self) -> Monitor:
        """The state before any byte, of an automaton of the right texts. No terminal is marked after that."""
        classes = character_classes([terminal.root for terminal in self._terminals])
        automaton: LetterAutomaton | None = None
        for number, terminal in enumerate(self._terminals):
            one = _alone(number, len(self._terminals), terminal, classes)
            automaton = minimised(
                one if automaton is None else both(automaton, one, current_limits().joined_states)
            )
        assert automaton is not None, "a grammar without such terminals needs none"
        return _Reading(automaton, classes).monitor(0)


_Owed = tuple[int, bool]
"""What must still be read after an OPEN: the state of the places, and whether CLOSE was read."""


def _alone(number: int, count: int, terminal: _Looking, classes: list[Ranges]) -> LetterAutomaton:
    """The marked texts in which one terminal stands rightly, over joint classes and all marks.

    A state is the one of the places after the unmarked text so far (-1 where there is none any more), and
    what the OPENs so far demand of the rest.
    """
    places = terminal.places
    own = [
        next(at for at, ranges in enumerate(terminal.classes) if holds(ranges, members[0][0]))
        for members in classes
    ]
    sure = [
        accepting and all(row.get(letter) == at for letter in range(len(terminal.classes)))
        for at, (accepting, row) in enumerate(zip(places.accepting, places.edges, strict=True))
    ]

    def after(state: int, letter: int) -> int:
        return -1 if state < 0 else places.edges[state].get(letter, -1)

    def following(
        state: tuple[int, frozenset[_Owed]],
    ) -> Mapping[Hashable, tuple[int, frozenset[_Owed]]]:
        left, owed = state
        begun = [at for at, is_closed in owed if not is_closed]
        closed = frozenset(one for one in owed if one[1])
        found: dict[Hashable, tuple[int, frozenset[_Owed]]] = {}
        for letter, class_ in enumerate(own):
            read = [(after(at, class_), is_closed) for at, is_closed in owed]
            if all(at >= 0 for at, _ in read):
                rest = frozenset(one for one in read if not (one[1] and sure[one[0]]))
                found[letter] = (after(left, class_), rest)
        if begun:
            at = after(begun[0], END)
            if at >= 0:
                found[_CLOSE] = (left, closed if sure[at] else closed | {(at, True)})
            return found
        for other in range(count):
            at = after(left, BEGIN) if other == number else 0
            if at >= 0:
                found[_OPENINGS[other]] = (left, closed | {(at, False)}) if other == number else state
        found[_CLOSE] = state
        return found

    def accepting(state: tuple[int, frozenset[_Owed]]) -> bool:
        return all(is_closed and places.accepting[at] for at, is_closed in state[1])

    first: tuple[int, frozenset[_Owed]] = (0, frozenset())
    return minimised(explored(first, accepting, following, current_limits().joined_states))


# -- byte by byte --------------------------------------------------------------------------------


class _Reading:
    """An automaton over classes of characters and marks, read byte by byte."""

    def __init__(self, automaton: LetterAutomaton, classes: list[Ranges]) -> None:
        self.automaton, self.classes = automaton, classes
        self._monitors: dict[int, Monitor] = {}
        self._insides: dict[tuple[tuple[int, int], ...], _Inside] = {}
        self._members: dict[tuple[int, ...], Language] = {}

    def monitor(self, number: int) -> Monitor:
        """The state of this number."""
        found = self._monitors.get(number)
        if found is None:
            found = self._monitors[number] = Monitor(self, number)
        return found

    def characters(self, number: int) -> list[tuple[Monitor, Language]]:
        """The states after one more character, each with the characters that lead there."""
        leading: dict[int, list[int]] = {}
        for letter, target in self.automaton.edges[number].items():
            if isinstance(letter, int) and letter < len(self.classes):
                leading.setdefault(target, []).append(letter)
        return [(self.monitor(target), self._language(tuple(own))) for target, own in leading.items()]

    def inside(self, ways: list[tuple[Monitor, Language]]) -> _Inside:
        """The one state within a character with these parts."""
        key = tuple((id(target), language.id) for target, language in ways)
        found = self._insides.get(key)
        if found is None:
            found = self._insides[key] = _Inside(self, ways)
        return found

    def _language(self, numbers: tuple[int, ...]) -> Language:
        found = self._members.get(numbers)
        if found is None:
            ranges = sorted(one for number in numbers for one in self.classes[number])
            found = self._members[numbers] = code_points(ranges)
        return found


class Monitor:
    """A state of reading a marked text, between two characters. There is one object a state."""

    __slots__ = ("_known", "_number", "_reading", "accepting")

    def __init__(self, reading: _Reading, number: int) -> None:
        self._reading, self._number = reading, number
        self.accepting = reading.automaton.accepting[number]
        self._known: tuple[_Inside, dict[int, Monitor]] | None = None

    def _following(self) -> tuple[_Inside, dict[int, Monitor]]:
        """What follows by characters, and by marks. Made when it is asked for."""
        if self._known is None:
            reading, edges = self._reading, self._reading.automaton.edges[self._number]
            marks = {mark: reading.monitor(edges[mark]) for mark in _MARKS if mark in edges}
            self._known = (reading.inside(reading.characters(self._number)), marks)
        return self._known

    @property
    def allowed(self) -> ByteSet:
        """The bytes and marks that may follow."""
        inside, marks = self._following()
        return inside.allowed | ByteSet.of(set(marks))

    def advance(self, byte: int) -> Monitor | _Inside | None:
        """The state after a byte or mark, None where the text is wrong."""
        inside, marks = self._following()
        return marks.get(byte) if byte in _MARKS else inside.advance(byte)


class _Inside:
    """A state within a character: for each state after it, what is left of the characters that lead there."""

    __slots__ = ("_next", "_reading", "allowed", "ways")

    accepting = False

    def __init__(self, reading: _Reading, ways: list[tuple[Monitor, Language]]) -> None:
        self._reading, self.ways = reading, ways
        self._next: dict[int, Monitor | _Inside | None] = {}
        allowed = 0
        for _, language in ways:
            for bits, _ in transitions(language):
                allowed |= bits
        self.allowed = ByteSet(allowed)

    def advance(self, byte: int) -> Monitor | _Inside | None:
        """The state after a byte, None where the text is wrong."""
        if byte not in self._next:
            steps = [(target, step(language, byte)[1]) for target, language in self.ways]
            left = [(target, language) for target, language in steps if language is not EMPTY]
            if not left:
                self._next[byte] = None
            elif left[0][1] is EPSILON:
                self._next[byte] = left[0][0]
            else:
                self._next[byte] = self._reading.inside(left)
        return self._next[byte]
