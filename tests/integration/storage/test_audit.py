"""The audit log on every database: appended in order, never changed, and checked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from scripts import audit as command
from storage.audit import KEPT, Action, AuditLog
from storage.database import Database
from storage.errors import StorageError
from storage.organizations import ensure_organization
from tests.support.calls import NOW, ORGANIZATION

_LONG_AGO = NOW - KEPT - timedelta(days=400)


class _Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    """The log's date."""
    return _Clock()


@pytest.fixture
def audit(database: Database, clock: _Clock) -> AuditLog:
    """The sample organization's log."""
    return AuditLog(database, ORGANIZATION, clock)


async def _fill(audit: AuditLog, count: int) -> None:
    for number in range(count):
        await audit.append("console:arim", Action.REVEALED, f"call:{number}", {"at": number})


async def _without_guard(database: Database, *statements: str) -> None:
    """Do what only whoever owns the tables can: get around the triggers."""
    async with database.everywhere() as connection:
        if database.engine.dialect.name == "postgresql":
            await connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
        else:
            for trigger in ("audit_log_no_update", "audit_log_no_delete"):
                await connection.execute(text(f"DROP TRIGGER {trigger}"))
        for statement in statements:
            await connection.execute(text(statement))


@pytest.fixture
async def own(empty_url: str) -> AsyncIterator[Database]:
    """A database whose triggers may be dropped, with a log of five entries."""
    database = Database(empty_url)
    await database.migrate()
    await ensure_organization(database, ORGANIZATION, "여보세요 모바일")
    await _fill(AuditLog(database, ORGANIZATION, lambda: NOW), 5)
    yield database
    await database.close()


async def test_entries_come_back_as_they_were(audit: AuditLog) -> None:
    details = {"역할": "reviewer", "n": [1, None, True]}
    written = await audit.append("console:아림", Action.USER_ADDED, "user:민지\x00", details)

    [entry] = await audit.newest(5)
    assert entry == written
    assert (entry.seq, entry.at, entry.subject) == (1, NOW, "user:민지")
    assert entry.details == details
    assert await audit.newest(5, actor="console:minji") == []
    verdict = await audit.verify()
    assert (verdict.broken_at, verdict.entries, verdict.head) == (None, 1, entry.hash)


async def test_an_empty_log_is_whole(audit: AuditLog) -> None:
    verdict = await audit.verify()

    assert (verdict.broken_at, verdict.entries, verdict.head) == (None, 0, "0" * 64)


async def test_entries_at_once_stand_in_one_row(url: str, database: Database) -> None:
    other = Database(url)
    logs = [AuditLog(one, ORGANIZATION, lambda: NOW) for one in (database, other)]
    try:
        await asyncio.gather(
            *(logs[n % 2].append("console:arim", Action.LISTENED, f"call:{n}") for n in range(30))
        )
    finally:
        await other.close()

    entries = await logs[0].newest(50)
    assert [entry.seq for entry in entries] == list(range(30, 0, -1))
    assert (await logs[0].verify()).broken_at is None


async def test_an_entry_goes_with_its_transaction(database: Database, audit: AuditLog) -> None:
    async def fail() -> None:
        async with database.write(ORGANIZATION) as session:
            await audit.append("console:arim", Action.ERASED, "x", session=session)
            raise RuntimeError("the erasure failed")

    with pytest.raises(RuntimeError):
        await fail()
    async with database.write(ORGANIZATION) as session:
        await audit.append("console:arim", Action.ERASED, "y", session=session)
        await audit.append("console:arim", Action.ERASED, "z", session=session)

    assert [entry.subject for entry in await audit.newest(5)] == ["z", "y"]
    assert (await audit.verify()).broken_at is None


async def test_organizations_have_chains_of_their_own(database: Database, audit: AuditLog) -> None:
    await ensure_organization(database, "other", "다른 회사")
    other = AuditLog(database, "other", lambda: NOW)
    await _fill(audit, 2)
    await _fill(other, 1)

    assert [entry.seq for entry in await other.newest(5)] == [1]
    assert (await audit.newest(1))[0].seq == 2
    with pytest.raises(StorageError) as caught:
        await AuditLog(database, "nobody", lambda: NOW).append("a", "b", "c")
    assert caught.value.code == "unknown_organization"


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log"]
)
async def test_the_database_refuses_to_change_it(own: Database, statement: str) -> None:
    log = AuditLog(own, ORGANIZATION, lambda: datetime.now(NOW.tzinfo) - timedelta(days=729))
    await _fill(log, 1)

    async def change() -> None:
        async with own.everywhere() as connection:
            await connection.execute(text(f"{statement} WHERE seq = 6"))

    with pytest.raises(StorageError) as caught:
        await change()

    assert "append-only" in str(caught.value.__cause__)
    assert not caught.value.retryable
    assert (await log.verify()).entries == 6


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit_log SET actor = 'nobody' WHERE seq = 3", 3),
        ("UPDATE audit_log SET details = '{}' WHERE seq = 2", 2),
        ("UPDATE audit_log SET previous_hash = 'x' WHERE seq = 4", 4),
        ("UPDATE audit_log SET seq = 9 WHERE seq = 5", 5),
        ("DELETE FROM audit_log WHERE seq = 2", 2),
        ("DELETE FROM audit_log WHERE seq = 1", 1),
        ("DELETE FROM audit_log WHERE seq <= 2", 2),
        ("DELETE FROM audit_log WHERE seq = 5", 5),
        ("DELETE FROM audit_log", 1),
    ],
)
async def test_what_was_changed_nevertheless_is_found(
    own: Database, statement: str, broken_at: int
) -> None:
    await _without_guard(own, statement)

    verdict = await AuditLog(own, ORGANIZATION, lambda: NOW).verify()

    assert verdict.broken_at == broken_at
    assert verdict.fault


async def test_a_noted_head_shows_that_the_end_was_cut_off(own: Database) -> None:
    log = AuditLog(own, ORGANIZATION, lambda: NOW)
    head, before, *_ = await log.newest(5)
    assert (await log.verify(head=head.hash)).broken_at is None
    await _without_guard(
        own,
        "DELETE FROM audit_log WHERE seq = 5",
        f"UPDATE audit_heads SET seq = 4, hash = '{before.hash}'",  # noqa: S608
    )

    assert (await log.verify()).broken_at is None
    assert (await log.verify(head=head.hash)).broken_at == 5
    assert (await log.verify(head=before.hash)).broken_at is None


async def test_old_entries_go_and_the_chain_holds(audit: AuditLog, clock: _Clock) -> None:
    clock.now = _LONG_AGO
    await _fill(audit, 3)
    clock.now = NOW
    await _fill(audit, 2)

    assert await audit.prune("command:root", before=NOW) == 3, "the young ones stay"
    assert await audit.prune("command:root", before=NOW) == 0

    assert [entry.seq for entry in await audit.newest(9)] == [6, 5, 4]
    verdict = await audit.verify()
    assert (verdict.broken_at, verdict.entries) == (None, 3)


async def test_all_may_be_old(audit: AuditLog, clock: _Clock) -> None:
    clock.now = _LONG_AGO
    await _fill(audit, 2)
    clock.now = NOW

    assert await audit.prune("command:root", before=NOW - KEPT) == 2

    [entry] = await audit.newest(9)
    assert entry.action == Action.PRUNED
    assert (await audit.verify()).broken_at is None


def test_the_command_verifies_and_lists(monkeypatch: pytest.MonkeyPatch, migrated_url: str) -> None:
    async def prepare() -> str:
        database = Database(migrated_url)
        try:
            await ensure_organization(database, "command", "명령")
            log = AuditLog(database, "command", lambda: NOW)
            return (await log.append("command:root", Action.BACKED_UP, "all")).hash
        finally:
            await database.close()

    head = asyncio.run(prepare())
    monkeypatch.setenv("YEOBOSEYO_DATABASE_URL", migrated_url)
    monkeypatch.setenv("YEOBOSEYO_ORGANIZATION", "command")
    run = CliRunner()

    assert f"unbroken. Head: {head}" in run.invoke(command.app, ["verify"]).stdout
    assert run.invoke(command.app, ["verify", "--head", head]).exit_code == 0
    broken = run.invoke(command.app, ["verify", "--head", "f" * 64])
    assert broken.exit_code == 1
    assert "no entry has the hash that was noted" in broken.stderr
    assert "command:root\tbackup\tall" in run.invoke(command.app, ["list"]).stdout
