r"""GBNF, the grammar notation of llama.cpp.

    root  ::= "[" item ("," item)* "]"   # comment
    item  ::= [a-z]+ | "\"" [^"\\\x00-\x1F]{0,8} "\""

Rules `name ::= alternatives`, one a line, going on after `|` and inside of brackets; literals `"..."`,
characters `[a-z]`, `[^a-z]` and `.` (any character, line ends too); `( )`, `* + ?`, `{m}`, `{m,}`, `{m,n}`;
escapes `\n \r \t \\ \" \[ \] \- \xHH \uHHHH \UHHHHHHHH`. A class is a set of Unicode scalar values, read as
UTF-8. The start rule is `root`.

As llama.cpp, except:
- left recursion is fine, names may hold `_`, and counts are kept, however large;
- a rule defined twice is an error, not an overwriting; so is a range that ends before it begins;
- token references `<...>`, `<[...]>`, `!<...>` name a tokenizer's tokens, and there is none: Unsupported.

Source: `grammars/README.md` and `src/llama-grammar.cpp` of ggml-org/llama.cpp.

>>> rules, _ = parse('root ::= [ab] tail?\ntail ::= "c" | "d" root')
>>> sorted(name for name in rules if "~" not in name)
['root', 'tail']
"""

from __future__ import annotations

import re

from bltgen.automata.language import EMPTY, EPSILON, Language, literal
from bltgen.automata.productions import Body
from bltgen.automata.utf8 import UTF8_CHAR, code_points
from bltgen.constraints.grammar.bodies import BodyBuilder
from bltgen.errors import ConstraintSyntaxError, Unsupported

__all__ = ["parse"]

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"(?:[ \t]|#[^\r\n]*)*")
_SPACE_OR_LINE = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
_COUNTS = re.compile(r"\{[ \t]*(\d+)[ \t]*(?:(,)[ \t]*(\d*)[ \t]*)?\}")
_ESCAPES = {"t": "\t", "r": "\r", "n": "\n", "\\": "\\", '"': '"', "[": "[", "]": "]", "-": "-"}
_HEX = {"x": 2, "u": 4, "U": 8}
_LARGEST = 0x10FFFF


def parse(text: str) -> tuple[dict[str, Body], dict[str, int]]:
    """The rules of a GBNF text, and where each name stands first; names used need not be defined.

    Raises ConstraintSyntaxError with the position, Unsupported for token references.
    """
    parser = _Parser(text)
    return parser.rules(), parser.places


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.made: dict[str, Body] = {}
        self.places: dict[str, int] = {}

    def rules(self) -> dict[str, Body]:
        self.skip(lines=True)
        while self.at < len(self.text):
            begin = self.at
            if self.text.startswith("|", self.at):
                raise self.error("a line begins with '|'", "'|' at the end of the line before, or brackets")
            name = self.take(_NAME, "a rule's name")
            self.skip(lines=False)
            if not self.text.startswith("::=", self.at):
                raise self.error(f"the rule {name!r} has no body", "'::='")
            self.at += 3
            if name in self.made:
                raise ConstraintSyntaxError(f"the rule {name!r} is defined twice", self.text, begin)
            self.body(name)
        return self.made

    def body(self, name: str) -> None:
        build = BodyBuilder(name, self.made)
        self.skip(lines=True)
        while True:
            char = self.text[self.at : self.at + 1]
            if char == "(":
                build.open(self.at)
                self.at += 1
                self.skip(lines=True)
                continue
            if char == "|":
                build.next_alternative()
                self.at += 1
                self.skip(lines=True)
                continue
            if char == ")" and build.depth:
                build.close()
                self.at += 1
            elif char == '"':
                build.append(self.literal())
            elif char == "[":
                build.append(self.characters())
            elif char == ".":
                build.append(UTF8_CHAR)
                self.at += 1
            elif char and _NAME.match(char):
                used = self.take(_NAME, "a rule's name")
                self.places.setdefault(used, self.at - len(used))
                build.append(used)
            elif char in ("", "\r", "\n") and not build.depth:
                break
            elif char in ("<", "!"):
                raise Unsupported(
                    "a reference to a token of a tokenizer: texts are bytes here, there are no tokens; write "
                    "the token's text as a string",
                    text=self.text,
                    position=self.at,
                )
            elif not char:
                raise ConstraintSyntaxError(
                    "a bracket is never closed", self.text, build.opened_at, expected="')'"
                )
            else:
                what = "a literal, '[', '.', '(', a rule's name, '|'" + (", ')'" if build.depth else "")
                raise self.error(f"{char!r} does not belong here", what)
            self.skip(lines=build.depth > 0)
            self.counts(build)
        build.finish()
        self.skip(lines=True)

    def counts(self, build: BodyBuilder) -> None:
        while True:
            char = self.text[self.at : self.at + 1]
            if char and char in "*+?":
                build.repeat_last(int(char == "+"), 1 if char == "?" else None)
                self.at += 1
            elif char == "{":
                match = _COUNTS.match(self.text, self.at)
                if match is None:
                    raise self.error("not a count", "'{m}', '{m,}' or '{m,n}'")
                low = int(match[1])
                high = low if not match[2] else int(match[3]) if match[3] else None
                if high is not None and high < low:
                    raise self.error("the upper bound is less than the lower one")
                build.repeat_last(low, high)
                self.at = match.end()
            else:
                return
            self.skip(lines=build.depth > 0)

    def literal(self) -> Language:
        begin = self.at
        self.at += 1
        chars = []
        while not self.text.startswith('"', self.at):
            chars.append(self.character(begin, "'\"'"))
        self.at += 1
        text = "".join(chars)
        if re.search(r"\n[ \t]*[A-Za-z0-9_-]+[ \t]*::=", text):
            # It ran into the next rule, to a quote there.
            raise ConstraintSyntaxError("this is never closed", self.text, begin, expected="'\"'")
        return literal(text.encode())

    def characters(self) -> Language:
        begin = self.at
        self.at += 1
        negated = self.text.startswith("^", self.at)
        self.at += negated
        ranges = []
        while not self.text.startswith("]", self.at):
            first = last = ord(self.character(begin, "']'"))
            if self.text.startswith("-", self.at) and not self.text.startswith("-]", self.at):
                self.at += 1
                last = ord(self.character(begin, "']'"))
                if last < first:
                    raise self.error("a range ends before it begins")
            ranges.append((first, last))
        self.at += 1
        if not ranges:
            return EPSILON
        if negated:
            ranges = _others(ranges)
        return code_points(ranges) if ranges else EMPTY

    def character(self, begin: int, expected: str) -> str:
        """One character of a literal or class, escaped or not."""
        if self.at >= len(self.text):
            raise ConstraintSyntaxError("this is never closed", self.text, begin, expected=expected)
        char = self.text[self.at]
        self.at += 1
        if char != "\\":
            return char
        kind = self.text[self.at : self.at + 1]
        if kind in _ESCAPES:
            self.at += 1
            return _ESCAPES[kind]
        digits = _HEX.get(kind, 0)
        number = self.text[self.at + 1 : self.at + 1 + digits]
        if not digits or not re.fullmatch(rf"[0-9A-Fa-f]{{{digits}}}", number):
            raise self.error(
                "not an escape", 'one of n r t \\ " [ ] -, or x, u, U with 2, 4, 8 hexadecimal digits'
            )
        value = int(number, 16)
        if value > _LARGEST or 0xD800 <= value <= 0xDFFF:
            raise self.error(f"U+{value:04X} is no character", "a Unicode scalar value")
        self.at += 1 + digits
        return chr(value)

    def take(self, pattern: re.Pattern[str], expected: str) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise self.error(f"{self.text[self.at : self.at + 1]!r} does not belong here", expected)
        self.at = match.end()
        return match[0]

    def skip(self, lines: bool) -> None:
        match = (_SPACE_OR_LINE if lines else _SPACE).match(self.text, self.at)
        assert match is not None
        self.at = match.end()

    def error(self, message: str, expected: str | None = None) -> ConstraintSyntaxError:
        return ConstraintSyntaxError(message, self.text, self.at, expected=expected)


def _others(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The code points outside of the ranges."""
    free = []
    following = 0
    for low, high in sorted(ranges):
        if low > following:
            free.append((following, low - 1))
        following = max(following, high + 1)
    return [*free, (following, _LARGEST)] if following <= _LARGEST else free
