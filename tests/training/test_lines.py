"""Lines are documents of their own, found again at every place, in files of any shape."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bltgen.training import lines
from bltgen.training.files import RawDocument, window_at
from bltgen.training.lines import LineIndex, LineSource

TEXTS = st.lists(st.binary(max_size=30).map(lambda text: text.replace(b"\n", b" ")), max_size=12)


def drawn(source: LineSource) -> list[RawDocument]:
    """The document of every place: all are equally likely."""
    found = []
    for number, index in enumerate(source._indices):
        assert source._ends[number] - (source._ends[number - 1] if number else 0) == index.places
        for place in range(index.places):
            line, left = index.at(place)
            found.append(source.document(line, *window_at(left, source.size(line), source.window)))
    return found  # type: ignore[return-value]


@given(
    TEXTS, st.integers(1, 12), st.sampled_from([b"\n", b"\r\n"]), st.booleans(), st.sampled_from([4, 1 << 16])
)
def test_each_byte_of_each_line_is_equally_likely(
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[bytes],
    window: int,
    line_break: bytes,
    ends: bool,
    head: int,
) -> None:
    """A naive split of the file gives the lines; each of their bytes is seen `window` times. With a small
    head every other line is a long one, which is not scanned again."""
    file = tmp_path_factory.mktemp("lines") / "file"
    texts = [text.rstrip(b"\r") for text in texts]
    file.write_bytes(line_break.join(texts) + (line_break if ends else b""))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "HEAD", head)
        patch.setattr(lines, "BLOCK", 8 if head == 4 else 4096)
        source = LineSource([(file, "file")], window)
        found = drawn(source)
    kept = [text for text in texts if text.strip() or (head == 4 and len(text) > 4)]
    wanted = Counter({byte: window * count for byte, count in Counter(b"".join(kept)).items()})
    assert Counter(b"".join(document.prompt for document in found)) == wanted
    assert all(len(document.prompt) <= window for document in found)
    for document in found:
        assert any(
            text.startswith(document.prompt) if document.begins else document.prompt in text for text in kept
        )
        assert not document.ends or any(text.endswith(document.prompt) for text in kept)


def test_blocks_find_lines_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of lines in a file of several blocks: each place is in the line that a naive count says."""
    rng = random.Random(1)
    texts = [b"x" * rng.randrange(1, 90) for _ in range(1500)]
    file = tmp_path / "file"
    file.write_bytes(b"\n".join(texts))
    index = LineIndex(file, lambda line: line.size)
    assert 5 < len(index._starts) < 50
    place = 0
    for number, text in enumerate(texts, start=1):
        if number % 7 == 0:
            line, left = index.at(place + len(text) - 1)
            assert (line.number, line.size, left) == (number, len(text), len(text) - 1)
            assert line.read() == text
        place += len(text)
    assert index.places == place


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_a_text_is_on_one_side_of_the_split(tmp_path: Path, share: float) -> None:
    """However often it stands there; both sides together are all."""
    texts = [f"text {number % 30}" for number in range(90)]
    (tmp_path / "file").write_text("\n".join(texts))
    source = LineSource([(tmp_path / "file", "file")], 8)
    before = source.fingerprint
    held = {document.prompt.decode() for document in source.hold_out(share, 5, 10**6)}
    kept = {document.prompt.decode() for document in drawn(source)}
    assert held | kept == set(texts)
    assert not held & kept
    assert share / 2 < len(held) / 30 < 1.5 * share + 0.04
    assert source.fingerprint != before
    assert LineSource([(tmp_path / "file", "file")], 8).fingerprint == before


def test_few_of_many_held_out_are_read(tmp_path: Path) -> None:
    """What is held out may be large; what is validated on is about what was asked for."""
    (tmp_path / "file").write_text("\n".join(f"{number:09d}" for number in range(2000)))
    source = LineSource([(tmp_path / "file", "file")], 50)
    places = source.places
    held = source.hold_out(0.5, 1, 900)
    assert 40 < len(held) < 220
    assert 0.4 < source.places / places < 0.6


def test_a_file_that_shrinks_is_an_error(tmp_path: Path) -> None:
    """What is no longer there is said."""
    file = tmp_path / "file"
    file.write_text("\n".join("some text" for _ in range(50)))
    source = LineSource([(file, "file")], 20)
    file.write_text("")
    with pytest.raises(ValueError, match=r"changed|shorter"):
        next(source(1))
