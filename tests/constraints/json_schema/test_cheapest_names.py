"""The names of a language, cheapest first, found as far as asked for and once."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from bltgen.automata.language import EMPTY, Language, literal, union
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.constraints.json_schema import cheapest_names as module
from bltgen.constraints.json_schema.cheapest_names import CheapestNames, cheapest_names
from bltgen.constraints.json_schema.compiler import Compiler, Options
from bltgen.constraints.json_schema.layout import Layout
from bltgen.constraints.json_schema.name_trie import Spelling
from bltgen.constraints.json_schema.seen import NOTHING_SEEN
from bltgen.constraints.regex import regex
from bltgen.errors import LimitExceeded

from .tables import Counted

LOOSE, ASCII = Spelling(False, False), Spelling(True, False)


def listed(language: Language, count: int, spelling: Spelling = LOOSE) -> list[tuple[bytes, int]]:
    names = CheapestNames(language, spelling)
    found = [names.at(i, Counted()) for i in range(count)]
    assert all(found[i] is not None or found[i + 1 :].count(None) == len(found) - i - 1 for i in range(count))
    return [entry for entry in found if entry is not None]


def test_names_come_by_their_encoded_length() -> None:
    language = union(*[literal(name.encode()) for name in ("ccc", "b", '"', "\x01", "aa", "é", "")])
    found = listed(language, 9)
    assert [length for _, length in found] == [0, 1, 2, 2, 2, 3, 6]
    assert dict(found) == {
        b"": 0,
        b"b": 1,
        b"aa": 2,
        b'"': 2,
        "é".encode(): 2,
        b"ccc": 3,
        b"\x01": 6,
    }
    ascii_lengths = dict(listed(language, 9, ASCII))
    assert ascii_lengths["é".encode()] == 6
    assert listed(EMPTY, 2) == []


@pytest.mark.parametrize("spelling", [LOOSE, ASCII])
@pytest.mark.parametrize("pattern", ["[abé]{0,2}", "a*b?", '["x\\n]{1,2}', "(é|a){2}|😀?", "ab|ac|b"])
def test_all_names_in_order_against_a_list(pattern: str, spelling: Spelling) -> None:
    language = regex(pattern)
    texts = ["".join(text) for n in range(4) for text in itertools.product('abcéx"\n😀', repeat=n)]
    expected = sorted(
        len(json.dumps(text, ensure_ascii=spelling.ascii_only).encode()) - 2
        for text in texts
        if language.accepts(text.encode())
    )[:20]
    found = listed(language, len(expected), spelling)
    assert [length for _, length in found] == expected
    assert len({name for name, _ in found}) == len(found)
    for name, length in found:
        assert language.accepts(name)
        assert length == len(json.dumps(name.decode(), ensure_ascii=spelling.ascii_only).encode()) - 2


def test_plain_characters_come_first() -> None:
    found = listed(UTF8_TEXT, 97)
    assert found[0] == (b"", 0)
    # Of one byte: all but quote, backslash and controls, which are written with more.
    singles = [name for name, length in found if length == 1]
    assert singles == [bytes((byte,)) for byte in range(0x20, 0x80) if byte not in (0x22, 0x5C)]


def test_names_are_found_once_and_cost_effort() -> None:
    names, effort = CheapestNames(literal(b"ab"), LOOSE), Counted()
    assert names.at(0, effort) == (b"ab", 2)
    # Three nodes, two transitions, and the whole name.
    assert effort.spent == [1] * 6
    effort.spent.clear()
    assert names.at(0, effort) == (b"ab", 2)
    assert effort.spent == []
    assert names.at(1, effort) is None
    assert names.at(5, effort) is None


def test_terms_that_must_be_searched_cost_as_much_as_they_have_parts() -> None:
    effort = Counted()
    both = regex("xq(ab|ba){3}") & regex("xq.*ab") & regex("xq[ab]+")
    assert CheapestNames(both, LOOSE).at(0, effort) == (b"xqababab", 8)
    assert effort.spent[:2] == [1, 1 + 3]


@pytest.mark.parametrize(
    ("pattern", "spelling", "opened"),
    [
        ("a{1,9}", LOOSE, [b"", b"a"]),
        ("aaaa|b", LOOSE, [b"", b"b"]),
        ("[\\x00-\\x1f]|aaaaa", LOOSE, [b"", b"\b"]),
        ('"?"""|aaa', LOOSE, [b"", b"a", b"aa", b"aaa"]),
        ('"x|aa', LOOSE, [b"", b"a", b"aa"]),
        (r"\\x|aa", LOOSE, [b"", b"a", b"aa"]),
        (r"\x7f|aa", LOOSE, [b"", b"\x7f"]),
        ("é|aaa", LOOSE, [b"", b"\xc3", b"\xc3\xa9"]),
        # The first byte of a character may be one of less.
        ("é|aaa", ASCII, [b"", b"\xc3", b"a", b"aa", b"aaa"]),
        (r"\x01|aa", ASCII, [b"", b"a", b"aa"]),
    ],
)
def test_only_what_may_be_cheapest_is_opened(
    pattern: str, spelling: Spelling, opened: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beginnings are followed by the least length that a name has which begins so; escapes count."""
    reached: list[Language] = []
    find = module.transitions

    def transitions(language: Language) -> Any:
        reached.append(language)
        return find(language)

    monkeypatch.setattr(module, "transitions", transitions)
    language = regex(pattern)
    assert CheapestNames(language, spelling).at(0, Counted()) is not None
    assert reached == [_after(language, text) for text in opened]


def _after(language: Language, text: bytes) -> Language:
    for byte in text:
        language = language.derivative(byte)
    return language


def test_ways_that_end_nowhere_are_passed_over() -> None:
    """Beginnings that no name has, though no term says so at once; before and after others."""
    dead = regex("[ac][xy]*x") - regex("[ac][xy]*")
    assert listed(dead | regex("bb?"), 5) == [(b"b", 1), (b"bb", 2)]
    assert listed(regex("[bcx][xy]*x|d") & regex("[bcx][xy]*y|d|c"), 5) == [(b"d", 1)]


def test_an_interrupted_search_goes_on() -> None:
    class Stops(Counted):
        __slots__ = ("left",)

        def spend(self, steps: int = 1) -> None:
            self.left -= 1
            if self.left < 0:
                raise RuntimeError

    names = CheapestNames(regex("[ab]{2}"), LOOSE)
    found: list[Any] = []
    for stop in range(200):
        effort = Stops()
        effort.left = stop % 7
        try:
            entry = names.at(len(found), effort)
        except RuntimeError:
            continue
        if entry is None:
            break
        found.append(entry)
    assert [name for name, _ in found] == [b"aa", b"ab", b"ba", b"bb"]


def compiler(**options: Any) -> Compiler:
    return Compiler(
        Layout.of("compact"), options=Options(**options), formats="assert", custom_formats={}, constraints={}
    )


def test_names_that_were_seen_are_passed_over() -> None:
    made = compiler()
    language = regex("[abcd]")
    assert cheapest_names(language, NOTHING_SEEN, 2, made) == [(b"a", 1), (b"b", 1)]
    seen = NOTHING_SEEN.add(b"a").add(b"c")
    assert cheapest_names(language, seen, 9, made) == [(b"b", 1), (b"d", 1)]
    assert cheapest_names(language, seen, 1, made) == [(b"b", 1)]
    assert cheapest_names(language, seen, 0, made) == []
    assert list(made.cheapest_names) == [language]
    kept = made.cheapest_names[language]
    cheapest_names(language, NOTHING_SEEN, 1, made)
    assert made.cheapest_names[language] is kept
    ascii_only = compiler(ascii_only=True)
    assert cheapest_names(literal("é".encode()), NOTHING_SEEN, 1, ascii_only) == [("é".encode(), 6)]


def test_so_many_names_are_found_at_most(set_limits: Any) -> None:
    """Of languages with an end and without; those that were seen do not count."""
    set_limits(counted_names=3)
    made = compiler()
    for pattern in ("[abcde]", "[abcde]*"):
        language = regex(pattern)
        assert len(cheapest_names(language, NOTHING_SEEN, 3, made)) == 3
        assert len(cheapest_names(language, NOTHING_SEEN.add(b"a").add(b"b"), 3, made)) == 3
        with pytest.raises(LimitExceeded) as caught:
            cheapest_names(language, NOTHING_SEEN, 4, made)
        assert (caught.value.what, caught.value.limit) == (
            "the members that an object needs by their number",
            3,
        )
    # Where there are fewer, more may be asked for.
    assert cheapest_names(regex("[ab]"), NOTHING_SEEN, 4, made) == [(b"a", 1), (b"b", 1)]


def test_names_without_end_are_not_searched_for_a_limit(set_limits: Any) -> None:
    set_limits(counted_names=3)
    made = compiler()
    with pytest.raises(LimitExceeded):
        cheapest_names(regex("a*"), NOTHING_SEEN, 4, made)
    assert made.cheapest_names[regex("a*")]._found == []
