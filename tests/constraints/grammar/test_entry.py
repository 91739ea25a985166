"""The front door of grammars: arguments, where a grammar starts, what is given, what it says of itself."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.automata.contract import ReportEntry
from bltgen.automata.limits import Limits, use_limits
from bltgen.constraints.grammar import grammar, grammar_file
from bltgen.constraints.grammar.entry import _HEADS, _likely_format
from bltgen.constraints.regex import regex
from bltgen.errors import ConstraintError, ConstraintSyntaxError, LimitExceeded

WORD = regex("[a-z]+")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"text": b'start: "a"'}, TypeError, "a grammar is a str, not bytes"),
        ({"start": 5}, TypeError, "start=5"),
        ({"constraints": [WORD]}, TypeError, "constraints="),
        ({"constraints": {1: WORD}}, TypeError, "a name in constraints"),
        ({"constraints": {"w": "x"}}, TypeError, r"constraints\['w'\]='x': a constraint is needed"),
        ({"constraints": {"w": type(WORD)}}, TypeError, r"constraints\['w'\]=.*: a constraint is needed"),
        ({"folder": 5}, TypeError, "folder=5"),
        ({"folder": {"a.lark": 5}}, TypeError, r"folder\['a.lark'\]=5: the text of a grammar"),
        ({"format": "ebnf"}, ValueError, "format='ebnf': one of 'lark', 'gbnf', 'abnf' is needed"),
        ({"format": "gbnf", "folder": {}}, ValueError, "folder= is for imports, which gbnf does not have"),
        ({"format": "abnf", "folder": "."}, ValueError, "folder= is for imports, which abnf does not have"),
        ({"folder": "/no/such/place"}, ValueError, "is not a directory"),
        ({"texts": ""}, TypeError, "no argument 'texts'"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        grammar(**{"text": 'start: "a"', **arguments})


def test_a_text_has_a_length_and_no_surrogates() -> None:
    text = 'start: "a"'
    with use_limits(Limits(pattern_length=len(text))):
        assert grammar(text).accepts(b"a")
        with pytest.raises(LimitExceeded) as caught:
            grammar(text + " ")
    assert (caught.value.what, caught.value.limit) == ("the length of the grammar", len(text))
    for surrogate in ("\ud800", "\udfff"):
        with pytest.raises(ConstraintSyntaxError, match="a lone surrogate is no character") as found:
            grammar(f'start: "{surrogate}"')
        assert found.value.position == 8
    assert grammar('start: "\ud7ff\ue000"').accepts("\ud7ff\ue000".encode())


@pytest.mark.parametrize(
    ("format", "text", "start", "accepted"),
    [
        ("lark", 'a: "a"\nstart: "s"', None, b"s"),
        ("lark", 'a: "a"\nstart: "s"', "a", b"a"),
        ("lark", 'A: "a"\nstart: "s"', "A", b"a"),
        ("gbnf", 'a ::= "a"\nroot ::= "r"', None, b"r"),
        ("gbnf", 'a ::= "a"\nroot ::= "r"', "a", b"a"),
        ("abnf", 'a = "a"\nroot = "r"', None, b"A"),
        ("abnf", 'a = "a"\nRoot = "r"', "rOOt", b"r"),
        ("abnf", "a = b\nb = DIGIT", "DIGIT", b"5"),
        ("gbnf", 'root ::= ("a" "b")* "c"', None, b"abc"),
    ],
)
def test_where_it_starts(format: Any, text: str, start: str | None, accepted: bytes) -> None:
    made = grammar(text, format, start)
    assert made.accepts(accepted)
    assert made.describe()["start"] == (start.lower() if start and format == "abnf" else start)


@pytest.mark.parametrize(
    ("format", "text", "start", "words"),
    [
        ("gbnf", 'rot ::= "a"', None, "there is no rule 'root' to start from; did you mean 'rot'?"),
        ("gbnf", 'root ::= ("a" "b")', "root~1x", "there is no rule 'root~1x' to start from"),
        ("abnf", 'name = "a"', "nmae", "there is no rule 'nmae' to start from; did you mean 'name'?"),
        ("lark", 'strat: "a"', None, "there is no rule 'start' to start from; did you mean 'strat'?"),
    ],
)
def test_where_it_cannot_start(format: Any, text: str, start: str | None, words: str) -> None:
    with pytest.raises(ConstraintSyntaxError) as caught:
        grammar(text, format, start)
    assert caught.value.message.startswith(words)
    assert caught.value.position == 0
    assert caught.value.expected == "a rule of that name, or start="


UNUSED = "constraints= has 'word', which the grammar does not use"
TWICE = "'word' is given as a constraint and defined too"
MISSING = "there is no rule 'wrod', which 'root' uses; did you mean 'word'?"


@pytest.mark.parametrize(
    ("format", "text", "given", "position", "words"),
    [
        ("gbnf", 'root ::= "x" wrod', ["word"], 0, UNUSED),
        ("gbnf", 'root ::= "x" word\nword ::= "y"', ["word"], 13, TWICE),
        ("gbnf", 'root ::= "x"\nword ::= "y"', ["word"], 0, TWICE),
        ("gbnf", 'root ::= "x" (wrod)*\nword ::= "y"', [], 14, MISSING),
        ("gbnf", 'root ::= "x" wrod+ word', ["word"], 13, MISSING),
        ("abnf", "a = digit", ["alpha"], 0, UNUSED.replace("word", "alpha")),
        ("abnf", 'a = b\nb = "x"', ["b"], 4, TWICE.replace("word", "b")),
        ("abnf", "a = c", ["b"], 0, UNUSED.replace("word", "b")),
    ],
)  # fmt: skip
def test_names_that_are_not_there(
    format: Any, text: str, given: list[str], position: int, words: str
) -> None:
    with pytest.raises(ConstraintSyntaxError) as caught:
        grammar(text, format, constraints=dict.fromkeys(given, WORD))
    assert caught.value.message.startswith(words)
    assert caught.value.position == position
    assert caught.value.text == text


def test_what_is_given_stands_for_its_name() -> None:
    for format, text in (("gbnf", 'root ::= "<" (w | "-"){2} w'), ("abnf", 'root = "<" 2(W / "-") w')):
        made = grammar(text, format, constraints={"w": regex("[0-9]")})  # type: ignore[arg-type]
        assert [made.accepts(t) for t in (b"<1-2", b"<--3", b"<12", b"<1--")] == [True, True, False, False]
    assert grammar("a = ALPHA", "abnf", constraints={"Alpha": regex("_")}).accepts(b"_")
    prose = grammar("a = host ALPHA\nhost = <host, see X>", "abnf", constraints={"HOST": WORD})
    assert prose.accepts(b"abc")
    both = grammar("a = x\nx = <alpha> ALPHA", "abnf", constraints={"x": regex("_")})
    assert both.accepts(b"_b")


def test_reports() -> None:
    made = grammar('root ::= (w "b")* x\nx ::= "y"', "gbnf", constraints={"w": WORD})
    assert made.report().entries == (
        ReportEntry("", "gbnf grammar"),
        ReportEntry("root", "rule"),
        ReportEntry("x", "rule"),
        ReportEntry("w", "constraint", "exact", "given by the caller"),
    )
    assert grammar("a = b\nb = DIGIT", "abnf").report().entries == (
        ReportEntry("", "abnf grammar"),
        ReportEntry("a", "rule"),
        ReportEntry("b", "rule"),
    )
    unused = grammar('a = b\nb = DIGIT\nc = "x"', "abnf").report().entries
    assert [entry for entry in unused if "not used" in entry.note] == [
        ReportEntry("c", "rule", "exact", "is not used from 'a'")
    ]
    lark = grammar('start: w "b"', constraints={"w": WORD}).report().entries
    assert lark[0] == ReportEntry("", "lark grammar")
    assert lark[-1] == ReportEntry("w", "constraint", "exact", "given by the caller")


def test_descriptions() -> None:
    text = "root = w"
    assert grammar(text, "abnf", constraints={"w": WORD}, numbers="octets").describe() == {
        "kind": "grammar",
        "format": "abnf",
        "text": text,
        "start": None,
        "constraints": {"w": WORD.describe()},
        "numbers": "octets",
        "folder": None,
    }
    imported = grammar("start: a\n%import .x.a", folder={"x.lark": 'a: "a"', "y.lark": ""})
    assert imported.describe()["folder"] == {"x.lark": 'a: "a"'}
    assert grammar('start: "a"').describe()["folder"] == {}


def test_equal_by_what_was_written() -> None:
    text = 'start: a b?\na: "a"\nb: "b"'
    assert grammar(text) == grammar(text)
    assert grammar(text) != grammar(text, start="a")
    importing = "start: a\n%import .x.a"
    one, two = {"x.lark": 'a: "a"'}, {"x.lark": 'a: "b"'}
    assert grammar(importing, folder=one) == grammar(importing, folder={**one, "unused.lark": ""})
    assert grammar(importing, folder=one) != grammar(importing, folder=two)
    assert grammar(text) == grammar(text, folder=one)


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ('start: "a"', "lark"),
        ('?start: "a"', "lark"),
        ("a{x, y}: x", "lark"),
        ("A.-2 : /b/", "lark"),
        ('x\n%ignore " "', "lark"),
        ('  root ::= "a"', "gbnf"),
        ("a-b ::= c", "gbnf"),
        ('root = "a"', "abnf"),
        ('  a =/ "a"', "abnf"),
        ("a == b", None),
        ("nothing", None),
        ("a: b\nc = d", None),
        ("a: b\nc ::= d", None),
    ],
)
def test_the_notation_of_a_text(text: str, format: str | None) -> None:
    assert _likely_format(text) == format
    assert set(_HEADS) == {"lark", "gbnf", "abnf"}


@pytest.mark.parametrize(
    ("text", "format", "expected"),
    [
        ('root ::= "a"', "lark", "format='lark'; for llama.cpp's GBNF give format='gbnf'"),
        ('root = "a" / b', "lark", "format='lark'; for an RFC's ABNF give format='abnf'"),
        ("start: /a/", "gbnf", "format='gbnf'; for Lark's EBNF give format='lark'"),
        ("start: /a/", "abnf", "format='abnf'; for Lark's EBNF give format='lark'"),
    ],
)
def test_another_notation_is_recognised(text: str, format: Any, expected: str) -> None:
    with pytest.raises(ConstraintSyntaxError) as caught:
        grammar(text, format)
    assert caught.value.expected == expected
    assert isinstance(caught.value.__cause__, ConstraintSyntaxError)
    assert (caught.value.message, caught.value.position) == (
        caught.value.__cause__.message,
        caught.value.__cause__.position,
    )


def test_an_error_in_an_imported_text_is_left_alone() -> None:
    with pytest.raises(ConstraintSyntaxError) as caught:
        grammar("start: a\n%import .x.a", folder={"x.lark": "a = b"})
    assert caught.value.text == "a = b"
    assert "format=" not in str(caught.value)
    with pytest.raises(ConstraintSyntaxError) as caught:
        grammar('start: "a" ;')
    assert "format=" not in str(caught.value)


def test_ready_grammars_are_made_once() -> None:
    assert grammar_file("arithmetic") is grammar_file("arithmetic")
    assert grammar_file("json").accepts(b"[1]")
    assert grammar_file("json", "value") is not grammar_file("json")
    with pytest.raises(ConstraintError, match=r"there is no grammar 'jsn'.*did you mean 'json'"):
        grammar_file("jsn")
    for arguments in ((5,), ("json", 5)):
        with pytest.raises(TypeError):
            grammar_file(*arguments)  # type: ignore[arg-type]
