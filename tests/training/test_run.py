"""A training run learns, survives being killed, and ends as if it had never been stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from bltgen.errors import CheckpointError
from bltgen.model.checkpoint import load_model
from bltgen.model.config import BLTConfig
from bltgen.training import TrainConfig, train_on_files
from bltgen.training.run import read_log

PROGRAM = """
import sys
from bltgen.model.config import BLTConfig
from bltgen.training import TrainConfig, train_on_files
torch_threads = __import__("torch").set_num_threads(1)
config = TrainConfig(entropy_bytes=6_000, blt_bytes=24_000, step_bytes=600, longest=120, report_steps=5,
                     checkpoint_seconds=0.0, warmup_steps=3)
train_on_files([sys.argv[1]], sys.argv[2], BLTConfig.tiny(), config, progress=False)
"""


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
    """SIGKILL at any moment costs at most the steps since the last checkpoint, and changes nothing."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert start(text, whole).wait(120) == 0
    kills = 0
    for wanted in (3, 20, 40):  # during the entropy model, early in the BLT, late in the BLT
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
    with pytest.raises(CheckpointError, match="another shape"):
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
