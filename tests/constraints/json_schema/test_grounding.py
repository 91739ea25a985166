"""Values that a text tells: against all spans written out, judged by `jsonschema`."""

from __future__ import annotations

import itertools
import json
import random
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bltgen
from bltgen import json_schema
from bltgen.automata.suffix_automaton import pieces_of
from bltgen.constraints.text_numbers import numbers_in
from bltgen.errors import EmptyLanguage

TEXT = "Order 55812 of 2024-05-01: 12 kg, low price (김민수)."
SPANS = bltgen.substring_of(TEXT)
PIECES = [TEXT[a:b] for a in range(len(TEXT)) for b in range(a + 1, len(TEXT) + 1)]
TOLD = {piece for piece in PIECES if SPANS.accepts(piece.encode())}
OTHERS = ["", "99999", "2025", "2024-05-02", "high", "Ord", "5812", "medium", " of", "of "]
RULES: list[dict[str, Any]] = [
    {"pattern": "^[0-9]+$"},
    {"pattern": "[0-9]$"},
    {"pattern": "^(?!.*[0-9])"},
    {"format": "date"},
    {"format": "ipv4"},
    {"maxLength": 3},
    {"minLength": 10},
    {"enum": ["low", "medium", "high", "price", 12]},
    {"not": {"pattern": "[a-z]"}},
    {"anyOf": [{"format": "date"}, {"pattern": "^kg$"}]},
]


@pytest.mark.parametrize(
    "rules", [*itertools.combinations(RULES, 1), *itertools.combinations(RULES, 2)], ids=json.dumps
)
def test_what_the_schema_says_chooses_among_the_spans(rules: tuple[dict[str, Any], ...]) -> None:
    """Each keyword alone and each two of them: the spans that the keywords admit, and no invented ones."""
    schema = {"type": "string", "allOf": list(rules)}
    judge = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    told = {span for span in TOLD if judge.is_valid(span)}
    listed = [value for rule in rules for value in rule.get("enum", ()) if judge.is_valid(value)]
    if len(listed) == 1:
        told = set(listed)  # the schema leaves no choice
    candidates = {*OTHERS, *told, *random.Random(0).sample(sorted(TOLD), 40)}
    for option in ("error", "schema"):
        try:
            constraint = json_schema(schema, strings_from=TEXT, ungrounded=option)
        except EmptyLanguage:
            assert not told
            assert option == "error" or not any(judge.is_valid(word) for word in candidates)
            continue
        for word in candidates:
            expected = word in told or (option == "schema" and not told and judge.is_valid(word))
            assert constraint.accepts(json.dumps(word).encode()) == expected, word


@settings(deadline=None, max_examples=80)
@given(
    st.text(alphabet="ab 1김製กุ\u0301é\n🎉", max_size=9),
    st.sampled_from(["^[ab1]+$", "[a김]", "^.{2}$", "", "^(?!a)", "製$"]),
    st.integers(0, 3),
    st.integers(1, 5),
)
def test_exactly_the_spans_that_match(text: str, pattern: str, low: int, more: int) -> None:
    """Of all substrings of a text, those that `substring_of` and `jsonschema` take."""
    schema = {"type": "string", "pattern": pattern, "minLength": low, "maxLength": low + more}
    judge, spans = jsonschema.Draft202012Validator(schema), pieces_of(text)
    pieces = {text[a:b] for a in range(len(text)) for b in range(a, len(text) + 1)}
    told = {piece for piece in pieces if spans.accepts(piece.encode()) and judge.is_valid(piece)}
    try:
        constraint = json_schema(schema, strings_from=text)
    except EmptyLanguage:
        assert not told
        return
    for piece in pieces:
        assert constraint.accepts(json.dumps(piece).encode()) == (piece in told)


def test_what_leaves_no_choice_is_not_asked_of_the_text() -> None:
    """Constants, tags of unions, names, booleans and null; and enumerations of one value."""
    schema = {
        "type": "object",
        "properties": {
            "kind": {"const": "invoice"},
            "unit": {"enum": ["EUR"]},
            "paid": {"type": "boolean"},
            "note": {"type": ["string", "null"], "pattern": "^absent$"},
            "n": {"oneOf": [{"required": ["t"], "properties": {"t": {"const": tag}}} for tag in "xy"]},
        },
        "required": ["kind", "unit", "paid", "note", "n"],
    }
    constraint = json_schema(schema, strings_from="12 kg")
    head = '{"kind":"invoice","unit":"EUR","paid":true,'
    assert constraint.accepts((head + '"note":"absent","n":{"t":"y","other":"kg"}}').encode())
    assert not constraint.accepts((head + '"note":"kg","n":{"t":"x"}}').encode())
    assert not constraint.accepts((head + '"note":null,"n":{"t":"x","other":"EUR"}}').encode())


def test_what_is_dead_stays_away_and_what_is_needed_is_an_error() -> None:
    """Optional members, items and branches; the error names the place."""
    digits = {"type": "string", "pattern": "^[0-9]{5}$"}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "zip": digits,
            "all": {"type": "array", "items": digits},
            "either": {"anyOf": [digits, {"type": "null"}]},
        },
        "required": ["name"],
        "additionalProperties": False,
    }
    constraint = json_schema(schema, strings_from="Ada Lovelace")
    assert constraint.accepts(b'{"name":"Ada","all":[],"either":null}')
    for seed in range(20):
        value = json.loads(constraint.sample(random.Random(seed), 80))
        assert "zip" not in value
        assert not value.get("all")
        assert value.get("either") is None
    with pytest.raises(EmptyLanguage) as raised:
        json_schema({**schema, "required": ["name", "zip"]}, strings_from="Ada Lovelace")
    assert any(place.startswith("#/properties/zip") for place in raised.value.conflicts)
    impossible = {"type": "string", "minLength": 3, "maxLength": 2}
    with pytest.raises(EmptyLanguage) as alone:
        json_schema(impossible, strings_from="Ada")
    assert "strings_from" not in str(alone.value)


def test_texts_that_tell_nothing_or_are_no_text() -> None:
    """White space tells no string, a text without digits no number; bytes are UTF-8."""
    for blank in ("", " \n"):
        with pytest.raises(EmptyLanguage):
            json_schema({"type": "string"}, strings_from=blank)
    with pytest.raises(EmptyLanguage):
        json_schema({"type": "number"}, numbers_from="none at all")
    assert json_schema({"type": "number"}, numbers_from="none", ungrounded="schema").accepts(b"1")
    assert json_schema({"type": "string"}, strings_from="né".encode()).accepts('"né"'.encode())
    for option in ("strings_from", "numbers_from"):
        with pytest.raises(ValueError, match=f"{option} is no UTF-8 text: .*xff.* at byte 2"):
            json_schema({"type": "string"}, **{option: b"ab\xff"})
    with pytest.raises(ValueError, match="ungrounded"):
        json_schema({"type": "string"}, strings_from="a", ungrounded="ignore")


NUMBERS = {
    "68,500 guests": ["68500", "68.5"],
    "1.234,56 EUR": ["1234.56"],
    "12.50": ["12.5"],
    "1.234": ["1.234", "1234"],
    "0,75 or 0.750": ["0.75"],
    "1'234'567.8": ["1234567.8"],
    "12,34,567": ["1234567"],
    "68\u00a0500,25": ["68500.25", "68", "500.25"],
    "٣٬٥٠٠٫٢٥ and ７": ["3500.25", "7"],
    "-5 or −7 or 3-4": ["-5", "5", "-7", "3", "4"],
    "on 2024-05-01 at 21:40": ["2024", "5", "1", "21", "40"],
    "room LR460, 5kg, $12": ["460", "5", "12"],
    "1.5e3 and 2E-4": ["1500", "0.0002"],
    "v6.6.7": ["6", "7", "6.6", "6.7"],
    "no digits": [],
    "0 and -0": ["0"],
}


@pytest.mark.parametrize("text", NUMBERS)
def test_spellings_of_numbers(text: str) -> None:
    """Each reading, and no other."""
    assert numbers_in(text) == {Decimal(number) for number in NUMBERS[text]}


def _spelled(value: Decimal, group: str, point: str) -> str:
    whole, _, places = f"{value.copy_abs():f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", group)
    return ("−" if value < 0 else "") + grouped + (point + places if places else "")


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.decimals(-(10**9), 10**9, places=2) | st.integers(-(10**40), 10**40).map(Decimal),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([("", "."), ("", ","), (",", "."), (".", ","), ("'", "."), ("\u202f", ","), ("_", ".")]),
    st.integers(0, 10**6),
)
def test_numbers_are_found_by_their_values(values: list[Decimal], style: tuple[str, str], seed: int) -> None:
    """However they are grouped; and a constraint admits these values alone, in any spelling."""
    text = " to ".join(_spelled(value, *style) for value in values)
    told = numbers_in(text)
    assert set(values) <= told
    constraint = json_schema({"type": "number"}, numbers_from=text, numbers="any")
    for value in values:
        assert constraint.accepts(str(value).encode())
        assert constraint.accepts(f"{value:E}".encode())
    plain = json_schema({"type": "number"}, numbers_from=text, numbers="plain")
    for more in range(3):
        assert Decimal(plain.sample(random.Random(seed + more), 60).decode()) in told
    assert not any(constraint.accepts(str(n).encode()) for n in range(100) if Decimal(n) not in told)


def test_numbers_and_strings_together() -> None:
    """Bounds choose among the told numbers; constants are not asked for; distinct items can run out."""
    schema = {
        "type": "object",
        "properties": {
            "year": {"type": "integer", "minimum": 1900},
            "version": {"const": 3},
            "item": {"type": "string", "maxLength": 8},
            "all": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True, "maxItems": 9},
        },
        "required": ["year", "version", "item"],
    }
    text = "In 1999, 12 lamps."
    constraint = json_schema(schema, strings_from=text, numbers_from=text, undeclared="omit")
    assert constraint.accepts(b'{"year":1999,"version":3,"item":"12 lamps","all":[12,1999]}')
    assert not constraint.accepts(b'{"year":2000,"version":3,"item":"lamps"}')
    for seed in range(20):
        value = json.loads(constraint.sample(random.Random(seed), 120))
        assert value["year"] == 1999
        assert set(value.get("all", [])) <= {12, 1999}
    again = json_schema(**constraint.describe())
    assert again.accepts(b'{"year":1999,"version":3,"item":"lamps"}')
    assert "numbers_from" in str(again.report())


def told_along(constraint, data: bytes) -> list[str | None]:
    """Before each byte and at the end, the text that tells the string under way."""
    states = [constraint.start()]
    for byte in data:
        states.append(states[-1].advance(byte))
    return [state.told_by for state in states]


@pytest.mark.parametrize(
    ("schema", "before", "value", "after", "is_told"),
    [
        ({"type": "string"}, "", "12 kg", "", True),
        ({"properties": {"a": {"type": "string", "pattern": "k"}}}, '{"a":', "12 kg", "}", True),
        ({"properties": {"a": {"enum": ["12 kg", "12 lb"]}}}, '{"a":', "12 kg", "}", True),
        ({"anyOf": [{"type": "string"}, {"type": "array"}]}, "", "kg", "", True),
        ({"items": {"type": "string"}, "uniqueItems": True}, '["12",', "kg", "]", True),
        ({"items": {"const": "kg"}}, "[", "kg", "]", False),
        ({"items": {"enum": ["lb", "oz"]}}, "[", "lb", "]", False),
        ({"items": {"type": "array"}}, "[[],", None, "[]]", False),
        ({"propertyNames": {"pattern": "k"}}, "{", "kg", ":1}", False),
    ],
)
def test_states_say_where_a_string_is_told(schema, before, value, after, is_told):
    """Between its quotes and nowhere else; not where the schema leaves one string, or none that is told."""
    constraint = json_schema(schema, strings_from=TEXT, ungrounded="schema", whitespace="compact")
    written = b"" if value is None else json.dumps(value).encode()
    data = before.encode() + written + after.encode()
    within = range(len(before) + 1, len(before) + len(written)) if is_told else []
    told = told_along(constraint, data)
    assert [at for at, text in enumerate(told) if text is not None and at >= len(before)] == list(within)
    assert set(told) <= {None, TEXT}
    free = json_schema(schema, whitespace="compact")
    assert set(told_along(free, data)) == {None}
