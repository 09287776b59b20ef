"""`yeoboseyo jobs`: what is left to be done after calls, and what was given up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from settings import Settings
from storage.calls import CallStore, utc_now
from storage.database import Database
from storage.errors import StorageError
from storage.journal import Journal, dead_entries
from storage.ledger import Ledger
from storage.outbox import Outbox
from stores import journal_folder, open_database

app = typer.Typer(help="What is left to be done after calls.", no_args_is_help=True)

_SEOUL = ZoneInfo("Asia/Seoul")


@app.command("list")
def list_jobs(
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
) -> None:
    """List what was given up, then what is still to be done; times are Seoul's."""

    async def work() -> None:
        async with _opened() as (settings, database):
            jobs = await Outbox(database, settings.organization).unfinished(limit)
        journal = await asyncio.to_thread(dead_entries, journal_folder(settings))
        table = Table(title=settings.organization)
        for name in ("job", "what", "state", "attempts", "due", "reason"):
            table.add_column(name)
        for job in jobs:
            what = f"{job.kind} {' '.join(f'{k}={v}' for k, v in job.payload.items())}"
            table.add_row(
                str(job.id), what, job.status, str(job.attempts), _time(job.run_at), job.last_error
            )
        for entry in journal:
            table.add_row("journal", entry.what, "dead", "", _time(entry.at), entry.reason)
        if jobs or journal:
            Console().print(table)
        else:
            typer.echo("Nothing is left to be done.")

    _run(work())


@app.command()
def retry(
    job: Annotated[int | None, typer.Argument(help="The job's number.")] = None,
    dead: Annotated[
        bool, typer.Option("--dead", help="All that was given up, in the journal too.")
    ] = False,
) -> None:
    """Try jobs anew; a running server does them within seconds."""
    if (job is None) == (not dead):
        raise typer.BadParameter("Give the number of a job, or --dead.")

    async def work() -> None:
        async with _opened() as (settings, database):
            outbox = Outbox(database, settings.organization)
            count = await outbox.retry(utc_now(), job)
            if not count and job is not None:
                typer.echo(f"There is no unfinished job {job}.", err=True)
                raise typer.Exit(1)
            typer.echo(f"{count} {'job' if count == 1 else 'jobs'} will be tried anew.")
            buried = await asyncio.to_thread(dead_entries, journal_folder(settings))
            if dead and buried:
                taken, refused = await _ledger(settings, database).retry_dead()
                typer.echo(f"Of the journal {taken} entries were stored, {refused} refused again.")

    _run(work())


def _ledger(settings: Settings, database: Database) -> Ledger:
    journal = Journal(
        journal_folder(settings), database.vault, settings.organization, clock=utc_now
    )
    return Ledger(CallStore(database, settings.organization), journal)


@asynccontextmanager
async def _opened() -> AsyncIterator[tuple[Settings, Database]]:
    settings = Settings()
    database = open_database(settings)
    try:
        await database.migrate()
        yield settings, database
    finally:
        await database.close()


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(work)
    except StorageError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(1) from error


def _time(at: datetime) -> str:
    return f"{at.astimezone(_SEOUL):%Y-%m-%d %H:%M:%S}"
