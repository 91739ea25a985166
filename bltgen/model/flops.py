"""FLOPs of reading or generating a text, by component, from the config and the patches observed.

Counted as the field does: two for each multiplication and addition of a matrix product, attention
included; norms, softmaxes and embeddings are not counted. It is the work of incremental decoding:
every byte once, every closed patch once, attention to what the windows show. The count is exact:
`torch.utils.flop_counter` finds the same when it watches a session, run by torch, go byte by byte.

>>> from bltgen.model.config import BLTConfig
>>> count = count_flops(BLTConfig.tiny(), length=8, patch_starts=[0, 4])
>>> count.bytes, count.total == sum(count.by_component().values())
(8, True)
>>> short = count_flops(BLTConfig.tiny(), 64, range(64))
>>> count_flops(BLTConfig.tiny(), 64, range(0, 64, 8)).latent_transformer < short.latent_transformer
True
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bltgen.model.config import BLTConfig, TransformerConfig

__all__ = ["FlopCount", "count_flops"]


@dataclass(frozen=True)
class FlopCount:
    """FLOPs by component for `bytes` bytes in `patches` closed patches, that of BOS not counted."""

    bytes: int
    patches: int
    entropy_model: int
    local_encoder: int
    pooling: int
    latent_transformer: int
    local_decoder: int

    @property
    def total(self) -> int:
        """All components together."""
        return sum(self.by_component().values())

    @property
    def per_byte(self) -> float:
        """Total per byte of the text; that of the start symbol for an empty one."""
        return self.total / max(1, self.bytes)

    def by_component(self) -> dict[str, int]:
        """FLOPs by name of component."""
        counts = asdict(self)
        del counts["bytes"], counts["patches"]
        return counts


def _stack(config: TransformerConfig, count: int) -> int:
    """`count` positions through a stack, each attending to those its window shows."""
    heads = config.heads * config.dim_per_head
    kv = config.n_kv_heads * config.dim_per_head
    linear = 2 * config.dim * (heads + 2 * kv + heads + 3 * config.feed_forward_dim)
    window = count if config.window is None else min(count, config.window)
    seen = window * (window + 1) // 2 + (count - window) * window
    return config.layers * (count * linear + 4 * heads * seen)


def count_flops(
    config: BLTConfig, length: int, patch_starts: Sequence[int], *, at_boundary: bool = False
) -> FlopCount:
    """FLOPs for the first `length` bytes of a text, the prediction of the next byte included.

    `patch_starts`: offsets where patches start, as a session gives them; the last patch is still
    open unless `at_boundary`. Raises ValueError where they are not offsets in the text.
    """
    starts = list(patch_starts)
    if length < 0 or any(a >= b for a, b in zip(starts, [*starts[1:], length], strict=False)):
        raise ValueError(f"patch starts must ascend below the length {length}, got {starts[:8]}")
    if bool(starts) != bool(length) or (starts and starts[0] != 0):
        raise ValueError(f"a patch starts at the first byte, got {starts[:8]}")
    ends = [*starts[1:], length] if at_boundary and length else starts[1:]
    lengths = [1, *(end - start for start, end in zip(starts, ends, strict=False))]  # BOS is a patch

    positions, patches = length + 1, len(lengths)
    cross, dim, latent = config.cross_attention, config.local_dim, config.latent.dim
    k = cross.queries_per_patch
    pools = config.encoder.layers if cross.all_layers_encoder and config.encoder.layers else 1
    pooled = sum(lengths)
    pool = patches * 2 * dim * dim * k
    pool += pools * (patches * 4 * k * dim * dim + pooled * (4 * dim * dim + 4 * k * dim))
    project_in = 0 if k * dim == latent else 2 * k * dim * latent
    readers = min(config.decoder.layers if cross.all_layers_decoder else 1, config.decoder.layers)
    sources = patches * (2 * latent * k * dim + readers * 4 * k * dim * dim)
    reading = positions * readers * (4 * dim * dim + 4 * k * dim)
    head = 2 * config.vocabulary
    return FlopCount(
        bytes=length,
        patches=patches - 1,
        entropy_model=_stack(config.entropy, positions) + positions * config.entropy.dim * head,
        local_encoder=_stack(config.encoder, positions),
        pooling=pool,
        latent_transformer=_stack(config.latent, patches) + patches * project_in,
        local_decoder=_stack(config.decoder, positions) + sources + reading + positions * dim * head,
    )
