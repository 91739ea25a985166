"""Objects: what a thread follows while it reads one.

An `ObjectPlan` is an `ObjectSpec` with what is needed to read by it: its declared names as a trie, a bit a
name; the language of the other names; the cost of what is still needed. A plan with clauses has `branches`:
for a member the goals of its value, each with the plan to go on by.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

from bltgen.automata.byteset import bits_of
from bltgen.automata.language import EMPTY, INFINITE, Language, union
from bltgen.automata.limits import current_limits
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.automata.word_list import words
from bltgen.constraints.json_schema.cheapest_names import cheapest_names
from bltgen.constraints.json_schema.clauses import Mentions, Reader, Split, crowded, mentions_of
from bltgen.constraints.json_schema.formula import FALSE, TRUE, Formula
from bltgen.constraints.json_schema.key_set import KeySet
from bltgen.constraints.json_schema.layout import Layout
from bltgen.constraints.json_schema.name_classes import NameClasses
from bltgen.constraints.json_schema.name_conflicts import NameSets
from bltgen.constraints.json_schema.name_trie import NameNode, NameTable
from bltgen.constraints.json_schema.object_clauses import ObjectClauses, Prices
from bltgen.constraints.json_schema.object_frame import ObjectFrame
from bltgen.constraints.json_schema.positions import Frame, Position
from bltgen.constraints.json_schema.seen import NOTHING_SEEN, Seen
from bltgen.constraints.json_schema.specs import ObjectDraft, ObjectSpec
from bltgen.constraints.json_schema.unique_items import is_endless_goal, is_endless_text
from bltgen.constraints.json_string import StringState
from bltgen.errors import LimitExceeded

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.compiler import Compiler

__all__ = ["ObjectPlan", "member_reader"]

Cost = Callable[[Formula], int]

GOALS_LIMIT = 64
"""At most so many goals of undeclared members are looked at to bound what a value costs."""


class ObjectPlan:
    """How to read an object by `spec`. Made by the compiler, one a spec.

    `omits`: members of which the schema says nothing are left out, where none of them is needed.
    """

    __slots__ = (
        "_branches",
        "_classes",
        "_clauses",
        "_dead",
        "_goals_of_others",
        "_other_names",
        "_other_texts",
        "closed",
        "compiler",
        "goals",
        "index",
        "live",
        "mentions",
        "names",
        "omits",
        "required",
        "simple",
        "spec",
        "table",
    )

    def __init__(self, spec: ObjectSpec, compiler: Compiler, omits: bool) -> None:
        self.spec = spec
        self.compiler = compiler
        if spec.table is None:
            declared = dict.fromkeys(spec.goals)
            declared.update(dict.fromkeys(sorted(spec.required)))
            for keys, _ in (*spec.rest, *spec.exists):
                declared.update(dict.fromkeys(sorted(keys.names)))
            self.table = NameTable(list(declared))
        else:
            self.table = spec.table
        self.names = self.table.names
        self.index = self.table.index
        self.goals: list[Formula | None] = [None] * len(self.names)
        self.mentions: Mentions | None = mentions_of(spec.clauses) if spec.clauses else None
        self.required = sum(1 << self.index[name] for name in spec.required)
        self.live: bool | None = None
        # Nothing but required names is ever needed, and any number of others may come.
        self.simple = (
            not spec.exists and spec.high is None and spec.low <= len(spec.required) and not spec.clauses
        )
        # Asked to leave out members of which the schema says nothing, where none is needed.
        self.omits = (
            omits
            and not spec.exists
            and spec.low <= len(spec.required)
            and not (self.mentions is not None and (self.mentions.sets or self.mentions.sizes))
        )
        self.closed = self.omits and not spec.rest
        self._dead: int | None = None
        self._goals_of_others: tuple[list[Formula] | None] | None = None
        self._other_names: Language | None = None
        self._other_texts: dict[Any, Any] = {}
        self._classes: NameClasses | None = None
        self._clauses: ObjectClauses | None = None
        self._branches: dict[Any, tuple[tuple[Formula, ObjectPlan], ...]] = {}

    # -- names ---------------------------------------------------------------------------------------

    @property
    def root(self) -> NameNode:
        """The trie of the declared names."""
        return self.table.root

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
            self.compiler.table.effort.spend(len(self.names) >> 4)
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
        if self.omits:
            # A set of names that must not come, given by those that may, speaks of these.
            spoken_of = [
                keys.language() if satisfiable(goal) else union(*keys.languages)
                for keys, goal in self.spec.rest
                if keys.negated or satisfiable(goal)
            ]
            allowed = UTF8_TEXT if UTF8_TEXT in spoken_of else union(*spoken_of)
        conditional: list[tuple[KeySet, Formula]] = []
        for keys, goal in self.spec.rest:
            if satisfiable(goal):
                if goal.op != TRUE:
                    conditional.append((keys, goal))
            elif keys.negated:
                if not keys.languages:
                    return EMPTY
                allowed &= union(*keys.languages)
            else:
                allowed -= union(*keys.languages)
        contrary = NameSets(self.compiler, conditional).impossible()
        return allowed - union(*contrary) if contrary else allowed

    @property
    def classes(self) -> NameClasses:
        """The undeclared names by the sets that they are in."""
        found = self._classes
        if found is None:
            found = self._classes = NameClasses(self)
        return found

    # -- costs ---------------------------------------------------------------------------------------

    def length(self, i: int) -> int:
        """Bytes of the declared name `i` with quotes, colon and the comma before it."""
        return self.table.length(i, self.compiler.name_spelling)

    def cost(self, get: Cost, layout: Layout, depth: int) -> int:
        """Bytes of the shortest object inside of `depth` containers, given the costs of goals within."""
        gaps = layout.inside(depth + 1)
        rest = self.rest_cost(0, 0, NOTHING_SEEN, -1, get, gaps.comma + gaps.colon)
        if rest >= INFINITE:
            return INFINITE
        if not rest:
            return 2 + gaps.empty.shortest
        # Before the first member there is a brace, where the others have a comma.
        return gaps.open.shortest + rest - gaps.comma + gaps.close.shortest + 1

    def rest_cost(self, mask: int, met: int, seen: Seen, last: int, get: Cost, line: int) -> int:
        """Bytes of the members still needed; INFINITE where the object cannot end.

        Each counts with the comma before it and `line` bytes of whitespace.

        `mask`: declared names seen; `met`: demands met; `seen`: other names seen; `last`: in schema order,
        the declared name that was read last.
        """
        spec = self.spec
        if spec.clauses:
            return self.clauses.cost((mask, met, seen, last), Prices(get, line, None))
        todo = self.required & ~mask
        if self.compiler.options.ordered and last >= 0 and todo & ((2 << last) - 1):
            return INFINITE
        if spec.exists and met != (1 << len(spec.exists)) - 1:
            return self._demanding_cost(mask, met, seen, last, get, line)
        return self.needed_cost(mask, seen, last, get, line)

    def needed_cost(self, mask: int, seen: Seen, last: int, get: Cost, line: int, *, more: int = 0) -> int:
        """As `rest_cost` where no demands are open, after `more` undeclared members of unknown names.

        Which names these have may raise it, but not lower it.
        """
        todo = self.required & ~mask
        total = 0
        for i in bits_of(todo):
            total += line + self.length(i) + get(self.goal(i))
            if total >= INFINITE:
                return INFINITE
        present = mask.bit_count() + seen.size + more + todo.bit_count()
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
        self.compiler.table.effort.spend(1 + (len(self.names) >> 2))
        costs = []
        for i in range(len(self.names)):
            if not used >> i & 1 and (i > last or not self.compiler.options.ordered):
                spent = get(self.goal(i))
                if spent < INFINITE:
                    costs.append(line + self.length(i) + spent)
        for number in count():
            if len(costs) >= need:
                costs = sorted(costs)[:need]
                # No name of this class or of those after it is shorter, and no value is empty.
                if costs[-1] <= line + 4 + self.classes.least(number) + 1:
                    break
            each = self.classes.at(number)
            if each is None:
                break
            spent = get(each.goal)
            if spent < INFINITE:
                lengths = cheapest_names(each.language, seen, need, self.compiler)
                costs += [line + 4 + length + spent for _, length in lengths]
        if len(costs) < need:
            return INFINITE
        return total + sum(sorted(costs)[:need])

    def least_of_others(self, get: Cost) -> int:
        """No value of an undeclared member is shorter."""
        spec = self.spec
        goals = [goal for keys, goal in spec.rest if self.compiler.satisfiable(goal)]
        told = {language for keys, _ in spec.rest if not keys.negated for language in keys.languages}
        # With a set of all the names that are in no other one, each name is in some set.
        if not any(keys.negated and told.issuperset(keys.languages) for keys, _ in spec.rest):
            return 1
        return min([get(goal) for goal in goals], default=1)

    def most_of_others(self, get: Cost) -> int:
        """No shortest value of an undeclared member is longer; INFINITE where that is not known."""
        if self._goals_of_others is None:
            sets = [(keys, goal) for keys, goal in self.spec.rest if self.compiler.satisfiable(goal)]
            self._goals_of_others = (NameSets(self.compiler, sets).combined(GOALS_LIMIT),)
        (goals,) = self._goals_of_others
        if goals is None:
            return INFINITE
        return max([cost for goal in goals if (cost := get(goal)) < INFINITE])

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
            if steps > (limit := current_limits().demand_ways):
                raise LimitExceeded("the ways to meet what some member must satisfy", limit)
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
            for number, each in enumerate(self.classes.all()):
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
            names = cheapest_names(self.classes.all()[number].language, seen, n, self.compiler)
            if len(names) < n:
                return INFINITE
            for name, length in names:
                total += length
                taken = taken.add(name)
        return self._filled(total, used.bit_count() + taken.size, used, taken, last, get, line)

    # -- clauses -------------------------------------------------------------------------------------

    @property
    def clauses(self) -> ObjectClauses:
        """The undecided disjunctions; only of a plan whose spec has some."""
        if self._clauses is None:
            self._clauses = ObjectClauses(self)
        return self._clauses

    @property
    def any_price(self) -> Prices:
        """Nothing for what is possible: to look for any way, not the cheapest."""
        cost = self.compiler.cost
        return Prices(lambda goal: 0 if cost(goal) < INFINITE else INFINITE, 0, "any")

    def branches(self, i: int | None, name: bytes) -> tuple[tuple[Formula, ObjectPlan], ...]:
        """The goals of the value of a member of this name, each with the plan for what follows it."""
        mentions = self.mentions
        goal = self.goal(i) if i is not None else self.spec.goal_of(name)
        if mentions is None:
            return ((goal, self),)
        key: Any = i
        if i is None:
            key = (goal, frozenset([keys for keys in mentions.sets if keys.contains(name)]))
            if not key[1]:
                return ((goal, self),)
        elif not mentions.contains(name):
            return ((goal, self),)
        found = self._branches.get(key)
        if found is None:
            found = self._branches[key] = self._find_branches(goal, name, key)
        return found

    def _find_branches(self, goal: Formula, name: bytes, key: Any) -> tuple[tuple[Formula, ObjectPlan], ...]:
        compiler, spec = self.compiler, self.spec
        formulas = spec.formulas
        touched: list[Formula] = []
        kept: list[Formula] = []
        for clause in spec.clauses:
            (touched if mentions_of((clause,)).contains(name) else kept).append(clause)
        reader = compiler.reader(name if isinstance(key, int) else key[1])
        plans: dict[ObjectPlan, Formula] = {}
        for condition, left in reader.clauses(touched, goal):
            following = compiler.cases.settled(ObjectDraft.of(spec), [*kept, left])
            if following is not None:
                plan = compiler.object_plan(following)
                before = plans.get(plan)
                plans[plan] = condition if before is None else formulas.any_of((before, condition))
        return tuple([(condition, plan) for plan, condition in plans.items()])

    def foresee(self) -> None:
        """Decide members on which many conditions meet before any is read, so that a limit is met now."""
        if self.spec.clauses:
            for name in crowded(self.spec.formulas, self.spec.clauses):
                assert name is not None
                if name in self.index:
                    self.branches(self.index[name], name)

    def is_endless(self, mask: int, live: int = -1) -> bool:
        """Whether infinitely many objects may come of one with these names seen, as far as is easily seen."""
        if self.spec.clauses:
            return False
        if self.spec.high is None and is_endless_text(self.other_names):
            return True
        live &= ((1 << len(self.names)) - 1) & ~mask & ~self.dead
        return any(is_endless_goal(self.compiler, self.goal(i)) for i in bits_of(live))

    # -- texts of undeclared names -------------------------------------------------------------------

    def other_text(self, names: Language, seen: Seen) -> StringState | None:
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
            unused = names - words((*self.names, *seen))
            text = self.compiler.string_state(unused)
            found = self._other_texts[key] = (text if text.shortest < INFINITE else None,)
        state: StringState | None = found[0]
        return state

    # -- frames --------------------------------------------------------------------------------------

    def open(self, parent: Frame) -> Position:
        """The position after the opening brace."""
        frame = self.frame(parent, 0, 0, NOTHING_SEEN, -1)
        return frame.opened()

    def frame(self, parent: Frame, mask: int, met: int, seen: Seen, last: int) -> ObjectFrame:
        """The frame of this plan in that state."""
        key = (self, mask, met, seen, last)
        found: ObjectFrame | None = parent.frames.get(key)
        if found is None:
            found = parent.frames[key] = ObjectFrame(self, parent, mask, met, seen, last)
        return found


def member_reader(compiler: Compiler, about: bytes | frozenset[KeySet]) -> Reader:
    """The reader of members of a declared name, or of undeclared ones that are in just these sets."""
    formulas = compiler.formulas

    def atom(formula: Formula) -> Split:
        kind, keys, *rest = formula.value
        if kind == "size":
            return {formula: formulas.true}
        inside = keys.contains(about) if isinstance(about, bytes) else keys in about
        if not inside:
            return {formula: formulas.true}
        (goal,) = rest
        left = formula
        if keys.is_finite:
            names = keys.names - {about}
            if names:
                left = formulas.atom((kind, KeySet(names), goal))
            else:
                left = formulas.true if kind == "each" else formulas.false
        met, unmet = (left, formulas.false) if kind == "each" else (formulas.true, left)
        if met is unmet:
            return {met: formulas.true}
        split = {met: goal, unmet: formulas.negation(goal)}
        return {after: condition for after, condition in split.items() if condition.op != FALSE}

    return Reader(formulas, compiler.satisfiable, atom, compiler.table.effort)
