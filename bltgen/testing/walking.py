"""How a text of a language is drawn by Hypothesis: choice after choice along its automaton.

A `Walker` offers at each state the ways on, grouped by the state that they lead to, so that each
alternative of the language is one choice however many bytes spell it. The first choice is always
the one that ends soonest. Two moods make lengths reach both ends: `growth`, drawn with the text (few
or many members, items, repetitions), and bursts of bytes that bring the text no nearer to its end
(long strings). Free text, where one byte leads on like most others, goes from byte to byte without
asking where each of them leads.

Shrinking ends at the shortest text, and the simplest of those: a text of n bytes takes n draws and
a few that are always the same, and Hypothesis prefers the fewest draws, then the least. Bytes that
are no choice take a draw without effect each, up to `DRAWS` in all.

Never filters: what is drawn is valid. After `CHOICES` choices, and where the budget ends, the
shortest way is taken.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

from bltgen.automata.byteset import EMPTY, ByteSet
from bltgen.automata.contract import State
from bltgen.testing.schema_words import JsonReader, Words

__all__ = ["CHOICES", "DRAWS", "Walker", "simplest_first"]

CHOICES = 400
"""The most choices of one text."""
DRAWS = 1200
"""So many draws at most make a longer text dearer than a shorter one."""
MEMORY = 20_000
"""The most states whose choices are remembered."""
BUDGETS = (0, 24, 64, 200, 48, 96)
ENDING, GROWING = (6, 3, 1, 1), (2, 3, 6, 24)
"""How often a way that ends sooner, or later, is taken, by the mood of the text."""
BURSTS = (0, 4, 0, 16, 64)
FAR = 500
"""So far from the end, and with no byte to spare, the rest is no choice any more."""
TRIES = 3
"""So many words are tried where the one that is drawn may not stand."""
MANY = 20
"""So many bytes alike are free text."""
DIGITS = 15
"""The most digits of a number drawn freely: every decimal of so many is a float of its own."""
STOP = -1
"""In the place of a byte: the text ends here."""

DrawInteger = Callable[[int], int]
"""draw(n): an integer from 0 to n, shrinking to 0."""


def simplest_first(members: ByteSet) -> bytes:
    """In the order that people find simple: 0-9, a-z, A-Z, space, other printable ASCII, the rest.

    >>> simplest_first(ByteSet.of(b"!B\\x00a7 "))
    b'7aB !\\x00'
    """
    return bytes(sorted(iter(members), key=_RANKS.__getitem__))


def _rank(byte: int) -> tuple[int, int]:
    letter = chr(byte)
    if byte >= 0x7F or byte < 0x20:
        return (5, byte)
    kind = 0 if letter.isdigit() else 1 if letter.islower() else 2 if letter.isupper() else 3
    return (kind, 0 if byte == 0x20 else byte)


_RANKS = [_rank(byte) for byte in range(256)]
_PRINTABLE = ByteSet.range(0x20, 0x7E)
_QUOTE, _BACKSLASH = 0x22, 0x5C
_SPECIAL = ByteSet.of((_QUOTE, _BACKSLASH))


@dataclass(frozen=True)
class Way:
    """Bytes that lead on alike, the simplest first. `change`: of the distance to the nearest text."""

    members: bytes
    change: int


@dataclass(frozen=True)
class Table:
    """What an integer drawn from 0 to `most` means: ranges of integers, each for the bytes of one way."""

    ends: tuple[int, ...]
    members: tuple[bytes, ...]

    @property
    def most(self) -> int:
        """0 where there is just one outcome."""
        return self.ends[-1] - 1 if len(self.ends) > 1 or len(self.members[0]) > 1 else 0

    def outcome(self, drawn: int) -> tuple[int, bool]:
        """The byte, or STOP, and whether it is one of many. Within a range, the simpler for the less."""
        way = bisect_right(self.ends, drawn)
        members = self.members[way]
        if not members:
            return STOP, False
        begin = self.ends[way - 1] if way else 0
        return members[(drawn - begin) * len(members) // (self.ends[way] - begin)], len(members) >= MANY


def _table(ranges: list[tuple[bytes, int]]) -> Table:
    """Of bytes and the integers they take; no bytes are STOP."""
    ends: list[int] = []
    for _, size in ranges:
        ends.append((ends[-1] if ends else 0) + size)
    return Table(tuple(ends), tuple(members for members, _ in ranges))


@dataclass(frozen=True)
class Choices:
    """The ways on from a state, the one that ends soonest first, and what a draw means by mood."""

    state: State
    ways: tuple[Way, ...]
    tables: dict[tuple[int, bool, int], Table] = field(default_factory=dict)

    def table(self, growth: int, burst: bool, left: int) -> Table:
        """For a mood and the bytes that are left: only what fits is in it."""
        fitting = len(self.ways)
        while fitting and self.state.shortest + self.ways[fitting - 1].change > left - 1:
            fitting -= 1
        found = self.tables.get((growth, burst, fitting))
        if found is None:
            found = self.tables[growth, burst, fitting] = self._weighted(fitting, growth, burst)
        return found

    def _weighted(self, fitting: int, growth: int, burst: bool) -> Table:
        scale = max([1, *(len(way.members) for way in self.ways[:fitting])])
        ranges = [(b"", (1 if burst else ENDING[growth]) * scale)] if self.state.accepting else []
        for way in self.ways[:fitting]:
            if way.change < 0:
                weight = ENDING[growth]
            elif way.change == 0:
                readable = way.members[0] in _PRINTABLE
                weight = (3 if readable else 1) * (6 if burst else 1)
            else:
                weight = GROWING[growth]
            ranges.append((way.members, weight * scale))
        return _table(ranges)


class Walker:
    """Draws texts of one language.

    numbers: JSON numbers have at most `DIGITS` digits where they may. words: of the schema; where a
    string may be anything, it is one of them as often as not.
    """

    def __init__(self, start: State, *, numbers: bool = False, words: Words | None = None) -> None:
        self.start, self.numbers, self.words = start, numbers, words or Words()
        self.json = numbers or bool(self.words)
        self._known: dict[int, Choices] = {}
        self._free: dict[tuple[int, int, int, bool], Table] = {}

    def text(self, draw: DrawInteger, max_bytes: int | None = None) -> bytes:
        """A valid text of at most `max_bytes` bytes, which is at least the shortest's length."""
        left = self.start.shortest + BUDGETS[draw(len(BUDGETS) - 1)]
        if max_bytes is not None:
            left = min(left, max_bytes)
        return _Walk(self, draw, left).text()

    def choices(self, state: State) -> Choices:
        """The ways on from `state`, remembered: one for each state that can be next."""
        found = self._known.get(state.id)
        if found is not None and found.state is state:
            return found
        groups: dict[int, list[int]] = {}
        changes: dict[int, int] = {}
        for byte in simplest_first(state.allowed):
            following = _advance(state, byte)
            groups.setdefault(following.id, []).append(byte)
            changes[following.id] = following.shortest - state.shortest
        ways = [Way(bytes(members), changes[name]) for name, members in groups.items()]
        ways.sort(key=lambda way: way.change)
        if len(self._known) >= MEMORY:
            self._known.clear()
        found = self._known[state.id] = Choices(state, tuple(ways))
        return found

    def free(self, allowed: ByteSet, ending: int, growth: int, burst: bool) -> Table:
        """What a draw means within free text: to end it by `ending`, or one of the other bytes."""
        key = (allowed.bits, ending, growth, burst)
        found = self._free.get(key)
        if found is None:
            plain = simplest_first(
                allowed - ByteSet.of({ending} - {STOP}) - (_SPECIAL if self.json else EMPTY)
            )
            readable = bytes(byte for byte in plain if byte in _PRINTABLE)
            others = plain[len(readable) :]
            size = max(3 * len(readable), 8 * len(others), 24)
            ranges = [
                (
                    b"" if ending == STOP else bytes((ending,)),
                    ENDING[growth] * size // (300 if burst else 6) + 1,
                ),
                (readable, size),
                (others, size // 8 if readable else size),
            ]
            if self.json and _BACKSLASH in allowed and ending != _BACKSLASH:
                ranges.append((bytes((_BACKSLASH,)), size // 24))
            found = self._free[key] = _table([ranges[0], *(one for one in ranges[1:] if one[0])])
        return found


class _Walk:
    """One text as it is drawn."""

    def __init__(self, walker: Walker, draw: DrawInteger, left: int) -> None:
        self.walker, self.draw = walker, draw
        self.state, self.done, self.left = walker.start, bytearray(), left
        self.spent, self.burst = 0, 0
        self.growth = draw(len(GROWING) - 1)
        self.inside = False
        """The last byte was one of many alike: so the next may be, too."""
        self.reader = JsonReader()

    def text(self) -> bytes:
        """The text, with one draw more than it has bytes: to stop may have been a choice."""
        going = True
        while going and self.spent < CHOICES:
            run = self.state.forced
            if run:
                self._say(run, self._after(run))
                self.burst = BURSTS[self._drawn(len(BURSTS) - 1)]
                self.inside = False
            else:
                going = self._step()
        if going:
            self.done += self.state.completion()
        for _ in range(min(len(self.done) + 1, DRAWS) - self.spent):
            self.draw(0)
        return bytes(self.done)

    def _drawn(self, most: int) -> int:
        self.spent += 1
        return self.draw(most)

    def _after(self, data: bytes) -> State:
        state = self.state
        for byte in data:
            state = _advance(state, byte)
        return state

    def _say(self, data: bytes, following: State) -> None:
        self.done += data
        self.left -= len(data)
        self.state = following
        if self.walker.json:
            self.reader.read(data)

    def _step(self) -> bool:
        """One choice, or several of free text; False: the text ends."""
        state, reader = self.state, self.reader
        if self.left <= state.shortest > FAR:
            run = state.completion()
            self._say(run, self._after(run))
            return False
        if len(state.allowed) >= MANY and (self.inside or reader.in_string):
            return self._free_text()
        if reader.escaped:
            byte, self.inside = self._escape(), True
        elif self.walker.numbers and reader.digits >= DIGITS:
            if state.accepting:
                return False
            byte, self.inside = state.completion()[0], False
        else:
            table = self.walker.choices(state).table(self.growth, self.burst > 0, self.left)
            byte, self.inside = table.outcome(self._drawn(table.most) if table.most else 0)
            if byte == STOP:
                return False
        self.burst = max(0, self.burst - 1)
        self._say(bytes((byte,)), _advance(state, byte))
        return True

    def _free_text(self) -> bool:
        """Bytes drawn without asking how far each leads from the end; then back to where the end fits.

        False: the text ends.
        """
        words: tuple[bytes, ...] = ()
        if self.reader.in_string and self.done[-1:] == b'"' and not self.reader.escaped:
            words = self.walker.words.words(self.reader.member, name=self.reader.naming)
        states, said = [self.state], bytearray()
        slack = self.left - self.state.shortest
        going, stopped = True, False
        while going and len(said) < slack and len(states[-1].allowed) >= MANY and self.spent < CHOICES:
            state = states[-1]
            ending = self._ending(state)
            table = self.walker.free(state.allowed, ending, self.growth, self.burst > 0)
            free = table.most + 1
            each = 2 * free // len(words) + 1 if words else 0
            drawn = self._drawn(table.most + each * len(words))
            if drawn >= free and self._word(words, (drawn - free) // each):
                return True
            words = ()
            byte, _ = table.outcome(drawn % free)
            self.burst = max(0, self.burst - 1)
            stopped = byte == STOP
            going = byte != ending and not (self.walker.json and byte == _BACKSLASH)
            if not stopped:
                said.append(byte)
                states.append(_advance(state, byte))
        while states[-1].shortest > self.left - len(said):
            states.pop()
            said.pop()
            stopped = False
        if said:
            self.inside = going
            self._say(bytes(said), states[-1])
        elif not stopped:  # no byte more than the shortest way
            if self.state.accepting:
                return False
            run = self._closing()
            self.inside = run[-1] != _QUOTE or not self.walker.json
            self._say(run, self._after(run))
            return True
        return not stopped

    def _ending(self, state: State) -> int:
        """The byte that ends free text, or STOP."""
        if state.accepting:
            return STOP
        if self.walker.json and _QUOTE in state.allowed:
            return _QUOTE
        return self._nearest(state)

    def _closing(self) -> bytes:
        """Bytes on a shortest way to the end: the rest of a name, which is long to ask about, or one byte."""
        if self.reader.naming:
            run = self.state.completion()
            return run[: run.index(_QUOTE) + 1]
        return bytes((self._nearest(self.state),))

    def _nearest(self, state: State) -> int:
        """A byte on a shortest way to the end; the simplest, if it is one."""
        for byte in (_QUOTE, simplest_first(state.allowed)[0]):
            if byte in state.allowed and _advance(state, byte).shortest < state.shortest:
                return byte
        return state.completion()[0]

    def _escape(self) -> int:
        """What follows a backslash."""
        members = simplest_first(self.state.allowed)
        byte = members[self._drawn(len(members) - 1) if len(members) > 1 else 0]
        return byte if _advance(self.state, byte).shortest < self.left else self.state.completion()[0]

    def _word(self, words: tuple[bytes, ...], first: int) -> bool:
        """Say the word, or one of the next where it may not stand here or leads too far."""
        for at in range(first, first + TRIES):
            word = words[at % len(words)]
            following: State | None = self.state
            for byte in word:
                following = None if following is None else following.advance(byte)
            if following is not None and following.shortest <= self.left - len(word):
                self._say(word, following)
                self.inside = False
                return True
        return False


def _advance(state: State, byte: int) -> State:
    following = state.advance(byte)
    assert following is not None, f"byte {byte} is allowed and refused"
    return following
