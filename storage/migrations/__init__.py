"""The tables' history, run by Alembic on a connection that the caller owns and commits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from storage.row_security import EVERY_ORGANIZATION, see

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.vault import Vault


def upgrade(connection: Connection, revision: str = "head", *, vault: Vault | None = None) -> None:
    """Go forward to a revision; the vault seals what older ones left open.

    Raises Alembic's CommandError from a revision unknown here, StorageError `no_keys`.
    """
    see(connection, EVERY_ORGANIZATION)
    command.upgrade(_config(connection, vault), revision)


def downgrade(connection: Connection, revision: str, *, vault: Vault | None = None) -> None:
    """Go back to a revision, or with `base` to no tables at all.

    Raises StorageError `no_keys` where rows would have to be opened.
    """
    see(connection, EVERY_ORGANIZATION)
    command.downgrade(_config(connection, vault), revision)


def known(revision: str) -> bool:
    """Whether this version knows a revision."""
    try:
        return bool(ScriptDirectory.from_config(_config(None, None)).get_revision(revision))
    except CommandError:
        return False


def current(connection: Connection) -> str | None:
    """The revision of a database's tables; None without any."""
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None, vault: Vault | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["vault"] = vault
    return config
