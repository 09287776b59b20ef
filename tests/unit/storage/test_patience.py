"""Nobody waits for a database longer than agreed, not even for its tidying up."""

from __future__ import annotations

import asyncio

import pytest

from storage.errors import StorageError
from storage.patience import within
from tests.support.virtual_time import on_virtual_time


async def _slow_to_stop(tidied: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(20)
        tidied.append("yes")


@on_virtual_time
async def test_what_takes_long_to_stop_is_left_behind() -> None:
    loop = asyncio.get_running_loop()
    tidied: list[str] = []
    with pytest.raises(StorageError, match="unavailable: the customers did not come in time"):
        await within(1, _slow_to_stop(tidied), "the customers")
    assert loop.time() == 1
    await asyncio.sleep(30)
    assert tidied == ["yes"]


@on_virtual_time
async def test_what_comes_in_time_or_fails_in_time_is_passed_on() -> None:
    async def answer(error: Exception | None) -> int:
        await asyncio.sleep(0.5)
        if error is not None:
            raise error
        return 7

    assert await within(1, answer(None)) == 7
    with pytest.raises(ValueError, match="broken"):
        await within(1, answer(ValueError("broken")))


@on_virtual_time
async def test_who_is_stopped_stops_the_work() -> None:
    tidied: list[str] = []
    waiting = asyncio.create_task(within(5, _slow_to_stop(tidied)))
    await asyncio.sleep(1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(30)
    assert tidied == ["yes"]
