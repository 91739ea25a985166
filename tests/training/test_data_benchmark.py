"""The extraction benchmark counts what it says, tried with models that answer from a script."""

from __future__ import annotations

import importlib.util
import itertools
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("faker")
pytest.importorskip("mimesis")

from bltgen.training.data import extraction_documents
from bltgen.training.data.document import Document, Number, write

PATH = Path(__file__).parents[2] / "benchmarks" / "extraction.py"
if not PATH.exists():
    pytest.skip("the benchmarks are not beside the tests", allow_module_level=True)


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("extraction_benchmark", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


extraction = _load()


@dataclass
class Answer:
    data: bytes


@dataclass
class Scripted:
    """Answers each prompt from a table."""

    answers: dict[bytes, bytes]

    def generate(self, prompt: bytes, constraint: Any, **options: Any) -> Answer:
        assert options["temperature"] == 0
        assert options["max_bytes"] > 0
        return Answer(self.answers[prompt])


def no_constraint(schema: dict[str, Any], prompt: bytes) -> None:
    return None


def document(**values: Any) -> Document:
    return write("Ada is 36.", values, domain="people", template="t")


def score(given: bytes, **values: Any) -> Any:
    one = document(**values)
    return extraction.evaluate(Scripted({one.prompt: given}), [one], no_constraint)


def test_the_right_answers_score_full() -> None:
    documents = list(itertools.islice(extraction_documents(3, "held_out"), 300))
    model = Scripted({one.prompt: one.answer for one in documents})
    # The same prompt may be asked for different fields: keep the first question of each prompt.
    asked = {one.prompt: one for one in reversed(documents)}
    model.answers |= {prompt: one.answer for prompt, one in asked.items()}
    result = extraction.evaluate(model, asked.values(), no_constraint)
    assert result.valid == result.perfect == result.documents == len(asked)
    assert result.right == result.asked
    assert set(result.asked) == set(extraction.TYPES)
    assert result.first_byte_right == result.asked["string"]


def test_a_wrong_string_counts_for_its_first_byte_alone() -> None:
    result = score(b'{"name": "Adam", "age": 36}', name="Ada", age=Number("36"))
    assert result.share("string") == 0
    assert result.share("integer") == 1
    assert (result.first_byte_right, result.perfect, result.valid) == (1, 0, 1)


@pytest.mark.parametrize(
    "given", [b"", b'{"name": "Ada"', b'{"name": 1}', b'{"name": "Ada", "x": 1}', b"\xff"]
)
def test_an_invalid_answer_has_no_right_field(given: bytes) -> None:
    result = score(given, name="Ada")
    assert (result.valid, result.right["string"], result.asked["string"]) == (0, 0, 1)


def test_items_too_few_or_too_many_are_wrong() -> None:
    hobbies = ["chess", "yoga"]
    assert score(b'{"hobbies": ["chess"]}', hobbies=hobbies).share("nested") == 1 / 2
    result = score(b'{"hobbies": ["chess", "yoga", "tea"]}', hobbies=hobbies)
    assert result.share("nested") == 2 / 3
    assert result.perfect == 0


def test_numbers_are_compared_as_numbers_and_types_as_types() -> None:
    assert score(b'{"total": 2.5}', total=Number("2.50")).share("number") == 1
    assert score(b'{"total": 3}', total=Number("3.00")).share("number") == 1
    assert score(b'{"paid": false}', paid=True).share("boolean") == 0
    assert score(b'{"n": 1}', n=Number("1")).share("integer") == 1


@pytest.mark.parametrize(
    ("number", "valid"), [(b"1e400", 1), (b"44.5e900", 1), (b"2.0", 1), (b"2.5", 0), (b"1e-400", 0)]
)
def test_an_integer_is_judged_by_its_exact_value(number: bytes, valid: int) -> None:
    """Also where no float can hold it."""
    assert score(b'{"n": ' + number + b"}", n=Number("1")).valid == valid


def test_speed_is_generated_bytes_over_the_time_of_generation() -> None:
    ticks = itertools.count()
    one = document(name="Ada")
    model = Scripted({one.prompt: one.answer})
    result = extraction.evaluate(model, [one, one], no_constraint, clock=lambda: next(ticks) * 0.5)
    assert result.seconds == 1.0
    assert extraction.row("s", "grounded", result)[-2:] == [str(2 * len(one.answer)), "500"]


def test_the_table_has_a_cell_for_each_heading() -> None:
    line = extraction.row("known templates", "free", score(b'{"name": "Ada"}', name="Ada"))
    assert len(line) == len(extraction.HEADINGS)
    text = extraction.table([line])
    assert len({len(row) for row in text.splitlines()}) == 1
    assert "known templates" in text
    assert json.dumps(line)
