"""The virtual clock of `scripts.virtual_time`, for tests: it also waits for SQLite's threads."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec

import aiosqlite.core
import pytest

from scripts.virtual_time import CountedQueue, VirtualTimeLoop, run_virtual

__all__ = ["VirtualTimeLoop", "count_database_threads", "on_virtual_time", "run_virtual"]

P = ParamSpec("P")
_SOCKETS_S = 0.002
"""Real seconds that what is on its way over loopback has before each jump of the clock."""


def on_virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a test on the virtual clock; it may talk to servers on the same loop."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        run_virtual(test(*args, **kwargs), sockets_s=_SOCKETS_S)

    return run


def count_database_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock stand still for SQLite's threads too, which are not an executor's."""
    monkeypatch.setattr(aiosqlite.core, "SimpleQueue", CountedQueue)
