"""Hypothesis draws anew on every run of a developer, and the same on every run of CI but fresh_seeds."""

from __future__ import annotations

import gc
import importlib.util
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from bltgen.automata import limits

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("dev", deadline=None)
settings.register_profile("fresh", derandomize=False, deadline=None, print_blob=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

# Tests keep much alive (libraries, tables, cases), which collections need not look through again and again.
gc.set_threshold(20_000, 20, 20)


def pytest_collection_finish() -> None:
    """What was imported and collected stays: it is left out of every later collection."""
    gc.collect()
    gc.freeze()


# Without torch (tests/pythons.py) the files that need it are left out.
if importlib.util.find_spec("torch") is None:
    needs = re.compile(r"^\s*(?:import torch|from torch|from bltgen\.(?:decoding|model|training)\b)", re.M)
    collect_ignore = [
        str(file) for file in Path(__file__).parent.rglob("*.py") if needs.search(file.read_text())
    ]


@pytest.fixture
def set_limits() -> Iterator[Callable[..., None]]:
    """What puts some limits in force, by name, and the others back, until the test ends."""
    before = limits.current_limits()

    def put(**fields: Any) -> None:
        limits._CURRENT.set(replace(before, **fields))

    yield put
    limits._CURRENT.set(before)
