"""Which spellings of JSON a schema's texts have, and which keywords are enforced, by JSON pointer.

The report begins with the options that narrow the texts, each as it was chosen or is by default. The keywords
of every subschema follow that can be reached from the root, references followed, in the order of the source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bltgen.automata.contract import Report, ReportEntry
from bltgen.constraints.json_schema.compiler import Compiler
from bltgen.constraints.json_schema.keywords import Keywords
from bltgen.constraints.json_schema.layout import Layout
from bltgen.constraints.json_schema.near_misses import slip
from bltgen.constraints.json_schema.number_rules import DOUBLE_DIGITS
from bltgen.constraints.json_schema.references import Documents, Place
from bltgen.constraints.json_schema.vocabulary import ANNOTATIONS, KEYWORDS, OF_OBJECTS
from bltgen.constraints.json_schema.well_formed import well_formed_places
from bltgen.errors import LimitExceeded

__all__ = ["report_of"]

_IMPLIED = {"minContains": "contains", "maxContains": "contains", "then": "if", "else": "if"}

_NARROWINGS = {
    ("property_order", "schema"): "declared members come in the order of the schema, others after them",
    ("undeclared", "omit"): "members that the schema neither names nor says anything of are left out",
    ("numbers", "interoperable"): (
        "integers within 2^53 - 1, written as such where they are wanted; others of at most 15 significant "
        "digits in a double's range"
    ),
    ("numbers", "plain"): "no exponent, no -0, at most {digits} significant digits",
    ("escapes", "plain"): "only characters that need an escape have one",
    ("ascii_only", True): "characters other than ASCII are escaped",
}
"""What an option's value leaves out; values that are not listed narrow nothing."""

_BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
_OF_NUMBERS = frozenset(_BOUNDS | {"const", "enum", "allOf", "format"})

_MAY_NEED_MEMBERS = frozenset({"minProperties", "not", "if", "oneOf"})


def report_of(documents: Documents, compiler: Compiler, options: Mapping[str, Any]) -> Report:
    """The report on the schema at the root of the documents."""
    entries = _spelling(compiler.layout, {**options, "digits": options["digits"] or DOUBLE_DIGITS})
    for place in well_formed_places(documents, compiler.keywords):
        if compiler.options.closed and _keeps_members(place, compiler):
            note = "members stay that the schema does not name: it needs some"
            entries.append(ReportEntry(place.pointer, "undeclared='omit'", "annotation", note))
        note = _numbers_note(place, compiler)
        if note:
            entries.append(ReportEntry(place.pointer, f"numbers={options['numbers']!r}", "annotation", note))
        entries += [_entry(place, keyword, compiler.keywords) for keyword in place.schema]
    return Report(tuple(entries))


def _spelling(layout: Layout, options: Mapping[str, Any]) -> list[ReportEntry]:
    """The options that narrow the texts."""
    entries = []
    if layout.note:
        entries.append(ReportEntry("", f"whitespace={layout.option!r}", "exact", layout.note))
    for (name, value), note in _NARROWINGS.items():
        if options[name] == value:
            entries.append(ReportEntry("", f"{name}={value!r}", "exact", note.format(**options)))
    for name, what in (("strings_from", "strings are spans"), ("numbers_from", "numbers have values")):
        if options[name] is not None:
            size = len(options[name])
            note = f"{what} of a text of {size} characters; ungrounded={options['ungrounded']!r}"
            entries.append(ReportEntry("", name, "exact", note))
    return entries


def _keeps_members(place: Place, compiler: Compiler) -> bool:
    """Whether an object at a place needs members that it does not name, so that none can be left out."""
    if _MAY_NEED_MEMBERS.isdisjoint(place.schema) or OF_OBJECTS.isdisjoint(place.schema):
        return False
    try:
        return any(not plan.omits for plan in compiler.objects(compiler.formulas.schema(place)))
    except LimitExceeded:
        return False


def _numbers_note(place: Place, compiler: Compiler) -> str:
    """What a place needs that the numbers' spelling does not have; empty where it needs no more."""
    if _OF_NUMBERS.isdisjoint(place.schema) or compiler.options.numbers == "any":
        return ""
    try:
        rules = compiler.number_rules(compiler.formulas.schema(place))
    except LimitExceeded:
        return ""
    if rules.widened:
        return "more digits: nothing but 0 could be written here"
    if rules.listed.points:
        return "numbers that the schema lists are written in as many digits as they have"
    return "integers reach as far as the schema says" if rules.reaches_further else ""


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
            note = slip(place, keyword, keywords) or f"format {schema[keyword]!r} is unknown or not asserted"
    elif keyword == "required" and isinstance(schema[keyword], bool):
        note = "a boolean is the form of draft 3"
    elif keyword not in KEYWORDS:
        meant = slip(place, keyword, keywords)
        note = "unknown keyword" + (f"; {meant}" if meant else "")
    elif not keywords.is_known(place, keyword):
        note = f"no keyword of draft {place.dialect.draft}"
    elif _IMPLIED.get(keyword, keyword) not in schema:
        note = f"without {_IMPLIED[keyword]} it has no effect"
    return ReportEntry(where, keyword, "annotation" if note else "exact", note)
