"""The command line: thin commands over the public API.

    bltgen generate --schema person.json --prompt "Ada Lovelace, 36, lives in London."
    bltgen check    --schema person.json file.json
    bltgen sample   --regex '[a-z]+@[a-z]+\\.(com|org)' -n 5
    bltgen patches  "some text" --png patches.png
    bltgen train    corpus/ --run runs/mine
    bltgen convert  --model blt-1b --dtype bfloat16 blt-1b-small
    bltgen flops    "some text"

Exit codes: 0 done (`check`: the text is valid), 1 `check` found the text invalid, 2 anything that
cannot be done, said in one message without a traceback. A reader that closes the pipe ends the
command quietly.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from bltgen import cli_check, cli_convert, cli_flops, cli_generate, cli_patches, cli_sample, cli_train
from bltgen.errors import BltgenError

__all__ = ["main"]

COMMANDS = (cli_generate, cli_check, cli_sample, cli_patches, cli_train, cli_convert, cli_flops)


def _parser() -> argparse.ArgumentParser:
    from bltgen import __version__

    parser = argparse.ArgumentParser(
        prog="bltgen",
        description="Constrained generation with byte latent transformers: every output validates, always.",
        epilog="`bltgen COMMAND --help` has examples.",
    )
    parser.add_argument("--version", action="version", version=f"bltgen {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has enough. Nothing more may be written, also not when Python flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("bltgen: interrupted", file=sys.stderr)
        return 130
    except (BltgenError, ValueError, OSError, ImportError) as error:
        print(f"bltgen {options.command}: error: {_message(error)}", file=sys.stderr)
        return 2
    return code


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
