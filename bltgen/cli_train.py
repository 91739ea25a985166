"""`bltgen train`: a byte latent transformer from files of any bytes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from bltgen.cli_options import count, number

__all__ = ["add"]

EXAMPLES = """examples:
  bltgen train corpus/ --run runs/mine --bytes 20e6
  bltgen generate --model runs/mine/model --prompt "Once" --raw-prompt

A run that was stopped goes on where it was when the same command is given again; with other settings or
other data it is refused.
"""


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "train",
        help="train a model on files",
        description="Train a byte latent transformer on files or folders of any bytes: first its "
        "entropy model, then the transformer on the patches that it cuts.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("data", nargs="+", metavar="FILE|FOLDER")
    parser.add_argument(
        "--run", dest="folder", required=True, metavar="FOLDER", help="checkpoints, log, model"
    )
    parser.add_argument("--size", choices=["tiny", "small"], default="small", help="default: small")
    parser.add_argument("--bytes", type=number, default=20e6, metavar="N", help="of the transformer (20e6)")
    parser.add_argument("--entropy-bytes", type=number, metavar="N", help="default: a quarter of --bytes")
    parser.add_argument("--step-bytes", type=count(1), default=12_000, metavar="N", help="of a step (12000)")
    parser.add_argument("--window", type=count(1), default=512, metavar="N", help="bytes of a document (512)")
    parser.add_argument(
        "--patch-bytes",
        type=number,
        default=4.5,
        metavar="X",
        help="bytes of a patch on average; the entropy threshold is set from the data for it (4.5)",
    )
    parser.add_argument("--learning-rate", type=number, default=2e-3, metavar="X")
    parser.add_argument("--seed", type=count(0), default=1, metavar="N")
    parser.add_argument("--device", default="cpu")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train, or go on training."""
    from bltgen.model.config import BLTConfig
    from bltgen.training.batches import Mixture
    from bltgen.training.files import FileSource
    from bltgen.training.run import Stage, TrainConfig, train

    for name in ("bytes", "entropy_bytes", "step_bytes", "window", "learning_rate", "patch_bytes"):
        value = getattr(options, name)
        least = 0 if name == "learning_rate" else 1
        if value is not None and not (least <= value < float("inf") and value):
            wanted = "above 0" if name == "learning_rate" else "1 or more"
            raise ValueError(f"--{name.replace('_', '-')} {value:g}: must be a finite number, {wanted}")
    source = FileSource(options.data, options.window)
    config = TrainConfig(
        entropy_bytes=int(options.entropy_bytes or options.bytes / 4),
        blt_bytes=int(options.bytes),
        step_bytes=options.step_bytes,
        longest=options.window,
        learning_rate=options.learning_rate,
        embedding_learning_rate=options.learning_rate,
        seed=options.seed,
        patch_bytes=options.patch_bytes,
    )
    model = {"tiny": BLTConfig.tiny, "small": BLTConfig.small}[options.size]()
    stages = (Stage(0, Mixture(((source, 1.0),))),)
    train(model, config, stages, Path(options.folder), device=options.device)
    print(f"{Path(options.folder) / 'model'}: ready for `bltgen generate --model`")
    return 0
