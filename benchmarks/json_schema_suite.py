"""Which cases of the official JSON Schema Test Suite does each engine judge rightly?

    python benchmarks/json_schema_suite.py [--quick] [--engines bltgen,llguidance] [--differences]

A case is right where the instance's JSON text, walked byte by byte, is accepted to its end exactly if the
suite calls it valid. Required cases: `tests/<draft>/*.json` of drafts 4 to 2020-12, formats as annotations;
optional ones: `optional/` and `optional/format/`, there with formats asserted. The suite's `remotes/` are
the registry; peers have none, so they can only refuse what refers to them. Everything that bltgen judges
otherwise is listed; `--differences` lists it for the peers too. `--quick` takes each eighth schema.

The suite is the copy in `tests/data`, which `--source DIRECTORY` makes anew from a checkout of
https://github.com/json-schema-org/JSON-Schema-Test-Suite (MIT).
"""

from __future__ import annotations

import argparse
import json
import lzma
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import referencing
from referencing.jsonschema import specification_with

ARCHIVE = Path(__file__).resolve().parent.parent / "tests" / "data" / "json_schema_test_suite.json.xz"

DRAFTS = {"draft4": "4", "draft6": "6", "draft7": "7", "draft2019-09": "2019-09", "draft2020-12": "2020-12"}
_DIALECTS = {
    "draft4": "http://json-schema.org/draft-04/schema#",
    "draft6": "http://json-schema.org/draft-06/schema#",
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}


@dataclass(frozen=True)
class Group:
    """A schema of the suite with its cases: (description, instance, valid)."""

    draft: str
    file: str
    description: str
    schema: Any
    cases: tuple[tuple[str, Any, bool], ...]

    @property
    def required(self) -> bool:
        return not self.file.startswith("optional/")

    @property
    def formats(self) -> str:
        return "assert" if self.file.startswith("optional/format/") else "annotate"


@cache
def _files() -> dict[str, Any]:
    files: dict[str, Any] = json.loads(lzma.decompress(ARCHIVE.read_bytes()))
    return files


def groups() -> Iterator[Group]:
    """Every group of the drafts that bltgen knows, in the order of the files."""
    for path, content in sorted(_files().items()):
        kind, draft, *rest = path.split("/")
        if kind == "tests" and draft in DRAFTS:
            for group in content:
                cases = tuple((t["description"], t["data"], t["valid"]) for t in group["tests"])
                yield Group(draft, "/".join(rest), group["description"], group["schema"], cases)


@cache
def registry(draft: str) -> referencing.Registry[Any]:
    """The remote documents, of the draft that they, their folder, or else the test says."""
    resources = []
    for path, content in _files().items():
        if path.startswith("remotes/"):
            place = path.removeprefix("remotes/")
            if place.startswith("v1/"):
                continue  # of a draft to come
            specification = specification_with(_DIALECTS.get(place.split("/")[0], _DIALECTS[draft]))
            resource = referencing.Resource.from_contents(content, default_specification=specification)
            resources.append((f"http://localhost:1234/{place}", resource))
    made: referencing.Registry[Any] = referencing.Registry().with_resources(resources)
    return made


def text_of(instance: Any) -> bytes:
    """The JSON text of an instance that is walked."""
    return json.dumps(instance, ensure_ascii=False).encode("utf-8", "surrogatepass")


def archive(checkout: Path) -> None:
    """Make the archive of a checkout of the suite: all tests and remotes in one compressed file."""
    files = {}
    for folder in ("tests", "remotes"):
        for path in sorted((checkout / folder).rglob("*.json")):
            files[str(path.relative_to(checkout))] = json.loads(path.read_text("utf-8"))
    packed = json.dumps(files, ensure_ascii=False, separators=(",", ":")).encode()
    ARCHIVE.write_bytes(lzma.compress(packed, preset=9))
    print(f"{ARCHIVE}: {len(files)} files, {ARCHIVE.stat().st_size} bytes")


def main() -> None:
    """Print the table."""
    from json_engines import Engine, Job, engines

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="each eighth schema")
    parser.add_argument("--engines", default=",".join(engines()), help="names, by commas")
    parser.add_argument("--differences", action="store_true", help="list the peers' wrong cases too")
    parser.add_argument("--source", type=Path, help="make the archive anew from this checkout, and stop")
    options = parser.parse_args()
    if options.source:
        return archive(options.source)
    chosen = list(groups())[:: 8 if options.quick else 1]
    for kind, wanted in (("required", True), ("optional", False)):
        members = [group for group in chosen if group.required == wanted]
        total = sum(len(group.cases) for group in members)
        print(f"\n{kind}: {len(members)} schemas, {total} cases")
        print(f"{'engine':12} {'right':>14} {'refused':>8} {'invalid taken':>14} {'valid refused':>14}")
        for name in options.engines.split(","):
            engine = Engine(name, timed=False, seconds=60)
            counts: Counter[str] = Counter()
            differences = []
            for group in members:
                ours = name == "bltgen"
                details: dict[str, Any] = {}
                if ours:
                    details = {"draft": DRAFTS[group.draft], "formats": group.formats}
                    details["registry"] = partial(registry, group.draft)
                schema = group.schema
                if not ours and isinstance(schema, dict) and "$schema" not in schema:
                    schema = {"$schema": _DIALECTS[group.draft], **schema}
                cases = [(text_of(instance), valid) for _, instance, valid in group.cases]
                outcome = engine.run(Job(schema, cases, details))
                # A schema that admits nothing is refused at once, and rightly so.
                nothing = outcome.refusal.startswith("EmptyLanguage")
                for index, (what, _, valid) in enumerate(group.cases):
                    if index < len(outcome.verdicts):
                        verdict = outcome.verdicts[index]
                        result = "right" if verdict == valid else ("taken" if verdict else "missed")
                    else:
                        result = "right" if nothing and not valid else "refused"
                    counts[result] += 1
                    if result != "right":
                        why = f" ({outcome.refusal})" if result == "refused" else ""
                        where = f"{group.draft}/{group.file}: {group.description}: {what}"
                        differences.append(f"    {result}: {where}{why}")
            engine.close()
            right = f"{counts['right']} ({100 * counts['right'] / total:.2f}%)"
            print(
                f"{name:12} {right:>14} {counts['refused']:>8} {counts['taken']:>14} {counts['missed']:>14}",
                flush=True,
            )
            if name == "bltgen" or options.differences:
                print("\n".join(differences), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    main()
