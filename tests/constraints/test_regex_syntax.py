"""What a regex may not be: malformed, refused or too large, with the place; and hostile patterns."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable

import pytest

from bltgen.automata.language import ANY_BYTE, Language
from bltgen.automata.lazy_dfa import LanguageState
from bltgen.automata.limits import Limits, use_limits
from bltgen.automata.utf8 import UTF8_CHAR
from bltgen.constraints.regex import pattern_language, regex
from bltgen.errors import BudgetTooSmall, ConstraintSyntaxError, EmptyLanguage, LimitExceeded, Unsupported

MALFORMED = [
    ("ab(c", 2, "unbalanced"),
    ("ab)c", 2, "unbalanced"),
    ("a|*b", 2, "nothing to repeat"),
    ("(*a)", 1, "nothing to repeat"),
    ("^*", 1, "nothing to repeat"),
    ("a**", 2, "multiple repeat"),
    ("a{2}{3}", 4, "multiple repeat"),
    ("a{3,2}", 1, "more than"),
    ("[abc", 0, "does not end"),
    ("[z-a]", 1, "bad character range"),
    (r"[\w-a]", 1, "bad character range"),
    ("[]", 0, "does not end"),
    ("a\\", 1, "ends after a backslash"),
    (r"\y", 0, "bad escape"),
    (r"a\xg1", 1, "incomplete escape"),
    (r"\u12", 0, "incomplete escape"),
    (r"\U00110000", 0, "beyond the last code point"),
    (r"\N{NO SUCH NAME}", 0, "unknown character name"),
    (r"\777", 0, "octal"),
    (r"(a)\2", 3, "no group 2"),
    (r"\p{NoSuchProperty}", 0, "unknown property"),
    (r"\p{L", 0, "unknown property"),
    (r"\pl", 0, "unknown property"),
    (r"(?#\)", 0, "does not end"),
    (r"(?P=n)(?P<n>a)", 4, "no group named 'n' before"),
    (r"(a\1)", 2, "still open"),
    (r"(?i-)", 0, "unknown kind of group"),
    (r"(?i-:a)", 4, "no flag after the minus"),
    (r"(?au:a)", 0, "contradict each other"),
    ("(?P<1a>x)", 4, "name"),
    ("(?P<n>x)(?P<n>y)", 12, "second group"),
    ("(?<n>x)", 0, "unknown kind of group"),
    ("(?z)", 2, "unknown flag"),
    ("a(?i)", 1, "stand at its start"),
    ("(?i-i:a)", 4, "turned off"),
    ("(?-a:a)", 3, "turned off"),
    ("(?#abc", 0, "does not end"),
    ("(?(1)a|b|c)", 8, "more than two"),
    ("(a)(?(2)a|b)", 6, "no group 2"),
    ("(?(n)a|b)", 3, "no group named"),
    ("(?(0)a)", 3, "number of a group"),
]


@pytest.mark.parametrize(("pattern", "position", "message"), MALFORMED)
def test_malformed_patterns_say_where(pattern: str, position: int, message: str) -> None:
    """ConstraintSyntaxError with the index, line, column and a caret; `re` refuses the pattern too."""
    with pytest.raises(ConstraintSyntaxError, match=message) as caught:
        regex(pattern)
    assert caught.value.position == position
    assert caught.value.text == pattern
    assert caught.value.column == position + 1
    shown = str(caught.value).splitlines()
    assert shown[-2].strip() == pattern
    assert shown[-1] == " " * (2 + position) + "^"
    if pattern != "a(?i)" or sys.version_info >= (3, 11):  # until then `re` only warned
        with pytest.raises(re.error):
            re.compile(pattern)


MALFORMED_ECMA = [
    "(?P<n>a)",
    "(?>a)",
    r"\A",
    r"\Z",
    r"\a",
    r"\u{110000}",
    "(?=a)*",
    "^*",
    "a(",
    "(?i)a",
    r"\p{Foo}",
]


@pytest.mark.parametrize("pattern", MALFORMED_ECMA)
def test_what_ecmascript_does_not_know(pattern: str) -> None:
    """Python's syntax is not ECMAScript's."""
    with pytest.raises(ConstraintSyntaxError):
        regex(pattern, dialect="ecma262")


REFUSED = [
    (r"(a)b\1", "python", 4, "backreference"),
    (r"(?P<x>a)(?P=x)", "python", 8, "backreference"),
    (r"(a)\1", "ecma262", 3, "backreference"),
    (r"(?<x>a)\k<x>", "ecma262", 7, "backreference"),
    (r"(?:(a)?b(?(1)c|d))*", "python", 8, "same repeat"),
    (r"(?(1)a|b)(c)", "python", 0, "before the group"),
    (r"(?=(a))?a(?(1)b)", "python", 9, "inside a lookaround"),
    (r"(?:(a)|b){2,3}(?(1)b)", "python", 14, "counted repeat"),
]


@pytest.mark.parametrize(("pattern", "dialect", "position", "reason"), REFUSED)
def test_refused_constructs_say_where(pattern: str, dialect: str, position: int, reason: str) -> None:
    """Unsupported, with the position and a caret."""
    with pytest.raises(Unsupported, match=reason) as caught:
        regex(pattern, dialect=dialect)  # type: ignore[arg-type]
    assert caught.value.position == position
    assert str(caught.value).splitlines()[-1] == " " * (2 + position) + "^"


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"(?:a?)*+", "may be empty"),
        (r"(?>(?:a|)*)", "may be empty"),
        (r"(?<=(?>a|ab))c", "lookbehind"),
        (r"(?<=a*+)b", "lookbehind"),
        (r"(?L)a", "LOCALE"),
    ],
)
def test_other_refusals(pattern: str, reason: str) -> None:
    """What engines disagree on is refused."""
    with pytest.raises(Unsupported, match=reason):
        regex(pattern.encode() if "L" in pattern else pattern)


def test_wrong_arguments() -> None:
    """Arguments are checked at the door."""
    with pytest.raises(ValueError, match="dialect"):
        regex("a", dialect="perl")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="mode"):
        regex("a", mode="match")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="bytes pattern"):
        regex(b"a", dialect="ecma262")
    with pytest.raises(ConstraintSyntaxError, match="UNICODE"):
        regex(b"a", flags=re.U)
    with pytest.raises(ValueError, match="flags"):
        regex("a", flags=re.DEBUG)


def test_limits_on_the_pattern() -> None:
    """Length, nesting and counts are bounded."""
    with use_limits(Limits(pattern_length=10)), pytest.raises(LimitExceeded, match="length"):
        regex("a" * 11)
    with use_limits(Limits(pattern_nesting=10)), pytest.raises(LimitExceeded, match="nesting"):
        regex("(" * 11 + ")" * 11)
    with pytest.raises(LimitExceeded, match="repeat count"):
        regex("a{99999999999}")
    with pytest.raises(LimitExceeded, match="rounds"):
        regex("(?>(?:a|ab){1,1000})")
    with pytest.raises(LimitExceeded, match="nesting"):
        regex("(?:a(?:b|" * 300 + r"\bc" + ")*)*" * 300)


def test_an_empty_language_says_so() -> None:
    """A pattern that matches nothing is refused; as a part it is the empty language, which has no text."""
    for pattern in ("a^", "(?!)", r"a\bb", "$a", "(?=b)a", r"\ud800", r"[^\s\S]", "(?>a*)a"):
        with pytest.raises(EmptyLanguage, match="nothing matches"):
            regex(pattern)
        language = pattern_language(pattern)
        assert language.is_empty()
        assert len(language.start().allowed) == 0
        with pytest.raises(EmptyLanguage):
            language.sample(random.Random(0))
        with pytest.raises(EmptyLanguage):
            language.start().completion()
    for pattern in ("[]", r"\ud800", r"\u{dfff}+", r"a(?![^])b", r"\1(a[])"):
        with pytest.raises(EmptyLanguage):
            regex(pattern, "ecma262")
    with pytest.raises(BudgetTooSmall):
        regex("abc").sample(random.Random(0), 2)


HOSTILE: list[tuple[str, Callable[[], Language], bytes]] = [
    ("(a|b)*a(a|b){40}", lambda: regex("(a|b)*a(a|b){40}"), b"abbab" * 40),
    (".{1,10000}", lambda: regex(".{1,10000}"), b"x" * 300),
    ("((a{1,50}){1,50}){1,50}", lambda: regex("((a{1,50}){1,50}){1,50}"), b"a" * 300),
    ("(x+x+)+y", lambda: regex("(x+x+)+y"), b"x" * 300),
    ("(a+)+$", lambda: regex("^(a+)+$", mode="search"), b"a" * 300),
    ("(a|aa)+b", lambda: regex("(?:a|aa)+b"), b"a" * 300),
    ("dots", lambda: regex(r"[\s\S]*a[\s\S]*b[\s\S]*c" + r"[\s\S]*" * 50 + "d"), b"abcabd" * 30),
    ("(.*){1,32000}[bc]", lambda: regex("(.*){1,32000}[bc]"), b"ab" * 100),
    ("optional a", lambda: regex("(a?){500}a{500}"), b"a" * 700),
    ("zero-width rounds", lambda: regex("(?:(?=a)|b){0,1000000}a"), b"bbba"),
    ("zero-width required", lambda: regex("(?:(?=a)|b){1000000}a"), b"bbba"),
    (
        "counters, window, exclusion",
        lambda: (
            regex("^(a{1,100}b){1,50}$", mode="search")
            & UTF8_CHAR.repeat(700, 900)
            & ~regex("abab", mode="search")
        ),
        b"a" * 9 + b"b",
    ),
    ("two windows", lambda: regex("[ab]*a[ab]{16}") & ~regex("[ab]*b[ab]{12}"), b"abbabaabbb" * 10),
    ("long text", lambda: regex("[a-z]+( [a-z]+)*") & UTF8_CHAR.repeat(30_000, 40_000), b"hello world " * 9),
    ("coprime", lambda: regex("(a{7})*") & regex("(a{11})*") & regex("(a{13})+"), b"a" * 30),
    (
        "eight exclusions",
        lambda: ~regex("a|b+c|^d.*e|f{2,5}g|[h-k]{3}|lm?n|o.p|q$", mode="search") & ANY_BYTE.repeat(5),
        b"zzhhixlmxx",
    ),
]


@pytest.mark.parametrize(("name", "make", "text"), HOSTILE, ids=[h[0] for h in HOSTILE])
def test_hostile_patterns_cost_few_states(name: str, make: Callable[[], Language], text: bytes) -> None:
    """One state a byte, no search above 3,000 states, no dead end: in each, or LimitExceeded."""
    with use_limits(Limits(search_states=3_000)):
        state: LanguageState | None = make().start()
        made = set()
        for byte in text:
            assert state is not None
            made.add(state.id)
            if byte not in state.allowed:
                break
            assert state.shortest <= 45_000
            state = state.advance(byte)
        assert len(made) <= len(text) + 1
        assert state is not None
        assert state.accepting or state.allowed


@pytest.mark.parametrize(
    "pattern",
    [
        "(" * 10_000 + "a" + ")" * 10_000,
        "(?:" * 10_000 + "a" + "b)*" * 10_000,
        "(?:a" * 10_000 + ")?" * 10_000,
        "(?:a|" * 10_000 + "b" + ")" * 10_000,
    ],
    ids=["groups", "stars", "optional", "alternatives"],
)
def test_ten_thousand_levels_do_not_overflow_the_stack(pattern: str) -> None:
    """Depth costs memory and time, never Python's stack."""
    state = regex(pattern).start()
    assert ord("a") in state.allowed
    assert state.advance(ord("a")) is not None


def test_deep_lookarounds_are_bounded() -> None:
    """A thousand lookaheads within each other: an answer or LimitExceeded, no RecursionError."""
    for pattern in (
        "(?=a" * 1000 + ")" * 1000 + "a*",
        "(?<=" * 1000 + "a" + ")" * 1000,
        "(?:(?=a" * 500 + ")b?)*" * 500,
    ):
        try:
            regex(pattern).start().allowed  # noqa: B018
        except (LimitExceeded, EmptyLanguage):
            continue
