"""How a parameter of bltgen is put together from the tensors of a foreign checkpoint.

A parameter is the concatenation, along its first dimension, of one or more foreign tensors: bltgen
keeps queries, keys and values in one matrix, and all hash tables in one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from bltgen.model.config import BLTConfig, TransformerConfig

__all__ = ["BlockNames", "CrossNames", "NameMap", "Part", "block_parts", "cross_parts"]


@dataclass(frozen=True)
class Part:
    """One foreign tensor. `repeat` > 1: each of its heads (of `head_dim` rows) serves that many queries."""

    name: str
    repeat: int = 1
    head_dim: int = 1

    def expand(self, value: Tensor) -> Tensor:
        """The foreign tensor as bltgen stores it."""
        if self.repeat == 1:
            return value
        heads = value.view(-1, self.head_dim, *value.shape[1:])
        expanded: Tensor = heads.repeat_interleave(self.repeat, dim=0).flatten(0, 1)
        return expanded


NameMap = dict[str, tuple[Part, ...]]
"""Parameter of bltgen -> the foreign tensors it consists of, in order."""


@dataclass(frozen=True)
class BlockNames:
    """Spellings inside a transformer block."""

    qkv: tuple[str, str, str]
    out: str
    gate_up: tuple[str, str]
    down: str
    attention_norm: str
    feed_forward_norm: str


@dataclass(frozen=True)
class CrossNames:
    """Spellings inside a cross-attention."""

    query: str
    key_value: tuple[str, str]
    out: str
    query_norm: str
    key_norm: str


def block_parts(
    own: str, foreign: str, config: TransformerConfig, names: BlockNames
) -> Iterator[tuple[str, tuple[Part, ...]]]:
    """All parameters of a stack: `own`.blocks.i and `foreign`.i."""
    for i in range(config.layers):
        here, there = f"{own}.blocks.{i}", f"{foreign}.{i}"
        yield f"{here}.attention.qkv.weight", tuple(Part(f"{there}.{n}.weight") for n in names.qkv)
        yield f"{here}.attention.out.weight", (Part(f"{there}.{names.out}.weight"),)
        gate_up = tuple(Part(f"{there}.{n}.weight") for n in names.gate_up)
        yield f"{here}.feed_forward.gate_up.weight", gate_up
        yield f"{here}.feed_forward.down.weight", (Part(f"{there}.{names.down}.weight"),)
        yield f"{here}.attention_norm.weight", (Part(f"{there}.{names.attention_norm}.weight"),)
        yield f"{here}.feed_forward_norm.weight", (Part(f"{there}.{names.feed_forward_norm}.weight"),)


def cross_parts(
    own: str, foreign: str, count: int, names: CrossNames, repeat: int = 1, head_dim: int = 1
) -> Iterator[tuple[str, tuple[Part, ...]]]:
    """All parameters of `count` cross-attentions: `own`.i and `foreign`.i."""
    for i in range(count):
        here, there = f"{own}.{i}", f"{foreign}.{i}"
        yield f"{here}.query.weight", (Part(f"{there}.{names.query}.weight"),)
        key_value = tuple(Part(f"{there}.{n}.weight", repeat, head_dim) for n in names.key_value)
        yield f"{here}.key_value.weight", key_value
        yield f"{here}.out.weight", (Part(f"{there}.{names.out}.weight"),)
        yield f"{here}.query_norm.weight", (Part(f"{there}.{names.query_norm}.weight"),)
        yield f"{here}.key_norm.weight", (Part(f"{there}.{names.key_norm}.weight"),)


def cross_counts(config: BLTConfig) -> tuple[int, int]:
    """Cross-attentions in the encoder and in the decoder."""
    cross = config.cross_attention
    encoder = config.encoder.layers if cross.all_layers_encoder and config.encoder.layers else 1
    return encoder, config.decoder.layers if cross.all_layers_decoder else 1
