"""Recordings' rows and the job that finishes them, stopped wherever it may be."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from storage.calls import CallStore
from storage.database import Database
from storage.errors import StorageError
from storage.models import OutboxJobRow, TurnRow
from storage.orphans import Orphans
from storage.outbox import JobKind
from storage.recordings import finishing
from storage.recordings.files import RecordingWriter, recording_name
from storage.recordings.finishing import RecordingFinisher
from storage.recordings.format import interleave
from storage.recordings.older import OlderRecordings
from storage.recordings.rows import RecordingStore
from storage.records import RecordingStatus, StoredRecording
from tests.support.calls import NOW, ORGANIZATION, end, new_call, turn
from tests.support.keys import VAULT
from tests.support.recordings import channels
from voice.audio import mulaw

PATH = "recordings/CA1.yrec"
NAME = recording_name(ORGANIZATION, "CA1")
CALLER, AGENT = b"\x10" * 80_000, b"\x90" * 80_000
"""Ten seconds."""


@pytest.fixture
def rows(database: Database) -> RecordingStore:
    """The sample organization's recordings."""
    return RecordingStore(database, ORGANIZATION)


@pytest.fixture
def finisher(database: Database, tmp_path: Path) -> RecordingFinisher:
    """Finishes them."""
    return RecordingFinisher(database, ORGANIZATION, tmp_path)


def record(folder: Path, *, ended: bool = True) -> Path:
    """What the telephone leaves of a call."""
    writer = RecordingWriter(folder / PATH, VAULT, NAME)
    writer.append(interleave(CALLER, AGENT))
    if ended:
        writer.finish()
    else:
        writer.abandon()
    return folder / PATH


async def speak(
    database: Database, store: CallStore, call_id: int, turns: Sequence[dict[str, Any]]
) -> None:
    """Store turns, and the kinds of what was private in them."""
    for index, changes in enumerate(turns):
        private = changes.pop("private", None)
        await store.save_turn(call_id, turn(index, **changes))
        async with database.write(ORGANIZATION) as session:
            await session.execute(
                update(TurnRow)
                .where(TurnRow.call_id == call_id, TurnRow.index == index)
                .values(private=private)
            )


async def jobs(database: Database) -> list[str]:
    async with database.read(ORGANIZATION) as session:
        return list(await session.scalars(select(OutboxJobRow.kind).order_by(OutboxJobRow.id)))


async def get(rows: RecordingStore, call_id: int) -> StoredRecording:
    found = await rows.get(call_id)
    assert found is not None
    return found


async def test_a_recording_is_begun_closed_and_finished(
    database: Database,
    store: CallStore,
    rows: RecordingStore,
    finisher: RecordingFinisher,
    tmp_path: Path,
) -> None:
    call_id = await store.open(new_call(recording_path=PATH))
    assert (await get(rows, call_id)).status is RecordingStatus.RECORDING
    before = record(tmp_path).read_bytes()
    await finisher.finish(call_id)
    assert (await get(rows, call_id)).status is RecordingStatus.RECORDING, "the call goes on"
    assert await store.open(new_call(recording_path=PATH)) == call_id
    await store.close(call_id, end(recording_ms=10_000))
    await store.close(call_id, end(recording_ms=1))
    assert await jobs(database) == [JobKind.FINISH_RECORDING, JobKind.SUMMARIZE]
    assert (await get(rows, call_id)).duration_ms == 10_000
    await finisher.finish(call_id)
    assert await get(rows, call_id) == StoredRecording(
        organization_id=ORGANIZATION,
        call_sid="CA1",
        path=PATH,
        status=RecordingStatus.FINISHED,
        duration_ms=10_000,
        silenced=(),
    )
    assert (tmp_path / PATH).read_bytes() == before, "nothing had to be changed"


async def test_what_a_killed_server_left_is_made_whole(
    database: Database,
    store: CallStore,
    rows: RecordingStore,
    finisher: RecordingFinisher,
    tmp_path: Path,
) -> None:
    call_id = await store.open(new_call(recording_path=PATH))
    record(tmp_path, ended=False)
    orphans = Orphans(database, ORGANIZATION, tmp_path)
    later = NOW + timedelta(seconds=60)
    assert await orphans.close_aged(later, started_before=later) == 1
    call = await store.get(call_id)
    assert call is not None
    assert call.ended_at == NOW + timedelta(seconds=10)
    await finisher.finish(call_id)
    found = await get(rows, call_id)
    assert (found.status, found.duration_ms) == (RecordingStatus.FINISHED, 10_000)
    assert channels(tmp_path / PATH, NAME) == (CALLER, AGENT)


async def test_numbers_that_nobody_may_hear_are_silenced(
    database: Database,
    store: CallStore,
    rows: RecordingStore,
    finisher: RecordingFinisher,
    tmp_path: Path,
) -> None:
    call_id = await store.open(new_call(recording_path=PATH))
    quiet: dict[str, Any] = {"said_started_ms": None, "said_ended_ms": None}
    turns: list[dict[str, Any]] = [
        {"heard_started_ms": 400, "heard_ended_ms": 600, "private": ["phone"], **quiet},
        {"heard_started_ms": 1_000, "heard_ended_ms": 2_000, "private": ["card"], **quiet},
        {
            "heard_started_ms": 2_500,
            "heard_ended_ms": 3_000,
            "said": "카드번호 ****이 맞으신가요?",
            "said_started_ms": 4_000,
            "said_ended_ms": 4_500,
            "private": ["card"],
        },
        {
            "input_kind": "keys",
            "heard_started_ms": 7_000,
            "heard_ended_ms": 7_500,
            "said": "확인했습니다.",
            "said_started_ms": 8_000,
            "said_ended_ms": 8_500,
            "private": ["resident"],
        },
        {"heard_started_ms": 9_900, "heard_ended_ms": 12_000, "private": ["account"], **quiet},
    ]
    await speak(database, store, call_id, turns)
    await store.close(call_id, end(recording_ms=10_000))
    record(tmp_path)
    await finisher.finish(call_id)
    spans = [(700, 3_300), (3_700, 4_800), (6_000, 7_800), (9_600, 10_000)]
    assert (await get(rows, call_id)).silenced == tuple(spans)
    sides = channels(tmp_path / PATH, NAME)
    for side, sound in zip(sides, (CALLER, AGENT), strict=True):
        expected = bytearray(sound)
        for start, over in spans:
            expected[start * 8 : over * 8] = b"\xff" * ((over - start) * 8)
        assert side == expected


@pytest.mark.parametrize("stopped", [(finishing, "rewrite"), (RecordingStore, "finish")])
async def test_the_job_may_be_stopped_and_run_again(
    database: Database,
    store: CallStore,
    rows: RecordingStore,
    tmp_path: Path,
    stopped: tuple[object, str],
) -> None:
    finisher = RecordingFinisher(database, ORGANIZATION, tmp_path)
    call_id = await store.open(new_call(recording_path=PATH))
    said = {"heard_started_ms": 1_000, "heard_ended_ms": 2_000, "private": ["card"]}
    await speak(database, store, call_id, [said])
    await store.close(call_id, end(recording_ms=10_000))
    record(tmp_path, ended=False)

    def stop(*_: object, **__: object) -> None:
        raise OSError("stopped")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stopped[0], stopped[1], stop)
        with pytest.raises(OSError, match="stopped"):
            await finisher.finish(call_id)
    assert not (await get(rows, call_id)).finished
    await finisher.finish(call_id)
    await finisher.finish(call_id)
    assert (await get(rows, call_id)).silenced == ((700, 2_300),)
    assert channels(tmp_path / PATH, NAME)[0].count(b"\xff") == 1_600 * 8


async def test_a_call_without_sound_has_nothing_to_finish(
    store: CallStore, rows: RecordingStore, finisher: RecordingFinisher, tmp_path: Path
) -> None:
    for sid in ("CA1", "CA2", "CA3"):
        path = f"recordings/{sid}.yrec"
        call_id = await store.open(new_call(sid, recording_path=None if sid == "CA3" else path))
        if sid == "CA2":
            (tmp_path / "recordings").mkdir()
            (tmp_path / path).touch()
        await store.close(call_id, end(recording_ms=0))
        await finisher.finish(call_id)
        if sid == "CA3":
            assert await rows.get(call_id) is None
        else:
            found = await get(rows, call_id)
            assert (found.status, found.duration_ms) == (RecordingStatus.FINISHED, 0)


async def test_what_could_not_be_written_is_told(
    store: CallStore, rows: RecordingStore, finisher: RecordingFinisher, tmp_path: Path
) -> None:
    call_id = await store.open(new_call(recording_path=PATH))
    record(tmp_path, ended=False)
    await store.close(call_id, end(recording_ms=15_000))
    await finisher.finish(call_id)
    found = await get(rows, call_id)
    assert (found.status, found.duration_ms) == (RecordingStatus.INCOMPLETE, 10_000)


async def test_an_altered_recording_is_not_finished(
    store: CallStore, rows: RecordingStore, finisher: RecordingFinisher, tmp_path: Path
) -> None:
    call_id = await store.open(new_call(recording_path=PATH))
    path = record(tmp_path, ended=False)
    altered = bytearray(path.read_bytes())
    altered[10_000] ^= 1
    path.write_bytes(altered)
    await store.close(call_id, end(recording_ms=10_000))
    with pytest.raises(StorageError, match="damaged"):
        await finisher.finish(call_id)
    assert not (await get(rows, call_id)).finished
    assert path.read_bytes() == altered


@pytest.mark.parametrize("stopped", [False, True])
async def test_what_lay_open_is_sealed(
    database: Database, store: CallStore, rows: RecordingStore, tmp_path: Path, stopped: bool
) -> None:
    """A recording of version 0.1, of which a stopped process may have sealed a part."""
    opened = tmp_path / "recordings" / "CA1.wav"
    opened.parent.mkdir()
    with wave.open(str(opened), "wb") as sound:
        sound.setparams((2, 2, 8_000, 0, "NONE", ""))
        sound.writeframes(mulaw.pcm(interleave(CALLER, AGENT)))
    call_id = await store.open(new_call(recording_path="recordings/CA1.wav"))
    await rows.finish(call_id, RecordingStatus.FINISHED, 0, ())
    if stopped:
        (tmp_path / PATH).write_bytes(b"YREC and a half")
    older = OlderRecordings(database, ORGANIZATION, tmp_path, mulaw.from_pcm)
    assert await older.seal(NOW) == 1
    assert await older.seal(NOW) == 0
    assert [file.name for file in opened.parent.iterdir()] == ["CA1.yrec"]
    assert await jobs(database) == [JobKind.FINISH_RECORDING]
    await RecordingFinisher(database, ORGANIZATION, tmp_path).finish(call_id)
    found = await get(rows, call_id)
    assert (found.path, found.finished, found.duration_ms) == (PATH, True, 10_000)
    assert channels(tmp_path / PATH, NAME) == (CALLER, AGENT)
