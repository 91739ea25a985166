"""Read and write models. Nothing is unpickled, nothing is fetched, no size is believed unchecked.

bltgen's own layout is a folder with `config.json` and `model.safetensors`. `load_model` also reads
the layouts of released BLT weights, told apart by what the folder holds:

| layout | files | entropy model |
|---|---|---|
| bltgen | `config.json` with "format": "bltgen", `model.safetensors` | inside |
| A | `params.json`, `consolidated.pth` | `entropy_model/params.json`, `entropy_model/consolidated.pth` |
| B | `config.json` with "args", `model.safetensors` | `entropy_model/config.json` with "args", ... |
| C | `config.json` of transformers, `model.safetensors` or shards with an index | inside |

Weights are memory-mapped. An embedding in the dtype asked for stays mapped (the released hash tables are
gigabytes; in layout B they are neighbours in the file), and so do matrices, but for float32 on a CPU,
where they are laid out anew for speed; other tensors that belong together are put together once.
The shapes in the file bound what is allocated: a config that disagrees with them is an error.
A half-written model cannot arise: weights are replaced atomically and the config, which makes the
folder a model, is written last.
"""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from bltgen.errors import CheckpointError
from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.checkpoint_layouts import huggingface, reference
from bltgen.model.checkpoint_layouts.parts import NameMap, Part
from bltgen.model.config import BLTConfig
from bltgen.model.devices import device_of
from bltgen.model.int8 import Int8Linear, quantised
from bltgen.model.safetensors_file import (
    joined,
    read_json,
    read_sharded,
    write_atomically,
    write_tensors,
)

__all__ = ["Layout", "detect_layout", "load_model", "model_from_huggingface", "save_model"]

FORMAT = "bltgen"
VERSION = 2
"""Of `config.json`, as it is written. Version 2 may say how prompts are formed; version 1, of which files
without a version are, has the rest alike."""

Layout = Literal["bltgen", "A", "B", "C"]
SHARD_BYTES = 5 * 10**9
LATENT = ("latent_transformer.", "local_decoder.patch_latents.")  # parameters of the latent's dtype
LATENT_BLOCKS = "latent_transformer.transformer.blocks."


def save_model(
    model: ByteLatentTransformer,
    folder: Path,
    dtype: torch.dtype | None = None,
    *,
    layout: Literal["bltgen", "C"] = "bltgen",
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """Write `model` to `folder`, in `dtype` if given, in bltgen's layout or in that of transformers ("C").

    `shard_bytes`: layout C is split into files of at most about this size. Raises CheckpointError
    where transformers cannot express the model.
    """
    state = {name: value.detach() for name, value in model.state_dict().items()}
    if any(value.dtype == torch.int8 for value in state.values()):
        raise CheckpointError(f"{folder}: weights in int8 are not written; load them in another dtype")
    if dtype is not None:
        state = {name: value.to(dtype) for name, value in state.items()}
    if layout == "bltgen":
        write_tensors(folder / "model.safetensors", state)
        config: dict[str, Any] = {"format": FORMAT, "version": VERSION, "config": model.config.to_dict()}
    else:
        kept = str(model.embedding.bytes.weight.dtype if dtype is None else dtype).removeprefix("torch.")
        config = huggingface.write_config(model.config, kept)
        foreign = _split(state, huggingface.names(model.config), model.config)
        _write_shards(folder, foreign, shard_bytes)
    write_atomically(folder / "config.json", (json.dumps(config, indent=2) + "\n").encode())


def _split(state: Mapping[str, Tensor], names: NameMap, config: BLTConfig) -> dict[str, Tensor]:
    """Own parameters as the foreign tensors they consist of."""
    foreign: dict[str, Tensor] = {}
    for own, parts in names.items():
        value = state[own]
        sizes = _part_sizes(own, value, len(parts), config)
        for part, piece in zip(parts, torch.split(value, sizes), strict=True):
            foreign[part.name] = piece
    return foreign


def _part_sizes(own: str, value: Tensor, count: int, config: BLTConfig) -> list[int]:
    if not own.endswith("attention.qkv.weight"):
        return [value.shape[0] // count] * count
    owner = own.split(".")[0]
    stack = {
        "entropy_model": config.entropy,
        "local_encoder": config.encoder,
        "latent_transformer": config.latent,
        "local_decoder": config.decoder,
    }[owner]
    width = stack.dim_per_head
    return [stack.heads * width, stack.n_kv_heads * width, stack.n_kv_heads * width]


def _write_shards(folder: Path, tensors: Mapping[str, Tensor], limit: int) -> None:
    shards: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, value in tensors.items():
        if size and size + value.nbytes > limit:
            shards.append({})
            size = 0
        shards[-1][name] = value
        size += value.nbytes
    index = folder / "model.safetensors.index.json"
    if len(shards) == 1:
        index.unlink(missing_ok=True)
        write_tensors(folder / "model.safetensors", shards[0], {"format": "pt"})
        return
    files = [f"model-{i + 1:05}-of-{len(shards):05}.safetensors" for i in range(len(shards))]
    for file, shard in zip(files, shards, strict=True):
        write_tensors(folder / file, shard, {"format": "pt"})
    (folder / "model.safetensors").unlink(missing_ok=True)
    data = {
        "metadata": {"total_size": sum(value.nbytes for value in tensors.values())},
        "weight_map": {name: file for file, shard in zip(files, shards, strict=True) for name in shard},
    }
    write_atomically(index, (json.dumps(data, indent=2) + "\n").encode())


def detect_layout(path: str | Path) -> Layout:
    """Which layout a folder holds. Raises CheckpointError saying what is there and what was expected."""
    folder = Path(path)
    if not folder.exists():
        raise CheckpointError(
            f"{folder}: no model here (no such folder). A model on a hub has to be downloaded first: "
            "`huggingface-cli download OWNER/NAME --local-dir FOLDER`"
        )
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: is a file; a model is a folder (give the folder that holds it)")
    if (folder / "config.json").exists():
        data = read_json(folder / "config.json")
        if "args" in data:
            return "B"
        if data.get("model_type") == "blt":
            return "C"
        if data.get("format", FORMAT) == FORMAT and "config" in data:
            return "bltgen"
        raise CheckpointError(
            f"{folder / 'config.json'}: not the config of a BLT (expected a bltgen config, "
            '"args", or "model_type": "blt")'
        )
    if (folder / "params.json").exists():
        return "A"
    pickles = sorted(file.name for file in folder.iterdir() if file.suffix in (".bin", ".pt", ".pth", ".pkl"))
    found = f"; {pickles[0]} alone is not enough, and is not unpickled" if pickles else ""
    raise CheckpointError(f"{folder}: no model here (config.json or params.json is missing{found})")


def load_model(
    path: str | Path,
    dtype: torch.dtype | None = None,
    device: str | torch.device = "cpu",
    *,
    entropy_dtype: torch.dtype | None = None,
    latent_dtype: torch.dtype | None = None,
    entropy_path: str | Path | None = None,
) -> ByteLatentTransformer:
    """Read a model of any layout, in evaluation mode.

    `dtype`: of the weights; by default float32 for bltgen's own layout and the dtype of the file for
    the others. `entropy_dtype`: of the entropy model, by default float32: boundaries hang on its last
    digits. `latent_dtype`: of the latent transformer, by default as `dtype`; torch.int8 keeps the
    matrices of its blocks as int8 with a scale a row, and computes in bfloat16. `entropy_path`: where
    layouts A and B have their entropy model, by default `entropy_model` in `path`. Raises
    CheckpointError naming the file, and the tensor where one is wrong; DeviceNotAvailable.
    """
    target = device_of(device)
    folder = Path(path)
    layout = detect_layout(folder)
    if layout == "bltgen":
        sources = [_read_own(folder)]
        dtype = dtype or torch.float32
    elif layout == "C":
        sources = [_read_huggingface(folder)]
    else:
        entropy = Path(entropy_path) if entropy_path is not None else folder / "entropy_model"
        sources = _read_reference(folder, entropy, layout)
    place = folder / ("params.json" if layout == "A" else "config.json")
    return _build(sources, place, _Dtypes(dtype, entropy_dtype, latent_dtype), target)


def model_from_huggingface(
    config: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    dtype: torch.dtype | None = None,
    device: str | torch.device = "cpu",
    *,
    entropy_dtype: torch.dtype | None = None,
    latent_dtype: torch.dtype | None = None,
) -> ByteLatentTransformer:
    """A model of transformers that is in memory: its config as a dictionary, its state dictionary."""
    place = Path("BltForCausalLM")
    source = _huggingface_source(config, tensors, place, place)
    return _build([source], place, _Dtypes(dtype, entropy_dtype, latent_dtype), device_of(device))


class _Dtypes:
    """Which dtype each parameter is wanted in."""

    def __init__(
        self, dtype: torch.dtype | None, entropy: torch.dtype | None, latent: torch.dtype | None
    ) -> None:
        for name, given in (("dtype", dtype), ("entropy_dtype", entropy), ("latent_dtype", latent)):
            if given is None or given.is_floating_point or (given, name) == (torch.int8, "latent_dtype"):
                continue
            which = (
                "a floating-point dtype or torch.int8" if name == "latent_dtype" else "a floating-point dtype"
            )
            raise ValueError(f"{name}={given}: {which} is needed")
        self._default = dtype
        self._entropy = entropy or torch.float32
        self._latent = torch.bfloat16 if latent == torch.int8 else latent or dtype
        self.int8 = latent == torch.int8

    def of(self, own: str) -> torch.dtype | None:
        """None: as the file has it."""
        if own.startswith("entropy_model."):
            return self._entropy
        return self._latent if own.startswith(LATENT) else self._default

    def in_int8(self, own: str) -> bool:
        """The parameter is the matrix of an `Int8Linear`."""
        return self.int8 and own.startswith(LATENT_BLOCKS) and "norm" not in own and own.endswith(".weight")


def _build(
    sources: Sequence[_Source],
    place: Path,
    dtypes: _Dtypes,
    device: torch.device,
) -> ByteLatentTransformer:
    config = sources[0].config
    expected = _shapes(config, place)
    state: dict[str, Tensor] = {}
    for source in sources:
        state.update(source.assemble(expected, dtypes, device))
    with torch.device("meta"):
        model = ByteLatentTransformer(config)
    for own in [own for own in state if dtypes.in_int8(own)]:
        linear = own.removesuffix(".weight")
        owner, _, name = linear.rpartition(".")
        setattr(model.get_submodule(owner), name, Int8Linear(state[own], state[f"{linear}.scale"]))
    model.load_state_dict(state, assign=True)
    return model.eval()


class _Source:
    """Tensors of one file and how parameters are put together from them."""

    def __init__(
        self,
        config: BLTConfig,
        tensors: Mapping[str, Tensor],
        names: NameMap,
        file: Path,
        ignored: Sequence[str] = (),
    ) -> None:
        self.config = config
        self._tensors = tensors
        self._names = names
        self._file = file
        used = {part.name for parts in names.values() for part in parts}
        missing = sorted(used - tensors.keys())
        unknown = sorted(name for name in tensors.keys() - used if not name.endswith(tuple(ignored)))
        if missing or unknown:
            raise CheckpointError(f"{file}: missing tensors {missing[:8]}, unknown tensors {unknown[:8]}")

    def assemble(
        self,
        expected: Mapping[str, torch.Size],
        dtypes: _Dtypes,
        device: torch.device,
    ) -> dict[str, Tensor]:
        self._check(expected)
        state = {}
        for own, parts in self._names.items():
            found = [self._tensors[part.name] for part in parts]
            wanted = dtypes.of(own) or found[0].dtype
            slow = wanted == torch.float32 and device.type == "cpu" and "embedding" not in own
            whole = None
            if all(part.repeat == 1 for part in parts) and (found[0].ndim != 2 or not slow):
                whole = found[0] if len(parts) == 1 else joined(found)
            if whole is not None:
                value = whole.to(device=device, dtype=wanted)
            else:
                value = self._put_together(parts, expected[own], wanted, device)
            if dtypes.in_int8(own):
                state[own], state[own.removesuffix("weight") + "scale"] = quantised(value)
            else:
                state[own] = value
        return state

    def _put_together(
        self, parts: Sequence[Part], shape: torch.Size, dtype: torch.dtype, device: torch.device
    ) -> Tensor:
        value = _empty(shape, dtype, device)
        at = 0
        for part in parts:
            piece = part.expand(self._tensors[part.name])
            value[at : at + piece.shape[0]] = piece
            at += piece.shape[0]
        return value

    def _check(self, expected: Mapping[str, torch.Size]) -> None:
        """The shapes in the file are those that the config asks for."""
        for own, parts in self._names.items():
            shapes = [self._tensors[part.name].shape for part in parts]
            rows = sum(
                (shape[0] if shape else 0) * part.repeat for shape, part in zip(shapes, parts, strict=True)
            )
            want = expected[own]
            if rows == want[0] and all(shape[1:] == want[1:] for shape in shapes):
                for part, shape in zip(parts, shapes, strict=True):
                    if not self._tensors[part.name].is_floating_point():
                        raise CheckpointError(f"{self._file}: tensor {part.name} does not hold floats")
                    if shape[0] % part.head_dim:
                        raise CheckpointError(f"{self._file}: tensor {part.name} does not divide into heads")
                continue
            listed = ", ".join(
                f"{part.name} {tuple(shape)}" for part, shape in zip(parts, shapes, strict=True)
            )
            raise CheckpointError(
                f"{self._file}: {listed}: the config asks for {tuple(want)}"
                + (" in all" if len(parts) > 1 else "")
            )


def _empty(shape: torch.Size, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Room for a parameter. One row times a float32 matrix is faster on a CPU where that lies transposed."""
    if len(shape) != 2 or dtype != torch.float32 or device.type != "cpu":
        return torch.empty(shape, dtype=dtype, device=device)
    return torch.empty((shape[1], shape[0]), dtype=dtype, device=device).t()


def _shapes(config: BLTConfig, file: Path) -> dict[str, torch.Size]:
    """Shapes of all parameters, found without allocating any."""
    with torch.device("meta"):
        try:
            model = ByteLatentTransformer(config)
        except (RuntimeError, TypeError, OverflowError, ValueError) as error:
            raise CheckpointError(f"{file}: describes no possible model ({error})") from error
    return {name: value.shape for name, value in model.state_dict().items()}


def _bounded(config: BLTConfig, tensors: Mapping[str, Tensor], file: Path) -> BLTConfig:
    """Refuse configs with more layers than the file has tensors, before anything is built from them."""
    stacks = (config.encoder, config.latent, config.decoder, config.entropy)
    if sum(stack.layers for stack in stacks) > len(tensors):
        raise CheckpointError(f"{file}: the config has more layers than there are tensors")
    return config


def _config_from(file: Path, read: Callable[[], BLTConfig]) -> BLTConfig:
    try:
        return read()
    except CheckpointError as error:
        raise CheckpointError(f"{file}: {error}") from error
    except KeyError as error:
        raise CheckpointError(f"{file}: {error} is missing") from error
    except (ValueError, TypeError, AttributeError, OverflowError, ZeroDivisionError) as error:
        raise CheckpointError(f"{file}: not the config of a BLT ({error})") from error


def _read_own(folder: Path) -> _Source:
    tensors, file = read_sharded(folder)
    data = read_json(folder / "config.json")
    if "version" in data:
        _check_version(data["version"], folder / "config.json")
    config = _config_from(folder / "config.json", lambda: BLTConfig.from_dict(data["config"]))
    _bounded(config, tensors, file)
    names = _shapes(config, folder / "config.json")
    return _Source(config, tensors, {name: (Part(name),) for name in names}, file)


def _check_version(version: object, file: Path) -> None:
    if type(version) is int and 1 <= version <= VERSION:
        return
    known = f"this bltgen reads versions 1 to {VERSION}"
    if type(version) is int and version > VERSION:
        raise CheckpointError(
            f"{file}: version {str(version)[:60]} was written by a newer bltgen; {known}: "
            "`pip install --upgrade bltgen`"
        )
    raise CheckpointError(f"{file}: version {str(version)[:60]!r} is not known; {known}")


def _read_huggingface(folder: Path) -> _Source:
    tensors, file = read_sharded(folder)
    data = read_json(folder / "config.json")
    return _huggingface_source(data, tensors, folder / "config.json", file)


def _huggingface_source(
    data: Mapping[str, Any], tensors: Mapping[str, Tensor], config_file: Path, file: Path
) -> _Source:
    config = _config_from(config_file, lambda: huggingface.read_config(data, tensors))
    _bounded(config, tensors, file)
    tied = bool(data.get("tie_word_embeddings")) and "lm_head.weight" not in tensors
    return _Source(config, tensors, huggingface.names(config, tied=tied), file, huggingface.IGNORED)


def _read_reference(folder: Path, entropy_folder: Path, layout: Layout) -> list[_Source]:
    if not entropy_folder.is_dir():
        raise CheckpointError(
            f"{entropy_folder}: the entropy model is missing; layout {layout} has it in a folder of its own "
            "(give entropy_path=)"
        )
    if layout == "A":
        file, main = folder / "params.json", read_json(folder / "params.json")
        args = main.get("model")
        entropy_args = read_json(entropy_folder / "params.json").get("entropy_model")
        tensors, weights = _read_pth(folder / "consolidated.pth")
        entropy_tensors, entropy_weights = _read_pth(entropy_folder / "consolidated.pth")
        data = main.get("data")
        patcher_args = data.get("patcher_args") if isinstance(data, dict) else None
    else:
        file, main = folder / "config.json", read_json(folder / "config.json")
        args, patcher_args = main.get("args"), main.get("patcher_args")
        entropy_args = read_json(entropy_folder / "config.json").get("args")
        tensors, weights = read_sharded(folder)
        entropy_tensors, entropy_weights = read_sharded(entropy_folder)
    if not isinstance(args, dict) or not isinstance(entropy_args, dict):
        wrong = file if not isinstance(args, dict) else entropy_folder
        raise CheckpointError(f"{wrong}: the hyperparameters of the model are missing")
    patching = patcher_args if isinstance(patcher_args, dict) else {}
    config = _config_from(
        file, lambda: reference.read_config(args, entropy_args, patching, tensors, entropy_tensors)
    )
    _bounded(config, {**tensors, **entropy_tensors}, weights)
    main_source = _Source(config, tensors, reference.main_names(config), weights, reference.IGNORED)
    names = reference.entropy_names(config)
    return [main_source, _Source(config, entropy_tensors, names, entropy_weights, reference.IGNORED)]


def _read_pth(path: Path) -> tuple[dict[str, Tensor], Path]:
    """Tensors of a torch checkpoint, mapped; only tensors and plain containers are ever built from it."""
    if not path.exists():
        raise CheckpointError(f"{path}: no such file")
    if not zipfile.is_zipfile(path):
        raise CheckpointError(f"{path}: not a torch checkpoint (corrupt, truncated, or a plain pickle)")
    try:
        data = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (pickle.UnpicklingError, RuntimeError, OSError, EOFError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{path}: not a checkpoint of tensors ({str(error).splitlines()[0]})"
        ) from error
    if isinstance(data, dict) and isinstance(data.get("model"), dict):
        data = data["model"]
    if not isinstance(data, dict):
        raise CheckpointError(f"{path}: must hold a dictionary of tensors")
    for name, value in data.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise CheckpointError(f"{path}: {name!r} is not a tensor")
    return data, path
