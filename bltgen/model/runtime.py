"""A model's weights arranged for incremental decoding: what all sessions of one model share.

Nothing is copied but a few vectors of norm weights; the model may be trained on between sessions,
not during one. The four levels and what each remembers of a row:

- byte level (`BYTE_LEVEL` cache, one slot a position, BOS at 0): keys and values of the entropy
  model, the local encoder and the local decoder; the byte's state after the encoder, which the
  pool of the open patch needs; its state after the decoder, from which logits can be read again;
- patch level (one slot a closed patch): keys and values of the latent transformer, and the latent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bltgen.model.attention import CrossAttention
from bltgen.model.cache import PlaneShape, RowCache, Span
from bltgen.model.incremental import CrossReader, IncrementalStack, Norm, Reach
from bltgen.model.local_decoder import mask_features
from bltgen.model.ngram_window import Ids, NGramWindow

if TYPE_CHECKING:
    from bltgen.model.blt import ByteLatentTransformer

__all__ = ["Runtime", "runtime_of"]

ENTROPY, ENCODER, DECODER, ENCODED, DECODED = range(5)  # planes of the byte level
LATENT, LATENTS = range(2)  # planes of the patch level


class Runtime:
    """The parts of one model, ready to run over the newest bytes and patches."""

    def __init__(self, model: ByteLatentTransformer) -> None:
        config = model.config
        self.config = config
        self.device = model.embedding.bytes.weight.device
        local = model.embedding.bytes.weight.dtype
        entropy = model.entropy_model.embedding.weight.dtype
        latent = model.local_decoder.patch_latents.weight.dtype
        self.local_dtype, self.latent_dtype = local, latent

        self.entropy_embedding = model.entropy_model.embedding.weight.detach()
        self.entropy = IncrementalStack(model.entropy_model.transformer, entropy, self.device, ENTROPY)
        self.entropy_norm = Norm(model.entropy_model.norm)
        self.entropy_head = model.entropy_model.head.weight.detach().t()

        self.byte_embedding = model.embedding.bytes.weight.detach()
        self.ngrams = NGramWindow(config.hash_embedding)
        self.ngram_embedding = (
            model.embedding.ngrams.weight.detach() if model.embedding.ngrams is not None else None
        )

        self.k = config.cross_attention.queries_per_patch
        self.residual = config.cross_attention.residual
        self.encoder = IncrementalStack(model.local_encoder.transformer, local, self.device, ENCODER)
        self.pools = [CrossReader(cast(CrossAttention, c)) for c in model.local_encoder.cross_attention]
        self.patch_queries = model.local_encoder.patch_queries.weight.detach().t()

        project = model.latent_transformer.project_in
        self.project_in = project.weight.detach().t() if isinstance(project, nn.Linear) else None
        self.latent = IncrementalStack(model.latent_transformer.transformer, latent, self.device, LATENT)

        decoder = model.local_decoder
        self.patch_latents = decoder.patch_latents.weight.detach().t()
        self.readers = [CrossReader(cast(CrossAttention, layer)) for layer in decoder.cross_attention]
        self.readers = self.readers[: config.decoder.layers]
        self.decoder = IncrementalStack(decoder.transformer, local, self.device, DECODER)
        self.decoder_norm = Norm(decoder.norm)
        self.head = decoder.head.weight.detach().t()
        masked = decoder.mask_embedding
        self.mask_embedding = None if masked is None else masked.weight.detach().t()

        dim = config.local_dim
        encoded = PlaneShape(len(self.pools), 1, dim, local)
        decoded = PlaneShape(1, 1, dim, local)
        self.byte_planes = (self.entropy.shape, self.encoder.shape, self.decoder.shape, encoded, decoded)
        self.patch_planes = (self.latent.shape, PlaneShape(1, 1, config.latent.dim, latent))

    def embed(self, ids: Tensor, windows: Ids) -> Tensor:
        """Byte and hash n-gram embeddings: ids [total], windows [total, length] -> [total, dim]."""
        embedded = F.embedding(ids, self.byte_embedding)
        if self.ngram_embedding is None:
            return embedded
        rows = torch.from_numpy(self.ngrams.rows(windows))
        table = self.ngram_embedding
        found = F.embedding(rows.to(table.device), table).sum(dim=1)
        return embedded.add_(found.to(self.device))

    def pool(self, cache: RowCache, patches: list[tuple[int, int, int]]) -> Tensor:
        """Patch vectors [patches, k * dim] of closed patches (row, start, length) from their byte states.

        Patches are padded only to others of about their length (the next power of two).
        """
        dim = self.config.local_dim
        if len(patches) == 1:
            row, start, length = patches[0]
            read = [cache.read(ENCODED, i, row, start, start + length) for i in range(len(self.pools))]
            return self._pool_group([states[None] for states in read], None).view(1, self.k * dim)
        groups: dict[int, list[int]] = {}
        for number, (_, _, length) in enumerate(patches):
            groups.setdefault((length - 1).bit_length(), []).append(number)
        pooled = torch.empty(len(patches), self.k * dim, dtype=self.local_dtype, device=self.device)
        flat = [cache.flat(ENCODED, layer) for layer in range(len(self.pools))]
        for members in groups.values():
            chosen = [patches[number] for number in members]
            lengths = torch.tensor([length for _, _, length in chosen], device=self.device)
            begins = [row * cache.capacity + start - cache.first[row] for row, start, _ in chosen]
            longest = max(length for _, _, length in chosen)
            steps = torch.arange(longest, device=self.device)
            slots = torch.tensor(begins, device=self.device)[:, None]
            slots = slots + torch.minimum(steps, lengths[:, None] - 1)  # repeat the last byte as padding
            padding = steps >= lengths[:, None]
            mask = torch.zeros(padding.shape, dtype=self.local_dtype, device=self.device)
            mask = mask.masked_fill_(padding, float("-inf"))[:, None, None]
            group = self._pool_group([states[slots] for states in flat], mask)
            pooled.index_copy_(0, torch.tensor(members, device=self.device), group.view(len(members), -1))
        return pooled

    def _pool_group(self, read: list[Tensor], mask: Tensor | None) -> Tensor:
        """read[i] [patches, longest, dim]: what pool i reads -> [patches, k, dim]."""
        maxima = read[0].amax(dim=1)
        pooled = torch.mm(maxima, self.patch_queries).view(len(maxima), self.k, -1)
        for pool, states in zip(self.pools, read, strict=True):
            pooled = pool.attend(pooled, pool.keys_values(states), mask, self.residual)
        return pooled

    def encode(self, x: Tensor, cache: RowCache, span: Span, reach: Reach) -> Tensor:
        """Byte states [total, dim] after the encoder; what the pools will read of them is kept."""
        every = len(self.pools) > 1
        factors = self.encoder.rotary.at(span)
        for layer in range(len(self.encoder.blocks)):
            x = self.encoder.block(layer, x, cache, span, reach, factors)
            if every:
                cache.write(ENCODED, layer, span, x[:, None])
        if not every:
            cache.write(ENCODED, 0, span, x[:, None])
        return x

    def latents_in(self, pooled: Tensor) -> Tensor:
        """Pooled patches [patches, k * dim] at the width and dtype of the latent transformer."""
        pooled = pooled.to(self.latent_dtype)
        return pooled if self.project_in is None else torch.mm(pooled, self.project_in)

    def sources(self, latents: Tensor) -> list[Tensor]:
        """What each cross-attention of the decoder reads of latents [n, dim]: [n, k, 2 * dim] each."""
        source = torch.mm(latents, self.patch_latents).to(self.local_dtype).view(latents.shape[0], self.k, -1)
        return [reader.keys_values(source) for reader in self.readers]

    def conditioned(self, states: Tensor, allowed: Tensor) -> Tensor:
        """States [total, dim] told what may follow them: allowed bool [total, 257]."""
        assert self.mask_embedding is not None
        features = mask_features(allowed, states.dtype).to(self.device)
        return torch.addmm(states, features, self.mask_embedding)

    def logits(self, decoded: Tensor) -> Tensor:
        """decoded [n, dim] -> next-byte logits [n, vocabulary]."""
        return torch.mm(self.decoder_norm(decoded), self.head)


_runtimes: WeakKeyDictionary[nn.Module, tuple[object, Runtime]] = WeakKeyDictionary()


def runtime_of(model: ByteLatentTransformer) -> Runtime:
    """The runtime of the model as its config and weights are now; the same one while they do not change."""
    weights = ((p.data_ptr(), p.dtype, 0 if p.is_inference() else p._version) for p in model.parameters())
    state = (model.config, *weights)
    known = _runtimes.get(model)
    if known is not None and known[0] == state:
        return known[1]
    with torch.inference_mode():
        runtime = Runtime(model)
    _runtimes[model] = (state, runtime)
    return runtime
