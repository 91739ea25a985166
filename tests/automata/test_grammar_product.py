"""Grammars and regular languages at once: exact products, budgets, marks, and what is refused."""

from __future__ import annotations

from itertools import product as rows
from typing import Any

import pytest

from bltgen.automata.byteset import ByteSet
from bltgen.automata.earley import EarleyAutomaton
from bltgen.automata.grammar_product import _Budget, _Table, _Tabulation, _Walk, product
from bltgen.automata.language import ANY_BYTE, ANY_BYTES, EPSILON, INFINITE, Language, byte_set, literal
from bltgen.automata.limits import Limits, use_limits
from bltgen.automata.productions import Body, Rules
from bltgen.automata.transition_network import Graph, Network, network_of_rules
from bltgen.errors import EmptyLanguage, LimitExceeded, Unsupported

A, B, X = literal(b"a"), literal(b"b"), literal(b"x")
OPEN, CLOSE = literal(b"("), literal(b")")
SIGMA = byte_set(ByteSet.of(b"ab"))
NESTED: Body = ((OPEN, "n", CLOSE), (X,))


def texts_of(network: Network, letters: bytes, longest: int) -> list[bytes]:
    automaton = EarleyAutomaton(network)
    found = []
    for n in range(longest + 1):
        for row in rows(letters, repeat=n):
            state: Any = automaton.start()
            for byte in row:
                state = state.advance(byte) if state is not None else None
            if state is not None and state.accepting:
                found.append(bytes(row))
    return found


GRAMMARS: list[Rules] = [
    {"n": ((A, "n", B), ())},
    {"n": ((A, "n", B), ("n", "n"), (literal(b"ba"),))},
    {"n": ((SIGMA.star(), "n", SIGMA), (A,))},
    {"n": (("m", "n", "m"), (B,)), "m": ((A, "m", A), (), (B,))},
    {"n": (("m", A), (B,)), "m": (("n", B), (A, "n", A))},
]
REGULAR: list[Language] = [
    SIGMA.repeat(2, 4),
    A.star() + B.star(),
    ~(ANY_BYTES + literal(b"ba") + ANY_BYTES),
    (SIGMA + SIGMA).star(),
    (A | B.repeat(2, 3)).star(),
    ANY_BYTES,
    EPSILON | SIGMA.repeat(3, 3),
]


@pytest.mark.parametrize("rules", GRAMMARS)
@pytest.mark.parametrize("language", REGULAR)
def test_products_against_all_short_texts(rules: Rules, language: Language) -> None:
    """Both contain it; and every state of the product can be finished within what it says."""
    network = network_of_rules(rules, "n")
    both = [text for text in texts_of(network, b"ab", 5) if language.accepts(text)]
    try:
        made = product(network, language.start())
    except EmptyLanguage:
        assert both == []
        return
    assert texts_of(made, b"ab", 5) == both
    start = EarleyAutomaton(made).start()
    text = start.completion()
    assert len(text) == start.shortest
    if both:
        assert len(text) == len(both[0])
    todo = [start]
    for _ in range(40):
        if not todo:
            break
        state = todo.pop()
        assert state.accepting or state.allowed
        assert len(state.completion()) == state.shortest
        todo += [following for byte in state.allowed if (following := state.advance(byte)) is not None]


def test_nothing_in_common_is_an_error() -> None:
    network = network_of_rules({"n": NESTED}, "n")
    with pytest.raises(EmptyLanguage, match="regular"):
        product(network, (OPEN + X).start())
    with pytest.raises(EmptyLanguage):
        product(network, A.start())


def test_what_is_made_is_counted() -> None:
    """Limits.grammar_nodes pairs, walks and steps are allowed, and one less is not enough."""
    network = network_of_rules({"n": NESTED}, "n")
    # Four nodes in the one state, two pairs for each of three terminals, four steps.
    with use_limits(Limits(grammar_nodes=14)):
        product(network, ANY_BYTES.start())
    with use_limits(Limits(grammar_nodes=13)), pytest.raises(LimitExceeded) as caught:
        product(network, ANY_BYTES.start())
    assert caught.value.limit == 13
    budget = _Budget()
    assert budget.limit == budget.left == Limits().grammar_nodes
    with use_limits(Limits(grammar_nodes=3)):
        budget = _Budget()
        budget.spend()
        budget.spend(2)
        assert (budget.left, budget.limit) == (0, 3)
        with pytest.raises(LimitExceeded, match="max_bytes"):
            budget.spend()


def test_constraints_that_are_not_regular_are_refused() -> None:
    class Strange:
        def start(self) -> Any:
            return self

        accepting, allowed, shortest = False, ByteSet.of(b"a"), 1

        def advance(self, byte: int) -> Any:
            return None

    strange: Any = Strange()
    network = network_of_rules({"n": ((OPEN, "n", CLOSE), (strange,))}, "n")
    with pytest.raises(Unsupported, match="not regular"):
        product(network, ANY_BYTES.start())


# -- walks -------------------------------------------------------------------------------------------


def test_walks_of_a_terminal_beside_the_language() -> None:
    """Pairs with their edges joined, the ends, and exact distances to each."""
    terminal, language = (SIGMA + A.optional()).start(), (SIGMA.repeat(1, 2) + B.star()).start()
    budget = _Budget()
    table = _Table((terminal, language), budget)
    after = (terminal.advance(ord("a")), language.advance(ord("a")))
    assert table.edges[terminal, language] == [(ByteSet.of(b"ab").bits, after)]
    last = (after[0].advance(ord("a")), after[1].advance(ord("a")))  # type: ignore[union-attr]
    assert len(table.edges) == 3
    assert budget.limit - budget.left == 3
    assert list(table.ends) == [after[1], last[1]]
    assert table.distances(last[1]) == {last: 0, after: 1, (terminal, language): 2}
    assert table.distances(after[1]) == {after: 0, (terminal, language): 1}
    assert table.distances(last[1]) is table.distances(last[1])
    assert table.distances(language) == {}


def test_readers_may_have_dead_ends() -> None:
    """Bytes that they allow and that lead nowhere end a walk."""

    class Dead:
        accepting, allowed = False, ByteSet.of(b"ab")

        def advance(self, byte: int) -> Any:
            return None

    table = _Table((SIGMA.start(), Dead()), _Budget())
    assert [*table.edges.values()] == [[]]
    assert list(table.ends) == []


def test_walks_are_automata() -> None:
    terminal, language = SIGMA.repeat(2, 2).start(), (A + SIGMA | B + A).start()
    table = _Table((terminal, language), _Budget())
    (goal,) = table.ends
    walk = _Walk((terminal, language), table, goal)
    assert (walk.accepting, walk.shortest, walk.longest) == (False, 2, INFINITE)
    assert walk == _Walk((terminal, language), table, goal)
    assert hash(walk) == hash(_Walk((terminal, language), table, goal))
    assert walk != 3
    other = _Walk((terminal, language), table, language)
    assert walk != other
    assert (other.accepting, other.shortest) == (False, INFINITE)
    targets = dict(walk.transitions())
    assert {*targets} == {ByteSet.of(b"a").bits, ByteSet.of(b"b").bits}
    assert all(target.least == 1 for target in targets.values())
    assert list(other.transitions()) == []
    end = next(pair for pair in table.edges if pair[0].accepting)
    assert (_Walk(end, table, goal).accepting, _Walk(end, table, goal).shortest) == (True, 0)


def test_tables_and_entries_are_made_once() -> None:
    network = network_of_rules({"n": NESTED}, "n")
    tabulation = _Tabulation(network, ANY_BYTES.start(), _Budget())
    tables = dict(tabulation.tables)
    left = tabulation.budget.left
    for key, table in tables.items():
        assert tabulation.table(*key) is table  # type: ignore[arg-type]
    tabulation.enter(0, ANY_BYTES.start())
    assert tabulation.budget.left == left
    assert tabulation.todo == []
    assert list(tabulation.exits[0, ANY_BYTES.start()]) == [ANY_BYTES.start()]


def test_only_what_leads_to_whole_texts_is_kept() -> None:
    """Rules read between two states, those that are called on the way to an end."""
    network = network_of_rules({"n": NESTED}, "n")
    graphs = _Tabulation(network, ANY_BYTE.repeat(3, 3).start(), _Budget()).graphs()
    assert graphs.keys() == {"root", "0", "1"}
    assert graphs["root"] == Graph([False, True], [[("0", 1)], []])
    assert [len(graph.final) for graph in (graphs["0"], graphs["1"])] == [4, 2]
    wide = _Tabulation(network, ANY_BYTE.repeat(1, 3).start(), _Budget()).graphs()
    assert len(wide["root"].edges[0]) == 2
    nullable = network_of_rules({"n": ((OPEN, "n", CLOSE), ())}, "n")
    graphs = _Tabulation(nullable, ANY_BYTE.repeat(0, 2).start(), _Budget()).graphs()
    assert graphs["root"].final == [True, True]
    graphs = _Tabulation(nullable, ANY_BYTE.repeat(2, 2).start(), _Budget()).graphs()
    assert graphs["root"].final == [False, True]


# -- marks -------------------------------------------------------------------------------------------


def test_marks_are_read_by_the_language_and_left_out_of_the_texts() -> None:
    """A bracket is marked before it: at most two marks may be read."""
    mark = literal(b"!")
    rules: Rules = {"n": ((mark, OPEN, "n", CLOSE), (X,))}
    network = network_of_rules(rules, "n")
    plain = ANY_BYTE & ~mark
    two = plain.star() + (mark + plain.star()).repeat(0, 2)
    made = product(network, two.start(), ByteSet.of(b"!"))
    assert texts_of(made, b"(x)!", 5) == [b"x", b"(x)", b"((x))"]
    none = product(network, plain.star().start(), ByteSet.of(b"!"))
    assert texts_of(none, b"(x)!", 3) == [b"x"]
    kept = product(network, two.start(), ByteSet.of(b"?"))
    assert texts_of(kept, b"(x)!", 4) == [b"x", b"!(x)"]
    last: Rules = {"n": ((OPEN, "n", CLOSE, mark), (X, mark), (A, mark, B, "n", mark))}
    made = product(network_of_rules(last, "n"), ANY_BYTES.start(), ByteSet.of(b"!"))
    assert texts_of(made, b"(x)", 3) == [b"x", b"(x)"]
    assert texts_of(made, b"abx", 3) == [b"x", b"abx"]


def test_steps_without_reading_are_taken_over() -> None:
    """What follows a mark may follow in its place; nodes that only marks reach go."""
    mark, other = literal(b"!"), literal(b"?")
    network = network_of_rules({"n": NESTED}, "n")
    tabulation = _Tabulation(network, ANY_BYTES.start(), _Budget(), ByteSet.of(b"!?"))
    graph = Graph(
        [False, False, False, True, False],
        [[(mark, 1), (A, 3)], [(other, 2), (B, 3)], [("call", 3), (mark, 3)], [(X, 4)], [(mark, 3)]],
    )
    found = tabulation._without_marks(graph)
    assert found.final == [True, True, True]
    assert found.edges[0] == [(A, 1), (B, 1), ("call", 1), (X, 2)]
    assert found.edges[1] == [(X, 2)]
    assert found.edges[2] == [(X, 2)]
    double = Graph([False, False, True], [[(mark, 1), (A, 2)], [(A, 2)], []])
    assert tabulation._without_marks(double).edges[0] == [(A, 1)]
    both = byte_set(ByteSet.of(b"!x"))
    loud = Graph([False, True], [[(both, 1)], []])
    assert tabulation._without_marks(loud) == loud
    without = _Tabulation(network, ANY_BYTES.start(), _Budget())
    assert without._without_marks(graph) is graph
