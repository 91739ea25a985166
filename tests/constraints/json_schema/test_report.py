"""What a report says: the spelling first, then each keyword by its place, enforced or not, and why."""

from __future__ import annotations

import warnings
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest

from bltgen.automata.contract import ReportEntry
from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.json_schema.compiler import Compiler
from bltgen.errors import LimitExceeded


def report(schema: Any, **options: Any) -> list[ReportEntry]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = {"numbers": "any", "whitespace": "any", **options}
        return list(json_schema(schema, **given).report().entries)


def rows(schema: Any, **options: Any) -> dict[str, tuple[str, str]]:
    """How each keyword is enforced, by its pointer."""
    return {e.place: (e.enforced, e.note) for e in report(schema, **options) if e.place}


def spelling(**options: Any) -> list[tuple[str, str]]:
    entries = [entry for entry in report({"type": "null"}, **options) if not entry.place]
    assert all(entry.enforced == "exact" for entry in entries)
    return [(entry.construct, entry.note) for entry in entries]


# -- spelling ----------------------------------------------------------------------------------------


def test_what_narrows_nothing_is_not_told() -> None:
    assert spelling() == []


def test_each_narrowing_option_is_told_in_order() -> None:
    everything = spelling(
        whitespace="compact",
        property_order="schema",
        undeclared="omit",
        numbers="plain",
        escapes="plain",
        ascii_only=True,
        strings_from="four",
        numbers_from="1 22",
        ungrounded="schema",
    )
    assert everything == [
        ("whitespace='compact'", "none"),
        (
            "property_order='schema'",
            "declared members come in the order of the schema, others after them",
        ),
        ("undeclared='omit'", "members that the schema neither names nor says anything of are left out"),
        ("numbers='plain'", "no exponent, no -0, at most 15 significant digits"),
        ("escapes='plain'", "only characters that need an escape have one"),
        ("ascii_only=True", "characters other than ASCII are escaped"),
        ("strings_from", "strings are spans of a text of 4 characters; ungrounded='schema'"),
        ("numbers_from", "numbers have values of a text of 4 characters; ungrounded='schema'"),
    ]
    assert spelling(numbers="plain", digits=3) == [
        ("numbers='plain'", "no exponent, no -0, at most 3 significant digits")
    ]
    ((construct, note),) = spelling(numbers="interoperable")
    assert construct == "numbers='interoperable'"
    assert "2^53 - 1" in note
    assert spelling(numbers_from="7", strings_from="7")[0][0] == "strings_from"


# -- keywords ----------------------------------------------------------------------------------------


def test_keywords_come_in_the_order_of_the_source() -> None:
    schema = {
        "type": "object",
        "title": "t",
        "properties": {"a": {"minimum": 1, "$comment": "c"}},
        "required": ["a"],
    }
    assert [(e.place, e.construct, e.enforced, e.note) for e in report(schema)] == [
        ("#/type", "type", "exact", ""),
        ("#/title", "title", "annotation", ""),
        ("#/properties", "properties", "exact", ""),
        ("#/required", "required", "exact", ""),
        ("#/properties/a/minimum", "minimum", "exact", ""),
        ("#/properties/a/$comment", "$comment", "annotation", ""),
    ]
    # Types alone are told too.
    assert "#/items/type" in rows({"items": {"type": "null"}})


@pytest.mark.parametrize(
    ("schema", "place", "note"),
    [
        ({"then": {}}, "#/then", "without if it has no effect"),
        ({"else": {}}, "#/else", "without if it has no effect"),
        ({"minContains": 1}, "#/minContains", "without contains it has no effect"),
        ({"maxContains": 1}, "#/maxContains", "without contains it has no effect"),
        ({"fromat": 1}, "#/fromat", "unknown keyword; did you mean 'format'?"),
        ({"zzz": 1}, "#/zzz", "unknown keyword"),
        ({"format": "zzz"}, "#/format", "format 'zzz' is unknown or not asserted"),
        ({"format": "emial"}, "#/format", "there is no format 'emial'; did you mean 'email'?"),
        ({"additionalItems": {}}, "#/additionalItems", "no keyword of draft 2020-12"),
    ],
)
def test_what_has_no_effect_says_why(schema: Any, place: str, note: str) -> None:
    assert rows(schema)[place] == ("annotation", note)


def test_what_has_effect_says_nothing() -> None:
    schema = {"if": {}, "then": {}, "else": {}, "contains": {}, "minContains": 1, "format": "date"}
    assert set(rows(schema).values()) == {("exact", "")}
    assert rows({"format": "date"}, formats="annotate")["#/format"] == (
        "annotation",
        "format 'date' is unknown or not asserted",
    )


def test_what_stands_beside_a_reference() -> None:
    schema = {"$ref": "#/definitions/a", "minimum": 1, "title": "t", "definitions": {"a": {"maximum": 3}}}
    old, new = rows(schema, draft="7"), rows(schema, draft="2019-09")
    assert old["#/$ref"] == new["#/$ref"] == ("exact", "")
    assert old["#/minimum"] == ("annotation", "beside $ref this draft ignores it")
    assert new["#/minimum"] == ("exact", "")
    assert old["#/title"] == ("annotation", "")
    assert old["#/definitions/a/maximum"] == ("exact", "")


def test_what_a_draft_reads_otherwise() -> None:
    assert rows({"required": True}, draft="4")["#/required"] == (
        "annotation",
        "a boolean is the form of draft 3",
    )
    assert rows({"required": ["a"]}, draft="4")["#/required"] == ("exact", "")
    assert rows({"const": 1}, draft="4")["#/const"] == ("annotation", "no keyword of draft 4")


def test_what_a_vocabulary_leaves_out() -> None:
    import referencing

    meta = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://x/meta",
        "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/core": True},
    }
    registry: Any = referencing.Registry().with_contents([("https://x/meta", meta)])
    found = rows({"$schema": "https://x/meta", "minimum": 1}, registry=registry)
    assert found["#/minimum"] == ("annotation", "not in the vocabularies of the dialect")


# -- what the schema needs more ----------------------------------------------------------------------


def numbers(schema: Any, option: str = "interoperable", **options: Any) -> list[tuple[str, str]]:
    entries = report(schema, numbers=option, **options)
    return [(e.place, e.note) for e in entries if e.construct == f"numbers={option!r}" and e.place]


def test_numbers_that_need_more_are_told() -> None:
    listed = "numbers that the schema lists are written in as many digits as they have"
    far = "integers reach as far as the schema says"
    more = "more digits: nothing but 0 could be written here"
    assert numbers({"const": 1234567890123456789}) == [("#", far)]
    assert numbers({"enum": [Decimal("0.12345678901234567"), "a"]}) == [("#", listed)]
    assert numbers({"items": {"type": "integer", "maximum": 10**17}}) == [("#/items", far)]
    assert numbers({"type": "integer", "format": "int64"}) == [("#", far)]
    low, high = Decimal("1.00000000000000001"), Decimal("1.00000000000000002")
    assert numbers({"type": "number", "minimum": low, "maximum": high}) == [("#", more)]
    for schema in ({"minimum": 3}, {"type": "integer"}, {"const": 5}, {"maxLength": 3}):
        assert numbers(schema) == [], schema
    assert numbers({"const": 1234567890123456789}, "any") == []
    assert numbers({"const": 1.234}, "plain", digits=3) == [("#", listed)]
    assert numbers({"allOf": [{"const": 1234567890123456789}]}) == [("#", far), ("#/allOf/0", far)]


def stays(schema: Any, undeclared: str = "omit") -> list[str]:
    entries = report(schema, undeclared=undeclared)
    found = [e for e in entries if e.construct == "undeclared='omit'" and e.place]
    assert all(
        (e.enforced, e.note) == ("annotation", "members stay that the schema does not name: it needs some")
        for e in found
    )
    return [e.place for e in found]


def test_members_that_stay_are_told() -> None:
    needing = {"type": "object", "minProperties": 1}
    assert stays(needing) == ["#"]
    assert stays(needing, "allow") == []
    assert stays({"items": {**needing, "properties": {"a": {}}}}) == ["#/items"]
    assert stays({"type": "object", "required": ["a"], "minProperties": 1}) == []
    assert stays({"type": "object", "properties": {"a": {}}}) == []
    assert stays({"minItems": 1, "not": {"maxItems": 3}}) == []
    assert stays({"type": "object", "additionalProperties": True, "not": {"maxProperties": 3}}) == ["#"]


def test_members_stay_where_one_way_needs_them() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {}},
        "oneOf": [{"maxProperties": 0}, {"minProperties": 2}],
    }
    assert stays(schema) == ["#", "#/oneOf/1"]


def test_numbers_are_told_where_they_stand() -> None:
    """Not where a branch has them."""
    far = "integers reach as far as the schema says"
    assert numbers({"anyOf": [{"const": 1234567890123456789}]}) == [("#/anyOf/0", far)]


def test_what_costs_too_much_to_find_out_is_not_told() -> None:
    schema = {"type": "object", "minProperties": 1, "properties": {"a": {"const": 1234567890123456789}}}
    limit = LimitExceeded("steps", 1)
    made = json_schema(schema, undeclared="omit", whitespace="any")
    whole = len(made.report().entries)
    with patch.object(Compiler, "objects", side_effect=limit):
        assert len(made.report().entries) == whole - 1
    with patch.object(Compiler, "number_rules", side_effect=limit):
        assert len(made.report().entries) == whole - 1


def test_rows_of_one_place_come_together() -> None:
    schema = {"type": "object", "minProperties": 1, "properties": {"a": {"const": 1234567890123456789}}}
    found = report(schema, undeclared="omit", numbers="interoperable")
    where = [(entry.place, entry.construct) for entry in found if entry.place]
    assert where == [
        ("#", "undeclared='omit'"),
        ("#/type", "type"),
        ("#/minProperties", "minProperties"),
        ("#/properties", "properties"),
        ("#/properties/a", "numbers='interoperable'"),
        ("#/properties/a/const", "const"),
    ]
