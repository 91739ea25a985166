r"""Trees as languages of bytes: each kind of node against `re` on all short texts, and edges by marks."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from bltgen.automata.language import EMPTY, EPSILON, Language, literal, union
from bltgen.automata.lookaround_automaton import language_of
from bltgen.constraints import regex_lowering
from bltgen.constraints.regex_lowering import Edges, lowered
from bltgen.constraints.regex_parser import parse
from bltgen.constraints.regex_syntax import Atomic, Backreference, Characters, Conditional, Sequence, Text

TEXTS = ["".join(letters) for length in range(5) for letters in itertools.product("ab \n", repeat=length)]
A = Characters(((97, 97),))

PATTERNS = [
    "",
    "a",
    "ab",
    "[ab]",
    "a|b|",
    "(a)b",
    "a*",
    "a{1,2}",
    "a{2}",
    "(?:a|b)+",
    ".",
    "^a",
    "a^b",
    "a$",
    "a$\n",
    "(?:a$)?\n?",
    r"\Aa\Z\n?",
    r"a\Z",
    "(?:a\n)?^b",
    r"\ba\b",
    r"a\b ?b?",
    r"\B",
    r"a\Bb",
    r"(?: ?\b[ab])+",
    r" \B ",
    "a(?=b)b",
    "a(?!b)[ab]?",
    "[ab](?<=a)b?",
    "[ab](?<!a)b?",
    "(?=ab)..",
    "(?<!b)a",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("flags", [0, re.M, re.S])
def test_texts_are_those_that_re_matches(pattern: str, flags: int) -> None:
    judge = re.compile(pattern, flags)
    language = language_of(lowered(parse(pattern, flags=flags).root, is_bytes=False))
    for text in TEXTS:
        if text or r"\B" not in pattern:
            assert language.accepts(text.encode()) == (judge.fullmatch(text) is not None), text


@pytest.mark.parametrize(
    "pattern", [rb"^\xff$", rb"[\x80-\xff]\b|a", rb"(?m)^a$\n?^b", rb"\xe9\Ba?", rb"[^a]"]
)
def test_bytes_are_those_that_re_matches(pattern: bytes) -> None:
    language = language_of(lowered(parse(pattern).root, is_bytes=True))
    for length in range(4):
        for text in map(bytes, itertools.product(b"ab\n\xff\xe9", repeat=length)):
            assert language.accepts(text) == (re.fullmatch(pattern, text) is not None), text


def _language(pattern: Any, **edges: Any) -> Language:
    made = lowered(parse(pattern).root, is_bytes=isinstance(pattern, bytes), edges=Edges(**edges))
    return language_of(made)


def test_plain_nodes_are_the_terms_themselves() -> None:
    assert _language("ab") is literal(b"ab")
    assert _language("é") is literal("é".encode())
    assert _language(rb"\xe9") is literal(b"\xe9")
    assert _language("a|b") is union(literal(b"a"), literal(b"b"))
    assert _language("") is EPSILON
    assert _language("(a){2,3}") is literal(b"a").repeat(2, 3)
    assert lowered(Text("\ud800"), is_bytes=False) is EMPTY
    assert lowered(Text("a\ud800"), is_bytes=False) is EMPTY
    assert lowered(Text(""), is_bytes=False) is EPSILON
    assert _language(r"[\ud800-\udfff]") is EMPTY


def test_what_is_shared_is_lowered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    found = regex_lowering._characters
    monkeypatch.setattr(regex_lowering, "_characters", lambda *args: made.append(args) or found(*args))
    ranges = ((97, 98),)
    node: Any = Characters(ranges)
    for _ in range(40):
        node = Sequence((node, node))
    one, two = Characters(ranges), Characters(ranges)
    lowered(Sequence((one, two, one)), is_bytes=False)
    assert len(made) == 1
    lowered(node, is_bytes=False)
    assert len(made) == 2


def test_a_tree_may_be_deep() -> None:
    node: Any = A
    for _ in range(20_000):
        node = Sequence((node,))
    assert lowered(node, is_bytes=False) is literal(b"a")


def test_characters_after_marks_that_are_passed_over() -> None:
    """`#` may stand before any character."""
    marks = union(EPSILON, literal(b"#"))
    for pattern, texts, others in [
        ("ab", ["ab", "#ab", "a#b", "#a#b"], ["ab#", "##ab", "a"]),
        ("[ab]a", ["aa", "#ba", "b#a"], ["ba#"]),
        ("a(?<=a)b", ["ab", "#a#b", "a#b"], ["b"]),
        ("a(?=b)b", ["ab", "a#b"], ["a"]),
        ("[ab](?<!a)b", ["bb", "#b#b"], ["ab", "a#b", "#ab"]),
        (r"a\bb?", ["a", "#a"], ["ab", "a#b"]),
        (r"a\Bb", ["ab", "a#b"], ["a"]),
        (r"\ba", ["a", "#a"], ["b"]),
    ]:
        language = _language(pattern, skipped=marks)
        assert [text for text in texts if not language.accepts(text.encode())] == [], pattern
        assert [text for text in others if language.accepts(text.encode())] == [], pattern


def test_edges_of_the_text_that_assertions_see() -> None:
    """`<` stands before its beginning and `>` after its end."""
    edges = {"before": literal(b"<"), "after": literal(b">"), "line_feed": literal(b"\\n")}

    def accepts(pattern: str, *texts: str, **more: Any) -> list[bool]:
        made = lowered(parse(pattern, **more).root, is_bytes=False, edges=Edges(**edges))
        return [language_of(made).accepts(text.encode()) for text in texts]

    assert accepts("<^a", "<a") == [True]
    assert accepts("^<a", "<a") == [False]
    assert accepts("a$>", "a>") == [True]
    assert accepts(r"a\Z>", "a>") == [True]
    assert accepts(r"a$\\n>", "a\\n>", "a>") == [True, False]
    assert accepts(r"a\Z\\n>", "a\\n>") == [False]
    assert accepts("a>$", "a>") == [False]
    assert accepts("<^a\n^b$>", "<a\nb>", flags=re.M) == [True]
    assert accepts("<a^b", "<ab", flags=re.M) == [False]
    assert accepts("<a$\nb$>", "<a\nb>", flags=re.M) == [True]


def test_edges_are_by_default_those_of_the_whole_text() -> None:
    edges = Edges()
    assert (edges.skipped, edges.before, edges.after) == (EPSILON, EPSILON, EPSILON)
    assert edges.line_feed is literal(b"\n")
    assert edges == Edges()


@pytest.mark.parametrize("node", [Atomic(A, 0), Conditional(1, A, A, 0), Backreference(1, 0)])
def test_what_must_have_been_rewritten(node: Any) -> None:
    with pytest.raises(AssertionError):
        lowered(node, is_bytes=False)
