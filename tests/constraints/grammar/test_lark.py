"""Lark's EBNF: what each construct admits, against Lark's own Earley parser, and what is refused."""

from __future__ import annotations

import random

import lark
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.automata.context_free import Grammar
from bltgen.constraints.grammar import grammar
from bltgen.constraints.regex import regex
from bltgen.errors import ConstraintSyntaxError, EmptyLanguage, LimitExceeded, Unsupported

CASES = {
    "literal": ('start: "ab"', ["ab"], ["a", "abc", "AB"]),
    "any case": ('start: "ab"i', ["ab", "aB", "AB"], ["abx"]),
    "alternatives over lines": ('start: "a"\n     | "b"\n     |\n', ["a", "b", ""], ["ab"]),
    "groups": ('start: ("a" | "b" "c") "d"', ["ad", "bcd"], ["abcd", "d"]),
    "maybe": ('start: ["a"] "b"', ["ab", "b"], ["a"]),
    "star": ('start: "a"*', ["", "aaa"], ["b"]),
    "plus": ('start: "a"+', ["a", "aa"], [""]),
    "question mark": ('start: "a"? b\nb: "b"', ["ab", "b"], ["aab"]),
    "count": ('start: "a"~3', ["aaa"], ["aa", "aaaa"]),
    "counts": ('start: ("a" | "b")~2..3', ["ab", "bba"], ["a", "aaaa"]),
    "range": ('start: "a".."c"+', ["abc"], ["d"]),
    "wide range": ('start: "α".."ω"', ["β"], ["b"]),
    "escapes": (r'start: "\"\\\n\x41é\u00e9\d"', ['"\\\nAéé\\d'], ['"']),
    "regex": ("start: /[a-c]+/", ["abc"], [""]),
    "regex flags": ("start: /a.c/is", ["A\nC"], ["ac"]),
    "regex with slash": (r"start: /a\/b/", ["a/b"], ["ab"]),
    "terminals": ('start: A B\nA: "a" | B\nB: "b"+', ["abb", "bb"], ["a"]),
    "inlined and filtered names": ('?start: _a _B\n!_a: "a"\n_B: "b"', ["ab"], ["a"]),
    "aliases": ('start: "a" -> one\n     | "b" -> two', ["a", "b"], ["ab"]),
    "priorities": ('start.2: A | b\nA.3: "a"\nb.-1: "b"', ["a", "b"], ["c"]),
    "comments": ('// first\nstart: "a" // then\n  | "b" # other\n', ["a", "b"], ["c"]),
    "template": ('start: row{"a", ","}\nrow{item, mark}: item (mark item)*', ["a", "a,a"], ["a,"]),
    "templates in templates": (
        'start: pair{pair{"a"}}\npair{x}: x "-" x',
        ["a-a-a-a"],
        ["a-a"],
    ),
    "recursive template": ('start: nest{"x"}\nnest{x}: "(" nest{x} ")" | x', ["((x))", "x"], ["(x"]),
    "import": ("start: INT\n%import common.INT", ["12"], ["1.5", ""]),
    "import under another name": ("start: N\n%import common.NUMBER -> N", ["1.5e3"], ["e"]),
    "import several": ("start: INT WORD\n%import common (INT, WORD)", ["1a"], ["a1"]),
    "import a rule": ("start: v+\n%import json.value -> v", ['{"a":1}[]'], ["{"]),
    "extend": ('start: A\nA: "a"\n%extend A: "b"', ["a", "b"], ["c"]),
    "override": ('start: INT\n%import common.INT\n%override INT: "x"', ["x"], ["1"]),
    "extend an import": ('start: INT\n%import common.INT\n%extend INT: "x"', ["x", "1"], ["1x"]),
    "left recursion": ('start: start "a" | "b"', ["b", "baa"], ["a"]),
    "right recursion": ('start: "a" start | "b"', ["b", "aab"], ["a"]),
    "middle recursion": ('start: ["a" start "b"]', ["", "aabb"], ["aab"]),
    "hidden left recursion": ('start: [x] start "a" | "b"\nx: "x"', ["b", "xba", "xxbaa"], ["xb"]),
    "cycle": ('start: start | x\nx: start | "a"', ["a"], ["aa", ""]),
    "several terminals at once": ('start: x "end"\nx: /[a-z]+/', ["weekend", "eend", "endend"], ["end"]),
    "a longest match does not trap": ('start: /a+/ "ab"', ["aab", "aaaab"], ["ab", "aaa"]),
    "ambiguity": ("start: e\ne: e e | X | X X\nX: /x/", ["x", "xxxxx"], [""]),
    "intersection": ('start: A\nA: /[a-c]+/ & /.{2,3}/ | "z"', ["ab", "abc", "z"], ["a", "abca", "zz"]),
    "complement": ('start: "<" A ">"\nA: ~B\nB: "x"', ["<>", "<xx>", "<é>"], ["<x>"]),
    "reserved words": ("start: NAME\nNAME: /[a-z]+/ & ~KEY\nKEY: /if|else/", ["iff", "x"], ["if", "else"]),
    "complement of a repeat": ('start: A\nA: ~"a"+ & /[ab]{1,2}/', ["ab", "b", "bb"], ["a", "aa"]),
    "count before a complement": ('start: A\nA: "a"~2 ~"b" & /..[ab]/', ["aaa"], ["aab"]),
    "verbose regex of several lines": ("start: /a  # first\n  b/x", ["ab"], ["a b"]),
}


@pytest.mark.parametrize("name", CASES)
def test_constructs(name: str) -> None:
    """Each construct admits and refuses what its name says."""
    text, accepted, refused = CASES[name]
    constraint = grammar(text)
    for word in accepted:
        assert constraint.accepts(word.encode()), word
    for word in refused:
        assert not constraint.accepts(word.encode()), word


IGNORING = """
start: item ("," item)*
item: NAME "=" value
value: NUMBER | "[" [value ("," value)*] "]"
NAME: /[a-z]+/
NUMBER: /[0-9]+/
%ignore " "
%ignore /#[^\\n]*\\n/
"""


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (" a = 1 ", True),
        ("a=[ 1 ,[ ] ] # end\n", True),
        ("#x\n#y\na=1,b=2", True),
        ("a b=1", False),
        ("a=1 2", False),
        ("a=1#", False),
    ],
)
def test_ignored_terminals_stand_between_terminals_only(text: str, verdict: bool) -> None:
    """At the beginning, between two terminals and at the end; never inside of one. As Lark's Earley."""
    ours, theirs = grammar(IGNORING), lark.Lark(IGNORING, parser="earley", lexer="dynamic_complete")
    assert ours.accepts(text.encode()) is verdict
    assert parsed_by_lark(theirs, text) is verdict


def parsed_by_lark(parser: lark.Lark, text: str) -> bool:
    try:
        parser.parse(text)
    except lark.exceptions.LarkError:
        return False
    return True


# -- random grammars against Lark ----------------------------------------------------------------------

terminals = st.sampled_from(['"a"', '"b"', '"ab"', "/a+/", "/[ab]/", "/(?:ab)+|b/", '"b"i', '"a".."b"'])
names = st.sampled_from(["p", "q", "r"])
items = st.builds(
    lambda atom, op: atom + op,
    st.one_of(names, terminals),
    st.sampled_from(["", "", "", "?", "*", "+", "~1..2"]),
)
rows = st.lists(items, min_size=1, max_size=3).map(" ".join)
bodies = st.lists(rows, min_size=1, max_size=3).map(" | ".join)
texts = st.builds(
    lambda p, q, r, ignored: f'start: p\np: {p}\nq: {q} | "a"\nr: {r} | "b"\n' + ignored,
    bodies,
    bodies,
    bodies,
    st.sampled_from(["", "", '%ignore "."']),
)


@settings(deadline=None, max_examples=60)
@given(texts, st.randoms(use_true_random=False))
def test_random_grammars_agree_with_lark(text: str, rng: random.Random) -> None:
    """The verdicts of Lark's Earley parser without a lexer, on short words and on our own samples."""
    try:
        ours: Grammar | None = grammar(text)
    except EmptyLanguage:
        ours = None
    theirs = lark.Lark(text, parser="earley", lexer="dynamic_complete", ambiguity="resolve")
    words = {
        "".join(rng.choice("ab." if "ignore" in text else "ab") for _ in range(n)) for n in (1, 2, 3, 4) * 3
    }
    if ours is not None:
        words |= {ours.sample(rng, ours.start().shortest + 4).decode() for _ in range(3)}
    for word in sorted(words - {""}):
        verdict = ours is not None and ours.accepts(word.encode())
        assert parsed_by_lark(theirs, word) == verdict, word


# -- bytes, embedding, refusals ------------------------------------------------------------------------


def test_bytes_in_terminals() -> None:
    """The flag b makes a string or pattern one of bytes; without it, it is of characters."""
    binary = grammar(
        r'start: "\x89PNG"b LENGTH /[\x80-\xff]/b "\x00"b.."\x02"b' "\n" r"LENGTH: /[\x00-\xff]{4}/b"
    )
    assert binary.accepts(b"\x89PNG\x00\x01\xff\xfe\x80\x02")
    assert not binary.accepts(b"\x89PNG\x00\x01\xff\xfe\x7f\x02")
    assert grammar(r'start: "\xff"').accepts("ÿ".encode())
    assert not grammar(r'start: "\xff"').accepts(b"\xff")
    with pytest.raises(ConstraintSyntaxError, match="bytes"):
        grammar('start: "é€"b')


def test_constraints_by_name() -> None:
    """Regular ones are terminals; others are walked by their states, as deep as they go."""
    word = regex("[a-z]+")
    nested = grammar('start: "(" start ")" | "x"')
    combined = grammar(
        'start: "<" name ":" tree ">" | start start\n%ignore " "', constraints={"name": word, "tree": nested}
    )
    assert combined.accepts(b"<ab:((x))> < c : x >")
    assert not combined.accepts(b"<ab:(x>")
    assert combined.start().shortest == len(b"<a:x>")
    inside = grammar('start: TAG\nTAG: "<" WORD ">"', constraints={"WORD": word})
    assert inside.accepts(b"<abc>")
    with pytest.raises(Unsupported, match="not regular"):
        grammar('start: TAG\nTAG: "<" TREE ">"', constraints={"TREE": nested})
    with pytest.raises(ConstraintSyntaxError, match="defined too"):
        grammar('start: name\nname: "a"', constraints={"name": word})


def test_lookarounds_inside_of_a_terminal_see_the_pieces_beside_them() -> None:
    """A terminal of several pieces with an assertion is one pattern, as in Lark."""
    text = 'start: S+\nS: "\\"" _INNER "\\""\n_INNER: _ANY /(?<!\\\\)(\\\\\\\\)*?/\n_ANY: /[^"]*?/'
    ours, theirs = grammar(text), lark.Lark(text, parser="earley", lexer="dynamic_complete")
    for word in ('"a"', '"a\\\\"', '"a\\"', '"""', '""', '"a" ', '"x""y"'):
        assert ours.accepts(word.encode()) == parsed_by_lark(theirs, word), word


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("start: A\n%declare A", "declare"),
        ("start: A _INDENT\n%declare A _INDENT", "declare"),
        ("start: _INDENT\n%declare _INDENT", "Indenter"),
        (r"start: /(a)\1/", "backreference"),
        ('start: A\nA: /a$b?/ & "a"', "a terminal of its own"),
        ('start: "^".."b"', "another class|other classes|something else"),
        ('start: "Z".."]"', "something else"),
        (r"start: /(?=x)/ /./", "may be empty"),
        (r'start: /a$/ "\x80"b', "bytes"),
    ],
)
def test_refusals(text: str, what: str) -> None:
    """What cannot be enforced exactly is refused, with its line, its column and a caret."""
    with pytest.raises(Unsupported, match=what) as caught:
        grammar(text)
    assert caught.value.where.startswith("line ")
    assert str(caught.value).splitlines()[-1].strip() == "^"


def test_a_constraint_beside_what_looks_around() -> None:
    """Regular ones are read; others are refused with their place."""
    text = "start: A inner\nA: /a(?!b)/"
    looking = grammar(text, constraints={"inner": regex("[bc]")})
    assert looking.accepts(b"ac")
    assert not looking.accepts(b"ab")
    with pytest.raises(Unsupported, match="looks around") as caught:
        grammar(text, constraints={"inner": grammar('start: "(" start ")" | "x"')})
    assert caught.value.where == "line 1, column 10"


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ('start: "a', 1, 8, "never closed"),
        ("start: /a", 1, 8, "never closed"),
        ('start: ("a"', 1, 8, "never closed"),
        ('start: "a")', 1, 11, "does not belong"),
        ('start: ("a"]', 1, 12, "does not belong"),
        ("start: b", 1, 8, "no rule 'b'"),
        ("start: B", 1, 8, "no terminal 'B'"),
        ('begin: "a"', 1, 1, "no rule 'start'"),
        ('start: "a"\nstart: "b"', 2, 1, "defined twice"),
        ('start: A\nA: "x" B\nB: A', 0, 0, "uses itself"),
        ('start: "a"~3..2', 1, 12, "not a count"),
        ('start: "b".."a"', 1, 8, "ends before"),
        ('start: "ab".."c"', 1, 8, "one character"),
        ("start: /(/", 1, 8, "regular expression"),
        ("start: /a/q", 1, 11, "not a flag"),
        ('start: x{"a"}', 1, 8, "no template"),
        ("start: x\nx{y}: y", 1, 8, "needs arguments"),
        ('start: x{"a", "b"}\nx{y}: y', 1, 8, "parameters"),
        ("start: A\n%import nowhere.A", 2, 1, "no grammar 'nowhere'"),
        ("start: A\n%import common.NOTHING -> A", 2, 1, "has no 'NOTHING'"),
        ('start: A\nA: b\nb: "x"', 2, 4, "cannot use the rule"),
        ('start: "a"\n%extend x: "b"', 2, 9, "not defined"),
        ('%frobnicate\nstart: "a"', 1, 1, "does not belong"),
        (r'start: "\xg"', 1, 9, "not an escape"),
        ('start: "a" & "b"', 1, 12, "for terminals"),
        ('start: A\nA: & "b"', 2, 4, "does not belong"),
        ('start: A\nA: "b" &', 2, 9, "ends too early"),
    ],
)
def test_syntax_errors_say_where(text: str, line: int, column: int, message: str) -> None:
    """Line, column, a caret under the place."""
    with pytest.raises(ConstraintSyntaxError, match=message) as caught:
        grammar(text)
    if line:
        assert (caught.value.line, caught.value.column) == (line, column)
        assert str(caught.value).splitlines()[-1].strip() == "^"


def test_a_growing_template_meets_the_limit() -> None:
    """A template that uses itself with ever larger arguments would never end."""
    with pytest.raises(LimitExceeded, match="templates"):
        grammar('start: t{"a"}\nt{x}: t{u{x}} | x\nu{x}: x x')


def test_deep_brackets_in_a_grammar() -> None:
    """10,000 nested brackets in the grammar's own text."""
    depth = 10_000
    assert grammar("start: " + "(" * depth + '"a"' + ")" * depth).accepts(b"a")
    assert grammar("start: " + "(" * depth + '"a"' + ")?" * depth).accepts(b"")


def test_report_names_every_construct() -> None:
    """Rules, terminals, and what is accepted but restricts nothing."""
    report = grammar('start.2: "a" NUM -> x\nNUM: "1"\nunused: "b"\n%ignore " "').report()
    entries = {(entry.place, entry.construct): entry for entry in report.entries}
    assert entries["start", "priority"].enforced == "annotation"
    assert entries["start", "tree shaping"].enforced == "annotation"
    assert entries["NUM", "terminal"].enforced == "exact"
    assert any(entry.place == "unused" and "not used" in entry.note for entry in report.entries)
