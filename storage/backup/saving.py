"""Makes a backup while calls go on: the tables at one moment, then the files that rows tell of."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import migrations
from storage.audit import Action, append_everywhere
from storage.backup.archive import ArchiveWriter, Manifest, RowsDigest, TableEntry
from storage.backup.rows import batches, columns_of, encode
from storage.database import Database
from storage.errors import StorageError
from storage.models import Base, RecordingRow
from storage.recordings.files import file_within, read_head, whole_bytes
from storage.sealed import JOURNAL_FOLDER, JOURNAL_SUFFIXES, SEALED, journal_keys
from storage.vault import key_id_of

_BATCH = 5_000
"""Rows of a part, which are in memory together."""


class Saver:
    """Saves one database and data directory."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        self._database = database
        self._data_dir = data_dir
        self._keys: set[str] = set()
        self._recordings: list[str] = []

    async def save(
        self, target: Path, at: datetime, *, actor: str, more: Iterable[str] = ()
    ) -> Manifest:
        """Write a backup to `target`, which appears whole or not at all.

        That `actor` makes it is in every organization's audit log, also in the backup's. `more`
        are further files, by their paths in the data directory. Raises StorageError, also
        `exists` where the target is there already, and OSError.
        """
        if await asyncio.to_thread(target.exists):
            raise StorageError("exists", f"{target} is there already")
        await append_everywhere(
            self._database, at=at, actor=actor, action=Action.BACKED_UP, subject=target.name
        )
        draft = target.with_name(f"{target.name}.part")
        file = await asyncio.to_thread(_create, draft)
        try:
            manifest = await self._write(file, at, more)
            await asyncio.to_thread(_settle, file, draft, target)
        except BaseException:
            file.close()
            draft.unlink(missing_ok=True)
            raise
        return manifest

    async def _write(self, file: BinaryIO, at: datetime, more: Iterable[str]) -> Manifest:
        writer = ArchiveWriter(file)
        # Before the tables: what leaves the journal meanwhile is in them, and to store it twice
        # has no effect.
        waiting = await asyncio.to_thread(self._journal, writer)
        async with self._database.snapshot() as connection:
            revision = await connection.run_sync(migrations.current)
            if revision is None:
                raise StorageError("unknown_schema", "there are no tables to save")
            tables = [
                await self._table(connection, writer, number, table)
                for number, table in enumerate(Base.metadata.sorted_tables)
            ]
            kind = connection.dialect.name
        # After the tables: a file is at least as far as its row tells.
        files, missing = await asyncio.to_thread(self._files, writer, [*self._recordings, *more])
        manifest = Manifest(
            made_at=at,
            database=kind,
            revision=revision,
            keys=tuple(sorted(self._keys)),
            tables=tuple(tables),
            files={**waiting, **files},
            missing=tuple(missing),
            members=writer.members,
        )
        await asyncio.to_thread(writer.finish, manifest)
        return manifest

    async def _table(
        self, connection: AsyncConnection, writer: ArchiveWriter, number: int, table: Table
    ) -> TableEntry:
        columns = columns_of(table)
        digest = RowsDigest()
        parts: list[str] = []
        key = [column.name for column in table.primary_key.columns]
        async for rows in batches(connection, table, key, _BATCH):
            lines = [encode(row, columns) for row in rows]
            for line in lines:
                digest.add(line)
            self._note(table, rows)
            parts.append(f"tables/{number:02}-{table.name}/{len(parts):06}.jsonl.gz")
            await asyncio.to_thread(writer.add_rows, parts[-1], lines)
        return TableEntry(
            name=table.name,
            columns=tuple(columns),
            key=tuple(key),
            rows=digest.rows,
            digest=digest.hexdigest(),
            parts=tuple(parts),
        )

    def _note(self, table: Table, rows: Sequence[Sequence[object]]) -> None:
        """The keys that sealed these rows, and the recordings that they tell of."""
        names = [column.name for column in table.columns]
        if SEALED in names:
            at = names.index(SEALED)
            self._keys |= {key_id_of(value) for row in rows if isinstance(value := row[at], bytes)}
        if table.name == RecordingRow.__tablename__:
            at = names.index("path")
            self._recordings += [str(row[at]) for row in rows]

    def _journal(self, writer: ArchiveWriter) -> dict[str, str]:
        """What waits to be stored."""
        folder = self._data_dir / JOURNAL_FOLDER
        paths = sorted(path for path in folder.glob("**/*.*") if path.suffix in JOURNAL_SUFFIXES)
        files: dict[str, str] = {}
        for number, path in enumerate(paths):
            with suppress(FileNotFoundError), path.open("rb") as file:
                data = file.read()
                self._keys |= set(journal_keys(path, data))
                member = f"journal/{number:06}"
                writer.add(member, data)
                files[str(path.relative_to(self._data_dir))] = member
        return files

    def _files(
        self, writer: ArchiveWriter, paths: Iterable[str]
    ) -> tuple[dict[str, str], list[str]]:
        """Recordings and whatever else there is, and what of them there is not."""
        files: dict[str, str] = {}
        missing: list[str] = []
        for path in dict.fromkeys(paths):
            found = file_within(self._data_dir, path)
            if found is None:
                missing.append(path)
                continue
            member = f"files/{len(files):06}"
            with found.open("rb") as file:
                size = found.stat().st_size
                if path in self._recordings:
                    # Of one that is being written: to its last whole segment. What is no
                    # recording goes along as it is.
                    with suppress(StorageError):
                        self._keys.add(key_id_of(read_head(file).sealed_key))
                        size, _ = whole_bytes(file)
                file.seek(0)
                writer.add_file(member, file, size)
            files[path] = member
        return files, missing


def _create(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _settle(file: BinaryIO, draft: Path, target: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()
    draft.replace(target)
