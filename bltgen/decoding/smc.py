"""Sequential Monte Carlo: particles that are resampled at patch boundaries.

Each particle goes on by masked draws and carries the product of the masses that the mask left. That
weight says how much of the model's mass its prefix keeps; particles whose continuations are mostly
invalid lose weight and are replaced by copies of heavier ones (Lew et al. 2023, arXiv:2306.03081;
Loula et al. 2025, arXiv:2504.13139, at byte and here at patch granularity).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bltgen.arguments import number, suggests_keywords
from bltgen.decoding.batch import Move, Rows, Steps
from bltgen.decoding.search import masked_patch
from bltgen.decoding.strategy import Decoded, check_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bltgen.decoding.search import Search

__all__ = ["SMC", "log_mean", "normalised", "systematic"]


def normalised(log_weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights that sum to 1; equal ones where all are zero.

    >>> normalised(np.log([1.0, 3.0])).round(2).tolist()
    [0.25, 0.75]
    """
    top = log_weights.max()
    if np.isneginf(top):
        return np.full(len(log_weights), 1 / len(log_weights))
    weights = np.exp(log_weights - top)
    result: NDArray[np.float64] = weights / weights.sum()
    return result


def log_mean(log_weights: NDArray[np.float64]) -> float:
    """The log of the mean weight."""
    top = log_weights.max()
    if np.isneginf(top):
        return -np.inf
    return float(top + np.log(np.exp(log_weights - top).mean()))


def systematic(weights: NDArray[np.float64], uniform: float) -> list[int]:
    """Indices of len(weights) draws: each i floor(n w_i) or one more times (Kitagawa 1996).

    >>> systematic(np.array([0.5, 0.25, 0.25, 0.0]), 0.5)
    [0, 0, 1, 2]
    """
    count = len(weights)
    positions = (np.arange(count) + uniform) / count
    found: list[int] = np.minimum(
        np.searchsorted(np.cumsum(weights), positions, side="right"), count - 1
    ).tolist()
    return found


@suggests_keywords()
@dataclass(frozen=True)
class SMC:
    """`particles` texts at once, resampled where the effective number falls below `ess_threshold` of them.

    The text is drawn among the finished particles by their weights, and has the log of their mean
    weight, an unbiased estimate of the valid mass: texts of many generations, weighted so, follow
    the base distribution conditioned on validity exactly, for any number of particles; a single
    one does as the particles grow many. `candidates` has all particles with their own weights;
    statistics.effective_particles is 1 / sum of squares of their shares.
    """

    particles: int = 16
    ess_threshold: float = 0.5
    name: ClassVar[str] = "smc"

    def __post_init__(self) -> None:
        check_counts(particles=self.particles)
        number("ess_threshold", self.ess_threshold)
        if not 0 <= self.ess_threshold <= 1:
            raise ValueError(f"ess_threshold={self.ess_threshold!r}: must be in [0, 1]")

    @property
    def draws_from(self) -> str:
        """Its distribution."""
        return (
            f"the base distribution conditioned on validity, as nearly as {self.particles} particles come; "
            "exactly where draws are weighted by exp(log_weight)"
        )

    def decode(self, search: Search, rows: Rows) -> Steps[Decoded]:
        """One row a particle; finished particles stand still and keep their weight."""
        count = self.particles
        *generators, own = search.generators(count + 1)
        current = [search.start] * count
        rows = yield Move((b"",) * count, rows=(0,) * count)
        while True:
            current, rows = yield from masked_patch(search, current, rows, generators)
            log_weights = np.array([one.log_weight for one in current])
            weights = normalised(log_weights)
            effective = 1 / float((weights**2).sum())
            if all(one.finished for one in current):
                break
            if effective < self.ess_threshold * count:
                search.tally.resamplings += 1
                parents = systematic(weights, own.random())
                mean = log_mean(log_weights)
                current = [replace(current[parent], log_weight=mean) for parent in parents]
                rows = yield Move((b"",) * count, rows=parents)
            search.commit_agreed(current)
        search.tally.effective_particles = effective
        chosen = int(np.searchsorted(np.cumsum(weights), own.random() * weights.sum(), side="right"))
        order = sorted(range(count), key=lambda index: -log_weights[index])
        text = replace(current[min(chosen, count - 1)], log_weight=log_mean(log_weights))
        return Decoded(text, tuple(current[index] for index in order))
