"""Decoding a patch again: which candidate is taken, what it weighs, what is given up, when the mask is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bltgen.automata.language import literal, union
from bltgen.decoding.hypothesis import Hypothesis
from bltgen.decoding.redecode import (
    CERTAIN,
    Backtrack,
    Place,
    Redecode,
    _Stack,
    _try_patch,
    forced_chunk,
    free_patch,
)
from bltgen.decoding.sampling import SamplingParameters
from bltgen.decoding.search import Search
from bltgen.decoding.unconstrained import ANYTHING
from bltgen.testing.models import FunctionModel, constant, table
from tests.decoding.driving import drive, logits_of, rows_of

AB = union(literal(b"a"), literal(b"b"))
EVEN = {"a": 0.25, "b": 0.25, "x": 0.5}


def model_of(probabilities: dict[str, float], *, ends: bytes = b"", patch: int = 4) -> FunctionModel:
    """Always the same distribution. ends: bytes after which a patch starts; else every `patch` bytes."""
    row = logits_of(probabilities)[0]
    boundary = (lambda output: output[-1:] in [bytes((b,)) for b in ends]) if ends else None
    return FunctionModel(lambda prompt, output: row, boundary=boundary, patch=patch)


def free(model, search, count, dice, *, said=b""):
    """`free_patch` of `count` candidates at the start, from rows that have said something meanwhile."""

    def begin(rows):
        from bltgen.decoding.batch import Move

        place = Place.of(search, search.start, rows)
        if said:
            rows = yield Move((said,))
        return (yield from free_patch(search, place, rows, search.generators(count)))

    return drive(model, search, begin, dice=dice)


def test_the_settings_are_counts():
    """Each of them is at least 1; the defaults are as documented."""
    assert (Redecode().max_tries, Redecode().candidates) == (16, 4)
    made = Backtrack()
    assert (made.max_tries, made.candidates, made.depth, made.max_backtracks) == (8, 4, 2, 16)
    for name in ("max_tries", "candidates"):
        with pytest.raises(ValueError, match=f"{name}=0"):
            Redecode(**{name: 0})
    for name in ("max_tries", "candidates", "depth", "max_backtracks"):
        assert getattr(Backtrack(**{name: 1}), name) == 1
        with pytest.raises(ValueError, match=f"{name}=0"):
            Backtrack(**{name: 0})
    assert "after 3 tries" in Redecode(max_tries=3).draws_from
    assert "failed 3 times" in Backtrack(max_tries=3).draws_from


def test_a_forced_chunk_is_one_move_with_its_scores():
    """No move where there is a choice."""
    search = Search(literal(b"abc") + AB, None)
    done = drive(constant(patch=2), search, lambda rows: forced_chunk(search, search.start, rows))
    hypothesis, rows = done.result
    assert (hypothesis.data, hypothesis.forced_bytes, hypothesis.patch_starts) == (b"abc", 3, (0, 2))
    assert math.isclose(hypothesis.log_probability, -3 * math.log(257))
    assert math.isclose(hypothesis.log_weight, -3 * math.log(257))
    assert [(tuple(move.chunks), move.keep_logits) for move in done.moves] == [((b"abc",), True)]
    assert rows.session.lengths == [3]
    choice = Search(AB, None)
    none = drive(constant(), choice, lambda rows: forced_chunk(choice, choice.start, rows))
    assert none.result[0] is choice.start
    assert none.moves == []


def test_a_place_keeps_its_own_logits():
    """Of row 0, and its base distribution."""
    search = Search(None, None, SamplingParameters(top_k=1))
    session = model_of({"a": 0.75, "b": 0.25}).session([b"prom"])
    rows = rows_of(session, None, b"prom")
    place = Place.of(search, search.start, rows)
    assert place.logits is not rows.logits
    assert np.array_equal(place.logits, rows.logits)
    assert not np.shares_memory(place.logits, rows.logits)
    assert np.exp(place.base.truncated[0, 97]) == 1
    assert place.at_boundary is True
    assert (
        Place.of(search, search.start, rows_of(model_of(EVEN).session([b"p"]), None, b"p")).at_boundary
        is False
    )


def test_the_first_candidate_that_stays_valid_is_taken():
    """Not one that was shorter: it waits until all before it were rejected."""
    search = Search(AB.repeat(1, 9), None)
    model = model_of(EVEN, ends=b"b")
    # The first goes aab, the second b at once, the third leaves the language.
    done = free(model, search, 3, [(0.1, 0.1, 0.3), (0.3,), (0.9,)])
    index, found, rows = done.result
    assert (index, found.data, found.finish) == (0, b"aab", None)
    assert math.isclose(found.log_probability, 3 * math.log(0.25))
    assert found.log_weight == 0.0
    assert found.patch_starts == (0,)
    assert [tuple(move.chunks) for move in done.moves] == [
        (b"a", b"b", b""),
        (b"a", b"", b""),
        (b"b", b"", b""),
    ]
    assert [move.rows for move in done.moves] == [(0, 0, 0), None, None]
    assert [move.lengths for move in done.moves] == [(0, 0, 0), None, None]
    assert rows.session.lengths == [3, 1, 0]


def test_a_later_candidate_is_taken_once_those_before_it_are_rejected():
    """With its index."""
    search = Search(AB.repeat(1, 9), None)
    model = model_of(EVEN, ends=b"b")
    done = free(model, search, 3, [(0.1, 0.1, 0.9), (0.3,), (0.1, 0.1, 0.1)])
    index, found, _ = done.result
    assert (index, found.data) == (1, b"b")
    assert [tuple(move.chunks) for move in done.moves][1:] == [(b"a", b"", b"a"), (b"", b"", b"a")]
    # It is not waited for where it is complete when the first is rejected.
    done = free(model, search, 2, [(0.9,), (0.1, 0.3)])
    assert done.result[:2][0] == 1
    assert done.result[1].data == b"ab"


def test_where_all_candidates_leave_the_language_there_is_none():
    """What was at the place comes back."""
    search = Search(AB.repeat(1, 9), None)
    done = free(model_of(EVEN), search, 2, [(0.9,), (0.9,)])
    assert done.result[0] is None
    assert done.result[1] is search.start
    assert done.moves == []
    done = free(model_of(EVEN), search, 2, [(0.1, 0.9), (0.9,)])
    assert done.result[0] is None
    assert len(done.moves) == 1


def test_a_candidate_may_end():
    """By the end column, which is a choice where the text is valid; no move is made for it."""
    search = Search(AB.repeat(0, 3), None)
    done = free(model_of({"a": 0.5, "": 0.5}), search, 1, [(0.9,)])
    index, found, _ = done.result
    assert (index, found.data, found.finish) == (0, b"", "end")
    assert math.isclose(found.log_probability, math.log(0.5))
    assert done.moves == []
    must = Search(AB, None)
    assert free(model_of({"a": 0.5, "": 0.5}), must, 1, [(0.9,)]).result[0] is None


def test_rows_are_cut_back_to_the_place():
    """Whatever they have said since."""
    search = Search(AB.repeat(1, 9), None)
    done = free(model_of(EVEN, ends=b"b"), search, 2, [(0.3,), (0.3,)], said=b"ab")
    assert done.moves[1].lengths == (0, 0)
    assert done.result[1].data == b"b"


def test_patches_begin_where_the_rows_say_so():
    """At the place, then never inside the patch."""
    search = Search(AB.repeat(1, 9), None)
    first = search.append(search.start, b"a", (), 0.0, 0.0)

    def begin(rows):
        from bltgen.decoding.batch import Move

        rows = yield Move((b"a",))
        place = Place.of(search, first, rows)
        return (yield from free_patch(search, place, rows, search.generators(1)))

    model = FunctionModel(
        lambda prompt, output: logits_of(EVEN)[0], boundary=lambda output: output in (b"a", b"aba")
    )
    done = drive(model, search, begin, dice=[(0.3, 0.1)])
    assert done.result[1].data == b"aba"
    assert done.result[1].patch_starts == (0, 1)


def attempt(model, search, tries, count, dice):
    """`_try_patch` at the start."""

    def begin(rows):
        place = Place.of(search, search.start, rows)
        return (yield from _try_patch(search, place, rows, tries, search.generators(count)))

    return drive(model, search, begin, dice=dice)


def test_one_candidate_is_tried_first_then_several_at_once():
    """The weight is minus the harmonic number of those rejected before the one taken."""
    search = Search(AB.repeat(1, 9), None)
    model = model_of(EVEN, ends=b"b")
    done = attempt(model, search, 9, 3, [(0.3,), (), ()])
    assert (done.result.hypothesis.data, done.result.hypothesis.log_weight) == (b"b", 0.0)
    assert done.widths == [1]
    assert search.tally.redecoded_patches == 0
    # The first is rejected, then of three the third is taken: three rejected before it.
    done = attempt(model, search, 9, 3, [(0.9, 0.9), (0.9,), (0.3,)])
    assert math.isclose(done.result.hypothesis.log_weight, -(1 + 1 / 2 + 1 / 3))
    assert search.tally.redecoded_patches == 3
    assert done.widths == [3, 1]
    assert tuple(done.moves[-1].rows) == (2,)
    assert tuple(done.moves[-1].chunks) == (b"",)
    assert done.result.rows.session.lengths == [1]


def test_tries_are_bounded():
    """The last batch has as many as are left; all that were thrown away are counted."""
    search = Search(AB.repeat(1, 9), None)
    model = model_of(EVEN)
    for tries in (1, 2, 3, 4, 5, 6):
        search.tally.redecoded_patches = 0
        dice = [(0.9,) * 9] * 3
        made = []
        generators = [list(numbers) for numbers in dice]
        done = attempt(model, search, tries, 3, generators)
        assert done.result.hypothesis is None, made
        assert search.tally.redecoded_patches == tries


def test_greedy_tries_once():
    """A second try would say the same."""
    search = Search(AB.repeat(1, 9), None, SamplingParameters(temperature=0))
    done = attempt(model_of(EVEN), search, 9, 3, [(), (), ()])
    assert done.result.hypothesis is None
    assert search.tally.redecoded_patches == 1


def test_a_finished_text_needs_no_row():
    """None is selected for it."""
    search = Search(AB.repeat(0, 3), None)
    model = model_of({"a": 0.25, "x": 0.5, "": 0.25})
    done = attempt(model, search, 9, 2, [(0.6, 0.9), (0.6, 0.9)])
    assert done.result.hypothesis.finish == "end"
    assert done.moves == []
    done = attempt(model, search, 9, 2, [(0.6, 0.1, 0.9), (0.1, 0.1)])
    assert done.result.hypothesis.finish == "end"
    assert [move.rows for move in done.moves] == [(0, 0), None]


def decode(strategy, model, search, dice):
    """The whole strategy."""
    return drive(model, search, lambda rows: strategy.decode(search, rows), dice=dice)


def test_the_mask_says_a_patch_after_as_many_tries():
    """From the place, from the first stream; the weight gains what the mask left."""
    search = Search(AB.repeat(1, 9), None)
    model = model_of({"a": 0.25, "b": 0.25, "x": 0.5}, ends=b"b")
    strategy = Redecode(max_tries=3, candidates=2)
    # One is rejected, then two after a valid byte: a, b by the mask. The same again where the end is due.
    search = Search(AB + AB, None)
    text = decode(strategy, model, search, [(0.9, 0.1, 0.9, 0.1, 0.6), (0.1, 0.9)])
    one = text.result.hypothesis
    assert (one.data, one.finish) == (b"ab", "end")
    assert (search.tally.fallbacks, search.tally.redecoded_patches) == (2, 6)
    cuts = [move for move in text.moves if move.lengths is not None and len(move.chunks) == 1]
    found = [(tuple(cut.chunks), tuple(cut.rows), tuple(cut.lengths)) for cut in cuts]
    assert found == [((b"",), (0,), (0,)), ((b"",), (0,), (2,))]
    # a and b have half of the mass each time; the end has none at all.
    assert one.log_weight == -math.inf


def test_fallbacks_are_counted_and_weighed():
    """Two patches by the mask: each leaves a half."""
    search = Search(AB + AB, 2)
    model = table(
        {
            b"": {b"a": 0.25, b"b": 0.25, b"x": 0.5},
            b"a": {b"a": 0.25, b"b": 0.25, b"x": 0.5},
            b"ab": {256: 1.0},
        },
        patch=1,
    )
    done = decode(Redecode(max_tries=1, candidates=1), model, search, [(0.9, 0.1, 0.9, 0.9, 0.5, 0.5)])
    one = done.result.hypothesis
    assert (one.data, one.finish, one.patch_starts) == (b"ab", "end", (0, 1))
    assert (search.tally.fallbacks, search.tally.redecoded_patches) == (2, 2)
    assert math.isclose(one.log_weight, 2 * math.log(0.5))
    assert search.committed.data == b"ab"


def test_a_text_that_stops_by_forced_bytes_is_not_tried_again():
    """The stop string ends in the forced chunk."""
    search = Search(literal(b"ab").optional(), None, stop=(b"ab",))
    done = decode(Redecode(candidates=1), model_of({"a": 1.0}, patch=1), search, [()])
    assert (done.result.hypothesis.data, done.result.hypothesis.finish) == (b"", "stop")
    assert [tuple(move.chunks) for move in done.moves] == [(b"a",), (b"b",)]


def test_redecode_asks_for_its_streams_and_shows_each_patch():
    """As many as there are candidates."""
    search = Search(AB.repeat(2, 2), None)
    seen, commit = [], search.commit
    search.commit = lambda one, **more: (seen.append(one.data), commit(one, **more))
    model = table({b"": {b"a": 1.0}, b"a": {b"b": 1.0}, b"ab": {256: 1.0}}, patch=1)
    asked = []
    generators = search.generators
    search.generators = lambda count: asked.append(count) or generators(count)
    done = drive(model, search, lambda rows: Redecode(candidates=3).decode(search, rows))
    assert (done.result.hypothesis.data, asked, seen) == (b"ab", [3], [b"a", b"ab", b"ab"])


# Backtracking


def places(*texts: bytes) -> list[Place]:
    """Places that differ by their bytes alone."""
    return [Place(Hypothesis(ANYTHING, text), None, None, True) for text in texts]


def test_a_stack_settles_what_lies_before_its_uncertain_patches():
    """A certain patch at the bottom is settled at once."""
    a, b, c, d, e = places(b"", b"b", b"bc", b"bcd", b"bcde")
    stack = _Stack(a)
    assert stack.last is a
    assert stack.push(b, True, 2) is b
    assert stack.push(c, False, 2) is None
    assert stack.push(d, True, 2) is None
    assert stack.last is d
    assert stack.push(e, False, 2) is None
    # The third uncertain one: the first, and the certain one behind it, are settled.
    (f,) = places(b"bcdef")
    assert stack.push(f, False, 2) is d
    assert stack.last is f


def test_a_stack_goes_back_to_before_uncertain_patches():
    """One, two, not three; certain ones do not count and are given up with them."""

    def stack():
        made = _Stack(named[0])
        for place, certain in zip(named[1:], (False, True, False, True), strict=True):
            made.push(place, certain, 9)
        return made

    named = places(b"", b"1", b"12", b"123", b"1234")
    one = stack()
    assert one.give_up(1)
    assert one.last is named[2]
    assert one.give_up(1)
    assert one.last is named[0]
    assert not one.give_up(1)
    two = stack()
    assert two.give_up(2)
    assert two.last is named[0]
    three = stack()
    assert not three.give_up(3)
    assert three.last is named[4]
    # What was given up is no longer uncertain.
    assert one.push(named[1], True, 9) is named[1]


def trap() -> tuple[FunctionModel, object]:
    """After "a" nothing valid is likely; after "b" the next byte is certain."""
    model = table(
        {
            b"": {b"a": 0.5, b"b": 0.5},
            b"a": {b"x": 0.99, b"a": 0.01},
            b"b": {b"b": 1.0},
            b"bb": {256: 1.0},
            b"aa": {256: 1.0},
        },
        patch=1,
    )
    return model, AB + AB


def test_a_patch_without_a_valid_candidate_gives_up_the_one_before():
    """No fallback; weight of the patches kept alone."""
    model, language = trap()
    search = Search(language, None)
    done = decode(Backtrack(max_tries=2, candidates=1), model, search, [(0.1, 0.5, 0.5, 0.9, 0.5, 0.5)])
    one = done.result.hypothesis
    assert (one.data, one.finish) == (b"bb", "end")
    assert (search.tally.redecoded_patches, search.tally.fallbacks) == (2, 0)
    assert one.log_weight == 0.0
    assert search.committed is None  # the first patch was uncertain, and might still have been given up


def test_the_mask_takes_over_after_the_last_backtrack():
    """Or where nothing before it is uncertain."""
    model, language = trap()
    search = Search(language, None)
    numbers = (0.1, 0.5, 0.1, 0.5, 0.5, 0.5)
    done = decode(Backtrack(max_tries=1, candidates=1, max_backtracks=1), model, search, [numbers])
    assert done.result.hypothesis.data == b"aa"
    assert (search.tally.redecoded_patches, search.tally.fallbacks) == (2, 1)
    assert math.isclose(done.result.hypothesis.log_weight, math.log(0.01))
    # A failure at the start has nothing to give up.
    first = Search(union(literal(b"aa")) | literal(b"ab"), None)
    done = decode(
        Backtrack(max_tries=1, candidates=1),
        table({b"": {b"x": 1.0}, b"a": {b"a": 1.0}, b"aa": {256: 1.0}}, patch=1),
        first,
        [(0.5, 0.5, 0.5, 0.5)],
    )
    assert done.result.hypothesis.data == b"aa"


@pytest.mark.parametrize(("most", "said", "fallbacks"), [(1, b"baa", 1), (2, b"bbb", 0)])
def test_backtracks_are_counted_one_by_one(most, said, fallbacks):
    """After a, and after ba, the first try fails: two are needed."""
    rows = {
        b"": {b"a": 0.5, b"b": 0.5},
        b"a": {b"x": 1.0},
        b"b": {b"a": 0.5, b"b": 0.5},
        b"ba": {b"a": 0.5, b"x": 0.5},
        b"bb": {b"b": 1.0},
    }
    search = Search(AB.repeat(3, 3), None)
    strategy = Backtrack(max_tries=1, candidates=1, max_backtracks=most)
    done = decode(strategy, table(rows, patch=1), search, [(0.1, 0.5, 0.9, 0.1, 0.9, 0.9)])
    assert (done.result.hypothesis.data, search.tally.fallbacks) == (said, fallbacks)


def test_the_same_place_gives_up_more_each_time_it_fails_then_the_mask():
    """depth 1: the second failure at the same offset is the mask's."""
    model, language = trap()
    search = Search(language, None)
    done = decode(
        Backtrack(max_tries=1, candidates=1, depth=1), model, search, [(0.1, 0.5, 0.1, 0.5, 0.5, 0.5)]
    )
    assert done.result.hypothesis.data == b"aa"
    assert search.tally.fallbacks == 1


def test_greedy_gives_nothing_up():
    """It would say the same again."""
    model = table({b"": {b"a": 0.6, b"b": 0.4}, b"a": {b"x": 1.0}, b"aa": {256: 1.0}}, patch=1)
    search = Search(AB + literal(b"a") | AB + literal(b"c"), None, SamplingParameters(temperature=0))
    done = decode(Backtrack(max_tries=3, candidates=1), model, search, [()])
    assert done.result.hypothesis.data == b"aa"
    assert (search.tally.fallbacks, search.tally.redecoded_patches) == (1, 1)


@pytest.mark.parametrize(("probability", "given_up"), [(0.95, False), (0.85, True)])
def test_a_certain_patch_is_not_given_up(probability, given_up):
    """One of more than nine tenths is certain."""
    assert math.isclose(CERTAIN, math.log(0.9))
    model = table(
        {
            b"": {b"a": probability, b"b": 1 - probability},
            b"a": {b"x": 0.5, b"a": 0.5},
            b"b": {b"b": 1.0},
            b"aa": {256: 1.0},
            b"bb": {256: 1.0},
        },
        patch=1,
    )
    search = Search(AB + AB, None)
    shown, commit = [], search.commit
    search.commit = lambda one, *, closed: (shown.append((one.data, closed)), commit(one, closed=closed))
    numbers = (0.1, 0.99, 0.99, 0.6, 0.5) if given_up else (0.1, 0.99, 0.5, 0.5)
    done = decode(Backtrack(max_tries=1, candidates=1), model, search, [numbers])
    assert done.result.hypothesis.data == (b"bb" if given_up else b"aa")
    assert search.tally.fallbacks == (0 if given_up else 1)
    assert shown == ([] if given_up else [(b"a", True), (b"aa", True), (b"aa", True)])
