"""How often does the model read the right values out of a text?

    python benchmarks/extraction.py [--quick] [--model PATH] [--documents N] [--seed N] [--json FILE]
        [--whitespace KIND] [--temperature T]

Documents are drawn from `bltgen.training.data` (extra `train`) in two splits whose names never occur
in training: "known templates" puts them into sentences that training has seen, "held-out templates"
into sentences that it has not. Each document is answered twice, greedily or at `--temperature`, under
the JSON Schema of its answer: grounded (`strings_from=prompt`: a string is a span of the prompt between word
boundaries) and ungrounded. For each type of field the table says which share of the leaves of the
answer is right, to the letter; members of nested objects and arrays are counted as "nested", one
that is missing or too many as wrong. Validity is judged by the package `jsonschema`. "First" is the
share of strings whose first byte is right: the model found the place. bytes/s are of generated
bytes, the reading of the prompt and the compiling of the schema included.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import jsonschema

TYPES = ("string", "integer", "number", "boolean", "nested")
SPLITS = {"known templates": True, "held-out templates": False}


class Output(Protocol):
    """What a model returns."""

    @property
    def data(self) -> bytes: ...


class Model(Protocol):
    """`bltgen.load()`, or a stand-in."""

    def generate(
        self, prompt: bytes, constraint: Any, *, max_bytes: int, temperature: float, seed: int
    ) -> Output: ...


class Example(Protocol):
    """A document of `bltgen.training.data`."""

    @property
    def prompt(self) -> bytes: ...
    @property
    def answer(self) -> bytes: ...
    @property
    def schema(self) -> dict[str, Any] | None: ...
    @property
    def values(self) -> dict[str, Any] | None: ...
    @property
    def domain(self) -> str: ...


@dataclass
class Score:
    """Counts over documents; by type of field where a Counter."""

    documents: int = 0
    valid: int = 0
    perfect: int = 0
    bytes: int = 0
    seconds: float = 0.0
    right: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    first_byte_right: int = 0
    by_domain_right: Counter[str] = field(default_factory=Counter)
    by_domain_asked: Counter[str] = field(default_factory=Counter)

    def share(self, kind: str) -> float | None:
        """The share of fields of a type that are right."""
        return self.right[kind] / self.asked[kind] if self.asked[kind] else None


def type_of(value: Any) -> str:
    """The type of a field: of a leaf, or nested."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "integer"
    return "number" if isinstance(value, float) else "nested"


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The scalars of a JSON value with where they are."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from leaves(item, (*path, n))
    else:
        yield path, value


def same(given: Any, value: Any) -> bool:
    """Whether two scalars are equal: 3 and 3.0 are, 1 and true are not."""
    return isinstance(given, bool) == isinstance(value, bool) and bool(given == value)


def count(score: Score, expected: dict[str, Any], given: Any, domain: str) -> None:
    """Compare an answer with the right one, leaf by leaf."""
    found = dict(leaves(given))
    wrong = 0
    for path, value in leaves(expected):
        kind = type_of(value) if len(path) == 1 else "nested"
        right = path in found and same(found[path], value)
        score.asked[kind] += 1
        score.right[kind] += right
        score.by_domain_asked[domain] += 1
        score.by_domain_right[domain] += right
        wrong += not right
        if kind == "string":
            score.first_byte_right += isinstance(found.get(path), str) and found[path][:1] == value[:1]
        found.pop(path, None)
    score.asked["nested"] += len(found)
    score.perfect += not wrong and not found


def exact(spelled: str) -> int | float:
    """A decimal as `jsonschema` can judge it, which knows floats alone.

    145.5e400 is an integer, though no float holds it; 1e-400 is none (NaN here), though its float is 0.
    """
    value = Decimal(spelled)
    if value.adjusted() < 2000 and value == value.to_integral_value():
        return int(value)
    return math.nan if float(spelled).is_integer() else float(spelled)


def read(data: bytes) -> Any:
    """The JSON value of the bytes, with integers exact. Raises ValueError."""
    return json.loads(data, parse_float=exact)


def is_valid(schema: dict[str, Any], data: bytes) -> bool:
    """Whether the bytes are JSON that the schema admits, in the judgement of `jsonschema`."""
    try:
        value = read(data)
    except ValueError:
        return False
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))


def evaluate(
    model: Model,
    documents: Iterable[Example],
    constraint_of: Callable[[dict[str, Any], bytes], Any],
    *,
    max_bytes: int = 400,
    temperature: float = 0,
    seed: int = 0,
    clock: Callable[[], float] = time.perf_counter,
) -> Score:
    """Answer all documents and count."""
    score = Score()
    for document in documents:
        assert document.schema is not None
        assert document.values is not None
        began = clock()
        constraint = constraint_of(document.schema, document.prompt)
        output = model.generate(
            document.prompt, constraint, max_bytes=max_bytes, temperature=temperature, seed=seed
        )
        score.seconds += clock() - began
        score.bytes += len(output.data)
        score.documents += 1
        valid = is_valid(document.schema, output.data)
        score.valid += valid
        count(score, document.values, read(output.data) if valid else None, document.domain)
    return score


def percent(part: float | None) -> str:
    """A share for the table."""
    return "-" if part is None else f"{100 * part:.1f}"


def row(split: str, grounded: bool, score: Score) -> list[str]:
    """A line of the table."""
    return [
        split,
        "grounded" if grounded else "free",
        str(score.documents),
        percent(score.valid / score.documents),
        *(percent(score.share(kind)) for kind in TYPES),
        percent(score.first_byte_right / score.asked["string"] if score.asked["string"] else None),
        percent(score.perfect / score.documents),
        f"{score.bytes / score.seconds:.0f}" if score.seconds else "-",
        f"{1000 * score.seconds / score.documents:.0f}",
    ]


HEADINGS = [
    *("split", "strings", "documents", "valid %"),
    *(f"{kind} %" for kind in TYPES),
    *("first %", "whole %", "bytes/s", "ms each"),
]


def table(rows: list[list[str]]) -> str:
    """Markdown with columns of even width."""
    widths = [max(len(line[n]) for line in [HEADINGS, *rows]) for n in range(len(HEADINGS))]
    lines = [HEADINGS, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    return (
        sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        if path.is_dir()
        else path.stat().st_size
    )


def main(arguments: list[str] | None = None) -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="20 documents a row")
    parser.add_argument("--model", help="a checkpoint; without it, the embedded model")
    parser.add_argument("--documents", type=int, default=300, help="documents a row (default 300)")
    parser.add_argument("--seed", type=int, default=2024, help="of the documents")
    parser.add_argument("--domains", action="store_true", help="also by domain")
    parser.add_argument(
        "--show", type=int, default=0, metavar="N", help="print the first N answers of each row"
    )
    parser.add_argument("--whitespace", help="compact, spaced, bounded, ... (default: bounded)")
    parser.add_argument("--temperature", type=float, default=0, help="default: 0, greedy")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args(arguments)

    import bltgen
    from bltgen.training.data import extraction_documents

    model: Any = bltgen.load(options.model)
    number = 20 if options.quick else options.documents
    embedded = Path(bltgen.__file__).parent / "model" / "embedded"
    weights = Path(options.model) if options.model else embedded
    print(f"model: {options.model or 'embedded'}, {size_of(weights) / 1e6:.1f} MB")

    def grounded_constraint(schema: dict[str, Any], prompt: bytes) -> Any:
        return bltgen.json_schema(schema, strings_from=prompt, whitespace=options.whitespace)

    def free_constraint(schema: dict[str, Any], prompt: bytes) -> Any:
        return bltgen.json_schema(schema, whitespace=options.whitespace)

    rows, figures = [], []
    for split, known in SPLITS.items():
        documents = list(
            itertools.islice(extraction_documents(options.seed, "held_out", known_templates=known), number)
        )
        for grounded, constraint_of in ((True, grounded_constraint), (False, free_constraint)):
            for document in documents[: options.show]:
                output = model.generate(
                    document.prompt,
                    constraint_of(document.schema or {}, document.prompt),
                    max_bytes=400,
                    temperature=0,
                    seed=0,
                )
                print(
                    f"{document.prompt.decode()}  wanted {document.answer.decode()}\n  given  {output.text}\n"
                )
            score = evaluate(model, documents, constraint_of, temperature=options.temperature)
            rows.append(row(split, grounded, score))
            print(
                f"  {', '.join(f'{h} {c}' for h, c in zip(HEADINGS, rows[-1], strict=True))}", file=sys.stderr
            )
            if options.domains:
                for domain in sorted(score.by_domain_asked):
                    right = score.by_domain_right[domain] / score.by_domain_asked[domain]
                    print(f"    {domain:14} {percent(right)} % of {score.by_domain_asked[domain]} fields")
            figures.append(
                {"split": split, "grounded": grounded, "documents": score.documents, "valid": score.valid}
                | {"right": dict(score.right), "asked": dict(score.asked), "perfect": score.perfect}
                | {"bytes": score.bytes, "seconds": round(score.seconds, 3)}
            )
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
