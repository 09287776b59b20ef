"""Calls that nobody lives any more: their server died, and did not write their end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.callbacks import offer_callback
from storage.calls import ask_for_summary, utc_now
from storage.database import Database
from storage.errors import StorageError
from storage.ledger import Ledger
from storage.maskers import mask_late
from storage.models import CallRow, HandoffRow, RecordingRow, TurnRow
from storage.recordings import rows as recordings
from storage.recordings.files import Recording, file_within, recording_name
from storage.records import HandoffStatus, Outcome
from storage.sealing import Seals

logger = logging.getLogger(__name__)

_LOOK_S = 60.0
_AGAIN_S = 1.0
"""While what dead processes left is not in the database yet."""


class Orphans:
    """An organization's calls that have no end, and whose recordings lie in one data directory."""

    def __init__(self, database: Database, organization_id: str, data_dir: Path) -> None:
        self._database = database
        self._organization_id = organization_id
        self._data_dir = data_dir

    async def close_of(self, server: str, now: datetime, *, started_before: datetime) -> int:
        """Close the calls of this server's earlier life; returns how many.

        To be asked when what that life left in the journal is in the database.
        """
        return await self._close(now, CallRow.server == server, CallRow.started_at < started_before)

    async def close_aged(self, now: datetime, *, started_before: datetime) -> int:
        """Close the calls of any server that began longer ago than a call may last."""
        return await self._close(now, CallRow.started_at < started_before)

    async def _close(self, now: datetime, *conditions: object) -> int:
        open_calls = (CallRow.ended_at.is_(None), *conditions)
        async with self._database.read(self._organization_id) as session:
            found = await session.execute(
                select(CallRow.id, CallRow.call_sid, RecordingRow.path)
                .outerjoin(RecordingRow, RecordingRow.call_id == CallRow.id)
                .where(*open_calls)  # type: ignore[arg-type]
                .order_by(CallRow.id)
            )
            orphans = found.all()
        closed = 0
        for call_id, call_sid, path in orphans:
            recorded_ms = await asyncio.to_thread(self._recorded_ms, call_sid, path)
            async with self._database.write(self._organization_id) as session:
                closed += await self._cut_off(session, call_id, recorded_ms, now)
        return closed

    async def _cut_off(
        self, session: AsyncSession, call_id: int, recorded_ms: int, now: datetime
    ) -> bool:
        """Close one, with all that follows from it; False where somebody else has."""
        call = await session.scalar(
            select(CallRow)
            .where(CallRow.id == call_id, CallRow.ended_at.is_(None))
            .with_for_update(skip_locked=True)
        )
        if call is None:
            return False
        seals = Seals(self._database.vault, self._organization_id)
        lasted_ms = max(recorded_ms, await _told_ms(session, call_id))
        # The restart's time would make a call of a minute one of a night.
        call.ended_at = min(now, call.started_at + timedelta(milliseconds=lasted_ms))
        call.outcome, call.cut_off = Outcome.FAILED, True
        await session.flush()
        await mask_late(session, call_id, seals)
        await recordings.close(session, call_id, None, run_at=now)
        await ask_for_summary(session, call_id, run_at=now)
        if not await _answered(session, call_id):
            await offer_callback(session, call_id, seals, at=now)
        return True

    def _recorded_ms(self, call_sid: str, path: str | None) -> int:
        """How long a recording is as it was left; 0 where there is none that can be read."""
        file = file_within(self._data_dir, path)
        if file is None:
            return 0
        name = recording_name(self._organization_id, call_sid)
        try:
            with Recording.open(file, self._database.vault, name) as recording:
                return recording.duration_ms
        except (OSError, StorageError) as error:
            logger.warning("the recording of call %s cannot be read: %s", call_sid, error)
            return 0


async def _told_ms(session: AsyncSession, call_id: int) -> int:
    """Where the last turn ended, in milliseconds since the call began."""
    ended = await session.execute(
        select(func.max(TurnRow.heard_ended_ms), func.max(TurnRow.said_ended_ms)).where(
            TurnRow.call_id == call_id
        )
    )
    return max(ms or 0 for ms in ended.one())


async def _answered(session: AsyncSession, call_id: int) -> bool:
    """Whether a human took the call."""
    status = await session.scalar(select(HandoffRow.status).where(HandoffRow.call_id == call_id))
    return status == HandoffStatus.ANSWERED


class Recovery:
    """What a server does about calls that were cut off: its own at once, others' after a while."""

    def __init__(
        self,
        orphans: Orphans,
        ledger: Ledger,
        *,
        server: str,
        longest_call: timedelta,
        on_closed: Callable[[], None],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`longest_call`: whoever began longer ago has been cut off, whatever server it had.

        `on_closed` is told when there are new jobs.
        """
        self._orphans = orphans
        self._ledger = ledger
        self._server = server
        self._longest_call = longest_call
        self._on_closed = on_closed
        self._clock = clock
        self._began = clock()
        self._own_closed = False

    async def start(self) -> None:
        """Bring the earlier life's journal to the database, then close what it left open.

        Ask this before the first call, holding the data directory's lock. Where the database does
        not answer, `run` does it later.
        """
        await self._ledger.recover()
        await self._look()

    async def run(self) -> None:
        """Look for calls that were cut off, now and then, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S if self._own_closed else _AGAIN_S)
            await self._look()

    async def _look(self) -> None:
        # An end that lies in the journal still is not missing.
        if self._ledger.behind:
            return
        now = self._clock()
        try:
            closed = 0
            if not self._own_closed:
                closed += await self._orphans.close_of(
                    self._server, now, started_before=self._began
                )
                self._own_closed = True
            closed += await self._orphans.close_aged(now, started_before=now - self._longest_call)
        except StorageError as error:
            logger.warning("calls that were cut off could not be looked for: %s", error)
            return
        if closed:
            logger.warning("%d calls were cut off when their server died", closed)
            self._on_closed()
