"""What only a database server does: refuses accounts, breaks connections, ends deadlocks."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import make_url, text, update

from storage import migrations
from storage.calls import CallStore
from storage.database import Database
from storage.errors import StorageError
from storage.models import CallRow
from storage.records import Role
from storage.users import UserStore
from tests.support.calls import NOW, ORGANIZATION, new_call, turn


def on(*kinds: str) -> pytest.MarkDecorator:
    """Run a test on these databases only."""
    return pytest.mark.parametrize("kind", kinds, indirect=True, scope="session")


on_servers = on("postgresql", "mariadb")


async def _refusal(url: str) -> StorageError:
    database = Database(url)
    try:
        with pytest.raises(StorageError) as caught:
            await database.ping()
    finally:
        await database.close()
    return caught.value


@on_servers
async def test_a_refused_account_is_told_what_to_make(kind: str, migrated_url: str) -> None:
    url = make_url(migrated_url).set(username="nobody_here", password="tiger")

    error = await _refusal(url.render_as_string(hide_password=False))

    assert error.code == "access_denied"
    assert not error.retryable
    assert "tiger" not in f"{error}{error.__cause__}"
    assert "service account" in error.message
    statement = "CREATE ROLE yeoboseyo" if kind == "postgresql" else "CREATE USER 'yeoboseyo'"
    assert statement in error.message
    assert ("root" in error.message) is (kind == "mariadb")


@on_servers
async def test_a_database_that_is_not_there_is_told(kind: str, migrated_url: str) -> None:
    url = make_url(migrated_url).set(database="yeoboseyo_not_there")

    error = await _refusal(url.render_as_string(hide_password=False))

    # MariaDB does not tell an account without rights on a database whether it is there.
    assert error.code == ("no_database" if kind == "postgresql" else "access_denied")


@on("mariadb")
@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "mysql+pymysql", "mariadb+asyncmy"])
async def test_any_name_of_mariadb_will_do(migrated_url: str, scheme: str) -> None:
    database = Database(migrated_url.replace("mariadb://", f"{scheme}://", 1))
    await database.ping()
    await database.close()


@on_servers
async def test_a_killed_connection_may_be_tried_again(kind: str, migrated_url: str) -> None:
    database = Database(migrated_url)
    me, kill = (
        ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend({})")
        if kind == "postgresql"
        else ("SELECT CONNECTION_ID()", "KILL {}")
    )

    async def be_killed() -> None:
        async with database.write(ORGANIZATION) as session:
            victim = await (await session.connection()).scalar(text(me))
            async with database.engine.connect() as other:
                await other.execute(text(kill.format(victim)))
            await session.execute(update(CallRow).values(called="+8215880000"))

    try:
        with pytest.raises(StorageError) as caught:
            await be_killed()
        assert (caught.value.code, caught.value.retryable) == ("unavailable", True)
        await database.ping()
    finally:
        await database.close()


@on_servers
async def test_of_two_who_wait_for_each_other_one_may_try_again(
    migrated_url: str, database: Database, store: CallStore
) -> None:
    calls = [await store.open(new_call(f"CA{number}")) for number in range(2)]
    both_hold_one = asyncio.Barrier(2)

    async def change(first: int, second: int) -> None:
        async with database.write(ORGANIZATION) as session:
            for place, call_id in enumerate((first, second)):
                await session.execute(
                    update(CallRow).where(CallRow.id == call_id).values(called="+8215880000")
                )
                if place == 0:
                    await both_hold_one.wait()

    outcomes = await asyncio.gather(change(*calls), change(*calls[::-1]), return_exceptions=True)

    [error] = [outcome for outcome in outcomes if outcome is not None]
    assert isinstance(error, StorageError)
    assert (error.code, error.retryable) == ("unavailable", True)


@on("mariadb")
async def test_mariadb_is_asked_for_what_the_others_do(migrated_url: str) -> None:
    database = Database(migrated_url)
    names = ("tx_isolation", "time_zone", "character_set_connection", "max_statement_time")
    async with database.engine.connect() as connection:
        row = (await connection.execute(text(f"SELECT @@{', @@'.join(names)}"))).one()
        tables = await connection.execute(
            text("SELECT engine, table_collation FROM information_schema.tables"
                 " WHERE table_schema = DATABASE()")
        )  # fmt: skip
        kinds = {tuple(table) for table in tables}
    await database.close()

    assert tuple(row) == ("READ-COMMITTED", "+00:00", "utf8mb4", 30.0)
    assert kinds == {("InnoDB", "utf8mb4_bin")}


@on("mariadb")
async def test_a_migration_that_was_cut_off_is_told(empty_url: str) -> None:
    database = Database(empty_url)
    async with database.engine.begin() as connection:
        await connection.run_sync(migrations.upgrade, "0001")
        # As far as 0002 may get before it notes that it is done.
        await connection.execute(text("CREATE TABLE change_requests (id BIGINT PRIMARY KEY)"))

    with pytest.raises(StorageError) as caught:
        await database.migrate()
    await database.close()

    assert caught.value.code == "half_migrated"
    assert not caught.value.retryable


async def test_text_is_told_apart_by_case_and_accent(database: Database) -> None:
    users = UserStore(database, ORGANIZATION)
    for name in ("arim", "Arim", "árim"):
        await users.add(name, "hash", NOW, role=Role.REVIEWER, by="test")

    assert await users.credentials("ARIM") is None
    assert {user.name for user in await users.all()} == {"arim", "Arim", "árim"}


async def test_long_texts_are_kept_whole(store: CallStore) -> None:
    call_id = await store.open(new_call())
    long = "여보세요 👋 " * 20_000

    await store.save_turn(call_id, turn(heard=long))

    call = await store.get(call_id)
    assert call is not None
    assert call.turns[0].heard == long


@on_servers
async def test_what_does_not_fit_is_refused_and_not_cut(database: Database) -> None:
    with pytest.raises(StorageError) as caught:
        await UserStore(database, ORGANIZATION).add(
            "a" * 101, "hash", NOW, role=Role.REVIEWER, by="test"
        )
    assert caught.value.code == "refused"
