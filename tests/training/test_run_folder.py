"""A folder has one writer, its files are whole, and its log has each record once."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError

from bltgen.errors import TrainingError
from bltgen.training.run_folder import RunFolder, read_log

HOLDER = """
import sys, time
from pathlib import Path
from bltgen.training.run_folder import RunFolder
with RunFolder.held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_refused_and_a_dead_one_is_not_waited_for(tmp_path: Path) -> None:
    """The message says who is at work; a killed process holds nothing."""
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(TrainingError, match=f"process {holder.pid} on .* is at work on this run"):
            RunFolder.held(tmp_path).__enter__()
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    with RunFolder.held(tmp_path) as folder:
        assert folder.path == tmp_path
        with pytest.raises(TrainingError, match=f"process {os.getpid()}"):
            RunFolder.held(tmp_path).__enter__()
    with RunFolder.held(tmp_path):
        pass


def test_what_was_half_written_is_removed_and_nothing_else(tmp_path: Path) -> None:
    """Left by a kill: temporary files of checkpoints, in the folder and in that of the model."""
    (tmp_path / "model").mkdir()
    left = [".checkpoint.safetensors.123.0a1b2c3d", "model/.config.json.9.ffffffff"]
    mine = ["notes.txt", ".hidden", "checkpoint.safetensors", "model/config.json"]
    for name in left + mine:
        (tmp_path / name).write_text("x")
    with RunFolder.held(tmp_path):
        assert not any((tmp_path / name).exists() for name in left)
        assert all((tmp_path / name).exists() for name in mine)


def test_the_log_is_cut_to_what_a_checkpoint_knows(tmp_path: Path) -> None:
    """What came later is dropped; a half written line is not read."""
    with RunFolder.held(tmp_path) as folder:
        heard: list[dict[str, Any]] = []
        folder.listeners.append(heard.append)
        folder.log({"part": "blt", "step": 1})
        size = folder.log_bytes()
        folder.log({"part": "sample", "text": "a\u2028b\nc"})
        assert list(read_log(tmp_path)) == heard
        assert len(heard) == 2
        with folder.log_file.open("a") as file:
            file.write('{"part": "bl')
        assert len(list(read_log(tmp_path))) == 2
        folder.cut_log(size)
        assert list(read_log(tmp_path)) == heard[:1]
        folder.cut_log(10**6)
        assert json.loads(folder.log_file.read_text()) == heard[0]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (SafetensorError("I/O error: No space left on device (os error 28)"), "No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied"), "Permission denied"),
    ],
)
def test_what_cannot_be_written_is_said_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    """The checkpoint before it is as it was, and no part of the new one is left."""

    def fails(tensors: object, file: Path, metadata: object) -> None:
        file.write_bytes(b"a part")
        raise error

    with RunFolder.held(tmp_path) as folder:
        folder.write(folder.checkpoint, {"a": torch.zeros(3)}, {})
        before = folder.checkpoint.read_bytes()
        monkeypatch.setattr("bltgen.model.safetensors_file.save_file", fails)
        with pytest.raises(
            TrainingError, match=rf"checkpoint\.safetensors: cannot be written \(.*{words}.*kept"
        ):
            folder.write(folder.checkpoint, {"a": torch.ones(3)}, {})
        assert folder.checkpoint.read_bytes() == before
        assert {file.name for file in tmp_path.iterdir()} == {".lock", "checkpoint.safetensors"}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """Nor can one be made below it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="is a file"):
        RunFolder.held(tmp_path / "file").__enter__()
    (tmp_path / "log.jsonl").write_text("of something else")
    with pytest.raises(TrainingError, match=r"has a log\.jsonl that is of no run"):
        RunFolder.held(tmp_path).__enter__()
    assert {file.name for file in tmp_path.iterdir()} == {"file", "log.jsonl"}
    with pytest.raises(OSError, match="Not a directory"):
        RunFolder.held(tmp_path / "file" / "run").__enter__()
