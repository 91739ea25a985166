"""The JSON spellings of a set of numbers: exact in every spelling that JSON allows.

`number_state(numbers)` is the state before the first byte of a number whose value is in a `NumberSet`.
`-0`, `1.0`, `1e2`, `10E-1` and `0.00100e3` are spellings like any other: "1" with 400 zeros and `e-400`
is one, `99999e-5` is at most 1, `0e999` is zero, `1.5e1` is an integer. `json_number_short` has those of few
digits.

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
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from bltgen.automata.byteset import ByteSet
from bltgen.automata.contract import FORCED_LIMIT
from bltgen.automata.language import INFINITE, Language, from_automaton
from bltgen.automata.recipe import FixedState
from bltgen.constraints.number_magnitudes import Intervals, Magnitudes, digit_count, span
from bltgen.constraints.number_set import NumberSet, Value
from bltgen.errors import EmptyLanguage

__all__ = [
    "FRACTION",
    "MINUS",
    "POINT",
    "START",
    "WHOLE",
    "ZERO",
    "Exponent",
    "Mantissa",
    "NumberAutomaton",
    "NumberState",
    "exponent_accepts",
    "exponent_key",
    "exponent_lives",
    "number_language",
    "number_state",
    "order",
    "set_as_json",
    "sides",
]

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


class Exponent(NamedTuple):
    """A prefix from `e` on. The exponent must be in `targets` (its absolute value, once the sign is read)."""

    phase: int
    targets: Intervals
    value: int = 0


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


class NumberState(FixedState, dict[int, "NumberState | None"]):
    """A position in the spellings of a set of numbers. See `contract.State`.

    It is the dictionary of its known successors, so that `advance` on a warm byte is one look-up.
    `prefix` is one of the prefixes that lead here.
    """

    __slots__ = ("_allowed", "_shortest", "accepting", "automaton", "id", "prefix")

    automaton: NumberAutomaton
    prefix: Mantissa | Exponent
    accepting: bool
    id: int
    _allowed: ByteSet | None
    _shortest: int

    advance = dict.__getitem__

    def __init__(self, automaton: NumberAutomaton, prefix: Mantissa | Exponent, identity: int) -> None:
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
                raise EmptyLanguage("an empty set of numbers has no spelling")
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

    def __repr__(self) -> str:
        return f"<NumberState {self.id}{' accepting' if self.accepting else ''}: {self.prefix}>"


class NumberAutomaton:
    """The states of the numbers of a set, and the syntax; what of a prefix matters is up to the subclass."""

    def __init__(self, numbers: NumberSet) -> None:
        self.numbers = numbers
        """What may have a point or an exponent."""
        self._states: dict[tuple[Any, ...], NumberState | None] = {}
        self._identities = count().__next__

    def start(self) -> NumberState:
        """The state before the first byte."""
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
        if phase == ZERO:
            return (0x2E, 0x45, 0x65)
        if phase == WHOLE:
            return (0x2E, *_DIGITS, 0x45, 0x65)
        return (*_DIGITS, 0x45, 0x65)

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
        if byte in b"eE" and phase in (ZERO, WHOLE, FRACTION):
            return Exponent(E, self._exponents(prefix))
        return None

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

    # -- what the set makes of it ------------------------------------------------------------------------

    def _exponents(self, prefix: Mantissa) -> Intervals:
        """The exponents with which the mantissa is a member."""
        raise NotImplementedError

    def _shortened(self, prefix: Mantissa) -> Mantissa:
        """An equivalent prefix with fewer digits, if there is one."""
        return prefix

    def _key(self, prefix: Mantissa | Exponent) -> tuple[Any, ...]:
        """What of the prefix its future depends on."""
        raise NotImplementedError

    def accepts(self, prefix: Mantissa | Exponent) -> bool:
        """Whether the prefix is itself a spelling of a member."""
        raise NotImplementedError

    def _lives(self, prefix: Mantissa | Exponent) -> bool:
        """Whether some spelling of a member begins with the prefix."""
        raise NotImplementedError

    def shortest(self, prefix: Mantissa | Exponent) -> int:
        """The bytes that the prefix lacks of the shortest spelling of a member."""
        if self.accepts(prefix):
            return 0
        if isinstance(prefix, Exponent):
            return shortest_exponent(prefix)
        if prefix.phase > MINUS:
            return self._shortest(prefix)
        best = INFINITE
        for byte in self.candidates(prefix):
            following = self.successor(prefix, byte)
            if following is not None:
                best = min(best, 1 + following.shortest)
                if best == 1:
                    break
        return best

    def _shortest(self, prefix: Mantissa) -> int:
        """The same from the first digit to the exponent."""
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """The set and its spelling as JSON values."""
        raise NotImplementedError


def exponent_key(prefix: Exponent) -> tuple[Any, ...]:
    """What of an exponent its future depends on."""
    phase, targets, value = prefix
    top = 0
    for low, high in targets:
        top = max(top, low or 0, high or 0)
    return (phase, targets, min(value, top + 1))


def exponent_lives(prefix: Exponent) -> bool:
    """Whether more digits make an exponent one of its targets."""
    phase, targets, value = prefix
    return bool(targets) if phase != E_DIGITS else _digits_needed(targets, value) < INFINITE


def exponent_accepts(prefix: Exponent) -> bool:
    """Whether the exponent is one of its targets."""
    return prefix.phase == E_DIGITS and _digits_needed(prefix.targets, prefix.value) == 0


def shortest_exponent(prefix: Exponent) -> int:
    """The bytes that an exponent lacks."""
    phase, targets, value = prefix
    if phase == E_DIGITS:
        return _digits_needed(targets, value)
    if phase == E_SIGN:
        return digit_count(max(1, targets[0][0] or 0))
    without, minus = _naturals(targets, False), _naturals(targets, True)
    best = digit_count(max(1, without[0][0] or 0)) if without else INFINITE
    return min(best, 1 + digit_count(max(1, minus[0][0] or 0))) if minus else best


def sides(numbers: NumberSet) -> tuple[Magnitudes, Magnitudes]:
    """The positive members, and the negative ones by their absolute values."""
    zero = bisect_left(numbers.points, 0)
    above = zero + (zero < len(numbers.points) and numbers.points[zero] == 0)
    return (
        Magnitudes(list(numbers.points[above:]), list(numbers.inside[above:]), list(numbers.gaps[above:])),
        Magnitudes(
            [-point for point in reversed(numbers.points[:zero])],
            list(reversed(numbers.inside[:zero])),
            list(reversed(numbers.gaps[: zero + 1])),
        ),
    )


def order(side: Magnitudes, digits: int, length: int) -> tuple[int, ...]:
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


class _AnyAutomaton(NumberAutomaton):
    """Every spelling that JSON allows."""

    def __init__(self, numbers: NumberSet) -> None:
        super().__init__(numbers)
        self.zero = 0 in numbers
        self.sides = sides(numbers)

    def _exponents(self, prefix: Mantissa) -> Intervals:
        _, negative, digits, length, place, zeros = prefix
        if digits:
            return self.sides[negative].exponents(digits, length, place, zeros)
        return ((None, None),) if self.zero else ()

    def _shortened(self, prefix: Mantissa) -> Mantissa:
        """An equivalent prefix with few digits, where no multiple depends on the later ones."""
        side = self.sides[prefix.negative]
        if side.moduli or prefix.length <= side.precision + 1:
            return prefix
        digits, rest = divmod(prefix.digits, 10 ** (prefix.length - side.precision))
        return prefix._replace(digits=digits * 10 + (rest > 0), length=side.precision + 1)

    def _key(self, prefix: Mantissa | Exponent) -> tuple[Any, ...]:
        if isinstance(prefix, Exponent):
            return exponent_key(prefix)
        phase, negative, digits, length, place, zeros = prefix
        if phase <= ZERO:
            return (phase, negative)
        side = self.sides[negative]
        if not digits:
            return (phase, negative, None, place if side.magnitudes or side.moduli else 0)
        key: tuple[Any, ...] = (phase, negative)
        if side.magnitudes:
            key += (place, order(side, digits, length))
        if side.moduli:
            return (*key, digits // 10**zeros % side.residues, zeros, place - length)
        return key

    def accepts(self, prefix: Mantissa | Exponent) -> bool:
        if isinstance(prefix, Exponent):
            return exponent_accepts(prefix)
        phase, negative, digits, length, place, _ = prefix
        if phase not in (ZERO, WHOLE, FRACTION):
            return False
        return self.sides[negative].finds(place, length, digits, digits) if digits else self.zero

    def _lives(self, prefix: Mantissa | Exponent) -> bool:
        if isinstance(prefix, Exponent):
            return exponent_lives(prefix)
        if not prefix.digits and self.zero:
            return True
        return self.sides[prefix.negative].reaches(prefix.digits, prefix.length, None, None)

    def _shortest(self, prefix: Mantissa) -> int:
        side = self.sides[prefix.negative]
        if prefix.phase == ZERO:
            return 1 + self._shortest_of_zeros(side, 0)
        if not prefix.digits:
            return 1 if self.zero else self._shortest_of_zeros(side, prefix.place)
        return self._shortest_of_digits(side, prefix)

    def _shortest_of_zeros(self, side: Magnitudes, place: int) -> int:
        """From a fraction that is all zeros so far: further zeros, digits, and an exponent.

        Where there is an exponent, further zeros never help: it can be less by their number.
        """
        best = INFINITE
        least = 0 if side.highest is None else max(0, place - side.highest)
        for total in count(1):
            if total >= best:
                return best
            most = total - 1 if side.lowest is None else min(total - 1, place - side.lowest)
            for zeros in range(least, most + 1):
                if side.finds(place - zeros, total - zeros, *span(0, 0, total - zeros)):
                    return total
            low, high = span(0, 0, total)
            best = total + side.cheapest_exponent(total, low, high, place, best - total)
        raise AssertionError("unreachable")

    def _shortest_of_digits(self, side: Magnitudes, prefix: Mantissa) -> int:
        """Further digits, a point among them where there is none yet, and an exponent.

        Of the spellings with both a new point and an exponent only one kind may be the shortest: the point
        at once and the exponent negative. In all others one of the two alone does the same.
        """
        phase, _, digits, length, place, _ = prefix
        whole = phase == WHOLE
        best = INFINITE
        lowest = side.lowest
        for more in count(1 if phase == POINT else 0):
            if more >= best:
                return best
            size = length + more
            low, high = span(digits, length, more)
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
            best = more + side.cheapest_exponent(size, low, high, end, best - more)
            if whole and more:
                best = more + 1 + side.cheapest_exponent(size, low, high, place, best - more - 1)
        raise AssertionError("unreachable")

    def describe(self) -> dict[str, Any]:
        return {"kind": "number", **set_as_json(self.numbers)}


def set_as_json(numbers: NumberSet) -> dict[str, Any]:
    """A set of numbers as JSON values."""
    return {
        "points": [str(point) for point in numbers.points],
        "inside": list(numbers.inside),
        "gaps": [[[[m.factor, m.power] for m in gap.moduli], gap.table] for gap in numbers.gaps],
    }


@lru_cache(maxsize=512)
def _automaton(numbers: NumberSet) -> _AnyAutomaton:
    return _AnyAutomaton(numbers)


def number_state(numbers: NumberSet) -> NumberState:
    """The state before the first byte of a JSON number whose value is in `numbers`, however it is spelled.

    For an empty set it is a dead state: nothing is allowed and `shortest` is INFINITE.
    """
    return _automaton(numbers).start()


def number_language(
    *,
    integer: bool = False,
    minimum: Value | None = None,
    maximum: Value | None = None,
    exclusive_minimum: Value | None = None,
    exclusive_maximum: Value | None = None,
    multiple_of: Value | None = None,
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
    return from_automaton(number_state(numbers))
