"""The scaling study on one core: started, killed and started again until it is done.

    python -m benchmarks.scaling CORPUS [--out FOLDER] [--toy] [--budget 3e12 ...] [--only MODEL ...]
        [--minutes N] [--estimate] [--status] [--plots]

CORPUS is a folder of .txt and .jsonl documents, with or without `train`, `validation` and `test` in it.
`--toy` runs the whole of it on anything, in less than ten minutes of a core. `--estimate` times a few steps
of every model and says how long all will take; `--status` says what is done; `--plots` draws what there is.
Without these it works until all is done, or for `--minutes`.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.scaling.plots import draw
from benchmarks.scaling.results import Results
from benchmarks.scaling.settings import REAL, TOY
from benchmarks.scaling.study import Study, locked
from benchmarks.scaling.training import Limit, Paused


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code: 0 done, 3 time over with runs left."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scaling",
        description=str(__doc__),
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--out", type=Path, help="default: runs/scaling, or runs/scaling-toy")
    parser.add_argument("--toy", action="store_true")
    parser.add_argument("--budget", type=float, nargs="+", default=[], metavar="FLOPS")
    parser.add_argument("--only", nargs="+", default=[], metavar="MODEL")
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--estimate", action="store_true")
    parser.add_argument("--status", action="store_true")
    parser.add_argument("--plots", action="store_true")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    setting = TOY if options.toy else REAL
    out: Path = options.out or Path("runs") / ("scaling-toy" if options.toy else "scaling")
    budgets = {tier.budget for tier in setting.tiers}
    if not set(options.budget) <= budgets:
        parser.error(f"--budget: this setting has {', '.join(f'{one:g}' for one in sorted(budgets))}")
    if options.plots:
        for file in draw(Results(out), out):
            print(file)
        return 0
    limit = Limit(until=time.monotonic() + 60 * options.minutes)
    with locked(out):
        try:
            study = Study(setting, options.corpus, out, limit)
            if options.estimate:
                study.time_trials()
            if options.estimate or options.status:
                print(_summary(study.write_state()))
                return 0
            return _work(study, options.only, options.budget, out)
        except Paused:
            print("the time is over: start the same command again to go on", file=sys.stderr)
            return 3


def _work(study: Study, only: Sequence[str], budgets: Sequence[float], out: Path) -> int:
    while (job := study.next_job(only, budgets)) is not None:
        record = study.run(job)
        state = study.write_state()
        print(
            f"{job.name}: {record['test_bits_per_byte']:.4f} bits a byte "
            f"after {record['training_bytes']:,} bytes, {record['flops_per_second'] / 1e9:.1f} GFLOP/s; "
            f"{state['core_hours_left']:.2f} core-hours left",
            flush=True,
        )
    print(_summary(study.write_state()))
    for file in draw(study.results, out):
        print(file)
    return 0


def _summary(state: dict[str, Any]) -> str:
    runs = state["runs"]
    return (
        f"{state['setting']}: {runs['done']} of {sum(runs.values())} runs done, {runs['running']} under way, "
        f"{runs['open']} whose size is open; {state['flops_spent']:.3g} of {state['flops']:.3g} FLOPs; "
        f"{state['core_hours_spent']:.2f} core-hours spent, about {state['core_hours_left']:.2f} left"
    )


if __name__ == "__main__":
    sys.exit(main())
