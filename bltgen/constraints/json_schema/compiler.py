"""From formulas to what the reader of a value needs: states for scalars, specs for containers, costs.

A `Compiler` answers, lazily and once each, for a formula (a *goal*):
- `strings(goal)`, `numbers(goal)`, `literals(goal)`: its scalars;
- `objects(goal)`, `arrays(goal)`: its containers, as plans (see `object_plan`, `array_plan`);
- `cost(goal)`: bytes of its shortest text, INFINITE where nothing satisfies it.

Costs are the least solution of a system of equations "shortest = minimum over alternatives of sums", which
recursion makes cyclic. They are solved by a work list that starts from INFINITE and only descends, over
the goals that the asked one depends on and no others: optional members are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bltgen.automata.contract import State
from bltgen.automata.language import EMPTY, INFINITE, Language, union
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.automata.word_list import words
from bltgen.constraints.json_schema import json_values as values
from bltgen.constraints.json_schema.array_plan import ArrayPlan, item_reader
from bltgen.constraints.json_schema.cheapest_names import CheapestNames
from bltgen.constraints.json_schema.clauses import Reader
from bltgen.constraints.json_schema.conflicts import find_conflicts
from bltgen.constraints.json_schema.embedding import is_json_text
from bltgen.constraints.json_schema.formula import (
    AND,
    ATOM,
    FALSE,
    NOT_ONE,
    ONE,
    OR,
    SCHEMA,
    TRUE,
    VALUES,
    Formula,
    Formulas,
)
from bltgen.constraints.json_schema.glance import (
    SharedGoals,
    referred,
    scalar_key,
    surely_satisfiable,
    takes_empty,
)
from bltgen.constraints.json_schema.grounding import Grounding
from bltgen.constraints.json_schema.json_values import STRING, is_text
from bltgen.constraints.json_schema.keywords import Keywords
from bltgen.constraints.json_schema.layout import Layout
from bltgen.constraints.json_schema.name_trie import Spelling
from bltgen.constraints.json_schema.normal_form import Cases
from bltgen.constraints.json_schema.number_rules import NumberRules
from bltgen.constraints.json_schema.object_plan import ObjectPlan, member_reader
from bltgen.constraints.json_schema.positions import OPEN_BRACE, OPEN_BRACKET, first_bytes
from bltgen.constraints.json_schema.references import Place
from bltgen.constraints.json_schema.state import JsonState, StateTable
from bltgen.constraints.json_schema.vocabulary import OF_OBJECTS
from bltgen.constraints.json_schema.written_numbers import (
    EVERY_NUMBER,
    NO_NUMBER,
    WrittenNumbers,
)
from bltgen.constraints.json_string import JsonString, StringState
from bltgen.constraints.number_set import NumberSet
from bltgen.errors import LimitExceeded, Unsupported

__all__ = ["Compiler", "Goal"]

_LITERALS = (("z",), ("b", True), ("b", False))
ALL_LITERALS = 7
STATES_LIMIT = 200_000
"""States kept in memory by one schema before its caches are dropped and built anew as needed."""

SOLVE_DEPTH = 20
"""Costs of goals within goals are found by recursion down to this depth, by a work list below."""

_SCALARS = SharedGoals(4096)

COMPACT = Layout.of("compact")
LITERAL_TEXTS = (b"null", b"true", b"false")


class Goal:
    """What is compiled of one formula so far; None: not yet."""

    __slots__ = ("arrays", "cost", "first", "literals", "numbers", "objects", "strings")

    def __init__(self) -> None:
        self.strings: State | None = None
        self.numbers: State | None = None
        self.literals: int | None = None
        self.objects: tuple[ObjectPlan, ...] | None = None
        self.arrays: tuple[ArrayPlan, ...] | None = None
        self.cost: int | None = None
        self.first: int | None = None


@dataclass
class Options:
    """What the user chose; see `json_schema`."""

    numbers: str = "any"
    digits: int = 15
    escapes: str = "any"
    ascii_only: bool = False
    ordered: bool = False
    closed: bool = False
    grounding: Grounding | None = None


class Compiler:
    """The lazily compiled form of one schema."""

    def __init__(
        self,
        layout: Layout,
        *,
        options: Options,
        formats: str,
        custom_formats: Mapping[str, Language],
        constraints: Mapping[str, Language],
    ) -> None:
        self.layout = layout
        # Costs without indentation: what is possible does not hang on it.
        self._even = layout if layout.is_even else COMPACT
        self.options = options
        self.table = StateTable(STATES_LIMIT)
        self.formulas = Formulas(self._summarise, self._negate_atom, self.table.effort)
        mentions_all = options.ordered or options.closed
        self.keywords = Keywords(self.formulas, formats, custom_formats, constraints, mentions_all)
        self.keywords.string_language = self.string_language
        self.cases = Cases(self.keywords)
        self._strings: dict[Formula, Language] = {}
        self._numbers: dict[Formula, WrittenNumbers] = {}
        self._number_rules: dict[Formula, NumberRules] = {}
        self.name_spelling = Spelling(options.ascii_only, options.escapes == "plain")
        self.cheapest_names: dict[Language, CheapestNames] = {}
        self.item_starts: dict[Any, JsonState] = {}
        self.endless_goals: dict[Formula, bool] = {}
        self.assignments: dict[Any, int] = {}
        self.assigning: set[Any] = set()
        self._readers: dict[Any, Reader] = {}
        self.solutions: dict[Any, Any] = {}
        self._any_text: StringState | None = None
        self._indented: dict[tuple[Formula, int], int] = {}
        self._surely: dict[Place, bool] = {}
        self._scalar_options: Any = (
            options.numbers,
            options.digits,
            options.escapes,
            options.ascii_only,
            formats,
        )
        if custom_formats or options.grounding is not None:
            self._scalar_options = None
        self._entered: set[tuple[Place, str]] = set()

    def _summarise(self, place: Place) -> Any:
        return self.keywords.summary(place)

    def _negate_atom(self, value: Any) -> Formula:
        return self.keywords.negate_atom(value)

    def goal(self, formula: Formula) -> Goal:
        """The compiled parts of a formula."""
        found: Goal | None = formula.compiled
        if found is None:
            found = formula.compiled = Goal()
        return found

    @property
    def any_text(self) -> StringState:
        """The state after the opening quote of any string."""
        if self._any_text is None:
            self._any_text = self.string_state(UTF8_TEXT)
        return self._any_text

    # -- scalars -------------------------------------------------------------------------------------

    def literals(self, formula: Formula) -> int:
        """Which of null, true and false satisfy the formula, as bits 1, 2 and 4."""
        goal = self.goal(formula)
        if goal.literals is None:
            goal.literals = self._find_literals(formula)
        return goal.literals

    def _find_literals(self, formula: Formula) -> int:
        op = formula.op
        if op in (TRUE, FALSE):
            return ALL_LITERALS if op == TRUE else 0
        if op == VALUES:
            members, positive = formula.value
            bits = sum(1 << i for i, value in enumerate(_LITERALS) if value in members)
            return bits if positive else ALL_LITERALS ^ bits
        if op == SCHEMA:
            place, positive = formula.value
            types = self.keywords.types(place)
            bits = sum(1 << i for i, value in enumerate(_LITERALS) if types & values.type_bit(value))
            if bits:
                inner = self.keywords.in_place(place)
                bits &= self._within(place, "literal", lambda: self.literals(inner))
            return bits if positive else ALL_LITERALS ^ bits
        found = [self.literals(part) for part in formula.parts]
        if op in (AND, OR):
            bits = ALL_LITERALS if op == AND else 0
            for each in found:
                bits = bits & each if op == AND else bits | each
            return bits
        assert op in (ONE, NOT_ONE)
        once = several = 0
        for each in found:
            several |= once & each
            once |= each
        return once & ~several if op == ONE else ALL_LITERALS ^ (once & ~several)

    def _within(self, place: Place, kind: str, compute: Callable[[], Any]) -> Any:
        """Compute something of a place, refusing a schema that applies itself to the same value."""
        key = (place, kind)
        if key in self._entered:
            raise Unsupported("a reference that reaches itself within the same value", place.pointer)
        self._entered.add(key)
        try:
            return compute()
        except RecursionError:
            raise LimitExceeded("the nesting of subschemas within one value", 200, counted=False) from None
        finally:
            self._entered.discard(key)

    def numbers(self, formula: Formula) -> State | None:
        """The state before the first byte of a number that satisfies the formula; None: there is none."""
        goal = self.goal(formula)
        if goal.numbers is None:
            goal.numbers = self.number_rules(formula).start(self.number_goal(formula))
        assert goal.numbers is not None
        return goal.numbers if goal.numbers.shortest < INFINITE else None

    def number_goal(self, formula: Formula) -> WrittenNumbers:
        """The numbers that may stand for the goal: those that are told, where values are grounded."""
        numbers = self.written_numbers(formula)
        grounding = self.options.grounding
        return numbers if grounding is None else grounding.numbers(numbers)

    def number_rules(self, formula: Formula) -> NumberRules:
        """How the numbers that satisfy the formula are written.

        Values that are excluded or chosen besides change nothing, so that equal items of an array are
        written alike; chosen ones are written if need be as they must.
        """
        found = self._number_rules.get(formula)
        if found is None:
            found = self._find_number_rules(formula)
            if self.options.grounding is not None and self.options.grounding.values is not None:
                found = found.listing(self.options.grounding.values.numbers)
            if self.keywords.floats:
                found = found._replace(floats=NumberSet.values(self.keywords.floats))
            self._number_rules[formula] = found
        return found

    def _find_number_rules(self, formula: Formula) -> NumberRules:
        parts = formula.parts if formula.op == AND else (formula,)
        others = [part for part in parts if part.op != VALUES]
        chosen = NumberSet.empty()
        for part in parts:
            if part.op == VALUES and part.value[1]:
                chosen |= self.written_numbers(part).numbers
        if len(others) < len(parts) and (others or chosen.is_empty() or formula in self.formulas.repeated):
            return self.number_rules(self.formulas.all_of(others)).listing(chosen)
        options, place = self.options, _asserted(formula)
        form = None if place is None else place.schema.get("format")
        return NumberRules.of(options.numbers, options.digits, self.written_numbers(formula), form)

    def written_numbers(self, formula: Formula) -> WrittenNumbers:
        """The numbers that satisfy the formula."""
        found = self._numbers.get(formula)
        if found is None:
            found = self._numbers[formula] = self._find_numbers(formula)
        return found

    def _find_numbers(self, formula: Formula) -> WrittenNumbers:
        op = formula.op
        if op == TRUE:
            return EVERY_NUMBER
        if op == FALSE:
            return NO_NUMBER
        if op == VALUES:
            members, positive = formula.value
            found = WrittenNumbers.however(
                NumberSet.values([values.to_decimal(v) for v in members if v[0] == "n"])
            )
            return found if positive else ~found
        if op == SCHEMA:
            place, positive = formula.value
            there: WrittenNumbers = self._within(place, "number", lambda: self._numbers_at(place))
            return there if positive else ~there
        beginning = self.formulas.beginning(formula)
        if beginning is not None and beginning in self._numbers:
            return self._numbers[beginning] & self.written_numbers(formula.parts[-1])
        self.table.effort.spend(len(formula.parts) >> 1)
        sets = [self.written_numbers(part) for part in formula.parts]
        if op in (ONE, NOT_ONE):
            none, one = EVERY_NUMBER, NO_NUMBER
            for each in sets:
                none, one = none - each, (one - each) | (none & each)
            return one if op == ONE else ~one
        made = sets[0]
        for each in sets[1:]:
            made = made & each if op == AND else made | each
        return made

    def _numbers_at(self, place: Place) -> WrittenNumbers:
        types = self.keywords.types(place)
        if not types & values.NUMBER:
            return NO_NUMBER
        own = self.keywords.number(place)
        found = self.written_numbers(self.keywords.in_place(place))
        if own is not None:
            found &= WrittenNumbers.however(own)
        if self.keywords.written_as_integer(place):
            found = found.only_as_integer()
        return found

    def strings(self, formula: Formula) -> State | None:
        """The state after the opening quote of a string that satisfies the formula; None: there is none."""
        goal = self.goal(formula)
        if goal.strings is None:
            goal.strings = self.string_state(self.content(formula))
        return goal.strings if goal.strings.shortest < INFINITE else None

    def told_by(self, formula: Formula) -> str | None:
        """The text that tells the strings of `strings`; None where it is not asked."""
        grounding = self.options.grounding
        if grounding is None or self.content(formula) is self.string_language(formula):
            return None
        return grounding.text

    def string_state(self, content: Language) -> StringState:
        """The state after the opening quote of a string whose decoded characters are in `content`."""
        options = self.options
        # A text of JSON is spelled plainly: behind each escape there would be states for every character.
        spelling: Any = "plain" if is_json_text(content) else options.escapes
        return JsonString(content, spelling=spelling, ascii_only=options.ascii_only).start()

    def content(self, formula: Formula) -> Language:
        """The decoded strings that may stand for the goal: those that are told, where values are grounded."""
        language = self.string_language(formula)
        grounding = self.options.grounding
        return language if grounding is None else grounding.strings(language)

    def string_language(self, formula: Formula) -> Language:
        """The decoded strings that satisfy the formula."""
        found = self._strings.get(formula)
        if found is None:
            found = self._strings[formula] = self._find_strings(formula)
        return found

    def _find_strings(self, formula: Formula) -> Language:
        op = formula.op
        if op == TRUE:
            return UTF8_TEXT
        if op == FALSE:
            return EMPTY
        if op == VALUES:
            members, positive = formula.value
            texts = [v[1] for v in members if v[0] == "s"]
            listed = words([text.encode() for text in texts if is_text(text)])
            return listed if positive else UTF8_TEXT - listed
        if op == SCHEMA:
            place, positive = formula.value
            there: Language = self._within(place, "string", lambda: self._strings_at(place))
            return there if positive else UTF8_TEXT - there
        beginning = self.formulas.beginning(formula)
        if beginning is not None and beginning in self._strings:
            return _meet(self._strings[beginning], self.string_language(formula.parts[-1]))
        self.table.effort.spend(len(formula.parts) >> 1)
        found = [self.string_language(part) for part in formula.parts]
        if op == OR:
            return union(*found)
        if op in (ONE, NOT_ONE):
            none, one = UTF8_TEXT, EMPTY
            for each in found:
                others = UTF8_TEXT - each
                none, one = _meet(none, others), _meet(one, others) | _meet(none, each)
            return one if op == ONE else UTF8_TEXT - one
        made = found[0]
        for each in found[1:]:
            made = _meet(made, each)
        return made

    def _strings_at(self, place: Place) -> Language:
        if not self.keywords.types(place) & STRING:
            return EMPTY
        own = self.keywords.string(place)
        inner = self.string_language(self.keywords.in_place(place))
        return inner if own is None else _meet(inner, own)

    # -- containers ----------------------------------------------------------------------------------

    def objects(self, formula: Formula) -> tuple[ObjectPlan, ...]:
        """The plans one of which an object that satisfies the formula follows."""
        goal = self.goal(formula)
        if goal.objects is None:
            specs = self.cases.objects(formula)
            if self.options.closed and not self._is_about_objects(formula):
                goal.objects = tuple([ObjectPlan(spec, self, omits=False) for spec in specs])
            else:
                goal.objects = tuple([self.object_plan(spec) for spec in specs])
        return goal.objects

    def _is_about_objects(self, formula: Formula) -> bool:
        """Whether a formula says of a value that it is an object, or something of its members.

        Else any value is meant, and any members with it.
        """
        if formula.op in (ATOM, VALUES):
            return True
        if formula.op != SCHEMA:
            return any(self._is_about_objects(part) for part in formula.parts)
        todo, seen = [formula.value[0]], set[Place]()
        while todo:
            place = todo.pop()
            if place in seen or isinstance(place.schema, bool):
                continue
            seen.add(place)
            if self.keywords.types(place) != values.ANY_TYPE or not OF_OBJECTS.isdisjoint(place.schema):
                return True
            todo += self.keywords.applied(place)
        return False

    def object_plan(self, spec: Any) -> ObjectPlan:
        """The plan of a spec."""
        if spec.compiled is None:
            spec.compiled = ObjectPlan(spec, self, self.options.closed)
        plan: ObjectPlan = spec.compiled
        return plan

    def reader(self, about: Any) -> Reader:
        """The reader of the item at an index, or of the members that `about` describes (`member_reader`)."""
        found = self._readers.get(about)
        if found is None:
            found = item_reader(self, about) if isinstance(about, int) else member_reader(self, about)
            self._readers[about] = found
        return found

    def arrays(self, formula: Formula) -> tuple[ArrayPlan, ...]:
        """The plans one of which an array that satisfies the formula follows."""
        goal = self.goal(formula)
        if goal.arrays is None:
            specs = self.cases.arrays(formula)
            goal.arrays = tuple([self.array_plan(spec) for spec in specs])
        return goal.arrays

    def array_plan(self, spec: Any) -> ArrayPlan:
        """The plan of a spec."""
        if spec.compiled is None:
            spec.compiled = ArrayPlan(spec, self)
        plan: ArrayPlan = spec.compiled
        return plan

    def live_objects(self, formula: Formula) -> tuple[ObjectPlan, ...]:
        """The plans by which some object can be finished."""
        return self._alive(formula, self.objects(formula))

    def live_arrays(self, formula: Formula) -> tuple[ArrayPlan, ...]:
        """The plans by which some array can be finished."""
        return self._alive(formula, self.arrays(formula))

    def _alive(self, formula: Formula, plans: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(plans) == 1 and plans[0].live is None and self._first_at_a_glance(formula):
            plans[0].live = True  # nothing else satisfies what something does
        for plan in plans:
            if plan.live is None:
                plan.live = plan.cost(self.cost, self._even, 0) < INFINITE
        if all(plan.live for plan in plans):
            return plans
        return tuple([plan for plan in plans if plan.live])

    def foresee(self, formula: Formula) -> None:
        """Decide what may cost too much of the outermost value, so that a limit is met before the first byte.

        Of values within it that is decided when they are read: most are not, and it may take long.
        """
        self.first_bytes(formula)
        if self._first_at_a_glance(formula):
            return  # nothing in it is undecided
        for objects in self.live_objects(formula):
            objects.foresee()
        for arrays in self.live_arrays(formula):
            arrays.foresee()

    def first_bytes(self, formula: Formula) -> int:
        """The bytes with which a value that satisfies the formula may begin, as bits."""
        goal = self.goal(formula)
        if goal.first is None:
            goal.first = self._first_at_a_glance(formula) or first_bytes(self, formula)
        return goal.first

    def _first_at_a_glance(self, formula: Formula) -> int:
        """The opening brace or bracket where all values begin with it, as far as is seen at once; else 0."""
        place = _asserted(formula) if self.options.grounding is None else None
        if place is None or place.schema.get("type") not in ("object", "array"):
            return 0
        if not surely_satisfiable(place, self._surely):
            return 0
        return 1 << (OPEN_BRACE if place.schema["type"] == "object" else OPEN_BRACKET)

    def satisfiable(self, formula: Formula) -> bool:
        """Whether some value satisfies the formula."""
        goal: Goal | None = formula.compiled
        if goal is not None and goal.cost is not None:
            return goal.cost < INFINITE
        if self._at_a_glance(formula):
            cost: int = formula.compiled.cost
            return cost < INFINITE
        place = _asserted(formula) if self.options.grounding is None else None
        if place is not None and surely_satisfiable(place, self._surely):
            return True
        self._solve(formula)
        solved = self.goal(formula).cost
        assert solved is not None
        return solved < INFINITE

    def conflicts(self, formula: Formula) -> tuple[str, ...]:
        """Pointers of subschemas that exclude each other, where nothing satisfies the formula."""
        return find_conflicts(self, formula)

    # -- costs ---------------------------------------------------------------------------------------

    def cost(self, formula: Formula, depth: int = 0) -> int:
        """The bytes of the shortest text that satisfies the formula; INFINITE where there is none.

        `depth`, the number of containers around the value, matters where there is indentation.
        """
        goal: Goal | None = formula.compiled
        if goal is None or goal.cost is None:
            if not self._at_a_glance(formula):
                self._solve(formula)
            goal = self.goal(formula)
            assert goal.cost is not None
        if self.layout.is_even or goal.cost >= INFINITE:
            return goal.cost
        key = (formula, depth)
        found = self._indented.get(key)
        if found is None:
            found = self._indented[key] = self._indented_cost(formula, depth)
        return found

    def _at_a_glance(self, formula: Formula) -> bool:
        """Whether the formula's cost is known at a glance; then its goal has it."""
        place = _asserted(formula)
        if place is None:
            return False
        if takes_empty(place):
            self.goal(formula).cost = 2 + self._even.inside(1).empty.shortest
            return True
        key = scalar_key(place) if self._scalar_options is not None else None
        if key is None:
            return False
        key = (self._scalar_options, key)
        found = _SCALARS.get(key)
        if found is None:
            target = self.formulas.schema(place)
            goal = self.goal(target)
            goal.objects = goal.arrays = ()
            goal.cost = self._evaluate(target, lambda other: INFINITE, self._even, 0)
            found = (goal, target._summary)
            _SCALARS.put(key, found)
        formula.compiled, formula._summary = found
        return True

    def _solve(self, formula: Formula) -> None:
        """Find the cost, without indentation, of the formula and of all that it depends on.

        Where it is not known at a glance.
        """
        estimates: dict[Formula, int] = {formula: INFINITE}
        dependents: dict[Formula, set[Formula]] = {}
        todo = [formula]
        current = formula
        depth = 0

        def get(other: Formula) -> int:
            nonlocal current, depth
            known: Goal | None = other.compiled
            if known is not None and known.cost is not None:
                return known.cost
            if other not in estimates:
                if self._at_a_glance(other):
                    seen: int = other.compiled.cost
                    return seen
                estimates[other] = INFINITE
                if depth < SOLVE_DEPTH:
                    # At once where that is possible, so that what asks need not be evaluated again.
                    asking, current = current, other
                    depth += 1
                    found = self._evaluate(other, get, self._even, 0)
                    depth -= 1
                    current = asking
                    if found < INFINITE:
                        estimates[other] = found
                        todo.extend(dependents.get(other, ()))
                else:
                    todo.append(other)
            dependents.setdefault(other, set()).add(current)
            return estimates[other]

        while todo:
            current = todo.pop()
            found = self._evaluate(current, get, self._even, 0)
            if found < estimates[current]:
                estimates[current] = found
                todo += dependents.get(current, ())
        for each, found in estimates.items():
            self.goal(each).cost = found

    def _indented_cost(self, formula: Formula, depth: int) -> int:
        """The cost with indentation, where what lies deeper costs more, so that the system is infinite.

        It is cut at a depth, and the depth doubled until every text that goes deeper is longer than the
        best that does not: each level takes at least two brackets on lines of their own.
        """
        horizon = 4
        while True:
            best = self._cut_cost(formula, depth, horizon)
            levels = [self.layout.inside(depth + level + 1) for level in range(horizon)]
            deeper = sum(2 + gaps.open.shortest + gaps.close.shortest for gaps in levels)
            if best <= deeper:
                return best
            horizon *= 2

    def _cut_cost(self, formula: Formula, depth: int, horizon: int) -> int:
        start = (formula, depth)
        estimates: dict[tuple[Formula, int], int] = {start: INFINITE}
        dependents: dict[tuple[Formula, int], set[tuple[Formula, int]]] = {}
        todo = [start]
        current = start

        def get(other: Formula) -> int:
            below = (other, current[1] + 1)
            if below[1] > depth + horizon:
                return INFINITE
            dependents.setdefault(below, set()).add(current)
            if below not in estimates:
                estimates[below] = INFINITE
                todo.append(below)
            return estimates[below]

        while todo:
            current = todo.pop()
            found = self._evaluate(current[0], get, self.layout, current[1])
            if found < estimates[current]:
                estimates[current] = found
                todo += dependents.get(current, ())
        return estimates[start]

    def _evaluate(self, formula: Formula, get: Callable[[Formula], int], layout: Layout, depth: int) -> int:
        """The shortest text, given the shortest texts of other goals."""
        types = self.formulas.summary(formula).types
        best = INFINITE
        if types & values.NUMBER:
            numbers = self.numbers(formula)
            if numbers is not None:
                best = numbers.shortest
                if best == 1:
                    return best
        if types & STRING:
            strings = self.strings(formula)
            if strings is not None:
                best = min(best, 1 + strings.shortest)
        if best <= 2:
            return best
        if types & (values.NULL | values.BOOLEAN):
            literals = self.literals(formula)
            for i, text in enumerate(LITERAL_TEXTS):
                if literals >> i & 1:
                    best = min(best, len(text))
        if types & values.ARRAY:
            for array in self.arrays(formula):
                best = min(best, array.cost(get, layout, depth))
                if best <= 2:
                    return best
        if types & values.OBJECT:
            for plan in self.objects(formula):
                best = min(best, plan.cost(get, layout, depth))
        return best


def _asserted(formula: Formula) -> Place | None:
    """The place whose schema a formula asserts, seen through references; None: no single one, or a bool."""
    if formula.op != SCHEMA or not formula.value[1]:
        return None
    place = referred(formula.value[0])
    return None if isinstance(place.schema, bool) else place


def _meet(one: Language, other: Language) -> Language:
    # All are languages of UTF-8 texts, so that any text is neutral; patterns need no search then.
    if one is UTF8_TEXT:
        return other
    return one if other is UTF8_TEXT else one & other
