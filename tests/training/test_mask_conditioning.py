"""Training with masks: the model is told what it may say, learns to listen, and speaks without it too."""

from __future__ import annotations

import dataclasses
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import byte_set
from bltgen.decoding.generator import Generator
from bltgen.decoding.redecode import Redecode
from bltgen.errors import RejectedByte
from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.config import BLTConfig
from bltgen.training import Constrained, KindWeights, Mixture, Stage, TrainConfig, train
from bltgen.training.batches import collate
from bltgen.training.masks import masks_along

LOWER = byte_set(ByteSet.of(b"ab")).repeat(2, 6)
UPPER = byte_set(ByteSet.of(b"XY")).repeat(2, 6)
LANGUAGES = {b"ab": LOWER, b"XY": UPPER}
CONFIG = dataclasses.replace(BLTConfig.tiny(mode="static", patch_size=3), mask_conditioning=True)


@dataclass(frozen=True)
class Word:
    """Nothing in the prompt says which letters the answer has."""

    answer: bytes
    prompt: bytes = b"word: "

    @property
    def kinds(self) -> bytes:
        return bytes(len(self.prompt)) + b"\x02" * len(self.answer)


def words(seed: int):
    rng = random.Random(seed)
    while True:
        letters = rng.choice(sorted(LANGUAGES))
        yield Word(bytes(rng.choice(letters) for _ in range(rng.randrange(2, 7))))


def language_of(word: Word):
    return LOWER if word.answer[0] in b"ab" else UPPER


def run(folder: Path, source, **options) -> ByteLatentTransformer:
    config = TrainConfig(
        entropy_bytes=600,
        blt_bytes=60_000,
        step_bytes=600,
        longest=40,
        learning_rate=0.02,
        embedding_learning_rate=0.03,
        warmup_steps=3,
    )
    stage = Stage(0, Mixture(((source, 1.0),)), KindWeights(value=1.0))
    return train(CONFIG, config, (stage,), folder, progress=False, **options)


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> ByteLatentTransformer:
    return run(tmp_path_factory.mktemp("run"), Constrained(words, language_of, told=0.7), parts=("blt",))


def test_training_moves_the_mask_input(trained):
    """From zero; without masks in the data it stays there."""
    assert trained.local_decoder.mask_embedding.weight.abs().max() > 0.01


def test_without_masks_the_input_stays_zero(tmp_path):
    """Documents without a constraint tell nothing."""
    silent = run(tmp_path, Constrained(words, lambda word: None), parts=("entropy",))
    assert not silent.local_decoder.mask_embedding.weight.any()


def test_a_trained_model_says_what_it_may(trained):
    """Told the mask, nearly all of its mass is valid; told nothing, half of it, as the texts are."""
    told, untold = Generator(trained), Generator(Plain(trained))
    for language in LANGUAGES.values():
        how = {"constraint": language, "seed": 1, "batch_size": 40, "max_bytes": 40}
        weights = {
            name: np.mean([one.log_weight for one in generator.generate_many([b"word: "] * 40, **how)])
            for name, generator in (("told", told), ("untold", untold))
        }
        assert weights["told"] > np.log(0.8)
        assert weights["untold"] < np.log(0.6)
        thrown = [
            sum(
                one.statistics.redecoded_patches
                for one in generator.generate_many([b"word: "] * 40, strategy=Redecode(50, 1), **how)
            )
            for generator in (told, untold)
        ]
        assert 3 * thrown[0] < thrown[1]


class Plain:
    """The model with its mask input out of sight."""

    def __init__(self, model: ByteLatentTransformer) -> None:
        self.model = model

    def session(self, prompts):
        return self.model.session(prompts)


def test_the_masks_are_those_that_generation_tells():
    """Shown at the positions that predict the answer, everything elsewhere; the budget counts."""
    masks = masks_along(LOWER, b"aba")
    assert masks.shape == (4, 257)
    assert [mask[ord("a")] for mask in masks] == [True] * 4
    assert [mask[256] for mask in masks] == [False, False, True, True]
    assert masks_along(LOWER, b"aba", 3)[3].nonzero()[0].tolist() == [256]
    documents = [next(iter(Constrained(words, language_of, told=1.0, tight=0.0)(seed))) for seed in range(2)]
    batch = collate([*documents, Word(b"ab")], KindWeights(), 40)
    prompt = len(documents[0].prompt)
    for row, document in enumerate(documents):
        expected = masks_along(language_of(document), document.answer)
        shown = batch.allowed[row].numpy()
        assert (shown[prompt : prompt + len(expected)] == expected).all()
        assert shown[:prompt].all()
        assert shown[prompt + len(expected) :].all()
        ids = batch.targets[row, prompt : prompt + len(document.answer)] - 4
        assert shown[prompt : prompt + len(document.answer)][np.arange(len(ids)), ids].all()
    assert batch.allowed[2].all()
    cut = collate(documents, KindWeights(), prompt + 2)
    assert cut.allowed.shape[1] == prompt + 3
    assert collate([Word(b"ab")], KindWeights(), 40).allowed is None


def test_an_answer_outside_its_constraint_is_an_error():
    """Not a mask that forbids what is said."""
    with pytest.raises(RejectedByte, match="offset 1"):
        masks_along(LOWER, b"aX")
    with pytest.raises(RejectedByte, match="too early"):
        masks_along(LOWER, b"a")
    with pytest.raises(RejectedByte):
        masks_along(LOWER, b"abab", 3)
    with pytest.raises(ValueError, match="told"):
        Constrained(words, language_of, told=1.5)


def test_training_goes_on_from_a_model_without_the_input(tmp_path):
    """An old model is where it begins; one of another shape is refused."""
    torch.manual_seed(5)
    old = ByteLatentTransformer(dataclasses.replace(CONFIG, mask_conditioning=False))
    stage = (Stage(0, Mixture(((Constrained(words, language_of), 1.0),)), KindWeights()),)
    still = {"learning_rate": 0.0, "embedding_learning_rate": 0.0}
    config = TrainConfig(entropy_bytes=0, blt_bytes=1, step_bytes=300, longest=40, **still)
    begun = train(CONFIG, config, stage, tmp_path / "a", progress=False, parts=("blt",), initial=old)
    for name, value in old.state_dict().items():
        assert torch.equal(begun.state_dict()[name], value), name
    assert not begun.local_decoder.mask_embedding.weight.any()
    other = ByteLatentTransformer(BLTConfig.tiny())
    with pytest.raises(ValueError, match="another config"):
        train(CONFIG, config, stage, tmp_path / "b", progress=False, initial=other)
    plain = dataclasses.replace(CONFIG, mask_conditioning=False)
    some = dataclasses.replace(config, blt_bytes=300)
    with pytest.raises(ValueError, match="no mask input"):
        train(plain, some, stage, tmp_path / "c", progress=False, parts=("blt",))
