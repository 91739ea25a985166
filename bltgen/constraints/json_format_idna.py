r"""Internationalised domain names (IDNA 2008) as languages: A-labels, and names with U-labels.

Which labels are valid is a question about whole texts (see `json_format_idna_rules`): the encoding of a
label, its normalization and its length are. So a state here is the text of the label being read, and a
byte is allowed where a completion is found with which the text is valid:

- an A-label `xn--...` may be completed by what ends the character being encoded, or adds one, within
  four bytes, among the first candidates;
- a name may be completed by one or two characters of the kinds that the rules can wait for.

Both keep every promise of the contract but one: `shortest` is the length of the completion found, which in
rare cases is not the least, and a prefix that needs a longer one is refused. So are, in the last bytes of the
longest label, a few characters that are less than those before them.

>>> idn_hostname().accepts("bücher.example".encode()), dns_hostname().accepts(b"xn--bcher-kva")
(True, True)
>>> idn_hostname().accepts("al·o".encode()), dns_hostname().accepts(b"xn--X")
(False, False)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import islice

from bltgen.automata.byteset import bits_of
from bltgen.automata.derivative import transitions
from bltgen.automata.language import EPSILON, INFINITE, Language, from_automaton
from bltgen.automata.liveness import completion
from bltgen.automata.utf8 import code_points, merged_ranges
from bltgen.constraints.json_format_idna_rules import (
    LONGEST_LABEL,
    behaviour,
    is_hopeless,
    label_of,
    possible_characters,
)
from bltgen.constraints.regex_classes import Ranges, contains, properties

__all__ = ["dns_hostname", "idn_hostname"]

# -- A-labels ------------------------------------------------------------------------------------------

_PREFIX = b"xn--"
_LDH = b"-0123456789abcdefghijklmnopqrstuvwxyz"
_NEAR = 4
_CANDIDATES = 40


@lru_cache(maxsize=100_000)
def _nearest_completion(label: bytes, directions: str) -> bytes | None:
    """The shortest bytes found that make an A-label of this prefix, which has its `xn--`."""
    for size in range(_NEAR + 1):
        if len(label) + size > LONGEST_LABEL:
            return None
        for rest in _continuations(label, size):
            found = label_of((label + rest).decode())
            if found is None:
                continue
            left_to_right = not found.right_to_left
            if {"any": found.bidi or left_to_right, "bidi": found.bidi, "one": left_to_right}[directions]:
                return rest
    return None


def _continuations(label: bytes, size: int) -> Iterator[bytes]:
    """Candidates of `size` bytes that complete the character being encoded, or begin and end one."""
    if size == 0:
        yield b""
        return
    body = label[4:]
    yield from islice(_digits_to_end(body, size), _CANDIDATES)
    if body and not body.endswith(b"-"):
        # All read so far may be the plain characters, a hyphen after them.
        digits_after = _digits_to_end(body + b"-", size - 1)
        yield from (b"-" + digits for digits in islice(digits_after, _CANDIDATES))


def _digits_to_end(body: bytes, size: int) -> Iterator[bytes]:
    """Digits that end the variable-length integer being read at the end of `body` (RFC 3492, 6.2).

    The last digit is below its threshold and makes a valid character; those before it are not below.
    """
    if size == 0:
        return
    plain, _, digits = body.rpartition(b"-")
    code, position, bias, count = 0x80, 0, 72, len(plain)
    first = True
    delta, weight, k = 0, 1, 36
    for byte in digits:
        digit = _digit(byte)
        delta += digit * weight
        threshold = 1 if k <= bias else 26 if k >= bias + 26 else k - bias
        if digit >= threshold:
            weight *= 36 - threshold
            k += 36
            continue
        count += 1
        code, position = code + (position + delta) // count, (position + delta) % count + 1
        if not contains(possible_characters(), code):
            return
        bias, first = _adapted(delta, count, first), False
        delta, weight, k = 0, 1, 36
    stack = [(b"", delta, weight, k)]
    while stack:
        text, delta, weight, k = stack.pop()
        threshold = 1 if k <= bias else 26 if k >= bias + 26 else k - bias
        last = len(text) + 1 == size
        for digit in range(0 if last else threshold, threshold if last else 36):
            following = delta + digit * weight
            character = code + (position + following) // (count + 1)
            if character > 0x10FFFF:
                break
            byte = digit + (0x61 if digit < 26 else 0x30 - 26)
            if not last:
                stack.append((text + bytes([byte]), following, weight * (36 - threshold), k + 36))
            elif contains(possible_characters(), character):
                yield text + bytes([byte])


def _digit(byte: int) -> int:
    return byte - 0x61 if byte >= 0x61 else byte - 0x30 + 26


def _adapted(delta: int, count: int, first: bool) -> int:
    """RFC 3492, section 6.1."""
    delta = delta // 700 if first else delta // 2
    delta += delta // count
    k = 0
    while delta > 455:
        delta //= 35
        k += 36
    return k + 36 * delta // (delta + 38)


# -- names ----------------------------------------------------------------------------------------------

_LONGEST_NAME = 253
_DOTS = ".\u3002\uff0e\uff61"
_DOT_RANGES: Ranges = tuple((ord(dot), ord(dot)) for dot in _DOTS)
# A plain letter, one that a middle dot waits for, one of each script, direction or joining that other
# rules wait for; and each of them before the one that a Katakana middle dot waits for.
_KANA = "\u3041"
_NEEDED = "alα\u05d0\u0628\u1820" + _KANA
_COMPLETIONS: list[str] = sorted(["", *_NEEDED, *(c + _KANA for c in _NEEDED)], key=lambda c: len(c.encode()))


Kinds = tuple[tuple[str, Ranges], ...]
"""Characters by behaviour: a representative, and the code points of its kind."""


def _by_behaviour(ranges: Iterable[tuple[int, int]]) -> Kinds:
    kinds: dict[tuple[object, ...], list[tuple[int, int]]] = {}
    for low, high in ranges:
        if high - low > 5000:
            kinds.setdefault(behaviour(chr(low)), []).append((low, high))
            continue
        for code in range(low, high + 1):
            kinds.setdefault(behaviour(chr(code)), []).append((code, code))
    return tuple((chr(members[0][0]), merged_ranges(members)) for members in kinds.values())


_ASCII: Ranges = ((0x2D, 0x2D), (0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A))


@cache
def _kinds() -> Kinds:
    return _by_behaviour([*_ASCII, *possible_characters()])


@cache
def _ascii_kinds() -> Kinds:
    return _by_behaviour(_ASCII)


@cache
def _each_ascii() -> Kinds:
    """In an A-label each character is of its own kind."""
    return tuple((chr(code), ((code, code),)) for low, high in _ASCII for code in range(low, high + 1))


@cache
def _combining() -> str:
    """The characters that normalization may move or compose with those before them."""
    seconds = set()
    for low, high in possible_characters():
        if high - low > 5000:
            continue
        for code in range(low, high + 1):
            parts = unicodedata.decomposition(chr(code)).split()
            if len(parts) == 2 and parts[0][0] != "<":
                seconds.add(chr(int(parts[1], 16)))
    marks = {chr(code) for low, high in properties("M") for code in range(low, high + 1)}
    return "".join(sorted(seconds | {mark for mark in marks if unicodedata.combining(mark)}))


@lru_cache(maxsize=4096)
def _unnormalized(tail: str) -> frozenset[int]:
    """The combining characters that must not follow these characters in Normalization Form C."""
    normalize = unicodedata.normalize
    return frozenset(ord(c) for c in _combining() if normalize("NFC", tail + c) != tail + c)


class _Name:
    """A prefix of a name that ends between characters.

    `done`: the bytes of the labels before, as A-labels with their dots; `right_to_left`: whether one of
    them is; `bidi`: whether all satisfy the Bidi rule. `label`: the label being read. `in_dns`: names of
    ASCII and A-labels, with nothing across labels.
    """

    __slots__ = ("_completion", "bidi", "done", "in_dns", "label", "right_to_left")

    def __init__(self, in_dns: bool, done: int, right_to_left: bool, bidi: bool, label: str) -> None:
        self.in_dns = in_dns
        self.done = done
        self.right_to_left = right_to_left
        self.bidi = bidi
        self.label = label
        self._completion: bytes | None = None

    @property
    def accepting(self) -> bool:
        return self._accepts(self.label)

    @property
    def shortest(self) -> int:
        if self._completion is None:
            self._completion = self._nearest()
        return INFINITE if self._completion == b"?" else len(self._completion)

    @property
    def longest(self) -> int:
        return INFINITE

    def _accepts(self, label: str) -> bool:
        """Whether the name is valid with this as its last label."""
        found = label_of(label, self.in_dns)
        if found is None or self.done + found.size > _LONGEST_NAME:
            return False
        return (self.bidi and found.bidi) or not (self.right_to_left or found.right_to_left)

    def _nearest(self) -> bytes:
        """The nearest completion found; `?`, which is no part of a name, for none."""
        label = self.label
        if self._in_a_label():
            directions = "bidi" if self.right_to_left else "any" if self.bidi else "one"
            rest: bytes | None = _nearest_completion(label.lower().encode(), directions)
            return b"?" if rest is None or not self._accepts(label + rest.decode()) else rest
        if is_hopeless(label, self.in_dns):
            return b"?"
        for rest_text in _COMPLETIONS:
            if self._accepts(label + rest_text):
                return rest_text.encode()
        return b"?"

    def _in_a_label(self) -> bool:
        return self.label[:4].lower() == "xn--" and self.label.isascii()

    def after(self, character: str) -> _Name | None:
        """The prefix with one more character; None for a dot after what is no label."""
        if character not in _DOTS:
            label = _alike(self.label + character)
            return _Name(self.in_dns, self.done, self.right_to_left, self.bidi, label)
        found = label_of(self.label, self.in_dns)
        if found is None:
            return None
        if self.in_dns:
            return _Name(True, self.done + found.size + 1, False, True, "")
        return _Name(
            False,
            self.done + found.size + 1,
            self.right_to_left or found.right_to_left,
            self.bidi and found.bidi,
            "",
        )

    def _next_characters(self) -> Ranges:
        """The code points after which a completion is found, judging each kind by one of it."""
        found: list[tuple[int, int]] = []
        if self.accepting:
            following = self.after(".")
            if following is not None and following.shortest < INFINITE:
                found += _DOT_RANGES[:1] if self.in_dns else _DOT_RANGES
        # Far from the longest label all characters of a kind are alike.
        short = len(self.label.encode("punycode")) < LONGEST_LABEL - 20
        in_a_label = self._in_a_label()
        kinds = _each_ascii() if in_a_label else _ascii_kinds() if self.in_dns else _kinds()
        excluded: frozenset[int] = frozenset()
        if not self.in_dns and not in_a_label:
            excluded = _unnormalized(self.label[-6:])
        for representative, ranges in kinds:
            if ord(representative) in excluded:
                members = (code for low, high in ranges for code in range(low, high + 1))
                representative = next((chr(code) for code in members if code not in excluded), representative)
            following = self.after(representative)
            if following is not None and following.shortest < INFINITE:
                found += ranges if short else self._fitting(ranges)
        kept: list[tuple[int, int]] = []
        for low, high in merged_ranges(found):
            for code in sorted(code for code in excluded if low <= code <= high):
                if code > low:
                    kept.append((low, code - 1))
                low = code + 1
            if low <= high:
                kept.append((low, high))
        return tuple(kept)

    def _fitting(self, ranges: Ranges) -> Ranges:
        """Those of one kind that leave the label short enough: the smaller a code point, the shorter."""
        low, high = 0, len(ranges)
        while low < high:
            middle = (low + high) // 2
            end = self.after(chr(ranges[middle][1]))
            if end is not None and end.shortest < INFINITE:
                low = middle + 1
            else:
                high = middle
        return ranges[:low]

    def transitions(self) -> Iterable[tuple[int, Language]]:
        return _reading(self, b"", code_points(self._next_characters()))

    def _key(self) -> tuple[object, ...]:
        return (self.in_dns, self.done, self.right_to_left, self.bidi, self.label)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Name) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


class _InName:
    """A prefix of a name within a character: the bytes of it that were read, and what may follow of it."""

    __slots__ = ("_shortest", "before", "read", "rest")

    def __init__(self, before: _Name, read: bytes, rest: Language) -> None:
        self.before = before
        self.read = read
        self.rest = rest
        self._shortest = -1

    @property
    def accepting(self) -> bool:
        return False

    @property
    def shortest(self) -> int:
        if self._shortest < 0:
            tail = completion(self.rest)
            following = self.before.after((self.read + tail).decode())
            best = INFINITE if following is None else len(tail) + following.shortest
            self._shortest = min(best, INFINITE)
        return self._shortest

    @property
    def longest(self) -> int:
        return INFINITE

    def transitions(self) -> Iterable[tuple[int, Language]]:
        return _reading(self.before, self.read, self.rest)

    def _key(self) -> tuple[object, ...]:
        return (self.before, self.read, self.rest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _InName) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


def _reading(before: _Name, read: bytes, rest: Language) -> list[tuple[int, Language]]:
    """The successors by each byte that `rest`, what may follow of a character, begins with."""
    found: dict[Language, int] = {}
    for bits, target in transitions(rest):
        for byte in bits_of(bits):
            data = read + bytes([byte])
            if target is EPSILON:
                name = before.after(data.decode())
                following = None if name is None else from_automaton(name)
            else:
                following = from_automaton(_InName(before, data, target))
            if following is not None and following.least < INFINITE:
                found[following] = found.get(following, 0) | 1 << byte
    return [(bits, following) for following, bits in found.items()]


def _alike(label: str) -> str:
    """A label with the same future: of an ASCII label only a few things matter.

    Those are its length, its first and last characters, whether it has capitals, hyphens at its third
    and fourth characters, and the prefix of A-labels.
    """
    if len(label) < 2 or not label.isascii() or label[:4].lower() == "xn--"[: len(label)]:
        return label
    if any(c.isupper() for c in label):
        shape, middle = "A", "A"
    else:
        shape, middle = "0" if label[0].isdigit() else "a", "a"
    inner = "".join("-" if c == "-" and index in (1, 2) else middle for index, c in enumerate(label[1:-1]))
    return shape + inner + label[-1]


@cache
def idn_hostname() -> Language:
    """Names of ASCII labels, A-labels and U-labels; a name with a right-to-left label is bidi throughout."""
    return from_automaton(_Name(False, 0, False, True, ""))


@cache
def dns_hostname() -> Language:
    """Names of ASCII labels, of which those that begin with `xn--` are A-labels."""
    return from_automaton(_Name(True, 0, False, True, ""))
