"""PostgreSQL's row-level security: the database itself shows an organization its own rows only.

A second guard behind the sessions', for statements that somebody forgot to confine. Superusers and
roles with BYPASSRLS pass it by. The other databases know nothing like it.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

EVERY_ORGANIZATION = "*"
"""Whoever begins so sees all: migrations and upkeep. No organization has this id."""
_SETTING = "yeoboseyo.organization"


def see(connection: Connection, organization_id: str) -> None:
    """Show a connection the rows of an organization until its transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT set_config('{_SETTING}', $1, true)", (organization_id,))


def protect(connection: Connection, table: str, column: str = "organization_id") -> None:
    """Confine a table, whose `column` holds the organization, for its owner too."""
    if connection.dialect.name != "postgresql":
        return
    # Read once a statement, as a sub-query, and not once a row.
    setting = f"(SELECT current_setting('{_SETTING}', true))"
    for statement in (
        f"CREATE POLICY organization ON {table} "
        f"USING ({setting} IN ({column}, '{EVERY_ORGANIZATION}'))",
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
    ):
        connection.execute(text(statement))


def unprotect(connection: Connection, table: str) -> None:
    """Take back `protect`."""
    if connection.dialect.name == "postgresql":
        for statement in (
            f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
            f"DROP POLICY organization ON {table}",
        ):
            connection.execute(text(statement))
