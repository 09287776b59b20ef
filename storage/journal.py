"""The journal: what the database did not take, on disk, until it does.

A file is a row of frames: length, checksum, and an entry sealed by the vault. Frames are only ever
appended, and a frame counts once it has reached the disk, so that a process may be killed at any
point: what is cut off at the end of a file was never acknowledged. A file goes when all its
entries are in the database. Whoever is killed before that brings them again, to no effect.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from storage.backlog import Backlog, frame, frames, payload_at
from storage.entries import Noted, pack, unpack
from storage.errors import StorageError
from storage.vault import Vault

logger = logging.getLogger(__name__)

T = TypeVar("T")

_SUFFIX = ".journal"


@dataclass(frozen=True, kw_only=True)
class JournalGauge:
    """What is told of the journal."""

    waiting: int
    """Entries that are not in the database yet."""
    oldest_s: float
    """Seconds that the oldest of them has waited."""
    dead: int
    """Entries that the database refused for good; they lie in `dead`."""


@dataclass(frozen=True)
class DeadEntry:
    """An entry that the database refused for good."""

    path: Path
    at: datetime
    """When it was refused, UTC."""
    what: str
    """The entry's kind and its call, as far as it could be read."""
    reason: str


class Journal:
    """The journal of one organization in one folder, which no other process may use meanwhile."""

    def __init__(
        self, folder: Path, vault: Vault, organization_id: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._folder = folder
        self._dead = folder / "dead"
        self._vault = vault
        self._organization_id = organization_id
        self._clock = clock
        self._backlog = Backlog()
        self._noted_at: deque[datetime] = deque()
        # One thread: entries reach the disk in the order in which they were written.
        self._disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._descriptors: dict[str, int] = {}
        self._more = asyncio.Event()

    @property
    def empty(self) -> bool:
        """Whether what is new may go to the database at once."""
        return self._backlog.empty

    async def load(self) -> int:
        """Find what dead processes have left, before anything is written; how many entries."""
        await self._on_disk(self._load)
        return len(self._backlog)

    async def append(self, noted: Noted) -> None:
        """Write an entry behind all others; it is on disk then. Raises StorageError `unavailable`.

        Everybody who is to come after this one must wait for it.
        """
        packed = pack(noted)
        name = self._backlog.begin()
        try:
            position = await self._on_disk(self._write, name, packed)
        except OSError as error:
            self._backlog.failed(name)
            self._more.set()
            raise StorageError(
                "unavailable", "neither database nor journal can be written", retryable=True
            ) from error
        self._backlog.written(name, position)
        self._noted_at.append(noted.at)
        self._more.set()

    async def head(self) -> Noted:
        """The entry that is next, waiting for one; spent files go meanwhile.

        Raises StorageError `damaged`, `unknown_key` where it can never be read, and `unavailable`
        where the disk does not answer.
        """
        while (head := self._backlog.head) is None:
            await self.tidy()
            self._more.clear()
            if self._backlog.head is None:
                await self._more.wait()
        name, position = head
        try:
            return unpack(self._open(name, await self._on_disk(self._read, name, position)))
        except OSError as error:
            raise StorageError(
                "unavailable", "the journal is unreadable", retryable=True
            ) from error

    async def settle(self) -> None:
        """The head is in the database."""
        self._backlog.settled()
        self._noted_at.popleft()
        await self.tidy()

    async def bury(self, what: str, error: StorageError) -> None:
        """Put the head aside, in sight: the database will never take it."""
        head = self._backlog.head
        assert head is not None  # noqa: S101 - only what is there is buried
        await self._on_disk(self._bury, *head, what, error)
        await self.settle()

    async def dead(self) -> list[DeadEntry]:
        """What the database refused for good, in the order in which it was written."""
        return await asyncio.to_thread(dead_entries, self._folder)

    async def reopen(self, dead: DeadEntry) -> Noted:
        """An entry that was refused, to be tried again. Raises StorageError `damaged`,
        `unknown_key`.
        """
        content = json.loads(await asyncio.to_thread(dead.path.read_text, encoding="utf-8"))
        return unpack(self._vault.open(base64.b64decode(content["sealed"]), about=content["about"]))

    async def tidy(self) -> None:
        """Remove files of which nothing waits."""
        for name in self._backlog.spent():
            await self._on_disk(self._remove, name)
            self._backlog.gone(name)

    async def gauge(self) -> JournalGauge:
        """What is told of the journal."""
        oldest = self._noted_at[0] if self._noted_at else None
        return JournalGauge(
            waiting=len(self._backlog),
            oldest_s=0.0 if oldest is None else (self._clock() - oldest).total_seconds(),
            dead=len(await asyncio.to_thread(dead_entries, self._folder)),
        )

    async def close(self) -> None:
        """Close all files; what waits stays for the next start."""
        await self._on_disk(self._close)
        self._disk.shutdown(wait=False)

    # In the disk's thread

    def _load(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in self._dead.glob("*.json"):
            self._backlog.named_before(path.stem.partition("-")[0])
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            found = frames(path.read_bytes())
            if found.torn:
                logger.info("%s ends in an entry that was never acknowledged", path.name)
            if found.damaged:
                logger.error("%s is damaged from byte %d on", path.name, found.end)
                self._put_aside(
                    f"{path.stem}-{found.end}",
                    "what follows the damage",
                    StorageError("damaged", f"{path.name} was changed on disk"),
                    path.read_bytes()[found.end :],
                )
            self._backlog.found(path.stem, [position for position, _ in found.payloads])
            for _, payload in found.payloads:
                self._noted_at.append(self._time_of(path.stem, payload))

    def _time_of(self, name: str, payload: bytes) -> datetime:
        try:
            return unpack(self._open(name, payload)).at
        except StorageError:
            return self._clock()

    def _open(self, name: str, payload: bytes) -> bytes:
        return self._vault.open(payload, about=self._about(name))

    def _about(self, name: str) -> str:
        return f"journal/{self._organization_id}/{name}"

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"

    def _write(self, name: str, packed: bytes) -> int:
        """Append an entry; its frame's position. Raises OSError, and leaves whole frames then."""
        descriptor = self._descriptors.get(name)
        if descriptor is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND
            descriptor = os.open(self._path(name), flags, 0o600)
            self._descriptors[name] = descriptor
            _sync_folder(self._folder)
        position = os.fstat(descriptor).st_size
        framed = frame(self._vault.seal(packed, about=self._about(name)))
        try:
            rest = memoryview(framed)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        except OSError:
            # What nobody was promised must not stand before what comes next; should even this
            # fail, then nothing comes next, for the file is closed.
            del self._descriptors[name]
            try:
                os.ftruncate(descriptor, position)
            finally:
                os.close(descriptor)
            raise
        return position

    def _read(self, name: str, position: int) -> bytes:
        with self._path(name).open("rb") as file:
            return payload_at(file, position)

    def _remove(self, name: str) -> None:
        descriptor = self._descriptors.pop(name, None)
        if descriptor is not None:
            os.close(descriptor)
        self._path(name).unlink(missing_ok=True)
        _sync_folder(self._folder)

    def _bury(self, name: str, position: int, what: str, error: StorageError) -> None:
        self._put_aside(f"{name}-{position}", what, error, self._read(name, position))

    def _put_aside(self, name: str, what: str, error: StorageError, sealed: bytes) -> None:
        self._dead.mkdir(mode=0o700, exist_ok=True)
        content = {
            "at": self._clock().isoformat(),
            "what": what,
            "reason": str(error),
            "about": self._about(name.partition("-")[0]),
            "sealed": base64.b64encode(sealed).decode(),
        }
        path = self._dead / f"{name}.json"
        half = path.with_suffix(".half")
        with half.open("w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
        _sync_folder(self._dead)

    def _close(self) -> None:
        while self._descriptors:
            os.close(self._descriptors.popitem()[1])

    async def _on_disk(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work, *args)


def dead_entries(folder: Path) -> list[DeadEntry]:
    """What the database refused for good of the journal in this folder, in its order."""
    dead = []
    for path in (folder / "dead").glob("*.json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        dead.append(
            DeadEntry(
                path,
                at=datetime.fromisoformat(content["at"]),
                what=content["what"],
                reason=content["reason"],
            )
        )
    return sorted(dead, key=lambda entry: _place(entry.path))


def _place(path: Path) -> tuple[int, int]:
    """File and position that an entry which was put aside had."""
    file, _, position = path.stem.partition("-")
    return int(file), int(position)


def _sync_folder(folder: Path) -> None:
    """Let names that were made or removed in a folder reach the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
