"""Batches depend on (seed, step) alone, and weigh each byte by what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from hypothesis import given
from hypothesis import strategies as st

from bltgen.automata.suffix_automaton import substring_of
from bltgen.model.config import BOS_ID, BYTE_OFFSET, EOS_ID
from bltgen.training.batches import KindWeights, Mixture, batches, collate
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
