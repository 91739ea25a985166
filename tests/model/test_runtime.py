"""Runtimes: one a state of the weights, NumPy for a few positions, both alike at every level."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest
import torch

from bltgen.model import host_runtime
from bltgen.model import runtime as runtime_module
from bltgen.model.blt import ByteLatentTransformer, ids_of_bytes
from bltgen.model.cache import RowCache
from bltgen.model.config import BLTConfig, TransformerConfig
from bltgen.model.levels import DECODED, DECODER, ENCODED, ENCODER, ENTROPY, LATENT, LATENTS
from bltgen.model.runtime import HOST_POSITIONS, Runtime, runtime_of
from tests.model.sessions import SHAPES, tiny_model, whole
from tests.model.tolerance import assert_close, attention_tolerance


def test_the_planes_of_a_level_have_places():
    """Five of bytes, two of patches."""
    assert (ENTROPY, ENCODER, DECODER, ENCODED, DECODED) == (0, 1, 2, 3, 4)
    assert (LATENT, LATENTS) == (0, 1)


def test_a_runtime_is_made_anew_where_the_model_changed():
    """Its weights in place, their dtype, or its config; else it is the same one."""
    model = copy.deepcopy(tiny_model("static"))
    first = runtime_of(model)
    assert runtime_of(model) is first
    with torch.no_grad():
        model.local_decoder.head.weight.mul_(2.0)
    second = runtime_of(model)
    assert second is not first
    assert runtime_of(model) is second
    model.config = dataclasses.replace(
        model.config, patcher=dataclasses.replace(model.config.patcher, patch_size=2)
    )
    third = runtime_of(model)
    assert third is not second
    assert third.config is model.config
    model.bfloat16()
    assert runtime_of(model) is not third


def test_a_few_positions_of_a_float32_model_are_numpy_s():
    """Up to 128; none where bytes or entropies are in another dtype."""
    assert HOST_POSITIONS == 128
    runtime = runtime_of(tiny_model("static"))
    assert runtime.for_positions(1) is runtime.for_positions(128) is not runtime
    assert runtime.for_positions(129) is runtime
    for change in (lambda m: m.bfloat16(), lambda m: m.entropy_model.double(), lambda m: m.double()):
        model = copy.deepcopy(tiny_model("static"))
        change(model)
        other = Runtime(model)
        assert other.for_positions(1) is other


def test_weights_that_count_no_changes_are_told_apart_by_their_memory():
    """Those made in inference mode."""
    with torch.inference_mode():
        model = copy.deepcopy(tiny_model("static"))
    assert all(parameter.is_inference() for parameter in model.parameters())
    first = runtime_of(model)
    assert runtime_of(model) is first
    with torch.inference_mode():
        model.local_decoder.norm.weight = torch.nn.Parameter(model.local_decoder.norm.weight * 2)
    assert runtime_of(model) is not first


@pytest.mark.parametrize("positions", [0, 10**6])
def test_a_decoder_without_layers_reads_no_latents(positions, monkeypatch):
    """By torch and by NumPy: bytes are decoded from the encoder's states."""
    monkeypatch.setattr(runtime_module, "HOST_POSITIONS", positions)
    parts = dataclasses.replace(
        BLTConfig.tiny(mode="static"), decoder=TransformerConfig(16, 0, 2), latent=TransformerConfig(24, 0, 2)
    )
    for cross in (True, False):
        config = dataclasses.replace(
            parts, cross_attention=dataclasses.replace(parts.cross_attention, all_layers_decoder=cross)
        )
        torch.manual_seed(0)
        model = ByteLatentTransformer(config).eval()
        session = model.session([b"abcdefg", b"x"])
        for levels in (runtime_of(model), runtime_of(model).for_positions(1)):
            assert levels.sources(torch.ones(3, 24)).shape == (0, 3, 2, 32)
        session.extend([b"hij", b"yz"])
        session.truncate([9, 2])
        for row, data in enumerate((b"abcdefghi", b"xy")):
            whole(model, data).check_logits(session.logits[row : row + 1], len(data))


def test_patches_are_padded_to_others_of_about_their_length(monkeypatch):
    """The next power of two; one alone needs no mask."""
    model = tiny_model("static")
    runtime = runtime_of(model)
    made, group = [], Runtime._pool_group

    def counted(self, read, mask):
        made.append((tuple(read[0].shape[:2]), None if mask is None else mask.isinf().sum().item()))
        return group(self, read, mask)

    monkeypatch.setattr(Runtime, "_pool_group", counted)
    lengths = [1, 3, 8, 2, 4, 5, 1, 3]
    starts = [sum(lengths[:at]) for at in range(len(lengths))]
    patches = [(row, start, length) for row in (1, 0) for start, length in zip(starts, lengths, strict=True)]
    with torch.inference_mode():
        cache = RowCache(runtime.byte_planes, 2, lambda row: 0, torch.device("cpu"))
        span = cache.reserve([0, 1], [27, 27])
        cache.write(ENCODED, 0, span, torch.randn(54, 1, model.config.local_dim))
        pooled = runtime.pool(cache, patches)
        assert made == [((4, 1), 0), ((6, 4), 4), ((4, 8), 6), ((2, 2), 0)]
        made.clear()
        alone = [runtime.pool(cache, [patch]) for patch in patches]
        assert made == [((1, length), None) for length in lengths] * 2
        host = torch.from_numpy(runtime.for_positions(1).pool(cache, patches))
    size = pooled.abs().max().item()
    for other in (torch.cat(alone), host):
        assert_close(pooled, other, attention_tolerance(pooled, width=model.config.local_dim, time=8))
        assert (pooled - other.roll(1, 0)).abs().max() > size / 10


@pytest.mark.parametrize("module", [runtime_module, host_runtime])
def test_what_a_window_shows_is_worked_out_once_a_step(module):
    """For all layers of all stacks with that window."""
    runtime = runtime_of(tiny_model("static"))
    cache = RowCache(runtime.byte_planes, 1, lambda row: 0, torch.device("cpu"))
    span = cache.reserve([0], [9])
    reaches = [module._reach(cache, span, window) for window in (None, 3, None, 3)]
    assert reaches[0] is reaches[2] is not reaches[1]
    assert reaches[1] is reaches[3]


def test_very_sure_predictions_have_entropies():
    """However large the logits: no exponential overflows."""
    model = copy.deepcopy(tiny_model("static"))
    with torch.no_grad():
        model.entropy_model.head.weight.mul_(1e4)
    ids = np.array(ids_of_bytes(b"abcdef"))
    expected = model.entropies(torch.from_numpy(ids)[None])[0].tolist()
    runtime = Runtime(model)
    with torch.inference_mode():
        for levels in (runtime, runtime.for_positions(1)):
            cache = RowCache(runtime.byte_planes, 1, lambda row: 0, torch.device("cpu"))
            assert levels.entropies(ids, cache, cache.reserve([0], [7])) == pytest.approx(expected, abs=0.1)


TEXTS = [b"abcdef", b"xy"]
PATCHES = [(0, 0, 1), (0, 1, 3), (1, 0, 1), (0, 4, 2), (1, 1, 2)]


@pytest.mark.parametrize("patches", [PATCHES, PATCHES[1:2], PATCHES[:1] + PATCHES[3:4]], ids=len)
@pytest.mark.parametrize("shape", SHAPES)
def test_both_runtimes_compute_what_the_model_does(shape, patches):
    """Level by level over two rows, against the whole-sequence modules."""
    model = tiny_model("static", shape)
    runtime = runtime_of(model)
    host = runtime.for_positions(1)
    ids = [ids_of_bytes(text) for text in TEXTS]
    counts = list(map(len, ids))
    flat = np.array([one for row in ids for one in row])
    windows = np.concatenate(
        [runtime.ngrams.windows(text, 0, n) for text, n in zip(TEXTS, counts, strict=True)]
    )
    with torch.inference_mode():
        embedded = [model.embedding(torch.tensor([row])) for row in ids]
        entropies = [model.entropies(torch.tensor([row]))[0] for row in ids]
        states = [
            model.local_encoder(one, torch.zeros(1, one.shape[1], dtype=torch.long), 1)[0][0]
            for one in embedded
        ]
        for levels in (runtime, host):
            cache = RowCache(runtime.byte_planes, 2, lambda row: 0, torch.device("cpu"))
            span = cache.reserve([0, 1], counts)
            found = levels.entropies(flat, cache, span)
            assert found == pytest.approx(torch.cat(entropies).tolist(), abs=1e-4)
            drafted, predictions = levels.draft(flat, cache, span)
            assert drafted == pytest.approx(found, abs=1e-4)
            for row in range(2):
                expected = model.entropy_model(torch.tensor([ids[row]]))[0, -1].log_softmax(-1)
                torch.testing.assert_close(predictions[row].log_softmax(-1), expected, rtol=1e-3, atol=1e-4)
            encoded = levels.encode(flat, windows, cache, span)
            torch.testing.assert_close(torch.as_tensor(encoded), torch.cat(states), rtol=1e-4, atol=1e-4)
            pooled = torch.as_tensor(levels.pool(cache, patches))
            for number, (row, start, length) in enumerate(patches):
                segments = torch.zeros(1, counts[row], dtype=torch.long)
                segments[0, start : start + length] = 1
                whole = model.local_encoder(embedded[row], segments, 2)[1][0, 1]
                torch.testing.assert_close(pooled[number], whole, rtol=1e-3, atol=1e-4)
            above = RowCache(runtime.patch_planes, 1, lambda row: 0, torch.device("cpu"))
            latents = levels.latents(
                pooled if levels is runtime else pooled.numpy(), above, above.reserve([0], [len(patches)])
            )
            expected = model.latent_transformer(pooled[None])[0]
            torch.testing.assert_close(torch.as_tensor(latents), expected, rtol=1e-3, atol=1e-4)
            assert torch.equal(above.read(LATENTS, 0, 0, 0, len(patches)), torch.as_tensor(latents))
            sources = levels.sources(latents)
            wanted = model.local_decoder.project_latents(expected[None])[: len(runtime.readers)]
            assert len(sources) == len(wanted) == len(runtime.readers)
            for one, other in zip(sources, wanted, strict=True):
                torch.testing.assert_close(one, other[0], rtol=1e-3, atol=1e-4)
            # Every position sees the first patch.
            seen = sources[:, :1].expand(-1, span.total, -1, -1).contiguous()
            decoded = levels.decode(encoded, None, seen, cache, span)
            logits = levels.logits(decoded)
            at = 0
            for row in range(2):
                visible = torch.zeros(1, counts[row], dtype=torch.long)
                whole = model.local_decoder(states[row][None], expected[None], visible)[0]
                torch.testing.assert_close(logits[at : at + counts[row]], whole, rtol=1e-3, atol=1e-3)
                at += counts[row]
            kept = torch.cat([cache.read(DECODED, 0, row, 0, counts[row]) for row in range(2)])
            assert torch.equal(kept, torch.as_tensor(decoded))


def test_a_latent_of_another_dtype_is_torch_s():
    """Beside levels of bytes in NumPy."""
    model = copy.deepcopy(tiny_model("static"))
    model.latent_transformer.bfloat16()
    model.local_decoder.patch_latents.bfloat16()
    runtime = Runtime(model)
    host = runtime.for_positions(1)
    assert host is not runtime
    width = model.config.local_dim * model.config.cross_attention.queries_per_patch
    pooled = torch.randn(2, width)
    with torch.inference_mode():
        results = []
        for levels, given in ((runtime, pooled), (host, pooled.numpy())):
            above = RowCache(runtime.patch_planes, 1, lambda row: 0, torch.device("cpu"))
            latents = levels.latents(given, above, above.reserve([0], [2]))
            assert latents.dtype == torch.bfloat16
            sources = levels.sources(latents)
            assert sources.dtype == torch.float32
            results.append(sources)
    torch.testing.assert_close(*results)
