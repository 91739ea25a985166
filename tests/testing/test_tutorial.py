"""The examples of the tutorial run as they stand."""

from __future__ import annotations

import doctest
from pathlib import Path

import bltgen.testing


def test_the_tutorial_runs():
    """Every example, with its output."""
    file = Path(bltgen.testing.__file__).parent / "README.md"
    text = file.read_text().replace("```python\n", "\n").replace("```", "")
    test = doctest.DocTestParser().get_doctest(text, {}, "README.md", str(file), 0)
    assert len(test.examples) >= 18
    results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
    assert results.failed == 0
