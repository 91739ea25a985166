r"""Python's regular expressions: the syntax of `re` (3.11 and later), with the `regex` module's `\p{...}`.

Where versions of `re` differ, the newest counts (3.14: `\z`, `\B` in an empty text, ASCII names in bytes
patterns). Lookbehinds may be of any length, as in the `regex` module.

>>> from bltgen.constraints.regex_syntax import Characters
>>> node = PythonReader("[a-c]", 0).parse().root
>>> node.ranges if isinstance(node, Characters) else None
((97, 99),)
"""

from __future__ import annotations

import re
import unicodedata

from bltgen.constraints import regex_classes as classes
from bltgen.constraints.regex_classes import Ranges
from bltgen.constraints.regex_reader import FLAGS, SIMPLE_ESCAPES, Frame, Reader
from bltgen.constraints.regex_syntax import (
    EMPTY_SEQUENCE,
    Assertion,
    Atomic,
    Characters,
    Conditional,
    Node,
    Repetition,
)

__all__ = ["PythonReader"]

_I, _X, _A, _U = FLAGS["i"], FLAGS["x"], FLAGS["a"], FLAGS["u"]
_COMMENT = re.compile(r"(?:[^\\)]|\\.)*\)", re.S)
# What verbose patterns do not mean: a space, or a comment up to the end of its line.
_SPACE = re.compile(r"[ \t\n\r\v\f]|#[^\n]*\n?")
_OCTAL = re.compile("[0-7]{3}")
_FLAGS = re.compile(r"([A-Za-z]*)(-([A-Za-z]*))?([:)]?)")


class PythonReader(Reader):
    """Reads one pattern of Python."""

    dialect = "python"
    quantifier = re.compile(r"\{(?:([0-9]*)(,)([0-9]*)|([0-9]+))\}")
    line_ends = ((10, 10),)
    scoped_flags = "imsxau"
    asks_for_groups = re.compile(r"\(\?\(")

    def __init__(self, text: str, flags: int, *, is_bytes: bool = False) -> None:
        super().__init__(text, flags, is_bytes=is_bytes)
        self.names: dict[str, int] = {}
        self.closed_groups: set[int] = set()
        self.conditions: list[tuple[int, int]] = []
        self._check_flags(0)

    def _skip(self) -> bool:
        match = _SPACE.match(self.text, self.position) if self.flags & _X else None
        if match is not None:
            self.position = match.end()
        return match is not None

    def _dollar(self) -> Assertion:
        return Assertion("last line end")

    def _is_ascii(self) -> bool:
        return self.is_bytes or bool(self.flags & _A)

    def _repetition(self, body: Node, low: int, high: int | None, begin: int) -> Node:
        if self._take("+"):
            self._met(begin, "possessive quantifier")
            return Atomic(Repetition(body, low, high, False, begin), begin)
        return super()._repetition(body, low, high, begin)

    # -- groups --------------------------------------------------------------------------------------

    def _open(self, begin: int, stack: list[Frame]) -> Frame | None:
        if self._take(":"):
            return Frame("group", begin, self.flags)
        look = self._look(begin)
        if look is not None:
            return look
        if self._take("P<"):
            start = self.position
            name = self._name(">", begin)
            if name in self.names:
                raise self._error(f"a second group named {name!r}", start)
            frame = self._capture(begin)
            self.names[name] = frame.number
            return frame
        if self._take("#"):
            comment = _COMMENT.match(self.text, self.position)
            if comment is None:
                raise self._error("the comment does not end", begin, "')'")
            self.position = comment.end()
            return None
        if self._take(">"):
            self._met(begin, "atomic group")
            return Frame("atomic", begin, self.flags)
        if self._take("P="):
            start = self.position
            name = self._name(")", begin)
            if name not in self.names:
                raise self._error(f"there is no group named {name!r} before", start)
            self._refer(self.names[name], begin)
            stack[-1].items.append(EMPTY_SEQUENCE)
            stack[-1].last = "item"
            return None
        if self._take("("):
            self._met(begin, "conditional")
            return Frame("condition", begin, self.flags, self._condition(begin))
        first = len(stack) == 1 and not stack[0].items and not stack[0].alternatives
        return self._flag_group(begin, first)

    def _close(self, frame: Frame, outer: Frame) -> None:
        super()._close(frame, outer)
        if frame.kind == "capture":
            self.closed_groups.add(frame.number)

    def _closed(self, frame: Frame, body: Node) -> Node:
        if frame.kind == "atomic":
            return Atomic(body, frame.position)
        if frame.kind == "condition":
            branches = [*frame.alternatives, EMPTY_SEQUENCE]
            return Conditional(frame.number, branches[0], branches[1], frame.position)
        return super()._closed(frame, body)

    def _condition(self, begin: int) -> int:
        start = self.position
        end = self.text.find(")", start)
        if end < 0:
            raise self._error("the condition does not end", begin, "')'")
        name = self.text[start:end]
        self.position = end + 1
        if name.isascii() and name.isdigit():
            if len(name) > 9 or int(name) == 0:
                raise self._error("not the number of a group", start)
            self.conditions.append((int(name), start))
            return int(name)
        if name not in self.names:
            raise self._error(f"no group named {name!r} before", start, "the name or number of a group")
        return self.names[name]

    def _name(self, closing: str, begin: int) -> str:
        end = self.text.find(closing, self.position)
        name = self.text[self.position : end] if end >= 0 else ""
        if not name.isidentifier() or (self.is_bytes and not name.isascii()):
            expected = f"a name and {closing!r}"
            raise self._error("a group's name is missing or not a name", self.position, expected)
        self.position = end + 1
        return name

    def _flag_group(self, begin: int, first: bool) -> Frame | None:
        """`(?flags)`, which stands first and holds for the whole pattern, or `(?flags-flags:...)`."""
        match = _FLAGS.match(self.text, self.position)
        assert match is not None
        added, minus, removed, closing = match.groups()
        if not (added or minus) or not closing or (minus and closing == ")"):
            raise self._error("unknown kind of group", begin, "(?: (?= (?! (?<= (?<! (?> (?P<name> or flags")
        on = self._flag_letters(added, match.start(1))
        off = self._flag_letters(removed or "", match.start(3))
        if minus and not removed:
            raise self._error("no flag after the minus", match.end(2), "one of i, m, s, x")
        self.position = match.end()
        if closing == ")":
            if not first:
                raise self._error("flags for the whole pattern stand at its start", begin)
            self.flags |= on
            self._check_flags(begin)
            return None
        if off & (_A | _U) or on & off:
            raise self._error("these flags cannot be turned off here", match.start(3))
        frame = Frame("group", begin, self.flags)
        if on & _A and on & _U:
            raise self._error("the flags a and u contradict each other", begin)
        if on & (_A | _U):
            self.flags &= ~(_A | _U)
        self.flags = (self.flags | on) & ~off
        self._check_flags(begin)
        return frame

    def _flag_letters(self, letters: str, begin: int) -> int:
        if self.is_bytes and "L" in letters:
            at = begin + letters.index("L")
            self._refuse("the LOCALE flag: what it matches depends on the machine", at)
            letters = letters.replace("L", "")
        return super()._flag_letters(letters, begin)

    def _check_flags(self, begin: int) -> None:
        if self.flags & _U and (self.is_bytes or self.flags & _A):
            other = "a bytes pattern" if self.is_bytes else "the ASCII flag"
            raise self._error(f"the UNICODE flag contradicts {other}", begin)

    def _finish(self, root: Node) -> Node:
        for number, begin in self.conditions:
            if number > self.groups:
                raise self._error(f"there is no group {number}", begin)
        return root

    # -- escapes -------------------------------------------------------------------------------------

    def _escape(self, begin: int) -> Node:
        char = self.text[self.position : self.position + 1]
        if char in ("b", "B"):
            return self._word_boundary(begin, classes.word_characters(ascii_only=self._is_ascii()))
        if char in ("A", "Z", "z"):
            self.position += 1
            self._met(begin, f"\\{char}")
            return Assertion("start" if char == "A" else "end")
        if "1" <= char <= "9" and not _OCTAL.match(self.text, self.position):
            return self._number_escape(begin)
        ranges = self._set_escape(begin)
        if ranges is not None:
            return Characters(ranges)
        return self._character(self._character_escape(begin, in_class=False))

    def _number_escape(self, begin: int) -> Node:
        """A backslash and a number that is no octal escape."""
        match = re.compile(r"[0-9]{1,2}").match(self.text, self.position)
        assert match is not None
        number = int(match.group())
        if number > self.groups:
            raise self._error(f"there is no group {number} before", begin, "an escape that exists")
        self.position = match.end()
        self._refer(number, begin)
        return EMPTY_SEQUENCE

    def _refer(self, number: int, begin: int) -> None:
        if number not in self.closed_groups:
            raise self._error(f"the group {number} is still open", begin, "a group that was closed before")
        self._refuse_backreference(begin)

    def _set_escape(self, begin: int) -> Ranges | None:
        char = self.text[self.position : self.position + 1]
        lower = char.lower()
        if lower == "d":
            ranges = classes.digits(ascii_only=self._is_ascii())
        elif lower == "w":
            ranges = classes.word_characters(ascii_only=self._is_ascii())
        elif lower == "s":
            ranges = classes.spaces("python", ascii_only=self._is_ascii())
        elif lower == "p" and not self.is_bytes:
            return self._property(begin)
        else:
            return None
        self.position += 1
        return classes.negated(ranges, self.last_character) if char.isupper() else ranges

    def _property(self, begin: int) -> Ranges:
        negative = self.text[self.position] == "P"
        self.position += 1
        if self._take("{"):
            end = self.text.find("}", self.position)
            name = self.text[self.position : end] if end >= 0 else ""
            after = end + 1
        else:
            letter = self.text[self.position : self.position + 1]
            name, after = letter if letter in "CLMNPSZ" else "", self.position + 1
        try:
            # Ignoring case, the capitals are all cased letters, and so on: as the module has it.
            ranges = classes.properties(name, ignore_case=bool(self.flags & _I))
        except ValueError:
            expected = "a Unicode property, as in \\p{Lu}, \\p{Script=Greek}"
            raise self._error(f"unknown property {name!r}", begin, expected) from None
        self._met(begin, f"\\{'P' if negative else 'p'}{{{name}}}")
        self.position = after
        return classes.negated(ranges) if negative else ranges

    def _character_escape(self, begin: int, *, in_class: bool) -> int:
        if self.position >= len(self.text):
            raise self._error("the pattern ends after a backslash", begin, "an escape")
        char = self.text[self.position]
        self.position += 1
        if char == "x":
            return self._hex(2, begin)
        if char == "u" and not self.is_bytes:
            return self._hex(4, begin)
        if char in SIMPLE_ESCAPES and (char != "b" or in_class):
            return SIMPLE_ESCAPES[char]
        if char == "U" and not self.is_bytes:
            code_point = self._hex(8, begin)
            if code_point > 0x10FFFF:
                raise self._error("beyond the last code point, 10FFFF", begin)
            return code_point
        if char == "N" and not self.is_bytes:
            return self._named_character(begin)
        if char in "01234567":
            return self._octal(begin)
        if char.isascii() and char.isalnum():
            raise self._error(f"bad escape \\{char}", begin, "an escape that exists")
        return ord(char)

    def _named_character(self, begin: int) -> int:
        match = re.compile(r"\{([^}]*)\}").match(self.text, self.position)
        try:
            found = unicodedata.lookup(match.group(1)) if match else ""
        except KeyError:
            found = ""
        if match is None or len(found) != 1:
            raise self._error("unknown character name", begin, "\\N{NAME OF A CHARACTER}")
        self.position = match.end()
        return ord(found)

    def _octal(self, begin: int) -> int:
        match = re.compile(r"0[0-7]{0,2}|[0-7]{1,3}").match(self.text, begin + 1)
        assert match is not None
        value = int(match.group(), 8)
        if value > 0o377:
            raise self._error(f"octal escape \\{match.group()} is beyond \\377", begin)
        self.position = match.end()
        return value
