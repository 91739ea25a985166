"""The strategies by name, as `strategy=` and `--strategy` take them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bltgen.decoding.strategy import Mask

if TYPE_CHECKING:
    from bltgen.decoding.strategy import Strategy

__all__ = ["STRATEGIES", "strategy_named"]

STRATEGIES: dict[str, Callable[[], Strategy]] = {"mask": Mask}
"""Each name and what makes the strategy with its default settings."""


def strategy_named(name: str) -> Strategy:
    """The strategy of this name with its default settings. Raises ValueError listing the names."""
    if name not in STRATEGIES:
        raise ValueError(f"strategy={name!r}: one of {', '.join(STRATEGIES)} is needed")
    return STRATEGIES[name]()
