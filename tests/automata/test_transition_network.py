"""The automata of rules: which rules are called, how they are made small, and how far their ends are."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import EPSILON, Language, literal
from bltgen.automata.limits import Limits, use_limits
from bltgen.automata.productions import Body, Repeat, Rules
from bltgen.automata.transition_network import (
    LARGEST_INLINED_RULE,
    Graph,
    Node,
    _closure,
    _graph,
    _kept,
    _subsets,
    minimised,
    network_of_graphs,
    network_of_rules,
)
from bltgen.errors import LimitExceeded

A, B, C = literal(b"a"), literal(b"b"), literal(b"c")
OPEN, CLOSE, X = literal(b"("), literal(b")"), literal(b"x")
NESTED: Body = ((OPEN, "n", CLOSE), (X,))


class Asked:
    """A terminal that counts how often its start is asked for."""

    def __init__(self, language: Language) -> None:
        self.language, self.times = language, 0

    def start(self) -> Any:
        self.times += 1
        return self.language.start()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.language, name)


# -- the network -------------------------------------------------------------------------------------


def test_a_network_node_by_node() -> None:
    """x or a bracketed one: four nodes, exact distances, the first steps of shortest texts."""
    network = network_of_rules({"n": NESTED}, "n")
    assert (network.names, network.nodes) == (("n",), 4)
    (start,) = network.starts
    assert (start.rule, start.final, start.is_end) == (0, False, False)
    assert (start.distance, start.scan_distance, start.calls) == (1, 1, ())
    assert start.opening == ByteSet.of(b"(x").bits
    after = {state.shortest and bytes(state.allowed): node for state, node in start.scans}
    inside, end = after[b"("], after[b"x"]
    assert (end.final, end.is_end, end.distance, end.best, end.scans) == (True, True, 0, None, ())
    assert (inside.scans, inside.opening, inside.distance, inside.scan_distance) == ((), 0, 2, -1)
    ((rule, closing),) = inside.calls
    assert rule == 0
    assert inside.best == (0, closing)
    assert (closing.distance, bytes(closing.scans[0][0].allowed), closing.scans[0][1]) == (1, b")", end)
    assert start.best is not None
    assert start.best[1] is end
    assert start.completion(network.starts) == b"x"
    assert inside.completion(network.starts) == b"x)"
    assert end.completion(network.starts) == b""
    entry = network.entry
    assert (entry.rule, entry.final, entry.is_end, entry.scans, entry.distance) == (-1, False, False, (), 1)
    ((called, whole),) = entry.calls
    assert (called, whole.rule, whole.final, whole.is_end, whole.distance) == (0, -1, True, True, 0)


def test_a_nullable_start_may_end_at_once() -> None:
    network = network_of_rules({"n": ((OPEN, "n", CLOSE), ())}, "n")
    assert (network.entry.final, network.entry.is_end, network.entry.distance) == (True, False, 0)
    assert network.starts[0].final
    assert not network.starts[0].is_end
    (inside,) = [node for _, node in network.starts[0].scans]
    # A nullable call has a way around it.
    assert [bytes(state.allowed) for state, _ in inside.scans] == [b")"]
    assert len(inside.calls) == 1
    assert (inside.distance, inside.scan_distance) == (1, 1)


def test_terminals_are_started_once_and_those_of_the_empty_text_are_not_read() -> None:
    twice: Any = Asked(A)
    graph = Graph([False, False, True], [[(twice, 1), (EPSILON, 2)], [(twice, 2)], []])
    network = network_of_graphs({"p": graph}, "p")
    assert twice.times == 1
    assert len(network.starts[0].scans) == 1
    assert network.starts[0].opening == ByteSet.of(b"a").bits


def test_nodes_remember_what_follows_a_first_byte() -> None:
    graph = Graph([False, True], [[(literal(b"ab"), 1), (literal(b"ac"), 1), (X, 1)], []])
    node = network_of_graphs({"p": graph}, "p").starts[0]
    found = node.after_first(ord("a"))
    assert [bytes(state.allowed) for state, _ in found] == [b"b", b"c"]
    assert node.after_first(ord("a")) is found
    assert node.after_first(ord("z")) == ()
    assert {after for _, after in found} == {node.scans[0][1]}


def test_the_start_need_not_be_the_first_rule() -> None:
    graphs = {"q": Graph([False, True], [[(X, 1)], []]), "p": Graph([False, True], [[("q", 1)], []])}
    network = network_of_graphs(graphs, "p")
    assert network.entry.calls[0][0] == 1
    assert network.names == ("q", "p")
    assert network.starts[1].calls == ((0, network.starts[1].calls[0][1]),)
    assert network.nodes == 4
    assert network.starts[1].completion(network.starts) == b"x"


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ({"p": ((OPEN, "p", CLOSE), (literal(b"xyz"),), (A, "q")), "q": ((B, "p", B), (C,))}, b"ac"),
        ({"p": (("p", "p", A), ("q",), (X,)), "q": ((A, "p", A), (literal(b"bb"),))}, b"x"),
        ({"p": (("q", "q"), (literal(b"aaaaa"),)), "q": ((OPEN, "q", CLOSE), (literal(b"xy"),))}, b"xyxy"),
    ],
)
def test_shortest_texts(rules: Rules, text: bytes) -> None:
    """Through calls, by the whole length."""
    network = network_of_rules(rules, "p")
    assert network.entry.completion(network.starts) == text
    assert network.entry.distance == len(text)


def test_of_equally_short_texts_the_first_is_taken() -> None:
    for first, second in ((B, C), (C, B)):
        graph = Graph([False, True], [[(literal(b"long"), 1), (first, 1), (second, 1)], []])
        network = network_of_graphs({"p": graph}, "p")
        assert network.entry.completion(network.starts) == first.start().completion()


def test_an_end_is_no_farther_for_being_reached_from_another() -> None:
    graph = Graph([True, True], [[(A, 1)], [(B, 0)]])
    network = network_of_graphs({"p": graph}, "p")
    (second,) = [node for _, node in network.starts[0].scans]
    for node in (network.starts[0], second):
        assert (node.distance, node.best, node.scan_distance) == (0, None, 1)


# -- which rules are called --------------------------------------------------------------------------


def test_a_rule_in_every_cycle_is_called() -> None:
    rules: dict[str, Body] = {
        "p": (("q", A), ("r",)),
        "q": ((A, "q"), (B,)),
        "r": (("s",), ("s", "s")),
        "s": ((A, "r"), (X,)),
        "t": (("t",),),
    }
    assert list(_kept(rules, "p")) == ["p", "q", "r"]
    assert list(_kept({"p": ((A, "q"),), "q": ((B, "p"), (X,))}, "p")) == ["p"]
    assert list(_kept({"p": (("q",), ("r",)), "q": (("r",),), "r": ((X,),)}, "p")) == ["p"]


def _of_size(atoms: int) -> Body:
    return (tuple(literal(b"%d" % n) for n in range(atoms)),)


@pytest.mark.parametrize(
    ("body", "size"),
    [
        (_of_size(23), 24),
        (_of_size(24), 25),
        (Repeat(A, 2, 12), 24),
        (Repeat(A, 2, 13), 26),
        (Repeat(A, 11, None), 24),
        (Repeat(A, 12, None), 26),
        (Repeat(A, 0, 0), 2),
        (((A, "r"), (B,) * 11), 25),
        (((A, "r"), (B,) * 10), 24),
        (((A, "p"), (B,) * 21), 24),
        (((A, "p"), (B,) * 22), 25),
    ],
)
def test_large_rules_that_are_used_twice_are_called(body: Body, size: int) -> None:
    """More than LARGEST_INLINED_RULE atoms, each rule used within counted with its own."""
    assert LARGEST_INLINED_RULE == 24
    rules: dict[str, Body] = {"p": (("q", "q"),), "q": body, "r": _of_size(11)}
    assert ("q" in _kept(rules, "p")) is (size > 24)
    assert "q" not in _kept({**rules, "p": (("q", A),)}, "p")
    assert "q" not in _kept({**rules, "p": (("q", A), ("o",)), "o": ((A,),)}, "p")


# -- the automaton of a rule -------------------------------------------------------------------------


def _words(graph: Graph, longest: int) -> set[tuple[Any, ...]]:
    """All rows of symbols from the start to a final node, up to a length."""
    found: set[tuple[Any, ...]] = set()
    rows: list[tuple[tuple[Any, ...], int]] = [((), 0)]
    while rows:
        row, at = rows.pop()
        if graph.final[at]:
            found.add(row)
        if len(row) < longest:
            rows += [((*row, symbol), target) for symbol, target in graph.edges[at]]
    return found


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (((A, B), (C,)), {(A, B), (C,)}),
        (((),), {()}),
        (((), (A,)), {(), (A,)}),
        ((("r", B),), {(A, B), (C, B)}),
        ((("k", B),), {("k", B)}),
        ((("e", B),), {("e", B), (B,)}),
        (((A.star(), B),), {(A.star(), B), (B,)}),
        (Repeat(A, 0, 0), {()}),
        (Repeat(A, 0, 2), {(), (A,), (A, A)}),
        (Repeat(A, 2, 3), {(A, A), (A, A, A)}),
        (Repeat("r", 1, 1), {(A,), (C,)}),
        (Repeat("k", 1, 2), {("k",), ("k", "k")}),
        (Repeat(A, 3, None), {(A,) * n for n in range(3, 5)}),
        (Repeat(A, 0, None), {(A,) * n for n in range(5)}),
        ((("p", A), (B,)), {("p", A), (B,)}),
    ],
)
def test_the_words_of_a_rule(body: Body, words: set[tuple[Any, ...]]) -> None:
    """Rules that are not called are spliced in; calls and terminals that may be empty have a way around."""
    rules: dict[str, Body] = {"p": body, "r": ((A,), (C,)), "k": ((A,),), "e": ((), (A,))}
    graph = _graph(rules, "p", {"p": None, "k": None, "e": None}, {"e"}, 100)
    assert _words(graph, 4) == words
    for outgoing in graph.edges:
        symbols = [symbol for symbol, _ in outgoing]
        assert len(set(symbols)) == len(symbols)
    assert _words(minimised(graph), 4) == words


def test_rules_have_so_many_nodes_and_no_more() -> None:
    """Limits.grammar_nodes counts the nodes that are left; in between there may be four times as many."""
    rules: dict[str, Body] = {"p": ((OPEN, "p", CLOSE), (X,)), "q": ((A,),)}
    assert network_of_rules(rules, "p").nodes == 4
    with use_limits(Limits(grammar_nodes=5)):
        network_of_rules(rules, "p")
    with use_limits(Limits(grammar_nodes=4)), pytest.raises(LimitExceeded) as caught:
        network_of_rules(rules, "p")
    assert (caught.value.what, caught.value.limit) == ("the size of the grammar", 4)
    two: dict[str, Body] = {"p": ((OPEN, "q", CLOSE), (X,)), "q": ((A, "p", B), (X,))}
    kept = network_of_rules(two, "p").nodes
    for nodes, fits in ((kept + 1, True), (kept, False)):
        with use_limits(Limits(grammar_nodes=nodes)):
            if fits:
                network_of_rules(two, "p")
            else:
                with pytest.raises(LimitExceeded):
                    network_of_rules(two, "p")
    with use_limits(Limits(grammar_nodes=77)):
        _graph({"p": ((A,) * 4,)}, "p", {}, set(), 1)
        with pytest.raises(LimitExceeded) as caught:
            _graph({"p": ((A,) * 5,)}, "p", {}, set(), 1)
    assert caught.value.limit == 77


def test_ways_around_in_a_row_are_bounded(set_limits: Any) -> None:
    """The sizes of all closures are summed: 4 + 3 + 2 + 1 for three optional parts."""
    rules: dict[str, Body] = {"p": ((A.star(), B.star(), C.star()),)}
    set_limits(grammar_closures=10)
    _graph(rules, "p", {}, set(), 100)
    set_limits(grammar_closures=9)
    with pytest.raises(LimitExceeded) as caught:
        _graph(rules, "p", {}, set(), 100)
    assert caught.value.limit == 9


def test_closures() -> None:
    empty = [[1, 2], [3], [3], [0], []]
    assert _closure(0, empty) == {0, 1, 2, 3}
    assert _closure(3, empty) == {0, 1, 2, 3}
    assert _closure(4, empty) == {4}


def test_determinising_is_given_up_where_it_is_large() -> None:
    """ "a, then k letters": 2**(k+1) subsets; 4 for each state and 64 more are made, or None is."""

    def automaton(states: int) -> tuple[list[Any], list[frozenset[int]]]:
        # 0 reads anything, an a leads on to 2, then 3 ... 7, then 1.
        row = [0, 2, 3, 4, 5, 6, 7, 1]
        edges: list[Any] = [[] for _ in range(states)]
        edges[0] = [("a", 0), ("b", 0), ("a", 2)]
        for at, to in pairwise(row[1:]):
            edges[at] = [("a", to), ("b", to)]
        return edges, [frozenset((state,)) for state in range(states)]

    assert _subsets(*automaton(15), determinise=True) is None
    graph = _subsets(*automaton(16), determinise=True)
    assert graph is not None
    assert len(graph.final) == 128
    loose = _subsets(*automaton(15), determinise=False)
    assert loose is not None
    assert len(loose.final) == 8
    assert _words(loose, 8) == _words(graph, 8)
    assert minimised(loose) is loose


# -- minimising --------------------------------------------------------------------------------------


def _classes(graph: Graph) -> int:
    """By Moore: split by what follows, until nothing changes."""
    number: list[Any] = list(graph.final)
    while True:
        keys = [
            (number[at], frozenset((symbol, number[to]) for symbol, to in graph.edges[at]))
            for at in range(len(number))
        ]
        index = {key: n for n, key in enumerate(dict.fromkeys(keys))}
        refined = [index[key] for key in keys]
        if len(set(refined)) == len(set(number)):
            return len(set(refined))
        number = refined


@pytest.mark.parametrize("seed", [*range(40), 64, 173, 214, 253, 600, 1275])
def test_minimised_is_the_least_automaton(seed: int) -> None:
    """Partial ones, and ones where all nodes are final: as many nodes as Moore's classes, the same words."""
    rng = random.Random(seed)
    size = rng.randrange(1, 9)
    final = [rng.random() < (1.0 if seed % 5 == 0 else 0.4) for _ in range(size)]
    edges: list[list[tuple[Any, int]]] = [
        [(symbol, rng.randrange(size)) for symbol in ("a", "b", A) if rng.random() < 0.6] for _ in range(size)
    ]
    graph = Graph(final, edges)
    small = minimised(graph)
    assert len(small.final) == len(small.edges) == _classes(graph)
    assert _words(small, 4) == _words(graph, 4)
    again = minimised(small)
    assert (again.final, again.edges) == (small.final, small.edges)


def test_minimised_nodes_are_numbered_as_they_came() -> None:
    graph = Graph([False, False, False, True, True], [[("a", 2), ("b", 1)], [("c", 4)], [("c", 3)], [], []])
    small = minimised(graph)
    assert small == Graph([False, False, True], [[("a", 1), ("b", 1)], [("c", 2)], []])


def test_graphs_that_are_not_deterministic_are_left() -> None:
    graph = Graph([False, True, True], [[("a", 1), ("a", 2)], [], []])
    assert minimised(graph) is graph


def test_new_nodes_know_nothing() -> None:
    for final in (True, False):
        node = Node(3, final)
        assert (node.rule, node.final, node.is_end) == (3, final, final)
        assert (node.distance, node.scan_distance, node.opening, node.best) == (-1, -1, 0, None)
        assert (node.scans, node.calls) == ((), ())


def test_spliced_rules_agree_with_called_ones() -> None:
    """A grammar whose rule is used twice, small enough to be spliced and one part too large."""
    for extra in (23, 24):
        letters = tuple((literal(b"%c" % (65 + n)),) for n in range(extra))
        rules: dict[str, Body] = {"n": ((OPEN, "n", CLOSE), ("q", X, "q")), "q": letters}
        network = network_of_rules(rules, "n")
        assert len(network.starts) == (2 if extra + 1 > LARGEST_INLINED_RULE else 1)
        assert network.entry.distance == 3
