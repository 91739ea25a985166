"""FLOPs of a model on pieces, exactly, by what was read: bytes, and patches or tokens.

Two for each multiplication and addition of a matrix product, attention by the positions that are really
seen; a looked-up row of an embedding costs an addition an element, the softmax over the vocabulary three
operations a logit (as in arXiv:2203.15556). Norms, activations and the softmax of attention are not counted.
Going backward costs twice as much as going forward, for a looked-up row as much. The entropy model is not
trained with a BLT: it costs its forward pass on every byte, in training as in inference.

The formulae are those of `bltgen.model.flops`, for many pieces at once; a test holds them together, and
against `torch.utils.flop_counter`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bltgen.model.config import BLTConfig, TransformerConfig

__all__ = ["Flops", "blt_flops", "plain_flops", "stack_flops"]

Counts = NDArray[np.int64]
_SOFTMAX = 3


@dataclass(frozen=True)
class Flops:
    """FLOPs of one forward pass over each piece, int64 [pieces], by part.

    `latent`: the stack that runs once a patch; of a model without patches, its only stack.
    """

    entropy: Counts
    embedding: Counts
    local: Counts
    latent: Counts
    output: Counts

    @property
    def inference(self) -> Counts:
        """Of reading a piece, int64 [pieces]."""
        return self.entropy + self.embedding + self.local + self.latent + self.output

    @property
    def training(self) -> Counts:
        """Of learning from a piece: forward and backward, int64 [pieces]."""
        return self.entropy + 2 * self.embedding + 3 * (self.local + self.latent + self.output)

    def sums(self) -> dict[str, int]:
        """The FLOPs of training by part, over all pieces."""
        parts = {
            "entropy": self.entropy,
            "embedding": 2 * self.embedding,
            "local": 3 * self.local,
            "latent": 3 * self.latent,
            "output": 3 * self.output,
        }
        return {name: int(part.sum()) for name, part in parts.items()}


def stack_flops(config: TransformerConfig, positions: Counts) -> Counts:
    """A stack over `positions` int64 [pieces]."""
    heads = config.heads * config.dim_per_head
    shared = config.n_kv_heads * config.dim_per_head
    linear = 2 * config.dim * (2 * heads + 2 * shared + 3 * config.feed_forward_dim)
    window = positions if config.window is None else np.minimum(positions, config.window)
    seen = window * (window + 1) // 2 + (positions - window) * window
    return np.asarray(config.layers * (positions * linear + 4 * heads * seen), np.int64)


def _output(dim: int, vocabulary: int, positions: Counts) -> Counts:
    return positions * ((2 * dim + _SOFTMAX) * vocabulary)


def plain_flops(config: TransformerConfig, vocabulary: int, units: Counts) -> Flops:
    """Of a transformer over `units` bytes or tokens int64 [pieces], its start symbol besides."""
    positions = units + 1
    none = np.zeros_like(positions)
    latent = stack_flops(config, positions)
    return Flops(none, positions * config.dim, none, latent, _output(config.dim, vocabulary, positions))


def blt_flops(config: BLTConfig, lengths: Counts, patches: Counts) -> Flops:
    """Of a BLT over `lengths` bytes in `patches` patches, int64 [pieces] each; BOS is a patch besides.

    The last patch is counted as closed: in training it is computed.
    """
    cross, dim, latent = config.cross_attention, config.local_dim, config.latent.dim
    k = cross.queries_per_patch
    positions, closed = lengths + 1, patches + 1
    pools = config.encoder.layers if cross.all_layers_encoder and config.encoder.layers else 1
    pooling = closed * (2 * dim * dim * k)
    pooling = pooling + pools * (closed * (4 * k * dim * dim) + positions * (4 * dim * dim + 4 * k * dim))
    readers = min(config.decoder.layers if cross.all_layers_decoder else 1, config.decoder.layers)
    sources = closed * (2 * latent * k * dim + readers * 4 * k * dim * dim)
    reading = positions * (readers * (4 * dim * dim + 4 * k * dim))
    project_in = 0 if k * dim == latent else 2 * k * dim * latent
    local = stack_flops(config.encoder, positions) + stack_flops(config.decoder, positions)
    entropy = np.zeros_like(positions)
    if config.patcher.mode in ("entropy", "monotonic"):
        entropy = stack_flops(config.entropy, positions) + positions * config.entropy.dim
        entropy = entropy + _output(config.entropy.dim, config.vocabulary, positions)
    return Flops(
        entropy,
        positions * (dim * (1 + config.hash_embedding.tables)),
        local + pooling + sources + reading,
        stack_flops(config.latent, closed) + closed * project_in,
        _output(dim, config.vocabulary, positions),
    )
