"""States of a JSON reader: the contract's `State` over sets of positions.

A `JsonState` is an interned set of positions, nearly always of one. It is the dictionary of its known
successors, so a warm byte is one look-up in C; a byte not seen yet goes through `__missing__`.
Everything else (`allowed`, `shortest`, `forced`) is computed on first use.

A `StateTable` holds the states of one compiled schema and counts them. Past `limit` it forgets all
successors and interned positions, as lazy automata do; states in use stay valid and find them anew.
"""

from __future__ import annotations

from typing import Any

from bltgen.automata.byteset import ByteSet, lowest_byte
from bltgen.automata.contract import FORCED_LIMIT
from bltgen.automata.limits import Refusals, charge, question
from bltgen.automata.recipe import FixedState
from bltgen.constraints.json_schema.effort import Effort
from bltgen.constraints.json_schema.positions import Position

__all__ = ["JsonState", "StateTable"]


class StateTable:
    """The states of one compiled schema. `states_made` counts them since the last time they were dropped."""

    __slots__ = ("_caches", "_interned", "_next_id", "effort", "limit", "states_made")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.effort = Effort()
        self.states_made = 0
        self._next_id = 0
        self._interned: dict[frozenset[Position], JsonState] = {}
        self._caches: list[dict[Any, Any]] = []

    def of(self, positions: tuple[Position, ...]) -> JsonState:
        """The state of these positions, at least one."""
        if len(positions) == 1:
            position = positions[0]
            state: JsonState | None = position.state
            if state is None:
                state = position.state = self._make(positions)
            return state
        key = frozenset(positions)
        if len(key) == 1:
            return self.of((positions[0],))
        state = self._interned.get(key)
        if state is None:
            state = self._interned[key] = self._make(tuple(key))
        return state

    def _make(self, positions: tuple[Position, ...]) -> JsonState:
        self.states_made += 1
        if self.states_made > self.limit:
            self.drop()
        self._next_id += 1
        made = JsonState(self, positions, self._next_id)
        self._caches.append(made)
        return made

    def watch(self, *caches: dict[Any, Any]) -> None:
        """Register caches that `drop` is to clear."""
        self._caches += caches

    def drop(self) -> None:
        """Forget all successors and interned things."""
        self.states_made = 0
        caches, self._caches = self._caches, []
        for cache in caches:
            cache.clear()
        self._interned.clear()


class JsonState(FixedState, dict[int, "JsonState | None"]):
    """A position in a JSON text. Immutable to its users; the dictionary is a cache. See `contract.State`."""

    # States are many: with one position, they hold it themselves and not in a tuple.
    __slots__ = ("_allowed", "_forced", "_several", "_shortest", "id", "position", "refusals", "table")

    refusals: Refusals | None

    advance = dict.__getitem__

    def __init__(self, table: StateTable, positions: tuple[Position, ...], identity: int) -> None:
        self.table = table
        self.position = positions[0]
        self._several = positions if len(positions) > 1 else None
        self.id = identity
        self._allowed: ByteSet | None = None
        self._forced: bytes | None = None
        self._shortest = -1
        self.refusals = None

    @property
    def positions(self) -> tuple[Position, ...]:
        """Where the text may stand, at least one."""
        return (self.position,) if self._several is None else self._several

    @question
    def __missing__(self, byte: int) -> JsonState | None:
        table = self.table
        charge()
        if self._several is None:
            following = self.position.step(byte)
        else:
            following = tuple([after for position in self._several for after in position.step(byte)])
        if following:
            found = table.of(following)
        elif 0 <= byte <= 255:
            found = None
        else:
            raise ValueError(f"a byte is an integer from 0 to 255, not {byte}")
        self[byte] = found
        return found

    @property
    def bits(self) -> int:
        """The live bytes as bits."""
        return self.allowed.bits

    @property
    def allowed(self) -> ByteSet:
        """The bytes after which a valid text can still be reached."""
        found = self._allowed
        return self._ask_allowed() if found is None else found

    @question
    def _ask_allowed(self) -> ByteSet:
        if self._several is None:
            bits = self.position.bits
        else:
            bits = 0
            for position in self._several:
                bits |= position.bits
        found = self._allowed = ByteSet(bits)
        return found

    @property
    def accepting(self) -> bool:
        """Whether the bytes so far are a whole valid text."""
        if self._several is None:
            return self.position.accepting
        return any(position.accepting for position in self._several)

    @property
    def shortest(self) -> int:
        """Bytes to the nearest valid text."""
        return self._ask_shortest() if self._shortest < 0 else self._shortest

    @question
    def _ask_shortest(self) -> int:
        self._shortest = min([position.shortest for position in self.positions])
        return self._shortest

    @property
    def forced(self) -> bytes:
        """The bytes with which every valid completion begins."""
        return self._ask_forced() if self._forced is None else self._forced

    @question
    def _ask_forced(self) -> bytes:
        text = bytearray()
        state = self
        while len(text) < FORCED_LIMIT and not state.accepting:
            bits = state.bits
            if bits & (bits - 1):
                break
            byte = lowest_byte(bits)
            following = state.advance(byte)
            assert following is not None, "an allowed byte has a successor"
            text.append(byte)
            state = following
        found = self._forced = bytes(text)
        return found

    @property
    def told_by(self) -> str | None:
        """See `automata.contract.ToldState`."""
        text: str | None = None
        for position in self.positions:
            text = getattr(position, "told_by", None)
            if text is None:
                break
        return text

    @question
    def completion(self) -> bytes:
        """A shortest completion."""
        text = bytearray()
        state = self
        while not state.accepting:
            nearest = min(state.positions, key=lambda position: position.shortest).nearest()
            charge(len(nearest) >> 6)
            for byte in nearest:
                following = state.advance(byte)
                assert following is not None, "a shortest way has successors"
                state = following
            text += nearest
        return bytes(text)

    @question
    def allowed_within(self, n: int) -> ByteSet:
        """The allowed bytes after which a valid text still fits into n bytes in all."""
        bits = 0
        for position in self.positions:
            bits |= position.within(n)
        return ByteSet(bits)

    def __bool__(self) -> bool:
        return True

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other
