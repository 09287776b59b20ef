"""What was ingested when, into which version, and from which documents: for those who ask why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from storage.database import Database
from storage.models import DocumentRow, IndexVersionRow, IngestionRunRow


class RunStatus(StrEnum):
    """How an ingestion stands."""

    RUNNING = "running"
    """Or cut off: its process died."""
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class IngestedDocument:
    """A document as it was read."""

    key: str
    """Its id in the index, such as `plan:rollover-10`."""
    title: str
    kind: str
    sha256: str
    """Of all that is searched and told of it."""
    size: int
    """Bytes of the same."""


@dataclass(frozen=True, kw_only=True)
class IngestionRun:
    """One ingestion."""

    source: str
    started_at: datetime
    """UTC."""
    ended_at: datetime | None
    status: RunStatus
    documents: int
    entries: int
    version: str | None
    """What it made; None where it failed or found its version made already."""
    error: str | None


class IngestionStore:
    """One organization's ingestions."""

    def __init__(self, database: Database, organization_id: str) -> None:
        self._database = database
        self._organization_id = organization_id

    async def begin(self, source: str, now: datetime) -> int:
        """Note that an ingestion begins; gives its id."""
        async with self._database.write(self._organization_id) as session:
            run = IngestionRunRow(
                source=source[:500],
                started_at=now,
                status=RunStatus.RUNNING,
                documents=0,
                entries=0,
            )
            session.add(run)
            await session.flush()
            return run.id

    async def failed(self, run_id: int, error: str, now: datetime) -> None:
        """Note why an ingestion failed."""
        async with self._database.write(self._organization_id) as session:
            run = await session.get_one(IngestionRunRow, run_id)
            run.status, run.error, run.ended_at = RunStatus.FAILED, error, now

    async def done(
        self,
        run_id: int,
        documents: Sequence[IngestedDocument],
        *,
        entries: int,
        version: str,
        embedding: str,
        now: datetime,
    ) -> None:
        """Note what an ingestion published; documents that it no longer found count as removed."""
        async with self._database.write(self._organization_id) as session:
            run = await session.get_one(IngestionRunRow, run_id)
            run.status, run.ended_at = RunStatus.DONE, now
            run.documents, run.entries = len(documents), entries
            known = {row.key: row for row in await session.scalars(select(DocumentRow))}
            for document in documents:
                row = known.pop(document.key, None)
                if row is None:
                    row = DocumentRow(key=document.key)
                    session.add(row)
                row.title, row.kind = document.title[:300], document.kind
                row.sha256, row.size = document.sha256, document.size
                row.run_id, row.seen_at, row.removed_at = run_id, now, None
            for gone in known.values():
                gone.removed_at = gone.removed_at or now
            made = await session.scalar(
                select(IndexVersionRow).where(IndexVersionRow.version == version)
            )
            if made is None:
                made = IndexVersionRow(
                    version=version, embedding=embedding, run_id=run_id, made_at=now
                )
                session.add(made)
            made.published_at = now

    async def last(self, limit: int) -> list[IngestionRun]:
        """The last ingestions, newest first."""
        async with self._database.read(self._organization_id) as session:
            rows = await session.execute(
                select(IngestionRunRow, IndexVersionRow.version)
                .outerjoin(IndexVersionRow, IndexVersionRow.run_id == IngestionRunRow.id)
                .order_by(IngestionRunRow.started_at.desc(), IngestionRunRow.id.desc())
                .limit(limit)
            )
            return [
                IngestionRun(
                    source=run.source,
                    started_at=run.started_at,
                    ended_at=run.ended_at,
                    status=RunStatus(run.status),
                    documents=run.documents,
                    entries=run.entries,
                    version=version,
                    error=run.error,
                )
                for run, version in rows
            ]

    async def documents(self) -> list[IngestedDocument]:
        """The documents that the last ingestion found, by key."""
        async with self._database.read(self._organization_id) as session:
            rows = await session.scalars(
                select(DocumentRow)
                .where(DocumentRow.removed_at.is_(None))
                .order_by(DocumentRow.key)
            )
            return [
                IngestedDocument(
                    key=row.key,
                    title=row.title,
                    kind=row.kind,
                    sha256=row.sha256,
                    size=row.size,
                )
                for row in rows
            ]
