"""Counts beyond what can be counted to: which keyword of a schema is to blame.

Lengths of texts are whole numbers below `INFINITE`, so that an array of 10**30 items looks like none at all,
and an object of a million members would need as many names. Where a question ends so, it is no statement
about the schema: the error is LimitExceeded, with the place of the count.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from bltgen.constraints.json_schema.references import Place
from bltgen.errors import LimitExceeded

__all__ = ["COUNTABLE", "blamed"]

COUNTABLE = 10**15
"""So many items or characters fit into a text that can be measured."""

_COUNTED = ("Properties", "Items", "Length", "Contains")
_COUNTS = [side + what for side in ("min", "max") for what in _COUNTED]


def blamed(places: Iterable[Place], than: int) -> LimitExceeded | None:
    """The error that names the keywords which count further than `than`; None: there are none."""
    found = []
    for place in places:
        if isinstance(place.schema, dict):
            for keyword in _COUNTS:
                value = place.schema.get(keyword)
                if isinstance(value, (int, float, Decimal)) and value > than:
                    found.append(f"{place.pointer}/{keyword}")
    if not found:
        return None
    return LimitExceeded(f"the count at {', '.join(found[:5])}", than, "lower it, or leave it out")
