"""What a database complains of, as storage's own errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from storage.errors import StorageError

_AWAY_STATES = {"40001", "40P01"}
"""PostgreSQL's serialization failure and deadlock."""
_AWAY_NUMBERS = {
    0,  # the connection is closed
    1040,  # too many connections
    1053,  # the server shuts down
    1205,  # waited too long for a lock
    1213,  # deadlock
    1927,  # the connection was killed
    1969,  # the statement took too long, on MariaDB
    2003,  # cannot connect
    2006,  # the server has gone away
    2013,  # lost the connection
    3024,  # the statement took too long, on MySQL
}
"""What MariaDB and MySQL say when the same may well work a moment later."""
_DENIED = {1044, 1045, 1142, 1698, "28000", "28P01"}
"""Wrong account or password, or an account without rights on the database."""
_NO_DATABASE = {1049, "3D000"}

SERVICE_ACCOUNTS = {
    "mysql": """\
CREATE DATABASE yeoboseyo CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE USER 'yeoboseyo'@'127.0.0.1' IDENTIFIED BY 'PASSWORD';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, TRIGGER, LOCK TABLES
  ON yeoboseyo.* TO 'yeoboseyo'@'127.0.0.1';""",
    "postgresql": """\
CREATE ROLE yeoboseyo LOGIN PASSWORD 'PASSWORD' NOSUPERUSER NOBYPASSRLS;
CREATE DATABASE yeoboseyo OWNER yeoboseyo;""",
}
"""What makes an account with just the rights that the application needs, as the README tells."""


@contextmanager
def reference(code: str, message: str) -> Iterator[None]:
    """Name what is missing when a statement points at a row that is not there."""
    try:
        yield
    except exc.IntegrityError as error:
        raise StorageError(code, message) from error


@contextmanager
def translated() -> Iterator[None]:
    """Raise storage's errors in place of SQLAlchemy's and the drivers'."""
    try:
        yield
    except exc.IntegrityError as error:
        raise StorageError("conflict", "the rows contradict each other") from error
    except exc.DBAPIError as error:
        raise _fault(error) from error
    except exc.NoResultFound as error:
        raise StorageError("unknown_row", "there is no such row of this organization") from error
    except exc.StatementError as error:
        raise StorageError("refused", "a value cannot be stored") from error
    except (exc.TimeoutError, OSError) as error:
        raise _away() from error


def error_number(error: exc.DBAPIError) -> int | None:
    """The number of a MariaDB or MySQL error; None for those of the other databases."""
    first = next(iter(error.orig.args), None) if error.orig is not None else None
    return first if isinstance(first, int) else None


def _fault(error: exc.DBAPIError) -> StorageError:
    number = error_number(error)
    code = getattr(error.orig, "sqlstate", None) if number is None else number
    if code in _DENIED:
        return _denied("postgresql" if number is None else "mysql")
    if code in _NO_DATABASE:
        return StorageError("no_database", "the server has no database of the name in the URL")
    if number is None:
        away = isinstance(error, exc.OperationalError | exc.InterfaceError) or code in _AWAY_STATES
    else:
        away = number in _AWAY_NUMBERS
    if away or error.connection_invalidated:
        return _away()
    return StorageError("refused", "the database refused a value")


def _away() -> StorageError:
    return StorageError("unavailable", "the database does not answer", retryable=True)


def _denied(kind: str) -> StorageError:
    trap = (
        " MariaDB's root on Debian signs in by the unix socket only, so that it is refused over "
        "TCP with any password (Access denied for user 'root'@'localhost'); the application "
        "must not be root anyway."
        if kind == "mysql"
        else ""
    )
    return StorageError(
        "access_denied",
        f"the server refuses the account in YEOBOSEYO_DATABASE_URL.{trap} Make a service account "
        f"as an administrator:\n{SERVICE_ACCOUNTS[kind]}",
    )
