"""A deadline or a cancellation brings a text to a valid end, under every strategy."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest

import bltgen
from bltgen import interruption
from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import byte_set, literal
from bltgen.automata.limits import Limits, use_limits
from bltgen.decoding.generator import Generator
from bltgen.decoding.request import Request
from bltgen.errors import BltgenError, Cancelled, DeadlineExceeded, LimitExceeded
from bltgen.interruption import CancelToken, Watch
from bltgen.testing import models
from tests.decoding.driving import STRATEGIES

LETTERS = byte_set(ByteSet.range(97, 102))
LONG = LETTERS.repeat(3, 200) + literal(b"END") | literal(b"stop here")
PERSON = bltgen.json_schema(
    {
        "type": "object",
        "properties": {"name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}},
        "required": ["name", "tags"],
    }
)
CONSTRAINTS: list[Any] = [LONG, PERSON]
SOME_TIME = 1e6


class Clock:
    """A clock that stands still until it was read so many times; then it is late."""

    def __init__(self, reads: int) -> None:
        self.reads = reads

    def __call__(self) -> float:
        self.reads -= 1
        return 0.0 if self.reads >= 0 else 10 * SOME_TIME


@pytest.fixture
def late_after(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make deadlines come after so many looks at the clock."""
    original = Watch.__init__

    def set_clock(reads: int) -> Clock:
        clock = Clock(reads)
        monkeypatch.setattr(
            Watch,
            "__init__",
            lambda self, deadline=None, cancel=None: original(self, deadline, cancel, clock),
        )
        return clock

    return set_clock


def looks(late_after: Any, ask: Any) -> int:
    """How often the clock is looked at where it is never late."""
    clock = late_after(10**9)
    ask()
    return 10**9 - clock.reads


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=["regular", "schema"])
@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)
def test_a_text_is_brought_to_its_end_whenever_the_deadline_comes(
    strategy: Any, constraint: Any, late_after: Any
) -> None:
    model = Generator(models.whimsical(3, scale=3, patch=3))
    options: dict[str, Any] = {"strategy": strategy, "seed": 5, "max_bytes": 60}
    whole = model.generate("x", constraint, **options)
    count = looks(late_after, lambda: model.generate("x", constraint, **options, deadline=SOME_TIME))
    assert count > 2
    rng = random.Random(1)
    finishes, late = set(), []
    for reads in [1, 2, 3, 4, 5, *rng.sample(range(6, count), min(7, count - 6)), count + 1]:
        late_after(reads)
        try:
            out = model.generate("x", constraint, **options, deadline=SOME_TIME)
        except DeadlineExceeded:
            late.append(reads)
            continue
        finishes.add(out.finish)
        assert constraint.accepts(out.data), out.data
        assert len(out.data) <= 60
        assert b"".join(patch.data for patch in out.patches) == out.data
        if out.finish != "deadline":
            assert out.data == whole.data
            assert out.statistics.completed_bytes == 0
    assert "deadline" in finishes
    assert whole.finish in finishes
    assert max(late) < 5


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)
def test_a_stream_shows_the_text_that_it_ends_with(strategy: Any, late_after: Any) -> None:
    model = Generator(models.whimsical(3, scale=3, patch=3))
    options: dict[str, Any] = {"strategy": strategy, "seed": 5, "max_bytes": 60}
    count = looks(late_after, lambda: list(model.stream("x", LONG, **options, deadline=SOME_TIME)))
    for reads in range(5, count, max(1, count // 8)):
        late_after(reads)
        stream = model.stream("x", LONG, **options, deadline=SOME_TIME)
        shown = b"".join(patch.data for patch in stream)
        assert shown == stream.generation.data
        assert LONG.accepts(shown)


def test_the_end_is_a_shortest_one_of_the_text_so_far(late_after: Any) -> None:
    model = Generator(models.likes(b"abc"))
    count = looks(late_after, lambda: model.generate("", LONG, seed=1, max_bytes=100, deadline=SOME_TIME))
    late_after(count // 2)
    out = model.generate("", LONG, seed=1, max_bytes=100, deadline=SOME_TIME)
    written = out.data[: -out.statistics.completed_bytes]
    assert out.finish == "deadline"
    assert 3 < len(written) < 90
    assert out.data == written + _end(written)
    assert model.generate("", LONG, seed=1, max_bytes=100).data.startswith(written)


def test_an_end_that_takes_many_steps_is_known_too(late_after: Any) -> None:
    """The watch bounds what it takes, not the limit of one question."""
    long = bltgen.json_schema({"type": "array", "minItems": 40, "items": {"type": "boolean"}})
    model = Generator(models.likes(b"[true, ]"))
    with use_limits(Limits(steps=60)):
        with pytest.raises(LimitExceeded):
            bltgen.json_schema(
                {"type": "array", "minItems": 40, "items": {"type": "null"}}
            ).start().completion()
        late_after(40)
        out = model.generate("", long, seed=1, deadline=SOME_TIME)
    assert out.finish == "deadline"
    assert long.accepts(out.data)


def test_a_stop_string_in_the_end_ends_the_text(late_after: Any) -> None:
    model = Generator(models.likes(b"abc"))
    language = LETTERS.repeat(1, 60) + (literal(b"") | literal(b";") + LETTERS.repeat(5, 5))
    late_after(7)
    out = model.generate("", language & ~LETTERS.repeat(1, 60), stop=b";", seed=1, deadline=SOME_TIME)
    assert out.finish == "deadline"
    assert b";" in out.data
    late_after(7)
    out = model.generate("", language, stop=b";", seed=1, deadline=SOME_TIME)
    assert b";" not in out.data


def test_free_text_is_cut(late_after: Any) -> None:
    model = Generator(models.likes(b"abc"))
    late_after(9)
    out = model.generate("", max_bytes=100, seed=1, deadline=SOME_TIME)
    assert out.finish == "deadline"
    assert 0 < len(out.data) < 100


def test_a_deadline_before_the_first_byte_is_an_error() -> None:
    model = Generator(models.tiny_blt(1))
    for deadline in (0, 0.0, 1e-9):
        with pytest.raises(DeadlineExceeded, match="before the first byte"):
            model.generate("x", PERSON, deadline=deadline)
    assert isinstance(DeadlineExceeded(1.0), TimeoutError)


def test_compiling_counts(late_after: Any) -> None:
    """A schema given as a dict is compiled at the call: what is late there is not begun."""
    clock = late_after(3)
    schema = {"type": "string", "minLength": 300, "pattern": "^(a{1,40}b){1,50}$", "not": {"pattern": "abab"}}
    with pytest.raises(DeadlineExceeded):
        Generator(models.likes(b"ab")).generate("", schema, deadline=SOME_TIME)
    assert clock.reads < 0


def test_a_long_question_is_ended_by_the_deadline_and_not_remembered(late_after: Any) -> None:
    hard = bltgen.regex("".join(f"(?=.*{c}.*{c.upper()})" for c in "abcdefghij") + ".{8,64}")
    late_after(4)
    with pytest.raises(DeadlineExceeded), Request(SOME_TIME).watched():
        hard.start().allowed  # noqa: B018
    assert ("_ask", "allowed") not in (hard.start().refusals or {})  # type: ignore[attr-defined]


class Impatient(CancelToken):
    """A token that is cancelled once it was looked at so many times."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks = looks

    @property
    def cancelled(self) -> bool:
        self.looks -= 1
        return self.looks < 0


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)
def test_a_cancelled_text_is_an_error_with_its_bytes_or_finished(strategy: Any) -> None:
    model = Generator(models.whimsical(3, scale=3, patch=3))
    options: dict[str, Any] = {"seed": 5, "max_bytes": 60, "strategy": strategy}
    patient = Impatient(10**9)
    model.generate("x", LONG, cancel=patient, **options)
    for looks in (1, 4, (10**9 - patient.looks) // 2):
        stream = model.stream("x", LONG, cancel=Impatient(looks), **options)
        shown = b""
        with pytest.raises(Cancelled) as caught:  # noqa: PT012
            for patch in stream:
                shown += patch.data
        assert caught.value.data.startswith(shown)
        assert LONG.accepts(caught.value.data + _end(caught.value.data))
        with pytest.raises(Cancelled):
            stream.generation  # noqa: B018
    out = model.generate("x", LONG, cancel=Impatient(looks), on_cancel="finish", **options)
    assert out.finish == "cancelled"
    assert LONG.accepts(out.data)


def _end(text: bytes) -> bytes:
    state: Any = LONG.start()
    for byte in text:
        state = state.advance(byte)
    found: bytes = state.completion()
    return found


def test_a_token_is_seen_from_other_threads() -> None:
    model = Generator(models.likes(b"a"))
    token = CancelToken()
    threading.Timer(0.05, token.cancel).start()
    with pytest.raises(Cancelled):  # noqa: PT012
        while True:
            model.generate("", LONG, seed=1, cancel=token)
    assert token.cancelled
    assert repr(token) == "<CancelToken cancelled>"


def test_one_deadline_for_a_batch(late_after: Any) -> None:
    """What waits then is not begun; what is begun is brought to its end."""
    model = Generator(models.whimsical(3, scale=3, patch=3))
    clock = late_after(10**9)
    alone = model.generate_many(["a"] * 6, LONG, batch_size=2, seed=1, max_bytes=60, deadline=SOME_TIME)
    looks, seen = 10**9 - clock.reads, set()
    for share in (0.45, 0.5, 0.55, 0.6, 0.65):
        late_after(int(share * looks))
        outs = model.generate_many(["a"] * 6, LONG, batch_size=2, seed=1, max_bytes=60, deadline=SOME_TIME)
        seen.update("late" if isinstance(out, BltgenError) else out.finish for out in outs)
        assert isinstance(outs[-1], DeadlineExceeded)
        for out, whole in zip(outs, alone, strict=True):
            if isinstance(out, BltgenError):
                assert isinstance(out, DeadlineExceeded)
            else:
                assert LONG.accepts(out.data)
                assert not isinstance(whole, BltgenError)
                assert out.data == whole.data or out.finish == "deadline"
    assert seen == {"end", "deadline", "late"}


def test_a_watch_changes_no_bytes() -> None:
    model = Generator(models.tiny_blt(1))
    for seed in range(3):
        plain = model.generate("x", PERSON, seed=seed, max_bytes=40)
        watched = model.generate("x", PERSON, seed=seed, max_bytes=40, deadline=1e6, cancel=CancelToken())
        assert (plain.data, plain.patches) == (watched.data, watched.patches)
        assert plain.log_probability == watched.log_probability


@pytest.mark.parametrize(
    "options",
    [{"deadline": -1}, {"deadline": "1"}, {"deadline": float("nan")}, {"on_cancel": "stop"}],
    ids=str,
)
def test_wrong_values_are_errors(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        Generator(models.likes(b"a")).generate("", LONG, **options)


def test_what_is_no_token_is_an_error() -> None:
    with pytest.raises(TypeError, match="CancelToken"):
        Generator(models.likes(b"a")).generate("", LONG, cancel=threading.Event())  # type: ignore[arg-type]


def test_watches_do_not_outlive_their_block() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled), Watch(cancel=token).watched():
        interruption.check()
    interruption.check()
    assert interruption.current_watch() is None
