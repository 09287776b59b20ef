"""`yeoboseyo restore`: bring a backup to an empty place."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from settings import Settings
from storage.backup.archive import Manifest
from storage.backup.restoring import Restorer
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
        manifest = asyncio.run(_restore(file))
    except (StorageError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    rows = sum(table.rows for table in manifest.tables)
    typer.echo(
        f"{rows:,} rows and {len(manifest.files):,} files of {manifest.made_at:%Y-%m-%d %H:%M} UTC"
    )
    typer.echo(f"The next start makes again: {', '.join(manifest.rebuilt)}.")


async def _restore(file: Path) -> Manifest:
    settings = Settings()
    database = open_database(settings)
    try:
        return await Restorer(database, settings.data_dir).restore(file)
    finally:
        await database.close()
