"""Shapes cost what was wished, and most of a BLT is its latent transformer."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.scaling.flops import blt_flops, plain_flops
from benchmarks.scaling.settings import REAL, TOY, Setting
from benchmarks.scaling.shapes import (
    Sample,
    blt_shape,
    entropy_shape,
    latent_share,
    local_width,
    plain_shape,
)
from bltgen.model.config import PatcherConfig

PATCHER = PatcherConfig("entropy", threshold=1.0)
CASES = [(REAL, 0), (REAL, 2), (REAL, 5), (TOY, 0), (TOY, 1)]


def sample(setting: Setting, unit_bytes: float) -> Sample:
    lengths = np.array([setting.context] * 6 + [setting.context // 3] * 2)
    return Sample(lengths, np.maximum(1, lengths / unit_bytes).astype(np.int64))


@pytest.mark.parametrize(("setting", "size"), CASES, ids=lambda value: getattr(value, "name", value))
def test_models_of_a_size_cost_the_same(setting: Setting, size: int) -> None:
    """Within 2 %; the latent transformer has its share at patch 4, and is wider where patches are longer."""
    target, entropy = setting.target(size), entropy_shape(setting.entropy_dim, setting.window)
    common = (setting.window, setting.hash_buckets)
    width = local_width(target, setting.share, entropy, PATCHER, sample(setting, 4), *common)
    sizes = []
    for patch in (4, 6, 8):
        pieces = sample(setting, patch)
        config = blt_shape(target, width, entropy, PATCHER, pieces, *common)
        flops = blt_flops(config, pieces.lengths, pieces.units)
        assert pieces.per_byte(flops.training) == pytest.approx(target, rel=0.02)
        latent = config.latent
        sizes.append(latent.layers * latent.dim * (4 * latent.dim + 3 * latent.feed_forward_dim))
        assert config.encoder.dim == width
        if patch == 4:
            assert latent_share(flops) >= setting.share
    assert sizes == sorted(sizes)
    for unit_bytes, vocabulary in (
        (1.0, 260),
        (2.5, setting.vocabularies[0]),
        (3.3, setting.vocabularies[1]),
    ):
        pieces = sample(setting, unit_bytes)
        plain = plain_shape(target, vocabulary, pieces)
        cost = pieces.per_byte(plain_flops(plain, vocabulary, pieces.units).training)
        assert cost == pytest.approx(target, rel=0.02)


@pytest.mark.parametrize("share", [0.4, 0.65])
def test_a_share_decides_the_width_of_the_byte_level(share: float) -> None:
    """The widest that leaves the share: the next one does not."""
    target, entropy = REAL.target(REAL.shares.size), entropy_shape(REAL.entropy_dim, REAL.window)
    pieces, common = sample(REAL, 4), (REAL.window, REAL.hash_buckets)
    width = local_width(target, share, entropy, PATCHER, pieces, *common)

    def reached(width: int) -> float:
        config = blt_shape(target, width, entropy, PATCHER, pieces, *common)
        return latent_share(blt_flops(config, pieces.lengths, pieces.units))

    assert reached(width) >= share > reached(width + 8)


@pytest.mark.parametrize("setting", [REAL, TOY], ids=lambda setting: setting.name)
def test_every_share_of_a_setting_can_be_had(setting: Setting) -> None:
    """At its size."""
    entropy = entropy_shape(setting.entropy_dim, setting.window)
    target = setting.target(setting.shares.size)
    for share in setting.shares.shares:
        pieces = sample(setting, 4)
        assert (
            local_width(target, share, entropy, PATCHER, pieces, setting.window, setting.hash_buckets) >= 16
        )


def test_what_cannot_be_had_is_an_error() -> None:
    """A size too small for its share, or for its vocabulary."""
    entropy = entropy_shape(64, 48)
    with pytest.raises(ValueError, match="no byte level leaves"):
        local_width(2e5, 0.8, entropy, PATCHER, sample(REAL, 4), 48, 64)
    with pytest.raises(ValueError, match="no stack costs"):
        plain_shape(1e5, 50_000, sample(REAL, 4))
