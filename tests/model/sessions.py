"""Tiny models for the tests of this folder, and the slow twin that sessions must agree with."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from bltgen.model.blt import ByteLatentTransformer, ids_of_bytes
from bltgen.model.config import (
    BLTConfig,
    CrossAttentionConfig,
    HashEmbeddingConfig,
    PatcherConfig,
    TransformerConfig,
)
from bltgen.model.patcher import patch_starts
from tests.model.tolerance import assert_close, entropy_tolerance, logits_tolerance

MODES: dict[str, dict[str, Any]] = {
    "entropy": {"mode": "entropy"},
    "entropy, at most 5": {"mode": "entropy", "max_patch_length": 5},
    "monotonic": {"mode": "monotonic"},
    "monotonic, at most 4": {"mode": "monotonic", "max_patch_length": 4},
    "static": {"mode": "static", "patch_size": 3},
    "static, at most 2": {"mode": "static", "patch_size": 6, "max_patch_length": 2},
    "space": {"mode": "space"},
    "space, at most 4": {"mode": "space", "max_patch_length": 4},
}

SHAPES: dict[str, dict[str, Any]] = {
    "windows everywhere": {},
    "latent window, one query": {
        "latent": TransformerConfig(16, 2, 2, window=3, ffn_dim=24),
        "cross_attention": CrossAttentionConfig(heads=2, queries_per_patch=1, all_layers_decoder=False),
    },
    "no window, grouped keys, four queries": {
        "encoder": TransformerConfig(16, 2, 4, kv_heads=2, ffn_dim=24),
        "decoder": TransformerConfig(16, 1, 4, kv_heads=1, ffn_dim=24),
        "entropy": TransformerConfig(16, 1, 2, kv_heads=1, rope_theta=10_000.0, ffn_dim=24),
        "cross_attention": CrossAttentionConfig(heads=4, queries_per_patch=4, doubled_residual=False),
    },
    "latent window alone": {
        "encoder": TransformerConfig(16, 1, 2, ffn_dim=24),
        "latent": TransformerConfig(16, 2, 2, window=3, ffn_dim=24),
        "decoder": TransformerConfig(16, 1, 2, ffn_dim=24),
        "entropy": TransformerConfig(16, 1, 2, rope_theta=10_000.0, ffn_dim=24),
    },
    "no n-grams, no encoder layers": {
        "encoder": TransformerConfig(16, 0, 2, window=6, ffn_dim=24),
        "hash_embedding": HashEmbeddingConfig((3,), 0, 16),
    },
    "two hash functions, pools in all layers": {
        "encoder": TransformerConfig(16, 2, 2, window=3, ffn_dim=24),
        "hash_embedding": HashEmbeddingConfig((2, 4), 2, 31),
        "cross_attention": CrossAttentionConfig(heads=2, queries_per_patch=2, all_layers_encoder=True),
    },
}


@functools.cache
def tiny_model(mode: str, shape: str = "windows everywhere") -> ByteLatentTransformer:
    """A model with random weights whose threshold cuts random bytes into patches of a few bytes."""
    parts: dict[str, Any] = {
        "encoder": TransformerConfig(16, 1, 2, window=6, ffn_dim=24),
        "latent": TransformerConfig(24, 2, 2, ffn_dim=24),
        "decoder": TransformerConfig(16, 2, 2, window=9, ffn_dim=24),
        "entropy": TransformerConfig(16, 1, 2, rope_theta=10_000.0, window=5, ffn_dim=24),
        "cross_attention": CrossAttentionConfig(heads=2, queries_per_patch=2),
        "hash_embedding": HashEmbeddingConfig((3, 5), 1, 64),
        **SHAPES[shape],
    }
    patcher = PatcherConfig(**MODES[mode])
    config = BLTConfig(**parts, patcher=patcher)
    torch.manual_seed(len(mode) * 100 + len(shape))
    model = ByteLatentTransformer(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.add_(0.3 * torch.randn_like(parameter))
        model.entropy_model.head.weight.mul_(2.0)  # entropies that vary
        entropies = model.entropies(torch.randint(4, 260, (4, 200)))
        rises = entropies[:, 1:] - entropies[:, :-1]
        measured = rises if patcher.mode == "monotonic" else entropies
        threshold = float(measured.quantile(0.7))
    model.config = dataclasses.replace(config, patcher=dataclasses.replace(patcher, threshold=threshold))
    return model


@dataclass(frozen=True)
class Whole:
    """Full recompute of one text. `logits` [bytes + 1, 257]: what follows each prefix."""

    logits: Tensor
    entropies: list[float]
    starts: list[int]
    at_boundary: bool
    decided: bool  # no entropy lies so near the threshold that rounding may move a boundary
    within: float  # what rounding may change of a logit
    entropy_within: float

    def check_logits(self, found: Tensor, begin: int, end: int | None = None) -> None:
        """Logits [positions, 257] that a session gave are these from position `begin` on."""
        expected = self.logits[begin:end]
        assert found.shape == expected.shape
        assert_close(found, expected, self.within)


@functools.lru_cache(maxsize=4096)
def whole(model: ByteLatentTransformer, data: bytes) -> Whole:
    """The slow twin: the whole sequence through the whole-sequence model."""
    ids = torch.tensor([ids_of_bytes(data)])
    with torch.no_grad():
        entropies = model.entropies(ids)
        logits = model(model.patch(ids))[0]
        starts = patch_starts(model.config.patcher, ids, entropies)[0].tolist()
    measured = entropies[0]
    if model.config.patcher.mode == "monotonic":
        measured = measured[1:] - measured[:-1]
    near = entropy_tolerance(model, length=len(data))
    decided = model.config.patcher.mode in ("static", "space") or not bool(
        # A rise is made of two entropies.
        ((measured - model.config.patcher.threshold).abs() < 2 * near).any()
    )
    columns = torch.cat([logits[:, 4:260], logits[:, 2:3]], dim=1)
    return Whole(
        columns,
        entropies[0].tolist(),
        [t - 1 for t in range(1, len(data) + 1) if starts[t]],
        bool(starts[-1]),
        decided,
        logits_tolerance(model, columns, length=len(data)),
        near,
    )
