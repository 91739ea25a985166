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

>>> bytes(b for b in range(256) if Layout.of("bounded").gap("open", 2).bits >> b & 1)
b'\n\r '
>>> Layout.of("indent=2").gap("open", 2).rest
b'\n    '
"""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import EPSILON, Language, byte_set, concat, literal, union
from bltgen.automata.lazy_dfa import LanguageState
from bltgen.constraints.regex import regex
from bltgen.errors import BltgenError

__all__ = ["WHITESPACE", "Gap", "Layout", "Lengths", "Where"]

WHITESPACE = 1 << 0x20 | 1 << 0x09 | 1 << 0x0A | 1 << 0x0D
"""The whitespace bytes of JSON, as bits."""

Where = Literal["open", "empty", "close", "before comma", "after comma", "before colon", "after colon"]
"""A place between tokens: after a bracket that opens, before one that closes, or between two brackets."""

MOST_COLUMNS = 8
"""`bounded` admits indentation by at most so many spaces a level."""

_BLANKS = byte_set(ByteSet(WHITESPACE)).star()
_LINE_BREAK = union(literal(b"\n"), literal(b"\r\n"))
_FORMS = '"compact", "spaced", "bounded", "any", "indent=n" (n <= 64), "indent=tab" or "pattern=..."'


class Gap:
    """What may still come of the whitespace at one place: a state of an automaton.

    `bits`: the whitespace that may come next; `ends`: the next token may come; `shortest`: bytes to there,
    and `rest`, such bytes. Gaps are equal where they are the same object.
    """

    __slots__ = ("_gaps", "_next", "_state", "bits", "ends", "rest", "shortest")

    def __init__(self, state: LanguageState, gaps: dict[Language, Gap]) -> None:
        self._state = state
        self._gaps = gaps
        self._next: dict[int, Gap | None] = {}
        self.bits = state.allowed.bits
        self.ends = state.accepting
        self.shortest = state.shortest
        self.rest = state.completion()

    @staticmethod
    def of(language: Language, gaps: dict[Language, Gap]) -> Gap:
        """The gap that holds the texts of a language; `gaps` are those made so far."""
        found = gaps.get(language)
        if found is None:
            found = gaps[language] = Gap(language.start(), gaps)
        return found

    def after(self, byte: int) -> Gap | None:
        """What may come after a byte of whitespace; None where it must not come."""
        if byte not in self._next:
            state = self._state.advance(byte)
            self._next[byte] = None if state is None else Gap.of(state.language, self._gaps)
        return self._next[byte]

    def within(self, n: int) -> int:
        """The whitespace after which the next token can come within n bytes in all, as bits."""
        return self._state.allowed_within(n).bits if self.bits and n > 0 else 0


class Lengths(NamedTuple):
    """The least bytes of whitespace beside the tokens of a container: in an empty one, after the opening
    and before the closing bracket, beside a comma and beside a colon (before and after it)."""

    empty: int
    open: int
    close: int
    before_comma: int
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
        self._placed: dict[tuple[Where, int], Gap] = {}
        self._lengths: dict[int, Lengths] = {}
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
        if whitespace in _NOTES:
            between = _BLANKS if whitespace == "any" else None
            return Layout(whitespace, whitespace, _NOTES[whitespace], between=between)
        name, _, value = whitespace.partition("=") if isinstance(whitespace, str) else ("", "", "")
        if name == "indent" and value in ("tab", "\t"):
            return Layout("indent", "indent=tab", r"exactly as json.dumps(value, indent='\t')", b"\t")
        if name == "indent" and value.isdecimal() and int(value) <= 64:
            note = f"exactly as json.dumps(value, indent={int(value)})"
            return Layout("indent", f"indent={int(value)}", note, b" " * int(value))
        if name == "pattern":
            note = f"between any two tokens what {value!r} matches"
            return Layout("pattern", f"pattern={value}", note, between=_matched(value))
        raise ValueError(f"whitespace is {_FORMS}, or a compiled pattern, not {whitespace!r}")

    def gap(self, where: Where, depth: int) -> Gap:
        """What may stand at a place inside of `depth` containers."""
        key = (where, 0 if self.is_level else depth)
        found = self._placed.get(key)
        if found is None:
            found = self._placed[key] = Gap.of(self._language(where, depth), self._gaps)
        return found

    def _language(self, where: Where, depth: int) -> Language:
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
            blank = union(EPSILON, literal(b" "))
            if where in ("before colon", "after colon"):
                return blank
            return union(blank, concat(_LINE_BREAK, _indentation(depth - (where in ("close", "empty")))))
        return self._between

    def lengths(self, depth: int) -> Lengths:
        """The least whitespace inside of `depth` containers."""
        key = 0 if self.is_even else depth
        found = self._lengths.get(key)
        if found is None:
            before, after = self.gap("before comma", depth).shortest, self.gap("after comma", depth).shortest
            found = self._lengths[key] = Lengths(
                self.gap("empty", depth).shortest,
                self.gap("open", depth).shortest,
                self.gap("close", depth).shortest,
                before,
                before + after,
                self.gap("before colon", depth).shortest + self.gap("after colon", depth).shortest,
            )
        return found


_NOTES = {
    "any": "",
    "compact": "none",
    "spaced": "exactly as json.dumps(value): one blank after each comma and colon",
    "bounded": "what pretty printers write: a blank, or a line break and up to 8 spaces or a tab a level",
}


def _indentation(depth: int) -> Language:
    if depth < 1:
        return EPSILON
    return union(literal(b" " * depth).repeat(0, MOST_COLUMNS), literal(b"\t" * depth))


def _pattern_option(pattern: re.Pattern[Any]) -> str:
    """A compiled pattern as the value of the option, its flags inline."""
    if isinstance(pattern.pattern, bytes):
        raise ValueError(f"whitespace: a pattern of characters is needed, not one of bytes: {pattern!r}")
    flags = "".join(letter for letter in "imsxa" if pattern.flags & getattr(re, letter.upper()))
    return f"pattern=(?{flags}){pattern.pattern}" if flags else f"pattern={pattern.pattern}"


def _matched(pattern: str) -> Language:
    """The whitespace that a pattern matches. Raises ValueError where that is none, or something else too."""
    try:
        language = regex(pattern)
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
