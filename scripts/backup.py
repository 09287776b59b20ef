"""`yeoboseyo backup`: save all that is stored into one file, while calls go on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from knowledge.errors import KnowledgeError
from knowledge.ingest import published_files
from settings import Settings
from storage.audit import command_actor
from storage.backup.archive import Manifest
from storage.backup.saving import Saver
from storage.errors import StorageError
from stores import open_database

app = typer.Typer(help="Save all that is stored into one file, while calls go on.")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to; it must not be there yet.")],
) -> None:
    """Save database, recordings and the published catalogue, of all organizations.

    What is personal stays sealed in it: without the keys in YEOBOSEYO_KEYS, which are not in it,
    a backup is of no use.
    """
    try:
        manifest = asyncio.run(_save(file))
    except (StorageError, KnowledgeError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    rows = sum(table.rows for table in manifest.tables)
    typer.echo(f"{file}: {rows:,} rows, {len(manifest.files):,} files")
    typer.echo(f"To restore it these keys are needed: {', '.join(manifest.keys) or 'none'}")
    for path in manifest.missing:
        typer.echo(f"warning: {path} is not there", err=True)


async def _save(file: Path) -> Manifest:
    settings = Settings()
    database = open_database(settings)
    try:
        await database.migrate()
        more = await asyncio.to_thread(published_files, settings.data_dir)
        saver = Saver(database, settings.data_dir)
        return await saver.save(file, datetime.now(UTC), actor=command_actor(), more=more)
    finally:
        await database.close()
