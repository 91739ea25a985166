"""NumPy's matrix products are made on one thread for as long as a block runs."""

from __future__ import annotations

import pytest

from bltgen.model import blas_threads
from bltgen.model.blas_threads import single_blas_thread


class Library:
    """A BLAS with this many threads."""

    def __init__(self, threads):
        self.threads, self.told = threads, []

    def get_num_threads(self):
        """As many as were set last."""
        return self.threads

    def set_num_threads(self, count):
        """Kept, and noted."""
        self.threads = count
        self.told.append(count)


def test_every_library_is_told_and_told_back(monkeypatch):
    """Those on one thread already are left alone; also where the block fails."""
    many, single = Library(8), Library(1)
    monkeypatch.setattr(blas_threads, "_libraries", lambda: (many, single))
    with single_blas_thread():
        assert (many.threads, single.threads) == (1, 1)
    assert (many.told, single.told) == ([1, 8], [])
    with pytest.raises(KeyError), single_blas_thread():
        raise KeyError
    assert many.told == [1, 8, 1, 8]


def test_the_libraries_of_numpy_are_found_once():
    """Those for linear algebra alone."""
    found = blas_threads._libraries()
    assert found is blas_threads._libraries()
    assert all(one.user_api == "blas" for one in found)
