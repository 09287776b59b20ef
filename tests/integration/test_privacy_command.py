"""`yeoboseyo privacy`, as an operator runs it, on an installation of its own."""

from __future__ import annotations

import asyncio
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.privacy import app
from settings import Settings
from storage.audit import AuditLog
from storage.calls import CallStore
from storage.customers import CustomerStore
from storage.home import ServerHome
from storage.outbox import Outbox
from stores import open_database
from tests.support.calls import ORGANIZATION, end, new_call, summary, turn
from tests.support.keys import RING, VAULT
from tests.support.privacy import record

PHONE = "+821012345678"
NOW = datetime.now(UTC)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    """An operator of a house where 김철수 phoned yesterday, and three years ago."""
    monkeypatch.setenv("YEOBOSEYO_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("YEOBOSEYO_KEYS", RING)
    monkeypatch.setenv("YEOBOSEYO_RETENTION", '{"recordings": 30}')
    asyncio.run(_phoned(tmp_path / "data"))
    return CliRunner()


async def _phoned(data_dir: Path) -> None:
    database = open_database(Settings())
    try:
        await database.migrate()
        await CustomerStore(database, ORGANIZATION).load_sample()
        for sid, days in (("CAold", 1_096), ("CAnew", 1)):
            at = NOW - timedelta(days=days)
            store = CallStore(database, ORGANIZATION, clock=lambda at=at: at)  # type: ignore[misc]
            call = new_call(sid, started_at=at, recording_path=record(data_dir, sid))
            call_id = await store.open(call)
            await store.save_turn(call_id, turn(0, heard="제 번호는 010-1234-5678이요"))
            await store.close(call_id, end(ended_at=at, recording_ms=2_000))
            await store.save_summary(call_id, summary())
    finally:
        await database.close()


async def _audited() -> list[tuple[str, str]]:
    database = open_database(Settings())
    try:
        log = AuditLog(database, ORGANIZATION, lambda: NOW)
        assert (await log.verify()).broken_at is None
        return [(entry.action, entry.subject) for entry in await log.newest(10)]
    finally:
        await database.close()


async def _asked_to_index() -> list[int]:
    """The calls of which the index is to be brought to what the database holds."""
    database = open_database(Settings())
    try:
        jobs = await Outbox(database, ORGANIZATION).claim(
            datetime.now(UTC) + timedelta(minutes=5), 10
        )
        return [job.payload["call_id"] for job in jobs if job.kind == "index_case"]
    finally:
        await database.close()


def _told(output: str, kind: str) -> str:
    [line] = [line for line in output.splitlines() if f" {kind} " in line]
    return line.split()[3]


def test_periods_are_kept_to(run: CliRunner) -> None:
    assert _told(run.invoke(app, ["periods"]).stdout, "recordings") == "30"

    looked = run.invoke(app, ["retain", "--dry-run"])
    assert looked.exit_code == 0, looked.output
    assert (_told(looked.stdout, "calls"), _told(looked.stdout, "turns")) == ("1", "1")
    deleted = run.invoke(app, ["retain"])
    assert deleted.exit_code == 0, deleted.output
    assert _told(deleted.stdout, "calls") == "1"
    assert _told(run.invoke(app, ["retain", "--dry-run"]).stdout, "calls") == "0"
    assert asyncio.run(_audited()) == [("retention", "periods")]


def test_a_person_is_given_what_is_kept_and_erased(run: CliRunner, tmp_path: Path) -> None:
    out = tmp_path / "person.zip"
    given = run.invoke(app, ["export", "--phone", "010-1234-5678", "--out", str(out)])
    assert given.exit_code == 0, given.output
    with zipfile.ZipFile(out) as archive:
        told = json.loads(archive.read("person.json"))
    assert [one["call"]["caller"] for one in told["calls"]] == [PHONE, PHONE]
    again = run.invoke(app, ["export", "--phone", PHONE, "--out", str(out)])
    assert again.exit_code == 1

    asked = run.invoke(app, ["erase", "--phone", PHONE], input="n\n")
    assert asked.exit_code == 1
    erased = run.invoke(app, ["erase", "--phone", PHONE, "--yes"])
    assert erased.exit_code == 0, erased.output
    assert _told(erased.stdout, "calls") == "2"
    assert "Nothing is found any more" in erased.stdout
    nothing = run.invoke(app, ["erase", "--phone", PHONE, "--yes"])
    assert _told(nothing.stdout, "customers") == "0"
    actions = asyncio.run(_audited())
    subject = VAULT.fingerprint(PHONE)
    assert actions[:2] == [("erase", subject), ("erase", subject)]
    assert not list((tmp_path / "data" / "recordings").iterdir())


def test_a_server_that_runs_is_asked_to_forget_what_is_erased(
    run: CliRunner, tmp_path: Path
) -> None:
    home = ServerHome(tmp_path / "data")
    home.lock()
    try:
        erased = run.invoke(app, ["erase", "--phone", PHONE, "--yes"])
        assert erased.exit_code == 0, erased.output
        assert _told(erased.stdout, "cases") == "2"
        assert run.invoke(app, ["retain"]).exit_code == 0
        out = str(tmp_path / "person.zip")
        assert run.invoke(app, ["export", "--phone", PHONE, "--out", out]).exit_code == 0
    finally:
        home.release()
    assert not (tmp_path / "data" / "chroma").exists()
    assert asyncio.run(_asked_to_index()) == [1, 2]


def test_nonsense_is_named(run: CliRunner) -> None:
    asked = run.invoke(app, ["erase", "--phone", "abc", "--yes"])

    assert asked.exit_code == 1
    assert "that is no telephone number" in asked.stderr
