"""The keywords of JSON Schema: which draft knows them, and the forms that their values have.

`list_of`, `mapping_of`, `number_of`, `count_of` and `value_of` read a keyword's value, or raise
ConstraintSyntaxError with its JSON pointer.

Sources: JSON Schema Core and Validation 2020-12, 2019-09, drafts 7, 6, 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bltgen.constraints.json_schema import json_values as values
from bltgen.constraints.json_schema.references import Place
from bltgen.errors import ConstraintSyntaxError

__all__ = [
    "ANNOTATIONS",
    "CONSTRAINT_KEYWORD",
    "FIRST_DRAFT",
    "JSON_TEXT_KEYWORD",
    "KEYWORDS",
    "LAST_DRAFT",
    "OF_OBJECTS",
    "REFERENCES",
    "TYPES",
    "WRITTEN_KEYWORD",
    "count_of",
    "is_in_draft",
    "list_of",
    "mapping_of",
    "number_of",
    "value_of",
]

CONSTRAINT_KEYWORD = "x-bltgen-constraint"
"""Names a constraint, passed to `json_schema`, that a string value must satisfy."""

JSON_TEXT_KEYWORD = "x-bltgen-json"
"""Holds a schema: a string value is itself a JSON text of a value that satisfies it."""

WRITTEN_KEYWORD = "x-bltgen-written"
"""With the value "integer": a number is written without a point or exponent."""

TYPES = {
    "null": values.NULL,
    "boolean": values.BOOLEAN,
    "integer": values.INTEGER,
    "number": values.NUMBER,
    "string": values.STRING,
    "array": values.ARRAY,
    "object": values.OBJECT,
}

REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")

FIRST_DRAFT = {
    "const": 6,
    "contains": 6,
    "propertyNames": 6,
    "if": 7,
    "then": 7,
    "else": 7,
    "dependentRequired": 2019,
    "dependentSchemas": 2019,
    "minContains": 2019,
    "maxContains": 2019,
    "unevaluatedItems": 2019,
    "unevaluatedProperties": 2019,
    "$recursiveRef": 2019,
    "prefixItems": 2020,
    "$dynamicRef": 2020,
}
"""The draft that brought a keyword; 4 where it is not listed."""

LAST_DRAFT = {"additionalItems": 2019, "$recursiveRef": 2019}
"""The last draft that has a keyword, where a later one dropped it. `dependencies` is not in the later drafts'
vocabularies but in their meta-schemas, "for compatibility"."""

# fmt: off
ANNOTATIONS = frozenset({
    "$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$comment", "$defs",
    "definitions", "title", "description", "default", "examples", "deprecated", "readOnly",
    "writeOnly", "contentEncoding", "contentMediaType", "contentSchema", "$vocabulary"
})
# fmt: on
"""Keywords that never restrict a value."""

# fmt: off
KEYWORDS = frozenset({
    "type", "enum", "const", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref",
    "$dynamicRef", "$recursiveRef", "multipleOf", "maximum", "exclusiveMaximum", "minimum",
    "exclusiveMinimum", "maxLength", "minLength", "pattern", "format", "items", "additionalItems",
    "prefixItems", "unevaluatedItems", "contains", "minContains", "maxContains", "minItems",
    "maxItems", "uniqueItems", "properties", "patternProperties", "additionalProperties",
    "unevaluatedProperties", "propertyNames", "required", "minProperties", "maxProperties",
    "dependencies", "dependentRequired", "dependentSchemas"
}) | {CONSTRAINT_KEYWORD, JSON_TEXT_KEYWORD, WRITTEN_KEYWORD}
# fmt: on
"""Keywords that restrict values."""

# fmt: off
OF_OBJECTS = frozenset({
    "properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames",
    "required", "minProperties", "maxProperties", "dependencies", "dependentRequired", "dependentSchemas"
})
# fmt: on
"""Keywords about the members of objects."""


def is_in_draft(keyword: str, number: int) -> bool:
    """Whether a draft, by its number, knows the keyword."""
    return FIRST_DRAFT.get(keyword, number) <= number <= LAST_DRAFT.get(keyword, number)


def list_of(place: Place, keyword: str, given: Any) -> list[Any]:
    if not isinstance(given, (list, tuple)):
        raise ConstraintSyntaxError(f"{place.pointer}/{keyword}: expected an array, not {given!r}")
    return list(given)


def mapping_of(place: Place, keyword: str, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise ConstraintSyntaxError(f"{place.pointer}/{keyword}: expected an object, not {given!r}")
    return given


def number_of(place: Place, keyword: str, given: Any) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, (int, float, Decimal)):
        raise ConstraintSyntaxError(f"{place.pointer}/{keyword}: expected a number, not {given!r}")
    number = Decimal(repr(given)) if isinstance(given, float) else Decimal(given)
    if not number.is_finite():
        raise ConstraintSyntaxError(f"{place.pointer}/{keyword}: not a finite number: {given!r}")
    return number


def count_of(place: Place, keyword: str, given: Any) -> int | None:
    if given is None:
        return None
    number = number_of(place, keyword, given)
    if number < 0 or number != number.to_integral_value():
        raise ConstraintSyntaxError(f"{place.pointer}/{keyword}: expected a count, not {given!r}")
    return int(number)


def value_of(place: Place, keyword: str, value: Any) -> values.Value:
    """The canonical form of a value that `enum` or `const` lists."""
    if values.is_deep(value):
        raise ConstraintSyntaxError(
            f"{place.pointer}/{keyword}: a value is nested deeper than {values.LISTED_DEPTH}, or holds itself"
        )
    try:
        return values.canonical(value)
    except ConstraintSyntaxError as error:
        raise ConstraintSyntaxError(f"{place.pointer}/{keyword}: {error}") from error
