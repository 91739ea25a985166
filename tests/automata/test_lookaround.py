"""Constructors of expressions with assertions: what they decide, join, lower to terms, and leave alone."""

from __future__ import annotations

import pytest

from bltgen.automata import lookaround
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
    literal,
)
from bltgen.automata.limits import Limits, current_limits
from bltgen.automata.lookaround import (
    Ahead,
    Before,
    Behind,
    Chain,
    Choice,
    Expression,
    Loop,
    Rest,
    ahead,
    as_future,
    behind,
    chain,
    choice,
    from_left,
    loop,
)
from bltgen.errors import LimitExceeded

NESTING = Limits().lookaround_nesting

A, B, C = literal(b"a"), literal(b"b"), literal(b"c")
AB = literal(b"ab")
SIGMA = byte_set(ByteSet.of(b"ab"))
X = AB | literal(b"cd")
SOMETIMES = SIGMA.star()
"""A neighbour after which nothing is known."""
REST, OTHER_REST = Rest(A + ANY_BYTES), Rest(ANY_BYTES + B)
BEFORE, OTHER_BEFORE = Before(ANY_BYTES + A), Before(B + ANY_BYTES)


def _bits(members: bytes) -> int:
    return ByteSet.of(members).bits


# -- constructors ------------------------------------------------------------------------------------


def test_plain_lookaheads_are_about_the_rest() -> None:
    made = ahead(AB)
    assert isinstance(made, Rest)
    assert made.language is AB + ANY_BYTES
    unmade = ahead(AB, negative=True)
    assert isinstance(unmade, Rest)
    assert unmade.language is ~(AB + ANY_BYTES)
    nested = ahead(chain([SOMETIMES, ahead(A)]))
    assert isinstance(nested, Rest)
    assert nested.language is SOMETIMES + (A + ANY_BYTES)


def test_plain_lookbehinds_are_about_the_past() -> None:
    made = behind(AB)
    assert isinstance(made, Before)
    assert made.language is ANY_BYTES + AB
    unmade = behind(AB, negative=True)
    assert isinstance(unmade, Before)
    assert unmade.language is ~(ANY_BYTES + AB)


def test_assertions_that_always_or_never_hold() -> None:
    for assertion in (ahead, behind):
        assert assertion(EPSILON) is EPSILON
        assert assertion(A.star()) is EPSILON
        assert assertion(EMPTY) is EMPTY
        assert assertion(EPSILON, negative=True) is EMPTY
        assert assertion(EMPTY, negative=True) is EPSILON


@pytest.mark.parametrize("negative", [False, True])
def test_assertions_that_look_the_other_way_inside_keep_their_body(negative: bool) -> None:
    inner = chain([SOMETIMES, BEFORE])
    made = ahead(inner, negative=negative)
    assert isinstance(made, Ahead)
    assert (made.body, made.negative, made.depth) == (inner, negative, 2)
    simple = ahead(BEFORE, negative=negative)
    assert isinstance(simple, Ahead)
    assert simple.depth == 1
    back = behind(chain([REST, SOMETIMES]), negative=negative)
    assert isinstance(back, Behind)
    assert (back.negative, back.depth) == (negative, 2)


def test_nesting_is_bounded() -> None:
    """NESTING levels are taken, one more is not."""
    made: Expression = BEFORE
    for level in range(1, NESTING + 1):
        made = ahead(made)
        assert isinstance(made, Ahead)
        assert made.depth == level
    with pytest.raises(LimitExceeded) as caught:
        ahead(made)
    assert caught.value.limit == NESTING == 150


def test_chains_of_languages_are_languages() -> None:
    assert chain([]) is EPSILON
    assert chain([A]) is A
    assert chain([A, B, X]) is concat(A, B, X)


def test_chains_join_their_neighbours() -> None:
    made = chain([A, B, OTHER_REST, C.star(), A])
    assert isinstance(made, Chain)
    assert made.depth == 1
    assert made.parts == (AB, OTHER_REST, concat(C.star(), A))
    again = chain([chain([SOMETIMES, OTHER_REST]), chain([SOMETIMES, BEFORE])])
    assert isinstance(again, Chain)
    assert again.parts == (SOMETIMES, OTHER_REST, SOMETIMES, BEFORE)
    assert chain([REST]) is REST
    assert chain([EPSILON, REST, EPSILON]) is REST
    assert isinstance(chain([EPSILON, REST, BEFORE]), Chain)


def test_assertions_in_a_row_are_one() -> None:
    rests = chain([REST, OTHER_REST])
    assert isinstance(rests, Rest)
    assert rests.language is (REST.language & OTHER_REST.language)
    befores = chain([BEFORE, OTHER_BEFORE])
    assert isinstance(befores, Before)
    assert befores.language is (BEFORE.language & OTHER_BEFORE.language)
    mixed = chain([REST, BEFORE, OTHER_REST])
    assert isinstance(mixed, Chain)
    assert mixed.parts == (REST, BEFORE, OTHER_REST)


def test_neighbours_decide_assertions() -> None:
    """True ones go, false ones make the chain empty, others stay."""
    assert chain([A, BEFORE, B]) is AB
    assert chain([B, BEFORE, B]) is EMPTY
    assert chain([B, REST, A]) is literal(b"ba")
    assert chain([B, REST, B]) is EMPTY
    for undecided in ([SIGMA, BEFORE, B], [A.star(), BEFORE, B], [B.optional(), BEFORE]):
        assert isinstance(chain(undecided), Chain)
    for undecided in ([B, REST, SIGMA], [B, REST, A.star()]):
        assert isinstance(chain(undecided), Chain)
    assert chain([A, chain([BEFORE, OTHER_REST]), SOMETIMES]).parts == (A, OTHER_REST, SOMETIMES)  # type: ignore[union-attr]
    assert chain([SOMETIMES, chain([OTHER_BEFORE, REST]), A]).parts == (SOMETIMES, OTHER_BEFORE, A)  # type: ignore[union-attr]


def test_what_is_empty_makes_the_chain_empty() -> None:
    for parts in ([EMPTY, REST], [REST, EMPTY], [SOMETIMES, REST, EMPTY, A], [A, EMPTY, BEFORE, A]):
        assert chain(parts) is EMPTY
    assert chain([REST, EMPTY, OTHER_REST, SOMETIMES]) is EMPTY


def test_neighbours_decide_inside_of_choices() -> None:
    first = choice([BEFORE, chain([OTHER_BEFORE, C])])
    made = chain([A, first])
    assert isinstance(made, Chain)
    assert made.parts[0] is A
    kept = made.parts[1]
    assert isinstance(kept, Choice)
    assert {type(part) for part in kept.parts} == {Chain, Language}
    assert EPSILON in kept.parts
    last = choice([chain([C, REST]), chain([C, Rest(C + ANY_BYTES)])])
    assert chain([last, A]) is literal(b"ca")
    assert chain([A, choice([BEFORE, chain([BEFORE, C])])]) is A + C.optional()
    same = choice([OTHER_BEFORE, Before(C + ANY_BYTES)])
    unchanged = chain([A, same])
    assert isinstance(unchanged, Chain)
    assert unchanged.parts[1] is same
    also = choice([chain([C, OTHER_REST]), chain([B, OTHER_REST])])
    unchanged = chain([also, A])
    assert isinstance(unchanged, Chain)
    assert unchanged.parts[0] is also


def test_choices() -> None:
    assert choice([]) is EMPTY
    assert choice([A, B]) is SIGMA
    assert choice([REST]) is REST
    assert choice([REST, EMPTY]) is REST
    made = choice([A, REST, choice([BEFORE, B])])
    assert isinstance(made, Choice)
    assert made.parts == (REST, BEFORE, SIGMA)
    assert made.depth == 1
    deeper = choice([chain([SOMETIMES, REST]), A])
    assert isinstance(deeper, Choice)
    assert deeper.depth == 2


def test_loops() -> None:
    assert loop(X, 2, 5) is X.repeat(2, 5)
    assert loop(X, 2, None) is X.repeat(2)
    body = chain([SOMETIMES, REST])
    assert loop(body, 0, 0) is EPSILON
    assert loop(body, 1, 1) is body
    for low, high in ((0, 1), (1, 2), (1, None), (2, 2), (0, None)):
        made = loop(body, low, high)
        assert isinstance(made, Loop)
        assert (made.body, made.low, made.high, made.depth) == (
            body,
            low,
            INFINITE if high is None else high,
            2,
        )
    for assertion in (REST, BEFORE, Ahead(BEFORE, False, 1), Behind(REST, True, 1)):
        assert loop(assertion, 1, 5) is assertion
        assert loop(assertion, 3, None) is assertion
        assert loop(assertion, 0, 5) is EPSILON
        assert loop(assertion, 0, None) is EPSILON


# -- deciding ----------------------------------------------------------------------------------------


def test_implied() -> None:
    assert lookaround._implied(A, SIGMA) is True
    assert lookaround._implied(C, SIGMA) is False
    assert lookaround._implied(SIGMA, A) is None
    asked: list[int] = []

    class Asked:
        def includes(self, known: object) -> bool:
            asked.append(current_limits().search_states)
            raise LimitExceeded("states", 50)

    assert lookaround._implied(A, Asked()) is None  # type: ignore[arg-type]
    assert asked == [50]
    assert current_limits().search_states > 50


def test_implied_by_what_stands_before_and_after() -> None:
    """`any text, then this` and `this, then any text`, by the edge and else by a search."""
    asserted = ANY_BYTES + AB
    assert lookaround._implied_before(literal(b"xab"), asserted) is True
    assert lookaround._implied_before(literal(b"xb"), asserted) is False
    assert lookaround._implied_before(B, asserted) is None
    assert lookaround._implied_before(AB, ~asserted) is False
    assert lookaround._implied_before(A, ANY_BYTES + A) is True
    assert lookaround._implied_before(A, A) is None
    assert lookaround._implied_before(AB, A) is False
    assert lookaround._implied_after(literal(b"abx"), AB + ANY_BYTES) is True
    assert lookaround._implied_after(literal(b"ax"), AB + ANY_BYTES) is False
    assert lookaround._implied_after(A, AB + ANY_BYTES) is None
    assert lookaround._implied_after(A, ~(SIGMA + ANY_BYTES)) is False
    assert lookaround._implied_after(A, EPSILON) is False
    assert lookaround._implied_after(A, ANY_BYTE + ANY_BYTES) is True
    assert lookaround._implied_after(AB, A) is False


@pytest.mark.parametrize(
    ("language", "wanted", "at_end", "at_begin"),
    [
        (A, A, True, True),
        (B, A, False, False),
        (SIGMA, A, None, None),
        (A, SIGMA, True, True),
        (SIGMA, SIGMA, True, True),
        (AB, A, False, True),
        (AB, B, True, False),
        (AB, AB, True, True),
        (literal(b"\0"), AB, False, False),
        (literal(b"xab"), AB, None, False),
        (literal(b"abx"), AB, False, None),
        (C, X, False, None),
        (X, X, True, True),
        (A.star() + X, X, True, None),
        (X + C.star(), X, None, True),
        (X.plus(), X, True, True),
        (A, A | AB, True, True),
        (A, A + B.star(), True, True),
        (A, B.star() + A, True, True),
        (A, EPSILON | A, True, True),
    ],
)
def test_edges_decide(
    language: Language, wanted: Language, at_end: bool | None, at_begin: bool | None
) -> None:
    """From the bytes and terms at the edge, without a search; a complement turns the answer round."""
    decide = lookaround._decided_at_edge
    for edge, asserted, decided in (
        (True, ANY_BYTES, at_end),
        (False, ANY_BYTES, at_begin),
    ):
        # Concatenations of nullable terms with everything are everything, and are made by hand here.
        whole = asserted + wanted if edge else wanted + asserted
        if wanted.nullable:
            continue
        assert decide(language, whole, at_end=edge) is decided
        assert decide(language, ~whole, at_end=edge) is (None if decided is None else not decided)


def test_edges_decide_nothing_of_other_forms() -> None:
    for asserted in (A, AB | B, A + ANY_BYTES, A.star(), ANY_BYTES):
        assert lookaround._decided_at_edge(A, asserted, at_end=True) is None
        assert lookaround._decided_at_edge(A, ~asserted, at_end=True) is None
    for asserted in (A, AB | B, ANY_BYTES + A, A.star(), ANY_BYTES):
        assert lookaround._decided_at_edge(A, asserted, at_end=False) is None


def test_terms_at_the_edge() -> None:
    row = concat(A.star(), X, B.plus())
    tail = concat(X, B.plus())
    assert lookaround._edge_terms(row, True) == [row, tail, B.plus(), B]
    assert lookaround._edge_terms(row, False) == [row, A.star()]
    assert lookaround._edge_terms(X.repeat(2, 3), True) == [X.repeat(2, 3), X]
    assert lookaround._edge_terms(X.repeat(2, 3), False) == [X.repeat(2, 3), X]
    assert lookaround._edge_terms(X.star(), True) == [X.star()]


@pytest.mark.parametrize(
    ("language", "first", "last"),
    [
        (SIGMA, b"ab", b"ab"),
        (literal(b"xyz"), b"x", b"z"),
        (EPSILON, b"", b""),
        (X, b"ac", b"bd"),
        (X.star(), b"ac", b"bd"),
        (X.repeat(2, 3), b"ac", b"bd"),
        (concat(A, X, C), b"a", b"c"),
        (X + C.star(), b"ac", b"bdc"),
        (A.star() + X, b"aac", b"bd"),
        (A.star() + B.star(), b"ab", b"ab"),
        (X.star() & ANY_BYTE.repeat(4, 9), b"abcd", b"abcd"),
    ],
)
def test_bytes_at_the_edge(language: Language, first: bytes, last: bytes) -> None:
    assert lookaround._edge(language, False) == _bits(first)
    assert lookaround._edge(language, True) == _bits(last)
    assert lookaround._edge(~A, True) == ByteSet.range(0, 255).bits


def test_what_may_be_empty_decides_nothing() -> None:
    assert lookaround._known_after(A.optional(), BEFORE) is BEFORE
    assert lookaround._known_before(REST, A.optional()) is REST
    assert lookaround._known_after(A, BEFORE) is EPSILON
    assert lookaround._known_after(B, BEFORE) is EMPTY
    assert lookaround._known_before(REST, A) is EPSILON
    assert lookaround._known_before(REST, B) is EMPTY
    assert lookaround._known_after(A, REST) is REST
    assert lookaround._known_before(BEFORE, A) is BEFORE
    body = Loop(chain([SOMETIMES, REST]), 2, 3, 2)
    assert lookaround._known_after(A, body) is body
    assert lookaround._known_before(body, A) is body


# -- lowering ----------------------------------------------------------------------------------------


def test_the_future_of_an_expression() -> None:
    assert as_future(A, X) is A + X
    assert as_future(REST, X) is X & REST.language
    assert as_future(BEFORE, X) is None
    row = Chain((SOMETIMES, REST, A), 1)
    assert as_future(row, X) is SOMETIMES + ((A + X) & REST.language)
    assert as_future(Chain((BEFORE, A), 1), X) is None
    assert as_future(Chain((A, BEFORE), 1), X) is None
    assert as_future(Choice((REST, C), 1), X) is (X & REST.language) | (C + X)
    assert as_future(Choice((REST, BEFORE), 1), X) is None
    assert as_future(Loop(row, 1, 2, 2), X) is None
    assert as_future(Ahead(BEFORE, False, 1), X) is None
    assert as_future(Behind(REST, False, 1), X) is None


def test_expressions_read_from_the_left() -> None:
    assert from_left(X, A) is X + A
    assert from_left(X, BEFORE) is X & BEFORE.language
    assert from_left(X, Chain((BEFORE, A, OTHER_BEFORE), 1)) is ((X & BEFORE.language) + A) & (
        OTHER_BEFORE.language
    )
    both = from_left(SOMETIMES, Choice((BEFORE, Chain((BEFORE, C), 1)), 2))
    past = SOMETIMES & BEFORE.language
    assert both is past | (past + C)
    plain = from_left(SOMETIMES, REST)
    assert isinstance(plain, Chain)
    assert plain.parts == (SOMETIMES, REST)
    broken = from_left(SOMETIMES, Chain((REST, SOMETIMES, BEFORE), 1))
    assert isinstance(broken, Chain)
    assert broken.parts == (SOMETIMES, REST, SOMETIMES, BEFORE)
    ahead_only = Choice((REST, Chain((REST, C), 1)), 2)
    kept = from_left(SOMETIMES, ahead_only)
    assert isinstance(kept, Chain)
    assert kept.parts == (SOMETIMES, ahead_only)


def test_which_choices_look_back_first() -> None:
    looks = lookaround._looks_back_first
    assert looks(BEFORE) is True
    for other in (REST, A, Loop(BEFORE, 1, 2, 1), Ahead(BEFORE, False, 1)):
        assert looks(other) is False
    assert looks(Chain((A, BEFORE, REST), 1)) is True
    assert looks(Chain((A, REST, BEFORE), 1)) is False
    assert looks(Choice((REST, Chain((A, BEFORE), 1)), 1)) is True
    assert looks(Choice((REST, A), 1)) is False
