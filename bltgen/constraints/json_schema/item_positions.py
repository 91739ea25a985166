"""Positions in an array outside of its items: after the opening bracket, and after an item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bltgen.constraints.json_schema.layout import WHITESPACE
from bltgen.constraints.json_schema.positions import Position, fixed, narrower

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.array_plan import ArrayFrame

__all__ = ["AfterItem", "ArrayOpened"]

COMMA, CLOSE = 0x2C, 0x5D


class ArrayOpened:
    """After the opening bracket."""

    __slots__ = ("frame", "gap", "state")

    accepting = False

    def __init__(self, frame: ArrayFrame, gap: int) -> None:
        self.frame = frame
        self.gap = gap
        self.state: Any = None

    @property
    def bits(self) -> int:
        bits = WHITESPACE if self.gap else 0
        if self.frame.closable:
            bits |= 1 << CLOSE
        if self.frame.compiler.layout.indent is not None:
            return bits | (1 << 0x0A if self.frame.starts(0) else 0)
        for start in self.frame.starts(0):
            bits |= start.bits
        return bits

    @property
    def shortest(self) -> int:
        if self.frame.closable:
            return 1 + self.frame.parent.cost
        # What an item needs after a comma it needs here without one.
        return self.frame.cost - 1

    def step(self, byte: int) -> tuple[Position, ...]:
        frame = self.frame
        if byte == CLOSE:
            return (frame.parent.after(),) if frame.closable else ()
        layout = frame.compiler.layout
        if layout.indent is not None:
            starts = frame.starts(0)
            return fixed(layout.newline(frame.depth), 1, starts) if byte == 0x0A and starts else ()
        if WHITESPACE >> byte & 1:
            return (frame.opened(narrower(self.gap)),) if self.gap else ()
        return tuple([position for start in frame.starts(0) for position in start.step(byte)])

    def within(self, n: int) -> int:
        frame = self.frame
        bits = WHITESPACE if self.gap and self.shortest < n else 0
        if frame.closable and frame.parent.cost < n:
            bits |= 1 << CLOSE
        layout = frame.compiler.layout
        newline = len(layout.newline(frame.depth))
        for start in frame.starts(0):
            if newline == 0:
                bits |= start.within(n)
            elif newline + start.shortest <= n:
                bits |= 1 << 0x0A
        return bits

    def nearest(self) -> bytes:
        frame = self.frame
        if frame.closable:
            return b"]"
        newline = frame.compiler.layout.newline(frame.depth)
        return newline or min(frame.starts(0), key=lambda start: start.shortest).nearest()


class AfterItem:
    """After an item."""

    __slots__ = ("frame", "gap", "state")

    accepting = False

    def __init__(self, frame: ArrayFrame, gap: int) -> None:
        self.frame = frame
        self.gap = gap
        self.state: Any = None

    @property
    def bits(self) -> int:
        bits = WHITESPACE if self.gap else 0
        if self.frame.closable:
            bits |= 1 << (CLOSE if self.frame.compiler.layout.indent is None else 0x0A)
        if self.frame.starts(0):
            bits |= 1 << COMMA
        return bits

    @property
    def shortest(self) -> int:
        return self.frame.cost

    def step(self, byte: int) -> tuple[Position, ...]:
        frame = self.frame
        layout = frame.compiler.layout
        if byte == COMMA:
            return (
                fixed(layout.newline(frame.depth), 0, frame.starts(layout.gap(frame.depth)))
                if frame.starts(0)
                else ()
            )
        if layout.indent is not None:
            if byte == 0x0A and frame.closable:
                return fixed(layout.newline(frame.depth - 1) + b"]", 1, (frame.parent.after(),))
            return ()
        if byte == CLOSE:
            return (frame.parent.after(),) if frame.closable else ()
        if WHITESPACE >> byte & 1 and self.gap:
            return (frame.after_gap(narrower(self.gap)),)
        return ()

    def within(self, n: int) -> int:
        frame = self.frame
        layout = frame.compiler.layout
        bits = WHITESPACE if self.gap and self.shortest < n else 0
        if frame.closable and len(layout.newline(frame.depth - 1)) + frame.parent.cost < n:
            bits |= 1 << (CLOSE if layout.indent is None else 0x0A)
        newline = len(layout.newline(frame.depth))
        if any(1 + newline + start.shortest <= n for start in frame.starts(0)):
            bits |= 1 << COMMA
        return bits

    def nearest(self) -> bytes:
        if self.frame.closable:
            return self.frame.compiler.layout.newline(self.frame.depth - 1) + b"]"
        return b"," + self.frame.compiler.layout.newline(self.frame.depth)
