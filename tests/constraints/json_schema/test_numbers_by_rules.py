"""How numbers are written by default, plainly and in any way; and what is done where a schema needs more."""

from __future__ import annotations

import importlib.util
import json
import random
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bltgen
from bltgen.constraints.json_schema import json_schema
from bltgen.errors import EmptyLanguage
from bltgen.testing.reference import SchemaReference

NUMBER = re.compile(r"-?[0-9][-+.0-9eE]*")
INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")

# Schema, what is written by default, plainly, and only in any spelling.
SPELLINGS: list[tuple[Any, str, str, str]] = [
    ({"type": "integer"}, "0 -0 7 -12 9007199254740991", "0 -12 999999999999999", "1e2 1.0 9007199254740992"),
    ({"type": "number"}, "-0 0.10 12.50 1e22 5E-300 9007199254740991", "0.10 568.00 568", "1e-400 1e400"),
    ({"type": "number"}, "0e5 0.000 -0.0 1e+05 0.000001e9", "0.00 0.000001", "0e9999 1234567890.1234567"),
    ({}, "12.50 1e9 -0", "12.50", "9007199254740993 1e309 0.1234567890123456"),
    ({"type": "number", "exclusiveMaximum": 1}, "0.999999999999999", "0.9", "0.9999999999999999"),
    ({"anyOf": [{"type": "integer"}, {"maximum": 9, "minimum": 0}]}, "4.0 12", "4.0 12", "12.0 12e1"),
    ({"not": {"type": "number", "maximum": 5}}, "6e9", "7.10", "7e999"),
]  # fmt: skip

TINY, LOW = Decimal("1e-400"), Decimal("0.12345678901234567")
# Schema, what it admits though a number of few digits is not it, and perhaps what is still not written.
NEEDS: list[tuple[Any, str, str]] = [
    ({"type": "integer", "minimum": 0, "maximum": 2**64}, "18446744073709551616 0", "1e3"),
    ({"type": "integer", "format": "int64"}, "9223372036854775807", "9223372036854775808"),
    ({"type": "integer", "exclusiveMinimum": 10**20}, "100000000000000000001", "1e21"),
    ({"const": 12345678901234567890}, "12345678901234567890", ""),
    ({"enum": [1, Decimal("3.14159265358979323846")]}, "1 3.14159265358979323846", "2"),
    ({"not": {"not": {"const": TINY}}}, f"{TINY:f}", ""),
    ({"type": "number", "minimum": LOW, "maximum": LOW + Decimal("2e-17")}, "0.12345678901234568", ""),
    ({"type": "number", "multipleOf": Decimal("12345678901234567"), "minimum": 1}, "12345678901234567", "0"),
    ({"allOf": [{"type": "number", "exclusiveMinimum": 0}, {"maximum": TINY}]}, f"{TINY:f}", "1"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "default", "plain", "any_only"), SPELLINGS)
def test_each_option_writes_what_it_says(schema: Any, default: str, plain: str, any_only: str) -> None:
    """Accepted and refused, and `parse` reads every spelling whatever the option."""
    constraints = {name: json_schema(schema, numbers=name) for name in ("interoperable", "plain", "any")}
    for text in f"{default} {plain} {any_only}".split():
        assert constraints["any"].accepts(text.encode()), text
        assert {repr(one.parse(text.encode())) for one in constraints.values()} == {
            repr(constraints["any"].parse(text.encode()))
        }
    for name, texts in (("interoperable", default), ("plain", plain)):
        for text in texts.split():
            assert constraints[name].accepts(text.encode()), (name, text)
        for text in any_only.split():
            assert not constraints[name].accepts(text.encode()), (name, text)
        assert f"numbers={name!r}" in str(constraints[name].report()).splitlines()[1]
    assert json_schema(schema) == constraints["interoperable"]
    assert "numbers" not in str(constraints["any"].report()).partition("\n")[0]


@pytest.mark.parametrize("numbers", ["interoperable", "plain"])
@pytest.mark.parametrize(("schema", "needed", "refused"), NEEDS)
def test_a_schema_gets_the_digits_that_it_needs(schema: Any, needed: str, refused: str, numbers: str) -> None:
    """Nothing that is possible becomes impossible, and the report tells where."""
    constraint, reference = json_schema(schema, numbers=numbers), SchemaReference(schema)
    for text in needed.split():
        assert constraint.accepts(text.encode()), text
    for text in refused.split():
        assert not constraint.accepts(text.encode()), text
    for seed in range(10):
        assert reference.accepts(constraint.sample(random.Random(seed)))
    start = constraint.start()
    assert len(start.completion()) == start.shortest
    rows = [e for e in constraint.report().entries if e.construct == f"numbers={numbers!r}"]
    assert any(entry.note.startswith(("more digits", "numbers that", "integers reach")) for entry in rows)


bounds = st.sampled_from([None, -(10**6), -1, 0, Decimal("0.5"), 1, 99, Decimal("1e15"), 2**60])


@given(
    low=bounds,
    high=bounds,
    step=st.sampled_from([None, None, 1, 7, Decimal("0.01"), Decimal("2.5"), 1000]),
    kind=st.sampled_from(["integer", "number"]),
    numbers=st.sampled_from(["interoperable", "plain"]),
    seed=st.integers(0, 999),
)
@settings(max_examples=60, deadline=None)
def test_what_is_written_can_be_read_by_everybody(
    low: Any, high: Any, step: Any, kind: str, numbers: str, seed: int
) -> None:
    """By the definition: digits, magnitude, integers; `json.loads` sees the very value."""
    schema: dict[str, Any] = {"type": kind}
    for name, value in (("minimum", low), ("maximum", high), ("multipleOf", step)):
        if value is not None:
            schema[name] = value
    if low is not None and high is not None and low > high:
        del schema["maximum"]
        high = None
    try:
        constraint = json_schema(schema, numbers=numbers)
    except EmptyLanguage:
        return
    widened = "more digits" in str(constraint.report())
    for offset in range(4):
        text = constraint.sample(random.Random(seed + offset)).decode()
        value = constraint.parse(text.encode())
        assert SchemaReference(schema).accepts(text.encode())
        if kind == "integer":
            assert INTEGER.fullmatch(text)
            assert type(value) is int
        if widened:
            continue
        assert not isinstance(value, Decimal)
        assert Decimal(json.loads(text)) == value
        assert Decimal(repr(float(text))) == Decimal(text) or isinstance(value, int)
        if INTEGER.fullmatch(text):
            further = max(abs(int(x or 0)) for x in (low, high))
            assert abs(value) <= max(further, 2**53 - 1)
        else:
            digits = re.sub("[eE].*|[-.]", "", text).lstrip("0")
            assert len(digits) <= 15
        if numbers == "plain":
            assert not re.search("e|E|^-0(\\.0*)?$", text)


UNIQUE: list[Any] = [
    {"type": "integer"},
    {"type": "number", "minimum": 0, "maximum": Decimal("0.3"), "multipleOf": Decimal("0.1")},
    {"type": "number", "minimum": Decimal("0.12345678901234"), "maximum": Decimal("0.12345678901237")},
    {"enum": [0, 1, Decimal("1.5"), Decimal("3.14159265358979323846")]},
    {"anyOf": [{"type": "integer", "minimum": -1, "maximum": 1}, {"type": "null"}]},
]  # fmt: skip


@pytest.mark.parametrize("items", UNIQUE)
@pytest.mark.parametrize("numbers", ["interoperable", "plain"])
def test_items_that_must_differ_keep_every_promise(items: Any, numbers: str) -> None:
    """Along walks: an allowed byte has a successor, a completion is valid, and distances agree."""
    schema = {"type": "array", "uniqueItems": True, "items": items, "minItems": 2}
    constraint = json_schema(schema, numbers=numbers, whitespace="compact")
    reference = SchemaReference(schema)
    for seed in range(6):
        rng = random.Random(seed)
        state, text = constraint.start(), b""
        for _ in range(30):
            distances = {}
            for byte in state.allowed:
                following = state.advance(byte)
                assert following is not None, (text, byte)
                distances[byte] = following.shortest
            assert state.accepting or state.shortest == 1 + min(distances.values()), text
            assert set(state.allowed_within(state.shortest + 2)) == {
                b for b, d in distances.items() if d < state.shortest + 2
            }
            if not distances:
                break
            # Back to what was seen, as often as not.
            byte = rng.choice(sorted(distances) if rng.random() < 0.5 else sorted(distances)[:3])
            following = state.advance(byte)
            assert following is not None
            state, text = following, text + bytes((byte,))
        assert reference.accepts(text + state.completion()), text


PRICES = ["12.50", "3.20", "568.00", "0.90", "1250.00"]
PRICED = {
    "type": "object",
    "properties": {"item": {"type": "string"}, "price": {"type": "number"}},
    "required": ["item", "price"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("source", ["interoperable", "plain", "any", "float", "Decimal"])
def test_prices_that_end_in_zero_are_copied(source: str) -> None:
    """By the embedded model, greedily, for fields of both types, and alike under every option."""
    schema: Any = PRICED
    options: dict[str, Any] = {}
    if source in ("float", "Decimal"):
        pydantic = pytest.importorskip("pydantic")
        kind = {"float": float, "Decimal": Decimal}[source]
        schema = pydantic.create_model("Priced", item=(str, ...), price=(kind, ...))
    else:
        options["numbers"] = source
    model = bltgen.load()

    def read(schema: Any, text: str, **options: Any) -> Decimal:
        constraint = json_schema(schema, strings_from=text, **options)
        value = model.generate(text, constraint, max_bytes=120, temperature=0).value
        return Decimal(str(value["price"] if isinstance(value, dict) else value.price))

    right = 0
    for at, price in enumerate(PRICES):
        text = f"The lamp costs {price} euros.\n" if at % 2 else f"Price of the chair: {price} dollars.\n"
        found = read(schema, text, **options)
        right += found == Decimal(price)
        if "numbers" in options:
            # What the model reads wrong, it reads wrong where every spelling is allowed.
            assert found == read(schema, text, numbers="any")
    assert right >= len(PRICES) - 1


def test_a_slice_of_the_benchmark_of_values_agrees() -> None:
    """The judges of `benchmarks/values.py`, on a few random schemas."""
    path = Path(__file__).parents[3] / "benchmarks" / "values.py"
    spec = importlib.util.spec_from_file_location("values_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.main(["--random", "6", "--texts", "6"]) == 0
    assert module.equal(1.5, Decimal("1.5"))
    assert not module.equal([0.99], [Decimal("0.99000000000000000001")])


def test_official_judges_take_the_defaults() -> None:
    """`jsonschema` as it is, on what used to fail: open ends of intervals, values that must differ, `not`."""
    for schema in (
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "array", "uniqueItems": True, "items": {"type": "number"}, "minItems": 3},
        {"type": "number", "not": {"const": 0}},
        {"type": "integer"},
    ):
        constraint = json_schema(schema)
        for seed in range(30):
            value = constraint.parse(constraint.sample(random.Random(seed), 24))
            jsonschema.Draft202012Validator(schema).validate(value)


@pytest.mark.parametrize(
    ("options", "words"), [({}, "at most 15 significant"), ({"digits": 4}, "at most 4 ")]
)
def test_the_report_says_how_many_digits(options: dict[str, Any], words: str) -> None:
    """By default, and as asked for."""
    assert words in str(json_schema({"type": "number"}, numbers="plain", **options).report())


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 10**120},
        {"type": "integer", "exclusiveMinimum": 1e150},
        {"type": "integer", "maximum": -1e200},
        {"type": "number", "minimum": 1e300, "multipleOf": 1},
        {"type": "number", "exclusiveMinimum": 0, "maximum": 1e-300},
    ],
)
def test_bounds_far_out_are_reached(schema: dict[str, Any]) -> None:
    """A bound of some hundred digits takes as many as it needs; the judge reads them exactly."""
    constraint = json_schema(schema)
    start = constraint.start()
    for seed in range(4):
        text = constraint.sample(random.Random(seed), start.shortest + 3 * seed)
        assert SchemaReference(schema).accepts(text), text
        value = constraint.parse(text)
        assert Decimal(repr(value) if isinstance(value, float) else value) == Decimal(text.decode())


@pytest.mark.parametrize("numbers", ["interoperable", "plain"])
@pytest.mark.parametrize(
    "listed", [1.5e308, 1e23, -1e23, 1e22, 10**23, 1e300, [1e23, 7], {"a": [1.5e308]}], ids=str
)
def test_a_listed_float_is_read_as_that_float(listed: Any, numbers: str) -> None:
    """Beyond 2^53 an integer spelled out is another number to plain readers; the value is equal, too."""
    schema = {"enum": listed} if isinstance(listed, list) else {"const": listed}
    constraint = json_schema(schema, numbers=numbers)
    judge = jsonschema.Draft202012Validator(schema)
    for seed in range(8):
        text = constraint.sample(random.Random(seed), constraint.start().shortest + 12)
        judge.validate(json.loads(text))
        judge.validate(constraint.parse(text))
        assert numbers != "plain" or b"e" not in text.lower()
