"""IP addresses, networks and interfaces as Python's `ipaddress` reads them.

An IPv4 address has four numbers without leading zeros; an IPv6 address may end in a zone (`fe80::1%eth0`). A
network's prefix is a number of bits, for IPv4 also a mask or its inverse; no bit of the address beyond it is
set. An interface is an address with a prefix, whatever its bits. Left out: an IPv6 network that ends in an
IPv4 address and has a prefix below 96.

>>> ipv4_network().accepts(b"10.0.0.0/8"), ipv4_network().accepts(b"10.0.0.1/8")
(True, False)
>>> [ipv6_network().accepts(text) for text in (b"2001:db8::/32", b"2001:db9::/31", b"::1", b"::1:0/111")]
[True, False, True, False]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from bltgen.automata.language import INFINITE, Language, from_automaton, union
from bltgen.constraints.json_format_uri import IPV4, IPV6
from bltgen.constraints.regex import regex

__all__ = ["ipv4", "ipv4_interface", "ipv4_network", "ipv6", "ipv6_interface", "ipv6_network"]

_OCTET = "(?:[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
_ZONE = "(?:%[^%/]+)?"
_HEX = "0123456789abcdef"


@cache
def ipv4() -> Language:
    """Four numbers up to 255."""
    return regex(IPV4)


@cache
def ipv6() -> Language:
    """Every way of writing an address, with or without a zone."""
    return regex(IPV6 + _ZONE)


@cache
def ipv4_interface() -> Language:
    """An address, alone or with a prefix of any length."""
    return regex(f"{IPV4}(?:/(?:{'|'.join(_prefix(bits) for bits in range(33))}))?")


@cache
def ipv6_interface() -> Language:
    """An address, alone or with a prefix of any length."""
    return regex(f"{IPV6}{_ZONE}(?:/{_numbers(0, 128)})?")


@cache
def ipv4_network() -> Language:
    """An address, alone or with a prefix beyond which it has no bits."""
    ways = [f"{_ipv4_with_bits(bits)}/(?:{_prefix(bits)})" for bits in range(33)]
    return regex("|".join([IPV4, *ways]))


@cache
def ipv6_network() -> Language:
    """An address, alone or with a prefix beyond which it has no bits."""
    tails = "|".join(f"{_ipv4_with_bits(bits)}{_ZONE}/0*{96 + bits}" for bits in range(33))
    ends_in_ipv4 = regex(IPV6 + _ZONE + "/.*") & regex(f"[0-9A-Fa-f:]*:(?:{tails})")
    return union(from_automaton(_Network()), regex(f"(?:{IPV6}){_ZONE}"), ends_in_ipv4)


def _ipv4_with_bits(bits: int) -> str:
    """The addresses of which only the first bits are set."""
    octets = []
    for index in range(4):
        free = min(8, max(0, 8 * (index + 1) - bits))
        numbers = "|".join(str(number) for number in range(0, 256, 1 << free))
        octets.append(_OCTET if free == 0 else f"(?:{numbers})")
    return r"\.".join(octets)


def _prefix(bits: int) -> str:
    """A prefix of so many bits: the number, the mask, the mask inverted."""
    mask = (1 << 32) - (1 << (32 - bits))
    ways = [f"0*{bits}", _dotted(mask)]
    if 0 < bits < 32:
        ways.append(_dotted(~mask))
    return "|".join(ways)


def _dotted(number: int) -> str:
    return r"\.".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


@cache
def _numbers(least: int, most: int) -> str:
    return f"0*(?:{'|'.join(map(str, range(least, most + 1)))})"


@dataclass(frozen=True)
class _Network:
    """What was read of an IPv6 network without an IPv4 address.

    `groups` that are complete; `gap`: how many of them stand before `::`, if that was read; `digits` of the
    group being read, and `low`, its lowest bit that is set (-1: none); `colon`: the last byte was a colon
    that is not the second of `::`. `needed`: the least prefix for the groups before the gap; `group`, `bit`:
    the last group after the gap with a bit set, and its lowest bit.
    """

    groups: int = 0
    gap: int = -1
    digits: int = 0
    low: int = -1
    colon: bool = False
    needed: int = 0
    group: int = -1
    bit: int = 0

    accepting = False
    longest = INFINITE

    @property
    def shortest(self) -> int:
        """Bytes to the end of the shortest network: `/` and the shortest prefix are always possible."""
        if self.gap >= 0:
            left = 0 if not self.colon else 1
            ended = replace(self, digits=1, colon=False) if self.colon else self
        elif self.groups + bool(self.digits) == 8:
            left, ended = 0, self
        else:
            left = 1 if self.colon else 2
            ended = self._with_gap() if self.digits or self.colon else replace(self, gap=0)
        return left + 1 + len(str(ended._prefix()))

    def _with_gap(self) -> _Network:
        ended = self._end_of_group() if self.digits else self
        return replace(ended, gap=ended.groups, colon=False)

    def _end_of_group(self) -> _Network:
        """With the group being read completed."""
        made = replace(self, groups=self.groups + 1, digits=0, low=-1)
        if self.low < 0:
            return made
        if self.gap < 0:
            return replace(made, needed=16 * self.groups + 16 - self.low)
        return replace(made, group=self.groups, bit=self.low)

    def _prefix(self) -> int:
        """The least prefix, the address ending here."""
        ended = self._end_of_group() if self.digits else self
        if ended.group < 0:
            return ended.needed
        return 16 * (8 - ended.groups + ended.group) + 16 - ended.bit

    def transitions(self) -> Iterator[tuple[int, Language]]:
        """A digit, a colon, or what ends the address."""
        most = 8 if self.gap < 0 else 7
        if self.digits < 4 and self.groups < most:
            for bits, low in _DIGITS:
                grown = low if low >= 0 else self.low + 4 if self.low >= 0 else -1
                following = replace(self, digits=self.digits + 1, low=grown, colon=False)
                if self.gap >= 0 or not (self.colon and self.groups == 0):
                    yield bits, from_automaton(following)
        after = self._colon()
        if after is not None:
            yield 1 << ord(":"), from_automaton(after)
        complete = self.groups + bool(self.digits)
        if not self.colon and (complete == 8 if self.gap < 0 else True):
            prefix = regex(_numbers(self._prefix(), 128))
            yield 1 << ord("/"), prefix
            yield 1 << ord("%"), regex("[^%/]+/") + prefix

    def _colon(self) -> _Network | None:
        """After a colon, if one may come."""
        if self.gap >= 0:
            ended = self._end_of_group()
            return replace(ended, colon=True) if self.digits and ended.groups < 7 else None
        if self.digits:
            ended = self._end_of_group()
            return replace(ended, colon=True) if ended.groups < 8 else None
        if self.colon:
            return replace(self, gap=self.groups, colon=False)
        return replace(self, colon=True)


def _digit_classes() -> list[tuple[int, int]]:
    """The hexadecimal digits, as bits, by their lowest bit that is set (-1: none)."""
    classes: dict[int, int] = {}
    for value, digit in enumerate(_HEX):
        low = (value & -value).bit_length() - 1
        for spelled in {digit, digit.upper()}:
            classes[low] = classes.get(low, 0) | 1 << ord(spelled)
    return [(bits, low) for low, bits in classes.items()]


_DIGITS = _digit_classes()
