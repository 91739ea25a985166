"""Texts of named parts, JSON values as they complete, and explanations."""

from __future__ import annotations

import json
import random
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import EMPTY, byte_set, literal, union
from bltgen.constraints.json_schema import json_schema
from bltgen.decoding.explain import explain, write
from bltgen.decoding.generator import Generator
from bltgen.decoding.json_stream import JsonValues, stream_values
from bltgen.decoding.parts import parts, until
from bltgen.errors import EmptyLanguage, RejectedByte, Unsupported
from bltgen.testing import models

LETTERS = byte_set(ByteSet.range(97, 99))
ANSWER = json_schema({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
REPORT = parts(thought=until("```json\n"), json=ANSWER, close=literal(b"\n```"), rest=LETTERS.repeat(0, 4))

small = st.sampled_from(
    [
        literal(b"a"),
        literal(b"ab"),
        LETTERS.star(),
        LETTERS.repeat(1, 2),
        literal(b"b").optional(),
        union(literal(b"c"), literal(b"ca")),
    ]
)


@settings(deadline=None, max_examples=60)
@given(st.lists(small, min_size=1, max_size=3))
def test_parts_are_the_concatenation(languages):
    """Against the algebra's own concatenation: every short text, and every figure of its states."""
    together = languages[0]
    for language in languages[1:]:
        together = together + language
    made = parts(**{f"p{index}": language for index, language in enumerate(languages)})
    for length in range(5):
        for text in map(bytes, product(b"abc", repeat=length)):
            state, twin = made.start(), together.start()
            for byte in text:
                state, twin = state.advance(byte), twin.advance(byte)
                assert (state is None) == (twin is None)
                if state is None:
                    break
            else:
                assert made.accepts(text) == together.accepts(text) == state.accepting
                assert (state.allowed, state.shortest) == (twin.allowed, twin.shortest)
                assert state.forced == twin.forced
                assert together.accepts(text + state.completion())
                assert len(state.completion()) == state.shortest
                for n in range(6):
                    assert state.allowed_within(n) == twin.allowed_within(n)
                if made.accepts(text):
                    pieces = made.split(text)
                    assert b"".join(pieces) == text
                    assert all(one.accepts(piece) for one, piece in zip(languages, pieces, strict=True))


def test_the_earlier_part_takes_the_most():
    """Where a text can be split in several ways."""
    made = parts(first=LETTERS.repeat(1, 3), second=LETTERS.repeat(1, 3))
    assert made.split(b"abca") == [b"abc", b"a"]
    with pytest.raises(RejectedByte):
        made.split(b"a")


@pytest.mark.parametrize("marker", ["ab", "aa", "aba", "```json\n"])
def test_until_is_free_up_to_the_first_marker(marker):
    """The marker is at the end and nowhere before."""
    language = until(marker)
    rng = random.Random(1)
    for _ in range(300):
        text = "".join(rng.choice(marker + "é") for _ in range(rng.randrange(9)))
        assert language.accepts(text.encode()) == (text.find(marker) == len(text) - len(marker) >= 0)
    assert not until("x").accepts(b"\xffx")
    assert until("x", text=False).accepts(b"\xffx")
    with pytest.raises(ValueError, match="at least one byte"):
        until("")


@pytest.mark.parametrize("strategy", ["mask", "redecode", "smc", "beam"])
def test_parts_are_captured_by_name(strategy):
    """A free thought, then JSON, then text; the budget holds for the whole."""
    generator = Generator(models.whimsical(2, scale=3))
    for budget in (REPORT.start().shortest, REPORT.start().shortest + 9, 90):
        out = generator.generate("", REPORT, seed=3, max_bytes=budget, strategy=strategy)
        assert len(out.data) <= budget
        assert out.parts["thought"].endswith("```json\n")
        assert isinstance(out.parts["json"]["n"], (int, float))
        assert out.text == out.parts["thought"] + out.text[len(out.parts["thought"]) :]
        assert set(out.parts) == {"thought", "json", "close", "rest"}
    assert generator.generate("", LETTERS.repeat(2, 2)).parts == {}


def test_parts_say_what_they_cannot_do():
    """No part, an empty part, and the algebra."""
    with pytest.raises(ValueError, match="at least one part"):
        parts()
    with pytest.raises(EmptyLanguage, match="'b'"):
        parts(a=LETTERS, b=EMPTY)
    for refused in (lambda: REPORT & REPORT, lambda: ~REPORT, lambda: REPORT.repeat(2)):
        with pytest.raises(Unsupported, match="parts"):
            refused()
    assert any(entry.place.startswith("json") for entry in REPORT.report().entries)
    assert json.loads(json.dumps(REPORT.describe()))["kind"] == "parts"
    assert REPORT.accepts(REPORT.sample(random.Random(1), 80))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def _reference(value, pointer=""):
    """Pointers and values in the order in which they end, by recursion."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _reference(member, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _reference(item, f"{pointer}/{index}")
    yield pointer, value


@settings(deadline=None, max_examples=150)
@given(json_values, st.booleans(), st.sampled_from([None, 1]), st.integers(1, 7))
def test_values_come_as_they_complete(value, ascii_only, indent, size):
    """Against a recursive walk, for any spelling and any cut of the bytes."""
    data = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert list(stream_values(pieces)) == list(_reference(value))


@pytest.mark.parametrize(
    "text", ["", "{", "[1,]", '{"a" 1}', "nul", "1 2", "[1}", "]", '{"a":1,}', "{1:2}", '"a']
)
def test_what_is_no_json_is_refused(text):
    """Not silently skipped."""
    with pytest.raises(RejectedByte):
        list(stream_values([text.encode()]))


def test_values_nested_deep_need_no_stack():
    """10,000 open arrays, one byte at a time."""
    values = JsonValues()
    found = [pair for _ in range(10_000) for pair in values.feed(b"[")]
    found += list(values.feed(b"]" * 10_000))
    assert len(found) == 10_000
    assert found[-1][0] == ""


def test_a_generation_streams_its_values():
    """The last one is the whole."""
    generator = Generator(models.whimsical(2))
    *_, last = generator.stream_values("", ANSWER, seed=1, max_bytes=60)
    assert last == ("", generator.generate("", ANSWER, seed=1, max_bytes=60).value)


def test_an_explanation_agrees_with_the_scores(tmp_path):
    """The products of its columns are the weight; forced bytes are marked; each format is written."""
    language = literal(b"n=") + LETTERS.repeat(1, 3)
    generator = Generator(models.whimsical(2, patch=3))
    out = generator.generate(b"ab", language, seed=2, temperature=0.7)
    explained = generator.explain(out)
    assert bytes(one.byte for one in explained.bytes if one.byte < 256) == out.data
    assert explained.bytes[-1].byte == 256
    assert np.log([one.mass for one in explained.bytes]).sum() == pytest.approx(out.log_weight)
    for one in explained.bytes:
        assert one.probability / one.mass == pytest.approx(one.masked)
    assert [one.forced for one in explained.bytes][:3] == [True, True, False]
    starts = [
        0,
        *(at for at in range(1, len(out.data)) if explained.bytes[at].patch > explained.bytes[at - 1].patch),
    ]
    assert starts == [patch.start for patch in out.patches]
    assert len(explained.table().splitlines()) == len(explained.bytes) + 1
    assert json.loads(explained.as_json())[0]["byte"] == ord("n")
    page = write(explained, "x.html").decode()
    assert page.count('class="patch"') == len(out.patches)
    assert write(explained, str(tmp_path / "x.png")) is None
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="html"):
        write(explained, "x.doc")


def test_a_text_under_way_can_be_explained():
    """The patches taken so far, as the whole explanation begins."""
    language = literal(b"n=") + LETTERS.repeat(6, 9)
    generator = Generator(models.whimsical(2, patch=3))
    stream = generator.stream(b"ab", language, seed=2)
    taken = next(stream).data + next(stream).data
    begun = generator.explain(stream)
    assert stream.data == taken == bytes(one.byte for one in begun.bytes)
    for _ in stream:
        pass
    whole = generator.explain(stream.generation)
    assert whole.bytes[: len(taken)] == begun.bytes
    assert stream.data == stream.generation.data


def test_characters_are_shown_once_and_stray_bytes_in_hexadecimal():
    """On the page and in the picture; the table has the bytes."""
    text = "aé ".encode() + b"\xff" + "€".encode()
    page = explain(models.constant(), b"", text).page()
    shown = [part.split("<")[0] for part in page.split("</table>")[0].split('">')]
    for label in ("é", "␣", "xFF", "€"):
        assert shown.count(label) == 1, label
    assert shown.count("·") == 3


def test_an_explanation_of_what_is_not_in_the_language_is_refused():
    """At the byte where it leaves."""
    language = literal(b"n=") + LETTERS.repeat(1, 3)
    with pytest.raises(RejectedByte):
        explain(models.constant(), b"", b"n=z", language)
