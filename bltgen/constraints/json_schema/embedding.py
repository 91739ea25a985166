"""Any constraint as a term of the regular layer, for use within JSON strings.

A constraint's states are deterministic, so each of them is a state that `from_automaton` takes: its
derivatives are unfolded where they are read, whether or not the language is regular.
"""

from __future__ import annotations

from collections.abc import Iterable

from bltgen.automata.contract import Constraint, State
from bltgen.automata.language import INFINITE, Language, from_automaton

__all__ = ["embedded", "embedded_state"]


class _Embedded:
    """A state of another engine as a state of an automaton term. Equal where the states are the same."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state = state

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Embedded) and other._state is self._state

    def __hash__(self) -> int:
        return hash((_Embedded, id(self._state)))

    @property
    def accepting(self) -> bool:
        return self._state.accepting

    @property
    def shortest(self) -> int | None:
        return self._state.shortest

    @property
    def longest(self) -> int:
        return INFINITE

    def transitions(self) -> Iterable[tuple[int, Language]]:
        targets: dict[int, tuple[int, State]] = {}
        for byte in self._state.allowed:
            following = self._state.advance(byte)
            assert following is not None, "an allowed byte has a successor"
            bits, _ = targets.get(following.id, (0, following))
            targets[following.id] = (bits | 1 << byte, following)
        return [(bits, from_automaton(_Embedded(following))) for bits, following in targets.values()]


def embedded(constraint: Constraint) -> Language:
    """The texts of a constraint as a language term. Raises EmptyLanguage where the constraint does."""
    return embedded_state(constraint.start())


def embedded_state(state: State) -> Language:
    """What may follow a state as a language term."""
    return from_automaton(_Embedded(state))
