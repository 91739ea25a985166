"""A picture of a run's losses, from its log: needs matplotlib (the extra `plot`), imported on demand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bltgen.training.run_folder import read_log

__all__ = ["check_picture", "draw_losses"]

NAMES = {"entropy": "entropy model", "blt": "transformer"}
CURVES = {
    "bits_per_byte": ("training", "#7d93b2", "-"),
    "value_bits_per_byte": ("training, answers", "#d9a679", "-"),
    "validation_bits_per_byte": ("validation", "#1f3b63", "o-"),
    "validation_answer_bits_per_byte": ("validation, answers", "#b5402a", "o-"),
}


def check_picture() -> None:
    """Raise ImportError that says what is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise ImportError("a picture needs matplotlib: pip install 'bltgen[plot]'") from None


def draw_losses(folder: Path, path: Path) -> None:
    """Write a PNG: bits per byte over the bytes read, one panel for each part of the run that has reports.

    Raises ImportError without matplotlib; OSError. Without any report the picture says so.
    """
    check_picture()
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    found = _curves(read_log(folder))
    parts = [part for part in NAMES if found[part]] or ["blt"]
    last = max((at for part in parts for points in found[part].values() for at, _ in points), default=0)
    size, unit = (1e6, "megabytes") if last >= 1e6 else (1e3, "kilobytes")
    figure, panels = pyplot.subplots(1, len(parts), figsize=(6 * len(parts), 4), squeeze=False)
    try:
        for panel, part in zip(panels[0], parts, strict=True):
            for name, (label, colour, style) in CURVES.items():
                points = found[part].get(name, [])
                if points:
                    x, y = [at / size for at, _ in points], [bits for _, bits in points]
                    few = {"marker": "o"} if len(points) < 3 else {}
                    panel.plot(x, y, style, color=colour, label=label, lw=1.2, ms=3, **few)
            _best(panel, found[part], size)
            panel.set_title(NAMES[part])
            panel.set_xlabel(f"{unit} read")
            panel.set_ylabel("bits per byte")
            panel.set_xlim(0, panel.get_xlim()[1])
            panel.set_ylim(0, panel.get_ylim()[1] * 1.08)
            panel.grid(alpha=0.25)
            if found[part]:
                panel.legend(frameon=False)
            else:
                panel.text(0.5, 0.5, "no reports yet", ha="center", transform=panel.transAxes)
        figure.tight_layout()
        figure.savefig(path, dpi=120)
    finally:
        pyplot.close(figure)


def _curves(records: Iterable[dict[str, Any]]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Points (bytes, bits per byte) by part and name."""
    found: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(dict)
    for record in records:
        for name in CURVES:
            if name in record and record.get("part") in NAMES:
                found[record["part"]].setdefault(name, []).append((record["bytes"], record[name]))
    return found


def _best(panel: Any, curves: dict[str, list[tuple[float, float]]], size: float) -> None:
    """Mark the validation whose weights are kept."""
    for name in ("validation_answer_bits_per_byte", "validation_bits_per_byte"):
        if name in curves:
            at, y = min(curves[name], key=lambda point: point[1])
            x = at / size
            above = {"xytext": (0, 8), "textcoords": "offset points", "ha": "center", "fontsize": 8}
            panel.annotate(f"{y:.3f}", (x, y), **above)
            panel.plot([x], [y], "o", ms=8, mfc="none", color=CURVES[name][1], label="best")
            return
