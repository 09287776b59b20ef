"""Locks between processes: one ingestion at a time, and versions that somebody still serves."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from knowledge.errors import KnowledgeError


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold `path` as a lock, waiting for whoever has it; the system frees it when a process dies.

    Raises:
        KnowledgeError: `index-unwritable`.
    """
    with _opened(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Lease:
    """Keeps a version from being removed while this process serves it."""

    def __init__(self, path: Path) -> None:
        """Take it, beside any others; `path` is the version's file.

        Raises:
            KnowledgeError: `index-unwritable`.
        """
        self._file = _opened(path)
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def release(self) -> None:
        """Give it back; once is enough, twice does no harm."""
        self._file.close()


@contextmanager
def unheld(path: Path) -> Iterator[bool]:
    """Whether nobody holds a lease of `path`; while inside nobody can take one."""
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _opened(path: Path) -> IO[bytes]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab")
    except OSError as error:
        raise KnowledgeError("index-unwritable", f"{path}: {error}") from error
