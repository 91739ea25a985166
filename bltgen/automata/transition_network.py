"""A recursive transition network: one small automaton for each recursive rule of a grammar.

A `Node` is a place inside a rule: what may be read there (`scans`: a terminal, then another node), what
may be called there (`calls`: a rule, then another node), and whether the rule may end there (`final`).
Rules that are not recursive are spliced into their users, so that a call is made only where the language
really nests. Each rule's automaton is determinised over its symbols and minimised; nullable calls have a
way around them, so that a call always reads at least one byte.

Every node can reach the end of its rule. `distance` is the exact number of bytes that takes.

Cost: linear in the grammar, but for determinising, which is given up for a rule where it would more than
quadruple it. Source of the idea: W. Woods, "Transition network grammars", CACM 1970.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from heapq import heappop, heappush
from typing import NamedTuple, TypeAlias

from bltgen.automata.contract import Constraint, State
from bltgen.automata.limits import charge, current_limits
from bltgen.automata.productions import Repeat, Rules, atoms, expanded_repeats, nullable_rules
from bltgen.errors import LimitExceeded

__all__ = ["Graph", "Network", "Node", "Symbol", "minimised", "network_of_graphs", "network_of_rules"]

LARGEST_INLINED_RULE = 24
"""A rule used more than once is spliced into its users up to so many atoms."""

Symbol: TypeAlias = "str | Constraint"


class Graph(NamedTuple):
    """The automaton of one rule, as plain data: node 0 is the start.

    `final[i]` and `edges[i]`, pairs (symbol, target) where a symbol is a terminal or a rule's name.
    """

    final: list[bool]
    edges: list[list[tuple[Symbol, int]]]


class Node:
    """A place inside a rule. Frozen once its network is built, but for the memo of first bytes."""

    __slots__ = (
        "_after_first",
        "best",
        "calls",
        "distance",
        "final",
        "is_end",
        "opening",
        "rule",
        "scan_distance",
        "scans",
    )

    rule: int
    """The rule that the node is inside of; -1 for the frame around the whole text."""
    final: bool
    is_end: bool
    """Final, and nothing else: whoever calls a rule here has nothing left to do."""
    scans: tuple[tuple[State, Node], ...]
    calls: tuple[tuple[int, Node], ...]
    distance: int
    """Bytes of the shortest text from here to the end of the rule."""
    best: tuple[State | int, Node] | None
    """The first step of such a text: a terminal or a rule, and the node after it."""
    scan_distance: int
    """The same for texts that begin with a terminal right here."""
    opening: int
    """The first bytes of the terminals here, as bits."""
    _after_first: dict[int, tuple[tuple[State, Node], ...]]

    def __init__(self, rule: int, final: bool) -> None:
        self.rule, self.final, self.is_end = rule, final, final
        self.scans, self.calls = (), ()
        self.distance = self.scan_distance = -1
        self.best = None
        self.opening = 0
        self._after_first = {}

    def after_first(self, byte: int) -> tuple[tuple[State, Node], ...]:
        """The terminals here that begin with `byte`, after it, with their nodes. Computed once a byte."""
        found = self._after_first.get(byte)
        if found is None:
            steps = ((state.advance(byte), after) for state, after in self.scans)
            found = self._after_first[byte] = tuple((s, after) for s, after in steps if s is not None)
        return found

    def completion(self, starts: tuple[Node, ...]) -> bytes:
        """A shortest text from here to the end of the rule."""
        text = bytearray()
        todo = [self]
        parts = 0
        while todo:
            node = todo.pop()
            if node.best is None:
                continue
            parts += 1
            if not parts & 3:
                charge()
            symbol, after = node.best
            todo.append(after)
            if isinstance(symbol, int):
                todo.append(starts[symbol])
            else:
                text += symbol.completion()
        return bytes(text)


class Network(NamedTuple):
    """`starts[i]` is the start node of rule i; `entry` calls the first rule, for the whole text."""

    starts: tuple[Node, ...]
    names: tuple[str, ...]
    entry: Node
    nodes: int


def network_of_rules(rules: Rules, start: str) -> Network:
    """The network of trimmed rules. Raises LimitExceeded beyond `Limits.grammar_nodes`."""
    rules = expanded_repeats(rules)
    kept = _kept(rules, start)
    nullable = nullable_rules(rules)
    graphs: dict[str, Graph] = {}
    budget = current_limits().grammar_nodes
    for name in kept:
        graphs[name] = minimised(_graph(rules, name, kept, nullable, budget))
        budget -= len(graphs[name].final)
        if budget <= 0:
            raise LimitExceeded(
                "the size of the grammar", current_limits().grammar_nodes, "simplify the grammar"
            )
    return network_of_graphs(graphs, start)


# -- which rules are called, and which are spliced in ----------------------------------------------


def _kept(rules: Rules, start: str) -> dict[str, None]:
    """The rules to call, `start` first: enough that no cycle is without one, and those too large to copy."""
    kept = {start: None}
    order: list[str] = []
    entered = {start}
    active = {start}
    work = [(start, iter(list(atoms(rules[start]))))]
    uses: Counter[str] = Counter()
    while work:
        name, rest = work[-1]
        for atom in rest:
            if not isinstance(atom, str):
                continue
            uses[atom] += 1
            if atom in active:
                kept[atom] = None
            if atom not in entered:
                entered.add(atom)
                active.add(atom)
                work.append((atom, iter(list(atoms(rules[atom])))))
                break
        else:
            work.pop()
            active.discard(name)
            order.append(name)
    size: dict[str, int] = {}
    for name in order:
        body = rules[name]
        total = sum(1 if not isinstance(a, str) or a in kept else size[a] for a in atoms(body)) + 1
        if isinstance(body, Repeat):
            total *= max(1, body.low + 1 if body.high is None else body.high)
        size[name] = total
        if uses[name] > 1 and total > LARGEST_INLINED_RULE:
            kept[name] = None
    return kept


# -- the automaton of one rule -----------------------------------------------------------------------


def _graph(rules: Rules, name: str, kept: Iterable[str], nullable: set[str], budget: int) -> Graph:
    """Thompson's construction over symbols, then determinised; states number at most `budget`."""
    empty: list[list[int]] = [[], []]
    edges: list[list[tuple[Symbol, int]]] = [[], []]

    def new() -> int:
        if len(empty) > 4 * budget:
            raise LimitExceeded(
                "the size of the grammar", current_limits().grammar_nodes, "simplify the grammar"
            )
        empty.append([])
        edges.append([])
        return len(empty) - 1

    todo: list[tuple[Symbol, int, int, bool]] = [(name, 0, 1, True)]
    while todo:
        charge()
        symbol, source, target, splice = todo.pop()
        if not isinstance(symbol, str):
            edges[source].append((symbol, target))
            if symbol.start().accepting:
                empty[source].append(target)
            continue
        if not splice and symbol in kept:
            edges[source].append((symbol, target))
            if symbol in nullable:
                empty[source].append(target)
            continue
        body = rules[symbol]
        if isinstance(body, Repeat):
            at = source
            for _ in range(body.low):
                following = new()
                todo.append((body.atom, at, following, False))
                at = following
            if body.high is None:
                loop, back = new(), new()
                empty[at].append(loop)
                todo.append((body.atom, loop, back, False))
                empty[back].append(loop)
                empty[loop].append(target)
                continue
            for _ in range(body.high - body.low):
                empty[at].append(target)
                following = new()
                todo.append((body.atom, at, following, False))
                at = following
            empty[at].append(target)
            continue
        for alternative in body:
            at = source
            for position, atom in enumerate(alternative):
                following = target if position == len(alternative) - 1 else new()
                todo.append((atom, at, following, False))
                at = following
            if not alternative:
                empty[source].append(target)
    closures = []
    total = 0
    for state in range(len(empty)):
        closures.append(_closure(state, empty))
        total += len(closures[-1])
        charge(len(closures[-1]) >> 4)
        if total > (limit := current_limits().grammar_closures):
            raise LimitExceeded(
                "optional parts in a row in the grammar",
                limit,
                "simplify the grammar",
            )
    return _subsets(edges, closures, determinise=True) or _subsets(edges, closures, determinise=False)  # type: ignore[return-value]


def _closure(state: int, empty: list[list[int]]) -> frozenset[int]:
    seen = {state}
    todo = [state]
    while todo:
        for following in empty[todo.pop()]:
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return frozenset(seen)


def _subsets(
    edges: list[list[tuple[Symbol, int]]], closures: list[frozenset[int]], determinise: bool
) -> Graph | None:
    """The nodes reachable from state 0, final where they contain state 1; None where there are too many."""
    graph = Graph([], [])
    index: dict[frozenset[int], int] = {}
    todo: list[frozenset[int]] = []

    def node(states: frozenset[int]) -> int:
        found = index.get(states)
        if found is None:
            found = index[states] = len(index)
            graph.final.append(1 in states)
            graph.edges.append([])
            todo.append(states)
        return found

    node(closures[0])
    limit = 4 * len(edges) + 64
    while todo:
        states = todo.pop()
        at = index[states]
        moves: dict[Symbol, frozenset[int]] = {}
        for state in sorted(states):
            for symbol, target in edges[state]:
                if determinise:
                    moves[symbol] = moves.get(symbol, frozenset()) | closures[target]
                else:
                    graph.edges[at].append((symbol, node(closures[target])))
        for symbol, targets in moves.items():
            graph.edges[at].append((symbol, node(targets)))
        if determinise and len(index) > limit:
            return None
    return graph


def minimised(graph: Graph) -> Graph:
    """Nodes from which the same may follow become one (Hopcroft, n log n); not where nondeterministic."""
    into: list[list[tuple[Symbol, int]]] = [[] for _ in graph.final]
    for source, outgoing in enumerate(graph.edges):
        if len({symbol for symbol, _ in outgoing}) < len(outgoing):
            return graph
        for symbol, target in outgoing:
            into[target].append((symbol, source))
    block = [int(final) if False in graph.final else 0 for final in graph.final]
    members: dict[int, set[int]] = {number: set() for number in sorted(set(block))}
    for node, number in enumerate(block):
        members[number].add(node)
    todo = set(members)
    while todo:
        preimages: dict[Symbol, set[int]] = {}
        for target in members[todo.pop()]:
            for symbol, source in into[target]:
                preimages.setdefault(symbol, set()).add(source)
        for sources in preimages.values():
            touched: dict[int, set[int]] = {}
            for source in sources:
                touched.setdefault(block[source], set()).add(source)
            for number, inside in touched.items():
                if len(inside) == len(members[number]):
                    continue
                made = len(members)
                members[number] -= inside
                members[made] = inside
                for node in inside:
                    block[node] = made
                todo.add(made if number in todo or len(inside) <= len(members[number]) else number)
    kept: dict[int, int] = {}
    for node, number in enumerate(block):
        kept.setdefault(number, node)
    renamed = {number: at for at, number in enumerate(kept)}
    return Graph(
        [graph.final[node] for node in kept.values()],
        [[(symbol, renamed[block[to]]) for symbol, to in graph.edges[node]] for node in kept.values()],
    )


# -- the network ---------------------------------------------------------------------------------------


def network_of_graphs(graphs: dict[str, Graph], start: str) -> Network:
    """The network of automata given as data. Every node must be able to reach the end of its rule."""
    names = tuple(graphs)
    number = {name: i for i, name in enumerate(names)}
    nodes = [[Node(i, final) for final in graphs[name].final] for i, name in enumerate(names)]
    starts: dict[int, State] = {}
    for i, name in enumerate(names):
        for node, outgoing in zip(nodes[i], graphs[name].edges, strict=True):
            scans, calls = [], []
            for symbol, target in outgoing:
                if isinstance(symbol, str):
                    calls.append((number[symbol], nodes[i][target]))
                else:
                    if id(symbol) not in starts:
                        starts[id(symbol)] = symbol.start()
                    state = starts[id(symbol)]
                    if state.allowed:
                        scans.append((state, nodes[i][target]))
                        node.opening |= state.allowed.bits
            node.scans, node.calls = tuple(scans), tuple(calls)
            node.is_end = node.final and not scans and not calls
    first = nodes[number[start]][0]
    whole = Node(-1, True)
    entry = Node(-1, first.final)
    entry.is_end = False
    entry.calls = ((first.rule, whole),)
    flat = [node for row in nodes for node in row]
    _measure([*flat, whole, entry], [row[0] for row in nodes])
    return Network(tuple(row[0] for row in nodes), names, entry, len(flat))


def _measure(nodes: list[Node], starts: list[Node]) -> None:
    """Exact distances to the end of the rule, by Knuth's generalisation of Dijkstra's algorithm."""
    into: dict[Node, list[tuple[Node, State | int, Node]]] = {}
    for node in nodes:
        for state, after in node.scans:
            into.setdefault(after, []).append((node, state, after))
        for rule, after in node.calls:
            into.setdefault(after, []).append((node, rule, after))
            into.setdefault(starts[rule], []).append((node, rule, after))
    heap: list[tuple[int, int, Node, tuple[State | int, Node] | None]] = []
    order = 0
    for node in nodes:
        if node.final:
            heappush(heap, (0, order, node, None))
            order += 1
    while heap:
        distance, _, node, best = heappop(heap)
        if node.distance >= 0:
            continue
        node.distance, node.best = distance, best
        for source, symbol, after in into.get(node, ()):
            if source.distance >= 0 or after.distance < 0:
                continue
            if isinstance(symbol, int):
                if starts[symbol].distance < 0:
                    continue
                length = starts[symbol].distance
            else:
                length = symbol.shortest
            heappush(heap, (length + after.distance, order, source, (symbol, after)))
            order += 1
    for node in nodes:
        assert node.distance >= 0, "trimmed rules have no node that cannot reach the end"
        if node.scans:
            node.scan_distance = min(state.shortest + after.distance for state, after in node.scans)
