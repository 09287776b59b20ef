"""Brings a backup to an empty place, which may be another kind of database."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import TableClause, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import migrations
from storage.audit import Action, AuditLog, append_everywhere
from storage.backup.archive import ArchiveReader, Manifest, RowsDigest, TableEntry
from storage.backup.rows import alike, batches, decode, encode, table_of
from storage.database import Database
from storage.errors import StorageError
from storage.organizations import organization_ids

_BATCH = 1_000
_PATH = re.compile(r"(?:recordings|knowledge|journal)(?:/(?!\.)[\w.-]+)+", re.ASCII)
"""Where a backup may put files."""


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was restored."""

    manifest: Manifest
    broken_logs: dict[str, str]
    """Where an organization's audit log is not as it was written: it was not when it was saved."""


class Restorer:
    """Fills one database and data directory."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        self._database = database
        self._data_dir = data_dir

    async def restore(self, source: Path, at: datetime, *, actor: str) -> Restored:
        """Bring all of a backup here, or nothing, and note it in every audit log.

        Raises StorageError: `damaged`, `unknown_backup`, `unknown_schema` where a newer version
        has made it, `unknown_key` where a key is not set, `not_empty` where there is something
        here already. Also OSError.
        """
        archive = await asyncio.to_thread(ArchiveReader, source)
        try:
            self._check_keys(archive.manifest)
            targets = self._targets(archive.manifest)
            await asyncio.to_thread(_require_free, self._data_dir, targets)
            await self._database.migrate(archive.manifest.revision)
            await asyncio.to_thread(_copy, archive, targets)
            try:
                await self._fill(archive)
            except BaseException:
                await asyncio.to_thread(_remove, targets)
                raise
        finally:
            await asyncio.to_thread(archive.close)
        await self._database.migrate()
        broken = await self._broken_logs(at)
        await append_everywhere(
            self._database,
            at=at,
            actor=actor,
            action=Action.RESTORED,
            subject=source.name,
            details={"made_at": archive.manifest.made_at.isoformat()},
        )
        return Restored(manifest=archive.manifest, broken_logs=broken)

    async def _broken_logs(self, at: datetime) -> dict[str, str]:
        broken = {}
        for organization_id in await organization_ids(self._database):
            verdict = await AuditLog(self._database, organization_id, lambda: at).verify()
            if verdict.broken_at is not None:
                broken[organization_id] = f"entry {verdict.broken_at}: {verdict.fault}"
        return broken

    def _check_keys(self, manifest: Manifest) -> None:
        known = self._database.vault.key_ids
        if missing := [key_id for key_id in manifest.keys if key_id not in known]:
            raise StorageError(
                "unknown_key", f"not in YEOBOSEYO_KEYS, but needed: {', '.join(missing)}"
            )
        if not migrations.known(manifest.revision):
            raise StorageError("unknown_schema", "a newer version has made this backup")

    def _targets(self, manifest: Manifest) -> dict[str, Path]:
        """Where members go that are files."""
        for path in manifest.files:
            if not _PATH.fullmatch(path):
                raise StorageError("damaged", "the backup holds a file that is none of ours")
        return {member: self._data_dir / path for path, member in manifest.files.items()}

    async def _fill(self, archive: ArchiveReader) -> None:
        tables = [(entry, table_of(entry.name, entry.columns)) for entry in archive.manifest.tables]
        async with self._database.everywhere() as connection:
            if await connection.run_sync(migrations.current) != archive.manifest.revision:
                raise _not_empty("tables of another version are there")
            for entry, table in tables:
                if await connection.scalar(select(exists().select_from(table))):
                    raise _not_empty(f"the table {entry.name} holds rows")
            for entry, table in tables:
                for part in entry.parts:
                    lines = await asyncio.to_thread(archive.lines, part)
                    rows = (decode(line, entry.columns) for line in lines)
                    for run in alike(rows, entry.columns):
                        await connection.execute(table.insert(), run)
                await _verify(connection, table, entry)
                await _count_on(connection, table, entry)


async def _verify(connection: AsyncConnection, table: TableClause, entry: TableEntry) -> None:
    """Reads what was written. Raises StorageError `damaged` where it is not what was saved."""
    digest = RowsDigest()
    async for rows in batches(connection, table, entry.key, _BATCH):
        for row in rows:
            digest.add(encode(row, entry.columns))
    if (digest.rows, digest.hexdigest()) != (entry.rows, entry.digest):
        raise StorageError("damaged", f"{entry.name} is not what it was in the backup")


async def _count_on(connection: AsyncConnection, table: TableClause, entry: TableEntry) -> None:
    """PostgreSQL counts ids by itself; the other databases by what is there."""
    if connection.dialect.name == "postgresql" and ("id", "integer") in entry.columns:
        newest = await connection.scalar(select(func.max(table.columns["id"])))
        if newest is not None:
            sequence = func.pg_get_serial_sequence(table.name, "id")
            await connection.execute(select(func.setval(sequence, newest)))


def _require_free(data_dir: Path, targets: dict[str, Path]) -> None:
    recordings = data_dir / "recordings"
    if any(path.exists() for path in targets.values()) or (
        recordings.is_dir() and any(recordings.iterdir())
    ):
        raise _not_empty(f"recordings or knowledge lie in {data_dir} already")


def _copy(archive: ArchiveReader, targets: dict[str, Path]) -> None:
    done: dict[str, Path] = {}
    try:
        for member, path in targets.items():
            archive.copy(member, path)
            done[member] = path
    except BaseException:
        _remove(done)
        raise


def _remove(targets: dict[str, Path]) -> None:
    for path in targets.values():
        path.unlink(missing_ok=True)


def _not_empty(why: str) -> StorageError:
    return StorageError("not_empty", f"a backup is restored to an empty place only: {why}")
