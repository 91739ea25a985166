"""The promise, as a property: whatever the schema, the model and the budget, the output validates and fits.

Judged by `jsonschema`, whose numbers are read exactly here.
"""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from bltgen.constraints.json_schema import json_schema
from bltgen.decoding.generator import Generator
from bltgen.errors import BudgetTooSmall, EmptyLanguage
from bltgen.testing import models

ADVERSARIES = {
    "random": models.whimsical(11, scale=5),
    "constant": models.constant(),
    "always wants whitespace": models.likes(b" \n\t\r"),
    "never wants to stop": models.hates_stopping(),
    "wants quotes and backslashes": models.likes(b'\\"'),
    "wants digits and exponents": models.likes(b"0123456789eE+-."),
}


def _is_integer(checker: object, value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, Decimal) and value == value.to_integral_value())


VALIDATOR = extend(
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
)


def exact(text: str) -> Decimal:
    """The number, its exponent held where Decimal can: beyond, only the sign of the exponent matters here."""
    mantissa, _, exponent = text.lower().partition("e")
    return Decimal(f"{mantissa}e{max(-99_999, min(99_999, int(exponent or 0)))}")


def valid(schema: object, data: bytes) -> bool:
    """What jsonschema says of the JSON text."""
    return VALIDATOR(schema).is_valid(json.loads(data, parse_float=exact))


names = st.sampled_from(["a", "b", "name", "é", "x y", "a/b", ""])
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-20, 20),
    st.text('ab é"\\\n', max_size=4),
    st.sampled_from([0.5, -1.25]),
)


def _lengths(low: str, high: str) -> st.SearchStrategy[dict[str, int]]:
    pairs = st.tuples(st.integers(0, 3), st.integers(0, 4)).map(lambda p: {low: p[0], high: p[0] + p[1]})
    return st.one_of(st.just({}), pairs)


strings = st.builds(
    lambda lengths, pattern: {"type": "string", **lengths, **pattern},
    _lengths("minLength", "maxLength"),
    st.sampled_from([{}, {}, {"pattern": "^[a-c]*$"}, {"pattern": "é"}, {"pattern": r"^\d{0,2}-?"}]),
)
numbers = st.builds(
    lambda kind, bounds: {"type": kind, **bounds},
    st.sampled_from(["integer", "number"]),
    st.one_of(
        st.just({}),
        st.tuples(st.integers(-30, 30), st.integers(0, 40)).map(
            lambda p: {"minimum": p[0], "maximum": sum(p)}
        ),
        st.integers(-5, 5).map(lambda n: {"exclusiveMinimum": n}),
        st.integers(-5, 5).map(lambda n: {"exclusiveMaximum": n + 0.5}),
    ),
)


def _nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    objects = st.builds(
        lambda properties, required, additional: {
            "type": "object",
            "properties": properties,
            "required": [name for name in properties if name in required],
            **({} if additional is None else {"additionalProperties": additional}),
        },
        st.dictionaries(names, inner, max_size=3),
        st.sets(names),
        st.one_of(st.none(), st.just(False), inner),
    )
    arrays = st.builds(
        lambda items, prefix, lengths: {"type": "array", "items": items, **prefix, **lengths},
        inner,
        st.one_of(st.just({}), st.lists(inner, min_size=1, max_size=2).map(lambda p: {"prefixItems": p})),
        _lengths("minItems", "maxItems"),
    )
    return st.one_of(
        objects,
        arrays,
        st.lists(inner, min_size=1, max_size=3).map(lambda several: {"anyOf": several}),
    )


leaves = st.one_of(
    strings,
    numbers,
    st.sampled_from([True, {}, {"type": "boolean"}, {"type": "null"}, {"type": ["string", "null"]}]),
    st.lists(scalars, min_size=1, max_size=3).map(lambda values: {"enum": values}),
    scalars.map(lambda value: {"const": value}),
)
schemas = st.builds(
    lambda schema, one: {"allOf": [schema], "$defs": {"one": one}},
    st.recursive(st.one_of(leaves, st.just({"$ref": "#/$defs/one"})), _nested, max_leaves=5),
    st.recursive(leaves, _nested, max_leaves=3),
)

RECURSIVE = {
    "$defs": {
        "tree": {
            "type": "object",
            "properties": {
                "v": {"type": "integer"},
                "kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
            },
            "required": ["v"],
            "additionalProperties": False,
        }
    },
    "$ref": "#/$defs/tree",
}


def check(schema: object, name: str, slack: int, seed: int, **options: object) -> None:
    """Generate with the least budget and with more; below it, nothing is said at all."""
    try:
        constraint = json_schema(schema, **options)
    except EmptyLanguage:
        assume(False)
    shortest = constraint.start().shortest
    generator = Generator(ADVERSARIES[name])
    for budget in {shortest, shortest + 1, shortest + slack}:
        out = generator.generate(b"prompt", constraint, max_bytes=budget, seed=seed)
        assert valid(schema, out.data), out.data
        assert len(out.data) <= budget
    with pytest.raises(BudgetTooSmall) as caught:
        generator.generate(b"prompt", constraint, max_bytes=shortest - 1)
    assert caught.value.shortest == shortest


@settings(deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))
@given(
    schemas,
    st.sampled_from(sorted(ADVERSARIES)),
    st.integers(2, 60),
    st.integers(0, 99),
    st.sampled_from(["bounded", "any", "compact", 2]),
)
def test_every_output_validates_and_fits(schema, name, slack, seed, whitespace):
    """200 random schemas, adversarial logits, budgets from the shortest text up."""
    check(schema, name, slack, seed, whitespace=whitespace)


@pytest.mark.parametrize("name", sorted(ADVERSARIES))
def test_recursive_schemas_end_within_any_budget(name):
    """A tree that a model would like to grow for ever."""
    for slack in (2, 17, 150):
        check(RECURSIVE, name, slack, seed=slack)


def test_the_judge_can_say_no():
    """A text that breaks the schema is refused by the same check."""
    assert not valid({"type": "integer", "maximum": 3}, b"4.0")
    assert valid({"type": "integer", "maximum": 4}, b"40e-1")
    assert not valid(RECURSIVE, b'{"v": 1.5}')
