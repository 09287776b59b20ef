"""Recordings on disk: written as a call goes, read from any place, rewritten as a whole.

All of it blocks: it belongs into threads. No function here knows rows.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import secrets
import shutil
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from storage.errors import StorageError
from storage.recordings.format import (
    END,
    FRAME_BYTES,
    MAX_HEAD_BYTES,
    MAX_RECORD_BYTES,
    MAX_SEGMENT_FRAMES,
    RATE,
    RECORD_HEAD_BYTES,
    Head,
    RecordHead,
    Records,
    new_head,
    parse_head,
    parse_record_head,
)
from storage.vault import Vault, key_id_of

SUFFIX = ".yrec"
_DRAFT = ".new"


def recording_name(organization_id: str, call_sid: str) -> str:
    """What a call's recording is sealed about."""
    return f"recordings/{organization_id}/{call_sid}"


def file_within(data_dir: Path, path: str | None) -> Path | None:
    """A file in the data directory; None where there is none, or the path leads out."""
    if not path or "\x00" in path:
        return None
    root = data_dir.resolve()
    found = (root / path).resolve()
    return found if found.is_relative_to(root) and found.is_file() else None


class RecordingWriter:
    """A new file, readable by its owner alone, made when the first audio comes.

    Every append is with the operating system when it returns: a killed process loses none of it.
    """

    def __init__(self, path: Path, vault: Vault, name: str) -> None:
        self.path = path
        self._head, self._records = new_head(vault, name)
        self._file: BinaryIO | None = None
        self._segments = 0
        self._frames = 0

    def append(self, stereo: bytes) -> None:
        """Add frames of µ-law, caller and agent in turn. Raises OSError."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self.path, "xb", opener=_private)  # noqa: SIM115
            self._file.write(self._head.encode())
        step = MAX_SEGMENT_FRAMES * FRAME_BYTES
        for at in range(0, len(stereo), step):
            piece = stereo[at : at + step]
            self._file.write(self._records.segment(self._segments, piece))
            self._file.flush()
            self._segments += 1
            self._frames += len(piece) // FRAME_BYTES

    def finish(self) -> None:
        """Mark the end and close, with all of it on the disk; nothing where nothing came.

        Raises OSError.
        """
        if self._file is None:
            return
        try:
            self._file.write(self._records.end(self._segments, self._frames))
            self._file.flush()
            os.fsync(self._file.fileno())
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Close without an end, as after a failure."""
        if self._file is not None:
            file, self._file = self._file, None
            file.close()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a segment lies."""

    at: int
    """Byte at which its sealed bytes begin."""
    head: RecordHead
    first_frame: int


class Recording:
    """A recording that is being read."""

    def __init__(self, file: BinaryIO, vault: Vault, name: str) -> None:
        """Reads where the segments lie. Raises StorageError `damaged`, `unknown_key`."""
        self._file = file
        self.head, at = parse_head(_read(file, 0, MAX_HEAD_BYTES))
        if self.head.name != name:
            raise StorageError("damaged", "this is another call's recording")
        self._records: Records = self.head.open(vault)
        self._places: list[_Place] = []
        self.frames = 0
        self.complete = False
        """Whether it was finished; if not, some of its end may be missing."""
        self._look(at, file.seek(0, os.SEEK_END))
        if not self.complete:
            self._drop_torn()

    @classmethod
    def open(cls, path: Path, vault: Vault, name: str) -> Self:
        """The recording of a file. Raises as above, and OSError. Close it."""
        file = path.open("rb")
        try:
            return cls(file, vault, name)
        except BaseException:
            file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def duration_ms(self) -> int:
        """Its length."""
        return self.frames * 1000 // RATE

    def read(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The frames from `start` up to `end`, segment by segment: µ-law, caller and agent in turn.

        Raises StorageError `damaged` where a segment was changed.
        """
        end = self.frames if end is None else min(end, self.frames)
        number = max(0, bisect_right(self._places, start, key=lambda place: place.first_frame) - 1)
        for place in self._places[number:]:
            if place.first_frame >= end:
                return
            stereo = self._segment(place)
            first = max(0, start - place.first_frame) * FRAME_BYTES
            yield stereo[first : (end - place.first_frame) * FRAME_BYTES]

    def _segment(self, place: _Place) -> bytes:
        sealed = _read(self._file, place.at, place.head.length)
        return self._records.open(place.head, sealed)

    def _look(self, at: int, size: int) -> None:
        """Finds the segments from `at` on in a file of `size` bytes."""
        while at < size:
            head = parse_record_head(_read(self._file, at, RECORD_HEAD_BYTES), len(self._places))
            body = at + RECORD_HEAD_BYTES
            if head is None or body + head.length > size:
                if size - at > MAX_RECORD_BYTES:
                    raise StorageError("damaged", "a recording was changed in the middle")
                return
            at = body + head.length
            if head.kind == END:
                self._end(head, body, last=at == size)
                return
            self._places.append(_Place(body, head, self.frames))
            self.frames += head.frames

    def _end(self, head: RecordHead, body: int, *, last: bool) -> None:
        try:
            told = self._records.ends_after(head, _read(self._file, body, head.length))
        except StorageError:
            if last:
                return  # Torn.
            raise
        if told != (len(self._places), self.frames) or not last:
            raise StorageError("damaged", "a recording's end does not fit what is before it")
        self.complete = True

    def _drop_torn(self) -> None:
        """Leaves out a last segment that was not written as a whole."""
        if self._places:
            try:
                self._segment(self._places[-1])
            except StorageError:
                self.frames = self._places.pop().first_frame


def rewrite(
    path: Path, vault: Vault, name: str, change: Callable[[int, bytearray], None]
) -> Recording:
    """Put another recording in a file's place: changed, whole, and ended; opened.

    `change` gets the number of a segment's first frame and its bytes, which it may alter. Whoever
    stops anywhere in it finds the old file or the new one. Raises StorageError as Recording,
    OSError.
    """
    with _in_place_of(path) as (file, draft):
        writer = RecordingWriter(draft, vault, name)
        try:
            old = Recording(file, vault, name)
            at = 0
            for piece in old.read():
                changed = bytearray(piece)
                change(at, changed)
                writer.append(bytes(changed))
                at += len(piece) // FRAME_BYTES
            if not at:
                writer.append(b"")
            writer.finish()
        finally:
            writer.abandon()
    return Recording.open(path, vault, name)


def reseal(path: Path, vault: Vault) -> bool:
    """Have the ring's first key seal a file's key; False where it does already.

    The sound is not touched; no process may append to the file meanwhile. Raises StorageError
    `damaged`, `unknown_key`, OSError.
    """
    with path.open("rb") as file:
        if key_id_of(read_head(file).sealed_key) == vault.active:
            return False
    with _in_place_of(path) as (file, draft):
        head, at = parse_head(_read(file, 0, MAX_HEAD_BYTES))
        with open(draft, "xb", opener=_private) as new:
            new.write(head.resealed(vault).encode())
            file.seek(at)
            shutil.copyfileobj(file, new)
            new.flush()
            os.fsync(new.fileno())
    return True


def read_head(file: BinaryIO) -> Head:
    """A file's head, which tells whose recording it is and by which key it opens.

    Raises StorageError `damaged`.
    """
    return parse_head(_read(file, 0, MAX_HEAD_BYTES))[0]


def whole_bytes(file: BinaryIO) -> tuple[int, bool]:
    """How much of a file is head and whole records, and whether these end it; needs no key.

    Where they do not, it may be written still. Raises StorageError `damaged`.
    """
    _, at = parse_head(_read(file, 0, MAX_HEAD_BYTES))
    size = file.seek(0, os.SEEK_END)
    for index in itertools.count():
        head = parse_record_head(_read(file, at, RECORD_HEAD_BYTES), index)
        if head is None or at + RECORD_HEAD_BYTES + head.length > size:
            return at, False
        at += RECORD_HEAD_BYTES + head.length
        if head.kind == END:
            return at, True
    raise AssertionError  # It counts for ever.


def _read(file: BinaryIO, at: int, length: int) -> bytes:
    file.seek(at)
    return file.read(length)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextmanager
def _in_place_of(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A file, and the path of what takes its place in the end, unless something is raised.

    Several who do this with one file come one after the other, each to what the last one left.
    """
    with _alone(path) as file:
        for left in path.parent.glob(f"{path.name}.*{_DRAFT}"):
            left.unlink(missing_ok=True)  # By a process that was killed in the middle of it.
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}{_DRAFT}")
        try:
            yield file, draft
            # It is as old as it was: by that it is told how long it has to be kept.
            was = os.fstat(file.fileno())
            os.utime(draft, ns=(was.st_atime_ns, was.st_mtime_ns))
            draft.replace(path)
            _sync(path.parent)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def _alone(path: Path) -> Iterator[BinaryIO]:
    """A file, open, while nobody else puts another in its place. Raises FileNotFoundError."""
    while True:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
                yield file
                return


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
