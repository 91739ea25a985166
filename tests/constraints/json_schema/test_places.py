"""Places of documents: where children, identifiers and references lead, in which dialect and scope."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
import referencing
import referencing.jsonschema

from bltgen.constraints.json_schema.references import DRAFTS, Dialect, Documents, Place, Resources
from bltgen.errors import ConstraintSyntaxError

NUMBERS = {"4": 4, "6": 6, "7": 7, "2019-09": 2019, "2020-12": 2020}


def root(schema: Any, draft: str = "2020-12", **others: Any) -> Place:
    """others: documents by URI, "_" for ":" and "/" left out: `a=...` is "https://x/a"."""
    registry: Any = referencing.Registry()
    for name, contents in others.items():
        registry = registry.with_contents(
            [(f"https://x/{name}", contents)],
            default_specification=referencing.jsonschema.specification_with(DRAFTS[draft]),
        )
    return Documents(schema, draft=draft, registry=registry).root


def refused(schema: Any, *path: str | int, keyword: str = "$ref", **options: Any) -> str:
    place = root(schema, **options)
    if path:
        place = place.child(*path)
    with pytest.raises(ConstraintSyntaxError) as caught:
        place.follow(keyword)
    return str(caught.value)


# -- places ------------------------------------------------------------------------------------------


def test_a_root_and_its_children() -> None:
    schema = {"properties": {"a/b~c": {"type": "null"}}, "allOf": [True, {"not": {}}]}
    place = root(schema)
    assert (place.schema, place.base, place.scope, place.pointer) == (schema, "", ("",), "#")
    assert repr(place) == "<Place #>"
    child = place.child("properties", "a/b~c")
    assert child.schema == {"type": "null"}
    assert child.pointer == "#/properties/a~1b~0c"
    assert (child.base, child.scope, child.dialect) == ("", ("",), place.dialect)
    assert place.child("properties", "a/b~c") is child
    assert place.child("allOf", 0).schema is True
    assert place.child("allOf", 1).child("not").pointer == "#/allOf/1/not"
    assert place.documents.root is place


def test_places_have_numbers() -> None:
    place = root({"a": {"x": 1}, "b": {"x": 1}, "c": {}})
    children = [place.child(name) for name in "abc"]
    assert [place.id, *[child.id for child in children]] == [0, 1, 2, 3]
    assert children[0] is not children[1]
    assert len(place.documents.places) == 4


def test_one_object_in_two_places_is_one_place() -> None:
    shared = {"type": "null"}
    place = root({"a": shared, "b": shared})
    assert place.child("a") is place.child("b")
    assert place.child("b").pointer == "#/a"


def test_no_schema_where_there_is_none() -> None:
    place = root({"a": 3, "b": [1]})
    with pytest.raises(ConstraintSyntaxError, match=r"^#: no schema stands at \('c',\)"):
        place.child("c")
    with pytest.raises(ConstraintSyntaxError, match="no schema stands at"):
        place.child("b", 7)
    with pytest.raises(ConstraintSyntaxError, match="no schema stands at"):
        place.child("a", "b")
    with pytest.raises(ConstraintSyntaxError, match="#/a: a schema is an object or a boolean, not 3"):
        place.child("a")
    with pytest.raises(ConstraintSyntaxError, match=r"^#: a schema is an object or a boolean, not 7"):
        root(7)


# -- dialects ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("draft", DRAFTS)
def test_dialects_by_draft_and_by_name(draft: str) -> None:
    uri = DRAFTS[draft]
    expected = Dialect(uri, draft, NUMBERS[draft], frozenset(), False)
    assert root({}, draft).dialect == expected
    assert root(True, draft).dialect == expected
    swapped = uri.replace("https://", "http://") if "https" in uri else uri.replace("http://", "https://")
    other = "7" if draft != "7" else "6"
    for name in (uri, f"{uri}#", swapped):
        assert root({"$schema": name}, other).dialect == expected, name
    assert root({"$schema": 3}, draft).dialect == expected
    specification = referencing.jsonschema.specification_with(uri)
    assert expected.specification == specification


def test_an_unknown_draft_or_dialect_is_refused() -> None:
    with pytest.raises(ValueError, match="draft is one of 4, 6, 7, 2019-09, 2020-12, not '5'"):
        Documents({}, draft="5")
    with pytest.raises(ConstraintSyntaxError) as caught:
        root({"$schema": "http://json-schema.org/draft-7/schema"})
    assert str(caught.value).startswith(
        "#/$schema: unknown dialect 'http://json-schema.org/draft-7/schema'; known are http://"
    )
    assert "did you mean 'http://json-schema.org/draft-07/schema'" in str(caught.value)
    with pytest.raises(ConstraintSyntaxError, match=r"^#/a/\$schema: unknown dialect 'urn:x'"):
        root({"a": {"$id": "https://x/y", "$schema": "urn:x"}}).child("a")


def dialect(vocabulary: Any, base: str = "2020-12", **meta: Any) -> Dialect:
    """The dialect of a meta-schema with this `$vocabulary`."""
    prefix = f"https://json-schema.org/draft/{base}/vocab/"
    contents = {"$schema": DRAFTS[base], "$id": "https://x/meta", **meta}
    if vocabulary is not None:
        contents["$vocabulary"] = {prefix + name: needed for name, needed in vocabulary.items()}
    return root({"$schema": "https://x/meta"}, meta=contents).dialect


ALL_2020 = ("core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content")


def test_vocabularies_leave_keywords_out() -> None:
    whole = dialect(dict.fromkeys(ALL_2020, True))
    assert whole == Dialect("https://x/meta", "2020-12", 2020)
    without = dialect(dict.fromkeys(set(ALL_2020) - {"validation"}, True))
    assert {"type", "const", "enum", "required", "dependentRequired", "multipleOf"} <= without.ignored
    assert not {"properties", "allOf", "unevaluatedItems", "format", "$ref"} & without.ignored
    without = dialect(dict.fromkeys(set(ALL_2020) - {"applicator"}, True))
    assert {"properties", "allOf", "dependencies", "additionalItems"} <= without.ignored
    assert not {"type", "unevaluatedItems"} & without.ignored
    without = dialect(dict.fromkeys(set(ALL_2020) - {"unevaluated"}, True))
    assert without.ignored == {"unevaluatedItems", "unevaluatedProperties"}
    # In 2019-09 these belong to the applicators.
    names = ("core", "applicator", "validation", "meta-data", "content")
    assert dialect(dict.fromkeys(names, True), "2019-09").ignored == frozenset()
    without = dialect({"validation": True}, "2019-09")
    assert {"unevaluatedItems", "properties"} <= without.ignored
    # A vocabulary is there whether or not it must be understood.
    assert dialect(dict.fromkeys(ALL_2020, False)).ignored == frozenset()


def test_vocabularies_assert_formats() -> None:
    assert dialect(dict.fromkeys(ALL_2020, True)).asserts_format is False
    assert dialect({"format-assertion": True}).asserts_format is True
    assert dialect({"format-assertion": False}).asserts_format is True
    assert dialect({"format": True}, "2019-09").asserts_format is True
    assert dialect({"format": False}, "2019-09").asserts_format is False
    assert dialect({"core": True}, "2019-09").asserts_format is False
    assert dialect({"format": True}).asserts_format is False


def test_meta_schemas_without_vocabularies() -> None:
    assert dialect(None) == Dialect("https://x/meta", "2020-12", 2020)
    assert dialect(None, **{"$vocabulary": 3}) == Dialect("https://x/meta", "2020-12", 2020)
    assert dialect({"validation": True}, "7") == Dialect("https://x/meta", "7", 7)
    # A meta-schema that describes itself is read as the default says.
    itself = {"$schema": "https://x/self", "$id": "https://x/self", "$vocabulary": {"a/validation": True}}
    found = root({"$schema": "https://x/self"}, self=itself).dialect
    assert (found.draft, found.number) == ("2020-12", 2020)
    assert "allOf" in found.ignored
    assert root({"$schema": "https://x/self"}, "7", self=itself).dialect == Dialect("https://x/self", "7", 7)


def test_a_dialect_is_read_once() -> None:
    documents = root({"a": {"$id": "https://x/a", "$schema": "https://x/meta"}}, meta={}).documents
    place = documents.root.child("a")
    assert documents.dialect_of(place.schema, documents.root.dialect, "#") is place.dialect
    assert documents.dialect_of({}, place.dialect, "#") is place.dialect
    assert documents.dialect_of(True, place.dialect, "#") is place.dialect


# -- identifiers -------------------------------------------------------------------------------------


def test_identifiers_change_the_base_and_the_scope() -> None:
    place = root({"$id": "https://x/dir/root", "a": {"$id": "inner", "b": {"$id": "#anchor"}}})
    assert (place.base, place.scope) == ("https://x/dir/root", ("https://x/dir/root",))
    child = place.child("a")
    assert child.base == "https://x/dir/inner"
    assert child.scope == ("https://x/dir/root", "https://x/dir/inner")
    inner = child.child("b")
    assert (inner.base, inner.scope) == (child.base, child.scope)
    again = root({"$id": "https://x/r", "a": {"$id": "https://x/r"}}).child("a")
    assert again.scope == ("https://x/r",)


@pytest.mark.parametrize("draft", DRAFTS)
def test_identifiers_of_each_draft(draft: str) -> None:
    new, old = "$id", "id"
    place = root({"a": {new: "https://x/n"}, "b": {old: "https://x/o"}, "c": {new: 3, old: 3}}, draft)
    assert place.child("a").base == ("" if draft == "4" else "https://x/n")
    assert place.child("b").base == ("https://x/o" if draft == "4" else "")
    assert place.child("c").base == ""
    name = old if draft == "4" else new
    beside = root({"a": {name: "https://x/n", "$ref": "#"}}, draft).child("a")
    assert beside.base == ("https://x/n" if draft.startswith("20") else "")
    assert root({name: "https://x/whole#"}, draft).base == "https://x/whole"


def test_an_identifier_may_change_the_dialect() -> None:
    place = root({"a": {"$id": "https://x/a", "$schema": DRAFTS["7"]}, "b": {"$schema": DRAFTS["7"]}})
    assert place.child("a").dialect.draft == "7"
    assert place.child("b").dialect.draft == "2020-12"


def test_an_identifier_that_is_no_string_is_refused() -> None:
    for draft, name in (("2020-12", "$id"), ("4", "id")):
        with pytest.raises(ConstraintSyntaxError, match=r"^#: an identifier is no string"):
            root({name: 3}, draft)


# -- references --------------------------------------------------------------------------------------


def test_references_by_pointer() -> None:
    schema = {
        "a": {"x": 1},
        "b/c~d %": {"x": 2},
        "list": [{"x": 3}],
        "to a": {"$ref": "#/a"},
        "to b": {"$ref": "#/b~1c~0d%20%25"},
        "to list": {"$ref": "#/list/0"},
        "to root": {"$ref": "#"},
    }
    place = root(schema)
    found = {name: place.child(name).follow("$ref") for name in schema if name.startswith("to")}
    assert [one.schema for one in found.values()] == [{"x": 1}, {"x": 2}, {"x": 3}, schema]
    assert found["to a"] is place.child("a")
    assert found["to root"] is place
    assert found["to b"].pointer == "#/b~1c~0d%20%25"
    assert place.child("to a").follow("$ref") is found["to a"]


def test_references_that_lead_nowhere() -> None:
    for reference in ("#/none", "#/list/7", "#/list/x", "https://x/none", "#none", "#/text/0", "#/number/x"):
        said = refused({"a": {"$ref": reference}, "list": [], "text": "", "number": 3}, "a")
        assert said.startswith(f"#/a/$ref: the reference '{reference}' leads nowhere;"), said
    assert refused({"$ref": 3}) == "#/$ref: a reference is a string, not 3"
    assert "a schema is an object or a boolean, not 5" in refused({"$ref": "#/a", "a": 5})


def test_references_by_anchor() -> None:
    schema = {"$ref": "#here", "$defs": {"a": {"$anchor": "here", "x": 1}}}
    place = root(schema)
    target = place.follow("$ref")
    assert target is place.child("$defs", "a")
    assert (
        root({"$ref": "#here", "definitions": {"a": {"$id": "#here", "x": 1}}}, "7")
        .follow("$ref")
        .schema["x"]
        == 1
    )


def test_references_to_other_documents() -> None:
    other = {"$defs": {"a": {"x": 1, "$ref": "#/$defs/b"}, "b": {"x": 2}}, "x": 0}
    place = root({"a": {"$ref": "https://x/o"}, "b": {"$ref": "https://x/o#/$defs/a"}}, o=other)
    whole, part = place.child("a").follow("$ref"), place.child("b").follow("$ref")
    assert (whole.schema, whole.base, whole.pointer) == (other, "https://x/o", "https://x/o#")
    assert whole.scope == ("", "https://x/o")
    assert (part.schema["x"], part.pointer) == (1, "https://x/o#/$defs/a")
    assert part.follow("$ref").schema == {"x": 2}
    assert part.follow("$ref").scope == part.scope


def test_documents_that_a_registry_fetches() -> None:
    """Whole, by pointer and by anchor."""
    fetched = []

    def retrieve(uri: str) -> Any:
        fetched.append(uri)
        contents = {"$defs": {"a": {"$anchor": "here", "x": 1}}}
        return referencing.jsonschema.DRAFT202012.create_resource(contents)

    registry: Any = referencing.Registry(retrieve=retrieve)
    for fragment, found in (("#here", 1), ("#/$defs/a", 1), ("", None)):
        place = Documents({"$ref": f"https://x/o{fragment}"}, registry=registry).root.follow("$ref")
        assert place.schema.get("x") == found
    assert set(fetched) == {"https://x/o"}


def test_references_against_the_base() -> None:
    place = root({"$id": "https://x/dir/s", "$ref": "o"}, **{"dir/o": {"x": 1}})
    target = place.follow("$ref")
    assert (target.schema, target.base) == ({"x": 1}, "https://x/dir/o")
    assert root({"$id": "https://x/s", "$ref": "s#/a", "a": {"x": 1}}).follow("$ref").pointer == "#/a"


def test_references_to_embedded_resources() -> None:
    schema = {
        "$id": "https://x/s",
        "$ref": "inner#/y",
        "a": {"$ref": "#/$defs/i/y"},
        "b": {"$ref": "#/$defs/i/y/z"},
        "$defs": {"i": {"$id": "inner", "y": {"x": 1, "z": {"$ref": "#/y"}}}},
    }
    place = root(schema)
    by_name, by_pointer = place.follow("$ref"), place.child("a").follow("$ref")
    assert by_name.schema == by_pointer.schema == schema["$defs"]["i"]["y"]
    assert by_name.base == by_pointer.base == "https://x/inner"
    assert by_name.scope == by_pointer.scope == ("https://x/s", "https://x/inner")
    # A pointer that passes an identifier resolves what it finds against that.
    assert place.child("b").follow("$ref").follow("$ref").schema == by_name.schema
    within = {"$id": "https://x/s", "$defs": {"i": {"$id": "i", "y": {}, "z": {"$ref": "s#/$defs/i/y"}}}}
    inner = root(within).child("$defs", "i").child("z")
    assert inner.follow("$ref").scope == inner.scope == ("https://x/s", "https://x/i")
    back = root({"$id": "https://x/s", "a": {"$id": "https://x/t", "$ref": "s"}}).child("a").follow("$ref")
    assert back.scope == ("https://x/s", "https://x/t")


def test_embedded_resources_inherit_a_dialect_or_name_one() -> None:
    inner = {"$schema": DRAFTS["7"], "$id": "https://x/i", "y": {"x": 1}}
    schema = {"$id": "https://x/s", "$ref": "i#/y", "a": {"$ref": "#/$defs/i/y"}, "$defs": {"i": inner}}
    place = root(schema)
    assert place.follow("$ref").dialect.draft == "7"
    assert place.child("a").follow("$ref").dialect.draft == "7"
    # Without a name, a document is read as the schema itself where it could be embedded in it.
    vocabulary = {"$schema": DRAFTS["2020-12"], "$id": "https://x/meta", "$vocabulary": {"a/core": True}}
    place = root({"$schema": "https://x/meta", "$ref": "https://x/o"}, meta=vocabulary, o={"x": 1})
    assert place.follow("$ref").dialect is place.dialect
    assert (
        root({"$schema": DRAFTS["7"], "$ref": "https://x/o"}, o={"x": 1}).follow("$ref").dialect.draft
        == "2020-12"
    )


def test_the_meta_schemas_are_known() -> None:
    for uri in DRAFTS.values():
        place = root({"$ref": uri}).follow("$ref")
        assert uri in (place.schema.get("$id", place.schema.get("id")).rstrip("#"),)
    place = root({"$ref": f"{DRAFTS['7']}#/definitions/nonNegativeInteger"}).follow("$ref")
    assert place.schema == {"type": "integer", "minimum": 0}


def test_dynamic_references_lead_to_the_outermost_anchor() -> None:
    tree = {
        "$id": "https://x/tree",
        "$dynamicAnchor": "node",
        "items": {"$dynamicRef": "#node"},
        "x": 1,
    }
    strict = {"$id": "https://x/strict", "$dynamicAnchor": "node", "$ref": "tree", "x": 2}
    place = root(strict, tree=tree)
    inner = place.follow("$ref").child("items")
    assert inner.follow("$dynamicRef").schema == strict
    alone = root(tree).child("items").follow("$dynamicRef")
    assert alone.schema == tree
    # In a scope that has no such anchor between.
    between = {"$id": "https://x/between", "$ref": "tree"}
    outer = {"$id": "https://x/outer", "$dynamicAnchor": "node", "$ref": "between", "x": 3}
    place = root(outer, tree=tree, between=between)
    assert place.follow("$ref").follow("$ref").child("items").follow("$dynamicRef").schema == outer
    place = root({"$id": "https://x/plain", "$anchor": "node", "$ref": "tree"}, tree=tree)
    assert place.follow("$ref").child("items").follow("$dynamicRef").schema == tree


def test_dynamic_references_without_a_dynamic_anchor_are_plain() -> None:
    schema = {
        "a": {"$dynamicRef": "#/$defs/b"},
        "c": {"$dynamicRef": "#plain"},
        "d": {"$dynamicRef": "#"},
        "$defs": {"b": {"x": 1}, "e": {"$anchor": "plain", "x": 2}},
    }
    place = root(schema)
    assert place.child("a").follow("$dynamicRef").schema == {"x": 1}
    assert place.child("c").follow("$dynamicRef").schema["x"] == 2
    assert place.child("d").follow("$dynamicRef") is place
    # A plain reference to a dynamic anchor stays where it is.
    tree = {"$id": "https://x/tree", "$dynamicAnchor": "node", "items": {"$ref": "#node"}}
    place = root({"$id": "https://x/s", "$dynamicAnchor": "node", "$ref": "tree"}, tree=tree)
    assert place.follow("$ref").child("items").follow("$ref").schema == tree


def test_recursive_references_lead_to_the_outermost_recursive_anchor() -> None:
    tree = {"$id": "https://x/tree", "$recursiveAnchor": True, "items": {"$recursiveRef": "#"}}
    strict = {"$id": "https://x/strict", "$recursiveAnchor": True, "$ref": "tree", "x": 2}
    place = root(strict, "2019-09", tree=tree)
    inner = place.follow("$ref").child("items")
    assert inner.follow("$recursiveRef").schema == strict
    assert inner.follow("$recursiveRef").pointer == "#"
    for outer in ({**strict, "$recursiveAnchor": False}, {"$id": "https://x/strict", "$ref": "tree"}):
        place = root(outer, "2019-09", tree=tree)
        assert place.follow("$ref").child("items").follow("$recursiveRef").schema == tree
    flat = {**tree, "$recursiveAnchor": False}
    place = root(strict, "2019-09", tree=flat)
    assert place.follow("$ref").child("items").follow("$recursiveRef").schema == flat


def test_dynamic_scope_is_part_of_a_place() -> None:
    """One subschema that is entered from two resources is two places."""
    node = {"$id": "https://x/n", "x": {"y": 1}}
    place = root({"$id": "https://x/s", "a": {"$id": "https://x/a", "$ref": "n"}, "b": {"$ref": "n"}}, n=node)
    one, other = place.child("a").follow("$ref"), place.child("b").follow("$ref")
    assert one.scope == ("https://x/s", "https://x/a", "https://x/n")
    assert other.scope == ("https://x/s", "https://x/n")
    assert one is not other
    assert one.child("x") is not other.child("x")


# -- what is registered ------------------------------------------------------------------------------


def test_a_schema_that_refers_to_itself_alone_is_not_registered() -> None:
    """Registering costs a walk over the whole document."""
    place = root({"$id": "https://x/s", "a": {"$ref": "#/b"}, "b": {"x": 1}})
    with patch.object(Documents, "_enter_through_resources", side_effect=AssertionError):
        assert place.child("a").follow("$ref").schema == {"x": 1}
    assert place.documents._unregistered is not None
    assert place.documents.used() is None
    anchored = root({"$ref": "#here", "$defs": {"b": {"$anchor": "here"}}})
    anchored.follow("$ref")
    assert anchored.documents._unregistered is None


def test_the_documents_that_were_used() -> None:
    """Of the registry alone: neither the schema itself nor a meta-schema; in the order of their URIs."""
    schema = {
        "$id": "https://x/s",
        "allOf": [{"$ref": "o"}, {"$ref": "n"}, {"$ref": DRAFTS["7"]}, {"$ref": "s"}],
    }
    given = {"o": {"x": 1}, "n": {"$schema": DRAFTS["7"], "x": 2}, "unused": {"x": 3}}
    place = root(schema, **given)
    assert place.documents.used() is None
    for i in range(4):
        place.child("allOf", i).follow("$ref")
    used = place.documents.used()
    assert used == (("https://x/n", "7", given["n"]), ("https://x/o", "2020-12", given["o"]))
    seven = referencing.jsonschema.DRAFT7.create_resource(given["n"])
    assert used is not None
    assert used.registry()["https://x/n"] == seven
    # In place of the registry they say the same.
    again = Documents(schema, registry=used)
    assert again.root.child("allOf", 0).follow("$ref").schema == {"x": 1}
    assert again.root.child("allOf", 1).follow("$ref").dialect.draft == "7"
    with pytest.raises(ConstraintSyntaxError, match="leads nowhere"):
        Documents({"$ref": "https://x/unused"}, registry=used).root.follow("$ref")


def test_documents_of_no_draft_are_kept_as_they_are() -> None:
    opaque: Any = referencing.Specification.OPAQUE.create_resource({"x": 1})
    resources = Resources.of({"urn:b": opaque, "urn:a": opaque})
    assert resources == (("urn:a", "", {"x": 1}), ("urn:b", "", {"x": 1}))
    registry = resources.registry()
    assert registry["urn:a"] == opaque
    assert Documents({"$ref": "urn:a"}, registry=resources).root.follow("$ref").schema == {"x": 1}


def test_escaped_keywords_in_errors() -> None:
    place = root({"a~/": 3})
    with pytest.raises(ConstraintSyntaxError) as caught:
        place.follow("a~/")
    assert str(caught.value) == "#/a~0~1: a reference is a string, not 3"
