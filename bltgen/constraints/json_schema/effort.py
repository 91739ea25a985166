"""The work of one compiled schema, charged to the question under way (`bltgen.automata.limits`).

All work behind a question that may grow is spent: formulas made, nodes of searches, states made; and what the
regular layer does for it, by the same account.

>>> @bounded
... def ask(steps):
...     Effort().spend(steps)
>>> with use_limits(Limits(steps=2)):  # doctest: +ELLIPSIS
...     ask(2), ask(3)
Traceback (most recent call last):
    ...
bltgen.errors.LimitExceeded: the steps to answer one question exceeds the limit of 2; what costs most ...
"""

from __future__ import annotations

from bltgen.automata.limits import Limits, bounded, charge, use_limits

__all__ = ["Effort", "Limits", "bounded", "use_limits"]


class Effort:
    """Whom the work of a schema is charged to. It holds nothing: the account is the caller's."""

    __slots__ = ()

    def spend(self, steps: int = 1) -> None:
        """Some steps. Raises LimitExceeded where the question under way has not so many left."""
        charge(steps)
