"""Patch latents and byte states back to next-byte logits (paper, section 3.3).

A byte sees the k projections of exactly one latent: that of the last patch that is complete,
given the boundary before the byte to come.

With `mask_conditioning` it may also be told what is allowed to come next, so that it knows what it
may say before it says it: the mean of the embeddings of the allowed bytes (and of the end), less
that of all of them, is added to its state. Everything allowed is thus the same as no mask, and
weights of zero change nothing.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from bltgen.model.attention import CrossAttention
from bltgen.model.config import BLTConfig
from bltgen.model.contract import VOCABULARY as COLUMNS
from bltgen.model.transformer import Transformer

__all__ = ["LocalDecoder", "mask_features"]


def mask_features(allowed: Tensor, dtype: torch.dtype) -> Tensor:
    """Masks bool [..., 257] as what `mask_embedding` multiplies; zero where all is allowed.

    >>> mask_features(torch.tensor([[True] * 257]), torch.float32).any().item()
    False
    """
    shares = allowed.to(torch.float32)
    shares = shares / shares.sum(-1, keepdim=True).clamp_min(1) - 1 / COLUMNS
    return shares.to(dtype)


class LocalDecoder(nn.Module):
    """Byte states [batch, time, dim] and latents -> logits [batch, time, vocabulary]."""

    def __init__(self, config: BLTConfig) -> None:
        super().__init__()
        cross = config.cross_attention
        self.k = cross.queries_per_patch
        self.residual = cross.residual
        dim = config.local_dim
        self.patch_latents = nn.Linear(config.latent.dim, dim * self.k, bias=False)
        count = config.decoder.layers if cross.all_layers_decoder else 1
        self.cross_attention = nn.ModuleList(
            CrossAttention(dim, cross.n_decoder_heads, cross.norm_eps) for _ in range(count)
        )
        self.transformer = Transformer(config.decoder)
        self.norm = nn.RMSNorm(dim, eps=config.decoder.norm_eps)
        self.head = nn.Linear(dim, config.vocabulary, bias=False)
        self.mask_embedding = nn.Linear(COLUMNS, dim, bias=False) if config.mask_conditioning else None

    def project_latents(self, latents: Tensor) -> list[Tensor]:
        """Keys and values for each cross-attention layer.

        latents [batch, patches, dim] -> [batch, patches, k, 2 * dim] each.
        """
        batch, patches, _ = latents.shape
        source = self.patch_latents(latents).to(self.head.weight.dtype).view(batch, patches, self.k, -1)
        return [cast(CrossAttention, layer).project_keys_values(source) for layer in self.cross_attention]

    def forward(
        self, states: Tensor, latents: Tensor, visible: Tensor, allowed: Tensor | None = None
    ) -> Tensor:
        """`visible` int64 [batch, time]: the patch whose latent each byte sees.

        `allowed` bool [batch, time, 257]: what may follow each byte; column 256 is the end.
        """
        x = states
        if allowed is not None:
            if self.mask_embedding is None:
                raise ValueError("this model has no mask input (config: mask_conditioning)")
            x = x + self.mask_embedding(mask_features(allowed, x.dtype))
        rotary, mask = self.transformer.context(x.shape[1], x.device)
        sources = self.project_latents(latents)
        index = visible[:, :, None, None].expand(-1, -1, self.k, sources[0].shape[-1]) if sources else visible
        for number, block in enumerate(self.transformer.blocks):
            if number < len(self.cross_attention):
                seen = sources[number].gather(1, index)
                attention = cast(CrossAttention, self.cross_attention[number])
                x = self.residual * x + attention.attend_latents(x, seen)
            x = block(x, rotary, mask)
        logits: Tensor = self.head(self.norm(x))
        return logits
