"""The picture of `bltgen patches --png`: lines of bytes like those of a page, as many as the text needs.

Each line has the entropy of the prediction of each of its bytes as a curve, the threshold, a shade for every
other patch, and the bytes below. What is drawn often is one collection: 8 KB take a few seconds.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bltgen.cli_patches import Patching

__all__ = ["LARGEST", "draw"]

LARGEST = 32_768
"""The most bytes that a picture shows: it is then as tall as viewers open."""

WIDTH = 128
"""Bytes of a line."""

_PITCH = 1.5
"""From line to line, where a curve has the height 1."""

_INCH = 0.11
"""The width of a byte; a line is six times as high."""


def draw(found: Patching, path: str) -> None:
    """Write the picture. Raises ImportError without matplotlib (the extra `plot`)."""
    try:
        import matplotlib
    except ImportError:
        raise ImportError("a picture needs matplotlib: pip install 'bltgen[plot]'") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.collections import LineCollection

    count = len(found.data)
    lines = max(1, -(-count // WIDTH))
    width = min(WIDTH, max(count, 50))
    highest = max([*found.entropies, found.threshold or 0.0, 1.0])
    size = (width * _INCH + 1.3, lines * 6 * _INCH * _PITCH + 0.8)
    figure = pyplot.figure(figsize=size)
    axes = figure.add_axes((0.9 / size[0], 0.2 / size[1], 1 - 1.3 / size[0], 1 - 0.8 / size[1]))

    def place(at: int) -> tuple[int, float]:
        """Column and baseline of a byte."""
        return at % WIDTH, -(at // WIDTH) * _PITCH

    for line in range(lines):
        first, last = line * WIDTH, min(count, (line + 1) * WIDTH)
        spans, shades = _spans(found, first, last)
        axes.broken_barh(spans, (-line * _PITCH, 1.0), facecolors=shades, lw=0)
    edges = [place(start) for start in found.starts]
    axes.add_collection(
        LineCollection([[(x - 0.5, y), (x - 0.5, y + 1)] for x, y in edges], colors="#8a97a8", lw=0.8)
    )
    points = [(place(at)[0], place(at)[1] + e / highest) for at, e in enumerate(found.entropies)]
    curves = [points[first : first + WIDTH] for first in range(0, count, WIDTH)]
    axes.add_collection(LineCollection(curves, colors="#1f3b63", lw=1, label="entropy of the next byte"))
    axes.plot([x for x, _ in points], [y for _, y in points], color="#1f3b63", marker="o", ms=2, lw=0)
    if found.threshold is not None:
        heights = [-line * _PITCH + found.threshold / highest for line in range(lines)]
        label = f"threshold {found.threshold:g} nats"
        axes.hlines(heights, -0.5, width - 0.5, color="#b5402a", ls="--", lw=0.8, label=label)
    _write_bytes(axes, figure, [(_tick(byte), *place(at)) for at, byte in enumerate(found.data)])
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(-(lines - 1) * _PITCH - 0.4, 1.05)
    axes.set_xticks([])
    axes.set_yticks([-line * _PITCH for line in range(lines)], [f"{line * WIDTH}" for line in range(lines)])
    axes.tick_params(labelsize=7, length=0)
    axes.text(width - 0.3, 1.0, f"{highest:.1f} nats", fontsize=6, va="top", clip_on=False)
    for side in axes.spines.values():
        side.set_visible(False)
    figure.text(0.9 / size[0], 1 - 0.3 / size[1], f"{len(found.starts)} patches of {count} bytes", fontsize=9)
    figure.legend(
        loc="upper right", bbox_to_anchor=(1, 1 - 0.1 / size[1]), fontsize=7, ncols=2, frameon=False
    )
    try:
        figure.savefig(path, dpi=150)
    finally:
        pyplot.close(figure)


def _spans(found: Patching, first: int, last: int) -> tuple[list[tuple[float, float]], list[str]]:
    """The patches within a line: (left, width) and colour of each."""
    bounds = [*found.starts, len(found.data)]
    spans, shades = [], []
    for number in range(len(found.starts)):
        low, high = max(bounds[number], first), min(bounds[number + 1], last)
        if low < high:
            spans.append((low - first - 0.5, float(high - low)))
            shades.append(("#dfe9f5", "#f5ead9")[number % 2])
    return spans, shades


def _write_bytes(axes: Any, figure: Any, labels: list[tuple[str, int, float]]) -> None:
    """The labels below their places: those that are alike as one collection, since texts are slow."""
    from matplotlib.collections import PathCollection
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    places: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for label, x, y in labels:
        places[label].append((x, y - 0.22))
    font = FontProperties(family="monospace")
    points = Affine2D().scale(1 / 72) + figure.dpi_scale_trans
    for label, offsets in places.items():
        text = TextPath((0, 0), label, size=7 if len(label) == 1 else 5, prop=font)
        middle = text.get_extents()
        glyphs = text.transformed(Affine2D().translate(-(middle.x0 + middle.x1) / 2, 0))
        drawn = PathCollection((glyphs,), offsets=offsets, transOffset=axes.transData, color="#222222", lw=0)
        drawn.set_transform(points)
        drawn.set_snap(False)
        axes.add_collection(drawn)


def _tick(byte: int) -> str:
    return {10: "\\n", 32: "␣"}.get(byte) or (chr(byte) if 33 <= byte < 127 else f"{byte:02x}")
