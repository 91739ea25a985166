"""Incremental decoding equals full recompute, whatever was done to the session."""

from __future__ import annotations

import random

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bltgen.model import runtime
from bltgen.model.blt import ByteLatentTransformer, ids_of_bytes
from bltgen.model.config import BLTConfig
from bltgen.model.session import PIECE, SHORT, BLTSession
from tests.model.sessions import MODES, SHAPES, tiny_model, whole
from tests.model.tolerance import assert_close, draft_tolerance, logits_tolerance

CASES = [(mode, "windows everywhere") for mode in MODES] + [
    ("entropy, at most 5", shape) for shape in list(SHAPES)[1:]
]
# Of what takes longer, two shapes are enough on every kind of CPU.
ON_EVERY_CPU = {"latent window alone", "no window, grouped keys, four queries"}
LONG_CASES = [
    pytest.param(*case, marks=[pytest.mark.arithmetic] if case[1] in ON_EVERY_CPU else []) for case in CASES
]
quick = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
texts = st.lists(st.sampled_from([*b"ab, {1\n", 0, 0xC3, 0xFF]), max_size=30).map(bytes)


def random_text(seed: int, length: int) -> bytes:
    rng = random.Random(seed)
    return bytes(rng.choice(b'abcde, {}"\n\xc3\xa9\x00\xff') for _ in range(length))


def decided_text(model: ByteLatentTransformer, seed: int, length: int) -> bytes:
    """A text none of whose boundaries hangs on rounding."""
    while not whole(model, text := random_text(seed, length)).decided:
        seed += 1000
    return text


def check(session: BLTSession, model: ByteLatentTransformer, rows: list[bytes]) -> None:
    """All that a session says of its rows is what full recompute says."""
    expected = [whole(model, row) for row in rows]
    assert session.lengths == [len(row) for row in rows]
    assert session.patch_starts == [e.starts for e in expected]
    assert session.at_boundary == [e.at_boundary for e in expected]
    for entropy, e in zip(session.entropies, expected, strict=True):
        assert entropy == pytest.approx(e.entropies[-1], abs=e.entropy_within)
    assert session.logits.shape == (len(rows), 257)
    for row, e in enumerate(expected):
        e.check_logits(session.logits[row : row + 1], -1)


@pytest.mark.arithmetic
@pytest.mark.parametrize(("mode", "shape"), CASES)
def test_byte_by_byte_equals_full_recompute_far_past_every_window(mode: str, shape: str) -> None:
    """300 bytes, one at a time: the same logits, entropies and patches as in one piece."""
    model = tiny_model(mode, shape)
    text = decided_text(model, 1, 300)
    expected = whole(model, text)
    session = model.session([b""], rollback=4)
    for i in range(len(text)):
        expected.check_logits(session.logits, i, i + 1)
        assert session.entropies[0] == pytest.approx(expected.entropies[i], abs=expected.entropy_within)
        session.extend([text[i : i + 1]])
    check(session, model, [text])
    assert len(expected.starts) > 20


@pytest.mark.parametrize(("mode", "shape"), LONG_CASES)
def test_a_long_prompt_in_pieces_equals_full_recompute(mode: str, shape: str) -> None:
    """A prefill longer than one piece, its logits kept."""
    model = tiny_model(mode, shape)
    text = decided_text(model, 2, PIECE + 150)
    session = model.session([b"", b"", b""])
    session.extend([text, b"", text[:20]], keep_logits=True)
    expected = whole(model, text)
    for row, length in enumerate([len(text), 0, 20]):
        expected.check_logits(session.chunk_logits[row], 0, length)
    check(session, model, [text, b"", text[:20]])


operation = st.one_of(
    st.tuples(st.just("extend"), st.lists(texts, min_size=4, max_size=4)),
    st.tuples(st.just("step"), st.lists(st.integers(0, 255), min_size=4, max_size=4)),
    st.tuples(st.just("truncate"), st.lists(st.floats(0, 1), min_size=4, max_size=4)),
    st.tuples(st.just("select"), st.lists(st.integers(0, 3), min_size=1, max_size=4)),
    st.tuples(st.just("concat"), texts),
    st.tuples(st.just("replace"), st.tuples(st.integers(0, 3), texts)),
)


@pytest.mark.parametrize(("mode", "shape"), LONG_CASES)
@quick
@given(
    prompts=st.lists(texts, min_size=1, max_size=3),
    rollback=st.integers(0, 8),
    operations=st.lists(operation, max_size=8),
    host_positions=st.sampled_from([0, 2, 64, 10**6]),
)
def test_any_history_equals_full_recompute(
    mode, shape, prompts, rollback, operations, host_positions
) -> None:
    """Extending, cutting, forking, reordering and joining in any order leaves the state of a new session.

    Be it by torch alone, by NumPy alone, or by whichever the number of new positions asks for.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runtime, "HOST_POSITIONS", host_positions)
        check_history(tiny_model(mode, shape), prompts, rollback, operations)


def check_history(model, prompts, rollback, operations) -> None:
    session = model.session(prompts, rollback=rollback)
    rows = list(prompts)
    assume(all(whole(model, row).decided for row in rows))
    check(session, model, rows)
    for name, argument in operations:
        count = len(rows)
        if name == "extend":
            chunks = argument[:count] + [b""] * (count - 4)
            session.extend(chunks)
            rows = [row + chunk for row, chunk in zip(rows, chunks, strict=True)]
        elif name == "step":
            steps = [bytes([argument[i % 4]]) for i in range(count)]
            session.extend(steps)
            rows = [row + step for row, step in zip(rows, steps, strict=True)]
        elif name == "truncate":
            lengths = [round(len(row) * argument[i % 4]) for i, row in enumerate(rows)]
            session.truncate(lengths)
            rows = [row[:length] for row, length in zip(rows, lengths, strict=True)]
        elif name == "select":
            chosen = [i % count for i in argument]
            session = session.select(chosen)
            rows = [rows[i] for i in chosen]
        elif name == "replace":
            place, text = argument[0] % count, argument[1]
            session.replace(place, model.session([b"beside", text], rollback=2), 1)
            rows[place] = text
        else:
            session = session.concat(model.session([argument]))
            rows.append(argument)
        assume(all(whole(model, row).decided for row in rows))
        check(session, model, rows)


@pytest.mark.parametrize("mode", MODES)
@quick
@given(
    prompts=st.lists(texts, min_size=1, max_size=3),
    rounds=st.lists(
        st.lists(
            st.tuples(st.lists(texts, max_size=3), st.integers(0, 40), texts.filter(lambda t: len(t) < 4)),
            min_size=3,
            max_size=3,
        ),
        max_size=4,
    ),
)
def test_drafts_are_predictions_of_the_entropy_model_and_change_nothing(mode, prompts, rounds) -> None:
    """Drafted in pieces, kept in part, wholly or not at all, beside rows that draft nothing."""
    model = tiny_model(mode)
    session = model.session(prompts, rollback=4)
    rows = list(prompts)
    drafted = [b""] * len(rows)
    for one_round in rounds:
        for step in range(3):
            pieces = [plan[0][step] if step < len(plan[0]) else b"" for plan in one_round[: len(rows)]]
            drafted = [text + piece for text, piece in zip(drafted, pieces, strict=True)]
            assume(all(whole(model, row + text).decided for row, text in zip(rows, drafted, strict=True)))
            found = session.draft(pieces)
            for row, text, piece, draft in zip(rows, drafted, pieces, found, strict=True):
                assert (draft is None) == (piece == b"")
                if draft is not None:
                    with torch.no_grad():
                        logits = model.entropy_model(torch.tensor([ids_of_bytes(row + text)]))[0, -1]
                    expected = torch.cat([logits[4:260], logits[2:3]]).log_softmax(-1)
                    found_logits = draft.logits.log_softmax(-1)
                    assert_close(found_logits, expected, draft_tolerance(model, expected, len(row + text)))
                    assert draft.at_boundary == whole(model, row + text).at_boundary
        check(session, model, rows)
        chunks = [
            text[:kept] + other
            for text, (_, kept, other) in zip(drafted, one_round[: len(rows)], strict=True)
        ]
        session.extend(chunks)
        rows = [row + chunk for row, chunk in zip(rows, chunks, strict=True)]
        # A row that stood still keeps its draft.
        drafted = [b"" if chunk else text for text, chunk in zip(drafted, chunks, strict=True)]
        assume(all(whole(model, row).decided for row in rows))
        check(session, model, rows)


@pytest.mark.parametrize("shape", ["latent window, one query", "latent window alone"])
@pytest.mark.parametrize("rollback", [0, 3, 200])
def test_rolled_back_and_decoded_again_equals_decoded_once(rollback: int, shape: str) -> None:
    """Every depth of rollback, within what the caches keep and far beyond it."""
    model = tiny_model("entropy", shape)
    text = decided_text(model, 3, 160)
    for length in [159, 158, 156, 151, 140, 120, 80, 30, 1, 0]:
        session = model.session([b""], rollback=rollback)
        for at in range(0, len(text), 5):  # in small steps, so that the caches let go of what is old
            session.extend([text[at : at + 5]])
        if rollback < 100:
            assert session._patches.first[0] > 10
            assert (session._bytes.first[0] > 100) == (shape != "latent window alone")
        session.truncate([length])
        check(session, model, [text[:length]])
        session.extend([text[length:]])
        check(session, model, [text])
        for i in range(length, min(length + 3, len(text))):
            session.truncate([i])
            session.extend([text[i : i + 1]])
            session.extend([text[i + 1 :]])
        check(session, model, [text])


@pytest.mark.parametrize("mode", MODES)
def test_a_batch_equals_its_rows_alone(mode: str) -> None:
    """Rows of different lengths, long past their windows, with different steps."""
    model = tiny_model(mode)
    rows = [decided_text(model, seed, length) for seed, length in enumerate([0, 1, 3, 40, 200])]
    session = model.session([b""] * len(rows), rollback=5)
    done = [0] * len(rows)
    rng = random.Random(4)
    while any(at < len(row) for at, row in zip(done, rows, strict=True)):
        sizes = [rng.choice([0, 1, 1, 2, SHORT + 3]) for _ in rows]
        session.extend([row[at : at + size] for row, at, size in zip(rows, done, sizes, strict=True)])
        done = [min(at + size, len(row)) for row, at, size in zip(rows, done, sizes, strict=True)]
    check(session, model, rows)


def test_a_patch_longer_than_every_window_is_pooled_whole() -> None:
    """The open patch keeps all its bytes, also when they are older than any window and rollback."""
    model = tiny_model("space")
    text = b"x " + b"a" * 300 + b" b"
    session = model.session([b""], rollback=0)
    for byte in text:
        session.extend([bytes([byte])])
    check(session, model, [text])
    session.truncate([299])
    check(session, model, [text[:299]])
    for byte in b" closed" * 20:
        session.extend([bytes([byte])])
    assert session._bytes.first[0] > 300
    session.truncate([301])  # into the long patch, whose first bytes are gone
    check(session, model, [(text[:299] + b" closed")[:301]])
    session.truncate([299])
    check(session, model, [text[:299]])


def test_memory_is_bounded_by_the_windows() -> None:
    """The caches of the byte level stop growing; only latents are kept for ever."""
    model = tiny_model("static", "latent window, one query")
    session = model.session([b""], rollback=16)
    sizes = []
    for _ in range(12):
        session.extend([random_text(5, 200)])
        sizes.append(session.nbytes)
    assert sizes[-1] == sizes[3]


def test_forks_and_sources_do_not_disturb_each_other() -> None:
    """`select` and `concat` leave their operands usable, and returned logits are never overwritten."""
    model = tiny_model("entropy, at most 5")
    session = model.session([b"one", b"two, three"])
    before = session.logits
    copy = before.clone()
    fork = session.select([1, 1, 0])
    both = session.concat(fork)
    fork.extend([b"a", b"b", b"c"])
    fork.truncate([3, 11, 2])
    both.extend([b"x"] * 5)
    check(session, model, [b"one", b"two, three"])
    check(fork, model, [b"two", b"two, threeb", b"on"])
    check(both, model, [b"onex", b"two, threex", b"two, threex", b"two, threex", b"onex"])
    session.extend([b"!", b"?"])
    assert torch.equal(before, copy)


def test_a_session_without_rows_can_be_joined() -> None:
    """Dropping all rows and adding new ones is what continuous batching does at its ends."""
    model = tiny_model("entropy")
    session = model.session([b"done"]).select([])
    session.extend([])
    assert session.lengths == []
    assert session.logits.shape == (0, 257)
    joined = session.concat(model.session([b"new"]))
    joined.extend([b" text"])
    check(joined, model, [b"new text"])


def test_wrong_arguments_are_refused_before_anything_changes() -> None:
    """Counts and lengths are validated; other models' sessions cannot be joined."""
    model = tiny_model("entropy")
    session = model.session([b"ab", b"c"])
    with pytest.raises(ValueError, match="2 chunks"):
        session.extend([b"x"])
    with pytest.raises(ValueError, match="2 lengths"):
        session.truncate([1])
    with pytest.raises(ValueError, match="row 1 has 1 bytes"):
        session.truncate([1, 2])
    with pytest.raises(ValueError, match="row 0"):
        session.truncate([-1, 0])
    with pytest.raises(IndexError):
        session.select([2])
    with pytest.raises(ValueError, match="one model"):
        session.concat(tiny_model("static").session([b""]))
    with pytest.raises(ValueError, match="keep_logits"):
        _ = session.chunk_logits
    with pytest.raises(ValueError, match="rollback"):
        model.session([b""], rollback=-1)
    check(session, model, [b"ab", b"c"])


def test_changed_weights_are_seen_by_the_next_session() -> None:
    """A session made after a training step uses the new weights, norms included."""
    torch.manual_seed(0)
    model = ByteLatentTransformer(BLTConfig.tiny(mode="static"))
    before = model.session([b"text"]).logits
    with torch.no_grad():
        model.local_decoder.norm.weight.mul_(2.0)
    assert_close(model.session([b"text"]).logits, 2 * before, logits_tolerance(model, 2 * before, length=4))
