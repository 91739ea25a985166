"""Drafts move by move: what is drafted, what is kept, what comes instead, and when nothing is drafted."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from bltgen.automata.language import literal, union
from bltgen.decoding.sampling import SamplingParameters
from bltgen.decoding.search import Search
from bltgen.decoding.speculative import Speculative, _accepted, _append, _Choice, _Guess
from bltgen.model.contract import Draft
from bltgen.testing.models import FunctionModel, FunctionSession
from tests.decoding.driving import Dice, drive, logits_of
from tests.decoding.test_search import Wall

AB = union(literal(b"a"), literal(b"b"))


class Drafting(FunctionModel):
    """A model beside a smaller one, which drafts; both are functions of the output."""

    def __init__(self, large, small, *, patch=4):
        super().__init__(lambda prompt, output: logits_of(large(output))[0], patch=patch)
        self.small = small
        self.asked: list[bytes] = []

    def session(self, prompts):
        """One row a prompt."""
        return _Session(self, [(prompt, b"") for prompt in prompts])


class _Session(FunctionSession):
    drafted = b""

    def draft(self, chunks):
        ((prompt, output),) = self._rows
        (chunk,) = chunks
        self.drafted += chunk
        text = output + self.drafted
        self._model.asked.append(text)
        logits = torch.from_numpy(logits_of(self._model.small(text))[0])
        return [Draft(logits, (len(prompt) + len(text)) % self._model.patch == 0)]

    def extend(self, chunks, *, keep_logits=False):
        self.drafted = b""
        super().extend(chunks, keep_logits=keep_logits)

    def truncate(self, lengths):
        self.drafted = b""
        super().truncate(lengths)


def even(output):
    """a and b alike."""
    return {"a": 0.5, "b": 0.5}


def run(model, search, strategy=None, dice=(), prompt=b""):
    """The whole strategy on one stream."""
    strategy = strategy or Speculative()
    return drive(model, search, lambda rows: strategy.decode(search, rows), dice=[dice], prompt=prompt)


def said(done):
    """The chunks that the model has read, without the moves that draft."""
    return [move.chunks[0] for move in done.moves if move.drafts is None]


def test_the_settings_have_bounds():
    """k at least 1, a confidence in [0, 1]."""
    assert (Speculative().k, Speculative().confidence) == (8, 0.4)
    assert Speculative(k=1, confidence=0).confidence == 0
    assert Speculative(confidence=1).confidence == 1
    for wrong in ({"k": 0}, {"confidence": -0.01}, {"confidence": 1.01}, {"confidence": "1"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Speculative(**wrong)


def test_a_patch_is_drafted_and_read_in_one_chunk():
    """Its first byte is drawn from the model, the others from the drafter, until a patch would start."""
    model = Drafting(even, even, patch=4)
    search = Search(AB.repeat(6, 6), None)
    # First byte; three drafts at most before the boundary at 4; a number for the check of each.
    done = run(model, search, dice=(0.1, 0.1, 0.9, 0.1, 0.5, 0.5, 0.5))
    assert said(done)[0] == b"aaba"
    assert model.asked[:4] == [b"a", b"aa", b"aab", b"aaba"]
    assert [len(text) for text in model.asked[4:]] == [5]
    drafts = [move for move in done.moves if move.drafts is not None]
    assert (tuple(drafts[0].chunks), tuple(drafts[0].lengths), tuple(drafts[0].drafts)) == (
        (b"",),
        (0,),
        (b"a",),
    )
    first = next(move for move in done.moves if move.drafts is None)
    assert (tuple(first.lengths), first.keep_logits) == ((0,), True)
    # The second patch: five and six are left, of which the last cannot be drafted: nothing may follow it.
    assert (search.tally.drafted_bytes, search.tally.accepted_bytes) == (4, 4)
    one = done.result.hypothesis
    assert (len(one.data), one.finish, one.patch_starts) == (6, "end", (0, 4))
    # The end has no mass, so the whole has none.
    assert one.log_probability == -math.inf


def test_scores_are_those_of_the_model():
    """Not of the drafter; the mass that the mask left is that of the model."""
    model = Drafting(
        lambda output: {"a": 0.2, "b": 0.3, "x": 0.5} if len(output) < 3 else {"": 1.0},
        lambda output: {"a": 0.6, "b": 0.4},
        patch=9,
    )
    search = Search(AB.repeat(3, 3), None, SamplingParameters(temperature=0))
    one = run(model, search).result.hypothesis
    assert one.data == b"bbb"
    assert math.isclose(one.log_probability, 3 * math.log(0.3))
    assert math.isclose(one.log_weight, 3 * math.log(0.5))
    # Drafted a twice; the model wanted b each time.
    assert search.tally.accepted_bytes == 0
    assert search.tally.drafted_bytes > 0


def test_k_bounds_a_draft():
    """At most k bytes after the one that the model chose."""
    for k in (1, 2, 3):
        model = Drafting(even, even, patch=99)
        search = Search(AB.repeat(9, 9), None)
        done = run(model, search, Speculative(k=k), dice=(0.5,) * 60)
        assert len(said(done)[0]) == k + 1
        assert len(model.asked) <= 9


def test_what_is_not_sure_enough_is_not_drafted():
    """By the most probable allowed byte, at the confidence still."""
    for top, drafted in ((0.7, 0), (0.8, 1)):
        model = Drafting(
            lambda output: {"a": 0.5, "b": 0.5}, lambda output, top=top: {"a": top, "b": 1 - top}, patch=9
        )
        search = Search(AB.repeat(3, 3), None)
        run(model, search, Speculative(k=1, confidence=0.75), dice=(0.1, 0.1, 0.1))
        assert (search.tally.drafted_bytes > 0) == bool(drafted)
    # Of two bytes that remain under the mask one is sure though the drafter wanted a third.
    model = Drafting(even, lambda output: {"a": 0.1, "x": 0.9}, patch=9)
    search = Search(AB.repeat(3, 3), None)
    run(model, search, Speculative(k=1, confidence=1), dice=(0.1, 0.1, 0.1))
    assert search.tally.drafted_bytes > 0
    # A confidence of 0 always drafts.
    model = Drafting(even, even, patch=9)
    search = Search(AB.repeat(3, 3), None)
    run(model, search, Speculative(k=1, confidence=0), dice=(0.1, 0.1, 0.1))
    assert search.tally.drafted_bytes > 0


@pytest.mark.parametrize("bad", [{"a": math.nan}, {}])
def test_a_drafter_without_a_prediction_drafts_nothing(bad):
    """NaN or nothing: the model says the byte."""

    class Bad(Drafting):
        pass

    model = Bad(even, lambda output: bad, patch=9)
    search = Search(AB.repeat(3, 3), None)
    done = run(model, search, dice=(0.1, 0.9, 0.1))
    assert said(done) == [b"a", b"b", b"a"]
    assert search.tally.drafted_bytes == 0
    assert model.asked == [b"a", b"ab"]  # once a byte


def test_nothing_is_drafted_at_a_stop_string_or_without_a_choice():
    """A forced run is appended without a draft, and counted."""
    model = Drafting(even, even, patch=9)
    stopping = Search(AB.star(), None, stop=(b"a",))
    done = run(model, stopping, dice=(0.1,))
    assert (said(done), model.asked) == ([b"a"], [])
    assert done.result.hypothesis.finish == "stop"
    words = union(literal(b"axyz"), literal(b"bxyz")) + AB
    search = Search(words, None)
    model = Drafting(lambda output: dict.fromkeys("abxyz", 0.2), even, patch=99)
    done = run(model, search, dice=(0.1, 0.9))
    assert said(done) == [b"a", b"xyz", b"b"]
    assert done.result.hypothesis.forced_bytes == 3
    assert model.asked == []
    forced = [move for move in done.moves if move.chunks[0] == b"xyz"]
    assert (tuple(forced[0].lengths), forced[0].keep_logits) == ((1,), True)


def test_a_rejected_guess_is_replaced_and_what_follows_is_cut():
    """The row is cut back to what was kept, and goes on with the replacement."""
    model = Drafting(
        lambda output: {"a": 1.0} if not output else {"a": 0.01, "b": 0.99},
        lambda output: {"a": 0.99, "b": 0.01},
        patch=99,
    )
    search, shown = Search(AB.repeat(4, 4), None), []
    commit = search.commit
    search.commit = lambda one, *, closed=True: (shown.append(one.data), commit(one, closed=closed))
    done = run(model, search, Speculative(k=2), dice=(0.5, 0.5, 0.5, 0.9, 0.5))
    assert b"a" not in shown  # what follows it is decided and not yet read
    assert said(done)[0] == b"aaa"
    second = [move for move in done.moves if move.drafts is None][1]
    assert tuple(second.lengths) == (1,)
    assert second.chunks[0][:1] == b"b"
    assert search.tally.accepted_bytes < search.tally.drafted_bytes
    assert done.result.hypothesis.data[:2] == b"ab"


def test_a_draft_beyond_the_limits_of_the_constraint_is_none():
    """The byte is no choice from then on, and the one left is read without a draft."""
    wall = Wall(taken=b"a", refused=b"x", accepting=True)
    model = Drafting(
        lambda output: {"a": 1.0} if len(output) < 3 else {"": 1.0},
        lambda output: {"a": 0.5, "x": 0.5},
        patch=9,
    )
    search = Search(wall, 9)
    done = run(model, search, dice=(0.5, 0.9))
    assert done.result.hypothesis.data == b"aaa"
    assert (search.tally.drafted_bytes, search.tally.unexplored_bytes) == (0, 1)


def test_a_kept_byte_starts_a_patch_where_its_own_place_is_a_start():
    """Starts after it are those of bytes that may not be kept."""
    search = Search(AB.star(), None)
    one = search.append(search.start, b"a", (0,), 0.0, 0.0)
    for starts, expected in (([0, 1, 2], (0, 1)), ([0, 2], (0,))):
        rows = SimpleNamespace(patch_starts=lambda row, starts=starts: starts)
        found = _append(search, one, _Choice(ord("b"), -1.0, -2.0), rows)
        assert (found.data, found.patch_starts) == (b"ab", expected)
        assert (found.log_probability, found.log_weight) == (-1.0, -2.0)


def test_committed_bytes_end_where_a_byte_is_still_to_come():
    """After a kept patch the hypothesis is shown; whether it is closed is what the row says."""
    model = Drafting(even, even, patch=2)
    search, shown = Search(AB.repeat(3, 3), None), []
    commit = search.commit
    search.commit = lambda one, *, closed=True: (shown.append((one.data, closed)), commit(one, closed=closed))
    run(model, search, dice=(0.1, 0.1, 0.1, 0.1, 0.1))
    assert shown[0] == (b"aa", True)
    assert shown[-1][0] == b"aaa"


def test_a_model_without_a_drafter_is_decoded_as_by_the_mask():
    """Patch by patch, each shown."""
    model = FunctionModel(lambda prompt, output: logits_of({"a": 0.5, "b": 0.5})[0], patch=1)
    search, shown = Search(AB.repeat(2, 2), None), []
    commit = search.commit
    search.commit = lambda one: (shown.append(one.data), commit(one))
    done = run(model, search, dice=(0.1, 0.9, 0.5))
    assert done.result.hypothesis.data == b"ab"
    assert shown == [b"a", b"ab", b"ab"]
    assert all(move.drafts is None for move in done.moves)


def guess(byte, **probabilities):
    """A guess drawn from these."""
    return _Guess(ord(byte), logits_of(probabilities)[0])


def test_a_guess_is_kept_by_the_ratio_of_its_probabilities():
    """min(1, p / q); else what comes is drawn from max(p - q, 0)."""
    target = logits_of({"a": 0.25, "b": 0.5, "c": 0.25})[0]
    drawn = guess("a", a=0.5, b=0.25, c=0.25)
    assert _accepted(target, drawn, Dice(0.49), greedy=False) == ord("a")
    # Rejected: only b has more in the target.
    for number in (0.0, 0.5, 0.99):
        assert _accepted(target, drawn, Dice(0.51, number), greedy=False) == ord("b")
    # What the target never says is never kept.
    never = logits_of({"b": 1.0})[0]
    assert _accepted(never, guess("a", a=1.0), Dice(0.0, 0.5), greedy=False) == ord("b")
    # More probable in the target: always kept.
    assert _accepted(target, guess("b", a=0.5, b=0.25, c=0.25), Dice(0.999), greedy=False) == ord("b")
    # Two that have more are drawn by how much.
    wide = guess("a", a=0.8, b=0.1, c=0.1)
    found = [_accepted(target, wide, Dice(0.9, at), greedy=False) for at in (0.0, 0.72, 0.74)]
    assert found == [ord("b"), ord("b"), ord("c")]


def test_a_guess_rejected_by_rounding_alone_is_drawn_from_the_target():
    """Where the two are equal."""
    target = logits_of({"a": 0.5, "b": 0.5})[0]
    assert _accepted(target, guess("a", a=0.5, b=0.5), Dice(1.0, 0.1), greedy=False) == ord("a")
    assert _accepted(target, guess("a", a=0.5, b=0.5), Dice(1.0, 0.9), greedy=False) == ord("b")
    assert np.isneginf(target[0])


def test_a_greedy_guess_is_the_best_of_the_target():
    """Whatever was guessed; no number is drawn."""
    target = logits_of({"a": 0.4, "b": 0.6})[0]
    dice = Dice(0.7)
    assert _accepted(target, guess("a", a=1.0), dice, greedy=True) == ord("b")
    assert dice.left == [0.7]
