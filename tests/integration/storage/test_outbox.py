"""Jobs are never lost, never done by two at once, and given up in sight."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from storage.database import Database
from storage.errors import StorageError
from storage.organizations import ensure_organization
from storage.outbox import (
    FIRST_DELAY,
    LEASE,
    LONGEST_DELAY,
    MAX_ATTEMPTS,
    JobStatus,
    Outbox,
    OutboxWorker,
    delay_after,
    enqueue,
)
from storage.records import Job
from tests.support.calls import NOW, ORGANIZATION


@pytest.fixture
def outbox(database: Database) -> Outbox:
    """The sample organization's jobs."""
    return Outbox(database, ORGANIZATION)


async def _add(database: Database, *kinds: str) -> None:
    async with database.write(ORGANIZATION) as session:
        for kind in kinds:
            enqueue(session, kind, {"call_id": 1}, run_at=NOW)


def test_delays_double_up_to_an_hour() -> None:
    delays = [delay_after(attempts) for attempts in range(1, 40)]

    assert delays[:3] == [FIRST_DELAY, 2 * FIRST_DELAY, 4 * FIRST_DELAY]
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_DELAY


async def test_a_claimed_job_is_nobody_elses_until_the_lease_ends(
    database: Database, outbox: Outbox
) -> None:
    await _add(database, "summarize")

    assert await outbox.claim(NOW - timedelta(seconds=1), 5) == []
    [job] = await outbox.claim(NOW, 5)
    assert (job.kind, job.payload, job.attempts) == ("summarize", {"call_id": 1}, 1)
    assert await outbox.claim(NOW, 5) == []

    [again] = await outbox.claim(NOW + LEASE, 5)
    assert (again.id, again.attempts) == (job.id, 2)


async def test_many_claimants_get_each_job_once(database: Database, outbox: Outbox) -> None:
    await _add(database, *["summarize"] * 20)

    claims = await asyncio.gather(*(outbox.claim(NOW, 3) for _ in range(12)))

    ids = [job.id for jobs in claims for job in jobs]
    assert len(ids) == len(set(ids)) == 20


async def test_a_job_that_keeps_failing_is_given_up_and_kept(
    database: Database, outbox: Outbox
) -> None:
    await _add(database, "summarize")
    now = NOW
    for attempt in range(1, MAX_ATTEMPTS + 1):
        [job] = await outbox.claim(now, 1)
        assert job.attempts == attempt
        await outbox.failed(job.id, now, "no answer")
        assert await outbox.claim(now + delay_after(attempt) - timedelta(seconds=1), 1) == []
        now += delay_after(attempt)

    assert await outbox.claim(now + timedelta(days=1), 1) == []
    assert await outbox.count(JobStatus.DEAD) == 1


async def test_a_job_that_kills_its_process_is_given_up(database: Database, outbox: Outbox) -> None:
    await _add(database, "summarize")
    for attempt in range(MAX_ATTEMPTS):
        assert len(await outbox.claim(NOW + attempt * LEASE, 1)) == 1

    assert await outbox.claim(NOW + MAX_ATTEMPTS * LEASE, 1) == []
    assert await outbox.count(JobStatus.DEAD) == 1


async def test_other_organizations_jobs_are_out_of_reach(
    database: Database, outbox: Outbox
) -> None:
    await ensure_organization(database, "other", "다른 회사")
    await _add(database, "summarize")
    other = Outbox(database, "other")

    assert await other.claim(NOW, 5) == []
    [job] = await outbox.claim(NOW, 5)
    await other.done(job.id)
    await other.failed(job.id, NOW, "not mine")

    assert await other.count(JobStatus.PENDING) == 0
    assert await outbox.count(JobStatus.PENDING) == 1


async def test_the_worker_retries_what_raised(database: Database, outbox: Outbox) -> None:
    await _add(database, "summarize", "summarize", "unknown")
    now = NOW
    tried: list[int] = []

    async def summarize(job: Job) -> None:
        tried.append(job.id)
        if job.attempts == 1 and job.id % 2:
            raise RuntimeError("모델 오류 010-1234-5678")

    worker = OutboxWorker(outbox, {"summarize": summarize}, clock=lambda: now)
    assert await worker.drain() == 3
    assert await outbox.count(JobStatus.DONE) == 1
    assert await worker.drain() == 0

    now += FIRST_DELAY
    assert await worker.drain() == 2

    assert len(tried) == 3
    assert await outbox.count(JobStatus.DONE) == 2
    assert await outbox.count(JobStatus.PENDING) == 1


async def test_logs_do_not_tell_numbers(
    database: Database, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    await _add(database, "summarize")

    async def summarize(job: Job) -> None:
        raise RuntimeError("010-1234-5678")

    await OutboxWorker(outbox, {"summarize": summarize}, clock=lambda: NOW).drain()

    assert "010-****-5678" in caplog.text
    assert "1234" not in caplog.text


async def test_the_worker_wakes_when_poked(database: Database, outbox: Outbox) -> None:
    done = asyncio.Event()

    async def summarize(job: Job) -> None:
        done.set()

    worker = OutboxWorker(outbox, {"summarize": summarize}, clock=lambda: NOW, poll_s=3600)
    running = asyncio.create_task(worker.run())
    try:
        await _add(database, "summarize")
        worker.poke()
        async with asyncio.timeout(10):
            await done.wait()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_the_worker_outlives_a_database_that_is_away(
    database: Database, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, failures, done = outbox.claim, 2, asyncio.Event()

    async def flaky(now: object, limit: int) -> list[Job]:
        nonlocal failures
        if failures:
            failures -= 1
            raise StorageError("unavailable", "away", retryable=True)
        return await claim(NOW, limit)

    async def summarize(job: Job) -> None:
        done.set()

    monkeypatch.setattr(outbox, "claim", flaky)
    await _add(database, "summarize")
    worker = OutboxWorker(outbox, {"summarize": summarize}, clock=lambda: NOW, poll_s=0)
    running = asyncio.create_task(worker.run())
    try:
        async with asyncio.timeout(10):
            await done.wait()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert failures == 0


async def test_a_handler_that_hangs_is_stopped_and_retried(
    database: Database, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _add(database, "summarize")

    async def summarize(job: Job) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("storage.outbox.LEASE", timedelta(0))
    worker = OutboxWorker(outbox, {"summarize": summarize}, clock=lambda: NOW)
    assert await worker.drain() == 1

    assert await outbox.claim(NOW, 1) == []
    [job] = await outbox.claim(NOW + FIRST_DELAY, 1)
    assert job.attempts == 2
