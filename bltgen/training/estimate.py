"""How long a run will take on this machine: a batch and a step of the optimiser of each part, timed.

Nothing of the model is changed: gradients are dropped, and the optimiser steps on copies.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import nn

from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.config import PatcherConfig
from bltgen.model.patcher import patch_starts
from bltgen.training.batches import Batch, TrainingDocument, batches
from bltgen.training.optimisers import Optimisers
from bltgen.training.settings import Part, Stage, TrainConfig
from bltgen.training.step import Meter, Totals, add_gradient, autocast
from bltgen.training.validation import validated

__all__ = ["duration", "seconds_of_part"]


def duration(seconds: float) -> str:
    """In words, of two figures at the most.

    >>> duration(8.2), duration(100), duration(5_400), duration(400_000)
    ('8 seconds', '2 minutes', '1.5 hours', '4.6 days')
    """
    for size, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 1.5 * size or (name == "minutes" and seconds >= 90):
            count = seconds / size
            return f"{count:.0f} {name}" if count >= 10 or name == "minutes" else f"{count:.1f} {name}"
    return f"{max(1, round(seconds))} seconds"


def seconds_of_part(
    model: ByteLatentTransformer,
    part: Part,
    named: Sequence[tuple[str, nn.Parameter]],
    config: TrainConfig,
    stage: Stage,
    left: int,
    validation: Sequence[TrainingDocument],
) -> float:
    """Seconds for `left` bytes of a part: steps, and looks at the validation documents."""
    device = named[0][1].device
    drawn = batches(stage.mixture, config.seed, -2, config.step_bytes, stage.weights, config.longest, 3)
    batch = drawn[len(drawn) // 2].to(device)
    if part == "blt" and config.patch_bytes is not None:
        batch = _cut_evenly(batch, config.patch_bytes)  # the threshold is not set yet
    totals, spent = Totals([batch]), []
    for _ in range(2):  # the first prepares what later ones find ready
        begun = time.monotonic()
        with autocast(device, config.precision):
            add_gradient(model, part, batch, stage.grounded_weight, totals, Meter())
        spent.append(time.monotonic() - begun)
    a_byte = spent[-1] / max(1, batch.byte_count)
    copies = [(name, nn.Parameter(parameter.detach().clone())) for name, parameter in named]
    for (_, copy), (_, parameter) in zip(copies, named, strict=True):
        copy.grad, parameter.grad = parameter.grad, None
    optimisers = Optimisers(copies, config)
    gradients = [copy.grad for _, copy in copies]
    for _ in range(2):
        for (_, copy), gradient in zip(copies, gradients, strict=True):
            copy.grad = gradient
        begun = time.monotonic()
        optimisers.step(1.0)
        a_step = time.monotonic() - begun
    total = left * a_byte + left / config.step_bytes * a_step
    if validation:
        begun = time.monotonic()
        some = validation[: max(1, len(validation) // 8)]
        validated(model, part, some, config)
        total += (time.monotonic() - begun) * len(validation) / len(some) * left / config.look_bytes(part)
    return total


def _cut_evenly(batch: Batch, patch_bytes: float) -> Batch:
    every = PatcherConfig("static", patch_size=max(1, round(patch_bytes)))
    return replace(
        batch, starts=patch_starts(every, batch.ids, torch.zeros_like(batch.ids, dtype=torch.float32))
    )
