"""What the telephone writes arrives in order and once, however often it is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path

import pytest

from storage.calls import CallStore
from storage.database import Database
from storage.entries import Began, Ended, Noted, TurnOver
from storage.errors import StorageError
from storage.journal import Journal
from storage.ledger import Ledger
from storage.outbox import JobStatus, Outbox
from storage.recordings.rows import RecordingStore
from storage.records import HandoffReason, HandoffStatus, NewCall, Outcome, RecordingStatus
from tests.support.calls import NOW, ORGANIZATION, end, new_call, summary, turn
from tests.support.keys import VAULT


@pytest.fixture
async def ledger(store: CallStore, tmp_path: Path) -> AsyncIterator[Ledger]:
    """The sample organization's, as its telephone has it."""
    journal = Journal(tmp_path / "journal", VAULT, ORGANIZATION, clock=lambda: NOW)
    ledger = Ledger(store, journal, clock=lambda: NOW)
    assert await ledger.recover()
    yield ledger
    await journal.close()


async def test_everything_written_twice_is_there_once(
    database: Database, store: CallStore, ledger: Ledger
) -> None:
    for _ in range(2):
        await ledger.open(new_call())
        await ledger.save_turn("CA1", turn(0))
        await ledger.save_turn("CA1", turn(1))
        await ledger.request_handoff("CA1", HandoffReason.CALLER_REQUEST, "요금 문의입니다.")
        await ledger.handoff_status("CA1", HandoffStatus.ANSWERED)
        await ledger.close("CA1", end())

    [call] = await store.list(10)
    whole = await store.get(call.id)
    assert whole is not None
    assert [each.index for each in whole.turns] == [0, 1]
    assert whole.outcome is Outcome.COMPLETED
    handoff = await store.handoff(call.id)
    assert handoff is not None
    assert (handoff.reason, handoff.status) == (
        HandoffReason.CALLER_REQUEST,
        HandoffStatus.ANSWERED,
    )
    assert await Outbox(database, ORGANIZATION).count(JobStatus.PENDING) == 1


async def test_a_turn_waits_for_the_calls_beginning(
    store: CallStore, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, may_begin = store.open, asyncio.Event()

    async def slow(call: NewCall) -> int:
        await may_begin.wait()
        return await begin(call)

    monkeypatch.setattr(store, "open", slow)
    opening = asyncio.create_task(ledger.open(new_call()))
    await asyncio.sleep(0)
    saving = asyncio.create_task(ledger.save_turn("CA1", turn(0)))
    may_begin.set()
    await asyncio.gather(opening, saving)

    call = await store.by_sid("CA1")
    assert call is not None
    assert len(call.turns) == 1


async def test_a_human_whom_nobody_asked_for_is_a_failure(store: CallStore, ledger: Ledger) -> None:
    await ledger.open(new_call())
    await ledger.handoff_status("CA1", HandoffStatus.CALLBACK_REQUESTED)

    handoff = await store.handoff(await store.id_of("CA1"))
    assert handoff is not None
    assert (handoff.reason, handoff.status) == (
        HandoffReason.FAILURE,
        HandoffStatus.CALLBACK_REQUESTED,
    )


async def test_calls_that_never_began_are_refused(ledger: Ledger) -> None:
    writes: list[Coroutine[None, None, None]] = [
        ledger.save_turn("CA9", turn()),
        ledger.request_handoff("CA9", HandoffReason.FAILURE, ""),
        ledger.close("CA9", end()),
    ]
    for write in writes:
        with pytest.raises(StorageError, match="unknown_call"):
            await write


async def test_a_call_that_was_never_here_may_still_reach_the_human(
    store: CallStore, ledger: Ledger
) -> None:
    await ledger.handoff_status("CA9", HandoffStatus.ANSWERED)

    assert await store.list(10) == []


async def test_what_the_journal_brings_again_changes_nothing(
    database: Database, store: CallStore, ledger: Ledger, tmp_path: Path
) -> None:
    """Killed after the entries were stored, and before their file was gone."""
    beginning = new_call(recording_path="recordings/a.yrec")
    await ledger.open(beginning)
    await ledger.save_turn("CA1", turn(0))
    await ledger.close("CA1", end(recording_ms=9_000))
    call_id = await store.id_of("CA1")
    await store.save_summary(call_id, summary())
    await RecordingStore(database, ORGANIZATION).finish(
        call_id, RecordingStatus.FINISHED, 9_000, [(100, 900)]
    )
    before = await store.by_sid("CA1")
    jobs = await Outbox(database, ORGANIZATION).unfinished(10)

    journal = Journal(tmp_path / "left behind", VAULT, ORGANIZATION, clock=lambda: NOW)
    await journal.load()
    entries = (
        Began(call=beginning),
        TurnOver(call_sid="CA1", turn=turn(0, heard="그 사이에 고쳐진 말")),
        Ended(call_sid="CA1", end=end(recording_ms=9_000)),
    )
    for entry in entries:
        await journal.append(Noted(at=NOW, entry=entry))
    await journal.close()
    again = Journal(tmp_path / "left behind", VAULT, ORGANIZATION, clock=lambda: NOW)
    assert await Ledger(store, again, clock=lambda: NOW).recover()

    assert await store.by_sid("CA1") == before
    assert await Outbox(database, ORGANIZATION).unfinished(10) == jobs
    recording = await RecordingStore(database, ORGANIZATION).get(call_id)
    assert recording is not None
    assert (recording.status, recording.silenced) == (RecordingStatus.FINISHED, ((100, 900),))
    await again.close()
