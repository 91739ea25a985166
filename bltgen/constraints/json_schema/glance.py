"""What is known of a subschema at a glance, without compiling it.

`takes_empty`: whether an object or array schema takes the empty one, which then is its shortest text.

`surely_satisfiable`: whether some value surely satisfies a subschema, seen from its keywords.

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

from bltgen.constraints.json_schema.json_values import is_text
from bltgen.constraints.json_schema.references import Place
from bltgen.constraints.json_schema.vocabulary import KEYWORDS

__all__ = ["SharedGoals", "referred", "scalar_key", "surely_satisfiable", "takes_empty"]

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

_OF_RECORDS = KEYWORDS - {"type", "properties", "required", "additionalProperties"}
_BESIDE_REFERENCE = KEYWORDS - {"$ref"}
_BESIDE_ALTERNATIVES = KEYWORDS - {"anyOf"}
_BESIDE_TYPE = KEYWORDS - {"type"}

GLANCES = 8
"""So deep is looked."""

LISTED = 32
"""Longer lists of values are not compared."""


def scalar_key(place: Place) -> tuple[Any, ...] | None:
    """What a well-formed subschema says, if that admits scalars alone and is short; else None."""
    schema = place.schema
    if not _OTHERS.isdisjoint(schema):
        return None
    dialect = place.dialect
    if dialect.ignored:
        return None
    key: list[Any] = [dialect.number, dialect.asserts_format]
    is_scalar = False
    for keyword, given in schema.items():
        if keyword not in _SCALAR_KEYWORDS:
            continue
        if type(given) is list:
            if len(given) > LISTED or keyword == "const":
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
    return tuple(key) if is_scalar else None


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


def referred(place: Place) -> Place:
    """The place that a place refers to and says nothing else; itself where it says something."""
    for _ in range(GLANCES):
        schema = place.schema
        if isinstance(schema, bool) or "$ref" not in schema or place.dialect.ignored:
            break
        if place.dialect.number >= 2019 and not _BESIDE_REFERENCE.isdisjoint(schema):
            break
        place = place.follow("$ref")
    return place


def surely_satisfiable(place: Place, known: dict[Place, bool], depth: int = 0) -> bool:
    """Whether some value surely satisfies the schema at a place; False: that is not seen at a glance.

    `known`: the answers so far, which this one joins.

    >>> from bltgen.constraints.json_schema.references import Documents
    >>> pair = {"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a", "b"]}
    >>> surely_satisfiable(Documents(pair).root, {}), surely_satisfiable(Documents({"not": {}}).root, {})
    (True, False)
    """
    place = referred(place)
    schema = place.schema
    if isinstance(schema, bool):
        return schema
    found = known.get(place)
    if found is None:
        # A schema that asks for itself is not seen through.
        known[place] = False
        found = known[place] = (
            depth < GLANCES and not place.dialect.ignored and _satisfied(place, known, depth + 1)
        )
    return found


def _satisfied(place: Place, known: dict[Place, bool], depth: int) -> bool:
    schema = place.schema
    kind = schema.get("type")
    if kind in ("object", "array"):
        if takes_empty(place):
            return True
        if kind == "array" or not _OF_RECORDS.isdisjoint(schema):
            return False
        declared = schema.get("properties", {})
        required = schema.get("required", [])
        if not isinstance(required, (list, tuple)):
            return False
        closed = schema.get("additionalProperties", True) is not True
        return all(
            (
                surely_satisfiable(place.child("properties", name), known, depth)
                if name in declared
                else not closed
            )
            and is_text(name)
            for name in required
        )
    if "anyOf" in schema and _BESIDE_ALTERNATIVES.isdisjoint(schema):
        branches = range(len(schema["anyOf"]))
        return any(surely_satisfiable(place.child("anyOf", i), known, depth) for i in branches)
    return _BESIDE_TYPE.isdisjoint(schema) and kind != []


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
