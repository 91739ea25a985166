"""`bltgen flops`: what a model computes to read a text, by component, with the patches it really cuts."""

from __future__ import annotations

import argparse
import json
from typing import Any

from bltgen.cli_constraint import add_model, model_of, read_bytes

__all__ = ["add"]

EXAMPLES = """examples:
  bltgen flops --file letter.txt
  bltgen flops "The quick brown fox" --json
"""


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "flops",
        help="what a model computes for a text, by component",
        description="FLOPs of reading or generating a text, by component of the model (matrix products).",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("text", nargs="?", help="default: --file, else the standard input")
    parser.add_argument("--file", metavar="FILE", help="any bytes")
    parser.add_argument("--json", action="store_true")
    add_model(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Count and print."""
    from bltgen.model.flops import count_flops

    if options.text is not None and options.file is not None:
        raise ValueError("give a text or --file, not both")
    text = options.text
    data = read_bytes(options.file) if text is None else str(text).encode("utf-8", "surrogateescape")
    model: Any = model_of(options).model
    session = model.session([data])
    count = count_flops(model.config, len(data), session.patch_starts[0], at_boundary=session.at_boundary[0])
    parts = count.by_component()
    if options.json:
        print(json.dumps({"bytes": count.bytes, "patches": count.patches, **parts, "total": count.total}))
        return 0
    for name, flops in [*parts.items(), ("total", count.total)]:
        print(f"{name.replace('_', ' '):<20} {flops:>16,} {flops / max(1, count.total):>7.1%}")
    print(f"{count.bytes} bytes, {count.patches} closed patches, {count.per_byte:,.0f} FLOPs a byte")
    return 0
