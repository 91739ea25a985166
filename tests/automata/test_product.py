"""Products of a constraint and a language: searches, their limit, what they keep, and every operator."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import pytest

from bltgen.automata import product as products
from bltgen.automata.byteset import ByteSet
from bltgen.automata.contract import Report, ReportEntry, State
from bltgen.automata.language import ANY_BYTE, ANY_BYTES, EMPTY, INFINITE, Language, byte_set, literal
from bltgen.automata.lazy_dfa import LanguageState
from bltgen.automata.limits import Limits, use_limits
from bltgen.automata.named import Named
from bltgen.automata.product import Product, ProductState, product_of
from bltgen.errors import BudgetTooSmall, EmptyLanguage, LimitExceeded, Unsupported

A, B, C = literal(b"a"), literal(b"b"), literal(b"c")
AB = literal(b"ab")
SIGMA = byte_set(ByteSet.of(b"ab"))
TEXTS = [bytes(text) for n in range(6) for text in product(b"ab", repeat=n)]


class Opaque:
    """A constraint that is not known to be regular; it counts how often its states are asked to go on."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def start(self) -> State:
        return self.language.start()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.language, name)


def made(first: Language, second: Language) -> Product:
    return Product(Opaque(first), second)  # type: ignore[arg-type]


PAIRS: list[tuple[Language, Language]] = [
    (AB.star(), SIGMA.repeat(3, 5)),
    (SIGMA.star() + A + SIGMA, (A | AB).plus()),
    ((A | literal(b"ba")).star(), AB.plus()),
    (A.repeat(1, 3), A.repeat(2, 9)),
    (AB | literal(b"aab") | literal(b"bbbb"), SIGMA.repeat(2, 4)),
    (SIGMA.star(), ~AB & SIGMA.repeat(0, 3)),
    (A.star() + B, literal(b"aa").star() + SIGMA),
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_states_against_all_short_texts(first: Language, second: Language) -> None:
    both = made(first, second)
    texts = [text for text in TEXTS if first.accepts(text) and second.accepts(text)]
    assert [text for text in TEXTS if both.accepts(text)] == texts
    live: list[tuple[bytes, ProductState]] = [(b"", both.start())]
    while live:
        prefix, state = live.pop()
        tails = [text[len(prefix) :] for text in texts if text.startswith(prefix)]
        assert state.accepting is (b"" in tails)
        after = {byte: state.advance(byte) for byte in range(256)}
        fits = {byte: following for byte, following in after.items() if following is not None}
        assert {*state.allowed} == fits.keys()
        assert {tail[0] for tail in tails if tail} <= fits.keys()
        if tails:
            assert state.shortest == min(map(len, tails))
            assert len(state.completion()) == state.shortest
            assert prefix + state.completion() in texts
        for n in range(7):
            within = [byte for byte, following in fits.items() if following.shortest < n]
            assert state.allowed_within(n) == ByteSet.of(within)
        if state.accepting or len(fits) != 1:
            assert state.forced == b""
        else:
            ((byte, following),) = fits.items()
            assert state.forced == bytes((byte,)) + following.forced
        if len(prefix) < 4:
            live += [(prefix + bytes((byte,)), following) for byte, following in fits.items()]


def test_completions_take_the_least_byte() -> None:
    both = made(SIGMA.repeat(3, 9), SIGMA.star() & ~(A + SIGMA.star()))
    assert both.start().completion() == b"baa"


def test_a_dead_product() -> None:
    both = made(AB.plus(), (A + AB).star())
    start = both.start()
    assert start.shortest == INFINITE or not start.allowed
    dead = made(A.plus(), B.star() + C)
    state = dead.start()
    assert (state.shortest, state.accepting, state.forced) == (INFINITE, False, b"")
    assert not state.allowed
    assert not state.allowed_within(9)
    assert state.advance(ord("a")) is None
    with pytest.raises(EmptyLanguage):
        state.completion()
    with pytest.raises(EmptyLanguage):
        dead.sample(random.Random(1))
    assert product_of(dead.constraint, dead.language) is EMPTY
    live = product_of(AB.star(), ANY_BYTE.repeat(4, 4))
    assert isinstance(live, Product)
    assert live.start().completion() == b"abab"


def test_states_are_shared_and_numbered() -> None:
    both = made(AB.star(), SIGMA.repeat(0, 9).star())
    start = both.start()
    assert both.start() is start
    assert start.id == 0
    first = start.advance(ord("a"))
    assert first is not None
    assert first.id == 1
    assert start.advance(ord("a")) is first
    assert (first.left, first.right) == (start.left.advance(ord("a")), start.right.advance(ord("a")))
    again = first.advance(ord("b"))
    assert again is not None
    assert (again.left.id, again.right.id) == (start.left.id, again.right.id)


def test_bytes_are_advanced_once() -> None:
    both = made(AB | C, ANY_BYTE.repeat(1, 2))
    state = both.start()
    asked: list[int] = []

    class Left:
        id, accepting, shortest = 7, False, 1
        allowed = state.left.allowed

        def advance(self, byte: int) -> Any:
            asked.append(byte)
            return state.left.advance(byte)

    watched = ProductState(both, Left(), state.right, 5)  # type: ignore[arg-type]
    for byte in b"ccz":
        watched.advance(byte)
    assert asked == [*b"cz"]
    assert watched.advance(ord("c")) is not None
    assert watched.advance(ord("z")) is None
    assert watched.allowed is watched.allowed


def test_forced_bytes_come_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "FORCED_LIMIT", 3)
    assert made(literal(b"abcd"), ANY_BYTE.repeat(1, 9)).start().forced == b"abc"
    assert made(AB, ANY_BYTE.repeat(1, 9)).start().forced == b"ab"


# -- the search --------------------------------------------------------------------------------------


def _alternating(n: int, m: int) -> Product:
    return made(literal(b"a" * n).plus(), literal(b"a" * m).plus())


def test_searches_visit_so_many_pairs_and_no_more() -> None:
    """Twelve letters down to the first common text: twelve pairs."""
    with use_limits(Limits(search_states=12)):
        assert _alternating(4, 6).start().shortest == 12
    with use_limits(Limits(search_states=11)), pytest.raises(LimitExceeded, match="search_states") as caught:
        _ = _alternating(4, 6).start().shortest
    assert caught.value.limit == 11


def test_what_a_search_learns_is_kept() -> None:
    """Exact lengths along its way; for those no pair is visited again."""
    both = _alternating(4, 6)
    state: ProductState | None = both.start()
    assert state is not None
    assert state.shortest == 12
    with use_limits(Limits(search_states=0)):
        for left in range(11, -1, -1):
            state = state.advance(ord("a"))
            assert state is not None
            assert state.shortest == left
    assert sorted(both._exact.values()) == list(range(13))
    assert sorted(both._bounds.values()) == list(range(1, 13))


class Place:
    """A state that is made by hand: how far its end is at least, and where its bytes lead."""

    accepting = False

    def __init__(self, id_: int, shortest: int, steps: dict[int, Place]) -> None:
        self.id, self.shortest, self.steps = id_, shortest, steps
        self.allowed = ByteSet.of(steps)

    def advance(self, byte: int) -> Place | None:
        return self.steps.get(byte)


def test_a_shorter_way_to_a_pair_counts_though_it_is_found_later() -> None:
    end = Place(9, 0, {})
    end.accepting = True
    meeting = Place(8, 1, {1: end})
    detour = Place(7, 0, {1: Place(6, 0, {1: meeting})})
    start: Any = Place(5, 0, {1: detour, 2: Place(4, 2, {1: meeting})})
    both = Product(A, ANY_BYTES)
    assert both._shortest(start, ANY_BYTES.start()) == 3


def test_searches_go_where_the_end_is_near() -> None:
    """By what both halves say of it: the long way is not entered."""
    ways = (A + B.repeat(20, 20)) | literal(b"bc")
    with use_limits(Limits(search_states=2)):
        assert made(ways, ANY_BYTE.repeat(1, 40)).start().shortest == 2


def test_pairs_from_which_nothing_is_reached_are_known_dead() -> None:
    both = made(literal(b"aa").plus(), A + literal(b"aa").star())
    start = both.start()
    assert start.shortest == INFINITE
    assert {*both._exact.values()} == {INFINITE}
    assert len(both._exact) == 3
    with use_limits(Limits(search_states=0)):
        assert start.advance(ord("a")) is None


def test_a_length_that_is_too_short_needs_no_search() -> None:
    """Where the language has no text as long as the constraint needs; as long is enough."""
    with use_limits(Limits(search_states=0)):
        assert made(literal(b"abc"), ANY_BYTE.repeat(0, 2)).start().shortest == INFINITE
    assert made(literal(b"abc"), ANY_BYTE.repeat(0, 3)).start().shortest == 3
    both = made(A.repeat(2, 9), A.repeat(5, 12))
    left, right = both.constraint.start(), both.language.start()
    assert both._estimate(left, right) == 5
    assert both._estimate(A.repeat(7, 9).start(), right) == 7
    assert both._estimate(A.repeat(12, 19).start(), right) == 12
    assert both._estimate(A.repeat(13, 19).start(), right) == INFINITE


def test_successors_are_distinct_pairs() -> None:
    left, right = (SIGMA + C).start(), (A | B | literal(b"ca")).start()
    found = products._successors(left, right)
    assert {bits for bits, _, _ in found} == {ByteSet.of(b"ab").bits}
    split = products._successors((SIGMA + C).start(), (literal(b"ax") | B).start())
    assert {bits for bits, _, _ in split} == {ByteSet.of(b"a").bits, ByteSet.of(b"b").bits}
    assert products._successors(A.start(), B.start()) == []


def test_states_are_dropped_at_the_limit() -> None:
    """Limits.cached_states states are kept; ten times as many lengths."""
    both = made(A.star(), A.star())
    states = [(A.repeat(n, n + 1).start(), A.repeat(n, n + 2).start()) for n in range(1, 4)]
    with use_limits(Limits(cached_states=2)):
        kept = [both._state(left, right) for left, right in states[:2]]
        assert both._state(*states[0]) is kept[0]
        third = both._state(*states[2])
        assert list(both._states.values()) == [third]
        assert [state.id for state in (*kept, third)] == [0, 1, 2]
    lengths = made(A.star(), A.star())
    with use_limits(Limits(cached_states=1)):
        for n in range(10):
            lengths._exact[-n - 1, 0] = n
        lengths._bounds[0, 0] = 3
        left, right = A.start(), A.start()
        assert lengths._shortest(left, right) == 1
        assert not [key for key in lengths._exact if key[0] < 0]
        assert (0, 0) not in lengths._bounds
    kept_lengths = made(A.star(), A.star())
    with use_limits(Limits(cached_states=1)):
        for n in range(9):
            kept_lengths._exact[-n - 1, 0] = n
        kept_lengths._shortest(A.start(), A.start())
        assert len([key for key in kept_lengths._exact if key[0] < 0]) == 9


# -- as a constraint ---------------------------------------------------------------------------------


def test_reports_and_descriptions_are_of_both() -> None:
    entry = ReportEntry("x", "literal")
    left = Named(literal(b"named left"), {"kind": "left"}, Report((entry,)))
    right = Named(ANY_BYTE.repeat(0, 77), {"kind": "right"}, Report((ReportEntry("y", "repeat"),)))
    both = made(left, right)
    assert both.report() == Report((entry, ReportEntry("y", "repeat")))
    assert both.describe() == {"kind": "intersection", "parts": [{"kind": "left"}, {"kind": "right"}]}


def test_samples() -> None:
    both = made(AB.star(), SIGMA.repeat(3, 5))
    assert {both.sample(random.Random(seed)) for seed in range(5)} == {b"abab"}
    assert both.sample(random.Random(1), max_bytes=4) == b"abab"
    with pytest.raises(BudgetTooSmall):
        both.sample(random.Random(1), 3)
    with pytest.raises(TypeError, match="max_bytes"):
        both.sample(random.Random(1), max_byte=3)  # type: ignore[call-arg]


def test_operators() -> None:
    both = made(AB.star(), SIGMA.repeat(3, 6))
    exact = both & SIGMA.repeat(5, 9)
    assert isinstance(exact, Product)
    assert exact.start().completion() == b"ababab"
    assert exact.constraint is both.constraint
    assert exact.language is SIGMA.repeat(5, 6)
    mirrored = SIGMA.repeat(5, 9) & both
    assert isinstance(mirrored, Product)
    assert mirrored.start().completion() == b"ababab"
    assert both & A is EMPTY
    with pytest.raises(Unsupported):
        _ = both & both
    with pytest.raises(Unsupported):
        _ = ~both
    for either in (both | C, C | both):
        assert [either.accepts(text) for text in (b"c", b"abab", b"ab")] == [True, True, False]
    after, before = both + C, C + both
    assert [after.accepts(text) for text in (b"ababc", b"cabab")] == [True, False]
    assert [before.accepts(text) for text in (b"ababc", b"cabab")] == [False, True]
    twice = both.repeat(2, 2)
    assert [twice.accepts(b"ab" * n) for n in range(2, 8)] == [False, False, True, True, True, False]
    assert both.optional().accepts(b"")
    assert not both.optional().accepts(b"ab")
    assert not both.repeat(1).accepts(b"")
    assert isinstance(both.start().right, LanguageState)
