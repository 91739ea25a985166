"""Bounds of IP addresses and UUIDs: texts, however spelled, whose value is on one side of another.

An address is a sequence of units, octets or groups of 16 bits, and is compared unit by unit: it is beyond a
bound where it is the same up to some unit and that one is beyond. An IPv6 address may leave out groups of
zeros (`::`), and may write its last two groups as an IPv4 address: each such layout is one alternative, in
which the units left out are 0.

Python compares the value of IPv6 addresses, but their zone (`%eth0`), too, where it asks whether they are the
same: of another zone, an address of the same value is neither at most the other nor is it not greater.

>>> from ipaddress import ip_address
>>> side = ipv6_beyond(ip_address("fe80::5"), ">=")
>>> [side.accepts(t) for t in (b"fe80::5", b"fe80:0:0:0:0:0:0:4", b"FE80::0.0.0.5", b"::1", b"fe80::5%a")]
[True, False, True, False, True]
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from bltgen.automata.language import EMPTY, EPSILON, Language, concat, literal, union
from bltgen.constraints.regex import pattern_language

__all__ = ["ipv4_beyond", "ipv6_beyond", "uuid_beyond"]

_DIGITS = "0123456789abcdef"


@lru_cache(64)
def ipv4_beyond(bound: IPv4Address, side: str) -> Language:
    """The addresses on one side (`>`, `>=`, `<`, `<=`) of a bound."""
    units = [_octet(value) for value in bound.packed]
    return _beyond(list(zip(units, [b".", b".", b".", b""], strict=True)), side)


@lru_cache(64)
def ipv6_beyond(bound: IPv6Address, side: str) -> Language:
    """The addresses on one side of a bound, with zones."""
    further, same = _ipv6(bound, side[0]), _ipv6(bound, side[0] + "=")
    zone = bound.scope_id
    own = EPSILON if zone is None else literal(f"%{zone}".encode())
    others = pattern_language("(?:%[^%/]+)?") - own
    kept = further if side in (">", "<") else same
    return union(kept + own, (same if side[0] == ">" else further) + others)


def _ipv6(bound: IPv6Address, side: str) -> Language:
    values = [int.from_bytes(bound.packed[i : i + 2], "big") for i in range(0, 16, 2)]
    groups, octets = [_group(value) for value in values], [_octet(value) for value in bound.packed[12:]]
    ways = []
    for tail in (0, 2):
        # The groups in hexadecimal; with a tail, the last two are an IPv4 address.
        written = 8 - tail
        for gap in range(written + 1):
            for begin in range(written - gap + 1) if gap else [0]:
                units: list[tuple[_Unit, bytes]] = []
                for place in range(written):
                    if gap and begin <= place < begin + gap:
                        sign = b"::" if place == begin else b""
                        units.append((_Unit.absent(values[place]), sign))
                        continue
                    ends = place + 1 == begin if gap else False
                    last = place + 1 == written and not tail
                    units.append((groups[place], b"" if ends or last else b":"))
                if tail:
                    units += zip(octets, [b".", b".", b".", b""], strict=True)
                ways.append(_beyond(units, side))
    return union(*ways)


@lru_cache(64)
def uuid_beyond(bound: uuid.UUID, side: str) -> Language:
    """The UUIDs on one side of a bound, in the ways in which Rust reads them."""
    digits = [_Unit.of(_DIGITS[digit], digit) for digit in (int(d, 16) for d in bound.hex)]
    hyphens = {7, 11, 15, 19}
    plain = _beyond([(digit, b"") for digit in digits], side)
    parted = _beyond([(digit, b"-" if i in hyphens else b"") for i, digit in enumerate(digits)], side)
    braced = concat(literal(b"{"), parted, literal(b"}"))
    return union(plain, parted, literal(b"urn:uuid:") + parted, braced)


class _Unit:
    """The texts of a unit that are less than, the same as and greater than the bound's."""

    __slots__ = ("greater", "less", "same")

    def __init__(self, less: Language, same: Language, greater: Language) -> None:
        self.less, self.same, self.greater = less, same, greater

    @staticmethod
    def absent(value: int) -> _Unit:
        """A unit that is left out, being 0."""
        return _Unit(EMPTY, EPSILON, EMPTY) if value == 0 else _Unit(EPSILON, EMPTY, EMPTY)

    @staticmethod
    def of(spelled: str, digit: int) -> _Unit:
        """One hexadecimal digit."""
        return _Unit(_hex(0, digit - 1), _hex(digit, digit), _hex(digit + 1, 15))


def _beyond(units: Sequence[tuple[_Unit, bytes]], side: str) -> Language:
    """The texts of all units, each with what stands after it, that are on one side of the bound's."""
    rest = EPSILON  # any units from here on
    found = EPSILON if side.endswith("=") else EMPTY
    for unit, after in reversed(units):
        sign = literal(after)
        further = unit.greater if side[0] == ">" else unit.less
        found = union(concat(further, sign, rest), concat(unit.same, sign, found))
        rest = concat(union(unit.less, unit.same, unit.greater), sign, rest)
    return found


@lru_cache(1024)
def _octet(value: int) -> _Unit:
    def listed(low: int, high: int) -> Language:
        return pattern_language("|".join(map(str, range(low, high)))) if low < high else EMPTY

    return _Unit(listed(0, value), listed(value, value + 1), listed(value + 1, 256))


@lru_cache(1024)
def _group(value: int) -> _Unit:
    """A group of one to four hexadecimal digits, with zeros before it or not."""
    digits = f"{value:x}"
    less, greater = [], []
    for place, digit in enumerate(int(d, 16) for d in digits):
        before = concat(*(_hex(int(d, 16), int(d, 16)) for d in digits[:place]))
        after = _hex(0, 15).repeat(len(digits) - place - 1, len(digits) - place - 1)
        less.append(concat(before, _hex(int(place == 0 and len(digits) > 1), digit - 1), after))
        greater.append(concat(before, _hex(digit + 1, 15), after))
    first, any_digit = _hex(1, 15), _hex(0, 15)
    shorter = [_hex(0, 0)] if len(digits) > 1 else []
    shorter += [first + any_digit.repeat(n - 1, n - 1) for n in range(1, len(digits))]
    longer = [first + any_digit.repeat(n - 1, n - 1) for n in range(len(digits) + 1, 5)]
    same = concat(*(_hex(int(d, 16), int(d, 16)) for d in digits))
    return _Unit(_padded(union(*less, *shorter)), _padded(same), _padded(union(*greater, *longer)))


def _padded(language: Language) -> Language:
    return (literal(b"0").repeat(0, 3) + language) & _hex(0, 15).repeat(1, 4)


@lru_cache(256)
def _hex(low: int, high: int) -> Language:
    """The digits of these values, in either case."""
    digits = _DIGITS[low : high + 1] if low <= high else ""
    return pattern_language(f"[{digits}{digits.upper()}]") if digits else EMPTY
