"""The outbox: what must happen after a commit, tried until it is done or given up in sight."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database
from storage.errors import StorageError
from storage.models import OutboxJobRow
from storage.privacy import mask
from storage.records import Job

logger = logging.getLogger(__name__)

Handler = Callable[[Job], Awaitable[None]]
"""Does a job. May be called again for the same job, so it must be idempotent."""

MAX_ATTEMPTS = 8
"""A job that failed so often is dead: kept, and not tried again."""
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=1)
LEASE = timedelta(minutes=2)
"""A claimed job that is neither done nor failed by then, as after a crash, is claimed again."""
BATCH = 4
"""Jobs done at once: they mostly wait for a model, and calls need the processor."""
_ERROR_LENGTH = 500


class JobStatus(StrEnum):
    """Where a job stands; a claimed one is still pending, only due later."""

    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"


def enqueue(session: AsyncSession, kind: str, payload: dict[str, Any], *, run_at: datetime) -> None:
    """Add a job to the transaction that makes it necessary."""
    session.add(
        OutboxJobRow(
            kind=kind, payload=payload, status=JobStatus.PENDING, attempts=0, run_at=run_at
        )
    )


def delay_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts, at least 1: doubles up to an hour."""
    return min(LONGEST_DELAY, FIRST_DELAY * (1 << min(attempts - 1, 20)))


class Outbox:
    """An organization's jobs. Each is handed out at least once."""

    def __init__(self, database: Database, organization_id: str) -> None:
        self._database = database
        self._organization_id = organization_id

    async def claim(self, now: datetime, limit: int) -> list[Job]:
        """Take up to `limit` due jobs, oldest first; nobody else gets them during the lease."""
        async with self._database.write(self._organization_id) as session:
            # A job that takes its process down with it each time never reports a failure.
            for row in await session.scalars(
                _due(now).where(OutboxJobRow.attempts >= MAX_ATTEMPTS)
            ):
                row.status = JobStatus.DEAD
                logger.error("job %s is given up: it never ended", row.id)
            rows = await session.scalars(_due(now).limit(limit))
            jobs = []
            for row in rows.all():
                row.attempts += 1
                row.run_at = now + LEASE
                jobs.append(
                    Job(id=row.id, kind=row.kind, payload=row.payload, attempts=row.attempts)
                )
            return jobs

    async def done(self, job_id: int) -> None:
        """Note that a job is done."""
        async with self._database.write(self._organization_id) as session:
            await session.execute(
                update(OutboxJobRow)
                .where(OutboxJobRow.id == job_id)
                .values(status=JobStatus.DONE, last_error=None)
            )

    async def failed(self, job_id: int, now: datetime, error: str) -> None:
        """Note a failure: the job is due again after a back-off, or dead."""
        async with self._database.write(self._organization_id) as session:
            row = await session.get(OutboxJobRow, job_id)
            if row is None:
                return
            row.last_error = mask(error)[:_ERROR_LENGTH]
            if row.attempts >= MAX_ATTEMPTS:
                row.status = JobStatus.DEAD
                logger.error("job %s (%s) is given up: %s", row.id, row.kind, row.last_error)
            else:
                row.run_at = now + delay_after(row.attempts)

    async def count(self, status: JobStatus) -> int:
        """How many jobs stand so."""
        async with self._database.read(self._organization_id) as session:
            return (
                await session.scalar(
                    select(func.count(OutboxJobRow.id)).where(OutboxJobRow.status == status)
                )
                or 0
            )


def _due(now: datetime) -> Select[OutboxJobRow]:
    """Jobs that nobody else is claiming at this moment, oldest first."""
    return (
        select(OutboxJobRow)
        .where(OutboxJobRow.status == JobStatus.PENDING, OutboxJobRow.run_at <= now)
        .order_by(OutboxJobRow.run_at, OutboxJobRow.id)
        .with_for_update(skip_locked=True)
    )


class OutboxWorker:
    """Hands due jobs to the handler of their kind, a few at once."""

    def __init__(
        self,
        outbox: Outbox,
        handlers: Mapping[str, Handler],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        poll_s: float = 5.0,
    ) -> None:
        self._outbox = outbox
        self._handlers = dict(handlers)
        self._clock = clock
        self._poll_s = poll_s
        self._poked = asyncio.Event()

    def poke(self) -> None:
        """Say that there may be a new job, so that it need not wait for the next look."""
        self._poked.set()

    async def run(self) -> None:
        """Work until cancelled, through any time without a database."""
        while True:
            self._poked.clear()
            try:
                await self.drain()
            except StorageError as error:
                logger.warning("the outbox cannot be read: %s", error)
            try:
                async with asyncio.timeout(self._poll_s):
                    await self._poked.wait()
            except TimeoutError:
                continue

    async def drain(self) -> int:
        """Do all jobs that are due now, and return how many were handed out."""
        count = 0
        while jobs := await self._outbox.claim(self._clock(), BATCH):
            async with asyncio.TaskGroup() as group:
                for job in jobs:
                    group.create_task(self._do(job))
            count += len(jobs)
        return count

    async def _do(self, job: Job) -> None:
        try:
            await self._handle(job)
        except StorageError as error:
            # The lease runs out and the job comes again.
            logger.warning("the end of job %s (%s) is not stored: %s", job.id, job.kind, error)

    async def _handle(self, job: Job) -> None:
        handler = self._handlers.get(job.kind)
        if handler is None:
            await self._outbox.failed(job.id, self._clock(), f"no handler for {job.kind}")
            return
        try:
            # Whoever takes longer than the lease would soon be doing the job twice at once.
            async with asyncio.timeout(LEASE.total_seconds()):
                await handler(job)
        except Exception as error:
            reason = mask(f"{type(error).__name__}: {error}")
            logger.warning("job %s (%s) failed: %s", job.id, job.kind, reason)
            await self._outbox.failed(job.id, self._clock(), reason)
        else:
            await self._outbox.done(job.id)
