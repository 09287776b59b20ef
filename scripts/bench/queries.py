"""`yeoboseyo bench queries`: how long the console's queries take after a million turns.

A PostgreSQL database and a role of their own are made on a server, filled, measured over the role,
which row-level security holds, and dropped.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import asyncpg  # type: ignore[import-untyped]
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import URL, make_url, select

from knowledge.catalog.loader import load_catalog, sample_catalog_path
from scripts.bench.querying.past import (
    COLUMNS,
    LAST_DAY,
    ORGANIZATIONS,
    RARE,
    TURNS,
    Past,
)
from scripts.bench.querying.plans import Measured, Query, measure
from storage.calls import CallStore
from storage.database import Database
from storage.history import CallHistory
from storage.models import CallRow
from storage.outbox import BATCH, Outbox

PAGE = 51
LIMIT_MS = 50
_PORTION = 6_000
_LOCAL = "postgresql://postgres@127.0.0.1:5432/postgres"


def queries(
    turns: Annotated[int, typer.Option(help="Turns of all organizations together.")] = 1_000_000,
    url: Annotated[str, typer.Option(help="A PostgreSQL server, as its superuser.")] = _LOCAL,
    seed: Annotated[int, typer.Option(help="Another one makes another past.")] = 1,
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures to this file.")
    ] = None,
) -> None:
    """How long the console's queries take after so many turns."""
    measured, figures = asyncio.run(_bench(make_url(url), turns, seed))
    table = Table("query", "ms", "in PostgreSQL", "statements", "index-only")
    for query in measured:
        table.add_row(
            query.name, f"{query.whole_ms:.1f}", f"{query.server_ms:.1f}", str(query.statements),
            "yes" if query.index_only else "no",
        )  # fmt: skip
    console = Console(width=100)
    console.print(table)
    for query in measured:
        console.print(f"{query.name}: {'; '.join(query.scans)}", highlight=False)
    for name, value in figures.items():
        console.print(f"{name}: {value:,}", highlight=False)
    if json_path is not None:
        flat = figures | {
            f"{query.name}: {what}": round(value, 2)
            for query in measured
            for what, value in (("ms", query.whole_ms), ("in PostgreSQL", query.server_ms))
        }
        json_path.write_text(
            json.dumps(flat, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    if any(query.whole_ms > LIMIT_MS for query in measured):
        console.print(f"[red]slower than {LIMIT_MS} ms")
        raise SystemExit(1)


async def _bench(server: URL, turns: int, seed: int) -> tuple[list[Measured], dict[str, float]]:
    past = Past(load_catalog(sample_catalog_path()), calls=turns // TURNS, seed=seed)
    async with _own_database(server) as (own, administrator):
        database = Database(own)
        try:
            await database.migrate()
            began = time.perf_counter()
            await _fill(administrator, past)
            figures: dict[str, float] = {
                "turns": past.calls * TURNS,
                "filled in s": round(time.perf_counter() - began),
            }
            for table in ("turns", "call_terms"):
                size = await administrator.fetchval(f"SELECT pg_total_relation_size('{table}')")
                figures[f"{table} in MiB"] = round(size / 2**20)
            return [
                await measure(database, ORGANIZATIONS[0], name, query)
                for name, query in (await _queries(database, past)).items()
            ], figures
        finally:
            await database.close()


async def _queries(database: Database, past: Past) -> dict[str, Query]:
    """What the console and the work behind it ask, of the largest organization."""
    organization = ORGANIZATIONS[0]
    calls = CallStore(database, organization)
    history = CallHistory(database, organization)
    outbox = Outbox(database, organization)
    middle = past.calls // 2
    [newest] = await calls.list(1)
    assert newest.customer is not None  # noqa: S101  the past has no strangers
    customer_id = newest.customer.id

    async def of_caller() -> None:
        async with database.read(organization) as session:
            whose = select(CallRow.caller_hash).where(CallRow.id == newest.id)
            caller_hash = await session.scalar(whose)
            of_hash = select(CallRow.id, CallRow.started_at, CallRow.outcome)
            of_hash = of_hash.where(CallRow.caller_hash == caller_hash)
            (await session.execute(of_hash.order_by(CallRow.id.desc()))).all()

    def search(words: str, before_id: int | None = None) -> Query:
        return lambda: calls.list(PAGE, search=words, before_id=before_id)

    return {
        "first page": lambda: calls.list(PAGE),
        "continued page": lambda: calls.list(PAGE, before_id=middle),
        "search 요금 (nearly all)": search("요금"),
        "search 요금, continued": search("요금", middle),
        "search 로밍 (many)": search("로밍"),
        "search 월 50,000원": search("월 50,000원"),
        f"search {RARE} (few)": search(RARE),
        "search 우주여행 (none)": search("우주여행"),
        "search 제주 요금 (none)": search("제주 요금"),
        "search 로밍 해지하면 (never side by side)": search("로밍 해지하면"),
        "call page": lambda: calls.get(newest.id),
        "a telephone's calls by its hash": of_caller,
        "customer's earlier calls": lambda: history.earlier(customer_id, limit=3),
        "due jobs": lambda: outbox.claim(LAST_DAY, BATCH),
    }


async def _fill(administrator: Any, past: Past) -> None:
    """Copy all rows; without looking at references, which the past keeps by itself."""
    await administrator.execute("SET session_replication_role = replica")
    await administrator.executemany(
        "INSERT INTO organizations VALUES ($1, $2)", [(name, name) for name in ORGANIZATIONS]
    )
    for rows in past.rows(_PORTION):
        for table, columns in COLUMNS.items():
            await administrator.copy_records_to_table(table, columns=columns, records=rows[table])
    await administrator.execute("SET session_replication_role = origin")
    await administrator.execute("VACUUM ANALYZE")


@asynccontextmanager
async def _own_database(server: URL) -> AsyncIterator[tuple[str, Any]]:
    """The URL of a role's own database, and the administrator's connection to it."""
    name, password = f"yeoboseyo_bench_{secrets.token_hex(4)}", secrets.token_hex(16)
    plain = server.set(drivername="postgresql")
    first = await asyncpg.connect(plain.render_as_string(hide_password=False))
    try:
        await first.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        await first.execute(f"CREATE DATABASE {name} OWNER {name}")
        try:
            within = plain.set(database=name)
            administrator = await asyncpg.connect(within.render_as_string(hide_password=False))
            try:
                own = within.set(username=name, password=password)
                yield own.render_as_string(hide_password=False), administrator
            finally:
                await administrator.close()
        finally:
            await first.execute(f"DROP DATABASE {name} WITH (FORCE)")
            await first.execute(f"DROP ROLE {name}")
    finally:
        await first.close()
