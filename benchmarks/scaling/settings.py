"""What the study runs: budgets, sizes, seeds and models, as plain data.

A size is a wished number of training FLOPs a byte; sizes stand in steps of the fourth root of 10, so that a
step of the budget (the root of 10) moves the best size by about one (parameters and data grow alike:
Hoffmann et al., arXiv:2203.15556). Runs of one size at several budgets are then the same model trained for
longer: inference at fixed FLOPs.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MODELS", "REAL", "TOY", "LearningRates", "Setting", "Shares", "Tier"]

MODELS = ("blt-4", "blt-6", "blt-8", "space", "static", "bytes", "bpe-small", "bpe-large")
"""Entropy patches of about 4, 6, 8 bytes; patches at spaces, of 4 bytes; no patches; two vocabularies."""


@dataclass(frozen=True)
class Tier:
    """Runs of one budget (training FLOPs): `sizes`, or the best `keep` of the tier before, one larger."""

    budget: float
    seeds: tuple[int, ...]
    models: tuple[str, ...] = MODELS
    sizes: tuple[int, ...] = ()
    keep: int = 0


@dataclass(frozen=True)
class Shares:
    """BLT of patch 4 at one budget and size, where the latent transformer has these shares of the FLOPs."""

    budget: float
    size: int
    shares: tuple[float, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class LearningRates:
    """Some models at one budget and size with these multiples of the learning rate that all others have."""

    budget: float
    size: int
    models: tuple[str, ...]
    multiples: tuple[float, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Setting:
    """One study. `context`: bytes of a piece at most; `step_bytes`: of an optimiser step.

    `smallest`: training FLOPs a byte of size 0. `share`: the latent transformer's least share of the FLOPs
    of inference at patch 4, the entropy model's among them. `held_out_bytes`: of each split that is judged;
    `train_bytes`: at most, of the split that is learnt from.
    """

    name: str
    tiers: tuple[Tier, ...]
    shares: Shares
    learning_rates: LearningRates
    smallest: float = 0.85e6
    size_step: float = 10**0.25
    share: float = 0.65
    context: int = 512
    step_bytes: int = 4_096
    window: int = 48
    vocabularies: tuple[int, int] = (1_024, 4_096)
    subword_bytes: int = 10_000_000
    entropy_bytes: int = 12_000_000
    entropy_dim: int = 32
    hash_buckets: int = 4_096
    held_out_bytes: int = 200_000
    train_bytes: int = 64_000_000
    learning_rate: float = 8e-3
    warmup: float = 0.05
    decay: float = 0.6
    weight_decay: float = 0.02
    checkpoint_seconds: float = 20.0

    def target(self, size: int) -> float:
        """Training FLOPs a byte of a size.

        >>> round(REAL.target(4) / REAL.target(0), 6)
        10.0
        """
        return float(self.smallest * self.size_step**size)


REAL = Setting(
    "real",
    (
        Tier(3e12, (1, 2), sizes=(0, 1, 2)),
        Tier(1e13, (1, 2), sizes=(1, 2, 3)),
        Tier(3e13, (1,), keep=2),
        Tier(1e14, (1,), models=("blt-4", "blt-6", "bytes", "bpe-large"), keep=1),
    ),
    Shares(1e13, 2, (0.40, 0.80), (1, 2)),
    LearningRates(3e12, 1, ("blt-4", "bytes", "bpe-large"), (0.5, 2.0), (1,)),
)

TOY = Setting(
    "toy",
    (
        Tier(2e10, (1, 2), sizes=(0, 1)),
        Tier(6e10, (1,), keep=1),
        Tier(1.5e11, (1,), models=("blt-4", "blt-6", "bytes", "bpe-large"), keep=1),
    ),
    Shares(2e10, 1, (0.40, 0.80), (1,)),
    LearningRates(2e10, 1, ("blt-4", "bytes"), (0.5, 2.0), (1,)),
    smallest=0.6e6,
    context=256,
    step_bytes=1_024,
    window=16,
    vocabularies=(320, 512),
    subword_bytes=200_000,
    entropy_bytes=150_000,
    entropy_dim=16,
    hash_buckets=512,
    held_out_bytes=12_000,
    checkpoint_seconds=5.0,
)
