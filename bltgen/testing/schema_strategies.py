"""Hypothesis strategies for JSON Schemas of the drafts and keywords asked for.

>>> import hypothesis
>>> hypothesis.find(json_schemas(keywords=["minLength"]), lambda schema: "minLength" in str(schema))
{'minLength': 0}
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from bltgen.constraints.json_schema import json_schema
from bltgen.errors import EmptyLanguage

__all__ = ["KEYWORDS", "json_schemas"]

DRAFTS = ("4", "6", "7", "2019-09", "2020-12")
URIS = {
    "4": "http://json-schema.org/draft-04/schema#",
    "6": "http://json-schema.org/draft-06/schema#",
    "7": "http://json-schema.org/draft-07/schema#",
    "2019-09": "https://json-schema.org/draft/2019-09/schema",
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
}

Schemas = st.SearchStrategy[Any]
_COUNTS = st.integers(0, 3)
_NUMBERS = st.one_of(st.integers(-3, 20), st.sampled_from((0.5, -1.5, 1e3, 0.1)))
_KEYS = st.sampled_from(("a", "b", "name", "é", ""))
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 12), st.sampled_from(("", "a", "ab", "é", 1.5))
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(_KEYS, inner, max_size=2)),
    max_leaves=3,
)
_TYPES = st.sampled_from(("string", "integer", "number", "boolean", "null", "array", "object"))
_PATTERNS = st.sampled_from(("^a", "b$", "^[a-c]{1,3}$", "a|b", r"^\d+$", "."))
_FORMATS = st.sampled_from(("date", "time", "date-time", "ipv4", "uuid", "email"))


def _listed(inner: Schemas) -> Schemas:
    return st.lists(inner, min_size=1, max_size=3)


def _named(inner: Schemas) -> Schemas:
    return st.dictionaries(_KEYS, inner, max_size=3)


def _of_this_value(inner: Schemas) -> Schemas:
    """Schemas that apply to the same value: one that only refers to the root would never end."""
    return inner.map(lambda schema: {} if schema == {"$ref": "#"} else schema)


def _same(value: Schemas) -> Callable[[Schemas], Schemas]:
    return lambda inner: value


_UNIQUE_KEYS = st.lists(_KEYS, max_size=2, unique=True)

KEYWORDS: dict[str, tuple[str, str, Callable[[Schemas], Schemas]]] = {
    # keyword: first draft, last draft, strategy of its value over that of subschemas
    "type": ("4", "2020-12", _same(st.one_of(_TYPES, st.lists(_TYPES, min_size=1, max_size=3, unique=True)))),
    "enum": ("4", "2020-12", _same(st.lists(_VALUES, min_size=1, max_size=4, unique_by=repr))),
    "const": ("6", "2020-12", _same(_VALUES)),
    "minimum": ("4", "2020-12", _same(_NUMBERS)),
    "maximum": ("4", "2020-12", _same(_NUMBERS)),
    "exclusiveMinimum": ("6", "2020-12", _same(_NUMBERS)),
    "exclusiveMaximum": ("6", "2020-12", _same(_NUMBERS)),
    "multipleOf": ("4", "2020-12", _same(st.sampled_from((1, 2, 3, 0.5, 0.1, 7)))),
    "minLength": ("4", "2020-12", _same(_COUNTS)),
    "maxLength": ("4", "2020-12", _same(_COUNTS)),
    "pattern": ("4", "2020-12", _same(_PATTERNS)),
    "format": ("4", "2020-12", _same(_FORMATS)),
    "items": ("4", "2020-12", lambda inner: inner),
    "prefixItems": ("2020-12", "2020-12", _listed),
    "contains": ("6", "2020-12", lambda inner: inner),
    "minContains": ("2019-09", "2020-12", _same(_COUNTS)),
    "maxContains": ("2019-09", "2020-12", _same(_COUNTS)),
    "minItems": ("4", "2020-12", _same(_COUNTS)),
    "maxItems": ("4", "2020-12", _same(_COUNTS)),
    "uniqueItems": ("4", "2020-12", _same(st.booleans())),
    "properties": ("4", "2020-12", _named),
    "patternProperties": ("4", "2020-12", lambda inner: st.dictionaries(_PATTERNS, inner, max_size=2)),
    "additionalProperties": ("4", "2020-12", lambda inner: st.one_of(st.just(False), inner)),
    "propertyNames": ("6", "2020-12", _same(st.builds(lambda p: {"pattern": p}, _PATTERNS))),
    "required": ("4", "2020-12", _same(st.lists(_KEYS, min_size=1, max_size=2, unique=True))),
    "minProperties": ("4", "2020-12", _same(_COUNTS)),
    "maxProperties": ("4", "2020-12", _same(_COUNTS)),
    "dependentRequired": ("2019-09", "2020-12", _same(st.dictionaries(_KEYS, _UNIQUE_KEYS, max_size=2))),
    "dependentSchemas": ("2019-09", "2020-12", lambda inner: _named(_of_this_value(inner))),
    "allOf": ("4", "2020-12", lambda inner: _listed(_of_this_value(inner))),
    "anyOf": ("4", "2020-12", lambda inner: _listed(_of_this_value(inner))),
    "oneOf": ("4", "2020-12", lambda inner: _listed(_of_this_value(inner))),
    "not": ("4", "2020-12", _of_this_value),
    "if": ("7", "2020-12", _of_this_value),
    "then": ("7", "2020-12", _of_this_value),
    "else": ("7", "2020-12", _of_this_value),
    "unevaluatedItems": ("2019-09", "2020-12", _same(st.booleans())),
    "unevaluatedProperties": ("2019-09", "2020-12", _same(st.booleans())),
}
"""What can be drawn, and in which drafts."""


def json_schemas(
    *,
    drafts: Sequence[str] = ("2020-12",),
    keywords: Collection[str] | None = None,
    recursive: bool = True,
    satisfiable: bool = True,
) -> Schemas:
    """Schemas of these drafts over these keywords (by default all of `KEYWORDS`).

    recursive: some refer to themselves. satisfiable: one that admits nothing gets an alternative
    that does. `$schema` says the draft where it is not the newest.
    """
    unknown = {*drafts} - {*DRAFTS} or {*(keywords or ())} - {*KEYWORDS}
    if unknown or not drafts:
        raise InvalidArgument(f"not known: {sorted(unknown)}; drafts: {DRAFTS}, keywords: {sorted(KEYWORDS)}")
    return st.sampled_from(list(drafts)).flatmap(
        lambda draft: _of_draft(draft, keywords, recursive, satisfiable)
    )


def _of_draft(draft: str, keywords: Collection[str] | None, recursive: bool, satisfiable: bool) -> Schemas:
    at = DRAFTS.index(draft)
    made = {
        keyword: strategy
        for keyword, (first, last, strategy) in KEYWORDS.items()
        if DRAFTS.index(first) <= at <= DRAFTS.index(last) and (keywords is None or keyword in keywords)
    }
    if not made:
        raise InvalidArgument(f"none of these keywords is in draft {draft}: {sorted(keywords or ())}")
    leaf: Schemas = st.just({}) if draft == "4" else st.sampled_from(({}, True))
    if recursive and keywords is None:
        leaf = st.one_of(leaf, st.just({"$ref": "#"}))

    def larger(inner: Schemas) -> Schemas:
        optional = {keyword: strategy(inner) for keyword, strategy in made.items()}
        names = st.lists(st.sampled_from(sorted(optional)), min_size=1, max_size=3, unique=True)
        return names.flatmap(lambda chosen: st.fixed_dictionaries({name: optional[name] for name in chosen}))

    # A reference to itself alone is no schema: the root is always an object of keywords.
    inner = st.recursive(leaf, larger, max_leaves=3)
    schemas = larger(inner)
    if draft != "2020-12":
        schemas = schemas.map(lambda schema: {"$schema": URIS[draft], **schema})
    return schemas.map(_satisfiable) if satisfiable else schemas


def _satisfiable(schema: dict[str, Any]) -> dict[str, Any]:
    try:
        json_schema(schema)
    except EmptyLanguage:
        dialect = {"$schema": schema["$schema"]} if "$schema" in schema else {}
        rest = {keyword: value for keyword, value in schema.items() if keyword != "$schema"}
        return {**dialect, "anyOf": [rest, {"enum": [0]}]}
    except ValueError:  # refused for another reason: for the caller to see
        pass
    return schema
