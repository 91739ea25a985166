"""What may stand for a Lark terminal, and between terminals, against Lark's own Earley parser."""

from __future__ import annotations

import random
import re
import sys

import lark
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.constraints.grammar import grammar
from bltgen.constraints.regex_parser import parse
from bltgen.constraints.regex_preferred import preferred


def parsed_by_lark(parser: lark.Lark, text: str) -> bool:
    try:
        parser.parse(text)
    except lark.exceptions.LarkError:
        return False
    return True


IGNORING = {
    "a comment to the end of its line": ('start: "a" "x" "b"\n%ignore /#[^\\n]*/\n%ignore "\\n"', "ax#b\n"),
    "blanks, and a terminal that begins with one": ('start: "a" " b"\n%ignore /[ ]+/', "ab "),
    "blanks in one terminal each": ('start: "a" " b"\n%ignore " "', "ab "),
    "a lazy comment": ('start: "a"+\n%ignore /<.*?>/', "a<>"),
    "a comment with an optional end": ('start: "a"+ ";"?\n%ignore /#[^;]*;?/', "a#;"),
    "Unicode blanks": ('start: "a" /[\u3000b]/\n%ignore /\\s+/', "ab \u3000"),
    "one that may go on beyond the next": ('start: "a" "r"? "c"\n%ignore /#(rn)?/\n%ignore "n"', "arcn#"),
    "one that is the beginning of a terminal": ('start: "a" "##b"\n%ignore "#"', "a#b"),
    "one that a terminal is the beginning of": ('start: ("a" | "#")+\n%ignore /##+/', "a#"),
    "one that is used too": ('start: "a" WS "b"\nWS: " "\n%ignore WS', "ab "),
    "an anchored comment": ('start: "x" "y"\n%ignore /^#.*$/m\n%ignore "\\n"', "xy#\n"),
    "alternatives, shortest first": ('start: "a" "b"*\n%ignore /-|-b/', "ab-"),
}

LOOKING = {
    "not followed by": ("start: /[ab]+(?!b)/ /./", "abc"),
    "followed by": ('start: (A | "c")+\nA: /a(?=c)|ab/', "abc"),
    "followed by, past a shorter beginning": ('start: (A | "b" | "c")+\nA: /abc|a(?=b)/', "abc"),
    "nothing that begins a tag": ('start: T "<t>"\nT: /((?!<t>)[\\s\\S])+/', "at<>"),
    "after": ('start: ("a" | B)+\nB: /(?<=a)b/', "ab"),
    "not after": ('start: ("a" | B)+\nB: /(?<!a)b/', "ab"),
    "whole words": ('start: W+\nW: /\\b[ab]+\\b/\n%ignore " "', "ab "),
    "the beginning of a line": ('start: (A | "b" | "\\n")+\nA: /^a/m', "ab\n"),
    "the end of a line": ('start: (A | "b" | "\\n")+\nA: /a$/m', "ab\n"),
    "the end of the text": ('start: (A | "a" | "b")+\nA: /ab\\Z/', "ab"),
    "before a last line end": ('start: (A | "b" | "\\n")+\nA: /a$/', "ab\n"),
    "possessive": ('start: A "b"?\nA: /(?>ab|a)b?/', "abc"),
    "inside of a recursive rule": ('start: "(" start ")" | W\nW: /a+(?!\\)\\))/', "a()"),
}
if sys.version_info < (3, 11):
    del LOOKING["possessive"]  # Lark leaves terminals to `re`, which has had atomic groups since then

PREFERRING = {
    "lazy": ('start: A "b"\nA: /a+?/', "ab"),
    "lazy up to a quote": ("start: S+\nS: /'.*?'/", "a'"),
    "ordered alternatives": ('start: A "c"?\nA: /a|ab/', "abc"),
    "alternatives of a terminal, widest first": ('start: A "c"?\nA: "a" | "ab"', "abc"),
    "patterns side by side as text": ('start: A\nA: /a|b/ "c"', "abc"),
    "a pattern that holds escapes": ("start: /a\\x2b/", "a+"),
    "a group of a sequence": ('start: A\nA: (/a|b/) "c" | "d"', "abcd"),
    "escaped strings": ("start: ESCAPED_STRING+\n%import common.ESCAPED_STRING", '"\\a'),
}


@pytest.mark.parametrize("name", [*IGNORING, *LOOKING, *PREFERRING])
def test_every_short_text_has_the_verdict_of_lark(name: str) -> None:
    """All texts of up to five letters, or a sample of them."""
    text, letters = (IGNORING | LOOKING | PREFERRING)[name]
    ours, theirs = grammar(text), lark.Lark(text, parser="earley", lexer="dynamic_complete")
    rng = random.Random(0)
    words = {"".join(rng.choice(letters) for _ in range(length)) for length in range(1, 7) for _ in range(60)}
    words |= {ours.sample(rng, ours.start().shortest + 5).decode() for _ in range(20)}
    for word in sorted(words - {""}):
        assert ours.accepts(word.encode()) == parsed_by_lark(theirs, word), word


@pytest.mark.parametrize("lexer", ["dynamic", "dynamic_complete"])
def test_all_earley_lexers_agree_on_comments(lexer: str) -> None:
    """A comment goes on to the end of its line in each of them."""
    text = 'start: "a" "x" "b"\n%ignore /#[^\\n]*/\n%ignore "\\n"'
    theirs = lark.Lark(text, parser="earley", lexer=lexer)
    assert not parsed_by_lark(theirs, "a#xb")
    assert not grammar(text).accepts(b"a#xb")


def test_a_terminal_that_may_be_empty() -> None:
    """An error in Lark; here the empty text is one of its texts, with no ignored text beside it."""
    tagged = grammar('start: TEXT "<tool>"\nTEXT: /((?!<tool>)[\\s\\S])*/')
    assert tagged.accepts(b"<tool>")
    assert tagged.accepts(b"<<too<tool>")
    assert not tagged.accepts(b"<tool><tool>")
    assert grammar('start: A "b"\nA: /a*/\n%ignore " "').accepts(b" b")


# -- what a backtracking engine takes ----------------------------------------------------------------------

leaves = st.sampled_from(["a", "b", "ab", "[ab]", ".", "é", "[^a]", "c"])
patterns = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("(?:{}|{})".format, inner, st.one_of(inner, st.just(""))),
        st.builds(
            "(?:{}){}".format,
            inner,
            st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{1,2}", "{0,2}?", "{2}", "{2,}"]),
        ),
    ),
    max_leaves=7,
)


@settings(deadline=None, max_examples=200)
@given(patterns, st.lists(st.text("abcé", max_size=5), max_size=20))
def test_preferred_is_what_re_matches_to_the_end(pattern: str, texts: list[str]) -> None:
    """The texts u of which `re.match` takes all."""
    language = preferred(parse(pattern).root, is_bytes=False)
    compiled = re.compile(pattern)
    for text in texts:
        match = compiled.match(text)
        assert language.accepts(text.encode()) == (match is not None and match.end() == len(text)), text
