"""Hypothesis strategies for texts, constraints, models and parameters. Needs the extra `testing`.

Texts are drawn by walking the automaton (see `walking`): nothing is filtered away, so there is no
health check to fail, and shrinking goes towards the shortest text of the language.

>>> from random import Random
>>> from hypothesis import find
>>> from bltgen.constraints.regex import regex
>>> find(accepted(regex("(no|yes|perhaps)!*")), lambda text: text.endswith(b"!"), random=Random(0))
b'no!'
>>> integers = {"type": "array", "items": {"type": "integer"}}
>>> find(values(integers), lambda value: sum(value) > 2, random=Random(0))
[3]
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from bltgen.automata.byteset import ALL, ByteSet
from bltgen.automata.contract import Constraint, State
from bltgen.automata.language import literal, union
from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.regex import regex
from bltgen.errors import BudgetTooSmall, ConstraintError
from bltgen.testing.exhaustive import grammar_of
from bltgen.testing.free_text import Alphabet
from bltgen.testing.json_spelling import respelled
from bltgen.testing.reference import GrammarReference
from bltgen.testing.schema_words import Words, words_of
from bltgen.testing.violation import shown_bytes, shown_set
from bltgen.testing.walking import Walker

if TYPE_CHECKING:
    from bltgen.decoding.sampling import SamplingParameters
    from bltgen.model.contract import ByteModel

__all__ = [
    "NearMiss",
    "SmallGrammar",
    "accepted",
    "byte_models",
    "constraints",
    "grammars",
    "json_texts",
    "prefixes",
    "regexes",
    "rejected",
    "sampling_parameters",
    "values",
]


class _HypothesisDraws:
    """Choices of Hypothesis; strategies are remembered, since to make one takes longer than to draw."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def integer(self, most: int) -> int:
        return self._draw(_up_to(most))

    def run(self, alphabet: Alphabet, least: int, most: int) -> str | bytes:
        return self._draw(_runs(alphabet, least, most))


@cache
def _up_to(most: int) -> st.SearchStrategy[int]:
    return st.integers(0, most)


@cache
def _runs(alphabet: Alphabet, least: int, most: int) -> st.SearchStrategy[str | bytes]:
    if alphabet.raw:
        return st.binary(min_size=least, max_size=most)
    return st.text(_letters(alphabet) if alphabet.beyond else alphabet.ascii, min_size=least, max_size=most)


@cache
def _letters(alphabet: Alphabet) -> st.SearchStrategy[str]:
    return st.characters(min_codepoint=0x80, exclude_categories=["Cs"], include_characters=alphabet.ascii)


def _walker(constraint: Constraint) -> Walker:
    """With the words of its schema, where it is made of one."""
    try:
        described = constraint.describe()
    except ConstraintError:  # made in memory
        described = {}
    words: Words | None = None
    if described.get("kind") == "json_schema":
        schema = described["schema"]
        words = words_of(json.loads(schema) if isinstance(schema, str) else schema)
    return Walker(constraint.start(), words=words)


@st.composite
def _texts(draw: st.DrawFn, walker: Walker, max_bytes: int | None) -> bytes:
    return walker.text(_HypothesisDraws(draw), max_bytes)


def accepted(constraint: Constraint, *, max_bytes: int | None = None) -> st.SearchStrategy[bytes]:
    """Texts of the language, of at most `max_bytes` bytes; by default up to about 200 beyond the shortest.

    Shrinks towards the shortest text. Raises BudgetTooSmall at once where `max_bytes` holds none.
    """
    start = constraint.start()
    if max_bytes is not None and max_bytes < start.shortest:
        raise BudgetTooSmall(max_bytes, start.shortest)
    return _texts(_walker(constraint), max_bytes)


@st.composite
def _cut(draw: st.DrawFn, texts: st.SearchStrategy[bytes]) -> bytes:
    text = draw(texts)
    return text[: draw(_up_to(len(text)))]


def prefixes(constraint: Constraint, *, max_bytes: int | None = None) -> st.SearchStrategy[bytes]:
    """What texts of the language begin with, the empty text and whole texts included."""
    return _cut(accepted(constraint, max_bytes=max_bytes))


@dataclass(frozen=True)
class NearMiss:
    """A text just outside of the language: the byte at `position` (or the end there) is what is wrong."""

    data: bytes
    position: int
    allowed: ByteSet

    @property
    def reason(self) -> str:
        """What is wrong, in a sentence."""
        if self.position == len(self.data):
            return f"it ends at offset {self.position}, where one of {shown_set(self.allowed)} is due"
        byte = shown_bytes(self.data[self.position : self.position + 1])
        return f"{byte!r} at offset {self.position}, where {shown_set(self.allowed)} is allowed"


@st.composite
def _near_misses(draw: st.DrawFn, walker: Walker, max_bytes: int | None) -> NearMiss:
    text = walker.text(_HypothesisDraws(draw), max_bytes)
    states: list[State] = [walker.start]
    for byte in text:
        following = states[-1].advance(byte)
        assert following is not None
        states.append(following)
    places = [at for at, state in enumerate(states) if state.allowed != ALL or not state.accepting]
    if not places:
        raise InvalidArgument(f"every byte is allowed all along {text!r}: there is no near miss")
    position = places[draw(_up_to(len(places) - 1))]
    state = states[position]
    masked = (ALL - state.allowed).bits
    near = ByteSet(masked & (state.allowed.bits << 1 | state.allowed.bits >> 1))
    printable = ByteSet(masked & ByteSet.range(0x20, 0x7E).bits)
    kinds = [kind for kind in (printable, near, ByteSet(masked)) if kind]
    if not kinds or (not state.accepting and draw(_up_to(7)) == 7):
        return NearMiss(text[:position], position, state.allowed)
    kind = list(kinds[draw(_up_to(len(kinds) - 1))])
    wrong = bytes((kind[draw(_up_to(len(kind) - 1))],))
    rest = (text[position:], text[position + 1 :], b"")[draw(_up_to(2))]
    return NearMiss(text[:position] + wrong + rest, position, state.allowed)


def rejected(constraint: Constraint, *, max_bytes: int | None = None) -> st.SearchStrategy[NearMiss]:
    """Near misses: a text of the language with one byte that is masked, or one that ends too early.

    For JSON Schemas that shall be refused by other validators, too, give `whitespace="any"` and
    `numbers="any"`: bounds on spelling are not in the schema. Raises InvalidArgument when drawn
    from a language that allows every byte everywhere.
    """
    return _near_misses(_walker(constraint), max_bytes)


def _number(text: str) -> float | Decimal:
    """A float where it is exactly the decimal, else the Decimal."""
    value = float(text)
    return value if Decimal(repr(value)) == Decimal(text) else Decimal(text)


def _value(text: bytes) -> Any:
    return json.loads(text, parse_float=_number)


_PLAIN = {"whitespace": "compact", "numbers": "plain", "escapes": "plain"}


def values(
    schema: Mapping[str, Any] | bool, *, max_bytes: int | None = None, **options: Any
) -> st.SearchStrategy[Any]:
    """JSON values that satisfy the schema. `max_bytes`: of their compact text; options: of `json_schema`.

    Numbers are int or float, or Decimal where no float is exact. Raises what `json_schema` raises.
    """
    start = json_schema(schema, **{**_PLAIN, **options}).start()
    if max_bytes is not None and max_bytes < start.shortest:
        raise BudgetTooSmall(max_bytes, start.shortest)
    return _texts(Walker(start, numbers=True, words=words_of(schema)), max_bytes).map(_value)


@st.composite
def _respelled(draw: st.DrawFn, walker: Walker, max_bytes: int | None, numbers: bool) -> bytes:
    draws = _HypothesisDraws(draw)
    return respelled(walker.text(draws, max_bytes), draws.integer, numbers=numbers)


def json_texts(
    schema: Mapping[str, Any] | bool, *, max_bytes: int | None = None, **options: Any
) -> st.SearchStrategy[bytes]:
    """JSON texts that satisfy the schema, in varied whitespace, escapes, key order and number spellings.

    `max_bytes`: of the compact text before it is respelled. Raises what `json_schema` raises.
    """
    start = json_schema(schema, **{**_PLAIN, **options}).start()
    draft4 = options.get("draft") == "4" or re.search(r"draft-0[34]", json.dumps(schema)) is not None
    walker = Walker(start, numbers=True, words=words_of(schema))
    return _respelled(walker, max_bytes, not draft4)


# -- constraints -----------------------------------------------------------------------------------

_ATOMS = ("a", "b", "c", ".", r"\d", r"\w", "[a-c]", "[^b]", r"\s", "é", "[à-ü]", r"\.", "")
_ASSERTIONS = ("^", "$", r"\b", r"\B", "(?=a)", "(?!b)", "(?<=a)", "(?<!c)", "(?=.*b)")
_QUANTIFIERS = ("?", "*", "+", "{2}", "{1,3}", "{0,2}", "*?", "{2,}")


def regexes(*, assertions: bool = True) -> st.SearchStrategy[str]:
    """Regular expressions that Python's `re` compiles; with lookarounds and anchors unless told not to."""
    atoms = st.sampled_from(_ATOMS + (_ASSERTIONS if assertions else ()))
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map("".join),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
            st.builds(lambda body, count: f"(?:{body}){count}", inner, st.sampled_from(_QUANTIFIERS)),
        ),
        max_leaves=6,
    )


@dataclass(frozen=True)
class SmallGrammar:
    """A grammar as rules, from which its constraint, its reference and its text are made."""

    rules: Mapping[str, Sequence[Sequence[str | bytes]]]
    start: str = "start"

    def constraint(self) -> Constraint:
        """The engine's. No rule is empty, so there is always one."""
        return grammar_of(self.rules, self.start)

    def reference(self) -> GrammarReference:
        """The truth."""
        return GrammarReference(self.rules, self.start)

    def lark(self) -> str:
        """In Lark's notation."""
        return self._text(": ", "")

    def gbnf(self) -> str:
        """In GBNF, whose first rule is `root`."""
        return f"root ::= {self.start}\n" + self._text(" ::= ", '""')

    def _text(self, between: str, empty: str) -> str:
        def symbol(one: str | bytes) -> str:
            return json.dumps(one.decode()) if isinstance(one, bytes) else one

        return "".join(
            f"{name}{between}{' | '.join(' '.join(map(symbol, body)) or empty for body in bodies)}\n"
            for name, bodies in self.rules.items()
        )


@st.composite
def grammars(draw: st.DrawFn, *, letters: bytes = b"ab(", max_rules: int = 3) -> SmallGrammar:
    """Small grammars: recursion left, right and in the middle, ambiguity, empty bodies; no empty rule."""
    names = ("start", "left", "right", "other")[: draw(st.integers(1, max_rules))]
    terminals = st.lists(st.sampled_from(letters), min_size=1, max_size=2).map(bytes)
    symbols = st.one_of(terminals, st.sampled_from(names))
    rules: dict[str, list[list[str | bytes]]] = {}
    for name in names:
        ground: list[str | bytes] = list(draw(st.lists(terminals, max_size=1)))
        rules[name] = [ground, *draw(st.lists(st.lists(symbols, max_size=3), max_size=2))]
    return SmallGrammar(rules)


def constraints() -> st.SearchStrategy[Constraint]:
    """Constraints of every kind, and their combinations; none is empty."""
    from bltgen.testing.schema_strategies import json_schemas

    regular = regexes(assertions=False).map(regex)
    words = st.lists(st.binary(min_size=0, max_size=5), min_size=1, max_size=4).map(
        lambda texts: union(*map(literal, texts))
    )
    combined = st.one_of(
        st.builds(lambda one, other: one + other, regular, words),
        st.builds(lambda one, other: one | other, regular, words),
        st.builds(lambda one, low, more: one.repeat(low, low + more), words, _up_to(2), _up_to(3)),
        words.map(lambda one: ~one),
    )
    return st.one_of(
        words,
        regular,
        combined,
        grammars().map(SmallGrammar.constraint),
        json_schemas().map(json_schema),
    )


# -- models and parameters ---------------------------------------------------------------------------


@st.composite
def byte_models(draw: st.DrawFn, *, blt: bool = True) -> ByteModel:
    """Models without weights, tame and adversarial; with `blt`, tiny Byte Latent Transformers, too."""
    from bltgen.testing import models

    seed = draw(st.integers(0, 1000))
    kinds: list[Callable[[], ByteModel]] = [
        models.constant,
        lambda: models.whimsical(
            seed,
            scale=draw(st.sampled_from((1.0, 0.1, 10.0))),
            order=draw(st.integers(0, 3)),
            patch=draw(st.integers(1, 6)),
        ),
        lambda: models.scripted(draw(st.binary(max_size=12))),
        lambda: models.likes(draw(st.binary(min_size=1, max_size=3))),
        lambda: models.hates_stopping(seed=seed),
        lambda: models.infinite(draw(st.binary(min_size=1, max_size=2)), b'"}'),
        lambda: models.table({b"": {b"a": 0.5, 256: 0.5}, b"a": {b"b": 1.0}}, otherwise=-30.0),
    ]
    if blt:
        modes = ("entropy", "static", "space", "monotonic")
        kinds.append(lambda: models.tiny_blt(seed % 4, mode=draw(st.sampled_from(modes))))
    return draw(st.sampled_from(kinds))()


@st.composite
def sampling_parameters(draw: st.DrawFn) -> SamplingParameters:
    """Sampling parameters within their ranges, the neutral ones first."""
    from bltgen.decoding.sampling import SamplingParameters

    def maybe(neutral: Any, others: st.SearchStrategy[Any]) -> Any:
        return draw(st.one_of(st.just(neutral), others))

    return SamplingParameters(
        temperature=maybe(1.0, st.sampled_from((0.0, 0.01, 0.7, 2.0, 100.0))),
        top_k=maybe(0, st.integers(1, 257)),
        top_p=maybe(1.0, st.floats(0.01, 1.0)),
        min_p=maybe(0.0, st.floats(0.0, 1.0)),
        typical=maybe(1.0, st.floats(0.01, 1.0)),
        repetition_penalty=maybe(1.0, st.floats(0.5, 2.0)),
        presence_penalty=maybe(0.0, st.floats(-2.0, 2.0)),
        frequency_penalty=maybe(0.0, st.floats(-2.0, 2.0)),
        penalty_ngram=maybe(1, st.integers(2, 4)),
        bias=maybe({}, st.dictionaries(st.integers(0, 256), st.floats(-10, 10), max_size=3)),
    )
