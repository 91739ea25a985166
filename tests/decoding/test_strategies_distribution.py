"""What each strategy draws from, against the enumerated truth; and that the checks can fail."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bltgen.automata.language import literal, union
from bltgen.decoding.exact import Exact, Trie
from bltgen.decoding.generator import Generator
from bltgen.decoding.redecode import Backtrack, Redecode
from bltgen.decoding.sampling import SamplingParameters
from bltgen.decoding.smc import SMC
from bltgen.decoding.strategy import Decoded, Mask, masked_patch
from bltgen.testing import distributions, models

A = union(*(literal(bytes([b])) for b in b"ab"))
LANGUAGE = (
    (literal(b"a") + A.repeat(0, 3))
    | (literal(b"b") + A.repeat(3, 4))
    | (literal(b"cab") + A.optional())
    | literal(b"d")
)
"""58 texts; after b at least three more bytes are needed, which masking does not know."""
DRAWS = 600


def _logits(prompt: bytes, output: bytes) -> np.ndarray:
    """Mass mostly on a few bytes, valid or not, different after every prefix."""
    scores = np.full(257, -8.0)
    columns = [*b"abcdz", 256]
    scores[columns] = np.random.default_rng([3, *output]).normal(0, 1.2, len(columns))
    return scores


MODEL = models.FunctionModel(_logits, boundary=lambda output: len(output) % 3 == 1 or output.endswith(b"bb"))
SAMPLING = {
    "plain": {},
    "shaped": {"temperature": 1.3, "top_p": 0.95, "presence_penalty": 0.5, "bias": {b"d": -1.0}},
}


def drawn(strategy, count=DRAWS, **sampling):
    """(text, log-weight) of `count` draws of a strategy."""
    batch_size = (
        1 if getattr(strategy, "trie", None) else 64
    )  # a shared trie is learned by one after the other
    many = Generator(MODEL).generate_many(
        [b""] * count, LANGUAGE, seed=1, batch_size=batch_size, strategy=strategy, **sampling
    )
    return [(one.data, one.log_weight) for one in many]


@pytest.fixture(params=list(SAMPLING))
def sampling(request):
    return SAMPLING[request.param]


def test_mask_draws_from_the_locally_renormalised_distribution_and_reweights(sampling):
    """Its draws follow the product of masked probabilities; weighted, the conditioned distribution."""
    draws = drawn(Mask(), **sampling)
    parameters = SamplingParameters(**sampling)
    if not sampling:  # under truncation the mask may have to say what has no mass
        local = distributions.locally_renormalised(MODEL, b"", LANGUAGE, parameters)
        assert distributions.chi_square([text for text, _ in draws], local) < 4
    truth = distributions.conditioned(MODEL, b"", LANGUAGE, parameters)
    assert distributions.largest_deviation(draws, truth) < 5


def test_exact_draws_from_the_conditioned_distribution(sampling):
    """With a trie kept over draws, and with a new one every time."""
    truth = distributions.conditioned(MODEL, b"", LANGUAGE, SamplingParameters(**sampling))
    draws = drawn(Exact(trie=Trie()), **sampling)
    assert all(weight == 0 for _, weight in draws)
    assert distributions.chi_square([text for text, _ in draws], truth) < 4
    fresh = drawn(Exact(), count=300, **sampling)
    assert distributions.chi_square([text for text, _ in fresh], truth) < 4


def test_a_trie_serves_one_search_at_a_time_and_one_task():
    """Beside each other draws stay exact, as only one of them learns; another task is refused."""
    truth = distributions.conditioned(MODEL, b"", LANGUAGE)
    trie = Trie()
    many = Generator(MODEL).generate_many(
        [b""] * 300, LANGUAGE, seed=1, batch_size=16, strategy=Exact(trie=trie)
    )
    assert distributions.chi_square([one.data for one in many], truth) < 4
    assert trie.nodes > 0
    assert not trie.in_use
    generator = Generator(MODEL)
    for language, how in ((A, {}), (LANGUAGE, {"temperature": 2.0}), (LANGUAGE, {"max_bytes": 9})):
        with pytest.raises(ValueError, match="has learned about another"):
            generator.generate(b"", language, strategy=Exact(trie=trie), **how)
    with pytest.raises(ValueError, match="has learned about another"):
        Generator(models.constant()).generate(b"", LANGUAGE, strategy=Exact(trie=trie))
    assert not trie.in_use
    trie.clear()


def test_a_small_trie_forgets_and_stays_exact():
    """Cleared whenever it is full."""
    truth = distributions.conditioned(MODEL, b"", LANGUAGE)
    draws = drawn(Exact(trie=Trie(max_nodes=12)), count=300)
    assert distributions.chi_square([text for text, _ in draws], truth) < 4


def test_exact_falls_back_with_a_weight_that_corrects():
    """Two tries are often too few; draws under the mask, weighted, follow the truth, alone they do not."""
    truth = distributions.conditioned(MODEL, b"", LANGUAGE)
    some = Generator(MODEL).generate_many([b""] * DRAWS, LANGUAGE, seed=1, strategy=Exact(max_tries=2))
    by_mask = [(one.data, one.log_weight) for one in some if one.statistics.fallbacks]
    assert 200 < len(by_mask) < DRAWS
    assert distributions.largest_deviation(by_mask, truth) < 5
    assert distributions.chi_square([text for text, _ in by_mask], truth) > 5
    table = distributions.base_table(MODEL, b"", list(truth))
    mass = sum(distributions.text_mass(table, text) for text in truth)
    assert all(one.statistics.valid_mass_bound >= mass - 1e-12 for one in some)


@pytest.mark.parametrize("particles", [1, 4])
def test_weighted_smc_follows_the_conditioned_distribution(particles, sampling):
    """For any number of particles; the weights average to the valid mass."""
    draws = drawn(SMC(particles, ess_threshold=0.7), count=DRAWS // 2, **sampling)
    parameters = SamplingParameters(**sampling)
    truth = distributions.conditioned(MODEL, b"", LANGUAGE, parameters)
    assert distributions.largest_deviation(draws, truth) < 5
    table = distributions.base_table(MODEL, b"", list(truth), parameters)
    mass = sum(distributions.text_mass(table, text) for text in truth)
    weights = np.exp([weight for _, weight in draws])
    assert abs(weights.mean() - mass) < 5 * weights.std() / np.sqrt(len(weights))


def test_many_particles_follow_it_without_weights():
    """One text of 32 particles is nearly an exact draw."""
    draws = drawn(SMC(32, ess_threshold=0.7), count=150)
    truth = distributions.conditioned(MODEL, b"", LANGUAGE)
    local = distributions.locally_renormalised(MODEL, b"", LANGUAGE)
    shares = distributions.frequencies((text, 0.0) for text, _ in draws)
    assert distributions.total_variation(shares, truth) < distributions.total_variation(shares, local)
    assert distributions.chi_square([text for text, _ in draws], truth) < 4


@pytest.mark.parametrize("candidates", [1, 3])
def test_redecode_is_exact_within_each_patch(candidates, sampling):
    """The enumerated conditional of each patch, given what came before; no fall-back in 500 tries."""
    parameters = SamplingParameters(**sampling)
    draws = drawn(Redecode(max_tries=500, candidates=candidates), **sampling)
    try:
        truth = distributions.conditioned_by_patch(MODEL, b"", LANGUAGE, parameters)
    except ZeroDivisionError:
        pytest.skip("a patch without mass")
    assert distributions.chi_square([text for text, _ in draws], truth) < 4


def test_the_log_weight_of_redecode_is_unbiased():
    """Averaged over the draws of one text it is the log of the product of acceptance probabilities."""
    texts = distributions.finite_texts(LANGUAGE)
    table = distributions.base_table(MODEL, b"", texts)
    by_patch = distributions.conditioned_by_patch(MODEL, b"", LANGUAGE)
    draws = drawn(Redecode(max_tries=500, candidates=2))
    text = max(by_patch, key=by_patch.get)
    weights = np.array([weight for drawn_text, weight in draws if drawn_text == text])
    expected = np.log(distributions.text_mass(table, text) / by_patch[text])
    assert abs(weights.mean() - expected) < 4 * weights.std() / np.sqrt(len(weights))


def test_backtracking_comes_nearer_to_the_conditioned_distribution_than_redecoding():
    """With one try a patch, giving up prefixes that led nowhere moves towards the truth."""
    truth = distributions.conditioned(MODEL, b"", LANGUAGE)

    def distance(strategy) -> float:
        shares = distributions.frequencies((text, 0.0) for text, _ in drawn(strategy, count=500))
        return distributions.total_variation(shares, truth)

    eager = distance(Backtrack(max_tries=1, candidates=1, depth=8, max_backtracks=200))
    assert eager < distance(Redecode(max_tries=500))


class Unweighted:
    """Masks and claims that nothing needs correcting."""

    name = "wrong"
    draws_from = "a claim"

    def decode(self, search, rows):
        decoded = yield from Mask().decode(search, rows)
        return Decoded(replace(decoded.hypothesis, log_weight=0.0))


class Hasty:
    """Re-decoding that takes the shortest valid candidate of a few."""

    name = "hasty"
    draws_from = "a claim"

    def decode(self, search, rows):
        best, generators = None, search.generators(4)
        for generator in generators:
            hypothesis, here = search.start, (yield _back())
            while not hypothesis.finished:
                (hypothesis,), here = yield from masked_patch(search, [hypothesis], here, [generator])
            if best is None or len(hypothesis.data) < len(best.data):
                best = hypothesis
        return Decoded(best)


def _back():
    from bltgen.decoding.batch import Move

    return Move((b"",), lengths=(0,))


def test_rare_texts_of_heavy_weight_are_no_deviation_and_missing_common_ones_are():
    """A share is compared where enough effective draws are expected, also where none came."""
    truth = {b"a": 0.6, b"b": 0.3999, b"c": 0.0001}
    draws = [(b"a", 0.0)] * 600 + [(b"b", 0.0)] * 400
    light = [(b"c", np.log(1e-9))] * 30  # drawn often in runs of hardly any weight, never in a heavy one
    assert distributions.largest_deviation(draws + light, truth) < 1
    assert distributions.largest_deviation([(b"a", 0.0)] * 1000, truth) > 20


def test_a_wrong_strategy_fails_the_same_checks():
    """Masking without its weights, and preferring what is short."""
    truth = distributions.conditioned(MODEL, b"", LANGUAGE)
    for wrong in (Unweighted(), Hasty()):
        draws = drawn(wrong)
        assert distributions.chi_square([text for text, _ in draws], truth) > 8
        assert distributions.largest_deviation([(text, 0.0) for text, _ in draws], truth) > 8
    assert distributions.chi_square([b"not a text"], truth) == np.inf
    assert distributions.largest_deviation([(b"not a text", 0.0)], truth) == np.inf
    by_patch = distributions.conditioned_by_patch(MODEL, b"", LANGUAGE)
    assert distributions.chi_square([text for text, _ in drawn(Mask())], by_patch) > 8
