"""Strings as pydantic constrains them: lengths, blanks at the ends, patterns, lengths in bytes.

>>> short = stripped(UTF8_CHAR.repeat(2, 3))
>>> [short.accepts(text) for text in (b"ab", b"  ab\\t", b" a ", b"a b", b"abcd")]
[True, True, False, True, False]
"""

from __future__ import annotations

from functools import cache, lru_cache

from bltgen.automata.language import ANY_BYTE, Language, concat
from bltgen.automata.utf8 import UTF8_CHAR, UTF8_TEXT
from bltgen.constraints.regex import regex
from bltgen.integrations.pydantic_types.number_texts import BLANKS

__all__ = ["ascii_text", "bytes_of", "in_bytes", "length", "stripped", "uuid"]


@lru_cache(256)
def length(low: int, high: int | None) -> Language:
    """Texts of so many characters."""
    return UTF8_CHAR.repeat(low, high) if low or high is not None else UTF8_TEXT


@lru_cache(256)
def in_bytes(low: int, high: int | None) -> Language:
    """Texts of so many bytes in UTF-8."""
    return UTF8_TEXT & ANY_BYTE.repeat(low, high) if low or high is not None else UTF8_TEXT


@cache
def ascii_text() -> Language:
    """Texts in ASCII."""
    return regex(r"[\x00-\x7f]*")


@lru_cache(256)
def stripped(core: Language) -> Language:
    """The texts that are in `core` once the blanks at both ends are gone."""
    blanks = regex(f"{BLANKS}*")
    trimmed = core - regex(f"(?s:{BLANKS}.*|.*{BLANKS})")
    return concat(blanks, trimmed, blanks)


@lru_cache(16)
def uuid(version: int | None) -> Language:
    """UUIDs in the four ways in which Rust reads them; with a version, of RFC 9562's variant."""
    digit = "[0-9a-fA-F]"
    third = f"{digit}{{4}}" if version is None else f"{version}{digit}{{3}}"
    fourth = f"{digit}{{4}}" if version is None else f"[89abAB]{digit}{{3}}"
    hyphenated = f"{digit}{{8}}-{digit}{{4}}-{third}-{fourth}-{digit}{{12}}"
    simple = f"{digit}{{12}}{third}{fourth}{digit}{{12}}"
    return regex(rf"{hyphenated}|urn:uuid:{hyphenated}|\{{{hyphenated}\}}|{simple}")


def bytes_of(low: int, high: int | None) -> Language:
    """Any so many bytes."""
    return ANY_BYTE.repeat(low, high)
