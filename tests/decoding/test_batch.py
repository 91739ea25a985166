"""One session for many searches: what it is asked for, the rows of each, what is counted, who fails."""

from __future__ import annotations

import numpy as np
import pytest

from bltgen.decoding.batch import KEPT, Counts, Job, Move, decode
from bltgen.errors import ModelError
from bltgen.testing.models import FunctionModel, FunctionSession, not_a_number


class Recorded:
    """A model whose sessions write down what they are asked for. It refuses prompts that begin with "!"."""

    def __init__(self, *, replaces: bool = False, drafts: bool = False, patch: int = 4) -> None:
        self.calls: list[tuple] = []
        self.inner = FunctionModel(lambda prompt, output: np.zeros(257), patch=patch)
        self.kind = type(
            "Session", (_Replacing if replaces else _Recording, _Drafting if drafts else object), {}
        )

    def session(self, prompts):
        """Raises for a prompt that it refuses."""
        self.calls.append(("session", *prompts))
        if any(prompt.startswith(b"!") for prompt in prompts):
            raise ModelError("refused")
        return self.kind(self, self.inner.session(prompts)._rows)


class _Recording(FunctionSession):
    def __init__(self, recorded, rows):
        super().__init__(recorded.inner, rows)
        self.recorded = recorded

    @property
    def patch_starts(self):
        self.recorded.calls.append(("starts",))
        return super().patch_starts

    def extend(self, chunks, *, keep_logits=False):
        self.recorded.calls.append(("extend", *chunks, keep_logits))
        super().extend(chunks, keep_logits=keep_logits)

    def truncate(self, lengths):
        self.recorded.calls.append(("truncate", *lengths))
        super().truncate(lengths)

    def select(self, rows):
        self.recorded.calls.append(("select", *rows))
        return type(self)(self.recorded, [self._rows[row] for row in rows])

    def concat(self, other):
        self.recorded.calls.append(("concat", len(other.lengths)))
        return type(self)(self.recorded, self._rows + other._rows)


class _Replacing(_Recording):
    def replace(self, row, other, other_row):
        self.recorded.calls.append(("replace", row, other_row))
        self._rows[row] = other._rows[other_row]


class _Drafting:
    def draft(self, chunks):
        self.recorded.calls.append(("draft", *chunks))
        return [chunk or None for chunk in chunks]


def says(*moves):
    """A search that makes these moves and returns what it has seen."""

    def begin(rows):
        found = [rows]
        for move in moves:
            found.append((yield move))
        return found

    return begin


def run(model, jobs, batch_size=1):
    """(jobs in the order they were done, rounds)."""
    outcomes = list(decode(model, jobs, batch_size))
    return [job for job in outcomes if job is not None], outcomes.count(None)


def one(data: bytes) -> Move:
    """A chunk for a single row."""
    return Move((data,))


def test_a_search_is_sent_its_rows_after_each_move():
    """First those of the prompt; logits only of this chunk and only if asked for."""
    model = Recorded()
    job = Job(b"pro", says(one(b"ab"), Move((b"cd",), keep_logits=True), one(b"")))
    (done,), rounds = run(model, [job])
    assert done is job
    assert job.done
    assert job.error is None
    assert rounds == 3
    first, second, third, fourth = job.result
    assert (first.offset, first.prompt_length, first.logits.shape, first.drafts) == (0, 3, (1, 257), ())
    assert first.logits.dtype == np.float64
    assert [len(logits) for logits in first.chunk_logits] == [0]
    assert (list(first.at_boundary), list(second.at_boundary), list(third.at_boundary)) == (
        [False],
        [False],
        [False],
    )
    assert list(second.chunk_logits) == []
    assert [logits.shape for logits in third.chunk_logits] == [(2, 257)]
    assert fourth.prompt_length == 3
    assert [call for call in model.calls if call[0] == "extend"] == [
        ("extend", b"ab", False),
        ("extend", b"cd", True),
    ]


def test_patch_starts_are_counted_from_the_prompt_and_asked_for_once_a_round():
    """A start within the prompt is none; one at its end is."""
    model = Recorded(patch=2)
    found = []

    def begin(rows):
        rows = yield one(b"abcde")
        found.extend([rows.patch_starts(0), rows.patch_starts(0)])

    run(model, [Job(b"pq", begin)])
    assert found == [[0, 2, 4]] * 2
    assert [call[0] for call in model.calls].count("starts") == 1
    odd = Recorded(patch=3)
    run(odd, [Job(b"p", begin)])
    assert found[2] == [2]


def test_work_is_counted():
    """Rounds in which it extended a row, bytes, and patches closed; not those of its neighbours."""
    model = Recorded(patch=2)
    job = Job(b"pq", says(one(b"a"), one(b""), one(b"b"), one(b"cdefg"), one(b"hi")))
    idle = Job(b"pq", says(one(b""), one(b"")))
    run(model, [job, idle], 2)
    # Patches of two: b closes one, cdefg two, hi one.
    assert job.counts == Counts(model_calls=4, local_steps=9, latent_steps=4)
    assert idle.counts == Counts()
    # Where they lie is asked for chunks of several bytes alone.
    assert [call[0] for call in model.calls].count("starts") == 2
    assert Job(b"", says()).counts == Counts(0, 0, 0)
    # Of three rows the second reads five bytes: the patches that start at 2 and 4 close two.
    forked = Job(b"", says(Move((b"", b"abcde", b""), rows=(0, 0, 0))))
    run(Recorded(patch=2), [forked])
    assert forked.counts == Counts(model_calls=1, local_steps=5, latent_steps=2)


def test_rows_are_forked_cut_and_extended():
    """By indices of the search's own rows and lengths after its own prompt."""
    model = Recorded()
    fork = Move((b"a", b"b"), rows=(0, 0))
    swap = Move((b"", b"c"), rows=(1, 0))
    cut = Move((b"x", b""), lengths=(0, 1))
    job = Job(b"pq", says(one(b"m"), fork, swap, cut))
    run(model, [job])
    assert model.calls == [
        ("session", b"pq"),
        ("extend", b"m", False),
        ("select", 0, 0),
        ("extend", b"a", b"b", False),
        ("select", 1, 0),
        ("extend", b"", b"c", False),
        ("truncate", 2, 3),
        ("extend", b"x", b"", False),
    ]
    last = job.result[-1]
    assert last.session.lengths == [3, 3]
    assert last.session._rows == [(b"pq", b"x"), (b"pq", b"m")]


def test_nothing_is_asked_of_the_session_that_changes_nothing():
    """No select of all rows in order, no cut to what is there, no empty chunks."""
    model = Recorded()
    job = Job(b"", says(Move((b"",), rows=(0,), lengths=(0,)), Move((b"",), rows=[0])))
    _, rounds = run(model, [job])
    assert rounds == 2
    assert model.calls == [("session", b"")]


def test_a_move_has_a_chunk_for_each_of_its_rows():
    """Else it is a mistake of the strategy."""
    with pytest.raises(ValueError, match="a move gives 2 chunks to 1 rows"):
        run(Recorded(), [Job(b"", says(Move((b"a", b"b"))))])
    with pytest.raises(ValueError, match="a move gives 1 chunks to 2 rows"):
        run(Recorded(), [Job(b"", says(Move((b"a",), rows=(0, 0))))])


def test_searches_share_the_calls_of_the_session():
    """One extend a round for all; each sees its own rows, and what one keeps does not show in another."""
    model = Recorded()
    first = Job(b"p", says(Move((b"a", b"b"), rows=(0, 0), keep_logits=True), Move((b"", b"c"))))
    second = Job(b"qq", says(one(b"x"), one(b"y")))
    done, rounds = run(model, [first, second], 2)
    assert rounds == 2
    assert done == [first, second]
    assert model.calls == [
        ("session", b"p", b"qq"),
        ("select", 0, 0, 1),
        ("extend", b"a", b"b", b"x", True),
        ("extend", b"", b"c", b"y", False),
    ]
    assert [rows.offset for rows in first.result] == [0, 0, 0]
    assert [rows.offset for rows in second.result] == [1, 2, 2]
    assert [len(rows.logits) for rows in first.result] == [1, 2, 2]
    assert len(first.result[1].chunk_logits) == 2
    assert second.result[1].chunk_logits == ()
    assert [rows.prompt_length for rows in second.result] == [2, 2, 2]


def test_cuts_are_counted_from_each_prompt():
    """Rows of searches that cut nothing keep their lengths."""
    model = Recorded()
    first = Job(b"p", says(one(b"abc"), Move((b"",), lengths=(1,))))
    second = Job(b"qqq", says(one(b"ab"), one(b"c")))
    run(model, [first, second], 2)
    assert ("truncate", 2, 5) in model.calls


def test_the_next_prompt_takes_the_place_of_one_that_is_done():
    """In its row, where sessions can; else beside the others, and rows that are gone are left out."""
    jobs = [Job(b"p", says(one(b"a"))), Job(b"q", says(one(b"a"), one(b"b"))), Job(b"r", says(one(b"c")))]
    model = Recorded(replaces=True)
    done, rounds = run(model, jobs, 2)
    assert [job.prompt for job in done] == [b"p", b"q", b"r"]
    assert rounds == 2
    assert model.calls == [
        ("session", b"p", b"q"),
        ("extend", b"a", b"a", False),
        ("session", b"r"),
        ("replace", 0, 0),
        ("extend", b"c", b"b", False),
    ]
    jobs = [Job(b"p", says(one(b"a"))), Job(b"q", says(one(b"a"), one(b"b"))), Job(b"r", says(one(b"c")))]
    model = Recorded()
    run(model, jobs, 2)
    assert model.calls[2:] == [
        ("session", b"r"),
        ("concat", 1),
        ("select", 1, 2),
        ("extend", b"b", b"c", False),
    ]
    assert jobs[2].result[1].session._rows == [(b"q", b"ab"), (b"r", b"c")]


def test_a_session_is_not_kept_for_nobody():
    """Where all are done the next prompts have one of their own."""
    for replaces in (False, True):
        model = Recorded(replaces=replaces)
        run(model, [Job(b"p", says(one(b"a"))), Job(b"q", says(one(b"b")))])
        assert [call[0] for call in model.calls] == ["session", "extend"] * 2


def test_free_rows_are_filled_and_the_rest_is_joined():
    """Two new prompts, one free row."""
    model = Recorded(replaces=True)
    wide = Job(b"w", says(Move((b"a",) * 2, rows=(0, 0)), Move((b"b",), rows=(1,)), one(b"c"), one(b"d")))
    jobs = [
        wide,
        Job(b"p", says(one(b"x"))),
        Job(b"q", says(one(b"y"), one(b"z"))),
        Job(b"r", says(one(b"v"))),
    ]
    done, _ = run(model, jobs, 3)
    assert len(done) == 4
    assert all(job.error is None for job in jobs)
    for job in jobs:
        for rows in job.result[1:]:
            assert rows.prompt_length == 1
    assert wide.result[-1].logits.shape == (1, 257)


def test_two_prompts_for_one_free_row():
    """The first replaces, the second is joined, as the second row of those opened."""
    model = Recorded(replaces=True)
    held = Job(b"h", says(*[one(b"h")] * 3))
    first = Job(b"a", says(one(b"a")))
    jobs = iter([held, first])
    late = [Job(b"b", says(one(b"b"))), Job(b"c", says(one(b"c")))]

    def arriving():
        yield from jobs
        yield from late

    done, _ = run(model, arriving(), 2)
    assert len(done) == 4
    assert [call for call in model.calls if call[0] == "replace"] == [("replace", 1, 0), ("replace", 1, 0)]


def test_few_rows_in_use_make_a_session_anew():
    """Below three quarters of the rows, the others are left out."""
    assert KEPT == 0.75
    for gone, selects in ((1, False), (2, True)):
        model = Recorded()
        jobs = [Job(b"x", says(*[one(b"a")] * (1 if index < gone else 2))) for index in range(4)]
        run(model, jobs, 4)
        assert any(call[0] == "select" for call in model.calls) == selects, gone


def test_drafts_are_asked_for_where_a_move_wants_them():
    """Rows of others get none; who did not ask is given none."""
    model = Recorded(drafts=True)
    first = Job(b"p", says(Move((b"",), drafts=(b"d",)), one(b"a")))
    second = Job(b"q", says(one(b"x"), one(b"y")))
    run(model, [first, second], 2)
    assert [call for call in model.calls if call[0] == "draft"] == [("draft", b"d", b"")]
    assert first.result[1].drafts == [b"d"]
    assert first.result[2].drafts == ()
    assert second.result[1].drafts == ()


def test_a_prompt_that_the_model_refuses_fails_alone():
    """Before any round; the others are opened and joined."""
    model = Recorded()
    jobs = [
        Job(b"!", says(one(b"a"))),
        Job(b"p", says(one(b"b"))),
        Job(b"!!", says()),
        Job(b"q", says(one(b"c"))),
    ]
    outcomes = list(decode(model, jobs, 4))
    assert [job.prompt if job else None for job in outcomes] == [b"!", b"!!", b"p", b"q", None]
    assert [type(job.error) for job in jobs] == [ModelError, type(None), ModelError, type(None)]
    assert all(job.done for job in jobs)
    assert model.calls[-2:] == [("concat", 1), ("extend", b"b", b"c", False)]
    assert jobs[3].result[1].offset == 1
    alone = list(decode(Recorded(), [Job(b"!", says()), Job(b"p", says(one(b"a")))], 1))
    assert [job.prompt if job else None for job in alone] == [b"!", b"p", None]


def test_an_error_of_a_search_is_its_own():
    """Those of bltgen are kept; any other is raised."""

    def fails(rows):
        yield one(b"a")
        raise ModelError("mine")

    jobs = [Job(b"", fails), Job(b"", says(one(b"a"), one(b"b")))]
    done, rounds = run(Recorded(), jobs, 2)
    assert done == jobs
    assert rounds == 2
    assert str(jobs[0].error) == "mine"
    assert jobs[0].result is None

    def breaks(rows):
        yield one(b"a")
        raise KeyError("mine")

    with pytest.raises(KeyError):
        run(Recorded(), [Job(b"", breaks)])


def test_logits_that_are_none_are_an_error_with_the_step():
    """Of the prompt, of a step, and within a chunk whose logits were kept."""
    for after, moves, step in ((0, (), 0), (1, (one(b"a"), one(b"b")), 1), (2, (one(b"a"), one(b"b")), 2)):
        job = Job(b"", says(*moves))
        run(not_a_number(after), [job])
        assert str(job.error) == f"the model gave NaN logits at its step {step} (0 is the prompt)"
    impossible = FunctionModel(lambda prompt, output: np.full(257, 0.0 if len(output) != 1 else -np.inf))
    job = Job(b"", says(Move((b"ab",), keep_logits=True)))
    run(impossible, [job])
    assert str(job.error) == "the model gave logits that are all -inf at its step 1 (0 is the prompt)"
    job = Job(b"", says(one(b"ab")))
    run(impossible, [job])
    assert job.error is None


def test_a_search_without_a_move_is_done_at_once():
    """No round is made for it, and the next prompt is taken in its place."""
    model = Recorded()
    outcomes = list(decode(model, [Job(b"p", says()), Job(b"q", says()), Job(b"r", says(one(b"a")))], 2))
    assert [job.prompt if job else None for job in outcomes] == [b"p", b"q", b"r", None]
    assert list(decode(model, [], 3)) == []
    alone = [Job(b"p", says()), Job(b"q", says())]
    assert list(decode(model, alone, 2)) == alone


def test_prompts_are_read_as_needed():
    """No more than fit, and none after the last."""
    read = []

    def prompts():
        for index in range(5):
            read.append(index)
            yield Job(b"p%d" % index, says(one(b"a")))

    seen = [len(read) for outcome in decode(Recorded(), prompts(), 2) if outcome is None]
    assert seen == [2, 4, 5]
