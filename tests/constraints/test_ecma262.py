"""ECMAScript's dialect: taken, refused and matched as Node does, by its recorded verdicts and live."""

from __future__ import annotations

import lzma
import re
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.regex import pattern_language, regex
from bltgen.constraints.regex_properties import BINARY, GENERAL_CATEGORY, SCRIPT, suggestion
from bltgen.errors import ConstraintSyntaxError, EmptyLanguage, Unsupported
from bltgen.testing.regex_differential import compare, recorded, run

RECORDED = Path(__file__).parents[1] / "data" / "ecma262_node.jsonl.xz"


def _accepts(pattern: str, text: str, flags: int = 0) -> bool:
    return pattern_language(pattern, "ecma262", flags).accepts(text.encode())


def test_what_node_recorded() -> None:
    """Properties by their names and nearly so, and random patterns: Node 20's verdicts, written down."""
    with lzma.open(RECORDED, "rt", encoding="ascii") as file:
        cases, verdicts = recorded(file)
    tally: Counter[str] = Counter()
    assert not [*map(str, compare("node", cases, verdicts, tally))]
    assert tally["patterns taken by both"] > 1000
    assert tally["patterns refused by both"] > 1000
    assert tally["matches true"] > 4000
    assert tally["unsupported"] < 50
    assert tally["known: properties in another version of Unicode"] < 20


@pytest.mark.skipif(shutil.which("node") is None, reason="the program node is not installed")
def test_random_patterns_as_the_installed_node_sees_them() -> None:
    found = run("node", 300, "live", properties=False, say=lambda line: None)[1]
    assert not [*map(str, found)]


@pytest.mark.parametrize("judge", ["re", "regex"])
def test_random_patterns_of_python(judge: str) -> None:
    if judge == "re" and sys.version_info < (3, 11):
        pytest.skip("this re knows no atomic groups")
    tally, found = run(judge, 300, "live", say=lambda line: None)
    assert not [*map(str, found)]
    assert tally["matches true"] > 500


NOT_SET = [
    r"\1(a)",
    r"\k<n>(?<n>a)",
    r"(a\1)b",
    r"(?:\1(a))+",
    r"(?:(a)|b\1)+",
    r"(?!(b))\1a",
    r"a(?<=\1a)()",
    r"(?:(b)){0}\1a",
    r"a(?<=(a)\1)",
    r"(\2)(b)a",
    r"((?:\2(b)|\2a)*)\3()",
    r"(?:(?<n>a)\1{0}|\k<n>b(?<n>c)?\1)",
]
SET = {
    r"(a)\1": 3,
    r"(?<n>a)|(?<m>b)\k<m>": 15,
    r"(?=(a))\1": 7,
    r"(?:(a)|b)\1": 9,
    r"(?!(a)\1)b": 6,
    r"a(?<=\1(a))": 5,
    r"(a)?(?:b\1)*": 8,
    r"((a)\2)": 4,
    r"(?:(?<n>a)|(?<n>b))\k<n>": 19,
    r"(?:a|(b))*\1": 10,
}


@pytest.mark.parametrize("pattern", NOT_SET)
def test_a_reference_to_a_group_that_is_not_set_matches_the_empty_text(pattern: str) -> None:
    without = re.sub(r"\\[1-9]|\\k<n>", "(?:)", pattern)
    expected = pattern_language(without, "ecma262")
    assert not expected.is_empty()
    assert pattern_language(pattern, "ecma262").equivalent(expected)


@pytest.mark.parametrize("pattern", SET)
def test_a_reference_to_a_group_that_may_be_set_is_unsupported(pattern: str) -> None:
    with pytest.raises(Unsupported, match="backreference") as caught:
        regex(pattern, "ecma262")
    assert caught.value.position == SET[pattern]
    # What is malformed besides is malformed.
    for broken in (pattern + "(", pattern + r"\9", pattern + r"\k<nobody>"):
        with pytest.raises(ConstraintSyntaxError):
            regex(broken, "ecma262")


MALFORMED = {
    r"\p{lu}": (0, r"\p{Lu}"),
    r"\p{Greek}": (0, r"\p{Script=Greek}"),
    r"\p{IsAlphabetic}": (0, r"\p{Alphabetic}"),
    r"\p{script=greek}": (0, r"\p{Script=Greek}"),
    r"a\pL": (1, "in braces"),
    r"\p{^Lu}": (0, r"\p{Lu}"),
    r"\p{Script}": (0, "unknown property"),
    r"\p{InGreek}": (0, "unknown property"),
    r"[\d-a]": (1, "bad character range"),
    r"[a-\d]": (1, "bad character range"),
    r"[b-a]": (1, "bad character range"),
    "a{": (1, "begins no quantifier"),
    "a{,2}": (1, "begins no quantifier"),
    "a}": (1, "unbalanced '}'"),
    "]": (0, "unbalanced ']'"),
    "(?=a)*": (5, "nothing to repeat"),
    "(?<!a){2}": (6, "nothing to repeat"),
    r"\-": (0, "- alone"),
    r"\00": (0, r"bad escape \0"),
    r"[\1]": (1, r"bad escape \1"),
    r"\2(a)": (0, "there is no group 2"),
    r"\k<m>(?<n>a)": (0, "one of n"),
    r"\k": (0, "without a group's name"),
    "(?<n>a)(?<n>b)": (10, "a second group named 'n'"),
    "(?:(?<n>a)|b)(?<n>b)": (16, "a second group named 'n'"),
    "(?<1>a)": (3, "not a name"),
    r"(?<\x61>a)": (3, "escape in a group's name"),
    "(?<a": (0, "does not end"),
    "(?i-i:a)": (2, "stands twice"),
    "(?-:a)": (0, "unknown kind of group"),
    r"\u{110000}": (0, "10FFFF"),
    r"\u{}": (0, "10FFFF"),
    "a\n\\e": (2, r"bad escape \e"),
}


@pytest.mark.parametrize("pattern", MALFORMED, ids=ascii)
def test_malformed_patterns_say_where_and_what_was_meant(pattern: str) -> None:
    position, message = MALFORMED[pattern]
    with pytest.raises(ConstraintSyntaxError, match=re.escape(message)) as caught:
        regex(pattern, "ecma262")
    assert caught.value.position == position
    assert str(caught.value).splitlines()[-1].endswith("^")


TAKEN = [
    ("(?:(?=a))?b", "b", "ab"),
    ("\\0\u0663", "\0\u0663", "\0"),
    (r"(?<\u0061>a)\b", "a", ""),
    (r"(?<\u{1d49c}\ud835\udc9c$_>a)", "a", ""),
    ("(?<n>a)|(?<n>b)", "b", "ab"),
    ("(?i:k)", "\u212a", "\u212b"),
    ("(?i-:a(?-i:b))", "Ab", "AB"),
    (r"\u{000000000000061}", "a", ""),
    (r"\ud83d\ude00", "😀", ""),
    ("\ud83d\ude00", "😀", ""),
    (r"[\ud83d\ude00-\u{1f602}]", "😁", "😃"),
    (r"\p{VS}", "\ufe0f", "\U0001f300"),
    (r"\p{IDC}", "a", "⿰"),
    (r"[^\p{Any}]|a", "a", "b"),
    (r"[\d-]|[-\d]", "-", "_"),
]


@pytest.mark.parametrize(("pattern", "text", "other"), TAKEN, ids=ascii)
def test_what_unicode_mode_takes(pattern: str, text: str, other: str) -> None:
    assert _accepts(pattern, text)
    assert not _accepts(pattern, other)


FOLDED = ["\u0390\u1fd3", "\u03b0\u1fe3", "ﬅﬆ", "kK\u212a", "sSſ", "ßẞ", "åÅ\u212b", "σςΣ", "ǄǅǆA"[:3], "µμΜ"]


@pytest.mark.parametrize("group", FOLDED, ids=ascii)
def test_simple_case_folding(group: str) -> None:
    """Each matches each of its group, alone and in a class, and neither i with or without dots beside it."""
    for pattern in group:
        for text in (*group, "ı", "İ", "i"):
            assert _accepts(pattern, text, re.I) == (text in group)
            assert _accepts(f"[{pattern}]", text, re.I) == (text in group)
            assert _accepts(f"[^{pattern}]", text, re.I) == (text not in group)
    for one, other in ("iı", "iİ", "Iı", "Iİ", "ıİ"):
        assert not _accepts(one, other, re.I)
    assert _accepts("i", "I", re.I)


def test_the_tables_of_properties() -> None:
    """As many names as the standard has; what is meant is found."""
    assert [len(set(table.values())) for table in (BINARY, GENERAL_CATEGORY, SCRIPT)] == [53, 38, 175]
    assert suggestion("Cyrl") == "Script=Cyrl"
    assert suggestion("uppercaseletter") == "Uppercase_Letter"
    assert suggestion("xyzzy") is None


@pytest.mark.parametrize("pattern", ["[]", r"\ud800", r"[^\s\S]", "a^", r"\p{Surrogate}+", "(?!)"])
def test_a_pattern_that_nothing_matches_is_refused(pattern: str) -> None:
    with pytest.raises(EmptyLanguage, match="nothing matches"):
        regex(pattern, "ecma262")
    with pytest.raises(EmptyLanguage):
        pattern_language(pattern, "ecma262").start().completion()


LOOSE = [(r"^\-\_$", "-_"), (r"^[\w-.]+$", "a-."), (r"^a{b}$", "a{b}"), (r"^[a-\d]$", "-"), (r"^]\@$", "]@")]


@pytest.mark.parametrize(("pattern", "text"), LOOSE)
def test_schemas_may_use_what_unicode_mode_refuses(pattern: str, text: str) -> None:
    """A `pattern` of a JSON Schema is read with the liberties that schemas in the wild take."""
    with pytest.raises(ConstraintSyntaxError):
        regex(pattern, "ecma262")
    schema = json_schema({"type": "string", "pattern": pattern})
    assert schema.accepts(f'"{text}"'.encode())
    assert not schema.accepts(b'"%"')


def test_flags_of_other_dialects_are_refused() -> None:
    for flag in (re.X, re.A):
        with pytest.raises(ValueError, match="ecma262"):
            regex("a", "ecma262", flag)
