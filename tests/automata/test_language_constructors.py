"""The constructors of terms, each rule and each bound: equal languages become one term, and no others do."""

from __future__ import annotations

import copy
import gc
import pickle
import random
from itertools import combinations, product
from typing import Any

import pytest

from bltgen.automata import derivative, language
from bltgen.automata.byteset import ALL_BITS, ByteSet
from bltgen.automata.derivative import step
from bltgen.automata.description import rebuild
from bltgen.automata.language import (
    ANY_BYTE,
    ANY_BYTES,
    EMPTY,
    EPSILON,
    FACTORING_DEPTH,
    INFINITE,
    LITERAL_CHUNK,
    Language,
    byte_set,
    concat,
    from_automaton,
    intersection,
    literal,
    union,
)
from bltgen.automata.limits import Limits, use_limits
from bltgen.automata.liveness import completion
from bltgen.automata.operators import (
    AUTOMATON,
    BYTES,
    COMPLEMENT,
    CONCAT,
    EPS,
    INTERSECTION,
    LITERAL,
    REPEAT,
    UNION,
)
from bltgen.automata.utf8 import UTF8_CHAR, UTF8_TEXT, code_points
from bltgen.errors import BudgetTooSmall, EmptyLanguage, LimitExceeded

A, B, C, D = (literal(letter) for letter in (b"a", b"b", b"c", b"d"))
AB, CD, EFG = literal(b"ab"), literal(b"cd"), literal(b"efg")
SIGMA = byte_set(ByteSet.of(b"ab"))
X = AB | CD
"""A body that is no byte set, no literal and no repeat."""
TEXTS = [bytes(text) for n in range(5) for text in product(b"abc", repeat=n)]


def _of(members: bytes) -> Language:
    return byte_set(ByteSet.of(members))


def _dead() -> Language:
    """A term that is known to be empty and is not `EMPTY`: an even and an odd number of letters."""
    made = literal(b"zz").plus() & (literal(b"z") + literal(b"zz").star())
    assert made.is_empty()
    assert made is not EMPTY
    return made


def _texts(made: Language) -> list[bytes]:
    return [text for text in TEXTS if made.accepts(text)]


# -- what a term says of itself ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "op", "nullable", "least", "most", "plain", "depth"),
    [
        (EMPTY, BYTES, False, INFINITE, 0, True, 0),
        (A, BYTES, False, 1, 1, True, 0),
        (EPSILON, EPS, True, 0, 0, True, 0),
        (AB, LITERAL, False, 2, 2, True, 0),
        (SIGMA + AB, CONCAT, False, 3, 3, True, 1),
        (concat(AB, SIGMA, AB), CONCAT, False, 5, 5, True, 1),
        (A.optional() + B.star(), CONCAT, True, 0, INFINITE, True, 2),
        (A.optional() + B, CONCAT, False, 1, 2, True, 2),
        (A + B.star(), CONCAT, False, 1, INFINITE, True, 1),
        (X, UNION, False, 2, 2, True, 1),
        (AB | EFG, UNION, False, 2, 3, True, 1),
        (AB | EPSILON, UNION, True, 0, 2, True, 1),
        (X.repeat(2, 3), REPEAT, False, 4, 6, True, 2),
        (X.repeat(0, 3), REPEAT, True, 0, 6, True, 2),
        (A.star(), REPEAT, True, 0, INFINITE, True, 1),
        (~AB, COMPLEMENT, True, 0, INFINITE, False, 1),
        (~(AB.optional()), COMPLEMENT, False, 1, INFINITE, False, 2),
        (A.star() & AB.star(), INTERSECTION, True, 0, INFINITE, False, 2),
        (A.star() & AB.plus(), INTERSECTION, False, 2, INFINITE, False, 2),
        (AB.repeat(1, 4) & (A | EFG).repeat(1, 2), INTERSECTION, False, 2, 2, False, 2),
        (X + ~AB, CONCAT, False, 2, INFINITE, False, 2),
        (~AB + X, CONCAT, False, 2, INFINITE, False, 2),
        (A.star() | ~(B.plus() + A), UNION, True, 0, INFINITE, False, 4),
        ((~AB + C).repeat(3, 4), REPEAT, False, 3, INFINITE, False, 3),
    ],
)
def test_summaries_of_terms(
    made: Language, op: int, nullable: bool, least: int, most: int, plain: bool, depth: int
) -> None:
    """Operator, nullability, lengths, plainness and depth are those of the form."""
    assert (made.op, made.nullable, made.least, made.most) == (op, nullable, least, most)
    assert (made.plain, made.depth) == (plain, depth)
    if plain:
        assert made._shortest == least
    elif nullable:
        assert made._shortest == 0


def test_a_new_term_knows_nothing_yet() -> None:
    """Where a search is needed nothing is claimed; the caches are empty."""
    made = (literal(b"new") | literal(b"term").star()) & literal(b"newt").star()
    assert made.nullable
    assert made._shortest == 0
    other = (literal(b"new").plus() | literal(b"term")) & literal(b"newt").plus()
    assert other._shortest is None
    for term in (made, other):
        assert (term._bound, term._spelled, term._spelled_ascii) == (0, -1, -1)
        assert (term._relaxed, term._prefix_code, term._transitions) == (None, None, None)
        assert (term._partial, term._state) == (None, None)


def test_lengths_end_at_infinite() -> None:
    """A length beyond all lengths is INFINITE, and a term that has no shorter text counts as empty."""
    half = INFINITE // 2
    assert literal(b"xy").repeat(0, half - 1).most == INFINITE - 2
    assert literal(b"xy").repeat(0, half + 1).most == INFINITE
    assert literal(b"xy").repeat(half - 1).least == INFINITE - 2
    assert literal(b"xy").repeat(half + 7)._shortest == INFINITE
    assert A.repeat(5, INFINITE + 9) is A.repeat(5)
    assert A.repeat(INFINITE + 9, INFINITE + 9) is A.repeat(INFINITE, INFINITE)
    assert literal(b"xy").repeat(half + 7) + A is EMPTY


def test_terms_are_numbered_in_the_order_of_their_making() -> None:
    first, second = literal(b"numbered 1"), literal(b"numbered 2")
    assert first.id < second.id
    assert (second | first).parts == (first, second)
    assert (second.star() & first.star()).parts == (second.star(), first.star())


def test_the_table_of_terms_forgets_the_dead_alone() -> None:
    """A term's entry goes with it; an entry that was taken over by a newer term stays."""
    key = (LITERAL, b"a text of this test")
    made = literal(key[1])
    reference = language._TERMS[key]
    assert reference() is made
    assert literal(key[1]) is made
    outdated = language._Reference(made, language._forget)
    outdated.key = key
    language._forget(outdated)
    assert language._TERMS[key] is reference
    del made, outdated
    gc.collect()
    assert key not in language._TERMS
    language._forget(reference)


def test_terms_are_values() -> None:
    """Copies are the term itself, in the same process or through a pickle; names are needed of no maker."""
    made = (X + A.star()).repeat(2, 5) & ~AB
    assert copy.copy(made) is made
    assert copy.deepcopy([made])[0] is made
    assert pickle.loads(pickle.dumps(made)) is made
    assert rebuild(made.describe()) is made
    assert made.report().entries == ()


def test_operators_leave_what_is_no_language_to_the_other_side() -> None:
    other: Any = 3
    for made in (A.__or__(other), A.__and__(other), A.__add__(other), A.__sub__(other)):
        assert made is NotImplemented
    for combine in (lambda: A | other, lambda: A & other, lambda: A + other, lambda: A - other):
        with pytest.raises(TypeError):
            combine()


# -- byte sets and literals --------------------------------------------------------------------------


def test_byte_sets_and_literals() -> None:
    assert byte_set(ByteSet()) is EMPTY
    assert byte_set(ByteSet(ALL_BITS)) is ANY_BYTE
    assert byte_set(ByteSet.of(b"a")) is A
    assert A.value == 1 << ord("a")
    assert literal(b"") is EPSILON
    assert literal(bytearray(b"ab")) is AB
    assert literal(bytearray(b"a")) is A
    assert (EPSILON.parts, EPSILON.value, EMPTY.parts) == ((), None, ())


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        (LITERAL_CHUNK - 1, [LITERAL_CHUNK - 1]),
        (LITERAL_CHUNK, [LITERAL_CHUNK]),
        (LITERAL_CHUNK + 1, [LITERAL_CHUNK, 1]),
        (2 * LITERAL_CHUNK, [LITERAL_CHUNK, LITERAL_CHUNK]),
        (2 * LITERAL_CHUNK + 1, [LITERAL_CHUNK, LITERAL_CHUNK, 1]),
    ],
)
def test_long_literals_are_chunks(size: int, sizes: list[int]) -> None:
    """Of `LITERAL_CHUNK` bytes from the left, each a term of its own."""
    data = bytes(random.Random(size).randrange(256) for _ in range(size))
    at, found = literal(data), []
    while at.op == CONCAT:
        found.append(at.parts[0])
        at = at.parts[1]
    found.append(at)
    assert [part.least for part in found] == sizes
    assert all(part.op in (LITERAL, BYTES) for part in found)
    assert literal(data).accepts(data)
    assert not literal(data).accepts(data + data[:1])


def test_neighbouring_literals_are_joined_up_to_a_chunk() -> None:
    half = b"h" * (LITERAL_CHUNK // 2)
    assert (literal(half) + literal(half)).op == LITERAL
    over = literal(half) + literal(half + b"!")
    assert over.op == CONCAT
    assert [part.value for part in over.parts] == [half, half + b"!"]
    assert A + B is AB
    assert A + literal(b"bc") is literal(b"abc")
    assert AB + C is literal(b"abc")
    assert A + (B + X) is AB + X
    assert (A + (B + X)).parts == (AB, X)
    assert (SIGMA + B).parts == (SIGMA, B)
    assert (B + SIGMA).parts == (B, SIGMA)


# -- concatenation -----------------------------------------------------------------------------------


def test_concatenation_with_nothing() -> None:
    dead = _dead()
    assert concat() is EPSILON
    assert concat(X) is X
    assert concat(A, X, B).parts == (A, X + B)
    for other in (X, A, ANY_BYTES, EPSILON):
        assert EPSILON + other is other
        assert other + EPSILON is other
        assert EMPTY + other is EMPTY
        assert other + EMPTY is EMPTY
    for other in (X, A, ANY_BYTES):
        assert dead + other is EMPTY
        assert other + dead is EMPTY


def test_any_text_swallows_an_optional_neighbour() -> None:
    assert ANY_BYTES + X.star() is ANY_BYTES
    assert X.star() + ANY_BYTES is ANY_BYTES
    assert (ANY_BYTES + X).parts == (ANY_BYTES, X)
    assert (X + ANY_BYTES).parts == (X, ANY_BYTES)
    assert (~AB + ANY_BYTES) is ANY_BYTES
    assert ANY_BYTES + ANY_BYTES is ANY_BYTES


def test_a_concatenation_is_made_once() -> None:
    made = X + ~AB
    assert X + ~AB is made
    assert made.value is None
    assert made.parts == (X, ~AB)


def test_repeats_in_a_row_add_their_counts() -> None:
    assert X + X is X.repeat(2, 2)
    assert X + X.repeat(2, 5) is X.repeat(3, 6)
    assert X.repeat(2, 5) + X is X.repeat(3, 6)
    assert X.repeat(1, 3) + X.repeat(2, 7) is X.repeat(3, 10)
    assert X.repeat(1, 3) + X.star() is X.plus()
    assert X.repeat(1, 3) + (X.repeat(2, 2) + A) is X.repeat(3, 5) + A
    assert X + (X + A) is X.repeat(2, 2) + A
    assert SIGMA + SIGMA is SIGMA.repeat(2, 2)
    assert (X.star() + (X + A).star()).op == CONCAT
    assert (X.repeat(1, 3) + (A | X).repeat(2, 7)).op == CONCAT


# -- repetition --------------------------------------------------------------------------------------


def test_repetition_of_nothing() -> None:
    dead = _dead()
    for body in (EMPTY, dead):
        assert body.repeat(0, 5) is EPSILON
        assert body.star() is EPSILON
        assert body.plus() is EMPTY
        assert body.repeat(1, 1) is EMPTY
        assert body.repeat(0, 0) is EPSILON
    assert EPSILON.star() is EPSILON
    assert EPSILON.repeat(3, 5) is EPSILON
    assert X.repeat(0, 0) is EPSILON
    assert X.repeat(1, 1) is X
    assert X.repeat(0, 1) is X.optional() is X | EPSILON
    assert X.repeat(1, 2).op == REPEAT
    assert X.repeat(1, 2).value == (1, 2)
    assert X.repeat(2).value == (2, INFINITE)
    assert X.star().value == (0, INFINITE)
    assert X.plus().value == (1, INFINITE)
    assert X.repeat(2, 2).parts == (X,)


def test_repetition_of_an_optional_body() -> None:
    """The empty text among the body's makes every count from 0 possible."""
    assert X.optional().repeat(3, 5) is X.repeat(0, 5)
    assert X.optional().plus() is X.star()
    assert (AB | C.star()).repeat(2, 4) is (AB | C.star()).repeat(0, 4)
    assert (AB | C.star()).repeat(2, 4).value == (0, 4)
    assert X.optional().repeat(1, 1) is X.optional()


@pytest.mark.parametrize(
    ("inner", "outer", "whole"),
    [
        ((2, 3), (2, 3), (4, 9)),
        ((3, 4), (2, 3), (6, 12)),
        ((4, 5), (2, 3), None),
        ((3, 3), (2, 2), (6, 6)),
        ((3, 3), (2, 3), None),
        ((2, 2), (0, 2), None),
        ((2, 3), (1, 2), (2, 6)),
        ((2, 3), (0, 2), None),
        ((1, 3), (0, 2), (0, 6)),
        ((0, 3), (2, 4), (0, 12)),
        ((2, None), (3, 3), (6, None)),
        ((1, None), (0, None), (0, None)),
        ((2, None), (0, 3), None),
        ((2, 3), (2, None), (4, None)),
    ],
)
def test_repeats_of_repeats(
    inner: tuple[int, int | None], outer: tuple[int, int | None], whole: tuple[int, int | None] | None
) -> None:
    """(X{a,b}){c,d} is X{ac,bd} exactly where no count between is missing."""
    body = X.repeat(*inner)
    made = body.repeat(*outer)
    if whole is None:
        assert made.op in (REPEAT, UNION)
        assert made is (body.repeat(*outer))
        assert body in made.parts
    else:
        assert made is X.repeat(*whole)


def test_a_star_over_alternatives_drops_their_repeats() -> None:
    """(X{0|1,n} | Y)* is (X | Y)*, and X{2,n} stays."""
    assert (X.repeat(1, 4) | EFG).star() is (X | EFG).star()
    assert (X.star() | EFG).star() is (X | EFG).star()
    assert (X.plus() | EFG).star() is (X | EFG).star()
    assert (X.repeat(2, 4) | EFG).star() is not (X | EFG).star()
    assert X.repeat(2, 4) in (X.repeat(2, 4) | EFG).star().parts[0].parts
    assert (X.repeat(1, 4) | EFG).repeat(0, 3) is not (X | EFG).repeat(0, 3)
    assert (X.repeat(1, 4) | EFG).plus() is not (X | EFG).plus()
    assert X.repeat(1, 4).star() is X.star()


# -- union -------------------------------------------------------------------------------------------


def test_unions_are_sets() -> None:
    dead = _dead()
    assert union() is EMPTY
    assert union(X) is X
    assert X | EMPTY is X
    assert EMPTY | EMPTY is EMPTY
    assert X | dead is X
    assert A | dead is A
    assert union(dead) is EMPTY
    assert X | X is X
    assert A | B is SIGMA
    assert (A | X) | B is SIGMA | X
    assert set((A | X | B).parts) == {SIGMA, AB, CD}
    assert A | AB | EFG is EFG | (AB | A)
    assert X | ANY_BYTES is ANY_BYTES


def test_alternatives_are_counted() -> None:
    """`Limits.union_parts` of them are allowed, one more is not."""
    letters = [literal(b"%d!" % n) for n in range(10, 15)]
    with use_limits(Limits(union_parts=5)):
        assert len(union(*letters).parts) == 5
        with pytest.raises(LimitExceeded) as caught:
            union(*letters, literal(b"15!"))
    assert (caught.value.what, caught.value.limit) == ("alternatives at one position", 5)


def test_complements_in_a_union() -> None:
    """~a | ~b is ~(a & b), and a union with its own complement is everything."""
    left, right = AB.star(), AB | EFG.star()
    assert ~left | ~right is ~(left & right)
    assert ~AB | ~EFG is ANY_BYTES
    assert AB | ~AB is ANY_BYTES
    assert AB | ~(AB | CD) is not ANY_BYTES
    assert AB | CD | ~(AB | CD) is ANY_BYTES
    assert AB | EFG | CD | ~(AB | CD) is ANY_BYTES
    made = EFG | ~AB
    assert made.op == UNION
    assert set(made.parts) == {EFG, ~AB}
    assert EFG | ~(~AB) is AB | EFG
    both = A | ~left | ~right
    assert set(both.parts) == {A, ~(left & right)}


def test_common_ends_are_factored() -> None:
    """h t | g t is (h | g) t, and t | h t is h? t."""
    tail = EFG.star()
    assert (X + tail) | (A + tail) is (X | A) + tail
    assert tail | (X + tail) is X.optional() + tail
    assert (X + tail) | (A + tail) | tail is (X | A).optional() + tail
    assert (X + tail) | (X + EFG) is not (X + tail)
    assert {*((X + tail) | (A + EFG)).parts} == {X + tail, literal(b"aefg")}
    assert (X + tail) | AB is not (X | A) + tail
    assert (A + tail) | (B + tail) | CD is (SIGMA + tail) | CD


def test_deep_terms_are_not_factored() -> None:
    """The constructors' own recursion has an end."""

    def nested(depth: int) -> Language:
        made = X
        while made.depth < depth:
            made = made + A if made.op == REPEAT else made.star()
        return made

    tail = literal(b"#") | literal(b"$$")
    for depth, factored in ((FACTORING_DEPTH - 1, True), (FACTORING_DEPTH, False)):
        row = nested(depth - 1) + tail
        assert row.depth == depth
        whole = row | (C.star() + tail)
        assert (whole.op == CONCAT) is factored
        assert whole is (whole.parts[0] + tail if factored else union(*whole.parts))


def test_the_empty_text_beside_what_holds_it() -> None:
    assert A.star() | EPSILON is A.star()
    assert {*(A.star() | X | EPSILON).parts} == {A.star(), AB, CD}
    assert (X | EPSILON).nullable
    assert EPSILON in (X | EPSILON).parts
    assert ~AB | EPSILON is ~AB


@pytest.mark.parametrize(
    ("counts", "merged"),
    [
        ([(2, 3), (4, 5)], [(2, 5)]),
        ([(4, 5), (2, 3)], [(2, 5)]),
        ([(2, 3), (5, 6)], [(2, 3), (5, 6)]),
        ([(2, 9), (4, 5)], [(2, 9)]),
        ([(2, 5), (4, 9)], [(2, 9)]),
        ([(1, 1), (2, 3)], [(1, 3)]),
        ([(1, 1), (3, 4)], [(1, 1), (3, 4)]),
        ([(1, 3), (0, 0)], [(0, 3)]),
        ([(2, 3), (0, 0)], [(0, 0), (2, 3)]),
        ([(1, 1), (0, 0), (2, 2)], [(0, 2)]),
        ([(2, 2), (3, 3), (6, 6), (7, 8)], [(2, 3), (6, 8)]),
        ([(3, None), (2, 2)], [(2, None)]),
    ],
)
@pytest.mark.parametrize("body", [AB, X, AB + C.star()])
def test_counts_that_touch_are_one_repeat(
    counts: list[tuple[int, int | None]], merged: list[tuple[int, int | None]], body: Language
) -> None:
    """X and the empty text count as X{1,1} and X{0,0}; where a count is missing between them, both stay."""
    made = union(*[body.repeat(*bounds) for bounds in counts])
    parts: list[Language] = []
    for bounds in merged:
        part = body.repeat(*bounds)
        parts += part.parts if part.op == UNION else (part,)
    assert {*(made.parts if made.op == UNION else (made,))} == {*parts}
    other = made | EFG
    assert {*other.parts} == {*parts, EFG}


def test_every_merge_of_counters_keeps_the_language() -> None:
    """Unions of two or three counted parts against the counts themselves."""
    windows = [(0, 0), (0, 2), (1, 1), (1, 3), (2, 2), (3, 4), (4, 4)]
    for chosen in [*combinations(windows, 2), *combinations(windows, 3)]:
        made = union(*[A.repeat(*window) for window in chosen])
        wanted = [n for n in range(5) if any(low <= n <= high for low, high in chosen)]
        assert [n for n in range(5) if made.accepts(b"a" * n)] == wanted


# -- intersection ------------------------------------------------------------------------------------


def test_intersections_are_sets() -> None:
    dead = _dead()
    left, right = AB.star(), (A | literal(b"ba")).star()
    assert intersection() is ANY_BYTES
    assert intersection(left) is left
    assert left & left is left
    assert left & ANY_BYTES is left
    assert left & EMPTY is EMPTY
    assert left & dead is EMPTY
    assert SIGMA & byte_set(ByteSet.of(b"bc")) is B
    assert A & B is EMPTY
    assert left & right & left is right & left
    assert {*(left & right & SIGMA.star()).parts} == {left, right, SIGMA.star()}
    assert (A.star() & SIGMA).op == INTERSECTION
    assert (left & right).value is None


def test_intersections_whose_lengths_do_not_meet_are_empty() -> None:
    """The greatest least and the least most of the parts, and of what a search found out."""
    assert AB.repeat(1, 2) & (A | EFG).repeat(5, 9) is EMPTY
    assert (AB.repeat(1, 2) & (A | EFG).repeat(4, 9)).op == INTERSECTION
    assert (AB.repeat(1, 2) & (A | EFG).repeat(4, 9)).least == 4
    assert (AB.repeat(1, 2) & (A | EFG).repeat(1, 9)).most == 4
    bounded = AB.plus() & (A | EFG).star()
    bounded._bound = 7
    assert (bounded + EPSILON) is bounded
    longer = union(bounded) & CD.star()
    assert longer.least == 2
    inside = (bounded + C) & CD.star()
    assert inside.op == INTERSECTION


def test_a_bound_that_a_search_found_counts() -> None:
    searched = literal(b"q").plus() + ~(literal(b"q").star())
    searched._bound = 9
    assert (searched & ANY_BYTE.repeat(0, 8)) is EMPTY
    assert (searched & literal(b"qr").repeat(0, 9)).least == 9


def test_an_intersection_of_empty_texts() -> None:
    assert A.optional() & EPSILON is EPSILON
    assert X & EPSILON is EMPTY
    assert ~AB & EPSILON is EPSILON
    assert ~(AB.star()) & EPSILON is EMPTY


def test_a_byte_set_in_an_intersection() -> None:
    made = ANY_BYTE & A.star() & _of(b"ab")
    assert {*made.parts} == {A.star(), SIGMA}
    assert SIGMA & ~A is not EMPTY
    assert {*(SIGMA & ~A).parts} == {SIGMA, ~A}


def test_complements_in_an_intersection_are_one() -> None:
    left = SIGMA.star()
    made = left & ~AB & ~(B + A.star())
    assert {*made.parts} == {left, ~(AB | (B + A.star()))}
    assert left & ~left is EMPTY
    assert ~left & ~left is ~left
    assert left & ~(left | CD) is EMPTY
    assert left & ~EMPTY is left
    assert left & ~ANY_BYTES is EMPTY
    assert ~AB & ~CD is ~(AB | CD)
    assert ANY_BYTE & ~(ANY_BYTE | AB) is EMPTY


@pytest.mark.parametrize(
    ("part", "excluded", "left"),
    [
        ((2, 8), (2, 8), None),
        ((3, 7), (2, 8), None),
        ((2, 8), (2, 3), (4, 8)),
        ((2, 8), (6, 9), (2, 5)),
        ((2, 8), (0, 4), (5, 8)),
        ((2, 8), (8, 8), (2, 7)),
        ((2, 8), (2, 2), (3, 8)),
        ((2, 8), (3, 3), ()),
        ((2, 8), (4, 5), ()),
        ((2, 8), (9, 12), ()),
    ],
)
def test_windows_over_characters_are_cut(
    part: tuple[int, int], excluded: tuple[int, int], left: tuple[int, int] | tuple[()] | None
) -> None:
    """B{a,b} without B{c,d} is a window again, where one end of it is cut off."""
    for body in (UTF8_CHAR, ANY_BYTE):
        made = body.repeat(*part) & ~body.repeat(*excluded)
        if left is None:
            assert made is EMPTY
        elif left == ():
            assert body.repeat(*part) in made.parts
        else:
            window = body.repeat(*left)
            assert window is made or window in made.parts
        for n in range(14):
            inside = part[0] <= n <= part[1] and not excluded[0] <= n <= excluded[1]
            assert made.accepts(b"x" * n) is inside


def test_windows_that_cover_a_part() -> None:
    """X is X{1,1}; windows over another body, or over no prefix code, are left alone."""
    assert UTF8_CHAR & ~UTF8_CHAR.star() is EMPTY
    assert UTF8_CHAR & ~UTF8_CHAR.plus() is EMPTY
    assert UTF8_CHAR & ~UTF8_CHAR.repeat(2, 3) is not EMPTY
    assert SIGMA & ~SIGMA.repeat(1, 3) is EMPTY
    ambiguous = A | literal(b"aa")
    kept = ambiguous.repeat(2, 8) & ~ambiguous.repeat(2, 3)
    assert ambiguous.repeat(2, 8) in kept.parts
    assert ambiguous.repeat(3, 4) & ~ambiguous.repeat(2, 8) is EMPTY
    assert UTF8_CHAR.repeat(2, 8) & ~ANY_BYTE.repeat(2, 3) is not EMPTY
    two = UTF8_CHAR.repeat(2, 8) & ~(UTF8_CHAR.repeat(2, 2) | AB)
    assert {*two.parts} == {UTF8_CHAR.repeat(3, 8), ~(UTF8_CHAR.repeat(2, 2) | AB)}


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ((2, 8), (4, 6), (4, 6)),
        ((2, 6), (4, 8), (4, 6)),
        ((4, 8), (2, 6), (4, 6)),
        ((2, 5), (5, 8), (5, 5)),
        ((2, 4), (5, 8), None),
        ((0, 8), (3, None), (3, 8)),
        ((3, None), (5, None), (5, None)),
    ],
)
def test_windows_over_the_same_characters_meet(
    first: tuple[int, int | None], second: tuple[int, int | None], both: tuple[int, int | None] | None
) -> None:
    for body in (UTF8_CHAR, ANY_BYTE, SIGMA):
        made = body.repeat(*first) & body.repeat(*second)
        assert made is (EMPTY if both is None else body.repeat(*both))
        beside = AB.plus() & body.repeat(*first) & body.repeat(*second)
        assert beside is (EMPTY if both is None else AB.plus() & body.repeat(*both))
    three = UTF8_CHAR.repeat(1, 9) & UTF8_CHAR.repeat(3, 12) & UTF8_CHAR.repeat(0, 7)
    assert three is UTF8_CHAR.repeat(3, 7)


def test_windows_over_ambiguous_bodies_do_not_meet() -> None:
    """aa is two of (a|aa), and one."""
    body = A | literal(b"aa")
    made = body.repeat(2, 2) & body.repeat(3, 3)
    assert made.op == INTERSECTION
    assert made.accepts(b"aaa")


def test_characters_over_ascii_are_bytes() -> None:
    """UTF8{a,b} & X is ASCII{a,b} & X where X is ASCII: no text of another byte is in X."""
    ascii_ = _of(bytes(range(128)))
    digits = _of(b"0123456789")
    assert UTF8_CHAR.repeat(2, 5) & digits.plus() is digits.repeat(2, 5) & digits.plus()
    assert {*(UTF8_CHAR.repeat(2, 5) & AB.plus()).parts} == {SIGMA.repeat(2, 5), AB.plus()}
    assert UTF8_CHAR.repeat(2, 5) & UTF8_CHAR.repeat(3, 9) is UTF8_CHAR.repeat(3, 5)
    umlauts = code_points([(0xE4, 0xE4), (0x61, 0x62)])
    part = UTF8_CHAR.repeat(2, 5) & umlauts.plus()
    (narrowed,) = [one for one in part.parts if one is not umlauts.plus()]
    assert narrowed is (code_points([(0x80, 0x7FF)]) | SIGMA).repeat(2, 5)
    assert part.accepts("äb".encode())
    assert not part.accepts("ä".encode())
    # Alternatives of which nothing tells the first byte stay as they are.
    loose = (A.optional() + X) | literal(b"\xff\xff")
    assert (loose.star() & AB.plus()).accepts(b"ab")
    assert loose.star() in (loose.star() & AB.plus()).parts
    assert ascii_.star() & digits.plus() is not digits.plus()


def test_narrowing_keeps_the_alternatives_that_may_begin() -> None:
    """Only alternatives whose first byte is nowhere in the other part are dropped."""
    body = AB | CD | literal(b"xy")
    made = body.star() & SIGMA.repeat(0, 9)
    assert {*made.parts} == {AB.star(), SIGMA.repeat(0, 9)}
    letters = _of(b"abcd").star()
    assert {*(body.repeat(1, 4) & letters).parts} == {(AB | CD).repeat(1, 4), letters}
    same = (AB | CD).star() & (A | literal(b"dc")).star()
    assert (AB | CD).star() in same.parts


# -- complement and automata -------------------------------------------------------------------------


def test_complements() -> None:
    assert ~EMPTY is ANY_BYTES
    assert ~_dead() is ANY_BYTES
    assert ~ANY_BYTES is EMPTY
    assert ~~X is X
    assert (~X).parts == (X,)
    assert (~X).value is None
    assert ~X is ~X
    assert _texts(~AB) == [text for text in TEXTS if text != b"ab"]


class _Counted:
    """An automaton of so many letters z that counts how often its transitions are asked for."""

    def __init__(self, left: int, shortest: int | None, longest: int = INFINITE) -> None:
        self.left, self.shortest, self.longest = left, shortest, longest
        self.accepting = left == 0

    def transitions(self) -> list[tuple[int, Language]]:
        return [(1 << ord("z"), from_automaton(_Counted(self.left - 1, None)))] if self.left else []


def test_automata() -> None:
    """What an automaton says of its lengths is believed; an unknown distance is searched."""
    unknown = from_automaton(_Counted(3, None))
    assert (unknown.op, unknown.least, unknown.most, unknown.plain) == (AUTOMATON, 1, INFINITE, False)
    assert unknown._shortest is None
    assert unknown.start().shortest == 3
    known = from_automaton(_Counted(3, 3, 3))
    assert (known.least, known.most, known.plain, known._shortest) == (3, 3, True, 3)
    assert from_automaton(_Counted(3, INFINITE)) is EMPTY
    assert from_automaton(_Counted(3, INFINITE - 1)) is not EMPTY
    end = from_automaton(_Counted(0, None))
    assert (end.least, end.nullable, end._shortest, end.depth) == (0, True, 0, 0)
    automaton = _Counted(2, 2)
    assert from_automaton(automaton) is from_automaton(automaton)
    assert from_automaton(automaton).value is automaton


# -- questions ---------------------------------------------------------------------------------------


def test_derivatives() -> None:
    assert AB.derivative(ord("a")) is B
    assert AB.derivative(ord("b")) is EMPTY
    assert X.star().derivative(ord("c")) is D + X.star()


def test_reading_stops_where_nothing_can_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of a text that has left the language is not read."""
    read = []
    step = derivative.step
    monkeypatch.setattr(derivative, "step", lambda term, byte: read.append(byte) or step(term, byte))
    assert not AB.accepts(b"ac" + b"x" * 50)
    assert read == [ord("a"), ord("c")]
    assert AB.accepts(bytearray(b"ab"))
    with pytest.raises(TypeError, match="data"):
        AB.accepts("ab")  # type: ignore[arg-type]


def test_samples_of_a_length() -> None:
    rng = random.Random(1)
    assert {len(X.star().sample(rng, length=4)) for _ in range(5)} == {4}
    assert len(X.plus().sample(rng, 3)) == 2
    with pytest.raises(EmptyLanguage):
        X.star().sample(rng, length=3)
    with pytest.raises(BudgetTooSmall):
        X.plus().sample(rng, 1)
    with pytest.raises(TypeError, match=r"max_bytes"):
        X.sample(rng, max_byts=3)  # type: ignore[call-arg]


def test_repeat_checks_its_bounds() -> None:
    with pytest.raises(ValueError, match=r"low <= high"):
        X.repeat(3, 2)
    with pytest.raises(ValueError, match="low"):
        X.repeat(-1)
    with pytest.raises(TypeError, match="high"):
        X.repeat(1, hihg=2)  # type: ignore[call-arg]


def test_inclusion_and_witnesses(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SIGMA.star().includes(AB)
    assert not AB.includes(SIGMA.star())
    assert AB.star().equivalent((AB + AB).star() | (AB + (AB + AB).star()))
    assert not AB.star().equivalent(AB.plus())
    assert not AB.plus().equivalent(AB.star())
    assert AB.star().witness_against(AB.plus()) == b""
    assert AB.plus().witness_against(AB.star()) == b""
    assert AB.repeat(1, 3).witness_against(AB.repeat(1, 2)) == b"ababab"
    assert AB.repeat(1, 2).witness_against(AB.repeat(1, 3)) == b"ababab"
    assert AB.witness_against(AB) is None
    assert not X.is_empty()
    assert EMPTY.is_empty()
    # A term is told equal to itself without a question.
    monkeypatch.setattr(Language, "includes", None)
    assert X.equivalent(X)


# -- what a repetition holds -------------------------------------------------------------------------

HELD = [
    literal(b"ab"),
    _of(b"ab"),
    _of(b"b").star() + literal(b"a"),
    (literal(b"a") | literal(b"bb")).repeat(2, 5),
    _of(b"ab").repeat(1, 2) & _of(b"abc").repeat(0, 3),
]
"""Terms within (a|b)*."""


@pytest.mark.parametrize("held", HELD)
def test_a_repetition_absorbs_what_it_holds(held: Language) -> None:
    everything = _of(b"ab").star()
    assert union(everything, held) is everything
    assert union(held, literal(b"cc"), everything) is union(everything, literal(b"cc"))
    assert union(everything + literal(b"x") + everything, everything) is not everything


def test_text_absorbs_texts_only() -> None:
    character = code_points([(0x40, 0x2FFFF)])
    found = UTF8_TEXT + literal(b"x") + UTF8_TEXT
    for held in (character, character.repeat(2, 3), literal("é".encode()), found):
        assert union(UTF8_TEXT, held) is UTF8_TEXT
    begun = (literal(b"\xc3"), literal(b"\xa9") + UTF8_TEXT, _of(b"a\xff"), UTF8_TEXT + literal(b"\xe2"))
    for other in begun:
        made = union(UTF8_TEXT, other)
        assert made is not UTF8_TEXT
        assert made.accepts(completion(other))


def test_any_of_many_searches_is_decided_once_one_is_found() -> None:
    """However many others go on: so no product of their states is formed."""
    found = [UTF8_TEXT + literal(b"%d;" % i) + UTF8_TEXT for i in range(40)]
    left: Language = union(*found)
    for byte in b"1 2 7;":
        left = step(left, byte)[1]
    assert left is UTF8_TEXT
    assert (union(*found[::2]) & union(*found[1::2])).accepts(b"4;5;")
