"""Every small language and every short text: what a property test might miss, enumerated.

After RE2's exhaustive tester: engines must agree on all small expressions over all short strings.
Each front end has a generator of (source, constraint, reference); `disagreements` asks both of
every text.

>>> next(disagreements(terms(2), b"ab", 3), None) is None
True
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bltgen.automata.byteset import ByteSet
from bltgen.automata.context_free import Grammar
from bltgen.automata.contract import Constraint
from bltgen.automata.language import byte_set, literal
from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.regex import pattern_language
from bltgen.errors import EmptyLanguage, LimitExceeded, Unsupported
from bltgen.testing import naive_regular as naive
from bltgen.testing.reference import (
    Enumerated,
    GrammarReference,
    Predicate,
    Reference,
    RegexReference,
    Rules,
    SchemaReference,
    all_texts,
)

__all__ = [
    "Disagreement",
    "Specimen",
    "disagreements",
    "grammar_of",
    "grammars",
    "naive_terms",
    "patterns",
    "schemas",
    "terms",
]


@dataclass(frozen=True)
class Specimen:
    """A small language: its source, an engine for it (None: it says that nothing matches), and the truth."""

    source: str
    constraint: Constraint | None
    reference: Reference


@dataclass(frozen=True)
class Disagreement:
    """Where an engine and the reference differ: `question` asked of `text`."""

    source: str
    question: str
    text: bytes
    engine: object
    reference: object


def disagreements(specimens: Iterable[Specimen], alphabet: bytes, longest: int) -> Iterator[Disagreement]:
    """Ask every specimen of every text of at most `longest` bytes over the alphabet.

    Of each prefix: is it accepted; which bytes of the alphabet may follow, how far is the nearest
    text and what is forced, as far as the texts within `longest` settle it.
    """
    for one in specimens:
        known = Enumerated.of(one.reference.accepts, alphabet, longest)
        yield from compare(one, known, all_texts(alphabet, longest))


def compare(one: Specimen, known: Enumerated, texts: Iterable[bytes]) -> Iterator[Disagreement]:
    """The differences between an engine and what is known of a language, over these texts."""
    if one.constraint is None:
        for text in sorted(known.texts, key=len)[:1]:
            yield Disagreement(one.source, "is anything accepted", text, False, True)
        return
    states: dict[bytes, Any] = {b"": one.constraint.start()}
    for text in texts:
        state = states[text] if not text else _after(states, text)
        states[text] = state
        if (state is not None and state.accepting) != known.accepting(text):
            yield Disagreement(one.source, "accepted", text, state is not None, known.accepting(text))
            continue
        if state is None:
            if known.allowed(text):
                yield Disagreement(one.source, "possible", text, False, True)
            continue
        allowed, definite = state.allowed, known.allowed(text)
        if definite - allowed:
            yield Disagreement(one.source, "allowed", text, allowed, definite)
        distance = known.shortest(text)
        if distance is not None and state.shortest > distance:
            yield Disagreement(one.source, "shortest", text, state.shortest, distance)
        if not one.reference.accepts(text + state.completion()):
            yield Disagreement(one.source, "completion", text, state.completion(), distance)
        forced = known.forced(text)
        if distance is not None and not forced.startswith(state.forced[: len(forced)]):
            yield Disagreement(one.source, "forced", text, state.forced, forced)


def _after(states: dict[bytes, Any], text: bytes) -> Any:
    before = states[text[:-1]]
    return None if before is None else before.advance(text[-1])


def naive_terms(size: int, alphabet: bytes = b"ab") -> Iterator[naive.Term]:
    """Every term of exactly `size` nodes over single bytes and the whole alphabet."""
    if size == 1:
        yield from (naive.Empty(), naive.Epsilon())
        yield from (naive.Set(frozenset((byte,))) for byte in alphabet)
        if len(alphabet) > 1:
            yield naive.Set(frozenset(alphabet))
        return
    for body in naive_terms(size - 1, alphabet):
        yield naive.Star(body)
        yield naive.Not(body)
    for left in range(1, size - 1):
        for one in naive_terms(left, alphabet):
            for other in naive_terms(size - 1 - left, alphabet):
                yield naive.Cat(one, other)
                if repr(one) <= repr(other):
                    yield naive.Or(one, other)
                    yield naive.And(one, other)


def terms(size: int, alphabet: bytes = b"ab") -> Iterator[Specimen]:
    """Every regular term of at most `size` nodes, in the regular layer."""
    for nodes in range(1, size + 1):
        for term in naive_terms(nodes, alphabet):

            def judge(data: bytes, term: naive.Term = term) -> bool:
                return naive.accepts(term, data)

            language = naive.language_of(term)
            yield Specimen(repr(term), None if language.is_empty() else language, Predicate(judge))


ATOMS = ("a", "b", ".", "[^a]", "^", "$", r"\b", "(?=a)", "(?!b)", "(?<=a)", "(?<!a)")
SUFFIXES = ("*", "?", "{2}", "{1,2}", "+?")


def patterns(size: int) -> Iterator[Specimen]:
    """Every regular expression of at most `size` parts, read by `regex` and by the `re` module."""
    level: list[str] = [*ATOMS]
    everything = list(level)
    for _ in range(size - 1):
        level = [
            *(f"(?:{one}){suffix}" for one in level for suffix in SUFFIXES),
            *(one + atom for one in level for atom in ATOMS),
            *(f"(?:{one}|{atom})" for one in level for atom in ATOMS),
        ]
        everything += level
    for pattern in everything:
        reference = RegexReference(pattern)
        made = pattern_language(pattern)
        yield Specimen(pattern, None if made.is_empty() else made, reference)


def grammar_of(rules: Rules, start: str) -> Grammar:
    """The rules as a `Grammar`. Raises EmptyLanguage."""
    return Grammar(
        {
            name: tuple(
                tuple(
                    symbol
                    if isinstance(symbol, str)
                    else literal(symbol)
                    if isinstance(symbol, bytes)
                    else byte_set(ByteSet.of(symbol))
                    for symbol in alternative
                )
                for alternative in alternatives
            )
            for name, alternatives in rules.items()
        },
        start,
    )


def grammars(symbols: int = 2, alternatives: int = 2) -> Iterator[Specimen]:
    """Every grammar of a rule `s` with this many alternatives of at most `symbols` symbols (s, t, a, b).

    `t` is a fixed rule that may be empty and recurs on the right, so that left recursion, right
    recursion, ambiguity and nullable rules meet.
    """
    kinds: tuple[str | bytes, ...] = ("s", "t", b"a", b"b")
    choices = [body for length in range(symbols + 1) for body in itertools.product(kinds, repeat=length)]
    for bodies in itertools.combinations(choices, alternatives):
        rules: Rules = {"s": list(bodies), "t": [[], [b"a", "t"], [b"b"]]}
        try:
            made: Constraint | None = grammar_of(rules, "s")
        except EmptyLanguage:
            made = None
        yield Specimen(repr(bodies), made, GrammarReference(rules, "s"))


VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 2, -1, 1.5, "", "a", "b", "ab", [], [0], [1], [0, 0], [0, 1], ["a"]),
    *({}, {"a": 0}, {"a": 1}, {"a": "a"}, {"b": 0}, {"a": 0, "b": 0}, {"b": 1, "a": 2}),
    *({"a": {}}, [[]], [{}]),
)
"""Small JSON values of every type."""

ASSERTIONS: tuple[dict[str, Any], ...] = (
    *({"type": "integer"}, {"type": ["string", "null"]}, {"const": {"a": 0}}, {"enum": [0, "a", [0]]}),
    *({"minimum": 1}, {"exclusiveMaximum": 1}, {"multipleOf": 2}, {"minLength": 1}, {"maxLength": 1}),
    *({"pattern": "a$"}, {"items": {"type": "integer"}}, {"prefixItems": [{"const": 0}]}, {"minItems": 2}),
    *({"uniqueItems": True}, {"contains": {"const": 0}}, {"required": ["a"]}, {"maxProperties": 1}),
    *({"properties": {"a": {"const": 0}}}, {"additionalProperties": False}),
    *({"propertyNames": {"const": "a"}}, {"dependentRequired": {"a": ["b"]}}),
    {"patternProperties": {"a": {"type": "integer"}}},
)
"""One small schema for each kind of assertion."""


def schemas(limit: int | None = None) -> Iterator[Specimen]:
    """Every pair of assertions under every way to join two schemas, as compact texts; the first `limit`."""
    made = 0
    for one, other in itertools.product(ASSERTIONS, repeat=2):
        for schema in (
            {"allOf": [one, other]},
            {"anyOf": [one, other]},
            {"oneOf": [one, other]},
            {**one, "not": other},
            {"if": one, "then": other},
        ):
            if made == limit:
                return
            made += 1
            try:
                constraint: Constraint | None = json_schema(schema, whitespace="compact", numbers="any")
            except EmptyLanguage:
                constraint = None
            except (Unsupported, LimitExceeded):
                continue
            yield Specimen(json.dumps(schema), constraint, SchemaReference(schema, compact=True))


def value_texts() -> list[bytes]:
    """The small values as compact JSON texts."""
    return [json.dumps(value, separators=(",", ":")).encode() for value in VALUES]
