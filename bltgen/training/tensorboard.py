"""A run's log for TensorBoard, in `RUN/tensorboard`: needs the extra `tensorboard`, imported on demand.

What TensorBoard shows is a copy of `log.jsonl`. It is made anew each time a run goes on, so that nothing is
shown twice.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from bltgen.training.run_folder import read_log

__all__ = ["TensorBoardLog"]


class TensorBoardLog:
    """Writes each record that it is called with; begins with those that the log of the run has."""

    def __init__(self, folder: Path) -> None:
        self.check()
        from torch.utils.tensorboard import SummaryWriter

        place = folder / "tensorboard"
        shutil.rmtree(place, ignore_errors=True)
        self._writer: Any = SummaryWriter(str(place))
        for record in read_log(folder):
            self(record)

    @staticmethod
    def check() -> None:
        """Raise ImportError that says what is missing."""
        try:
            import torch.utils.tensorboard  # noqa: F401
        except ImportError:
            raise ImportError("a log for TensorBoard needs it: pip install 'bltgen[tensorboard]'") from None

    def __call__(self, record: dict[str, Any]) -> None:
        """Numbers become curves by part and name, over the steps; samples become texts."""
        part, step = record["part"], record.get("step", 0)
        for name, value in record.items():
            if name not in ("part", "step") and isinstance(value, (int, float)):
                self._writer.add_scalar(f"{part}/{name}", value, step)
        if part == "sample":
            self._writer.add_text("sample", record["prompt"] + record["text"], step)
        self._writer.flush()
