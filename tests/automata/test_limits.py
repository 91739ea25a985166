"""Limits hold for a block, and one account for one question: what fails is remembered."""

from __future__ import annotations

import re
import threading
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from bltgen.automata import limits as module
from bltgen.automata.limits import (
    Limits,
    Refusals,
    bounded,
    bounded_by,
    charge,
    current_limits,
    grant,
    question,
    use_limits,
)
from bltgen.errors import Cancelled, LimitExceeded
from bltgen.interruption import Watch


class State:
    """A state whose questions cost what they are told."""

    def __init__(self) -> None:
        self.refusals: Refusals | None = None
        self.asked = 0

    def spend(self, *steps: int) -> int:
        return self._spend(steps)

    @question
    def _spend(self, steps: tuple[int, ...]) -> int:
        self.asked += 1
        for some in steps:
            charge(some)
        return sum(steps)

    def ask(self, others: tuple[State, ...], steps: int) -> int:
        return self._ask((others, steps))

    @question
    def _ask(self, asked: tuple[tuple[State, ...], int]) -> int:
        return sum([other.spend(asked[1]) for other in asked[0]])

    @question
    def fail(self, error: Exception) -> None:
        self.asked += 1
        raise error


@pytest.fixture(autouse=True)
def nothing_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REFUSED", type(module._REFUSED)())


def test_the_defaults_are_as_documented() -> None:
    """Each limit has a line in the table, and those that matter most their values."""
    text = Limits.__doc__ or ""
    assert [field.name for field in fields(Limits) if f"`{field.name}`" not in text] == []
    most = Limits(steps=100_000, byte_steps=100, seconds=None, search_states=20_000, cached_states=100_000)
    assert current_limits() == Limits() == most


def test_no_constant_of_a_module_is_a_limit() -> None:
    """What raises LimitExceeded reads `Limits`, but for what a representation holds."""
    held = {"DIGIT_LIMIT", "INTEGER_DIGITS", "MAX_EMAX"}
    for file in Path(module.__file__).parent.parent.rglob("*.py"):
        for match in re.finditer(r"LimitExceeded\(([^()]|\([^()]*\))*\)", file.read_text()):
            named = set(re.findall(r"(?<![.\w])_?[A-Z][A-Z_]{3,}(?![\w(])", match.group()))
            assert named - {"_ADVICE"} <= held, f"{file}: {match.group()}"


def _fails_under(limits: Limits) -> None:
    with use_limits(limits):
        assert current_limits() is limits
        raise KeyError


def test_limits_hold_for_the_block() -> None:
    outer, inner = Limits(search_states=5), Limits(search_states=6)
    before = current_limits()
    with use_limits(outer) as given:
        assert given is outer is current_limits()
        with pytest.raises(KeyError):
            _fails_under(inner)
        assert current_limits() is outer
    assert current_limits() is before


def test_every_counted_limit_counts_when_limits_are_compared() -> None:
    for name in module._COUNTED:
        lower = Limits(**{name: 1})
        assert lower.within(Limits())
        assert not Limits().within(lower)
    assert Limits(seconds=9.0).within(Limits(seconds=1.0))


def test_a_question_has_as_many_steps_as_the_limit_says() -> None:
    with use_limits(Limits(steps=5)):
        for _ in range(3):
            assert State().spend(2, 3) == 5
        with pytest.raises(LimitExceeded, match="steps to answer one question exceeds the limit of 5"):
            State().spend(2, 3, 1)


def test_questions_within_one_share_its_account() -> None:
    with use_limits(Limits(steps=5)):
        assert State().ask((State(), State()), 2) == 4
        with pytest.raises(LimitExceeded):
            State().ask((State(), State(), State()), 2)


def test_other_limits_within_a_question_do_not_refill_it() -> None:
    @bounded
    def ask() -> None:
        charge(4)
        with use_limits(Limits(steps=1_000)):
            State().spend(2)

    with use_limits(Limits(steps=5)), pytest.raises(LimitExceeded) as caught:
        ask()
    assert caught.value.limit == 5


def test_outside_of_questions_nothing_is_counted() -> None:
    with use_limits(Limits(steps=1)):
        charge(10**9)
        State().spend(1)
        charge(10**9)


def test_once_it_ran_out_every_charge_says_so() -> None:
    @bounded
    def ask() -> None:
        for _ in range(3):
            with pytest.raises(LimitExceeded):
                charge(4)

    with use_limits(Limits(steps=3)):
        ask()


@pytest.mark.parametrize("error", [None, ValueError("x"), KeyError("x")])
def test_the_account_ends_with_the_question(error: Exception | None) -> None:
    state = State()
    if error is None:
        state.spend(1)
    else:
        with pytest.raises(type(error)):
            state.fail(error)
    assert module._ACCOUNT.get() is None
    assert state.refusals is None


def test_a_text_gives_steps_for_each_byte() -> None:
    @bounded
    def read(text: bytes, steps: int) -> None:
        grant(len(text))
        charge(steps)

    with use_limits(Limits(steps=5, byte_steps=10)):
        read(b"ab", 25)
        with pytest.raises(LimitExceeded):
            read(b"ab", 26)
    grant(5)


def test_what_failed_fails_again_at_once_under_the_same_or_lower_limits() -> None:
    state = State()
    for steps, asked in ((5, 1), (5, 1), (4, 1), (6, 2), (5, 2), (6, 2)):
        with use_limits(Limits(steps=steps)), pytest.raises(LimitExceeded, match="steps to answer"):
            state.spend(7)
        assert state.asked == asked
    with use_limits(Limits(steps=7)):
        assert state.spend(7) == 7
        assert state.spend(5) == 5
    with use_limits(Limits(steps=6)):
        assert state.spend(6) == 6


def test_another_question_to_the_same_state_is_asked() -> None:
    state = State()
    with use_limits(Limits(steps=5)):
        with pytest.raises(LimitExceeded):
            state.spend(7)
        assert state.spend(3) == 3


def test_what_fails_within_a_question_is_remembered_of_the_outer_one() -> None:
    """The inner one may be answered alone: it had only what was left."""
    inner, outer = State(), State()
    with use_limits(Limits(steps=5)):
        with pytest.raises(LimitExceeded):
            outer.ask((State(), State(), inner), 2)
        assert inner.spend(2) == 2
        with pytest.raises(LimitExceeded):
            outer.ask((State(), State(), inner), 2)


def test_an_error_is_raised_anew() -> None:
    state = State()
    errors = []
    for _ in range(3):
        with use_limits(Limits(steps=5)), pytest.raises(LimitExceeded) as caught:
            state.spend(7)
        errors.append(caught.value)
    assert len({id(error) for error in errors}) == 3
    assert len({str(error) for error in errors}) == 1


def test_a_stack_that_overflows_is_a_limit_of_the_outermost_question() -> None:
    state = State()
    for _ in range(2):
        with pytest.raises(LimitExceeded, match="nesting") as caught:
            state.fail(RecursionError())
        assert not caught.value.counted
    assert state.asked == 2

    @bounded
    def ask() -> None:
        with pytest.raises(RecursionError):
            state.fail(RecursionError())
        raise RecursionError

    with pytest.raises(LimitExceeded, match="nesting"):
        ask()


def test_a_source_that_failed_fails_again_at_once() -> None:
    made: list[Any] = []

    @bounded_by(lambda arguments, keywords: (arguments, *keywords.items()))
    def make(source: str, steps: int = 7) -> str:
        made.append(source)
        charge(steps)
        return source

    with use_limits(Limits(steps=5)):
        for source in ("a", "b", "a", "b"):
            with pytest.raises(LimitExceeded):
                make(source)
        assert made == ["a", "b"]
        assert make("a", 3) == make("a", steps=4) == "a"
    with use_limits(Limits(steps=7)):
        assert make("a") == "a"
        assert make("c") == "c"
    assert len(module._REFUSED) == 2


def test_so_many_sources_are_remembered() -> None:
    @bounded_by(lambda arguments, keywords: arguments)
    def make(source: int) -> None:
        charge(7)

    with use_limits(Limits(steps=5)):
        for source in range(3 * module.REMEMBERED):
            with pytest.raises(LimitExceeded):
                make(source)
    assert len(module._REFUSED) == module.REMEMBERED


class Clock:
    """A clock that moves when it is read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tick: float) -> None:
        self.now, self.read, self.tick = 0.0, 0, tick
        monkeypatch.setattr(module, "monotonic", self)

    def __call__(self) -> float:
        self.read += 1
        self.now += self.tick
        return self.now


def test_by_default_no_clock_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, 1e9)
    State().spend(*[10] * 5_000)
    with use_limits(Limits(steps=1_000)), pytest.raises(LimitExceeded):
        State().spend(*[10] * 5_000)
    assert clock.read == 0


def test_seconds_are_the_clocks_which_is_read_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, 1.0)
    state = State()
    with use_limits(Limits(seconds=100.0)):
        state.spend(*[1] * 1_000)
    assert clock.read <= 2 + 1_000 // module.CLOCK_STEPS
    clock.tick = 60.0
    with use_limits(Limits(seconds=100.0)), pytest.raises(LimitExceeded, match="time to answer") as caught:
        state.spend(*[1] * 1_000)
    assert (caught.value.limit, caught.value.counted) == (100.0, False)


def test_a_failure_by_the_clock_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, 60.0)
    state = State()
    with use_limits(Limits(seconds=100.0)):
        with pytest.raises(LimitExceeded):
            state.spend(*[1] * 1_000)
        clock.tick = 0.0
        assert state.spend(*[1] * 1_000) == 1_000


def test_steps_are_counted_beside_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch, 0.0)
    state = State()
    for _ in range(2):
        with use_limits(Limits(steps=500, seconds=1.0)), pytest.raises(LimitExceeded) as caught:
            state.spend(*[1] * 501)
        assert caught.value.counted
    assert state.asked == 1


def test_time_is_up_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the last moment it is not."""
    clock = Clock(monkeypatch, 1.0)
    with use_limits(Limits(seconds=100.0)), pytest.raises(LimitExceeded):
        State().spend(*[1] * 20_000)
    # Read once at the beginning.
    assert clock.now == 1 + 100 + 1


class Asked(Watch):
    """A watch that counts how often it is asked, and has enough after so many times."""

    __slots__ = ("asked", "most")

    def __init__(self, most: int) -> None:
        super().__init__()
        self.asked, self.most = 0, most

    def check(self) -> None:
        self.asked += 1
        if self.asked > self.most:
            raise Cancelled()


@pytest.mark.parametrize("seconds", [None, 1e6])
def test_a_watch_is_asked_as_often_as_a_clock(seconds: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one, too; and no clock is read for it."""
    clock, watch = Clock(monkeypatch, 1.0), Asked(99)
    with watch.watched(), use_limits(Limits(seconds=seconds)):
        State().spend(*[1] * 1_000)
    assert watch.asked == 1_000 // (module.CLOCK_STEPS + 1)
    assert clock.read == (0 if seconds is None else 1 + watch.asked)
    State().spend(*[1] * 1_000)
    assert watch.asked == 1_000 // (module.CLOCK_STEPS + 1)


def test_what_a_watch_raises_is_no_failure_of_the_question() -> None:
    state, watch = State(), Asked(2)
    with watch.watched(), pytest.raises(Cancelled):
        state.spend(*[1] * 1_000)
    assert state.refusals is None
    assert state.spend(*[1] * 1_000) == 1_000


@pytest.mark.parametrize("steps", [1, 5, 64, 65, 200])
@pytest.mark.parametrize("seconds", [None, 1e6])
def test_beside_a_watch_or_a_clock_a_question_has_as_many_steps(steps: int, seconds: float | None) -> None:
    for watch in (Watch(), Asked(99)):
        with watch.watched(), use_limits(Limits(steps=steps, seconds=seconds)):
            assert State().spend(*[1] * steps) == steps
            with pytest.raises(LimitExceeded, match="the steps to answer one question"):
                State().spend(*[1] * (steps + 1))


def test_threads_have_an_account_each() -> None:
    """Each does nearly what one question may, at the same time."""
    barrier = threading.Barrier(4)
    done = []

    def ask(state: State) -> None:
        barrier.wait()
        with use_limits(Limits(steps=2_000)):
            done.append(state.spend(*[1] * 1_990))

    shared = State()
    threads = [threading.Thread(target=ask, args=(shared,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [1_990] * 4
