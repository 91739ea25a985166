"""Any constraint as a term of the regular layer, for use within JSON strings.

A constraint's states are deterministic, so each of them is a state that `from_automaton` takes: its
derivatives are unfolded where they are read, whether or not the language is regular.
"""

from __future__ import annotations

from collections.abc import Iterable

from bltgen.automata.contract import Constraint, State
from bltgen.automata.language import INFINITE, Language, from_automaton
from bltgen.automata.operators import AUTOMATON

__all__ = ["embedded", "is_json_text", "json_text"]


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
        kind = type(self)
        return [(bits, from_automaton(kind(following))) for bits, following in targets.values()]


class _JsonText(_Embedded):
    """A state of a JSON text within a string, whose length in escapes is not searched for."""

    __slots__ = ()

    def completion(self) -> bytes:
        """A shortest completion."""
        return self._state.completion()

    def after(self, byte: int) -> Language:
        """The language after an allowed byte."""
        following = self._state.advance(byte)
        assert following is not None, "an allowed byte has a successor"
        return from_automaton(_JsonText(following))


def embedded(constraint: Constraint) -> Language:
    """The texts of a constraint as a language term. Raises EmptyLanguage where the constraint does."""
    return from_automaton(_Embedded(constraint.start()))


def json_text(state: State) -> Language:
    """What may follow a state of a JSON text, for a string that holds one."""
    return from_automaton(_JsonText(state))


def is_json_text(language: Language) -> bool:
    """Whether `json_text` made the language."""
    return language.op == AUTOMATON and isinstance(language.value, _JsonText)
