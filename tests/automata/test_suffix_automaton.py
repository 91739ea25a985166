"""The substrings of a text against all of them, written out."""

from __future__ import annotations

import random
import re

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.automata.description import describe, rebuild
from bltgen.automata.language import EMPTY, EPSILON, literal
from bltgen.automata.lazy_dfa import drop_caches
from bltgen.automata.suffix_automaton import pieces_of, substring_of
from bltgen.errors import EmptyLanguage

texts = st.one_of(
    st.text(alphabet="ab é-\n🎉\u0301", max_size=12),
    st.text(alphabet="a1 김수.製ーカ\u3099กรุาม\u1100\u1161हि\u094d\u200d👩🏻\ufe0f\r\nｱＢ", max_size=10),
)
UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]")


def _pieces(text: str, boundary: str) -> set[bytes]:
    """All spans, written out: between any two characters, or clusters that are not within one word."""
    if boundary == "any":
        edges = [(i, i + 1) for i in range(len(text))]
        return {text[a:b].encode() for a, _ in edges for _, b in edges if a < b}
    clusters = regex.findall(r"\X", text)
    words: list[str] = []
    in_word = False
    for cluster in clusters:
        is_word = bool(regex.match(r"\w", cluster)) and not UNSPACED.match(cluster)
        if in_word and is_word:
            words[-1] += cluster
        else:
            words.append(cluster)
        in_word = is_word
    starts = [i for i, word in enumerate(words) if not word[0].isspace()]
    return {"".join(words[i : j + 1]).encode() for i in starts for j in starts if i <= j}


@settings(deadline=None, max_examples=300)
@given(texts, st.sampled_from(["word", "any"]), st.integers(0, 3))
def test_exactly_the_substrings_between_boundaries(text: str, boundary: str, seed: int) -> None:
    """Members, masks, shortest and completions, for every prefix of every substring of the text."""
    pieces = _pieces(text, boundary)
    if not pieces:
        assert pieces_of(text, boundary) is EMPTY  # type: ignore[arg-type]
        with pytest.raises(EmptyLanguage, match="empty or blank"):
            substring_of(text, boundary)  # type: ignore[arg-type]
        return
    language = substring_of(text, boundary)  # type: ignore[arg-type]
    prefixes = {piece[:n] for piece in pieces for n in range(len(piece) + 1)}
    for prefix in sorted(prefixes, key=lambda p: (len(p), p)):
        state = language.start()
        for byte in prefix:
            following = state.advance(byte)
            assert following is not None
            state = following
        tails = [piece[len(prefix) :] for piece in pieces if piece.startswith(prefix)]
        assert state.accepting == (prefix in pieces)
        assert set(state.allowed) == {tail[0] for tail in tails if tail}
        assert state.shortest == min(map(len, tails))
        assert prefix + state.completion() in pieces
    rng = random.Random(seed)
    for _ in range(5):
        assert language.sample(rng) in pieces
    drop_caches()
    assert all(language.accepts(piece) for piece in pieces)
    data = text.encode()
    everything = {data[a:b] for a in range(len(data)) for b in range(a + 1, len(data) + 1)}
    assert not any(language.accepts(piece) for piece in everything - pieces)


@pytest.mark.parametrize(
    ("text", "spans", "others"),
    [
        ("제 이름은 김민수입니다.", ["김민수", "이름", "제", "김민수입니다."], [" 김", "김민수입니다. "]),
        ("IBM製のPC98を2024年に", ["IBM", "製", "PC98", "2024", "年", "IBM製"], ["BM", "PC", "202"]),
        ("ผมชื่อสมชายครับ", ["สมชาย", "ชื่อ", "ผม"], ["ชื", "\u0e48อ"]),
        ("ຂ້ອຍຊື່ສົມ", ["ສົມ", "ຂ້ອຍ"], ["\u0ebb"]),
        ("ខ្ញុំឈ្មោះសុខ", ["សុខ"], ["\u17bb"]),
        ("ကျွန်တော်မောင်", ["မောင်"], ["\u103b"]),
        ("田中さんはサーバーを", ["田中", "さん", "サーバー", "サー"], []),
        ("\u1100\u1161\u1102\u1161", ["\u1100\u1161", "\u1102\u1161"], ["\u1100", "\u1161"]),
        ("मेरा नाम हिन्दी", ["नाम", "हिन्दी"], ["हिन्", "ह", "ना"]),
        (
            "Zoë e\u0301te\u0301 👩\u200d👧!",
            ["Zoë", "e\u0301te\u0301", "👩\u200d👧", "👩\u200d👧!"],
            ["e", "👩"],
        ),
        ("a\r\nb\r\n", ["a", "b", "a\r\nb"], ["\r\n", "a\r\n", "b\r\n"]),
    ],
)
def test_scripts_without_spaces(text: str, spans: list[str], others: list[str]) -> None:
    """Spans begin and end at any cluster there, at words elsewhere; no cluster is cut."""
    language = substring_of(text)
    assert [span for span in spans if not language.accepts(span.encode())] == []
    assert [span for span in others if language.accepts(span.encode())] == []


def test_composes_like_any_term() -> None:
    """Intersections, complements, repeats and unions with the substrings of a text."""
    text = "Ship 3 crates of oranges to 12 Harbour Street by 2024-05-01."
    grounded = substring_of(text)
    digits = literal(b"0")
    for digit in b"123456789":
        digits = digits | literal(bytes([digit]))
    number = grounded & digits.plus()
    found = {b"3", b"12", b"2024", b"05", b"01"}
    for size in range(1, 5):
        for candidate in range(10**size):
            word = str(candidate).zfill(size).encode()
            assert number.accepts(word) == (word in found)
    both = grounded + literal(b"; ") + grounded
    assert both.accepts(b"oranges; Harbour Street")
    assert not both.accepts(b"oranges; apples")
    assert grounded.optional().accepts(b"")
    assert not grounded.accepts(b"")
    assert (grounded - literal(b"oranges")).start().shortest == 1
    assert (grounded & EPSILON).is_empty()


def test_bytes_that_are_no_utf8() -> None:
    """A bytes text may hold anything; a str is its UTF-8."""
    data = b"caf\xc3\xa9 \xff\xfe x"
    language = substring_of(data)
    assert language.accepts(b"caf\xc3\xa9")
    assert language.accepts(b"\xff")
    assert language.accepts(b"\xfe x")
    assert not language.accepts(b"caf\xc3")
    assert not language.accepts(b"\xa9")


def test_describe_rebuilds_it() -> None:
    """The text is in the description, alone and inside of a larger term."""
    for text in ("one two", b"one \xff two"):
        language = substring_of(text)
        again = rebuild(describe(language))
        assert again.accepts(b"one")
        assert again.accepts(b"two")
        assert not again.accepts(b"on")
        larger = rebuild(describe(language + literal(b"!")))
        assert larger.accepts(b"one!")


def test_a_megabyte_and_a_hostile_text() -> None:
    """1 MB of prose and 100 KB of one letter: states stay small and few."""
    rng = random.Random(3)
    words = ["".join(rng.choice("etaoin") for _ in range(rng.randrange(1, 9))) for _ in range(3000)]
    prose = " ".join(rng.choice(words) for _ in range(190_000))
    assert len(prose) > 900_000
    language = substring_of(prose)
    position = prose.index(" ", 500_000) + 1
    piece = prose[position : prose.index(" ", position + 200)].encode()
    assert language.accepts(piece)
    assert not language.accepts(piece + b"zq")
    assert re.search(rb"\bn\w*", piece)
    same = substring_of("a" * 100_000, "any")
    assert same.accepts(b"a" * 50)
    assert same.start().allowed.bits == 1 << ord("a")


def test_wrong_arguments() -> None:
    """Another boundary is refused."""
    with pytest.raises(ValueError, match="boundary"):
        substring_of("x", "line")  # type: ignore[arg-type]
