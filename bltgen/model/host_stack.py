"""The stacks of `incremental` once more, in NumPy: the fast path for a few new positions on a CPU.

A step of a small model is all overhead: an operation of NumPy takes a third of the time of torch's,
its BLAS is faster at one row times a matrix, and attention over cached keys is two products that read
each key and value once. Float32 only, on the memory of the weights and of the `RowCache` itself: the
two ways through a level can follow one another at any position.

Everything works on packed positions [total, dim] of several rows. A position of any row reads the
slots that its window reaches: rows that advance by one byte and lie side by side are read by one
batched product; a row that advances by more is read alone, with its causal mask.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import torch
from numpy.typing import NDArray

from bltgen.model.attention import CrossAttention, rotary_table
from bltgen.model.cache import RowCache, Span, ranges
from bltgen.model.config import TransformerConfig
from bltgen.model.transformer import Transformer, TransformerBlock

__all__ = ["Floats", "HostCrossReader", "HostNorm", "HostReach", "HostStack", "matrix"]

Floats = NDArray[np.float32]
_RAGGED = 0.6  # rows whose own reach is less than this share of their common one are read one by one


def matrix(weight: torch.Tensor) -> Floats:
    """A `Linear`'s weight [out, in] as what rows are multiplied by [in, out]: the same memory."""
    array: Floats = weight.detach().numpy().T
    return array


class HostNorm:
    """RMSNorm over rows [n, dim]."""

    __slots__ = ("_floor", "_scaled")

    def __init__(self, norm: torch.nn.RMSNorm) -> None:
        assert norm.weight is not None
        assert norm.eps is not None
        weight: Floats = norm.weight.detach().numpy()
        # x / sqrt(|x|^2 / d + eps) = x * sqrt(d) / sqrt(|x|^2 + d * eps)
        self._floor = len(weight) * norm.eps
        self._scaled: Floats = weight * np.float32(len(weight) ** 0.5)

    def __call__(self, x: Floats) -> Floats:
        """x [n, dim] -> [n, dim]."""
        normed: Floats
        if len(x) == 1:
            row = x[0]
            normed = np.multiply(x, np.float32(1 / math.sqrt(float(row.dot(row)) + self._floor)))
        else:
            squares = np.add.reduce(x * x, axis=1, keepdims=True)
            squares += np.float32(self._floor)
            np.sqrt(squares, out=squares)
            normed = np.divide(x, squares)
        normed *= self._scaled
        return normed


class HostReach:
    """Which slots the new positions of a span see in a window: worked out once, used by every layer.

    A list of reads (low position, high position, low row, high row, low slot, high slot, mask or None).
    """

    __slots__ = ("_reads", "rows", "slots")

    def __init__(self, cache: RowCache, span: Span, window: int | None) -> None:
        first = cache.first
        self._reads: list[tuple[int, int, int, int, int, int, Floats | None]] = []
        lows = [
            0 if window is None else max(0, position - window + 1 - first[row])
            for row, position in zip(span.rows, span.positions, strict=True)
        ]
        highs = [begin + count for begin, count in zip(span.begins, span.counts, strict=True)]
        at = index = 0
        while index < len(span.rows):
            count, row = span.counts[index], span.rows[index]
            if count > 1:
                mask = _causal(span.begins[index], count, lows[index], window)
                self._reads.append((at, at + count, row, row + 1, lows[index], highs[index], mask))
                at, index = at + count, index + 1
                continue
            end = index + 1
            while end < len(span.rows) and span.counts[end] == 1 and span.rows[end] == row + end - index:
                end += 1
            self._read_together(at, row, lows[index:end], highs[index:end])
            at, index = at + end - index, end
        self.rows: int | NDArray[np.intp]
        self.slots: int | NDArray[np.intp]
        if span.total == 1:
            self.rows, self.slots = span.rows[0], span.begins[0]
        else:
            self.rows = np.repeat(span.rows, span.counts)
            self.slots = np.array(ranges(span.begins, span.counts))

    def _read_together(self, at: int, row: int, lows: list[int], highs: list[int]) -> None:
        """Rows row.. that advance by one position each, the positions at.."""
        count = len(lows)
        low, high = min(lows), max(highs)
        together = count * (high - low)
        alone = sum(highs) - sum(lows)
        if together == alone:
            self._reads.append((at, at + count, row, row + count, low, high, None))
        elif alone < _RAGGED * together:
            for i in range(count):
                self._reads.append((at + i, at + i + 1, row + i, row + i + 1, lows[i], highs[i], None))
        else:
            slots = np.arange(low, high)
            seen = (slots < np.array(highs)[:, None]) & (slots >= np.array(lows)[:, None])
            mask = _hiding(seen)[:, None, None]
            self._reads.append((at, at + count, row, row + count, low, high, mask))

    def attend(self, q: Floats, keys_values: Floats, kv_heads: int) -> Floats:
        """What the new positions read from their caches.

        q [total, heads, head_dim], scaled; keys_values [rows, 2 * kv_heads, capacity, head_dim]
        -> [total, heads * head_dim].
        """
        total, heads, width = q.shape
        group = heads // kv_heads
        out = np.empty((total, heads, width), dtype=np.float32)
        for begin, end, low_row, high_row, low, high, mask in self._reads:
            held = keys_values[low_row:high_row, :, low:high]
            keys, values = held[:, :kv_heads].swapaxes(2, 3), held[:, kv_heads:]
            count = end - begin
            if count == high_row - low_row:
                weights = q[begin:end].reshape(count, kv_heads, group, width) @ keys
                if mask is not None:
                    weights += mask
                totals = _exponentials(weights)
                read = out[begin:end].reshape(count, kv_heads, group, width)
                np.matmul(weights, values, out=read)
                read /= totals
            else:
                asked = q[begin:end].reshape(count, kv_heads, group, width).transpose(1, 2, 0, 3)
                weights = asked.reshape(kv_heads, group * count, width) @ keys[0]
                if mask is not None:
                    weights.reshape(kv_heads, group, count, high - low)[...] += mask
                totals = _exponentials(weights)
                read = weights @ values[0]
                read /= totals
                target = out[begin:end].reshape(count, kv_heads, group, width)
                target[...] = read.reshape(kv_heads, group, count, width).transpose(2, 0, 1, 3)
        return out.reshape(total, heads * width)


def _causal(begin: int, count: int, low: int, window: int | None) -> Floats:
    """[count, slots] what may be read by the positions in slots begin.., of the slots low.."""
    slots = np.arange(low, begin + count)
    queries = np.arange(begin, begin + count)[:, None]
    seen = slots <= queries
    if window is not None:
        seen &= slots > queries - window
    return _hiding(seen)


def _hiding(seen: NDArray[np.bool_]) -> Floats:
    """What is added to scores: 0 where `seen`, -inf elsewhere."""
    mask = np.zeros(seen.shape, dtype=np.float32)
    mask[~seen] = -np.inf
    return mask


def _exponentials(scores: Floats) -> Floats:
    """Scores [..., n] become the weights of a softmax, but for their totals [..., 1], which are returned.

    What the weights pick is divided by the totals afterwards: it is narrower than the weights.
    """
    scores -= np.maximum.reduce(scores, axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    totals: Floats = np.add.reduce(scores, axis=-1, keepdims=True)
    return totals


class _Rotary:
    """Rotary factors by position, complex, grown as positions come."""

    __slots__ = ("_config", "_table")

    def __init__(self, config: TransformerConfig) -> None:
        self._config = config
        self._table = np.empty((0, 1, config.dim_per_head // 2), dtype=np.complex64)

    def at(self, span: Span) -> NDArray[np.complex64]:
        """The factors [total, 1, head_dim / 2] of the new positions."""
        end = max(map(int.__add__, span.positions, span.counts))
        if end > len(self._table):
            cos, sin = rotary_table(self._config, torch.arange(max(end, 2 * len(self._table), 64)))
            self._table = torch.complex(cos, sin).numpy()[:, None]
        factors: NDArray[np.complex64]
        if span.single:
            factors = self._table[span.positions[0] : end]
        else:
            factors = self._table[ranges(span.positions, span.counts)]
        return factors


class _Block:
    """The weights of one `TransformerBlock`."""

    __slots__ = ("attention_norm", "down", "feed_forward_norm", "gate_up", "hidden", "out", "qkv")

    def __init__(self, block: TransformerBlock) -> None:
        self.attention_norm = HostNorm(block.attention_norm)
        self.feed_forward_norm = HostNorm(block.feed_forward_norm)
        self.qkv = matrix(block.attention.qkv.weight)
        self.out = matrix(block.attention.out.weight)
        self.gate_up = matrix(block.feed_forward.gate_up.weight)
        self.down = matrix(block.feed_forward.down.weight)
        self.hidden = self.down.shape[0]


class HostStack:
    """The twin of `incremental.IncrementalStack`: the same planes of the same cache."""

    def __init__(self, transformer: Transformer, plane: int) -> None:
        config = transformer.config
        self.window = config.window
        self.plane = plane
        self._heads, self._kv_heads, self._width = config.heads, config.n_kv_heads, config.dim_per_head
        self._scale = np.array([config.dim_per_head**-0.5], dtype=np.float32)
        self.blocks = [_Block(block) for block in transformer.blocks]  # type: ignore[arg-type]
        self.rotary = _Rotary(config)

    def block(
        self, number: int, x: Floats, cache: RowCache, reach: HostReach, factors: NDArray[np.complex64]
    ) -> Floats:
        """Block `number` on x [total, dim], whose positions are reserved in the cache."""
        weights = self.blocks[number]
        heads, rotated, total = self._heads, self._heads + self._kv_heads, len(x)
        qkv = weights.attention_norm(x).dot(weights.qkv)
        qkv = qkv.reshape(total, rotated + self._kv_heads, self._width)
        pairs = qkv.view(np.complex64)[:, :rotated]
        pairs *= factors
        held = cache.arrays[self.plane][number]
        held[reach.rows, :, reach.slots] = qkv[:, heads:]
        q = qkv[:, :heads]
        q *= self._scale
        x = x + reach.attend(q, held, self._kv_heads).dot(weights.out)
        hidden = weights.feed_forward_norm(x).dot(weights.gate_up)
        gate, up = hidden[:, : weights.hidden], hidden[:, weights.hidden :]
        swish = np.exp(-gate)
        swish += 1
        np.divide(gate, swish, out=swish)
        swish *= up
        x += swish.dot(weights.down)
        return x

    def __call__(self, x: Floats, cache: RowCache, span: Span, reach: HostReach) -> Floats:
        """All blocks: x [total, dim] -> [total, dim]."""
        if not self.blocks:
            return x
        factors = self.rotary.at(span)
        for number in range(len(self.blocks)):
            x = self.block(number, x, cache, reach, factors)
        return x


class HostCrossReader:
    """The twin of `incremental.CrossReader`."""

    __slots__ = ("_heads", "_key_norm", "_key_value", "_out", "_query", "_query_norm", "_scale")

    def __init__(self, layer: CrossAttention) -> None:
        self._heads = layer.heads
        self._query_norm, self._key_norm = HostNorm(layer.query_norm), HostNorm(layer.key_norm)
        self._query, self._key_value = matrix(layer.query.weight), matrix(layer.key_value.weight)
        self._out = matrix(layer.out.weight)
        self._scale = np.array([(self._query.shape[0] // layer.heads) ** -0.5], dtype=np.float32)

    def keys_values(self, source: Floats) -> Floats:
        """source [n, dim] -> keys and values side by side [n, 2 * dim]."""
        projected: Floats = self._key_norm(source).dot(self._key_value)
        return projected

    def attend_latents(self, x: Floats, keys_values: Floats, residual: int) -> Floats:
        """x [n, dim], each at its own keys_values [n, k, 2 * dim]; adds x `residual` times."""
        count, dim = x.shape
        heads, sources = self._heads, keys_values.shape[1]
        q = self._queries(x).reshape(count, heads, 1, dim // heads)
        held = keys_values.reshape(count, sources, 2, heads, dim // heads)
        weights = q @ held[:, :, 0].transpose(0, 2, 3, 1)
        totals = _exponentials(weights)
        read = weights @ held[:, :, 1].swapaxes(1, 2)
        read /= totals
        out: Floats = read.reshape(count, dim).dot(self._out)
        out += residual * x
        return out

    def attend_patches(self, x: Floats, sources: Floats, bounds: list[int], residual: int) -> Floats:
        """The queries x [patches, k, dim] of each patch at its bytes, sources[bounds[i]:bounds[i + 1]]."""
        patches, k, dim = x.shape
        heads = self._heads
        flat = x.reshape(patches * k, dim)
        q = self._queries(flat).reshape(patches, k, heads, dim // heads).swapaxes(1, 2)
        held = self.keys_values(sources).reshape(len(sources), 2, heads, dim // heads)
        read = np.empty((patches, k, heads, dim // heads), dtype=np.float32)
        for patch, (low, high) in enumerate(itertools.pairwise(bounds)):
            weights = q[patch] @ held[low:high, 0].transpose(1, 2, 0)
            totals = _exponentials(weights)
            read[patch] = (weights @ held[low:high, 1].swapaxes(0, 1) / totals).swapaxes(0, 1)
        out = read.reshape(patches * k, dim).dot(self._out)
        out += residual * flat
        pooled: Floats = out.reshape(patches, k, dim)
        return pooled

    def _queries(self, x: Floats) -> Floats:
        q: Floats = self._query_norm(x).dot(self._query)
        q *= self._scale
        return q
