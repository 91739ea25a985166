r"""What the readers of Python's and of ECMAScript's regular expressions share.

A `Reader` is a loop over the pattern with an explicit stack of open groups, so nesting costs no Python
stack. Classes, escapes, case and dot-all are resolved here to sets of characters; the tree has no flags
left. A dialect is a subclass that says what may follow `(?`, a backslash, a brace.

Malformed patterns raise ConstraintSyntaxError where the fault is met. What is well-formed and cannot be
enforced is raised at the end, so that a malformed pattern is called malformed whatever else is in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from bltgen.automata.limits import charge, current_limits
from bltgen.automata.utf8 import merged_ranges
from bltgen.constraints import regex_classes as classes
from bltgen.constraints.regex_classes import Ranges
from bltgen.constraints.regex_syntax import (
    Alternation,
    Assertion,
    Characters,
    Group,
    Look,
    Node,
    Repetition,
    Sequence,
    Text,
)
from bltgen.errors import ConstraintSyntaxError, LimitExceeded, Unsupported

__all__ = ["FLAGS", "LOOKS", "SIMPLE_ESCAPES", "Frame", "Parsed", "Reader", "alternation"]

# Plain integers: operations on RegexFlag cost a microsecond each.
FLAGS = {"i": int(re.I), "s": int(re.S), "m": int(re.M), "x": int(re.X), "a": int(re.A), "u": int(re.U)}
_I, _S, _M, _X = FLAGS["i"], FLAGS["s"], FLAGS["m"], FLAGS["x"]
SIMPLE_ESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
LOOKS = {"=": "lookahead", "!": "negative lookahead", "<=": "lookbehind", "<!": "negative lookbehind"}
_COUNTS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
# Characters that stand for themselves, where no quantifier follows them.
_PLAIN = re.compile(r"[\w ,:;/@%&=!~'\"<>-]{2,}(?![*+?{])")


@dataclass(frozen=True)
class Parsed:
    """A pattern's tree and what was met in it: (position, construct), in order, for the report."""

    root: Node
    is_bytes: bool
    constructs: tuple[tuple[int, str], ...]


@dataclass
class Frame:
    """A group that is open: what it is, what was read of it so far, the flags to restore after it."""

    kind: str
    position: int
    flags: int
    number: int = 0
    alternatives: list[Node] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    # What the last item is to a quantifier that follows it.
    last: Literal["nothing", "item", "repeat", "assertion"] = "nothing"
    # The names of groups within this alternative, and within those before it.
    names: list[str] = field(default_factory=list)
    other_names: list[str] = field(default_factory=list)


class Reader:
    """Reads one pattern, once."""

    quantifier: ClassVar[re.Pattern[str]]
    """A quantifier in braces, with the groups least, comma, most, exactly."""
    line_ends: ClassVar[Ranges]
    """The characters that `.` excludes and `m` sees as ends of lines."""
    dialect: ClassVar[Literal["python", "ecma262"]]
    scoped_flags: ClassVar[str]
    """The letters of the flags that `(?...:` may set."""
    asks_for_groups: ClassVar[re.Pattern[str]]
    """Where a pattern holds none of these, nothing refers to its groups, and the tree leaves them out."""

    def __init__(self, text: str, flags: int, *, is_bytes: bool = False) -> None:
        self.text, self.is_bytes, self.flags = text, is_bytes, flags
        self.position = 0
        self.groups = 0
        self.constructs: list[tuple[int, str]] = []
        self.refusal: Unsupported | None = None
        self.keeps_groups = self.asks_for_groups.search(text) is not None
        self.last_character = 0xFF if is_bytes else 0x10FFFF
        limit = current_limits().pattern_length
        if len(text) > limit:
            raise LimitExceeded("the length of the regular expression", limit)

    # -- what a dialect says -------------------------------------------------------------------------

    def _skip(self) -> bool:
        """Pass over what is between items: verbose space and comments."""
        return False

    def _open(self, begin: int, stack: list[Frame]) -> Frame | None:
        """Read what follows "(?" and open the group within those of `stack`; None for what is no group."""
        raise NotImplementedError

    def _brace(self, begin: int) -> Node:
        """A brace or bracket that begins no quantifier and ends nothing."""
        return self._character(ord(self.text[begin]))

    def _dollar(self) -> Assertion:
        """`$` where it is not of lines."""
        raise NotImplementedError

    def _escape(self, begin: int) -> Node:
        """After a backslash, outside of a class."""
        raise NotImplementedError

    def _set_escape(self, begin: int) -> Ranges | None:
        r"""`\d \D \w \W \s \S \p \P`, or None where it is another escape."""
        raise NotImplementedError

    def _character_escape(self, begin: int, *, in_class: bool) -> int:
        """The code point of an escape that stands for one character."""
        raise NotImplementedError

    def _hyphen(self, low: int | Ranges, high: int | Ranges, begin: int) -> tuple[tuple[int, int], ...]:
        """What a class holds by `low-high`, where one of them is a set or they are in the wrong order."""
        raise self._error("bad character range", begin, "a range from a lower to a higher character")

    def _finish(self, root: Node) -> Node:
        """Check what can be checked at the end only."""
        return root

    # -- the loop ------------------------------------------------------------------------------------

    def parse(self) -> Parsed:
        """The whole pattern. Raises ConstraintSyntaxError, Unsupported or LimitExceeded."""
        charge(len(self.text) >> 4)
        stack = [Frame("pattern", 0, self.flags)]
        limit = current_limits().pattern_nesting
        while self.position < len(self.text):
            begin, frame = self.position, stack[-1]
            if self._skip():
                continue
            if not self.flags & (_X | _I) and (run := _PLAIN.match(self.text, begin)):
                frame.items.append(Text(run.group()))
                frame.last = "item"
                self.position = run.end()
                continue
            char = self.text[begin]
            self.position += 1
            if char == "(":
                opened = self._open(begin, stack) if self._take("?") else self._capture(begin)
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
                frame.other_names, frame.names = _joined(frame.other_names, frame.names), []
            elif char in "*+?" or (char == "{" and self.quantifier.match(self.text, begin)):
                self._quantify(frame, begin)
            else:
                node = self._atom(char, begin)
                frame.items.append(node)
                frame.last = "assertion" if isinstance(node, Assertion) else "item"
        if len(stack) > 1:
            raise self._error("unbalanced parenthesis", stack[-1].position, "')' before the end")
        _end_alternative(stack[0])
        root = self._finish(alternation(stack[0].alternatives))
        if self.refusal is not None:
            raise self.refusal
        return Parsed(root, self.is_bytes, tuple(self.constructs))

    def _atom(self, char: str, begin: int) -> Node:
        """A single item that is no group."""
        if char == ".":
            if self.flags & _S:
                return Characters(((0, self.last_character),))
            return Characters(classes.negated(self.line_ends, self.last_character))
        if char == "^":
            self._met(begin, "^")
            return Assertion("line start", self.line_ends) if self.flags & _M else Assertion("start")
        if char == "$":
            self._met(begin, "$")
            return Assertion("line end", self.line_ends) if self.flags & _M else self._dollar()
        if char == "[":
            return Characters(self._class(begin))
        if char == "\\":
            return self._escape(begin)
        if char in "{}]":
            return self._brace(begin)
        return self._character(ord(char))

    def _character(self, code_point: int) -> Node:
        return Characters(self._folded(((code_point, code_point),)))

    def _folded(self, ranges: Ranges) -> Ranges:
        if not self.flags & _I:
            return ranges
        return classes.case_closed(ranges, self.dialect, ascii_only=self._is_ascii())

    def _is_ascii(self) -> bool:
        r"""Whether case is ASCII's."""
        return False

    # -- quantifiers ---------------------------------------------------------------------------------

    def _quantify(self, frame: Frame, begin: int) -> None:
        if self.text[begin] in _COUNTS:
            low, high = _COUNTS[self.text[begin]]
        else:
            match = self.quantifier.match(self.text, begin)
            assert match is not None
            self.position = match.end()
            least, _, most, exact = match.groups()
            low = _number(exact or least or "0")
            high = low if exact else _number(most) if most else None
            if high is not None and high < low:
                raise self._error(f"the least count {low} is more than the most, {high}", begin)
            limit = current_limits().repeat_count
            if max(low, high or 0) > limit:
                raise LimitExceeded(f"the repeat count at offset {begin} of the regular expression", limit)
        if frame.last in ("nothing", "assertion"):
            raise self._error("nothing to repeat", begin, "an item before the quantifier")
        if frame.last == "repeat":
            raise self._error("multiple repeat", begin, "one quantifier for each item")
        frame.items[-1] = self._repetition(frame.items[-1], low, high, begin)
        frame.last = "repeat"

    def _repetition(self, body: Node, low: int, high: int | None, begin: int) -> Node:
        """The quantified item; a question mark behind it makes it lazy."""
        return Repetition(body, low, high, self._take("?"), begin)

    # -- groups --------------------------------------------------------------------------------------

    def _capture(self, begin: int) -> Frame:
        self.groups += 1
        return Frame("capture", begin, self.flags, self.groups)

    def _look(self, begin: int) -> Frame | None:
        """Open a lookahead or lookbehind, if it is one."""
        for opening, kind in LOOKS.items():
            if self._take(opening):
                self._met(begin, kind)
                return Frame(kind, begin, self.flags)
        return None

    def _flag_letters(self, letters: str, begin: int) -> int:
        flags = 0
        for offset, letter in enumerate(letters):
            if letter not in self.scoped_flags:
                known = ", ".join(self.scoped_flags)
                raise self._error(f"unknown flag {letter!r}", begin + offset, f"one of {known}")
            flags |= FLAGS[letter]
        return flags

    def _close(self, frame: Frame, outer: Frame) -> None:
        _end_alternative(frame)
        self.flags = frame.flags
        outer.items.append(self._closed(frame, alternation(frame.alternatives)))
        outer.last = "item"
        outer.names = _joined(outer.names, _joined(frame.names, frame.other_names))

    def _closed(self, frame: Frame, body: Node) -> Node:
        """The node of a group that has been read."""
        if frame.kind == "capture" and self.keeps_groups:
            return Group(body, frame.number)
        if frame.kind in LOOKS.values():
            return Look(body, "ahead" in frame.kind, "negative" in frame.kind, frame.position)
        return body

    # -- escapes -------------------------------------------------------------------------------------

    def _word_boundary(self, begin: int, word: Ranges) -> Assertion:
        char = self.text[self.position]
        self.position += 1
        self._met(begin, f"\\{char}")
        return Assertion("boundary" if char == "b" else "no boundary", word=word)

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
            if self.text[self.position] == "]" and (not first or self.dialect == "ecma262"):
                self.position += 1
                break
            first = False
            start = self.position
            low = self._class_item()
            following = self.text[self.position : self.position + 2]
            if not following.startswith("-") or following in ("-", "-]"):
                if isinstance(low, tuple):
                    sets += low
                else:
                    members.append((low, low))
                continue
            self.position += 1
            high = self._class_item()
            if isinstance(low, tuple) or isinstance(high, tuple) or high < low:
                sets += self._hyphen(low, high, start)
            else:
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

    def _refuse(self, reason: str, position: int) -> None:
        """Raise Unsupported once the whole pattern has turned out to be well-formed."""
        self.refusal = self.refusal or Unsupported(reason, text=self.text, position=position)

    def _refuse_backreference(self, begin: int) -> None:
        self._refuse("a backreference is not regular: it needs memory of what was matched", begin)


def _number(digits: str) -> int:
    """The number, cut off far above every limit, since Python reads long ones slowly or not at all."""
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= 18 else 10**18


def _joined(one: list[str], other: list[str]) -> list[str]:
    """All names of both, which are no longer to be used: the longer list takes the other in."""
    if len(one) < len(other):
        one, other = other, one
    one += other
    return one


def _end_alternative(frame: Frame) -> None:
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
        if isinstance(item, Characters) and len(item.ranges) == 1:
            low, high = item.ranges[0]
            if low == high:
                text.append(chr(low))
                continue
        if text:
            joined.append(Text("".join(text)))
            text = []
        joined.append(item)
    if text:
        joined.append(Text("".join(text)))
    return joined[0] if len(joined) == 1 else Sequence(tuple(joined))


def alternation(alternatives: SequenceOf[Node]) -> Node:
    """Any of the alternatives; itself where there is one."""
    return alternatives[0] if len(alternatives) == 1 else Alternation(tuple(alternatives))
