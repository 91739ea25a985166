"""The generation loop: validity, budgets, forced bytes, scores, streaming, batching, stops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import EMPTY, Language, byte_set, literal, union
from bltgen.decoding.generator import Generator
from bltgen.errors import BudgetTooSmall, EmptyLanguage, ModelError
from bltgen.testing import models

DIGITS = byte_set(ByteSet.range(48, 57))
LETTERS = byte_set(ByteSet.range(97, 122))
RECORD = (
    literal(b'{"age": ')
    + DIGITS.repeat(1, 3)
    + literal(b', "tag": "')
    + LETTERS.repeat(0, 8)
    + literal(b'"}')
)

ADVERSARIES = {
    "random": lambda: models.whimsical(5, scale=6),
    "constant": models.constant,
    "likes whitespace": lambda: models.likes(b" \n\t"),
    "hates stopping": models.hates_stopping,
    "infinite": lambda: models.infinite(b"\x00a", b'"}9'),
}


@pytest.fixture(params=list(ADVERSARIES))
def model(request):
    return ADVERSARIES[request.param]()


def texts(alphabet: str = "ab", size: int = 6) -> st.SearchStrategy[bytes]:
    return st.text(alphabet, max_size=size).map(str.encode)


languages = st.recursive(
    st.lists(texts(), min_size=1, max_size=4).map(lambda ts: union(*map(literal, ts))),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] | p[1]),
        st.tuples(inner, st.integers(0, 2), st.integers(2, 3)).map(lambda p: p[0].repeat(p[1], p[2])),
        inner.map(lambda language: language.star()),
    ),
    max_leaves=5,
)


def test_any_model_says_a_valid_text_within_any_budget(model):
    """From the shortest text up, whole and valid; below, an error before the first byte."""
    shortest = RECORD.start().shortest
    for budget in (shortest, shortest + 1, shortest + 4, 200):
        out = Generator(model).generate("Ada, 36", RECORD, max_bytes=budget, seed=1)
        assert RECORD.accepts(out.data)
        assert len(out.data) <= budget
    with pytest.raises(BudgetTooSmall) as caught:
        Generator(model).generate("Ada, 36", RECORD, max_bytes=shortest - 1)
    assert (caught.value.max_bytes, caught.value.shortest) == (shortest - 1, shortest)


@settings(deadline=None, max_examples=60)
@given(languages, st.integers(0, 10), st.integers(0, 9), st.sampled_from(sorted(ADVERSARIES)))
def test_any_language_any_slack_any_seed(language, slack, seed, name):
    """Valid and within budget, and the stream concatenates to the same bytes and texts."""
    generator = Generator(ADVERSARIES[name]())
    budget = language.start().shortest + slack
    out = generator.generate(b"p", language, max_bytes=budget, seed=seed)
    assert language.accepts(out.data)
    assert len(out.data) <= budget
    assert b"".join(patch.data for patch in out.patches) == out.data
    streamed = list(generator.stream(b"p", language, max_bytes=budget, seed=seed))
    assert tuple(streamed) == out.patches
    assert "".join(patch.text for patch in streamed) == out.text


def test_scores_are_those_of_the_bytes_one_by_one():
    """Forced bytes are counted like drawn ones; the log-weight is the allowed mass at each byte."""
    model = models.whimsical(2)
    out = Generator(model).generate(b"x", RECORD, seed=3)
    log_probability = log_weight = 0.0
    state = RECORD.start()
    for at in range(len(out.data) + 1):
        logits = model.logits(b"x", out.data[:at])
        log_probabilities = logits - np.log(np.exp(logits).sum())
        allowed = [*state.allowed, *([256] if state.accepting else [])]
        log_weight += math.log(np.exp(log_probabilities[allowed]).sum())
        column = out.data[at] if at < len(out.data) else 256
        log_probability += log_probabilities[column]
        state = state.advance(column) if at < len(out.data) else state
    assert out.log_probability == pytest.approx(log_probability)
    assert out.log_weight == pytest.approx(log_weight)
    assert out.statistics.forced_bytes >= len(b'{"age": ')
    assert out.statistics.model_calls < len(out.data)


def test_forced_bytes_take_one_round_of_the_model():
    """A language of one text is said in one chunk, patches and all."""
    word = literal(b"exactly this and nothing else")
    out = Generator(models.whimsical(1, patch=4)).generate(b"", word, seed=0)
    assert out.data == b"exactly this and nothing else"
    assert out.statistics.model_calls == 1
    assert [patch.start for patch in out.patches] == list(range(0, 29, 4))


def test_the_patches_are_those_of_the_model():
    """The prompt's open patch goes on into the output."""
    out = Generator(models.scripted(b"abcdefgh", patch=3)).generate(b"12345", seed=0)
    assert [patch.data for patch in out.patches] == [b"a", b"bcd", b"efg", b"h"]
    assert out.finish == "end"
    assert out.statistics.latent_steps == 3


def test_free_text_is_cut_at_the_budget_or_ends():
    """Without a constraint the model's own end counts, else the budget."""
    assert Generator(models.scripted(b"short")).generate("", temperature=0).text == "short"
    cut = Generator(models.likes(b"a")).generate("", max_bytes=7)
    assert (cut.data, cut.finish) == (b"a" * 7, "length")
    assert Generator(models.likes(b"a")).generate("", max_bytes=0).data == b""


def test_a_stop_string_ends_free_text_and_is_left_out():
    """Also where it straddles patches; the stream shows none of it."""
    generator = Generator(models.scripted(b"one two END three", patch=4))
    out = generator.generate("", stop=["END", "never"], seed=1)
    assert (out.text, out.finish) == ("one two ", "stop")
    assert "".join(patch.text for patch in generator.stream("", stop="END", seed=1)) == "one two "


def test_a_stop_string_ends_constrained_text_only_where_it_is_valid():
    """ ";" after a digit is a valid place to stop, within the word it is not."""
    language = literal(b"a;") + DIGITS + (literal(b";") + DIGITS).star()
    out = Generator(models.scripted(b"a;1;2;3")).generate("", language, stop=";")
    assert (out.text, out.finish) == ("a;1", "stop")


def test_many_prompts_give_what_each_gives_alone():
    """In order, whatever the batch size; prompts that fail fail alone."""
    generator = Generator(models.whimsical(8, end=2))
    prompts = ["", b"\xff\xfe", "Ada", "x" * 50, "é"] * 3
    alone = [generator.generate(p, RECORD, seed=10 + i).data for i, p in enumerate(prompts)]
    for batch_size in (1, 4, 64):
        many = generator.generate_many(prompts, RECORD, batch_size=batch_size, seed=10)
        assert [one.data for one in many] == alone
    mixed = generator.generate_many(["a", "b", "c"], [RECORD, EMPTY, None], seed=1, max_bytes=40)
    assert isinstance(mixed[1], EmptyLanguage)
    assert mixed[0].data == generator.generate("a", RECORD, seed=1, max_bytes=40).data
    assert mixed[2].data == generator.generate("c", seed=3, max_bytes=40).data


def test_a_bad_row_does_not_spoil_its_neighbours():
    """NaN for one prompt is that prompt's error."""

    def logits(prompt: bytes, output: bytes) -> np.ndarray:
        scores = np.zeros(257)
        scores[3] = np.nan if prompt == b"bad" and len(output) > 9 else 0
        return scores

    generator = Generator(models.FunctionModel(logits))
    outcomes = generator.generate_many(["good", "bad", "fine"], RECORD, seed=0, batch_size=3)
    assert [type(one).__name__ for one in outcomes] == ["Generation", "ModelError", "Generation"]


def test_nan_is_an_error_that_names_the_step():
    """At the prompt and later."""
    with pytest.raises(ModelError, match="step 0"):
        Generator(models.not_a_number(0)).generate("", max_bytes=9)
    with pytest.raises(ModelError, match="step 5"):
        Generator(models.not_a_number(5)).generate("", byte_set(ByteSet.range(1, 9)).repeat(8, 9))
    with pytest.raises(ModelError, match="all -inf"):
        Generator(models.FunctionModel(lambda p, o: np.full(257, -np.inf))).generate("")


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    """And a generation says which seed it had."""
    generator = Generator(models.constant())
    long = LETTERS.repeat(20, 20)
    one, again, other = (generator.generate("", long, seed=s) for s in (1, 1, 2))
    assert one.data == again.data != other.data
    unseeded = generator.generate("", long)
    assert generator.generate("", long, seed=unseeded.seed).data == unseeded.data


@pytest.mark.parametrize("prompt", [b"", b"\xff\x00\xfe", "", "é", b"x" * 1_000_000])
def test_any_bytes_are_a_prompt(prompt):
    """Empty, not UTF-8, and a megabyte."""
    model = models.FunctionModel(lambda p, o: np.zeros(257))
    assert RECORD.accepts(Generator(model).generate(prompt, RECORD, seed=0).data)


def test_arguments_out_of_range_are_refused_at_the_call():
    """Also by stream, before the first patch is asked for."""
    generator = Generator(models.constant())
    with pytest.raises(ValueError, match="lone surrogate"):
        generator.generate("\ud800")
    with pytest.raises(TypeError, match="str or bytes"):
        generator.generate(7)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one of 'mask'"):
        generator.generate("", strategy="luck")
    with pytest.raises(TypeError, match=r"such as bltgen"):
        generator.generate("", strategy=type(None))
    with pytest.raises(ValueError, match="max_bytes"):
        generator.stream("", max_bytes=-1)
    with pytest.raises(ValueError, match="stop"):
        generator.generate("", stop=[""])
    with pytest.raises(ValueError, match="batch_size"):
        generator.generate_many(["a"], batch_size=0)
    with pytest.raises(TypeError, match="list of texts"):
        generator.generate_many("abc")
    with pytest.raises(ValueError, match="2 constraints for 1 prompts"):
        generator.generate_many(["a"], [None, None])
    with pytest.raises(EmptyLanguage):
        generator.stream("", EMPTY)
    with pytest.raises(TypeError, match="temprature"):
        generator.generate("", temprature=1)  # type: ignore[call-arg]


def test_the_default_budget_holds_the_shortest_text():
    """A constraint whose shortest text is longer than the default budget still generates."""
    long: Language = LETTERS.repeat(3000, 9000)
    assert 3000 <= len(Generator(models.constant()).generate("", long).data) <= 6000


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7])
def test_each_prompt_keeps_its_own_rows_when_others_end(batch_size):
    """A model that repeats its prompt: texts of many lengths, admitted as others finish."""

    def logits(prompt: bytes, output: bytes) -> np.ndarray:
        scores = np.zeros(257)
        scores[prompt[len(output)] if len(output) < len(prompt) else 256] = 40
        return scores

    prompts = [bytes([97 + i]) * (1 + 7 * i % 11) for i in range(20)]
    for strategy in ("mask", "redecode", "smc"):
        many = Generator(models.FunctionModel(logits)).generate_many(
            prompts, batch_size=batch_size, seed=0, strategy=strategy
        )
        assert [one.data for one in many] == prompts


def test_a_prompt_without_utf8_fails_alone() -> None:
    """A lone surrogate among good prompts costs none of them."""
    outcomes = Generator(models.whimsical(1)).generate_many(["a", "\ud800", "b"], seed=1, max_bytes=5)
    assert [type(one).__name__ for one in outcomes] == ["Generation", "InvalidPrompt", "Generation"]
