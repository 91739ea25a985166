"""How a text of a language is drawn by Hypothesis: choice after choice along its automaton.

A `Walker` offers at each state the ways on, grouped by the state that they lead to, so that each
alternative of the language is one choice however many bytes spell it. The first choice is always
the one that ends soonest: Hypothesis shrinks towards it, so to the shortest text. Two moods,
drawn with the text, make lengths reach both ends: `growth` (few or many members, items,
repetitions) and bursts of bytes that bring the text no nearer to its end (long strings).

Never filters: what is drawn is valid. Costs one draw a choice, at most `CHOICES` of them; then,
and where the budget ends, the shortest way is taken.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bltgen.automata.byteset import ByteSet
from bltgen.automata.contract import State

__all__ = ["CHOICES", "Walker", "simplest_first", "words_of"]

CHOICES = 400
"""The most choices of one text."""
MEMORY = 20_000
"""The most states whose choices are remembered."""
BUDGETS = (0, 32, 96, 256, 64, 128)
ENDING, GROWING = (6, 3, 1, 1), (2, 3, 6, 24)
"""How often a way that ends sooner, or later, is taken, by the mood of the text."""
BURSTS = (0, 4, 0, 16, 64)
MANY = 20
"""So many bytes alike are free text."""
_LETTERS = ByteSet.range(0x61, 0x7A) | ByteSet.range(0x41, 0x5A)
_DIGITS = ByteSet.range(0x30, 0x39)
_SINGLE = ByteSet.of(b'"\\-')
KINDS = (
    _DIGITS,
    _LETTERS,
    ByteSet.range(0x20, 0x7E) - _LETTERS - _DIGITS - _SINGLE,
    *(ByteSet.of((byte,)) for byte in _SINGLE),
    ByteSet.range(0x00, 0xBF) - ByteSet.range(0x20, 0x7E),
    ByteSet.range(0xC0, 0xFF),
)
DIGITS = 15
"""The most digits of a number drawn freely: every decimal of so many is a float of its own."""

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


@dataclass(frozen=True)
class Way:
    """Bytes that lead on alike, the simplest first. `change`: of the distance to the nearest text."""

    members: bytes
    change: int


@dataclass(frozen=True)
class Choices:
    """The ways on from a state, the one that ends soonest first, and how often each is drawn by mood."""

    state: State
    ways: tuple[Way, ...]
    tables: dict[tuple[int, bool, int], tuple[int, ...]]


class Walker:
    """Draws texts of one language.

    numbers: JSON numbers have at most `DIGITS` digits where they may. words: contents of JSON strings
    that the schema names (properties, enumerated strings); where a string may be anything, it is one
    of them as often as not, or a property that need not be there would never be.
    """

    def __init__(self, start: State, *, numbers: bool = False, words: tuple[bytes, ...] = ()) -> None:
        self.start, self.numbers, self.words = start, numbers, words
        self._known: dict[tuple[int, bool], Choices] = {}
        self._named: dict[int, tuple[State, tuple[tuple[bytes, State], ...]]] = {}

    def choices(self, state: State, coarse: bool) -> Choices:
        """The ways on from `state`, remembered: one for each state that can be next.

        coarse: bytes of a kind (letters, digits ...) are taken to lead on alike, which saves looking
        at each. It is meant for the inside of free text; what can be drawn is the same.
        """
        found = self._known.get((state.id, coarse))
        if found is not None and found.state is state:
            return found
        ways = _ways_by_kind(state) if coarse else _ways_by_state(state)
        ways.sort(key=lambda way: way.change)
        made = Choices(state, tuple(ways), {})
        if len(self._known) >= MEMORY:
            self._known.clear()
        self._known[state.id, coarse] = made
        return made

    def text(self, draw: DrawInteger, max_bytes: int | None = None) -> bytes:
        """A valid text of at most `max_bytes` bytes, which is at least the shortest's length."""
        state, text = self.start, bytearray()
        left = self.start.shortest + BUDGETS[draw(len(BUDGETS) - 1)]
        if max_bytes is not None:
            left = min(left, max_bytes)
        growth, burst, inside = draw(len(GROWING) - 1), 0, False
        number = _NumberReader()
        for _ in range(CHOICES):
            run = state.forced
            if run:
                for byte in run:
                    state = _advance(state, byte)
                text += run
                left -= len(run)
                number.read(run)
                burst, inside = BURSTS[draw(len(BURSTS) - 1)], False
                continue
            word = self._word(draw, state, left) if self.words and text[-1:] == b'"' else None
            if word is not None:
                for _ in word[0]:
                    # As many draws as spelling it would take: shrinking goes to the fewest.
                    draw(1), draw(1)
                text += word[0]
                left -= len(word[0])
                number.read(word[0])
                state, burst, inside = word[1], 0, False
                continue
            if self.numbers and number.digits >= DIGITS:
                chosen = state.completion()[:1]
            else:
                chosen, inside = self._drawn(draw, state, left, growth, burst > 0, inside)
            if not chosen:
                return bytes(text)
            following = _advance(state, chosen[0])
            if following.shortest > left - 1:  # a kind of bytes, of which this one leads too far
                chosen = state.completion()[:1]
                following = _advance(state, chosen[0])
            burst = max(0, burst - 1)
            state = following
            text += chosen
            left -= 1
            number.read(chosen)
        return bytes(text) + state.completion()

    def _word(self, draw: DrawInteger, state: State, left: int) -> tuple[bytes, State] | None:
        """A word that may be said here, quote and all, and the state after it; or None, for any string."""
        found = self._named.get(state.id)
        if found is None or found[0] is not state:
            named = []
            if len(state.allowed) >= MANY:
                for word in self.words:
                    following: State | None = state
                    for byte in word:
                        following = None if following is None else following.advance(byte)
                    if following is not None:
                        named.append((word, following))
            if len(self._named) >= MEMORY:
                self._named.clear()
            found = self._named[state.id] = (state, tuple(named))
        fitting = [one for one in found[1] if len(one[0]) + one[1].shortest <= left]
        if not fitting:
            return None
        others = 1 + len(fitting) // 2
        chosen = draw(others + len(fitting) - 1) - others
        return None if chosen < 0 else fitting[chosen]

    def _drawn(
        self, draw: DrawInteger, state: State, left: int, growth: int, burst: bool, inside: bool
    ) -> tuple[bytes, bool]:
        """(the next byte, b"" to stop; whether it is one of many alike)."""
        choices = self.choices(state, inside or (bool(self.words) and len(state.allowed) >= MANY))
        fitting = len(choices.ways)
        while fitting and state.shortest + choices.ways[fitting - 1].change > left - 1:
            fitting -= 1
        table = choices.tables.get((growth, burst, fitting))
        if table is None:
            table = _weighted(choices, fitting, growth, burst)
            choices.tables[growth, burst, fitting] = table
        chosen = table[draw(len(table) - 1)] if len(table) > 1 else table[0]
        if chosen < 0:
            return b"", False
        members = choices.ways[chosen].members
        # A byte that is alone of its kind costs a draw, too, or shrinking would prefer it for the fewer.
        index = draw(len(members) - 1) if len(members) > 1 else 0 * draw(1)
        return members[index : index + 1], len(members) >= MANY


NAMES = ("properties", "dependentRequired", "dependentSchemas", "dependencies")
LITERALS = ("enum", "const", "required", "default", "examples")


def words_of(schema: object) -> tuple[bytes, ...]:
    """The strings that a schema names, as contents of JSON strings with the closing quote; the shorter first.

    Names of properties, and what is in `enum`, `const`, `required`, `default` and `examples`.

    >>> words_of({"properties": {"a": {"enum": ["b", 1]}}, "title": "not this"})
    (b'a"', b'b"')
    """
    found: set[str] = set()
    waiting: list[tuple[object, bool]] = [(schema, False)]
    while waiting:
        one, literal = waiting.pop()
        if isinstance(one, str) and literal:
            found.add(one)
        elif isinstance(one, list):
            waiting += [(item, literal) for item in one]
        elif isinstance(one, Mapping):
            if literal:
                found.update(one)
            for key, value in one.items():
                if not literal and key in NAMES and isinstance(value, Mapping):
                    found.update(value)
                    waiting += [(item, isinstance(item, list)) for item in value.values()]
                else:
                    waiting.append((value, literal or key in LITERALS))
    encoded = [json.dumps(word, ensure_ascii=False)[1:].encode("utf-8", "ignore") for word in found]
    return tuple(sorted((word for word in encoded if len(word) <= 48), key=lambda word: (len(word), word)))


def _ways_by_state(state: State) -> list[Way]:
    groups: dict[int, list[int]] = {}
    changes: dict[int, int] = {}
    for byte in simplest_first(state.allowed):
        following = _advance(state, byte)
        groups.setdefault(following.id, []).append(byte)
        changes[following.id] = following.shortest - state.shortest
    return [Way(bytes(members), changes[name]) for name, members in groups.items()]


def _ways_by_kind(state: State) -> list[Way]:
    """The bytes by kind, and one that ends soonest: `change` is exact for the first of each."""
    found = []
    for kind in KINDS:
        members = simplest_first(state.allowed & kind)
        if members:
            found.append(Way(members, _advance(state, members[0]).shortest - state.shortest))
    # Asking for the completion costs as much as it is long: only where no kind begins with its byte.
    if state.shortest and not any(way.change == -1 for way in found):
        found.append(Way(state.completion()[:1], -1))
    return found


def _weighted(choices: Choices, fitting: int, growth: int, burst: bool) -> tuple[int, ...]:
    """Indices of ways as often as they are wanted; -1 is to stop. The one that ends soonest is first."""
    table: list[int] = [-1] * (ENDING[growth] if not burst else 1) if choices.state.accepting else []
    for index, way in enumerate(choices.ways[:fitting]):
        if way.change < 0:
            weight = ENDING[growth]
        elif way.change == 0:
            readable = 0x20 <= way.members[0] < 0x7F
            weight = (3 if readable else 1) * (6 if burst else 1)
        else:
            weight = GROWING[growth]
        table += [index] * weight
    # One choice is none, whatever the mood: or a mood would make fewer draws, and shrink better.
    return tuple(table) if len({*table}) > 1 else (*table[:1],) or (-1,)


def _advance(state: State, byte: int) -> State:
    following = state.advance(byte)
    assert following is not None, f"byte {byte} is allowed and refused"
    return following


class _NumberReader:
    """Counts the digits of the JSON number being read; 0 outside of numbers."""

    def __init__(self) -> None:
        self.digits = 0
        self._in_string = self._escaped = False

    def read(self, data: bytes) -> None:
        for byte in data:
            if self._in_string:
                self._in_string = self._escaped or byte != 0x22
                self._escaped = byte == 0x5C and not self._escaped
            elif byte == 0x22:
                self._in_string, self.digits = True, 0
            elif 0x30 <= byte <= 0x39:
                self.digits += 1
            elif byte not in b"+-.eE":
                self.digits = 0
