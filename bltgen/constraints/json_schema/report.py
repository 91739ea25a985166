"""Which keywords of a schema are enforced, by JSON pointer.

The report lists the keywords of every subschema that can be reached from the root, references followed, in
the order of the source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bltgen.automata.contract import Report, ReportEntry
from bltgen.constraints.json_schema.keywords import Keywords
from bltgen.constraints.json_schema.references import Documents, Place
from bltgen.constraints.json_schema.vocabulary import ANNOTATIONS, KEYWORDS
from bltgen.constraints.json_schema.well_formed import well_formed_places

__all__ = ["report_of"]

_IMPLIED = {"minContains": "contains", "maxContains": "contains", "then": "if", "else": "if"}


def report_of(documents: Documents, keywords: Keywords) -> Report:
    """The report on the schema at the root of the documents."""
    entries: list[ReportEntry] = []
    for place in well_formed_places(documents, keywords):
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
    elif keyword == "required" and isinstance(schema[keyword], bool):
        note = "a boolean is the form of draft 3"
    elif keyword not in KEYWORDS:
        note = "unknown keyword"
    elif not keywords.is_known(place, keyword):
        note = f"no keyword of draft {place.dialect.draft}"
    elif _IMPLIED.get(keyword, keyword) not in schema:
        note = f"without {_IMPLIED[keyword]} it has no effect"
    return ReportEntry(where, keyword, "annotation" if note else "exact", note)
