"""Exact sampling, try by try: what is rejected, what is remembered, when it counts, and the draw at last."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bltgen.automata.language import literal, union
from bltgen.decoding.exact import Exact, Trie, _Walks
from bltgen.decoding.sampling import SamplingParameters
from bltgen.decoding.search import Search
from bltgen.testing.models import constant, table
from tests.decoding.driving import Dice, drive, rows_of

AB = union(literal(b"a"), literal(b"b"))
MODEL = table(
    {
        b"": {b"a": 0.2, b"b": 0.3, b"x": 0.5},
        b"a": {256: 1.0},
        b"b": {b"y": 0.75, 256: 0.25},
        b"bb": {256: 1.0},
    },
    patch=1,
)


def run(strategy, model, search, dice):
    """The whole strategy."""
    return drive(model, search, lambda rows: strategy.decode(search, rows), dice=dice)


def test_the_settings_are_counts():
    """At least 1 each; the defaults are as documented."""
    assert (Exact().max_tries, Exact().at_once, Exact().trie, Trie().max_nodes) == (200, 8, None, 20_000)
    for name in ("max_tries", "at_once"):
        assert getattr(Exact(**{name: 1}), name) == 1
        with pytest.raises(ValueError, match=f"{name}=0"):
            Exact(**{name: 0})
    assert "after 7 rejected texts" in Exact(max_tries=7).draws_from


def test_a_first_try_that_is_valid_is_taken():
    """By the base distribution with no mask; its weight is 1 and its bound is known."""
    search = Search(AB, None)
    done = run(Exact(), MODEL, search, [(0.1, 0.5)] * 8)
    one = done.result.hypothesis
    assert (one.data, one.finish, one.log_weight) == (b"a", "end", 0.0)
    assert math.isclose(one.log_probability, math.log(0.2))
    assert one.patch_starts == (0,)
    assert (search.tally.tries, search.tally.fallbacks) == (1, 0)
    # What was seen: a leads to the end for sure; b may, as far as is known; x is invalid.
    assert math.isclose(search.tally.valid_mass_bound, 0.5)
    assert [tuple(move.chunks) for move in done.moves] == [(b"a",)]


def test_a_rejected_text_is_remembered_from_the_next_round_on():
    """Rounds of 1, 2, 4 ... tries, the first valid one by order."""
    search = Search(AB, None)
    done = run(Exact(at_once=4), MODEL, search, [(0.4, 0.1, 0.5, 0.1), (0.1, 0.5)])
    # Round 1: b, then y: rejected. Now b is worth a quarter: a 0.2, b 0.075.
    # Round 2: the first stream draws b (0.5 of 0.275 is a; 0.9 would be b).
    assert done.result.hypothesis.data == b"a"
    assert search.tally.tries == 3
    assert math.isclose(search.tally.valid_mass_bound, 0.2 + 0.3 * 0.25)


def test_bounds_tighten_to_the_valid_mass():
    """After every text was seen the bound is the mass of all valid ones: 0.2 + 0.3 / 4."""
    trie = Trie()
    for seed in range(12):
        search = Search(AB, None, seed=seed)
        drive(MODEL, search, lambda rows, search=search: Exact(trie=trie).decode(search, rows))
    assert math.isclose(search.tally.valid_mass_bound, 0.275)
    assert trie.nodes == 3
    assert not trie.in_use


def test_draws_follow_the_conditioned_distribution():
    """a has 0.2 and b 0.075: of 400 draws 291 are a, give or take 9 (one standard deviation)."""
    texts = []
    for seed in range(400):
        search = Search(AB, None, seed=seed)
        texts.append(drive(MODEL, search, lambda rows, s=search: Exact(at_once=2).decode(s, rows)).result)
    share = sum(one.hypothesis.data == b"a" for one in texts)
    assert abs(share - 400 * 0.2 / 0.275) < 40


def test_the_mask_is_drawn_from_after_as_many_tries():
    """With the weight that makes it comparable: base mass left, over the bound."""
    search = Search(AB, None)
    done = run(Exact(max_tries=1), MODEL, search, [(0.9, 0.1)])
    one = done.result.hypothesis
    assert (one.data, search.tally.tries, search.tally.fallbacks) == (b"a", 2, 1)
    # The mask left 0.5 at the start; then the end is certain. The bound after it is 0.2 + 0.3.
    assert math.isclose(one.log_weight, math.log(0.5) - math.log(0.5))
    other = Search(AB, None)
    done = run(Exact(max_tries=1), MODEL, other, [(0.9, 0.9)])
    assert done.result.hypothesis.data == b"b"
    # The mask left 0.5, then 0.25; the bound is 0.2 + 0.075.
    assert math.isclose(done.result.hypothesis.log_weight, math.log(0.125 / 0.275))


@pytest.mark.parametrize(
    ("limit", "tries", "widths"), [(1, 1, [1]), (2, 2, [1]), (3, 3, [1, 2]), (6, 6, [1, 2, 3])]
)
def test_rounds_double_up_to_at_once_and_stay_within_the_limit(limit, tries, widths):
    """1, 2, 4, ... and what is left at last."""
    asked = []
    search = Search(AB, None)
    model = table({b"": {b"a": 1e-6, b"x": 1 - 1e-6}, b"a": {256: 1.0}})
    original = _Walks.round

    def watched(self, generators, *, under_mask=False):
        if not under_mask:
            asked.append(len(generators))
            self.root.fresh = True  # so that x is drawn again
        return original(self, generators, under_mask=under_mask)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Walks, "round", watched)
        run(Exact(max_tries=limit, at_once=3), model, search, [(0.5,) * 9] * 3)
    assert sum(asked) == tries
    assert asked == {1: [1], 2: [1, 1], 3: [1, 2], 6: [1, 2, 3]}[limit]
    assert search.tally.tries == tries + 1


def test_without_valid_mass_no_text_is_tried():
    """The mask says one, whose weight is 0."""
    search = Search(AB, None)
    done = run(Exact(), table({b"": {b"x": 1.0}, b"a": {256: 1.0}, b"b": {256: 1.0}}), search, [(0.1,)])
    assert done.result.hypothesis.data == b"a"
    assert (search.tally.tries, search.tally.fallbacks) == (1, 1)
    assert done.result.hypothesis.log_weight == -math.inf


def test_greedy_is_the_mask():
    """Without a try; the weight is what the mask left."""
    search = Search(AB, None, SamplingParameters(temperature=0))
    done = run(Exact(), MODEL, search, [()])
    assert (done.result.hypothesis.data, search.tally.tries) == (b"b", 1)
    assert math.isclose(done.result.hypothesis.log_weight, math.log(0.5 * 0.25))


def test_forced_bytes_are_read_in_the_chunk_of_the_byte_before():
    """Each is a node, scored by the chunk's logits, and no move of its own."""
    words = union(literal(b"axyz"), literal(b"b"))
    model = table(
        {
            b"": {b"a": 0.5, b"b": 0.5},
            b"a": {b"x": 0.5, b"q": 0.5},
            b"ax": {b"y": 1.0},
            b"axy": {b"z": 1.0},
            b"axyz": {256: 1.0},
            b"b": {256: 1.0},
        },
        patch=2,
    )
    search = Search(words, None)
    done = run(Exact(), model, search, [(0.1, 0.9, 0.5, 0.5, 0.5)])
    one = done.result.hypothesis
    assert (one.data, one.patch_starts) == (b"axyz", (0, 2))
    assert math.isclose(one.log_probability, math.log(0.25))
    assert [(tuple(move.chunks), move.keep_logits) for move in done.moves] == [((b"axyz",), True)]
    # What was forced is known, though the try ended before it.
    search = Search(words, None)
    trie = Trie()
    run(Exact(trie=trie, max_tries=1), model, search, [(0.1, 0.1, 0.6)])
    assert math.isclose(search.tally.valid_mass_bound, 0.5 * 0.5 + 0.5)
    assert trie.nodes == 6
    # Another generation walks it without a step of the model.
    again = Search(words, None)
    again_done = run(Exact(trie=trie), model, again, [(0.1, 0.9, 0.5, 0.5, 0.5)])
    assert again_done.result.hypothesis.data == b"axyz"
    assert again_done.moves == []
    assert again_done.result.hypothesis.patch_starts == (0, 2)


def test_a_row_is_cut_back_to_what_it_shares_with_the_next_try():
    """Not further, and never to nothing new: the last byte is read again for its logits."""
    words = union(literal(b"aab"), literal(b"aba"), literal(b"b"))
    model = table(
        {
            b"": {b"a": 0.5, b"b": 0.5},
            b"a": {b"a": 0.5, b"b": 0.5},
            b"aa": {b"q": 1.0},
            b"ab": {b"q": 0.5, b"a": 0.5},
            b"aba": {256: 1.0},
            b"b": {256: 1.0},
        },
        patch=9,
    )
    search = Search(words, None)
    done = run(Exact(at_once=1), model, search, [(0.1, 0.1, 0.5, 0.1, 0.5, 0.1, 0.5)])
    assert done.result.hypothesis.data == b"aba"
    moves = [(tuple(move.chunks), tuple(move.lengths)) for move in done.moves]
    assert moves[0] == ((b"a",), (0,))
    assert moves[1] == ((b"ab",), (1,))
    assert moves[2] == ((b"ba",), (1,))
    assert search.tally.tries == 2


def test_a_shared_trie_is_of_one_task():
    """Constraint, budget, parameters, stop strings and prompt must be the same; an equal one is."""
    language = AB
    model = constant()

    def claimed(trie, logits=None, **changed):
        search = Search(**{"constraint": language, "max_bytes": 5, "seed": 1} | changed)
        session = model.session([b""])
        rows = rows_of(session, None, b"")
        trie.claim(search, rows.logits if logits is None else logits)
        return search, rows

    trie = Trie()
    search, rows = claimed(trie)
    _Walks(search, trie, rows)
    claimed(trie)
    claimed(trie, parameters=SamplingParameters(temperature=1.0))
    shifted = rows.logits.copy()
    shifted[0, 5] += 1e-4
    claimed(trie, shifted)
    other = rows.logits.copy()
    other[0, 5] += 1
    for changed in (
        {"max_bytes": 6},
        {"constraint": literal(b"a")},
        {"stop": (b"x",)},
        {"parameters": SamplingParameters(top_k=1)},
        {"logits": other},
    ):
        with pytest.raises(ValueError, match="this trie has learned about another prompt"):
            claimed(trie, **changed)
    # Cleared, it has no prompt; the task is still its own.
    trie.clear()
    assert (trie.root, trie.nodes) == (None, 0)
    claimed(trie, other)
    with pytest.raises(ValueError, match="this trie has learned"):
        claimed(trie, max_bytes=6)


def test_a_full_trie_is_cleared_before_the_next_generation():
    """At its limit, not below."""
    for limit, nodes in ((2, 2), (3, 3)):
        trie = Trie(max_nodes=limit)
        run(Exact(trie=trie), MODEL, Search(AB, None), [(0.1, 0.5)])
        assert trie.nodes == 2
        run(Exact(trie=trie), MODEL, Search(AB, None), [(0.4, 0.99)])
        assert trie.nodes == nodes


def test_a_trie_in_use_is_left_to_its_user():
    """Another generation learns for itself; after the end, also by an error, it is free."""
    trie = Trie()
    trie.in_use = True
    run(Exact(trie=trie), MODEL, Search(AB, None), [(0.1, 0.5)])
    assert (trie.nodes, trie.in_use) == (0, True)
    trie.in_use = False
    search = Search(AB, None)
    steps = Exact(trie=trie).decode(search, rows_of(MODEL.session([b""]), None, b""))
    next(steps)
    assert trie.in_use
    steps.close()
    assert not trie.in_use


def test_tries_side_by_side_each_have_a_row():
    """The first valid by order is taken, though a later one ends before it."""
    words = union(literal(b"aa"), literal(b"b"))
    model = table(
        {b"": {b"a": 0.5, b"b": 0.5}, b"a": {b"a": 0.5, b"q": 0.5}, b"aa": {256: 1.0}, b"b": {256: 1.0}},
        patch=9,
    )
    search = Search(words, None)
    rows = rows_of(model.session([b""]), None, b"")
    walks = _Walks(search, Trie(), rows)
    found = drive(model, search, lambda rows: walks.round([Dice(0.1, 0.1, 0.5), Dice(0.9, 0.5)]))
    assert found.result.data == b"aa"
    assert [(tuple(m.chunks), tuple(m.rows), tuple(m.lengths)) for m in found.moves] == [
        ((b"aa", b"b"), (0, 0), (0, 0))
    ]
    assert walks.said == [b"aa", b"b"]
    assert math.isclose(walks.valid_mass(), 0.75)
    assert np.isclose(walks.root.bound[ord("a")], 0.5)
    assert walks.trie.nodes == 4


def test_tries_side_by_side_share_the_nodes_of_what_both_said():
    """Whoever comes second finds them made."""
    model = table({b"": {b"a": 1.0}, b"a": {b"a": 0.5, b"b": 0.5}, b"aa": {256: 1.0}, b"ab": {256: 1.0}})
    walks = _Walks(Search(AB + AB, None), Trie(), rows_of(model.session([b""]), None, b""))
    found = drive(model, walks.search, lambda rows: walks.round([Dice(0.1, 0.1, 0.5), Dice(0.1, 0.9, 0.5)]))
    assert found.result.data == b"aa"
    assert walks.trie.nodes == 4
    assert sorted(walks.root.children[ord("a")].children) == [ord("a"), ord("b")]


def test_a_forced_run_that_stops_makes_no_node_of_its_end():
    """Nothing follows it."""
    trie = Trie()
    search = Search(literal(b"xab").optional(), None, stop=(b"xab",))
    model = table({b"": {b"x": 1.0}, b"x": {b"a": 1.0}, b"xa": {b"b": 1.0}, b"xab": {256: 1.0}})
    done = run(Exact(trie=trie), model, search, [(0.5, 0.5, 0.5)])
    assert (done.result.hypothesis.data, done.result.hypothesis.finish) == (b"", "stop")
    assert trie.nodes == 3


def test_a_strategy_with_the_trie_of_another_task_is_refused():
    """Before the first move."""
    trie = Trie()
    run(Exact(trie=trie), MODEL, Search(AB, None), [(0.1, 0.5)])
    with pytest.raises(ValueError, match="this trie has learned about another prompt"):
        run(Exact(trie=trie), MODEL, Search(literal(b"a"), None), [(0.1, 0.5)])
    assert not trie.in_use


def test_a_later_try_is_taken_where_those_before_it_were_rejected():
    """The first valid one of the round; none where all were rejected."""
    words = union(literal(b"aa"), literal(b"b"))
    model = table(
        {b"": {b"a": 0.5, b"b": 0.5}, b"a": {b"a": 0.5, b"q": 0.5}, b"aa": {256: 1.0}, b"b": {256: 1.0}}
    )
    for second, found in ((Dice(0.9, 0.5), b"b"), (Dice(0.1, 0.9), None)):
        walks = _Walks(Search(words, None), Trie(), rows_of(model.session([b""]), None, b""))
        done = drive(model, walks.search, lambda rows, w=walks, s=second: w.round([Dice(0.1, 0.9), s]))
        assert (done.result and done.result.data) == found
