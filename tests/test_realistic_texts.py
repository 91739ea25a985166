"""The realistic sets are what they say: large enough, well-formed, apart, each value in its text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

import bltgen
from benchmarks.realistic_texts import LANGUAGES, RealisticText, realistic_texts

SPLITS = ("dev", "test")


def leaves(value: Any, schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """The scalars of an answer, each with where it is and its schema."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, schema["properties"][key], f"{path}/{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, schema["items"], f"{path}/{number}")
    else:
        yield path, value, schema


def fields(documents: list[RealisticText]) -> int:
    return sum(1 for document in documents for _ in leaves(document.values, document.schema))


@pytest.mark.parametrize("split", SPLITS)
def test_sets_are_large_and_varied(split: str) -> None:
    """600 fields and more, 120 in each language, ten kinds of document, no name twice."""
    documents = realistic_texts(split)
    assert fields(documents) >= 600
    for language in LANGUAGES:
        assert fields(realistic_texts(split, language)) >= 120, language
    assert len({document.domain for document in documents}) >= 10
    assert max(Counter(document.name for document in documents).values()) == 1


@pytest.mark.parametrize("split", SPLITS)
def test_answers_are_true_to_their_texts(split: str) -> None:
    """An answer satisfies its schema; a string that is not enumerated is a span of its text."""
    for document in realistic_texts(split):
        jsonschema.validate(document.values, document.schema)
        spans = bltgen.substring_of(document.text)
        for path, value, schema in leaves(document.values, document.schema):
            if isinstance(value, str) and "enum" not in schema:
                assert value in document.text, (document.name, path, value)
                assert spans.accepts(value.encode()), (document.name, path, value)


def test_the_sets_share_no_text_and_no_value() -> None:
    """Nothing long enough to be a name or a number of its own stands in both."""
    found: list[set[str]] = []
    for split in SPLITS:
        documents = realistic_texts(split)
        found.append(
            {document.text for document in documents}
            | {
                value
                for document in documents
                for _, value, schema in leaves(document.values, document.schema)
                if isinstance(value, str) and "enum" not in schema and len(value) > 7
            }
        )
    assert not found[0] & found[1]
