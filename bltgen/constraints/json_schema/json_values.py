"""JSON values as hashable Python values that are equal exactly where JSON Schema calls them equal.

`canonical(value)` maps a value as `json.loads` gives it (numbers also as Decimal) to a tagged tuple: 1,
1.0 and 1e0 are equal, true and 1 are not, and the order of an object's keys does not matter.

Source: JSON Schema Core 2020-12, section 4.2.2, "Instance Equality".

>>> canonical(1.0) == canonical(1), canonical(True) == canonical(1)
(True, False)
>>> canonical({"a": [1]}) == canonical({"a": [1.0]})
True
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from bltgen.constraints.number_set import _integer
from bltgen.errors import ConstraintSyntaxError

__all__ = [
    "ARRAY",
    "BOOLEAN",
    "INTEGER",
    "KINDS",
    "LISTED_DEPTH",
    "NULL",
    "NUMBER",
    "OBJECT",
    "STRING",
    "Value",
    "canonical",
    "holds_surrogate",
    "is_deep",
    "is_text",
    "read",
    "type_bit",
    "written_value",
]

NULL, BOOLEAN, INTEGER, FRACTION, STRING, ARRAY, OBJECT = (1 << i for i in range(7))
NUMBER = INTEGER | FRACTION
"""Bits for sets of types. Numbers are split into integers (1.0 is one) and the others."""

KINDS = (NULL, BOOLEAN, INTEGER, FRACTION, STRING, ARRAY, OBJECT)
ANY_TYPE = 127

Value = tuple[Any, ...]
"""("z",), ("b", bool), ("n", sign, digits, exponent), ("s", str), ("a", items) or ("o", members)."""

_DEPTH = 500

SAFE = 2**53
LISTED_DEPTH = 200
"""How deep a value may be nested that a schema lists by `enum` or `const`."""


def canonical(value: Any, depth: int = 0) -> Value:
    """The canonical form of a JSON value. Raises ConstraintSyntaxError for what is none, or too deep."""
    if value is None:
        return ("z",)
    if isinstance(value, bool):
        return ("b", value)
    if isinstance(value, str):
        return ("s", str(value))
    if isinstance(value, int):
        return decimal_value(Decimal(value))
    if isinstance(value, float):
        return decimal_value(Decimal(repr(value)))
    if isinstance(value, Decimal):
        return decimal_value(value)
    if isinstance(value, _Written):
        return _number_value(value.text)
    if depth > _DEPTH:
        raise ConstraintSyntaxError(f"a value in the schema is nested deeper than {_DEPTH}")
    if isinstance(value, (list, tuple)):
        return ("a", tuple([canonical(item, depth + 1) for item in value]))
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise ConstraintSyntaxError(f"not a JSON value: a member's name is a string, not {key!r}")
        members = [(key, canonical(item, depth + 1)) for key, item in value.items()]
        return ("o", frozenset(members))
    raise ConstraintSyntaxError(f"not a JSON value: {value!r}")


def is_deep(value: Any) -> bool:
    """Whether a value, which may hold itself, is nested deeper than a listed one may be. No recursion."""
    todo = [(value, 0)]
    while todo:
        part, depth = todo.pop()
        if isinstance(part, Mapping):
            part = list(part.values())
        if isinstance(part, (list, tuple)):
            if depth >= LISTED_DEPTH:
                return True
            todo += [(one, depth + 1) for one in part]
    return False


def decimal_value(number: Decimal) -> Value:
    """The canonical form of an exact number: ("n", sign, digits without needless zeros, exponent)."""
    if not number.is_finite():
        raise ConstraintSyntaxError(f"not a JSON number: {number}")
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    if not text:
        return ("n", 0, "0", 0)
    stripped = text.rstrip("0")
    return ("n", sign, stripped, int(exponent) + len(text) - len(stripped))


class _Written:
    """A number as it is written."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def written_value(text: bytes) -> Value:
    """The canonical value of a JSON text, whatever the size of its numbers.

    >>> written_value(b"[1e99999999999999999999, 100]")
    ('a', (('n', 0, '1', 99999999999999999999), ('n', 0, '1', 2)))
    """
    return canonical(json.loads(text, parse_int=_Written, parse_float=_Written))


def _number_value(text: str) -> Value:
    """The canonical form of a number as it is written."""
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return ("n", 0, "0", 0)
    stripped = digits.rstrip("0")
    power = _integer(exponent.lstrip("+-") or "0")
    power = (-power if exponent.startswith("-") else power) - len(fraction)
    return ("n", int(mantissa.startswith("-")), stripped, power + len(digits) - len(stripped))


def to_decimal(value: Value) -> Decimal:
    """The number of a canonical ("n", ...) value."""
    return Decimal((value[1], tuple(map(int, value[2])), value[3]))


def is_text(text: str) -> bool:
    """Whether a str is Unicode text. A lone surrogate is no character: no text holds it (RFC 7493)."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def holds_surrogate(value: Any) -> bool:
    """Whether some str of a JSON value, which may hold itself, has a lone surrogate. Without recursion."""
    seen: set[int] = set()
    todo = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, str) and not is_text(part):
            return True
        if isinstance(part, (Mapping, list, tuple)) and id(part) not in seen:
            seen.add(id(part))
            todo += [*part, *part.values()] if isinstance(part, Mapping) else part
    return False


def type_bit(value: Value) -> int:
    """The type of a canonical value, as one of the bits."""
    tag = value[0]
    if tag == "n":
        return INTEGER if value[3] >= 0 else FRACTION
    return {"z": NULL, "b": BOOLEAN, "s": STRING, "a": ARRAY, "o": OBJECT}[tag]


def far_floats(value: Any) -> set[int]:
    """Of the numbers in a listed value those that are integers, are written as floats, and are none exactly.

    A reader of JSON makes an int of `1000...` and a float of `1e23`, which is not 10**23: where a schema says
    `1e23`, only another float is the same to it. The value is no deeper than `LISTED_DEPTH`.

    >>> far_floats([1e23, 10**25, {"a": 1e22}, 0.5]) == {10**23}
    True
    """
    if isinstance(value, (Mapping, list, tuple)):
        parts = value.values() if isinstance(value, Mapping) else value
        return {number for part in parts for number in far_floats(part)}
    if not isinstance(value, (float, Decimal)) or not SAFE < abs(float(value)) < math.inf:
        return set()
    exact = Decimal(str(value))
    number = int(exact)
    return {number} if number == exact and int(float(number)) != number else set()


def read(text: str | bytes) -> Any:
    """A JSON text as Python values, numbers exactly (int or Decimal), duplicate keys: the last one.

    Raises ConstraintSyntaxError for a number that no Decimal holds.
    """
    return json.loads(text, parse_int=_decimal, parse_float=_decimal)


def _decimal(text: str) -> int | Decimal:
    try:
        return Decimal(text) if set(text) & set(".eE") else int(text)
    except InvalidOperation:
        raise ConstraintSyntaxError(f"the exponent of {text[:40]} is out of range") from None
    except ValueError:  # Python's limit on the digits of an int
        return Decimal(text)
