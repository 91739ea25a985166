"""`bltgen patches`: where a model cuts a text into patches, and how surprised it was."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bltgen.cli_constraint import add_model, check_target, model_of, read_bytes
from bltgen.cli_picture import LARGEST, draw

if TYPE_CHECKING:
    from bltgen.model.contract import ByteModel

__all__ = ["Patching", "add", "patching"]

EXAMPLES = """examples:
  bltgen patches "The quick brown fox"
  bltgen patches --file letter.txt --png letter.png
  bltgen patches "The quick brown fox" --json | jq .patches

In the terminal, patches alternate in colour; the brighter a byte, the higher the entropy of its
prediction. The picture has the entropies, the threshold and the boundaries, 128 bytes a line.
"""


@dataclass(frozen=True)
class Patching:
    """`entropies[i]`: nats, of the prediction of byte i of `data`. `starts`: offsets where patches start.

    threshold: the entropy above which a patch starts; None where the model's patches are not cut by it.
    """

    data: bytes
    entropies: tuple[float, ...]
    starts: tuple[int, ...]
    threshold: float | None = None

    @property
    def patches(self) -> list[bytes]:
        """The patches in order."""
        bounds = [*self.starts, len(self.data)]
        return [self.data[low:high] for low, high in pairwise(bounds)]


def patching(model: ByteModel, data: bytes) -> Patching:
    """The patches of `data` and the entropies that cut them, byte by byte as in generation."""
    session = model.session([b""])
    entropies: list[float] = []
    starts: list[int] = []
    for at in range(len(data)):
        entropies.append(session.entropies[0])
        if session.at_boundary[0] or at == 0:
            starts.append(at)
        session.extend([data[at : at + 1]])
    config = getattr(getattr(model, "config", None), "patcher", None)
    threshold = getattr(config, "threshold", None) if getattr(config, "mode", "") == "entropy" else None
    return Patching(data, tuple(entropies), tuple(starts), threshold)


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "patches",
        help="where a model cuts a text into patches",
        description="Show the patches of a text and the entropies that cut them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("text", nargs="?", help="default: --file, else the standard input")
    parser.add_argument("--file", metavar="FILE", help="any bytes")
    parser.add_argument("--png", metavar="FILE", help="write a picture (needs matplotlib: the extra `plot`)")
    parser.add_argument(
        "--json", action="store_true", help="print JSON: patches (hex where no UTF-8), entropies"
    )
    parser.add_argument("--no-colour", "--no-color", dest="no_colour", action="store_true")
    add_model(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show the patches."""
    if options.text is not None and options.file is not None:
        raise ValueError("give a text or --file, not both")
    if options.text is not None:
        data = str(options.text).encode("utf-8", "surrogateescape")
    else:
        data = read_bytes(options.file)
    if options.png and len(data) > LARGEST:
        raise ValueError(f"--png shows at most {LARGEST} bytes, not {len(data)}; --json has them all")
    check_target(options.png)
    found = patching(model_of(options).model, data)
    if options.png:
        draw(found, options.png)
    if options.json:
        print(json.dumps(_record(found)))
    else:
        print(coloured(found) if sys.stdout.isatty() and not options.no_colour else plain(found))
        size = len(data) / max(1, len(found.starts))
        print(f"{len(data)} bytes, {len(found.starts)} patches, {size:.2f} bytes a patch", file=sys.stderr)
    return 0


def _record(found: Patching) -> dict[str, Any]:
    def shown(patch: bytes) -> Any:
        try:
            return patch.decode("utf-8")
        except UnicodeDecodeError:
            return {"hex": patch.hex()}

    return {
        "patches": [shown(patch) for patch in found.patches],
        "starts": list(found.starts),
        "entropies": [round(entropy, 4) for entropy in found.entropies],
        "threshold": found.threshold,
    }


def plain(found: Patching) -> str:
    """Patches with bars between them, control characters escaped."""
    return "|".join(_printable(patch) for patch in found.patches)


def _printable(patch: bytes) -> str:
    text = patch.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def coloured(found: Patching) -> str:
    """The text for a terminal of 256 colours: background by patch, brightness by entropy."""
    highest = max(found.entropies, default=1.0) or 1.0
    shown: list[str] = []
    for number, patch in enumerate(found.patches):
        start = found.starts[number]
        background = (17, 53)[number % 2]
        at = start
        for character in patch.decode("utf-8", "backslashreplace"):
            # A grey from 244 (certain) to 255 (most surprising).
            index = min(at, len(found.data) - 1)
            grey = 244 + round(11 * min(1.0, found.entropies[index] / highest))
            text = character if character.isprintable() else character.encode("unicode_escape").decode()
            newline = "\n" if character == "\n" else ""
            shown.append(f"\x1b[48;5;{background}m\x1b[38;5;{grey}m{text}\x1b[0m{newline}")
            at += len(character.encode("utf-8"))
    return "".join(shown)
