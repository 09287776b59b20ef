"""Seals the recordings of version 0.1, which lay open as WAV files."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update

from storage.database import Database
from storage.models import CallRow, RecordingRow
from storage.outbox import JobKind, enqueue
from storage.recordings.files import SUFFIX, RecordingWriter, file_within, recording_name
from storage.recordings.format import RATE
from storage.records import RecordingStatus
from storage.vault import Vault

_OPEN = ".wav"


class OlderRecordings:
    """An organization's. May be stopped anywhere, and run again."""

    def __init__(
        self,
        database: Database,
        organization_id: str,
        data_dir: Path,
        mulaw: Callable[[bytes], bytes],
    ) -> None:
        """`mulaw` codes 16-bit little-endian samples."""
        self._database = database
        self._organization_id = organization_id
        self._data_dir = data_dir
        self._mulaw = mulaw

    async def seal(self, now: datetime) -> int:
        """Put a sealed file in the place of each open one, to be finished like others; how many.

        Raises StorageError, OSError.
        """
        query = (
            select(RecordingRow.id, RecordingRow.call_id, RecordingRow.path, CallRow.call_sid)
            .join(CallRow, CallRow.id == RecordingRow.call_id)
            .where(RecordingRow.path.endswith(_OPEN, autoescape=True))
        )
        async with self._database.read(self._organization_id) as session:
            rows = (await session.execute(query)).all()
        for row in rows:
            sealed = str(Path(row.path).with_suffix(SUFFIX))
            name = recording_name(self._organization_id, row.call_sid)
            opened = await asyncio.to_thread(file_within, self._data_dir, row.path)
            duration_ms = 0
            if opened is not None:
                vault = self._database.vault
                duration_ms = await asyncio.to_thread(_seal, opened, vault, name, self._mulaw)
            async with self._database.write(self._organization_id) as session:
                await session.execute(
                    update(RecordingRow)
                    .where(RecordingRow.id == row.id, RecordingRow.path == row.path)
                    .values(path=sealed, status=RecordingStatus.CLOSED, duration_ms=duration_ms)
                )
                payload = {"call_id": row.call_id}
                await enqueue(session, JobKind.FINISH_RECORDING, payload, key=sealed, run_at=now)
        await asyncio.to_thread(_remove_open, self._data_dir / "recordings")
        return len(rows)


def _seal(opened: Path, vault: Vault, name: str, mulaw: Callable[[bytes], bytes]) -> int:
    """Writes the sealed file beside the open one; its length in milliseconds."""
    target = opened.with_suffix(SUFFIX)
    target.unlink(missing_ok=True)  # Left by a process that was stopped in the middle of it.
    writer = RecordingWriter(target, vault, name)
    try:
        with wave.open(str(opened)) as sound:
            frames: int = sound.getnframes()
            while piece := sound.readframes(RATE):
                writer.append(mulaw(piece))
        writer.finish()
    finally:
        writer.abandon()
    return frames * 1000 // RATE


def _remove_open(folder: Path) -> None:
    """What lies sealed beside it need not lie open; asked when all rows name the sealed ones."""
    for opened in folder.glob(f"*{_OPEN}"):
        if opened.with_suffix(SUFFIX).exists():
            opened.unlink(missing_ok=True)
