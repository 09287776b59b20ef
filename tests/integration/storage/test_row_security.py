"""PostgreSQL itself keeps organizations apart, whatever statement is sent."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from storage.calls import CallStore
from storage.customers import CustomerStore
from storage.database import Database
from storage.errors import StorageError
from storage.models import Base
from tests.support.calls import ORGANIZATION, new_call, turn
from tests.support.databases import server

pytestmark = pytest.mark.parametrize("kind", ["postgresql"], indirect=True, scope="session")

CALLERS = text("SELECT organization_id FROM customers ORDER BY id")


@pytest.fixture
async def two(database: Database) -> Database:
    """The sample organization, and another with customers of its own."""
    await CustomerStore(database, "other").load_sample(organization_name="다른 회사")
    return database


async def test_every_table_is_confined_for_its_owner_too(database: Database) -> None:
    async with database.everywhere() as connection:
        rows = await connection.execute(
            text(
                "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid"
                " WHERE c.relrowsecurity AND c.relforcerowsecurity AND p.polcmd = '*'"
            )
        )
        assert set(rows.scalars()) == set(Base.metadata.tables)


async def test_a_statement_that_forgot_the_organization_sees_its_own(two: Database) -> None:
    for organization in (ORGANIZATION, "other"):
        async with two.read(organization) as session:
            connection = await session.connection()
            assert set((await connection.execute(CALLERS)).scalars()) == {organization}
            gone = await connection.execute(text("UPDATE customers SET plan_id = 'gone'"))
            assert gone.rowcount == 5
            names = await connection.execute(text("SELECT id FROM organizations"))
            assert set(names.scalars()) == {organization}


async def test_a_row_of_another_organization_cannot_be_written(
    two: Database, store: CallStore
) -> None:
    call_id = await store.open(new_call())
    await store.save_turn(call_id, turn())

    async def copy_turns() -> None:
        async with two.write("other") as session:
            await (await session.connection()).execute(
                text(
                    "INSERT INTO handoffs (organization_id, call_id, requested_at, reason, status,"
                    " summary_text) VALUES ('sample', :call, now(), 'policy', 'requested', '')"
                ),
                {"call": call_id},
            )

    with pytest.raises(StorageError) as caught:
        await copy_turns()

    assert caught.value.code == "refused"
    assert "row-level security" in str(caught.value.__cause__)
    assert await store.handoff(call_id) is None


async def test_who_names_no_organization_sees_nothing(two: Database) -> None:
    async with two.read(ORGANIZATION) as session:
        await (await session.connection()).execute(CALLERS)
    async with two.engine.connect() as connection:
        for table in Base.metadata.tables:
            count = await connection.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            assert count == 0, table
        with pytest.raises(ProgrammingError, match="row-level security"):
            await connection.execute(text("INSERT INTO organizations VALUES ('x', 'x')"))


async def test_upkeep_sees_all_and_no_organization_passes_for_it(two: Database) -> None:
    async with two.everywhere() as connection:
        assert set((await connection.execute(CALLERS)).scalars()) == {ORGANIZATION, "other"}
    for pretended in ("*", ""):
        with pytest.raises(StorageError) as caught:
            await CallStore(two, pretended).list(1)
        assert caught.value.code == "wrong_organization"


async def test_mighty_accounts_are_known(database: Database) -> None:
    mighty = Database(server("postgresql"))
    try:
        assert await mighty.passes_row_security()
    finally:
        await mighty.close()
    assert not await database.passes_row_security()
