"""Pictures of what was measured (matplotlib, the extra `plot`): each from the records alone.

Error bars are the standard error of the mean over seeds, where a point has more than one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.scaling.results import Results
from benchmarks.scaling.settings import MODELS

__all__ = ["Point", "best_sizes", "draw", "points"]

_STYLES = {
    "blt-4": ("#0b3c7d", "o", "-"),
    "blt-6": ("#2f7fd6", "s", "-"),
    "blt-8": ("#7db8f0", "^", "-"),
    "space": ("#2a7f4f", "D", "--"),
    "static": ("#84b546", "v", "--"),
    "bytes": ("#222222", "x", ":"),
    "bpe-small": ("#e0903a", "P", "-."),
    "bpe-large": ("#b5402a", "*", "-."),
}
_LABELS = {
    "blt-4": "BLT, entropy, 4 bytes",
    "blt-6": "BLT, entropy, 6 bytes",
    "blt-8": "BLT, entropy, 8 bytes",
    "space": "BLT, space",
    "static": "BLT, static, 4 bytes",
    "bytes": "bytes",
    "bpe-small": "BPE, small vocabulary",
    "bpe-large": "BPE, large vocabulary",
}


@dataclass(frozen=True)
class Point:
    """A model at a budget and a size: bits a byte of the test split over its seeds."""

    model: str
    budget: float
    size: int
    mean: float
    error: float
    """Standard error of the mean; 0 where there is one seed."""
    validation: float
    records: tuple[dict[str, Any], ...]

    def of(self, name: str) -> float:
        """A value of the records, on average."""
        return float(sum(record[name] for record in self.records) / len(self.records))


def points(results: Results) -> list[Point]:
    """One a model, budget and size that has a run."""
    groups: dict[tuple[str, float, int], list[dict[str, Any]]] = defaultdict(list)
    for record in results.records:
        groups[record["model"], record["budget"], record["size"]].append(record)
    return [_point(*key, group) for key, group in sorted(groups.items())]


def _point(model: str, budget: float, size: int, group: list[dict[str, Any]]) -> Point:
    bits = [record["test_bits_per_byte"] for record in group]
    mean = sum(bits) / len(bits)
    variance = sum((one - mean) ** 2 for one in bits) / max(1, len(bits) - 1)
    judged = sum(record["validation_bits_per_byte"] for record in group) / len(group)
    return Point(model, budget, size, mean, math.sqrt(variance / len(bits)), judged, tuple(group))


def best_sizes(found: list[Point]) -> list[Point]:
    """Of each model and budget, the size that the validation split likes best."""
    best: dict[tuple[str, float], Point] = {}
    for point in found:
        key = point.model, point.budget
        if key not in best or point.validation < best[key].validation:
            best[key] = point
    return [best[key] for key in sorted(best)]


def draw(results: Results, folder: Path) -> list[Path]:
    """Write the pictures that the records suffice for. Raises ImportError without matplotlib."""
    try:
        import matplotlib
    except ImportError:
        raise ImportError("pictures need matplotlib: pip install 'bltgen[plot]'") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    found = points(results)
    written: list[Path] = []
    for name, picture in (
        ("scaling", _scaling),
        ("fixed_inference", _fixed_inference),
        ("patches", _patches),
        ("shares", _shares),
        ("learning_rates", _learning_rates),
    ):
        figure = picture(pyplot, found)
        if figure is not None:
            file = folder / f"{name}.png"
            figure.savefig(file, dpi=130, bbox_inches="tight")
            pyplot.close(figure)
            written.append(file)
    return written


def _lines(axes: Any, found: list[Point], x: str) -> None:
    """A line a model."""
    for model in MODELS:
        own = sorted((point.of(x), point.mean, point.error) for point in found if point.model == model)
        if own:
            colour, marker, line = _STYLES[model]
            xs, ys, errors = zip(*own, strict=True)
            axes.errorbar(
                xs,
                ys,
                errors,
                label=_LABELS[model],
                color=colour,
                marker=marker,
                ls=line,
                ms=6,
                lw=1.4,
                capsize=3,
            )
    axes.set_xscale("log")
    axes.grid(alpha=0.25, which="both")
    axes.spines[["top", "right"]].set_visible(False)


def _scaling(pyplot: Any, found: list[Point]) -> Any:
    best = [point for point in best_sizes(found) if point.model in MODELS]
    if not best:
        return None
    figure, axes = pyplot.subplots(figsize=(7.5, 5))
    _lines(axes, best, "training_flops")
    axes.set_xlabel("FLOPs of training, the entropy model's forward pass counted in")
    axes.set_ylabel("bits a byte, test documents")
    axes.set_title("Each model at its best size", fontsize=11)
    axes.legend(fontsize=8, frameon=False)
    return figure


def _fixed_inference(pyplot: Any, found: list[Point]) -> Any:
    """A panel a size: its models cost the same a byte, so a budget is a number of bytes."""
    plain = [point for point in found if point.model in MODELS]
    sizes = sorted({point.size for point in plain})
    panels = [size for size in sizes if len({one.budget for one in plain if one.size == size}) > 1]
    if not panels:
        return None
    figure, rows = pyplot.subplots(1, len(panels), figsize=(4.3 * len(panels) + 1, 4.4), squeeze=False)
    for axes, size in zip(rows[0], panels, strict=True):
        own = [point for point in plain if point.size == size]
        _lines(axes, own, "training_bytes")
        cost = sum(point.of("inference_flops_per_byte") for point in own) / len(own)
        axes.set_title(f"size {size}: about {cost / 1e6:.2f} MFLOPs a byte to read", fontsize=10)
        axes.set_xlabel("bytes of training")
    rows[0][0].set_ylabel("bits a byte, test documents")
    handles, labels = rows[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    figure.suptitle("At fixed FLOPs of inference: longer patches, wider latent transformers", fontsize=11)
    figure.tight_layout()
    return figure


def _patches(pyplot: Any, found: list[Point]) -> Any:
    models = [model for model in MODELS if any(point.model == model for point in found)]
    if not models:
        return None
    figure, axes = pyplot.subplots(figsize=(7.5, 4))
    splits = (("training", "#9db7d9"), ("validation", "#2f7fd6"), ("test", "#0b3c7d"))
    for place, (split, colour) in enumerate(splits):
        heights = []
        for model in models:
            own = [point.of(f"{split}_unit_bytes") for point in found if point.model == model]
            heights.append(sum(own) / len(own))
        lefts = [number + 0.27 * (place - 1) for number in range(len(models))]
        bars = axes.bar(lefts, heights, 0.25, color=colour, label=split)
        axes.bar_label(bars, fmt="%.1f", fontsize=6)
    for number, model in enumerate(models):
        if model.startswith("blt-"):
            axes.hlines(float(model[4:]), number - 0.45, number + 0.45, color="#b5402a", ls="--", lw=1)
    axes.set_xticks(
        range(len(models)), [_LABELS[model] for model in models], rotation=25, ha="right", fontsize=8
    )
    axes.set_ylabel("bytes of a patch or token")
    axes.set_title("Patch sizes realised (dashed: wished)", fontsize=11)
    axes.legend(fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _shares(pyplot: Any, found: list[Point]) -> Any:
    """BLT of patch 4 with other shares, beside the grid's own at their budget and size."""
    others = [point for point in found if point.model.startswith("blt-4-share")]
    if not others:
        return None
    budget, size = others[0].budget, others[0].size
    own = [
        point for point in found if point.model == "blt-4" and (point.budget, point.size) == (budget, size)
    ]
    figure, axes = pyplot.subplots(figsize=(5.5, 4))
    drawn = sorted((100 * one.of("latent_share"), one.mean, one.error) for one in [*others, *own])
    xs, ys, errors = zip(*drawn, strict=True)
    axes.errorbar(xs, ys, errors, color="#0b3c7d", marker="o", lw=1.4, capsize=3)
    axes.set_xlabel("the latent transformer's share of inference, %")
    axes.set_ylabel("bits a byte, test documents")
    axes.set_title(f"BLT, patches of 4 bytes, {budget:g} FLOPs, size {size}", fontsize=11)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _learning_rates(pyplot: Any, found: list[Point]) -> Any:
    """Whether who is better hangs on the learning rate that all have."""
    others = [point for point in found if "-rate" in point.model]
    if not others:
        return None
    budget, size = others[0].budget, others[0].size
    models = sorted({point.model.split("-rate")[0] for point in others}, key=MODELS.index)
    figure, axes = pyplot.subplots(figsize=(5.5, 4))
    here = [
        (point.model.split("-rate")[0], point)
        for point in found
        if (point.budget, point.size) == (budget, size)
    ]
    drawn = [replace(point, model=model) for model, point in here if model in models]
    _lines(axes, drawn, "learning_rate")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("bits a byte, test documents")
    axes.set_title(f"{budget:g} FLOPs, size {size}", fontsize=11)
    axes.legend(fontsize=8, frameon=False)
    return figure
