"""Backups: of one kind of database, restored to another, whole or not at all."""

from __future__ import annotations

import asyncio
import io
import shutil
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from storage.audit import AuditLog
from storage.backup.archive import ArchiveReader
from storage.backup.restoring import Restorer
from storage.backup.rows import decode
from storage.backup.saving import Saver
from storage.calls import CallStore
from storage.change_requests import ChangeRequests
from storage.customers import CustomerStore
from storage.database import Database
from storage.entries import Noted, TurnOver
from storage.errors import StorageError
from storage.journal import Journal
from storage.models import Base, TurnRow
from storage.organizations import ensure_organization
from storage.outbox import JobStatus, Outbox
from storage.recordings.files import Recording, RecordingWriter, recording_name
from storage.recordings.rows import RecordingStore
from storage.records import Role
from storage.sealed import count_by_key
from storage.users import UserStore
from storage.vault import Vault
from tests.support.calls import NOW, ORGANIZATION, end, new_call, summary, turn
from tests.support.databases import empty_database
from tests.support.keys import VAULT
from tests.support.recordings import channels, write

OTHER = {"sqlite": "postgresql", "postgresql": "mariadb", "mariadb": "sqlite"}
"""Where what was saved from one kind is restored."""
ME = "command:tester"
SOUND = b"\x10" * 20_000


@asynccontextmanager
async def empty(kind: str, folder: Path, vault: Vault = VAULT) -> AsyncIterator[Database]:
    """A database without tables."""
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    manager = empty_database(kind, folder)
    url = await asyncio.to_thread(manager.__enter__)
    database = Database(url, vault)
    try:
        yield database
    finally:
        await database.close()
        await asyncio.to_thread(manager.__exit__, None, None, None)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """The data directory of the house that is saved."""
    return tmp_path / "house"


@pytest.fixture
async def house(database: Database, store: CallStore, data_dir: Path) -> Database:
    """Two organizations, a call that is over and one that goes on, with their recordings."""
    path = "recordings/CA1.yrec"
    call_id = await store.open(new_call(recording_path=path))
    write(data_dir / path, SOUND, SOUND, name=recording_name(ORGANIZATION, "CA1"))
    for index in range(3):
        await store.save_turn(call_id, turn(index, heard="일은요… \U0001f4de\x00 ' \" \\ \n"))
    await store.close(call_id, end(recording_ms=2_500))
    await store.save_summary(call_id, summary())
    await store.open(new_call("CA2", recording_path="recordings/CA2.yrec"))
    await store.open(new_call("CA3", recording_path="recordings/gone.yrec"))
    users = UserStore(database, ORGANIZATION)
    await users.add("아림", "hash", NOW, role=Role.ADMIN, by="test")
    customers = CustomerStore(database, ORGANIZATION)
    [customer] = await customers.by_phone("+821012345678")
    await ChangeRequests(database, ORGANIZATION, clock=lambda: NOW).request(
        call_sid="CA1",
        customer_id=customer.id,
        from_plan_id="rollover-10",
        to_plan_id="rollover-20",
    )
    await ensure_organization(database, "other", "다른 회사")
    other = CallStore(database, "other", clock=lambda: NOW)
    await other.open(new_call("CA1", organization_id="other"))
    return database


async def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables."""
    found: dict[str, list[tuple[object, ...]]] = {}
    async with database.snapshot() as connection:
        for table in Base.metadata.sorted_tables:
            all_rows = await connection.execute(select(table))
            found[table.name] = sorted(map(tuple, all_rows), key=repr)
    return found


def apart_from_the_log(
    found: dict[str, list[tuple[object, ...]]],
) -> dict[str, list[tuple[object, ...]]]:
    """Without what restoring itself writes down."""
    return {name: of for name, of in found.items() if not name.startswith("audit_")}


async def test_all_comes_back_in_another_kind_of_database(
    kind: str, house: Database, data_dir: Path, tmp_path: Path
) -> None:
    writer = RecordingWriter(
        data_dir / "recordings" / "CA2.yrec", VAULT, recording_name(ORGANIZATION, "CA2")
    )
    writer.append(SOUND)
    with writer.path.open("ab") as file:
        file.write(b"S a segment that is being written")
    (data_dir / "knowledge" / "o").mkdir(parents=True)
    (data_dir / "knowledge" / "o" / "current.json").write_text("{}")
    noted = Noted(at=NOW, entry=TurnOver(call_sid="CA2", turn=turn(7)))
    journal = Journal(data_dir / "journal", VAULT, ORGANIZATION, clock=lambda: NOW)
    await journal.load()
    await journal.append(noted)
    assert (await count_by_key(house, data_dir))["journal"] == {"test": 1}
    backup = tmp_path / "backup.tar"
    made = await Saver(house, data_dir).save(
        backup, NOW, actor=ME, more=["knowledge/o/current.json"]
    )
    await journal.close()
    writer.abandon()
    assert made.missing == ("recordings/gone.yrec",)
    assert made.keys == ("test",)
    before = await rows(house)
    assert {table.name: table.rows for table in made.tables} == {
        name: len(found) for name, found in before.items()
    }
    async with empty(OTHER[kind], tmp_path / "target") as target:
        there = tmp_path / "there"
        await Restorer(target, there).restore(backup, NOW, actor=ME)
        assert apart_from_the_log(await rows(target)) == apart_from_the_log(before)
        for organization_id, entries in ((ORGANIZATION, 3), ("other", 2)):
            log = AuditLog(target, organization_id, lambda: NOW)
            verdict = await log.verify()
            assert (verdict.broken_at, verdict.entries) == (None, entries)
            [newest, saved] = await log.newest(2)
            assert (newest.action, newest.actor) == ("restore", ME)
            assert (saved.action, saved.subject) == ("backup", "backup.tar")
        sides = channels(there / "recordings" / "CA1.yrec", recording_name(ORGANIZATION, "CA1"))
        assert sides == (SOUND, SOUND)
        live = there / "recordings" / "CA2.yrec"
        with Recording.open(live, VAULT, recording_name(ORGANIZATION, "CA2")) as recording:
            assert (recording.complete, b"".join(recording.read())) == (False, SOUND)
        assert (there / "knowledge" / "o" / "current.json").read_text() == "{}"
        assert not (there / "recordings" / "gone.yrec").exists()
        waiting = Journal(there / "journal", VAULT, ORGANIZATION, clock=lambda: NOW)
        assert await waiting.load() == 1
        assert await waiting.head() == noted
        await waiting.close()
        # Life goes on: new rows get new ids, and the jobs are done.
        store = CallStore(target, ORGANIZATION, clock=lambda: NOW)
        assert await store.open(new_call("CA9")) > 3
        assert await Outbox(target, ORGANIZATION).count(JobStatus.PENDING) == 3
        one = await store.by_sid("CA1")
        assert one is not None
        assert await RecordingStore(target, ORGANIZATION).get(one.id) is not None
        async with target.read(ORGANIZATION) as session:
            stored = await session.scalar(
                select(func.count(TurnRow.id)).where(TurnRow.private.is_(None))
            )
        assert stored == 3, "what is missing is no JSON"


async def test_a_backup_is_of_one_moment(
    house: Database, store: CallStore, data_dir: Path, tmp_path: Path
) -> None:
    """Calls that go on meanwhile are in it with all that was stored at that moment, or not."""
    call_id = await store.open(new_call("CA5"))
    under_way, done = asyncio.Event(), asyncio.Event()

    async def speak() -> None:
        index = 0
        while not done.is_set():
            await store.save_turn(call_id, turn(index))
            other = await store.open(new_call(f"CB{index}"))
            await store.close(other, end())
            index += 1
            under_way.set()

    speaking = asyncio.create_task(speak())
    for number in range(3):
        await under_way.wait()
        under_way.clear()
        backup = tmp_path / f"{number}.tar"
        await Saver(house, data_dir).save(backup, NOW, actor=ME)
        saved = _saved(backup)
        assert len(saved["turns"]) > 3
        ended = {row["id"] for row in saved["calls"] if row["ended_at"]}
        jobs = [row for row in saved["outbox_jobs"] if row["kind"] == "summarize"]
        assert {row["payload"]["call_id"] for row in jobs} == ended
        turns = [row["turn_index"] for row in saved["turns"] if row["call_id"] == call_id]
        assert len(ended) in {len(turns), len(turns) + 1}, "one call is closed after each turn"
    done.set()
    await speaking


def _saved(backup: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of a backup."""
    reader = ArchiveReader(backup)
    try:
        return {
            table.name: [
                decode(line, table.columns) for part in table.parts for line in reader.lines(part)
            ]
            for table in reader.manifest.tables
        }
    finally:
        reader.close()


async def test_a_place_that_is_not_empty_stays_as_it_is(
    kind: str, house: Database, data_dir: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.tar"
    await Saver(house, data_dir).save(backup, NOW, actor=ME)
    with pytest.raises(StorageError, match="is there already"):
        await Saver(house, data_dir).save(backup, NOW, actor=ME)
    before = await rows(house)
    with pytest.raises(StorageError, match="not_empty"):
        await Restorer(house, tmp_path / "there").restore(backup, NOW, actor=ME)
    assert await rows(house) == before
    assert not list((tmp_path / "there").rglob("*.yrec"))
    async with empty(kind, tmp_path / "target") as target:
        with pytest.raises(StorageError, match="not_empty"):
            await Restorer(target, data_dir).restore(backup, NOW, actor=ME)
        shutil.rmtree(data_dir)
        await Restorer(target, data_dir).restore(backup, NOW, actor=ME)
        assert apart_from_the_log(await rows(target)) == apart_from_the_log(before)


@pytest.fixture
async def backup(house: Database, data_dir: Path, tmp_path: Path) -> Path:
    """A backup."""
    path = tmp_path / "backup.tar"
    await Saver(house, data_dir).save(path, NOW, actor=ME)
    return path


def _altered(source: Path, target: Path, member: str, data: bytes | None) -> None:
    """The same archive with another member, or without it."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for info in old:
            file = old.extractfile(info)
            assert file is not None
            content = file.read()
            if info.name == member:
                if data is None:
                    continue
                content = data
            info.size = len(content)
            new.addfile(info, io.BytesIO(content))


async def test_an_altered_backup_is_not_restored(kind: str, backup: Path, tmp_path: Path) -> None:
    reader = ArchiveReader(backup)
    manifest = reader.manifest
    reader.close()
    part = next(table.parts[0] for table in manifest.tables if table.name == "turns")
    wrong = {
        "changed": (part, b"[]"),
        "missing": (part, None),
        "without an end": ("manifest.json", None),
        "no manifest": ("manifest.json", b"{}"),
        "newer": (
            "manifest.json",
            manifest.model_copy(update={"format": 2}).model_dump_json().encode(),
        ),
        "another schema": (
            "manifest.json",
            manifest.model_copy(update={"revision": "9999"}).model_dump_json().encode(),
        ),
        "elsewhere": (
            "manifest.json",
            manifest.model_copy(update={"files": {"recordings/../../x": part}})
            .model_dump_json()
            .encode(),
        ),
        "fewer rows": (
            "manifest.json",
            manifest.model_copy(
                update={"tables": tuple(t.model_copy(update={"rows": 7}) for t in manifest.tables)}
            )
            .model_dump_json()
            .encode(),
        ),
    }
    async with empty(kind, tmp_path / "target") as target:
        for name, (member, data) in wrong.items():
            altered = tmp_path / "altered.tar"
            await asyncio.to_thread(_altered, backup, altered, member, data)
            with pytest.raises(StorageError) as error:
                await Restorer(target, tmp_path / "there").restore(altered, NOW, actor=ME)
            assert error.value.code in {"damaged", "unknown_backup", "unknown_schema"}, name
        cut = tmp_path / "cut.tar"
        data = await asyncio.to_thread(backup.read_bytes)
        cut.write_bytes(data[: -len(data) // 3])
        with pytest.raises(StorageError, match="damaged"):
            await Restorer(target, tmp_path / "there").restore(cut, NOW, actor=ME)
        assert not list((tmp_path / "there").rglob("*.*"))
        await Restorer(target, tmp_path / "there").restore(backup, NOW, actor=ME)


async def test_a_backup_needs_its_keys(kind: str, backup: Path, tmp_path: Path) -> None:
    async with empty(kind, tmp_path / "target", Vault({"new": bytes(32)})) as target:
        with pytest.raises(StorageError, match="but needed: test"):
            await Restorer(target, tmp_path / "there").restore(backup, NOW, actor=ME)


async def test_a_broken_audit_log_is_told_and_restored_as_it_was(
    kind: str, house: Database, data_dir: Path, tmp_path: Path
) -> None:
    async with house.everywhere() as connection:
        heads = Base.metadata.tables["audit_heads"]
        await connection.execute(heads.update().values(hash="0" * 63 + "1"))
    backup = tmp_path / "backup.tar"
    await Saver(house, data_dir).save(backup, NOW, actor=ME)
    async with empty(kind, tmp_path / "target") as target:
        restored = await Restorer(target, tmp_path / "there").restore(backup, NOW, actor=ME)
    assert restored.broken_logs == {
        ORGANIZATION: "entry 2: it does not follow from the entry before"
    }


async def test_what_fails_while_saving_leaves_nothing(
    house: Database, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("storage.backup.archive.ArchiveWriter.finish", full)
    with pytest.raises(OSError, match="full"):
        await Saver(house, data_dir).save(tmp_path / "b" / "backup.tar", NOW, actor=ME)
    assert not list((tmp_path / "b").iterdir())
