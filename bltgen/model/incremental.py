"""One stack of blocks run over the newest positions only, with keys and values in a `RowCache`.

The same maths as `transformer.Transformer`, on packed positions [total, dim] of several rows, with
the weights read in place (no second copy) and as few operations as eager mode allows: on a small
model the time of a byte is the number of operations.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bltgen.model.attention import CrossAttention, apply_rotary, rotary_table
from bltgen.model.cache import PlaneShape, RowCache, Span, ranges
from bltgen.model.config import TransformerConfig
from bltgen.model.products import product_of
from bltgen.model.transformer import Transformer, TransformerBlock

__all__ = ["CrossReader", "IncrementalStack", "Norm", "Reach", "RotaryPositions"]


class Norm:
    """RMSNorm in four small operations: eager float32 on a CPU takes twice as long for `F.rms_norm`."""

    __slots__ = ("_dim", "_eps", "_floor", "_scaled", "_weight")

    def __init__(self, norm: nn.RMSNorm) -> None:
        assert norm.weight is not None
        assert norm.eps is not None
        self._weight = norm.weight.detach()
        self._dim = self._weight.shape[0]
        self._eps = norm.eps
        self._floor: Tensor | None = None
        if self._weight.dtype == torch.float32 and self._weight.device.type == "cpu":
            # x / sqrt(|x|^2 / d + eps) = x * sqrt(d) / hypot(|x|, sqrt(d * eps))
            self._scaled = self._weight * self._dim**0.5
            self._floor = torch.tensor((self._dim * norm.eps) ** 0.5)

    def __call__(self, x: Tensor) -> Tensor:
        """x [..., dim] -> [..., dim]."""
        if self._floor is None:
            return F.rms_norm(x, (self._dim,), self._weight, self._eps)
        length = torch.linalg.vector_norm(x, 2, -1, True)
        return x.div(torch.hypot(length, self._floor)).mul_(self._scaled)


class RotaryPositions:
    """Rotary factors by position, grown as positions come; complex where the dtype allows it: one product."""

    def __init__(self, config: TransformerConfig, dtype: torch.dtype, device: torch.device) -> None:
        self._config = config
        self._dtype = dtype
        self._device = device
        self._complex = dtype in (torch.float32, torch.float64)
        self._tables: tuple[Tensor, ...] = ()
        self._length = 0

    def _grow(self, length: int) -> None:
        self._length = max(length, 2 * self._length, 64)
        cos, sin = rotary_table(self._config, torch.arange(self._length, device=self._device))
        if self._complex:
            self._tables = (torch.complex(cos.to(self._dtype), sin.to(self._dtype))[:, None],)
        else:
            self._tables = (cos.to(self._dtype)[:, None], sin.to(self._dtype)[:, None])

    def at(self, span: Span) -> tuple[Tensor, ...]:
        """The factors [total, 1, head_dim / 2] of the new positions."""
        end = max(p + c for p, c in zip(span.positions, span.counts, strict=True))
        if end > self._length:
            self._grow(end)
        if span.single:
            return tuple(table.narrow(0, span.positions[0], span.total) for table in self._tables)
        index = torch.tensor(ranges(span.positions, span.counts), device=self._device)
        return tuple(table.index_select(0, index) for table in self._tables)

    def rotate(self, x: Tensor, factors: tuple[Tensor, ...]) -> None:
        """Rotate interleaved pairs of x [total, heads, head_dim] in place."""
        if self._complex:
            total, heads, width = x.shape
            torch.view_as_complex(x.view(total, heads, width // 2, 2)).mul_(factors[0])
        else:
            x.copy_(apply_rotary(x, (factors[0], factors[1])))


class Reach:
    """Which slots the new positions of a span see in a window: worked out once, used by every layer."""

    __slots__ = ("_high", "_index", "_low", "_mask", "_padding", "_row", "_shape")

    def __init__(self, cache: RowCache, span: Span, window: int | None) -> None:
        first = cache.first
        rows, counts = span.rows, span.counts
        lows, highs = [], []
        for row, position, count, begin in zip(rows, span.positions, counts, span.begins, strict=True):
            low = 0 if window is None else max(0, position - window + 1 - first[row])
            lows.append(low)
            highs.append(begin + count)
        self._low, self._high = min(lows), max(highs)
        self._index: Tensor | None = None
        self._padding: Tensor | None = None
        self._row = rows[0] if len(rows) == 1 else None
        longest = max(counts)
        self._shape = (len(rows), longest)
        if self._row is None:
            if len(rows) != cache.rows or list(rows) != list(range(cache.rows)):
                self._index = torch.tensor(rows, device=cache.device)
            if longest > 1:
                starts = [i * longest for i in range(len(rows))]
                self._padding = torch.tensor(ranges(starts, counts), device=cache.device)
        self._mask: Tensor | None = None
        if longest > 1 or min(highs) < self._high:
            self._mask = self._build_mask(span, window, longest, cache.device)

    def _build_mask(self, span: Span, window: int | None, longest: int, device: torch.device) -> Tensor:
        slots = torch.arange(self._low, self._high, device=device)
        begins = torch.tensor(span.begins, device=device)
        queries = begins[:, None, None] + torch.arange(longest, device=device)[:, None]
        seen = slots <= queries
        if window is not None:
            seen &= slots > queries - window
        return torch.zeros(seen.shape, device=device).masked_fill_(~seen, float("-inf")).unsqueeze(1)

    def attend(self, q: Tensor, keys_values: Tensor, kv_heads: int) -> Tensor:
        """What the new positions read from their caches.

        q [total, heads, head_dim], keys_values [rows, 2 * kv_heads, capacity, head_dim]
        -> [total, heads * head_dim].
        """
        _, heads, width = q.shape
        held = keys_values.narrow(2, self._low, self._high - self._low)
        if self._row is not None:
            held = held.narrow(0, self._row, 1)
        elif self._index is not None:
            held = held.index_select(0, self._index)
        k, v = held.chunk(2, 1)
        rows, longest = self._shape
        if self._padding is not None:
            padded = q.new_zeros(rows * longest, heads, width)
            padded.index_copy_(0, self._padding, q)
            q = padded
        q = q.view(rows, longest, heads, width).transpose(1, 2)
        mask = self._mask
        if mask is not None:
            mask = mask.to(q.dtype)
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=heads != kv_heads)
        out = out.transpose(1, 2).reshape(rows * longest, heads * width)
        return out if self._padding is None else out.index_select(0, self._padding)


class _Block:
    """The weights of one `TransformerBlock`, ready to multiply by."""

    __slots__ = ("attention_norm", "down", "feed_forward_norm", "gate_up", "out", "qkv")

    def __init__(self, block: TransformerBlock) -> None:
        self.attention_norm = Norm(block.attention_norm)
        self.feed_forward_norm = Norm(block.feed_forward_norm)
        self.qkv = product_of(block.attention.qkv)
        self.out = product_of(block.attention.out)
        self.gate_up = product_of(block.feed_forward.gate_up)
        self.down = product_of(block.feed_forward.down)


class IncrementalStack:
    """A `Transformer` over new positions. Layer i keeps its keys and values in layer i of one plane."""

    def __init__(
        self, transformer: Transformer, dtype: torch.dtype, device: torch.device, plane: int
    ) -> None:
        config = transformer.config
        self.window = config.window
        self.plane = plane
        self.dtype = dtype
        self._kv_heads = config.n_kv_heads
        self._width = config.dim_per_head
        self._heads = config.heads
        self.blocks = [_Block(block) for block in transformer.blocks]  # type: ignore[arg-type]
        self.rotary = RotaryPositions(config, dtype, device)
        self.shape = PlaneShape(config.layers, 2 * config.n_kv_heads, config.dim_per_head, dtype)

    def block(
        self, number: int, x: Tensor, cache: RowCache, span: Span, reach: Reach, factors: tuple[Tensor, ...]
    ) -> Tensor:
        """Block `number` on x [total, dim], whose positions `span` has reserved."""
        weights = self.blocks[number]
        heads, kv_heads = self._heads, self._kv_heads
        total = x.shape[0]
        qkv = weights.qkv(weights.attention_norm(x)).view(total, -1, self._width)
        self.rotary.rotate(qkv.narrow(1, 0, heads + kv_heads), factors)
        cache.write(self.plane, number, span, qkv.narrow(1, heads, 2 * kv_heads))
        q = qkv.narrow(1, 0, heads)
        attended = reach.attend(q, cache.planes[self.plane][number], kv_heads)
        x = weights.out.added(x, attended)
        hidden = weights.gate_up(weights.feed_forward_norm(x))
        gate, up = hidden.chunk(2, 1)
        gated = F.silu(gate).mul_(up)
        return weights.down.added(x, gated)

    def __call__(self, x: Tensor, cache: RowCache, span: Span, reach: Reach) -> Tensor:
        """All blocks: x [total, dim] -> [total, dim]."""
        if not self.blocks:
            return x
        factors = self.rotary.at(span)
        for number in range(len(self.blocks)):
            x = self.block(number, x, cache, span, reach, factors)
        return x


class CrossReader:
    """A `CrossAttention` whose queries or sources come a few at a time."""

    __slots__ = ("_heads", "_key_norm", "_key_value", "_out", "_query", "_query_norm")

    def __init__(self, layer: CrossAttention) -> None:
        self._heads = layer.heads
        self._query_norm = Norm(layer.query_norm)
        self._key_norm = Norm(layer.key_norm)
        self._query = layer.query.weight.detach().t()
        self._key_value = layer.key_value.weight.detach().t()
        self._out = layer.out.weight.detach().t()

    def keys_values(self, source: Tensor) -> Tensor:
        """source [..., dim] -> keys and values side by side [..., 2 * dim]."""
        return torch.matmul(self._key_norm(source), self._key_value)

    def attend(self, x: Tensor, keys_values: Tensor, mask: Tensor | None, residual: int) -> Tensor:
        """x [n, queries, dim] looks at keys_values [n, sources, 2 * dim]; adds x `residual` times."""
        count, queries, dim = x.shape
        heads = self._heads
        q = torch.matmul(self._query_norm(x), self._query).view(count, queries, heads, -1).transpose(1, 2)
        held = keys_values.view(count, -1, 2 * heads, dim // heads).transpose(1, 2)
        attended = F.scaled_dot_product_attention(q, held[:, :heads], held[:, heads:], attn_mask=mask)
        flat = attended.transpose(1, 2).reshape(count * queries, dim)
        base = x.reshape(count * queries, dim)
        return torch.addmm(base, flat, self._out, beta=residual).view(count, queries, dim)
