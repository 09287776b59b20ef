"""One person's data in every store is found, given to them, and erased; others keep theirs."""

from __future__ import annotations

import json
import stat
import wave
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from knowledge.cases import SimilarCases
from storage.calls import CallStore
from storage.change_requests import ChangeRequests
from storage.clear import ServiceCalls
from storage.customers import CustomerStore
from storage.database import Database
from storage.entries import Noted, TurnOver
from storage.errors import StorageError
from storage.journal import Journal
from storage.models import (
    Base,
    CallbackRow,
    CallTermRow,
    CorrectionRow,
    FeedbackRow,
    ModelUsageRow,
    ScorecardRow,
)
from storage.privacy import mask
from storage.recordings.files import Recording, recording_name
from storage.recordings.rows import RecordingStore
from storage.records import HandoffReason, ModelUse, RecordingStatus
from storage.reviews import correction_keys
from storage.rights.erase import ERASED, Eraser, without_last
from storage.rights.export import Exporter
from storage.rights.person import Person, PersonFinder, e164
from storage.sealing import Seals
from storage.usage import UsageStore
from tests.support.calls import NOW, ORGANIZATION, end, new_call, summary, turn
from tests.support.keys import VAULT
from tests.support.privacy import NotedAudit, record, similar_cases

PHONE = "+821012345678"
"""김철수's."""
OTHERS = "+821098765432"
PERSONAL = {
    "calls", "turns", "summaries", "handoffs", "handoff_steps", "recordings", "feedback",
    "corrections", "scorecards", "customers", "callbacks", "change_requests", "model_usage",
    "outbox_jobs", "mentions", "call_terms",
}  # fmt: skip
IMPERSONAL = {
    "organizations", "called_numbers", "users", "user_sessions", "documents", "ingestion_runs",
    "index_versions", "prompt_templates", "prompt_versions", "audit_log", "audit_heads",
}  # fmt: skip
"""Of the house and those who work in it; the audit log names people by their fingerprints alone."""


@dataclass
class House:
    database: Database
    cases: SimilarCases
    audit: NotedAudit
    data_dir: Path

    @property
    def finder(self) -> PersonFinder:
        return PersonFinder(self.database, ORGANIZATION, self.data_dir, self.cases)

    async def erase(self, phone: str = PHONE) -> Person:
        eraser = Eraser(
            self.database,
            ORGANIZATION,
            self.data_dir,
            finder=self.finder,
            cases=self.cases,
            audit=self.audit,
        )
        return await eraser.erase(phone, actor="test")

    async def export(self, out: Path, phone: str = PHONE) -> Person:
        exporter = Exporter(
            self.database,
            ORGANIZATION,
            self.data_dir,
            finder=self.finder,
            audit=self.audit,
            pcm=lambda mulaw: mulaw * 2,
        )
        return await exporter.export(phone, out, actor="test", at=NOW)

    async def call(self, sid: str, caller: str, heard: str, customer_id: int | None = None) -> int:
        """A finished call with everything that one leaves behind."""
        store = CallStore(self.database, ORGANIZATION, clock=lambda: NOW)
        path = record(self.data_dir, sid)
        call_id = await store.open(new_call(sid, caller=caller, recording_path=path))
        spoken = turn(0, heard=heard, heard_started_ms=500, heard_ended_ms=700, said="네.")
        await store.save_turn(call_id, spoken)
        await store.save_turn(call_id, turn(1, heard="감사합니다"))
        await store.request_handoff(call_id, HandoffReason.POLICY, f"말씀: {heard}")
        closing = end(customer_id=customer_id, recording_ms=2_000)
        await store.close(call_id, closing)
        recordings = RecordingStore(self.database, ORGANIZATION)
        await recordings.finish(call_id, RecordingStatus.FINISHED, 2_000, [])
        await store.save_summary(call_id, summary(text=f"고객님이 {heard}라고 하셨습니다."))
        await self.cases.add(call_id)
        await UsageStore(self.database, ORGANIZATION).record([_use(sid)])
        async with self.database.write(ORGANIZATION) as session:
            seals = Seals(VAULT, ORGANIZATION)
            session.add(
                CallbackRow(
                    call_id=call_id,
                    requested_at=NOW,
                    **seals.callback(sid, caller),
                    status="open",
                    brief="",
                )
            )
            by = {"call_id": call_id, "user_id": 1, "user_name": "지은", "at": NOW}
            session.add(FeedbackRow(**by, turn_index=0, rating="good", comment="좋음"))
            corrected = seals.correction(
                correction_keys(sid, 0, "heard", NOW), (heard, mask(heard)), ("네", "네")
            )
            session.add(CorrectionRow(**by, turn_index=0, field="heard", **corrected))
            session.add(ScorecardRow(**by, items={}, total=5, comment=""))
        return call_id


@dataclass
class Calls:
    own: int
    """From his telephone."""
    about: int
    """From another one, but proven to be about him."""
    others: int
    """Somebody else's, in which his number is spoken."""


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    cases = similar_cases(tmp_path, database)
    yield House(database, cases, NotedAudit(), tmp_path)
    cases.close()


@pytest.fixture
async def calls(house: House) -> Calls:
    [customer] = await CustomerStore(house.database, ORGANIZATION).by_phone(PHONE)
    requests = ChangeRequests(house.database, ORGANIZATION, clock=lambda: NOW)
    await requests.request(
        call_sid="CAown",
        customer_id=customer.id,
        from_plan_id=customer.plan_id,
        to_plan_id="slim-14",
    )
    return Calls(
        own=await house.call("CAown", PHONE, "생일이 79년 3월 14일이에요", customer.id),
        about=await house.call("CAabout", "+82215550100", "제 요금제요", customer.id),
        others=await house.call("CAothers", OTHERS, "남편 번호가 010-1234-5678이에요"),
    )


async def test_all_of_it_is_found(house: House, calls: Calls) -> None:
    person = await house.finder.find("010-1234-5678")

    assert set(person.call_ids) == {calls.own, calls.about}
    assert person.counts == {
        "customers": 1,
        "calls": 2,
        "turns": 4,
        "summaries": 2,
        "handoffs": 2,
        "recordings": 2,
        "feedback": 2,
        "corrections": 2,
        "scorecards": 2,
        "callbacks": 2,
        "change_requests": 1,
        "model_usage": 2,
        "outbox_jobs": 6,
        "mentions": 1,
        "cases": 2,
        "journal": 0,
    }


async def test_all_of_it_is_given_in_the_clear(house: House, calls: Calls, tmp_path: Path) -> None:
    out = tmp_path / "person.zip"

    await house.export(out)

    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with zipfile.ZipFile(out) as archive:
        assert sorted(archive.namelist()) == [
            "person.json",
            "recordings/CAabout.wav",
            "recordings/CAown.wav",
        ]
        told = json.loads(archive.read("person.json"))
        with archive.open("recordings/CAown.wav") as file, wave.open(file) as sound:
            assert (sound.getnchannels(), sound.getframerate()) == (2, 8_000)
            assert sound.getnframes() == 16_000
    [customer] = told["customers"]
    assert (customer["name"], customer["phone"]) == ("김철수", PHONE)
    assert {one["call"]["caller"] for one in told["calls"]} == {PHONE, "+82215550100"}
    heard = [one["call"]["turns"][0]["heard"] for one in told["calls"]]
    assert heard == ["생일이 79년 3월 14일이에요", "제 요금제요"]
    assert [one["before"] for one in told["corrections"]] == heard
    assert {one["phone"] for one in told["callbacks"]} == {PHONE, "+82215550100"}
    [mention] = told["mentions_in_other_calls"]
    assert mention["call"] == calls.others
    assert OTHERS not in json.dumps(told)
    [(_, action, subject, details)] = house.audit.entries
    assert (action, subject) == ("export", VAULT.fingerprint(PHONE))
    assert details["calls"] == 2
    with pytest.raises(FileExistsError):
        await house.export(out)


async def test_nothing_is_left_of_who_is_erased_and_others_keep_theirs(
    house: House, calls: Calls
) -> None:
    before = await ServiceCalls(house.database, ORGANIZATION).get(calls.others)
    assert before is not None

    erased = await house.erase()

    assert erased.counts["calls"] == 2
    assert not any((await house.finder.find(PHONE)).counts.values())
    [(_, action, subject, details)] = house.audit.entries
    assert (action, subject, details["turns"]) == ("erase", VAULT.fingerprint(PHONE), 4)
    assert "12345678" not in json.dumps(house.audit.entries)
    files = sorted(path.stem for path in (house.data_dir / "recordings").iterdir())
    assert files == ["CAothers"]
    assert await house.cases.ids() == {calls.others}
    # Nowhere in the database, sealed or not.
    hashes = set(VAULT.fingerprints(PHONE))
    async with house.database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name in ("audit_log", "organizations"):
                continue
            for row in await connection.execute(select(*table.columns)):
                assert not hashes & {value for value in row if isinstance(value, str)}, table
                assert not {"CAown", "CAabout"} & {str(value) for value in row}, table
                assert "5678" not in str([v for v in row if isinstance(v, str | list | dict)])
    async with house.database.read(ORGANIZATION) as session:
        sids = (await session.scalars(select(ModelUsageRow.call_sid))).all()
        terms = (await session.scalars(select(CallTermRow.calls))).all()
    assert sorted(sids) == ["CAothers", ERASED, ERASED]
    assert terms
    assert all(bits >> calls.others & 1 and not bits >> calls.own & 1 for bits in terms)
    after = await ServiceCalls(house.database, ORGANIZATION).get(calls.others)
    assert after is not None
    assert after.caller == OTHERS
    assert after.turns[0].heard == "남편 번호가 010-****-****이에요"
    assert after.turns[1] == before.turns[1]
    assert after.summary is not None
    assert "010-****-****" in after.summary.text


async def test_the_number_is_silenced_in_recordings_of_others(house: House, calls: Calls) -> None:
    await house.erase()

    path = house.data_dir / "recordings" / "CAothers.yrec"
    with Recording.open(path, VAULT, recording_name(ORGANIZATION, "CAothers")) as recording:
        sound = b"".join(recording.read())
    assert recording.complete
    assert sound[4_000 * 2 : 5_600 * 2] == b"\xff" * 1_600 * 2
    assert sound[12_000 * 2 :] == b"\x12" * 4_000 * 2
    row = await RecordingStore(house.database, ORGANIZATION).get(calls.others)
    assert row is not None
    assert row.silenced[0][0] <= 500
    assert row.silenced[0][1] >= 700


async def test_a_number_that_others_told_in_pieces_goes_in_all_of_them(house: House) -> None:
    store = CallStore(house.database, ORGANIZATION, clock=lambda: NOW)
    call_id = await store.open(new_call("CAothers", caller=OTHERS))
    asking, going_on = "휴대폰 번호를 말씀해 주세요.", "네, 이어서 말씀해 주세요."
    told = [
        ("", asking),
        ("공일공이요", going_on),
        ("천이백삼십사", going_on),
        ("오육칠팔이요", "네."),
    ]
    for index, (heard, said) in enumerate(told):
        await store.save_turn(call_id, turn(index, heard=heard, said=said, intended=said))
    await store.close(call_id, end())
    assert (await house.finder.find(PHONE)).counts["mentions"] == 1

    await house.erase()

    call = await ServiceCalls(house.database, ORGANIZATION).get(call_id)
    assert call is not None
    assert [one.heard for one in call.turns] == ["", "****이요", "****", "****이요"]
    assert [one.said for one in call.turns] == [said for _, said in told]


async def test_erasing_again_and_erasing_nobody_do_no_harm(house: House, calls: Calls) -> None:
    await house.erase()
    counts = await _rows(house)

    again = await house.erase()
    nobody = await house.erase("010-0000-0000")

    assert not any(again.counts.values())
    assert not any(nobody.counts.values())
    assert await _rows(house) == counts


async def test_who_shares_nothing_is_untouched(house: House, calls: Calls) -> None:
    await house.erase(OTHERS)

    assert (await house.finder.find(PHONE)).counts["calls"] == 2
    assert sorted(await house.cases.ids()) == [calls.own, calls.about]


async def test_a_call_that_goes_on_is_waited_for(house: House) -> None:
    await CallStore(house.database, ORGANIZATION, clock=lambda: NOW).open(new_call("CAlive"))

    with pytest.raises(StorageError) as caught:
        await house.erase()

    assert caught.value.code == "call_goes_on"


async def test_the_journal_is_read_too(house: House, calls: Calls) -> None:
    folder = house.data_dir / "journal"
    journal = Journal(folder, VAULT, ORGANIZATION, clock=lambda: NOW)
    await journal.load()
    await journal.append(Noted(at=NOW, entry=TurnOver(call_sid="CAown", turn=turn(7))))
    await journal.append(Noted(at=NOW, entry=TurnOver(call_sid="CAothers", turn=turn(7))))
    person = await house.finder.find(PHONE)
    assert [one.noted.entry.call_sid for one in person.journal] == ["CAown"]
    with pytest.raises(StorageError) as caught:
        await house.erase()
    assert caught.value.code == "journal_waits"

    # What the database refused for good goes; the other call's entry waits still.
    await journal.head()
    await journal.bury("turn of CAown", StorageError("unknown_call", "no call"))
    assert list((folder / "dead").iterdir())
    await journal.close()
    [path] = folder.glob("*.journal")
    path.unlink()
    await house.erase()

    assert not list((folder / "dead").iterdir())


def test_every_table_is_known_to_hold_somebodys_data_or_nobodys() -> None:
    tables = {table.name for table in Base.metadata.sorted_tables}

    assert tables - PERSONAL - IMPERSONAL == set()


def test_numbers_are_taken_as_people_write_them() -> None:
    assert e164("010 1234 5678") == e164("+82-10-1234-5678") == PHONE
    with pytest.raises(StorageError, match="no telephone number"):
        e164("김철수")


def test_only_the_last_digits_of_that_number_go() -> None:
    text = "010-****-5678, 010-****-1111, 5678원"

    assert without_last([text], "5678") == ["010-****-****, 010-****-1111, 5678원"]


def _use(call_sid: str) -> ModelUse:
    return ModelUse(
        key=call_sid.encode().hex(),
        call_sid=call_sid,
        purpose="answer",
        model="m",
        prompt="p",
        tokens_read=1,
        tokens_written=1,
        estimated=False,
        cost_micros=1,
        at=NOW + timedelta(seconds=1),
        day=NOW.date(),
    )


async def _rows(house: House) -> dict[str, int]:
    found = {}
    async with house.database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            counted = await connection.scalar(select(func.count()).select_from(table))
            found[table.name] = counted or 0
    return found
