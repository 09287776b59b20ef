"""The virtual clock of `scripts.virtual_time`, for tests: it also waits for SQLite's threads."""

from queue import SimpleQueue
from typing import Any

import aiosqlite.core
import pytest

from scripts.virtual_time import VirtualTimeLoop, run_virtual

__all__ = ["VirtualTimeLoop", "count_database_threads", "run_virtual"]


class _CountedQueue(SimpleQueue[Any]):
    """aiosqlite's way to its thread; the clock stands still until the thread has answered."""

    def put_nowait(self, item: Any) -> None:
        future = item[0]
        loop = future.get_loop() if future is not None else None
        if isinstance(loop, VirtualTimeLoop):
            loop.hold_for(future)
        super().put_nowait(item)


def count_database_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock stand still for SQLite's threads too, which are not an executor's."""
    monkeypatch.setattr(aiosqlite.core, "SimpleQueue", _CountedQueue)
