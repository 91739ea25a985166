"""The checks find every seeded bug with their default settings, and nothing in what is not broken."""

from __future__ import annotations

import pytest

from bltgen.testing.violation import Violation
from tests.testing.mutants import MUTANTS, UNTOUCHED


@pytest.mark.parametrize("name", UNTOUCHED)
def test_what_is_not_broken_passes(name):
    """The same checks, with no bug."""
    UNTOUCHED[name]()


@pytest.mark.parametrize("name", MUTANTS)
def test_a_seeded_bug_is_found(name):
    """By a violation that names the promise; where there is a text, a short one."""
    with pytest.raises(Violation) as found:
        MUTANTS[name]()
    violation = found.value
    assert violation.claim in str(violation)
    assert violation.data is None or len(violation.data) <= 24


def test_there_are_enough_bugs():
    """A list that shrinks by accident proves nothing."""
    assert len(MUTANTS) >= 60
