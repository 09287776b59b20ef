"""`yeoboseyo bench queries` fills, measures and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import typer
from typer.testing import CliRunner

from scripts.bench.queries import queries
from tests.support.databases import empty_database, server


async def _databases() -> set[str]:
    connection = await asyncpg.connect(server("postgresql"))
    try:
        rows = await connection.fetch("SELECT datname FROM pg_database")
        return {row[0] for row in rows if row[0].startswith("yeoboseyo_bench_")}
    finally:
        await connection.close()


def test_a_short_past(tmp_path: Path) -> None:
    with empty_database("postgresql", tmp_path):  # skips where no server answers
        before = asyncio.run(_databases())
    command = typer.Typer()
    command.command()(queries)
    path = tmp_path / "queries.json"

    ran = CliRunner().invoke(
        command, ["--turns", "1600", "--url", server("postgresql"), "--json", str(path)]
    )

    # 1 where this machine is too slow at the moment; then the figures are written too.
    assert ran.exit_code in {0, 1}, ran.output
    figures = json.loads(path.read_text(encoding="utf-8"))
    assert figures["turns"] == 1_600
    assert figures["first page: in PostgreSQL"] > 0
    assert asyncio.run(_databases()) <= before
