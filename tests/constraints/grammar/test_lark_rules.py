"""What the rules of a Lark grammar become: bodies, templates, ignored text, marks; and each error's place."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.automata.contract import Constraint, ReportEntry
from bltgen.automata.language import EPSILON, Language, literal
from bltgen.automata.productions import Repeat
from bltgen.constraints.grammar import grammar
from bltgen.constraints.grammar.lark import Grammars, located, parse
from bltgen.constraints.grammar.lark_syntax import Source
from bltgen.constraints.regex import regex
from bltgen.errors import ConstraintError, ConstraintSyntaxError, EmptyLanguage, LimitExceeded, Unsupported

A, B, C = literal(b"a"), literal(b"b"), literal(b"c")
BLANK = regex("(?: +)?")
UNUSED = "constraints= has 'word', which the grammar does not use"
FLAGS = "i, m, s, u, x, b"
STRAT = "there is no rule 'start' to start from; did you mean 'strat'?"
PARAMETER = "there is no rule 'paramter'; did you mean 'parameter'?"
RULE, NAMED = "a rule of that name, or start=", "a defined name"
NESTED = grammar('start: "(" start ")" | "x"')


def rules(text: str, given: dict[str, Constraint] | None = None, start: str = "start", **files: str) -> Any:
    mapping = {f"{name}.lark": file for name, file in files.items()}
    return parse(text, Grammars(mapping), given or {}, start)


RULES: dict[str, dict[str, Any]] = {
    'start: "a" b | C\nb: start?\nC: "c"': {
        "~start": (("start",),),
        "start": ((A, "b"), (C,)),
        "b~1": Repeat("start", 0, 1),
        "b": (("b~1",),),
    },
    'start: ("a" "b")~2 ["c"]': {
        "~start": (("start",),),
        "start~1": ((A, B),),
        "start~2": Repeat("start~1", 2, 2),
        "start~3": Repeat(C, 0, 1),
        "start": (("start~2", "start~3"),),
    },
    'start: "a"\nb: "b"': {"~start": (("start",),), "start": ((A,),)},
    'start: f{"a"} f{b} f{"a"} f{B}\nf{x}: x | x f{x}\nb: "b"\nB: "b"': {
        "~start": (("start",),),
        "start": (("f~0", "f~1", "f~0", "f~2"),),
        "f~0": ((A,), (A, "f~0")),
        "f~1": (("b",), ("b", "f~1")),
        "f~2": ((B,), (B, "f~2")),
        "b": ((B,),),
    },
    'start: f{"a", "b"} f{"b", "a"}\nf{x, y}: (x y)*': {
        "~start": (("start",),),
        "start": (("f~0", "f~1"),),
        "f~0~1": ((A, B),),
        "f~0~2": Repeat("f~0~1", 0, None),
        "f~0": (("f~0~2",),),
        "f~1~1": ((B, A),),
        "f~1~2": Repeat("f~1~1", 0, None),
        "f~1": (("f~1~2",),),
    },
    'start: f{g} f{h} f{g}\nf{t}: t{"a"}\ng{x}: x x\nh{x}: x "b"': {
        "~start": (("start",),),
        "start": (("f~0", "f~1", "f~0"),),
        "f~0": (("g~3",),),
        "f~1": (("h~2",),),
        "g~3": ((A, A),),
        "h~2": ((A, B),),
    },
    'start: "a" "a"i "a"\n': {"~start": (("start",),), "start": ((A, regex("[aA]"), A),)},
    'start: "a".."c" "a".."b"\n': {"~start": (("start",),), "start": ((regex("[a-c]"), regex("[ab]")),)},
}


@pytest.mark.parametrize("text", RULES)
def test_rules(text: str) -> None:
    made, _, within = rules(text)
    assert within is None
    assert made.keys() == RULES[text].keys()
    for name, body in RULES[text].items():
        if isinstance(body, Repeat):
            assert made[name] == body
        else:
            for row, expected in zip(made[name], body, strict=True):
                assert len(row) == len(expected)
                for atom, wanted in zip(row, expected, strict=True):
                    assert atom == wanted or same(atom, wanted)


def test_a_terminal_to_start_from() -> None:
    made, _, _ = rules('A: "a" | B\nB: "b"', start="A")
    assert list(made) == ["~start"]
    ((language,),) = made["~start"]
    assert language is A | B


def test_the_same_terminal_is_one() -> None:
    """By what it says, wherever it stands; by its name else."""
    made, _, _ = rules('start: "a" /a+/ "b" /a+/ X X\nX: "x"')
    ((one, two, three, four, five, six),) = made["start"]
    assert two is four
    assert five is six is literal(b"x")
    assert (one, three) == (A, B)


def test_terminals_use_terminals() -> None:
    made, _, _ = rules('start: A\nA: B~2 | C\nB: "b" | (D "x")+\nC: "c"i\nD: "d"')
    ((language,),) = made["start"]
    for text, accepted in {
        "bb": True,
        "dxb": True,
        "": False,
        "C": True,
        "b": False,
        "cc": False,
        "d": False,
    }.items():
        assert language.accepts(text.encode()) is accepted, text


def same(one: Language, two: Language) -> bool:
    return (one & ~two).is_empty() and (two & ~one).is_empty()


def test_ignored_text_stands_before_terminals() -> None:
    made, _, within = rules('start: "a" w t\n%ignore " "', {"w": regex("[bc]*"), "t": NESTED})
    assert within is None
    assert list(made) == ["start", "~whole", "~start", "~spaced0"]
    ((one, two, three),) = made["start"]
    assert same(one, BLANK + A)
    assert same(two, (BLANK + regex("[bc]+")).optional())
    assert three == "~spaced0"
    ((gap, nested),) = made["~spaced0"]
    assert same(gap, BLANK)
    assert nested is NESTED
    assert made["~whole"] == (("start",),)
    ((whole, end),) = made["~start"]
    assert whole == "~whole"
    assert same(end, BLANK)


def test_nothing_is_put_before_terminals_where_nothing_is_ignored() -> None:
    made, _, _ = rules('start: "a" w t', {"w": regex("[bc]*"), "t": NESTED})
    ((_, two, three),) = made["start"]
    assert same(two, regex("[bc]*"))
    assert three is NESTED
    assert "~spaced0" not in made


def test_a_regular_grammar_that_is_given_is_a_terminal() -> None:
    """So is one that was found to be regular."""
    flat = grammar('start: "x" "y"?')
    made, _, _ = rules('start: w TAG\nTAG: "<" W ">"\n%ignore " "', {"w": flat, "W": flat})
    ((one, two),) = made["start"]
    assert same(one, BLANK + regex("xy?"))
    assert same(two, BLANK + regex("<xy?>"))


def test_marks_for_what_looks_around() -> None:
    made, _, within = rules('start: A "c" | "d" | E\nA: /a(?!b)/\nE: /(?:e(?!f))*/\n%ignore " "')
    assert within is not None
    ((one, two), (three,), (four,)) = made["start"]
    assert (one, four) == ("~token0", "~token3")
    assert same(two, BLANK + C)
    assert same(three, BLANK + literal(b"d"))
    ((gap, opening, inside, closing),) = made["~token0"]
    assert same(gap, BLANK)
    assert (opening, inside, closing) == (literal(b"\xc0"), A, literal(b"\xff"))
    marked, empty = made["~token3"]
    assert marked[1] is literal(b"\xc1")
    assert empty == ()


def test_marks_for_ignored_text_that_looks_around() -> None:
    made, _, within = rules('start: "a" W X\nW: /b*/\nX: /x(?!y)/\n%ignore /#(?!#)/\n%ignore "-"')
    assert within is not None
    assert made["start"] == (("~token0", "~token1", "~token2"),)
    assert made["~gap"] == Repeat("~ignored", 0, None)
    (comment, dash) = made["~ignored"]
    assert comment == (literal(b"\xc0"), literal(b"#"), literal(b"\xff"))
    assert dash == (literal(b"\xc1"), literal(b"-"), literal(b"\xff"))
    assert made["~token0"] == (("~gap", A),)
    assert made["~token2"] == (("~gap", literal(b"\xf5"), literal(b"x"), literal(b"\xff")),)
    (word, nothing) = made["~token1"]
    assert word[0] == "~gap"
    assert same(word[1], regex("b+"))
    assert nothing == ()
    assert made["~start"] == (("~whole", "~gap"),)


def test_marks_where_the_next_token_does_not_decide() -> None:
    """One that may go on beyond the next terminal is marked, though nothing looks around."""
    made, _, within = rules('start: "a" "r"\n%ignore /#(rn)?/')
    assert within is not None
    assert "~ignored" in made
    made, _, within = rules('start: "a" "rx"\n%ignore /#(rn)?/')
    assert within is None


def test_ignored_text_named_and_given_twice() -> None:
    made, _, within = rules('start: "a"\nWS: " "\n%ignore WS\n%ignore WS\n%ignore " "')
    assert within is None
    ((one,),) = made["start"]
    assert same(one, BLANK + A)


def test_no_ignored_text_of_imports() -> None:
    made, _, _ = rules("start: a\n%import x.a", x='a: "a" "b"\n%ignore " "')
    assert made["a"] == ((A, B),)
    assert list(made) == ["~start", "start", "a"]
    assert made["~start"] == (("start",),)


def test_notes_of_what_is_not_used() -> None:
    text = 'start: a\na: "a"\nb: "b"\nc{x}: x\nD: "d"\nfoo: bar\nbar: "x"\n%extend b: "z"'
    _, report, _ = rules(text)
    assert [entry for entry in report if entry.note] == [
        ReportEntry("b", "rule", "exact", "is not used from 'start'"),
        ReportEntry("foo", "rule", "exact", "is not used from 'start'"),
        ReportEntry("bar", "rule", "exact", "is not used from 'start'"),
    ]
    _, report, _ = rules(text, start="foo")
    assert [entry.place for entry in report if entry.note] == ["start", "a", "b"]
    assert report[-1].note == "is not used from 'foo'"


def test_complements_and_intersections() -> None:
    for source, accepted in {
        '~"a"': "b ab aa ba ",
        '~~"a"': "a",
        '~"a" & /[ab]+/': "b ab aa ba",
        '"a" & "a" | "b"': "a b",
        '/[ab]/ ~"b" & /../': "aa ba",
        '("a" | "b") & ~"b"': "a",
    }.items():
        made, _, _ = rules(f"start: A\nA: {source}")
        ((language,),) = made["start"]
        found = [text for text in ("a", "b", "ab", "aa", "ba", "") if language.accepts(text.encode())]
        assert sorted(found) == sorted(accepted.split(" ")), source


@pytest.mark.parametrize(
    ("text", "given", "message", "position", "expected"),
    [
        ('start: a\na: "x"', ["a"], "'a' is given as a constraint and defined too", 9, None),
        ('strat: "a"', [], STRAT, 0, RULE),
        ("start{x}: x", [], "there is no rule 'start' to start from", 0, RULE),
        ('start: "a"\nb{start}: start', [], "the parameter 'start' is the name of a rule too", 11, None),
        ('start: "a"', ["word"], UNUSED, 0, None),
        ("start: wordd", ["word", "wordd"], UNUSED, 0, None),
        ('start: A\nA: f{"x"}\nf{x}: x', [], "a terminal cannot use a template", 12, None),
        ('start: "a"\nb: /(/', [], None, 14, None),
        ('start: A\nA: b\nb: "x"', [], "a terminal cannot use the rule 'b'", 12, "terminals"),
        ('start: "a"\n%ignore b\nb: "x"', [], "a terminal cannot use the rule 'b'", 19, "terminals"),
        ("start: nmae\nname: /a/", [], "there is no rule 'nmae'; did you mean 'name'?", 7, NAMED),
        ("start: NMAE\nNAME: /a/", [], "there is no terminal 'NMAE'; did you mean 'NAME'?", 7, NAMED),
        ("start: _B\nA: /a/", [], "there is no terminal '_B'", 7, NAMED),
        ("start: wrod", ["word"], None, 0, None),
        ("start: word wrod", ["word"], "there is no rule 'wrod'; did you mean 'word'?", 12, NAMED),
        ("start: f{a}\nf{parameter}: paramter", [], "there is no rule 'a'", 9, NAMED),
        ('start: f{"a"}\nf{parameter}: paramter', [], PARAMETER, 28, NAMED),
        ('start: "a"x', [], "'x' is not a flag, and there is no rule of that name", 10, "i, b"),
        ("start: /a/q", [], "'q' is not a flag, and there is no rule of that name", 10, FLAGS),
        ("start: /a/Q", [], "'Q' is not a flag, and there is no terminal of that name", 10, FLAGS),
        ('start: A\nA: "x" B\nB: A', [], None, 0, None),
        ("start: A\nA: A", [], "the terminal 'A' uses itself; only rules may be recursive", 9, None),
        ('start: row{"a"}\nrows{x}: x', [], "there is no template 'row'; did you mean 'rows'?", 7, None),
        ('start: b{"a"}\nb: "x"', [], "'b' is no template", 7, None),
        ('start: f{"a"}\nf{x, y}: x', [], "the template 'f' has 2 parameters, not 1", 7, None),
        ('start: f{g}\nf{t}: t{"a", "b"}\ng{x}: x', [], "the template 't' has 1 parameters, not 2", 18, None),
        ('start: f{"a"}\nf{t}: t{"b"}', [], "'t' is no template here", 20, "a template"),
        ("start: f\nf{x, y}: x", [], "the template 'f' needs arguments", 7, "f{x, y}"),
        ("start: g{f}\ng{t}: t\nf{x}: x", [], "the template 'f' needs arguments", 18, "f{x}"),
        ("start: b", [], "there is no rule 'b'", 7, NAMED),
    ],
)  # fmt: skip
def test_errors_have_their_fields(
    text: str, given: list[str], message: str | None, position: int, expected: str | None
) -> None:
    """A message of None: only that it is refused."""
    with pytest.raises(ConstraintSyntaxError) as caught:
        rules(text, {name: regex("x") for name in given})
    if message is not None:
        assert (caught.value.message, caught.value.expected) == (message, expected)
        assert (caught.value.text, caught.value.position) == (text, position)


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("start: A\n%declare A", "%declare A: it has no text; define it, or give it as a constraint", 7),
        ("start: _INDENT\n%declare _INDENT", "_INDENT, which Lark's Indenter makes", 7),
        ("start: _DEDENT\n%declare _DEDENT", "_DEDENT, which Lark's Indenter makes", 7),
        ("start: INDENT\n%declare INDENT", "INDENT, which Lark's Indenter makes", 7),
        ("start: DEDENT\n%declare DEDENT", "DEDENT, which Lark's Indenter makes", 7),
        ("start: A\nA: B\n%declare B", "%declare B: it has no text", 12),
        (
            'start: A\nA: "<" T ">"',
            "the constraint 'T' is not regular; use it in a rule, not in a terminal",
            16,
        ),
        ('start: A "\\xff"b\nA: /a(?!b)/', "bytes in a grammar with a terminal that looks around", 9),
        ("start: A T\nA: /a(?!b)/", "a constraint that is not regular in a grammar with a terminal that", 9),
        ("start: /(a)\\1/", None, 7),
        ("start: A\nA: /a(?!b)/ & /a/", None, 9),
        ("start: /(?=x)/ /./", None, 7),
    ],
)
def test_refusals_have_their_fields(text: str, reason: str | None, position: int) -> None:
    with pytest.raises(Unsupported) as caught:
        rules(text, {"T": NESTED} if "T" in text.split() else {})
    if reason is not None:
        assert caught.value.reason.startswith(reason)
    assert (caught.value.text, caught.value.position) == (text, position)


def test_what_is_not_used_may_be_unsupported() -> None:
    for text in (
        'start: "a"\nB: /(b)\\1/',
        'start: "a"\nb: /(b)\\1/',
        'start: "a"\nb: C\n%declare C',
        'start: "a"\nB: /b(?!c)/ & /b/',
    ):
        made, _, _ = rules(text)
        assert made["start"] == ((A,),)
    with pytest.raises(ConstraintSyntaxError, match=r"\(in a regular expression\)") as caught:
        rules('start: "a"\nb: /[b-a]/')
    assert caught.value.position == 14


def test_given_names_may_be_declared() -> None:
    made, _, _ = rules("start: A b\n%declare A", {"A": regex("x"), "b": regex("y")})
    assert made["start"] == ((literal(b"x"), literal(b"y")),)


def test_templates_have_a_limit(set_limits: Any) -> None:
    text = 'start: f{"a"} f{"b"} f{"c"}\nf{x}: x'
    set_limits(template_instances=3)
    assert rules(text)
    set_limits(template_instances=2)
    with pytest.raises(LimitExceeded) as caught:
        rules(text)
    assert (caught.value.what, caught.value.limit) == ("instances of templates", 2)


def test_errors_are_located() -> None:
    source = Source("abcdef")

    def failing(error: Exception) -> Any:
        def make() -> Any:
            raise error

        return make

    assert located(source, 2, lambda: 5) == 5
    own = ConstraintSyntaxError("own", "abcdef", 1)
    with pytest.raises(ConstraintSyntaxError) as caught:
        located(source, 2, failing(own))
    assert caught.value is own
    inner = ConstraintSyntaxError("inner", "(", 0, expected="')'")
    with pytest.raises(ConstraintSyntaxError) as caught:
        located(source, 2, failing(inner))
    assert (caught.value.message, caught.value.position) == ("inner (in a regular expression)", 2)
    assert (caught.value.text, caught.value.expected) == ("abcdef", "')'")
    assert caught.value.__cause__ is inner
    there = Unsupported("there", text="abcdef", position=1)
    with pytest.raises(Unsupported) as refused:
        located(source, 2, failing(there))
    assert refused.value is there
    with pytest.raises(Unsupported) as refused:
        located(source, 2, failing(Unsupported("else", text="x", position=0)))
    assert (refused.value.reason, refused.value.text, refused.value.position) == ("else", "abcdef", 2)
    limit = LimitExceeded("it", 5)
    with pytest.raises(LimitExceeded) as exceeded:
        located(source, 2, failing(limit))
    assert exceeded.value is limit
    with pytest.raises(ConstraintSyntaxError) as caught:
        located(source, 2, failing(EmptyLanguage("nothing")))
    assert (caught.value.message, caught.value.position) == ("nothing", 2)
    assert issubclass(EmptyLanguage, ConstraintError)
    assert EPSILON.nullable
