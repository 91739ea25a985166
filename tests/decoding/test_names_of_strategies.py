"""Strategies by their names."""

from __future__ import annotations

import pytest

from bltgen.decoding.strategies import STRATEGIES, strategy_named


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_name_makes_its_strategy_with_the_default_settings(name):
    """Anew each time, equal to what its class makes."""
    made = strategy_named(name)
    assert made.name == name
    assert made == STRATEGIES[name]()
    assert isinstance(made.draws_from, str)


@pytest.mark.parametrize("wrong", ["", "Mask", None, 5, ["mask"]])
def test_other_names_are_refused(wrong):
    """With those there are."""
    with pytest.raises(ValueError, match=r"^strategy=.*: one of 'mask', 'speculative', 'spans'"):
        strategy_named(wrong)
