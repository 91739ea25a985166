"""What a run is told: how long, how fast, how large, and which documents when."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from bltgen.arguments import shown
from bltgen.training.batches import KindWeights, Mixture

__all__ = ["Part", "Stage", "TrainConfig", "learning_rate_factor"]

Part = Literal["entropy", "blt"]
PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class Stage:
    """From `start_bytes` on, documents come from `mixture` (until the next stage begins)."""

    start_bytes: int
    mixture: Mixture
    weights: KindWeights = field(default_factory=KindWeights)
    grounded_weight: float = 0.0


@dataclass(frozen=True)
class TrainConfig:
    """How long, how fast, how large. Raises ValueError that names the field.

    `step_bytes`: bytes per optimiser step; `longest`: documents are cut there; learning rates rise
    over `warmup_steps`, hold, and fall linearly to zero over the last `decay` of a part's bytes.
    `patch_bytes`: once the entropy model is trained, the patcher's threshold is set so that a patch of the
    data holds so many bytes on average; None keeps the threshold of the model's config.
    `validate_bytes`: a run is looked at (validation, samples) each time it has read so many bytes more, by
    default a twentieth of a part; `patience`: a part ends after so many validations without a better one.
    `low_rank`: train matrices of this rank beside frozen weights (`bltgen.training.low_rank`), times
    `low_rank_scale`. `sample_prompts`: `sample_bytes` bytes that follow each are logged at each look.
    """

    entropy_bytes: int
    blt_bytes: int
    step_bytes: int = 12_000
    longest: int = 640
    learning_rate: float = 2e-3
    embedding_learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warmup_steps: int = 50
    decay: float = 0.25
    clip: float = 1.0
    seed: int = 1
    checkpoint_seconds: float = 20.0
    report_steps: int = 25
    precision: Literal["float32", "bfloat16"] = "float32"
    patch_bytes: float | None = None
    validate_bytes: int | None = None
    patience: int | None = None
    low_rank: int | None = None
    low_rank_scale: float = 2.0
    sample_prompts: tuple[str, ...] = ()
    sample_bytes: int = 100

    def __post_init__(self) -> None:
        for name in ("entropy_bytes", "warmup_steps", "seed"):
            _check(name, getattr(self, name), whole=True, least=0)
        for name in ("blt_bytes", "step_bytes", "longest", "report_steps", "sample_bytes"):
            _check(name, getattr(self, name), whole=True, least=1)
        for name in ("validate_bytes", "patience", "low_rank"):
            if getattr(self, name) is not None:
                _check(name, getattr(self, name), whole=True, least=1)
        for name in ("learning_rate", "embedding_learning_rate", "weight_decay", "checkpoint_seconds"):
            _check(name, getattr(self, name), least=0)
        for name in ("clip", "low_rank_scale"):
            _check(name, getattr(self, name), least=0, above=True)
        _check("decay", self.decay, least=0, most=1)
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision={shown(self.precision)}: one of {', '.join(PRECISIONS)} is needed")
        prompts = self.sample_prompts
        if isinstance(prompts, str) or not all(isinstance(prompt, str) for prompt in prompts):
            raise ValueError(f"sample_prompts={shown(prompts)}: a list of texts is needed")
        object.__setattr__(self, "sample_prompts", tuple(prompts))

    def part_bytes(self, part: Part) -> int:
        """The bytes a part is trained on."""
        return self.entropy_bytes if part == "entropy" else self.blt_bytes

    def look_bytes(self, part: Part) -> int:
        """The bytes between two looks at a part."""
        return self.validate_bytes or max(1, -(-self.part_bytes(part) // 20))

    def bound(self) -> dict[str, Any]:
        """The settings that what is learnt hangs on, as JSON values."""
        found = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in FREE}
        return dict(found)


FREE = ("checkpoint_seconds", "report_steps", "sample_prompts", "sample_bytes")
"""Settings that change nothing of what is learnt: a run may go on with others."""


def _check(
    name: str,
    value: object,
    *,
    whole: bool = False,
    least: int = 0,
    above: bool = False,
    most: float = math.inf,
) -> None:
    """Raise ValueError where a setting is not a finite number within its bounds."""
    number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if number and math.isfinite(value) and least <= value <= most and not (above and value == least):  # type: ignore[operator,arg-type]
        return
    kind = "an integer" if whole else "a finite number"
    bound = (
        f"above {least}"
        if above
        else f"of {least} or more"
        if most == math.inf
        else f"in [{least}, {most:g}]"
    )
    raise ValueError(f"{name}={shown(value)}: {kind} {bound} is needed")


def learning_rate_factor(step: int, seen: int, total: int, warmup_steps: int, decay: float) -> float:
    """Warm-up, plateau, linear decay: the factor on the learning rate before a step.

    >>> [learning_rate_factor(s, s, 100, 10, 0.5) for s in (0, 50, 75, 100)]
    [0.1, 1.0, 0.5, 0.0]
    """
    rise = min(1.0, (step + 1) / max(1, warmup_steps))
    fall = (total - seen) / (decay * total) if decay > 0 else 1.0
    return max(0.0, min(rise, fall, 1.0))


def stage_at(stages: Sequence[Stage], seen: int) -> Stage:
    """The stage that holds after `seen` bytes."""
    return [stage for stage in stages if stage.start_bytes <= seen][-1]
