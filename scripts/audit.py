"""`yeoboseyo audit`: who did what, and whether the log is as it was written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, NoReturn, TypeVar

import typer

from settings import Settings
from storage.audit import AuditLog
from storage.errors import StorageError
from stores import open_database

app = typer.Typer(
    help="Show who did what, and check that the log is as it was written.", no_args_is_help=True
)

_T = TypeVar("_T")


@app.command()
def verify(
    head: Annotated[
        str, typer.Option(metavar="HASH", help="A head that was noted: it must still be there.")
    ] = "",
) -> None:
    """Recompute the chain; the exit status is 1 where it is broken.

    Note the head somewhere else: only by it is seen that a log's end was cut off.
    """
    verdict = _run(lambda log: log.verify(head=head or None))
    if verdict.broken_at is not None:
        _fail(f"The log is broken at entry {verdict.broken_at}: {verdict.fault}.")
    typer.echo(f"{verdict.entries:,} entries, unbroken. Head: {verdict.head}")


@app.command("list")
def list_entries(
    limit: Annotated[int, typer.Option(min=1, help="So many at most.")] = 50,
    actor: Annotated[str, typer.Option(help="Of this actor only, as `console:NAME`.")] = "",
    action: Annotated[str, typer.Option(help="Of this action only, as `reveal`.")] = "",
) -> None:
    """Show the newest entries, times in UTC."""
    entries = _run(lambda log: log.newest(limit, actor=actor or None, action=action or None))
    for entry in entries:
        details = json.dumps(entry.details, ensure_ascii=False) if entry.details else ""
        at = f"{entry.at:%Y-%m-%d %H:%M:%S}"
        typer.echo(
            "\t".join((str(entry.seq), at, entry.actor, entry.action, entry.subject, details))
        )


def _run(work: Callable[[AuditLog], Awaitable[_T]]) -> _T:
    async def on_database() -> _T:
        settings = Settings()
        database = open_database(settings)
        try:
            await database.migrate()
            return await work(AuditLog(database, settings.organization, lambda: datetime.now(UTC)))
        finally:
            await database.close()

    try:
        return asyncio.run(on_database())
    except StorageError as error:
        _fail(error.message)


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
