r"""The regular expressions of ECMA-262 as a language: the format `regex`.

Groups nest, so the language is not regular; this is a machine for `from_automaton`. A state is the kinds
of the open groups and what of the pattern before still matters: how many groups were opened, the greatest
number that a backreference names, the names that were given and those that are still to be given, the
lower ends of a `{n,m}` and of a class range being read.

The syntax is that of the standard's main part (edition of 2024, section 22.2.1 with its early errors),
without the leniencies that Annex B adds for browsers: a pattern is in the language if it is one with the
flag `u` or without. So `\-` is (without `u`), `\p{L}` is (with `u`), `\a`, `x{2,1}`, `[b-a]`, `\1` without
a group and `(?i)` are not. A name in a group is ASCII or `\u`-free Unicode letters, digits, `_` and `$`.

Invariants: `shortest` is exact: every open construct is closed in the fewest bytes, a missing group costs
`()`, a missing name `(?<name>)`.

>>> [ecma_regex().accepts(p) for p in (rb"^(?:a|[^\]-\x7f]{2,3}?)+$", rb"(a", rb"\2(a)", rb"(?<n>a)\k<n>")]
[True, False, False, True]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from bltgen.automata.byteset import ByteSet, bits_of
from bltgen.automata.derivative import transitions
from bltgen.automata.language import (
    EPSILON,
    INFINITE,
    Language,
    byte_set,
    concat,
    from_automaton,
    literal,
    union,
)
from bltgen.automata.liveness import completion
from bltgen.automata.utf8 import code_points, merged_ranges
from bltgen.constraints.regex_classes import Ranges, identifier_characters, negated, properties
from bltgen.constraints.regex_properties import BINARY, GENERAL_CATEGORY, SCRIPT

__all__ = ["ecma_regex"]

_SYNTAX = "^$\\.*+?()[]{}|"
_HEX = "0123456789abcdefABCDEF"
_DIGITS = "0123456789"


def _names(names: Iterable[str]) -> Language:
    return union(*[literal(name.encode()) for name in names])


def _points(characters: str) -> Ranges:
    return merged_ranges((ord(c), ord(c)) for c in characters)


@cache
def _pattern_characters() -> Language:
    return code_points(negated(_points(_SYNTAX)))


@cache
def _name_language() -> tuple[Language, Language]:
    """The first character of a group's name, and any further one."""
    first, further = identifier_characters()
    return code_points(first), code_points(further)


@cache
def _property_names() -> Language:
    """What may be between the braces of `\\p{...}`."""
    of_category = concat(
        union(literal(b"General_Category="), literal(b"gc=")).optional(),
        _names(GENERAL_CATEGORY),
    )
    of_script = concat(
        union(*[literal(name) for name in (b"Script=", b"sc=", b"Script_Extensions=", b"scx=")]),
        _names(SCRIPT),
    )
    return union(of_category, of_script, _names(BINARY))


@cache
def _class_escapes(unicode: bool) -> Language:
    """Escapes of sets of characters, without the backslash."""
    made = byte_set(ByteSet.of(b"dDsSwW"))
    if unicode:
        made = union(
            made, concat(byte_set(ByteSet.of(b"pP")), literal(b"{"), _property_names(), literal(b"}"))
        )
    return made


@cache
def _identity_escapes(unicode: bool) -> Ranges:
    """The characters that an escape leaves as they are."""
    if unicode:
        return _points(_SYNTAX + "/")
    return negated(merged_ranges([*properties("ID_Continue"), *_points("\u200c\u200d")]))


_CONTROL = {"f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09, "v": 0x0B}

TERM, ATOM, ZERO, REFERENCE, REPEATED, LOW, HIGH = range(7)
CLASS, CLASS_ATOM, CLASS_SET, RANGE, ESCAPE, HEX, CODE, CONTROL, NUL, NAME = range(7, 17)
"""Where in the syntax: at a term; after an atom, after `\\0`, in a backreference's number (all three may be
repeated); after a quantifier; in the numbers of `{n,m}`. In a class: before an atom; after a character, after
a set, after the hyphen of a range; and in its escapes: after the backslash, in hexadecimal digits, in
`\\u{...}`, after `\\c`, after `\\0`. In a name."""


@dataclass(frozen=True)
class _Pattern:
    """A prefix of a pattern, as far as its future depends on it.

    `stack`: for each open group whether it may be repeated once closed. `groups` were opened, `needed` is
    the greatest number referred to, `names` were given and `wanted` are referred to and not given yet.
    `low`: the lower end of a `{n,m}`, the first character of a class range, or -1. `value`: what is being
    read, a number or characters. `missing`: hexadecimal digits to come.
    """

    unicode: bool
    phase: int = TERM
    stack: tuple[bool, ...] = ()
    groups: int = 0
    needed: int = 0
    names: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()
    low: int = -1
    value: int = -1
    missing: int = 0
    name: str = ""
    gives: bool = False

    # -- distances -----------------------------------------------------------------------------------

    @property
    def accepting(self) -> bool:
        return self.phase <= REPEATED and self._to_close() == 0

    def _to_close(self) -> int:
        """Bytes to close all groups and to add those that are referred to, from between two terms."""
        missing = max(0, self.needed - self.groups - len(self.wanted))
        return len(self.stack) + 2 * missing + sum(len(n.encode()) + 5 for n in self.wanted)

    @property
    def shortest(self) -> int:
        phase = self.phase
        if phase <= REPEATED:
            return self._to_close()
        if phase == LOW:
            return (2 if self.value < 0 else 1) + self._to_close()
        if phase == HIGH:
            return (1 if self.value < 0 else 1 + self._digits_to(self.low)) + self._to_close()
        if phase == NAME:
            return min(
                (len(rest.encode()) + 1 + after.shortest for rest, after in self._name_ends()),
                default=INFINITE,
            )
        # In a class: the bracket, and what an escape lacks.
        return self._class_rest() + 1 + self._to_close()

    def _digits_to(self, low: int) -> int:
        """The digits that `value` lacks to be at least `low`."""
        count, greatest = 0, self.value
        while greatest < low:
            count, greatest = count + 1, greatest * 10 + 9
        return count

    def _class_rest(self) -> int:
        """The bytes that an escape in a class lacks."""
        if self.phase == HEX:
            return self.missing
        if self.phase == CODE:
            return self._code_rest()
        if self.phase == ESCAPE:
            return self._escape_rest()
        return 1 if self.phase == CONTROL else 0

    def _escape_rest(self) -> int:
        """The bytes of the shortest escape of a character that is not below the first one of the range."""
        low = self.low
        if low <= 0x7D:
            return 1
        if not self.unicode:
            # A character that is its own escape: in each of these ranges the last one is.
            return 1 if low <= 0x7F else 2 if low <= 0x7FF else 3
        return 3 if low <= 0xFF else 5 if low <= 0xFFFF else len(f"u{{{low:x}}}")

    def _code_rest(self) -> int:
        """The digits and the brace that `\\u{...}` lacks, to be at least the lower end of the range."""
        count, greatest = (0, self.value) if self.value >= 0 else (1, 15)
        while min(greatest, 0x10FFFF) < self.low:
            count, greatest = count + 1, greatest << 4 | 15
        return count + 1

    def _name_ends(self) -> Iterable[tuple[str, _Pattern]]:
        """The endings of a name that can be on a shortest way, each with the state after `>`."""
        name = self.name
        known = self.wanted if self.gives else self.wanted | self.names
        endings = {full[len(name) :] for full in known if full.startswith(name) and full != ""}
        if name:
            endings.add("")
        letters = "abcdefghijklmnopqrstuvwxyz_$ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        endings.update(next([c] for c in (*letters, "aa") if name + c not in self.names))
        for ending in endings:
            after = self._named(name + ending)
            if after is not None:
                yield ending, after

    def _named(self, name: str) -> _Pattern | None:
        """The state after `name>`; None where the name was given before."""
        if not self.gives:
            wanted = self.wanted if name in self.names else self.wanted | {name}
            return replace(self, phase=ATOM, wanted=wanted, name="")
        if name in self.names:
            return None
        return replace(
            self,
            phase=TERM,
            stack=(*self.stack, True),
            groups=self.groups + 1,
            names=self.names | {name},
            wanted=self.wanted - {name},
            name="",
            gives=False,
        )

    @property
    def longest(self) -> int:
        return INFINITE

    # -- reading -----------------------------------------------------------------------------------------

    def transitions(self) -> Iterable[tuple[int, Language]]:
        return transitions(union(*self._readings()))

    def _then(self, text: str | Language, **changes: object) -> Language:
        """A piece of syntax, then the state with these changes."""
        piece = literal(text.encode()) if isinstance(text, str) else text
        return concat(piece, from_automaton(replace(self, **changes)))  # type: ignore[arg-type]

    def _readings(self) -> Iterable[Language]:
        phase = self.phase
        if phase <= REPEATED:
            return self._terms()
        if phase == NAME:
            return self._name_readings()
        if phase in (LOW, HIGH):
            return self._braces()
        return self._class_readings()

    def _terms(self) -> Iterable[Language]:
        characters = _pattern_characters()
        if self.phase in (ZERO, REFERENCE):
            characters = code_points(negated(_points(_SYNTAX + _DIGITS)))
        yield self._then(characters, phase=ATOM, value=-1)
        yield self._then(".", phase=ATOM, value=-1)
        for assertion in ("^", "$", "\\b", "\\B", "|"):
            yield self._then(assertion, phase=TERM, value=-1)
        yield self._then("(", phase=TERM, value=-1, groups=self.groups + 1, stack=(*self.stack, True))
        yield self._then("(?:", phase=TERM, value=-1, stack=(*self.stack, True))
        for lookaround in ("(?=", "(?!", "(?<=", "(?<!"):
            yield self._then(lookaround, phase=TERM, value=-1, stack=(*self.stack, False))
        yield self._then("(?<", phase=NAME, value=-1, gives=True)
        if self.stack:
            yield self._then(")", phase=ATOM if self.stack[-1] else TERM, value=-1, stack=self.stack[:-1])
        if self.phase in (ATOM, ZERO, REFERENCE):
            for quantifier in "*+?":
                yield self._then(quantifier, phase=REPEATED, value=-1)
            yield self._then("{", phase=LOW, value=-1)
        if self.phase == REPEATED:
            yield self._then("?", phase=TERM)
        if self.phase == REFERENCE:
            for digit in _DIGITS:
                number = self.value * 10 + int(digit)
                yield self._then(digit, value=number, needed=max(self.needed, number))
        yield self._then("[", phase=CLASS, value=-1)
        yield self._then("[^", phase=CLASS, value=-1)
        yield from self._escapes()

    def _escapes(self) -> Iterable[Language]:
        backslash = literal(b"\\")
        digit = byte_set(ByteSet.of(_HEX.encode()))
        letters = byte_set(ByteSet.of(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        simple = [
            _class_escapes(self.unicode),
            byte_set(ByteSet.of(b"fnrtv")),
            concat(literal(b"c"), letters),
            concat(literal(b"x"), digit.repeat(2, 2)),
            concat(literal(b"u"), digit.repeat(4, 4)),
            code_points(_identity_escapes(self.unicode)),
        ]
        if self.unicode:
            scalar = union(digit.repeat(1, 5), concat(literal(b"10"), digit.repeat(4, 4)))
            simple.append(concat(literal(b"u{"), literal(b"0").star(), scalar, literal(b"}")))
        yield self._then(concat(backslash, union(*simple)), phase=ATOM, value=-1)
        yield self._then("\\0", phase=ZERO, value=-1)
        for number in range(1, 10):
            yield self._then(f"\\{number}", phase=REFERENCE, value=number, needed=max(self.needed, number))
        yield self._then("\\k<", phase=NAME, value=-1, gives=False)

    def _name_readings(self) -> Iterable[Language]:
        first, further = _name_language()
        yield from _read_character(self, b"", further if self.name else first)
        if self.name:
            after = self._named(self.name)
            if after is not None:
                yield concat(literal(b">"), from_automaton(after))

    def _braces(self) -> Iterable[Language]:
        for digit in _DIGITS:
            number = max(self.value, 0) * 10 + int(digit)
            yield self._then(digit, value=number)
        begun = self.value >= 0
        if (begun and self.value >= self.low) or (self.phase == HIGH and not begun):
            yield self._then("}", phase=REPEATED, low=-1, value=-1)
        if self.phase == LOW and self.value >= 0:
            yield self._then(",", phase=HIGH, low=self.value, value=-1)

    # -- classes -------------------------------------------------------------------------------------------

    def after_character(self, character: str) -> _Pattern:
        """The state after a character of a name, or a raw one or identity escape of a class."""
        if self.phase == NAME:
            return replace(self, name=self.name + character)
        return self._after_value(self._unit(ord(character)))

    def _unit(self, code: int) -> int:
        """The value of a character as an end of a range: without `u` it is a code unit of UTF-16."""
        if self.unicode or code < 0x10000:
            return code
        return 0xD800 + ((code - 0x10000) >> 10) if self.low >= 0 else 0xDC00 + (code & 0x3FF)

    def _after_value(self, value: int) -> _Pattern:
        """The state after a class's character: it begins a range, perhaps, or has ended one."""
        if self.low >= 0:
            return replace(self, phase=CLASS, low=-1, value=-1, missing=0)
        return replace(self, phase=CLASS_ATOM, value=value, missing=0)

    def _class_readings(self) -> Iterable[Language]:
        phase = self.phase
        if phase == NUL:
            # As after the character itself, but that no digit may follow.
            yield from self._class_items("]\\-" + _DIGITS)
        elif phase in (CLASS, CLASS_ATOM, CLASS_SET, RANGE):
            yield from self._class_items("]\\-")
        elif phase == ESCAPE:
            yield from self._class_escape()
        elif phase == CONTROL:
            for code in (*range(0x41, 0x5B), *range(0x61, 0x7B)):
                if code % 32 >= self.low:
                    yield concat(literal(bytes([code])), from_automaton(self._after_value(code % 32)))
        elif phase == HEX:
            for digit in _HEX:
                value = max(self.value, 0) << 4 | int(digit, 16)
                missing = self.missing - 1
                if (value + 1 << 4 * missing) - 1 < self.low:
                    continue
                if missing:
                    yield self._then(digit, value=value, missing=missing)
                else:
                    yield concat(literal(digit.encode()), from_automaton(self._after_value(value)))
        else:
            for digit, after in self._code_digits():
                yield concat(literal(digit.encode()), from_automaton(after))
            if self.value >= max(self.low, 0):
                yield concat(literal(b"}"), from_automaton(self._after_value(self.value)))

    def _code_digits(self) -> Iterable[tuple[str, _Pattern]]:
        """The digits that may follow in `\\u{...}`: the value can still be in its bounds."""
        for digit in _HEX:
            value = max(self.value, 0) << 4 | int(digit, 16)
            least = greatest = value
            while value and least << 4 <= 0x10FFFF:
                least, greatest = least << 4, greatest << 4 | 15
            if value <= 0x10FFFF and (not value or min(greatest, 0x10FFFF) >= self.low):
                yield digit, replace(self, value=value)

    def _class_items(self, excluded: str) -> Iterable[Language]:
        """What may follow between the atoms of a class; `low` is the first character of a range."""
        phase, low = self.phase, self.low
        yield self._then("]", phase=ATOM, low=-1, value=-1)
        if phase == RANGE and low < 0:
            return  # a hyphen after a set can only be the last
        between = self if phase == RANGE else replace(self, phase=CLASS, value=-1)
        if phase in (CLASS_ATOM, NUL) and self.value >= 0:
            yield self._then("-", phase=RANGE, low=self.value, value=-1)
        elif phase == CLASS_SET:
            yield self._then("-", phase=RANGE, low=-1, value=-1)
        elif low <= 0x2D:
            yield concat(literal(b"-"), from_automaton(between._after_value(0x2D)))
        yield from _read_character(between, b"", code_points(between._at_least(negated(_points(excluded)))))
        yield between._then("\\", phase=ESCAPE)

    def _at_least(self, ranges: Ranges) -> Ranges:
        """The code points that are not below the first character of the range."""
        low = self.low
        if low < 0:
            return ranges
        if self.unicode:
            bounds = [(low, 0x10FFFF)]
        else:
            first = 0x10000 + (max(low - 0xD800, 0) << 10)
            bounds = [(low, 0xFFFF), (first, 0x10FFFF)] if first <= 0x10FFFF else [(low, 0xFFFF)]
        return merged_ranges(
            (max(a, c), min(b, d)) for a, b in ranges for c, d in bounds if max(a, c) <= min(b, d)
        )

    def _class_escape(self) -> Iterable[Language]:
        low = self.low
        if low < 0:
            yield self._then(_class_escapes(self.unicode), phase=CLASS_SET, value=-1)
        fixed = {"b": 0x08, **_CONTROL}
        if self.unicode:
            fixed["-"] = 0x2D
        for text, value in fixed.items():
            if value >= low:
                yield concat(literal(text.encode()), from_automaton(self._after_value(value)))
        if low <= 0:
            # No digit may follow, be it a range's beginning or its end.
            yield concat(literal(b"0"), from_automaton(replace(self._after_value(0), phase=NUL)))
        if low <= 26:
            yield self._then("c", phase=CONTROL)
        if low <= 0xFF:
            yield self._then("x", phase=HEX, value=-1, missing=2)
        if low <= 0xFFFF:
            yield self._then("u", phase=HEX, value=-1, missing=4)
        if self.unicode:
            yield self._then("u{", phase=CODE, value=-1)
        if low < 0x10FFFF:
            characters = self._at_least(_identity_escapes(self.unicode))
            yield from _read_character(self, b"", code_points(characters))


@dataclass(frozen=True)
class _InCharacter:
    """A prefix of a pattern within a character whose value matters: its bytes so far, and what may follow."""

    pattern: _Pattern
    read: bytes
    rest: Language

    @property
    def accepting(self) -> bool:
        return False

    @property
    def shortest(self) -> int:
        # The characters it may become have as many bytes; but a name may be one that is wanted.
        characters = {(self.read + completion(self.rest)).decode()}
        begun = len(self.pattern.name)
        characters.update(name[begun : begun + 1] for name in self.pattern.wanted | self.pattern.names)
        return self.rest.least + min(
            self.pattern.after_character(character).shortest
            for character in characters
            if character.encode().startswith(self.read)
            and self.rest.accepts(character.encode()[len(self.read) :])
        )

    @property
    def longest(self) -> int:
        return INFINITE

    def transitions(self) -> Iterable[tuple[int, Language]]:
        return transitions(union(*_read_character(self.pattern, self.read, self.rest)))


def _read_character(pattern: _Pattern, read: bytes, rest: Language) -> Iterable[Language]:
    """The languages that begin with the next byte of a character of which `read` is known."""
    for bits, target in transitions(rest):
        for byte in bits_of(bits):
            data = read + bytes([byte])
            if target is not EPSILON:
                yield concat(
                    byte_set(ByteSet(1 << byte)), from_automaton(_InCharacter(pattern, data, target))
                )
                continue
            after = pattern.after_character(data.decode())
            yield concat(byte_set(ByteSet(1 << byte)), from_automaton(after))


@cache
def ecma_regex() -> Language:
    """The patterns that ECMA-262 admits with the flag `u` or without."""
    return union(from_automaton(_Pattern(True)), from_automaton(_Pattern(False)))
