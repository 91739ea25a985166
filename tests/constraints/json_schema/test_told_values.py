"""What a text tells of strings and numbers: where it is asked, and where the schema leaves no choice."""

from __future__ import annotations

import pytest

from bltgen.automata.language import EMPTY, EPSILON, Language, literal, union
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.constraints.json_schema.grounding import Grounding, _is_one, text_of
from bltgen.constraints.json_schema.written_numbers import EVERY_NUMBER, NO_NUMBER, WrittenNumbers
from bltgen.constraints.number_set import NumberSet
from bltgen.constraints.regex import regex


def told(strings: str | None, numbers: str | None = None, ungrounded: str = "error") -> Grounding:
    found = Grounding.of(strings, numbers, ungrounded)
    assert found is not None
    return found


def however(*values: int | str) -> WrittenNumbers:
    return WrittenNumbers.however(NumberSet.values(values))


def test_without_texts_nothing_is_told() -> None:
    assert Grounding.of(None, None, "error") is None
    assert Grounding.of(None, None, "schema") is None
    with pytest.raises(ValueError, match="ungrounded"):
        Grounding.of(None, None, "other")


def test_each_text_is_about_its_own() -> None:
    strings, numbers = told("a b"), told(None, "1")
    assert strings.values is None
    assert strings.numbers(EVERY_NUMBER) is EVERY_NUMBER
    assert numbers.spans is None
    assert numbers.strings(UTF8_TEXT) is UTF8_TEXT
    assert strings.lenient is False
    assert told("a", ungrounded="schema").lenient is True
    both = told("a", "1")
    assert both.spans is not None
    assert both.values == however(1)
    assert told("a") == told("a")


def test_strings_are_spans_that_the_schema_admits() -> None:
    spans = told("red green").strings(UTF8_TEXT)
    found = [text for text in (b"red", b"green", b"red green", b"re", b"blue", b"") if spans.accepts(text)]
    assert found == [b"red", b"green", b"red green"]
    some = told("red green").strings(union(literal(b"red"), literal(b"blue")))
    assert [text for text in (b"red", b"green", b"blue") if some.accepts(text)] == [b"red"]


def test_languages_of_one_text() -> None:
    for language, one in ((EMPTY, False), (regex("a*"), False), (regex("ab?"), False), (EPSILON, True)):
        assert _is_one(language) is one
    assert _is_one(literal(b"ab")) is True


@pytest.mark.parametrize(
    ("admitted", "asked"),
    [
        (literal(b"blue"), False),
        (EPSILON, False),
        (union(literal(b"a"), literal(b"b")), True),
        (regex("a{1,2}"), True),
        (regex("a*"), True),
        (regex("(ab)?"), True),
        (regex("x") & regex("x|y"), False),
        (EMPTY, True),
    ],
)
def test_one_text_is_no_choice(admitted: Language, asked: bool) -> None:
    found = told("red").strings(admitted)
    assert (found is not admitted or admitted is EMPTY) is asked
    if asked:
        assert found.is_empty()
        assert told("red", ungrounded="schema").strings(admitted) is admitted


def test_where_nothing_is_told_the_schema_may_decide() -> None:
    lenient = told("red", "7", "schema")
    anything = regex("b.*")
    assert lenient.strings(anything) is anything
    assert lenient.strings(UTF8_TEXT).accepts(b"red")
    assert not lenient.strings(UTF8_TEXT).accepts(b"blue")
    pair = however(1, 2)
    assert lenient.numbers(pair) is pair
    assert lenient.numbers(however(6, 7)) == however(7)
    assert told(None, "7").numbers(pair).numbers.is_empty()


def test_numbers_are_told_values_that_the_schema_admits() -> None:
    some = told(None, "1 and 2.50")
    assert some.numbers(EVERY_NUMBER) == however(1, "2.5")
    assert some.numbers(WrittenNumbers.however(NumberSet.integers())) == however(1)
    only = however(99)
    assert some.numbers(only) is only
    assert some.numbers(NO_NUMBER).numbers.is_empty()
    assert some.numbers(however(98, 99)).numbers.is_empty()


def test_texts_are_decoded() -> None:
    assert text_of("strings_from", None) is None
    assert text_of("strings_from", "é") == "é"
    assert text_of("strings_from", "é".encode()) == "é"
    assert text_of("strings_from", bytearray(b"a")) == "a"  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^numbers_from is no UTF-8 text: b'\\xff' at byte 2; decode it"):
        text_of("numbers_from", b"ab\xffc")
