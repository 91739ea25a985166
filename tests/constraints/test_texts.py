"""`literal` and `choice`: what is a text, and what is said of what is none."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from bltgen import choice, json_schema, literal, regex
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
    with pytest.raises(EmptyLanguage):
        choice([])
