"""Items that must differ, and are counted besides."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any
from unittest.mock import patch

import jsonschema
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import EPSILON, INFINITE, literal
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.constraints.json_number import number_state
from bltgen.constraints.json_schema import json_schema, unique_items
from bltgen.constraints.json_schema.effort import Effort
from bltgen.constraints.json_schema.number_rules import NumberRules
from bltgen.constraints.json_schema.positions import Root
from bltgen.constraints.json_schema.seen import NOTHING_SEEN, Seen
from bltgen.constraints.json_schema.unique_items import (
    RecordedItem,
    cheapest_values,
    distinct_cost,
    hopeless_values,
    is_endless_goal,
    is_vast,
    item_start,
    least_assignment,
    sequences,
    text_of,
    value_of,
)
from bltgen.constraints.json_schema.written_numbers import WrittenNumbers
from bltgen.constraints.number_set import DIGIT_LIMIT, NumberSet
from bltgen.constraints.regex import regex
from bltgen.errors import EmptyLanguage, LimitExceeded
from bltgen.testing.reference import SchemaReference

from .finite import PLAIN, arrays, check_schema, compiled

UNIQUE: list[dict[str, Any]] = [
    {"contains": {"type": "integer"}},
    {"contains": {"const": 1}, "items": {"enum": [1, 2]}},
    {"contains": {"enum": [1, 2]}, "minContains": 2, "type": "array"},
    {"contains": {"enum": [1, 2, 3]}, "minContains": 2, "maxContains": 2, "minItems": 4, "type": "array"},
    {"prefixItems": [{"enum": [1, 2]}, {"enum": [1, 2]}, {"const": 3}], "minItems": 3, "type": "array"},
    {"prefixItems": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}, {"enum": ["a", "c"]}], "minItems": 3},
    {"items": {"enum": [0, 1.5, "x", None, [], {}]}, "minItems": 6, "type": "array"},
]


@given(st.lists(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 9)), max_size=4))
def test_the_least_assignment_is_the_least(rows: list[dict[str, int]]) -> None:
    """Against all assignments."""
    keys = sorted({key for row in rows for key in row})
    totals = [
        sum(row[key] for row, key in zip(rows, chosen, strict=True))
        for chosen in itertools.permutations(keys, len(rows))
        if all(key in row for row, key in zip(rows, chosen, strict=True))
    ]
    assert least_assignment(rows, Effort()) == min(totals, default=INFINITE)


@pytest.mark.parametrize("schema", UNIQUE)
@pytest.mark.parametrize("numbers", ["any", "plain"])
def test_arrays_of_unique_items_are_judged_and_written(schema: dict[str, Any], numbers: Any) -> None:
    """Every array of up to three of a few values is judged as jsonschema does; samples within any budget."""
    schema = {**schema, "uniqueItems": True}
    constraint = json_schema(schema, numbers=numbers)
    validator = jsonschema.Draft202012Validator(schema)
    values = [1, 2, 3, "a", "b", "c", None, [], 1.5]
    for length in range(4):
        for array in itertools.product(values, repeat=length):
            text = json.dumps(array).encode()
            assert constraint.accepts(text) == validator.is_valid(list(array)), array
    start = constraint.start()
    assert len(start.completion()) == start.shortest
    for seed, more in enumerate((0, 1, 2, 5, 10, 30)):
        text = constraint.sample(random.Random(seed), start.shortest + more)
        assert len(text) <= start.shortest + more
        assert validator.is_valid(json.loads(text)) or "inf" in str(json.loads(text)), text


def test_two_of_few_values_must_be_equal() -> None:
    """Where all values were seen, the next item is one of them."""
    schema = {"type": "array", "items": {"enum": ["a", "b"]}, "not": {"uniqueItems": True}}
    constraint = json_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for seed in range(40):
        text = constraint.sample(random.Random(seed), 40)
        assert validator.is_valid(json.loads(text)), text
    assert [constraint.accepts(text) for text in (b'["a","b"]', b'["a","b","a"]', b'["b","b"]')] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("more", [{}, {"minItems": 3}, {"contains": {"const": "é"}}, {"maxItems": 3}])
def test_what_fits_into_a_budget_is_exact_in_strings_that_must_differ(more: dict[str, Any]) -> None:
    """Whatever is known at once agrees with the bytes whose shortest way is short enough."""
    constraint = json_schema({"type": "array", "items": {"type": "string"}, "uniqueItems": True, **more})
    state = constraint.start()
    for byte in '["é", "", "a\\u00e9", "'.encode():
        after = {b: one for b in range(256) if (one := state.advance(b)) is not None}
        farthest = max(one.shortest for one in after.values())
        for n in (state.shortest, state.shortest + 1, *range(farthest, farthest + 40, 3)):
            within = {b for b, one in after.items() if one.shortest < n}
            assert {*state.allowed_within(n)} == within, n
        if byte not in after:
            assert "maxItems" in more
            return
        state = after[byte]


@pytest.mark.parametrize("begun", [b"[0,0E", b"[0,0.0e", b"[0,-0E", b"[0,0.0e-"])
def test_nought_stays_nought_whatever_its_exponent(begun: bytes) -> None:
    """Where 0 was seen, an exponent of nought is a dead end, and nought may still become 0.1."""
    schema = {"type": "array", "uniqueItems": True, "items": {"type": "number"}}
    constraint = json_schema(schema, whitespace="compact", numbers="any")
    state: Any = constraint.start()
    for byte in begun:
        assert state.shortest == len(state.completion())
        state = state.advance(byte)
        if state is None:
            break
    assert state is None
    assert constraint.accepts(b"[0,0.1]")
    assert json_schema({"not": schema, "type": "array"}, numbers="any").accepts(begun + b"1]")


# Values of few kinds: bounded and unbounded numbers of every spelling, few strings, containers of them.
_ITEMS: list[Any] = [
    {"type": "integer"},
    {"type": "integer", "minimum": 0, "maximum": 2},
    {"type": "integer", "maximum": 0},
    {"type": ["null", "integer"]},
    {"type": "number", "minimum": 0, "maximum": 1},
    {"type": "number", "anyOf": [{"const": 0}, {"minimum": 5}]},
    {"type": "number", "anyOf": [{"enum": [0, -1]}, {"maximum": -5}]},
    {"multipleOf": 0.5, "type": "number", "minimum": 0, "maximum": 1},
    {"multipleOf": 4, "not": {"multipleOf": 100}, "type": "number"},
    {"enum": ["ab", "abc", "b"]},
    {"enum": [0, 0.5, None]},
    {"type": "string", "pattern": "^[ab]?$"},
    {"type": "array", "items": {"enum": [0, "a"]}, "maxItems": 1},
    {"properties": {"a": {"enum": [0, 1]}}, "type": "object", "additionalProperties": False},
]


@st.composite
def _arrays_of_few_values(draw: st.DrawFn) -> dict[str, Any]:
    items = st.sampled_from(_ITEMS)
    low = draw(st.integers(0, 3))
    schema: dict[str, Any] = {"type": "array", "items": draw(items), "minItems": low}
    if draw(st.booleans()):
        schema["maxItems"] = draw(st.integers(max(low, 1), 3))
    if draw(st.booleans()):
        schema["prefixItems"] = draw(st.lists(items, min_size=1, max_size=2))
    if draw(st.integers(0, 3)) == 0:
        schema["contains"] = draw(items)
    different = draw(st.sampled_from([True, True, True, False]))
    return schema | ({"uniqueItems": True} if different else {"not": {"uniqueItems": True}})


@settings(deadline=None, max_examples=40)
@given(_arrays_of_few_values(), st.sampled_from(["any", "plain"]), st.randoms(use_true_random=False))
def test_what_is_allowed_can_be_read_and_ended(
    schema: dict[str, Any], numbers: str, rng: random.Random
) -> None:
    """Walks that prefer the few values that were seen: every promise of the states on the way."""
    try:
        constraint = json_schema(schema, numbers=numbers, whitespace="compact")
    except EmptyLanguage:
        event("empty")
        return
    event("walked")
    reference = SchemaReference(schema, compact=True)
    state: Any = constraint.start()
    text = b""
    for _ in range(20):
        after = {byte: one for byte in range(256) if (one := state.advance(byte)) is not None}
        assert {*state.allowed} == after.keys(), text
        completion = state.completion()
        assert len(completion) == state.shortest, text
        assert reference.accepts(text + completion), text + completion
        if state.accepting:
            assert state.shortest == 0
            break
        nearest = {byte: one.shortest for byte, one in after.items()}
        assert state.shortest == 1 + min(nearest.values()), text
        for n in (state.shortest - 1, state.shortest, state.shortest + 2):
            assert {*state.allowed_within(n)} == {b for b, rest in nearest.items() if rest < n}, (text, n)
        # Where two must be equal, an exponent leads to numbers that are too long to be written out again.
        byte = rng.choice(
            [b for b in after if b in (b'0015.-,"abn[{e', b'0015.-,"abn[{')["not" in schema]] or [*after]
        )
        text += bytes((byte,))
        state = after[byte]


@pytest.mark.parametrize("different", [{"uniqueItems": True}, {"not": {"uniqueItems": True}}])
def test_a_value_that_a_later_item_needs_is_not_taken_to_be_the_nearest(different: dict[str, Any]) -> None:
    """The shortest text is found in any budget, though a shorter item comes first that makes it longer."""
    first, second, third = (
        {"enum": values} for values in (["ab", "abc"], ["ab", "z" * 20], ["abc", "y" * 20])
    )
    if "not" in different:
        second, third = {"enum": ["abc", "z" * 20]}, {"enum": ["z" * 20]}
    schema = {
        "type": "array",
        "prefixItems": [first, second, third],
        "minItems": 2,
        "maxItems": 3,
        **different,
    }
    constraint = json_schema(schema, whitespace="compact")
    least = constraint.start().shortest
    for seed in range(20):
        text = constraint.sample(random.Random(seed), least)
        assert jsonschema.Draft202012Validator(schema).is_valid(json.loads(text))
        assert len(text) == least


@pytest.mark.parametrize(
    "number", [b"1e9999", b"1e99999999999999999999", b"-1" + b"0" * 4500, b"1e-" + b"9" * 4500]
)
def test_numbers_beyond_any_machine_are_told_apart(number: bytes) -> None:
    """No limit of Python or Decimal is met within an array of numbers that must differ."""
    schema = {"type": "array", "uniqueItems": True, "items": {"type": "number"}}
    constraint = json_schema(schema, numbers="any")
    state: Any = constraint.start()
    for byte in b"[" + number + b"," + number:
        state = state.advance(byte)
    text = b"[" + number + b"," + number + state.completion()
    assert constraint.accepts(text)
    assert not constraint.accepts(b"[" + number + b"," + number + b"]")


@pytest.mark.parametrize(
    "prefix", [b"[7 ", b"[7,7 ", b"[ 7\t, 7\n", b"[[7] , [7 ", b"[7,8 ,8\n ", b'["a" ,"a" ']
)
@pytest.mark.parametrize("unique", [True, False])
@pytest.mark.parametrize("whitespace", ["any", "bounded", "spaced"])
def test_white_space_after_an_item_is_no_part_of_it(prefix: bytes, unique: bool, whitespace: str) -> None:
    """At each byte what is allowed can be read, and the completion is an array that the judge takes."""
    schema = {"type": "array", **({} if unique else {"minItems": 2})}
    schema |= {"uniqueItems": True} if unique else {"not": {"uniqueItems": True}}
    validator = jsonschema.Draft202012Validator(schema)
    state = json_schema(schema, whitespace=whitespace, numbers="any").start()
    for at, byte in enumerate(prefix):
        following = state.advance(byte)
        assert (following is not None) == (byte in state.allowed)
        if following is None:
            return
        state = following
        completion = state.completion()
        assert len(completion) == state.shortest
        assert validator.is_valid(json.loads(prefix[: at + 1] + completion))
        for one in state.allowed:
            assert state.advance(one) is not None


# -- the parts by themselves -------------------------------------------------------------------------


def _array(schema: dict[str, Any], **options: Any) -> tuple[Any, Any]:
    """The plan of an array, and its compiler."""
    made = compiled({"type": "array", **schema}, **options)
    made.start()
    (plan,) = made._compiler.live_arrays(made._goal)
    return plan, made._compiler


def _values(*values: Any) -> list[Any]:
    return [value_of(json.dumps(value).encode()) for value in values]


def _seen(*values: Any) -> Seen:
    seen = NOTHING_SEEN
    for value in _values(*values):
        seen = seen.add(value)
    return seen


def _frame(
    plan: Any, index: int = 0, met: tuple[int, ...] = (), seen: Seen = NOTHING_SEEN, done: bool = True
) -> Any:
    return plan.frame(Root(plan.compiler), index, met, seen, done)


def test_the_bytes_of_a_chain() -> None:
    assert text_of(()) == b""
    assert text_of(((), 97)) == b"a"
    assert text_of((((), 97), 98)) == b"ab"


def test_a_value_nested_too_deep_is_a_limit() -> None:
    with pytest.raises(LimitExceeded) as caught:
        value_of(b"[" * 100_000 + b"]" * 100_000)
    assert (caught.value.what, caught.value.limit) == (
        "the nesting of an item of an array with unique items",
        500,
    )


def test_what_is_vast() -> None:
    """More digits, written out, than an automaton of numbers takes; within containers too."""
    within, beyond = f"1e{DIGIT_LIMIT - 1}", f"1e{DIGIT_LIMIT}"
    for form in ("{}", "-{}", "[{}]", "[0,[{}]]", '{{"a":{}}}', '{{"b":0,"a":[{}]}}'):
        assert is_vast(value_of(form.format(within).encode())) is False, form
        assert is_vast(value_of(form.format(beyond).encode())) is True, form
    assert is_vast(value_of(f"1e-{DIGIT_LIMIT - 1}".encode())) is False
    assert is_vast(value_of(f"1e-{DIGIT_LIMIT}".encode())) is True
    for text in (b"null", b'"a"', b"true", b"[]", b"{}", b"0"):
        assert is_vast(value_of(text)) is False


def test_an_item_is_read_by_one_state_for_all_arrays() -> None:
    plan, compiler = _array({"uniqueItems": True})
    goal = plan.spec.goal_at(0)
    assert item_start(compiler, goal, 1) is item_start(compiler, goal, 5)
    assert item_start(compiler, compiler.formulas.true, 1) is item_start(compiler, compiler.formulas.true, 1)
    plan, compiler = _array({"uniqueItems": True}, whitespace=1)
    goal = plan.spec.goal_at(0)
    assert item_start(compiler, goal, 1) is item_start(compiler, goal, 1)
    assert item_start(compiler, goal, 1) is not item_start(compiler, goal, 2)


def test_the_cheapest_values() -> None:
    plan, compiler = _array({"items": {"enum": ["abc", 0, 12, "", 345]}, "uniqueItems": True})
    goal = plan.spec.goal_at(0)

    def cheapest(excluded: list[Any], wanted: int) -> list[tuple[Any, int]]:
        return cheapest_values(compiler, goal, excluded, wanted, 1)

    zero, empty, twelve, more, text = _values(0, "", 12, 345, "abc")
    assert cheapest([], 0) == []
    assert cheapest([], 1) == [(zero, 1)]
    found = cheapest([], 9)
    assert [cost for _, cost in found] == [1, 2, 2, 3, 5]
    assert [value for value, _ in found] in (
        [zero, empty, twelve, more, text],
        [zero, twelve, empty, more, text],
    )
    assert cheapest([zero, twelve, more], 2) == [(empty, 2), (text, 5)]
    assert cheapest([zero, twelve, more, empty, text], 2) == []


def test_vast_values_are_left_out_when_they_come_up() -> None:
    schema = {"items": {"enum": [json.loads(f"1{'0' * DIGIT_LIMIT}"), "a"]}, "uniqueItems": True}
    made = json_schema({"type": "array", **schema}, whitespace="compact", numbers="any")
    (plan,) = made._compiler.live_arrays(made._goal)
    vast = value_of(f"1e{DIGIT_LIMIT}".encode())
    found = cheapest_values(plan.compiler, plan.spec.goal_at(0), [vast], 1, 1)
    assert [value for value, _ in found] == _values("a")


SEQUENCES: list[tuple[dict[str, Any], int, list[tuple[int, int]]]] = [
    ({}, 0, [(0, 0)]),
    ({}, 1, [(0, 0), (2, 1)]),
    ({}, 2, [(0, 0), (2, 1), (4, 2)]),
    ({"minItems": 2}, 0, [(4, 2)]),
    ({"minItems": 1, "maxItems": 2}, 2, [(2, 1), (4, 2)]),
    ({"contains": {"const": 12}}, 0, [(3, 1), (5, 2)]),
    ({"prefixItems": [{"const": 12}], "contains": {"const": 0}}, 0, [(5, 2)]),
    ({"contains": {"const": 12}, "minItems": 2}, 0, [(5, 2), (5, 2), (7, 3)]),
]


@pytest.mark.parametrize(("schema", "beyond", "found"), SEQUENCES)
def test_the_ways_to_complete_an_array(
    schema: dict[str, Any], beyond: int, found: list[tuple[int, int]]
) -> None:
    """Each as its bytes where none need differ, and its number of items; the shortest first."""
    plan, compiler = _array({"items": {"enum": [0, 12]}, "uniqueItems": True, **schema})
    met = (0,) * len(plan.counts)
    ways = list(itertools.islice(sequences(plan, 0, met, beyond, compiler.cost, 0), 9))
    assert [(bound, len(goals)) for bound, goals in ways] == found
    assert [bound for bound, _ in ways] == sorted(bound for bound, _ in ways)
    again = list(itertools.islice(sequences(plan, 0, met, beyond, compiler.cost, 3), 9))
    assert [bound - 3 * len(goals) for bound, goals in again] == [bound for bound, _ in ways]


def test_the_items_that_must_differ_have_a_limit(set_limits: Any) -> None:
    set_limits(distinct_items=3)
    schema = {"type": "array", "items": {"enum": [0, 1, 2, 3, 4]}, "uniqueItems": True}
    assert compiled({**schema, "minItems": 3}).start().shortest == 7
    with pytest.raises(LimitExceeded) as caught:
        compiled({**schema, "minItems": 4}).start()
    assert (caught.value.what, caught.value.limit) == ("the items of an array that must differ", 3)


COSTS: list[tuple[dict[str, Any], int, list[Any], bool, int]] = [
    ({"minItems": 2}, 0, [], True, 1 + 1 + 1 + 2),
    ({"minItems": 2}, 0, [0], True, 1 + 2 + 1 + 3),
    ({"minItems": 2}, 1, [0], True, 1 + 2),
    ({"minItems": 2}, 2, [0, 12], True, 0),
    ({"minItems": 3}, 0, [0], True, INFINITE),
    ({"minItems": 3}, 0, [], True, 1 + 1 + 1 + 2 + 1 + 3),
    ({"minItems": 4}, 0, [], True, INFINITE),
    ({"prefixItems": [{"enum": [0, 12]}, {"const": 0}], "minItems": 2}, 0, [], True, 1 + 2 + 1 + 1),
    ({"prefixItems": [{"const": 0}, {"const": 0}], "minItems": 2}, 0, [], True, INFINITE),
    ({"prefixItems": [True, {"const": 345}], "minItems": 2}, 0, [345], True, INFINITE),
]


@pytest.mark.parametrize(("schema", "index", "seen", "done", "cost"), COSTS)
def test_what_items_that_differ_cost(
    schema: dict[str, Any], index: int, seen: list[Any], done: bool, cost: int
) -> None:
    made = compiled(
        {
            "anyOf": [
                {"type": "array", "items": {"enum": [0, 12, 345]}, "uniqueItems": True, **schema},
                {"type": "null"},
            ]
        }
    )
    (plan,) = made._compiler.arrays(made._goal)
    get = made._compiler.cost
    assert distinct_cost(plan, index, (), _seen(*seen), done, get, 0, 1) == cost
    if cost < INFINITE and index + len(seen) == 0:
        n = schema["minItems"]
        assert distinct_cost(plan, index, (), NOTHING_SEEN, done, get, 4, 1) == cost + 4 * n


REPEATED: list[tuple[dict[str, Any], list[Any], int]] = [
    ({}, [], 1 + 1 + 1 + 1),
    ({}, [12], 1 + 2),
    ({}, [12, 0], 1 + 1),
    ({"prefixItems": [{"const": 345}, {"const": 12}]}, [], 1 + 3 + 1 + 2 + 1 + 2),
    ({"prefixItems": [{"enum": [345, 12]}, {"enum": [345, 12]}]}, [], 1 + 2 + 1 + 2),
    ({"prefixItems": [{"const": 345}]}, [345], 1 + 3),
    ({"minItems": 3}, [], 6),
]


@pytest.mark.parametrize(("schema", "seen", "cost"), REPEATED)
def test_what_two_equal_items_cost(schema: dict[str, Any], seen: list[Any], cost: int) -> None:
    array = {"type": "array", "items": {"enum": [0, 12, 345]}, "not": {"uniqueItems": True}, **schema}
    made = compiled({"anyOf": [array, {"type": "null"}]})
    (plan,) = made._compiler.arrays(made._goal)
    assert distinct_cost(plan, len(seen), (), _seen(*seen), False, made._compiler.cost, 0, 1) == cost


def test_an_assignment_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    found = unique_items._assign
    monkeypatch.setattr(unique_items, "_assign", lambda *args: asked.append(args) or found(*args))
    plan, compiler = _array({"items": {"enum": [0, 12, 345]}, "uniqueItems": True})
    goals = (plan.spec.goal_at(0),) * 2
    asked.clear()
    compiler.assignments.clear()
    seen = _seen(0)
    for depth in (1, 2, 1):
        assert unique_items._assigned_cost(compiler, goals, seen, depth) == 5
    assert len(asked) == 1
    unique_items._assigned_cost(compiler, goals, NOTHING_SEEN, 1)
    assert len(asked) == 2
    assert not compiler.assigning


def test_an_assignment_within_itself_is_a_limit() -> None:
    plan, compiler = _array({"items": {"enum": [0, 12]}, "uniqueItems": True})
    goals = (plan.spec.goal_at(0),) * 2
    compiler.assignments.clear()
    compiler.assigning.add((tuple([goal.id for goal in goals]), NOTHING_SEEN, 1))
    with pytest.raises(LimitExceeded) as caught:
        unique_items._assigned_cost(compiler, goals, NOTHING_SEEN, 1)
    assert (caught.value.what, caught.value.limit) == ("the recursion through arrays with unique items", 1)


HOPELESS: list[tuple[dict[str, Any], int, list[Any], list[Any] | None]] = [
    ({}, 0, [], []),
    ({"minItems": 2}, 0, [], []),
    ({"minItems": 3}, 0, [], []),
    ({"prefixItems": [True, {"const": 0}], "minItems": 2}, 0, [], [0]),
    ({"prefixItems": [True, {"const": 0}]}, 0, [], []),
    ({"prefixItems": [True, {"enum": [0, 12]}, {"enum": [0, 12]}], "minItems": 3}, 0, [], [0, 12]),
    ({"prefixItems": [True, {"enum": [0, 12]}, {"enum": [0, 345]}], "minItems": 3}, 0, [], []),
    ({"prefixItems": [True, True, {"const": 0}], "minItems": 3}, 1, [12], [0]),
    ({"prefixItems": [True, True, {"const": 0}], "minItems": 3}, 1, [0], None),
]


@pytest.mark.parametrize(("schema", "index", "seen", "values"), HOPELESS)
def test_the_values_after_which_others_could_not_differ(
    schema: dict[str, Any], index: int, seen: list[Any], values: list[Any] | None
) -> None:
    plan, _ = _array({"items": {"enum": [0, 12, 345]}, "uniqueItems": True, **schema})
    expected = None if values is None else frozenset(_values(*values))
    frame = _frame(plan, index, seen=_seen(*seen))
    assert hopeless_values(frame, ()) == expected
    assert frame.hopeless(()) is frame.hopeless(())
    for value in _values(0, 12, 345):
        among = value in _values(*seen) or values is None or value in _values(*values)
        assert frame.is_excluded(value, ()) is among
    assert set(frame.excluded_values(())) == {*_values(*seen), *(_values(*values) if values else ())}
    assert frame.excludes(()) is bool(seen or values or values is None)


ENDLESS: list[tuple[dict[str, Any], bool]] = [
    ({"type": "string"}, True),
    ({"type": "string", "maxLength": 3}, False),
    ({"type": "string", "minLength": 3}, True),
    ({"enum": ["a", 0]}, False),
    ({"type": "null"}, False),
    ({"type": "array"}, True),
    ({"type": "array", "maxItems": 3}, False),
    ({"type": "array", "items": False}, False),
    ({"type": "object"}, True),
    ({"type": "object", "additionalProperties": False}, False),
    ({"type": "object", "additionalProperties": False, "properties": {"a": {"type": "string"}}}, True),
    ({"type": "object", "additionalProperties": False, "properties": {"a": {"type": "null"}}}, False),
    ({"anyOf": [{"type": "null"}, {"type": "string"}]}, True),
]


@pytest.mark.parametrize(("schema", "endless"), ENDLESS)
@pytest.mark.parametrize("numbers", ["any", "plain"])
def test_whether_values_are_without_number(schema: dict[str, Any], endless: bool, numbers: str) -> None:
    made = compiled(schema, numbers=numbers)
    assert is_endless_goal(made._compiler, made._goal) is endless
    assert made._compiler.endless_goals[made._goal] is endless


def test_whether_numbers_are_without_number() -> None:
    for schema, any_spelling in [
        ({"type": "integer"}, True),
        ({"type": "number"}, True),
        ({"type": "integer", "minimum": 0, "maximum": 9}, False),
        ({"type": "number", "minimum": 0, "maximum": 1}, True),
        ({"type": "integer", "minimum": 5}, True),
    ]:
        made = compiled(schema, numbers="any")
        assert is_endless_goal(made._compiler, made._goal) is any_spelling, schema


def test_a_goal_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    found = unique_items._find_endless
    monkeypatch.setattr(unique_items, "_find_endless", lambda *args: asked.append(args) or found(*args))
    made = compiled({"type": "array", "items": {"$ref": "#"}, "uniqueItems": True})
    compiler, goal = made._compiler, made._goal
    compiler.endless_goals.clear()
    for _ in range(2):
        is_endless_goal(compiler, goal)
    assert len(asked) == len({args[1] for args in asked})


def test_items_without_number_are_not_narrowed() -> None:
    """All of them are read by the same states, whatever was seen."""
    plan, _ = _array({"items": {"type": "string"}, "uniqueItems": True})
    root = Root(plan.compiler)
    nothing = plan.compiler.layout.nothing
    inner = set()
    for seen in (NOTHING_SEEN, _seen("a"), _seen("a", "b")):
        (position,) = plan.frame(root, 0, (), seen, True).further(nothing)
        inner.add(position.inner)
        assert position.is_free is (not seen.size)
    assert len(inner) == 1
    plan, _ = _array({"items": {"enum": ["a", "b", "c"]}, "uniqueItems": True})
    root = Root(plan.compiler)
    inner = set()
    for seen in (NOTHING_SEEN, _seen("a"), _seen("a", "b")):
        (position,) = plan.frame(root, 0, (), seen, True).further(nothing)
        inner.add(position.inner)
        assert position.is_free is True
    assert len(inner) == 3


def test_an_item_that_was_seen_does_not_end_again() -> None:
    state = json_schema({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, **PLAIN).start()
    for byte in b'["a","b","':
        state = state.advance(byte)
    for byte in b"ab":
        after = state.advance(byte)
        assert ord('"') not in after.allowed
        assert after.advance(ord('"')) is None
        assert after.shortest == 3
        assert len(after.completion()) == 3
        assert ord('"') not in after.allowed_within(50)
        assert not after.allowed_within(2)
        assert ord("x") in after.allowed_within(3)
    assert state.shortest == 2
    assert state.completion() == b'"]'
    assert set(state.allowed_within(2)) == {ord('"')}
    within = set(state.allowed_within(3))
    assert {ord('"'), ord("c")} <= within
    assert not {ord("a"), ord("b")} & within
    assert {ord("a"), ord("b")} <= set(state.allowed_within(4))


@pytest.mark.parametrize(
    "schema",
    [
        {"items": {"type": "integer"}},
        {"items": {"type": "integer", "minimum": 0, "maximum": 12}},
        {"items": {"type": "string", "pattern": "^[ab]{1,2}$"}},
        {"items": {"type": ["boolean", "null", "integer"], "minimum": 1, "maximum": 3}, "minItems": 4},
        {"items": {"type": "array", "items": {"enum": [0, 1]}, "maxItems": 1}},
        {"items": {"type": "object", "properties": {"a": {"enum": [0, 1]}}, "additionalProperties": False}},
        {"items": {"type": "object"}, "minItems": 2},
    ],
    ids=str,
)
@pytest.mark.parametrize("unique", [True, False])
def test_states_agree_with_those_after_them(schema: dict[str, Any], unique: bool) -> None:
    """Along some texts: what is allowed leads on, and costs and budgets follow from the states after."""
    different = {"uniqueItems": True} if unique else {"not": {"uniqueItems": True}}
    constraint = json_schema({"type": "array", **schema, **different}, **PLAIN)
    validator = jsonschema.Draft202012Validator({"type": "array", **schema, **different})
    for seed in range(1):
        rng = random.Random(seed)
        state: Any = constraint.start()
        text = b""
        for _ in range(12):
            after = {byte: state.advance(byte) for byte in state.allowed}
            assert None not in after.values()
            needed = {byte: 1 + after[byte].shortest for byte in after}
            if not state.accepting:
                assert min(needed.values()) == state.shortest
            completion = state.completion()
            assert len(completion) == state.shortest
            assert validator.is_valid(json.loads(text + completion)), text + completion
            for n in range(state.shortest, state.shortest + 3):
                assert set(state.allowed_within(n)) == {byte for byte, least in needed.items() if least <= n}
            if not after:
                break
            byte = rng.choice([byte for byte in after if needed[byte] <= state.shortest + 6])
            state, text = after[byte], text + bytes((byte,))


# -- what is seen at once ----------------------------------------------------------------------------


def _read(state: Any, text: bytes) -> Any:
    for byte in text:
        state = state and state.advance(byte)
    return state


NUMBERS: list[tuple[Any, Any, bytes, bool]] = [
    (None, None, b"1", True),
    (None, None, b"-", True),
    (0, None, b"1", True),
    (None, 5, b"-3", True),
    (None, 5, b"3", False),
    (-5, None, b"-1", False),
    (-5, None, b"1", True),
    (0, None, b"1e", True),
    (0, None, b"1E+", True),
    (0, None, b"1e5", True),
    (0, None, b"1e-", False),
    (0, None, b"0e", False),
    (0, None, b"0.0E", False),
    (0, None, b"0.1E", True),
    (None, 0, b"-1e", True),
    (None, 0, b"-0.0e", False),
    (0, 10**9, b"1e", False),
    (0, 10**9, b"1e5", False),
    (0, 10**9, b"1", False),
]


@pytest.mark.parametrize("before", [b"", b'["a",', b'{"1e-":'])
@pytest.mark.parametrize(("low", "high", "text", "more"), NUMBERS)
def test_digits_that_may_go_on_for_ever(low: Any, high: Any, text: bytes, more: bool, before: bytes) -> None:
    """In any spelling, also of the exponent; nought stays nought, and exponents below nought have an end."""
    state = _read(number_state(NumberSet.interval(low, high)), text)
    assert unique_items._has_numbers(state, before + text, 0) is more
    assert unique_items._has_numbers(state, before + text, 10**9) is more
    assert unique_items._has_numbers(EPSILON.start(), text, 0) is False


def test_short_numbers_are_counted() -> None:
    """Those of the most digits: plain integers of three digits."""
    integers = WrittenNumbers.however(NumberSet.integers())
    state = NumberRules.of("plain", 3, integers).start(integers)
    for text, numbers in ((b"", 900), (b"-", 900), (b"1", 100), (b"-1", 100), (b"12", 10), (b"123", 1)):
        here = _read(state, text)
        assert unique_items._has_numbers(here, text, numbers - 1) is True
        assert unique_items._has_numbers(here, text, numbers) is False
    assert unique_items._has_numbers(_read(state, b"0"), b"0", 0) is False
    for excluded, digits in ((0, b"123456789"), (99, b"123456789"), (100, b"")):
        assert bytes(ByteSet(unique_items._safe_digits(state, b"", excluded))) == digits
    anything = number_state(NumberSet.interval(0, None))
    assert bytes(ByteSet(unique_items._safe_digits(anything, b"", 5))) == b"0123456789"
    assert unique_items._safe_digits(_read(anything, b"0e"), b"0e", 5) == 0
    assert bytes(ByteSet(unique_items._safe_digits(_read(anything, b"1e"), b"1e", 5))) == b"0123456789"


def test_texts_without_number() -> None:
    for language, endless, anything in (
        (None, False, False),
        (literal(b"a"), False, False),
        (UTF8_TEXT, True, True),
        (literal(b"a") + UTF8_TEXT, True, True),
        (UTF8_TEXT.derivative(0xC3), True, True),
        (UTF8_TEXT + literal(b"a"), True, False),
        (regex("[ab]*"), True, False),
        (regex("[ab]{3,}"), True, False),
        (regex("[ab]{3,9}"), False, False),
        (regex("[ab]*") & regex("b.*"), False, False),
    ):
        assert unique_items.is_endless_text(language) is endless, language
        if language is not None:
            assert unique_items._is_any_text(language) is anything, language


@pytest.mark.parametrize(
    ("text", "value", "may"),
    [
        (b"", 1, True),
        (b"1", 1, True),
        (b"1", 12, True),
        (b"12", 1, False),
        (b"2", 1, False),
        (b"1e", 10, True),
        (b"-", 1, False),
        (b'"', "a", True),
        (b'"a', "a", True),
        (b'"b', "a", False),
        (b'"bc', "a", False),
        (b"n", None, True),
        (b"t", None, False),
        (b"tr", True, True),
        (b"[", [1], True),
        (b"[2", [1], True),
        (b"{", {}, True),
    ],
)
def test_what_a_beginning_may_become(text: bytes, value: Any, may: bool) -> None:
    """Of containers it is always thought possible."""
    _, compiler = _array({"uniqueItems": True})
    assert unique_items._may_become(compiler, text, _values(value)[0], 1) is may


STRINGS = frozenset({*range(0x20, 0x80), *range(0xC2, 0xF5)}) - {ord('"')}
VALUES = frozenset(b'"-0123456789[fnt{')
SAFE: list[tuple[Any, bytes, list[Any], dict[str, Any], frozenset[int], bool]] = [
    ({"type": "string"}, b'"', ["a"], {}, STRINGS, True),
    ({"type": "string"}, b"", ["a"], {}, frozenset(), True),
    ({"type": "integer"}, b"", ["a", 1], {}, frozenset(b"123456789"), True),
    ({"type": "integer"}, b"", ["a", 1], {"numbers": "any"}, frozenset(b"0123456789"), True),
    ({"type": "integer"}, b"1", ["a", 1], {}, frozenset(b"0123456789"), True),
    ({"type": "integer"}, b"0e", [1], {"numbers": "any"}, frozenset(), False),
    ({"type": "array"}, b"[", [[1]], {}, VALUES, True),
    ({"type": "array"}, b"[[", [[1]], {}, VALUES, True),
    ({"type": "array"}, b'["', [[1]], {}, STRINGS, True),
    ({"type": "array"}, b"[1", [[1]], {}, frozenset(b"0123456789"), True),
    ({"type": "array"}, b"[[]", [[1]], {}, frozenset(b","), True),
    ({"type": "object"}, b"{", [{}], {}, frozenset(b'"'), True),
    ({"type": "object"}, b'{"a":[', [{}], {}, VALUES, True),
    (True, b"", [0], {}, frozenset(b"0123456789"), True),
    ({"type": "array", "items": {"items": {"enum": [0, 1]}, "maxItems": 1, "type": "array"}}, b"[[",
     [[]], {}, frozenset(b"01]"), True),
]  # fmt: skip


@pytest.mark.parametrize(("items", "text", "seen", "options", "safe", "endless"), SAFE)
def test_bytes_after_which_values_are_without_number(
    items: Any,
    text: bytes,
    seen: list[Any],
    options: dict[str, Any],
    safe: frozenset[int],
    endless: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are known at once, and not tried one by one; all others are."""
    plan, compiler = _array({"uniqueItems": True, "items": items}, **options)
    (position,) = _frame(plan, seen=_seen(*seen)).further(compiler.layout.nothing)
    for byte in text:
        (position,) = position.step(byte)
    assert position.is_free is False
    assert position._is_endless() is endless
    allowed = set(ByteSet(position.inner.bits))
    known = set(ByteSet(position._safe_bits()))
    assert known & allowed - {ord("\\")} == safe - {ord("\\")}
    tried = []
    find = RecordedItem._reached
    monkeypatch.setattr(RecordedItem, "_reached", lambda self, byte: tried.append(byte) or find(self, byte))
    assert set(ByteSet(position.bits)) >= safe - {ord("\\")}
    assert set(tried) == allowed - known
    assert len(tried) == len(set(tried))


def test_completions_that_go_astray_are_completions() -> None:
    """The shortest first; of each first byte one where that is asked."""
    for schema in ({"type": "string"}, {"enum": [0, "abc", [1, 2]]}, {"type": "null"}, {"type": "integer"}):
        made = compiled(schema)
        start = item_start(made._compiler, made._goal, 1)
        found = list(unique_items._completions(start))
        assert found[0] == start.completion()
        every = list(unique_items._completions(start, every_first=True))
        assert every[0] == found[0]
        first = len(start.allowed)
        assert [text[0] for text in every[1 : 1 + first]] == list(start.allowed)
        assert every[1 + first :] == found[1:]
        assert len(found) == unique_items.WITNESSES
        for text in every:
            state = _read(start, text)
            assert state is not None
            assert state.accepting, text
        if schema == {"type": "string"}:
            assert len(set(found)) > 2
            assert not any(set(text) & set(b" \\") for text in found), "plainly"


def test_what_may_be_any_text_fits_without_a_look_at_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a string, with bytes enough to end any character and to differ from all that was seen."""
    state = json_schema({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, **PLAIN).start()
    for byte in b'["a","':
        state = state.advance(byte)
    (position,) = state.positions
    assert isinstance(position, RecordedItem)
    (text,) = position.inner.positions
    need = text.text.farthest + 1 + position._unaffected()
    assert position._surely_within(need) == 0
    assert position._surely_within(need + 1) == text.text.allowed.bits & ~(1 << ord('"'))
    stepped = []
    find = RecordedItem.step
    monkeypatch.setattr(RecordedItem, "step", lambda self, byte: stepped.append(byte) or find(self, byte))
    assert position.within(need + 1) == position.bits
    assert stepped == [ord('"')]
    needing = {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "minItems": 3}
    for schema, alike in ((needing, True), ({**needing, "contains": {"const": "b"}}, False)):
        whole = json_schema(schema, **PLAIN).start()
        for byte in b'["a","':
            whole = whole.advance(byte)
        position = whole.positions[0]
        (text,) = position.inner.positions
        need = text.text.farthest + 1 + position.frame.cost
        assert position._surely_within(need) == 0
        # Unless all items are alike, what is still needed may depend on the value in other ways.
        assert (position._surely_within(need + 1) != 0) is alike
    digits = json_schema({"type": "array", "items": {"pattern": "^[0-9]*$"}, "uniqueItems": True}, **PLAIN)
    state = digits.start()
    for byte in b'["1","':
        state = state.advance(byte)
    assert state.positions[0]._surely_within(10**6) == 0, "not any text"


def test_the_text_that_tells_an_item_is_known() -> None:
    """Of grounded strings, as of the item itself."""
    schema = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    state = json_schema(schema, **PLAIN, strings_from="ab").start()
    for byte in b'["':
        state = state.advance(byte)
    assert state.positions[0].told_by == state.positions[0].inner.told_by == "ab"


def test_few_candidates_are_asked_for_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    """One where the array may end after it; as many as were seen of the shortest, otherwise."""
    asked: list[bytes] = []
    find = RecordedItem._candidates

    def candidates(self: RecordedItem, text: bytes) -> Any:
        for one in find(self, text):
            asked.append(text + one)
            yield one

    monkeypatch.setattr(RecordedItem, "_candidates", candidates)
    for more, text, expected in (
        ({}, b'["a","', [b'""']),
        ({}, b'["","', [b'""', b'" "']),
        # Of items that are alike the shortest is the best, whatever those after it need.
        ({"minItems": 3}, b'["a","', [b'""', b'""']),
    ):
        schema = {"type": "array", "items": {"type": "string"}, "uniqueItems": True, **more}
        state = json_schema(schema, **PLAIN).start()
        for byte in text:
            state = state.advance(byte)
        asked.clear()
        (position,) = state.positions
        assert position.shortest == len(state.completion())
        assert asked[: len(expected)] == expected
        asked.clear()
        assert position.shortest >= 1
        assert asked == [], "it is kept"


def _within(items: Any, text: bytes, seen: list[Any], **options: Any) -> Any:
    """The position in the first item after some bytes of it."""
    plan, compiler = _array({"uniqueItems": True, "items": items}, **options)
    (position,) = _frame(plan, seen=_seen(*seen)).further(compiler.layout.nothing)
    for byte in text:
        (position,) = position.step(byte)
    return position


def test_a_witness_spares_the_reading_of_an_item_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some value that was not seen is as good as all of them; only where none is found all are looked at."""
    again: list[bytes] = []
    find = RecordedItem._exact

    def exact(self: RecordedItem, text: bytes, *more: Any) -> Any:
        again.append(text)
        return find(self, text, *more)

    monkeypatch.setattr(RecordedItem, "_exact", exact)
    position = _within({"type": "string"}, b'"', ["a", "ab"])
    for text, lives, asked in ((b'"b', True, 0), (b'"a', True, 0), (b'"a"', False, 0), (b'"b"', True, 0)):
        inner = _read(position.inner, text[1:])
        assert position._lives(inner, text) is lives, text
        assert len(again) == asked
    position = _within(True, b"", ["a", [], [0], True])
    for text, lives in ((b"t", False), (b"f", True), (b"[]", False), (b"[0]", False), (b"[1]", True)):
        inner = _read(position.inner, text)
        assert position._lives(inner, text) is lives, text
    assert set(again) == {b"t"}


def test_where_nothing_is_seen_at_once() -> None:
    for items, text in (
        ({"type": "null"}, b"n"),
        ({"enum": ["a", "b"]}, b'"'),
        ({"type": "array", "maxItems": 0}, b"["),
    ):
        position = _within(items, text, [0])
        (inner,) = position.inner.positions
        assert unique_items._safe_after(inner, position.chain, 1) == 0
        assert unique_items._is_endless(inner, position.chain, 1) is False


# -- many items --------------------------------------------------------------------------------------

SCALARS: list[dict[str, Any]] = [
    {"type": "string"},
    {"type": "string", "pattern": '^[ab\\\\"é]*$'},
    {"type": "string", "enum": ["a", "", "bcd"]},
    {"type": "string", "minLength": 2, "maxLength": 2, "pattern": "^[xyz]+$"},
    {"type": "integer"},
    {"type": "number", "minimum": 98},
    {"type": "integer", "multipleOf": 7, "maximum": 30, "minimum": -30},
    {"type": "number", "enum": [1, 2.5, 10]},
]


@pytest.mark.parametrize("numbers", ["any", "plain"])
@pytest.mark.parametrize("schema", SCALARS)
def test_the_cheapest_scalars_are_those_found_one_by_one(schema: dict[str, Any], numbers: str) -> None:
    made = json_schema({"type": "array", "items": schema, "uniqueItems": True}, numbers=numbers)
    (plan,) = made._compiler.live_arrays(made._goal)
    compiler, goal = plan.compiler, plan.spec.goal_at(0)
    for excluded in ([], _values(0, "a", 98, 7), _values("", 1, 99, "b")):
        for wanted in (1, 3, 12):
            found = cheapest_values(compiler, goal, excluded, wanted, 1)
            with patch.object(unique_items, "cheapest_scalars", lambda *_: None):
                slowly = cheapest_values(compiler, goal, excluded, wanted, 1)
            assert [cost for _, cost in found] == [cost for _, cost in slowly]
            assert len({value for value, _ in found}) == len(found)
            assert not {value for value, _ in found} & set(excluded)


@pytest.mark.parametrize("more", [{}, {"contains": {"const": "a"}}])
@pytest.mark.parametrize("least", [2, 3])
def test_items_that_are_alike_and_must_differ(least: int, more: dict[str, Any]) -> None:
    """What each state says, where a short item takes the value that a later one would have had."""
    items = {"type": "string", "pattern": "^(a?b?|ab{2,3})$"}
    schema = {
        "type": "array",
        "items": items,
        "uniqueItems": True,
        "minItems": least,
        "maxItems": 3,
        **more,
    }
    check_schema(schema, arrays(["", "a", "b", "ab", "abb", "abbb"], 3))


def test_the_work_for_many_different_items_is_linear() -> None:
    """To compile; and each value is looked for once, whatever was seen."""
    made = []
    for least in (40, 160):
        schema = {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "minItems": least}
        constraint = json_schema(schema)
        state = constraint.start()
        assert len(state.completion()) == state.shortest
        made.append(len(constraint._compiler.formulas))
    assert made[1] < 5 * made[0]
