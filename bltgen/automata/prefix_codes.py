"""Which terms are prefix codes, as far as their form tells: no text of theirs is the beginning of another.

Bytes are one, and UTF-8 characters. A text of `B*` is cut into texts of a prefix code B in one way only, so
that `B{a,b} & B{c,d}` is `B{max,min}`: lengths in characters stay counters.

>>> from bltgen.automata.utf8 import UTF8_CHAR
>>> is_prefix_code(UTF8_CHAR), is_prefix_code(UTF8_CHAR.optional())
(True, False)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from bltgen.automata.operators import BYTES, CONCAT, LITERAL, REPEAT, UNION

if TYPE_CHECKING:
    from bltgen.automata.language import Language

__all__ = ["first_bytes", "is_prefix_code", "is_window_of"]


DEPTH = 8
"""Terms nested deeper are taken for none: characters are shallow."""


def is_prefix_code(language: Language) -> bool:
    """Whether no text is the beginning of another, as far as the form tells: bytes, UTF-8 characters."""
    known = language._prefix_code
    if known is None:
        known = language._prefix_code = language.depth <= DEPTH and _by_form(language)
    return known


def _by_form(language: Language) -> bool:
    if language.op in (BYTES, LITERAL):
        return True
    if language.op == CONCAT:
        return all(map(is_prefix_code, language.parts))
    if language.op == REPEAT:
        return bool(language.value[0] == language.value[1]) and is_prefix_code(language.parts[0])
    if language.op != UNION:
        return False
    seen = 0
    for part in language.parts:
        first = first_bytes(part)
        if first == 0 or seen & first or not is_prefix_code(part):
            return False
        seen |= first
    return True


def first_bytes(language: Language) -> int:
    """The bytes (as bits) with which texts begin, of a byte set, a literal, or a chain of such; else 0."""
    while language.op == CONCAT:
        language = language.parts[0]
    if language.op == REPEAT and language.value[0] and language.parts[0].op == BYTES:
        language = language.parts[0]
    if language.op == LITERAL:
        return 1 << cast(bytes, language.value)[0]
    return cast(int, language.value) if language.op == BYTES else 0


def is_window_of(first: Language, second: Language) -> bool:
    """Whether one only bounds the other's length, whose texts have every length between their bounds."""
    for window, other in ((first, second), (second, first)):
        is_window = window.op == REPEAT and window.parts[0].op == BYTES and other.gap <= 1
        if is_window and not other.alphabet & ~cast(int, window.parts[0].value):
            return True
    return False
