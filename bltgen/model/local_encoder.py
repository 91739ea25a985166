"""Bytes to patch vectors: a light stack over bytes, then cross-attention that pools each patch.

A patch's first query is the maximum over its bytes, projected to k queries; each query then
cross-attends to the bytes of its patch alone (paper, section 3.2.2), after the last block or,
with `all_layers_encoder`, after every block in turn.
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
        self.all_layers = cross.all_layers_encoder and config.encoder.layers > 0
        self.residual = cross.residual
        self.transformer = Transformer(config.encoder)
        dim = config.local_dim
        self.patch_queries = nn.Linear(dim, dim * self.k, bias=False)
        count = config.encoder.layers if self.all_layers else 1
        self.cross_attention = nn.ModuleList(
            CrossAttention(dim, cross.heads, cross.norm_eps) for _ in range(count)
        )

    def first_queries(self, states: Tensor, patch_ids: Tensor, patches: int) -> Tensor:
        """Queries [batch, patches, k, dim]: the maximum over each patch's bytes, projected."""
        batch, time, dim = states.shape
        index = patch_ids[..., None].expand(batch, time, dim)
        maxima = states.new_zeros(batch, patches, dim).scatter_reduce(
            1, index, states, "amax", include_self=False
        )
        queries: Tensor = self.patch_queries(maxima)
        return queries.view(batch, patches, self.k, dim)

    def forward(self, embedded: Tensor, patch_ids: Tensor, patches: int) -> tuple[Tensor, Tensor]:
        """`patch_ids` int64 [batch, time] says which patch each byte belongs to."""
        rotary, mask = self.transformer.context(embedded.shape[1], embedded.device)
        states = embedded
        outputs = []  # what the cross-attentions read: the states after every block, or the last
        for block in self.transformer.blocks:
            states = block(states, rotary, mask)
            outputs.append(states)
        read = outputs if self.all_layers else [states]
        pooled = self.first_queries(read[0], patch_ids, patches)
        for layer, source in zip(self.cross_attention, read, strict=True):
            attended = cast(CrossAttention, layer).attend_segments(pooled, source, patch_ids)
            pooled = self.residual * pooled + attended
        return states, pooled.flatten(2)
