"""The rules by which numbers of one place are written: bounds, listed values, digits, at and beside each."""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

import pytest

from bltgen import json_schema
from bltgen.automata.contract import State
from bltgen.constraints.json_schema.number_rules import (
    DOUBLE_DIGITS,
    DOUBLES,
    FAR_BOUND,
    LARGEST,
    SAFE,
    SMALLEST,
    NumberRules,
    _isolated,
    _magnitudes,
    has_plenty,
)
from bltgen.constraints.json_schema.written_numbers import EVERY_NUMBER, NO_NUMBER, WrittenNumbers
from bltgen.constraints.number_set import NumberSet

INTEGERS, EMPTY = NumberSet.integers(), NumberSet.empty()


def however(numbers: NumberSet) -> WrittenNumbers:
    return WrittenNumbers.however(numbers)


def interval(low: Any, high: Any) -> WrittenNumbers:
    return however(NumberSet.interval(low, high))


def integers(low: Any = None, high: Any = None) -> WrittenNumbers:
    return however(NumberSet.interval(low, high) & INTEGERS)


def takes(state: State, text: str) -> bool:
    here: State | None = state
    for byte in text.encode():
        here = here and here.advance(byte)
    return here is not None and here.accepting


def texts(
    numbers: str, written: WrittenNumbers, given: list[str], digits: int = 15, form: Any = None
) -> list[str]:
    """Those of the texts that may stand there."""
    state = NumberRules.of(numbers, digits, written, form).start(written)
    return [text for text in given if takes(state, text)]


# -- what the rules are ------------------------------------------------------------------------------


def test_any_has_no_rules() -> None:
    rules = NumberRules.of("any", 15, EVERY_NUMBER)
    assert rules == NumberRules(None)
    assert rules.shape is None
    assert rules.reaches_further is False
    assert rules.listing(NumberSet.value(1)) is rules
    given = ["1e999", "-0", "1.50", "123456789012345678901234567890"]
    assert texts("any", EVERY_NUMBER, given) == given


def test_plain_rules() -> None:
    rules = NumberRules.of("plain", 4, EVERY_NUMBER)
    assert rules.shape is not None
    assert tuple(rules.shape) == (False, False, 4, 10)
    assert rules.bounds == (-(10**4), 10**4)
    assert (rules.integers_only, rules.magnitudes, rules.widened) == (False, None, False)
    assert rules.listed.is_empty()
    assert rules.reaches_further is False


def test_interoperable_rules() -> None:
    rules = NumberRules.of("interoperable", 4, EVERY_NUMBER)
    assert rules.shape is not None
    # The digits that are asked for are those of `plain`.
    assert tuple(rules.shape) == (True, True, DOUBLE_DIGITS, None)
    assert rules.bounds == (-SAFE, SAFE) == (-(2**53), 2**53)
    assert rules.magnitudes is DOUBLES
    assert rules.integers_only is False


def test_magnitudes_are_those_of_doubles() -> None:
    """Of 15 digits the greatest and the least that a normal double holds."""
    greatest, least = Fraction(sys.float_info.max), Fraction(sys.float_info.min)
    assert LARGEST <= greatest < LARGEST + Fraction(10) ** 294
    assert SMALLEST - Fraction(10) ** -322 < least <= SMALLEST
    for value in (LARGEST, -LARGEST, SMALLEST, -SMALLEST, 0):
        assert value in DOUBLES
    assert LARGEST + 1 not in DOUBLES
    assert SMALLEST / 10 not in DOUBLES
    assert -SMALLEST / 10 not in DOUBLES


def test_more_digits_have_more_magnitudes() -> None:
    assert _magnitudes(DOUBLE_DIGITS) is _magnitudes(3) is DOUBLES
    wide = _magnitudes(30)
    far = Fraction(10) ** 616
    for inside in (far, -far, 1 / far, -1 / far, 0):
        assert inside in wide
    for outside in (far + 1, -far - 1, 1 / (far * 10), -1 / (far * 10)):
        assert outside not in wide
    assert Fraction(10) ** 3999 in _magnitudes(10_000)
    assert Fraction(10) ** 4000 not in _magnitudes(10_000)


# -- integers ----------------------------------------------------------------------------------------


def test_how_far_integers_reach_at_most() -> None:
    assert FAR_BOUND == 10**80
    assert SAFE == 2**53


def test_integers_reach_as_far_as_the_schema_says() -> None:
    for written, bounds, further in (
        (integers(), (-SAFE, SAFE), False),
        (integers(0, 9), (-SAFE, SAFE), False),
        (integers(None, 10**17), (-SAFE, 10**17 + 1), True),
        (integers(-(10**17), 5), (-(10**17) - 1, SAFE), True),
        (integers(0, FAR_BOUND), (-SAFE, FAR_BOUND + 1), True),
        (integers(0, FAR_BOUND + 1), (-SAFE, SAFE), False),
        (integers(-FAR_BOUND, 0), (-FAR_BOUND - 1, SAFE), True),
        (integers(-FAR_BOUND - 1, 0), (-SAFE, SAFE), False),
        (interval(0, 10**17), (-SAFE, SAFE), False),
    ):
        rules = NumberRules.of("interoperable", 15, written)
        assert (rules.bounds, rules.reaches_further) == (bounds, further), written
    plain = NumberRules.of("plain", 3, integers(None, 5000))
    assert plain.bounds == (-1000, 5001)
    assert plain.reaches_further is True
    assert NumberRules.of("plain", 3, integers(-5000, 1)).reaches_further is True
    assert NumberRules.of("plain", 4, integers(None, 5000)).reaches_further is False


def test_formats_widen_integers() -> None:
    def bounds(form: Any) -> tuple[int, int]:
        return NumberRules.of("interoperable", 15, integers(), form).bounds

    assert bounds("int64") == (-(2**63) - 1, 2**63)
    assert bounds("uint64") == (-SAFE, 2**64)
    for form in (None, "int32", ["int64"], 3):
        assert bounds(form) == (-SAFE, SAFE), form
    given = ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"]
    assert texts("interoperable", integers(), given, form="int64") == [given[0], given[2]]


def test_only_integers_are_said_to_reach_further() -> None:
    for numbers in ("interoperable", "plain"):
        rules = NumberRules.of(numbers, 15, EVERY_NUMBER, "int64")
        assert rules.bounds[1] == 2**63
        assert rules.reaches_further is False
        assert NumberRules.of(numbers, 15, integers(), "int64").reaches_further is True
    assert NumberRules.of("any", 15, integers(), "int64").reaches_further is False
    assert NumberRules(None, integers_only=True).reaches_further is False


def test_integers_at_the_bounds() -> None:
    given = [str(sign * (SAFE + more)) for sign in (1, -1) for more in (-1, 0, 1)]
    assert texts("interoperable", integers(), given) == [given[0], given[3]]
    assert texts("interoperable", integers(), ["1.0", "1e2", "-0"]) == ["-0"]
    assert texts("plain", integers(), ["999", "1000", "-999", "-1000", "-0", "1.0"], 3) == ["999", "-999"]
    assert texts("plain", integers(0, 1500), ["999", "1000", "1500", "1501"], 3) == ["999", "1000", "1500"]


# -- other numbers -----------------------------------------------------------------------------------


def test_digits_and_places_of_plain_numbers() -> None:
    given = [
        "1.5",
        "12.50",
        "0.10",
        "568.00",
        "1.234",
        "12.345",
        "0.0000000123",
        "0.00000000123",
        "1e2",
        "999",
    ]
    assert texts("plain", EVERY_NUMBER, given, 3) == ["1.5", "0.10", "999"]
    assert texts("plain", EVERY_NUMBER, given, 4) == [
        "1.5",
        "12.50",
        "0.10",
        "1.234",
        "0.0000000123",
        "999",
    ]
    assert texts("plain", EVERY_NUMBER, given, 5) == [*given[:7], given[7], "999"]


def test_significant_digits_of_interoperable_numbers() -> None:
    given = ["1.23456789012345", "1.234567890123456", "1e308", "1e309", "1e-307", "1e-308", "0e0", "-0.0"]
    assert texts("interoperable", EVERY_NUMBER, given) == [given[0], "1e308", "1e-307", "0e0", "-0.0"]


# -- listed numbers ----------------------------------------------------------------------------------


def test_numbers_that_stand_alone_are_listed() -> None:
    values = NumberSet.values
    assert _isolated(values([1, "2.5"])) == values([1, "2.5"])
    assert _isolated(NumberSet.interval(0, 1)).is_empty()
    assert _isolated(NumberSet.interval(0, 1) | values([5])) == values([5])
    assert _isolated(values([1]) | NumberSet.interval(1, 2)).is_empty()
    assert _isolated(values([2]) | NumberSet.interval(1, 2)).is_empty()
    assert _isolated(~values([1])).is_empty()
    assert _isolated(NumberSet.empty()).is_empty()


def test_listed_numbers_are_written_in_all_their_digits() -> None:
    listed = however(NumberSet.values(["0.123456", "12345.6", 7]))
    rules = NumberRules.of("plain", 3, listed)
    assert rules.listed == NumberSet.values(["0.123456", "12345.6"])
    assert rules.widened is False
    given = ["0.123456", "12345.6", "7", "7.0", "0.1234560", "12345.60", "1.23456e-1", "0.12"]
    assert texts("plain", listed, given, 3) == ["0.123456", "12345.6", "7", "12345.60"]
    # In as many places as they have, and no more.
    alone = however(NumberSet.value("12345.6"))
    assert texts("plain", alone, ["12345.6", "12345.60"], 3) == ["12345.6"]
    inter = however(NumberSet.values(["0.12345678901234567", 1]))
    assert NumberRules.of("interoperable", 15, inter).listed == NumberSet.value("0.12345678901234567")
    assert texts("interoperable", inter, ["0.12345678901234567", "1", "1.0", "12345678901234567e-17"]) == [
        "0.12345678901234567",
        "1",
        "12345678901234567e-17",
    ]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("999", True),
        ("1000", False),
        ("-999", True),
        ("-1000", False),
        ("99.9", True),
        ("99.91", False),
        ("0.5", True),
        ("0.05", True),
        ("0.123", False),
        ("0.12", True),
        ("0.000000012", False),
        ("0.0000012", False),
    ],
)
def test_what_plain_rules_write(value: str, written: bool) -> None:
    """A listed number is kept apart where they do not; whichever it is, it can be written."""
    rules = NumberRules.of("plain", 3, EVERY_NUMBER)
    member = NumberSet.value(value)
    assert (rules.listing(member) is rules) is rules._writes(Fraction(value))
    if written:
        assert rules._writes(Fraction(value)) is True
    added = rules.listing(member)
    assert takes(added.start(however(member)), value)


def test_what_interoperable_rules_write() -> None:
    rules = NumberRules.of("interoperable", 15, EVERY_NUMBER)
    for value, written in (
        (2**53 - 1, True),
        (2**53, False),
        (-(2**53) + 1, True),
        (-(2**53), False),
        (Fraction("1.23456789012345"), True),
        (Fraction("1.234567890123456"), False),
        (Fraction(1, 10**307), True),
        (Fraction(1, 10**309), False),
    ):
        assert rules._writes(Fraction(value)) is written, value
        assert (rules.listing(NumberSet.value(Fraction(value))) is rules) is written


def test_listing_adds_to_what_is_listed() -> None:
    rules = NumberRules.of("plain", 3, EVERY_NUMBER).listing(NumberSet.values([12345, 1]))
    assert rules.listed == NumberSet.value(12345)
    more = rules.listing(NumberSet.values([54321, 2]))
    assert more.listed == NumberSet.values([12345, 54321])
    state = more.start(EVERY_NUMBER)
    assert [text for text in ("12345", "54321", "12346", "12345.0") if takes(state, text)] == [
        "12345",
        "54321",
    ]
    # Of what is not admitted here nothing is listed.
    assert not takes(more.start(interval(0, 100)), "12345")
    assert not takes(more.start(however(NumberSet.value(12345)).only_as_integer()), "12345.0")
    assert takes(more.start(however(NumberSet.value(12345)).only_as_integer()), "12345")


def test_far_integers_that_are_listed() -> None:
    far = FAR_BOUND * 10
    for numbers in ("plain", "interoperable"):
        rules = NumberRules.of(numbers, 15, however(NumberSet.values([far, 1])))
        assert rules.listed == NumberSet.value(far)
        state = rules.start(however(NumberSet.values([far, 1])))
        assert takes(state, "1")
        assert takes(state, str(far)) or takes(state, "1e81")


@pytest.mark.parametrize("numbers", ["plain", "interoperable"])
def test_far_integers_that_must_be_written_as_integers(numbers: str) -> None:
    """However far they lie, in company and alone; as up to draft 4."""
    near, edge, far = 3, FAR_BOUND + 1, FAR_BOUND * 10**10
    listed = NumberSet.values([near, edge, far])
    only = however(listed).only_as_integer()
    given = [str(near), str(edge), str(far), "3.0", "1e90", f"{edge}.0", str(far + 1)]
    assert texts(numbers, only, given) == given[:3]
    assert texts(numbers, however(NumberSet.value(far)).only_as_integer(), given) == [str(far)]
    draft_4 = {"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer", "enum": [near, far]}
    constraint = json_schema(draft_4, numbers=numbers)
    assert [text for text in given if constraint.accepts(text.encode())] == [given[0], given[2]]


def test_integers_that_are_listed_as_floats_have_a_point() -> None:
    """In as many digits as they need and one after the point; no integer stands in their place."""
    for value, digits in ((2**60, str(2**60)), (10**23, str(10**23)), (-(2**70), str(-(2**70)))):
        floats = NumberSet.value(value)
        rules = NumberRules.of("interoperable", 15, EVERY_NUMBER)._replace(floats=floats)
        given = [f"{digits}.0", digits, f"{digits}.00", f"{digits}.5", "1", "1.5"]
        assert [text for text in given if takes(rules.start(EVERY_NUMBER), text)] == [given[0], "1", "1.5"]
        assert [text for text in given if takes(rules.start(however(floats)), text)] == [given[0]]
    rules = NumberRules.of("plain", 3, EVERY_NUMBER)._replace(floats=NumberSet.value(10**23))
    given = [f"{10**23}.0", str(10**23), f"{10**23}.00", "1e23", "1.0E23"]
    assert [text for text in given if takes(rules.start(EVERY_NUMBER), text)] == given[:1]
    rules = NumberRules.of("interoperable", 15, EVERY_NUMBER)._replace(floats=NumberSet.value(10**23))
    assert [text for text in given if takes(rules.start(EVERY_NUMBER), text)] == [given[0], *given[3:]]


# -- nothing but 0 -----------------------------------------------------------------------------------


def test_digits_are_doubled_until_something_can_be_written() -> None:
    narrow = interval("1.00000000000000001", "1.00000000000000002")
    rules = NumberRules.of("interoperable", 15, narrow)
    assert rules.widened is True
    assert rules.shape is not None
    assert rules.shape.digits == 30
    assert texts("interoperable", narrow, ["1.000000000000000015", "1", "1.0"]) == ["1.000000000000000015"]
    plain = NumberRules.of("plain", 2, narrow)
    assert plain.shape is not None
    assert (plain.shape.digits, plain.shape.places, plain.widened) == (30, 36, True)
    zero_or_narrow = however(narrow.numbers | NumberSet.value(0))
    assert NumberRules.of("plain", 2, zero_or_narrow).widened is True
    only_zero = however(NumberSet.value(0))
    for nothing in (only_zero, NO_NUMBER):
        assert NumberRules.of("plain", 2, nothing).widened is False
    small = interval(Fraction(1, 10**400), Fraction(1, 10**399))
    wide = NumberRules.of("interoperable", 15, small)
    assert wide.widened is True
    assert wide.shape is not None
    assert wide.shape.digits == 30
    far = interval(Fraction(10) ** 400, None)
    assert NumberRules.of("interoperable", 15, far).bounds[1] == 10**30


def test_without_choice_there_is_no_state() -> None:
    for numbers in ("any", "interoperable", "plain"):
        state = NumberRules.of(numbers, 3, NO_NUMBER).start(NO_NUMBER)
        assert state.allowed.bits == 0
    rules = NumberRules.of("plain", 3, EVERY_NUMBER).listing(NumberSet.value(12345))
    only = rules.start(however(NumberSet.value(12345)))
    assert only.completion() == b"12345"
    assert rules.start(NO_NUMBER).allowed.bits == 0


def test_plenty_of_values() -> None:
    """As far as is seen at once: by the last digits of the greatest numbers."""
    every, few = integers(), integers(1, 3)
    state = NumberRules.of("plain", 3, every).start(every)
    assert has_plenty(state, 500) is True
    assert has_plenty(state, 5000) is False
    state = NumberRules.of("interoperable", 15, every).start(every)
    assert has_plenty(state) is True
    assert has_plenty(NumberRules.of("plain", 3, few).start(few), 3) is False
    assert has_plenty(None) is False
    # Of any spelling, and where some are listed besides, nothing is seen at once.
    assert has_plenty(NumberRules.of("any", 3, every).start(every)) is False
    listing = NumberRules.of("plain", 3, EVERY_NUMBER).listing(NumberSet.value("0.123456"))
    assert has_plenty(listing.start(EVERY_NUMBER), 5) is False
