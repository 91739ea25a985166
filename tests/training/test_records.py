"""Records: what is asked and answered, spelled as in generation; what is wrong is named by its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import bltgen
from bltgen.model.prompt_form import PromptForm
from bltgen.training.batches import PROSE, VALUE
from bltgen.training.records import RecordSource, read_record

SCHEMA = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}


def record(**members: Any) -> bytes:
    return json.dumps(members).encode()


def test_answers_are_spelled_as_generation_spells_them() -> None:
    """Any JSON: separators, plain numbers, null; each byte has its kind."""
    value = {"a": "é\n", "b": [1, 2.50, True, None], "c": {"d": -0.5}}
    line = b'{"prompt": "p", "answer": {"a":"\\u00e9\\n","b":[1,2.50,true,null],"c":{"d":-0.5}}}'
    found = read_record(line, None)
    assert found.answer == '{"a": "é\\n", "b": [1, 2.50, true, null], "c": {"d": -0.5}}'.encode()
    assert json.loads(found.answer) == value
    assert len(found.kinds) == len(found.prompt + found.answer)
    assert set(found.kinds[:2]) == {PROSE}
    assert read_record(b'{"prompt": "", "answer": [1e2, -0, 1E-1]}', None).answer == b"[100, 0, 0.1]"


def test_a_text_is_answered_as_it_is_unless_a_schema_asks_for_json() -> None:
    """Every byte of it is what is asked for."""
    found = read_record(record(prompt="p\n", answer='{"age":  36}'), None)
    assert (found.prompt, found.answer) == (b"p\n", b'{"age":  36}')
    assert set(found.kinds[2:]) == {VALUE}
    assert (
        read_record(record(prompt="p", answer='{"age":  36}', schema=SCHEMA), None).answer == b'{"age": 36}'
    )
    assert read_record(record(prompt="p", answer="36", schema={"type": "string"}), None).answer == b"36"


def test_prompts_have_the_form_of_the_model() -> None:
    """The same bytes that generation would give the model."""
    form = PromptForm()
    found = read_record(record(prompt="Ada is 36.", answer={"age": 36}, schema=SCHEMA), form)
    asked: list[bytes] = []

    class Spy:
        prompt_form = form

        def session(self, prompts: list[bytes]) -> Any:
            asked.extend(prompts)
            raise KeyError("seen")

    with pytest.raises(KeyError, match="seen"):
        bltgen.Generator(Spy()).generate("Ada is 36.", bltgen.json_schema(SCHEMA), max_bytes=50)
    assert asked == [found.prompt]
    assert read_record(record(prompt="x", answer="y"), form).prompt == b"x\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "not JSON"),
        (b"\xff{}", "not UTF-8 at byte 0"),
        (b"[" * 100_000, "not JSON|nested too deeply"),
        (b"[1]", r"\"prompt\" \(a text\) and \"answer\", or with \"text\", is needed, not \[.*1"),
        (b"{}", "it has no members"),
        (b'{"promt": "x", "answer": 1}', r"it has 'promt', 'answer'; did you mean 'prompt'\?"),
        (b'{"prompt": "x"}', '"answer"'),
        (b'{"prompt": 3, "answer": 1}', '"prompt" must be a text, not'),
        (b'{"text": null}', '"text" must be a text, not None'),
        (b'{"prompt": "x", "answer": ""}', '"answer" is empty'),
        (b'{"prompt": "x", "answer": NaN}', "NaN is none"),
        (b'{"prompt": "x", "answer": 12345678901234567890}', "not a plain number"),
        (b'{"prompt": "x", "answer": 1, "schema": [1]}', '"schema" must be a JSON Schema'),
        (b'{"prompt": "\\ud800", "answer": 1}', "lone surrogate at character 0"),
        (b'{"prompt": "x", "answer": "y\\udc00"}', "lone surrogate at character 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, line: bytes, words: str) -> None:
    """File and line, before anything is trained."""
    file = tmp_path / "asked.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"text": "fine"}\n\n' + line)
    with pytest.raises(ValueError, match=rf"asked\.jsonl, line 3: .*({words})"):
        RecordSource([(file, file.name)], 100)


def test_neither_prompt_nor_answer_is_cut(tmp_path: Path) -> None:
    """A record that is longer than the window is an error that says how long it is; a text has windows."""
    file = tmp_path / "asked.jsonl"
    file.write_bytes(record(prompt="x" * 30, answer="y" * 9))
    with pytest.raises(ValueError, match=r"line 1: .* 40 bytes, the window has 39; --window 40"):
        RecordSource([(file, file.name)], 39)
    source = RecordSource([(file, file.name)], 4096)
    assert (source.longest, source.places) == (40, 4096)
    file.write_bytes(record(text="abcdef"))
    texts = RecordSource([(file, file.name)], 4)
    assert texts.places == 6 + 4 - 1
    stream = texts(1)
    seen = {(found.prompt, found.begins, found.ends) for found in (next(stream) for _ in range(80))}  # type: ignore[attr-defined]
    assert (b"a", True, False) in seen
    assert (b"bcde", False, False) in seen
    assert (b"f", False, True) in seen
