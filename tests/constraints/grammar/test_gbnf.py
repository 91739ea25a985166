"""GBNF as llama.cpp defines it: what each construct admits, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.automata.language import EMPTY, EPSILON, literal
from bltgen.automata.productions import Repeat
from bltgen.automata.utf8 import UTF8_CHAR, code_points
from bltgen.constraints.grammar import grammar
from bltgen.constraints.grammar.gbnf import parse
from bltgen.constraints.regex import regex
from bltgen.errors import ConstraintSyntaxError, EmptyLanguage, Unsupported

CASES = {
    "literal": ('root ::= "ab"', ["ab"], ["a", "AB"]),
    "sequence and choice": ('root ::= "a" b | "c"\nb ::= "b"', ["ab", "c"], ["ac"]),
    "empty alternative": ('root ::= "a" | ', ["a", ""], ["aa"]),
    "next line after a bar": ('root ::= "a" |\n  "b"', ["a", "b"], [""]),
    "next line after the sign": ('root ::=\n  "a"', ["a"], [""]),
    "lines in brackets": ('root ::= (\n "a"\n |\n "b" # why\n)* "c"', ["c", "abc"], ["ab"]),
    "comment": ('# head\nroot ::= "a" # "b"\n', ["a"], ["ab"]),
    "class": ("root ::= [a-cx]", ["a", "c", "x"], ["d", "", "-"]),
    "class with a hyphen": ("root ::= [a-]", ["a", "-"], ["b"]),
    "class with brackets": (r"root ::= [\[\]]", ["[", "]"], ["\\"]),
    "negated class": ("root ::= [^a-c\\n]", ["d", "é", "😀"], ["a", "\n", ""]),
    "any character": ("root ::= .", ["x", "\n", "é"], ["", "xy"]),
    "escapes": (r'root ::= "\x41\u00e9\U0001F600\n\t\r\\\""', ['Aé😀\n\t\r\\"'], ["A"]),
    "escapes in a class": (r"root ::= [\x41-\x43\u03b1]+", ["ABCα"], ["D"]),
    "a hyphen escaped": (r'root ::= [a\-z] "\-"', ["a-", "--", "z-"], ["b-"]),
    "a hyphen between ranges": ("root ::= [a-c-e]", ["b", "-", "e"], ["d"]),
    "a line feed within a literal": ('root ::= "a\n  b"', ["a\n  b"], ["ab"]),
    "classes of nothing": ('root ::= "a" [] [^]', ["a"], ["ab"]),
    "a count of none": ('root ::= "a"{0} "b"{0,0} "c"', ["c"], ["ac"]),
    "a count of what is counted": ('root ::= "a"{2}*', ["", "aa", "aaaa"], ["a"]),
    "star": ('root ::= "a"*', ["", "aa"], ["b"]),
    "plus": ('root ::= "a"+', ["a"], [""]),
    "question mark": ('root ::= "a"?', ["", "a"], ["aa"]),
    "exact count": ("root ::= [ab]{3}", ["aba"], ["ab", "abab"]),
    "lower bound": ('root ::= "a"{2,}', ["aa", "aaaaa"], ["a"]),
    "both bounds": ('root ::= ("a" | "b"){1,2}', ["a", "ab"], ["", "aba"]),
    "count of nothing": ('root ::= "a"{0} "b"', ["b"], ["ab"]),
    "names with hyphens and digits": ('root ::= ws-2\nws-2 ::= "x"', ["x"], [""]),
    "left recursion": ('root ::= root "+" root | [0-9]', ["1", "1+2+3"], ["1+"]),
    "hidden dead end": ('root ::= "a" x | "b"\nx ::= "c" x', ["b"], ["a", "ac"]),
    "windows line ends": ('root ::= a\r\na ::= "x"\r\n', ["x"], ["\r"]),
}


@pytest.mark.parametrize("name", CASES)
def test_constructs(name: str) -> None:
    """Each construct admits and refuses what its name says."""
    text, accepted, refused = CASES[name]
    constraint = grammar(text, format="gbnf")
    for word in accepted:
        assert constraint.accepts(word.encode()), word
    for word in refused:
        assert not constraint.accepts(word.encode()), word


# llama.cpp's own grammars/chess.gbnf, arithmetic.gbnf and list.gbnf, as its users write them.
CHESS = r"""
# Specifies chess moves as a list in algebraic notation, using PGN conventions
root   ::= "1. " move " " move "\n" ([1-9] [0-9]? ". " move " " move "\n")+
move   ::= (pawn | nonpawn | castle) [+#]?
# piece type, optional file/rank, optional capture, dest file & rank
nonpawn ::= [NBKQR] [a-h]? [1-8]? "x"? [a-h] [1-8]
pawn   ::= ([a-h] "x")? [a-h] [1-8] ("=" [NBKQR])?
castle ::= "O-O" "-O"?
"""
ARITHMETIC = """
root  ::= (expr "=" ws term "\\n")+
expr  ::= term ([-+*/] term)*
term  ::= ident | num | "(" ws expr ")" ws
ident ::= [a-z] [a-z0-9_]* ws
num   ::= [0-9]+ ws
ws    ::= [ \\t\\n]*
"""


def test_grammars_of_llama_cpp() -> None:
    """Grammars in the wild compile and do what they say."""
    chess = grammar(CHESS, format="gbnf")
    assert chess.accepts(b"1. e4 e5\n2. Nf3 Nc6\n3. O-O Qxd1+\n")
    assert not chess.accepts(b"1. e4 e9\n2. a1 a1\n")
    arithmetic = grammar(ARITHMETIC, format="gbnf")
    assert arithmetic.accepts(b"a*(b +2)= 7\n")
    assert not arithmetic.accepts(b"a*(b +2=7\n")


@pytest.mark.parametrize("text", ["root ::= <think>", "root ::= <[1000]>", 'root ::= "a" !<[7]>'])
def test_token_references_are_refused(text: str) -> None:
    """There is no tokenizer whose tokens could be meant."""
    with pytest.raises(Unsupported, match="token"):
        grammar(text, format="gbnf")


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ('root ::= "a', 1, 10, "never closed"),
        ("root ::= [a", 1, 10, "never closed"),
        ('root ::= ("a"', 1, 10, "never closed"),
        ('root ::= "a")', 1, 13, "does not belong"),
        ('root = "a"', 1, 6, "no body"),
        ("root ::= a", 1, 10, "no rule 'a'"),
        ('start ::= "a"', 1, 1, "no rule 'root'"),
        ('root ::= "a"\nroot ::= "b"', 2, 1, "defined twice"),
        ('root ::= "a"{2,1}', 1, 13, "less than"),
        ('root ::= "a"{,1}', 1, 13, "not a count"),
        (r'root ::= "\q"', 1, 12, "not an escape"),
        (r'root ::= "\uD800"', 1, 12, "no character"),
        ("root ::= [b-a]", 1, 14, "ends before"),
        ('root ::= "a"\n%', 2, 1, "does not belong"),
        ('root ::= "a"\n  | "b"', 2, 3, "begins with"),
        ('root ::= "a\nb ::= "x"', 1, 10, "never closed"),
        ("root ::= nmae\nname ::= [a]", 1, 10, "did you mean 'name'"),
        ('start: "a"', 1, 6, "no body"),
    ],
)
def test_syntax_errors_say_where(text: str, line: int, column: int, message: str) -> None:
    """Line, column, a caret under the place."""
    with pytest.raises(ConstraintSyntaxError, match=message) as caught:
        grammar(text, format="gbnf")
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).splitlines()[-1].strip() == "^"


def test_nothing_matches() -> None:
    """A rule that goes on for ever is found when the grammar is compiled."""
    with pytest.raises(EmptyLanguage):
        grammar('root ::= "a" root', format="gbnf")


def test_constraints_by_name() -> None:
    """A regex under a name, as a rule."""
    combined = grammar('root ::= "<" word ">"', format="gbnf", constraints={"word": regex("[a-z]+")})
    assert combined.accepts(b"<abc>")
    assert not combined.accepts(b"<>")


def test_deep_brackets_in_a_grammar() -> None:
    """10,000 nested brackets in the grammar's own text."""
    depth = 10_000
    assert grammar("root ::= " + "(" * depth + '"a"' + ")*" * depth, format="gbnf").accepts(b"aa")


@pytest.mark.parametrize("token", ["<think>", "<[1000]>", "!<think>"])
def test_tokens_are_refused_with_their_place(token: str) -> None:
    """There is no tokenizer; the text of a token is a string."""
    with pytest.raises(Unsupported, match="token") as caught:
        grammar(f'root ::= "a"\n  {token}'.replace("\n", " |\n"), format="gbnf")
    assert caught.value.where == "line 2, column 3"
    assert str(caught.value).splitlines()[-1] == "    ^"


# -- what is read, exactly ---------------------------------------------------------------------------------

A, B, C = literal(b"a"), literal(b"b"), literal(b"c")

BODIES: dict[str, dict[str, Any]] = {
    'r ::= "a" b': {"r": ((A, "b"),)},
    'r::="a"': {"r": ((A,),)},
    '# x\n\n  r ::= "a"\n\n\ns ::= "b"': {"r": ((A,),), "s": ((B,),)},
    'r ::= "a" | | "b"': {"r": ((A,), (), (B,))},
    "r ::=": {"r": ((),)},
    'r ::=\n\n "a"\ns ::= r': {"r": ((A,),), "s": (("r",),)},
    'r ::= ("a")': {"r": ((A,),)},
    'r ::= ("a" | "b" "c") "a"': {"r": (("r~1", A),), "r~1": ((A,), (B, C))},
    'r ::= (\n"a"\n"b"\n)\n': {"r": (("r~1",),), "r~1": ((A, B),)},
    'r ::= ( "a" "b" \n * \n + )': {
        "r": (("r~3",),),
        "r~1": Repeat(B, 0, None),
        "r~2": Repeat("r~1", 1, None),
        "r~3": ((A, "r~2"),),
    },
    'r ::= "a"?{3}': {"r": (("r~2",),), "r~1": Repeat(A, 0, 1), "r~2": Repeat("r~1", 3, 3)},
    'r ::= "a"{ 2 , 5 }': {"r": (("r~1",),), "r~1": Repeat(A, 2, 5)},
    'r ::= "a"{2,}': {"r": (("r~1",),), "r~1": Repeat(A, 2, None)},
    'r ::= "a"{2,2} b': {"r": (("r~1", "b"),), "r~1": Repeat(A, 2, 2)},
    'r ::= "" []': {"r": ((literal(b""), EPSILON),)},
    "r ::= [^] .": {"r": ((EPSILON, UTF8_CHAR),)},
    "r ::= [a-c] [ac-] [^b]": {
        "r": (
            (
                code_points([(97, 99)]),
                code_points([(97, 97), (99, 99), (45, 45)]),
                code_points([(0, 97), (99, 0x10FFFF)]),
            ),
        )
    },
    r"r ::= [\x00-\U0010ffff] [^\x00-\U0010ffff]": {"r": ((code_points([(0, 0x10FFFF)]), EMPTY),)},
    r"r ::= [^\x00-a] [^b-\U0010FFFF] [^c-db-da]": {
        "r": (
            (
                code_points([(98, 0x10FFFF)]),
                code_points([(0, 97)]),
                code_points([(0, 96), (101, 0x10FFFF)]),
            ),
        )
    },
    r'r ::= "\t\r\n\\\"\[\]\-\x41\u00e9\U0001F600"': {"r": ((literal('\t\r\n\\"[]-Aé😀'.encode()),),)},
    'r ::= "a#b" # "c"\ns ::= "c"': {"r": ((literal(b"a#b"),),), "s": ((C,),)},
    "r ::= a-1_B": {"r": (("a-1_B",),)},
    'r ::= "a"\r\ns ::= "b"\r\n': {"r": ((A,),), "s": ((B,),)},
    'r ::= "x\n::= y"': {"r": ((literal(b"x\n::= y"),),)},
}


@pytest.mark.parametrize("text", BODIES)
def test_bodies(text: str) -> None:
    rules, _ = parse(text)
    assert rules == BODIES[text]
    assert next(iter(rules)) == next(iter(BODIES[text])) or "~" in next(iter(rules))


def test_where_names_stand_first() -> None:
    _, places = parse("r ::= ab cd ab\ncd ::= ab")
    assert places == {"ab": 6, "cd": 9}


@pytest.mark.parametrize(
    ("text", "message", "position", "expected"),
    [
        ("| a", "a line begins with '|'", 0, "'|' at the end of the line before, or brackets"),
        ('r ::= "a"\n| b', "a line begins with '|'", 10, "'|' at the end of the line before, or brackets"),
        ('"a"', "'\"' does not belong here", 0, "a rule's name"),
        ("r :: a", "the rule 'r' has no body", 2, "'::='"),
        ("r", "the rule 'r' has no body", 1, "'::='"),
        ('r ::= "a"\n r ::= b', "the rule 'r' is defined twice", 11, None),
        ("r ::= a )", "')' does not belong here", 8, "a literal, '[', '.', '(', a rule's name, '|'"),
        ("r ::= (a ]", "']' does not belong here", 9, "a literal, '[', '.', '(', a rule's name, '|', ')'"),
        ("r ::= (a (b", "a bracket is never closed", 9, "')'"),
        ("r ::= (a (b)", "a bracket is never closed", 6, "')'"),
        ('r ::= "a"{2', "not a count", 9, "'{m}', '{m,}' or '{m,n}'"),
        ('r ::= "a"{2,1}', "the upper bound is less than the lower one", 9, None),
        ('r ::= "a', "this is never closed", 6, "'\"'"),
        ('r ::= b "a\\', "not an escape", 11, None),
        ('r ::= b "a\nc ::= "', "this is never closed", 8, "'\"'"),
        ("r ::= [a-", "this is never closed", 6, "']'"),
        ("r ::= [^a", "this is never closed", 6, "']'"),
        ("r ::= [b-a]", "a range ends before it begins", 10, None),
        (r'r ::= "\x4"', "not an escape", 8, None),
        (r'r ::= "\u004g"', "not an escape", 8, None),
        (r'r ::= "\U00110000"', "U+110000 is no character", 8, "a Unicode scalar value"),
        (r'r ::= "\ud800"', "U+D800 is no character", 8, "a Unicode scalar value"),
        (r'r ::= "\udfff"', "U+DFFF is no character", 8, "a Unicode scalar value"),
    ],
)
def test_errors_have_their_fields(text: str, message: str, position: int, expected: str | None) -> None:
    with pytest.raises(ConstraintSyntaxError) as caught:
        parse(text)
    assert (caught.value.message, caught.value.position) == (message, position)
    if message != "not an escape":
        assert caught.value.expected == expected
    assert caught.value.text == text


def test_escapes_beside_the_surrogates_are_characters() -> None:
    rules, _ = parse(r'r ::= "\ud7ff\ue000\U0010FFFF"')
    assert rules["r"] == ((literal("\ud7ff\ue000\U0010ffff".encode()),),)
