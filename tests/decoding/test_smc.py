"""Particles: their weights, their resampling, and the one that is taken."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bltgen.automata.language import literal, union
from bltgen.decoding.search import Search
from bltgen.decoding.smc import SMC, log_mean, normalised, systematic
from bltgen.testing.models import table
from tests.decoding.driving import drive


def test_the_settings_have_bounds():
    """At least one particle; a threshold in [0, 1]."""
    assert (SMC().particles, SMC().ess_threshold) == (16, 0.5)
    assert SMC(particles=1, ess_threshold=0).ess_threshold == 0
    assert SMC(ess_threshold=1).ess_threshold == 1
    for wrong in (
        {"particles": 0},
        {"ess_threshold": -0.01},
        {"ess_threshold": 1.01},
        {"ess_threshold": None},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            SMC(**wrong)
    assert "as 7 particles come" in SMC(particles=7).draws_from


def test_weights_are_shares():
    """Equal where all are zero; however small they are."""
    assert normalised(np.array([-np.inf, -np.inf])).tolist() == [0.5, 0.5]
    assert normalised(np.array([-np.inf, 0.0])).tolist() == [0.0, 1.0]
    assert np.allclose(normalised(np.array([-1000.0, -1000.0 + math.log(3)])), [0.25, 0.75])
    assert normalised(np.array([1000.0])).tolist() == [1.0]


def test_the_mean_weight_is_taken_from_the_top():
    """-inf where all are zero."""
    assert log_mean(np.array([-np.inf, -np.inf])) == -np.inf
    assert math.isclose(log_mean(np.log([1.0, 3.0])), math.log(2))
    assert math.isclose(log_mean(np.array([-1000.0, -np.inf])), -1000 - math.log(2))
    assert math.isclose(log_mean(np.array([1000.0, 1000.0])), 1000)


def test_systematic_draws_are_within_one_of_their_share():
    """For any number in [0, 1)."""
    weights = np.array([0.1, 0.0, 0.55, 0.35])
    for uniform in np.linspace(0, 0.999, 23):
        found = systematic(weights, float(uniform))
        assert found == sorted(found)
        assert len(found) == 4
        for index, share in enumerate(weights * 4):
            assert math.floor(share) <= found.count(index) <= math.floor(share) + 1
        assert 1 not in found
    assert systematic(np.array([0.5, 0.5]), 0.0) == [0, 1]
    assert systematic(np.array([0.25, 0.75]), 0.4) == [0, 1]
    assert systematic(np.array([0.25, 0.75]), 0.5) == [1, 1]
    # Where rounding leaves the sum below a position, the last is meant.
    assert systematic(np.array([0.5, 0.4999]), 0.9999) == [0, 1]


MODEL = table(
    {
        b"": {b"a": 0.5, b"b": 0.5},
        b"a": {b"x": 0.9, b"a": 0.1},
        b"b": {b"b": 1.0},
        b"aa": {256: 1.0},
        b"bb": {256: 1.0},
    },
    patch=2,
)
WORDS = union(literal(b"aa"), literal(b"bb"))


def run(strategy, dice):
    """The strategy on a model whose "a" keeps a tenth of its mass."""
    search = Search(WORDS, None)
    return search, drive(MODEL, search, lambda rows: strategy.decode(search, rows), dice=dice)


def test_light_particles_are_replaced_by_heavy_ones():
    """After the patch the weights are 0.1 and 1: 1.2 of 2 are effective. All have the mean weight then."""
    search, done = run(SMC(particles=2, ess_threshold=0.7), [(0.1, 0.5), (0.9, 0.5), (0.5, 0.9)])
    assert search.tally.resamplings == 1
    # Shares 1/11 and 10/11: positions 1/4 and 3/4 are both the second's.
    assert [tuple(move.rows) for move in done.moves if move.rows is not None] == [(0, 0), (1, 1)]
    assert [tuple(move.chunks) for move in done.moves if move.rows is not None] == [(b"", b"")] * 2
    assert done.result.hypothesis.data == b"bb"
    assert math.isclose(done.result.hypothesis.log_weight, math.log(0.55))
    assert math.isclose(search.tally.effective_particles, 2.0)
    assert search.committed.data == b"bb"


def test_particles_that_weigh_enough_are_kept():
    """The text is drawn by their weights; candidates come heaviest first with their own."""
    for number, chosen in ((0.0, b"aa"), (0.09, b"aa"), (0.0910, b"bb"), (0.99, b"bb")):
        search, done = run(SMC(particles=2, ess_threshold=0.5), [(0.1,), (0.9,), (number,)])
        assert search.tally.resamplings == 0
        assert done.result.hypothesis.data == chosen
        assert math.isclose(done.result.hypothesis.log_weight, math.log(0.55))
        assert [one.data for one in done.result.candidates] == [b"bb", b"aa"]
        assert np.allclose([one.log_weight for one in done.result.candidates], [0.0, math.log(0.1)])
        assert math.isclose(search.tally.effective_particles, 1 / (1 / 121 + 100 / 121))


def test_the_threshold_is_a_share_of_the_particles():
    """Below it, not at it; 0 never resamples, 1 does wherever weights differ."""
    effective = 1 / (1 / 121 + 100 / 121) / 2
    for threshold, resamplings in ((0, 0), (effective - 1e-6, 0), (effective + 1e-6, 1), (1, 1)):
        search, _ = run(SMC(particles=2, ess_threshold=threshold), [(0.1, 0.5), (0.9, 0.5), (0.5, 0.9)])
        assert search.tally.resamplings == resamplings
    search, _ = run(SMC(particles=2, ess_threshold=1), [(0.9, 0.5), (0.9, 0.5), (0.5, 0.9)])
    assert search.tally.resamplings == 0


def test_particles_have_streams_of_their_own():
    """One more is asked for than there are particles: for resampling and for the choice."""
    search, asked = Search(WORDS, None, seed=3), []
    generators = search.generators
    search.generators = lambda count: asked.append(count) or generators(count)
    done = drive(MODEL, search, lambda rows: SMC(particles=3).decode(search, rows))
    assert asked == [4]
    assert done.widths[0] == 3
    assert len(done.result.candidates) == 3
