"""The outbox: what must happen after a commit, tried until it is done or given up in sight."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database, affected, upsert
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
KEPT = timedelta(days=30)
"""How long a job that is done stays, so that the same one asked for again is not done again."""
LEASE = timedelta(minutes=2)
"""A claimed job that is neither done nor failed by then, as after a crash, is claimed again."""
BATCH = 4
"""Jobs done at once: they mostly wait for a model, and calls need the processor."""
_PRUNE_EVERY = timedelta(hours=1)
_ERROR_LENGTH = 500
_RUN_AT = OutboxJobRow.run_at


class JobKind(StrEnum):
    """What is left to be done; whoever enqueues a kind gives the application a handler for it."""

    SUMMARIZE = "summarize"
    """Of every closed call; the payload holds `call_id`, here and below."""
    FINISH_RECORDING = "finish_recording"
    """Of every closed recording."""
    INDEX_CASE = "index_case"
    """Of every summary: the call becomes findable as a case."""


class JobStatus(StrEnum):
    """Where a job stands; a claimed one is still pending, only due later."""

    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"


async def enqueue(
    session: AsyncSession, kind: JobKind, payload: dict[str, Any], *, key: str, run_at: datetime
) -> None:
    """Add a job to the transaction that makes it necessary; under one `key` it is there once.

    The key is the organization's, and the kind is put before it.
    """
    await upsert(
        session,
        OutboxJobRow,
        {
            "kind": kind,
            "key": f"{kind}/{key}",
            "payload": payload,
            "status": JobStatus.PENDING,
            "attempts": 0,
            "run_at": run_at,
        },
        on=("organization_id", "key"),
        update=False,
    )


@dataclass(frozen=True, kw_only=True)
class OutboxGauge:
    """What is told of the outbox."""

    pending: int
    overdue_s: float
    """Seconds by which the oldest of them is late."""
    dead: int
    """Jobs that were given up: `yeoboseyo jobs` tells which and why."""


@dataclass(frozen=True, kw_only=True)
class StoredJob:
    """A job as people look at it."""

    id: int
    kind: str
    payload: dict[str, Any]
    status: JobStatus
    attempts: int
    run_at: datetime
    """When it is due, UTC."""
    last_error: str | None


def delay_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: doubles up to an hour."""
    return min(LONGEST_DELAY, FIRST_DELAY * (1 << min(max(attempts - 1, 0), 20)))


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

    async def gauge(self, now: datetime) -> OutboxGauge:
        """How much is left to be done, and how late it is."""
        async with self._database.read(self._organization_id) as session:
            query = (
                select(OutboxJobRow.status, func.count(OutboxJobRow.id), func.min(_RUN_AT))
                .where(OutboxJobRow.status.in_((JobStatus.PENDING, JobStatus.DEAD)))
                .group_by(OutboxJobRow.status)
            )
            found = {status: (count, due) for status, count, due in await session.execute(query)}
        pending, due = found.get(JobStatus.PENDING, (0, now))
        dead, _ = found.get(JobStatus.DEAD, (0, now))
        overdue_s = max(0.0, (now - due).total_seconds())
        return OutboxGauge(pending=pending, overdue_s=overdue_s, dead=dead)

    async def unfinished(self, limit: int) -> list[StoredJob]:
        """Jobs that are given up, then those that are still to be done; each oldest first."""
        async with self._database.read(self._organization_id) as session:
            rows = await session.scalars(
                select(OutboxJobRow)
                .where(OutboxJobRow.status.in_((JobStatus.DEAD, JobStatus.PENDING)))
                .order_by(OutboxJobRow.status, OutboxJobRow.run_at, OutboxJobRow.id)
                .limit(limit)
            )
            return [
                StoredJob(
                    id=row.id,
                    kind=row.kind,
                    payload=row.payload,
                    status=JobStatus(row.status),
                    attempts=row.attempts,
                    run_at=row.run_at,
                    last_error=row.last_error,
                )
                for row in rows
            ]

    async def retry(self, now: datetime, job_id: int | None = None) -> int:
        """Let a job that was given up, or waits for its next attempt, be tried anew at once.

        Without an id, all that were given up; returns how many. What is done stays done.
        """
        again = update(OutboxJobRow).values(
            status=JobStatus.PENDING, attempts=0, run_at=now, last_error=None
        )
        if job_id is None:
            again = again.where(OutboxJobRow.status == JobStatus.DEAD)
        else:
            again = again.where(OutboxJobRow.id == job_id, OutboxJobRow.status != JobStatus.DONE)
        async with self._database.write(self._organization_id) as session:
            return await affected(session, again)

    async def prune(self, before: datetime) -> int:
        """Remove jobs that were done before then; returns how many."""
        async with self._database.write(self._organization_id) as session:
            return await affected(
                session,
                delete(OutboxJobRow).where(
                    OutboxJobRow.status == JobStatus.DONE, OutboxJobRow.run_at < before
                ),
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
        self._prune_at: datetime | None = None

    def poke(self) -> None:
        """Say that there may be a new job, so that it need not wait for the next look."""
        self._poked.set()

    async def run(self) -> None:
        """Work until cancelled, through any time without a database."""
        while True:
            self._poked.clear()
            try:
                await self.drain()
                await self._prune()
            except StorageError as error:
                logger.warning("the outbox cannot be read: %s", error)
            try:
                async with asyncio.timeout(self._poll_s):
                    await self._poked.wait()
            except TimeoutError:
                continue

    async def _prune(self) -> None:
        now = self._clock()
        if self._prune_at is None or now >= self._prune_at:
            self._prune_at = now + _PRUNE_EVERY
            await self._outbox.prune(now - KEPT)

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
            # Another version's, perhaps, which a rolling update brings: it is not lost.
            logger.error("job %s is of a kind that nobody handles here: %s", job.id, job.kind)
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
