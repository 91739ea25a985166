"""Positions in an object before its values: before, in and after the names of its members.

Within a name two readers run in step: a node of the trie of declared names, and a state in the text of all
other names. The name itself is kept as it was spelled; at the closing quote it is decoded, so that
`"\\u0061"` is the name `a`, and a name that was seen is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bltgen.automata.byteset import bits_of
from bltgen.automata.language import INFINITE
from bltgen.constraints.json_schema.formula import Formula
from bltgen.constraints.json_schema.layout import WHITESPACE, Gap
from bltgen.constraints.json_schema.name_trie import NameNode
from bltgen.constraints.json_schema.positions import Position, value_start
from bltgen.constraints.json_string import PLAIN_CHARACTERS, StringState

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.object_frame import ObjectFrame

__all__ = ["NameStart", "NameText", "colon"]

QUOTE, BACKSLASH, COLON = 0x22, 0x5C, 0x3A
_BYTES = [bytes((byte,)) for byte in range(256)]
_HIGH_SURROGATES = (b"d8", b"d9", b"da", b"db")


class NameStart:
    """Before the opening quote of a name, where a member must come, and whitespace."""

    __slots__ = ("frame", "gap", "state")

    accepting = False

    def __init__(self, frame: ObjectFrame, gap: Gap) -> None:
        self.frame = frame
        self.gap = gap
        self.state: Any = None

    @property
    def first(self) -> NameText:
        """The position after the opening quote."""
        frame = self.frame
        found: NameText | None = frame.positions.get("first")
        if found is None:
            node = frame.plan.root if frame.live else None
            found = frame.positions["first"] = NameText(frame, node, b"", frame.others(), b"")
        return found

    @property
    def bits(self) -> int:
        return self.gap.bits | 1 << QUOTE if self.gap.ends else self.gap.bits

    @property
    def shortest(self) -> int:
        return self.gap.shortest + 1 + self.first.shortest

    def step(self, byte: int) -> tuple[Position, ...]:
        if byte == QUOTE:
            return (self.first,) if self.gap.ends else ()
        left = self.gap.after(byte) if WHITESPACE >> byte & 1 else None
        return () if left is None else (self.frame.name_start(left),)

    def within(self, n: int) -> int:
        left = n - 1 - self.first.shortest
        bits = self.gap.within(left)
        return bits | 1 << QUOTE if self.gap.ends and left >= 0 else bits

    def nearest(self) -> bytes:
        return self.gap.rest or b'"'


class NameText:
    """Within a name. `node`: the declared names that may still be meant (None: none); `pending`: the part
    of an escape that was read; `others`: the state in the text of another name (None: impossible); `raw`:
    the name as spelled so far."""

    __slots__ = ("_bits", "_shortest", "frame", "node", "others", "pending", "raw", "state")

    accepting = False

    def __init__(
        self,
        frame: ObjectFrame,
        node: NameNode | None,
        pending: bytes,
        others: StringState | None,
        raw: bytes,
    ) -> None:
        self.frame = frame
        self.node = node
        self.pending = pending
        self.others = others
        self.raw = raw
        self.state: Any = None
        self._bits = -1
        self._shortest = -1

    @property
    def bits(self) -> int:
        if self._bits < 0:
            self._bits = self._find_bits()
        return self._bits

    def _find_bits(self) -> int:
        others = self.others
        bits = 0
        if others is not None:
            bits = others.allowed.bits
            if bits >> QUOTE & 1 and not self.pending and not self._may_be_other():
                bits ^= 1 << QUOTE
        return bits if self.node is None else bits | self._named_bits(self.node)

    def _may_be_other(self) -> bool:
        """Whether the name read so far is neither declared nor seen."""
        name = self.name()
        return name not in self.frame.plan.index and name not in self.frame.seen

    def name(self) -> bytes:
        """The name read so far, decoded."""
        raw = self.raw
        if BACKSLASH not in raw:
            return raw
        decoded: str = json.loads(b'"' + raw + b'"')
        return decoded.encode("utf-8", "surrogatepass")

    def step(self, byte: int) -> tuple[Position, ...]:
        pending = self.pending
        if byte == QUOTE and not pending:
            return self._close() if self.bits >> QUOTE & 1 else ()
        others = self.others
        if others is not None:
            others = others.advance(byte)
        node = self.node
        frame = self.frame
        if pending:
            pending += bytes((byte,))
            if node is not None:
                node = node.after_escape(pending, frame.live, frame.compiler.name_spelling)
            pending = b"" if _is_whole(pending) else pending
        elif byte == BACKSLASH:
            pending = b"\\"
            if node is not None and not node.bits(frame.live, frame.compiler.name_spelling) >> BACKSLASH & 1:
                node = None
        elif node is not None:
            node = node.live_child(byte, frame.live, frame.compiler.name_spelling)
        if node is None and others is None:
            return ()
        return (NameText(frame, node, pending, others, self.raw + _BYTES[byte]),)

    def _close(self) -> tuple[Position, ...]:
        frame = self.frame
        name = self.name()
        i = frame.plan.index.get(name)
        gap = frame.compiler.layout.inside(frame.depth).before_colon
        return tuple([colon(goal, following, gap) for goal, following in frame.forks(i, name)])

    @property
    def shortest(self) -> int:
        if self._shortest < 0:
            self._shortest = self._nearest_end()[0]
        return self._shortest

    def _nearest_end(self) -> tuple[int, bytes]:
        """Bytes to the end of the nearest text, and the rest of the name with its quote on that way."""
        frame = self.frame
        colon_length = frame.colon_length
        best, way = INFINITE, b""
        node = self.node
        if node is not None and not self.pending and frame.is_simple:
            best, i = frame.nearest_under(node)
            if best < INFINITE:
                way = (node.rest(frame.plan.names[i], b"", frame.compiler.name_spelling) or b"") + b'"'
        elif node is not None:
            rests: dict[int, bytes] = {}
            for name, bit in node.live_names(frame.live):
                rest = node.rest(name, self.pending, frame.compiler.name_spelling)
                if rest is not None:
                    rests[bit.bit_length() - 1] = rest
            if rests:
                best, i = frame.nearest_name([(len(rest) + 1, i) for i, rest in rests.items()])
                way = rests[i] + b'"'
        others = self.others
        if others is not None:
            least = colon_length + frame.least_after_other
            for rest, name in self._other_ways(others):
                for goal, following in frame.forks(None, name):
                    total = len(rest) + 1 + colon_length + frame.value_cost(goal) + following.cost
                    if total < best:
                        best, way = total, rest + b'"'
                if len(rest) + 1 + least >= best:
                    # Names of other classes are no shorter.
                    break
        return best, way

    def _other_ways(self, others: StringState) -> Iterator[tuple[bytes, bytes]]:
        """Ways to end an undeclared name: what is left of it as spelled, and the whole name decoded.

        One for each class of names, the shortest first.
        """
        frame = self.frame
        plan = frame.plan
        text: StringState | None = others
        left = frame.other_names()
        while text is not None:
            frame.compiler.table.effort.spend()
            rest = text.completion()[:-1]
            name = NameText(frame, None, b"", None, self.raw + rest).name()
            if name in plan.index or name in frame.seen:
                # Only of the language of all names: a further character makes the name new.
                rest, name = self._unused(rest)
            yield rest, name
            if plan.classes.is_one:
                return
            left = left - plan.classes.of(name).language
            text = plan.other_text(left, frame.seen)
            for byte in self.raw:
                text = None if text is None else text.advance(byte)

    def _unused(self, rest: bytes) -> tuple[bytes, bytes]:
        plan, seen = self.frame.plan, self.frame.seen
        candidates = [rest]
        while True:
            longer = [before + bytes((byte,)) for before in candidates for byte in PLAIN_CHARACTERS]
            for candidate in longer:
                name = NameText(self.frame, None, b"", None, self.raw + candidate).name()
                if name not in plan.index and name not in seen:
                    return candidate, name
            candidates = longer[:100]

    def within(self, n: int) -> int:
        undecided, allowed = self.bits, 0
        if self.others is not None:
            allowed, refused = self._within_others(self.others, n)
            undecided &= ~(allowed | refused)
        for byte in bits_of(undecided):
            if any(position.shortest < n for position in self.step(byte)):
                allowed |= 1 << byte
        return allowed

    def _within_others(self, others: StringState, n: int) -> tuple[int, int]:
        """Bytes of other names that surely lead to the end within n bytes; bytes that surely do not."""
        frame = self.frame
        inside = self.bits & others.allowed.bits & ~(1 << QUOTE)
        most = frame.most_after_other
        if n > others.farthest + most:
            return inside, 0
        least = frame.colon_length + frame.least_after_other
        named = 0 if self.node is None else self._named_bits(self.node)
        allowed = refused = 0
        for bits, following in others.successors():
            if following.shortest + most < n:
                allowed |= bits & inside
            elif following.shortest + least >= n:
                refused |= bits & inside & ~named
        return allowed, refused

    def _named_bits(self, node: NameNode) -> int:
        """The bytes that lead on to a live declared name, or end one."""
        frame = self.frame
        live, spelling = frame.live, frame.compiler.name_spelling
        if self.pending:
            return node.escape_bits(self.pending, live, spelling)
        bits = node.bits(live, spelling)
        return bits | 1 << QUOTE if node.end & live else bits

    def nearest(self) -> bytes:
        return self._nearest_end()[1]


def _is_whole(escape: bytes) -> bool:
    """Whether `escape`, from its backslash on, is a whole character."""
    if len(escape) < 2:
        return False
    if escape[1:2] != b"u":
        return True
    if escape[2:4].lower() in _HIGH_SURROGATES:
        return len(escape) == 12
    return len(escape) == 6


class Colon:
    """After a name, before its colon, and whitespace."""

    __slots__ = ("frame", "gap", "goal", "state")

    accepting = False

    def __init__(self, goal: Formula, frame: ObjectFrame, gap: Gap) -> None:
        self.goal = goal
        self.frame = frame
        self.gap = gap
        self.state: Any = None

    @property
    def value(self) -> Position:
        """The position after the colon."""
        frame = self.frame
        return value_start(self.goal, frame, frame.compiler.layout.inside(frame.depth).after_colon)

    @property
    def bits(self) -> int:
        return self.gap.bits | 1 << COLON if self.gap.ends else self.gap.bits

    @property
    def shortest(self) -> int:
        return self.gap.shortest + 1 + self.value.shortest

    def step(self, byte: int) -> tuple[Position, ...]:
        if byte == COLON:
            return (self.value,) if self.gap.ends else ()
        left = self.gap.after(byte) if WHITESPACE >> byte & 1 else None
        return () if left is None else (colon(self.goal, self.frame, left),)

    def within(self, n: int) -> int:
        left = n - 1 - self.value.shortest
        bits = self.gap.within(left)
        return bits | 1 << COLON if self.gap.ends and left >= 0 else bits

    def nearest(self) -> bytes:
        return self.gap.rest + b":"


def colon(goal: Formula, frame: ObjectFrame, gap: Gap) -> Position:
    """The position before the colon of the member after which `frame` stands."""
    key = ("colon", goal, gap)
    found: Position | None = frame.positions.get(key)
    if found is None:
        found = frame.positions[key] = Colon(goal, frame, gap)
    return found
