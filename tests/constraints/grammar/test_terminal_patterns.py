"""Terminals put together as one pattern: the pattern, what is known of it, and what it sees around it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bltgen.automata.language import ANY_BYTES, concat, literal
from bltgen.automata.limits import Limits, use_limits
from bltgen.automata.utf8 import UTF8_TEXT, code_points
from bltgen.constraints.grammar.lark_syntax import CharacterRange, Pattern, Text
from bltgen.constraints.grammar.terminal_patterns import (
    Piece,
    Plain,
    _is_prefix_free,
    both,
    check_syntax,
    complement,
    edge_assertion,
    either,
    joined,
    pattern_root,
    piece_of,
    repeated,
    terminal_of,
)
from bltgen.constraints.regex import regex
from bltgen.constraints.regex_parser import parse
from bltgen.constraints.regex_preferred import NO_END
from bltgen.errors import ConstraintSyntaxError, LimitExceeded, Unsupported


def text(value: str, flags: str = "") -> Piece:
    return piece_of(Text(value, flags, 0))


def pattern(source: str, flags: str = "") -> Piece:
    return piece_of(Pattern(source, flags, 0))


def plain(piece: Piece) -> tuple[int, int, bool, bool]:
    found = piece.plain
    assert found is not None
    return found.least, found.most, found.is_longest_first, found.is_open


# -- one item ------------------------------------------------------------------------------------------------


def test_a_string_is_its_pattern() -> None:
    piece = text("a.b")
    assert (piece.pattern, piece.length, piece.own_length, piece.is_bytes) == ("a\\.b", 4, 3, None)
    assert piece.plain == Plain(literal(b"a.b"), 3, 3, True)
    assert piece.plain is not None
    assert piece.plain.is_fixed
    assert (text("é").is_bytes, text("é").plain) == (False, Plain(literal("é".encode()), 1, 1, True))
    assert (text("é", "b").is_bytes, text("é", "b").plain) == (True, Plain(literal(b"\xe9"), 1, 1, True))
    assert text("a", "b").is_bytes is True
    any_case = text("aB", "i")
    assert (any_case.pattern, any_case.length, any_case.own_length) == ("(?i:aB)", 7, 2)
    assert any_case.plain is not None
    assert [any_case.plain.language.accepts(word) for word in (b"ab", b"AB", b"a")] == [True, True, False]
    assert text("aB", "ib").pattern == "(?i:aB)"
    assert text("k", "ib").plain != text("k", "i").plain, "the sign of Kelvin is no byte"


def test_a_pattern_is_itself() -> None:
    piece = pattern("a+|b")
    assert (piece.pattern, piece.length, piece.own_length, piece.is_bytes) == ("a+|b", 4, 4, False)
    assert plain(piece) == (1, NO_END, True, True)
    flagged = pattern("a.b", "sib")
    assert (flagged.pattern, flagged.own_length, flagged.is_bytes) == ("(?s:(?i:a.b))", 3, True)
    assert plain(flagged)[:2] == (3, 3)
    assert plain(pattern("a|b", "i"))[3] is False, "the flags stand in brackets"
    assert plain(pattern("a|b", "b"))[3] is False
    assert plain(pattern("ab"))[3] is False
    assert plain(pattern("a+?"))[2] is False
    assert pattern("a(?!b)").plain is None
    assert pattern("^a").plain is None


def test_a_range_is_a_class() -> None:
    made = piece_of(CharacterRange(Text("a", "", 0), Text("ÿ", "", 5), 0))
    assert (made.pattern, made.is_bytes) == ("[\\x61-\\xff]", False)
    assert made.length == made.own_length == len("[\\x61-\\xff]")
    assert made.plain == Plain(code_points([(0x61, 0xFF)]), 1, 1, True)
    wide = piece_of(CharacterRange(Text("Ā", "", 0), Text("😀", "", 5), 0))
    assert wide.pattern == "[\\U00000100-\\U0001f600]"
    for flags in (("b", ""), ("", "b"), ("b", "b")):
        octets = piece_of(CharacterRange(Text("a", flags[0], 0), Text("ÿ", flags[1], 5), 0))
        assert (octets.pattern, octets.is_bytes) == ("[\\x61-\\xff]", True)
        assert octets.plain is not None
        assert octets.plain.language.accepts(b"\xff")


def test_syntax_is_checked() -> None:
    check_syntax(Pattern("a+", "", 0))
    with pytest.raises(ConstraintSyntaxError):
        check_syntax(Pattern("(", "", 0))
    with pytest.raises(ConstraintSyntaxError):
        check_syntax(Pattern(r"\u0100", "b", 0))
    check_syntax(Pattern(r"\u0100", "", 0))


# -- together ------------------------------------------------------------------------------------------------


def test_a_sequence_stands_side_by_side() -> None:
    a = text("a")
    assert joined([a]) is a
    piece = joined([a, pattern("b+"), text("é")])
    assert (piece.pattern, piece.length, piece.own_length, piece.is_bytes) == ("ab+é", 4, 4, False)
    assert plain(piece) == (3, NO_END + 2, True, False)
    assert piece.plain is not None
    assert piece.plain.language.accepts("abbé".encode())
    assert plain(joined([pattern("b+"), pattern("c+")]))[2] is False, "what the second takes the first leaves"
    assert plain(joined([pattern("b+?"), a]))[2] is False
    assert joined([pattern("a|b"), a]).plain is None, "alternatives without brackets"
    assert joined([pattern("a|b"), a]).pattern == "a|ba"
    assert joined([pattern("a(?!b)"), a]).plain is None
    assert joined([]).pattern == ""
    assert joined([a, text("b")]).is_bytes is None


def test_alternatives_are_sorted_the_widest_first() -> None:
    a, long = text("a"), text("abc")
    assert either([a]) is a
    piece = either([a, long, pattern("x+"), text("bc")])
    assert (piece.pattern, piece.is_bytes) == ("(?:x+|abc|bc|a)", False)
    assert piece.length == piece.own_length >= len(piece.pattern)
    assert plain(piece) == (1, NO_END, False, False)
    assert plain(either([a, long])) == (1, 3, True, False)
    assert plain(either([pattern("a{1,2}"), text("bcd")]))[2] is True
    assert plain(either([pattern("a{1,4}"), text("bcd")]))[2] is False
    assert plain(either([pattern("a+?"), text("b")]))[2] is False
    assert either([pattern("ab?"), pattern("b{2}")]).pattern == "(?:b{2}|ab?)"
    assert either([text("b"), text("a", "i")]).pattern == "(?:b|(?i:a))"
    assert either([pattern("[ab]"), text("c")]).pattern == "(?:[ab]|c)"
    looking = either([text("ab"), pattern("(?<=x)abc")])
    assert (looking.pattern, looking.plain) == ("(?:(?<=x)abc|ab)", None)
    assert either([text("x"), pattern("(?<=x)a|b")]).pattern == "(?:(?<=x)a|b|x)"


@pytest.mark.parametrize(
    ("low", "high", "operator", "least", "most"),
    [
        (0, None, "*", 0, NO_END),
        (1, None, "+", 2, NO_END),
        (0, 1, "?", 0, 2),
        (2, 2, "{2,2}", 4, 4),
        (2, 5, "{2,5}", 4, 10),
        (1, 1, "{1,1}", 2, 2),
        (0, 0, "{0,0}", 0, 0),
    ],
)
def test_repeats(low: int, high: int | None, operator: str, least: int, most: int) -> None:
    piece = repeated(text("ab"), low, high)
    assert piece.pattern == f"(?:ab){operator}"
    assert piece.length == piece.own_length == len(piece.pattern)
    assert plain(piece) == (least, most, True, False)
    assert piece.plain is not None
    assert piece.plain.language is literal(b"ab").repeat(low, high)
    assert piece.is_bytes is None


def test_what_a_repeat_prefers() -> None:
    assert plain(repeated(pattern("a+"), 0, None))[2] is False
    assert plain(repeated(pattern("a+"), 2, 2))[2] is False
    assert plain(repeated(pattern("a*"), 0, 1))[2] is False
    assert plain(repeated(pattern("a{0}"), 2, 2))[2] is True
    assert plain(repeated(pattern("a{0}"), 0, 1))[2] is False
    assert repeated(pattern("(?!a)b"), 0, 1).plain is None
    assert plain(repeated(pattern("a|b"), 0, 1))[3] is False


def test_what_has_no_pattern() -> None:
    """Operands are languages of their own."""
    met = both([pattern("[a-c]+"), pattern("..")])
    assert met.language is not None
    assert [met.language.accepts(word) for word in (b"ab", b"a", b"xy")] == [True, False, False]
    other = complement(text("a"))
    assert other.language is UTF8_TEXT - literal(b"a")
    assert complement(text("a", "b")).language is ANY_BYTES - literal(b"a")
    assert [one.is_bytes for one in (met, complement(text("a", "b")), other)] == [False, True, False]
    beside = joined([text("<"), other, text(">")])
    assert beside.language is concat(literal(b"<"), other.language, literal(b">"))
    assert either([text("x"), met]).language is literal(b"x") | met.language
    twice = repeated(met, 2, 3)
    assert twice.language is met.language.repeat(2, 3)
    assert terminal_of(twice).language is twice.language
    lazy = joined([pattern("a+?"), complement(text("b"))])
    assert lazy.language is not None
    assert [lazy.language.accepts(word) for word in (b"a", b"ab", b"aa")] == [True, False, True]
    with pytest.raises(Unsupported, match=r"a lookahead that can see past the end .* beside '&', '~'"):
        both([text("a"), pattern("a(?!b)")])
    assert met.plain is None


def test_bytes_and_characters_do_not_mix() -> None:
    for make in (joined, either):
        assert make([text("a"), text("b", "b")]).is_bytes is True
        assert make([text("a"), pattern("b")]).is_bytes is False
        with pytest.raises(Unsupported, match="bytes and characters in one terminal"):
            make([text("é"), text("b", "b")])


def test_patterns_have_a_length(set_limits: Any) -> None:
    set_limits(terminal_length=4)
    assert joined([text("ab"), text("cd")]).pattern == "abcd"
    with pytest.raises(LimitExceeded) as caught:
        _ = joined([text("ab"), text("cde")]).pattern
    assert (caught.value.what, caught.value.limit) == ("the length of a terminal's pattern", 4)
    with use_limits(Limits(pattern_length=3)), pytest.raises(LimitExceeded) as less:
        _ = joined([text("ab"), text("cd")]).pattern
    assert less.value.limit == 3


def test_a_pattern_is_put_together_without_recursion() -> None:
    piece = text("a")
    for _ in range(3_000):
        piece = repeated(piece, 0, 1)
    assert piece.pattern == "(?:" * 3_000 + "a" + ")?" * 3_000


# -- what a terminal matches -------------------------------------------------------------------------------

WORDS = ["", "a", "b", "c", "ab", "ac", "bc", "aa", "abc", "aab", "abb", "bca"]


@pytest.mark.parametrize(
    "pieces",
    [
        [pattern("a+?"), text("b")],
        [pattern("a|ab"), text("c")],
        [pattern("a*"), pattern("a?b?")],
        [either([text("a"), text("ab")]), either([text("c"), text("bc")])],
        [repeated(pattern("a|ab"), 1, 2)],
        [pattern("a??"), pattern("b*?")],
        [repeated(pattern("a?"), 0, 2), pattern("b|bc")],
        [pattern("(?>a|ab)"), text("c")],
    ],
)
def test_a_terminal_is_what_its_pattern_matches_to_the_end(pieces: list[Piece]) -> None:
    piece = joined(pieces)
    terminal = terminal_of(piece)
    assert terminal.piece is piece
    if "(?>" in piece.pattern:
        return
    for word in WORDS:
        match = re.match(piece.pattern, word)
        taken = match is not None and match.end() == len(word)
        assert terminal.language.accepts(word.encode()) == taken, (piece.pattern, word)


def test_terminals_by_kind() -> None:
    looking = terminal_of(pattern("a(?!b)"))
    assert looking.root is not None
    assert looking.language is UTF8_TEXT
    assert not looking.is_bytes
    octets = terminal_of(pattern("a(?!b)", "b"))
    assert octets.root is not None
    assert octets.language is ANY_BYTES
    assert octets.is_bytes
    inside = terminal_of(pattern("a(?!c)[bc]"))
    assert inside.root is None
    assert [inside.language.accepts(word) for word in (b"ab", b"ac")] == [True, False]
    lazy_bytes = terminal_of(pattern("a+?", "b"))
    assert lazy_bytes.language.accepts(b"aa"), "bytes match all that their pattern does"
    assert not terminal_of(pattern("a+?")).language.accepts(b"aa")
    free = text("x")
    assert terminal_of(free).language is literal(b"x")


def test_texts_of_which_none_begins_another() -> None:
    def free(source: str) -> bool:
        return _is_prefix_free(Plain(regex(source), 0, 9, False))

    assert free("ab|cd")
    assert free("a|bc")
    assert free("a*b")
    assert not free("a|ab")
    assert not free("a*")
    assert not free("(?:[ab]{3}){1,900}c?"), "not where it takes long to tell"


def test_conditionals_are_resolved() -> None:
    root = pattern_root(pattern("(a)?(?(1)b|c)"))
    assert "Conditional" not in repr(root)
    assert repr(pattern_root(pattern("a+(?=b)"))) == repr(parse("a+(?=b)").root)


# -- what it sees around it --------------------------------------------------------------------------------

SEES: dict[str, str | None] = {
    "a": None,
    "a(?=b)": "ahead",
    "a(?=b)b": None,
    "a(?=bc)b": "ahead",
    "a(?=bc?)b": "ahead",
    "a(?=b)bc?": None,
    "a(?=b)b?": "ahead",
    "a(?=)": None,
    "a(?!b)": "ahead",
    "(?<=a)b": "behind",
    "a(?<=a)b": None,
    "a?(?<=a)b": "behind",
    "a(?<!ba)b": "behind",
    "a(?=b)(?:b|bc)": None,
    "(?:a|(?=b))b": None,
    "(?:a|b(?=c))": "ahead",
    "(?:(?<=x)a|b)": "behind",
    "(?:x(?<=x)){2}": None,
    "(?:a(?=b)b)*": None,
    "(a(?=b))b": None,
    "(a(?=b))": "ahead",
    "^a": "(line start|start)",
    "a^": None,
    "(?m)a^b": None,
    "a$": "end",
    "a$b": "last line end",
    "a$bc": None,
    r"a\Z": "end",
    r"a\Zb": None,
    r"\Aa": "start",
    r"a\Ab": None,
    r"(?m)a$": "line end",
    r"(?m)a$b": None,
    r"(?m)^a": "line start",
    r"\ba": "boundary",
    r"a\b": "boundary",
    r"a\bb": None,
    r"a\Bb": None,
    r"a\B": "no boundary",
    r"a?\bb": "boundary",
    r"a\bb?": "boundary",
    "(?>ab)": None,
    "(?>a|bc)": "atomic group",
    "a++": "atomic group",
    "(?>a(?=b))b": None,
    "(?>a(?=b))": "ahead",
    "(?=(?=a))a": "ahead",
    "(?=a(?=b)b)ab": None,
}  # fmt: skip


@pytest.mark.parametrize("source", SEES)
def test_what_can_see_past_the_edges(source: str) -> None:
    seen = edge_assertion(parse(source).root)
    words = SEES[source]
    if words is None:
        assert seen is None
    else:
        assert seen is not None
        sides = {"ahead": "lookahead.*past the end", "behind": "lookbehind.*before the beginning"}
        assert re.search(sides.get(words, words), seen)


def test_conditionals_see_on_either_side() -> None:
    for yes, no, seen in (("c(?=d)", "e", True), ("e", "c(?=d)", True), ("c", "d", False)):
        root: Any = parse(f"(a)?(?(1){yes}|{no})").root
        assert (edge_assertion(root) is not None) is seen
