"""Fresh, migrated databases for tests: SQLite in a folder, PostgreSQL where one answers."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import make_url

POSTGRES_VARIABLE = "YEOBOSEYO_TEST_POSTGRES"
POSTGRES_URL = os.environ.get(POSTGRES_VARIABLE, "postgresql://postgres@127.0.0.1:5432/postgres")


@asynccontextmanager
async def empty_database(kind: str, folder: Path) -> AsyncIterator[str]:
    """The URL of a database without tables, `sqlite` or `postgresql`, gone afterwards."""
    if kind == "sqlite":
        yield f"sqlite+aiosqlite:///{folder / 'test.db'}"
        return
    name = f"yeoboseyo_test_{secrets.token_hex(6)}"
    admin = await _postgres()
    try:
        await admin.execute(f"CREATE DATABASE {name}")
        try:
            yield make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)
        finally:
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


async def _postgres() -> asyncpg.Connection:
    try:
        return await asyncpg.connect(POSTGRES_URL, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        if os.environ.get("CI") and POSTGRES_VARIABLE in os.environ:
            raise
        pytest.skip(f"no PostgreSQL at {POSTGRES_VARIABLE} or its usual place: {error}")
