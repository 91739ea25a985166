r"""Internationalised domain names (IDNA 2008) as languages: U-labels, A-labels, and names made of them.

What is regular is written as regular expressions with lookarounds: which code points a label may have
(RFC 5892, derived from Unicode's properties), the rules for characters in context (its Appendix A),
hyphens and combining marks (RFC 5891, 4.2.3), the Bidi rule within a label and across a name (RFC 5893).
What is not, depends on the whole text, and is checked on it while it is read:

- a name is in Normalization Form C, its labels have at most 63 bytes and it has at most 253 as A-labels
  (`_Checked`: a byte is allowed where the nearest completion passes);
- an A-label `xn--...` must decode (RFC 3492) to a U-label and be its one encoding (`_ALabel`: a byte is
  allowed where a valid completion is found that ends the character being encoded, or adds one, within
  four bytes, among the first candidates). Should none be that near, the prefix is refused.

Both therefore keep every promise of the contract but one: `shortest` is the length of a completion that
was found, which in rare cases is not the least, and such prefixes are left out.

>>> [u_labels().accepts(label.encode()) for label in ("bücher", "al·l", "a·")]
[True, False, False]
>>> a_labels().accepts(b"xn--bcher-kva"), a_labels().accepts(b"xn--X")
(True, False)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import islice

from bltgen.automata.byteset import bits_of
from bltgen.automata.derivative import transitions
from bltgen.automata.language import INFINITE, Language, concat, from_automaton, intersection, union
from bltgen.automata.liveness import completion, shortest
from bltgen.automata.utf8 import UTF8_CHAR, code_points, merged_ranges
from bltgen.constraints.regex import regex
from bltgen.constraints.regex_classes import Ranges, contains, properties

__all__ = ["a_labels", "idn_hostname", "u_labels"]

# RFC 5892, section 2.6, and the characters that are valid only in context.
_EXCEPTIONS_VALID = "ßς་〇\u06fd\u06fe"
_EXCEPTIONS_DISALLOWED = "\u0640\u07fa\u302e\u302f\u3031\u3032\u3033\u3034\u3035\u303b"
_CONTEXTUAL = "\u00b7\u0375\u05f3\u05f4\u30fb\u200c\u200d" + "".join(
    chr(base + digit) for base in (0x660, 0x6F0) for digit in range(10)
)
# RFC 5892, sections 2.4 and 2.9: musical and combining symbols, conjoining Jamo.
_EXCLUDED_BLOCKS = (
    (0x1100, 0x11FF),
    (0x20D0, 0x20FF),
    (0xA960, 0xA97C),
    (0xD7B0, 0xD7FB),
    (0x1D100, 0x1D24F),
)
# Unified ideographs and Hangul syllables are left as they are by every normalization.
_STABLE_BLOCKS = ((0x3400, 0x9FFF), (0xAC00, 0xD7A3), (0x20000, 0x2EE5F), (0x30000, 0x323AF))
_DOT_BYTES = [dot.encode() for dot in ".\u3002\uff0e\uff61"]
_DOTS = "[.\u3002\uff0e\uff61]"


@cache
def _valid() -> Ranges:
    """The code points of RFC 5892 that are valid anywhere (PVALID)."""
    letters = [pair for name in ("L", "Mn", "Mc", "Nd") for pair in properties(name)]
    excluded = {ord(c) for c in _EXCEPTIONS_DISALLOWED + _CONTEXTUAL}
    for low, high in (*properties("Default_Ignorable_Code_Point"), *_EXCLUDED_BLOCKS):
        excluded.update(range(low, high + 1) if high < 0xE0000 else ())
    found: list[tuple[int, int]] = [(0x2D, 0x2D), *((ord(c), ord(c)) for c in _EXCEPTIONS_VALID)]
    for low, high in letters:
        if any(first <= low and high <= last for first, last in _STABLE_BLOCKS):
            found.append((low, high))
            continue
        for code in range(low, high + 1):
            if code not in excluded and _is_stable(chr(code)):
                found.append((code, code))
    return merged_ranges(found)


@cache
def _possible() -> Ranges:
    """The code points beyond ASCII that a label may have, in whatever context."""
    contextual = [(ord(c), ord(c)) for c in _CONTEXTUAL]
    return merged_ranges([*contextual, *(pair for pair in _valid() if pair[0] > 0x7F)])


def _is_stable(character: str) -> bool:
    """Whether compatibility normalization and case folding leave a character as it is (RFC 5892, 2.2)."""
    if character.isascii():
        return not character.isupper()
    if unicodedata.category(character) == "Cn":
        return False
    normalize = unicodedata.normalize
    return normalize("NFKC", normalize("NFKC", character).casefold()) == character


def _any_of(*names: str) -> str:
    """A character class of Unicode properties."""
    return "[" + "".join(rf"\p{{{name}}}" for name in names) + "]"


def _bidi(*classes: str) -> str:
    return _any_of(*(f"Bidi_Class={name}" for name in classes))


@cache
def _in_context() -> Language:
    """Texts of valid characters in which each contextual one is where it may be."""
    virama = r"\p{Canonical_Combining_Class=9}"
    transparent, left, right = (
        r"\p{Joining_Type=T}*",
        r"[\p{Joining_Type=L}\p{Joining_Type=D}]",
        r"[\p{Joining_Type=R}\p{Joining_Type=D}]",
    )
    contextual = "|".join(
        [
            r"(?<=l)\u00b7(?=l)",
            r"\u0375(?=\p{Script=Greek})",
            r"(?<=\p{Script=Hebrew})[\u05f3\u05f4]",
            r"\u30fb|[\u0660-\u0669]|[\u06f0-\u06f9]",
            rf"(?<={virama})[\u200c\u200d]",
            rf"(?<={left}{transparent})\u200c(?={transparent}{right})",
        ]
    )
    plain = code_points(_valid()).plus()
    several = regex(rf"(?:{contextual}|{_class(_valid())})+")
    kana = _any_of("Script=Hiragana", "Script=Katakana", "Script=Han")
    middle_dot = regex(rf"[^\u30fb]*|(?s:.*){kana}(?s:.*)")
    one_kind_of_digits = regex(r"[^\u0660-\u0669]*|[^\u06f0-\u06f9]*")
    return union(plain, intersection(several, middle_dot, one_kind_of_digits))


def _class(ranges: Ranges) -> str:
    return "[" + "".join(f"\\U{low:08X}-\\U{high:08X}" for low, high in ranges) + "]"


@cache
def _well_formed() -> Language:
    """Labels by all rules but those of length, direction and normalization."""
    hyphens = regex(r"(?!-)(?!..--)(?s:.+)(?<!-)")
    return intersection(_in_context(), hyphens, regex(r"(?!\p{M})(?s:.+)"))


@cache
def _one_direction() -> Language:
    """Texts without a right-to-left character."""
    return regex(rf"[^{_bidi('R', 'AL', 'AN')[1:-1]}]*")


@cache
def _bidi_rule() -> Language:
    """Texts that satisfy the Bidi rule: right-to-left or left-to-right throughout."""
    neutral = ("ES", "CS", "ET", "ON", "BN", "NSM")
    marks = _bidi("NSM") + "*"
    right = ("R", "AL", "AN", "EN")
    first = f"(?={_bidi('R', 'AL')})"
    rtl = regex(rf"{first}{_bidi(*right, *neutral)}*{_bidi(*right)}{marks}")
    one_number = regex(rf"[^{_bidi('EN')[1:-1]}]*|[^{_bidi('AN')[1:-1]}]*")
    ltr = regex(rf"(?={_bidi('L')}){_bidi('L', 'EN', *neutral)}*{_bidi('L', 'EN')}{marks}")
    return union(intersection(rtl, one_number), ltr)


@cache
def u_labels() -> Language:
    """Labels of valid characters, by all rules but those of length and normalization."""
    return intersection(_well_formed(), union(_one_direction(), _bidi_rule()))


def _is_label(text: str, directions: str) -> bool:
    """Whether a decoded A-label is a U-label; `directions`: see `a_labels`."""
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text) or unicodedata.normalize("NFC", text) != text:
        return False
    data = text.encode()
    if text.isascii() or not _well_formed().accepts(data):
        return False
    if directions != "any":
        return (_one_direction() if directions == "one" else _bidi_rule()).accepts(data)
    return _one_direction().accepts(data) or _bidi_rule().accepts(data)


# -- A-labels ------------------------------------------------------------------------------------------

_PREFIX = b"xn--"
_LDH = b"-0123456789abcdefghijklmnopqrstuvwxyz"
_LONGEST_LABEL = 63
_NEAR = 4
_CANDIDATES = 40


def _decoded(label: bytes) -> str | None:
    """The text whose A-label this is (lower-case, prefix included), if there is one."""
    try:
        text = label[4:].decode("punycode")
        return text if text.encode("punycode") == label[4:] and not text.isascii() else None
    except (UnicodeError, ValueError, OverflowError):
        return None


@lru_cache(maxsize=100_000)
def _nearest_completion(label: bytes, directions: str) -> bytes | None:
    """The shortest bytes found that make an A-label of this prefix, which has its `xn--`."""
    for size in range(_NEAR + 1):
        if len(label) + size > _LONGEST_LABEL:
            return None
        for rest in _continuations(label, size):
            text = _decoded(label + rest)
            if text is not None and _is_label(text, directions):
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
        if not contains(_possible(), code):
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
            elif contains(_possible(), character):
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


class _ALabel:
    """A prefix of an A-label, lower-cased: a state for `from_automaton`. Equal prefixes are equal."""

    __slots__ = ("directions", "label")

    def __init__(self, label: bytes, directions: str) -> None:
        self.label = label
        self.directions = directions

    @property
    def accepting(self) -> bool:
        return self.shortest == 0

    @property
    def shortest(self) -> int:
        rest = _nearest_completion(self.label, self.directions)
        return INFINITE if rest is None else len(rest)

    @property
    def longest(self) -> int:
        return _LONGEST_LABEL - len(self.label)

    def transitions(self) -> Iterable[tuple[int, Language]]:
        found = []
        for byte in _LDH:
            following = from_automaton(_ALabel(self.label + bytes([byte]), self.directions))
            bits = 1 << byte
            if byte >= 0x61:
                bits |= 1 << (byte - 0x20)
            found.append((bits, following))
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ALabel) and (self.label, self.directions) == (other.label, other.directions)

    def __hash__(self) -> int:
        return hash((self.label, self.directions))


@cache
def a_labels(directions: str = "any") -> Language:
    """Encoded labels, `xn--...`, in either case.

    `directions`: "one" for those without right-to-left characters, "bidi" for those that satisfy the Bidi
    rule, "any" for both.
    """
    return concat(regex("[Xx][Nn]--"), from_automaton(_ALabel(_PREFIX, directions)))


# -- names ----------------------------------------------------------------------------------------------

_LONGEST_NAME = 253


def _encoded_length(text: str) -> int | None:
    """The bytes of a name, or of its beginning, as A-labels; None where a label is too long."""
    total = -1
    for label in text.translate({0x3002: ".", 0xFF0E: ".", 0xFF61: "."}).split("."):
        size = len(label) if label.isascii() else 4 + len(label.encode("punycode"))
        if size > _LONGEST_LABEL:
            return None
        total += size + 1
    return total


_SURELY_SHORT = 40
"""An ASCII label of fewer bytes is short enough as an A-label, with any one character added."""


class _Checked:
    """A position in a language of names, and what of the text before it matters for length and normalization.

    `done` are the bytes of the finished labels, as A-labels with their dots. `label` is the label being
    read, with ASCII characters before the last replaced by another: for lengths they are alike.
    """

    __slots__ = ("_shortest", "done", "label", "language")

    def __init__(self, language: Language, done: int, label: bytes) -> None:
        self.language = language
        self.done = done
        self.label = label
        self._shortest = -1

    @property
    def accepting(self) -> bool:
        return self.shortest == 0

    @property
    def shortest(self) -> int:
        if self._shortest < 0:
            rest = shortest(self.language)
            self._shortest = rest if rest >= INFINITE or self._passes(rest) else INFINITE
        return self._shortest

    def _passes(self, rest: int) -> bool:
        """Whether the text and its nearest completion, of `rest` bytes, pass."""
        label = self.label
        if label.isascii() and len(label) + rest < _SURELY_SHORT and self.done < _LONGEST_NAME - 63:
            return True
        text = (label + completion(self.language)).decode()
        if unicodedata.normalize("NFC", text) != text:
            return False
        size = _encoded_length(text)
        return size is not None and self.done + size <= _LONGEST_NAME

    @property
    def longest(self) -> int:
        return INFINITE

    def transitions(self) -> Iterable[tuple[int, Language]]:
        return [
            (1 << byte, from_automaton(self._after(byte, target)))
            for bits, target in transitions(self.language)
            for byte in bits_of(bits)
        ]

    def _after(self, byte: int, target: Language) -> _Checked:
        label = self.label + bytes([byte])
        for dot in _DOT_BYTES:
            if label.endswith(dot):
                size = _encoded_length(label[: -len(dot)].decode())
                assert size is not None
                return _Checked(target, self.done + size + 1, b"")
        alike = bytes(0x61 if before < 0x80 else before for before in self.label)
        return _Checked(target, self.done, alike + bytes([byte]))

    def _key(self) -> tuple[Language, int, bytes]:
        return self.language, self.done, self.label

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Checked) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


@cache
def idn_hostname() -> Language:
    """Names of ASCII labels, A-labels and U-labels; a name with a right-to-left label is bidi throughout."""
    ascii_label = regex("(?!..--)[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?")
    bidi_ascii = intersection(ascii_label, regex("[A-Za-z].*"))
    dot = regex(_DOTS)
    beyond_ascii = UTF8_CHAR.star() - regex(r"[\x00-\x7f]*")
    names = []
    for ascii_labels, others in (
        (union(ascii_label, a_labels("one")), intersection(_well_formed(), _one_direction())),
        (union(bidi_ascii, a_labels("bidi")), intersection(_well_formed(), _bidi_rule())),
    ):
        labels = union(ascii_labels, intersection(others, beyond_ascii))
        names.append(concat(labels, concat(dot, labels).star()))
    return from_automaton(_Checked(union(*names), 0, b""))
