"""What a caller asks of a generation beside its text: to end by a deadline, or when it is cancelled.

A `Request` is made at the call, and its clock starts there: waiting, compiling the constraint and reading the
prompt count. Everything that is done for it runs under its watch (`bltgen.interruption`). When the watch says
that it is time, the text is brought to its end by the shortest completion that was known before the step
(`Search.known_end`), which is valid and within `max_bytes`; nothing is computed for it then.

It is the part of a handle that those share who run a request: the task of one text and a batch of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal

from bltgen.arguments import number, of_type, one_of, shown
from bltgen.errors import Cancelled, DeadlineExceeded
from bltgen.interruption import CancelToken, Watch

__all__ = ["Interrupted", "OnCancel", "Request", "Watches"]

OnCancel = Literal["raise", "finish"]
"""What a cancelled text becomes: an error with its bytes so far, or a text that is brought to its end."""

Interrupted = (Cancelled, DeadlineExceeded)
"""What a watch raises."""


@dataclass
class Request:
    """`deadline`: seconds from now, or None. `cancel`: a token, or None. See `Generator.generate`."""

    deadline: float | None = None
    cancel: CancelToken | None = None
    on_cancel: OnCancel = "raise"
    watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        if self.deadline is not None:
            self.deadline = number("deadline", self.deadline)
            if not self.deadline >= 0:
                raise ValueError(f"deadline={shown(self.deadline)}: seconds from now are needed, 0 or more")
        of_type("cancel", self.cancel, (CancelToken, type(None)), "a bltgen.CancelToken")
        one_of("on_cancel", self.on_cancel, ("raise", "finish"))
        self.watch = Watch(self.deadline, self.cancel)

    @property
    def may_end(self) -> bool:
        """Whether a text may have to be brought to its end."""
        return self.deadline is not None or (self.cancel is not None and self.on_cancel == "finish")

    @property
    def is_watched(self) -> bool:
        """Whether anything may interrupt it."""
        return self.deadline is not None or self.cancel is not None

    def watched(self) -> AbstractContextManager[None]:
        """The block is done for this request."""
        return self.watch.watched()


class Watches(Watch):
    """What is done for several requests at once: the first of them that is interrupted ends it."""

    __slots__ = ("_all",)

    def __init__(self, watches: Sequence[Watch]) -> None:
        super().__init__()
        self._all = watches

    def check(self) -> None:
        """Raise what any of them raises."""
        for watch in self._all:
            watch.check()
