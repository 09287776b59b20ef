"""Databases for tests: SQLite in a folder, PostgreSQL and MariaDB where one answers.

On a server, a test's database belongs to an account of its own, with the rights that README
recommends and no more: never the superuser, who passes row-level security by.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiomysql
import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.faults import SERVICE_ACCOUNTS
from storage.models import AuditEntryRow, Base

KINDS = ("sqlite", "postgresql", "mariadb")
VARIABLES = {"postgresql": "YEOBOSEYO_TEST_POSTGRES", "mariadb": "YEOBOSEYO_TEST_MARIADB"}
_USUAL = {
    "postgresql": "postgresql://postgres@127.0.0.1:5432/postgres",
    "mariadb": "mariadb://root@127.0.0.1:3306/",
}
_PATIENCE_S = 5


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a database without tables, one of `KINDS`, gone afterwards.

    Skips the test where no server answers; in CI, one that was named must answer.
    """
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    name, password = f"yeoboseyo_test_{secrets.token_hex(6)}", secrets.token_hex(16)
    account = _service_account(kind, name, password)
    asyncio.run(_administer(kind, *account))
    try:
        url = make_url(server(kind)).set(username=name, password=password, database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        if kind == "postgresql":
            gone = (f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE {name}")
        else:
            gone = (f"DROP DATABASE {name}", f"DROP USER '{name}'@'%'")
        asyncio.run(_administer(kind, *gone))


def migrate(url: str) -> None:
    """Make the tables."""

    async def work() -> None:
        database = Database(url)
        try:
            await database.migrate()
        finally:
            await database.close()

    asyncio.run(work())


async def empty_tables(database: Database) -> None:
    """Remove all rows, as making a server's database takes long; ids begin anew."""
    # Not TRUNCATE: it takes forty times as long where the tables are many and all but empty.
    async with database.everywhere() as connection:
        anew = {
            "postgresql": "ALTER SEQUENCE {}_id_seq RESTART",
            "mysql": "ALTER TABLE {} AUTO_INCREMENT = 1",
        }.get(connection.dialect.name)
        for table in reversed(Base.metadata.sorted_tables):
            if table.name == AuditEntryRow.__tablename__:
                await _forget_audit(connection)
                continue
            deleted = (await connection.execute(table.delete())).rowcount
            if deleted and anew and table.autoincrement_column is not None:
                await connection.execute(text(anew.format(table.name)))


async def _forget_audit(connection: AsyncConnection) -> None:
    """The log refuses to be emptied; a test's is, by the table's owner."""
    if await connection.scalar(select(AuditEntryRow.__table__.c.id).limit(1)) is None:
        return
    if connection.dialect.name == "sqlite":
        guards = await connection.execute(
            text(
                "SELECT name, sql FROM sqlite_master"
                " WHERE tbl_name = 'audit_log' AND type = 'trigger'"
            )
        )
        triggers = guards.all()
        for name, _ in triggers:
            await connection.execute(text(f"DROP TRIGGER {name}"))
        await connection.execute(text("DELETE FROM audit_log"))
        for _, definition in triggers:
            await connection.exec_driver_sql(definition)
    elif connection.dialect.name == "postgresql":
        await connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
        await connection.execute(text("DELETE FROM audit_log"))
        await connection.execute(text("ALTER TABLE audit_log ENABLE TRIGGER USER"))
    else:
        await connection.execute(text("TRUNCATE audit_log"))


def server(kind: str) -> str:
    """The URL of a server's administrator."""
    return os.environ.get(VARIABLES[kind], _USUAL[kind])


def _service_account(kind: str, name: str, password: str) -> list[str]:
    """README's statements for another name; the server may see us under any address."""
    script = SERVICE_ACCOUNTS["postgresql" if kind == "postgresql" else "mysql"]
    script = script.replace("yeoboseyo", name).replace("@'127.0.0.1'", "@'%'")
    return [
        statement.replace("'PASSWORD'", f"'{password}'")
        for statement in map(str.strip, script.split(";"))
        if statement
    ]


async def _administer(kind: str, *statements: str) -> None:
    try:
        connection = await _connected(kind)
    except (OSError, TimeoutError, asyncpg.PostgresError, aiomysql.Error) as error:
        # In CI only a machine without any server may skip; one that refuses us is a failure.
        refused = isinstance(error, ConnectionRefusedError) or isinstance(
            error.__cause__, ConnectionRefusedError
        )
        if os.environ.get("CI") and not (refused and VARIABLES[kind] not in os.environ):
            raise
        pytest.skip(f"no {kind} at {VARIABLES[kind]} or its usual place: {error}")
    try:
        if kind == "postgresql":
            for statement in statements:
                await connection.execute(statement)
            return
        async with connection.cursor() as cursor:
            for statement in statements:
                await cursor.execute(statement)
    finally:
        if kind == "postgresql":
            await connection.close()
        else:
            await connection.ensure_closed()


async def _connected(kind: str) -> Any:
    if kind == "postgresql":
        return await asyncpg.connect(server(kind), timeout=_PATIENCE_S)
    url = make_url(server(kind))
    async with asyncio.timeout(_PATIENCE_S):
        return await aiomysql.connect(
            host=url.host or "127.0.0.1",
            port=url.port or 3306,
            user=url.username,
            password=url.password or "",
            connect_timeout=_PATIENCE_S,
            **url.query,
        )
