"""The migrations make exactly the models' tables, and go back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, func, inspect, select, text

from storage import migrations
from storage.database import Database
from storage.errors import StorageError
from storage.models import Base, CustomerRow
from tests.support.keys import VAULT


def _differs(
    _context: Any,
    _inspected: Any,
    _column: Any,
    found: str | None,
    _default: Any,
    wanted: str | None,
) -> bool | None:
    """MariaDB keeps a truth as a number; everything else is Alembic's to compare."""
    return False if (found, wanted) in {("0", "false"), ("1", "true")} else None


def _differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": _differs}
    )
    return list(compare_metadata(context, Base.metadata))


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def _with(url: str, *steps: Any) -> list[Any]:
    database = Database(url, VAULT)
    try:
        async with database.engine.begin() as connection:
            return [await connection.run_sync(step) for step in steps]
    finally:
        await database.close()


async def test_migrated_tables_equal_the_models(empty_url: str) -> None:
    database = Database(empty_url, VAULT)
    await database.migrate()
    await database.close()

    differences, tables = await _with(empty_url, _differences, _tables)

    assert differences == []
    assert tables == {*Base.metadata.tables, "alembic_version"}


async def test_the_comparison_sees_a_missing_column(empty_url: str) -> None:
    def drop(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE calls DROP COLUMN server"))

    _, _, differences = await _with(empty_url, migrations.upgrade, drop, _differences)

    assert [difference[0] for difference in differences] == ["add_column"]


async def test_forward_back_and_forward_again(empty_url: str) -> None:
    def back(connection: Connection) -> None:
        migrations.downgrade(connection, "base")

    _, _, bare, _, differences = await _with(
        empty_url, migrations.upgrade, back, _tables, migrations.upgrade, _differences
    )

    assert bare == {"alembic_version"}
    assert differences == []


async def test_migrating_again_keeps_what_is_there(database: Database) -> None:
    await database.migrate()

    async with database.read("sample") as session:
        assert await session.scalar(select(func.count(CustomerRow.id))) == 5


async def test_two_processes_may_start_at_once(empty_url: str) -> None:
    databases = [Database(empty_url, VAULT) for _ in range(3)]
    try:
        await asyncio.gather(*(database.migrate() for database in databases))
    finally:
        for database in databases:
            await database.close()

    [differences] = await _with(empty_url, _differences)
    assert differences == []


async def test_tables_of_a_newer_version_are_refused(empty_url: str) -> None:
    def newer(connection: Connection) -> None:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    await _with(empty_url, migrations.upgrade, newer)
    database = Database(empty_url, VAULT)

    with pytest.raises(StorageError) as caught:
        await database.migrate()
    await database.close()
    assert caught.value.code == "unknown_schema"
