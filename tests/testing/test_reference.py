"""The references answer by definition, and every small language agrees with them."""

from __future__ import annotations

import itertools

import pytest

from bltgen.testing import exhaustive, naive_regular
from bltgen.testing.reference import (
    Enumerated,
    GrammarReference,
    RegexReference,
    SchemaReference,
    all_texts,
    read_json,
)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (b'{"a": 0.3}', True),
        (b'{"a": 0.30000000000000004}', False),
        (b'{"a": 1e400}', True),
        (b'{"a": 0.25}', False),
        (b'{"a": 1, "a": 1}', False),
        (b'{"a": NaN}', False),
        (b'{"b": "\\ud800"}', False),
        (b'{"b": "\\ud83d\\ude00"}', True),
        (b'{"b": "\xff"}', False),
        (b'{"b": "\n"}', False),
        (b"\xef\xbb\xbf{}", False),
        (b"{}", True),
    ],
)
def test_the_schema_reference_is_strict_and_exact(text, valid):
    """Decimals are exact, repeated keys and lone surrogates refused, whatever `json` would say."""
    schema = {"type": "object", "properties": {"a": {"multipleOf": 0.1}}}
    assert SchemaReference(schema).accepts(text) is valid


def test_whole_decimals_are_integers_from_draft_6_on():
    """1.0 is an integer by value, but not in draft 4."""
    assert SchemaReference({"type": "integer"}).accepts(b"1.0")
    assert not SchemaReference({"type": "integer"}, draft="4").accepts(b"1.0")
    assert SchemaReference({"type": "integer"}, compact=True).reason(b" 1") == (
        "there is whitespace between tokens"
    )


def test_reading_keeps_the_digits():
    """No float on the way."""
    assert str(read_json(b"0.1000000000000000000000001")) == "0.1000000000000000000000001"


def test_enumeration_knows_what_is_allowed_by_definition():
    """Three answers from one question asked of all texts."""
    known = Enumerated.of(RegexReference("ab(?:c|cd)?").accepts, b"abcd", 4)
    assert known.texts == {b"ab", b"abc", b"abcd"}
    assert (bytes(known.allowed(b"abc")), known.shortest(b"abc"), known.forced(b"a")) == (b"d", 0, b"b")
    assert known.forced(b"ab") == b""
    assert known.shortest(b"b") is None


def test_two_references_of_brackets_agree():
    """The span table and counting."""
    grammar = GrammarReference({"s": [[], ["s", b"(", "s", b")"]]}, "s")

    def balanced(text: bytes) -> bool:
        depth = 0
        for byte in text:
            depth += 1 if byte == ord("(") else -1
            if depth < 0:
                return False
        return depth == 0

    assert all(grammar.accepts(text) == balanced(text) for text in all_texts(b"()", 7))


def test_naive_terms_agree_with_re():
    """Derivatives of tuples against the standard library."""
    for term in itertools.islice(exhaustive.naive_terms(3), 0, None, 3):
        try:
            reference = RegexReference(naive_regular.pattern_of(term))
        except ValueError:
            continue
        assert all(naive_regular.accepts(term, t) == reference.accepts(t) for t in all_texts(b"ab", 3)), term


@pytest.mark.parametrize(
    ("specimens", "longest"),
    [
        pytest.param(lambda: exhaustive.terms(3), 4, id="all terms of 3 nodes"),
        pytest.param(lambda: exhaustive.patterns(2), 4, id="all patterns of 2 parts"),
        pytest.param(
            lambda: itertools.islice(exhaustive.grammars(2, 2), 0, None, 3),
            4,
            id="every third grammar of 2 alternatives",
        ),
    ],
)
def test_small_languages_agree_on_every_short_text(specimens, longest):
    """Acceptance, allowed, shortest, completion and forced, over all texts of two letters."""
    assert list(itertools.islice(exhaustive.disagreements(specimens(), b"ab", longest), 3)) == []


def test_pairs_of_assertions_agree_on_every_small_value():
    """Joins of two assertions against `jsonschema`, over small values of every type."""
    texts = exhaustive.value_texts()
    wrong = []
    for specimen in itertools.islice(exhaustive.schemas(), 0, None, 29):
        for text in texts:
            valid = specimen.reference.accepts(text)
            if (specimen.constraint is not None and specimen.constraint.accepts(text)) != valid:
                wrong.append((specimen.source, text, valid))
    assert wrong[:3] == []
