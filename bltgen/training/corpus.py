"""What to train on, from paths: files and folders become documents, some of which are held out.

Each file is read as what it is: `.jsonl` and `.ndjson` as records (`bltgen.training.records`), every other as
one document of raw bytes (`bltgen.training.files`), unless `documents` says that all are files, lines
(`bltgen.training.lines`) or records. Nothing is read whole but records, once, to check them.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     _ = (Path(folder) / "a.txt").write_text("some prose. " * 40)
...     _ = (Path(folder) / "b.jsonl").write_text('{"prompt": "1 + 1", "answer": "2"}\\n' * 3)
...     found = Corpus.of([folder], window=64, validation=0.1)
>>> found.byte_count, len(found.validation) > 0, found.longest
(501, True, 64)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bltgen.arguments import one_of
from bltgen.model.prompt_form import PromptForm
from bltgen.training.batches import KindWeights, Mixture, TrainingDocument
from bltgen.training.files import FileSource, found_files
from bltgen.training.lines import LineSource
from bltgen.training.records import RecordSource
from bltgen.training.settings import Stage

__all__ = ["Corpus", "Documents"]

Documents = Literal["auto", "files", "lines", "records"]
DOCUMENTS = ("auto", "files", "lines", "records")
RECORDS = (".jsonl", ".ndjson")
"""What the names of files of records end in."""

WINDOW, RECORD_WINDOW = 512, 4096

AnySource = FileSource | LineSource


@dataclass(frozen=True)
class Corpus:
    """What `train` takes as data.

    `stages`: where documents are drawn from; `validation`: some that are not. `longest`: the bytes of a
    document at the most; `byte_count`: of all documents; `files`: how many there are; `records`: how many of
    them hold records.
    """

    stages: tuple[Stage, ...]
    validation: tuple[TrainingDocument, ...]
    longest: int
    byte_count: int
    files: int
    records: int

    @classmethod
    def of(
        cls,
        paths: Sequence[str | Path],
        *,
        window: int | None = None,
        documents: Documents = "auto",
        validation: float | Sequence[str | Path] = 0.0,
        validation_bytes: int = 50_000,
        form: PromptForm | None = None,
        weights: KindWeights | None = None,
        grounded_weight: float = 0.0,
        seed: int = 1,
        skip: Path | None = None,
    ) -> Corpus:
        """The documents of files and folders.

        `window`: bytes of a document at the most (512; for records 4096, which hold what the longest record
        needs); longer texts are cut into windows. `validation`: the share
        of the documents that is held out, or other files that hold such documents; about `validation_bytes`
        of them are read at each validation. `form`: of the model's prompts, if it has one. `weights`: of
        bytes in the loss, by their kind: those of texts and prompts, of the syntax of JSON, of answers.
        `skip`: a folder that is left out (that of the run).

        Raises FileNotFoundError, OSError; ValueError where there is nothing to read, where a record is wrong,
        or where nothing is left on either side of the split.
        """
        one_of("documents", documents, DOCUMENTS)
        sources = _sources(found_files(paths, skip), window, documents, form)
        if not any(source.places for source in sources):
            raise ValueError(f"no bytes to train on in {', '.join(map(str, paths))}")
        byte_count = sum(source.byte_count for source in sources)
        if isinstance(validation, (int, float)):
            held = _held_out(sources, validation, seed, validation_bytes)
        else:
            others = _sources(found_files(validation, skip), window, documents, form)
            held = _held_out(others, 1.0, seed, validation_bytes)
            if not held:
                raise ValueError(f"no bytes to validate on in {', '.join(map(str, validation))}")
        drawn = [source for source in sources if source.places]
        if not drawn:
            raise ValueError(f"validation={validation!r}: nothing is left to train on; give more, or take 0")
        records = [source for source in drawn if isinstance(source, RecordSource)]
        longest = max(one.window if isinstance(one, FileSource) else one.longest for one in drawn)
        mixture = Mixture(tuple((source, float(source.places)) for source in drawn))
        stage = Stage(0, mixture, weights or KindWeights(0.1, 1.0, 1.0), grounded_weight)
        return cls(
            (stage,),
            tuple(held),
            longest,
            byte_count,
            sum(len(source.files) for source in sources),
            sum(len(source.files) for source in records),
        )


def _sources(
    files: Sequence[tuple[Path, str]], window: int | None, documents: Documents, form: PromptForm | None
) -> list[AnySource]:
    """One source for each kind of documents that there is."""
    records = [one for one in files if documents == "records" or one[0].suffix.lower() in RECORDS]
    if documents in ("files", "lines"):
        records = []
    others = [one for one in files if one not in records]
    sources: list[AnySource] = []
    if others:
        raw = WINDOW if window is None else window
        sources.append(LineSource(others, raw) if documents == "lines" else FileSource.of(others, raw))
    if records:
        sources.append(RecordSource(records, RECORD_WINDOW if window is None else window, form))
    return sources


def _held_out(sources: Sequence[AnySource], share: float, seed: int, most: int) -> list[TrainingDocument]:
    """About `most` bytes of the share of the documents that is not drawn from then on."""
    if not 0 <= share <= 1:
        raise ValueError(f"validation={share!r}: a share in [0, 1) is needed, or paths of files")
    total = sum(source.byte_count for source in sources)
    held: list[TrainingDocument] = []
    for source in sources:
        if share and source.places:
            held += source.hold_out(share, seed, most * source.byte_count // total + 1)
    if share and not held:
        raise ValueError(f"validation={share:g}: too few documents to hold any out; give more, or take 0")
    return held
