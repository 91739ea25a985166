"""`python -m bltgen.training.data.corpora --into DIR`: fetch, clean and split the prose to train on."""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from bltgen.errors import did_you_mean
from bltgen.training.data.corpora.errors import CorpusError
from bltgen.training.data.corpora.sources import SOURCES, Source
from bltgen.training.data.corpora.store import SPLITS, Size, merge, prepare

__all__ = ["main"]


def _chosen(names: Sequence[str] | None, permissive: bool) -> list[Source]:
    known = {source.name: source for source in SOURCES}
    for name in names or ():
        if name not in known:
            raise CorpusError(
                f"there is no source {name!r}{did_you_mean(name, known)}; `--list` names them all"
            )
    return [
        source
        for source in SOURCES
        if (not names or source.name in names) and (source.permissive or not permissive)
    ]


def _listed(sources: Sequence[Source]) -> None:
    for source in sources:
        sizes = ", ".join(f"{language} {size:,}" for language, size in source.gained.items())
        print(f"{source.name}: {source.package} {source.version} ({source.registry})")
        print(f"    {source.licence}, stated in {source.stated}")
        print(f"    bytes of text: {sizes}")


def _table(sources: Sequence[Source], sizes: dict[tuple[str, str], Size]) -> None:
    print(f"{'source':24}{'language':10}{'documents':>10}{'bytes':>14}  licence")
    totals: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for source in sources:
        for (name, language), size in sorted(sizes.items()):
            if name == source.name:
                print(f"{name:24}{language:10}{size.documents:10,}{size.bytes:14,}  {source.licence}")
                totals[language][0] += size.documents
                totals[language][1] += size.bytes
    for language, (documents, count) in sorted(totals.items(), key=lambda item: -item[1][1]):
        print(f"{'in all':24}{language:10}{documents:10,}{count:14,}")


def _record(sources: Sequence[Source], sizes: dict[tuple[str, str], Size]) -> str:
    rows = [
        {
            "name": source.name,
            "package": source.package,
            "version": source.version,
            "registry": source.registry,
            "sha256": source.sha256,
            "licence": source.licence,
            "bytes": {
                language: size.bytes for (name, language), size in sizes.items() if name == source.name
            },
        }
        for source in sources
    ]
    return json.dumps({"sources": rows}, indent=1) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bltgen.training.data.corpora", description=__doc__.split(": ", 1)[1]
    )
    parser.add_argument(
        "--into", type=Path, metavar="DIR", help="the folder of the corpus; what it has is kept"
    )
    parser.add_argument(
        "--source", action="append", metavar="NAME", help="only this one (may be given again); all by default"
    )
    parser.add_argument("--permissive", action="store_true", help="leave out the sources under copyleft")
    parser.add_argument("--list", action="store_true", help="print what there is, with licences, and stop")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Fetch, read, merge; 1 where a source could not be had, which the others do not wait for."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        sources = _chosen(options.source, options.permissive)
        if options.list:
            _listed(sources)
            return 0
        if options.into is None:
            parser.error("--into DIR is needed: the folder of the corpus")
        folder: Path = options.into
        ready: list[Source] = []
        files: list[Path] = []
        failed: list[str] = []
        for source in sources:
            try:
                files.append(prepare(source, folder))
                ready.append(source)
            except CorpusError as error:
                print(error, file=sys.stderr)
                failed.append(source.name)
        sizes = merge(files, folder)
        (folder / "corpus.json").write_text(_record(ready, sizes))
    except (CorpusError, OSError) as error:
        parser.error(str(error))
    _table(ready, sizes)
    for split in SPLITS:
        size = sum(file.stat().st_size for file in (folder / split).glob("*.jsonl"))
        print(f"{folder / split}: {size:,} bytes of JSON Lines")
    if failed:
        print(f"without {', '.join(failed)}: run the command again to go on", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
