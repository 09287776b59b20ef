"""Finds where a process writes, counts these points, and kills the process at one of them."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, BinaryIO

import storage.journal
import storage.recordings.files
from storage.database import Database


class Points:
    """All that a process writes passes here, from whatever thread."""

    def __init__(self, target: int | None, last_words: Callable[[str], None]) -> None:
        """`target` counts from 1; None kills nobody. Who is killed says at which point."""
        self._target = target
        self._last_words = last_words
        self._lock = threading.Lock()
        self.names: Counter[str] = Counter()
        """How often each kind of point was reached."""

    def reached(self, name: str) -> None:
        """Something is about to be written, or has been."""
        if self._is_target(name):
            self.die(name)

    def tears(self, name: str) -> bool:
        """Whether what is about to be written is to be cut off in its middle."""
        return self._is_target(name)

    def _is_target(self, name: str) -> bool:
        with self._lock:
            self.names[name] += 1
            return self.names.total() == self._target

    def die(self, name: str) -> None:
        """End this process as `kill -9` does."""
        self._last_words(name)
        os.kill(os.getpid(), signal.SIGKILL)


def watch(points: Points, database: Database) -> None:
    """Have all commits of a database and all bytes for journal and recordings pass the points."""
    dialect = database.engine.sync_engine.dialect
    setattr(dialect, "do_commit", _commit(points, dialect.do_commit))  # noqa: B010 - a method
    setattr(storage.journal, "os", _Os(points))  # noqa: B010 - the module knows it as a module
    setattr(storage.recordings.files, "open", _opener(points))  # noqa: B010 - as above


def _commit(points: Points, commit: Callable[[Any], None]) -> Callable[[Any], None]:
    def do_commit(connection: Any) -> None:
        points.reached("before a commit")
        commit(connection)
        points.reached("after a commit")

    return do_commit


class _Os:
    """`os` for the journal."""

    def __init__(self, points: Points) -> None:
        self._points = points

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def write(self, descriptor: int, data: bytes) -> int:
        """As os.write."""
        self._points.reached("before an entry of the journal")
        if self._points.tears("in an entry of the journal"):
            os.write(descriptor, data[: len(data) // 2])
            self._points.die("in an entry of the journal")
        written = os.write(descriptor, data)
        self._points.reached("after an entry of the journal")
        return written

    def fsync(self, descriptor: int) -> None:
        """As os.fsync."""
        os.fsync(descriptor)
        self._points.reached("after a sync of the journal")


class _File:
    """A file of a recording; what is written reaches it when it is flushed."""

    def __init__(self, file: BinaryIO, points: Points) -> None:
        self._file = file
        self._points = points
        self._waiting = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, data: bytes) -> int:
        """As a file's."""
        self._waiting += data
        return len(data)

    def flush(self) -> None:
        """As a file's."""
        data, self._waiting = self._waiting, b""
        if data:
            self._points.reached("before a piece of a recording")
            if self._points.tears("in a piece of a recording"):
                self._file.write(data[: len(data) // 2])
                self._file.flush()
                self._points.die("in a piece of a recording")
            self._file.write(data)
        self._file.flush()
        self._points.reached("after a piece of a recording")

    def close(self) -> None:
        """As a file's."""
        if self._waiting:
            self.flush()
        self._file.close()


def _opener(points: Points) -> Callable[..., Any]:
    def opened(*arguments: Any, **options: Any) -> Any:
        file = open(*arguments, **options)  # noqa: PTH123, SIM115 - as the module's own
        return _File(file, points) if "x" in file.mode else file

    return opened
