"""One training run, read top to bottom: first the entropy model, then the BLT on the patches it cuts.

A run lives in a folder. `checkpoint.safetensors` there holds weights, optimiser state and the
step, replaced atomically; a run that is killed and started again goes on from it and ends with
the same weights as one that was never stopped, because a batch depends on (seed, step) alone. The
checkpoint is bound to the model, the configuration and the data: with others it is not resumed.
`before_decay.safetensors` is the state before the learning rate fell, from which a longer run can go on;
`log.jsonl` has one line a report; `model/` is the finished model.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from tqdm import tqdm

from bltgen.errors import CheckpointError
from bltgen.model.blt import ByteLatentTransformer, PatchedBytes
from bltgen.model.checkpoint import save_model
from bltgen.model.config import BLTConfig
from bltgen.model.devices import device_of
from bltgen.model.patcher import patch_starts
from bltgen.model.safetensors_file import read_tensors, write_tensors
from bltgen.training.batches import VALUE, Batch, KindWeights, Mixture, StepBatches, batches
from bltgen.training.calibration import calibrated, check_patch_bytes
from bltgen.training.identity import differences, fingerprint, weights_fingerprint
from bltgen.training.muon import Muon
from bltgen.training.objective import bits_per_byte, grounded_loss, weighted_cross_entropy

__all__ = ["Part", "Stage", "TrainConfig", "learning_rate_factor", "train"]

Part = Literal["entropy", "blt"]


@dataclass(frozen=True)
class Stage:
    """From `start_bytes` on, documents come from `mixture` (until the next stage begins)."""

    start_bytes: int
    mixture: Mixture
    weights: KindWeights = field(default_factory=KindWeights)
    grounded_weight: float = 0.0


@dataclass(frozen=True)
class TrainConfig:
    """How long, how fast, how large.

    `step_bytes`: bytes per optimiser step; `longest`: documents are cut there; learning rates rise
    over `warmup_steps`, hold, and fall linearly to zero over the last `decay` of a part's bytes.
    `patch_bytes`: once the entropy model is trained, the patcher's threshold is set so that a patch of the
    data holds so many bytes on average; None keeps the threshold of the model's config.
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
    checkpoint_seconds: float = 120.0
    report_steps: int = 25
    precision: Literal["float32", "bfloat16"] = "float32"
    patch_bytes: float | None = None

    def part_bytes(self, part: Part) -> int:
        """The bytes a part is trained on."""
        return self.entropy_bytes if part == "entropy" else self.blt_bytes


def learning_rate_factor(step: int, seen: int, total: int, warmup_steps: int, decay: float) -> float:
    """Warm-up, plateau, linear decay: the factor on the learning rate before a step.

    >>> [learning_rate_factor(s, s, 100, 10, 0.5) for s in (0, 50, 75, 100)]
    [0.1, 1.0, 0.5, 0.0]
    """
    rise = min(1.0, (step + 1) / max(1, warmup_steps))
    fall = (total - seen) / (decay * total) if decay > 0 else 1.0
    return max(0.0, min(rise, fall, 1.0))


class _Optimisers:
    """Muon for hidden matrices, AdamW for embeddings, heads and norms; one state to save."""

    def __init__(self, named: list[tuple[str, nn.Parameter]], config: TrainConfig) -> None:
        def is_hidden(name: str, parameter: nn.Parameter) -> bool:
            return parameter.ndim == 2 and "embedding" not in name and "head" not in name

        hidden = [parameter for name, parameter in named if is_hidden(name, parameter)]
        other = [parameter for name, parameter in named if not is_hidden(name, parameter)]
        self.parts: tuple[torch.optim.Optimizer, ...] = (
            Muon(hidden, lr=config.learning_rate, weight_decay=config.weight_decay),
            torch.optim.AdamW(other, lr=config.embedding_learning_rate, betas=(0.9, 0.98), weight_decay=0.0),
        )
        self.base = [[group["lr"] for group in part.param_groups] for part in self.parts]

    def step(self, factor: float) -> None:
        for part, rates in zip(self.parts, self.base, strict=True):
            for group, rate in zip(part.param_groups, rates, strict=True):
                group["lr"] = rate * factor
            part.step()
            part.zero_grad(set_to_none=True)

    def tensors(self) -> dict[str, Tensor]:
        return {
            f"optimiser.{number}.{index}.{name}": value if isinstance(value, Tensor) else torch.tensor(value)
            for number, part in enumerate(self.parts)
            for index, state in part.state_dict()["state"].items()
            for name, value in state.items()
        }

    def load(self, tensors: dict[str, Tensor]) -> None:
        for number, part in enumerate(self.parts):
            state: dict[int, dict[str, Tensor]] = {}
            for key, value in tensors.items():
                head, _, rest = key.partition(".")
                if head == "optimiser":
                    owner, index, name = rest.split(".", 2)
                    if int(owner) == number:
                        state.setdefault(int(index), {})[name] = value
            part.load_state_dict({"state": state, "param_groups": part.state_dict()["param_groups"]})


def _trained(model: ByteLatentTransformer, part: Part) -> list[tuple[str, nn.Parameter]]:
    return [
        (name, parameter)
        for name, parameter in model.named_parameters()
        if name.startswith("entropy_model.") == (part == "entropy")
    ]


@dataclass
class _Meter:
    """Sums over the steps since the last report."""

    nats: float = 0.0
    count: int = 0
    value_nats: float = 0.0
    value_count: int = 0
    right: int = 0
    choices: int = 0
    patches: int = 0

    def add(self, losses: Tensor, batch: Batch) -> None:
        real, value = batch.kinds != 255, batch.kinds == VALUE
        self.nats += losses[real].sum().item()
        self.count += int(real.sum())
        self.value_nats += losses[value].sum().item()
        self.value_count += int(value.sum())

    def report(self) -> dict[str, float]:
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
def _starts(model: ByteLatentTransformer, ids: Tensor) -> Tensor:
    """Where patches begin, cut as the decoder will cut them: in float32."""
    ids = ids.to(next(model.parameters()).device)
    with torch.autocast(ids.device.type, enabled=False):
        return patch_starts(model.config.patcher, ids, model.entropies(ids))


def _patched(model: ByteLatentTransformer, batch: Batch) -> PatchedBytes:
    starts = batch.starts
    if starts is None:
        starts = _starts(model, batch.ids)
        real = torch.cat([batch.kinds != 255, batch.kinds.new_zeros(batch.kinds.shape[0], 1).bool()], dim=1)
        starts[:, 2:] &= real[:, 2:]  # padding stays in the last patch
    patched = PatchedBytes.from_starts(batch.ids, starts)
    return replace(patched, patches=-(-patched.patches // _GRAIN) * _GRAIN)


class _Totals:
    """What the losses of a step are divided by, whatever batches it is split into."""

    def __init__(self, parcel: list[Batch]) -> None:
        self.bytes = max(1, sum(int((batch.kinds != 255).sum()) for batch in parcel))
        self.weight = max(1e-9, sum(batch.weights.sum().item() for batch in parcel))
        self.choices = max(1, sum(batch.positions.numel() for batch in parcel))


def _backward(
    model: ByteLatentTransformer,
    part: Part,
    batch: Batch,
    grounded_weight: float,
    totals: _Totals,
    meter: _Meter,
) -> None:
    """Add a batch's share of the step's gradient: sums over its own, divided by the totals of the step."""
    if part == "entropy":
        # The entropy model learns every byte alike: a patch boundary is a surprise anywhere.
        logits = model.entropy_model(batch.ids)
        weights = (batch.kinds != 255).float()
    else:
        patched = _patched(model, batch)
        meter.patches += int((patched.patch_ids[:, -1] + 1).sum())
        logits, weights = model(patched, batch.allowed), batch.weights
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
        raise FloatingPointError(f"the loss of the {part} model is {loss.item()}; lower the learning rate")
    torch.autograd.backward(loss)


def _stage_at(stages: tuple[Stage, ...], seen: int) -> Stage:
    return [stage for stage in stages if stage.start_bytes <= seen][-1]


def train(
    model_config: BLTConfig,
    config: TrainConfig,
    stages: tuple[Stage, ...],
    folder: Path,
    *,
    device: str = "cpu",
    progress: bool = True,
    parts: tuple[Part, ...] = ("entropy", "blt"),
    initial: ByteLatentTransformer | None = None,
) -> ByteLatentTransformer:
    """Train, or go on training, the run in `folder`; the finished model is also saved in `folder/model`.

    `stages` apply to the BLT; the entropy model is trained on the last stage's mixture. `initial`: begin
    from the weights of this model instead of random ones; it must have the config `model_config`, or
    lack only the mask input, which then begins at zero. Raises CheckpointError where the folder's
    checkpoint is unreadable, or of another model, configuration or data (each difference is named),
    ValueError where `initial` has another shape or `config.patch_bytes` cannot be reached,
    DeviceNotAvailable.
    """
    if config.patch_bytes is not None:
        check_patch_bytes(model_config.patcher, config.patch_bytes)
    identity = _identity(model_config, config, stages, parts, initial)
    torch.manual_seed(config.seed)
    model = ByteLatentTransformer(model_config).to(device_of(device))
    if initial is not None:
        model.load_state_dict(_initial_weights(initial, model_config))
    file = folder / "checkpoint.safetensors"
    position: dict[str, Any] = {"part": parts[0], "step": 0, "bytes": 0}
    saved: dict[str, Tensor] = {}
    if file.exists():
        saved, metadata = read_tensors(file)
        position = _restore(model, saved, metadata, identity, file)
    for part in parts[parts.index(position["part"]) :]:
        if part == "blt" and config.patch_bytes is not None and not position["bytes"]:
            _calibrate(model, config, stages[-1], folder)
        _train_part(model, part, config, stages, folder, position, saved, identity, progress)
        position, saved = {"part": "blt", "step": 0, "bytes": 0}, {}
    model.eval()
    save_model(model, folder / "model")
    return model


def _initial_weights(initial: ByteLatentTransformer, expected: BLTConfig) -> dict[str, Tensor]:
    if expected.mask_conditioning and not initial.mask_conditioning:
        initial = initial.with_mask_conditioning()
    if initial.config != expected:
        raise ValueError(f"the initial model has another config: {initial.config}, not {expected}")
    return initial.state_dict()


_FREE = ("checkpoint_seconds", "report_steps")
"""Settings that change nothing of what is learnt: a run may go on with others."""


def _identity(
    model_config: BLTConfig,
    config: TrainConfig,
    stages: tuple[Stage, ...],
    parts: tuple[Part, ...],
    initial: ByteLatentTransformer | None,
) -> dict[str, Any]:
    """What the run is bound to, as it stands in a checkpoint."""
    found = {
        "model": model_config.to_dict(),
        "training": {name: value for name, value in asdict(config).items() if name not in _FREE},
        "data": fingerprint(stages),
        "parts": list(parts),
        "initial": None if initial is None else weights_fingerprint(initial),
    }
    as_stored: dict[str, Any] = json.loads(json.dumps(found))
    return as_stored


def _restore(
    model: ByteLatentTransformer,
    saved: dict[str, Tensor],
    metadata: dict[str, Any],
    identity: dict[str, Any],
    file: Path,
) -> dict[str, Any]:
    if not {"config", "position", "identity"} <= metadata.keys():
        raise CheckpointError(f"{file}: not a training checkpoint, or one of an earlier version of bltgen")
    found = list(differences(metadata["identity"], identity))
    if found:
        more = f" (and {len(found) - 5} more)" if len(found) > 5 else ""
        raise CheckpointError(
            f"{file}: belongs to another run: {'; '.join(found[:5])}{more}. Go on with what the run "
            "began with, or choose another folder"
        )
    model.config = BLTConfig.from_dict(metadata["config"])  # its threshold may have been set from the data
    weights = {name[len("model.") :]: value for name, value in saved.items() if name.startswith("model.")}
    model.load_state_dict(weights)
    position: dict[str, Any] = metadata["position"]
    return position


CALIBRATION_BYTES = 100_000
"""Of the data that a threshold is set from: 25,000 patches of 4 bytes."""


def _calibrate(model: ByteLatentTransformer, config: TrainConfig, stage: Stage, folder: Path) -> None:
    """Set the patcher's threshold from the data, drawn apart from the batches of any step."""
    assert config.patch_bytes is not None
    device = next(model.parameters()).device
    sample = batches(stage.mixture, config.seed, -1, CALIBRATION_BYTES, stage.weights, config.longest, 16)
    patcher = calibrated(model, [batch.to(device) for batch in sample], config.patch_bytes)
    model.config = replace(model.config, patcher=patcher)
    _log(
        folder, {"part": "patcher", "threshold": patcher.threshold, "wished_patch_bytes": config.patch_bytes}
    )


def _train_part(
    model: ByteLatentTransformer,
    part: Part,
    config: TrainConfig,
    stages: tuple[Stage, ...],
    folder: Path,
    position: dict[str, Any],
    saved: dict[str, Tensor],
    identity: dict[str, Any],
    progress: bool,
) -> None:
    named = _trained(model, part)
    device = named[0][1].device
    optimisers = _Optimisers(named, config)
    optimisers.load(saved)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith("entropy_model.") == (part == "entropy"))
    total, seen, step = config.part_bytes(part), int(position["bytes"]), int(position["step"])
    meter, last_save = _Meter(), time.monotonic()
    feed: StepBatches | None = None

    def save(name: str = "checkpoint") -> None:
        tensors = {
            f"model.{name}": value for name, value in model.state_dict().items()
        } | optimisers.tensors()
        here = {"part": part, "step": step, "bytes": seen}
        metadata = {"config": model.config.to_dict(), "position": here, "identity": identity}
        write_tensors(folder / f"{name}.safetensors", tensors, metadata)

    before_decay = folder / "before_decay.safetensors"
    with _bar(part, total, seen, progress) as bar:
        while seen < total:
            if part == "blt" and seen >= total * (1 - config.decay) and not before_decay.exists():
                save(before_decay.stem)
            begun = StepBatches.first_of_group(step) * config.step_bytes
            stage = stages[-1] if part == "entropy" else _stage_at(stages, begun)
            if feed is None or feed.mixture is not stage.mixture:
                feed = StepBatches(
                    stage.mixture,
                    config.seed,
                    config.step_bytes,
                    stage.weights,
                    config.longest,
                    partial(_starts, model) if part == "blt" else None,
                )
            parcel = feed.of_step(step)
            totals = _Totals(parcel)
            with torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bfloat16"):
                for batch in parcel:
                    _backward(model, part, batch.to(device), stage.grounded_weight, totals, meter)
            nn.utils.clip_grad_norm_([parameter for _, parameter in named], config.clip)
            optimisers.step(learning_rate_factor(step, seen, total, config.warmup_steps, config.decay))
            step, gained = step + 1, sum(batch.byte_count for batch in parcel)
            seen += gained
            bar.update(gained)
            if step % config.report_steps == 0:
                report = meter.report()
                bar.set_postfix({name: f"{value:.3f}" for name, value in report.items()})
                _log(folder, {"part": part, "step": step, "bytes": seen, **report})
                meter = _Meter()
            if time.monotonic() - last_save > config.checkpoint_seconds:
                save()
                last_save = time.monotonic()
    save()


def _bar(part: Part, total: int, seen: int, progress: bool) -> Any:
    return tqdm(
        total=total, initial=seen, desc=part, unit="B", unit_scale=True, disable=not progress, mininterval=1.0
    )


def _log(folder: Path, record: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log.jsonl").open("a") as file:
        file.write(json.dumps(record) + "\n")


def read_log(folder: Path) -> Iterator[dict[str, Any]]:
    """The reports of a run, oldest first."""
    for line in (folder / "log.jsonl").read_text().splitlines():
        yield json.loads(line)
