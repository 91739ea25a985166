"""Bits per byte of documents that are kept out of training.

Documents are read as they are in training, each byte once. Where some have answers, the answers alone decide
which weights are best: they are what is asked of the model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from bltgen.model.blt import ByteLatentTransformer
from bltgen.training.batches import PROSE, KindWeights, TrainingDocument, collate
from bltgen.training.objective import bits_per_byte, weighted_cross_entropy
from bltgen.training.settings import Part, TrainConfig
from bltgen.training.step import autocast, patched

__all__ = ["Validated", "documents_fingerprint", "validated"]

BATCH_BYTES = 8_192


@dataclass(frozen=True)
class Validated:
    """Bits per byte of all bytes (ends of texts too), and of those of answers (None: there are none)."""

    bits_per_byte: float
    answer_bits_per_byte: float | None

    @property
    def decisive(self) -> float:
        """What weights are compared by; less is better."""
        return self.bits_per_byte if self.answer_bits_per_byte is None else self.answer_bits_per_byte

    def record(self) -> dict[str, float]:
        """By name, as logged."""
        found = {"validation_bits_per_byte": self.bits_per_byte}
        if self.answer_bits_per_byte is not None:
            found["validation_answer_bits_per_byte"] = self.answer_bits_per_byte
        return {name: round(value, 4) for name, value in found.items()}


@torch.no_grad()
def validated(
    model: ByteLatentTransformer, part: Part, documents: Sequence[TrainingDocument], config: TrainConfig
) -> Validated:
    """Read the documents with a part of the model; those beyond `config.longest` bytes are cut."""
    device = next(model.parameters()).device
    nats = answer_nats = 0.0
    count = answer_count = 0
    ordered = sorted(documents, key=lambda document: len(document.prompt) + len(document.answer))
    for group in _groups(ordered, config.longest):
        batch = collate(group, KindWeights(), config.longest).to(device)
        with autocast(device, config.precision):
            if part == "entropy":
                logits = model.entropy_model(batch.ids)
            else:
                logits = model(patched(model, batch), batch.allowed)
        _, losses = weighted_cross_entropy(logits, batch.targets, batch.weights)
        real = batch.weights > 0  # not what stands first in a window: nothing tells it
        answer = real & (batch.kinds != PROSE)
        nats += losses[real].double().sum().item()
        answer_nats += losses[answer].double().sum().item()
        count += int(real.sum())
        answer_count += int(answer.sum())
    of_answers = bits_per_byte(answer_nats, answer_count) if answer_count else None
    return Validated(bits_per_byte(nats, count), of_answers)


def _groups(ordered: Sequence[TrainingDocument], longest: int) -> list[list[TrainingDocument]]:
    """Batches of about `BATCH_BYTES` bytes, padding included; documents come shortest first."""
    groups: list[list[TrainingDocument]] = []
    for document in ordered:
        size = min(longest, len(document.prompt) + len(document.answer)) + 1
        if not groups or size * (len(groups[-1]) + 1) > BATCH_BYTES:
            groups.append([])
        groups[-1].append(document)
    return groups


def documents_fingerprint(documents: Sequence[TrainingDocument]) -> str | None:
    """Names the documents; None where there are none."""
    if not documents:
        return None
    digest = hashlib.sha256()
    for document in documents:
        for part in (document.prompt, document.answer):
            digest.update(len(part).to_bytes(8, "big") + part)
    return f"{len(documents)} documents, sha256 {digest.hexdigest()[:16]}"
