"""What is done, what is under way, and how long the rest takes at the speeds measured so far.

Speeds are counted FLOPs of training a second of the processor's time, by model and size: small widths run far
below what a core can do, so no one number serves. Hours are hours of one core that does nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from benchmarks.scaling.grid import Job
from benchmarks.scaling.results import Results
from benchmarks.scaling.training import Progress
from bltgen.model.safetensors_file import write_atomically

__all__ = ["Rates", "State"]

GUESS = 20e9
"""FLOPs a second where nothing has been measured."""


def _base(model: str) -> str:
    """A model without what changes its learning rate or its shares: as fast, or nearly so."""
    return model.split("-rate")[0].split("-share")[0]


class Rates:
    """Speeds by model and size, from finished runs, runs under way, and trials."""

    def __init__(self, file: Path, results: Results) -> None:
        self._file = file
        self._rates: dict[tuple[str, int], tuple[float, float]] = {}
        for model, size, flops, seconds in json.loads(file.read_text()) if file.exists() else []:
            self._add(model, size, flops, seconds)
        for record in results.records:
            self._add(record["model"], record["size"], record["training_flops"], record["cpu_seconds"])

    def _add(self, model: str, size: int, flops: float, seconds: float) -> None:
        model = _base(model)
        before = self._rates.get((model, size), (0.0, 0.0))
        self._rates[model, size] = before[0] + flops, before[1] + seconds

    def knows(self, model: str, size: int) -> bool:
        """Whether this model has been timed at this size."""
        return (_base(model), size) in self._rates

    def add_trial(self, model: str, size: int, flops: float, seconds: float) -> None:
        """Keep the speed of a few steps."""
        self._add(model, size, flops, seconds)
        rows = [(model, size, *values) for (model, size), values in self._rates.items()]
        write_atomically(self._file, json.dumps(rows).encode())

    def rate(self, model: str, size: int) -> float:
        """FLOPs a second: of this model at the nearest size, of any model, or a guess."""
        own = {other: rate for (name, other), rate in self._rates.items() if name == _base(model)}
        known = list(own.items()) or [(other, rate) for (_, other), rate in self._rates.items()]
        if not known:
            return GUESS
        nearest = min(abs(other - size) for other, _ in known)
        chosen = [rate for other, rate in known if abs(other - size) == nearest]
        return sum(flops for flops, _ in chosen) / max(1e-9, sum(seconds for _, seconds in chosen))


@dataclass
class State:
    """`state.json` in the study's folder, rewritten with every checkpoint."""

    file: Path
    setting: str

    def write(
        self,
        jobs: Sequence[Job],
        results: Results,
        rates: Rates,
        current: Job | None,
        progress: Progress | None,
    ) -> dict[str, Any]:
        """Write and return it."""
        rows: list[dict[str, Any]] = []
        seconds = 0.0
        for job in jobs:
            done = results.of(job) is not None
            here = progress is not None and job == current
            spent = job.budget if done else float(progress.spent) if progress is not None and here else 0.0
            left = max(0.0, job.budget - spent) / rates.rate(job.model, job.size)
            seconds += left
            status = "done" if done else "running" if job == current else "to do" if job.decided else "open"
            rows.append(
                {"run": job.name, "status": status, "spent": spent, "hours_left": round(left / 3600, 4)}
            )
        counts = {
            name: sum(row["status"] == name for row in rows) for name in ("done", "running", "to do", "open")
        }
        found = {
            "setting": self.setting,
            "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "runs": counts,
            "flops": sum(job.budget for job in jobs),
            "flops_spent": sum(row["spent"] for row in rows),
            "core_hours_spent": round(sum(record["cpu_seconds"] for record in results.records) / 3600, 4),
            "core_hours_left": round(seconds / 3600, 4),
            "jobs": rows,
        }
        write_atomically(self.file, json.dumps(found, indent=1).encode())
        return found
