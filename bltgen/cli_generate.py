"""`bltgen generate`: text after a prompt, valid under a constraint."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from bltgen.cli_constraint import (
    add_constraint,
    add_model,
    check_target,
    constraint_of,
    model_of,
    read_bytes,
    write_whole,
)
from bltgen.cli_lines import lines_of
from bltgen.cli_options import count, number
from bltgen.errors import BltgenError

if TYPE_CHECKING:
    from bltgen.decoding.generation import Generation

__all__ = ["add"]

T = TypeVar("T", str, bytes)

EXAMPLES = """examples:
  bltgen generate --schema person.json --prompt "Ada Lovelace, 36, lives in London."
  bltgen generate --schema person.json --grounded < letter.txt       strings are spans of the letter
  bltgen generate --regex '[0-9]{4}-[0-9]{2}-[0-9]{2}' --prompt "Date: " --raw-prompt --temperature 0
  bltgen generate --schema person.json --json-lines letters.jsonl -o people.jsonl

The model reads a prompt with a line break after it, as models are trained to answer on a new line: one is
added where the prompt ends in none, unless --raw-prompt says that the text goes on where the prompt stops.
A checkpoint may ask for the keys of --schema or --type beside the text (the one in the package does not):
--stats and --explain show the prompt then, --raw-prompt leaves the keys out; --grounded is about the text.

With --json-lines each line of FILE is a JSON string, or an object with "prompt"; each line of the output is
an object with the other members of its line, in the same order, and "text" and "value", or "error" (what has
such a name already becomes "input_text", ...). A line that is wrong fails alone; the exit code is then 2.
"""


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "generate",
        help="text after a prompt, valid under a constraint",
        description="Generate text after a prompt. Every output is valid under the constraint, and whole.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_constraint(parser, required=False)
    group = parser.add_argument_group("the prompt (default: the standard input)")
    prompt = group.add_mutually_exclusive_group()
    prompt.add_argument("--prompt", metavar="TEXT", help="read with a line break after it, see below")
    prompt.add_argument("--prompt-file", metavar="FILE", help="any bytes")
    prompt.add_argument("--json-lines", metavar="FILE", help="many prompts, one a line ('-': standard input)")
    group.add_argument(
        "--raw-prompt", action="store_true", help="the model reads the prompt as it is, see below"
    )
    group.add_argument("--grounded", action="store_true", help="string values are spans of the prompt")
    group.add_argument(
        "--grounded-numbers", action="store_true", help="numbers have values that the prompt tells"
    )
    group.add_argument(
        "--ungrounded",
        choices=["error", "schema"],
        help="where no span fits: an error (the default), or the schema alone decides",
    )
    add_model(parser)
    group = parser.add_argument_group("how")
    from bltgen.decoding.strategies import STRATEGIES

    group.add_argument("--strategy", choices=list(STRATEGIES), default="mask", help="default: mask")
    group.add_argument("--max-bytes", type=count(0), metavar="N", help="default: 1024, or more if need be")
    group.add_argument("--stop", action="append", default=[], metavar="TEXT", help="may be repeated")
    group.add_argument("--seed", type=count(0), metavar="N", help="default: another every time")
    group.add_argument(
        "--temperature", type=number, default=1.0, metavar="T", help="0 is greedy (default: 1)"
    )
    group.add_argument("--top-k", type=count(0), default=0, metavar="K")
    group.add_argument("--top-p", type=number, default=1.0, metavar="P")
    group.add_argument("--min-p", type=number, default=0.0, metavar="P")
    group.add_argument("--typical", type=number, default=1.0, metavar="P")
    group.add_argument("--repetition-penalty", type=number, default=1.0, metavar="X")
    group.add_argument("--presence-penalty", type=number, default=0.0, metavar="X")
    group.add_argument("--frequency-penalty", type=number, default=0.0, metavar="X")
    group.add_argument("--penalty-ngram", type=count(1), default=1, metavar="N", help="bytes of an n-gram")
    group.add_argument(
        "--bias",
        action="append",
        default=[],
        type=_bias,
        metavar="BYTE=X",
        help="added to the logit of a byte (a character, 0x00 to 0xff, END); -inf bans it; may be repeated",
    )
    group.add_argument(
        "--batch-size", type=count(1), default=16, metavar="N", help="prompts at once (default: 16)"
    )
    group = parser.add_argument_group("the output")
    group.add_argument("--stream", action="store_true", help="show each patch as soon as it is certain")
    group.add_argument("--explain", metavar="FILE", help="why each byte: a .html, .json, .txt or .png")
    group.add_argument("--stats", action="store_true", help="what it took, on the standard error")
    group.add_argument(
        "-o", "--output", metavar="FILE", help="written whole or not at all, bytes as they are"
    )
    parser.set_defaults(run=run)


def _bias(text: str) -> tuple[int, float]:
    """`x=-2`, `0x0a=-inf` or `END=1`."""
    name, _, value = text.rpartition("=")
    data = name.encode("utf-8", "surrogateescape")
    try:
        if name == "END":
            return 256, float(value)
        (byte,) = bytes((int(name, 16),)) if name.startswith("0x") else data
        return byte, float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r}: BYTE=NUMBER is needed, such as x=-2, 0x0a=-inf or END=1"
        ) from None


def run(options: argparse.Namespace) -> int:
    """One prompt or many."""
    if options.stream and (options.output or options.json_lines):
        raise ValueError(
            "--stream shows one text on the standard output; leave out --output and --json-lines"
        )
    if options.explain and options.json_lines:
        raise ValueError("--explain is about one text; leave out --json-lines")
    if options.explain and options.explain.rpartition(".")[2] not in ("html", "json", "txt", "png"):
        raise ValueError(f"--explain {options.explain}: a .html, .json, .txt or .png is needed")
    check_target(options.output)
    check_target(options.explain)
    return _run_many(options) if options.json_lines is not None else _run_one(options)


def _how(options: argparse.Namespace) -> dict[str, Any]:
    names = (
        "strategy",
        "max_bytes",
        "stop",
        "seed",
        "raw_prompt",
        "temperature",
        "top_k",
        "top_p",
        "min_p",
        "typical",
        "repetition_penalty",
        "presence_penalty",
        "frequency_penalty",
        "penalty_ngram",
    )
    return {**{name: getattr(options, name) for name in names}, "bias": dict(options.bias)}


def _prompt(options: argparse.Namespace) -> bytes:
    if options.prompt is not None:
        # What the shell passed as it is, also where it is no UTF-8.
        return str(options.prompt).encode("utf-8", "surrogateescape")
    return read_bytes(options.prompt_file)


def _ended(prompt: T, options: argparse.Namespace) -> T:
    """The prompt as the model reads it: models are trained to answer after a newline."""
    newline = "\n" if isinstance(prompt, str) else b"\n"
    return prompt if options.raw_prompt or prompt.endswith(newline) else prompt + newline


def _grounding(prompt: bytes, options: argparse.Namespace) -> str | None:
    return prompt.decode("utf-8", "replace") if options.grounded or options.grounded_numbers else None


def _run_one(options: argparse.Namespace) -> int:
    from bltgen.decoding.explain import write
    from bltgen.decoding.generator import Generator

    given = _prompt(options)
    constraint = constraint_of(options, told_by=_grounding(given, options))
    generator: Generator = model_of(options)
    prompt, how = _ended(given, options), _how(options)
    if options.stream:
        out = sys.stdout.buffer
        stream = generator.stream(prompt, constraint, **how)
        for patch in stream:
            out.write(patch.data)
            out.flush()
        out.write(b"\n")
        generation = stream.generation
    else:
        generation = generator.generate(prompt, constraint, **how)
        if options.output:
            write_whole(options.output, generation.data)
        else:
            sys.stdout.buffer.write(generation.data + b"\n")
    sys.stdout.flush()
    if options.stats:
        _show_statistics(generation)
    if options.explain:
        explained = write(generator.explain(generation), options.explain)
        if explained is not None:
            write_whole(options.explain, explained)
    return 0


def _show_statistics(generation: Generation) -> None:
    found = {
        "finish": generation.finish,
        "seed": generation.seed,
        "strategy": generation.strategy,
        "draws_from": generation.draws_from,
        "log_probability": round(generation.log_probability, 4),
        "log_weight": round(generation.log_weight, 4),
        **generation.statistics.as_dict(),
    }
    if generation.statistics.form_bytes:
        lines = generation.prompt.decode("utf-8", "replace").rstrip("\n").split("\n")
        found = {"prompt": ("\n" + " " * 22).join(lines), **found}
    for name, value in found.items():
        print(f"{name:>20}  {round(value, 4) if isinstance(value, float) else value}", file=sys.stderr)


def _run_many(options: argparse.Namespace) -> int:
    lines = list(lines_of(read_bytes(options.json_lines)))
    asked: list[str | BltgenError] = []
    is_grounded = options.grounded or options.grounded_numbers
    constraint = None if is_grounded else constraint_of(options)
    constraints = [constraint] * len(lines)
    for index, line in enumerate(lines):
        asked.append(line.prompt if isinstance(line.prompt, BltgenError) else _ended(line.prompt, options))
        if is_grounded and isinstance(line.prompt, str):
            try:
                constraints[index] = constraint_of(options, told_by=line.prompt)
            except BltgenError as error:
                asked[index] = error
    generator = model_of(options)
    done: dict[int, bytes] = {}
    written: list[bytes] = []
    failed = 0
    outcomes = generator.outcomes(
        asked, constraints, batch_size=options.batch_size, progress=sys.stderr.isatty(), **_how(options)
    )
    name = "standard input" if options.json_lines == "-" else options.json_lines
    for index, outcome in outcomes:
        line = lines[index]
        if isinstance(outcome, BltgenError):
            failed += 1
            message = str(outcome).removeprefix(f"line {line.number}: ").partition("\n")[0]
            print(f"bltgen generate: {name}, line {line.number}: {message}", file=sys.stderr)
        done[index] = line.answer(outcome, options.stats).encode() + b"\n"
        while len(written) in done:
            text = done.pop(len(written))
            written.append(text if options.output else b"")
            if not options.output:
                sys.stdout.buffer.write(text)
                sys.stdout.buffer.flush()
    if options.output:
        write_whole(options.output, b"".join(written))
    if failed:
        print(f"bltgen generate: {failed} of {len(lines)} prompts failed; see their lines", file=sys.stderr)
    return 2 if failed else 0
