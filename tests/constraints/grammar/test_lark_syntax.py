"""Lark's EBNF as definitions: what is read, exactly, and each error with its place and what was expected."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.automata.limits import Limits, use_limits
from bltgen.automata.productions import Repeat
from bltgen.constraints.grammar.lark_syntax import (
    CharacterRange,
    Definition,
    Import,
    Name,
    Operator,
    Pattern,
    Source,
    Text,
    Use,
    parse,
    unescaped,
)
from bltgen.errors import ConstraintSyntaxError, LimitExceeded, Unsupported


def body(text: str, name: str = "s") -> dict[str, Any]:
    """The bodies of the one definition whose right side is `text`."""
    (definition,) = parse(f"{name}: {text}").definitions
    assert definition.name == name
    assert definition.position == 0
    return definition.bodies


A = Text("a", "", 3)
STATEMENT = "a definition, %import, %ignore, %override, %extend or %declare"
ONE_OPERATOR = "one operator; put brackets around the item to repeat it again"

TWO_FLAGS = (Text("x", "ib", 20), Text("y", "bi", 26))
BODIES: dict[str, dict[str, Any]] = {
    '"a"': {"s": ((A,),)},
    "b": {"s": ((Name("b", 3),),)},
    "B_1 _c": {"s": ((Name("B_1", 3), Name("_c", 7)),)},
    '"a" | b |': {"s": ((A,), (Name("b", 9),), ())},
    '"a"\n | b\n\n\t|c': {"s": ((A,), (Name("b", 10),), (Name("c", 15),))},
    '"a" // x\n# y\n | b': {"s": ((A,), (Name("b", 19),))},
    '"a" \\\n b': {"s": ((A, Name("b", 10)),)},
    '"a"*': {"s": (("s~1",),), "s~1": Repeat(A, 0, None)},
    '"a"+ b': {"s": (("s~1", Name("b", 8)),), "s~1": Repeat(A, 1, None)},
    '"a"?': {"s": (("s~1",),), "s~1": Repeat(A, 0, 1)},
    '"a"~3': {"s": (("s~1",),), "s~1": Repeat(A, 3, 3)},
    '"a"~0': {"s": (("s~1",),), "s~1": Repeat(A, 0, 0)},
    '"a" ~ 2..2': {"s": (("s~1",),), "s~1": Repeat(A, 2, 2)},
    '"a"~0..5': {"s": (("s~1",),), "s~1": Repeat(A, 0, 5)},
    '["a"]': {"s": (("s~1",),), "s~1": Repeat(Text("a", "", 4), 0, 1)},
    '["a"]*': {"s": (("s~2",),), "s~1": Repeat(Text("a", "", 4), 0, 1), "s~2": Repeat("s~1", 0, None)},
    "(b | c) d": {"s": (("s~1", Name("d", 11)),), "s~1": ((Name("b", 4),), (Name("c", 8),))},
    "((b))+": {"s": (("s~1",),), "s~1": Repeat(Name("b", 5), 1, None)},
    '"a" -> one': {"s": ((A,),)},
    '("a" -> one) | b -> two': {"s": ((Text("a", "", 4),), (Name("b", 18),))},
    '["a" -> one]': {"s": (("s~1",),), "s~1": Repeat(Text("a", "", 4), 0, 1)},
    '"a"i "é" "\\xff"b "x"ib "y"bi': {
        "s": (
            (
                Text("a", "i", 3),
                Text("é", "", 8),
                Text("ÿ", "b", 12),
                Text("x", "ib", 20),
                Text("y", "bi", 26),
            ),
        )
    },
    '"a"b c': {"s": ((Text("a", "b", 3), Name("c", 8)),)},
    '"a"ba': {"s": ((A, Name("ba", 6)),)},
    '"a"ic': {"s": ((Text("a", "i", 3), Name("c", 7)),)},
    '"\\"\\\\\\n\\d"': {"s": ((Text('"\\\n\\d', "", 3),),)},
    "/a/": {"s": ((Pattern("a", "", 3),),)},
    "/a\\/b/imsux": {"s": ((Pattern("a\\/b", "imsux", 3),),)},
    "/a+/b c": {"s": ((Pattern("a+", "b", 3), Name("c", 9)),)},
    "/a/ib": {"s": ((Pattern("a", "ib", 3),),)},
    "/a/bc": {"s": ((Pattern("a", "", 3), Name("bc", 6)),)},
    "/\\x2b\\\\\\n/": {"s": ((Pattern("+\\\\\n", "", 3),),)},
    "/\\x2b\\xff/b": {"s": ((Pattern("\\x2b\\xff", "b", 3),),)},
    "/a # x\n b/x": {"s": ((Pattern("a # x\n b", "x", 3),),)},
    '"a".."z"': {"s": ((CharacterRange(A, Text("z", "", 8), 3),),)},
    '"a".."a"': {"s": ((CharacterRange(A, Text("a", "", 8), 3),),)},
    '"\\x00"b.."\\xff"b': {"s": ((CharacterRange(Text("\0", "b", 3), Text("ÿ", "b", 12), 3),),)},
    "t{b}": {"s": ((Use("t", (Name("b", 5),), 3),),)},
    't{b, "a", u{C}} d': {
        "s": (
            (
                Use("t", (Name("b", 5), Text("a", "", 8), Use("u", (Name("C", 15),), 13)), 3),
                Name("d", 19),
            ),
        )
    },
    "t{b}*": {"s": (("s~1",),), "s~1": Repeat(Use("t", (Name("b", 5),), 3), 0, None)},
}


@pytest.mark.parametrize("text", BODIES)
def test_bodies(text: str) -> None:
    assert body(text) == BODIES[text]


TERMINALS: dict[str, dict[str, Any]] = {
    '"a" & "b"': {"S": ((A, Operator("&", 7), Text("b", "", 9)),)},
    '~"a" | ~~B': {
        "S": (
            (Operator("~", 3), Text("a", "", 4)),
            (Operator("~", 10), Operator("~", 11), Name("B", 12)),
        )
    },
    '"a"~2 ~"b"': {"S": (("S~1", Operator("~", 9), Text("b", "", 10)),), "S~1": Repeat(A, 2, 2)},
    '"a" ~ "b"': {"S": ((A, Operator("~", 7), Text("b", "", 9)),)},
    '"a" & ~(B)+': {
        "S": ((A, Operator("&", 7), Operator("~", 9), "S~1"),),
        "S~1": Repeat(Name("B", 11), 1, None),
    },
}


@pytest.mark.parametrize("text", TERMINALS)
def test_sets_of_texts_are_for_terminals(text: str) -> None:
    assert body(text, "S") == TERMINALS[text]
    with pytest.raises(ConstraintSyntaxError, match="is for terminals, not for rules"):
        parse(f"s: {text}")


def test_what_a_definition_is_told() -> None:
    text = 's.2: "a"\n?t.-1: "b" -> x\n!?u: "c"\n_V.10: "d"\n?!w{a, b}: a b\n!x: s'
    source = parse(text)
    assert [
        (d.name, d.kind, d.parameters, d.priority, d.modifiers, d.has_alias, d.is_terminal)
        for d in source.definitions
    ] == [
        ("s", "define", (), "2", "", False, False),
        ("t", "define", (), "-1", "?", True, False),
        ("u", "define", (), "", "!?", False, False),
        ("_V", "define", (), "10", "", False, True),
        ("w", "define", ("a", "b"), "", "?!", False, False),
        ("x", "define", (), "", "!", False, False),
    ]
    assert [d.position for d in source.definitions] == [0, 10, 27, 34, 47, 61]
    assert (source.text, source.imports, source.ignored, source.declared) == (text, [], [], [])


def test_statements() -> None:
    text = (
        '\n\n%ignore " "\n%ignore WS | B\n%declare A _b C\n%import common.INT\n%import .x.y (A, b)\n'
        "%import x.y.Z -> W\n%override s: a\n%extend T: B\n%import ..x (c)"
    ).replace("..x", ".x")
    source = parse(text)
    assert [(i.name, i.position) for i in source.ignored] == [("%ignore~0", 2), ("%ignore~1", 14)]
    assert [i.bodies for i in source.ignored] == [
        {"%ignore~0": ((Text(" ", "", 10),),)},
        {"%ignore~1": ((Name("WS", 22),), (Name("B", 27),))},
    ]
    assert source.declared == [Name("A", 38), Name("_b", 40), Name("C", 43)]
    assert source.imports == [
        Import(("common",), "INT", "INT", 45, False),
        Import(("x", "y"), "A", "A", text.index("(A") + 1, True),
        Import(("x", "y"), "b", "b", text.index("b)"), True),
        Import(("x", "y"), "Z", "W", text.index("%import x.y.Z"), False),
        Import(("x",), "c", "c", text.index("c)"), True),
    ]
    assert [i.library for i in source.imports] == ["common", ".x.y", ".x.y", "x.y", ".x"]
    assert [(d.name, d.kind) for d in source.definitions] == [("s", "override"), ("T", "extend")]


def test_a_text_of_nothing() -> None:
    for text in ("", "\n\n", "// only\n", " \t", "# a\r\n\r\n"):
        assert parse(text) == Source(text)


def test_definitions_end_with_their_lines() -> None:
    for text in ("a: b\nc: d", "a: b\n\n\nc: d\n", "a: b\r\nc: d\r\n", "a: b // x\nc: d", "a: b \n  c: d"):
        source = parse(text)
        assert [(d.name, len(d.bodies)) for d in source.definitions] == [("a", 1), ("c", 1)]


@pytest.mark.parametrize(
    ("text", "message", "position", "expected"),
    [
        ("s: 'a'", "a string stands in double quotes", 3, '"..."'),
        ('s: "a', "a string is never closed", 3, None),
        ('s: "a\n"', "a string is never closed", 3, None),
        ("s: /a", "a regular expression is never closed", 3, None),
        ("s: ;", "';' does not belong here", 3, None),
        ("s b", "'b' does not belong here", 2, "':'"),
        ("s", "the line ends too early", 1, "':'"),
        ("s:", None, 0, None),
        (": a", "':' does not belong here", 0, STATEMENT),
        ("%nothing", "'%nothing' does not belong here", 0, STATEMENT),
        ("%override 5", "'5' does not belong here", 10, "the name of a rule or terminal"),
        ("?A: b", "'?' does not belong here", 0, STATEMENT),
        ("?_s: b", "a rule whose name begins with '_' cannot have the modifier '?'", 1, None),
        ("!_s: b", None, 0, None),
        ("sB: c", "a name is in lower case (a rule) or in upper case (a terminal), not mixed", 1, None),
        ("s{}: a", "'}' does not belong here", 2, "a name in lower case"),
        ("s{x y}: a", "'y' does not belong here", 4, "',' or '}'"),
        ("s{x, X}: a", "'X' does not belong here", 5, "a name in lower case"),
        ("s{x, y, x}: a", "the template has two parameters 'x'", 8, None),
        ("S{x}: a", "'{' does not belong here", 1, "':'"),
        ("s.b: a", "'b' does not belong here", 2, "a number"),
        ("S:", "the terminal 'S' is empty", 0, "a text"),
        ("S: |", None, 0, None),
        ("s: (b", "a bracket is never closed", 3, "')'"),
        ("s: ([b)", "')' does not belong here", 6, None),
        ("s: ([b", "a bracket is never closed", 4, "']'"),
        ("s: b)", "')' does not belong here", 4, None),
        ("s: [b)", "')' does not belong here", 5, None),
        ("S: b & ", "the line ends too early", 7, "an item after '&'"),
        ("S: & b", "'&' does not belong here", 3, "an item before '&'"),
        ("S: b & & c", "'&' does not belong here", 7, "an item after '&'"),
        ("S: (b ~ ) c", "')' does not belong here", 8, "an item after '~'"),
        ("S: [b ~ ] c", "']' does not belong here", 8, "an item after '~'"),
        ("S: b ~ | c", "'|' does not belong here", 7, "an item after '~'"),
        ("s: b & c", "'&' is for terminals, not for rules", 5, None),
        ("s: ~c", "'~' is for terminals, not for rules", 3, None),
        ("S: b -> c", "a terminal has no alias; '->' is for rules", 5, None),
        ("%ignore b -> c", "a terminal has no alias; '->' is for rules", 10, None),
        ("_s: b -> c", "a rule whose name begins with '_' has no alias", 6, None),
        ("s: b -> C", "'C' does not belong here", 8, "a name in lower case"),
        ("s: b -> c d", "'d' does not belong here", 10, "'|' or the end of the alternative"),
        ("s: b ->", "the line ends too early", 7, "a name in lower case"),
        ("s: b**", "'*' does not belong here", 5, ONE_OPERATOR),
        ("s: b~2?", "'?' does not belong here", 6, ONE_OPERATOR),
        ("s: b~3..2", "not a count", 5, "~n or ~n..m"),
        ("s: b~-1", "not a count", 5, "~n or ~n..m"),
        ("s: b~2..", "the line ends too early", 8, "a number"),
        ("s: b~2..c", "'c' does not belong here", 8, "a number"),
        ("s: /a/l", "the flag 'l' depends on the machine", 3, "imsux"),
        ("s: /a\nb/", "a regular expression of several lines needs the flag x", 3, None),
        ("s: /a\nb/i", "a regular expression of several lines needs the flag x", 3, None),
        ("s: /\u0100/b", "a pattern of bytes holds bytes", 3, "\\x00 to \\xFF"),
        ("s: 5", "'5' does not belong here", 3, "a name, a string, a regular expression, '(' or '['"),
        ("s: {", "'{' does not belong here", 3, "a name, a string, a regular expression, '(' or '['"),
        ("s: t{b c}", "'c' does not belong here", 7, "',' or '}'"),
        ("s: t{b", "the line ends too early", 6, "',' or '}'"),
        ("s: B{c}", "'{' does not belong here", 4, "a name, a string, a regular expression, '(' or '['"),
        ('s: "a"i.."b"', "the ends of a range have no flag i", 3, "two ranges"),
        ('s: "a".."b"i', "the ends of a range have no flag i", 8, "two ranges"),
        ('s: "ab".."c"', "the end of a range is one character", 3, None),
        ('s: "a".."bc"', "the end of a range is one character", 8, None),
        ('s: "\\\\".."a"', "the end of a range is one character", 3, None),
        ('s: "b".."a"', "a range ends before it begins", 3, None),
        ('s: "a"..b', "'b' does not belong here", 8, "a string"),
        ('s: ""', "an empty string is no terminal", 3, "nothing at all for it"),
        ('s: "\u0100"b', "a bytes string holds bytes", 3, "\\x00 to \\xFF"),
        ('s: "\u0100"', None, 0, None),
        ('s: "ÿ"b', None, 0, None),
        ("s: /ÿ/b", None, 0, None),
        ("%declare", "the line ends too early", 8, "a name"),
        ("%declare A 5", "'5' does not belong here", 11, "the end of the line"),
        ("%import common", "the line ends too early", 14, "'.' and a name, or names in brackets"),
        ("%import common.", "the line ends too early", 15, "a name"),
        ("%import common.A B", "'B' does not belong here", 17, "the end of the line"),
        ("%import common (A B)", "'B' does not belong here", 18, "',' or ')'"),
        ("%import common (A) B", "'B' does not belong here", 19, "the end of the line"),
        ("%import common.A -> 5", "'5' does not belong here", 20, "a name"),
        ("%import 5", "'5' does not belong here", 8, "a name"),
    ],
)  # fmt: skip
def test_errors_have_their_fields(
    text: str, message: str | None, position: int, expected: str | None
) -> None:
    """A message of None: no error at all."""
    if message is None:
        parse(text)
        return
    with pytest.raises(ConstraintSyntaxError) as caught:
        parse(text)
    assert (caught.value.message, caught.value.position, caught.value.expected) == (
        message,
        position,
        expected,
    )
    assert caught.value.text == text


@pytest.mark.parametrize("text", ['"^".."a"', '"Z".."]"'])
def test_ranges_that_lark_reads_as_something_else(text: str) -> None:
    with pytest.raises(Unsupported, match=r"Lark reads this range as the class \[.-.\]") as caught:
        parse(f"s: b {text}")
    assert caught.value.position == 5
    assert body('"A".."^"')
    assert body('"]".."a"')


def test_a_misspelt_statement_is_recognised() -> None:
    with pytest.raises(ConstraintSyntaxError, match="did you mean '%ignore'"):
        parse('%ignroe " "')


def test_arguments_nest_so_deep() -> None:
    for depth in (51, 52):
        text = "s: " + "t{" * depth + "a" + "}" * depth
        if depth == 51:
            parse(text)
        else:
            with pytest.raises(LimitExceeded) as caught:
                parse(text)
            assert caught.value.limit == 50


def test_so_many_tokens_are_read() -> None:
    """As many as a text of the limit's length may have."""
    with use_limits(Limits(pattern_length=8)):
        assert parse("s: a b c d")
        with pytest.raises(LimitExceeded) as caught:
            parse("s: a b c d e f g")
    assert caught.value.limit == 8


@pytest.mark.parametrize(
    ("written", "string", "pattern"),
    [
        ("ab", "ab", "ab"),
        (r"\n\r\t\f", "\n\r\t\f", "\n\r\t\f"),
        (r"\"", '"', '"'),
        (r"\\", "\\", "\\\\"),
        (r"\\n", "\\n", "\\\\n"),
        (r"\d\.", "\\d\\.", "\\d\\."),
        (r"\x41\u00e9\U0001F600", "Aé😀", "Aé😀"),
        (r"\ud7ff\ue000\U0010ffff", "\ud7ff\ue000\U0010ffff", "\ud7ff\ue000\U0010ffff"),
        ("\\\n", "\\\n", "\\\n"),
    ],
)
def test_escapes(written: str, string: str, pattern: str) -> None:
    assert unescaped(written, "", 0) == string
    assert unescaped(written, "", 0, in_regexp=True) == pattern


@pytest.mark.parametrize(
    ("written", "message", "position"),
    [
        (r"a\x4", "not an escape", 11),
        (r"\u004", "not an escape", 10),
        (r"\U0001F60", "not an escape", 10),
        ("ab\\", "not an escape", 12),
        (r"\U00110000", "U\\+110000 is no character", 10),
        (r"\ud800", r"U\+D800 is no character", 10),
        (r"a\udfff", r"U\+DFFF is no character", 11),
    ],
)
def test_bad_escapes(written: str, message: str, position: int) -> None:
    with pytest.raises(ConstraintSyntaxError, match=message) as caught:
        unescaped(written, "0123456789" + written, 10)
    assert caught.value.position == position


def test_terminals_are_in_upper_case() -> None:
    for name, is_terminal in (
        ("A", True),
        ("_A", True),
        ("__A", True),
        ("a", False),
        ("_a", False),
        ("_", False),
    ):
        assert Definition(name, 0).is_terminal is is_terminal
