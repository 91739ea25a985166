"""Shortest texts: exact, kept on the terms, found within so many states, with every short cut by itself."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from bltgen.automata import liveness
from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import (
    ANY_BYTE,
    ANY_BYTES,
    EMPTY,
    EPSILON,
    INFINITE,
    Language,
    byte_set,
    concat,
    from_automaton,
    intersection,
    literal,
)
from bltgen.automata.limits import Limits, current_limits, use_limits
from bltgen.automata.liveness import Choice, alternatives, completion, shortest
from bltgen.automata.operators import INTERSECTION, UNION
from bltgen.errors import EmptyLanguage, LimitExceeded

A, B, C = literal(b"a"), literal(b"b"), literal(b"c")
AB, CD = literal(b"ab"), literal(b"cd")
SIGMA = byte_set(ByteSet.of(b"ab"))


def cycles(letter: bytes, *lengths: int, after: Language = EPSILON) -> Language:
    """Texts of a letter whose length is a multiple of all the lengths: only a search tells the least."""
    letter_ = literal(letter)
    return intersection(*[letter_.repeat(n, n).plus() + after for n in lengths])


# -- exact lengths -----------------------------------------------------------------------------------


def test_plain_terms_need_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "_search", None)
    monkeypatch.setattr(liveness, "_is_witnessed", None)
    for made, length in ((AB, 2), (A.star(), 0), (AB | A, 1), (AB.repeat(3, 5) + A, 7), (EMPTY, INFINITE)):
        assert shortest(made) == length


@pytest.mark.parametrize(
    ("make", "length"),
    [
        (lambda: cycles(b"l", 2, 3), 6),
        (lambda: cycles(b"m", 4, 6), 12),
        (lambda: cycles(b"n", 3, 5, 7), 105),
        (lambda: cycles(b"o", 2, 3) + AB, 8),
        (lambda: AB + cycles(b"p", 2, 3), 8),
        (lambda: AB.repeat(5, 6) | cycles(b"q", 2, 3), 6),
        (lambda: AB | cycles(b"r", 2, 3), 2),
        (lambda: (cycles(b"s", 2, 3) | AB.repeat(5, 5)).repeat(3, 4), 18),
        (lambda: concat(cycles(b"t", 2, 3), CD, cycles(b"t", 2, 5)), 18),
        (lambda: literal(b"uu").plus() & (literal(b"u") + literal(b"uu").star()), INFINITE),
        (lambda: (literal(b"vv").plus() & (literal(b"v") + literal(b"vv").star())) + A, INFINITE),
        (lambda: (literal(b"ww").plus() & (literal(b"w") + literal(b"ww").star())).repeat(2, 3), INFINITE),
        (lambda: ~(literal(b"x").optional() | (ANY_BYTE - literal(b"x")) + ANY_BYTES), 2),
        (lambda: ANY_BYTE.repeat(0, 2) - ANY_BYTE.repeat(0, 1) - literal(b"yy"), 2),
        (lambda: SIGMA.star() & ~(SIGMA.repeat(0, 4) | (ANY_BYTES + A)), 5),
        (lambda: (AB | C).star() & (A | literal(b"bc")).plus(), 3),
    ],
)
def test_shortest_lengths(make: Any, length: int) -> None:
    made: Language = make()
    assert shortest(made) == length
    assert made._shortest == length
    assert shortest(made) == length
    if length < INFINITE:
        text = completion(made)
        assert len(text) == length
        assert made.accepts(text)
    else:
        with pytest.raises(EmptyLanguage):
            completion(made)


def test_lengths_of_random_intersections_against_all_texts() -> None:
    """Pairs and triples of small terms, some excluded, over all texts of up to seven letters."""
    texts = [bytes(text) for n in range(7) for text in product(b"ab", repeat=n)]
    parts = [
        AB.star(),
        (A | literal(b"ba")).star(),
        SIGMA.repeat(3, 5),
        SIGMA.star() + A + SIGMA,
        literal(b"bb").optional() + A.plus(),
        (A + SIGMA).plus(),
    ]
    for one, two, three in product(parts, parts, parts[2:4]):
        for made in (one & two & three, one & two & ~three, (one | two) & ~three & SIGMA.star()):
            known = min((len(text) for text in texts if made.accepts(text)), default=None)
            length = shortest(made)
            assert length == known if known is not None else length > 6


def test_the_least_byte_of_a_shortest_way_is_taken() -> None:
    """At each step, also where it leads through a search."""
    assert completion(CD | AB | literal(b"xyz")) == b"ab"
    assert completion((B | A).repeat(3, 5)) == b"aaa"
    assert completion(EPSILON) == b""
    assert completion((literal(b"az") | literal(b"by")) & (literal(b"by") | literal(b"azz") | CD)) == b"by"
    assert completion(SIGMA.repeat(3, 9) & ~(A + ANY_BYTES)) == b"baa"
    assert completion(SIGMA.repeat(2, 9) & ~(literal(b"aa") + ANY_BYTES)) == b"ab"


# -- what a search may cost --------------------------------------------------------------------------


def _states_needed(make: Any) -> int:
    """The least limit with which the search comes to its end; each try on terms of its own."""
    for limit in range(1, 200):
        with use_limits(Limits(search_states=limit)):
            try:
                shortest(make(limit))
            except LimitExceeded:
                continue
        return limit
    raise AssertionError


def test_searches_end_at_the_limit() -> None:
    """A way straight down through n states needs n of them; the error says what to do."""
    needed = _states_needed(lambda n: cycles(b"%c" % (128 + n), 4, 6))
    assert needed == 12
    with use_limits(Limits(search_states=11)), pytest.raises(LimitExceeded, match="search_states") as caught:
        shortest(cycles(b"!", 4, 6))
    assert caught.value.limit == 11


def test_an_empty_language_is_found_out_when_all_was_seen() -> None:
    made = literal(b"33").plus() & (literal(b"3") + literal(b"33").star())
    with use_limits(Limits(search_states=3)):
        assert shortest(made) == INFINITE
    for target in (made, made.derivative(ord("3"))):
        assert target._shortest == INFINITE


def test_what_a_search_learns_is_kept() -> None:
    """Exact lengths along the way, for which nothing is searched any more; bounds beside it."""
    made = cycles(b"4", 4, 6)
    assert shortest(made) == 12
    with use_limits(Limits(search_states=0)):
        for left in range(11, -1, -1):
            made = made.derivative(ord("4"))
            assert shortest(made) == left
    wide = (A.repeat(6, 6).plus() & A.repeat(4, 4).plus()) | literal(b"b" * 30)
    assert shortest(wide) == 12


def test_bounds_are_better_after_a_search() -> None:
    """Of a state that was passed, no text is shorter than what the search took less the way to it."""
    first, second = literal(b"5").repeat(4, 4).plus(), literal(b"5").repeat(6, 6).plus()
    made = first & second
    assert shortest(made) == 12
    assert made._bound == 12
    assert made.derivative(ord("5"))._bound == 11
    liveness._settle(A, 9, {A: 2, B: 4}, {}, {B})
    assert (A._shortest, B._bound) == (1, 5)
    liveness._settle(A, 7, {A: 2, B: 4}, {}, {B})
    assert B._bound == 5
    B._bound = 0


def test_work_is_charged(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step for each state and half its parts, CHARGED at a time, and the rest at the end."""
    monkeypatch.setattr(liveness, "CHARGED", 5)
    monkeypatch.setattr(liveness, "_is_witnessed", lambda term: False)
    for make, total in (
        (lambda: cycles(b"6", 4, 6), 24),
        (lambda: literal(b"77").plus() & (literal(b"7") + literal(b"77").star()), 4),
    ):
        spent: list[int] = []
        monkeypatch.setattr(liveness, "charge", spent.append)
        shortest(make())
        assert sum(spent) == total
        assert all(5 <= one <= 6 for one in spent[:-1])
        assert spent[-1] < 6


# -- short cuts --------------------------------------------------------------------------------------


def test_a_text_of_the_longest_part_may_be_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing is searched."""
    monkeypatch.setattr(liveness, "_search", None)
    made = literal(b"abcabc").plus() & (A | B | C).repeat(2, 30) & ~(CD + ANY_BYTES)
    assert shortest(made) == 6
    assert liveness._is_witnessed(AB) is False
    assert liveness._is_witnessed(~AB) is False


def test_when_a_witness_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to WITNESSED bytes, not below what is known of the whole, not where no part has a length."""
    monkeypatch.setattr(liveness, "WITNESSED", 6)
    for size, found in ((6, True), (7, False)):
        made = literal(b"8" * size).plus() & literal(b"8").repeat(2, 40)
        assert liveness._is_witnessed(made) is found
        assert (made._shortest == size) is found
    bounded = literal(b"88").plus() & literal(b"8").repeat(2, 41)
    bounded._bound = 3
    assert not liveness._is_witnessed(bounded)
    bounded._bound = 2
    assert liveness._is_witnessed(bounded)
    refused = literal(b"99").plus() & ~literal(b"99")
    assert not liveness._is_witnessed(refused)
    assert refused._shortest is None
    assert shortest(refused) == 4
    lean = from_automaton(_Letters(2)) & ~(B + ANY_BYTES)
    assert lean.op == INTERSECTION
    assert not liveness._is_witnessed(lean)
    assert shortest(lean) == 2


class _Letters:
    """So many letters a, at a distance that must be searched."""

    accepting, shortest, longest = False, None, INFINITE

    def __init__(self, left: int) -> None:
        self.left = left

    def transitions(self) -> list[tuple[int, Language]]:
        return [(1 << ord("a"), from_automaton(_Letters(self.left - 1)) if self.left > 1 else EPSILON)]


def test_questions_within_questions_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """ASKED of them within each other, and none about itself."""
    made = literal(b"::").plus() & literal(b":").repeat(2, 42)
    token = liveness._ASKED.set(frozenset((made,)))
    try:
        assert not liveness._is_witnessed(made)
    finally:
        liveness._ASKED.reset(token)
    asked = [literal(b"asked %d" % n) for n in range(3)]
    monkeypatch.setattr(liveness, "ASKED", 3)
    for count, found in ((3, False), (2, True)):
        token = liveness._ASKED.set(frozenset(asked[:count]))
        try:
            assert liveness._is_witnessed(made) is found
            assert liveness._ASKED.get() == frozenset(asked[:count])
        finally:
            liveness._ASKED.reset(token)


def test_alternatives() -> None:
    """Of a union its parts; of an intersection those of its first union, each with the other parts."""
    union = AB | CD
    assert alternatives(union) == union.parts
    assert alternatives(AB) == ()
    assert alternatives(AB.star()) == ()
    assert alternatives(AB.star() & (A | literal(b"ba")).star()) == ()
    left, right = AB.star() | (A + CD).star(), SIGMA.star()
    both = left & right & ~(A | CD)
    found = alternatives(both)
    assert {*found} == {part & right & ~(A | CD) for part in left.parts}
    assert len(found) == len(left.parts)
    assert liveness._successors(both, 3) == [(term, 3) for term in found]
    assert liveness._successors(AB, 3) == [(B, 4)]
    assert liveness._successors(union, 0) == [(AB, 0), (CD, 0)]


def test_excluded_counts() -> None:
    count = liveness._excluded_count
    assert count(AB) == 0
    assert count(AB.star() & (A | literal(b"ba")).star()) == 0
    assert count(AB.star() & ~literal(b"abab")) == 1
    assert count(SIGMA.star() & ~(AB | literal(b"ba") | A.repeat(3, 4))) == 3
    assert count(AB | ~(AB | CD)) == 0
    assert count(~AB + C) == 0
    assert (AB | ~(AB | CD)).op == UNION


def test_dominated_terms() -> None:
    """The same parts, excluding no less, seen no deeper; so many are remembered."""
    held: Any = {}
    one = SIGMA.star() & ~(AB | literal(b"ba"))
    more = SIGMA.star() & ~(AB | literal(b"ba") | literal(b"aaa"))
    less = SIGMA.star() & ~AB
    dominated = liveness._is_dominated
    assert not dominated(one, 3, held)
    assert dominated(one, 3, held)
    assert dominated(one, 4, held)
    assert not dominated(one, 2, held)
    assert dominated(more, 3, held)
    assert not dominated(more, 1, held)
    assert not dominated(less, 9, held)
    assert dominated(less, 9, held)
    assert not dominated((A | C).star() & ~(AB | literal(b"ba")), 9, held)
    assert list(held) == [(SIGMA.star(),), ((A | C).star(),)]
    plain: Any = {}
    for term in (AB, AB.star() & (A | literal(b"ba")).star(), ~AB):
        assert not dominated(term, 3, plain)
        assert not dominated(term, 3, plain)
    assert plain == {}


def test_so_many_terms_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "ANTICHAIN", 2)
    held: Any = {}
    terms = [SIGMA.star() & ~literal(b"ab%d" % n) for n in range(3)]
    for term in terms:
        assert not liveness._is_dominated(term, 3, held)
    assert len(held[SIGMA.star(),]) == 2
    assert [liveness._is_dominated(term, 3, held) for term in terms] == [True, True, False]


# -- relaxation --------------------------------------------------------------------------------------


def test_terms_without_their_counters() -> None:
    relaxed = liveness._without_counters
    assert relaxed(AB.repeat(3, 9), 0) is AB.plus()
    assert relaxed(AB.repeat(0, 9), 0) is AB.star()
    assert relaxed(AB.plus(), 0) is AB.plus()
    assert relaxed(AB.repeat(3, 9) + C.repeat(0, 4), 0) is AB.plus() + C.star()
    assert relaxed(AB.repeat(3, 9) | CD, 0) is AB.plus() | CD
    assert relaxed((AB.repeat(3, 9) + C).repeat(2, 3), 0) is (AB.plus() + C).plus()
    both = AB.repeat(3, 9) & (A | literal(b"ba")).repeat(1, 50)
    assert relaxed(both, 0) is AB.plus() & (A | literal(b"ba")).plus()
    for kept in (AB, SIGMA, ~(AB.repeat(3, 9)), EPSILON):
        assert relaxed(kept, 0) is kept
    made = CD.repeat(7, 9)
    assert made._relaxed is None
    kept = CD.repeat(7, 10)
    kept._relaxed = AB
    assert liveness._relaxed(kept, 0) is AB
    kept._relaxed = None
    assert liveness._relaxed(made, 0) is CD.plus()
    assert made._relaxed is CD.plus()


def test_deep_parts_are_relaxed_to_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "RELAXED_DEPTH", 3)
    assert liveness._relaxed(literal(b"depth 3"), 3) is literal(b"depth 3")
    assert liveness._relaxed(literal(b"depth 4"), 4) is ANY_BYTES
    inner = literal(b"in")
    nested = inner.repeat(2, 3)
    for _ in range(3):
        nested = (nested + literal(b"out")).repeat(2, 3)
    assert liveness._relaxed(nested, 0).includes(nested)


def test_a_relaxed_bound() -> None:
    """By the relaxed parts, asked once; INFINITE where these contradict; None where it takes long."""
    known: Any = {}
    odd, even = A + literal(b"aa").repeat(1, 50), literal(b"aa").repeat(1, 60)
    made = (odd & even) if (odd & even).op == INTERSECTION else EMPTY
    assert liveness._relaxed_shortest(made, known, 100) == INFINITE
    assert list(known.values()) == [INFINITE]
    other = A + literal(b"aa").repeat(1, 51)
    assert liveness._relaxed_shortest(other & literal(b"aa").repeat(1, 61), known, 0) == INFINITE
    assert len(known) == 1
    slow = intersection(*[literal(b"=" * n).repeat(1, 900) for n in (5, 7, 9)])
    assert liveness._relaxed_shortest(slow, known, 3) is None
    assert liveness._relaxed_shortest(slow, known, 3) == 9
    assert shortest(slow) == 315
    easy = literal(b"<").repeat(3, 9).repeat(2, 2) & (literal(b"<") | literal(b"<>")).repeat(4, 9)
    bound = liveness._relaxed_shortest(easy, {}, 100)
    assert bound is not None
    assert bound <= shortest(easy) == 6


def test_what_has_no_counters_is_not_searched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor what is known, nor what needs no search."""
    monkeypatch.setattr(liveness, "_search", None)
    bare = (AB | literal(b"{")).plus() & (A | literal(b"b{")).plus()
    assert liveness._relaxed(bare, 0) is bare
    assert liveness._relaxed_shortest(bare, {}, 100) == bare.least
    plain = literal(b"}}").repeat(2, 9) & ~literal(b"}}}}").repeat(1, 3) & ANY_BYTE.repeat(1, 40)
    relaxed = liveness._relaxed(plain, 0)
    relaxed._shortest = 17
    assert liveness._relaxed_shortest(plain, {}, 100) == 17
    relaxed._shortest = None


def test_the_depth_of_relaxation_is_counted_from_the_term(monkeypatch: pytest.MonkeyPatch) -> None:
    """And that of an intersection's parts from each of these."""
    monkeypatch.setattr(liveness, "RELAXED_DEPTH", 0)
    made = literal(b"|a") & (literal(b"|a") | literal(b"|b")).plus()
    assert made.op == INTERSECTION
    assert liveness._relaxed_shortest(made, {}, 100) == 2


def test_questions_without_counters_may_visit_so_many_states(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Asked after RELAXED_AFTER states: RELAXED_STATES, later a share of what the search has visited."""
    monkeypatch.setattr(liveness, "_is_witnessed", lambda term: False)
    asked: list[int] = []
    monkeypatch.setattr(liveness, "_relaxed_shortest", lambda term, known, states: asked.append(states))
    assert shortest(cycles(b"^", 8, 9)) == 72
    assert asked == [500]
    del asked[:]
    monkeypatch.setattr(liveness, "RELAXED_STATES", 10)
    monkeypatch.setattr(liveness, "RELAXED_AFTER", 3)
    assert shortest(cycles(b"_", 8, 9)) == 72
    # In vain after 4 states: 16 more are visited, then 4 * 21 may be.
    assert asked == [16, 84]


def test_what_was_found_out_since_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A term on the heap whose exact length is learnt meanwhile is put back by it."""
    near, far = cycles(b"`", 3, 5), cycles(b"'", 2, 7)

    class Fork:
        accepting, shortest, longest = False, None, INFINITE

        def transitions(self) -> list[tuple[int, Language]]:
            return [(1, near), (2, far)]

    origin = from_automaton(Fork())
    successors = liveness._successors

    def learns(term: Language, depth: int) -> Any:
        yield from successors(term, depth)
        if term is origin:
            near._shortest = 15

    monkeypatch.setattr(liveness, "_successors", learns)
    assert shortest(origin) == 15
    assert far._shortest == 14


def test_a_way_is_found_without_preferences(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no search for the sake of order may be made, the first shortest way is taken."""
    monkeypatch.setattr(liveness, "CHOICE_FAILURES", 0)
    words = literal(b"xa,") | literal(b"yb,")
    made = words.plus() & (words | literal(b"xy,")).repeat(1, 30)
    assert made.op == INTERSECTION
    assert shortest(made) == 3
    assert completion(made) in (b"xa,", b"yb,")


def test_counters_are_forgotten_where_they_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Contradiction under long counters: few states, for all that the counters may have many values."""
    monkeypatch.setattr(liveness, "_is_witnessed", lambda term: False)
    left = (A.repeat(1, 90) + B).repeat(1, 90)
    contradiction = left & (SIGMA.repeat(1, 5000) + C + ANY_BYTES)
    with use_limits(Limits(search_states=600)):
        assert shortest(contradiction) == INFINITE


# -- choices -----------------------------------------------------------------------------------------


def test_choices_know_or_ask_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    choice = Choice()
    assert choice.is_shortest(AB, 2)
    assert not choice.is_shortest(AB, 3)
    made = cycles(b"@", 2, 3)
    made._bound = 7
    assert not choice.is_shortest(made, 6)
    assert made._shortest is None
    made._bound = 0
    assert not choice.is_shortest(made, made.least - 1)
    assert made._shortest is None
    asked: list[int] = []
    original = liveness.shortest
    monkeypatch.setattr(
        liveness, "shortest", lambda term: asked.append(current_limits().search_states) or original(term)
    )
    assert choice.is_shortest(made, 6)
    assert {*asked} == {64}
    assert current_limits().search_states != 64


def test_a_few_long_searches_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """After CHOICE_FAILURES of them no other is begun; what is known is still told."""
    tries: list[object] = []

    def fails(term: Language) -> int:
        tries.append(term)
        raise LimitExceeded("states", 64)

    monkeypatch.setattr(liveness, "shortest", fails)
    choice = Choice()
    terms = [cycles(b"[%d" % n, 2, 3) for n in range(6)]
    for term in terms:
        assert not choice.is_shortest(term, 30)
    assert len(tries) == 4
    assert choice.is_shortest(AB, 2)
    assert [*tries] == terms[:4]
