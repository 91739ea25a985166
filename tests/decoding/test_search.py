"""A search alone: its budget, its choices, what it appends, where it stops, what it shows; a masked patch."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import literal, union
from bltgen.decoding import search as search_module
from bltgen.decoding.hypothesis import Hypothesis
from bltgen.decoding.request import Request
from bltgen.decoding.sampling import SamplingParameters
from bltgen.decoding.search import DEFAULT_MAX_BYTES, RUN_LIMIT, Search, masked_patch
from bltgen.decoding.unconstrained import ANYTHING
from bltgen.errors import BudgetTooSmall, EmptyLanguage, LimitExceeded
from bltgen.interruption import CancelToken
from bltgen.testing.models import FunctionModel, constant, scripted, table
from tests.decoding.driving import Dice, columns, drive, logits_of

AB = union(literal(b"a"), literal(b"b"))
LETTERS = AB.repeat(0, 9)


class Wall:
    """A state of a constraint that cannot be asked about some bytes, or about its masks."""

    def __init__(self, *, masks=True, taken=b"ab", refused=b"", accepting=False, forced=b""):
        self.masks, self.taken, self.refused = masks, taken, refused
        self.accepting, self.forced, self.shortest, self.id = accepting, forced, 1, 0
        self.allowed = ByteSet(sum(1 << byte for byte in taken + refused))
        self.rooms: list[int] = []

    def start(self):
        """The wall is its own constraint."""
        return self

    def allowed_within(self, n):
        """All that may be taken, where masks can be had."""
        self.rooms.append(n)
        if not self.masks:
            raise LimitExceeded("masks", 0)
        return self.allowed

    def completion(self):
        """A byte that may be taken."""
        return self.taken[:1]

    def advance(self, byte):
        """Itself, or the limit."""
        if byte in self.refused:
            raise LimitExceeded("states", 0)
        return self


def chosen(allowed: np.ndarray) -> str:
    """The columns by character, "$" for the end."""
    return "".join("$" if at == 256 else chr(at) for at in np.flatnonzero(allowed))


def test_free_text_has_the_default_budget():
    """And every byte and the end."""
    search = Search(None, None)
    assert search.free
    assert search.root is ANYTHING
    assert (search.budget, search.max_bytes) == (DEFAULT_MAX_BYTES, DEFAULT_MAX_BYTES) == (1024, 1024)
    assert search.choices(search.start).all()
    assert search.start == Hypothesis(ANYTHING)
    assert not Search(AB, None).free


def test_free_text_of_no_bytes_is_over_at_once():
    """Constrained text is not: its end is to be chosen."""
    assert Search(None, 0).start.finish == "length"
    assert Search(None, 1).start.finish is None
    assert Search(LETTERS, 0).start.finish is None
    assert chosen(Search(LETTERS, 0).choices(Search(LETTERS, 0).start)) == "$"


@pytest.mark.parametrize(("shortest", "budget"), [(1, 1024), (512, 1024), (513, 1026), (600, 1200)])
def test_the_default_budget_is_twice_the_shortest_text_where_that_is_more(shortest, budget):
    """Else 1024."""
    assert Search(literal(b"a" * shortest), None).budget == budget


def test_a_budget_below_the_shortest_text_is_refused():
    """One at it is not."""
    assert Search(literal(b"abc"), 3).budget == 3
    with pytest.raises(BudgetTooSmall) as caught:
        Search(literal(b"abc"), 2)
    assert (caught.value.max_bytes, caught.value.shortest) == (2, 3)
    with pytest.raises(ValueError, match="max_bytes=-1: an integer >= 0 is needed"):
        Search(None, -1)


def test_a_constraint_without_a_text_is_refused_and_the_empty_text_is_one():
    """Before the first byte."""
    with pytest.raises(EmptyLanguage):
        Search(literal(b"a") & literal(b"b"), None)
    assert chosen(Search(literal(b""), None).choices(Search(literal(b""), None).start)) == "$"


def test_stop_strings_are_non_empty_bytes():
    """The longest of them is known."""
    for wrong in ((b"",), ("a",), (b"a", b"")):
        with pytest.raises(ValueError, match="non-empty byte strings are needed"):
            Search(None, 1, stop=wrong)
    assert Search(None, 1, stop=(b"a", b"bcd", b"ef")).longest_stop == 3
    assert Search(None, 1).longest_stop == 0


def test_seeds_are_kept_and_drawn_where_there_is_none():
    """Two drawn ones differ; 0 is one, -1 is none."""
    assert Search(None, 1, seed=0).seed == 0
    one, other = Search(None, 1), Search(None, 1)
    assert type(one.seed) is int
    assert one.seed != other.seed
    with pytest.raises(ValueError, match="seed=-1: an integer >= 0 is needed"):
        Search(None, 1, seed=-1)


def test_random_streams_do_not_depend_on_how_many_there_are():
    """They differ from one another and by seed, and are numpy's spawned streams, on any machine."""
    search = Search(None, 1, seed=5)
    few = [one.random() for one in search.generators(2)]
    many = [one.random() for one in search.generators(4)]
    assert few == many[:2]
    assert len(set(many)) == 4
    spawned = np.random.SeedSequence(5).spawn(4)
    assert many == [np.random.Generator(np.random.PCG64(one)).random() for one in spawned]
    assert search.generators(0) == []
    assert Search(None, 1, seed=6).generators(1)[0].random() != few[0]


def test_choices_are_what_fits_the_budget():
    """Over all texts of two words: a byte is a choice where a whole text still fits."""
    words = union(literal(b"ab"), literal(b"aaaa"), literal(b"b"))
    search = Search(words, 3)
    assert chosen(search.choices(search.start)) == "ab"
    after = search.append(search.start, b"a", (), 0.0, 0.0)
    assert chosen(search.choices(after)) == "b"
    assert chosen(Search(words, 4).allowed_after(after.state, 1)) == "ab"
    assert chosen(search.choices(search.append(after, b"b", (), 0.0, 0.0))) == "$"


def test_a_mask_beyond_the_limits_leaves_the_shortest_completion():
    """Counted as unexplored; the end as ever."""
    wall = Wall(masks=False)
    search = Search(wall, 5)
    assert chosen(search.allowed_after(wall, 2)) == "a"
    assert wall.rooms == [3]
    assert search.tally.unexplored_bytes == 1
    done = Wall(masks=False, taken=b"", accepting=True)
    assert chosen(search.allowed_after(done, 2)) == "$"
    assert search.tally.unexplored_bytes == 2


def test_a_byte_beyond_the_limits_is_no_choice_from_then_on():
    """Only at that state; the end never asks; where no choice is left, the error is raised."""
    wall = Wall(taken=b"a", refused=b"xy")
    search = Search(wall, 5)
    assert search.can_follow(search.start, 256)
    assert search.can_follow(search.start, ord("a"))
    assert search.tally.unexplored_bytes == 0
    assert not search.can_follow(search.start, ord("x"))
    assert search.tally.unexplored_bytes == 1
    assert chosen(search.choices(search.start)) == "ay"
    assert not search.can_follow(search.start, ord("y"))
    assert chosen(search.choices(search.start)) == "a"
    other = Wall(taken=b"xy")
    assert chosen(search.allowed_after(other, 0)) == "xy"
    stuck = Wall(taken=b"", refused=b"x")
    with pytest.raises(LimitExceeded):
        Search(stuck, 5).can_follow(Hypothesis(stuck), ord("x"))


def test_a_draw_beyond_the_limits_is_drawn_again_from_what_is_left():
    """By the same stream; the others keep their draw."""
    wall, open_one = Wall(taken=b"a", refused=b"x"), Wall(taken=b"ax")
    search = Search(wall, 5)
    base = search.base(logits_of({"a": 0.5, "x": 0.5}, {"a": 0.5, "x": 0.5}), [b"", b""])
    dice = [Dice(0.9, 0.9), Dice(0.9)]
    found, mass = search.drawn([search.start, Hypothesis(open_one)], base, dice)
    assert found.tolist() == columns("ax")
    assert np.allclose(np.exp(mass), [0.5, 1.0])
    assert [one.left for one in dice] == [[], []]


def test_a_greedy_draw_asks_no_stream():
    """Also where it is drawn again."""
    wall = Wall(taken=b"a", refused=b"x")
    search = Search(wall, 5, SamplingParameters(temperature=0))
    base = search.base(logits_of({"a": 0.2, "x": 0.8}), [b""])
    assert search.drawn([search.start], base, [Dice()])[0].tolist() == columns("a")


def test_a_forced_run_ends_where_there_is_a_choice():
    """Of a byte, or of the end."""
    search = Search(literal(b"abc") + (literal(b"d") | literal(b"e")), None)
    assert search.forced_run(search.start) == b"abc"
    ending = Search(literal(b"abc") + literal(b"d").optional(), None)
    assert ending.forced_run(ending.start) == b"abc"
    whole = Search(literal(b"abc"), None)
    assert whole.forced_run(whole.start) == b"abc"
    assert whole.forced_run(whole.append(whole.start, b"abc", (), 0.0, 0.0)) == b""
    assert whole.forced_run(whole.append(whole.start, b"a", (), 0.0, 0.0)) == b"bc"
    assert Search(AB, None).forced_run(Search(AB, None).start) == b""


def test_a_forced_run_knows_the_budget():
    """What the budget leaves no choice about is forced, to the byte."""
    words = union(literal(b"xab"), literal(b"xacd"), literal(b"xacee"))
    for budget, run in ((3, b"xab"), (4, b"xa"), (5, b"xa")):
        search = Search(words, budget)
        assert search.forced_run(search.start) == run
    search = Search(words, 4)
    assert search.forced_run(search.append(search.start, b"xac", (), 0.0, 0.0)) == b"d"


def test_a_forced_run_has_a_limit():
    """Cut where the chunks reach it."""
    search = Search(literal(b"a" * (RUN_LIMIT + 5000)), None)
    run = search.forced_run(search.start)
    assert RUN_LIMIT <= len(run) < RUN_LIMIT + 5000
    assert set(run) == {ord("a")}
    endless = Wall(taken=b"a")
    assert len(Search(endless, 10**6).forced_run(Hypothesis(endless))) == RUN_LIMIT
    assert len(set(endless.rooms)) == RUN_LIMIT


def test_a_forced_run_ends_before_the_limits_of_the_constraint():
    """What was run through until then is kept."""
    wall = Wall(taken=b"", refused=b"x")
    assert Search(wall, 9).forced_run(Hypothesis(wall)) == b""

    class Step(Wall):
        def advance(self, byte):
            return wall

    first = Step(taken=b"a")
    assert Search(first, 9).forced_run(Hypothesis(first)) == b"a"
    closed = Wall(masks=False)
    assert Search(closed, 9).forced_run(Hypothesis(closed)) == b""
    given = Wall(taken=b"ab", forced=b"ab")
    assert Search(given, 9).forced_run(Hypothesis(given))[:4] == b"abab"


def test_a_forced_run_ends_with_the_first_stop_string():
    """Also one that began before it."""
    search = Search(literal(b"one two three"), None, stop=(b"two", b"o t"))
    assert search.forced_run(search.start) == b"one two"
    assert search.forced_run(search.append(search.start, b"one tw", (), 0.0, 0.0)) == b"o"
    assert (
        Search(literal(b"abc"), None, stop=(b"x",)).forced_run(Hypothesis(literal(b"abc").start())) == b"abc"
    )


def test_a_run_is_cut_after_the_first_stop_string_that_ends_in_it():
    """As trying every length says, over all short texts said and to come."""
    texts = [bytes(t) for n in range(4) for t in itertools.product(b"ab", repeat=n)]
    for stop in ((), (b"a",), (b"bb", b"aba"), (b"abb", b"b"), (b"aab", b"ab")):
        search = Search(None, None, stop=stop)
        for said, run in itertools.product(texts, repeat=2):
            ends = [n for n in range(1, len(run) + 1) if stop and (said + run[:n]).endswith(stop)]
            expected = run[: ends[0]] if ends else run
            assert search._before_stop(Hypothesis(ANYTHING, said), run) == expected, (stop, said, run)


def test_what_a_search_finds_out_is_no_argument_of_it():
    """It is made of the task alone."""
    given = [item.name for item in dataclasses.fields(Search) if item.init]
    assert given == ["constraint", "max_bytes", "parameters", "stop", "seed", "request"]


def test_a_tally_begins_with_one_try_and_nothing_else():
    """A text takes one try at least."""
    counted = vars(Search(None, None).tally)
    assert counted.pop("tries") == 1
    assert not any(counted.values())


def test_a_longer_hypothesis_adds_up():
    """Bytes, state, scores; patch starts only where they are new."""
    search = Search(LETTERS, None)
    one = search.append(search.start, b"ab", (0, 1), -1.0, -0.5)
    assert (one.data, one.patch_starts, one.forced_bytes) == (b"ab", (0, 1), 0)
    two = search.append(one, b"ba", (1, 2, 3), -2.0, -0.25, forced=True)
    assert two.data == b"abba"
    assert two.state is search.root.advance(97).advance(98).advance(98).advance(97)
    assert two.patch_starts == (0, 1, 2, 3)
    assert (two.log_probability, two.log_weight, two.forced_bytes, two.finish) == (-3.0, -0.75, 2, None)
    three = search.append(two, b"a", (), 0.0, 0.0, forced=True)
    assert (three.forced_bytes, three.patch_starts) == (3, (0, 1, 2, 3))
    assert one.data == b"ab"


def test_free_text_ends_by_its_length():
    """At the budget, not before; constrained text does not."""
    search = Search(None, 2)
    one = search.append(search.start, b"a", (), 0.0, 0.0)
    assert one.finish is None
    assert search.append(one, b"a", (), 0.0, 0.0).finish == "length"
    bound = Search(LETTERS, 2)
    assert bound.append(bound.start, b"ab", (), 0.0, 0.0).finish is None


def test_a_text_stops_before_the_longest_stop_string_that_leaves_it_valid():
    """And goes on where none does."""
    search = Search(AB.repeat(2, 9), None, stop=(b"b", b"ab", b"aab"))
    assert search.append(search.start, b"aab", (), -1.0, 0.0).finish == "stop"
    for text, left in ((b"aab", b"aa"), (b"aaab", b"aa"), (b"baaab", b"baa"[:2])):
        one = search.append(search.start, text, (), -1.0, 0.0)
        assert (one.data, one.finish) == (left, "stop"), text
        assert one.state is search.append(search.start, left, (), 0.0, 0.0).state
        assert one.log_probability == -1.0
    going = search.append(search.start, b"ab", (), 0.0, 0.0)
    assert (going.data, going.finish) == (b"ab", None)
    assert search.append(search.start, b"ba", (), 0.0, 0.0).finish is None
    # A stop string wins over the length.
    free = Search(None, 2, stop=(b"b",))
    assert free.append(free.start, b"ab", (), 0.0, 0.0).finish == "stop"


def test_an_end_is_scored():
    """Nothing else changes."""
    search = Search(LETTERS, None)
    one = search.append(search.start, b"ab", (1,), -1.0, -0.5)
    ended = search.end(one, -2.0, -0.25)
    assert (ended.data, ended.patch_starts, ended.finish) == (b"ab", (0, 1), "end")
    assert (ended.log_probability, ended.log_weight) == (-3.0, -0.75)


def test_committed_patches_are_shown_as_soon_as_no_stop_string_can_change_them():
    """A patch that may still grow is not."""
    search = Search(None, None)
    assert search.visible_patches() == 0
    one = Hypothesis(ANYTHING, b"abcdef", (0, 2, 4))
    search.commit(one)
    assert search.committed is one
    assert search.visible_patches() == 3
    search.commit(one, closed=False)
    assert search.visible_patches() == 2
    search.commit(Hypothesis(ANYTHING, b"abcdef", (0, 2, 4), finish="end"), closed=False)
    assert search.visible_patches() == 3
    search.commit(Hypothesis(ANYTHING))
    assert search.visible_patches() == 0
    for longest, shown in ((1, 3), (2, 2), (3, 2), (4, 1), (5, 1), (6, 0)):
        stopping = Search(None, None, stop=(b"x" * longest,))
        stopping.commit(one)
        assert stopping.visible_patches() == shown, longest
        stopping.commit(Hypothesis(ANYTHING, b"abcdef", (0, 2, 4), finish="stop"))
        assert stopping.visible_patches() == 3


def test_what_hypotheses_agree_on_is_their_common_prefix():
    """With the patch starts in it, unfinished; over all triples of texts up to length 2."""
    texts = [bytes(t) for n in range(3) for t in itertools.product(b"ab", repeat=n)]
    for triple in itertools.product(texts, repeat=3):
        search = Search(None, None)
        starts = tuple(range(len(triple[0]) or 1))
        first = Hypothesis(ANYTHING, triple[0], starts, log_probability=-1.0, finish="end")
        search.commit_agreed([first, *(Hypothesis(ANYTHING, text) for text in triple[1:])])
        common = max(
            n
            for n in range(3)
            if len({text[:n] for text in triple}) == 1 and all(len(t) >= n for t in triple)
        )
        assert search.committed.data == triple[0][:common], triple
        assert search.committed.patch_starts == tuple(at for at in starts if at <= common)
        assert search.committed.finish is None
        assert search.committed.log_probability == -1.0
        assert search.committed_closed is False


ENDING = Request(deadline=10.0**6)
WORD = literal(b"abc") | literal(b"abcdefgh") | literal(b"x")


class Counted(Wall):
    """A wall that knows how it could be left, so many times."""

    def __init__(self, times):
        super().__init__(taken=b"ab")
        self.times = times

    def completion(self):
        """A byte and another."""
        self.times -= 1
        if self.times < 0:
            raise LimitExceeded("states", 0)
        return b"ab"

    def advance(self, byte):
        """Itself."""
        return self


def test_ends_are_found_out_where_they_may_be_needed():
    """By a deadline, or a token that finishes; nothing is asked of the constraint otherwise."""
    for request in (Request(), Request(cancel=CancelToken())):
        wall = Counted(0)
        search = Search(wall, 9, request=request)
        assert search.know(search.start) is True
        assert search.known_end is None
    for request in (ENDING, Request(cancel=CancelToken(), on_cancel="finish")):
        search = Search(WORD, 9, request=request)
        assert search.know(search.start) is True
        assert search.known_end == (search.start, b"x")


def test_a_way_to_an_end_is_asked_for_once():
    """What lies on it, or has ended, needs no more; what lies beside it is asked about."""
    wall = Counted(2)
    search = Search(wall, 9, request=ENDING)
    for data, rest, left in (
        (b"", b"ab", 1),
        (b"a", b"b", 1),
        (b"ab", b"", 1),
        (b"b", b"ab", 0),
        (b"ba", b"b", 0),
    ):
        assert search.know(Hypothesis(wall, data)) is True
        assert search.known_end == (Hypothesis(wall, data), rest)
        assert wall.times == left
    ended = Hypothesis(wall, b"zz", finish="end")
    assert search.know(ended) is True
    assert search.known_end == (ended, b"")


def test_an_end_that_is_too_much_leaves_the_one_before():
    """And what is shown stays what it was."""
    wall = Counted(1)
    search = Search(wall, 9, request=ENDING)
    search.commit(Hypothesis(wall, b"a"))
    assert (search.committed.data, search.known_end[1]) == (b"a", b"ab")
    beside = Hypothesis(wall, b"b")
    assert search.know(beside) is False
    search.commit(beside)
    search.commit_agreed([beside, beside])
    assert (search.committed.data, search.known_end) == (b"a", (Hypothesis(wall, b"a"), b"ab"))


def test_time_for_ends_is_counted(monkeypatch):
    """Where the constraint is asked."""
    ticks = itertools.count(100)
    monkeypatch.setattr(search_module, "perf_counter", lambda: float(next(ticks)))
    wall = Counted(1)
    search = Search(wall, 9, request=ENDING)
    for data, seconds in ((b"", 2), (b"a", 2), (b"b", 3)):
        search.know(Hypothesis(wall, data))
        assert search.tally.constraint_seconds == seconds


@pytest.mark.parametrize(
    ("data", "starts", "whole", "made"),
    [
        (b"", (0,), b"x", (0,)),
        (b"a", (0,), b"abc", (0, 1)),
        (b"ab", (0, 1), b"abc", (0, 1, 2)),
        (b"ab", (0, 2), b"abc", (0, 2)),
        (b"abc", (0, 1), b"abc", (0, 1)),
        (b"abc", (0, 3), b"abc", (0,)),
        (b"abcde", (0,), b"abcdefgh", (0, 5)),
    ],
)
def test_a_text_is_brought_to_its_end_by_a_patch_of_its_own(data, starts, whole, made):
    """Where bytes are added, and none begins there already; a patch of no bytes is none."""
    search = Search(WORD, None, request=ENDING)
    assert search.brought_to_end("deadline") is None
    state = search.append(search.start, data, (), 0.0, 0.0).state
    one = Hypothesis(state, data, starts, -1.0, -0.5, 1)
    search.know(one)
    for finish in ("deadline", "cancelled"):
        ended = search.brought_to_end(finish)
        assert (ended.data, ended.patch_starts, ended.finish) == (whole, made, finish)
        assert (ended.log_probability, ended.log_weight, ended.forced_bytes) == (-1.0, -0.5, 1)
        assert search.tally.completed_bytes == len(whole) - len(data)


def test_an_end_heeds_stop_strings():
    """Those that come up on the way, where the text before them is valid, though less be left than was."""
    language = AB.repeat(1, 9) + literal(b"cde")
    for stop, accepted, whole, completed in (
        ((b"x",), language, b"abcde", 3),
        ((b"d",), language, b"abcde", 3),
        ((b"d",), language | AB.repeat(0, 9) + literal(b"c"), b"abc", 1),
        ((b"bcd",), language | AB, b"a", 0),
        ((b"c", b"e"), language | AB.repeat(0, 9) + literal(b"cd"), b"abcd", 2),
    ):
        search = Search(accepted, None, stop=stop, request=ENDING)
        one = search.append(search.start, b"ab", (1,), 0.0, 0.0)
        search.known_end = (one, b"cde")
        ended = search.brought_to_end("deadline")
        assert (ended.data, ended.finish) == (whole, "deadline"), stop
        assert search.tally.completed_bytes == completed
        assert ended.patch_starts == tuple(start for start in (0, 1, 2) if start < len(whole))
        stopped = search.append(search.start, b"ab", (1,), 0.0, 0.0)
        search.known_end = (search.end(stopped, 0.0, 0.0), b"")
        assert search.brought_to_end("cancelled").data == b"ab"
        assert search.tally.completed_bytes == 0


def test_a_patch_by_the_mask_knows_how_its_text_ends():
    """Where none is left to go on."""
    search = Search(literal(b"ab"), None, request=ENDING)
    ended = search.end(search.append(search.start, b"ab", (), 0.0, 0.0), 0.0, 0.0)
    done = drive(constant(), search, lambda rows: masked_patch(search, [ended], rows, []))
    assert done.moves == []
    assert search.known_end == (ended, b"")


def test_the_score_of_a_chunk_is_that_of_its_bytes():
    """Under the model as it is, and under the base distribution; rows beyond the chunk do not count."""
    search = Search(None, None, SamplingParameters(top_k=1))
    logits = logits_of({"a": 0.75, "b": 0.25}, {"a": 0.9, "c": 0.1}, {"z": 1.0})
    model, base = search.scores(search.start, b"aa", logits)
    assert math.isclose(model, math.log(0.75 * 0.9))
    assert base == 0.0
    assert search.scores(search.start, b"ac", logits)[1] == -math.inf


def test_the_score_of_a_chunk_penalises_what_was_said_before_each_byte():
    """The bytes of the chunk before it included."""
    search = Search(None, None, SamplingParameters(frequency_penalty=math.log(3)))
    one = Hypothesis(ANYTHING, b"a")
    logits = logits_of(*[{"a": 0.5, "b": 0.5}] * 2)
    _, base = search.scores(one, b"ba", logits)
    # After "a": a is a third as likely. After "ab": both are a third as likely.
    assert math.isclose(base, math.log(0.75 * 0.5))


def test_all_time_in_the_constraint_is_counted(monkeypatch):
    """By a clock that moves on by 1 at each look."""
    ticks = itertools.count(100)
    monkeypatch.setattr(search_module, "perf_counter", lambda: float(next(ticks)))
    search = Search(LETTERS, None)
    assert search.tally.constraint_seconds == 1
    search.choices(search.start)
    assert search.tally.constraint_seconds == 2
    search.can_follow(search.start, 97)
    assert search.tally.constraint_seconds == 3
    search.forced_run(search.start)
    assert search.tally.constraint_seconds == 4
    search.append(search.start, b"a", (), 0.0, 0.0)
    assert search.tally.constraint_seconds == 5
    assert Search(None, None).tally.constraint_seconds == 0


def patch_of(model, search, count, dice, prompt=b"", finished=()):
    """A masked patch of `count` copies of the start."""

    def begin(rows):
        from bltgen.decoding.strategy import Move

        rows = yield Move((b"",) * count, rows=(0,) * count)
        hypotheses = [
            search.end(search.start, 0.0, 0.0) if i in finished else search.start for i in range(count)
        ]
        return (yield from masked_patch(search, hypotheses, rows, search.generators(count)))

    return drive(model, search, begin, prompt=prompt, dice=dice)


def test_rows_run_to_the_end_of_their_patch():
    """Each by its own stream; a row at a boundary stands still, a finished one too."""
    model = FunctionModel(
        lambda prompt, output: logits_of({"a": 0.5, "b": 0.5})[0],
        boundary=lambda output: output[-1:] == b"b",
    )
    search = Search(LETTERS, None, seed=1)
    done = patch_of(model, search, 3, [(0.1, 0.1, 0.9), (0.9,), ()], finished=(2,))
    (one, two, three), rows = done.result
    assert (one.data, two.data, three.data) == (b"aab", b"b", b"")
    assert [move.chunks for move in done.moves[1:]] == [[b"a", b"b", b""], [b"a", b"", b""], [b"b", b"", b""]]
    assert not any(move.keep_logits for move in done.moves)
    assert rows.at_boundary == [True, True, True]
    assert math.isclose(one.log_probability, 3 * math.log(0.5))
    assert one.log_weight == 0.0
    assert one.patch_starts == (0,)


def test_a_masked_draw_has_its_scores():
    """Under the model as it is; the log of the mass that the mask left; the end as a byte."""
    model = table({b"": {b"a": 0.2, b"c": 0.8}, b"a": {b"b": 0.1, 256: 0.3, b"z": 0.6}})
    search = Search(LETTERS, None)
    done = patch_of(model, search, 1, [(0.5, 0.9)])
    (one,), _ = done.result
    assert (one.data, one.finish) == (b"a", "end")
    assert math.isclose(one.log_probability, math.log(0.2 * 0.3))
    assert math.isclose(one.log_weight, math.log(0.2 * 0.4))
    assert len(done.moves) == 2


def test_forced_bytes_come_in_one_chunk_over_patches():
    """Without a draw, scored from the logits of the chunk, with all patches that start in it."""
    word = literal(b"abcdef") + AB
    search = Search(word, None)
    done = patch_of(constant(patch=4), search, 2, [(), ()], prompt=b"pp")
    (one, two), _ = done.result
    assert one == two
    assert (one.data, one.forced_bytes) == (b"abcdef", 6)
    assert one.patch_starts == (0, 2)
    assert [(list(move.chunks), move.keep_logits) for move in done.moves[1:2]] == [([b"abcdef"] * 2, True)]
    assert math.isclose(one.log_probability, -6 * math.log(257))
    assert one.log_weight == one.log_probability


def test_a_forced_row_beside_one_that_draws():
    """Logits are kept for the one; the other's first byte starts a patch where the row was at a boundary."""
    language = union(literal(b"axxxx"), literal(b"bx"), literal(b"by"))
    search = Search(language, None)
    done = patch_of(table({}, otherwise=0.0, patch=3), search, 2, [(0.1, 0.5), (0.9, 0.2, 0.5)])
    (one, two), _ = done.result
    assert (one.data, one.forced_bytes, one.patch_starts) == (b"axxxx", 4, (0, 3))
    assert (two.data[:1], two.forced_bytes) == (b"b", 0)
    kept = [(list(move.chunks), move.keep_logits) for move in done.moves[1:]]
    assert kept[0] == ([b"a", b"b"], False)
    assert kept[1] == ([b"xxxx", two.data[1:2]], True)


def test_a_text_that_stops_leaves_the_patch():
    """The row is asked no further."""
    search = Search(None, None, stop=(b"l",))
    done = drive(
        scripted(b"hello", patch=9),
        search,
        lambda rows: masked_patch(search, [search.start], rows, search.generators(1)),
        dice=[(0.5,) * 9],
    )
    (one,), _ = done.result
    assert (one.data, one.finish) == (b"he", "stop")
    assert len(done.moves) == 3


def test_nothing_is_asked_where_all_have_finished():
    """No move at all."""
    search = Search(None, 0)
    done = drive(constant(), search, lambda rows: masked_patch(search, [search.start], rows, []))
    assert done.result[0] == [search.start]
    assert done.moves == []
