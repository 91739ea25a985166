"""What was probably meant by each keyword that restricts nothing: the hints themselves and their bounds."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import referencing

from bltgen.automata.language import literal
from bltgen.constraints.json_schema.near_misses import check_draft, slip, tell
from bltgen.constraints.json_schema.references import DRAFTS, Documents
from bltgen.errors import ConstraintWarning

from .tables import Table


def meant(schema: Any, keyword: str, draft: str = "2020-12", **options: Any) -> str:
    table = Table(draft, **options)
    return slip(table.place(schema), keyword, table.keywords)


def told(*schemas: Any, **options: Any) -> list[str]:
    table = Table(**options)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tell([table.place(schema) for schema in schemas], table.keywords)
    assert all(one.category is ConstraintWarning for one in caught)
    return [str(one.message) for one in caught]


def test_hints_of_keywords() -> None:
    assert meant({"fromat": 1}, "fromat") == "did you mean 'format'?"
    assert meant({"nullable": 1}, "nullable").startswith("is OpenAPI 3.0's;")
    assert meant({"divisibleBy": 1}, "divisibleBy") == "is draft 3's; did you mean 'multipleOf'?"
    for sound in ("type", "title", "$comment", "zzz", "x-minimum", "_minimum", "format"):
        assert meant({sound: "date"}, sound) == "", sound
    assert meant({1: 1}, 1) == ""  # type: ignore[arg-type]
    assert meant({"m" * 101: 1}, "m" * 101) == ""
    # As long as a keyword may be that is compared at all.
    assert meant({"divisibleBy" + "y" * 89: 1}, "divisibleBy" + "y" * 89) == ""


def test_hints_by_draft() -> None:
    assert meant({"const": 1}, "const", "4") == "no keyword of draft 4"
    assert meant({"const": 1}, "const", "6") == ""
    for draft in DRAFTS:
        beside = {"$ref": "#", "fromat": 1}
        expected = "did you mean 'format'?" if draft.startswith("20") else ""
        assert meant(beside, "fromat", draft) == expected


def test_hints_of_formats() -> None:
    assert meant({"format": "emial"}, "format") == "there is no format 'emial'; did you mean 'email'?"
    assert meant({"format": "url"}, "format") == "there is no format 'url'; did you mean 'uri'?"
    assert meant({"format": "email"}, "format") == ""
    assert meant({"format": "zzz"}, "format") == ""
    assert meant({"format": ["url"]}, "format") == ""
    assert meant({"format": "url"}, "format", formats="annotate") == ""
    own = {"custom_formats": {"price": literal(b"1")}}
    assert meant({"format": "prise"}, "format", **own) == "there is no format 'prise'; did you mean 'price'?"
    assert meant({"format": "price"}, "format", **own) == ""


def test_what_a_vocabulary_leaves_out_is_no_slip() -> None:
    meta = {
        "$schema": DRAFTS["2020-12"],
        "$id": "https://x/meta",
        "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/core": True},
    }
    registry: Any = referencing.Registry().with_contents([("https://x/meta", meta)])
    schema = {"$schema": "https://x/meta", "const": 1, "additionalItems": 1}
    place = Documents(schema, registry=registry).root
    keywords = Table().keywords
    assert slip(place, "const", keywords) == slip(place, "additionalItems", keywords) == ""


def test_slips_are_one_warning() -> None:
    assert told({"type": "string", "title": "t"}) == []
    assert told({"fromat": 1, "minlength": 1}) == [
        "what restricts nothing: #/1/fromat (did you mean 'format'?), "
        "#/1/minlength (did you mean 'minLength'?)"
    ]
    three = {"fromat": 1}, {"minlength": 1}, {"maxlength": 1}
    (message,) = told(*three)
    assert "more" not in message
    (message,) = told(*three, {"patern": 1})
    assert message.endswith(" and 1 more: see report()")
    assert "patern" not in message


def test_constraints_that_nothing_names_are_told() -> None:
    given = {"constraints": {"a": literal(b"a"), "b": literal(b"b")}}
    assert told({"x-bltgen-constraint": "a"}, {"x-bltgen-constraint": "b"}, **given) == []
    assert told({"x-bltgen-constraint": "a"}, **given) == [
        "what restricts nothing: constraints['b'] (no x-bltgen-constraint names it)"
    ]
    assert len(told({"type": "null"}, **given)) == 1


def test_drafts() -> None:
    for draft in (None, *DRAFTS):
        check_draft(draft)
    for given, hint in (
        ("draft-07", "; did you mean '7'?"),
        (7, "; did you mean '7'?"),
        ("2020", "; did you mean '2020-12'?"),
        ("2019-08", "; did you mean '2019-09'?"),
        ("04", "; did you mean '4'?"),
        ("202012", "; did you mean '2020-12'?"),
        ("5", ""),
        ("new", ""),
        ("x" * 100 + "7", ""),
        ("x" * 99 + "7", "; did you mean '7'?"),
    ):
        with pytest.raises(ValueError, match="draft=") as caught:
            check_draft(given)
        assert str(caught.value).endswith(f"one of '4', '6', '7', '2019-09', '2020-12' is needed{hint}")
