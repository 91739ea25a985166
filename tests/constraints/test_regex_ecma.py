"""ECMAScript's own: groups, names, modifiers and escapes, as the tree that is read, or the error."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bltgen.constraints import regex_classes as classes
from bltgen.constraints.regex_parser import parse
from bltgen.constraints.regex_syntax import Characters, Node
from bltgen.errors import ConstraintSyntaxError, Unsupported
from tests.constraints.regex_trees import flags_of, short, shown

TREES = [
    ("(?:a)b", "", "'ab'"),
    ("(?=a)(?!b)(?<=c)(?<!d)", "", "((?=[a])@0 (?![b])@5 (?<=[c])@10 (?<![d])@16)"),
    ("(?:(?=a))*", "", "(?=[a])@3{0,inf}@9"),
    ("(?<n>a)", "", "[a]"),
    ("(?<n>a)|(?<n>b)", "", "([a] | [b])"),
    ("(?:(?<n>a)|(?<n>b))c|(?<n>d)", "", "((([a] | [b]) 'c') | [d])"),
    ("(?:(?<n>a)|b)|(?<n>d)", "", "(([a] | [b]) | [d])"),
    ("(?:(?<n>d)|b)|(?<m>a)(?<n>a)", "", "(([d] | [b]) | 'aa')"),
    ("(?:(?<n>d)|(?<m>b))(?<k>)|(?<m>a)(?<n>a)", "", "((([d] | [b]) ()) | 'aa')"),
    (r"\k<n>(?<n>a)|(?<n>b)", "", "((() <1: [a]>) | <2: [b]>)"),
    ("(?i:a)b", "", "([A a] 'b')"),
    ("(?i:a|b)c", "", "(([A a] | [B b]) 'c')"),
    ("(?-i:a)b", "i", "('a' [B b])"),
    ("(?i-:a)", "", "[A a]"),
    ("(?s-i:a.)a.", "i", "(('a' [x00-x10FFFF]) [A a] [x00-x09 x0B-x0C x0E-x2027 x202A-x10FFFF])"),
    (
        "(?ims:^.$a)",
        "",
        "(<line start x0A x0D x2028-x2029> [x00-x10FFFF] <line end x0A x0D x2028-x2029> [A a])",
    ),
    ("(?m-s:a)", "", "[a]"),
    ("(?<a1>a)", "", "[a]"),
    (r"\k<\u0061>(?<a>)", "", "(() <1: ()>)"),
    ("(?<$_\u200d>)", "", "()"),
    (r"\b\B", "", "(<boundary 0-9 A-Z x5F a-z> <no boundary 0-9 A-Z x5F a-z>)"),
    (r"\1(a)", "", "(() <1: [a]>)"),
    (
        r"\10(a)()()()()()()()()()",
        "",
        "(() <1: [a]> <2: ()> <3: ()> <4: ()> <5: ()> <6: ()> <7: ()> <8: ()> <9: ()> <10: ()>)",
    ),
    (r"\d", "", "[0-9]"),
    (r"\D", "", "[x00-x2F x3A-x10FFFF]"),
    (r"\w", "", "[0-9 A-Z x5F a-z]"),
    (r"\W", "", "[x00-x2F x3A-x40 x5B-x5E x60 x7B-x10FFFF]"),
    (r"\w", "i", "[0-9 A-Z x5F a-z x17F x212A]"),
    (r"\W", "i", "[x00-x2F x3A-x40 x5B-x5E x60 x7B-x17E x180-x2129 x212B-x10FFFF]"),
    (r"\s", "", "[x09-x0D x20 xA0 x1680 x2000-x200A x2028-x2029 x202F x205F x3000 xFEFF]"),
    (r"[\d\s]", "", "[x09-x0D x20 0-9 xA0 x1680 x2000-x200A x2028-x2029 x202F x205F x3000 xFEFF]"),
    (r"[\w-]", "", "[x2D 0-9 A-Z x5F a-z]"),
    (r"[-\w]", "", "[x2D 0-9 A-Z x5F a-z]"),
    (r"\d", "i", "[0-9]"),
    (r"\p{AHex}", "", "[0-9 A-F a-f]"),
    (r"\P{AHex}", "", "[x00-x2F x3A-x40 G-x60 g-x10FFFF]"),
    (r"\P{AHex}", "i", "[x00-x2F x3A-x40 G-x60 g-x10FFFF]"),
    (r"\p{ASCII}\p{Any}", "", "([x00-x7F] [x00-x10FFFF])"),
    (r"[\p{AHex}]", "", "[0-9 A-F a-f]"),
    (r"[^\p{AHex}]", "", "[x00-x2F x3A-x40 G-x60 g-x10FFFF]"),
    (
        r"\P{Zs}x",
        "",
        "([x00-x1F x21-x9F xA1-x167F x1681-x1FFF x200B-x202E x2030-x205E x2060-x2FFF x3001-x10FFFF] 'x')",
    ),
    (r"\f\n\r\t\v", "", "'\\x0c\\n\\r\\t\\x0b'"),
    (r"[\b]", "", "[x08]"),
    (r"\0", "", "[x00]"),
    (r"\0a", "", "'\\x00a'"),
    (r"\0/", "", "'\\x00/'"),
    (r"[\0]", "", "[x00]"),
    (r"\cA\cz", "", "'\\x01\\x1a'"),
    (r"[\cA]", "", "[x01]"),
    (r"\^\$\\\.\*\+\?\(\)\[\]\{\}\|\/", "", "'^$\\\\.*+?()[]{}|/'"),
    (r"[\-]", "", "[x2D]"),
    (r"[a\-c]", "", "[x2D a c]"),
    (r"\x41", "", "[A]"),
    (r"\u0041", "", "[A]"),
    (r"\u{41}", "", "[A]"),
    (r"\u{10FFFF}", "", "[x10FFFF]"),
    (r"\u{0000000041}", "", "[A]"),
    (r"\ud83d\ude00", "", "[x1F600]"),
    (r"\uD800\uDC00", "", "[x10000]"),
    (r"\udbff\udfff", "", "[x10FFFF]"),
    (r"[\ud83d\ude00]", "", "[x1F600]"),
    (r"\ud83d", "", "[xD83D]"),
    (r"[\ud83d]", "", "[xD83D]"),
    (r"[\ude00]", "", "[xDE00]"),
    (r"[\ud83d\u0041]", "", "[A xD83D]"),
    (r"[\ude00\ud83d]", "", "[xD83D xDE00]"),
    (r"[\udc00\udc00]", "", "[xDC00]"),
    (r"[\udbff\udbff]", "", "[xDBFF]"),
    (r"[\ud7ff\udc00]", "", "[xD7FF xDC00]"),
    (r"[\ud800\udbff]", "", "[xD800 xDBFF]"),
    (r"[\ud800\ue000]", "", "[xD800 xE000]"),
    ("\ud83d\ude00", "", "[x1F600]"),
    ("[\ud83d]", "", "[xD83D]"),
    ("[\ud83d\ude00]", "", "[x1F600]"),
]

MALFORMED = [
    ("(?=a)*", "", 5, "nothing to repeat", "an item before the quantifier"),
    ("(?<=a)?", "", 6, "nothing to repeat", "an item before the quantifier"),
    (r"(?<n>a)\2", "", 7, "there is no group 2", "the number of a group"),
    ("(?<n>a)(?<n>b)", "", 10, "a second group named 'n' in the same alternative", None),
    ("(?:(?<n>a)|b)(?<n>d)", "", 16, "a second group named 'n' in the same alternative", None),
    ("(?<n>(?<n>d))", "", 8, "a second group named 'n' in the same alternative", None),
    ("(?<n>a)(?:b|(?<n>d))", "", 15, "a second group named 'n' in the same alternative", None),
    ("(?:b|(?<n>d))(?<n>a)", "", 16, "a second group named 'n' in the same alternative", None),
    ("(?:(?<n>d)|b)(?<n>a)", "", 16, "a second group named 'n' in the same alternative", None),
    ("(?:(?<n>d)|(?<m>b))(?<m>)", "", 22, "a second group named 'm' in the same alternative", None),
    ("(?<m>)(?:(?<n>d)|(?<m>b))", "", 20, "a second group named 'm' in the same alternative", None),
    ("(?-:a)", "", 0, "unknown kind of group", "(?: (?= (?! (?<= (?<! (?<name> or (?ims-ims:"),
    ("(?i)", "", 0, "unknown kind of group", "(?: (?= (?! (?<= (?<! (?<name> or (?ims-ims:"),
    ("(?ia)", "", 0, "unknown kind of group", "(?: (?= (?! (?<= (?<! (?<name> or (?ims-ims:"),
    ("(?)", "", 0, "unknown kind of group", "(?: (?= (?! (?<= (?<! (?<name> or (?ims-ims:"),
    ("(?", "", 0, "unknown kind of group", "(?: (?= (?! (?<= (?<! (?<name> or (?ims-ims:"),
    ("(?x:a)", "", 2, "unknown flag 'x'", "one of i, m, s"),
    ("(?ix:a)", "", 3, "unknown flag 'x'", "one of i, m, s"),
    ("(?i-x:a)", "", 4, "unknown flag 'x'", "one of i, m, s"),
    ("(?i-mx:a)", "", 5, "unknown flag 'x'", "one of i, m, s"),
    ("(?ii:a)", "", 2, "a flag stands twice", "each flag once"),
    ("(?i-i:a)", "", 2, "a flag stands twice", "each flag once"),
    ("(?-mm:a)", "", 2, "a flag stands twice", "each flag once"),
    ("(?<>a)", "", 3, "a group's name is missing or not a name", "a name and '>'"),
    ("(?<1>a)", "", 3, "a group's name is missing or not a name", "a name and '>'"),
    ("(?<a-b>a)", "", 4, "a group's name is missing or not a name", "a name and '>'"),
    ("(?<a", "", 0, "a group's name does not end", "a name and '>'"),
    ("(?<", "", 0, "a group's name does not end", "a name and '>'"),
    (r"\k<a>(?<\u{61}\u0062>a)", "", 0, "there is no group named 'a'", "one of ab"),
    (r"(?<\x61>a)", "", 3, "bad escape in a group's name", "\\u and hexadecimal digits"),
    (r"(?<a\u{>", "", 4, "bad escape \\u{", "hexadecimal digits up to 10FFFF and '}'"),
    (r"(?<a\u00>", "", 4, "incomplete escape", "4 hexadecimal digits"),
    ("(?<\u200d>)", "", 3, "a group's name is missing or not a name", "a name and '>'"),
    (r"\2(a)", "", 0, "there is no group 2", "the number of a group"),
    (r"\1", "", 0, "there is no group 1", "the number of a group"),
    (r"\11(a)()()()()()()()()()", "", 0, "there is no group 11", "the number of a group"),
    (r"\1234567890(a)", "", 0, "there is no group 10000000000", "the number of a group"),
    (r"\123456789(a)", "", 0, "there is no group 123456789", "the number of a group"),
    (r"\99999999999999999999(a)", "", 0, "there is no group 10000000000", "the number of a group"),
    (r"\k", "", 0, "\\k without a group's name", "\\k<name>"),
    (r"\kn", "", 0, "\\k without a group's name", "\\k<name>"),
    (r"\k<n", "", 0, "a group's name does not end", "a name and '>'"),
    (r"\k<n>", "", 0, "there is no group named 'n'", None),
    (r"\k<n>(?<m>)", "", 0, "there is no group named 'n'", "one of m"),
    (
        r"\k<n>(?<f>)(?<a>)(?<e>)(?<d>)(?<c>)(?<b>)",
        "",
        0,
        "there is no group named 'n'",
        "one of a, b, c, d, e",
    ),
    (r"\k<n>\2(?<n>a)", "", 5, "there is no group 2", "the number of a group"),
    (r"(a)\1\2", "", 5, "there is no group 2", "the number of a group"),
    (r"(a)\1(\1", "", 5, "unbalanced parenthesis", "')' before the end"),
    (r"\pL", "", 0, "a property stands in braces", "\\p{Lu}, \\p{Script=Greek}"),
    (r"\p", "", 0, "a property stands in braces", "\\p{Lu}, \\p{Script=Greek}"),
    (r"\p{L", "", 0, "a property stands in braces", "\\p{Lu}, \\p{Script=Greek}"),
    (r"\p{lu}", "", 0, "unknown property 'lu'", "\\p{Lu}"),
    (
        r"\p{Foo Bar}",
        "",
        0,
        "unknown property 'Foo Bar'",
        "a Unicode property, as in \\p{Lu}, \\p{Script=Greek}",
    ),
    (r"\p{}", "", 0, "unknown property ''", "a Unicode property, as in \\p{Lu}, \\p{Script=Greek}"),
    (r"\00", "", 0, "bad escape \\0", "an escape that ECMAScript knows"),
    (r"\c", "", 0, "bad escape \\c", "an escape that ECMAScript knows"),
    (r"\c1", "", 0, "bad escape \\c", "an escape that ECMAScript knows"),
    ("\\c\xe9", "", 0, "bad escape \\c", "an escape that ECMAScript knows"),
    (r"\-", "", 0, "bad escape \\-", "- alone"),
    (r"\@", "", 0, "bad escape \\@", "@ alone"),
    (r"\_", "", 0, "bad escape \\_", "_ alone"),
    (r"\ ", "", 0, "bad escape \\ ", "  alone"),
    (r"\a", "", 0, "bad escape \\a", "an escape that ECMAScript knows"),
    ("\\\xe9", "", 0, "bad escape \\\xe9", "an escape that ECMAScript knows"),
    ("\\\n", "", 0, "bad escape \\\n", "an escape that ECMAScript knows"),
    ("\\", "", 0, "the pattern ends after a backslash", "an escape"),
    ("[\\", "", 1, "the pattern ends after a backslash", "an escape"),
    (r"\x4", "", 0, "incomplete escape", "2 hexadecimal digits"),
    (r"\u004", "", 0, "incomplete escape", "4 hexadecimal digits"),
    (r"\u{110000}", "", 0, "bad escape \\u{", "hexadecimal digits up to 10FFFF and '}'"),
    (r"\u{}", "", 0, "bad escape \\u{", "hexadecimal digits up to 10FFFF and '}'"),
    (r"\u{41", "", 0, "bad escape \\u{", "hexadecimal digits up to 10FFFF and '}'"),
    (r"\u{1000000}", "", 0, "bad escape \\u{", "hexadecimal digits up to 10FFFF and '}'"),
    ("a{1}{", "", 4, "this brace begins no quantifier", "\\{ for the character itself"),
    ("}", "", 0, "unbalanced '}'", "\\} for the character itself"),
    ("]", "", 0, "unbalanced ']'", "\\] for the character itself"),
    ("{", "", 0, "this brace begins no quantifier", "\\{ for the character itself"),
]

REFUSED = [
    (r"(?<n>a)|(?<n>b)\k<n>", 15, "a backreference is not regul"),
    (r"(?<\u0061>a)\k<a>", 12, "a backreference is not regul"),
    (r"(a)\1", 3, "a backreference is not regul"),
    (r"(a)\1(b)\2", 3, "a backreference is not regul"),
]

TREES_LOOSE = [
    ("a{,2}", "", "'a{,2}'"),
    ("a}]", "", "'a}]'"),
    (r"[\d-a]", "", "[x2D 0-9 a]"),
    (r"[a-\d]", "", "[x2D 0-9 a]"),
    (r"[\d-\w]", "", "[x2D 0-9 A-Z x5F a-z]"),
    (r"[k-\d]", "i", "[x2D 0-9 K k x212A]"),
    (r"\-\@\ \_", "", "'-@ _'"),
    (r"[\@]", "", "[x40]"),
    ("{}]", "", "'{}]'"),
    ("}*", "", "[x7D]{0,inf}@1"),
    (r"[-\w-a]", "", "[x2D 0-9 A-Z x5F a-z]"),
]

MALFORMED_LOOSE = [
    ("[b-a]", "", 1, "bad character range", "a range from a lower to a higher character"),
    (r"\a", "", 0, "bad escape \\a", "an escape that ECMAScript knows"),
    ("\\\xe9", "", 0, "bad escape \\\xe9", "an escape that ECMAScript knows"),
    (r"\1", "", 0, "there is no group 1", "the number of a group"),
    ("[c-a]", "", 1, "bad character range", "a range from a lower to a higher character"),
]


@pytest.mark.parametrize(("pattern", "flags", "tree"), TREES, ids=short)
def test_what_patterns_are_read_as(pattern: Any, flags: str, tree: str) -> None:
    assert shown(parse(pattern, "ecma262", flags_of(flags)).root) == tree


@pytest.mark.parametrize(("pattern", "flags", "position", "message", "expected"), MALFORMED, ids=short)
def test_what_patterns_are_called_malformed(
    pattern: Any, flags: str, position: int, message: str, expected: str | None
) -> None:
    with pytest.raises(ConstraintSyntaxError) as caught:
        parse(pattern, "ecma262", flags_of(flags))
    error = caught.value
    assert (error.position, error.message, error.expected) == (position, message, expected)
    assert error.text == pattern


@pytest.mark.parametrize(("pattern", "flags", "tree"), TREES_LOOSE, ids=short)
def test_what_loose_patterns_are_read_as(pattern: Any, flags: str, tree: str) -> None:
    assert shown(parse(pattern, "ecma262", flags_of(flags), loose=True).root) == tree


@pytest.mark.parametrize(
    ("pattern", "flags", "position", "message", "expected"),
    MALFORMED_LOOSE,
    ids=short,
)
def test_what_loose_patterns_are_called_malformed(
    pattern: Any, flags: str, position: int, message: str, expected: str | None
) -> None:
    with pytest.raises(ConstraintSyntaxError) as caught:
        parse(pattern, "ecma262", flags_of(flags), loose=True)
    error = caught.value
    assert (error.position, error.message, error.expected) == (position, message, expected)
    assert error.text == pattern


@pytest.mark.parametrize(("pattern", "position", "reason"), REFUSED, ids=short)
def test_what_is_well_formed_and_refused(pattern: Any, position: int, reason: str) -> None:
    with pytest.raises(Unsupported) as caught:
        parse(pattern, "ecma262")
    assert caught.value.position == position
    assert caught.value.reason.startswith(reason)


def _ranges(pattern: str, flags: int = 0) -> classes.Ranges:
    root: Node = parse(pattern, "ecma262", flags).root
    assert isinstance(root, Characters)
    return root.ranges


def test_a_property_is_folded_after_it_is_negated() -> None:
    """Ignoring case, `\\P{Lu}` holds what matches a character that is no capital: the capitals too."""
    capitals = classes.properties("General_Category=Uppercase_Letter")
    assert _ranges(r"\p{Lu}") == capitals
    assert _ranges(r"\P{Lu}") == classes.negated(capitals)
    assert _ranges(r"\p{Lu}", re.I) == classes.case_closed(capitals, "ecma262")
    assert _ranges(r"\P{Lu}", re.I) == classes.case_closed(classes.negated(capitals), "ecma262")
    assert classes.contains(_ranges(r"\P{Lu}", re.I), ord("A"))


def test_a_property_newer_than_the_installed_module_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> None:
        raise ValueError(name)

    monkeypatch.setattr(classes, "ecma_properties", unknown)
    with pytest.raises(ConstraintSyntaxError) as caught:
        parse(r"a\p{Lu}", "ecma262")
    assert caught.value.message == "'Lu' is newer than the installed package `regex`"
    assert (caught.value.position, caught.value.expected) == (1, None)


CONSTRUCTS = [
    (r"\p{Lu}\P{L}", [(0, r"\p{Lu}"), (6, r"\P{L}")]),
    (r"a\bc\B(?=d)", [(1, r"\b"), (4, r"\B"), (6, "lookahead")]),
    (r"\2\k<n>()(?<n>)", [(0, "backreference"), (2, "backreference")]),
    (r"(?i:[\d]*?)", []),
]


@pytest.mark.parametrize(("pattern", "constructs"), CONSTRUCTS)
def test_constructs(pattern: str, constructs: list[tuple[int, str]]) -> None:
    assert list(parse(pattern, "ecma262").constructs) == constructs


def test_an_error_of_a_pattern_of_surrogates_counts_characters() -> None:
    """A pair of surrogates is one character; one alone stays as it is."""
    with pytest.raises(ConstraintSyntaxError) as caught:
        parse("\ud83d\ude00\ud83d(", "ecma262")
    assert caught.value.text == "\U0001f600\ud83d("
    assert caught.value.position == 2
