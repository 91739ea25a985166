"""Canonical values: equal exactly where JSON Schema says so, refused where they are none, and how deep."""

from __future__ import annotations

from collections import OrderedDict
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import pytest

from bltgen.constraints.json_schema import json_values as module
from bltgen.constraints.json_schema.json_values import (
    ANY_TYPE,
    ARRAY,
    BOOLEAN,
    FRACTION,
    INTEGER,
    KINDS,
    LISTED_DEPTH,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    canonical,
    decimal_value,
    holds_surrogate,
    is_deep,
    is_text,
    read,
    to_decimal,
    type_bit,
    written_value,
)
from bltgen.errors import ConstraintSyntaxError


def test_types_are_distinct_bits() -> None:
    assert KINDS == (NULL, BOOLEAN, INTEGER, FRACTION, STRING, ARRAY, OBJECT) == (1, 2, 4, 8, 16, 32, 64)
    assert NUMBER == INTEGER | FRACTION == 12
    assert sum(KINDS) == ANY_TYPE


@pytest.mark.parametrize(
    ("value", "form", "kind"),
    [
        (None, ("z",), NULL),
        (True, ("b", True), BOOLEAN),
        (False, ("b", False), BOOLEAN),
        ("a", ("s", "a"), STRING),
        (0, ("n", 0, "0", 0), INTEGER),
        (-0.0, ("n", 0, "0", 0), INTEGER),
        (1, ("n", 0, "1", 0), INTEGER),
        (-20, ("n", 1, "2", 1), INTEGER),
        (1.0, ("n", 0, "1", 0), INTEGER),
        (0.5, ("n", 0, "5", -1), FRACTION),
        (Decimal("12.50"), ("n", 0, "125", -1), FRACTION),
        (Decimal("1e3"), ("n", 0, "1", 3), INTEGER),
        ([], ("a", ()), ARRAY),
        ((1, "a"), ("a", (("n", 0, "1", 0), ("s", "a"))), ARRAY),
        ({}, ("o", frozenset()), OBJECT),
        ({"a": None}, ("o", frozenset([("a", ("z",))])), OBJECT),
        (MappingProxyType({"a": [True]}), ("o", frozenset([("a", ("a", (("b", True),)))])), OBJECT),
    ],
)
def test_canonical_forms_and_their_types(value: Any, form: Any, kind: int) -> None:
    assert canonical(value) == form
    assert type(canonical(value)) is tuple
    assert type_bit(form) == kind


def test_equality_is_that_of_json_schema() -> None:
    assert canonical({"a": 1, "b": 2.0}) == canonical(OrderedDict([("b", 2), ("a", Decimal("1.0"))]))
    assert canonical(1) != canonical(True)
    assert canonical(0) != canonical(False)
    assert canonical([1, 2]) != canonical([2, 1])
    assert canonical(0.1) == canonical(Decimal("0.1"))
    assert canonical(10**30) == canonical(1e30)
    assert canonical("1") != canonical(1)


def test_a_str_of_a_class_of_its_own_is_a_str() -> None:
    class Name(str):
        __slots__ = ()

    assert type(canonical(Name("a"))[1]) is str


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (object, "not a JSON value"),
        ({1, 2}, "not a JSON value"),
        (b"a", "not a JSON value"),
        ({1: 2}, "a member's name is a string, not 1"),
        (float("nan"), "not a JSON number"),
        (float("inf"), "not a JSON number"),
        (Decimal("sNaN"), "not a JSON number"),
    ],
)
def test_what_is_no_value_is_refused(value: Any, said: str) -> None:
    with pytest.raises(ConstraintSyntaxError, match=said):
        canonical(value)
    with pytest.raises(ConstraintSyntaxError, match=said):
        canonical([value])


def nested(depth: int, kind: str) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value] if kind == "array" else {"a": value}
    return value


@pytest.mark.parametrize("kind", ["array", "object"])
def test_values_are_nested_at_most_so_deep(kind: str) -> None:
    """A scalar within counts for nothing."""
    with patch.object(module, "_DEPTH", 5):
        canonical(nested(6, kind))
        with pytest.raises(ConstraintSyntaxError, match="nested deeper than 5"):
            canonical(nested(7, kind))


@pytest.mark.parametrize("kind", ["array", "object"])
def test_deep_values(kind: str) -> None:
    assert LISTED_DEPTH == 200
    assert is_deep(nested(200, kind)) is False
    assert is_deep(nested(201, kind)) is True
    assert is_deep([1, (nested(199, kind), 2), {}]) is True
    assert is_deep([1, (nested(198, kind), 2), {}]) is False
    assert is_deep("text") is False
    endless: list[Any] = []
    endless.append({"a": endless})
    assert is_deep(endless) is True


def test_numbers_lose_needless_zeros() -> None:
    for text, form in (
        ("0", ("n", 0, "0", 0)),
        ("-0.000", ("n", 0, "0", 0)),
        ("0e99", ("n", 0, "0", 0)),
        ("100", ("n", 0, "1", 2)),
        ("-1.50", ("n", 1, "15", -1)),
        ("0.0010", ("n", 0, "1", -3)),
        ("12e-1", ("n", 0, "12", -1)),
        ("120e-1", ("n", 0, "12", 0)),
        ("1.2E+3", ("n", 0, "12", 2)),
        ("-1e5", ("n", 1, "1", 5)),
    ):
        assert decimal_value(Decimal(text)) == form, text
        assert written_value(text.encode()) == form, text
        assert to_decimal(form) == Decimal(text), text


def test_numbers_are_read_whatever_their_size() -> None:
    assert written_value(b'{"a": [1e99999999999999999999, -2.50E-30000000000]}') == (
        "o",
        frozenset([("a", ("a", (("n", 0, "1", 99999999999999999999), ("n", 1, "25", -30000000001))))]),
    )
    digits = "7" * 5000
    assert written_value(digits.encode()) == ("n", 0, digits, 0)


def test_texts_have_no_lone_surrogates() -> None:
    assert [is_text(text) for text in ("", "a", "\ud7ff", "\ue000", "\U0001f600")] == [True] * 5
    assert [is_text(text) for text in ("\ud800", "\udfff", "a\udc00b")] == [False] * 3


def test_lone_surrogates_are_found_wherever_they_are() -> None:
    for value in ("\ud800", ["\ud800"], {"\ud800": 1}, {"a": "\udfff"}, [1, ({"a": ["\ud800"]},)]):
        assert holds_surrogate(value) is True, value
    for value in ("a", 1, None, [], {"a": ["b", 2]}):
        assert holds_surrogate(value) is False, value
    endless: list[Any] = ["a"]
    endless += [{"a": endless}, endless]
    assert holds_surrogate(endless) is False


def test_texts_are_read_with_exact_numbers() -> None:
    found = read('[1, 1.0, 1e2, -5E1, 0.10, true, {"a": 1, "a": 2}]')
    assert found == [1, Decimal("1.0"), Decimal("1e2"), Decimal("-5E1"), Decimal("0.10"), True, {"a": 2}]
    assert [type(one) for one in found[:5]] == [int, Decimal, Decimal, Decimal, Decimal]
    assert read(b"12") == 12
    # Python's own limit on the digits of an int is none of JSON's.
    many = read("9" * 5000)
    assert isinstance(many, Decimal)
    assert len(many.as_tuple().digits) == 5000
    with pytest.raises(ConstraintSyntaxError, match="the exponent of 1e999"):
        read("1e" + "9" * 30)
