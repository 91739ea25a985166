"""A session step by step: what it computes, what it keeps, when it starts anew, what it refuses."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest
import torch

from bltgen.model import session as session_module
from bltgen.model.host_runtime import HostRuntime
from bltgen.model.session import PIECE, ROLLBACK, SHORT, BLTSession, _agreement
from tests.model.sessions import SHAPES, tiny_model, whole

MODEL = tiny_model("static")
TOLD = MODEL.with_mask_conditioning().eval()


def text(seed: int, length: int) -> bytes:
    """Random bytes."""
    return random.Random(seed).randbytes(length)


def check(session: BLTSession, texts: list[bytes], model=MODEL) -> None:
    """Every property is that of the whole texts at once."""
    assert session.lengths == [len(data) for data in texts]
    for row, data in enumerate(texts):
        full = whole(model, data)
        full.check_logits(session.logits[row : row + 1], len(data))
        assert session.at_boundary[row] == full.at_boundary
        assert session.patch_starts[row] == full.starts
        assert session.entropies[row] == pytest.approx(full.entropies[-1], abs=1e-4)


@pytest.fixture
def passes(monkeypatch):
    """The groups that the model was run on."""
    made, advance = [], BLTSession._advance

    def counted(self, group, kept):
        made.append(list(group))
        advance(self, group, kept)

    monkeypatch.setattr(BLTSession, "_advance", counted)
    return made


def test_short_rows_go_together_and_long_ones_alone_in_pieces(passes, monkeypatch):
    """BOS counts; a row at the bound is short; rows without new bytes take no part."""
    assert (SHORT, PIECE, ROLLBACK) == (32, 512, 256)
    monkeypatch.setattr(session_module, "PIECE", 40)
    session = MODEL.session([b"x" * 31, b"", b"y" * 32, b"z" * 85])
    assert passes == [[(2, 33)], [(3, 40)], [(3, 40)], [(3, 6)], [(0, 32), (1, 1)]]
    passes.clear()
    session.extend([b"", b"a", b"bc", b""])
    assert passes == [[(1, 1), (2, 2)]]
    passes.clear()
    session.extend([b"", b"", b"", b""])
    assert passes == []
    check(session, [b"x" * 31, b"a", b"y" * 32 + b"bc", b"z" * 85])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ["entropy, at most 5", "monotonic", "space", "static"])
def test_rows_that_advance_by_different_counts_are_as_alone(mode, shape):
    """One byte each, several in some, none in others; cuts, forks, joins and replacements between."""
    model, marks = tiny_model(mode, shape), random.Random(shape + mode)
    texts = [text(1, 3), b"", text(2, 9)]
    session = model.session(texts, rollback=4)
    for step in range(7):
        action = step % 4
        if action == 3:
            cut = [max(0, len(one) - marks.choice([0, 1, 3, 6])) for one in texts]
            session.truncate(cut)
            texts = [one[:length] for one, length in zip(texts, cut, strict=True)]
        else:
            chunks = [text(marks.random(), 1 if action == 0 else marks.choice([0, 1, 2, 5])) for _ in texts]
            session.extend(chunks)
            texts = [one + chunk for one, chunk in zip(texts, chunks, strict=True)]
        if step == 4:
            session = session.select([2, 0, 0, 1])
            texts = [texts[2], texts[0], texts[0], texts[1]]
    found = [whole(model, one) for one in texts]
    if all(one.decided for one in found):
        check(session, texts, model)
    else:
        assert session.lengths == [len(one) for one in texts]


def test_kept_logits_predict_each_byte_of_the_chunk():
    """Whatever the pieces; the first from what was known before; without BOS there is none before."""
    data = text(3, 70)
    session = MODEL.session([data[:5], b""])
    session.extend([data[5:], data[:1]], keep_logits=True)
    full = whole(MODEL, data)
    full.check_logits(session.chunk_logits[0], 5, 70)
    assert session.chunk_logits[1].shape == (1, 257)
    full.check_logits(session.chunk_logits[1], 0, 1)
    session.extend([b"", b"x"], keep_logits=True)
    assert [len(one) for one in session.chunk_logits] == [0, 1]


def test_logits_are_worked_out_once_until_the_session_changes():
    """And those of a chunk are gone then."""
    session = MODEL.session([b"abc", b"d"])
    other = MODEL.session([b"q"])
    changes = [
        lambda: session.extend([b"x", b""]),
        lambda: session.truncate([2, 1]),
        lambda: session.replace(1, other, 0),
        lambda: session.truncate([2, 1]),
    ]
    for change in changes:
        session.extend([b"z", b""], keep_logits=True)
        known = session.logits
        assert session.logits is known
        assert len(session.chunk_logits) == 2
        change()
        assert session.logits is not known
        with pytest.raises(ValueError, match=r"was not extend\(\.\.\., keep_logits=True\)"):
            _ = session.chunk_logits


def test_a_cut_within_the_rollback_computes_nothing_anew(passes):
    """By as many bytes as it says; and far back everything before it."""
    data = text(4, 120)
    session = tiny_model("static, at most 2", "latent window, one query").session([data], rollback=10)
    for byte in text(5, 40):
        session.extend([bytes((byte,))])
    full = data + text(5, 40)
    passes.clear()
    session.truncate([150])
    assert passes == []
    assert session.lengths == [150]
    model = tiny_model("static, at most 2", "latent window, one query")
    check(session, [full[:150]], model)
    session.truncate([20])
    assert [count for group in passes for _, count in group] == [21]
    check(session, [full[:20]], model)
    passes.clear()
    session.truncate([20])
    assert passes == []


def test_a_row_whose_latents_are_gone_is_computed_anew(passes):
    """Though all of its bytes are held: only the latent transformer has a window."""
    model = tiny_model("static, at most 2", "latent window alone")
    session, data = model.session([b""], rollback=3), text(11, 160)
    for at in range(0, 160, 8):
        session.extend([data[at : at + 8]])
    assert (session._bytes.first, session._patches.first[0] > 20) == ([0], True)
    passes.clear()
    session.truncate([158])
    assert passes == []
    session.truncate([30])
    assert [count for group in passes for _, count in group] == [31]
    check(session, [data[:30]], model)


@pytest.mark.parametrize("rollback", [0, 3])
@pytest.mark.parametrize("shape", ["windows everywhere", "latent window, one query", "latent window alone"])
def test_a_row_is_computed_anew_where_what_the_rest_needs_is_gone(shape, rollback, passes):
    """The windows of the next byte, its open patch, and the last byte and patch, which are read again."""
    model = tiny_model("entropy, at most 5", shape)
    session, data = model.session([b""], rollback=rollback), text(12, 130)
    for at in range(0, 130, 7):
        session.extend([data[at : at + 7]])
    row, config = session._rows[0], model.config
    windows = [config.entropy.window, config.encoder.window, config.decoder.window]
    window, seen = None if None in windows else max(windows), set()
    for length in range(131):
        positions = length + 1
        open_start = max(start for start in row.starts if start <= positions)
        oldest = min(open_start, positions - 1, 0 if window is None else max(0, positions - window + 1))
        closed = sum(0 < start <= positions for start in row.starts)
        latest = 0 if config.latent.window is None else closed - config.latent.window
        held = session._bytes.first[0] <= oldest and session._patches.first[0] <= max(0, latest)
        copy = session.select([0])
        passes.clear()
        copy.truncate([length])
        assert (passes == []) == (held or length == 130)
        assert copy._rows[0].closed == closed
        seen.add(held)
        if length % 16 == 5 and whole(model, data[:length]).decided:
            check(copy, [data[:length]], model)
    assert seen == {False, True}


def test_steps_take_the_short_ways(monkeypatch):
    """One byte in each row: n-grams in one look-up, no cutting of what was computed, no search for drafts.

    And where no patch closes, latents are what they were.
    """
    model, data = tiny_model("static, at most 2"), [text(seed, 30) for seed in range(3)]
    session = model.session([one[:12] for one in data])

    def never(*arguments):
        raise AssertionError("the long way")

    for place, name in (
        (BLTSession, "_latest_closed"),
        (BLTSession, "_entropies_after_drafts"),
        (type(session._runtime.ngrams), "windows"),
    ):
        monkeypatch.setattr(place, name, never)
    kept = []
    decode, logits = HostRuntime.decode, HostRuntime.logits

    def decoded(self, *arguments):
        kept[:] = [decode(self, *arguments)]
        return kept[0]

    def scored(self, given):
        assert given is kept[0]
        return logits(self, given)

    monkeypatch.setattr(HostRuntime, "decode", decoded)
    monkeypatch.setattr(HostRuntime, "logits", scored)
    for at in range(12, 30):
        if not any(session.at_boundary):
            assert (
                session._seen_by([0, 1, 2], session._bytes.span([0, 1, 2], [1] * 3, [at] * 3))
                is session._seen
            )
        session.extend([one[at : at + 1] for one in data])
    check(session, data, model)


def test_one_row_is_written_nowhere_but_in_its_caches(monkeypatch):
    """Its scores are those that were computed."""
    session = MODEL.session([b"abcdefgh"])
    monkeypatch.setattr(torch.Tensor, "index_copy_", None)
    for byte in b"ijk":
        session.extend([bytes((byte,))])
    check(session, [b"abcdefghijk"])


@pytest.mark.parametrize("mode", ["static", "entropy, at most 5", "space", "monotonic, at most 4"])
def test_a_draft_of_any_length_knows_the_boundary_after_it(mode):
    """However many patches begin in it."""
    model, data = tiny_model(mode), b"ab, cdefg hi jklmnopq."
    for length in range(1, len(data) - 1):
        found = model.session([data[:2]]).draft([data[2 : 2 + length]])[0]
        full = whole(model, data[: 2 + length])
        assert not full.decided or found.at_boundary == full.at_boundary


def test_rows_that_are_not_cut_stand_still(passes):
    """One is cut a little, one is computed anew, one stays."""
    model = tiny_model("static, at most 2", "latent window, one query")
    texts = [text(6, 200), text(7, 200), text(8, 30)]
    session = model.session([b"", b"", b""], rollback=3)
    for at in range(0, 200, 20):
        session.extend([one[at : at + 20] for one in texts])
    passes.clear()
    session.truncate([198, 40, 30])
    assert {row for group in passes for row, _ in group} <= {1}
    check(session, [texts[0][:198], texts[1][:40], texts[2]], model)
    session.extend([b"a", b"b", b"c"])
    check(session, [texts[0][:198] + b"a", texts[1][:40] + b"b", texts[2] + b"c"], model)


def test_what_cannot_be_is_refused():
    """Counts of chunks, lengths and rows, and negative numbers, with what is needed."""
    session = MODEL.session([b"abc", b"d"])
    for call, message in (
        (lambda: session.extend([b""]), "2 rows need 2 chunks, got 1"),
        (lambda: session.draft([b""]), "2 rows need 2 chunks, got 1"),
        (lambda: session.truncate([1]), "2 rows need 2 lengths, got 1"),
        (lambda: session.truncate([4, 1]), "row 0 has 3 bytes: cannot cut it to 4"),
        (lambda: session.truncate([3, -1]), "row 1 has 1 bytes: cannot cut it to -1"),
        (lambda: MODEL.session([b""], rollback=-1), "rollback must not be negative, got -1"),
        (lambda: session.concat(tiny_model("space").session([b""])), "only sessions of one model"),
        (lambda: session.replace(0, tiny_model("space").session([b""]), 0), "only sessions of one model"),
        (lambda: session.concat(object()), "only sessions of one model"),
        (lambda: session.replace(0, object(), 0), "only sessions of one model"),
        (lambda: session.extend([b"", b""], masks=[None, None]), "this model has no mask input"),
        (lambda: TOLD.session([b"", b""], masks=[None]), "2 rows need 2 masks, got 1"),
        (
            lambda: TOLD.session([b""]).extend([b"ab"], masks=[np.ones((1, 257), bool)]),
            "a mask of shape (2, 257)",
        ),
        (lambda: TOLD.session([b""], masks=[np.ones(256, bool)]), "a mask of shape (1, 257) is needed"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            call()
    for rows in ([2], [-3]):
        with pytest.raises(IndexError):
            session.select(rows)
    assert MODEL.session([b""], rollback=0).lengths == [0]
    check(session, [b"abc", b"d"])
    assert session.select([-1]).lengths == [1]


def test_memory_is_that_of_all_caches():
    """The latent's is a part of it, and grows with the text where it has no window."""
    session = MODEL.session([b"ab", b"c"])
    parts = (session._bytes.nbytes, session._patches.nbytes, session._seen.nbytes, session._scores.nbytes)
    assert session.nbytes == sum(parts)
    assert session.latent_nbytes == parts[1]
    assert all(parts)


@pytest.mark.parametrize("rollback", [0, 5, 50])
def test_caches_hold_the_windows_and_the_rollback(rollback):
    """And not the text: positions before them are dropped."""
    model = tiny_model("static, at most 2", "latent window, one query")
    session = model.session([b""], rollback=rollback)
    for _ in range(40):
        session.extend([b"abcdefghij"])
    config = model.config
    window = max(config.entropy.window, config.encoder.window, config.decoder.window)
    oldest = session._oldest_byte(0)
    assert oldest == min(401 - rollback - window, session._open_start(session._rows[0], 401 - rollback))
    assert session._oldest_patch(0) == session._patches.length[0] - rollback - config.latent.window - 1
    assert session._bytes.capacity < 2 * (window + rollback) + 60
    for shape in ("windows everywhere", "latent window, one query"):
        short = tiny_model("static, at most 2", shape).session([b"ab"], rollback=rollback)
        assert (short._oldest_byte(0), short._oldest_patch(0)) == (0, 0)
    assert tiny_model("static", "latent window alone").session([b"abc"])._oldest_byte(0) == 0


def test_the_open_patch_is_found_from_the_end():
    """The last start at or before so many positions."""
    row = session_module._Row()
    row.starts = [0, 1, 4, 9]
    found = [BLTSession._open_start(row, positions) for positions in (0, 1, 3, 4, 8, 9, 20)]
    assert found == [0, 1, 1, 4, 4, 9, 9]
    row.starts = [3]
    assert BLTSession._open_start(row, 2) == 0
    assert row.closed == 0


def test_texts_agree_up_to_their_first_difference():
    """Or the end of the shorter."""
    for one, other, common in ((b"", b"a", 0), (b"ab", b"ab", 2), (b"ab", b"abc", 2), (b"axc", b"abc", 1)):
        assert _agreement(one, other) == _agreement(bytearray(other), one) == common


@pytest.fixture
def entropy_runs(monkeypatch):
    """How many positions the entropy model was run on, per call."""
    made = []
    for runtime in (
        type(MODEL.session([b""])._runtime),
        type(MODEL.session([b""])._runtime.for_positions(1)),
    ):
        predict = runtime._predict

        def counted(self, ids, cache, span, predict=predict):
            made.append(span.total)
            return predict(self, ids, cache, span)

        monkeypatch.setattr(runtime, "_predict", counted)
    return made


def test_drafted_bytes_are_not_read_again(entropy_runs):
    """As far as they come as drafted; the rest is computed; a draft is gone after a change."""
    session = MODEL.session([b"abc", b"d"])
    entropy_runs.clear()
    assert session.draft([b"", b""]) == [None, None]
    assert entropy_runs == []
    one, none = session.draft([b"xy", b""])
    assert none is None
    two, three = session.draft([b"z", b"q"])
    assert entropy_runs == [2, 2]
    for data, draft in ((b"abcxy", one), (b"abcxyz", two), (b"dq", three)):
        assert draft.logits.shape == (257,)
        assert draft.at_boundary == whole(MODEL, data).at_boundary
    entropy_runs.clear()
    session.extend([b"xyz", b"q"])
    assert entropy_runs == []
    check(session, [b"abcxyz", b"dq"])
    session.draft([b"xy", b"rs"])
    entropy_runs.clear()
    session.extend([b"xq", b"rs"])
    assert entropy_runs == [1]
    check(session, [b"abcxyzxq", b"dqrs"])
    session.draft([b"ab", b""])
    session.truncate([7, 4])
    entropy_runs.clear()
    session.extend([b"ab", b"c"])
    assert entropy_runs == [3]
    check(session, [b"abcxyzxab", b"dqrsc"])
    # Only some rows were drafted for; only some are cut.
    session.draft([b"cd", b""])
    entropy_runs.clear()
    session.extend([b"cd", b"e"])
    assert entropy_runs == [1]
    session.draft([b"ef", b"gh"])
    session.truncate([8, 6])
    entropy_runs.clear()
    session.extend([b"e", b"gh"])
    assert entropy_runs == [1]
    check(session, [b"abcxyzxae", b"dqrscegh"])


def test_a_draft_goes_with_its_row():
    """Into copies; what one extends does not change the other."""
    session = MODEL.session([b"abc"])
    session.draft([b"xy"])
    copy = session.select([0, 0])
    copy.extend([b"xy", b"zz"])
    session.extend([b"xyz"])
    check(copy, [b"abcxy", b"abczz"])
    check(session, [b"abcxyz"])


def test_masks_are_kept_by_position_and_cut_with_the_row():
    """Those of bytes that are gone are gone; the others are there for a row computed anew."""
    masks = np.random.default_rng(0).random((6, 257)) < 0.3
    session = TOLD.session([b"ab"], masks=[masks[0]])
    session.extend([b"cde"], masks=[masks[1:4]])
    assert list(session._rows[0].masks) == [2, 3, 4, 5]
    session.extend([b"f"])
    assert list(session._rows[0].masks) == [2, 3, 4, 5]
    session.truncate([3])
    assert list(session._rows[0].masks) == [2, 3]
    session.truncate([0])
    assert session._rows[0].masks == {}
    session.extend([b"a"], masks=[masks[5:]])
    assert list(session._rows[0].masks) == [1]
    both = TOLD.session([b"", b"x"], masks=[None, masks[0]])
    assert [list(row.masks) for row in both._rows] == [[], [1]]
    # What nothing was said of may be anything; where nothing was said at all, nothing is told.
    told = both._allowed(both._rows, both._bytes.span([0, 1], [1, 2], [0, 0]))
    assert told.dtype == torch.bool
    assert told.tolist() == [[True] * 257, [True] * 257, masks[0].tolist()]
    assert both._allowed(both._rows, both._bytes.span([0, 1], [1, 1], [0, 0])) is None


def test_a_replaced_row_is_the_other_s():
    """Its caches, its draft, the greater rollback; negative numbers count from the end."""
    session = MODEL.session([b"abc", text(9, 40)], rollback=2)
    other = MODEL.session([text(10, 60), b"zz"], rollback=7)
    session.replace(-2, other, -2)
    assert session._rollback == 7
    check(session, [text(10, 60), text(9, 40)])
    session.extend([b"q", b"r"])
    check(session, [text(10, 60) + b"q", text(9, 40) + b"r"])
    check(other, [text(10, 60), b"zz"])
    joined = session.concat(other)
    assert joined._rollback == 7
    check(joined, [text(10, 60) + b"q", text(9, 40) + b"r", text(10, 60), b"zz"])
    with pytest.raises(IndexError):
        session.replace(2, other, 0)


def test_scores_of_several_rows_are_put_in_their_places():
    """Where only some advance."""
    session = MODEL.session([b"abc", b"d", b"ef"])
    before = session.logits.clone()
    session.extend([b"", b"x", b""])
    assert torch.equal(session.logits[[0, 2]], before[[0, 2]])
    check(session, [b"abc", b"dx", b"ef"])
    session.extend([b"q", b"", b"rs"])
    check(session, [b"abcq", b"dx", b"efrs"])
