"""A backup's file: a tar whose last member, the manifest, tells what all the others must be."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from storage.errors import StorageError

FORMAT = 1
MANIFEST = "manifest.json"
_CHUNK = 1 << 20


class TableEntry(BaseModel):
    """What a backup holds of a table."""

    model_config = ConfigDict(frozen=True)

    name: str
    columns: tuple[tuple[str, str], ...]
    """Names, and what they hold."""
    key: tuple[str, ...]
    """The columns of its primary key."""
    rows: int
    digest: str
    """Of the rows, whatever their order."""
    parts: tuple[str, ...]
    """Members that hold them, in order."""


class Manifest(BaseModel):
    """What a backup is."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    made_at: datetime
    """When it was begun; the database is as it was at one moment after that."""
    database: str
    """Kind of the database that was saved."""
    revision: str
    """Of its schema."""
    keys: tuple[str, ...]
    """Ids of the keys that sealed what is in it. The keys themselves never are."""
    tables: tuple[TableEntry, ...]
    """In the order in which they can be filled."""
    files: dict[str, str]
    """Members that are files, by their paths in the data directory."""
    missing: tuple[str, ...]
    """Recordings that rows tell of and that were not there."""
    rebuilt: tuple[str, ...] = ("knowledge vectors", "index of cases", "voice cache")
    """What is left out, since the next start makes it again."""
    members: dict[str, str]
    """SHA-256 of every member but the manifest."""


class ArchiveWriter:
    """Writes a backup. All of it blocks."""

    def __init__(self, file: BinaryIO) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w")  # noqa: SIM115
        self.members: dict[str, str] = {}

    def add_rows(self, name: str, lines: list[bytes]) -> None:
        """A part of a table."""
        self.add(name, gzip.compress(b"".join(lines), mtime=0))

    def add(self, name: str, data: bytes) -> None:
        """A member of these bytes."""
        self.add_file(name, io.BytesIO(data), len(data))

    def add_file(self, name: str, file: BinaryIO, size: int) -> None:
        """A member of the first `size` bytes of a file."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        reading = _Digesting(file)
        self._tar.addfile(info, cast("BinaryIO", reading))
        self.members[name] = reading.digest.hexdigest()

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, and end the archive."""
        data = manifest.model_dump_json(indent=1).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(data), 0o600
        self._tar.addfile(info, io.BytesIO(data))
        self._tar.close()


class ArchiveReader:
    """Reads a backup whose members were checked. All of it blocks; close it."""

    def __init__(self, path: Path) -> None:
        """Raises StorageError `damaged`, `unknown_backup`, OSError."""
        try:
            self._tar = tarfile.open(path)  # noqa: SIM115
        except (tarfile.TarError, EOFError) as error:
            raise StorageError("damaged", "this is no backup") from error
        try:
            self.manifest = self._read_manifest()
            self._check()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._tar.close()

    def lines(self, part: str) -> list[bytes]:
        """Some of a table's rows."""
        return gzip.decompress(self._bytes(part)).splitlines()

    def copy(self, member: str, target: Path) -> None:
        """A member as a file that is there as a whole or not at all. Raises OSError."""
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in self._chunks(member):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            target.unlink()
            raise

    def _read_manifest(self) -> Manifest:
        try:
            manifest = Manifest.model_validate_json(self._bytes(MANIFEST))
        except ValidationError as error:
            raise StorageError("damaged", "the backup's manifest cannot be read") from error
        if manifest.format != FORMAT:
            raise StorageError("unknown_backup", "a newer version has made this backup")
        return manifest

    def _check(self) -> None:
        members = self.manifest.members
        wanted = {part for table in self.manifest.tables for part in table.parts}
        if not (wanted | set(self.manifest.files.values())) <= members.keys():
            raise StorageError("damaged", "the backup's manifest contradicts itself")
        for name, expected in members.items():
            digest = hashlib.sha256()
            for chunk in self._chunks(name):
                digest.update(chunk)
            if digest.hexdigest() != expected:
                raise StorageError("damaged", f"{name} was changed in the backup")

    def _bytes(self, name: str) -> bytes:
        return b"".join(self._chunks(name))

    def _chunks(self, name: str) -> Iterator[bytes]:
        try:
            file = self._tar.extractfile(name)
            if file is None:
                raise StorageError("damaged", f"{name} is no file in the backup")
            while chunk := file.read(_CHUNK):
                yield chunk
        except (KeyError, tarfile.TarError, EOFError) as error:
            raise StorageError("damaged", f"{name} is missing in the backup") from error


@dataclass
class _Digesting:
    """A file that is read once, and what was read."""

    file: BinaryIO

    def __post_init__(self) -> None:
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """See BinaryIO."""
        data = self.file.read(size)
        self.digest.update(data)
        return data


class RowsDigest:
    """Tells two sets of rows apart, whatever their order."""

    def __init__(self) -> None:
        self._sum = 0
        self.rows = 0

    def add(self, line: bytes) -> None:
        """One row."""
        self.rows += 1
        self._sum += int.from_bytes(hashlib.sha256(line).digest())

    def hexdigest(self) -> str:
        """64 hexadecimal digits."""
        return f"{self._sum % (1 << 256):064x}"
