"""An object being read, after some of its members.

An `ObjectFrame` knows which declared names were seen, which others, and which demands on some unnamed member
("exists") are still open. A member that may meet such a demand or not makes the frame fork; so does one that
decides a clause of its plan: the values that leave the same of it lead to the same frame.

The names that may come next are given without building what follows them: by the trie, masked with the
names that are still possible, and by one language for all other names. With clauses, a name is possible if
some way to satisfy them all has it; a way found for one name is good for all others that it allows.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from bltgen.automata.byteset import bits_of
from bltgen.automata.language import EMPTY, INFINITE, Language
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.constraints.json_schema.array_plan import settle
from bltgen.constraints.json_schema.cheapest_names import cheapest_names
from bltgen.constraints.json_schema.clauses import holds_at_end
from bltgen.constraints.json_schema.container_positions import AfterPart, Opened
from bltgen.constraints.json_schema.formula import Formula
from bltgen.constraints.json_schema.layout import Gap
from bltgen.constraints.json_schema.member_positions import NameStart
from bltgen.constraints.json_schema.object_clauses import Prices, Progress
from bltgen.constraints.json_schema.positions import Frame, Position
from bltgen.constraints.json_schema.seen import Seen
from bltgen.constraints.json_string import StringState, characters_to_differ

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.name_trie import NameNode
    from bltgen.constraints.json_schema.object_plan import ObjectPlan

__all__ = ["ObjectFrame"]

MANY = 32
"""What so many required members cost is counted once for all frames of a plan."""


class ObjectFrame:
    """An object being read, after a member (or before the first)."""

    closing = 0x7D

    __slots__ = (
        "_after",
        "_cost",
        "_leaf",
        "_least",
        "_live",
        "_others",
        "_others_cost",
        "compiler",
        "depth",
        "frames",
        "last",
        "mask",
        "met",
        "parent",
        "plan",
        "positions",
        "seen",
    )

    def __init__(self, plan: ObjectPlan, parent: Frame, mask: int, met: int, seen: Seen, last: int) -> None:
        self.plan = plan
        self.parent = parent
        self.compiler = plan.compiler
        self.depth = parent.depth + 1
        self.mask = mask
        self.met = met
        self.seen = seen
        self.last = last
        self.positions: dict[Any, Any] = {}
        self.frames: dict[Any, Any] = {}
        plan.compiler.table.effort.spend()
        plan.compiler.table.watch(self.positions, self.frames)
        self._after: Position | None = None
        self._cost = -1
        self._live = -1
        self._leaf: Any = None
        self._others: Any = None
        self._others_cost = -1
        self._least = -1

    @property
    def cost(self) -> int:
        if self._cost < 0:
            settle(self)
        return self._cost

    def own_cost(self) -> int:
        """Bytes from here to the closing brace, it included."""
        prices = self.prices
        if self.plan.spec.clauses:
            rest = self.plan.clauses.cost(self.progress, prices)
        else:
            rest = self.plan.rest_cost(*self.progress, self.value_cost, prices.line)
        return rest + self._closing if rest < INFINITE else INFINITE

    @property
    def _closing(self) -> int:
        """Bytes of the closing brace with the whitespace before it."""
        return 1 + self.compiler.layout.inside(self.depth).close.shortest

    @property
    def colon_length(self) -> int:
        """Bytes of the colon with the whitespace beside it."""
        return 1 + self.compiler.layout.inside(self.depth).colon

    def value_cost(self, goal: Formula) -> int:
        """Bytes of the shortest value of a member that satisfies the goal."""
        return self.compiler.cost(goal, self.depth)

    def is_endless(self) -> bool:
        """Whether infinitely many objects may come of what was read, as far as is seen at once."""
        if self.plan.spec.clauses:
            leaf = self.leaf()
            return leaf is not None and leaf.is_endless()
        return self.plan.is_endless(self.mask, self.live)

    @property
    def is_simple(self) -> bool:
        """Whether a member changes nothing of what the others cost."""
        return self.plan.simple and not self.compiler.options.ordered

    @property
    def count(self) -> int:
        """How many members were read."""
        return self.mask.bit_count() + self.seen.size

    @property
    def closable(self) -> bool:
        """Whether the object may end here."""
        plan = self.plan
        if plan.required & ~self.mask:
            return False
        spec = plan.spec
        if self.count < spec.low or self.met != (1 << len(spec.exists)) - 1:
            return False
        return not spec.clauses or all(holds_at_end(clause, self.count) for clause in spec.clauses)

    def can_end(self) -> bool:
        """Whether some way from here closes the object."""
        plan = self.plan
        if plan.simple and not plan.compiler.options.ordered:
            return True
        if plan.spec.clauses:
            return plan.clauses.cost(self.progress, plan.any_price) < INFINITE
        return plan.rest_cost(*self.progress, self.compiler.cost, 0) < INFINITE

    @property
    def prices(self) -> Prices:
        """What members cost here."""
        layout = self.compiler.layout
        gaps = layout.inside(self.depth)
        return Prices(self.value_cost, gaps.comma + gaps.colon, "even" if layout.is_even else self.depth)

    @property
    def progress(self) -> Progress:
        """What was read of the object."""
        return (self.mask, self.met, self.seen, self.last)

    def leaf(self) -> ObjectFrame | None:
        """This frame by a plan without clauses by which it can end, if its plan has some; None: it cannot."""
        if not self._leaf:
            plan = self.plan.clauses.leaf(self.progress, self.plan.any_price)
            self._leaf = (None if plan is None else plan.frame(self.parent, *self.progress),)
        found: ObjectFrame | None = self._leaf[0]
        return found

    def _live_by_leaves(self, candidates: int) -> int:
        """Those of the declared names that some way to satisfy the clauses has."""
        clauses, prices = self.plan.clauses, self.plan.any_price
        if self.compiler.options.ordered:
            live = 0
            for i in bits_of(candidates):
                if clauses.cost((self.mask, self.met, self.seen, i - 1), prices, i) < INFINITE:
                    live |= 1 << i
            return live
        if not clauses.whole:
            return clauses.possible(self.progress, prices, candidates)
        leaf = self.leaf()
        live = 0 if leaf is None else leaf.live & candidates
        for i in bits_of(candidates):
            if not live >> i & 1:
                plan = clauses.leaf(self.progress, prices, i)
                if plan is not None:
                    live |= 1 << i | plan.frame(self.parent, *self.progress).live & candidates
        return live

    @property
    def live(self) -> int:
        """The declared names that a further member may have, as bits."""
        if self._live < 0:
            plan = self.plan
            live = ((1 << len(plan.names)) - 1) & ~self.mask & ~plan.dead
            if plan.compiler.options.ordered:
                live &= -1 << (self.last + 1)
            if live and plan.spec.clauses:
                live = self._live_by_leaves(live)
            elif live and (plan.compiler.options.ordered or not plan.simple):
                if plan.spec.high is not None and self.count >= plan.spec.high:
                    live = 0
                for i in bits_of(live):
                    if not self.forks(i, plan.names[i]):
                        live ^= 1 << i
            self._live = live
        return self._live

    def forks(self, i: int | None, name: bytes) -> tuple[tuple[Formula, ObjectFrame], ...]:
        """The goals of a member of this name, each with the frame after it, if that leads to an end."""
        plan = self.plan
        spec, compiler = plan.spec, self.compiler
        if i is not None:
            mask, seen = self.mask | 1 << i, self.seen
        else:
            mask, seen = self.mask, self.seen.add(name)
        last = -1
        if compiler.options.ordered:
            last = i if i is not None else len(plan.names)
        open_demands = [
            d for d, (keys, _) in enumerate(spec.exists) if not self.met >> d & 1 and keys.contains(name)
        ]
        found: list[tuple[Formula, ObjectFrame]] = []
        for goal, following in plan.branches(i, name):
            for chosen in product((True, False), repeat=len(open_demands)):
                both, met = goal, self.met
                for demand, meets in zip(open_demands, chosen, strict=True):
                    if meets:
                        both = spec.formulas.both(both, spec.exists[demand][1])
                        met |= 1 << demand
                if not compiler.satisfiable(both) or any(
                    both is g and f.plan is following and f.met & met == met for g, f in found
                ):
                    continue
                frame = following.frame(self.parent, mask, met, seen, last)
                if frame.can_end():
                    found.append((both, frame))
        # What many members still cost is found once, and told from frame to frame.
        if self.is_simple and (self._cost >= 0 or plan.required.bit_count() > MANY):
            self._tell_cost(i, found)
        return tuple(found)

    def _tell_cost(self, i: int | None, forks: list[tuple[Formula, ObjectFrame]]) -> None:
        """Tell the frame after a member of a simple plan its cost, which is this one's without the member."""
        for goal, frame in forks:
            if frame._cost < 0 and self.cost < INFINITE:
                frame._cost = self.cost
                if i is not None and self.plan.required >> i & 1:
                    frame._cost -= self.prices.line + self.plan.length(i) + self.value_cost(goal)

    def nearest_name(self, candidates: list[tuple[int, int]]) -> tuple[int, int]:
        """The least bytes to the end of a text that goes on by one of the names, and which of them it is.

        Each candidate is the bytes to the end of the name, its quote included, and the declared name.
        """
        colon = self.colon_length
        best, name = INFINITE, -1
        if self.is_simple:
            return self._nearest_of_simple(candidates)
        if not self.plan.spec.clauses:
            for ahead, i in candidates:
                for goal, following in self.forks(i, self.plan.names[i]):
                    total = ahead + colon + self.value_cost(goal) + following.cost
                    if total < best:
                        best, name = total, i
            return best, name
        plan, clauses, prices = self.plan, self.plan.clauses, self.prices
        # Beside the members there is what closes the object, and what is around it.
        around = self._closing + self.parent.cost
        least = clauses.cost(self.progress, prices)
        leaf = clauses.leaf(self.progress, prices)
        needed = 0 if leaf is None or self.compiler.options.ordered else leaf.required
        bounds = []
        for ahead, i in candidates:
            others = max(prices.get(plan.goal(i)), least - prices.line - plan.length(i))
            bounds.append((ahead + colon + others, not needed >> i & 1, ahead, i))
        for bound, _, ahead, i in sorted(bounds):
            if bound + around >= best:
                break
            if needed >> i & 1:
                members = least
            else:
                last = i - 1 if self.compiler.options.ordered else self.last
                members = clauses.cost((self.mask, self.met, self.seen, last), prices, i)
            # The member itself was counted with the comma and the line before it, and with its whole name.
            total = ahead + colon + members - prices.line - plan.length(i) + around
            if members < INFINITE and total < best:
                best, name = total, i
        return best, name

    def nearest_under(self, node: NameNode) -> tuple[int, int]:
        """As `nearest_name` of all the live names below a node, at its beginning; INFINITE: there is none.

        Only of a simple plan, with names in any order.
        """
        plan, spelling = self.plan, self.compiler.name_spelling
        needed = plan.required & ~self.mask & self.live & node.mask
        if needed:
            # A required name was counted as a whole: what was read of it is saved, whichever it is.
            i = (needed & -needed).bit_length() - 1
            return self._nearest_of_simple([(len(node.rest(plan.names[i], b"", spelling) or b"") + 1, i)])
        live, least = self.live, self.colon_length + 2 - node.depth + self.cost
        best, name = INFINITE, -1
        for entry, bit in node.by_length():
            if len(entry) + least >= best:
                break
            if bit & live:
                i = bit.bit_length() - 1
                found = self._nearest_of_simple([(len(node.rest(entry, b"", spelling) or b"") + 1, i)])
                best, name = min((best, name), found)
        return best, name

    def _nearest_of_simple(self, candidates: list[tuple[int, int]]) -> tuple[int, int]:
        """As `nearest_name`, where a member changes nothing of what the others cost."""
        plan, line = self.plan, self.prices.line
        colon = self.colon_length
        needed = plan.required & ~self.mask
        best, name = INFINITE, -1
        for ahead, i in candidates:
            # What a required member costs is counted, with its whole name and what stands before it.
            own = -line - plan.length(i) if needed >> i & 1 else self.value_cost(plan.goal(i))
            if ahead + colon + own + self.cost < best:
                best, name = ahead + colon + own + self.cost, i
        return best, name

    def other_names(self) -> Language:
        """The undeclared names that a further member may have; seen and declared ones may be among them."""
        plan = self.plan
        spec = plan.spec
        if plan.simple and not plan.compiler.options.ordered:
            return plan.other_names
        if spec.high is not None and self.count >= spec.high:
            return EMPTY
        if spec.clauses:
            return self._other_names_by_class()
        if not spec.exists and not plan.compiler.options.ordered:
            if spec.high is None or self.count + 1 + (plan.required & ~self.mask).bit_count() <= spec.high:
                return plan.other_names
            return EMPTY
        if plan.compiler.options.ordered and plan.required & ~self.mask:
            return EMPTY
        if not spec.exists:
            return plan.other_names
        return self._other_names_by_class()

    def _other_names_by_class(self) -> Language:
        plan = self.plan
        if plan.closed:
            return EMPTY
        if plan.spec.clauses:
            leaf = self.leaf()
            if leaf is not None and leaf.other_names() is UTF8_TEXT:
                return UTF8_TEXT
        allowed = EMPTY
        for each in plan.classes:
            name = cheapest_names(each.language, self.seen, 1, plan.compiler)
            # All names of a class fork alike.
            if name and self.compiler.satisfiable(each.goal) and self.forks(None, name[0][0]):
                allowed |= each.language
        return allowed

    @property
    def has_more(self) -> bool:
        """Whether a further member may come."""
        if self.live:
            return True
        return self.others() is not None

    def others(self) -> StringState | None:
        """The state after the opening quote of a further, undeclared name; None: there is none."""
        if self._others is None:
            self._others = (self.plan.other_text(self.other_names(), self.seen),)
        found: StringState | None = self._others[0]
        return found

    @property
    def most_after_other(self) -> int:
        """By so many bytes more than its text needs, any undeclared name leads to the end: an upper bound.

        INFINITE where no bound is known.
        """
        if self._others_cost < 0:
            most = self._most_after_others()
            if most < INFINITE:
                most += characters_to_differ(len(self.plan.names) + self.seen.size)
                most += self.colon_length
            self._others_cost = most
        return self._others_cost

    def _most_after_others(self) -> int:
        """No undeclared member needs more bytes from its value to the end; INFINITE where that is unknown."""
        plan = self.plan
        if plan.spec.clauses:
            # All that may follow the leaf may follow here.
            leaf = self.leaf()
            return leaf._most_after_others() if leaf and leaf.other_names() is UTF8_TEXT else INFINITE
        if plan.spec.exists or plan.compiler.options.ordered:
            return INFINITE
        # One member more leaves one fewer to come: what follows it costs no more than what follows now.
        most = plan.most_of_others(self.value_cost)
        return most + self.cost if most < INFINITE else INFINITE

    @property
    def least_after_other(self) -> int:
        """No undeclared member needs fewer bytes from its value to the end: a lower bound."""
        if self._least < 0:
            plan, prices, rest = self.plan, self.prices, 0
            if self.is_simple:
                self._least = plan.least_of_others(prices.get) + self.cost
                return self._least
            if not plan.spec.exists and not plan.spec.clauses:
                rest = plan.needed_cost(self.mask, self.seen, self.last, prices.get, prices.line, more=1)
            self._least = plan.least_of_others(prices.get) + rest + self._closing + self.parent.cost
        return self._least

    def opened(self) -> Position:
        """The position after the opening brace."""
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
        """The position after a member and some whitespace: before what still may come of either gap."""
        key = ("after", to_close, to_comma)
        found: Position | None = self.positions.get(key)
        if found is None:
            found = self.positions[key] = AfterPart(self, to_close, to_comma)
        return found

    def further(self, gap: Gap) -> tuple[Position, ...]:
        """The positions before a further member, which may come."""
        return (self.name_start(gap),)

    def name_start(self, gap: Gap) -> NameStart:
        """The position before the name of a further member, and whitespace."""
        key = ("name", gap)
        found: NameStart | None = self.positions.get(key)
        if found is None:
            found = self.positions[key] = NameStart(self, gap)
        return found
