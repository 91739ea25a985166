"""The study in its folder: what all runs share is prepared once, then the runs, one after another.

`shared/` holds the pieces, the vocabularies, the entropy model and its entropies; `runs/NAME/` a run's
checkpoint, then its model; `results.jsonl`, `results.csv`, `state.json` and the pictures stand beside them.
Everything is written whole or not at all and is bound to the corpus and the setting: kill it when you like.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch

from benchmarks.scaling.contenders import Contender, Contenders, initialised, logits_of, parameters
from benchmarks.scaling.corpus import prepare
from benchmarks.scaling.evaluation import bits_per_byte
from benchmarks.scaling.grid import Job, planned
from benchmarks.scaling.patches import all_entropies
from benchmarks.scaling.results import Results, machine
from benchmarks.scaling.settings import Setting
from benchmarks.scaling.shapes import Sample, entropy_shape
from benchmarks.scaling.state import Rates, State
from benchmarks.scaling.training import Limit, Progress, Schedule, learn
from benchmarks.scaling.views import ByteView
from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.checkpoint import save_model
from bltgen.model.config import VOCABULARY
from bltgen.model.entropy_model import EntropyModel
from bltgen.model.safetensors_file import write_tensors

__all__ = ["Study", "locked"]

_FREE = ("checkpoint_seconds", "tiers", "shares", "learning_rates", "name")
"""What a run is not bound to: a grid may grow."""
_TRIAL_STEPS = 3


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep a second process out of the folder. Raises RuntimeError where one is at work there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RuntimeError(f"another process is at work in {folder}") from None
        yield


class Study:
    """One study of one corpus."""

    def __init__(self, setting: Setting, corpus: Path, folder: Path, limit: Limit) -> None:
        """Prepare what the runs share. Raises Paused where the time ends before that is done."""
        self.setting, self.folder, self.limit = setting, folder, limit
        self.shared = folder / "shared"
        self.corpus = prepare(corpus, self.shared, setting)
        kept = {name: value for name, value in asdict(setting).items() if name not in _FREE}
        self._bound = {"corpus": self.corpus.fingerprint, "setting": kept}
        self.results = Results(folder)
        self.rates = Rates(folder / "rates.json", self.results)
        self.state = State(folder / "state.json", setting.name)
        self.entropy_model, self.entropy_training = self._entropy_model()
        entropies = all_entropies(self.entropy_model, self.corpus, self.shared / "entropies")
        for one in entropies.values():
            one.complete(limit.check)
        self.contenders = Contenders(setting, self.corpus, self.shared, self.entropy_model, entropies)

    def _entropy_model(self) -> tuple[EntropyModel, Progress]:
        """The model that places all patches, trained on as many bytes as the setting says."""
        setting = self.setting
        config = entropy_shape(setting.entropy_dim, setting.window)
        train = self.corpus.splits["train"]
        sample = Sample(train.lengths, train.lengths)
        contender = Contender("entropy", config, VOCABULARY, ByteView(self.corpus), sample)
        torch.manual_seed(0)
        model = initialised(EntropyModel(config))
        per_byte = sample.per_byte(contender.sample_flops.training)
        progress = learn(
            contender,
            model,
            train,
            0,
            Schedule(per_byte * setting.entropy_bytes, setting),
            self.shared / "entropy",
            self._bound,
            limit=self.limit,
        )
        return model.eval().requires_grad_(False), progress

    def jobs(self) -> list[Job]:
        """All runs, as far as they are decided."""
        return planned(self.setting, self.results.score)

    def next_job(self, only: Sequence[str] = (), budgets: Sequence[float] = ()) -> Job | None:
        """The first run that is to do, of these models and budgets where any are named."""
        for job in self.jobs():
            wanted = (not only or job.model in only) and (not budgets or job.budget in budgets)
            if wanted and job.decided and self.results.of(job) is None:
                return job
        return None

    def write_state(self, current: Job | None = None, progress: Progress | None = None) -> dict[str, Any]:
        """What is done and what is left."""
        return self.state.write(self.jobs(), self.results, self.rates, current, progress)

    def time_trials(self) -> None:
        """A few steps of every model at every size that has not been timed, for the estimate."""
        for job in self.jobs():
            if self.rates.knows(job.model, job.size):
                continue
            self.limit.check()
            contender = self.contenders.make(job.model, job.size)
            model = contender.build(job.seed, self.entropy_model)
            folder = self.folder / "trial"
            shutil.rmtree(folder, ignore_errors=True)
            schedule = Schedule(job.budget, self.setting)
            train = self.corpus.splits["train"]
            # The first step sets things up.
            cold, warm = (
                learn(contender, model, train, job.seed, schedule, folder, {}, limit=Limit(steps=steps))
                for steps in (1, 1 + _TRIAL_STEPS)
            )
            shutil.rmtree(folder)
            seconds = warm.seconds - cold.seconds
            self.rates.add_trial(job.model, job.size, warm.spent - cold.spent, seconds)

    def run(self, job: Job) -> dict[str, Any]:
        """Do one run to its end. Raises Paused where the time is over."""
        contender = self.contenders.make(job.model, job.size)
        model = contender.build(job.seed, self.entropy_model)
        folder = self.folder / "runs" / job.name
        shape = contender.describe()
        setting = replace(self.setting, learning_rate=job.rate * self.setting.learning_rate)
        train = self.corpus.splits["train"]
        progress = learn(
            contender,
            model,
            train,
            job.seed,
            Schedule(job.budget, setting),
            folder,
            {**self._bound, "run": job.name, "shape": shape["config"]},
            limit=self.limit,
            report=lambda progress: void(self.write_state(job, progress)),
        )
        model.eval()
        record = self._record(job, contender, model, progress, shape)
        _save(model, contender, folder)
        self.results.add(record)
        (folder / "checkpoint.safetensors").unlink()
        return record

    def _record(
        self,
        job: Job,
        contender: Contender,
        model: ByteLatentTransformer | EntropyModel,
        progress: Progress,
        shape: dict[str, Any],
    ) -> dict[str, Any]:
        judged: dict[str, float] = {}
        for split in ("validation", "test"):
            found = bits_per_byte(
                lambda batch: logits_of(model, batch),
                contender.view,
                split,
                self.corpus.splits[split],
                self.limit.check,
            )
            judged |= {f"{split}_{name}": value for name, value in found.items()}
        train_bytes = len(self.corpus.splits["train"].data)
        return {
            "run": job.name,
            "model": job.model,
            "budget": job.budget,
            "size": job.size,
            "seed": job.seed,
            "learning_rate": job.rate * self.setting.learning_rate,
            **judged,
            "training_flops": progress.spent,
            **{f"training_flops_{name}": value for name, value in progress.flops.items()},
            "training_bytes": progress.bytes,
            "training_unit_bytes": progress.bytes / progress.units,
            "epochs": progress.bytes / train_bytes,
            "steps": progress.step,
            **{name: value for name, value in shape.items() if name != "unit_bytes"},
            **parameters(contender, model),
            "entropy_model_training_flops": self.entropy_training.spent if progress.flops["entropy"] else 0,
            "cpu_seconds": round(progress.seconds, 2),
            "flops_per_second": round(progress.spent / max(1e-9, progress.seconds)),
            "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "machine": machine(),
            "torch": torch.__version__,
            "setting": self.setting.name,
            "corpus": self.corpus.fingerprint,
        }


def void(_: object) -> None:
    """Drop a value."""


def _save(model: ByteLatentTransformer | EntropyModel, contender: Contender, folder: Path) -> None:
    if isinstance(model, ByteLatentTransformer):
        save_model(model, folder / "model")
        return
    metadata = {"config": asdict(model.config), "vocabulary": contender.vocabulary}
    write_tensors(folder / "model" / "plain.safetensors", model.state_dict(), metadata)
