"""`yeoboseyo privacy`: periods of keeping, and what one person may demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from knowledge.cases import SimilarCases
from knowledge.errors import KnowledgeError
from knowledge.service import open_knowledge
from settings import Settings
from storage.audit import AuditLog, command_actor
from storage.cases import CaseStore, ServedCases
from storage.database import Database
from storage.errors import StorageError
from storage.home import ServerHome
from storage.retention import Retained
from storage.rights.erase import Eraser
from storage.rights.export import Exporter
from storage.rights.person import PersonFinder
from stores import open_case_index, open_database, open_retention
from voice.audio import mulaw

app = typer.Typer(help="Periods of keeping, and what one person may demand.", no_args_is_help=True)

T = TypeVar("T")
Cases: TypeAlias = SimilarCases | ServedCases
Phone = Annotated[str, typer.Option("--phone", help="The person's telephone number.")]


@app.command()
def periods() -> None:
    """Show for how many days each kind of data is kept."""
    _show("days", Settings().retention.model_dump())


@app.command()
def retain(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be deleted.")
    ] = False,
) -> None:
    """Delete what was kept for its period, as the server does once a day."""
    if dry_run:
        _show("would go", _run(_due()))
        return
    retained = _run(_retained())
    _show("deleted", retained.deleted)
    if not retained.proven:
        _show("left", retained.left)
        raise typer.Exit(1)


@app.command()
def export(
    phone: Phone,
    out: Annotated[Path, typer.Option(help="The archive to write; it must not be there yet.")],
) -> None:
    """Write all that is kept of somebody, in the clear, into a ZIP: person.json and recordings."""
    _show("exported", _run(_exported(phone, out)))
    typer.echo(f"{out} holds personal data in the clear: it is readable by its owner alone.")


@app.command()
def erase(
    phone: Phone,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase all that is kept of somebody, and look again whether anything is found."""
    if not yes:
        _show("would go", _run(_found(phone)))
        typer.confirm("Erase all of it? It cannot be brought back.", abort=True)
    _show("erased", _run(_erased(phone)))
    typer.echo("Nothing is found any more. Backups from before hold it still.")


class _House:
    """What the commands work on."""

    def __init__(self, settings: Settings, database: Database, cases: Cases) -> None:
        self.audit = AuditLog(database, settings.organization, _now)
        common = (database, settings.organization, settings.data_dir)
        self.retention = open_retention(settings, database, cases, _now)
        self.finder = PersonFinder(*common, cases)
        self.exporter = Exporter(*common, finder=self.finder, audit=self.audit, pcm=mulaw.pcm)
        self.eraser = Eraser(*common, finder=self.finder, cases=cases, audit=self.audit)


@asynccontextmanager
async def _opened() -> AsyncIterator[_House]:
    """The house, beside a server that runs or without one."""
    settings = Settings()
    database = open_database(settings)
    try:
        await database.migrate()
        async with _cases(settings, database) as cases:
            yield _House(settings, database, cases)
    finally:
        await database.close()


@asynccontextmanager
async def _cases(settings: Settings, database: Database) -> AsyncIterator[Cases]:
    """The index of cases; where a server holds its files, what that server is asked to do."""
    store = CaseStore(database, settings.organization)
    home = ServerHome(settings.data_dir)
    try:
        if settings.chroma_url is None:
            home.lock()  # Chroma's embedded files have one writer.
    except StorageError as error:
        if error.code != "in_use":
            raise
        yield ServedCases(database, settings.organization, store, clock=_now)
        return
    try:
        knowledge = await asyncio.to_thread(
            open_knowledge,
            data_dir=settings.data_dir,
            organization=settings.organization,
            chroma_url=settings.chroma_url,
            embeddings=settings.embedding_choice,
        )
        cases = SimilarCases(open_case_index(settings, knowledge.embedder), store)
        try:
            yield cases
        finally:
            cases.close()
            knowledge.close()
    finally:
        home.release()


async def _due() -> Mapping[str, int]:
    async with _opened() as house:
        return await house.retention.due()


async def _retained() -> Retained:
    async with _opened() as house:
        return await house.retention.run(command_actor())


async def _found(phone: str) -> Mapping[str, int]:
    async with _opened() as house:
        return (await house.finder.find(phone)).counts


async def _exported(phone: str, out: Path) -> Mapping[str, int]:
    async with _opened() as house:
        person = await house.exporter.export(phone, out, actor=command_actor(), at=_now())
        return person.counts


async def _erased(phone: str) -> Mapping[str, int]:
    async with _opened() as house:
        return (await house.eraser.erase(phone, actor=command_actor())).counts


def _now() -> datetime:
    return datetime.now(UTC)


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except (StorageError, KnowledgeError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error


def _show(what: str, counts: Mapping[str, int]) -> None:
    table = Table()
    table.add_column("kind")
    table.add_column(what, justify="right")
    for kind, count in counts.items():
        table.add_row(kind, f"{count:,}")
    Console().print(table)
