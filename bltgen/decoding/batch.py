"""Many searches over one model session: continuous batching by coroutines.

A strategy is a generator function. It yields a `Move` (what to do with its rows of the model) and
is sent the `Rows` after it; the moves of all searches under way are merged into one `select`, one
`truncate` and one `extend` of the session. A search that finishes makes room for the next prompt
at once. A search cannot see the rows of another, so its bytes do not depend on its company (up to
the float rounding of the model's batched arithmetic).

Cost per round: one model step over all rows, and about 40 us a row of our own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar, cast

import numpy as np

from bltgen.decoding.conditioning import open_session
from bltgen.decoding.request import Watches
from bltgen.errors import BltgenError, ModelError
from bltgen.interruption import check

if TYPE_CHECKING:
    from bltgen.decoding.sampling import Logits
    from bltgen.decoding.search import Search
    from bltgen.model.contract import ByteModel, Draft, DraftingSession, ReplacingSession, Session

__all__ = ["Counts", "Job", "Move", "Rows", "Steps", "decode"]

T = TypeVar("T")

KEPT = 0.75  # share of rows in use below which a session is made anew without the others


@dataclass(frozen=True)
class Move:
    """The rows become copies of `rows`, cut to `lengths`, then extended by `chunks`.

    rows: indices into the rows as they are (None: all, in order). lengths: bytes after the prompt
    (None: as they are). chunks: one a row, b"" stands still. keep_logits: `Rows.chunk_logits` is
    wanted. drafts: one a row, read by the model's drafter alone, after what it drafted since the row
    last changed; then `Rows.drafts` has its predictions (None: nothing is drafted).
    """

    chunks: Sequence[bytes]
    rows: Sequence[int] | None = None
    lengths: Sequence[int] | None = None
    keep_logits: bool = False
    drafts: Sequence[bytes] | None = None


class _PatchStarts:
    """Where patches start in all rows of a session, asked for at most once a round: it is a list of lists."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def of_rows(self) -> list[list[int]]:
        return self._session.patch_starts


@dataclass(frozen=True)
class Rows:
    """One search's rows after a move.

    logits: [rows, 257] float64, of what follows each row. at_boundary: per row, the next byte
    starts a patch. chunk_logits: per row [bytes, 257], what predicted each byte of the chunk
    (empty unless asked for). drafts: per row, what the drafter predicts (empty unless asked for).
    """

    logits: Logits
    at_boundary: Sequence[bool]
    chunk_logits: Sequence[Logits]
    session: Session
    starts: _PatchStarts
    offset: int
    prompt_length: int
    drafts: Sequence[Draft | None] = ()

    def patch_starts(self, row: int) -> list[int]:
        """Offsets after the prompt where this row's patches start; valid until the next move."""
        starts = self.starts.of_rows[self.offset + row]
        return [start - self.prompt_length for start in starts if start >= self.prompt_length]


Steps = Generator[Move, Rows, T]
"""A search: yields moves, is sent rows, returns its result."""


@dataclass
class Counts:
    """What a search made the model do: rounds, bytes through the local decoder, patches closed."""

    model_calls: int = 0
    local_steps: int = 0
    latent_steps: int = 0


@dataclass
class Job(Generic[T]):
    """A prompt and how to begin its search. Once `done`, `result` or `error` is there.

    search: whose masks a model that takes them is told.
    """

    prompt: bytes
    begin: Callable[[Rows], Steps[T]]
    search: Search | None = None
    counts: Counts = field(default_factory=Counts)
    result: T | None = None
    error: BltgenError | None = None
    done: bool = False


@dataclass
class _Running(Generic[T]):
    job: Job[T]
    steps: Steps[T]
    offset: int
    width: int = 1
    move: Move | None = None

    def resume(self, rows: Rows | None) -> None:
        """Run the search to its next move, or to its end. Errors of bltgen are kept with the job."""
        try:
            if rows is None:
                self.move = next(self.steps)
            else:
                _check_logits(rows, self.job.counts)
                self.move = self.steps.send(rows)
        except StopIteration as stop:
            self.job.result, self.job.done = stop.value, True
        except BltgenError as error:
            self.job.error, self.job.done = error, True


def decode(model: ByteModel, jobs: Iterable[Job[T]], batch_size: int = 1) -> Iterator[Job[T] | None]:
    """Run the jobs, `batch_size` at once. Yields each job as it is done, and None after every round."""
    waiting = iter(jobs)
    running: list[_Running[T]] = []
    session: Session | None = None
    exhausted = False
    while True:
        while not exhausted and len(running) < batch_size:
            admitted: list[Job[T]] = []
            while len(running) + len(admitted) < batch_size:
                job = next(waiting, None)
                if job is None:
                    exhausted = True
                    break
                admitted.append(job)
            if not admitted:
                break
            opened, admitted, refused = _open(model, admitted)
            yield from refused
            if opened is None:
                continue
            session, offsets = _take_in(session, opened, running)
            arrays, starts = _arrays(opened), _PatchStarts(session)
            for index, (job, offset) in enumerate(zip(admitted, offsets, strict=True)):
                rows = Rows(
                    arrays[0][index : index + 1],
                    arrays[1][index : index + 1],
                    (arrays[0][:0],),
                    session,
                    starts,
                    offset,
                    len(job.prompt),
                )
                begun = _Running(job, _begin(job, rows), offset)
                begun.resume(None)
                running.append(begun)
            yield from _drop_done(running)
        if not running or session is None:
            return
        session = _apply(session, running)
        logits, boundary = _arrays(session)
        drafts, starts = _draft(session, running), _PatchStarts(session)
        for one in running:
            assert one.move is not None
            part = slice(one.offset, one.offset + one.width)
            chunks: Sequence[Logits] = ()
            if one.move.keep_logits:
                chunks = [_float64(chunk) for chunk in session.chunk_logits[part]]
            rows = Rows(
                logits[part],
                boundary[part],
                chunks,
                session,
                starts,
                one.offset,
                len(one.job.prompt),
                drafts[part] if one.move.drafts is not None else (),
            )
            _count(one.job.counts, one.move, rows)
            one.resume(rows)
        yield from _drop_done(running)
        yield None
        if not running:
            session = None


def _open(model: ByteModel, jobs: list[Job[T]]) -> tuple[Session | None, list[Job[T]], list[Job[T]]]:
    """A session over the prompts that the model takes; a prompt it refuses fails alone."""
    searches = [job.search for job in jobs]
    try:
        with Watches([search.request.watch for search in searches if search is not None]).watched():
            check()
            return open_session(model, [job.prompt for job in jobs], searches), jobs, []
    except BltgenError as error:
        if len(jobs) == 1:
            jobs[0].error, jobs[0].done = error, True
            return None, [], jobs
    opened: Session | None = None
    taken: list[Job[T]] = []
    refused: list[Job[T]] = []
    for job in jobs:
        session, one, failed = _open(model, [job])
        taken, refused = taken + one, refused + failed
        if session is not None:
            opened = session if opened is None else opened.concat(session)
    return opened, taken, refused


def _begin(job: Job[T], rows: Rows) -> Steps[T]:
    """The search, with the check of its first logits inside, so that an error is the job's own."""
    _check_logits(rows, job.counts)
    return (yield from job.begin(rows))


def _drop_done(running: list[_Running[T]]) -> Iterator[Job[T]]:
    done = [one.job for one in running if one.job.done]
    running[:] = [one for one in running if not one.job.done]
    yield from done


def _take_in(
    session: Session | None, opened: Session, running: Sequence[_Running[T]]
) -> tuple[Session, list[int]]:
    """The session with the rows of `opened`, and where they are: in the places of searches that ended."""
    if session is None:
        return opened, list(range(len(opened.lengths)))
    free: list[int] = []
    if hasattr(session, "replace"):
        taken = {row for one in running for row in range(one.offset, one.offset + one.width)}
        free = [row for row in range(len(session.lengths)) if row not in taken][: len(opened.lengths)]
        for index, row in enumerate(free):
            cast("ReplacingSession", session).replace(row, opened, index)
    rest = range(len(free), len(opened.lengths))
    offsets = [*free, *(len(session.lengths) + index for index in range(len(rest)))]
    if rest:
        session = session.concat(opened.select(rest) if free else opened)
    return session, offsets


def _apply(session: Session, running: Sequence[_Running[T]]) -> Session:
    """Do all moves. Rows of searches that are gone stand still, or are left out where they are many."""
    alive = sum(one.width for one in running)
    if alive < KEPT * len(session.lengths) or any(_rearranges(one) for one in running):
        session = _rearranged(session, running)
    before = session.lengths
    lengths, chunks = list(before), [b""] * len(before)
    keep_logits = False
    for one in running:
        move = one.move
        assert move is not None
        if len(move.chunks) != one.width:
            raise ValueError(f"a move gives {len(move.chunks)} chunks to {one.width} rows")
        part = slice(one.offset, one.offset + one.width)
        chunks[part] = move.chunks
        keep_logits |= move.keep_logits
        if move.lengths is not None:
            lengths[part] = [len(one.job.prompt) + length for length in move.lengths]
    if lengths != before:
        session.truncate(lengths)
    if any(chunks):
        session.extend(chunks, keep_logits=keep_logits)
    return session


def _rearranges(one: _Running[T]) -> bool:
    assert one.move is not None
    return one.move.rows is not None and list(one.move.rows) != list(range(one.width))


def _rearranged(session: Session, running: Sequence[_Running[T]]) -> Session:
    """The rows that the moves ask for, in the order of the searches."""
    kept: list[int] = []
    for one in running:
        assert one.move is not None
        parents = range(one.width) if one.move.rows is None else one.move.rows
        offset, one.offset, one.width = one.offset, len(kept), len(parents)
        kept.extend(offset + parent for parent in parents)
    return session.select(kept)


def _draft(session: Session, running: Sequence[_Running[T]]) -> list[Draft | None]:
    """Per row of the session, what its drafter predicts where a move asks for it."""
    if all(one.move is None or one.move.drafts is None for one in running):
        return []
    chunks = [b""] * len(session.lengths)
    for one in running:
        if one.move is not None and one.move.drafts is not None:
            chunks[one.offset : one.offset + one.width] = one.move.drafts
    return cast("DraftingSession", session).draft(chunks)


def _arrays(session: Session) -> tuple[Logits, list[bool]]:
    return _float64(session.logits), list(session.at_boundary)


def _float64(tensor: object) -> Logits:
    """A tensor on any device as a numpy array."""
    array: Logits = tensor.detach().cpu().double().numpy()  # type: ignore[attr-defined]
    return array


def _check_logits(rows: Rows, counts: Counts) -> None:
    for logits in (rows.logits, *rows.chunk_logits):
        highest = logits.max(axis=-1)  # NaN where any is
        if (highest > -np.inf).all():
            continue
        what = "NaN logits" if np.isnan(highest).any() else "logits that are all -inf"
        raise ModelError(f"the model gave {what} at its step {counts.model_calls} (0 is the prompt)")


def _count(counts: Counts, move: Move, rows: Rows) -> None:
    counts.model_calls += any(move.chunks)
    for row, chunk in enumerate(move.chunks):
        if chunk:
            counts.local_steps += len(chunk)
            counts.latent_steps += bool(rows.at_boundary[row])
            if len(chunk) > 1:
                length = rows.session.lengths[rows.offset + row] - rows.prompt_length
                counts.latent_steps += sum(start > length - len(chunk) for start in rows.patch_starts(row))
