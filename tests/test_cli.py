"""The command line: what it prints and writes, its exit codes, one readable message for every error."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys

import pytest
import torch

import bltgen
from bltgen.automata.byteset import ByteSet
from bltgen.cli import main
from bltgen.cli_check import described
from bltgen.cli_patches import Patching, patching
from bltgen.cli_picture import draw
from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.config import BLTConfig
from bltgen.testing import models

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    """A model without weights in place of the one in the package."""
    monkeypatch.setattr(bltgen, "load", lambda *a, **k: bltgen.Generator(models.whimsical(3)))


@pytest.fixture
def schema(tmp_path):
    path = tmp_path / "person.json"
    path.write_text(json.dumps(PERSON))
    return str(path)


@pytest.fixture
def stdin(monkeypatch):
    """Give bytes as the standard input."""

    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


def failed(capsys, *arguments) -> str:
    """The message of a command that must fail with exit code 2 and no traceback."""
    assert main(arguments) == 2
    message = capsys.readouterr().err
    assert message.startswith(f"bltgen {arguments[0]}: error: ")
    assert "Traceback" not in message
    return message


def test_generate_prints_json_that_the_schema_admits(capfdbinary, schema):
    """With each strategy, streamed or not, grounded in the prompt or not."""
    for extra in ([], ["--stream"], ["--strategy", "redecode", "--stats"], ["--whitespace", "compact"]):
        assert main(["generate", "--schema", schema, "--prompt", "Ada is 36.", "--seed", "1", *extra]) == 0
        value = json.loads(capfdbinary.readouterr().out)
        assert set(value) == {"name", "age"}
    for strategy in ("mask", "spans", "disjoint-spans"):
        grounded = ["--grounded", "--strategy", strategy, "--seed", "1"]
        assert main(["generate", "--schema", schema, "--prompt", "Ada is 36.", *grounded]) == 0
        assert json.loads(capfdbinary.readouterr().out)["name"] in "Ada is 36."
    arguments = ["generate", "--schema", schema, "--grounded-numbers", "--seed", "1", "--prompt"]
    assert main([*arguments, "Ada is 36."]) == 0
    assert json.loads(capfdbinary.readouterr().out)["age"] == 36
    assert main([*arguments, "no age"]) == 2
    assert b"#/properties/age" in capfdbinary.readouterr().err
    assert main([*arguments, "no age", "--ungrounded", "schema"]) == 0


def test_the_prompt_comes_from_an_option_a_file_or_the_standard_input(
    capfdbinary, tmp_path, stdin, monkeypatch
):
    """Any bytes; a newline is added unless it is there or --raw-prompt."""
    seen: list[bytes] = []
    model = models.FunctionModel(
        lambda prompt, output: seen.append(prompt) or models.constant().logits(b"", b"")
    )
    monkeypatch.setattr(bltgen, "load", lambda *a, **k: bltgen.Generator(model))
    path = tmp_path / "prompt"
    path.write_bytes(b"\xff\x00")
    stdin(b"in\n")
    for arguments in (["--prompt", "é"], ["--prompt-file", str(path)], [], ["--prompt", "", "--raw-prompt"]):
        assert main(["generate", "--regex", "[0-9]{2}", *arguments]) == 0
    assert sorted(set(seen)) == sorted({"é\n".encode(), b"\xff\x00\n", b"in\n", b""})


def test_output_is_written_whole_or_not_at_all(capfd, tmp_path, schema):
    """Exactly the bytes; an old file survives an error; nothing else is left in the folder."""
    target = tmp_path / "out.json"
    assert main(["generate", "--regex", "[a-c]{5}", "--prompt", "x", "-o", str(target)]) == 0
    assert len(target.read_bytes()) == 5
    target.write_bytes(b"old")
    assert main(["generate", "--schema", schema, "--prompt", "x", "--max-bytes", "3", "-o", str(target)]) == 2
    assert target.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.json", "person.json"]
    assert main(["generate", "--regex", "a", "--prompt", "x", "-o", str(tmp_path / "no" / "out")]) == 2
    assert main(["generate", "--regex", "a", "--prompt", "x", "-o", "/dev/null"]) == 0


def test_many_prompts_are_lines_of_json(capfd, tmp_path, schema):
    """In order; what fails has an error in its line, and the exit code says so."""
    lines = tmp_path / "in.jsonl"
    lines.write_text('"one"\n\n{"prompt": "two"}\n"three"\n')
    assert main(["generate", "--schema", schema, "--json-lines", str(lines), "--seed", "5", "--stats"]) == 0
    records = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [record["seed"] for record in records] == [5, 6, 7]
    assert all(set(record["value"]) == {"name", "age"} for record in records)
    target = tmp_path / "out.jsonl"
    few = ["--json-lines", str(lines), "--max-bytes", "2", "-o", str(target)]
    assert main(["generate", "--schema", schema, *few]) == 2
    assert [json.loads(line)["kind"] for line in target.read_text().splitlines()] == ["BudgetTooSmall"] * 3


def test_a_bias_bans_and_lifts_bytes(capfd):
    """By character, by number and for the end; what is no byte is refused."""
    how = ["generate", "--regex", "[abc]{3}", "--prompt", "x", "--seed", "1"]
    assert main([*how, "--bias", "a=-inf", "--bias", "0x62=-inf"]) == 0
    assert capfd.readouterr().out == "ccc\n"
    assert main([*how[:1], "--regex", "a*", *how[3:], "--bias", "END=-50", "--max-bytes", "7"]) == 0
    assert capfd.readouterr().out == "aaaaaaa\n"
    for wrong in ("ab=1", "a", "0x1ff=1", "a=much"):
        with pytest.raises(SystemExit):
            main([*how, "--bias", wrong])


def test_a_line_holds_its_value_as_it_was_generated(capfd, tmp_path):
    """A number beyond a float stays what it is, and the line breaks of an indented text end no line."""
    lines = tmp_path / "in.jsonl"
    lines.write_text('"one"\n')
    given = ["--schema", '{"const": [1e400, "a\\nb"]}', "--numbers", "plain", "--whitespace", "indent=2"]
    assert main(["generate", *given, "--json-lines", str(lines), "--max-bytes", "1000"]) == 0
    (line,) = capfd.readouterr().out.splitlines()
    assert json.loads(line, parse_constant=pytest.fail)["value"] == [10**400, "a\nb"]


def test_check_shows_where_a_text_leaves_the_language(capfd, tmp_path, schema, stdin):
    """Line, column, caret, what was allowed; exit code 1. Valid texts: 0."""
    bad = tmp_path / "bad.json"
    bad.write_text('{"name": "é",\n "age": -4}')
    assert main(["check", "--schema", schema, str(bad)]) == 1
    assert capfd.readouterr().out == (
        f"{bad}:2:10: '4' is not allowed here\n   \"age\": -4}}\n           ^\n  allowed: 0\n"
    )
    stdin(b'{"name":"x","age":1}\n')
    assert main(["check", "--schema", schema, "--whitespace", "compact"]) == 1
    assert "1:21: '\\n' is not allowed here" in capfd.readouterr().out
    stdin(b'{"name":"x","age":1}\n')
    assert main(["check", "--schema", schema, "--whitespace", "compact", "--strip", "--report"]) == 0
    assert capfd.readouterr().out.endswith("standard input: valid\n")
    stdin(b"12")
    assert main(["check", "--regex", "[0-9]{3}"]) == 1
    out = capfd.readouterr().out
    assert "1:3: the text ends too early" in out
    assert "a shortest completion: '0'" in out
    stdin(b"ab")
    assert main(["check", "--regex", "a"]) == 1
    assert "allowed: nothing or the end" in capfd.readouterr().out
    stdin(b"\xff")
    assert main(["check", "--regex", "a"]) == 1
    assert "byte FF is not allowed here" in capfd.readouterr().out


def test_allowed_bytes_are_described_for_people():
    """Runs within a kind, single bytes, control characters."""
    assert (
        described(ByteSet.range(0, 255))
        == "x00-x08 \\t \\n x0B x0C \\r x0E-x1F space !-/ 0-9 :-@ A-Z [-` a-z {-~ x7F-xFF"
    )
    assert described(ByteSet.of(b"a,b")) == ", a b"


def test_sample_prints_valid_texts_without_a_model(capfdbinary, monkeypatch):
    """As many as asked, the same for the same seed."""
    monkeypatch.setattr(bltgen, "load", None)
    outputs = []
    for _ in range(2):
        assert main(["sample", "--regex", "[a-z]{3}", "-n", "4", "--seed", "1", "-0"]) == 0
        outputs.append(capfdbinary.readouterr().out)
    assert outputs[0] == outputs[1]
    assert [len(text) for text in outputs[0].split(b"\0")] == [3, 3, 3, 3, 0]


def test_patches_shows_boundaries_and_draws_them(capfd, tmp_path, monkeypatch):
    """Boundaries lie where the entropy of the next byte exceeds the threshold, and nowhere else."""
    torch.manual_seed(1)
    model = ByteLatentTransformer(BLTConfig.tiny(threshold=5.1)).eval()
    found = patching(model, b"The quick brown fox jumps over the lazy dog")
    assert found.threshold == 5.1
    above = {at for at, entropy in enumerate(found.entropies) if entropy > 5.1}
    assert 1 < len(found.starts) < len(found.data)
    assert set(found.starts) == above | {0}
    assert b"".join(found.patches) == found.data
    assert main(["patches", "some text", "--png", str(tmp_path / "p.png")]) == 0
    assert capfd.readouterr().out == "some| tex|t\n"
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    assert main(["patches", "a\nb\x1b", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["starts"] == [0]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(["patches", "héllo"]) == 0
    assert "\x1b[48;5;" in capfd.readouterr().out
    assert main(["patches", ""]) == 0


def test_a_long_text_is_drawn_in_lines(tmp_path, capfd):
    """As wide as a page, and as tall as it takes; what no viewer opens is refused before the work."""
    sizes = {}
    for count in (0, 1, 100, 2048):
        data = bytes(range(256)) * 8
        starts = tuple(range(0, count, 3))
        found = Patching(data[:count], tuple(at % 7 / 2 for at in range(count)), starts, 2.0)
        draw(found, str(tmp_path / "p.png"))
        image = (tmp_path / "p.png").read_bytes()
        assert image.startswith(b"\x89PNG")
        sizes[count] = struct.unpack(">II", image[16:24])
    assert all(width < 2500 for width, _ in sizes.values())
    assert sizes[100][1] < 300
    assert 16 * 100 < sizes[2048][1] < 16 * 200
    (tmp_path / "long").write_bytes(b"a" * 40_000)
    long = ["--file", str(tmp_path / "long"), "--png", str(tmp_path / "q.png")]
    assert "--json has them all" in failed(capfd, "patches", *long)
    assert "there is no folder" in failed(capfd, "patches", "x", "--png", str(tmp_path / "no" / "q.png"))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["generate", "--schema", "{", "--prompt", "x"], "no JSON text"),
        (["generate", "--schema", "missing.json", "--prompt", "x"], "missing.json"),
        (
            ["generate", "--schema", '{"type": "integer", "enum": ["a"]}', "--prompt", "x"],
            "no JSON value satisfies",
        ),
        (["generate", "--schema", '{"type": 7}', "--prompt", "x"], "type"),
        (["generate", "--regex", "(a", "--prompt", "x"], "^"),
        (["generate", "--regex", r"(a)\1", "--prompt", "x"], "ackreference"),
        (["generate", "--grammar", "no-such-grammar", "--prompt", "x"], "no-such-grammar"),
        (["generate", "--type", "nowhere.py:X", "--prompt", "x"], "nowhere.py"),
        (
            ["generate", "--regex", "aaaa", "--max-bytes", "2", "--prompt", "x"],
            "shortest valid text has 4 bytes",
        ),
        (["generate", "--temperature", "-1", "--prompt", "x"], "temperature"),
        (["generate", "--prompt-file", "missing.txt"], "missing.txt"),
        (["generate", "--grounded", "--regex", "a", "--prompt", "x"], "--grounded needs"),
        (["generate", "--stream", "-o", "x", "--prompt", "x"], "--stream"),
        (["generate", "--explain", "x.doc", "--prompt", "x"], ".html"),
        (["check", "--schema", "true", "missing.json"], "missing.json"),
        (["sample", "--regex", "aaaa", "--max-bytes", "1"], "shortest valid text has 4 bytes"),
        (["patches", "x", "--file", "y"], "not both"),
        (["train", "missing-folder", "--run", "r"], "missing-folder"),
    ],
)
def test_every_error_is_one_message(arguments, expected, capfd, tmp_path, monkeypatch):
    """Exit code 2, what and where, no traceback."""
    monkeypatch.chdir(tmp_path)
    assert expected in failed(capfd, *arguments)


def test_usage_errors_show_the_usage(capfd):
    """Unknown options, two constraints at once, a number that is too small."""
    for arguments in (
        ["generate", "--what"],
        ["sample"],
        ["check", "--regex", "a", "--schema", "true"],
        ["train", "x", "--run", "r", "--bytes", "0"],
        [],
    ):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
        assert "usage: bltgen" in capfd.readouterr().err


def _run(*arguments: str, **how) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "bltgen.cli", *arguments], capture_output=True, **how)


def test_pipes_work_and_a_closed_one_is_no_error():
    """`bltgen sample ... | head -1` ends quietly."""
    command = f"{sys.executable} -m bltgen.cli sample --regex '[a-z]+' -n 100000 | head -1"
    done = subprocess.run(["bash", "-c", f"{command}; echo ${{PIPESTATUS[0]}}"], capture_output=True)
    assert done.stderr == b""
    assert done.stdout.split(b"\n")[-2] == b"0"
    checked = _run("check", "--regex", "[a-z]+\n", input=b"abc\n")
    assert (checked.returncode, checked.stdout) == (0, b"standard input: valid\n")
    assert b"examples:" in _run("generate", "--help").stdout
