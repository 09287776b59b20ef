"""`yeoboseyo jobs` on a real database and journal."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from scripts.cli import main
from storage.calls import CallStore, utc_now
from storage.database import Database
from storage.entries import Began, Noted, TurnOver
from storage.errors import StorageError
from storage.journal import Journal, dead_entries
from storage.organizations import ensure_organization
from storage.outbox import LEASE, MAX_ATTEMPTS, JobKind, Outbox, enqueue
from storage.records import Job
from tests.support.calls import ORGANIZATION, new_call, turn
from tests.support.keys import RING, VAULT


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory that the settings name, with an empty database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("YEOBOSEYO_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("YEOBOSEYO_KEYS", RING)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def _database(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'yeoboseyo.db'}", VAULT)


async def _give_up(folder: Path) -> None:
    """A job fails for good."""
    database = _database(folder)
    await database.migrate()
    await ensure_organization(database, ORGANIZATION, "여보세요 모바일")
    now = utc_now()
    async with database.write(ORGANIZATION) as session:
        await enqueue(session, JobKind.SUMMARIZE, {"call_id": 7}, key="7", run_at=now)
    outbox = Outbox(database, ORGANIZATION)
    for attempt in range(MAX_ATTEMPTS):
        [job] = await outbox.claim(now + attempt * LEASE, 1)
    await outbox.failed(job.id, now, "the model is away")
    await database.close()


def _jobs(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["jobs", *words])
    captured = capsys.readouterr()
    assert ended.value.code == 0, captured.err
    return captured.out


def test_what_was_given_up_is_listed_and_tried_anew(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(_give_up(folder))
    told = _jobs(capsys, "list")
    assert "summarize call_id=7" in told
    assert "the model is away" in told
    assert _jobs(capsys, "retry", "--dead") == "1 job will be tried anew.\n"

    async def claim() -> list[Job]:
        database = _database(folder)
        try:
            return await Outbox(database, ORGANIZATION).claim(utc_now(), 5)
        finally:
            await database.close()

    [job] = asyncio.run(claim())
    assert job.attempts == 1


def test_an_entry_of_the_journal_is_tried_anew(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def bury() -> None:
        journal = Journal(folder / "journal", VAULT, ORGANIZATION, clock=utc_now)
        await journal.load()
        for entry in (Began(call=new_call()), TurnOver(call_sid="CA1", turn=turn(0))):
            await journal.append(Noted(at=utc_now(), entry=entry))
            await journal.head()
            await journal.bury(f"{entry.kind} of CA1", StorageError("refused", "no such thing"))
        await journal.close()

    asyncio.run(_give_up(folder))
    asyncio.run(bury())
    told = _jobs(capsys, "list")
    assert "turn of CA1" in told
    assert "refused: no such thing" in told

    told = _jobs(capsys, "retry", "--dead")
    assert "Of the journal 2 entries were stored, 0 refused again." in told
    assert dead_entries(folder / "journal") == []

    async def stored() -> int:
        database = _database(folder)
        try:
            call = await CallStore(database, ORGANIZATION).by_sid("CA1")
            assert call is not None
            return len(call.turns)
        finally:
            await database.close()

    assert asyncio.run(stored()) == 1


def test_nothing_is_left(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _jobs(capsys, "list") == "Nothing is left to be done.\n"


@pytest.mark.parametrize("words", [["retry"], ["retry", "1", "--dead"], ["retry", "99"]])
def test_what_cannot_be_tried_anew(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    asyncio.run(_give_up(folder))
    with pytest.raises(SystemExit) as ended:
        main(["jobs", *words])
    assert ended.value.code
    assert capsys.readouterr().err
