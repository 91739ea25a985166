"""A Byte Latent Transformer (arXiv:2412.09871), assembled: bytes -> next-byte logits.

This is the whole computation over whole sequences: what training uses, and the slow twin of
incremental decoding. Axis names: batch, time (bytes with BOS at 0), patches, k, dim.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bltgen.model.byte_embedding import HashNGramEmbedding
from bltgen.model.config import BOS_ID, BYTE_OFFSET, BLTConfig
from bltgen.model.contract import Mask
from bltgen.model.entropy_model import EntropyModel, next_byte_entropy
from bltgen.model.latent_transformer import LatentTransformer
from bltgen.model.local_decoder import LocalDecoder
from bltgen.model.local_encoder import LocalEncoder
from bltgen.model.patcher import patch_starts
from bltgen.model.prompt_form import PromptForm
from bltgen.model.runtime import runtime_of
from bltgen.model.session import ROLLBACK, BLTSession

__all__ = ["ByteLatentTransformer", "PatchedBytes", "ids_of_bytes"]


def ids_of_bytes(data: bytes) -> list[int]:
    """BOS, then each byte's id.

    >>> ids_of_bytes(b"AB")
    [1, 69, 70]
    """
    return [BOS_ID, *(byte + BYTE_OFFSET for byte in data)]


@dataclass(frozen=True)
class PatchedBytes:
    """Sequences and their patches.

    `patch_ids`, `visible`: int64 [batch, time]; `patches`: the most in any row.
    """

    ids: Tensor
    patch_ids: Tensor
    visible: Tensor
    patches: int

    @classmethod
    def from_starts(cls, ids: Tensor, starts: Tensor) -> PatchedBytes:
        """`starts` bool [batch, time + 1] as `patch_starts` gives them."""
        counted = starts.long().cumsum(dim=1) - 1
        # At t the patch before the one that holds t + 1 is the last complete one.
        return cls(ids, counted[:, :-1], counted[:, 1:] - 1, int(counted[:, -2].max()) + 1)


class ByteLatentTransformer(nn.Module):
    """Entropy model, byte embedding, local encoder, latent transformer, local decoder."""

    def __init__(self, config: BLTConfig) -> None:
        super().__init__()
        self.config = config
        self.entropy_model = EntropyModel(config.entropy, config.vocabulary)
        self.embedding = HashNGramEmbedding(config.vocabulary, config.local_dim, config.hash_embedding)
        self.local_encoder = LocalEncoder(config)
        self.latent_transformer = LatentTransformer(config)
        self.local_decoder = LocalDecoder(config)
        self.initialise()

    def initialise(self) -> None:
        """Draw fresh weights: embeddings small, projections into a residual stream scaled by its depth."""
        for name, parameter in self.named_parameters():
            if "norm" in name:
                continue
            if "mask_embedding" in name:
                nn.init.zeros_(parameter)
                continue
            std = 0.1 if "embedding" in name else parameter.shape[-1] ** -0.5
            if name.endswith(("attention.out.weight", "down.weight")):
                std *= (2 * self._depth(name)) ** -0.5
            nn.init.normal_(parameter, std=std)

    def _depth(self, name: str) -> int:
        part = {"entropy_model": "entropy", "local_encoder": "encoder", "latent_transformer": "latent"}
        stack = getattr(self.config, part.get(name.split(".")[0], "decoder"))
        return max(1, int(stack.layers))

    @torch.no_grad()
    def patch(self, ids: Tensor) -> PatchedBytes:
        """Cut ids [batch, time] into patches by the config's mode."""
        return PatchedBytes.from_starts(ids, patch_starts(self.config.patcher, ids, self.entropies(ids)))

    @torch.no_grad()
    def entropies(self, ids: Tensor) -> Tensor:
        """Entropy in nats of each next-byte prediction of the entropy model, float32 [batch, time]."""
        return next_byte_entropy(self.entropy_model(ids))

    def forward(self, patched: PatchedBytes, allowed: Tensor | None = None) -> Tensor:
        """Next-byte logits [batch, time, vocabulary] of patched sequences.

        `allowed` bool [batch, time, 257], for models with `mask_conditioning`: what may follow each byte.
        """
        embedded = self.embedding(patched.ids)
        states, pooled = self.local_encoder(embedded, patched.patch_ids, patched.patches)
        latents = self.latent_transformer(pooled.to(self.local_decoder.patch_latents.weight.dtype))
        logits: Tensor = self.local_decoder(states, latents, patched.visible, allowed)
        return logits

    @property
    def mask_conditioning(self) -> bool:
        """Sessions take masks of what is allowed next."""
        return self.config.mask_conditioning

    @property
    def prompt_form(self) -> PromptForm | None:
        """How prompts are formed of a text and the schema of its answer; None: they are the text alone."""
        return self.config.prompt_form

    def with_mask_conditioning(self) -> ByteLatentTransformer:
        """A model with these weights (shared) and a mask input of zeros: its outputs are the same."""
        model = ByteLatentTransformer(dataclasses.replace(self.config, mask_conditioning=True))
        state = {**model.state_dict(), **self.state_dict()}
        model.load_state_dict(state, assign=True)
        return model.train(self.training)

    def session(
        self,
        prompts: Sequence[bytes],
        *,
        rollback: int = ROLLBACK,
        masks: Sequence[Mask | None] | None = None,
    ) -> BLTSession:
        """Decode incrementally: one row of caches a prompt (b"" is one too: BOS is inside).

        Cutting a row back by at most `rollback` bytes costs next to nothing; further may recompute it.
        `masks`: per prompt, what may follow it, bool [257] (None: anything).
        """
        return BLTSession(runtime_of(self), prompts, rollback, masks)
