"""The syntax of Lark's EBNF: a grammar's text to definitions and statements.

Bodies are flat (see `bodies`); their atoms are the items below, each with its position in the source, and
names of helper rules. What the items mean is `lark`'s business.

What is read is what Lark 1.3 reads, and `&`, the `~` of complements and the flag `b` besides.

Source: https://lark-parser.readthedocs.io/en/stable/grammar.html, and `load_grammar.py` of Lark 1.3 where
the page is silent.

>>> source = parse('start: "a"* NAME -> alias')
>>> [definition.name for definition in source.definitions], source.definitions[0].has_alias
(['start'], True)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bltgen.automata.limits import current_limits
from bltgen.constraints.grammar.bodies import BodyBuilder
from bltgen.errors import ConstraintSyntaxError, LimitExceeded, Unsupported, did_you_mean

__all__ = [
    "CharacterRange",
    "Definition",
    "Import",
    "Item",
    "Name",
    "Operator",
    "Pattern",
    "Source",
    "Text",
    "Use",
    "parse",
    "unescaped",
]


@dataclass(frozen=True)
class Name:
    """A rule, a terminal, or a template's parameter."""

    name: str
    position: int


@dataclass(frozen=True)
class Text:
    """A string, with its escapes read; `flags`: i for any case, b for bytes instead of characters."""

    value: str
    flags: str
    position: int


@dataclass(frozen=True)
class Pattern:
    """A regular expression; `flags` among imsxu and b."""

    source: str
    flags: str
    position: int


@dataclass(frozen=True)
class CharacterRange:
    """One character between two."""

    first: Text
    last: Text
    position: int


@dataclass(frozen=True)
class Use:
    """A template with arguments."""

    name: str
    arguments: tuple[Item, ...]
    position: int


@dataclass(frozen=True)
class Operator:
    """`&` between items or `~` before one: for terminals only."""

    sign: str
    position: int


Item: TypeAlias = "Operator | Name | Text | Pattern | CharacterRange | Use"


@dataclass
class Definition:
    """A rule or terminal: `bodies[name]` is its body, the others are helpers named with "~"."""

    name: str
    position: int
    kind: str = "define"
    """define, override or extend."""
    parameters: tuple[str, ...] = ()
    priority: str = ""
    modifiers: str = ""
    has_alias: bool = False
    bodies: dict[str, Any] = field(default_factory=dict)

    @property
    def is_terminal(self) -> bool:
        """Terminals have names in upper case."""
        return self.name.lstrip("_")[:1].isupper()


@dataclass(frozen=True)
class Import:
    """`%import library.name -> alias`; `relative`: the path began with a dot."""

    path: tuple[str, ...]
    name: str
    alias: str
    position: int
    relative: bool

    @property
    def library(self) -> str:
        """The path as it is written."""
        return ("." if self.relative else "") + ".".join(self.path)


@dataclass
class Source:
    """A parsed grammar."""

    text: str
    definitions: list[Definition] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    ignored: list[Definition] = field(default_factory=list)
    declared: list[Name] = field(default_factory=list)


_TOKEN = re.compile(
    r"""
      (?P<regexp>/(?!/)(?:\\.|[^/\\])*/(?:[imsluxb]*b[imsluxb]*(?![A-Za-z0-9_])|[imslux]*))
    | (?P<string>"(?:\\.|[^"\\\n])*"(?:(?:ib|bi|b)(?![A-Za-z0-9_])|i)?)
    | (?P<space>[ \t]+|\\[ ]*\n|\s*(?://|\#)[^\n]*)
    | (?P<terminal>_?[A-Z][_A-Z0-9]*)
    | (?P<rule>_?[a-z][_a-z0-9]*)
    | (?P<line>(?:\r?\n)+\s*)
    | (?P<number>[+-]?\d+)
    | (?P<modifiers>(?:!\??|\?!?)(?=[_a-z]))
    | (?P<statement>%[A-Za-z]+)
    | (?P<sign>->|\.\.|[:|&(){}\[\],~*+?.])
    """,
    re.X | re.S,
)
_STATEMENTS = ("%ignore", "%import", "%declare", "%override", "%extend")

_KINDS = {"line": "the end of the line", "rule": "a name in lower case", "terminal": "a name in upper case"}


@dataclass(frozen=True)
class _Token:
    kind: str
    value: str
    position: int


def parse(text: str) -> Source:
    """The definitions and statements of a grammar. Raises ConstraintSyntaxError with the position."""
    return _Parser(text).source()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokens()
        self.at = 0

    def _tokens(self) -> list[_Token]:
        tokens: list[_Token] = []
        at = 0
        while at < len(self.text):
            match = _TOKEN.match(self.text, at)
            if match is None:
                raise self._unreadable(at)
            kind = match.lastgroup
            assert kind is not None
            if kind == "line":
                # A line that begins with "|" goes on with the definition before it.
                if tokens and tokens[-1].kind != "line" and not self.text.startswith("|", match.end()):
                    tokens.append(_Token("line", "\n", at))
            elif kind != "space":
                tokens.append(_Token(kind, match[0], at))
            at = match.end()
        return [*tokens, _Token("line", "", at), _Token("end", "", at)]

    def _unreadable(self, at: int) -> ConstraintSyntaxError:
        char = self.text[at]
        expected = None
        if char == "'":
            message, expected = "a string stands in double quotes", '"..."'
        else:
            what = {'"': "a string is never closed", "/": "a regular expression is never closed"}
            message = what.get(char, f"{char!r} does not belong here")
        return ConstraintSyntaxError(message, self.text, at, expected=expected)

    # -- statements ----------------------------------------------------------------------------------

    def source(self) -> Source:
        source = Source(self.text)
        while self.peek().kind != "end":
            token = self.next()
            if token.kind == "line":
                continue
            if token.kind in ("rule", "terminal", "modifiers"):
                source.definitions.append(self.definition(token, "define"))
            elif token.value in ("%override", "%extend"):
                source.definitions.append(self.definition(self.next(), token.value[1:]))
            elif token.value == "%ignore":
                ignored = Definition(f"%ignore~{len(source.ignored)}", token.position)
                self.body(ignored)
                source.ignored.append(ignored)
            elif token.value == "%import":
                source.imports += self.imports(token)
            elif token.value == "%declare":
                names = [self.name()]
                while self.peek().kind in ("rule", "terminal"):
                    names.append(self.name())
                self.expect("line")
                source.declared += [Name(name.value, name.position) for name in names]
            else:
                raise self.error(token, "a definition, %import, %ignore, %override, %extend or %declare")
        return source

    def imports(self, statement: _Token) -> list[Import]:
        path: list[str] = []
        relative = self.peek().value == "."
        if relative:
            self.next()
        path.append(self.name().value)
        while self.peek().value == ".":
            self.next()
            path.append(self.name().value)
        found: list[Import] = []
        if self.peek().value == "(":
            self.next()
            while True:
                token = self.name()
                found.append(Import(tuple(path), token.value, token.value, token.position, relative))
                if self.next_of(",", ")").value == ")":
                    break
        else:
            if len(path) < 2:
                raise self.error(self.peek(), "'.' and a name, or names in brackets")
            alias = path[-1]
            if self.peek().value == "->":
                self.next()
                alias = self.name().value
            found.append(Import(tuple(path[:-1]), path[-1], alias, statement.position, relative))
        self.expect("line")
        return found

    def definition(self, token: _Token, kind: str) -> Definition:
        modifiers = ""
        if token.kind == "modifiers":
            modifiers, token = token.value, self.expect("rule")
        if token.kind not in ("rule", "terminal"):
            raise self.error(token, "the name of a rule or terminal")
        following = self.peek()
        if following.kind in ("rule", "terminal") and following.position == token.position + len(token.value):
            raise ConstraintSyntaxError(
                "a name is in lower case (a rule) or in upper case (a terminal), not mixed",
                self.text,
                following.position,
            )
        made = Definition(token.value, token.position, kind, modifiers=modifiers)
        if "?" in modifiers and token.value.startswith("_"):
            raise ConstraintSyntaxError(
                "a rule whose name begins with '_' cannot have the modifier '?'", self.text, token.position
            )
        if self.peek().value == "{" and not made.is_terminal:
            self.next()
            parameters = [self.expect("rule")]
            while self.next_of(",", "}").value == ",":
                parameters.append(self.expect("rule"))
            made.parameters = tuple(parameter.value for parameter in parameters)
            for index, parameter in enumerate(parameters):
                if parameter.value in made.parameters[:index]:
                    raise ConstraintSyntaxError(
                        f"the template has two parameters {parameter.value!r}", self.text, parameter.position
                    )
        if self.peek().value == ".":
            self.next()
            made.priority = self.expect("number").value
        self.next_of(":")
        self.body(made)
        if made.is_terminal and made.bodies[made.name] == ((),):
            raise ConstraintSyntaxError(
                f"the terminal {made.name!r} is empty", self.text, made.position, expected="a text"
            )
        return made

    # -- bodies --------------------------------------------------------------------------------------

    def body(self, made: Definition) -> None:
        build = BodyBuilder(made.name, made.bodies)
        is_terminal = made.is_terminal or made.name.startswith("%")
        closing: list[str] = []
        while True:
            token = self.next()
            if token.kind == "line":
                if closing:
                    raise ConstraintSyntaxError(
                        "a bracket is never closed", self.text, build.opened_at, expected=repr(closing[-1])
                    )
                build.finish()
                return
            if token.value in ("(", "["):
                build.open(token.position)
                closing.append(")" if token.value == "(" else "]")
                continue
            if token.value == "|":
                build.next_alternative()
                continue
            if token.kind == "sign" and token.value in ("&", "~"):
                if token.value == "&" and build.is_sequence_empty:
                    raise self.error(token, "an item before '&'")
                if not is_terminal:
                    raise ConstraintSyntaxError(
                        f"{token.value!r} is for terminals, not for rules", self.text, token.position
                    )
                build.append(Operator(token.value, token.position))
                if self.peek().kind == "line" or self.peek().value in ("|", ")", "]", "&"):
                    raise self.error(self.peek(), f"an item after {token.value!r}")
                continue
            if token.value == "->":
                if is_terminal:
                    raise ConstraintSyntaxError(
                        "a terminal has no alias; '->' is for rules", self.text, token.position
                    )
                if made.name.startswith("_"):
                    raise ConstraintSyntaxError(
                        "a rule whose name begins with '_' has no alias", self.text, token.position
                    )
                self.expect("rule")
                made.has_alias = True
                following = self.peek()
                if following.kind != "line" and following.value not in ("|", ")", "]"):
                    raise self.error(following, "'|' or the end of the alternative")
                continue
            if token.value in (")", "]"):
                if not closing or closing.pop() != token.value:
                    raise self.error(token)
                build.close()
                if token.value == "]":
                    build.repeat_last(0, 1)
            else:
                build.append(self.item(token, 0))
            self.count(build)

    def count(self, build: BodyBuilder) -> None:
        sign = self.peek().value
        if self.peek().kind != "sign" or sign not in ("*", "+", "?", "~"):
            return
        if sign == "~" and self.tokens[self.at + 1].kind != "number":
            return
        self.next()
        if sign != "~":
            build.repeat_last(int(sign == "+"), 1 if sign == "?" else None)
        else:
            token = self.expect("number")
            low = high = int(token.value)
            if self.peek().value == "..":
                self.next()
                high = int(self.expect("number").value)
            if low < 0 or high < low:
                raise ConstraintSyntaxError("not a count", self.text, token.position, expected="~n or ~n..m")
            build.repeat_last(low, high)
        if self.peek().value in ("*", "+", "?") and self.peek().kind == "sign":
            raise self.error(self.peek(), "one operator; put brackets around the item to repeat it again")

    def item(self, token: _Token, depth: int) -> Item:
        if token.kind == "string":
            text = self.string(token)
            if self.peek().value != "..":
                return text
            self.next()
            return self.range(token, text, self.string(self.expect("string")))
        if token.kind == "regexp":
            begin = token.value.rindex("/")
            flags = token.value[begin + 1 :]
            if "l" in flags:
                raise ConstraintSyntaxError(
                    "the flag 'l' depends on the machine", self.text, token.position, expected="imsux"
                )
            if "\n" in token.value and "x" not in flags:
                raise ConstraintSyntaxError(
                    "a regular expression of several lines needs the flag x", self.text, token.position
                )
            source = token.value[1:begin]
            if "b" not in flags:
                source = unescaped(source, self.text, token.position + 1, in_regexp=True)
            elif any(ord(char) > 0xFF for char in source):
                raise ConstraintSyntaxError(
                    "a pattern of bytes holds bytes", self.text, token.position, expected="\\x00 to \\xFF"
                )
            return Pattern(source, flags, token.position)
        if token.kind not in ("rule", "terminal"):
            raise self.error(token, "a name, a string, a regular expression, '(' or '['")
        if self.peek().value != "{" or token.kind == "terminal":
            return Name(token.value, token.position)
        if depth > (limit := current_limits().template_nesting):
            raise LimitExceeded("the nesting of template arguments", limit)
        self.next()
        arguments = [self.item(self.next(), depth + 1)]
        while self.next_of(",", "}").value == ",":
            arguments.append(self.item(self.next(), depth + 1))
        return Use(token.value, tuple(arguments), token.position)

    def range(self, token: _Token, first: Text, last: Text) -> CharacterRange:
        for end in (first, last):
            if "i" in end.flags:
                raise ConstraintSyntaxError(
                    "the ends of a range have no flag i", self.text, end.position, expected="two ranges"
                )
            if len(end.value) != 1 or end.value == "\\":
                raise ConstraintSyntaxError("the end of a range is one character", self.text, end.position)
        if last.value < first.value:
            raise ConstraintSyntaxError("a range ends before it begins", self.text, token.position)
        if first.value == "^" or last.value == "]":
            raise Unsupported(
                f"Lark reads this range as the class [{first.value}-{last.value}], which means something "
                "else; write a regular expression",
                text=self.text,
                position=token.position,
            )
        return CharacterRange(first, last, token.position)

    def string(self, token: _Token) -> Text:
        end = token.value.rindex('"')
        flags = token.value[end + 1 :]
        value = unescaped(token.value[1:end], self.text, token.position + 1)
        if not value:
            raise ConstraintSyntaxError(
                "an empty string is no terminal", self.text, token.position, expected="nothing at all for it"
            )
        if "b" in flags and any(ord(char) > 0xFF for char in value):
            raise ConstraintSyntaxError(
                "a bytes string holds bytes", self.text, token.position, expected="\\x00 to \\xFF"
            )
        return Text(value, flags, token.position)

    # -- tokens --------------------------------------------------------------------------------------

    def peek(self) -> _Token:
        return self.tokens[self.at]

    def next(self) -> _Token:
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        if self.at > (limit := current_limits().pattern_length):
            raise LimitExceeded("the length of the grammar", limit)
        return token

    def name(self) -> _Token:
        token = self.next()
        if token.kind not in ("rule", "terminal"):
            raise self.error(token, "a name")
        return token

    def expect(self, kind: str) -> _Token:
        token = self.next()
        if token.kind != kind:
            raise self.error(token, _KINDS.get(kind, f"a {kind}"))
        return token

    def next_of(self, *signs: str) -> _Token:
        token = self.next()
        if token.value not in signs or token.kind != "sign":
            raise self.error(token, " or ".join(map(repr, signs)))
        return token

    def error(self, token: _Token, expected: str | None = None) -> ConstraintSyntaxError:
        what = {"line": "the line ends too early", "end": "the text ends too early"}
        message = what.get(token.kind, f"{token.value!r} does not belong here")
        if token.kind == "statement":
            message += did_you_mean(token.value, _STATEMENTS)
        return ConstraintSyntaxError(message, self.text, token.position, expected=expected)


_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.)|$)", re.S)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", '"': '"'}


def unescaped(body: str, text: str, position: int, *, in_regexp: bool = False) -> str:
    r"""A string's characters: the escapes \\ \" \n \r \t \f \x \u \U; any other backslash is itself.

    Lark reads the same escapes in a regular expression, before the expression is: `/a\x2b/` is `a+`. Only
    `\\` stays as it is there. Patterns of bytes, which Lark does not have, are not read so.
    """

    def char(match: re.Match[str]) -> str:
        digits = match[1] or match[2] or match[3]
        if not digits:
            if match[4] is None or match[4] in "xuU":
                raise ConstraintSyntaxError(
                    "not an escape", text, position + match.start(), expected=r"\xHH, \uHHHH or \UHHHHHHHH"
                )
            if match[4] == "\\":
                return match[0] if in_regexp else "\\"
            return _SIMPLE.get(match[4], match[0])
        value = int(digits, 16)
        if value > 0x10FFFF or 0xD800 <= value <= 0xDFFF:
            raise ConstraintSyntaxError(f"U+{value:04X} is no character", text, position + match.start())
        return chr(value)

    return _ESCAPE.sub(char, body)
