"""FLOPs are what torch counts, and what the package counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.scaling.contenders import initialised
from benchmarks.scaling.flops import blt_flops, plain_flops
from benchmarks.scaling.settings import REAL
from bltgen.model.blt import ByteLatentTransformer, PatchedBytes
from bltgen.model.config import BLTConfig, CrossAttentionConfig, PatcherConfig, TransformerConfig
from bltgen.model.entropy_model import EntropyModel
from bltgen.model.flops import count_flops

SOFTMAX = 3


def watched(run: Callable[[], object]) -> tuple[int, int]:
    """What torch counts: products with weights, and those of attention, which it sees whole."""
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        run()
    counts: dict[Any, int] = counter.get_flop_counts()["Global"]
    attention = sum(count for name, count in counts.items() if "bmm" in str(name))
    return sum(counts.values()) - attention, attention


@pytest.mark.parametrize(("units", "vocabulary"), [(1, 260), (19, 260), (30, 1026)])
def test_a_plain_transformer_costs_what_torch_counts(units: int, vocabulary: int) -> None:
    """Forward, and forward and backward; causal attention is the lower half of what torch computes."""
    config = TransformerConfig(32, 2, 2, ffn_dim=44)
    model = initialised(EntropyModel(config, vocabulary))
    ids = torch.randint(vocabulary, (1, units + 1))
    found = plain_flops(config, vocabulary, np.array([units]))
    positions = units + 1

    def expected(products: int, attention: int, times: int) -> int:
        seen = attention * (positions + 1) // (2 * positions)
        softmax = times * SOFTMAX * vocabulary * positions
        return products + seen + softmax + min(times, 2) * positions * config.dim

    def learn() -> None:
        logits = model(ids)
        F.cross_entropy(logits.flatten(0, 1), ids.flatten()).backward()

    with torch.no_grad():
        assert found.inference[0] == expected(*watched(lambda: model(ids)), times=1)
    assert found.training[0] == expected(*watched(learn), times=3)


def config_of(mode: str, layers: int, *, every_layer: bool, window: int | None) -> BLTConfig:
    local = TransformerConfig(16, layers, 2, window=window, ffn_dim=24)
    return BLTConfig(
        encoder=local,
        latent=TransformerConfig(48, 2, 3, ffn_dim=52),
        decoder=local,
        entropy=TransformerConfig(8, 1, 1, window=4, ffn_dim=12),
        cross_attention=CrossAttentionConfig(2, 2, every_layer, every_layer),
        patcher=PatcherConfig("entropy" if mode == "entropy" else "space", threshold=5.0),
    )


@pytest.mark.parametrize("every_layer", [True, False])
def test_training_a_blt_costs_what_torch_counts(every_layer: bool) -> None:
    """Attention between bytes and patches is no product of matrices for torch: its formula is added."""
    config = config_of("space", 2, every_layer=every_layer, window=None)
    model = ByteLatentTransformer(config)
    model.entropy_model.requires_grad_(False)
    length, patch = 21, 3
    ids = torch.randint(4, 260, (1, length + 1))
    starts = torch.zeros(1, length + 2, dtype=torch.bool)
    starts[0, 0] = True
    starts[0, 1::patch] = True
    patches = length // patch

    def learn() -> None:
        logits = model(PatchedBytes.from_starts(ids, starts))
        F.cross_entropy(logits.flatten(0, 1), ids.flatten()).backward()

    def self_attention(stack: TransformerConfig, positions: int) -> tuple[int, int]:
        square = stack.layers * 4 * stack.dim * positions * positions
        return square, square * (positions + 1) // (2 * positions)

    products, attention = watched(learn)
    stacks = [(config.encoder, length + 1), (config.decoder, length + 1), (config.latent, patches + 1)]
    whole, causal = (sum(column) for column in zip(*(self_attention(*one) for one in stacks), strict=True))
    assert attention == 3 * whole
    readers = config.decoder.layers if every_layer else 1
    pools = config.encoder.layers if every_layer else 1
    between = (readers + pools) * (length + 1) * 4 * 2 * 16
    softmax = SOFTMAX * 260 * (length + 1)
    embedding = 2 * (length + 1) * 16 * (1 + config.hash_embedding.tables)
    found = blt_flops(config, np.array([length]), np.array([patches]))
    assert found.training[0] == products + 3 * (causal + between + softmax) + embedding


@pytest.mark.parametrize("mode", ["entropy", "space"])
@pytest.mark.parametrize(("layers", "every_layer", "window"), [(1, False, 6), (2, True, 6), (2, True, None)])
def test_a_blt_costs_what_the_package_counts(
    mode: str, layers: int, every_layer: bool, window: int | None
) -> None:
    """But for embeddings and softmax, and the entropy model where patches need none."""
    config = config_of(mode, layers, every_layer=every_layer, window=window)
    for length, starts in ((1, [0]), (9, [0, 4]), (40, [*range(0, 40, 3)])):
        twin = count_flops(config, length, starts, at_boundary=True)
        found = blt_flops(config, np.array([length]), np.array([len(starts)]))
        positions = length + 1
        softmax = SOFTMAX * 260 * positions
        assert found.latent[0] == twin.latent_transformer
        rest = twin.local_encoder + twin.pooling + twin.local_decoder
        assert found.local[0] + found.output[0] - softmax == rest
        counted = twin.entropy_model + softmax + positions * 8 if mode == "entropy" else 0
        assert found.entropy[0] == counted


def test_parts_add_up_and_the_entropy_model_is_not_trained() -> None:
    """Of many pieces at once: the sums of the pieces."""
    config = config_of("entropy", 1, every_layer=False, window=8)
    lengths, patches = np.array([12, 40, 7]), np.array([3, 9, 7])
    found = blt_flops(config, lengths, patches)
    assert sum(found.sums().values()) == found.training.sum()
    assert found.sums()["entropy"] == found.entropy.sum()
    assert found.sums()["latent"] == 3 * found.latent.sum()
    one_by_one = [blt_flops(config, lengths[i : i + 1], patches[i : i + 1]).training[0] for i in range(3)]
    assert found.training.tolist() == one_by_one


def test_the_sizes_of_the_study_are_steps_of_the_budget() -> None:
    """Ten times the budget, two sizes more: parameters and data grow alike."""
    assert REAL.target(2) / REAL.target(0) == pytest.approx(10**0.5)
