"""Every byte of the files is as likely as any other, beginnings and ends are known as such."""

from __future__ import annotations

import resource
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bltgen.model.config import EOS_ID
from bltgen.training.batches import KindWeights, collate
from bltgen.training.files import FileSource, RawDocument


def windows(source: FileSource) -> list[RawDocument]:
    """The document of every place that a window can begin at: all equally likely draws."""

    class Places:
        """A random number generator that gives each place once."""

        def __init__(self, count: int) -> None:
            self.left = iter(range(count))

        def randrange(self, count: int) -> int:
            return next(self.left)

    total = source._ends[-1]
    places = Places(total)
    import random

    original = random.Random
    try:
        random.Random = lambda seed: places  # type: ignore[assignment,misc]
        stream = source(0)
        return [next(stream) for _ in range(total)]
    finally:
        random.Random = original  # type: ignore[misc]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=5), st.integers(1, 12))
def test_each_byte_lies_in_equally_many_windows(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], window: int
) -> None:
    """Over all draws each byte of each file is seen `window` times, whatever the sizes."""
    folder = tmp_path_factory.mktemp("files")
    symbols = iter(range(256))
    for number, size in enumerate(sizes):
        (folder / f"{number}").write_bytes(bytes(next(symbols) for _ in range(size)))
    documents = windows(FileSource([folder], window))
    seen = Counter(byte for document in documents for byte in document.prompt)
    assert seen == dict.fromkeys(range(sum(sizes)), window)
    assert all(len(document.prompt) <= window for document in documents)


def test_only_the_end_of_a_file_ends_a_text(tmp_path: Path) -> None:
    """A window has an end-of-text target where its file ends there, short windows included."""
    file = tmp_path / "file"
    file.write_bytes(bytes(range(20)))
    for document in windows(FileSource([file], 6)):
        batch = collate([document], KindWeights(), 6)
        ends = document.prompt[-1] == 19
        assert document.ends == ends
        assert (EOS_ID in batch.targets[0].tolist()) == ends
    file.write_bytes(b"abc")
    (only,) = {document.prompt for document in windows(FileSource([file], 6))}
    assert only == b"abc"


def test_many_files_take_no_descriptors(tmp_path: Path) -> None:
    """More files than a process may open at once can be trained on."""
    for number in range(80):
        (tmp_path / f"{number:03}").write_bytes(b"text %d" % number)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        stream = FileSource([tmp_path], 16)(1)
        assert len({next(stream).prompt for _ in range(400)}) > 60
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_fingerprint_follows_names_bytes_and_window(tmp_path: Path) -> None:
    """It is the same wherever the folder lies, and another once a byte, a name or the window is."""
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "a").write_bytes(b"some text")
    here = FileSource([tmp_path / "here"], 4).fingerprint
    assert here == FileSource([tmp_path / "there"], 4).fingerprint
    assert here != FileSource([tmp_path / "here"], 5).fingerprint
    (tmp_path / "there" / "a").write_bytes(b"some texT")
    assert here != FileSource([tmp_path / "there"], 4).fingerprint
    (tmp_path / "here" / "a").rename(tmp_path / "here" / "b")
    assert here != FileSource([tmp_path / "here"], 4).fingerprint


def test_a_file_that_shrinks_is_an_error(tmp_path: Path) -> None:
    """What is no longer there is said, not read as something else."""
    file = tmp_path / "file"
    file.write_bytes(b"x" * 100)
    source = FileSource([file], 10)
    file.write_bytes(b"x")
    with pytest.raises(ValueError, match="shorter"):
        [next(source(1)) for _ in range(20)]
