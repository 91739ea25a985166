"""Many prompts from a file: one bad line fails alone, and whatever else a line holds comes back."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bltgen
from bltgen.cli import main
from bltgen.cli_lines import Line, lines_of
from bltgen.errors import InvalidLine
from bltgen.testing import models


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    """A model without weights in place of the one in the package."""
    monkeypatch.setattr(bltgen, "load", lambda *a, **k: bltgen.Generator(models.whimsical(3)))


def run(tmp_path, text: str | bytes, *options: str) -> tuple[int, list[dict]]:
    """The exit code and the records of the output."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    code = main(["generate", "--json-lines", str(source), "-o", str(target), "--seed", "5", *options])
    return code, [json.loads(line) for line in target.read_bytes().splitlines()]


BAD = [
    ("not json", "not JSON"),
    ('{"prompt": "x"', "not JSON"),
    ("5", "a JSON string, or an object"),
    ("null", "a JSON string, or an object"),
    ('["x"]', "a JSON string, or an object"),
    ('{"prompt": 5}', "a JSON string, or an object"),
    ('{"promt": "x"}', "it has 'promt'"),
    ('{"prompt": NaN}', "NaN"),
    ('"x" "y"', "not JSON (Extra data at column 5)"),
    (b'"\xff"', "not UTF-8 at byte 1"),
    (b"\xef\xbb\xbf", "not JSON"),
    ("[" * 100_000, "nested too deeply"),
    ('"\\ud83d"', "surrogate"),
]


@pytest.mark.parametrize(("bad", "message"), BAD, ids=[str(message) for _, message in BAD])
def test_a_bad_line_fails_alone(tmp_path, capfd, bad, message):
    """The others are written as without it, the exit code and the standard error say so."""
    raw = bad.encode() if isinstance(bad, str) else bad
    rest = ["--regex", "[a-z]{5}"]
    code, good = run(tmp_path, '"one"\n"two"\n"three"\n', *rest)
    assert code == 0
    code, records = run(tmp_path, b'"one"\n\n' + raw + b'\n"three"\n', *rest)
    assert code == 2
    assert records[0] == good[0]
    assert records[2] == good[2]
    assert message in records[1]["error"]
    err = capfd.readouterr().err
    assert "in.jsonl, line 3: " in err
    assert "1 of 3 prompts failed" in err


def test_all_lines_may_be_bad(tmp_path):
    """Each has its error."""
    code, records = run(tmp_path, "".join(f"{bad}\n" for bad, _ in BAD[:5]), "--regex", "a")
    assert code == 2
    assert [record["kind"] for record in records] == ["InvalidLine"] * 5


def test_a_prompt_that_grounds_nothing_fails_alone(tmp_path):
    """Its constraint cannot be built; those of the others can."""
    schema = '{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}'
    code, records = run(tmp_path, '"Ada"\n"  "\n"Bob"\n', "--schema", schema, "--grounded")
    assert [("error" in record) for record in records] == [False, True, False]
    assert code == 2


def test_other_members_are_kept_as_they_are_spelled(tmp_path):
    """Numbers beyond a float, escapes, nesting; names that the output needs are told apart."""
    line = (
        '{"id": 12345678901234567890.10, "prompt": "x", "tags": [1e400, {"a": "\\u00e9"}], "text": "mine",'
        ' "input_text": 1, "\\ud83d": null, "big": ' + "9" * 5000 + "}"
    )
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(line)
    assert main(["generate", "--json-lines", str(source), "-o", str(target), "--regex", "[a-z]{3}"]) == 0
    written = target.read_text()
    for kept in ('"id": 12345678901234567890.10', '[1e400, {"a": "\\u00e9"}]', '"\\ud83d": null', "9" * 5000):
        assert kept in written
    found = json.loads(written, parse_int=Decimal, parse_float=Decimal)
    assert len(found["text"]) == 3
    assert found["input_text"] == "mine"
    assert found["input_input_text"] == 1
    assert list(found)[:2] == ["id", "tags"]
    assert "prompt" not in found


def test_a_bad_line_keeps_its_other_members(tmp_path):
    """So that it can be found again."""
    _, records = run(tmp_path, '{"id": 7, "prompt": null}\n', "--regex", "a")
    assert records[0]["id"] == 7
    assert records[0]["kind"] == "InvalidLine"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=4), st.text(), st.sampled_from([None, 0, 3]))
def test_any_object_is_read_and_given_back(others, prompt, indent):
    """With any blanks but line breaks, whatever the members hold."""
    given_object = {**others, "prompt": prompt}
    text = json.dumps(given_object, indent=indent).replace("\n", "\t")
    (line,) = lines_of(text.encode())
    assert line.prompt == prompt
    kept = {name: value for name, value in others.items() if name not in ("prompt", "error", "kind")}
    found = json.loads(line.answer(InvalidLine(1, "why"), False))
    assert {name: value for name, value in found.items() if name in kept} == kept
    assert found["kind"] == "InvalidLine"


def test_lines_are_counted_as_editors_count_them():
    """Blank ones too; a byte order mark at the beginning is none of the text."""
    found = list(lines_of(b'\xef\xbb\xbf"a"\r\n\r\n  \n"b"'))
    assert found == [Line(1, "a"), Line(4, "b")]
