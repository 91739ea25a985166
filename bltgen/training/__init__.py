"""Bytes -> weights: train an entropy model and the BLT on the patches it cuts.

`run.train` is one run from start to finish, on a `Corpus` of files and folders or on any `Mixture` of
documents; `job.Job` is what `bltgen train` and its configuration file say;
`masks.Constrained` tells a model with `mask_conditioning` what each document was allowed to say;
`data.document.Formed` gives documents the form that a model with `prompt_form` reads prompts in;
`embedded` is the recipe of the model in the package, `data` its documents (extra `train`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bltgen.training.batches import KindWeights, Mixture
    from bltgen.training.corpus import Corpus
    from bltgen.training.files import FileSource
    from bltgen.training.job import Job
    from bltgen.training.masks import Constrained
    from bltgen.training.run import train
    from bltgen.training.settings import Stage, TrainConfig

_HOMES = {
    "Constrained": "masks",
    "Corpus": "corpus",
    "FileSource": "files",
    "Job": "job",
    "KindWeights": "batches",
    "Mixture": "batches",
    "Stage": "settings",
    "TrainConfig": "settings",
    "train": "run",
}
"""The module of each public name: what only reads settings needs no torch."""

__all__ = [
    "Constrained",
    "Corpus",
    "FileSource",
    "Job",
    "KindWeights",
    "Mixture",
    "Stage",
    "TrainConfig",
    "train",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
