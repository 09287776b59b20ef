"""`yeoboseyo ingest [FOLDER]`: makes a catalogue searchable; without a folder, the current one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from knowledge.errors import KnowledgeError
from knowledge.provenance import note_published
from knowledge.service import Knowledge, open_knowledge
from settings import Settings
from storage.errors import StorageError
from storage.ingestions import IngestionStore
from storage.organizations import ensure_organization
from stores import open_database

app = typer.Typer(add_completion=False)

_SEOUL = ZoneInfo("Asia/Seoul")
_SHOWN = 20


def ingest_catalog(settings: Settings, folder: Path | None = None) -> Knowledge:
    """Ingest `folder` (or what was ingested last, at first the sample) and open it.

    Raises:
        CatalogError: the catalogue is missing or wrong; what was published stays.
        KnowledgeError: the index cannot be read or written.
    """
    return open_knowledge(
        data_dir=settings.data_dir,
        organization=settings.organization,
        chroma_url=settings.chroma_url,
        catalog_folder=folder,
        embeddings=settings.embedding_choice,
    )


@app.command()
def ingest(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Folder with family pages (*.md) and faq.yaml.", show_default=False),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Show the last ingestions instead.")
    ] = False,
) -> None:
    """Load the catalogue into the knowledge index."""
    settings = Settings()
    started = time.monotonic()
    try:
        if history:
            asyncio.run(_show_history(settings))
            return
        knowledge = asyncio.run(_ingest(settings, folder))
    except (KnowledgeError, StorageError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    catalog = knowledge.catalog
    typer.echo(
        f"{len(catalog.families)} families, {len(catalog.plans)} plans, {len(catalog.faqs)} "
        f"questions, as of {catalog.as_of}{' (sample)' if catalog.sample else ''}"
    )
    state = "published" if knowledge.changed else "already published"
    typer.echo(f"version {knowledge.version} {state}, {time.monotonic() - started:.1f} s")
    knowledge.close()


async def _ingest(settings: Settings, folder: Path | None) -> Knowledge:
    """Ingest, and keep on record that and how it went."""
    async with _record(settings) as store:
        run_id = await store.begin(str(folder or "current"), _now())
        try:
            knowledge = await asyncio.to_thread(ingest_catalog, settings, folder)
        except KnowledgeError as error:
            await store.failed(run_id, str(error), _now())
            raise
        await note_published(store, run_id, knowledge, _now)
        return knowledge


async def _show_history(settings: Settings) -> None:
    async with _record(settings) as store:
        runs = await store.last(_SHOWN)
    if not runs:
        typer.echo("Nothing was ingested yet.")
        return
    for run in runs:
        began = run.started_at.astimezone(_SEOUL)
        told = run.error or f"{run.documents} documents {run.version or ''}".rstrip()
        typer.echo(f"{began:%Y-%m-%d %H:%M:%S}  {run.status:<7}  {run.source}  {told}")


@asynccontextmanager
async def _record(settings: Settings) -> AsyncIterator[IngestionStore]:
    database = open_database(settings)
    try:
        await database.migrate()
        await ensure_organization(database, settings.organization, settings.organization_name)
        yield IngestionStore(database, settings.organization)
    finally:
        await database.close()


def _now() -> datetime:
    return datetime.now(UTC)
