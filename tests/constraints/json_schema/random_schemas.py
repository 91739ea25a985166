"""Random schemas over few names and values, so that their keywords meet, and documents to try on them.

Hypothesis draws them, so that they shrink; `bltgen.testing.random_schemas` makes more kinds, and faster.
"""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st

NAMES = ["a", "b", "ab", "é"]
PATTERNS = ["^a", "b$", "^[ab]*$", "é"]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 4),
    st.sampled_from([0.5, 1.0, 2.5, -1.5]),
    st.sampled_from(["", "a", "b", "ab", "ba", "é", "aab"]),
)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)
counts = st.integers(0, 3)


@st.composite
def schemas(draw: st.DrawFn, depth: int = 2) -> Any:
    """A schema of draft 2020-12 with one to three keywords, nested `depth` deep."""
    if depth == 0 or draw(st.integers(0, 9)) == 0:
        return draw(
            st.one_of(
                st.booleans(),
                st.sampled_from(["integer", "string", "boolean", "null", "number", "object", "array"]).map(
                    lambda name: {"type": name}
                ),
                st.lists(scalars, min_size=1, max_size=3).map(lambda values: {"enum": values}),
            )
        )
    schema: dict[str, Any] = {}
    for keyword in draw(st.lists(st.sampled_from(sorted(KEYWORDS)), min_size=1, max_size=4, unique=True)):
        schema[keyword] = draw(KEYWORDS[keyword](depth - 1))
    if draw(st.booleans()):
        schema["type"] = draw(st.sampled_from(["object", "array", "string", "integer", "number"]))
    return schema


def _many(depth: int) -> st.SearchStrategy[Any]:
    return st.lists(schemas(depth), min_size=1, max_size=3)


def _named(depth: int) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from(NAMES), schemas(depth), max_size=3)


KEYWORDS: dict[str, Any] = {
    "enum": lambda _: st.lists(documents, min_size=1, max_size=3),
    "const": lambda _: documents,
    "minimum": lambda _: st.integers(-2, 3),
    "exclusiveMaximum": lambda _: st.integers(-1, 5),
    "multipleOf": lambda _: st.sampled_from([1, 2, 0.5]),
    "minLength": lambda _: counts,
    "maxLength": lambda _: counts,
    "pattern": lambda _: st.sampled_from(PATTERNS),
    "prefixItems": _many,
    "items": schemas,
    "contains": schemas,
    "minContains": lambda _: counts,
    "maxContains": lambda _: counts,
    "minItems": lambda _: counts,
    "maxItems": lambda _: counts,
    "uniqueItems": lambda _: st.booleans(),
    "properties": _named,
    "patternProperties": lambda depth: st.dictionaries(st.sampled_from(PATTERNS), schemas(depth), max_size=2),
    "additionalProperties": schemas,
    "propertyNames": schemas,
    "required": lambda _: st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
    "minProperties": lambda _: counts,
    "maxProperties": lambda _: counts,
    "dependentRequired": lambda _: st.dictionaries(
        st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=2, unique=True), max_size=2
    ),
    "dependentSchemas": _named,
    "unevaluatedProperties": schemas,
    "unevaluatedItems": schemas,
    "allOf": _many,
    "anyOf": _many,
    "oneOf": _many,
    "not": schemas,
    "if": schemas,
    "then": schemas,
    "else": schemas,
}
