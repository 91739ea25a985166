"""Schemas made to exhaust an engine are answered or refused, within a bound on work and on memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.hostile_schemas import hostile_schemas
from bltgen import json_schema

ROOT = Path(__file__).parents[3]
STEPS = 30_000
"""Less than the default: what is refused is refused the sooner, and what is answered costs less."""

MEGABYTES = 400
"""The most by which one schema may raise the peak. Most take none; the searches of `STEPS` steps about 20."""

HANG_GUARD = 600.0

ANSWERED = {
    "members that require themselves",
    "a conjunction that grows",
    "two equal items, recursively",
    "unique items, recursively",
    "oneOf of itself and its negation",
    "not of oneOf, 30 deep",
    "anyOf of not, 60 deep",
    "arrays, 400 deep",
    "20 ifs",
    "60 ifs",
    "24 dependentSchemas",
    "oneOf of 50 names",
    "oneOf of 50 closed objects",
    "oneOf of 50 with three types",
    "oneOf of 30 patterns",
    "conditions of 30 minima on one member",
    "20 anyOf of names",
    "20 anyOf of numbers of members",
    "20 ifs of contains",
    "20 contains, one item each",
    "20 patterns",
    "20 patterns, closed",
    "10 patterns, closed, 2 members",
    "20 patterns, closed, 2 members",
    "20 patterns, 2 or 3 members",
    "enum of 40,000",
    "10,000 properties",
    "500 required members",
    "a pattern 500 deep",
    "counters and a length",
    "counters within counters",
    "a letter 16 before the end",
    "words up to 40,000 characters",
    "40 unique items of 40",
}
"""What must be answered within `STEPS`."""

REFUSED = {
    "requires itself": ("EmptyLanguage",),
    "60 unique items of 30": ("EmptyLanguage", "LimitExceeded"),
    "allOf of itself": ("Unsupported",),
    "allOf of each other": ("Unsupported",),
}
"""What has no answer, whatever the limits."""


@pytest.fixture(scope="module")
def outcomes() -> dict[str, dict[str, Any]]:
    """What comes of each schema: compiled, masked and completed in a process of limited memory."""
    pytest.importorskip("resource")
    command = ["benchmarks/hostile.py", "--only", "schema: ", "--quick", "--json", "--steps", str(STEPS)]
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=HANG_GUARD
    )
    assert not done.stderr, done.stderr[-2000:]
    rows = list(map(json.loads, done.stdout.splitlines()))
    return {row["name"].removeprefix("schema: "): {**row["found"], "wrong": row["wrong"]} for row in rows}


def test_every_hostile_schema_is_answered_or_refused(outcomes: dict[str, dict[str, Any]]) -> None:
    """No crash and no hang: a valid shortest text, or a documented error."""
    assert outcomes.keys() == hostile_schemas().keys()
    for name, found in outcomes.items():
        refused = found.get("refused", "").partition(":")[0]
        expected = REFUSED.get(name, ("", "LimitExceeded"))
        assert "failed" not in found, (name, found)
        assert refused in expected, name
        assert "an invalid text" not in found["wrong"], name


def test_hostile_schemas_that_can_be_answered_are(outcomes: dict[str, dict[str, Any]]) -> None:
    """The list of what is answered does not shrink."""
    assert {name for name, found in outcomes.items() if "refused" not in found} >= ANSWERED


def test_a_hostile_schema_takes_little_memory(outcomes: dict[str, dict[str, Any]]) -> None:
    """None takes much, answered or not."""
    assert {name for name, found in outcomes.items() if found["megabytes"] > MEGABYTES} == set()


def test_twenty_thousand_words_are_answered_within_the_default_limits() -> None:
    """A pattern that lists words is ordinary: what it costs must stay below the limit of one question."""
    state = json_schema(hostile_schemas()["a pattern of 20,000 words"], numbers="plain").start()
    assert state.completion() == b'"word0x"'
