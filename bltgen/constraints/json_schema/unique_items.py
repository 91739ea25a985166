"""Arrays without (or with) two equal items: items whose value is remembered.

A `RecordedItem` is the position within an item whose value must be known when it ends. The item itself is
read by states of its own, under a frame that knows nothing of the array, so that all items share them; the
array's memory is a set of the values read (`Seen`), and the check is one look-up where the item ends.

That is exact as long as infinitely many values may still come of what was read of the item: then some of
them were not seen. `endless` tells so at once in the usual cases. Else a witness is looked for, a value
that was not seen; and if none is found quickly, the item is read again with all values that it must not
have taken out of its goal, which decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bltgen.automata.byteset import ALL_BITS, bits_of
from bltgen.automata.contract import State
from bltgen.automata.language import INFINITE, Language
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.constraints.json_number import NumberState
from bltgen.constraints.json_schema.formula import Formula
from bltgen.constraints.json_schema.json_values import Value, canonical, read
from bltgen.constraints.json_schema.layout import WHITESPACE
from bltgen.constraints.json_schema.positions import (
    NumberText,
    Position,
    Root,
    StringText,
    ValueStart,
    value_start,
)
from bltgen.constraints.json_schema.seen import Seen
from bltgen.constraints.number_set import NEVER
from bltgen.errors import ConstraintSyntaxError, LimitExceeded

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.array_plan import ArrayFrame, ArrayPlan
    from bltgen.constraints.json_schema.compiler import Compiler
    from bltgen.constraints.json_schema.state import JsonState

__all__ = [
    "RecordedItem",
    "distinct_cost",
    "hopeless_values",
    "is_endless_goal",
    "is_endless_text",
    "item_start",
    "value_of",
]

Chain = tuple[Any, ...]
"""The bytes of an item, last first: (earlier bytes, byte), or ()."""

WITNESSES = 6
QUOTE = 0x22
_DIGITS = sum(1 << byte for byte in b"0123456789")
_CLOSING = 1 << 0x5D | 1 << 0x7D


def item_start(compiler: Compiler, goal: Formula, depth: int) -> JsonState:
    """The state before an item that satisfies the goal, inside of `depth` containers, whatever is around."""
    key = ("item", goal, depth if compiler.layout.mode not in ("any", "compact") else 0)
    found: JsonState | None = compiler.item_starts.get(key)
    if found is None:
        root = Root(compiler)
        root.depth = depth
        found = compiler.item_starts[key] = compiler.table.of((value_start(goal, root, 0),))
    return found


def value_of(text: bytes) -> Value:
    """The canonical value of a JSON text."""
    try:
        return canonical(read(text))
    except (ConstraintSyntaxError, RecursionError):
        raise LimitExceeded("the nesting of an item of an array with unique items", 500) from None


def text_of(chain: Chain) -> bytes:
    """The bytes of a chain."""
    backwards = bytearray()
    while chain:
        chain, byte = chain
        backwards.append(byte)
    backwards.reverse()
    return bytes(backwards)


class RecordedItem:
    """Within an item of `frame`'s array (before it, where nothing was read of it).

    `inner`: the state in the item; `frame`: the array before the item; `met`: its counts after it; `done`:
    whether the array needs no two equal items any more after this one.
    """

    __slots__ = ("_bits", "_shortest", "chain", "done", "frame", "gap", "goal", "inner", "met", "state")

    def __init__(
        self,
        inner: JsonState,
        chain: Chain,
        goal: Formula,
        frame: ArrayFrame,
        met: tuple[int, ...],
        done: bool,
        gap: int,
    ) -> None:
        self.inner = inner
        self.chain = chain
        self.goal = goal
        self.frame = frame
        self.met = met
        self.done = done
        self.gap = gap
        self.state: Any = None
        self._bits = -1
        self._shortest = -1

    accepting = False

    def _next(self, inner: JsonState, byte: int) -> RecordedItem:
        return RecordedItem(inner, (self.chain, byte), self.goal, self.frame, self.met, self.done, 0)

    def _after(self, text: bytes) -> Position | None:
        """The position after the item, None where its value must not be."""
        following = self.frame.after_value(value_of(text), self.met, self.done)
        return None if following is None else following.after()

    @property
    def bits(self) -> int:
        if self._bits < 0:
            self._bits = self._find_bits()
        return self._bits

    def _find_bits(self) -> int:
        bits = self.inner.bits
        if self.frame.excludes:
            safe = self._safe_bits()
            bits = (bits & safe) | self._tested_bits(bits & ~safe)
        if self.inner.accepting:
            after = self._after(text_of(self.chain))
            if after is not None:
                bits |= after.bits
        if self.gap and not self.chain:
            bits |= WHITESPACE
        return bits

    def _tested_bits(self, bits: int) -> int:
        """Those of the bytes after which some value may come that is not excluded."""
        live = 0
        text = text_of(self.chain)
        for byte in bits_of(bits):
            following = self.inner.advance(byte)
            assert following is not None, "an allowed byte has a successor"
            if self._next(following, byte)._is_endless() or self._lives(following, text + bytes((byte,))):
                live |= 1 << byte
        return live

    def _safe_bits(self) -> int:
        """The bytes after which infinitely many values may still come, as far as is seen at once."""
        bits = 0
        for position in self.inner.positions:
            bits |= position.bits & _safe_after(position, self.chain)
        return bits

    def step(self, byte: int) -> tuple[Position, ...]:
        inner = self.inner
        following = inner.advance(byte)
        if following is None:
            if self.gap and not self.chain and WHITESPACE >> byte & 1:
                gap = self.gap - 1 if self.gap > 0 else self.gap
                return (RecordedItem(inner, (), self.goal, self.frame, self.met, self.done, gap),)
            if inner.accepting:
                after = self._after(text_of(self.chain))
                return () if after is None else after.step(byte)
            return ()
        if following.accepting and not following.bits:
            after = self._after(text_of((self.chain, byte)))
            return () if after is None else (after,)
        made = self._next(following, byte)
        if not made._is_endless() and not self._lives(following, text_of(made.chain)):
            return ()
        return (made,)

    # -- what may still come -------------------------------------------------------------------------

    def _is_endless(self) -> bool:
        """Whether infinitely many values may come of what was read, as far as is seen at once."""
        if not self.frame.excludes:
            return True
        return any(_is_endless(position, self.chain) for position in self.inner.positions)

    def _lives(self, inner: JsonState, text: bytes) -> bool:
        """Whether some value that is not excluded may come of `text`, after which `inner` stands."""
        excluded = self.frame.is_excluded
        if inner.accepting and not excluded(value_of(text)):
            return True
        if not inner.bits:
            return False
        for witness in _completions(inner):
            if not excluded(value_of(text + witness)):
                return True
        return self._exact(text) is not None

    def _exact(self, text: bytes) -> State | None:
        """The state after `text` in the item with all excluded values taken out that `text` may become."""
        compiler, frame = self.frame.compiler, self.frame
        members = [v for v in frame.excluded_values() if _may_become(compiler, text, v, frame.depth)]
        formulas = compiler.formulas
        goal = formulas.both(self.goal, formulas.values(members, False))
        if not compiler.satisfiable(goal):
            return None
        state: State | None = item_start(compiler, goal, frame.depth)
        for byte in text:
            state = None if state is None else state.advance(byte)
        return state

    @property
    def shortest(self) -> int:
        if self._shortest < 0:
            self._shortest = self._nearest()[0]
        return self._shortest

    def _nearest(self) -> tuple[int, bytes]:
        text = text_of(self.chain)
        completion = self.inner.completion()
        value = value_of(text + completion)
        if self.frame.is_excluded(value):
            exact = self._exact(text)
            assert exact is not None, "a position has a way to an accepting one"
            completion = exact.completion()
            value = value_of(text + completion)
        following = self.frame.after_value(value, self.met, self.done)
        assert following is not None, "a value that is not excluded has a frame after it"
        return len(completion) + following.cost, completion

    def within(self, n: int) -> int:
        bits = 0
        for byte in bits_of(self.bits):
            if any(position.shortest < n for position in self.step(byte)):
                bits |= 1 << byte
        return bits

    def nearest(self) -> bytes:
        completion = self._nearest()[1]
        if completion:
            return completion
        after = self._after(text_of(self.chain))
        assert after is not None, "a whole value that is not excluded has a position after it"
        return after.nearest()


def _safe_after(position: Position, chain: Chain) -> int:
    """The bytes after which infinitely many values may still come of a position."""
    if isinstance(position, NumberText) and _is_endless_number(position.text, text_of(chain)):
        return _DIGITS
    if isinstance(position, ValueStart):
        numbers = position.frame.compiler.numbers(position.goal)
        if numbers is not None and _is_endless_number(numbers, b"1"):
            return _DIGITS & ~(1 << 0x30)
    if isinstance(position, StringText) and getattr(position.text, "language", None) is UTF8_TEXT:
        return ALL_BITS & ~(1 << QUOTE)
    here: Any = getattr(position, "frame", None)
    frame = here
    while frame is not None and not isinstance(frame, Root):
        if frame.is_endless():
            # Infinite as long as this container is open.
            return ALL_BITS if frame is not here else ALL_BITS & ~_CLOSING
        frame = frame.parent
    return 0


def _completions(state: JsonState) -> Iterator[bytes]:
    """A few completions that differ: the shortest, and some that go astray first."""
    yield state.completion()
    for turn in range(1, WITNESSES):
        here, text = state, bytearray()
        for step in range(2 * turn):
            choices = here.bits & ~WHITESPACE & ~(1 << 0x5C) or here.bits
            if not choices:
                break
            members = list(bits_of(choices))
            byte = members[(7 * turn + 5 * step) % len(members)]
            following = here.advance(byte)
            assert following is not None, "an allowed byte has a successor"
            text.append(byte)
            here = following
        yield bytes(text) + here.completion()


def _may_become(compiler: Compiler, text: bytes, value: Value, depth: int) -> bool:
    """Whether some spelling of `value` begins with `text`."""
    state: State | None = item_start(compiler, compiler.formulas.values([value]), depth)
    for byte in text:
        if state is None:
            return False
        state = state.advance(byte)
    return state is not None


# -- infinitely many values ------------------------------------------------------------------------------


def _is_endless(position: Position, chain: Chain) -> bool:
    """Whether infinitely many values may come of an item, by the position in it."""
    frame: Any = getattr(position, "frame", None)
    if frame is None:
        return False
    compiler: Compiler = frame.compiler
    if isinstance(position, ValueStart):
        if is_endless_goal(compiler, position.goal):
            return True
    elif isinstance(position, StringText):
        if is_endless_text(getattr(position.text, "language", None)):
            return True
    elif isinstance(position, NumberText) and _is_endless_number(position.text, text_of(chain)):
        return True
    while not isinstance(frame, Root):
        if frame.is_endless():
            return True
        frame = frame.parent
    return False


_NUMBER_TAIL = re.compile(rb"[-+.0-9eE]*\Z")


def _is_endless_number(state: State, text: bytes) -> bool:
    """Whether infinitely many numbers begin as the text ends, as far as is seen at once.

    Digits, or digits of the exponent, may go on for ever; not below an exponent's minus sign.
    """
    if not isinstance(state, NumberState):
        return False
    found = _NUMBER_TAIL.search(text)
    assert found is not None
    mantissa, _, exponent = found.group().lower().partition(b"e")
    numbers, plain = state.automaton.numbers, state.automaton.plain
    gap = numbers.gaps[0 if mantissa[:1] == b"-" else -1]
    if gap == NEVER or b"-" in exponent or (exponent and not mantissa.strip(b"-0.")):
        return False
    return not (plain and b"." in mantissa and gap.moduli)


def is_endless_text(language: Language | None) -> bool:
    """Whether a language of decoded characters is infinite, as far as its form tells."""
    return language is not None and language.plain and language.most >= INFINITE


def is_endless_goal(compiler: Compiler, goal: Formula) -> bool:
    """Whether infinitely many values satisfy a goal, as far as is seen at once."""
    known: bool | None = compiler.endless_goals.get(goal)
    if known is None:
        compiler.endless_goals[goal] = False  # a goal within itself adds nothing
        known = compiler.endless_goals[goal] = _find_endless(compiler, goal)
    return known


def _find_endless(compiler: Compiler, goal: Formula) -> bool:
    strings = compiler.strings(goal)
    if strings is not None and is_endless_text(getattr(strings, "language", None)):
        return True
    if compiler.number_set(goal).size() is None:
        return True
    if any(plan.is_endless() for plan in compiler.live_arrays(goal)):
        return True
    return any(plan.is_endless(0) for plan in compiler.live_objects(goal))


def cheapest_values(
    compiler: Compiler, goal: Formula, excluded: list[Value], wanted: int, depth: int
) -> list[tuple[Value, int]]:
    """Up to `wanted` values that satisfy the goal and are not excluded, shortest first, with their costs."""
    formulas = compiler.formulas
    found: list[tuple[Value, int]] = []
    taken = list(excluded)
    while len(found) < wanted:
        compiler.table.effort.spend()
        rest = formulas.both(goal, formulas.values(taken, False))
        if not compiler.satisfiable(rest):
            break
        text = item_start(compiler, rest, depth).completion()
        value = value_of(text)
        found.append((value, len(text)))
        taken.append(value)
    return found


ITEMS_LIMIT = 2000
"""At most so many items that must differ are planned for."""

ASSIGNMENTS_LIMIT = 50_000


def distinct_cost(
    plan: ArrayPlan,
    index: int,
    met: tuple[int, ...],
    seen: Seen,
    done: bool,
    get: Callable[[Formula], int],
    line: int,
) -> int:
    """As `ArrayPlan.rest_cost`, where items must differ, or (`done` being False) two must be equal."""
    if plan.rest_cost(index, met, get, line) >= INFINITE:
        return INFINITE
    if not done:
        return min(
            [_repeated_cost(plan, goals, seen, get, line) for goals in _sequences(plan, index, met, 2)],
            default=INFINITE,
        )
    best = INFINITE
    for goals in _sequences(plan, index, met, 0):
        if len(goals) == 1 and not seen.size:
            found = get(goals[0])
        elif goals:
            found = _assigned_cost(plan.compiler, goals, seen)
        else:
            found = 0
        if found < INFINITE:
            best = min(best, found + len(goals) * (1 + line))
    return best


def _sequences(
    plan: ArrayPlan, index: int, met: tuple[int, ...], beyond: int
) -> Iterator[tuple[Formula, ...]]:
    """The goals of the items that complete an array, for each way to count them, and up to `beyond` more."""
    spec = plan.spec
    stack: list[tuple[int, tuple[int, ...], tuple[Formula, ...], int]] = [(index, met, (), 0)]
    steps = 0
    while stack:
        steps += 1
        i, counts, goals, extra = stack.pop()
        if steps > ASSIGNMENTS_LIMIT or len(goals) > ITEMS_LIMIT:
            raise LimitExceeded("the items of an array that must differ", ITEMS_LIMIT)
        complete = i >= spec.low and all(n >= c[2] for n, c in zip(counts, plan.counts, strict=True))
        if complete:
            yield goals
            if extra == beyond:
                continue
        if spec.high is None or i < spec.high:
            for goal, after in plan.forks(i, counts):
                stack.append((i + 1, after, (*goals, goal), extra + complete))


def _repeated_cost(
    plan: ArrayPlan, goals: tuple[Formula, ...], seen: Seen, get: Callable[[Formula], int], line: int
) -> int:
    """The cost of items with these goals, of which one equals a seen one or two are equal."""
    formulas = plan.spec.formulas
    costs = [get(goal) for goal in goals]
    if any(cost >= INFINITE for cost in costs):
        return INFINITE
    best = INFINITE
    values = formulas.values([v for v in seen if isinstance(v, tuple)])
    for i, goal in enumerate(goals):
        again = formulas.both(goal, values)
        best = min(best, get(again) - costs[i])
        for j in range(i):
            both = get(formulas.both(goal, goals[j]))
            best = min(best, 2 * both - costs[i] - costs[j])
    if best >= INFINITE // 2:
        return INFINITE
    return best + sum(costs) + len(goals) * (1 + line)


def _assigned_cost(compiler: Compiler, goals: tuple[Formula, ...], seen: Seen) -> int:
    """The cost of the cheapest values of these goals that all differ, from each other and from the seen."""
    key = (tuple([goal.id for goal in goals]), seen)
    found: int | None = compiler.assignments.get(key)
    if found is None:
        if key in compiler.assigning:
            raise LimitExceeded("the recursion through arrays with unique items", 1)
        compiler.assigning.add(key)
        try:
            found = compiler.assignments[key] = _assign(compiler, goals, seen)
        finally:
            compiler.assigning.discard(key)
    return found


def _assign(compiler: Compiler, goals: tuple[Formula, ...], seen: Seen) -> int:
    excluded: list[Any] = list(seen)
    distinct = list(dict.fromkeys(goals))
    choices = {goal: cheapest_values(compiler, goal, excluded, len(goals), 1) for goal in distinct}
    if len(distinct) == 1:
        (listed,) = choices.values()
        return sum([cost for _, cost in listed]) if len(listed) == len(goals) else INFINITE
    order = sorted(goals, key=lambda goal: len(choices[goal]))
    best = INFINITE
    stack: list[tuple[int, int, frozenset[Value]]] = [(0, 0, frozenset())]
    steps = 0
    while stack:
        steps += 1
        if steps > ASSIGNMENTS_LIMIT:
            raise LimitExceeded("the ways to choose items that differ", ASSIGNMENTS_LIMIT)
        compiler.table.effort.spend()
        at, spent, taken = stack.pop()
        if spent >= best:
            continue
        if at == len(order):
            best = spent
            continue
        stack += [
            (at + 1, spent + cost, taken | {value})
            for value, cost in reversed(choices[order[at]])
            if value not in taken
        ]
    return best


def hopeless_values(frame: ArrayFrame) -> Iterator[Value]:
    """The values of the next item after which the items still needed could not all differ.

    Only those can be of which some needed item has few others to choose from.
    """
    plan, compiler = frame.plan, frame.compiler
    if plan.spec.low <= frame.index + 1 and not any(c[2] for c in plan.counts):
        return
    excluded: list[Any] = list(frame.seen)
    suspects: dict[Value, None] = {}
    for goals in _sequences(plan, min(frame.index + 1, plan.last), frame.met, 0):
        for goal in dict.fromkeys(goals):
            if not is_endless_goal(compiler, goal):
                few = cheapest_values(compiler, goal, excluded, len(goals) + 1, 1)
                if len(few) <= len(goals):
                    suspects.update(dict.fromkeys([value for value, _ in few]))
    for value in suspects:
        met = frame.met
        following = plan.frame(
            frame.parent, min(frame.index + 1, plan.last), met, frame.seen.add(value), True
        )
        if not following.can_end():
            yield value
