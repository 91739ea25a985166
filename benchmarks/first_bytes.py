"""Does the model find the place? First bytes of values, teacher-forced: the cheap judge between checkpoints.

    python benchmarks/first_bytes.py [--model PATH] [--against PATH] [--split NAME ...] [--fields 3000]

A value that begins with the right byte is nearly always copied to its end, so most of what a model
gets wrong is decided at first bytes. Each document is read once with its right answer. Where a value
begins, the model's most probable byte among those that a grounded constraint allows is compared
with the right one, if more than one is allowed. No decoding: thousands of fields take a minute.

With `--against` both models read the same documents, and the table gives the difference with its
standard error over documents: the pairs are what tells checkpoints apart.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

import bltgen
from benchmarks.extraction import SPLITS, documents_of
from bltgen.errors import RejectedByte
from bltgen.model.blt import ids_of_bytes
from bltgen.model.checkpoint import load_model
from bltgen.model.config import BYTE_OFFSET
from bltgen.training.batches import VALUE
from bltgen.training.masks import masks_along

KINDS = ("string", "number", "other")


def beginnings(answer: bytes, kinds: bytes) -> Iterator[tuple[int, str]]:
    """Where values begin in an answer, and whether each is a string, a number or another scalar."""
    inside = False
    for at, kind in enumerate(kinds):
        if kind == VALUE and not inside:
            byte = answer[at : at + 1]
            spoken = answer[at - 1 : at] == b'"'
            yield at, "string" if spoken else "number" if byte.isdigit() or byte == b"-" else "other"
        inside = kind == VALUE


def judged(models: Sequence[Any], document: Any) -> Iterator[tuple[str, list[bool]]]:
    """For each value with a choice at its first byte: its kind, and whether each model is right."""
    constraint = bltgen.json_schema(
        document.schema,
        strings_from=document.prompt,
        numbers_from=document.prompt,
        ungrounded="schema",
        whitespace="any",
    )
    try:
        masks = masks_along(constraint, document.answer)
    except RejectedByte:
        return  # a right value that no span of the text is: nothing grounded can be right there
    text, offset = document.prompt + document.answer, len(document.prompt)
    ids = torch.tensor([ids_of_bytes(text)])
    with torch.inference_mode():
        scores = [model(model.patch(ids))[0, :, BYTE_OFFSET : BYTE_OFFSET + 256].numpy() for model in models]
    for at, kind in beginnings(document.answer, document.kinds[offset:]):
        allowed = masks[at, :256]
        if allowed.sum() > 1:
            # Position p of the logits says what comes after p bytes (BOS stands before them).
            picked = [int(np.where(allowed, score[offset + at], -np.inf).argmax()) for score in scores]
            yield kind, [byte == document.answer[at] for byte in picked]


def measured(models: Sequence[Any], split: str, seed: int, fields: int) -> dict[str, list[list[list[bool]]]]:
    """By kind, "all" among them, and document: what each model had right, until there are so many fields."""
    found: dict[str, list[list[list[bool]]]] = defaultdict(list)
    count = 0
    for document in documents_of(split, seed, fields):
        of_kind: dict[str, list[list[bool]]] = defaultdict(list)
        for kind, right in judged(models, document):
            of_kind[kind].append(right)
            of_kind["all"].append(right)
        for kind, rights in of_kind.items():
            found[kind].append(rights)
        count += len(of_kind["all"])
        if count >= fields:
            break
    return found


def share(by_document: list[list[list[bool]]], model: int) -> float:
    """Of a model's fields, how many are right."""
    return sum(right[model] for rights in by_document for right in rights) / sum(map(len, by_document))


def difference(by_document: list[list[list[bool]]]) -> tuple[float, float]:
    """The first model's share less the second's, and its standard error over documents."""
    gains = np.array([sum(one - other for one, other in rights) for rights in by_document], float)
    counts = np.array([len(rights) for rights in by_document], float)
    mean = gains.sum() / counts.sum()
    residual = gains - mean * counts
    return float(mean), float(math.sqrt((residual**2).sum()) / counts.sum())


def main(arguments: list[str] | None = None) -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, help="a checkpoint; without it, the embedded model")
    parser.add_argument("--against", type=Path, help="another, compared in pairs")
    parser.add_argument("--split", action="append", choices=SPLITS[:3], help="default: all three")
    parser.add_argument("--fields", type=int, default=3000, help="a split, at least (default 3000)")
    parser.add_argument("--seed", type=int, default=2025, help="of the documents")
    options = parser.parse_args(arguments)
    embedded = Path(bltgen.__file__).parent / "model" / "embedded"
    paths = [options.model or embedded, *([options.against] if options.against else [])]
    models = [load_model(path).eval() for path in paths]
    print("| split | values | fields | right % |" + (" against % | difference |" if len(models) > 1 else ""))
    print("| --- " * (6 if len(models) > 1 else 4) + "|")
    for split in options.split or SPLITS[:3]:
        found = measured(models, split, options.seed, options.fields)
        for kind in ("all", *KINDS):
            if found[kind]:
                fields = sum(map(len, found[kind]))
                line = f"| {split} | {kind} | {fields} | {100 * share(found[kind], 0):.1f} |"
                if len(models) > 1:
                    mean, error = difference(found[kind])
                    line += f" {100 * share(found[kind], 1):.1f} | {100 * mean:+.1f} +- {100 * error:.1f} |"
                print(line, flush=True)


if __name__ == "__main__":
    main()
