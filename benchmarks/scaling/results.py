"""What was measured: a line of JSON a run, appended when the run is done, and a table of all of them."""

from __future__ import annotations

import csv
import io
import json
import platform
from pathlib import Path
from typing import Any

from benchmarks.scaling.grid import Job
from bltgen.model.safetensors_file import write_atomically

__all__ = ["Results", "machine"]


def machine() -> str:
    """The processor, for the record."""
    info = Path("/proc/cpuinfo")
    names = (
        [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if "model name" in line]
        if (info.exists())
        else []
    )
    return f"{names[0] if names else platform.processor() or platform.machine()}, {platform.system()}"


class Results:
    """The records of a folder, `results.jsonl` and `results.csv`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lines = folder / "results.jsonl"
        self.records: list[dict[str, Any]] = []
        if self._lines.exists():
            whole = self._lines.read_text().split("\n")
            # A line that was being written when the machine went down is not whole.
            self.records = [json.loads(line) for line in whole[:-1] if line]
        self._by_name = {record["run"]: record for record in self.records}

    def of(self, job: Job) -> dict[str, Any] | None:
        """The record of a run that is done."""
        return self._by_name.get(job.name)

    def score(self, job: Job) -> float | None:
        """Bits a byte of the validation split, by which sizes are chosen."""
        record = self.of(job)
        return None if record is None else float(record["validation_bits_per_byte"])

    def add(self, record: dict[str, Any]) -> None:
        """Keep a record, on the disk before this returns."""
        self.records.append(record)
        self._by_name[record["run"]] = record
        lines = "".join(json.dumps(one) + "\n" for one in self.records)
        write_atomically(self._lines, lines.encode())
        self.write_table()

    def write_table(self) -> None:
        """`results.csv`: the plain values of each record."""
        columns = list(dict.fromkeys(name for record in self.records for name in record if name != "config"))
        text = io.StringIO()
        table = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        table.writerows(self.records)
        write_atomically(self.folder / "results.csv", text.getvalue().encode())
