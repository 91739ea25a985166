"""Settings from the command line and from a file: all are known, wrong ones are named."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from bltgen.cli_train import add
from bltgen.model.config import PARTS, BLTConfig
from bltgen.training import Corpus, TrainConfig
from bltgen.training.corpus import DOCUMENTS, Documents
from bltgen.training.job import Job, read_settings
from bltgen.training.launch import train_config
from bltgen.training.model_shape import shaped


def test_every_setting_of_a_run_is_one_of_a_job() -> None:
    """By its name, but for two that are called otherwise."""
    named = {"blt_bytes": "bytes", "longest": "window"}
    assert {named.get(one.name, one.name) for one in fields(TrainConfig)} <= Job.settings().keys()
    assert get_args(Documents) == DOCUMENTS == Job.settings()["documents"].kind


def test_every_field_of_a_model_may_be_set() -> None:
    """In tables; what follows from a width is found anew."""
    base = BLTConfig.small().to_dict()
    for name, kind in PARTS.items():
        for one in fields(kind):
            value = (base[name] or {}).get(one.name)
            if value is not None:
                assert shaped("small", {name: {one.name: value}}) is not None
    wide = shaped("small", {"latent": {"dim": 512, "layers": 2}, "mask_conditioning": True})
    assert (wide.latent.dim_per_head, wide.latent.feed_forward_dim) == (128, 1376)
    assert wide.mask_conditioning
    assert shaped("small", {"prompt_form": {"max_bytes": 99}}).prompt_form is not None
    assert shaped("small", {}) == BLTConfig.small()


TOML = """
data = ["texts", "more.jsonl"]
run = "runs/one"
bytes = 2e6
validation = ["held.txt"]
picture = true
sample_prompts = ["Once"]

[model.latent]
layers = 3
"""


def test_a_file_says_what_flags_say(tmp_path: Path) -> None:
    """Flags go before it; on Python 3.10 it is read by tomli."""
    file = tmp_path / "run.toml"
    file.write_text(TOML)
    found = Job.of({**read_settings(file), "bytes": 5})
    assert (found.data, found.bytes, found.validation) == (("texts", "more.jsonl"), 5, ("held.txt",))
    assert (found.picture, found.sample_prompts) == (True, ("Once",))
    assert shaped(found.size, found.model).latent.layers == 3
    if sys.version_info >= (3, 11):
        assert isinstance(read_settings(file)["bytes"], int)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lerning_rate = 1", "there is no setting 'lerning_rate'; did you mean 'learning_rate'?"),
        ("[model.latnet]\nlayers = 1", "model has no field 'latnet'; did you mean 'latent'?"),
        ("[model.latent]\nlayer = 1", "model.latent has no field 'layer'; did you mean 'layers'?"),
        ("[model.latent]\nlayers = -1", "model: layers must be at least 0, got -1"),
        ("[model]\nlatent = 3", "model.latent=3: a table is needed"),
        ("model = 3", "model=3: a table is needed"),
        ("bytes = 0", "bytes=0: an integer of 1 or more is needed"),
        ("bytes = 1.5", "bytes=1.5: an integer of 1 or more is needed"),
        ("bytes = true", "bytes=True: an integer"),
        ("learning_rate = nan", "learning_rate=nan: a number of 0 or more is needed"),
        ("learning_rate = 'x'", "learning_rate='x': a number"),
        ("size = 'smal'", "size='smal': one of 'tiny', 'small' is needed; did you mean 'small'?"),
        ("picture = 1", "picture=1: true or false is needed"),
        ("run = 1", "run=1: a text is needed"),
        ("data = [1]", "data=[1]: a list of texts is needed"),
        ("validation = 1.5", "validation=1.5: a share in [0, 1) is needed, or files"),
        ("x = ", "not TOML"),
        ("x = 'é'", "not UTF-8 at byte 5"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    """With the file, and the near miss."""
    file = tmp_path / "run.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"run\.toml") as caught:
        read_settings(file)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"run": "r"}, "no data"),
        ({"data": ["x"]}, "--run"),
        ({"data": ["x"], "run": "r", "low_rank": 4}, "low_rank needs init"),
        ({"data": ["x"], "run": "r", "init": "m", "size": "tiny"}, "size and init"),
        ({"data": ["x"], "run": "r", "init": "m", "model": {"vocabulary": 300}}, "model and init"),
    ],
)
def test_what_does_not_go_together_is_said(given: dict[str, Any], words: str) -> None:
    """Before anything is read."""
    with pytest.raises(ValueError, match=words):
        Job.of(given)


def test_defaults_are_those_of_what_is_begun_from(tmp_path: Path) -> None:
    """A new model reads much and fast; a trained one little and slowly."""
    (tmp_path / "file").write_text("x" * 30_000)
    corpus = Corpus.of([tmp_path / "file"], window=64)
    new = train_config(Job.of({"data": ["x"], "run": "r", "bytes": 1000}), corpus)
    assert (new.entropy_bytes, new.patch_bytes, new.longest, new.learning_rate) == (250, 4.5, 64, 2e-3)
    tuned = train_config(Job.of({"data": ["x"], "run": "r", "init": "m", "learning_rate": 1e-4}), corpus)
    assert (tuned.entropy_bytes, tuned.patch_bytes, tuned.blt_bytes) == (0, None, 300_000)
    assert tuned.embedding_learning_rate == tuned.learning_rate == 1e-4
    assert train_config(Job.of({"data": ["x"], "run": "r", "sample_bytes": 0}), corpus).sample_prompts == ()


def test_each_setting_has_a_flag_that_says_what_it_is() -> None:
    """Of those that are no tables."""
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    (commands,) = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    train = commands.choices["train"]
    dests = {action.dest: action for action in train._actions}
    for name, setting in Job.settings().items():
        if name not in ("data", "model"):
            assert dests[f"set_{name}"].help == setting.help
    assert "RUN/model" in train.format_help()
    parsed = vars(train.parse_args(["x", "--bytes", "2e6", "--sample-prompt", "a", "--sample-prompt", "b"]))
    assert (parsed["set_bytes"], parsed["set_sample_prompts"]) == (2_000_000, ["a", "b"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"blt_bytes": 0},
        {"step_bytes": 1.5},
        {"learning_rate": float("nan")},
        {"decay": 1.5},
        {"clip": 0},
        {"precision": "float16"},
        {"seed": -1},
        {"patience": True},
        {"sample_prompts": "Once"},
    ],
)
def test_a_run_names_the_setting_that_is_wrong(wrong: dict[str, Any]) -> None:
    """In the library as well."""
    ((name, _),) = wrong.items()
    with pytest.raises(ValueError, match=f"^{name}="):
        TrainConfig(**{"entropy_bytes": 1, "blt_bytes": 1, **wrong})
