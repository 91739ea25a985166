"""Alternatives told apart by a member: the same language as without, in work linear in their number."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import jsonschema
import pytest

from bltgen.constraints.json_schema import discriminators, json_schema
from bltgen.constraints.json_schema.discriminators import cases_by_member
from bltgen.constraints.json_schema.specs import ObjectDraft

from .finite import check_schema, objects
from .tables import Table

MEMBERS: dict[str, list[Any]] = {"t": ["a", "b", 0], "p": [0, "x"], "q": [[]]}
DECLARED: dict[str, Any] = {
    "type": "object",
    "properties": {name: {"enum": values} for name, values in MEMBERS.items()},
    "additionalProperties": False,
}


def _branch(tag: Any, **keywords: Any) -> dict[str, Any]:
    """A branch that asks for a member `t`: with a constant, or as the dictionary `tag` says."""
    said = tag if isinstance(tag, dict) else {"const": tag}
    return {"properties": {"t": said, **keywords.pop("properties", {})}, "required": ["t"], **keywords}


def _rule(tag: Any, then: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    return {
        "if": {"properties": {"t": tag if isinstance(tag, dict) else {"const": tag}}, **keywords},
        "then": then,
    }


ZERO, NEEDS_P, NEEDS_Q = {"properties": {"p": {"const": 0}}}, {"required": ["p"]}, {"required": ["q"]}
KINDS: dict[str, dict[str, Any]] = {
    "oneOf": {"oneOf": [_branch("a", **ZERO), _branch("b", minProperties=2), _branch(0, maxProperties=2)]},
    "anyOf": {"anyOf": [_branch("a", **ZERO), _branch("b", minProperties=2)]},
    "tags that two branches share": {
        "oneOf": [_branch({"enum": ["a", "b"]}, **ZERO), _branch({"enum": ["b", 0]}, minProperties=2)]
    },
    "a branch without a tag": {"oneOf": [_branch("a", **ZERO), _branch("b"), NEEDS_Q]},
    "a tag that one branch excludes": {
        "oneOf": [_branch("a", **ZERO), _branch({"not": {"enum": ["a", "b"]}}), NEEDS_Q]
    },
    "a tag of which more is said": {
        "oneOf": [
            _branch({"const": "a", "minLength": 1}, **ZERO),
            _branch({"enum": ["b", "a"], "maxLength": 0}),
            _branch({"enum": [0, "b"], "type": "string"}, minProperties=2),
        ]
    },
    "a tag by its type": {"oneOf": [_branch({"type": "string"}, **ZERO), _branch(0), _branch("b")]},
    "a constant that its type forbids": {
        "anyOf": [_branch({"const": "a", "type": "integer"}), _branch("b", **ZERO)]
    },
    "a tag that may be absent": {
        "oneOf": [
            {"properties": {"t": {"const": "a"}, **ZERO["properties"]}},
            {"properties": {"t": {"const": "b"}}},
        ]
    },
    "rules": {"allOf": [_rule("a", NEEDS_P), _rule("b", ZERO), _rule(0, {"maxProperties": 1})]},
    "rules, else": {"allOf": [{**_rule("a", NEEDS_P), "else": NEEDS_Q}, _rule("b", ZERO)]},
    "rules that need the tag": {
        "allOf": [_rule("a", NEEDS_P, required=["t"]), _rule({"enum": ["b", 0]}, ZERO, required=["t"])]
    },
    "rules that all others meet": {
        "allOf": [_rule({"not": {"const": "a"}}, NEEDS_P), _rule("a", {"not": NEEDS_Q})]
    },
    "not one": {"not": {"oneOf": [_branch("a", **ZERO), _branch("b"), NEEDS_Q]}},
    "listed objects": {"enum": [{"t": "a"}, {"t": "b", "p": 0}, {"t": 0, "q": []}, {"p": "x"}, 7]},
    "no listed object": {"not": {"enum": [{"t": "a"}, {"t": "b", "p": 0}, {"p": "x"}]}},
    "tags within each other": {
        "oneOf": [
            _branch("a", oneOf=[{"properties": {"p": {"const": p}}, "required": ["p"]} for p in (0, "x")]),
            _branch("b", **NEEDS_Q),
        ]
    },
    "where the tag contradicts": {
        "properties": {"t": {"enum": ["a", 0]}},
        "required": ["t"],
        "anyOf": [_branch("a", **ZERO), _branch("b"), NEEDS_Q],
    },
}


@pytest.mark.parametrize("name", KINDS)
def test_what_is_told_apart_is_the_same_language(name: str) -> None:
    """By `jsonschema`, in every state on the way to every object of the members."""
    with patch.object(discriminators, "BROAD", 0):
        check_schema({"allOf": [DECLARED, KINDS[name]]}, objects(MEMBERS))


@pytest.mark.parametrize("name", ["oneOf", "rules", "rules, else"])
def test_the_same_in_order(name: str) -> None:
    ordered = [value for value in objects(MEMBERS) if list(value) == [n for n in MEMBERS if n in value]]
    with patch.object(discriminators, "BROAD", 0):
        check_schema({"allOf": [DECLARED, KINDS[name]]}, ordered, property_order="schema")


def _tagged(count: int) -> dict[str, Any]:
    branches = [_branch(f"t{i}", properties={f"p{i}": {"type": "string"}}) for i in range(count)]
    return {"oneOf": branches}


def _listed(count: int) -> dict[str, Any]:
    return {"oneOf": [_branch({"enum": [f"t{i}", f"u{i}"]}, minProperties=2) for i in range(count)]}


def _ruled(count: int) -> dict[str, Any]:
    """Rules that all speak of one member: together there are 2**count things that may be said of it."""
    rules = [_rule(f"t{i}", {"properties": {"p": {"required": [f"p{i}"]}}}) for i in range(count)]
    return {"type": "object", "allOf": rules, "required": ["t"]}


def _ruled_loosely(count: int) -> dict[str, Any]:
    return {**_ruled(count), "required": []}


def _of_values(count: int) -> dict[str, Any]:
    return {"enum": [{"name": f"n{i}", "id": i} for i in range(count)]}


def _formulas_made(schema: dict[str, Any]) -> int:
    constraint = json_schema(schema)
    constraint.start().allowed.mask()
    return len(constraint._compiler.formulas)


@pytest.mark.parametrize("make", [_tagged, _listed, _ruled, _ruled_loosely, _of_values])
def test_the_work_is_linear_in_the_branches(make: Any) -> None:
    few, many = _formulas_made(make(40)), _formulas_made(make(160))
    assert many < 4.2 * few


def test_a_member_that_tells_nothing_apart_is_passed_over() -> None:
    table = Table()
    draft = ObjectDraft(table.formulas)
    clauses = [table.any(table.needs("a"), table.needs("b"), table.needs("c"))]
    (case,) = cases_by_member(table.formulas, draft, clauses)
    assert (case.draft, case.clauses) == (draft, clauses)
    told = [table.all(table.needs("t", tag), table.needs("x", 1)) for tag in "abcd"]
    same = [table.all(table.needs("u", 1), part) for part in told]
    cases = cases_by_member(table.formulas, draft, [table.any(*same)])
    assert sorted([str(case.draft.goals[b"t"].value[0]) for case in cases]) == sorted(
        [str(frozenset([("s", tag)])) for tag in "abcd"]
    )
    assert all(not case.clauses and case.draft.required == {b"t", b"u", b"x"} for case in cases)


def test_values_that_the_same_branches_mention_are_one_case() -> None:
    """And what both of two exclusive branches admit is none."""
    table = Table()
    parts = [table.needs("t", "a", "b"), table.needs("t", "b", "c", "d"), table.needs("u")]
    cases = cases_by_member(table.formulas, ObjectDraft(table.formulas), [table.one(*parts)])
    found = [(case.draft.goals[b"t"], case.draft.required) for case in cases]
    assert found == [
        (table.values("a"), {b"t"}),
        (table.values("c", "d"), {b"t"}),
        (table.no(table.values("a", "b", "c", "d")), {b"t", b"u"}),
        (table.false, {b"u"}),
    ]


LABELLED: list[tuple[dict[str, Any], dict[str, bool]]] = [
    (
        {"oneOf": [{"const": "a", "title": "A"}, {"const": "b", "description": "B"}, {"const": 1}]},
        {'"a"': True, '"b"': True, "1": True, "1.0": True, '"c"': False},
    ),
    ({"oneOf": [{"const": 1}, {"const": 1.0}, {"const": 2}]}, {"1": False, "2": True}),
    (
        {"anyOf": [{"const": None}, {"const": [1]}, {"type": "object"}]},
        {"null": True, "[1]": True, "{}": True},
    ),
    (
        {
            "oneOf": [
                {"enum": [1, 2]},
                {"enum": [2, 3], "type": "integer"},
                {"type": "string"},
                {"const": "x"},
            ]
        },
        {"1": True, "2": False, "3": True, "4": False, '"x"': False, '"y"': True},
    ),
    ({"oneOf": [{"const": "a", "type": "integer"}, {"const": "b"}]}, {'"a"': False, '"b"': True}),
    ({"oneOf": [{"const": 1, "x-other": 0}, {"const": 1, "minimum": 2}]}, {"1": True}),
]


@pytest.mark.parametrize(("schema", "texts"), LABELLED)
def test_alternatives_that_are_constants(schema: dict[str, Any], texts: dict[str, bool]) -> None:
    constraint = json_schema(schema, numbers="any")
    validator = jsonschema.Draft202012Validator(schema)
    for text, valid in texts.items():
        assert validator.is_valid(json.loads(text)) is valid
        assert constraint.accepts(text.encode()) is valid


def test_constants_of_a_draft_without_them_are_none() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "oneOf": [{"const": 1}, {"type": "string"}],
    }
    assert json_schema(schema).accepts(b"2")


def test_a_labelled_enumeration_costs_what_an_enumeration_does() -> None:
    values = [f"code {i}" for i in range(500)]
    labelled = json_schema({"oneOf": [{"const": value, "title": value} for value in values]})
    plain = json_schema({"enum": values})
    assert labelled.start().allowed == plain.start().allowed
    assert len(labelled._compiler.formulas) <= len(values) + len(plain._compiler.formulas) + 2
    assert labelled.accepts(b'"code 499"')
    assert not labelled.accepts(b'"code 500"')
