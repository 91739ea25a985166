"""`bltgen sample`: valid texts with no model."""

from __future__ import annotations

import argparse
import random
import sys
from typing import Any

from bltgen.cli_constraint import add_constraint, constraint_of
from bltgen.cli_options import count

__all__ = ["add"]

EXAMPLES = """examples:
  bltgen sample --regex '[a-z]+@[a-z]+\\.(com|org)' -n 5
  bltgen sample --schema person.json --max-bytes 200 --seed 1
"""


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "sample",
        help="random valid texts, with no model",
        description="Random valid texts of a constraint, with no model: one a line.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_constraint(parser, required=True)
    parser.add_argument("-n", type=count(0), default=1, metavar="N", help="how many (default: 1)")
    parser.add_argument("--max-bytes", type=count(0), metavar="N", help="of each")
    parser.add_argument("--seed", type=int, metavar="N", help="default: others every time")
    parser.add_argument(
        "-0", "--null", action="store_true", help="end each text with a zero byte, not a newline"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the texts."""
    constraint = constraint_of(options)
    assert constraint is not None
    generator = random.Random(options.seed)
    end = b"\0" if options.null else b"\n"
    for _ in range(options.n):
        sys.stdout.buffer.write(constraint.sample(generator, max_bytes=options.max_bytes) + end)
        sys.stdout.buffer.flush()
    return 0
