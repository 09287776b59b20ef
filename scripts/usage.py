"""`yeoboseyo usage`: what the chat model took, by day."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from settings import Settings
from storage.errors import StorageError
from storage.records import DayUsage
from storage.usage import UsageStore
from stores import open_database

app = typer.Typer(help="What the chat model took, by day.")

_SEOUL = ZoneInfo("Asia/Seoul")


@app.command()
def usage(
    days: Annotated[int, typer.Option(min=1, help="How many days, today included.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show calls, answers, tokens and cost by day and model."""
    settings = Settings()
    since = datetime.now(UTC).astimezone(_SEOUL).date() - timedelta(days=days - 1)
    try:
        found = asyncio.run(_read(settings, since))
    except StorageError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(1) from error
    if as_json:
        for entry in found:
            cost = entry.cost_micros / 1_000_000
            typer.echo(json.dumps({**asdict(entry), "day": str(entry.day), "cost": cost}))
        return
    if not found:
        typer.echo(f"The model was not used since {since}.")
        return
    Console().print(_table(settings.organization, found))


async def _read(settings: Settings, since: date) -> list[DayUsage]:
    database = open_database(settings)
    try:
        await database.migrate()
        return await UsageStore(database, settings.organization).by_day(since)
    finally:
        await database.close()


def _table(organization: str, found: Sequence[DayUsage]) -> Table:
    table = Table(title=organization)
    for name in ("day", "model"):
        table.add_column(name)
    for name in ("calls", "answers", "read", "written", "cost"):
        table.add_column(name, justify="right")
    for entry in found:
        figures = (entry.calls, entry.answers, entry.tokens_read, entry.tokens_written)
        cost = f"{entry.cost_micros / 1_000_000:,.4f}"
        table.add_row(str(entry.day), entry.model, *(f"{figure:,}" for figure in figures), cost)
    return table
