"""`yeoboseyo keys`: make, check and exchange the keys that seal personal data."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer

from settings import Settings
from storage.audit import command_actor
from storage.errors import StorageError
from storage.rotation import Rotation
from storage.sealed import count_by_key
from storage.vault import Vault, new_key
from stores import open_database

app = typer.Typer(
    help="Make, check and exchange the keys that seal personal data.", no_args_is_help=True
)

_SEOUL = ZoneInfo("Asia/Seoul")


def new_key_id() -> str:
    """An id by which one sees when the key was made."""
    return f"{datetime.now(UTC).astimezone(_SEOUL):%Y-%m-%d}"


@app.command()
def new(
    key_id: Annotated[
        str, typer.Argument(metavar="[ID]", help="Up to 16 of a-z, 0-9 and -.", show_default=False)
    ] = "",
) -> None:
    """Print a new key as it stands in YEOBOSEYO_KEYS, and say how it gets there."""
    key_id = key_id or new_key_id()
    ring = Settings().keys.get_secret_value()
    try:
        known = Vault.parse(ring).key_ids if ring else ()
        entry = f"{key_id}:{new_key()}"
        Vault.parse(entry)
    except StorageError as error:
        _fail(error.message)
    if key_id in known:
        _fail(f"There is a key {key_id} already: give the new one another id.")
    typer.echo(entry)
    if known:
        typer.echo(
            "Put it in front of the others in YEOBOSEYO_KEYS, with a comma behind it, and restart "
            "the servers: from then on it seals, and the others still open.",
            err=True,
        )
    else:
        typer.echo("Set YEOBOSEYO_KEYS to it, in .env or the environment.", err=True)
    typer.echo(
        "Keep a copy where the data is not: what a lost key has sealed nobody can read.", err=True
    )


@app.command()
def check() -> None:
    """Say how much each key seals; the exit status is 1 when one of them is not set."""
    try:
        ring, counts = asyncio.run(_look())
    except StorageError as error:
        _fail(error.message)
    totals = _print(ring, counts)
    if missing := sorted(set(totals) - set(ring)):
        _fail(f"Not in YEOBOSEYO_KEYS: {', '.join(missing)}. What they sealed cannot be read.")


@app.command()
def rotate(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how much each key seals.")
    ] = False,
) -> None:
    """Have the first key of YEOBOSEYO_KEYS seal all that others sealed, while calls go on.

    Restart the servers with the new ring first. It may be stopped and begun again; the exit status
    is 1 while another key is needed still.
    """
    try:
        ring, counts, rotation = asyncio.run(_rotate(dry_run=dry_run))
    except (StorageError, OSError) as error:
        _fail(str(error))
    totals = _print(ring, counts)
    if rotation is not None:
        typer.echo(f"Exchanged: {rotation.exchanged.total():,}")
        if rotation.failed:
            typer.echo(f"Could not be opened: {dict(rotation.failed)}; see the log.", err=True)
        if rotation.untold:
            typer.echo(
                f"{rotation.untold:,} telephone numbers are told by nothing any more but hashes. "
                "Those of an older key are found only while that key is set.",
                err=True,
            )
        if rotation.left:
            typer.echo(f"Not finished yet: {rotation.left} recordings. Run it again.", err=True)
    if others := sorted(set(totals) - {ring[0]}):
        _fail(f"Still needed: {', '.join(others)}.")
    typer.echo(f"All is sealed by {ring[0]}: the other keys can go, but old backups need theirs.")


def _print(ring: tuple[str, ...], counts: dict[str, Counter[str]]) -> Counter[str]:
    """How much each key seals, line by line."""
    totals = sum(counts.values(), Counter[str]())
    for key_id in dict.fromkeys([*ring, *sorted(totals)]):
        where = [f"{table} {found[key_id]:,}" for table, found in counts.items() if found[key_id]]
        role = "missing" if key_id not in ring else "seals" if key_id == ring[0] else "opens"
        typer.echo(f"{key_id}\t{role}\t{totals[key_id]:,}" + "".join(f"\t{one}" for one in where))
    return totals


async def _rotate(
    *, dry_run: bool
) -> tuple[tuple[str, ...], dict[str, Counter[str]], Rotation | None]:
    settings = Settings()
    database = open_database(settings)
    try:
        await database.migrate()
        rotation = None if dry_run else Rotation(database, settings.data_dir)
        if rotation is not None:
            await rotation.run(datetime.now(UTC), actor=command_actor())
        return (
            database.vault.key_ids,
            await count_by_key(database, settings.data_dir),
            rotation,
        )
    finally:
        await database.close()


async def _look() -> tuple[tuple[str, ...], dict[str, Counter[str]]]:
    settings = Settings()
    database = open_database(settings)
    try:
        await database.migrate()
        return database.vault.key_ids, await count_by_key(database, settings.data_dir)
    finally:
        await database.close()


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
