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
from bltgen.model.entropy_model import next_byte_entropy
from bltgen.model.host_runtime import HostRuntime
from bltgen.model.incremental import CrossReader, IncrementalStack, Norm, Reach
from bltgen.model.levels import DECODED, DECODER, ENCODED, ENCODER, ENTROPY, LATENT, LATENTS, Levels, Patch
from bltgen.model.local_decoder import mask_features
from bltgen.model.ngram_window import Ids, NGramWindow

if TYPE_CHECKING:
    from bltgen.model.blt import ByteLatentTransformer

__all__ = ["HOST_POSITIONS", "Runtime", "runtime_of"]

HOST_POSITIONS = 128  # new positions up to which NumPy is faster than torch


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
        on_host = self.device.type == "cpu" and local == entropy == torch.float32
        self._host = HostRuntime(model, self) if on_host else None

    def for_positions(self, total: int) -> Levels:
        """What runs `total` new positions fastest: `HostRuntime` where there is one and they are few."""
        return self if self._host is None or total > HOST_POSITIONS else self._host

    def entropies(self, ids: Ids, cache: RowCache, span: Span) -> list[float]:
        """Entropy (nats) of the prediction made at each new position; ids [total]."""
        found: list[float] = next_byte_entropy(self._predict(ids, cache, span)).tolist()
        return found

    def draft(self, ids: Ids, cache: RowCache, span: Span) -> tuple[list[float], Tensor]:
        """As `entropies`, and the prediction made at each row's last new position, [rows, vocabulary]."""
        logits = self._predict(ids, cache, span)
        return next_byte_entropy(logits).tolist(), logits[span.ends]

    def _predict(self, ids: Ids, cache: RowCache, span: Span) -> Tensor:
        """Logits of the entropy model [total, vocabulary]."""
        x = F.embedding(torch.from_numpy(ids).to(self.device), self.entropy_embedding)
        x = self.entropy(x, cache, span, _reach(cache, span, self.entropy.window))
        return torch.mm(self.entropy_norm(x), self.entropy_head)

    def _embed(self, ids: Tensor, windows: Ids) -> Tensor:
        """Byte and hash n-gram embeddings: ids [total], windows [total, length] -> [total, dim]."""
        embedded = F.embedding(ids, self.byte_embedding)
        if self.ngram_embedding is None:
            return embedded
        rows = torch.from_numpy(self.ngrams.rows(windows))
        table = self.ngram_embedding
        found = F.embedding(rows.to(table.device), table).sum(dim=1)
        return embedded.add_(found.to(self.device))

    def pool(self, cache: RowCache, patches: list[Patch]) -> Tensor:
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

    def encode(self, ids: Ids, windows: Ids, cache: RowCache, span: Span) -> Tensor:
        """Byte states [total, dim] after the encoder; what the pools will read of them is kept."""
        x = self._embed(torch.from_numpy(ids).to(self.device), windows)
        reach = _reach(cache, span, self.encoder.window)
        every = len(self.pools) > 1
        factors = self.encoder.rotary.at(span)
        for layer in range(len(self.encoder.blocks)):
            x = self.encoder.block(layer, x, cache, span, reach, factors)
            if every:
                cache.write(ENCODED, layer, span, x[:, None])
        if not every:
            cache.write(ENCODED, 0, span, x[:, None])
        return x

    def latents(self, pooled: Tensor, cache: RowCache, span: Span) -> Tensor:
        """Run the latent transformer over newly closed patches: pooled [n, k * dim] -> [n, latent dim]."""
        x = pooled.to(self.latent_dtype)
        if self.project_in is not None:
            x = torch.mm(x, self.project_in)
        x = self.latent(x, cache, span, _reach(cache, span, self.latent.window))
        cache.write(LATENTS, 0, span, x[:, None])
        return x

    def sources(self, latents: Tensor) -> Tensor:
        """What each cross-attention of the decoder reads of latents [n, dim]: [readers, n, k, 2 * dim]."""
        source = torch.mm(latents, self.patch_latents).to(self.local_dtype).view(latents.shape[0], self.k, -1)
        if not self.readers:
            return source.new_empty(0, latents.shape[0], self.k, 2 * source.shape[-1])
        return torch.stack([reader.keys_values(source) for reader in self.readers])

    def decode(
        self, states: Tensor, allowed: Tensor | None, seen: Tensor, cache: RowCache, span: Span
    ) -> Tensor:
        """States of the bytes after the decoder [total, dim]; seen [readers, total, k, 2 * dim]."""
        x = states if allowed is None else self.conditioned(states, allowed)
        reach = _reach(cache, span, self.decoder.window)
        factors = self.decoder.rotary.at(span)
        for layer in range(len(self.decoder.blocks)):
            if layer < len(self.readers):
                x = self.readers[layer].attend(x[:, None], seen[layer], None, self.residual)[:, 0]
            x = self.decoder.block(layer, x, cache, span, reach, factors)
        cache.write(DECODED, 0, span, x[:, None])
        return x

    def conditioned(self, states: Tensor, allowed: Tensor) -> Tensor:
        """States [total, dim] told what may follow them: allowed bool [total, 257]."""
        assert self.mask_embedding is not None
        features = mask_features(allowed, states.dtype).to(self.device)
        return torch.addmm(states, features, self.mask_embedding)

    def logits(self, decoded: Tensor) -> Tensor:
        """decoded [n, dim] -> next-byte logits [n, vocabulary]."""
        return torch.mm(self.decoder_norm(decoded), self.head)


def _reach(cache: RowCache, span: Span, window: int | None) -> Reach:
    known: Reach | None = span.reaches.get(window)
    if known is None:
        known = span.reaches[window] = Reach(cache, span, window)
    return known


_runtimes: WeakKeyDictionary[nn.Module, tuple[object, Runtime]] = WeakKeyDictionary()


def runtime_of(model: ByteLatentTransformer) -> Runtime:
    """The runtime of the model as its config and weights are now; the same one while they do not change."""
    weights = ((p.data_ptr(), p.dtype, None if p.is_inference() else p._version) for p in model.parameters())
    state = (model.config, *weights)
    known = _runtimes.get(model)
    if known is not None and known[0] == state:
        return known[1]
    with torch.inference_mode():
        runtime = Runtime(model)
    _runtimes[model] = (state, runtime)
    return runtime
