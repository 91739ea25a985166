"""One generation under way: its arguments checked, its result put together, its stream of patches."""

from __future__ import annotations

import math
import re

import pytest

from bltgen.automata.language import literal, union
from bltgen.decoding import task as task_module
from bltgen.decoding.batch import Counts, Move, decode
from bltgen.decoding.hypothesis import Hypothesis
from bltgen.decoding.prompts import Prompt
from bltgen.decoding.strategy import Decoded, Mask
from bltgen.decoding.task import BatchOptions, Options, Sampling, Stream, task_of
from bltgen.errors import ModelError
from bltgen.testing.models import constant, not_a_number, scripted

AB = union(literal(b"a"), literal(b"b"))


def opened(task, prompt=b"", form_bytes=0):
    """The task with its prompt."""
    task.open(Prompt(prompt, form_bytes))
    return task


def made(constraint=None, *, max_bytes=None, strategy="mask", stop=(), seed=1, **sampling):
    """A task with defaults."""
    return task_of(constraint, max_bytes, strategy, stop, seed, sampling)


def test_everything_given_reaches_the_search():
    """A name makes a strategy, an object is one; a schema is compiled; stop strings become bytes."""
    mask = Mask()
    task = made(int, max_bytes=9, strategy=mask, stop=["é", b"x"], seed=7, temperature=0.5)
    assert task.strategy is mask
    assert task.search.constraint.accepts(b"1")
    assert (task.search.budget, task.search.seed, task.search.stop) == (9, 7, ("é".encode(), b"x"))
    assert task.search.parameters.temperature == 0.5
    assert made(strategy="beam").strategy.name == "beam"
    assert made(stop="ab").search.stop == (b"ab",)
    assert made(stop=b"ab").search.stop == (b"ab",)
    for several in (["a"], ("a",), {"a"}, frozenset("a")):
        assert made(stop=several).search.stop == (b"a",)


@pytest.mark.parametrize("wrong", [Mask, b"mask", bytearray(b"mask"), 5, None, object()])
def test_a_strategy_is_a_name_or_an_object_with_decode(wrong):
    """A class is none, bytes are none."""
    with pytest.raises(TypeError, match=r"^strategy=.*: a name \(mask, speculative, .*is needed$"):
        made(strategy=wrong)


def test_an_unknown_strategy_has_a_near_miss():
    """As every name."""
    with pytest.raises(ValueError, match=r"did you mean 'redecode'\?"):
        made(strategy="redecod")


@pytest.mark.parametrize("wrong", [5, None, [5], ["a", None], {"a": 1}, re.compile("a")])
def test_stop_strings_are_texts(wrong):
    """A pattern is a constraint."""
    with pytest.raises(TypeError, match=r"^stop=.*: a str, bytes, or a list of them is needed"):
        made(stop=wrong)


def test_every_option_may_be_left_out():
    """Of the sampling parameters, of a generation and of a batch."""
    for options in (Sampling, Options, BatchOptions):
        assert options.__required_keys__ == frozenset()
    assert Options.__optional_keys__ > Sampling.__optional_keys__
    assert BatchOptions.__optional_keys__ - Options.__optional_keys__ == {"batch_size", "progress"}


def test_a_stop_string_has_utf8():
    """A lone surrogate has none."""
    with pytest.raises(ValueError, match="a lone surrogate has no UTF-8"):
        made(stop="\ud800")


def test_sampling_parameters_are_checked():
    """Before any model is asked."""
    with pytest.raises(ValueError, match="temperature"):
        made(temperature=-1)


class Told:
    """A strategy that says one chunk and counts some things."""

    name, draws_from = "told", "nothing"

    def decode(self, search, rows):
        """Says "abc" in a move, then ends."""
        rows = yield Move((b"abc",), keep_logits=True)
        search.tally.redecoded_patches, search.tally.fallbacks, search.tally.resamplings = 2, 3, 4
        search.tally.tries, search.tally.effective_particles, search.tally.valid_mass_bound = 5, 6.0, 0.7
        search.tally.drafted_bytes, search.tally.accepted_bytes, search.tally.unexplored_bytes = 8, 9, 10
        search.tally.constraint_seconds = 0.125  # what the chunk takes comes to it
        one = search.append(search.start, b"abc", rows.patch_starts(0), -2.0, -0.5, forced=True)
        other = Hypothesis(search.root, b"z", log_probability=-9.0, finish="length")
        return Decoded(search.end(one, -1.0, 0.0), (other,))


def test_a_generation_has_all_that_is_known(monkeypatch):
    """Of the job, the search, the strategy and the clock."""
    clock = iter([10.0, 10.5])
    task = made(None, max_bytes=50, strategy=Told(), seed=3, temperature=0.5)
    monkeypatch.setattr(task_module, "perf_counter", lambda: next(clock))
    task.began = 10.0
    next(clock)
    opened(task, b"pq", 1)
    list(decode(constant(patch=2), [task.job]))
    out = task.generation()
    assert (out.data, out.finish, out.prompt, out.seed) == (b"abc", "end", b"pq", 3)
    assert [patch.data for patch in out.patches] == [b"ab", b"c"]
    assert (out.log_probability, out.log_weight) == (-3.0, -0.5)
    assert (out.max_bytes, out.strategy, out.draws_from, out.constraint) == (50, "told", "nothing", None)
    assert out.parameters.temperature == 0.5
    assert [(one.data, one.finish, one.log_probability) for one in out.candidates] == [(b"z", "length", -9.0)]
    found = out.statistics
    assert (found.prompt_bytes, found.bytes, found.patches, found.forced_bytes, found.form_bytes) == (
        2,
        3,
        2,
        3,
        1,
    )
    assert (found.model_calls, found.local_steps, found.latent_steps) == (1, 3, 1)
    assert (found.seconds, found.constraint_share) == pytest.approx((0.5, 0.25), abs=1e-2)
    assert (found.redecoded_patches, found.fallbacks, found.resamplings, found.tries) == (2, 3, 4, 5)
    assert (found.effective_particles, found.valid_mass_bound) == (6.0, 0.7)
    assert (found.drafted_bytes, found.accepted_bytes, found.unexplored_bytes) == (8, 9, 10)
    assert task.search.committed.data == b"abc"
    assert task.job.counts == Counts(1, 3, 1)
    task.ended = task.began
    assert task.generation().statistics.constraint_share == 0.0


def test_forced_bytes_are_no_more_than_the_text():
    """A stop string may have cut forced ones."""
    task = opened(made(literal(b"abc").optional(), stop=["abc"]), b"")
    list(decode(scripted(b"abc"), [task.job]))
    out = task.generation()
    assert (out.data, out.finish, out.statistics.forced_bytes) == (b"", "stop", 0)


def test_the_error_of_a_job_is_raised_by_its_generation():
    """Whenever it is asked for."""
    task = opened(made(), b"")
    list(decode(not_a_number(0), [task.job]))
    for _ in range(2):
        with pytest.raises(ModelError):
            task.generation()


def test_a_stream_gives_patches_as_they_are_settled():
    """Bytes taken so far, and the whole at the end only."""
    stream = Stream(scripted(b"abcdefgh", patch=3), opened(made(), b""))
    assert iter(stream) is stream
    assert stream.data == b""
    assert next(stream).data == b"abc"
    assert stream.data == b"abc"
    assert repr(stream) == "<Stream under way, 3 bytes taken>"
    with pytest.raises(ValueError, match="the stream has not ended: take its patches first"):
        _ = stream.generation
    assert [patch.data for patch in stream] == [b"def", b"gh"]
    assert (stream.data, stream.generation.data) == (b"abcdefgh", b"abcdefgh")
    assert repr(stream) == "<Stream ended, 8 bytes taken>"
    assert list(stream) == []


def test_a_character_across_patches_is_given_with_the_later_one():
    """While the text is under way, and at its end."""
    text = "aé€".encode()
    stream = Stream(scripted(text, patch=2), opened(made(), b""))
    assert [patch.text for patch in stream] == [one.text for one in stream.generation.patches]
    assert "".join(patch.text for patch in stream.generation.patches) == "aé€"


def test_a_stream_that_fails_raises_at_the_end():
    """Patches before the error are given."""
    stream = Stream(not_a_number(5, patch=2), opened(made(AB.repeat(9, 9)), b""))
    taken = []
    with pytest.raises(ModelError):
        taken.extend(patch.data for patch in stream)
    assert [len(one) for one in taken] == [2, 2]


def test_an_explanation_of_a_stream_is_of_what_was_taken():
    """Within its budget, by its parameters."""
    task = opened(made(AB.repeat(2, 9), max_bytes=2, temperature=0.5, seed=2), b"p")
    stream = Stream(constant(patch=2), task)
    next(stream)
    found = stream.explain(constant(patch=2))
    assert bytes(one.byte for one in found.bytes) == stream.data
    assert all(one.allowed == 2 for one in found.bytes)
    assert not any(one.may_end for one in found.bytes)
    assert math.isclose(found.bytes[0].mass, 2 / 257)
