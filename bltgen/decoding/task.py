"""One generation under way: its search, its strategy and its place in a batch; and its stream of patches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Generic, TypedDict

from bltgen.arguments import shown
from bltgen.automata.contract import V_co
from bltgen.decoding.batch import Job, Rows, Steps, decode
from bltgen.decoding.explain import Explanation, explain
from bltgen.decoding.generation import Generation, Patch, Statistics, candidate_of, patches_of
from bltgen.decoding.given import as_constraint
from bltgen.decoding.request import Interrupted, OnCancel, Request
from bltgen.decoding.sampling import SamplingParameters
from bltgen.decoding.search import Search
from bltgen.decoding.strategies import STRATEGIES, strategy_named
from bltgen.decoding.strategy import Decoded
from bltgen.errors import BltgenError, Cancelled
from bltgen.interruption import CancelToken, check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bltgen.decoding.given import Given
    from bltgen.decoding.hypothesis import Finish
    from bltgen.decoding.prompts import Prompt
    from bltgen.decoding.strategy import Strategy
    from bltgen.model.contract import ByteModel

__all__ = ["BatchOptions", "Options", "Sampling", "Stream", "Task", "task_of"]


class Sampling(TypedDict, total=False):
    """The sampling parameters by name; `SamplingParameters` documents them."""

    temperature: float
    top_k: int
    top_p: float
    min_p: float
    typical: float
    repetition_penalty: float
    presence_penalty: float
    frequency_penalty: float
    penalty_ngram: int
    bias: Mapping[int | bytes, float]


class Options(Sampling, total=False):
    """What a generation is told by name, beside its constraint; `Generator.generate` documents it."""

    max_bytes: int | None
    strategy: str | Strategy
    stop: str | bytes | Sequence[str | bytes]
    seed: int | None
    raw_prompt: bool
    deadline: float | None
    cancel: CancelToken | None
    on_cancel: OnCancel


class BatchOptions(Options, total=False):
    """And what a batch of them is told."""

    batch_size: int
    progress: bool


@dataclass
class Task:
    """A job with what is needed to make a `Generation` of its end."""

    search: Search
    strategy: Strategy
    job: Job[Decoded] = field(init=False)
    prompt: Prompt = field(init=False)
    began: float = field(default_factory=perf_counter)
    ended: float = 0.0
    _moved: bool = field(init=False)

    def open(self, prompt: Prompt) -> None:
        self.prompt = prompt
        self.job = Job(prompt.data, self._begin, self.search)
        self._moved = False

    def _begin(self, rows: Rows) -> Steps[Decoded]:
        request = self.search.request
        if not request.is_watched:
            decoded = yield from self.strategy.decode(self.search, rows)
        else:
            try:
                decoded = yield from self._watched(rows)
            except Interrupted as error:
                decoded = self._interrupted(error)
        self.search.commit(decoded.hypothesis)
        self.ended = perf_counter()
        return decoded

    def _watched(self, rows: Rows) -> Steps[Decoded]:
        """The strategy, under the watch of the request wherever it is at work, and asked at every step."""
        search, watched = self.search, self.search.request.watched
        with watched():
            search.know(search.start)
        steps = self.strategy.decode(search, rows)
        while True:
            try:
                with watched():
                    check()
                    move = steps.send(rows) if self._moved else next(steps)
            except StopIteration as stop:
                decoded: Decoded = stop.value
                return decoded
            rows = yield move
            self._moved = True

    def _interrupted(self, error: BltgenError) -> Decoded:
        """The text brought to its end, or the error: with its bytes so far, or before the first byte."""
        search = self.search
        if isinstance(error, Cancelled) and search.request.on_cancel == "raise":
            raise Cancelled(b"" if search.committed is None else search.committed.data) from None
        finish: Finish = "cancelled" if isinstance(error, Cancelled) else "deadline"
        ended = search.brought_to_end(finish) if self._moved else None
        if ended is None:
            raise error
        return Decoded(ended)

    def generation(self) -> Generation:
        """The result, or the error raised."""
        if self.job.error is not None:
            raise self.job.error
        assert self.job.result is not None
        assert self.search.seed is not None
        hypothesis, tally = self.job.result.hypothesis, self.search.tally
        assert hypothesis.finish is not None
        patches = tuple(patches_of(hypothesis.data, hypothesis.patch_starts))
        seconds = self.ended - self.began
        statistics = Statistics(
            prompt_bytes=len(self.job.prompt),
            bytes=len(hypothesis.data),
            patches=len(patches),
            forced_bytes=min(hypothesis.forced_bytes, len(hypothesis.data)),
            model_calls=self.job.counts.model_calls,
            local_steps=self.job.counts.local_steps,
            latent_steps=self.job.counts.latent_steps,
            seconds=seconds,
            constraint_share=tally.constraint_seconds / seconds if seconds > 0 else 0.0,
            redecoded_patches=tally.redecoded_patches,
            fallbacks=tally.fallbacks,
            resamplings=tally.resamplings,
            tries=tally.tries,
            effective_particles=tally.effective_particles,
            valid_mass_bound=tally.valid_mass_bound,
            whole_values=tally.whole_values,
            drafted_bytes=tally.drafted_bytes,
            accepted_bytes=tally.accepted_bytes,
            unexplored_bytes=tally.unexplored_bytes,
            completed_bytes=tally.completed_bytes,
            form_bytes=self.prompt.form_bytes,
        )
        return Generation(
            data=hypothesis.data,
            patches=patches,
            log_probability=hypothesis.log_probability,
            log_weight=hypothesis.log_weight,
            finish=hypothesis.finish,
            prompt=self.job.prompt,
            constraint=self.search.constraint,
            max_bytes=self.search.budget,
            parameters=self.search.parameters,
            seed=self.search.seed,
            strategy=self.strategy.name,
            draws_from=self.strategy.draws_from,
            statistics=statistics,
            candidates=tuple(candidate_of(one) for one in self.job.result.candidates),
        )


class Stream(Generic[V_co]):
    """An iterator of the patches of one text; `generation` has the whole once it has ended."""

    def __init__(self, model: ByteModel, task: Task) -> None:
        self._task = task
        self._steps = self._run(model)
        self.data = b""
        """The bytes of the patches taken so far."""

    def __iter__(self) -> Iterator[Patch]:
        return self

    def __next__(self) -> Patch:
        patch = next(self._steps)
        self.data += patch.data
        return patch

    def _run(self, model: ByteModel) -> Iterator[Patch]:
        shown, search = 0, self._task.search
        for _ in decode(model, [self._task.job]):
            visible = search.visible_patches()
            if visible > shown:
                one = search.committed
                assert one is not None
                yield from patches_of(one.data, one.patch_starts, final=one.finished)[shown:visible]
                shown = visible
        self._task.generation()

    def explain(self, model: ByteModel) -> Explanation:
        """Why each byte so far."""
        search, job = self._task.search, self._task.job
        return explain(
            model,
            job.prompt,
            self.data,
            search.constraint,
            max_bytes=search.budget,
            parameters=search.parameters,
            form_bytes=self._task.prompt.form_bytes,
        )

    def __repr__(self) -> str:
        state = "ended" if self._task.job.done else "under way"
        return f"<Stream {state}, {len(self.data)} bytes taken>"

    @property
    def generation(self) -> Generation[V_co]:
        """The whole result. Raises ValueError while there are patches to come."""
        if not self._task.job.done:
            raise ValueError("the stream has not ended: take its patches first")
        return self._task.generation()


def task_of(
    constraint: Given,
    max_bytes: int | None,
    strategy: str | Strategy,
    stop: str | bytes | Sequence[str | bytes],
    seed: int | None,
    sampling: Sampling,
    request: Request | None = None,
) -> Task:
    """Everything validated; no model is needed for it."""
    odd = isinstance(strategy, type | bytes | bytearray)
    if odd or not (isinstance(strategy, str) or hasattr(strategy, "decode")):
        raise TypeError(
            f"strategy={shown(strategy)}: a name ({', '.join(STRATEGIES)}) or an object with decode(), "
            "such as bltgen.Beam(width=8), is needed"
        )
    stops = [stop] if isinstance(stop, (str, bytes)) else stop
    if not isinstance(stops, (list, tuple, set, frozenset)) or not all(
        isinstance(text, (str, bytes)) for text in stops
    ):
        raise TypeError(
            f"stop={shown(stop)}: a str, bytes, or a list of them is needed; the text ends before the first "
            "of them (a pattern that the text must match is a constraint: bltgen.regex(...))"
        )
    parameters = SamplingParameters(**sampling)
    return Task(
        Search(
            as_constraint(constraint),
            max_bytes,
            parameters,
            tuple(_stop(text) for text in stops),
            seed,
            Request() if request is None else request,
        ),
        strategy_named(strategy) if isinstance(strategy, str) else strategy,
    )


def _stop(text: str | bytes) -> bytes:
    try:
        return text.encode("utf-8") if isinstance(text, str) else text
    except UnicodeEncodeError:
        raise ValueError(f"stop={text!r}: a lone surrogate has no UTF-8; give bytes") from None
