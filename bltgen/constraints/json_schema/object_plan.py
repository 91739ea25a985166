"""Objects: what a thread follows while it reads one.

An `ObjectPlan` is an `ObjectSpec` with what is needed to read by it: its declared names as a trie, a bit a
name; the language of the other names. An `ObjectFrame` is an object being read, after some of its members:
which declared names were seen, which others, and which demands on some unnamed member ("exists") are still
open. A member that may meet such a demand or not makes the frame fork.

The names that may come next are given without building what follows them: by the trie, masked with the
names that are still possible, and by one language for all other names.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count as counter
from itertools import product
from typing import TYPE_CHECKING, Any

from bltgen.automata.byteset import bits_of
from bltgen.automata.contract import State
from bltgen.automata.derivative import transitions
from bltgen.automata.language import EMPTY, INFINITE, Language, literal, union
from bltgen.automata.liveness import shortest
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.constraints.json_schema.array_plan import settle
from bltgen.constraints.json_schema.effort import Effort
from bltgen.constraints.json_schema.formula import Formula
from bltgen.constraints.json_schema.key_set import KeySet
from bltgen.constraints.json_schema.layout import Layout
from bltgen.constraints.json_schema.member_positions import AfterMember, NameStart, ObjectOpened
from bltgen.constraints.json_schema.name_trie import NameNode, Spelling
from bltgen.constraints.json_schema.normal_form import ObjectSpec
from bltgen.constraints.json_schema.positions import Frame, Position
from bltgen.constraints.json_schema.seen import NOTHING_SEEN, Seen
from bltgen.constraints.json_schema.unique_items import is_endless_goal, is_endless_text
from bltgen.errors import LimitExceeded

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.compiler import Compiler

__all__ = ["NameClass", "ObjectFrame", "ObjectPlan"]

Cost = Callable[[Formula], int]

CLASSES_LIMIT = 12
"""At most so many overlapping patterns of names are told apart (2**12 combinations)."""

DEMANDS_LIMIT = 20_000
"""At most so many ways to meet open demands are compared."""


class NameClass:
    """The undeclared names that are in the same of the sets: a language, and the goal of their values."""

    __slots__ = ("demands", "goal", "language")

    def __init__(self, language: Language, goal: Formula, demands: int) -> None:
        self.language = language
        self.goal = goal
        self.demands = demands


class ObjectPlan:
    """How to read an object by `spec`. Made by the compiler, one a spec."""

    __slots__ = (
        "_bases",
        "_classes",
        "_dead",
        "_other_names",
        "_other_texts",
        "_root",
        "closed",
        "compiler",
        "goals",
        "index",
        "lengths",
        "live",
        "names",
        "required",
        "simple",
        "spec",
    )

    def __init__(self, spec: ObjectSpec, compiler: Compiler) -> None:
        self.spec = spec
        self.compiler = compiler
        declared = dict.fromkeys(spec.goals)
        declared.update(dict.fromkeys(sorted(spec.required)))
        for keys, _ in (*spec.rest, *spec.exists):
            declared.update(dict.fromkeys(sorted(keys.names)))
        self.names = list(declared)
        self.index = {name: i for i, name in enumerate(self.names)}
        self.goals: list[Formula | None] = [None] * len(self.names)
        self.lengths: list[int] | None = None
        self.required = sum(1 << self.index[name] for name in spec.required)
        self.live: bool | None = None
        # Nothing but required names is ever needed, and any number of others may come.
        self.simple = not spec.exists and spec.high is None and spec.low <= len(spec.required)
        # Asked to leave undeclared members out, where the schema says nothing of them and none is needed.
        self.closed = (
            compiler.options.closed
            and bool(self.names)
            and not spec.rest
            and not spec.exists
            and spec.low <= len(spec.required)
        )
        self._root: NameNode | None = None
        self._dead: int | None = None
        self._other_names: Language | None = None
        self._other_texts: dict[Any, Any] = {}
        self._classes: tuple[NameClass, ...] | None = None
        self._bases: dict[Any, int] = {}

    # -- names ---------------------------------------------------------------------------------------

    @property
    def root(self) -> NameNode:
        """The trie of the declared names."""
        if self._root is None:
            self._root = NameNode.root(self.names)
        return self._root

    def goal(self, i: int) -> Formula:
        """The goal of the declared name `i`."""
        found = self.goals[i]
        if found is None:
            found = self.goals[i] = self.spec.goal_of(self.names[i])
        return found

    @property
    def dead(self) -> int:
        """The declared names whose goal nothing satisfies, as bits."""
        if self._dead is None:
            dead = 0
            for i in range(len(self.names)):
                if not self.compiler.satisfiable(self.goal(i)):
                    dead |= 1 << i
            self._dead = dead
        return self._dead

    @property
    def other_names(self) -> Language:
        """The undeclared names with a goal that something satisfies; declared ones may be among them."""
        found = self._other_names
        if found is None:
            found = self._other_names = self._find_other_names()
        return found

    def _find_other_names(self) -> Language:
        if self.closed:
            return EMPTY
        satisfiable = self.compiler.satisfiable
        allowed = UTF8_TEXT
        conditional: list[tuple[KeySet, Formula]] = []
        for keys, goal in self.spec.rest:
            if satisfiable(goal):
                conditional.append((keys, goal))
            elif keys.negated:
                if not keys.languages:
                    return EMPTY
                allowed &= union(*keys.languages)
            else:
                allowed -= union(*keys.languages)
        formulas = self.spec.formulas
        if len(conditional) > 1 and not satisfiable(formulas.all_of([goal for _, goal in conditional])):
            minimal: list[frozenset[int]] = []
            if len(conditional) > CLASSES_LIMIT:
                raise LimitExceeded("the overlapping sets of property names", CLASSES_LIMIT)
            subsets = sorted(range(1, 1 << len(conditional)), key=int.bit_count)
            for bits in subsets:
                members = frozenset(bits_of(bits))
                if len(members) < 2 or any(known <= members for known in minimal):
                    continue
                if not satisfiable(formulas.all_of([conditional[i][1] for i in members])):
                    minimal.append(members)
                    both = UTF8_TEXT
                    for i in members:
                        both &= conditional[i][0].language()
                    allowed -= both
        return allowed

    @property
    def classes(self) -> tuple[NameClass, ...]:
        """The undeclared names by the sets that they are in; those without any value are left out."""
        found = self._classes
        if found is None:
            found = self._classes = self._find_classes()
        return found

    def _find_classes(self) -> tuple[NameClass, ...]:
        spec, formulas = self.spec, self.spec.formulas
        if self.closed:
            return ()
        declared = union(*[literal(name) for name in self.names])
        sets = list(dict.fromkeys([keys for keys, _ in (*spec.rest, *spec.exists) if keys.languages]))
        if len(sets) > CLASSES_LIMIT:
            raise LimitExceeded("the overlapping sets of property names", CLASSES_LIMIT)
        found = []
        for chosen in product((True, False), repeat=len(sets)):
            member = dict(zip(sets, chosen, strict=True))
            goals = [g for keys, g in spec.rest if member.get(keys, keys.negated)]
            goal = formulas.all_of(goals)
            if goal is formulas.false:
                continue
            demands = 0
            for i, (keys, _) in enumerate(spec.exists):
                if member.get(keys, keys.negated):
                    demands |= 1 << i
            language = UTF8_TEXT - declared
            for keys, inside in member.items():
                # Declared names are excluded already, so only the languages tell names apart.
                inside = inside != keys.negated
                language = language & union(*keys.languages) if inside else language - union(*keys.languages)
            if shortest(language) < INFINITE:
                found.append(NameClass(language, goal, demands))
        return tuple(found)

    # -- costs ---------------------------------------------------------------------------------------

    def length(self, i: int) -> int:
        """Bytes of the declared name `i` with quotes, colon and the comma before it."""
        lengths = self.lengths
        if lengths is None:
            length = self.compiler.name_spelling.length
            lengths = self.lengths = [4 + length(name) for name in self.names]
        return lengths[i]

    def cost(self, get: Cost, layout: Layout, depth: int) -> int:
        """Bytes of the shortest object inside of `depth` containers, given the costs of goals within."""
        line = 0 if layout.indent is None else len(layout.newline(depth + 1)) + 1
        rest = self.rest_cost(0, 0, NOTHING_SEEN, -1, get, line)
        if rest >= INFINITE:
            return INFINITE
        return rest + 1 + len(layout.newline(depth)) if rest else 2

    def rest_cost(self, mask: int, met: int, seen: Seen, last: int, get: Cost, line: int) -> int:
        """Bytes of the members still needed; INFINITE where the object cannot end.

        Each counts with the comma before it and `line` bytes of line break, indentation and space.

        `mask`: declared names seen; `met`: demands met; `seen`: other names seen; `last`: in schema order,
        the declared name that was read last.
        """
        spec = self.spec
        todo = self.required & ~mask
        if self.compiler.options.ordered and last >= 0 and todo & ((2 << last) - 1):
            return INFINITE
        if spec.exists and met != (1 << len(spec.exists)) - 1:
            return self._demanding_cost(mask, met, seen, last, get, line)
        total = 0
        for i in bits_of(todo):
            total += line + self.length(i) + get(self.goal(i))
            if total >= INFINITE:
                return INFINITE
        present = mask.bit_count() + seen.size + todo.bit_count()
        return self._filled(total, present, mask | todo, seen, last, get, line)

    def _filled(
        self, total: int, present: int, used: int, seen: Seen, last: int, get: Cost, line: int
    ) -> int:
        """`total`, and the cheapest further members up to the least number there must be."""
        spec = self.spec
        need = spec.low - present
        if spec.high is not None and present + max(0, need) > spec.high:
            return INFINITE
        if need <= 0:
            return total
        costs = []
        for i in range(len(self.names)):
            if not used >> i & 1 and (i > last or not self.compiler.options.ordered):
                spent = get(self.goal(i))
                if spent < INFINITE:
                    costs.append(line + self.length(i) + spent)
        for each in self.classes:
            spent = get(each.goal)
            if spent < INFINITE:
                lengths = _cheapest_names(each.language, seen, need, self.compiler)
                costs += [line + 4 + length + spent for _, length in lengths]
        if len(costs) < need:
            return INFINITE
        return total + sum(sorted(costs)[:need])

    def _demanding_cost(self, mask: int, met: int, seen: Seen, last: int, get: Cost, line: int) -> int:
        """As `rest_cost`, where some member must yet meet each of the open demands."""
        spec, formulas = self.spec, self.spec.formulas
        required = self.required & ~mask
        open_demands = [i for i in range(len(spec.exists)) if not met >> i & 1]
        best = INFINITE
        # An assignment gives each demand a member: a declared name, or the k-th new name of a class.
        stack: list[tuple[int, dict[Any, Formula]]] = [(0, {})]
        steps = 0
        while stack:
            steps += 1
            if steps > DEMANDS_LIMIT:
                raise LimitExceeded("the ways to meet what some member must satisfy", DEMANDS_LIMIT)
            at, chosen = stack.pop()
            if at == len(open_demands):
                best = min(best, self._assigned_cost(chosen, mask, required, seen, last, get, line))
                continue
            demand = open_demands[at]
            keys, goal = spec.exists[demand]
            for i, name in enumerate(self.names):
                if (
                    not mask >> i & 1
                    and keys.contains(name)
                    and (i > last or not self.compiler.options.ordered)
                ):
                    both = formulas.both(chosen.get(i, self.goal(i)), goal)
                    if both is not formulas.false:
                        stack.append((at + 1, {**chosen, i: both}))
            for number, each in enumerate(self.classes):
                if each.demands >> demand & 1:
                    taken = [key for key in chosen if isinstance(key, tuple) and key[0] == number]
                    for key in [*taken, (number, len(taken))]:
                        both = formulas.both(chosen.get(key, each.goal), goal)
                        if both is not formulas.false:
                            stack.append((at + 1, {**chosen, key: both}))
        return best

    def _assigned_cost(
        self,
        chosen: dict[Any, Formula],
        mask: int,
        required: int,
        seen: Seen,
        last: int,
        get: Cost,
        line: int,
    ) -> int:
        total, used = 0, mask | required
        for i in bits_of(required):
            total += line + self.length(i) + get(chosen.get(i, self.goal(i)))
        wanted: dict[int, int] = {}
        for key, goal in chosen.items():
            if isinstance(key, tuple):
                wanted[key[0]] = wanted.get(key[0], 0) + 1
                total += line + 4 + get(goal)
            elif not required >> key & 1:
                used |= 1 << key
                total += line + self.length(key) + get(goal)
        if total >= INFINITE:
            return INFINITE
        taken = seen
        for number, n in wanted.items():
            names = _cheapest_names(self.classes[number].language, seen, n, self.compiler)
            if len(names) < n:
                return INFINITE
            for name, length in names:
                total += length
                taken = taken.add(name)
        return self._filled(total, used.bit_count() + taken.size, used, taken, last, get, line)

    def is_endless(self, mask: int, live: int = -1) -> bool:
        """Whether infinitely many objects may come of one with these names seen, as far as is easily seen."""
        if self.spec.high is None and is_endless_text(self.other_names):
            return True
        live &= ((1 << len(self.names)) - 1) & ~mask & ~self.dead
        return any(is_endless_goal(self.compiler, self.goal(i)) for i in bits_of(live))

    # -- texts of undeclared names -------------------------------------------------------------------

    def other_text(self, names: Language, seen: Seen) -> State | None:
        """The state after the opening quote of an undeclared name out of `names`.

        Of the language of all names neither declared nor seen ones are taken out: it is infinite whatever
        was read, so that it is enough to refuse them at the closing quote.
        """
        if names is EMPTY:
            return None
        if names is UTF8_TEXT:
            return self.compiler.any_text
        key = (names, seen)
        found = self._other_texts.get(key)
        if found is None:
            unused = names - union(*[literal(name) for name in (*self.names, *seen)])
            text = self.compiler.string_state(unused)
            found = self._other_texts[key] = (text if text.shortest < INFINITE else None,)
        state: State | None = found[0]
        return state

    def class_texts(self, seen: Seen, raw: bytes) -> list[State | None]:
        """For each class of undeclared names the state after `raw`, None where no name begins so."""
        found = []
        for each in self.classes:
            text = self.other_text(each.language, seen) if self.compiler.satisfiable(each.goal) else None
            for byte in raw:
                text = None if text is None else text.advance(byte)
            found.append(text)
        return found

    # -- frames --------------------------------------------------------------------------------------

    def open(self, parent: Frame) -> Position:
        """The position after the opening brace."""
        frame = self.frame(parent, 0, 0, NOTHING_SEEN, -1)
        return frame.opened(self.compiler.layout.gap(parent.depth + 1))

    def frame(self, parent: Frame, mask: int, met: int, seen: Seen, last: int) -> ObjectFrame:
        """The frame of this plan in that state."""
        key = (self, mask, met, seen, last)
        found: ObjectFrame | None = parent.frames.get(key)
        if found is None:
            found = parent.frames[key] = ObjectFrame(self, parent, mask, met, seen, last)
        return found


def _cheapest_names(
    language: Language, seen: Seen, wanted: int, compiler: Compiler
) -> list[tuple[bytes, int]]:
    """Up to `wanted` names of the language that were not seen, cheapest first, with their encoded lengths."""
    names = compiler.cheapest_names.get(language)
    if names is None:
        names = compiler.cheapest_names[language] = CheapestNames(language, compiler.name_spelling)
    found: list[tuple[bytes, int]] = []
    number = 0
    while len(found) < wanted:
        entry = names.at(number, compiler.table.effort)
        if entry is None:
            break
        if entry[0] not in seen:
            found.append(entry)
        number += 1
    return found


class CheapestNames:
    """The names of a language by their encoded lengths, the plainest first, searched for as far as asked.

    A best-first search over the derivatives, whose results are kept: what was once found costs nothing.
    """

    __slots__ = ("_found", "_heap", "_order", "_spelling")

    def __init__(self, language: Language, spelling: Spelling) -> None:
        self._spelling = spelling
        self._order = counter().__next__
        self._found: list[tuple[bytes, int]] = []
        # Whole names come before longer ones of the same length: (length, is a prefix, order, name, rest).
        start = (shortest(language), True, self._order(), b"", language)
        self._heap: list[tuple[int, bool, int, bytes, Language]] = [start]

    def at(self, number: int, effort: Effort) -> tuple[bytes, int] | None:
        """The name with that number and its encoded length; None where there are fewer."""
        while len(self._found) <= number:
            if not self._heap:
                return None
            effort.spend()
            length, is_prefix, _, name, rest = heappop(self._heap)
            if not is_prefix:
                self._found.append((name, length))
            elif length < INFINITE:
                self._extend(name, rest, effort)
        return self._found[number]

    def _extend(self, name: bytes, rest: Language, effort: Effort) -> None:
        if rest.nullable:
            heappush(self._heap, (self._spelling.length(name), False, self._order(), name, rest))
        for bits, target in transitions(rest):
            least = shortest(target)
            if least >= INFINITE:
                continue
            effort.spend()
            for byte in sorted(bits_of(bits), key=_plainness):
                longer = name + bytes((byte,))
                length = _partial_length(longer, self._spelling) + least
                heappush(self._heap, (length, True, self._order(), longer, target))


def _plainness(byte: int) -> int:
    if byte < 0x20 or byte in (0x22, 0x5C):
        return byte + 512
    return byte + 256 if byte >= 0x7F else byte


def _partial_length(name: bytes, spelling: Spelling) -> int:
    """A lower bound of the encoded length of a name that begins so; exact for whole characters."""
    whole = name.decode("utf-8", "ignore").encode()
    return spelling.length(whole) + len(name) - len(whole)


class ObjectFrame:
    """An object being read, after a member (or before the first)."""

    __slots__ = (
        "_after",
        "_cost",
        "_live",
        "_others",
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
        self._others: Any = None

    @property
    def cost(self) -> int:
        if self._cost < 0:
            settle(self)
        return self._cost

    def own_cost(self) -> int:
        """Bytes from here to the closing brace, it included."""
        layout = self.compiler.layout
        line = 0 if layout.indent is None else len(layout.newline(self.depth)) + 1
        rest = self.plan.rest_cost(self.mask, self.met, self.seen, self.last, self.value_cost, line)
        return rest + 1 + len(layout.newline(self.depth - 1)) if rest < INFINITE else INFINITE

    def value_cost(self, goal: Formula) -> int:
        """Bytes of the shortest value of a member that satisfies the goal."""
        return self.compiler.cost(goal, self.depth)

    def is_endless(self) -> bool:
        """Whether infinitely many objects may come of what was read, as far as is seen at once."""
        return self.plan.is_endless(self.mask, self.live)

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
        return self.count >= spec.low and self.met == (1 << len(spec.exists)) - 1

    def can_end(self) -> bool:
        """Whether some way from here closes the object."""
        plan = self.plan
        if plan.simple and not plan.compiler.options.ordered:
            return True
        return plan.rest_cost(self.mask, self.met, self.seen, self.last, self.compiler.cost, 0) < INFINITE

    @property
    def live(self) -> int:
        """The declared names that a further member may have, as bits."""
        if self._live < 0:
            plan = self.plan
            live = ((1 << len(plan.names)) - 1) & ~self.mask & ~plan.dead
            if plan.compiler.options.ordered:
                live &= -1 << (self.last + 1)
            if live and (plan.compiler.options.ordered or not plan.simple):
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
            goal, mask, seen = plan.goal(i), self.mask | 1 << i, self.seen
        else:
            goal, mask, seen = spec.goal_of(name), self.mask, self.seen.add(name)
        last = -1
        if compiler.options.ordered:
            last = i if i is not None else len(plan.names)
        open_demands = [
            d for d, (keys, _) in enumerate(spec.exists) if not self.met >> d & 1 and keys.contains(name)
        ]
        found: list[tuple[Formula, ObjectFrame]] = []
        for chosen in product((True, False), repeat=len(open_demands)):
            both, met = goal, self.met
            for demand, meets in zip(open_demands, chosen, strict=True):
                if meets:
                    both = spec.formulas.both(both, spec.exists[demand][1])
                    met |= 1 << demand
            if not compiler.satisfiable(both) or any(both is g and f.met & met == met for g, f in found):
                continue
            frame = plan.frame(self.parent, mask, met, seen, last)
            if frame.can_end():
                found.append((both, frame))
        return tuple(found)

    def other_names(self) -> Language:
        """The undeclared names that a further member may have; seen and declared ones may be among them."""
        plan = self.plan
        spec = plan.spec
        if plan.simple and not plan.compiler.options.ordered:
            return plan.other_names
        if spec.high is not None and self.count >= spec.high:
            return EMPTY
        if not spec.exists and not plan.compiler.options.ordered:
            if spec.high is None or self.count + 1 + (plan.required & ~self.mask).bit_count() <= spec.high:
                return plan.other_names
            return EMPTY
        if plan.compiler.options.ordered and plan.required & ~self.mask:
            return EMPTY
        if not spec.exists:
            return plan.other_names
        allowed = EMPTY
        for each in plan.classes:
            name = _cheapest_names(each.language, self.seen, 1, plan.compiler)
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

    def others(self) -> State | None:
        """The state after the opening quote of a further, undeclared name; None: there is none."""
        if self._others is None:
            self._others = (self.plan.other_text(self.other_names(), self.seen),)
        found: State | None = self._others[0]
        return found

    def opened(self, gap: int) -> Position:
        """The position after the opening brace and some whitespace."""
        key = ("opened", gap)
        found: Position | None = self.positions.get(key)
        if found is None:
            found = self.positions[key] = ObjectOpened(self, gap)
        return found

    def after(self) -> Position:
        found = self._after
        if found is None:
            found = self._after = self.after_gap(self.compiler.layout.gap(self.depth))
        return found

    def after_gap(self, gap: int) -> Position:
        """The position after a member and some whitespace."""
        key = ("after", gap)
        found: Position | None = self.positions.get(key)
        if found is None:
            found = self.positions[key] = AfterMember(self, gap)
        return found

    def name_start(self, gap: int) -> NameStart:
        """The position before the name of a further member."""
        key = ("name", gap)
        found: NameStart | None = self.positions.get(key)
        if found is None:
            found = self.positions[key] = NameStart(self, gap)
        return found
