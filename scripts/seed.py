"""`yeoboseyo seed`: an invented history of calls, for looking at the console and for benchmarks."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as day_time
from random import Random
from typing import Annotated, NoReturn

import typer

from knowledge.service import open_knowledge
from scripts.carrier.scenario import SEOUL
from scripts.seeding.callers import GENERAL, OWN
from scripts.seeding.history import SID, Cast, history
from scripts.seeding.people import GENERATIONS, people
from scripts.seeding.playing import Stage
from settings import Settings
from storage.bulk import BulkStore, WholeCall
from storage.database import Database
from storage.errors import StorageError
from storage.organizations import ensure_organization
from storage.records import Role, User
from stores import open_database

app = typer.Typer(help="Make an invented history of calls.")

_BATCH = 200
_CALLED = "+82215880000"
_VARIANTS = 6
"""So many pairs of plans are asked about in each script that names some."""


@app.command()
def seed(
    calls: Annotated[int, typer.Option(min=1, max=200_000, help="How many.")] = 5_000,
    number: Annotated[
        int, typer.Option("--seed", min=0, help="The same one makes the same history.")
    ] = 1,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="Over so many days.")] = 90,
    end: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day after the last one; today if not given."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Even beside real calls, or others made before.")
    ] = False,
) -> None:
    """Invent customers and their calls: answered by the agent, summarised, handed off, reviewed.

    All of it is made up, and CallSids begin with SEED-. An organization that has calls is refused.
    """
    day = end.date() if end else datetime.now(SEOUL).date()
    began = time.monotonic()
    try:
        asyncio.run(_seed(Settings(), calls, number, days, day, force=force))
    except StorageError as error:
        if error.code == "conflict":
            _fail("There are calls or customers of this --seed already: choose another one.")
        _fail(error.message)
    typer.echo(f"{calls:,} calls of {days} days in {time.monotonic() - began:.0f} s.")


async def _seed(
    settings: Settings, calls: int, number: int, days: int, day: date, *, force: bool
) -> None:
    database = open_database(settings)
    try:
        await database.migrate()
        await ensure_organization(database, settings.organization, settings.organization_name)
        end = datetime.combine(day, day_time(), SEOUL).astimezone(UTC)
        reviewer = User(id=0, name="예시 감독자", created_at=end, role=Role.SUPERVISOR)
        store = BulkStore(database, settings.organization, reviewer)
        if not force:
            await _refuse(database, store, settings.organization)
        random = Random(f"{number} {calls} {days} {day}")
        cast = await _cast(settings, store, random, max(10, calls * 2 // 5), end)
        batch: list[WholeCall] = []
        for call in history(
            random, cast, count=calls, days=days, end=end, organization=settings.organization,
            seed=number,
        ):  # fmt: skip
            batch.append(call)
            if len(batch) == _BATCH:
                await store.write(batch)
                batch = []
        if batch:
            await store.write(batch)
    finally:
        await database.close()


async def _refuse(database: Database, store: BulkStore, organization: str) -> None:
    if await store.other_calls(SID):
        _fail(f"{organization} has real calls: invent none beside them, or give --force.")
    if await store.other_calls("-"):
        _fail(f"{organization} has an invented history already; --force makes more.")


async def _cast(
    settings: Settings, store: BulkStore, random: Random, customers: int, end: datetime
) -> Cast:
    """The customers, stored, and the calls that the agent answers for them."""
    knowledge = await asyncio.to_thread(
        open_knowledge,
        data_dir=settings.data_dir,
        organization=settings.organization,
        chroma_url=settings.chroma_url,
        embeddings=settings.embedding_choice,
    )
    try:
        stage = Stage(knowledge, settings.organization, settings.organization_name, end)
        today = end.astimezone(SEOUL).date()
        general = []
        for script in GENERAL:
            named = any("{" in line for line in script.lines)
            for _ in range(_VARIANTS if named else 1):
                played = await stage.play(script, random, born=date(1980, 5, 5), plan_id="")
                general.append((script.weight / (_VARIANTS if named else 1), played))
        offered = [plan.id for plan in knowledge.catalog.plans]
        plans = {
            one.name: [plan for plan in one.plans if plan in offered] or offered[:1]
            for one in GENERATIONS
        }
        own = {}
        for generation in GENERATIONS:
            age = sum(generation.ages) // 2
            born = (today - timedelta(days=round(age * 365.25))).replace(day=17)
            for plan_id in plans[generation.name]:
                own[generation.name, plan_id] = [
                    (
                        script.weight,
                        await stage.play(script, random, born=born, plan_id=plan_id),
                        born,
                    )
                    for script in OWN
                ]  # fmt: skip
        made = people(random, customers, today, plans)
        stored = await store.add_customers([person for _, person in made])
        who = [(generation.name, one) for (generation, _), one in zip(made, stored, strict=True)]
        return Cast(
            customers=who, own=own, general=general, catalog=knowledge.catalog, called=_CALLED
        )
    finally:
        await asyncio.to_thread(knowledge.close)


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
