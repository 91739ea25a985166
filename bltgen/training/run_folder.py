"""The folder of a run: who may write to it, its checkpoints, its log.

| file | what it is |
|---|---|
| `checkpoint.safetensors` | weights, optimiser state and position of the last save: the run goes on there |
| `best.safetensors` | the weights of this part that validated best so far |
| `before_decay.safetensors` | the state before the learning rate fell, from which a longer run can go on |
| `log.jsonl` | one JSON object a line: reports, validations, samples |
| `model/`, `last/` | the finished model; where another step validated better, also the one of the last step |

Files are replaced in one step, so a crash leaves the old one or the new one. One process at a time holds a
folder; the system frees it when that process ends, however it ends. A checkpoint says how long the log was:
what was logged after it is dropped when the run goes on, and is logged anew.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from safetensors import SafetensorError
from torch import Tensor

from bltgen.errors import TrainingError
from bltgen.model.safetensors_file import write_tensors

__all__ = ["RunFolder", "read_log"]

Record = dict[str, Any]

_HALF_WRITTEN = re.compile(r"\..+\.\d+\.[0-9a-f]{8}")
"""Names of files that were being written when a process was killed."""


class RunFolder:
    """A folder that this process alone writes to; see `RunFolder.held`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoint = path / "checkpoint.safetensors"
        self.best = path / "best.safetensors"
        self.before_decay = path / "before_decay.safetensors"
        self.log_file = path / "log.jsonl"
        self.listeners: list[Callable[[Record], None]] = []
        """Told of each record that is logged."""

    @classmethod
    @contextmanager
    def held(cls, path: Path) -> Iterator[RunFolder]:
        """The folder, made where it is not there, for as long as the block runs.

        Raises TrainingError where another process holds it; OSError where it cannot be made or written to.
        """
        if path.exists() and not path.is_dir():
            raise TrainingError(f"{path}: is a file; a run needs a folder of its own")
        path.mkdir(parents=True, exist_ok=True)
        known = [path / name for name in (".lock", "checkpoint.safetensors")]
        if (path / "log.jsonl").exists() and not any(file.exists() for file in known):
            raise TrainingError(f"{path}: has a log.jsonl that is of no run; choose another folder")
        with (path / ".lock").open("a+") as lock:
            if not _take(lock):
                lock.seek(0)
                holder = lock.read(200).strip() or "another process"
                raise TrainingError(
                    f"{path}: {holder} is at work on this run; wait for it, end it, or choose another folder"
                )
            lock.truncate(0)
            lock.write(f"process {os.getpid()} on {socket.gethostname()}")
            lock.flush()
            for file in [*path.iterdir(), *path.glob("*/.*")]:
                if _HALF_WRITTEN.fullmatch(file.name):
                    file.unlink(missing_ok=True)
            try:
                yield cls(path)
            finally:
                lock.truncate(0)

    def write(self, file: Path, tensors: Mapping[str, Tensor], metadata: dict[str, Any]) -> None:
        """Replace a file of the folder in one step. Raises TrainingError; the old file then stays."""
        try:
            write_tensors(file, tensors, metadata)
        except (OSError, SafetensorError) as error:
            raise self.unwritable(file, error) from error

    def unwritable(self, file: Path, error: Exception) -> TrainingError:
        """What is said where a file cannot be written."""
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        kept = "; the checkpoint before it is kept" if self.checkpoint.exists() else ""
        return TrainingError(
            f"{file}: cannot be written ({reason}){kept}. Once that is mended, the same command goes on"
        )

    def log(self, record: Record) -> None:
        """Append one line. Raises TrainingError."""
        try:
            with self.log_file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
        except OSError as error:
            raise self.unwritable(self.log_file, error) from error
        for listener in self.listeners:
            listener(record)

    def log_bytes(self) -> int:
        """How long the log is."""
        return self.log_file.stat().st_size if self.log_file.exists() else 0

    def cut_log(self, size: int) -> None:
        """Drop what was logged after the log was so long."""
        if self.log_bytes() > size:
            os.truncate(self.log_file, size)


def _take(lock: IO[str]) -> bool:
    """Lock a file, without waiting, until it is closed or the process ends."""
    try:
        import fcntl
    except ImportError:  # not a POSIX system
        import msvcrt

        try:
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def read_log(folder: Path) -> Iterator[Record]:
    """The records of a run, oldest first; a last line that is only half written is left out."""
    file = folder / "log.jsonl"
    if file.exists():
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):
                    yield json.loads(line)
