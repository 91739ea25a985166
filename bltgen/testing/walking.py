"""How a text of a language is drawn by Hypothesis: choice after choice along its automaton.

A `Walker` offers at each state the ways on, grouped by the state that they lead to, so that each
alternative of the language is one choice however many bytes spell it. The least choice is always the
way that ends soonest. Two moods make lengths reach both ends: `growth`, drawn with the text (few or
many members, items, repetitions), and bursts of bytes that bring the text no nearer to its end (long
strings). Free text is drawn a run at a time (see `free_text`).

Hypothesis shrinks by taking choices out and making them less, so it ends at the text of the fewest
choices, which mostly is the shortest. For that, choices keep their meaning when others around them are
taken out: an integer means the same way wherever that way is open (see `Table`), a word is known by
its place in the schema, a run is text itself, and no choice is saved by a text that fills its budget.
Outside of JSON, where a run may be cheaper than few single bytes, each byte takes a draw without effect.

Never filters: what is drawn is valid. After `CHOICES` choices, and where the budget ends, the
shortest way is taken.
"""

from __future__ import annotations

import math
import random
from array import array
from dataclasses import dataclass, field
from functools import lru_cache

from bltgen.automata.byteset import ALL, ByteSet
from bltgen.automata.contract import State
from bltgen.errors import LimitExceeded
from bltgen.testing.free_text import Alphabet, Draws, alphabet_of, simplest_first, spelled
from bltgen.testing.schema_words import JsonReader, Words

__all__ = ["CHOICES", "Walker"]

CHOICES = 400
"""The most choices of one text."""
PADDING = 400
"""The most draws without effect that make a text dearer, one a byte, where it is not JSON."""
MEMORY = 20_000
"""The most states whose choices are remembered."""
BUDGETS = (0, 24, 64, 200, 48, 96)
ENDING, GROWING = (6, 3, 1, 1), (2, 3, 6, 24)
"""How often a way that ends sooner, or later, is taken, by the mood of the text."""
BURSTS = (0, 4, 0, 16, 64)
RUNS = ((0, False), (0, False), (4, False), (1, True), (16, False), (0, False), (64, False))
"""The fewest characters of a run of free text, and whether its last one is escaped in JSON."""
RUN = 80
"""The most characters of a run."""
FAR = 500
"""So far from the end, and with no byte to spare, the rest is no choice any more."""
CLOSED = 8
"""So many times each name stands among the choices where it cannot be any, against one for the shortest."""
TRIES = 3
"""So many words are tried where the one that is drawn may not stand."""
MANY = 20
"""So many bytes alike are free text."""
DIGITS = 15
"""The most digits of a number drawn freely: every decimal of so many is a float of its own."""
UNREADABLE = 4
"""So many times as likely as unreadable bytes are readable ones, where both may stand."""
STOP = 256
"""In the place of a byte: the text ends here."""
KEYS = 1024
"""So many integers stand for a choice between ways."""

_SIMPLE = simplest_first(ALL)
_PRINTABLE = ByteSet.range(0x20, 0x7E)
_QUOTE = 0x22


@dataclass(frozen=True)
class Way:
    """Bytes that lead on alike, the simplest first. `change`: of the distance to the nearest text."""

    members: bytes
    change: int

    def member(self, drawn: int) -> int:
        """Of an integer below 256: the byte of that rank, where it is one of them."""
        byte = _SIMPLE[drawn]
        return byte if byte in self.members else self.members[drawn % len(self.members)]


@lru_cache(maxsize=KEYS)
def _luck(key: int) -> array[float]:
    """The logarithm of a fixed random number for each byte and for STOP."""
    rng = random.Random(key)
    return array("d", (math.log(1.0 - rng.random()) for _ in range(STOP + 1)))


@dataclass(frozen=True)
class Table:
    """What an integer below `KEYS` means: one of the ways, or STOP (None), by weight.

    Each integer has its own random order of all bytes, biased by the weights (rendezvous hashing): it takes
    the same way wherever that way is open, unless another that is open only there comes before. 0 is the
    way that ends soonest.
    """

    ways: tuple[Way | None, ...]
    weights: tuple[float, ...]
    names: tuple[int, ...]

    def way(self, key: int) -> Way | None:
        """The way that this integer means here."""
        if key == 0:
            return self.ways[0]
        luck = _luck(key)
        scores = [luck[name] / weight for name, weight in zip(self.names, self.weights, strict=True)]
        return self.ways[scores.index(max(scores))]


@dataclass(frozen=True)
class Choices:
    """The ways on from a state, the one that ends soonest first, and tables of them by mood."""

    state: State
    ways: tuple[Way, ...]
    tables: dict[tuple[int, bool, int], Table] = field(default_factory=dict)

    @property
    def several(self) -> bool:
        """Whether there is a choice, budgets aside."""
        return len(self.ways) + self.state.accepting > 1

    @property
    def repeats(self) -> bool:
        """Whether how often something is repeated is chosen here."""
        return self.state.accepting or (len(self.ways) > 1 and any(way.change == 0 for way in self.ways))

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
        open_ways = self.ways[:fitting]
        readable = [way.members[0] in _PRINTABLE for way in open_ways]
        weights = [
            ENDING[growth] if way.change < 0 else GROWING[growth] if way.change > 0 else 18 if burst else 3
            for way in open_ways
        ]
        # Of many ways through control characters and parts of characters, all together are rare.
        others = sum(weight for weight, plain in zip(weights, readable, strict=True) if not plain)
        scale = (
            min(1.0, (sum(weights) - others) / (UNREADABLE * others)) if 0 < others < sum(weights) else 1.0
        )
        ways: list[Way | None] = list(open_ways)
        scaled = [
            weight if plain else weight * scale for weight, plain in zip(weights, readable, strict=True)
        ]
        if self.state.accepting:
            ways.insert(0, None)
            scaled.insert(0, 1 if burst else ENDING[growth])
        names = tuple(STOP if way is None else way.members[0] for way in ways)
        return Table(tuple(ways), tuple(scaled), names)


class Walker:
    """Draws texts of one language.

    words: of the schema, if texts are JSON; where a string may be anything, it is one of them as often
    as not. numbers: JSON numbers have at most `DIGITS` digits where they may.
    """

    def __init__(self, start: State, *, words: Words | None = None, numbers: bool = False) -> None:
        self.start, self.numbers, self.words = start, numbers, words or Words()
        self.json = words is not None
        self._known: dict[int, Choices] = {}

    def text(self, draws: Draws, max_bytes: int | None = None) -> bytes:
        """A valid text of at most `max_bytes` bytes, which is at least the shortest's length."""
        left = self.start.shortest + BUDGETS[draws.integer(len(BUDGETS) - 1)]
        if max_bytes is not None:
            left = min(left, max_bytes)
        return _Walk(self, draws, left).text()

    def choices(self, state: State) -> Choices:
        """The ways on from `state`, remembered: one for each state that can be next."""
        found = self._known.get(state.id)
        if found is not None and found.state is state:
            return found
        groups: dict[int, list[int]] = {}
        changes: dict[int, int] = {}
        for byte in simplest_first(state.allowed):
            try:
                following = _advance(state, byte)
                changes[following.id] = following.shortest - state.shortest
            except LimitExceeded:  # that way is too hard to read
                continue
            groups.setdefault(following.id, []).append(byte)
        ways = [Way(bytes(members), changes[name]) for name, members in groups.items()]
        ways.sort(key=lambda way: way.change)
        if len(self._known) >= MEMORY:
            self._known.clear()
        found = self._known[state.id] = Choices(state, tuple(ways))
        return found


class _Walk:
    """One text as it is drawn."""

    def __init__(self, walker: Walker, draws: Draws, left: int) -> None:
        self.walker, self.draws = walker, draws
        self.state, self.done, self.left = walker.start, bytearray(), left
        self.spent, self.burst = 0, 0
        """Draws so far; how long repetition goes on."""
        self.growth = draws.integer(len(GROWING) - 1)
        self.fresh = True
        """A run of forced bytes has just ended."""
        self.reader = JsonReader()

    def text(self) -> bytes:
        """The text."""
        going = True
        while going and self.spent < CHOICES:
            run = self.state.forced
            if run:
                self._say(run, self._after(run))
                self.fresh = True
            else:
                going = self._step()
        if going:
            self.done += self.state.completion()
        if not self.walker.json:
            for _ in range(min(len(self.done), PADDING)):
                self.draws.integer(0)
        return bytes(self.done)

    def _drawn(self, most: int) -> int:
        self.spent += 1
        return self.draws.integer(most)

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
        """A word, a run of free text or one byte; False: the text ends."""
        state, reader = self.state, self.reader
        if self.left <= state.shortest > FAR:
            return self._finish()
        if reader.opening:
            words = self.walker.words.words(reader.member, name=reader.naming)
            if words and self._word(words):
                return True
        if reader.in_string and len(state.allowed) >= MANY and not reader.escaped:
            alphabet = alphabet_of(state.allowed, in_json=True)
            if alphabet is not None:
                self._string(alphabet)
                return True
        return self._choose()

    def _choose(self) -> bool:
        """One way on, and one of its bytes, or a run of them; False: the text ends."""
        state, reader = self.state, self.reader
        if reader.escaped:
            byte = self._escape()
        elif self.walker.numbers and reader.digits >= DIGITS:
            if state.accepting:
                return False
            byte = self._toward(state)
        else:
            choices = self.walker.choices(state)
            if self.fresh and choices.repeats:
                self.burst = BURSTS[self._drawn(len(BURSTS) - 1)]
            self.fresh = False
            table = choices.table(self.growth, self.burst > 0, self.left)
            # Drawn even where the budget leaves no choice: a longer text is not to take fewer draws.
            way = table.way(self._drawn(KEYS - 1) if choices.several else 0)
            if way is None:
                return False
            byte = way.members[0]
            if len(way.members) >= MANY and (alphabet := alphabet_of(state.allowed)) is not None:
                if self._run(alphabet):
                    return True
                if not self.walker.json:
                    # The least choice ends soonest, in as few choices as can be.
                    return self._finish()
            elif len(way.members) > 1:
                byte = way.member(self._drawn(255))
        self.burst = max(0, self.burst - 1)
        self._say(bytes((byte,)), _advance(state, byte))
        return True

    def _finish(self) -> bool:
        """The shortest way to the end of the text, which then is over."""
        run = self.state.completion()
        self._say(run, self._after(run))
        return False

    def _string(self, alphabet: Alphabet) -> None:
        """A run of characters of a JSON string, then its end or the next byte that leads there."""
        self._run(alphabet)
        closing = _QUOTE in self.state.allowed and _advance(self.state, _QUOTE).shortest < self.left
        byte = _QUOTE if closing else self._toward(self.state)
        self._say(bytes((byte,)), _advance(self.state, byte))

    def _run(self, alphabet: Alphabet) -> bool:
        """Say a run of free text. False: nothing of it may stand."""
        least, escaped = RUNS[self._drawn(len(RUNS) - 1)]
        self.spent += 1
        run = self.draws.run(alphabet, least, RUN)
        return self._propose(spelled(run, in_json=self.reader.in_string, last_escaped=escaped))

    def _close(self) -> None:
        """The shortest way to the end of this string."""
        while self.reader.in_string:
            run = self.state.forced or bytes((self._toward(self.state),))
            self._say(run, self._after(run))
        self.fresh = True

    def _propose(self, pieces: list[bytes]) -> bool:
        """Say those of the pieces that may stand, while the end still fits behind them. False: none."""
        states, said, left = [self.state], [b""], self.left
        for piece in pieces:
            if len(piece) > left:
                break
            following = _walked(states[-1], piece)
            if following is None:
                continue
            states.append(following)
            said.append(piece)
            left -= len(piece)
        while len(states) > 1 and states[-1].shortest > left:
            states.pop()
            left += len(said.pop())
        self._say(b"".join(said), states[-1])
        return len(said) > 1

    def _toward(self, state: State) -> int:
        """A byte on a shortest way to the end, the simplest of them but for a quote.

        Not by `completion`, since the whole of a text can be long.
        """
        nearest = state.allowed_within(state.shortest)
        return _QUOTE if _QUOTE in nearest else simplest_first(nearest)[0]

    def _escape(self) -> int:
        """What follows a backslash."""
        members = simplest_first(self.state.allowed)
        byte = members[self._drawn(len(members) - 1) if len(members) > 1 else 0]
        return byte if _advance(self.state, byte).shortest < self.left else self._toward(self.state)

    def _word(self, words: tuple[bytes, ...]) -> bool:
        """Say a word as often as not (of names that cannot be any, nearly always), or one of the next where
        it may not stand here or leads too far; by the least draw, end the string the shortest way."""
        free = len(self.state.allowed) >= MANY or not self.reader.naming
        drawn = self._drawn((2 if free else CLOSED) * len(words))
        if not drawn:
            self._close()
            return True
        if free and drawn > len(words):
            return False
        for at in range(drawn - 1, drawn - 1 + TRIES):
            word = words[at % len(words)]
            following = _walked(self.state, word)
            if following is not None and following.shortest <= self.left - len(word):
                self._say(word, following)
                self.fresh = True
                return True
        return False


def _walked(state: State, data: bytes) -> State | None:
    """The state after them; None where they may not stand, or are too hard to read."""
    following: State | None = state
    try:
        for byte in data:
            if following is None:
                return None
            following = following.advance(byte)
    except LimitExceeded:
        return None
    return following


def _advance(state: State, byte: int) -> State:
    following = state.advance(byte)
    assert following is not None, f"byte {byte} is allowed and refused"
    return following
