"""What a run is a run of: the model, the training configuration, the data. Another one is another run.

A checkpoint keeps this identity. Where it is resumed with another one, the difference is named.

>>> list(differences({"seed": 1, "model": {"dim": 8}}, {"seed": 2, "model": {"dim": 8}}))
['seed was 1 and is 2 now']
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from torch import nn

__all__ = ["differences", "fingerprint", "weights_fingerprint"]


def differences(kept: Any, given: Any, name: str = "") -> Iterator[str]:
    """One phrase for each place where two trees of JSON values differ."""
    if isinstance(kept, Mapping) and isinstance(given, Mapping):
        for key in [*kept, *(key for key in given if key not in kept)]:
            inner = f"{name}.{key}" if name else str(key)
            yield from differences(kept.get(key), given.get(key), inner)
    elif isinstance(kept, list) and isinstance(given, list) and len(kept) == len(given):
        for place, (one, other) in enumerate(zip(kept, given, strict=True)):
            yield from differences(one, other, f"{name}[{place}]")
    elif kept != given:
        yield f"{name} was {kept!r} and is {given!r} now"


def fingerprint(source: Any) -> Any:
    """JSON that names what a source of documents draws: what it says itself, else its fields or its name."""
    own = getattr(source, "fingerprint", None)
    if isinstance(own, str):
        return own
    if is_dataclass(source) and not isinstance(source, type):
        return {field.name: fingerprint(getattr(source, field.name)) for field in fields(source)}
    if isinstance(source, (list, tuple)):
        return [fingerprint(item) for item in source]
    if source is None or isinstance(source, (bool, int, float, str)):
        return source
    named = source if hasattr(source, "__qualname__") else type(source)
    return f"{named.__module__}.{named.__qualname__}"


_WHOLE = 1 << 22
"""Weights of at most so many numbers are read whole; of a larger one as many, spread over its rows."""


def weights_fingerprint(model: nn.Module) -> str:
    """Names the weights of a model; of very large ones by some of their rows."""
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(f"{name}\0{value.dtype}\0{tuple(value.shape)}\0".encode())
        if value.numel() > _WHOLE and value.ndim > 1:
            value = value[:: -(-value.numel() // _WHOLE)]
        digest.update(value.detach().cpu().contiguous().flatten().float().numpy().tobytes())
    return f"sha256 {digest.hexdigest()[:16]}"
