"""The front door to generation: a `Generator` wraps any `ByteModel`.

>>> from bltgen.testing.models import scripted
>>> generator = Generator(scripted(b"Ada"))
>>> generator.generate("Who? ").text
'Ada'
>>> [patch.text for patch in generator.stream("Who? ")]
['Ada']

Prompts are str (encoded as UTF-8) or bytes, which need not be UTF-8, of any length from 0. A
byte latent transformer whose attention is windowed reads a prompt of any length in memory bounded
by its windows; what lies before them it has forgotten.

A checkpoint may say how a prompt is formed of the text and the schema (`bltgen.model.prompt_form`; the
embedded model does not). Then the model reads the schema's keys beside the text, wherever the constraint is
one JSON Schema or a Python type; `out.prompt` and `explain` show what it read, and with `raw_prompt=True` it
reads the text alone. The keys count among the bytes of the prompt (`out.statistics.form_bytes`, at most the
form's own limit, and its windows hold them too); `max_bytes` is about the output alone, and values are
grounded in the text that `strings_from` is given, never in the keys.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from bltgen.arguments import integer, of_type, shown, suggests_keywords
from bltgen.decoding.batch import Job, decode
from bltgen.decoding.explain import Explanation, explain
from bltgen.decoding.generation import Generation
from bltgen.decoding.given import as_constraint
from bltgen.decoding.json_stream import stream_values
from bltgen.decoding.prompts import Prompt
from bltgen.decoding.request import OnCancel, Request
from bltgen.decoding.sampling import SamplingParameters
from bltgen.decoding.search import Search
from bltgen.decoding.task import Sampling, Stream, Task, task_of
from bltgen.errors import BltgenError, did_you_mean
from bltgen.interruption import CancelToken, check

if TYPE_CHECKING:
    import torch
    from typing_extensions import Unpack

    from bltgen.automata.contract import Constraint
    from bltgen.decoding.given import Given, Plain, Textual, Typed
    from bltgen.decoding.strategy import Decoded, Strategy
    from bltgen.decoding.task import BatchOptions, Options
    from bltgen.model.contract import ByteModel

V = TypeVar("V")

__all__ = ["Generator", "Sampling", "Stream"]


@suggests_keywords()
@dataclass(frozen=True)
class Generator:
    """Generates with `model`: any `ByteModel`, a byte latent transformer or a stand-in."""

    model: ByteModel

    def __post_init__(self) -> None:
        if not callable(getattr(self.model, "session", None)) or isinstance(self.model, type):
            raise TypeError(
                f"model={shown(self.model)}: a ByteModel is needed; bltgen.load(path) reads a checkpoint"
            )

    def __repr__(self) -> str:
        return f"<Generator {_summary(self.model)}>"

    @classmethod
    @suggests_keywords()
    def load(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        dtype: torch.dtype | str | None = None,
        entropy_dtype: torch.dtype | str | None = None,
        latent_dtype: torch.dtype | str | None = None,
        device: torch.device | str | None = None,
        entropy_path: str | os.PathLike[str] | None = None,
    ) -> Generator:
        """Read a checkpoint folder; with no path, the embedded model that ships in the package.

        dtype and device are those of the weights in use ("float32", "bfloat16"; "cpu", "cuda"); by
        default float32 for bltgen's own checkpoints, the file's for others, on the CPU. entropy_dtype:
        of the entropy model, by default float32, since patch boundaries hang on its last digits.
        latent_dtype: of the latent transformer; "int8" keeps its matrices as int8, with a scale a row,
        and computes in bfloat16. entropy_path: the entropy model of a released checkpoint that has it
        elsewhere. Raises CheckpointError, DeviceNotAvailable, ValueError for what is no dtype of torch.
        """
        from bltgen.model.checkpoint import load_model

        paths = (str, os.PathLike, type(None))
        of_type("path", path, paths, "the path of a checkpoint")
        of_type("entropy_path", entropy_path, paths, "the path of an entropy model")
        if path is None:
            path = Path(__file__).parent.parent / "model" / "embedded"
        entropy = None if entropy_path is None else Path(entropy_path)
        model = load_model(
            Path(path),
            _dtype("dtype", dtype),
            "cpu" if device is None else device,
            entropy_dtype=_dtype("entropy_dtype", entropy_dtype),
            latent_dtype=_dtype("latent_dtype", latent_dtype),
            entropy_path=entropy,
        )
        return cls(model)

    @overload
    def generate(
        self, prompt: str | bytes, constraint: Typed[V], **options: Unpack[Options]
    ) -> Generation[V]: ...

    @overload
    def generate(
        self, prompt: str | bytes, constraint: Textual = None, **options: Unpack[Options]
    ) -> Generation[str | bytes]: ...

    @overload
    def generate(
        self, prompt: str | bytes, constraint: Plain, **options: Unpack[Options]
    ) -> Generation[Any]: ...

    @suggests_keywords(Sampling.__annotations__)
    def generate(
        self,
        prompt: str | bytes,
        constraint: Given = None,
        *,
        max_bytes: int | None = None,
        strategy: str | Strategy = "mask",
        stop: str | bytes | Sequence[str | bytes] = (),
        seed: int | None = None,
        raw_prompt: bool = False,
        deadline: float | None = None,
        cancel: CancelToken | None = None,
        on_cancel: OnCancel = "raise",
        **sampling: Unpack[Sampling],
    ) -> Generation[Any]:
        """One text after `prompt`: valid under `constraint`, whole, at most `max_bytes` bytes.

        constraint: None for free text, which is cut at `max_bytes`; a dict is a JSON Schema, a type is
        read as `json_schema` reads it, and either is compiled at each call. max_bytes: by default 1024, or
        twice the shortest valid text where that is more. strategy: a name or an object, see
        `bltgen.decoding.strategies`. stop: the text ends before the first of these strings at which
        it is valid. seed: None draws one; the same seed gives the same bytes. raw_prompt: the model reads
        `prompt` as it is, also where its checkpoint has a form for prompts. sampling: see
        `SamplingParameters`. deadline: seconds from this call, compiling and reading the prompt included;
        then the text is brought to its end by the shortest completion that was known before the last step,
        valid and within `max_bytes`, and `finish` is "deadline". cancel: a `bltgen.CancelToken`; once it is
        cancelled, the text ends by Cancelled, which has the bytes so far, or with on_cancel="finish" as by a
        deadline, with the finish "cancelled".

        Raises BudgetTooSmall, EmptyLanguage or DeadlineExceeded before the first byte, ModelError where the
        model's logits are unusable, ValueError or TypeError for arguments out of range.
        """
        request = Request(deadline, cancel, on_cancel)
        with request.watched():
            task = task_of(constraint, max_bytes, strategy, stop, seed, sampling, request)
            task.open(self._read(prompt, task.search.constraint, raw_prompt))
        for _ in decode(self.model, [task.job]):
            pass
        return task.generation()

    @overload
    def stream(self, prompt: str | bytes, constraint: Typed[V], **options: Unpack[Options]) -> Stream[V]: ...

    @overload
    def stream(
        self, prompt: str | bytes, constraint: Textual = None, **options: Unpack[Options]
    ) -> Stream[str | bytes]: ...

    @overload
    def stream(self, prompt: str | bytes, constraint: Plain, **options: Unpack[Options]) -> Stream[Any]: ...

    @suggests_keywords(Sampling.__annotations__)
    def stream(
        self,
        prompt: str | bytes,
        constraint: Given = None,
        *,
        max_bytes: int | None = None,
        strategy: str | Strategy = "mask",
        stop: str | bytes | Sequence[str | bytes] = (),
        seed: int | None = None,
        raw_prompt: bool = False,
        deadline: float | None = None,
        cancel: CancelToken | None = None,
        on_cancel: OnCancel = "raise",
        **sampling: Unpack[Sampling],
    ) -> Stream[Any]:
        """As `generate`, patch by patch: what they concatenate to is what `generate` gives.

        `stream.generation` has the whole result at the end. A patch comes as soon as nothing can
        change it: at once under `mask`; with strategies that weigh alternatives, once these agree
        on it. Errors are raised as by `generate`, those about arguments at the call, not at the
        first patch.
        """
        request = Request(deadline, cancel, on_cancel)
        with request.watched():
            task = task_of(constraint, max_bytes, strategy, stop, seed, sampling, request)
            task.open(self._read(prompt, task.search.constraint, raw_prompt))
        return Stream(self.model, task)

    @suggests_keywords(Sampling.__annotations__)
    def stream_values(
        self,
        prompt: str | bytes,
        constraint: Given = None,
        *,
        max_bytes: int | None = None,
        strategy: str | Strategy = "mask",
        stop: str | bytes | Sequence[str | bytes] = (),
        seed: int | None = None,
        raw_prompt: bool = False,
        deadline: float | None = None,
        cancel: CancelToken | None = None,
        on_cancel: OnCancel = "raise",
        **sampling: Unpack[Sampling],
    ) -> Iterator[tuple[str, Any]]:
        """(JSON pointer, value) as each value of the JSON text under way is complete, the whole ("") last.

        As `stream`, for constraints whose texts are JSON. Raises RejectedByte where the text is not.
        """
        stream = self.stream(
            prompt,
            constraint,
            max_bytes=max_bytes,
            strategy=strategy,
            stop=stop,
            seed=seed,
            raw_prompt=raw_prompt,
            deadline=deadline,
            cancel=cancel,
            on_cancel=on_cancel,
            **sampling,
        )
        return stream_values((patch.data for patch in stream), constraint)

    def explain(self, generation: Generation | Stream) -> Explanation:
        """Why each byte: what was allowed, how probable it was, in which patch; see `Explanation`.

        Of a stream under way, the patches taken so far.
        """
        of_type("generation", generation, (Generation, Stream), "a Generation or a Stream")
        if isinstance(generation, Stream):
            return generation.explain(self.model)
        return explain(
            self.model,
            generation.prompt,
            generation.data,
            generation.constraint,
            max_bytes=generation.max_bytes,
            parameters=generation.parameters,
            ended=generation.finish == "end",
            form_bytes=generation.statistics.form_bytes,
        )

    def _read(self, text: str | bytes, constraint: Constraint | None, raw: bool) -> Prompt:
        """What the model reads of a text."""
        of_type("raw_prompt", raw, bool, "a bool")
        return Prompt.of(text, constraint, getattr(self.model, "prompt_form", None), raw=raw)

    @overload
    def generate_many(
        self, prompts: Iterable[str | bytes], constraint: Typed[V], **options: Unpack[BatchOptions]
    ) -> list[Generation[V] | BltgenError]: ...

    @overload
    def generate_many(
        self,
        prompts: Iterable[str | bytes],
        constraint: Given | Sequence[Given] = None,
        **options: Unpack[BatchOptions],
    ) -> list[Generation[Any] | BltgenError]: ...

    @suggests_keywords(Sampling.__annotations__)
    def generate_many(
        self,
        prompts: Iterable[str | bytes],
        constraint: Given | Sequence[Given] = None,
        *,
        batch_size: int = 16,
        progress: bool = False,
        max_bytes: int | None = None,
        strategy: str | Strategy = "mask",
        stop: str | bytes | Sequence[str | bytes] = (),
        seed: int | None = None,
        raw_prompt: bool = False,
        deadline: float | None = None,
        cancel: CancelToken | None = None,
        on_cancel: OnCancel = "raise",
        **sampling: Unpack[Sampling],
    ) -> list[Generation[Any] | BltgenError]:
        """One outcome a prompt, in order, decoded `batch_size` at once.

        A prompt that is done makes room for the next.

        constraint: one for all, or a list with one a prompt. deadline: of the whole call, for those that wait
        too. seed: prompt i has the seed `seed + i`, and
        gives what `generate` gives with it. A prompt that fails fails alone: its place holds the error.
        Raises ValueError or TypeError for arguments out of range.
        """
        outcomes = dict(
            self.outcomes(
                prompts,
                constraint,
                batch_size=batch_size,
                progress=progress,
                max_bytes=max_bytes,
                strategy=strategy,
                stop=stop,
                seed=seed,
                raw_prompt=raw_prompt,
                deadline=deadline,
                cancel=cancel,
                on_cancel=on_cancel,
                **sampling,
            )
        )
        return [outcomes[index] for index in range(len(outcomes))]

    @overload
    def outcomes(
        self,
        prompts: Iterable[str | bytes | BltgenError],
        constraint: Typed[V],
        **options: Unpack[BatchOptions],
    ) -> Iterator[tuple[int, Generation[V] | BltgenError]]: ...

    @overload
    def outcomes(
        self,
        prompts: Iterable[str | bytes | BltgenError],
        constraint: Given | Sequence[Given] = None,
        **options: Unpack[BatchOptions],
    ) -> Iterator[tuple[int, Generation[Any] | BltgenError]]: ...

    @suggests_keywords(Sampling.__annotations__)
    def outcomes(
        self,
        prompts: Iterable[str | bytes | BltgenError],
        constraint: Given | Sequence[Given] = None,
        *,
        batch_size: int = 16,
        progress: bool = False,
        max_bytes: int | None = None,
        strategy: str | Strategy = "mask",
        stop: str | bytes | Sequence[str | bytes] = (),
        seed: int | None = None,
        raw_prompt: bool = False,
        deadline: float | None = None,
        cancel: CancelToken | None = None,
        on_cancel: OnCancel = "raise",
        **sampling: Unpack[Sampling],
    ) -> Iterator[tuple[int, Generation[Any] | BltgenError]]:
        """As `generate_many`, but each (index, outcome) once it is there; prompts are read as needed.

        An error in place of a prompt is its outcome.
        """
        if isinstance(prompts, (str, bytes)) or not isinstance(prompts, Iterable):
            raise TypeError(f"prompts={shown(prompts)}: a list of texts is needed")
        batch_size = integer("batch_size", batch_size, 1)
        request = Request(deadline, cancel, on_cancel)
        constraints: Sequence[Constraint | None] | None = None
        if isinstance(constraint, (list, tuple)):
            prompts = list(prompts)
            if len(prompts) != len(constraint):
                raise ValueError(f"{len(constraint)} constraints for {len(prompts)} prompts")
            with request.watched():
                constraints = [as_constraint(one, f"constraint[{i}]") for i, one in enumerate(constraint)]
        else:
            with request.watched():
                common = as_constraint(constraint)
        if isinstance(prompts, (list, tuple)):
            for index, prompt in enumerate(prompts):
                if not isinstance(prompt, (str, bytes, bytearray, memoryview, BltgenError)):
                    raise TypeError(f"prompts[{index}]={shown(prompt)}: str or bytes is needed")
        SamplingParameters(**sampling)
        of_type("raw_prompt", raw_prompt, bool, "a bool")
        first = Search(None, None, seed=seed).seed
        assert first is not None
        tasks: dict[int, tuple[int, Task]] = {}
        refused: list[tuple[int, BltgenError]] = []

        def jobs() -> Iterator[Job[Decoded]]:
            for index, prompt in enumerate(prompts):
                one = common if constraints is None else constraints[index]
                try:
                    if isinstance(prompt, BltgenError):
                        raise prompt
                    with request.watched():
                        check()
                        task = task_of(one, max_bytes, strategy, stop, first + index, sampling, request)
                        task.open(self._read(prompt, one, raw_prompt))
                except BltgenError as error:
                    refused.append((index, error))
                    continue
                tasks[id(task.job)] = (index, task)
                yield task.job

        return self._outcomes(jobs(), tasks, refused, batch_size, _bar(prompts, progress))

    def _outcomes(
        self,
        jobs: Iterator[Job[Decoded]],
        tasks: dict[int, tuple[int, Task]],
        refused: list[tuple[int, BltgenError]],
        batch_size: int,
        bar: _Bar,
    ) -> Iterator[tuple[int, Generation[Any] | BltgenError]]:
        with bar:
            for job in decode(self.model, jobs, batch_size):
                if job is not None:
                    index, task = tasks.pop(id(job))
                    bar.update()
                    yield index, (job.error if job.error is not None else task.generation())
                while refused:
                    bar.update()
                    yield refused.pop()
            for outcome in refused:
                bar.update()
                yield outcome


def _summary(model: ByteModel) -> str:
    """A model in a line: its class, size, patches and device."""
    weights = list(model.parameters()) if hasattr(model, "parameters") else []
    if not weights:
        return shown(model)
    shape = [f"{sum(tensor.numel() for tensor in weights):,} parameters"]
    patcher = getattr(getattr(model, "config", None), "patcher", None)
    mode = getattr(patcher, "mode", None)
    if patcher is not None and mode is not None:
        shape.append(f"patches by {mode}" + (f" above {patcher.threshold:g}" if mode == "entropy" else ""))
    return f"{type(model).__name__}: {', '.join(shape)}, on {weights[0].device}"


def _dtype(argument: str, given: torch.dtype | str | None) -> torch.dtype | None:
    """A dtype given by name, or as it is."""
    if given is None:
        return None
    import torch

    named = getattr(torch, given, None) if isinstance(given, str) else given
    if not isinstance(named, torch.dtype):
        hint = did_you_mean(given, ("float32", "bfloat16", "float16", "float64", "int8"))
        raise ValueError(
            f"{argument}={shown(given)}: a torch type is needed, such as float32 or bfloat16{hint}"
        )
    return named


class _Bar:
    """A progress bar, or nothing."""

    def __init__(self, total: int | None, shown: bool) -> None:
        self.bar = None
        if shown:
            from tqdm import tqdm

            self.bar = tqdm(total=total, unit="prompt", dynamic_ncols=True)

    def update(self) -> None:
        if self.bar is not None:
            self.bar.update()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        if self.bar is not None:
            self.bar.close()


def _bar(prompts: Iterable[object], shown: bool) -> _Bar:
    return _Bar(len(prompts) if isinstance(prompts, Sequence) else None, shown)
