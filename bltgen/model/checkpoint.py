"""Read and write models: a folder with `config.json` and `model.safetensors`.

Nothing is unpickled. A half-written model cannot arise: the weights are replaced atomically and
the config, which makes the folder a model, is written last.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

from bltgen.errors import CheckpointError
from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.config import BLTConfig
from bltgen.model.safetensors_file import read_tensors, write_atomically, write_tensors

__all__ = ["load_model", "save_model"]

FORMAT = "bltgen"


def save_model(model: ByteLatentTransformer, folder: Path, dtype: torch.dtype | None = None) -> None:
    """Write `model` to `folder`, in `dtype` if given."""
    tensors = {name: value.to(dtype) if dtype else value for name, value in model.state_dict().items()}
    write_tensors(folder / "model.safetensors", tensors)
    config = {"format": FORMAT, "version": 1, "config": model.config.to_dict()}
    write_atomically(folder / "config.json", (json.dumps(config, indent=2) + "\n").encode())


def load_model(
    path: str | Path, dtype: torch.dtype | None = None, device: str = "cpu"
) -> ByteLatentTransformer:
    """Read a model. Raises CheckpointError naming the file, and the tensor where one is wrong."""
    folder = Path(path)
    try:
        data = json.loads((folder / "config.json").read_text())
        config = BLTConfig.from_dict(data["config"])
    except FileNotFoundError:
        raise CheckpointError(f"{folder}: no model here (config.json is missing)") from None
    except (ValueError, TypeError, KeyError, AttributeError, NotADirectoryError) as error:
        raise CheckpointError(f"{folder / 'config.json'}: not a bltgen model config ({error})") from error
    tensors, _ = read_tensors(folder / "model.safetensors")
    with torch.device("meta"):
        model = ByteLatentTransformer(config)
    expected = model.state_dict()
    missing, extra = sorted(expected.keys() - tensors.keys()), sorted(tensors.keys() - expected.keys())
    if missing or extra:
        raise CheckpointError(
            f"{folder / 'model.safetensors'}: missing tensors {missing}, unknown tensors {extra}"
        )
    for name, value in tensors.items():
        if value.shape != expected[name].shape:
            raise CheckpointError(
                f"{folder / 'model.safetensors'}: tensor {name} has shape {tuple(value.shape)}, "
                f"the config says {tuple(expected[name].shape)}"
            )
    placed = {name: value.to(device=device, dtype=dtype or torch.float32) for name, value in tensors.items()}
    model.load_state_dict(placed, assign=True)
    return model.eval()
