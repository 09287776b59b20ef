"""Calls from their beginning to their summary, on all databases."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from storage.calls import CallStore
from storage.clear import ServiceCalls
from storage.customers import CustomerStore
from storage.database import Database
from storage.errors import StorageError
from storage.models import CalledNumberRow
from storage.organizations import ensure_organization
from storage.outbox import JobStatus, Outbox
from storage.records import (
    CustomerCard,
    Handoff,
    HandoffReason,
    HandoffStatus,
    HandoffStep,
    Outcome,
    StoredCall,
    Verification,
)
from tests.support.calls import NOW, ORGANIZATION, end, new_call, summary, turn
from tests.support.keys import VAULT

ON_ONE_DATABASE = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


async def test_a_whole_call_comes_back_as_it_was(database: Database, store: CallStore) -> None:
    [customer] = await CustomerStore(database, ORGANIZATION).by_phone("+821012345678")

    call_id = await store.open(new_call(recording_path="recordings/CA1.yrec"))
    greeting = turn(
        0, heard="", input_kind="none", heard_started_ms=None, heard_ended_ms=None, tools=()
    )
    await store.save_turn(call_id, turn(1))
    await store.save_turn(call_id, greeting)
    await store.verified(call_id, customer.id, Verification.CALLER_ID)
    over = end(customer_id=customer.id, recording_ms=95_000)
    assert await store.close(call_id, over)
    await store.save_summary(call_id, summary())

    clear = StoredCall(
        id=call_id,
        organization_id=ORGANIZATION,
        call_sid="CA1",
        caller="+821012345678",
        called="+82215880000",
        started_at=NOW,
        ended_at=over.ended_at,
        outcome=Outcome.COMPLETED,
        handoff_reason=None,
        verification=Verification.CALLER_ID,
        customer=customer,
        recording_path="recordings/CA1.yrec",
        summary=summary(),
        turns=(greeting, turn(1)),
    )
    calls = ServiceCalls(database, ORGANIZATION)
    assert await calls.get(call_id) == clear
    assert await calls.by_sid("CA1") == clear
    card = CustomerCard(
        id=customer.id,
        organization_id=ORGANIZATION,
        name="김*수",
        phone="010-****-5678",
        plan_id=customer.plan_id,
        since=customer.since,
    )
    masked = replace(clear, caller="010-****-5678", customer=card)
    assert await store.get(call_id) == masked
    assert await store.by_sid("CA1") == masked


async def test_a_call_that_goes_on_has_no_end(store: CallStore) -> None:
    call = await store.get(await store.open(new_call()))

    assert call is not None
    assert (call.ended_at, call.outcome, call.summary) == (None, None, None)


async def test_numbers_under_which_callers_came_are_kept_once(
    database: Database, store: CallStore
) -> None:
    for number, called in enumerate(("+82215880000", "+82215880000", "", "+82215881111")):
        await store.open(new_call(f"CA{number}", called=called))

    async with database.read(ORGANIZATION) as session:
        rows = await session.scalars(select(CalledNumberRow).order_by(CalledNumberRow.id))
        found = [(row.number, row.first_called_at) for row in rows]
    assert found == [("+82215880000", NOW), ("+82215881111", NOW)]


async def test_unknown_calls(store: CallStore) -> None:
    assert await store.get(7) is None
    assert await store.by_sid("CA7") is None
    for attempt in (
        store.save_turn(7, turn()),
        store.save_summary(7, summary()),
        store.close(7, end()),
        store.verified(7, None, Verification.NONE),
        store.request_handoff(7, HandoffReason.POLICY, ""),
        store.handoff_status(7, HandoffStatus.ANSWERED),
    ):
        with pytest.raises(StorageError) as caught:
            await attempt
        assert caught.value.code == "unknown_call"
        assert not caught.value.retryable


async def test_an_unknown_customer_is_refused(store: CallStore) -> None:
    call_id = await store.open(new_call())

    for attempt in (
        store.verified(call_id, 999, Verification.CALLER_ID),
        store.close(call_id, end(customer_id=999)),
    ):
        with pytest.raises(StorageError) as caught:
            await attempt
        assert caught.value.code == "unknown_customer"


async def test_closing_asks_for_one_summary_in_the_same_transaction(
    database: Database, store: CallStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = Outbox(database, ORGANIZATION)
    call_id = await store.open(new_call())

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("no job")

    with monkeypatch.context() as patched:
        patched.setattr("storage.calls.enqueue", broken)
        with pytest.raises(RuntimeError):
            await store.close(call_id, end())
    call = await store.get(call_id)
    assert call is not None
    assert call.ended_at is None

    assert await store.close(call_id, end())
    assert not await store.close(call_id, end(outcome=Outcome.FAILED))

    [job] = await outbox.claim(end().ended_at, 10)
    assert (job.kind, job.payload) == ("summarize", {"call_id": call_id})
    call = await store.get(call_id)
    assert call is not None
    assert call.outcome is Outcome.COMPLETED


async def test_two_who_close_at_once_ask_for_one_summary(
    database: Database, store: CallStore
) -> None:
    call_id = await store.open(new_call())

    closed = await asyncio.gather(*(store.close(call_id, end()) for _ in range(8)))

    assert sorted(closed) == [False] * 7 + [True]
    assert await Outbox(database, ORGANIZATION).count(JobStatus.PENDING) == 1


async def test_the_same_call_opened_at_once_is_one_call(store: CallStore) -> None:
    ids = await asyncio.gather(*(store.open(new_call()) for _ in range(8)))

    assert len(set(ids)) == 1
    assert len(await store.list(10)) == 1


async def test_a_handoff_is_requested_once(store: CallStore) -> None:
    call_id = await store.open(new_call())
    assert await store.handoff(call_id) is None

    assert await store.request_handoff(call_id, HandoffReason.CALLER_REQUEST, "요금 문의입니다.")
    assert not await store.request_handoff(call_id, HandoffReason.FAILURE, "다른 말")
    await store.handoff_status(call_id, HandoffStatus.UNANSWERED)
    await store.handoff_status(call_id, HandoffStatus.CALLBACK_REQUESTED)

    assert await store.handoff(call_id) == Handoff(
        requested_at=NOW,
        reason=HandoffReason.CALLER_REQUEST,
        status=HandoffStatus.CALLBACK_REQUESTED,
        summary_text="요금 문의입니다.",
        steps=tuple(
            HandoffStep(at=NOW, status=status)
            for status in (
                HandoffStatus.REQUESTED,
                HandoffStatus.UNANSWERED,
                HandoffStatus.CALLBACK_REQUESTED,
            )
        ),
    )


async def test_pages_go_from_new_to_old(store: CallStore) -> None:
    ids = [await store.open(new_call(f"CA{number}")) for number in range(5)]
    await store.save_turn(ids[4], turn())
    await store.save_summary(ids[4], summary())

    first = await store.list(3)
    second = await store.list(3, before_id=first[-1].id)

    assert [call.id for call in first + second] == ids[::-1]
    assert first[0].summary == summary()
    assert first[0].turns == ()


async def test_a_page_is_one_query(database: Database, store: CallStore) -> None:
    for number in range(5):
        call_id = await store.open(new_call(f"CA{number}"))
        await store.save_summary(call_id, summary())
    statements: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", count)
    assert len(await store.list(50)) == 5

    queries = [line for line in statements if line.startswith("SELECT")]
    assert len([line for line in queries if "set_config" not in line]) == 1


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("이월 10GB", ["CA1"]),
        ("이월 10gb", ["CA1"]),
        ("시니어", ["CA2"]),
        ("여보세요", ["CA2"]),
        ("100%", ["CA3"]),
        ("_", []),
        ("없는 말", []),
        ("\x00", ["CA3", "CA2", "CA1"]),
    ],
)
async def test_search(store: CallStore, search: str, found: list[str]) -> None:
    first = await store.open(new_call("CA1"))
    await store.save_summary(first, summary())
    second = await store.open(new_call("CA2"))
    await store.save_turn(second, turn(0, heard="시니어 요금제요", said="네, 여보세요입니다."))
    third = await store.open(new_call("CA3"))
    await store.save_turn(third, turn(0, heard="100% 무료인가요", said="아닙니다."))

    assert [call.call_sid for call in await store.list(10, search=search)] == found


async def test_fifty_calls_save_turns_at_once(store: CallStore) -> None:
    async def phone(number: int) -> None:
        call_id = await store.open(new_call(f"CA{number}"))
        for index in range(6):
            await store.save_turn(call_id, turn(index))
            await store.list(5)
        await store.close(call_id, end())

    await asyncio.gather(*(phone(number) for number in range(50)))

    calls = await store.list(100)
    assert len(calls) == 50
    assert all(call.outcome is Outcome.COMPLETED for call in calls)
    whole = await store.get(calls[0].id)
    assert whole is not None
    assert len(whole.turns) == 6


async def test_two_processes_write_at_once(url: str, database: Database) -> None:
    other = Database(url, VAULT)
    stores = [CallStore(database, ORGANIZATION), CallStore(other, ORGANIZATION)]

    async def phone(store: CallStore, number: int) -> None:
        call_id = await store.open(new_call(f"CA{number}"))
        await store.save_turn(call_id, turn())

    await asyncio.gather(*(phone(stores[n % 2], n) for n in range(40)))
    await other.close()

    assert len(await stores[0].list(100)) == 40


async def test_calls_that_are_cancelled_hold_nobody_up(store: CallStore) -> None:
    call_id = await store.open(new_call())

    async def save(index: int) -> None:
        await store.save_turn(call_id, turn(index))

    saving = [asyncio.create_task(save(index)) for index in range(40)]
    for task in saving[::2]:
        await asyncio.sleep(0)
        task.cancel()
    outcomes = await asyncio.gather(*saving, return_exceptions=True)

    assert all(outcome is None for outcome in outcomes[1::2])
    assert await store.close(call_id, end())
    call = await store.get(call_id)
    assert call is not None
    assert {turn.index for turn in call.turns} >= set(range(1, 40, 2))


async def test_another_organization_sees_and_changes_nothing(
    database: Database, store: CallStore
) -> None:
    await ensure_organization(database, "other", "다른 회사")
    other = CallStore(database, "other")
    call_id = await store.open(new_call())
    await store.save_turn(call_id, turn())
    await store.save_summary(call_id, summary())
    await store.request_handoff(call_id, HandoffReason.POLICY, "요약")
    before = await store.get(call_id)

    assert await other.get(call_id) is None
    assert await other.by_sid("CA1") is None
    assert await other.list(10) == []
    assert await other.list(10, search="이월") == []
    assert await other.handoff(call_id) is None
    for attempt in (
        other.save_turn(call_id, turn(0, heard="바뀐 말")),
        other.save_turn(call_id, turn(9)),
        other.save_summary(call_id, summary(text="바뀐 말")),
        other.close(call_id, end()),
        other.verified(call_id, None, Verification.SECOND_FACTOR),
        other.request_handoff(call_id, HandoffReason.POLICY, ""),
        other.handoff_status(call_id, HandoffStatus.ANSWERED),
    ):
        with pytest.raises(StorageError):
            await attempt
    assert await store.get(call_id) == before
    [customer] = await CustomerStore(database, ORGANIZATION).by_phone("+821012345678")
    own = await other.open(new_call(organization_id="other"))
    with pytest.raises(StorageError):
        await other.verified(own, customer.id, Verification.CALLER_ID)


async def test_calls_of_unknown_or_other_organizations_are_refused(database: Database) -> None:
    with pytest.raises(StorageError) as caught:
        await CallStore(database, "nobody").open(new_call(organization_id="nobody"))
    assert caught.value.code == "unknown_organization"

    with pytest.raises(StorageError) as caught:
        await CallStore(database, "nobody").open(new_call())
    assert caught.value.code == "wrong_organization"


@ON_ONE_DATABASE
@given(heard=st.text(st.characters(codec=None), max_size=40))
async def test_any_heard_text_is_stored(database: Database, store: CallStore, heard: str) -> None:
    call_id = await store.open(new_call())

    await store.save_turn(call_id, turn(0, heard=heard))

    call = await ServiceCalls(database, ORGANIZATION).get(call_id)
    assert call is not None
    clean = heard.replace("\x00", "").encode("utf-16", "surrogatepass")
    assert call.turns[0].heard == clean.decode("utf-16", "replace")


NUMBERS = itertools.count()
STEPS = st.lists(
    st.one_of(
        st.just(("open", 0, "")),
        st.just(("close", 0, "")),
        st.tuples(st.just("turn"), st.integers(0, 3), st.sampled_from(["네", "아니요", "글쎄요"])),
    ),
    max_size=12,
)


@ON_ONE_DATABASE
@given(steps=STEPS)
async def test_repeating_anything_changes_nothing(
    database: Database, store: CallStore, steps: list[tuple[str, int, str]]
) -> None:
    outbox = Outbox(database, ORGANIZATION)
    jobs_before = await outbox.count(JobStatus.PENDING)
    opening = new_call(f"CA{next(NUMBERS)}")
    call_id = await store.open(opening)
    turns: dict[int, str] = {}
    closed = False
    for step, index, heard in steps:
        if step == "open":
            assert await store.open(opening) == call_id
        elif step == "close":
            assert await store.close(call_id, end()) is not closed
            closed = True
        else:
            await store.save_turn(call_id, turn(index, heard=heard))
            turns[index] = heard

    call = await store.get(call_id)
    assert call is not None
    assert {turn.index: turn.heard for turn in call.turns} == turns
    assert (call.ended_at is not None) is closed
    assert await outbox.count(JobStatus.PENDING) - jobs_before == closed
