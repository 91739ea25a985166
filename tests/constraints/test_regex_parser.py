"""The door to the readers: dialects, flags, bytes, and what patterns are as constraints."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bltgen.automata.description import rebuild
from bltgen.automata.language import EMPTY
from bltgen.automata.limits import Limits, use_limits
from bltgen.constraints import regex as constraint
from bltgen.constraints.regex import pattern_language, regex
from bltgen.constraints.regex_parser import PREFERENCES, parse
from bltgen.constraints.regex_properties import BINARY, GENERAL_CATEGORY, SCRIPT, query, suggestion
from bltgen.constraints.regex_syntax import (
    EMPTY_SEQUENCE,
    Alternation,
    Assertion,
    Atomic,
    Backreference,
    Characters,
    Conditional,
    Group,
    Look,
    Node,
    Repetition,
    Sequence,
    Text,
    children,
    with_children,
)
from bltgen.errors import EmptyLanguage, Unsupported
from tests.constraints.regex_trees import shown


def test_flags_that_a_dialect_knows() -> None:
    for flag in (re.I, re.S, re.M, re.X, re.A, re.U, 0):
        assert parse("a", flags=flag).is_bytes is False
    for flag in (re.I, re.S, re.M, re.U, 0):
        parse("a", "ecma262", flags=flag)
    for flag in (re.X, re.A):
        with pytest.raises(
            ValueError, match=r"flags 0x\w+ are not among I, S, M, U of the dialect 'ecma262'"
        ):
            parse("a", "ecma262", flags=flag)
    with pytest.raises(ValueError, match="flags 0x80 are not among I, S, M, X, A, U of the dialect 'python'"):
        parse("a", flags=re.DEBUG | re.I)
    for dialect in ("python", "ecma262"):
        with pytest.raises(Unsupported, match="LOCALE"):
            parse("a", dialect, flags=int(re.L))  # type: ignore[arg-type]


def test_bytes_are_of_python_alone() -> None:
    assert shown(parse(b"\xff").root) == "[xFF]"
    with pytest.raises(ValueError, match="python dialect only"):
        parse(b"a", "ecma262")
    with pytest.raises(ValueError, match="dialect"):
        parse("a", "perl")  # type: ignore[arg-type]


def test_liberties_are_taken_where_asked_for() -> None:
    assert shown(parse(r"\-", "ecma262", loose=True).root) == "[x2D]"
    with pytest.raises(Exception, match="bad escape"):
        parse(r"\-", "ecma262")


def test_constructs_that_are_rewritten() -> None:
    found = {
        construct for pattern in ("(?>a)", "a*+", "(a)?(?(1)b)") for _, construct in parse(pattern).constructs
    }
    assert found == set(PREFERENCES)


# -- the constraint ----------------------------------------------------------------------------------


def test_a_compiled_pattern_keeps_its_flags() -> None:
    for pattern, flags, text, other in [
        (re.compile("a.", re.I), 0, "Ab", "b"),
        (re.compile("a.", re.I), re.S, "A\n", "b"),
        (re.compile(r"\w"), re.A, "a", "é"),
        (re.compile(r"\w"), 0, "é", "-"),
        (re.compile(r"\w", re.A), 0, "a", "é"),
    ]:
        language = regex(pattern, flags=flags)
        assert language.accepts(text.encode())
        assert not language.accepts(other.encode())
    assert regex(re.compile(rb"\xff")).accepts(b"\xff")


@pytest.mark.parametrize("pattern", [3, None, ["a"], bytearray(b"a")])
def test_what_is_no_pattern(pattern: Any) -> None:
    with pytest.raises(TypeError, match="pattern"):
        regex(pattern)


def test_what_is_no_flag() -> None:
    with pytest.raises(TypeError, match="flags"):
        regex("a", flags="i")  # type: ignore[arg-type]


def test_the_modes() -> None:
    for source in ("b+", b"b+"):
        whole, part = regex(source), regex(source, mode="search")
        assert [whole.accepts(text) for text in (b"b", b"abc", b"")] == [True, False, False]
        assert [part.accepts(text) for text in (b"b", b"abc", b"", b"ac")] == [True, True, False, False]
    assert not regex("b", mode="search").accepts(b"\xffb")
    assert regex(b"b", mode="search").accepts(b"\xffb\xff")
    with pytest.raises(ValueError, match="mode"):
        regex("a", mode="match")  # type: ignore[arg-type]


def test_the_empty_language_is_nobody_s() -> None:
    assert pattern_language("(?!)") is EMPTY
    with pytest.raises(EmptyLanguage, match=r"nothing matches the regular expression '\(\?!\)'"):
        regex("(?!)")
    assert pattern_language(r"[^\s\S]") is EMPTY


def test_whether_nothing_matches_may_be_left_to_the_first_question() -> None:
    """Where telling it goes beyond the limits."""
    source = r"(?=[ab]*a[ab]{5}$)(?=[ab]*b[ab]{7}$)[ab]{9,}c"
    with use_limits(Limits(search_states=3)):
        language = regex(source)
    assert language.is_empty()
    with pytest.raises(EmptyLanguage):
        regex(source)


DESCRIBED: list[dict[str, Any]] = [
    {"pattern": "a.b"},
    {"pattern": "a.b", "flags": re.S | re.I},
    {"pattern": rb"\xff[a-c]"},
    {"pattern": b"\xff.", "mode": "search"},
    {"pattern": r"\u{61}", "dialect": "ecma262"},
    {"pattern": r"\-", "dialect": "ecma262", "loose": True},
]


@pytest.mark.parametrize("arguments", DESCRIBED, ids=ascii)
def test_a_description_says_all(arguments: dict[str, Any]) -> None:
    language, described, _ = constraint._read(
        **{"dialect": "python", "flags": 0, "mode": "fullmatch", **arguments}
    )
    source = arguments["pattern"]
    assert described == {
        "kind": "regex",
        "pattern": source.decode("latin-1") if isinstance(source, bytes) else source,
        "bytes": isinstance(source, bytes),
        "dialect": arguments.get("dialect", "python"),
        "flags": int(arguments.get("flags", 0)),
        "mode": arguments.get("mode", "fullmatch"),
        "loose": arguments.get("loose", False),
    }
    assert rebuild(json.loads(json.dumps(described))).equivalent(language)
    if not described["loose"]:
        older = {key: value for key, value in described.items() if key != "loose"}
        assert rebuild(older).equivalent(language)


def test_a_report_begins_with_the_regex_and_names_places() -> None:
    entries = regex(r"a^|\bb").report().entries
    assert [(entry.place, entry.construct) for entry in entries] == [
        ("", "regex"),
        ("offset 1", "^"),
        ("offset 3", r"\b"),
    ]
    assert constraint._report(parse("a")).entries[0].construct == "regex"


# -- trees -------------------------------------------------------------------------------------------

A, B = Characters(((97, 97),)), Text("bc")
NODES: list[tuple[Node, tuple[Node, ...]]] = [
    (A, ()),
    (B, ()),
    (Assertion("start"), ()),
    (Backreference(1, 2), ()),
    (EMPTY_SEQUENCE, ()),
    (Sequence((A, B, A)), (A, B, A)),
    (Alternation((A, B)), (A, B)),
    (Repetition(A, 2, 5, True, 7), (A,)),
    (Group(A, 3), (A,)),
    (Atomic(A, 4), (A,)),
    (Look(A, True, False, 4), (A,)),
    (Look(A, False, True, 4), (A,)),
    (Conditional(2, A, B, 5), (A, B)),
]


@pytest.mark.parametrize(("node", "below"), NODES, ids=lambda value: type(value).__name__)
def test_the_nodes_below_another(node: Node, below: tuple[Node, ...]) -> None:
    assert children(node) == below
    assert with_children(node, below) is node
    other = Text("z")
    for place in range(len(below)):
        parts = (*below[:place], other, *below[place + 1 :])
        made = with_children(node, parts)
        assert type(made) is type(node)
        assert children(made) == parts
        # All but the part is as it was.
        assert shown(with_children(made, below)) == shown(node)
        assert shown(made) != shown(node)


def test_a_node_has_so_many_below() -> None:
    with pytest.raises(ValueError, match="argument"):
        with_children(Sequence((A, B)), (A,))


def test_nodes_are_compared_by_identity() -> None:
    assert Text("a") != Text("a")
    assert len({A, Characters(A.ranges)}) == 2
    assert Repetition(A, 0, None).lazy is False
    assert Repetition(A, 0, None).position == 0


# -- names of properties -----------------------------------------------------------------------------

QUERIES = {
    "Lu": "General_Category=Uppercase_Letter",
    "Uppercase_Letter": "General_Category=Uppercase_Letter",
    "gc=Lu": "General_Category=Uppercase_Letter",
    "General_Category=Lu": "General_Category=Uppercase_Letter",
    "sc=Grek": "Script=Greek",
    "Script=Greek": "Script=Greek",
    "scx=Greek": "Script_Extensions=Greek",
    "Script_Extensions=Grek": "Script_Extensions=Greek",
    "Alpha": "Alphabetic=Yes",
    "Alphabetic": "Alphabetic=Yes",
    "punct": "General_Category=Punctuation",
    "Greek": None,
    "lu": None,
    "sc=Lu": None,
    "gc=Greek": None,
    "gc=": None,
    "=Lu": None,
    "Alphabetic=Yes": None,
    "foo=Lu": None,
    "": None,
    "Lu=": None,
}


@pytest.mark.parametrize("name", QUERIES)
def test_what_a_property_is_asked_as(name: str) -> None:
    assert query(name) == QUERIES[name]


SUGGESTIONS = {
    "lu": "Lu",
    "IsLu": "Lu",
    "IsAlphabetic": "Alphabetic",
    "greek": "Script=Greek",
    "Greak": "Script=Grek",
    "script=greek": "Script=Greek",
    "General-Category=lu": "General_Category=Lu",
    "white space": "White_Space",
    "Uppercase_Lettr": "Uppercase_Letter",
    "xyzzy": None,
    "": None,
}


@pytest.mark.parametrize("name", SUGGESTIONS)
def test_what_was_probably_meant(name: str) -> None:
    assert suggestion(name) == SUGGESTIONS[name]


def test_every_name_is_suggested_for_itself() -> None:
    for name in (*BINARY, *GENERAL_CATEGORY):
        assert suggestion(name) is not None
        assert query(str(suggestion(name))) == query(name)
    for name in SCRIPT:
        assert query(f"sc={name}") == f"Script={SCRIPT[name]}"
        assert suggestion(f"sc={name}") == f"sc={name}"
