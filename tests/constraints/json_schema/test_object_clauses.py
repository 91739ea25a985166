"""The clauses of an object's plan, group by group, against all objects of a few members."""

from __future__ import annotations

import itertools
import json
from typing import Any

import jsonschema
import pytest

from bltgen.automata.language import INFINITE
from bltgen.constraints.json_schema.key_set import KeySet
from bltgen.constraints.json_schema.object_clauses import ObjectClauses, Prices
from bltgen.constraints.json_schema.object_plan import ObjectPlan
from bltgen.constraints.json_schema.seen import NOTHING_SEEN
from bltgen.constraints.json_schema.specs import ObjectDraft

from .finite import compiled

MEMBERS: dict[str, list[Any]] = {"a": [0, "x"], "bb": [0, 12], "c": ["cc"], "d": [0, None], "r": [123]}
CLOSED: dict[str, Any] = {
    "type": "object",
    "properties": {name: {"enum": values} for name, values in MEMBERS.items()},
    "additionalProperties": False,
}
ZERO = {"const": 0}


def either(*names: str) -> dict[str, Any]:
    return {"anyOf": [{"required": [name]} for name in names]}


APART: dict[str, dict[str, Any]] = {
    "one group": either("a", "bb"),
    "two groups": {"allOf": [either("a", "bb"), either("c", "d")]},
    "groups that share a name": {"allOf": [either("a", "bb"), either("bb", "d")]},
    "required beside": {"allOf": [either("a", "bb")], "required": ["r"]},
    "required within": {"allOf": [either("a", "bb"), either("c", "d")], "required": ["bb", "r"]},
    "values": {
        "anyOf": [
            {"properties": {"a": {"const": "x"}}, "required": ["a"]},
            {"properties": {"bb": {"const": 12}, "d": ZERO}, "required": ["bb", "d"]},
        ],
        "required": ["r"],
    },
    "just one": {"oneOf": [{"required": ["a"]}, {"required": ["bb"]}, {"required": ["d"]}]},
    "not both": {"not": {"required": ["a", "bb"]}},
    "not both, and either": {"not": {"required": ["a", "c"]}, **either("a", "d")},
    "dependent": {"dependentRequired": {"a": ["bb"], "c": ["r"]}, "required": ["d"]},
    "value of another": {
        "if": {"properties": {"a": ZERO}, "required": ["a"]},
        "then": {"required": ["c"]},
        "else": {"properties": {"d": ZERO}},
    },
    "a name that no way has": {
        "anyOf": [
            {"properties": {"a": False}, "required": ["bb"]},
            {"properties": {"a": {"const": 9}}, "required": ["c"]},
        ],
    },
    "a name for each way, and one for none": {
        "anyOf": [
            {"properties": {"a": False, "d": False}, "required": ["bb"]},
            {"properties": {"a": False, "c": False}, "required": ["r"]},
        ],
    },
    "a way that no value has": {
        "anyOf": [
            {"properties": {"bb": {"type": "string"}}, "required": ["bb", "a"]},
            {"required": ["c"], "properties": {"c": {"pattern": "c"}}},
        ],
    },
    "as many as are required": {"allOf": [either("a", "bb")], "required": ["r"], "minProperties": 1},
}  # fmt: skip
WHOLE: dict[str, dict[str, Any]] = {
    "at most": {**either("a", "bb"), "maxProperties": 2},
    "more than are required": {**either("a", "bb"), "required": ["r"], "minProperties": 2},
    "some member": {"allOf": [either("a", "bb"), {"not": {"additionalProperties": {"not": ZERO}}}]},
    "a pattern": {"anyOf": [{"patternProperties": {"^b": {"const": 12}}}, {"required": ["c"]}]},
    "their number": {"anyOf": [{"minProperties": 3}, {"required": ["d"]}]},
}


def clauses_of(schema: dict[str, Any], **options: Any) -> tuple[ObjectClauses, ObjectPlan]:
    made = compiled({"allOf": [CLOSED, schema]}, waiting=True, **options)
    made.start()
    (plan,) = made._compiler.live_objects(made._goal)
    return plan.clauses, plan


def valid(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """All objects that satisfy the schema, whatever the order of their members."""
    validator = jsonschema.Draft202012Validator({"allOf": [CLOSED, schema]})
    found = []
    for n in range(len(MEMBERS) + 1):
        for names in itertools.combinations(MEMBERS, n):
            for values in itertools.product(*(MEMBERS[name] for name in names)):
                value = dict(zip(names, values, strict=True))
                if validator.is_valid(value):
                    found.append(value)
    return found


def size(value: dict[str, Any], read: set[str], line: int) -> int:
    """Bytes of the members that were not read, each with its comma."""
    return sum(
        line + len(json.dumps({name: member}, separators=(",", ":"))) - 1
        for name, member in value.items()
        if name not in read
    )


def priced(plan: ObjectPlan, line: int) -> Prices:
    return Prices(plan.compiler.cost, line, ("test", line))


@pytest.mark.parametrize("name", APART | WHOLE)
def test_whether_everything_influences_them(name: str) -> None:
    clauses, _ = clauses_of((APART | WHOLE)[name])
    assert clauses.whole is (name in WHOLE)


@pytest.mark.parametrize(
    ("name", "groups"), [("one group", 1), ("two groups", 2), ("groups that share a name", 1)]
)
def test_groups_mention_no_common_name(name: str, groups: int) -> None:
    clauses, plan = clauses_of(APART[name])
    assert len(clauses._groups) == groups
    union = 0
    for group in clauses._groups:
        assert not union & group.names
        union |= group.names
    assert {plan.names[i] for i in range(len(plan.names)) if union >> i & 1} == {
        one.encode() for one in MEMBERS if f"'{one}'" in str(APART[name])
    }
    whole, plan = clauses_of(WHOLE["at most"])
    (group,) = whole._groups
    assert group.names == (1 << len(plan.names)) - 1


@pytest.mark.parametrize("line", [0, 3])
@pytest.mark.parametrize("name", APART | WHOLE)
def test_what_is_still_needed_costs(name: str, line: int) -> None:
    """The least bytes of an object, and of one in which a name is wanted; by a plan that says it, too."""
    schema = (APART | WHOLE)[name]
    clauses, plan = clauses_of(schema)
    values = valid(schema)
    start = (0, 0, NOTHING_SEEN, -1)
    prices = priced(plan, line)
    for wanted in range(-1, len(plan.names)):
        label = plan.names[wanted].decode() if wanted >= 0 else None
        fitting = [value for value in values if label is None or label in value]
        least = min([size(value, set(), line) for value in fitting], default=INFINITE)
        assert clauses.cost(start, prices, wanted) == least, label
        leaf = clauses.leaf(start, prices, wanted)
        assert (leaf is None) is (not fitting), label
        if leaf is not None:
            assert not leaf.spec.clauses
            assert leaf.rest_cost(*start, prices.get, line) == least
            assert label is None or leaf.required >> leaf.index[label.encode()] & 1


@pytest.mark.parametrize("line", [0, 2])
@pytest.mark.parametrize("name", ["required beside", "required within", "values"])
def test_what_was_read_costs_no_more(name: str, line: int) -> None:
    clauses, plan = clauses_of(APART[name])
    prices = priced(plan, line)
    read = plan.index[b"r"]
    start = (1 << read, 0, NOTHING_SEEN, read)
    values = [value for value in valid(APART[name]) if "r" in value]
    for wanted in range(-1, len(plan.names)):
        label = plan.names[wanted].decode() if wanted >= 0 else None
        fitting = [value for value in values if label is None or label in value]
        assert clauses.cost(start, prices, wanted) == min(size(value, {"r"}, line) for value in fitting)


@pytest.mark.parametrize("name", APART | WHOLE)
@pytest.mark.parametrize("last", [-1, 0, 1, 2, 3, 4])
def test_in_the_order_of_the_schema_none_before_the_last_comes(name: str, last: int) -> None:
    schema = (APART | WHOLE)[name]
    clauses, plan = clauses_of(schema, property_order="schema")
    prices = priced(plan, 0)
    # As if the last were none that the clauses speak of, so that all are open.
    fitting = [
        value for value in valid(schema) if all(plan.index[member.encode()] > last for member in value)
    ]
    progress = (0, 0, NOTHING_SEEN, last)
    least = min([size(value, set(), 0) for value in fitting], default=INFINITE)
    assert clauses.cost(progress, prices) == least
    assert (clauses.leaf(progress, prices) is None) is (not fitting)
    for wanted in range(last + 1, len(plan.names)):
        label = plan.names[wanted].decode()
        least = min([size(value, set(), 0) for value in fitting if label in value], default=INFINITE)
        assert clauses.cost(progress, prices, wanted) == least, label


@pytest.mark.parametrize("name", APART)
def test_the_names_that_can_come(name: str) -> None:
    """Those that some object has."""
    clauses, plan = clauses_of(APART[name])
    values = valid(APART[name])
    every = (1 << len(plan.names)) - 1
    expected = sum(
        1 << i for i, label in enumerate(plan.names) if any(label.decode() in value for value in values)
    )
    start = (0, 0, NOTHING_SEEN, -1)
    assert clauses.possible(start, plan.any_price, every) == expected
    for candidates in (0, 1, 0b10110, every ^ 1):
        assert clauses.possible(start, plan.any_price, candidates) == expected & candidates


def solved(clauses: ObjectClauses, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Notes the groups that are solved from now on."""
    asked: list[Any] = []
    find = ObjectClauses._solve

    def solve(self: ObjectClauses, group: Any, *rest: Any) -> Any:
        asked.append(group)
        return find(self, group, *rest)

    monkeypatch.setattr(ObjectClauses, "_solve", solve)
    clauses._plan.compiler.solutions.clear()
    return asked


def test_solutions_are_kept_by_what_they_depend_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a member only its own group is looked at anew; prices without a name are not remembered."""
    clauses, plan = clauses_of(APART["two groups"])
    first, second = clauses._groups
    asked = solved(clauses, monkeypatch)
    prices = priced(plan, 0)
    start = (0, 0, NOTHING_SEEN, -1)
    least = clauses.cost(start, prices)
    assert asked == [first, second]
    assert clauses.cost(start, prices) == least
    assert clauses.cost((0, 0, NOTHING_SEEN, 2), prices) == least, "the last matters in order alone"
    assert clauses.cost((1 << plan.index[b"r"], 0, NOTHING_SEEN, -1), prices) == least
    assert len(asked) == 2
    clauses.cost((first.names & -first.names, 0, NOTHING_SEEN, -1), prices)
    assert asked[2:] == [first]
    clauses.cost(start, priced(plan, 4))
    assert asked[3:] == [first, second]
    clauses.cost(start, prices, (first.names & -first.names).bit_length() - 1)
    assert asked[5:] == [first], "the other does not know the name that is wanted"
    del asked[:]
    unnamed = Prices(prices.get, 0, None)
    assert clauses.cost(start, unnamed) == clauses.cost(start, unnamed) == least
    assert asked == [first, second] * 2


def test_where_all_are_one_group_other_names_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    clauses, plan = clauses_of(WHOLE["their number"])
    asked = solved(clauses, monkeypatch)
    prices = priced(plan, 0)
    for _ in range(2):
        clauses.cost((0, 0, NOTHING_SEEN, -1), prices)
    assert len(asked) == 1
    seen = NOTHING_SEEN.add(b"z")
    for _ in range(2):
        clauses.cost((0, 0, seen, -1), prices)
    assert len(asked) == 3


def test_solutions_of_plans_with_other_required_names_are_others() -> None:
    """The same clauses on the same names: what is required of these is part of what is remembered."""
    alone = {"anyOf": [{"required": ["a"]}, {"required": ["bb", "d"]}]}
    clauses, plan = clauses_of(alone)
    compiler = plan.compiler
    prices = priced(plan, 0)
    start = (0, 0, NOTHING_SEEN, -1)
    first = clauses.cost(start, prices)
    draft = ObjectDraft.of(plan.spec)
    assert draft.add(("some", KeySet(frozenset((b"bb",))), compiler.formulas.true))
    other = compiler.object_plan(compiler.cases.intern(draft, plan.spec.clauses))
    assert other.table is plan.table
    assert other.clauses is not clauses
    valid_with = [value for value in valid(alone) if "bb" in value]
    assert other.clauses.cost(start, prices) == min(size(value, set(), 0) for value in valid_with) > first
    assert clauses.cost(start, prices) == first
