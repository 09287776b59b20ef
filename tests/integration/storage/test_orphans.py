"""Calls whose server died are closed once, as cut off, with all that is owed to their callers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from storage.callbacks import CallbackStatus
from storage.calls import CallStore
from storage.database import Database
from storage.entries import Began, Ended, Noted, TurnOver
from storage.journal import Journal
from storage.ledger import Ledger
from storage.models import CallbackRow
from storage.organizations import ensure_organization
from storage.orphans import Orphans, Recovery
from storage.outbox import JobKind, Outbox
from storage.records import HandoffReason, HandoffStatus, Outcome
from storage.sealing import Seals
from tests.support.calls import NOW, ORGANIZATION, end, new_call, summary, turn
from tests.support.keys import VAULT

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def mine(database: Database) -> CallStore:
    """The calls of server `mine`."""
    return CallStore(database, ORGANIZATION, clock=lambda: NOW, server="mine")


@pytest.fixture
def orphans(database: Database, tmp_path: Path) -> Orphans:
    """The sample organization's."""
    return Orphans(database, ORGANIZATION, tmp_path)


async def _callbacks(database: Database) -> list[CallbackRow]:
    async with database.read(ORGANIZATION) as session:
        return list((await session.scalars(select(CallbackRow))).all())


async def _jobs(database: Database) -> list[tuple[str, object]]:
    jobs = await Outbox(database, ORGANIZATION).unfinished(10)
    return [(job.kind, job.payload["call_id"]) for job in jobs]


async def test_a_cut_off_call_ends_when_it_did_and_is_owed_a_call_back(
    database: Database, mine: CallStore, orphans: Orphans
) -> None:
    call_id = await mine.open(new_call())
    await mine.save_turn(call_id, turn(0, said_ended_ms=10_000))
    await mine.save_turn(call_id, turn(1, heard_ended_ms=12_000, said_ended_ms=None))

    assert await orphans.close_of("mine", LATER, started_before=LATER) == 1
    assert await orphans.close_of("mine", LATER, started_before=LATER) == 0

    call = await mine.get(call_id)
    assert call is not None
    assert (call.outcome, call.cut_off) == (Outcome.FAILED, True)
    assert call.ended_at == NOW + timedelta(seconds=12)
    assert await _jobs(database) == [(JobKind.SUMMARIZE, call_id)]
    [callback] = await _callbacks(database)
    assert (callback.status, callback.phone, callback.brief) == (
        CallbackStatus.OPEN,
        "010-****-5678",
        "",
    )
    seals = Seals(VAULT, ORGANIZATION)
    assert seals.open_callback("CA1", callback.phone, callback.sealed) == "+821012345678"
    await mine.save_summary(call_id, summary())
    [callback] = await _callbacks(database)
    assert callback.brief == summary().text


async def test_a_call_without_any_trace_ends_as_it_began(mine: CallStore, orphans: Orphans) -> None:
    call_id = await mine.open(new_call())
    await orphans.close_of("mine", LATER, started_before=LATER)
    call = await mine.get(call_id)
    assert call is not None
    assert call.ended_at == NOW


async def test_who_cannot_or_need_not_be_phoned_is_not(
    database: Database, mine: CallStore, orphans: Orphans
) -> None:
    await mine.open(new_call("CA1", caller=""))
    answered = await mine.open(new_call("CA2"))
    await mine.request_handoff(answered, HandoffReason.FAILURE, "")
    await mine.handoff_status(answered, HandoffStatus.ANSWERED)

    assert await orphans.close_of("mine", LATER, started_before=LATER) == 2
    assert await _callbacks(database) == []


async def test_a_call_that_nobody_took_is_owed_a_call_back(
    database: Database, mine: CallStore
) -> None:
    call_id = await mine.open(new_call())
    await mine.request_handoff(call_id, HandoffReason.CALLER_REQUEST, "요약")
    for _ in range(2):
        await mine.handoff_status(call_id, HandoffStatus.CALLBACK_REQUESTED, at=NOW)
    [callback] = await _callbacks(database)
    assert (callback.call_id, callback.requested_at) == (call_id, NOW)


async def test_other_servers_calls_are_left_alone_until_they_are_too_old(
    database: Database, mine: CallStore, orphans: Orphans
) -> None:
    other = CallStore(database, ORGANIZATION, server="other")
    theirs = await other.open(new_call("CA1"))
    live = await mine.open(new_call("CA2", started_at=LATER))
    ended = await mine.open(new_call("CA3"))
    await mine.close(ended, end())

    assert await orphans.close_of("mine", LATER, started_before=LATER) == 0
    assert await orphans.close_aged(LATER, started_before=NOW) == 0
    assert await orphans.close_aged(LATER, started_before=LATER) == 1
    call = await mine.get(theirs)
    assert call is not None
    assert call.cut_off
    call = await mine.get(live)
    assert call is not None
    assert call.ended_at is None


async def test_other_organizations_calls_are_out_of_reach(
    database: Database, mine: CallStore, tmp_path: Path
) -> None:
    await mine.open(new_call())
    await ensure_organization(database, "other", "다른 회사")
    orphans = Orphans(database, "other", tmp_path)
    assert await orphans.close_of("mine", LATER, started_before=LATER) == 0
    assert await orphans.close_aged(LATER, started_before=LATER) == 0


@dataclass
class Started:
    """A server that has begun another life."""

    recovery: Recovery
    journal: Journal
    told: list[str]


@pytest.fixture
async def start(
    mine: CallStore, orphans: Orphans, tmp_path: Path
) -> AsyncIterator[Callable[[], Started]]:
    """Starts a server on the data directory; its earlier life was killed."""
    journals: list[Journal] = []

    def make() -> Started:
        told: list[str] = []

        def clock() -> datetime:
            return LATER

        journal = Journal(tmp_path / "journal", VAULT, ORGANIZATION, clock=clock)
        journals.append(journal)
        recovery = Recovery(
            orphans,
            Ledger(mine, journal, clock=clock),
            server="mine",
            longest_call=timedelta(minutes=20),
            on_closed=lambda: told.append("closed"),
            clock=clock,
        )
        return Started(recovery, journal, told)

    yield make
    for journal in journals:
        await journal.close()


async def test_a_start_brings_the_journal_first_and_then_closes_what_has_no_end(
    mine: CallStore, start: Callable[[], Started]
) -> None:
    killed = start()
    await killed.journal.load()
    for entry in (
        Began(call=new_call("CA1")),
        TurnOver(call_sid="CA1", turn=turn(0, said_ended_ms=7_000)),
        Began(call=new_call("CA2")),
        Ended(call_sid="CA2", end=end()),
    ):
        await killed.journal.append(Noted(at=NOW, entry=entry))

    again = start()
    await again.recovery.start()

    cut, ended = await mine.by_sid("CA1"), await mine.by_sid("CA2")
    assert cut is not None
    assert ended is not None
    assert (cut.cut_off, cut.ended_at) == (True, NOW + timedelta(seconds=7))
    assert (ended.cut_off, ended.outcome) == (False, Outcome.COMPLETED)
    assert again.told == ["closed"]
