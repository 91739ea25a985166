"""Documents are split and cut alike for every model, and nothing of them is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.scaling.corpus import SPLITS, Corpus, cut, documents, prepare
from benchmarks.scaling.settings import Setting


def test_pieces_are_whole_documents_of_whole_characters(
    corpus: Corpus, texts: Path, setting: Setting
) -> None:
    """Pieces joined up to each end of a document are the documents; each piece is UTF-8 by itself."""
    written = {file.read_text(encoding="utf-8") for file in texts.iterdir()}
    seen = set()
    for pieces in corpus.splits.values():
        document = ""
        for place in range(len(pieces)):
            assert 0 < len(pieces[place]) <= setting.context
            document += pieces[place].decode("utf-8")
            if pieces.ends[place]:
                assert document not in seen, "one document, one split"
                seen.add(document)
                document = ""
        assert document == ""
    assert seen <= written
    held_out = sum(len(corpus.splits[split].data) for split in SPLITS[1:])
    assert held_out >= 2 * setting.held_out_bytes


def test_a_character_longer_than_the_context_is_still_cut() -> None:
    """Cutting always ends."""
    assert cut("漢".encode(), 2)[-1] == 3
    assert cut(b"", 4) == []


def test_a_folder_that_is_split_stays_split(tmp_path: Path, setting: Setting) -> None:
    """Other folders beside train, validation and test are not read."""
    for number, split in enumerate((*SPLITS, "sources")):
        (tmp_path / split).mkdir()
        rows = [{"text": f"{split} {number} {line}"} for line in range(3)]
        (tmp_path / split / "en.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = prepare(tmp_path, tmp_path / "work", setting)
    for split in SPLITS:
        assert found.splits[split].data.count(split.encode()) == int(found.splits[split].ends.sum()) == 3
    assert all(b"sources" not in pieces.data for pieces in found.splits.values())


def test_lines_of_json_are_documents(tmp_path: Path) -> None:
    """As the package reads records: with `text`, or `prompt` and `answer`; a wrong line is named."""
    file = tmp_path / "a.jsonl"
    file.write_text('{"text": "one", "source": "x"}\n\n{"prompt": "two", "answer": "three"}\n')
    assert list(documents(file)) == [b"one", b"two\nthree"]
    for wrong in ("{", "7", '{"text": 7}'):
        file.write_text(f'{{"text": "fine"}}\n{wrong}\n')
        with pytest.raises(ValueError, match=r"a\.jsonl:2"):
            list(documents(file))


def test_the_same_text_twice_is_one_document(tmp_path: Path, setting: Setting) -> None:
    """So none is in two splits."""
    for number in range(80):
        (tmp_path / f"{number}.txt").write_text(f"text {number // 2}")
    found = prepare(tmp_path, tmp_path / "work", replace(setting, held_out_bytes=1))
    everything = b"\n".join(pieces.data for pieces in found.splits.values())
    assert everything.count(b"text 7") == 1


def test_pieces_are_read_again_where_files_change(tmp_path: Path, setting: Setting) -> None:
    """What an earlier call left is used only for the same files."""
    folder, work = tmp_path / "texts", tmp_path / "work"
    folder.mkdir()
    for number in range(80):
        (folder / f"{number}.txt").write_text(f"text {number}")
    before = prepare(folder, work, setting)
    assert prepare(folder, work, setting).splits["train"].data == before.splits["train"].data
    (folder / "0.txt").write_text("another text")
    after = prepare(folder, work, setting)
    assert after.fingerprint != before.fingerprint
    assert b"another text" in b"".join(pieces.data for pieces in after.splits.values())


def test_no_texts_are_an_error(tmp_path: Path, setting: Setting) -> None:
    """Said in words."""
    with pytest.raises(FileNotFoundError, match="not a folder"):
        prepare(tmp_path / "none", tmp_path / "work", setting)
    with pytest.raises(ValueError, match="holds no"):
        prepare(tmp_path, tmp_path / "work", setting)
    (tmp_path / "a.txt").write_text("one")
    with pytest.raises(ValueError, match="give more documents"):
        prepare(tmp_path, tmp_path / "work", setting)
