"""A beam over patches, move by move; and the best of several draws."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bltgen.automata.language import literal, union
from bltgen.decoding.batch import Move
from bltgen.decoding.beam import Beam, BestOf, _Choice, _Lead
from bltgen.decoding.hypothesis import Hypothesis
from bltgen.decoding.sampling import SamplingParameters
from bltgen.decoding.search import Search
from bltgen.decoding.unconstrained import ANYTHING
from bltgen.testing.models import FunctionModel, constant, table, whimsical
from tests.decoding.driving import drive

AB = union(literal(b"a"), literal(b"b"))


def run(strategy, model, search, dice=None):
    """The whole strategy."""
    return drive(model, search, lambda rows: strategy.decode(search, rows), dice=dice)


def test_the_settings_have_bounds():
    """width and n at least 1, a finite length penalty of at least 0."""
    assert (Beam().width, Beam().length_penalty, BestOf().n) == (4, 0.0, 4)
    assert Beam(width=1, length_penalty=0).length_penalty == 0
    for wrong in (
        {"width": 0},
        {"length_penalty": -0.1},
        {"length_penalty": math.inf},
        {"length_penalty": "1"},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Beam(**wrong)
    assert BestOf(n=1).n == 1
    with pytest.raises(ValueError, match="n=0"):
        BestOf(n=0)
    assert "of 3 draws" in BestOf(n=3).draws_from


@pytest.mark.parametrize(("penalty", "score"), [(0.0, -4.0), (1.0, -2.0), (2.0, -1.0)])
def test_a_score_is_divided_by_the_length(penalty, score):
    """((5 + bytes) / 6) ** penalty: 7 bytes are 2 ** penalty."""
    assert Beam(length_penalty=penalty).score(Hypothesis(ANYTHING, b"x" * 7, log_probability=-4.0)) == score
    assert Beam(length_penalty=penalty).score(Hypothesis(ANYTHING, b"x", log_probability=-4.0)) == -4.0


GARDEN = {
    b"": {b"a": 0.6, b"b": 0.4},
    b"a": {b"a": 0.5, b"b": 0.5},
    b"b": {b"b": 0.9, b"a": 0.1},
    b"aa": {256: 1.0},
    b"ab": {256: 1.0},
    b"ba": {256: 1.0},
    b"bb": {256: 1.0},
}


@pytest.mark.parametrize("patch", [1, 2, 3])
def test_a_beam_finds_what_greedy_misses(patch):
    """bb (0.36) before aa and ab (0.3 each), whatever the patches; width 1 is greedy."""
    for width, best, probability in ((1, b"aa", 0.3), (2, b"bb", 0.36), (4, b"bb", 0.36)):
        search = Search(AB + AB, None)
        found = run(Beam(width=width), table(GARDEN, patch=patch), search).result
        assert (found.hypothesis.data, found.hypothesis.finish) == (best, "end")
        assert math.isclose(found.hypothesis.log_probability, math.log(probability))
        assert found.hypothesis.log_weight == 0.0
        assert found.candidates[0] == found.hypothesis
        scores = [one.log_probability for one in found.candidates]
        assert scores == sorted(scores, reverse=True)
        assert len(found.candidates) <= width
        assert found.hypothesis.patch_starts == ((0, 1) if patch == 1 else (0,))


def test_a_wide_beam_knows_the_finished_texts_in_order():
    """All four of them, with their probabilities."""
    found = run(Beam(width=4, length_penalty=0.1), table(GARDEN, patch=3), Search(AB + AB, None)).result
    assert [one.data for one in found.candidates][:1] == [b"bb"]
    assert sorted(one.data for one in found.candidates) == [b"aa", b"ab", b"ba", b"bb"]
    assert [round(math.exp(one.log_probability), 4) for one in found.candidates] == [0.36, 0.3, 0.3, 0.04]
    assert all(one.log_weight == 0.0 for one in found.candidates)


def test_the_model_as_it_is_ranks():
    """Temperature and truncation change nothing; forbidden bytes are not renormalised."""
    model = table({b"": {b"a": 0.3, b"b": 0.2, b"c": 0.5}, b"a": {256: 1.0}, b"b": {256: 1.0}})
    for parameters in (SamplingParameters(), SamplingParameters(temperature=0.1, top_k=1)):
        found = run(Beam(width=2), model, Search(AB, None, parameters)).result
        assert found.hypothesis.data == b"a"
        assert math.isclose(found.hypothesis.log_probability, math.log(0.3))


def test_it_ends_as_soon_as_nothing_can_overtake():
    """A live text that is less probable than a finished one is not continued."""
    model = table({b"": {256: 0.52, b"a": 0.48}, b"a": {b"a": 1.0}, b"aa": {256: 1.0}}, patch=1)
    search = Search(literal(b"a").repeat(0, 9), None)
    done = run(Beam(width=2), model, search)
    assert (done.result.hypothesis.data, len(done.moves)) == (b"", 1)
    # With a length penalty it may still be: 0.48 at two bytes is better than 0.52 at none.
    hopeful = run(Beam(width=2, length_penalty=1), model, Search(literal(b"a").repeat(0, 9), 9))
    assert hopeful.result.hypothesis.data == b"aa"


def test_a_live_text_that_may_still_win_goes_on():
    """More probable than the best that has ended."""
    model = table({b"": {256: 0.4, b"a": 0.6}, b"a": {b"a": 0.9, 256: 0.1}, b"aa": {256: 1.0}}, patch=1)
    found = run(Beam(width=2), model, Search(literal(b"a").repeat(0, 9), None)).result
    assert found.hypothesis.data == b"aa"
    assert [one.data for one in found.candidates] == [b"aa", b""]


def test_forced_bytes_come_in_one_chunk():
    """In the row of their lead, with all their patches, counted as forced."""
    words = union(literal(b"axyz"), literal(b"bxyz"))
    search = Search(words, None)
    done = run(Beam(width=2), constant(patch=2), search)
    one = done.result.hypothesis
    assert (one.data[1:], one.forced_bytes, one.patch_starts) == (b"xyz", 3, (0, 2))
    assert math.isclose(one.log_probability, -5 * math.log(257))
    first, second = done.moves[:2]
    assert (sorted(first.chunks), tuple(first.rows), first.keep_logits) == ([b"a", b"b"], (0, 0), False)
    assert (list(second.chunks), second.keep_logits) == ([b"xyz", b"xyz"], True)
    assert done.widths[:2] == [2, 2]


def test_a_text_that_stops_is_finished():
    """Its row goes no further."""
    model = table({b"": {b"a": 0.7, b"b": 0.3}, b"a": {b"x": 1.0}, b"b": {b"x": 1.0}}, patch=9)
    search = Search(None, None, stop=(b"x",))
    found = run(Beam(width=2), model, search).result
    assert [(one.data, one.finish) for one in found.candidates] == [(b"a", "stop"), (b"b", "stop")]


def test_free_text_of_no_bytes_is_found_at_once():
    """Without a move."""
    search = Search(None, 0)
    done = run(Beam(), constant(), search)
    assert done.result.hypothesis is search.start
    assert done.result.candidates == ()
    assert done.moves == []


def test_rows_are_chosen_after_each_patch():
    """The best `width` of all, whatever they came from; what they agree on is shown."""
    model = table(
        {
            b"": {b"a": 0.9, b"b": 0.1},
            b"a": {b"a": 0.5, b"b": 0.5},
            b"b": {b"a": 0.5, b"b": 0.5},
            **{bytes(t): {256: 1.0} for t in (b"aa", b"ab", b"ba", b"bb")},
        },
        patch=1,
    )
    search, shown = Search(AB + AB, None), []
    agreed = search.commit_agreed

    def commit_agreed(hypotheses):
        agreed(hypotheses)
        shown.append((search.committed.data, search.committed_closed))

    search.commit_agreed = commit_agreed
    done = run(Beam(width=2), model, search)
    # First patch: a, b. Second: aa and ab of a, ba and bb of b: four rows, of which those of a are kept.
    assert done.widths == [2, 2, 4, 2]
    assert (tuple(done.moves[2].rows), list(done.moves[2].chunks)) == ((0, 0, 1, 1), [b"b", b"a", b"b", b"a"])
    assert shown[:2] == [(b"", False), (b"a", False)]
    assert sorted(one.data for one in done.result.candidates) == [b"aa", b"ab"]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_patch_of_several_leads_is_that_of_each_alone(seed, width):
    """They do not compete before the patch is over; forced bytes of one stand beside draws of another."""
    inner = whimsical(seed, scale=1.5)

    def boundary(output):
        return output[-1:] == b"b" or len(output) % 5 == 0

    model = FunctionModel(inner.logits, boundary=boundary)
    search = Search(union(literal(b"a"), literal(b"b"), literal(b"caaab")).repeat(1, 6), 12)
    firsts = [b"a", b"b", b"ca"]

    def patch(leads):
        def begin(rows):
            rows = yield Move([b""] * len(leads), rows=[0] * len(leads))
            rows = yield Move(leads)
            made = [
                _Lead(search.append(search.start, text, (), -0.1 * len(text), 0.0), at, at, False)
                for at, text in enumerate(leads)
            ]
            ended, complete, _ = yield from Beam(width=width)._patch(search, made, rows)
            return ended, complete

        return drive(model, search, begin).result

    ended, complete = patch(firsts)
    for origin, text in enumerate(firsts):
        alone_ended, alone_complete = patch([text])
        theirs = [lead for lead in complete if lead.origin == origin]
        assert [(lead.hypothesis, lead.at_boundary) for lead in theirs] == [
            (lead.hypothesis, lead.at_boundary) for lead in alone_complete
        ]
        assert [one for one in ended if one.data.startswith(text)] == alone_ended
        assert len(theirs) <= width
    assert [lead.row for lead in complete] == sorted({lead.row for lead in complete})


def test_the_best_bytes_of_a_lead():
    """At most `width`, the most probable first, the end counted and put aside; forced runs are one choice."""
    search = Search(union(literal(b"a"), literal(b"b"), literal(b"c")).repeat(0, 3), None)
    model = table({b"": {b"a": 0.1, b"b": 0.4, b"c": 0.2, 256: 0.3}})

    def expanded(width, search=search):
        def begin(rows):
            start = Hypothesis(search.root, log_probability=-1.0)
            ended = []
            found = Beam(width=width)._expanded(search, _Lead(start, 0, 7, True), rows, ended)
            return found, ended
            yield

        return drive(model, search, begin).result

    found, ended = expanded(3)
    assert [choice.chunk for choice in found] == [b"b", b"c"]
    assert np.allclose([choice.score for choice in found], -1 + np.log([0.4, 0.2]))
    assert not any(choice.forced for choice in found)
    ((origin, end),) = ended
    assert (origin, end.finish) == (7, "end")
    assert math.isclose(end.log_probability, -1 + math.log(0.3))
    assert [choice.chunk for choice in expanded(9)[0]] == [b"b", b"c", b"a"]
    assert expanded(1)[1] == []
    (choice,), none = expanded(2, Search(literal(b"xy"), None))
    assert (choice.chunk, choice.score, choice.forced, none) == (b"xy", -1.0, True, [])


def test_a_byte_beyond_the_limits_takes_no_place():
    """The next best is taken instead."""
    search = Search(AB, None)
    refused = search.can_follow
    search.can_follow = lambda one, column: column != ord("b") and refused(one, column)
    found = run(Beam(width=1), table({b"": {b"a": 0.1, b"b": 0.9}, b"a": {256: 1.0}}), search).result
    assert found.hypothesis.data == b"a"


def test_a_longer_lead_has_the_score_of_its_choice():
    """And starts a patch where its lead was at a boundary."""
    search = Search(AB.repeat(0, 9), None)
    one = search.append(search.start, b"a", (), 0.0, 0.0)
    for boundary, starts in ((True, (0, 1)), (False, (0,))):
        choice = _Choice(_Lead(one, 0, 0, boundary), b"b", -3.0, forced=False)
        longer = Beam()._longer(search, choice, None, 0)
        assert (longer.data, longer.patch_starts, longer.log_probability) == (b"ab", starts, -3.0)
        assert longer.forced_bytes == 0


def test_the_best_of_several_draws():
    """By probability; all of them are candidates, best first, with their own weights."""
    model = table({b"": {b"a": 0.2, b"b": 0.3, b"c": 0.5}, b"a": {256: 1.0}, b"b": {256: 1.0}}, patch=1)
    search = Search(AB, None)
    done = run(BestOf(n=3), model, search, dice=[(0.1,), (0.9,), (0.2,)])
    assert done.result.hypothesis.data == b"b"
    assert [one.data for one in done.result.candidates] == [b"b", b"a", b"a"]
    assert math.isclose(done.result.hypothesis.log_weight, math.log(0.5))
    assert math.isclose(done.result.hypothesis.log_probability, math.log(0.3))
    assert (tuple(done.moves[0].chunks), tuple(done.moves[0].rows)) == ((b"",) * 3, (0,) * 3)
    assert search.committed.data == b""
    # All the same: what they say is shown.
    search = Search(AB, None)
    run(BestOf(n=2), model, search, dice=[(0.1,), (0.2,)])
    assert search.committed.data == b"a"
