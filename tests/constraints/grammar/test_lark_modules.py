"""Lark grammars of several texts: imports, templates, what is overridden; and where files may come from."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import lark
import pytest

from bltgen.constraints.grammar import grammar
from bltgen.constraints.regex import regex
from bltgen.errors import ConstraintSyntaxError, LimitExceeded, Unsupported

# -- beside Lark -------------------------------------------------------------------------------------------

BESIDE_LARK = {
    "a template given to a template": ('start: f{pair, "a"}\nf{t, x}: t{x} "-" t{"b"}\npair{x}: x x', "ab-"),
    "given on": ('start: f{pair}\nf{t}: g{t} "b"\ng{u}: u{"a"}\npair{x}: x x', "ab"),
    "a template with a rule's name as argument": ("start: f{a}\nf{x}: x x?\na: A\nA: /a+/", "ab"),
    "a template of a terminal": ('start: f{A, B}\nf{x, y}: x (y x)*\nA: "a"\nB: "b"', "ab"),
    "unicode blanks": ("start: A+\nA: WS /a/\n%import unicode.WS", "a \xa0\n"),
    "lists of python": ('start: cs_list{"a"}\n%import python.cs_list', "a,"),
    "python's names": ("start: NAME\n%import python.NAME", "aé1_"),
    "python's strings": ("start: STRING\n%import python.STRING", "'\"a\\"),
    "python's numbers": ("start: DEC_NUMBER\n%import python.DEC_NUMBER", "019_"),
    "a rule of python": ("start: comp_op\n%import python.comp_op", "notinis<= "),
    "a rule of lark": ("start: value\n%import lark.value", 'a"A.{}'),
    "common under other names": ("start: X Y?\n%import common.INT -> X\n%import common.WORD -> Y", "1a"),
    "an override that a terminal does not see": (
        'start: INT NUMBER\n%import common (INT, NUMBER)\n%override INT: "x"',
        "x1",
    ),
    "an extension that it sees": ('start: INT NUMBER\n%import common (INT, NUMBER)\n%extend INT: "x"', "x1"),
    "an override of a rule": ('start: a\na: "a"\n%override a: "b"', "ab"),
    "an extension of a template": ('start: f{"a"}\nf{x}: x\n%extend f{x}: x x x', "a"),
    "what is declared and not used": ('start: "a"\n%declare B _INDENT', "ab"),
    "a bad terminal that is not used": ('start: "a"\nB: /(b)\\1/', "ab"),
    "comments between alternatives": ('start: "a" // one\n// two\n  # three\n | "b"', "ab"),
    "a line that goes on": ('start: "a" \\\n "b"', "ab"),
    "a name at a string": ('start: "a"b\nb: "b"', "ab"),
    "mixed names are several": ('start: aB\na: "a"\nB: "b"', "ab"),
}


@pytest.mark.parametrize("name", BESIDE_LARK)
def test_texts_have_the_verdict_of_lark(name: str) -> None:
    """Short texts over a few letters, and our own samples."""
    import random

    text, letters = BESIDE_LARK[name]
    # Where Lark has no flag b, a name may stand right after a string.
    ours = grammar(text.replace('"a"b\n', '"a" b\n'))
    theirs = lark.Lark(text, parser="earley", lexer="dynamic_complete")
    rng = random.Random(1)
    words = {"".join(rng.choice(letters) for _ in range(n)) for n in (1, 2, 3, 4) for _ in range(40)}
    words |= {ours.sample(rng, ours.start().shortest + 4).decode() for _ in range(20)}
    for word in sorted(words - {""}):
        try:
            theirs.parse(word)
            there = True
        except lark.exceptions.LarkError:
            there = False
        assert ours.accepts(word.encode()) is there, word


REFUSED_BY_BOTH = [
    'start: ""',
    "start: A\nA:",
    'start: A\nA: "x" -> z',
    'start: A\nA: ("x" -> z)',
    '_start: "a" -> z\nstart: _start',
    'start: "a"i.."z"',
    'start: "ab".."z"',
    'start: "\\\\".."a"',
    'start: "a"?b\nb: "b"',
    'start: "a"**',
    'start: "a"+?',
    'start: ("a"\n "b")',
    'start: "a"~2..1',
    "start: A\n%import common (INT,\n WORD)",
    'start: "a"\nstart: "b"',
    'start: "a"\nb: c',
    'start: "a"\nb{x}: c',
    'start: b\nb{x}: "a"',
    'start: b{"a"}\nb{x, x}: x',
    'start: "a"\nb{start}: start',
    'start: "a"\n%ignore b\nb: "b"',
    'start: "a"\n%ignore B',
    "start: A\nA: B\nB: A",
    'start: A\nA: b\nb: "b"',
    "?_start: _start",
    'start: "a"\nB{x}: x',
    'start: "a"\n?B: "b"',
    'start: "a\\x1"',
    "start: /(/",
    'start: "a"\nA: /(/ | "b"',
    'start: "a"\n%extend b: "b"',
    'start: "a"\n%import common',
    'start: f{"a"}\nf{x}: x{"b"}',
    "start: 'a'",
    'Start: "a"',
    'start: "a" -> B',
]


@pytest.mark.parametrize("text", REFUSED_BY_BOTH)
def test_what_lark_refuses_is_refused(text: str) -> None:
    """With a place in the text, whatever Lark's error is."""
    with pytest.raises(Exception, match=r"."):
        lark.Lark(text, parser="earley", lexer="dynamic_complete").parse("a")
    with pytest.raises(ConstraintSyntaxError) as caught:
        grammar(text)
    assert str(caught.value).splitlines()[-1].strip() == "^"


# -- files ---------------------------------------------------------------------------------------------------

FILES = {
    "main.lark": "start: number\n%import .parts.number",
    "parts.lark": "number: SIGN? digits\ndigits: DIGIT+\nSIGN: /[+-]/\n%import .deep.more.DIGIT\n%ignore /x/",
    "deep/more.lark": 'DIGIT: "0".."9"\n%import .beside.OTHER',
    "deep/beside.lark": 'OTHER: "o"',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("path", ["parts.number", ".parts.number"])
def test_files_of_a_folder(folder: Path, path: str) -> None:
    """Relative to the importing file, or to the folder; what they ignore is not ignored here."""
    text = f"start: number\n%import {path}"
    for given in (folder, str(folder), FILES):
        numbers = grammar(text, folder=given)
        assert numbers.accepts(b"-12")
        assert not numbers.accepts(b"x1")
    assert grammar(text, folder=folder) == grammar(text, folder=FILES)
    assert pickle.loads(pickle.dumps(grammar(text, folder=folder))).accepts(b"7")
    assert set(grammar(text, folder=folder).describe()["folder"]) == set(FILES) - {"main.lark"}
    with pytest.raises(ConstraintSyntaxError, match="folder="):
        grammar(text)


def test_a_folder_comes_before_the_ready_grammars(folder: Path) -> None:
    """As Lark's import_paths do."""
    (folder / "common.lark").write_text('INT: "one"')
    assert grammar("start: INT\n%import common.INT", folder=folder).accepts(b"one")
    assert grammar("start: value\n%import json.value", folder=folder).accepts(b"[]")


def test_nothing_leads_out_of_the_folder(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No dots, no links, no device, nothing large, no circle."""
    outside = tmp_path_factory.mktemp("outside") / "secret.lark"
    outside.write_text('A: "a"')
    os.symlink(outside, folder / "link.lark")
    os.symlink(outside.parent, folder / "dir")
    os.symlink(folder / "deep" / "more.lark", folder / "inner.lark")
    os.mkfifo(folder / "pipe.lark")
    (folder / "large.lark").write_bytes(b'A: "a"' + b" " * 5_000_000)
    (folder / "circle.lark").write_text('%import .circle.a\na: "a"')
    (folder / "bytes.lark").write_bytes(b'A: "\xff"')
    for path in ("..secret.A", "link.A", "dir.secret.A", "pipe.A", "bytes.A"):
        with pytest.raises(ConstraintSyntaxError):
            grammar(f"start: A\n%import {path}", folder=folder)
    assert grammar("start: DIGIT\n%import inner.DIGIT", folder={**FILES, "inner.lark": 'DIGIT: "1"'}).accepts(
        b"1"
    )
    with pytest.raises(LimitExceeded, match="length"):
        grammar("start: A\n%import large.A", folder=folder)
    with pytest.raises(LimitExceeded, match="imported grammars"):
        grammar("start: a\n%import circle.a", folder=folder)
    with pytest.raises(ValueError, match="directory"):
        grammar('start: "a"', folder=folder / "nowhere")


# -- words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        ("start: nmae\nname: /a/", [], "did you mean 'name'"),
        ("start: NAME\nNAMES: /a/", [], "did you mean 'NAMES'"),
        ("start: word", ["wrod"], "did you mean 'wrod'"),
        ('start: "a"', ["word"], "does not use"),
        ('strat: "a"', [], "did you mean 'strat'"),
        ("start: INT\n%import comon.INT", [], "did you mean 'common'"),
        ("start: INTT\n%import common.INTT", [], "did you mean 'INT'"),
        ('start: row{"a"}\nrows{x}: x', [], "did you mean 'rows'"),
        ('start: "a"\n%ingore " "', [], "did you mean '%ignore'"),
        ('start: "a"\n%overide start: "b"', [], "did you mean '%override'"),
        ('root ::= "a" | [b]', [], "format='gbnf'"),
        ('root ::= [^"]+\nb ::= "c"', [], "format='gbnf'"),
        ('a = "x" / b\nb = 1*ALPHA', [], "format='abnf'"),
        ('start: ("a" | "b"\nc: "d"', [], "bracket is never closed"),
        ('start: "a"\nb: /[ab/', [], r"character class|regular expression\)"),
        ('start: "a"\nB: /[b-a]/', [], "bad character range"),
    ],
)
def test_slips_are_named(text: str, given: list[str], message: str) -> None:
    """With the place, and what was probably meant."""
    with pytest.raises(ConstraintSyntaxError, match=message) as caught:
        grammar(text, constraints={name: regex("x") for name in given})
    assert caught.value.line is not None


def test_a_bracket_that_is_never_closed_is_shown_where_it_opens() -> None:
    """Not a line later."""
    with pytest.raises(ConstraintSyntaxError) as caught:
        grammar('start: a ("b"\n\na: "x" )\n')
    assert (caught.value.line, caught.value.column) == (1, 10)


def test_declared_names_may_be_given() -> None:
    """Otherwise they have no text; indents by Lark's Indenter are refused with the reason."""
    text = 'start: A "b"\n%declare A'
    assert grammar(text, constraints={"A": regex("a+")}).accepts(b"aab")
    with pytest.raises(Unsupported, match="no text"):
        grammar(text)
    with pytest.raises(Unsupported, match="context-free"):
        grammar("start: suite\n%import python.suite")
