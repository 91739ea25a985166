"""A deterministic automaton that builds itself while it is being read.

A `LanguageState` is a state of the automaton of all regular languages: there is one for each `Language`
term, made when a byte first leads to it. It *is* the dictionary of its known successors, so that
`state.advance(byte)` on a warm byte is one dictionary look-up in C and nothing else; a byte not seen yet
goes through `__missing__`. Everything costlier than a look-up (`allowed`, `shortest`, `forced`) is
computed on first use and kept.

Invariants:
- A state holds its term, so it survives `drop_caches()`; it then finds its successors anew.
- `id` is the term's: two states with the same `id` have the same language.
- At most one new state per byte read. When more than `Limits.cached_states` states were made since the
  last time, all caches are dropped, as RE2 and regex-automata do.

Source for laziness and dropping: the `hybrid` module of the Rust crate regex-automata.

>>> from bltgen.automata.language import literal
>>> state = (literal(b"true") | literal(b"false")).start()
>>> bytes(state.allowed), state.shortest, state.advance(ord("f")).forced
(b'ft', 4, b'alse')
"""

from __future__ import annotations

from typing import Any, cast

from bltgen.automata.byteset import ByteSet
from bltgen.automata.contract import FORCED_LIMIT
from bltgen.automata.derivative import step, transitions
from bltgen.automata.language import _TERMS, EMPTY, INFINITE, Language
from bltgen.automata.limits import Refusals, current_limits, question
from bltgen.automata.liveness import completion, shortest
from bltgen.automata.recipe import FixedState

__all__ = ["LanguageState", "drop_caches", "state_of"]


class LanguageState(FixedState, dict[int, "LanguageState | None"]):
    """A position in a regular language. Immutable to its users; the dictionary is a cache.

    `language`: the texts that may follow. `farthest`: the greatest `shortest` after an allowed byte. See
    `contract.State` for the rest.
    """

    __slots__ = ("accepting", "allowed", "farthest", "forced", "id", "language", "refusals", "shortest")

    language: Language
    accepting: bool
    id: int
    allowed: ByteSet
    shortest: int
    forced: bytes
    farthest: int
    refusals: Refusals | None

    advance = dict.__getitem__

    def __init__(self, language: Language) -> None:
        self.language = language
        self.accepting = language.nullable
        self.id = language.id
        self.refusals = None

    @question
    def __missing__(self, byte: int) -> LanguageState | None:
        if not 0 <= byte <= 255:
            raise ValueError(f"a byte is an integer from 0 to 255, not {byte}")
        _, target = step(self.language, byte)
        found = None if target is EMPTY or _is_dead(target) else state_of(target)
        self[byte] = found
        return found

    def __getattr__(self, name: str) -> Any:
        """Compute a lazy attribute; its slot answers from then on."""
        if name not in _LAZY:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self._ask(name)

    @question
    def _ask(self, name: str) -> Any:
        value = _LAZY[name](self)
        setattr(self, name, value)
        return value

    @question
    def completion(self) -> bytes:
        """A shortest completion."""
        return completion(self.language)

    def allowed_within(self, n: int) -> ByteSet:
        """The allowed bytes after which a valid text still fits into n bytes in all."""
        if n > self.language.farthest or n > self.farthest:
            return self.allowed
        return self._within(n)

    @question
    def _within(self, n: int) -> ByteSet:
        allowed = 0
        for bits, target in transitions(self.language):
            if shortest(target) < n:
                allowed |= bits
        return ByteSet(allowed)

    def __bool__(self) -> bool:
        return True

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}: {self.language!r}>"


def _is_dead(language: Language) -> bool:
    return (language._shortest if language._shortest is not None else shortest(language)) >= INFINITE


def _allowed(state: LanguageState) -> ByteSet:
    # Where something must be searched for, what follows a first byte may turn out empty.
    if state.language.first != -1 and state.language.plain:
        return ByteSet(state.language.first)
    allowed = 0
    for bits, target in transitions(state.language):
        if not _is_dead(target):
            allowed |= bits
    return ByteSet(allowed)


def _shortest(state: LanguageState) -> int:
    return shortest(state.language)


def _farthest(state: LanguageState) -> int:
    """The greatest `shortest` of a live successor: with more bytes than that left, nothing is cut."""
    return max((d for _, t in transitions(state.language) if (d := shortest(t)) < INFINITE), default=0)


def _forced(state: LanguageState) -> bytes:
    text = bytearray()
    language = state.language
    while not language.nullable and len(text) < FORCED_LIMIT:
        live = [(bits, target) for bits, target in transitions(language) if not _is_dead(target)]
        if len(live) != 1 or live[0][0].bit_count() != 1:
            break
        text.append(live[0][0].bit_length() - 1)
        language = live[0][1]
        known = _forced_if_known(language)
        if known is not None:
            text += known
            break
    return bytes(text[:FORCED_LIMIT])


def _forced_if_known(language: Language) -> bytes | None:
    if language._state is None:
        return None
    try:
        return cast(bytes, object.__getattribute__(language._state, "forced"))
    except AttributeError:
        return None


_LAZY = {"allowed": _allowed, "shortest": _shortest, "forced": _forced, "farthest": _farthest}

_made_since_drop = 0


def state_of(language: Language) -> LanguageState:
    """The state whose language is `language`: the cached one, or a new one."""
    state = language._state
    if state is None:
        global _made_since_drop
        _made_since_drop += 1
        if _made_since_drop > current_limits().cached_states:
            drop_caches()
        state = language._state = LanguageState(language)
    return state


def drop_caches() -> None:
    """Forget every cached successor and derivative. States in use stay valid; memory is given back."""
    global _made_since_drop
    _made_since_drop = 0
    for reference in list(_TERMS.values()):
        language = reference()
        if language is not None:
            state, language._state = language._state, None
            language._transitions = language._partial = None
            if state is not None:
                state.clear()
