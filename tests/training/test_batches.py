"""Batches depend on (seed, step) alone, and weigh each byte by what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bltgen.automata.suffix_automaton import substring_of
from bltgen.model.config import BOS_ID, BYTE_OFFSET, EOS_ID
from bltgen.training.batches import GRAIN, KindWeights, Mixture, StepBatches, batches, collate
from bltgen.training.objective import grounded_choices


@dataclass(frozen=True)
class Document:
    prompt: bytes
    answer: bytes
    kinds: bytes


ADA = Document(b"Ada, Al.\n", b'{"n": "Al"}', bytes(9) + bytes([1] * 7 + [2] * 3 + [1]))


def numbers(seed: int) -> Iterator[Document]:
    while True:
        text = str(seed).encode()
        yield Document(text, b"", bytes(len(text)))
        seed = (seed * 31 + 7) % 10**12


def test_batches_are_a_function_of_seed_and_step() -> None:
    """Asking twice gives the same tensors; another step gives others."""
    mixture = Mixture(((numbers, 1.0),))

    def draw(step: int) -> list[list[list[int]]]:
        return [batch.ids.tolist() for batch in batches(mixture, 3, step, 200, KindWeights(), 100)]

    assert draw(5) == draw(5)
    assert draw(5) != draw(6)


def test_collate_aligns_targets_weights_and_choices() -> None:
    """The target at t is the byte after id t; string values offer the bytes a grounded decoder would."""
    batch = collate([ADA], KindWeights(0.5, 0.25, 1.0), 100)
    text = ADA.prompt + ADA.answer
    assert batch.ids[0].tolist() == [BOS_ID, *(byte + BYTE_OFFSET for byte in text)]
    assert batch.targets[0].tolist() == [*(byte + BYTE_OFFSET for byte in text), EOS_ID]
    assert batch.weights[0].tolist() == [0.5] * 9 + [0.25] * 7 + [1.0] * 3 + [0.25, 0.25]
    spelled = [bytes(sorted(torch.nonzero(row).flatten().sub(BYTE_OFFSET).tolist())) for row in batch.choices]
    assert spelled == [b",.A", b"dl", b'".']
    assert batch.targets.view(-1)[batch.positions].sub(BYTE_OFFSET).tolist() == list(b'Al"')


def test_cut_documents_do_not_end() -> None:
    """A document beyond `longest` is cut and has no end-of-text target."""
    batch = collate([Document(b"x" * 50, b"", bytes(50))], KindWeights(), 20)
    assert EOS_ID not in batch.targets[0].tolist()
    assert batch.byte_count == 20


@given(
    st.lists(
        st.sampled_from(["ab", "a", "b", "é", "7", "a b", "김민", "민수는", "東京"]), min_size=1, max_size=6
    ),
    st.data(),
)
def test_grounded_choices_are_what_spans_allow(words: list[str], data: st.DataObject) -> None:
    """Choices = next bytes of all spans of the prompt that begin with what was said."""
    prompt = ", ".join(words).encode()
    value = data.draw(st.sampled_from(words)).encode()
    places = [(start, end) for end in range(len(prompt) + 1) for start in range(end)]
    language = substring_of(prompt)
    spans = {prompt[start:end] for start, end in places if language.accepts(prompt[start:end])}
    choices = grounded_choices(prompt, value)
    assert choices is not None
    assert len(choices) == len(value) + 1
    for step, options in enumerate(choices):
        said = value[:step]
        expected = {span[step] for span in spans if len(span) > step and span.startswith(said)}
        if said in spans:
            expected.add(0x22)
        assert set(options) == expected


def test_what_is_no_span_is_not_grounded() -> None:
    """A part of a word is none; a part of a name in Hangul is one."""
    assert grounded_choices(b"Annabel", b"Anna") is None
    assert grounded_choices("김민수는".encode(), "김민수".encode()) is not None


def texts(seed: int) -> Iterator[Document]:
    """Of many lengths, each once."""
    number = 0
    while True:
        text = f"{seed % 97}/{number}/".encode() * (1 + number * 7 % 23)
        yield Document(text, b"", bytes(len(text)))
        number += 1


def every_third(ids: torch.Tensor) -> torch.Tensor:
    """A patch begins at each third byte."""
    starts = torch.zeros(ids.shape[0], ids.shape[1] + 1, dtype=torch.bool)
    starts[:, 1::3] = True
    starts[:, :2] = True
    return starts


@pytest.mark.parametrize("starts_of", [None, every_third])
@pytest.mark.parametrize(("step_bytes", "longest"), [(3_000, 150), (120, 150), (9_000, 1_000)])
def test_steps_share_out_the_documents_of_their_group(starts_of: Any, step_bytes: int, longest: int) -> None:
    """Each document drawn is in one batch of one step; each step has a batch; shapes keep to the grain."""
    feed = StepBatches(Mixture(((texts, 1.0),)), 7, step_bytes, KindWeights(), longest, starts_of)
    seen: list[bytes] = []
    for step in range(StepBatches.STEPS):
        parcel = feed.of_step(step)
        assert parcel
        for batch in parcel:
            rows, time = batch.ids.shape
            assert time % GRAIN == 0
            assert rows == 1 or rows * time <= step_bytes // StepBatches.PARTS
            for ids, kinds in zip(batch.ids.tolist(), batch.kinds.tolist(), strict=True):
                size = sum(kind != 255 for kind, byte in zip(kinds, [*ids[1:], 0], strict=True) if byte)
                seen.append(bytes(byte - BYTE_OFFSET for byte in ids[1 : size + 1]))
    seen = [text for text in seen if text]
    assert len(seen) >= StepBatches.STEPS
    assert sum(map(len, seen)) >= step_bytes * StepBatches.STEPS
    stream = Mixture(((texts, 1.0),)).documents(7, 0)
    assert sorted(seen) == sorted(next(stream).prompt[:longest] for _ in seen)


def test_steps_may_be_asked_for_in_any_order() -> None:
    """What a step reads hangs on the seed and the step, not on what was asked before."""

    def ids(feed: StepBatches, step: int) -> list[list[list[int]]]:
        return [batch.ids.tolist() for batch in feed.of_step(step)]

    def feed(seed: int = 7) -> StepBatches:
        return StepBatches(Mixture(((texts, 1.0),)), seed, 500, KindWeights(), 150)

    one = feed()
    in_order = [ids(one, step) for step in range(40)]
    for step in (39, 3, 35, 0):
        assert ids(feed(), step) == in_order[step]
    assert ids(feed(8), 3) != in_order[3]
    assert in_order[32] != in_order[0]


def test_starts_of_a_batch_are_those_of_its_rows() -> None:
    """Where patches begin is told for each row up to its end; padding begins none."""
    feed = StepBatches(Mixture(((texts, 1.0),)), 7, 2_000, KindWeights(), 150, every_third)
    for batch in feed.of_step(5):
        assert batch.starts is not None
        expected = every_third(batch.ids)
        for row, kinds in enumerate(batch.kinds.tolist()):
            size = sum(kind != 255 for kind in kinds)  # its bytes, and the end
            expected[row, max(2, size) :] = False
        assert torch.equal(batch.starts, expected)


def test_documents_of_as_many_patches_make_a_batch() -> None:
    """The patches that a batch is padded to are few beyond those of its rows."""
    feed = StepBatches(Mixture(((texts, 1.0),)), 7, 20_000, KindWeights(), 1_000, every_third)
    real = padded = 0
    for step in range(StepBatches.STEPS):
        for batch in feed.of_step(step):
            assert batch.starts is not None
            counts = batch.starts.sum(dim=1)
            real, padded = real + int(counts.sum()), padded + len(counts) * int(counts.max())
    assert padded < 1.1 * real
