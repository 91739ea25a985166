"""Where a reader of a JSON text may stand: in a scalar, before or after a value, between tokens.

A `Position` is an immutable thing with a way forward: `bits` (the live next bytes), `step(byte)` (the
positions after it, several where schemas leave alternatives open), `shortest` (bytes to the end of the
nearest valid text), `within(n)`, `nearest()` (the next bytes of a shortest way). Below it lies a chain of
frames, one a container around it; `Root` ends the chain. A position's cost is its own plus its frame's
`cost`, so depth costs nothing.

Positions of equal meaning are one object: each is made through the dictionary of its frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from bltgen.automata.byteset import bits_of
from bltgen.automata.contract import State
from bltgen.constraints.json_schema.formula import Formula
from bltgen.constraints.json_schema.layout import WHITESPACE, Gap

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.compiler import Compiler

__all__ = [
    "Frame",
    "LiteralText",
    "NumberText",
    "Position",
    "Root",
    "StringText",
    "ValueStart",
]

QUOTE, OPEN_BRACE, OPEN_BRACKET = 0x22, 0x7B, 0x5B
DIGITS = sum(1 << byte for byte in b"-0123456789")
_LITERALS = ((ord("n"), 0, b"null"), (ord("t"), 1, b"true"), (ord("f"), 2, b"false"))


class Position(Protocol):
    """See the module."""

    state: Any
    """The JsonState of this position alone, once made."""

    @property
    def bits(self) -> int: ...

    @property
    def accepting(self) -> bool: ...

    @property
    def shortest(self) -> int: ...

    def step(self, byte: int) -> tuple[Position, ...]: ...

    def within(self, n: int) -> int: ...

    def nearest(self) -> bytes: ...


class Frame(Protocol):
    """A container being read, after one of its values, or the root."""

    compiler: Compiler
    depth: int
    positions: dict[Any, Any]
    frames: dict[Any, Any]

    @property
    def cost(self) -> int:
        """Bytes from after the value to the end of the nearest valid text."""

    def after(self) -> Position:
        """The position after the value."""


class Root:
    """The frame around the outermost value. `after()` is accepting.

    `whitespace`: the bytes that may follow the value, as bits; by default those of the layout.
    """

    __slots__ = ("compiler", "cost", "depth", "frames", "positions", "whitespace")

    def __init__(self, compiler: Compiler, *, depth: int = 0, whitespace: int | None = None) -> None:
        self.compiler = compiler
        self.depth = depth
        self.whitespace = compiler.layout.around.bits if whitespace is None else whitespace
        self.cost = 0
        self.positions: dict[Any, Any] = {}
        self.frames: dict[Any, Any] = {}
        compiler.table.watch(self.positions, self.frames)

    def after(self) -> Position:
        found: Position | None = self.positions.get("after")
        if found is None:
            found = self.positions["after"] = End(self.whitespace)
        return found


class End:
    """After the outermost value."""

    __slots__ = ("bits", "state")

    accepting = True
    shortest = 0

    def __init__(self, whitespace: int) -> None:
        self.bits = whitespace
        self.state: Any = None

    def step(self, byte: int) -> tuple[Position, ...]:
        return (self,) if self.bits >> byte & 1 else ()

    def within(self, n: int) -> int:
        return self.bits if n > 0 else 0

    def nearest(self) -> bytes:
        raise AssertionError("nothing is nearer than an accepting position")


class LiteralText:
    """Within null, true or false."""

    __slots__ = ("at", "data", "frame", "state")

    accepting = False

    def __init__(self, data: bytes, at: int, frame: Frame) -> None:
        self.data = data
        self.at = at
        self.frame = frame
        self.state: Any = None

    @property
    def bits(self) -> int:
        return 1 << self.data[self.at]

    @property
    def shortest(self) -> int:
        return len(self.data) - self.at + self.frame.cost

    def step(self, byte: int) -> tuple[Position, ...]:
        if byte != self.data[self.at]:
            return ()
        if self.at + 1 == len(self.data):
            return (self.frame.after(),)
        return (literal_text(self.data, self.at + 1, self.frame),)

    def within(self, n: int) -> int:
        return self.bits if self.shortest <= n else 0

    def nearest(self) -> bytes:
        return self.data[self.at :]


def literal_text(data: bytes, at: int, frame: Frame) -> Position:
    """The position within a literal."""
    key = (data, at)
    found: Position | None = frame.positions.get(key)
    if found is None:
        found = frame.positions[key] = LiteralText(data, at, frame)
    return found


class StringText:
    """Within a string value; `text` is the state in its text and accepts after the closing quote.

    `told_by`: see `automata.contract.ToldState`.
    """

    __slots__ = ("frame", "state", "text", "told_by")

    accepting = False

    def __init__(self, text: State, frame: Frame, told_by: str | None) -> None:
        self.text = text
        self.frame = frame
        self.told_by = told_by
        self.state: Any = None

    @property
    def bits(self) -> int:
        return self.text.allowed.bits

    @property
    def shortest(self) -> int:
        return self.text.shortest + self.frame.cost

    def step(self, byte: int) -> tuple[Position, ...]:
        following = self.text.advance(byte)
        if following is None:
            return ()
        if byte == QUOTE and following.accepting:
            return (self.frame.after(),)
        return (string_text(following, self.frame, self.told_by),)

    def within(self, n: int) -> int:
        return self.text.allowed_within(n - self.frame.cost).bits

    def nearest(self) -> bytes:
        return self.text.completion()


def string_text(text: State, frame: Frame, told_by: str | None) -> Position:
    """The position within a string value."""
    found: Position | None = frame.positions.get(text)
    if found is None:
        found = frame.positions[text] = StringText(text, frame, told_by)
    return found


class NumberText:
    """Within a number value; it ends where something else follows."""

    __slots__ = ("frame", "state", "text")

    def __init__(self, text: State, frame: Frame) -> None:
        self.text = text
        self.frame = frame
        self.state: Any = None

    @property
    def accepting(self) -> bool:
        return self.text.accepting and self.frame.after().accepting

    @property
    def bits(self) -> int:
        bits = self.text.allowed.bits
        return bits | self.frame.after().bits if self.text.accepting else bits

    @property
    def shortest(self) -> int:
        return self.text.shortest + self.frame.cost

    def step(self, byte: int) -> tuple[Position, ...]:
        following = self.text.advance(byte)
        if following is not None:
            return (number_text(following, self.frame),)
        return self.frame.after().step(byte) if self.text.accepting else ()

    def within(self, n: int) -> int:
        bits = self.text.allowed_within(n - self.frame.cost).bits
        return bits | self.frame.after().within(n) if self.text.accepting else bits

    def nearest(self) -> bytes:
        return self.frame.after().nearest() if self.text.accepting else self.text.completion()


def number_text(text: State, frame: Frame) -> Position:
    """The position within a number value."""
    found: Position | None = frame.positions.get(text)
    if found is None:
        found = frame.positions[text] = NumberText(text, frame)
    return found


class ValueStart:
    """Before the first byte of a value that must satisfy `goal`, and what `gap` holds of whitespace."""

    __slots__ = ("_bits", "frame", "gap", "goal", "state")

    accepting = False

    def __init__(self, goal: Formula, frame: Frame, gap: Gap) -> None:
        self.goal = goal
        self.frame = frame
        self.gap = gap
        self.state: Any = None
        self._bits = -1

    @property
    def bits(self) -> int:
        if self._bits < 0:
            gap = self.gap
            self._bits = self.frame.compiler.first_bytes(self.goal) | gap.bits if gap.ends else gap.bits
        return self._bits

    @property
    def shortest(self) -> int:
        return self.gap.shortest + self.frame.compiler.cost(self.goal, self.frame.depth) + self.frame.cost

    def step(self, byte: int) -> tuple[Position, ...]:
        frame, goal = self.frame, self.goal
        if WHITESPACE >> byte & 1:
            left = self.gap.after(byte)
            return () if left is None else (value_start(goal, frame, left),)
        if not self.gap.ends:
            return ()
        compiler = frame.compiler
        if byte == QUOTE:
            strings = compiler.strings(goal)
            return () if strings is None else (string_text(strings, frame, compiler.told_by(goal)),)
        if byte == OPEN_BRACE:
            return tuple([plan.open(frame) for plan in compiler.live_objects(goal)])
        if byte == OPEN_BRACKET:
            return tuple([plan.open(frame) for plan in compiler.live_arrays(goal)])
        if DIGITS >> byte & 1:
            numbers = compiler.numbers(goal)
            following = None if numbers is None else numbers.advance(byte)
            return () if following is None else (number_text(following, frame),)
        for first, bit, data in _LITERALS:
            if byte == first and compiler.literals(goal) >> bit & 1:
                return (literal_text(data, 1, frame),)
        return ()

    def within(self, n: int) -> int:
        left = n - self.frame.cost
        bits = 0
        if self.gap.bits:
            bits = self.gap.within(n - self.shortest + self.gap.shortest)
        if not self.gap.ends:
            return bits
        for byte in bits_of(self.bits & ~(DIGITS | WHITESPACE)):
            if any(position.shortest < n for position in self.step(byte)):
                bits |= 1 << byte
        numbers = self.frame.compiler.numbers(self.goal)
        if numbers is not None:
            bits |= numbers.allowed_within(left).bits
        return bits

    def nearest(self) -> bytes:
        if not self.gap.ends:
            return self.gap.rest
        wanted = self.shortest - 1
        for byte in bits_of(self.bits):
            if not WHITESPACE >> byte & 1 and any(p.shortest == wanted for p in self.step(byte)):
                return bytes((byte,))
        raise AssertionError("some first byte lies on a shortest way")


def value_start(goal: Formula, frame: Frame, gap: Gap) -> Position:
    """The position before a value."""
    key = (goal, gap)
    found: Position | None = frame.positions.get(key)
    if found is None:
        found = frame.positions[key] = ValueStart(goal, frame, gap)
    return found


def first_bytes(compiler: Compiler, goal: Formula) -> int:
    """The bytes with which a value that satisfies the goal may begin."""
    bits = 0
    numbers = compiler.numbers(goal)
    if numbers is not None:
        bits |= numbers.allowed.bits
    if compiler.strings(goal) is not None:
        bits |= 1 << QUOTE
    literals = compiler.literals(goal)
    for first, bit, _ in _LITERALS:
        if literals >> bit & 1:
            bits |= 1 << first
    if compiler.live_objects(goal):
        bits |= 1 << OPEN_BRACE
    if compiler.live_arrays(goal):
        bits |= 1 << OPEN_BRACKET
    return bits
