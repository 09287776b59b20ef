"""The server deletes once a day, and goes on after whatever failed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

import pytest

from storage.calls import CallStore
from storage.customers import CustomerStore
from storage.database import Database
from storage.periods import Periods
from storage.retention import Retention
from tests.support.calls import NOW, ORGANIZATION, end, new_call
from tests.support.keys import VAULT
from tests.support.privacy import NotedAudit
from tests.support.virtual_time import count_database_threads, run_virtual


class EmptyIndex:
    """An index that is away at first, and then holds nothing."""

    def __init__(self) -> None:
        self.asked = 0

    async def forget(self, call_ids: Collection[int]) -> None:
        assert not call_ids

    async def ids(self) -> set[int]:
        self.asked += 1
        if self.asked == 1:
            raise OSError("the index is away")
        return set()


def test_it_runs_daily_and_an_hour_after_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_database_threads(monkeypatch)
    audit = NotedAudit()

    async def noted() -> float:
        await audit.appended.acquire()
        return asyncio.get_running_loop().time()

    async def main() -> None:
        database = Database(f"sqlite:///{tmp_path / 'test.db'}", VAULT)
        await database.migrate()
        await CustomerStore(database, ORGANIZATION).load_sample()
        await _old_call(database, "CA1")
        retention = Retention(
            database,
            ORGANIZATION,
            tmp_path,
            Periods(),
            cases=EmptyIndex(),
            audit=audit,
            clock=lambda: NOW,
        )
        began = asyncio.get_running_loop().time()
        running = asyncio.create_task(retention.keep("server"))
        times = [await noted() - began]
        for sid in ("CA2", "CA3"):
            await _old_call(database, sid)
            times.append(await noted() - began)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await database.close()
        assert 600 <= times[0] < 610
        assert 3_600 <= times[1] - times[0] < 3_610
        assert 86_400 <= times[2] - times[1] < 86_410

    run_virtual(main())
    stopped = [details.get("stopped_by") for *_, details in audit.entries]
    assert stopped == ["OSError", None, None]
    assert [details["deleted"]["calls"] for *_, details in audit.entries] == [1, 1, 1]


async def _old_call(database: Database, sid: str) -> None:
    at = NOW - timedelta(days=2_000)
    store = CallStore(database, ORGANIZATION, clock=lambda: at)
    call_id = await store.open(new_call(sid, started_at=at))
    await store.close(call_id, end(ended_at=at))
