"""One run: a model learns pieces, the same for every model of its seed, until its FLOPs are spent.

The learning rate is a function of the share of the budget that is spent; a step's pieces are a function of
(seed, step). A run that was killed goes on from its checkpoint and ends as one that was not, bit by bit.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.scaling.contenders import Contender, logits_of
from benchmarks.scaling.corpus import Pieces
from benchmarks.scaling.settings import Setting
from benchmarks.scaling.views import Batch
from bltgen.errors import CheckpointError
from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.entropy_model import EntropyModel
from bltgen.model.safetensors_file import read_tensors, write_tensors
from bltgen.training.identity import differences
from bltgen.training.optimisers import Optimisers
from bltgen.training.settings import TrainConfig

__all__ = ["Limit", "Paused", "Progress", "Schedule", "learn", "steps_of"]

Model = ByteLatentTransformer | EntropyModel
_BATCH_POSITIONS = 4_096


class Paused(Exception):
    """The time that was given is over; the run goes on from its checkpoint."""


@dataclass(frozen=True)
class Limit:
    """When to stop for now: seconds of `time.monotonic`, or never; `steps` ends a run early in tests."""

    until: float = math.inf
    steps: float = math.inf

    def check(self) -> None:
        """Raises Paused after the time."""
        if time.monotonic() >= self.until:
            raise Paused


@dataclass(frozen=True)
class Schedule:
    """A budget of FLOPs, or of bytes, and the learning rate by how much of it is spent."""

    budget: float
    setting: Setting

    def factor(self, spent: float) -> float:
        """Linear warm-up, plateau, linear decay to zero."""
        share = spent / self.budget
        rise = (share + 0.2 * self.setting.warmup) / (1.2 * self.setting.warmup)
        return max(0.0, min(1.0, rise, (1 - share) / self.setting.decay))


@dataclass
class Progress:
    """Where a run stands. `flops`: of training, by part; `seconds`: of the processor."""

    step: int = 0
    bytes: int = 0
    units: int = 0
    seconds: float = 0.0
    flops: dict[str, int] = field(default_factory=dict)
    nats: float = 0.0
    """Of the latest steps, a byte."""

    @property
    def spent(self) -> int:
        """FLOPs of training so far."""
        return sum(self.flops.values())

    def add(self, batch: Batch, flops: dict[str, int]) -> None:
        """Count a batch."""
        self.bytes += int(batch.lengths.sum())
        self.units += int(batch.units.sum())
        for name, count in flops.items():
            self.flops[name] = self.flops.get(name, 0) + count


def steps_of(pieces: Pieces, seed: int, step_bytes: int) -> Iterator[list[int]]:
    """The pieces of step 0, 1, ...: a random order of all, then another; at least `step_bytes` each."""
    step: list[int] = []
    filled, epoch = 0, 0
    lengths: list[int] = pieces.lengths.tolist()
    while True:
        order: NDArray[np.int64] = np.random.default_rng((seed, epoch)).permutation(len(pieces))
        for place in order.tolist():
            step.append(place)
            filled += lengths[place]
            if filled >= step_bytes:
                yield step
                step, filled = [], 0
        epoch += 1


def _optimisers(model: nn.Module, setting: Setting) -> Optimisers:
    """As the package trains: Muon for hidden matrices, AdamW for the rest."""
    rate = setting.learning_rate
    config = TrainConfig(
        0, 1, learning_rate=rate, embedding_learning_rate=rate, weight_decay=setting.weight_decay
    )
    return Optimisers(_trained(model), config)


def _trained(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    return [(name, one) for name, one in model.named_parameters() if one.requires_grad]


def _batches(contender: Contender, step: list[int], lengths: NDArray[np.int64]) -> list[Batch]:
    """A step in batches of like lengths."""
    ordered = sorted(step, key=lambda place: (-int(lengths[place]), place))
    groups: list[list[int]] = []
    for place in ordered:
        if not groups or (len(groups[-1]) + 1) * (int(lengths[groups[-1][0]]) + 1) > _BATCH_POSITIONS:
            groups.append([])
        groups[-1].append(place)
    return [contender.view.batch("train", group, ends=True) for group in groups]


def _loss(model: Model, batch: Batch) -> Tensor:
    """The sum of the losses of a batch in nats."""
    logits = logits_of(model, batch)
    return F.cross_entropy(
        logits.flatten(0, 1).float(), batch.targets.flatten(), ignore_index=-1, reduction="sum"
    )


def learn(
    contender: Contender,
    model: Model,
    pieces: Pieces,
    seed: int,
    schedule: Schedule,
    folder: Path,
    identity: dict[str, Any],
    *,
    limit: Limit | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Progress:
    """Train `model` to the end of its budget, from the checkpoint in `folder` where there is one.

    `report` is called with every checkpoint. Raises Paused (after a checkpoint) where the time is over,
    CheckpointError where the checkpoint is of another run, FloatingPointError where training diverges.
    """
    limit = limit or Limit()
    setting = schedule.setting
    identity = json.loads(json.dumps(identity))  # as it is read back
    optimisers, progress = _optimisers(model, setting), Progress()
    file = folder / "checkpoint.safetensors"
    if file.exists():
        progress = _restore(file, model, optimisers, identity)
    steps = steps_of(pieces, seed, setting.step_bytes)
    for _ in range(progress.step):
        next(steps)
    begun_at, saved = progress.step, time.monotonic()

    def save() -> None:
        tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
        metadata = {"progress": asdict(progress), "identity": identity}
        write_tensors(file, tensors | optimisers.tensors(), metadata)
        report(progress)

    while progress.spent < schedule.budget and progress.step < limit.steps:
        if time.monotonic() >= limit.until:
            save()
            raise Paused
        begun, nats = time.process_time(), 0.0
        batches = _batches(contender, next(steps), pieces.lengths)
        factor = schedule.factor(progress.spent)
        targets = sum(int((batch.targets >= 0).sum()) for batch in batches)
        for batch in batches:
            loss = _loss(model, batch)
            nats += loss.item()
            torch.autograd.backward(loss / targets)
            progress.add(batch, contender.flops(batch).sums())
        if not math.isfinite(nats):
            raise FloatingPointError(f"{folder.name}: the loss is {nats} at step {progress.step}")
        nn.utils.clip_grad_norm_([one for _, one in _trained(model)], 1.0)
        optimisers.step(factor)
        progress.step += 1
        mean = nats / sum(int(batch.lengths.sum()) for batch in batches)
        progress.nats = mean if progress.step == 1 else 0.95 * progress.nats + 0.05 * mean
        progress.seconds += time.process_time() - begun
        if time.monotonic() - saved > setting.checkpoint_seconds:
            save()
            saved = time.monotonic()
    if progress.step > begun_at:
        save()
    return progress


def _restore(file: Path, model: Model, optimisers: Optimisers, identity: dict[str, Any]) -> Progress:
    tensors, metadata = read_tensors(file)
    found = list(differences(metadata["identity"], identity))
    if found:
        raise CheckpointError(
            f"{file}: belongs to another run: {'; '.join(found[:4])}. Go on with what it began with, or "
            "choose another folder"
        )
    weights = {name[len("model.") :]: value for name, value in tensors.items() if name.startswith("model.")}
    model.load_state_dict(weights)
    optimisers.load(tensors)
    return Progress(**metadata["progress"])
