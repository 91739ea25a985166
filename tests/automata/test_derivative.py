"""Derivatives: all of them against one at a time and against the texts, and exactly what is computed when."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from bltgen.automata import derivative
from bltgen.automata.byteset import ALL_BITS, ByteSet
from bltgen.automata.derivative import INDEXED_PARTS, STEP_DEPTH, step, transitions
from bltgen.automata.language import (
    ANY_BYTE,
    ANY_BYTES,
    EMPTY,
    EPSILON,
    Language,
    byte_set,
    concat,
    from_automaton,
    literal,
    union,
)
from bltgen.automata.lazy_dfa import drop_caches

A, B, C = literal(b"a"), literal(b"b"), literal(b"c")
AB, CD, EF = literal(b"ab"), literal(b"cd"), literal(b"ef")
SIGMA = byte_set(ByteSet.of(b"ab"))
TEXTS = [bytes(text) for n in range(5) for text in product(b"abc", repeat=n)]


def bits(members: bytes) -> int:
    return ByteSet.of(members).bits


REST = ALL_BITS & ~bits(b"a")


class Two:
    """An automaton of a|b, given in pieces that a caller must join."""

    accepting, shortest, longest = False, 1, 1

    def transitions(self) -> list[tuple[int, Language]]:
        return [(bits(b"a"), EPSILON), (bits(b"b"), EPSILON), (bits(b"c"), EMPTY)]


def _dead() -> Language:
    made = literal(b"zz").plus() & (literal(b"z") + literal(b"zz").star())
    assert made.is_empty()
    return made


CASES: list[tuple[Language, list[tuple[bytes, Language]]]] = [
    (EMPTY, []),
    (EPSILON, []),
    (SIGMA, [(b"ab", EPSILON)]),
    (literal(b"abc"), [(b"a", literal(b"bc"))]),
    (AB, [(b"a", B)]),
    (SIGMA + CD, [(b"ab", CD)]),
    (A.optional() + CD, [(b"a", CD), (b"c", literal(b"d"))]),
    (A.optional() + AB, [(b"a", AB | B)]),
    (concat(A.optional(), B.star(), CD), [(b"ab", B.star() + CD), (b"c", literal(b"d"))]),
    (A.star() + B.star(), [(b"a", A.star() + B.star()), (b"b", B.star())]),
    (A.repeat(2, 5), [(b"a", A.repeat(1, 4))]),
    (A.repeat(0, 5), [(b"a", A.repeat(0, 4))]),
    (A.plus(), [(b"a", A.star())]),
    (A.star(), [(b"a", A.star())]),
    (AB.repeat(2, 2), [(b"a", B + AB)]),
    (AB.repeat(3, 7), [(b"a", B + AB.repeat(2, 6))]),
    ((AB | CD).star(), [(b"a", B + (AB | CD).star()), (b"c", literal(b"d") + (AB | CD).star())]),
    (AB | CD, [(b"a", B), (b"c", literal(b"d"))]),
    (AB | literal(b"ac"), [(b"a", B | C)]),
    (SIGMA.repeat(2, 2) | AB | A.star(), [(b"a", SIGMA | B | A.star()), (b"b", SIGMA)]),
    (AB.star() & (A | literal(b"ba")).star(), []),
    (ANY_BYTE.repeat(3, 9) & AB.star(), [(b"a", ANY_BYTE.repeat(2, 8) & (B + AB.star()))]),
    (SIGMA.star() & ~AB, [(b"a", SIGMA.star() & ~B), (b"b", SIGMA.star())]),
    (~A, [(b"a", ~EPSILON)]),
    (from_automaton(Two()), [(b"ab", EPSILON)]),
]


@pytest.mark.parametrize(("made", "expected"), CASES, ids=lambda case: None)
def test_all_derivatives(made: Language, expected: list[tuple[bytes, Language]]) -> None:
    """Disjoint sets with distinct targets, in the order in which the parts give them."""
    drop_caches()
    found = transitions(made)
    if made is ~A:
        assert {*found} == {(bits(b"a"), ~EPSILON), (REST, ANY_BYTES)}
        return
    if made is AB.star() & (A | literal(b"ba")).star():
        (one,) = found
        assert one[0] == bits(b"a")
        return
    assert {*found} == {(bits(members), target) for members, target in expected}
    assert len(found) == len(expected)
    assert transitions(made) is found
    assert made._transitions is found


@pytest.mark.parametrize("made", [case[0] for case in CASES])
def test_one_derivative_is_that_of_all(made: Language) -> None:
    """By each byte, before and after all are known; the set that shares it shares it indeed."""
    for known in (False, True):
        drop_caches()
        if known:
            transitions(made)
        targets = {}
        for byte in range(256):
            shared, target = step(made, byte)
            assert shared >> byte & 1
            targets[byte] = target
            assert 0 <= shared <= ALL_BITS
            for other in ByteSet(shared):
                if other in targets:
                    assert targets[other] is target
        for byte, target in targets.items():
            whole = [to for inside, to in transitions(made) if inside >> byte & 1]
            assert target is (whole[0] if whole else EMPTY) or (target.is_empty() and not whole)


@pytest.mark.parametrize("made", [case[0] for case in CASES])
def test_derivatives_hold_the_texts_that_begin_so(made: Language) -> None:
    for byte in b"abc":
        _, target = step(made, byte)
        for text in TEXTS:
            if len(text) < 4:
                assert target.accepts(text) == made.accepts(bytes((byte,)) + text)


def test_targets_without_a_future_are_dropped() -> None:
    """What is EMPTY, and what is known to be empty; targets that are one are joined."""
    dead = _dead()
    grouped = derivative._grouped
    assert grouped([(1, A), (2, EMPTY), (4, dead), (8, B), (16, A)]) == ((17, A), (8, B))
    assert grouped([]) == ()


def test_disjoint_pieces_are_left_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is united where no two have a byte in common."""
    monkeypatch.setattr(derivative, "_union", None)
    assert derivative._united([(1, A), (2, B), (12, A)]) == ((13, A), (2, B))


def test_overlapping_pieces_are_cut_into_cells() -> None:
    united = derivative._united
    assert united([]) == ()
    assert united([(1, A), (2, B)]) == ((1, A), (2, B))
    assert united([(1, A), (2, A)]) == ((3, A),)
    assert {*united([(3, A), (6, B)])} == {(1, A), (2, SIGMA), (4, B)}
    assert {*united([(7, A), (2, B)])} == {(5, A), (2, SIGMA)}
    assert {*united([(2, B), (7, A)])} == {(5, A), (2, SIGMA)}
    assert {*united([(3, A), (3, B)])} == {(3, SIGMA)}
    assert {*united([(3, A), (3, B), (4, CD)])} == {(3, SIGMA), (4, CD)}
    assert {*united([(3, A), (12, B), (6, CD), (16, EF)])} == {
        (1, A),
        (2, A | CD),
        (4, B | CD),
        (8, B),
        (16, EF),
    }


# -- what is computed when ---------------------------------------------------------------------------


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Language]:
    """The terms whose transitions were computed, in order."""
    drop_caches()
    terms: list[Language] = []

    def watched(compute: object) -> object:
        return lambda term: terms.append(term) or compute(term)  # type: ignore[operator]

    for op, compute in list(derivative._COMPUTE.items()):
        monkeypatch.setitem(derivative._COMPUTE, op, watched(compute))  # type: ignore[arg-type]
    return terms


def test_only_what_a_first_byte_reaches_is_computed(computed: list[Language]) -> None:
    row = concat(A.star(), CD.optional(), SIGMA + EF, (AB | C).star())
    transitions(row)
    assert SIGMA + EF in computed or SIGMA in computed
    assert not {EF, AB | C, (AB | C).star()} & {*computed}
    assert len(computed) == len(set(computed))
    before = len(computed)
    transitions(row)
    transitions(A.star())
    assert len(computed) == before


def test_deep_terms_compute_the_same_by_a_loop(computed: list[Language]) -> None:
    """At STEP_DEPTH by recursion, beyond it by a stack: the same targets, each term once."""
    for depth in (STEP_DEPTH, STEP_DEPTH + 1, STEP_DEPTH + 30):
        del computed[:]
        deep: Language = AB | CD
        while deep.depth < depth:
            deep = deep.star() if deep.op == (AB + SIGMA).op else deep + SIGMA.optional()
        assert deep.depth == depth
        found = transitions(deep)
        assert {inside for inside, _ in found} >= {bits(b"c")}
        assert len(computed) == len(set(computed)) <= 3 * depth
        for byte in b"ac":
            assert step(deep, byte)[1] in [target for _, target in found]
    deep_row = concat(deep, CD.star(), EF)
    transitions(deep_row)
    assert deep_row._transitions is not None


def test_prerequisites() -> None:
    heads = derivative._reachable_heads
    row = concat(A.optional(), B.star(), CD, EF.star())
    assert [head for head, _ in heads(row)] == [A.optional(), B.star(), literal(b"cd")]
    assert heads(concat(A.optional(), B.star())) == [(A.optional(), B.star()), (B.star(), EPSILON)]
    assert heads(AB) == [(AB, EPSILON)]
    assert list(derivative._prerequisites(row)) == [A.optional(), B.star(), CD]
    assert derivative._prerequisites(AB | CD) == (AB, CD)


def test_one_step_is_kept_and_the_others_are_not_worked_out(computed: list[Language]) -> None:
    made = (SIGMA + CD).star() & (SIGMA | CD | EF).star()
    one = step(made, ord("a"))
    assert made._transitions is None
    assert made._partial == [one]
    assert step(made, ord("b")) == one
    assert made._partial == [one]
    other = step(made, ord("z"))
    assert other[1] is EMPTY
    assert made._partial is not None
    assert len(made._partial) == 2
    assert step(made, ord("y")) == other
    assert len(made._partial) == 2


def test_bytes_that_begin_no_text_need_no_step(computed: list[Language]) -> None:
    """Where the first bytes are known, all others share one look-up."""
    made = concat(SIGMA, CD.star())
    assert step(made, ord("c")) == (ALL_BITS & ~bits(b"ab"), EMPTY)
    assert step(made, ord("a")) == (bits(b"ab"), CD.star())
    assert computed == [SIGMA]
    transitions(made)
    assert step(made, ord("c")) == (ALL_BITS & ~bits(b"ab"), EMPTY)
    assert step(literal(b"xyz"), ord("x")) == (bits(b"x"), literal(b"yz"))
    assert step(EPSILON, ord("x")) == (ALL_BITS, EMPTY)
    assert step(EMPTY, ord("x")) == (ALL_BITS, EMPTY)


def test_what_one_step_shares() -> None:
    """The bytes for which every part is in the same set."""
    drop_caches()
    digits, letters = byte_set(ByteSet.of(b"0123")), byte_set(ByteSet.of(b"123ab"))
    either = (digits + A) | (letters + B)
    assert step(either, ord("1")) == (bits(b"123"), SIGMA)
    assert step(either, ord("0")) == (bits(b"0"), A)
    assert step(either, ord("a")) == (bits(b"ab"), B)
    row = (digits + A).optional() + (letters + B)
    assert step(row, ord("2")) == (bits(b"123"), literal(b"a") + (letters + B) | B)
    assert step(row, ord("0")) == (bits(b"0"), A + (letters + B))
    both = (digits.star() + A) & (letters.star() + SIGMA)
    assert step(both, ord("3"))[0] == bits(b"123")
    assert step(both, ord("0"))[1] is EMPTY
    assert step(~AB, ord("a")) == (bits(b"a"), ~B)
    assert step(~AB, ord("z")) == (REST, ANY_BYTES)
    assert step(AB.repeat(0, 3), ord("a")) == (bits(b"a"), B + AB.repeat(0, 2))
    assert step(AB.repeat(2, 3), ord("a")) == (bits(b"a"), B + AB.repeat(1, 2))
    assert step(AB.star(), ord("a")) == (bits(b"a"), B + AB.star())


def test_an_intersection_ends_at_its_first_empty_part(monkeypatch: pytest.MonkeyPatch) -> None:
    drop_caches()
    first, second = (A + SIGMA).star(), (C + SIGMA).star()
    made = first.plus() & (second | (CD + EF).star()).repeat(3, 9)
    asked: list[Language] = []
    original = derivative.step
    monkeypatch.setattr(derivative, "step", lambda term, byte: asked.append(term) or original(term, byte))
    shared, target = derivative._step_intersection(made, ord("c"))
    assert target is EMPTY
    assert asked == [made.parts[0]] if made.parts[0] is not first else asked
    assert shared >> ord("c") & 1


def test_wide_unions_are_indexed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more than INDEXED_PARTS parts only those that begin with the byte are asked."""
    for count in (INDEXED_PARTS, INDEXED_PARTS + 1):
        drop_caches()
        texts = [b"%c%d" % (97 + n, n) for n in range(count - 1)]
        made = union(*[literal(text) for text in texts], literal(b"a!") + SIGMA.star())
        assert len(made.parts) == count
        asked: list[Language] = []
        original = derivative.step

        def watched(term: Language, byte: int, asked: Any = asked, original: Any = original) -> Any:
            asked.append(term)
            return original(term, byte)

        monkeypatch.setattr(derivative, "step", watched)
        shared, target = derivative._step_union(made, ord("a"))
        monkeypatch.undo()
        assert shared == bits(b"a")
        assert target is literal(b"0") | literal(b"!") + SIGMA.star()
        assert sum(term in made.parts for term in asked) == (count if count == INDEXED_PARTS else 2)
        assert (made.value is not None) is (count > INDEXED_PARTS)
        if count > INDEXED_PARTS:
            index = made.value
            assert derivative._step_union(made, ord("b"))[1] is literal(b"1")
            assert derivative._step_union(made, ord("~")) == (bits(b"~"), EMPTY)
            assert made.value is index
            assert [len(parts) for parts in index.values()] == [2] + [1] * (count - 2)


def test_wide_unions_with_an_unknown_beginning_ask_all_parts() -> None:
    drop_caches()
    parts = [literal(b"%c%d" % (97 + n, n)) for n in range(INDEXED_PARTS)]
    made = union(*parts, ~(ANY_BYTES + A))
    assert made.first == -1
    shared, target = step(made, ord("b"))
    assert made.value is None
    assert shared == bits(b"b")
    assert target.accepts(b"1")
    assert not target.accepts(b"1a")


def test_deep_terms_are_stepped_by_their_transitions() -> None:
    drop_caches()
    for depth in (STEP_DEPTH, STEP_DEPTH + 1):
        deep: Language = AB | CD
        while deep.depth < depth:
            deep = deep.star() if deep.op == (AB + SIGMA).op else deep + SIGMA.optional()
        drop_caches()
        shared, target = step(deep, ord("c"))
        assert (deep._transitions is not None) is (depth > STEP_DEPTH)
        assert shared == bits(b"c")
        assert target.accepts(b"d")
    automaton = from_automaton(Two())
    assert step(automaton, ord("b")) == (bits(b"ab"), EPSILON)
    assert automaton._transitions is not None
