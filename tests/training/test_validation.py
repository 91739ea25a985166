"""Validation: bits per byte as a slow count finds them, the best weights kept, an early end, an exact log."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import bltgen.training.run
from bltgen.errors import TrainingError
from bltgen.model.blt import ByteLatentTransformer, ids_of_bytes
from bltgen.model.checkpoint import load_model
from bltgen.model.config import BYTE_OFFSET, EOS_ID, BLTConfig
from bltgen.training import Corpus, TrainConfig, train
from bltgen.training.data.document import Number, write
from bltgen.training.files import RawDocument
from bltgen.training.initial import load_initial
from bltgen.training.run_folder import read_log
from bltgen.training.samples import sample
from bltgen.training.settings import Part
from bltgen.training.validation import documents_fingerprint, validated

CONFIG = TrainConfig(
    800, 4_000, step_bytes=400, longest=60, report_steps=3, warmup_steps=1, validate_bytes=1_000
)
SHAPE = BLTConfig.tiny(mode="static")


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    (tmp_path / "text").write_text("so it goes, and on it goes. " * 40)
    return Corpus.of([tmp_path / "text"], window=60, validation=0.1)


@pytest.mark.parametrize("part", ["entropy", "blt"])
def test_bits_are_those_of_each_byte_in_its_place(part: Part) -> None:
    """Documents alone, one after the other, give the same sums as batches of them."""
    torch.manual_seed(1)
    model = ByteLatentTransformer(BLTConfig.tiny()).eval()
    documents: list[Any] = [
        write("Ada is 36.", {"name": "Ada", "age": Number("36")}, domain="", template=""),
        RawDocument(b"a middle", ends=False, begins=False),
        RawDocument(b"whole"),
        RawDocument(b"x" * 70),
    ]
    nats, count, answer_nats, answer_count = 0.0, 0, 0.0, 0
    for document in documents:
        text = (document.prompt + document.answer)[: CONFIG.longest]
        ids = torch.tensor([ids_of_bytes(text)])
        with torch.no_grad():
            logits = model.entropy_model(ids) if part == "entropy" else model(model.patch(ids))
        losses = -logits[0].log_softmax(-1)
        for at, byte in enumerate([*(one + BYTE_OFFSET for one in text), EOS_ID]):
            begins = at > 0 or getattr(document, "begins", True)
            ends = byte != EOS_ID or (len(text) < 60 and getattr(document, "ends", True))
            if begins and ends:
                nats, count = nats + losses[at, byte].item(), count + 1
                if document.answer and at >= len(document.prompt):
                    answer_nats, answer_count = answer_nats + losses[at, byte].item(), answer_count + 1
    found = validated(model, part, documents, CONFIG)
    assert found.bits_per_byte == pytest.approx(nats / count / math.log(2), rel=1e-4)
    assert found.answer_bits_per_byte == pytest.approx(answer_nats / answer_count / math.log(2), rel=1e-4)
    assert found.decisive == found.answer_bits_per_byte
    assert validated(model, part, documents[1:], CONFIG).answer_bits_per_byte is None


def test_documents_are_named_by_what_they_say() -> None:
    """Where prompt and answer part counts, too."""
    names = [
        documents_fingerprint([write(text, {"a": "b"}, domain="", template="")]) for text in ("x", "x", "y")
    ]
    assert names[0] == names[1] != names[2]
    assert documents_fingerprint([]) is None


def test_a_run_ends_with_its_best_weights(
    tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the last ones are; those are kept beside them. Too few better ones end it early."""
    scores = iter([3.0, 2.0, 1.0, 5.0, 4.0, 4.5, 6.0])
    seen: list[dict[str, torch.Tensor]] = []

    def scripted(model: ByteLatentTransformer, part: Part, *rest: object) -> Any:
        if part == "entropy":
            return validated(model, part, *rest)  # type: ignore[arg-type]
        seen.append({name: value.clone() for name, value in model.state_dict().items()})
        return bltgen.training.validation.Validated(next(scores), None)

    monkeypatch.setattr("bltgen.training.run.validated", scripted)
    config = replace(CONFIG, patience=2, blt_bytes=8_000)
    model = train(SHAPE, config, corpus, tmp_path / "run", progress=False)
    assert len(seen) == 5
    for name, value in load_model(tmp_path / "run" / "model").state_dict().items():
        assert torch.equal(value, seen[2][name]), name
        assert torch.equal(value, model.state_dict()[name]), name
    last = load_model(tmp_path / "run" / "last").state_dict()
    assert all(torch.equal(value, seen[4][name]) for name, value in last.items())
    # The finished run is only read, though nothing is left to score.
    train(SHAPE, config, corpus, tmp_path / "run", progress=False)


@pytest.mark.parametrize("stops", [[3, 9], [1, 2, 11]])
def test_a_broken_run_goes_on_to_the_same_end(
    tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch, stops: list[int]
) -> None:
    """Weights, best weights, reports and samples, wherever it was stopped and saved."""
    config = replace(CONFIG, checkpoint_seconds=0, sample_prompts=("so",), sample_bytes=3)
    whole = train(SHAPE, config, corpus, tmp_path / "whole", progress=False)
    true = bltgen.training.run.learning_rate_factor
    calls = 0

    def breaks(*given: Any) -> float:
        nonlocal calls
        calls += 1
        if calls in stops:
            raise MemoryError
        return true(*given)

    monkeypatch.setattr("bltgen.training.run.learning_rate_factor", breaks)
    for _ in stops:
        with pytest.raises(MemoryError):
            train(SHAPE, config, corpus, tmp_path / "run", progress=False)
    again = train(SHAPE, config, corpus, tmp_path / "run", progress=False)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    assert (tmp_path / "run" / "log.jsonl").read_text() == (tmp_path / "whole" / "log.jsonl").read_text()
    records = list(read_log(tmp_path / "run"))
    assert sum("validation_bits_per_byte" in record and record["part"] == "blt" for record in records) >= 4
    assert [record["prompt"] for record in records if record["part"] == "sample"] == ["so"] * 4


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_weights_that_are_not_finite_never_arise(
    tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The run stops in words; what was saved before stays, and can be begun from."""
    config = replace(CONFIG, checkpoint_seconds=0)
    true = bltgen.training.run.add_gradient
    calls = 0

    def breaks(model: ByteLatentTransformer, part: Part, *rest: Any) -> None:
        nonlocal calls
        true(model, part, *rest)
        calls += part == "blt"
        if calls == 7:
            if what == "loss":
                raise TrainingError("the loss of the blt model is nan")
            grads = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
            grads[0].fill_(math.nan)

    monkeypatch.setattr("bltgen.training.run.add_gradient", breaks)
    said = rf"{what}.* is nan at step \d+; the checkpoint of step \d+ is kept"
    with pytest.raises(TrainingError, match=said):
        train(SHAPE, config, corpus, tmp_path / "run", progress=False)
    assert not (tmp_path / "run" / "model").exists()
    kept = load_initial(tmp_path / "run")
    assert all(value.isfinite().all() for value in kept.state_dict().values())


def test_samples_depend_on_the_seed_alone() -> None:
    """They begin after the prompt, have at most so many bytes, and no end before any byte."""
    torch.manual_seed(2)
    model = ByteLatentTransformer(SHAPE).eval()
    one = sample(model, b"ab", CONFIG, 5)
    assert one == sample(model, b"ab", CONFIG, 5) != sample(model, b"ab", CONFIG, 6)
    assert len(one) <= CONFIG.sample_bytes
    torch.nn.init.zeros_(model.local_decoder.head.weight)
    model.local_decoder.head.weight.data[EOS_ID] = 0.0
    lengths = {len(sample(model, b"", replace(CONFIG, sample_bytes=2), seed)) for seed in range(5)}
    assert lengths <= {1, 2}
