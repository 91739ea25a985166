r"""Texts of named parts: a free part, then a constrained one, then another; captured by name.

>>> from bltgen.automata.language import literal, union
>>> text = parts(thought=until("answer: "), answer=union(literal(b"yes"), literal(b"no")))
>>> text.captures(b"I think so. answer: yes")
{'thought': 'I think so. answer: ', 'answer': 'yes'}
>>> text.accepts(b"answer: maybe")
False

`Parts` concatenates any constraints, JSON Schemas and grammars included, which refuse `+` themselves:
its states are sets of threads, one for each way in which the bytes so far may be split, so a part
need not say where it ends. Where several splits of a text remain, the earlier part takes the most.

Cost: a step is one step of each thread. Threads in the same state of the same part are merged, so
there are few unless a part can end almost anywhere in itself; above `Limits.part_ways` a step raises
LimitExceeded.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bltgen.arguments import as_bytes, encoded, of_type, suggests_keywords
from bltgen.automata.byteset import ByteSet
from bltgen.automata.contract import FORCED_LIMIT, Report, ReportEntry
from bltgen.automata.language import ANY_BYTE, ANY_BYTES, Language, literal
from bltgen.automata.limits import current_limits
from bltgen.automata.recipe import FixedState, Made, Recipe
from bltgen.automata.sampling import draw
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.decoding.given import as_constraint
from bltgen.errors import EmptyLanguage, LimitExceeded, RejectedByte, Unsupported

if TYPE_CHECKING:
    from bltgen.automata.contract import Constraint, State
    from bltgen.decoding.given import Given

__all__ = ["Parts", "PartsState", "parts", "until"]

MAX_STATES = 20_000
"""States remembered; beyond, the table begins anew."""


@suggests_keywords()
def until(stop: str | bytes, *, text: bool = True) -> Language:
    r"""Texts that end with `stop` and have it nowhere before: a free part up to and with a marker.

    text: UTF-8 texts only; False: any bytes. Raises ValueError for an empty `stop`.

    >>> until("```json\n").accepts(b"Here it is:\n```json\n"), until("ab").accepts(b"abab")
    (True, False)
    """
    marker = encoded("stop", stop)
    of_type("text", text, bool, "a bool")
    if not marker:
        raise ValueError("until needs a marker of at least one byte")
    found: Language = (ANY_BYTES + literal(marker)) - (ANY_BYTES + literal(marker) + ANY_BYTE.plus())
    as_text: Language = found & UTF8_TEXT
    return as_text if text else found


class PartsState(FixedState):
    """A set of threads: (index of the part, state in it). The contract is `automata.contract.State`."""

    __slots__ = ("_allowed", "_forced", "_next", "_owner", "accepting", "id", "shortest", "threads")

    def __init__(self, owner: Parts, threads: tuple[tuple[int, State], ...], identity: int) -> None:
        self._owner, self.threads, self.id = owner, threads, identity
        last = len(owner.names) - 1
        self.accepting = any(index == last and state.accepting for index, state in threads)
        self.shortest = min(state.shortest + owner.rest[index] for index, state in threads)
        self._allowed: ByteSet | None = None
        self._forced: bytes | None = None
        self._next: dict[int, PartsState | None] = {}

    @property
    def allowed(self) -> ByteSet:
        """The bytes that some thread goes on with."""
        if self._allowed is None:
            bits = 0
            for _, state in self.threads:
                bits |= state.allowed.bits
            self._allowed = ByteSet(bits)
        return self._allowed

    @property
    def forced(self) -> bytes:
        """Followed while there is one byte and no end."""
        if self._forced is None:
            run, state = bytearray(), self
            while not state.accepting and len(run) < FORCED_LIMIT:
                if len(state.allowed) != 1:
                    break
                (byte,) = state.allowed
                run.append(byte)
                following = state.advance(byte)
                assert following is not None
                state = following
            self._forced = bytes(run)
        return self._forced

    def advance(self, byte: int) -> PartsState | None:
        """The state after one more byte, or None where no thread takes it."""
        if byte not in self._next:
            moved = [
                (index, following)
                for index, state in self.threads
                if (following := state.advance(byte)) is not None
            ]
            self._next[byte] = self._owner.state(moved) if moved else None
        return self._next[byte]

    @property
    def told_by(self) -> str | None:
        """See `automata.contract.ToldState`: where only one part can be under way."""
        if len(self.threads) > 1:
            return None
        return getattr(self.threads[0][1], "told_by", None)

    def completion(self) -> bytes:
        """A shortest completion: of the thread's part, then of the parts after it."""
        index, state = min(self.threads, key=lambda thread: thread[1].shortest + self._owner.rest[thread[0]])
        return state.completion() + b"".join(start.completion() for start in self._owner.starts[index + 1 :])

    def allowed_within(self, n: int) -> ByteSet:
        """Each thread with what the parts after it leave of the budget."""
        bits = 0
        for index, state in self.threads:
            left = n - self._owner.rest[index]
            if left > 0:
                bits |= state.allowed_within(left).bits
        return ByteSet(bits)


class Parts(Made):
    """Texts that are one text of each part in a row. A `Constraint`; made by `parts`."""

    def __init__(self, named: Mapping[str, Constraint]) -> None:
        if not named:
            raise ValueError("parts needs at least one part")
        self.names = tuple(named)
        self.constraints = tuple(named.values())
        self.starts = tuple(constraint.start() for constraint in self.constraints)
        for name, start in zip(self.names, self.starts, strict=True):
            if not start.accepting and not start.allowed:
                raise EmptyLanguage(f"the part {name!r} has no valid text", (name,))
        self.rest = tuple(
            sum(start.shortest for start in self.starts[index + 1 :]) for index in range(len(self.names))
        )
        """The least bytes of all parts after each."""
        self._states: dict[tuple[tuple[int, State], ...], PartsState] = {}
        self._made = 0
        self._recipe = Recipe("bltgen.decoding.parts:parts", (), named)

    def _closed(self, threads: list[tuple[int, State]]) -> list[tuple[int, State]]:
        """With the next part begun wherever a part may end; each (part, state) once, in order."""
        found: dict[tuple[int, State], None] = {}
        for index, state in threads:
            found[index, state] = None
            while state.accepting and index + 1 < len(self.names):
                index, state = index + 1, self.starts[index + 1]
                found[index, state] = None
        if len(found) > (limit := current_limits().part_ways):
            raise LimitExceeded("the number of ways to split a text into its parts", limit)
        return list(found)

    def state(self, threads: list[tuple[int, State]]) -> PartsState:
        """The one state of these threads."""
        key = tuple(sorted(self._closed(threads), key=lambda thread: (thread[0], thread[1].id)))
        known = self._states.get(key)
        if known is None:
            if len(self._states) >= MAX_STATES:
                self._states.clear()
            self._made += 1
            known = self._states[key] = PartsState(self, key, self._made)
        return known

    def start(self) -> PartsState:
        """Before the first byte."""
        return self.state([(0, self.starts[0])])

    def accepts(self, data: bytes) -> bool:
        """Whether `data` can be split into one valid text of each part."""
        state: PartsState | None = self.start()
        for byte in as_bytes("data", data):
            assert state is not None
            state = state.advance(byte)
            if state is None:
                return False
        return state is not None and state.accepting

    def split(self, data: bytes) -> list[bytes]:
        """The bytes of each part; where there are several ways, each part in turn takes the most it can.

        Raises RejectedByte where `data` is no valid text.
        """
        data = as_bytes("data", data)
        if not self.accepts(data):
            raise RejectedByte(data, len(data), b"", incomplete=True)
        threads: dict[tuple[int, State], tuple[int, ...]] = {}

        def add(index: int, state: State, splits: tuple[int, ...], at: int) -> None:
            while True:
                known = threads.get((index, state))
                if known is not None and known >= splits:
                    return
                threads[index, state] = splits
                if not state.accepting or index + 1 == len(self.names):
                    return
                index, state, splits = index + 1, self.starts[index + 1], (*splits, at)

        add(0, self.starts[0], (), 0)
        for at, byte in enumerate(data, start=1):
            before, threads = threads, {}
            for (index, state), splits in before.items():
                following = state.advance(byte)
                if following is not None:
                    add(index, following, splits, at)
        last = len(self.names) - 1
        splits = max(s for (index, state), s in threads.items() if index == last and state.accepting)
        bounds = [0, *splits, len(data)]
        return [data[low:high] for low, high in pairwise(bounds)]

    def captures(self, data: bytes) -> dict[str, Any]:
        """The value of each part by name: parsed by its constraint where that can, else str, else bytes."""
        found: dict[str, Any] = {}
        for name, constraint, piece in zip(self.names, self.constraints, self.split(data), strict=True):
            parse = getattr(constraint, "parse", None)
            if parse is not None:
                found[name] = parse(piece)
                continue
            try:
                found[name] = piece.decode("utf-8")
            except UnicodeDecodeError:
                found[name] = piece
        return found

    @suggests_keywords()
    def sample(self, rng: random.Random, max_bytes: int | None = None) -> bytes:
        """A random valid text of at most `max_bytes` bytes; BudgetTooSmall where none is so short."""
        return draw(self.start(), rng, max_bytes)

    def report(self) -> Report:
        """What each part reports, its place after the part's name."""
        return Report(
            tuple(
                ReportEntry(f"{name}{entry.place}", entry.construct, entry.enforced, entry.note)
                for name, constraint in zip(self.names, self.constraints, strict=True)
                for entry in constraint.report().entries
            )
        )

    def describe(self) -> dict[str, Any]:
        """The descriptions of the parts."""
        parts_of = zip(self.names, self.constraints, strict=True)
        return {"kind": "parts", "parts": {name: constraint.describe() for name, constraint in parts_of}}

    def __and__(self, other: Any) -> Constraint:
        return self._refuse("an intersection")

    def __or__(self, other: Any) -> Constraint:
        return self._refuse("a union")

    def __invert__(self) -> Constraint:
        return self._refuse("a complement")

    def __add__(self, other: Any) -> Constraint:
        return self._refuse("a concatenation")

    @suggests_keywords()
    def repeat(self, low: int, high: int | None = None) -> Constraint:
        """Refused."""
        return self._refuse("a repetition")

    def optional(self) -> Constraint:
        """Refused."""
        return self._refuse("an option")

    @staticmethod
    def _refuse(what: str) -> Constraint:
        raise Unsupported(
            f"{what} of a text in parts is not built: combine the constraints of its parts", "parts"
        )


def parts(**named: Given) -> Parts:
    """Texts that are one text of each named part in a row, with the parts captured by name.

    `out.parts["json"]` is then the value of the part `json`. Raises EmptyLanguage where a part has no
    valid text, ValueError without parts.
    """
    made: dict[str, Constraint] = {}
    for name, given in named.items():
        constraint = as_constraint(given, name)
        if constraint is None:
            raise TypeError(f"{name}=None: a constraint is needed; for any text bltgen.utf8()")
        made[name] = constraint
    return Parts(made)
