"""Bounds on what a hostile or unlucky constraint may cost.

`Limits` is a frozen set of bounds; `use_limits` sets them for a block of code, in this thread or task
only. Reaching a bound raises `LimitExceeded`, with the name of what ran out.

>>> with use_limits(Limits(search_states=10)):
...     current_limits().search_states
10
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

__all__ = ["ACCOUNT", "Account", "Limits", "charge", "current_limits", "use_limits"]


@dataclass(frozen=True)
class Limits:
    """Bounds, all counted in things rather than seconds, so that they act alike on every machine.

    - `search_states`: states that one search for a shortest text may visit. Only intersections,
      complements and lookarounds need a search; about 20 to 50 microseconds a state.
    - `cached_states`: states and derivatives kept in memory, by all languages together, before the
      caches are dropped and built anew as needed. Results are the same; about 1 KB a state.
    - `union_parts`: alternatives that one state may hold at once.
    - `grammar_nodes`: nodes of a grammar's transition network, at about 1 KB each.
    - `grammar_items`: ways to read the text so far that one state of a grammar may hold at once; only
      ambiguous grammars need many. About 200 bytes and 1 to 2 microseconds a byte each.
    - `schema_steps`: steps of all the work behind one question to a state of a JSON Schema: formulas made,
      nodes of searches, states visited in patterns; at some 10 to 50 microseconds each.
    - `pattern_length`, `pattern_nesting`, `repeat_count`: of a regular expression's text.
    """

    search_states: int = 20_000
    cached_states: int = 100_000
    union_parts: int = 50_000
    grammar_nodes: int = 200_000
    grammar_items: int = 50_000
    schema_steps: int = 100_000
    pattern_length: int = 1_000_000
    pattern_nesting: int = 20_000
    repeat_count: int = 1_000_000_000


class Account(Protocol):
    """Whoever bounds the work done for it, over many searches."""

    def spend(self, steps: int = 1) -> None:
        """Take note of steps of work that were done. Raises LimitExceeded where that was too much."""


_DEFAULT = Limits()
_CURRENT: ContextVar[Limits] = ContextVar("bltgen_limits", default=_DEFAULT)
ACCOUNT: ContextVar[Account | None] = ContextVar("bltgen_account", default=None)
"""The account that is charged in this thread or task, until another one is set."""


def current_limits() -> Limits:
    """The limits in force here."""
    return _CURRENT.get()


@contextmanager
def use_limits(limits: Limits) -> Iterator[Limits]:
    """Put `limits` in force for the block."""
    token = _CURRENT.set(limits)
    try:
        yield limits
    finally:
        _CURRENT.reset(token)


def charge(steps: int) -> None:
    """Charge steps of work to the account of this thread or task, if there is one."""
    account = ACCOUNT.get()
    if account is not None:
        account.spend(steps)
