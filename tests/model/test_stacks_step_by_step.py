"""A stack over new positions, by torch and by NumPy, against the whole sequence, row by row."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from bltgen.model.attention import CrossAttention
from bltgen.model.cache import PlaneShape, RowCache
from bltgen.model.config import TransformerConfig
from bltgen.model.host_stack import HostCrossReader, HostNorm, HostReach, HostStack
from bltgen.model.incremental import CrossReader, IncrementalStack, Norm, Reach
from bltgen.model.transformer import Transformer

CPU = torch.device("cpu")
CONFIGS = {
    "all": TransformerConfig(8, 2, 2, ffn_dim=12),
    "window": TransformerConfig(8, 2, 2, ffn_dim=12, window=3),
    "window of one": TransformerConfig(8, 1, 2, ffn_dim=12, window=1),
    "shared keys": TransformerConfig(8, 2, 4, kv_heads=2, ffn_dim=12, window=4),
}


def weighted(module):
    """Weights and norms that matter."""
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.5)
    return module.eval()


STACKS = {name: weighted(Transformer(config)) for name, config in CONFIGS.items()}


class Side:
    """One way through a stack: its cache, and steps."""

    def __init__(self, stack: Transformer, rows: int, kind: str, dtype=torch.float32) -> None:
        self.kind, self.dtype = kind, dtype
        self.torch = IncrementalStack(stack, dtype, CPU, 1)
        self.host = HostStack(stack, 1) if dtype == torch.float32 else None
        self.cache = RowCache((PlaneShape(1, 1, 1, dtype), self.torch.shape), rows, self.oldest, CPU)

    def oldest(self, row: int) -> int:
        """What the window still shows."""
        window = self.torch.window
        return 0 if window is None else max(0, self.cache.length[row] - window)

    def step(self, rows, counts, x, which: str) -> torch.Tensor:
        """x [total, dim] through all blocks."""
        span = self.cache.reserve(rows, counts)
        if which == "torch":
            return self.torch(
                x.to(self.dtype), self.cache, span, Reach(self.cache, span, self.torch.window)
            ).float()
        reach = HostReach(self.cache, span, self.host.window)
        return torch.from_numpy(self.host(x.numpy().copy(), self.cache, span, reach))


PATTERNS = [
    # (rows, counts) of each step, over three rows
    [([0], [1])] * 6,
    [([0], [4]), ([0], [1]), ([0], [3])],
    [([0, 1, 2], [1, 1, 1])] * 5,
    [([0, 1, 2], [3, 1, 2]), ([0, 1, 2], [1, 1, 1]), ([0, 2], [1, 1]), ([1], [5]), ([0, 1], [2, 2])],
    [([2], [7]), ([0, 2], [1, 1]), ([1, 2], [2, 1]), ([0, 1, 2], [1, 1, 1]), ([1, 0], [1, 1])],
    [([0], [9]), ([0, 1, 2], [1, 1, 1]), ([0, 1, 2], [1, 1, 1]), ([0, 1, 2], [1, 4, 1])],
    [([0, 1, 2], [9, 8, 7]), ([0, 1, 2], [1, 1, 1]), ([1, 2], [1, 1])],
]


@pytest.mark.parametrize("kind", ["torch", "host", "both", "float64"])
@pytest.mark.parametrize("pattern", range(len(PATTERNS)))
@pytest.mark.parametrize("name", CONFIGS)
def test_new_positions_are_as_in_the_whole_sequence(name, pattern, kind):
    """Whichever rows advance by how many; the two ways follow one another on one cache."""
    stack = STACKS[name]
    marks = random.Random(pattern)
    generator = torch.Generator().manual_seed(pattern)
    dtype = torch.float32
    if kind == "float64":
        dtype, stack = torch.float64, weighted(Transformer(CONFIGS[name])).double()
    side = Side(stack, 3, kind, dtype)
    texts = [torch.zeros(0, 8) for _ in range(3)]
    for rows, counts in PATTERNS[pattern]:
        x = torch.randn(sum(counts), 8, generator=generator)
        which = {"both": marks.choice(["torch", "host"]), "float64": "torch"}.get(kind, kind)
        found = side.step(rows, counts, x, which)
        at = 0
        for row, count in zip(rows, counts, strict=True):
            texts[row] = torch.cat([texts[row], x[at : at + count]])
            whole = stack(texts[row][None].to(dtype))[0, -count:].float()
            torch.testing.assert_close(found[at : at + count], whole, rtol=1e-4, atol=1e-4)
            at += count


def test_long_rows_in_a_window_use_their_slots_again():
    """Positions beyond the first table of angles and the first room of the cache."""
    stack = STACKS["window"]
    for which in ("torch", "host"):
        side = Side(stack, 2, which)
        x = torch.randn(2, 150, 8, generator=torch.Generator().manual_seed(1))
        whole = stack(x)
        for at in range(150):
            found = side.step([0, 1], [1, 1], x[:, at], which)
            torch.testing.assert_close(found, whole[:, at], rtol=1e-4, atol=1e-4)
        assert side.cache.capacity < 60


def test_a_stack_without_blocks_changes_nothing():
    """By either way."""
    side = Side(Transformer(TransformerConfig(8, 0, 2)), 1, "torch")
    x = torch.randn(2, 8)
    assert torch.equal(side.step([0], [2], x, "torch"), x)
    assert torch.equal(side.step([0], [2], x, "host"), x)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("rows", [1, 3])
def test_norms_are_torch_s(dtype, rows):
    """Also of rows near zero, where epsilon decides."""
    norm = weighted(torch.nn.RMSNorm(6, eps=1e-3)).to(dtype)
    x = torch.randn(rows, 6).to(dtype)
    x[-1] *= 1e-3
    expected = norm(x)
    torch.testing.assert_close(
        Norm(norm)(x), expected, rtol=1e-2 if dtype == torch.bfloat16 else 1e-5, atol=1e-6
    )
    if dtype == torch.float32:
        given = x.numpy().copy()
        torch.testing.assert_close(torch.from_numpy(HostNorm(norm)(given)), expected, rtol=1e-5, atol=1e-6)
        assert np.array_equal(given, x.numpy())


@pytest.mark.parametrize("residual", [1, 2])
def test_bytes_read_latents_as_the_layer_says(residual):
    """A few at a time, each its own."""
    layer = weighted(CrossAttention(8, 2, 1e-5))
    source, x = torch.randn(5, 3, 8), torch.randn(5, 8)
    held = layer.project_keys_values(source)
    expected = residual * x + layer.attend_latents(x[None], held[None])[0]
    reader, host = CrossReader(layer), HostCrossReader(layer)
    torch.testing.assert_close(reader.keys_values(source), held, rtol=1e-5, atol=1e-5)
    flat = torch.from_numpy(host.keys_values(source.reshape(15, 8).numpy())).view(5, 3, 16)
    torch.testing.assert_close(flat, held, rtol=1e-5, atol=1e-5)
    found = reader.attend(x[:, None], held, None, residual)[:, 0]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    found = host.attend_latents(x.numpy(), held.detach().numpy(), residual)
    torch.testing.assert_close(torch.from_numpy(found), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("residual", [1, 2])
def test_patches_read_their_bytes_as_the_layer_says(residual):
    """Of any lengths, one after the other."""
    layer = weighted(CrossAttention(8, 2, 1e-5))
    queries, source = torch.randn(3, 2, 8), torch.randn(7, 8)
    segments = torch.tensor([[0, 0, 0, 1, 2, 2, 2]])
    expected = residual * queries + layer.attend_segments(queries[None], source[None], segments)[0]
    found = HostCrossReader(layer).attend_patches(queries.numpy(), source.numpy(), [0, 3, 4, 7], residual)
    torch.testing.assert_close(torch.from_numpy(found), expected, rtol=1e-4, atol=1e-5)
    reader = CrossReader(layer)
    for patch, (low, high) in enumerate(((0, 3), (3, 4), (4, 7))):
        held = reader.keys_values(source[None, low:high])
        one = reader.attend(queries[patch : patch + 1], held, None, residual)
        torch.testing.assert_close(one[0], expected[patch], rtol=1e-4, atol=1e-5)


def spans(lengths, first=(0, 0, 0)):
    """A cache of rows of these lengths of which the slots before `first` are gone, with one more each."""
    cache = RowCache((PlaneShape(1, 2, 4, torch.float32),), 3, lambda row: 0, CPU)
    cache.reserve([0, 1, 2], list(lengths))
    cache.first = list(first)
    return cache, cache.reserve([0, 1, 2], [1, 1, 1])


def test_rows_are_read_together_where_they_reach_alike():
    """Alike: one read without a mask; a little apart: one with a mask; far apart: one each."""
    for lengths, count, masked in (((4, 4, 4), 1, False), ((4, 5, 4), 1, True), ((1, 12, 1), 3, False)):
        cache, span = spans(lengths)
        reads = HostReach(cache, span, None)._reads
        assert len(reads) == count
        assert any(read[-1] is not None for read in reads) == masked
    # Of together 3 * 11 slots, 0.6 is 19.8: 20 in all are read together, 19 one by one.
    for lengths, count in (((10, 3, 4), 1), ((10, 3, 3), 3)):
        cache, span = spans(lengths)
        assert len(HostReach(cache, span, None)._reads) == count
    # Rows that are not neighbours are not read together.
    cache, _ = spans((4, 4, 4))
    reads = HostReach(cache, cache.reserve([0, 2], [1, 1]), None)._reads
    assert [read[:4] for read in reads] == [(0, 1, 0, 1), (1, 2, 2, 3)]
