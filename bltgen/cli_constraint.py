"""How every command is told its constraint, its model, its input and its output."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bltgen.cli_options import count
from bltgen.errors import did_you_mean

if TYPE_CHECKING:
    from bltgen.automata.contract import Constraint
    from bltgen.decoding.generator import Generator

__all__ = [
    "add_constraint",
    "add_model",
    "check_target",
    "constraint_of",
    "model_of",
    "read_bytes",
    "write_whole",
]

DRAFTS = ("4", "6", "7", "2019-09", "2020-12")
GRAMMAR_FORMATS = {".lark": "lark", ".gbnf": "gbnf", ".abnf": "abnf"}


def add_constraint(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """The options that say what is valid."""
    group = parser.add_argument_group("what is valid" + ("" if required else " (free text without)"))
    one = group.add_mutually_exclusive_group(required=required)
    one.add_argument("--schema", metavar="FILE|JSON", help="a JSON Schema: a file, or the JSON itself")
    one.add_argument("--regex", metavar="PATTERN", help="a regular expression that the whole text matches")
    one.add_argument("--grammar", metavar="FILE|NAME", help="a grammar: a file, or the name of a ready one")
    one.add_argument("--type", metavar="FILE.py:NAME", help="a pydantic model or any type; the file is run")
    one.add_argument("--json", action="store_true", help="any JSON value")
    group.add_argument("--grammar-format", choices=sorted(GRAMMAR_FORMATS.values()), help="else by file name")
    group.add_argument("--dialect", choices=["python", "ecma262"], default="python", help="of --regex")
    group.add_argument("--draft", choices=DRAFTS, help="of --schema where it has no $schema")
    group.add_argument(
        "--whitespace",
        metavar="KIND",
        help="of --schema: bounded (the default), spaced (of --type), compact, indent=N, pattern=REGEX, any",
    )
    group.add_argument(
        "--property-order", choices=["any", "schema"], help="of --schema (default: any; of --type: schema)"
    )
    group.add_argument(
        "--undeclared",
        choices=["allow", "omit"],
        help="members that --schema neither names nor says anything of (default: allow; of --type: omit)",
    )
    group.add_argument(
        "--numbers",
        choices=["any", "interoperable", "plain"],
        help="their spelling (default: interoperable; of --type: plain; of `check`: any)",
    )
    group.add_argument("--digits", type=int, metavar="N", help="the most, of --numbers plain (default: 15)")
    group.add_argument("--escapes", choices=["any", "plain"], help="in strings of --schema (default: any)")
    group.add_argument("--formats", choices=["assert", "annotate"], help="of --schema (default: assert)")


def constraint_of(options: argparse.Namespace, *, told_by: str | None = None) -> Constraint | None:
    """The constraint that the options describe. told_by: the text in which values are grounded, if any."""
    if told_by is not None and options.schema is None and options.type is None:
        raise ValueError("--grounded needs --schema or --type: it is about the values in a JSON text")
    if options.schema is not None:
        from bltgen.constraints.json_schema import json_schema

        return json_schema(_schema_text(options.schema), **_schema_options(options, told_by))
    if options.regex is not None:
        from bltgen.constraints.regex import regex

        return regex(options.regex, dialect=options.dialect)
    if options.grammar is not None:
        return _grammar(options.grammar, options.grammar_format)
    if options.type is not None:
        from bltgen.constraints.json_schema import json_schema

        return json_schema(_named_type(options.type), **_schema_options(options, told_by))
    if options.json:
        from bltgen.constraints.json_schema import json_schema

        return json_schema(True, **_schema_options(options, told_by))
    return None


def _schema_options(options: argparse.Namespace, told_by: str | None) -> dict[str, Any]:
    chosen = {
        "draft": options.draft,
        "whitespace": options.whitespace,
        "property_order": options.property_order,
        "undeclared": options.undeclared,
        "numbers": options.numbers,
        "digits": options.digits,
        "escapes": options.escapes,
        "formats": options.formats,
        "strings_from": told_by if getattr(options, "grounded", False) else None,
        "numbers_from": told_by if getattr(options, "grounded_numbers", False) else None,
        "ungrounded": getattr(options, "ungrounded", None),
    }
    return {name: value for name, value in chosen.items() if value is not None}


def _schema_text(given: str) -> str:
    """The JSON itself where it looks like JSON, else the content of the file."""
    if given.lstrip()[:1] == "{" or given.strip() in ("true", "false"):
        return given
    return read_text(given)


def _grammar(given: str, format: str | None) -> Constraint:
    from bltgen.constraints.grammar import grammar, grammar_file

    path = Path(given)
    if not path.exists() and path.suffix not in GRAMMAR_FORMATS:
        return grammar_file(given)
    found = format or GRAMMAR_FORMATS.get(path.suffix)
    if found is None:
        raise ValueError(
            f"{given}: say --grammar-format, the file name does not ({', '.join(GRAMMAR_FORMATS)})"
        )
    return grammar(read_text(given), format=found)  # type: ignore[arg-type]  # one of GRAMMAR_FORMATS


def _named_type(given: str) -> Any:
    path, colon, name = given.rpartition(":")
    if not colon or not path or not name:
        raise ValueError(f"--type {given}: FILE.py:NAME is needed")
    import runpy

    try:
        names = runpy.run_path(path)
    except OSError:
        raise
    except Exception as error:
        raise ValueError(f"{path}: {type(error).__name__}: {error}") from error
    if name not in names:
        raise ValueError(f"{path} has no {name}{did_you_mean(name, names)}")
    return names[name]


def add_model(parser: argparse.ArgumentParser) -> None:
    """The options that say which model."""
    group = parser.add_argument_group("the model")
    group.add_argument("--model", metavar="PATH", help="a checkpoint (default: the one in the package)")
    group.add_argument(
        "--entropy-model", metavar="PATH", help="of a released checkpoint that has it elsewhere"
    )
    group.add_argument("--dtype", help="float32, bfloat16, ... (default: as the checkpoint has it)")
    group.add_argument("--entropy-dtype", metavar="DTYPE", help="of the entropy model (default: float32)")
    group.add_argument(
        "--latent-dtype", metavar="DTYPE", help="of the latent transformer (int8 too; default: as --dtype)"
    )
    group.add_argument("--device", help="cpu, cuda, ... (default: cpu)")
    group.add_argument("--threads", type=count(1), metavar="N", help="CPU threads (default: torch's own)")


def model_of(options: argparse.Namespace) -> Generator:
    """The generator that the options describe."""
    import bltgen

    if options.threads is not None:
        import torch

        torch.set_num_threads(options.threads)
    return bltgen.load(
        options.model,
        dtype=options.dtype,
        entropy_dtype=options.entropy_dtype,
        latent_dtype=options.latent_dtype,
        device=options.device,
        entropy_path=options.entropy_model,
    )


def read_bytes(path: str | None) -> bytes:
    """A file, or the standard input for None and "-"."""
    if path is None or path == "-":
        return sys.stdin.buffer.read()
    return Path(path).read_bytes()


def read_text(path: str) -> str:
    """A UTF-8 file. Raises ValueError saying where it is not."""
    data = read_bytes(path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 at byte {error.start}") from None


def check_target(path: str | None) -> None:
    """Raise ValueError where no file can be written at `path`: before the work, not after it."""
    if path is None:
        return
    folder = Path(path).resolve().parent
    if Path(path).is_dir():
        raise ValueError(f"{path}: a folder; the name of a file is needed")
    if not folder.is_dir():
        raise ValueError(f"{path}: there is no folder {folder}")


def write_whole(path: str, data: bytes) -> None:
    """Write a file whole or not at all: beside it, then renamed. A device or pipe is written to directly."""
    check_target(path)
    target = Path(path)
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    target = target.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".bltgen.")
    except OSError as error:
        raise ValueError(f"{path}: {target.parent} cannot be written to ({error.strerror})") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException as error:
        os.unlink(name)
        if isinstance(error, OSError):
            raise ValueError(f"{path}: {error.strerror}") from None
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
