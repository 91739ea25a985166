"""The value of a number's text: exact, of the simplest type, and valid wherever the text is."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bltgen
from bltgen.constraints.json_number_value import INTEGER_DIGITS, is_whole, number_value
from bltgen.decoding.generator import Generator
from bltgen.errors import LimitExceeded
from bltgen.testing import models

texts = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
doubles = st.floats(allow_nan=False, allow_infinity=False).map(repr)


@given(texts | doubles | st.decimals(allow_nan=False, allow_infinity=False).map(str), st.booleans())
@settings(max_examples=400, deadline=None)
def test_a_value_equals_its_text_and_is_no_more_than_it_needs(text: str, integer: bool) -> None:
    """Against `decimal`: an int where spelled or wanted, a float where exact, else Decimal."""
    exact = Decimal(text)
    value = number_value(text, integer=integer)
    assert Decimal(repr(value)) == exact if isinstance(value, float) else value == exact
    spelled = not set(text) & set(".eE")
    whole = exact == exact.to_integral_value() if exact.adjusted() < 400 else True
    if spelled or (integer and whole):
        assert type(value) is int
    else:
        read = float(text)
        assert type(value) is (float if abs(read) < 1e400 and Decimal(repr(read)) == exact else Decimal)


def test_length_is_no_trap() -> None:
    """Beyond the digits that `int()` takes, and exponents that would fill the memory."""
    assert number_value("7" * 9000) % 10**9 == 777777777
    assert number_value("-1" + "0" * 6000) == -(10**6000)
    assert number_value("1e6000", integer=True) == 10**6000
    assert number_value("0e99999999999999999999", integer=True) == 0
    assert number_value("1e999999999") == Decimal("1e999999999")
    with pytest.raises(LimitExceeded, match="digits of an integer"):
        number_value("1e999999999", integer=True)
    with pytest.raises(LimitExceeded, match="1e9999999999999999999"):
        number_value("1e9999999999999999999")


@pytest.mark.parametrize("number", ["2.0", "4.0", "9.0", "1e2", "9.5"])
@pytest.mark.parametrize(
    "parts",
    [
        [{"type": "integer"}, {"minimum": 9}],
        [{"type": "integer", "maximum": 3}, {"type": "integer", "minimum": 3}],
        [{"type": "integer"}, {"multipleOf": 0.5, "maximum": 3}],
    ],
)
def test_the_type_of_a_value_does_not_depend_on_what_ran_before(
    parts: list[dict[str, Any]], number: str
) -> None:
    """Parts that have been met alone before, in either order, read the number as they do when met first."""

    def value(parts: list[dict[str, Any]]) -> str:
        schema = bltgen.json_schema({"items": {"anyOf": parts}, "type": "array"}, numbers="any")
        text = f"[{number}]".encode()
        return repr(schema.parse(text)[0]) if schema.accepts(text) else "refused"

    first = value(parts)
    for part in parts:
        bltgen.json_schema(part, numbers="any").sample(random.Random(1), 60)
    assert value(parts) == value(parts[::-1]) == value([{"anyOf": parts}]) == first


UNIT = {"exclusiveMinimum": 0, "exclusiveMaximum": 1}
WANTED: list[tuple[Any, str, Any]] = [
    ({"type": "integer"}, "1e2", 100),
    ({"type": "integer"}, "8E2893", 8 * 10**2893),
    ({"type": "number"}, "1e2", 100.0),
    ({"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}, "100.0", 100),
    ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "3.0", 3),
    ({"allOf": [{"type": "number"}, {"type": ["integer", "null"]}]}, "30e-1", 3),
    ({"type": "array", "prefixItems": [{"type": "integer"}]}, "[1.0, 1.0]", [1, 1.0]),
    ({"type": "array", "uniqueItems": True, "items": {"type": "integer"}}, "[1e1, 1e400]", [10, 10**400]),
    ({"properties": {"a": {"items": {"type": "integer"}}}}, '{"b": "9.", "a": [9.0]}', {"b": "9.", "a": [9]}),
    ({"items": {"anyOf": [{"type": "integer"}, {"maximum": 9}]}}, "[2e1, 6e99, 9.0]", [20, 6 * 10**99, 9.0]),
    (
        {"if": {"required": ["t"]}, "then": {"properties": {"n": {"type": "integer"}}}},
        '{"t": 1, "n": 5.0}',
        {"t": 1, "n": 5},
    ),
    ({"const": 1.5e308}, "15e307", 1.5e308),
    ({"enum": [1, 1e300, "a"]}, "10E+299", 1e300),
    ({"enum": [1, 1e22]}, "1e22", 10**22),
    ({"items": {"minimum": -1e25, "maximum": -1e25}}, "[-1e25]", [-1e25]),
    ({"type": "number", "exclusiveMinimum": 0}, "1e-400", Decimal("1e-400")),
    ({"type": "number", "exclusiveMaximum": 1}, "0.99999999999999999", Decimal("0.99999999999999999")),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "text", "value"), WANTED)
def test_the_schema_says_where_integers_are_wanted(schema: Any, text: str, value: Any) -> None:
    """By type, reference, branch, position; `parse`, and values as they come."""
    constraint = bltgen.json_schema(schema, numbers="any", whitespace="any")
    assert constraint.accepts(text.encode())
    for found in (
        constraint.parse(text.encode()),
        list(bltgen.stream_values([text.encode()], constraint))[-1][1],
    ):
        assert (repr(found), found) == (repr(value), value)
        jsonschema.Draft202012Validator(schema).validate(found)
    narrow = bltgen.json_schema(schema, numbers="plain", whitespace="compact")
    assert repr(narrow.parse(text.encode())) == repr(value), "parse reads any spelling"


def test_values_of_a_generation_satisfy_its_schema() -> None:
    """What is streamed and what is given at the end, under the widest spelling of numbers."""
    schema = {
        "type": "array",
        "minItems": 3,
        "items": {"anyOf": [{"type": "integer", "maximum": 10**3000, "minimum": -(10**3000)}, UNIT]},
    }
    constraint = bltgen.json_schema(schema, numbers="any")
    generator = Generator(models.whimsical(3))
    for seed in range(10):
        out = generator.generate("", constraint, seed=seed, max_bytes=80)
        *_, (_, last) = generator.stream_values("", constraint, seed=seed, max_bytes=80)
        assert repr(last) == repr(out.value)
        jsonschema.Draft202012Validator(schema).validate(out.value)
        sampled = constraint.sample(random.Random(seed), 200)
        jsonschema.Draft202012Validator(schema).validate(constraint.parse(sampled))


@pytest.mark.parametrize(
    ("text", "integer", "value"),
    [
        ("36", False, 36),
        ("-0", False, 0),
        ("1.0", False, 1.0),
        ("1.0", True, 1),
        ("1e2", False, 100.0),
        ("1E2", True, 100),
        ("-1500e-2", True, -15),
        ("1.5", True, 1.5),
        ("15e-1", False, 1.5),
        ("0.30000000000000004", False, 0.30000000000000004),
        ("99999999999999999e0", False, Decimal("99999999999999999e0")),
        ("123456789012345678e1", False, Decimal("123456789012345678e1")),
        ("1e308", False, 1e308),
        ("1e309", False, Decimal("1e309")),
        ("5e-324", False, 5e-324),
        ("1e-324", False, Decimal("1e-324")),
    ],
)
def test_values(text: str, integer: bool, value: Any) -> None:
    found = number_value(text, integer=integer)
    assert (type(found), found) == (type(value), value)


def test_integers_of_many_digits_are_bounded() -> None:
    """By the exponent, or by the text itself where that is longer."""
    assert number_value(f"1e{INTEGER_DIGITS}", integer=True) == 10**INTEGER_DIGITS
    with pytest.raises(LimitExceeded, match=str(INTEGER_DIGITS)):
        number_value(f"1e{INTEGER_DIGITS + 1}", integer=True)
    assert number_value("1" + "0" * (INTEGER_DIGITS + 1)) == 10 ** (INTEGER_DIGITS + 1)
    assert isinstance(number_value(f"1e{INTEGER_DIGITS + 1}"), Decimal)


@pytest.mark.parametrize("text", ["", "1.", "nan", "Infinity", "0x1", "1_0"])
def test_what_is_no_number_has_no_value(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        number_value(text)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("1", False),
        ("1.0", True),
        ("1e2", True),
        ("1E2", True),
        ("1.5", False),
        ("15e-1", False),
        ("0.0", True),
    ],
)
def test_integers_spelled_otherwise(text: str, whole: bool) -> None:
    assert is_whole(text) is whole
