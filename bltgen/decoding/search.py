"""One prompt's search for a valid text: what every strategy shares.

`Search` binds a constraint, a budget, sampling parameters, stop strings and a seed; it says what
may come next (`choices`, `forced_run`), makes a hypothesis longer (`append`, `end`), and does the
one thing that all strategies fall back on: `masked_patch`, by which every hypothesis runs to the
end of its patch under the mask.

Invariants:
- A choice is offered only if a valid text of at most `max_bytes` bytes can still be reached, so a
  hypothesis is never stuck; the end is offered only where the text is valid.
- Where there is no choice, bytes are appended without a draw, in one chunk over patches if need be.
- `LimitExceeded` ends no text that was begun: a byte after which the constraint cannot be asked on within
  its limits is not said, and where nothing can be asked the text goes on by a shortest completion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from bltgen.arguments import integer
from bltgen.automata.limits import current_limits, use_limits
from bltgen.decoding.batch import Move, Rows, Steps
from bltgen.decoding.hypothesis import Finish, Hypothesis
from bltgen.decoding.request import Request
from bltgen.decoding.sampling import (
    END,
    VOCABULARY,
    BaseDistribution,
    SamplingParameters,
    base_distribution,
    draw,
    masked,
)
from bltgen.errors import BudgetTooSmall, EmptyLanguage, LimitExceeded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bltgen.automata.contract import Constraint, State
    from bltgen.decoding.sampling import Logits

__all__ = ["DEFAULT_MAX_BYTES", "Search", "Tally", "masked_patch"]

DEFAULT_MAX_BYTES = 1024
"""The budget where none is given; twice the shortest valid text where that is more."""

END_STEPS = 10_000_000
"""Steps (`Limits.steps`) to find out how a text could be ended, where a deadline or a token may end that."""

RUN_LIMIT = 4096
"""The most bytes appended as one chunk without a choice."""


@dataclass
class Tally:
    """What strategies count: patches thrown away, mask used for want of better, resamplings, draws begun."""

    redecoded_patches: int = 0
    fallbacks: int = 0
    resamplings: int = 0
    tries: int = 1
    constraint_seconds: float = 0.0
    effective_particles: float | None = None
    valid_mass_bound: float | None = None
    whole_values: int = 0
    drafted_bytes: int = 0
    accepted_bytes: int = 0
    unexplored_bytes: int = 0
    completed_bytes: int = 0


@dataclass
class Search:
    """The task of one generation. Raises EmptyLanguage or BudgetTooSmall before the first byte.

    constraint: None for free text, which ends by the model's choice or at `max_bytes`.
    stop: a text ends where one of these appears, if the text before it is valid; they are not part
    of the output. seed: None draws one, kept in `seed`.
    """

    constraint: Constraint | None
    max_bytes: int | None
    parameters: SamplingParameters = field(default_factory=SamplingParameters)
    stop: tuple[bytes, ...] = ()
    seed: int | None = None
    request: Request = field(default_factory=Request)
    tally: Tally = field(default_factory=Tally, init=False)
    committed: Hypothesis | None = field(default=None, init=False)
    committed_closed: bool = field(init=False)
    known_end: tuple[Hypothesis, bytes] | None = field(default=None, init=False)
    """A text on the way and a shortest completion of it, where the request may have to end before its end."""
    _unexplored: dict[State, set[int]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if self.constraint is None:
            from bltgen.decoding.unconstrained import ANYTHING

            self.root: State = ANYTHING
        else:
            began = perf_counter()
            self.root = self.constraint.start()
            self.tally.constraint_seconds += perf_counter() - began
        if not self.root.accepting and not self.root.allowed:
            raise EmptyLanguage("no text satisfies the constraint")
        if self.max_bytes is None:
            self.max_bytes = max(DEFAULT_MAX_BYTES, 2 * self.root.shortest)
        self.max_bytes = integer("max_bytes", self.max_bytes, 0)
        if self.max_bytes < self.root.shortest:
            raise BudgetTooSmall(self.max_bytes, self.root.shortest)
        if any(not isinstance(text, bytes) or not text for text in self.stop):
            raise ValueError(f"stop={self.stop!r}: non-empty byte strings are needed")
        self.budget: int = self.max_bytes
        self.longest_stop = max(map(len, self.stop), default=0)
        if self.seed is None:
            self.seed = int(np.random.SeedSequence().generate_state(1)[0])
        self.seed = integer("seed", self.seed, 0)
        self.start = Hypothesis(self.root)
        if self.budget == 0 and self.constraint is None:
            self.start = replace(self.start, finish="length")

    @property
    def free(self) -> bool:
        """There is no constraint: every text is valid, and one cut short at `max_bytes` is one too."""
        return self.constraint is None

    def generators(self, count: int) -> list[np.random.Generator]:
        """Independent random streams for `count` rows; the first of them does not depend on `count`."""
        return [
            np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=(index,))))
            for index in range(count)
        ]

    def choices(self, hypothesis: Hypothesis) -> NDArray[np.bool_]:
        """Bool [257]: what may come next within the budget; at least one column is True."""
        return self.allowed_after(hypothesis.state, len(hypothesis.data))

    def allowed_after(self, state: State, length: int) -> NDArray[np.bool_]:
        """Bool [257]: what may follow `length` bytes that led to `state`."""
        began = perf_counter()
        allowed = np.zeros(VOCABULARY, dtype=bool)
        try:
            allowed[:END] = state.allowed_within(self.budget - length).mask()
        except LimitExceeded:
            # A completion is known to fit; what else may follow is not.
            for byte in state.completion()[:1]:
                allowed[byte] = True
            self.tally.unexplored_bytes += 1
        allowed[END] = state.accepting
        if self._unexplored:
            for byte in self._unexplored.get(state, ()):
                allowed[byte] = False
        self.tally.constraint_seconds += perf_counter() - began
        return allowed

    def can_follow(self, hypothesis: Hypothesis, column: int) -> bool:
        """Whether the hypothesis may go on with a column of its choices.

        False only where the constraint exceeds its limits there; the column is no choice from then on.
        Raises LimitExceeded where no choice is left.
        """
        if column == END:
            return True
        state = hypothesis.state
        began = perf_counter()
        try:
            _advance(state, column)
        except LimitExceeded:
            self.tally.unexplored_bytes += 1
            self._unexplored.setdefault(state, set()).add(column)
            if not self.choices(hypothesis).any():
                raise
            return False
        finally:
            self.tally.constraint_seconds += perf_counter() - began
        return True

    def drawn(
        self,
        hypotheses: Sequence[Hypothesis],
        base: BaseDistribution,
        generators: Sequence[np.random.Generator],
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """A draw under the mask for each hypothesis, whose base distributions are the rows of `base`.

        Returns the columns, and the log of the mass that the masks left.
        """
        greedy = self.parameters.greedy
        kept, mass = masked(base, np.array([self.choices(one) for one in hypotheses]))
        columns = draw(kept, generators, greedy=greedy)
        while True:
            again = [
                place for place, one in enumerate(hypotheses) if not self.can_follow(one, int(columns[place]))
            ]
            if not again:
                return columns, mass
            kept, mass = masked(base, np.array([self.choices(one) for one in hypotheses]))
            columns[again] = draw(kept[again], [generators[place] for place in again], greedy=greedy)

    def forced_run(self, hypothesis: Hypothesis) -> bytes:
        """The bytes that every valid text within the budget goes on with; b"" where there is a choice."""
        began = perf_counter()
        state = hypothesis.state
        left = self.budget - len(hypothesis.data)
        run = bytearray()
        while not state.accepting and len(run) < RUN_LIMIT:
            try:
                chunk = state.forced
                if not chunk:
                    allowed = state.allowed_within(left - len(run))
                    if len(allowed) != 1:
                        break
                    chunk = bytes(allowed)
                for byte in chunk:
                    state = _advance(state, byte)
            except LimitExceeded:
                break
            run += chunk
        self.tally.constraint_seconds += perf_counter() - began
        return self._before_stop(hypothesis, bytes(run))

    def _before_stop(self, hypothesis: Hypothesis, run: bytes) -> bytes:
        """Cut the run after the first stop string that it completes."""
        data, before = hypothesis.data + run, len(hypothesis.data)
        ends = [len(run)]
        for text in self.stop:
            found = data.find(text, max(0, before + 1 - len(text)))
            if found >= 0:
                ends.append(found + len(text) - before)
        return run[: min(ends)]

    def append(
        self,
        hypothesis: Hypothesis,
        chunk: bytes,
        patch_starts: Sequence[int],
        log_probability: float,
        log_weight: float,
        *,
        forced: bool = False,
    ) -> Hypothesis:
        """One hypothesis made longer. patch_starts: offsets in the whole output that lie within the chunk."""
        began = perf_counter()
        state = hypothesis.state
        for byte in chunk:
            state = _advance(state, byte)
        self.tally.constraint_seconds += perf_counter() - began
        data = hypothesis.data + chunk
        known = hypothesis.patch_starts
        longer = replace(
            hypothesis,
            state=state,
            data=data,
            patch_starts=known + tuple(start for start in patch_starts if start > known[-1]),
            log_probability=hypothesis.log_probability + log_probability,
            log_weight=hypothesis.log_weight + log_weight,
            forced_bytes=hypothesis.forced_bytes + (len(chunk) if forced else 0),
        )
        if data.endswith(self.stop):
            return self._stopped(longer)
        if self.free and len(data) >= self.budget:
            return replace(longer, finish="length")
        return longer

    def _stopped(self, hypothesis: Hypothesis) -> Hypothesis:
        """The hypothesis cut before the stop string that it ends with, where that is a valid text."""
        for text in sorted(self.stop, key=len, reverse=True):
            if hypothesis.data.endswith(text):
                data = hypothesis.data[: -len(text)]
                state = self.root
                for byte in data:
                    state = _advance(state, byte)
                if state.accepting:
                    return replace(hypothesis, state=state, data=data, finish="stop")
        return hypothesis

    def end(self, hypothesis: Hypothesis, log_probability: float, log_weight: float) -> Hypothesis:
        """The hypothesis ended by its own choice."""
        return replace(
            hypothesis,
            log_probability=hypothesis.log_probability + log_probability,
            log_weight=hypothesis.log_weight + log_weight,
            finish="end",
        )

    def know(self, hypothesis: Hypothesis) -> bool:
        """Find out how a text on the way could be ended, where it may have to be.

        False where that exceeds the limits of the constraint. What is known from before stays known then.
        """
        if not self.request.may_end:
            return True
        rest = b""
        if not hypothesis.finished:
            known = None
            if self.known_end is not None:
                known = self.known_end[0].data + self.known_end[1]
            if known is not None and known.startswith(hypothesis.data):
                # The rest of a shortest way is a shortest way.
                rest = known[len(hypothesis.data) :]
            else:
                began = perf_counter()
                limits = current_limits()
                try:
                    # What watches the request ends this too: a long text need not be refused.
                    with use_limits(replace(limits, steps=max(limits.steps, END_STEPS))):
                        rest = hypothesis.state.completion()
                except LimitExceeded:
                    return False
                finally:
                    self.tally.constraint_seconds += perf_counter() - began
        self.known_end = (hypothesis, rest)
        return True

    def brought_to_end(self, finish: Finish) -> Hypothesis | None:
        """The text whose end is known, with that end as a patch of its own; None where no byte is written."""
        if self.known_end is None:
            return None
        one, rest = self.known_end
        before = len(one.data)
        starts: tuple[int, ...] = (before,) if rest and before > one.patch_starts[-1] else ()
        if self.stop:
            while rest and not one.finished:
                run = self._before_stop(one, rest)
                one, rest = self.append(one, run, (), 0.0, 0.0), rest[len(run) :]
        else:
            one = replace(one, data=one.data + rest)
        self.tally.completed_bytes = max(0, len(one.data) - before)
        starts = tuple(start for start in one.patch_starts + starts if start < len(one.data) or not start)
        return replace(one, patch_starts=starts, finish=finish)

    def commit(self, hypothesis: Hypothesis, *, closed: bool = True) -> None:
        """Nothing will change `hypothesis.data`: it may be shown. closed: its last patch is whole."""
        if not self.know(hypothesis):
            return
        self.committed = hypothesis
        self.committed_closed = closed or hypothesis.finished

    def commit_agreed(self, hypotheses: Sequence[Hypothesis]) -> None:
        """What all of these have in common is settled, if all that follows descends from them."""
        first = hypotheses[0]
        if not self.know(first):
            return
        least, most = min(one.data for one in hypotheses), max(one.data for one in hypotheses)
        length = next((at for at, byte in enumerate(least) if byte != most[at]), len(least))
        agreed = least[:length]
        starts = tuple(start for start in first.patch_starts if start <= len(agreed))
        self.committed = replace(first, data=agreed, patch_starts=starts, finish=None)
        self.committed_closed = False

    def visible_patches(self) -> int:
        """How many committed patches can no longer change, also if a stop string should come."""
        if self.committed is None:
            return 0
        one = self.committed
        length = len(one.data) if one.finished else len(one.data) - max(0, self.longest_stop - 1)
        ends = [*one.patch_starts[1:], *([len(one.data)] if self.committed_closed else [])]
        return sum(end <= length for end in ends if one.data)

    def base(self, logits: Logits, outputs: Iterable[bytes]) -> BaseDistribution:
        """The base distribution for logits [rows, 257] of rows that said `outputs`."""
        return base_distribution(logits, self.parameters, outputs)

    def scores(self, hypothesis: Hypothesis, chunk: bytes, logits: Logits) -> tuple[float, float]:
        """(log-probability under the model, under the base distribution) of a chunk; logits [bytes, 257]."""
        at = (np.arange(len(chunk)), np.frombuffer(chunk, np.uint8))
        logits = logits[: len(chunk)]
        outputs = (hypothesis.data + chunk[:index] for index in range(len(chunk)))
        base = self.base(logits, outputs)
        return float(base.model[at].sum()), float(base.truncated[at].sum())


def _advance(state: State, byte: int) -> State:
    following = state.advance(byte)
    assert following is not None, f"byte {byte} was allowed and is refused"
    return following


def masked_patch(
    search: Search,
    hypotheses: Sequence[Hypothesis],
    rows: Rows,
    generators: Sequence[np.random.Generator],
    until: Callable[[Hypothesis], bool] = lambda hypothesis: hypothesis.finished,
) -> Steps[tuple[list[Hypothesis], Rows]]:
    """Each hypothesis runs to the end of its patch, or its own, by draws under the mask.

    hypotheses[i] is at rows[i], with generators[i]; finished ones stand still. Log-weights gain the
    log of the mass that the mask left at each byte. Forced bytes may carry one over several patches.
    until: where it holds (of finished ones it must) one stops before its patch ends.
    """
    current = list(hypotheses)
    active = [index for index, one in enumerate(current) if not until(one)]
    while True:
        chunks = [b""] * len(current)
        forced = {index: search.forced_run(current[index]) for index in active}
        drawn: dict[int, tuple[float, float]] = {}
        deciding = [index for index in active if not forced[index]]
        if deciding:
            outputs = [current[index].data for index in deciding]
            base = search.base(rows.logits[deciding], outputs)
            chosen, mass = search.drawn(
                [current[index] for index in deciding], base, [generators[index] for index in deciding]
            )
            for place, index in enumerate(deciding):
                score = (float(base.model[place, chosen[place]]), float(mass[place]))
                if chosen[place] == END:
                    current[index] = search.end(current[index], *score)
                else:
                    chunks[index] = bytes((int(chosen[place]),))
                    drawn[index] = score
        for index in active:
            chunks[index] = chunks[index] or forced[index]
        active = [index for index in active if not current[index].finished]
        if not active:
            search.know(current[0])
            return current, rows
        before = rows
        rows = yield Move(chunks, keep_logits=any(forced[index] for index in active))
        for index in active:
            one, chunk = current[index], chunks[index]
            if index in drawn:
                starts: Sequence[int] = (len(one.data),) if before.at_boundary[index] else ()
                current[index] = search.append(one, chunk, starts, *drawn[index])
            else:
                score = search.scores(one, chunk, rows.chunk_logits[index])
                current[index] = search.append(one, chunk, rows.patch_starts(index), *score, forced=True)
        active = [index for index in active if not until(current[index]) and not rows.at_boundary[index]]
