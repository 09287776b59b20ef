"""`yeoboseyo ingest [FOLDER]`: makes a catalogue searchable; without a folder, the current one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from knowledge.errors import KnowledgeError
from knowledge.service import Knowledge, open_knowledge
from settings import Settings

app = typer.Typer(add_completion=False)


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
) -> None:
    """Load the catalogue into the knowledge index."""
    started = time.monotonic()
    try:
        knowledge = ingest_catalog(Settings(), folder)
    except KnowledgeError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    catalog = knowledge.catalog
    typer.echo(
        f"{len(catalog.families)} families, {len(catalog.plans)} plans, {len(catalog.faqs)} "
        f"questions, as of {catalog.as_of}{' (sample)' if catalog.sample else ''}"
    )
    state = "published" if knowledge.changed else "already published"
    typer.echo(f"version {knowledge.version} {state}, {time.monotonic() - started:.1f} s")
    knowledge.close()
