"""Who may end work before it is done: the clock of a request, or whoever asked for it.

A `Watch` stands in the context of whoever works for a request (`watched`); what takes long asks it now and
then (`check`): questions to a constraint with every few steps that they are charged, the model between the
pieces of a prompt, the decode loop at every step.

>>> token = CancelToken()
>>> with Watch(cancel=token).watched():
...     check()
...     token.cancel()
...     check()
Traceback (most recent call last):
    ...
bltgen.errors.Cancelled: the request was cancelled after 0 bytes
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

from bltgen.arguments import suggests_keywords
from bltgen.errors import Cancelled, DeadlineExceeded

__all__ = ["WATCH", "CancelToken", "Watch", "check", "current_watch"]


@suggests_keywords()
class CancelToken:
    """What cancels a request, or several: give it as `cancel=`, and call `cancel()` from any thread."""

    __slots__ = ("_cancelled",)

    def __init__(self) -> None:
        self._cancelled = False

    def cancel(self) -> None:
        """End what was given this token, at its next step. Once is for ever."""
        self._cancelled = True

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def __repr__(self) -> str:
        return f"<CancelToken{' cancelled' if self._cancelled else ''}>"


class Watch:
    """A deadline, in seconds from now, and a token; either may be None."""

    __slots__ = ("_clock", "_until", "deadline", "token")

    def __init__(
        self,
        deadline: float | None = None,
        cancel: CancelToken | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.deadline, self.token, self._clock = deadline, cancel, clock
        self._until = None if deadline is None else clock() + deadline

    def check(self) -> None:
        """Raise Cancelled or DeadlineExceeded where it is time to end."""
        if self.token is not None and self.token.cancelled:
            raise Cancelled()
        if self._until is not None and self._clock() >= self._until:
            assert self.deadline is not None
            raise DeadlineExceeded(self.deadline)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Whatever the block asks and computes is under this watch."""
        token = WATCH.set(self)
        try:
            yield
        finally:
            WATCH.reset(token)


WATCH: ContextVar[Watch | None] = ContextVar("bltgen_watch", default=None)
"""The watch in this context."""


def current_watch() -> Watch | None:
    """The watch in this context, if there is one."""
    return WATCH.get()


def check() -> None:
    """Raise Cancelled or DeadlineExceeded where the watch in this context says so."""
    watch = WATCH.get()
    if watch is not None:
        watch.check()
