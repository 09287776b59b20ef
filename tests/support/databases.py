"""Databases for tests: SQLite in a folder, PostgreSQL where one answers."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import make_url, text

from storage.database import Database
from storage.models import Base
from tests.support.keys import VAULT

POSTGRES_VARIABLE = "YEOBOSEYO_TEST_POSTGRES"
POSTGRES_URL = os.environ.get(POSTGRES_VARIABLE, "postgresql://postgres@127.0.0.1:5432/postgres")


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a database without tables, `sqlite` or `postgresql`, gone afterwards.

    Skips the test where no PostgreSQL answers; in CI, one that was named must answer.
    """
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    name = f"yeoboseyo_test_{secrets.token_hex(6)}"
    asyncio.run(_administer(f"CREATE DATABASE {name}"))
    try:
        yield make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)
    finally:
        asyncio.run(_administer(f"DROP DATABASE {name} WITH (FORCE)"))


def migrate(url: str) -> None:
    """Make the tables."""

    async def work() -> None:
        database = Database(url, VAULT)
        try:
            await database.migrate()
        finally:
            await database.close()

    asyncio.run(work())


async def empty_tables(database: Database) -> None:
    """Remove all rows on PostgreSQL, where making a database takes long, and count ids anew."""
    tables = ", ".join(Base.metadata.tables)
    async with database.engine.begin() as connection:
        await connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))


async def _administer(statement: str) -> None:
    try:
        connection = await asyncpg.connect(POSTGRES_URL, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        # In CI only a machine without any server may skip; one that refuses us is a failure.
        absent = isinstance(error, ConnectionRefusedError) and POSTGRES_VARIABLE not in os.environ
        if os.environ.get("CI") and not absent:
            raise
        pytest.skip(f"no PostgreSQL at {POSTGRES_VARIABLE} or its usual place: {error}")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
