"""What was kept long enough goes from database, files and index; the rest stays. All parts real."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from knowledge.cases import SimilarCases
from storage.calls import CallStore
from storage.clear import ServiceCalls
from storage.database import Database
from storage.entries import Noted, TurnOver
from storage.errors import StorageError
from storage.journal import Journal
from storage.models import Base, CallTermRow, MentionRow
from storage.organizations import ensure_organization
from storage.outbox import JobStatus, Outbox
from storage.periods import Periods
from storage.recordings.files import RecordingWriter, recording_name
from storage.recordings.rows import RecordingStore
from storage.records import HandoffReason, ModelUse, RecordingStatus
from storage.retention import Retention
from storage.search import BLOCK
from storage.usage import UsageStore
from tests.support.calls import NOW, ORGANIZATION, end, new_call, summary, turn
from tests.support.keys import VAULT
from tests.support.privacy import NotedAudit, record, similar_cases

PERIODS = Periods(
    recordings=10, clear_text=20, turns=30, summaries=40, callbacks=50, changes=50, calls=50,
    usage=50, jobs=5, audit=731,
)  # fmt: skip


@dataclass
class House:
    database: Database
    cases: SimilarCases
    audit: NotedAudit
    data_dir: Path

    async def call(self, sid: str, *, days: float, ended: bool = True) -> int:
        """A call of so many days ago, with everything that a call leaves behind."""
        at = NOW - timedelta(days=days)
        store = CallStore(self.database, ORGANIZATION, clock=lambda: at)
        path = record(self.data_dir, sid)
        call = new_call(sid, started_at=at, recording_path=path)
        call_id = await store.open(call)
        await store.save_turn(call_id, turn(0, heard="제 번호는 010-8765-4321이요"))
        await store.request_handoff(call_id, HandoffReason.POLICY, "010-8765-4321", at=at)
        if not ended:
            return call_id
        await store.close(call_id, end(ended_at=at + timedelta(minutes=1), recording_ms=2_000))
        recordings = RecordingStore(self.database, ORGANIZATION)
        await recordings.finish(call_id, RecordingStatus.FINISHED, 2_000, [])
        await store.save_summary(call_id, summary())
        await self.cases.add(call_id)
        outbox = Outbox(self.database, ORGANIZATION)
        for job in await outbox.claim(at + timedelta(minutes=2), 10):
            await outbox.done(job.id)
        return call_id

    def retention(self, periods: Periods = PERIODS, *, now: datetime = NOW) -> Retention:
        return Retention(
            self.database,
            ORGANIZATION,
            self.data_dir,
            periods,
            cases=self.cases,
            audit=self.audit,
            clock=lambda: now,
        )

    def files(self) -> list[str]:
        return sorted(path.stem for path in (self.data_dir / "recordings").iterdir())

    async def rows(self) -> dict[str, int]:
        """How many rows each table has, over all organizations."""
        found = {}
        async with self.database.engine.connect() as connection:
            for table in Base.metadata.sorted_tables:
                counted = await connection.scalar(select(func.count()).select_from(table))
                found[table.name] = counted or 0
        return found


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    cases = similar_cases(tmp_path, database)
    yield House(database, cases, NotedAudit(), tmp_path)
    cases.close()


async def test_each_kind_goes_when_its_period_is_over(house: House) -> None:
    ages = {"young": 5, "heard": 15, "clear": 25, "turns": 35, "summary": 45, "old": 55}
    ids = {sid: await house.call(sid, days=days) for sid, days in ages.items()}
    due = await house.retention().due()

    done = await house.retention().run("test")

    assert done.proven
    assert done.left == dict.fromkeys(done.left, 0)
    assert {kind: due[kind] for kind in ("recordings", "turns", "summaries", "calls")} == {
        "recordings": 5,
        "turns": 3,
        "summaries": 2,
        "calls": 1,
    }
    assert done.deleted["recordings"] == 5
    assert done.deleted["cases"] == 2
    assert house.files() == ["young"]
    store = CallStore(house.database, ORGANIZATION)
    clear = ServiceCalls(house.database, ORGANIZATION)
    assert await store.get(ids["old"]) is None
    for sid in ("young", "heard"):
        call = await clear.get(ids[sid])
        assert call is not None
        assert call.turns[0].heard == "제 번호는 010-8765-4321이요"
    for sid in ("clear",):
        call = await clear.get(ids[sid])
        assert call is not None
        assert call.turns[0].heard == "제 번호는 010-****-4321이요"
        assert call.caller == "010-****-5678"
    call = await store.get(ids["turns"])
    assert call is not None
    assert call.turns == ()
    assert call.summary is not None
    call = await store.get(ids["summary"])
    assert call is not None
    assert call.summary is None
    assert await house.cases.ids() == {ids[sid] for sid in ("young", "heard", "clear", "turns")}
    async with house.database.read(ORGANIZATION) as session:
        mentioned = set(await session.scalars(select(MentionRow.call_id)))
    assert mentioned == {ids[sid] for sid in ("young", "heard", "clear")}
    assert await _terms(house) == {ids[sid] for sid in ages if sid not in ("summary", "old")}
    assert await Outbox(house.database, ORGANIZATION).count(JobStatus.DONE) == 3  # of `young`
    [(actor, action, _, details)] = house.audit.entries
    assert (actor, action) == ("test", "retention")
    assert details["deleted"]["calls"] == 1
    assert not any(details["left"].values())
    assert house.audit.pruned_before == NOW - timedelta(days=731)


async def test_what_the_journal_could_never_bring_goes_too(house: House) -> None:
    folder = house.data_dir / "journal"
    for days in (21, 19):
        at = NOW - timedelta(days=days)
        journal = Journal(folder, VAULT, ORGANIZATION, clock=lambda at=at: at)  # type: ignore[misc]
        await journal.load()
        await journal.append(Noted(at=at, entry=TurnOver(call_sid="CA1", turn=turn())))
        await journal.head()
        await journal.bury("turn of CA1", StorageError("unknown_call", "no call"))
        await journal.close()
    assert (await house.retention().due())["journal"] == 1

    done = await house.retention().run("test")

    assert done.deleted["journal"] == 1
    assert len(list((folder / "dead").iterdir())) == 1


async def test_a_second_run_finds_nothing_and_notes_nothing(house: House) -> None:
    await house.call("old", days=60)
    await house.retention().run("test")
    before = await house.rows()

    again = await house.retention().run("test")

    assert not any(again.deleted.values())
    assert len(house.audit.entries) == 1
    assert await house.rows() == before


async def test_a_look_deletes_nothing(house: House) -> None:
    await house.call("old", days=60)
    before = await house.rows()

    due = await house.retention().due()

    assert (due["calls"], due["recordings"], due["files"]) == (1, 1, 0)
    assert await house.rows() == before
    assert house.files() == ["old"]


async def test_a_call_that_goes_on_stays(house: House) -> None:
    call_id = await house.call("live", days=60, ended=False)

    done = await house.retention().run("test")

    assert done.proven
    assert await CallStore(house.database, ORGANIZATION).get(call_id) is not None
    assert house.files() == ["live"]


async def test_files_that_no_row_names_go_but_not_those_of_others(house: House) -> None:
    old = (NOW - timedelta(days=60)).timestamp()
    record(house.data_dir, "stray")
    theirs = house.data_dir / "recordings" / "theirs.yrec"
    writer = RecordingWriter(theirs, VAULT, recording_name("other", "theirs"))
    writer.append(b"\xff" * 160)
    writer.finish()
    for path in (house.data_dir / "recordings").iterdir():
        os.utime(path, (old, old))

    done = await house.retention().run("test")

    assert done.deleted["files"] == 1
    assert house.files() == ["theirs"]


async def test_another_organization_keeps_its_own(house: House) -> None:
    await ensure_organization(house.database, "other", "다른 통신사")
    at = NOW - timedelta(days=900)
    theirs = CallStore(house.database, "other", clock=lambda: at)
    call_id = await theirs.open(new_call("theirs", organization_id="other", started_at=at))
    await theirs.close(call_id, end(ended_at=at))
    await house.call("ours", days=900)

    done = await house.retention().run("test")

    assert done.deleted["calls"] == 1
    assert await theirs.get(call_id) is not None


async def test_what_the_model_took_is_kept_for_its_own_time(house: House) -> None:
    usage = UsageStore(house.database, ORGANIZATION)
    for key, days in (("old", 51), ("new", 49)):
        at = NOW - timedelta(days=days)
        await usage.record([_use(key, at)])

    done = await house.retention().run("test")

    assert done.deleted["usage"] == 1


async def _terms(house: House) -> set[int]:
    """The calls that the search by pairs of letters leads to."""
    async with house.database.read(ORGANIZATION) as session:
        rows = (await session.scalars(select(CallTermRow))).all()
    assert all(row.calls for row in rows)
    return {
        row.block * BLOCK + place
        for row in rows
        for place in range(BLOCK)
        if row.calls >> place & 1
    }


def _use(key: str, at: datetime) -> ModelUse:
    return ModelUse(
        key=key,
        call_sid="CA1",
        purpose="answer",
        model="m",
        prompt="p",
        tokens_read=1,
        tokens_written=1,
        estimated=False,
        cost_micros=1,
        at=at,
        day=at.date(),
    )


def test_periods_are_sensible() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 731"):
        Periods(audit=730)
    with pytest.raises(ValidationError, match="turns cannot be kept longer than calls"):
        Periods(calls=300)
    with pytest.raises(ValidationError, match="clear_text cannot be kept longer than turns"):
        Periods(clear_text=366)
    with pytest.raises(ValidationError, match="Extra inputs"):
        Periods.model_validate({"recording": 3})
    assert Periods.model_validate_json('{"recordings": 30}').recordings == 30
