"""Objects against all objects of a few members: every state on the way to each, in any order of members."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest

from bltgen.automata.language import EMPTY, INFINITE
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.constraints.json_schema import object_plan
from bltgen.constraints.json_schema.formula import Formula
from bltgen.constraints.json_schema.key_set import KeySet
from bltgen.constraints.json_schema.object_frame import ObjectFrame
from bltgen.constraints.json_schema.object_plan import ObjectPlan
from bltgen.constraints.json_schema.positions import Root
from bltgen.constraints.json_schema.seen import NOTHING_SEEN, Seen
from bltgen.constraints.json_schema.unique_items import value_of
from bltgen.errors import LimitExceeded

from .finite import arrays, check_schema, compiled, objects

MEMBERS: dict[str, list[Any]] = {"a": [0, "x"], "bb": [0, 12], "b": [[]]}
NAMES = {"enum": list(MEMBERS)}
VALUES: dict[str, Any] = {name: {"enum": values} for name, values in MEMBERS.items()}
DECLARED: dict[str, Any] = {"type": "object", "properties": VALUES, "additionalProperties": False}
# The same members by patterns: their names are not declared.
OTHERS: dict[str, Any] = {
    "type": "object",
    "patternProperties": {"^a$": VALUES["a"], "^bb$": VALUES["bb"], "^b$": VALUES["b"]},
    "propertyNames": {"maxLength": 2, "pattern": "^(a|b|bb)$"},
}
ZERO, TEXT = {"const": 0}, {"type": "string"}

SCHEMAS: dict[str, dict[str, Any]] = {
    "any": {},
    "one required": {"required": ["bb"]},
    "two required": {"required": ["a", "b"]},
    "one at least": {"minProperties": 1},
    "two at least": {"minProperties": 2},
    "all": {"minProperties": 3},
    "none": {"maxProperties": 0},
    "one at most": {"maxProperties": 1},
    "two at most": {"maxProperties": 2, "required": ["bb"]},
    "just one": {"minProperties": 1, "maxProperties": 1},
    "one that is not required": {"required": ["a"], "minProperties": 2, "maxProperties": 2},
    "names": {"propertyNames": {"minLength": 2}},
    "dependent": {"dependentRequired": {"a": ["bb"]}},
    "dependent on two": {"dependentRequired": {"a": ["bb"], "bb": ["b"]}},
    "dependent schemas": {"dependentSchemas": {"a": {"properties": {"bb": {"const": 12}}}}},
    "either": {"anyOf": [{"required": ["a"]}, {"required": ["bb", "b"]}]},
    "either with values": {
        "anyOf": [
            {"properties": {"a": ZERO}, "required": ["a"]},
            {"properties": {"bb": ZERO}, "required": ["bb"]},
        ]
    },
    "one of": {"oneOf": [{"required": ["a"]}, {"required": ["bb"]}]},
    "one of values": {"oneOf": [{"properties": {"a": ZERO}}, {"properties": {"bb": ZERO}}]},
    "not required": {"not": {"required": ["a"]}},
    "not both": {"not": {"required": ["a", "bb"]}},
    "not those values": {"not": {"properties": {"a": ZERO, "bb": ZERO}}},
    "if": {
        "if": {"properties": {"a": ZERO}, "required": ["a"]},
        "then": {"required": ["bb"]},
        "else": {"required": ["b"]},
    },
    "some member": {"not": {"additionalProperties": {"not": ZERO}, "properties": {}}},
    "some member of a pattern": {"not": {"patternProperties": {"^b": {"not": {"const": 12}}}}},
    "a pattern beside": {"patternProperties": {"^b": {"type": ["array", "integer"], "not": ZERO}}},
    "two patterns that conflict": {
        "patternProperties": {"b$": {"type": "array"}, "^a|bb": {"type": "integer"}}
    },
    "either all": {"anyOf": [{"additionalProperties": ZERO, "minProperties": 1}, {"maxProperties": 1}]},
    "unevaluated": {
        "anyOf": [
            {"properties": {"a": ZERO}, "required": ["a"]},
            {"properties": {"b": True}, "required": ["b"]},
        ],
        "unevaluatedProperties": {"type": "integer"},
    },
}


def _schema(base: dict[str, Any], name: str) -> dict[str, Any]:
    return {"allOf": [base, SCHEMAS[name]]}


@pytest.mark.parametrize("name", SCHEMAS)
def test_declared_members(name: str) -> None:
    check_schema(_schema(DECLARED, name), objects(MEMBERS))


@pytest.mark.parametrize("name", SCHEMAS)
def test_members_by_patterns(name: str) -> None:
    check_schema(_schema(OTHERS, name), objects(MEMBERS))


@pytest.mark.parametrize("name", SCHEMAS)
def test_declared_members_in_order(name: str) -> None:
    ordered = [value for value in objects(MEMBERS) if list(value) == [n for n in MEMBERS if n in value]]
    check_schema(_schema(DECLARED, name), ordered, property_order="schema")


@pytest.mark.parametrize("whitespace", ["spaced", 1])
def test_layouts_of_what_lies_within_each_other(whitespace: str | int) -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"items": {"enum": [0, []]}, "type": "array", "maxItems": 2},
            "b": {"type": "object", "properties": {"c": {"enum": [{}, 1]}}, "additionalProperties": False},
        },
        "additionalProperties": False,
    }
    within = {"a": arrays([0, []], 2), "b": objects({"c": [{}, 1]})}
    check_schema(schema, objects(within), whitespace=whitespace)
    for required in ("a", "b"):
        check_schema({**schema, "required": [required]}, objects(within), whitespace=whitespace)


DISJUNCTIONS = [
    name
    for name, schema in SCHEMAS.items()
    if {"anyOf", "oneOf", "not", "if", "dependentRequired", "dependentSchemas"} & schema.keys()
]


@pytest.mark.parametrize("name", DISJUNCTIONS)
def test_declared_members_whose_disjunctions_wait(name: str) -> None:
    check_schema(_schema(DECLARED, name), objects(MEMBERS), waiting=True)


@pytest.mark.parametrize("name", DISJUNCTIONS)
def test_members_by_patterns_whose_disjunctions_wait(name: str) -> None:
    check_schema(_schema(OTHERS, name), objects(MEMBERS), waiting=True)


@pytest.mark.parametrize("name", DISJUNCTIONS)
def test_members_in_order_whose_disjunctions_wait(name: str) -> None:
    ordered = [value for value in objects(MEMBERS) if list(value) == [n for n in MEMBERS if n in value]]
    check_schema(_schema(DECLARED, name), ordered, waiting=True, property_order="schema")


# -- plans and frames by themselves ------------------------------------------------------------------


def _plan(schema: dict[str, Any], *, live: bool = True, **options: Any) -> ObjectPlan:
    made = compiled({"anyOf": [{"type": "object", **schema}, {"type": "null"}]}, **options)
    made.start()
    (plan,) = (made._compiler.live_objects if live else made._compiler.objects)(made._goal)
    return plan


def _frame(
    plan: ObjectPlan, mask: int = 0, met: int = 0, seen: Seen = NOTHING_SEEN, last: int = -1
) -> ObjectFrame:
    return plan.frame(Root(plan.compiler), mask, met, seen, last)


SIMPLE = [
    ({}, True),
    ({"properties": {"a": ZERO}, "required": ["a"]}, True),
    ({"minProperties": 1}, False),
    ({"minProperties": 1, "required": ["a"]}, True),
    ({"minProperties": 2, "required": ["a"]}, False),
    ({"maxProperties": 5}, False),
    ({"not": {"additionalProperties": ZERO}}, False),
]


@pytest.mark.parametrize(("schema", "simple"), SIMPLE)
def test_what_a_plan_needs_beside_required_names(schema: dict[str, Any], simple: bool) -> None:
    assert _plan(schema).simple is simple


OMITTING = [
    ({}, True, True),
    ({"properties": {"a": ZERO}}, True, True),
    ({"additionalProperties": ZERO}, True, False),
    ({"minProperties": 1}, False, False),
    ({"minProperties": 1, "required": ["a"]}, True, True),
    ({"not": {"additionalProperties": ZERO}}, False, False),
]


@pytest.mark.parametrize(("schema", "omits", "closed"), OMITTING)
def test_where_members_of_other_names_are_left_out(schema: dict[str, Any], omits: bool, closed: bool) -> None:
    plan = _plan(schema, undeclared="omit")
    assert (plan.omits, plan.closed) == (omits, closed)
    plan = _plan(schema)
    assert (plan.omits, plan.closed) == (False, False)


def test_declared_names_are_those_that_the_schema_names() -> None:
    plan = _plan({"properties": {"b": ZERO, "a": ZERO}, "required": ["d", "a", "c"]})
    assert list(plan.names) == [b"b", b"a", b"c", b"d"]
    assert plan.required == 0b1110
    assert {name: plan.index[name] for name in plan.names} == {b"b": 0, b"a": 1, b"c": 2, b"d": 3}
    assert plan.goal(0) is plan.goal(0)


def test_names_whose_goal_nothing_satisfies_are_dead() -> None:
    plan = _plan({"properties": {"a": ZERO, "b": False, "c": {"allOf": [ZERO, TEXT]}, "d": TEXT}})
    assert plan.dead == 0b0110
    frame = _frame(plan)
    assert frame.live == 0b1001
    assert _frame(plan, 0b0001).live == 0b1000


LANGUAGES: list[tuple[dict[str, Any], dict[str, bool]]] = [
    ({}, {"a": True, "": True, "xyz": True}),
    ({"additionalProperties": False}, {"a": False, "": False}),
    ({"additionalProperties": {"allOf": [ZERO, TEXT]}}, {"a": False, "": False}),
    ({"additionalProperties": False, "patternProperties": {"^x": ZERO}}, {"x": True, "xa": True, "a": False}),
    ({"patternProperties": {"^x": False}}, {"x": False, "xa": False, "a": True}),
    ({"patternProperties": {"^x": {"allOf": [ZERO, TEXT]}}}, {"x": False, "xa": False, "a": True}),
    ({"propertyNames": {"maxLength": 1}}, {"a": True, "": True, "ab": False}),
    (
        {"patternProperties": {"^x": ZERO, "y$": TEXT}},
        {"x": True, "y": True, "xy": False, "xay": False, "a": True},
    ),
    (
        {"patternProperties": {"^x": ZERO, "y": TEXT, "z": {"type": "null"}}},
        {"x": True, "xy": False, "yz": False, "xz": False, "xyz": False, "y": True, "z": True},
    ),
    (
        {"patternProperties": {"x": {"enum": [0, 1]}, "y": {"enum": [1, 2]}, "z": {"enum": [0, 2]}}},
        {"x": True, "xy": True, "yz": True, "xz": True, "xyz": False, "zyx": False, "a": True},
    ),
]


@pytest.mark.parametrize(("schema", "names"), LANGUAGES)
def test_the_names_of_undeclared_members(schema: dict[str, Any], names: dict[str, bool]) -> None:
    plan = _plan(schema)
    assert {name: plan.other_names.accepts(name.encode()) for name in names} == names
    assert plan.other_names is plan.other_names


OMITTED: list[tuple[dict[str, Any], dict[str, bool]]] = [
    ({}, {"a": False}),
    ({"patternProperties": {"^x": ZERO}}, {"x": True, "xa": True, "a": False}),
    ({"additionalProperties": TEXT, "properties": {"a": ZERO}}, {"b": True}),
    ({"patternProperties": {"^x": False}}, {"x": False, "a": False}),
    ({"propertyNames": {"pattern": "^x"}}, {"x": True, "a": False}),
    (
        {"propertyNames": {"pattern": "^x"}, "patternProperties": {"a": ZERO}},
        {"x": True, "xa": True, "a": False},
    ),
]


@pytest.mark.parametrize(("schema", "names"), OMITTED)
def test_the_names_that_are_left_where_others_are_omitted(
    schema: dict[str, Any], names: dict[str, bool]
) -> None:
    plan = _plan(schema, undeclared="omit")
    assert {name: plan.other_names.accepts(name.encode()) for name in names} == names


BELL = [1, 1, 2, 5, 15]
"""Partitions of so many things."""


@pytest.mark.parametrize("demands", [1, 2, 3, 4])
def test_the_ways_to_meet_demands_have_a_limit(demands: int, set_limits: Any) -> None:
    """Each of them: a demand is met by a member that meets some before it, or by a new one."""
    somebody = [{"not": {"patternProperties": {"^[ab]": {"not": {"minimum": v}}}}} for v in range(demands)]
    plan = _plan({"allOf": somebody})
    assert len(plan.spec.exists) == demands

    def cost() -> int:
        return plan.rest_cost(0, 0, NOTHING_SEEN, -1, plan.compiler.cost, 0)

    ways = sum(BELL[: demands + 1])
    set_limits(demand_ways=ways)
    assert cost() == len(b',"a":9')
    set_limits(demand_ways=ways - 1)
    with pytest.raises(LimitExceeded) as caught:
        cost()
    assert caught.value.what == "the ways to meet what some member must satisfy"
    assert caught.value.limit == ways - 1


def test_demands_that_contradict_each_other_need_a_member_each() -> None:
    different = [{"not": {"patternProperties": {"^[ab]": {"not": {"const": v}}}}} for v in (0, "a")]
    plan = _plan({"allOf": different})
    assert plan.rest_cost(0, 0, NOTHING_SEEN, -1, plan.compiler.cost, 0) == len(b',"a":0,"b":"a"')


OTHERS_COST: list[tuple[dict[str, Any], int, int]] = [
    ({}, 1, 1),
    ({"additionalProperties": {"const": 123}}, 3, 3),
    ({"patternProperties": {"^x": {"const": 123}}}, 1, 3),
    ({"patternProperties": {"^x": {"const": 123}}, "additionalProperties": {"const": "abc"}}, 3, 5),
    ({"patternProperties": {"^x": {"enum": [0, 345]}, "y": {"enum": [1, 345]}}}, 1, 3),
    ({"patternProperties": {"^x": False}, "additionalProperties": {"const": 12}}, 2, 2),
]


@pytest.mark.parametrize(("schema", "least", "most"), OTHERS_COST)
def test_what_the_values_of_undeclared_members_cost(schema: dict[str, Any], least: int, most: int) -> None:
    plan = _plan(schema)
    assert plan.least_of_others(plan.compiler.cost) == least
    assert plan.most_of_others(plan.compiler.cost) == most


def test_no_bound_is_known_of_many_goals(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = {"patternProperties": {"^x": {"const": 123}, "y": {"const": 4}}}
    plan = _plan(schema)
    monkeypatch.setattr(object_plan, "GOALS_LIMIT", 4)
    assert plan.most_of_others(plan.compiler.cost) == 3
    plan = _plan(schema)
    monkeypatch.setattr(object_plan, "GOALS_LIMIT", 3)
    assert plan.most_of_others(plan.compiler.cost) == INFINITE


COSTS: list[tuple[dict[str, Any], int, int]] = [
    ({}, 0, 0),
    ({"properties": {"a": {"const": 12}}}, 0, 0),
    ({"properties": {"a": {"const": 12}}, "required": ["a"]}, 0, len(b',"a":12')),
    ({"properties": {"a": {"const": 12}}, "required": ["a"]}, 1, 0),
    ({"properties": {"a": {"const": 12}, "b": ZERO}, "required": ["a", "b"]}, 1, len(b',"b":0')),
    ({"minProperties": 2}, 0, len(b',"":0,"a":0')),
    ({"properties": {"a": {"const": 12}}, "minProperties": 2}, 0, len(b',"":0,"b":0')),
    (
        {"properties": {"a": {"const": 12}, "abcd": ZERO}, "minProperties": 2, "required": ["a"]},
        0,
        len(b',"a":12,"":0'),
    ),
    (
        {"properties": {"a": {"const": 12}}, "additionalProperties": TEXT, "minProperties": 3},
        0,
        len(b',"a":12,"":"","b":""'),
    ),
    (
        {"properties": {"a": {"const": 12}}, "additionalProperties": TEXT, "minProperties": 3},
        1,
        len(b',"":"","b":""'),
    ),
    ({"properties": {"a": ZERO}, "additionalProperties": False, "minProperties": 1}, 1, 0),
]


@pytest.mark.parametrize(("schema", "mask", "cost"), COSTS)
def test_what_the_members_still_needed_cost(schema: dict[str, Any], mask: int, cost: int) -> None:
    plan = _plan(schema)
    get = plan.compiler.cost
    assert plan.rest_cost(mask, 0, NOTHING_SEEN, -1, get, 0) == cost
    members = (cost > 0) + 0
    if members:
        longer = plan.rest_cost(mask, 0, NOTHING_SEEN, -1, get, 5)
        assert longer > cost
        assert (longer - cost) % 5 == 0
    whole = plan.cost(get, plan.compiler.layout, 0)
    assert whole == plan.rest_cost(0, 0, NOTHING_SEEN, -1, get, 0) + (
        2 if not plan.rest_cost(0, 0, NOTHING_SEEN, -1, get, 0) else 1
    )


def test_what_cannot_be_needs_infinitely_many_bytes() -> None:
    for schema in [
        {"properties": {"a": {"allOf": [ZERO, TEXT]}}, "required": ["a"]},
        {"properties": {"a": ZERO}, "additionalProperties": False, "minProperties": 2},
        {"required": ["a", "b"], "maxProperties": 1},
        {"minProperties": 2, "maxProperties": 1},
        {"patternProperties": {"^[xy]$": ZERO}, "additionalProperties": False, "minProperties": 3},
    ]:
        made = compiled({"anyOf": [{"type": "object", **schema}, {"type": "null"}]})
        for plan in made._compiler.objects(made._goal):
            assert plan.cost(plan.compiler.cost, plan.compiler.layout, 0) == INFINITE
            assert plan.rest_cost(0, 0, NOTHING_SEEN, -1, plan.compiler.cost, 0) == INFINITE
        assert made._compiler.live_objects(made._goal) == ()


ENDLESS: list[tuple[dict[str, Any], int, bool]] = [
    ({}, 0, True),
    ({"maxProperties": 3}, 0, False),
    ({"additionalProperties": False}, 0, False),
    ({"additionalProperties": False, "properties": {"a": TEXT}}, 0, True),
    ({"additionalProperties": False, "properties": {"a": TEXT}}, 1, False),
    ({"additionalProperties": False, "properties": {"a": ZERO}}, 0, False),
    ({"maxProperties": 3, "properties": {"a": TEXT}}, 0, True),
    ({"propertyNames": {"maxLength": 2}, "additionalProperties": {"type": "null"}}, 0, False),
]


@pytest.mark.parametrize(("schema", "mask", "endless"), ENDLESS)
def test_whether_objects_are_without_number(schema: dict[str, Any], mask: int, endless: bool) -> None:
    plan = _plan(schema)
    assert plan.is_endless(mask) is endless
    assert _frame(plan, mask).is_endless() is endless
    if mask == 0 and "properties" in schema and "additionalProperties" in schema:
        assert plan.is_endless(0, 0) is False


def test_a_frame_is_one_for_what_was_read() -> None:
    plan = _plan({"properties": {"a": ZERO, "b": ZERO}})
    root = Root(plan.compiler)
    frame = plan.frame(root, 1, 0, NOTHING_SEEN, -1)
    assert plan.frame(root, 1, 0, NOTHING_SEEN, -1) is frame
    for other in ((2, 0, NOTHING_SEEN, -1), (1, 1, NOTHING_SEEN, -1), (1, 0, NOTHING_SEEN, 0)):
        assert plan.frame(root, *other) is not frame
    assert plan.frame(root, 1, 0, NOTHING_SEEN.add(b"x"), -1) is not frame
    assert plan.frame(Root(plan.compiler), 1, 0, NOTHING_SEEN, -1) is not frame
    assert (frame.mask, frame.met, frame.last, frame.depth, frame.parent) == (1, 0, -1, 1, root)
    assert frame.progress == (1, 0, NOTHING_SEEN, -1)
    assert frame.count == 1
    assert plan.frame(root, 3, 0, NOTHING_SEEN.add(b"x"), -1).count == 3
    nothing = plan.compiler.layout.nothing
    assert frame.after() is frame.after()
    assert frame.opened() is frame.opened()
    assert frame.name_start(nothing) is frame.name_start(nothing)
    assert frame.further(nothing) == (frame.name_start(nothing),)
    assert frame.after_gaps(nothing, None) is frame.after_gaps(nothing, None)
    assert frame.after_gaps(nothing, None) is not frame.after_gaps(None, nothing)
    assert frame.name_start(nothing).first is frame.name_start(nothing).first
    assert frame.others() is frame.others()


def test_the_cost_of_a_frame_is_told_by_the_one_before_it() -> None:
    """Where nothing but required names is needed, a member costs what its name and value do."""
    schema = {"properties": {"a": {"const": 12}, "b": {"const": "xyz"}, "c": ZERO}, "required": ["a", "b"]}
    plan = _plan(schema)
    frame = _frame(plan)
    assert frame.cost == len(b',"a":12,"b":"xyz"}')
    for name, cost in ((b"a", len(b',"b":"xyz"}')), (b"c", frame.cost), (b"other", frame.cost)):
        ((_, after),) = frame.forks(plan.index.get(name), name)
        assert after._cost == cost
        assert after.cost == cost
        assert after.cost == _frame(plan, after.mask, 0, after.seen).cost


def test_texts_of_other_names_are_found_once() -> None:
    plan = _plan({"propertyNames": {"enum": ["a", "b"]}})
    text = plan.other_text(plan.other_names, NOTHING_SEEN)
    assert text is not None
    assert plan.other_text(plan.other_names, NOTHING_SEEN) is text
    seen = NOTHING_SEEN.add(b"a")
    left = plan.other_text(plan.other_names, seen)
    assert left is not None
    assert bytes(left.allowed) == b"b"
    assert plan.other_text(plan.other_names, seen.add(b"b")) is None
    assert plan.other_text(EMPTY, NOTHING_SEEN) is None
    every = _plan({})
    assert (
        every.other_text(UTF8_TEXT, seen)
        is every.other_text(UTF8_TEXT, NOTHING_SEEN)
        is every.compiler.any_text
    )


def test_many_conditions_on_a_member_are_decided_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    from bltgen.constraints.json_schema import clauses

    schema = {
        "properties": {"a": True, "b": True},
        "anyOf": [
            {"properties": {"a": ZERO}, "required": ["a"]},
            {"properties": {"a": TEXT, "b": ZERO}, "required": ["b"]},
            {"properties": {"c": TEXT}, "required": ["c"]},
        ],
    }
    made = compiled({"type": "object", **schema}, waiting=True)
    made.start()
    (plan,) = made._compiler.live_objects(made._goal)
    assert plan.spec.clauses
    before = len(plan._branches)
    monkeypatch.setattr(clauses, "CROWDED", 0)
    made = compiled({"type": "object", **schema}, waiting=True)
    made.start()
    (plan,) = made._compiler.live_objects(made._goal)
    assert before == 0
    assert set(plan._branches) == {plan.index[name] for name in (b"a", b"b", b"c")}
    i = plan.index[b"a"]
    assert plan.branches(i, b"a") is plan._branches[i]


# -- many names --------------------------------------------------------------------------------------

NAMED = {"a": ZERO, "ab": TEXT, "abc": {"const": 123456}, "b": {"const": None}, "ba\n": ZERO, "é": TEXT}


@pytest.mark.parametrize("required", [[], ["abc"], ["b", "ab"], ["é", "ba\n", "a"], list(NAMED)])
def test_the_nearest_name_is_found_among_all(required: list[str]) -> None:
    plan = _plan({"properties": {**NAMED, "dead": False}, "required": required})
    assert plan.simple
    spelling = plan.compiler.name_spelling
    for mask in range(1 << len(NAMED)):
        frame = _frame(plan, mask)
        todo = [plan.root]
        while todo:
            node = todo.pop()
            todo += [child for byte in range(256) if (child := node.child(byte)) is not None]
            rests = [(node.rest(name, b"", spelling), bit) for name, bit in node.live_names(frame.live)]
            candidates = [(len(rest or b"") + 1, bit.bit_length() - 1) for rest, bit in rests]
            assert frame.nearest_under(node)[0] == frame.nearest_name(candidates)[0]


def test_what_many_members_cost_is_counted_once() -> None:
    """However far the object was read, and for every state on the way."""
    names = [f"member_{i}" for i in range(100)]
    schema = {"properties": dict.fromkeys(names, ZERO), "required": names}
    constraint = compiled(schema, whitespace="bounded")
    text = json.dumps(dict.fromkeys([*names[::2], "other", *names[1::2]], 0)).encode()
    with patch.object(
        ObjectPlan, "needed_cost", autospec=True, side_effect=ObjectPlan.needed_cost
    ) as counted:
        state = constraint.start()
        for byte in text:
            assert byte in state.allowed_within(len(text))
            assert state.shortest <= len(text)
            following = state.advance(byte)
            assert following is not None
            state = following
    assert state.accepting
    assert counted.call_count < 5


def test_what_a_member_leaves_of_a_clause() -> None:
    """By its name, and by whether its value satisfies the goal; of undeclared ones by their sets."""
    compiler = _plan({}).compiler
    formulas = compiler.formulas
    true, false = formulas.true, formulas.false
    goal = compiler.formulas.values([value_of(b"0")])
    other = formulas.negation(goal)

    def atom(kind: str, *names: bytes, negated: bool = False) -> Formula:
        return formulas.atom((kind, KeySet(frozenset(names), negated=negated), goal))

    reader = object_plan.member_reader(compiler, b"a")
    rest, size = atom("each", b"a", negated=True), formulas.atom(("size", 1, 3))
    for clause, split in [
        (size, {size: true}),
        (atom("each", b"b"), {atom("each", b"b"): true}),
        (atom("some", b"b"), {atom("some", b"b"): true}),
        (rest, {rest: true}),
        (atom("each", b"a"), {true: goal, false: other}),
        (atom("some", b"a"), {true: goal, false: other}),
        (atom("each", b"a", b"b"), {atom("each", b"b"): goal, false: other}),
        (atom("some", b"a", b"b"), {true: goal, atom("some", b"b"): other}),
        (atom("each", b"b", negated=True), {atom("each", b"b", negated=True): goal, false: other}),
        (atom("some", b"b", negated=True), {true: goal, atom("some", b"b", negated=True): other}),
        (formulas.atom(("each", KeySet(frozenset((b"a",))), false)), {false: true}),
    ]:
        assert reader.split(clause) == split, clause.value
    keys = KeySet(frozenset((b"b",)), negated=True)
    within = object_plan.member_reader(compiler, frozenset((keys,)))
    assert within.split(atom("some", b"b", negated=True)) == {
        true: goal,
        atom("some", b"b", negated=True): other,
    }
    outside = object_plan.member_reader(compiler, frozenset())
    assert outside.split(atom("some", b"b", negated=True)) == {atom("some", b"b", negated=True): true}
