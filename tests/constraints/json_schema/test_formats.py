"""A string of every format can be written: at its shortest, and within any budget above."""

from __future__ import annotations

import json
import random

import jsonschema
import pytest

from bltgen.constraints.json_format import formats
from bltgen.constraints.json_schema import json_schema


@pytest.mark.parametrize("name", formats())
def test_strings_of_every_format_are_written_within_any_budget(name: str) -> None:
    """The judge is the checker of `jsonschema`, where it knows more of a format than we should admit."""
    constraint = json_schema({"type": "string", "format": name})
    checker = jsonschema.FormatChecker()
    start = constraint.start()
    texts = [start.completion()]
    assert len(texts[0]) == start.shortest
    for seed, more in enumerate((0, 1, 5, 40)):
        texts.append(constraint.sample(random.Random(seed), start.shortest + more))
        assert len(texts[-1]) <= start.shortest + more
    for text in texts:
        assert constraint.accepts(text)
        value = json.loads(text)
        assert isinstance(value, str)
        if name not in ("time", "date-time", "regex", "idn-hostname", "idn-email"):
            checker.check(value, name)
