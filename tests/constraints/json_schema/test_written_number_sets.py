"""Sets of numbers by how they are written: one object where it may be, and each text against a judge."""

from __future__ import annotations

import itertools
import re
from fractions import Fraction

import pytest

from bltgen.automata.contract import State
from bltgen.constraints.json_number import NumberState
from bltgen.constraints.json_schema.written_numbers import (
    EVERY_NUMBER,
    NO_NUMBER,
    WrittenNumbers,
    any_number_text,
)
from bltgen.constraints.number_set import NumberSet

LOW, HIGH = NumberSet.interval(None, 2), NumberSet.interval(1, None)
INTEGERS, NONE = NumberSet.integers(), NumberSet.empty()
TEXTS = [
    sign + "".join(text)
    for sign in ("", "-")
    for n in (1, 2, 3, 4)
    for text in itertools.product("01.e", repeat=n)
    if re.fullmatch(r"(0|1[01]*)(\.[01]+)?(e[01]+)?", "".join(text))
]


def value(text: str) -> Fraction:
    mantissa, _, exponent = text.partition("e")
    return Fraction(mantissa) * Fraction(10) ** int(exponent or 0)


def takes(state: State, text: str) -> bool:
    here: State | None = state
    for byte in text.encode():
        here = here and here.advance(byte)
    return here is not None and here.accepting


@pytest.mark.parametrize(
    "written",
    [
        EVERY_NUMBER,
        NO_NUMBER,
        WrittenNumbers.however(LOW),
        WrittenNumbers(INTEGERS, NONE),
        ~WrittenNumbers(INTEGERS, NONE),
        WrittenNumbers(NONE, NumberSet.all()),
        WrittenNumbers(LOW, HIGH),
        WrittenNumbers(NumberSet.interval(1, None), NONE),
        WrittenNumbers(NumberSet.multiples(2), NumberSet.value(1)),
        WrittenNumbers(NumberSet.value("0.1"), NumberSet.value("0.1")),
        WrittenNumbers(NumberSet.value("0.1"), NONE),
        WrittenNumbers(NONE, NumberSet.empty() & LOW),
    ],
)
def test_texts_are_judged_by_their_form_and_value(written: WrittenNumbers) -> None:
    state = any_number_text(written)
    for text in TEXTS:
        numbers = written.otherwise if set(text) & set(".e") else written.as_integer
        assert takes(state, text) is (value(text) in numbers), text
    assert not takes(state, "+1")


def test_sets_that_do_not_hang_on_the_form_stay_so() -> None:
    one, other = WrittenNumbers.however(LOW), WrittenNumbers.however(HIGH)
    assert one.as_integer is one.otherwise is LOW
    for made, numbers in (
        (one & other, LOW & HIGH),
        (one | other, LOW | HIGH),
        (one - other, LOW - HIGH),
        (~one, ~LOW),
    ):
        assert made.as_integer is made.otherwise
        assert made.as_integer == numbers
        assert made.numbers is made.as_integer


def test_one_set_is_read_by_its_own_states() -> None:
    state = any_number_text(WrittenNumbers.however(LOW))
    assert isinstance(state, NumberState)
    assert state.automaton.numbers is LOW


def test_sets_that_hang_on_the_form() -> None:
    integers = WrittenNumbers.however(LOW).only_as_integer()
    assert integers == WrittenNumbers(LOW, NONE)
    other = WrittenNumbers(HIGH, LOW)
    assert integers & other == WrittenNumbers(LOW & HIGH, NONE)
    assert integers | other == WrittenNumbers(LOW | HIGH, LOW)
    assert other - integers == WrittenNumbers(HIGH - LOW, LOW)
    assert ~integers == WrittenNumbers(~LOW, NumberSet.all())
    plain = WrittenNumbers.however(HIGH)
    assert integers & plain == WrittenNumbers(LOW & HIGH, NONE)
    assert plain & integers == WrittenNumbers(LOW & HIGH, NONE)
    assert plain - integers == WrittenNumbers(HIGH - LOW, HIGH)


def test_the_numbers_that_can_be_written() -> None:
    """A number that is no integer is not written as one."""
    assert WrittenNumbers(LOW, NONE).numbers == LOW & INTEGERS
    assert WrittenNumbers(LOW, HIGH).numbers == (LOW & INTEGERS) | HIGH
    assert EVERY_NUMBER.numbers == NumberSet.all()
    assert NO_NUMBER.numbers.is_empty()


def test_nothing_can_be_written_of_no_number() -> None:
    for nothing in (NO_NUMBER, WrittenNumbers(NumberSet.value("0.5"), NumberSet.empty() & INTEGERS)):
        assert any_number_text(nothing).allowed.bits == 0
    every = any_number_text(WrittenNumbers(INTEGERS, NONE))
    assert (every.shortest, takes(every, "-0"), takes(every, "01")) == (1, True, False)
