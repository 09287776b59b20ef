"""Sessions see one organization; customers; and errors that say whether to try again."""

from __future__ import annotations

import asyncio
import threading
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import delete, exists, func, select, text, update
from sqlalchemy.orm import aliased

from storage.calls import CallStore
from storage.customers import CustomerStore
from storage.database import Database
from storage.errors import StorageError
from storage.models import CallRow, CustomerRow, OrganizationRow
from storage.organizations import ensure_organization
from storage.records import Customer
from tests.support.calls import NOW, ORGANIZATION, new_call
from tests.support.keys import VAULT


async def test_every_statement_is_confined(database: Database, store: CallStore) -> None:
    await CustomerStore(database, "other").load_sample(organization_name="다른 회사")
    await store.open(new_call())
    other = aliased(CustomerRow)

    async with database.read("other") as session:
        own = select(CustomerRow.organization_id).distinct()
        assert (await session.scalars(own)).all() == ["other"]
        assert await session.scalar(select(func.count(other.id))) == 5
        joined = select(CallRow.id).join(CustomerRow, CustomerRow.phone == CallRow.caller)
        assert (await session.scalars(joined)).all() == []
        callers = exists().where(CallRow.caller == CustomerRow.phone)
        assert (await session.scalars(select(CustomerRow.id).where(callers))).all() == []
        assert (await session.scalars(select(OrganizationRow.name))).all() == ["다른 회사"]
    async with database.write("other") as session:
        await session.execute(update(CustomerRow).values(plan_id="gone"))
        await session.execute(delete(CustomerRow).where(CustomerRow.name != "김*수"))

    [still] = await CustomerStore(database, ORGANIZATION).by_phone("+821087654321")
    assert still.plan_id == "simple-70"
    [left] = await CustomerStore(database, "other").by_phone("+821012345678")
    assert left.plan_id == "gone"


async def test_statements_that_cannot_be_confined_are_refused(database: Database) -> None:
    async with database.read(ORGANIZATION) as session:
        for statement in (text("SELECT * FROM customers"), select(CustomerRow.__table__)):
            with pytest.raises(StorageError) as caught:
                await session.execute(statement)
            assert caught.value.code == "unconfined"


async def test_renaming_one_organization_leaves_the_others(database: Database) -> None:
    await ensure_organization(database, "other", "다른 회사")
    await ensure_organization(database, "other", "새 이름")

    async with database.everywhere() as connection:
        rows = (
            await connection.execute(text("SELECT id, name FROM organizations ORDER BY id"))
        ).all()
    assert [tuple(row) for row in rows] == [
        ("other", "새 이름"),
        ("sample", "여보세요 모바일"),
    ]


async def test_sample_customers(database: Database) -> None:
    customers = CustomerStore(database, ORGANIZATION)
    await customers.load_sample()

    [customer] = await customers.by_phone("+821055556666")
    assert customer == Customer(
        id=customer.id,
        organization_id=ORGANIZATION,
        name="최민수",
        phone="+821055556666",
        born=date(1955, 1, 30),
        plan_id="slim-14",
        since=date(2010, 10, 11),
    )
    assert await customers.get(customer.id) == customer
    assert await customers.get(99) is None
    assert await customers.by_phone("+821000000000") == []
    assert await CustomerStore(database, "other").get(customer.id) is None


async def test_times_come_back_in_utc_whatever_zone_they_had(store: CallStore) -> None:
    seoul = timezone(timedelta(hours=9))

    call = await store.get(await store.open(new_call(started_at=NOW.astimezone(seoul))))

    assert call is not None
    assert call.started_at == NOW
    assert call.started_at.utcoffset() == timedelta(0)


async def test_a_time_without_a_zone_is_refused(store: CallStore) -> None:
    with pytest.raises(StorageError) as caught:
        await store.open(new_call(started_at=datetime(2026, 11, 20)))
    assert caught.value.code == "refused"


async def test_ping(database: Database) -> None:
    await database.ping()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all.db",
        "postgresql://nobody@127.0.0.1:9/none",
        "mariadb://nobody@127.0.0.1:9/none",
    ],
)
async def test_a_database_that_is_away_may_be_tried_again(url: str) -> None:
    database = Database(url, VAULT)

    with pytest.raises(StorageError) as caught:
        await database.ping()
    await database.close()
    # aiosqlite's thread tells the loop that it ends, even where it could not connect.
    await asyncio.to_thread(_join_connections)

    assert caught.value.code == "unavailable"
    assert caught.value.retryable


def _join_connections() -> None:
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            thread.join()


@pytest.mark.parametrize("url", ["oracle://scott:tiger@localhost/db", "tiger", ""])
def test_other_databases_are_refused_without_telling_passwords(url: str) -> None:
    with pytest.raises(StorageError) as caught:
        Database(url, VAULT)
    assert caught.value.code == "unsupported_database"
    assert "tiger" not in str(caught.value)


async def test_the_data_directory_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'yeoboseyo.db'}")
    await database.migrate()
    await database.close()

    assert (tmp_path / "data" / "yeoboseyo.db").is_file()
