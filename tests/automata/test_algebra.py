"""Combinations of any constraints, against terms, and with JSON Schemas and grammars."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.automata import algebra
from bltgen.automata.context_free import Grammar
from bltgen.automata.contract import Constraint, State
from bltgen.automata.language import ANY_BYTE, INFINITE, Language, literal
from bltgen.automata.limits import Limits, use_limits
from bltgen.automata.product import Product
from bltgen.automata.suffix_automaton import substring_of
from bltgen.constraints.grammar import grammar
from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.regex import regex
from bltgen.constraints.texts import choice
from bltgen.constraints.texts import literal as text
from bltgen.decoding.parts import Parts
from bltgen.errors import EmptyLanguage, LimitExceeded, Unsupported

PATTERNS = [
    "(a|b)*",
    "a*b",
    "(ab){1,3}",
    "b(a|b){2}",
    "(?!.*aa)[ab]+",
    "a?b?a?",
    "[ab]*a[ab]{2}",
    "(aa)*",
    "x",
]


@settings(deadline=None, max_examples=120)
@given(
    st.sampled_from(PATTERNS),
    st.sampled_from(PATTERNS),
    st.binary(max_size=6).map(lambda t: bytes(97 + b % 2 for b in t)),
)
def test_the_product_is_the_intersection(first: str, second: str, path: bytes) -> None:
    """A product with a language in place of the constraint has the states of the term `a & b`."""
    product, term = Product(regex(first), regex(second)), regex(first) & regex(second)
    ours: State | None = product.start()
    theirs: State | None = term.start()
    for byte in [*path, None]:
        assert ours is not None
        assert theirs is not None
        assert ours.shortest == theirs.shortest
        assert ours.accepting == theirs.accepting
        assert ours.allowed == theirs.allowed
        assert ours.forced == theirs.forced
        for n in range(5):
            assert ours.allowed_within(n) == theirs.allowed_within(n)
        if theirs.shortest < INFINITE:
            assert ours.completion() == theirs.completion()
        if byte is None:
            break
        ours, theirs = ours.advance(byte), theirs.advance(byte)
        if theirs is None:
            assert ours is None
            break


PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


def test_a_schema_and_a_language() -> None:
    """Texts that validate and match a regex besides; every draw does both, and fits."""
    schema = json_schema(PERSON, whitespace="compact")
    both = schema & regex(r'\{"age":[1-9]\d,.*A.*\}', flags=16)
    assert isinstance(both, Product)
    rng = random.Random(1)
    for budget in (both.start().shortest, both.start().shortest + 5, 60):
        for _ in range(20):
            data = both.sample(rng, budget)
            assert len(data) <= budget
            value = json.loads(data)
            assert 10 <= value["age"] <= 99
            assert "A" in data.decode()
            assert schema.accepts(data)
            assert both.accepts(data)
    exact = schema & ANY_BYTE.repeat(30, 30)
    assert len(exact.sample(rng)) == 30
    none = schema & regex(r"\[.*")
    assert len(none.start().allowed) == 0
    with pytest.raises(EmptyLanguage):
        none.sample(rng)


def test_a_product_without_an_end_is_refused_and_not_guessed() -> None:
    """Brackets that may open for ever and never close: LimitExceeded."""
    nested = json_schema(
        {"$defs": {"n": {"type": "array", "items": {"$ref": "#/$defs/n"}}}, "$ref": "#/$defs/n"}
    )
    with use_limits(Limits(search_states=300)), pytest.raises(LimitExceeded, match="300"):
        (nested & regex(r"[^\]]*\]\]?[^\]]*x")).start().shortest  # noqa: B018


def _brackets() -> Grammar:
    return Grammar({"s": ((), (literal(b"("), "s", literal(b")"), "s"))}, "s")


def test_unions_concatenations_and_repeats_of_anything() -> None:
    """Languages, grammars and schemas combine in any order, and read what their parts do."""
    number = json_schema({"type": "integer", "minimum": 1, "maximum": 3})
    word, brackets = regex("[a-z]+"), _brackets()
    for both in (number | word, word | number):
        assert both.accepts(b"2")
        assert both.accepts(b"abc")
        assert not both.accepts(b"4")
        assert both.start().shortest == 1
    for parts, good, bad in [
        (text("n = ") + number, b"n = 3", b"n = 4"),
        (number + text("!"), b"1!", b"1"),
        (brackets + number + word, b"(())2x", b"(()2x"),
        (number.repeat(2, 3), b"123", b"1"),
        (number.optional() + text(";"), b";", b"5;"),
        ((number & regex("[12]")) | brackets, b"()", b"3"),
        ((number & regex("[12]")) + word, b"2x", b"3x"),
        ((brackets | number).repeat(1), b"()2(())", b"("),
        (choice(["yes", number, brackets]), b"yes", b"no"),
    ]:
        assert isinstance(parts, Constraint)
        assert parts.accepts(good)
        assert not parts.accepts(bad)
        rng = random.Random(3)
        for _ in range(10):
            sample = parts.sample(rng, 20)
            assert parts.accepts(sample)


def test_what_is_not_regular_is_refused() -> None:
    """Intersections of two and complements of one, with a reason."""
    number, brackets = json_schema({"type": "integer"}), _brackets()
    refused: list[Any] = [
        lambda: number & brackets,
        lambda: brackets & number,
        lambda: number & number,
        lambda: ~number,
        lambda: ~brackets,
        lambda: algebra.complement(number | brackets),
    ]
    for combine in refused:
        with pytest.raises(Unsupported):
            combine()
    for combine in (lambda: algebra.union("a", number), lambda: regex("a") & 3, lambda: regex("a") | "b"):
        with pytest.raises(TypeError):
            combine()
    finite = Grammar({"s": ((literal(b"a"),), (literal(b"b"), literal(b"c")))}, "s")
    assert isinstance(algebra.complement(finite), Language)
    assert isinstance(algebra.intersection(finite, regex("a")), Language)


@pytest.mark.parametrize(
    ("source", "format"),
    [("start: X", "lark"), ('start: "[" start "]" | X', "lark"), ("root ::= X", "gbnf"), ("r = X", "abnf")],
)
def test_a_product_within_a_grammar_is_both_of_its_parts(source: str, format: Any) -> None:
    """And not its regular part alone."""
    both = json_schema({"type": "string", "pattern": "^a*$"}) & regex("(..)*")
    made = grammar(source, format, constraints={"X": both})
    assert [made.accepts(t) for t in (b'""', b'"aa"', b'"a"', b"ab", b"")] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda: regex(r"a\bb"),
        lambda: regex("[]", "ecma262"),
        lambda: substring_of(""),
        lambda: substring_of(b" \n"),
        lambda: choice([]),
        lambda: choice([regex("a") & regex("b")]),
        lambda: Parts({"a": regex("a.*") & regex("b.*")}),
        lambda: grammar('start: "a" start'),
        lambda: grammar('start: "a" X', constraints={"X": regex("a.*") & regex("b.*")}),
        lambda: Grammar({"s": (("s", literal(b"x")),)}, "s"),
        lambda: json_schema(False),
        lambda: json_schema({"type": "string", "pattern": r"a\bb"}),
        lambda: json_schema({"type": "string", "minLength": 2}, strings_from=""),
        lambda: json_schema(
            {"type": "string", "x-bltgen-constraint": "n"}, constraints={"n": regex("a") & regex("b")}
        ),
    ],
)
def test_what_is_made_of_a_source_is_never_empty(make: Callable[[], Any]) -> None:
    """Every front end says at once that there is no text; operators may leave none."""
    with pytest.raises(EmptyLanguage):
        make()


def test_the_empty_language_goes_through_every_operator() -> None:
    """No text, where a text of it is needed; what is left, where none is."""
    empty = json_schema({"type": "integer"}) & regex("b")
    number, brackets, word = json_schema({"type": "integer"}), _brackets(), regex("x")
    for other in (number, brackets, word, number & regex("[12]"), empty):
        for none in (empty + other, other + empty, empty & other, empty.repeat(1), empty.repeat(2, 3)):
            assert none.start().shortest >= INFINITE
            assert not none.start().allowed
            with pytest.raises(EmptyLanguage):
                none.start().completion()
        for same in (empty | other, other | empty):
            assert same.start().shortest == other.start().shortest
            assert same.start().allowed == other.start().allowed
    for blank in (empty.optional(), empty.repeat(0, 0), empty.repeat(0), empty.optional() + regex("x?")):
        assert blank.accepts(b"")
        assert not blank.accepts(b"b")
    assert grammar('start: "a" X | "b"', constraints={"X": empty}).accepts(b"b")
    with pytest.raises(EmptyLanguage):
        grammar('start: "a" X', constraints={"X": empty})
