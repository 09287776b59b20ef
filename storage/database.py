"""The database: one engine a process, and sessions that see one organization only."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, cast

from alembic.util import CommandError
from sqlalchemy import Connection, CursorResult, Delete, Update, event, exc, func, select, text
from sqlalchemy import update as sql_update
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker
from sqlalchemy.orm import (
    ORMExecuteState,
    Session,
    SessionTransaction,
    UOWTransaction,
    with_loader_criteria,
)

from storage import migrations
from storage.engines import OTHER_MIGRATION_S, database_url, make_engine
from storage.errors import StorageError
from storage.faults import error_number, reference, translated
from storage.models import OfOrganization, OrganizationRow, Owned
from storage.row_security import EVERY_ORGANIZATION, see
from storage.vault import Vault

__all__ = ["Database", "add_bits", "affected", "reference", "upsert"]

_INSERTS = {"sqlite": sqlite.Insert, "postgresql": postgresql.Insert}
_DONE_BEFORE = {1050, 1051, 1060, 1061, 1091}
"""MariaDB's and MySQL's errors about a table, column or index that is there, or gone, already."""


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
            OfOrganization,
            lambda row: row.organization_id == organization_id,
            include_aliases=True,
        ),
        with_loader_criteria(OrganizationRow, OrganizationRow.id == organization_id),
    )


@event.listens_for(_OwnedSession, "after_begin")
def _tell(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    """PostgreSQL confines what happens to the organization by itself as well."""
    see(connection, session.info["organization_id"])


@event.listens_for(_OwnedSession, "before_flush")
def _own(session: Session, _context: UOWTransaction, _instances: Sequence[Any] | None) -> None:
    """Give new rows to the session's organization."""
    for row in session.new:
        if isinstance(row, OfOrganization):
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
        self._url = database_url(url)
        self._sqlite = self._url.get_backend_name() == "sqlite"
        self.engine = make_engine(self._url)
        self._writing = self.engine.execution_options(yeoboseyo_writes=True)
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

    async def migrate(self, revision: str = "head") -> None:
        """Bring the tables to the newest revision, or to this one, one process at a time.

        Raises StorageError `unknown_schema` when a newer version has written this database, and
        `half_migrated` when an earlier migration was cut off on MariaDB or MySQL, which cannot
        take back half of one; SQLite and PostgreSQL do.
        """
        if self._sqlite and self._url.database:
            folder = Path(self._url.database).parent
            await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        engine = make_engine(self._url, migrating=True).execution_options(yeoboseyo_writes=True)
        try:
            with translated():
                async with (
                    self._exclusively(),
                    engine.begin() as connection,
                    _only_migration(connection),
                ):
                    await _upgrade(connection, revision, self._vault)
        finally:
            await engine.dispose()

    async def ping(self) -> None:
        """Return when the database answers. Raises StorageError when it does not."""
        with translated():
            async with self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()

    @asynccontextmanager
    async def read(self, organization_id: str) -> AsyncIterator[AsyncSession]:
        """A session that reads one organization's rows."""
        with translated():
            async with self._read(info=_of(organization_id)) as session:
                yield session

    @asynccontextmanager
    async def write(self, organization_id: str) -> AsyncIterator[AsyncSession]:
        """A transaction on one organization's rows, committed at the end.

        Keep it short, and never begin another one inside: on SQLite it would wait for ever.
        """
        with translated():
            async with (
                self._exclusively(),
                self._write(info=_of(organization_id)) as session,
                session.begin(),
            ):
                yield session

    @asynccontextmanager
    async def everywhere(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes to all organizations: for upkeep only.

        As with `write`, keep it short, and never begin another one inside.
        """
        with translated():
            async with self._exclusively(), self._writing.begin() as connection:
                await connection.run_sync(see, EVERY_ORGANIZATION)
                yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that reads all organizations as they are at one moment: for upkeep only."""
        engine = self.engine
        if not self._sqlite:
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with translated():
            async with engine.connect() as connection, connection.begin():
                await connection.run_sync(see, EVERY_ORGANIZATION)
                yield connection

    async def passes_row_security(self) -> bool:
        """Whether the account is one that PostgreSQL's row-level security does not hold."""
        if self._url.get_backend_name() != "postgresql":
            return False
        async with self.snapshot() as connection:
            mighty = text(
                "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
            )
            return bool(await connection.scalar(mighty))

    def _exclusively(self) -> AbstractAsyncContextManager[None]:
        return self._writer if self._sqlite else nullcontext()


def _of(organization_id: str) -> dict[str, Any]:
    if organization_id in {"", EVERY_ORGANIZATION}:
        raise StorageError("wrong_organization", "this is no organization's id")
    return {"organization_id": organization_id}


async def _upgrade(connection: AsyncConnection, revision: str, vault: Vault | None) -> None:
    try:
        await connection.run_sync(partial(migrations.upgrade, revision=revision, vault=vault))
    except CommandError as error:
        raise StorageError("unknown_schema", str(error)) from error
    except exc.DBAPIError as error:
        if error_number(error) not in _DONE_BEFORE:
            raise
        raise StorageError(
            "half_migrated",
            "an earlier migration was cut off, and this database cannot take back half of one: "
            "restore the backup from before it (or empty a new database), then start again",
        ) from error


@asynccontextmanager
async def _only_migration(connection: AsyncConnection) -> AsyncIterator[None]:
    """Let one process migrate a database at a time; on SQLite the writing transaction does."""
    kind = connection.dialect.name
    if kind == "postgresql":
        key = int.from_bytes(b"yeobosey")
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({key})"))
    if kind != "mysql":
        yield
        return
    # The lock is the whole server's and the connection's: DDL ends transactions here.
    database = connection.engine.url.database or ""
    name = f"yeoboseyo {hashlib.sha256(database.encode()).hexdigest()[:32]}"
    if not await connection.scalar(select(func.get_lock(name, OTHER_MIGRATION_S))):
        raise StorageError("unavailable", "another process is migrating still", retryable=True)
    try:
        yield
    finally:
        if not connection.closed:
            await connection.execute(select(func.release_lock(name)))


async def affected(session: AsyncSession, statement: Update | Delete) -> int:
    """Carry out a change and return how many rows it met, changed or not.

    A row that a condition no longer fits is not met, which tells who of several came first.
    """
    return cast("CursorResult[Any]", await session.execute(statement)).rowcount


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
    values = {**values, "organization_id": session.info["organization_id"]}
    row_id = await _insert_if_new(session, model, values, on)
    if row_id is not None or not update:
        return row_id
    # The session sees its own organization only, and so may not find what stood in the way.
    there = [getattr(model, name) == values[name] for name in on]
    row_id = await session.scalar(select(model.id).where(*there))
    if row_id is not None:
        changes = {name: value for name, value in values.items() if name not in on}
        await session.execute(sql_update(model).where(model.id == row_id).values(changes))
    return row_id


async def _insert_if_new(
    session: AsyncSession, model: type[Owned], values: dict[str, Any], on: Sequence[str]
) -> int | None:
    """The new row's id, or None where one with the same `on` is there; that one is locked."""
    dialect = session.get_bind().dialect.name
    if dialect == "mysql":
        # LAST_INSERT_ID(0) is a zero that also makes the driver tell 0 for a row that was there.
        insert = mysql.insert(model).values(values)
        insert = insert.on_duplicate_key_update(id=model.id + func.last_insert_id(0))
        result = cast("CursorResult[Any]", await session.execute(insert))
        return result.lastrowid or None
    # Both dialects' inserts take the same calls here; one type stands for them.
    insert_if_new = cast("type[sqlite.Insert]", _INSERTS[dialect])(model).values(values)
    keys = [getattr(model, name).property.columns[0] for name in on]
    row_id: int | None = await session.scalar(
        insert_if_new.on_conflict_do_nothing(index_elements=keys).returning(model.id)
    )
    return row_id


async def add_bits(
    session: AsyncSession,
    model: type[OfOrganization],
    rows: Sequence[dict[str, Any]],
    *,
    on: Sequence[str],
    bits: str,
) -> None:
    """Insert the organization's rows; where one with the same `on` is there, add its `bits`.

    Rows in one order, always the same, cannot make two who do this wait for each other.
    """
    if not rows:  # an insert of no rows would be one of a row without values
        return
    owned = [{**row, "organization_id": session.info["organization_id"]} for row in rows]
    column = getattr(model, bits)
    dialect = session.get_bind().dialect.name
    if dialect == "mysql":
        mine = mysql.insert(model)
        both = column.bitwise_or(mine.inserted[bits])
        await session.execute(mine.on_duplicate_key_update({bits: both}), owned)
        return
    insert = cast("type[sqlite.Insert]", _INSERTS[dialect])(model)
    both = column.bitwise_or(insert.excluded[bits])
    keys = [getattr(model, name).property.columns[0] for name in on]
    await session.execute(
        insert.on_conflict_do_update(index_elements=keys, set_={bits: both}), owned
    )
