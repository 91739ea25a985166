"""Tensors on disk as safetensors: written whole or not at all, read with errors that say what is wrong.

Reading maps the file: no tensor takes memory of its own until it is changed or converted.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from bltgen.errors import CheckpointError

__all__ = ["joined", "read_json", "read_sharded", "read_tensors", "write_atomically", "write_tensors"]

LARGEST_JSON = 64 * 2**20


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A name beside `path` for a file that takes its place if the block succeeds, and goes if not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not a private file of `tempfile`: others may read a model.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        temporary.touch()
        mode = temporary.stat().st_mode
        yield temporary
        os.chmod(temporary, mode)  # safetensors makes its files private
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step: a crash leaves the old file or the new one, never a part."""
    with _replacing(path) as temporary:
        temporary.write_bytes(data)


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, Any] | None = None) -> None:
    """Write tensors and JSON-able metadata to one file."""
    contiguous = {name: _own_storage(tensor.detach().cpu()) for name, tensor in tensors.items()}
    texts = {name: json.dumps(value) for name, value in (metadata or {}).items()}
    with _replacing(path) as temporary:
        save_file(contiguous, temporary, metadata=texts)


def _own_storage(tensor: Tensor) -> Tensor:
    """The tensor alone in its storage, as it can be written: without a copy where it is contiguous."""
    if not tensor.is_contiguous():
        return tensor.clone(memory_format=torch.contiguous_format)
    start = tensor.storage_offset() * tensor.element_size()
    part = cast(torch.UntypedStorage, tensor.untyped_storage()[start : start + tensor.nbytes])
    return torch.tensor((), dtype=tensor.dtype).set_(part, 0, tensor.shape, tensor.stride())


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors, memory-mapped, and metadata (values that are not JSON as they are). Raises CheckpointError.

    All tensors of a file are views of one storage, so that neighbours can be joined without a copy.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, Any] = {}
            for name, value in (file.metadata() or {}).items():
                try:
                    metadata[name] = json.loads(value)
                except ValueError:
                    metadata[name] = value
            mapped = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        return _in_one_storage(path, mapped), metadata
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such file") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path}: not a readable safetensors file ({error})") from error


def _in_one_storage(path: Path, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors, as views of one mapping of the file, whose header has been validated."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    size = path.stat().st_size
    storage = cast(torch.UntypedStorage, torch.UntypedStorage.from_file(str(path), shared=False, nbytes=size))
    views = {}
    for name, tensor in tensors.items():
        start, width = 8 + length + header[name]["data_offsets"][0], tensor.element_size()
        if start % width:  # only files of old writers are not aligned
            views[name] = tensor
            continue
        flat = torch.tensor((), dtype=tensor.dtype)
        views[name] = flat.set_(storage, start // width, tensor.shape, tensor.stride())
    return views


def joined(tensors: Sequence[Tensor]) -> Tensor | None:
    """Tensors one after the other along their first dimension, without a copy; None where they do not lie so.

    >>> whole = torch.arange(6.0).view(3, 2)
    >>> joined([whole[:1], whole[1:]]).tolist(), joined([whole[1:], whole[:1]])
    ([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], None)
    """
    first, rows, offset = tensors[0], 0, tensors[0].storage_offset()
    for tensor in tensors:
        alike = tensor.dtype == first.dtype and tensor.shape[1:] == first.shape[1:] and tensor.is_contiguous()
        same = tensor.untyped_storage().data_ptr() == first.untyped_storage().data_ptr()
        if not (alike and same and tensor.storage_offset() == offset):
            return None
        offset += tensor.numel()
        rows += tensor.shape[0]
    return first.as_strided((rows, *first.shape[1:]), first.stride())


def read_sharded(folder: Path) -> tuple[dict[str, Tensor], Path]:
    """Tensors of `model.safetensors`, or of the shards that its index names; and the file to blame."""
    index = folder / "model.safetensors.index.json"
    whole = folder / "model.safetensors"
    if whole.exists() or not index.exists():
        return read_tensors(whole)[0], whole
    weights = read_json(index).get("weight_map")
    if not isinstance(weights, dict) or not all(isinstance(file, str) for file in weights.values()):
        raise CheckpointError(f"{index}: weight_map must map tensor names to file names")
    tensors: dict[str, Tensor] = {}
    for file in sorted(set(weights.values())):
        if Path(file).name != file:
            raise CheckpointError(f"{index}: {file!r} is not a file name in the same folder")
        shard = read_tensors(folder / file)[0]
        absent = sorted(name for name, where in weights.items() if where == file and name not in shard)
        if absent:
            raise CheckpointError(
                f"{folder / file}: tensor {absent[0]} is missing ({index.name} says it is here)"
            )
        tensors.update(shard)
    return tensors, index


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file of reasonable size. Raises CheckpointError."""
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise CheckpointError(f"{path}: larger than {LARGEST_JSON} bytes")
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise CheckpointError(f"{path}: no such file") from None
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: not readable as JSON ({error})") from error
    if not isinstance(data, dict):
        raise CheckpointError(f"{path}: must hold a JSON object")
    return data
