"""A training run learns, survives being killed, and ends as if it had never been stopped."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bltgen.errors import CheckpointError
from bltgen.model.blt import ByteLatentTransformer, ids_of_bytes
from bltgen.model.checkpoint import load_model
from bltgen.model.config import BLTConfig, PatchingMode
from bltgen.model.safetensors_file import read_tensors, write_tensors
from bltgen.training import Corpus, KindWeights, Mixture, TrainConfig, train
from bltgen.training.batches import batches
from bltgen.training.run_folder import read_log
from bltgen.training.settings import Part
from bltgen.training.step import Meter, Totals, add_gradient

PROGRAM = """
import sys
from bltgen.model.config import BLTConfig
from bltgen.training import Corpus, TrainConfig, train
torch_threads = __import__("torch").set_num_threads(1)
config = TrainConfig(entropy_bytes=6_000, blt_bytes=18_000, step_bytes=600, longest=120, report_steps=5,
                     checkpoint_seconds=0.0, warmup_steps=3, validate_bytes=5_000, sample_prompts=("the ",),
                     sample_bytes=4)
corpus = Corpus.of([sys.argv[1]], window=120, validation=0.1)
train(BLTConfig.tiny(), config, corpus, sys.argv[2], progress=False)
"""


def train_on_files(
    files: list[Path], folder: Path, model: BLTConfig, config: TrainConfig, **how: Any
) -> ByteLatentTransformer:
    return train(model, config, Corpus.of(files, window=config.longest), folder, **how)


@dataclass(frozen=True)
class Document:
    prompt: bytes
    answer: bytes
    kinds: bytes


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "text.txt"
    file.write_text("the cat sat on the mat, and the dog sat on the log. " * 60)
    return file


def start(text: Path, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(text), str(folder)])


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_model(folder / "model").state_dict()


def test_killed_run_resumes_to_the_same_weights(text: Path, tmp_path: Path) -> None:
    """SIGKILL at any moment costs at most the steps since a checkpoint; weights and log are the same."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert start(text, whole).wait(120) == 0
    kills = 0
    for wanted in (3, 20, 30):  # during the entropy model, early in the BLT, late in the BLT
        process = start(text, killed)
        deadline = time.monotonic() + 90
        while process.poll() is None and time.monotonic() < deadline:
            log = killed / "log.jsonl"
            reports = log.read_text().count("\n") if log.exists() else 0
            if reports * 5 >= wanted:
                break
            time.sleep(0.01)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills >= 1
    assert start(text, killed).wait(120) == 0
    for name, value in weights(whole).items():
        assert torch.equal(value, weights(killed)[name]), name
    assert (whole / "log.jsonl").read_text() == (killed / "log.jsonl").read_text()


def test_a_run_goes_on_from_before_the_decay(text: Path, tmp_path: Path) -> None:
    """The state kept there is a checkpoint: from it the run ends with the same weights."""
    config = TrainConfig(1_200, 12_000, step_bytes=600, longest=120, decay=0.5, report_steps=5)
    whole, again = tmp_path / "whole", tmp_path / "again"
    train_on_files([text], whole, BLTConfig.tiny(), config, progress=False)
    again.mkdir()
    (whole / "before_decay.safetensors").rename(again / "checkpoint.safetensors")
    train_on_files([text], again, BLTConfig.tiny(), config, progress=False)
    for name, value in weights(whole).items():
        assert torch.equal(value, weights(again)[name]), name
    assert list(read_log(again))[-1]["bytes"] > 6_000


def test_a_run_of_an_earlier_version_goes_on(text: Path, tmp_path: Path) -> None:
    """Its checkpoint says less: settings that it does not know had their defaults, its log is kept."""
    config = TrainConfig(600, 3_000, step_bytes=600, longest=120, decay=0.5, report_steps=1)
    whole, again = tmp_path / "whole", tmp_path / "again"
    train_on_files([text], whole, BLTConfig.tiny(), config, progress=False)
    tensors, metadata = read_tensors(whole / "before_decay.safetensors")
    position = {name: metadata["position"][name] for name in ("part", "step", "bytes")}
    known = ("entropy_bytes", "blt_bytes", "step_bytes", "longest", "learning_rate", "decay", "seed")
    training = {name: metadata["identity"]["training"][name] for name in known}
    identity = {**metadata["identity"], "training": training}
    del identity["validation"]
    old = {"config": metadata["config"], "position": position, "identity": identity}
    write_tensors(again / "checkpoint.safetensors", tensors, old)
    (again / "log.jsonl").write_text('{"part": "blt", "step": 1, "bytes": 1, "bits_per_byte": 8.0}\n')
    train_on_files([text], again, BLTConfig.tiny(), config, progress=False)
    for name, value in weights(whole).items():
        assert torch.equal(value, weights(again)[name]), name
    later = [r for r in read_log(whole) if r["part"] == "blt" and r["step"] > position["step"]]
    assert list(read_log(again))[1:] == later != []
    with pytest.raises(CheckpointError, match=r"training\.patience was None and is 3 now"):
        train_on_files([text], again, BLTConfig.tiny(), replace(config, patience=3), progress=False)


def test_training_lowers_bits_per_byte(text: Path, tmp_path: Path) -> None:
    """On a text of a few repeated words both models end far below 8 bits per byte."""
    config = TrainConfig(
        entropy_bytes=40_000,
        blt_bytes=40_000,
        step_bytes=800,
        longest=120,
        report_steps=5,
        warmup_steps=3,
        learning_rate=0.02,
        embedding_learning_rate=0.02,
    )
    train_on_files([text], tmp_path / "run", BLTConfig.tiny(), config, progress=False)
    reports = list(read_log(tmp_path / "run"))
    for part in ("entropy", "blt"):
        of_part = [report["bits_per_byte"] for report in reports if report["part"] == part]
        assert of_part[-1] < 4.5 < of_part[0], part


def test_corrupt_checkpoint_is_an_error(text: Path, tmp_path: Path) -> None:
    """A truncated checkpoint is named, and left as it is."""
    folder = tmp_path / "run"
    config = TrainConfig(1_200, 1_200, step_bytes=600, longest=120)
    train_on_files([text], folder, BLTConfig.tiny(), config, progress=False)
    file = folder / "checkpoint.safetensors"
    cut = file.read_bytes()[:1000]
    file.write_bytes(cut)
    with pytest.raises(CheckpointError, match=r"checkpoint\.safetensors"):
        train_on_files([text], folder, BLTConfig.tiny(), config, progress=False)
    assert file.read_bytes() == cut


def test_checkpoint_of_another_model_is_refused(text: Path, tmp_path: Path) -> None:
    """Resuming with another shape is an error, not a silent fresh start."""
    config = TrainConfig(600, 600, step_bytes=600, longest=120)
    train_on_files([text], tmp_path, BLTConfig.tiny(), config, progress=False)
    with pytest.raises(CheckpointError, match=r"model\.patcher\.patch_size was 4 and is 3"):
        train_on_files([text], tmp_path, BLTConfig.tiny(patch_size=3), config, progress=False)


def test_missing_and_empty_data_are_errors(tmp_path: Path) -> None:
    """Nothing to train on is said before anything is built."""
    config = TrainConfig(600, 600)
    with pytest.raises(FileNotFoundError, match=r"absent\.txt"):
        train_on_files([tmp_path / "absent.txt"], tmp_path / "run", BLTConfig.tiny(), config)
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(ValueError, match="no bytes"):
        train_on_files([tmp_path / "empty"], tmp_path / "run", BLTConfig.tiny(), config)
    assert not (tmp_path / "run").exists()


def test_log_is_json_lines(text: Path, tmp_path: Path) -> None:
    """Each report has the part, the position and bits per byte."""
    config = TrainConfig(1_200, 1_200, step_bytes=600, longest=120, report_steps=1)
    train_on_files([text], tmp_path, BLTConfig.tiny(), config, progress=False)
    for line in (tmp_path / "log.jsonl").read_text().splitlines():
        assert {"part", "step", "bytes", "bits_per_byte"} <= json.loads(line).keys()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
def test_trains_on_a_gpu(text: Path, tmp_path: Path) -> None:
    """The same run on a GPU, in bfloat16, ends with a model that loads on the CPU."""
    config = TrainConfig(1_200, 1_200, step_bytes=600, longest=120, precision="bfloat16")
    train_on_files([text], tmp_path, BLTConfig.tiny(), config, device="cuda", progress=False)
    assert all(value.isfinite().all() for value in weights(tmp_path).values())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"learning_rate": 0.5}, r"training\.learning_rate was 0\.002 and is 0\.5 now"),
        ({"seed": 2}, r"training\.seed was 1 and is 2 now"),
        ({"step_bytes": 500}, r"training\.step_bytes"),
        ({"blt_bytes": 1_800}, r"training\.blt_bytes"),
        ({"longest": 60}, r"training\.longest"),
        ({"patch_bytes": 3.0}, r"training\.patch_bytes was None and is 3\.0 now"),
    ],
)
def test_another_configuration_is_refused(
    text: Path, tmp_path: Path, change: dict[str, Any], named: str
) -> None:
    """A folder holds one run: going on with another configuration is an error that names the difference."""
    config = TrainConfig(600, 600, step_bytes=600, longest=120)
    folder = tmp_path / "run"
    train_on_files([text], folder, BLTConfig.tiny(), config, progress=False)
    before = (folder / "checkpoint.safetensors").read_bytes()
    with pytest.raises(CheckpointError, match=named):
        train_on_files([text], folder, BLTConfig.tiny(), replace(config, **change), progress=False)
    assert (folder / "checkpoint.safetensors").read_bytes() == before
    train_on_files([text], folder, BLTConfig.tiny(), replace(config, report_steps=1), progress=False)


def test_other_data_is_refused(text: Path, tmp_path: Path) -> None:
    """Other bytes under the same name are another run; the same bytes elsewhere are the same one."""
    config = TrainConfig(600, 600, step_bytes=600, longest=120)
    train_on_files([text], tmp_path / "run", BLTConfig.tiny(), config, progress=False)
    moved = tmp_path / "elsewhere" / text.name
    moved.parent.mkdir()
    moved.write_bytes(text.read_bytes())
    train_on_files([moved], tmp_path / "run", BLTConfig.tiny(), config, progress=False)
    moved.write_bytes(text.read_bytes().replace(b"dog", b"cow"))
    with pytest.raises(CheckpointError, match=r"data.* was '1 files, .* and is '1 files"):
        train_on_files([moved], tmp_path / "run", BLTConfig.tiny(), config, progress=False)


@pytest.mark.parametrize("mode", ["entropy", "monotonic"])
def test_threshold_comes_from_the_data(text: Path, tmp_path: Path, mode: PatchingMode) -> None:
    """With `patch_bytes` the model that a run ends with cuts its data into patches of that mean length."""
    config = TrainConfig(9_000, 600, step_bytes=600, longest=120, patch_bytes=3.0, warmup_steps=3)
    model = train_on_files([text], tmp_path, BLTConfig.tiny(mode=mode), config, progress=False)
    again = load_model(tmp_path / "model")
    assert again.config == model.config != BLTConfig.tiny(mode=mode)
    data = text.read_bytes()[:1500]
    starts = [
        patch.patch_ids[0, -1].item()
        for patch in (
            model.patch(torch.tensor([ids_of_bytes(data[at : at + 120])])) for at in range(0, 1500, 120)
        )
    ]
    assert 2.4 < len(data) / sum(starts) < 3.6


@pytest.mark.parametrize(
    ("patcher", "wished", "words"),
    [
        ({"mode": "static"}, 4.0, "no threshold"),
        ({"mode": "space"}, 4.0, "no threshold"),
        ({"max_patch_length": 8}, 9.0, "max_patch_length=8"),
        ({}, 0.5, "at least one byte"),
        ({}, math.inf, "at least one byte"),
        ({}, math.nan, "at least one byte"),
    ],
)
def test_patch_lengths_out_of_reach_are_refused(
    text: Path, tmp_path: Path, patcher: dict[str, Any], wished: float, words: str
) -> None:
    """It is said before anything is trained."""
    config = TrainConfig(600, 600, step_bytes=600, longest=120, patch_bytes=wished)
    with pytest.raises(ValueError, match=words):
        train_on_files([text], tmp_path / "run", BLTConfig.tiny(**patcher), config, progress=False)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("part", ["entropy", "blt"])
def test_gradient_does_not_depend_on_how_a_step_is_split(part: Part) -> None:
    """The documents of a step give one gradient in one batch or in many, grounded choices included."""

    def source(seed: int) -> Iterator[Document]:
        rng = random.Random(seed)
        while True:
            word = "".join(rng.choices("abcdef", k=rng.randrange(1, 9)))
            prompt = f"{word}, {'xyz'[: rng.randrange(4)]} {word[::-1]}.".encode()
            answer = f'{{"a": "{word}"}}'.encode()
            kinds = bytes([0] * len(prompt) + [1] * 7 + [2] * (len(word) + 1) + [1])
            yield Document(prompt, answer, kinds)

    torch.manual_seed(0)
    model = ByteLatentTransformer(BLTConfig.tiny()).double()

    def gradient(parts: int) -> dict[str, torch.Tensor]:
        model.zero_grad()
        parcel = batches(Mixture(((source, 1.0),)), 3, 5, 900, KindWeights(), 60, parts)
        assert len(parcel) == parts
        assert sum(batch.positions.numel() for batch in parcel) > 20
        totals = Totals(parcel)
        for batch in parcel:
            add_gradient(model, part, batch, 0.7, totals, Meter())
        return {
            name: value.grad.clone() for name, value in model.named_parameters() if value.grad is not None
        }

    whole, split = gradient(1), gradient(5)
    assert whole.keys() == split.keys()
    for name, value in whole.items():
        # The weights of bytes are float32; sums of 900 of them in another order differ by so much.
        torch.testing.assert_close(split[name], value, rtol=900 * 2**-23, atol=900 * 2**-23)
    assert max(value.abs().max() for value in whole.values()) > 1e-3
