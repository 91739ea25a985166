"""The model that a run begins from: any checkpoint, finished or not, of this library or a released one."""

from __future__ import annotations

from pathlib import Path

import torch

from bltgen.errors import CheckpointError
from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.checkpoint import load_model
from bltgen.model.config import BLTConfig
from bltgen.model.safetensors_file import read_tensors

__all__ = ["EMBEDDED", "load_initial"]

EMBEDDED = "embedded"
"""The name of the model that ships in the package."""


def load_initial(
    name: str | Path, *, entropy_path: str | Path | None = None, dtype: torch.dtype | None = torch.float32
) -> ByteLatentTransformer:
    """The model in a folder of any layout, or in that of a run (its finished model, else its checkpoint).

    "embedded" is the one in the package, where there is no such folder.

    `dtype`: of the weights; None: as the file has them. Raises CheckpointError.
    """
    folder = Path(name)
    if str(name) == EMBEDDED and not folder.exists():
        folder = Path(__file__).parent.parent / "model" / "embedded"
    checkpoint = folder / "checkpoint.safetensors"
    if (folder / "model" / "config.json").exists() and not (folder / "config.json").exists():
        folder = folder / "model"
    elif checkpoint.exists():
        return _of_run(checkpoint)
    return load_model(folder, dtype=dtype, entropy_path=entropy_path)


def _of_run(file: Path) -> ByteLatentTransformer:
    """The weights that the checkpoint of an unfinished run has."""
    tensors, metadata = read_tensors(file)
    weights = {name[len("model.") :]: value for name, value in tensors.items() if name.startswith("model.")}
    if "config" not in metadata or any("low_rank" in name for name in weights):
        raise CheckpointError(f"{file}: does not hold a whole model (let the run come to its end)")
    try:
        model = ByteLatentTransformer(BLTConfig.from_dict(metadata["config"]))
        model.load_state_dict(weights)
    except (TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{file}: not the checkpoint of a run ({error})") from error
    return model.eval()
