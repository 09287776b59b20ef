"""The data directory as a server's home: the server's name, and a lock against a second one."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

from storage.errors import StorageError


class ServerHome:
    """Blocks, so briefly that nobody notices."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: int | None = None

    @property
    def server_id(self) -> str:
        """By what this server's calls are known, also after it was killed and started again."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / "server.id"
        if not path.exists():
            draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
            draft.write_text(f"{secrets.token_hex(8)}\n", encoding="ascii")
            try:
                # Whole and never over another's: whoever comes second reads what is there.
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text(encoding="ascii").strip()

    def lock(self) -> None:
        """Let no other server use this directory while this process lives, however it ends.

        Raises StorageError `in_use`.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._folder / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise StorageError(
                "in_use",
                f"another server answers calls from {self._folder.resolve()}: stop it, or give "
                "this one a YEOBOSEYO_DATA_DIR of its own",
            ) from error
        self._lock = descriptor

    def release(self) -> None:
        """Leave the directory to others."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
