"""The search for the cheapest choices: which draft it finds, in what order it looks, and what it spends."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from bltgen.automata.language import INFINITE, literal
from bltgen.constraints.json_schema import clause_search as module
from bltgen.constraints.json_schema.clause_search import Changes, Search, components
from bltgen.constraints.json_schema.formula import Formula, Formulas
from bltgen.constraints.json_schema.json_values import canonical
from bltgen.constraints.json_schema.key_set import KeySet
from bltgen.constraints.json_schema.keywords import Keywords
from bltgen.constraints.json_schema.specs import ArrayDraft, ObjectDraft

from .tables import Counted

PRICES = {b"a": 1, b"b": 2, b"c": 4, b"d": 8}


def table() -> Formulas:
    """A table of its own: what searches remember in one is not known in another."""
    made = Formulas(negate_atom=lambda value: keywords.negate_atom(value))
    keywords = Keywords(made)
    return made


def price(draft: ObjectDraft) -> int:
    return sum(PRICES.get(name, 1) for name in draft.required)


class Case:
    """Formulas over "the member is there", and searches among them that note the bounds asked for."""

    def __init__(self) -> None:
        self.formulas = table()
        self.effort = Counted()
        self.asked: list[tuple[str, list[bytes]]] = []

    def needs(self, name: str, *values: Any) -> Formula:
        goal = self.formulas.values(map(canonical, values)) if values else self.formulas.true
        return self.formulas.atom(("some", KeySet(frozenset((name.encode(),))), goal))

    def any(self, *names: str) -> Formula:
        return self.formulas.any_of([self.needs(name) for name in names])

    def one(self, *names: str) -> Formula:
        return self.formulas.one_of([self.needs(name) for name in names])

    def draft(self, *atoms: Formula) -> ObjectDraft:
        made = ObjectDraft(self.formulas)
        for atom in atoms:
            assert made.add(atom.value)
        return made

    def search(
        self,
        bound: Callable[[ObjectDraft], int] = price,
        exact: Callable[[ObjectDraft], int] = price,
    ) -> Search[ObjectDraft]:
        def noted(kind: str, cost: Callable[[ObjectDraft], int]) -> Callable[[ObjectDraft], int]:
            def asked(draft: ObjectDraft) -> int:
                self.asked.append((kind, sorted(draft.required)))
                return cost(draft)

            return asked

        return Search(self.formulas, noted("bound", bound), noted("exact", exact), self.effort)

    def cheapest(self, *clauses: Formula, **costs: Any) -> tuple[int, list[bytes]] | None:
        found = self.search(**costs).cheapest(self.draft(), clauses)
        return None if found is None else (found[0], sorted(found[1].required))


@pytest.fixture
def case() -> Case:
    return Case()


# -- what is found -----------------------------------------------------------------------------------


def test_without_clauses_the_draft_itself_is_cheapest(case: Case) -> None:
    draft = case.draft(case.needs("c"))
    assert case.search().cheapest(draft, []) == (4, draft)
    assert case.asked == [("bound", [b"c"]), ("exact", [b"c"])]


def test_a_unit_is_added_without_a_choice(case: Case) -> None:
    assert case.cheapest(case.needs("b"), case.formulas.true) == (2, [b"b"])
    assert case.asked == [("bound", [b"b"]), ("exact", [b"b"])]


def test_the_cheapest_choice_is_found(case: Case) -> None:
    assert case.cheapest(case.any("d", "a", "c")) == (1, [b"a"])
    assert case.cheapest(case.any("d", "c"), case.any("c", "b"), case.any("b", "d")) == (6, [b"b", b"c"])
    assert case.cheapest(case.one("d", "a", "c")) == (1, [b"a"])


def test_clauses_that_contradict_each_other_have_none(case: Case) -> None:
    not_a, not_b = (case.formulas.negation(case.needs(name)) for name in "ab")
    assert case.cheapest(case.any("a", "b"), not_a, not_b) is None
    assert case.cheapest(case.formulas.false) is None
    never = case.formulas.all_of([not_a, not_b])
    assert case.cheapest(case.formulas.any_of([never, case.formulas.false]), case.any("a", "b")) is None


def test_what_costs_without_end_is_no_choice(case: Case) -> None:
    def bound(draft: ObjectDraft) -> int:
        return INFINITE if b"a" in draft.required else price(draft)

    assert case.cheapest(case.any("a", "b"), bound=bound) == (2, [b"b"])
    assert case.cheapest(case.any("a", "b"), exact=bound) == (2, [b"b"])
    assert case.cheapest(case.needs("a"), bound=bound) is None
    assert case.cheapest(case.needs("a"), exact=bound) is None


def test_a_draft_that_costs_more_than_its_bound_waits(case: Case) -> None:
    """It is the cheapest only if no other has a lower bound."""

    def dear(draft: ObjectDraft) -> int:
        return 3 if b"a" in draft.required else price(draft)

    assert case.cheapest(case.any("a", "b"), exact=dear) == (2, [b"b"])
    assert case.cheapest(case.any("a", "c"), exact=dear) == (3, [b"a"])
    # Its cost is known then; the other's need not be.
    assert [names for kind, names in case.asked[3:] if kind == "exact"] == [[b"a"], [b"b"], [b"a"]]


def test_the_draft_given_is_not_changed(case: Case) -> None:
    draft = case.draft(case.needs("d"))
    found = case.search().cheapest(draft, [case.any("a", "b")])
    assert found is not None
    assert found[0] == 9
    assert draft.required == {b"d"}


def test_choices_exclude_those_before_them(case: Case) -> None:
    """So that no draft is come to in two ways: with "b" there is no "a"."""
    found = case.search(bound=lambda draft: 0, exact=lambda draft: 0).cheapest(
        case.draft(), [case.any("a", "b"), case.formulas.negation(case.needs("a"))]
    )
    assert found is not None
    assert found[1].goals == {b"a": case.formulas.false}
    case = Case()
    dear = {b"a": 5, b"b": 1}
    found = case.search(bound=lambda draft: sum(dear[name] for name in draft.required)).cheapest(
        case.draft(), [case.any("a", "b")]
    )
    assert found is not None
    assert found[1].required == {b"b"}
    assert found[1].goals == {b"a": case.formulas.false}


def test_disjunctions_of_conjunctions_are_taken_apart(case: Case) -> None:
    formulas = case.formulas
    both = formulas.all_of([case.needs("a"), case.any("b", "c")])
    assert case.cheapest(formulas.any_of([both, case.needs("d")])) == (3, [b"a", b"b"])
    dearer = formulas.all_of([case.needs("c"), case.any("d", "b")])
    assert case.cheapest(formulas.any_of([dearer, case.needs("d")])) == (6, [b"b", b"c"])


def test_arrays_have_choices_too() -> None:
    formulas = table()
    long, short = formulas.atom(("length", 3, None)), formulas.atom(("length", 1, 1))
    search = Search(formulas, lambda draft: draft.low, lambda draft: draft.low, Counted())
    found = search.cheapest(ArrayDraft(formulas), [formulas.any_of([long, short])])
    assert found is not None
    assert (found[0], found[1].low, found[1].high) == (1, 1, 1)
    found = search.cheapest(
        ArrayDraft(formulas), [formulas.any_of([long, short]), formulas.atom(("length", 2, None))]
    )
    assert found is not None
    assert found[0] == 3


def test_sizes_decide_clauses_that_they_do_not_name(case: Case) -> None:
    formulas = case.formulas
    limited = formulas.any_of([formulas.atom(("size", 0, 1)), case.needs("d")])
    assert case.cheapest(case.needs("b"), case.any("a", "c"), limited) == (11, [b"a", b"b", b"d"])
    whole = formulas.atom(("each", KeySet(negated=True), formulas.false))
    assert case.cheapest(case.any("a", "b"), formulas.any_of([whole, case.needs("c")])) == (5, [b"a", b"c"])


LETTERS = "abcd"


def satisfied(clause: tuple[str, str], world: frozenset[str]) -> bool:
    kind, names = clause
    count = sum(name in world for name in names)
    return count == 1 if kind == "one" else count > 0 if kind == "any" else count != 1


CLAUSES = [
    (kind, "".join(names))
    for kind in ("any", "one", "not one")
    for size in (2, 3)
    for names in itertools.combinations(LETTERS, size)
]


@pytest.mark.parametrize("number", range(60))
def test_the_cheapest_of_all_worlds(number: int) -> None:
    """Against trying every set of members."""
    chosen = [CLAUSES[(number * step + shift) % len(CLAUSES)] for step, shift in ((1, 0), (7, 3), (11, 5))]
    case = Case()
    made = [
        case.any(*names)
        if kind == "any"
        else case.formulas.negation(case.one(*names))
        if kind == "not one"
        else case.one(*names)
        for kind, names in chosen
    ]
    worlds = [frozenset(some) for n in range(5) for some in itertools.combinations(LETTERS, n)]
    costs = [
        sum(PRICES[name.encode()] for name in world)
        for world in worlds
        if all(satisfied(clause, world) for clause in chosen)
    ]
    found = case.cheapest(*made)
    assert (found and found[0]) == (min(costs) if costs else None), chosen


# -- how it looks ------------------------------------------------------------------------------------


def test_of_equal_bounds_the_deeper_goes_first(case: Case) -> None:
    """A search for any solution dives: it decides one clause after the other and never goes back."""
    clauses = [case.any(f"a{i}", f"b{i}") for i in range(6)]
    found = case.search(bound=lambda draft: 0, exact=lambda draft: 0).cheapest(case.draft(), clauses)
    assert found is not None
    bounds = [names for kind, names in case.asked if kind == "bound"]
    assert len(bounds) == 1 + 2 * 6
    assert [len(names) for names in bounds] == [0, *[n for n in range(1, 7) for _ in range(2)]]


def test_each_node_spends_two_steps_and_more_by_its_size(case: Case) -> None:
    assert case.cheapest(case.needs("a")) == (1, [b"a"])
    # One clause was looked at, an eighth of a step; one node was taken.
    assert case.effort.spent == [0, 2]
    for count, steps in ((15, 2), (16, 3), (32, 4)):
        case.effort.spent.clear()
        draft = case.draft(*[case.needs(f"n{i}") for i in range(count)])
        case.search().cheapest(draft, [])
        assert case.effort.spent == [steps]


def test_eight_clauses_looked_at_are_a_step(case: Case) -> None:
    case.cheapest(*[case.needs(f"n{i}") for i in range(16)])
    # All but the first again, after each changed something, would be more; names that differ are not.
    assert case.effort.spent == [0] * 7 + [1] + [0] * 7 + [1] + [3]
    case = Case()
    # A clause counts itself and each part that is no atom, itself again.
    case.cheapest(*[case.any(f"a{i}", f"b{i}") for i in range(8)])
    assert case.effort.spent[:9] == [0, 0, 0, 1, 0, 0, 0, 1, 2]


def test_clauses_are_looked_at_again_only_where_names_changed(case: Case) -> None:
    formulas = case.formulas
    looked: list[Formula] = []
    search = case.search()
    original = formulas.combined

    def combined(op: int, parts: Any) -> Formula:
        made = original(op, parts)
        looked.append(made)
        return made

    formulas.combined = combined  # type: ignore[method-assign]
    clauses = [case.any("a", "b", "c"), case.any("e", "f"), formulas.negation(case.needs("a"))]
    found = search.cheapest(case.draft(), clauses)
    assert found is not None
    assert sorted(found[1].required) == [b"b", b"e"]
    # Without "a" two are left of the first; nothing was left out of the second.
    assert looked[0] is case.any("b", "c")
    assert case.any("e", "f") not in looked


def test_what_a_formula_mentions_is_kept_by_its_table(case: Case) -> None:
    names, sets = case.any("a", "b"), case.formulas.atom(("size", 3, None))
    mixed = case.formulas.any_of([sets, case.needs("c")])
    case.search().cheapest(case.draft(case.needs("d")), [names, mixed, case.needs("e")])
    assert case.formulas.mentions == {names: frozenset((b"a", b"b")), mixed: ()}


def test_a_clause_is_touched_by_its_names_or_by_anything(case: Case) -> None:
    search, clause = case.search(), case.any("a", "b")
    assert search._mentions(clause, {b"b", b"x"}) is True
    assert search._mentions(clause, {b"x"}) is False
    assert search._mentions(clause, set()) is False
    sized = case.formulas.any_of([clause, case.formulas.atom(("size", 3, None))])
    assert search._mentions(sized, {b"x"}) is True


def test_what_is_mentioned_is_found_once(case: Case) -> None:
    asked = []
    original = module.mentions_of

    def mentions_of(formulas: Any) -> Any:
        asked.append(formulas)
        return original(formulas)

    clauses = [case.any("a", "b"), case.any("c", "d"), case.any("e", "f")]
    with patch.object(module, "mentions_of", mentions_of):
        case.search().cheapest(case.draft(), clauses)
        count = len(asked)
        assert count == len(set(asked))
        case.search().cheapest(case.draft(), clauses)
        assert len(asked) == count


def test_choices_are_added_to_a_draft(case: Case) -> None:
    formulas, draft, left, changed = case.formulas, case.draft(), [], Changes()
    either = case.any("x", "y")
    choice = formulas.all_of([case.needs("a"), either])
    assert Search._add(draft, choice, left, changed) is True
    assert (draft.required, left, changed.names, changed.all) == ({b"a"}, [either], {b"a"}, False)
    assert Search._add(draft, formulas.true, left, changed) is True
    assert (left, changed.names) == ([either], {b"a"})
    assert Search._add(draft, formulas.negation(case.needs("a")), left, changed) is False
    assert Search._add(draft, formulas.false, left, changed) is False
    assert Search._add(draft, formulas.all_of([case.needs("b"), formulas.false]), left, changed) is False
    assert changed.all is False
    for everything in (("size", 0, 5), ("each", KeySet(negated=True), formulas.true)):
        changed = Changes()
        assert Search._add(case.draft(), formulas.atom(everything), left, changed) is True
        assert (changed.all, changed.names) == (True, set())
    assert Changes(everything=True).all is True


def test_a_clause_that_was_contradicted_is_decided_earlier(case: Case) -> None:
    """Else the last one is."""
    formulas = case.formulas
    search = case.search(bound=lambda draft: 0, exact=lambda draft: 0)
    first, second = case.any("a", "b"), case.any("c", "d")
    search.cheapest(case.draft(), [first, second])
    assert case.asked[1][1] == [b"c"]
    case.asked.clear()
    # "a" and "b" exclude each other's goal, so that both choices of `first` fail.
    closed = case.draft(formulas.atom(("size", 0, 0)))
    late = [formulas.any_of([case.needs("a", 1), case.needs("b", 1)])]
    assert search.cheapest(closed, late) is None
    assert search._weights == {late[0]: 1}
    search.cheapest(case.draft(), [late[0], second])
    assert case.asked[-2][1][0] in (b"a", b"b")
    assert search._heaviest([first, second]) == -1
    assert search._heaviest([first, late[0], second]) == 1
    search._weights[second] = 1
    assert search._heaviest([second, late[0]]) == 0
    search._weights[second] = 2
    assert search._heaviest([late[0], second]) == 1


def test_a_choice_without_way_on_makes_its_clause_heavier(case: Case) -> None:
    def bound(draft: ObjectDraft) -> int:
        return INFINITE if draft.required else 0

    search = case.search(bound=bound, exact=bound)
    clause = case.any("a", "b")
    assert search.cheapest(case.draft(), [clause]) is None
    assert search._weights == {clause: 1}
    assert search.cheapest(case.draft(), [clause]) is None
    assert search._weights == {clause: 2}


# -- parts that do not touch each other --------------------------------------------------------------


def test_clauses_of_common_names_are_together(case: Case) -> None:
    ab, bc, d, ea = case.any("a", "b"), case.any("b", "c"), case.needs("d"), case.any("e", "a")
    assert components([]) == []
    assert components([ab]) == [[ab]]
    assert components([ab, d]) == [[ab], [d]]
    assert components([ab, d, bc]) == [[d], [ab, bc]]
    # A clause joins groups that had nothing in common before.
    e = case.any("e", "f")
    assert components([ab, e, d, ea]) == [[d], [e, ab, ea]]
    assert components([bc, ea, ab, d]) == [[ea, bc, ab], [d]]


def test_sets_and_sizes_entangle_everything(case: Case) -> None:
    ab, c = case.any("a", "b"), case.needs("c")
    size = case.formulas.any_of([case.formulas.atom(("size", 2, None)), case.needs("z")])
    pattern = case.formulas.atom(("each", KeySet(languages=(literal(b"x"),)), case.formulas.false))
    assert components([ab, size, c]) == [[size, ab, c]]
    assert components([ab, pattern]) == [[pattern, ab]]
    assert components([size]) == [[size]]
