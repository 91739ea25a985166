"""Disjunctions that wait say the same as disjunctions that are listed; many of them stay cheap."""

from __future__ import annotations

import json
import random
from typing import Any
from unittest.mock import patch

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from bltgen.constraints.json_schema import JsonSchema, json_schema, normal_form, object_plan
from bltgen.errors import EmptyLanguage, LimitExceeded
from bltgen.testing.random_schemas import spelled

from .random_schemas import NAMES, documents, schemas

check = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))


def compiled(schema: Any, listed: int, **options: Any) -> JsonSchema | None:
    """The constraint, where at most `listed` disjuncts of a value are listed; None: it admits nothing."""
    with patch.object(normal_form, "LISTED", listed):
        try:
            return json_schema(schema, numbers="plain", **options)
        except EmptyLanguage:
            return None
        except LimitExceeded:
            assume(False)
            raise


SCALARS = st.sampled_from([{"type": "integer"}, {"const": 1}, {"type": "string"}, {"enum": [1, "a"]}, {}])
CLAIMS = {
    "object": st.one_of(
        st.fixed_dictionaries(
            {"required": st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True)}
        ),
        st.fixed_dictionaries(
            {"properties": st.dictionaries(st.sampled_from(NAMES), SCALARS, min_size=1, max_size=2)}
        ),
        st.fixed_dictionaries({"minProperties": st.integers(0, 3)}),
        st.fixed_dictionaries({"maxProperties": st.integers(1, 3)}),
    ),
    "array": st.one_of(
        st.fixed_dictionaries({"contains": SCALARS}),
        st.fixed_dictionaries({"items": SCALARS}),
        st.fixed_dictionaries({"prefixItems": st.lists(SCALARS, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"minItems": st.integers(0, 2)}),
        st.fixed_dictionaries({"maxItems": st.integers(1, 3)}),
    ),
}
"""What one branch may say of an object or an array, so that mostly some value satisfies several of them."""


@st.composite
def disjunctions(draw: st.DrawFn) -> Any:
    """A schema of several disjunctions about one object (or array)."""
    kind = draw(st.sampled_from(["object", "object", "array"]))
    claims = CLAIMS[kind]
    inner = st.one_of(claims, claims, claims, schemas(draw(st.integers(0, 1))))
    parts: list[Any] = []
    for _ in range(draw(st.integers(1, 4))):
        keyword = draw(st.sampled_from(["anyOf", "anyOf", "oneOf", "if", "if", "not", "dependentSchemas"]))
        if keyword == "if":
            parts.append({word: draw(inner) for word in ("if", "then", "else") if draw(st.integers(0, 4))})
        elif keyword == "not":
            parts.append({"not": draw(inner)})
        elif keyword == "dependentSchemas":
            parts.append({keyword: draw(st.dictionaries(st.sampled_from(NAMES), inner, max_size=2))})
        else:
            parts.append({keyword: draw(st.lists(inner, min_size=2, max_size=4))})
    return {"type": kind, **draw(claims), "allOf": parts}


def test_the_disjunctions_drawn_do_wait() -> None:
    """Of objects about a third: or the property below would check nothing."""
    waiting = []

    @settings(check, max_examples=60, derandomize=True, database=None)
    @given(disjunctions())
    def drawn(schema: Any) -> None:
        with patch.object(object_plan, "ObjectClauses", wraps=object_plan.ObjectClauses) as made:
            constraint = compiled(schema, 0)
        if schema["type"] == "object":
            waiting.append(constraint is not None and made.called)

    drawn()
    assert 5 * sum(waiting) > len(waiting)


@check
@given(
    disjunctions() | schemas(),
    st.lists(documents, max_size=3),
    st.integers(0, 1000),
    st.sampled_from([{}, {"property_order": "schema"}, {"whitespace": 1}, {"undeclared": "omit"}]),
    st.sampled_from([0, 3]),
)
@example({"not": {"properties": {"a": {"not": {}}}}}, [], 0, {"property_order": "schema"}, 0)
@example(
    {"type": "object", "not": {"properties": {"a": False, "b": False, "ab": False}}},
    [{"ab": 0}],
    0,
    {"undeclared": "omit"},
    0,
)
def test_waiting_disjunctions_say_the_same(
    schema: Any, values: list[Any], seed: int, options: dict[str, Any], listed: int
) -> None:
    """Masks, costs and verdicts along texts, valid or not, are those of the listed disjunctions.

    In schema order the order of names that only different branches declare may differ. Where undeclared
    members are omitted, a listed disjunct omits the names that only others declare; one that waits may
    keep them, as long as the schema without that option admits the text.
    """
    plain = compiled(schema, 2_000, **options)
    waiting = compiled(schema, listed, **options)
    assert (plain is None) == (waiting is None)
    if plain is None or waiting is None:
        return
    rng = random.Random(seed)
    texts = [spelled(value, rng) if not options else json.dumps(value).encode() for value in values]
    if not options:
        texts.append(plain.sample(rng, plain.start().shortest + rng.randrange(30)))
    texts.append(waiting.sample(rng, waiting.start().shortest + rng.randrange(30)))
    omits = "undeclared" in options
    if omits:
        whole = compiled(schema, 2_000)
        assert whole is not None
        assert whole.accepts(texts[-1]), texts[-1]
    for text in texts:
        one: Any = plain.start()
        other: Any = waiting.start()
        for position in range(len(text) + 1):
            if omits:
                assert set(one.allowed) <= set(other.allowed), text[:position]
                assert one.shortest >= other.shortest, text[:position]
            elif "property_order" not in options:
                assert set(one.allowed) == set(other.allowed), text[:position]
                assert one.shortest == other.shortest, text[:position]
                for n in (one.shortest, one.shortest + 2, one.shortest + 9):
                    assert one.allowed_within(n) == other.allowed_within(n), (text[:position], n)
            assert one.accepting == other.accepting, text[:position]
            assert len(other.completion()) == other.shortest
            if position == len(text):
                break
            one, other = one.advance(text[position]), other.advance(text[position])
            if ("property_order" in options or omits) and one is None and other is not None:
                break
            assert (one is None) == (other is None) or "property_order" in options, text[: position + 1]
            if one is None or other is None:
                break


def conditional(i: int) -> dict[str, Any]:
    """A member that brings along another one, or else a third."""
    return {"if": {"required": [f"a{i}"]}, "then": {"required": [f"b{i}"]}, "else": {"required": [f"c{i}"]}}


MANY = {
    "independent conditionals": {"type": "object", "allOf": [conditional(i) for i in range(40)]},
    "conditionals on values": {
        "type": "object",
        "allOf": [
            {
                "if": {"properties": {f"a{i}": {"const": 1}}, "required": [f"a{i}"]},
                "then": {"properties": {f"b{i}": {"type": "string"}}, "required": [f"b{i}"]},
            }
            for i in range(30)
        ],
    },
    "undiscriminated branches": {
        "oneOf": [
            {"type": "object", "properties": {f"p{i}": {"type": "string"}}, "required": [f"p{i}"]}
            for i in range(50)
        ]
    },
    "branches of shared names": {
        "oneOf": [
            {
                "type": "object",
                "properties": {
                    "v": {"type": ["string", "integer", "array"][i % 3]},
                    f"q{i}": {"type": "integer"},
                },
                "required": ["v"],
            }
            for i in range(50)
        ]
    },
    "dependent schemas": {
        "type": "object",
        "dependentSchemas": {
            f"a{i}": {"properties": {f"b{i}": {"type": "integer"}}, "required": [f"c{i}"]} for i in range(24)
        },
    },
    "choices of required names": {
        "type": "object",
        "allOf": [{"anyOf": [{"required": [f"a{i}"]}, {"required": [f"bb{i}"]}]} for i in range(30)],
    },
}


@pytest.mark.parametrize("name", MANY)
def test_many_disjunctions_are_decided_as_they_are_read(name: str) -> None:
    """Where listing all disjuncts is out of the question: shortest texts and random ones validate."""
    schema = MANY[name]
    constraint = json_schema(schema, whitespace="compact")
    validator = jsonschema.Draft202012Validator(schema)
    shortest = constraint.start().completion()
    assert validator.is_valid(json.loads(shortest))
    assert len(shortest) == constraint.start().shortest
    for seed in range(2):
        text = constraint.sample(random.Random(seed), len(shortest) + 25)
        assert validator.is_valid(json.loads(text)), text
