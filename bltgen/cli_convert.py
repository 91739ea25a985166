"""`bltgen convert`: a checkpoint of any known layout, written in bltgen's own or that of transformers."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from bltgen.cli_constraint import add_model, model_of

__all__ = ["add"]

EXAMPLES = """examples:
  bltgen convert --model blt-1b --dtype bfloat16 blt-1b-bltgen
  bltgen convert --model runs/mine/model --layout transformers for-transformers
"""


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "convert",
        help="write a checkpoint in another layout or type",
        description="Read a checkpoint of any known layout and write it as safetensors and JSON.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", metavar="FOLDER", help="a new folder")
    parser.add_argument(
        "--layout", choices=["bltgen", "transformers"], default="bltgen", help="default: bltgen"
    )
    add_model(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read and write."""
    target = Path(options.target)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ValueError(f"{target} exists; give a new folder")
    model: Any = model_of(options).model
    from bltgen.model.checkpoint import save_model

    save_model(model, target, layout="bltgen" if options.layout == "bltgen" else "C")
    print(f"{target}: {sum(file.stat().st_size for file in target.iterdir()):,} bytes")
    return 0
