"""The values of keywords as they are read, or refused with their place."""

from __future__ import annotations

from collections import OrderedDict
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

import jsonschema_specifications
import pytest

from bltgen.constraints.json_schema.json_values import canonical
from bltgen.constraints.json_schema.references import DRAFTS, Documents
from bltgen.constraints.json_schema.vocabulary import (
    ANNOTATIONS,
    FIRST_DRAFT,
    KEYWORDS,
    LAST_DRAFT,
    OF_OBJECTS,
    REFERENCES,
    TYPES,
    count_of,
    is_in_draft,
    list_of,
    mapping_of,
    number_of,
    value_of,
)
from bltgen.errors import ConstraintSyntaxError

PLACE = Documents({"a": {"b": 1}}).root.child("a")


def test_keywords_and_annotations_are_two_things() -> None:
    assert not KEYWORDS & ANNOTATIONS
    assert OF_OBJECTS | set(FIRST_DRAFT) | set(LAST_DRAFT) | set(REFERENCES) <= KEYWORDS
    assert len(TYPES) == 7
    assert TYPES["number"] & TYPES["integer"] == TYPES["integer"] != TYPES["number"]


@pytest.mark.parametrize("draft", DRAFTS)
def test_the_drafts_of_keywords_are_those_of_the_meta_schemas(draft: str) -> None:
    """But for those that a later meta-schema declares "for compatibility"."""
    registry: Any = jsonschema_specifications.REGISTRY
    number, uri = {"4": 4, "6": 6, "7": 7}.get(draft) or int(draft[:4]), DRAFTS[draft]
    meta = registry.contents(uri)
    declared = set(meta["properties"])
    for part in meta.get("allOf", []):
        declared |= set(registry.contents(urljoin(uri, part["$ref"]))["properties"])
    for keyword in KEYWORDS - {"$ref", "$recursiveRef", "dependencies", "format"}:
        if not keyword.startswith("x-"):
            assert (keyword in declared) is is_in_draft(keyword, number), keyword
    assert is_in_draft("$recursiveRef", number) is (number == 2019)
    assert is_in_draft("dependencies", number) is is_in_draft("$ref", number) is True


def test_lists() -> None:
    assert list_of(PLACE, "k", [1]) == [1]
    assert list_of(PLACE, "k", (1, 2)) == [1, 2]
    for given in ({}, "a", 3, None):
        with pytest.raises(ConstraintSyntaxError) as caught:
            list_of(PLACE, "k", given)
        assert str(caught.value) == f"#/a/k: expected an array, not {given!r}"


def test_mappings() -> None:
    given = OrderedDict(a=1)
    assert mapping_of(PLACE, "k", given) is given
    with pytest.raises(ConstraintSyntaxError) as caught:
        mapping_of(PLACE, "k", [])
    assert str(caught.value) == "#/a/k: expected an object, not []"


def test_numbers() -> None:
    assert number_of(PLACE, "k", 3) == 3
    assert number_of(PLACE, "k", 0.1) == Decimal("0.1")
    assert number_of(PLACE, "k", Decimal("1.50")) == Decimal("1.5")
    for given in (True, "3", None, [1]):
        with pytest.raises(ConstraintSyntaxError, match="#/a/k: expected a number, not"):
            number_of(PLACE, "k", given)
    for given in (float("inf"), float("nan"), Decimal("NaN")):
        with pytest.raises(ConstraintSyntaxError, match="#/a/k: not a finite number"):
            number_of(PLACE, "k", given)


def test_counts() -> None:
    assert count_of(PLACE, "k", None) is None
    for given, count in ((0, 0), (3, 3), (2.0, 2), (Decimal("1e2"), 100)):
        found = count_of(PLACE, "k", given)
        assert (found, type(found)) == (count, int)
    for given in (-1, 1.5, -0.5):
        with pytest.raises(ConstraintSyntaxError) as caught:
            count_of(PLACE, "k", given)
        assert str(caught.value) == f"#/a/k: expected a count, not {given!r}"


def test_listed_values() -> None:
    assert value_of(PLACE, "k", {"a": [1.0]}) == canonical({"a": [1]})
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    assert value_of(PLACE, "k", deep)[0] == "a"
    with pytest.raises(ConstraintSyntaxError, match="#/a/k: a value is nested deeper than 200, or holds"):
        value_of(PLACE, "k", [deep])
    with pytest.raises(ConstraintSyntaxError, match=r"^#/a/k: not a JSON value: b'x'"):
        value_of(PLACE, "k", b"x")
