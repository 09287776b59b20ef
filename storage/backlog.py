"""The journal's books, without its disk: what a file's bytes hold, and which entry is next."""

from __future__ import annotations

import zlib
from collections import deque
from dataclasses import dataclass
from struct import Struct
from typing import BinaryIO

_HEAD = Struct(">II")


def frame(payload: bytes) -> bytes:
    """A payload as it lies in a file: length, CRC-32 of length and payload, payload."""
    length = len(payload).to_bytes(4)
    return _HEAD.pack(len(payload), zlib.crc32(length + payload)) + payload


def payload_at(file: BinaryIO, position: int) -> bytes:
    """The payload of the frame that begins there; it is known to be whole."""
    file.seek(position)
    length, _ = _HEAD.unpack(file.read(_HEAD.size))
    return file.read(length)


@dataclass(frozen=True)
class Frames:
    """What a file holds."""

    payloads: list[tuple[int, bytes]]
    """Each with its frame's first byte in the file."""
    end: int
    """Where the last whole frame ends."""
    torn: bool
    """Whether a frame follows that was cut off while it was written."""
    damaged: bool
    """Whether something follows that was changed after it had been written."""


def frames(data: bytes) -> Frames:
    """The whole frames at the beginning of a file's bytes."""
    payloads: list[tuple[int, bytes]] = []
    start = 0
    while len(data) - start >= _HEAD.size:
        length, checksum = _HEAD.unpack_from(data, start)
        end = start + _HEAD.size + length
        payload = data[start + _HEAD.size : end]
        if end > len(data) or zlib.crc32(length.to_bytes(4) + payload) != checksum:
            # A write that was cut off can only be the last thing in a file.
            return Frames(payloads, start, torn=end >= len(data), damaged=end < len(data))
        payloads.append((start, payload))
        start = end
    return Frames(payloads, start, torn=start < len(data), damaged=False)


class Backlog:
    """Which entries wait in which files, oldest first. Knows no disk and no time.

    Entries are told by file and position. As long as there is any file, what is new goes behind
    it, so that nothing overtakes.
    """

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        """How many entries of each file are on their way to disk."""
        self._waiting: deque[tuple[str, int]] = deque()
        self._current: str | None = None
        self._last = 0

    def __len__(self) -> int:
        """How many entries wait."""
        return len(self._waiting)

    @property
    def empty(self) -> bool:
        """Whether nothing waits, and no file is left: the database may be written at once."""
        return not self._files

    @property
    def head(self) -> tuple[str, int] | None:
        """The entry that is next."""
        return self._waiting[0] if self._waiting else None

    def found(self, name: str, positions: list[int]) -> None:
        """A file of a dead process, in the order of names, before anything is written."""
        self._files[name] = 0
        self._last = max(self._last, int(name))
        self._waiting.extend((name, position) for position in positions)

    def named_before(self, name: str) -> None:
        """A file that is gone, but what was put aside of it bears its name: no other may."""
        self._last = max(self._last, int(name))

    def begin(self) -> str:
        """The file that an entry goes to, a new one where none is open."""
        if self._current is None:
            self._last += 1
            self._current = f"{self._last:08d}"
            self._files[self._current] = 0
        self._files[self._current] += 1
        return self._current

    def written(self, name: str, position: int) -> None:
        """The entry is on disk."""
        self._files[name] -= 1
        self._waiting.append((name, position))

    def failed(self, name: str) -> None:
        """The entry is not on disk, and nothing more goes to this file."""
        self._files[name] -= 1
        if self._current == name:
            self._current = None

    def settled(self) -> None:
        """The head is in the database, or buried."""
        self._waiting.popleft()

    def spent(self) -> list[str]:
        """The files that may go: nothing of theirs waits, and nothing more will be written."""
        held = {name for name, _ in self._waiting}
        spent = [name for name, writing in self._files.items() if not writing and name not in held]
        if self._current in spent:
            self._current = None
        return spent

    def gone(self, name: str) -> None:
        """A spent file is no more."""
        del self._files[name]
