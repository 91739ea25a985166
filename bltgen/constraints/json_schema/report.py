"""Which keywords of a schema are enforced, by JSON pointer.

The report lists the keywords of every subschema that can be reached from the root, references followed, in
the order of the source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bltgen.automata.contract import Report, ReportEntry
from bltgen.constraints.json_schema.keywords import ANNOTATIONS, KEYWORDS, Keywords
from bltgen.constraints.json_schema.references import Documents, Place

__all__ = ["places_of", "report_of", "subschemas"]

_ONE = (
    "additionalProperties",
    "propertyNames",
    "contains",
    "not",
    "if",
    "then",
    "else",
    "items",
    "additionalItems",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_LISTS = ["allOf", "anyOf", "oneOf", "prefixItems", "items"]
_MAPS = ["properties", "patternProperties", "dependentSchemas", "dependencies"]
_IMPLIED = {"minContains": "contains", "maxContains": "contains", "then": "if", "else": "if"}


def subschemas(place: Place) -> Iterator[tuple[str | int, ...]]:
    """The paths from a place to the subschemas of its keywords."""
    schema = place.schema
    for keyword in _ONE:
        if isinstance(schema.get(keyword), (Mapping, bool)):
            yield (keyword,)
    for keyword in _LISTS:
        given = schema.get(keyword)
        if isinstance(given, list):
            for i in range(len(given)):
                yield keyword, i
    for keyword in _MAPS:
        given = schema.get(keyword)
        if isinstance(given, Mapping):
            for name, value in given.items():
                if isinstance(value, (Mapping, bool)):
                    yield keyword, name


def places_of(documents: Documents, keywords: Keywords) -> Iterator[Place]:
    """Every subschema that can be reached from the root, in the order of the source."""
    seen: set[Place] = set()
    todo = [documents.root]
    while todo:
        place = todo.pop()
        if place in seen or isinstance(place.schema, bool):
            continue
        seen.add(place)
        yield place
        following = [*keywords.references(place), *[place.child(*path) for path in subschemas(place)]]
        todo += reversed(following)


def report_of(documents: Documents, keywords: Keywords) -> Report:
    """The report on the schema at the root of the documents."""
    entries: list[ReportEntry] = []
    for place in places_of(documents, keywords):
        entries += [_entry(place, keyword, keywords) for keyword in place.schema]
    return Report(tuple(entries))


def _entry(place: Place, keyword: str, keywords: Keywords) -> ReportEntry:
    where = f"{place.pointer}/{keyword}"
    note = ""
    schema: Mapping[str, Any] = place.schema
    if keyword == "$ref":
        return ReportEntry(where, keyword)
    if keyword in ANNOTATIONS:
        return ReportEntry(where, keyword, "annotation")
    if "$ref" in schema and place.dialect.number < 2019:
        note = "beside $ref this draft ignores it"
    elif keyword in place.dialect.ignored:
        note = "not in the vocabularies of the dialect"
    elif keyword == "format":
        if keywords.format(place) is None:
            note = f"format {schema[keyword]!r} is unknown or not asserted"
    elif keyword not in KEYWORDS:
        note = "unknown keyword"
    elif not keywords.is_known(place, keyword):
        note = f"no keyword of draft {place.dialect.draft}"
    elif _IMPLIED.get(keyword, keyword) not in schema:
        note = f"without {_IMPLIED[keyword]} it has no effect"
    return ReportEntry(where, keyword, "annotation" if note else "exact", note)
