"""Each storage test runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.calls import CallStore
from storage.customers import CustomerStore
from storage.database import Database
from tests.support.calls import NOW, ORGANIZATION
from tests.support.databases import empty_database


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A database without tables."""
    async with empty_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """A migrated database with the sample customers."""
    database = Database(url)
    try:
        await database.migrate()
        await CustomerStore(database, ORGANIZATION).load_sample()
        yield database
    finally:
        await database.close()


@pytest.fixture
def store(database: Database) -> CallStore:
    """The sample organization's calls."""
    return CallStore(database, ORGANIZATION, clock=lambda: NOW)
