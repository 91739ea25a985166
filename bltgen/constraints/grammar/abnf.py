r"""ABNF as RFCs print it: RFC 5234, RFC 7405, and the lists of RFC 9110.

    date     =  4DIGIT "-" 2DIGIT "-" 2DIGIT   ; core rules are known
    version  =  %s"v" 1*DIGIT *( "." 1*DIGIT )
    version  =/ "latest"
    host     =  <host, see [RFC3986], Section 3.2.2>

Read: rules with `=` and `=/`, names without regard to case; `"..."` and `%i"..."` without regard to the
case of ASCII letters, `%s"..."` with it; `%x41`, `%d13.10`, `%b0-1` values, ranges and concatenations;
`( )`, `[ ]`, `n*m`, `n*`, `*m`, `n`; `n#m` lists with commas (RFC 9110, 5.6.1, as senders write them);
comments; the core rules, which a text may redefine or extend.

**Pasted whole.** A line that begins with `name =` is a rule, at any indentation; what is indented more goes
on with it. Page breaks, with their header and footer, are skipped, and so is prose: headings, and blocks
between blank lines that define nothing and cannot be elements of a rule. A rule that is printed twice in the
same words counts once.

**Numbers**: as octets, which for US-ASCII protocols is what RFCs mean; where any number in the text is
greater than %xFF, all are Unicode scalar values in UTF-8, as in RFC 8259's `%x5D-10FFFF`. `numbers` says
so explicitly ("octets" or "code-points").

**Prose values** `<...>` are meant for people. One that is or begins with a rule's name (`<host, see
[RFC3986]>`) must be given in `constraints`, under that name, under the name of the rule that it defines, or
in its own words; else it is the rule of that name in the same text, so that the ABNF of both documents may be
pasted together: of a rule that one defines by prose only, the other definition counts. `0<pchar>` is the
empty text.

Refused, with line and column: prose values that are not given (Unsupported). The start rule is the first one.

>>> rules, _ = parse('greeting = "hello" [ "," SP name ]\nname = 1*ALPHA')
>>> rules["greeting"][0][0].accepts(b"HeLLo")
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import EPSILON, Language, byte_set, concat, literal
from bltgen.automata.productions import Body
from bltgen.automata.utf8 import code_points
from bltgen.constraints.grammar.bodies import BodyBuilder
from bltgen.errors import ConstraintSyntaxError, Unsupported, did_you_mean

__all__ = ["CORE_RULES", "GIVEN", "Numbers", "parse"]

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

_RULE = re.compile(r"([A-Za-z][A-Za-z0-9-]*)(?:[ \t]*(?:;[^\n]*)?\n[ \t]+|[ \t])*(=/|=)(?![=>])")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_SPACE = re.compile(r"(?:[ \t\r\n\f]|;[^\n]*)*")
_REPEAT = re.compile(r"(\d*)([*#])(\d*)|(\d+)")
_STRING = re.compile(r'(%[sSiI])?"([^"\r\n]*)"')
_NUMBER = re.compile(r"%([xXdDbB])([0-9A-Fa-f]+)(?:-([0-9A-Fa-f]+)|((?:\.[0-9A-Fa-f]+)+))?(?![0-9A-Fa-f.-])")
_PROSE = re.compile(r"<([^<>]*)>")
_PAGE = re.compile(r"^.*\[Page [0-9ivxlc]+\][ \t]*$|^\f?(?:RFC \d+|Internet-Draft) .*\d{4}[ \t]*$|\f", re.M)
_ELEMENT = re.compile(
    r'\s+|[/()\[\]]|\d+(?:[*#]\d*)?|[*#]\d*|[A-Za-z][A-Za-z0-9-]*|(?:%[sSiI])?"[^"\n]*"'
    r"|%[xXdDbB][0-9A-Fa-f.-]+|<[^<>]*>|;[^\n]*"
)
_LIKE_A_HEAD = re.compile(r"^[ \t]*[^\s=<>\"]+[ \t]*(?:=/?|::=)(?:[ \t]|$)", re.M)
_BLOCK = re.compile(r"(?:[ \t]*\S[^\n]*(?:\n|\Z))+")
_LIST_SEPARATOR = concat(
    byte_set(ByteSet.of(b" \t")).star(), literal(b","), byte_set(ByteSet.of(b" \t")).star()
)
GIVEN = "~given"
"""The end of an atom's name that stands for a constraint, whatever rule has its name."""

_BASES = {"x": 16, "d": 10, "b": 2}


def parse(
    text: str, numbers: Numbers = "auto", given: frozenset[str] = frozenset()
) -> tuple[dict[str, Body], dict[str, int]]:
    """The rules of an ABNF text, by their names in lower case, the core rules, and where names stand first.

    The first rule of the text comes first. Names used need not be defined; `given`: those that will be, in
    lower case. Raises ConstraintSyntaxError or Unsupported with the position.
    """
    if numbers not in ("auto", "octets", "code-points"):
        raise ValueError(f"numbers is 'auto', 'octets' or 'code-points', not {numbers!r}")
    plain = _PAGE.sub(lambda match: " " * len(match[0]), text.replace("\r\n", " \n"))
    if numbers == "auto":
        values = [
            int(digits, _BASES[match[1].lower()])
            for match in _NUMBER.finditer(_without_strings(plain))
            for digits in re.split(r"[-.]", match[0][2:])
            if _fits(digits, _BASES[match[1].lower()])
        ]
        numbers = "code-points" if max(values, default=0) > 0xFF else "octets"
    parser = _Parser(plain, numbers, given, shown=text)
    made = parser.rules()
    for name, body in _core().items():
        if numbers == "code-points" and name == "octet":
            continue
        made.setdefault(name, body)
    return made, parser.places


@lru_cache(maxsize=1)
def _core() -> dict[str, Body]:
    return _Parser(CORE_RULES, "octets", frozenset()).rules()


def _without_strings(text: str) -> str:
    """The text with strings, prose values and comments blanked out."""
    return re.sub(r'"[^"\r\n]*"|<[^<>\n]*>|;[^\n]*', lambda match: " " * len(match[0]), text)


def _fits(digits: str, base: int) -> bool:
    return all(int(digit, 16) < base for digit in digits)


@dataclass(frozen=True)
class _Counts:
    """`low*high`, or `low#high` for a list."""

    low: int
    high: int | None
    is_list: bool


class _Parser:
    def __init__(self, text: str, numbers: Numbers, given: frozenset[str], shown: str | None = None) -> None:
        self.text = text
        self.shown = text if shown is None else shown
        self.numbers = numbers
        self.given = given
        self.made: dict[str, Body] = {}
        self.places: dict[str, int] = {}
        self.bodies: dict[str, list[str]] = {}
        self.at = 0

    def rules(self) -> dict[str, Body]:
        heads = self.heads()
        if not heads:
            raise self.failure("there is no rule", 0, "name = elements")
        for _, name, _, at, end in heads:
            spelled = " ".join(re.sub(r";[^\n]*", "", self.text[at:end]).split())
            self.bodies.setdefault(name, []).append(spelled)
        words: dict[str, set[str]] = {}
        added = 0
        for begin, name, sign, at, end in heads:
            self.at = at
            spelled = " ".join(re.sub(r";[^\n]*", "", self.text[at:end]).split())
            is_prose = _PROSE.fullmatch(spelled) is not None
            if spelled in words.setdefault(name, set()) or (
                is_prose and not all(map(_PROSE.fullmatch, self.bodies[name]))
            ):
                continue
            words[name].add(spelled)
            if sign == "=":
                if name in self.made:
                    raise self.failure(f"the rule {name!r} is defined twice", begin, "'=/' to add to it")
                self.body(name, end)
                continue
            before = self.made.get(name) or (_core().get(name) if self.text is not CORE_RULES else None)
            if before is None:
                known = did_you_mean(name, self.bodies.keys() - {name})
                raise self.failure(f"'=/' adds to {name!r}, which is not defined before{known}", begin)
            added += 1
            more = f"{name}~more{added}"
            self.body(more, end)
            assert isinstance(before, tuple)
            self.made[name] = (*before, (more,))
        return self.made

    def heads(self) -> list[tuple[int, str, str, int, int]]:
        """(begin, name, sign, where the body begins, where it ends) of each rule."""
        found: list[tuple[int, str, str, int, int]] = []
        margin = 0
        at = 0
        prose_until = -1
        is_after_blank = True
        while at < len(self.text):
            end = self.text.find("\n", at) + 1 or len(self.text)
            line = self.text[at:end]
            bare = line.lstrip(" \t")
            begin = at + len(line) - len(bare)
            if not bare.strip():
                is_after_blank = True
            elif at >= prose_until and not bare.startswith(";"):
                match = _RULE.match(self.text, begin)
                indent = len(line.expandtabs()) - len(bare.expandtabs())
                if match is not None:
                    found.append((begin, match[1].lower(), match[2], match.end(), len(self.text)))
                    margin = indent
                    end = max(end, self.text.find("\n", match.end()) + 1) or len(self.text)
                elif is_after_blank and self.is_prose(at, not found or indent <= margin):
                    prose_until = _BLOCK.match(self.text, at).end()  # type: ignore[union-attr]
                    if found and found[-1][4] == len(self.text):
                        found[-1] = (*found[-1][:4], at)
                elif not found:
                    raise self.failure("this is not a rule", begin, "name = ")
                elif indent <= margin or found[-1][4] < at:
                    raise self.failure(
                        "this is neither a rule nor indented as the rest of one", begin, "name = "
                    )
                is_after_blank = False
            at = end
        return [
            (begin, name, sign, body, min(end, following))
            for (begin, name, sign, body, end), following in zip(
                found, [*(head[0] for head in found[1:]), len(self.text)], strict=False
            )
        ]

    def is_prose(self, at: int, is_outside: bool) -> bool:
        """Whether the block of lines that begins here is for people: it has no rule and is no elements.

        `is_outside`: it is not indented as the rest of a rule; then mere words are prose too.
        """
        match = _BLOCK.match(self.text, at)
        assert match is not None
        if _LIKE_A_HEAD.search(match[0]) or match[0].lstrip()[0] in '/([<"%;':
            return False
        if all(map(str.isalpha, match[0].replace("-", "").split())):
            return is_outside
        while at < match.end():
            element = _ELEMENT.match(self.text, at, match.end())
            if element is None:
                return True
            at = element.end()
        return False

    def body(self, name: str, end: int) -> None:
        build = BodyBuilder(name, self.made)
        pending: list[_Counts | None] = []
        closing: list[str] = []
        counts: _Counts | None = None
        while True:
            self.at = min(_SPACE.match(self.text, self.at).end(), end)  # type: ignore[union-attr]
            char = self.text[self.at] if self.at < end else ""
            if char in ("", "/", ")", "]") and counts is not None:
                raise self.error("a count without an element", "an element")
            if char in ("", "/", ")", "]") and build.is_sequence_empty:
                raise self.error("an alternative is empty", "an element")
            if not char:
                if closing:
                    raise self.failure("a bracket is never closed", build.opened_at, repr(closing[-1]))
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
                if match[4]:
                    counts = _Counts(int(match[4]), int(match[4]), False)
                else:
                    most = int(match[3]) if match[3] else None
                    counts = _Counts(int(match[1] or 0), most, match[2] == "#")
                if counts.high is not None and counts.high < counts.low:
                    raise self.error("the upper count is less than the lower one")
                self.at = match.end()
                if self.at < end and self.text[self.at] in " \t\r\n;":
                    raise self.error("a count stands directly before its element", "an element")
                continue
            elif char == "<" and (prose := _PROSE.match(self.text, self.at, end)):
                is_none = counts is not None and counts.high == 0
                build.append(EPSILON if is_none else self.prose(prose, name.partition("~")[0]))
                self.at = prose.end()
            else:
                build.append(self.element(char))
            if counts is not None:
                if counts.is_list:
                    build.list_last(counts.low, counts.high, _LIST_SEPARATOR)
                else:
                    build.repeat_last(counts.low, counts.high)
                counts = None

    def prose(self, match: re.Match[str], rule: str) -> str:
        """The name of the rule that a prose value stands for."""
        words = " ".join(match[1].split()).lower()
        named = _NAME.match(words)
        name = ""
        if named is not None and words[named.end() : named.end() + 1] in ("", ",", " "):
            name = named[0]
        self.places.setdefault(name or rule, match.start() + bool(name))
        is_own = name in self.bodies and name != rule and not self.uses(name, rule)
        if is_own and words == name:
            return name
        for choice in (words, rule, name):
            if choice in self.given:
                self.places.setdefault(choice, match.start())
                return f"{choice}{GIVEN}"
        if is_own:
            return name
        raise Unsupported(
            f"a prose value is meant for people; give its texts as constraints={{{rule!r}: ...}}, for "
            "instance the grammar of another RFC, or write its elements",
            text=self.shown,
            position=match.start(),
        )

    def uses(self, name: str, rule: str) -> bool:
        """Whether a rule's definition names another one, so that it cannot be what that one stands for."""
        return any(re.search(rf"(?<![\w-]){rule}(?![\w-])", body, re.I) for body in self.bodies[name])

    def element(self, char: str) -> str | Language:
        if match := _STRING.match(self.text, self.at):
            self.at = match.end()
            if not match[2].isascii():
                raise self.failure("a string is printable ASCII", match.start(), "%x values")
            if match[1] in ("%s", "%S"):
                return literal(match[2].encode())
            return concat(*map(_either_case, match[2]))
        if match := _NUMBER.match(self.text, self.at):
            return self.number(match)
        if match := _NAME.match(self.text, self.at):
            self.places.setdefault(match[0].lower(), self.at)
            self.at = match.end()
            return match[0].lower()
        if char in "\u201c\u201d\u2018\u2019'":
            raise self.error(f"{char!r} is no quote of ABNF", "'\"'")
        if char in '"<':
            raise self.error("this is never closed", repr(">" if char == "<" else char))
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
                raise self.failure("a range ends before it begins", match.start())
            return self.values(first, last, match.start())
        rest = [int(digits, base) for digits in match[4][1:].split(".")] if match[4] else []
        return concat(*(self.values(value, value, match.start()) for value in [first, *rest]))

    def values(self, first: int, last: int, position: int) -> Language:
        if self.numbers == "octets":
            if last > 0xFF:
                raise self.failure("not an octet", position, "0 to 255")
            return byte_set(ByteSet.range(first, last))
        if last > 0x10FFFF:
            raise self.failure("not a code point", position, "0 to 10FFFF")
        return code_points([(first, last)])

    def error(self, message: str, expected: str | None = None) -> ConstraintSyntaxError:
        return self.failure(message, min(self.at, len(self.text)), expected)

    def failure(self, message: str, position: int, expected: str | None = None) -> ConstraintSyntaxError:
        return ConstraintSyntaxError(message, self.shown, position, expected=expected)


def _either_case(char: str) -> Language:
    return byte_set(ByteSet.of({ord(char.lower()), ord(char.upper())}))


def core_names() -> frozenset[str]:
    """The names of the core rules."""
    return frozenset(_core())
