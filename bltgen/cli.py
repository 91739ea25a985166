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

import os
import sys
import traceback
import warnings
from collections.abc import Sequence

from bltgen import cli_check, cli_convert, cli_flops, cli_generate, cli_patches, cli_sample, cli_train
from bltgen.cli_options import Parser
from bltgen.errors import BltgenError, ConstraintWarning, did_you_mean

__all__ = ["main"]

COMMANDS = (cli_generate, cli_check, cli_sample, cli_patches, cli_train, cli_convert, cli_flops)


def _parser() -> tuple[Parser, dict[str, Parser]]:
    """The parser, and those of the commands by name."""
    from bltgen import __version__

    parser = Parser(
        prog="bltgen",
        description="Constrained generation with byte latent transformers: every output validates, always.",
        epilog="`bltgen COMMAND --help` has examples.",
    )
    parser.add_argument("--version", action="version", version=f"bltgen {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return parser, commands.choices


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser, commands = _parser()
    given = sys.argv[1:] if arguments is None else list(arguments)
    if not given:
        parser.error(f"a command is needed: {', '.join(commands)}")
    if given[0] in commands:
        commands[given[0]].check_flags(given[1:])
    options = parser.parse_args(given)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", ConstraintWarning)
            warnings.showwarning = lambda message, *place, **how: print(
                f"bltgen {options.command}: warning: {message}", file=sys.stderr
            )
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
    except Exception as error:
        print(f"bltgen {options.command}: internal error: {_trace(error)}", file=sys.stderr)
        return 2
    return code


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}{_neighbour(error)}" if error.filename else error.strerror
    return str(error) or type(error).__name__


def _neighbour(error: OSError) -> str:
    """The file that was probably meant by the name of one that is not there."""
    if not isinstance(error, FileNotFoundError) or not isinstance(error.filename, str):
        return ""
    folder, name = os.path.split(error.filename)
    try:
        return did_you_mean(name, os.listdir(folder or "."))
    except OSError:
        return ""


def _trace(error: Exception) -> str:
    """What happened and where, in a line."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    message = f"{type(error).__name__}: {error}".partition("\n")[0]
    return f"{message} ({os.path.basename(place.filename)}, line {place.lineno})"


if __name__ == "__main__":
    sys.exit(main())
