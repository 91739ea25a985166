"""Thin matrices beside frozen ones: they alone are learnt and kept, and what is saved is a plain model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bltgen.errors import CheckpointError
from bltgen.model.blt import ByteLatentTransformer, ids_of_bytes
from bltgen.model.checkpoint import load_model, save_model
from bltgen.model.config import BLTConfig, CrossAttentionConfig, TransformerConfig
from bltgen.model.safetensors_file import read_tensors
from bltgen.training import Corpus, TrainConfig, train
from bltgen.training.initial import load_initial
from bltgen.training.job import Job
from bltgen.training.launch import start
from bltgen.training.low_rank import LowRankLinear, is_low_rank, merged, with_low_rank

CONFIG = TrainConfig(0, 2_400, step_bytes=400, longest=60, low_rank=3, report_steps=2, warmup_steps=1)


def model() -> ByteLatentTransformer:
    torch.manual_seed(3)
    return ByteLatentTransformer(BLTConfig.tiny(mode="static")).eval()


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    (tmp_path / "text").write_text("so it goes, and on it goes. " * 40)
    return Corpus.of([tmp_path / "text"], window=60, validation=0.1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_merged_model_computes_the_same(dtype: torch.dtype) -> None:
    """At first as the model without them, and after they changed as with them."""
    plain = model().to(dtype)
    ids = torch.tensor([ids_of_bytes(b"some text, and more of it")])
    before = plain(plain.patch(ids))
    adapted = with_low_rank(model().to(dtype), 2, 0.5)
    assert torch.equal(adapted(adapted.patch(ids)), before)
    for name, parameter in adapted.named_parameters():
        if is_low_rank(name):
            torch.nn.init.normal_(parameter, std=0.3)
    changed, flat = adapted(adapted.patch(ids)), merged(adapted)
    assert not any(isinstance(module, LowRankLinear) for module in flat.modules())
    assert flat.state_dict().keys() == plain.state_dict().keys()
    assert {value.dtype for value in flat.state_dict().values()} == {dtype}
    assert (changed - before).abs().max() > 0.1
    if dtype == torch.float32:
        torch.testing.assert_close(flat(flat.patch(ids)), changed, rtol=1e-4, atol=1e-4)


def test_only_thin_matrices_are_learnt_and_kept(tmp_path: Path, corpus: Corpus) -> None:
    """The checkpoint has nothing else; the weights of what is not adapted are as they were; best is best."""
    begun = model()
    trained = train(
        begun.config, CONFIG, corpus, tmp_path / "run", parts=("blt",), initial=begun, progress=False
    )
    tensors, _ = read_tensors(tmp_path / "run" / "checkpoint.safetensors")
    kept = [name for name in tensors if name.startswith("model.")]
    assert kept
    assert all(is_low_rank(name) for name in kept)
    changed = {
        name
        for name, value in trained.state_dict().items()
        if not torch.equal(value, begun.state_dict()[name])
    }
    assert changed
    assert all(name.endswith(".weight") for name in changed)
    assert not any("embedding" in name or "head" in name or "entropy_model" in name for name in changed)
    saved = load_model(tmp_path / "run" / "model")
    for name, value in trained.state_dict().items():
        assert torch.equal(value, saved.state_dict()[name]), name
    (tmp_path / "run" / "model" / "config.json").unlink()
    with pytest.raises(CheckpointError, match="does not hold a whole model"):
        load_initial(tmp_path / "run")


def test_a_run_of_them_goes_on(tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """From its checkpoint and the same initial model it ends the same; another model is refused."""
    how = {"parts": ("blt",), "progress": False}
    begun = model()
    whole = train(begun.config, CONFIG, corpus, tmp_path / "whole", initial=begun, **how)  # type: ignore[arg-type]
    (tmp_path / "again").mkdir()
    (tmp_path / "whole" / "before_decay.safetensors").rename(tmp_path / "again" / "checkpoint.safetensors")
    again = train(begun.config, CONFIG, corpus, tmp_path / "again", initial=model(), **how)  # type: ignore[arg-type]
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    other = model()
    torch.nn.init.zeros_(other.local_decoder.head.weight)
    with pytest.raises(CheckpointError, match="initial was 'sha256"):
        train(other.config, CONFIG, corpus, tmp_path / "again", initial=other, **how)  # type: ignore[arg-type]


def test_what_cannot_be_adapted_is_said(tmp_path: Path, corpus: Corpus) -> None:
    """A rank above that of every matrix; no model to stay beside."""
    with pytest.raises(ValueError, match="low_rank=999: the matrices of this model have at most rank 24"):
        with_low_rank(model(), 999, 1.0)
    with pytest.raises(ValueError, match="low_rank=3: needs an initial model"):
        train(BLTConfig.tiny(), CONFIG, corpus, tmp_path / "run", progress=False)


def test_any_checkpoint_can_be_begun_from(tmp_path: Path, corpus: Corpus) -> None:
    """A model, a run with its model, a run before its end, the one in the package; and nothing else."""
    begun = model()
    save_model(begun, tmp_path / "model", layout="bltgen")
    config = TrainConfig(400, 1_600, step_bytes=400, longest=60)
    trained = train(begun.config, config, corpus, tmp_path / "run", progress=False)
    (tmp_path / "early").mkdir()
    (tmp_path / "run" / "checkpoint.safetensors").rename(tmp_path / "early" / "checkpoint.safetensors")
    for place, expected in (("model", begun), ("run", trained), ("run/model", trained)):
        found = load_initial(tmp_path / place)
        assert all(torch.equal(v, found.state_dict()[k]) for k, v in expected.state_dict().items()), place
    assert load_initial(tmp_path / "early").config == begun.config
    assert load_initial("embedded").config.latent.dim == 256
    with pytest.raises(CheckpointError, match="no such folder"):
        load_initial(tmp_path / "nothing")
    (tmp_path / "early" / "checkpoint.safetensors").write_bytes(b"junk")
    with pytest.raises(CheckpointError, match="not a readable safetensors file"):
        load_initial(tmp_path / "early")


def test_released_weights_are_tuned(tmp_path: Path) -> None:
    """In the layout of transformers and in bfloat16: thin matrices alone, or all of them in float32."""
    local = TransformerConfig(16, 1, 4, window=8, ffn_dim=24)
    shape = replace(
        BLTConfig.tiny(),
        encoder=local,
        latent=TransformerConfig(24, 2, 4, kv_heads=2, ffn_dim=32),
        decoder=replace(local, layers=2),
        entropy=TransformerConfig(12, 1, 2, rope_theta=10_000.0, window=512, ffn_dim=20),
        cross_attention=CrossAttentionConfig(heads=4, queries_per_patch=2),
    )
    save_model(ByteLatentTransformer(shape), tmp_path / "released", torch.bfloat16, layout="C")
    (tmp_path / "asked.jsonl").write_text('{"prompt": "1 + 1", "answer": {"sum": 2}}\n' * 4)
    few = {"data": [str(tmp_path / "asked.jsonl")], "init": str(tmp_path / "released"), "validation": 0}
    few |= {"bytes": 100, "step_bytes": 60, "sample_bytes": 2}
    for rank, dtype in ((2, torch.bfloat16), (None, torch.float32)):
        settings = {**few, "run": str(tmp_path / f"run{rank}")}
        tuned = start(Job.of(settings if rank is None else {**settings, "low_rank": rank}), progress=False)
        assert tuned.local_decoder.head.weight.dtype == dtype
        assert tuned.config.latent == shape.latent
        assert load_model(tmp_path / f"run{rank}" / "model").config == tuned.config
