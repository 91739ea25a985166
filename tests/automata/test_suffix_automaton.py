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
from bltgen.automata.suffix_automaton import substring_of

texts = st.text(alphabet="ab é-\n🎉\u0301", max_size=12)


def _pieces(text: str, boundary: str) -> set[bytes]:
    if boundary == "any":
        edges = [(i, i + 1) for i in range(len(text))]
    else:
        edges = [m.span() for m in regex.finditer(r"\w+|(?!\s)\X", text)]
    return {text[a:b].encode() for a, _ in edges for _, b in edges if a < b}


@settings(deadline=None, max_examples=300)
@given(texts, st.sampled_from(["word", "any"]), st.integers(0, 3))
def test_exactly_the_substrings_between_boundaries(text: str, boundary: str, seed: int) -> None:
    """Members, masks, shortest and completions, for every prefix of every substring of the text."""
    pieces = _pieces(text, boundary)
    language = substring_of(text, boundary)  # type: ignore[arg-type]
    if not pieces:
        assert language is EMPTY
        return
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
    assert substring_of("") is EMPTY
    assert substring_of("  \n") is EMPTY
