"""What the command line says of mistakes: what is allowed, the near miss, exit code 2, never a traceback."""

from __future__ import annotations

import io
import json
import sys

import pytest

import bltgen
from bltgen.cli import _parser, main
from bltgen.testing import models

COMMANDS = _parser()[1]
FLAGS = [
    (command, flag)
    for command, parser in COMMANDS.items()
    for action in parser._actions
    for flag in action.option_strings
    if flag.startswith("--") and len(flag) > 4
]


@pytest.fixture(autouse=True)
def stand_in(monkeypatch, tmp_path):
    """A model without weights in place of the one in the package."""
    monkeypatch.setattr(bltgen, "load", lambda *a, **k: bltgen.Generator(models.whimsical(3)))
    monkeypatch.chdir(tmp_path)


def usage_error(capsys, *arguments) -> str:
    """What is said when the arguments cannot be read."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("usage: bltgen")
    return err.splitlines()[-1]


def error(capsys, *arguments) -> str:
    """What is said when the command cannot be done."""
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert err.startswith(f"bltgen {arguments[0]}: error: ")
    return err


@pytest.mark.parametrize(("command", "flag"), FLAGS, ids=[f"{c} {f}" for c, f in FLAGS])
def test_a_misspelt_flag_is_told_with_what_was_meant(command, flag, capsys):
    """Before anything else that is missing, with a value or without."""
    for wrong in (flag[:4] + flag[5:], flag + flag[-1], f"{flag}{flag[-1]}=1"):
        name = wrong.partition("=")[0]
        if any(other.startswith(name) for _, other in FLAGS):
            continue
        said = usage_error(capsys, command, wrong)
        assert said.startswith(f"bltgen {command}: error: there is no option {name}; did you mean '--")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_misspelt_command_is_told_with_what_was_meant(command, capsys):
    """And the commands are listed."""
    said = usage_error(capsys, command[:-2] + command[-1])
    assert f"did you mean {command!r}?" in said
    for each in COMMANDS:
        assert each in said
        assert each in usage_error(capsys)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["generate", "--strategy", "bestof"], "did you mean 'best-of'?"),
        (["generate", "--draft", "2020"], "one of 4, 6, 7, 2019-09, 2020-12 is needed"),
        (["generate", "--escapes", "plane"], "one of any, plain is needed; did you mean 'plain'?"),
        (["generate", "--dialect", "ecma"], "one of python, ecma262 is needed"),
        (["generate", "--max-bytes", "-1"], "'-1': an integer >= 0 is needed"),
        (["generate", "--max-bytes", "many"], "'many': an integer >= 0 is needed"),
        (["generate", "--seed", "1.5"], "'1.5': an integer >= 0 is needed"),
        (["generate", "--batch-size", "0"], "'0': an integer >= 1 is needed"),
        (["generate", "--threads", "0"], "'0': an integer >= 1 is needed"),
        (["generate", "--temperature", "warm"], "'warm': a number is needed"),
        (["generate", "--top-p", "nan"], "'nan': a number is needed"),
        (["sample", "--json", "-n", "x"], "'x': an integer >= 0 is needed"),
        (["train", "x", "--run", "r", "--window", "0"], "'0': an integer >= 1 is needed"),
        (["train", "x", "--run", "r", "--bytes", "much"], "'much': an integer >= 1 is needed"),
    ],
)
def test_an_option_error_lists_what_is_allowed(arguments, said, capsys):
    """And the near miss."""
    assert said in usage_error(capsys, *arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sample", "--grammar", "jsom"], "did you mean 'json'?"),
        (["sample", "--grammar", "qqq"], "sqlite-select"),
        (["sample", "--schema", "persn.json"], "did you mean 'person.json'?"),
        (["sample", "--type", "types.py:Persn"], "did you mean 'Person'?"),
        (["sample", "--type", "types.py"], "FILE.py:NAME is needed"),
        (["sample", "--json", "--whitespace", "lots"], "compact"),
        (["generate", "--prompt", "x", "-o", "no/where/out.txt"], "there is no folder"),
        (["generate", "--prompt", "x", "-o", "."], "a folder; the name of a file is needed"),
        (["generate", "--prompt", "x", "--explain", "no/where/x.html"], "there is no folder"),
        (["generate", "--prompt", "x", "-o", "person.json/out"], "there is no folder"),
        (["generate", "--prompt", "x", "--top-p", "3"], "top_p"),
    ],
)
def test_what_cannot_be_done_is_told_by_name(arguments, said, capsys, tmp_path):
    """Files, folders and names, never a temporary one."""
    (tmp_path / "person.json").write_text("{}")
    (tmp_path / "types.py").write_text("Person = int\n")
    message = error(capsys, *arguments)
    assert said in message
    assert ".bltgen." not in message


def test_a_folder_that_cannot_be_written_to_is_named(capsys, tmp_path, monkeypatch):
    """And not the temporary file in it."""

    def refused(*arguments, **how):
        raise PermissionError(13, "Permission denied", str(tmp_path / ".bltgen.xyz"))

    monkeypatch.setattr("tempfile.mkstemp", refused)
    message = error(capsys, "generate", "--prompt", "x", "--max-bytes", "3", "-o", str(tmp_path / "out"))
    assert str(tmp_path) in message
    assert "xyz" not in message


def test_what_nobody_foresaw_is_one_line_too(capsys, monkeypatch):
    """With the place, so that it can be reported."""
    monkeypatch.setattr("bltgen.cli_sample.constraint_of", lambda options: {}["x"])
    assert main(["sample", "--json"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("bltgen sample: internal error: KeyError: 'x' (test_cli_errors.py, line ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}\n',
        '\n\t{"a":\r\n1}',
        '{"a": 1e0, "b": 0.10}',
        "[1.50,\n\n\n" + " " * 500 + "2E+2]\n\n",
        '"\\u0061"',
    ],
)
@pytest.mark.parametrize("constraint", [["--json"], ["--schema", "true"]])
def test_check_takes_json_in_any_spelling(text, constraint, capsys, monkeypatch):
    """A file that ends in a line break too."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert json.loads(text) is not None
    assert main(["check", *constraint]) == 0
    assert capsys.readouterr().out == "standard input: valid\n"


def test_check_says_when_only_the_last_line_break_is_wrong(capsys, monkeypatch):
    """And which option leaves it out."""
    for arguments, code in ((["--regex", "[a-z]+"], 1), (["--regex", "[a-z]+", "--strip"], 0)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"abc\n")))
        assert main(["check", *arguments]) == code
        assert ("--strip leaves it out" in capsys.readouterr().out) == (code == 1)


def test_a_warning_is_one_line_of_the_command(capsys):
    """Not a place in the package."""
    schema = '{"properties": {"mail": {"type": "string", "format": "emial"}}}'
    assert main(["sample", "--schema", schema, "--seed", "1"]) == 0
    assert capsys.readouterr().err == (
        "bltgen sample: warning: what restricts nothing: #/properties/mail/format "
        "(there is no format 'emial'; did you mean 'email'?)\n"
    )
