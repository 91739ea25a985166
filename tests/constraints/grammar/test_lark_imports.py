"""Definitions of a Lark grammar and those that it imports: names, order, and where texts are found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bltgen.automata.contract import ReportEntry
from bltgen.automata.limits import Limits, use_limits
from bltgen.constraints.grammar import lark_modules
from bltgen.constraints.grammar.lark_modules import _READY, Grammars, Modules
from bltgen.constraints.grammar.lark_syntax import Import, Name, Source, Text, Use
from bltgen.errors import ConstraintSyntaxError, LimitExceeded, Unsupported


def load(text: str, **files: str) -> Modules:
    modules = Modules(Grammars({f"{name.replace('__', '/')}.lark": file for name, file in files.items()}))
    modules.load(text)
    return modules


def item(path: str, name: str = "A", relative: bool = False) -> Import:
    return Import(tuple(path.split(".")), name, name, 3, relative)


SOURCE = Source("the text")
CASE = "a terminal's name is in upper case, a rule's in lower case"
BOTH_WAYS = "imports from 'p' and from '.p'"
NEAR = "the grammar 'p' has no 'abcd'; did you mean 'abce'?"
NONE = "there is no grammar {!r} to import from"
OVERRIDE = "%override of 'nmaes', which is not defined; did you mean 'names'?"


# -- where texts are found -----------------------------------------------------------------------------------


def test_texts_that_are_given() -> None:
    grammars = Grammars({"x.lark": "X", "d/x.lark": "DX", "d/y.lark": "DY"})
    assert grammars.find(item("x"), (), SOURCE) == ("X", ())
    assert grammars.texts == {"x.lark": "X"}
    assert grammars.find(item("d.y"), (), SOURCE) == ("DY", ("d",))
    assert grammars.find(item("x", relative=True), ("d",), SOURCE) == ("DX", ("d",))
    assert grammars.find(item("x"), ("d",), SOURCE) == ("X", ())
    assert grammars.find(item("y", relative=True), ("d",), SOURCE) == ("DY", ("d",))
    assert grammars.find(item("d.y", relative=True), ("d",), SOURCE) == ("DY", ("d",))
    assert grammars.texts == {"x.lark": "X", "d/x.lark": "DX", "d/y.lark": "DY"}


def test_ready_grammars_import_from_each_other_only() -> None:
    grammars = Grammars({"common.lark": "OWN", "x.lark": "X"})
    assert grammars.find(item("common"), (), SOURCE) == ("OWN", ())
    text, place = grammars.find(item("common"), _READY, SOURCE)
    assert place == _READY
    assert "DIGIT" in text
    assert "common.lark" not in Grammars({}).texts
    with pytest.raises(ConstraintSyntaxError):
        grammars.find(item("x"), _READY, SOURCE)


def test_the_grammars_of_lark() -> None:
    text, place = Grammars().find(item("python"), (), SOURCE)
    assert place == _READY
    assert "file_input" in text


def test_lark_may_not_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lark_modules, "find_spec", lambda name: None)
    with pytest.raises(
        ConstraintSyntaxError, match="comes with the package lark, which is not installed"
    ) as caught:
        Grammars().find(item("lark"), (), SOURCE)
    assert (caught.value.position, caught.value.expected) == (3, "pip install lark, or that file in folder=")
    assert Grammars({"lark.lark": "L"}).find(item("lark"), (), SOURCE) == ("L", ())


@pytest.mark.parametrize(
    ("folder", "path", "relative", "words"),
    [
        (None, "comon", False, "there is no grammar 'comon' to import from; did you mean 'common'?"),
        (None, "zzzzz", False, NONE.format("zzzzz") + "; files are imported from folder= only"),
        (None, "comon", True, NONE.format(".comon") + "; did you mean 'common'?; files are"),
        (None, "common.x", False, "there is no grammar 'common.x' to import from; did you mean"),
        ({}, "zzzzz", False, "there is no grammar 'zzzzz' to import from"),
        ({}, "json.x", False, "there is no grammar 'json.x' to import from"),
        ({}, "uri", False, "there is no grammar 'uri' to import from"),
    ],
)  # fmt: skip
def test_what_is_not_found(folder: Any, path: str, relative: bool, words: str) -> None:
    with pytest.raises(ConstraintSyntaxError) as caught:
        Grammars(folder).find(item(path, relative=relative), (), SOURCE)
    assert caught.value.message.startswith(words)
    assert ("folder=" in caught.value.message) == ((folder is None and path != "comon") or relative)
    assert (caught.value.text, caught.value.position) == (SOURCE.text, 3)


def test_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "x.lark").write_text("é", "utf-8")
    (tmp_path / "d" / "y.lark").write_text("Y")
    (tmp_path / "bad.lark").write_bytes(b"\xff")
    grammars = Grammars(str(tmp_path))
    assert grammars.folder == tmp_path
    assert grammars.find(item("x"), (), SOURCE) == ("é", ())
    assert grammars.find(item("d.y"), (), SOURCE) == ("Y", ("d",))
    (tmp_path / "x.lark").write_text("changed")
    assert grammars.find(item("x"), (), SOURCE) == ("é", ()), "what was read is kept"
    assert grammars.texts == {"x.lark": "é", "d/y.lark": "Y"}
    with pytest.raises(ConstraintSyntaxError, match=r"bad\.lark is not UTF-8") as caught:
        grammars.find(item("bad"), (), SOURCE)
    assert caught.value.position == 3
    for limit in (5, 4):
        (tmp_path / "long.lark").write_text("é" * 5)
        with use_limits(Limits(pattern_length=limit)):
            if limit == 5:
                assert Grammars(tmp_path).find(item("long"), (), SOURCE)[0] == "ééééé"
            else:
                with pytest.raises(LimitExceeded) as long:
                    Grammars(tmp_path).find(item("long"), (), SOURCE)
                assert (long.value.what, long.value.limit) == ("the length of long.lark", 4)
    with pytest.raises(ValueError, match=r"folder='.*x.lark' is not a directory"):
        Grammars(tmp_path / "x.lark")


# -- names ---------------------------------------------------------------------------------------------------


def test_names_of_what_is_imported() -> None:
    modules = load(
        "start: X b\n%import p.A -> X\n%import p (b)",
        p='A: B\nB: "b"\nb: c "-"\nc: A\n%ignore " "',
    )
    assert set(modules.definitions) == {"start", "X", "b", "p__B", "p__c"}
    assert {name: known.prefix for name, known in modules.definitions.items()} == {
        "start": "", "X": "p__", "b": "p__", "p__B": "p__", "p__c": "p__",
    }  # fmt: skip
    assert modules.resolved("p__A") == modules.resolved("X") == "X"
    assert modules.resolved("p__b") == "b"
    assert modules.resolved("p__B") == "p__B"
    assert modules.resolved("unknown") == "unknown"
    assert modules.definitions["X"].source.text.startswith("A: B")


def test_imports_of_imports() -> None:
    modules = load("start: a\n%import p.a", p="a: B c\n%import .q (B)\nc: B", q='B: "b"\nD: B')
    assert set(modules.definitions) == {"start", "a", "p__B", "p__c", "p__q__D"}
    assert modules.resolved("p__q__B") == "p__B"


def test_a_grammar_is_read_once_for_each_that_imports_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    find = Grammars.find
    monkeypatch.setattr(Grammars, "find", lambda *those: asked.append(those[1].library) or find(*those))
    load("s: A B C\n%import p.A\n%import p.B\n%import p.C", p='A: "a"\nB: "b"\nC: "c"')
    assert asked == ["p"]


def test_so_many_grammars_may_be_read() -> None:
    def chain(length: int) -> dict[str, str]:
        files = {f"m{n}": f"%import .m{n + 1}.a" for n in range(length)}
        return {**files, f"m{length}": 'a: "a"'}

    assert "a" in load("%import m0.a", **chain(98)).definitions
    with pytest.raises(LimitExceeded) as caught:
        load("%import m0.a", **chain(99))
    assert (caught.value.what, caught.value.limit) == ("imported grammars", 100)


def test_overriding() -> None:
    modules = load('A: "x"\nB: A\n%override A: "y"\nr: A\n%override r: B')
    assert set(modules.definitions) == {"A", "A~overridden2", "B", "r"}
    assert modules.definitions["A"].definition.bodies == {"A": ((Text("y", "", 25),),)}
    assert modules.definitions["A~overridden2"].definition.bodies == {"A": ((Text("x", "", 3),),)}
    assert modules.resolved("A", in_terminal=True) == "A", (
        "in its own grammar a terminal is seen as it is last"
    )
    modules = load('start: A B\n%import p (A, B)\n%override A: "y"', p='A: "x"\nB: A')
    (older,) = [name for name in modules.definitions if "~" in name]
    assert older.startswith("A~overridden")
    assert modules.resolved("p__A", in_terminal=True) == older
    assert modules.resolved("p__A") == "A"
    assert modules.resolved("A", in_terminal=True) == "A"
    modules = load('start: a b\n%import p (a, b)\n%override a: "y"', p='a: "x"\nb: a')
    assert [name for name in modules.definitions if "~" in name] == [], "rules are seen as they are last"


def test_extending() -> None:
    modules = load('a: "x" | b\nb: "z"\n%extend a: "y"')
    older = "a~extended2"
    assert list(modules.definitions) == ["a", "b", older]
    assert modules.definitions[older].definition.bodies == {older: ((Text("x", "", 3),), (Name("b", 9),))}
    assert modules.definitions["a"].definition.bodies == {"a": ((Text("y", "", 29),), (Name(older, 26),))}
    modules = load("f{x, y}: x\n%extend f{x, y}: y")
    (older,) = [name for name in modules.definitions if "~" in name]
    assert modules.definitions[older].definition.parameters == ("x", "y")
    assert modules.definitions["f"].definition.bodies["f"][1] == (
        Use(older, (Name("x", 19), Name("y", 19)), 19),
    )
    modules = load('start: A\n%import p.A\n%extend A: "y"', p='A: "x"')
    (older,) = [name for name in modules.definitions if "~" in name]
    assert modules.definitions[older].source.text == 'A: "x"'
    assert modules.definitions[older].prefix == "p__"
    modules = load('a: ("x" "y")*\n%extend a: "z"')
    (older,) = [name for name in modules.definitions if "~" in name]
    assert set(modules.definitions[older].definition.bodies) == {older, "a~1", "a~2"}


def test_declaring() -> None:
    modules = load('start: "a"\n%declare A b')
    assert modules.declared == {"A", "b"}
    modules = load('start: A\n%declare A\n%override A: "x"')
    assert (modules.declared, list(modules.definitions)) == (set(), ["start", "A"])
    assert load("start: b\n%import p.b", p="b: A\n%declare A").declared == {"p__A"}


@pytest.mark.parametrize(
    ("text", "files", "message", "position", "expected"),
    [
        ('a: "x"\na: "y"', {}, "'a' is defined twice", 7, "%override or %extend"),
        ('a: "x"\n%declare b b', {}, "'b' is defined twice", 18, None),
        ('%declare a\na: "x"', {}, "'a' is defined twice", 11, "%override or %extend"),
        ('%import p.a\n%declare a', {"p": 'a: "x"'}, "'a' is defined twice", 21, None),
        ('%import p.a\na: "y"', {"p": 'a: "x"'}, "'a' is defined twice", 12, "%override or %extend"),
        ('names: "x"\n%override nmaes: "y"', {}, OVERRIDE, 21, None),
        ('%extend a: "y"', {}, "%extend of 'a', which is not defined", 8, None),
        ('f{x}: x\n%extend f{y}: y', {}, "%extend of 'f' with other parameters", 16, None),
        ('f{x}: x\n%extend f: "y"', {}, "%extend of 'f' with other parameters", 16, None),
        ("%import p.abcd", {"p": 'abce: "x"'}, NEAR, 0, None),
        ("%import p.a -> B", {"p": 'a: "x"'}, CASE, 0, None),
        ("%import p.A -> b", {"p": 'A: "x"'}, CASE, 0, None),
        ("%import p.a\n%import .p.b", {"p": 'a: "x"\nb: "y"'}, BOTH_WAYS, 12, "one of the two"),
        ("%import p.a\n%import q.a", {"p": 'a: "x"', "q": 'a: "x"'}, "'a' is imported twice", 12, None),
    ],
)  # fmt: skip
def test_errors_have_their_fields(
    text: str, files: dict[str, str], message: str, position: int, expected: str | None
) -> None:
    with pytest.raises(ConstraintSyntaxError) as caught:
        load(text, **files)
    assert (caught.value.message, caught.value.expected) == (message, expected)
    assert (caught.value.text, caught.value.position) == (text, position)


def test_what_is_declared_elsewhere_has_no_text() -> None:
    with pytest.raises(Unsupported, match=r"p\.A is declared there and has no text") as caught:
        load("start: A\n%import p.A", p="%declare A")
    assert caught.value.position == 9


def test_reports() -> None:
    modules = Modules(Grammars({"p.lark": 'a: "x"'}))
    text = 's.2: "a" -> x\n?t: "b"\nU.-1: "c"\nf{x}: x\n\n%ignore " "\n%import p.a -> b\n  %ignore U'
    source, report = modules.load(text)
    assert source.text == text
    assert report == [
        ReportEntry("", "lark grammar"),
        ReportEntry("s", "rule"),
        ReportEntry("s", "priority", "annotation", "all readings count"),
        ReportEntry("s", "tree shaping", "annotation", "there are no trees"),
        ReportEntry("t", "rule"),
        ReportEntry("t", "tree shaping", "annotation", "there are no trees"),
        ReportEntry("U", "terminal"),
        ReportEntry("U", "priority", "annotation", "all readings count"),
        ReportEntry("f", "template"),
        ReportEntry("b", "import", "exact", "p.a"),
        ReportEntry("line 6, column 1", "ignore", "exact", "between any two terminals"),
        ReportEntry("line 8, column 3", "ignore", "exact", "between any two terminals"),
    ]
    assert modules.definitions["%ignore~1"].definition.bodies == {"%ignore~1": ((Name("U", 80),),)}
