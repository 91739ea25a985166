r"""Where whitespace may stand between JSON tokens, and how much.

- `compact`: none at all.
- `spaced`: exactly what `json.dumps(value)` writes: one blank after each `,` and `:`, and no other.
- `indent=n`, `indent=tab`: exactly what `json.dumps(value, indent=n)` writes.
- `bounded`: what pretty printers write, in any mixture: nothing; one blank after `,`, around `:` and within
  brackets; before an item, a member or a closing bracket a line break (`\n` or `\r\n`) and indentation: for
  each container around one tab, or the same number of spaces, at most 8.
- `pattern=...`: a regular expression that the whole of the whitespace between any two tokens matches,
  as bytes out of space, tab, line feed and carriage return.
- `any`: any amount, also before and after the value, as RFC 8259 section 2 says.

>>> bytes(b for b in range(256) if Layout.of("bounded").inside(2).open.bits >> b & 1)
b'\n\r '
>>> Layout.of("indent=2").inside(2).open.rest
b'\n    '
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from bltgen.arguments import shown
from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import EPSILON, Language, byte_set, concat, literal, union
from bltgen.automata.lazy_dfa import LanguageState
from bltgen.constraints.regex import pattern_language
from bltgen.errors import BltgenError, did_you_mean

__all__ = ["WHITESPACE", "Gap", "Gaps", "Layout"]

WHITESPACE = 1 << 0x20 | 1 << 0x09 | 1 << 0x0A | 1 << 0x0D
"""The whitespace bytes of JSON, as bits."""

_WHERE = ("empty", "open", "close", "before comma", "after comma", "before colon", "after colon")

MOST_COLUMNS = 8
"""`bounded` admits indentation by at most so many spaces a level."""

_BLANKS = byte_set(ByteSet(WHITESPACE)).star()
_LINE_BREAK = union(literal(b"\n"), literal(b"\r\n"))
_FORMS = "'compact', 'spaced', 'bounded', 'any', 'indent=n' (n <= 64), 'indent=tab', 'pattern=...'"


class Gap:
    """What may still come of the whitespace at one place: a state of an automaton.

    `bits`: the whitespace that may come next; `ends`: the next token may come; `shortest`: bytes to there.
    Gaps are equal where they are the same object.
    """

    __slots__ = ("_gaps", "_next", "_state", "bits", "ends", "shortest")

    def __init__(self, state: LanguageState, gaps: dict[Language, Gap]) -> None:
        self._state = state
        self._gaps = gaps
        self._next: dict[int, Gap | None] = {}
        self.bits = state.allowed.bits
        self.ends = state.accepting
        self.shortest = state.shortest

    @staticmethod
    def of(language: Language, gaps: dict[Language, Gap]) -> Gap:
        """The gap that holds the texts of a language; `gaps` are those made so far."""
        found = gaps.get(language)
        if found is None:
            found = gaps[language] = Gap(language.start(), gaps)
        return found

    @property
    def rest(self) -> bytes:
        """Bytes after which the next token may come, `shortest` of them."""
        return self._state.completion()

    def after(self, byte: int) -> Gap | None:
        """What may come after a byte of whitespace; None where it must not come."""
        if byte not in self._next:
            state = self._state.advance(byte)
            self._next[byte] = None if state is None else Gap.of(state.language, self._gaps)
        return self._next[byte]

    def within(self, n: int) -> int:
        """The whitespace after which the next token can come within n bytes in all, as bits."""
        return self._state.allowed_within(n).bits


class Gaps(NamedTuple):
    """The whitespace inside of so many containers: between two brackets, after one that opens and before one
    that closes, beside commas and colons. `comma`, `colon`: the least bytes beside one, on both sides."""

    empty: Gap
    open: Gap
    close: Gap
    before_comma: Gap
    after_comma: Gap
    before_colon: Gap
    after_colon: Gap
    comma: int
    colon: int


class Layout:
    """A choice of whitespace.

    `option`: its value, as `Layout.of` takes it; `note`: what it leaves out, in words; `is_level`: whether it
    is alike inside of any number of containers; `is_even`: whether the shortest texts are.
    """

    def __init__(self, mode: str, option: str, note: str, unit: bytes = b"", between: Any = None) -> None:
        self.mode = mode
        self.option = option
        self.note = note
        self.is_level = mode not in ("bounded", "indent")
        self.is_even = mode != "indent"
        self._unit = unit
        self._between: Language = EPSILON if between is None else between
        self._gaps: dict[Language, Gap] = {}
        self._inside: dict[int, Gaps] = {}
        self.nothing = Gap.of(EPSILON, self._gaps)
        """No whitespace."""
        self.around = Gap.of(_BLANKS if mode == "any" else EPSILON, self._gaps)
        """What may stand before and after the outermost value."""

    @staticmethod
    def of(whitespace: str | int | re.Pattern[str]) -> Layout:
        """The layout of the option's value. Raises ValueError where it is none."""
        if isinstance(whitespace, re.Pattern):
            whitespace = _pattern_option(whitespace)
        if isinstance(whitespace, int) and not isinstance(whitespace, bool):
            whitespace = f"indent={whitespace}"
        if isinstance(whitespace, str):
            found = _layout(whitespace)
            if found is not None:
                return found
        raise ValueError(
            f"whitespace={shown(whitespace)}: one of {_FORMS} is needed, or a compiled pattern"
            f"{did_you_mean(whitespace, _NOTES)}"
        )

    def inside(self, depth: int) -> Gaps:
        """What may stand inside of `depth` containers."""
        if self.is_level:
            depth = 0
        found = self._inside.get(depth)
        if found is None:
            languages = [self._language(where, depth) for where in _WHERE]
            empty, opening, closing, *beside = [Gap.of(language, self._gaps) for language in languages]
            before, after, before_colon, after_colon = beside
            comma, colon = before.shortest + after.shortest, before_colon.shortest + after_colon.shortest
            found = Gaps(empty, opening, closing, before, after, before_colon, after_colon, comma, colon)
            self._inside[depth] = found
        return found

    def _language(self, where: str, depth: int) -> Language:
        if self.mode == "spaced":
            return literal(b" ") if where in ("after comma", "after colon") else EPSILON
        if self.mode == "indent":
            if where == "after colon":
                return literal(b" ")
            if where in ("empty", "before comma", "before colon"):
                return EPSILON
            return literal(b"\n" + self._unit * (depth - (where == "close")))
        if self.mode == "bounded":
            if where == "before comma":
                return EPSILON
            if where in ("before colon", "after colon"):
                return _BLANK
            return _line(depth - (where in ("close", "empty")))
        return self._between


_NOTES = {
    "any": "",
    "compact": "none",
    "spaced": "exactly as json.dumps(value): one blank after each comma and colon",
    "bounded": "what pretty printers write: a blank, or a line break and up to 8 spaces or a tab a level",
}


@lru_cache(maxsize=64)
def _layout(option: str) -> Layout | None:
    """The layout of a value; all schemas share its gaps. None: there is no such value."""
    if option in _NOTES:
        return Layout(option, option, _NOTES[option], between=_BLANKS if option == "any" else None)
    name, _, value = option.partition("=")
    if name == "indent" and value in ("tab", "\t"):
        return Layout("indent", "indent=tab", r"exactly as json.dumps(value, indent='\t')", b"\t")
    if name == "indent" and value.isdecimal() and int(value) <= 64:
        note = f"exactly as json.dumps(value, indent={int(value)})"
        return Layout("indent", f"indent={int(value)}", note, b" " * int(value))
    if name == "pattern":
        note = f"between any two tokens what {value!r} matches"
        return Layout("pattern", option, note, between=_matched(value))
    return None


_BLANK = union(EPSILON, literal(b" "))


@lru_cache(maxsize=1024)
def _line(depth: int) -> Language:
    """A blank, none, or a line break with the indentation inside of `depth` containers."""
    indentation = union(literal(b" " * depth).repeat(0, MOST_COLUMNS), literal(b"\t" * depth))
    return union(_BLANK, concat(_LINE_BREAK, indentation))


def _pattern_option(pattern: re.Pattern[Any]) -> str:
    """A compiled pattern as the value of the option, its flags inline."""
    if isinstance(pattern.pattern, bytes):
        raise ValueError(f"whitespace: a pattern of characters is needed, not one of bytes: {pattern!r}")
    flags = "".join(letter for letter in "imsxa" if pattern.flags & getattr(re, letter.upper()))
    return f"pattern=(?{flags}){pattern.pattern}" if flags else f"pattern={pattern.pattern}"


def _matched(pattern: str) -> Language:
    """The whitespace that a pattern matches. Raises ValueError where that is none, or something else too."""
    try:
        language = pattern_language(pattern)
    except BltgenError as error:
        raise ValueError(f"whitespace: no pattern that can be read: {pattern!r}: {error}") from error
    if language.is_empty():
        raise ValueError(f"whitespace: the pattern {pattern!r} matches nothing, not even no whitespace")
    others = language - _BLANKS
    if not others.is_empty():
        example = others.start().completion().decode("utf-8", "replace")
        hint = r"; write [ \t\n\r] for \s" if r"\s" in pattern else ""
        raise ValueError(
            f"whitespace: the pattern {pattern!r} matches {example!r}; between JSON tokens there are only "
            f"space, tab, line feed and carriage return{hint}"
        )
    return language
