"""Names in sets whose goals contradict each other: all combinations of few sets, and many sets cheaply."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from bltgen.constraints.json_schema import json_schema, name_conflicts
from bltgen.constraints.json_schema.object_plan import ObjectPlan
from bltgen.constraints.regex import regex

ALPHABET = "abcd"
WORDS = ["".join(word) for n in range(4) for word in itertools.product(ALPHABET, repeat=n)]


def _plan(schema: dict[str, Any]) -> ObjectPlan:
    made = json_schema({"anyOf": [{"type": "object", **schema}, {"type": "null"}]})
    made.start()
    (plan,) = made._compiler.live_objects(made._goal)
    return plan


SETS: dict[str, dict[str, list[int]]] = {
    # Pattern: the values that members of such names may have.
    "two that contradict": {"a": [0], "b": [1]},
    "of three, but not of two": {"a": [0, 1], "b": [1, 2], "c": [0, 2]},
    "equal goals": {"a": [0], "b": [1], "c": [0], "d": [1]},
    "apart": {"^a": [0], "^b": [1], "^c": [2], "^d": [3]},
    "some apart": {"^a": [0, 1], "b$": [1, 2], "^c": [2, 0], "d": [0, 2], "cc": [1, 2]},
    "within each other": {"a": [0, 1, 2], "aa": [0, 1], "aab": [2], "ab": [0]},
    "no conflict": {"a": [0, 1], "b": [0, 2], "c": [0, 3], "d": [0, 4]},
}


@pytest.mark.parametrize("few", [0, 100])
@pytest.mark.parametrize("name", SETS)
def test_names_whose_goals_contradict_have_no_value(
    name: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With and without a search for the sets that share names."""
    monkeypatch.setattr(name_conflicts, "FEW", few)
    sets = SETS[name]
    plan = _plan({"patternProperties": {pattern: {"enum": values} for pattern, values in sets.items()}})
    patterns = {pattern: regex(f"[{ALPHABET}]*({pattern})[{ALPHABET}]*") for pattern in sets}
    for word in WORDS:
        matching = [p for p in sets if _is_found(patterns, p, word)]
        expected = not matching or bool(set.intersection(*[set(sets[p]) for p in matching]))
        assert plan.other_names.accepts(word.encode()) is expected, word


def _is_found(patterns: dict[str, Any], pattern: str, word: str) -> bool:
    if pattern.startswith("^"):
        return word.startswith(pattern[1:])
    if pattern.endswith("$"):
        return word.endswith(pattern[:-1])
    return bool(patterns[pattern].accepts(word.encode()))


def _disjoint(count: int) -> dict[str, Any]:
    kinds = ["string", "integer", "boolean"]
    return {"patternProperties": {f"^p{i}_": {"type": kinds[i % 3]} for i in range(count)}}


def _disjoint_values(count: int) -> dict[str, Any]:
    return {"patternProperties": {f"^p{i}_": {"const": i} for i in range(count)}}


@pytest.mark.parametrize("make", [_disjoint, _disjoint_values])
@pytest.mark.parametrize("closed", [False, True])
def test_any_number_of_disjoint_patterns(make: Any, closed: bool) -> None:
    schema = {"type": "object", **make(60), "additionalProperties": not closed}
    constraint = json_schema(schema)
    values = ['"x"', "1", "true"] if make is _disjoint else [None] * 3
    for i in (0, 31, 59):
        right, wrong = (values[i % 3] or i, values[(i + 1) % 3] or i + 1)
        assert constraint.accepts(f'{{"p{i}_a": {right}}}'.encode())
        assert not constraint.accepts(f'{{"p{i}_a": {wrong}}}'.encode())
    assert constraint.accepts(b'{"other": 5}') is not closed


def test_the_conditions_on_disjoint_patterns_are_linear() -> None:
    """No two are combined, though their goals contradict each other."""
    made = []
    for count in (40, 160):
        constraint = json_schema({"type": "object", **_disjoint_values(count)})
        constraint.start()
        (plan,) = constraint._compiler.live_objects(constraint._goal)
        assert plan.other_names.accepts(b"p1_")
        assert plan.most_of_others(constraint._compiler.cost) < 10**9 or count > 60
        made.append(len(constraint._compiler.formulas))
    assert made[1] < 6 * made[0]
