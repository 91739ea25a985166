r"""Regular expressions, read into a syntax tree.

`parse(pattern, dialect, flags)` reads Python's syntax (3.11 and later, with the `regex` module's
`\p{...}`) or ECMAScript's in Unicode mode. Classes, escapes, case and dot-all are resolved here to sets
of characters, so the tree has no flags left.

The reader is a loop over the pattern with an explicit stack of open groups: nesting costs no Python
stack. Every malformed pattern raises ConstraintSyntaxError with its position and what was expected; a
backreference raises Unsupported with its position.

ECMAScript patterns are read as in Unicode mode, but for two harmless liberties of the web's older mode
that schemas in the wild rely on: a punctuation character may be escaped though it need not be, and a
brace that begins no quantifier is itself.

>>> parse("[a-c]+").root.body.ranges
((97, 99),)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass, field
from typing import Literal

from bltgen.automata.limits import current_limits
from bltgen.automata.utf8 import merged_ranges
from bltgen.constraints import regex_classes as classes
from bltgen.constraints.regex_classes import Ranges
from bltgen.constraints.regex_syntax import (
    EMPTY_SEQUENCE,
    Alternation,
    Assertion,
    Atomic,
    Characters,
    Conditional,
    Group,
    Look,
    Node,
    Repetition,
    Sequence,
    Text,
)
from bltgen.errors import ConstraintSyntaxError, LimitExceeded, Unsupported

__all__ = ["PREFERENCES", "Dialect", "Parsed", "parse"]

Dialect = Literal["python", "ecma262"]

# Plain integers: operations on RegexFlag cost a microsecond each.
_I, _S, _M, _X, _A, _U, _L = map(int, (re.I, re.S, re.M, re.X, re.A, re.U, re.L))
_FLAG_LETTERS = {"i": _I, "s": _S, "m": _M, "x": _X, "a": _A, "u": _U}
PREFERENCES = ("atomic group", "possessive quantifier", "conditional")
"""The constructs, as `Parsed.constructs` names them, that `regex_preference` rewrites."""

_SIMPLE_ESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_QUANTIFIER = re.compile(r"\{(?:([0-9]*)(,)([0-9]*)|([0-9]+))\}")
_ECMA_QUANTIFIER = re.compile(r"\{(?:([0-9]+)(,)([0-9]*)|([0-9]+))\}")
# Characters that stand for themselves, where no quantifier follows them.
_PLAIN = re.compile(r"[\w ,:;/@%&=!~'\"<>-]{2,}(?![*+?{])")
_OCTAL = re.compile("[0-7]{3}")
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Parsed:
    """A pattern's tree and what was met in it: (position, construct), in order, for the report."""

    root: Node
    is_bytes: bool
    constructs: tuple[tuple[int, str], ...]


@dataclass
class _Frame:
    """A group that is open: what it is, what was read of it so far, the flags to restore after it."""

    kind: str
    position: int
    flags: int
    number: int = 0
    alternatives: list[Node] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    # What the last item is to a quantifier that follows it.
    last: Literal["nothing", "item", "repeat", "assertion"] = "nothing"


def parse(pattern: str | bytes, dialect: Dialect = "python", flags: int = 0) -> Parsed:
    """The tree of a pattern. `flags` are those of `re`: I, S, M, X, A, U.

    Raises ConstraintSyntaxError, Unsupported or LimitExceeded.
    """
    return _Parser(pattern, dialect, int(flags)).parse()


class _Parser:
    def __init__(self, pattern: str | bytes, dialect: Dialect, flags: int) -> None:
        if dialect not in ("python", "ecma262"):
            raise ValueError(f"dialect is 'python' or 'ecma262', not {dialect!r}")
        self.is_bytes = isinstance(pattern, bytes)
        self.text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
        self.ecma = dialect == "ecma262"
        self.dialect = dialect
        self.flags = flags
        self.position = 0
        self.groups = 0
        self.open_groups: set[int] = set()
        self.names: dict[str, int] = {}
        self.references: list[tuple[int, int]] = []
        self.constructs: list[tuple[int, str]] = []
        self.keeps_groups = "(?(" in self.text
        self.last_character = 0xFF if self.is_bytes else 0x10FFFF
        if self.ecma and self.is_bytes:
            raise ValueError("a bytes pattern is read in the python dialect only")
        limit = current_limits().pattern_length
        if len(self.text) > limit:
            raise LimitExceeded("the length of the regular expression", limit)
        if flags & _L:
            raise Unsupported("the LOCALE flag: what it matches depends on the machine")
        if unknown := flags & ~(_I | _S | _M | _X | _A | _U):
            raise ValueError(f"flags {unknown:#x} are not among I, S, M, X, A, U")
        self._check_flags(0)

    # -- the loop ------------------------------------------------------------------------------------

    def parse(self) -> Parsed:
        stack = [_Frame("pattern", 0, self.flags)]
        limit = current_limits().pattern_nesting
        if not self.ecma:
            self._global_flags()
        while self.position < len(self.text):
            begin, char = self.position, self.text[self.position]
            frame = stack[-1]
            if self.flags & _X and not self.ecma and self._skip_verbose(char):
                continue
            if not self.flags & (_X | _I) and (run := _PLAIN.match(self.text, begin)):
                frame.items.append(Text(run.group()))
                frame.last = "item"
                self.position = run.end()
                continue
            self.position += 1
            if char == "(":
                opened = self._open(begin)
                if opened is not None:
                    stack.append(opened)
                    if len(stack) > limit:
                        raise LimitExceeded("the nesting of the regular expression", limit)
            elif char == ")":
                if len(stack) == 1:
                    raise self._error("unbalanced parenthesis", begin)
                stack.pop()
                self._close(frame, stack[-1])
            elif char == "|":
                if frame.kind == "condition" and len(frame.alternatives) == 1:
                    raise self._error("a conditional has more than two branches", begin, "')'")
                _end_alternative(frame)
            elif char in "*+?" or (char == "{" and self._quantifier_at(begin)):
                self._quantify(frame, begin)
            else:
                node = self._atom(char, begin)
                if node is not None:
                    frame.items.append(node)
                    frame.last = "assertion" if isinstance(node, Assertion) else "item"
        if len(stack) > 1:
            raise self._error("unbalanced parenthesis", stack[-1].position, "')' before the end")
        for number, begin in self.references:
            if number > self.groups:
                raise self._error(f"there is no group {number}", begin)
        _end_alternative(stack[0])
        return Parsed(_alternation(stack[0].alternatives), self.is_bytes, tuple(self.constructs))

    def _skip_verbose(self, char: str) -> bool:
        if char in " \t\n\r\v\f":
            self.position += 1
            return True
        if char == "#":
            end = self.text.find("\n", self.position)
            self.position = len(self.text) if end < 0 else end + 1
            return True
        return False

    def _atom(self, char: str, begin: int) -> Node | None:
        """A single item that is no group."""
        if char == ".":
            if self.flags & _S:
                return Characters(self._any())
            ends = classes.ECMA_LINE_ENDS if self.ecma else ((10, 10),)
            return Characters(classes.negated(ends, self.last_character))
        if char == "^":
            self._met(begin, "^")
            return self._line_start() if self.flags & _M else Assertion("start")
        if char == "$":
            self._met(begin, "$")
            if self.flags & _M:
                return Assertion("line end", classes.ECMA_LINE_ENDS if self.ecma else ((10, 10),))
            return Assertion("end" if self.ecma else "last line end")
        if char == "[":
            return Characters(self._class(begin))
        if char == "\\":
            return self._escape(begin)
        return self._character(ord(char))

    def _line_start(self) -> Node:
        return Assertion("line start", classes.ECMA_LINE_ENDS if self.ecma else ((10, 10),))

    def _any(self) -> Ranges:
        return ((0, self.last_character),)

    def _character(self, code_point: int) -> Node:
        return Characters(self._folded(((code_point, code_point),)))

    def _folded(self, ranges: Ranges) -> Ranges:
        if not self.flags & _I:
            return ranges
        return classes.case_closed(ranges, self.dialect, ascii_only=self._is_ascii())

    def _is_ascii(self) -> bool:
        r"""Whether `\w` and case are ASCII's."""
        return self.is_bytes or bool(self.flags & _A)

    # -- quantifiers ---------------------------------------------------------------------------------

    def _quantifier_at(self, begin: int) -> re.Match[str] | None:
        match = (_ECMA_QUANTIFIER if self.ecma else _QUANTIFIER).match(self.text, begin)
        return match

    def _quantify(self, frame: _Frame, begin: int) -> None:
        low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(self.text[begin], (0, None))
        if self.text[begin] == "{":
            match = self._quantifier_at(begin)
            assert match is not None
            self.position = match.end()
            first, comma, second, exact = match.groups()
            if exact is not None:
                low = high = self._count(exact, begin)
            else:
                low = self._count(first, begin) if first else 0
                high = self._count(second, begin) if second else None
                assert comma
            if high is not None and high < low:
                raise self._error(f"the least count {low} is more than the most, {high}", begin)
        if frame.last in ("nothing", "assertion"):
            raise self._error("nothing to repeat", begin, "an item before the quantifier")
        if frame.last == "repeat":
            raise self._error("multiple repeat", begin, "one quantifier for each item")
        following = self.text[self.position : self.position + 1]
        lazy = following == "?"
        possessive = following == "+" and not self.ecma
        if lazy or possessive:
            self.position += 1
        node: Node = Repetition(frame.items[-1], low, high, lazy, begin)
        if possessive:
            self._met(begin, "possessive quantifier")
            node = Atomic(node, begin)
        frame.items[-1] = node
        frame.last = "repeat"

    def _count(self, digits: str, begin: int) -> int:
        limit = current_limits().repeat_count
        if len(digits) > 18 or int(digits) > limit:
            raise LimitExceeded(f"the repeat count at offset {begin} of the regular expression", limit)
        return int(digits)

    # -- groups --------------------------------------------------------------------------------------

    def _open(self, begin: int) -> _Frame | None:
        """Read what follows "(" and open the group; None for a comment."""
        if not self._take("?"):
            return self._capture(begin, None)
        if self._take(":"):
            return _Frame("group", begin, self.flags)
        for opening, kind in _LOOKS.items():
            if self._take(opening):
                self._met(begin, kind)
                return _Frame(kind, begin, self.flags)
        if self._take("P<" if not self.ecma else "<"):
            return self._capture(begin, self._name(">", begin))
        if not self.ecma:
            if self._take("#"):
                end = self.text.find(")", self.position)
                if end < 0:
                    raise self._error("the comment does not end", begin, "')'")
                self.position = end + 1
                return None
            if self._take(">"):
                self._met(begin, "atomic group")
                return _Frame("atomic", begin, self.flags)
            if self._take("P="):
                raise self._backreference(begin)
            if self._take("("):
                self._met(begin, "conditional")
                number = self._condition(begin)
                return _Frame("condition", begin, self.flags, number)
        return self._scoped_flags(begin)

    def _capture(self, begin: int, name: str | None) -> _Frame:
        self.groups += 1
        if name is not None:
            if name in self.names:
                raise self._error(f"a second group named {name!r}", begin)
            self.names[name] = self.groups
        return _Frame("capture", begin, self.flags, self.groups)

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
            self.references.append((int(name), start))
            return int(name)
        if name not in self.names:
            raise self._error(f"no group named {name!r} before", start, "the name or number of a group")
        return self.names[name]

    def _name(self, closing: str, begin: int) -> str:
        end = self.text.find(closing, self.position)
        name = self.text[self.position : end] if end >= 0 else ""
        valid = name.replace("$", "_") if self.ecma else name
        if not _NAME.fullmatch(valid):
            raise self._error("a group's name is missing or not a name", self.position, "a name and '>'")
        self.position = end + 1
        return name

    def _global_flags(self) -> None:
        """`(?i)` at the very start holds for the whole pattern."""
        while match := re.compile(r"\(\?([A-Za-z]+)\)").match(self.text, self.position):
            added = self._flag_letters(match.group(1), match.start(1))
            self.flags |= added
            self._check_flags(match.start())
            self.position = match.end()

    def _scoped_flags(self, begin: int) -> _Frame:
        match = re.compile(r"([A-Za-z]*)(-([A-Za-z]+))?([:)]?)").match(self.text, self.position)
        assert match is not None
        added, minus, removed, closing = match.groups()
        if not (added or minus) or not closing:
            raise self._error("unknown kind of group", begin, "(?: (?= (?! (?<= (?<! or a named group")
        if closing == ")":
            raise self._error("flags for the whole pattern stand at its start", begin)
        frame = _Frame("group", begin, self.flags)
        on = self._flag_letters(added, match.start(1))
        off = self._flag_letters(removed or "", match.start(3))
        if off & (_A | _U) or on & off:
            raise self._error("these flags cannot be turned off here", match.start(3))
        if on & (_A | _U):
            self.flags &= ~(_A | _U)
        self.flags = (self.flags | on) & ~off
        self._check_flags(begin)
        self.position = match.end()
        return frame

    def _flag_letters(self, letters: str, begin: int) -> int:
        flags = 0
        for offset, letter in enumerate(letters):
            if letter == "L":
                raise Unsupported(
                    "the LOCALE flag: what it matches depends on the machine",
                    text=self.text,
                    position=begin + offset,
                )
            if letter not in ("ims" if self.ecma else _FLAG_LETTERS):
                raise self._error(f"unknown flag {letter!r}", begin + offset, "one of i, m, s, x, a, u")
            flags |= _FLAG_LETTERS[letter]
        return flags

    def _check_flags(self, begin: int) -> None:
        if self.flags & _U and (self.is_bytes or self.flags & _A):
            other = "a bytes pattern" if self.is_bytes else "the ASCII flag"
            raise self._error(f"the UNICODE flag contradicts {other}", begin)

    def _close(self, frame: _Frame, outer: _Frame) -> None:
        _end_alternative(frame)
        self.flags = frame.flags
        body = _alternation(frame.alternatives)
        node: Node = body
        if frame.kind == "capture" and self.keeps_groups:
            node = Group(body, frame.number)
        elif frame.kind == "atomic":
            node = Atomic(body, frame.position)
        elif frame.kind == "condition":
            branches = [*frame.alternatives, EMPTY_SEQUENCE]
            node = Conditional(frame.number, branches[0], branches[1], frame.position)
        elif frame.kind in _LOOKS.values():
            node = Look(body, "ahead" in frame.kind, "negative" in frame.kind, frame.position)
        outer.items.append(node)
        # ECMAScript's Unicode mode repeats no lookaround.
        outer.last = "assertion" if self.ecma and isinstance(node, Look) else "item"

    # -- escapes -------------------------------------------------------------------------------------

    def _escape(self, begin: int) -> Node:
        """After a backslash, outside of a class."""
        char = self.text[self.position : self.position + 1]
        if char in ("b", "B"):
            self.position += 1
            self._met(begin, f"\\{char}")
            word = classes.word_characters(ascii_only=self.ecma or self._is_ascii())
            if self.ecma:
                word = self._folded(word)
            return Assertion("boundary" if char == "b" else "no boundary", word=word)
        if not self.ecma and char in ("A", "Z"):
            self.position += 1
            self._met(begin, f"\\{char}")
            return Assertion("start" if char == "A" else "end")
        if "1" <= char <= "9" and not (not self.ecma and _OCTAL.match(self.text, self.position)):
            raise self._number_escape(begin)
        if self.ecma and char == "k":
            raise self._backreference(begin)
        ranges = self._set_escape(begin)
        if ranges is not None:
            return Characters(ranges)
        return self._character(self._character_escape(begin, in_class=False))

    def _number_escape(self, begin: int) -> ConstraintSyntaxError | Unsupported:
        """What is wrong with a backslash and a number that is no octal escape."""
        match = re.compile(r"[0-9]{1,2}").match(self.text, self.position)
        assert match is not None
        number = match.group()
        if int(number) > self.groups:
            return self._error(f"there is no group {number} before", begin, "an escape that exists")
        return self._backreference(begin)

    def _set_escape(self, begin: int) -> Ranges | None:
        r"""`\d \D \w \W \s \S \p \P`, or None where it is another escape.

        Ignoring case changes properties, but in no dialect `\d` and `\s`, and in Python not `\w`.
        """
        char = self.text[self.position : self.position + 1]
        lower = char.lower()
        if lower == "d":
            ranges = classes.digits(ascii_only=self.ecma or self._is_ascii())
        elif lower == "w":
            ranges = classes.word_characters(ascii_only=self.ecma or self._is_ascii())
            if self.ecma:
                ranges = self._folded(ranges)
        elif lower == "s":
            ranges = classes.spaces(self.dialect, ascii_only=self._is_ascii())
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
            name, after = self.text[self.position : self.position + 1], self.position + 1
        try:
            ranges = classes.properties(name)
        except ValueError:
            expected = "a Unicode property, as in \\p{Lu}, \\p{Script=Greek}"
            raise self._error(f"unknown property {name!r}", begin, expected) from None
        # Python's `regex` ignores case before it negates; ECMAScript's Unicode mode after.
        ranges = ranges if self.ecma else self._folded(ranges)
        self._met(begin, f"\\{'P' if negative else 'p'}{{{name}}}")
        self.position = after
        ranges = classes.negated(ranges) if negative else ranges
        return self._folded(ranges) if self.ecma else ranges

    def _character_escape(self, begin: int, *, in_class: bool) -> int:
        """The code point of an escape that stands for one character."""
        if self.position >= len(self.text):
            raise self._error("the pattern ends after a backslash", begin, "an escape")
        char = self.text[self.position]
        self.position += 1
        if char == "x":
            return self._hex(2, begin)
        if char == "u" and not self.is_bytes:
            return self._unicode_escape(begin)
        if self.ecma:
            return self._ecma_escape(char, begin, in_class)
        if char in _SIMPLE_ESCAPES and (char != "b" or in_class):
            return _SIMPLE_ESCAPES[char]
        if char == "U" and not self.is_bytes:
            code_point = self._hex(8, begin)
            if code_point > 0x10FFFF:
                raise self._error("beyond the last code point, 10FFFF", begin)
            return code_point
        if char == "N" and not self.is_bytes:
            match = re.compile(r"\{([^}]*)\}").match(self.text, self.position)
            try:
                found = unicodedata.lookup(match.group(1)) if match else ""
            except KeyError:
                found = ""
            if match is None or len(found) != 1:
                raise self._error("unknown character name", begin, "\\N{NAME OF A CHARACTER}")
            self.position = match.end()
            return ord(found)
        if char in "01234567":
            return self._octal(begin, in_class)
        if char.isascii() and char.isalnum():
            raise self._error(f"bad escape \\{char}", begin, "an escape that exists")
        return ord(char)

    def _octal(self, begin: int, in_class: bool) -> int:
        match = re.compile(r"0[0-7]{0,2}|[0-7]{1,3}").match(self.text, begin + 1)
        assert match is not None
        value = int(match.group(), 8)
        if value > 0o377:
            raise self._error(f"octal escape \\{match.group()} is beyond \\377", begin)
        self.position = match.end()
        return value

    def _ecma_escape(self, char: str, begin: int, in_class: bool) -> int:
        if char in "fnrtv" or (char == "b" and in_class):
            return _SIMPLE_ESCAPES[char]
        if char == "0" and not self.text[self.position : self.position + 1].isdigit():
            return 0
        if char == "c":
            letter = self.text[self.position : self.position + 1]
            if letter.isascii() and letter.isalpha():
                self.position += 1
                return ord(letter) % 32
        if char.isascii() and not char.isalnum() and char.isprintable():
            return ord(char)
        raise self._error(f"bad escape \\{char}", begin, "an escape that ECMAScript knows")

    def _unicode_escape(self, begin: int) -> int:
        if self.ecma and self._take("{"):
            end = self.text.find("}", self.position)
            digits = self.text[self.position : end] if end >= 0 else ""
            if not re.fullmatch("0*[0-9a-fA-F]{1,6}", digits) or int(digits, 16) > 0x10FFFF:
                raise self._error("bad escape \\u{", begin, "up to six hexadecimal digits and '}'")
            self.position = end + 1
            return int(digits, 16)
        code_point = self._hex(4, begin)
        if self.ecma and 0xD800 <= code_point <= 0xDBFF:
            pair = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})").match(self.text, self.position)
            if pair:
                self.position = pair.end()
                return 0x10000 + ((code_point - 0xD800) << 10) + (int(pair.group(1), 16) - 0xDC00)
        return code_point

    def _hex(self, count: int, begin: int) -> int:
        digits = self.text[self.position : self.position + count]
        if not re.fullmatch(f"[0-9a-fA-F]{{{count}}}", digits):
            raise self._error("incomplete escape", begin, f"{count} hexadecimal digits")
        self.position += count
        return int(digits, 16)

    # -- classes -------------------------------------------------------------------------------------

    def _class(self, begin: int) -> Ranges:
        """After "[": the set of characters, folded and negated as it says."""
        negative = self._take("^")
        members: list[tuple[int, int]] = []
        sets: list[tuple[int, int]] = []
        first = True
        while True:
            if self.position >= len(self.text):
                raise self._error("the character class does not end", begin, "']'")
            if self.text[self.position] == "]" and (not first or self.ecma):
                self.position += 1
                break
            first = False
            start = self.position
            low = self._class_item()
            dash_is_range = (
                self.text[self.position : self.position + 1] == "-"
                and self.text[self.position + 1 : self.position + 2] not in ("]", "")
                and not (self.ecma and isinstance(low, tuple))
            )
            if not dash_is_range:
                if isinstance(low, tuple):
                    sets += low
                else:
                    members.append((low, low))
                continue
            self.position += 1
            high = self._class_item()
            if self.ecma and isinstance(low, int) and isinstance(high, tuple):
                members += [(low, low), (0x2D, 0x2D)]
                sets += high
                continue
            if isinstance(low, tuple) or isinstance(high, tuple) or high < low:
                raise self._error("bad character range", start, "a range from a lower to a higher one")
            members.append((low, high))
        ranges = merged_ranges([*self._folded(merged_ranges(members)), *sets])
        return classes.negated(ranges, self.last_character) if negative else ranges

    def _class_item(self) -> int | Ranges:
        begin = self.position
        char = self.text[begin]
        self.position += 1
        if char != "\\":
            return ord(char)
        ranges = self._set_escape(begin)
        return ranges if ranges is not None else self._character_escape(begin, in_class=True)

    # -- helpers -------------------------------------------------------------------------------------

    def _take(self, text: str) -> bool:
        if self.text.startswith(text, self.position):
            self.position += len(text)
            return True
        return False

    def _met(self, begin: int, construct: str) -> None:
        self.constructs.append((begin, construct))

    def _error(self, message: str, position: int, expected: str | None = None) -> ConstraintSyntaxError:
        return ConstraintSyntaxError(message, self.text, position, expected=expected)

    def _backreference(self, begin: int) -> Unsupported:
        reason = "a backreference is not regular: it needs memory of what was matched"
        return Unsupported(reason, text=self.text, position=begin)


_LOOKS = {
    "=": "lookahead",
    "!": "negative lookahead",
    "<=": "lookbehind",
    "<!": "negative lookbehind",
}


def _end_alternative(frame: _Frame) -> None:
    frame.alternatives.append(_sequence(frame.items))
    frame.items = []
    frame.last = "nothing"


def _sequence(items: SequenceOf[Node]) -> Node:
    """The items in order, single characters that stand next to each other joined."""
    if len(items) == 1:
        return items[0]
    joined: list[Node] = []
    text: list[str] = []
    for item in items:
        if isinstance(item, Text):
            text.append(item.text)
            continue
        if isinstance(item, Characters) and len(item.ranges) == 1 and item.ranges[0][0] == item.ranges[0][1]:
            text.append(chr(item.ranges[0][0]))
            continue
        if text:
            joined.append(Text("".join(text)))
            text = []
        joined.append(item)
    if text:
        joined.append(Text("".join(text)))
    return joined[0] if len(joined) == 1 else Sequence(tuple(joined))


def _alternation(alternatives: SequenceOf[Node]) -> Node:
    return alternatives[0] if len(alternatives) == 1 else Alternation(tuple(alternatives))
