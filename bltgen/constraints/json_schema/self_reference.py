"""Schemas that apply themselves to the value that they are asked of, found before the first byte.

What such a schema means is not defined ("a schema MUST NOT be run into an infinite loop against an
instance", JSON Schema Core 2020-12, section 9.4.1). Recursion through members and items is another thing.

Cost: a step for each place that a place applies; where there is a cycle, for each type of value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from bltgen.constraints.json_schema.json_values import KINDS
from bltgen.constraints.json_schema.references import Place

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.keywords import Keywords

__all__ = ["self_applying"]


def self_applying(places: Iterable[Place], keywords: Keywords) -> Place | None:
    """A place that reaches itself within one value, of a type that every place on the way admits; or None.

    `places`: all that a text may come to, after `well_formed_places`.
    """
    places = list(places)
    if not any(keywords.references(place) for place in places):
        return None
    applying = {place: below for place in places if (below := list(keywords.applied(place)))}
    applied = {place: [one for one in below if one in applying] for place, below in applying.items()}
    if _cycle(applied) is None:
        return None
    admitted = {place: keywords.types(place) for place in applied}
    for kind in KINDS:
        found = _cycle(
            {
                place: [one for one in applied[place] if admitted[one] & kind]
                for place, types in admitted.items()
                if types & kind
            }
        )
        if found is not None:
            return min(found, key=lambda place: len(place.pointer))
    return None


def _cycle(graph: Mapping[Place, Iterable[Place]]) -> list[Place] | None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[Place] = error.args[1]
        return found
    return None
