"""States over positions: interning, counting, dropping, and what several positions say together."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.automata.contract import FORCED_LIMIT
from bltgen.automata.limits import Limits, use_limits
from bltgen.constraints.json_schema.state import JsonState, StateTable
from bltgen.errors import LimitExceeded


class Place:
    """A position within the one text that it leads through."""

    def __init__(self, text: bytes, cost: int = 0, chunk: int = 1) -> None:
        self.text, self.cost, self.chunk = text, cost, chunk
        self.state: Any = None
        self.steps: list[int] = []

    @property
    def bits(self) -> int:
        return 1 << self.text[0] if self.text else 0

    @property
    def accepting(self) -> bool:
        return not self.text

    @property
    def shortest(self) -> int:
        return len(self.text) + self.cost

    def step(self, byte: int) -> tuple[Any, ...]:
        self.steps.append(byte)
        return (Place(self.text[1:], self.cost),) if self.text[:1] == bytes((byte % 256,)) else ()

    def within(self, n: int) -> int:
        return self.bits if self.shortest <= n else 0

    def nearest(self) -> bytes:
        return self.text[: self.chunk]


def _bytes(text: bytes) -> set[int]:
    return set(text)


def test_a_state_of_one_position_is_held_by_it() -> None:
    table = StateTable(10)
    place = Place(b"ab")
    state = table.of((place,))
    assert table.of((place,)) is state is place.state
    assert table.of((place, place)) is state
    assert state.positions == (place,)
    assert table.states_made == 1
    assert table.of((Place(b"ab"),)) is not state
    assert table.states_made == 2


def test_a_state_of_several_positions_is_one_for_the_set() -> None:
    table = StateTable(10)
    one, two = Place(b"ab"), Place(b"cd")
    state = table.of((one, two))
    assert table.of((two, one, two)) is state
    assert set(state.positions) == {one, two}
    assert table.states_made == 1
    assert one.state is None


def test_ids_are_told_in_order_and_not_told_again() -> None:
    table = StateTable(2)
    ids = [table.of((Place(b"a"),)).id for _ in range(6)]
    assert ids == [1, 2, 3, 4, 5, 6]


def test_caches_are_dropped_beyond_the_limit() -> None:
    table = StateTable(2)
    watched = {"a": 1}
    table.watch(watched)
    first = table.of((Place(b"ab"),))
    both = table.of((Place(b"a"), Place(b"b")))
    assert first.advance(ord("b")) is None
    assert len(first) == 1
    assert (table.states_made, watched) == (2, {"a": 1})
    places = both.positions
    table.of((Place(b"x"),))
    assert (table.states_made, watched, len(first)) == (0, {}, 0)
    assert table.of(places) is not both
    assert first.advance(ord("a")) is not None
    assert len(first) == 1


def test_what_was_made_after_a_drop_is_dropped_by_the_next() -> None:
    table = StateTable(100)
    table.drop()
    state = table.of((Place(b"ab"),))
    one, two = {1: 1}, {2: 2}
    table.watch(one, two)
    state.advance(ord("a"))
    table.drop()
    assert (len(state), one, two) == (0, {}, {})
    assert not table._caches


def test_a_step_is_taken_once_and_costs_one() -> None:
    table = StateTable(100)
    place = Place(b"ab")
    state = table.of((place,))
    after = state.advance(ord("a"))
    assert after is not None
    assert state.advance(ord("a")) is after
    assert place.steps == [ord("a")]
    assert state.advance(0) is None
    assert state.advance(255) is None
    with use_limits(Limits(steps=0)), pytest.raises(LimitExceeded):
        state.advance(ord("b"))
    with use_limits(Limits(steps=1)):
        assert state.advance(ord("b")) is None


@pytest.mark.parametrize("byte", [-1, 256, 1000])
def test_what_is_no_byte_is_an_error(byte: int) -> None:
    state = StateTable(100).of((Place(b"ab"),))
    with pytest.raises(ValueError, match="0 to 255"):
        state.advance(byte)
    assert byte not in state


def test_several_positions_together() -> None:
    table = StateTable(100)
    state = table.of((Place(b"abc"), Place(b"ax"), Place(b"c", 5)))
    assert _bytes(bytes(state.allowed)) == _bytes(b"ac")
    assert state.bits == 1 << ord("a") | 1 << ord("c")
    assert state.shortest == 2
    assert not state.accepting
    assert state.completion() == b"ax"
    assert state.forced == b""
    assert [_bytes(bytes(state.allowed_within(n))) for n in (1, 2, 5, 6)] == [
        set(),
        _bytes(b"a"),
        _bytes(b"a"),
        _bytes(b"ac"),
    ]
    after = state.advance(ord("a"))
    assert after is not None
    assert len(after.positions) == 2
    assert _bytes(bytes(after.allowed)) == _bytes(b"bx")
    end = after.advance(ord("x"))
    assert end is not None
    assert end.accepting
    assert table.of((Place(b"a"), Place(b""))).accepting


def test_what_is_known_is_not_computed_again() -> None:
    state = StateTable(100).of((Place(b"abc"),))
    assert state.allowed is state.allowed
    assert state.forced is state.forced
    assert state.shortest == 3
    state.position.text = b"a"  # type: ignore[attr-defined]
    assert state.shortest == 3
    assert bytes(state.allowed) == b"a"


def test_what_is_forced_ends_where_there_is_a_choice_an_end_or_the_limit() -> None:
    table = StateTable(10_000)
    assert table.of((Place(b"abc"),)).forced == b"abc"
    assert table.of((Place(b""),)).forced == b""
    assert table.of((Place(b"abx"), Place(b"aby"))).forced == b"ab"
    assert table.of((Place(b"ab"), Place(b"abc"))).forced == b"ab"
    assert table.of((Place(b"a" * (FORCED_LIMIT + 9)),)).forced == b"a" * FORCED_LIMIT
    assert table.of((Place(b"a" * FORCED_LIMIT),)).forced == b"a" * FORCED_LIMIT


def test_a_completion_goes_by_the_nearest_way_in_parts() -> None:
    table = StateTable(100)
    assert table.of((Place(b"abcde", chunk=3),)).completion() == b"abcde"
    assert table.of((Place(b"abc", 9), Place(b"xyzv", chunk=2))).completion() == b"xyzv"
    assert table.of((Place(b""),)).completion() == b""


def test_states_are_equal_by_identity_and_true() -> None:
    table = StateTable(100)
    one, two = table.of((Place(b"a"),)), table.of((Place(b"a"),))
    assert one == one
    assert not one == two  # noqa: SIM201
    assert one != two
    assert not one != one  # noqa: SIM202
    assert bool(one) is True
    assert len({one, two, one}) == 2
    assert isinstance(one, JsonState)


def test_a_question_to_several_positions_is_within_its_budget() -> None:
    """What positions spend while they are asked is bounded by the limit of one question."""
    table = StateTable(100)

    class Spending(Place):
        @property
        def bits(self) -> int:
            table.effort.spend()
            return super().bits

        @property
        def shortest(self) -> int:
            table.effort.spend()
            return super().shortest

        def within(self, n: int) -> int:
            table.effort.spend()
            return super().within(n)

        def nearest(self) -> bytes:
            table.effort.spend()
            return super().nearest()

    for ask in (
        lambda state: state.bits,
        lambda state: state.allowed,
        lambda state: state.shortest,
        lambda state: state.completion(),
        lambda state: state.allowed_within(3),
    ):
        for places in ((Spending(b"a"),), (Spending(b"a"), Spending(b"b"))):
            with use_limits(Limits(steps=0)), pytest.raises(LimitExceeded):
                ask(table.of(places))
            with use_limits(Limits(steps=9)):
                ask(table.of(places))
