"""A checkpoint whose config says how prompts are formed: every entry forms them, and by one function.

The twin is the same weights without a form, which reads the formed prompt as a text.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from typing import Annotated, Literal

import pytest
from pydantic import Field

import bltgen
from bltgen.cli import main
from bltgen.decoding.prompts import Prompt
from bltgen.decoding.strategies import STRATEGIES
from bltgen.errors import BudgetTooSmall, InvalidPrompt
from bltgen.model import runtime
from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.checkpoint import save_model
from bltgen.model.prompt_form import PromptForm
from bltgen.testing import models
from tests.model.tolerance import score_tolerance

FORM = PromptForm(max_bytes=100)
TEXT = "Ada is well.\n"
SCHEMA = {
    "type": "object",
    "properties": {
        "ok": {"type": "boolean", "description": "in good health"},
        "kind": {"enum": ["cat", "dog", 12]},
        "name": {"type": "string", "maxLength": 5},
    },
    "required": ["ok", "kind", "name"],
    "additionalProperties": False,
}
LINES = b'"ok": boolean # in good health\n"kind": "cat" | "dog" | 12\n"name": string\n\n'
FORMED = LINES + TEXT.encode()


@dataclasses.dataclass
class Patient:
    ok: Annotated[bool, Field(description="in good health")]
    kind: Literal["cat", "dog", 12]
    name: Annotated[str, Field(max_length=5)]


@functools.cache
def weights(conditioned: bool = False) -> ByteLatentTransformer:
    model = models.tiny_blt(3)
    return model.with_mask_conditioning().eval() if conditioned else model


@functools.cache
def generator(form: PromptForm | None = FORM, conditioned: bool = False) -> bltgen.Generator:
    """The same random weights with a form and without one."""
    model = ByteLatentTransformer(dataclasses.replace(weights(conditioned).config, prompt_form=form)).eval()
    model.load_state_dict(weights(conditioned).state_dict())
    return bltgen.Generator(model)


@pytest.fixture(params=["numpy", "torch"])
def host(request, monkeypatch):
    """All new positions by NumPy, or all by torch."""
    monkeypatch.setattr(runtime, "HOST_POSITIONS", 10**6 if request.param == "numpy" else 0)


def rounding(read: bytes, scored: int) -> float:
    """What it may change of the score of the last `scored` bytes of what the model read."""
    model = weights()
    return score_tolerance(model, model.session([read]).logits, length=len(read), scored=scored)


CONSTRAINTS = {
    "a dict": SCHEMA,
    "a schema": bltgen.json_schema(SCHEMA),
    "JSON text": bltgen.json_schema(json.dumps(SCHEMA)),
    "grounded": bltgen.json_schema(SCHEMA, strings_from=TEXT),
    "a type": Patient,
    "a schema of a type": bltgen.json_schema(Patient, whitespace="compact"),
}


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_every_entry_reads_the_formed_prompt(name, host):
    """generate, stream, stream_values, generate_many, outcomes: the twin's texts and scores on FORMED."""
    constraint, how = CONSTRAINTS[name], {"max_bytes": 48, "seed": 4}
    expected = generator(None).generate(FORMED, constraint, **how)
    assert expected.statistics.form_bytes == 0
    within = rounding(FORMED + expected.data, len(expected.data) + 1)
    formed = generator()
    stream = formed.stream(TEXT, constraint, **how)
    patches = list(stream)
    (_, late), *_ = formed.outcomes([TEXT], constraint, **how)
    many = formed.generate_many([TEXT, TEXT], [constraint, constraint], **how)
    for out in (formed.generate(TEXT, constraint, **how), stream.generation, late, many[0]):
        assert (out.prompt, out.data) == (FORMED, expected.data)
        assert out.log_probability == pytest.approx(expected.log_probability, abs=within)
        assert (out.statistics.prompt_bytes, out.statistics.form_bytes) == (len(FORMED), len(LINES))
    assert many[1].prompt == FORMED
    assert patches == list(generator(None).stream(FORMED, constraint, **how))
    values = list(formed.stream_values(TEXT, constraint, **how))
    assert values == list(generator(None).stream_values(FORMED, constraint, **how))


@pytest.mark.parametrize(
    ("strategy", "conditioned"), [*((name, False) for name in STRATEGIES), ("mask", True)]
)
def test_every_strategy_goes_on_after_the_formed_prompt(strategy, conditioned, host):
    """As after the same bytes given raw; with a model that is told its masks too."""
    how = {"max_bytes": 8, "seed": 2, "strategy": strategy}
    constraint = bltgen.json_schema({"enum": [True, False, None, 12]}, whitespace="compact")
    out = generator(FORM, conditioned).generate(TEXT, constraint, **how)
    formed = b"true | false | null | 12\n\n" + TEXT.encode()
    assert out.data == generator(None, conditioned).generate(formed, constraint, **how).data
    assert out.prompt == formed


RAW = {
    "free text": None,
    "a regex": bltgen.regex("[a-c]{1,4}"),
    "a grammar": bltgen.grammar('start: "a" start | "b"'),
    "schemas in a row": bltgen.json_schema(SCHEMA).repeat(1, 2),
    "a schema and a regex": bltgen.json_schema(SCHEMA) & bltgen.regex(".{0,70}"),
    "a schema as a part": bltgen.parts(answer=bltgen.json_schema(SCHEMA)),
    "a schema or a word": bltgen.json_schema(SCHEMA) | bltgen.literal("none"),
}


@pytest.mark.parametrize("name", RAW)
def test_under_any_other_constraint_the_prompt_stays_raw(name):
    """The form is about the keys of one schema."""
    for text in (TEXT, "no line break", b"\xff"):
        out = generator().generate(text, RAW[name], max_bytes=64, seed=1)
        assert out.prompt == (text if isinstance(text, bytes) else text.encode())
        assert out.statistics.form_bytes == 0


def test_raw_prompt_keeps_the_text_as_it_is(host):
    """In every entry; and a model without a form reads every text so."""
    formed, how = generator(), {"max_bytes": 64, "seed": 4, "raw_prompt": True}
    expected = generator(None).generate("Ada", SCHEMA, max_bytes=64, seed=4)
    stream = formed.stream("Ada", SCHEMA, **how)
    assert b"".join(patch.data for patch in stream) == expected.data
    for out in (
        formed.generate("Ada", SCHEMA, **how),
        stream.generation,
        formed.generate_many(["Ada"], SCHEMA, **how)[0],
        next(formed.outcomes(["Ada"], [SCHEMA], **how))[1],
    ):
        assert (out.prompt, out.data, out.statistics.form_bytes) == (b"Ada", expected.data, 0)
    *_, last = formed.stream_values("Ada", SCHEMA, **how)
    assert last == ("", expected.value)
    assert generator(None).generate("Ada", SCHEMA, max_bytes=64).prompt == b"Ada"
    for entry in (formed.generate, formed.stream, formed.stream_values):
        with pytest.raises(TypeError, match="raw_prompt='yes': a bool is needed"):
            entry("Ada", SCHEMA, raw_prompt="yes")
    with pytest.raises(TypeError, match="raw_prompt=1: a bool is needed"):
        formed.generate_many(["Ada"], SCHEMA, raw_prompt=1)


def test_a_batch_forms_each_prompt_by_its_own_constraint():
    """Some raw, some formed, one refused."""
    shout = bltgen.regex("[A-Z]!")
    texts = [TEXT, "b", "c", "\ud800"]
    outs = generator().generate_many(texts, [SCHEMA, shout, {"type": "null"}, SCHEMA], max_bytes=64, seed=4)
    assert [out.prompt for out in outs[:3]] == [FORMED, b"b", b"null\n\nc\n"]
    assert isinstance(outs[3], InvalidPrompt)


def test_grounding_is_about_the_text_alone():
    """No word of the keys' lines comes into a value, however the model is drawn to it."""
    constraint = bltgen.json_schema({"type": "string", "description": "zebra quagga"}, strings_from=TEXT)
    outs = generator().generate_many([TEXT] * 30, constraint, max_bytes=40, seed=1)
    assert all(b"zebra quagga" in out.prompt for out in outs)
    assert len({out.value for out in outs}) > 3
    assert all(out.value in TEXT for out in outs)


def test_the_budget_is_of_the_output_alone():
    """BudgetTooSmall and the default are those of the constraint, however long the form is."""
    shortest = bltgen.json_schema(SCHEMA).start().shortest
    out = generator().generate(TEXT, SCHEMA, max_bytes=shortest, seed=1)
    assert len(out.data) == shortest
    with pytest.raises(BudgetTooSmall) as error:
        generator().generate(TEXT, SCHEMA, max_bytes=shortest - 1)
    assert error.value.shortest == shortest
    assert generator().generate(TEXT, {"type": "null"}).max_bytes == 1024


def test_explain_shows_the_prompt_that_was_read(host):
    """In the table and on the page, with the scores that the generation had; raw prompts are not shown."""
    out = generator().generate(TEXT, SCHEMA, max_bytes=64, seed=4)
    found = generator().explain(out)
    assert (found.prompt, found.form_bytes) == (FORMED, len(LINES))
    scores = generator(None).explain(generator(None).generate(FORMED, SCHEMA, max_bytes=64, seed=4))
    assert [one.masked for one in found.bytes] == pytest.approx(
        [one.masked for one in scores.bytes], abs=rounding(FORMED + out.data, 1)
    )
    heading = f"The prompt as the model read it, {len(LINES)} bytes of its form included:"
    table = found.table()
    assert table == f"{heading}\n\n{FORMED.decode().rstrip()}\n\n{scores.table()}"
    assert "&quot;kind&quot;: &quot;cat&quot; | &quot;dog&quot; | 12" in found.page()
    assert heading in found.page()
    assert heading not in scores.page()
    assert json.loads(found.as_json())[0]["offset"] == 0
    stream = generator().stream(TEXT, SCHEMA, max_bytes=64, seed=4)
    next(stream)
    assert generator().explain(stream).prompt == FORMED


@pytest.fixture
def folder(tmp_path):
    save_model(generator().model, tmp_path / "model")
    return str(tmp_path / "model")


def test_the_command_line_forms_prompts_too(folder, tmp_path, capsys):
    """One prompt, a stream, lines, --raw-prompt, --stats and --explain."""
    options = ["--model", folder, "--schema", json.dumps(SCHEMA), "--max-bytes", "64", "--seed", "4"]
    expected = generator().generate(TEXT, SCHEMA, max_bytes=64, seed=4).text
    raw = generator(None).generate("Ada", SCHEMA, max_bytes=64, seed=4).text
    page, table = tmp_path / "why.html", tmp_path / "why.txt"
    prompt = ["--prompt", TEXT.rstrip("\n")]
    assert main(["generate", *options, *prompt, "--stream", "--explain", str(page)]) == 0
    assert capsys.readouterr().out == expected + "\n"
    assert "in good health" in page.read_text()
    assert main(["generate", *options, *prompt, "--stats", "--explain", str(table)]) == 0
    assert FORMED.decode() in table.read_text()
    captured = capsys.readouterr()
    assert captured.out == expected + "\n"
    shown = captured.err
    assert '              prompt  "ok": boolean # in good health\n                      "kind": ' in shown
    assert f"          form_bytes  {len(LINES)}\n" in shown
    assert main(["generate", *options, "--prompt", "Ada", "--raw-prompt", "--stats"]) == 0
    captured = capsys.readouterr()
    assert captured.out == raw + "\n"
    assert "in good health" not in captured.err
    (tmp_path / "lines.jsonl").write_text(json.dumps(TEXT) + '\n{"prompt": "Ada"}\n')
    assert main(["generate", *options, "--json-lines", str(tmp_path / "lines.jsonl"), "--stats"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["text"] == expected
    assert first["statistics"]["form_bytes"] == len(LINES)
    assert second["statistics"]["prompt_bytes"] == len(LINES) + 4
    assert main(["generate", *options, *prompt, "--grounded"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] in TEXT


def test_a_loaded_checkpoint_forms_prompts(folder):
    """`bltgen.load` gives what was saved."""
    out = bltgen.load(folder).generate(TEXT, Patient, max_bytes=64, seed=4)
    assert out.prompt == FORMED
    assert isinstance(out.value, Patient)


def test_the_embedded_model_reads_texts_as_they_are():
    """Its checkpoint has no form."""
    assert bltgen.load().model.prompt_form is None


def test_a_model_of_any_kind_may_have_a_form():
    """Decoding asks `prompt_form` of it, and no more."""
    model = models.scripted(b"true")
    model.prompt_form = FORM
    assert bltgen.Generator(model).generate("x", {"type": "boolean"}).prompt == b"boolean\n\nx\n"
    assert Prompt.of("x", bltgen.json_schema(True), FORM) == Prompt(b"any\n\nx\n", 6)
