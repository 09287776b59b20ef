"""Processes forked from this one, which is warm and has neither threads nor loops."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

_LONGEST_S = 60.0

Work = Callable[[], Coroutine[Any, Any, object]]


class Fork:
    """A child that does some work on a loop of its own, and ends."""

    def __init__(self, work: Work) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self._pid = os.fork()
        if self._pid == 0:
            _be_child(work)

    @classmethod
    def run(cls, work: Work, error: type[Exception]) -> None:
        """Have work done. Raises `error`, with what it says, when it fails."""
        said, told = os.pipe()

        async def do() -> None:
            try:
                await work()
            except error as failure:
                os.write(told, str(failure).encode())

        child = cls(do)
        os.close(told)
        with os.fdopen(said, "rb") as pipe:
            message = pipe.read().decode()
        child.wait()
        if message:
            raise error(message)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self._pid, number)

    def wait(self) -> bool:
        """Wait until it has ended; whether it was killed. Raises RuntimeError when it failed."""
        _, status = os.waitpid(self._pid, 0)
        if os.WIFSIGNALED(status):
            return os.WTERMSIG(status) == signal.SIGKILL
        if os.WEXITSTATUS(status):
            raise RuntimeError("a process of the benchmark failed; see above")
        return False

    def kill(self) -> None:
        """End it at once."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _be_child(work: Work) -> None:
    code = 1
    # What servers tell while they are killed and databases taken away is no news here.
    logging.disable(logging.ERROR)
    try:
        asyncio.run(work())
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def reports(descriptor: int) -> Iterator[dict[str, Any]]:
    """What a child says, line by line, until it has ended.

    Raises TimeoutError when it neither says anything new nor ends for long.
    """
    rest = b""
    deadline = time.monotonic() + _LONGEST_S
    while True:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError("a server of the benchmark does not end")
        data = os.read(descriptor, 65_536)
        if not data:
            return
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield json.loads(line)
