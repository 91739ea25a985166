"""The automaton of a text's substrings from inside: boundaries, offsets, segments, and states."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.automata import suffix_automaton
from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import EMPTY, Language
from bltgen.automata.lazy_dfa import drop_caches
from bltgen.automata.suffix_automaton import (
    _FAR,
    _byte_offsets,
    _Occurrences,
    _Place,
    _Source,
    _spans,
    pieces_of,
    substring_of,
)
from bltgen.errors import ConstraintSyntaxError, EmptyLanguage


def source(text: str, boundary: Any = "word") -> _Source:
    return _Source(text.encode(), text, boundary)


def test_spans() -> None:
    assert _spans("ab, c", "word") == [(0, 2), (2, 3), (4, 5)]
    assert _spans(" \n", "word") == []
    assert _spans("a b", "any") == [(0, 1), (1, 2), (2, 3)]
    assert _spans("añb 김수", "word") == [(0, 3), (4, 5), (5, 6)]
    assert _spans("é \u0301", "word")[0] == (0, 1)
    assert _spans("", "any") == []


def test_byte_offsets() -> None:
    text = "a\x7f\x80\u07ff\u0800\uffff\U00010000\U0010ffff"
    sizes = [len(char.encode()) for char in text]
    assert sizes == [1, 1, 2, 2, 3, 3, 4, 4]
    assert _byte_offsets(text).tolist() == [sum(sizes[:n]) for n in range(len(sizes) + 1)]
    assert _byte_offsets("").tolist() == [0]
    lone = b"a\xffb\x80".decode("utf-8", "surrogateescape")
    assert _byte_offsets(lone).tolist() == [0, 1, 2, 3, 4]
    assert _byte_offsets("\udc7f\ud7ff\udd00").tolist() == [0, 3, 6, 9]


def test_where_pieces_begin_and_end() -> None:
    made = source("ab cé")
    assert made.order.tolist() == [0, 3]
    assert made.next_end.tolist() == [2, 2, 2, 6, 6, 6, 6, _FAR]
    assert made.bytes[:-1].tobytes() == "ab cé".encode()


def test_segments_are_sorted_as_they_are_entered() -> None:
    """By the byte at the depth, in place; the places stay the same."""
    made = source("bx ax by")
    assert made.order.tolist() == [0, 3, 6]
    steps = made.split(0, 3, 0)
    assert [bits for bits, _ in steps] == [1 << ord("a"), 1 << ord("b")]
    assert made.order.tolist() == [3, 0, 6]
    one, several = (language.value for _, language in steps)
    assert isinstance(one, _Place)
    assert (one.position, one.shortest) == (4, 1)
    assert isinstance(several, _Occurrences)
    assert (several.low, several.high, several.depth, several.shortest) == (1, 3, 1, 1)
    assert [bits for bits, _ in made.split(1, 3, 1)] == [1 << ord("x"), 1 << ord("y")]


def test_occurrences_that_end_with_the_text_go_last() -> None:
    made = source("aa", "any")
    assert made.order.tolist() == [0, 1]
    ((bits, after),) = made.split(0, 2, 0)
    assert bits == 1 << ord("a")
    assert (after.value.low, after.value.high, after.value.depth, after.nullable) == (0, 2, 1, True)
    ((_, last),) = made.split(0, 2, 1)
    assert made.order.tolist() == [0, 1]
    assert isinstance(last.value, _Place)
    assert (last.value.position, last.nullable) == (2, True)
    assert last.value.transitions() == []
    mixed = source("ba a", "any")
    mixed.split(0, 4, 0)
    low = [n for n in range(4) if mixed.bytes[mixed.order[n]] == ord("a")]
    mixed.split(low[0], low[-1] + 1, 1)
    assert [int(mixed.order[n]) for n in low] == [1, 3]


def test_distances() -> None:
    """To the nearest end of a piece, of at least one byte at the start."""
    made = source("ab cde")
    whole = made.language(0, 2, 0)
    assert whole.value.shortest == 2
    assert not whole.nullable
    assert source("ab").language(0, 1, 0).value.shortest == 2
    assert made.language(0, 0, 0) is EMPTY
    place = made.language_at(1)
    assert (place.value.position, place.value.shortest, place.value.longest) == (1, 1, 5)
    assert made.language_at(2).nullable
    assert not made.language_at(2, True).nullable
    assert made.language_at(2, True).value.shortest == 4
    assert made.language_at(7) is EMPTY
    dangling = source("ab ")
    assert dangling.language_at(3) is EMPTY
    assert whole.value.longest == 6


def test_states_are_compared_by_where_they_are() -> None:
    made, other = source("ab ab"), source("ab ab")
    one = _Occurrences(made, 0, 2, 1, 1)
    assert one == _Occurrences(made, 0, 2, 1, 1)
    assert hash(one) == hash(_Occurrences(made, 0, 2, 1, 1))
    for different in (
        _Occurrences(other, 0, 2, 1, 1),
        _Occurrences(made, 1, 2, 1, 1),
        _Occurrences(made, 0, 1, 1, 1),
        _Occurrences(made, 0, 2, 2, 1),
        _Place(made, 0, 1),
        3,
    ):
        assert one != different
    place = _Place(made, 1, 1)
    assert place == _Place(made, 1, 1)
    assert hash(place) == hash(_Place(made, 1, 1))
    for different in (_Place(other, 1, 1), _Place(made, 0, 1), _Place(made, 1, 0), one, 3):
        assert place != different
    assert (_Place(made, 2, 0).accepting, place.accepting, one.accepting) == (True, False, False)
    assert _Occurrences(made, 0, 2, 2, 0).accepting


def test_places_read_on_to_the_end() -> None:
    made = source("ab c")
    ((bits, following),) = _Place(made, 0, 2).transitions()
    assert bits == 1 << ord("a")
    assert following.value == _Place(made, 1, 1)
    assert _Place(made, 4, 0).transitions() == []
    assert _Place(made, 3, 1).longest == 1


def test_equal_texts_share_their_term() -> None:
    """While it lives; a text as bytes and as str, and another boundary, are others."""
    one = pieces_of("shared text")
    assert pieces_of("shared text") is one
    assert substring_of("shared text").bare is one
    assert pieces_of("shared text", "any") is not one
    as_bytes = pieces_of(b"shared text")
    assert as_bytes is not one
    assert pieces_of(bytearray(b"shared text")) is as_bytes
    assert pieces_of(memoryview(b"shared text")) is as_bytes


def test_names_reports_and_descriptions() -> None:
    made = substring_of("one two", "any")
    assert made.describe() == {"kind": "substring_of", "boundary": "any", "bytes": False, "text": "one two"}
    (entry,) = made.report().entries
    assert (entry.construct, entry.enforced, entry.place) == ("substring_of", "exact", "")
    assert entry.note == "of 'one two', any boundaries"
    raw = substring_of(bytearray(b"\xff x"))
    assert raw.describe() == {"kind": "substring_of", "boundary": "word", "bytes": True, "text": "\xff x"}
    for same in (made, raw):
        assert suffix_automaton._rebuild(same.describe()) == same
        assert isinstance(same, Language)


def test_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EmptyLanguage, match="blank"):
        substring_of(" ")
    assert pieces_of(" ") is EMPTY
    wrong: Any = 3
    with pytest.raises(TypeError, match="text"):
        substring_of(wrong)
    with pytest.raises(ConstraintSyntaxError, match="index 1"):
        substring_of("a\ud800")
    with pytest.raises(ValueError, match="boundary"):
        substring_of("a", wrong)
    monkeypatch.setattr(suffix_automaton, "_LONGEST", 5)
    assert substring_of("12345").accepts(b"12345")
    with pytest.raises(ValueError, match="6 bytes, more than 5"):
        substring_of("123456")


@pytest.mark.parametrize("boundary", ["any", "word"])
@pytest.mark.parametrize("text", ["abab ab", "a", "aaaa", "ab-ba", "äbä b", "x y x y", "b\u0301 b", "aab\n"])
def test_small_texts_against_their_pieces(text: str, boundary: Any) -> None:
    spans = _spans(text, boundary)
    pieces = {text[a:b].encode() for a, _ in spans for _, b in spans if a < b}
    drop_caches()
    made = pieces_of(text, boundary)
    prefixes = {piece[:n] for piece in pieces for n in range(len(piece) + 1)}
    for prefix in prefixes:
        state: Any = made.start()
        for byte in prefix:
            state = state.advance(byte)
        tails = [piece[len(prefix) :] for piece in pieces if piece.startswith(prefix)]
        assert state.accepting is (prefix in pieces)
        assert state.shortest == min(map(len, tails))
        assert state.allowed == ByteSet.of(tail[0] for tail in tails if tail)
        assert state.language.most >= max(map(len, tails))
