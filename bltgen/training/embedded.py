"""The recipe of the model that ships in the package: text in, JSON that a schema describes out.

    python -m bltgen.training.embedded --run runs/embedded

trains it from nothing on one CPU core, resumes where it was stopped, and leaves the model in
`runs/embedded/model`; `--export` writes it in bfloat16 where `bltgen.load()` looks. `--init` goes on
from a finished model in another run. A CPU that multiplies in bfloat16 is twice as fast; set
`ONEDNN_PRIMITIVE_CACHE_CAPACITY=16384` there, which keeps the kernels of all shapes. The
curriculum: copy a string; look a value up by its key; extract values from texts. `--corpora DIR` mixes in the
prose that `python -m bltgen.training.data.corpora --into DIR` fetched.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from bltgen.errors import BltgenError
from bltgen.model.checkpoint import load_model, save_model
from bltgen.model.config import BLTConfig
from bltgen.training.batches import KindWeights, Mixture
from bltgen.training.data import (
    AuthoredTexts,
    copy_documents,
    extraction_documents,
    json_documents,
    lookup_documents,
    prose_documents,
)
from bltgen.training.data.corpora import CorpusDocuments, CorpusError
from bltgen.training.run import Stage, TrainConfig, train

__all__ = ["EMBEDDED", "curriculum", "main"]

EMBEDDED = Path(__file__).parent.parent / "model" / "embedded"


def _mixture(
    copy: float, lookup: float, extraction: float, authored: float, prose: float, json: float
) -> Mixture:
    return Mixture(
        (
            (copy_documents, copy),
            (lookup_documents, lookup),
            (extraction_documents, extraction),
            (AuthoredTexts(), authored),
            (prose_documents, prose),
            (json_documents, json),
        )
    )


def curriculum(corpora: Path | None = None, share: float = 0.1) -> tuple[Stage, ...]:
    """The stages by bytes seen; shares are of documents.

    corpora: a folder of prose, from which `share` of the documents of every stage come; without it, none.
    """
    weights = KindWeights(prose=0.05, syntax=0.1, value=1.0)
    stages = (
        Stage(0, _mixture(0.35, 0.25, 0.1, 0.3, 0.0, 0.0), weights, 0.7),
        Stage(2_000_000, _mixture(0.1, 0.2, 0.2, 0.5, 0.0, 0.0), weights, 0.7),
        Stage(5_000_000, _mixture(0.04, 0.06, 0.22, 0.63, 0.02, 0.03), weights, 0.7),
    )
    if corpora is None:
        return stages
    if not 0 < share < 1:
        raise CorpusError(f"a share of {share} for the corpora: it lies between 0 and 1, both excluded")
    prose = CorpusDocuments(corpora)
    next(prose(0))  # a folder without documents is told before training starts
    others = 1 / share - 1
    return tuple(
        replace(
            stage,
            mixture=Mixture(
                (*((source, weight * others) for source, weight in stage.mixture.sources), (prose, 1.0))
            ),
        )
        for stage in stages
    )


def main(arguments: list[str] | None = None) -> None:
    """Train, resume or export."""
    parser = argparse.ArgumentParser(description="Train the embedded model.")
    parser.add_argument("--run", type=Path, default=Path("runs/embedded"))
    parser.add_argument("--entropy-bytes", type=int, default=3_500_000)
    parser.add_argument("--blt-bytes", type=int, default=31_000_000)
    parser.add_argument("--step-bytes", type=int, default=14_000)
    parser.add_argument("--decay", type=float, default=0.5)
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument(
        "--init", type=Path, help="go on from a finished model: its patches, and the last stage alone"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--corpora",
        type=Path,
        metavar="DIR",
        help="mix in prose of the folder that `python -m bltgen.training.data.corpora --into DIR` made",
    )
    parser.add_argument(
        "--corpora-share", type=float, default=0.1, metavar="SHARE", help="of the documents (default: 0.1)"
    )
    parser.add_argument("--export", action="store_true", help="write the finished model into the package")
    options = parser.parse_args(arguments)
    if options.export:
        save_model(load_model(options.run / "model"), EMBEDDED, torch.bfloat16)
        return
    initial = load_model(options.init) if options.init else None
    config = TrainConfig(
        entropy_bytes=options.entropy_bytes,
        blt_bytes=options.blt_bytes,
        step_bytes=options.step_bytes,
        decay=options.decay,
        learning_rate=options.learning_rate,
        embedding_learning_rate=options.learning_rate,
        longest=1_300,
        patch_bytes=None if initial else 4.0,
        checkpoint_seconds=30,
        precision="bfloat16",
    )
    try:
        stages = curriculum(options.corpora, options.corpora_share)
        if initial is None:
            train(BLTConfig.small(), config, stages, options.run, device=options.device)
        else:
            last = (replace(stages[-1], start_bytes=0),)
            train(
                initial.config,
                config,
                last,
                options.run,
                device=options.device,
                parts=("blt",),
                initial=initial,
            )
    except BltgenError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
