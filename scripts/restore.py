"""`yeoboseyo restore`: bring a backup to an empty place."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from settings import Settings
from storage.audit import command_actor
from storage.backup.restoring import Restored, Restorer
from storage.errors import StorageError
from stores import open_database

app = typer.Typer(help="Bring a backup to an empty place.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The backup.")],
) -> None:
    """Fill the empty database and data directory of the settings, of whatever kind they are.

    All of it is checked, before and after; what fails leaves the place empty.
    """
    try:
        restored = asyncio.run(_restore(file))
    except (StorageError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    manifest = restored.manifest
    rows = sum(table.rows for table in manifest.tables)
    typer.echo(
        f"{rows:,} rows and {len(manifest.files):,} files of {manifest.made_at:%Y-%m-%d %H:%M} UTC"
    )
    typer.echo(f"The next start makes again: {', '.join(manifest.rebuilt)}.")
    for organization_id, fault in restored.broken_logs.items():
        typer.echo(f"error: the audit log of {organization_id} is broken at {fault}", err=True)
    if restored.broken_logs:
        typer.echo("It was so when it was saved; all the same everything was restored.", err=True)
        raise typer.Exit(1)
    typer.echo("The audit logs are unbroken.")


async def _restore(file: Path) -> Restored:
    settings = Settings()
    database = open_database(settings)
    try:
        restorer = Restorer(database, settings.data_dir)
        return await restorer.restore(file, datetime.now(UTC), actor=command_actor())
    finally:
        await database.close()
