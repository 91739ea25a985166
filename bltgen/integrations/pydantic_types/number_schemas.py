"""Core schemas of numbers as JSON Schemas: `int`, `float`, `Decimal`, `Fraction`, `complex`.

An integer is written as one, since strict mode takes no `1.0`. pydantic compares what it has read: a float
is the nearest one to the text, and a Decimal whose text has a point or an exponent goes through a float.
Where numbers have at most 15 digits that makes no difference. Where they may have any number of them
(`wide`), open bounds move by half the distance to the next float, and decimals are bounded so that nothing is
lost.

A multiple of a float is an exact one; pydantic takes what differs by a billionth, too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from bltgen.automata.language import Language, union
from bltgen.constraints.number_set import NumberSet
from bltgen.integrations.pydantic_types import number_texts
from bltgen.integrations.pydantic_types.context import WRITTEN, Collected, Context, JsonDict
from bltgen.integrations.pydantic_types.fixed_point import Range

__all__ = ["bounds_of", "complex_schema", "decimal_schema", "float_schema", "fraction_schema", "int_schema"]

Core = Mapping[str, Any]
Numeric = Decimal | int

_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
_LARGEST_FLOAT = Decimal("1.7976931348623157e308")
_FLOAT_DIGITS = 15
"""So many digits come out of a float as they went in."""

_BOUND_DIGITS = 40
_PRECISION = 28
"""The digits of Python's decimal context, in which pydantic finds remainders."""


def int_schema(core: Core, at: Context, to: Collected) -> JsonDict:
    """Integers."""
    bounds = bounds_of(core)
    if at.key:
        return to.string("integer", number_texts.integer_text(*_ranges(bounds, at, to)))
    return {"type": "integer", **({WRITTEN: "integer"} if to.wide else {}), **bounds}


def float_schema(core: Core, at: Context, to: Collected) -> JsonDict:
    """Floats. Infinities have no JSON text, but a number may be too large."""
    finite = at.setting(core, "allow_inf_nan", "allow_inf_nan") is False
    bounds = bounds_of(core)
    step = core.get("multiple_of")
    if step is not None and not float(step).is_integer():
        to.unchecked(
            at, "multiple_of", "pydantic divides floats: it may not see that 0.3 is a multiple of 0.1"
        )
    if finite:
        bounds = _within(bounds, _LARGEST_FLOAT)
    if at.key:
        ranges = _ranges(_rounded(bounds), at, to)
        return to.string("number", number_texts.float_text(*ranges, finite=finite))
    return {"type": "number", **(_rounded(bounds) if to.wide else bounds)}


def decimal_schema(core: Core, at: Context, to: Collected) -> JsonDict:
    """Decimals, as numbers and as strings."""
    bounds = bounds_of(core)
    step, places, digits = core.get("multiple_of"), core.get("decimal_places"), core.get("max_digits")
    if step is not None:
        bounds = _within(bounds, abs(_exact(step)) * (10**_PRECISION - 1))
    shapes = _shapes(places, digits)
    texts = _decimal_texts(bounds, shapes, at, to)
    no_zero = places is not None and digits is not None and places >= digits
    if no_zero and 0 in _numbers(bounds):
        # pydantic counts a digit before the point in 0, but none in 0.0.
        texts |= number_texts.zero_with_places()
    if not bounds and not shapes and at.setting(core, "allow_inf_nan", "allow_inf_nan"):
        texts |= number_texts.no_number()
    strings = to.string("decimal", texts)
    if at.key:
        return strings
    parts = [bounds, *_either(shapes)]
    if not to.wide:
        return {"anyOf": [_joined(parts, "number"), strings]}
    kept = _kept_by_floats(bounds, places, digits, step)
    whole = {**_joined(parts, "integer"), WRITTEN: "integer"}
    return {"anyOf": [_joined(kept, "number"), whole, strings]}


def _decimal_texts(bounds: JsonDict, shapes: list[JsonDict], at: Context, to: Collected) -> Language:
    """The strings: as many ways as the digits can stand around the point."""
    own = _ranges(bounds, at, to)
    if not shapes:
        return number_texts.decimal_text(*own, numbers=_numbers(bounds))
    ways = []
    for shape in shapes:
        places = -int(Decimal(shape["multipleOf"]).adjusted())
        high = shape.get("exclusiveMaximum")
        low = None if high is None else -high
        one = Range(low, high, True, True, places)
        numbers = _numbers(bounds) & _numbers({name: shape[name] for name in shape if name != "not"})
        if "not" in shape:
            numbers = numbers.without(0)
        made = number_texts.decimal_text(*own, one, numbers=numbers)
        ways.append(made - number_texts.decimal_text(Range(0, 0)) if "not" in shape else made)
    return union(*ways)


def fraction_schema(core: Core, at: Context, to: Collected) -> JsonDict:
    """Fractions, as numbers and as strings; within limits the strings are decimals."""
    bounds = bounds_of(_of_fractions(core, at, to))
    texts = number_texts.fraction_text()
    if bounds:
        to.narrowed(at, "fraction", "within limits a string is a decimal, not a fraction")
        texts = number_texts.decimal_text(*_ranges(bounds, at, to))
    strings = to.string("fraction", texts)
    if at.key:
        return strings
    limited = _within(bounds, _LARGEST_FLOAT)
    return {"anyOf": [{"type": "number", **(_rounded(limited) if to.wide else limited)}, strings]}


def _of_fractions(core: Core, at: Context, to: Collected) -> JsonDict:
    """The limits of a fraction, which are exact (a float is a binary fraction), as decimals.

    Of the multiples of 1/6 those of 1/2 are decimals. A bound that is no decimal moves inwards, by less than
    a number of 40 digits tells.
    """
    found: JsonDict = {}
    for name in (*_BOUNDS, "multiple_of"):
        given = core.get(name)
        if given is None or (isinstance(given, float) and not math.isfinite(given)):
            found[name] = given
            continue
        value = Fraction(given)
        rest = value.denominator
        for prime in (2, 5):
            while rest % prime == 0:
                rest //= prime
        if name == "multiple_of":
            value *= rest
        elif rest > 1:
            scale = 10 ** max(0, _BOUND_DIGITS - math.floor(math.log10(abs(value))))
            value = Fraction((math.ceil if name in ("ge", "gt") else math.floor)(value * scale), scale)
            name = {"gt": "ge", "lt": "le"}.get(name, name)
        exact = value.numerator if value.denominator == 1 else _decimal(value)
        found[name] = exact if found.get(name) is None else (max if name == "ge" else min)(found[name], exact)
    return found


def complex_schema(core: Core, at: Context, to: Collected) -> JsonDict:
    """Complex numbers, as strings, and real ones as numbers."""
    strings = to.string("complex number", number_texts.complex_text())
    return strings if at.key else {"anyOf": [strings, {"type": "number", **_within({}, Decimal(2**63 - 1))}]}


def _exact(value: Any) -> Numeric:
    """A bound as a number that JSON can write."""
    if isinstance(value, float):
        return Decimal(repr(value))
    return value if isinstance(value, (int, Decimal)) else Decimal(str(value))


def bounds_of(core: Core) -> JsonDict:
    """The keywords for the bounds of a core schema."""
    found: JsonDict = {}
    for name, keyword in _BOUNDS.items():
        value = core.get(name)
        if value is None:
            continue
        if isinstance(value, (float, Decimal)) and not math.isfinite(value):
            if math.isnan(value) or (value > 0) == (name in ("ge", "gt")):
                found["not"] = {}  # Nothing that JSON can write satisfies it.
            continue
        found[keyword] = _exact(value)
    if core.get("multiple_of") is not None:
        found["multipleOf"] = abs(_exact(core["multiple_of"]))
    return found


def _within(bounds: JsonDict, most: Numeric) -> JsonDict:
    """The bounds, and at most so far from 0."""
    found = dict(bounds)
    found["minimum"] = max(found.get("minimum", -most), -most)
    found["maximum"] = min(found.get("maximum", most), most)
    return found


def _shapes(places: int | None, digits: int | None) -> list[JsonDict]:
    """What the greatest number of digits and of those after the point say about a number: one of these."""
    if digits is None:
        return [] if places is None else [{"multipleOf": _power(-places)}]
    # With places, digits - places are left before the point; else the two share the digits.
    ways = []
    for after in range(digits + 1) if places is None else [min(places, digits)]:
        bound = _power(digits - after)
        way: JsonDict = {"multipleOf": _power(-after), "exclusiveMinimum": -bound, "exclusiveMaximum": bound}
        if places is not None and places >= digits:
            way["not"] = {"const": 0}
        ways.append(way)
    return ways


def _either(ways: list[JsonDict]) -> list[JsonDict]:
    return ways if len(ways) < 2 else [{"anyOf": ways}]


def _ranges(bounds: JsonDict, at: Context, to: Collected) -> list[Range]:
    """The bounds as ranges of texts; none: every number."""
    ranges = []
    if "minimum" in bounds or "maximum" in bounds:
        ranges.append(Range(bounds.get("minimum"), bounds.get("maximum")))
    if "exclusiveMinimum" in bounds or "exclusiveMaximum" in bounds:
        low, high = bounds.get("exclusiveMinimum"), bounds.get("exclusiveMaximum")
        ranges.append(Range(low, high, True, True))
    if "not" in bounds:
        ranges.append(Range(1, 0))
    step = bounds.get("multipleOf")
    if step is not None:
        power = Decimal(step).normalize()
        is_power = power.as_tuple().digits == (1,) and power.adjusted() <= 0
        ranges.append(Range(places=-power.adjusted()) if is_power else Range(step=step))
    return ranges


def _kept_by_floats(bounds: JsonDict, places: int | None, digits: int | None, step: Any) -> list[JsonDict]:
    """The conditions, so that they hold of the float that a number is read as, too."""
    tight = _rounded(_within(bounds, _LARGEST_FLOAT))
    for keyword, upward in (("minimum", True), ("maximum", False)):
        bound = Decimal(tight[keyword])
        if len(bound.as_tuple().digits) > _FLOAT_DIGITS and abs(bound) < _LARGEST_FLOAT:
            tight[keyword] = Decimal(repr(math.nextafter(float(bound), math.inf if upward else -math.inf)))
    if step is not None:
        exponent = Decimal(_exact(step)).normalize().as_tuple().exponent
        assert isinstance(exponent, int)
        tight = _within(tight, _power(_FLOAT_DIGITS + min(exponent, 0)) - 1)
    if places is not None:
        tight = _within(tight, _power(_FLOAT_DIGITS - places))
    return [tight, *_either(_shapes(places, None if digits is None else min(digits, _FLOAT_DIGITS)))]


def _joined(parts: list[JsonDict], kind: str) -> JsonDict:
    """One schema of several conditions."""
    given = [part for part in parts if part]
    if len(given) < 2 and not any("type" in part for part in given):
        return {"type": kind, **(given[0] if given else {})}
    return {"type": kind, "allOf": given}


def _numbers(bounds: JsonDict) -> NumberSet:
    """The numbers within bounds."""
    found = NumberSet.interval(bounds.get("minimum"), bounds.get("maximum"))
    found &= NumberSet.interval(bounds.get("exclusiveMinimum"), bounds.get("exclusiveMaximum"), True, True)
    if "multipleOf" in bounds:
        found &= NumberSet.multiples(bounds["multipleOf"])
    return NumberSet.empty() if "not" in bounds else found


def _power(exponent: int) -> Decimal:
    return Decimal((0, (1,), exponent))


def _rounded(bounds: JsonDict) -> JsonDict:
    """With open bounds at which a number is surely read as a float beyond the bound.

    A number is read as the nearest float, of two as near as each other the one with an even mantissa: those
    read as beyond the bound begin half-way to the next float.
    """
    found = dict(bounds)
    for keyword, sign, closed in (("exclusiveMinimum", 1, "minimum"), ("exclusiveMaximum", -1, "maximum")):
        bound = bounds.get(keyword)
        if bound is None or abs(bound) > _LARGEST_FLOAT:
            continue
        first = math.nextafter(float(bound), sign * math.inf)
        if math.isinf(first):
            found["not"] = {}
            continue
        middle = (Fraction(first) + Fraction(float(bound))) / 2
        found[keyword] = _decimal(middle)
        if float(middle) == first and closed not in found:
            found[closed] = found.pop(keyword)
    return found


def _decimal(value: Fraction) -> Decimal:
    """A fraction whose denominator has no prime factors but 2 and 5, exactly."""
    power = value.denominator.bit_length()
    while power and 10 ** (power - 1) % value.denominator == 0:
        power -= 1
    digits = value.numerator * (10**power // value.denominator)
    return Decimal((int(digits < 0), tuple(map(int, str(abs(digits)))), -power))
