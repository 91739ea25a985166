"""Base64 and hexadecimal texts whose bytes are in a language.

`base64(content)` is RFC 4648 with padding, in either alphabet where `url_safe` says so; bits that are left
over may be any, since Python's decoder does not look at them. With `canonical` they are zero and the padding
may be left out, as Rust's decoder has it (`val_json_bytes="base64"`).

>>> from bltgen.automata.language import ANY_BYTE, ANY_BYTES
>>> text = base64(ANY_BYTES)
>>> text.accepts(b"YQ=="), text.accepts(b"YQ"), base64(ANY_BYTE.repeat(0, 1)).accepts(b"YWI=")
(True, False, False)
>>> hexadecimal(ANY_BYTE.repeat(1, 2)).accepts(b"0aFF")
True
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from bltgen.automata.language import EMPTY, EPSILON, INFINITE, Language, from_automaton, literal

__all__ = ["base64", "hexadecimal"]

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@lru_cache(256)
def base64(content: Language, url_safe: bool = False, canonical: bool = False) -> Language:
    """The texts that stand for the bytes of `content`."""
    if content is EMPTY:
        return EMPTY
    return from_automaton(_Base64(content, 0, 0, url_safe, canonical))


@lru_cache(256)
def hexadecimal(content: Language) -> Language:
    """Two digits a byte, in either case."""
    return EMPTY if content is EMPTY else from_automaton(_Hexadecimal(content, None))


@dataclass(frozen=True)
class _Base64:
    """`bits` bits of value `pending` were read that are no whole byte yet; `content` is what may follow."""

    content: Language
    bits: int
    pending: int
    url_safe: bool
    canonical: bool

    longest = INFINITE

    @property
    def accepting(self) -> bool:
        """Whether the text may end here, without padding."""
        if self.bits == 0:
            return self.content.nullable
        return self.canonical and self.bits in (2, 4) and self.pending == 0 and self.content.nullable

    @property
    def shortest(self) -> int | None:
        """Not known at once."""
        return 0 if self.accepting else None

    def transitions(self) -> Iterator[tuple[int, Language]]:
        """The characters by what they lead to, and the padding."""
        targets: dict[Language, int] = {}
        for value in range(64):
            following = self._after(value)
            if following is not EMPTY:
                for character in self._spellings(value):
                    targets[following] = targets.get(following, 0) | 1 << ord(character)
        for following, characters in targets.items():
            yield characters, following
        if self.bits in (2, 4) and self.content.nullable and not (self.canonical and self.pending):
            yield 1 << ord("="), literal(b"=") if self.bits == 4 else EPSILON

    def _spellings(self, value: int) -> str:
        if value < 62:
            return _ALPHABET[value]
        return ("+-" if value == 62 else "/_") if self.url_safe else ("+" if value == 62 else "/")

    def _after(self, value: int) -> Language:
        pending, bits, content = self.pending << 6 | value, self.bits + 6, self.content
        if bits >= 8:
            bits -= 8
            content = content.derivative(pending >> bits)
            pending &= (1 << bits) - 1
        if content is EMPTY or content.start().shortest >= INFINITE:
            return EMPTY
        if bits == 6 and not any(self._byte(content, pending)):
            return EMPTY
        return from_automaton(_Base64(content, bits, pending, self.url_safe, self.canonical))

    @staticmethod
    def _byte(content: Language, pending: int) -> Iterator[bool]:
        """Whether some byte that begins with these six bits may follow."""
        allowed = content.start().allowed
        yield from (pending << 2 | rest in allowed for rest in range(4))


@dataclass(frozen=True)
class _Hexadecimal:
    """The first digit of a byte, if it was read, and what may follow of the content."""

    content: Language
    digit: int | None

    longest = INFINITE

    @property
    def accepting(self) -> bool:
        """Whether the text may end here."""
        return self.digit is None and self.content.nullable

    @property
    def shortest(self) -> int:
        """Two digits a byte."""
        if self.digit is None:
            return 2 * self.content.start().shortest
        left = [self.content.derivative(self.digit << 4 | low).start().shortest for low in range(16)]
        return 1 + 2 * min(left)

    def transitions(self) -> Iterator[tuple[int, Language]]:
        """The digits of which some byte can be made."""
        for value in range(16):
            bits = 0
            for character in {f"{value:x}", f"{value:X}"}:
                bits |= 1 << ord(character)
            if self.digit is None:
                following = _Hexadecimal(self.content, value)
                if any(value << 4 | low in self.content.start().allowed for low in range(16)):
                    yield bits, from_automaton(following)
            else:
                rest = self.content.derivative(self.digit << 4 | value)
                if rest is not EMPTY and rest.start().shortest < INFINITE:
                    yield bits, from_automaton(_Hexadecimal(rest, None))
