"""`literal` and `choice`: what is a text, and what is said of what is none."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from bltgen import choice, json_schema, literal, regex, utf8
from bltgen.automata.language import Language
from bltgen.errors import ConstraintSyntaxError, EmptyLanguage


class Colour(enum.Enum):
    RED = "red"


class Size(str, enum.Enum):
    SMALL = "small"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([1, 2, 3], "option 0 of choice is the int 1, which is no text: write '1'"),
        (["a", 1.5], "option 1 of choice is the float 1.5, which is no text: write '1.5'"),
        (["a", True], "option 1 of choice is the bool True"),
        (["a", None], r"option 1 of choice is None.*json_schema\(\{\"enum\""),
        ([["a"]], r"the list \['a'\]"),
        ([int], "the type int"),
        (Colour, "write its value, 'red'"),
        ("yes", r"write choice\(\['yes'\]\)"),
        (b"yes", r"write choice\(\[b'yes'\]\)"),
        (regex("a"), r"write choice\(\[a, b\]\)"),
        ({"a": 1}, "not a mapping"),
        (5, "not 5"),
        (None, "not None"),
    ],
)
def test_what_is_no_list_of_texts_is_refused_in_words(options: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        choice(options)


@pytest.mark.parametrize(
    "options", [["a", "b"], ("a", b"b"), {"a", "b"}, iter("ab"), [bytearray(b"a"), literal("b")]]
)
def test_any_iterable_of_texts_will_do(options: Any) -> None:
    made = choice(options)
    assert [made.accepts(text) for text in (b"a", b"b", b"ab")] == [True, True, False]


def test_text_enumerations_and_constraints_are_options() -> None:
    assert choice(Size).accepts(b"small")
    made = choice([json_schema({"type": "null"}), "x"])
    assert [made.accepts(text) for text in (b"null", b"x", b"y")] == [True, True, False]


@pytest.mark.parametrize("text", [5, 1.5, None, True, [1, 2], ["a"], regex("a"), str])
def test_a_literal_is_a_text(text: Any) -> None:
    """An int is no count of NULs, a list of ints no text."""
    with pytest.raises(TypeError, match="literal takes str or bytes, not"):
        literal(text)


@pytest.mark.parametrize("make", [literal, lambda text: choice(["a", text])])
@pytest.mark.parametrize(("text", "place"), [("\ud83d", 0), ("ab\udc00", 2)])
def test_a_lone_surrogate_is_no_text(make: Any, text: str, place: int) -> None:
    with pytest.raises(ConstraintSyntaxError, match=f"lone surrogate at index {place}"):
        make(text)


def test_a_choice_of_nothing_is_empty() -> None:
    with pytest.raises(EmptyLanguage, match="a choice needs an option"):
        choice([])


@pytest.mark.parametrize("text", ["né", "né".encode(), bytearray("né".encode()), memoryview("né".encode())])
def test_a_literal_is_its_bytes(text: Any) -> None:
    assert literal(text) is literal("né")
    assert [literal(text).accepts(word.encode()) for word in ("né", "n", "ne")] == [True, False, False]


def test_a_choice_of_texts_is_regular() -> None:
    """A union of literals; of other constraints, whatever `|` makes of them."""
    assert choice(["ab", "ac"]) is literal("ab") | literal("ac")
    assert choice([b"a"]) is literal("a")
    null = json_schema({"type": "null"})
    assert choice([null]) is null
    mixed = choice([null, "x", json_schema({"type": "boolean"})])
    assert [mixed.accepts(text) for text in (b"null", b"x", b"true", b"1")] == [True, True, True, False]
    assert not isinstance(mixed, Language)
    assert not isinstance(choice([null, json_schema({"const": 1})]), Language)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (5, r"literal takes str or bytes, not the int 5: write literal\('5'\)"),
        (1.5, r"literal takes str or bytes, not the float 1.5: write literal\('1.5'\)"),
        (True, "literal takes str or bytes, not the bool True$"),
        (None, "literal takes str or bytes, not None$"),
        (int, "literal takes str or bytes, not the type int$"),
    ],
)
def test_a_literal_of_what_is_no_text_says_what_to_write(value: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        literal(value)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (True, "no text and no constraint"),
        (Language, "the type Language, which is no text and no constraint"),
        (Colour.RED, "no text: write its value, 'red'"),
        (2, "no text: write '2'$"),
    ],
)
def test_an_option_of_what_is_no_text_says_what_to_write(option: Any, words: str) -> None:
    with pytest.raises(TypeError, match=f"option 1 of choice is .*{words}"):
        choice(["a", option])


def test_where_a_surrogate_stands_is_told() -> None:
    with pytest.raises(ConstraintSyntaxError, match="option 1 of choice: a lone surrogate at index 1"):
        choice(["a", "b\udc00"])


def test_utf8_is_every_text() -> None:
    assert utf8() is utf8()
    for text in (b"", "aé😀".encode()):
        assert utf8().accepts(text)
    for data in (b"\xff", b"\xc3", b"\xed\xa0\x80"):
        assert not utf8().accepts(data)
