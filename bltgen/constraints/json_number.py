"""The JSON spellings of a set of numbers: exact in every spelling that JSON allows.

`number_state(numbers)` is the state before the first byte of a number whose value is in a `NumberSet`.
`-0`, `1.0`, `1e2`, `10E-1` and `0.00100e3` are spellings like any other: "1" with 400 zeros and `e-400`
is one, `99999e-5` is at most 1, `0e999` is zero, `1.5e1` is an integer. With `spelling="plain"` there are
no exponents and no needless zeros, so that each value has exactly one spelling.

Why a machine of its own: with exponents the language is not regular, since the exponent must make up for
the number of digits before it. A state therefore is a prefix that was really read (sign, digits, place of
the point), and states are interned by what of the prefix still matters: how the digits compare to the
digits of each bound, the residue of each `multipleOf`, counts of places. After `e` what matters is the
set of integers that the exponent may be, a few intervals computed by arithmetic.

Invariants:
- `allowed`, `accepting`, `shortest` are exact. Whether a prefix lives is decided for each order of
  magnitude apart; between the magnitudes of the bounds all behave alike, so a few decide for all.
- A warm byte is one dictionary look-up. States a set of numbers needs: few for types and one-sided
  bounds, proportional to the digits of the bounds for intervals; counts of digits add one state a digit
  where they matter. Tables are dropped at `STATES` entries; states in use stay valid.

>>> from bltgen.constraints.number_set import NumberSet
>>> state = number_state(NumberSet.interval(10, 12) & NumberSet.integers())
>>> state.shortest, bytes(state.allowed)
(2, b'01')
>>> number_language(maximum=1).accepts(b"99999e-5"), number_language(integer=True).accepts(b"1.5e1")
(True, True)
>>> bytes(number_state(NumberSet.value(-7), "plain").forced)
b'-7'
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import count
from math import gcd, lcm
from typing import Any, Literal, NamedTuple

from bltgen.automata.byteset import ByteSet
from bltgen.automata.contract import FORCED_LIMIT
from bltgen.automata.language import INFINITE, Language, from_automaton
from bltgen.constraints.number_set import Condition, NumberSet, Value, decimal_parts

__all__ = ["NumberState", "Spelling", "number_language", "number_state"]

Spelling = Literal["any", "plain"]
"""`any`: whatever JSON allows; `plain`: no exponent, no `-0`, no zero at the end of a fraction."""

STATES = 50_000

START, MINUS, ZERO, WHOLE, POINT, FRACTION, E, E_SIGN, E_DIGITS = range(9)

_DIGITS = tuple(range(0x30, 0x3A))


class Mantissa(NamedTuple):
    """A prefix up to the exponent. Its value so far is `0.digits * 10**place`, with `length` digits.

    `digits` begins with a digit other than 0; while there is none, digits = length = 0 and the zeros
    after the point are -place. `zeros` of the digits are trailing zeros.
    """

    phase: int
    negative: bool = False
    digits: int = 0
    length: int = 0
    place: int = 0
    zeros: int = 0


Intervals = tuple[tuple[int | None, int | None], ...]
"""Ascending disjoint intervals of integers, both ends included; None: without end."""


class Exponent(NamedTuple):
    """A prefix from `e` on. The exponent must be in `targets` (its absolute value, once the sign is read)."""

    phase: int
    targets: Intervals
    value: int = 0


class Decade(NamedTuple):
    """The numbers from 10**(N-1) to 10**N, as digits: cut at `marks`, integers of `precision` digits."""

    precision: int
    marks: tuple[int, ...]
    inside: tuple[bool, ...]
    conditions: tuple[Condition, ...]


class _Side:
    """The positive numbers of a set, by order of magnitude N: 10**(N-1) <= x < 10**N.

    `magnitudes` are those in which a point lies; between them whole decades satisfy one condition each,
    `between[i]` those below `magnitudes[i]`. No member is of less magnitude than `lowest`
    or of greater than `highest`, where those are not None.
    """

    __slots__ = (
        "between",
        "decades",
        "highest",
        "lowest",
        "magnitudes",
        "moduli",
        "precision",
        "residues",
        "significands",
    )

    def __init__(self, points: list[Fraction], inside: list[bool], gaps: list[Condition]) -> None:
        """`gaps[i]` holds below `points[i]`, one more than points."""
        by_magnitude: dict[int, list[int]] = {}
        parts = [decimal_parts(point) for point in points]
        lengths = [_length(digits) for digits, _ in parts]
        for index, (_, exponent) in enumerate(parts):
            by_magnitude.setdefault(lengths[index] + exponent, []).append(index)
        self.magnitudes = sorted(by_magnitude)
        self.decades: dict[int, Decade] = {}
        self.between = [gaps[0]]
        for magnitude in self.magnitudes:
            members = by_magnitude[magnitude]
            precision = max(lengths[i] for i in members)
            self.decades[magnitude] = Decade(
                precision,
                tuple(parts[i][0] * 10 ** (precision - lengths[i]) for i in members),
                tuple(inside[i] for i in members),
                tuple(gaps[members[0] : members[-1] + 2]),
            )
            self.between.append(gaps[members[-1] + 1])
        self.lowest = None if self.between[0].table or not self.magnitudes else self.magnitudes[0]
        self.highest = None if self.between[-1].table or not self.magnitudes else self.magnitudes[-1]
        self.precision = max(lengths, default=0)
        scaled = (parts[i][0] * 10 ** (self.precision - lengths[i]) for i in range(len(points)))
        self.significands = sorted(set(scaled))
        self.moduli = sorted({modulus for gap in gaps for modulus in gap.moduli})
        self.residues = lcm(*[modulus.factor for modulus in self.moduli])

    def decade(self, magnitude: int) -> Decade:
        found = self.decades.get(magnitude)
        if found is None:
            index = bisect_left(self.magnitudes, magnitude)
            found = Decade(0, (), (), (self.between[index],))
        return found

    def finds(self, magnitude: int, size: int, low: int, high: int) -> bool:
        """Whether a k in low..high, of `size` digits, makes 0.k * 10**magnitude a member."""
        precision, marks, inside, conditions = self.decade(magnitude)
        ulp = magnitude - size
        if not marks:
            return conditions[0].finds(low, high, ulp)
        if size >= precision:
            scale, divide = 10 ** (size - precision), 1
            index = bisect_left(marks, -(-low // scale))
        else:
            scale, divide = 1, 10 ** (precision - size)
            index = bisect_left(marks, low * divide)
        while index < len(marks):
            here, rest = divmod(marks[index] * scale, divide)
            last = here if rest else here - 1
            if conditions[index].table and conditions[index].finds(low, min(last, high), ulp):
                return True
            if last >= high:
                return False
            if inside[index] and not rest:
                return True
            low = here + 1
            index += 1
        return conditions[index].finds(low, high, ulp)

    def reaches(
        self, digits: int, length: int, lowest: int | None, highest: int | None, beyond: bool
    ) -> bool:
        """Whether some member's digits begin with these, its magnitude being in lowest..highest.

        `beyond` excludes the number that has no more digits than these.
        """
        magnitudes = self.magnitudes
        if highest is None and self.between[-1].table:
            return True
        for index, condition in enumerate(self.between):
            if not condition.table:
                continue
            first = magnitudes[index - 1] + 1 if index else None
            last = magnitudes[index] - 1 if index < len(magnitudes) else None
            if lowest is not None and (first is None or lowest > first):
                first = lowest
            if highest is not None and (last is None or highest < last):
                last = highest
            if condition.dense:
                if first is None or last is None or first <= last:
                    return True
                continue
            # Only multiples: none is smaller than the unit of the finest modulus.
            finest = min(modulus.power for modulus in condition.moduli) + 1
            first = finest if first is None else max(first, finest)
            assert last is not None
            for magnitude in range(last, first - 1, -1):
                if self._reaches_at(magnitude, digits, length, beyond):
                    return True
        return any(
            self._reaches_at(magnitude, digits, length, beyond)
            for magnitude in magnitudes
            if (lowest is None or magnitude >= lowest) and (highest is None or magnitude <= highest)
        )

    def _reaches_at(self, magnitude: int, digits: int, length: int, beyond: bool) -> bool:
        # One digit more than points, prefix and moduli need: whatever an open interval holds shows there.
        size = max(self.decade(magnitude).precision, length)
        for modulus in self.moduli:
            size = max(size, magnitude - modulus.power)
        size += 1
        low, high = _span(digits, length, size - length)
        return self.finds(magnitude, size, low + beyond, high)

    def cheapest_exponent(self, size: int, low: int, high: int, base: int, bound: int) -> int:
        """The fewest bytes of an exponent e that makes some 0.k * 10**(base + e) a member, below `bound`.

        k has `size` digits and is in low..high. `bound` where there is none.
        """
        candidates = [(_exponent_cost(magnitude - base), magnitude) for magnitude in self.magnitudes]
        for index, condition in enumerate(self.between):
            if not condition.table:
                continue
            first = self.magnitudes[index - 1] + 1 if index else None
            last = self.magnitudes[index] - 1 if index < len(self.magnitudes) else None
            if not condition.moduli:
                _add_nearest(candidates, first, last, base, bound)
                continue
            # Below `coarse` no k is a multiple of anything, above `fine` only factors prime to ten matter.
            coarse = min(modulus.power for modulus in condition.moduli)
            fine = size + max(modulus.power + modulus.factor.bit_length() for modulus in condition.moduli)
            begin = coarse + 1 if first is None else max(first, coarse + 1)
            end = fine - 1 if last is None else min(last, fine - 1)
            for magnitude in range(begin, end + 1):
                cost = _exponent_cost(magnitude - base)
                if cost < bound:
                    candidates.append((cost, magnitude))
            _add_nearest(candidates, first, coarse if last is None else min(last, coarse), base, bound)
            _add_nearest(candidates, fine if first is None else max(first, fine), last, base, bound)
        for cost, magnitude in sorted(candidates):
            if cost >= bound:
                break
            if self.finds(magnitude, size, low, high):
                return cost
        return bound

    def exponents(self, prefix: Mantissa) -> Intervals:
        """The integers e such that the prefix's value times 10**e is a member."""
        digits = prefix.digits // 10**prefix.zeros
        last_place = prefix.place - prefix.length + prefix.zeros
        found: list[tuple[int | None, int | None]] = []
        for index, condition in enumerate(self.between):
            first = self.magnitudes[index - 1] + 1 - prefix.place if index else None
            last = self.magnitudes[index] - 1 - prefix.place if index < len(self.magnitudes) else None
            if condition.table and (first is None or last is None or first <= last):
                for low, high in _exponents_where(condition, digits, last_place):
                    begin = low if first is None else first if low is None else max(low, first)
                    end = high if last is None else last if high is None else min(high, last)
                    if begin is None or end is None or begin <= end:
                        _append(found, begin, end)
            if last is not None:
                magnitude = last + 1 + prefix.place
                if self.finds(magnitude, prefix.length, prefix.digits, prefix.digits):
                    _append(found, last + 1, last + 1)
        return tuple(found)


def _append(found: list[tuple[int | None, int | None]], low: int | None, high: int | None) -> None:
    """Add an interval after all others, merged with one that it touches."""
    if found and found[-1][1] is not None and low is not None and found[-1][1] + 1 == low:
        found[-1] = (found[-1][0], high)
    else:
        found.append((low, high))


def _exponents_where(
    condition: Condition, digits: int, last_place: int
) -> Iterator[tuple[int | None, int | None]]:
    """Where `digits * 10**(last_place + e)` satisfies the condition, digits being no multiple of 10."""
    starts: list[int | None] = []
    for factor, power in condition.moduli:
        # The least shift >= 0 for which factor divides digits * 10**shift.
        # A factor has twos or fives, not both.
        rest, shift = factor // gcd(factor, digits), 0
        for prime in (2, 5):
            while rest % prime == 0:
                rest //= prime
                shift += 1
        starts.append(None if rest != 1 else power + shift - last_place)
    edges: list[int | None] = [None, *sorted({start for start in starts if start is not None})]
    for index, low in enumerate(edges):
        row = sum(1 << i for i, s in enumerate(starts) if s is not None and low is not None and low >= s)
        following = edges[index + 1] if index + 1 < len(edges) else None
        if condition.table >> row & 1:
            yield low, None if following is None else following - 1


def _length(digits: int) -> int:
    """How many decimal digits a positive integer has."""
    guess = digits.bit_length() * 30103 // 100000
    while 10**guess <= digits:
        guess += 1
    return guess


def _span(digits: int, length: int, more: int) -> tuple[int, int]:
    """The integers that `more` further digits make of `digits`; of no digits, those of `more` digits."""
    power: int = 10**more
    return (digits * power, (digits + 1) * power - 1) if length else (power // 10, power - 1)


def _exponent_cost(exponent: int) -> int:
    """The bytes of the shortest spelling of an exponent, none for 0."""
    if exponent == 0:
        return 0
    return 1 + _length(exponent) if exponent > 0 else 2 + _length(-exponent)


def _add_nearest(
    candidates: list[tuple[int, int]], first: int | None, last: int | None, base: int, bound: int
) -> None:
    """Add the magnitude in first..last whose exponent from `base` is cheapest, if cheaper than `bound`."""
    if first is not None and last is not None and first > last:
        return
    magnitude = base
    if first is not None and magnitude < first:
        magnitude = first
    if last is not None and magnitude > last:
        magnitude = last
    cost = _exponent_cost(magnitude - base)
    if cost < bound:
        candidates.append((cost, magnitude))


def _naturals(targets: Intervals, negated: bool) -> Intervals:
    """The natural numbers in `targets`, or those whose negatives are."""
    found: list[tuple[int | None, int | None]] = []
    for low, high in reversed(targets) if negated else targets:
        if negated:
            low, high = None if high is None else -high, None if low is None else -low
        if high is None or high >= 0:
            found.append((0 if low is None or low < 0 else low, high))
    return tuple(found)


def _digits_needed(targets: Intervals, value: int) -> int:
    """The fewest digits that make a number in `targets` of `value`; INFINITE where none does."""
    low = high = value
    for more in count():
        beyond = True
        for first, last in targets:
            if (last is None or low <= last) and first is not None and first <= high:
                return more
            beyond = beyond and last is not None and last < low
        if beyond and (value or not targets):
            return INFINITE
        low, high = low * 10, high * 10 + 9
    raise AssertionError("unreachable")


class NumberState(dict[int, "NumberState | None"]):
    """A position in the spellings of a set of numbers. See `contract.State`.

    It is the dictionary of its known successors, so that `advance` on a warm byte is one look-up.
    `prefix` is one of the prefixes that lead here.
    """

    __slots__ = ("_allowed", "_shortest", "accepting", "automaton", "id", "prefix")

    automaton: _NumberAutomaton
    prefix: Mantissa | Exponent
    accepting: bool
    id: int
    _allowed: ByteSet | None
    _shortest: int

    advance = dict.__getitem__

    def __init__(self, automaton: _NumberAutomaton, prefix: Mantissa | Exponent, identity: int) -> None:
        self.automaton = automaton
        self.prefix = prefix
        self.accepting = automaton.accepts(prefix)
        self.id = identity
        self._allowed = None
        self._shortest = 0 if self.accepting else -1

    def __missing__(self, byte: int) -> NumberState | None:
        found = self.automaton.successor(self.prefix, byte)
        self[byte] = found
        return found

    @property
    def allowed(self) -> ByteSet:
        """The bytes after which some spelling of a member can still be completed."""
        if self._allowed is None:
            bits = 0
            for byte in self.automaton.candidates(self.prefix):
                if self[byte] is not None:
                    bits |= 1 << byte
            self._allowed = ByteSet(bits)
        return self._allowed

    @property
    def shortest(self) -> int:
        """Bytes to the nearest spelling of a member; INFINITE for the empty set."""
        if self._shortest < 0:
            self._shortest = self.automaton.shortest(self.prefix)
        return self._shortest

    @property
    def longest(self) -> int:
        """Part of the protocol of `language.Automaton`; lengths of numbers are not bounded."""
        return INFINITE

    @property
    def forced(self) -> bytes:
        """What every spelling of a member continues with."""
        text = bytearray()
        state = self
        while not state.accepting and len(state.allowed) == 1 and len(text) < FORCED_LIMIT:
            byte = next(iter(state.allowed))
            following = state[byte]
            assert following is not None
            text.append(byte)
            state = following
        return bytes(text)

    def completion(self) -> bytes:
        """A shortest completion, the least in byte order but for `e`, which is preferred to `E`."""
        text = bytearray()
        state = self
        while not state.accepting:
            for byte in state.allowed:
                following = state[byte]
                if byte != 0x45 and following is not None and following.shortest == state.shortest - 1:
                    text.append(byte)
                    state = following
                    break
            else:
                raise ValueError("an empty set of numbers has no completion")
        return bytes(text)

    def allowed_within(self, n: int) -> ByteSet:
        """The allowed bytes after which a spelling of a member still fits into n bytes in all."""
        bits = 0
        for byte in self.allowed:
            following = self[byte]
            if following is not None and following.shortest < n:
                bits |= 1 << byte
        return ByteSet(bits)

    def transitions(self) -> Iterable[tuple[int, Language]]:
        """The successors as terms of the regular layer, for `from_automaton`."""
        by_target: dict[int, tuple[int, NumberState]] = {}
        for byte in self.allowed:
            following = self[byte]
            assert following is not None
            bits, _ = by_target.get(following.id, (0, following))
            by_target[following.id] = (bits | 1 << byte, following)
        return [(bits, from_automaton(target)) for bits, target in by_target.values()]

    def describe(self) -> dict[str, Any]:
        """The set and spelling as JSON values."""
        return self.automaton.describe()

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __copy__(self) -> NumberState:
        return self

    def __deepcopy__(self, memo: object) -> NumberState:
        return self

    def __repr__(self) -> str:
        return f"<NumberState {self.id}{' accepting' if self.accepting else ''}: {self.prefix}>"


class _NumberAutomaton:
    """The states of one set of numbers in one spelling."""

    def __init__(self, numbers: NumberSet, plain: bool) -> None:
        self.numbers = numbers
        self.plain = plain
        zero = bisect_left(numbers.points, 0)
        has_zero = zero < len(numbers.points) and numbers.points[zero] == 0
        self.zero = 0 in numbers
        above = zero + has_zero
        self.sides = (
            _Side(list(numbers.points[above:]), list(numbers.inside[above:]), list(numbers.gaps[above:])),
            _Side(
                [-point for point in reversed(numbers.points[:zero])],
                list(reversed(numbers.inside[:zero])),
                list(reversed(numbers.gaps[: zero + 1])),
            ),
        )
        self._states: dict[tuple[Any, ...], NumberState | None] = {}
        self._identities = count().__next__

    def start(self) -> NumberState:
        made = self._states.get((START,))
        if made is None:
            made = self._states[(START,)] = NumberState(self, Mantissa(START), self._identities())
        return made

    # -- the syntax ------------------------------------------------------------------------------------

    def candidates(self, prefix: Mantissa | Exponent) -> Iterable[int]:
        """The bytes that the syntax alone allows."""
        phase = prefix.phase
        if phase == START:
            return (0x2D, *_DIGITS)
        if phase in (MINUS, POINT, E_SIGN, E_DIGITS):
            return _DIGITS
        if phase == E:
            return (0x2B, 0x2D, *_DIGITS)
        exponent = () if self.plain else (0x45, 0x65)
        if phase == ZERO:
            return (0x2E, *exponent)
        if phase == WHOLE:
            return (0x2E, *_DIGITS, *exponent)
        return (*_DIGITS, *exponent)

    def _read(self, prefix: Mantissa | Exponent, byte: int) -> Mantissa | Exponent | None:
        """The prefix and one more byte; None where the syntax forbids it."""
        phase = prefix.phase
        digit = byte - 0x30
        is_digit = 0 <= digit <= 9
        if isinstance(prefix, Exponent):
            if is_digit:
                targets = _naturals(prefix.targets, False) if phase == E else prefix.targets
                return Exponent(E_DIGITS, targets, prefix.value * 10 + digit)
            if phase == E and byte in b"+-":
                return Exponent(E_SIGN, _naturals(prefix.targets, byte == 0x2D))
            return None
        negative, digits, length, place = prefix.negative, prefix.digits, prefix.length, prefix.place
        if is_digit:
            if phase <= MINUS:
                return Mantissa(WHOLE, negative, digit, 1, 1) if digit else Mantissa(ZERO, negative)
            if phase == ZERO:
                return None
            zeros = 0 if digit else prefix.zeros + 1
            if phase == WHOLE:
                return Mantissa(WHOLE, negative, digits * 10 + digit, length + 1, place + 1, zeros)
            if digits:
                return Mantissa(FRACTION, negative, digits * 10 + digit, length + 1, place, zeros)
            if digit:
                return Mantissa(FRACTION, negative, digit, 1, place)
            return Mantissa(FRACTION, negative, 0, 0, place - 1)
        if byte == 0x2D:
            return Mantissa(MINUS, True) if phase == START else None
        if byte == 0x2E:
            return prefix._replace(phase=POINT) if phase in (ZERO, WHOLE) else None
        if byte in b"eE" and phase in (ZERO, WHOLE, FRACTION) and not self.plain:
            if digits:
                return Exponent(E, self.sides[negative].exponents(prefix))
            return Exponent(E, ((None, None),) if self.zero else ())
        return None

    # -- what the set makes of it ------------------------------------------------------------------------

    def successor(self, prefix: Mantissa | Exponent, byte: int) -> NumberState | None:
        """The state after one more byte, None where no member can be spelled on."""
        following = self._read(prefix, byte)
        if following is None:
            return None
        if isinstance(following, Mantissa):
            following = self._shortened(following)
        key = self._key(following)
        try:
            return self._states[key]
        except KeyError:
            pass
        if len(self._states) >= STATES:
            self._states.clear()
        made = NumberState(self, following, self._identities()) if self._lives(following) else None
        self._states[key] = made
        return made

    def _shortened(self, prefix: Mantissa) -> Mantissa:
        """An equivalent prefix with few digits, where no multiple depends on the later ones."""
        side = self.sides[prefix.negative]
        if side.moduli or prefix.length <= side.precision + 1:
            return prefix
        digits, rest = divmod(prefix.digits, 10 ** (prefix.length - side.precision))
        return prefix._replace(digits=digits * 10 + (rest > 0), length=side.precision + 1)

    def _key(self, prefix: Mantissa | Exponent) -> tuple[Any, ...]:
        """What of the prefix its future depends on."""
        if isinstance(prefix, Exponent):
            phase, targets, value = prefix
            top = 0
            for low, high in targets:
                top = max(top, low or 0, high or 0)
            return (phase, targets, min(value, top + 1))
        phase, negative, digits, length, place, zeros = prefix
        if phase <= ZERO:
            return (phase, negative)
        side = self.sides[negative]
        if not digits:
            return (phase, negative, None, place if side.magnitudes or side.moduli else 0)
        key: tuple[Any, ...] = (phase, negative)
        if side.magnitudes:
            key += (place, self._order(side, digits, length))
        if side.moduli:
            return (*key, digits // 10**zeros % side.residues, zeros, place - length)
        return (*key, zeros > 0) if self.plain and phase == FRACTION else key

    @staticmethod
    def _order(side: _Side, digits: int, length: int) -> tuple[int, ...]:
        """How the digits compare to the digits of all points: equal so far to some, or between two."""
        marks = side.significands
        if length <= side.precision:
            power = 10 ** (side.precision - length)
            first = bisect_left(marks, digits * power)
            if first < len(marks) and marks[first] < (digits + 1) * power:
                return (length, digits)
            return (first,)
        whole, rest = divmod(digits, 10 ** (length - side.precision))
        first = bisect_left(marks, whole)
        if first < len(marks) and marks[first] == whole:
            return (first + 1,) if rest else (-1, first)
        return (first,)

    def accepts(self, prefix: Mantissa | Exponent) -> bool:
        """Whether the prefix is itself a spelling of a member."""
        if isinstance(prefix, Exponent):
            return prefix.phase == E_DIGITS and _digits_needed(prefix.targets, prefix.value) == 0
        phase, negative, digits, length, place, zeros = prefix
        if phase == ZERO:
            return self.zero and not (self.plain and negative)
        if phase not in (WHOLE, FRACTION) or (self.plain and phase == FRACTION and (zeros or not digits)):
            return False
        if not digits:
            return self.zero
        return self.sides[negative].finds(place, length, digits, digits)

    def _lives(self, prefix: Mantissa | Exponent) -> bool:
        """Whether some spelling of a member begins with the prefix."""
        if isinstance(prefix, Exponent):
            phase, targets, value = prefix
            return bool(targets) if phase != E_DIGITS else _digits_needed(targets, value) < INFINITE
        phase, negative, digits, length, place, _ = prefix
        side = self.sides[negative]
        if not digits and self.zero and not self.plain:
            return True
        lowest, highest, beyond = None, None, False
        if self.plain:
            if self.accepts(prefix):
                return True
            if phase == WHOLE:
                lowest = place
            elif phase >= ZERO:
                highest = place
                if digits:
                    lowest, beyond = place, True
        return side.reaches(digits, length, lowest, highest, beyond)

    def shortest(self, prefix: Mantissa | Exponent) -> int:
        """The bytes that the prefix lacks of the shortest spelling of a member."""
        if self.accepts(prefix):
            return 0
        phase = prefix.phase
        if isinstance(prefix, Exponent):
            if phase == E_DIGITS:
                return _digits_needed(prefix.targets, prefix.value)
            if phase == E_SIGN:
                return _length(max(1, prefix.targets[0][0] or 0))
            without, minus = _naturals(prefix.targets, False), _naturals(prefix.targets, True)
            best = _length(max(1, without[0][0] or 0)) if without else INFINITE
            return min(best, 1 + _length(max(1, minus[0][0] or 0))) if minus else best
        side = self.sides[prefix.negative]
        if phase <= MINUS:
            best = INFINITE
            for byte in self.candidates(prefix):
                following = self.successor(prefix, byte)
                if following is not None:
                    best = min(best, 1 + following.shortest)
                    if best == 1:
                        break
            return best
        if phase == ZERO:
            return 1 + self._shortest_of_zeros(side, 0)
        if not prefix.digits:
            if self.zero and not self.plain:
                return 1
            return self._shortest_of_zeros(side, prefix.place)
        return self._shortest_of_digits(side, prefix)

    def _shortest_of_zeros(self, side: _Side, place: int) -> int:
        """From a fraction that is all zeros so far: further zeros, digits, and an exponent.

        Where there is an exponent, further zeros never help: it can be less by their number.
        """
        best = INFINITE
        least = 0 if side.highest is None else max(0, place - side.highest)
        for total in count(1 + (least if self.plain else 0)):
            if total >= best:
                return best
            most = total - 1 if side.lowest is None else min(total - 1, place - side.lowest)
            for zeros in range(least, most + 1):
                if side.finds(place - zeros, total - zeros, *_span(0, 0, total - zeros)):
                    return total
            if not self.plain:
                low, high = _span(0, 0, total)
                best = min(best, total + side.cheapest_exponent(total, low, high, place, best - total))
        raise AssertionError("unreachable")

    def _shortest_of_digits(self, side: _Side, prefix: Mantissa) -> int:
        """Further digits, a point among them where there is none yet, and an exponent where it is allowed.

        Of the spellings with both a new point and an exponent only one kind may be the shortest: the point
        at once and the exponent negative. In all others one of the two alone does the same.
        """
        phase, _, digits, length, place, _ = prefix
        whole = phase == WHOLE
        least = 1 if phase == POINT else 0
        # The value of the prefix has its one plain spelling without this point or these zeros.
        beyond = self.plain and not whole
        best = INFINITE
        first = max(least, beyond)
        lowest = side.lowest
        if whole and self.plain and lowest is not None:
            first = max(first, lowest - place)
        for more in count(first):
            if more >= best:
                return best
            size = length + more
            low, high = _span(digits, length, more)
            low += beyond
            end = place + more if whole else place
            if side.finds(end, size, low, high):
                return more
            further = more if lowest is None else min(more, end - lowest)
            if (
                whole
                and more + 1 < best
                and any(side.finds(end - k, size, low, high) for k in range(1, further + 1))
            ):
                best = more + 1
            if not self.plain:
                best = min(best, more + side.cheapest_exponent(size, low, high, end, best - more))
                if whole and more:
                    best = min(
                        best, more + 1 + side.cheapest_exponent(size, low, high, place, best - more - 1)
                    )
        raise AssertionError("unreachable")

    def describe(self) -> dict[str, Any]:
        numbers = self.numbers
        return {
            "kind": "number",
            "points": [str(point) for point in numbers.points],
            "inside": list(numbers.inside),
            "gaps": [[[[m.factor, m.power] for m in gap.moduli], gap.table] for gap in numbers.gaps],
            "spelling": "plain" if self.plain else "any",
        }


@lru_cache(maxsize=512)
def _automaton(numbers: NumberSet, plain: bool) -> _NumberAutomaton:
    return _NumberAutomaton(numbers, plain)


def number_state(numbers: NumberSet, spelling: Spelling = "any") -> NumberState:
    """The state before the first byte of a JSON number whose value is in `numbers`.

    For an empty set it is a dead state: nothing is allowed and `shortest` is INFINITE.
    """
    if spelling not in ("any", "plain"):
        raise ValueError(f"spelling is 'any' or 'plain', not {spelling!r}")
    return _automaton(numbers, spelling == "plain").start()


def number_language(
    *,
    integer: bool = False,
    minimum: Value | None = None,
    maximum: Value | None = None,
    exclusive_minimum: Value | None = None,
    exclusive_maximum: Value | None = None,
    multiple_of: Value | None = None,
    spelling: Spelling = "any",
) -> Language:
    """The JSON spellings of the numbers within the bounds, as a language of bytes.

    `integer` means integer value: `1.0`, `1e2` and `10e-1` are integers. Bounds are exact decimals.
    Raises ValueError for a bound that is no decimal number or a `multiple_of` that is not positive.
    """
    numbers = NumberSet.integers() if integer else NumberSet.all()
    numbers &= NumberSet.interval(minimum, maximum)
    numbers &= NumberSet.interval(exclusive_minimum, exclusive_maximum, low_open=True, high_open=True)
    if multiple_of is not None:
        numbers &= NumberSet.multiples(multiple_of)
    return from_automaton(number_state(numbers, spelling))
