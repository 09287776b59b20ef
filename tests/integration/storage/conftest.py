"""Each storage test runs on SQLite, on PostgreSQL and on MariaDB."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.calls import CallStore
from storage.customers import CustomerStore
from storage.database import Database
from tests.support.calls import NOW, ORGANIZATION
from tests.support.databases import KINDS, empty_database, empty_tables, migrate
from tests.support.keys import VAULT


@pytest.fixture(scope="session", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database."""
    return str(request.param)


@pytest.fixture
def empty_url(kind: str, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    with empty_database(kind, tmp_path) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_url(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with tables, which all tests share."""
    with empty_database(kind, tmp_path_factory.mktemp("migrated")) as url:
        migrate(url)
        yield url


@pytest.fixture
def url(kind: str, migrated_url: str, tmp_path: Path) -> str:
    """A database with tables: a copy of the file on SQLite, the shared one elsewhere."""
    if kind != "sqlite":
        return migrated_url
    path = tmp_path / "copy.db"
    shutil.copy(migrated_url.removeprefix("sqlite:///"), path)
    return f"sqlite:///{path}"


@pytest.fixture
async def database(kind: str, url: str) -> AsyncIterator[Database]:
    """The sample organization with its customers, and nothing else."""
    database = Database(url, VAULT)
    try:
        if kind != "sqlite":
            await empty_tables(database)
        await CustomerStore(database, ORGANIZATION).load_sample()
        yield database
    finally:
        await database.close()


@pytest.fixture
def store(database: Database) -> CallStore:
    """The sample organization's calls."""
    return CallStore(database, ORGANIZATION, clock=lambda: NOW)
