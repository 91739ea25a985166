"""Positions in a container outside of its values: after the opening bracket, and after an item or a member.

What the two kinds of containers differ in, their frames tell: the closing bracket, whether it may come, and
the positions before a further item or member (`further`).
"""

from __future__ import annotations

from typing import Any, Protocol

from bltgen.automata.language import INFINITE
from bltgen.constraints.json_schema.layout import WHITESPACE, Gap
from bltgen.constraints.json_schema.positions import Frame, Position

__all__ = ["AfterPart", "Container", "Opened"]

COMMA = 0x2C


class Container(Frame, Protocol):
    """The frame of a container, after one of its items or members (or before the first)."""

    parent: Frame

    @property
    def closing(self) -> int:
        """The closing bracket."""

    @property
    def closable(self) -> bool:
        """Whether it may come now."""

    @property
    def has_more(self) -> bool:
        """Whether a further item or member may come."""

    def further(self, gap: Gap) -> tuple[Position, ...]:
        """The positions before it, where it may."""

    def after_gaps(self, to_close: Gap | None, to_comma: Gap | None) -> Position:
        """The position after a part and some whitespace: before what still may come of either gap."""


class Opened:
    """After the opening bracket."""

    __slots__ = ("_starts", "frame", "state", "to_close")

    accepting = False

    def __init__(self, frame: Container) -> None:
        self.frame = frame
        self.state: Any = None
        layout = frame.compiler.layout
        self.to_close = layout.inside(frame.depth).empty if frame.closable else None
        self._starts: tuple[Position, ...] | None = None

    @property
    def starts(self) -> tuple[Position, ...]:
        """The positions before the first part, and whitespace."""
        found = self._starts
        if found is None:
            frame = self.frame
            gap = frame.compiler.layout.inside(frame.depth).open
            found = self._starts = frame.further(gap) if frame.has_more else ()
        return found

    @property
    def bits(self) -> int:
        bits = 0
        gap = self.to_close
        if gap is not None:
            bits = gap.bits | 1 << self.frame.closing if gap.ends else gap.bits
        for start in self.starts:
            bits |= start.bits
        return bits

    @property
    def shortest(self) -> int:
        frame = self.frame
        if self.to_close is not None:
            return self.to_close.shortest + 1 + frame.parent.cost
        # What a part needs after a comma it needs here without one.
        gaps = frame.compiler.layout.inside(frame.depth)
        return frame.cost - 1 - gaps.comma + gaps.open.shortest

    def step(self, byte: int) -> tuple[Position, ...]:
        frame, gap = self.frame, self.to_close
        if byte == frame.closing:
            return (frame.parent.after(),) if gap is not None and gap.ends else ()
        found = [position for start in self.starts for position in start.step(byte)]
        if gap is not None and WHITESPACE >> byte & 1:
            left = gap.after(byte)
            if left is not None:
                found.append(frame.after_gaps(left, None))
        return tuple(found)

    def within(self, n: int) -> int:
        frame, gap = self.frame, self.to_close
        bits = 0
        if gap is not None:
            left = n - 1 - frame.parent.cost
            bits = gap.within(left)
            if gap.ends and left >= 0:
                bits |= 1 << frame.closing
        for start in self.starts:
            bits |= start.within(n)
        return bits

    def nearest(self) -> bytes:
        if self.to_close is not None:
            return self.to_close.rest + bytes((self.frame.closing,))
        return min(self.starts, key=lambda start: start.shortest).nearest()


class AfterPart:
    """After an item or a member, and some whitespace: `to_close` is what may still come of it before the
    closing bracket, `to_comma` before a comma; None where that must not follow."""

    __slots__ = ("frame", "state", "to_close", "to_comma")

    accepting = False

    def __init__(self, frame: Container, to_close: Gap | None, to_comma: Gap | None) -> None:
        self.frame = frame
        self.to_close = to_close
        self.to_comma = to_comma
        self.state: Any = None

    @property
    def bits(self) -> int:
        bits = 0
        gap = self.to_close
        if gap is not None:
            bits = gap.bits | 1 << self.frame.closing if gap.ends else gap.bits
        gap = self.to_comma
        if gap is not None:
            bits |= gap.bits | 1 << COMMA if gap.ends else gap.bits
        return bits

    @property
    def shortest(self) -> int:
        frame = self.frame
        best = INFINITE
        if self.to_close is not None:
            best = self.to_close.shortest + 1 + frame.parent.cost
        if self.to_comma is not None and not frame.closable:
            gaps = frame.compiler.layout.inside(frame.depth)
            best = self.to_comma.shortest - gaps.before_comma.shortest + frame.cost
        return best

    def step(self, byte: int) -> tuple[Position, ...]:
        frame, to_close, to_comma = self.frame, self.to_close, self.to_comma
        if byte == COMMA:
            return self._further() if to_comma is not None and to_comma.ends else ()
        if byte == frame.closing:
            return (frame.parent.after(),) if to_close is not None and to_close.ends else ()
        if not WHITESPACE >> byte & 1:
            return ()
        to_close = None if to_close is None else to_close.after(byte)
        to_comma = None if to_comma is None else to_comma.after(byte)
        return () if to_close is to_comma is None else (frame.after_gaps(to_close, to_comma),)

    def _further(self) -> tuple[Position, ...]:
        frame = self.frame
        return frame.further(frame.compiler.layout.inside(frame.depth).after_comma)

    def within(self, n: int) -> int:
        frame, bits = self.frame, 0
        gap = self.to_close
        if gap is not None:
            left = n - 1 - frame.parent.cost
            bits = gap.within(left)
            if gap.ends and left >= 0:
                bits |= 1 << frame.closing
        gap = self.to_comma
        if gap is not None and (gap.ends or gap.bits & ~bits):
            left = n - 1 - min([position.shortest for position in self._further()])
            bits |= gap.within(left)
            if gap.ends and left >= 0:
                bits |= 1 << COMMA
        return bits

    def nearest(self) -> bytes:
        if self.to_close is not None:
            return self.to_close.rest + bytes((self.frame.closing,))
        assert self.to_comma is not None
        return self.to_comma.rest + b","
