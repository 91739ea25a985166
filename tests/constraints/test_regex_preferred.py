"""What an engine takes whole: against `re` on all short texts, and what the tree alone tells."""

from __future__ import annotations

import itertools
import re

import pytest

from bltgen.automata.limits import Limits, use_limits
from bltgen.automata.lookaround import Expression
from bltgen.constraints import regex_preferred
from bltgen.constraints.regex_lowering import lowered
from bltgen.constraints.regex_parser import parse
from bltgen.constraints.regex_preferred import (
    NO_END,
    holds_assertion,
    is_longest_first,
    preferred,
    regex_language,
    widths,
)
from bltgen.constraints.regex_syntax import Atomic, Characters, Conditional, Group, Node, Text
from bltgen.errors import LimitExceeded

TEXTS = ["".join(letters) for length in range(6) for letters in itertools.product("ab", repeat=length)]
A, B = Characters(((97, 97),)), Characters(((98, 98),))

# Whether it is plain from the tree that longer matches are tried first.
PATTERNS = {
    "": True,
    "a": True,
    "ab": True,
    "a*": True,
    "a*?": False,
    "a+?b": False,
    "a??": False,
    "a{2}?": True,
    "a{1,3}": True,
    "a{1,3}?": False,
    "a{0}": True,
    "a{0}?": True,
    "ab|a": True,
    "a|ab": False,
    "a|b": True,
    "a|": True,
    "|a": False,
    "aa|a|": True,
    "a|aa|": False,
    "(?:a|ab)(?:a|b)": False,
    "(?:ab|a)(?:b|a)": True,
    "(?:ab|a)b*": False,
    "a*b*": False,
    "a*b": True,
    "ba*": True,
    "(?:a*)*": False,
    "(?:ab)*": True,
    "(?:ab|a)*": False,
    "(?:a|b)*": True,
    "(?:|a)*": False,
    "(?:a|b){2}": True,
    "(?:a*){2}": False,
    "(?:a|ab){2}": False,
    "(?:a|ab){2}?": False,
    "(?:(?:))*": False,
    "(?:a??b)*": False,
    "(?:b|a*?){2,3}": False,
    "(?:a|ab|abb)*?b": False,
    "(?:a*?b)??a": False,
    "(?:a?){3}": False,
    "(?:a??){2,4}b?": False,
    "(?:(?:a|ab){1,2}?b)*?": False,
    "(?:a?)*b??": False,
    "(?:a|ab){2,}?b?": False,
    "(?:a??b){3,}": False,
}


def _taken(pattern: str, text: str) -> bool:
    match = re.match(pattern, text)
    return match is not None and match.end() == len(text)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_texts_are_taken_whole_as_by_re(pattern: str) -> None:
    root = parse(pattern).root
    language = preferred(root, is_bytes=False)
    matched = regex_language(root, is_bytes=False)
    for text in TEXTS:
        assert language.accepts(text.encode()) == _taken(pattern, text), text
        assert matched.accepts(text.encode()) == (re.fullmatch(pattern, text) is not None), text
    assert is_longest_first(root) is PATTERNS[pattern]
    if PATTERNS[pattern]:
        assert language is matched


@pytest.mark.parametrize(
    "pattern",
    [
        "a(?=b)|a",
        "(?:a|ab)(?!b)",
        r"a*?\b",
        "^a??",
        "(?>a|ab)b?",
        "(?>a*)b*?",
        "a??$",
        "(?<=a)|a?",
        "(?:a|ab)*?$",
    ],
)
def test_what_looks_around_itself_sees_the_text_end(pattern: str) -> None:
    language = preferred(parse(pattern).root, is_bytes=False)
    for text in TEXTS:
        judge = pattern if "(?>" not in pattern else pattern.replace("(?>a|ab)", "a").replace("(?>a*)", "a*")
        assert language.accepts(text.encode()) == _taken(judge, text), text


def test_patterns_of_bytes() -> None:
    for pattern in (rb"\xff??\xfe", rb"(?:\xff|\xff\x00)*?\x00", rb"\xe9|\xe9a"):
        language = preferred(parse(pattern).root, is_bytes=True)
        matched = regex_language(parse(pattern).root, is_bytes=True)
        for length in range(4):
            for text in map(bytes, itertools.product(b"\xff\xfe\x00\xe9a", repeat=length)):
                match = re.match(pattern, text)
                assert language.accepts(text) == (match is not None and match.end() == len(text))
                assert matched.accepts(text) == bool(re.fullmatch(pattern, text))


def test_characters_of_several_bytes() -> None:
    language = preferred(parse("[é-ë]*?ê|é").root, is_bytes=False)
    for text in ("ê", "é", "éê", "éêê", "ëê", "ë", "", "êê"):
        assert language.accepts(text.encode()) == _taken("[é-ë]*?ê|é", text), text


def test_surrogates_match_nothing() -> None:
    language = preferred(parse(r"(?:\ud800|a)*?b??").root, is_bytes=False)
    assert [text for text in ("", "a", "b") if language.accepts(text.encode())] == [""]


def test_all_that_is_matched_is_the_language_itself_where_a_search_tells() -> None:
    """Preference of other parts may make no difference; a limit on the search leaves it undecided."""
    root = parse("(?:ab|a)b*").root
    assert not is_longest_first(root)
    assert preferred(root, is_bytes=False) is regex_language(root, is_bytes=False)
    root = parse("|".join(f"{'a' * n}" for n in range(1, 30))).root
    assert preferred(root, is_bytes=False) is not regex_language(root, is_bytes=False)


def test_a_search_too_long_leaves_it_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    root = parse("(?:ab|a)b*").root
    plain = regex_language(root, is_bytes=False)
    assert preferred(root, is_bytes=False) is plain
    monkeypatch.setattr(regex_preferred, "_COMPARING", 1)
    ordered = preferred(root, is_bytes=False)
    assert ordered is not plain
    assert [ordered.accepts(text.encode()) for text in TEXTS] == [plain.accepts(t.encode()) for t in TEXTS]


def test_the_ways_to_match_have_a_limit() -> None:
    """Of ways in one state: here to read any of three letters, each of its own."""
    root = parse("(?:aa|ab|ac)*?d|").root
    with use_limits(Limits(union_parts=4)):
        preferred(root, is_bytes=False).start().allowed  # noqa: B018
    with use_limits(Limits(union_parts=3)), pytest.raises(LimitExceeded) as caught:
        preferred(root, is_bytes=False).start().allowed  # noqa: B018
    assert (caught.value.what, caught.value.limit) == ("the ways to match a pattern", 3)


def test_a_letter_is_lowered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counted(node: Node, *, is_bytes: bool) -> Expression:
        made.append(node)
        return lowered(node, is_bytes=is_bytes)

    root = parse("(?:a|ab)*?b").root
    monkeypatch.setattr(regex_preferred, "lowered", counted)
    program = regex_preferred._Program(False)
    for _ in range(2):
        program.state(((program.cell(root, program.end), None),))
    assert len(made) == len(set(made)) == 3


def test_states_of_equal_threads_are_one() -> None:
    language = preferred(parse("(?:a|ab)*?b").root, is_bytes=False)
    state = language.start()
    one, two = state, state
    for byte in b"aa":
        one = one.advance(byte)  # type: ignore[assignment]
    for byte in b"aaa":
        two = two.advance(byte)  # type: ignore[assignment]
    assert one is two
    other = preferred(parse("(?:a|ab)*?b").root, is_bytes=False)
    assert other.accepts(b"aab") == language.accepts(b"aab")


HOLDS = {
    "a(?:b|c)*": False,
    "^a": True,
    "a(?=b)": True,
    "(?>a)": True,
    "a*+": True,
    "(a)?(?(1)b)": True,
    "(a)(b)": False,
    r"(?:(?:a\b))": True,
}


@pytest.mark.parametrize("pattern", HOLDS)
def test_what_holds_an_assertion(pattern: str) -> None:
    assert holds_assertion(parse(pattern).root) is HOLDS[pattern]


WIDTHS = {
    "": (0, 0),
    "a": (1, 1),
    "abc": (3, 3),
    "a*": (0, NO_END),
    "a+b": (2, NO_END),
    "a{2,5}": (2, 5),
    "(?:ab){2,5}": (4, 10),
    "(?:a?)*": (0, NO_END),
    "(?:ab|c|def)": (1, 3),
    "(?:|ab)": (0, 2),
    "(?:)*": (0, 0),
    "(?:(?:a+){2}b+)": (3, NO_END),
    "(?:a+|b)": (1, NO_END),
    "(?:a+){2}": (2, NO_END),
    "(?>ab?)c": (2, 3),
    "(a)(?(1)bc|d)": (2, 3),
    "(a)(?(1)b|cde)": (2, 4),
    r"^a(?=bc)\b": (1, 1),
}


@pytest.mark.parametrize("pattern", WIDTHS)
def test_widths(pattern: str) -> None:
    root = parse(pattern).root
    found = widths(root)
    assert found[root] == WIDTHS[pattern]
    assert widths(Group(root, 1))[root] == WIDTHS[pattern]


def test_every_node_has_a_width_and_shared_ones_are_met_once() -> None:
    node = Conditional(1, Text("ab"), Group(A, 2), 0)
    assert set(widths(node).values()) == {(1, 2), (2, 2), (1, 1)}
    assert is_longest_first(node) is False
    assert is_longest_first(Atomic(A, 0)) is False
    assert is_longest_first(Group(A, 1))
    assert not is_longest_first(parse("(a??)(?(1)b)").root)
