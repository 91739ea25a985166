"""A watch raises once it is time, in its context alone."""

from __future__ import annotations

import threading

import pytest

from bltgen.errors import Cancelled, DeadlineExceeded
from bltgen.interruption import CancelToken, Watch, check, current_watch


def test_a_deadline_comes_when_the_clock_says_so() -> None:
    now = [5.0]
    watch = Watch(2.0, clock=lambda: now[0])
    watch.check()
    now[0] = 6.9
    watch.check()
    now[0] = 7.0
    with pytest.raises(DeadlineExceeded) as caught:
        watch.check()
    assert caught.value.deadline == 2.0


def test_without_a_deadline_no_clock_is_read() -> None:
    Watch(clock=lambda: 1 / 0).check()


def test_a_token_cancels_all_that_have_it() -> None:
    token = CancelToken()
    watches = [Watch(cancel=token), Watch(9.0, token)]
    for watch in watches:
        watch.check()
    assert not token.cancelled
    token.cancel()
    token.cancel()
    for watch in watches:
        with pytest.raises(Cancelled):
            watch.check()
    Watch().check()


def test_a_watch_holds_for_its_block_and_thread() -> None:
    token = CancelToken()
    token.cancel()
    seen = []
    check()
    with Watch().watched():
        inner = Watch(cancel=token)
        with inner.watched():
            thread = threading.Thread(target=lambda: seen.append(current_watch()))
            thread.start()
            thread.join()
            assert current_watch() is inner
            with pytest.raises(Cancelled):
                check()
        check()
    assert current_watch() is None
    assert seen == [None]
