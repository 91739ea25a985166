"""Random schemas beside `jsonschema`: a short run, and that a broken engine is found and shown small."""

from __future__ import annotations

import os
from typing import Any

import pytest

from bltgen.testing import differential

CASES = int(os.environ.get("BLTGEN_DIFFERENTIAL_CASES", "250"))


def test_verdicts_and_contract_agree_with_jsonschema() -> None:
    """No disagreement; `BLTGEN_DIFFERENTIAL_CASES` makes a long run of it."""
    tally, found = differential.run(CASES, "ci")
    assert [str(one) for one in found] == []
    assert tally["cases"] >= CASES
    assert 0.2 < tally["cases valid"] / tally["cases"] < 0.8


def test_a_wrong_engine_is_found_and_reduced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an engine that forgets `maxLength`, the least schema that shows it is left."""
    right = differential.json_schema

    def forgetful(schema: Any, **options: Any) -> Any:
        def without(one: Any) -> Any:
            if isinstance(one, dict):
                return {key: without(value) for key, value in one.items() if key != "maxLength"}
            return [*map(without, one)] if isinstance(one, list) else one

        return right(without(schema), **options)

    monkeypatch.setattr(differential, "json_schema", forgetful)
    number, found = 0, []
    while not found:
        _, found = differential.run(10, "mutant", first=number, drafts=("2020-12",))
        number += 1
    assert "maxLength" in str(found[0].schema)
    assert len(str(found[0].schema)) < 60
