"""Free text: where one byte leads on like most others, a whole run is drawn as one string.

One string is one choice of Hypothesis, which shrinks strings well, and it costs a fraction of a choice
a byte. A run is a proposal: what may not stand is left out (a control character in a JSON string
is written as its escape), so that nothing is ever filtered.

>>> alphabet_of(ByteSet.of(b"cab,"))
Alphabet(ascii='abc,', beyond=False, raw=False)
>>> spelled('a"\\n', in_json=True), spelled("é/", in_json=True, last_escaped=True)
([b'a', b'\\\\"', b'\\\\n'], [b'\\xc3\\xa9', b'\\\\/'])
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from bltgen.automata.byteset import ByteSet

__all__ = ["Alphabet", "Draws", "RandomDraws", "alphabet_of", "simplest_first", "spelled"]

_QUOTE, _BACKSLASH = 0x22, 0x5C
_LEADING = ByteSet.range(0xC2, 0xF4)
_CONTINUING = ByteSet.range(0x80, 0xBF)
_SLASH = "/"


@dataclass(frozen=True)
class Alphabet:
    """What a run is made of: these ASCII characters, the simplest first; any others, if `beyond`.

    raw: any bytes instead, since they need not be UTF-8.
    """

    ascii: str
    beyond: bool = False
    raw: bool = False


class Draws(Protocol):
    """Where choices come from."""

    def integer(self, most: int) -> int:
        """From 0 to `most`, shrinking to 0."""
        ...

    def run(self, alphabet: Alphabet, least: int, most: int) -> str | bytes:
        """`least` to `most` characters of the alphabet (bytes, if it is raw), mostly few of them."""
        ...


class RandomDraws:
    """Choices of a generator, where nothing is to shrink."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def integer(self, most: int) -> int:
        """Each is equally likely."""
        return self._rng.randint(0, most)

    def run(self, alphabet: Alphabet, least: int, most: int) -> str | bytes:
        """Mostly ASCII."""
        rng, length = self._rng, min(most, least + self._rng.randint(0, 12))
        if alphabet.raw:
            return rng.randbytes(length)
        others = [chr(rng.randrange(0x80, 0x3000)), chr(rng.randrange(0x10000, 0x20000))]
        letters = [*alphabet.ascii, *(others if alphabet.beyond else [])]
        return "".join(rng.choices(letters, k=length))


def simplest_first(members: ByteSet) -> bytes:
    """In the order that people find simple: 0-9, a-z, A-Z, space, other printable ASCII, the rest.

    >>> simplest_first(ByteSet.of(b"!B\\x00a7 "))
    b'7aB !\\x00'
    """
    return bytes(sorted(iter(members), key=_RANKS.__getitem__))


def _rank(byte: int) -> tuple[int, int]:
    letter = chr(byte)
    if byte >= 0x7F or byte < 0x20:
        return (5, byte)
    kind = 0 if letter.isdigit() else 1 if letter.islower() else 2 if letter.isupper() else 3
    return (kind, 0 if byte == 0x20 else byte)


_RANKS = [_rank(byte) for byte in range(256)]


@lru_cache(maxsize=2000)
def alphabet_of(allowed: ByteSet, in_json: bool = False) -> Alphabet | None:
    """Characters that begin with an allowed byte; in a JSON string also those that have an escape there.

    None within a character.
    """
    if allowed & _CONTINUING:
        return Alphabet("", raw=True) if allowed - _CONTINUING else None
    members = ByteSet(allowed.bits & ((1 << 128) - 1))
    if in_json and _BACKSLASH in allowed:
        members = members | ByteSet.range(0, 0x1F) | ByteSet.of((_QUOTE, _BACKSLASH))
    elif in_json:
        members = members - ByteSet.of((_QUOTE,))
    return Alphabet(simplest_first(members).decode("ascii"), beyond=bool(allowed & _LEADING))


def spelled(run: str | bytes, *, in_json: bool, last_escaped: bool = False) -> list[bytes]:
    """The bytes of each character. In JSON, special ones by their escapes, and the last one if asked for."""
    if isinstance(run, bytes):
        return [bytes((byte,)) for byte in run]
    if not in_json:
        return [letter.encode() for letter in run]
    pieces = [json.dumps(letter, ensure_ascii=False)[1:-1].encode() for letter in run]
    if last_escaped and pieces and len(pieces[-1]) == 1:
        pieces[-1] = b"\\/" if run[-1] == _SLASH else b"\\u%04x" % ord(run[-1])
    elif last_escaped and pieces:
        pieces[-1] = json.dumps(run[-1])[1:-1].encode()
    return pieces
