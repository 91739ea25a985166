"""`bltgen train`: from texts to a model and on from one; each failure is one message and exit code 2."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import bltgen
from bltgen.cli import main
from bltgen.training.run_folder import RunFolder, read_log

FEW = ["--size", "tiny", "--bytes", "1200", "--entropy-bytes", "600", "--step-bytes", "600", "--window", "60"]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "text.txt"
    file.write_text("so it goes, and on it goes. " * 60)
    return file


def failed(capfd: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The message of a command that cannot be done: one, without a traceback."""
    capfd.readouterr()
    assert main(["train", *map(str, arguments)]) == 2
    found = capfd.readouterr().err
    assert "Traceback" not in found
    assert "internal error" not in found
    return found


def test_a_model_is_trained_tuned_and_asked(
    text: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """New on a text; from there on records, thin matrices only; each model generates."""
    run, tuned = tmp_path / "run", tmp_path / "tuned"
    assert main(["train", str(text), "--run", str(run), *FEW, "--sample-bytes", "3"]) == 0
    out, err = capfd.readouterr()
    assert out == f"{run}/model: ready for `bltgen generate --model {run}/model`\n"
    assert "1,680 bytes of documents in 1 file; 2 pieces held out are validated on" in err
    assert "on this machine (entropy model" in err
    assert "validation" in err
    (tmp_path / "asked.jsonl").write_text('{"prompt": "1 + 1", "answer": {"sum": 2}}\n' * 9)
    (tmp_path / "run.toml").write_text(
        f'data = ["{tmp_path}/asked.jsonl"]\nrun = "{tuned}"\ninit = "{run}"\nlow_rank = 2\n'
        "bytes = 400\nstep_bytes = 200\nsample_bytes = 3\nvalidation = 0\n"
    )
    assert main(["train", "--config", str(tmp_path / "run.toml")]) == 0
    assert {record["part"] for record in read_log(tuned)} <= {"blt", "sample"}
    out_of = bltgen.load(tuned / "model").generate("1 + 1\n", bltgen.regex("[0-9]{2}"), seed=1)
    assert len(out_of.text) == 2


def test_a_picture_is_drawn(text: Path, tmp_path: Path) -> None:
    """A PNG beside the log, also of a run that is finished."""
    pytest.importorskip("matplotlib")
    run = tmp_path / "run"
    assert main(["train", str(text), "--run", str(run), *FEW, "--sample-bytes", "0"]) == 0
    assert not (run / "loss.png").exists()
    assert main(["train", str(text), "--run", str(run), *FEW, "--sample-bytes", "0", "--picture"]) == 0
    assert (run / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_tensorboard_shows_each_record_once(text: Path, tmp_path: Path) -> None:
    """Also after a run went on."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = tmp_path / "run"
    for _ in range(2):
        arguments = [str(text), "--run", str(run), *FEW, "--tensorboard", "--report-steps", "1"]
        assert main(["train", *arguments]) == 0
    events = EventAccumulator(str(run / "tensorboard")).Reload()
    steps = [event.step for event in events.Scalars("blt/bits_per_byte")]
    assert steps == [r["step"] for r in read_log(run) if r["part"] == "blt" and "bits_per_byte" in r]


@pytest.mark.parametrize(("flag", "package"), [("--picture", "matplotlib"), ("--tensorboard", "tensorboard")])
def test_what_an_extra_is_needed_for_is_said_before_the_work(
    text: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    flag: str,
    package: str,
) -> None:
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    assert "pip install 'bltgen[" in failed(capfd, text, "--run", tmp_path / "run", *FEW, flag)
    assert not (tmp_path / "run").exists()


def test_failures_are_said_in_words(text: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Of data, of the run folder, of settings, of the model to begin from; nothing is left behind."""
    run = tmp_path / "run"
    junk = tmp_path / "junk.jsonl"
    junk.write_bytes(bytes(range(256)))
    assert "absent" in failed(capfd, tmp_path / "absent", "--run", run)
    assert "junk.jsonl, line 1: not" in failed(capfd, junk, "--run", run)
    assert "no data" in failed(capfd, "--run", run)
    assert "--run FOLDER" in failed(capfd, text)
    assert "text.txt: is a file" in failed(capfd, text, "--run", text, *FEW)
    assert "no such folder" in failed(capfd, text, "--run", run, "--init", tmp_path / "nothing")
    assert "size and init" in failed(capfd, text, "--run", run, "--init", run, "--size", "tiny")
    assert "absent.toml" in failed(capfd, text, "--run", run, "--config", tmp_path / "absent.toml")
    assert "device 'banana' is not there" in failed(capfd, text, "--run", run, "--device", "banana", *FEW)
    assert not run.exists()
    with RunFolder.held(run):
        assert "is at work on this run" in failed(capfd, text, "--run", run, *FEW)


def test_a_rate_that_is_too_high_stops_the_run(
    text: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """With what was saved, if anything was."""
    few = [*FEW, "--learning-rate", "1e30", "--warmup-steps", "0", "--step-bytes", "200"]
    found = failed(capfd, text, "--run", tmp_path / "run", *few)
    assert "nan at step" in found or "inf at step" in found
    assert "nothing was saved yet. A lower learning rate may help" in found
    assert not (tmp_path / "run" / "model").exists()


FULL = """
import resource, sys
from bltgen.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
sys.exit(main(sys.argv[1:]))
"""


def test_a_full_disk_is_said(text: Path, tmp_path: Path) -> None:
    """What cannot be written is named; no part of it is left, and the run goes on once there is room."""
    run = tmp_path / "run"
    arguments = ["train", str(text), "--run", str(run), *FEW, "--validation", "0", "--sample-bytes", "0"]
    done = subprocess.run([sys.executable, "-c", FULL, *arguments], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "checkpoint.safetensors: cannot be written (" in done.stderr
    assert "Traceback" not in done.stderr
    assert all(file.name in (".lock", "log.jsonl") for file in run.iterdir())
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 40_000
    assert main(arguments) == 0
    assert json.loads((run / "model" / "config.json").read_text())["format"] == "bltgen"
