"""Everything composed with everything against brute force: membership by definition, promises by enumeration.

A `Specimen` is a constraint, a naive judge of any text, and all texts of it over a small alphabet. Leaves are
judged from outside (`re`, `jsonschema`, code points); what the operators do is done on sets and by splitting.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bltgen import choice, grammar, json_schema, literal, regex, substring_of, utf8
from bltgen.automata.byteset import ByteSet
from bltgen.automata.context_free import Grammar
from bltgen.automata.language import EMPTY, INFINITE, Language
from bltgen.automata.limits import Limits, use_limits
from bltgen.errors import EmptyLanguage, LimitExceeded, Unsupported
from bltgen.testing.reference import SchemaReference, all_texts, read_json

ALPHABET = b'01a"[]'
UNIVERSE = tuple(all_texts(ALPHABET, 4))
Judge = Callable[[bytes], bool]


@dataclass(frozen=True)
class Specimen:
    """What is tested, what it was made of, and the truth about it."""

    source: str
    constraint: Any
    judge: Judge
    texts: frozenset[bytes]

    def __repr__(self) -> str:
        return self.source

    @property
    def is_regular(self) -> bool:
        made = self.constraint
        return isinstance(made, Language) or (isinstance(made, Grammar) and made.language is not None)


def specimen(source: str, constraint: Any, judge: Judge, texts: Iterable[bytes] | None = None) -> Specimen:
    known = cache(judge)
    return Specimen(source, constraint, known, frozenset(filter(known, UNIVERSE) if texts is None else texts))


# -- leaves ------------------------------------------------------------------------------------------


def _pattern(pattern: str) -> Specimen:
    def judge(data: bytes) -> bool:
        try:
            return re.fullmatch(pattern, data.decode()) is not None
        except UnicodeDecodeError:
            return False

    return specimen(f"regex({pattern!r})", regex(pattern), judge)


def _schema(schema: Any) -> Specimen:
    reference = SchemaReference(schema, compact=True)
    made = json_schema(schema, numbers="any", whitespace="compact")
    return specimen(f"json_schema({schema})", made, reference.accepts)


def _grammar(text: str, judge: Judge) -> Specimen:
    return specimen(f"grammar({text!r})", grammar(text), judge)


def _nested(data: bytes) -> bool:
    half = len(data) // 2
    return data in (b"[" * half + b"]" * half, b"[" * half + b"0" + b"]" * half)


def _mirrored(data: bytes) -> bool:
    half = len(data) // 2
    return data == b"1" * half + b"a" * half


def _text(data: bytes) -> bool:
    try:
        return data.decode().encode() == data
    except UnicodeDecodeError:
        return False


@cache
def leaves() -> tuple[Specimen, ...]:
    texts = [b"", b"1", b'a"', b"[0"]
    return (
        *(specimen(f"literal({t!r})", literal(t), t.__eq__) for t in texts),
        *map(_pattern, ["", "a*", "(01)*", "[^a]", "(..)*", "1+|a", "[0-9a]{1,2}", "a(?=0)0"]),
        specimen("empty", regex("a") & regex("0"), lambda data: False),
        specimen("choice", choice(["", "0", "1a", b"]"]), lambda data: data in (b"", b"0", b"1a", b"]")),
        specimen("substring_of", substring_of("a01a", "any"), lambda data: data != b"" and data in b"a01a"),
        specimen("utf8()", utf8(), _text),
        *map(
            _schema,
            [
                {"enum": [1, "a", [0]]},
                {"type": "integer", "minimum": 0, "maximum": 1},
                {"type": "string", "pattern": "^a*$"},
                {"type": "array", "items": {"const": 0}, "maxItems": 2},
                {"type": "array", "items": {"$ref": "#"}, "maxItems": 1},
            ],
        ),
        _grammar('start: "[" start "]" | "0"?', _nested),
        _grammar('start: ("1" start "a")?', _mirrored),
        _grammar('start: "0" start | "1"', lambda data: data.endswith(b"1") and set(data[:-1]) <= {48}),
    )


# -- operators ---------------------------------------------------------------------------------------


def _in_a_row(judges: tuple[Judge, ...]) -> Judge:
    def judge(data: bytes) -> bool:
        places = {0}
        for one in judges:
            places = {end for at in places for end in range(at, len(data) + 1) if one(data[at:end])}
        return len(data) in places

    return judge


def _repeated(one: Judge, low: int, high: int | None) -> Judge:
    def judge(data: bytes) -> bool:
        last = low + len(data) + 1 if high is None else high
        places = {0}
        for times in range(last + 1):
            if times >= low and len(data) in places:
                return True
            places = {end for at in places for end in range(at, len(data) + 1) if one(data[at:end])}
        return False

    return judge


def _either(a: Specimen, b: Specimen) -> Specimen:
    made = a.constraint | b.constraint
    return specimen(f"({a} | {b})", made, lambda data: a.judge(data) or b.judge(data), a.texts | b.texts)


def _both(a: Specimen, b: Specimen) -> Specimen:
    if not (a.is_regular or b.is_regular):
        with pytest.raises(Unsupported):
            a.constraint & b.constraint
        event("refused")
        return a
    try:
        with use_limits(Limits(search_states=300)):
            made = a.constraint & b.constraint
    except LimitExceeded:
        # Brackets that may open for ever: whether any text is in both is not found out, and not guessed.
        event("refused")
        return a
    return specimen(f"({a} & {b})", made, lambda data: a.judge(data) and b.judge(data), a.texts & b.texts)


def _not(a: Specimen) -> Specimen:
    if not a.is_regular:
        with pytest.raises(Unsupported):
            _ = ~a.constraint
        event("refused")
        return a
    return specimen(f"~{a}", ~a.constraint, lambda data: not a.judge(data), {*UNIVERSE} - a.texts)


def _row(a: Specimen, b: Specimen) -> Specimen:
    return specimen(f"({a} + {b})", a.constraint + b.constraint, _in_a_row((a.judge, b.judge)))


def _many(a: Specimen, low: int, more: int | None) -> Specimen:
    high = None if more is None else low + more
    return specimen(
        f"{a}.repeat({low}, {high})", a.constraint.repeat(low, high), _repeated(a.judge, low, high)
    )


def _optional(a: Specimen) -> Specimen:
    judge: Judge = lambda data: not data or a.judge(data)  # noqa: E731
    return specimen(f"{a}.optional()", a.constraint.optional(), judge, a.texts | {b""})


def _choice(a: Specimen, b: Specimen) -> Specimen:
    judge: Judge = lambda data: data == b"0" or a.judge(data) or b.judge(data)  # noqa: E731
    made = choice([a.constraint, "0", b.constraint])
    return specimen(f"choice([{a}, '0', {b}])", made, judge, a.texts | b.texts | {b"0"})


def _within_grammar(a: Specimen, nested: bool) -> Specimen:
    text = 'start: X | "[" start "]"' if nested else 'start: X "a" X | "1"'

    def judge(data: bytes) -> bool:
        if not nested:
            return data == b"1" or _in_a_row((a.judge, b"a".__eq__, a.judge))(data)
        return a.judge(data) or (data[:1] == b"[" and data[1:][-1:] == b"]" and judge(data[1:-1]))

    try:
        made = grammar(text, constraints={"X": a.constraint})
    except EmptyLanguage:
        return specimen(f"empty grammar of {a}", EMPTY, judge)
    return specimen(f"grammar({text!r}, X={a})", made, judge)


def _within_schema(a: Specimen) -> Specimen:
    def judge(data: bytes) -> bool:
        try:
            value = read_json(data)
        except (ValueError, RecursionError):
            return False
        return isinstance(value, str) and data.strip() == data and a.judge(value.encode())

    schema = {"type": "string", "x-bltgen-constraint": "X"}
    try:
        made = json_schema(schema, constraints={"X": a.constraint}, whitespace="compact")
    except EmptyLanguage:
        return specimen(f"empty string of {a}", EMPTY, judge)
    return specimen(f"string of {a}", made, judge)


@st.composite
def compositions(draw: st.DrawFn, depth: int = 3) -> Specimen:
    """A composition of at most 2**depth leaves."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(leaves()))
    a = draw(compositions(depth - 1))
    kind = draw(st.sampled_from(["|", "&", "&", "+", "choice", "~", "repeat", "repeat", "?", "G", "S"]))
    event(kind)
    if kind in ("|", "&", "+", "choice"):
        b = draw(compositions(depth - 1))
        return {"|": _either, "&": _both, "+": _row, "choice": _choice}[kind](a, b)
    if kind == "repeat":
        return _many(a, draw(st.integers(0, 2)), draw(st.sampled_from([0, 1, 2, None])))
    if kind == "G":
        return _within_grammar(a, draw(st.booleans()))
    return {"~": _not, "?": _optional, "S": _within_schema}[kind](a)


# -- the promises ------------------------------------------------------------------------------------


def check_state(one: Specimen, prefix: bytes, state: Any) -> None:
    """Every promise of a state, as far as the texts of the alphabet and the judge can tell."""
    tails = [text[len(prefix) :] for text in one.texts if text.startswith(prefix)]
    after = {byte: following for byte in range(256) if (following := state.advance(byte)) is not None}
    assert {*state.allowed} == after.keys(), "allowed is where advance goes on"
    assert {tail[0] for tail in tails if tail} <= after.keys(), "no byte is masked that a text goes on with"
    assert state.accepting == one.judge(prefix)
    distinct = {following.id: (byte, following) for byte, following in after.items()}
    for byte, following in distinct.values():
        ending = following.completion()
        assert len(ending) == following.shortest
        text = prefix + bytes((byte,)) + ending
        assert one.judge(text), f"allowed, but {text!r} is no text"
    if state.accepting:
        assert (state.shortest, state.completion(), state.forced) == (0, b"", b"")
    else:
        assert state.shortest == 1 + min(following.shortest for following in after.values())
        assert state.shortest <= min(map(len, tails), default=INFINITE)
        assert len(state.completion()) == state.shortest
        assert one.judge(prefix + state.completion())
        forced, at = b"", state
        while len(at.allowed) == 1 and not at.accepting and len(forced) < 50:
            (byte,) = at.allowed
            forced, at = forced + bytes((byte,)), at.advance(byte)
        assert state.forced[:50] == forced[:50]
    for n in {0, 1, state.shortest - 1, state.shortest, state.shortest + 1, state.shortest + 3} - {-1}:
        fitting = ByteSet.of(byte for byte, following in after.items() if following.shortest < n)
        assert state.allowed_within(n) == fitting, n


def check(one: Specimen, rng: random.Random) -> None:
    """The start, and the states along a text of the language and along another one."""
    start = one.constraint.start()
    if start.shortest >= INFINITE:
        event("empty")
        assert not one.texts
        assert not start.allowed
        assert not start.accepting
        assert not start.allowed_within(9)
        with pytest.raises(EmptyLanguage):
            start.completion()
        with pytest.raises(EmptyLanguage):
            one.constraint.sample(rng)
        return
    event("walked")
    check_state(one, b"", start)
    sample = one.constraint.sample(rng, start.shortest + rng.randrange(4))
    assert one.judge(sample), sample
    for text in (sample, rng.choice(sorted(one.texts) or [b""]), rng.choice(UNIVERSE)):
        assert one.constraint.accepts(text) == one.judge(text), text
        state = start
        for at, byte in enumerate(text[:6]):
            following = state.advance(byte)
            if following is None:
                break
            state = following
            check_state(one, text[: at + 1], state)
    for text in rng.sample(UNIVERSE, 20):
        assert one.constraint.accepts(text) == (text in one.texts), text


@settings(deadline=None, max_examples=150)
@given(compositions(), st.integers(0, 2**32))
def test_compositions_keep_every_promise(one: Specimen, seed: int) -> None:
    check(one, random.Random(seed))


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(leaves()), st.integers(0, 2**32))
def test_leaves_keep_every_promise(one: Specimen, seed: int) -> None:
    check(one, random.Random(seed))
