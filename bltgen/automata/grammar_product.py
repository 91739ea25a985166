"""The intersection of a context-free language with a regular one, as a transition network again.

The construction of Bar-Hillel, Perles and Shamir: a rule becomes one rule for each pair of states of the
regular language between which it can be read. Only pairs that are reached from the start are made, found
by tabulation, and only those from which the end can be reached are kept; so the product's states are live,
and `allowed`, `shortest` and the rest are exact as for any grammar.

The regular language is determinised as far as the grammar's texts lead. Where that, or the number of
pairs, exceeds the limits, `LimitExceeded` is raised: an intersection with a long length window is better
had by a budget of bytes.

Cost: terminals x states for the walks, rules x states**2 for the pairs, in the worst case.

Source: Y. Bar-Hillel, M. Perles, E. Shamir, "On formal properties of simple phrase structure grammars", 1961.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias

from bltgen.automata.byteset import ByteSet
from bltgen.automata.contract import State
from bltgen.automata.language import INFINITE, Language, from_automaton
from bltgen.automata.lazy_dfa import LanguageState
from bltgen.automata.limits import charge, current_limits
from bltgen.automata.transition_network import Graph, Network, Node, Symbol, minimised, network_of_graphs
from bltgen.errors import EmptyLanguage, LimitExceeded, Unsupported

__all__ = ["product"]


class Reader(Protocol):
    """A state of a deterministic automaton; equal states are one object. `allowed` may hold dead ends."""

    @property
    def accepting(self) -> bool:
        """Whether what was read so far is in the language."""

    @property
    def allowed(self) -> ByteSet:
        """The bytes that may follow."""

    def advance(self, byte: int, /) -> Reader | None:
        """The state after a byte, None where there is none."""


Pair: TypeAlias = "tuple[Node, Reader]"
"""A node of the grammar and a state of the regular language."""
Entry: TypeAlias = "tuple[int, Reader]"
"""A rule begun in a state."""
Triple: TypeAlias = "tuple[int, Reader, Reader]"
"""A rule read between two states."""


class _Walk:
    """A walk of a terminal and the regular language side by side, which must end in `goal`.

    An `Automaton` (see `language.from_automaton`): a state is the pair of states. Its distances were
    computed when the walk was tabulated.
    """

    __slots__ = ("_key", "_table", "accepting", "at", "longest", "shortest")

    def __init__(self, at: tuple[State, Reader], table: _Table, goal: Reader) -> None:
        self.at = at
        self._table = table
        self._key = (at, goal)
        self.longest = INFINITE
        distance = table.distances(goal).get(at)
        self.shortest: int | None = INFINITE if distance is None else distance
        self.accepting = distance == 0

    def transitions(self) -> Iterable[tuple[int, Language]]:
        goal = self._key[1]
        near = self._table.distances(goal)
        for bits, target in self._table.edges[self.at]:
            if target in near:
                yield bits, from_automaton(_Walk(target, self._table, goal))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Walk) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


class _Table:
    """All pairs that a terminal and the regular language reach side by side from one pair."""

    def __init__(self, first: tuple[State, Reader], budget: _Budget) -> None:
        self.edges: dict[tuple[State, Reader], list[tuple[int, tuple[State, Reader]]]] = {}
        self._distances: dict[Reader, dict[tuple[State, Reader], int]] = {}
        self.ends: dict[Reader, None] = {}
        todo = [first]
        while todo:
            pair = todo.pop()
            if pair in self.edges:
                continue
            budget.spend()
            terminal, other = pair
            if terminal.accepting:
                self.ends[other] = None
            targets: dict[tuple[State, Reader], int] = {}
            for byte in terminal.allowed & other.allowed:
                one, two = terminal.advance(byte), other.advance(byte)
                if one is not None and two is not None:
                    targets[one, two] = targets.get((one, two), 0) | 1 << byte
            self.edges[pair] = [(bits, target) for target, bits in targets.items()]
            todo += targets

    def distances(self, goal: Reader) -> dict[tuple[State, Reader], int]:
        """Bytes from each pair to the nearest end of the terminal in `goal`; no entry where there is none."""
        found = self._distances.get(goal)
        if found is not None:
            return found
        into: dict[tuple[State, Reader], list[tuple[State, Reader]]] = {}
        for pair, edges in self.edges.items():
            for _, target in edges:
                into.setdefault(target, []).append(pair)
        found = {pair: 0 for pair in self.edges if pair[0].accepting and pair[1] is goal}
        layer = list(found)
        distance = 0
        while layer:
            distance += 1
            following = []
            for pair in layer:
                for source in into.get(pair, ()):
                    if source not in found:
                        found[source] = distance
                        following.append(source)
            layer = following
        self._distances[goal] = found
        return found


class _Budget:
    """Counts what the construction makes."""

    def __init__(self) -> None:
        self.limit = self.left = current_limits().grammar_nodes

    def spend(self, amount: int = 1) -> None:
        before, self.left = self.left, self.left - amount
        charge((before >> 3) - (self.left >> 3))  # about a microsecond each
        if self.left < 0:
            raise LimitExceeded(
                "the intersection of a grammar and a regular language",
                self.limit,
                "use a smaller regular language; for a bound on the length, use max_bytes",
            )


def product(network: Network, first: Reader, marks: ByteSet | None = None) -> Network:
    """The network of the texts of `network` that are in a regular language, given by its first state.

    `marks`: bytes that are left out of the texts, once they were read. Each must be a terminal by itself, and
    between any two calls or ends of rules something else must be read.

    Raises EmptyLanguage where there is none, LimitExceeded beyond `Limits.grammar_nodes`, Unsupported where
    the grammar embeds constraints that are not regular.
    """
    budget = _Budget()
    graphs = _Tabulation(network, first, budget, marks).graphs()
    return network_of_graphs(graphs, "root")


class _Tabulation:
    """Which rules are read from which states of the regular language, and to which."""

    def __init__(
        self, network: Network, first: Reader, budget: _Budget, marks: ByteSet | None = None
    ) -> None:
        self.network, self.first, self.budget = network, first, budget
        self.marks = marks
        self.tables: dict[tuple[State, Reader], _Table] = {}
        self.exits: dict[Entry, dict[Reader, None]] = {}
        self.seen: dict[Entry, dict[Pair, None]] = {}
        self.waiting: dict[Entry, list[tuple[Entry, Node]]] = {}
        self.todo: list[tuple[Entry, Pair]] = []
        root = network.entry.calls[0][0]
        self.enter(root, first)
        while self.todo:
            self.visit(*self.todo.pop())

    def table(self, terminal: State, state: Reader) -> _Table:
        if not isinstance(terminal, LanguageState):
            raise Unsupported("the intersection of a grammar that embeds a constraint that is not regular")
        key = (terminal, state)
        if key not in self.tables:
            self.tables[key] = _Table(key, self.budget)
        return self.tables[key]

    def enter(self, rule: int, state: Reader) -> None:
        key = (rule, state)
        if key not in self.seen:
            self.seen[key] = {}
            self.exits[key] = {}
            self.reach(key, (self.network.starts[rule], state))

    def reach(self, key: Entry, pair: Pair) -> None:
        if pair not in self.seen[key]:
            self.budget.spend()
            self.seen[key][pair] = None
            self.todo.append((key, pair))

    def visit(self, key: Entry, pair: Pair) -> None:
        node, state = pair
        if node.final and state not in self.exits[key]:
            self.exits[key][state] = None
            for user, after in self.waiting.get(key, ()):
                self.reach(user, (after, state))
        for terminal, after in node.scans:
            for end in self.table(terminal, state).ends:
                self.reach(key, (after, end))
        for rule, after in node.calls:
            callee = (rule, state)
            self.enter(rule, state)
            self.waiting.setdefault(callee, []).append((key, after))
            for end in self.exits[callee]:
                self.reach(key, (after, end))

    def graphs(self) -> dict[str, Graph]:
        """The automata of the rules of the product; only what is on the way to some whole text."""
        names: dict[Triple, str] = {}
        todo: list[Triple] = []

        def name(triple: Triple) -> str:
            if triple not in names:
                names[triple] = str(len(names))
                todo.append(triple)
            return names[triple]

        root = self.network.entry.calls[0][0]
        tops = [name((root, self.first, end)) for end in self.exits[root, self.first] if end.accepting]
        if not tops:
            raise EmptyLanguage("no text of the grammar is in the regular language")
        made: dict[str, Graph] = {}
        while todo:
            triple = todo.pop()
            made[names[triple]] = minimised(self._without_marks(self._graph(triple, name)))
        nullable = any(made[top].final[0] for top in tops)
        made["root"] = Graph([nullable, True], [[(top, 1) for top in tops], []])
        return made

    def _without_marks(self, graph: Graph) -> Graph:
        """The automaton with steps that read a mark only taken without reading."""
        if self.marks is None:
            return graph
        marks = self.marks.bits
        silent: list[list[int]] = []
        loud: list[list[tuple[Symbol, int]]] = []
        for outgoing in graph.edges:
            quiet = [
                not isinstance(symbol, str) and not symbol.start().allowed.bits & ~marks
                for symbol, _ in outgoing
            ]
            silent.append([to for (_, to), is_quiet in zip(outgoing, quiet, strict=True) if is_quiet])
            loud.append([edge for edge, is_quiet in zip(outgoing, quiet, strict=True) if not is_quiet])
        final: list[bool] = []
        edges: list[list[tuple[Symbol, int]]] = []
        for node in range(len(graph.final)):
            closure = dict.fromkeys([node])
            todo = [node]
            while todo:
                for target in silent[todo.pop()]:
                    if target not in closure:
                        closure[target] = None
                        todo.append(target)
            final.append(any(graph.final[at] for at in closure))
            edges.append(list(dict.fromkeys(edge for at in closure for edge in loud[at])))
        kept = {0: 0}
        todo = [0]
        for at in todo:
            for _, target in edges[at]:
                if target not in kept:
                    kept[target] = len(kept)
                    todo.append(target)
        return Graph(
            [final[at] for at in todo], [[(symbol, kept[to]) for symbol, to in edges[at]] for at in todo]
        )

    def _graph(self, triple: Triple, name: Callable[[Triple], str]) -> Graph:
        """The nodes of a rule read between two states. `name` is asked for each rule called there."""
        rule, begin, end = triple
        steps: dict[Pair, list[tuple[State | int, Reader, Node]]] = {}
        into: dict[Pair, list[Pair]] = {}
        for pair in self.seen[rule, begin]:
            node, state = pair
            out: list[tuple[State | int, Reader, Node]] = []
            for terminal, after in node.scans:
                out += [(terminal, to, after) for to in self.table(terminal, state).ends]
            for callee, after in node.calls:
                out += [(callee, to, after) for to in self.exits[callee, state]]
            self.budget.spend(len(out))
            steps[pair] = out
            for _, to, after in out:
                into.setdefault((after, to), []).append(pair)
        live = {pair for pair in steps if pair[0].final and pair[1] is end}
        todo = list(live)
        while todo:
            for source in into.get(todo.pop(), ()):
                if source not in live:
                    live.add(source)
                    todo.append(source)
        start = (self.network.starts[rule], begin)
        order = {start: 0}
        edges: dict[Pair, list[tuple[Symbol, int]]] = {}
        todo = [start]
        while todo:
            pair = todo.pop()
            edges[pair] = []
            for symbol, to, after in steps[pair]:
                target = (after, to)
                if target not in live:
                    continue
                if target not in order:
                    order[target] = len(order)
                    todo.append(target)
                if isinstance(symbol, int):
                    edges[pair].append((name((symbol, pair[1], to)), order[target]))
                else:
                    walk = _Walk((symbol, pair[1]), self.table(symbol, pair[1]), to)
                    edges[pair].append((from_automaton(walk), order[target]))
        return Graph([p[0].final and p[1] is end for p in order], [edges[pair] for pair in order])
