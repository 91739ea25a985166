"""The mask strategy, one row patch by patch; and what all strategies check."""

from __future__ import annotations

import math

import pytest

from bltgen.automata.language import literal, union
from bltgen.decoding.hypothesis import Hypothesis
from bltgen.decoding.search import Search
from bltgen.decoding.strategy import Decoded, Mask, check_counts
from bltgen.decoding.unconstrained import ANYTHING
from bltgen.testing.models import constant, table
from tests.decoding.driving import drive


def test_counts_are_integers_of_at_least_one():
    """The setting is named."""
    check_counts(a=1, b=99)
    for wrong in (0, -1, 1.0, True, None):
        with pytest.raises(ValueError, match=r"^b=.*: an integer >= 1 is needed$"):
            check_counts(a=1, b=wrong)


def test_a_decoded_text_has_no_candidates_unless_given():
    """It may stand alone."""
    one = Hypothesis(ANYTHING)
    assert Decoded(one).candidates == ()
    assert Decoded(one).hypothesis is one


def test_a_hypothesis_begins_empty():
    """With a patch at 0, certain, unfinished."""
    one = Hypothesis(ANYTHING)
    assert (one.data, one.patch_starts, one.log_probability, one.log_weight) == (b"", (0,), 0.0, 0.0)
    assert (one.forced_bytes, one.finish, one.finished) == (0, None, False)
    for finish in ("end", "stop", "length"):
        assert Hypothesis(ANYTHING, finish=finish).finished


def test_the_mask_shows_each_patch_and_draws_from_one_stream():
    """Until the text has ended."""
    ab = union(literal(b"a"), literal(b"b"))
    rows = {b"": {b"a": 0.5, b"x": 0.5}, b"a": {b"b": 1.0}, b"ab": {256: 1.0}}
    search, shown, asked = Search(ab + ab, None), [], []
    commit, generators = search.commit, search.generators
    search.commit = lambda one: (shown.append(one.data), commit(one))
    search.generators = lambda count: asked.append(count) or generators(count)
    found = drive(table(rows, patch=1), search, lambda rows: Mask().decode(search, rows)).result
    assert (found.hypothesis.data, found.candidates) == (b"ab", ())
    assert (shown, asked) == ([b"a", b"ab", b"ab"], [1])
    assert math.isclose(found.hypothesis.log_weight, math.log(0.5))


def test_a_finished_start_takes_no_move():
    """Free text of no bytes."""
    search = Search(None, 0)
    done = drive(constant(), search, lambda rows: Mask().decode(search, rows))
    assert done.result.hypothesis is search.start
    assert done.moves == []
