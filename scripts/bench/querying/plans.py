"""What PostgreSQL says of the statements that a store sends."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event

from storage.database import Database

Query = Callable[[], Awaitable[Any]]
RUNS = 20


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One query of the console; times are medians of `RUNS`, in milliseconds."""

    name: str
    whole_ms: float
    """From asking the store to having its records."""
    server_ms: float
    """Planning and executing all its statements, as PostgreSQL counts it."""
    statements: int
    scans: tuple[str, ...]
    """How each table is read: `Index Only Scan call_terms (pk_call_terms)`."""

    @property
    def index_only(self) -> bool:
        """Whether no table itself was read."""
        return all(scan.startswith(("Index Only Scan", "Bitmap")) for scan in self.scans)


async def measure(database: Database, organization: str, name: str, query: Query) -> Measured:
    """Run a store's query, then have its very statements explained."""
    await query()
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        await query()
        times.append((time.perf_counter() - began) * 1_000)
    statements = await _statements(database, query)
    server, scans = [], dict[str, None]()
    for _ in range(RUNS):
        plans = [await _explained(database, organization, *sent) for sent in statements]
        server.append(sum(plan["Planning Time"] + plan["Execution Time"] for plan in plans))
        for plan in plans:
            scans |= dict.fromkeys(_scans(plan["Plan"]))
    return Measured(
        name=name,
        whole_ms=statistics.median(times),
        server_ms=statistics.median(server),
        statements=len(statements),
        scans=tuple(scans),
    )


async def _statements(database: Database, query: Query) -> list[tuple[str, Any]]:
    """What a query sends, but for the naming of the organization."""
    sent: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "set_config" not in statement:
            sent.append((statement, parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        await query()
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    return [(statement, parameters) for statement, parameters in sent if "SELECT" in statement]


async def _explained(
    database: Database, organization: str, statement: str, parameters: Any
) -> dict[str, Any]:
    async with database.read(organization) as session:
        connection = await session.connection()
        result = await connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters
        )
        answer = result.scalar_one()
    plan: dict[str, Any] = (json.loads(answer) if isinstance(answer, str) else answer)[0]
    return plan


def _scans(plan: dict[str, Any]) -> list[str]:
    scans = [scan for part in plan.get("Plans", ()) for scan in _scans(part)]
    if plan["Node Type"].endswith("Scan") and "Relation Name" in plan:
        index = f" ({plan['Index Name']})" if "Index Name" in plan else ""
        scans.insert(0, f"{plan['Node Type']} {plan['Relation Name']}{index}")
    return scans
