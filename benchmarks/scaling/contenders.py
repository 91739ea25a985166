"""The models of the study by name: how each reads pieces, its shape at a size, and what it costs.

`bytes`, `bpe-small` and `bpe-large` are the entropy model's architecture at another size: embedding, the
shared blocks with attention to all before, output layer. `blt-4-share80` is `blt-4` with another share,
`blt-4-rate50` is `blt-4` with half the learning rate.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.scaling.corpus import Corpus
from benchmarks.scaling.flops import Flops, blt_flops, plain_flops
from benchmarks.scaling.patches import Entropies, patch_counts, threshold_for
from benchmarks.scaling.settings import Setting
from benchmarks.scaling.shapes import (
    Sample,
    blt_shape,
    entropy_shape,
    latent_share,
    local_width,
    plain_shape,
)
from benchmarks.scaling.subwords import Subwords, learn
from benchmarks.scaling.views import Batch, ByteView, TokenView, View
from bltgen.model.blt import ByteLatentTransformer, PatchedBytes
from bltgen.model.config import VOCABULARY, BLTConfig, PatcherConfig, TransformerConfig
from bltgen.model.entropy_model import EntropyModel

__all__ = ["Contender", "Contenders", "initialised"]

_SAMPLE_BYTES = 200_000
"""Of the training split, evenly spread: thresholds and shapes are measured on them."""


def initialised(model: EntropyModel) -> EntropyModel:
    """Fresh weights drawn as `ByteLatentTransformer.initialise` draws them."""
    for name, parameter in model.named_parameters():
        if "norm" in name:
            continue
        std = 0.1 if "embedding" in name else parameter.shape[-1] ** -0.5
        if name.endswith(("attention.out.weight", "down.weight")):
            std *= (2 * max(1, model.config.layers)) ** -0.5
        nn.init.normal_(parameter, std=std)
    return model


@dataclass(frozen=True)
class Contender:
    """One model of one shape."""

    name: str
    config: BLTConfig | TransformerConfig
    vocabulary: int
    view: View
    sample: Sample

    def build(self, seed: int, entropy_model: EntropyModel | None) -> ByteLatentTransformer | EntropyModel:
        """Fresh weights; the entropy model's are those given, and not trained."""
        torch.manual_seed(seed)
        if isinstance(self.config, TransformerConfig):
            return initialised(EntropyModel(self.config, self.vocabulary))
        model = ByteLatentTransformer(self.config)
        if entropy_model is not None and self.config.entropy == entropy_model.config:
            model.entropy_model.load_state_dict(entropy_model.state_dict())
        model.entropy_model.requires_grad_(False)
        return model

    def flops(self, batch: Batch) -> Flops:
        """What the pieces of a batch cost."""
        if isinstance(self.config, TransformerConfig):
            return plain_flops(self.config, self.vocabulary, batch.units)
        return blt_flops(self.config, batch.lengths, batch.units)

    @cached_property
    def sample_flops(self) -> Flops:
        """Of the pieces that its shape was measured on."""
        if isinstance(self.config, TransformerConfig):
            return plain_flops(self.config, self.vocabulary, self.sample.units)
        return blt_flops(self.config, self.sample.lengths, self.sample.units)

    def describe(self) -> dict[str, Any]:
        """Its shape as JSON-able data."""
        return {
            "config": asdict(self.config),
            "vocabulary": self.vocabulary,
            "training_flops_per_byte": self.sample.per_byte(self.sample_flops.training),
            "inference_flops_per_byte": self.sample.per_byte(self.sample_flops.inference),
            "entropy_flops_per_byte": self.sample.per_byte(self.sample_flops.entropy),
            "latent_share": latent_share(self.sample_flops),
            "unit_bytes": self.sample.unit_bytes,
        }


def logits_of(model: ByteLatentTransformer | EntropyModel, batch: Batch) -> Tensor:
    """Predictions [rows, time, vocabulary] of what follows each id."""
    if isinstance(model, EntropyModel):
        found: Tensor = model(batch.ids)
        return found
    assert batch.starts is not None
    predicted: Tensor = model(PatchedBytes.from_starts(batch.ids, batch.starts))
    return predicted


class Contenders:
    """Makes the models of a study. Thresholds and shapes depend on the corpus and the entropy model alone."""

    def __init__(
        self,
        setting: Setting,
        corpus: Corpus,
        work: Path,
        entropy_model: EntropyModel,
        entropies: dict[str, Entropies],
    ) -> None:
        self._setting, self._corpus, self._work = setting, corpus, work
        self.entropy_model, self._entropies = entropy_model, entropies
        train = corpus.splits["train"]
        self._places = list(range(0, len(train), max(1, len(train.data) // _SAMPLE_BYTES)))
        self._made: dict[tuple[str, int], Contender] = {}
        self._subwords: dict[str, Subwords] = {}
        self._thresholds: dict[float, float] = {}

    def make(self, name: str, size: int) -> Contender:
        """A model at a size. Raises ValueError for an unknown name, ImportError without `tokenizers`."""
        name = re.sub(r"-rate\d+$", "", name)
        if (name, size) not in self._made:
            self._made[name, size] = self._new(name, self._setting.target(size))
        return self._made[name, size]

    def _new(self, name: str, target: float) -> Contender:
        if name == "bytes":
            sample = self._sample(None)
            plain = plain_shape(target, VOCABULARY, sample)
            return Contender(name, plain, VOCABULARY, ByteView(self._corpus), sample)
        if name in ("bpe-small", "bpe-large"):
            return self._subword_model(name, target)
        found = re.fullmatch(r"blt-([\d.]+)(?:-share(\d+))?|space|static", name)
        if not found:
            raise ValueError(
                f"no model is called {name!r}: bytes, bpe-small, bpe-large, space, static, blt-N"
            )
        share = int(found[2]) / 100 if found[2] else self._setting.share
        patcher = self._patcher(name, float(found[1] or 0))
        sample = self._sample(patcher)
        setting = self._setting
        entropy = entropy_shape(setting.entropy_dim, setting.window)
        base = self._patcher("blt-4", 4.0)
        common = (setting.window, setting.hash_buckets)
        width = local_width(target, share, entropy, base, self._sample(base), *common)
        config = blt_shape(target, width, entropy, patcher, sample, *common)
        read = self._entropies if patcher.mode == "entropy" else None
        return Contender(name, config, VOCABULARY, ByteView(self._corpus, patcher, read), sample)

    def _patcher(self, name: str, patch_bytes: float) -> PatcherConfig:
        if name == "space":
            return PatcherConfig("space")
        if name == "static":
            return PatcherConfig("static", patch_size=4)
        if patch_bytes not in self._thresholds:
            train = self._corpus.splits["train"]
            found = threshold_for(patch_bytes, train, self._entropies["train"], self._places)
            self._thresholds[patch_bytes] = found
        return PatcherConfig("entropy", threshold=self._thresholds[patch_bytes])

    def _sample(self, patcher: PatcherConfig | None) -> Sample:
        train, places = self._corpus.splits["train"], self._places
        lengths = train.lengths[places]
        if patcher is None:
            return Sample(lengths, lengths)
        read = self._entropies["train"] if patcher.mode == "entropy" else None
        return Sample(lengths, patch_counts(patcher, train, read, places))

    def _subword_model(self, name: str, target: float) -> Contender:
        train = self._corpus.splits["train"]
        if name not in self._subwords:
            vocabulary = self._setting.vocabularies[name == "bpe-large"]
            file = self._work / f"bpe-{vocabulary}.json"
            self._subwords[name] = learn(train, vocabulary, self._setting.subword_bytes, file)
        subwords = self._subwords[name]
        view = TokenView(self._corpus, subwords)
        units = view.batch("train", self._places, ends=True).units
        sample = Sample(train.lengths[self._places], units)
        config = plain_shape(target, subwords.vocabulary, sample)
        return Contender(name, config, subwords.vocabulary, view, sample)


def parameters(contender: Contender, model: nn.Module) -> dict[str, int]:
    """How many are trained: all, and those of tables that are looked up."""
    trained = [(name, one.numel()) for name, one in model.named_parameters() if one.requires_grad]
    looked_up = sum(count for name, count in trained if "embedding" in name or "ngrams" in name)
    return {"parameters": sum(count for _, count in trained), "embedding_parameters": looked_up}
