"""Patches are those that the model would cut, of the length that was wished."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.scaling.contenders import initialised
from benchmarks.scaling.corpus import Corpus
from benchmarks.scaling.patches import Entropies, byte_ids, patch_counts, starts_of, threshold_for
from benchmarks.scaling.views import ByteView
from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.config import BLTConfig, PatcherConfig
from bltgen.model.entropy_model import EntropyModel
from bltgen.model.patcher import PatchRule
from bltgen.training.calibration import mean_patch_bytes

CONFIG = BLTConfig.tiny()


@pytest.fixture(scope="module")
def entropies(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Entropies:
    """Of an entropy model that was not trained."""
    torch.manual_seed(3)
    model = initialised(EntropyModel(CONFIG.entropy))
    return Entropies(model, corpus.splits["train"], tmp_path_factory.mktemp("entropies"))


@pytest.mark.parametrize("wished", [2.0, 4.0, 6.0])
def test_the_threshold_gives_the_wished_length(corpus: Corpus, entropies: Entropies, wished: float) -> None:
    """As the package's own calibration counts bytes a patch."""
    pieces = corpus.splits["train"]
    places = range(0, len(pieces), 2)
    config = PatcherConfig("entropy", threshold=threshold_for(wished, pieces, entropies, places))
    total = patches = 0.0
    for place in places:
        ids, values = byte_ids([pieces[place]]), torch.from_numpy(np.array(entropies.of(place))[None])
        mean = mean_patch_bytes(config, ids, values, torch.ones_like(ids, dtype=torch.bool))
        total += len(pieces[place])
        patches += len(pieces[place]) / mean
    assert total / patches == pytest.approx(wished, rel=0.005)
    assert patch_counts(config, pieces, entropies, places).sum() == round(patches)


def test_a_length_beyond_the_pieces_is_an_error(corpus: Corpus, entropies: Entropies) -> None:
    """No patch is longer than its piece."""
    with pytest.raises(ValueError, match="cannot be cut"):
        threshold_for(1000.0, corpus.splits["train"], entropies, range(10))


def test_kept_entropies_are_the_model_s_own(corpus: Corpus, entropies: Entropies, tmp_path: Path) -> None:
    """Padding and blocks change nothing, and a second reader finds them on the disk."""
    torch.manual_seed(3)
    model = ByteLatentTransformer(CONFIG)
    model.entropy_model.load_state_dict(entropies._model.state_dict())
    pieces = corpus.splits["train"]
    for place in (0, 1, len(pieces) - 1):
        direct = model.entropies(byte_ids([pieces[place]]))[0].numpy()
        np.testing.assert_allclose(entropies.of(place), direct, atol=1e-5)
    entropies.complete(lambda: None)
    again = Entropies(EntropyModel(CONFIG.entropy), pieces, entropies._folder)
    assert np.array_equal(again.of(3), entropies.of(3))


@pytest.mark.parametrize("mode", ["entropy", "space", "static"])
def test_a_batch_is_cut_as_the_decoder_cuts(corpus: Corpus, entropies: Entropies, mode: str) -> None:
    """`PatchRule` says where patches begin byte by byte; padding is in the last patch."""
    pieces = corpus.splits["train"]
    config = PatcherConfig(mode, threshold=5.2)  # type: ignore[arg-type]
    read = {"train": entropies} if mode == "entropy" else None
    places = [0, 5, 9]
    batch = ByteView(corpus, config, read).batch("train", places, ends=True)
    assert batch.starts is not None
    for row, place in enumerate(places):
        piece, values, rule, start = pieces[place], entropies.of(place).tolist(), PatchRule(config), 0
        expected = [True]
        for position in range(len(piece)):
            expected.append(rule.starts_after(position, piece, values, start))
            start = position + 1 if expected[-1] else start
        row_starts = batch.starts[row].tolist()
        assert row_starts[: len(piece) + 1] == expected
        assert not any(row_starts[len(piece) + 1 :])
        assert (
            batch.units[row] == sum(expected) - 1 == starts_of(config, piece, entropies.of(place)).sum() - 1
        )
