"""The database: one engine a process, and sessions that see one organization only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, cast

from alembic.util import CommandError
from sqlalchemy import URL, Connection, event, exc, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria

from storage import migrations
from storage.errors import StorageError
from storage.models import OrganizationRow, Owned
from storage.vault import Vault

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
_INSERTS = {"sqlite": sqlite.Insert, "postgresql": postgresql.Insert}
_SQLITE_BUSY_MS = 10_000
_POSTGRES_PATIENCE_S = {"timeout": 5, "command_timeout": 30}
"""For a connection and for a statement: somebody is on the telephone meanwhile."""
_RETRYABLE_STATES = {"40001", "40P01"}
"""PostgreSQL's serialization failure and deadlock."""


class _OwnedSession(Session):
    """A session of one organization, whose id stands in `info`."""


@event.listens_for(_OwnedSession, "do_orm_execute")
def _confine(state: ORMExecuteState) -> None:
    """Add the organization to every statement, its joins and sub-queries included."""
    if not state.is_orm_statement:
        raise StorageError("unconfined", "only statements on the models know organizations")
    if not (state.is_select or state.is_update or state.is_delete):
        return
    organization_id: str = state.session.info["organization_id"]
    state.statement = state.statement.options(
        with_loader_criteria(
            Owned, lambda row: row.organization_id == organization_id, include_aliases=True
        ),
        with_loader_criteria(OrganizationRow, OrganizationRow.id == organization_id),
    )


@event.listens_for(_OwnedSession, "before_flush")
def _own(session: Session, _context: UOWTransaction, _instances: Sequence[Any] | None) -> None:
    """Give new rows to the session's organization."""
    for row in session.new:
        if isinstance(row, Owned):
            row.organization_id = session.info["organization_id"]


class Database:
    """One database of calls.

    `read` and `write` give sessions confined to an organization. On SQLite, writers of this
    process queue on a lock instead of colliding in the file, and a writing transaction takes
    the file's lock when it begins, so that other processes wait for it as well.
    """

    def __init__(self, url: str, vault: Vault | None = None) -> None:
        """Without a `vault`, what needs one fails with StorageError `no_keys`."""
        self._vault = vault
        self._url = _with_driver(url)
        self._sqlite = self._url.get_backend_name() == "sqlite"
        # Parameters are personal data: they must not get into error messages and logs.
        self.engine = create_async_engine(
            self._url,
            hide_parameters=True,
            pool_pre_ping=not self._sqlite,
            connect_args={} if self._sqlite else _POSTGRES_PATIENCE_S,
        )
        self._writing = self.engine.execution_options(yeoboseyo_writes=True)
        if self._sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        self._read = async_sessionmaker(
            self.engine, sync_session_class=_OwnedSession, expire_on_commit=False
        )
        self._write = async_sessionmaker(
            self._writing, sync_session_class=_OwnedSession, expire_on_commit=False
        )
        self._writer = asyncio.Lock()

    @property
    def vault(self) -> Vault:
        """What seals personal data. Raises StorageError `no_keys`."""
        if self._vault is None:
            raise StorageError("no_keys", "YEOBOSEYO_KEYS is not set: personal data stays sealed")
        return self._vault

    async def migrate(self) -> None:
        """Bring the tables to the newest revision, one process at a time.

        Raises StorageError `unknown_schema` when a newer version has written this database.
        """
        if self._sqlite and self._url.database:
            folder = Path(self._url.database).parent
            await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        with _translated():
            async with self._exclusively(), self._writing.begin() as connection:
                await self._wait_for_other_migrations(connection)
                try:
                    await connection.run_sync(migrations.upgrade)
                except CommandError as error:
                    raise StorageError("unknown_schema", str(error)) from error

    async def ping(self) -> None:
        """Return when the database answers. Raises StorageError when it does not."""
        with _translated():
            async with self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()

    @asynccontextmanager
    async def read(self, organization_id: str) -> AsyncIterator[AsyncSession]:
        """A session that reads one organization's rows."""
        with _translated():
            async with self._read(info={"organization_id": organization_id}) as session:
                yield session

    @asynccontextmanager
    async def write(self, organization_id: str) -> AsyncIterator[AsyncSession]:
        """A transaction on one organization's rows, committed at the end.

        Keep it short, and never begin another one inside: on SQLite it would wait for ever.
        """
        with _translated():
            async with (
                self._exclusively(),
                self._write(info={"organization_id": organization_id}) as session,
                session.begin(),
            ):
                yield session

    def _exclusively(self) -> AbstractAsyncContextManager[None]:
        return self._writer if self._sqlite else nullcontext()

    async def _wait_for_other_migrations(self, connection: AsyncConnection) -> None:
        if not self._sqlite:
            # SQLite's writing transaction excludes others already.
            key = int.from_bytes(b"yeobosey")
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({key})"))


async def upsert(
    session: AsyncSession,
    model: type[Owned],
    values: dict[str, Any],
    *,
    on: Sequence[str],
    update: bool = True,
) -> int | None:
    """Insert a row of the session's organization, or update the one that is there.

    `values` and `on` (the unique columns) name the model's attributes. Returns the row's id, or
    None when the row was there and stays as it is: because `update` is False, or because it
    belongs to another organization.
    """
    organization_id: str = session.info["organization_id"]
    dialect = session.get_bind().dialect.name
    columns = {name: getattr(model, name).property.columns[0].name for name in values}
    keys = [getattr(model, name).property.columns[0] for name in on]
    # Both dialects' inserts take the same calls here; one type stands for them.
    insert = cast("type[sqlite.Insert]", _INSERTS[dialect])
    statement = insert(model).values(**values, organization_id=organization_id)
    if update:
        statement = statement.on_conflict_do_update(
            index_elements=keys,
            set_={
                column: statement.excluded[column]
                for name, column in columns.items()
                if name not in on
            },
            where=model.organization_id == organization_id,
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    row_id: int | None = await session.scalar(statement.returning(model.id))
    return row_id


@contextmanager
def reference(code: str, message: str) -> Iterator[None]:
    """Name what is missing when a statement points at a row that is not there."""
    try:
        yield
    except exc.IntegrityError as error:
        raise StorageError(code, message) from error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except exc.IntegrityError as error:
        raise StorageError("conflict", "the rows contradict each other") from error
    except exc.DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if (
            isinstance(error, exc.OperationalError | exc.InterfaceError)
            or error.connection_invalidated
            or state in _RETRYABLE_STATES
        ):
            raise StorageError(
                "unavailable", "the database does not answer", retryable=True
            ) from error
        raise StorageError("refused", "the database refused a value") from error
    except exc.StatementError as error:
        raise StorageError("refused", "a value cannot be stored") from error
    except (exc.TimeoutError, OSError) as error:
        raise StorageError("unavailable", "the database does not answer", retryable=True) from error


def _with_driver(text: str) -> URL:
    try:
        url = make_url(text)
    except exc.ArgumentError:
        # The URL may hold a password: neither the message nor its cause may tell it.
        raise StorageError("unsupported_database", "this is no database's URL") from None
    backend = url.get_backend_name()
    if backend not in _DRIVERS:
        raise StorageError("unsupported_database", f"no driver for {backend}")
    return url.set(drivername=_DRIVERS[backend])


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself: `_begin_sqlite` does, see below.
    connection.isolation_level = None
    cursor = connection.cursor()
    # WAL: readers do not wait for the writer. NORMAL: a commit survives a crash of the process,
    # and only a loss of power may cost the last ones; each commit is spared a disk flush.
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        f"busy_timeout = {_SQLITE_BUSY_MS}",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another has written in
    # between, whatever the time-out; one that says at the start that it will write just waits.
    writes = connection.get_execution_options().get("yeoboseyo_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
