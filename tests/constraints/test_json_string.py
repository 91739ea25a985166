"""JSON strings: verdicts against `json.loads`, states against brute force over their successors."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.automata.language import EMPTY, EPSILON, INFINITE, Language, concat, literal, union
from bltgen.automata.utf8 import UTF8_CHAR, UTF8_TEXT, code_points
from bltgen.constraints.json_string import JsonString, StringState
from bltgen.constraints.json_string_length import SpelledLength

SYNTAX = re.compile(r'(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"')

alphabet = 'ab"\\/\n\x00\x1f\x7fé\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0001f600\U0010ffff'
characters = st.sampled_from(alphabet) | st.characters(exclude_categories=["Cs"])
texts = st.text(characters, max_size=4)
ranges = st.tuples(characters, characters).map(
    lambda pair: code_points([(min(map(ord, pair)), max(map(ord, pair)))])
)
languages = st.recursive(
    st.one_of(st.just(UTF8_CHAR), ranges, texts.map(lambda t: literal(t.encode()))),
    lambda inner: st.one_of(
        st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a, b: a & b, inner, inner),
        inner.map(lambda a: UTF8_TEXT - a),
        st.builds(
            lambda a, low, more: a.repeat(low, low + more), inner, st.integers(0, 2), st.integers(0, 2)
        ),
    ),
    max_leaves=5,
)
options = st.fixed_dictionaries({"ascii_only": st.booleans(), "spelling": st.sampled_from(["any", "plain"])})


def decoded(data: bytes) -> str | None:
    """What a strict JSON reader makes of the text after an opening quote; None where it is no string."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if not SYNTAX.fullmatch(text):
        return None
    value = json.loads('"' + text)
    assert isinstance(value, str)
    return None if any(0xD800 <= ord(c) <= 0xDFFF for c in value) else value


def spell(text: str, rng: random.Random, ascii_only: bool = False) -> bytes:
    """One of the spellings of `text`, closing quote included."""
    made = ""
    for character in text:
        ways = [json.dumps(character)[1:-1]]
        if character == "/":
            ways.append("\\/")
        if character not in '"\\' and character >= " " and not (ascii_only and character > "\x7f"):
            ways.append(character)
        units = character.encode("utf-16-be")
        escape = "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
        ways += [escape, "".join(c.upper() if rng.random() < 0.5 and c != "u" else c for c in escape)]
        made += rng.choice(ways)
    return (made + '"').encode()


def run(language: Language, data: bytes, **how: Any) -> StringState | None:
    state: StringState | None = JsonString(language, **how).start()
    for byte in data:
        if state is None:
            return None
        state = state.advance(byte)
    return state


@given(languages, texts, st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=300, deadline=None)
def test_every_spelling_of_a_content_is_accepted(
    language: Language, text: str, rng: random.Random, ascii_only: bool
) -> None:
    """A string is accepted if and only if its decoded content is in the language, however it is spelled."""
    data = spell(text, rng, ascii_only)
    reached = run(language, data, ascii_only=ascii_only)
    assert (reached is not None and reached.accepting) == language.accepts(text.encode()), data


@given(texts, st.randoms(use_true_random=False), st.data())
@settings(max_examples=400, deadline=None)
def test_damaged_strings_are_judged_as_a_strict_reader_does(
    text: str, rng: random.Random, data: st.DataObject
) -> None:
    """After deleting, replacing or inserting bytes the verdict on any text is still that of JSON."""
    spelled = bytearray(spell(text, rng))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(spelled)))
        spelled[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from(
                [b"", b"\\", b'"', b"u", b"\\ud83d", b"\\udE00", b"\xed\xa0\x80", b"\xff", b"\n", b"0"]
            )
        )
    reached = run(UTF8_TEXT, bytes(spelled))
    assert (reached is not None and reached.accepting) == (decoded(bytes(spelled)) is not None), bytes(
        spelled
    )


def check_state(state: StringState, language: Language, prefix: bytes, ascii_only: bool, plain: bool) -> None:
    """The local facts that make `allowed` and `shortest` exact: distances have one fixed point."""
    following = {b: s for b in range(256) if (s := state.advance(b)) is not None}
    assert set(following) == set(state.allowed), prefix
    text = decoded(prefix)
    if not plain:
        assert state.accepting == (text is not None and language.accepts(text.encode())), prefix
    assert state.accepting == (state.shortest == 0)
    distances = {b: s.shortest for b, s in following.items()}
    assert all(d < INFINITE for d in distances.values()), (prefix, distances)
    if not state.accepting:
        assert state.shortest == 1 + min(distances.values()), (prefix, state)
    for n in (state.shortest, state.shortest + 1, state.shortest + 4):
        assert set(state.allowed_within(n)) == {b for b, d in distances.items() if d < n}
    whole = prefix + state.completion()
    assert len(whole) == len(prefix) + state.shortest
    content = decoded(whole)
    assert content is not None
    assert language.accepts(content.encode())
    assert not ascii_only or whole.isascii()
    assert whole.startswith(prefix + state.forced)


@given(languages.filter(lambda a: not a.is_empty()), options, st.data())
@settings(max_examples=200, deadline=None)
def test_walks_are_exact_everywhere(language: Language, how: dict[str, Any], data: st.DataObject) -> None:
    """At every state of a random walk, raw or in the middle of an escape, distances are consistent."""
    state, prefix = JsonString(language, **how).start(), b""
    plain = how["spelling"] == "plain"
    for _ in range(data.draw(st.integers(0, 14))):
        check_state(state, language, prefix, how["ascii_only"], plain)
        members = sorted(state.allowed)
        if not members:
            break
        # Escapes are one byte out of many; follow them often.
        wanted = [b for b in members if b in b'\\u"dD8']
        byte = data.draw(st.sampled_from(wanted + members if wanted else members))
        following = state.advance(byte)
        assert following is not None
        state, prefix = following, prefix + bytes([byte])
    check_state(state, language, prefix, how["ascii_only"], plain)


# `json.dumps` escapes DEL where it keeps to ASCII, though DEL is ASCII and no control character of JSON's.
@given(languages, texts.map(lambda text: text.replace("\x7f", "")), st.booleans())
@settings(max_examples=200, deadline=None)
def test_plain_spelling_is_that_of_json_dumps(language: Language, text: str, ascii_only: bool) -> None:
    """Each content has one plain spelling, the one that `json.dumps` writes."""
    data = json.dumps(text, ensure_ascii=ascii_only)[1:].encode()
    reached = run(language, data, ascii_only=ascii_only, spelling="plain")
    assert (reached is not None and reached.accepting) == language.accepts(text.encode()), data
    content = literal(text.encode())
    forced = JsonString(content, ascii_only, spelling="plain").start().forced
    assert forced == data


@given(languages)
@settings(max_examples=150, deadline=None)
def test_spelled_length_of_terms(language: Language) -> None:
    """The measure of a language is the least measure of its first texts, and INFINITE if it has none."""
    for ascii_only in (False, True):
        least = SpelledLength(ascii_only)(language)
        assert (least >= INFINITE) == language.is_empty()
        if least < INFINITE:
            completed = JsonString(language, ascii_only).start().completion()
            assert len(completed) == least + 1


def test_surrogates_are_halves() -> None:
    """A high surrogate needs its low one at once; alone, either is no character."""
    smile = literal("😀".encode())
    for data in (b'\\ud83d\\ude00"', b'\\uD83D\\uDE00"', "😀".encode() + b'"'):
        assert run(smile, data) is not None, data
    assert bytes(run(smile, b"\\u").allowed) == b"Dd"  # type: ignore[union-attr]
    assert run(smile, b"\\ud83d").forced == b"\\u"  # type: ignore[union-attr]
    for data in (b"\\ude00", b"\\ud83d\\u0", b'\\ud83d"', b"\\ud83dx", b"\\ud83e"):
        assert run(smile, data) is None, data
    assert run(UTF8_TEXT, b"\\udc") is None
    assert run(UTF8_TEXT, b"\\ud83d\\ud8") is None


def test_control_characters_are_escaped() -> None:
    """No raw control character; the distance counts its escape: two bytes where there is a short one."""
    assert run(UTF8_TEXT, b"\n") is None
    assert JsonString(literal(b"a\nb")).start().shortest == 5
    assert JsonString(literal(b"a\x01b")).start().shortest == 9
    assert JsonString(literal(b"a\x01b")).start().completion() == b'a\\u0001b"'
    assert JsonString(code_points([(0, 5), (10, 10)]).repeat(3)).start().shortest == 7
    # The nearest content is not the nearest string: one control character against two letters.
    either = union(literal(b"\x01"), literal(b"ab"))
    assert JsonString(either).start().completion() == b'ab"'


def test_states_are_shared_and_few() -> None:
    """Any text is one state between characters, whatever was read; equal contents give the same states."""
    start = JsonString(UTF8_TEXT).start()
    assert run(UTF8_TEXT, "aé\\n\\u0041x😀\\ud83d\\ude00".encode()) is start
    assert JsonString(UTF8_TEXT).start() is start
    assert start.content.language is UTF8_TEXT


def test_the_content_is_followed() -> None:
    """`content` is the position in the content, also after the closing quote."""
    language = union(literal(b"abc"), literal(b"abd"))
    state = run(language, b"\\u0061b")
    assert state is not None
    assert bytes(state.content.allowed) == b"cd"
    state = run(language, b'abd"')
    assert state is not None
    assert state.accepting
    assert state.content.accepting


def test_empty_and_epsilon_contents() -> None:
    """No content: a dead state. The empty content: the closing quote is forced."""
    assert JsonString(EMPTY).start().shortest >= INFINITE
    assert not JsonString(EMPTY).start().allowed
    assert JsonString(EPSILON).start().forced == b'"'
    with pytest.raises(ValueError, match="spelling"):
        JsonString(EPSILON, spelling="short")  # type: ignore[arg-type]


def test_it_is_a_language() -> None:
    """Whole strings compose with other languages of bytes."""
    pair = concat(literal(b"["), JsonString(UTF8_CHAR.repeat(2, 3)).language(), literal(b"]"))
    assert pair.accepts('["\\u00e9é"]'.encode())
    assert not pair.accepts(b'["a"]')
    assert pair.start().shortest == 6
    short = pair & concat(UTF8_CHAR.repeat(0, 5))
    assert short.is_empty()


def test_long_contents_are_measured_by_structure() -> None:
    """Lengths of thousands, alone and under a pattern, are measured and walked in linear time."""
    long = UTF8_CHAR.repeat(3_000, 20_000)
    state = JsonString(long).start()
    for left in range(3_001, 2_000, -1):
        assert state.shortest == left
        following = state.advance(ord("x"))
        assert following is not None
        state = following
    both = JsonString(long & (literal(b"\n") | code_points([(0x61, 0x7A)])).star()).start()
    assert both.shortest == 3_001
