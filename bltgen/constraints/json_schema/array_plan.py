"""Arrays: what a thread follows while it reads one.

An `ArrayPlan` is an `ArraySpec` with the states and costs to read by it. An `ArrayFrame` is an array being
read, after some of its items: how many (as far as it matters), how often each counted goal was met. Where
an item may count or not, the frame forks: `further()` are the positions before the next item, one a fork.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bltgen.automata.language import INFINITE
from bltgen.automata.limits import current_limits
from bltgen.constraints.json_schema.clause_search import Search
from bltgen.constraints.json_schema.clauses import Reader, Split, crowded, holds_at_end
from bltgen.constraints.json_schema.container_positions import AfterPart, Opened
from bltgen.constraints.json_schema.formula import FALSE, Formula
from bltgen.constraints.json_schema.json_values import Value
from bltgen.constraints.json_schema.layout import Gap, Layout
from bltgen.constraints.json_schema.positions import Frame, Position, value_start
from bltgen.constraints.json_schema.seen import NOTHING_SEEN, Seen
from bltgen.constraints.json_schema.specs import ArrayDraft, ArraySpec
from bltgen.constraints.json_schema.unique_items import (
    RecordedItem,
    distinct_cost,
    hopeless_values,
    is_endless_goal,
    is_vast,
    item_start,
    sequences,
)
from bltgen.errors import LimitExceeded

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.compiler import Compiler

__all__ = ["ArrayFrame", "ArrayPlan"]

Cost = Callable[[Formula], int]

Branch = tuple[Formula, "ArrayPlan", tuple[int, ...]]
"""A goal of an item, the plan to go on by after it, and how many satisfied each of its counted goals."""


class ArrayPlan:
    """How to read an array by `spec`. Made by the compiler, one a spec."""

    __slots__ = ("_branches", "_leaves", "compiler", "counts", "last", "live", "records", "spec")

    def __init__(self, spec: ArraySpec, compiler: Compiler) -> None:
        self.spec = spec
        self.compiler = compiler
        self.live: bool | None = None
        self.counts = spec.counts
        # From here on all indices are alike.
        self.last = max(spec.horizon, spec.low) if spec.high is None else spec.high
        # Whether the values of items matter, and not only how many satisfy what.
        self.records = spec.unique or spec.repeated
        self._branches: dict[Any, tuple[Branch, ...]] = {}
        self._leaves: dict[Any, ArrayPlan | None] = {}

    def open(self, parent: Frame) -> Position:
        """The position after the opening bracket."""
        frame = self.frame(parent, 0, (0,) * len(self.counts), NOTHING_SEEN, not self.spec.repeated)
        return frame.opened()

    def frame(self, parent: Frame, index: int, met: tuple[int, ...], seen: Seen, done: bool) -> ArrayFrame:
        """The frame of this plan after `index` items with the values `seen`, where those matter.

        `done`: two items are equal, or need not be.
        """
        key = (self, index, met, seen, done)
        found: ArrayFrame | None = parent.frames.get(key)
        if found is None:
            found = parent.frames[key] = ArrayFrame(self, parent, index, met, seen, done)
        return found

    def foresee(self) -> None:
        """Decide the first item if many conditions meet in it before it is read: a limit is met now."""
        if self.spec.clauses and crowded(self.spec.formulas, self.spec.clauses):
            for goal, met in self.forks(0, (0,) * len(self.counts)):
                self.branches(0, goal, met)

    def is_endless(self) -> bool:
        """Whether infinitely many arrays may come of any, as far as is seen at once."""
        spec = self.spec
        if spec.clauses or spec.high is not None or any(count[3] is not None for count in self.counts):
            return False
        goal = spec.goal_at(spec.horizon)
        if spec.unique:
            return is_endless_goal(self.compiler, goal)
        return self.compiler.satisfiable(goal)

    def forks(self, index: int, met: tuple[int, ...]) -> list[tuple[Formula, tuple[int, ...]]]:
        """The goals that the item at `index` may satisfy, each with the counts after it."""
        formulas = self.spec.formulas
        goal = self.spec.goal_at(index)
        if not self.counts:
            return [(goal, met)]
        forks: list[tuple[Formula, tuple[int, ...]]] = [(goal, ())]
        for (start, counted, least, most), n in zip(self.counts, met, strict=True):
            if index < start or (most is None and n >= least):
                forks = [(before, (*counts, n)) for before, counts in forks]
                continue
            options = [(formulas.negation(counted), n)]
            if most is None or n < most:
                options.append((counted, n + 1))
            forks = [
                (both, (*counts, after))
                for option, after in options
                for before, counts in forks
                if (both := formulas.both(before, option)) is not formulas.false
            ]
            if len(forks) > current_limits().contains_ways:
                raise _too_many_forks()
            self.compiler.table.effort.spend(len(forks) >> 2)
        return forks

    def _useful(self, index: int, met: tuple[int, ...]) -> list[tuple[Formula, tuple[int, ...]]]:
        """The goals of an item that counts for the first that still needs one, each with the counts after it.

        Where items are all alike and counts have no most, such an item may come first, and it does no harm
        to count for more.
        """
        formulas = self.spec.formulas
        forks: list[tuple[Formula, tuple[int, ...]]] = []
        for k, ((_, counted, least, _), n) in enumerate(zip(self.counts, met, strict=True)):
            if n >= least:
                continue
            if not forks:
                goal = formulas.both(self.spec.goal_at(index), counted)
                forks = [(goal, (*met[:k], n + 1, *met[k + 1 :]))]
                if goal is formulas.false:
                    return []
                continue
            more = [
                (both, (*counts[:k], n + 1, *counts[k + 1 :]))
                for before, counts in forks
                if (both := formulas.both(before, counted)) is not formulas.false
            ]
            forks += more
            if len(forks) > current_limits().contains_ways:
                raise _too_many_forks()
        return forks

    def branches(self, index: int, goal: Formula, met: tuple[int, ...]) -> tuple[Branch, ...]:
        """The goals of an item at `index` that satisfies `goal`, each with the plan to go on by.

        Of a plan with clauses.
        """
        key = (index, goal, met)
        found = self._branches.get(key)
        if found is None:
            found = self._branches[key] = self._find_branches(index, goal, met)
        return found

    def _find_branches(self, index: int, goal: Formula, met: tuple[int, ...]) -> tuple[Branch, ...]:
        compiler, spec = self.compiler, self.spec
        whole = spec.formulas.all_of(spec.clauses)
        found = []
        for condition, left in compiler.reader(index).clauses(spec.clauses, goal):
            if left is whole:
                found.append((condition, self, met))
                continue
            following = compiler.cases.settled(ArrayDraft.of(spec, met), [left])
            if following is not None and (following.high is None or index < following.high):
                plan = compiler.array_plan(following)
                found.append((condition, plan, (0,) * len(plan.counts)))
        return tuple(found)

    def surely_ends(self, index: int, get: Cost) -> bool:
        """Whether the array can end after `index` items, as is seen where each count gets an item of its own.

        Of a plan without clauses whose items need not differ. `get` tells what is possible.
        """
        spec = self.spec
        if spec.high is not None or self.records or any(count[3] is not None for count in self.counts):
            return False
        both = spec.formulas.both
        steady = max(index, spec.horizon)
        goals = [spec.goal_at(i) for i in range(index, steady + 1)]
        goals += [both(goals[-1], counted) for _, counted, least, _ in self.counts if least]
        return all(get(goal) < INFINITE for goal in goals)

    def nearest_leaf(
        self, index: int, met: tuple[int, ...], get: Cost, line: int, *, any_way: bool = False
    ) -> tuple[int, ArrayPlan] | None:
        """The bytes of the items still needed, and a plan without clauses that needs no more.

        What follows that plan, which counts from here on, satisfies this one. None: no way. `any_way`: it
        need not be the cheapest.
        """
        compiler, spec = self.compiler, self.spec

        def bound(draft: ArrayDraft) -> int:
            if draft.high is not None and index > draft.high:
                return INFINITE
            steady = max(index, draft.steady)
            total = 0
            for i in range(index, min(draft.low, steady)):
                total += 1 + line + get(draft.goal_at(i))
                if total >= INFINITE:
                    return INFINITE
            if draft.low > steady:
                total += (draft.low - steady) * (1 + line + get(draft.goal_at(steady)))
            return min(total, INFINITE)

        def exact(draft: ArrayDraft) -> int:
            leaf = compiler.array_plan(compiler.cases.intern(draft.copy()))
            if any_way and leaf.surely_ends(index, get):
                return 0
            return leaf.rest_cost(index, (0,) * len(leaf.counts), get, line)

        search = Search(spec.formulas, bound, exact, compiler.table.effort)
        found = search.cheapest(ArrayDraft.of(spec, met), spec.clauses)
        if found is None:
            return None
        return found[0], compiler.array_plan(compiler.cases.intern(found[1].copy()))

    def any_leaf(self, index: int, met: tuple[int, ...]) -> ArrayPlan | None:
        """A plan without clauses by which the array can end, all of whose arrays follow this one too."""
        key = (index, met)
        if key not in self._leaves:
            cost = self.compiler.cost

            def get(goal: Formula) -> int:
                return 0 if cost(goal) < INFINITE else INFINITE

            found = self.nearest_leaf(index, met, get, 0, any_way=True)
            self._leaves[key] = None if found is None else found[1]
        return self._leaves[key]

    def rest_cost(self, index: int, met: tuple[int, ...], get: Cost, line: int) -> int:
        """Bytes of the items still needed after `index` of them; INFINITE where the array cannot end.

        Each counts with the comma before it and `line` bytes of whitespace.
        """
        if self.spec.clauses:
            found = self.nearest_leaf(index, met, get, line)
            return INFINITE if found is None else found[0]
        each = 1 + line
        low, high = self.spec.low, self.spec.high
        if not self.counts:
            total = 0
            steady = max(index, self.spec.horizon)
            for i in range(index, min(low, steady)):
                total += each + get(self.spec.goal_at(i))
                if total >= INFINITE:
                    return INFINITE
            if low > steady:
                total += (low - steady) * (each + get(self.spec.goal_at(steady)))
            return total if total < INFINITE else INFINITE
        # The cheapest way over (items read, counts); items beyond what counts need are all alike.
        best: dict[tuple[int, tuple[int, ...]], int] = {(index, met): 0}
        answer = INFINITE
        frontier = [(index, met)]
        farthest = max(self.spec.horizon, index) + sum(c[2] for c in self.counts)
        steady = max(self.spec.horizon, index) if all(c[3] is None for c in self.counts) else farthest
        while frontier:
            reached: dict[tuple[int, tuple[int, ...]], int] = {}
            self.compiler.table.effort.spend(len(frontier))
            for i, counts in frontier:
                cost = best[(i, counts)]
                complete = all(n >= c[2] for n, c in zip(counts, self.counts, strict=True))
                if complete and i >= low:
                    answer = min(answer, cost)
                    continue
                if complete and i >= farthest:
                    # The others count for nothing, but where it is cheaper for more than is needed.
                    ways = self.forks(i, counts)
                    idle = next((get(goal) for goal, after in ways if after == counts), INFINITE)
                    answer = min(answer, cost + (low - i) * (each + idle))
                    ways = [way for way in ways if get(way[0]) < idle]
                elif i >= farthest or (high is not None and i >= high):
                    continue
                else:
                    ways = self.forks(i, counts) if complete or i < steady else self._useful(i, counts)
                for goal, after in ways:
                    spent = cost + each + get(goal)
                    key = (i + 1, after)
                    if spent < min(answer, reached.get(key, INFINITE)):
                        reached[key] = spent
            best.update(reached)
            frontier = list(reached)
        return answer

    def cost(self, get: Cost, layout: Layout, depth: int) -> int:
        """Bytes of the shortest array inside of `depth` containers, given the costs of goals inside of it."""
        gaps = layout.inside(depth + 1)
        met = (0,) * len(self.counts)
        if self.records:
            done = not self.spec.repeated
            rest = distinct_cost(self, 0, met, NOTHING_SEEN, done, get, gaps.comma, depth + 1)
        else:
            rest = self.rest_cost(0, met, get, gaps.comma)
        if rest >= INFINITE:
            return INFINITE
        if not rest:
            return 2 + gaps.empty.shortest
        # Before the first item there is a bracket, where the others have a comma.
        return gaps.open.shortest + rest - gaps.comma + gaps.close.shortest + 1


def _too_many_forks() -> LimitExceeded:
    return LimitExceeded(
        "the ways in which one item may count for several `contains`",
        current_limits().contains_ways,
        "let fewer of them hold of the same items",
    )


class ArrayFrame:
    """An array being read, after an item (or before the first).

    `index`: items read, as far as it matters; `met`: how many satisfied each counted goal; `seen`: their
    values, where those matter; `done`: two are equal, or need not be.
    """

    closing = 0x5D

    __slots__ = (
        "_after",
        "_cost",
        "_hopeless",
        "_starts",
        "compiler",
        "depth",
        "done",
        "frames",
        "index",
        "met",
        "parent",
        "plan",
        "positions",
        "seen",
    )

    def __init__(
        self, plan: ArrayPlan, parent: Frame, index: int, met: tuple[int, ...], seen: Seen, done: bool
    ) -> None:
        self.plan = plan
        self.parent = parent
        self.compiler = plan.compiler
        self.depth = parent.depth + 1
        self.index = index
        self.met = met
        self.seen = seen
        self.done = done
        self.positions: dict[Any, Any] = {}
        self.frames: dict[Any, Any] = {}
        plan.compiler.table.effort.spend()
        plan.compiler.table.watch(self.positions, self.frames)
        self._starts: dict[Gap, tuple[Position, ...]] = {}
        self._after: Position | None = None
        self._hopeless: dict[tuple[int, ...], frozenset[Value] | None] = {}
        self._cost = -1

    @property
    def cost(self) -> int:
        if self._cost < 0:
            settle(self)
        return self._cost

    def own_cost(self) -> int:
        """Bytes from here to the closing bracket, it included."""
        gaps = self.compiler.layout.inside(self.depth)
        rest = self._rest(self.value_cost, gaps.comma)
        return rest + 1 + gaps.close.shortest if rest < INFINITE else INFINITE

    def _rest(self, get: Cost, line: int) -> int:
        plan = self.plan
        if plan.records and (plan.spec.unique or not self.done):
            return distinct_cost(plan, self.index, self.met, self.seen, self.done, get, line, self.depth)
        return plan.rest_cost(self.index, self.met, get, line)

    def value_cost(self, goal: Formula) -> int:
        """Bytes of the shortest item that satisfies the goal."""
        return self.compiler.cost(goal, self.depth)

    def can_end(self) -> bool:
        """Whether some way from here closes the array."""
        if self.plan.spec.clauses:
            return self.plan.any_leaf(self.index, self.met) is not None
        if self.plan.counts and self.plan.surely_ends(self.index, self.compiler.cost):
            return True
        return self._rest(self.compiler.cost, 0) < INFINITE

    def is_endless(self) -> bool:
        """Whether infinitely many arrays may come of what was read, as far as is seen at once."""
        plan: ArrayPlan | None = self.plan
        if self.plan.spec.clauses:
            plan = self.plan.any_leaf(self.index, self.met)
        return plan is not None and plan.is_endless()

    @property
    def closable(self) -> bool:
        """Whether the array may end here."""
        if self.index < self.plan.spec.low or not self.done:
            return False
        if not all(n >= count[2] for n, count in zip(self.met, self.plan.counts, strict=True)):
            return False
        return all(holds_at_end(clause, self.index) for clause in self.plan.spec.clauses)

    # -- items ---------------------------------------------------------------------------------------

    @property
    def has_more(self) -> bool:
        """Whether a further item may come."""
        return bool(self.further(self.compiler.layout.inside(self.depth).after_comma))

    def further(self, gap: Gap) -> tuple[Position, ...]:
        """The positions before a further item; only those that lead to an end."""
        found = self._starts.get(gap)
        if found is None:
            positions: list[Position] = []
            plan = self.plan
            if plan.spec.high is None or self.index < plan.spec.high:
                for goal, met in plan.forks(self.index, self.met):
                    if self.compiler.satisfiable(goal):
                        if plan.spec.clauses:
                            positions += self._deciding_starts(goal, met, gap)
                        else:
                            positions += self._starts_of(goal, met, gap)
            found = self._starts[gap] = tuple(positions)
        return found

    def _deciding_starts(self, goal: Formula, met: tuple[int, ...], gap: Gap) -> list[Position]:
        """The positions before an item by whose value clauses are decided."""
        positions = []
        for condition, plan, after in self.plan.branches(self.index, goal, met):
            if self.compiler.satisfiable(condition):
                index = min(self.index + 1, plan.last)
                frame = plan.frame(self.parent, index, after, NOTHING_SEEN, True)
                if frame.can_end():
                    positions.append(value_start(condition, frame, gap))
        return positions

    def _starts_of(self, goal: Formula, met: tuple[int, ...], gap: Gap) -> list[Position]:
        plan = self.plan
        if not plan.records or (self.done and not plan.spec.unique):
            frame = self.following(met, NOTHING_SEEN, True)
            return [value_start(goal, frame, gap)] if frame.can_end() else []
        if plan.spec.unique:
            if self.hopeless(met) is None:
                return []
            return self._recorded(goal, met, True, gap)
        return self._repeating_starts(goal, met, gap)

    def _repeating_starts(self, goal: Formula, met: tuple[int, ...], gap: Gap) -> list[Position]:
        """Where two items must yet be equal: this one equals an earlier one, or is remembered."""
        compiler, formulas = self.compiler, self.compiler.formulas
        positions: list[Position] = []
        if self.seen.size:
            again = formulas.both(goal, formulas.seen(self.excluded_values(met)))
            frame = self.following(met, NOTHING_SEEN, True)
            if compiler.satisfiable(again) and frame.can_end():
                positions.append(value_start(again, frame, gap))
        # Remembered, it may be the partner of a later item; needed only if there is no other pair.
        if not self.following(met, self.seen, False).can_end():
            goal = formulas.both(goal, formulas.any_of(self.partners(met)))
        return positions + self._recorded(goal, met, False, gap)

    def partners(self, met: tuple[int, ...]) -> list[Formula]:
        """The goals of later items that may equal the next one, the counts after it being `met`."""
        plan = self.plan
        if not plan.counts:
            last = max(plan.spec.horizon, self._next_index)
            if plan.spec.high is not None:
                last = min(last, plan.spec.high - 1)
            later = [plan.spec.goal_at(i) for i in range(self._next_index, last + 1)]
        else:
            # Of items that must count, some only lead to an end where another counts that then must differ.
            ways = sequences(plan, self._next_index, met, 2, self.compiler.cost, 0)
            later = [goal for _, goals in ways for goal in goals]
        return list(dict.fromkeys(later))

    def _recorded(self, goal: Formula, met: tuple[int, ...], done: bool, gap: Gap) -> list[Position]:
        """The position before an item that is remembered and is none of the excluded values."""
        compiler, is_free = self.compiler, False
        if self.excludes(met) and not is_endless_goal(compiler, goal):
            # Few values may come: the item is read without those that must not.
            excluded = self.excluded_values(met)
            goal = compiler.formulas.both(goal, compiler.formulas.values(excluded, False))
            hopeless = self.hopeless(met) if self.plan.spec.unique else None
            is_free = len(excluded) == self.seen.size + len(hopeless or ())
        if not compiler.satisfiable(goal):
            return []
        start = item_start(compiler, goal, self.depth)
        return [RecordedItem(start, (), goal, self, met, done, gap, is_free)]

    @property
    def _next_index(self) -> int:
        return min(self.index + 1, self.plan.last)

    def following(self, met: tuple[int, ...], seen: Seen, done: bool) -> ArrayFrame:
        """The frame after a further item."""
        return self.plan.frame(self.parent, self._next_index, met, seen, done)

    def after_value(self, value: Value, met: tuple[int, ...], done: bool) -> ArrayFrame | None:
        """The frame after a further item of this value; None where it must not be, or nothing can follow."""
        if self.is_excluded(value, met):
            return None
        frame = self.following(met, self.seen.add(value), done)
        return frame if frame.can_end() else None

    def hopeless(self, met: tuple[int, ...]) -> frozenset[Value] | None:
        """Values of an item with the counts `met` after it, after which those still needed could not all
        differ. None where they cannot, whatever its value."""
        if met not in self._hopeless:
            self._hopeless[met] = hopeless_values(self, met)
        return self._hopeless[met]

    def excludes(self, met: tuple[int, ...]) -> bool:
        """Whether some values must not be of the next item, whatever its goal says.

        Where two items must be equal, a value seen before is read by a position of its own.
        """
        return self.seen.size > 0 or (self.plan.spec.unique and self.hopeless(met) != frozenset())

    def is_excluded(self, value: Value, met: tuple[int, ...]) -> bool:
        """Whether the next item must not have this value, the counts after it being `met`."""
        if value in self.seen:
            return True
        if not self.plan.spec.unique:
            return False
        hopeless = self.hopeless(met)
        return hopeless is None or value in hopeless

    def excluded_values(self, met: tuple[int, ...]) -> list[Value]:
        """The values that the next item must not have (or was seen to have).

        Vast numbers are not among them: there are so many others that they need not be taken out.
        """
        values: list[Any] = list(self.seen)
        if self.plan.spec.unique:
            values += self.hopeless(met) or ()
        return [value for value in values if not is_vast(value)]

    # -- positions -----------------------------------------------------------------------------------

    def opened(self) -> Position:
        """The position after the opening bracket."""
        found: Position | None = self.positions.get("opened")
        if found is None:
            found = self.positions["opened"] = Opened(self)
        return found

    def after(self) -> Position:
        found = self._after
        if found is None:
            layout, depth = self.compiler.layout, self.depth
            to_close = layout.inside(depth).close if self.closable else None
            to_comma = layout.inside(depth).before_comma if self.has_more else None
            found = self._after = self.after_gaps(to_close, to_comma)
        return found

    def after_gaps(self, to_close: Gap | None, to_comma: Gap | None) -> Position:
        """The position after an item and some whitespace: before what still may come of either gap."""
        key = ("after", to_close, to_comma)
        found: Position | None = self.positions.get(key)
        if found is None:
            found = self.positions[key] = AfterPart(self, to_close, to_comma)
        return found


def item_reader(compiler: Compiler, index: int) -> Reader:
    """The reader of the item at an index."""
    formulas = compiler.formulas

    def atom(formula: Formula) -> Split:
        kind, *rest = formula.value
        if kind == "each item":
            low, high, goal = rest
            if index < low:
                return {formula: formulas.true}
            met, unmet = (formulas.true if index + 1 == high else formula), formulas.false
        elif kind == "count":
            start, goal, least, most = rest
            if index < start:
                return {formula: formulas.true}
            met = compiler.keywords.count(start, goal, max(0, least - 1), None if most is None else most - 1)
            unmet = formula
        else:
            return {formula: formulas.true}
        if met is unmet:
            return {met: formulas.true}
        split = {met: goal, unmet: formulas.negation(goal)}
        return {after: condition for after, condition in split.items() if condition.op != FALSE}

    return Reader(formulas, compiler.satisfiable, atom, compiler.table.effort)


def settle(frame: Any) -> None:
    """Compute the cost of a frame and of all around it, from the outside in."""
    chain = []
    while getattr(frame, "_cost", 0) < 0:
        chain.append(frame)
        frame = frame.parent
    cost = frame.cost
    for inner in reversed(chain):
        cost += inner.own_cost()
        inner._cost = cost = min(cost, INFINITE)
