"""Shapes that cost a wished number of training FLOPs a byte of the corpus.

Among the widths and depths that reach it with a feed-forward layer of usual proportions, the one whose
width to depth and whose feed-forward to width come nearest to the usual; the feed-forward width then meets
the wish to about 1 %. A BLT's byte level is as wide as the share of its latent transformer leaves it room for
at patch 4, and the same at all patch lengths: longer patches buy a wider latent transformer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.scaling.flops import Flops, blt_flops, plain_flops
from bltgen.model.config import (
    BLTConfig,
    CrossAttentionConfig,
    HashEmbeddingConfig,
    PatcherConfig,
    TransformerConfig,
)

__all__ = ["Sample", "blt_shape", "entropy_shape", "latent_share", "local_width", "plain_shape"]

_ASPECT = 32
"""Width over layers that shapes come near to."""
_FEED_FORWARD = 8 / 3
_ROPE = 10_000.0


@dataclass(frozen=True)
class Sample:
    """What shapes are measured on: bytes of pieces, and their patches or tokens, int64 [pieces]."""

    lengths: NDArray[np.int64]
    units: NDArray[np.int64]

    def per_byte(self, counts: NDArray[np.int64]) -> float:
        """Of FLOPs of each piece, those of a byte."""
        return float(counts.sum() / self.lengths.sum())

    @property
    def unit_bytes(self) -> float:
        """Bytes of a patch or token on average."""
        return float(self.lengths.sum() / self.units.sum())


def _stacks() -> Iterator[tuple[int, int]]:
    for dim in (*range(16, 128, 16), *range(128, 512, 32), *range(512, 1025, 64)):
        for layers in range(max(1, dim // (3 * _ASPECT)), 3 * dim // _ASPECT + 1):
            yield dim, layers


def _heads(dim: int) -> int:
    """Heads of about 32: their softmax costs time, not FLOPs, so that narrow ones are slow.

    >>> [_heads(dim) for dim in (16, 24, 48, 80, 112, 128)]
    [1, 1, 1, 2, 4, 4]
    """
    even = [heads for heads in range(1, dim // 2 + 1) if dim % (2 * heads) == 0]
    return min(even, key=lambda heads: abs(heads - dim / 32))


def _nearest(cost: Callable[[TransformerConfig], float], target: float) -> TransformerConfig:
    """The stack whose cost is `target`, which is linear in its feed-forward width."""
    best: tuple[float, TransformerConfig] | None = None
    for dim, layers in _stacks():
        base = TransformerConfig(dim, layers, _heads(dim), rope_theta=_ROPE, ffn_dim=4)
        least = cost(base)
        step = cost(replace(base, ffn_dim=8)) - least
        width = 4 + 4 * round((target - least) / step)
        proportion = width / dim / _FEED_FORWARD
        if not 0.5 <= proportion <= 2:
            continue
        distance = abs(math.log(dim / layers / _ASPECT)) + abs(math.log(proportion))
        if best is None or distance < best[0]:
            best = distance, replace(base, ffn_dim=width)
    if best is None:
        raise ValueError(f"no stack costs {target:,.0f} FLOPs a byte: choose a larger size or share")
    return best[1]


def plain_shape(target: float, vocabulary: int, sample: Sample) -> TransformerConfig:
    """A transformer over bytes or tokens (`sample.units`), output layer and all."""

    def cost(config: TransformerConfig) -> float:
        return sample.per_byte(plain_flops(config, vocabulary, sample.units).training)

    return _nearest(cost, target)


def entropy_shape(dim: int, window: int) -> TransformerConfig:
    """One block: what places patches must stay cheap beside models of these sizes."""
    return TransformerConfig(dim, 1, _heads(dim), rope_theta=_ROPE, window=window, ffn_dim=2 * dim)


def _blt(
    width: int,
    latent: TransformerConfig,
    entropy: TransformerConfig,
    patcher: PatcherConfig,
    sample: Sample,
    window: int,
    buckets: int,
) -> BLTConfig:
    decoder_layers = 1 if width < 48 else 2
    local = TransformerConfig(width, 1, _heads(width), rope_theta=_ROPE, window=window, ffn_dim=2 * width)
    k = max(1, round(sample.unit_bytes / 2))
    return BLTConfig(
        encoder=local,
        latent=latent,
        decoder=replace(local, layers=decoder_layers),
        entropy=entropy,
        cross_attention=CrossAttentionConfig(
            _heads(width), k, all_layers_decoder=False, doubled_residual=False
        ),
        hash_embedding=HashEmbeddingConfig(buckets=buckets),
        patcher=patcher,
    )


def latent_share(flops: Flops) -> float:
    """The part of inference that the latent transformer is, of all there is, the entropy model too."""
    return float(flops.latent.sum() / flops.inference.sum())


def blt_shape(
    target: float,
    width: int,
    entropy: TransformerConfig,
    patcher: PatcherConfig,
    sample: Sample,
    window: int,
    buckets: int,
) -> BLTConfig:
    """A BLT whose byte level is `width` wide. Raises ValueError where that alone costs more than `target`."""

    def config(latent: TransformerConfig) -> BLTConfig:
        return _blt(width, latent, entropy, patcher, sample, window, buckets)

    def cost(latent: TransformerConfig) -> float:
        return sample.per_byte(blt_flops(config(latent), sample.lengths, sample.units).training)

    return config(_nearest(cost, target))


def local_width(
    target: float,
    share: float,
    entropy: TransformerConfig,
    patcher: PatcherConfig,
    sample: Sample,
    window: int,
    buckets: int,
) -> int:
    """The widest byte level with which the latent transformer has at least `share` of the FLOPs."""
    widest = 0
    for width in range(16, 257, 8):
        try:
            config = blt_shape(target, width, entropy, patcher, sample, window, buckets)
        except ValueError:
            break
        if latent_share(blt_flops(config, sample.lengths, sample.units)) < share:
            break
        widest = width
    if not widest:
        raise ValueError(
            f"at {target:,.0f} training FLOPs a byte no byte level leaves the latent transformer {share:.0%}"
        )
    return widest
