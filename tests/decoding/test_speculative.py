"""Speculation changes what a text costs, not what it is."""

from __future__ import annotations

import functools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import bltgen
from bltgen.automata.language import literal, union
from bltgen.decoding import speculative
from bltgen.decoding.generator import Generator
from bltgen.decoding.speculative import Speculative
from bltgen.model.blt import ByteLatentTransformer
from bltgen.testing import distributions, models
from tests.model.tolerance import score_tolerance

LETTER = union(*(literal(bytes([b])) for b in b"abc"))
LANGUAGE = LETTER.repeat(0, 4) | (literal(b"d") + LETTER.repeat(2, 2))
WORDS = bltgen.regex("(yes|no|perhaps|[a-c]{1,6})( (yes|no|perhaps|[a-c]{1,6})){0,9}")


@functools.cache
def opinionated(mode: str = "entropy") -> ByteLatentTransformer:
    """A tiny model with clear preferences, whose entropy model has others."""
    model = models.tiny_blt(3, mode=mode)
    with torch.no_grad():
        model.local_decoder.head.weight.mul_(2.5)
        model.entropy_model.head.weight.mul_(1.5)
    return model


def drawn(model: ByteLatentTransformer, strategy: object, count: int = 800) -> list[bytes]:
    many = Generator(model).generate_many([b"?"] * count, LANGUAGE, seed=1, batch_size=64, strategy=strategy)
    return [one.data for one in many]


def test_its_draws_are_distributed_as_those_of_mask():
    """Against the enumerated distribution; drafts are both kept and rejected on the way."""
    model = opinionated("static")
    truth = distributions.locally_renormalised(model, b"?", LANGUAGE)
    assert distributions.chi_square(drawn(model, Speculative(k=3, confidence=0)), truth) < 4
    out = Generator(model).generate_many(
        [b"?"] * 64, LANGUAGE, seed=1, strategy=Speculative(k=3, confidence=0)
    )
    drafted = sum(one.statistics.drafted_bytes for one in out)
    accepted = sum(one.statistics.accepted_bytes for one in out)
    assert 0.1 * drafted < accepted < 0.95 * drafted


def test_the_check_of_the_distribution_can_fail(monkeypatch):
    """Keeping every draft is caught."""
    model = opinionated("static")
    truth = distributions.locally_renormalised(model, b"?", LANGUAGE)
    monkeypatch.setattr(speculative, "_accepted", lambda target, guess, generator, greedy: guess.byte)
    assert distributions.chi_square(drawn(model, Speculative(k=3, confidence=0)), truth) > 5


@pytest.mark.parametrize("mode", ["entropy", "monotonic", "static", "space"])
@settings(deadline=None, max_examples=12)
@given(
    prompt=st.binary(max_size=20),
    k=st.integers(1, 9),
    budget=st.integers(7, 60),
    free=st.booleans(),
    confidence=st.sampled_from([0, 0.3, 0.8]),
)
def test_greedy_bytes_and_scores_are_those_of_mask(mode, prompt, k, budget, free, confidence):
    """With and without a constraint, to the end of every budget."""
    generator = Generator(opinionated(mode))
    plain, drafted = (
        generator.generate(
            prompt, None if free else WORDS, max_bytes=budget, temperature=0, seed=0, strategy=strategy
        )
        for strategy in ("mask", Speculative(k=k, confidence=confidence))
    )
    assert drafted.data == plain.data
    assert drafted.finish == plain.finish
    assert [patch.data for patch in drafted.patches] == [patch.data for patch in plain.patches]
    session = generator.model.session([prompt + plain.data])
    scored = len(plain.data) + 1
    within = score_tolerance(generator.model, session.logits, length=len(prompt) + scored, scored=scored)
    assert drafted.log_probability == pytest.approx(plain.log_probability, rel=0, abs=within)
    assert drafted.log_weight == pytest.approx(plain.log_weight, rel=0, abs=within)
    assert drafted.statistics.model_calls <= plain.statistics.model_calls


def test_every_text_is_valid_in_batches_with_stops():
    """Rows draft, check and end at different times; a stop string ends a text wherever it appears."""
    generator = Generator(opinionated())
    prompts = [b"x" * length for length in range(12)]
    out = generator.generate_many(
        prompts, WORDS, strategy="speculative", batch_size=5, max_bytes=40, seed=3, stop="a"
    )
    alone = [
        generator.generate(prompt, WORDS, strategy="speculative", max_bytes=40, seed=3 + i, stop="a")
        for i, prompt in enumerate(prompts)
    ]
    assert [one.data for one in out] == [one.data for one in alone]
    assert all(WORDS.accepts(one.data) and len(one.data) <= 40 for one in out)
    streamed = generator.stream(b"x", WORDS, strategy="speculative", max_bytes=40, seed=4, stop="a")
    assert b"".join(patch.data for patch in streamed) == out[1].data


def test_a_model_that_knows_its_masks_is_drafted_for_too():
    """Its drafts come from the entropy model, which knows no mask."""
    model = opinionated("static").with_mask_conditioning()
    with torch.no_grad():
        model.local_decoder.mask_embedding.weight.normal_(generator=torch.Generator().manual_seed(0))
    plain, drafted = (
        Generator(model).generate("?", LETTER.repeat(30, 30), temperature=0, strategy=name)
        for name in ("mask", "speculative")
    )
    assert drafted.data == plain.data
    assert drafted.statistics.drafted_bytes > 0


def test_models_without_a_drafter_are_decoded_as_by_mask():
    """A stand-in has no entropy model: nothing is drafted, the text is the same."""
    generator = Generator(models.whimsical(2))
    plain, other = (generator.generate("?", WORDS, seed=5, strategy=name) for name in ("mask", "speculative"))
    assert (plain.data, other.statistics.drafted_bytes) == (other.data, 0)


@pytest.mark.parametrize("k", [0, -1, True, 2.0])
def test_settings_are_validated(k):
    """At least one byte is drafted; a confidence is a probability."""
    with pytest.raises(ValueError, match="k="):
        Speculative(k=k)
    with pytest.raises(ValueError, match="confidence="):
        Speculative(confidence=1.5)
