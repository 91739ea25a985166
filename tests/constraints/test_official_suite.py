"""The official JSON Schema Test Suite: every required case of five drafts, and nearly every optional one."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bltgen.constraints.json_schema import json_schema
from bltgen.errors import EmptyLanguage

DIFFERENT = {
    # The keywords `contentEncoding` and `contentMediaType` are annotations since draft 2019-09, and here.
    "draft7/optional/content.json: an invalid JSON document",
    "draft7/optional/content.json: an invalid base64 string (% is not a valid character)",
    "draft7/optional/content.json: a validly-encoded invalid JSON document",
    "draft7/optional/content.json: an invalid base64 string that is valid JSON",
    # A pointer that passes from one resource into another, which the specification leaves undefined.
    "draft2020-12/optional/dynamicRef.json: integer property passes",
    "draft2020-12/optional/dynamicRef.json: string property fails",
}
"""The optional cases that are judged otherwise, and why."""

SLOW = {"optional/format/idn-hostname.json"}
"""Walked for one draft only: each of its states asks for many labels."""


@cache
def suite() -> ModuleType:
    """The benchmark that knows how to read the suite."""
    path = Path(__file__).parents[2] / "benchmarks" / "json_schema_suite.py"
    spec = importlib.util.spec_from_file_location("json_schema_suite", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["json_schema_suite"] = module
    spec.loader.exec_module(module)
    return module


def wrong(group: Any) -> list[str]:
    """The cases of a group that are not judged as the suite does."""
    try:
        constraint = json_schema(
            group.schema,
            draft=suite().DRAFTS[group.draft],
            registry=suite().registry(group.draft),
            formats=group.formats,
            whitespace="any",
            numbers="any",
        )
        constraint.start()
    except EmptyLanguage:
        constraint = None
    except ValueError:
        return [f"{group.draft}/{group.file}: {description}" for description, _, _ in group.cases]
    return [
        f"{group.draft}/{group.file}: {description}"
        for description, instance, valid in group.cases
        if (constraint is not None and constraint.accepts(suite().text_of(instance))) != valid
    ]


@pytest.mark.parametrize("draft", ["draft4", "draft6", "draft7", "draft2019-09", "draft2020-12"])
def test_every_required_case_is_right(draft: str) -> None:
    """Accepted exactly if the suite calls the instance valid."""
    members = [group for group in suite().groups() if group.draft == draft and group.required]
    assert len(members) > 150
    assert [case for group in members for case in wrong(group)] == []


@pytest.mark.parametrize("draft", ["draft4", "draft6", "draft7", "draft2019-09", "draft2020-12"])
def test_optional_cases_are_right_but_for_a_known_few(draft: str) -> None:
    """Formats, big numbers, ECMA-262 patterns and the rest; what differs is listed with its reason."""
    members = [
        group
        for group in suite().groups()
        if group.draft == draft and not group.required and (group.file not in SLOW or draft == "draft2020-12")
    ]
    assert {case for group in members for case in wrong(group)} == {
        case for case in DIFFERENT if case.startswith(draft + "/")
    }
