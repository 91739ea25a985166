"""Generation with a model that is told what it may say: every strategy, the same promises."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import torch

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import byte_set, literal, union
from bltgen.decoding.beam import Beam, BestOf
from bltgen.decoding.conditioning import open_session
from bltgen.decoding.exact import Exact, Trie
from bltgen.decoding.generator import Generator
from bltgen.decoding.redecode import Backtrack, Redecode
from bltgen.decoding.sampling import SamplingParameters
from bltgen.decoding.search import Search
from bltgen.decoding.smc import SMC
from bltgen.decoding.strategy import Mask
from bltgen.model.blt import ByteLatentTransformer
from bltgen.testing import distributions, models
from tests.model.tolerance import assert_close, logits_tolerance, score_tolerance

WORDS = (byte_set(ByteSet.range(97, 122)).repeat(1, 4) + literal(b" ")).star() + literal(b"end")
FEW = union(*map(literal, [b"a", b"ab", b"abba", b"bab", b"baab", b"bb"]))
STRATEGIES = [
    Mask(),
    Redecode(max_tries=5, candidates=2),
    Backtrack(max_tries=3, candidates=2, depth=3, max_backtracks=4),
    SMC(particles=4, ess_threshold=0.9),
    Exact(max_tries=5),
    Beam(width=2),
    BestOf(n=3),
]


@functools.cache
def conditioned(mode: str = "entropy") -> ByteLatentTransformer:
    """Random weights, those of the mask input included."""
    model = models.tiny_blt(3, mode=mode).with_mask_conditioning().eval()
    with torch.random.fork_rng():
        torch.manual_seed(1)
        torch.nn.init.normal_(model.local_decoder.mask_embedding.weight, std=3.0)
    return model


def read_anew(model, prompt: bytes, data: bytes, constraint, budget: int) -> np.ndarray:
    """[bytes + 1, 257] log-probabilities from a session that is handed all masks at once."""
    search = Search(constraint, budget)
    state, masks = search.root, [search.allowed_after(search.root, 0)]
    for at, byte in enumerate(data, start=1):
        state = state.advance(byte)
        masks.append(search.allowed_after(state, at))
    session = model.session([prompt], masks=[masks[0]])
    session.extend([data], keep_logits=True, masks=[np.stack(masks[1:])])
    logits = torch.cat([session.chunk_logits[0], session.logits]).double()
    return logits.log_softmax(-1).numpy()


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda one: one.name)
def test_every_strategy_scores_by_the_masks_of_its_own_search(strategy):
    """Valid and within budget; the scores are those of the text with its masks; in a batch as alone."""
    model, budget = conditioned(), 14
    generator = Generator(model)
    how = {"strategy": strategy, "max_bytes": budget}
    constraints = [WORDS, FEW, WORDS]
    many = generator.generate_many(["", "Ada", b"\xff more"], constraints, batch_size=3, seed=5, **how)
    for at, (out, constraint) in enumerate(zip(many, constraints, strict=True)):
        assert constraint.accepts(out.data)
        assert len(out.data) <= budget
        alone = generator.generate(out.prompt, constraint, seed=5 + at, **how)
        assert alone.data == out.data
        scores = read_anew(model, out.prompt, out.data, constraint, budget)
        expected = scores[np.arange(len(scores)), [*out.data, 256]].sum()
        length, sizes = len(out.prompt) + len(out.data), torch.from_numpy(scores)
        within = score_tolerance(model, sizes, length=length, scored=len(scores))
        assert out.log_probability == pytest.approx(expected, abs=within, rel=0)
        unmasked = model.session([out.prompt])
        unmasked.extend([out.data], keep_logits=True)
        plain = torch.cat([unmasked.chunk_logits[0], unmasked.logits]).double().log_softmax(-1).numpy()
        assert abs(plain - scores).max() > 0.1
        explained = generator.explain(out)
        assert [one.probability for one in explained.bytes] == pytest.approx(
            np.exp(scores[np.arange(len(scores)), [*out.data, 256]]),
            rel=score_tolerance(model, sizes, length=length, scored=1),
        )


def test_exact_draws_follow_the_distribution_that_knows_the_masks():
    """Against enumeration with masks; without them the truth is another one."""
    model = conditioned("static")
    bias: dict[int | bytes, float] = {97: 8.0, 98: 8.0, 256: 8.0}
    truth = distributions.conditioned(model, b"p", FEW, SamplingParameters(bias=bias))
    draws = Generator(model).generate_many(
        [b"p"] * 300, FEW, strategy=Exact(trie=Trie()), batch_size=1, seed=1, bias=bias
    )
    assert distributions.chi_square([one.data for one in draws], truth) < 4
    unmasked = models.tiny_blt(3, mode="static")
    other = distributions.conditioned(unmasked, b"p", FEW, SamplingParameters(bias=bias))
    assert distributions.chi_square([one.data for one in draws], other) > 8


def test_an_untrained_input_changes_no_text():
    """Weights of zero: the same bytes, scores and patches as the model without the input."""
    old = models.tiny_blt(3)
    for seed in range(3):
        one, other = (
            Generator(model).generate("Ada", WORDS, max_bytes=30, seed=seed)
            for model in (old, old.with_mask_conditioning())
        )
        assert (one.data, one.patches) == (other.data, other.patches)
        assert one.log_probability == other.log_probability


def test_free_text_is_told_nothing():
    """No constraint, no mask: the logits of a plain session."""
    model = conditioned()
    told = open_session(model, [b"abc"], [Search(None, 9)])
    told.extend([b"de"])
    plain = model.session([b"abc"])
    plain.extend([b"de"])
    assert torch.equal(told.logits, plain.logits)


def test_rows_keep_their_masks_through_forks_joins_and_rollback():
    """As a new session over the same bytes; what leaves the language is told nothing."""
    model = conditioned()
    one, other = Search(WORDS, 30), Search(FEW, 30)
    session = open_session(model, [b"x", b"y"], [one, other])
    session.extend([b"abc", b"ba"])
    joined = session.select([1, 0, 0]).concat(open_session(model, [b"z"], [other]))
    joined.truncate([2, 4, 2, 1])
    joined.extend([b"b", b" e", b"", b"bb"])
    fresh = open_session(model, [b"y", b"x", b"x", b"z"], [other, one, one, other])
    fresh.extend([b"bb", b"abc e", b"a", b"bb"])
    assert_close(joined.logits, fresh.logits, logits_tolerance(model, fresh.logits, length=6))
    assert joined.lengths == fresh.lengths == [3, 6, 2, 3]
    assert session.lengths == [4, 3]
    with pytest.raises(ValueError, match="into its prompt"):
        joined.truncate([0, 6, 2, 3])
    with pytest.raises(ValueError, match="one model"):
        joined.concat(model.session([b""]))
    fresh.extend([b"zz", b"", b"", b""])  # "bbzz" is no text of FEW
    assert fresh.lengths == [5, 6, 2, 3]


class Masked(models.FunctionSession):
    """Rows of a stand-in that write down the masks they are told."""

    told: list

    def extend(self, chunks, *, keep_logits=False, masks=None):
        self.told.append(masks)
        super().extend(chunks, keep_logits=keep_logits)

    def select(self, rows):
        return joined(self, super().select(rows)._rows)

    def concat(self, other):
        return joined(self, super().concat(other)._rows)

    def replace(self, row, other, other_row):
        self._rows[row] = other._rows[other_row]

    def draft(self, chunks):
        return [("draft", chunk) for chunk in chunks]


def joined(session, rows):
    """A session of these rows that writes into the same list."""
    made = Masked(session._model, rows)
    made.told = session.told
    return made


class Told(models.FunctionModel):
    """A model with a mask input, or without."""

    def __init__(self, *, mask_conditioning=True):
        super().__init__(lambda prompt, output: np.zeros(257), patch=2)
        self.mask_conditioning, self.told = mask_conditioning, []

    def session(self, prompts, *, masks=()):
        """One row a prompt."""
        made = Masked(self, [(prompt, b"") for prompt in prompts])
        made.told = self.told
        self.told.append(masks)
        return made


ABC = literal(b"abc") | literal(b"abd") | literal(b"b")


def said(mask) -> str:
    """The columns of a mask, "$" for the end, "*" where all are allowed."""
    return "*" if mask.all() else "".join("$" if at == 256 else chr(at) for at in np.flatnonzero(mask))


def test_a_model_without_the_input_is_told_nothing():
    """Its own session is used."""
    model = Told(mask_conditioning=False)
    assert type(open_session(model, [b"p"], [Search(ABC, 9)])) is Masked
    assert model.told == [()]
    plain = models.constant()
    assert type(open_session(plain, [b"p"], [Search(ABC, 9)])) is models.FunctionSession


def test_each_row_is_told_what_may_follow_each_byte():
    """Within the budget; a row without a constraint is told nothing, one that left the language anything."""
    model = Told()
    session = open_session(model, [b"p", b"q", b"r"], [Search(ABC, 3), Search(None, 9), None])
    assert [None if mask is None else said(mask) for mask in model.told[0]] == ["ab", None, None]
    session.extend([b"ab", b"xx", b"y"])
    first, *others = model.told[1]
    assert ([said(mask) for mask in first], others) == (["b", "cd"], [None, None])
    session.extend([b"", b"x", b""])
    assert model.told[2] == [None, None, None]
    session.extend([b"cxx", b"", b""], keep_logits=True)
    assert [said(mask) for mask in model.told[3][0]] == ["$", "*", "*"]
    assert [len(one) for one in session.chunk_logits] == [3, 0, 0]
    assert open_session(Told(), [b"p"], [Search(literal(b"a") | literal(b"bb"), 1)]) is not None
    short = Told()
    open_session(short, [b"p"], [Search(literal(b"a") | literal(b"bb"), 1)])
    assert said(short.told[0][0]) == "a"


def test_the_budget_of_a_mask_counts_the_output_alone():
    """After n bytes of output n are gone, whatever the prompt."""
    model = Told()
    session = open_session(
        model, [b"a long prompt"], [Search(literal(b"ab") | literal(b"acdd") | literal(b"add"), 3)]
    )
    session.extend([b"a"])
    assert said(model.told[1][0][0]) == "bd"


def test_rows_that_are_cut_are_told_again_from_there():
    """To the end of the prompt and not into it."""
    model = Told()
    session = open_session(model, [b"pp"], [Search(ABC, 3)])
    session.extend([b"ab"])
    session.truncate([3])
    session.extend([b"b"])
    assert [said(mask) for mask in model.told[-1][0]] == ["cd"]
    session.truncate([2])
    session.extend([b"b"])
    assert [said(mask) for mask in model.told[-1][0]] == ["$"]
    with pytest.raises(ValueError, match="cannot cut a row into its prompt of 2 bytes, to 1"):
        session.truncate([1])


def test_forked_joined_and_replaced_rows_have_masks_of_their_own():
    """What one is told leaves the other alone."""
    model = Told()
    session = open_session(model, [b"p", b"q"], [Search(ABC, 3), Search(ABC, 3)])
    session.extend([b"a", b"b"])
    fork = session.select([1, 0, 0])
    fork.extend([b"", b"b", b""])
    session.extend([b"b", b""])
    assert said(model.told[-1][0][0]) == "cd"
    both = fork.concat(session)
    assert both.lengths == [2, 3, 2, 3, 2]
    both.extend([b"", b"c", b"b", b"d", b""])
    assert [None if mask is None else said(mask[0]) for mask in model.told[-1]] == [
        None,
        "$",
        "cd",
        "$",
        None,
    ]
    fork.extend([b"", b"", b"b"])
    assert said(model.told[-1][2][0]) == "cd"
    session.replace(0, fork, 2)
    fork.truncate([2, 3, 2])
    assert session.lengths == [3, 2]
    session.extend([b"c", b""])
    assert said(model.told[-1][0][0]) == "$"
    for join in (
        lambda: session.concat(model.session([b""])),
        lambda: session.replace(0, model.session([b""]), 0),
    ):
        with pytest.raises(ValueError, match="only sessions of one model can be joined"):
            join()


def test_all_else_is_the_session_s_own():
    """Lengths, logits, boundaries, entropies, patches and drafts."""
    model = Told()
    session = open_session(model, [b"pq", b""], [Search(ABC, 3), Search(ABC, 3)])
    session.extend([b"a", b""])
    assert session.lengths == [3, 0]
    assert session.logits.shape == (2, 257)
    assert session.at_boundary == [False, True]
    assert session.entropies == pytest.approx([np.log(257)] * 2)
    assert session.patch_starts == [[0, 2], []]
    assert session.draft([b"x", b""]) == [("draft", b"x"), ("draft", b"")]


def test_every_row_has_a_chunk_a_length_and_a_search():
    """No more and no fewer."""
    session = open_session(Told(), [b"p", b"q"], [Search(ABC, 3), None])
    for call in (
        lambda: session.extend([b"a"]),
        lambda: session.truncate([1]),
        lambda: open_session(Told(), [b"p", b"q"], [None]),
    ):
        with pytest.raises(ValueError, match="shorter"):
            call()
