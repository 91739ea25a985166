"""What restricts nothing and was probably meant to: a warning, and a row of the report, never an error."""

from __future__ import annotations

import warnings

import pytest

import bltgen
from bltgen import json_schema
from bltgen.constraints.json_format import formats
from bltgen.constraints.json_schema.vocabulary import ANNOTATIONS, KEYWORDS
from bltgen.errors import ConstraintSyntaxError, ConstraintWarning, Unsupported


def warned(make) -> list[str]:
    """The texts of the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make()
    assert all(one.category is ConstraintWarning for one in caught)
    assert all(one.filename == __file__ for one in caught)
    return [str(one.message) for one in caught]


def slips(keyword: str) -> list[str]:
    """The keyword with a letter left out, doubled, swapped, in other case, with an underscore."""
    found = [keyword[:2] + keyword[3:], keyword + "s", keyword[:1] + keyword[2] + keyword[1] + keyword[3:]]
    found += [
        keyword.lower(),
        keyword.upper(),
        "".join(f"_{c.lower()}" if c.isupper() else c for c in keyword),
    ]
    return [slip for slip in dict.fromkeys(found) if slip not in KEYWORDS | ANNOTATIONS]


@pytest.mark.parametrize("keyword", sorted(k for k in KEYWORDS if len(k) > 3 and k[0] not in "$x"))
def test_a_misspelt_keyword_is_told(keyword):
    """Wherever it stands, with where and with what was meant; the schema means what it meant."""
    for slip in slips(keyword):
        for wrap, pointer in (
            (lambda s: s, "#"),
            (lambda s: {"properties": {"a": s}}, "#/properties/a"),
            (lambda s: {"$ref": "#/$defs/b", "$defs": {"b": s}}, "#/$defs/b"),
        ):
            schema = wrap({"type": "string", "description": "x", slip: 7})
            (message,) = warned(lambda schema=schema: json_schema(schema))
            assert message == f"what restricts nothing: {pointer}/{slip} (did you mean {keyword!r}?)"
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                constraint = json_schema(schema)
            (row,) = [e for e in constraint.report().entries if e.place == f"{pointer}/{slip}"]
            assert row.enforced == "annotation"
            assert row.note == f"unknown keyword; did you mean {keyword!r}?"


@pytest.mark.parametrize("name", formats())
def test_a_misspelt_format_is_told(name):
    """Among the formats of the specification and the caller's own."""
    for slip in (name[:1] + name[2:] if len(name) > 4 else name + name[-1], name.upper(), name + "s"):
        if slip in formats():
            continue
        (message,) = warned(lambda slip=slip: json_schema({"format": slip}))
        assert message.startswith(
            f"what restricts nothing: #/format (there is no format '{slip}'; did you mean "
        )
        assert warned(lambda slip=slip: json_schema({"format": slip}, formats="annotate")) == []
        own = {"custom_formats": {slip: "a+"}}
        assert warned(lambda slip=slip, own=own: json_schema({"format": slip}, **own)) == []
    (message,) = warned(lambda: json_schema({"format": "prise"}, custom_formats={"price": r"\d+"}))
    assert "did you mean 'price'?" in message


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"nullable": True}, "OpenAPI"),
        ({"divisibleBy": 2}, "'multipleOf'"),
        ({"extends": {}}, "'allOf'"),
        ({"regex": "a"}, "'pattern'"),
        ({"format": "url"}, "did you mean 'uri'?"),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "prefixItems": []}, "no keyword of draft 7"),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "const": 1}, "no keyword of draft 4"),
        ({"additionalItems": False}, "no keyword of draft 2020-12"),
    ],
)
def test_what_other_languages_and_drafts_have_is_told(schema, said):
    """By name."""
    (message,) = warned(lambda: json_schema(schema))
    assert said in message


@pytest.mark.parametrize(
    "schema",
    [
        dict.fromkeys(("x-order", "markdownDescription", "enumDescriptions", "defaultSnippets"), True),
        dict.fromkeys(("example", "xml", "externalDocs", "discriminator", "propertyOrder", "tsType"), True),
        dict.fromkeys(("errorMessage", "doNotSuggest", "allowTrailingCommas", "options", "units"), True),
        {"_format": "email", "_uniqueItems": True, "constraints": [], "x-format": "email"},
        {"format": "int32"},
        {"format": "password"},
        {"properties": {"oneof": {}, "requred": {}}, "const": {"nullable": 1}},
        {"enum": [{"patern": 1}]},
        {"default": {"oneof": 1}, "examples": [{"oneof": 1}], "$comment": "oneof"},
        {"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/a", "const": 1}
        | {"definitions": {"a": {}}},
    ],
)
def test_what_is_no_slip_is_not_told(schema):
    """Keywords of editors and generators, and names that are values or members."""
    assert warned(lambda: json_schema(schema)) == []


def test_many_slips_are_one_warning():
    """The report has them all."""
    schema = {"properties": {f"p{i}": {"minlength": 1} for i in range(40)}}
    (message,) = warned(lambda: json_schema(schema))
    assert message.count("did you mean") == 3
    assert message.endswith(" and 37 more: see report()")


def test_names_from_a_stranger_are_quoted():
    """A keyword may hold anything, and be as long as it likes."""
    (message,) = warned(lambda: json_schema({"nullable\n": 1, "nullable": 1, "y" * 10_000: 1, "": 1}))
    assert "\n" not in message
    assert len(message) < 300


def test_a_constraint_that_is_not_used_is_told():
    """And the name that was meant, where one is missing."""
    given = {"constraints": {"plate": bltgen.regex("[A-Z]{3}")}}
    assert warned(lambda: json_schema({"x-bltgen-constraint": "plate"}, **given)) == []
    (message,) = warned(lambda: json_schema({"type": "string"}, **given))
    assert "constraints['plate'] (no x-bltgen-constraint names it)" in message
    with pytest.raises(Unsupported, match="did you mean 'plate'"):
        json_schema({"x-bltgen-constraint": "palte"}, **given)


def test_types_are_asked_nothing():
    """Their schema is pydantic's."""
    assert warned(lambda: json_schema(dict[str, int])) == []


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("draft-07", "7"),
        ("draft7", "7"),
        (7, "7"),
        ("2020", "2020-12"),
        ("draft2019-09", "2019-09"),
        ("04", "4"),
    ],
)
def test_a_misnamed_draft_is_an_error_with_what_was_meant(given, meant):
    """By its number."""
    with pytest.raises(ValueError, match=f"did you mean '{meant}'"):
        json_schema({}, draft=given)
    with pytest.raises(ConstraintSyntaxError, match=r"did you mean 'http://json-schema.org/draft-07"):
        json_schema({"$schema": "http://json-schema.org/draft-7/schema"})


@pytest.mark.parametrize(
    ("name", "meant"),
    [("int", "integer"), ("String", "string"), ("bool", "boolean"), ("strng", "string"), ("list", "array")],
)
def test_a_misnamed_type_is_an_error_with_what_was_meant(name, meant):
    """Python's names too."""
    with pytest.raises(ConstraintSyntaxError, match=f"did you mean '{meant}'"):
        json_schema({"type": name})
