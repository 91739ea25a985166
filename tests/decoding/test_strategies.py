"""Every strategy: valid, within budget, reproducible, streamed, scored by the model; never a hang."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import byte_set, literal, union
from bltgen.constraints.json_schema import json_schema
from bltgen.decoding.beam import Beam, BestOf
from bltgen.decoding.exact import Exact
from bltgen.decoding.generator import Generator
from bltgen.decoding.redecode import Backtrack, Redecode
from bltgen.decoding.smc import SMC, systematic
from bltgen.decoding.spans import Spans
from bltgen.decoding.speculative import Speculative
from bltgen.decoding.strategies import STRATEGIES
from bltgen.decoding.strategy import Mask
from bltgen.errors import BudgetTooSmall, ModelError
from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.config import BLTConfig
from bltgen.testing import distributions, models

STRATEGY = {
    "mask": Mask(),
    "speculative": Speculative(k=3, confidence=0.0),
    "spans": Spans(candidates=5, least=0.0, max_read=60, at_once=4),
    "disjoint spans": Spans(disjoint=True),
    "redecode": Redecode(max_tries=5, candidates=2),
    "redecode alone": Redecode(max_tries=3, candidates=1),
    "backtrack": Backtrack(max_tries=3, candidates=2, depth=3, max_backtracks=4),
    "smc": SMC(particles=4, ess_threshold=0.9),
    "exact": Exact(max_tries=5),
    "exact, one at once": Exact(max_tries=5, at_once=1),
    "beam": Beam(width=2),
    "long beam": Beam(width=3, length_penalty=1.0),
    "best-of": BestOf(n=3),
}
ADVERSARIES = {
    "random": models.whimsical(5, scale=4, patch=3),
    "constant": models.constant(),
    "likes whitespace": models.likes(b" \n\t"),
    "hates stopping": models.hates_stopping(),
    "infinite": models.infinite(b"\x00a", b'"}9'),
    "almost nothing valid": models.likes(b"\x00\x01", by=21.0),  # 1e-9 of the mass on each other byte
}
DIGITS = byte_set(ByteSet.range(48, 57))
LETTERS = byte_set(ByteSet.range(97, 122))
CONSTRAINTS = {
    "record": literal(b'{"age": ') + DIGITS.repeat(1, 3) + literal(b"}"),
    "choice": union(*map(literal, [b"", b"a", b"abcabcabc", b"abd", b"\xff\x00"])),
    "words": (LETTERS.repeat(1, 4) + literal(b" ")).star() + literal(b"end"),
    "schema": json_schema(
        {
            "type": "object",
            "properties": {"n": {"type": "integer"}, "s": {"type": "string", "maxLength": 3}},
            "required": ["n"],
            "additionalProperties": False,
        },
        whitespace="compact",
    ),
    "spans": json_schema(
        {"items": {"type": "string", "maxLength": 6}, "maxItems": 2, "type": "array"},
        strings_from='ab "c", ab d\u00e9 c',
        whitespace="compact",
    ),
}


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(sorted(STRATEGY)),
    st.sampled_from(sorted(ADVERSARIES)),
    st.sampled_from(sorted(CONSTRAINTS)),
    st.integers(0, 25),
    st.integers(0, 9),
    st.sampled_from(
        [{}, {"temperature": 0.5, "top_p": 0.7}, {"temperature": 0}, {"repetition_penalty": 1.5}]
    ),
)
def test_any_strategy_any_model_any_constraint(strategy, model, constraint, slack, seed, sampling):
    """Valid, within budget, the same again, and streamed as the same patches."""
    language = CONSTRAINTS[constraint]
    generator = Generator(ADVERSARIES[model])
    budget = language.start().shortest + slack
    how = {"max_bytes": budget, "strategy": STRATEGY[strategy], "seed": seed, **sampling}
    out = generator.generate(b"p", language, **how)
    assert language.accepts(out.data)
    assert len(out.data) <= budget
    assert out.finish == "end"
    assert b"".join(patch.data for patch in out.patches) == out.data
    assert tuple(generator.stream(b"p", language, **how)) == out.patches
    assert generator.generate(b"p", language, **how).data == out.data
    assert all(language.accepts(one.data) and len(one.data) <= budget for one in out.candidates)


@pytest.mark.parametrize("strategy", sorted(STRATEGY))
def test_scores_and_patches_are_those_of_the_text(strategy):
    """Whatever was thrown away on the way: reading the text anew gives its patches and log-probability."""
    language, model = CONSTRAINTS["record"], ADVERSARIES["random"]
    for seed in range(4):
        out = Generator(model).generate(b"pr", language, seed=seed, strategy=STRATEGY[strategy])
        session = model.session([b"pr"])
        session.extend([out.data], keep_logits=True)
        logits = np.concatenate([session.chunk_logits[0].numpy(), session.logits.numpy()])
        scores = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        expected = scores[np.arange(len(logits)), [*out.data, 256]].sum()
        assert out.log_probability == pytest.approx(expected)
        starts = [start - 2 for start in session.patch_starts[0] if start > 2]
        assert [patch.start for patch in out.patches] == [0, *starts]


@pytest.mark.parametrize("strategy", sorted(STRATEGY))
def test_a_budget_too_small_and_nan_are_errors_with_every_strategy(strategy):
    """Before the first byte; at the step."""
    with pytest.raises(BudgetTooSmall):
        Generator(models.constant()).generate(
            b"", CONSTRAINTS["record"], max_bytes=3, strategy=STRATEGY[strategy]
        )
    with pytest.raises(ModelError, match=r"NaN logits at its step [1-9]"):
        Generator(models.not_a_number(2)).generate(
            b"", LETTERS.repeat(9, 9), strategy=STRATEGY[strategy], seed=0
        )


@pytest.mark.parametrize("strategy", sorted(STRATEGY))
def test_free_text_and_stops_with_every_strategy(strategy):
    """Without a constraint nothing is rejected; a stop string ends all of them."""
    generator = Generator(models.scripted(b"one two END three"))
    out = generator.generate("", strategy=STRATEGY[strategy], stop="END", seed=0)
    assert (out.text, out.finish) == ("one two ", "stop")
    assert (
        "".join(p.text for p in generator.stream("", strategy=STRATEGY[strategy], stop="END", seed=0))
        == out.text
    )
    cut = Generator(models.likes(b"x")).generate("", max_bytes=6, strategy=STRATEGY[strategy], seed=0)
    assert (cut.data, cut.finish) == (b"xxxxxx", "length")
    assert Generator(models.constant()).generate("", max_bytes=0, strategy=STRATEGY[strategy]).data == b""


@pytest.mark.parametrize("strategy", sorted(STRATEGY))
def test_on_a_byte_latent_transformer_in_a_batch(strategy):
    """Random weights, patches by entropy: in a batch as alone, and the patches of a new session."""
    torch.manual_seed(3)
    model = ByteLatentTransformer(BLTConfig.tiny(threshold=5.2)).eval()
    generator, language = Generator(model), CONSTRAINTS["words"]
    prompts = ["", "Ada", b"\xff\xfe and more than a few bytes"]
    how = {"strategy": STRATEGY[strategy], "max_bytes": 14}
    many = generator.generate_many(prompts, language, batch_size=3, seed=5, **how)
    for at, (prompt, out) in enumerate(zip(prompts, many, strict=True)):
        assert language.accepts(out.data)
        assert out.data == generator.generate(prompt, language, seed=5 + at, **how).data
        session = model.session([out.prompt + out.data])
        length = len(out.prompt)
        starts = [start - length for start in session.patch_starts[0] if start > length]
        assert [patch.start for patch in out.patches] == ([0, *starts] if out.data else [])


def test_beam_finds_the_most_probable_text_where_it_is_wide_enough():
    """Against enumeration; and mask at temperature 0 does not always."""
    language = (literal(b"a") + LETTERS.repeat(0, 1)) | (
        literal(b"b") + byte_set(ByteSet.of(b"xyz")).repeat(2, 2)
    )
    worse = 0
    for seed in range(12):
        model = models.whimsical(seed, scale=3, order=4, patch=2)
        truth = distributions.conditioned(model, b"", language)
        best = max(truth, key=truth.get)
        assert Generator(model).generate("", language, strategy=Beam(width=30)).data == best
        worse += Generator(model).generate("", language, temperature=0).data != best
    assert worse > 0


def test_a_beam_returns_its_texts_best_first():
    """Candidates are distinct and sorted by their score; a length penalty favours long texts."""
    model, language = models.whimsical(4, scale=2), LETTERS.repeat(1, 6)
    out = Generator(model).generate("", language, strategy=Beam(width=5, length_penalty=0.5))
    scores = [one.log_probability / ((5 + len(one.data)) / 6) ** 0.5 for one in out.candidates]
    assert scores == sorted(scores, reverse=True)
    assert len({one.data for one in out.candidates}) == len(out.candidates)
    short = Generator(model).generate("", language, strategy=Beam(width=5))
    assert len(short.data) <= len(out.data)


def test_best_of_takes_the_likeliest_of_its_draws():
    """And the first of them is the draw that mask makes with the same seed."""
    generator, language = Generator(models.whimsical(6)), LETTERS.repeat(3, 6)
    out = generator.generate("", language, strategy=BestOf(n=6), seed=2)
    assert out.log_probability == max(one.log_probability for one in out.candidates)
    assert generator.generate("", language, seed=2).data in {one.data for one in out.candidates}


def test_redecoding_counts_what_it_throws_away():
    """Half of the mass is invalid: about one candidate in two; a hopeless patch falls back."""
    model = models.table({b"": {b"a": 0.5, b"!": 0.5}, b"a": {b"b": 1.0}}, otherwise=-30)
    thrown = [
        Generator(model).generate("", literal(b"ab") | literal(b"cd"), strategy=Redecode(50, 1), seed=seed)
        for seed in range(200)
    ]
    assert 120 < sum(one.statistics.redecoded_patches for one in thrown) < 290
    assert not any(one.statistics.fallbacks for one in thrown)
    hopeless = Generator(models.likes(b"!", by=60)).generate(
        "", literal(b"ab") | literal(b"cd"), strategy=Redecode(4, 2)
    )
    assert (hopeless.statistics.redecoded_patches, hopeless.statistics.fallbacks) == (4, 1)


def test_rejected_bytes_are_never_read_by_the_model():
    """Rollback leaves no trace, and what is invalid never gets into the caches at all."""
    seen: set[bytes] = set()

    def logits(prompt: bytes, output: bytes) -> np.ndarray:
        seen.add(output)
        return np.random.default_rng([1, *output]).normal(0, 3, 257)

    language = CONSTRAINTS["words"]
    for strategy in STRATEGY.values():
        Generator(models.FunctionModel(logits)).generate(
            "", language, strategy=strategy, max_bytes=30, seed=1
        )
    for output in seen:
        state = language.start()
        for byte in output:
            state = state.advance(byte)
            assert state is not None


def test_weights_of_particles_and_draws_are_finite_where_the_text_has_mass():
    """And -inf, not NaN, where truncation forbade every valid text."""
    model, language = models.table({b"": {b"a": 0.9, b"b": 0.1}, b"b": {256: 1.0}}), literal(b"b")
    for name in ("mask", "smc"):
        assert Generator(model).generate("", language, strategy=name).log_weight == pytest.approx(
            math.log(0.1)
        )
        impossible = Generator(model).generate("", language, strategy=name, top_k=1)
        assert impossible.data == b"b"
        assert impossible.log_weight == -math.inf


@pytest.mark.parametrize("uniform", [0.0, 0.3, 0.999])
def test_systematic_resampling_copies_each_by_its_share(uniform):
    """Floor or ceiling of n times the weight."""
    weights = np.array([0.05, 0.6, 0.1, 0.25, 0.0])
    counts = np.bincount(systematic(weights, uniform), minlength=5)
    assert counts.sum() == 5
    assert (np.abs(counts - 5 * weights) < 1).all()


def test_names_and_settings_are_checked():
    """Each name makes its strategy; settings out of range are named."""
    for name, make in STRATEGIES.items():
        strategy = make()
        assert strategy.name == name
        assert strategy.draws_from
    for make in (
        lambda: Redecode(max_tries=0),
        lambda: Redecode(candidates=True),
        lambda: Backtrack(depth=0),
        lambda: SMC(particles=0),
        lambda: SMC(ess_threshold=2),
        lambda: Exact(max_tries=0),
        lambda: Exact(at_once=0),
        lambda: Beam(width=0),
        lambda: Beam(length_penalty=-1),
        lambda: BestOf(n=0),
    ):
        with pytest.raises(ValueError, match=r"must be|is needed"):
            make()
