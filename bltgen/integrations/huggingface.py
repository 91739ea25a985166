"""Models of transformers and of the Hugging Face hub, as models of bltgen.

`from_transformers` takes a `BltForCausalLM` that is in memory. `from_hub` downloads a repository,
which is the only place where bltgen uses a network, and reads it as `load_model` reads a folder.
Needs the extra `bltgen[huggingface]`.

>>> fetch_by_hand("facebook/blt-1b")
'huggingface-cli download facebook/blt-1b --local-dir blt-1b'
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bltgen.errors import CheckpointError
from bltgen.model.checkpoint import load_model, model_from_huggingface

if TYPE_CHECKING:
    import torch

    from bltgen.model.blt import ByteLatentTransformer

__all__ = ["fetch_by_hand", "from_hub", "from_transformers"]

NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*")
# Weights as safetensors where a repository has them; layout A has only a .pth, which is read as tensors.
PATTERNS = ["*.json", "*.safetensors", "consolidated.pth", "entropy_model/*"]


def from_transformers(
    model: Any,
    dtype: torch.dtype | None = None,
    device: str | torch.device = "cpu",
    *,
    entropy_dtype: torch.dtype | None = None,
    latent_dtype: torch.dtype | None = None,
) -> ByteLatentTransformer:
    """A `transformers.BltForCausalLM` as a model of bltgen; embeddings share its memory.

    It follows the released code where transformers departs from it, see
    `bltgen.model.checkpoint_layouts.huggingface`. Raises CheckpointError for what cannot be expressed.
    """
    config = getattr(model, "config", None)
    if config is None or getattr(config, "model_type", "") != "blt" or not hasattr(model, "lm_head"):
        raise CheckpointError(f"a transformers.BltForCausalLM is needed, not {type(model).__name__}")
    tensors = {name: value.detach() for name, value in model.state_dict().items()}
    return model_from_huggingface(
        config.to_dict(),
        tensors,
        dtype=dtype,
        device=device,
        entropy_dtype=entropy_dtype,
        latent_dtype=latent_dtype,
    )


def fetch_by_hand(name: str) -> str:
    """The command that downloads a repository into a folder."""
    return f"huggingface-cli download {name} --local-dir {name.rsplit('/', 1)[-1]}"


def from_hub(
    name: str,
    dtype: torch.dtype | None = None,
    device: str | torch.device = "cpu",
    *,
    revision: str | None = None,
    entropy_name: str | None = None,
    entropy_dtype: torch.dtype | None = None,
    latent_dtype: torch.dtype | None = None,
) -> ByteLatentTransformer:
    """Download "owner/name" (or find it in the cache of the hub's client) and read it.

    `entropy_name`: the repository of the entropy model, where it has one of its own (layout B). Raises
    CheckpointError, with the command to fetch by hand, where there is no client, network or access.
    """
    folder = _download(name, revision)
    entropy = None if entropy_name is None else _download(entropy_name, None)
    return load_model(
        folder, dtype, device, entropy_dtype=entropy_dtype, latent_dtype=latent_dtype, entropy_path=entropy
    )


def _download(name: str, revision: str | None) -> Path:
    if not NAME.fullmatch(name):
        raise CheckpointError(f"{name!r} is not the name of a repository (owner/name)")
    by_hand = f"fetch it by hand with `{fetch_by_hand(name)}` and load the folder"
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise CheckpointError(
            f"{name}: downloading needs `pip install 'bltgen[huggingface]'`; or {by_hand}"
        ) from None
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=PATTERNS))
    except Exception as error:  # the client raises errors of its own, of requests, of the system
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise CheckpointError(f"{name}: could not be downloaded ({reason}); {by_hand}") from error
