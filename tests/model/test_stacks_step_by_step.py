"""A stack over new positions, by torch and by NumPy, against the whole sequence, row by row."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from bltgen.model.attention import CrossAttention, rotary_table
from bltgen.model.cache import PlaneShape, RowCache
from bltgen.model.config import TransformerConfig
from bltgen.model.host_stack import HostCrossReader, HostNorm, HostReach, HostStack, _exponentials
from bltgen.model.host_stack import _Rotary as HostRotary
from bltgen.model.incremental import CrossReader, IncrementalStack, Norm, Reach, RotaryPositions
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


def test_norms_of_other_dtypes_are_torch_s_own():
    """Bit by bit; and so is that of another device."""
    for dtype in (torch.float64, torch.bfloat16, torch.float16):
        norm = weighted(torch.nn.RMSNorm(6, eps=1e-3)).to(dtype)
        x = torch.randn(3, 6).to(dtype) * 1e-2
        assert torch.equal(Norm(norm)(x), torch.nn.functional.rms_norm(x, (6,), norm.weight, 1e-3))
        assert Norm(norm)._floor is None
    assert Norm(torch.nn.RMSNorm(6, eps=1e-3))._floor is not None
    assert Norm(torch.nn.RMSNorm(6, eps=1e-3, device="meta"))._floor is None


@pytest.mark.parametrize("kind", ["torch", "host"])
def test_angles_are_worked_out_once(kind):
    """At least 64, then twice as many; those of one row are a view of the table."""
    config = CONFIGS["all"]
    cache = RowCache((PlaneShape(1, 1, 1, torch.float32),), 2, lambda row: 0, CPU)
    rotary = RotaryPositions(config, torch.float32, CPU) if kind == "torch" else HostRotary(config)

    def length() -> int:
        return rotary._length if kind == "torch" else len(rotary._table)

    def at(rows, counts, positions):
        found = rotary.at(cache.span(rows, counts, positions))
        return found[0].numpy() if kind == "torch" else found

    cos, sin = rotary_table(config, torch.arange(700))
    whole = torch.complex(cos, sin).numpy()[:, None]
    grown = []
    for rows, counts, positions in (
        ([0], [1], [0]),
        ([0], [1], [63]),
        ([1], [4], [61]),
        ([0, 1], [1, 1], [128, 3]),
        ([0, 1], [2, 3], [250, 5]),
        ([0], [1], [600]),
        ([0, 1], [1, 40], [1, 599]),
    ):
        found = at(rows, counts, positions)
        expected = np.concatenate([whole[p : p + c] for p, c in zip(positions, counts, strict=True)])
        assert np.array_equal(found, expected)
        grown.append(length())
        if len(rows) == 1:
            table = rotary._tables[0].numpy() if kind == "torch" else rotary._table
            assert np.shares_memory(found, table)
    assert grown == [64, 64, 128, 256, 256, 601, 1202]


REACHES = [
    # rows, counts and positions; of three rows
    ([1], [1], [4], "row"),
    ([1], [2], [4], "row mask"),
    ([0, 1, 2], [1, 1, 1], [4, 4, 4], ""),
    ([0, 1, 2], [1, 1, 1], [4, 5, 4], "mask"),
    ([0, 2], [1, 1], [4, 4], "index"),
    ([1, 0, 2], [1, 1, 1], [4, 4, 4], "index"),
    ([0, 1, 2], [1, 2, 1], [4, 4, 4], "padding mask"),
    ([0, 1], [2, 2], [4, 4], "index padding mask"),
]


@pytest.mark.parametrize(("rows", "counts", "positions", "kept"), REACHES)
@pytest.mark.parametrize("window", [None, 3])
def test_a_reach_keeps_what_is_needed_to_read(rows, counts, positions, kept, window):
    """Which rows, where these are not all in order; what is padding, where rows differ; a mask likewise."""
    cache = RowCache((PlaneShape(1, 1, 1, torch.float32),), 3, lambda row: 0, CPU)
    reach = Reach(cache, cache.span(rows, counts, positions), window)
    found = {"row": reach._row, "index": reach._index, "padding": reach._padding, "mask": reach._mask}
    assert [name for name, value in found.items() if value is not None] == kept.split()
    if reach._index is not None:
        assert reach._index.tolist() == rows
    if reach._padding is not None:
        longest = max(counts)
        assert reach._padding.tolist() == [
            row * longest + at for row, count in enumerate(counts) for at in range(count)
        ]
    if reach._mask is not None:
        low = 0 if window is None else max(0, min(positions) - window + 1)
        high = max(position + count for position, count in zip(positions, counts, strict=True))
        assert reach._mask.shape == (len(rows), 1, max(counts), high - low)
        for row, (position, count) in enumerate(zip(positions, counts, strict=True)):
            for at in range(count):
                seen = [slot for slot in range(low, high) if reach._mask[row, 0, at, slot - low] == 0]
                first = 0 if window is None else max(0, position + at - window + 1)
                assert seen == list(range(first, position + at + 1))


def test_rows_and_slots_of_new_positions_are_numbers_where_there_is_one():
    """Arrays otherwise, position after position."""
    cache = RowCache((PlaneShape(1, 1, 1, torch.float32),), 3, lambda row: 0, CPU)
    one = HostReach(cache, cache.span([2], [1], [5]), None)
    assert (one.rows, one.slots) == (2, 5)
    assert type(one.rows) is type(one.slots) is int
    several = HostReach(cache, cache.span([0, 2], [1, 2], [3, 5]), None)
    assert (several.rows.tolist(), several.slots.tolist()) == ([0, 2, 2], [3, 5, 6])


def test_scores_of_any_size_have_weights():
    """The highest is taken off before; the totals are returned."""
    scores = np.array([[1000.0, 999.0], [-1000.0, -1000.0]], dtype=np.float32)
    totals = _exponentials(scores)
    assert scores.tolist() == [[1.0, pytest.approx(np.exp(-1.0))], [1.0, 1.0]]
    assert totals.tolist() == [[pytest.approx(1 + np.exp(-1.0))], [2.0]]


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
    # Of two, 6 of 10 slots are no less than 0.6 of them.
    cache = RowCache((PlaneShape(1, 2, 4, torch.float32),), 2, lambda row: 0, CPU)
    assert len(HostReach(cache, cache.span([0, 1], [1, 1], [4, 0]), None)._reads) == 1
    # Rows that are not neighbours are not read together.
    cache, _ = spans((4, 4, 4))
    reads = HostReach(cache, cache.reserve([0, 2], [1, 1]), None)._reads
    assert [read[:4] for read in reads] == [(0, 1, 0, 1), (1, 2, 2, 3)]
