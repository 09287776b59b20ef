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
    KEPT,
    LEASE,
    LONGEST_DELAY,
    MAX_ATTEMPTS,
    JobKind,
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


async def _add(database: Database, *kinds: JobKind) -> None:
    async with database.write(ORGANIZATION) as session:
        for number, kind in enumerate(kinds):
            await enqueue(session, kind, {"call_id": 1}, key=str(number), run_at=NOW)


def test_delays_double_up_to_an_hour() -> None:
    delays = [delay_after(attempts) for attempts in range(1, 40)]

    assert delays[:3] == [FIRST_DELAY, 2 * FIRST_DELAY, 4 * FIRST_DELAY]
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_DELAY


async def test_a_claimed_job_is_nobody_elses_until_the_lease_ends(
    database: Database, outbox: Outbox
) -> None:
    await _add(database, JobKind.SUMMARIZE)

    assert await outbox.claim(NOW - timedelta(seconds=1), 5) == []
    [job] = await outbox.claim(NOW, 5)
    assert (job.kind, job.payload, job.attempts) == (JobKind.SUMMARIZE, {"call_id": 1}, 1)
    assert await outbox.claim(NOW, 5) == []

    [again] = await outbox.claim(NOW + LEASE, 5)
    assert (again.id, again.attempts) == (job.id, 2)


async def test_many_claimants_get_each_job_once(database: Database, outbox: Outbox) -> None:
    await _add(database, *[JobKind.SUMMARIZE] * 20)

    claims = await asyncio.gather(*(outbox.claim(NOW, 3) for _ in range(12)))

    ids = [job.id for jobs in claims for job in jobs]
    assert len(ids) == len(set(ids)) == 20


async def test_a_job_that_keeps_failing_is_given_up_and_kept(
    database: Database, outbox: Outbox
) -> None:
    await _add(database, JobKind.SUMMARIZE)
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
    await _add(database, JobKind.SUMMARIZE)
    for attempt in range(MAX_ATTEMPTS):
        assert len(await outbox.claim(NOW + attempt * LEASE, 1)) == 1

    assert await outbox.claim(NOW + MAX_ATTEMPTS * LEASE, 1) == []
    assert await outbox.count(JobStatus.DEAD) == 1


async def test_other_organizations_jobs_are_out_of_reach(
    database: Database, outbox: Outbox
) -> None:
    await ensure_organization(database, "other", "다른 회사")
    await _add(database, JobKind.SUMMARIZE)
    other = Outbox(database, "other")

    assert await other.claim(NOW, 5) == []
    [job] = await outbox.claim(NOW, 5)
    await other.done(job.id)
    await other.failed(job.id, NOW, "not mine")

    assert await other.count(JobStatus.PENDING) == 0
    assert await outbox.count(JobStatus.PENDING) == 1


async def test_the_worker_retries_what_raised(database: Database, outbox: Outbox) -> None:
    await _add(database, JobKind.SUMMARIZE, JobKind.SUMMARIZE, JobKind.INDEX_CASE)
    now = NOW
    tried: list[int] = []

    async def summarize(job: Job) -> None:
        tried.append(job.id)
        if job.attempts == 1 and job.id % 2:
            raise RuntimeError("모델 오류 010-1234-5678")

    worker = OutboxWorker(outbox, {JobKind.SUMMARIZE: summarize}, clock=lambda: now)
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
    await _add(database, JobKind.SUMMARIZE)

    async def summarize(job: Job) -> None:
        raise RuntimeError("010-1234-5678")

    await OutboxWorker(outbox, {JobKind.SUMMARIZE: summarize}, clock=lambda: NOW).drain()

    assert "010-****-5678" in caplog.text
    assert "1234" not in caplog.text


async def test_the_worker_wakes_when_poked(database: Database, outbox: Outbox) -> None:
    done = asyncio.Event()

    async def summarize(job: Job) -> None:
        done.set()

    worker = OutboxWorker(outbox, {JobKind.SUMMARIZE: summarize}, clock=lambda: NOW, poll_s=3600)
    running = asyncio.create_task(worker.run())
    try:
        await _add(database, JobKind.SUMMARIZE)
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
    await _add(database, JobKind.SUMMARIZE)
    worker = OutboxWorker(outbox, {JobKind.SUMMARIZE: summarize}, clock=lambda: NOW, poll_s=0)
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
    await _add(database, JobKind.SUMMARIZE)

    async def summarize(job: Job) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("storage.outbox.LEASE", timedelta(0))
    worker = OutboxWorker(outbox, {JobKind.SUMMARIZE: summarize}, clock=lambda: NOW)
    assert await worker.drain() == 1

    assert await outbox.claim(NOW, 1) == []
    [job] = await outbox.claim(NOW + FIRST_DELAY, 1)
    assert job.attempts == 2


async def test_a_job_asked_for_twice_is_done_once(database: Database, outbox: Outbox) -> None:
    await _add(database, JobKind.SUMMARIZE, JobKind.INDEX_CASE)
    await _add(database, JobKind.SUMMARIZE)
    for job in await outbox.claim(NOW, 5):
        await outbox.done(job.id)
    await _add(database, JobKind.SUMMARIZE)

    assert await outbox.claim(NOW + LEASE, 5) == []
    assert await outbox.count(JobStatus.DONE) == 2


async def test_what_is_left_is_told_with_its_reason(database: Database, outbox: Outbox) -> None:
    await _add(database, JobKind.SUMMARIZE, JobKind.INDEX_CASE, JobKind.FINISH_RECORDING)
    done, dead, _ = await outbox.claim(NOW, 3)
    await outbox.done(done.id)
    for attempt in range(1, MAX_ATTEMPTS):
        await outbox.claim(NOW + attempt * LEASE, 3)
    await outbox.failed(dead.id, NOW, "no answer for 010-1234-5678")

    told = await outbox.unfinished(10)
    assert [(job.kind, job.status) for job in told] == [
        (dead.kind, JobStatus.DEAD),
        (JobKind.FINISH_RECORDING, JobStatus.PENDING),
    ]
    assert told[0].last_error == "no answer for 010-****-5678"
    late = told[1].run_at + timedelta(seconds=7)
    gauge = await outbox.gauge(late)
    assert (gauge.pending, gauge.overdue_s, gauge.dead) == (1, 7.0, 1)


async def test_nothing_left_is_told_as_nothing(outbox: Outbox) -> None:
    gauge = await outbox.gauge(NOW)
    assert (gauge.pending, gauge.overdue_s, gauge.dead) == (0, 0.0, 0)


async def test_what_was_given_up_can_be_tried_anew(database: Database, outbox: Outbox) -> None:
    await _add(database, JobKind.SUMMARIZE, JobKind.INDEX_CASE)
    for attempt in range(MAX_ATTEMPTS):
        jobs = await outbox.claim(NOW + attempt * LEASE, 2)
    for job in jobs:
        await outbox.failed(job.id, NOW, "no answer")
    assert await outbox.count(JobStatus.DEAD) == 2

    assert await outbox.retry(NOW, jobs[0].id) == 1
    [again] = await outbox.claim(NOW, 2)
    assert (again.id, again.attempts) == (jobs[0].id, 1)
    await outbox.done(again.id)
    assert await outbox.retry(NOW, again.id) == 0, "it is done"
    assert await outbox.retry(NOW) == 1
    assert await outbox.count(JobStatus.DEAD) == 0


async def test_done_jobs_go_after_a_while(database: Database, outbox: Outbox) -> None:
    await _add(database, JobKind.SUMMARIZE, JobKind.INDEX_CASE)
    done, _ = await outbox.claim(NOW, 2)
    await outbox.done(done.id)

    assert await outbox.prune(NOW) == 0
    assert await outbox.prune(NOW + KEPT) == 1
    assert len(await outbox.unfinished(5)) == 1
