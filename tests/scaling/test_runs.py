"""A run that is killed goes on where it was; the study does its runs once, in order, and says where it is."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.scaling.contenders import Contender, Contenders, initialised, logits_of
from benchmarks.scaling.corpus import Corpus
from benchmarks.scaling.grid import Job
from benchmarks.scaling.patches import all_entropies
from benchmarks.scaling.results import Results
from benchmarks.scaling.settings import Setting
from benchmarks.scaling.shapes import entropy_shape
from benchmarks.scaling.state import GUESS, Rates, State
from benchmarks.scaling.study import Study, locked
from benchmarks.scaling.training import Limit, Paused, Progress, Schedule, learn, steps_of
from benchmarks.scaling.views import Batch, View
from bltgen.errors import CheckpointError
from bltgen.model.entropy_model import EntropyModel


@pytest.fixture(scope="module")
def contenders(setting: Setting, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Contenders:
    """With an entropy model that was not trained."""
    torch.manual_seed(0)
    model = initialised(EntropyModel(entropy_shape(setting.entropy_dim, setting.window)))
    work = tmp_path_factory.mktemp("shared")
    return Contenders(setting, corpus, work, model, all_entropies(model, corpus, work / "entropies"))


class Killed(Exception):
    """The process is gone: nothing is saved any more."""


class Dying:
    """A view that kills the process when it is asked for its nth batch."""

    def __init__(self, view: View, batches: int) -> None:
        self.view, self.left = view, batches

    def batch(self, split: str, places: Sequence[int], *, ends: bool) -> Batch:
        self.left -= 1
        if self.left < 0:
            raise Killed
        return self.view.batch(split, places, ends=ends)


def weights(contenders: Contenders, setting: Setting, name: str, folder: Path, kills: Sequence[int]) -> Any:
    """The end of a run that was killed at those batches."""
    whole = contenders.make(name, 0)
    train = contenders._corpus.splits["train"]
    for kill in [*kills, None]:
        contender = whole if kill is None else replace(whole, view=Dying(whole.view, kill))
        model = contender.build(1, contenders.entropy_model)
        schedule = Schedule(4e8, setting)
        try:
            progress = learn(contender, model, train, 1, schedule, folder, {"seed": 1, "shape": (1, 2)})
        except Killed:
            continue
        return model.state_dict(), progress
    raise AssertionError


@pytest.mark.parametrize("name", ["blt-4", "bytes"])
def test_a_killed_run_ends_as_one_that_was_not(
    contenders: Contenders, setting: Setting, tmp_path: Path, name: str
) -> None:
    """Bit by bit, and with the same FLOPs; killed between two checkpoints and within a step."""
    never, progress = weights(contenders, setting, name, tmp_path / "never", [])
    often, after = weights(contenders, setting, name, tmp_path / "often", [1, 2, 3])
    assert progress.step > 3
    assert (after.flops, after.bytes, after.units) == (progress.flops, progress.bytes, progress.units)
    assert after.nats == progress.nats
    for one, value in never.items():
        assert torch.equal(value, often[one]), one


def test_a_run_ends_with_its_budget(contenders: Contenders, setting: Setting, tmp_path: Path) -> None:
    """The step that spends the last of it is the last."""
    contender = contenders.make("static", 0)
    model = contender.build(1, contenders.entropy_model)
    train = contenders._corpus.splits["train"]
    progress = learn(contender, model, train, 1, Schedule(2e8, setting), tmp_path, {})
    per_step = progress.spent / progress.step
    assert 2e8 <= progress.spent < 2e8 + 2 * per_step
    assert progress.flops["entropy"] == 0 < progress.flops["latent"]


def test_a_checkpoint_of_another_run_is_an_error(
    contenders: Contenders, setting: Setting, tmp_path: Path
) -> None:
    """The difference is named."""
    contender = contenders.make("bytes", 0)
    train = contenders._corpus.splits["train"]

    def run(identity: dict[str, Any]) -> None:
        model = contender.build(1, None)
        learn(contender, model, train, 1, Schedule(1e8, setting), tmp_path, identity, limit=Limit(steps=1))

    run({"corpus": "one"})
    with pytest.raises(CheckpointError, match="corpus was 'one' and is 'two' now"):
        run({"corpus": "two"})


def test_every_model_of_a_seed_sees_the_same_bytes(contenders: Contenders, setting: Setting) -> None:
    """Steps depend on the seed alone; an order goes through all pieces before the next begins."""
    train = contenders._corpus.splits["train"]
    first, again, other = (steps_of(train, seed, setting.step_bytes) for seed in (1, 1, 2))
    steps = [next(first) for _ in range(len(train))]
    assert steps == [next(again) for _ in range(len(train))]
    assert steps != [next(other) for _ in range(len(train))]
    seen = [place for step in steps for place in step][: len(train)]
    assert sorted(seen) == list(range(len(train)))


def test_only_the_entropy_model_is_shared(contenders: Contenders) -> None:
    """It is the same in every BLT and learns nothing there."""
    model = contenders.make("blt-4", 0).build(5, contenders.entropy_model)
    shared = contenders.entropy_model.state_dict()
    for name, parameter in model.named_parameters():
        inner = name.removeprefix("entropy_model.")
        assert parameter.requires_grad == (inner == name)
        if inner != name:
            assert torch.equal(parameter, shared[inner])


def test_an_unknown_model_is_an_error(contenders: Contenders) -> None:
    """The near ones are named."""
    with pytest.raises(ValueError, match="bytes, bpe-small"):
        contenders.make("blt", 0)


@pytest.fixture(scope="module")
def study_folder(texts: Path, setting: Setting, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that was interrupted in each run and is done."""
    folder = tmp_path_factory.mktemp("study")
    done = 0
    while True:
        study = Study(setting, texts, folder, Limit())
        job = study.next_job()
        if job is None:
            study.write_state()
            return folder
        study.limit = Limit(until=time.monotonic() if done % 2 else math.inf)
        done += 1
        try:
            study.run(job)
        except Paused:
            state = json.loads((folder / "state.json").read_text())
            assert state["runs"]["running"] == 1


def test_a_study_does_each_run_once_and_says_so(study_folder: Path, setting: Setting) -> None:
    """All runs are in the tables, with what they cost and where they were made."""
    records = Results(study_folder).records
    assert [record["run"] for record in records] == [
        "2e+08-size0-blt-4-seed1",
        "2e+08-size0-static-seed1",
        "2e+08-size0-bytes-seed1",
        "2e+08-size0-blt-4-share50-seed1",
        "2e+08-size0-bytes-rate50-seed1",
        "3e+08-size1-bytes-seed1",
    ]
    for record in records:
        assert record["training_flops"] >= record["budget"]
        assert record["training_flops"] == sum(
            record[f"training_flops_{part}"] for part in ("entropy", "embedding", "local", "latent", "output")
        )
        assert 0 < record["test_bits_per_byte"] < 9
        assert record["machine"]
        assert record["date"].startswith("20")
        assert record["test_bytes"] >= setting.held_out_bytes
    assert records[0]["entropy_model_training_flops"] > 0 == records[1]["entropy_model_training_flops"]
    assert records[0]["test_bytes"] == records[2]["test_bytes"]
    assert records[4]["learning_rate"] == setting.learning_rate / 2 != records[2]["learning_rate"]
    assert records[4]["config"] == records[2]["config"]
    assert records[4]["test_bits_per_byte"] != records[2]["test_bits_per_byte"]
    rows = (study_folder / "results.csv").read_text().splitlines()
    assert len(rows) == 1 + len(records)
    state = json.loads((study_folder / "state.json").read_text())
    assert state["runs"] == {"done": 6, "running": 0, "to do": 0, "open": 0}
    assert state["core_hours_left"] == 0


def test_a_finished_blt_is_a_model_of_the_package(study_folder: Path) -> None:
    """Its folder is read by `bltgen.load`, thresholds and all."""
    import bltgen

    model = bltgen.load(study_folder / "runs" / "2e+08-size0-blt-4-seed1" / "model")
    assert len(model.generate(b"ab", max_bytes=4).data) <= 4


def test_time_trials_fill_the_estimate(
    texts: Path, setting: Setting, study_folder: Path, tmp_path: Path
) -> None:
    """Every model is timed at the sizes that are decided, and nothing of it stays."""
    study = Study(setting, texts, tmp_path, Limit())
    study.time_trials()
    assert all(study.rates.knows(job.model, job.size) for job in study.jobs())
    assert not (tmp_path / "trial").exists()
    assert study.write_state()["core_hours_left"] > 0
    assert study.next_job(only=["bytes"]) == Job("bytes", 2e8, 0, 1)
    assert study.next_job(budgets=[3e8]) is None, "its size is not decided yet"


def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    """Two would write the same checkpoints."""
    with locked(tmp_path), pytest.raises(RuntimeError, match="another process"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_the_estimate_counts_what_is_left(tmp_path: Path) -> None:
    """At the speed of the model at the nearest size; a run under way by what it has spent."""
    results = Results(tmp_path)
    rates = Rates(tmp_path / "rates.json", results)
    assert rates.rate("bytes", 0) == GUESS
    rates.add_trial("bytes", 0, 10.0, 1.0)
    rates.add_trial("bytes", 2, 60.0, 2.0)
    rates = Rates(tmp_path / "rates.json", results)
    assert rates.rate("bytes", 0) == 10
    assert rates.rate("bytes", 3) == rates.rate("bytes-rate50", 3) == 30
    assert rates.knows("bytes-rate200", 2)
    jobs = [Job("bytes", 36_000.0, 0, 1), Job("bytes", 108_000.0, 2, 1)]
    state = State(tmp_path / "state.json", "micro")
    assert state.write(jobs, results, rates, None, None)["core_hours_left"] == 2
    half = Progress(flops={"latent": 18_000})
    assert state.write(jobs, results, rates, jobs[0], half)["core_hours_left"] == 1.5


def test_logits_of_a_contender_are_those_of_its_model(contenders: Contenders) -> None:
    """Of each place the vocabulary of the contender."""
    for name in ("blt-4", "bytes"):
        contender: Contender = contenders.make(name, 0)
        batch = contender.view.batch("train", [0, 1], ends=True)
        logits = logits_of(contender.build(1, None), batch)
        assert logits.shape == (*batch.ids.shape, contender.vocabulary)
