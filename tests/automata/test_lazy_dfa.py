"""States of regular languages: what is looked up, computed once, shared, forced, and dropped."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from bltgen.automata import lazy_dfa
from bltgen.automata.byteset import ByteSet
from bltgen.automata.contract import FORCED_LIMIT
from bltgen.automata.language import ANY_BYTE, EMPTY, EPSILON, INFINITE, Language, byte_set, literal
from bltgen.automata.lazy_dfa import LanguageState, drop_caches, state_of
from bltgen.automata.limits import Limits, use_limits

A, B, AB, CD = literal(b"a"), literal(b"b"), literal(b"ab"), literal(b"cd")
SIGMA = byte_set(ByteSet.of(b"ab"))


def test_there_is_one_state_a_term() -> None:
    drop_caches()
    state = state_of(AB | CD)
    assert state_of(AB | CD) is state is (AB | CD).start()
    assert (state.language, state.id, state.accepting) == (AB | CD, (AB | CD).id, False)
    assert state.advance(ord("a")) is B.start()
    assert EPSILON.start().accepting


def test_bytes_are_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drop_caches()
    steps: list[int] = []
    original = lazy_dfa.step
    monkeypatch.setattr(lazy_dfa, "step", lambda term, byte: steps.append(byte) or original(term, byte))
    state = (AB | CD).start()
    for byte in b"aazzcc":
        state.advance(byte)
    assert steps == [*b"azc"]
    assert state.advance(ord("z")) is None
    for byte in (-1, 256):
        with pytest.raises(ValueError, match=f"not {byte}"):
            state.advance(byte)
    assert state.advance(0) is None
    assert state.advance(255) is None


def test_what_turns_out_empty_is_no_successor() -> None:
    """Found by a search, or known of the term already."""
    odd = A + literal(b"aa").star()
    made = (AB | CD) + (literal(b"aa").plus() & odd)
    state = made.start()
    assert state.advance(ord("a")) is None
    assert state.advance(ord("c")) is None
    assert not state.allowed
    assert (state.shortest, state.farthest) == (INFINITE, 0)
    uneven = literal(b"e") + literal(b"ee").star()
    other = (B + (literal(b"ee").star() & uneven)) | CD
    assert other.start().forced == b"cd"
    assert bytes(other.start().allowed) == b"c"
    assert other.start().farthest == 1
    assert lazy_dfa._is_dead(literal(b"aa").star() & odd)
    assert not lazy_dfa._is_dead(literal(b"aa").plus() & A.plus())


def test_states_are_values_of_their_own() -> None:
    state, other = AB.start(), CD.start()
    assert state == state
    assert (state != state) is False
    assert state != other
    assert (state == other) is False
    assert state != {}
    assert bool(EPSILON.start())
    assert bool(state)
    assert hash(state) == object.__hash__(state)
    with pytest.raises(AttributeError, match="'LanguageState' object has no attribute 'shortes'"):
        state.shortes  # type: ignore[attr-defined]  # noqa: B018


def test_lazy_attributes_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    state = LanguageState(AB | literal(b"acd"))
    seen: list[str] = []
    for name, compute in list(lazy_dfa._LAZY.items()):

        def watched(state: LanguageState, name: str = name, compute: Any = compute) -> Any:
            seen.append(name)
            return compute(state)

        monkeypatch.setitem(lazy_dfa._LAZY, name, watched)
    for _ in range(2):
        assert (bytes(state.allowed), state.shortest, state.forced, state.farthest) == (b"a", 2, b"a", 1)
    assert sorted(seen) == ["allowed", "farthest", "forced", "shortest"]


def test_allowed_of_plain_terms_needs_no_derivative() -> None:
    drop_caches()
    made = AB | CD
    assert bytes(made.start().allowed) == b"ac"
    assert made._transitions is None
    searched = AB.plus() & (A | literal(b"ba")).star()
    assert not searched.start().allowed
    concatenated = AB + ~CD
    assert bytes(concatenated.start().allowed) == b"a"


def test_farthest_ends() -> None:
    assert (A | literal(b"bcdef")).start().farthest == 4
    assert (A.star()).start().farthest == 0
    assert EPSILON.start().farthest == 0
    assert EMPTY.start().farthest == 0
    assert (AB | literal(b"acd")).start().farthest == 1


def test_budgets() -> None:
    """By the form alone where it tells, else by what each byte leads to."""
    made = A | literal(b"bcd") | literal(b"efghi")
    state = made.start()
    for n, members in ((0, b""), (1, b"a"), (2, b"a"), (3, b"ab"), (4, b"ab"), (5, b"abe"), (6, b"abe")):
        assert bytes(state.allowed_within(n)) == members
    assert state.allowed_within(5) is state.allowed
    searched = (made & ANY_BYTE.repeat(2, 9)).start()
    assert searched.language.farthest == INFINITE
    for n, members in ((2, b""), (3, b"b"), (4, b"b"), (5, b"be"), (9, b"be")):
        assert bytes(searched.allowed_within(n)) == members
    assert searched.allowed_within(5) is searched.allowed


def test_forced_bytes() -> None:
    assert AB.start().forced == b"ab"
    assert (AB + SIGMA).start().forced == b"ab"
    assert (AB + B.optional()).start().forced == b"ab"
    assert A.star().start().forced == b""
    assert EPSILON.start().forced == b""
    assert EMPTY.start().forced == b""
    assert SIGMA.start().forced == b""
    assert (AB | CD).start().forced == b""
    assert (AB | literal(b"ac")).start().forced == b"a"


def test_forced_bytes_come_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of at most the limit; what a later state knows already is taken from it, and cut."""
    assert FORCED_LIMIT == lazy_dfa.FORCED_LIMIT == 4096
    monkeypatch.setattr(lazy_dfa, "FORCED_LIMIT", 5)
    drop_caches()
    exact, over = literal(b"12345"), literal(b"123456")
    assert (exact.start().forced, over.start().forced) == (b"12345", b"12345")
    later = literal(b"3456789")
    assert later.start().forced == b"34567"
    made = literal(b"123456789")
    asked: list[bytes] = []
    original = lazy_dfa.transitions
    monkeypatch.setattr(lazy_dfa, "transitions", lambda term: asked.append(term) or original(term))
    assert made.start().forced == b"12345"
    assert len(asked) == 2
    del asked[:]
    assert literal(b"long enough").start().forced == b"long "
    assert len(asked) == 5


def test_a_state_that_has_not_forced_is_not_asked() -> None:
    drop_caches()
    tail = literal(b"tail")
    assert lazy_dfa._forced_if_known(tail) is None
    state = tail.start()
    assert lazy_dfa._forced_if_known(tail) is None
    assert state.forced == b"tail"
    assert lazy_dfa._forced_if_known(tail) == b"tail"


def test_caches_are_dropped_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """`Limits.cached_states` states are made, and the next one drops all that were cached before."""
    drop_caches()
    assert lazy_dfa._made_since_drop == 0
    texts = [literal(b"dropped %d" % n) for n in range(6)]
    drops: list[int] = []
    original = lazy_dfa.drop_caches
    monkeypatch.setattr(
        lazy_dfa, "drop_caches", lambda: drops.append(lazy_dfa._made_since_drop) or original()
    )
    with use_limits(Limits(cached_states=4)):
        for text in texts[:4]:
            state_of(text)
        assert (drops, lazy_dfa._made_since_drop) == ([], 4)
        state_of(texts[0])
        assert (drops, lazy_dfa._made_since_drop) == ([], 4)
        state_of(texts[4])
        assert (drops, lazy_dfa._made_since_drop) == ([5], 0)
        assert texts[0]._state is None
        assert texts[4]._state is not None
        state_of(texts[5])
        assert lazy_dfa._made_since_drop == 1


def test_dropping_forgets_all_that_is_cached() -> None:
    """Successors, transitions and steps; a state in use answers as before."""
    made = (AB | CD).star() & SIGMA.repeat(0, 9)
    state = made.start()
    first = state.advance(ord("a"))
    assert first is not None
    _ = state.allowed, (AB | CD).derivative(ord("a"))
    drop_caches()
    assert len(state) == 0
    for term in (made, AB | CD, *made.parts):
        assert (term._transitions, term._partial, term._state) == (None, None, None)
    again = state.advance(ord("a"))
    assert again is not None
    assert again is not first
    assert again.id == first.id
    assert made.start() is not state
    del state, first, again
    gc.collect()


def test_completions() -> None:
    assert (literal(b"abc") | CD).start().completion() == b"cd"
    assert isinstance((AB & AB).start().language, Language)
