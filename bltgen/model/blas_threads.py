"""The threads of NumPy's matrix products, for as long as a block runs.

NumPy's BLAS starts a thread a core for matrices of a few hundred columns, whatever torch was told; on
a busy machine its threads then wait for each other longer than they work. The small products of a
step are made on one.

>>> import numpy as np
>>> with single_blas_thread():
...     int(np.ones((64, 64)).dot(np.ones(64))[0])
64
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy  # noqa: F401 (loads the library that is looked for below)
from threadpoolctl import ThreadpoolController

__all__ = ["single_blas_thread"]


@functools.cache
def _libraries() -> tuple[Any, ...]:
    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


@contextmanager
def single_blas_thread() -> Iterator[None]:
    """NumPy multiplies on the calling thread. About 3 us a library."""
    before = [(library, library.get_num_threads()) for library in _libraries()]
    changed = [(library, count) for library, count in before if count != 1]
    for library, _ in changed:
        library.set_num_threads(1)
    try:
        yield
    finally:
        for library, count in changed:
            library.set_num_threads(count)
