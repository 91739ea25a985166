"""Undeclared names by the sets that they are in: which classes there are, in what order, how many."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from bltgen.automata.language import INFINITE
from bltgen.automata.limits import current_limits
from bltgen.constraints.json_schema import name_classes as module
from bltgen.constraints.json_schema.compiler import Compiler, Options
from bltgen.constraints.json_schema.formula import Formula
from bltgen.constraints.json_schema.layout import Layout
from bltgen.constraints.json_schema.name_classes import NameClasses
from bltgen.constraints.json_schema.references import Documents


def classes(schema: Any, **options: Any) -> NameClasses:
    """The classes of the one plan of a schema."""
    compiler = Compiler(
        Layout.of("compact"), options=Options(**options), formats="assert", custom_formats={}, constraints={}
    )
    (plan,) = compiler.objects(compiler.formulas.schema(Documents({"type": "object", **schema}).root))
    return NameClasses(plan)


def goals(found: NameClasses) -> list[Formula]:
    return [one.goal for one in found]


ONE, TWO = {"type": "string"}, {"minLength": 3, "type": "string"}
PATTERNS = {"patternProperties": {"^a": ONE, "b$": TWO}, "properties": {"x": ONE, "ab": ONE}}


def test_without_sets_all_undeclared_names_are_one_class() -> None:
    found = classes({"properties": {"x": ONE}, "required": ["y"]})
    assert found.is_one is True
    (only,) = found.all()
    assert only.language.accepts(b"z")
    assert not only.language.accepts(b"x")
    assert not only.language.accepts(b"y")
    assert not only.language.accepts(b"\xff")
    assert only.goal is found._plan.compiler.formulas.true
    assert only.demands == 0
    assert found.at(1) is None
    # Nothing is searched for in vain twice.
    with patch.object(module, "shortest", side_effect=AssertionError):
        assert found.at(1) is None
        assert found._find() is False
    other = classes({"additionalProperties": ONE, "properties": {"x": ONE}})
    assert other.is_one is True
    (same,) = other.all()
    assert same.goal is other._plan.spec.goal_of(b"z")


def test_classes_come_by_their_shortest_names() -> None:
    found = classes(PATTERNS)
    assert found.is_one is False
    names = [b"", b"a", b"b", b"aab", b"x", b"ab"]
    members = [[name for name in names if one.language.accepts(name)] for one in found]
    assert members == [[b""], [b"a"], [b"b"], [b"aab"]]
    assert list(map(found.least, range(4))) == [0, 1, 1, 3]
    spec = found._plan.spec
    for one, group in zip(found, members, strict=True):
        assert one.goal is spec.goal_of(group[0])
        assert found.of(group[0]) is one


def test_classes_are_found_as_far_as_asked_for() -> None:
    found = classes(PATTERNS)
    assert found._found == []
    first = found.at(0)
    assert first is not None
    assert found._found == [first]
    assert next(iter(found)) is first
    assert found._found == [first]
    # Those not found yet are as long as the shortest name of a set.
    assert found.least(0) == 0
    assert found.least(1) == 1
    assert len(found.all()) == 4
    assert found.at(4) is None


def test_a_lower_bound_before_anything_was_found() -> None:
    longer = {"patternProperties": {"^aaa": ONE}, "propertyNames": {"minLength": 2}}
    found = classes(longer)
    assert found.least(0) == 0
    assert found.at(0) is not None
    assert found.least(0) == 2
    several = classes({"patternProperties": {"^aaa": ONE, "^b": TWO, "^cc": {"maxLength": 9}}})
    assert several.at(0) is not None
    assert several.least(1) == 1
    only = classes({})
    only.all()
    assert only.least(1) == INFINITE
    within = classes({"patternProperties": {"^aaa": ONE, "^aa": ONE}, "additionalProperties": False})
    assert within.at(0) is not None
    # What is in no set was not found: none has less than the last one.
    assert within.least(1) == 2


def test_a_class_of_a_name() -> None:
    found = classes(PATTERNS)
    both = found.of(b"aab")
    assert found.of(b"axb") is both
    assert both is not found.of(b"a")
    assert found._found == []
    assert not both.language.accepts(b"ab")
    assert found.all()[3] is both


def test_names_of_no_value_are_in_no_class() -> None:
    found = classes({"patternProperties": {"^a": False, "b": ONE}})
    members = [[name for name in (b"", b"a", b"b", b"ab") if one.language.accepts(name)] for one in found]
    assert members == [[b""], [b"b"]]
    closed = classes({"additionalProperties": False, "properties": {"a": ONE}})
    assert closed._find() is False
    assert closed.all() == []
    assert closed.at(0) is None


def test_demands_are_bits() -> None:
    schema = {
        "allOf": [
            {"not": {"patternProperties": {"^a": ONE}}},
            {"not": {"additionalProperties": TWO}},
        ]
    }
    found = classes(schema)
    assert len(found._plan.spec.exists) == 2
    assert found.of(b"z").demands.bit_count() == 1
    assert found.of(b"a").demands == 0b11


def test_omitted_members_are_in_no_class() -> None:
    found = classes({"properties": {"a": ONE}}, closed=True)
    assert found._plan.closed
    assert found.all() == []


def test_waiting_clauses_tell_names_apart() -> None:
    compiler = Compiler(
        Layout.of("compact"), options=Options(), formats="assert", custom_formats={}, constraints={}
    )
    compiler.cases.limit = 0
    schema = {"anyOf": [{"patternProperties": {"^a": ONE}}, {"patternProperties": {"^b": TWO}}]}
    (plan,) = compiler.objects(compiler.formulas.schema(Documents({"type": "object", **schema}).root))
    assert plan.mentions is not None
    found = NameClasses(plan)
    assert found.is_one is False
    assert len(found.all()) == 3
    assert classes({"properties": {"x": ONE}})._find() is True
    assert len({found.of(name) for name in (b"a", b"b", b"c")}) == 3


def test_sets_given_by_names_alone_tell_no_undeclared_names_apart() -> None:
    compiler = Compiler(
        Layout.of("compact"), options=Options(), formats="assert", custom_formats={}, constraints={}
    )
    compiler.cases.limit = 0
    closed = {"additionalProperties": TWO, "properties": {"x": ONE}}
    schema = {"type": "object", "anyOf": [closed, {"required": ["y"]}]}
    (plan,) = compiler.objects(compiler.formulas.schema(Documents(schema).root))
    assert plan.mentions is not None
    assert NameClasses(plan).is_one is True


def test_a_search_has_a_limit_of_its_own_and_costs_effort() -> None:
    found = classes(PATTERNS)
    limits, spent = [], []
    effort = type(found._plan.compiler.table.effort)
    original = module.shortest

    def shortest(language: Any) -> int:
        limits.append(current_limits().search_states)
        return original(language)

    outside = current_limits().search_states
    with (
        patch.object(effort, "spend", lambda _, steps=1: spent.append(steps)),
        patch.object(module, "shortest", shortest),
    ):
        found.at(0)
    assert limits == [module.SEARCH_STATES] == [2000]
    assert current_limits().search_states == outside
    assert spent[0] == 3
