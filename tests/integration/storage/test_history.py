"""A customer's earlier calls, and nobody else's."""

from __future__ import annotations

from datetime import timedelta

from storage.calls import CallStore
from storage.database import Database
from storage.history import CallHistory
from storage.organizations import ensure_organization
from storage.records import EarlierCall, HandoffReason, Outcome
from tests.support.calls import NOW, ORGANIZATION, end, new_call, summary, turn


async def finished(store: CallStore, sid: str, *, customer_id: int | None, days_ago: int) -> int:
    call_id = await store.open(new_call(sid, started_at=NOW - timedelta(days=days_ago)))
    await store.close(call_id, end(customer_id=customer_id))
    return call_id


async def test_calls_are_told_newest_first_with_what_they_were_about(
    database: Database, store: CallStore
) -> None:
    old = await finished(store, "CA1", customer_id=1, days_ago=9)
    new = await store.open(new_call("CA2", started_at=NOW - timedelta(days=2)))
    await store.save_turn(new, turn(1, fact_ids=("plan:slim-14", "faq:change-how")))
    await store.save_turn(new, turn(2, fact_ids=("plan:basic", "plan:slim-14")))
    handed = end(
        customer_id=1, outcome=Outcome.HANDED_OFF, handoff_reason=HandoffReason.CALLER_REQUEST
    )
    await store.close(new, handed)
    await store.save_summary(new, summary(reason="요금제 변경을 문의하셨습니다."))

    earlier = await CallHistory(database, ORGANIZATION).earlier(1, limit=3)

    assert earlier == [
        EarlierCall(
            id=new, started_at=NOW - timedelta(days=2), reason="요금제 변경을 문의하셨습니다.",
            outcome=Outcome.HANDED_OFF, handoff_reason=HandoffReason.CALLER_REQUEST,
            plan_ids=("slim-14", "basic"),
        ),
        EarlierCall(
            id=old, started_at=NOW - timedelta(days=9), reason="", outcome=Outcome.COMPLETED,
            handoff_reason=None, plan_ids=(),
        ),
    ]  # fmt: skip


async def test_only_as_many_as_asked_for_and_only_those_that_ended(
    database: Database, store: CallStore
) -> None:
    for day in range(1, 5):
        await finished(store, f"CA{day}", customer_id=1, days_ago=day)
    await store.open(new_call("CA9"))

    earlier = await CallHistory(database, ORGANIZATION).earlier(1, limit=2)

    assert [call.started_at for call in earlier] == [NOW - timedelta(days=d) for d in (1, 2)]


async def test_nobody_elses_calls_are_told(database: Database, store: CallStore) -> None:
    await finished(store, "CA1", customer_id=2, days_ago=1)
    await finished(store, "CA2", customer_id=None, days_ago=1)
    mine = await finished(store, "CA3", customer_id=1, days_ago=1)
    await ensure_organization(database, "other", "다른 회사")

    earlier = await CallHistory(database, ORGANIZATION).earlier(1, limit=5)

    assert [call.id for call in earlier] == [mine]
    assert await CallHistory(database, "other").earlier(1, limit=5) == []
