"""Limits hold for a block, also where it fails; work is charged to the account that is set."""

from __future__ import annotations

import pytest

from bltgen.automata.limits import ACCOUNT, Limits, charge, current_limits, use_limits


class Account:
    def __init__(self) -> None:
        self.spent: list[int] = []

    def spend(self, steps: int = 1) -> None:
        self.spent.append(steps)


def test_the_defaults_are_as_documented() -> None:
    assert (
        current_limits()
        == Limits()
        == Limits(
            search_states=20_000,
            cached_states=100_000,
            union_parts=50_000,
            grammar_nodes=200_000,
            grammar_items=50_000,
            schema_steps=100_000,
            pattern_length=1_000_000,
            pattern_nesting=20_000,
            repeat_count=1_000_000_000,
        )
    )


def _fails_under(limits: Limits) -> None:
    with use_limits(limits):
        assert current_limits() is limits
        raise KeyError


def test_limits_hold_for_the_block() -> None:
    outer, inner = Limits(search_states=5), Limits(search_states=6)
    before = current_limits()
    with use_limits(outer) as given:
        assert given is outer is current_limits()
        with pytest.raises(KeyError):
            _fails_under(inner)
        assert current_limits() is outer
    assert current_limits() is before


def test_work_is_charged_to_the_account_in_force() -> None:
    charge(3)
    account = Account()
    token = ACCOUNT.set(account)
    try:
        charge(4)
        charge(0)
    finally:
        ACCOUNT.reset(token)
    charge(5)
    assert account.spent == [4, 0]
