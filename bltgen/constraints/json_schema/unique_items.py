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
from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any

from bltgen.automata.byteset import ALL_BITS, bits_of
from bltgen.automata.contract import State
from bltgen.automata.language import INFINITE, Language
from bltgen.automata.limits import current_limits
from bltgen.automata.operators import CONCAT
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.constraints.json_number import Exponent, NumberState, number_state
from bltgen.constraints.json_number_short import ShortNumbers
from bltgen.constraints.json_schema.cheapest_scalars import cheapest_scalars
from bltgen.constraints.json_schema.effort import Effort
from bltgen.constraints.json_schema.formula import Formula
from bltgen.constraints.json_schema.json_values import Value, to_decimal, written_value
from bltgen.constraints.json_schema.layout import WHITESPACE, Gap
from bltgen.constraints.json_schema.number_rules import has_plenty
from bltgen.constraints.json_schema.positions import (
    NumberText,
    Position,
    Root,
    StringText,
    ValueStart,
    value_start,
)
from bltgen.constraints.json_schema.seen import Seen
from bltgen.constraints.json_string import StringState, characters_to_differ
from bltgen.constraints.number_set import DIGIT_LIMIT, NEVER, NumberSet
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
    "is_vast",
    "item_start",
    "sequences",
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
    layout = compiler.layout
    key = ("item", goal, 0 if layout.is_level else depth)
    found: JsonState | None = compiler.item_starts.get(key)
    if found is None:
        root = Root(compiler, depth=depth, whitespace=0)  # what follows an item is the array's
        found = compiler.item_starts[key] = compiler.table.of((value_start(goal, root, layout.nothing),))
    return found


def value_of(text: bytes) -> Value:
    """The canonical value of a JSON text."""
    try:
        return written_value(text)
    except (ConstraintSyntaxError, RecursionError):
        raise LimitExceeded(
            "the nesting of an item of an array with unique items", 500, counted=False
        ) from None


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
    whether the array needs no two equal items any more after this one; `is_free`: no value that `inner`
    admits is excluded.
    """

    __slots__ = (
        "_bits",
        "_shortest",
        "chain",
        "done",
        "frame",
        "gap",
        "goal",
        "inner",
        "is_free",
        "met",
        "state",
    )

    def __init__(
        self,
        inner: JsonState,
        chain: Chain,
        goal: Formula,
        frame: ArrayFrame,
        met: tuple[int, ...],
        done: bool,
        gap: Gap,
        is_free: bool = False,
    ) -> None:
        self.inner = inner
        self.chain = chain
        self.goal = goal
        self.frame = frame
        self.met = met
        self.done = done
        self.gap = gap
        self.is_free = is_free or not frame.excludes(met)
        self.state: Any = None
        self._bits = -1
        self._shortest = -1

    accepting = False

    @property
    def told_by(self) -> str | None:
        return self.inner.told_by

    def _next(self, inner: JsonState, byte: int) -> RecordedItem:
        chain = (self.chain, byte)
        nothing = self.frame.compiler.layout.nothing
        return RecordedItem(inner, chain, self.goal, self.frame, self.met, self.done, nothing, self.is_free)

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
        if not self.gap.ends:
            return self.gap.bits
        bits = self.inner.bits
        if not self.is_free:
            safe = self._safe_bits()
            bits = (bits & safe) | self._tested_bits(bits & ~safe)
        if self.inner.accepting:
            after = self._after(text_of(self.chain))
            if after is not None:
                bits |= after.bits
        return bits | self.gap.bits

    def _tested_bits(self, bits: int) -> int:
        """Those of the bytes after which some value may come that is not excluded."""
        live = 0
        for byte in bits_of(bits):
            if self._reached(byte):
                live |= 1 << byte
        return live

    def _safe_bits(self) -> int:
        """The bytes after which infinitely many values may still come, as far as is seen at once."""
        bits = 0
        for position in self.inner.positions:
            bits |= position.bits & _safe_after(position, self.chain, self._excluded)
        return bits

    @property
    def _excluded(self) -> int:
        """How many values the item must not have, at most."""
        hopeless = self.frame.hopeless(self.met) if self.frame.plan.spec.unique else None
        return self.frame.seen.size + len(hopeless or ())

    def _reached(self, byte: int) -> tuple[Position, ...]:
        """The positions after an allowed byte of the item; none where all values that may come are excluded.

        What is `allowed` and what `advance` does both come from here.
        """
        following = self.inner.advance(byte)
        assert following is not None, "an allowed byte has a successor"
        if following.accepting and not following.bits:
            after = self._after(text_of((self.chain, byte)))
            return () if after is None else (after,)
        made = self._next(following, byte)
        if made._is_endless() or self._lives(following, text_of(made.chain)):
            return (made,)
        return ()

    def step(self, byte: int) -> tuple[Position, ...]:
        inner = self.inner
        if not self.chain and WHITESPACE >> byte & 1:
            gap = self.gap.after(byte)
            if gap is None:
                return ()
            return (RecordedItem(inner, (), self.goal, self.frame, self.met, self.done, gap, self.is_free),)
        if not self.gap.ends:
            return ()
        if inner.advance(byte) is not None:
            return self._reached(byte)
        if inner.accepting:
            after = self._after(text_of(self.chain))
            return () if after is None else after.step(byte)
        return ()

    # -- what may still come -------------------------------------------------------------------------

    def _is_endless(self) -> bool:
        """Whether infinitely many values may come of what was read, as far as is seen at once."""
        if self.is_free:
            return True
        return any(_is_endless(position, self.chain, self._excluded) for position in self.inner.positions)

    def _lives(self, inner: JsonState, text: bytes) -> bool:
        """Whether some value that is not excluded may come of `text`, after which `inner` stands."""
        frame, met = self.frame, self.met
        if inner.accepting and not frame.is_excluded(value_of(text), met):
            return True
        if not inner.bits:
            return False
        for witness in _completions(inner):
            if not frame.is_excluded(value_of(text + witness), met):
                return True
        return self._exact(text) is not None

    def _exact(self, text: bytes, more: Sequence[Value] = ()) -> State | None:
        """The state after `text` in the item with all excluded values taken out that `text` may become.

        `more`: further values to take out.
        """
        compiler, frame = self.frame.compiler, self.frame
        excluded = [*frame.excluded_values(self.met), *more]
        members = [v for v in excluded if _may_become(compiler, text, v, frame.depth)]
        return self._narrowed(text, compiler.formulas.values(members, False))

    def _narrowed(self, text: bytes, goal: Formula) -> State | None:
        """The state after `text` in the item where it satisfies another goal too; None where it cannot."""
        compiler = self.frame.compiler
        goal = compiler.formulas.both(self.goal, goal)
        if not compiler.satisfiable(goal):
            return None
        state: State | None = item_start(compiler, goal, self.frame.depth)
        for byte in text:
            state = None if state is None else state.advance(byte)
        return state

    @property
    def shortest(self) -> int:
        if self._shortest < 0:
            self._shortest = self.gap.shortest + self._nearest()[0]
        return self._shortest

    def _nearest(self) -> tuple[int, bytes]:
        """The bytes to the end of the nearest valid text, and those of them that complete the item.

        What follows may cost more after one value than after another: a later item may need it, or (where
        two must be equal) may be it again.
        """
        text = text_of(self.chain)
        frame = self.frame
        best, way = INFINITE, b""
        for completion in self._candidates(text):
            following = frame.after_value(value_of(text + completion), self.met, self.done)
            if following is None:
                continue
            if len(completion) + following.cost < best:
                best, way = len(completion) + following.cost, completion
            if self.done and (following.closable or best <= len(completion) + self._unaffected()):
                break
            if self._is_alike and self._is_shortest(text + completion):
                break
        assert best < INFINITE, "a position has a way to an accepting one"
        return best, way

    @property
    def _is_alike(self) -> bool:
        """Whether all items from here on have the same goal, and must differ."""
        plan = self.frame.plan
        return (
            self.done and not plan.counts and not plan.spec.clauses and self.frame.index >= plan.spec.horizon
        )

    def _is_shortest(self, text: bytes) -> bool:
        """Whether the value of a text has no shorter one.

        Of items that are alike the one that ends soonest is then the best: if a later item needs this value,
        it takes the one that this item would have had.
        """
        compiler, value = self.frame.compiler, value_of(text)
        if value[0] == "s":
            return len(text) <= 2 + compiler.name_spelling.length(value[1].encode("utf-8", "surrogatepass"))
        goal = compiler.formulas.both(self.goal, compiler.formulas.values([value]))
        return compiler.cost(goal, self.frame.depth) >= len(text)

    def _unaffected(self) -> int:
        """The bytes after a value that no later item needs: no other has fewer, where items must differ."""
        return self.frame.following(self.met, self.frame.seen, self.done).cost

    def _candidates(self, text: bytes) -> Iterator[bytes]:
        """The completions of the item among which the best is; where items must differ, the shorter first."""
        completion = self.inner.completion()
        yield completion
        if not self.done:
            for goal in self.frame.partners(self.met):
                state = self._narrowed(text, goal)
                if state is not None:
                    yield state.completion()
        tried: list[Value] = []
        while True:
            value = value_of(text + completion)
            if is_vast(value):
                # It is not taken out of any goal.
                yield from _completions(self.inner, every_first=True)
                return
            tried.append(value)
            exact = self._exact(text, tried)
            if exact is None:
                return
            completion = exact.completion()
            yield completion
            if not self.done:
                return

    def within(self, n: int) -> int:
        if not self.gap.ends:
            return self.gap.within(n - self.shortest + self.gap.shortest)
        bits = self._surely_within(n) & self.bits
        for byte in bits_of(self.bits & ~bits):
            if any(position.shortest < n for position in self.step(byte)):
                bits |= 1 << byte
        return bits

    def _surely_within(self, n: int) -> int:
        """Bytes after which n bytes are enough whatever was seen, as far as is known at once: in strings."""
        (position, *others) = self.inner.positions
        if others or not isinstance(position, StringText) or not isinstance(position.frame, Root):
            return 0
        text = position.text
        if not isinstance(text, StringState) or not _is_any_text(text.language):
            return 0
        following = self.frame.following(self.met, self.frame.seen, self.done)
        most = following.cost
        if not following.closable:
            # What the items still needed cost may depend on the value of this one; but of items that are
            # alike, those after this one cost no more than they do with it.
            if not self._is_alike:
                return 0
            most = self.frame.cost
        longer = characters_to_differ(self.frame.seen.size)
        if n <= text.farthest + longer + most:
            return 0
        return text.allowed.bits & ~(1 << QUOTE)

    def nearest(self) -> bytes:
        if not self.gap.ends:
            return self.gap.rest
        completion = self._nearest()[1]
        if completion:
            return completion
        after = self._after(text_of(self.chain))
        assert after is not None, "a whole value that is not excluded has a position after it"
        return after.nearest()


def _is_any_text(language: Language) -> bool:
    """Whether any further characters may come, perhaps after the end of one."""
    return language is UTF8_TEXT or (language.op == CONCAT and language.parts[1] is UTF8_TEXT)


def _safe_after(position: Position, chain: Chain, excluded: int) -> int:
    """The bytes after which more values may still come of a position than are excluded."""
    if isinstance(position, NumberText):
        return _safe_digits(position.text, text_of(chain), excluded)
    if isinstance(position, ValueStart):
        numbers = position.frame.compiler.numbers(position.goal)
        if numbers is not None:
            bits = _safe_digits(numbers, b"", excluded)
            if bits:
                return bits
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


def _completions(state: JsonState, every_first: bool = False) -> Iterator[bytes]:
    """A few completions that differ: the shortest, and some that go astray first."""
    yield state.completion()
    for byte in bits_of(state.bits) if every_first else ():
        following = state.advance(byte)
        assert following is not None, "an allowed byte has a successor"
        yield bytes((byte,)) + following.completion()
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
    """Whether some spelling of `value` begins with `text`, as far as is seen at once."""
    state: State | None
    if value[0] == "n":
        state = number_state(NumberSet.value(to_decimal(value)))
    elif value[0] in "ao":
        return True
    else:
        state = item_start(compiler, compiler.formulas.values([value]), depth)
    for byte in text:
        if state is None:
            return False
        state = state.advance(byte)
    return state is not None


# -- infinitely many values ------------------------------------------------------------------------------


def _is_endless(position: Position, chain: Chain, excluded: int) -> bool:
    """Whether infinitely many values may come of an item, or more than excluded, by the position in it."""
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
    elif isinstance(position, NumberText) and _has_numbers(position.text, text_of(chain), excluded):
        return True
    while not isinstance(frame, Root):
        if frame.is_endless():
            return True
        frame = frame.parent
    return False


_NUMBER_TAIL = re.compile(rb"[-+.0-9eE]*\Z")


def _has_numbers(state: State, text: bytes, than: int) -> bool:
    """Whether more than so many numbers begin as the text ends, as far as is seen at once.

    In any spelling digits, or digits of the exponent, may go on for ever; not below an exponent's minus sign,
    and nought stays nought whatever its exponent.
    """
    if not isinstance(state, NumberState):
        return False
    if isinstance(state.automaton, ShortNumbers):
        return state.automaton.has_more(state.prefix, than)
    found = _NUMBER_TAIL.search(text)
    assert found is not None
    mantissa, _, exponent = found.group().lower().partition(b"e")
    if isinstance(state.prefix, Exponent):
        return (
            bool(mantissa.strip(b"-0."))
            and not exponent.startswith(b"-")
            and any(high is None for _, high in state.prefix.targets)
        )
    return state.automaton.numbers.gaps[0 if mantissa[:1] == b"-" else -1] != NEVER


def _safe_digits(state: State, text: bytes, excluded: int) -> int:
    """The digits after which more numbers may come than are excluded, as far as is seen at once."""
    bits = 0
    for byte in bits_of(state.allowed.bits & _DIGITS):
        following = state.advance(byte)
        if following is not None and _has_numbers(following, text + bytes((byte,)), excluded):
            bits |= 1 << byte
    return bits


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
    if compiler.number_rules(goal).shape is None:
        if compiler.number_goal(goal).numbers.size() is None:
            return True
    elif has_plenty(compiler.numbers(goal)):
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
    # Numbers that only an exponent makes writable are taken out when they come up, which is hardly ever.
    known = frozenset(excluded)
    listed = cheapest_scalars(compiler, goal, known, wanted)
    if listed is not None:
        return listed
    taken = [value for value in excluded if not is_vast(value)]
    while len(found) < wanted:
        compiler.table.effort.spend()
        rest = formulas.both(goal, formulas.values(taken, False))
        if not compiler.satisfiable(rest):
            break
        text = item_start(compiler, rest, depth).completion()
        value = value_of(text)
        taken.append(value)
        if value not in known:
            found.append((value, len(text)))
    return found


def is_vast(value: Value) -> bool:
    """Whether a value holds a number of more digits, written out, than any automaton of numbers takes."""
    stack: list[Any] = [value]
    while stack:
        part = stack.pop()
        if part[0] == "n" and len(part[2]) + abs(part[3]) > DIGIT_LIMIT:
            return True
        if part[0] == "a":
            stack += part[1]
        elif part[0] == "o":
            stack += [member for _, member in part[1]]
    return False


ABSENT = 1_000_000_000_000
"""A cost in an assignment that no sum of others reaches."""


def distinct_cost(
    plan: ArrayPlan,
    index: int,
    met: tuple[int, ...],
    seen: Seen,
    done: bool,
    get: Callable[[Formula], int],
    line: int,
    depth: int,
) -> int:
    """As `ArrayPlan.rest_cost`, where items must differ, or (`done` being False) two must be equal.

    `depth`: of the items.
    """
    if plan.rest_cost(index, met, get, line) >= INFINITE:
        return INFINITE
    best = INFINITE
    for bound, goals in sequences(plan, index, met, 0 if done else 2, get, line):
        if bound >= best:
            break
        if not done:
            found = _repeated_cost(plan, goals, seen, get, line)
        elif not goals or (len(goals) == 1 and not seen.size):
            found = bound
        else:
            found = _assigned_cost(plan.compiler, goals, seen, depth) + len(goals) * (1 + line)
        best = min(best, found)
    return best if best < INFINITE else INFINITE


def sequences(
    plan: ArrayPlan, index: int, met: tuple[int, ...], beyond: int, get: Callable[[Formula], int], line: int
) -> Iterator[tuple[int, tuple[Formula, ...]]]:
    """The goals of the items that complete an array, for each way to count them, and up to `beyond` more.

    Each with the bytes of the items where none need differ; in the order of these. Items without which as
    much is reached are left out: the others differ without them too.
    """
    if not plan.counts:
        yield from _only_sequences(plan, index, met, beyond, get, line)
        return
    spec, effort = plan.spec, plan.compiler.table.effort
    last = max(spec.horizon, spec.low)
    order = count().__next__
    heap: list[tuple[int, int, int, tuple[int, ...], tuple[Formula, ...], int]]
    heap = [(0, order(), index, met, (), 0)]
    while heap:
        effort.spend()
        bound, _, i, counts, goals, extra = heappop(heap)
        if len(goals) > (limit := current_limits().distinct_items):
            raise LimitExceeded("the items of an array that must differ", limit)
        complete = i >= spec.low and all(n >= c[2] for n, c in zip(counts, plan.counts, strict=True))
        if complete:
            yield bound, goals
            if extra == beyond:
                continue
        if spec.high is None or i < spec.high:
            for goal, after in plan.forks(i, counts):
                if after == counts and i >= last and not complete:
                    continue
                cost = get(goal)
                if cost < INFINITE:
                    further = (i + 1, after, (*goals, goal), extra + complete)
                    heappush(heap, (bound + cost + 1 + line, order(), *further))


def _only_sequences(
    plan: ArrayPlan, index: int, met: tuple[int, ...], beyond: int, get: Callable[[Formula], int], line: int
) -> Iterator[tuple[int, tuple[Formula, ...]]]:
    """As `sequences`, where nothing is counted: there is one of each length."""
    spec = plan.spec
    goals: list[Formula] = []
    bound = 0
    for i in count(index):
        plan.compiler.table.effort.spend()
        if len(goals) > (limit := current_limits().distinct_items):
            raise LimitExceeded("the items of an array that must differ", limit)
        if i >= spec.low:
            yield bound, tuple(goals)
            if i >= max(index, spec.low) + beyond:
                return
        forks = plan.forks(i, met) if spec.high is None or i < spec.high else ()
        if not forks:
            return
        ((goal, _),) = forks
        cost = get(goal)
        if cost >= INFINITE:
            return
        bound += cost + 1 + line
        goals.append(goal)


def _repeated_cost(
    plan: ArrayPlan, goals: tuple[Formula, ...], seen: Seen, get: Callable[[Formula], int], line: int
) -> int:
    """The cost of items with these goals, of which one equals a seen one or two are equal.

    Each of the goals can be met; INFINITE or more where no two can be equal.
    """
    formulas = plan.spec.formulas
    costs = [get(goal) for goal in goals]
    best = INFINITE
    read: list[Any] = list(seen)
    values = formulas.seen(read)
    for i, goal in enumerate(goals):
        again = formulas.both(goal, values)
        best = min(best, get(again) - costs[i])
        for j in range(i):
            both = get(formulas.both(goal, goals[j]))
            best = min(best, 2 * both - costs[i] - costs[j])
    return best + sum(costs) + len(goals) * (1 + line)


def _assigned_cost(compiler: Compiler, goals: tuple[Formula, ...], seen: Seen, depth: int) -> int:
    """The cost of the cheapest values of these goals that all differ, from each other and from the seen."""
    depth = 1 if compiler.layout.is_even else depth
    key = (tuple([goal.id for goal in goals]), seen, depth)
    found: int | None = compiler.assignments.get(key)
    if found is None:
        if key in compiler.assigning:
            raise LimitExceeded("the recursion through arrays with unique items", 1)
        compiler.assigning.add(key)
        try:
            found = compiler.assignments[key] = _assign(compiler, goals, seen, depth)
        finally:
            compiler.assigning.discard(key)
    return found


def _assign(compiler: Compiler, goals: tuple[Formula, ...], seen: Seen, depth: int) -> int:
    excluded: list[Any] = list(seen)
    distinct = list(dict.fromkeys(goals))
    choices = {goal: cheapest_values(compiler, goal, excluded, len(goals), depth) for goal in distinct}
    if len(distinct) == 1:
        (listed,) = choices.values()
        return sum([cost for _, cost in listed]) if len(listed) == len(goals) else INFINITE
    return least_assignment([dict(choices[goal]) for goal in goals], compiler.table.effort)


def least_assignment(rows: Sequence[Mapping[Any, int]], effort: Effort) -> int:
    """The least sum of one cost a row, each of another key; INFINITE where the keys do not suffice.

    Source: H. W. Kuhn, "The Hungarian method for the assignment problem", 1955, with shortest augmenting
    paths: len(rows)**2 times the number of keys.

    >>> least_assignment([{"a": 1, "b": 5}, {"a": 1}, {"b": 2, "c": 9}], Effort())
    15
    """
    keys = list(dict.fromkeys([key for row in rows for key in row]))
    costs = [[row.get(key, ABSENT) for key in keys] for row in rows]
    row_price, key_price = [0] * len(rows), [0] * len(keys)
    row_of = [-1] * len(keys)
    for row in range(len(rows)):
        # The cheapest alternating path from this row to a key that is free.
        distance, before = [INFINITE] * len(keys), [-1] * len(keys)
        passed: set[int] = set()
        here, key = row, -1
        base = 0
        while True:
            effort.spend()
            nearest = -1
            for column in range(len(keys)):
                if column in passed:
                    continue
                reached = base + costs[here][column] - row_price[here] - key_price[column]
                if reached < distance[column]:
                    distance[column], before[column] = reached, key
                if nearest < 0 or distance[column] < distance[nearest]:
                    nearest = column
            if nearest < 0:
                return INFINITE
            key, base = nearest, distance[nearest]
            if row_of[key] < 0:
                break
            passed.add(key)
            here = row_of[key]
        row_price[row] += base
        for column in passed:
            row_price[row_of[column]] += base - distance[column]
            key_price[column] -= base - distance[column]
        while key >= 0:
            earlier = before[key]
            row_of[key] = row if earlier < 0 else row_of[earlier]
            key = earlier
    total = sum([costs[row][key] for key, row in enumerate(row_of) if row >= 0])
    return total if total < ABSENT else INFINITE


def hopeless_values(frame: ArrayFrame, met: tuple[int, ...]) -> frozenset[Value] | None:
    """The values of the next item after which the items still needed could not all differ.

    `met`: the counts after that item. None where those items cannot all differ whatever its value.
    """
    plan, compiler = frame.plan, frame.compiler
    index = min(frame.index + 1, plan.last)
    for _, goals in sequences(plan, index, met, 0, compiler.cost, 0):
        if not goals or _assigned_cost(compiler, goals, frame.seen, 1) < INFINITE:
            break
    else:
        return None
    # These items can all differ; only a value that one of them cannot do without is in their way.
    excluded: list[Any] = list(frame.seen)
    suspects: dict[Value, None] = {}
    for goal in dict.fromkeys(goals):
        if not is_endless_goal(compiler, goal):
            few = cheapest_values(compiler, goal, excluded, len(goals) + 1, 1)
            if len(few) <= len(goals):
                suspects.update(dict.fromkeys([value for value, _ in few]))
    return frozenset(
        [
            value
            for value in suspects
            if not plan.frame(frame.parent, index, met, frame.seen.add(value), True).can_end()
        ]
    )
