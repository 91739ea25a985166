"""Strategies draw what they promise: valid, varied, shrinking to the simplest, and never filtered."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

import bltgen
from bltgen.automata.contract import Constraint
from bltgen.automata.language import ANY_BYTES
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.errors import BudgetTooSmall, EmptyLanguage, LimitExceeded
from bltgen.model.contract import ByteModel
from bltgen.testing import strategies
from bltgen.testing.exhaustive import grammar_of
from bltgen.testing.reference import RegexReference, SchemaReference
from bltgen.testing.schema_strategies import KEYWORDS, json_schemas

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 12},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 2}, "maxItems": 4},
        "born": {"anyOf": [{"type": "integer"}, {"type": "string", "format": "date"}, {"type": "null"}]},
        "friend": {"$ref": "#"},
    },
    "required": ["name"],
    "additionalProperties": False,
}
SCHEMAS = {
    "person": PERSON,
    "tree": {"type": "array", "items": {"$ref": "#"}, "maxItems": 2},
    "numbers": {"type": "number", "multipleOf": 0.25, "minimum": -1, "exclusiveMaximum": 3},
    "anything": True,
    "unique": {"type": "array", "items": {"enum": [1, 2, 3, "é"]}, "uniqueItems": True, "minItems": 3},
    "draft 4": {"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer", "minimum": 10},
}


def drawn(strategy, count=200, seed_of_run=0):
    """What Hypothesis draws in a test without failures; health checks are all on."""
    seen = []

    @seed(seed_of_run)
    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate])
    @given(strategy)
    def collect(value):
        seen.append(value)

    collect()
    return seen


@pytest.mark.parametrize("pattern", [r"(?:ab|c)*d?", r"\d{3}-\d{4}", r"[à-ü]{0,9}", r"(?=.*x)\w{2,5}"])
def test_accepted_texts_match(pattern):
    """Each is what `re` matches, and each prefix of one can be finished."""
    reference = RegexReference(pattern)
    constraint = bltgen.regex(pattern)
    assert all(map(reference.accepts, drawn(strategies.accepted(constraint), 60)))
    partial = RegexReference(pattern, engine="regex")
    for prefix in drawn(strategies.prefixes(constraint), 60):
        try:
            prefix.decode()
        except UnicodeDecodeError:
            continue  # cut within a character
        assert partial.possible(prefix)


@pytest.mark.parametrize("name", SCHEMAS)
def test_values_and_texts_satisfy_the_schema(name):
    """`jsonschema` says so, recursion included, with all health checks on."""
    schema = SCHEMAS[name]
    reference = SchemaReference(schema)
    for value in drawn(strategies.values(schema), 60):
        assert reference.why_not(value) is None
    texts = drawn(strategies.json_texts(schema), 100)
    assert [text for text in texts if not reference.accepts(text)] == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_near_misses_are_refused(name):
    """By `json` or `jsonschema`, at the place that they name."""
    reference = SchemaReference(SCHEMAS[name])
    constraint = bltgen.json_schema(SCHEMAS[name], whitespace="any", numbers="any")
    for miss in drawn(strategies.rejected(constraint), 80):
        assert not reference.accepts(miss.data), miss.reason
        assert f"offset {miss.position}" in miss.reason
        assert miss.data[miss.position : miss.position + 1] not in [bytes((b,)) for b in miss.allowed]


def test_near_misses_of_a_regex_are_refused():
    """Each has exactly one reason: the byte, or the early end."""
    reference = RegexReference("(?:ab){1,3}")
    misses = drawn(strategies.rejected(bltgen.regex("(?:ab){1,3}")), 100)
    assert not any(reference.accepts(miss.data) for miss in misses)
    assert any(miss.position == len(miss.data) for miss in misses)
    assert any(miss.position < len(miss.data) for miss in misses)


def test_a_language_of_everything_has_no_near_miss():
    """An error that says so, not an endless search."""
    with pytest.raises(InvalidArgument, match="no near miss"):
        find(strategies.rejected(ANY_BYTES), lambda miss: True)


@pytest.mark.parametrize(
    ("constraint", "simplest"),
    [
        (bltgen.regex("[a-z]{3,9}!?"), b"aaa"),
        (bltgen.json_schema(PERSON, whitespace="compact"), b'{"name":"0"}'),
        (bltgen.regex("x*"), b""),
        (grammar_of({"s": [[b"(", "s", b")"], [b"1"]]}, "s"), b"1"),
    ],
)
def test_shrinking_ends_at_the_shortest_text(constraint: Constraint, simplest):
    """With nothing else asked, the simplest of the shortest."""
    assert find(strategies.accepted(constraint), lambda text: True) == simplest


def test_shrinking_keeps_what_is_asked():
    """The shortest text of the kind that fails."""
    found = find(strategies.json_texts(PERSON), lambda text: b"friend" in text)
    assert "friend" in json.loads(found)
    assert len(found) < 60
    found = find(strategies.accepted(UTF8_TEXT), lambda text: any(byte > 0xEF for byte in text))
    assert len(found.decode()) == 1


@pytest.mark.parametrize(
    ("schema", "asked", "least"),
    [
        ({"type": "array", "items": {"type": "string"}}, lambda v: any(len(s) > 7 for s in v), ["00000000"]),
        ({"type": "array", "items": {"type": "string"}}, lambda v: any('"' in s for s in v), ['"']),
        ({"anyOf": [{"type": "null"}, {"enum": ["far away", "near"]}]}, lambda v: v == "near", "near"),
        (PERSON, lambda v: "friend" in v, {"name": "0", "friend": {"name": "0"}}),
    ],
)
def test_a_shrunk_value_has_nothing_to_leave_out(schema, asked, least):
    """Strings, escapes, words of the schema and recursion alike."""
    assert find(strategies.values(schema), asked, random=Random(0)) == least


def test_ways_that_are_too_hard_to_read_are_left_out(monkeypatch):
    """A state that meets a limit is no error of the strategy: the others are drawn."""
    automaton = type(bltgen.regex("a|bc").start())
    advance = automaton.advance

    def limited(self, byte):
        if byte == ord("b"):
            raise LimitExceeded("the patience of this test", 0)
        return advance(self, byte)

    monkeypatch.setattr(automaton, "advance", limited)
    assert set(drawn(strategies.accepted(bltgen.regex("a|bc|d")), 30)) == {b"a", b"d"}


def test_alternatives_and_boundaries_are_covered():
    """Each branch, each optional member there and not there, and both ends of each length.

    Three runs of 200 draws: in one of fifteen Hypothesis repeats itself until a branch is left out, and
    which one that is changes with the constants of all modules that are loaded.
    """
    values = [value for run in range(3) for value in drawn(strategies.values(PERSON), 200, run)]
    for key in ("tags", "born", "friend"):
        assert {key in value for value in values} == {True, False}
    assert {type(value["born"]) for value in values if "born" in value} == {int, str, type(None)}
    lengths = {len(value["name"]) for value in values}
    assert {1, 12} <= lengths
    assert {0, 4} <= {len(value["tags"]) for value in values if "tags" in value}
    assert {0, 2} <= {len(tag) for value in values for tag in value.get("tags", [])}


def test_spellings_vary():
    """Whitespace, escapes, order and digits all change without changing the value."""
    texts = drawn(strategies.json_texts({"const": {"a": 1, "b": "x/y"}}), 200)
    values = [json.loads(text) for text in texts]
    assert all(value == {"a": 1, "b": "x/y"} for value in values)
    joined = b"\n".join(texts)
    for spelling in (rb'"b".*"a"', rb"\\/", rb"\\u0078", rb"1\.0", rb"e-1", rb"1E\+0", rb"\t"):
        assert re.search(spelling, joined), spelling


def test_a_budget_holds():
    """Texts fit in it, and one that none fits in is an error at once."""
    constraint = bltgen.regex("a{3,50}")
    assert max(map(len, drawn(strategies.accepted(constraint, max_bytes=5), 50))) == 5
    with pytest.raises(BudgetTooSmall):
        strategies.accepted(constraint, max_bytes=2)


@settings(deadline=None, max_examples=40)
@given(strategies.regexes())
def test_regexes_compile(pattern):
    """For `re` and for the engine alike."""
    re.compile(pattern)
    with suppress(EmptyLanguage):
        bltgen.regex(pattern)


@settings(deadline=None, max_examples=25)
@given(strategies.grammars(), st.data())
def test_grammars_are_what_their_rules_say(small, data):
    """The constraint's texts are derived by the rules; its text in Lark's notation means the same."""
    text = data.draw(strategies.accepted(small.constraint(), max_bytes=None))
    if len(text) < 25:
        assert small.reference().accepts(text)
    assert bltgen.grammar(small.lark()).accepts(text)
    assert bltgen.grammar(small.gbnf(), format="gbnf").accepts(text)


@pytest.mark.parametrize("draft", ["4", "7", "2020-12"])
def test_schemas_of_a_draft_are_valid_and_satisfiable(draft):
    """Under their meta-schema; there is a value, and it validates."""
    import jsonschema

    for schema in drawn(json_schemas(drafts=[draft]), 20):
        jsonschema.validators.validator_for(schema).check_schema(schema)


def test_keywords_limit_schemas():
    """Only those asked for occur."""
    for schema in drawn(json_schemas(keywords=["minLength", "anyOf"]), 40):
        words = set(re.findall(r"'(\w+)':", str(schema)))
        assert words <= {"minLength", "anyOf", "enum"}
    with pytest.raises(InvalidArgument, match="minLengths"):
        json_schemas(keywords=["minLengths"])
    assert len(KEYWORDS) > 30


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(strategies.byte_models(), strategies.sampling_parameters(), st.integers(0, 99))
def test_any_model_with_any_parameters_says_a_valid_text(model: ByteModel, parameters, seed):
    """The promise of the loop, over everything that can be drawn."""
    constraint = bltgen.regex("(?:ab|c){1,4}")
    given_parameters = {name: getattr(parameters, name) for name in parameters.__dataclass_fields__}
    out = bltgen.Generator(model).generate("p", constraint, seed=seed, max_bytes=6, **given_parameters)
    assert constraint.accepts(out.data)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(strategies.constraints(), st.data())
def test_constraints_of_every_kind_have_texts(constraint, data):
    """What is drawn from any is accepted by it."""
    assert constraint.accepts(data.draw(strategies.accepted(constraint)))
