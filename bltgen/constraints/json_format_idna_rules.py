r"""What IDNA 2008 demands of a label: its code points, their context and direction, in Normalization Form C.

The code points are derived from Unicode's properties as RFC 5892 says; the rules for characters in context
are those of its Appendix A, those for hyphens and marks of RFC 5891, 4.2.3, the Bidi rule of RFC 5893.

>>> label_of("bücher"), label_of("al·o"), label_of("a·") is None
(Label(right_to_left=False, bidi=True, size=13), None, True)
>>> decoded("xn--bcher-kva"), label_of("xn--bcher-kva")
('bücher', Label(right_to_left=False, bidi=True, size=13))
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from bltgen.automata.utf8 import merged_ranges
from bltgen.constraints.regex_classes import Ranges, contains, properties

__all__ = [
    "LONGEST_LABEL",
    "Label",
    "behaviour",
    "decoded",
    "is_hopeless",
    "label_of",
    "possible_characters",
    "valid_characters",
]

LONGEST_LABEL = 63

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


@cache
def valid_characters() -> Ranges:
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
def possible_characters() -> Ranges:
    """The code points beyond ASCII that a label may have, in whatever context."""
    contextual = [(ord(c), ord(c)) for c in _CONTEXTUAL]
    return merged_ranges([*contextual, *(pair for pair in valid_characters() if pair[0] > 0x7F)])


def _is_stable(character: str) -> bool:
    """Whether compatibility normalization and case folding leave a character as it is (RFC 5892, 2.2)."""
    if character.isascii():
        return not character.isupper()
    if unicodedata.category(character) == "Cn":
        return False
    normalize = unicodedata.normalize
    return normalize("NFKC", normalize("NFKC", character).casefold()) == character


class Label(NamedTuple):
    """A valid label: whether it has right-to-left characters and satisfies the Bidi rule.

    `size`: its bytes as an A-label.
    """

    right_to_left: bool
    bidi: bool
    size: int


_ASCII_LABEL = re.compile("[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?")
_RIGHT_TO_LEFT = ("R", "AL", "AN")
_NEUTRAL = ("ES", "CS", "ET", "ON", "BN", "NSM")


@lru_cache(maxsize=20_000)
def label_of(text: str, in_dns: bool = False) -> Label | None:
    """The label that `text` is: ASCII, an A-label, or a U-label; None where it is none.

    IDNA reserves ASCII labels with two hyphens at the third character, `in_dns` allows them.
    """
    if text.isascii():
        if text[:4].lower() == "xn--":
            inner = decoded(text.lower()) if len(text) <= LONGEST_LABEL else None
            found = _u_label(inner) if inner is not None else None
            return None if found is None else found._replace(size=len(text))
        if not _ASCII_LABEL.fullmatch(text) or (text[2:4] == "--" and not in_dns):
            return None
        return Label(False, text[0].isalpha(), len(text))
    return _u_label(text)


def decoded(label: str) -> str | None:
    """The text whose A-label this is (lower-case, `xn--` included), if there is one."""
    try:
        text = label[4:].encode().decode("punycode")
        if text.isascii() or text.encode("punycode").decode() != label[4:]:
            return None
    except (UnicodeError, ValueError, OverflowError):
        return None
    return text


def _u_label(text: str) -> Label | None:
    if len(text) > LONGEST_LABEL or text[2:4] == "--" or text[0] == "-" or text[-1] == "-":
        return None
    if unicodedata.category(text[0])[0] == "M":
        return None
    valid = valid_characters()
    for index, character in enumerate(text):
        if character in _CONTEXTUAL:
            if not _in_context(text, index):
                return None
        elif not contains(valid, ord(character)):
            return None
    if unicodedata.normalize("NFC", text) != text:
        return None
    size = 4 + len(text.encode("punycode"))
    if size > LONGEST_LABEL:
        return None
    directions = [unicodedata.bidirectional(character) for character in text]
    return Label(any(d in _RIGHT_TO_LEFT for d in directions), _is_bidi(directions), size)


def is_hopeless(text: str, in_dns: bool = False) -> bool:
    """Whether already the beginning of a label, not an A-label's, keeps it from being one; a quick test."""
    if not text:
        return False
    if len(text) > LONGEST_LABEL or text[0] == "-" or (text[2:4] == "--" and not in_dns):
        return True
    if text.isascii():
        return False
    if unicodedata.category(text[0])[0] == "M" or any("A" <= c <= "Z" for c in text):
        return True
    directions = {unicodedata.bidirectional(character) for character in text}
    if not directions.isdisjoint(_RIGHT_TO_LEFT):
        first = unicodedata.bidirectional(text[0])
        if first not in ("R", "AL") or "L" in directions or {"EN", "AN"} <= directions:
            return True
    # The last two characters may still wait for others after them.
    return 4 + len(text.encode("punycode")) > LONGEST_LABEL or any(
        character in _CONTEXTUAL and character != "\u30fb" and not _in_context(text, index)
        for index, character in enumerate(text[:-1])
        if not (character == "\u200c" and all(_joining(c) == "T" for c in text[index + 1 :]))
    )


def _is_bidi(directions: list[str]) -> bool:
    """The Bidi rule of RFC 5893, section 2."""
    first = directions[0]
    if first not in ("R", "AL", "L"):
        return False
    last = next((d for d in reversed(directions) if d != "NSM"), first)
    if first == "L":
        return last in ("L", "EN") and all(d in ("L", "EN", *_NEUTRAL) for d in directions)
    return (
        last in ("R", "AL", "EN", "AN")
        and all(d in (*_RIGHT_TO_LEFT, "EN", *_NEUTRAL) for d in directions)
        and not ("EN" in directions and "AN" in directions)
    )


def _in_context(text: str, index: int) -> bool:
    """Whether the contextual character at `index` may be there (RFC 5892, Appendix A)."""
    character = text[index]
    before = text[index - 1] if index else ""
    after = text[index + 1] if index + 1 < len(text) else ""
    if character in "\u200c\u200d" and before and unicodedata.combining(before) == 9:
        return True
    if character == "\u200d":
        return False
    if character == "\u200c":
        left = next((t for t in map(_joining, reversed(text[:index])) if t != "T"), "")
        right = next((t for t in map(_joining, text[index + 1 :]) if t != "T"), "")
        return left in ("L", "D") and right in ("R", "D")
    if character == "\u00b7":
        return before == "l" and after == "l"
    if character == "\u0375":
        return bool(after) and _script(after) == "Greek"
    if character in "\u05f3\u05f4":
        return bool(before) and _script(before) == "Hebrew"
    if character == "\u30fb":
        return any(_script(c) in ("Hiragana", "Katakana", "Han") for c in text)
    others = "\u06f0\u06f9" if character < "\u06f0" else "\u0660\u0669"
    return not any(others[0] <= c <= others[1] for c in text)


@cache
def _table(kind: str, names: tuple[str, ...]) -> dict[int, str]:
    """The code points with one of these values of a property, and which."""
    found = {}
    for name in names:
        for low, high in properties(f"{kind}={name}"):
            found.update(dict.fromkeys(range(low, high + 1), name))
    return found


def _script(character: str) -> str:
    """The script of a character, if it is one that a rule asks for."""
    if character in _CONTEXTUAL:
        return ""
    return _table("Script", ("Greek", "Hebrew", "Hiragana", "Katakana", "Han")).get(ord(character), "")


def _joining(character: str) -> str:
    return _table("Joining_Type", ("T", "D", "R", "L")).get(ord(character), "")


def behaviour(character: str) -> tuple[object, ...]:
    """What the rules see of a character: those alike may take each other's place.

    But for normalization, and in A-labels.
    """
    if character in _CONTEXTUAL or character in "-lxXnN":
        return (character,)
    if character.isascii():
        return (character.isdigit(), character.isupper())
    return (
        unicodedata.bidirectional(character),
        unicodedata.category(character)[0] == "M",
        unicodedata.combining(character) == 9,
        _joining(character),
        _script(character),
    )
