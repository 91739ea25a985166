"""JSON strings whose decoded content is in a language.

`JsonString(content).start()` is the state after the opening quote. The content is a language of
characters in UTF-8; the string may spell them raw or escaped: `\\"`, `\\/`, `\\n`, `\\u0061`, surrogate
pairs, in any mixture, so `"a"`, `"\\u0061"` and `"\\u0061"` in either case of hexadecimal are one text. A
lone surrogate is no character, and a control character or a raw invalid byte is no JSON.
With `spelling="plain"` only what must be escaped is escaped, in one way: each content then has exactly
one spelling, and is `forced` where it is known. With `ascii_only` characters beyond ASCII must be escaped.

Invariants:
- The content must be a language of UTF-8 texts; intersect with `utf8.UTF8_TEXT` what might not be.
- `content` is the state of the content's language after the characters read (whole ones: in the middle
  of an escape it is the state before it).
- `allowed`, `accepting`, `shortest` are exact; nothing enumerates code points: an escape that is half
  read is a range of them, met with the content's own byte classes.
- A warm byte is one dictionary look-up. States are shared by all strings of the same spelling and
  dropped together at `STATES`; states in use stay valid.

Encoding: RFC 8259, section 7.

>>> from bltgen.automata.language import literal
>>> state = JsonString(literal("é".encode())).start()
>>> bytes(state.allowed), state.shortest
(b'\\\\\\xc3', 3)
>>> state.advance(ord("\\\\")).forced
b'u00'
>>> JsonString(literal(b'say "hi"'), spelling="plain").start().forced
b'say \\\\"hi\\\\""'
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from heapq import heappop, heappush
from itertools import count
from typing import Literal

from bltgen.automata.byteset import ByteSet, bits_of, lowest_byte
from bltgen.automata.contract import FORCED_LIMIT
from bltgen.automata.derivative import transitions
from bltgen.automata.language import EPSILON, INFINITE, Language, concat, from_automaton, literal
from bltgen.automata.lazy_dfa import LanguageState
from bltgen.automata.liveness import Choice, shortest
from bltgen.automata.recipe import FixedState
from bltgen.automata.utf8 import code_points
from bltgen.constraints.json_string_length import CONTROLS, SHORT_ESCAPED, SpelledLength

__all__ = ["PLAIN_CHARACTERS", "JsonString", "Spelling", "StringState", "characters_to_differ"]

Spelling = Literal["any", "plain"]
"""`any`: every spelling that JSON allows; `plain`: escape only what must be, in the shortest way."""

STATES = 50_000

BODY, ESCAPE, UNIT, HIGH, LOW_U, LOW_UNIT, END = range(7)
"""Between characters or within a raw one; after a backslash; in the digits after `\\u`; after the digits
of a high surrogate; after the backslash that must follow; in the digits of the low one; after the quote."""

_QUOTE, _BACKSLASH, _U = 0x22, 0x5C, 0x75
_SHORT = {0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09}
_HEX = {byte: int(chr(byte), 16) for byte in b"0123456789abcdefABCDEF"}
_MUST = SHORT_ESCAPED | CONTROLS
_RAW = ByteSet.range(0x20, 0xFF).bits & ~_MUST
_RAW_ASCII = ByteSet.range(0x20, 0x7F).bits & ~_MUST
_LEADS = ByteSet.range(0xC0, 0xFF).bits
_STARTS = ByteSet.range(0x00, 0x7F).bits | _LEADS

PLAIN_CHARACTERS = bytes(byte for byte in range(0x20, 0x7F) if byte not in (_QUOTE, _BACKSLASH))
"""The characters of one byte that are written as they are."""

BYTE_MOST, CHARACTER_MOST = 6, 12
"""Bytes that a byte of content, and a character, takes at most to spell."""

Ranges = tuple[tuple[int, int], ...]


def characters_to_differ(taken: int) -> int:
    """By so many plain characters more, any string can become one that is none of `taken` others."""
    return 1 + taken // len(PLAIN_CHARACTERS)


class StringState(FixedState, dict[int, "StringState | None"]):
    """A position in a JSON string, after its opening quote. See `contract.State`.

    `phase` says where in the syntax; `language` is what may follow of the content; `unit` and `digits`
    are the value and the number of the hexadecimal digits read, `high` the high surrogate before them.
    """

    __slots__ = (
        "_allowed",
        "_farthest",
        "_shortest",
        "accepting",
        "digits",
        "high",
        "id",
        "language",
        "phase",
        "spelling",
        "unit",
    )

    spelling: _Spelling
    phase: int
    language: Language
    unit: int
    digits: int
    high: int
    accepting: bool
    id: int
    _allowed: ByteSet | None
    _shortest: int
    _farthest: int

    advance = dict.__getitem__

    def __missing__(self, byte: int) -> StringState | None:
        found = self.spelling.successor(self, byte)
        self[byte] = found
        return found

    @property
    def content(self) -> LanguageState:
        """The state of the content's language after the characters read so far."""
        return self.language.start()

    @property
    def allowed(self) -> ByteSet:
        """The bytes after which some string with an allowed content can still be completed."""
        if self._allowed is None:
            self._allowed = ByteSet(self.spelling.allowed(self))
        return self._allowed

    @property
    def shortest(self) -> int:
        """Bytes to the nearest end of the string, its quote included; INFINITE where there is none."""
        if self._shortest < 0:
            self._shortest = self.spelling.shortest(self)
        return self._shortest

    @property
    def longest(self) -> int:
        """Part of the protocol of `language.Automaton`; not computed."""
        return INFINITE

    @property
    def forced(self) -> bytes:
        """What every spelling of every allowed content continues with."""
        text = bytearray()
        state: StringState = self
        while not state.accepting and len(state.allowed) == 1 and len(text) < FORCED_LIMIT:
            byte = next(iter(state.allowed))
            following = state[byte]
            assert following is not None
            text.append(byte)
            state = following
        return bytes(text)

    def completion(self) -> bytes:
        """A shortest completion: raw characters before escapes, the least bytes as far as is known soon."""
        text = bytearray()
        state: StringState = self
        choice = Choice()
        while not state.accepting:
            byte, state = state.spelling.shortest_step(state, choice)
            text.append(byte)
        return bytes(text)

    def allowed_within(self, n: int) -> ByteSet:
        """The allowed bytes after which a string still fits into n bytes in all."""
        return self.allowed if n > self.farthest else ByteSet(self.spelling.allowed_within(self, n))

    @property
    def farthest(self) -> int:
        """After no allowed byte is the end farther than this: with more bytes left, nothing is cut."""
        if self._farthest < 0:
            self._farthest = self.spelling.farthest(self)
        return self._farthest

    def successors(self) -> list[tuple[int, StringState]]:
        """The allowed bytes, as bits, grouped by the state after them."""
        return self.spelling.classes(self)

    def transitions(self) -> Iterable[tuple[int, Language]]:
        """The successors as terms of the regular layer, for `from_automaton`."""
        return [
            (bits, EPSILON if target.phase == END else from_automaton(target))
            for bits, target in self.successors()
        ]

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __repr__(self) -> str:
        where = ("body", "escape", "unit", "high", "low u", "low unit", "end")[self.phase]
        return f"<StringState {self.id} {where}: {self.language!r}>"


class _Spelling:
    """All states of all JSON strings in one way of spelling."""

    def __init__(self, ascii_only: bool, plain: bool) -> None:
        self.ascii_only = ascii_only
        self.plain = plain
        self.length = SpelledLength(ascii_only)
        self._raw = _RAW_ASCII if ascii_only else _RAW
        # What makes a backslash possible, being allowed in the content.
        self._escaped = _STARTS if not plain else _MUST | _LEADS if ascii_only else _MUST
        self._hex = {byte: digit for byte, digit in _HEX.items() if not plain or byte not in b"ABCDEF"}
        self._states: dict[tuple[int, Language, int, int, int], StringState] = {}
        self._identities = count().__next__

    def state(
        self, phase: int, language: Language, unit: int = 0, digits: int = 0, high: int = 0
    ) -> StringState:
        key = (phase, language, unit, digits, high)
        made = self._states.get(key)
        if made is None:
            if len(self._states) >= STATES:
                self._states.clear()
            made = StringState()
            made.spelling = self
            made.phase, made.language, made.unit, made.digits, made.high = key
            made.accepting = phase == END
            made.id = self._identities()
            made._allowed = None
            made._farthest = -1
            made._shortest = 0 if phase == END else -1
            self._states[key] = made
        return made

    # -- the syntax --------------------------------------------------------------------------------------

    def successor(self, state: StringState, byte: int) -> StringState | None:
        """The state after one more byte; None where no allowed content can be spelled on."""
        phase, language = state.phase, state.language
        if phase == BODY:
            if byte == _QUOTE:
                return self.state(END, language) if language.nullable else None
            if byte == _BACKSLASH:
                possible = language.start().allowed.bits & self._escaped
                return self.state(ESCAPE, language) if possible else None
            if not self._raw >> byte & 1:
                return None
            content = language.start().advance(byte)
            return None if content is None else self.state(BODY, content.language)
        if phase == END:
            return None
        if phase == ESCAPE:
            if byte == _U:
                made = self.state(UNIT, language)
                return made if self._lives(made) else None
            character = _SHORT.get(byte)
            if character is None or (self.plain and byte == 0x2F):
                return None
            content = language.start().advance(character)
            return None if content is None else self.state(BODY, content.language)
        if phase == HIGH:
            return self.state(LOW_U, language, high=state.high) if byte == _BACKSLASH else None
        if phase == LOW_U:
            return self.state(LOW_UNIT, language, high=state.high) if byte == _U else None
        digit = self._hex.get(byte)
        if digit is None:
            return None
        following = self._after_digit(state, state.unit << 4 | digit)
        return following if following is not None and self._lives(following) else None

    def _after_digit(self, state: StringState, unit: int) -> StringState | None:
        language = state.language
        if state.digits < 3:
            return self.state(state.phase, language, unit, state.digits + 1, state.high)
        # No other half of a pair is met here: where only such can come, no state lives.
        if state.phase == UNIT:
            if unit & 0xFC00 == 0xD800:
                return self.state(HIGH, language, high=unit)
            if not any(low <= unit <= high for low, high in self._characters):
                return None
            character = unit
        else:
            character = 0x10000 + ((state.high - 0xD800) << 10) + (unit - 0xDC00)
        content: LanguageState | None = language.start()
        for byte in chr(character).encode():
            content = None if content is None else content.advance(byte)
        return None if content is None else self.state(BODY, content.language)

    @property
    def _characters(self) -> Ranges:
        """The characters of the basic plane that may be written as `\\u` and four digits."""
        if not self.plain:
            return ((0x0000, 0xFFFF),)
        controls = ((0x00, 0x07), (0x0B, 0x0B), (0x0E, 0x1F))
        return (*controls, (0x80, 0xFFFF)) if self.ascii_only else controls

    # -- what the content makes of it ----------------------------------------------------------------------

    def _ranges(self, state: StringState) -> Ranges:
        """The code points that the escape being read can still become."""
        missing = 4 * (4 - state.digits)
        first, last = state.unit << missing, ((state.unit + 1) << missing) - 1
        if state.phase == UNIT:
            return _clip(self._characters, first, last) + self._astral(first, last)
        base = 0x10000 + ((state.high - 0xD800) << 10)
        if state.phase == LOW_UNIT:
            low, high = max(first, 0xDC00), min(last, 0xDFFF)
            return ((base + low - 0xDC00, base + high - 0xDC00),) if low <= high else ()
        return ((base, base + 0x3FF),)

    def _astral(self, first: int, last: int) -> Ranges:
        """The code points whose high surrogate is in first..last."""
        low, high = max(first, 0xD800), min(last, 0xDBFF)
        if low > high or (self.plain and not self.ascii_only):
            return ()
        return ((0x10000 + ((low - 0xD800) << 10), 0x103FF + ((high - 0xD800) << 10)),)

    def _lives(self, state: StringState) -> bool:
        """Whether a state with live content, in an escape, still has a character to become."""
        if state.phase in (BODY, ESCAPE, END):
            return True
        ranges = self._ranges(state)
        return bool(ranges) and any(True for _ in _after(state.language, code_points(ranges)))

    def allowed(self, state: StringState) -> int:
        if state.phase == BODY:
            content = state.language.start().allowed.bits
            bits = content & self._raw
            if content & self._escaped:
                bits |= 1 << _BACKSLASH
            if state.language.nullable:
                bits |= 1 << _QUOTE
            return bits
        return sum(1 << byte for byte in self._candidates(state) if state[byte] is not None)

    def _candidates(self, state: StringState) -> Iterable[int]:
        """The bytes that the syntax alone allows, in an escape."""
        if state.phase == ESCAPE:
            return (*_SHORT, _U)
        if state.phase in (UNIT, LOW_UNIT):
            return self._hex
        return {HIGH: (_BACKSLASH,), LOW_U: (_U,), END: ()}[state.phase]

    def classes(self, state: StringState) -> list[tuple[int, StringState]]:
        """The allowed bytes grouped by successor."""
        found: dict[StringState, int] = {}
        if state.phase == BODY:
            for bits, target in transitions(state.language):
                if bits & self._raw and shortest(target) < INFINITE:
                    found[self.state(BODY, target)] = bits & self._raw
            others: Iterable[int] = (_BACKSLASH, _QUOTE)
        else:
            others = self._candidates(state)
        for byte in others:
            following = state[byte]
            if following is not None:
                found[following] = found.get(following, 0) | 1 << byte
        return [(bits, target) for target, bits in found.items()]

    def shortest(self, state: StringState) -> int:
        phase = state.phase
        if phase == BODY:
            return min(INFINITE, self.length(state.language) + 1)
        if phase == ESCAPE:
            best = INFINITE
            for byte in self._candidates(state):
                following = state[byte]
                # Four digits and the quote are the least after `u`, which comes last.
                if following is not None and (byte != _U or best > 5):
                    best = min(best, following.shortest)
            return 1 + best
        missing = {UNIT: 4 - state.digits, HIGH: 6, LOW_U: 5, LOW_UNIT: 4 - state.digits}[phase]
        best = INFINITE
        for low, high in self._ranges(state):
            # A character beyond the basic plane whose high surrogate is being read needs the low one too.
            more = missing + 6 if phase == UNIT and low > 0xFFFF else missing
            best = min(best, more + self._nearest_after(state.language, code_points(((low, high),))) + 1)
        return best

    def _nearest_after(self, language: Language, character: Language) -> int:
        """The least spelled length after some character of `character`; INFINITE where there is none.

        Best first, deepest first among equals: a language may tell every character from every other (the
        format `regex` does).
        """
        order = count(0, -1).__next__
        heap = [(0, order(), language, character, False)]
        seen = set()
        while heap:
            bound, _, rest, reading, is_exact = heappop(heap)
            if is_exact:
                return bound
            if (rest, reading) in seen:
                continue
            seen.add((rest, reading))
            if reading is EPSILON:
                heappush(heap, (self.length(rest), order(), rest, reading, True))
                continue
            for bits, target in transitions(rest):
                nearest = shortest(target)
                if nearest < INFINITE:
                    for mine, after in transitions(reading):
                        if mine & bits:
                            heappush(heap, (max(0, nearest - after.most), order(), target, after, False))
        return INFINITE

    def farthest(self, state: StringState) -> int:
        """An upper bound on `shortest` after any allowed byte; exact within escapes."""
        if state.phase != BODY:
            return max([target.shortest for _, target in self.classes(state)], default=0)
        # An escape may stand for the character by which the content ends soonest.
        return BYTE_MOST * state.content.farthest + CHARACTER_MOST + 1

    def shortest_step(self, state: StringState, choice: Choice) -> tuple[int, StringState]:
        """The first byte of the completion, and the state after it."""
        wanted = state.shortest - 1
        if state.phase == BODY and wanted:
            # Where a raw character lies on a shortest way, others need not be asked whether they live.
            steps = [(bits & self._raw, content) for bits, content in transitions(state.language)]
            for bits, content in sorted(filter(_raw_bits, steps), key=_least_bit):
                if choice.is_shortest(content, wanted - 1) and self.length(content) == wanted - 1:
                    return lowest_byte(bits), self.state(BODY, content)
        classes = sorted(self.classes(state), key=lambda item: (item[1].phase != BODY, item[0] & -item[0]))
        for bits, target in classes:
            if target.shortest == wanted:
                return next(bits_of(bits)), target
        raise ValueError("an empty language has no completion")

    def allowed_within(self, state: StringState, n: int) -> int:
        allowed = 0
        for bits, target in self.classes(state):
            if target.phase == BODY:
                # Unspelled, the content is as short or shorter.
                least = shortest(target.language)
                if least + 1 >= n:
                    continue
                if BYTE_MOST * least + 1 < n:
                    allowed |= bits
                    continue
            if target.shortest < n:
                allowed |= bits
        return allowed


def _clip(ranges: Ranges, first: int, last: int) -> Ranges:
    """The part of the ranges within first..last that is no surrogate."""
    found = []
    for low, high in ranges:
        for begin, end in ((0, 0xD7FF), (0xE000, 0xFFFF)):
            a, b = max(low, first, begin), min(high, last, end)
            if a <= b:
                found.append((a, b))
    return tuple(found)


def _after(language: Language, character: Language) -> Iterable[Language]:
    """Each live language, once, that remains of `language` after some character of `character`."""
    seen = set()
    stack = [(language, character)]
    while stack:
        pair = stack.pop()
        if pair in seen:
            continue
        seen.add(pair)
        rest, reading = pair
        if reading is EPSILON:
            yield rest
            continue
        for bits, target in transitions(rest):
            if shortest(target) < INFINITE:
                stack += [(target, after) for mine, after in transitions(reading) if mine & bits]


@lru_cache
def _spelling(ascii_only: bool, plain: bool) -> _Spelling:
    return _Spelling(ascii_only, plain)


class JsonString:
    """The JSON strings whose decoded content is in `content`, a language of UTF-8 texts.

    `ascii_only`: characters beyond ASCII are written as escapes. `spelling`: see `Spelling`.
    """

    __slots__ = ("_states", "content")

    def __init__(self, content: Language, ascii_only: bool = False, *, spelling: Spelling = "any") -> None:
        if spelling not in ("any", "plain"):
            raise ValueError(f"spelling is 'any' or 'plain', not {spelling!r}")
        self.content = content
        self._states = _spelling(ascii_only, spelling == "plain")

    def start(self) -> StringState:
        """The state after the opening quote. For an empty content nothing is allowed there."""
        return self._states.state(BODY, self.content)

    def language(self) -> Language:
        """The whole strings, opening quote included, as a language of bytes."""
        return concat(literal(b'"'), from_automaton(self.start()))


def _raw_bits(step: tuple[int, Language]) -> int:
    return step[0]


def _least_bit(step: tuple[int, Language]) -> int:
    return step[0] & -step[0]
