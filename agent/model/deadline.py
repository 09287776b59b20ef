"""How long a turn may wait for the model: for each of its signs of life, and in all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Deadline:
    """Time left for a whole answer; what the listener takes between sentences does not count."""

    def __init__(self, total_s: float, *, silence_s: float | None = None) -> None:
        """`silence_s` bounds each wait for the server's next sign, the first one included."""
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + total_s
        self._silence_s = total_s if silence_s is None else silence_s
        self._paused = 0.0

    @property
    def left_s(self) -> float:
        """Seconds left of the whole."""
        return max(0.0, self._end - self._loop.time())

    async def within(self, waited_for: Awaitable[T]) -> T:
        """Wait for something that has the whole rest of the time. Raises TimeoutError."""
        return await asyncio.wait_for(waited_for, self.left_s)

    async def sign(self, waited_for: Awaitable[T]) -> T:
        """Wait for the server's next sign of life. Raises TimeoutError."""
        return await asyncio.wait_for(waited_for, min(self.left_s, self._silence_s))

    def pause(self) -> None:
        """The listener takes over."""
        self._paused = self._loop.time()

    def resume(self) -> None:
        """The listener gives back; its time is added to the end."""
        self._end += self._loop.time() - self._paused
