"""A study so small that its runs take a fraction of a second, on texts made here."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.scaling.corpus import Corpus, prepare
from benchmarks.scaling.settings import LearningRates, Setting, Shares, Tier

SETTING = Setting(
    "micro",
    (Tier(2e8, (1,), models=("blt-4", "static", "bytes"), sizes=(0,)), Tier(3e8, (1,), ("bytes",), keep=1)),
    Shares(2e8, 0, (0.5,), (1,)),
    LearningRates(2e8, 0, ("bytes",), (0.5,), (1,)),
    smallest=4e5,
    context=64,
    step_bytes=160,
    window=8,
    vocabularies=(280, 300),
    subword_bytes=5_000,
    entropy_bytes=1_500,
    entropy_dim=16,
    hash_buckets=32,
    held_out_bytes=400,
    checkpoint_seconds=0.0,
)


def text(seed: int, words: int) -> str:
    """A document of a few letters, some of two bytes and more."""
    rng = random.Random(seed)
    return " ".join("".join(rng.choices("abcdeé漢", k=rng.randint(1, 7))) for _ in range(words)) + ".\n"


@pytest.fixture(scope="session")
def setting() -> Setting:
    """Seconds at most."""
    return SETTING


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of documents, not split."""
    folder = tmp_path_factory.mktemp("texts")
    for number in range(60):
        (folder / f"{number}.txt").write_text(text(number, 10 + number), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def corpus(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Its pieces."""
    return prepare(texts, tmp_path_factory.mktemp("work"), SETTING)
