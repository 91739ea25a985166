"""The losses of a step and their gradients: each batch adds its share, whatever the split into batches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bltgen.errors import TrainingError
from bltgen.model.blt import ByteLatentTransformer, PatchedBytes
from bltgen.model.patcher import patch_starts
from bltgen.training.batches import VALUE, Batch
from bltgen.training.objective import bits_per_byte, grounded_loss, weighted_cross_entropy
from bltgen.training.settings import Part

__all__ = ["Meter", "Totals", "add_gradient", "autocast", "patched", "starts_of"]


@contextmanager
def autocast(device: torch.device, precision: str) -> Iterator[None]:
    """Within it a model computes in this precision."""
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
        yield


@dataclass
class Meter:
    """Sums over the steps since the last report."""

    nats: float = 0.0
    count: int = 0
    value_nats: float = 0.0
    value_count: int = 0
    right: int = 0
    choices: int = 0
    patches: int = 0

    def add(self, losses: Tensor, batch: Batch) -> None:
        """losses: nats [batch, time]."""
        real, value = batch.kinds != 255, batch.kinds == VALUE
        self.nats += losses[real].sum().item()
        self.count += int(real.sum())
        self.value_nats += losses[value].sum().item()
        self.value_count += int(value.sum())

    def report(self) -> dict[str, float]:
        """By name: bits per byte of all bytes and of values, and what else was counted."""
        out = {"bits_per_byte": bits_per_byte(self.nats, self.count)}
        if self.value_count:
            out["value_bits_per_byte"] = bits_per_byte(self.value_nats, self.value_count)
        if self.choices:
            out["grounded_choice_accuracy"] = self.right / self.choices
        if self.patches:
            out["bytes_per_patch"] = self.count / self.patches
        return {name: round(value, 4) for name, value in out.items()}


_GRAIN = 16
"""The patches of a batch are padded to a multiple of it, so that shapes are few."""


@torch.no_grad()
def starts_of(model: ByteLatentTransformer, ids: Tensor) -> Tensor:
    """Where patches begin, cut as the decoder will cut them: in float32."""
    ids = ids.to(next(model.parameters()).device)
    with torch.autocast(ids.device.type, enabled=False):
        return patch_starts(model.config.patcher, ids, model.entropies(ids))


def patched(model: ByteLatentTransformer, batch: Batch) -> PatchedBytes:
    """The patches of a batch, at the starts that it has or else those that the model finds."""
    starts = batch.starts
    if starts is None:
        starts = starts_of(model, batch.ids)
        real = torch.cat([batch.kinds != 255, batch.kinds.new_zeros(batch.kinds.shape[0], 1).bool()], dim=1)
        starts[:, 2:] &= real[:, 2:]  # padding stays in the last patch
    found = PatchedBytes.from_starts(batch.ids, starts)
    return replace(found, patches=-(-found.patches // _GRAIN) * _GRAIN)


class Totals:
    """What the losses of a step are divided by, whatever batches it is split into."""

    def __init__(self, parcel: list[Batch]) -> None:
        self.bytes = max(1, sum(int((batch.kinds != 255).sum()) for batch in parcel))
        self.weight = max(1e-9, sum(batch.weights.sum().item() for batch in parcel))
        self.choices = max(1, sum(batch.positions.numel() for batch in parcel))


def add_gradient(
    model: ByteLatentTransformer,
    part: Part,
    batch: Batch,
    grounded_weight: float,
    totals: Totals,
    meter: Meter,
) -> None:
    """Add a batch's share of the step's gradient: sums over its own, divided by the totals of the step.

    Raises TrainingError where the loss is not finite.
    """
    if part == "entropy":
        # The entropy model learns every byte alike: a patch boundary is a surprise anywhere.
        logits = model.entropy_model(batch.ids)
        weights = (batch.kinds != 255).float()
    else:
        cut = patched(model, batch)
        meter.patches += int((cut.patch_ids[:, -1] + 1).sum())
        logits, weights = model(cut, batch.allowed), batch.weights
    total, losses = weighted_cross_entropy(logits, batch.targets, weights)
    loss = total / (totals.bytes if part == "entropy" else totals.weight)
    meter.add(losses, batch)
    if part == "blt" and grounded_weight and batch.positions.numel():
        targets = batch.targets.view(-1)[batch.positions]
        grounded = grounded_loss(logits, batch.positions, batch.choices, targets)
        loss = loss + grounded_weight * grounded / totals.choices
        picked = logits.detach().reshape(-1, logits.shape[-1])[batch.positions]
        chosen = picked.masked_fill(~batch.choices, float("-inf")).argmax(-1)
        meter.right += int((chosen == targets).sum())
        meter.choices += len(targets)
    if not math.isfinite(loss.item()):
        raise TrainingError(f"the loss of the {part} model is {loss.item()}")
    torch.autograd.backward(loss)
