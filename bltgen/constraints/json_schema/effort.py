"""A bound on the work that one question to a JSON state may cost.

Most questions cost microseconds; a hostile schema can make one of them (the shortest text under
many conditions on items that must differ, say) grow without bound. All work behind a question that
may grow is spent from `Limits.schema_steps`: formulas made, nodes of searches, and, by the account of
`bltgen.automata.limits`, the states that searches in patterns visit. The outermost question fills it
up again. What is counted is work, never time, so that machines agree.

>>> effort = Effort()
>>> with use_limits(Limits(schema_steps=2)), effort:  # doctest: +ELLIPSIS
...     effort.spend(); effort.spend(); effort.spend()
Traceback (most recent call last):
    ...
bltgen.errors.LimitExceeded: the steps to answer one question exceeds the limit of 2; what costs most ...
"""

from __future__ import annotations

from bltgen.automata.limits import ACCOUNT, Limits, current_limits, use_limits
from bltgen.errors import LimitExceeded

__all__ = ["Effort", "Limits", "use_limits"]


class Effort:
    """What is left to spend: a context manager around each question; questions within one share it.

    Outside of questions nothing is bounded. A RecursionError in one becomes a LimitExceeded.
    """

    __slots__ = ("_depth", "_left")

    def __init__(self) -> None:
        self._depth = 0
        self._left = 0

    def __enter__(self) -> None:
        if not self._depth:
            self._left = current_limits().schema_steps
            ACCOUNT.set(self)
        self._depth += 1

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        self._depth -= 1
        if kind is not None and not self._depth and issubclass(kind, RecursionError):
            raise LimitExceeded("the nesting of what one question to the schema depends on", 1000) from None

    def spend(self, steps: int = 1) -> None:
        """Some steps. Raises LimitExceeded where so many are not left."""
        self._left -= steps
        if self._left < 0 and self._depth:
            raise LimitExceeded(
                "the steps to answer one question",
                current_limits().schema_steps,
                "what costs most is branches that no member tells apart and many conditions on one value: "
                "simplify these, or raise Limits.schema_steps",
            )
