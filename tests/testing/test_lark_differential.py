"""The differential run against Lark, on a small fixed draw; and that it can fail."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.constraints.grammar import ignored
from bltgen.testing import lark_differential


def test_no_disagreement() -> None:
    """Grammars that are taken, read and refused as Lark does it."""
    tally, found = lark_differential.run(45, 10, "ci")
    assert not found, "\n".join(map(str, found))
    assert tally["taken by both"] > 25
    assert tally["texts accepted"] > 45
    assert tally["refused by both"] > 2


def test_a_wrong_reading_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ignored text that may stop anywhere."""

    def anywhere(language: Any, follow: Any) -> Any:
        return language

    monkeypatch.setattr(ignored, "_without", anywhere)
    _, found = lark_differential.run(30, 15, "ci")
    assert found
