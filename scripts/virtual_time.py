"""An event loop whose clock jumps to the next timer when nothing else is left to do.

A call of minutes runs in milliseconds, and always the same. Work in threads is waited for in real
time while the virtual clock stands still.
"""

import asyncio
import gc
import selectors
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar
from unittest.mock import patch

import aiosqlite.core

T = TypeVar("T")


class _VirtualSelector(selectors.DefaultSelector):
    """Turns waiting for a timer into a jump of the clock."""

    def __init__(self, sockets_s: float) -> None:
        super().__init__()
        self.now = 0.0
        self.threads = 0
        self._sockets_s = sockets_s

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self.threads:
            return super().select(None)
        if self._sockets_s and (ready := super().select(self._sockets_s)):
            return ready
        if timeout is None:
            raise RuntimeError("nothing is left that could ever happen")
        self.now += timeout
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """See the module."""

    def __init__(self, *, sockets_s: float = 0.0) -> None:
        """`sockets_s`: real seconds given, before each jump, to what is on its way in sockets."""
        self._virtual = _VirtualSelector(sockets_s)
        super().__init__(self._virtual)

    def time(self) -> float:
        """Seconds of virtual time since the loop was made."""
        return self._virtual.now

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """As asyncio's; the clock stands still until the work is done."""
        future = super().run_in_executor(executor, func, *args)
        self.hold_for(future)
        return future

    def hold_for(self, future: "asyncio.Future[Any]") -> None:
        """Let the clock stand still until `future`, which a thread fulfils, is done."""
        self._virtual.threads += 1
        future.add_done_callback(self._thread_done)

    async def shutdown_default_executor(self, *args: Any) -> None:
        """As asyncio's; its threads are waited for in real time."""
        self._virtual.threads += 1
        await super().shutdown_default_executor(*args)
        self._virtual.threads -= 1

    def _thread_done(self, _future: "asyncio.Future[Any]") -> None:
        self._virtual.threads -= 1


def run_virtual(main: Coroutine[Any, Any, T], *, sockets_s: float = 0.0) -> T:
    """Runs a coroutine on a fresh virtual-time loop. Raises RuntimeError for unawaited errors."""
    lost: list[dict[str, Any]] = []
    with asyncio.Runner(loop_factory=partial(VirtualTimeLoop, sockets_s=sockets_s)) as runner:
        runner.get_loop().set_exception_handler(lambda _, context: lost.append(context))
        result = runner.run(main)
        gc.collect()  # A task that failed unseen is told of when it is collected.
    if lost:
        raise RuntimeError(f"errors that nobody awaited: {lost}")
    return result


class CountedQueue(SimpleQueue[Any]):
    """aiosqlite's way to its thread; the clock stands still until the thread has answered.

    Whoever uses a database on the virtual clock puts it in the place of `SimpleQueue` there: its
    threads are not an executor's.
    """

    def put_nowait(self, item: Any) -> None:
        """As the queue's."""
        future = item[0]
        loop = future.get_loop() if future is not None else None
        if isinstance(loop, VirtualTimeLoop):
            loop.hold_for(future)
        super().put_nowait(item)


@contextmanager
def database_threads_counted() -> Iterator[None]:
    """Lets the clock stand still for SQLite's threads too, in all connections made meanwhile."""
    with patch.object(aiosqlite.core, "SimpleQueue", CountedQueue):
        yield
