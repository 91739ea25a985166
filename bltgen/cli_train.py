"""`bltgen train`: a byte latent transformer from texts or any files, new or from a trained one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from bltgen.training.job import Job, Setting, read_settings

__all__ = ["add"]

EXAMPLES = """examples:
  bltgen train texts/ --run runs/mine                        from nothing, on every file of a folder
  bltgen train notes.txt --documents lines --run runs/notes  each line is a text of its own
  bltgen train asked.jsonl --init embedded --run runs/task   go on from the model in the package
  bltgen train --config run.toml --bytes 5e6                 settings from a file, one of them changed
  bltgen generate --model runs/mine/model --prompt "Once" --raw-prompt

A line of a .jsonl file is an object with "prompt" and "answer" (a text or any JSON) and perhaps "schema", or
with "text". A run that was stopped, however, goes on where it was when the same command is given again, at
most 30 seconds back; with other settings or other data it is refused. The model of the best validation is in
RUN/model at the end. A file for --config is TOML: the names of these options, with _ for -, and tables
[model], [model.latent], ... for the shape. More in docs/training.md.
"""

FLAGS = {"sample_prompts": "--sample-prompt"}
"""Options whose names are not those of their settings."""


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "train",
        help="train a model on texts or any files",
        description="Train a byte latent transformer on files or folders of any bytes: first its "
        "entropy model, then the transformer on the patches that it cuts. Or go on from a trained one.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("data", nargs="*", metavar="FILE|FOLDER", default=argparse.SUPPRESS)
    parser.add_argument("--config", metavar="FILE", help="a TOML file of settings")
    groups: dict[str, Any] = {}
    for name, setting in Job.settings().items():
        if name == "data" or setting.kind == "table":
            continue
        if setting.group not in groups:
            groups[setting.group] = parser.add_argument_group(setting.group)
        flag = FLAGS.get(name, f"--{name.replace('_', '-')}")
        groups[setting.group].add_argument(
            flag, dest=f"set_{name}", default=argparse.SUPPRESS, **_how(setting)
        )
    parser.set_defaults(run=run)


def _how(setting: Setting) -> dict[str, Any]:
    """How an option is read."""
    if setting.kind is bool:
        return {"action": "store_true", "help": setting.help}
    if isinstance(setting.kind, tuple):
        return {"choices": list(setting.kind), "help": setting.help}
    how: dict[str, Any] = {"metavar": setting.metavar, "help": setting.help}
    if setting.kind in (int, float):
        how["type"] = _read(setting)
    elif setting.kind == "texts":
        how["action"] = "append"
    return how


def _read(setting: Setting) -> Callable[[str], float]:
    """The type of an option that is a number; 20e6 is an integer, too."""
    least = "" if setting.least is None else f" >= {setting.least:g}"
    needed = f"{'an integer' if setting.kind is int else 'a number'}{least} is needed"

    def read(text: str) -> float:
        try:
            found = float(text)
            if not abs(found) < float("inf") or (setting.least is not None and found < setting.least):
                raise ValueError
            if setting.kind is int:
                if not found.is_integer():
                    raise ValueError
                found = int(found)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r}: {needed}") from None
        return found

    return read


def run(options: argparse.Namespace) -> int:
    """Train, or go on training."""
    settings = read_settings(options.config) if options.config is not None else {}
    given = {name[4:]: value for name, value in vars(options).items() if name.startswith("set_")}
    if getattr(options, "data", None):
        given["data"] = options.data
    job = Job.of({**settings, **given})
    from bltgen.training.launch import start

    try:
        start(job)
    except KeyboardInterrupt:
        print(f"bltgen train: stopped; the same command goes on in {job.run}", file=sys.stderr)
        raise
    print(f"{job.run}/model: ready for `bltgen generate --model {job.run}/model`")
    return 0
