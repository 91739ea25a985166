"""Every exception that bltgen raises on purpose.

The tree::

    BltgenError
    ├── ConstraintError(ValueError)
    │   ├── ConstraintSyntaxError   the text of a regex, grammar or schema is malformed
    │   ├── Unsupported             well-formed, but cannot be enforced exactly
    │   ├── EmptyLanguage           nothing satisfies the constraint
    │   └── LimitExceeded           compiling or walking it would cost more than the limits allow
    ├── BudgetTooSmall(ValueError)  `max_bytes` is less than the shortest valid text
    ├── DeadlineExceeded(TimeoutError)  the deadline of a request came before its first byte
    ├── Cancelled                   a request was cancelled before its end
    ├── InvalidPrompt(ValueError)   a str that has no UTF-8
    ├── InvalidLine(ValueError)     a line of a file of prompts that holds none
    ├── RejectedByte(ValueError)    a text leaves the language
    ├── ModelError(RuntimeError)    the model's logits are unusable (NaN, all -inf)
    ├── CheckpointError(ValueError) a checkpoint is missing, corrupt or of an unknown layout
    ├── TrainingError(RuntimeError) a training run cannot go on
    └── DeviceNotAvailable(ValueError)  the device for a model is not on this machine, or not in this torch

One warning is issued: ConstraintWarning, for what is probably a slip and yet no error.

Errors carry values, not only text, so that programs can act on them.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "BltgenError",
    "BudgetTooSmall",
    "Cancelled",
    "CheckpointError",
    "ConstraintError",
    "ConstraintSyntaxError",
    "ConstraintWarning",
    "DeadlineExceeded",
    "DeviceNotAvailable",
    "EmptyLanguage",
    "InvalidLine",
    "InvalidPrompt",
    "LimitExceeded",
    "ModelError",
    "RejectedByte",
    "TrainingError",
    "Unsupported",
    "did_you_mean",
]


def did_you_mean(word: object, known: Iterable[object], cutoff: float = 0.7) -> str:
    """`; did you mean 'x'?` for the known word that `word` is most likely meant to be, or an empty text.

    cutoff: how alike they must be, from 0 to 1 (`difflib.SequenceMatcher.ratio`), if not of the same letters.

    >>> did_you_mean("emial", ["email", "uri"]), did_you_mean("ONEOF", ["oneOf"]), did_you_mean("q", ["uri"])
    ("; did you mean 'email'?", "; did you mean 'oneOf'?", '')
    """
    if not isinstance(word, str) or not 0 < len(word) <= 100:
        return ""
    from difflib import get_close_matches  # on demand: errors are imported by all

    folded = {name.lower(): name for name in known if isinstance(name, str)}
    found = get_close_matches(word.lower(), folded, n=1, cutoff=cutoff)
    found += [name for name in folded if not found and sorted(name) == sorted(word.lower())]
    return f"; did you mean {folded[found[0]]!r}?" if found else ""


class BltgenError(Exception):
    """Base of all errors raised by bltgen."""


class ConstraintError(BltgenError, ValueError):
    """A constraint cannot be built or used."""


class ConstraintSyntaxError(ConstraintError):
    r"""The text of a constraint is malformed.

    Attributes: `message`; `text`, the offending source (or None); `position`, an index into
    `text`; `expected`, what would have been accepted there; `line` and `column`, from 1.

    >>> print(ConstraintSyntaxError("unbalanced parenthesis", "ab(c", 2, expected="')'"))
    unbalanced parenthesis at line 1, column 3; expected ')'
      ab(c
        ^
    """

    def __init__(
        self,
        message: str,
        text: str | None = None,
        position: int | None = None,
        *,
        expected: str | None = None,
    ) -> None:
        self.message, self.text, self.position, self.expected = message, text, position, expected
        self.line, self.column, caret = _located(text, position)
        shown = message
        if self.line is not None:
            shown += f" at line {self.line}, column {self.column}"
        if expected:
            shown += f"; expected {expected}"
        super().__init__(shown + caret)


def _located(text: str | None, position: int | None) -> tuple[int | None, int | None, str]:
    """Line and column from 1, and the source line with a caret below it, for an index into `text`."""
    if text is None or position is None:
        return None, None, ""
    line_start = text.rfind("\n", 0, position) + 1
    line, column = text.count("\n", 0, position) + 1, position - line_start + 1
    # A lone surrogate could not be printed.
    source = text[line_start:].split("\n", 1)[0].encode("utf-8", "replace").decode()
    begin = max(0, column - 1 - 60)
    return line, column, f"\n  {source[begin : begin + 100]}\n  {' ' * (column - 1 - begin)}^"


class Unsupported(ConstraintError):
    """A construct that cannot be enforced exactly.

    Attributes: `reason`; `where`, a JSON pointer or source position; `text` and `position` (or None),
    the source and an index into it.
    """

    def __init__(
        self, reason: str, where: str = "", *, text: str | None = None, position: int | None = None
    ) -> None:
        line, column, caret = _located(text, position)
        if line is not None and not where:
            where = f"line {line}, column {column}"
        self.reason, self.where, self.text, self.position = reason, where, text, position
        super().__init__((f"{where}: {reason}" if where else reason) + caret)


class ConstraintWarning(UserWarning):
    """Something in the source of a constraint restricts nothing and was probably meant to."""


class EmptyLanguage(ConstraintError):
    """No text satisfies the constraint.

    Attribute `conflicts`: the pointers or rules that exclude each other.
    """

    def __init__(self, reason: str, conflicts: tuple[str, ...] = ()) -> None:
        self.reason, self.conflicts = reason, conflicts
        super().__init__(reason + (f" (conflict between {', '.join(conflicts)})" if conflicts else ""))


class LimitExceeded(ConstraintError):
    """A limit on states, time or memory was reached.

    Attributes: `what`, `limit`, `advice`; `counted`: the limit counts things, so that whoever asks again
    under the same limits fails again. False where it is the clock's, or that of Python's stack.
    """

    def __init__(self, what: str, limit: float | int, advice: str = "", *, counted: bool = True) -> None:
        self.what, self.limit, self.advice, self.counted = what, limit, advice, counted
        super().__init__(f"{what} exceeds the limit of {limit}" + (f"; {advice}" if advice else ""))

    def again(self) -> LimitExceeded:
        """The same error, raised nowhere yet."""
        return LimitExceeded(self.what, self.limit, self.advice, counted=self.counted)


class BudgetTooSmall(BltgenError, ValueError):
    """`max_bytes` cannot hold any valid text. Attributes: `max_bytes`, `shortest`."""

    def __init__(self, max_bytes: int, shortest: int) -> None:
        self.max_bytes, self.shortest = max_bytes, shortest
        super().__init__(f"max_bytes={max_bytes} is too small: the shortest valid text has {shortest} bytes")


class DeadlineExceeded(BltgenError, TimeoutError):
    """The deadline of a request came before its first byte. Attribute `deadline`: in seconds."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        super().__init__(f"the deadline of {deadline} s came before the first byte")


class Cancelled(BltgenError):
    """A request was cancelled. Attribute `data`: the bytes settled by then, the beginning of a valid text."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = data
        super().__init__(f"the request was cancelled after {len(data)} bytes")


class InvalidPrompt(BltgenError, ValueError):
    """A prompt that cannot be encoded. Attribute `position`: the index of the first such character."""

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(
            f"the prompt has a lone surrogate at index {position}, which UTF-8 cannot encode; "
            "give bytes where the text is not Unicode"
        )


class InvalidLine(BltgenError, ValueError):
    """A line of a file of prompts that holds none. Attributes: `line`, from 1; `reason`."""

    def __init__(self, line: int, reason: str) -> None:
        self.line, self.reason = line, reason
        super().__init__(f"line {line}: {reason}")


class RejectedByte(BltgenError, ValueError):
    """A text leaves the language. Attributes: `data`, `position`, `allowed` (bytes allowed there)."""

    def __init__(self, data: bytes, position: int, allowed: bytes, *, incomplete: bool = False) -> None:
        self.data, self.position, self.allowed, self.incomplete = data, position, allowed, incomplete
        what = (
            "the text ends too early"
            if incomplete
            else f"byte {data[position : position + 1]!r} is not allowed"
        )
        super().__init__(f"{what} at offset {position}; allowed: {allowed!r}")


class ModelError(BltgenError, RuntimeError):
    """The model's output cannot be sampled from."""


class CheckpointError(BltgenError, ValueError):
    """A checkpoint cannot be read. The message names the file and the key."""


class TrainingError(BltgenError, RuntimeError):
    """A training run cannot go on: a loss is not finite, a file cannot be written, it is held elsewhere."""


class DeviceNotAvailable(BltgenError, ValueError):
    """A device that cannot be used here.

    Attributes: `device`, the name that was asked for; `available`, the names of those that are there;
    `reason`, what torch said, where that is short; `near`, the name that was perhaps meant, or None.
    """

    def __init__(
        self, device: str, available: tuple[str, ...], reason: str = "", near: str | None = None
    ) -> None:
        self.device, self.available, self.reason, self.near = device, available, reason, near
        super().__init__(
            f"device {device!r} is not there"
            + (f" ({reason})" if reason and near is None else "")
            + f"; devices here: {', '.join(available)}"
            + (f"; did you mean {near!r}?" if near else "")
        )
