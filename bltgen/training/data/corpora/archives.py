"""Members of package archives, read one after another and never written to disk.

Wheels (zip), npm's and other tars (plain, gzip, bzip2, xz) and Debian's packages (an `ar` of tars) are told
by their first bytes. What comes from outside is bounded: the size of a member, the sum of all that are read,
the number of members; links and devices are left out; a name that leaves the archive's folder is an error.
"""

from __future__ import annotations

import gzip
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from bltgen.training.data.corpora.errors import CorpusError

__all__ = ["Bounds", "members"]


@dataclass(frozen=True)
class Bounds:
    """How much of an archive may be read: bytes of one member, bytes of all, and how many there may be."""

    member_bytes: int = 64 << 20
    total_bytes: int = 1 << 30
    count: int = 200_000


def members(
    archive: Path, wanted: re.Pattern[str], bounds: Bounds | None = None
) -> Iterator[tuple[str, bytes]]:
    """The name and the content of each file whose whole name `wanted` matches, in the archive's order.

    A leading `./` is no part of a name. A member that ends in `.gz` or `.dz` comes unpacked.
    Raises CorpusError for an archive of another kind, a broken one, or one beyond its bounds.
    """
    meter = _Meter(archive, bounds or Bounds())
    try:
        with archive.open("rb") as file:
            head = file.read(8)
            file.seek(0)
            if head.startswith(b"PK"):
                found = _zip_members(file, wanted, meter)
            elif head == b"!<arch>\n":
                found = _debian_members(file, wanted, meter)
            else:
                found = _tar_members(file, wanted, meter)
            for name, data in found:
                yield name, _unpacked(name, data, meter) if name.endswith((".gz", ".dz")) else data
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, zlib.error, ValueError) as error:
        raise CorpusError(f"{archive} cannot be read as a zip, a tar or a Debian package: {error}") from error


class _Meter:
    """Counts what is read of one archive, and ends it where that is too much."""

    def __init__(self, archive: Path, bounds: Bounds) -> None:
        self.archive, self.bounds = archive, bounds
        self.count = self.total = 0

    def name(self, name: str) -> str:
        """The name within the archive's folder."""
        self.count += 1
        if self.count > self.bounds.count:
            raise CorpusError(f"{self.archive} has more than {self.bounds.count:,} members")
        plain = name[2:] if name.startswith("./") else name
        if plain.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", plain) or "\0" in plain:
            raise CorpusError(f"{self.archive} has a member that leaves its folder: {name!r}")
        return plain

    def read(self, name: str, file: IO[bytes] | gzip.GzipFile) -> bytes:
        """All of a file, which may claim to be smaller than it is."""
        data = file.read(self.bounds.member_bytes + 1)
        if len(data) > self.bounds.member_bytes:
            raise CorpusError(
                f"{name} in {self.archive} is larger than {self.bounds.member_bytes:,} bytes when unpacked"
            )
        self.total += len(data)
        if self.total > self.bounds.total_bytes:
            raise CorpusError(f"{self.archive} holds more than {self.bounds.total_bytes:,} bytes to read")
        return data


def _unpacked(name: str, data: bytes, meter: _Meter) -> bytes:
    with gzip.GzipFile(fileobj=BytesIO(data)) as file:
        return meter.read(name, file)


def _zip_members(file: IO[bytes], wanted: re.Pattern[str], meter: _Meter) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            name = meter.name(entry.filename)
            kind = entry.external_attr >> 28  # the file type in the mode that Unix writers leave here
            if entry.is_dir() or kind not in (0, 0o10) or not wanted.fullmatch(name):
                continue
            with archive.open(entry) as content:
                yield name, meter.read(name, content)


def _tar_members(file: IO[bytes], wanted: re.Pattern[str], meter: _Meter) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=file, mode="r|*") as archive:
        for entry in archive:
            name = meter.name(entry.name)
            content = archive.extractfile(entry) if entry.isreg() and wanted.fullmatch(name) else None
            if content is not None:
                yield name, meter.read(name, content)


def _debian_members(file: IO[bytes], wanted: re.Pattern[str], meter: _Meter) -> Iterator[tuple[str, bytes]]:
    """The files of `data.tar`, in the format of deb(5)."""
    file.seek(8)
    while len(header := file.read(60)) == 60:
        name = header[:16].decode("ascii", "replace").strip().rstrip("/")
        size = int(header[48:58])
        if size < 0 or header[58:] != b"`\n":
            raise CorpusError(f"{meter.archive} has a broken header of {name!r}")
        if name.startswith("data.tar"):
            if name.endswith(".zst"):
                raise CorpusError(
                    f"{meter.archive} is packed with zstd, which is not read: take Debian's own package"
                )
            yield from _tar_members(_Window(file, size), wanted, meter)
            return
        file.seek(size + size % 2, 1)
    raise CorpusError(f"{meter.archive} has no data.tar")


class _Window(BytesIO):
    """The next `size` bytes of a file, as a file that is read forwards."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        super().__init__()
        self._file, self._left = file, size

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        data = self._file.read(wanted)
        self._left -= len(data)
        return data
