"""Small automata: explored in order, met, and minimised; against the words they read."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

from bltgen.constraints.grammar.letter_automata import LetterAutomaton, both, explored, minimised
from bltgen.errors import LimitExceeded


def words(automaton: LetterAutomaton, length: int = 6) -> set[str]:
    found = set()
    for size in range(length + 1):
        for letters in product("ab", repeat=size):
            at: int | None = 0
            for letter in letters:
                at = None if at is None else automaton.edges[at].get(letter)
            if at is not None and automaton.accepting[at]:
                found.add("".join(letters))
    return found


def counter(modulus: int, letter: str, other: str) -> Mapping[int, Any]:
    return {n: {letter: (n + 1) % modulus, other: n} for n in range(modulus)}


def automaton(modulus: int, letter: str, other: str) -> LetterAutomaton:
    return explored(0, lambda n: n == 0, counter(modulus, letter, other).__getitem__, 100)


def test_states_are_numbered_as_they_are_met() -> None:
    edges: dict[str, dict[str, str]] = {
        "x": {"a": "y", "b": "z"},
        "y": {"a": "z"},
        "z": {},
        "never": {"a": "x"},
    }
    found = explored("x", "z".__eq__, edges.__getitem__, 3)
    assert found == LetterAutomaton((False, False, True), ({"a": 1, "b": 2}, {"a": 2}, {}))


def test_so_many_states_may_be_met_and_no_more() -> None:
    def following(n: int) -> dict[str, int]:
        return {"a": min(n + 1, 4), "b": 0}

    assert len(explored(0, bool, following, 5).edges) == 5
    with pytest.raises(LimitExceeded) as caught:
        explored(0, bool, following, 4)
    assert caught.value.limit == 4


def test_what_both_read() -> None:
    twos, threes = automaton(2, "a", "b"), automaton(3, "b", "a")
    met = both(twos, threes, 6)
    assert words(met) == words(twos) & words(threes)
    assert len(met.edges) == 6
    with pytest.raises(LimitExceeded):
        both(twos, threes, 5)
    ends = LetterAutomaton((False, True), ({"a": 1}, {}))
    assert both(twos, ends, 9).accepting == (False, False)
    assert both(ends, ends, 9) == ends


def test_the_fewest_states() -> None:
    twelve = automaton(12, "a", "b")
    four = explored(0, lambda n: n % 4 == 0, counter(12, "a", "b").__getitem__, 100)
    assert len(minimised(twelve).edges) == 12
    assert minimised(four) == automaton(4, "a", "b")
    assert words(minimised(four)) == words(four)
    for one in (twelve, four, both(automaton(2, "a", "b"), automaton(3, "b", "a"), 9)):
        assert minimised(minimised(one)) == minimised(one)


def test_the_first_state_stays_the_first() -> None:
    two = LetterAutomaton((False, True, True), ({"a": 1, "b": 2}, {"a": 0}, {"a": 0}))
    assert minimised(two) == LetterAutomaton((False, True), ({"a": 1, "b": 1}, {"a": 0}))


def test_dead_ends_are_left_out() -> None:
    """Edges into them are; states that cannot be told apart from a dead one are one with it."""
    dead = LetterAutomaton((False, True, False), ({"a": 1, "b": 2}, {"b": 2}, {"a": 2}))
    assert minimised(dead).edges[0] == {"a": 1}
    assert words(minimised(dead)) == {"a"}
    none = LetterAutomaton((False, False), ({"a": 1}, {"a": 0}))
    assert minimised(none) == LetterAutomaton((False,), ({},))
    far = LetterAutomaton((False, False, False, True), ({"a": 1}, {"a": 2}, {"a": 3}, {}))
    assert minimised(far) == far
