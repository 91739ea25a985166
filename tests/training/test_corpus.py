"""What is found in folders, how it is read, what is held out of it."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from bltgen.training.batches import KindWeights, collate
from bltgen.training.corpus import Corpus
from bltgen.training.files import FileSource


def prompts(corpus: Corpus, count: int = 300) -> list[bytes]:
    (stage,) = corpus.stages
    return [found.prompt for found in islice(stage.mixture.documents(1, 0), count)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "a.txt").write_text("a" * 400)
    (tmp_path / "in" / "b.bin").write_bytes(bytes(range(256)))
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "hidden").write_text("hidden")
    (tmp_path / ".DS_Store").write_text("hidden")
    return tmp_path


def test_folders_hold_files_of_any_bytes(folder: Path) -> None:
    """Empty and hidden files are none, nor is the run in the folder; a hidden file that is named is one."""
    run = folder / "runs" / "one"
    run.mkdir(parents=True)
    (run / "checkpoint.safetensors").write_text("weights")
    found = Corpus.of([folder], window=100, skip=run)
    assert (found.files, found.byte_count, found.records) == (2, 656, 0)
    assert not any(b"hidden" in text or b"weights" in text for text in prompts(found))
    assert Corpus.of([folder / ".DS_Store"]).byte_count == 6


def test_each_byte_of_a_mixed_folder_is_equally_likely(folder: Path) -> None:
    """Files and records are drawn by the bytes that they have."""
    lines = [json.dumps({"prompt": chr(0x41 + number) * 8, "answer": "ok"}) for number in range(20)]
    (folder / "asked.jsonl").write_text("\n".join(lines))
    found = Corpus.of([folder], window=11)
    assert (found.records, found.longest) == (1, 11)
    seen = Counter(bytes(text[:1]) for text in prompts(found, 3000) if len(text) == 9)
    texts = Counter(b"a" in text for text in prompts(found, 3000))
    assert len(seen) >= 20
    # 400 bytes of "a" have 410 windows, the others 266, the records 11 each.
    assert 0.38 < texts[True] / 3000 < 0.52


def test_a_jsonl_file_is_read_as_what_is_asked_for(folder: Path) -> None:
    """As records by its name, as lines or as a file where that is said."""
    file = folder / "a.jsonl"
    file.write_text('{"prompt": "1 + 1", "answer": 2}\n')
    assert set(prompts(Corpus.of([file]))) == {b"1 + 1\n"}
    assert set(prompts(Corpus.of([file], documents="lines"))) == {b'{"prompt": "1 + 1", "answer": 2}'}
    assert set(prompts(Corpus.of([file], documents="files"))) == {b'{"prompt": "1 + 1", "answer": 2}\n'}
    (folder / "plain.txt").write_text("no JSON")
    with pytest.raises(ValueError, match=r"plain\.txt, line 1: not JSON"):
        Corpus.of([folder / "plain.txt"], documents="records")


def test_whole_files_are_held_out_where_there_are_many(tmp_path: Path) -> None:
    """No byte of a file that is validated on is trained on."""
    for number in range(60):
        (tmp_path / f"{number}").write_text(chr(0x4E00 + number) * 40)
    found = Corpus.of([tmp_path], window=30, validation=0.1)
    held = {document.prompt.decode(errors="ignore")[-1] for document in found.validation}
    kept = {one for text in prompts(found, 3000) for one in text.decode(errors="ignore")}
    assert not held & kept
    assert len(held) == 6
    assert len(held | kept) == 60
    assert found.validation[0].begins  # type: ignore[attr-defined]
    again = Corpus.of([tmp_path], window=30, validation=0.1)
    assert again.validation == found.validation
    assert Corpus.of([tmp_path], window=30, validation=0.1, seed=2).validation != found.validation


def test_the_end_of_one_large_file_is_held_out(tmp_path: Path) -> None:
    """From a line break on; the training side does not end there."""
    lines = [f"line {number:04d}" for number in range(500)]
    (tmp_path / "book.txt").write_text("\n".join(lines))
    found = Corpus.of([tmp_path / "book.txt"], window=40, validation=0.1)
    held = b"".join(document.prompt for document in found.validation).decode()
    assert held.split("\n") == lines[-len(held.split("\n")) :]
    assert 40 < len(held.split("\n")) <= 51
    (stage,) = found.stages
    drawn = list(islice(stage.mixture.documents(1, 0), 2000))
    assert not any(document.ends for document in drawn)  # type: ignore[attr-defined]
    numbers = {one for document in drawn for one in re.findall(rb"line (\d{4})", document.prompt)}
    assert max(numbers) < held[5:9].encode()


def test_other_files_may_be_validated_on(folder: Path) -> None:
    """All of them, up to as much as is read at a validation; all of the data is trained on."""
    found = Corpus.of([folder / "a.txt"], window=50, validation=[folder / "in"])
    assert b"".join(document.prompt for document in found.validation) == bytes(range(256))
    few = Corpus.of([folder / "in"], window=8, validation=[folder / "in"], validation_bytes=40)
    assert 30 <= sum(len(document.prompt) for document in few.validation) <= 50


@pytest.mark.parametrize(
    ("text", "how", "words"),
    [
        ("", {}, "no bytes to train on"),
        ("\n \n", {"documents": "lines"}, "no bytes to train on"),
        ("one line", {"documents": "lines", "validation": 0.5}, "nothing is left to train on"),
        ("abc", {"validation": 0.1}, "too few documents to hold any out"),
        ("abc", {"validation": 2.0}, r"validation=2.0: a share in \[0, 1\) is needed"),
        ("abc", {"validation": float("nan")}, "a share"),
        ("abc", {"documents": "lins"}, "did you mean 'lines'"),
        ("abc", {"window": 0}, "window=0"),
        ("abc", {"validation": ["missing"]}, "missing does not exist"),
    ],
)
def test_what_cannot_be_trained_on_is_said(
    tmp_path: Path, text: str, how: dict[str, object], words: str
) -> None:
    """Before anything is built."""
    (tmp_path / "file").write_text(text)
    with pytest.raises((ValueError, FileNotFoundError), match=words):
        Corpus.of([tmp_path / "file"], **how)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A pipe would be waited for; in a folder it is passed over."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="neither a file nor a folder"):
        Corpus.of([tmp_path / "pipe"])
    (tmp_path / "text").write_text("text")
    assert Corpus.of([tmp_path]).files == 1


def test_only_beginnings_follow_the_start_of_a_text(tmp_path: Path) -> None:
    """The first byte of a window from the middle weighs nothing."""
    (tmp_path / "file").write_bytes(bytes(range(40)))
    stream = FileSource([tmp_path / "file"], 8)(3)
    weights = {}
    for document in islice(stream, 200):
        batch = collate([document], KindWeights(), 8)
        weights[document.prompt[0]] = batch.weights[0, 0].item() > 0
        assert (batch.weights[0, 1 : len(document.prompt)] > 0).all()
    assert weights[0]
    assert not any(weights[first] for first in range(1, 40) if first in weights)
