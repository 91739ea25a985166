"""Bytes -> weights: train an entropy model and the BLT on the patches it cuts.

`run.train` is one run from start to finish; `files.FileSource` reads raw bytes of any files;
`masks.Constrained` tells a model with `mask_conditioning` what each document was allowed to say;
`data.document.Formed` gives documents the form that a model with `prompt_form` reads prompts in;
`embedded` is the recipe of the model in the package, `data` its documents (extra `train`).
"""

from bltgen.training.batches import KindWeights, Mixture
from bltgen.training.files import FileSource
from bltgen.training.masks import Constrained
from bltgen.training.run import Stage, TrainConfig, train

__all__ = [
    "Constrained",
    "FileSource",
    "KindWeights",
    "Mixture",
    "Stage",
    "TrainConfig",
    "train",
    "train_on_files",
]

from collections.abc import Sequence
from pathlib import Path

from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.config import BLTConfig


def train_on_files(
    paths: Sequence[str | Path],
    folder: str | Path,
    model_config: BLTConfig,
    config: TrainConfig,
    *,
    device: str = "cpu",
    progress: bool = True,
) -> ByteLatentTransformer:
    """Train on the bytes of files and folders; `folder` holds the run and, at the end, `folder/model`.

    Raises FileNotFoundError or ValueError for data that is not there, CheckpointError where `folder`
    holds a run of another model.
    """
    source = FileSource(paths, window=config.longest)
    stages = (Stage(0, Mixture(((source, 1.0),)), KindWeights(prose=1.0)),)
    return train(model_config, config, stages, Path(folder), device=device, progress=progress)
