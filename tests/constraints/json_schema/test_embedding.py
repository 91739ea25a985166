"""Constraints as terms of the regular layer: the same texts, equal states as equal terms, JSON told apart."""

from __future__ import annotations

import itertools

import pytest

from bltgen import choice, grammar, json_schema, regex
from bltgen.automata.language import INFINITE, literal
from bltgen.constraints.json_schema.embedding import _Embedded, _JsonText, embedded, is_json_text, json_text

TEXTS = [bytes(text) for n in range(5) for text in itertools.product(b"ab1", repeat=n)]


@pytest.mark.parametrize(
    "constraint",
    [
        regex("a(b|1)*"),
        choice(["a", "ab1"]),
        grammar('start: "a" start "b" | "1"'),
        json_schema({"const": 1}),
    ],
)
def test_a_constraint_is_the_same_language(constraint: object) -> None:
    language = embedded(constraint)  # type: ignore[arg-type]
    for text in TEXTS:
        assert language.accepts(text) is constraint.accepts(text), text  # type: ignore[attr-defined]
    assert language.start().shortest == constraint.start().shortest  # type: ignore[attr-defined]


def test_states_are_equal_where_they_are_the_same() -> None:
    state, other = json_schema(True).start(), json_schema({"const": 1}).start()
    one = _Embedded(state)
    assert one == _Embedded(state)
    assert hash(one) == hash(_Embedded(state))
    assert one != _Embedded(other)
    assert one != state
    assert one.__eq__(3) is False
    assert (one.accepting, one.shortest, one.longest) == (False, 1, INFINITE)
    constraint = grammar('start: "a"')
    assert embedded(constraint) is embedded(constraint)


def test_bytes_to_one_state_are_one_transition() -> None:
    state = json_schema({"type": "boolean"}).start()
    steps = list(_Embedded(state).transitions())
    assert sorted(bits for bits, _ in steps) == [1 << ord("f"), 1 << ord("t")]
    many = regex("[a-z]").start()
    ((bits, rest),) = _Embedded(many).transitions()
    assert bits == sum(1 << byte for byte in b"abcdefghijklmnopqrstuvwxyz")
    assert rest.nullable


def test_texts_of_json_are_told_apart() -> None:
    state = json_schema({"const": [1]}).start()
    language = json_text(state)
    assert is_json_text(language) is True
    assert is_json_text(embedded(json_schema({"const": [1]}))) is False
    assert is_json_text(literal(b"a")) is False
    assert language.accepts(b"[1]")
    assert not language.accepts(b"[2]")
    inner = _JsonText(state)
    assert inner.completion() == b"[1]"
    after = inner.after(ord("["))
    assert is_json_text(after) is True
    assert after.accepts(b"1]")
    assert all(is_json_text(rest) for _, rest in inner.transitions())
