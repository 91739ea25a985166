"""Checkpoints from the command line: bad ones are clear errors, good ones generate."""

from __future__ import annotations

import json
import os
import pickle

import pytest

from bltgen.cli import main
from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.checkpoint import save_model
from bltgen.model.config import BLTConfig


def failed(capsys, *arguments) -> str:
    """The message of a command that must fail with exit code 2 and no traceback."""
    assert main(arguments) == 2
    message = capsys.readouterr().err
    assert message.startswith(f"bltgen {arguments[0]}: error: ")
    assert "Traceback" not in message
    return message


@pytest.mark.parametrize("what", ["missing", "empty", "truncated", "noise", "pickle", "config"])
def test_a_bad_checkpoint_is_a_clear_error(what, capfd, tmp_path):
    """Nothing is unpickled; the file is named."""
    folder = tmp_path / "model"
    save_model(ByteLatentTransformer(BLTConfig.tiny()), folder)
    weights = folder / "model.safetensors"
    evil = tmp_path / "evil"

    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(evil),)

    if what == "missing":
        folder = tmp_path / "nowhere"
    elif what == "empty":
        weights.write_bytes(b"")
    elif what == "truncated":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif what == "noise":
        weights.write_bytes(os.urandom(5000))
    elif what == "pickle":
        weights.write_bytes(pickle.dumps(Bomb()))
    else:
        (folder / "config.json").write_text('{"config": {"local_dim": "wide"}}')
    message = failed(capfd, "generate", "--regex", "a", "--prompt", "x", "--model", str(folder))
    assert str(folder) in message
    assert not evil.exists()


def test_a_pickle_is_no_checkpoint(capfd, tmp_path):
    """A file of pickled weights is refused by its content."""
    path = tmp_path / "weights.pt"
    path.write_bytes(pickle.dumps({"a": 1}))
    assert "weights.pt" in failed(capfd, "generate", "--regex", "a", "--prompt", "x", "--model", str(path))


def test_a_saved_model_generates(capfd, tmp_path):
    """Train's end and generate's beginning meet."""
    save_model(ByteLatentTransformer(BLTConfig.tiny()), tmp_path / "model")
    arguments = ["generate", "--regex", "[a-z]{3}", "--prompt", "", "--model", str(tmp_path / "model")]
    assert main([*arguments, "--dtype", "float32", "--device", "cpu", "--threads", "1"]) == 0
    assert len(capfd.readouterr().out) == 4
    assert "dtype" in failed(capfd, *arguments, "--dtype", "decimal")
    with pytest.raises(SystemExit) as caught:
        main([*arguments, "--threads", "0"])
    assert caught.value.code == 2
    assert "argument --threads: '0': an integer >= 1 is needed" in capfd.readouterr().err


def test_train_then_generate(capfd, tmp_path):
    """A few steps on a file of bytes leave a model that can be loaded."""
    (tmp_path / "corpus").write_bytes(bytes(range(256)) * 20)
    run = str(tmp_path / "run")
    few = [
        "--size",
        "tiny",
        "--bytes",
        "3000",
        "--entropy-bytes",
        "2000",
        "--step-bytes",
        "1000",
        "--window",
        "64",
    ]
    assert main(["train", str(tmp_path / "corpus"), "--run", run, *few]) == 0
    assert main(["generate", "--regex", "[0-9]", "--prompt", "", "--model", f"{run}/model"]) == 0
    assert capfd.readouterr().out[-2].isdigit()


def test_convert_and_flops(capfd, tmp_path):
    """A checkpoint written in another type reads the same; the work for a text is counted."""
    source, target = tmp_path / "model", tmp_path / "half"
    save_model(ByteLatentTransformer(BLTConfig.tiny()), source)
    assert main(["convert", "--model", str(source), "--dtype", "bfloat16", str(target)]) == 0
    assert (target / "model.safetensors").stat().st_size < (source / "model.safetensors").stat().st_size
    assert "exists" in failed(capfd, "convert", "--model", str(source), str(target))
    assert main(["flops", "some text", "--json", "--model", str(target)]) == 0
    counts = json.loads(capfd.readouterr().out)
    assert counts["bytes"] == 9
    assert counts["total"] == sum(v for k, v in counts.items() if k not in ("bytes", "patches", "total"))
    assert main(["flops", "some text", "--model", str(target)]) == 0
    assert "FLOPs a byte" in capfd.readouterr().out
