"""The syntax of Lark's EBNF: a grammar's text to definitions and statements.

Bodies are flat (see `bodies`); their atoms are the items below, each with its position in the source, and
names of helper rules. What the items mean is `lark`'s business.

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
from bltgen.errors import ConstraintSyntaxError, LimitExceeded

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
    """`%import library.name -> alias`."""

    library: str
    name: str
    alias: str
    position: int


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
      (?P<space>(?:[ \t]|\\[ \t]*\r?\n|(?://|\#)[^\n]*)+)
    | (?P<line>\r?\n)
    | (?P<string>"(?:\\.|[^"\\\n])*"[A-Za-z]*)
    | (?P<regexp>/(?![/*])(?:\\.|[^/\\])*/[A-Za-z]*)
    | (?P<name>[!?_]*[A-Za-z][A-Za-z0-9_]*|_[_A-Za-z0-9]*)
    | (?P<number>[+-]?\d+)
    | (?P<statement>%[a-z]+)
    | (?P<sign>->|\.\.|[:|&(){}\[\],~*+?.])
    """,
    re.X | re.S,
)
_STRING_FLAGS = frozenset("ib")
_REGEXP_FLAGS = frozenset("imsxub")
_NESTED_ARGUMENTS = 50


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
                what = {'"': "a string is never closed", "/": "a regular expression is never closed"}
                raise ConstraintSyntaxError(
                    what.get(self.text[at], f"{self.text[at]!r} does not belong here"), self.text, at
                )
            kind = match.lastgroup
            assert kind is not None
            # `?` and `!` before a name are its modifiers only where a definition may begin.
            if (
                kind == "name"
                and match[0][0] in "?!"
                and tokens
                and tokens[-1].kind not in ("line", "statement")
            ):
                tokens.append(_Token("sign", match[0][0], at))
                at += 1
                continue
            if kind == "line":
                if tokens and tokens[-1].kind != "line":
                    tokens.append(_Token("line", "\n", at))
            elif kind != "space":
                tokens.append(_Token(kind, match[0], at))
            at = match.end()
        return [*tokens, _Token("line", "", at), _Token("end", "", at)]

    # -- statements ----------------------------------------------------------------------------------

    def source(self) -> Source:
        source = Source(self.text)
        while self.peek().kind != "end":
            token = self.next()
            if token.kind == "line":
                continue
            if token.kind == "name":
                source.definitions.append(self.definition(token, "define"))
            elif token.value in ("%override", "%extend"):
                source.definitions.append(self.definition(self.expect("name"), token.value[1:]))
            elif token.value == "%ignore":
                ignored = Definition(f"%ignore~{len(source.ignored)}", token.position)
                self.body(ignored)
                source.ignored.append(ignored)
            elif token.value == "%import":
                source.imports += self.imports(token)
            elif token.value == "%declare":
                while self.peek().kind == "name":
                    name = self.next()
                    source.declared.append(Name(name.value, name.position))
                self.expect("line")
            else:
                raise self.error(token, "a definition, %import, %ignore, %override or %extend")
        return source

    def imports(self, statement: _Token) -> list[Import]:
        path: list[str] = []
        if self.peek().value == ".":
            self.next()
        path.append(self.expect("name").value)
        while self.peek().value == ".":
            self.next()
            path.append(self.expect("name").value)
        found: list[Import] = []
        if self.peek().value == "(":
            self.next()
            while True:
                self.skip_lines()
                token = self.expect("name")
                found.append(Import(".".join(path), token.value, token.value, token.position))
                self.skip_lines()
                if self.next_of(",", ")").value == ")":
                    break
        else:
            if len(path) < 2:
                raise self.error(self.peek(), "'.' and a name, or names in brackets")
            alias = path[-1]
            if self.peek().value == "->":
                self.next()
                alias = self.expect("name").value
            found.append(Import(".".join(path[:-1]), path[-1], alias, statement.position))
        self.expect("line")
        return found

    def definition(self, token: _Token, kind: str) -> Definition:
        name = token.value.lstrip("?!")
        made = Definition(name, token.position, kind, modifiers=token.value[: len(token.value) - len(name)])
        if self.peek().value == "{":
            self.next()
            parameters = [self.expect("name").value]
            while self.next_of(",", "}").value == ",":
                parameters.append(self.expect("name").value)
            made.parameters = tuple(parameters)
        if self.peek().value == ".":
            self.next()
            made.priority = self.expect("number").value
        self.next_of(":")
        self.body(made)
        return made

    # -- bodies --------------------------------------------------------------------------------------

    def body(self, made: Definition) -> None:
        build = BodyBuilder(made.name, made.bodies)
        closing: list[str] = []
        while True:
            token = self.next()
            if token.kind == "line":
                following = self.peek()
                if following.value == "|" or (closing and following.kind != "end"):
                    continue
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
                build.append(Operator(token.value, token.position))
                if self.peek().kind == "line" or self.peek().value in ("|", ")", "]", "&"):
                    raise self.error(self.peek(), f"an item after {token.value!r}")
                continue
            if token.value == "->":
                self.expect("name")
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
            self.counts(build)

    def counts(self, build: BodyBuilder) -> None:
        while True:
            sign = self.peek().value
            if self.peek().kind != "sign" or sign not in ("*", "+", "?", "~"):
                return
            if sign == "~" and self.tokens[self.at + 1].kind != "number":
                return
            self.next()
            if sign != "~":
                build.repeat_last(int(sign == "+"), 1 if sign == "?" else None)
                continue
            token = self.expect("number")
            low = high = int(token.value)
            if self.peek().value == "..":
                self.next()
                high = int(self.expect("number").value)
            if low < 0 or high < low:
                raise ConstraintSyntaxError("not a count", self.text, token.position, expected="~n or ~n..m")
            build.repeat_last(low, high)

    def item(self, token: _Token, depth: int) -> Item:
        if token.kind == "string":
            text = self.string(token)
            if self.peek().value != "..":
                return text
            self.next()
            last = self.string(self.expect("string"))
            for end in (text, last):
                if len(end.value) != 1:
                    raise ConstraintSyntaxError(
                        "the end of a range is one character", self.text, end.position
                    )
            if last.value < text.value:
                raise ConstraintSyntaxError("a range ends before it begins", self.text, token.position)
            return CharacterRange(text, last, token.position)
        if token.kind == "regexp":
            begin = token.value.rindex("/")
            flags = self.flags(token, token.value[begin + 1 :], _REGEXP_FLAGS)
            if "\n" in token.value and "x" not in flags:
                raise ConstraintSyntaxError(
                    "a regular expression of several lines needs the flag x", self.text, token.position
                )
            return Pattern(token.value[1:begin], flags, token.position)
        if token.kind != "name" or token.value[0] in "?!":
            raise self.error(token, "a name, a string, a regular expression, '(' or '['")
        if self.peek().value != "{":
            return Name(token.value, token.position)
        if depth > _NESTED_ARGUMENTS:
            raise LimitExceeded("the nesting of template arguments", _NESTED_ARGUMENTS)
        self.next()
        arguments = [self.item(self.next(), depth + 1)]
        while self.next_of(",", "}").value == ",":
            arguments.append(self.item(self.next(), depth + 1))
        return Use(token.value, tuple(arguments), token.position)

    def string(self, token: _Token) -> Text:
        end = token.value.rindex('"')
        flags = self.flags(token, token.value[end + 1 :], _STRING_FLAGS)
        value = unescaped(token.value[1:end], self.text, token.position + 1)
        if "b" in flags and any(ord(char) > 0xFF for char in value):
            raise ConstraintSyntaxError(
                "a bytes string holds bytes", self.text, token.position, expected="\\x00 to \\xFF"
            )
        return Text(value, flags, token.position)

    def flags(self, token: _Token, flags: str, known: frozenset[str]) -> str:
        for flag in flags:
            if flag not in known:
                raise ConstraintSyntaxError(
                    f"{flag!r} is not a flag", self.text, token.position, expected=", ".join(sorted(known))
                )
        return flags

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

    def skip_lines(self) -> None:
        while self.peek().kind == "line":
            self.next()

    def expect(self, kind: str) -> _Token:
        token = self.next()
        if token.kind != kind:
            raise self.error(token, {"line": "the end of the line"}.get(kind, f"a {kind}"))
        return token

    def next_of(self, *signs: str) -> _Token:
        token = self.next()
        if token.value not in signs or token.kind != "sign":
            raise self.error(token, " or ".join(map(repr, signs)))
        return token

    def error(self, token: _Token, expected: str | None = None) -> ConstraintSyntaxError:
        what = {"line": "the line ends too early", "end": "the text ends too early"}
        message = what.get(token.kind, f"{token.value!r} does not belong here")
        return ConstraintSyntaxError(message, self.text, token.position, expected=expected)


_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.S)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "\\": "\\", '"': '"'}


def unescaped(body: str, text: str, position: int) -> str:
    r"""A string's characters: the escapes \\ \" \n \r \t \f \x \u \U; any other backslash is itself."""

    def char(match: re.Match[str]) -> str:
        digits = match[1] or match[2] or match[3]
        if not digits:
            if match[4] in "xuU":
                raise ConstraintSyntaxError(
                    "not an escape", text, position + match.start(), expected=r"\xHH, \uHHHH or \UHHHHHHHH"
                )
            return _SIMPLE.get(match[4], match[0])
        value = int(digits, 16)
        if value > 0x10FFFF or 0xD800 <= value <= 0xDFFF:
            raise ConstraintSyntaxError(f"U+{value:04X} is no character", text, position + match.start())
        return chr(value)

    return _ESCAPE.sub(char, body)
