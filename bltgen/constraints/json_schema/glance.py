"""What is known of a subschema at a glance, without compiling it.

`takes_empty`: whether an object or array schema takes the empty one, which then is its shortest text.

`scalar_key`: what a subschema says that admits only scalars. Most are of this kind and many are alike:
`{"type": "string"}` with another description. What is compiled of them is the same wherever they stand, and
shared by all schemas of the same options (`SharedGoals`).

>>> from bltgen.constraints.json_schema.references import Documents
>>> one = Documents({"type": "string", "maxLength": 3, "title": "code"}).root
>>> other = Documents({"description": "?", "type": "string", "maxLength": 3}).root
>>> scalar_key(one) == scalar_key(other) != scalar_key(Documents({"type": "string"}).root)
True
>>> scalar_key(Documents({"maxLength": 3}).root) is None  # objects and arrays satisfy it, too
True
"""

from __future__ import annotations

from typing import Any

from bltgen.constraints.json_schema.keywords import KEYWORDS
from bltgen.constraints.json_schema.references import Place

__all__ = ["SharedGoals", "scalar_key", "takes_empty"]

_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_SCALAR_KEYWORDS = frozenset(("type", "enum", "const", "format", "minLength", "maxLength", *_BOUNDS))
_SCALAR_TYPES = frozenset(("null", "boolean", "integer", "number", "string"))
_OTHERS = KEYWORDS - _SCALAR_KEYWORDS
# fmt: off
_REFUSING_EMPTY = frozenset({
    "$ref", "$dynamicRef", "$recursiveRef", "allOf", "anyOf", "oneOf", "not", "if", "enum", "const",
    "required", "minProperties", "minItems", "contains"
})
# fmt: on
"""Without these no keyword refuses `{}` and `[]`."""

LISTED = 32
"""Longer lists of values are not compared."""


def scalar_key(place: Place) -> tuple[Any, ...] | None:
    """What a well-formed subschema says, if that admits scalars alone and is short; else None."""
    schema = place.schema
    if not _OTHERS.isdisjoint(schema):
        return None
    dialect = place.dialect
    key: list[Any] = [dialect.number, dialect.asserts_format, dialect.ignored]
    is_scalar = False
    for keyword, given in schema.items():
        if keyword not in _SCALAR_KEYWORDS:
            continue
        if type(given) is list:
            if len(given) > LISTED:
                return None
            entries: Any = tuple([(type(one), one) for one in given])
        else:
            entries = ((type(given), given),)
        if keyword == "type":
            is_scalar = is_scalar or _SCALAR_TYPES.issuperset([name for _, name in entries])
        elif keyword in ("enum", "const"):
            # Equal numbers of another type are told apart needlessly; 1 and true must be.
            if not all(kind in (str, int, bool, float, type(None)) for kind, _ in entries):
                return None
            is_scalar = is_scalar or (keyword == "enum" or dialect.number >= 6)
        key.append((keyword, entries))
    return tuple(key) if is_scalar and not dialect.ignored else None


def takes_empty(place: Place) -> bool:
    """Whether all values of a place are objects, or all are arrays, and the empty one surely is among them.

    >>> from bltgen.constraints.json_schema.references import Documents
    >>> takes_empty(Documents({"type": "object", "properties": {"a": {"$ref": "#"}}}).root)
    True
    """
    schema = place.schema
    return (
        schema.get("type") in ("object", "array")
        and _REFUSING_EMPTY.isdisjoint(schema)
        and not place.dialect.ignored
    )


class SharedGoals:
    """Goals and summaries by key, at most `limit`; all are dropped when there are more."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._found: dict[Any, Any] = {}

    def get(self, key: Any) -> Any:
        """What was put there, or None."""
        return self._found.get(key)

    def put(self, key: Any, goal: Any) -> None:
        """Keep it."""
        if len(self._found) >= self._limit:
            self._found.clear()
        self._found[key] = goal
