"""The strategies by name, as `strategy=` and `--strategy` take them, with their default settings.

| name | what it does | draws from |
|---|---|---|
| `mask` | every byte under the mask | the locally renormalised distribution |
| `speculative` | as mask, with bytes drafted by the entropy model | as mask |
| `spans` | grounded strings as whole spans of their text, else as mask | exact within such a string |
| `disjoint-spans` | as spans, and each place of the text is used once | as spans, of those left |
| `redecode` | a patch decoded freely until one stays valid | exact within the patch |
| `backtrack` | as redecode, and gives up earlier patches | between redecode and exact |
| `smc` | particles resampled at patch boundaries | the conditioned distribution, weighted |
| `exact` | rejection that remembers what was invalid | the conditioned distribution |
| `beam` | a beam over patches | nothing: a search |
| `best-of` | the best of several masked draws | nothing: a search |
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bltgen.arguments import one_of
from bltgen.decoding.beam import Beam, BestOf
from bltgen.decoding.exact import Exact
from bltgen.decoding.redecode import Backtrack, Redecode
from bltgen.decoding.smc import SMC
from bltgen.decoding.spans import Spans
from bltgen.decoding.speculative import Speculative
from bltgen.decoding.strategy import Mask

if TYPE_CHECKING:
    from bltgen.decoding.strategy import Strategy

__all__ = ["STRATEGIES", "strategy_named"]

STRATEGIES: dict[str, Callable[[], Strategy]] = {
    "mask": Mask,
    "speculative": Speculative,
    "spans": Spans,
    "disjoint-spans": partial(Spans, disjoint=True),
    "redecode": Redecode,
    "backtrack": Backtrack,
    "smc": SMC,
    "exact": Exact,
    "beam": Beam,
    "best-of": BestOf,
}
"""Each name and what makes the strategy with its default settings."""


def strategy_named(name: str) -> Strategy:
    """The strategy of this name with its default settings. Raises ValueError listing the names."""
    one_of("strategy", name, STRATEGIES)
    return STRATEGIES[name]()
