"""Counts that nothing can count to: answered, or refused at once with the keyword's place."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.json_schema.effort import Effort, Limits, use_limits
from bltgen.errors import LimitExceeded

TYPES = {"Properties": "object", "Items": "array", "Length": "string", "Contains": "array"}
BESIDE: dict[str, list[dict[str, Any]]] = {
    "object": [
        {},
        {"additionalProperties": {"type": "integer"}},
        {"patternProperties": {"^a": {"const": 1}}},
    ],
    "array": [{}, {"items": {"type": "integer"}}, {"uniqueItems": True}],
    "string": [{}, {"pattern": "a"}],
}
CASES = [
    (side + what, kind, beside)
    for (what, kind), side in itertools.product(TYPES.items(), ("min", "max"))
    for beside in BESIDE[kind]
]
CONTAINS = {"minContains": {"contains": True}, "maxContains": {"contains": True, "minContains": 0}}
SMALL = {"object": b"{}", "array": b"[]", "string": b'"a"'}


@pytest.mark.parametrize("denied", [False, True], ids=["plain", "within not"])
@pytest.mark.parametrize("many", [10**12, 10**30], ids=["10^12", "10^30"])
@pytest.mark.parametrize(("keyword", "kind", "beside"), CASES, ids=str)
def test_a_huge_count_is_answered_or_refused_with_its_place(
    keyword: str, kind: str, beside: dict[str, Any], many: int, denied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In few steps, whatever stands beside it; and what is not refused says what the count says."""
    steps, refused = 0, ""

    def spend(self: Effort, some: int = 1) -> None:
        nonlocal steps
        steps += some
        original(self, some)

    original = Effort.spend
    monkeypatch.setattr(Effort, "spend", spend)
    count = {keyword: many, **(CONTAINS.get(keyword, {}))}
    schema = {"type": kind, **beside, **({"not": count} if denied else count)}
    is_least = keyword.startswith("min") != denied
    try:
        with use_limits(Limits(search_states=1_000, steps=20_000)):
            constraint = json_schema(schema)
            assert constraint.accepts(SMALL[kind]) != is_least
            assert not is_least or constraint.start().shortest > 10**12
    except LimitExceeded as error:
        refused = str(error)
    if refused:
        place = f"#/not/{keyword}" if denied else f"#/{keyword}"
        assert is_least, refused
        assert place in refused or "uniqueItems" in beside
    assert steps < 25_000
