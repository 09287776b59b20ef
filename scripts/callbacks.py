"""`yeoboseyo callbacks`: callers who wait to be phoned."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, NoReturn, TypeVar
from zoneinfo import ZoneInfo

import typer

from settings import Settings
from storage.audit import command_actor
from storage.callbacks import CallbackStatus, CallbackStore
from storage.errors import StorageError
from stores import open_database

app = typer.Typer(help="Show and settle call-backs.", no_args_is_help=True)

_SEOUL = ZoneInfo("Asia/Seoul")
_T = TypeVar("_T")
Id = Annotated[int, typer.Argument(metavar="ID", help="As `list` shows it.")]


@app.command("list")
def list_callbacks(
    everything: Annotated[bool, typer.Option("--all", help="Settled ones too.")] = False,
) -> None:
    """Show who waits, the longest waiting first; times in Seoul."""
    status = None if everything else CallbackStatus.OPEN
    for callback in _run(lambda callbacks: callbacks.list(status)):
        at = f"{callback.requested_at.astimezone(_SEOUL):%Y-%m-%d %H:%M}"
        brief = callback.brief or "(no summary yet)"
        typer.echo(f"{callback.id}\t{at}\t{callback.phone}\t{callback.status}\t{brief}")


@app.command()
def number(callback_id: Id) -> None:
    """Show the number to phone, in the clear; that is written to the audit log."""
    phone = _run(lambda callbacks: callbacks.phone(callback_id, actor=command_actor()))
    if phone is None:
        _fail(f"There is no call-back {callback_id}.")
    typer.echo(phone)


@app.command()
def done(callback_id: Id) -> None:
    """Note that somebody was phoned."""
    if not _run(lambda callbacks: callbacks.done(callback_id, actor=command_actor())):
        _fail(f"There is no open call-back {callback_id}.")
    typer.echo(f"Call-back {callback_id} is done.")


def _run(work: Callable[[CallbackStore], Awaitable[_T]]) -> _T:
    async def on_database() -> _T:
        settings = Settings()
        database = open_database(settings)
        try:
            await database.migrate()
            return await work(CallbackStore(database, settings.organization, clock=_now))
        finally:
            await database.close()

    try:
        return asyncio.run(on_database())
    except StorageError as error:
        _fail(error.message)


def _now() -> datetime:
    return datetime.now(UTC)


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
