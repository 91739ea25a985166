"""The shape of a model from tables of a configuration file: a named size, and what is changed in it.

>>> shaped("tiny", {"latent": {"layers": 3}}).latent.layers
3
>>> shaped("tiny", {"latent": {"layer": 3}})
Traceback (most recent call last):
ValueError: model.latent has no field 'layer'; did you mean 'layers'?
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from bltgen.arguments import one_of, shown
from bltgen.errors import did_you_mean
from bltgen.model.config import PARTS, BLTConfig

__all__ = ["SIZES", "shaped"]

SIZES: dict[str, Callable[[], BLTConfig]] = {"tiny": BLTConfig.tiny, "small": BLTConfig.small}

DERIVED = ("kv_heads", "head_dim", "ffn_dim")
"""Of a stack: what follows from its width and heads where it is not given."""


def shaped(size: str, changes: Mapping[str, Any]) -> BLTConfig:
    """A config of a named size with changes, by field and table. Raises ValueError that names the field."""
    one_of("size", size, tuple(SIZES))
    base = SIZES[size]().to_dict()
    _known("model", changes, BLTConfig)
    for name, value in changes.items():
        if name not in PARTS:
            base[name] = value
            continue
        if not isinstance(value, Mapping):
            raise ValueError(f"model.{name}={shown(value)}: a table is needed")
        _known(f"model.{name}", value, PARTS[name])
        table = dict(base[name] or {})
        if "dim" in value or "heads" in value:
            table = {key: kept for key, kept in table.items() if key not in DERIVED}
        base[name] = {**table, **value}
    try:
        return BLTConfig.from_dict(base)
    except (TypeError, ValueError) as error:
        raise ValueError(f"model: {error}") from None


def _known(name: str, given: Mapping[str, Any], kind: Any) -> None:
    known = [one.name for one in fields(kind)]
    for key in given:
        if key not in known:
            raise ValueError(f"{name} has no field {key!r}{did_you_mean(key, known)}")
