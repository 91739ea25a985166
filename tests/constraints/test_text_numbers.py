"""Numbers that a text tells: each reading of each spelling, and no other."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bltgen.constraints.text_numbers import MOST_DIGITS, _are_groups, numbers_in

TOLD = {
    # digits alone
    "": "",
    "x": "",
    "36": "36",
    "007": "7",
    "0": "0",
    "00": "0",
    "1x2": "1 2",
    "LR460b": "460",
    "٣٦": "36",
    "x٣x６": "3 6",
    "²½Ⅷ": "",
    # points
    "12.50": "12.5",
    "12,50": "12.5",
    "12,5": "12.5",
    "٣٫٥": "3.5",
    ".5": "0.5 5",
    "1.5": "1.5",
    "x.25": "0.25 25",
    "5.": "5",
    "1..5": "1 0.5 5",
    "1,.5": "1 0.5 5",
    "12'50": "12 50",
    "12_50": "12 50",
    ".5.6": "5.6",
    # groups
    "68,500": "68.5 68500",
    "68.500": "68.5 68500",
    "68'500": "68500",
    "68’500": "68500",
    "68_500": "68500",
    "68٬500": "68500",
    "68.500.000": "68500000",
    "1234,567": "1234.567",
    "1234'567": "1234 567",
    "1,234,56": "1 234 56 1.234 1234 234.56",
    "12,34,567": "1234567",
    "1,23,45,678": "12345678",
    "123,45,678": "123 45 678 123.45 45.678 45678",
    "12,345,67": "12 345 67 12.345 12345 345.67",
    "12,34,56": "12 34 56 12.34 34.56",
    "0,500": "0.5",
    "0'500": "0 500",
    "1,234.56": "1234.56",
    "1.234,56": "1234.56",
    "1'234.5": "1234.5",
    "1.234.567,8": "1234567.8",
    "1,234'567": "1 234 567 1.234 1234 234567",
    "1,234.567,890": "1 234 567 890 1.234 1234 234.567 234567 567.89 567890",
    "1,2,3,4": "1 2 3 4 1.2 2.3 3.4",
    "6.6.7": "6 7 6.6 6.7",
    # spaces
    "68 500": "68500 68 500",
    "68\u00a0500": "68500 68 500",
    "68\u2009500": "68500 68 500",
    "68\u202f500": "68500 68 500",
    "68\u2007500": "68500 68 500",
    "1 234 567": "1234567 1 234 567",
    "1 234\u00a0567": "1 234 567 1234",
    "68 50": "68 50",
    "68 5000": "68 5000",
    "1234 567": "1234 567",
    "068 500": "68 500",
    "0 500": "0 500",
    "1 234,56": "1234.56 1 234.56",
    "1 234.5": "1234.5 1 234.5",
    "1 234.5.6": "1 234 5 6 234.5 5.6 1234",
    "7.1 234": "7.1 234",
    "-1 234": "-1234 1234 -1 1 234",
    "\u22121 234": "-1234 -1 234",
    # signs
    "-5": "-5 5",
    "–5": "-5 5",
    "−5": "-5",
    "+5": "5",
    "-$5": "-5 5",
    "−$5": "-5",
    "a-5": "5",
    "3-4": "3 4",
    "3,-4": "3 4",
    "3.-4": "3 4",
    "3-$4": "3 4",
    "3 -4": "3 -4 4",
    "(-4)": "-4 4",
    "--4": "-4 4",
    "- 4": "4",
    "-.5": "-0.5 0.5 -5 5",
    "-0": "0",
    # exponents
    "1.5e3": "1500",
    "2E-4": "0.0002",
    "2e−4": "0.0002",
    "2e+4": "20000",
    "-1e2": "-100 100",
    "1e2x": "1 2",
    "1e": "1",
    ".5e1": "5 50",
    "68,500e1": "685 685000",
    # parts
    "2024-05-01": "2024 5 1",
    "21:40": "21 40",
    "3/4": "3 4",
    "36 and 36.0": "36",
}  # fmt: skip


@pytest.mark.parametrize("text", TOLD)
def test_each_reading_and_no_other(text: str) -> None:
    assert numbers_in(text) == {Decimal(number) for number in TOLD[text].split()}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("7" * (MOST_DIGITS - 1), True),
        ("7" * MOST_DIGITS, True),
        ("7" * (MOST_DIGITS + 1), False),
        (f"1e{MOST_DIGITS - 1}", True),
        (f"1e{MOST_DIGITS}", False),
        (f"1e-{MOST_DIGITS - 1}", True),
        (f"1e-{MOST_DIGITS}", False),
        (f"12e{MOST_DIGITS - 2}", True),
        (f"12e{MOST_DIGITS - 1}", False),
        ("1e000009", True),
        ("1e0000009", False),
        ("1e-00009", True),
        ("1e-000009", False),
        ("1e99999999999", False),
    ],
)
def test_longer_numbers_are_not_read(text: str, read: bool) -> None:
    assert numbers_in(text) == ({Decimal(text)} if read else set())
    assert numbers_in(f"{text} 5") >= {Decimal(5)}


def test_a_number_is_written_as_it_was() -> None:
    """Equal values count once; the digits are those of the text."""
    assert str(next(iter(numbers_in("12.50")))) == "12.50"
    assert str(next(iter(numbers_in("007")))) == "7"
    assert str(next(iter(numbers_in("0.00")))) == "0.00"
    assert str(next(iter(numbers_in("1.5e3")))) == "1.5E+3"


def test_groups_of_digits() -> None:
    for runs, separators, verdict in (
        (["12345"], "", True),
        (["0"], "", True),
        (["1", "234"], ",", True),
        (["123", "456", "789"], ",,", True),
        (["1234", "567"], ",", False),
        (["1", "234", "567"], ",.", False),
        (["01", "234"], ",", False),
        (["1", "23"], ",", False),
        (["1", "234"], ";", False),
        (["12", "34", "567"], ",,", True),
        (["123", "45", "678"], ",,", False),
        (["12", "345", "67", "890"], ",,,", False),
    ):
        assert _are_groups(runs, list(separators)) is verdict, runs
