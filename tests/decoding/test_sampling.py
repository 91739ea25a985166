"""Each function of sampling at its bounds: what it keeps, what it shares, what it refuses."""

from __future__ import annotations

import itertools
import math
import re
import sys
from collections import Counter

import numpy as np
import pytest

from bltgen.decoding import sampling
from bltgen.decoding.sampling import WIDEST, BaseDistribution, SamplingParameters, base_distribution
from tests.decoding.driving import Dice, columns, logits_of

LARGEST = sys.float_info.max
TINY = 5e-324


def kept(log_probabilities: np.ndarray, row: int = 0) -> dict[str, float]:
    """The probabilities above zero by character."""
    values = np.exp(log_probabilities[row])
    return {chr(at) if at < 256 else "": round(float(values[at]), 6) for at in np.flatnonzero(values)}


@pytest.mark.parametrize(
    ("name", "allowed", "refused", "needed"),
    [
        (
            "temperature",
            (0, 0.0, TINY, 1, LARGEST),
            (-TINY, math.inf, 10**400),
            "finite and >= 0 (0 is greedy)",
        ),
        ("top_k", (0, 1, 10**9), (-1,), ">= 0 (0 keeps all)"),
        ("top_p", (TINY, 0.5, 1, 1.0), (0, 0.0, 1.0000001, -1), "in (0, 1]"),
        ("min_p", (0, 0.0, 0.5, 1, 1.0), (-TINY, 1.0000001), "in [0, 1]"),
        ("typical", (TINY, 0.5, 1), (0, 1.0000001), "in (0, 1]"),
        ("repetition_penalty", (TINY, 1, LARGEST), (0, -1, math.inf), "> 0 (1 is none)"),
        ("presence_penalty", (-LARGEST, 0, LARGEST), (-math.inf, math.inf, 10**400), "finite"),
        ("frequency_penalty", (-LARGEST, 0, LARGEST), (-math.inf, math.inf, 10**400), "finite"),
        ("penalty_ngram", (1, 2, 99), (0, -1), ">= 1"),
    ],
)
def test_each_parameter_is_taken_up_to_its_bounds(name, allowed, refused, needed):
    """At the bound and not beyond; the error names the parameter, its value and what is needed."""
    for value in allowed:
        assert getattr(SamplingParameters(**{name: value}), name) is value
    for value in refused:
        with pytest.raises(ValueError, match=re.escape(f"{name}={value!r}: must be {needed}")):
            SamplingParameters(**{name: value})


@pytest.mark.parametrize("name", [name for name in SamplingParameters.__dataclass_fields__ if name != "bias"])
@pytest.mark.parametrize("value", [True, False, "1", None, math.nan, [1]])
def test_what_is_no_number_is_refused(name, value):
    """A bool is none, nor is NaN."""
    with pytest.raises(ValueError, match=f"^{name}=.*: a number is needed$"):
        SamplingParameters(**{name: value})


@pytest.mark.parametrize("name", ["top_k", "penalty_ngram"])
def test_counts_are_integers(name):
    """Also where the float is whole."""
    with pytest.raises(ValueError, match=f"^{name}=1.0: an integer is needed$"):
        SamplingParameters(**{name: 1.0})


def test_a_bias_is_kept_by_column():
    """Keys are bytes 0 to 255, 256 for the end, or a byte string of length 1; values are below +inf."""
    given = {0: 1, b"x": -2.5, 255: -math.inf, 256: -(10**400)}
    made = SamplingParameters(bias=given).bias
    assert made == {0: 1.0, 120: -2.5, 255: -math.inf, 256: -math.inf}
    assert all(type(value) is float for value in made.values())
    assert b"x" in given  # the caller's is left alone


@pytest.mark.parametrize("key", [-1, 257, b"xy", b"", "x", True, 1.0, None])
def test_a_bias_on_what_is_no_byte_is_refused(key):
    """A bool is no byte, a str neither."""
    with pytest.raises(ValueError, match=re.escape(f"bias has the key {key!r}: a byte is needed")):
        SamplingParameters(bias={key: 1.0})


@pytest.mark.parametrize("value", [math.inf, math.nan, 10**400, True, "1", None])
def test_a_bias_that_would_force_a_byte_is_refused(value):
    """Nor one that is no number."""
    with pytest.raises(ValueError, match=r"^bias\[b'x'\]=.*: a number below \+inf is needed$"):
        SamplingParameters(bias={b"x": value})


def test_a_bias_is_a_mapping():
    """Not a list of pairs."""
    with pytest.raises(ValueError, match=r"^bias=.*: a dict is needed"):
        SamplingParameters(bias=[(1, 2)])


def test_the_defaults_change_nothing():
    """Temperature 1, no truncation, no penalty, no bias."""
    made = SamplingParameters()
    assert (made.temperature, made.top_k, made.top_p, made.min_p, made.typical) == (1.0, 0, 1.0, 0.0, 1.0)
    assert (made.repetition_penalty, made.presence_penalty, made.frequency_penalty) == (1.0, 0.0, 0.0)
    assert (made.penalty_ngram, made.bias) == (1, {})
    assert (made.greedy, made.penalising, made.truncating) == (False, False, False)


def test_what_parameters_say_of_themselves():
    """Greedy is temperature 0; each penalty and each truncation counts alone; greedy truncates nothing."""
    assert SamplingParameters(temperature=0).greedy
    assert not SamplingParameters(temperature=TINY).greedy
    for penalty in ({"repetition_penalty": 2}, {"presence_penalty": -1}, {"frequency_penalty": 0.1}):
        assert SamplingParameters(**penalty).penalising
    assert not SamplingParameters(penalty_ngram=2).penalising
    for truncation in ({"top_k": 1}, {"top_p": 0.9}, {"min_p": 0.1}, {"typical": 0.9}):
        assert SamplingParameters(**truncation).truncating
        assert not SamplingParameters(temperature=0, **truncation).truncating
        assert not SamplingParameters(**truncation).penalising
    assert not SamplingParameters(repetition_penalty=2).truncating


def test_log_softmax_of_each_kind_of_row():
    """Finite rows are normalised beside infinite ones as alone."""
    logits = np.array([[0.0, math.log(3)], [math.inf, 5.0], [-math.inf, -math.inf], [-math.inf, 7.0]])
    given = logits.copy()
    expected = [[0.25, 0.75], [1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]
    assert np.allclose(np.exp(sampling.log_softmax(logits)), expected)
    for row, wanted in zip(logits, expected, strict=True):
        assert np.allclose(np.exp(sampling.log_softmax(row[None])), [wanted])
    assert (logits == given).all()
    large = np.array([[1000.0, 1000.0], [-1000.0, -1000.0]])
    assert np.exp(sampling.log_softmax(large)).tolist() == [[0.5, 0.5]] * 2


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_ngram_counts_are_what_counting_says(n):
    """How often each byte followed the last n-1 bytes before, over all texts of a and b up to length 5."""
    for length in range(6):
        for text in itertools.product(b"ab", repeat=length):
            output = bytes(text)
            context = output[length - (n - 1) :] if length >= n - 1 else None
            expected: Counter[int] = Counter()
            for at in range(n - 1, length):
                if output[at - (n - 1) : at] == context:
                    expected[output[at]] += 1
            counts = sampling.ngram_counts(output, n)
            assert counts.shape == (257,)
            assert {at: counts[at] for at in np.flatnonzero(counts)} == expected, (output, n)


def test_each_penalty_alone_and_all_together():
    """Repetition divides what is positive and multiplies what is not; the others are subtracted."""
    logits = np.array([[2.0, -2.0, 0.0, 2.0]])
    counts = np.array([[1.0, 2.0, 3.0, 0.0]])
    assert sampling.apply_penalties(logits, counts, 4, 0, 0).tolist() == [[0.5, -8.0, 0.0, 2.0]]
    assert sampling.apply_penalties(logits / 4, counts, 2, 0, 0).tolist() == [[0.25, -1.0, 0.0, 0.5]]
    assert sampling.apply_penalties(logits, counts, 1, 0.5, 0).tolist() == [[1.5, -2.5, -0.5, 2.0]]
    assert sampling.apply_penalties(logits, counts, 1, 0, 0.5).tolist() == [[1.5, -3.0, -1.5, 2.0]]
    assert sampling.apply_penalties(logits, counts, 4, 1, 0.5).tolist() == [[-1.0, -10.0, -2.5, 2.0]]
    assert logits.tolist() == [[2.0, -2.0, 0.0, 2.0]]


def test_penalties_and_biases_keep_logits_finite():
    """Within WIDEST of 0; what was infinite stays so."""
    logits = np.array([[1.0, math.inf, -math.inf]])
    counts = np.ones((1, 3))
    for presence, value in ((LARGEST, -WIDEST), (-LARGEST, WIDEST)):
        found = sampling.apply_penalties(logits, counts, 1, presence, 0)
        assert found.tolist() == [[value, math.inf, -math.inf]]
    assert sampling.apply_penalties(np.array([[3.0]]), counts[:, :1], TINY, 0, 0).tolist() == [[WIDEST]]
    assert sampling.apply_penalties(np.array([[-3.0]]), counts[:, :1], LARGEST, 0, 0).tolist() == [[-WIDEST]]


def test_a_bias_is_added_to_its_columns_of_all_rows():
    """-inf wins over any logit; all others are bounded; the logits given are left alone."""
    logits = np.array([[1.0, 2.0, math.inf, 4.0], [0.0, 0.0, 0.0, 0.0]])
    found = sampling.add_bias(logits, {0: 0.5, 2: -math.inf, 3: -1.0})
    assert found.tolist() == [[1.5, 2.0, -math.inf, 3.0], [0.5, 0.0, -math.inf, -1.0]]
    assert logits[0].tolist() == [1.0, 2.0, math.inf, 4.0]
    assert sampling.add_bias(logits, {0: LARGEST, 1: -LARGEST})[1].tolist() == [WIDEST, -WIDEST, 0.0, 0.0]


def test_temperature_divides_from_the_maximum_down():
    """1 is no change at all; infinite logits stay."""
    logits = np.array([[3.0, 1.0, -math.inf], [5.0, 4.0, 4.0]])
    assert sampling.apply_temperature(logits, 1) is logits
    assert sampling.apply_temperature(logits, 2).tolist() == [[0.0, -1.0, -math.inf], [0.0, -0.5, -0.5]]
    assert sampling.apply_temperature(logits, 0.5).tolist() == [[0.0, -4.0, -math.inf], [0.0, -2.0, -2.0]]
    infinite = np.array([[math.inf, 4.0, 2.0]])
    assert sampling.apply_temperature(infinite, 2).tolist() == [[math.inf, 2.0, 1.0]]
    assert sampling.apply_temperature(np.full((1, 2), -math.inf), 2).tolist() == [[-math.inf, -math.inf]]


def test_the_least_temperature_overflows_nothing_and_keeps_the_order():
    """Each row has its own least."""
    found = sampling.apply_temperature(np.array([[3.0, 2.0, 1.0], [0.0, -1e3, -1.0]]), TINY)
    assert np.allclose(found, [[0.0, -WIDEST / 2, -WIDEST], [0.0, -WIDEST, -WIDEST / 1e3]])


def test_top_k_keeps_k_or_more_on_ties():
    """0 and the whole row are no change at all."""
    row = logits_of({"a": 0.4, "b": 0.3, "c": 0.2, "d": 0.1})
    assert sampling.keep_top_k(row, 0) is row
    assert sampling.keep_top_k(row, 257) is row
    assert sampling.keep_top_k(row, 258) is row
    assert sampling.keep_top_k(row, 256) is not row
    assert kept(sampling.keep_top_k(row, 1)) == {"a": 1.0}
    assert kept(sampling.keep_top_k(row, 3)) == {"a": 0.444444, "b": 0.333333, "c": 0.222222}
    tied = logits_of({"a": 0.25, "b": 0.25, "c": 0.5}, {"a": 0.6, "b": 0.3, "c": 0.1})
    assert kept(sampling.keep_top_k(tied, 2)) == {"a": 0.25, "b": 0.25, "c": 0.5}
    assert kept(sampling.keep_top_k(tied, 2), 1) == {"a": 0.666667, "b": 0.333333}


def test_top_p_keeps_the_fewest_whose_mass_reaches_p():
    """Where it is reached exactly, no more; 1 is no change at all."""
    row = logits_of({"a": 0.25, "b": 0.5, "c": 0.125, "d": 0.125}, {"a": 1.0})
    assert sampling.keep_top_p(row, 1) is row
    assert sampling.keep_top_p(row, 1.0) is row
    assert kept(sampling.keep_top_p(row, TINY)) == {"b": 1.0}
    assert kept(sampling.keep_top_p(row, 0.5)) == {"b": 1.0}
    assert kept(sampling.keep_top_p(row, 0.500001)) == {"a": 0.333333, "b": 0.666667}
    assert kept(sampling.keep_top_p(row, 0.8)) == {"a": 0.285714, "b": 0.571429, "c": 0.142857}
    assert kept(sampling.keep_top_p(row, 0.8), 1) == {"a": 1.0}


def test_min_p_keeps_what_is_near_the_most_probable():
    """At p times its probability still; 0 is no change at all."""
    row = logits_of({"a": 0.5, "b": 0.25, "c": 0.125, "d": 0.125}, {"a": 0.5, "b": 0.5})
    assert sampling.keep_min_p(row, 0) is row
    assert kept(sampling.keep_min_p(row, 1)) == {"a": 1.0}
    assert kept(sampling.keep_min_p(row, 1), 1) == {"a": 0.5, "b": 0.5}
    assert kept(sampling.keep_min_p(row, 0.4999)) == {"a": 0.666667, "b": 0.333333}
    assert kept(sampling.keep_min_p(row, 0.51)) == {"a": 1.0}
    assert len(kept(sampling.keep_min_p(row, 0.2499))) == 4


def test_typical_keeps_what_is_nearest_to_the_entropy():
    """Of 0.6, 0.2, 0.1 and 0.1 the entropy is 1.089: 0.2 (1.609) comes first, then 0.6 (0.511), then 0.1."""
    row = logits_of({"a": 0.6, "b": 0.2, "c": 0.1, "d": 0.1})
    assert sampling.keep_typical(row, 1) is row
    assert kept(sampling.keep_typical(row, 0.01)) == {"b": 1.0}
    assert kept(sampling.keep_typical(row, 0.21)) == {"a": 0.75, "b": 0.25}
    assert kept(sampling.keep_typical(row, 0.81)) == {"a": 0.666667, "b": 0.222222, "c": 0.111111}
    # What has no mass is the farthest of all.
    assert kept(sampling.keep_typical(row, 0.9999)) == {"a": 0.6, "b": 0.2, "c": 0.1, "d": 0.1}


def test_a_base_distribution_of_one_row_is_repeated():
    """All three of its arrays."""
    one = BaseDistribution(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]), np.array([[5.0, 6.0]])).repeated(2)
    assert one.model.tolist() == [[1.0, 2.0]] * 2
    assert one.tempered.tolist() == [[3.0, 4.0]] * 2
    assert one.truncated.tolist() == [[5.0, 6.0]] * 2


def test_arrays_are_shared_where_a_step_does_nothing():
    """At the defaults and at temperature 0 there is one array for all three."""
    logits = logits_of({"a": 0.5, "b": 0.5})
    for temperature in (0, 1):
        base = base_distribution(logits, SamplingParameters(temperature=temperature))
        assert base.model is base.tempered is base.truncated
    base = base_distribution(logits, SamplingParameters(temperature=2, top_k=0))
    assert base.model is not base.tempered
    assert base.tempered is base.truncated
    base = base_distribution(logits, SamplingParameters(top_k=1))
    assert base.model is base.tempered
    assert kept(base.truncated) == {"a": 0.5, "b": 0.5}


def test_greedy_truncates_nothing():
    """The most probable is left by every truncation, and masses are those of temperature 1."""
    base = base_distribution(logits_of({"a": 0.75, "b": 0.25}), SamplingParameters(temperature=0, top_k=1))
    assert base.truncated is base.model


def test_every_step_of_a_base_distribution_is_what_its_function_says():
    """Penalties, bias, temperature, top-k, top-p, min-p, typical, in this order."""
    generator = np.random.default_rng(0)
    logits, outputs = generator.normal(0, 2, (2, 257)), [b"abab", b"b"]
    parameters = SamplingParameters(
        temperature=0.7,
        top_k=60,
        top_p=0.9,
        min_p=0.01,
        typical=0.8,
        repetition_penalty=1.5,
        presence_penalty=0.3,
        frequency_penalty=0.2,
        penalty_ngram=2,
        bias={b"a": 2.0},
    )
    counts = np.stack([sampling.ngram_counts(output, 2) for output in outputs])
    expected = sampling.apply_penalties(logits, counts, 1.5, 0.3, 0.2)
    expected = sampling.add_bias(expected, {97: 2.0})
    tempered = sampling.log_softmax(sampling.apply_temperature(expected, 0.7))
    expected = sampling.keep_top_k(tempered, 60)
    expected = sampling.keep_top_p(expected, 0.9)
    expected = sampling.keep_min_p(expected, 0.01)
    expected = sampling.keep_typical(expected, 0.8)
    base = base_distribution(logits, parameters, outputs)
    assert np.allclose(base.model, sampling.log_softmax(logits))
    assert np.allclose(base.tempered, tempered)
    assert np.array_equal(base.truncated, expected)


def test_penalties_and_biases_count_at_temperature_one_and_zero():
    """Step 1 is done whatever the temperature."""
    logits = logits_of({"a": 0.5, "b": 0.5})
    for temperature in (0, 1):
        base = base_distribution(
            logits, SamplingParameters(temperature=temperature, bias={b"b": math.log(3)})
        )
        assert kept(base.tempered) == {"a": 0.25, "b": 0.75}
        penalised = SamplingParameters(temperature=temperature, presence_penalty=math.log(3))
        assert kept(base_distribution(logits, penalised, [b"a"]).tempered) == {"a": 0.25, "b": 0.75}


def test_the_end_is_never_penalised():
    """Whatever was said; a byte 255 is."""
    logits = np.full((1, 257), -np.inf)
    logits[0, 255:] = 0.0
    base = base_distribution(logits, SamplingParameters(presence_penalty=math.log(3)), [b"\xff"])
    assert np.exp(base.tempered[0, 255:]).round(6).tolist() == [0.25, 0.75]


def test_the_mask_leaves_what_is_allowed():
    """Renormalised, with the log of the mass that was left."""
    base = base_distribution(logits_of({"a": 0.5, "b": 0.25, "": 0.25}), SamplingParameters())
    allowed = np.zeros((1, 257), bool)
    allowed[0, columns("bc")] = True
    left, mass = sampling.masked(base, allowed)
    assert kept(left) == {"b": 1.0}
    assert math.isclose(mass[0], math.log(0.25))
    allowed[0, 256] = True
    left, mass = sampling.masked(base, allowed)
    assert kept(left) == {"b": 0.5, "": 0.5}
    assert math.isclose(mass[0], math.log(0.5))


def test_a_mask_that_allows_everything_costs_nothing():
    """The log-mass is 0 to the last digit, and never above 0."""
    generator = np.random.default_rng(1)
    base = base_distribution(generator.normal(0, 3, (40, 257)), SamplingParameters())
    left, mass = sampling.masked(base, np.ones((40, 257), bool))
    assert not mass.any()
    assert np.array_equal(left, base.truncated)
    one_less = np.ones((40, 257), bool)
    base.truncated[:, 0] = -np.inf
    one_less[:, 0] = False
    assert (sampling.masked(base, one_less)[1] <= 0).all()


def test_where_truncation_left_nothing_allowed_the_tempered_row_decides_then_chance():
    """Row by row: the first as usual, the second by its tempered distribution, the third evenly."""
    logits = logits_of({"a": 0.5, "b": 0.5}, {"a": 0.5, "b": 0.3, "c": 0.2}, {"a": 1.0})
    base = base_distribution(logits, SamplingParameters(top_k=1))
    allowed = np.zeros((3, 257), bool)
    allowed[:, columns("bcd")] = True
    left, mass = sampling.masked(base, allowed)
    assert kept(left) == {"b": 1.0}
    assert kept(left, 1) == {"b": 0.6, "c": 0.4}
    assert kept(left, 2) == {"b": 0.333333, "c": 0.333333, "d": 0.333333}
    assert math.isclose(mass[0], math.log(0.5))
    assert mass[1:].tolist() == [-math.inf, -math.inf]


def test_a_row_whose_mask_leaves_all_beside_one_that_leaves_nothing():
    """Its log-mass stays at most 0."""
    base = base_distribution(logits_of({"a": 0.1, "b": 0.2, "c": 0.7}, {"a": 1.0}), SamplingParameters())
    allowed = np.zeros((2, 257), bool)
    allowed[:, columns("bc")] = True
    allowed[0, columns("a")] = True
    left, mass = sampling.masked(base, allowed)
    assert kept(left) == {"a": 0.1, "b": 0.2, "c": 0.7}
    assert 0 >= mass[0] > -1e-12


def test_greedy_takes_the_most_probable_and_the_lowest_of_equals():
    """And asks no generator."""
    rows = np.log(np.array([[0.2, 0.4, 0.4], [0.6, 0.2, 0.2]]))
    assert sampling.draw(rows, [], greedy=True).tolist() == [1, 0]


def test_a_draw_inverts_the_cumulative_distribution():
    """One number a row, of the row's own generator; a column without mass is never drawn, also at 0."""
    with np.errstate(divide="ignore"):
        row = np.log(np.array([[0.0, 0.25, 0.0, 0.5, 0.25]]))
    drawn = [sampling.draw(row, [Dice(at)])[0] for at in (0.0, 0.2499, 0.25, 0.7499, 0.75, 0.9999999)]
    assert drawn == [1, 1, 3, 3, 4, 4]
    dice = [Dice(0.3, 0.9), Dice(0.8, 0.1)]
    both = np.repeat(row, 2, axis=0)
    assert sampling.draw(both, dice).tolist() == [3, 4]
    assert sampling.draw(both, dice).tolist() == [4, 1]


def test_a_draw_of_a_row_that_is_not_normalised():
    """The number is a share of the row's mass."""
    row = np.log(np.array([[1.0, 1.0, 2.0]]))
    assert [sampling.draw(row, [Dice(at)])[0] for at in (0.24, 0.26, 0.49, 0.51)] == [0, 1, 1, 2]
