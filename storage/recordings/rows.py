"""What is noted of recordings in the database: where one lies, how far it is, what is silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database, upsert
from storage.models import CallRow, RecordingRow
from storage.outbox import JobKind, enqueue
from storage.records import RecordingStatus, StoredRecording


async def begin(session: AsyncSession, call_id: int, path: str) -> None:
    """Note where a call is recorded, in the transaction that stores its beginning.

    A call that begins again is recorded where it was, or anew when that recording is over. One
    that has ended is left alone: its beginning is stored again by whoever does not know that.
    """
    ended_at = await session.scalar(select(CallRow.ended_at).where(CallRow.id == call_id))
    there = await session.scalar(select(RecordingRow.path).where(RecordingRow.call_id == call_id))
    if ended_at is not None or there == path:
        return
    values = {"path": path, "status": RecordingStatus.RECORDING, "silenced": []}
    await upsert(session, RecordingRow, {"call_id": call_id, **values}, on=("call_id",))


async def close(
    session: AsyncSession, call_id: int, duration_ms: int | None, *, run_at: datetime
) -> None:
    """Note that nothing more is recorded, and ask for the recording to be finished.

    `duration_ms` is None where its server died. Nothing happens where nothing is recorded.
    """
    row = await session.scalar(
        select(RecordingRow).where(
            RecordingRow.call_id == call_id, RecordingRow.status == RecordingStatus.RECORDING
        )
    )
    if row is not None:
        row.status, row.duration_ms = RecordingStatus.CLOSED, duration_ms
        await enqueue(
            session,
            JobKind.FINISH_RECORDING,
            {"call_id": call_id},
            key=row.path,
            run_at=run_at,
        )


class RecordingStore:
    """An organization's recordings, as rows."""

    def __init__(self, database: Database, organization_id: str) -> None:
        self._database = database
        self._organization_id = organization_id

    async def get(self, call_id: int) -> StoredRecording | None:
        """A call's recording."""
        async with self._database.read(self._organization_id) as session:
            row = (
                await session.execute(
                    select(RecordingRow, CallRow.call_sid)
                    .join(CallRow, CallRow.id == RecordingRow.call_id)
                    .where(RecordingRow.call_id == call_id)
                )
            ).first()
        if row is None:
            return None
        recording, call_sid = row
        return StoredRecording(
            organization_id=recording.organization_id,
            call_sid=call_sid,
            path=recording.path,
            status=RecordingStatus(recording.status),
            duration_ms=recording.duration_ms,
            silenced=tuple((start, end) for start, end in recording.silenced),
        )

    async def finish(
        self,
        call_id: int,
        status: RecordingStatus,
        duration_ms: int,
        silenced: Sequence[tuple[int, int]],
    ) -> None:
        """Note that a recording is finished, how long it is, and what was silenced in it."""
        async with self._database.write(self._organization_id) as session:
            await session.execute(
                update(RecordingRow)
                .where(RecordingRow.call_id == call_id)
                .values(
                    status=status, duration_ms=duration_ms, silenced=[list(one) for one in silenced]
                )
            )
