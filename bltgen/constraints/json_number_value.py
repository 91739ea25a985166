"""What a caller gets for the text of a JSON number: its exact value, as the simplest type that holds it.

The one rule of `parse`, `out.value` and `stream_values`. A number is
- an `int` where the text spells an integer (no fraction, no exponent), or where its value is one and the
  schema wants an integer there (`1e2` and `100.0` are then 100), of any number of digits;
- else a `float` where that is exact: `Decimal(repr(float(text))) == Decimal(text)`;
- else a `Decimal`.

So a value always equals its text, and satisfies whatever schema the text satisfies.

>>> number_value("36"), number_value("12.50"), number_value("1e2"), number_value("1e2", integer=True)
(36, 12.5, 100.0, 100)
>>> number_value("0.1000000000000000000001"), number_value("1e400"), number_value("1e-400")
(Decimal('0.1000000000000000000001'), Decimal('1E+400'), Decimal('1E-400'))
"""

from __future__ import annotations

import math
from decimal import MAX_EMAX, Decimal, InvalidOperation

from bltgen.constraints.number_set import decimal_parts
from bltgen.errors import LimitExceeded

__all__ = ["INTEGER_DIGITS", "is_whole", "number_value"]

INTEGER_DIGITS = 100_000
"""The most digits of an `int` that an exponent asks for: `1e999999999` has few bytes and much value."""

DOUBLE_DIGITS = 17
"""The most significant digits of the shortest decimal that means a double."""


def number_value(text: str, *, integer: bool = False) -> int | float | Decimal:
    """The value of a JSON number's text. `integer`: the schema wants an integer where it stands.

    Raises LimitExceeded where an exponent is beyond `Decimal`, or an integer's beyond `INTEGER_DIGITS`,
    ValueError where the text is no JSON number.
    """
    digits, exponent = decimal_parts(text)
    if not set(text) & set(".eE") or (integer and exponent >= 0):
        if exponent > max(INTEGER_DIGITS, len(text)):
            raise LimitExceeded("the number of digits of an integer", INTEGER_DIGITS)
        return digits * int(10**exponent)
    if abs(digits) < 10**DOUBLE_DIGITS:
        value = float(text)
        if math.isfinite(value) and decimal_parts(value) == (digits, exponent):
            return value
    try:
        return Decimal(text)
    except InvalidOperation:
        raise LimitExceeded(f"the exponent of the number {text[:80]}", MAX_EMAX) from None


def is_whole(text: str) -> bool:
    """Whether a JSON number's value is an integer though its text has a fraction or an exponent."""
    return bool(set(text) & set(".eE")) and decimal_parts(text)[1] >= 0
