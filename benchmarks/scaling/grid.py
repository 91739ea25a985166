"""Which runs the study has, smallest first. Later budgets take the sizes that were best before.

A run whose size hangs on runs that are not done is open: it is planned, and its cost known, but for its size.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.scaling.settings import MODELS, Setting

__all__ = ["Job", "planned"]


@dataclass(frozen=True)
class Job:
    """One run. `decided`: its size is known; else `size` is a guess."""

    model: str
    budget: float
    size: int
    seed: int
    decided: bool = True

    @property
    def rate(self) -> float:
        """Its multiple of the learning rate.

        >>> Job("blt-4-rate50", 3e12, 0, 1).rate, Job("blt-4", 3e12, 0, 1).rate
        (0.5, 1.0)
        """
        found = re.search(r"-rate(\d+)$", self.model)
        return int(found[1]) / 100 if found else 1.0

    @property
    def name(self) -> str:
        """What its folder is called.

        >>> Job("blt-4", 3e12, 0, 1).name
        '3e+12-size0-blt-4-seed1'
        """
        return f"{self.budget:g}-size{self.size}-{self.model}-seed{self.seed}"


Judge = Callable[[Job], "float | None"]
"""Bits a byte of the validation split of a run, or None where it is not done."""


def planned(setting: Setting, judge: Judge) -> list[Job]:
    """All runs in the order in which they are done."""
    found: list[Job] = []
    for number, tier in enumerate(setting.tiers):
        for model in tier.models:
            for size, decided in _sizes(setting, number, model, judge):
                found += [Job(model, tier.budget, size, seed, decided) for seed in tier.seeds]
    shares = setting.shares
    for share in shares.shares:
        name = f"blt-4-share{round(share * 100)}"
        found += [Job(name, shares.budget, shares.size, seed) for seed in shares.seeds]

    rates = setting.learning_rates
    for model in rates.models:
        names = [f"{model}-rate{round(multiple * 100)}" for multiple in rates.multiples]
        found += [Job(name, rates.budget, rates.size, seed) for name in names for seed in rates.seeds]

    def order(job: Job) -> tuple[float, int, int, int]:
        place = MODELS.index(job.model) if job.model in MODELS else len(MODELS)
        return job.budget, job.seed, job.size, place

    return sorted(found, key=order)


def _sizes(setting: Setting, number: int, model: str, judge: Judge) -> list[tuple[int, bool]]:
    """The sizes of a model in a tier, and whether they are decided."""
    tier = setting.tiers[number]
    if not tier.keep:
        return [(size, True) for size in tier.sizes]
    before = setting.tiers[number - 1]
    sizes = _sizes(setting, number - 1, model, judge)
    scores: list[tuple[float, int]] = []
    for size, decided in sizes:
        found = [judge(Job(model, before.budget, size, seed)) for seed in before.seeds] if decided else [None]
        known = [score for score in found if score is not None]
        if len(known) < len(found):
            middle = sorted(size for size, _ in sizes)[: tier.keep]
            return [(size + 1, False) for size in middle]
        scores.append((sum(known) / len(known), size))
    return [(size + 1, True) for _, size in sorted(scores)[: tier.keep]]
