"""Requests to change a plan: noted once, superseded, and without any effect on the customer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from storage.change_requests import ChangeRequests
from storage.customers import CustomerStore
from storage.database import Database
from storage.errors import StorageError
from storage.organizations import ensure_organization
from storage.records import ChangeRequest, ChangeStatus
from tests.support.agents import toolbox
from tests.support.calls import NOW, ORGANIZATION

KIM = "+821012345678"


def ticking() -> Callable[[], datetime]:
    """A clock that moves on by a minute each time it is read."""
    minutes = iter(range(100))
    return lambda: NOW + timedelta(minutes=next(minutes))


@pytest.fixture
def requests(database: Database) -> ChangeRequests:
    return ChangeRequests(database, ORGANIZATION, clock=ticking())


async def ask(requests: ChangeRequests, to: str, *, call: str = "CA1") -> ChangeRequest:
    return await requests.request(
        call_sid=call, customer_id=1, from_plan_id="rollover-10", to_plan_id=to
    )


async def test_the_same_wish_again_is_the_one_already_noted(requests: ChangeRequests) -> None:
    first = await ask(requests, "slim-14")
    assert await ask(requests, "slim-14") == first
    assert await requests.of_call("CA1") == [first]
    assert first.requested_at == NOW
    assert first.status is ChangeStatus.REQUESTED


async def test_the_same_wish_at_once_is_noted_once(requests: ChangeRequests) -> None:
    both = await asyncio.gather(ask(requests, "slim-14"), ask(requests, "slim-14"))
    assert both[0] == both[1]
    assert len(await requests.of_call("CA1")) == 1


async def test_a_later_wish_supersedes_the_one_before_and_may_go_back(
    requests: ChangeRequests,
) -> None:
    async def standing() -> dict[str, ChangeStatus]:
        return {noted.to_plan_id: noted.status for noted in await requests.of_call("CA1")}

    await ask(requests, "slim-14")
    await ask(requests, "simple-30")
    assert await standing() == {
        "slim-14": ChangeStatus.SUPERSEDED, "simple-30": ChangeStatus.REQUESTED,
    }  # fmt: skip
    await ask(requests, "slim-14")
    assert await standing() == {
        "slim-14": ChangeStatus.REQUESTED, "simple-30": ChangeStatus.SUPERSEDED,
    }  # fmt: skip


async def test_other_calls_and_customers_keep_their_wishes(requests: ChangeRequests) -> None:
    await ask(requests, "slim-14")
    await ask(requests, "simple-30", call="CA2")
    await requests.request(
        call_sid="CA1", customer_id=2, from_plan_id="simple-70", to_plan_id="slim-14"
    )
    noted = [*await requests.of_call("CA1"), *await requests.of_call("CA2")]
    assert [request.status for request in noted] == [ChangeStatus.REQUESTED] * 3


async def test_nobody_elses_customer_can_ask(database: Database, requests: ChangeRequests) -> None:
    await ensure_organization(database, "other", "다른 회사")
    others = ChangeRequests(database, "other", clock=ticking())
    with pytest.raises(StorageError) as caught:
        await ask(others, "slim-14")
    assert caught.value.code == "unknown_customer"
    await ask(requests, "slim-14")
    assert await others.of_call("CA1") == []


async def test_the_tool_never_changes_the_customer(
    database: Database, requests: ChangeRequests
) -> None:
    customers = CustomerStore(database, ORGANIZATION)
    before = await customers.by_phone(KIM)
    tools = toolbox(KIM, directory=customers, ledger=requests)
    tools.told.append("790314")
    await tools.call("verify_caller")
    await tools.call("verify_caller", {"born": "790314"})
    for _ in range(2):
        result = await tools.call("request_plan_change", {"plan_id": "slim-14"})
        assert result.ok
    [noted] = await requests.of_call("CA1")
    assert (noted.from_plan_id, noted.to_plan_id) == ("rollover-10", "slim-14")
    assert await customers.by_phone(KIM) == before
