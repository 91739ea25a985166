"""What a generation gives back: the text, its patches, its scores, what it cost."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Generic, cast

from bltgen.arguments import shown
from bltgen.automata.contract import V_co
from bltgen.decoding.hypothesis import Finish, Hypothesis
from bltgen.decoding.json_stream import stream_values
from bltgen.decoding.sampling import SamplingParameters

if TYPE_CHECKING:
    from bltgen.automata.contract import Constraint

__all__ = ["Candidate", "Generation", "Patch", "Statistics", "candidate_of", "patches_of"]


@dataclass(frozen=True)
class Patch:
    """A patch of the output. `data` bytes from offset `start`; `text` is its share of the decoded text.

    A character whose bytes two patches share belongs to the `text` of the later one; bytes that
    are no UTF-8 appear as U+FFFD. Texts and datas of all patches concatenate to the whole.
    """

    data: bytes
    start: int
    text: str

    def __repr__(self) -> str:
        return f"<Patch {shown(self.data)} at {self.start}>"


@dataclass(frozen=True)
class Statistics:
    """What a generation took.

    prompt_bytes: of the prompt as the model read it; form_bytes: those of them that its checkpoint's form for
    prompts added to the text (see `bltgen.model.prompt_form`). bytes, patches, forced_bytes: of the output.
    model_calls: rounds of the model it took part in. local_steps: bytes through the local decoder,
    latent_steps: patches closed, both with all that was thrown away. redecoded_patches, fallbacks (patches,
    values or texts left to the mask because nothing better was found in time), resamplings, tries,
    effective_particles, valid_mass_bound, whole_values, drafted_bytes, accepted_bytes (of the drafted): see
    the strategy.
    unexplored_bytes: choices that were left out because the constraint exceeds its limits after them.
    completed_bytes: those that brought the text to its end when its deadline or a cancellation came.
    seconds: from its admission to its end, waiting for the rows beside it included. constraint_share: part of
    them in the constraint.
    """

    prompt_bytes: int
    bytes: int
    patches: int
    forced_bytes: int
    model_calls: int
    local_steps: int
    latent_steps: int
    seconds: float
    constraint_share: float
    redecoded_patches: int = 0
    fallbacks: int = 0
    resamplings: int = 0
    tries: int = 1
    effective_particles: float | None = None
    valid_mass_bound: float | None = None
    whole_values: int = 0
    drafted_bytes: int = 0
    accepted_bytes: int = 0
    unexplored_bytes: int = 0
    form_bytes: int = 0
    completed_bytes: int = 0

    @property
    def bytes_per_second(self) -> float:
        """Output bytes a second; 0 where no time passed."""
        return self.bytes / self.seconds if self.seconds > 0 else 0.0

    def __repr__(self) -> str:
        return (
            f"<Statistics: {self.bytes} bytes in {self.patches} patches, {self.forced_bytes} of them forced, "
            f"{self.model_calls} model calls, {self.seconds:.3f} s>"
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {**asdict(self), "bytes_per_second": self.bytes_per_second}


@dataclass(frozen=True)
class Candidate:
    """A finished text that a strategy knew beside the one it settled on, with its scores."""

    data: bytes
    log_probability: float
    log_weight: float
    finish: Finish

    def __repr__(self) -> str:
        return f"<Candidate {shown(self.data)}, log-probability {self.log_probability:.2f}>"


@dataclass(frozen=True)
class Generation(Generic[V_co]):
    """A generated text. `data`: its bytes, valid under the constraint, at most `max_bytes` of them.

    prompt: as the model read it, with the keys that the form of its checkpoint put beside the text, if any.

    log_probability: natural log, under the model as it is (temperature 1, no truncation), of the
    bytes and, where `finish` is "end", of the end; a stop string counts too. log_weight: natural
    log of the weight towards the base distribution conditioned on validity (see `Strategy`).
    finish: "end" (chosen, or nothing else was allowed), "stop", "length" (free text only), "deadline" or
    "cancelled" (brought to its end by a shortest completion, whose bytes count for neither number).
    """

    data: bytes
    patches: tuple[Patch, ...]
    log_probability: float
    log_weight: float
    finish: Finish
    prompt: bytes
    constraint: Constraint | None
    max_bytes: int
    parameters: SamplingParameters
    seed: int
    strategy: str
    draws_from: str
    statistics: Statistics
    candidates: tuple[Candidate, ...] = ()

    @property
    def text(self) -> str:
        """The output as text; bytes that are no UTF-8 appear as U+FFFD (`data` has them as they are)."""
        return self.data.decode("utf-8", "replace")

    @property
    def value(self) -> V_co:
        """What the constraint reads in the bytes (`constraint.parse(data)`: a JSON value for JSON).

        Without such a reading: the text, or the bytes where they are not UTF-8.
        """
        parse: Any = getattr(self.constraint, "parse", None)
        if parse is not None:
            try:
                return cast("V_co", parse(self.data))
            except RecursionError:
                *_, (_, value) = stream_values([self.data], self.constraint)
                return cast("V_co", value)
        try:
            return cast("V_co", self.data.decode("utf-8"))
        except UnicodeDecodeError:
            return cast("V_co", self.data)

    @property
    def parts(self) -> Mapping[str, Any]:
        """The captured parts by name, where the constraint has some (see `bltgen.parts`); else empty."""
        captures = getattr(self.constraint, "captures", None)
        return {} if captures is None else captures(self.data)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        shape = f"{len(self.data)} bytes in {len(self.patches)} patches, finish {self.finish!r}"
        return f"<Generation {shown(self.text)}: {shape}, log-probability {self.log_probability:.2f}>"


def patches_of(data: bytes, starts: tuple[int, ...], *, final: bool = True) -> list[Patch]:
    """The patches of `data` that start at `starts`; with final=False more bytes may follow the last.

    >>> [patch.text for patch in patches_of("aé!".encode(), (0, 2))]
    ['a', 'é!']
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    inside = [start for start in starts if start < len(data)]
    bounds = zip(inside, [*inside[1:], len(data)], strict=False)
    return [
        Patch(data[low:high], low, decoder.decode(data[low:high], final and high == len(data)))
        for low, high in bounds
    ]


def candidate_of(hypothesis: Hypothesis) -> Candidate:
    """What is kept of a finished hypothesis."""
    assert hypothesis.finish is not None
    return Candidate(hypothesis.data, hypothesis.log_probability, hypothesis.log_weight, hypothesis.finish)
