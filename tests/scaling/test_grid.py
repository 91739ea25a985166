"""The grid is the one that was planned, smallest first, and later sizes follow from earlier results."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.scaling.grid import Job, planned
from benchmarks.scaling.plots import best_sizes, draw, points
from benchmarks.scaling.results import Results
from benchmarks.scaling.settings import MODELS, REAL


def test_the_real_grid_is_twelve_core_hours_at_the_speed_of_a_core() -> None:
    """At 36 GFLOP/s; open sizes are planned too."""
    jobs = planned(REAL, lambda job: None)
    assert sum(job.budget for job in jobs) / 36e9 / 3600 == pytest.approx(12, abs=0.5)
    assert [job.budget for job in jobs] == sorted(job.budget for job in jobs)
    assert len({job.name for job in jobs}) == len(jobs)
    assert {job.budget for job in jobs if not job.decided} == {3e13, 1e14}
    grid = [job for job in jobs if job.budget == 3e12 and job.rate == 1]
    assert len(grid) == len(MODELS) * 3 * 2


def test_a_budget_takes_the_sizes_that_were_best_before() -> None:
    """The best by validation, each model its own, one size larger; and so on."""
    best = {model: number % 4 for number, model in enumerate(MODELS)}

    def judge(job: Job) -> float:
        return abs(job.size - best[job.model] - 0.1) + job.seed / 100

    jobs = planned(REAL, judge)
    assert all(job.decided for job in jobs)
    for model in MODELS:
        ranked = sorted((1, 2, 3), key=lambda size: abs(size - best[model] - 0.1))
        third = {job.size for job in jobs if job.budget == 3e13 and job.model == model}
        assert third == {size + 1 for size in ranked[:2]}
        last = {job.size for job in jobs if job.budget == 1e14 and job.model == model}
        assert len(last) == (model in REAL.tiers[3].models)


def test_sizes_stay_open_until_every_seed_is_done() -> None:
    """One missing run of the tier before is enough."""
    missing = Job("bytes", 1e13, 2, 2)
    jobs = planned(REAL, lambda job: None if job == missing else 2.0)
    assert {job.model for job in jobs if not job.decided} == {"bytes"}


def record(model: str, budget: float, size: int, seed: int, bits: float) -> dict[str, object]:
    job = Job(model, budget, size, seed)
    return {
        "run": job.name,
        "model": model,
        "budget": budget,
        "size": size,
        "seed": seed,
        "validation_bits_per_byte": bits,
        "test_bits_per_byte": bits + 0.01 * seed,
        "training_flops": budget,
        "learning_rate": 0.004 * Job(model, budget, size, seed).rate,
        "training_bytes": budget / 1e6,
        "cpu_seconds": 1.0,
        "inference_flops_per_byte": 3e5,
        "latent_share": 0.7,
        **{f"{split}_unit_bytes": 4.1 for split in ("training", "validation", "test")},
    }


def test_records_outlive_a_torn_line(tmp_path: Path) -> None:
    """What was whole is kept; the table has a row a record."""
    results = Results(tmp_path)
    results.add(record("bytes", 1e12, 0, 1, 2.0))
    results.add(record("bytes", 1e12, 0, 2, 2.2))
    with (tmp_path / "results.jsonl").open("a") as file:
        file.write('{"run": "torn')
    again = Results(tmp_path)
    assert again.records == results.records
    assert again.score(Job("bytes", 1e12, 0, 2)) == 2.2
    assert again.score(Job("bytes", 1e12, 1, 2)) is None
    assert (tmp_path / "results.csv").read_text().count("\n") == 3


def test_points_are_means_with_standard_errors(tmp_path: Path) -> None:
    """Of two seeds half their distance; the best size is the one that validation likes."""
    results = Results(tmp_path)
    for size, bits in ((0, 2.4), (1, 2.0)):
        for seed in (1, 2):
            results.add(record("bytes", 1e12, size, seed, bits))
    found = points(results)
    assert [point.mean for point in found] == pytest.approx([2.415, 2.015])
    assert found[0].error == pytest.approx(0.005)
    assert [point.size for point in best_sizes(found)] == [1]


def test_pictures_are_drawn_of_what_there_is(tmp_path: Path) -> None:
    """None of nothing; each of its own records."""
    pytest.importorskip("matplotlib")
    results = Results(tmp_path)
    assert draw(results, tmp_path) == []
    results.add(record("blt-4", 1e12, 0, 1, 2.0))
    assert [file.name for file in draw(results, tmp_path)] == ["scaling.png", "patches.png"]
    results.add(record("blt-4", 3e12, 0, 1, 1.9))
    results.add(record("blt-4-share80", 1e12, 0, 1, 2.1))
    results.add(record("blt-4-rate50", 1e12, 0, 1, 2.2))
    names = ["scaling.png", "fixed_inference.png", "patches.png", "shares.png", "learning_rates.png"]
    assert [file.name for file in draw(results, tmp_path)] == names
    assert all(file.stat().st_size > 5_000 for file in tmp_path.glob("*.png"))
