"""Sampling: each function against its definition, the order of the steps, validation, reproducible draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.decoding import sampling
from bltgen.decoding.sampling import SamplingParameters, base_distribution, log_softmax, masked
from bltgen.model import contract

FEW = [ord(c) for c in "abcde"]


def rows_of(*probabilities: list[float]) -> np.ndarray:
    """Log-probabilities over the bytes a, b, c, ... and nothing else."""
    logits = np.full((len(probabilities), 257), -np.inf)
    with np.errstate(divide="ignore"):
        for row, given_row in enumerate(probabilities):
            logits[row, FEW[: len(given_row)]] = np.log(given_row)
    return logits


def shown(log_probabilities: np.ndarray) -> list[float]:
    return np.exp(log_probabilities[0, FEW]).round(4).tolist()


distributions = st.lists(st.floats(0.001, 1), min_size=5, max_size=5).map(
    lambda xs: [x / sum(xs) for x in xs]
)


def test_the_columns_are_those_of_the_model_contract():
    """sampling does not import the contract (nor torch), and must agree with it."""
    assert (sampling.END, sampling.VOCABULARY) == (contract.END, contract.VOCABULARY)


def test_log_softmax_shares_the_mass_among_infinite_logits():
    """+inf takes all; two share; an impossible row stays impossible."""
    logits = np.zeros((3, 257))
    logits[0, 5] = np.inf
    logits[1, [5, 6]] = np.inf
    logits[2] = -np.inf
    result = np.exp(log_softmax(logits))
    assert result[0, 5] == 1
    assert result[0].sum() == 1
    assert result[1, [5, 6]].tolist() == [0.5, 0.5]
    assert result[2].sum() == 0


@settings(deadline=None, max_examples=60)
@given(distributions, st.floats(0.2, 3))
def test_temperature_is_a_power_of_the_probabilities(probabilities, temperature):
    """p^(1/T), renormalised."""
    expected = np.array(probabilities) ** (1 / temperature)
    base = base_distribution(rows_of(probabilities), SamplingParameters(temperature=temperature))
    assert np.exp(base.truncated[0, FEW]) == pytest.approx(expected / expected.sum(), abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(distributions, st.integers(1, 5))
def test_top_k_keeps_the_most_probable(probabilities, k):
    """At least k, and none that is less probable than one left out."""
    kept = np.exp(sampling.keep_top_k(rows_of(probabilities), k)[0, FEW])
    least = sorted(probabilities, reverse=True)[k - 1]
    expected = np.where(np.log(probabilities) >= np.log(least), probabilities, 0)
    assert kept == pytest.approx(expected / expected.sum(), abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(distributions, st.floats(0.01, 0.99))
def test_top_p_keeps_the_fewest_that_reach_the_mass(probabilities, p):
    """The nucleus reaches p, and without its least member it would not."""
    kept = np.flatnonzero(np.exp(sampling.keep_top_p(rows_of(probabilities), p)[0, FEW]))
    masses = sorted(np.array(probabilities)[kept])
    assert sum(masses) >= p - 1e-9
    assert sum(masses[1:]) < p + 1e-9
    assert min(masses) >= max([x for i, x in enumerate(probabilities) if i not in kept], default=0) - 1e-12


@settings(deadline=None, max_examples=60)
@given(distributions, st.floats(0.01, 1))
def test_min_p_keeps_what_is_near_enough_to_the_most_probable(probabilities, p):
    """p times the maximum is the least that stays."""
    kept = np.exp(sampling.keep_min_p(rows_of(probabilities), p)[0, FEW]) > 0
    for probability, stays in zip(probabilities, kept, strict=True):
        if abs(probability - p * max(probabilities)) > 1e-9:
            assert stays == (probability > p * max(probabilities))


def test_typical_drops_the_too_probable_as_well():
    """With one near-certain byte and high typicality of the rest, what is nearest to the entropy stays."""
    base = rows_of([0.4, 0.2, 0.2, 0.2])
    # entropy 1.33: surprises .92, 1.61: .2 deviates by .28, .4 by .42
    assert shown(sampling.keep_typical(base, 0.5)) == [0.0, 0.3333, 0.3333, 0.3333, 0.0]


def test_penalties_count_bytes_and_ngrams_but_never_the_end():
    """The last 2 bytes of "abcab" were followed by c once."""
    logits = np.ones((1, 257))
    parameters = SamplingParameters(frequency_penalty=1, presence_penalty=0.5, penalty_ngram=3)
    tempered = base_distribution(logits, parameters, [b"abcab"]).tempered
    assert tempered[0, ord("a")] - tempered[0, ord("c")] == pytest.approx(1.5)
    bytewise = base_distribution(logits, SamplingParameters(repetition_penalty=2), [b"abcab"]).tempered
    assert bytewise[0, 256] - bytewise[0, ord("a")] == pytest.approx(0.5)
    negative = base_distribution(-logits, SamplingParameters(repetition_penalty=2), [b"abcab"]).tempered
    assert negative[0, 256] - negative[0, ord("a")] == pytest.approx(1)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=12).map(lambda b: bytes(x % 3 for x in b)), st.integers(1, 4))
def test_ngram_counts_equal_counting_every_window(output, n):
    """The search by context agrees with looking at every window."""
    expected = [0] * 257
    context = output[len(output) - (n - 1) :] if n > 1 else b""
    if len(output) >= n - 1:
        for end in range(n, len(output) + 1):
            if output[end - n : end - 1] == context:
                expected[output[end - 1]] += 1
    assert sampling.ngram_counts(output, n).tolist() == expected


def test_bias_bans_and_lifts_by_byte():
    """Keys are ints or single bytes; -inf bans."""
    base = base_distribution(
        rows_of([0.5, 0.25, 0.25]), SamplingParameters(bias={b"a": -math.inf, 98: math.log(3)})
    )
    assert shown(base.truncated) == [0.0, 0.75, 0.25, 0.0, 0.0]


def test_truncation_comes_before_the_mask():
    """top_k=1 keeps a alone; with b and c allowed only, the mask overrules the truncation: weight 0."""
    base = base_distribution(rows_of([0.5, 0.3, 0.2]), SamplingParameters(top_k=2))
    allowed = np.zeros((1, 257), dtype=bool)
    allowed[0, [ord("b"), ord("c")]] = True
    kept, mass = masked(base, allowed)
    assert shown(kept) == [0.0, 1.0, 0.0, 0.0, 0.0]
    assert math.exp(mass[0]) == pytest.approx(0.375)
    overruled, nothing = masked(
        base_distribution(rows_of([0.5, 0.3, 0.2]), SamplingParameters(top_k=1)), allowed
    )
    assert shown(overruled) == [0.0, 0.6, 0.4, 0.0, 0.0]
    assert nothing[0] == -math.inf


def test_each_truncation_sees_what_the_one_before_left():
    """top-k 2 leaves .625/.375, so that top-p .6 keeps one; of the whole it would have kept two."""
    both = base_distribution(rows_of([0.5, 0.3, 0.2]), SamplingParameters(top_k=2, top_p=0.6))
    assert shown(both.truncated) == [1.0, 0.0, 0.0, 0.0, 0.0]
    alone = base_distribution(rows_of([0.5, 0.3, 0.2]), SamplingParameters(top_p=0.6))
    assert shown(alone.truncated)[:3] == [0.625, 0.375, 0.0]


def test_a_mask_over_impossible_bytes_leaves_them_equally_likely():
    """Never stuck: with no mass anywhere allowed, the choice is uniform among the allowed."""
    allowed = np.zeros((1, 257), dtype=bool)
    allowed[0, [ord("d"), ord("e")]] = True
    kept, mass = masked(base_distribution(rows_of([1.0]), SamplingParameters()), allowed)
    assert shown(kept) == [0.0, 0.0, 0.0, 0.5, 0.5]
    assert mass[0] == -math.inf


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -1),
        ("temperature", math.nan),
        ("temperature", math.inf),
        ("temperature", "hot"),
        ("top_k", -1),
        ("top_k", 1.5),
        ("top_p", 0),
        ("top_p", 1.1),
        ("min_p", -0.1),
        ("typical", 0),
        ("repetition_penalty", 0),
        ("presence_penalty", math.inf),
        ("frequency_penalty", True),
        ("penalty_ngram", 0),
        ("bias", {b"ab": 1}),
        ("bias", {300: 1}),
        ("bias", {b"a": math.nan}),
        ("bias", {b"a": math.inf}),
    ],
)
def test_a_parameter_out_of_range_is_named(name, value):
    """The message says which parameter and what is needed."""
    with pytest.raises(ValueError, match=name):
        SamplingParameters(**{name: value})


def test_draws_follow_the_distribution():
    """20,000 draws: total variation within sampling error; never a byte of mass zero."""
    generator = np.random.default_rng(1)
    probabilities = [0.4, 0.3, 0.2, 0.1, 0.0]
    rows = np.repeat(rows_of(probabilities), 1000, axis=0)
    counts = np.zeros(257)
    for _ in range(20):
        np.add.at(counts, sampling.draw(rows, [generator] * 1000), 1)
    assert counts[FEW[4]] == 0
    assert counts[FEW].sum() == 20_000
    assert np.abs(counts[FEW] / 20_000 - probabilities).sum() / 2 < 0.01


def test_a_row_draws_the_same_alone_and_in_company():
    """One generator a row."""
    rows = rows_of(*[[0.2] * 5] * 8)
    together = sampling.draw(rows, [np.random.default_rng(seed) for seed in range(8)])
    alone = [int(sampling.draw(rows[:1], [np.random.default_rng(seed)])[0]) for seed in range(8)]
    assert together.tolist() == alone


def test_greedy_takes_the_lowest_of_equals():
    """Ties are broken by the byte, on every machine."""
    assert sampling.draw(rows_of([0.2, 0.4, 0.4]), [], greedy=True).tolist() == [ord("b")]


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.integers(-2400, 2400).map(lambda n: n / 8), min_size=5, max_size=5, unique=True),
    st.sets(st.integers(0, 4), min_size=1),
    st.sampled_from([5e-324, 1e-310, 1e-308, 1e-250, 1e-100, 1e-50]),
)
def test_little_temperatures_are_greedy_under_any_mask(values, allowed, temperature):
    """The limit: the most probable of the allowed bytes, however far it is from the most probable of all."""
    logits = np.full((1, 257), -np.inf)
    logits[0, FEW] = values
    mask = np.zeros((1, 257), dtype=bool)
    mask[0, [FEW[at] for at in allowed]] = True
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        kept, _ = masked(base_distribution(logits, SamplingParameters(temperature=temperature)), mask)
    assert np.exp(kept[0]).argmax() == FEW[max(allowed, key=lambda at: values[at])]
    assert np.exp(kept[0]).max() == 1


_EXTREME = [5e-324, 1e-310, 1e-30, 1.0, 1e30, 1e308]


@settings(deadline=None, max_examples=100)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "temperature": st.sampled_from([0, *_EXTREME]),
            "top_p": st.sampled_from(_EXTREME[:4]),
            "min_p": st.sampled_from([0, *_EXTREME[:4]]),
            "typical": st.sampled_from(_EXTREME[:4]),
            "repetition_penalty": st.sampled_from(_EXTREME),
            "presence_penalty": st.sampled_from([*_EXTREME, *(-x for x in _EXTREME)]),
            "frequency_penalty": st.sampled_from([*_EXTREME, *(-x for x in _EXTREME)]),
            "bias": st.dictionaries(
                st.sampled_from([*FEW, 256]), st.sampled_from([-math.inf, 1e308, -1e308, 1.0]), max_size=2
            ),
        },
    ),
    distributions,
)
def test_no_parameter_makes_a_distribution_that_cannot_be_drawn_from(given_ones, probabilities):
    """Whatever is accepted gives probabilities that sum to 1 over the allowed bytes, without a warning."""
    allowed = np.zeros((1, 257), dtype=bool)
    allowed[0, FEW[1:]] = True
    parameters = SamplingParameters(**given_ones)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        base = base_distribution(rows_of(probabilities), parameters, [b"abba"])
    kept, _ = masked(base, allowed)
    assert np.exp(kept).sum() == pytest.approx(1)
    assert np.exp(kept)[0, ~allowed[0]].sum() == 0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, -1, "1", None, True])
@pytest.mark.parametrize("name", ["temperature", "top_p", "min_p", "typical", "repetition_penalty"])
def test_what_is_no_parameter_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        SamplingParameters(**{name: value})
