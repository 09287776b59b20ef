"""`yeoboseyo voice`: makes ahead, as audio, what is known to be said."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

import typer

from knowledge.catalog.model import Catalog
from knowledge.errors import KnowledgeError
from scripts.ingest import ingest_catalog
from settings import Settings
from voice.tts.prompts import frequent, prompts
from voice.tts.synthesizer import SynthesisError
from voices import open_voice

app = typer.Typer(help="The agent's voice.", no_args_is_help=True, add_completion=False)


@app.callback()
def voice() -> None:
    """The agent's voice."""


@app.command()
def warm() -> None:
    """Make the fixed sentences and the most frequent answers with the configured voices."""
    settings = Settings()
    started = time.monotonic()
    try:
        knowledge = ingest_catalog(settings)
        catalog = knowledge.catalog
        knowledge.close()
        known, made = asyncio.run(_warm(settings, catalog))
    except (KnowledgeError, SynthesisError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    folder = settings.data_dir / "voice"
    typer.echo(f"{known} sentences in {folder}, {made} of them new")
    typer.echo(f"{time.monotonic() - started:.1f} s")


async def _warm(settings: Settings, catalog: Catalog) -> tuple[int, int]:
    """How many sentences the voices have at hand, all together, and how many were made for it."""
    fixed, answers = prompts(settings.organization_name), frequent(catalog)
    async with AsyncExitStack() as stack:
        best, *others = open_voice(settings, catalog, stack).stored
        # The local voice first: it answers for all when the other cannot be had.
        made = sum([await other.warm(fixed) for other in others])
        made += await best.warm(list(dict.fromkeys(fixed + answers)))
    return len(set(fixed + answers)) + len(others) * len(fixed), made
