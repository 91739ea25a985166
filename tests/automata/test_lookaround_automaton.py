"""Expressions with assertions against their definition over spans, and what the automaton of them keeps."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import pytest

from bltgen.automata import lookaround_automaton
from bltgen.automata.byteset import ALL_BITS, ByteSet
from bltgen.automata.language import ANY_BYTES, EMPTY, EPSILON, INFINITE, Language, byte_set, literal
from bltgen.automata.limits import Limits, use_limits
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
    behind,
    chain,
    choice,
    loop,
)
from bltgen.automata.lookaround_automaton import _Located, _Program, language_of
from bltgen.automata.operators import AUTOMATON
from bltgen.errors import LimitExceeded

A, B, AB = literal(b"a"), literal(b"b"), literal(b"ab")
SIGMA = byte_set(ByteSet.of(b"ab"))
TEXTS = [bytes(text) for n in range(6) for text in product(b"ab", repeat=n)]

Tree = tuple[Any, ...]
"""The source of an expression: a kind and its arguments."""


def built(tree: Tree) -> Expression:
    """By the constructors."""
    kind, *rest = tree
    if kind == "text":
        made: Language = rest[0]
        return made
    if kind == "chain":
        return chain([built(part) for part in rest])
    if kind == "choice":
        return choice([built(part) for part in rest])
    if kind == "loop":
        return loop(built(rest[0]), rest[1], rest[2])
    return (ahead if kind == "ahead" else behind)(built(rest[0]), negative=rest[1])


def ends(tree: Tree, text: bytes, begin: int) -> frozenset[int]:
    """Where matches that begin there end, by definition."""
    kind, *rest = tree
    if kind == "text":
        return frozenset(end for end in range(begin, len(text) + 1) if rest[0].accepts(text[begin:end]))
    if kind == "chain":
        places = frozenset((begin,))
        for part in rest:
            places = frozenset(end for at in places for end in ends(part, text, at))
        return places
    if kind == "choice":
        return frozenset(end for part in rest for end in ends(part, text, begin))
    if kind == "loop":
        body, low, high = rest
        places, found = frozenset((begin,)), frozenset[int]()
        for rounds in range((low + len(text) + 1 if high is None else high) + 1):
            if rounds >= low:
                found |= places
            places = frozenset(end for at in places for end in ends(body, text, at))
        return found
    body, negative = rest
    if kind == "ahead":
        holds = bool(ends(body, text, begin))
    else:
        holds = any(begin in ends(body, text, at) for at in range(begin + 1))
    return frozenset((begin,)) if holds is not negative else frozenset()


def agrees(tree: Tree) -> Language:
    """The language, after it was compared on all short texts."""
    made = language_of(built(tree))
    wrong = [text for text in TEXTS if made.accepts(text) is not (len(text) in ends(tree, text, 0))]
    assert wrong == []
    return made


def text(of: Language) -> Tree:
    return ("text", of)


a, b, ab, any_, star = text(A), text(B), text(AB), text(SIGMA), text(SIGMA.star())
before_a, before_b = ("behind", a, False), ("behind", b, False)
then_a, then_b, not_a = ("ahead", a, False), ("ahead", b, False), ("ahead", a, True)


@pytest.mark.parametrize(
    "tree",
    [
        ("chain", star, then_a, star, before_b),
        ("loop", ("choice", a, ("chain", b, then_a)), 0, None),
        ("loop", ("choice", a, ("chain", b, then_a)), 2, 3),
        ("loop", ("chain", ("behind", b, True), any_), 1, 4),
        ("loop", ("chain", any_, ("behind", ab, False), any_, then_a), 1, None),
        ("loop", ("choice", then_a, b), 2, 2),
        ("loop", ("choice", then_a, b), 3, 4),
        ("loop", ("choice", then_a, before_b, ab), 2, None),
        ("loop", ("loop", ("choice", then_a, b), 2, 3), 2, 2),
        ("loop", ("choice", ("chain", then_a, a), not_a), 1, 2),
        ("chain", star, ("behind", ("chain", star, then_a, any_), False), star),
        ("chain", star, ("behind", ("chain", a, then_b, any_), True), star),
        ("chain", star, ("behind", ("chain", a, then_b), True), star, before_a),
        ("chain", star, ("behind", ("loop", ("chain", then_a, any_, any_), 1, None), False), star),
        ("chain", star, ("behind", ("chain", before_a, any_, then_b), False), star),
        ("chain", star, ("behind", ("behind", ("chain", any_, then_a), True), True), star),
        ("chain", star, ("ahead", ("chain", any_, before_a), False), star),
        ("chain", star, ("ahead", ("chain", any_, before_a), True), star),
        ("chain", star, ("ahead", ("chain", star, ("behind", ab, False), then_a), True), star),
        ("chain", ("choice", ("chain", star, before_a), b), star, then_b, star),
        ("chain", ("loop", ("chain", any_, before_a), 0, 2), star, ("behind", text(A.star() + B), False)),
        ("choice", ("chain", star, before_a, star, then_a, star), ("loop", ("chain", any_, then_b), 0, None)),
        ("chain", ("choice", then_a, text(EPSILON)), ("loop", ("chain", any_, before_a), 2, 2), star),
        ("chain", ("choice", text(EPSILON), then_a, not_a), ("loop", ("chain", any_, before_a), 1, 3), star),
        ("chain", star, ("behind", text(EPSILON), False), before_a),
        ("loop", ("chain", any_, ("behind", text(EMPTY), True), before_a), 0, 3),
    ],
)
def test_expressions_against_their_definition(tree: Tree) -> None:
    agrees(tree)


def _random_tree(rng: random.Random, depth: int) -> Tree:
    if depth == 0 or rng.random() < 0.15:
        return rng.choice([a, b, ab, any_, text(A.star()), text(B.optional())])
    kind = rng.choice(["chain", "chain", "choice", "loop", "ahead", "behind"])
    if kind in ("chain", "choice"):
        return (kind, *(_random_tree(rng, depth - 1) for _ in range(rng.randrange(2, 4))))
    inner = _random_tree(rng, depth - 1)
    if kind == "loop":
        low = rng.randrange(3)
        return ("loop", inner, low, rng.choice([None, low, low + 1, low + 2]))
    return (kind, inner, rng.random() < 0.4)


@pytest.mark.parametrize("seed", range(10))
def test_random_expressions_against_their_definition(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(6):
        agrees(("chain", _random_tree(rng, 3), star, _random_tree(rng, 2)))
        agrees(_random_tree(rng, 3))


def test_what_looks_one_way_is_a_term() -> None:
    """No automaton where intersections do."""
    assert language_of(AB) is AB
    rest = Rest(ANY_BYTES + B)
    assert language_of(Chain((SIGMA.star(), rest, SIGMA), 1)) is SIGMA.star() + (SIGMA & (ANY_BYTES + B))
    before = Before(ANY_BYTES + A)
    assert language_of(Chain((SIGMA.star(), before, B), 1)) is (SIGMA.star() & (ANY_BYTES + A)) + B
    made = agrees(("loop", ("chain", any_, then_a), 1, 2))
    assert any(part.op == AUTOMATON for part in (made, *made.parts))


# -- what the program keeps --------------------------------------------------------------------------

REST = Rest(A + ANY_BYTES)
BEFORE = Before(ANY_BYTES + A)


def test_cells_are_shared() -> None:
    """Equal expressions before the same cell are one; chains are cells in a row, and nothing is none."""
    program = _Program()
    end = program.end
    one = program.cell(AB, end)
    assert program.cell(AB, end) is one
    assert program.cell(AB, one) is not one
    assert program.cell(REST, end) is program.cell(REST, end)
    assert program.cell(REST, end) is not program.cell(Rest(A + ANY_BYTES), end)
    assert program.cell(EPSILON, one) is one
    row = program.cell(Chain((REST, AB), 1), end)
    assert (row.expression, row.rest) == (REST, one)
    serials = [cell.serial for cell in (end, program.anything, program.matched, one, row)]
    assert len(set(serials)) == 5


def test_what_a_cell_says_of_itself() -> None:
    program = _Program()
    assert (program.end.future, program.end.needs) == (EPSILON, frozenset())
    assert (program.anything.future, program.matched.future) == (ANY_BYTES, None)
    known = program.cell(REST, program.cell(AB, program.end))
    assert known.future is AB & REST.language
    assert known.needs == frozenset()
    asking = program.cell(BEFORE, program.cell(AB, program.end))
    assert asking.future is None
    assert asking.needs == frozenset((0,))
    before = program.cell(A, asking)
    assert (before.future, before.needs) == (None, frozenset((0,)))
    behind_ = Behind(Chain((BEFORE, REST, A), 1), False, 2)
    both = program.cell(behind_, asking)
    assert both.needs == frozenset((0, 1))
    assert program._trackers == [BEFORE, behind_]


def test_trackers_are_shared() -> None:
    """Assertions of the same past by its language; general ones by themselves."""
    program = _Program()
    general = Behind(Chain((REST, A), 1), True, 2)
    assert program._tracker(BEFORE) == program._tracker(Before(ANY_BYTES + A)) == 0
    assert program._tracker(general) == program._tracker(general) == 1
    assert program._tracker(Behind(general.body, True, 2)) == 2
    assert program._needs(Loop(Choice((BEFORE, Chain((A, general), 1)), 1), 1, 2, 2)) == frozenset((0, 1))
    assert program._needs(Ahead(BEFORE, False, 1)) == frozenset((0,))
    assert program._needs(Behind(Chain((BEFORE, REST), 1), False, 1)) == frozenset((0, 3))
    assert program._needs(REST) == program._needs(A) == frozenset()


def test_the_past_of_what_is_not_asked_is_not_kept() -> None:
    program = _Program()
    general = Behind(Chain((REST, A), 1), True, 2)
    for assertion in (BEFORE, general):
        program._tracker(assertion)
    assert program.past_at_start(frozenset()) == (None, None)
    assert program.past_at_start(frozenset((0,))) == (BEFORE.language, None)
    threads = program.past_at_start(frozenset((1,)))[1]
    assert threads == frozenset(((program._bodies[1], ANY_BYTES),))
    steps = program._after_byte((BEFORE.language, None))
    assert [bits for bits, _ in steps] == [1 << ord("a"), ALL_BITS ^ 1 << ord("a")]
    assert [past[0].nullable for _, past in steps] == [True, False]  # type: ignore[union-attr]
    assert all(past[1] is None for _, past in steps)
    assert program._after_byte((None, None)) == [(ALL_BITS, (None, None))]


def test_steps_of_the_past_are_kept_and_dropped() -> None:
    """One computation a past, up to `Limits.cached_states` of them."""
    program = _Program()
    program._tracker(BEFORE)
    pasts = [(literal(b"a" * n) + ANY_BYTES,) for n in range(2, 6)]
    with use_limits(Limits(cached_states=3)):
        kept = [program._after_byte(past) for past in pasts[:3]]
        assert len(program._steps) == 3
        for past, steps in zip(pasts, kept, strict=False):
            assert program._after_byte(past) is steps
        program._after_byte(pasts[3])
        assert list(program._steps) == [pasts[3]]


def test_every_byte_leads_somewhere() -> None:
    """Bytes after which nothing of the past is left lead to the empty language, and stay told of."""
    complete = lookaround_automaton._complete
    letter = 1 << ord("a")
    assert complete(((letter, B),)) == ((letter, B), (ALL_BITS ^ letter, EMPTY))
    assert complete(((letter, B), (ALL_BITS ^ letter, A))) == ((letter, B), (ALL_BITS ^ letter, A))
    assert complete(()) == ((ALL_BITS, EMPTY),)


def test_ways_through_one_position_are_bounded() -> None:
    """`Limits.search_states` places without reading, and not one more."""
    program = _Program()
    row: Expression = Chain((*[Choice((BEFORE, A), 1)] * 3, A), 2)
    cell = program.cell(row, program.end)
    past = (ANY_BYTES,)
    with use_limits(Limits(search_states=10)):
        program._ways(cell, past)
    with use_limits(Limits(search_states=9)), pytest.raises(LimitExceeded) as caught:
        program._ways(cell, past)
    assert caught.value.limit == 9


def test_ways_on_from_a_position() -> None:
    program = _Program()
    body = program.cell(Chain((BEFORE, A, BEFORE), 1), program.end)
    reads, endings = program._ways(body, (ANY_BYTES,))
    assert endings == []
    assert [(way.language, way.condition) for way in reads] == [(A, ANY_BYTES)]
    reads, endings = program._ways(body, (A,))
    assert (reads, endings) == ([], [])
    optional = program.cell(A.optional(), program.cell(BEFORE, program.end))
    reads, endings = program._ways(optional, (ANY_BYTES,))
    assert [way.language for way in reads] == [A.optional()]
    assert endings == [EPSILON]
    matched = program.cell(REST, program.matched)
    assert program._ways(matched, (None,)) == ([], [REST.language])
    demanded = program.cell(REST, program.cell(A, program.cell(BEFORE, program.end)))
    reads, _ = program._ways(demanded, (ANY_BYTES,))
    assert [way.condition for way in reads] == [REST.language]
    assert program._ways(program.cell(EMPTY, program.matched), (None,)) == ([], [])


def test_a_way_that_cannot_be_taken_leaves_the_others() -> None:
    """Wherever it stands among them: an assertion that fails, a place seen before, an end."""
    program = _Program()
    never, read = Before(A), Chain((A, BEFORE), 1)
    for parts in ((read, never), (never, read), (read, never, B), (read, read, B), (B, read, read)):
        cell = program.cell(Choice(parts, 2), program.end)
        reads, _ = program._ways(cell, (ANY_BYTES, B))
        assert A in [way.language for way in reads]
    ends = program.cell(Choice((read, REST, read, EPSILON), 2), program.matched)
    reads, endings = program._ways(ends, (ANY_BYTES, B))
    assert [way.language for way in reads] == [A]
    assert {*endings} == {ANY_BYTES, REST.language}


def test_a_known_future_is_not_walked() -> None:
    program = _Program()
    cell = program.cell(REST, program.end)
    program._ways = None  # type: ignore[assignment]
    assert program.located(cell, ()) is cell.future


def test_states_keep_the_past_that_is_asked_for_alone() -> None:
    """So that they are shared whatever else has been read."""
    program = _Program()
    other = Before(B + ANY_BYTES)
    both = program.cell(Choice((BEFORE, other), 1), program.end)
    assert both.needs == frozenset((0, 1))
    asking = program.cell(A, program.cell(B, program.cell(BEFORE, program.end)))
    made = program.located(asking, (BEFORE.language, other.language))
    assert made.op == AUTOMATON
    assert made.value.past == (BEFORE.language, None)
    assert program.located(asking, (BEFORE.language, ANY_BYTES)) is made


def test_rounds_that_read_nothing_cost_nothing() -> None:
    """Any number of them is one: a hundred thousand rounds are far fewer places than their number."""
    made = language_of(built(("chain", ("loop", ("choice", then_a, b), 100_000, None), any_)))
    with use_limits(Limits(search_states=50)):
        assert made.accepts(b"a")
        assert not made.accepts(b"b")
        assert made.start().shortest == 1


def test_loops_without_end_are_one_loop() -> None:
    program = _Program()
    body = Chain((REST, SIGMA), 1)
    assert program._loop(body, 0, 0, 2) is None
    one = program._loop(body, 0, INFINITE, 2)
    assert one is not None
    assert (one.body, one.low, one.high, one.depth) == (body, 0, INFINITE, 2)
    assert program._loop(body, 0, INFINITE, 2) is one
    assert program._loop(body, 0, 3, 2) is not one
    expression = Loop(Chain((BEFORE, SIGMA), 1), 0, INFINITE, 2)
    cell = program.cell(expression, program.end)
    program._ways(cell, (ANY_BYTES,))
    known = len(program._cells)
    again = program._loop(expression.body, 0, INFINITE, 2)
    assert again is not None
    program._ways(program.cell(again, program.end), (ANY_BYTES,))
    assert len(program._cells) <= known + 2


def test_states_are_compared_by_what_they_hold() -> None:
    program = _Program()
    cell = program.cell(A, program.cell(BEFORE, program.end))
    state, same = (_Located(program, cell, (BEFORE.language,)) for _ in range(2))
    assert state == same
    assert hash(state) == hash(same)
    assert state != _Located(program, cell, (ANY_BYTES,))
    assert state != _Located(_Program(), cell, (BEFORE.language,))
    assert state != _Located(program, program.cell(B, program.end), (BEFORE.language,))
    assert state != 3
    assert (state.accepting, state.shortest, state.longest) == (False, None, INFINITE)
    assert [(bits, rest) for bits, rest in state.transitions()] == [(1 << ord("a"), EPSILON)]


def test_states_of_a_long_text_are_few() -> None:
    """A loop with assertions comes back to the same states."""
    made = language_of(built(("loop", ("choice", a, ("chain", b, then_a)), 0, None)))
    state, ids = made.start(), set()
    for byte in b"ab" * 50:
        following = state.advance(byte)
        assert following is not None
        state = following
        ids.add(state.id)
    assert len(ids) <= 3
    counted = language_of(built(("chain", ("loop", ("chain", any_, before_a), 3, None), b)))
    assert counted.start().shortest == 4
    assert counted.start().completion() == b"aaab"
