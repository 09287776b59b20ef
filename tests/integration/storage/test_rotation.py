"""Keys are exchanged while calls go on, and nothing is unreadable at any moment of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import pytest
from sqlalchemy import select, update

from storage import rotation, sealing
from storage.audit import AuditLog
from storage.callbacks import offer_callback
from storage.calls import CallStore
from storage.clear import RevealedCalls, ServiceCalls
from storage.customers import CustomerStore
from storage.database import Database
from storage.errors import StorageError
from storage.models import Base, CallbackRow, CallRow, MentionRow, TurnRow
from storage.orphans import Orphans
from storage.recordings.files import RecordingWriter, recording_name
from storage.recordings.finishing import RecordingFinisher
from storage.recordings.format import interleave
from storage.records import HandoffReason
from storage.rehashing import HASHED
from storage.rotation import EXCHANGED, Rotation
from storage.sealed import RECORDINGS, count_by_key, sealed_tables
from storage.sealing import Seals
from storage.vault import Vault, new_key
from tests.support.calls import NOW, ORGANIZATION, end, new_call, turn
from tests.support.databases import empty_tables
from tests.support.keys import RING

NEW = f"next:{new_key()}"
PHONE = "+821012345678"
CALLS = 6


@pytest.fixture
async def database(kind: str, url: str) -> AsyncIterator[Database]:
    """A house whose servers have the new key already, with rows that the old one sealed."""
    database = Database(url, Vault.parse(RING))
    both = Database(url, Vault.parse(f"{NEW},{RING}"))
    try:
        if kind != "sqlite":
            await empty_tables(database)
        await CustomerStore(database, ORGANIZATION).load_sample()
        store = CallStore(database, ORGANIZATION, clock=lambda: NOW)
        for number in range(CALLS):
            sid = f"CA{number}"
            caller = "114" if number == 1 else PHONE
            call_id = await store.open(
                new_call(sid, caller=caller, recording_path=f"recordings/{sid}.yrec")
            )
            await store.save_turn(call_id, turn(0, heard="제 번호는 010-9876-5432예요"))
            await store.save_turn(call_id, turn(1, heard="카드 번호는 4123-4567-8901-2349예요"))
            await store.request_handoff(call_id, HandoffReason.POLICY, "010-1234-5678 고객님")
            async with database.write(ORGANIZATION) as session:
                seals = Seals(database.vault, ORGANIZATION)
                await offer_callback(session, call_id, seals, at=NOW)
            if number:
                await store.close(call_id, end(recording_ms=500))
        yield both
    finally:
        await both.close()
        await database.close()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """The recordings that the old key sealed."""
    for number in range(CALLS):
        sid = f"CA{number}"
        name = recording_name(ORGANIZATION, sid)
        path = tmp_path / "recordings" / f"{sid}.yrec"
        writer = RecordingWriter(path, Vault.parse(RING), name)
        writer.append(interleave(b"a" * 4_000, b"b" * 4_000))
        if number:
            writer.finish()
        else:
            writer.abandon()
    return tmp_path


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """So small that there are many."""
    monkeypatch.setattr(rotation, "BATCH", 2)


async def one_handoff(database: Database, call_sid: str) -> str:
    """What the human is told, in the clear."""
    call_id = await CallStore(database, ORGANIZATION).id_of(call_sid)
    calls = RevealedCalls(database, ORGANIZATION, clock=lambda: NOW)
    revealed = await calls.get(call_id, actor="test")
    assert revealed is not None
    assert revealed.handoff is not None
    return revealed.handoff.summary_text


async def look(database: Database) -> None:
    """Everything can be read, and everybody found."""
    calls = ServiceCalls(database, ORGANIZATION)
    for number in range(CALLS):
        call = await calls.by_sid(f"CA{number}")
        assert call is not None
        assert call.caller == ("114" if number == 1 else PHONE)
        assert call.turns[0].heard == "제 번호는 010-9876-5432예요"
        assert call.turns[1].heard == "카드 번호는 4123-4567-8901-2349예요"
        handoff = await one_handoff(database, f"CA{number}")
        assert handoff == "010-1234-5678 고객님"
    found = await CustomerStore(database, ORGANIZATION).by_phone(PHONE)
    assert [customer.phone for customer in found] == [PHONE] * len(found) != []
    async with database.read(ORGANIZATION) as session:
        spoken = database.vault.fingerprints("+821098765432")
        mentions = await session.scalars(
            select(MentionRow.id).where(MentionRow.phone_hash.in_(spoken))
        )
        assert len(mentions.all()) == CALLS
        callers = database.vault.fingerprints(PHONE)
        phoned = await session.scalars(select(CallRow.id).where(CallRow.caller_hash.in_(callers)))
        assert len(phoned.all()) == CALLS - 1
        wanted = await session.scalars(
            select(CallbackRow.id).where(CallbackRow.phone_hash.in_(callers))
        )
        assert len(wanted.all()) == CALLS - 1
        short = await session.scalars(
            select(CallRow.id).where(CallRow.caller_hash.in_(database.vault.fingerprints("114")))
        )
        assert len(short.all()) == 1


async def finish_all(database: Database, data_dir: Path) -> None:
    """The jobs that finish the recordings."""
    finisher = RecordingFinisher(database, ORGANIZATION, data_dir)
    async with database.read(ORGANIZATION) as session:
        call_ids = (await session.scalars(select(CallRow.id))).all()
    for call_id in call_ids:
        await finisher.finish(call_id)


@pytest.mark.usefixtures("batch")
async def test_afterwards_the_old_key_is_not_needed(
    database: Database, data_dir: Path, url: str
) -> None:
    orphans = Orphans(database, ORGANIZATION, data_dir)
    await orphans.close_aged(NOW, started_before=NOW + timedelta(hours=1))
    await finish_all(database, data_dir)
    stray = RecordingWriter(
        data_dir / "recordings" / "stray.yrec", Vault.parse(RING), "recordings/sample/gone"
    )
    stray.append(b"abcd")
    stray.finish()
    await look(database)
    before = await count_by_key(database, data_dir)
    assert sum(count["test"] for count in before.values()) > 4 * CALLS
    done = Rotation(database, data_dir)
    await done.run(NOW, actor="command:tester")
    assert not done.failed
    assert done.left == 0
    after = await count_by_key(database, data_dir)
    assert {key for count in after.values() for key in count} == {"next"}
    assert sum(map(Counter.total, after.values())) == sum(map(Counter.total, before.values()))
    [what, begun] = await AuditLog(database, ORGANIZATION, lambda: NOW).newest(2)
    assert (begun.action, begun.subject, begun.details) == (
        "keys_rotated",
        "key:next",
        {"begun": True},
    )
    assert what.details["exchanged"]["calls"] == CALLS - 1 + 1, "with the short number's hash"
    alone = Database(url, Vault.parse(NEW))
    try:
        await look(alone)
        again = Rotation(alone, data_dir)
        await again.run(NOW, actor="command:tester")
        assert again.exchanged.total() == 0
    finally:
        await alone.close()


@pytest.mark.usefixtures("batch")
async def test_all_can_be_read_at_every_moment(database: Database, data_dir: Path) -> None:
    """Also what is written meanwhile."""
    store = CallStore(database, ORGANIZATION, clock=lambda: NOW)
    call_id = await store.id_of("CA0")
    done = asyncio.Event()
    looks = 0

    async def watch() -> None:
        nonlocal looks
        while not done.is_set():
            await look(database)
            looks += 1

    async def speak() -> None:
        # The same few turns again and again: a call that grew would take ever longer to look at.
        for index in cycle(range(2, 6)):
            await store.save_turn(call_id, turn(index, heard="제 번호는 010-2222-3333이에요"))
            if done.is_set():
                return

    others = [asyncio.create_task(watch()), asyncio.create_task(speak())]
    rotated = Rotation(database, data_dir)
    await rotated.run(NOW, actor="command:tester")
    done.set()
    await asyncio.gather(*others)
    assert looks
    assert rotated.left == CALLS, "no recording is finished"
    counts = await count_by_key(database, data_dir)
    assert {key for table, count in counts.items() if table != RECORDINGS for key in count} == {
        "next"
    }


async def test_it_may_be_stopped_and_begun_again(
    database: Database, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    changes = 0
    change = Rotation._change

    async def stop(self: Rotation, *given: object) -> None:
        nonlocal changes
        changes += 1
        if changes % 5 == 0:
            raise StorageError("unavailable", "the database does not answer", retryable=True)
        await change(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Rotation, "_change", stop)
    for _ in range(50):
        try:
            await Rotation(database, data_dir).run(NOW, actor="command:tester")
        except StorageError:
            await look(database)
        else:
            break
    assert changes > 20
    await look(database)
    counts = await count_by_key(database, data_dir)
    assert all(not count["test"] for table, count in counts.items() if table != RECORDINGS)


async def test_what_cannot_be_opened_stays_and_is_told(database: Database, data_dir: Path) -> None:
    async with database.write(ORGANIZATION) as session:
        row = await session.scalar(select(CallRow).where(CallRow.call_sid == "CA2"))
        assert row is not None
        assert row.sealed is not None
        row.sealed = row.sealed[:-1] + bytes([row.sealed[-1] ^ 1])
    rotated = Rotation(database, data_dir)
    await rotated.run(NOW, actor="command:tester")
    assert rotated.failed == {"calls": 1}
    assert (await count_by_key(database, data_dir))["calls"]["test"] == 1


async def test_numbers_whose_clear_text_is_gone_are_found_by_what_others_tell(
    database: Database, data_dir: Path, url: str
) -> None:
    """As after its time was over: the hash is there still, and nothing that it was made of."""
    stranger = "+821071829364"
    old = Database(url, Vault.parse(RING))
    try:
        store = CallStore(old, ORGANIZATION, clock=lambda: NOW)
        lone = await store.open(new_call("CA-lone", caller=stranger))
        known = await store.id_of("CA3")
    finally:
        await old.close()
    async with database.write(ORGANIZATION) as session:
        for model, column in ((CallRow, CallRow.id), (TurnRow, TurnRow.call_id)):
            gone = column.in_([lone, known])
            await session.execute(update(model).where(gone).values(sealed=None))
    rotated = Rotation(database, data_dir)
    await rotated.run(NOW, actor="command:tester")
    assert rotated.untold == 1
    new = Vault.parse(NEW)
    async with database.read(ORGANIZATION) as session:
        query = select(CallRow.caller_hash).where(CallRow.id == known)
        assert await session.scalar(query) == new.fingerprint(PHONE)
        mention = select(MentionRow.phone_hash).where(MentionRow.call_id == known)
        assert await session.scalar(mention) == new.fingerprint("+821098765432")
        query = select(CallRow.caller_hash).where(CallRow.id == lone)
        assert await session.scalar(query) == Vault.parse(RING).fingerprint(stranger)


def test_every_sealed_value_is_exchanged() -> None:
    """Nothing writes to the others yet; whoever begins to has to say how they are exchanged."""
    unwritten = {"feedback", "scorecards"}
    assert {table.name for table in sealed_tables()} == EXCHANGED.keys() | unwritten
    written = Path(sealing.__file__).read_text(encoding="utf-8")
    assert not [table for table in unwritten if f'"{table}"' in written]


def test_every_hash_of_a_number_is_exchanged() -> None:
    hashes = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name in {"caller_hash", "phone_hash", "identity_hash"}
    }
    with_what_is_sealed = {("customers", "phone_hash"), ("customers", "identity_hash")}
    assert hashes == {*HASHED, *with_what_is_sealed}
