r"""Patterns of the Rust crate regex, which pydantic uses by default, as patterns of ECMA-262.

In Rust `\d`, `\w`, `\s` and `\b` are Unicode's, `.` is all but a line feed, `$` the very end; flags may stand
anywhere. Which characters are letters depends on the version of Unicode, so that a text of a pattern that
asks for it has only characters that Python's own tables know (`known_characters`).

Refused, with the position: the flag u.

>>> translated(r"^\d+(?i:k).$")
('^[\\p{Nd}]+(?i:k)[^\\n]$', True)
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from bltgen.automata.language import Language
from bltgen.automata.utf8 import code_points
from bltgen.constraints.regex import regex
from bltgen.errors import ConstraintSyntaxError, Unsupported

__all__ = ["known_characters", "rust_search", "translated"]

_WORD = r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}"
_SHORTHANDS = {"d": r"\p{Nd}", "s": r"\p{White_Space}", "w": _WORD}
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7F",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-\/:-@\[-`\{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": r"0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_CONTROL = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_HEX = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|[xuU]\{([0-9A-Fa-f]{1,6})\}")
_PROPERTY = re.compile(r"[pP](?:\{(\^?)([^{}]+)\}|([A-Za-z]))")
_FLAGS = re.compile(r"\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])")


@lru_cache(256)
def rust_search(pattern: str) -> Language:
    """The texts in which Rust finds the pattern. Raises Unsupported for what cannot be translated."""
    ecma, is_unicode = translated(pattern)
    found = regex(ecma, dialect="ecma262", mode="search")
    return found & known_characters() if is_unicode else found


def translated(pattern: str) -> tuple[str, bool]:
    """The pattern for ECMA-262, and whether it asks for properties of characters."""
    reader = _Reader(pattern)
    return reader.sequence(), reader.is_unicode


@cache
def known_characters() -> Language:
    """Texts of the characters that Python's tables of Unicode know."""
    ranges: list[tuple[int, int]] = []
    for plane in (range(0x40000), range(0xE0000, 0xE1000)):
        for code in plane:
            if unicodedata.category(chr(code)) not in ("Cn", "Cs"):
                if ranges and ranges[-1][1] == code - 1:
                    ranges[-1] = (ranges[-1][0], code)
                else:
                    ranges.append((code, code))
    return code_points(tuple(ranges)).star()


class _Reader:
    """Reads a pattern once, from the left; `flags` are those in effect, by group."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.place = 0
        self.is_unicode = False
        self.flags = {"s": False, "m": False, "x": False, "R": False}

    @property
    def blanks(self) -> bool:
        """Whether blanks and comments are ignored."""
        return self.flags["x"]

    def sequence(self) -> str:
        """The translation up to the closing bracket of the group, or the end."""
        made: list[str] = []
        opened = 0
        outer = dict(self.flags)
        while self.place < len(self.pattern):
            character = self.pattern[self.place]
            if character == ")":
                break
            self.place += 1
            if self.blanks and (character.isspace() or character == "#"):
                self._blank(character)
            elif character == "(":
                group = self._group()
                if group is None:
                    continue
                made.append(group[0])
                opened += group[1]
            elif character == "[":
                made.append(self._class())
            elif character == "\\":
                made.append(self._escape())
            elif character == ".":
                made.append(r"[\s\S]" if self.flags["s"] else r"[^\r\n]" if self.flags["R"] else r"[^\n]")
            elif character in "^$":
                made.append(self._line(character) if self.flags["m"] else character)
            elif character == "{":
                made.append(self._count())
            elif character in "]}":
                made.append("\\" + character)
            else:
                made.append(character)
        self.flags = outer
        return "".join(made) + ")" * opened

    def _line(self, character: str) -> str:
        """The beginning or end of a line; with R, it ends in CR, LF or both, between which there is none."""
        if self.flags["R"]:
            return r"(?:^|(?<=\n)|(?<=\r)(?!\n))" if character == "^" else r"(?:$|(?=\r)|(?<!\r)(?=\n))"
        return r"(?:^|(?<=\n))" if character == "^" else r"(?:$|(?=\n))"

    def _count(self) -> str:
        """A count, as it is."""
        found = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}").match(self.pattern, self.place - 1)
        if found is None:
            raise self._refused("a brace that is no count", self.place - 1)
        self.place = found.end()
        return found[0]

    def _group(self) -> tuple[str, int] | None:
        """A group, whole; or flags for the rest of the one around: what they open, and how many brackets."""
        begin = self.place - 1
        named = re.compile(r"\(\?P?<[^=!>]+>").match(self.pattern, begin)
        found = _FLAGS.match(self.pattern, begin)
        start = "(?:"
        if named:
            self.place = named.end()
        elif found:
            self.place = found.end()
            on, off, kind = found[1], found[2] or "", found[3]
            if "u" in on + off:
                raise self._refused("the flag u", begin)
            self.is_unicode = self.is_unicode or "i" in on  # which characters are alike depends on it, too
            before = dict(self.flags)
            for flag in self.flags:
                self.flags[flag] = (self.flags[flag] or flag in on) and flag not in off
            start = "(?i:" if "i" in on else "(?-i:" if "i" in off else "(?:"
            if kind == ")":
                return start, 1
            return self._close(start, before), 0
        elif self.pattern.startswith("?", self.place):
            raise self._refused("lookaround", begin)
        return self._close(start, dict(self.flags)), 0

    def _close(self, start: str, before: dict[str, bool]) -> str:
        inner = self.sequence()
        self.flags = before
        self.place += 1
        return f"{start}{inner})"

    def _escape(self) -> str:
        """What a backslash stands for, outside of classes."""
        character = self.pattern[self.place]
        self.place += 1
        if character in "bB<>":
            self.is_unicode = True
            word = f"[{_WORD}]"
            named = re.compile(r"\{(start|end|start-half|end-half)\}").match(self.pattern, self.place)
            if character in "<>" or (character == "b" and named):
                self.place = named.end() if named and character == "b" else self.place
                kind = {"<": "start", ">": "end"}.get(character) or (named[1] if named else "")
                return {
                    "start": f"(?:(?<!{word})(?={word}))",
                    "end": f"(?:(?<={word})(?!{word}))",
                    "start-half": f"(?<!{word})",
                    "end-half": f"(?!{word})",
                }[kind]
            if character == "b":
                return f"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))"
            return f"(?:(?<={word})(?={word})|(?<!{word})(?!{word}))"
        if character in "Az":
            return "^" if character == "A" else "$"
        inside, negated = self._members(character)
        return f"[{'^' if negated else ''}{inside}]"

    def _members(self, character: str) -> tuple[str, bool]:
        """The members of a class that an escape stands for, and whether it is all others."""
        if character.lower() in _SHORTHANDS:
            self.is_unicode = True
            return _SHORTHANDS[character.lower()], character.isupper()
        if character in "pP":
            return self._property()
        if character in "xuU":
            found = _HEX.match(self.pattern, self.place - 1)
            if found is None:
                raise self._refused("an escape")
            self.place = found.end()
            return _literal(int(next(group for group in found.groups() if group), 16)), False
        if character in _CONTROL:
            return _literal(_CONTROL[character]), False
        if character.isalnum():
            raise self._refused("an escape")
        return _literal(ord(character)), False

    def _property(self) -> tuple[str, bool]:
        found = _PROPERTY.match(self.pattern, self.place - 1)
        if found is None:
            raise self._refused("a property")
        self.place = found.end()
        self.is_unicode = True
        negated = (found[0][0] == "P") != bool(found[1])
        name = (found[2] or found[3]).strip()
        titled = "_".join(word.capitalize() for word in re.split("[ _-]", name))
        for written in (name, titled, f"Script={name}", f"Script={titled}"):
            try:
                regex(rf"\p{{{written}}}", dialect="ecma262")
            except (ConstraintSyntaxError, Unsupported):
                continue
            return rf"\p{{{written}}}", negated
        raise self._refused(f"the property {name!r}")

    def _class(self) -> str:
        """A class in brackets, as a pattern of one character.

        Sets stand in it side by side, or with `&&`, `--`, `~~` between them, which are read from the left.
        """
        begin = self.place
        negated = self.pattern.startswith("^", self.place)
        self.place += negated
        found, sign = "", ""
        while True:
            right = self._union(begin, first=not sign)
            found = {
                "": right,
                "&&": f"(?:(?={right}){found})",
                "--": f"(?:(?!{right}){found})",
                "~~": f"(?:(?!{right}){found}|(?!{found}){right})",
            }[sign]
            sign = self.pattern[self.place : self.place + 2]
            if sign not in ("&&", "--", "~~"):
                break
            self.place += 2
        self.place += 1
        if not negated:
            return found
        is_plain = found.startswith("[") and not found.startswith("[^")
        return f"[^{found[1:]}" if is_plain else rf"(?:(?!{found})[\s\S])"

    def _union(self, begin: int, *, first: bool) -> str:
        """The sets up to the end of the class or the next operation; what are all but some stand beside."""
        members: list[str] = []
        others: list[str] = []
        while True:
            if self.place >= len(self.pattern):
                raise self._refused("a class without an end", begin)
            character = self.pattern[self.place]
            if (character == "]" and not first) or self.pattern.startswith(("&&", "--", "~~"), self.place):
                break
            first = False
            self.place += 1
            if self.blanks and (character.isspace() or character == "#"):
                self._blank(character)
            elif character == "[":
                posix = self._posix()
                if posix is None:
                    others.append(self._class())
                else:
                    (others if posix[0] == "^" else members).append(
                        f"[{posix}]" if posix[0] == "^" else posix
                    )
            elif character == "\\":
                escaped = self.pattern[self.place]
                self.place += 1
                inside, is_negated = self._members(escaped)
                (others if is_negated else members).append(f"[^{inside}]" if is_negated else inside)
            elif character == "-":
                is_range = members and not self.pattern.startswith("]", self.place) and members[-1] != "-"
                members.append("-" if is_range else r"\-")
            else:
                members.append(_literal(ord(character)))
        inside = "".join(members)
        if not others:
            return f"[{inside}]"
        return f"(?:{'|'.join([f'[{inside}]'] * bool(inside) + others)})"

    def _posix(self) -> str | None:
        """The members of a class by name (`[:alpha:]`, `[:^alpha:]`), after its bracket; None: it is none."""
        found = re.compile(r":(\^?)([a-z]+):\]").match(self.pattern, self.place)
        if found is None or found[2] not in _POSIX:
            return None
        self.place = found.end()
        return found[1] + _POSIX[found[2]]

    def _blank(self, character: str) -> None:
        """Past a comment, where blanks are ignored."""
        if character == "#":
            end = self.pattern.find("\n", self.place)
            self.place = len(self.pattern) if end < 0 else end + 1

    def _refused(self, what: str, place: int | None = None) -> Unsupported:
        offset = self.place if place is None else place
        return Unsupported(f"{what} in a pattern of Rust's regex, {self.pattern!r}", f"offset {offset}")


def _literal(code: int) -> str:
    character = chr(code)
    return character if character.isalnum() and code < 128 else rf"\u{{{code:X}}}"
