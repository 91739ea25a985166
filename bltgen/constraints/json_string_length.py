"""How many bytes a JSON string needs at least to say some text of a language: exactly.

Most characters cost their UTF-8 bytes, but a quote or a backslash costs two, most control characters six,
and where only ASCII may be written a character beyond it costs six or twelve. So the nearest end of a
string is not the nearest end of its content, and `SpelledLength` measures languages of contents in bytes
of their shortest spelling.

As in `automata.liveness`, the answer is structural for unions, concatenations and repeats, and found by A*
through intersections, complements and automata, with the unweighted length as the lower bound: every
byte of content costs at least one. Lengths, also along the path found, are kept on the terms. Of states of
other engines (JSON within a string) it is the length of the completion that these give.

>>> from bltgen.automata.language import literal
>>> SpelledLength()(literal("a\\n\\x01é".encode())), SpelledLength(ascii_only=True)(literal("é€😀".encode()))
(11, 24)
"""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count

from bltgen.automata.byteset import ByteSet
from bltgen.automata.derivative import transitions
from bltgen.automata.language import INFINITE, Language
from bltgen.automata.limits import current_limits
from bltgen.automata.liveness import alternatives, shortest
from bltgen.automata.operators import (
    AUTOMATON,
    BYTES,
    COMPLEMENT,
    CONCAT,
    EPS,
    INTERSECTION,
    LITERAL,
    REPEAT,
    UNION,
)
from bltgen.errors import LimitExceeded

__all__ = ["CONTROLS", "SHORT_ESCAPED", "SpelledLength"]

SHORT_ESCAPED = ByteSet.of(b'"\\\b\f\n\r\t').bits
"""Characters that must be escaped and have an escape of two bytes. (`/` has one, but needs none.)"""

CONTROLS = ByteSet.range(0x00, 0x1F).bits & ~SHORT_ESCAPED
"""Characters that can only be written as `\\u` and four digits."""

_ASCII = ByteSet.range(0x00, 0x7F).bits
_CONTINUATION = ByteSet.range(0x80, 0xBF).bits
_SEARCHED = frozenset((INTERSECTION, COMPLEMENT, AUTOMATON))


class SpelledLength:
    """A function from languages of UTF-8 contents to the bytes of their shortest spelling in a JSON string.

    INFINITE for the empty language. Within a character a language is measured as if its rest stood alone.
    Raises LimitExceeded where a search visits more than `Limits.search_states` states beyond its path.
    """

    __slots__ = ("_cheap", "_slot", "_weight_of", "_weights")

    def __init__(self, ascii_only: bool = False) -> None:
        cheap = _ASCII & ~SHORT_ESCAPED & ~CONTROLS
        if ascii_only:
            # The lead byte pays what the continuation bytes, at one each, leave of 6 or 12.
            more = [
                (4, ByteSet.range(0xE0, 0xEF).bits),
                (5, ByteSet.range(0xC0, 0xDF).bits),
                (9, ByteSet.range(0xF0, 0xFF).bits),
            ]
            cheap |= _CONTINUATION
        else:
            more = []
            cheap |= ByteSet.range(0x80, 0xFF).bits
        self._cheap = cheap
        self._weights = sorted([(1, cheap), (2, SHORT_ESCAPED), (6, CONTROLS), *more])
        self._weight_of = [self._weight(1 << byte) for byte in range(256)]
        self._slot = "_spelled_ascii" if ascii_only else "_spelled"

    def _weight(self, bits: int) -> int:
        """The least weight of a byte in a non-empty set."""
        return next(weight for weight, members in self._weights if bits & members)

    def __call__(self, language: Language) -> int:
        known: int = getattr(language, self._slot)
        return known if known >= 0 else self._measured(language, searching=True)

    def _measured(self, language: Language, *, searching: bool) -> int:
        """The length; -1 where it needs a search and none is to be made."""
        slot = self._slot
        stack = [language]
        while stack:
            term = stack[-1]
            if getattr(term, slot) < 0:
                if term.op in _SEARCHED:
                    if not searching:
                        return -1
                    self._search(term)
                else:
                    missing = [part for part in term.parts if getattr(part, slot) < 0]
                    if missing:
                        stack += missing
                        continue
                    setattr(term, slot, self._of_parts(term))
            stack.pop()
        found: int = getattr(language, slot)
        return found

    def _of_parts(self, term: Language) -> int:
        lengths: list[int] = [getattr(part, self._slot) for part in term.parts]
        if term.op == EPS:
            return 0
        if term.op == BYTES:
            return self._weight(term.value) if term.value else INFINITE
        if term.op == LITERAL:
            weights = self._weight_of
            return sum([weights[byte] for byte in term.value])
        if term.op == CONCAT:
            return min(INFINITE, lengths[0] + lengths[1])
        if term.op == UNION:
            return min(lengths)
        assert term.op == REPEAT
        return min(INFINITE, int(term.value[0]) * lengths[0]) if term.value[0] else 0

    def _needs_no_escape(self, origin: Language) -> bool:
        """Whether the shortest text that the search for it went along is spelled as it is.

        Its terms then have their length without a search of their own.
        """
        way = []
        term = origin
        while not term.nullable:
            way.append(term)
            length = term._shortest
            assert length is not None
            following = None
            for thread in alternatives(term):
                if thread._shortest == length:
                    following = thread
                    break
            else:
                for bits, target in transitions(term):
                    if target._shortest == length - 1 and bits & self._cheap:
                        following = target
                        break
            if following is None:
                return False
            term = following
        way.append(term)
        for term in way:
            setattr(term, self._slot, shortest(term))
        return True

    def _along_completion(self, origin: Language) -> None:
        """Set the length of a state of another engine to that of the completion that the engine gives.

        It is the shortest in bytes of content, and so at most a few escapes away from the shortest spelling:
        a search through that engine's states would take too long. What lies on the way is set, too, and
        never set anew, so that there is always a byte that leads nearer to the end.
        """
        slot = self._slot
        way = []
        term = origin
        for byte in origin.value.completion():
            way.append((term, self._weight_of[byte]))
            term = term.value.after(byte)
            if getattr(term, slot) >= 0:
                break
        total = max(0, getattr(term, slot))
        setattr(term, slot, total)
        for passed, weight in reversed(way):
            total += weight
            setattr(passed, slot, total)

    def _search(self, origin: Language) -> None:
        """A* from a term that has no structure to go by; sets it and what lies on its shortest path."""
        slot = self._slot
        if shortest(origin) >= INFINITE:
            setattr(origin, slot, INFINITE)
            return
        # A host name has an `after` of characters, a number a `completion`: a state of an engine has both.
        if origin.op == AUTOMATON and all(hasattr(origin.value, name) for name in ("completion", "after")):
            self._along_completion(origin)
            return
        if self._needs_no_escape(origin):
            return
        limit = current_limits().search_states + 2 * shortest(origin)
        order = count().__next__
        reached: dict[Language, int] = {origin: 0}
        parent: dict[Language, Language] = {}
        heap = [(shortest(origin), 0, order(), origin)]
        visited = 0
        while heap:
            _, negative, _, term = heappop(heap)
            paid = -negative
            if reached[term] != paid:
                continue
            if getattr(term, slot) >= 0 or term.nullable:
                total = paid + max(0, getattr(term, slot))
                while True:
                    setattr(term, slot, total - reached[term])
                    if term not in parent:
                        return
                    term = parent[term]
            visited += 1
            if visited > limit:
                raise LimitExceeded(
                    "the search for the shortest spelling of a string through an intersection or complement",
                    limit,
                    "simplify the patterns that must hold together, or raise Limits.search_states",
                )
            if term.op == UNION:
                successors = [(part, paid) for part in term.parts]
            else:
                successors = [(target, paid + self._weight(bits)) for bits, target in transitions(term)]
            for target, distance in successors:
                if reached.get(target, INFINITE) <= distance:
                    continue
                rest = self._measured(target, searching=False)
                if rest < 0:
                    rest = shortest(target)
                if rest < INFINITE:
                    reached[target] = distance
                    parent[target] = term
                    heappush(heap, (distance + rest, -distance, order(), target))
        raise AssertionError("a language that is not empty has a shortest text")
