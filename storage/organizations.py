"""Organizations: must be there before anything of theirs is stored."""

from __future__ import annotations

from sqlalchemy import select, update

from storage.database import Database, affected
from storage.errors import StorageError
from storage.models import OrganizationRow


async def ensure_organization(database: Database, organization_id: str, name: str) -> None:
    """Store an organization, or its new name."""
    async with database.write(organization_id) as session:
        if await affected(session, update(OrganizationRow).values(name=name)):
            return
    try:
        async with database.write(organization_id) as session:
            session.add(OrganizationRow(id=organization_id, name=name))
    except StorageError as error:
        if error.code != "conflict":  # another process was faster
            raise


async def organization_ids(database: Database) -> list[str]:
    """All organizations, for upkeep."""
    async with database.snapshot() as connection:
        table = OrganizationRow.__table__
        return list(await connection.scalars(select(table.c.id).order_by(table.c.id)))
