"""Arrays against all arrays of a few items: every state on the way to each."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from bltgen.automata.language import INFINITE
from bltgen.constraints.json_schema import array_plan
from bltgen.constraints.json_schema.array_plan import ArrayFrame, ArrayPlan
from bltgen.constraints.json_schema.formula import Formula
from bltgen.constraints.json_schema.positions import Root
from bltgen.constraints.json_schema.seen import NOTHING_SEEN
from bltgen.constraints.json_schema.unique_items import value_of
from bltgen.errors import EmptyLanguage, LimitExceeded

from .finite import arrays, check_schema, compiled

ITEMS = [0, 12, "a"]
SMALL: dict[str, Any] = {"type": "array", "items": {"enum": ITEMS}, "maxItems": 3}
ANY, DIGIT, TEXT, ZERO = {"enum": ITEMS}, {"enum": [0, 12]}, {"const": "a"}, {"const": 0}

SCHEMAS: dict[str, dict[str, Any]] = {
    "empty": {"maxItems": 0},
    "few": {},
    "one or two": {"minItems": 1, "maxItems": 2},
    "just two": {"minItems": 2, "maxItems": 2},
    "prefix": {"prefixItems": [DIGIT, TEXT]},
    "prefix and least": {"prefixItems": [DIGIT, TEXT], "minItems": 3},
    "closed": {"prefixItems": [DIGIT, {"enum": ["a", 12]}], "items": False},
    "closed and least": {"prefixItems": [DIGIT, TEXT], "items": False, "minItems": 2},
    "dead third": {"prefixItems": [ANY, ANY, False]},
    "contains": {"contains": TEXT},
    "contains none": {"contains": TEXT, "maxContains": 0, "minContains": 0},
    "contains at most one": {"contains": TEXT, "maxContains": 1, "minContains": 0},
    "contains just one": {"contains": DIGIT, "maxContains": 1},
    "contains two": {"contains": DIGIT, "minContains": 2},
    "contains one or two": {"contains": DIGIT, "minContains": 1, "maxContains": 2},
    "two contains": {"allOf": [{"contains": TEXT}, {"contains": {"const": 12}}]},
    "two contains, one bounded": {"allOf": [{"contains": TEXT, "maxContains": 1}, {"contains": DIGIT}]},
    "contains both ways": {
        "allOf": [{"contains": ZERO, "maxContains": 1}, {"contains": DIGIT, "minContains": 2}]
    },
    "contains after a prefix": {"prefixItems": [TEXT], "contains": TEXT, "minContains": 2},
    "contains and least": {"contains": ZERO, "minItems": 3},
    "contains and just": {"contains": TEXT, "minItems": 2, "maxItems": 2},
    "contains too many": {"anyOf": [{"contains": TEXT, "minContains": 4}, {"maxItems": 1}]},
    "alternatives": {
        "anyOf": [{"prefixItems": [TEXT], "minItems": 1}, {"prefixItems": [ZERO, ZERO], "minItems": 2}]
    },
    "alternatives of all items": {"anyOf": [{"items": TEXT}, {"items": DIGIT, "minItems": 2}]},
    "alternatives that exclude": {"oneOf": [{"items": TEXT}, {"contains": TEXT}]},
    "not all": {"not": {"items": DIGIT}},
    "not contains": {"not": {"contains": ZERO}},
    "not just one": {"not": {"contains": ZERO, "maxContains": 1}},
    "if": {"if": {"prefixItems": [ZERO], "minItems": 1}, "then": {"minItems": 3}, "else": {"maxItems": 1}},
    "unique": {"uniqueItems": True},
    "unique and least": {"uniqueItems": True, "minItems": 3},
    "unique with a prefix": {"uniqueItems": True, "prefixItems": [ANY, ZERO], "minItems": 2},
    "unique and contains": {"uniqueItems": True, "contains": TEXT},
    "unique and contains two": {"uniqueItems": True, "contains": DIGIT, "minContains": 2},
    "repeated": {"not": {"uniqueItems": True}},
    "repeated with a prefix": {"not": {"uniqueItems": True}, "prefixItems": [ZERO, TEXT]},
    "repeated and contains": {"not": {"uniqueItems": True}, "contains": TEXT},
    "repeated, just two": {"not": {"uniqueItems": True}, "maxItems": 2},
    "unique or short": {"anyOf": [{"uniqueItems": True, "minItems": 2}, {"maxItems": 1}]},
    "unevaluated": {
        "anyOf": [{"prefixItems": [ZERO]}, {"prefixItems": [TEXT, TEXT]}],
        "unevaluatedItems": False,
    },
}

DISJUNCTIONS = [
    name
    for name, schema in SCHEMAS.items()
    if {"anyOf", "oneOf", "not", "if"} & schema.keys() and name not in ("repeated", "repeated, just two")
]


@pytest.mark.parametrize("name", SCHEMAS)
def test_arrays(name: str) -> None:
    schema = {**SMALL, **SCHEMAS[name]}
    if name == "unevaluated":
        del schema["items"]
    check_schema(schema, arrays(ITEMS, 3))


@pytest.mark.parametrize("name", DISJUNCTIONS)
def test_arrays_whose_disjunctions_wait(name: str) -> None:
    schema = {**SMALL, **SCHEMAS[name]}
    if name == "unevaluated":
        del schema["items"]
    check_schema(schema, arrays(ITEMS, 3), waiting=True)


def test_what_an_array_within_an_indented_one_costs() -> None:
    schema = {
        **SMALL,
        "items": {"type": "array", "maxItems": 1, "items": {"enum": [0]}},
        "maxItems": 2,
        "minItems": 1,
    }
    for more in ({}, {"minItems": 2}, {"uniqueItems": True}, {"contains": {"minItems": 1}}):
        check_schema({**schema, **more}, arrays([[], [0]], 2), whitespace=1)
    check_schema({**schema, "minItems": 2, "uniqueItems": True}, arrays([[], [0]], 2), whitespace=1)
    inner = [[], [0], [0, 0]]
    within = {"type": "array", "items": {**schema["items"], "maxItems": 2}, "maxItems": 3}
    for more in ({"minItems": 3, "uniqueItems": True}, {"minItems": 2, "not": {"uniqueItems": True}}):
        values = [[array] for array in arrays(inner, 3)]
        once = {"type": "array", "items": {**within, **more}, "minItems": 1, "maxItems": 1}
        check_schema(once, values, whitespace=1)


# -- plans and frames by themselves ------------------------------------------------------------------


def _plan(schema: dict[str, Any], **options: Any) -> ArrayPlan:
    made = compiled({"type": "array", **schema}, **options)
    made.start()
    (plan,) = made._compiler.live_arrays(made._goal)
    return plan


def _frame(schema: dict[str, Any], index: int = 0, **options: Any) -> ArrayFrame:
    plan = _plan(schema, **options)
    return plan.frame(Root(plan.compiler), index, (0,) * len(plan.counts), NOTHING_SEEN, True)


ENDLESS = [
    ({"items": TEXT}, True),
    ({}, True),
    ({"items": TEXT, "maxItems": 9}, False),
    ({"items": False}, False),
    ({"prefixItems": [TEXT], "items": {"const": 0, "type": "string"}}, False),
    ({"prefixItems": [TEXT, ZERO]}, True),
    ({"uniqueItems": True, "items": ANY}, False),
    ({"uniqueItems": True, "items": {"type": "string"}}, True),
    ({"uniqueItems": True, "prefixItems": [ANY], "items": {"type": "integer"}}, True),
    ({"contains": TEXT}, True),
    ({"contains": TEXT, "maxContains": 3}, False),
]


@pytest.mark.parametrize(("schema", "endless"), ENDLESS)
def test_whether_arrays_are_without_number(schema: dict[str, Any], endless: bool) -> None:
    assert _plan(schema).is_endless() is endless
    assert _frame(schema).is_endless() is endless


def test_an_undecided_array_is_endless_where_one_way_to_decide_it_is() -> None:
    either = {"anyOf": [{"items": TEXT}, {"contains": ZERO, "minContains": 2}]}
    assert not _plan(either, waiting=True).is_endless()
    assert _frame(either, waiting=True).is_endless() is True
    assert _frame({**either, "maxItems": 5}, waiting=True).is_endless() is False


def _shown(forks: list[Any], plan: ArrayPlan) -> list[tuple[list[Any], tuple[int, ...]]]:
    """The goals by which of three values they admit, with the counts."""
    formulas = plan.compiler.formulas
    values = {"0": value_of(b"0"), "a": value_of(b'"a"')}
    found = []
    for goal, met in forks:
        admitted = [
            name
            for name, value in values.items()
            if plan.compiler.satisfiable(formulas.both(goal, formulas.values([value])))
        ]
        found.append((admitted, met))
    return found


def test_an_item_counts_or_not_while_it_matters() -> None:
    plan = _plan({"contains": TEXT, "minContains": 1, "maxContains": 2})
    assert _shown(plan.forks(0, (0,)), plan) == [(["0"], (0,)), (["a"], (1,))]
    assert _shown(plan.forks(5, (1,)), plan) == [(["0"], (1,)), (["a"], (2,))]
    assert _shown(plan.forks(5, (2,)), plan) == [(["0"], (2,))]
    plan = _plan({"contains": TEXT, "minContains": 2})
    assert _shown(plan.forks(0, (1,)), plan) == [(["0"], (1,)), (["a"], (2,))]
    assert _shown(plan.forks(0, (2,)), plan) == [(["0", "a"], (2,))]
    plan = _plan({"allOf": [{"contains": TEXT}, {"contains": ZERO}]})
    assert _shown(plan.forks(0, (0, 0)), plan) == [([], (0, 0)), (["a"], (1, 0)), (["0"], (0, 1))]
    assert [met for _, met in plan._useful(0, (0, 0))] == [(1, 0)]
    assert [met for _, met in plan._useful(0, (1, 0))] == [(1, 1)]
    assert plan._useful(0, (1, 1)) == []
    plan = _plan({"allOf": [{"contains": {"type": ["string", "null"]}}, {"contains": {"type": ["string"]}}]})
    assert [met for _, met in plan._useful(0, (0, 0))] == [(1, 0), (1, 1)]


def test_the_ways_to_count_have_a_limit(set_limits: Any) -> None:
    """At most so many, whether all of them or those that are useful."""
    plan = _plan({"allOf": [{"contains": {"type": ["string", "null"]}}, {"contains": {"type": ["string"]}}]})
    assert len(plan.forks(0, (0, 0))) == 3
    assert len(plan._useful(0, (0, 0))) == 2
    for most, find in ((3, plan.forks), (2, plan._useful)):
        set_limits(contains_ways=most)
        find(0, (0, 0))
        set_limits(contains_ways=most - 1)
        with pytest.raises(LimitExceeded) as caught:
            find(0, (0, 0))
        assert caught.value.what == "the ways in which one item may count for several `contains`"
        assert caught.value.limit == most - 1


def test_a_frame_is_one_for_what_was_read() -> None:
    plan = _plan({"uniqueItems": True})
    root = Root(plan.compiler)
    frame = plan.frame(root, 1, (), NOTHING_SEEN, True)
    assert plan.frame(root, 1, (), NOTHING_SEEN, True) is frame
    assert plan.frame(root, 2, (), NOTHING_SEEN, True) is not frame
    assert plan.frame(root, 1, (), NOTHING_SEEN, False) is not frame
    assert plan.frame(root, 1, (), NOTHING_SEEN.add(("z",)), True) is not frame
    assert plan.frame(Root(plan.compiler), 1, (), NOTHING_SEEN, True) is not frame
    assert (frame.index, frame.met, frame.done, frame.depth, frame.parent) == (1, (), True, 1, root)
    assert frame.after() is frame.after()
    assert frame.opened() is frame.opened()
    nothing = plan.compiler.layout.nothing
    assert frame.further(nothing) is frame.further(nothing)
    assert frame.after_gaps(nothing, None) is frame.after_gaps(nothing, None)
    assert frame.after_gaps(nothing, None) is not frame.after_gaps(None, nothing)


def test_indices_beyond_which_all_are_alike_are_one() -> None:
    for schema, last in [
        ({}, 0),
        ({"minItems": 2}, 2),
        ({"prefixItems": [TEXT, TEXT, TEXT]}, 3),
        ({"prefixItems": [TEXT], "minItems": 2}, 2),
        ({"maxItems": 7, "minItems": 2}, 7),
    ]:
        plan = _plan(schema)
        assert plan.last == last
        frame = plan.frame(Root(plan.compiler), last, (), NOTHING_SEEN, True)
        assert frame.following((), NOTHING_SEEN, True) is frame
        if last:
            before = plan.frame(frame.parent, last - 1, (), NOTHING_SEEN, True)
            assert before.following((), NOTHING_SEEN, True) is frame


def test_whether_values_are_kept() -> None:
    assert not _plan({}).records
    assert _plan({"uniqueItems": True}).records
    assert _plan({"not": {"uniqueItems": True}}).records


def test_what_surely_ends() -> None:
    def cost(plan: ArrayPlan) -> Any:
        return plan.compiler.cost

    for schema, index, ends in [
        ({"contains": TEXT}, 0, True),
        ({"contains": TEXT, "maxContains": 1}, 0, False),
        ({"contains": TEXT, "maxItems": 3}, 0, False),
        ({"contains": TEXT, "uniqueItems": True}, 0, False),
        ({"prefixItems": [ZERO, TEXT], "contains": TEXT}, 0, True),
        ({"prefixItems": [ZERO, TEXT], "contains": {"const": 5}, "items": ZERO}, 0, False),
        ({"prefixItems": [ZERO, {"allOf": [ZERO, {"type": "string"}]}], "contains": TEXT}, 0, False),
        ({"prefixItems": [{"type": "string"}], "contains": TEXT, "items": True}, 1, True),
    ]:
        made = compiled({"anyOf": [{"type": "array", **schema}, {"type": "null"}]})
        (plan,) = made._compiler.arrays(made._goal)
        assert plan.surely_ends(index, cost(plan)) is ends, schema


def test_an_array_that_cannot_end_costs_without_end() -> None:
    made = compiled(
        {"anyOf": [{"type": "array", "items": {"allOf": [ZERO, TEXT]}, "minItems": 2}, {"type": "null"}]}
    )
    (plan,) = made._compiler.arrays(made._goal)
    assert plan.cost(plan.compiler.cost, plan.compiler.layout, 0) == INFINITE
    assert plan.rest_cost(0, (), plan.compiler.cost, 0) == INFINITE
    assert plan.rest_cost(2, (), plan.compiler.cost, 0) == 0
    assert made._compiler.live_arrays(made._goal) == ()


def test_many_conditions_on_an_item_are_decided_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a limit is met before the first byte, and not in the middle of a text."""
    from bltgen.constraints.json_schema import clauses

    schema = {"anyOf": [{"items": TEXT}, {"contains": ZERO, "minContains": 2}, {"prefixItems": [ZERO]}]}
    assert not _plan(schema, waiting=True)._branches
    monkeypatch.setattr(clauses, "CROWDED", 0)
    plan = _plan(schema, waiting=True)
    assert {index for index, _, _ in plan._branches} == {0}
    known = dict(plan._branches)
    for goal, met in plan.forks(0, (0,) * len(plan.counts)):
        assert plan.branches(0, goal, met) is known[0, goal, met]


def test_what_an_item_leaves_of_a_clause() -> None:
    """By its index, and by whether its value satisfies the goal; what no value can leave is not there."""
    compiler = _plan({}).compiler
    formulas, count = compiler.formulas, compiler.keywords.count
    true, false = formulas.true, formulas.false
    goal = formulas.values([value_of(b"0")])
    other = formulas.negation(goal)
    reader = array_plan.item_reader(compiler, 2)

    def each(low: int, high: int | None, of: Formula = goal) -> Formula:
        return formulas.atom(("each item", low, high, of))

    for clause, split in [
        (each(3, None), {each(3, None): true}),
        (each(3, 4), {each(3, 4): true}),
        (each(2, None), {each(2, None): goal, false: other}),
        (each(0, None), {each(0, None): goal, false: other}),
        (each(2, 3), {true: goal, false: other}),
        (each(2, 4), {each(2, 4): goal, false: other}),
        (each(2, None, false), {false: true}),
        (count(3, goal, 1, None), {count(3, goal, 1, None): true}),
        (count(2, goal, 1, None), {true: goal, count(2, goal, 1, None): other}),
        (count(0, goal, 2, None), {count(0, goal, 1, None): goal, count(0, goal, 2, None): other}),
        (count(0, goal, 1, 1), {each(0, None, other): goal, count(0, goal, 1, 1): other}),
        (count(0, goal, 2, 3), {count(0, goal, 1, 2): goal, count(0, goal, 2, 3): other}),
        (count(0, goal, 0, 2), {count(0, goal, 0, 1): goal, count(0, goal, 0, 2): other}),
        (formulas.atom(("length", 1, 3)), {formulas.atom(("length", 1, 3)): true}),
    ]:
        assert reader.split(clause) == split, clause.value


def test_costs_of_counted_items_against_all_arrays() -> None:
    """Whatever was counted so far; items beyond those that the schema speaks of are all alike."""
    items: list[Any] = [0, 12, "abc"]
    for schema in (
        {"contains": {"const": 12}},
        {"contains": {"const": "abc"}, "minContains": 2},
        {"contains": {"const": 12}, "minContains": 1, "maxContains": 2, "minItems": 3},
        {"contains": {"const": 0}, "maxContains": 1, "minItems": 3},
        {"contains": {"const": 12}, "minItems": 4},
        {"contains": {"const": 12}, "maxItems": 2, "minItems": 2},
        {"allOf": [{"contains": {"const": 12}}, {"contains": {"type": "string"}}]},
        {"allOf": [{"contains": {"type": "integer"}, "minContains": 2}, {"contains": {"const": 12}}]},
        {"prefixItems": [{"const": "abc"}, True], "contains": {"const": "abc"}, "minContains": 2},
        {"prefixItems": [{"const": 0}, {"const": 12}, {"const": 0}], "minItems": 4},
        {"minItems": 2, "maxItems": 3},
    ):
        plan = _plan({"items": {"enum": items}, **schema})
        validator = jsonschema.Draft202012Validator({"items": {"enum": items}, **schema})
        goals = [
            jsonschema.Draft202012Validator(part["contains"])
            for part in [schema, *schema.get("allOf", [])]
            if "contains" in part
        ]
        for begun in arrays(items, 1):
            ways = [
                (sum(1 + len(json.dumps(item)) for item in rest), len(rest))
                for rest in arrays(items, 4)
                if validator.is_valid([*begun, *rest])
            ]
            if not ways:
                continue
            met = tuple(sum(map(goal.is_valid, begun)) for goal in goals)
            for line in (0, 3):
                least = min(cost + line * number for cost, number in ways)
                assert plan.rest_cost(len(begun), met, plan.compiler.cost, line) == least, (schema, begun)


STRING, INTEGER = {"type": "string"}, {"type": "integer"}
BOUNDED: list[dict[str, Any]] = [
    *({"contains": ZERO, "minContains": least, "maxContains": most, "minItems": 5}
      for least in (0, 1, 2) for most in (1, 2, 3, 4, 5) if least <= most),
    {"contains": {"const": "abc"}, "maxContains": 2, "minItems": 4},
    {"contains": INTEGER, "maxContains": 2, "minItems": 4, "maxItems": 4},
    {"allOf": [{"contains": ZERO, "maxContains": 2}, {"contains": STRING, "maxContains": 1}], "minItems": 5},
    {"allOf": [{"contains": ZERO, "maxContains": 3}, {"contains": INTEGER, "maxContains": 2}], "minItems": 5},
    {"allOf": [{"contains": ZERO, "maxContains": 3}, {"contains": {"const": None}}], "minItems": 4},
    {"contains": {"enum": [0, None]}, "minContains": 0, "maxContains": 1, "minItems": 3},
]  # fmt: skip


@pytest.mark.parametrize("schema", BOUNDED, ids=str)
def test_items_that_count_for_more_than_is_needed_may_be_cheaper(schema: dict[str, Any]) -> None:
    """As many of them as may be: the shortest array is one of all, and what tells its length agrees."""
    whole = {"type": "array", "items": {"enum": [0, "abc", None]}, **schema}
    validator = jsonschema.Draft202012Validator(whole)
    valid = [array for array in arrays([0, "abc", None], 5) if validator.is_valid(array)]
    least = min((len(json.dumps(array, separators=(",", ":"))) for array in valid), default=None)
    if least is None:
        with pytest.raises(EmptyLanguage):
            compiled(whole).start()
        return
    start = compiled(whole).start()
    assert start.shortest == least
    assert len(start.completion()) == least
