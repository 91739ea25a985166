"""What each keyword of each draft becomes: the exact formula, language or set of numbers."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest

from bltgen.automata.language import EMPTY, Language, literal
from bltgen.automata.limits import Limits, use_limits
from bltgen.automata.utf8 import UTF8_CHAR
from bltgen.constraints.json_format import format_language
from bltgen.constraints.json_schema import keywords as module
from bltgen.constraints.json_schema.formula import OR, Formula, Formulas, Summary
from bltgen.constraints.json_schema.json_values import (
    ANY_TYPE,
    ARRAY,
    BOOLEAN,
    INTEGER,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    canonical,
)
from bltgen.constraints.json_schema.key_set import KeySet
from bltgen.constraints.json_schema.keywords import Keywords, Names, Prefix
from bltgen.constraints.json_schema.references import Documents, Place
from bltgen.constraints.number_set import NumberSet
from bltgen.constraints.regex import pattern_language
from bltgen.errors import ConstraintSyntaxError, LimitExceeded, Unsupported

from .tables import Table, names

DRAFTS = ("4", "6", "7", "2019-09", "2020-12")


@pytest.fixture
def table() -> Table:
    return Table()


def child(table: Table, place: Place, *path: str | int) -> Formula:
    return table.formulas.schema(place.child(*path))


# -- any type ----------------------------------------------------------------------------------------


def test_types_are_bits(table: Table) -> None:
    for given, bits in (
        ("null", NULL),
        ("integer", INTEGER),
        ("number", NUMBER),
        (["string", "boolean"], STRING | BOOLEAN),
        (["integer", "number"], NUMBER),
        ([], 0),
    ):
        assert table.keywords.types(table.place({"type": given})) == bits, given
    assert table.keywords.types(table.place({})) == ANY_TYPE


@pytest.mark.parametrize("draft", DRAFTS)
def test_keywords_have_effect_in_their_drafts(draft: str) -> None:
    table = Table(draft)
    number = {"4": 4, "6": 6, "7": 7, "2019-09": 2019, "2020-12": 2020}[draft]
    first_and_last = {
        "const": (6, 2020),
        "contains": (6, 2020),
        "if": (7, 2020),
        "then": (7, 2020),
        "dependencies": (4, 2020),
        "additionalItems": (4, 2019),
        "minContains": (2019, 2020),
        "prefixItems": (2020, 2020),
        "$recursiveRef": (2019, 2019),
        "minLength": (4, 2020),
        "unknown": (4, 2020),
    }
    for keyword, (since, until) in first_and_last.items():
        place = table.place({keyword: 1})
        assert table.keywords.is_known(place, keyword) is (since <= number <= until), keyword
        assert table.keywords._get(place, keyword) == (1 if since <= number <= until else None), keyword
        assert table.keywords._get(place, "other") is None
        beside = table.place({keyword: 1, "$ref": "#"})
        assert table.keywords._get(beside, keyword) == (
            1 if since <= number <= until and number >= 2019 else None
        )


def without_validation() -> Place:
    """A place whose dialect leaves the vocabulary of `type`, `const`, ... out."""
    import referencing

    meta = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://example.com/meta",
        "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/applicator": True},
    }
    registry: Any = referencing.Registry().with_contents([("https://example.com/meta", meta)])
    schema = {
        "$schema": "https://example.com/meta",
        "const": 1,
        "type": "null",
        "minLength": 3,
        "allOf": [{"const": 2}],
        "enum": [1],
    }
    return Documents(schema, registry=registry).root


def test_keywords_of_absent_vocabularies_have_no_effect(table: Table) -> None:
    place = without_validation()
    assert table.keywords.types(place) == ANY_TYPE
    assert table.keywords.listed(place) is table.true
    assert table.keywords.string(place) is None
    assert table.keywords._get(place, "allOf") == [{"const": 2}]
    assert table.keywords.is_known(place, "const")


def test_what_is_listed(table: Table) -> None:
    def listed(schema: Any, draft: str = "2020-12") -> Formula:
        other = table if draft == "2020-12" else Table(draft)
        found = other.keywords.listed(other.place(schema))
        return found if other is table else table.formulas.values(*found.value)

    assert listed({"enum": [1, "a", None]}) is table.values(1, "a", None)
    assert listed({"enum": []}) is table.false
    assert listed({}) is table.true
    assert listed({"const": None}) is table.values(None)
    assert listed({"const": 1, "enum": [1, 2]}) is table.values(1)
    assert listed({"const": 3, "enum": [1, 2]}) is table.false
    for draft in DRAFTS:
        other = Table(draft)
        found = other.keywords.listed(other.place({"const": 1}))
        assert (found is other.true) is (draft == "4")
        found = other.keywords.listed(other.place({"const": 1, "$ref": "#"}))
        assert (found is other.true) is (draft in ("4", "6", "7"))
    with pytest.raises(ConstraintSyntaxError, match="/enum: expected an array"):
        listed({"enum": 3})


def test_references_that_have_effect() -> None:
    schema = {"$ref": "#/a", "$dynamicRef": "#/b", "$recursiveRef": "#", "a": {"a": 1}, "b": {"b": 1}}
    for draft, expected in (
        ("7", [{"a": 1}]),
        ("2019-09", [{"a": 1}, schema]),
        ("2020-12", [{"a": 1}, {"b": 1}]),
    ):
        keywords = Keywords(Formulas())
        root = Documents(schema, draft=draft).root
        assert [place.schema for place in keywords.references(root)] == expected, draft
        assert keywords.references(root.child("a")) == []


@pytest.mark.parametrize("draft", DRAFTS)
def test_places_applied_to_the_same_value(draft: str) -> None:
    table = Table(draft)
    schema = {
        "allOf": [{"n": 1}],
        "anyOf": [{"n": 2}, {"n": 3}],
        "oneOf": [{"n": 4}],
        "not": {"n": 5},
        "if": {"n": 6},
        "then": {"n": 7},
        "else": {"n": 8},
        "dependentSchemas": {"x": {"n": 9}},
        "dependencies": {"x": ["y"], "y": "z", "z": {"n": 10}},
        "properties": {"a": {"n": 11}},
    }

    def numbers(given: Any) -> list[int]:
        return [place.schema["n"] for place in table.keywords.applied(table.place(given))]

    expected = [1, 2, 3, 4, 5]
    if draft not in ("4", "6"):
        expected += [6, 7, 8]
    if draft in ("2019-09", "2020-12"):
        expected.append(9)
    assert numbers(schema) == [*expected, 10]
    assert numbers({"then": {"n": 1}, "else": {"n": 2}}) == []
    assert numbers({"properties": {"a": {"n": 11}}}) == []


def test_references_are_applied_first() -> None:
    root = Documents({"$ref": "#/a", "a": {"n": 1}, "allOf": [{"n": 2}]}).root
    assert [place.schema["n"] for place in Keywords(Formulas()).applied(root)] == [1, 2]


def test_keywords_for_values_of_every_type(table: Table) -> None:
    one, two, three = {"minLength": 1}, {"minLength": 2}, {"minLength": 3}
    place = table.place({"allOf": [one, two]})
    parts = [child(table, place, "allOf", i) for i in (0, 1)]
    assert table.keywords.in_place(place) is table.all(*parts)
    assert table.keywords.in_place(place) is table.keywords._in_place[place]
    place = table.place({"anyOf": [one, two]})
    assert table.keywords.in_place(place) is table.any(*[child(table, place, "anyOf", i) for i in (0, 1)])
    place = table.place({"oneOf": [one, two]})
    assert table.keywords.in_place(place) is table.one(*[child(table, place, "oneOf", i) for i in (0, 1)])
    place = table.place({"not": one})
    assert table.keywords.in_place(place) is table.no(child(table, place, "not"))
    place = table.place({"if": one, "then": two, "else": three})
    condition, then, other = (child(table, place, word) for word in ("if", "then", "else"))
    assert table.keywords.in_place(place) is table.all(
        table.any(table.no(condition), then), table.any(condition, other)
    )
    place = table.place({"if": one, "then": two})
    assert table.keywords.in_place(place) is table.any(
        table.no(child(table, place, "if")), child(table, place, "then")
    )
    place = table.place({"if": one, "else": two})
    assert table.keywords.in_place(place) is table.any(child(table, place, "if"), child(table, place, "else"))
    for nothing in ({"if": one}, {"then": one, "else": two}, {"minLength": 3, "properties": {"a": one}}):
        assert table.keywords.in_place(table.place(nothing)) is table.true, nothing
    assert table.keywords.in_place(table.place({"enum": [1], "const": 1})) is table.values(1)
    assert table.keywords.in_place(table.place({"anyOf": []})) is table.false
    assert table.keywords.in_place(table.place({"allOf": []})) is table.true


def test_references_of_a_place(table: Table) -> None:
    root = Documents({"$ref": "#/a", "a": {"minLength": 2}}).root
    assert table.keywords.in_place(root) is table.formulas.schema(root.child("a"))


# -- summaries ---------------------------------------------------------------------------------------


def summary(schema: Any, draft: str = "2020-12") -> Summary:
    return Keywords(Formulas()).summary(Documents(schema, draft=draft).root)


def test_a_summary_has_types_and_lists() -> None:
    assert summary({"type": "string"}) == Summary(STRING, exact=True)
    assert summary({"type": "string", "title": "x"}) == Summary(STRING, exact=True)
    assert summary({"type": "string", "minLength": 1}) == Summary(STRING)
    one = frozenset((canonical(1), canonical("a")))
    assert summary({"enum": [1, "a"]}) == Summary(STRING | INTEGER, one, exact=True)
    assert summary({"const": 1, "type": "integer"}) == Summary(
        INTEGER, frozenset((canonical(1),)), exact=True
    )
    assert summary({"enum": []}).is_empty()


def test_a_summary_sees_through_references_and_conjunctions() -> None:
    both = {"allOf": [{"type": ["string", "null"]}, {"type": ["null", "array"]}]}
    assert summary(both) == Summary(NULL)
    assert summary({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}) == Summary(NULL)
    assert summary({"allOf": [{"$ref": "#"}, {"type": "null"}]}) == Summary(NULL)
    never = summary({"allOf": [False]})
    assert never.is_empty()
    assert summary({"allOf": [True, {"type": "null"}]}) == Summary(NULL)
    assert summary({"anyOf": [{"type": "null"}]}) == Summary()
    with pytest.raises(ConstraintSyntaxError, match="/allOf: expected an array"):
        summary({"allOf": {}})


def test_integers_of_draft_4_are_no_exact_summary() -> None:
    """They are not by value alone."""
    for draft in DRAFTS:
        assert summary({"type": "integer"}, draft).exact is (draft != "4")
        assert summary({"type": "number"}, draft).exact
        assert summary({"type": ["string", "integer"]}, draft).exact is (draft != "4")


def test_a_summary_looks_at_twenty_places() -> None:
    chain: Any = {"type": "null"}
    for _ in range(19):
        chain = {"allOf": [chain]}
    assert summary(chain).types == NULL
    assert summary({"allOf": [chain]}).types == ANY_TYPE


# -- scalars -----------------------------------------------------------------------------------------


def number(schema: Any, draft: str = "2020-12") -> NumberSet | None:
    table = Table(draft)
    return table.keywords.number(table.place(schema))


def test_numbers_by_each_keyword() -> None:
    assert number({}) is None
    assert number({"type": "number"}) is None
    assert number({"type": "integer"}) == NumberSet.integers()
    assert number({"type": ["integer", "string"]}) == NumberSet.integers()
    assert number({"type": ["integer", "number"]}) is None
    interval = NumberSet.interval
    assert number({"minimum": 1}) == interval(1, None)
    assert number({"maximum": 1.5}) == interval(None, Decimal("1.5"))
    assert number({"exclusiveMinimum": 1}) == interval(1, None, low_open=True)
    assert number({"exclusiveMaximum": 1}) == interval(None, 1, high_open=True)
    assert number({"multipleOf": 0.1}) == NumberSet.multiples(Decimal("0.1"))
    assert number({"minimum": 1, "maximum": 2}) == interval(1, 2)
    assert number({"type": "integer", "minimum": 1.5}) == NumberSet.integers() & interval(
        Decimal("1.5"), None
    )


def test_exclusive_bounds_of_each_draft() -> None:
    interval = NumberSet.interval
    for draft in DRAFTS[1:]:
        assert number({"minimum": 1, "exclusiveMinimum": 2}, draft) == interval(2, None, low_open=True)
    assert number({"minimum": 1, "exclusiveMinimum": True}, "4") == interval(1, None, low_open=True)
    assert number({"minimum": 1, "exclusiveMinimum": False}, "4") == interval(1, None)
    assert number({"maximum": 1, "exclusiveMaximum": True}, "4") == interval(None, 1, high_open=True)
    assert number({"minimum": 1, "exclusiveMaximum": True}, "4") == interval(1, None)
    assert number({"exclusiveMaximum": True}, "4") is None
    assert number({"multipleOf": 2}, "4") == NumberSet.multiples(2)


def test_numbers_that_are_written_as_integers() -> None:
    for draft in DRAFTS:
        table = Table(draft)
        for given, expected in (
            ({"type": "integer"}, draft == "4"),
            ({"type": ["integer", "null"]}, draft == "4"),
            ({"type": "number"}, False),
            ({}, False),
            ({"x-bltgen-written": "integer"}, True),
            ({"x-bltgen-written": "other"}, False),
        ):
            assert table.keywords.written_as_integer(table.place(given)) is expected, (draft, given)


def string(schema: Any, **options: Any) -> Language | None:
    table = Table(**options)
    return table.keywords.string(table.place(schema))


def test_strings_by_their_length() -> None:
    assert string({}) is None
    assert string({"minLength": 0}) is None
    assert string({"minLength": 2}) is UTF8_CHAR.repeat(2, None)
    assert string({"maxLength": 0}) is UTF8_CHAR.repeat(0, 0)
    assert string({"maxLength": 3}) is UTF8_CHAR.repeat(0, 3)
    assert string({"minLength": 3, "maxLength": 3}) is UTF8_CHAR.repeat(3, 3)
    assert string({"minLength": 4, "maxLength": 3}) is EMPTY
    assert string({"minLength": 2.0}) is UTF8_CHAR.repeat(2, None)


def test_strings_by_pattern_format_and_constraint() -> None:
    found = pattern_language("^a", "ecma262", mode="search", loose=True)
    assert string({"pattern": "^a"}) is found
    assert string({"pattern": "^a", "maxLength": 3}) is UTF8_CHAR.repeat(0, 3) & found
    date = format_language("date", "2020-12")
    assert string({"format": "date"}) is date
    plate = literal(b"plate")
    assert string({"x-bltgen-constraint": "p"}, constraints={"p": plate}) is plate
    whole = string({"pattern": "^a", "format": "date", "x-bltgen-constraint": "p"}, constraints={"p": plate})
    assert date is not None
    assert whole is found & date & plate
    with pytest.raises(Unsupported) as caught:
        string({"x-bltgen-constraint": "plat"}, constraints={"plate": plate})
    assert caught.value.where == "#/1/x-bltgen-constraint"
    assert "did you mean 'plate'" in caught.value.reason
    with pytest.raises(Unsupported, match="no constraint named 'p' was given"):
        string({"x-bltgen-constraint": "p"})


def test_strings_that_hold_json() -> None:
    table = Table()
    asked = []

    def json_text(place: Place) -> Language:
        asked.append(place.schema)
        return literal(b"1")

    table.keywords.json_text = json_text
    assert table.keywords.string(table.place({"x-bltgen-json": {"const": 1}})) is literal(b"1")
    assert asked == [{"const": 1}]


def test_formats_are_asserted_or_not() -> None:
    date, mine = format_language("date", "2020-12"), literal(b"mine")

    def of(schema: Any, draft: str = "2020-12", **options: Any) -> Language | None:
        table = Table(draft, **options)
        return table.keywords.format(table.place(schema))

    assert of({"format": "date"}) is date
    assert of({}) is None
    assert of({"format": "unknown"}) is None
    assert of({"format": 3}) is None
    assert of({"format": "date"}, formats="annotate") is None
    assert of({"format": "date"}, custom_formats={"date": mine}) is mine
    assert of({"format": "date"}, custom_formats={"other": mine}) is date
    assert of({"format": "mine"}, formats="annotate", custom_formats={"mine": mine}) is mine
    # What only a later draft defines means the same in an earlier one.
    assert format_language("duration", "4") is None
    assert of({"format": "duration"}, "4") is format_language("duration", "2020-12")


def test_patterns_are_read_as_browsers_read_them(table: Table) -> None:
    """An escape that needs none is the character."""
    assert table.keywords.pattern(table.place({}), "pattern", r"^\-$").accepts(b"-")


def test_patterns_are_read_once_and_their_errors_have_a_place(table: Table) -> None:
    place = table.place({})
    found = table.keywords.pattern(place, "pattern", "a+")
    with patch.object(module, "pattern_language", side_effect=AssertionError):
        assert table.keywords.pattern(place, "other", "a+") is found
    with pytest.raises(ConstraintSyntaxError, match=r"#.*/pattern: a pattern is a string, not 3"):
        table.keywords.pattern(table.place({"a": 1}), "pattern", 3)
    with pytest.raises(ConstraintSyntaxError, match=r"^#.*/pattern: "):
        table.keywords.pattern(table.place({"b": 1}), "pattern", "(")
    with pytest.raises(Unsupported) as caught:
        table.keywords.pattern(table.place({"c": 1}), "pattern", r"(a)\1")
    assert caught.value.where.endswith("/pattern")


# -- objects -----------------------------------------------------------------------------------------


def members(table: Table, schema: Any) -> tuple[Formula, Names]:
    return table.keywords.members(table.place(schema))


SOME = {"minLength": 7}
"""A subschema that is neither everything nor nothing."""


def each(table: Table, keys: KeySet, goal: Formula) -> Formula:
    return table.atom("each", keys, goal)


def test_declared_members(table: Table) -> None:
    place = table.place({"properties": {"a": SOME, "b": True, "c": False, "\ud800": SOME}})
    formula, evaluated = table.keywords.members(place)
    goal = child(table, place, "properties", "a")
    assert formula is table.all(each(table, names("a"), goal), table.lacks("c"))
    assert evaluated == Names(frozenset((b"a", b"b", b"c")))
    assert members(table, {})[0] is table.true
    assert members(table, {})[1] == Names(frozenset(), frozenset(), False)
    with pytest.raises(ConstraintSyntaxError, match="/properties: expected an object"):
        members(table, {"properties": []})


def test_all_that_is_mentioned_where_that_is_asked_for() -> None:
    table = Table(mentions_all=True)
    schema = {
        "properties": {"a": True},
        "patternProperties": {"x": True},
        "additionalProperties": True,
        "dependentRequired": {"b": ["c"]},
        "dependentSchemas": {"d": {}},
        "dependencies": {"e": {}},
    }
    x = pattern_language("x", "ecma262", mode="search", loose=True)
    rest = KeySet(frozenset((b"a",)), (x,), True)
    formula, _ = members(table, schema)
    assert formula is table.all(
        *[each(table, names(name), table.true) for name in "abcde"],
        each(table, KeySet(languages=(x,)), table.true),
        each(table, rest, table.true),
        table.any(table.lacks("b"), table.needs("c")),
    )
    plain = Table()
    assert members(plain, schema)[0] is plain.any(plain.lacks("b"), plain.needs("c"))
    lone = members(table, {"dependentRequired": {"\ud800": []}})[0]
    assert lone is table.true


def test_members_by_pattern_and_the_others(table: Table) -> None:
    x, y = (pattern_language(p, "ecma262", mode="search", loose=True) for p in ("x", "y"))
    place = table.place(
        {
            "properties": {"a": SOME},
            "patternProperties": {"x": SOME, "y": True},
            "additionalProperties": False,
        }
    )
    formula, evaluated = table.keywords.members(place)
    assert formula is table.all(
        each(table, names("a"), child(table, place, "properties", "a")),
        each(table, KeySet(languages=(x,)), child(table, place, "patternProperties", "x")),
        each(table, KeySet(frozenset((b"a",)), (x, y), True), table.false),
    )
    assert evaluated == Names(frozenset((b"a",)), frozenset((x, y)), True)
    assert members(table, {"additionalProperties": True}) == (table.true, Names(everything=True))
    # Patterns that are one language are one.
    (same,) = members(table, {"patternProperties": {"z": True, "[z]": True}})[1].languages
    twice = members(table, {"patternProperties": {"z": True, "[z]": True}, "additionalProperties": False})
    assert twice[0] is each(table, KeySet(frozenset(), (same,), True), table.false)


def test_required_members_and_counts(table: Table) -> None:
    assert members(table, {"required": ["a", "b"]})[0] is table.all(table.needs("a"), table.needs("b"))
    assert members(table, {"required": ["\ud800"]})[0] is table.false
    assert members(table, {"minProperties": 1})[0] is table.atom("size", 1, None)
    assert members(table, {"minProperties": 0})[0] is table.true
    assert members(table, {"maxProperties": 0})[0] is table.atom("size", 0, 0)
    assert members(table, {"minProperties": 1, "maxProperties": 2})[0] is table.atom("size", 1, 2)
    four = Table("4")
    assert members(four, {"required": True})[0] is four.true
    assert members(four, {"required": ["a"]})[0] is four.needs("a")
    with pytest.raises(ConstraintSyntaxError, match="expected an array"):
        members(table, {"required": True})
    with pytest.raises(ConstraintSyntaxError, match="a property name is a string, not 3"):
        members(table, {"required": [3]})


def test_names_of_members(table: Table) -> None:
    asked: list[Formula] = []

    def strings(goal: Formula) -> Language:
        asked.append(goal)
        return literal(b"x")

    table.keywords.string_language = strings
    place = table.place({"propertyNames": SOME})
    formula, evaluated = table.keywords.members(place)
    assert formula is each(table, KeySet(languages=(literal(b"x"),), negated=True), table.false)
    assert evaluated == Names()
    assert asked == [child(table, place, "propertyNames")]
    assert members(table, {"propertyNames": True})[0] is table.true


@pytest.mark.parametrize("keyword", ["dependentRequired", "dependencies"])
def test_members_that_bring_others_along(keyword: str) -> None:
    table = Table("2019-09")
    a, b = table.needs("a"), table.needs("b")
    assert members(table, {keyword: {"x": ["a", "b"]}})[0] is table.any(table.lacks("x"), table.all(a, b))
    assert members(table, {keyword: {"x": []}})[0] is table.true
    assert members(table, {keyword: {"x": "a"}})[0] is table.any(table.lacks("x"), a)
    assert members(table, {keyword: {"\ud800": ["a"]}})[0] is table.true
    two = members(table, {keyword: {"x": ["a"], "y": ["b"]}})[0]
    assert two is table.all(table.any(table.lacks("x"), a), table.any(table.lacks("y"), b))


@pytest.mark.parametrize("keyword", ["dependentSchemas", "dependencies"])
def test_members_that_bring_a_schema_along(keyword: str) -> None:
    table = Table("2019-09")
    place = table.place({keyword: {"x": SOME, "y": False, "z": True}})
    goal = child(table, place, keyword, "x")
    assert table.keywords.members(place)[0] is table.all(table.any(table.lacks("x"), goal), table.lacks("y"))


# -- arrays ------------------------------------------------------------------------------------------


def items(table: Table, schema: Any) -> tuple[Formula, Prefix]:
    return table.keywords.items(table.place(schema))


@pytest.mark.parametrize("draft", DRAFTS)
def test_items_by_index_and_the_rest(draft: str) -> None:
    table = Table(draft)
    new = draft == "2020-12"
    by_index, rest = ("prefixItems", "items") if new else ("items", "additionalItems")
    place = table.place({by_index: [SOME, True, False], rest: SOME})
    formula, evaluated = table.keywords.items(place)
    assert formula is table.all(
        table.atom("each item", 0, 1, child(table, place, by_index, 0)),
        table.atom("each item", 2, 3, table.false),
        table.atom("each item", 3, None, child(table, place, rest)),
    )
    assert evaluated == Prefix(3, frozenset(), True)
    assert items(table, {by_index: [SOME]})[1] == Prefix(1)
    place = table.place({"items": SOME})
    assert table.keywords.items(place) == (
        table.atom("each item", 0, None, child(table, place, "items")),
        Prefix(everything=True),
    )
    assert items(table, {"items": True}) == (table.true, Prefix(everything=True))
    assert items(table, {}) == (table.true, Prefix())
    # Without items by index, additionalItems has no effect.
    assert items(table, {"additionalItems": False}) == (table.true, Prefix())
    if not new:
        assert items(table, {"items": True, "additionalItems": False}) == (
            table.true,
            Prefix(everything=True),
        )
        assert items(table, {"prefixItems": [SOME]}) == (table.true, Prefix())


def test_lengths_and_uniqueness(table: Table) -> None:
    assert items(table, {"minItems": 2})[0] is table.atom("length", 2, None)
    assert items(table, {"minItems": 0})[0] is table.true
    assert items(table, {"maxItems": 0})[0] is table.atom("length", 0, 0)
    assert items(table, {"minItems": 1, "maxItems": 2})[0] is table.atom("length", 1, 2)
    assert items(table, {"uniqueItems": True})[0] is table.atom("unique", True)
    assert items(table, {"uniqueItems": False})[0] is table.true


@pytest.mark.parametrize("draft", DRAFTS)
def test_items_that_are_counted(draft: str) -> None:
    table = Table(draft)

    def contained(**more: Any) -> tuple[Formula, Formula, Prefix]:
        place = table.place({"contains": SOME, **more})
        return child(table, place, "contains"), *table.keywords.items(place)

    goal, formula, evaluated = contained()
    known, counted = draft != "4", draft in ("2019-09", "2020-12")
    assert formula is (table.atom("count", 0, goal, 1, None) if known else table.true)
    assert evaluated == Prefix(0, frozenset((goal,)) if draft == "2020-12" else frozenset())
    goal, formula, _ = contained(minContains=2, maxContains=3)
    if counted:
        assert formula is table.atom("count", 0, goal, 2, 3)
        assert contained(minContains=0)[1] is table.true
        goal, formula, _ = contained(minContains=0, maxContains=3)
        assert formula is table.atom("count", 0, goal, 0, 3)
        goal, formula, _ = contained(maxContains=2)
        assert formula is table.atom("count", 0, goal, 1, 2)
    elif known:
        assert formula is table.atom("count", 0, goal, 1, None)
    assert items(table, {"minContains": 2}) == (table.true, Prefix())


def test_counts_are_simplified(table: Table) -> None:
    goal, count = table.values(1), table.keywords.count
    assert count(1, goal, 2, 5) is table.atom("count", 1, goal, 2, 5)
    assert count(0, goal, 2, 1) is table.false
    assert count(0, goal, 2, 2) is table.atom("count", 0, goal, 2, 2)
    assert count(0, table.false, 1, None) is table.false
    assert count(0, table.false, 0, 3) is table.true
    assert count(2, table.true, 3, None) is table.atom("length", 5, None)
    assert count(2, table.true, 3, 4) is table.atom("length", 5, 6)
    assert count(2, table.true, 0, 4) is table.atom("length", 0, 6)
    assert count(2, table.true, 0, 0) is table.atom("length", 0, 2)
    assert count(3, goal, 0, 0) is table.atom("each item", 3, None, table.no(goal))
    assert count(0, goal, 0, None) is table.true
    assert count(0, goal, 0, 1) is table.atom("count", 0, goal, 0, 1)


def test_a_container_is_all_keywords_for_its_type(table: Table) -> None:
    place = table.place({"required": ["a"], "minItems": 1, "anyOf": [SOME, {"maxItems": 3}]})
    either = table.any(child(table, place, "anyOf", 0), child(table, place, "anyOf", 1))
    found = table.keywords.container(place, OBJECT)
    assert found is table.all(either, table.needs("a"))
    assert table.keywords.container(place, ARRAY) is table.all(either, table.atom("length", 1, None))
    with patch.object(Keywords, "in_place", side_effect=AssertionError):
        assert table.keywords.container(place, OBJECT) is found
    assert table.keywords.container(table.place({"type": "array"}), OBJECT) is table.false
    assert table.keywords.container(table.place({"type": "array"}), ARRAY) is table.true


# -- what is evaluated -------------------------------------------------------------------------------


def test_evaluated_names_merge() -> None:
    x, y = literal(b"x"), literal(b"y")
    one = Names(frozenset((b"a",)), frozenset((x,)))
    other = Names(frozenset((b"b",)), frozenset((y,)))
    assert one.merged(other) == Names(frozenset((b"a", b"b")), frozenset((x, y)))
    everything = Names(everything=True)
    assert one.merged(everything) == everything.merged(one) == everything
    assert Names(frozenset((b"a",)), everything=True).merged(one) == everything


def test_the_rest_of_evaluated_names(table: Table) -> None:
    first, second = literal(b"x1"), literal(b"x2")
    by_id = sorted((first, second), key=lambda language: language.id)
    goal = table.values(1)
    found = Names(frozenset((b"a",)), frozenset((second, first))).rest(table.formulas, goal)
    assert found is each(table, KeySet(frozenset((b"a",)), tuple(by_id), True), goal)
    assert Names(everything=True).rest(table.formulas, goal) is table.true
    assert Names().rest(table.formulas, goal) is each(table, KeySet(negated=True), goal)


def test_evaluated_items_merge(table: Table) -> None:
    a, b = table.values(1), table.values(2)
    one, other = Prefix(1, frozenset((a,))), Prefix(3, frozenset((b,)))
    assert one.merged(other) == other.merged(one) == Prefix(3, frozenset((a, b)))
    everything = Prefix(everything=True)
    assert one.merged(everything) == everything.merged(one) == everything
    assert everything.rest(table.formulas, a) is table.true
    goal = table.values(5)
    assert one.rest(table.formulas, goal) is table.atom("each item", 1, None, table.values(1, 5))
    assert Prefix(2).rest(table.formulas, table.false) is table.atom("each item", 2, None, table.false)
    assert one.rest(table.formulas, table.no(a)) is table.true


def unevaluated(table: Table, schema: Any) -> Formula:
    """The formula of a closed object."""
    return table.keywords.container(table.place({**schema, "unevaluatedProperties": False}), OBJECT)


def closed(table: Table, *given: str) -> Formula:
    """There are no members but these."""
    return each(table, names(*given, negated=True), table.false)


def test_unevaluated_members_of_a_place_itself(table: Table) -> None:
    assert unevaluated(table, {}) is closed(table)
    assert unevaluated(table, {"properties": {"a": True}}) is closed(table, "a")
    assert unevaluated(table, {"additionalProperties": True}) is table.true
    assert unevaluated(table, {"required": ["a"], "properties": {"a": True}}) is table.all(
        table.needs("a"), closed(table, "a")
    )
    listed = unevaluated(table, {"const": {"a": 1}})
    assert listed is table.all(table.values({"a": 1}), closed(table))
    place = table.place({"unevaluatedProperties": True, "properties": {"a": False}})
    assert table.keywords.container(place, OBJECT) is table.lacks("a")
    mentioning = Table(mentions_all=True)
    place = mentioning.place({"unevaluatedProperties": True})
    assert mentioning.keywords.container(place, OBJECT) is each(
        mentioning, KeySet(negated=True), mentioning.true
    )
    place = mentioning.place({"unevaluatedItems": True})
    assert mentioning.keywords.container(place, ARRAY) is mentioning.true


def test_unevaluated_members_beside_conjunctions_and_references(table: Table) -> None:
    found = unevaluated(table, {"allOf": [{"properties": {"a": True}}, {"properties": {"b": True}}]})
    assert found is closed(table, "a", "b")
    place = Documents(
        {"$ref": "#/$defs/x", "$defs": {"x": {"properties": {"a": True}}}, "unevaluatedProperties": False}
    ).root
    assert table.keywords.container(place, OBJECT) is closed(table, "a")
    schema = {"allOf": [{"minProperties": 1}]}
    place = table.place({**schema, "unevaluatedProperties": False})
    # What evaluates nothing stays folded.
    assert table.keywords.container(place, OBJECT) is table.all(
        child(table, place, "allOf", 0), closed(table)
    )


def test_unevaluated_members_beside_alternatives(table: Table) -> None:
    a, b = {"properties": {"a": True}, "required": ["a"]}, {"properties": {"b": True}, "required": ["b"]}
    need_a, need_b = table.needs("a"), table.needs("b")
    found = unevaluated(table, {"anyOf": [a, b]})
    assert found is table.any(
        table.all(need_a, closed(table, "a")),
        table.all(need_b, closed(table, "b")),
        table.all(need_a, need_b, closed(table, "a", "b")),
    )
    place = table.place({"oneOf": [a, b], "unevaluatedProperties": False})
    first, second = child(table, place, "oneOf", 0), child(table, place, "oneOf", 1)
    assert table.keywords.container(place, OBJECT) is table.any(
        table.all(need_a, table.no(second), closed(table, "a")),
        table.all(need_b, table.no(first), closed(table, "b")),
    )
    # A branch that evaluates nothing stands for all that is not evaluated.
    place = table.place({"anyOf": [a, {"minProperties": 1}], "unevaluatedProperties": False})
    silent = child(table, place, "anyOf", 1)
    assert table.keywords.container(place, OBJECT) is table.any(
        table.all(silent, closed(table)), table.all(need_a, closed(table, "a"))
    )
    place = table.place({"anyOf": [{"type": "null", **b}, a], "unevaluatedProperties": False})
    assert table.keywords.container(place, OBJECT) is table.any(
        table.all(child(table, place, "anyOf", 0), closed(table)), table.all(need_a, closed(table, "a"))
    )


def test_unevaluated_members_beside_negations_and_conditions(table: Table) -> None:
    place = table.place({"not": {"properties": {"a": SOME}}, "unevaluatedProperties": False})
    assert table.keywords.container(place, OBJECT) is table.all(
        table.no(child(table, place, "not")), closed(table)
    )
    condition = {"properties": {"a": True}, "required": ["a"]}
    then, other = {"properties": {"b": True}}, {"properties": {"c": True}}
    need = table.needs("a")

    def parts(**schema: Any) -> tuple[Formula, Formula]:
        place = table.place({"if": condition, **schema, "unevaluatedProperties": False})
        return table.keywords.container(place, OBJECT), table.no(child(table, place, "if"))

    found, unmet = parts(then=then, **{"else": other})
    assert found is table.any(table.all(need, closed(table, "a", "b")), table.all(unmet, closed(table, "c")))
    found, unmet = parts(then=then)
    assert found is table.any(table.all(need, closed(table, "a", "b")), table.all(unmet, closed(table)))
    found, unmet = parts(**{"else": other})
    assert found is table.any(table.all(need, closed(table, "a")), table.all(unmet, closed(table, "c")))
    found, unmet = parts()
    assert found is table.any(table.all(need, closed(table, "a")), table.all(unmet, closed(table)))


@pytest.mark.parametrize("keyword", ["dependentSchemas", "dependencies"])
def test_unevaluated_members_beside_dependent_schemas(keyword: str, table: Table) -> None:
    place = table.place({keyword: {"x": {"properties": {"a": True}}}, "unevaluatedProperties": False})
    own = table.any(table.lacks("x"), child(table, place, keyword, "x"))
    assert table.keywords.container(place, OBJECT) is table.any(
        table.all(own, table.lacks("x"), closed(table)),
        table.all(own, table.needs("x"), closed(table, "a")),
    )
    needed = unevaluated(table, {"dependencies": {"x": ["a"]}})
    assert needed is table.all(table.any(table.lacks("x"), table.needs("a")), closed(table))


def test_unevaluated_keywords_within_each_other(table: Table) -> None:
    """The inner one evaluates everything."""
    assert unevaluated(table, {"allOf": [{"unevaluatedProperties": True}]}) is table.true
    inner = {"unevaluatedProperties": {"minLength": 3}}
    place = table.place({"allOf": [inner], "unevaluatedProperties": False})
    goal = child(table, place, "allOf", 0, "unevaluatedProperties")
    assert table.keywords.container(place, OBJECT) is each(table, KeySet(negated=True), goal)


def test_unevaluated_items(table: Table) -> None:
    def ends(schema: Any) -> tuple[Place, Formula]:
        place = table.place({**schema, "unevaluatedItems": False})
        return place, table.keywords.container(place, ARRAY)

    assert ends({})[1] is table.atom("each item", 0, None, table.false)
    place, found = ends({"prefixItems": [SOME, True]})
    assert found is table.all(
        table.atom("each item", 0, 1, child(table, place, "prefixItems", 0)),
        table.atom("each item", 2, None, table.false),
    )
    assert ends({"items": True})[1] is table.true
    place, found = ends({"contains": SOME})
    goal = child(table, place, "contains")
    assert found is table.all(table.atom("count", 0, goal, 1, None), table.atom("each item", 0, None, goal))
    # Dependent schemas are about objects.
    assert ends({"dependentSchemas": {"x": {"items": True}}})[1] is table.atom(
        "each item", 0, None, table.false
    )
    assert ends({"properties": {"a": True}})[1] is table.atom("each item", 0, None, table.false)


def test_a_reference_to_itself_beside_unevaluated_is_refused(table: Table) -> None:
    root = Documents({"allOf": [{"$ref": "#"}], "unevaluatedProperties": False}).root
    with pytest.raises(Unsupported) as caught:
        table.keywords.container(root, OBJECT)
    assert caught.value.where == "#"
    # The same schema twice, but not within itself, is no such reference.
    twice = Documents(
        {
            "allOf": [{"$ref": "#/$defs/x"}, {"$ref": "#/$defs/x"}],
            "$defs": {"x": {"properties": {"a": True}}},
            "unevaluatedProperties": False,
        }
    ).root
    assert table.keywords.container(twice, OBJECT) is closed(table, "a")


def test_ways_of_one_result_are_one(table: Table) -> None:
    a, b = table.needs("a"), table.needs("b")
    one, other = Names(frozenset((b"x",))), Names()
    assert table.keywords._merged([(a, one), (b, other), (b, one)]) == [
        (table.any(a, b), one),
        (b, other),
    ]
    place = table.place({})
    assert table.keywords._combined(place, [(a, other), (b, one)], [(table.lacks("b"), other)]) == [
        (table.all(a, table.lacks("b")), other),
        (table.all(b, table.lacks("b")), one),
    ]
    table.no(b)
    assert table.keywords._combined(place, [(b, one)], [(table.lacks("b"), other)]) == []


def test_too_many_ways_are_a_limit(table: Table) -> None:
    def pairs(count: int) -> Any:
        names_of = [(f"a{i}", f"b{i}") for i in range(count)]
        return {
            "allOf": [
                {"oneOf": [{"properties": {name: True}, "required": [name]} for name in two]}
                for two in names_of
            ]
        }

    with use_limits(Limits(branch_ways=8)):
        assert unevaluated(table, pairs(3)).op == OR
        with pytest.raises(LimitExceeded) as caught:
            unevaluated(Table(), pairs(4))
    assert caught.value.limit == 8
    assert "combinations of branches beside unevaluated*" in str(caught.value)
    many = {"anyOf": [{"properties": {f"a{i}": True}} for i in range(4)]}
    with use_limits(Limits(branch_ways=16)):
        assert unevaluated(Table(), many) is not None
    with use_limits(Limits(branch_ways=15)), pytest.raises(LimitExceeded):
        unevaluated(Table(), many)


# -- negation ----------------------------------------------------------------------------------------


def test_negated_atoms_of_objects(table: Table) -> None:
    goal, negate = table.values(1), table.keywords.negate_atom
    keys = names("a", "b")
    assert negate(("each", keys, goal)) is table.atom("some", keys, table.no(goal))
    assert negate(("some", keys, goal)) is table.atom("each", keys, table.no(goal))
    assert negate(("size", 2, 5)) is table.any(table.atom("size", 0, 1), table.atom("size", 6, None))
    assert negate(("size", 0, 5)) is table.atom("size", 6, None)
    assert negate(("size", 2, None)) is table.atom("size", 0, 1)
    assert negate(("size", 0, None)) is table.false


def test_negated_atoms_of_arrays(table: Table) -> None:
    goal, negate = table.values(1), table.keywords.negate_atom
    other = table.no(goal)
    assert negate(("length", 1, 2)) is table.any(table.atom("length", 0, 0), table.atom("length", 3, None))
    assert negate(("each item", 2, None, goal)) is table.atom("count", 2, other, 1, None)
    assert negate(("each item", 1, 3, goal)) is table.any(
        table.all(table.atom("length", 2, None), table.atom("each item", 1, 2, other)),
        table.all(table.atom("length", 3, None), table.atom("each item", 2, 3, other)),
    )
    assert negate(("count", 1, goal, 2, 4)) is table.any(
        table.atom("count", 1, goal, 0, 1), table.atom("count", 1, goal, 5, None)
    )
    assert negate(("count", 1, goal, 0, 4)) is table.atom("count", 1, goal, 5, None)
    assert negate(("count", 1, goal, 1, None)) is table.atom("each item", 1, None, other)
    assert negate(("unique", True)) is table.atom("unique", False)
    assert negate(("unique", False)) is table.atom("unique", True)


def holds(atom: tuple[Any, ...], items: tuple[int, ...]) -> bool:
    """Whether an array of 1s and others satisfies an atom whose goal is 1: the definition."""
    kind = atom[0]
    if kind == "length":
        return atom[1] <= len(items) and (atom[2] is None or len(items) <= atom[2])
    if kind == "each item":
        # The goal is 1, or all but 1.
        wanted = atom[3].value[1]
        return all((item == 1) is wanted for item in items[atom[1] : atom[2]])
    if kind == "count":
        count = sum((item == 1) is atom[2].value[1] for item in items[atom[1] :])
        return atom[3] <= count and (atom[4] is None or count <= atom[4])
    return (len(set(items)) == len(items)) is atom[1]


def formula_holds(formula: Formula, items: tuple[int, ...]) -> bool:
    if formula.parts:
        held = [formula_holds(part, items) for part in formula.parts]
        return any(held) if formula.op == OR else all(held)
    return bool(formula.value is not None and holds(formula.value, items))


def test_exactly_one_of_an_atom_and_its_negation_holds(table: Table) -> None:
    goal = table.values(1)
    atoms = [
        *[("length", low, high) for low in (0, 2) for high in (None, 2, 3)],
        *[("each item", low, high, goal) for low in (0, 1) for high in (None, 2, 3)],
        *[("count", start, goal, low, high) for start in (0, 1) for low in (0, 2) for high in (None, 2)],
        ("unique", True),
        ("unique", False),
    ]
    arrays = [given for n in range(5) for given in itertools.product((0, 1), repeat=n)]
    for atom in atoms:
        if atom == ("length", 0, None) or atom[3:] == (0, None):
            continue
        negated = table.keywords.negate_atom(atom)
        for array in arrays:
            assert holds(atom, array) != formula_holds(negated, array), (atom, array)


def test_values_as_atoms(table: Table) -> None:
    made = table.keywords.value_atoms
    assert made(canonical({"b": 1, "a": [2]}), OBJECT) is table.all(
        table.needs("a", [2]), table.needs("b", 1), closed(table, "a", "b")
    )
    assert made(canonical({}), OBJECT) is closed(table)
    assert made(canonical({"\ud800": 1}), OBJECT) is table.false
    assert made(canonical([1, {"a": 2}]), ARRAY) is table.all(
        table.atom("each item", 0, 1, table.values(1)),
        table.atom("each item", 1, 2, table.values({"a": 2})),
        table.atom("length", 2, 2),
    )
    assert made(canonical([]), ARRAY) is table.atom("length", 0, 0)
    names_of = [part.value[1].names for part in made(canonical({"b": 1, "a": 2}), OBJECT).parts]
    assert names_of == [frozenset((b"a",)), frozenset((b"b",)), frozenset((b"a", b"b"))]
