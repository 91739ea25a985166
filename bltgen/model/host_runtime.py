"""The levels of `runtime.Runtime` in NumPy, for a few new positions of a float32 model on a CPU.

Both read and write the same caches, so a session takes whichever is faster for the positions at hand:
this one for single bytes and short chunks, torch for the many of a prefill. Where the latent
transformer alone has another dtype, torch runs that level here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor, nn

from bltgen.model.attention import CrossAttention
from bltgen.model.cache import RowCache, Span
from bltgen.model.host_stack import Floats, HostCrossReader, HostNorm, HostReach, HostStack, matrix
from bltgen.model.levels import DECODED, DECODER, ENCODED, ENCODER, ENTROPY, LATENT, LATENTS, Patch
from bltgen.model.ngram_window import Ids

if TYPE_CHECKING:
    from bltgen.model.blt import ByteLatentTransformer
    from bltgen.model.runtime import Runtime

__all__ = ["HostRuntime"]


class HostRuntime:
    """The twin of `Runtime`, which it belongs to: same methods, same results up to rounding."""

    def __init__(self, model: ByteLatentTransformer, runtime: Runtime) -> None:
        self._torch = runtime
        self._local_dim = model.config.local_dim
        self._k, self._residual = runtime.k, runtime.residual

        self._entropy_embedding: Floats = model.entropy_model.embedding.weight.detach().numpy()
        self._entropy = HostStack(model.entropy_model.transformer, ENTROPY)
        self._entropy_norm = HostNorm(model.entropy_model.norm)
        self._entropy_head = matrix(model.entropy_model.head.weight)

        self._byte_embedding: Floats = model.embedding.bytes.weight.detach().numpy()
        table = model.embedding.ngrams
        self._ngram_embedding: Floats | None = None if table is None else table.weight.detach().numpy()

        encoder = model.local_encoder
        self._encoder = HostStack(encoder.transformer, ENCODER)
        self._pools = [HostCrossReader(cast(CrossAttention, c)) for c in encoder.cross_attention]
        self._patch_queries = matrix(encoder.patch_queries.weight)

        decoder = model.local_decoder
        self._latent: HostStack | None = None
        self._project_in: Floats | None = None
        if runtime.latent_dtype == torch.float32:
            self._latent = HostStack(model.latent_transformer.transformer, LATENT)
            project = model.latent_transformer.project_in
            self._project_in = matrix(project.weight) if isinstance(project, nn.Linear) else None
            self._patch_latents = matrix(decoder.patch_latents.weight)
        self._readers = [HostCrossReader(cast(CrossAttention, c)) for c in decoder.cross_attention]
        self._readers = self._readers[: model.config.decoder.layers]
        self._decoder = HostStack(decoder.transformer, DECODER)
        self._decoder_norm = HostNorm(decoder.norm)
        self._head = matrix(decoder.head.weight)

    def entropies(self, ids: Ids, cache: RowCache, span: Span) -> list[float]:
        """Entropy (nats) of the prediction made at each new position; ids [total]."""
        return _entropies(self._predict(ids, cache, span))

    def draft(self, ids: Ids, cache: RowCache, span: Span) -> tuple[list[float], Tensor]:
        """As `entropies`, and the prediction made at each row's last new position, [rows, vocabulary]."""
        logits = self._predict(ids, cache, span)
        return _entropies(logits), torch.from_numpy(logits[span.ends])

    def _predict(self, ids: Ids, cache: RowCache, span: Span) -> Floats:
        """Logits of the entropy model [total, vocabulary], up to a number a row."""
        x = self._entropy_embedding[ids]
        x = self._entropy(x, cache, span, _reach(cache, span, self._entropy.window))
        logits: Floats = self._entropy_norm(x).dot(self._entropy_head)
        logits -= np.maximum.reduce(logits, axis=1, keepdims=True)
        return logits

    def encode(self, ids: Ids, windows: Ids, cache: RowCache, span: Span) -> Floats:
        """Byte states [total, dim] after the encoder; what the pools will read of them is kept."""
        x: Floats = self._byte_embedding[ids]
        if self._ngram_embedding is not None:
            x += np.add.reduce(self._ngram_embedding[self._torch.ngrams.rows(windows)], axis=1)
        encoder, reach = self._encoder, _reach(cache, span, self._encoder.window)
        every = len(self._pools) > 1
        factors = encoder.rotary.at(span)
        for layer in range(len(encoder.blocks)):
            x = encoder.block(layer, x, cache, reach, factors)
            if every:
                _write(cache, ENCODED, layer, reach, x)
        if not every:
            _write(cache, ENCODED, 0, reach, x)
        return x

    def pool(self, cache: RowCache, patches: list[Patch]) -> Floats:
        """Patch vectors [patches, k * dim] of closed patches (row, start, length) from their byte states."""
        read = []
        for layer in range(len(self._pools)):
            held = cache.arrays[ENCODED][layer]
            pieces = [
                held[row, 0, start - cache.first[row] : start - cache.first[row] + length]
                for row, start, length in patches
            ]
            read.append(np.concatenate(pieces))
        bounds = [0]
        for _, _, length in patches:
            bounds.append(bounds[-1] + length)
        maxima = np.maximum.reduceat(read[0], bounds[:-1], axis=0)
        pooled = maxima.dot(self._patch_queries).reshape(len(patches), self._k, self._local_dim)
        for pool, states in zip(self._pools, read, strict=True):
            pooled = pool.attend_patches(pooled, states, bounds, self._residual)
        flat: Floats = pooled.reshape(len(patches), self._k * self._local_dim)
        return flat

    def latents(self, pooled: Floats, cache: RowCache, span: Span) -> Floats | Tensor:
        """Run the latent transformer over newly closed patches: pooled [n, k * dim] -> [n, latent dim]."""
        if self._latent is None:
            return self._torch.latents(torch.from_numpy(pooled), cache, span)
        x = pooled if self._project_in is None else pooled.dot(self._project_in)
        reach = _reach(cache, span, self._latent.window)
        x = self._latent(x, cache, span, reach)
        _write(cache, LATENTS, 0, reach, x)
        return x

    def sources(self, latents: Floats | Tensor) -> Tensor:
        """What each cross-attention of the decoder reads of latents [n, dim]: [readers, n, k, 2 * dim]."""
        if isinstance(latents, Tensor):
            return self._torch.sources(latents)
        count = len(latents)
        source = latents.dot(self._patch_latents).reshape(count * self._k, self._local_dim)
        out = np.empty((len(self._readers), count * self._k, 2 * self._local_dim), dtype=np.float32)
        for number, reader in enumerate(self._readers):
            out[number] = reader.keys_values(source)
        return torch.from_numpy(out).view(len(self._readers), count, self._k, 2 * self._local_dim)

    def decode(
        self, states: Floats, allowed: Tensor | None, seen: Tensor, cache: RowCache, span: Span
    ) -> Floats:
        """States of the bytes after the decoder [total, dim]; seen [readers, total, k, 2 * dim]."""
        x = states
        if allowed is not None:
            x = self._torch.conditioned(torch.from_numpy(x), allowed).numpy()
        decoder, reach = self._decoder, _reach(cache, span, self._decoder.window)
        factors = decoder.rotary.at(span)
        held: Floats = seen.numpy()
        for layer in range(len(decoder.blocks)):
            if layer < len(self._readers):
                x = self._readers[layer].attend_latents(x, held[layer], self._residual)
            x = decoder.block(layer, x, cache, reach, factors)
        _write(cache, DECODED, 0, reach, x)
        return x

    def logits(self, decoded: Floats) -> Tensor:
        """decoded [n, dim] -> next-byte logits [n, vocabulary]."""
        return torch.from_numpy(self._decoder_norm(decoded).dot(self._head))


def _entropies(logits: Floats) -> list[float]:
    """Of logits [n, vocabulary] whose highest is 0: -sum p log p, where log p = logit - log(total)."""
    weights = np.exp(logits)
    total = np.add.reduce(weights, axis=1)
    weights *= logits
    found: list[float] = (np.log(total) - np.add.reduce(weights, axis=1) / total).tolist()
    return found


def _reach(cache: RowCache, span: Span, window: int | None) -> HostReach:
    known: HostReach | None = span.reaches.get(window)
    if known is None:
        known = span.reaches[window] = HostReach(cache, span, window)
    return known


def _write(cache: RowCache, plane: int, layer: int, reach: HostReach, values: Floats) -> None:
    """Store values [total, width] at the new positions, in a plane of one group."""
    cache.arrays[plane][layer][reach.rows, 0, reach.slots] = values
