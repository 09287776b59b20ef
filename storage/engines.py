"""Engines for SQLite, PostgreSQL and MariaDB or MySQL: drivers, time-outs, beginnings."""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial
from typing import Any

import aiomysql
from sqlalchemy import (
    URL,
    Connection,
    DateTime,
    LargeBinary,
    NullPool,
    Text,
    event,
    exc,
    make_url,
)
from sqlalchemy.dialects.mysql.base import MySQLDDLCompiler
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable

from storage.errors import StorageError

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "mysql": "mysql+aiomysql",
    "mariadb": "mysql+aiomysql",
}
_CONNECT_S = 5
"""For a connection; somebody is on the telephone meanwhile."""
_STATEMENT_S = 30
"""For a statement, which may wait for another's lock a third of that time."""
_LOCK_S = 10
OTHER_MIGRATION_S = 600
"""How long one who would migrate waits for another who does."""
_SWITCHES = 100
_SWITCH_PAUSE_S = 0.02
_MYSQL_BEGINNING = (
    "SET time_zone = '+00:00', "
    # What does not fit is refused, and not cut, whatever the server's own setting.
    "sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION', "
    f"innodb_lock_wait_timeout = {_LOCK_S}"
)
# Comments that one server reads and the other does not; MySQL only limits what reads.
_MYSQL_STATEMENT_LIMIT = (
    f" /*M! , max_statement_time = {_STATEMENT_S} */"
    f" /*!50708 , max_execution_time = {_STATEMENT_S * 1000} */"
)


def database_url(text: str) -> URL:
    """A URL with the driver that is used here. Raises StorageError `unsupported_database`."""
    try:
        url = make_url(text)
    except exc.ArgumentError:
        # The URL may hold a password: neither the message nor its cause may tell it.
        raise StorageError("unsupported_database", "this is no database's URL") from None
    backend = url.get_backend_name()
    if backend not in _DRIVERS:
        raise StorageError("unsupported_database", f"no driver for {backend}")
    return url.set(drivername=_DRIVERS[backend])


def make_engine(url: URL, *, migrating: bool = False) -> AsyncEngine:
    """An engine on a `database_url`; one that is `migrating` has one connection and all time."""
    kind = url.get_backend_name()
    options: dict[str, Any] = {"poolclass": NullPool} if migrating else {}
    arguments: dict[str, Any] = {}
    if kind == "postgresql":
        arguments = {"timeout": _CONNECT_S, "command_timeout": None if migrating else _STATEMENT_S}
    elif kind == "mysql":
        options["isolation_level"] = "READ COMMITTED"
        arguments = {
            "charset": "utf8mb4",
            "init_command": _MYSQL_BEGINNING + ("" if migrating else _MYSQL_STATEMENT_LIMIT),
            "async_creator_fn": _connect_mysql,
        }
    engine = create_async_engine(
        url,
        # Parameters are personal data: they must not get into error messages and logs.
        hide_parameters=True,
        pool_pre_ping=kind != "sqlite",
        connect_args=arguments,
        **options,
    )
    if kind == "sqlite":
        patience_s = OTHER_MIGRATION_S if migrating else _LOCK_S
        event.listen(engine.sync_engine, "connect", partial(_prepare_sqlite, patience_s=patience_s))
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _escaped_bytes(value: bytes) -> str:
    """Bytes as a literal of any connection's character set."""
    return f"x'{value.hex()}'"


# aiomysql 0.3 takes this function from PyMySQL, which has none of that name since 1.2.
aiomysql.connection.escape_bytes_prefixed = _escaped_bytes


async def _connect_mysql(*positional: Any, **named: Any) -> Any:
    """The driver's own time-out ends with the socket's opening; this covers the greeting too."""
    async with asyncio.timeout(_CONNECT_S):
        return await aiomysql.connect(*positional, **named)


# What follows holds for models and migrations alike, so that neither can forget it.


@compiles(CreateTable, "mysql")
def _create_table(element: CreateTable, compiler: MySQLDDLCompiler, **options: Any) -> str:
    """Text is told apart by case and accent, as the other databases do."""
    statement: str = compiler.visit_create_table(element, **options)  # type: ignore[no-untyped-call]
    return f"{statement.rstrip()} ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin\n"


@compiles(DateTime, "mysql")
def _date_time(_element: DateTime, _compiler: Any, **_options: Any) -> str:
    """To the microsecond; without the digits it would be to the second."""
    return "DATETIME(6)"


@compiles(Text, "mysql")
def _text(_element: Text, _compiler: Any, **_options: Any) -> str:
    """A plain TEXT ends at 64 KiB."""
    return "MEDIUMTEXT"


@compiles(LargeBinary, "mysql")
def _large_binary(_element: LargeBinary, _compiler: Any, **_options: Any) -> str:
    """A plain BLOB ends at 64 KiB."""
    return "MEDIUMBLOB"


def _prepare_sqlite(connection: Any, _record: Any, *, patience_s: int) -> None:
    # The driver must not begin transactions by itself: `_begin_sqlite` does, see below.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {patience_s * 1000}")
    connection.run_async(_keep_a_log)
    # A commit that was answered is on disk, whatever happens to process and power. It costs about
    # 2 ms, and a call commits once a turn.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


async def _keep_a_log(connection: Any) -> None:
    """Write ahead (WAL): readers do not wait for the writer.

    Of several that switch a new file to it at once all but one are refused, without waiting.
    """
    for attempt in range(_SWITCHES):
        try:
            await connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if attempt == _SWITCHES - 1:
                raise
            await asyncio.sleep(_SWITCH_PAUSE_S)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another has written in
    # between, whatever the time-out; one that says at the start that it will write just waits.
    writes = connection.get_execution_options().get("yeoboseyo_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
