"""What every engine promises and every user of a constraint relies on.

A `Constraint` is a set of valid texts (bytes). A `State` is what is known after reading a prefix of one:
which bytes may come next, whether the prefix is itself valid, how far the nearest valid text is. States
are immutable values, so forking is keeping two and rolling back is keeping the old one.

Constraints are equal, and hash alike, where they were made of the same source with the same options; they
pickle and copy. A state is equal to itself alone and does not pickle: send the constraint and the bytes.

The promises of a state:
- `allowed` is exact: a byte is in it if and only if some valid text continues so. There are no dead ends.
- `shortest` bytes suffice to reach a valid text; `completion()` returns such bytes.
- a text finished by choosing from `allowed_within(n)`, n = bytes left, never needs more than n bytes,
  if n >= `shortest` at the beginning.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from bltgen.automata.byteset import ByteSet

__all__ = ["FORCED_LIMIT", "Constraint", "Readable", "Report", "ReportEntry", "State", "ToldState"]

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    V_co = TypeVar("V_co", covariant=True, default=Any)
else:
    from typing import TypeVar

    V_co = TypeVar("V_co", covariant=True)

FORCED_LIMIT = 4096
"""The most bytes `State.forced` looks ahead. A longer forced text comes in pieces of this size."""


@dataclass(frozen=True)
class ReportEntry:
    """How one keyword or construct of a constraint's source is enforced.

    `place` is a JSON pointer, a rule name or a source position; `construct` the keyword or construct;
    `enforced` is "exact", or "annotation" where the construct does not restrict texts; of Python types also
    "checked by pydantic only", where it is a validator that someone wrote or depends on the clock or the
    file system, so that parsing a text may fail. `note` says more.
    """

    place: str
    construct: str
    enforced: Literal["exact", "annotation", "checked by pydantic only"] = "exact"
    note: str = ""


@dataclass(frozen=True)
class Report:
    """Every construct of a constraint and how it is enforced, in the order of the source."""

    entries: tuple[ReportEntry, ...] = ()

    def __repr__(self) -> str:
        exact = sum(entry.enforced == "exact" for entry in self.entries)
        return f"<Report: {exact} of {len(self.entries)} constructs are enforced; print() shows them>"

    def __str__(self) -> str:
        return "\n".join(
            f"{e.place or '-'}: {e.construct}: {e.enforced}" + (f" ({e.note})" if e.note else "")
            for e in self.entries
        )


@runtime_checkable
class State(Protocol):
    """A position in a constraint: what may come after the bytes read so far. An immutable value."""

    @property
    def allowed(self) -> ByteSet:
        """The bytes after which a valid text can still be reached: exact, never a dead end."""

    @property
    def accepting(self) -> bool:
        """Whether the bytes so far are a whole valid text."""

    @property
    def shortest(self) -> int:
        """Bytes from here to the nearest valid text; 0 where accepting."""

    @property
    def forced(self) -> bytes:
        """The longest bytes with which every valid completion begins, up to FORCED_LIMIT of them.

        Empty where there is a choice and where the text may stop here.
        """

    @property
    def id(self) -> int:
        """An integer identity of the state within its automaton."""

    @property
    def advance(self) -> Callable[[int], State | None]:
        """`advance(byte)` is the state after one more byte, or None where it leaves the language."""

    def completion(self) -> bytes:
        """A shortest completion: `shortest` bytes that make the text valid."""

    def allowed_within(self, n: int) -> ByteSet:
        """The bytes b in `allowed` with `advance(b).shortest <= n - 1`, for n bytes left in all."""


class ToldState(State, Protocol):
    """A state that says where a value must be told by a text: what the strategy `spans` asks for.

    There is no whole valid text before or within such a value: one that is begun is written to its end.
    """

    @property
    def told_by(self) -> str | None:
        """Between the quotes of a string: the text that it must be a span of.

        None elsewhere, and where a string may be what no text tells.
        """


class Readable(Protocol[V_co]):
    """A constraint whose texts have values: a JSON Schema, a Python type."""

    def start(self) -> State:
        """The state before the first byte."""

    def parse(self, data: bytes) -> V_co:
        """The value of a valid text."""


@runtime_checkable
class Constraint(Protocol):
    """A set of valid texts, read byte by byte from `start()`."""

    def start(self) -> State:
        """The state before the first byte."""

    def accepts(self, data: bytes) -> bool:
        """Whether `data` is a whole valid text."""

    def sample(self, rng: random.Random, max_bytes: int | None = None) -> bytes:
        """A random valid text of at most `max_bytes` bytes, drawn without rejection.

        Raises BudgetTooSmall where `max_bytes` is less than the shortest valid text.
        """

    def report(self) -> Report:
        """How each construct of the source is enforced."""

    def describe(self) -> dict[str, Any]:
        """The source and options as JSON values, from which bltgen can rebuild the constraint."""

    def __and__(self, other: Any) -> Constraint: ...

    def __or__(self, other: Any) -> Constraint: ...

    def __invert__(self) -> Constraint: ...

    def __add__(self, other: Any) -> Constraint: ...

    def repeat(self, low: int, high: int | None = None) -> Constraint:
        """Between `low` and `high` texts in a row; without an upper bound where `high` is None."""

    def optional(self) -> Constraint:
        """The texts and the empty one."""
