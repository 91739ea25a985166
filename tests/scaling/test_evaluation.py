"""Bits a byte mean the same for every model."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from benchmarks.scaling.corpus import Corpus
from benchmarks.scaling.evaluation import bits_per_byte
from benchmarks.scaling.patches import byte_ids
from benchmarks.scaling.settings import Setting
from benchmarks.scaling.subwords import Subwords, learn
from benchmarks.scaling.views import Batch, ByteView, TokenView
from bltgen.model.config import BYTE_OFFSET, VOCABULARY, PatcherConfig


def uniform(vocabulary: int, first: int = 0) -> Callable[[Batch], Tensor]:
    """The same probability for each id from `first` on, none for those before."""

    def predict(batch: Batch) -> Tensor:
        logits = torch.zeros(*batch.ids.shape, vocabulary)
        logits[..., :first] = float("-inf")
        return logits

    return predict


@pytest.mark.parametrize("patcher", [None, PatcherConfig("static", patch_size=4), PatcherConfig("space")])
def test_a_uniform_model_of_bytes_needs_eight_bits(corpus: Corpus, patcher: PatcherConfig | None) -> None:
    """However bytes are cut; every byte of the split counts once."""
    view = ByteView(corpus, patcher)
    for split in ("validation", "test"):
        pieces = corpus.splits[split]
        found = bits_per_byte(uniform(VOCABULARY, BYTE_OFFSET), view, split, pieces)
        assert found["bits_per_byte"] == pytest.approx(8, abs=1e-12)
        assert found["bytes"] == len(pieces.data)


def test_a_model_that_knows_every_byte_needs_none(corpus: Corpus) -> None:
    """Targets are the bytes that follow."""
    view, pieces = ByteView(corpus), corpus.splits["test"]

    def predict(batch: Batch) -> Tensor:
        following = torch.nn.functional.pad(batch.ids[:, 1:], (0, 1))
        return 1e4 * torch.nn.functional.one_hot(following, VOCABULARY).float()

    assert bits_per_byte(predict, view, "test", pieces)["bits_per_byte"] == 0


@pytest.fixture(scope="module")
def subwords(corpus: Corpus, setting: Setting, tmp_path_factory: pytest.TempPathFactory) -> Subwords:
    """A vocabulary of the training split."""
    pytest.importorskip("tokenizers")
    file = tmp_path_factory.mktemp("bpe") / "bpe.json"
    return learn(corpus.splits["train"], setting.vocabularies[1], setting.subword_bytes, file)


def test_subwords_are_charged_for_all_their_tokens(corpus: Corpus, subwords: Subwords) -> None:
    """A uniform model needs the logarithm of its vocabulary a token, for exactly the same bytes."""
    view, pieces = TokenView(corpus, subwords), corpus.splits["validation"]
    tokens = subwords.encode([pieces[place] for place in range(len(pieces))])
    found = bits_per_byte(uniform(subwords.vocabulary), view, "validation", pieces)
    assert found["bytes"] == len(pieces.data)
    expected = math.log2(subwords.vocabulary) * sum(map(len, tokens)) / len(pieces.data)
    assert found["bits_per_byte"] == pytest.approx(expected, abs=1e-12)
    assert found["unit_bytes"] > 1.3


def test_a_model_of_bytes_is_worth_the_same_by_tokens(corpus: Corpus, subwords: Subwords) -> None:
    """A token as probable as its bytes gives the text the same bits: here, bytes of a fixed distribution."""
    pieces = corpus.splits["test"]
    torch.manual_seed(1)
    of_bytes = torch.randn(256).log_softmax(0)

    def by_byte(batch: Batch) -> Tensor:
        row = torch.full((VOCABULARY,), float("-inf"))
        row[BYTE_OFFSET:] = of_bytes
        return row.expand(*batch.ids.shape, VOCABULARY)

    bits = bits_per_byte(by_byte, ByteView(corpus), "test", pieces)["bits_per_byte"]
    direct = -of_bytes[byte_ids([pieces.data])[0, 1:] - BYTE_OFFSET].double().mean() / math.log(2)
    assert bits == pytest.approx(direct.item(), rel=1e-6)
    total = 0.0
    for place in range(len(pieces)):
        (ids,) = subwords.encode([pieces[place]])
        offset = 0
        for length in subwords.byte_lengths[ids].tolist():
            part = byte_ids([pieces[place][offset : offset + length]])[0, 1:] - BYTE_OFFSET
            total -= of_bytes[part].double().sum().item()
            offset += length
        assert offset == len(pieces[place])
    assert total / math.log(2) / len(pieces.data) == pytest.approx(bits, rel=1e-6)


def test_a_vocabulary_is_learnt_once(corpus: Corpus, subwords: Subwords, tmp_path: Path) -> None:
    """The file decides, and any text of the split is encoded."""
    file = tmp_path / "bpe.json"
    first = learn(corpus.splits["train"], 280, 5_000, file)
    again = learn(corpus.splits["train"], 999, 5_000, file)
    assert first.tokens == again.tokens == 280
    assert subwords.tokens == 300
    assert subwords.vocabulary == 302
