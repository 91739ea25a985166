"""What both dialects share: the loop over a pattern, its quantifiers, groups, classes and limits."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

from bltgen.automata.limits import Limits, use_limits
from bltgen.constraints.regex_parser import parse
from bltgen.constraints.regex_reader import Reader, _joined, _number, alternation
from bltgen.constraints.regex_syntax import EMPTY_SEQUENCE, Characters
from bltgen.errors import ConstraintSyntaxError, LimitExceeded
from tests.constraints.regex_trees import flags_of, short, shown

TREES_OF_PYTHON = [
    ("", "", "()"),
    ("a", "", "[a]"),
    ("ab", "", "'ab'"),
    ("abc*", "", "('ab' [c]{0,inf}@3)"),
    (r"\x1f", "", "[x1F]"),
    ("ab*", "", "('a' [b]{0,inf}@2)"),
    ("a.b", "", "('a' [x00-x09 x0B-x10FFFF] 'b')"),
    (".", "", "[x00-x09 x0B-x10FFFF]"),
    (".", "s", "[x00-x10FFFF]"),
    ("a|b|", "", "([a] | [b] | ())"),
    ("a|b|c", "", "([a] | [b] | [c])"),
    ("|", "", "(() | ())"),
    ("a(b|c)d", "", "('a' ([b] | [c]) 'd')"),
    ("(?:ab)c", "", "'abc'"),
    ("(?:a|b)c", "", "(([a] | [b]) 'c')"),
    ("a(?:b)c", "", "'abc'"),
    ("[ab]c[d]e", "", "([a-b] 'cde')"),
    ("[a][b]", "", "'ab'"),
    ("^a$", "", "(<start> 'a' <last line end>)"),
    ("^a$", "m", "(<line start x0A> 'a' <line end x0A>)"),
    ("a*", "", "[a]{0,inf}@1"),
    ("a+", "", "[a]{1,inf}@1"),
    ("a?", "", "[a]{0,1}@1"),
    ("a{2}", "", "[a]{2,2}@1"),
    ("a{2,}", "", "[a]{2,inf}@1"),
    ("a{,3}", "", "[a]{0,3}@1"),
    ("a{2,3}", "", "[a]{2,3}@1"),
    ("a{2,2}", "", "[a]{2,2}@1"),
    ("a{0}", "", "[a]{0,0}@1"),
    ("a{,}", "", "[a]{0,inf}@1"),
    ("a*?b+?c??d{2}?", "", "([a]{0,inf}?@1 [b]{1,inf}?@4 [c]{0,1}?@7 [d]{2,2}?@10)"),
    ("a{007}", "", "[a]{7,7}@1"),
    ("x(?=a)(?!b)(?<=c)(?<!d)", "", "('x' (?=[a])@1 (?![b])@6 (?<=[c])@11 (?<![d])@17)"),
    ("ab", "i", "([A a] [B b])"),
    ("[a]", "i", "[A a]"),
    ("[^a]", "i", "[x00-x40 B-x60 b-x10FFFF]"),
    ("K", "i", "[K k x212A]"),
    ("a b", "x", "'ab'"),
    ("(?i:a)b", "", "([A a] 'b')"),
    ("(?i:a|b)c", "", "(([A a] | [B b]) 'c')"),
    ("[a-c]", "", "[a-c]"),
    ("[a-]", "", "[x2D a]"),
    ("[-a]", "", "[x2D a]"),
    ("[]a]", "", "[x5D a]"),
    ("[^]a]", "", "[x00-x5C x5E-x60 b-x10FFFF]"),
    ("[a^]", "", "[x5E a]"),
    ("[a-a]", "", "[a]"),
    ("[+--]", "", "[x2B-x2D]"),
    ("[--a]", "", "[x2D-a]"),
    ("[a-c-e]", "", "[x2D a-c e]"),
    ("(?:a*)*", "", "[a]{0,inf}@4{0,inf}@6"),
    ("(?:^)*", "", "<start>{0,inf}@5"),
    ("a{", "", "'a{'"),
    ("a}b]c", "", "'a}b]c'"),
    ("a{b}", "", "'a{b}'"),
]

MALFORMED_OF_PYTHON = [
    ("[^]", "", 0, "the character class does not end", "']'"),
    ("[b-a]", "", 1, "bad character range", "a range from a lower to a higher character"),
    ("[a", "", 0, "the character class does not end", "']'"),
    ("[", "", 0, "the character class does not end", "']'"),
    ("[^", "", 0, "the character class does not end", "']'"),
    ("a)", "", 1, "unbalanced parenthesis", None),
    ("(a", "", 0, "unbalanced parenthesis", "')' before the end"),
    ("(a(b", "", 2, "unbalanced parenthesis", "')' before the end"),
    ("((a)", "", 0, "unbalanced parenthesis", "')' before the end"),
    ("a{3,2}", "", 1, "the least count 3 is more than the most, 2", None),
    ("a{2,3}{2}", "", 6, "multiple repeat", "one quantifier for each item"),
    ("*", "", 0, "nothing to repeat", "an item before the quantifier"),
    ("^*", "", 1, "nothing to repeat", "an item before the quantifier"),
    ("a|*", "", 2, "nothing to repeat", "an item before the quantifier"),
    ("(|*)", "", 2, "nothing to repeat", "an item before the quantifier"),
    ("a**", "", 2, "multiple repeat", "one quantifier for each item"),
    (r"\b*", "", 2, "nothing to repeat", "an item before the quantifier"),
    ("(?(1)a|b|c)(d)", "", 8, "a conditional has more than two branches", "')'"),
    ("(?z)", "", 2, "unknown flag 'z'", "one of i, m, s, x, a, u"),
    ("(?iz:a)", "", 3, "unknown flag 'z'", "one of i, m, s, x, a, u"),
]


@pytest.mark.parametrize(("pattern", "flags", "tree"), TREES_OF_PYTHON, ids=short)
def test_what_of_python_patterns_are_read_as(pattern: Any, flags: str, tree: str) -> None:
    assert shown(parse(pattern, "python", flags_of(flags)).root) == tree


@pytest.mark.parametrize(
    ("pattern", "flags", "position", "message", "expected"),
    MALFORMED_OF_PYTHON,
    ids=short,
)
def test_what_of_python_patterns_are_called_malformed(
    pattern: Any, flags: str, position: int, message: str, expected: str | None
) -> None:
    with pytest.raises(ConstraintSyntaxError) as caught:
        parse(pattern, "python", flags_of(flags))
    error = caught.value
    assert (error.position, error.message, error.expected) == (position, message, expected)
    assert error.text == (pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern)


TREES_OF_ECMASCRIPT = [
    ("", "", "()"),
    ("ab", "", "'ab'"),
    (".", "", "[x00-x09 x0B-x0C x0E-x2027 x202A-x10FFFF]"),
    (".", "s", "[x00-x10FFFF]"),
    ("^a$", "", "(<start> 'a' <end>)"),
    ("^a$", "m", "(<line start x0A x0D x2028-x2029> 'a' <line end x0A x0D x2028-x2029>)"),
    ("[]", "", "[]"),
    ("[^]", "", "[x00-x10FFFF]"),
    ("(a)", "", "[a]"),
    (r"(a)\2(b)", "", "(<1: [a]> () <2: [b]>)"),
    (r"\1(a)", "", "(() <1: [a]>)"),
    (r"\b", "", "<boundary 0-9 A-Z x5F a-z>"),
    (r"\b", "i", "<boundary 0-9 A-Z x5F a-z x17F x212A>"),
]

MALFORMED_OF_ECMASCRIPT = [
    ("[^", "", 0, "the character class does not end", "']'"),
    ("[]a]", "", 3, "unbalanced ']'", "\\] for the character itself"),
    ("a{", "", 1, "this brace begins no quantifier", "\\{ for the character itself"),
    ("a{,2}", "", 1, "this brace begins no quantifier", "\\{ for the character itself"),
    ("[b-a]", "", 1, "bad character range", "a range from a lower to a higher character"),
    (r"[\d-a]", "", 1, "bad character range", "a range from a lower to a higher character"),
]


@pytest.mark.parametrize(("pattern", "flags", "tree"), TREES_OF_ECMASCRIPT, ids=short)
def test_what_of_ecmascript_patterns_are_read_as(pattern: Any, flags: str, tree: str) -> None:
    assert shown(parse(pattern, "ecma262", flags_of(flags)).root) == tree


@pytest.mark.parametrize(
    ("pattern", "flags", "position", "message", "expected"),
    MALFORMED_OF_ECMASCRIPT,
    ids=short,
)
def test_what_of_ecmascript_patterns_are_called_malformed(
    pattern: Any, flags: str, position: int, message: str, expected: str | None
) -> None:
    with pytest.raises(ConstraintSyntaxError) as caught:
        parse(pattern, "ecma262", flags_of(flags))
    error = caught.value
    assert (error.position, error.message, error.expected) == (position, message, expected)
    assert error.text == (pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern)


def test_groups_are_kept_only_where_something_may_refer_to_them() -> None:
    for pattern, dialect, tree in [
        ("(a)", "python", "[a]"),
        ("(a)(?(1)b)", "python", "(<1: [a]> (?(1)[b] : ())@3)"),
        ("(a)", "ecma262", "[a]"),
        (r"\1(a)", "ecma262", "(() <1: [a]>)"),
        (r"\k<n>(?<n>a)(b)", "ecma262", "(() <1: [a]> <2: [b]>)"),
        (
            r"\9(a)()()()()()()()()",
            "ecma262",
            f"(() <1: [a]> {' '.join(f'<{n}: ()>' for n in range(2, 10))})",
        ),
    ]:
        assert shown(parse(pattern, dialect).root) == tree  # type: ignore[arg-type]


def test_constructs_are_named_in_order_with_their_places() -> None:
    assert parse(r"^a$\b(?=b)(?!c)(?<=d)(?<!e)\Bx").constructs == (
        (0, "^"),
        (2, "$"),
        (3, r"\b"),
        (5, "lookahead"),
        (10, "negative lookahead"),
        (15, "lookbehind"),
        (21, "negative lookbehind"),
        (27, r"\B"),
    )
    assert parse("a(b)[c]*").constructs == ()
    assert parse("^$", flags=re.M).constructs == ((0, "^"), (1, "$"))


def test_a_pattern_knows_whether_it_is_of_bytes() -> None:
    assert parse(b"a").is_bytes is True
    assert parse("a").is_bytes is False
    assert parse("a", "ecma262").is_bytes is False
    assert shown(parse(b"[^a].").root) == "([x00-x60 b-xFF] [x00-x09 x0B-xFF])"


def _exceeded(pattern: str, **limits: int) -> tuple[str, float] | None:
    with use_limits(Limits(**limits)):
        try:
            parse(pattern)
        except LimitExceeded as error:
            return error.what, error.limit
    return None


def test_the_length_of_a_pattern_has_a_limit() -> None:
    assert _exceeded("abc", pattern_length=3) is None
    assert _exceeded("abcd", pattern_length=3) == ("the length of the regular expression", 3)


def test_the_nesting_of_a_pattern_has_a_limit() -> None:
    """The pattern itself counts as one."""
    for pattern in ("((a))", "(?:(?=a))(?:(b))"):
        assert _exceeded(pattern, pattern_nesting=3) is None
        assert _exceeded(pattern, pattern_nesting=2) == ("the nesting of the regular expression", 2)


def test_the_counts_of_a_repeat_have_a_limit() -> None:
    for pattern in ("aa{3}", "aa{3,}", "aa{,3}", "aa{0,3}", "aa{3,3}"):
        assert _exceeded(pattern, repeat_count=3) is None
        expected = ("the repeat count at offset 2 of the regular expression", 2)
        assert _exceeded(pattern, repeat_count=2) == expected
    assert _exceeded("a*b+c?", repeat_count=0) is None


def test_long_counts_are_cut_off_far_above_every_limit() -> None:
    assert _number("") == _number("000") == 0
    assert _number("0" * 30 + "12") == 12
    assert _number("9" * 18) == 10**18 - 1
    assert _number("1" + "0" * 18) == _number("9" * 19) == _number("9" * 10_000) == 10**18
    assert _exceeded("a{" + "9" * 10_000 + "}") is not None


def test_names_are_joined_into_the_longer_list() -> None:
    for one, other in ((["a", "b"], ["c"]), (["c"], ["a", "b"])):
        longer = max(one, other, key=len)
        assert _joined(one, other) is longer
        assert sorted(longer) == ["a", "b", "c"]
    one, other = ["a"], ["b"]
    assert _joined(one, other) is one
    assert one == ["a", "b"]


def test_an_alternation_of_one_is_that_one() -> None:
    one = Characters(((97, 97),))
    assert alternation([one]) is one
    assert shown(alternation([one, EMPTY_SEQUENCE])) == "([a] | ())"


def test_flags_end_with_their_group() -> None:
    assert shown(parse("(?i:a(?-i:b)c)d").root) == "(([A a] 'b' [C c]) 'd')"
    assert shown(parse("(a(?i:b)c)d", "ecma262").root) == "(('a' [B b] 'c') 'd')"


def test_what_a_reader_of_no_dialect_leaves_to_its_dialects() -> None:
    class Plain(Reader):
        quantifier = re.compile(r"\{([0-9]+)(,)([0-9]*)|([0-9]+)\\}")
        line_ends = ((10, 10),)
        dialect = "python"
        scoped_flags = ""
        asks_for_groups = re.compile("#")

    assert shown(Plain("a b{", 0).parse().root) == "'a b{'"
    assert shown(Plain("k", int(re.I)).parse().root) == "[K k x212A]"
    for pattern in ("(?:a)", "$", r"\a"):
        with pytest.raises(NotImplementedError):
            Plain(pattern, 0).parse()
    assert sys.getrecursionlimit() < 100_000
    assert shown(Plain("(" * 15_000 + ")" * 15_000, 0).parse().root) == "()"
