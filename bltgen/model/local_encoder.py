"""Bytes to patch vectors: a light stack over bytes, then cross-attention that pools each patch.

A patch's first query is the maximum over its bytes, projected to k queries; each query then
cross-attends to the bytes of its patch alone (paper, section 3.2.2).
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from bltgen.model.attention import CrossAttention
from bltgen.model.config import BLTConfig
from bltgen.model.transformer import Transformer

__all__ = ["LocalEncoder"]


class LocalEncoder(nn.Module):
    """Byte embeddings [batch, time, dim] -> byte states, and patch vectors [batch, patches, k * dim]."""

    def __init__(self, config: BLTConfig) -> None:
        super().__init__()
        cross = config.cross_attention
        self.k = cross.queries_per_patch
        self.all_layers = cross.all_layers_encoder
        self.residual = cross.residual
        self.transformer = Transformer(config.encoder)
        dim = config.local_dim
        self.patch_queries = nn.Linear(dim, dim * self.k, bias=False)
        count = config.encoder.layers if self.all_layers else 1
        self.cross_attention = nn.ModuleList(
            CrossAttention(dim, cross.heads, cross.norm_eps) for _ in range(count)
        )

    def pool(self, layer: int, states: Tensor, patch_ids: Tensor, patches: int) -> Tensor:
        """Patch vectors [batch, patches, k * dim] of byte states, by one cross-attention layer."""
        batch, time, dim = states.shape
        index = patch_ids[..., None].expand(batch, time, dim)
        maxima = states.new_zeros(batch, patches, dim).scatter_reduce(
            1, index, states, "amax", include_self=False
        )
        queries = self.patch_queries(maxima).view(batch, patches, self.k, dim)
        attention = cast(CrossAttention, self.cross_attention[layer])
        out: Tensor = self.residual * queries + attention.attend_segments(queries, states, patch_ids)
        return out.flatten(2)

    def forward(self, embedded: Tensor, patch_ids: Tensor, patches: int) -> tuple[Tensor, Tensor]:
        """`patch_ids` int64 [batch, time] says which patch each byte belongs to."""
        rotary, mask = self.transformer.context(embedded.shape[1], embedded.device)
        states = embedded
        pooled: Tensor | None = None
        last = len(self.transformer.blocks) - 1
        for number, block in enumerate(self.transformer.blocks):
            states = block(states, rotary, mask)
            if number == last:  # earlier layers' pools would be overwritten, as in the released code
                pooled = self.pool(number if self.all_layers else 0, states, patch_ids, patches)
        if pooled is None:
            pooled = self.pool(0, states, patch_ids, patches)
        return states, pooled
