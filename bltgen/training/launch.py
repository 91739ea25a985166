"""From what a training job says to a run: its data, its model, the default of each setting in its place."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch

from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.config import BLTConfig
from bltgen.model.devices import device_of
from bltgen.training.batches import KindWeights
from bltgen.training.corpus import Corpus
from bltgen.training.initial import load_initial
from bltgen.training.job import Job
from bltgen.training.model_shape import shaped
from bltgen.training.run import train
from bltgen.training.settings import Part, TrainConfig

__all__ = ["start", "train_config"]


def start(job: Job, *, progress: bool = True) -> ByteLatentTransformer:
    """Train, or go on training. Raises what `train`, `Corpus.of` and `load_initial` raise."""
    if job.threads is not None:
        torch.set_num_threads(job.threads)
    initial = None
    device_of(job.device)  # before the data are read: a run may be asked of a device that is not there
    if job.init is not None:
        dtype = torch.float32 if job.low_rank is None else None
        initial = load_initial(job.init, entropy_path=job.entropy_model, dtype=dtype)
    shape = initial.config if initial is not None else shaped(job.size, job.model)
    corpus = Corpus.of(
        job.data,
        window=job.window,
        documents=job.documents,  # type: ignore[arg-type]  # checked
        validation=job.validation,
        validation_bytes=job.validation_bytes,
        form=shape.prompt_form,
        weights=KindWeights(job.prompt_weight, job.syntax_weight, job.answer_weight),
        grounded_weight=job.grounded_weight,
        seed=job.seed,
        skip=Path(job.run),
    )
    config = train_config(job, corpus)
    parts: tuple[Part, ...] = ("entropy", "blt") if config.entropy_bytes else ("blt",)
    if initial is None and parts == ("blt",):
        raise ValueError("entropy_bytes=0: patches need an entropy model; with init it may stay as it is")
    if progress:
        print(_told(corpus, shape), file=sys.stderr)
    return train(
        shape,
        config,
        corpus,
        job.run,
        device=job.device,
        progress=progress,
        parts=parts,
        initial=initial,
        tensorboard=job.tensorboard,
        picture=job.picture,
    )


def train_config(job: Job, corpus: Corpus) -> TrainConfig:
    """The settings of the run, each default in its place."""
    new = job.init is None
    byte_count = job.bytes
    if byte_count is None:
        byte_count = 20_000_000 if new else max(200_000, min(20_000_000, 10 * corpus.byte_count))
    entropy_bytes = job.entropy_bytes
    if entropy_bytes is None:
        entropy_bytes = byte_count // 4 if new else 0
    patch_bytes = job.patch_bytes
    if patch_bytes is None and entropy_bytes:
        patch_bytes = 4.5
    rate = job.learning_rate
    if rate is None:
        rate = 2e-3 if new else 5e-4 if job.low_rank is None else 1e-3
    given = {one.name for one in fields(TrainConfig)}
    same = {one.name: getattr(job, one.name) for one in fields(job) if one.name in given}
    found = {
        **same,
        "blt_bytes": byte_count,
        "entropy_bytes": entropy_bytes,
        "longest": corpus.longest,
        "patch_bytes": patch_bytes,
        "learning_rate": rate,
        "embedding_learning_rate": _or(job.embedding_learning_rate, rate),
        "step_bytes": _or(job.step_bytes, 12_000 if new else 4_000),
        "warmup_steps": _or(job.warmup_steps, 50 if new else 10),
        "report_steps": _or(job.report_steps, 25 if new else 5),
        "decay": _or(job.decay, 0.25 if new else 0.5),
        "sample_prompts": _prompts(job, corpus),
        "sample_bytes": max(1, job.sample_bytes),
    }
    return TrainConfig(**found)


def _prompts(job: Job, corpus: Corpus) -> tuple[str, ...]:
    if not job.sample_bytes:
        return ()
    if job.sample_prompts is not None:
        return job.sample_prompts
    held = [one for one in corpus.validation if one.answer]
    return (held[0].prompt.decode(errors="replace"),) if held else ("",)


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _told(corpus: Corpus, shape: BLTConfig) -> str:
    """What is trained on what, in words."""
    with torch.device("meta"):
        size = sum(parameter.numel() for parameter in ByteLatentTransformer(shape).parameters())
    held = f"; {len(corpus.validation)} pieces held out are validated on" if corpus.validation else ""
    files = f"{corpus.files} file" + "s" * (corpus.files != 1)
    return (
        f"{corpus.byte_count:,} bytes of documents in {files}{held}; a model of {size / 1e6:.2g}M parameters"
    )
