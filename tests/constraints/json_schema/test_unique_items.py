"""Items that must differ, and are counted besides."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import jsonschema
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bltgen.automata.language import INFINITE
from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.json_schema.effort import Effort
from bltgen.constraints.json_schema.unique_items import least_assignment
from bltgen.errors import EmptyLanguage
from bltgen.testing.reference import SchemaReference

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
