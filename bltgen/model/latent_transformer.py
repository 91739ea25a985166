"""Patches to patches: the large, costly stack, run once a patch (paper, section 3.1)."""

from __future__ import annotations

from torch import Tensor, nn

from bltgen.model.config import BLTConfig
from bltgen.model.transformer import Transformer

__all__ = ["LatentTransformer"]


class LatentTransformer(nn.Module):
    """Pooled patches [batch, patches, k * local dim] -> latents [batch, patches, latent dim]."""

    def __init__(self, config: BLTConfig) -> None:
        super().__init__()
        width = config.local_dim * config.cross_attention.queries_per_patch
        self.project_in: nn.Module = (
            nn.Identity() if width == config.latent.dim else nn.Linear(width, config.latent.dim, bias=False)
        )
        self.transformer = Transformer(config.latent)

    def forward(self, pooled: Tensor) -> Tensor:
        """Causal over patches."""
        latents: Tensor = self.transformer(self.project_in(pooled))
        return latents
