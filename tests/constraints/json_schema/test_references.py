"""What an embedded resource means: it is read as the document that it stands in."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.constraints.json_schema import json_schema
from bltgen.testing.reference import SchemaReference


@pytest.mark.parametrize(
    ("schema", "texts"),
    [
        pytest.param(
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "$id": "http://example.com/outer",
                "items": {"$ref": "inner"},
                "definitions": {"inner": {"$id": "inner", "items": [{"type": "string"}]}},
            },
            [b"[[1]]", b'[["a", 1]]'],
            id="items that are a list, as only older drafts have them",
        ),
        pytest.param(
            {
                "$schema": "https://json-schema.org/draft/2019-09/schema",
                "$id": "http://example.com/outer",
                "$recursiveAnchor": True,
                "type": "array",
                "$ref": "inner",
                "$defs": {
                    "inner": {"$id": "inner", "$recursiveAnchor": True, "items": {"$recursiveRef": "#"}}
                },
            },
            [b"[1]", b"[[]]"],
            id="a recursive reference, which the newest draft has not",
        ),
        pytest.param(
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "$id": "http://example.com/outer",
                "items": {"$ref": "inner"},
                "definitions": {
                    "inner": {
                        "$schema": "https://json-schema.org/draft/2020-12/schema",
                        "$id": "inner",
                        "prefixItems": [{"type": "string"}],
                    }
                },
            },
            [b"[[1]]", b'[["a", 1]]'],
            id="unless it says otherwise",
        ),
    ],
)
def test_an_embedded_resource_is_of_the_draft_around_it(schema: Any, texts: list[bytes]) -> None:
    """As `jsonschema` reads it."""
    constraint, reference = json_schema(schema), SchemaReference(schema)
    verdicts = [constraint.accepts(text) for text in texts]
    assert verdicts == [reference.accepts(text) for text in texts]
    assert {*verdicts} == {True, False}
