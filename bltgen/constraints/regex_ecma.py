r"""ECMAScript's regular expressions in Unicode mode (the flag `u`): ECMA-262 (2025), section 22.2.1.

Every production and early error of the standard's main part: no escape of a character that need not be
escaped, no lone brace or bracket, no quantified lookaround, no range whose end is a set, names of
properties letter by letter. Of the edition of 2025 also modifiers `(?i-m:...)` and one name for groups in
different alternatives, which engines before it refuse.

With `loose`, three liberties that schemas in the wild rely on, each harmless since it changes the meaning
of no valid pattern: a punctuation character may be escaped though it need not be, a brace or bracket that
begins and ends nothing is itself, and a hyphen beside a set in a class is itself.

>>> from bltgen.constraints.regex_syntax import Characters
>>> node = EcmaReader(r"[\u{61}-c]", 0).parse().root
>>> node.ranges if isinstance(node, Characters) else None
((97, 99),)
"""

from __future__ import annotations

import re

from bltgen.constraints import regex_classes as classes
from bltgen.constraints.regex_classes import Ranges
from bltgen.constraints.regex_properties import suggestion
from bltgen.constraints.regex_reader import LOOKS, SIMPLE_ESCAPES, Frame, Reader
from bltgen.constraints.regex_references import without_references
from bltgen.constraints.regex_syntax import Assertion, Backreference, Characters, Node

__all__ = ["EcmaReader"]

_SYNTAX_CHARACTERS = "^$\\.*+?()[]{}|/"
_PROPERTY = re.compile(r"\{([^{}]*)\}")
_FLAGS = re.compile(r"([A-Za-z]*)(?:-([A-Za-z]*))?(:?)")
_NUMBER = re.compile(r"[0-9]+")
_CODE_POINT = re.compile(r"0*([0-9a-fA-F]{1,6})\}")
_TRAIL = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")


class EcmaReader(Reader):
    """Reads one pattern of ECMAScript."""

    dialect = "ecma262"
    quantifier = re.compile(r"\{(?:([0-9]+)(,)([0-9]*)|([0-9]+))\}")
    line_ends = classes.ECMA_LINE_ENDS
    scoped_flags = "ims"
    asks_for_groups = re.compile(r"\\[1-9k]")

    def __init__(self, text: str, flags: int, *, loose: bool = False) -> None:
        if any("\ud800" <= char <= "\udfff" for char in text):
            # A string of ECMAScript is UTF-16: a pair of surrogates is one character of the pattern.
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        super().__init__(text, flags)
        self.loose = loose
        self.names: dict[str, list[int]] = {}
        self.references: list[tuple[int, int | str]] = []

    def _brace(self, begin: int) -> Node:
        char = self.text[begin]
        if not self.loose:
            what = "this brace begins no quantifier" if char == "{" else f"unbalanced {char!r}"
            raise self._error(what, begin, f"\\{char} for the character itself")
        return super()._brace(begin)

    def _dollar(self) -> Assertion:
        return Assertion("end")

    # -- groups --------------------------------------------------------------------------------------

    def _open(self, begin: int, stack: list[Frame]) -> Frame | None:
        if self._take(":"):
            return Frame("group", begin, self.flags)
        look = self._look(begin)
        if look is not None:
            return look
        if self._take("<"):
            start = self.position
            name = self._name(begin)
            if name in self.names and any(name in frame.names for frame in stack):
                raise self._error(f"a second group named {name!r} in the same alternative", start)
            stack[-1].names.append(name)
            frame = self._capture(begin)
            self.names.setdefault(name, []).append(frame.number)
            return frame
        return self._modifiers(begin)

    def _modifiers(self, begin: int) -> Frame:
        """`(?flags-flags:`, where each flag stands once."""
        match = _FLAGS.match(self.text, self.position)
        assert match is not None
        added, removed, colon = match.groups()
        removed = removed or ""
        if not (added or removed) or not colon:
            raise self._error("unknown kind of group", begin, "(?: (?= (?! (?<= (?<! (?<name> or (?ims-ims:")
        on = self._flag_letters(added, match.start(1))
        off = self._flag_letters(removed, match.start(2))
        if len(set(added + removed)) < len(added + removed):
            raise self._error("a flag stands twice", match.start(1), "each flag once")
        frame = Frame("group", begin, self.flags)
        self.flags = (self.flags | on) & ~off
        self.position = match.end()
        return frame

    def _name(self, begin: int) -> str:
        """A group's name up to ">", its escapes resolved."""
        first, further = classes.identifier_characters()
        name = ""
        while True:
            at = self.position
            if at >= len(self.text):
                raise self._error("a group's name does not end", begin, "a name and '>'")
            char = self.text[at]
            self.position += 1
            if char == ">" and name:
                return name
            escaped = char == "\\"
            if escaped and not self._take("u"):
                raise self._error("bad escape in a group's name", at, "\\u and hexadecimal digits")
            code_point = self._unicode_escape(at) if escaped else ord(char)
            if not classes.contains(further if name else first, code_point):
                raise self._error("a group's name is missing or not a name", at, "a name and '>'")
            name += chr(code_point)

    def _close(self, frame: Frame, outer: Frame) -> None:
        super()._close(frame, outer)
        if frame.kind in LOOKS.values():
            outer.last = "assertion"

    # -- escapes -------------------------------------------------------------------------------------

    def _escape(self, begin: int) -> Node:
        char = self.text[self.position : self.position + 1]
        if char in ("b", "B"):
            return self._word_boundary(begin, self._folded(classes.word_characters(ascii_only=True)))
        if "1" <= char <= "9":
            match = _NUMBER.match(self.text, self.position)
            assert match is not None
            self.position = match.end()
            number = match.group()
            return self._refer(begin, int(number) if len(number) < 10 else 10**10)
        if char == "k":
            self.position += 1
            if not self._take("<"):
                raise self._error("\\k without a group's name", begin, "\\k<name>")
            return self._refer(begin, self._name(begin))
        ranges = self._set_escape(begin)
        if ranges is not None:
            return Characters(ranges)
        return self._character(self._character_escape(begin, in_class=False))

    def _refer(self, begin: int, group: int | str) -> Node:
        self._met(begin, "backreference")
        self.references.append((begin, group))
        return Backreference(group, begin)

    def _finish(self, root: Node) -> Node:
        for begin, group in self.references:
            if isinstance(group, int) and group > self.groups:
                raise self._error(f"there is no group {group}", begin, "the number of a group")
            if isinstance(group, str) and group not in self.names:
                expected = f"one of {', '.join(sorted(self.names)[:5])}" if self.names else None
                raise self._error(f"there is no group named {group!r}", begin, expected)
        if not self.references:
            return root
        return without_references(root, self.names, self._refuse_backreference)

    def _set_escape(self, begin: int) -> Ranges | None:
        """Ignoring case widens properties and words, but not digits and spaces."""
        char = self.text[self.position : self.position + 1]
        lower = char.lower()
        if lower == "d":
            ranges = classes.digits(ascii_only=True)
        elif lower == "w":
            ranges = self._folded(classes.word_characters(ascii_only=True))
        elif lower == "s":
            ranges = classes.spaces("ecma262")
        elif char in ("p", "P"):
            return self._property(begin)
        else:
            return None
        self.position += 1
        return classes.negated(ranges) if char.isupper() else ranges

    def _property(self, begin: int) -> Ranges:
        negative = self.text[self.position] == "P"
        match = _PROPERTY.match(self.text, self.position + 1)
        if match is None:
            raise self._error("a property stands in braces", begin, "\\p{Lu}, \\p{Script=Greek}")
        name = match.group(1)
        try:
            ranges = classes.ecma_properties(name)
        except ValueError:
            raise self._error(f"{name!r} is newer than the installed package `regex`", begin) from None
        if ranges is None:
            meant = suggestion(name)
            expected = f"\\p{{{meant}}}" if meant else "a Unicode property, as in \\p{Lu}, \\p{Script=Greek}"
            raise self._error(f"unknown property {name!r}", begin, expected)
        self._met(begin, f"\\{'P' if negative else 'p'}{{{name}}}")
        self.position = match.end()
        # Case is ignored after the property is negated (22.2.2.9.3).
        return self._folded(classes.negated(ranges) if negative else ranges)

    def _character_escape(self, begin: int, *, in_class: bool) -> int:
        if self.position >= len(self.text):
            raise self._error("the pattern ends after a backslash", begin, "an escape")
        char = self.text[self.position]
        self.position += 1
        following = self.text[self.position : self.position + 1]
        if char == "x":
            return self._hex(2, begin)
        if char == "u":
            return self._unicode_escape(begin)
        if char in "fnrtv" or (char == "b" and in_class):
            return SIMPLE_ESCAPES[char]
        if char == "0" and not ("0" <= following <= "9"):
            return 0
        if char == "c" and following.isascii() and following.isalpha():
            self.position += 1
            return ord(following) % 32
        if char in _SYNTAX_CHARACTERS or (char == "-" and in_class):
            return ord(char)
        punctuation = char.isascii() and char.isprintable() and not char.isalnum()
        if self.loose and punctuation:
            return ord(char)
        expected = f"{char} alone" if punctuation else "an escape that ECMAScript knows"
        raise self._error(f"bad escape \\{char}", begin, expected)

    def _unicode_escape(self, begin: int) -> int:
        r"""After `\u`: four digits, two such escapes that are a pair of surrogates, or digits in braces."""
        if self._take("{"):
            match = _CODE_POINT.match(self.text, self.position)
            if match is None or int(match.group(1), 16) > 0x10FFFF:
                raise self._error("bad escape \\u{", begin, "hexadecimal digits up to 10FFFF and '}'")
            self.position = match.end()
            return int(match.group(1), 16)
        code_point = self._hex(4, begin)
        if 0xD800 <= code_point <= 0xDBFF and (pair := _TRAIL.match(self.text, self.position)):
            self.position = pair.end()
            return 0x10000 + ((code_point - 0xD800) << 10) + (int(pair.group(1), 16) - 0xDC00)
        return code_point

    def _hyphen(self, low: int | Ranges, high: int | Ranges, begin: int) -> tuple[tuple[int, int], ...]:
        if not self.loose or (isinstance(low, int) and isinstance(high, int)):
            return super()._hyphen(low, high, begin)
        ends = [((end, end),) if isinstance(end, int) else end for end in (low, high)]
        return (*self._folded(ends[0]), *self._folded(ends[1]), (0x2D, 0x2D))
