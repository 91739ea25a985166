r"""ABNF as RFCs print it: RFC 5234 and RFC 7405.

    date     =  4DIGIT "-" 2DIGIT "-" 2DIGIT   ; core rules are known
    version  =  %s"v" 1*DIGIT *( "." 1*DIGIT )
    version  =/ "latest"

Read: rules with `=` and `=/`, names without regard to case; `"..."` and `%i"..."` without regard to the
case of ASCII letters, `%s"..."` with it; `%x41`, `%d13.10`, `%b0-1` values, ranges and concatenations;
`( )`, `[ ]`, `n*m`, `n*`, `*m`, `n`; comments. A rule goes on in the lines that are indented more than
its first one, so a whole section may be pasted with its margin; page breaks of RFCs are skipped.

Numbers: as octets, which for US-ASCII protocols is what RFCs mean; where any number in the text is
greater than %xFF, all are Unicode scalar values in UTF-8, as in RFC 8259's `%x5D-10FFFF`. `numbers` says
so explicitly ("octets" or "code-points").

Refused: prose values `<...>`, which are meant for people (Unsupported). The start rule is the first one.

>>> rules = parse('greeting = "hello" [ "," SP name ]\nname = 1*ALPHA')
>>> rules["greeting"][0][0].accepts(b"HeLLo")
True
"""

from __future__ import annotations

import re
from typing import Literal

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import Language, byte_set, concat, literal
from bltgen.automata.productions import Body
from bltgen.automata.utf8 import code_points
from bltgen.constraints.grammar.bodies import BodyBuilder
from bltgen.errors import ConstraintSyntaxError, Unsupported

__all__ = ["CORE_RULES", "Numbers", "parse"]

Numbers = Literal["auto", "octets", "code-points"]

CORE_RULES = """\
alpha = %x41-5A / %x61-7A
bit = "0" / "1"
char = %x01-7F
cr = %x0D
crlf = CR LF
ctl = %x00-1F / %x7F
digit = %x30-39
dquote = %x22
hexdig = DIGIT / "A" / "B" / "C" / "D" / "E" / "F"
htab = %x09
lf = %x0A
lwsp = *(WSP / CRLF WSP)
octet = %x00-FF
sp = %x20
vchar = %x21-7E
wsp = SP / HTAB
"""
"""RFC 5234, appendix B.1."""

_RULE = re.compile(r"([A-Za-z][A-Za-z0-9-]*)[ \t]*(=/|=)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_SPACE = re.compile(r"(?:[ \t\r\n\f]|;[^\n]*)*")
_REPEAT = re.compile(r"(\d*)\*(\d*)|(\d+)")
_STRING = re.compile(r'(%[sSiI])?"([^"\r\n]*)"')
_NUMBER = re.compile(r"%([xXdDbB])([0-9A-Fa-f]+)(?:-([0-9A-Fa-f]+)|((?:\.[0-9A-Fa-f]+)+))?(?![0-9A-Fa-f.-])")
_PAGE = re.compile(r"^.*\[Page \d+\][ \t]*$|^RFC \d+ .*\d{4}[ \t]*$", re.M)
_BASES = {"x": 16, "d": 10, "b": 2}


def parse(text: str, numbers: Numbers = "auto") -> dict[str, Body]:
    """The rules of an ABNF text, by their names in lower case, and the core rules that it uses.

    The first rule of the text comes first. Names used need not be defined. Raises ConstraintSyntaxError
    with the position, Unsupported for prose values.
    """
    if numbers not in ("auto", "octets", "code-points"):
        raise ValueError(f"numbers is 'auto', 'octets' or 'code-points', not {numbers!r}")
    plain = _PAGE.sub(lambda match: " " * len(match[0]), text)
    if numbers == "auto":
        values = [
            int(digits, _BASES[match[1].lower()])
            for match in _NUMBER.finditer(_without_strings(plain))
            for digits in re.split(r"[-.]", match[0][2:])
            if _fits(digits, _BASES[match[1].lower()])
        ]
        numbers = "code-points" if max(values, default=0) > 0xFF else "octets"
    made = _Parser(plain, numbers).rules()
    for name, body in _Parser(CORE_RULES, "octets").rules().items():
        if numbers == "code-points" and name == "octet":
            continue
        made.setdefault(name, body)
    return made


def _without_strings(text: str) -> str:
    """The text with strings and comments blanked out."""
    return re.sub(r'"[^"\r\n]*"|;[^\n]*', lambda match: " " * len(match[0]), text)


def _fits(digits: str, base: int) -> bool:
    return all(int(digit, 16) < base for digit in digits)


class _Parser:
    def __init__(self, text: str, numbers: Numbers) -> None:
        self.text = text
        self.numbers = numbers
        self.made: dict[str, Body] = {}
        self.at = 0

    def rules(self) -> dict[str, Body]:
        heads = self.heads()
        if not heads:
            raise ConstraintSyntaxError("no rule", self.text, 0, expected="name = elements")
        added: dict[str, int] = {}
        for (begin, name, sign, at), end in zip(
            heads, [h[0] for h in heads[1:]] + [len(self.text)], strict=True
        ):
            self.at = at
            if sign == "=":
                if name in self.made:
                    raise ConstraintSyntaxError(
                        f"the rule {name!r} is defined twice", self.text, begin, expected="'=/' to add to it"
                    )
                self.body(name, end)
                continue
            if name not in self.made:
                raise ConstraintSyntaxError(f"'=/' adds to {name!r}, which is not defined", self.text, begin)
            added[name] = added.get(name, 0) + 1
            more = f"{name}~more{added[name]}"
            self.body(more, end)
            before = self.made[name]
            assert isinstance(before, tuple)
            self.made[name] = (*before, (more,))
        return self.made

    def heads(self) -> list[tuple[int, str, str, int]]:
        """(begin, name, sign, where the body begins) of each rule: the lines with the least margin."""
        lines = []
        margin: int | None = None
        begin = 0
        for line in self.text.splitlines(keepends=True):
            bare = line.lstrip(" \t")
            if bare.strip() and not bare.startswith(";"):
                indent = len(line.expandtabs()) - len(bare.expandtabs())
                match = _RULE.match(self.text, begin + len(line) - len(bare))
                if margin is None:
                    if match is None:
                        raise ConstraintSyntaxError(
                            "this is not a rule", self.text, begin + len(line) - len(bare), expected="name = "
                        )
                    margin = indent
                if indent <= margin:
                    if match is None:
                        raise ConstraintSyntaxError(
                            "this is neither a rule nor indented as the rest of one",
                            self.text,
                            begin + len(line) - len(bare),
                            expected="name = ",
                        )
                    lines.append((match.start(), match[1].lower(), match[2], match.end()))
            begin += len(line)
        return lines

    def body(self, name: str, end: int) -> None:
        build = BodyBuilder(name, self.made)
        pending: list[tuple[int, int | None] | None] = []
        closing: list[str] = []
        counts: tuple[int, int | None] | None = None
        while True:
            self.at = min(_SPACE.match(self.text, self.at).end(), end)  # type: ignore[union-attr]
            char = self.text[self.at] if self.at < end else ""
            if char in ("", "/", ")", "]") and counts is not None:
                raise self.error("a count without an element", "an element")
            if char in ("", "/", ")", "]") and build.is_sequence_empty:
                raise self.error("an alternative is empty", "an element")
            if not char:
                if closing:
                    raise ConstraintSyntaxError(
                        "a bracket is never closed", self.text, build.opened_at, expected=repr(closing[-1])
                    )
                build.finish()
                return
            if char == "/":
                build.next_alternative()
                self.at += 1
                continue
            if char in "([":
                build.open(self.at)
                closing.append(")" if char == "(" else "]")
                pending.append(counts)
                counts = None
                self.at += 1
                continue
            if char in ")]":
                if not closing or closing[-1] != char:
                    raise self.error(f"{char!r} closes nothing", closing[-1] if closing else None)
                closing.pop()
                build.close()
                if char == "]":
                    build.repeat_last(0, 1)
                counts = pending.pop()
                self.at += 1
            elif counts is None and (match := _REPEAT.match(self.text, self.at)):
                if match[3]:
                    counts = (int(match[3]), int(match[3]))
                else:
                    counts = (int(match[1] or 0), int(match[2]) if match[2] else None)
                if counts[1] is not None and counts[1] < counts[0]:
                    raise self.error("the upper count is less than the lower one")
                self.at = match.end()
                if self.at < end and self.text[self.at] in " \t\r\n;":
                    raise self.error("a count stands directly before its element", "an element")
                continue
            else:
                build.append(self.element(char))
            if counts is not None:
                build.repeat_last(*counts)
                counts = None

    def element(self, char: str) -> str | Language:
        if match := _STRING.match(self.text, self.at):
            self.at = match.end()
            if not match[2].isascii():
                raise ConstraintSyntaxError(
                    "a string is printable ASCII", self.text, match.start(), expected="%x values"
                )
            if match[1] in ("%s", "%S"):
                return literal(match[2].encode())
            return concat(*map(_either_case, match[2]))
        if match := _NUMBER.match(self.text, self.at):
            return self.number(match)
        if match := _NAME.match(self.text, self.at):
            self.at = match.end()
            return match[0].lower()
        if char == "<":
            raise Unsupported(
                "a prose value <...> is meant for people; write its elements", f"offset {self.at}"
            )
        raise self.error(f"{char!r} does not belong here", "a name, a string, %x, %d, %b, '(', '['")

    def number(self, match: re.Match[str]) -> Language:
        base = _BASES[match[1].lower()]
        for digits in re.split(r"[-.]", match[0][2:]):
            if not _fits(digits, base):
                raise self.error(f"{digits!r} is not a number to base {base}")
        self.at = match.end()
        first = int(match[2], base)
        if match[3] is not None:
            last = int(match[3], base)
            if last < first:
                raise ConstraintSyntaxError("a range ends before it begins", self.text, match.start())
            return self.values(first, last, match.start())
        rest = [int(digits, base) for digits in match[4][1:].split(".")] if match[4] else []
        return concat(*(self.values(value, value, match.start()) for value in [first, *rest]))

    def values(self, first: int, last: int, position: int) -> Language:
        if self.numbers == "octets":
            if last > 0xFF:
                raise ConstraintSyntaxError("not an octet", self.text, position, expected="0 to 255")
            return byte_set(ByteSet.range(first, last))
        if last > 0x10FFFF:
            raise ConstraintSyntaxError("not a code point", self.text, position, expected="0 to 10FFFF")
        return code_points([(first, last)])

    def error(self, message: str, expected: str | None = None) -> ConstraintSyntaxError:
        return ConstraintSyntaxError(message, self.text, min(self.at, len(self.text)), expected=expected)


def _either_case(char: str) -> Language:
    return byte_set(ByteSet.of({ord(char.lower()), ord(char.upper())}))


def core_names() -> frozenset[str]:
    """The names of the core rules."""
    return frozenset(_Parser(CORE_RULES, "octets").rules())
