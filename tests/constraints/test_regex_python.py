"""Python's own: groups, flags and escapes, each as the tree that is read, or the error and its place."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bltgen.constraints import regex_classes as classes
from bltgen.constraints.regex_parser import parse
from bltgen.constraints.regex_syntax import Assertion, Characters, Node, Sequence
from bltgen.errors import ConstraintSyntaxError, Unsupported
from tests.constraints.regex_trees import flags_of, short, shown

TREES = [
    (" a b # c\n d[ ]#", "x", "'abd '"),
    ("a\t\n\r\x0b\x0cb", "x", "'ab'"),
    ("a\xa0", "x", "'a\\xa0'"),
    ("a#b", "", "'a#b'"),
    ("a # b", "", "'a # b'"),
    ("a #\n* ", "x", "[a]{0,inf}@4"),
    ("a \n{2}", "x", "[a]{2,2}@3"),
    (r"a \ b", "x", "'a b'"),
    ("a\\\n", "x", "'a\\n'"),
    (r"(?# no )a(?#\))b", "", "'ab'"),
    ("a(?#x)*", "", "[a]{0,inf}@6"),
    ("a$", "a", "('a' <last line end>)"),
    ("a{2}+", "", "(?>[a]{2,2}@1)@1"),
    ("a*+b++c?+", "", "((?>[a]{0,inf}@1)@1 (?>[b]{1,inf}@4)@4 (?>[c]{0,1}@7)@7)"),
    ("(?>a|b)", "", "(?>([a] | [b]))@0"),
    ("a(?>b)c", "", "('a' (?>[b])@1 'c')"),
    ("(?P<n>a)", "", "[a]"),
    ("(?P<n>a)(?(n)b|c)", "", "(<1: [a]> (?(1)[b] : [c])@8)"),
    ("(?P<n>a)(?(1)b|c)", "", "(<1: [a]> (?(1)[b] : [c])@8)"),
    ("(a)(?(1)b)", "", "(<1: [a]> (?(1)[b] : ())@3)"),
    ("(a)(?(1)b|)", "", "(<1: [a]> (?(1)[b] : ())@3)"),
    ("(a)(?(1))", "", "(<1: [a]> (?(1)() : ())@3)"),
    ("(a)(?(01)b)", "", "(<1: [a]> (?(1)[b] : ())@3)"),
    ("(?(1)a)(b)", "", "((?(1)[a] : ())@0 <1: [b]>)"),
    ("(?P<\xe9>a)(?(\xe9)b)", "", "(<1: [a]> (?(1)[b] : ())@8)"),
    (r"()()()()()()()()()()\101", "", "(() () () () () () () () () () 'A')"),
    (r"\377", "", "[xFF]"),
    (r"\0\01\012\0123", "", "'\\x00\\x01\\n\\n3'"),
    (r"[\1]", "", "[x01]"),
    (r"[\08]", "", "[x00 8]"),
    (r"[\377\7\18]", "", "[x01 x07 8 xFF]"),
    ("(?i)ab", "", "([A a] [B b])"),
    ("(?is)a.", "", "([A a] [x00-x10FFFF])"),
    ("(?i)(?s)a.", "", "([A a] [x00-x10FFFF])"),
    ("(?i)(?#c)(?s).", "", "[x00-x10FFFF]"),
    ("(?-i:a)", "i", "[a]"),
    ("(?i-s:a.)b.", "s", "(([A a] [x00-x09 x0B-x10FFFF]) 'b' [x00-x10FFFF])"),
    ("(?-s:.).", "s", "([x00-x09 x0B-x10FFFF] [x00-x10FFFF])"),
    ("(?ax:a b)", "", "'ab'"),
    (r"(?a)\d", "", "[0-9]"),
    (r"(?i:\d)", "a", "[0-9]"),
    ("a(?=b)(?<!c)", "", "('a' (?=[b])@1 (?<![c])@6)"),
    ("# c", "x", "()"),
    ("(?a)(?u:a)", "", "[a]"),
    ("(?x)a b(?-x: c)", "", "'ab c'"),
    ("a", "u", "[a]"),
    (rb"(?a)\w", "", "[0-9 A-Z x5F a-z]"),
    (rb"\w", "", "[0-9 A-Z x5F a-z]"),
    (rb"\W", "", "[x00-x2F x3A-x40 x5B-x5E x60 x7B-xFF]"),
    (rb"\d\s\D\S", "", "([0-9] [x09-x0D x20] [x00-x2F x3A-xFF] [x00-x08 x0E-x1F x21-xFF])"),
    (b".", "", "[x00-x09 x0B-xFF]"),
    (b"[^a]", "", "[x00-x60 b-xFF]"),
    (b"(?i)k", "", "[K k]"),
    (rb"\xff", "", "[xFF]"),
    (rb"\bz", "", "(<boundary 0-9 A-Z x5F a-z> 'z')"),
    (r"\bz", "a", "(<boundary 0-9 A-Z x5F a-z> 'z')"),
    (r"\Ba", "a", "(<no boundary 0-9 A-Z x5F a-z> 'a')"),
    (r"\Aa\Zb\z", "", "(<start> 'a' <end> 'b' <end>)"),
    (r"[\b]", "", "[x08]"),
    (r"\a\f\n\r\t\v", "", "'\\x07\\x0c\\n\\r\\t\\x0b'"),
    (r"\x41\u0042\U00000043", "", "'ABC'"),
    (r"\U0010FFFF", "", "[x10FFFF]"),
    (r"\N{DIGIT ONE}", "", "[1]"),
    (r"[\N{DIGIT ONE}]", "", "[1]"),
    ("\\-\\.\\\\\\_\\\xe9", "", "'-.\\\\_\\xe9'"),
    (r"\d", "a", "[0-9]"),
    (r"\D", "a", "[x00-x2F x3A-x10FFFF]"),
    (r"\s", "a", "[x09-x0D x20]"),
    (r"\S", "a", "[x00-x08 x0E-x1F x21-x10FFFF]"),
    (r"\w", "a", "[0-9 A-Z x5F a-z]"),
    (r"\W", "a", "[x00-x2F x3A-x40 x5B-x5E x60 x7B-x10FFFF]"),
    (r"[\d\s]", "a", "[x09-x0D x20 0-9]"),
    (r"\p{ASCII_Hex_Digit}", "", "[0-9 A-F a-f]"),
    (r"\P{ASCII_Hex_Digit}", "", "[x00-x2F x3A-x40 G-x60 g-x10FFFF]"),
    (r"\pZ", "", "[x20 xA0 x1680 x2000-x200A x2028-x2029 x202F x205F x3000]"),
    (r"\p{Zs}a", "", "([x20 xA0 x1680 x2000-x200A x202F x205F x3000] 'a')"),
    (r"\pZa", "", "([x20 xA0 x1680 x2000-x200A x2028-x2029 x202F x205F x3000] 'a')"),
    (r"[\pZa]", "", "[x20 a xA0 x1680 x2000-x200A x2028-x2029 x202F x205F x3000]"),
    (
        r"\p{^Zs}",
        "",
        "[x00-x1F x21-x9F xA1-x167F x1681-x1FFF x200B-x202E x2030-x205E x2060-x2FFF x3001-x10FFFF]",
    ),
    (r"\p{Zl}", "i", "[x2028]"),
]

MALFORMED = [
    ("(?#\n\\\n)*", "", 7, "nothing to repeat", "an item before the quantifier"),
    ("(?#a", "", 0, "the comment does not end", "')'"),
    ("(?(2)a)(b)", "", 3, "there is no group 2", None),
    ("(?(0)a)(b)", "", 3, "not the number of a group", None),
    ("(?(1234567890)a)(b)", "", 3, "not the number of a group", None),
    ("(?(123456789)a)(b)", "", 3, "there is no group 123456789", None),
    ("(?(\u0661)a)(b)", "", 3, "no group named '\u0661' before", "the name or number of a group"),
    ("(?(n)a)(b)", "", 3, "no group named 'n' before", "the name or number of a group"),
    ("(?(1a", "", 0, "the condition does not end", "')'"),
    ("(?()a)", "", 3, "no group named '' before", "the name or number of a group"),
    ("(?P<n>a)(?P<n>b)", "", 12, "a second group named 'n'", None),
    ("(?P<>a)", "", 4, "a group's name is missing or not a name", "a name and '>'"),
    ("(?P<1>a)", "", 4, "a group's name is missing or not a name", "a name and '>'"),
    ("(?P<n", "", 4, "a group's name is missing or not a name", "a name and '>'"),
    (b"(?P<\xe9>a)", "", 4, "a group's name is missing or not a name", "a name and '>'"),
    ("(?P=n)", "", 4, "there is no group named 'n' before", None),
    ("a(?P=n)", "", 5, "there is no group named 'n' before", None),
    ("(?P<n>a(?P=n))", "", 7, "the group 1 is still open", "a group that was closed before"),
    ("(?P<n>a)(?P=n", "", 12, "a group's name is missing or not a name", "a name and ')'"),
    ("(?P<n>a)(?P=m)", "", 12, "there is no group named 'm' before", None),
    (r"(a)\2", "", 3, "there is no group 2 before", "an escape that exists"),
    (r"(a\1)", "", 2, "the group 1 is still open", "a group that was closed before"),
    (r"()\10", "", 2, "there is no group 10 before", "an escape that exists"),
    (r"\400", "", 0, "octal escape \\400 is beyond \\377", None),
    (r"[\8]", "", 1, "bad escape \\8", "an escape that exists"),
    (r"\8", "", 0, "there is no group 8 before", "an escape that exists"),
    ("a(?i)", "", 1, "flags for the whole pattern stand at its start", None),
    ("|(?i)", "", 1, "flags for the whole pattern stand at its start", None),
    ("((?i)a)", "", 1, "flags for the whole pattern stand at its start", None),
    ("(?i-s)", "", 0, "unknown kind of group", "(?: (?= (?! (?<= (?<! (?> (?P<name> or flags"),
    ("(?i-)", "", 0, "unknown kind of group", "(?: (?= (?! (?<= (?<! (?> (?P<name> or flags"),
    ("(?-)", "", 0, "unknown kind of group", "(?: (?= (?! (?<= (?<! (?> (?P<name> or flags"),
    ("(?-:a)", "", 3, "no flag after the minus", "one of i, m, s, x"),
    ("(?i-:a)", "", 4, "no flag after the minus", "one of i, m, s, x"),
    ("(?i:a", "", 0, "unbalanced parenthesis", "')' before the end"),
    ("(?ia", "", 0, "unknown kind of group", "(?: (?= (?! (?<= (?<! (?> (?P<name> or flags"),
    ("(?i", "", 0, "unknown kind of group", "(?: (?= (?! (?<= (?<! (?> (?P<name> or flags"),
    ("(?", "", 0, "unknown kind of group", "(?: (?= (?! (?<= (?<! (?> (?P<name> or flags"),
    ("(?)", "", 0, "unknown kind of group", "(?: (?= (?! (?<= (?<! (?> (?P<name> or flags"),
    ("(?i-z:a)", "", 4, "unknown flag 'z'", "one of i, m, s, x, a, u"),
    ("(?i-i:a)", "", 4, "these flags cannot be turned off here", None),
    ("(?-a:a)", "", 3, "these flags cannot be turned off here", None),
    ("(?-u:a)", "", 3, "these flags cannot be turned off here", None),
    ("(?i-a:a)", "", 4, "these flags cannot be turned off here", None),
    ("(?au:a)", "", 0, "the flags a and u contradict each other", None),
    ("(?a)(?u)", "", 4, "the UNICODE flag contradicts the ASCII flag", None),
    ("(?u)(?a)", "", 4, "the UNICODE flag contradicts the ASCII flag", None),
    ("a", "au", 0, "the UNICODE flag contradicts the ASCII flag", None),
    (b"a", "u", 0, "the UNICODE flag contradicts a bytes pattern", None),
    (b"(?u)a", "", 0, "the UNICODE flag contradicts a bytes pattern", None),
    (b"(?u:a)", "", 0, "the UNICODE flag contradicts a bytes pattern", None),
    (b"(?Lz)a", "", 2, "unknown flag 'z'", "one of i, m, s, x, a, u"),
    (b"(?L)a(", "", 5, "unbalanced parenthesis", "')' before the end"),
    ("(?L)a", "", 2, "unknown flag 'L'", "one of i, m, s, x, a, u"),
    (rb"\u0041", "", 0, "bad escape \\u", "an escape that exists"),
    (rb"\U00000041", "", 0, "bad escape \\U", "an escape that exists"),
    (rb"\N{DIGIT ONE}", "", 0, "bad escape \\N", "an escape that exists"),
    (rb"\p{L}", "", 0, "bad escape \\p", "an escape that exists"),
    (r"[\A]", "", 1, "bad escape \\A", "an escape that exists"),
    (r"[\z]", "", 1, "bad escape \\z", "an escape that exists"),
    (r"\x4", "", 0, "incomplete escape", "2 hexadecimal digits"),
    (r"\x", "", 0, "incomplete escape", "2 hexadecimal digits"),
    (r"\u004", "", 0, "incomplete escape", "4 hexadecimal digits"),
    (r"\U00110000", "", 0, "beyond the last code point, 10FFFF", None),
    (r"\U0010FFF", "", 0, "incomplete escape", "8 hexadecimal digits"),
    (r"\N{KEYCAP DIGIT ONE}", "", 0, "unknown character name", "\\N{NAME OF A CHARACTER}"),
    (r"\N{NO SUCH}", "", 0, "unknown character name", "\\N{NAME OF A CHARACTER}"),
    (r"\N", "", 0, "unknown character name", "\\N{NAME OF A CHARACTER}"),
    (r"\N{DIGIT ONE", "", 0, "unknown character name", "\\N{NAME OF A CHARACTER}"),
    (r"\N{}", "", 0, "unknown character name", "\\N{NAME OF A CHARACTER}"),
    (r"\y", "", 0, "bad escape \\y", "an escape that exists"),
    (r"[\y]", "", 1, "bad escape \\y", "an escape that exists"),
    (r"\c", "", 0, "bad escape \\c", "an escape that exists"),
    ("\\", "", 0, "the pattern ends after a backslash", "an escape"),
    ("[\\", "", 1, "the pattern ends after a backslash", "an escape"),
    ("a\\", "", 1, "the pattern ends after a backslash", "an escape"),
    (r"\pX", "", 0, "unknown property ''", "a Unicode property, as in \\p{Lu}, \\p{Script=Greek}"),
    (r"\p", "", 0, "unknown property ''", "a Unicode property, as in \\p{Lu}, \\p{Script=Greek}"),
    (r"\p{}", "", 0, "unknown property ''", "a Unicode property, as in \\p{Lu}, \\p{Script=Greek}"),
    (r"\p{L", "", 0, "unknown property ''", "a Unicode property, as in \\p{Lu}, \\p{Script=Greek}"),
    (r"\p{Zs=}", "", 0, "unknown property 'Zs='", "a Unicode property, as in \\p{Lu}, \\p{Script=Greek}"),
]

REFUSED = [
    ("(?P<n>a)(?P=n)", 8, "a backreference is not regul"),
    ("(?P<n>a)(?P=n)*", 8, "a backreference is not regul"),
    (r"(a)\1", 3, "a backreference is not regul"),
    (r"(a)(b)\2*", 6, "a backreference is not regul"),
    (r"()()()()()()()()()()\10", 20, "a backreference is not regul"),
    (r"()()()()()()()()()()\108", 20, "a backreference is not regul"),
    (r"()()()()()()()()()()\10a", 20, "a backreference is not regul"),
    (b"(?L)a", 2, "the LOCALE flag: what it mat"),
    (b"(?iL)a", 3, "the LOCALE flag: what it mat"),
    (b"(?L:a)", 2, "the LOCALE flag: what it mat"),
]


@pytest.mark.parametrize(("pattern", "flags", "tree"), TREES, ids=short)
def test_what_patterns_are_read_as(pattern: Any, flags: str, tree: str) -> None:
    assert shown(parse(pattern, "python", flags_of(flags)).root) == tree


@pytest.mark.parametrize(("pattern", "flags", "position", "message", "expected"), MALFORMED, ids=short)
def test_what_patterns_are_called_malformed(
    pattern: Any, flags: str, position: int, message: str, expected: str | None
) -> None:
    with pytest.raises(ConstraintSyntaxError) as caught:
        parse(pattern, "python", flags_of(flags))
    error = caught.value
    assert (error.position, error.message, error.expected) == (position, message, expected)
    assert error.text == (pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern)


@pytest.mark.parametrize(("pattern", "position", "reason"), REFUSED, ids=short)
def test_what_is_well_formed_and_refused(pattern: Any, position: int, reason: str) -> None:
    with pytest.raises(Unsupported) as caught:
        parse(pattern)
    assert caught.value.position == position
    assert caught.value.reason.startswith(reason)


def _ranges(node: Node) -> classes.Ranges:
    assert isinstance(node, Characters)
    return node.ranges


def test_classes_are_those_of_all_scripts() -> None:
    digits = classes.digits(ascii_only=False)
    words, spaces = classes.word_characters(ascii_only=False), classes.spaces("python", ascii_only=False)
    for pattern, expected in [
        (r"\d", digits),
        (r"\w", words),
        (r"\s", spaces),
        (r"\D", classes.negated(digits)),
        (r"\W", classes.negated(words)),
        (r"\S", classes.negated(spaces)),
        (r"(?u:\d)", digits),
        (r"[^\S]", spaces),
    ]:
        assert _ranges(parse(pattern).root) == expected
    assert _ranges(parse(r"(?u:\d)", flags=re.A).root) == digits
    assert _ranges(parse(r"(?u)\w").root) == words


def test_ascii_ends_with_its_group() -> None:
    root = parse(r"(?a:\d)\d").root
    assert isinstance(root, Sequence)
    assert [_ranges(part) for part in root.parts] == [
        classes.digits(ascii_only=True),
        classes.digits(ascii_only=False),
    ]


def test_words_at_a_boundary_are_those_of_all_scripts() -> None:
    words = classes.word_characters(ascii_only=False)
    for pattern, kind in ((r"\b", "boundary"), (r"\B", "no boundary")):
        root = parse(pattern).root
        assert isinstance(root, Assertion)
        assert (root.kind, root.word) == (kind, words)
    root = parse(r"\b", flags=re.I).root
    assert isinstance(root, Assertion)
    assert root.word == words


def test_properties_heed_case_as_the_module_does() -> None:
    capitals = classes.properties("Lu")
    assert _ranges(parse(r"\p{Lu}").root) == capitals
    assert _ranges(parse(r"\P{Lu}").root) == classes.negated(capitals)
    assert _ranges(parse(r"\p{Lu}", flags=re.I).root) == classes.properties("Lu", ignore_case=True)
    assert _ranges(parse(r"\pL").root) == classes.properties("L")
    for letter in "CLMNPSZ":
        assert _ranges(parse(rf"\p{letter}").root) == classes.properties(letter)


CONSTRUCTS = [
    ("a*+(?>b)(c)(?(1)d)", [(1, "possessive quantifier"), (3, "atomic group"), (11, "conditional")]),
    (r"\Aa\Z\z", [(0, r"\A"), (3, r"\Z"), (5, r"\z")]),
    (r"\p{Lu}\P{L}\pL", [(0, r"\p{Lu}"), (6, r"\P{L}"), (11, r"\p{L}")]),
    (r"a\bc\B", [(1, r"\b"), (4, r"\B")]),
    (r"(?i)[\d]*?(?#c)", []),
]


@pytest.mark.parametrize(("pattern", "constructs"), CONSTRUCTS)
def test_constructs(pattern: str, constructs: list[tuple[int, str]]) -> None:
    assert list(parse(pattern).constructs) == constructs


def test_the_first_refusal_is_told_and_malformed_goes_before_refused() -> None:
    with pytest.raises(Unsupported) as caught:
        parse(r"(a)\1(b)\2")
    assert caught.value.position == 3
    with pytest.raises(ConstraintSyntaxError) as malformed:
        parse(r"(a)\1(b")
    assert malformed.value.position == 5
