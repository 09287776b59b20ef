"""Audio on disk, for any number of processes at once: bounded, checksummed, without locks.

Our own, though there are libraries: those that share a folder between processes (diskcache) keep
a database with locks in it, unpickle what they find, and notice no damage to what they stored.
"""

import hashlib
import logging
import os
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

logger = logging.getLogger(__name__)

_DIGEST_BYTES = hashlib.sha256().digest_size
_PART = ".part"
_ABANDONED_S = 3_600.0
"""A file that has been half written for so long belongs to a process that died."""


class AudioStore:
    """A folder with one file a key: the audio's SHA-256 and the audio.

    Files appear whole, by renaming, so readers need no lock; two writers of one key write the
    same. When the files exceed `max_bytes` together, those that were read or written longest ago
    go; two processes that do this at once pick the same files. Synchronous: not for an event
    loop. A disk that fails is logged and counted, and otherwise as if nothing were stored.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self.damaged = 0
        """Files that were not what had been written; they were removed."""
        self.failures = 0
        """Times the disk could not be read or written."""

    def read(self, key: str) -> bytes | None:
        """What is stored under `key` (a file name), or None."""
        path = self._folder / key
        try:
            stored = path.read_bytes()
            digest, audio = stored[:_DIGEST_BYTES], stored[_DIGEST_BYTES:]
            if digest != _digest(key, audio):
                self.damaged += 1
                logger.warning("the stored audio %s is damaged and made again", key)
                path.unlink(missing_ok=True)
                return None
            with suppress(FileNotFoundError):  # It may have been dropped just now.
                os.utime(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._failed(error)
            return None
        return audio

    def write(self, key: str, audio: bytes) -> None:
        """Stores `audio` under `key`, and drops what was not used for longest."""
        part = self._folder / f"{key}.{uuid4().hex}{_PART}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                part.write_bytes(_digest(key, audio) + audio)
                part.replace(self._folder / key)
            finally:
                part.unlink(missing_ok=True)
            self._evict()
        except OSError as error:
            self._failed(error)

    def _evict(self) -> None:
        files: list[tuple[int, str, int]] = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    found = entry.stat()
                    if not entry.name.endswith(_PART):
                        files.append((found.st_mtime_ns, entry.name, found.st_size))
                    elif found.st_mtime < time.time() - _ABANDONED_S:
                        (self._folder / entry.name).unlink(missing_ok=True)
        excess = sum(size for _, _, size in files) - self._max_bytes
        for _, name, size in sorted(files):
            if excess <= 0:
                break
            (self._folder / name).unlink(missing_ok=True)
            excess -= size

    def _failed(self, error: OSError) -> None:
        self.failures += 1
        logger.warning("audio cannot be stored: %s", error)


def _digest(key: str, audio: bytes) -> bytes:
    """Of the key too: a file under a wrong name is damaged as well."""
    return hashlib.sha256(key.encode() + b"\0" + audio).digest()
