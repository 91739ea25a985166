"""Context-free recognition byte by byte, in states that know only what still matters.

An Earley item says "inside this rule, at this dot, begun at that position". Here the position is replaced
by what it is needed for: a `Frame` holds, for each rule called there, the places to return to. Frames and
states are interned by their content, so after `[1,` and after `[1,2,3,` an array is in the same state, and
a transition is computed once and is a dictionary look-up from then on.

A place to return to at which nothing is left to do is replaced by *its* places to return to. This is the
tail call of programming languages, and does for right recursion what J. Leo's items do ("A general
context-free parsing algorithm running in linear time on every LR(k) grammar", TCS 1991), at the call
instead of at the return: right recursion costs a constant number of states. Left recursion does too, since
a frame may name itself as the place to return to. Only what truly nests makes frames: one a level.

There are no tokens. Terminals are constraints that are read by their states, several at once where several
are possible; where one may end, both its longer texts and what follows are kept.

Invariants:
- Every item can be completed (terminals' states are live, rules trimmed), so `allowed` is a union and
  exact, and `shortest` is a minimum of sums of exact numbers, kept on nodes and frames.
- Nothing recurses on the length or the nesting of the text.
- States survive `drop()`: they hold their items. `id` is unique for ever.

Costs: a warm byte is one look-up. A cold byte is linear in the items of the state; for an unambiguous
grammar with bounded look-ahead these are few, whatever the length. The worst case is Earley's: items
linear in the length (`Limits.grammar_items`), time quadratic for unambiguous grammars and cubic for others.
Memory: about 1 KB a state and 0.6 KB a frame; at most one new state a byte; the tables are dropped when
they hold four entries (states, items, transitions, places to return to) for each of `Limits.cached_states`.

Source: J. Earley, "An efficient context-free parsing algorithm", CACM 1970; nullable rules as in
J. Aycock and R. Horspool, "Practical Earley parsing", 2002.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any, NamedTuple, TypeAlias

from bltgen.automata.byteset import ByteSet
from bltgen.automata.contract import FORCED_LIMIT, State
from bltgen.automata.limits import Refusals, charge, current_limits, question
from bltgen.automata.operators import INFINITE
from bltgen.automata.recipe import FixedState
from bltgen.automata.transition_network import Network, Node
from bltgen.errors import LimitExceeded

__all__ = ["EarleyAutomaton", "GrammarState"]

HELD_PER_STATE = 4
"""The tables are dropped at so many entries, of all kinds, for each of `Limits.cached_states`."""

Return: TypeAlias = "tuple[Node, Frame | None]"
"""A node to go on from, in a frame; None is the frame that holds the entry (left recursion)."""
Item: TypeAlias = "tuple[State, Node, Frame]"
Place: TypeAlias = "tuple[Node, Frame]"
Call: TypeAlias = "tuple[int, Node, Frame]"


class Prediction(NamedTuple):
    """What calling a set of rules at one position means, whatever the place: computed once a set."""

    nodes: tuple[Node, ...]
    """The start nodes, of the rules called and of those they call at once, that have terminals."""
    opening: int
    returns: tuple[tuple[int, Node, int], ...]
    """(rule called, node after it, rule that calls): calls between rules that begin here."""
    tails: tuple[tuple[int, int], ...]
    """(rule called, rule that calls and then ends)."""


class Frame:
    """A position at which rules were called: for each, where its ends lead. Interned by content."""

    __slots__ = ("arrivals", "distances", "prediction", "returns", "ways")

    prediction: Prediction
    returns: dict[int, tuple[Return, ...]]
    distances: dict[int, int]
    """By rule: bytes from its end to the end of the whole text, at least."""
    ways: dict[int, Return]
    """By rule: the entry of `returns` that `distances` is about."""
    arrivals: dict[Node, Arrival]
    """Memo: what holds when a node is reached in this frame, alone."""


class Arrival(NamedTuple):
    """What follows when nodes are reached: whether the text may end; terminals to begin; rules called."""

    accepting: bool
    places: tuple[Place, ...]
    frame: Frame | None


class GrammarState(FixedState, dict[int, "GrammarState | None"]):
    """A position in a context-free language. Immutable to its users; the dictionary is a cache.

    See `contract.State`.
    """

    __slots__ = (
        "_ample",
        "_automaton",
        "_frame",
        "_items",
        "_places",
        "accepting",
        "allowed",
        "forced",
        "id",
        "refusals",
        "shortest",
    )

    accepting: bool
    id: int
    allowed: ByteSet
    shortest: int
    forced: bytes
    _automaton: EarleyAutomaton
    _items: tuple[Item, ...]
    """Terminals of which some bytes are read, with the node after them."""
    _places: tuple[Place, ...]
    """Nodes whose terminals may begin here."""
    _frame: Frame | None
    """The rules called here, whose terminals may begin here too."""
    _ample: int
    """With so many bytes left, `allowed_within` is known to be `allowed`."""
    refusals: Refusals | None

    advance = dict.__getitem__

    @question
    def __missing__(self, byte: int) -> GrammarState | None:
        if not 0 <= byte <= 255:
            raise ValueError(f"a byte is an integer from 0 to 255, not {byte}")
        found = self[byte] = self._automaton.step(self, byte)
        return found

    def __getattr__(self, name: str) -> Any:
        """Compute a lazy attribute; its slot answers from then on."""
        if name not in _LAZY:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self._ask(name)

    @question
    def _ask(self, name: str) -> Any:
        value = _LAZY[name](self)
        setattr(self, name, value)
        return value

    @question
    def completion(self) -> bytes:
        """A shortest completion. Raises LimitExceeded beyond `Limits.completion_bytes`."""
        if self.accepting:
            return b""
        if self.shortest > (limit := current_limits().completion_bytes):
            raise LimitExceeded("the length of the shortest text", limit)
        starts = self._automaton.network.starts
        text = bytearray()
        state, node, frame = min(_openings(self), key=_item_distance)
        text += state.completion()
        while True:
            text += node.completion(starts)
            if node.rule < 0:
                return bytes(text)
            node, outer = frame.ways[node.rule]
            frame = frame if outer is None else outer

    def allowed_within(self, n: int) -> ByteSet:
        """The allowed bytes after which a valid text still fits into n bytes in all."""
        return self.allowed if n >= self._ample else self._within(n)

    @question
    def _within(self, n: int) -> ByteSet:
        bits = 0
        for state, node, frame in _openings(self):
            charge()
            left = n - node.distance - frame.distances[node.rule]
            if left > 0:
                bits |= state.allowed_within(left).bits
        if bits == self.allowed.bits:
            self._ample = n
        return ByteSet(bits)

    def __bool__(self) -> bool:
        return True

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other


def _openings(state: GrammarState) -> Iterable[Item]:
    """The terminals in progress and those that may begin: with state, node after, frame."""
    yield from state._items
    for node, frame in state._places:
        for opening, after in node.scans:
            yield opening, after, frame
    if state._frame is not None:
        for node in state._frame.prediction.nodes:
            for opening, after in node.scans:
                yield opening, after, state._frame


def _item_distance(item: Item) -> int:
    state, node, frame = item
    return state.shortest + node.distance + frame.distances[node.rule]


def _allowed(state: GrammarState) -> ByteSet:
    bits = 0
    for terminal, _, _ in state._items:
        bits |= terminal.allowed.bits
    for node, _ in state._places:
        bits |= node.opening
    if state._frame is not None:
        bits |= state._frame.prediction.opening
    return ByteSet(bits)


def _shortest(state: GrammarState) -> int:
    if state.accepting:
        return 0
    distances = [_item_distance(item) for item in state._items]
    distances += [node.scan_distance + frame.distances[node.rule] for node, frame in state._places]
    if (frame := state._frame) is not None:
        distances += [node.scan_distance + frame.distances[node.rule] for node in frame.prediction.nodes]
    return min(distances)


def _forced(state: GrammarState) -> bytes:
    text = bytearray()
    while not state.accepting and len(text) < FORCED_LIMIT:
        bits = state.allowed.bits
        if bits & (bits - 1):
            break
        byte = bits.bit_length() - 1
        text.append(byte)
        following = state[byte]
        assert following is not None, "an allowed byte has a successor"
        state = following
    return bytes(text)


_LAZY = {"allowed": _allowed, "shortest": _shortest, "forced": _forced}


class EarleyAutomaton:
    """The lazily built automaton of a transition network. Makes, interns and forgets states."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._next_id = count().__next__
        self._states: dict[Any, GrammarState] = {}
        self._closed: dict[tuple[Item, ...], GrammarState] = {}
        self._frames: dict[frozenset[Call], Frame] = {}
        self._held = 0  # states, items, transitions and places to return to that the tables hold
        self._predictions: dict[frozenset[int], Prediction] = {}
        self._whole = Frame()
        self._whole.prediction = Prediction((), 0, (), ())
        self._whole.returns = {-1: ((network.entry.calls[0][1], self._whole),)}
        self._whole.distances = {-1: 0}
        self._whole.ways = {}
        self._whole.arrivals = {}

    def start(self) -> GrammarState:
        """The state before the first byte."""
        return self._state((), self._arrival([(self.network.entry, self._whole)]))

    def drop(self) -> None:
        """Forget all states and frames. Those in use stay valid; memory is given back."""
        for state in self._states.values():
            state.clear()
        for frame in self._frames.values():
            frame.arrivals.clear()
        self._whole.arrivals.clear()
        self._states.clear()
        self._closed.clear()
        self._frames.clear()
        self._held = 0

    def step(self, state: GrammarState, byte: int) -> GrammarState | None:
        """The state after `byte`, or None. Linear in the items of `state`, plus what is completed."""
        charge(1 + (len(state._items) + len(state._places) >> 3))
        scanned: list[Item] = []
        for terminal, node, frame in state._items:
            following = terminal.advance(byte)
            if following is not None:
                scanned.append((following, node, frame))
        for node, frame in state._places:
            if node.opening >> byte & 1:
                for following, after in node.after_first(byte):
                    scanned.append((following, after, frame))
        called = state._frame
        if called is not None and called.prediction.opening >> byte & 1:
            for node in called.prediction.nodes:
                if node.opening >> byte & 1:
                    for following, after in node.after_first(byte):
                        scanned.append((following, after, called))
        if not scanned:
            return None
        key = tuple(scanned)
        found = self._closed.get(key)
        if found is None:
            found = self._close(key)
            self._closed[key] = found
            self._held += 1
        return found

    def _close(self, scanned: tuple[Item, ...]) -> GrammarState:
        """The state of these terminals, each after a byte, and of what follows where they may end."""
        items: dict[Item, None] = {}
        reached: dict[Place, None] = {}
        for item in scanned:
            terminal = item[0]
            if terminal.allowed:
                items[item] = None
            if terminal.accepting:
                reached[item[1:]] = None
        if not reached:
            return self._state(tuple(items), _NOTHING)
        if len(reached) > 1:
            return self._state(tuple(items), self._arrival(reached))
        ((node, frame),) = reached
        arrival = frame.arrivals.get(node)
        if arrival is None:
            arrival = frame.arrivals[node] = self._arrival(reached)
        return self._state(tuple(items), arrival)

    def _state(self, items: tuple[Item, ...], arrival: Arrival) -> GrammarState:
        limits = current_limits()
        if len(items) + len(arrival.places) > limits.grammar_items:
            raise LimitExceeded(
                "ways to read the text so far", limits.grammar_items, "make the grammar less ambiguous"
            )
        accepting, places, frame = arrival
        key = (frozenset(items), frozenset(places), frame, accepting)
        found = self._states.get(key)
        if found is not None:
            return found
        if self._held >= HELD_PER_STATE * limits.cached_states:
            self.drop()
        made = GrammarState()
        made._automaton = self
        made._items, made._places, made._frame = items, places, frame
        made.accepting = accepting
        made.id = self._next_id()
        made._ample = INFINITE
        made.refusals = None
        self._states[key] = made
        self._held += 1 + len(items) + len(places)
        return made

    def _arrival(self, reached: Iterable[Place]) -> Arrival:
        """Complete, and complete what that completes; collect terminals and calls."""
        seen = dict.fromkeys(reached)
        todo = list(seen)
        accepting = False
        places: list[Place] = []
        calls: dict[Call, None] = {}
        while todo:
            place = todo.pop()
            node, frame = place
            if node.final:
                if node.rule < 0:
                    accepting = True
                else:
                    for after, outer in frame.returns[node.rule]:
                        back = (after, frame if outer is None else outer)
                        if back not in seen:
                            seen[back] = None
                            todo.append(back)
            if node.scans:
                places.append(place)
            for rule, after in node.calls:
                if after.is_end:
                    for end, outer in frame.returns[node.rule]:
                        calls[rule, end, frame if outer is None else outer] = None
                else:
                    calls[rule, after, frame] = None
        charge(len(seen) + len(calls) >> 2)
        limit = current_limits().grammar_items
        if len(calls) > limit:
            raise LimitExceeded("ways to read the text so far", limit, "make the grammar less ambiguous")
        return Arrival(accepting, tuple(places), self._frame(frozenset(calls)) if calls else None)

    def _frame(self, calls: frozenset[Call]) -> Frame:
        """The frame in which these rules are called with these places to return to."""
        found = self._frames.get(calls)
        if found is not None:
            return found
        prediction = self._prediction(frozenset(rule for rule, _, _ in calls))
        returns: dict[int, dict[Return, None]] = {}
        distances: dict[int, int] = {}
        ways: dict[int, Return] = {}
        for rule, node, frame in calls:
            returns.setdefault(rule, {})[node, frame] = None
            distance = node.distance + frame.distances[node.rule]
            if rule not in distances or distance < distances[rule]:
                distances[rule], ways[rule] = distance, (node, frame)
        for rule, node, _ in prediction.returns:
            returns.setdefault(rule, {})[node, None] = None
        changed = bool(prediction.returns or prediction.tails)
        while changed:
            changed = False
            charge(len(returns) + len(prediction.tails) >> 2)
            for rule, caller in prediction.tails:
                mine = returns.setdefault(rule, {})
                before = len(mine)
                mine.update(returns.get(caller, {}))
                changed |= len(mine) > before
                if caller in distances and distances[caller] < distances.get(rule, INFINITE):
                    distances[rule], ways[rule] = distances[caller], ways[caller]
                    changed = True
            for rule, node, caller in prediction.returns:
                if caller in distances:
                    distance = node.distance + distances[caller]
                    if distance < distances.get(rule, INFINITE):
                        distances[rule], ways[rule] = distance, (node, None)
                        changed = True
        made = Frame()
        made.prediction = prediction
        made.returns = {rule: tuple(back) for rule, back in returns.items()}
        made.distances, made.ways = distances, ways
        made.arrivals = {}
        self._frames[calls] = made
        self._held += 1 + len(calls)
        return made

    def _prediction(self, rules: frozenset[int]) -> Prediction:
        """The rules called, those that they may call before any byte, and the calls between them."""
        found = self._predictions.get(rules)
        if found is not None:
            return found
        starts = self.network.starts
        order = sorted(rules)
        seen = set(order)
        returns: dict[tuple[int, Node, int], None] = {}
        tails: dict[tuple[int, int], None] = {}
        for caller in order:
            for rule, after in starts[caller].calls:
                if after.is_end:
                    tails[rule, caller] = None
                else:
                    returns[rule, after, caller] = None
                if rule not in seen:
                    seen.add(rule)
                    order.append(rule)
        nodes = tuple(starts[rule] for rule in order if starts[rule].scans)
        opening = 0
        for node in nodes:
            opening |= node.opening
        made = Prediction(nodes, opening, tuple(returns), tuple(tails))
        self._predictions[rules] = made
        return made


_NOTHING = Arrival(False, (), None)
