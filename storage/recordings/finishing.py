"""The job that finishes a recording: whole, ended, and silent where nobody may listen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import select

from storage.database import Database
from storage.models import TurnRow
from storage.recordings.files import Recording, file_within, recording_name, rewrite
from storage.recordings.rows import RecordingStore
from storage.recordings.silencing import SpokenTurn, silence, silent_spans
from storage.records import RecordingStatus, StoredRecording
from storage.vault import Vault

logger = logging.getLogger(__name__)

_TOLERATED_MS = 1_000
"""So much less than was recorded may be on the disk."""
_MASK = "*"

Spans = Sequence[tuple[int, int]]


class RecordingFinisher:
    """Finishes an organization's recordings. May be stopped anywhere, and run again."""

    def __init__(self, database: Database, organization_id: str, data_dir: Path) -> None:
        self._database = database
        self._organization_id = organization_id
        self._data_dir = data_dir
        self._rows = RecordingStore(database, organization_id)

    async def finish(self, call_id: int) -> None:
        """Finish a call's recording if it is closed.

        Raises StorageError, such as `damaged` where the file was altered, and OSError.
        """
        recording = await self._rows.get(call_id)
        if recording is None or recording.status is not RecordingStatus.CLOSED:
            return
        spans = silent_spans(await self._turns(call_id))
        path = file_within(self._data_dir, recording.path)
        duration_ms = 0
        if path is not None:
            name = recording_name(recording.organization_id, recording.call_sid)
            vault = self._database.vault
            duration_ms = await asyncio.to_thread(_finish_file, path, vault, name, spans)
        await self._rows.finish(
            call_id,
            _status(recording, duration_ms),
            duration_ms,
            [(start, min(end, duration_ms)) for start, end in spans if start < duration_ms],
        )

    async def _turns(self, call_id: int) -> list[SpokenTurn]:
        async with self._database.read(self._organization_id) as session:
            rows = await session.scalars(select(TurnRow).where(TurnRow.call_id == call_id))
            return [_spoken(row) for row in rows]


def _spoken(row: TurnRow) -> SpokenTurn:
    return SpokenTurn(
        input_kind=row.input_kind,
        heard_ms=_span(row.heard_started_ms, row.heard_ended_ms),
        said_ms=_span(row.said_started_ms, row.said_ended_ms),
        private=row.private or (),
        repeated=_MASK in row.said,
    )


def _span(start: int | None, end: int | None) -> tuple[int, int] | None:
    return None if start is None or end is None else (start, end)


def _finish_file(path: Path, vault: Vault, name: str, spans: Spans) -> int:
    """Silences and ends a recording; its length in milliseconds. Blocks."""
    if not path.stat().st_size:
        path.unlink()  # Its process died before the first sound.
        return 0
    with Recording.open(path, vault, name) as recording:
        if recording.complete and not spans:
            return recording.duration_ms
    with rewrite(path, vault, name, partial(silence, spans)) as recording:
        return recording.duration_ms


def _status(recording: StoredRecording, duration_ms: int) -> RecordingStatus:
    if recording.duration_ms is None or duration_ms >= recording.duration_ms - _TOLERATED_MS:
        return RecordingStatus.FINISHED
    logger.error(
        "of the recording of call %s there are %d of %d ms",
        recording.call_sid,
        duration_ms,
        recording.duration_ms,
    )
    return RecordingStatus.INCOMPLETE
