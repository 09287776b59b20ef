"""Waits for a database only so long, whatever it does meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from storage.errors import StorageError

logger = logging.getLogger(__name__)

T = TypeVar("T")

_abandoned: set[asyncio.Task[Any]] = set()
"""Work that nobody waits for any more; kept so that it may clean up behind itself."""


async def within(seconds: float, work: Coroutine[Any, Any, T], what: str = "the database") -> T:
    """What `work` gives, or StorageError `unavailable` (retryable) after so many seconds.

    `asyncio.timeout` would wait until the work has put its connection in order, which takes as
    long as the database likes. Here the work is cancelled and left behind. What it was about to
    commit may still become true, so it must be something that may be done again.
    """
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        _abandon(task)
        raise
    if not done:
        _abandon(task)
        raise StorageError("unavailable", f"{what} did not come in time", retryable=True)
    return task.result()


def _abandon(task: asyncio.Task[Any]) -> None:
    task.cancel()
    _abandoned.add(task)
    task.add_done_callback(_buried)


def _buried(task: asyncio.Task[Any]) -> None:
    _abandoned.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.info("what came too late failed, too: %s", error)
