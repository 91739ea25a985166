"""Models come in from transformers' memory and from the hub; without a network the way around is told."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from bltgen.errors import CheckpointError
from bltgen.integrations.huggingface import from_hub, from_transformers
from tests.model.test_checkpoint import CONFIG, ENTROPY_ARGS, write_b, write_c
from tests.model.tolerance import assert_close, logits_tolerance


def test_a_transformers_model_in_memory_gives_its_logits() -> None:
    """No file in between; embeddings are not copied."""
    pytest.importorskip("transformers")
    from tests.model.test_parity_transformers import TEXTS, random_reference, reference_forward

    reference = random_reference()
    model = from_transformers(reference)
    expected, _ = reference_forward(reference, TEXTS["scripts"])
    logits = model.session([TEXTS["scripts"]]).logits[0, :256]
    length = len(TEXTS["scripts"])
    assert_close(
        logits, expected[-1, 4:], logits_tolerance(model, expected, length=length, other_angles=True)
    )
    table = reference.model.encoder_hash_tok_embedding.weight
    assert model.embedding.ngrams is not None
    assert model.embedding.ngrams.weight.data_ptr() == table.data_ptr()


def test_another_model_is_refused() -> None:
    """With what was given and what is needed."""
    with pytest.raises(CheckpointError, match="BltForCausalLM is needed, not Linear"):
        from_transformers(torch.nn.Linear(2, 2))


def hub(monkeypatch: pytest.MonkeyPatch, repositories: dict[str, Path]) -> None:
    def snapshot_download(name: str, *, revision: str | None, allow_patterns: list[str]) -> str:
        if name not in repositories:
            raise OSError("we couldn't connect\nto the hub")
        return str(repositories[name])

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(snapshot_download=snapshot_download))


def test_repositories_of_the_hub_are_read_in_their_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Layout C in one repository; layout B in two."""
    write_c(tmp_path / "c")
    write_b(tmp_path / "b")
    (tmp_path / "b" / "entropy_model").rename(tmp_path / "entropy")
    hub(monkeypatch, {"me/c": tmp_path / "c", "me/b": tmp_path / "b", "me/entropy": tmp_path / "entropy"})
    assert from_hub("me/c").config.entropy.dim == ENTROPY_ARGS["dim"]
    assert from_hub("me/b", entropy_name="me/entropy").config == CONFIG


def test_without_network_or_client_the_way_by_hand_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, with the command."""
    hub(monkeypatch, {})
    with pytest.raises(CheckpointError, match=r"connect.*huggingface-cli download me/c") as error:
        from_hub("me/c")
    assert "\n" not in str(error.value)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(CheckpointError, match=r"bltgen\[huggingface\].*huggingface-cli"):
        from_hub("me/c")
    for name in ("../etc", "c", "a/b/c", "https://x/y"):
        with pytest.raises(CheckpointError, match="owner/name"):
            from_hub(name)
