"""Constraints as values: equal by source and options, hashed, copied, pickled to other processes."""

from __future__ import annotations

import copy
import datetime
import itertools
import json
import pickle
import random
import re
import subprocess
import sys
from typing import Annotated, Any, Literal

import pytest
import referencing
import referencing.jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

import bltgen
from bltgen import choice, grammar, json_schema, literal, parts, regex, substring_of, until
from bltgen.automata.context_free import Grammar
from bltgen.automata.language import _TERMS
from bltgen.testing import strategies
from bltgen.testing.schema_strategies import json_schemas

SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"enum": [1, True, "x", 1.5, None]}},
    "additionalProperties": False,
}
REGISTRY = referencing.Registry().with_resource(
    "urn:there", referencing.jsonschema.DRAFT202012.create_resource({"const": 1})
)


def shared(depth: int) -> Any:
    """2 ** depth paths through `depth` objects."""
    schema: Any = {"type": "integer"}
    for _ in range(depth):
        schema = {"allOf": [schema, schema]}
    return schema


MAKERS = {
    "regex": lambda: regex("[a-z]+"),
    "lookaround": lambda: regex(r"(?=.*\d)[a-z\d]{3}"),
    "bytes": lambda: regex(b"\xff+"),
    "flags": lambda: regex("a", flags=re.I),
    "search": lambda: regex("a", mode="search"),
    "union of lookarounds": lambda: regex(r"(?=.*\d)[a-z\d]{3}") | regex("(?!b)xyz"),
    "complement": lambda: ~regex(r"(?=a).*"),
    "concatenation": lambda: regex(r"(?<=a)b|c") + literal("x"),
    "substring": lambda: substring_of("a b c"),
    "substring of bytes": lambda: substring_of(b"a \xff c"),
    "substring anywhere": lambda: substring_of("a b c", boundary="any"),
    "substring or nothing": lambda: substring_of("ab cd").optional(),
    "choice": lambda: choice(["a", "b"]),
    "until": lambda: until("x"),
    "utf8": bltgen.utf8,
    "schema": lambda: json_schema(SCHEMA),
    "option": lambda: json_schema(SCHEMA, escapes="plain"),
    "text": lambda: json_schema('{"type": "integer"}'),
    "bool": lambda: json_schema(True),
    "type": lambda: json_schema(list[datetime.date]),
    "annotated": lambda: json_schema(Annotated[int, ["unhashable"]]),
    "union type": lambda: json_schema(int | None),
    "literal type": lambda: json_schema(Literal["a"]),
    "format": lambda: json_schema({"format": "x", "type": "string"}, custom_formats={"x": "a+"}),
    "constraint": lambda: json_schema(
        {"type": "string", "x-bltgen-constraint": "y"}, constraints={"y": regex("b+")}
    ),
    "grounded": lambda: json_schema({"type": "string"}, strings_from="a b c"),
    "shared": lambda: json_schema(shared(40)),
    "registry": lambda: json_schema({"$ref": "urn:there"}, registry=REGISTRY),
    "grammar": lambda: grammar('start: "a" start "b" | "c"'),
    "gbnf": lambda: grammar('root ::= "a" | "b" root', format="gbnf"),
    "grammar with a schema": lambda: grammar('start: "x" j', constraints={"j": json_schema(SCHEMA)}),
    "ready grammar": lambda: bltgen.grammar_file("json"),
    "rules in memory": lambda: Grammar({"s": ((), (literal(b"("), "s", literal(b")")))}, "s"),
    "schema & regex": lambda: json_schema(SCHEMA) & regex(".{5,9}"),
    "schema | regex": lambda: json_schema(SCHEMA) | regex("a"),
    "text + schema": lambda: literal("x") + json_schema(SCHEMA),
    "schemas in a row": lambda: json_schema(SCHEMA).repeat(1, 3),
    "schema or nothing": lambda: json_schema(SCHEMA).optional(),
    "grammar & regex": lambda: grammar('start: "a" start "b" | "c"') & regex("a*cb*"),
    "choice with a schema": lambda: choice(["a", "b", json_schema(SCHEMA)]),
    "parts": lambda: parts(thought=until("x"), value=json_schema(SCHEMA)),
}


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_source_and_options_make_an_equal_constraint(name):
    """It hashes alike, finds itself in a set, and is its own copy."""
    one, two = MAKERS[name](), MAKERS[name]()
    assert one == two
    assert hash(one) == hash(two)
    assert {one} == {two}
    assert copy.copy(one) is copy.deepcopy(one) is one


def test_another_source_or_option_makes_another():
    """All of the above are different."""
    made = [make() for make in MAKERS.values()]
    for one, two in itertools.combinations(made, 2):
        assert one != two
    assert len(set(made)) == len(made)
    assert made[0] != "[a-z]+"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"const": 1}, {"const": True}),
        ({"const": 0}, {"const": False}),
        ({"const": "1"}, {"const": 1}),
        ({"enum": [[1], [2]]}, {"enum": [[1, 2]]}),
        ({"enum": [[], [[]]]}, {"enum": [[[]], []]}),
        ({"properties": {"a": True, "b": False}}, {"properties": {"a": False, "b": True}}),
        ({"properties": {"a": {}, "b": True}}, {"properties": {"b": True, "a": {}}}),
    ],
)
def test_sources_are_compared_as_json(one, two):
    """Types are told apart, and the order of members, which an option may make matter."""
    made = json_schema(one, property_order="schema")
    assert made != json_schema(two, property_order="schema")
    assert made == json_schema(json.loads(json.dumps(one)), property_order="schema")


def test_defaults_are_options_too():
    """Written out or not, they are the same."""
    assert json_schema(SCHEMA, formats="assert", escapes="any") == json_schema(SCHEMA)
    assert grammar('start: "a" start "b" | "c"', "lark") == MAKERS["grammar"]()
    assert json_schema(SCHEMA, whitespace="compact") != json_schema(SCHEMA)


CHILD = """
import pickle, random, sys
for constraint, seed, text in pickle.load(sys.stdin.buffer):
    assert constraint.sample(random.Random(seed), max_bytes=60) == text, (constraint, text)
    assert constraint.start().forced == pickle.loads(pickle.dumps(constraint)).start().forced
    print(constraint.accepts(text))
"""


def test_constraints_go_to_other_processes():
    """They are equal when they come back, and draw the same texts where they went."""
    work = []
    for seed, make in enumerate(MAKERS.values()):
        constraint = make()
        again = pickle.loads(pickle.dumps(constraint))
        assert again == constraint
        assert hash(again) == hash(constraint)
        work.append((constraint, seed, constraint.sample(random.Random(seed), max_bytes=60)))
    done = subprocess.run(
        [sys.executable, "-c", CHILD], input=pickle.dumps(work), capture_output=True, check=False
    )
    assert done.stderr == b""
    assert done.stdout.split() == [b"True"] * len(MAKERS)


def test_a_grammar_takes_its_files_along(tmp_path):
    """What was imported from a folder is part of the source, wherever the folder is."""
    (tmp_path / "a.lark").write_text('x: "x"')
    one = grammar("%import a.x\nstart: x", folder=tmp_path)
    data = pickle.dumps(one)
    (tmp_path / "a.lark").write_text('x: "y"')
    two = grammar("%import a.x\nstart: x", folder=tmp_path)
    assert pickle.loads(data).accepts(b"x")
    assert one == pickle.loads(data) == grammar("%import a.x\nstart: x", folder={"a.lark": 'x: "x"'})
    assert one != two


SPELLINGS = {
    "a class of one": [lambda: regex("a"), lambda: regex("[a]"), lambda: regex("(?:a)"), lambda: regex(b"a")],
    "what options say": [lambda: regex("[aA]"), lambda: regex("a", flags=re.I), lambda: regex("(?i:a)")],
    "one piece": [lambda: regex("word"), lambda: substring_of("word"), lambda: substring_of(b"word")],
    "a text": [lambda: literal("word"), lambda: regex("word")],
    "looks around": [lambda: regex(r"(?=[ab])..(?<=b)"), lambda: regex(r"(?=a|b)..(?<=[b])")],
    "anything": [bltgen.utf8, lambda: regex(r"(?s).*"), lambda: regex(r"[\s\S]*")],
}


@pytest.mark.parametrize("kind", SPELLINGS)
def test_equal_languages_keep_their_own_names(kind):
    """Whichever was made last: names, equality, reports, descriptions, copies and pickles are by source."""
    made = [make() for make in SPELLINGS[kind]]
    names = [repr(one) for one in made]
    again = [make() for make in reversed(SPELLINGS[kind])][::-1]
    assert [repr(one) for one in made] == [repr(one) for one in again] == names
    assert len(set(names)) == len(made) == len(set(made))
    for one, other in itertools.combinations(made, 2):
        assert one != other
        assert one.equivalent(other)
    for one, same in zip(made, again, strict=True):
        sent = pickle.loads(pickle.dumps(one))
        assert one == same == sent == copy.deepcopy(one)
        assert hash(one) == hash(sent)
        assert repr(sent) == repr(one)
        assert one.report() == same.report() == sent.report()
        assert one.describe() == same.describe() == sent.describe()


def test_combinations_are_of_terms_alone():
    """No facade is a part of a term, or two equal terms would be two objects."""
    names = [regex("a+"), regex(r"(?=a)a*"), substring_of("a b"), regex("a{1,}")]
    for one, other in itertools.product([*names, literal("a"), literal("a").plus()], repeat=2):
        for made, plain in [
            (one | other, one.bare | other.bare),
            (one & other, one.bare & other.bare),
            (one + other, one.bare + other.bare),
            (one - other, one.bare - other.bare),
            (~one, ~one.bare),
            (one.repeat(2, 5), one.bare.repeat(2, 5)),
            (one.optional(), one.bare.optional()),
            (choice([one, other]), one.bare | other.bare),
            (one.start().language, one.bare),
        ]:
            assert made is plain
    rules = {"s": (("t", names[0]), (names[2],)), "t": ((names[1], "s"), ())}
    mixed = [Grammar(rules, "s"), json_schema(SCHEMA) | names[0], names[1] + json_schema(SCHEMA)]
    mixed += [grammar('start: "x" start X | X', constraints={"X": names[0]})]
    assert all(one.accepts(one.sample(random.Random(1), 40)) for one in mixed)
    alive = [reference() for reference in list(_TERMS.values())]
    assert not [term for term in alive if term and any(part.bare is not part for part in term.parts)]


DRAFT_7 = referencing.jsonschema.DRAFT7
OTHER_DRAFT = {"const": 1, "$defs": {"x": {"$id": "urn:within", "minimum": 3}}}
REGISTRIES = {
    "one document": ({"$ref": "urn:there"}, {"urn:there": {"const": 1}}, b"1"),
    "a part of one": ({"$ref": "urn:a#/$defs/b"}, {"urn:a": {"$defs": {"b": {"const": 2}}}}, b"2"),
    "an anchor": ({"$ref": "urn:a#b"}, {"urn:a": {"$defs": {"b": {"$anchor": "b", "const": 2}}}}, b"2"),
    "a document that refers on": (
        {"$ref": "urn:a"},
        {"urn:a": {"$ref": "urn:b"}, "urn:b": {"const": 3}},
        b"3",
    ),
    "a boolean": ({"items": {"$ref": "urn:no"}, "type": "array"}, {"urn:no": False}, b"[]"),
    "one within another": ({"$ref": "urn:within"}, {"urn:a": OTHER_DRAFT}, b"3"),
    "another draft": (
        {"$ref": "urn:a"},
        {"urn:a": {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"const": 1}, False]}},
        b"[1]",
    ),
    "a dynamic scope": (
        {"$id": "urn:root", "$ref": "urn:tree", "$defs": {"n": {"$dynamicAnchor": "n", "const": 4}}},
        {"urn:tree": {"$dynamicRef": "#n", "$defs": {"n": {"$dynamicAnchor": "n"}}}},
        b"4",
    ),
    "a dialect": (
        {"$schema": "urn:meta", "minimum": 5},
        {
            "urn:meta": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "$id": "urn:meta",
                "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/core": True},
            }
        },
        b"1",
    ),
}


def registry_of(documents: dict[str, Any], more: bool = False) -> Any:
    """Made anew, and with another document that nobody refers to."""
    made = referencing.Registry()
    unused = {"urn:unused": {"const": 9}} if more else {}
    for uri, contents in {**documents, **unused}.items():
        resource = referencing.jsonschema.DRAFT202012.create_resource(copy.deepcopy(contents))
        if isinstance(contents, dict) and "draft-07" in contents.get("$schema", ""):
            resource = DRAFT_7.create_resource(copy.deepcopy(contents))
        made = made.with_resource(uri, resource)
    return made


@pytest.mark.parametrize("kind", REGISTRIES)
def test_a_registry_goes_along(kind):
    """As the documents that are referred to: compared by content, pickled, and whole where they arrive."""
    schema, documents, text = REGISTRIES[kind]
    one = json_schema(schema, registry=registry_of(documents))
    two = json_schema(copy.deepcopy(schema), registry=registry_of(documents, more=True))
    sent = pickle.loads(pickle.dumps(one))
    assert one == two == sent
    assert hash(one) == hash(two) == hash(sent)
    assert one != json_schema(schema, registry=registry_of(documents), escapes="plain")
    for other in (one, sent, pickle.loads(pickle.dumps(sent))):
        assert other.accepts(text)
        assert other.report() == one.report()
        assert other.sample(random.Random(5), 60) == one.sample(random.Random(5), 60)
    assert len(pickle.dumps(one)) == len(pickle.dumps(two))


def test_registries_are_compared_by_what_is_referred_to():
    """Other contents make another constraint; what is fetched is carried along."""
    one, two = (json_schema({"$ref": "urn:x"}, registry=registry_of({"urn:x": {"const": n}})) for n in (1, 2))
    assert one != two
    assert json_schema({"type": "null"}, registry=REGISTRY) == json_schema({"type": "null"})
    known = {"$ref": "https://json-schema.org/draft/2020-12/schema"}
    assert json_schema(known, registry=REGISTRY) == json_schema(known)
    fetched = referencing.Registry(
        retrieve=lambda uri: referencing.jsonschema.DRAFT202012.create_resource({"const": uri})
    )
    sent = pickle.loads(pickle.dumps(json_schema({"$ref": "urn:far"}, registry=fetched)))
    assert sent.accepts(b'"urn:far"')


@settings(deadline=None, max_examples=60)
@given(strategies.constraints(), st.integers(0, 9))
def test_any_constraint_is_equal_to_its_pickle(constraint, seed):
    """And draws the same texts."""
    again = pickle.loads(pickle.dumps(constraint))
    assert again == constraint
    assert again.sample(random.Random(seed), 500) == constraint.sample(random.Random(seed), 500)


@settings(deadline=None, max_examples=60)
@given(json_schemas())
def test_any_schema_is_equal_to_its_copy(schema):
    """Whatever objects it shares within itself."""
    one, two = json_schema(schema), json_schema(json.loads(json.dumps(schema)))
    assert one == two
    assert hash(one) == hash(two)


@pytest.mark.parametrize("name", MAKERS)
def test_a_state_is_of_its_process(name):
    """A copy is itself; pickling says what to do instead."""
    state = MAKERS[name]().start()
    assert copy.copy(state) is copy.deepcopy(state) is state
    with pytest.raises(TypeError, match="pickle the constraint and the bytes"):
        pickle.dumps(state)
