"""One training run, read top to bottom: first the entropy model, then the BLT on the patches it cuts.

A run lives in a folder (`run_folder`). Its checkpoint holds weights, optimiser state and position, replaced
atomically; a run that is killed and started again goes on from it and ends with the same weights and the same
log as one that was never stopped, because a batch depends on (seed, step) alone. The checkpoint is bound to
the model, the configuration and the data: with others it is not resumed.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from tqdm import tqdm

from bltgen.errors import CheckpointError, TrainingError
from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.checkpoint import save_model
from bltgen.model.config import BLTConfig
from bltgen.model.devices import device_of
from bltgen.model.safetensors_file import read_tensors
from bltgen.training.batches import Mixture, StepBatches, TrainingDocument, batches
from bltgen.training.calibration import calibrated, check_patch_bytes
from bltgen.training.corpus import Corpus
from bltgen.training.estimate import duration, seconds_of_part
from bltgen.training.identity import differences, fingerprint, weights_fingerprint
from bltgen.training.loss_picture import check_picture, draw_losses
from bltgen.training.low_rank import merged, with_low_rank
from bltgen.training.optimisers import Optimisers
from bltgen.training.run_folder import RunFolder, read_log
from bltgen.training.samples import sample
from bltgen.training.settings import Part, Stage, TrainConfig, learning_rate_factor, stage_at
from bltgen.training.step import Meter, Totals, add_gradient, autocast, starts_of
from bltgen.training.tensorboard import TensorBoardLog
from bltgen.training.validation import documents_fingerprint, validated

__all__ = ["Part", "Stage", "TrainConfig", "read_log", "train"]


def train(
    model_config: BLTConfig,
    config: TrainConfig,
    data: Corpus | Mixture | Sequence[Stage],
    folder: str | Path,
    *,
    device: str = "cpu",
    progress: bool = True,
    parts: tuple[Part, ...] = ("entropy", "blt"),
    initial: ByteLatentTransformer | None = None,
    validation: Sequence[TrainingDocument] = (),
    tensorboard: bool = False,
    picture: bool = False,
) -> ByteLatentTransformer:
    """Train, or go on training, the run in `folder`; the finished model is also saved in `folder/model`.

    `data`: a corpus, a mixture of documents, or stages of them, which apply to the BLT; the entropy model is
    trained on the last one. `initial`: begin from the weights of this model instead of random ones; it must
    have the config `model_config`, or lack only the mask input, which then begins at zero. `validation`:
    documents that are not trained on, besides those of a corpus; each part ends with the weights that read
    them best. `tensorboard`: log for it, too, in `folder/tensorboard`. `picture`: draw the losses in
    `folder/loss.png`. `progress`: tell the time that it will take, and show how it goes.

    Raises CheckpointError where the folder's checkpoint is unreadable, or of another model, configuration or
    data (each difference is named); TrainingError where the loss is not finite, a file cannot be written or
    another process is at work in the folder: what was saved before stays; ValueError where `initial` has
    another shape or `config.patch_bytes` cannot be reached; DeviceNotAvailable; ImportError.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     text, run = Path(place) / "text", Path(place) / "run"
    ...     _ = text.write_text("the cat sat on the mat. " * 50)
    ...     config = TrainConfig(entropy_bytes=600, blt_bytes=900, step_bytes=100, longest=100)
    ...     _ = train(BLTConfig.tiny(), config, Corpus.of([text], window=100), run, progress=False)
    ...     sorted(file.name for file in run.iterdir() if not file.name.startswith("."))
    ['before_decay.safetensors', 'checkpoint.safetensors', 'model']
    """
    if isinstance(data, Corpus):
        if data.longest > config.longest:
            raise ValueError(f"longest={config.longest}: the corpus has documents of {data.longest} bytes")
        validation = [*data.validation, *validation]
        data = data.stages
    stages = (Stage(0, data),) if isinstance(data, Mixture) else tuple(data)
    if config.patch_bytes is not None and "entropy" in parts:
        check_patch_bytes(model_config.patcher, config.patch_bytes)
    if config.low_rank is not None and (initial is None or tuple(parts) != ("blt",)):
        raise ValueError(
            f'low_rank={config.low_rank}: needs an initial model to stay beside, and parts=("blt",)'
        )
    if tensorboard:
        TensorBoardLog.check()
    if picture:
        check_picture()
    identity = _identity(model_config, config, stages, parts, initial, validation)
    model = _begun(model_config, config, initial, device)
    with RunFolder.held(Path(folder)) as held:
        run = _Run(model, config, stages, held, identity, validation, progress)
        run.restore(parts)
        if tensorboard:
            held.listeners.append(TensorBoardLog(held.path))
        if picture:
            held.listeners.append(partial(_draw, held.path))
        if progress:
            held.listeners.append(_tell)
        run.tell_time(parts)
        for part in parts[parts.index(run.position.part) :]:
            run.train_part(part)
        model = run.finish()
        if picture:
            _draw(held.path)
        return model


def _begun(
    model_config: BLTConfig, config: TrainConfig, initial: ByteLatentTransformer | None, device: str
) -> ByteLatentTransformer:
    """The model before its first step."""
    target = device_of(device)
    torch.manual_seed(config.seed)
    if initial is None:
        return ByteLatentTransformer(model_config).to(target)
    if model_config.mask_conditioning and not initial.mask_conditioning:
        initial = initial.with_mask_conditioning()
    if initial.config != model_config:
        raise ValueError(f"the initial model has another config: {initial.config}, not {model_config}")
    if config.low_rank is None:
        model = ByteLatentTransformer(model_config).to(target)
        model.load_state_dict(initial.state_dict())
        return model
    # The frozen weights are the initial model's own, in its dtype: nothing large is copied.
    with torch.device("meta"):
        model = ByteLatentTransformer(model_config)
    model.load_state_dict(initial.state_dict(), assign=True)
    return with_low_rank(model.to(target), config.low_rank, config.low_rank_scale)


@dataclass
class Position:
    """Where a run stands, as it is kept in its checkpoint.

    `log_bytes`: how long the log was; `looked`, `next_look`: at which bytes this part was looked at last, and
    will be; `best`, `best_step`: the validation that its best weights had, and when; `stale`: validations
    since; `meter`: what the next report is summed from.
    """

    part: Part
    step: int = 0
    bytes: int = 0
    log_bytes: int | None = None
    looked: int = -1
    next_look: int = 0
    best: float | None = None
    best_step: int = 0
    stale: int = 0
    stopped: bool = False
    meter: dict[str, Any] = field(default_factory=dict)


class _Run:
    def __init__(
        self,
        model: ByteLatentTransformer,
        config: TrainConfig,
        stages: tuple[Stage, ...],
        folder: RunFolder,
        identity: dict[str, Any],
        validation: Sequence[TrainingDocument],
        progress: bool,
    ) -> None:
        self.model, self.config, self.stages, self.folder = model, config, stages, folder
        self.identity, self.validation, self.progress = identity, validation, progress
        self.position = Position("blt")
        self.saved: dict[str, Tensor] = {}
        self.last_save = time.monotonic()
        self.last_saved_step: int | None = None

    def restore(self, parts: Sequence[Part]) -> None:
        """Take up the run where its checkpoint left it, if there is one."""
        self.position = Position(parts[0])
        file = self.folder.checkpoint
        if not file.exists():
            self.folder.cut_log(0)
            return
        tensors, metadata = read_tensors(file)
        if not {"config", "position", "identity"} <= metadata.keys():
            raise CheckpointError(
                f"{file}: not a training checkpoint, or one of an earlier version of bltgen"
            )
        self._check_identity(metadata["identity"], file)
        unknown = metadata["position"].keys() - {one.name for one in fields(Position)}
        if unknown:
            raise CheckpointError(f"{file}: of a newer version of bltgen ({', '.join(sorted(unknown))})")
        self.position = Position(**metadata["position"])
        self._load(tensors, metadata)
        self.saved, self.last_saved_step = tensors, self.position.step
        if self.position.log_bytes is not None:
            self.folder.cut_log(self.position.log_bytes)

    def _check_identity(self, kept: dict[str, Any], file: Path) -> None:
        # A setting that a checkpoint does not know had its default, which changes nothing.
        defaults = TrainConfig(entropy_bytes=1, blt_bytes=1).bound()
        kept = {**kept, "training": {**defaults, **kept["training"]}}
        found = list(differences(kept, self.identity))
        if found:
            more = f" (and {len(found) - 5} more)" if len(found) > 5 else ""
            raise CheckpointError(
                f"{file}: belongs to another run: {'; '.join(found[:5])}{more}. Go on with what the run "
                "began with, or choose another folder"
            )

    def _load(self, tensors: dict[str, Tensor], metadata: dict[str, Any]) -> None:
        self.model.config = BLTConfig.from_dict(metadata["config"])  # its threshold may be set from the data
        weights = {
            name[len("model.") :]: value for name, value in tensors.items() if name.startswith("model.")
        }
        self.model.load_state_dict(weights, strict=self.config.low_rank is None)

    def _weights(self) -> dict[str, Tensor]:
        """What a checkpoint keeps of the model: all, or where most of it is frozen what is not."""
        state = self.model.state_dict()
        if self.config.low_rank is not None:
            learnt = [name for name, parameter in self.model.named_parameters() if parameter.requires_grad]
            state = {name: state[name] for name in learnt}
        return {f"model.{name}": value for name, value in state.items()}

    def save(self, optimisers: Optimisers, meter: Meter, file: Path | None = None) -> None:
        """Write a checkpoint of here."""
        position = replace(self.position, log_bytes=self.folder.log_bytes(), meter=asdict(meter))
        metadata = {
            "config": self.model.config.to_dict(),
            "position": asdict(position),
            "identity": self.identity,
        }
        self.folder.write(file or self.folder.checkpoint, self._weights() | optimisers.tensors(), metadata)
        if file is None:
            self.last_save, self.last_saved_step = time.monotonic(), self.position.step

    def trained(self, part: Part) -> list[tuple[str, nn.Parameter]]:
        """The parameters of a part, by name; all others are frozen."""
        if self.config.low_rank is None:
            for name, parameter in self.model.named_parameters():
                parameter.requires_grad_(name.startswith("entropy_model.") == (part == "entropy"))
        return [(name, p) for name, p in self.model.named_parameters() if p.requires_grad]

    def tell_time(self, parts: Sequence[Part]) -> None:
        """Say how long what is left will take on this machine."""
        if not self.progress:
            return
        told, total = [], 0.0
        for part in parts[parts.index(self.position.part) :]:
            seen = self.position.bytes if part == self.position.part else 0
            left = self.config.part_bytes(part) - seen
            if left > 0 and not (part == self.position.part and self.position.stopped):
                named, stage = self.trained(part), self.stages[-1]
                seconds = seconds_of_part(self.model, part, named, self.config, stage, left, self.validation)
                told.append(f"{NAMES[part]} {duration(seconds)}")
                total += seconds
        if told:
            tqdm.write(
                f"{self.folder.path}: about {duration(total)} on this machine ({', '.join(told)})",
                file=sys.stderr,
            )

    def train_part(self, part: Part) -> None:
        """Train one of the models to its end, or to where it stops getting better."""
        if self.position.part != part:
            self.position, self.saved = Position(part), {}
        if part == "blt" and self.config.patch_bytes is not None and not self.position.bytes:
            self._calibrate()
        here, config = self.position, self.config
        named = self.trained(part)
        optimisers = Optimisers(named, config)
        optimisers.load(self.saved)
        total = config.part_bytes(part)
        meter = Meter(**here.meter)
        feed: StepBatches | None = None
        with _bar(part, total, here.bytes, self.progress) as bar:
            while True:
                if here.bytes >= min(here.next_look, total) and here.bytes != here.looked:
                    if time.monotonic() - self.last_save > config.checkpoint_seconds / 2:
                        self.save(optimisers, meter)
                    self._look(part)
                if here.bytes >= total or here.stopped:
                    break
                decays = here.bytes >= total * (1 - config.decay)
                if part == "blt" and decays and not self.folder.before_decay.exists():
                    self.save(optimisers, meter, self.folder.before_decay)
                begun = StepBatches.first_of_group(here.step) * config.step_bytes
                stage = self.stages[-1] if part == "entropy" else stage_at(self.stages, begun)
                if feed is None or feed.mixture is not stage.mixture:
                    feed = self._feed(part, stage)
                gained = self._step(part, stage, feed, named, optimisers, meter)
                bar.update(gained)
                if here.step % config.report_steps == 0:
                    report = meter.report()
                    bar.set_postfix({name: f"{value:.3f}" for name, value in report.items()})
                    self.folder.log({"part": part, "step": here.step, "bytes": here.bytes, **report})
                    meter = Meter()
                if time.monotonic() - self.last_save > config.checkpoint_seconds:
                    self.save(optimisers, meter)
        self.save(optimisers, meter)
        if part == "blt" and here.best is not None and here.best_step != here.step:
            self._save_model(self.folder.path / "last")
        self._take_best()

    def _step(
        self,
        part: Part,
        stage: Stage,
        feed: StepBatches,
        named: Sequence[tuple[str, nn.Parameter]],
        optimisers: Optimisers,
        meter: Meter,
    ) -> int:
        """One step of the optimiser; the bytes that it read. Weights that are not finite never arise."""
        here, config, device = self.position, self.config, named[0][1].device
        parcel = feed.of_step(here.step)
        totals = Totals(parcel)
        try:
            with autocast(device, config.precision):
                for batch in parcel:
                    add_gradient(self.model, part, batch.to(device), stage.grounded_weight, totals, meter)
            norm = nn.utils.clip_grad_norm_([parameter for _, parameter in named], config.clip)
            if not math.isfinite(norm.item()):
                raise TrainingError(f"the gradient of the {part} model is {norm.item()}")
        except TrainingError as error:
            raise self._diverged(error) from None
        total = config.part_bytes(part)
        optimisers.step(learning_rate_factor(here.step, here.bytes, total, config.warmup_steps, config.decay))
        gained = sum(batch.byte_count for batch in parcel)
        here.step, here.bytes = here.step + 1, here.bytes + gained
        return gained

    def _diverged(self, error: TrainingError) -> TrainingError:
        kept = "nothing was saved yet"
        if self.last_saved_step is not None:
            kept = f"the checkpoint of step {self.last_saved_step} is kept"
        return TrainingError(
            f"{self.folder.path}: {error} at step {self.position.step}; {kept}. A lower learning "
            "rate may help; a run in another folder may begin from the weights of this one (--init)"
        )

    def _feed(self, part: Part, stage: Stage) -> StepBatches:
        config = self.config
        starts = partial(starts_of, self.model) if part == "blt" else None
        return StepBatches(
            stage.mixture, config.seed, config.step_bytes, stage.weights, config.longest, starts
        )

    def _look(self, part: Part) -> None:
        """Validate, keep the best weights, and write samples."""
        here, config = self.position, self.config
        every = config.look_bytes(part)
        here.looked, here.next_look = here.bytes, (here.bytes // every + 1) * every
        if not here.bytes and self.identity["initial"] is None:
            return  # random weights
        if self.validation:
            found = validated(self.model, part, self.validation, config)
            self.folder.log({"part": part, "step": here.step, "bytes": here.bytes, **found.record()})
            if here.best is None or found.decisive < here.best:
                here.best, here.best_step, here.stale = found.decisive, here.step, 0
                metadata = {"config": self.model.config.to_dict(), "part": part, "step": here.step}
                self.folder.write(self.folder.best, self._weights(), metadata)
            else:
                here.stale += 1
                here.stopped = config.patience is not None and here.stale >= config.patience
        if part == "blt":
            for prompt in config.sample_prompts:
                said = sample(self.model, prompt.encode(), config, config.seed + here.step)
                text = said.decode(errors="backslashreplace")
                self.folder.log({"part": "sample", "step": here.step, "prompt": prompt, "text": text})

    def _take_best(self) -> None:
        """Go on with the weights that validated best, if any did."""
        if self.position.best is not None:
            tensors, metadata = read_tensors(self.folder.best)
            if metadata.get("part") != self.position.part:
                raise CheckpointError(f"{self.folder.best}: is not of this run")
            self._load(tensors, metadata)

    def _calibrate(self) -> None:
        """Set the patcher's threshold from the data, drawn apart from the batches of any step."""
        config, stage = self.config, self.stages[-1]
        assert config.patch_bytes is not None
        device = next(self.model.parameters()).device
        drawn = batches(stage.mixture, config.seed, -1, CALIBRATION_BYTES, stage.weights, config.longest, 16)
        patcher = calibrated(self.model, [batch.to(device) for batch in drawn], config.patch_bytes)
        self.model.config = replace(self.model.config, patcher=patcher)
        self.folder.log(
            {"part": "patcher", "threshold": patcher.threshold, "wished_patch_bytes": config.patch_bytes}
        )

    def finish(self) -> ByteLatentTransformer:
        """The model, saved."""
        return self._save_model(self.folder.path / "model").eval()

    def _save_model(self, place: Path) -> ByteLatentTransformer:
        model = self.model if self.config.low_rank is None else merged(self.model)
        try:
            save_model(model, place)
        except (OSError, SafetensorError) as error:
            raise self.folder.unwritable(place, error) from error
        return model


NAMES = {"entropy": "entropy model", "blt": "transformer"}

CALIBRATION_BYTES = 100_000
"""Of the data that a threshold is set from: 25,000 patches of 4 bytes."""


def _identity(
    model_config: BLTConfig,
    config: TrainConfig,
    stages: tuple[Stage, ...],
    parts: tuple[Part, ...],
    initial: ByteLatentTransformer | None,
    validation: Sequence[TrainingDocument],
) -> dict[str, Any]:
    """What the run is bound to, as it stands in a checkpoint."""
    found = {
        "model": model_config.to_dict(),
        "training": config.bound(),
        "data": fingerprint(stages),
        "validation": documents_fingerprint(validation),
        "parts": list(parts),
        "initial": None if initial is None else weights_fingerprint(initial),
    }
    as_stored: dict[str, Any] = json.loads(json.dumps(found))
    return as_stored


def _draw(folder: Path, record: dict[str, Any] | None = None) -> None:
    """Draw the losses, at each validation and at the end."""
    if record is None or "validation_bits_per_byte" in record:
        draw_losses(folder, folder / "loss.png")


def _tell(record: dict[str, Any]) -> None:
    """Show validations and samples as they are logged."""
    if record["part"] == "sample":
        text = f"{record['prompt']}|{record['text']}"
        # Control characters are shown, not obeyed.
        text = "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text)
        shown = "  " + text.replace("\n", "\n  ")
    elif "validation_bits_per_byte" in record:
        bits = record.get("validation_answer_bits_per_byte", record["validation_bits_per_byte"])
        what = " of answers" if "validation_answer_bits_per_byte" in record else ""
        shown = (
            f"{NAMES[record['part']]}, {record['bytes']:,} bytes: validation{what} {bits:.3f} bits per byte"
        )
    else:
        return
    tqdm.write(shown, file=sys.stderr)


def _bar(part: Part, total: int, seen: int, progress: bool) -> Any:
    return tqdm(
        total=total,
        initial=seen,
        desc=NAMES[part],
        unit="B",
        unit_scale=True,
        disable=not progress,
        mininterval=1.0,
    )
